import{a as g}from"./chunk-G37EDIRC.js";import{a as E}from"./chunk-SHTKVFCG.js";import{d as B}from"./chunk-6UV674H3.js";import{a as _,d as f,l as $,n as x,p as k,w as y,x as C}from"./chunk-FPGP54BG.js";import{g as b,j as L,l as d}from"./chunk-EUVXIHW5.js";var v=50,I=12e3;function S(e){if(e==null)return null;let n=Math.log(Math.max(e,v)/v)/Math.log(I/v);return Math.min(1,Math.max(0,n))}function c(e){return e.blocks[0]??null}function w(e,n,t){return t.until_90_ms===null&&e.slot>=n-1}function D({slots:e,newest_slot:n}){return e.map(t=>{let o=c(t),s=o!==null&&w(t,n,o);return{slot:t.slot,state:t.state,height:S(o?.until_90_ms),spreading:s,fork:A(t),failed:t.authoring_failed+t.import_failed>0,implementation:o?.author?.implementation_name,text:P(t,n)}})}function A(e){return e.blocks.length>1||e.blocks.some(({chain:n})=>n==="fork")}function P(e,n){let t=c(e),o=[e.authoring_failed>0&&`${$(e.authoring_failed,"authoring")} failed`,e.import_failed>0&&`${$(e.import_failed,"import")} failed`].filter(Boolean),s=t===null?[R[e.state]]:F(e,t,n);return[`Slot ${_(e.slot)}`,...s,...o].join(" \xB7 ")}var R={missed:"missed: no node had a block",pending:"no block yet",unknown:"unknown: no node was connected",authored:"\u2014"};function F(e,n,t){let{author:o,nodes:s,expected:l,until_90_ms:a}=n,r=o?k(o.implementation_name,o.implementation_version):"author unknown",u=a===null?w(e,t,n)?"still spreading":"90 % not reached":`90 % after ${f(a)}`;return[r,`${_(s)} of ${$(l,"node")}`,u,...A(e)?[`fork: ${$(e.blocks.length,"block")}`]:[]]}function V([e,n],{slotSeconds:t,newest:o,newestMs:s},l){let a=h=>o+Math.floor((h-s)/(1e3*t)),r=Math.max(0,Math.min(o,a(n))),u=Math.max(0,Math.min(r,a(e))),m=r-u+1;return{count:Math.min(m,l),before:r+1,cut:m>l}}function X(e,n){return!e.length||!n.length?e.length?e:n:n[0].slot>e[e.length-1].slot+1?null:[...e.filter(({slot:t})=>t<n[0].slot),...n]}var Y={finalized:"finalized",best:"best chain",fork:"fork",unknown:"not best yet"};function tt(e){let n=new Map,t=[],o=[],s=1;return e.forEach((l,a)=>{let r=new Set;for(let u of l.blocks){let m=u.parent===null?void 0:n.get(u.parent),i=u.chain==="finalized"||u.chain==="best"||u.chain==="unknown"&&!r.has(0)?0:Math.max(1,m?.lane??1);for(;r.has(i);)i+=1;r.add(i),s=Math.max(s,i+1);let p={hash:u.hash,slot:l.slot,column:a,lane:i,block:u};n.set(u.hash,p),t.push(p),m&&o.push({from:m,to:p})}}),{nodes:t,edges:o,lanes:s}}function et(e,n){let t=[],o={p50:[],p90:[],p99:[],interval:[]},s=null;for(let l of e){let a=c(l),r=a?.first_had_at?Date.parse(a.first_had_at):null,u=n&&l.time?Date.parse(l.time):r;u===null||t.length&&u<=t[t.length-1]||(t.push(u),o.p50.push(M(a?.until_50_ms)),o.p90.push(M(a?.until_90_ms)),o.p99.push(M(a?.until_99_ms)),o.interval.push(r!==null&&s!==null?r-s:null),s=r??s)}return{x:t,...o}}function M(e){return e!=null&&e>0?e:null}function nt(e,n){let t=e.map(c).filter(l=>l!==null),o=e.filter(({state:l})=>l==="authored"||l==="missed"),s=l=>g(t.map(a=>a[l]).filter(a=>a!==null));return{settled:o.length,authored:o.filter(({state:l})=>l==="authored").length,missed:o.filter(({state:l})=>l==="missed").length,unknown:e.filter(({state:l})=>l==="unknown").length,forks:e.filter(A).length,failedImports:e.reduce((l,a)=>l+a.import_failed,0),failedAuthorings:e.reduce((l,a)=>l+a.authoring_failed,0),p50:s("until_50_ms"),p90:s("until_90_ms"),p99:s("until_99_ms"),incomplete:e.filter(l=>{let a=c(l);return a!==null&&a.until_90_ms===null&&!w(l,n,a)}).length}}function ot(e){let n=new Map;for(let t of e.flatMap(o=>o.blocks)){if(!t.author)continue;let o=n.get(t.author.node_id)??{node:t.author,blocks:0,forks:0,p90:[],bytes:[]};o.blocks+=1,t.chain==="fork"&&(o.forks+=1),t.until_90_ms!==null&&o.p90.push(t.until_90_ms),t.size_bytes!==null&&o.bytes.push(t.size_bytes),n.set(t.author.node_id,o)}return[...n.values()].map(({p90:t,bytes:o,...s})=>({...s,p90:g(t),bytes:g(o)})).sort((t,o)=>o.blocks-t.blocks||t.node.node_id.localeCompare(o.node.node_id))}var N=[100,1e3,6e3];function bt({answer:e,selected:n,title:t=`Last ${e.slots.length} slots`}){let o=L(null),s=D(e),[l,a]=b(null),[r,u]=b(!1),m=s.find(({slot:i})=>i===(l??n))??s[s.length-1];function h(i){if(i.ctrlKey||i.metaKey||i.altKey)return;let p=s.findIndex(({slot:K})=>K===m?.slot),T={ArrowLeft:p-1,ArrowRight:p+1,Home:0,End:s.length-1};if(!(i.key in T))return;i.preventDefault(),i.stopPropagation();let O=s[Math.max(0,Math.min(s.length-1,T[i.key]))];a(O.slot),o.current?.querySelector(`[data-slot="${O.slot}"]`)?.focus()}return d`<${E}
    title=${t}
    kind="strip"
    name="slots"
    legend=${d`<${q} slots=${e.slots} />`}
    table=${()=>U(e.slots)}
    asTable=${r}
    onToggle=${()=>u(!r)}
  >
    ${r?d`<${G} slots=${e.slots} caption=${t} />`:d`<div class="slot-strip" onPointerLeave=${()=>a(null)}>
            ${N.map(i=>d`<span key=${i} class="slot-line" style=${{bottom:`${100*Number(S(i))}%`}} aria-hidden="true">
                ${f(i)}
              </span>`)}
            <div class="slot-cells" ref=${o} role="list" aria-label=${t} onKeyDown=${h}>
              ${s.map(i=>d`<div key=${i.slot} role="listitem" class="slot-item"><${j}
                  cell=${i}
                  selected=${i.slot===n}
                  current=${i===m}
                  onActive=${()=>a(i.slot)}
                /></div>`)}
            </div>
          </div>
          <div class="slot-text" data-slot-text>${m?.text}</div>`}
  <//>`}function j({cell:e,selected:n,current:t,onActive:o}){let{slot:s,state:l,height:a,spreading:r,fork:u,failed:m,implementation:h,text:i}=e,p=a!==null;return d`<a
    class="slot-cell"
    href=${y(`slots/${s}`)}
    data-slot=${s}
    data-state=${l}
    aria-label=${i}
    aria-current=${n?"true":void 0}
    tabindex=${t?0:-1}
    onFocus=${o}
    onPointerEnter=${o}
  >
    ${l==="authored"&&d`<i
      class="slot-bar swatch"
      data-place=${x(h)}
      data-reached=${p?"yes":r?"spreading":"no"}
      style=${{height:`${Math.max(4,100*(a??(r?.3:1)))}%`}}
    ></i>`}
    <i class="slot-mark" data-mark=${W(l,u,m)}></i>
  </a>`}function W(e,n,t){return e!=="authored"?e:n?"fork":t?"failed":void 0}function q({slots:e}){let n=new Set(e.map(t=>c(t)?.author?.implementation_name).filter(Boolean));return d`
    <span class="legend-entry">Height: until 90 % of the nodes had it</span>
    ${[...n].sort().map(t=>d`<span key=${t} class="legend-entry"><i class="swatch" data-place=${x(t)}></i>${t}</span>`)}
    <span class="legend-entry"><i class="slot-mark" data-mark="missed"></i>missed</span>
    <span class="legend-entry"><i class="slot-mark" data-mark="fork"></i>fork</span>
    <span class="legend-entry"><i class="slot-mark" data-mark="failed"></i>failure</span>
    ${e.some(({state:t})=>t==="unknown")&&d`<span class="legend-entry"><i class="slot-mark" data-mark="unknown"></i>no node connected</span>`}
  `}function G({slots:e,caption:n}){return d`<${B}
    caption=${n}
    height=${240}
    rows=${[...e].reverse()}
    rowKey=${t=>t.slot}
    onOpen=${t=>C(`slots/${t.slot}`)}
    columns=${[{id:"slot",title:"slot",value:t=>t.slot,cell:t=>d`<a href=${y(`slots/${t.slot}`)}>${_(t.slot)}</a>`,rank:1},{id:"state",title:"state",value:t=>t.state,rank:2},{id:"author",title:"author",value:H},{id:"p50",title:"50 %",end:!0,value:t=>c(t)?.until_50_ms,cell:t=>f(c(t)?.until_50_ms)},{id:"p90",title:"90 %",end:!0,value:t=>c(t)?.until_90_ms,cell:t=>f(c(t)?.until_90_ms),rank:3},{id:"p99",title:"99 %",end:!0,value:t=>c(t)?.until_99_ms,cell:t=>f(c(t)?.until_99_ms)},{id:"blocks",title:"blocks",end:!0,value:t=>t.blocks.length},{id:"failed",title:"failures",end:!0,value:t=>t.authoring_failed+t.import_failed}]}
  />`}function H(e){let n=c(e)?.author;return n?k(n.implementation_name,n.implementation_version):null}function U(e){return{titles:["slot","time","state","author","implementation","until_50_ms","until_90_ms","until_99_ms","nodes","expected","blocks"],rows:e.map(n=>{let t=c(n);return[n.slot,n.time,n.state,t?.author?.node_id??null,H(n),t?.until_50_ms??null,t?.until_90_ms??null,t?.until_99_ms??null,t?.nodes??null,t?.expected??null,n.blocks.length]})}}export{c as a,w as b,V as c,X as d,Y as e,tt as f,et as g,nt as h,ot as i,bt as j};
