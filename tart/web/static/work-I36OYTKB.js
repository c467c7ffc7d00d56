import{a as z}from"./chunk-YC3EU3GH.js";import{d as B}from"./chunk-T65MWWRJ.js";import{a as d,b as H}from"./chunk-6P2DGSOJ.js";import{b as J,c as A,d as M,i as k}from"./chunk-Q7TKQ4UL.js";import{c as O}from"./chunk-TMVVSADG.js";import{b as G,e as $,h as I,j as q,k as b,l as N,s as g}from"./chunk-AD6F6NFS.js";import{$ as f,C as E,D as P,E as F,F as L,Q as m,T as R,W as D,Y as _,Z as K,_ as h,h as i,k as v,m as C,n as S,q as p,s as x,u as n}from"./chunk-KD7Q7WA5.js";var V=5e3;function U(){let a=[JSON.stringify(I.value)],e=q.value,t={deps:[...a,e],when:e},l=g("the work funnel",s=>f.workFunnel(b(),{signal:s}),{every:V,deps:a}),r=g("the funnel of the range before",s=>f.workFunnel(N(),{signal:s}),t),o=g("the newest packages",s=>f.activeWorkpackages({...b(),limit:1e3},{signal:s}),{every:V,deps:a}),c=g("the latency of the stages",s=>f.workLatency(b(),{signal:s}),{every:15e3,deps:a}),u=g("the latency of the range before",s=>f.workLatency(N(),{signal:s}),t);return n`<${K} title="Work" question="How far do work-packages come, and where are they lost?">
    <${$} answer=${l}>
      ${s=>n`<${X} data=${s} before=${e?r.data:null} />`}
    <//>
    <div class="cards">
      <${h} title="Funnel" note="packages that began in the range" size="half">
        <${$} answer=${l} isEmpty=${s=>s.packages===0} empty=${n`<${Y} />`} lines=${6}>
          ${s=>n`<${Z} data=${s} before=${e?r.data:null} />`}
        <//>
      <//>
      <${h} title="Latency of a stage" note="by the clock of the guarantor" size="half">
        <${$} answer=${c} isEmpty=${s=>s.stages.length===0} empty=${n`<${Y} />`}>
          ${s=>n`<${ae} data=${s} before=${e?u.data:null} />`}
        <//>
      <//>
      <${h} title="Packages" note="the newest of the range" flush>
        <${$} answer=${o} lines=${8}>
          ${s=>n`<${ne} data=${s} />`}
        <//>
      <//>
      <${h} title="Failures" note="events by reason; one package may fail at several guarantors" flush>
        <${$} answer=${l}>
          ${s=>n`<${re} groups=${s.failure_groups} />`}
        <//>
      <//>
    </div>
  <//>`}function Y(){return n`<${G} title="No work-packages began in this range.">
    <span>Guarantors report them with WorkPackageSubmission (90). A longer range may have some.</span>
  <//>`}function X({data:a,before:e}){let t=k(a),l=e&&k(e),[r,o,c]=W(t),u=t.at(-1)?.reached??0,s=a.unidentified.submissions+a.unidentified.shares;return n`<${H} large>
    <${d} id="packages" label="Packages" value=${i(a.packages)} before=${e&&i(e.packages)}
      note=${a.exact?void 0:"estimated from a sample"} />
    <${d} id="available" label="Available" value=${S(a.packages?u/a.packages:null)}
      note=${`${i(u)} of ${i(a.packages)}`} before=${l&&S(e.packages?(l.at(-1)?.reached??0)/e.packages:null)} />
    <${d} id="lost" label="Lost" value=${i(r)} state=${r?"bad":void 0} note="failed or discarded" before=${l&&i(W(l)[0])} />
    <${d} id="waiting" label="In progress" value=${i(o)} note="with an event in the last minute" />
    <${d} id="stopped" label="Stopped" value=${i(c)} state=${c?"warn":void 0} note="no event, no reason" before=${l&&i(W(l)[2])} />
    <${d} id="unidentified" label="Ended unnamed" value=${i(s)} note="before the package was known" />
  <//>`}function W(a){return["lost","waiting","stopped"].map(e=>a.reduce((t,l)=>t+l[e],0))}function Z({data:a,before:e}){let t=k(a),l=e&&k(e);return n`<ol class="funnel" aria-label="Funnel of work-packages">
    ${t.map((r,o)=>n`<li key=${r.stage} data-stage=${r.stage} data-reached=${r.reached}>
        <span class="funnel-stage">${r.label}</span>
        <span class="funnel-track" aria-hidden="true">
          ${l&&n`<i class="funnel-before" style=${{width:`${j(l[o]?.reached,e?.packages)}%`}}></i>`}
          <i class="funnel-fill" style=${{width:`${j(r.reached,a.packages)}%`}}></i>
        </span>
        <span class="funnel-count">${o===0?i(r.reached):C(r.reached,a.packages)}</span>
        ${o<t.length-1&&n`<${ee} row=${r} next=${t[o+1].label} />`}
      </li>`)}
  </ol>`}function j(a=0,e=0){return e?100*a/e:0}function ee({row:a,next:e}){return!a.lost&&!a.waiting&&!a.stopped?null:n`<ul class="funnel-losses" aria-label=${`Not ${e}`}>
    ${a.reasons.slice(0,4).map(({reason:t,count:l})=>n`<li key=${t}><${m} state="bad" word=${`${i(l)} lost`} /> ${t??"for other reasons"}</li>`)}
    ${a.reasons.length>4&&n`<li>${x(a.reasons.length-4,"more reason")}</li>`}
    ${a.stopped>0&&n`<li><${m} state="warn" word=${`${i(a.stopped)} stopped`} /> without a reason</li>`}
    ${a.waiting>0&&n`<li><${m} state="idle" word=${`${i(a.waiting)} in progress`} /></li>`}
  </ul>`}function ae({data:a,before:e}){let t=E.value.parameters.stage??"received_to_distributed",l=a.stages.find(s=>s.stage===t)??a.stages[0],r=e?.stages.find(s=>s.stage===l.stage),o=a.buckets.map(s=>p(s)??0),c=l.counts.reduce((s,y)=>s+y,0),u=[{label:"p50",values:l.p50_ms,colour:"--accent"},{label:"p95",values:l.p95_ms,colour:"--implementation-1"},...r?[{label:"p95 before",values:o.map((s,y)=>r.p95_ms[y]??null),ghost:!0}]:[]];return n`<label class="row-of">
      Stage
      <select class="input" value=${l.stage} onChange=${s=>L({stage:s.currentTarget.value})}>
        ${a.stages.map(s=>n`<option key=${s.stage} value=${s.stage}>${M[s.stage]??A(s.stage)}</option>`)}
      </select>
      <span class="muted">${x(c,"sample")}, buckets of ${v(a.bucket_seconds*1e3)}</span>
    </label>
    <${z} title="Latency of a stage" x=${o} series=${u} format=${v} height=${240} />`}var[te,Q]=[["failed","discarded"],["available","failed","discarded"]],se=6e4;function T(a,e){return!Q.includes(a.current_stage)&&e-(p(a.last_update)??0)>se}var w=[{id:"progress",label:"In progress",of:(a,e)=>!Q.includes(a.current_stage)&&!T(a,e)},{id:"stopped",label:"Stopped",of:T},{id:"lost",label:"Lost",of:a=>te.includes(a.current_stage)},{id:"all",label:"All",of:()=>!0}];function ne({data:a}){let e=w.find(({id:o})=>o===E.value.parameters.show)??w[0],t=p(a.window.end)??0,l=a.work_packages.filter(o=>e.of(o,t)),r=n`<span class="work-choices"><${B}
      label="Packages"
      selected=${e.id}
      choices=${w.map(({id:o,label:c,of:u})=>({id:o,label:`${c} ${i(a.work_packages.filter(s=>u(s,t)).length)}`}))}
      onSelect=${o=>L({show:o===w[0].id?void 0:o})}
    /></span>
    ${!a.complete&&n`<span class="muted">the newest ${i(a.work_packages.length)} of more</span>`}`;return n`<${O}
    caption="Work-packages"
    csv="work-packages"
    sort="age"
    rows=${l}
    rowKey=${o=>o.hash}
    columns=${le(t)}
    onOpen=${o=>F(`work/${o.hash}`)}
    tools=${r}
    height=${420}
    empty=${e.id==="lost"?"No package of the range was lost.":e.id==="stopped"?"No package stopped without a reason.":"No such package in this range."}
  />`}function le(a){return[{id:"package",title:"Package",value:e=>e.hash,cell:e=>n`<${D} value=${e.hash} path=${`work/${e.hash}`} />`,rank:1},{id:"core",title:"Core",end:!0,value:e=>e.core_index,cell:e=>e.core_index===null?"\u2014":n`<a href=${P(`cores/${e.core_index}`)}>${e.core_index}</a>`},{id:"stage",title:"Stage",value:e=>e.current_stage,cell:e=>n`<${m} state=${T(e,a)?"warn":J(e.current_stage).state} word=${A(e.current_stage)} />`,rank:2},{id:"age",title:"Age",end:!0,value:e=>a-(p(e.submitted_at)??0),cell:e=>n`<${_} value=${e.submitted_at} />`,rank:3,help:"Since the first event at any guarantor"},{id:"quiet",title:"Last event",end:!0,value:e=>a-(p(e.last_update)??0),cell:e=>n`<${_} value=${e.last_update} />`},{id:"elapsed",title:"Took",end:!0,value:e=>e.elapsed_ms,cell:e=>v(e.elapsed_ms),help:"From the first event to the last, by the server's clock"},{id:"guarantor",title:"Guarantor",value:e=>e.node_id,cell:e=>n`<${R} node=${{node_id:e.node_id}} short />`},{id:"guarantors",title:"Guarantors",end:!0,value:e=>e.nodes_involved},{id:"reason",title:"Reason",value:e=>e.failure_reason??e.discard_reason,cell:e=>oe(e)}]}function oe(a){let e=a.failure_reason??a.discard_reason;return e?a.superseded?n`<span title="Another guarantor was faster" class="muted">superseded: ${e}</span>`:e:n`<span class="muted">—</span>`}function re({groups:a}){return n`<${O}
    caption="Failures of work"
    csv="work-failures"
    rows=${a}
    rowKey=${t=>`${t.event_type} ${t.reason}`}
    columns=${[{id:"reason",title:"Reason",value:t=>t.reason,rank:1},{id:"event",title:"Event",value:t=>t.event_name},{id:"count",title:"Events",end:!0,value:t=>t.count,cell:t=>i(t.count),rank:2},{id:"nodes",title:"Nodes",end:!0,value:t=>t.nodes},{id:"last",title:"Newest",end:!0,value:t=>t.last_at,cell:t=>n`<${_} value=${t.last_at} />`,rank:3},{id:"example",title:"Example",value:t=>t.example_event_id,cell:t=>t.example_event_id===null?n`<span class="muted" title="The event is no longer stored">—</span>`:n`<a href=${P(`events/${t.example_event_id}`)}>event ${t.example_event_id}</a>`}]}
    onOpen=${t=>t.example_event_id===null?void 0:F(`events/${t.example_event_id}`)}
    height=${360}
    empty="Nothing failed in this range."
  />`}export{U as default,le as packageColumns};
