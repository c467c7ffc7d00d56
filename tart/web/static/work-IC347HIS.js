import{b as M,c as A,d as V,i as k,k as Y}from"./chunk-NXGU27RW.js";import{b as J}from"./chunk-OYJLUT6D.js";import{b as z,c as K}from"./chunk-QLZ46DTY.js";import{a as B}from"./chunk-4YALDK3C.js";import{a as d,b as D}from"./chunk-WQNOXECZ.js";import{a as q}from"./chunk-A5KFDUZV.js";import{a as G,b as h}from"./chunk-HZVHJNCT.js";import{a as f}from"./chunk-D2RCVQFS.js";import{a as g}from"./chunk-QCITNMUN.js";import{b as R,e as $}from"./chunk-IIW3BLOX.js";import"./chunk-ZVTLTR5U.js";import{d as O}from"./chunk-5HTXFBE2.js";import{D as m,I as _,a as i,e as v,g as C,h as S,k as p,m as x}from"./chunk-DYZXLK2B.js";import{d as H,g as I,h as b,i as N}from"./chunk-NIKDHXBC.js";import{g as E,i as P,j as F,k as L}from"./chunk-37NB6NY5.js";import{l as n}from"./chunk-QNZ3L47H.js";q(Y);var j=5e3;function Z(){let t=[JSON.stringify(H.value)],e=I.value,a={deps:[...t,e],when:e},l=f("the work funnel",s=>g.workFunnel(b(),{signal:s}),{every:j,deps:t}),r=f("the funnel of the range before",s=>g.workFunnel(N(),{signal:s}),a),o=f("the newest packages",s=>g.activeWorkpackages({...b(),limit:1e3},{signal:s}),{every:j,deps:t}),c=f("the latency of the stages",s=>g.workLatency(b(),{signal:s}),{every:15e3,deps:t}),u=f("the latency of the range before",s=>g.workLatency(N(),{signal:s}),a);return n`<${G} title="Work" question="How far do work-packages come, and where are they lost?">
    <${$} answer=${l}>
      ${s=>n`<${ee} data=${s} before=${e?r.data:null} />`}
    <//>
    <div class="cards">
      <${h} title="Funnel" note="packages that began in the range" size="half">
        <${$} answer=${l} isEmpty=${s=>s.packages===0} empty=${n`<${Q} />`} lines=${6}>
          ${s=>n`<${te} data=${s} before=${e?r.data:null} />`}
        <//>
      <//>
      <${h} title="Latency of a stage" note="by the clock of the guarantor" size="half">
        <${$} answer=${c} isEmpty=${s=>s.stages.length===0} empty=${n`<${Q} />`}>
          ${s=>n`<${se} data=${s} before=${e?u.data:null} />`}
        <//>
      <//>
      <${h} title="Packages" note="the newest of the range" flush>
        <${$} answer=${o} lines=${8}>
          ${s=>n`<${oe} data=${s} />`}
        <//>
      <//>
      <${h} title="Failures" note="events by reason; one package may fail at several guarantors" flush>
        <${$} answer=${l}>
          ${s=>n`<${ce} groups=${s.failure_groups} />`}
        <//>
      <//>
    </div>
  <//>`}function Q(){return n`<${R} title="No work-packages began in this range.">
    <span>Guarantors report them with WorkPackageSubmission (90). A longer range may have some.</span>
  <//>`}function ee({data:t,before:e}){let a=k(t),l=e&&k(e),[r,o,c]=W(a),u=a.at(-1)?.reached??0,s=t.unidentified.submissions+t.unidentified.shares;return n`<${D} large>
    <${d} id="packages" label="Packages" value=${i(t.packages)} before=${e&&i(e.packages)}
      note=${t.exact?void 0:"estimated from a sample"} />
    <${d} id="available" label="Available" value=${S(t.packages?u/t.packages:null)}
      note=${`${i(u)} of ${i(t.packages)}`} before=${l&&S(e.packages?(l.at(-1)?.reached??0)/e.packages:null)} />
    <${d} id="lost" label="Lost" value=${i(r)} state=${r?"bad":void 0} note="failed or discarded" before=${l&&i(W(l)[0])} />
    <${d} id="waiting" label="In progress" value=${i(o)} note="with an event in the last minute" />
    <${d} id="stopped" label="Stopped" value=${i(c)} state=${c?"warn":void 0} note="no event, no reason" before=${l&&i(W(l)[2])} />
    <${d} id="unidentified" label="Ended unnamed" value=${i(s)} note="before the package was known" />
  <//>`}function W(t){return["lost","waiting","stopped"].map(e=>t.reduce((a,l)=>a+l[e],0))}function te({data:t,before:e}){let a=k(t),l=e&&k(e);return n`<ol class="funnel" aria-label="Funnel of work-packages">
    ${a.map((r,o)=>n`<li key=${r.stage} data-stage=${r.stage} data-reached=${r.reached}>
        <span class="funnel-stage">${r.label}</span>
        <span class="funnel-track" aria-hidden="true">
          ${l&&n`<i class="funnel-before" style=${{width:`${U(l[o]?.reached,e?.packages)}%`}}></i>`}
          <i class="funnel-fill" style=${{width:`${U(r.reached,t.packages)}%`}}></i>
        </span>
        <span class="funnel-count">${o===0?i(r.reached):C(r.reached,t.packages)}</span>
        ${o<a.length-1&&n`<${ae} row=${r} next=${a[o+1].label} />`}
      </li>`)}
  </ol>`}function U(t=0,e=0){return e?100*t/e:0}function ae({row:t,next:e}){return!t.lost&&!t.waiting&&!t.stopped?null:n`<ul class="funnel-losses" aria-label=${`Not ${e}`}>
    ${t.reasons.slice(0,4).map(({reason:a,count:l})=>n`<li key=${a}><${m} state="bad" word=${`${i(l)} lost`} /> ${a??"for other reasons"}</li>`)}
    ${t.reasons.length>4&&n`<li>${x(t.reasons.length-4,"more reason")}</li>`}
    ${t.stopped>0&&n`<li><${m} state="warn" word=${`${i(t.stopped)} stopped`} /> without a reason</li>`}
    ${t.waiting>0&&n`<li><${m} state="idle" word=${`${i(t.waiting)} in progress`} /></li>`}
  </ul>`}function se({data:t,before:e}){let a=E.value.parameters.stage??"received_to_distributed",l=t.stages.find(s=>s.stage===a)??t.stages[0],r=e?.stages.find(s=>s.stage===l.stage),o=t.buckets.map(s=>p(s)??0),c=l.counts.reduce((s,y)=>s+y,0),u=[{label:"p50",values:l.p50_ms,colour:"--accent"},{label:"p95",values:l.p95_ms,colour:"--implementation-1"},...r?[{label:"p95 before",values:o.map((s,y)=>r.p95_ms[y]??null),ghost:!0}]:[]];return n`<label class="row-of">
      Stage
      <select class="input" value=${l.stage} onChange=${s=>L({stage:s.currentTarget.value})}>
        ${t.stages.map(s=>n`<option key=${s.stage} value=${s.stage}>${V[s.stage]??A(s.stage)}</option>`)}
      </select>
      <span class="muted">${x(c,"sample")}, buckets of ${v(t.bucket_seconds*1e3)}</span>
    </label>
    <${B} title="Latency of a stage" x=${o} series=${u} format=${v} height=${240} />`}var[ne,X]=[["failed","discarded"],["available","failed","discarded"]],le=6e4;function T(t,e){return!X.includes(t.current_stage)&&e-(p(t.last_update)??0)>le}var w=[{id:"progress",label:"In progress",of:(t,e)=>!X.includes(t.current_stage)&&!T(t,e)},{id:"stopped",label:"Stopped",of:T},{id:"lost",label:"Lost",of:t=>ne.includes(t.current_stage)},{id:"all",label:"All",of:()=>!0}];function oe({data:t}){let e=w.find(({id:o})=>o===E.value.parameters.show)??w[0],a=p(t.window.end)??0,l=t.work_packages.filter(o=>e.of(o,a)),r=n`<span class="work-choices"><${J}
      label="Packages"
      selected=${e.id}
      choices=${w.map(({id:o,label:c,of:u})=>({id:o,label:`${c} ${i(t.work_packages.filter(s=>u(s,a)).length)}`}))}
      onSelect=${o=>L({show:o===w[0].id?void 0:o})}
    /></span>
    ${!t.complete&&n`<span class="muted">the newest ${i(t.work_packages.length)} of more</span>`}`;return n`<${O}
    caption="Work-packages"
    csv="work-packages"
    sort="age"
    rows=${l}
    rowKey=${o=>o.hash}
    columns=${re(a)}
    onOpen=${o=>F(`work/${o.hash}`)}
    tools=${r}
    height=${420}
    empty=${e.id==="lost"?"No package of the range was lost.":e.id==="stopped"?"No package stopped without a reason.":"No such package in this range."}
  />`}function re(t){return[{id:"package",title:"Package",value:e=>e.hash,cell:e=>n`<${K} value=${e.hash} path=${`work/${e.hash}`} />`,rank:1},{id:"core",title:"Core",end:!0,value:e=>e.core_index,cell:e=>e.core_index===null?"\u2014":n`<a href=${P(`cores/${e.core_index}`)}>${e.core_index}</a>`},{id:"stage",title:"Stage",value:e=>e.current_stage,cell:e=>n`<${m} state=${T(e,t)?"warn":M(e.current_stage).state} word=${A(e.current_stage)} />`,rank:2},{id:"age",title:"Age",end:!0,value:e=>t-(p(e.submitted_at)??0),cell:e=>n`<${_} value=${e.submitted_at} />`,rank:3,help:"Since the first event at any guarantor"},{id:"quiet",title:"Last event",end:!0,value:e=>t-(p(e.last_update)??0),cell:e=>n`<${_} value=${e.last_update} />`},{id:"elapsed",title:"Took",end:!0,value:e=>e.elapsed_ms,cell:e=>v(e.elapsed_ms),help:"From the first event to the last, by the server's clock"},{id:"guarantor",title:"Guarantor",value:e=>e.node_id,cell:e=>n`<${z} node=${{node_id:e.node_id}} short />`},{id:"guarantors",title:"Guarantors",end:!0,value:e=>e.nodes_involved},{id:"reason",title:"Reason",value:e=>e.failure_reason??e.discard_reason,cell:e=>ie(e)}]}function ie(t){let e=t.failure_reason??t.discard_reason;return e?t.superseded?n`<span title="Another guarantor was faster" class="muted">superseded: ${e}</span>`:e:n`<span class="muted">—</span>`}function ce({groups:t}){return n`<${O}
    caption="Failures of work"
    csv="work-failures"
    rows=${t}
    rowKey=${a=>`${a.event_type} ${a.reason}`}
    columns=${[{id:"reason",title:"Reason",value:a=>a.reason,rank:1},{id:"event",title:"Event",value:a=>a.event_name},{id:"count",title:"Events",end:!0,value:a=>a.count,cell:a=>i(a.count),rank:2},{id:"nodes",title:"Nodes",end:!0,value:a=>a.nodes},{id:"last",title:"Newest",end:!0,value:a=>a.last_at,cell:a=>n`<${_} value=${a.last_at} />`,rank:3},{id:"example",title:"Example",value:a=>a.example_event_id,cell:a=>a.example_event_id===null?n`<span class="muted" title="The event is no longer stored">—</span>`:n`<a href=${P(`events/${a.example_event_id}`)}>event ${a.example_event_id}</a>`}]}
    onOpen=${a=>a.example_event_id===null?void 0:F(`events/${a.example_event_id}`)}
    height=${360}
    empty="Nothing failed in this range."
  />`}export{Z as default,re as packageColumns};
