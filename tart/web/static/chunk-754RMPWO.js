import{b as K,c as B,d as D}from"./chunk-YOR7I55X.js";import{a as $,d as f,l as _,n as g,p as k,w as x,x as C}from"./chunk-2IMSLPX3.js";import{g as b,j as L,l as d,n as E}from"./chunk-EUVXIHW5.js";var y=50,R=12e3;function S(e){if(e==null)return null;let n=Math.log(Math.max(e,y)/y)/Math.log(R/y);return Math.min(1,Math.max(0,n))}function c(e){return e.blocks[0]??null}function M(e,n,t){return t.until_90_ms===null&&e.slot>=n-1}function H({slots:e,newest_slot:n}){return e.map(t=>{let o=c(t),s=o!==null&&M(t,n,o);return{slot:t.slot,state:t.state,height:S(o?.until_90_ms),spreading:s,fork:T(t),failed:t.authoring_failed+t.import_failed>0,implementation:o?.author?.implementation_name,text:N(t,n)}})}function T(e){return e.blocks.length>1||e.blocks.some(({chain:n})=>n==="fork")}function N(e,n){let t=c(e),o=[e.authoring_failed>0&&`${_(e.authoring_failed,"authoring")} failed`,e.import_failed>0&&`${_(e.import_failed,"import")} failed`].filter(Boolean),s=t===null?[j[e.state]]:q(e,t,n);return[`Slot ${$(e.slot)}`,...s,...o].join(" \xB7 ")}var j={missed:"missed: no node had a block",pending:"no block yet",unknown:"unknown: no node was connected",authored:"\u2014"};function q(e,n,t){let{author:o,nodes:s,expected:l,until_90_ms:a}=n,r=o?k(o.implementation_name,o.implementation_version):"author unknown",u=a===null?M(e,t,n)?"still spreading":"90 % not reached":`90 % after ${f(a)}`;return[r,`${$(s)} of ${_(l,"node")}`,u,...T(e)?[`fork: ${_(e.blocks.length,"block")}`]:[]]}function X([e,n],{slotSeconds:t,newest:o,newestMs:s},l){let a=h=>o+Math.floor((h-s)/(1e3*t)),r=Math.max(0,Math.min(o,a(n))),u=Math.max(0,Math.min(r,a(e))),m=r-u+1;return{count:Math.min(m,l),before:r+1,cut:m>l}}function Y(e,n){return!e.length||!n.length?e.length?e:n:n[0].slot>e[e.length-1].slot+1?null:[...e.filter(({slot:t})=>t<n[0].slot),...n]}var tt={finalized:"finalized",best:"best chain",fork:"fork",unknown:"not best yet"};function et(e){let n=new Map,t=[],o=[],s=1;return e.forEach((l,a)=>{let r=new Set;for(let u of l.blocks){let m=u.parent===null?void 0:n.get(u.parent),i=u.chain==="finalized"||u.chain==="best"||u.chain==="unknown"&&!r.has(0)?0:Math.max(1,m?.lane??1);for(;r.has(i);)i+=1;r.add(i),s=Math.max(s,i+1);let p={hash:u.hash,slot:l.slot,column:a,lane:i,block:u};n.set(u.hash,p),t.push(p),m&&o.push({from:m,to:p})}}),{nodes:t,edges:o,lanes:s}}function nt(e,n){let t=[],o={p50:[],p90:[],p99:[],interval:[]},s=null;for(let l of e){let a=c(l),r=a?.first_had_at?Date.parse(a.first_had_at):null,u=n&&l.time?Date.parse(l.time):r;u===null||t.length&&u<=t[t.length-1]||(t.push(u),o.p50.push(v(a?.until_50_ms)),o.p90.push(v(a?.until_90_ms)),o.p99.push(v(a?.until_99_ms)),o.interval.push(r!==null&&s!==null?r-s:null),s=r??s)}return{x:t,...o}}function v(e){return e!=null&&e>0?e:null}function ot(e,n){let t=e.map(c).filter(l=>l!==null),o=e.filter(({state:l})=>l==="authored"||l==="missed"),s=l=>w(t.map(a=>a[l]).filter(a=>a!==null));return{settled:o.length,authored:o.filter(({state:l})=>l==="authored").length,missed:o.filter(({state:l})=>l==="missed").length,unknown:e.filter(({state:l})=>l==="unknown").length,forks:e.filter(T).length,failedImports:e.reduce((l,a)=>l+a.import_failed,0),failedAuthorings:e.reduce((l,a)=>l+a.authoring_failed,0),p50:s("until_50_ms"),p90:s("until_90_ms"),p99:s("until_99_ms"),incomplete:e.filter(l=>{let a=c(l);return a!==null&&a.until_90_ms===null&&!M(l,n,a)}).length}}function w(e){if(!e.length)return null;let n=[...e].sort((t,o)=>t-o);return n[Math.ceil(n.length/2)-1]}function lt(e){let n=new Map;for(let t of e.flatMap(o=>o.blocks)){if(!t.author)continue;let o=n.get(t.author.node_id)??{node:t.author,blocks:0,forks:0,p90:[],bytes:[]};o.blocks+=1,t.chain==="fork"&&(o.forks+=1),t.until_90_ms!==null&&o.p90.push(t.until_90_ms),t.size_bytes!==null&&o.bytes.push(t.size_bytes),n.set(t.author.node_id,o)}return[...n.values()].map(({p90:t,bytes:o,...s})=>({...s,p90:w(t),bytes:w(o)})).sort((t,o)=>o.blocks-t.blocks||t.node.node_id.localeCompare(o.node.node_id))}var F=[100,1e3,6e3];function yt({answer:e,selected:n,title:t=`Last ${e.slots.length} slots`}){let o=L(null),s=H(e),[l,a]=b(null),[r,u]=b(!1),m=s.find(({slot:i})=>i===(l??n))??s[s.length-1];function h(i){if(i.ctrlKey||i.metaKey||i.altKey)return;let p=s.findIndex(({slot:I})=>I===m?.slot),A={ArrowLeft:p-1,ArrowRight:p+1,Home:0,End:s.length-1};if(!(i.key in A))return;i.preventDefault(),i.stopPropagation();let O=s[Math.max(0,Math.min(s.length-1,A[i.key]))];a(O.slot),o.current?.querySelector(`[data-slot="${O.slot}"]`)?.focus()}return d`<figure
    class="chart"
    role="figure"
    aria-label=${t}
    data-figure-chart=${t}
    onKeyDown=${i=>K(i,()=>u(!r))}
  >
    <div class="chart-legend">
      <${U} slots=${e.slots} />
      <span class="card-actions">
        <button
          type="button"
          class="button quiet small icon-only as-table"
          aria-pressed=${r}
          aria-label=${r?"Show as a strip":"Show as a table"}
          title=${r?"Show as a strip (T)":"Show as a table (T)"}
          onClick=${()=>u(!r)}
        >
          <${E} name=${r?"chart":"table"} />
        </button>
        <${B} name="slots" table=${()=>J(e.slots)} />
      </span>
    </div>
    ${r?d`<${Z} slots=${e.slots} caption=${t} />`:d`<div class="slot-strip" onPointerLeave=${()=>a(null)}>
            ${F.map(i=>d`<span key=${i} class="slot-line" style=${{bottom:`${100*Number(S(i))}%`}} aria-hidden="true">
                ${f(i)}
              </span>`)}
            <div class="slot-cells" ref=${o} role="list" aria-label=${t} onKeyDown=${h}>
              ${s.map(i=>d`<div key=${i.slot} role="listitem" class="slot-item"><${W}
                  cell=${i}
                  selected=${i.slot===n}
                  current=${i===m}
                  onActive=${()=>a(i.slot)}
                /></div>`)}
            </div>
          </div>
          <div class="slot-text" data-slot-text>${m?.text}</div>`}
  </figure>`}function W({cell:e,selected:n,current:t,onActive:o}){let{slot:s,state:l,height:a,spreading:r,fork:u,failed:m,implementation:h,text:i}=e,p=a!==null;return d`<a
    class="slot-cell"
    href=${x(`slots/${s}`)}
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
      data-place=${g(h)}
      data-reached=${p?"yes":r?"spreading":"no"}
      style=${{height:`${Math.max(4,100*(a??(r?.3:1)))}%`}}
    ></i>`}
    <i class="slot-mark" data-mark=${G(l,u,m)}></i>
  </a>`}function G(e,n,t){return e!=="authored"?e:n?"fork":t?"failed":void 0}function U({slots:e}){let n=new Set(e.map(t=>c(t)?.author?.implementation_name).filter(Boolean));return d`
    <span class="legend-entry">Height: until 90 % of the nodes had it</span>
    ${[...n].sort().map(t=>d`<span key=${t} class="legend-entry"><i class="swatch" data-place=${g(t)}></i>${t}</span>`)}
    <span class="legend-entry"><i class="slot-mark" data-mark="missed"></i>missed</span>
    <span class="legend-entry"><i class="slot-mark" data-mark="fork"></i>fork</span>
    <span class="legend-entry"><i class="slot-mark" data-mark="failed"></i>failure</span>
    ${e.some(({state:t})=>t==="unknown")&&d`<span class="legend-entry"><i class="slot-mark" data-mark="unknown"></i>no node connected</span>`}
  `}function Z({slots:e,caption:n}){return d`<${D}
    caption=${n}
    height=${240}
    rows=${[...e].reverse()}
    rowKey=${t=>t.slot}
    onOpen=${t=>C(`slots/${t.slot}`)}
    columns=${[{id:"slot",title:"slot",value:t=>t.slot,cell:t=>d`<a href=${x(`slots/${t.slot}`)}>${$(t.slot)}</a>`,rank:1},{id:"state",title:"state",value:t=>t.state,rank:2},{id:"author",title:"author",value:z},{id:"p50",title:"50 %",end:!0,value:t=>c(t)?.until_50_ms,cell:t=>f(c(t)?.until_50_ms)},{id:"p90",title:"90 %",end:!0,value:t=>c(t)?.until_90_ms,cell:t=>f(c(t)?.until_90_ms),rank:3},{id:"p99",title:"99 %",end:!0,value:t=>c(t)?.until_99_ms,cell:t=>f(c(t)?.until_99_ms)},{id:"blocks",title:"blocks",end:!0,value:t=>t.blocks.length},{id:"failed",title:"failures",end:!0,value:t=>t.authoring_failed+t.import_failed}]}
  />`}function z(e){let n=c(e)?.author;return n?k(n.implementation_name,n.implementation_version):null}function J(e){return{titles:["slot","time","state","author","implementation","until_50_ms","until_90_ms","until_99_ms","nodes","expected","blocks"],rows:e.map(n=>{let t=c(n);return[n.slot,n.time,n.state,t?.author?.node_id??null,z(n),t?.until_50_ms??null,t?.until_90_ms??null,t?.until_99_ms??null,t?.nodes??null,t?.expected??null,n.blocks.length]})}}export{c as a,M as b,X as c,Y as d,tt as e,et as f,nt as g,ot as h,lt as i,yt as j};
