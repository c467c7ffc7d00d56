import{a as S}from"./chunk-V74R4PZ6.js";import"./chunk-OYJLUT6D.js";import{b as q,c as z}from"./chunk-QLZ46DTY.js";import{a as p}from"./chunk-4YALDK3C.js";import{a as $,b}from"./chunk-WQNOXECZ.js";import"./chunk-A5KFDUZV.js";import{b as d}from"./chunk-HZVHJNCT.js";import{a as k}from"./chunk-LSKVQWEN.js";import{a as y}from"./chunk-QCITNMUN.js";import{e as v}from"./chunk-IIW3BLOX.js";import"./chunk-ZVTLTR5U.js";import{d as f}from"./chunk-5HTXFBE2.js";import{D as F,H as h,a as i,e as a,g as m,m as c}from"./chunk-DYZXLK2B.js";import{d as x,h as g}from"./chunk-NIKDHXBC.js";import{i as A}from"./chunk-37NB6NY5.js";import{k as _,l as n}from"./chunk-QNZ3L47H.js";var T="not reported yet";function j(){return n`<${S} tab="chain/finality" title="Finality and audits" question="How soon is a block final, and who recovers what?" needsChain=${!1}>
    ${()=>n`<${N} />`}
  <//>`}function N(){let s=[JSON.stringify(x.value)],r=k("finality",l=>y.finality({...g(),limit:1e3},{signal:l}),{every:12e3,deps:s}),o=k("the audits",l=>y.audits({...g(),limit:1e3},{signal:l}),{every:3e4,deps:s});return n`<div class="cards">
    <${v} answer=${r} lines=${8}>${l=>n`<div class="cards"><${R} data=${l} /></div>`}<//>
    <${v} answer=${o} lines=${6}>${l=>n`<div class="cards"><${P} data=${l} /></div>`}<//>
  </div>`}function R({data:s}){let{now:r,series:o,times:l}=s,u=_(()=>l.map(t=>Date.parse(t)),[l]),e=s.stalls_total>0;return n`
    <${d} title="Finality" note="by the events of nodes">
      <${b} large>
        <${$} id="lag" label="Behind the best block" value=${r.lag_slots===null?"\u2014":c(r.lag_slots,"slot")} note=${`final ${i(r.finalized_slot)}, best ${i(r.best_slot)}`} />
        <${$} id="delay" label="From best to final, p50" value=${a(s.node_delay.p50_ms)} note=${`p95 ${a(s.node_delay.p95_ms)}, at a node`} />
        <${$} id="network" label="From first sight to final, p50" value=${a(s.network_delay.p50_ms)} note=${`of ${c(s.network_delay.count,"block")}, anywhere`} />
        <${$} id="spread" label="Until all nodes, p50" value=${a(s.spread.p50_ms)} note=${`longest ${a(s.spread.max_ms)}`} />
        <${$} id="stalls" label="Times without progress" value=${i(s.stalls_total)} note=${`longer than ${a(s.stall_after_seconds*1e3)}`} state=${e?"warn":void 0} />
      <//>
    <//>
    <${d} size="half" title="Slots behind" note="network, by bucket"><${p} title="Slots from the best to the final block" x=${u} series=${[{label:"slots",values:o.lag_slots,colour:"--accent"}]} format=${t=>i(t,1)} /><//>
    <${d} size="half" title="Time until final" note="from a node's best block"><${p} title="Time from best to final" x=${u} series=${[{label:"p50",values:o.p50_ms,colour:"--accent"},{label:"p95",values:o.p95_ms,colour:"--line-strong"}]} format=${a} /><//>
    <${d} size="two-thirds" title="Finality by node" note="those farthest behind first" flush>
      <${f}
        caption="Finality by node"
        rows=${s.nodes}
        rowKey=${t=>t.node_id}
        sort="-max"
        sortParameter="finality"
        csv="finality-nodes"
        height=${320}
        columns=${[{id:"node",title:"Node",value:t=>t.node_id,cell:t=>n`<${q} node=${t} />`,rank:1},{id:"final",title:"Final slot",end:!0,value:t=>t.finalized_slot,cell:t=>i(t.finalized_slot)},{id:"lag",title:"Lag p50",end:!0,value:t=>t.lag_p50,cell:t=>i(t.lag_p50),rank:2},{id:"max",title:"Most",end:!0,value:t=>t.lag_max,cell:t=>i(t.lag_max),rank:3},{id:"p50",title:"Delay p50",end:!0,value:t=>t.delay_p50_ms,cell:t=>a(t.delay_p50_ms)},{id:"p95",title:"p95",end:!0,value:t=>t.delay_p95_ms,cell:t=>a(t.delay_p95_ms)}]}
      />
    <//>
    <${d} size="third" title="Without progress" flush>
      <${f}
        caption="Times without progress"
        rows=${s.stalls}
        rowKey=${t=>t.since}
        height=${320}
        empty="Finality never stood still in this range."
        columns=${[{id:"since",title:"Since",value:t=>t.since,cell:t=>n`<${h} value=${t.since} />`,rank:1},{id:"seconds",title:"Length",end:!0,value:t=>t.seconds,cell:t=>a(t.seconds*1e3),rank:2},{id:"slot",title:"After slot",end:!0,value:t=>t.finalized_slot,cell:t=>i(t.finalized_slot),rank:3}]}
      />
    <//>
    <${d} title="Rounds of finality"><${C} steps=${s.rounds} /><//>
  `}function C({steps:s}){let r=Object.entries(s),o=l=>l.charAt(0).toUpperCase()+l.slice(1).replaceAll("_"," ");return r.every(([,l])=>l===null)?n`<p data-steps="none"><${F} state="idle" hideWord word="no data" /> ${r.map(([l])=>o(l)).join(", ")}: ${T}. JIP-3 has no event for them so far.</p>`:n`<dl class="pairs">
    ${r.map(([l,u])=>n`<dt key=${l}>${o(l)}</dt>
        <dd>${u===null?n`<span class="muted">${T}</span>`:`${c(u.events,"event")} of ${c(u.nodes.length,"node")}${u.invalid===null?"":`, ${i(u.invalid)} negative`}`}</dd>`)}
  </dl>`}function P({data:s}){let{recovery:r,series:o,times:l}=s,u=_(()=>l.map(e=>Date.parse(e)),[l]);return n`
    <${d} title="Audits" note="bundles that auditors recover">
      <${b} large>
        <${$} id="shards" label="Shards received" value=${m(r.shards_transferred,r.shard_requests)} note="of the requests" />
        <${$} id="bundles" label="Bundles received" value=${m(r.bundles_transferred,r.bundle_requests)} note="whole, from guarantors" />
        <${$} id="reconstructed" label="Reconstructed" value=${m(r.reconstructed,r.reconstructions)} />
        <${$} id="recovery" label="Until the bundle, p50" value=${a(r.p50_ms)} note=${`p95 ${a(r.p95_ms)}`} />
      <//>
    <//>
    <${d} title="Steps of audits"><${C} steps=${s.steps} /><//>
    <${d} size="half" title="Requests of auditors"><${p} title="Requests of auditors" x=${u} series=${[{label:"shards",values:o.shard_requests},{label:"bundles",values:o.bundle_requests},{label:"reconstructed",values:o.reconstructed}]} /><//>
    <${d} size="half" title="Auditors" flush>
      <${f}
        caption="Auditors"
        rows=${s.nodes}
        rowKey=${e=>e.node_id}
        sort="-requests"
        sortParameter="auditors"
        csv="auditors"
        height=${260}
        empty="No node reported an audit in this range."
        columns=${[{id:"node",title:"Node",value:e=>e.node_id,cell:e=>n`<${q} node=${e} />`,rank:1},{id:"requests",title:"Requests",end:!0,value:e=>e.shard_requests+e.bundle_requests,cell:e=>i(e.shard_requests+e.bundle_requests),rank:2},{id:"failed",title:"Failed",end:!0,value:e=>e.shard_requests_failed+e.bundle_requests_failed,cell:e=>i(e.shard_requests_failed+e.bundle_requests_failed),rank:3},{id:"served",title:"Served",end:!0,value:e=>e.served,cell:e=>i(e.served)},{id:"p50",title:"Recovery p50",end:!0,value:e=>e.p50_ms,cell:e=>a(e.p50_ms)},...s.nodes.some(e=>e.judgments!==null)?[{id:"judgments",title:"Judgments",end:!0,value:e=>e.judgments,cell:e=>e.judgments===null?"\u2014":i(e.judgments)}]:[]]}
      />
    <//>
    <${d} title="Audited reports" note="newest first" flush>
      <${f}
        caption="Audited reports"
        rows=${s.reports}
        rowKey=${e=>e.erasure_root}
        csv="audited-reports"
        height=${260}
        empty="None in this range."
        columns=${[{id:"time",title:"First",value:e=>e.first_at,cell:e=>n`<${h} value=${e.first_at} />`,rank:2},{id:"root",title:"Erasure root",value:e=>e.erasure_root,cell:e=>n`<${z} value=${e.erasure_root} path=${`work/${e.erasure_root}`} />`,rank:1},{id:"core",title:"Core",end:!0,value:e=>e.core,cell:e=>e.core===null?"\u2014":n`<a href=${A(`cores/${e.core}`)}>${i(e.core)}</a>`},{id:"shards",title:"Shards",end:!0,help:"Transferred and failed, counted by both sides",value:e=>e.shards_transferred,cell:e=>`${i(e.shards_transferred)}${e.shards_failed?`, ${i(e.shards_failed)} failed`:""}`,rank:3},{id:"bundles",title:"Bundles",end:!0,help:"Transferred and failed, counted by both sides",value:e=>e.bundles_transferred,cell:e=>`${i(e.bundles_transferred)}${e.bundles_failed?`, ${i(e.bundles_failed)} failed`:""}`}]}
      />
    <//>
  `}export{j as default};
