import{d as ae}from"./chunk-H7VZZLRP.js";import{b as F,c as I,h as le,i as de,j as R,k as j,l as B,m as K}from"./chunk-2AFQ6EAQ.js";import{a as ie}from"./chunk-36C4WHAR.js";import"./chunk-SHTKVFCG.js";import{a as p,b as te,d as se}from"./chunk-MT5OO2NG.js";import{d as S}from"./chunk-6UV674H3.js";import{a as re}from"./chunk-A5KFDUZV.js";import{b as W,c as ne,e as b,g as oe,m as g}from"./chunk-BCM654JP.js";import{b as x,c as ee,e as f}from"./chunk-IGJKNZOW.js";import{a as C,b as v}from"./chunk-DXBXNIWB.js";import{L as k,N as Q,O as D,P as X,R as Z,S as T,T as A,U as y,a as c,b as M,c as V,d as w,e as q,g as z,i as H,l as O,u as U,w as m,x as E,y as Y}from"./chunk-FPGP54BG.js";import{g as N,h as G,j as J,k as P,l as n}from"./chunk-EUVXIHW5.js";var ce=`.candidates li {
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
`;re(ce);var $e=200,he=250;function ve({id:t}){let e=g("the node",d=>y.node(t,{},{signal:d}),{every:1e4,deps:[t]}),{error:l,data:s}=e;if(l?.status===409)return n`<${ge} prefix=${t} />`;if(l?.status===404||l?.status===400)return n`<${C} title="Node">
      <${x} title=${l.status===404?"This node has never connected.":"This is not a node id."}>
        <p>${l.message}</p>
        <p><a href=${m("nodes")}>All nodes</a></p>
      <//>
    <//>`;let r=n`<span class="mono">${H(s?.node_id??t)}</span>`;return n`<${C} title=${r} question="Is this node well, and where is it slow?" actions=${s&&n`<${ye} node=${s} />`}>
    <${f} answer=${e} lines=${8}>
      ${d=>n`<${we} node=${d} />`}
    <//>
  <//>`}function ge({prefix:t}){let e=g("the nodes",s=>y.nodesSummary({},{signal:s}),{deps:[t]}),l=t.toLowerCase().replace(/^0x/,"");return n`<${C} title="Node" question=${`More than one id begins with ${l}`}>
    <${f} answer=${e}>
      ${s=>n`<ul class="candidates">
        ${I(s).filter(({node_id:r})=>r.startsWith(l)).map(r=>n`<li key=${r.node_id}><${D} node=${r} state=${r.mark} word=${F(r.state)} /> <span class="mono muted">${r.node_id}</span></li>`)}
      </ul>`}
    <//>
  <//>`}function ye({node:t}){return n`
    <${X} text=${t.node_id} label="Copy the whole id">Copy id<//>
    <a class="button small" href=${m("events",{node:t.node_id})}>Its events</a>
    <a class="button small" href=${m("topology",{node:t.node_id})}>Its links</a>
  `}function we({node:t}){let e=t.node_id,l=JSON.stringify(W.value),s={every:1e4,deps:[e,l]},r=g("its figures",i=>y.nodesSummary({node_id:e,...b()},{signal:i}),{...s,every:5e3}),d=g("its connections",i=>y.nodeSessions(e,{...b(),limit:1e3},{signal:i}),s),a=g("its latencies",i=>y.nodeLatencies(e,b(),{signal:i}),s),$=g("its findings",i=>y.nodeConformance(e,b(),{signal:i}),{...s,every:3e4}),o=g("its links",i=>y.links({node_id:e,...b()},{signal:i}),{...s,every:3e4});return n`<div class="cards">
    <${v} title="Now"><${f} answer=${r}>${i=>n`<${_e} summary=${i} />`}<//><//>
    <${v} title="Connections" note=${t.first_seen_at&&n`first seen <${A} value=${t.first_seen_at} />`}>
      <${f} answer=${d}>
        ${i=>n`<${ke} answer=${i} summary=${r.data} />`}
      <//>
    <//>
    <${v} title="Durations against the network" note="by the node's clock" flush>
      <${f}
        answer=${a}
        isEmpty=${i=>i.steps.length===0}
        empty=${n`<${x} title="No durations in this range.">A step counts when an event refers to an earlier one.<//>`}
      >
        ${i=>n`<${Se} id=${e} data=${i} />`}
      <//>
    <//>
    <${v} title="What it did" size="half">
      <${f}
        answer=${a}
        isEmpty=${i=>j(i.steps).length===0}
        empty=${n`<${x} title="Nothing in this range." />`}
      >
        ${i=>n`<${Pe} steps=${i.steps} />`}
      <//>
    <//>
    <${v} title="Findings" size="half" flush>
      <${f}
        answer=${$}
        isEmpty=${i=>i.findings.length===0}
        empty=${n`<${x} title="No rule broken in this range.">All that it sent is as JIP-3 has it.<//>`}
      >
        ${i=>n`<${Te} rows=${i.findings} />`}
      <//>
    <//>
    <${v} title="Peers" size="half" note="block announcements" flush>
      <${f}
        answer=${o}
        isEmpty=${i=>i.total_links===0}
        empty=${n`<${x} title="No announcement from or to it in this range." />`}
      >
        ${i=>n`<${Ae} id=${e} data=${i} />`}
      <//>
    <//>
    <${v} title="What it says of itself" size="half"><${Ie} node=${t} /><//>
    <${v} title="Live log" note="newest first" flush><${Me} id=${e} /><//>
  </div>`}function _e({summary:t}){let[e]=I(t),l=t.rules.find(({state:s})=>s===e.state);return n`
    <${te}>
      <${p} id="state" label="State" value=${n`<${k} state=${e.mark} word=${F(e.state)} />`} note=${l?.state==="well"?void 0:l?.meaning} />
      <${p} id="best" label="Best slot" value=${c(e.best_slot)} note=${ue(e.best_lag)} />
      <${p} id="finalized" label="Finalized" value=${c(e.finalized_slot)} note=${ue(e.finalized_lag)} />
      <${p} id="rate" label="Events" value=${V(e.events_per_second)} spark=${e.series} note=${`${c(e.events)} in the range`} />
      <${p} id="clock" label="Clock" value=${w(e.clock_offset_ms)} title=${e.clock_offset_ms===null?void 0:`${e.clock_offset_ms} ms`} note="server's minus its own" />
      <${p} id="peers" label="Peers" value=${c(e.peers)} note=${e.validator_peers===null?"no Status in the range":`${c(e.validator_peers)} validators${e.is_connected?"":", when it left"}`} />
      <${p} id="failures" label="Failures" value=${c(e.failures)} note="in the range" />
      <${p} id="dropped" label="Dropped" value=${M(Number(e.dropped))} note="by the node, ever" />
      <${p} id="undecodable" label="Undecodable" value=${M(e.undecodable)} note="ever" />
      <${p} id="seen" label="Last seen" value=${n`<${A} value=${e.last_seen_at} />`} />
    <//>
  `}function ue(t){return t===null?"not reported":t===0?"with the network":`${O(t,"slot")} behind`}var be={open:"open",closed:"closed",died:"the server's shard died",refused:"refused"};function ke({answer:t,summary:e}){let[l,s]=oe(),r=le(t.sessions,[l,s]),d=e?I(e)[0].series:[],a=Math.max(...d,1),$=de(t.sessions,l);return n`
    <p class="muted" data-sessions=${t.sessions.length}>
      ${r.length===0?"Not connected in this range.":n`Connected ${z(R(r))} of the range,
          ${$===0?" without a reconnect":` ${O($,"reconnect")}`}${t.has_more?"; the newest 1 000 connections are shown":""}.
          Bars are its events.`}
    </p>
    <div class="sessions-strip" role="img" aria-label=${`Connections: ${r.length}; connected ${z(R(r))} of the range`}>
      <svg viewBox="0 0 1000 40" preserveAspectRatio="none" aria-hidden="true">
        ${d.map((o,i)=>{let h=1e3/d.length,u=o?Math.max(1,o/a*24):0;return n`<rect key=${`bar ${i}`} class="sessions-events" x=${i*h+.5} y=${26-u} width=${Math.max(1,h-1)} height=${u} />`})}
        ${r.map(({from:o,to:i,outcome:h,session:u})=>n`<rect
            key=${u.session}
            class="sessions-part"
            data-outcome=${h}
            x=${o*1e3}
            y="29"
            width=${Math.max(1.5,(i-o)*1e3-.75)}
            height="9"
          />`)}
      </svg>
    </div>
    <details>
      <summary>${O(t.sessions.length,"connection")}</summary>
      <${S}
        caption="Connections"
        rows=${t.sessions}
        rowKey=${o=>o.session}
        sort="-started"
        sortParameter="connections"
        csv="connections"
        height=${240}
        columns=${[{id:"started",title:"began",value:o=>o.started_at,cell:o=>n`<${T} value=${o.started_at} date />`,rank:1},{id:"lasted",title:"lasted",end:!0,value:o=>pe(o),cell:o=>w(pe(o)),rank:2},{id:"outcome",title:"outcome",value:o=>o.outcome,cell:o=>n`<${k} state=${o.outcome==="open"?"ok":o.outcome==="closed"?"idle":"bad"} word=${be[o.outcome]} />`,rank:3},{id:"reason",title:"reason",value:o=>o.reason},{id:"events",title:"events",end:!0,value:o=>o.event_count,cell:o=>c(o.event_count)},{id:"bytes",title:"received",end:!0,value:o=>o.bytes,cell:o=>q(o.bytes)},{id:"dropped",title:"dropped",end:!0,value:o=>o.dropped_count,cell:o=>c(o.dropped_count)},{id:"address",title:"address",value:o=>o.address,cell:o=>n`<span class="mono">${o.address}</span>`}]}
      />
    </details>
  `}function pe({started_at:t,ended_at:e}){return(e===null?Date.now():Date.parse(e))-Date.parse(t)}var xe={ok:"as the network",warn:"slower",bad:"much slower",idle:"few samples",info:""};function Se({id:t,data:e}){let l=U.value.parameters.step,s=e.steps.find(a=>a.step===l)??Oe(e.steps),r=P(()=>{let a=Date.parse(e.buckets.start);return Array.from({length:e.buckets.count},($,o)=>a+o*e.buckets.seconds*1e3)},[e]),d=P(()=>[{label:"network p10",values:s.band.p10_ms,colour:"--line-strong"},{label:"network p90",values:s.band.p90_ms,colour:"--line-strong"},{label:"network p50",values:s.band.p50_ms,ghost:!0},{label:"this node p50",values:s.series.p50_ms,colour:"--accent"}],[s]);return n`
    <div class="latency-split">
      <${S}
        caption="Steps"
        rows=${e.steps}
        rowKey=${a=>a.step}
        sort="-ratio"
        sortParameter="steps"
        csv="durations"
        steady
        height=${360}
        onOpen=${a=>Y({step:a.step})}
        rowState=${a=>a.step===s.step?"chosen":void 0}
        columns=${[{id:"step",title:"step",value:a=>a.step,cell:a=>B(a.from,a.to),rank:1},{id:"ratio",title:"against it",help:"The node's median divided by the network's; slower from 2 times on, with 5 samples or more",value:a=>a.node.count<5?null:a.ratio,cell:a=>n`<${k} state=${K(a)} word=${a.ratio===null?"\u2014":`${c(a.ratio,2)} times`} title=${xe[K(a)]} />`,rank:2},{id:"count",title:"count",end:!0,value:a=>a.node.count,cell:a=>c(a.node.count)},{id:"p50",title:"p50",end:!0,value:a=>a.node.p50_ms,cell:a=>w(a.node.p50_ms),rank:3},{id:"p90",title:"p90",end:!0,value:a=>a.node.p90_ms,cell:a=>w(a.node.p90_ms)},{id:"network",title:"network p50",end:!0,value:a=>a.network.p50_ms,cell:a=>w(a.network.p50_ms)}]}
      />
      <div class="latency-chart" data-step=${s.step}>
        <h3>${B(s.from,s.to)}</h3>
        <${ie} title=${`Durations of ${s.step}`} x=${r} series=${d} format=${w} bands=${[{low:0,high:1}]} height=${200} />
        <${Ne} id=${t} step=${s} />
      </div>
    </div>
  `}function Oe(t){let e=t.filter(({node:l,ratio:s})=>l.count>=5&&s!==null);return e.reduce((l,s)=>s.ratio>l.ratio?s:l,e[0]??t[0])}function Ne({id:t,step:e}){let l=g("the slowest examples",s=>y.nodeSlowestSteps(t,{step:e.step,limit:8,...b()},{signal:s}),{deps:[t,e.step,JSON.stringify(W.value)]});return n`<h4>Slowest examples</h4>
    <${f} answer=${l} isEmpty=${s=>s.examples.length===0} empty=${n`<p class="muted">The event log of this range has none.</p>`}>
      ${s=>n`<ol class="slowest">
        ${s.examples.map(r=>n`<li key=${r.id}>
            <a href=${m(`events/${r.id}`)}>${w(r.duration_ms)}</a>
            <span class="muted">
              <${T} value=${r.received_at} date />
              ${r.slot!==null&&n` · slot <a href=${m(`slots/${r.slot}`)}>${c(r.slot)}</a>`}
              ${r.core!==null&&n` · core <a href=${m(`cores/${r.core}`)}>${c(r.core)}</a>`}
              · from <a href=${m(`events/${r.from_id}`)}>its beginning</a>
            </span>
          </li>`)}
      </ol>`}
    <//>`}function Pe({steps:t}){let e=j(t);return n`<${se}
    label="Numbers of what it did"
    rows=${e.map(({text:l,failed:s,count:r})=>({label:s?n`<${k} state="bad" word=${l} />`:l,value:r,text:c(r),state:s?"bad":void 0}))}
  />`}var Ee={error:"bad",warning:"warn",info:"info"};function Te({rows:t}){return n`<${S}
    caption="Findings"
    rows=${t}
    rowKey=${e=>e.code}
    height=${280}
    onOpen=${e=>e.examples[0]?.id&&E(`events/${e.examples[0].id}`)}
    columns=${[{id:"severity",title:"severity",value:e=>e.severity,cell:e=>n`<${k} state=${Ee[e.severity]} word=${e.severity==="info"?"note":e.severity} />`,rank:2},{id:"rule",title:"rule",value:e=>e.code,cell:e=>e.docs?n`<a href=${e.docs.replace(/^\//,"")}>${e.code}</a>`:e.code,rank:1},{id:"count",title:"count",end:!0,value:e=>e.count,cell:e=>`${c(e.count)} ${e.counted}`,rank:3},{id:"last",title:"last",value:e=>e.last_at,cell:e=>n`<${A} value=${e.last_at} />`},{id:"example",title:"example",value:e=>e.examples[0]?.id??null,cell:e=>e.examples[0]?.id?n`<a href=${m(`events/${e.examples[0].id}`)}>event</a>`:n`<span class="muted">${"\u2014"}</span>`}]}
  />`}function Ae({id:t,data:e}){let l=P(()=>Ce(t,e),[e]);return n`<${S}
    caption="Peers"
    rows=${l}
    rowKey=${s=>s.node_id}
    sort="-sent"
    sortParameter="peers"
    csv="peers"
    steady
    height=${280}
    onOpen=${s=>E(`nodes/${s.node_id}`)}
    columns=${[{id:"peer",title:"peer",value:s=>s.node_id,cell:s=>n`<${D} node=${s} />`,rank:1},{id:"sent",title:"to it",end:!0,value:s=>s.sent,cell:s=>c(s.sent),rank:2},{id:"received",title:"from it",end:!0,value:s=>s.received,cell:s=>c(s.received),rank:3}]}
  />`}function Ce(t,{nodes:e,links:l,implementations:s}){let r=e.node_id.indexOf(t),d=new Map;return l.messages.forEach((a,$)=>{let[o,i]=[l.source[$],l.target[$]],h=o===r?i:o,u=d.get(h)??{sent:0,received:0};u[o===r?"sent":"received"]+=a,d.set(h,u)}),[...d].map(([a,$])=>{let o=s[e.implementation[a]]??{name:null,version:null};return{node_id:e.node_id[a],implementation_name:o.name,implementation_version:o.version,...$}})}function Ie({node:t}){let e=t.node_info,l=t.connections[0];return n`
    <dl class="pairs">
      <dt>Id</dt><dd><span class="mono">${t.node_id}</span></dd>
      <dt>Implementation</dt><dd><${Q} name=${t.implementation_name} version=${t.implementation_version} /></dd>
      <dt>Address</dt><dd class="mono">${t.address??"\u2014"}</dd>
      <dt>Protocol</dt><dd>${e?`JIP-3 version ${l?.protocol_version??e.protocol_version??"\u2014"}, Gray Paper ${e.gp_version}, parameters as ${e.params_layout??"unknown"}`:"\u2014"}</dd>
      <dt>Genesis</dt><dd><${Z} value=${e?.genesis} /></dd>
      <dt>Flags</dt><dd>${e?Le(e.flags):"\u2014"}</dd>
      ${e?.additional_info&&n`<dt>Says</dt><dd>${e.additional_info}</dd>`}
      <dt>In sync</dt><dd>${t.synced===null?"\u2014":t.synced?"yes":"no"}</dd>
    </dl>
    ${e?.params&&n`<details>
      <summary>Protocol parameters</summary>
      <dl class="pairs">
        ${Object.entries(e.params).map(([s,r])=>n`<dt key=${s} class="mono">${s}</dt><dd>${r===null?"\u2014":c(r)}</dd>`)}
      </dl>
    </details>`}
  `}function Le(t){return`${t&1?"PVM recompiler":"PVM interpreter"} (0x${t.toString(16).padStart(8,"0")})`}function Me({id:t}){let[e,l]=N([]),[s,r]=N(0),[d,a]=N(null),$=ne.value,o=J([]);return G(()=>{if($)return;a(null);let i=ae({type:"Node",node_id:t},u=>{"missed"in u?r(L=>L+(u.missed??0)):(o.current.push(u),o.current.length>$e&&o.current.shift())},a),h=setInterval(()=>{if(!o.current.length)return;let u=o.current.reverse();o.current=[],l(L=>[...u,...L].slice(0,$e))},he);return()=>{clearInterval(h),i()}},[t,$]),n`
    ${d&&n`<${ee} name="live events" error=${d} />`}
    ${s>0&&n`<div class="notice" data-state="warn">${O(s,"event")} were too many to show.</div>`}
    <${S}
      caption="Live log"
      rows=${e}
      rowKey=${i=>i.id}
      height=${320}
      steady
      onOpen=${i=>E(`events/${i.id}`)}
      empty=${$?"The page is paused; press p to follow again.":"Waiting for its next event."}
      columns=${[{id:"time",title:"received",value:i=>i.received_at,cell:i=>n`<${T} value=${i.received_at} fraction />`,rank:1},{id:"type",title:"event",value:i=>Object.keys(i.data)[0],cell:i=>n`<a href=${m(`events/${i.id}`)}>${Object.keys(i.data)[0]}</a>`,rank:2},{id:"fields",title:"fields",value:me,cell:i=>n`<span class="mono muted">${me(i)}</span>`,rank:3}]}
    />
  `}function me({data:t}){let e=Object.values(t)[0]??{};return Object.entries(e).filter(([l])=>l!=="timestamp").map(([l,s])=>`${l} ${ze(s)}`).join("  ")}function ze(t){return typeof t=="string"?t.length>20?`${t.slice(0,10)}\u2026`:t:Array.isArray(t)?`[${t.length}]`:typeof t=="object"&&t!==null?"{\u2026}":String(t)}export{ve as default};
