import{a as Q,b as Z}from"./chunk-LOKAKYEG.js";import{a as q}from"./chunk-HFXSJWWH.js";import"./chunk-TXAUWCT5.js";import{a as x,b as J,c as B,e as U,f as X,g as Y,k as D}from"./chunk-NXGU27RW.js";import{a as H,b as L,c as j}from"./chunk-QLZ46DTY.js";import{a as m,b as W}from"./chunk-WQNOXECZ.js";import{a as z}from"./chunk-A5KFDUZV.js";import{a as T,b as v}from"./chunk-HZVHJNCT.js";import{a as p,b as V}from"./chunk-LSKVQWEN.js";import{a as d}from"./chunk-QCITNMUN.js";import{b as C,e as h}from"./chunk-IIW3BLOX.js";import"./chunk-ZVTLTR5U.js";import{d as N}from"./chunk-5HTXFBE2.js";import{D as A,E as R,I as O,a as c,b as k,e as _,f as E,g as S,h as G,j as M,k as P,m as b}from"./chunk-DYZXLK2B.js";import{d as F,g as K,h as g}from"./chunk-NIKDHXBC.js";import{g as I,i as $,j as w,k as y}from"./chunk-37NB6NY5.js";import{l as n}from"./chunk-QNZ3L47H.js";z(D);var se=6e3,ee=[0,1];function ne({index:a}){return/^\d{1,5}$/.test(a)&&Number(a)<=65535?n`<${le} core=${Number(a)} />`:n`<${T} title="Core"><${C} title="A core has a number from 0 on."><a href=${$("cores")}>All cores</a><//><//>`}function le({core:a}){let l=[a,JSON.stringify(F.value)],s={every:se,deps:l},t=K.value,e=p("the grid of cores",r=>d.coresGrid({...g(),slots:Q},{signal:r}),s),u=p("the core's figures",r=>d.coreMetrics(a,g(),{signal:r}),s),i=V("the range before",(r,oe)=>d.coreMetrics(a,r,{signal:oe}),l),f=p("the guarantors",r=>d.coreValidators(a,g(),{signal:r}),s),o=p("the guarantors' load",r=>d.coreGuarantors(a,g(),{signal:r}),{...s,every:15e3}),te=p("the bottlenecks",r=>d.coreBottlenecks(a,g(),{signal:r}),s),ae=p("the packages",r=>d.coreWorkPackages(a,{...g(),limit:1e3},{signal:r}),s);return n`<${T}
    title=${`Core ${a}`}
    question="Who works on it, and how well?"
    actions=${n`<${re} core=${a} count=${e.data?.cores.length??null} />`}
  >
    <${h} answer=${u}>
      ${r=>n`<${ie} data=${r} before=${t?i.data:null} />`}
    <//>
    <div class="cards">
      <${v} title="Slots" note="the furthest stage of the core's packages">
        <${h} answer=${e} lines=${2}>
          ${r=>n`<${ce} data=${r} core=${a} />`}
        <//>
      <//>
      <${v} title="Guarantors" note="nodes that had a package of the core" size="half" flush>
        <${h} answer=${f} lines=${6}>
          ${r=>n`<${ue} data=${r} load=${o.data} />`}
        <//>
      <//>
      <${v} title="Bottlenecks" note="slow, or failing often" size="half" flush>
        <${h} answer=${te}>
          ${r=>n`<${$e} data=${r} />`}
        <//>
      <//>
      <${v} title="Packages" note="the newest of the range" flush>
        <${h} answer=${ae} lines=${8}>
          ${r=>n`<${de} data=${r} />`}
        <//>
      <//>
    </div>
  <//>`}function re({core:a,count:l}){return n`
    ${a>0&&n`<a class="button small" href=${$(`cores/${a-1}`)}>‹ core ${a-1}</a>`}
    ${l!==null&&a+1<l&&n`<a class="button small" href=${$(`cores/${a+1}`)}>core ${a+1} ›</a>`}
    <a class="button small" href=${$("cores")}>All cores</a>
  `}function ie({data:a,before:l}){let{stats:s}=a,t=l?.stats,e=s.avg_gas_used===null?null:Number(s.avg_gas_used),u=s.avg_gas_limit===null?null:Number(s.avg_gas_limit);return n`<${W} large>
    <${m} id="packages" label="Packages received" value=${c(s.wps_received)} before=${t&&c(t.wps_received)} />
    <${m} id="guarantees" label="Guarantees built" value=${c(s.guarantees_built)} before=${t&&c(t.guarantees_built)} />
    <${m} id="completion" label="Mean completion" value=${_(a.average_completion_time_ms)} note=${a.p95_latency_ms===null?"no sample":`p95 ${_(a.p95_latency_ms)}`}
      before=${l&&_(l.average_completion_time_ms)} />
    <${m} id="refined" label="Refined attempts" value=${G(a.processing_efficiency_pct===null?null:a.processing_efficiency_pct/100)}
      note=${`${c(s.refinements_completed)} of ${c(s.refinements_completed+s.refinements_failed)}`} />
    <${m} id="gas" label="Mean gas of refining" value=${k(e)} note=${u?`of a limit of ${k(u)} (${G(e===null?null:e/u)})`:"no limit known"} />
    <${m} id="validators" label="Guarantors" value=${c(s.active_validators)} />
  <//>`}function ce({data:a,core:l}){let s=a.cores.find(i=>i.core_index===l);if(!s)return n`<${C} title=${`There is no core ${l}.`}>
      <span>The network has ${b(a.cores.length,"core")}. <a href=${$("cores")}>All cores</a></span>
    <//>`;let t=U(a,{cores:[l,l]}),e=X(a,s.outcomes),u=i=>t.firstSlot+i;return n`<${q}
      title=${`Core ${l} by slots`}
      rows=${1}
      columns=${t.columns}
      values=${t.values}
      levels=${Z}
      rowTitle="core"
      columnTitle="slot"
      rowLabel=${()=>`core ${l}`}
      columnLabel=${i=>`slot ${c(u(i))}`}
      height=${36}
      describe=${(i,f)=>B(t.stages[f]??"no package")}
      onOpen=${(i,f)=>y({slot:u(f)})}
      onSelect=${i=>y({slot:`${u(i.column)}-${u(i.lastColumn)}`})}
    />
    <p class="muted chart-note">
      ${b(s.packages,"package")}: ${Y(e)}. Click a slot, or drag over several, to list their packages.
      ${ee.some(i=>e[i])?n` <${A} state="warn" word=${`${ee.map(i=>e[i]&&`${e[i]} ${x[i].label}`).filter(Boolean).join(", ")}`} />`:""}
    </p>`}function ue({data:a,load:l}){let s=new Map(l?.guarantors.map(e=>[e.node_id,e])),t=[{id:"node",title:"Node",value:e=>e.node_id,cell:e=>n`<${L} node=${e} short state=${e.is_active?"ok":"idle"} word=${e.is_active?"active":"not active in the last two minutes"} />`,rank:1},{id:"implementation",title:"Implementation",value:e=>e.implementation_name,cell:e=>n`<${R} name=${e.implementation_name} version=${e.implementation_version} />`},{id:"packages",title:"Packages",end:!0,value:e=>e.packages,rank:2},{id:"guarantees",title:"Guarantees",end:!0,value:e=>e.guarantee_count,rank:3},{id:"signatures",title:"Signatures",end:!0,value:e=>e.signature_count},{id:"bundles",title:"Bundles",end:!0,value:e=>s.get(e.node_id)?.da_usage_bytes,cell:e=>E(s.get(e.node_id)?.da_usage_bytes),help:"Bytes of the bundles of the packages that it guaranteed here"},{id:"last",title:"Last",end:!0,value:e=>e.last_active,cell:e=>n`<${O} value=${e.last_active} />`}];return n`<${N} caption="Guarantors" csv="guarantors" sort="-guarantees" sortParameter="guarantors" rows=${a.validators} rowKey=${e=>e.node_id} columns=${t}
    onOpen=${e=>w(`nodes/${e.node_id}`)} height=${320} empty="No node had a package of this core in the range." />`}function $e({data:a}){let{stats:l}=a,s=[{id:"node",title:"Node",value:t=>t.node_id,cell:t=>n`<${L} node=${{node_id:t.node_id}} short state=${t.is_bottleneck?"warn":"info"} word=${t.is_bottleneck?"bottleneck":"near the limit"} />`,rank:1},{id:"pace",title:"Received to report",end:!0,value:t=>t.avg_processing_ms,cell:t=>_(t.avg_processing_ms)},{id:"factor",title:"Of the mean",end:!0,value:t=>t.slowdown_factor,cell:t=>t.slowdown_factor===null?"\u2014":`${c(t.slowdown_factor,2)} \xD7`,rank:2},{id:"failed",title:"Failed",end:!0,value:t=>t.failure_rate,cell:t=>S(t.failure_count,t.event_count),rank:3},{id:"superseded",title:"Superseded",end:!0,value:t=>t.superseded}];return n`<${N} caption="Bottlenecks" csv="bottlenecks" sort="-factor" sortParameter="slow" rows=${a.slow_validators} rowKey=${t=>t.node_id} columns=${s}
      onOpen=${t=>w(`nodes/${t.node_id}`)} height=${320} empty="No guarantor is slow or fails often." />
    <p class="muted chart-note padded">${S(l.total_failures,l.total_events)} attempts failed; ${b(a.superseded,"more was","more were")} superseded by a faster guarantor.</p>`}function de({data:a}){let{slot:l}=I.value.parameters,s=/^(\d+)(?:-(\d+))?$/.exec(l??""),[t,e]=s?[Number(s[1]),Number(s[2]??s[1])]:[-1/0,1/0],u=a.work_packages.filter(o=>o.slot>=t&&o.slot<=e),i=P(a.window.end)??0;return n`<${N} caption="Work-packages of the core" csv="core-packages" sort="age" rows=${u} rowKey=${o=>o.hash} columns=${[{id:"package",title:"Package",value:o=>o.hash,cell:o=>n`<${j} value=${o.hash} path=${`work/${o.hash}`} />`,rank:1},{id:"slot",title:"Slot",end:!0,value:o=>o.slot,cell:o=>n`<a href=${$(`slots/${o.slot}`)}>${c(o.slot)}</a>`,rank:3},{id:"stage",title:"Stage",value:o=>o.stage,cell:o=>n`<${A} state=${J(o.stage).state} word=${B(o.stage)} />`,rank:2},{id:"age",title:"Age",end:!0,value:o=>i-(P(o.submitted_at)??0),cell:o=>n`<${O} value=${o.submitted_at} />`},{id:"took",title:"Took",end:!0,value:o=>o.elapsed_ms,cell:o=>_(o.elapsed_ms)},{id:"gas",title:"Gas",end:!0,value:o=>Number(o.gas_used??0),cell:o=>k(o.gas_used===null?null:Number(o.gas_used))},{id:"guarantor",title:"Guarantor",value:o=>o.node_id,cell:o=>n`<a class="mono" href=${$(`nodes/${o.node_id}`)}>${M(o.node_id)}</a>`}]}
    onOpen=${o=>w(`work/${o.hash}`)}
    tools=${s?n`<${H} onRemove=${()=>y({slot:void 0})}>slot ${t===e?c(t):`${c(t)} to ${c(e)}`}<//>`:null}
    empty=${s?"No package of these slots among the newest.":"No package of this core began in the range."} />`}export{ne as default};
