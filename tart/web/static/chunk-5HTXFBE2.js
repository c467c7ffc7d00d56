import{A as rt,F as ot,a as nt}from"./chunk-DYZXLK2B.js";import{g as st,k as it}from"./chunk-37NB6NY5.js";import{e as tt,g as E,h as et,i as V,j as R,k as j,l,n as H}from"./chunk-QNZ3L47H.js";function ct(e,n){return[e,...n].map(r=>r.map(Mt).join(",")+`\r
`).join("")}function at(e,n){let r=i=>lt(i).replace(/[\t\r\n]+/g," ");return[e,...n].map(i=>i.map(r).join("	")).join(`
`)}function Mt(e){let n=lt(e),r=typeof e=="string"&&/^[=+\-@\t\r]/.test(n)?`'${n}`:n;return/[",\r\n]/.test(r)?`"${r.replaceAll('"','""')}"`:r}function lt(e){return e==null?"":typeof e=="object"?JSON.stringify(e):String(e).replace(/(?<=\d)\u2009(?=\d{3})/g,"")}function Ct(e,n,r="text/csv"){let i=URL.createObjectURL(new Blob([n],{type:`${r};charset=utf-8`})),o=document.createElement("a");o.href=i,o.download=e,document.body.append(o),o.click(),o.remove(),setTimeout(()=>URL.revokeObjectURL(i),1e4)}function It(e,n){e.key!=="T"||e.target.closest("input, textarea, select")||(n(),e.currentTarget.querySelector(".as-table")?.focus())}function ut({name:e,table:n}){return l`
    <${ot} label="Copy as a table" text=${()=>at(n().titles,n().rows)} />
    <button
      type="button"
      class="button quiet small icon-only"
      aria-label="Save as CSV"
      title="Save as CSV"
      onClick=${()=>Ct(`${e}.csv`,ct(n().titles,n().rows))}
    >
      <${H} name="download" />
    </button>
  `}function ft(e,n,r){let i=e.map(a=>({row:a,key:n(a)})),o=r?-1:1;return i.sort((a,d)=>{let[m,$]=[a.key,d.key];return U(m)||U($)?Number(U(m))-Number(U($)):o*Tt(m,$)}),i.map(({row:a})=>a)}function pt(e,n){let r=e||n,i=r.startsWith("-");return{by:i?r.slice(1):r,descending:i}}function U(e){return e==null||e===""||Number.isNaN(e)}var dt=/^(0x)?[0-9a-f]{16,}$/,mt=new Intl.Collator("en",{numeric:!0});function Tt(e,n){return typeof e=="string"&&typeof n=="string"&&dt.test(e)&&dt.test(n)?e<n?-1:e>n?1:0:typeof e=="string"||typeof n=="string"?mt.compare(String(e),String(n)):e<n?-1:e>n?1:0}function $t(e,n,r){let i=new Map(n.map((o,a)=>[o,a]));return e.map((o,a)=>({row:o,place:i.get(r(o))??n.length+a})).sort((o,a)=>o.place-a.place).map(({row:o})=>o)}var x=class{constructor(n,r){this.name=n,this.count=r}};function gt(e,n){let r=new Map;for(let o of e){let a=n(o),d=r.get(a);d?d.push(o):r.set(a,[o])}return[...r.keys()].sort(mt.compare).flatMap(o=>{let a=r.get(o)??[];return[new x(o,a.length),...a]})}function ht(e,n,r,i,o=8){let a=Math.max(0,Math.floor(r/n)-o),d=Math.min(e,Math.ceil((r+i)/n)+o);return[Math.min(a,d),d]}var S=32;function Ft({columns:e,rows:n,rowKey:r,caption:i,sort:o="",sortParameter:a="sort",onOpen:d,pinned:m,onPin:$,csv:g,tools:M,height:y=480,empty:B="No rows.",rowState:I,expanded:_,onEnd:z,steady:N=!1,groupOf:L,groupHead:G}){let J=rt.value,k=j(()=>J?vt(e):e,[e,J]),p=pt(o&&st.value.parameters[a],o),A=e.find(({id:t})=>t===p.by),[X,F]=E(!1),D=R({order:"",keys:[]}),C=j(()=>{let t=A?ft(n,A.value,p.descending):[...n],s=m?[...t.filter(m),...t.filter(f=>!m(f))]:t,c=`${p.by} ${p.descending}`;return N&&X&&D.current.order===c?$t(s,D.current.keys,r):(N&&(D.current={order:c,keys:s.map(r)}),s)},[n,A,p.descending,m,X]),u=j(()=>L?gt(C,L):C,[C,L]),O=R(null),[K,Q]=E({top:0,height:typeof y=="number"?y:800}),[b,P]=E(-1),v=R(null),yt=!!_&&u.length<=2e3,[T,w]=yt?[0,u.length]:ht(u.length,S,K.top,K.height);V(()=>{let t=O.current;if(!t)return;let s=new ResizeObserver(()=>Q(c=>({...c,height:t.clientHeight})));return s.observe(t),()=>s.disconnect()},[]),et(()=>{z&&w>=u.length-10&&z()},[w,u.length]),V(()=>{let t=v.current===null?-1:u.findIndex(s=>Y(s)===v.current);t>=0&&P(t)},[u]);function Y(t){return t===void 0||t instanceof x?null:r(t)}function bt(){let t=O.current;Q({top:t.scrollTop,height:t.clientHeight})}function W(t){let s=Math.max(0,Math.min(u.length-1,t));P(s),v.current=Y(u[s]);let c=O.current,[f,h]=[s*S,(s+2)*S];f<c.scrollTop?c.scrollTop=f:h>c.scrollTop+c.clientHeight&&(c.scrollTop=h-c.clientHeight)}function xt(t){if(t.target!==t.currentTarget||t.ctrlKey||t.metaKey||t.altKey)return;let s=Math.max(1,Math.floor(K.height/S)-2),c={j:1,ArrowDown:1,k:-1,ArrowUp:-1,PageDown:s,PageUp:-s},f=u[b]instanceof x?void 0:u[b];if(t.key in c)W(b+c[t.key]);else if(t.key==="Home")W(0);else if(t.key==="End")W(u.length-1);else if(t.key==="Enter"&&f&&d)d(f);else if(t.key==="x"&&f&&$)$(f);else return;t.preventDefault(),t.stopPropagation()}function kt({id:t}){let s=p.by===t&&!p.descending;it({[a]:s?`-${t}`:t})}function wt(t,s,c){P(c),v.current=r(s);let f=t.target,h=String(window.getSelection?.()??"")!=="";d&&!h&&!f.closest("a, button, input, select, label")&&d(s)}let Z=`row-${i.replace(/\W+/g,"-")}`;return l`<div class="table-box">
    ${(M||g)&&l`<div class="table-tools">
      ${M}
      ${g&&l`<span class="row-of end" style=${{marginInlineStart:"auto"}}><${ut} name=${g} table=${()=>({titles:e.map(({id:t,title:s})=>typeof s=="string"&&e.filter(c=>c.title===s).length===1?s:t),rows:C.map(t=>e.map(({value:s,saved:c=s})=>c(t)))})} /></span>`}
    </div>`}
    <div
      class="table-scroll"
      ref=${O}
      onScroll=${bt}
      onPointerEnter=${N?()=>F(!0):void 0}
      onPointerLeave=${N?()=>F(!1):void 0}
      style=${{maxHeight:typeof y=="number"?`${y}px`:y}}
    >
      <table
        class="table"
        role="grid"
        aria-label=${i}
        aria-rowcount=${u.length+1}
        aria-activedescendant=${b>=T&&b<w?`${Z}-${b}`:void 0}
        tabindex="0"
        onKeyDown=${xt}
      >
        <thead>
          <tr aria-rowindex="1">
            ${k.map(t=>l`<th
                key=${t.id}
                scope="col"
                class=${t.end?"end":""}
                title=${t.help}
                aria-sort=${o&&p.by===t.id?p.descending?"descending":"ascending":void 0}
              >
                ${o&&!t.unsorted?l`<button type="button" onClick=${()=>kt(t)}>
                      ${t.title}
                      ${p.by===t.id&&l`<${H} name=${p.descending?"down":"up"} />`}
                    </button>`:t.title}
              </th>`)}
          </tr>
        </thead>
        <tbody>
          ${T>0&&l`<tr class="gap" aria-hidden="true"><td colspan=${k.length} style=${{height:`${T*S}px`}}></td></tr>`}
          ${u.slice(T,w).map((t,s)=>{let c=T+s;if(t instanceof x)return l`<tr key=${`group ${t.name}`} class="group" aria-rowindex=${c+2}>
                <th scope="rowgroup" colspan=${k.length}>${G?G(t.name,t.count):t.name}</th>
              </tr>`;let f=_?.(t),h=r(t);return l`
              <${q}
                key=${h}
                name=${`${Z}-${c}`}
                rowKey=${h}
                row=${t}
                index=${c}
                active=${c===b}
                columns=${k}
                state=${I?.(t)}
                opens=${!!d}
                onClick=${St=>wt(St,t,c)}
              />
              ${f&&l`<tr key=${`${h}-below`} class="below"><td colspan=${k.length}>${f}</td></tr>`}
            `})}
          ${w<u.length&&l`<tr class="gap" aria-hidden="true"><td colspan=${k.length} style=${{height:`${(u.length-w)*S}px`}}></td></tr>`}
        </tbody>
      </table>
      ${C.length===0&&l`<div class="table-empty">${B}</div>`}
    </div>
  </div>`}var Nt=["row","index","active","columns","state","opens","name"],q=class extends tt{shouldComponentUpdate(n,r){let i=this.props;return r!==this.state||Nt.some(o=>n[o]!==i[o])}render(){let{name:n,rowKey:r,row:i,index:o,active:a,columns:d,state:m,opens:$}=this.props;return l`<tr
      id=${n}
      aria-rowindex=${o+2}
      aria-selected=${a?"true":"false"}
      data-key=${r}
      data-state=${m}
      data-opens=${$?"":void 0}
      onClick=${g=>this.props.onClick(g)}
    >
      ${d.map(({id:g,cell:M,value:y,end:B,className:I})=>l`<td key=${g} class=${`${B?"end":""} ${I??""}`} data-column=${g}>
          ${M?M(i):Ot(y(i))}
        </td>`)}
    </tr>`}};function Ot(e){return e==null?l`<span class="muted">—</span>`:typeof e=="number"?nt(e,2):String(e)}function vt(e){let n=e.filter(({rank:r})=>r).sort((r,i)=>Number(r.rank)-Number(i.rank));return n.length?n:e.slice(0,3)}export{Ct as a,It as b,ut as c,Ft as d};
