import{b as M,c as A,d as V,i as h,k as Y}from"./chunk-NXGU27RW.js";import{b as J}from"./chunk-OYJLUT6D.js";import{b as z,c as K}from"./chunk-QLZ46DTY.js";import{a as B}from"./chunk-4YALDK3C.js";import{a as d,b as D}from"./chunk-WQNOXECZ.js";import{a as q}from"./chunk-A5KFDUZV.js";import{a as G,b as m}from"./chunk-HZVHJNCT.js";import{a as b,b as N}from"./chunk-LSKVQWEN.js";import{a as g}from"./chunk-QCITNMUN.js";import{b as R,e as $}from"./chunk-IIW3BLOX.js";import"./chunk-ZVTLTR5U.js";import{d as O}from"./chunk-5HTXFBE2.js";import{D as f,I as v,a as c,e as k,g as C,h as S,k as p,m as x}from"./chunk-DYZXLK2B.js";import{d as H,g as I,h as _}from"./chunk-NIKDHXBC.js";import{g as E,i as P,j as F,k as L}from"./chunk-37NB6NY5.js";import{l as s}from"./chunk-QNZ3L47H.js";q(Y);var j=5e3;function Z(){let t=[JSON.stringify(H.value)],e=I.value,a=b("the work funnel",n=>g.workFunnel(_(),{signal:n}),{every:j,deps:t}),l=N("the funnel of the range before",(n,r)=>g.workFunnel(n,{signal:r}),t),i=b("the newest packages",n=>g.activeWorkpackages({..._(),limit:1e3},{signal:n}),{every:j,deps:t}),o=b("the latency of the stages",n=>g.workLatency(_(),{signal:n}),{every:15e3,deps:t}),u=N("the latency of the range before",(n,r)=>g.workLatency(n,{signal:r}),t);return s`<${G} title="Work" question="How far do work-packages come, and where are they lost?">
    <${$} answer=${a}>
      ${n=>s`<${ee} data=${n} before=${e?l.data:null} />`}
    <//>
    <div class="cards">
      <${m} title="Funnel" note="packages that began in the range" size="half">
        <${$} answer=${a} isEmpty=${n=>n.packages===0} empty=${s`<${Q} />`} lines=${6}>
          ${n=>s`<${te} data=${n} before=${e?l.data:null} />`}
        <//>
      <//>
      <${m} title="Latency of a stage" note="by the clock of the guarantor" size="half">
        <${$} answer=${o} isEmpty=${n=>n.stages.length===0} empty=${s`<${Q} />`}>
          ${n=>s`<${se} data=${n} before=${e?u.data:null} />`}
        <//>
      <//>
      <${m} title="Packages" note="the newest of the range" flush>
        <${$} answer=${i} lines=${8}>
          ${n=>s`<${oe} data=${n} />`}
        <//>
      <//>
      <${m} title="Failures" note="events by reason; one package may fail at several guarantors" flush>
        <${$} answer=${a}>
          ${n=>s`<${ce} groups=${n.failure_groups} />`}
        <//>
      <//>
    </div>
  <//>`}function Q(){return s`<${R} title="No work-packages began in this range.">
    <span>Guarantors report them with WorkPackageSubmission (90). A longer range may have some.</span>
  <//>`}function ee({data:t,before:e}){let a=h(t),l=e&&h(e),[i,o,u]=T(a),n=a.at(-1)?.reached??0,r=t.unidentified.submissions+t.unidentified.shares;return s`<${D} large>
    <${d} id="packages" label="Packages" value=${c(t.packages)} before=${e&&c(e.packages)}
      note=${t.exact?void 0:"estimated from a sample"} />
    <${d} id="available" label="Available" value=${S(t.packages?n/t.packages:null)}
      note=${`${c(n)} of ${c(t.packages)}`} before=${l&&S(e.packages?(l.at(-1)?.reached??0)/e.packages:null)} />
    <${d} id="lost" label="Lost" value=${c(i)} state=${i?"bad":void 0} note="failed or discarded" before=${l&&c(T(l)[0])} />
    <${d} id="waiting" label="In progress" value=${c(o)} note="with an event in the last minute" />
    <${d} id="stopped" label="Stopped" value=${c(u)} state=${u?"warn":void 0} note="no event, no reason" before=${l&&c(T(l)[2])} />
    <${d} id="unidentified" label="Ended unnamed" value=${c(r)} note="before the package was known" />
  <//>`}function T(t){return["lost","waiting","stopped"].map(e=>t.reduce((a,l)=>a+l[e],0))}function te({data:t,before:e}){let a=h(t),l=e&&h(e);return s`<ol class="funnel" aria-label="Funnel of work-packages">
    ${a.map((i,o)=>s`<li key=${i.stage} data-stage=${i.stage} data-reached=${i.reached}>
        <span class="funnel-stage">${i.label}</span>
        <span class="funnel-track" aria-hidden="true">
          ${l&&s`<i class="funnel-before" style=${{width:`${U(l[o]?.reached,e?.packages)}%`}}></i>`}
          <i class="funnel-fill" style=${{width:`${U(i.reached,t.packages)}%`}}></i>
        </span>
        <span class="funnel-count">${o===0?c(i.reached):C(i.reached,t.packages)}</span>
        ${o<a.length-1&&s`<${ae} row=${i} next=${a[o+1].label} />`}
      </li>`)}
  </ol>`}function U(t=0,e=0){return e?100*t/e:0}function ae({row:t,next:e}){return!t.lost&&!t.waiting&&!t.stopped?null:s`<ul class="funnel-losses" aria-label=${`Not ${e}`}>
    ${t.reasons.slice(0,4).map(({reason:a,count:l})=>s`<li key=${a}><${f} state="bad" word=${`${c(l)} lost`} /> ${a??"for other reasons"}</li>`)}
    ${t.reasons.length>4&&s`<li>${x(t.reasons.length-4,"more reason")}</li>`}
    ${t.stopped>0&&s`<li><${f} state="warn" word=${`${c(t.stopped)} stopped`} /> without a reason</li>`}
    ${t.waiting>0&&s`<li><${f} state="idle" word=${`${c(t.waiting)} in progress`} /></li>`}
  </ul>`}function se({data:t,before:e}){let a=E.value.parameters.stage??"received_to_distributed",l=t.stages.find(r=>r.stage===a)??t.stages[0],i=e?.stages.find(r=>r.stage===l.stage),o=t.buckets.map(r=>p(r)??0),u=l.counts.reduce((r,y)=>r+y,0),n=[{label:"p50",values:l.p50_ms,colour:"--accent"},{label:"p95",values:l.p95_ms,colour:"--implementation-1"},...i?[{label:"p95 before",values:o.map((r,y)=>i.p95_ms[y]??null),ghost:!0}]:[]];return s`<label class="row-of">
      Stage
      <select class="input" value=${l.stage} onChange=${r=>L({stage:r.currentTarget.value})}>
        ${t.stages.map(r=>s`<option key=${r.stage} value=${r.stage}>${V[r.stage]??A(r.stage)}</option>`)}
      </select>
      <span class="muted">${x(u,"sample")}, buckets of ${k(t.bucket_seconds*1e3)}</span>
    </label>
    <${B} title="Latency of a stage" x=${o} series=${n} format=${k} height=${240} />`}var[ne,X]=[["failed","discarded"],["available","failed","discarded"]],le=6e4;function W(t,e){return!X.includes(t.current_stage)&&e-(p(t.last_update)??0)>le}var w=[{id:"progress",label:"In progress",of:(t,e)=>!X.includes(t.current_stage)&&!W(t,e)},{id:"stopped",label:"Stopped",of:W},{id:"lost",label:"Lost",of:t=>ne.includes(t.current_stage)},{id:"all",label:"All",of:()=>!0}];function oe({data:t}){let e=w.find(({id:o})=>o===E.value.parameters.show)??w[0],a=p(t.window.end)??0,l=t.work_packages.filter(o=>e.of(o,a)),i=s`<span class="work-choices"><${J}
      label="Packages"
      selected=${e.id}
      choices=${w.map(({id:o,label:u,of:n})=>({id:o,label:`${u} ${c(t.work_packages.filter(r=>n(r,a)).length)}`}))}
      onSelect=${o=>L({show:o===w[0].id?void 0:o})}
    /></span>
    ${!t.complete&&s`<span class="muted">the newest ${c(t.work_packages.length)} of more</span>`}`;return s`<${O}
    caption="Work-packages"
    csv="work-packages"
    sort="age"
    rows=${l}
    rowKey=${o=>o.hash}
    columns=${re(a)}
    onOpen=${o=>F(`work/${o.hash}`)}
    tools=${i}
    height=${420}
    empty=${e.id==="lost"?"No package of the range was lost.":e.id==="stopped"?"No package stopped without a reason.":"No such package in this range."}
  />`}function re(t){return[{id:"package",title:"Package",value:e=>e.hash,cell:e=>s`<${K} value=${e.hash} path=${`work/${e.hash}`} />`,rank:1},{id:"core",title:"Core",end:!0,value:e=>e.core_index,cell:e=>e.core_index===null?"\u2014":s`<a href=${P(`cores/${e.core_index}`)}>${e.core_index}</a>`},{id:"stage",title:"Stage",value:e=>e.current_stage,cell:e=>s`<${f} state=${W(e,t)?"warn":M(e.current_stage).state} word=${A(e.current_stage)} />`,rank:2},{id:"age",title:"Age",end:!0,value:e=>t-(p(e.submitted_at)??0),cell:e=>s`<${v} value=${e.submitted_at} />`,rank:3,help:"Since the first event at any guarantor"},{id:"quiet",title:"Last event",end:!0,value:e=>t-(p(e.last_update)??0),cell:e=>s`<${v} value=${e.last_update} />`},{id:"elapsed",title:"Took",end:!0,value:e=>e.elapsed_ms,cell:e=>k(e.elapsed_ms),help:"From the first event to the last, by the server's clock"},{id:"guarantor",title:"Guarantor",value:e=>e.node_id,cell:e=>s`<${z} node=${{node_id:e.node_id}} short />`},{id:"guarantors",title:"Guarantors",end:!0,value:e=>e.nodes_involved},{id:"reason",title:"Reason",value:e=>e.failure_reason??e.discard_reason,cell:e=>ie(e)}]}function ie(t){let e=t.failure_reason??t.discard_reason;return e?t.superseded?s`<span title="Another guarantor was faster" class="muted">superseded: ${e}</span>`:e:s`<span class="muted">—</span>`}function ce({groups:t}){return s`<${O}
    caption="Failures of work"
    csv="work-failures"
    rows=${t}
    rowKey=${a=>`${a.event_type} ${a.reason}`}
    columns=${[{id:"reason",title:"Reason",value:a=>a.reason,rank:1},{id:"event",title:"Event",value:a=>a.event_name},{id:"count",title:"Events",end:!0,value:a=>a.count,cell:a=>c(a.count),rank:2},{id:"nodes",title:"Nodes",end:!0,value:a=>a.nodes},{id:"last",title:"Newest",end:!0,value:a=>a.last_at,cell:a=>s`<${v} value=${a.last_at} />`,rank:3},{id:"example",title:"Example",value:a=>a.example_event_id,cell:a=>a.example_event_id===null?s`<span class="muted" title="The event is no longer stored">—</span>`:s`<a href=${P(`events/${a.example_event_id}`)}>event ${a.example_event_id}</a>`}]}
    onOpen=${a=>a.example_event_id===null?void 0:F(`events/${a.example_event_id}`)}
    height=${360}
    empty="Nothing failed in this range."
  />`}export{Z as default,re as packageColumns};
