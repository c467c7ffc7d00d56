import{c as L,d as G}from"./chunk-5W7RQNGS.js";import{b as R,c as F,h as fe,i as he,j as B,k as j,l as K,m as q}from"./chunk-2AFQ6EAQ.js";import{y as ae}from"./chunk-PIVQMX7W.js";import{a as de,b as ce,c as $e,d as ue}from"./chunk-YDYAJT7A.js";import{b as W,c as pe}from"./chunk-QLZ46DTY.js";import{a as me}from"./chunk-4YALDK3C.js";import{a as y,b as ee,d as te}from"./chunk-WQNOXECZ.js";import{e as ie}from"./chunk-MX6SEDPD.js";import{a as le}from"./chunk-A5KFDUZV.js";import{a as C,b as f}from"./chunk-HZVHJNCT.js";import{a as v}from"./chunk-LSKVQWEN.js";import{a as h}from"./chunk-QCITNMUN.js";import{b as g,c as Z,e as u}from"./chunk-IIW3BLOX.js";import"./chunk-ZVTLTR5U.js";import{d as k}from"./chunk-5HTXFBE2.js";import{D as w,E as Q,F as X,H as P,I as N,a as d,b as z,c as U,e as x,f as H,h as M,j as Y,m as A}from"./chunk-DYZXLK2B.js";import{d as O,e as oe,h as b,k as re}from"./chunk-NIKDHXBC.js";import{g as se,i as p,j as E,k as ne}from"./chunk-37NB6NY5.js";import{g as T,h as J,j as V,k as I,l as s}from"./chunk-QNZ3L47H.js";function ve({id:e}){let t=v("its alerts",o=>h.alerts({node:e},{signal:o}),{every:1e4,deps:[e]}),l=v("its failures",o=>h.failures({node_id:e,...b()},{signal:o}),{every:3e4,deps:[e,O.value]}),n=v("how it differs",o=>h.anomalies({node:e},{signal:o}),{every:3e4,deps:[e]});return s`
    <${f} title="Alerts" size="half" actions=${s`<a class="button quiet small" href=${p("alerts",{tab:"history",node:e})}>Before</a>`}>
      <${u} answer=${t} isEmpty=${o=>!o.alerts.length} empty=${s`<p class="all-well"><${w} state="ok" word="Nothing fires about it" /></p>`}>
        ${o=>s`<${ae} alerts=${o.alerts} />`}
      <//>
    <//>
    <${f} title="Against the other nodes" size="half" note="in units of their spread, over the last minutes" flush>
      <${u} answer=${n}>
        ${o=>s`<${xe} data=${o} />`}
      <//>
    <//>
    <${f} title="Failures" note="by type and reason" actions=${s`<a class="button quiet small" href=${p("failures",{node_id:e})}>All of them</a>`} flush>
      <${u} answer=${l} isEmpty=${o=>!o.failures.length} empty=${s`<${g} title="It reported no failure in this range." />`}>
        ${o=>s`<${k}
          caption="Failures of the node"
          columns=${ke}
          rows=${o.failures}
          rowKey=${c=>c.fingerprint}
          height=${280}
          onOpen=${c=>E(`failures/${c.fingerprint}`)}
        />`}
      <//>
    <//>
  `}var ke=[{id:"state",title:"State",rank:2,value:e=>L(e)[1],cell:e=>s`<${w} state=${L(e)[0]} word=${L(e)[1]} />`},{id:"event",title:"Type",value:e=>e.event_name},{id:"template",title:"Reason",rank:1,value:G,cell:e=>s`<a class="mono" href=${p(`failures/${e.fingerprint}`)}>${G(e)}</a>`},{id:"count",title:"Failures",end:!0,rank:3,value:e=>e.count,cell:e=>d(e.count)},{id:"last",title:"Last seen",end:!0,value:e=>e.last_seen,cell:e=>s`<${N} value=${e.last_seen} />`}];function xe({data:e}){let t=e.nodes[0];return e.minute?e.nodes_compared<5?s`<${g} title="Too few nodes to compare with."><span>Five nodes or more are compared.</span><//>`:t?s`<${k}
    caption="Differences of the node"
    columns=${Se}
    rows=${t.figures}
    rowKey=${l=>l.figure}
    height=${280}
  />`:s`<${g} title="It is as the others are."><span>${d(e.nodes_compared)} nodes are compared; a score below 1 is not listed.</span><//>`:s`<${g} title="Not compared yet."><span>Nodes are compared once a minute.</span><//>`}var Se=[{id:"figure",title:"Figure",rank:1,value:e=>e.figure,cell:e=>$e(e.figure)},{id:"score",title:"Score",rank:2,help:"Distance from the median of the nodes that lasts, in units of their spread; 3 is much",value:e=>e.score,cell:e=>s`<${w} state=${de(e.score)} word=${ce(e.score)} />`},{id:"value",title:"Its value",end:!0,rank:3,value:e=>e.value,cell:e=>d(e.value,2)},{id:"median",title:"Median",end:!0,value:e=>e.median,cell:e=>d(e.median,2)},{id:"cohorts",title:"Now, against",value:e=>ue(e.cohorts)}];var ge=`.candidates li {
  display: flex;
  flex-wrap: wrap;
  gap: var(--space-3);
  padding: var(--space-2) 0;
  overflow-wrap: anywhere;
}

.sessions-strip svg {
  display: block;
  width: 100%;
  height: 48px;
  margin: var(--space-2) 0;
}

.sessions-events {
  fill: var(--heat-2);
}

.sessions-part {
  fill: var(--ok);
}

.sessions-part[data-outcome="closed"] {
  fill: color-mix(in srgb, var(--ok) 55%, var(--surface-1));
}

.sessions-part[data-outcome="died"],
.sessions-part[data-outcome="refused"] {
  fill: var(--bad);
}

details summary {
  cursor: pointer;
  color: var(--text-2);
}

.latency-split {
  display: grid;
  grid-template-columns: minmax(0, 7fr) minmax(0, 5fr);
}

.latency-split tr[data-state="chosen"] td {
  background: var(--info-surface);
}

.latency-chart {
  padding: var(--space-2) var(--space-3) var(--space-3);
  border-inline-start: 1px solid var(--line);
}

.latency-chart h4 {
  margin: var(--space-3) 0 var(--space-1);
  font-size: var(--size-13);
}

.slowest li {
  padding: 3px 0;
}

.slowest li > a {
  display: inline-block;
  min-width: 72px;
  font-weight: 600;
}

/* Beside the chart, names of steps leave room for their figures. */
@media (min-width: 1101px) {
  .latency-split td:first-child {
    max-width: 270px;
  }
}

@media (max-width: 1100px) {
  .latency-split {
    grid-template-columns: minmax(0, 1fr);
  }

  .latency-chart {
    border-inline-start: 0;
    border-top: 1px solid var(--line);
  }
}

.slowest .muted a {
  text-decoration: underline;
}
`;le(ge);var ye=200,Ee=250;function Ae({id:e}){let t=v("the node",c=>h.node(e,{},{signal:c}),{every:1e4,deps:[e]}),{error:l,data:n}=t;if(l?.status===409)return s`<${Oe} prefix=${e} />`;if(l?.status===404||l?.status===400)return s`<${C} title="Node">
      <${g} title=${l.status===404?"This node has never connected.":"This is not a node id."}>
        <p>${l.message}</p>
        <p><a href=${p("nodes")}>All nodes</a></p>
      <//>
    <//>`;let o=s`<span class="mono">${Y(n?.node_id??e)}</span>`;return s`<${C} title=${o} question="Is this node well, and where is it slow?" actions=${n&&s`<${Te} node=${n} />`}>
    <${u} answer=${t} lines=${8}>
      ${c=>s`<${Ie} node=${c} />`}
    <//>
  <//>`}function Oe({prefix:e}){let t=v("the nodes",n=>h.nodesSummary({},{signal:n}),{deps:[e]}),l=e.toLowerCase().replace(/^0x/,"");return s`<${C} title="Node" question=${`More than one id begins with ${l}`}>
    <${u} answer=${t}>
      ${n=>s`<ul class="candidates">
        ${F(n).filter(({node_id:o})=>o.startsWith(l)).map(o=>s`<li key=${o.node_id}><${W} node=${o} state=${o.mark} word=${R(o.state)} /> <span class="mono muted">${o.node_id}</span></li>`)}
      </ul>`}
    <//>
  <//>`}function Te({node:e}){return s`
    <${X} text=${e.node_id} label="Copy the whole id">Copy id<//>
    <a class="button small" href=${p("events",{node:e.node_id})}>Its events</a>
    <a class="button small" href=${p("topology",{node:e.node_id})}>Its links</a>
  `}function Ie({node:e}){let t=e.node_id,l=JSON.stringify(O.value),n={every:1e4,deps:[t,l]},o=v("its figures",i=>h.nodesSummary({node_id:t,...b()},{signal:i}),{...n,every:5e3}),c=v("its connections",i=>h.nodeSessions(t,{...b(),limit:1e3},{signal:i}),n),a=v("its latencies",i=>h.nodeLatencies(t,b(),{signal:i}),n),$=v("its findings",i=>h.nodeConformance(t,b(),{signal:i}),{...n,every:3e4}),r=v("its links",i=>h.links({node_id:t,...b()},{signal:i}),{...n,every:3e4});return s`<div class="cards">
    <${f} title="Now"><${u} answer=${o}>${i=>s`<${Pe} summary=${i} />`}<//><//>
    <${ve} id=${t} />
    <${f} title="Connections" note=${e.first_seen_at&&s`first seen <${N} value=${e.first_seen_at} />`}>
      <${u} answer=${c}>
        ${i=>s`<${Fe} answer=${i} summary=${o.data} />`}
      <//>
    <//>
    <${f} title="Durations against the network" note="by the node's clock" flush>
      <${u}
        answer=${a}
        isEmpty=${i=>i.steps.length===0}
        empty=${s`<${g} title="No durations in this range.">A step counts when an event refers to an earlier one.<//>`}
      >
        ${i=>s`<${De} id=${t} data=${i} />`}
      <//>
    <//>
    <${f} title="What it did" size="half">
      <${u}
        answer=${a}
        isEmpty=${i=>j(i.steps).length===0}
        empty=${s`<${g} title="Nothing in this range." />`}
      >
        ${i=>s`<${We} steps=${i.steps} />`}
      <//>
    <//>
    <${f} title="Findings" size="half" flush>
      <${u}
        answer=${$}
        isEmpty=${i=>i.findings.length===0}
        empty=${s`<${g} title="No rule broken in this range.">All that it sent is as JIP-3 has it.<//>`}
      >
        ${i=>s`<${Be} rows=${i.findings} />`}
      <//>
    <//>
    <${f} title="Peers" size="half" note="block announcements" flush>
      <${u}
        answer=${r}
        isEmpty=${i=>i.total_links===0}
        empty=${s`<${g} title="No announcement from or to it in this range." />`}
      >
        ${i=>s`<${je} id=${t} data=${i} />`}
      <//>
    <//>
    <${f} title="What it says of itself" size="half"><${qe} node=${e} /><//>
    <${f} title="Live log" note="newest first" flush><${Je} id=${t} /><//>
  </div>`}function Pe({summary:e}){let[t]=F(e),l=e.rules.find(({state:n})=>n===t.state);return s`
    <${ee}>
      <${y} id="state" label="State" value=${s`<${w} state=${t.mark} word=${R(t.state)} />`} note=${l?.state==="well"?void 0:l?.meaning} />
      <${y} id="best" label="Best slot" value=${d(t.best_slot)} note=${we(t.best_lag)} />
      <${y} id="finalized" label="Finalized" value=${d(t.finalized_slot)} note=${we(t.finalized_lag)} />
      <${y} id="rate" label="Events" value=${U(t.events_per_second)} spark=${t.series} note=${`${d(t.events)} in the range`} />
      <${y} id="clock" label="Clock" value=${x(t.clock_offset_ms)} title=${t.clock_offset_ms===null?void 0:`${t.clock_offset_ms} ms`} note="server's minus its own" />
      <${y} id="peers" label="Peers" value=${d(t.peers)} note=${t.validator_peers===null?"no Status in the range":`${d(t.validator_peers)} validators${t.is_connected?"":", when it left"}`} />
      <${y} id="failures" label="Failures" value=${d(t.failures)} note="in the range" />
      <${y} id="dropped" label="Dropped" value=${z(Number(t.dropped))} note="by the node, ever" />
      <${y} id="undecodable" label="Undecodable" value=${z(t.undecodable)} note="ever" />
      <${y} id="seen" label="Last seen" value=${s`<${N} value=${t.last_seen_at} />`} />
    <//>
  `}function we(e){return e===null?"not reported":e===0?"with the network":`${A(e,"slot")} behind`}var Ce={open:"open",closed:"closed",died:"the server's shard died",refused:"refused"};function Fe({answer:e,summary:t}){let[l,n]=re(),o=fe(e.sessions,[l,n]),c=t?F(t)[0].series:[],a=Math.max(...c,1),$=he(e.sessions,l);return s`
    <p class="muted" data-sessions=${e.sessions.length}>
      ${o.length===0?"Not connected in this range.":s`Connected ${M(B(o))} of the range,
          ${$===0?" without a reconnect":` ${A($,"reconnect")}`}${e.has_more?"; the newest 1 000 connections are shown":""}.
          Bars are its events.`}
    </p>
    <div class="sessions-strip" role="img" aria-label=${`Connections: ${o.length}; connected ${M(B(o))} of the range`}>
      <svg viewBox="0 0 1000 40" preserveAspectRatio="none" aria-hidden="true">
        ${c.map((r,i)=>{let _=1e3/c.length,m=r?Math.max(1,r/a*24):0;return s`<rect key=${`bar ${i}`} class="sessions-events" x=${i*_+.5} y=${26-m} width=${Math.max(1,_-1)} height=${m} />`})}
        ${o.map(({from:r,to:i,outcome:_,session:m})=>s`<rect
            key=${m.session}
            class="sessions-part"
            data-outcome=${_}
            x=${r*1e3}
            y="29"
            width=${Math.max(1.5,(i-r)*1e3-.75)}
            height="9"
          />`)}
      </svg>
    </div>
    <details>
      <summary>${A(e.sessions.length,"connection")}</summary>
      <${k}
        caption="Connections"
        rows=${e.sessions}
        rowKey=${r=>r.session}
        sort="-started"
        sortParameter="connections"
        csv="connections"
        height=${240}
        columns=${[{id:"started",title:"began",value:r=>r.started_at,cell:r=>s`<${P} value=${r.started_at} date />`,rank:1},{id:"lasted",title:"lasted",end:!0,value:r=>_e(r),cell:r=>x(_e(r)),rank:2},{id:"outcome",title:"outcome",value:r=>r.outcome,cell:r=>s`<${w} state=${r.outcome==="open"?"ok":r.outcome==="closed"?"idle":"bad"} word=${Ce[r.outcome]} />`,rank:3},{id:"reason",title:"reason",value:r=>r.reason},{id:"events",title:"events",end:!0,value:r=>r.event_count,cell:r=>d(r.event_count)},{id:"bytes",title:"received",end:!0,value:r=>r.bytes,cell:r=>H(r.bytes)},{id:"dropped",title:"dropped",end:!0,value:r=>r.dropped_count,cell:r=>d(r.dropped_count)},{id:"address",title:"address",value:r=>r.address,cell:r=>s`<span class="mono">${r.address}</span>`}]}
      />
    </details>
  `}function _e({started_at:e,ended_at:t}){return(t===null?Date.now():Date.parse(t))-Date.parse(e)}var Le={ok:"as the network",warn:"slower",bad:"much slower",idle:"few samples",info:""};function De({id:e,data:t}){let l=se.value.parameters.step,n=t.steps.find(a=>a.step===l)??ze(t.steps),o=I(()=>{let a=Date.parse(t.buckets.start);return Array.from({length:t.buckets.count},($,r)=>a+r*t.buckets.seconds*1e3)},[t]),c=I(()=>[{label:"network p10",values:n.band.p10_ms,colour:"--line-strong"},{label:"network p90",values:n.band.p90_ms,colour:"--line-strong"},{label:"network p50",values:n.band.p50_ms,ghost:!0},{label:"this node p50",values:n.series.p50_ms,colour:"--accent"}],[n]);return s`
    <div class="latency-split">
      <${k}
        caption="Steps"
        rows=${t.steps}
        rowKey=${a=>a.step}
        sort="-ratio"
        sortParameter="steps"
        csv="durations"
        steady
        height=${360}
        onOpen=${a=>ne({step:a.step})}
        rowState=${a=>a.step===n.step?"chosen":void 0}
        columns=${[{id:"step",title:"step",value:a=>a.step,cell:a=>K(a.from,a.to),rank:1},{id:"ratio",title:"against it",help:"The node's median divided by the network's; slower from 2 times on, with 5 samples or more",value:a=>a.node.count<5?null:a.ratio,cell:a=>s`<${w} state=${q(a)} word=${a.ratio===null?"\u2014":`${d(a.ratio,2)} times`} title=${Le[q(a)]} />`,rank:2},{id:"count",title:"count",end:!0,value:a=>a.node.count,cell:a=>d(a.node.count)},{id:"p50",title:"p50",end:!0,value:a=>a.node.p50_ms,cell:a=>x(a.node.p50_ms),rank:3},{id:"p90",title:"p90",end:!0,value:a=>a.node.p90_ms,cell:a=>x(a.node.p90_ms)},{id:"network",title:"network p50",end:!0,value:a=>a.network.p50_ms,cell:a=>x(a.network.p50_ms)}]}
      />
      <div class="latency-chart" data-step=${n.step}>
        <h3>${K(n.from,n.to)}</h3>
        <${me} title=${`Durations of ${n.step}`} x=${o} series=${c} format=${x} bands=${[{low:0,high:1}]} height=${200} />
        <${Me} id=${e} step=${n} />
      </div>
    </div>
  `}function ze(e){let t=e.filter(({node:l,ratio:n})=>l.count>=5&&n!==null);return t.reduce((l,n)=>n.ratio>l.ratio?n:l,t[0]??e[0])}function Me({id:e,step:t}){let l=v("the slowest examples",n=>h.nodeSlowestSteps(e,{step:t.step,limit:8,...b()},{signal:n}),{deps:[e,t.step,JSON.stringify(O.value)]});return s`<h4>Slowest examples</h4>
    <${u} answer=${l} isEmpty=${n=>n.examples.length===0} empty=${s`<p class="muted">The event log of this range has none.</p>`}>
      ${n=>s`<ol class="slowest">
        ${n.examples.map(o=>s`<li key=${o.id}>
            <a href=${p(`events/${o.id}`)}>${x(o.duration_ms)}</a>
            <span class="muted">
              <${P} value=${o.received_at} date />
              ${o.slot!==null&&s` · slot <a href=${p(`slots/${o.slot}`)}>${d(o.slot)}</a>`}
              ${o.core!==null&&s` · core <a href=${p(`cores/${o.core}`)}>${d(o.core)}</a>`}
              · from <a href=${p(`events/${o.from_id}`)}>its beginning</a>
            </span>
          </li>`)}
      </ol>`}
    <//>`}function We({steps:e}){let t=j(e);return s`<${te}
    label="Numbers of what it did"
    rows=${t.map(({text:l,failed:n,count:o})=>({label:n?s`<${w} state="bad" word=${l} />`:l,value:o,text:d(o),state:n?"bad":void 0}))}
  />`}var Re={error:"bad",warning:"warn",info:"info"};function Be({rows:e}){return s`<${k}
    caption="Findings"
    rows=${e}
    rowKey=${t=>t.code}
    height=${280}
    onOpen=${t=>t.examples[0]?.id&&E(`events/${t.examples[0].id}`)}
    columns=${[{id:"severity",title:"severity",value:t=>t.severity,cell:t=>s`<${w} state=${Re[t.severity]} word=${t.severity==="info"?"note":t.severity} />`,rank:2},{id:"rule",title:"rule",value:t=>t.code,cell:t=>t.docs?s`<a href=${t.docs.replace(/^\//,"")}>${t.code}</a>`:t.code,rank:1},{id:"count",title:"count",end:!0,value:t=>t.count,cell:t=>`${d(t.count)} ${t.counted}`,rank:3},{id:"last",title:"last",value:t=>t.last_at,cell:t=>s`<${N} value=${t.last_at} />`},{id:"example",title:"example",value:t=>t.examples[0]?.id??null,cell:t=>t.examples[0]?.id?s`<a href=${p(`events/${t.examples[0].id}`)}>event</a>`:s`<span class="muted">${"\u2014"}</span>`}]}
  />`}function je({id:e,data:t}){let l=I(()=>Ke(e,t),[t]);return s`<${k}
    caption="Peers"
    rows=${l}
    rowKey=${n=>n.node_id}
    sort="-sent"
    sortParameter="peers"
    csv="peers"
    steady
    height=${280}
    onOpen=${n=>E(`nodes/${n.node_id}`)}
    columns=${[{id:"peer",title:"peer",value:n=>n.node_id,cell:n=>s`<${W} node=${n} />`,rank:1},{id:"sent",title:"to it",end:!0,value:n=>n.sent,cell:n=>d(n.sent),rank:2},{id:"received",title:"from it",end:!0,value:n=>n.received,cell:n=>d(n.received),rank:3}]}
  />`}function Ke(e,{nodes:t,links:l,implementations:n}){let o=t.node_id.indexOf(e),c=new Map;return l.messages.forEach((a,$)=>{let[r,i]=[l.source[$],l.target[$]],_=r===o?i:r,m=c.get(_)??{sent:0,received:0};m[r===o?"sent":"received"]+=a,c.set(_,m)}),[...c].map(([a,$])=>{let r=n[t.implementation[a]]??{name:null,version:null};return{node_id:t.node_id[a],implementation_name:r.name,implementation_version:r.version,...$}})}function qe({node:e}){let t=e.node_info,l=e.connections[0];return s`
    <dl class="pairs">
      <dt>Id</dt><dd><span class="mono">${e.node_id}</span></dd>
      <dt>Implementation</dt><dd><${Q} name=${e.implementation_name} version=${e.implementation_version} /></dd>
      <dt>Address</dt><dd class="mono">${e.address??"\u2014"}</dd>
      <dt>Protocol</dt><dd>${t?`JIP-3 version ${l?.protocol_version??t.protocol_version??"\u2014"}, Gray Paper ${t.gp_version}, parameters as ${t.params_layout??"unknown"}`:"\u2014"}</dd>
      <dt>Genesis</dt><dd><${pe} value=${t?.genesis} /></dd>
      <dt>Flags</dt><dd>${t?Ge(t.flags):"\u2014"}</dd>
      ${t?.additional_info&&s`<dt>Says</dt><dd>${t.additional_info}</dd>`}
      <dt>In sync</dt><dd>${e.synced===null?"\u2014":e.synced?"yes":"no"}</dd>
    </dl>
    ${t?.params&&s`<details>
      <summary>Protocol parameters</summary>
      <dl class="pairs">
        ${Object.entries(t.params).map(([n,o])=>s`<dt key=${n} class="mono">${n}</dt><dd>${o===null?"\u2014":d(o)}</dd>`)}
      </dl>
    </details>`}
  `}function Ge(e){return`${e&1?"PVM recompiler":"PVM interpreter"} (0x${e.toString(16).padStart(8,"0")})`}function Je({id:e}){let[t,l]=T([]),[n,o]=T(0),[c,a]=T(null),$=oe.value,r=V([]);return J(()=>{if($)return;a(null);let i=ie({type:"Node",node_id:e},m=>{"missed"in m?o(D=>D+(m.missed??0)):(r.current.push(m),r.current.length>ye&&r.current.shift())},a),_=setInterval(()=>{if(!r.current.length)return;let m=r.current.reverse();r.current=[],l(D=>[...m,...D].slice(0,ye))},Ee);return()=>{clearInterval(_),i()}},[e,$]),s`
    ${c&&s`<${Z} name="live events" error=${c} />`}
    ${n>0&&s`<div class="notice" data-state="warn">${A(n,"event")} were too many to show.</div>`}
    <${k}
      caption="Live log"
      rows=${t}
      rowKey=${i=>i.id}
      height=${320}
      steady
      onOpen=${i=>E(`events/${i.id}`)}
      empty=${$?"The page is paused; press p to follow again.":"Waiting for its next event."}
      columns=${[{id:"time",title:"received",value:i=>i.received_at,cell:i=>s`<${P} value=${i.received_at} fraction />`,rank:1},{id:"type",title:"event",value:i=>Object.keys(i.data)[0],cell:i=>s`<a href=${p(`events/${i.id}`)}>${Object.keys(i.data)[0]}</a>`,rank:2},{id:"fields",title:"fields",value:be,cell:i=>s`<span class="mono muted">${be(i)}</span>`,rank:3}]}
    />
  `}function be({data:e}){let t=Object.values(e)[0]??{};return Object.entries(t).filter(([l])=>l!=="timestamp").map(([l,n])=>`${l} ${Ve(n)}`).join("  ")}function Ve(e){return typeof e=="string"?e.length>20?`${e.slice(0,10)}\u2026`:e:Array.isArray(e)?`[${e.length}]`:typeof e=="object"&&e!==null?"{\u2026}":String(e)}export{Ae as default};
