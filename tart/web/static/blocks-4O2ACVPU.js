import{a as et}from"./chunk-BSAJQESO.js";import{a as st}from"./chunk-WX3CYZ47.js";import{c as Y,d as tt}from"./chunk-QWABQPA2.js";import"./chunk-OYJLUT6D.js";import{b as O,c as X}from"./chunk-QLZ46DTY.js";import{a as C}from"./chunk-4YALDK3C.js";import{a as b,b as M,c as Q,d as V}from"./chunk-5MFNBTI5.js";import{a as S}from"./chunk-G37EDIRC.js";import{a as m,b as K}from"./chunk-WQNOXECZ.js";import{a as Z}from"./chunk-A5KFDUZV.js";import{a as G,b as $}from"./chunk-HZVHJNCT.js";import{a as x}from"./chunk-LSKVQWEN.js";import{a as k}from"./chunk-QCITNMUN.js";import{b as L,e as U}from"./chunk-IIW3BLOX.js";import"./chunk-ZVTLTR5U.js";import{d as A}from"./chunk-5HTXFBE2.js";import{H as I,a as d,e as h,f as z,h as B,m as v}from"./chunk-DYZXLK2B.js";import{d as T,e as y,g as w,k as W}from"./chunk-NIKDHXBC.js";import{g as H,i as J,j as g}from"./chunk-37NB6NY5.js";import{g as q,h as E,k as p,l as u}from"./chunk-QNZ3L47H.js";function ot([e,o],{slotSeconds:s,newest:t,newestMs:i},n){let l=r=>t+Math.floor((r-i)/(1e3*s)),a=Math.max(0,Math.min(t,l(o))),c=Math.max(0,Math.min(a,l(e))),f=a-c+1;return{count:Math.min(f,n),before:a+1,cut:f>n}}function lt(e,o){return!e.length||!o.length?e.length?e:o:o[0].slot>e[e.length-1].slot+1?null:[...e.filter(({slot:s})=>s<o[0].slot),...o]}function P(e,o){let s=[],t={p50:[],p90:[],p99:[],interval:[]},i=null;for(let n of e){let l=b(n),a=l?.first_had_at?Date.parse(l.first_had_at):null,c=o&&n.time?Date.parse(n.time):a;c===null||s.length&&c<=s[s.length-1]||(s.push(c),t.p50.push(N(l?.until_50_ms)),t.p90.push(N(l?.until_90_ms)),t.p99.push(N(l?.until_99_ms)),t.interval.push(a!==null&&i!==null?a-i:null),i=a??i)}return{x:s,...t}}function N(e){return e!=null&&e>0?e:null}function D(e,o){let s=e.map(b).filter(n=>n!==null),t=e.filter(({state:n})=>n==="authored"||n==="missed"),i=n=>S(s.map(l=>l[n]).filter(l=>l!==null));return{settled:t.length,authored:t.filter(({state:n})=>n==="authored").length,missed:t.filter(({state:n})=>n==="missed").length,unknown:e.filter(({state:n})=>n==="unknown").length,forks:e.filter(Q).length,failedImports:e.reduce((n,l)=>n+l.import_failed,0),failedAuthorings:e.reduce((n,l)=>n+l.authoring_failed,0),p50:i("until_50_ms"),p90:i("until_90_ms"),p99:i("until_99_ms"),incomplete:e.filter(n=>{let l=b(n);return l!==null&&l.until_90_ms===null&&!M(n,o,l)}).length}}function nt(e){let o=new Map;for(let s of e.flatMap(t=>t.blocks)){if(!s.author)continue;let t=o.get(s.author.node_id)??{node:s.author,blocks:0,forks:0,p90:[],bytes:[]};t.blocks+=1,s.chain==="fork"&&(t.forks+=1),s.until_90_ms!==null&&t.p90.push(s.until_90_ms),s.size_bytes!==null&&t.bytes.push(s.size_bytes),o.set(s.author.node_id,t)}return[...o.values()].map(({p90:s,bytes:t,...i})=>({...i,p90:S(s),bytes:S(t)})).sort((s,t)=>t.blocks-s.blocks||s.node.node_id.localeCompare(t.node.node_id))}Z(st);var F=600,rt=60;function dt(){let e=H.value.parameters.clock==="node"?"node":"server",o=JSON.stringify(T.value),[s,t]=q(!1),i=x("the blocks",r=>ft(e,r),{every:s?15e3:3e5,deps:[e,o]});E(()=>t(i.partial!==null&&i.partial.answered<i.partial.total),[i.partial]);let n=x("the newest blocks",r=>k.slots({count:rt,clock:e},{signal:r}),{every:6e3,deps:[e],when:!y.value}),l=y.value?i:ht(i,n),a=l.data?.slots[0]?.slot,c=l.data?.slots.length??0,f=x("the blocks before",r=>k.slots({before:a,count:c,clock:e},{signal:r}),{when:w.value&&!!a,deps:[e,w.value,y.value?a:Math.floor((a??0)/10)]});return u`<${G}
    title="Blocks"
    question="Which blocks, by whom, and how soon did the nodes have them?"
    actions=${u`<${Y} clock=${e} />`}
  >
    <${U}
      answer=${l}
      lines=${10}
      isEmpty=${r=>r.slots.every(({state:_})=>_==="unknown"||_==="pending")}
      empty=${u`<${L} title="No blocks in this range.">
        Blocks appear when a connected node authors or imports one. Choose another range, or connect a node.
      <//>`}
    >
      ${r=>u`<${mt} data=${r} before=${w.value?f.data:null} />`}
    <//>
  <//>`}function ht(e,o){if(!e.data||!o.data||o.data.clock!==e.data.clock)return e;let s=lt(e.data.slots,o.data.slots);s===null&&queueMicrotask(e.reload);let t={...o.data,cut:e.data.cut,slots:(s??o.data.slots).slice(-Math.max(e.data.slots.length,1))};return{...e,data:t,error:e.error??o.error,since:o.since,partial:o.partial??e.partial}}async function ft(e,o){let[s,t]=W(),i=T.value,n=Math.min(F,Math.ceil((t-s)/1e3));if(i.kind==="last"&&i.pausedAt===null){let ct=Math.max(1,Math.min(n,Math.ceil((t-s)/6e3))),j=await k.slots({count:ct,clock:e},{signal:o});return{...j,cut:(t-s)/1e3>j.slot_seconds*F}}let l=await k.slots({count:1,clock:e},{signal:o}),a=l.slots[0],c=Date.parse((l.follows_calendar?a?.time:b(a)?.first_had_at)??"");if(Number.isNaN(c))return{...l,cut:!1};let f={slotSeconds:l.slot_seconds,newest:l.newest_slot,newestMs:c},{count:r,before:_,cut:ut}=ot([s,t],f,F);return{...await k.slots({count:r,before:_,clock:e},{signal:o}),cut:ut}}function mt({data:e,before:o}){let{slots:s,newest_slot:t,follows_calendar:i}=e,n=p(()=>D(s,t),[e]),l=p(()=>o&&D(o.slots,t),[o]),a=p(()=>P(s,i),[e]),c=p(()=>o&&P(o.slots,i),[o]),f={...e,slots:s.slice(-rt)};return u`<div class="stack">
    ${e.cut&&u`<div class="notice" role="status">
      Shown are the newest ${v(s.length,"slot")} of the range; move the range with [ and ] to see the others.
    </div>`}
    <${K}>
      <${m} id="best" label="Best slot" value=${d(e.best_slot)} note=${`finalized ${d(e.finalized_slot)}`} />
      <${m} id="authored" label="Slots with a block" value=${`${d(n.authored)} of ${d(n.settled)}`} note=${B(n.settled?n.authored/n.settled:null)} before=${l&&B(l.settled?l.authored/l.settled:null)} />
      <${m} id="missed" label="Missed" value=${d(n.missed)} state=${n.missed?"warn":void 0} before=${l&&d(l.settled?l.missed:null)} />
      <${m} id="forks" label="Slots with a fork" value=${d(n.forks)} state=${n.forks?"warn":void 0} before=${l&&d(l.settled?l.forks:null)} />
      <${m} id="p50" label="Until 50 % had it" value=${h(n.p50)} note="median of slots" before=${l&&h(l.p50)} />
      <${m} id="p90" label="Until 90 % had it" value=${h(n.p90)} note="median of slots" before=${l&&h(l.p90)} />
      <${m} id="p99" label="Until 99 % had it" value=${h(n.p99)} note="median of slots" before=${l&&h(l.p99)} />
      <${m} id="incomplete" label="90 % not reached" value=${d(n.incomplete)} note="slots" state=${n.incomplete?"bad":void 0} before=${l&&d(l.settled?l.incomplete:null)} />
    <//>
    <div class="cards">
      <${$} title=${`Last ${v(f.slots.length,"slot")}`} note="click: that slot">
        <${V} answer=${f} title=${`Strip of ${v(f.slots.length,"slot")}`} />
      <//>
      <${$} title="Chain" note="forks as branches">
        <${et} slots=${s.slice(-120)} />
      <//>
      <${$} title="Time until the nodes had the block" size="half" note="by slot; lower is better">
        <${C}
          title="Time until 50, 90 and 99 % of the nodes had the block"
          log
          x=${a.x}
          height=${200}
          format=${h}
          series=${[{label:"50 %",values:a.p50},{label:"90 %",values:a.p90},{label:"99 %",values:a.p99},...c?[{label:"90 % before",values:it(c.p90,a.x.length),ghost:!0}]:[]]}
          onPick=${r=>at(s,a.x[r],i)}
        />
      <//>
      <${$} title="Block interval" size="half" note=${`from one block to the next; a slot has ${e.slot_seconds} s`}>
        <${C}
          title="Block interval, slot by slot"
          x=${a.x}
          height=${200}
          format=${h}
          series=${[{label:"interval",values:a.interval,bars:!0},...c?[{label:"before",values:it(c.interval,a.x.length),ghost:!0}]:[]]}
          onPick=${r=>at(s,a.x[r],i)}
        />
      <//>
      <${$} title="Blocks" flush><${$t} slots=${s} newest=${t} /><//>
      <${$} title="Authors" note="medians of their blocks" flush><${bt} slots=${s} /><//>
    </div>
  </div>`}function it(e,o){return[...Array(Math.max(0,o-e.length)).fill(null),...e].slice(-o)}function at(e,o,s){let t=e.find(i=>{let n=s?i.time:b(i)?.first_had_at;return n&&Date.parse(n)===o});t&&g(`slots/${t.slot}`)}function pt(e){return e.state==="missed"?[{slot:e,block:null}]:e.blocks.map(o=>({slot:e,block:o}))}function $t({slots:e,newest:o}){let s=p(()=>[...e].reverse().flatMap(pt),[e]);return u`<${A}
    caption="Blocks"
    csv="blocks"
    sort="-slot"
    height=${560}
    rows=${s}
    rowKey=${({slot:t,block:i})=>i?.hash??t.slot}
    onOpen=${({slot:t})=>g(`slots/${t.slot}`)}
    columns=${[{id:"slot",title:"slot",value:({slot:t})=>t.slot,cell:({slot:t})=>u`<a href=${J(`slots/${t.slot}`)}>${d(t.slot)}</a>`,rank:1},{id:"time",title:"time",value:({slot:t,block:i})=>i?.first_had_at??t.time,cell:({slot:t,block:i})=>u`<${I} value=${i?.first_had_at??t.time} />`},{id:"state",title:"state",value:({block:t})=>t?.chain??"missed",cell:({block:t})=>u`<${tt} chain=${t?.chain} />`,rank:2},{id:"author",title:"author",value:({block:t})=>t?.author?.node_id,cell:({block:t})=>t?.author?u`<${O} node=${t.author} />`:u`<span class="muted" title="The author sends no telemetry to this server.">—</span>`},{id:"hash",title:"hash",value:({block:t})=>t?.hash,cell:({block:t})=>u`<${X} value=${t?.hash} />`},{id:"p50",title:"50 %",end:!0,value:({block:t})=>t?.until_50_ms,cell:t=>R(t,"until_50_ms",o)},{id:"p90",title:"90 %",end:!0,value:({block:t})=>t?.until_90_ms,cell:t=>R(t,"until_90_ms",o),rank:3},{id:"p99",title:"99 %",end:!0,value:({block:t})=>t?.until_99_ms,cell:t=>R(t,"until_99_ms",o)},{id:"nodes",title:"nodes",end:!0,help:"Nodes that had it within a minute, of those connected",value:({block:t})=>t?.nodes,cell:({block:t})=>t?`${d(t.nodes)} of ${d(t.expected)}`:"\u2014"},{id:"size",title:"size",end:!0,value:({block:t})=>t?.size_bytes,cell:({block:t})=>z(t?.size_bytes)},{id:"guarantees",title:"guarantees",end:!0,value:({block:t})=>t?.num_guarantees},{id:"assurances",title:"assurances",end:!0,value:({block:t})=>t?.num_assurances},{id:"tickets",title:"tickets",end:!0,value:({block:t})=>t?.num_tickets},{id:"preimages",title:"preimages",end:!0,value:({block:t})=>t?.num_preimages}]}
  />`}function R({slot:e,block:o},s,t){return o?o[s]!==null?h(o[s]):u`<span class="muted" title=${M(e,t,o)?"The block is still spreading.":"Fewer of the connected nodes had it."}>—</span>`:"\u2014"}function bt({slots:e}){let o=p(()=>nt(e),[e]);return u`<${A}
    caption="Authors"
    csv="authors"
    sort="-blocks"
    sortParameter="authors"
    height=${560}
    rows=${o}
    rowKey=${({node:s})=>s.node_id}
    onOpen=${({node:s})=>g(`nodes/${s.node_id}`)}
    empty="No author sends telemetry to this server."
    columns=${[{id:"author",title:"author",value:({node:s})=>s.node_id,cell:({node:s})=>u`<${O} node=${s} />`,rank:1},{id:"blocks",title:"blocks",end:!0,value:s=>s.blocks,rank:2},{id:"forks",title:"forks",end:!0,value:s=>s.forks},{id:"p90",title:"90 %",help:"Median time until 90 % of the nodes had its blocks",end:!0,value:s=>s.p90,cell:s=>h(s.p90),rank:3},{id:"size",title:"size",help:"Median size of its blocks",end:!0,value:s=>s.bytes,cell:s=>z(s.bytes)}]}
  />`}export{dt as default};
