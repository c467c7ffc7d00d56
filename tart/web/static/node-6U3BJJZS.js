import{d as oe}from"./chunk-PQ33VQHV.js";import{b as W,c as E,h as ae,i as re,j as F,k as R,l as j,m as B}from"./chunk-2AFQ6EAQ.js";import{a as ne}from"./chunk-VWSFC2I6.js";import{a as p,b as Z,d as ee}from"./chunk-MT5OO2NG.js";import{a as ie}from"./chunk-A5KFDUZV.js";import{c as S}from"./chunk-5T32BEGS.js";import{b as D,c as te,e as b,g as se,m as v}from"./chunk-SPHRVP5U.js";import{b as x,e as f}from"./chunk-6F6XN5K6.js";import{a as C,b as h}from"./chunk-DXBXNIWB.js";import{G as k,I as Y,J as z,K as Q,M as X,N as T,O as A,P as g,a as $,b as L,c as J,d as y,e as V,g as M,i as q,l as O,u as H,v as m,w as P,x as U}from"./chunk-MVD6GQUR.js";import{g as I,h as K,j as G,k as N,l as n}from"./chunk-EUVXIHW5.js";var le=`.candidates li {
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
`;ie(le);var de=200,me=250;function fe({id:t}){let e=v("the node",c=>g.node(t,{},{signal:c}),{every:1e4,deps:[t]}),{error:r,data:s}=e;if(r?.status===409)return n`<${he} prefix=${t} />`;if(r?.status===404||r?.status===400)return n`<${C} title="Node">
      <${x} title=${r.status===404?"This node has never connected.":"This is not a node id."}>
        <p>${r.message}</p>
        <p><a href=${m("nodes")}>All nodes</a></p>
      <//>
    <//>`;let a=n`<span class="mono">${q(s?.node_id??t)}</span>`;return n`<${C} title=${a} question="Is this node well, and where is it slow?" actions=${s&&n`<${ve} node=${s} />`}>
    <${f} answer=${e} lines=${8}>
      ${c=>n`<${ge} node=${c} />`}
    <//>
  <//>`}function he({prefix:t}){let e=v("the nodes",s=>g.nodesSummary({},{signal:s}),{deps:[t]}),r=t.toLowerCase().replace(/^0x/,"");return n`<${C} title="Node" question=${`More than one id begins with ${r}`}>
    <${f} answer=${e}>
      ${s=>n`<ul class="candidates">
        ${E(s).filter(({node_id:a})=>a.startsWith(r)).map(a=>n`<li key=${a.node_id}><${z} node=${a} state=${a.mark} word=${W(a.state)} /> <span class="mono muted">${a.node_id}</span></li>`)}
      </ul>`}
    <//>
  <//>`}function ve({node:t}){return n`
    <${Q} text=${t.node_id} label="Copy the whole id">Copy id<//>
    <a class="button small" href=${m("events",{node:t.node_id})}>Its events</a>
    <a class="button small" href=${m("topology",{node:t.node_id})}>Its links</a>
  `}function ge({node:t}){let e=t.node_id,r=JSON.stringify(D.value),s={every:1e4,deps:[e,r]},a=v("its figures",l=>g.nodesSummary({node_id:e,...b()},{signal:l}),{...s,every:5e3}),c=v("its connections",l=>g.nodeSessions(e,{...b(),limit:1e3},{signal:l}),s),o=v("its latencies",l=>g.nodeLatencies(e,b(),{signal:l}),s),d=v("its findings",l=>g.nodeConformance(e,b(),{signal:l}),{...s,every:3e4}),i=v("its links",l=>g.links({node_id:e,...b()},{signal:l}),{...s,every:3e4});return n`<div class="cards">
    <${h} title="Now"><${f} answer=${a}>${l=>n`<${ye} summary=${l} />`}<//><//>
    <${h} title="Connections" note=${t.first_seen_at&&n`first seen <${A} value=${t.first_seen_at} />`}>
      <${f} answer=${c}>
        ${l=>n`<${_e} answer=${l} summary=${a.data} />`}
      <//>
    <//>
    <${h} title="Durations against the network" note="by the node's clock" flush>
      <${f}
        answer=${o}
        isEmpty=${l=>l.steps.length===0}
        empty=${n`<${x} title="No durations in this range.">A step counts when an event refers to an earlier one.<//>`}
      >
        ${l=>n`<${ke} id=${e} data=${l} />`}
      <//>
    <//>
    <${h} title="What it did" size="half">
      <${f}
        answer=${o}
        isEmpty=${l=>R(l.steps).length===0}
        empty=${n`<${x} title="Nothing in this range." />`}
      >
        ${l=>n`<${Oe} steps=${l.steps} />`}
      <//>
    <//>
    <${h} title="Findings" size="half" flush>
      <${f}
        answer=${d}
        isEmpty=${l=>l.findings.length===0}
        empty=${n`<${x} title="No rule broken in this range.">All that it sent is as JIP-3 has it.<//>`}
      >
        ${l=>n`<${Pe} rows=${l.findings} />`}
      <//>
    <//>
    <${h} title="Peers" size="half" note="block announcements" flush>
      <${f}
        answer=${i}
        isEmpty=${l=>l.total_links===0}
        empty=${n`<${x} title="No announcement from or to it in this range." />`}
      >
        ${l=>n`<${Te} id=${e} data=${l} />`}
      <//>
    <//>
    <${h} title="What it says of itself" size="half"><${Ce} node=${t} /><//>
    <${h} title="Live log" note="newest first" flush><${Ie} id=${e} /><//>
  </div>`}function ye({summary:t}){let[e]=E(t),r=t.rules.find(({state:s})=>s===e.state);return n`
    <${Z}>
      <${p} id="state" label="State" value=${n`<${k} state=${e.mark} word=${W(e.state)} />`} note=${r?.state==="well"?void 0:r?.meaning} />
      <${p} id="best" label="Best slot" value=${$(e.best_slot)} note=${ce(e.best_lag)} />
      <${p} id="finalized" label="Finalized" value=${$(e.finalized_slot)} note=${ce(e.finalized_lag)} />
      <${p} id="rate" label="Events" value=${J(e.events_per_second)} spark=${e.series} note=${`${$(e.events)} in the range`} />
      <${p} id="clock" label="Clock" value=${y(e.clock_offset_ms)} title=${e.clock_offset_ms===null?void 0:`${e.clock_offset_ms} ms`} note="server's minus its own" />
      <${p} id="peers" label="Peers" value=${$(e.peers)} note=${e.validator_peers===null?"no Status in the range":`${$(e.validator_peers)} validators`} />
      <${p} id="failures" label="Failures" value=${$(e.failures)} note="in the range" />
      <${p} id="dropped" label="Dropped" value=${L(Number(e.dropped))} note="by the node, ever" />
      <${p} id="undecodable" label="Undecodable" value=${L(e.undecodable)} note="ever" />
      <${p} id="seen" label="Last seen" value=${n`<${A} value=${e.last_seen_at} />`} />
    <//>
  `}function ce(t){return t===null?"not reported":t===0?"with the network":`${O(t,"slot")} behind`}var we={open:"open",closed:"closed",died:"the server's shard died",refused:"refused"};function _e({answer:t,summary:e}){let[r,s]=se(),a=ae(t.sessions,[r,s]),c=e?E(e)[0].series:[],o=Math.max(...c,1),d=re(t.sessions,r);return n`
    <p class="muted" data-sessions=${t.sessions.length}>
      ${a.length===0?"Not connected in this range.":n`Connected ${M(F(a))} of the range,
          ${d===0?" without a reconnect":` ${O(d,"reconnect")}`}${t.has_more?"; the newest 1 000 connections are shown":""}.
          Bars are its events.`}
    </p>
    <div class="sessions-strip" role="img" aria-label=${`Connections: ${a.length}; connected ${M(F(a))} of the range`}>
      <svg viewBox="0 0 1000 40" preserveAspectRatio="none" aria-hidden="true">
        ${c.map((i,l)=>{let u=1e3/c.length,_=i?Math.max(1,i/o*24):0;return n`<rect key=${`bar ${l}`} class="sessions-events" x=${l*u+.5} y=${26-_} width=${Math.max(1,u-1)} height=${_} />`})}
        ${a.map(({from:i,to:l,outcome:u,session:_})=>n`<rect
            key=${_.session}
            class="sessions-part"
            data-outcome=${u}
            x=${i*1e3}
            y="29"
            width=${Math.max(1.5,(l-i)*1e3-.75)}
            height="9"
          />`)}
      </svg>
    </div>
    <details>
      <summary>${O(t.sessions.length,"connection")}</summary>
      <${S}
        caption="Connections"
        rows=${t.sessions}
        rowKey=${i=>i.session}
        sort="-started"
        sortParameter="connections"
        csv="connections"
        height=${240}
        columns=${[{id:"started",title:"began",value:i=>i.started_at,cell:i=>n`<${T} value=${i.started_at} date />`,rank:1},{id:"lasted",title:"lasted",end:!0,value:i=>$e(i),cell:i=>y($e(i)),rank:2},{id:"outcome",title:"outcome",value:i=>i.outcome,cell:i=>n`<${k} state=${i.outcome==="open"?"ok":i.outcome==="closed"?"idle":"bad"} word=${we[i.outcome]} />`,rank:3},{id:"reason",title:"reason",value:i=>i.reason},{id:"events",title:"events",end:!0,value:i=>i.event_count,cell:i=>$(i.event_count)},{id:"bytes",title:"received",end:!0,value:i=>i.bytes,cell:i=>V(i.bytes)},{id:"dropped",title:"dropped",end:!0,value:i=>i.dropped_count,cell:i=>$(i.dropped_count)},{id:"address",title:"address",value:i=>i.address,cell:i=>n`<span class="mono">${i.address}</span>`}]}
      />
    </details>
  `}function $e({started_at:t,ended_at:e}){return(e===null?Date.now():Date.parse(e))-Date.parse(t)}var be={ok:"as the network",warn:"slower",bad:"much slower",idle:"few samples",info:""};function ke({id:t,data:e}){let r=H.value.parameters.step,s=e.steps.find(o=>o.step===r)??xe(e.steps),a=N(()=>{let o=Date.parse(e.buckets.start);return Array.from({length:e.buckets.count},(d,i)=>o+i*e.buckets.seconds*1e3)},[e]),c=N(()=>[{label:"network p10",values:s.band.p10_ms,colour:"--line-strong"},{label:"network p90",values:s.band.p90_ms,colour:"--line-strong"},{label:"network p50",values:s.band.p50_ms,ghost:!0},{label:"this node p50",values:s.series.p50_ms,colour:"--accent"}],[s]);return n`
    <div class="latency-split">
      <${S}
        caption="Steps"
        rows=${e.steps}
        rowKey=${o=>o.step}
        sort="-ratio"
        sortParameter="steps"
        csv="durations"
        steady
        height=${360}
        onOpen=${o=>U({step:o.step})}
        rowState=${o=>o.step===s.step?"chosen":void 0}
        columns=${[{id:"step",title:"step",value:o=>o.step,cell:o=>j(o.from,o.to),rank:1},{id:"count",title:"count",end:!0,value:o=>o.node.count,cell:o=>$(o.node.count)},{id:"p50",title:"p50",end:!0,value:o=>o.node.p50_ms,cell:o=>y(o.node.p50_ms),rank:3},{id:"p90",title:"p90",end:!0,value:o=>o.node.p90_ms,cell:o=>y(o.node.p90_ms)},{id:"network",title:"network p50",end:!0,value:o=>o.network.p50_ms,cell:o=>y(o.network.p50_ms)},{id:"ratio",title:"against it",help:"The node's median divided by the network's; slower from 2 times on, with 5 samples or more",value:o=>o.node.count<5?null:o.ratio,cell:o=>n`<${k} state=${B(o)} word=${o.ratio===null?"\u2014":`${$(o.ratio,2)} times`} title=${be[B(o)]} />`,rank:2}]}
      />
      <div class="latency-chart" data-step=${s.step}>
        <h3>${j(s.from,s.to)}</h3>
        <${ne} title=${`Durations of ${s.step}`} x=${a} series=${c} format=${y} bands=${[{low:0,high:1}]} height=${200} />
        <${Se} id=${t} step=${s} />
      </div>
    </div>
  `}function xe(t){let e=t.filter(({node:r,ratio:s})=>r.count>=5&&s!==null);return e.reduce((r,s)=>s.ratio>r.ratio?s:r,e[0]??t[0])}function Se({id:t,step:e}){let r=v("the slowest examples",s=>g.nodeSlowestSteps(t,{step:e.step,limit:8,...b()},{signal:s}),{deps:[t,e.step,JSON.stringify(D.value)]});return n`<h4>Slowest examples</h4>
    <${f} answer=${r} isEmpty=${s=>s.examples.length===0} empty=${n`<p class="muted">The event log of this range has none.</p>`}>
      ${s=>n`<ol class="slowest">
        ${s.examples.map(a=>n`<li key=${a.id}>
            <a href=${m(`events/${a.id}`)}>${y(a.duration_ms)}</a>
            <span class="muted">
              <${T} value=${a.received_at} date />
              ${a.slot!==null&&n` · slot <a href=${m(`slots/${a.slot}`)}>${$(a.slot)}</a>`}
              ${a.core!==null&&n` · core <a href=${m(`cores/${a.core}`)}>${$(a.core)}</a>`}
              · from <a href=${m(`events/${a.from_id}`)}>its beginning</a>
            </span>
          </li>`)}
      </ol>`}
    <//>`}function Oe({steps:t}){let e=R(t);return n`<${ee}
    label="Numbers of what it did"
    rows=${e.map(({text:r,failed:s,count:a})=>({label:s?n`<${k} state="bad" word=${r} />`:r,value:a,text:$(a),state:s?"bad":void 0}))}
  />`}var Ne={error:"bad",warning:"warn",info:"info"};function Pe({rows:t}){return n`<${S}
    caption="Findings"
    rows=${t}
    rowKey=${e=>e.code}
    height=${280}
    onOpen=${e=>e.examples[0]?.id&&P(`events/${e.examples[0].id}`)}
    columns=${[{id:"severity",title:"severity",value:e=>e.severity,cell:e=>n`<${k} state=${Ne[e.severity]} word=${e.severity==="info"?"note":e.severity} />`,rank:2},{id:"rule",title:"rule",value:e=>e.code,cell:e=>e.docs?n`<a href=${e.docs.replace(/^\//,"")}>${e.code}</a>`:e.code,rank:1},{id:"count",title:"count",end:!0,value:e=>e.count,cell:e=>`${$(e.count)} ${e.counted}`,rank:3},{id:"last",title:"last",value:e=>e.last_at,cell:e=>n`<${A} value=${e.last_at} />`},{id:"example",title:"example",value:e=>e.examples[0]?.id??null,cell:e=>e.examples[0]?.id?n`<a href=${m(`events/${e.examples[0].id}`)}>event</a>`:n`<span class="muted">${"\u2014"}</span>`}]}
  />`}function Te({id:t,data:e}){let r=N(()=>Ae(t,e),[e]);return n`<${S}
    caption="Peers"
    rows=${r}
    rowKey=${s=>s.node_id}
    sort="-sent"
    sortParameter="peers"
    csv="peers"
    steady
    height=${280}
    onOpen=${s=>P(`nodes/${s.node_id}`)}
    columns=${[{id:"peer",title:"peer",value:s=>s.node_id,cell:s=>n`<${z} node=${s} />`,rank:1},{id:"sent",title:"to it",end:!0,value:s=>s.sent,cell:s=>$(s.sent),rank:2},{id:"received",title:"from it",end:!0,value:s=>s.received,cell:s=>$(s.received),rank:3}]}
  />`}function Ae(t,{nodes:e,links:r,implementations:s}){let a=e.node_id.indexOf(t),c=new Map;return r.messages.forEach((o,d)=>{let[i,l]=[r.source[d],r.target[d]],u=i===a?l:i,_=c.get(u)??{sent:0,received:0};_[i===a?"sent":"received"]+=o,c.set(u,_)}),[...c].map(([o,d])=>{let i=s[e.implementation[o]]??{name:null,version:null};return{node_id:e.node_id[o],implementation_name:i.name,implementation_version:i.version,...d}})}function Ce({node:t}){let e=t.node_info,r=t.connections[0];return n`
    <dl class="pairs">
      <dt>Id</dt><dd><span class="mono">${t.node_id}</span></dd>
      <dt>Implementation</dt><dd><${Y} name=${t.implementation_name} version=${t.implementation_version} /></dd>
      <dt>Address</dt><dd class="mono">${t.address??"\u2014"}</dd>
      <dt>Protocol</dt><dd>${e?`JIP-3 version ${r?.protocol_version??e.protocol_version??"\u2014"}, Gray Paper ${e.gp_version}, parameters as ${e.params_layout??"unknown"}`:"\u2014"}</dd>
      <dt>Genesis</dt><dd><${X} value=${e?.genesis} /></dd>
      <dt>Flags</dt><dd>${e?Ee(e.flags):"\u2014"}</dd>
      ${e?.additional_info&&n`<dt>Says</dt><dd>${e.additional_info}</dd>`}
      <dt>In sync</dt><dd>${t.synced===null?"\u2014":t.synced?"yes":"no"}</dd>
    </dl>
    ${e?.params&&n`<details>
      <summary>Protocol parameters</summary>
      <dl class="pairs">
        ${Object.entries(e.params).map(([s,a])=>n`<dt key=${s} class="mono">${s}</dt><dd>${a===null?"\u2014":$(a)}</dd>`)}
      </dl>
    </details>`}
  `}function Ee(t){return`${t&1?"PVM recompiler":"PVM interpreter"} (0x${t.toString(16).padStart(8,"0")})`}function Ie({id:t}){let[e,r]=I([]),[s,a]=I(0),c=te.value,o=G([]);return K(()=>{if(c)return;let d=oe({type:"Node",node_id:t},l=>{"missed"in l?a(u=>u+(l.missed??0)):(o.current.push(l),o.current.length>de&&o.current.shift())}),i=setInterval(()=>{if(!o.current.length)return;let l=o.current.reverse();o.current=[],r(u=>[...l,...u].slice(0,de))},me);return()=>{clearInterval(i),d()}},[t,c]),n`
    ${s>0&&n`<div class="notice" data-state="warn">${O(s,"event")} were too many to show.</div>`}
    <${S}
      caption="Live log"
      rows=${e}
      rowKey=${d=>d.id}
      height=${320}
      steady
      onOpen=${d=>P(`events/${d.id}`)}
      empty=${c?"The page is paused; press p to follow again.":"Waiting for its next event."}
      columns=${[{id:"time",title:"received",value:d=>d.received_at,cell:d=>n`<${T} value=${d.received_at} fraction />`,rank:1},{id:"type",title:"event",value:d=>Object.keys(d.data)[0],cell:d=>n`<a href=${m(`events/${d.id}`)}>${Object.keys(d.data)[0]}</a>`,rank:2},{id:"fields",title:"fields",value:ue,cell:d=>n`<span class="mono muted">${ue(d)}</span>`,rank:3}]}
    />
  `}function ue({data:t}){let e=Object.values(t)[0]??{};return Object.entries(e).filter(([r])=>r!=="timestamp").map(([r,s])=>`${r} ${Le(s)}`).join("  ")}function Le(t){return typeof t=="string"?t.length>20?`${t.slice(0,10)}\u2026`:t:Array.isArray(t)?`[${t.length}]`:typeof t=="object"&&t!==null?"{\u2026}":String(t)}export{fe as default};
