import{D as ot,K as rt,a as tt,u as et,x as nt}from"./chunk-MVD6GQUR.js";import{e as Q,g as O,h as Y,i as Z,j as K,k as R,l,n as T}from"./chunk-EUVXIHW5.js";function st(e,n){return[e,...n].map(o=>o.map(kt).join(",")+`\r
`).join("")}function it(e,n){let o=s=>ct(s).replace(/[\t\r\n]+/g," ");return[e,...n].map(s=>s.map(o).join("	")).join(`
`)}function kt(e){let n=ct(e),o=typeof e=="string"&&/^[=+\-@\t\r]/.test(n)?`'${n}`:n;return/[",\r\n]/.test(o)?`"${o.replaceAll('"','""')}"`:o}function ct(e){return e==null?"":typeof e=="object"?JSON.stringify(e):String(e)}function St(e,n,o="text/csv"){let s=URL.createObjectURL(new Blob([n],{type:`${o};charset=utf-8`})),r=document.createElement("a");r.href=s,r.download=e,document.body.append(r),r.click(),r.remove(),setTimeout(()=>URL.revokeObjectURL(s),1e4)}function at({name:e,table:n}){return l`
    <${rt} label="Copy as a table" text=${()=>it(n().titles,n().rows)} />
    <button
      type="button"
      class="button quiet small icon-only"
      aria-label="Save as CSV"
      title="Save as CSV"
      onClick=${()=>St(`${e}.csv`,st(n().titles,n().rows))}
    >
      <${T} name="download" />
    </button>
  `}function dt(e,n,o){let s=e.map(i=>({row:i,key:n(i)})),r=o?-1:1;return s.sort((i,d)=>{let[m,$]=[i.key,d.key];return j(m)||j($)?Number(j(m))-Number(j($)):r*Mt(m,$)}),s.map(({row:i})=>i)}function pt(e,n){let o=e||n,s=o.startsWith("-");return{by:s?o.slice(1):o,descending:s}}function j(e){return e==null||e===""||Number.isNaN(e)}var lt=/^(0x)?[0-9a-f]{16,}$/,ut=new Intl.Collator("en",{numeric:!0});function Mt(e,n){return typeof e=="string"&&typeof n=="string"&&lt.test(e)&&lt.test(n)?e<n?-1:e>n?1:0:typeof e=="string"||typeof n=="string"?ut.compare(String(e),String(n)):e<n?-1:e>n?1:0}function ft(e,n,o){let s=new Map(n.map((r,i)=>[r,i]));return e.map((r,i)=>({row:r,place:s.get(o(r))??n.length+i})).sort((r,i)=>r.place-i.place).map(({row:r})=>r)}var k=class{constructor(n,o){this.name=n,this.count=o}};function mt(e,n){let o=new Map;for(let r of e){let i=n(r),d=o.get(i);d?d.push(r):o.set(i,[r])}return[...o.keys()].sort(ut.compare).flatMap(r=>{let i=o.get(r)??[];return[new k(r,i.length),...i]})}function $t(e,n,o,s,r=8){let i=Math.max(0,Math.floor(o/n)-r),d=Math.min(e,Math.ceil((o+s)/n)+r);return[Math.min(i,d),d]}var S=32;function Gt({columns:e,rows:n,rowKey:o,caption:s,sort:r="",sortParameter:i="sort",onOpen:d,pinned:m,onPin:$,csv:g,tools:M,height:y=480,empty:H="No rows.",rowState:U,expanded:W,onEnd:V,steady:N=!1,groupOf:L,groupHead:_}){let q=ot.value,x=R(()=>q?Nt(e):e,[e,q]),f=pt(r&&et.value.parameters[i],r),A=e.find(({id:t})=>t===f.by),[z,G]=O(!1),B=K({order:"",keys:[]}),C=R(()=>{let t=A?dt(n,A.value,f.descending):[...n],c=m?[...t.filter(m),...t.filter(p=>!m(p))]:t,a=`${f.by} ${f.descending}`;return N&&z&&B.current.order===a?ft(c,B.current.keys,o):(N&&(B.current={order:a,keys:c.map(o)}),c)},[n,A,f.descending,m,z]),u=R(()=>L?mt(C,L):C,[C,L]),E=K(null),[D,J]=O({top:0,height:typeof y=="number"?y:800}),[b,X]=O(-1),gt=!!W&&u.length<=2e3,[v,w]=gt?[0,u.length]:$t(u.length,S,D.top,D.height);Z(()=>{let t=E.current;if(!t)return;let c=new ResizeObserver(()=>J(a=>({...a,height:t.clientHeight})));return c.observe(t),()=>c.disconnect()},[]),Y(()=>{V&&w>=u.length-10&&V()},[w,u.length]);function ht(){let t=E.current;J({top:t.scrollTop,height:t.clientHeight})}function I(t){let c=Math.max(0,Math.min(u.length-1,t));X(c);let a=E.current,[p,h]=[c*S,(c+2)*S];p<a.scrollTop?a.scrollTop=p:h>a.scrollTop+a.clientHeight&&(a.scrollTop=h-a.clientHeight)}function yt(t){if(t.target!==t.currentTarget||t.ctrlKey||t.metaKey||t.altKey)return;let c=Math.max(1,Math.floor(D.height/S)-2),a={j:1,ArrowDown:1,k:-1,ArrowUp:-1,PageDown:c,PageUp:-c},p=u[b]instanceof k?void 0:u[b];if(t.key in a)I(b+a[t.key]);else if(t.key==="Home")I(0);else if(t.key==="End")I(u.length-1);else if(t.key==="Enter"&&p&&d)d(p);else if(t.key==="x"&&p&&$)$(p);else return;t.preventDefault(),t.stopPropagation()}function bt({id:t}){let c=f.by===t&&!f.descending;nt({[i]:c?`-${t}`:t})}function xt(t,c,a){X(a);let p=t.target,h=String(window.getSelection?.()??"")!=="";d&&!h&&!p.closest("a, button, input, select, label")&&d(c)}let F=`row-${s.replace(/\W+/g,"-")}`;return l`<div class="table-box">
    ${(M||g)&&l`<div class="table-tools">
      ${M}
      ${g&&l`<span class="row-of end" style=${{marginInlineStart:"auto"}}><${at} name=${g} table=${()=>({titles:e.map(({id:t,title:c})=>typeof c=="string"?c:t),rows:C.map(t=>e.map(({value:c})=>c(t)))})} /></span>`}
    </div>`}
    <div
      class="table-scroll"
      ref=${E}
      onScroll=${ht}
      onPointerEnter=${N?()=>G(!0):void 0}
      onPointerLeave=${N?()=>G(!1):void 0}
      style=${{maxHeight:typeof y=="number"?`${y}px`:y}}
    >
      <table
        class="table"
        role="grid"
        aria-label=${s}
        aria-rowcount=${u.length+1}
        aria-activedescendant=${b>=v&&b<w?`${F}-${b}`:void 0}
        tabindex="0"
        onKeyDown=${yt}
      >
        <thead>
          <tr aria-rowindex="1">
            ${x.map(t=>l`<th
                key=${t.id}
                scope="col"
                class=${t.end?"end":""}
                title=${t.help}
                aria-sort=${r&&f.by===t.id?f.descending?"descending":"ascending":void 0}
              >
                ${r&&!t.unsorted?l`<button type="button" onClick=${()=>bt(t)}>
                      ${t.title}
                      ${f.by===t.id&&l`<${T} name=${f.descending?"down":"up"} />`}
                    </button>`:t.title}
              </th>`)}
          </tr>
        </thead>
        <tbody>
          ${v>0&&l`<tr class="gap" aria-hidden="true"><td colspan=${x.length} style=${{height:`${v*S}px`}}></td></tr>`}
          ${u.slice(v,w).map((t,c)=>{let a=v+c;if(t instanceof k)return l`<tr key=${`group ${t.name}`} class="group" aria-rowindex=${a+2}>
                <th scope="rowgroup" colspan=${x.length}>${_?_(t.name,t.count):t.name}</th>
              </tr>`;let p=W?.(t),h=o(t);return l`
              <${P}
                key=${h}
                name=${`${F}-${a}`}
                rowKey=${h}
                row=${t}
                index=${a}
                active=${a===b}
                columns=${x}
                state=${U?.(t)}
                opens=${!!d}
                onClick=${wt=>xt(wt,t,a)}
              />
              ${p&&l`<tr key=${`${h}-below`} class="below"><td colspan=${x.length}>${p}</td></tr>`}
            `})}
          ${w<u.length&&l`<tr class="gap" aria-hidden="true"><td colspan=${x.length} style=${{height:`${(u.length-w)*S}px`}}></td></tr>`}
        </tbody>
      </table>
      ${C.length===0&&l`<div class="table-empty">${H}</div>`}
    </div>
  </div>`}var Ct=["row","index","active","columns","state","opens","name"],P=class extends Q{shouldComponentUpdate(n,o){let s=this.props;return o!==this.state||Ct.some(r=>n[r]!==s[r])}render(){let{name:n,rowKey:o,row:s,index:r,active:i,columns:d,state:m,opens:$}=this.props;return l`<tr
      id=${n}
      aria-rowindex=${r+2}
      aria-selected=${i?"true":"false"}
      data-key=${o}
      data-state=${m}
      data-opens=${$?"":void 0}
      onClick=${g=>this.props.onClick(g)}
    >
      ${d.map(({id:g,cell:M,value:y,end:H,className:U})=>l`<td key=${g} class=${`${H?"end":""} ${U??""}`} data-column=${g}>
          ${M?M(s):vt(y(s))}
        </td>`)}
    </tr>`}};function vt(e){return e==null?l`<span class="muted">—</span>`:typeof e=="number"?tt(e,2):String(e)}function Nt(e){let n=e.filter(({rank:o})=>o).sort((o,s)=>Number(o.rank)-Number(s.rank));return n.length?n:e.slice(0,3)}export{St as a,at as b,Gt as c};
