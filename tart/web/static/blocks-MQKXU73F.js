import{a as te}from"./chunk-OG6IS62X.js";import{a as se}from"./chunk-WX3CYZ47.js";import{a as Z,b as ee}from"./chunk-DA5BHDVC.js";import{a as N,b as J,c as W,d as Q,g as A,h as C,i as V,j as X}from"./chunk-7RMA6LCR.js";import"./chunk-G37EDIRC.js";import{a as T}from"./chunk-36C4WHAR.js";import"./chunk-C66HRB6O.js";import"./chunk-SHTKVFCG.js";import{a as m,b as K}from"./chunk-MT5OO2NG.js";import{d as B}from"./chunk-6UV674H3.js";import{a as Y}from"./chunk-A5KFDUZV.js";import{b as z,c as g,d as w,g as G,m as y}from"./chunk-BCM654JP.js";import{b as D,e as I}from"./chunk-IGJKNZOW.js";import{a as H,b as p}from"./chunk-DXBXNIWB.js";import{O as M,R as U,S as j,U as v,a as d,d as c,e as S,g as x,l as k,u as L,w as R,x as _}from"./chunk-FPGP54BG.js";import{g as E,h as F,k as f,l as r}from"./chunk-EUVXIHW5.js";Y(se);var O=600,ne=60;function re(){let t=L.value.parameters.clock==="node"?"node":"server",o=JSON.stringify(z.value),[s,e]=E(!1),n=y("the blocks",u=>de(t,u),{every:s?15e3:3e5,deps:[t,o]});F(()=>e(n.partial!==null&&n.partial.answered<n.partial.total),[n.partial]);let a=y("the newest blocks",u=>v.slots({count:ne,clock:t},{signal:u}),{every:6e3,deps:[t],when:!g.value}),l=g.value?n:ue(n,a),i=l.data?.slots[0]?.slot,h=l.data?.slots.length??0,$=y("the blocks before",u=>v.slots({before:i,count:h,clock:t},{signal:u}),{when:w.value&&!!i,deps:[t,w.value,g.value?i:Math.floor((i??0)/10)]});return r`<${H}
    title="Blocks"
    question="Which blocks, by whom, and how soon did the nodes have them?"
    actions=${r`<${Z} clock=${t} />`}
  >
    <${I}
      answer=${l}
      lines=${10}
      isEmpty=${u=>u.slots.every(({state:b})=>b==="unknown"||b==="pending")}
      empty=${r`<${D} title="No blocks in this range.">
        Blocks appear when a connected node authors or imports one. Choose another range, or connect a node.
      <//>`}
    >
      ${u=>r`<${ce} data=${u} before=${w.value?$.data:null} />`}
    <//>
  <//>`}function ue(t,o){if(!t.data||!o.data||o.data.clock!==t.data.clock)return t;let s=Q(t.data.slots,o.data.slots);s===null&&queueMicrotask(t.reload);let e={...o.data,cut:t.data.cut,slots:(s??o.data.slots).slice(-Math.max(t.data.slots.length,1))};return{...t,data:e,error:t.error??o.error,since:o.since,partial:o.partial??t.partial}}async function de(t,o){let[s,e]=G(),n=z.value,a=Math.min(O,Math.ceil((e-s)/1e3));if(n.kind==="last"&&n.pausedAt===null){let ie=Math.max(1,Math.min(a,Math.ceil((e-s)/6e3))),q=await v.slots({count:ie,clock:t},{signal:o});return{...q,cut:(e-s)/1e3>q.slot_seconds*O}}let l=await v.slots({count:1,clock:t},{signal:o}),i=l.slots[0],h=Date.parse((l.follows_calendar?i?.time:N(i)?.first_had_at)??"");if(Number.isNaN(h))return{...l,cut:!1};let $={slotSeconds:l.slot_seconds,newest:l.newest_slot,newestMs:h},{count:u,before:b,cut:ae}=W([s,e],$,O);return{...await v.slots({count:u,before:b,clock:t},{signal:o}),cut:ae}}function ce({data:t,before:o}){let{slots:s,newest_slot:e,follows_calendar:n}=t,a=f(()=>C(s,e),[t]),l=f(()=>o&&C(o.slots,e),[o]),i=f(()=>A(s,n),[t]),h=f(()=>o&&A(o.slots,n),[o]),$={...t,slots:s.slice(-ne)};return r`<div class="stack">
    ${t.cut&&r`<div class="notice" role="status">
      Shown are the newest ${k(s.length,"slot")} of the range; move the range with [ and ] to see the others.
    </div>`}
    <${K}>
      <${m} id="best" label="Best slot" value=${d(t.best_slot)} note=${`finalized ${d(t.finalized_slot)}`} />
      <${m} id="authored" label="Slots with a block" value=${`${d(a.authored)} of ${d(a.settled)}`} note=${x(a.settled?a.authored/a.settled:null)} before=${l&&x(l.settled?l.authored/l.settled:null)} />
      <${m} id="missed" label="Missed" value=${d(a.missed)} state=${a.missed?"warn":void 0} before=${l&&d(l.settled?l.missed:null)} />
      <${m} id="forks" label="Slots with a fork" value=${d(a.forks)} state=${a.forks?"warn":void 0} before=${l&&d(l.settled?l.forks:null)} />
      <${m} id="p50" label="Until 50 % had it" value=${c(a.p50)} note="median of slots" before=${l&&c(l.p50)} />
      <${m} id="p90" label="Until 90 % had it" value=${c(a.p90)} note="median of slots" before=${l&&c(l.p90)} />
      <${m} id="p99" label="Until 99 % had it" value=${c(a.p99)} note="median of slots" before=${l&&c(l.p99)} />
      <${m} id="incomplete" label="90 % not reached" value=${d(a.incomplete)} note="slots" state=${a.incomplete?"bad":void 0} before=${l&&d(l.settled?l.incomplete:null)} />
    <//>
    <div class="cards">
      <${p} title=${`Last ${k($.slots.length,"slot")}`} note="click: that slot">
        <${X} answer=${$} title=${`Strip of ${k($.slots.length,"slot")}`} />
      <//>
      <${p} title="Chain" note="forks as branches">
        <${te} slots=${s.slice(-120)} />
      <//>
      <${p} title="Time until the nodes had the block" size="half" note="by slot; lower is better">
        <${T}
          title="Time until 50, 90 and 99 % of the nodes had the block"
          log
          x=${i.x}
          height=${200}
          format=${c}
          series=${[{label:"50 %",values:i.p50},{label:"90 %",values:i.p90},{label:"99 %",values:i.p99},...h?[{label:"90 % before",values:oe(h.p90,i.x.length),ghost:!0}]:[]]}
          onPick=${u=>le(s,i.x[u],n)}
        />
      <//>
      <${p} title="Block interval" size="half" note=${`from one block to the next; a slot has ${t.slot_seconds} s`}>
        <${T}
          title="Block interval, slot by slot"
          x=${i.x}
          height=${200}
          format=${c}
          series=${[{label:"interval",values:i.interval,bars:!0},...h?[{label:"before",values:oe(h.interval,i.x.length),ghost:!0}]:[]]}
          onPick=${u=>le(s,i.x[u],n)}
        />
      <//>
      <${p} title="Blocks" flush><${me} slots=${s} newest=${e} /><//>
      <${p} title="Authors" note="medians of their blocks" flush><${$e} slots=${s} /><//>
    </div>
  </div>`}function oe(t,o){return[...Array(Math.max(0,o-t.length)).fill(null),...t].slice(-o)}function le(t,o,s){let e=t.find(n=>{let a=s?n.time:N(n)?.first_had_at;return a&&Date.parse(a)===o});e&&_(`slots/${e.slot}`)}function he(t){return t.state==="missed"?[{slot:t,block:null}]:t.blocks.map(o=>({slot:t,block:o}))}function me({slots:t,newest:o}){let s=f(()=>[...t].reverse().flatMap(he),[t]);return r`<${B}
    caption="Blocks"
    csv="blocks"
    sort="-slot"
    height=${560}
    rows=${s}
    rowKey=${({slot:e,block:n})=>n?.hash??e.slot}
    onOpen=${({slot:e})=>_(`slots/${e.slot}`)}
    columns=${[{id:"slot",title:"slot",value:({slot:e})=>e.slot,cell:({slot:e})=>r`<a href=${R(`slots/${e.slot}`)}>${d(e.slot)}</a>`,rank:1},{id:"time",title:"time",value:({slot:e,block:n})=>n?.first_had_at??e.time,cell:({slot:e,block:n})=>r`<${j} value=${n?.first_had_at??e.time} />`},{id:"state",title:"state",value:({block:e})=>e?.chain??"missed",cell:({block:e})=>r`<${ee} chain=${e?.chain} />`,rank:2},{id:"author",title:"author",value:({block:e})=>e?.author?.node_id,cell:({block:e})=>e?.author?r`<${M} node=${e.author} />`:r`<span class="muted" title="The author sends no telemetry to this server.">—</span>`},{id:"hash",title:"hash",value:({block:e})=>e?.hash,cell:({block:e})=>r`<${U} value=${e?.hash} />`},{id:"p50",title:"50 %",end:!0,value:({block:e})=>e?.until_50_ms,cell:e=>P(e,"until_50_ms",o)},{id:"p90",title:"90 %",end:!0,value:({block:e})=>e?.until_90_ms,cell:e=>P(e,"until_90_ms",o),rank:3},{id:"p99",title:"99 %",end:!0,value:({block:e})=>e?.until_99_ms,cell:e=>P(e,"until_99_ms",o)},{id:"nodes",title:"nodes",end:!0,help:"Nodes that had it within a minute, of those connected",value:({block:e})=>e?.nodes,cell:({block:e})=>e?`${d(e.nodes)} of ${d(e.expected)}`:"\u2014"},{id:"size",title:"size",end:!0,value:({block:e})=>e?.size_bytes,cell:({block:e})=>S(e?.size_bytes)},{id:"guarantees",title:"guarantees",end:!0,value:({block:e})=>e?.num_guarantees},{id:"assurances",title:"assurances",end:!0,value:({block:e})=>e?.num_assurances},{id:"tickets",title:"tickets",end:!0,value:({block:e})=>e?.num_tickets},{id:"preimages",title:"preimages",end:!0,value:({block:e})=>e?.num_preimages}]}
  />`}function P({slot:t,block:o},s,e){return o?o[s]!==null?c(o[s]):r`<span class="muted" title=${J(t,e,o)?"The block is still spreading.":"Fewer of the connected nodes had it."}>—</span>`:"\u2014"}function $e({slots:t}){let o=f(()=>V(t),[t]);return r`<${B}
    caption="Authors"
    csv="authors"
    sort="-blocks"
    sortParameter="authors"
    height=${560}
    rows=${o}
    rowKey=${({node:s})=>s.node_id}
    onOpen=${({node:s})=>_(`nodes/${s.node_id}`)}
    empty="No author sends telemetry to this server."
    columns=${[{id:"author",title:"author",value:({node:s})=>s.node_id,cell:({node:s})=>r`<${M} node=${s} />`,rank:1},{id:"blocks",title:"blocks",end:!0,value:s=>s.blocks,rank:2},{id:"forks",title:"forks",end:!0,value:s=>s.forks},{id:"p90",title:"90 %",help:"Median time until 90 % of the nodes had its blocks",end:!0,value:s=>s.p90,cell:s=>c(s.p90),rank:3},{id:"size",title:"size",help:"Median size of its blocks",end:!0,value:s=>s.bytes,cell:s=>S(s.bytes)}]}
  />`}export{re as default};
