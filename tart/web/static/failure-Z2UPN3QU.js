import{a as Y}from"./chunk-KWO2HYYR.js";import{c as H,d as k,e as x,f as J,g as M,h as Q,i as U,k as X}from"./chunk-5W7RQNGS.js";import{b as y}from"./chunk-QLZ46DTY.js";import{a as j}from"./chunk-4YALDK3C.js";import{a as m,b as E,d as V}from"./chunk-WQNOXECZ.js";import{a as G}from"./chunk-A5KFDUZV.js";import{c as z}from"./chunk-3B3KOKTW.js";import{a as b,b as $}from"./chunk-HZVHJNCT.js";import{a as B}from"./chunk-LSKVQWEN.js";import{a as _,d as q,f as P}from"./chunk-QCITNMUN.js";import{b as v,e as D,f as g}from"./chunk-IIW3BLOX.js";import"./chunk-ZVTLTR5U.js";import{d as w}from"./chunk-5HTXFBE2.js";import{D as d,E as A,H as C,I as u,a as l,e as h,m as I}from"./chunk-DYZXLK2B.js";import{d as W,h as K}from"./chunk-NIKDHXBC.js";import{i as c,j as L}from"./chunk-37NB6NY5.js";import{g as p,l as t}from"./chunk-QNZ3L47H.js";G(Y);function se({fingerprint:e}){let o=B("the failure group",r=>_.failure(e,K(),{signal:r}),{every:15e3,deps:[e,W.value]}),[a,i]=p(null),{data:s,error:n}=o;return n?.status===404||n?.status===400?t`<${b} title="Failure">
      <${v} title="There is no such failure group."><p>${g(n)}</p><p><a href=${c("failures")}>All failures</a></p><//>
    <//>`:t`<${b} title=${s?s.event_name:"Failure"} question=${s&&k(s)} actions=${s&&t`<${ne} data=${s} onChoose=${i} />`}>
    <${D} answer=${o} lines=${8}>${r=>t`<${ie} data=${r} />`}<//>
    ${a&&s&&t`<${ae} data=${s} target=${a} onClose=${()=>i(null)} onDone=${o.reload} />`}
  <//>`}function ne({data:e,onChoose:o}){let a=(i,s,n=!1)=>t`<button type="button" class=${`button small ${n?"primary":""}`} onClick=${()=>o(i)}>${s}</button>`;return t`
    <a class="button small" href=${c("events",{event_types:e.event_name})}>Its events</a>
    ${P("operator")?t`
          ${e.state!=="resolved"&&a("resolved","Resolve",!0)}
          ${e.state!=="ignored"&&a("ignored","Ignore")}
          ${e.state!=="open"&&a("open","Reopen")}
        `:q.value&&t`<span class="muted">Resolving needs a key with the role operator.</span>`}
  `}var oe={resolved:["Resolve","If it is seen again, it is back again, and the rule about that fires."],ignored:["Ignore","It is neither new nor back again, whatever arrives. It stays in the list of all."],open:["Reopen","It counts as any other failure."]};function ae({data:e,target:o,onClose:a,onDone:i}){let[s,n]=p(!1),[r,N]=p(""),[S,Z]=oe[o];async function ee(F){F.preventDefault();let te=new FormData(F.currentTarget),T=f=>String(te.get(f)??"").trim(),[O,R]=[T("reason"),T("version")];n(!0),N("");try{await _.setFailureState(e.fingerprint,{state:o,...O?{reason:O}:{},...R?{version:R}:{}}),i(),a()}catch(f){N(g(f)),n(!1)}}return t`<${z} title=${`${S}: ${e.event_name}`} onClose=${a}>
    <form class="failure-form" onSubmit=${ee}>
      <p class="mono">${k(e)}</p>
      ${o==="resolved"&&t`<label>Version that has the remedy <input class="input" name="version" maxlength="100" placeholder="optional: older versions do not bring it back" /></label>`}
      <label>Reason <input class="input" name="reason" maxlength="1000" placeholder="optional" /></label>
      ${r&&t`<p class="notice" data-state="bad" role="alert">Not changed: ${r}.</p>`}
      <p class="row-of"><button class="button primary" disabled=${s}>${S}</button> <span class="muted">${Z}</span></p>
    </form>
  <//>`}function ie({data:e}){let[o,a]=H(e),i=J(e.outcomes);return t`<div class="cards" data-failure=${e.fingerprint}>
    <p class="failure-summary">${e.summary}</p>
    <${E} large>
      <${m} id="state" label="State" value=${t`<${d} state=${o} word=${a} />`} note=${x(e)!==a&&t`${x(e)}${e.changed_at&&t` (<${u} value=${e.changed_at} />)`}`} />
      <${m} id="count" label="Failures" value=${l(e.count)} note=${Q(e)} />
      <${m} id="nodes" label="Nodes" value=${l(e.nodes)} note=${X(e)} />
      <${m} id="first" label="First seen" value=${t`<${u} value=${e.first_seen} />`} note=${e.first_version?`in ${e.first_version}`:void 0} />
      <${m} id="last" label="Last seen" value=${t`<${u} value=${e.last_seen} />`} />
    <//>
    <${$} title="Over time" size="two-thirds" note=${`failures in ${h(1e3*e.buckets.seconds)} each`}>
      <${j} title="Failures over time" x=${U({...e.buckets,count:e.buckets.count+1})} series=${[{label:"failures",values:[...e.series,null],bars:!0}]} least=${0} height=${160} />
    <//>
    <${$} title="What came of it" size="third" note=${`of the newest ${l(e.outcomes.examined)}`}>
      ${i.length?t`<${V} label="Outcomes" rows=${i.map(({text:s,value:n,state:r})=>({label:t`<${d} state=${r} word=${s} />`,value:n,text:l(n),state:r}))} />`:t`<p class="muted">Nothing stored tells it.</p>`}
      ${e.outcomes.rule&&t`<p class="muted failure-rule">${e.outcomes.rule}</p>`}
    <//>
    <${$} title="Versions" size="half" flush>
      <${w} caption="Versions" columns=${re} rows=${e.versions} rowKey=${s=>`${s.name} ${s.version}`} csv="failure-versions" height=${260} empty="None in this range." />
    <//>
    <${$} title="Nodes" size="half" note=${e.nodes>e.failing_nodes.length?`the ${l(e.failing_nodes.length)} with the most`:void 0} flush>
      <${w} caption="Nodes" columns=${le} rows=${e.failing_nodes} rowKey=${s=>s.node_id} csv="failure-nodes" height=${260} onOpen=${s=>L(`nodes/${s.node_id}`)} empty="None in this range." />
    <//>
    <${$} title="Reasons as they were sent" note=${`${I(e.different_reasons,"different reason")}, the most frequent first`}>
      ${e.reasons.length?t`<ul class="failure-reasons">${e.reasons.map(({reason:s,count:n,last_at:r})=>t`<li key=${s}><span class="mono">${s||"(none)"}</span><span class="end nowrap">${l(n)} · <${u} value=${r} /></span></li>`)}</ul>`:t`<p class="muted">None in this range.</p>`}
    <//>
    <${$} title="Examples" note="the newest of different nodes, with what came before on the same connection">
      ${e.samples.length?e.samples.map(s=>t`<${$e} key=${s.event.id} sample=${s} />`):t`<${v} title="No example is stored any more."><span>The events are older than what the log holds; the counts stay.</span><//>`}
    <//>
  </div>`}var re=[{id:"version",title:"Version",rank:1,value:e=>`${e.name} ${e.version}`,cell:e=>t`<${A} name=${e.name} version=${e.version} />`},{id:"count",title:"Failures",end:!0,rank:2,value:e=>e.count,cell:e=>l(e.count)},{id:"nodes",title:"Nodes",end:!0,rank:3,value:e=>e.nodes,cell:e=>l(e.nodes)}],le=[{id:"node",title:"Node",rank:1,value:e=>e.node_id,cell:e=>t`<${y} node=${{node_id:e.node_id,implementation_name:e.name,implementation_version:e.version}} />`},{id:"count",title:"Failures",end:!0,rank:2,value:e=>e.count,cell:e=>l(e.count)},{id:"last",title:"Last",end:!0,rank:3,value:e=>e.last_at,cell:e=>t`<${u} value=${e.last_at} />`}];function $e({sample:{event:e,reason:o,outcome:a,outcome_text:i,breadcrumbs:s}}){return t`<section class="failure-example" data-example=${e.id}>
    <p class="row-of">
      <a href=${c(`events/${e.id}`)}><${C} value=${e.received_at} date fraction /></a>
      <${y} node=${{node_id:e.node_id,implementation_name:e.node_name,implementation_version:e.node_version}} />
      <${d} state=${M(a)} word=${i||"not known what came of it"} />
    </p>
    ${o&&t`<p class="mono failure-reason">${o}</p>`}
    <ol class="breadcrumbs" aria-label="What came before it">
      ${s.map(n=>t`<li key=${n.id} data-related=${n.is_related?"":void 0}>
          <span class="end muted nowrap">−${h(n.before_ms)}</span>
          <a href=${c(`events/${n.id}`)}>${n.event_name}</a>
          ${n.is_related?t`<span class="chip" title="Of the same chain of references as the failure">same chain</span>`:t`<span></span>`}
          <span class="mono muted">${n.summary}</span>
        </li>`)}
      <li data-failure><span class="end">0</span><b>the failure</b><span></span><span></span></li>
    </ol>
  </section>`}export{se as default};
