import{a as re}from"./chunk-HFXSJWWH.js";import{a as E}from"./chunk-G37EDIRC.js";import{a as ne}from"./chunk-SDSJLCPH.js";import{a as se}from"./chunk-OYJLUT6D.js";import{b as k,c as te}from"./chunk-QLZ46DTY.js";import{a as A}from"./chunk-4YALDK3C.js";import{a as m,b as q}from"./chunk-WQNOXECZ.js";import{a as ee}from"./chunk-A5KFDUZV.js";import{a as J,b as p}from"./chunk-HZVHJNCT.js";import{a as b}from"./chunk-D2RCVQFS.js";import{a as g}from"./chunk-QCITNMUN.js";import{b as L,e as N}from"./chunk-IIW3BLOX.js";import{d as S}from"./chunk-5HTXFBE2.js";import{B as z,D as T,H as B,I as V,a as u,e as d,g as c,i as C,j as D,k as v,l as Q,m as x,p as j}from"./chunk-DYZXLK2B.js";import{d as R,g as _,h as O,i as F,j as Z,k as X}from"./chunk-NIKDHXBC.js";import{g as y,i as Y,k as M}from"./chunk-37NB6NY5.js";import{k as $,l}from"./chunk-QNZ3L47H.js";var h=Object.freeze({ALL:4,MOST:3,FEW:2,ELSEWHERE:1,MISSING:0}),$e=6e3;function P(e,r){return e.filter(({first_at:t})=>r-(v(t)??0)>=$e)}function ae(e,r){let t=e.map(s=>{let n=r.get(s),a=n?.implementation_name;return`${a?0:1}${a??""}\0${n?.implementation_version??""}\0${s}`});return t.map((s,n)=>n).sort((s,n)=>t[s]<t[n]?-1:1)}function oe({anchors:e,nodes:r},t){let s=[...e].reverse(),n=new Float64Array(t.length*s.length);return s.forEach((a,o)=>{let i=new Set(a.elsewhere);t.forEach((f,I)=>{n[I*s.length+o]=pe(a.reached[f],r.length-1,i.has(f))})}),{values:n,anchors:s}}function pe(e,r,t){return e===null?t?h.ELSEWHERE:h.MISSING:e>=r?h.ALL:e*3>=r*2?h.MOST:h.FEW}function G(e,r){let t=P(e.anchors,r),s=n=>fe(t.map(a=>a[n]));return{anchors:t.length,assured:E(t.map(({assured:n})=>n)),twoThirds:E(s("until_two_thirds_ms")),twoThirdsReached:s("until_two_thirds_ms").length,all:E(s("until_all_ms")),allReached:s("until_all_ms").length,late:t.reduce((n,{late:a})=>n+a.length,0),missing:t.reduce((n,{missing:a,elsewhere:o})=>n+a.length-o.length,0),possible:t.length*e.nodes.length}}function fe(e){return e.filter(r=>r!=null)}function le(e,r,t,s,n){let a=0;return e.map(o=>{let i=o-s;for(;a+1<r.length&&Math.abs(r[a+1]-i)<=Math.abs(r[a]-i);)a+=1;return r.length&&Math.abs(r[a]-i)<=n?t[a]:null})}function ie(e){return Math.max(20,Math.min(120,Math.floor(2e4/Math.max(1,e))))}var w={shard:"Shards for assurers",bundle_shard:"Bundle shards",bundle:"Whole bundles",segment_shard:"Segment shards",segment:"Whole segments",preimage:"Preimages"},U={shard:"An assurer asks a guarantor for its shards of a work-report (120 to 125).",bundle_shard:"An auditor asks assurers for shards to reconstruct a bundle (140 to 145).",bundle:"An auditor asks a guarantor for the whole bundle (148 to 153).",segment_shard:"A guarantor asks assurers for shards of imported segments (162 to 167).",segment:"A guarantor asks another guarantor for imported segments (173 to 178)."};function de(e,r=10){let t=e.filter(({transferred:n,p95_ms:a})=>n>=r&&a!==null),s=E(t.map(({p95_ms:n})=>Number(n)));return new Set(t.filter(({p95_ms:n})=>t.length>=3&&s!==null&&Number(n)>=2*s).map(({node_id:n})=>n))}var W=Object.keys(U);function ce({names:e}){let r=W.includes(y.value.parameters.kind)?y.value.parameters.kind:W[0],t=[JSON.stringify(R.value)],s=b("the requests",o=>g.availabilityRequests(O(),{signal:o}),{every:1e4,deps:t}),n=b("the requests of the range before",o=>g.availabilityRequests(F(),{signal:o}),{deps:t,when:_.value}),a=_.value?n.data?.kinds.find(o=>o.kind===r)??null:null;return l`<${p} title="Requests" note="times by the clock of the node that reports them, of transfers">
    <${se}
      label="Kinds of requests"
      selected=${r}
      onSelect=${o=>M({kind:o===W[0]?void 0:o})}
      tabs=${W.map(o=>({id:o,label:w[o]}))}
    />
    <${N} answer=${s}>
      ${o=>{let i=o.kinds.find(f=>f.kind===r);return i&&l`<div role="tabpanel" aria-label=${w[r]} data-kind=${r}>
          <p class="card-note">${U[r]}</p>
          <${ve} row=${i} times=${o.times} before=${a} names=${e} />
        </div>`}}
    <//>
  <//>`}function ve({row:e,times:r,before:t,names:s}){return!e.requester.started&&!e.server.started?l`<${L} title="No such requests in this range.">They appear here when nodes ask each other for this data.<//>`:l`<div class="request-kind">
    <div class="sides">
      <section aria-label="Requesters"><h3>Requesters: from the request sent to its transfer</h3><${ue} side=${e.requester} before=${t?.requester} id="requester" /></section>
      <section aria-label="Servers"><h3>Servers: from the request received to its transfer</h3><${ue} side=${e.server} before=${t?.server} id="server" /></section>
    </div>
    <${ge} row=${e} times=${r} before=${t} />
    <div class="sides">
      <section aria-label="Slowest servers"><h3>Slowest servers</h3><${_e} row=${e} names=${s} /></section>
      <section aria-label="Reasons of failures"><h3>Failures by reason</h3><${be} rows=${e.failures} /></section>
    </div>
  </div>`}function ue({side:e,before:r,id:t}){let s=e.transferred+e.failed,n=s>=20&&e.failed*20>s;return l`<${q}>
    <${m} id=${`${t}-started`} label="Started" value=${u(e.started)} before=${r&&u(r.started)} />
    <${m}
      id=${`${t}-failed`}
      label="Failed"
      value=${c(e.failed,s)}
      state=${n?"warn":void 0}
      note=${n&&l`<${T} state="warn" word="more than 5 %" />`}
      before=${r&&c(r.failed,r.transferred+r.failed)}
    />
    <${m} id=${`${t}-p50`} label="p50" value=${d(e.p50_ms)} before=${r&&d(r.p50_ms)} />
    <${m} id=${`${t}-p95`} label="p95" value=${d(e.p95_ms)} before=${r&&d(r.p95_ms)} />
  <//>`}function ge({row:e,times:r,before:t}){let s=$(()=>r.map(i=>v(i)??0),[r]),n=i=>s.map((f,I)=>i[i.length-s.length+I]??null),a=$(()=>[...t?[{label:"requesters p95, before",values:n(t.series.requester_p95_ms),ghost:!0}]:[],{label:"requesters p50",values:e.series.requester_p50_ms,colour:"--accent"},{label:"requesters p95",values:e.series.requester_p95_ms,colour:"--implementation-1"},{label:"servers p50",values:e.series.server_p50_ms,colour:"--implementation-2"},{label:"servers p95",values:e.series.server_p95_ms,colour:"--implementation-3"}],[e,t,s]),o=$(()=>[{label:"requested",values:e.series.requested,colour:"--accent",bars:!0},{label:"failed",values:e.series.failed,colour:"--bad",bars:!0}],[e]);return l`<div class="sides">
    <${A} title=${`Times of ${w[e.kind].toLowerCase()}`} x=${s} series=${a} format=${d} height=${150} />
    <${A} title=${`Numbers of ${w[e.kind].toLowerCase()}`} x=${s} series=${o} format=${u} height=${150} />
  </div>`}function _e({row:e,names:r}){let t=$(()=>de(e.servers),[e]),s=[{id:"node",title:"Node",rank:1,value:n=>n.node_id,cell:n=>l`<${k}
        node=${r.get(n.node_id)??n}
        state=${t.has(n.node_id)?"warn":"ok"}
        word=${t.has(n.node_id)?"twice the typical p95 or more":"as others"}
      />`},{id:"p95",title:"p95",rank:2,end:!0,value:n=>n.p95_ms,cell:n=>d(n.p95_ms)},{id:"p50",title:"p50",end:!0,value:n=>n.p50_ms,cell:n=>d(n.p50_ms)},{id:"transferred",title:"Transfers",rank:3,end:!0,value:n=>n.transferred},{id:"failed",title:"Failed",end:!0,value:n=>n.failed}];return l`<${S}
      caption=${`Servers of ${w[e.kind].toLowerCase()}`}
      columns=${s}
      rows=${e.servers}
      rowKey=${n=>n.node_id}
      sort="-p95"
      sortParameter="servers"
      csv=${`servers-${e.kind}`}
      height=${240}
      empty="No node received such a request."
    />
    ${e.servers_total>e.servers.length&&l`<p class="card-note">The slowest ${u(e.servers.length)} of ${u(e.servers_total)} servers.</p>`}`}function be({rows:e}){return l`<${S}
    caption="Failures by reason"
    columns=${[{id:"reason",title:"Reason",rank:1,value:t=>t.reason,cell:t=>l`<span title=${t.reason}>${t.reason}</span>`},{id:"count",title:"Events",rank:2,end:!0,value:t=>t.count},{id:"nodes",title:"Nodes",end:!0,value:t=>t.nodes},{id:"last",title:"Last",rank:3,end:!0,value:t=>t.last_at,cell:t=>l`<${V} value=${t.last_at} />`}]}
    rows=${e}
    rowKey=${t=>t.reason}
    sort="-count"
    sortParameter="failures"
    height=${240}
    empty="No failures in this range."
  />`}var me=`/* Availability, preimages. */

.node-list {
  display: inline-flex;
  flex-wrap: wrap;
  gap: var(--space-1) var(--space-2);
}

.sides {
  display: grid;
  grid-template-columns: repeat(2, minmax(0, 1fr));
  gap: var(--space-4);
}

.sides h3 {
  margin-block-end: var(--space-2);
  color: var(--text-2);
  font-size: var(--size-13);
  font-weight: 500;
}

.request-kind {
  display: grid;
  gap: var(--space-4);
  padding-block-start: var(--space-3);
}

@media (max-width: 900px) {
  .sides {
    grid-template-columns: minmax(0, 1fr);
  }
}

.preimage-details {
  padding-block: var(--space-3);
  white-space: normal;
}
`;ee(me);var ye=[{value:h.ALL,label:"all others received it",colour:"--heat-4"},{value:h.MOST,label:"two thirds or more",colour:"--heat-2"},{value:h.FEW,label:"fewer",colour:"--warn",glyph:"\u25B2"},{value:h.ELSEWHERE,label:"assured another branch",colour:"--line-strong",glyph:"\u25CB"},{value:h.MISSING,label:"did not assure it",colour:"--bad",glyph:"\u25A0"}],Se=3e4;function ke(){let e=ne(),r=ie(e.size),t=[JSON.stringify(R.value),r],s=b("the anchors",o=>g.availabilityAnchors({...O(),limit:r},{signal:o}),{every:6e3,deps:t}),n=b("the anchors of the range before",o=>g.availabilityAnchors({...F(),limit:r},{signal:o}),{deps:t,when:_.value}),a=_.value?n.data:null;return l`<${J} title="Availability" question="Does every validator hold its shards, say so in time, and hand them out?">
    <div class="cards">
      <${N}
        answer=${s}
        isEmpty=${o=>!o.anchors.length}
        empty=${l`<${p} title="Assurances"><${Ae} /><//>`}
      >
        ${o=>l`<div class="cards"><${Ee} data=${o} before=${a} names=${e} /></div>`}
      <//>
      <${ce} names=${e} />
    </div>
  <//>`}function Ae(){return l`<${L} title="No assurances in this range.">
    They appear here when nodes report Distributing assurance (126) and Assurance received (131).
  <//>`}function Ee({data:e,before:r,names:t}){return l`
    <${p} title="Assurances" note=${xe(e)}><${Te} data=${e} before=${r} /><//>
    <${p} size="two-thirds" title="Coverage" note="a row for each assurer, a column for each anchor; choose a column">
      <${Le} data=${e} names=${t} />
    <//>
    <${p} size="third" title="Anchor"><${Me} data=${e} names=${t} /><//>
    <${p} size="two-thirds" title="Assurers" flush><${Fe} data=${e} names=${t} /><//>
    <${p} size="third" title="Time until the receipts" note="from the first assurance">
      <${Re} data=${e} before=${r} />
    <//>
  `}function xe({anchors:e,total_anchors:r,nodes:t,nodes_left_out:s}){return`${e.length<r?`newest ${u(e.length)} of ${x(r,"anchor")}`:x(r,"anchor")}, ${x(t.length,"assurer")}${s?`, ${u(s)} more left out`:""}`}function Te({data:e,before:r}){let t=X()[1],s=G(e,Math.min(t,z.value)),n=r&&G(r,t),a=e.nodes.length,o=s.assured===null||s.assured*3>a*2;return l`<${q} large>
    <${m}
      id="assured"
      label="Assurers of an anchor, median"
      value=${s.assured===null?"\u2014":c(s.assured,a)}
      state=${o?void 0:"bad"}
      note=${o?void 0:l`<${T} state="bad" word="two thirds or fewer" />`}
      before=${n&&c(n.assured,r?.nodes.length)}
    />
    <${m}
      id="two-thirds"
      label="Until two thirds of the receipts, median"
      value=${d(s.twoThirds)}
      note=${`reached for ${c(s.twoThirdsReached,s.anchors)} anchors`}
      before=${n&&d(n.twoThirds)}
    />
    <${m}
      id="all"
      label="Until all receipts, median"
      value=${d(s.all)}
      note=${`reached for ${c(s.allReached,s.anchors)} anchors`}
      before=${n&&d(n.all)}
    />
    <${m}
      id="missing"
      label="Assurances missing"
      value=${c(s.missing,s.possible)}
      note="without those of another branch"
      before=${n&&c(n.missing,n.possible)}
    />
    <${m}
      id="late"
      label="Assurances late"
      value=${u(s.late)}
      note=${`${d(e.late_after_ms)} or more after the first`}
      before=${n&&u(n.late)}
    />
  <//>`}function Le({data:e,names:r}){let t=$(()=>ae(e.nodes,r),[e,r]),s=$(()=>oe(e,t),[e,t]),n=a=>{let o=e.nodes[t[a]],i=r.get(o);return`${D(o)}${i?.implementation_name?` \xB7 ${j(i.implementation_name,i.implementation_version)}`:""}`};return l`<${re}
    title="Coverage of anchors by assurances"
    rows=${t.length}
    columns=${s.anchors.length}
    values=${s.values}
    levels=${ye}
    height=${Math.max(200,Math.min(640,t.length*12))}
    rowTitle="assurer"
    columnTitle="anchor"
    rowLabel=${n}
    columnLabel=${a=>Ne(s.anchors[a])}
    describe=${(a,o)=>qe(e,s.anchors[o],t[a])}
    onOpen=${(a,o)=>M({anchor:s.anchors[o].anchor})}
  />`}function Ne({slot:e,anchor:r,first_at:t}){return`${e===null?C(r):`slot ${u(e)}`} \xB7 ${Q(t)}`}function qe({nodes:e},{reached:r,started_ms:t,elsewhere:s},n){let a=e.length-1,o=r[n];return o===null?s.includes(n)?"assured another branch":"did not assure it":`received by ${c(o,a)}, sent ${d(t[n])} after the first`}function Me({data:e,names:r}){let t=y.value.parameters.anchor,s=e.anchors.find(({anchor:a})=>a===t)??P(e.anchors,z.value)[0]??e.anchors[0],n=e.nodes.length;return l`
    ${t&&s.anchor!==t&&l`<p class="card-note" role="status">
      Anchor ${C(t)} is not among the newest ${u(e.anchors.length)} of this range; shown is the newest.
    </p>`}
    <dl class="pairs" data-anchor=${s.anchor}>
      <dt>Block</dt>
      <dd><${te} value=${s.anchor} /></dd>
      <dt>Slot</dt>
      <dd>${s.slot===null?"\u2014":l`<a href=${Y(`slots/${s.slot}`)}>${u(s.slot)}</a>`}</dd>
      <dt>First assured</dt>
      <dd><${B} value=${s.first_at} fraction /></dd>
      <dt>Assured by</dt>
      <dd>${c(s.assured,n)} nodes</dd>
      <dt>Receipts</dt>
      <dd>${c(s.receipts,s.expected_receipts)}</dd>
      <dt>Two thirds after</dt>
      <dd>${s.until_two_thirds_ms===null?"not reached":d(s.until_two_thirds_ms)}</dd>
      <dt>All after</dt>
      <dd>
        ${s.until_all_ms===null?`not reached; last receipt after ${d(s.last_receipt_ms)}`:d(s.until_all_ms)}
      </dd>
      <dt>Missing</dt>
      <dd><${K} nodes=${H(e,s.missing.filter(a=>!s.elsewhere.includes(a)))} names=${r} /></dd>
      <dt>Other branch</dt>
      <dd><${K} nodes=${H(e,s.elsewhere)} names=${r} /></dd>
      <dt>Late</dt>
      <dd><${K} nodes=${H(e,s.late)} names=${r} /></dd>
    </dl>
  `}function H({nodes:e},r){return r.map(t=>e[t])}function K({nodes:e,names:r}){if(!e.length)return l`<span class="muted">none</span>`;let t=e.slice(0,12);return l`<span class="node-list">
    ${t.map(s=>l`<${k} key=${s} node=${r.get(s)??{node_id:s}} />`)}
    ${e.length>t.length&&l`<span class="muted">and ${u(e.length-t.length)} more</span>`}
  </span>`}function Re({data:e,before:r}){let{x:t,series:s}=$(()=>Oe(e,r),[e,r]);return l`<${A} title="Time until the receipts of assurances" x=${t} series=${s} format=${d} />`}function Oe(e,r){let t=[...e.anchors].reverse(),s=t.map(({first_at:i})=>v(i)??0),n=[...r?.anchors??[]].reverse(),a=n.map(({first_at:i})=>v(i)??0);return{x:s,series:[...r?[{label:"two thirds, before",values:(i=>le(s,a,n.map(f=>f[i]),Z(),Se))("until_two_thirds_ms"),ghost:!0}]:[],{label:"two thirds",values:t.map(i=>i.until_two_thirds_ms),colour:"--accent"},{label:"last so far",values:t.map(i=>i.last_receipt_ms),colour:"--line-strong"},{label:"all",values:t.map(i=>i.until_all_ms),colour:"--ok",points:!0}]}}function Fe({data:e,names:r}){let t=e.anchors.length,s=e.nodes.length-1,n=[{id:"node",title:"Node",rank:1,value:a=>a.node_id,cell:a=>l`<${k} node=${r.get(a.node_id)??a} state=${he(a,t)[0]} word=${he(a,t)[1]} />`},{id:"missing",title:"Missing",rank:2,end:!0,value:a=>a.missing-a.elsewhere,help:`Of ${u(t)} anchors, without those of another branch.`},{id:"elsewhere",title:"Branch",end:!0,value:a=>a.elsewhere,help:"Anchors for which it assured another branch."},{id:"late",title:"Late",rank:3,end:!0,value:a=>a.late},{id:"reached",title:"Reached",end:!0,value:a=>a.reached,cell:a=>u(a.reached,1),help:`Mean number of nodes that received it, of ${u(s)}.`},{id:"start",title:"Start p50",end:!0,value:a=>a.start_p50_ms,cell:a=>d(a.start_p50_ms),help:"After the first assurance of the anchor."},{id:"p50",title:"Delivery p50",end:!0,value:a=>a.delivery_p50_ms,cell:a=>d(a.delivery_p50_ms),help:"From its assurance to the receipts."},{id:"p95",title:"p95",end:!0,value:a=>a.delivery_p95_ms,cell:a=>d(a.delivery_p95_ms)}];return l`<${S}
    caption="Assurers"
    columns=${n}
    rows=${e.assurers}
    rowKey=${a=>a.node_id}
    sort="-missing"
    sortParameter="assurers"
    csv="assurers"
    height=${260}
  />`}function he({missing:e,elsewhere:r,late:t},s){let n=e-r;return s&&n*2>=s?["bad","misses half of the anchors or more"]:s&&(n*10>=s||t*10>=s)?["warn","misses or delays a tenth of the anchors or more"]:["ok","assures the anchors"]}export{ve as a,be as b,me as c,ke as d,K as e};
