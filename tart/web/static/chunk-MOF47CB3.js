import{a as se}from"./chunk-O6EUET62.js";import{a as x}from"./chunk-G37EDIRC.js";import{a as E}from"./chunk-36C4WHAR.js";import{c as te}from"./chunk-C66HRB6O.js";import{a as $,b as R}from"./chunk-MT5OO2NG.js";import{d as A}from"./chunk-6UV674H3.js";import{a as ee}from"./chunk-A5KFDUZV.js";import{b as O,d as w,e as F,f as W,g as P,m as v}from"./chunk-BCM654JP.js";import{b as q,e as M}from"./chunk-IGJKNZOW.js";import{a as X,b as f}from"./chunk-DXBXNIWB.js";import{J as z,L,O as k,R as J,S as Y,T as Z,U as g,a as u,d as l,f as m,h as C,i as Q,j as _,k as j,l as N,p as B,u as S,w as V,y as T}from"./chunk-FPGP54BG.js";import{k as h,l as i}from"./chunk-EUVXIHW5.js";var p=Object.freeze({ALL:4,MOST:3,FEW:2,ELSEWHERE:1,MISSING:0}),$e=6e3;function G(e,r){return e.filter(({first_at:t})=>r-(_(t)??0)>=$e)}function re(e,r){let t=e.map(s=>{let n=r.get(s),a=n?.implementation_name;return`${a?0:1}${a??""}\0${n?.implementation_version??""}\0${s}`});return t.map((s,n)=>n).sort((s,n)=>t[s]<t[n]?-1:1)}function ne({anchors:e,nodes:r},t){let s=[...e].reverse(),n=new Float64Array(t.length*s.length);return s.forEach((a,o)=>{let d=new Set(a.elsewhere);t.forEach((b,c)=>{n[c*s.length+o]=pe(a.reached[b],r.length-1,d.has(b))})}),{values:n,anchors:s}}function pe(e,r,t){return e===null?t?p.ELSEWHERE:p.MISSING:e>=r?p.ALL:e*3>=r*2?p.MOST:p.FEW}function U(e,r){let t=G(e.anchors,r),s=n=>fe(t.map(a=>a[n]));return{anchors:t.length,assured:x(t.map(({assured:n})=>n)),twoThirds:x(s("until_two_thirds_ms")),twoThirdsReached:s("until_two_thirds_ms").length,all:x(s("until_all_ms")),allReached:s("until_all_ms").length,late:t.reduce((n,{late:a})=>n+a.length,0),missing:t.reduce((n,{missing:a,elsewhere:o})=>n+a.length-o.length,0),possible:t.length*e.nodes.length}}function fe(e){return e.filter(r=>r!=null)}function ae(e,r,t,s,n){let a=0;return e.map(o=>{let d=o-s;for(;a+1<r.length&&Math.abs(r[a+1]-d)<=Math.abs(r[a]-d);)a+=1;return r.length&&Math.abs(r[a]-d)<=n?t[a]:null})}function oe(e){return Math.max(20,Math.min(120,Math.floor(2e4/Math.max(1,e))))}var y={shard:"Shards for assurers",bundle_shard:"Bundle shards",bundle:"Whole bundles",segment_shard:"Segment shards",segment:"Whole segments",preimage:"Preimages"},H={shard:"An assurer asks a guarantor for its shards of a work-report (120 to 125).",bundle_shard:"An auditor asks assurers for shards to reconstruct a bundle (140 to 145).",bundle:"An auditor asks a guarantor for the whole bundle (148 to 153).",segment_shard:"A guarantor asks assurers for shards of imported segments (162 to 167).",segment:"A guarantor asks another guarantor for imported segments (173 to 178)."};function ie(e,r=10){let t=e.filter(({transferred:n,p95_ms:a})=>n>=r&&a!==null),s=x(t.map(({p95_ms:n})=>Number(n)));return new Set(t.filter(({p95_ms:n})=>t.length>=3&&s!==null&&Number(n)>=2*s).map(({node_id:n})=>n))}function le(){let r=v("the nodes",t=>g.nodes({},{signal:t}),{every:3e4}).data?.nodes;return h(()=>new Map((r??[]).map(t=>[t.node_id,t])),[r])}var I=Object.keys(H);function ue({names:e}){let r=I.includes(S.value.parameters.kind)?S.value.parameters.kind:I[0],t=[JSON.stringify(O.value)],s=v("the requests",o=>g.availabilityRequests(F(),{signal:o}),{every:1e4,deps:t}),n=v("the requests of the range before",o=>g.availabilityRequests(W(),{signal:o}),{deps:t,when:w.value}),a=w.value?n.data?.kinds.find(o=>o.kind===r)??null:null;return i`<${f} title="Requests" note="times by the clock of the node that reports them, of transfers">
    <${te}
      label="Kinds of requests"
      selected=${r}
      onSelect=${o=>T({kind:o===I[0]?void 0:o})}
      tabs=${I.map(o=>({id:o,label:y[o]}))}
    />
    <${M} answer=${s}>
      ${o=>{let d=o.kinds.find(b=>b.kind===r);return d&&i`<div role="tabpanel" aria-label=${y[r]} data-kind=${r}>
          <p class="card-note">${H[r]}</p>
          <${ve} row=${d} times=${o.times} before=${a} names=${e} />
        </div>`}}
    <//>
  <//>`}function ve({row:e,times:r,before:t,names:s}){return!e.requester.started&&!e.server.started?i`<${q} title="No such requests in this range.">They appear here when nodes ask each other for this data.<//>`:i`<div class="request-kind">
    <div class="sides">
      <section aria-label="Requesters"><h3>Requesters: from the request sent to its transfer</h3><${de} side=${e.requester} before=${t?.requester} id="requester" /></section>
      <section aria-label="Servers"><h3>Servers: from the request received to its transfer</h3><${de} side=${e.server} before=${t?.server} id="server" /></section>
    </div>
    <${ge} row=${e} times=${r} before=${t} />
    <div class="sides">
      <section aria-label="Slowest servers"><h3>Slowest servers</h3><${_e} row=${e} names=${s} /></section>
      <section aria-label="Reasons of failures"><h3>Failures by reason</h3><${be} rows=${e.failures} /></section>
    </div>
  </div>`}function de({side:e,before:r,id:t}){let s=e.transferred+e.failed,n=s>=20&&e.failed*20>s;return i`<${R}>
    <${$} id=${`${t}-started`} label="Started" value=${u(e.started)} before=${r&&u(r.started)} />
    <${$}
      id=${`${t}-failed`}
      label="Failed"
      value=${m(e.failed,s)}
      state=${n?"warn":void 0}
      note=${n&&i`<${L} state="warn" word="more than 5 %" />`}
      before=${r&&m(r.failed,r.transferred+r.failed)}
    />
    <${$} id=${`${t}-p50`} label="p50" value=${l(e.p50_ms)} before=${r&&l(r.p50_ms)} />
    <${$} id=${`${t}-p95`} label="p95" value=${l(e.p95_ms)} before=${r&&l(r.p95_ms)} />
  <//>`}function ge({row:e,times:r,before:t}){let s=h(()=>r.map(d=>_(d)??0),[r]),n=d=>s.map((b,c)=>d[d.length-s.length+c]??null),a=h(()=>[...t?[{label:"requesters p95, before",values:n(t.series.requester_p95_ms),ghost:!0}]:[],{label:"requesters p50",values:e.series.requester_p50_ms,colour:"--accent"},{label:"requesters p95",values:e.series.requester_p95_ms,colour:"--implementation-1"},{label:"servers p50",values:e.series.server_p50_ms,colour:"--implementation-2"},{label:"servers p95",values:e.series.server_p95_ms,colour:"--implementation-3"}],[e,t,s]),o=h(()=>[{label:"requested",values:e.series.requested,colour:"--accent",bars:!0},{label:"failed",values:e.series.failed,colour:"--bad",bars:!0}],[e]);return i`<div class="sides">
    <${E} title=${`Times of ${y[e.kind].toLowerCase()}`} x=${s} series=${a} format=${l} height=${150} />
    <${E} title=${`Numbers of ${y[e.kind].toLowerCase()}`} x=${s} series=${o} format=${u} height=${150} />
  </div>`}function _e({row:e,names:r}){let t=h(()=>ie(e.servers),[e]),s=[{id:"node",title:"Node",rank:1,value:n=>n.node_id,cell:n=>i`<${k}
        node=${r.get(n.node_id)??n}
        state=${t.has(n.node_id)?"warn":"ok"}
        word=${t.has(n.node_id)?"twice the typical p95 or more":"as others"}
      />`},{id:"p95",title:"p95",rank:2,end:!0,value:n=>n.p95_ms,cell:n=>l(n.p95_ms)},{id:"p50",title:"p50",end:!0,value:n=>n.p50_ms,cell:n=>l(n.p50_ms)},{id:"transferred",title:"Transfers",rank:3,end:!0,value:n=>n.transferred},{id:"failed",title:"Failed",end:!0,value:n=>n.failed}];return i`<${A}
      caption=${`Servers of ${y[e.kind].toLowerCase()}`}
      columns=${s}
      rows=${e.servers}
      rowKey=${n=>n.node_id}
      sort="-p95"
      sortParameter="servers"
      csv=${`servers-${e.kind}`}
      height=${240}
      empty="No node received such a request."
    />
    ${e.servers_total>e.servers.length&&i`<p class="card-note">The slowest ${u(e.servers.length)} of ${u(e.servers_total)} servers.</p>`}`}function be({rows:e}){return i`<${A}
    caption="Failures by reason"
    columns=${[{id:"reason",title:"Reason",rank:1,value:t=>t.reason,cell:t=>i`<span title=${t.reason}>${t.reason}</span>`},{id:"count",title:"Events",rank:2,end:!0,value:t=>t.count},{id:"nodes",title:"Nodes",end:!0,value:t=>t.nodes},{id:"last",title:"Last",rank:3,end:!0,value:t=>t.last_at,cell:t=>i`<${Z} value=${t.last_at} />`}]}
    rows=${e}
    rowKey=${t=>t.reason}
    sort="-count"
    sortParameter="failures"
    height=${240}
    empty="No failures in this range."
  />`}var ce=`/* Availability, preimages. */

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
`;ee(ce);var ye=[{value:p.ALL,label:"all others received it",colour:"--heat-4"},{value:p.MOST,label:"two thirds or more",colour:"--heat-2"},{value:p.FEW,label:"fewer",colour:"--warn",glyph:"\u25B2"},{value:p.ELSEWHERE,label:"assured another branch",colour:"--line-strong",glyph:"\u25CB"},{value:p.MISSING,label:"did not assure it",colour:"--bad",glyph:"\u25A0"}],Se=3e4;function ke(){let e=le(),r=oe(e.size),t=[JSON.stringify(O.value),r],s=v("the anchors",o=>g.availabilityAnchors({...F(),limit:r},{signal:o}),{every:6e3,deps:t}),n=v("the anchors of the range before",o=>g.availabilityAnchors({...W(),limit:r},{signal:o}),{deps:t,when:w.value}),a=w.value?n.data:null;return i`<${X} title="Availability" question="Does every validator hold its shards, say so in time, and hand them out?">
    <div class="cards">
      <${M}
        answer=${s}
        isEmpty=${o=>!o.anchors.length}
        empty=${i`<${f} title="Assurances"><${Ae} /><//>`}
      >
        ${o=>i`<div class="cards"><${Ee} data=${o} before=${a} names=${e} /></div>`}
      <//>
      <${ue} names=${e} />
    </div>
  <//>`}function Ae(){return i`<${q} title="No assurances in this range.">
    They appear here when nodes report Distributing assurance (126) and Assurance received (131).
  <//>`}function Ee({data:e,before:r,names:t}){return i`
    <${f} title="Assurances" note=${xe(e)}><${Ne} data=${e} before=${r} /><//>
    <${f} size="two-thirds" title="Coverage" note="a row for each assurer, a column for each anchor; choose a column">
      <${Te} data=${e} names=${t} />
    <//>
    <${f} size="third" title="Anchor"><${Me} data=${e} names=${t} /><//>
    <${f} size="two-thirds" title="Assurers" flush><${Fe} data=${e} names=${t} /><//>
    <${f} size="third" title="Time until the receipts" note="from the first assurance">
      <${Re} data=${e} before=${r} />
    <//>
  `}function xe({anchors:e,total_anchors:r,nodes:t,nodes_left_out:s}){return`${e.length<r?`newest ${u(e.length)} of ${N(r,"anchor")}`:N(r,"anchor")}, ${N(t.length,"assurer")}${s?`, ${u(s)} more left out`:""}`}function Ne({data:e,before:r}){let t=P()[1],s=U(e,Math.min(t,z.value)),n=r&&U(r,t),a=e.nodes.length,o=s.assured===null||s.assured*3>a*2;return i`<${R} large>
    <${$}
      id="assured"
      label="Assurers of an anchor, median"
      value=${s.assured===null?"\u2014":m(s.assured,a)}
      state=${o?void 0:"bad"}
      note=${o?void 0:i`<${L} state="bad" word="two thirds or fewer" />`}
      before=${n&&m(n.assured,r?.nodes.length)}
    />
    <${$}
      id="two-thirds"
      label="Until two thirds of the receipts, median"
      value=${l(s.twoThirds)}
      note=${`reached for ${m(s.twoThirdsReached,s.anchors)} anchors`}
      before=${n&&l(n.twoThirds)}
    />
    <${$}
      id="all"
      label="Until all receipts, median"
      value=${l(s.all)}
      note=${`reached for ${m(s.allReached,s.anchors)} anchors`}
      before=${n&&l(n.all)}
    />
    <${$}
      id="missing"
      label="Assurances missing"
      value=${m(s.missing,s.possible)}
      note="without those of another branch"
      before=${n&&m(n.missing,n.possible)}
    />
    <${$}
      id="late"
      label="Assurances late"
      value=${u(s.late)}
      note=${`${l(e.late_after_ms)} or more after the first`}
      before=${n&&u(n.late)}
    />
  <//>`}function Te({data:e,names:r}){let t=h(()=>re(e.nodes,r),[e,r]),s=h(()=>ne(e,t),[e,t]),n=a=>{let o=e.nodes[t[a]],d=r.get(o);return`${Q(o)}${d?.implementation_name?` \xB7 ${B(d.implementation_name,d.implementation_version)}`:""}`};return i`<${se}
    title="Coverage of anchors by assurances"
    rows=${t.length}
    columns=${s.anchors.length}
    values=${s.values}
    levels=${ye}
    height=${Math.max(200,Math.min(640,t.length*12))}
    rowTitle="assurer"
    columnTitle="anchor"
    rowLabel=${n}
    columnLabel=${a=>Le(s.anchors[a])}
    describe=${(a,o)=>qe(e,s.anchors[o],t[a])}
    onOpen=${(a,o)=>T({anchor:s.anchors[o].anchor})}
  />`}function Le({slot:e,anchor:r,first_at:t}){return`${e===null?C(r):`slot ${u(e)}`} \xB7 ${j(t)}`}function qe({nodes:e},{reached:r,started_ms:t,elsewhere:s},n){let a=e.length-1,o=r[n];return o===null?s.includes(n)?"assured another branch":"did not assure it":`received by ${m(o,a)}, sent ${l(t[n])} after the first`}function Me({data:e,names:r}){let t=S.value.parameters.anchor,s=e.anchors.find(({anchor:a})=>a===t)??G(e.anchors,z.value)[0]??e.anchors[0],n=e.nodes.length;return i`
    ${t&&s.anchor!==t&&i`<p class="card-note" role="status">
      Anchor ${C(t)} is not among the newest ${u(e.anchors.length)} of this range; shown is the newest.
    </p>`}
    <dl class="pairs" data-anchor=${s.anchor}>
      <dt>Block</dt>
      <dd><${J} value=${s.anchor} /></dd>
      <dt>Slot</dt>
      <dd>${s.slot===null?"\u2014":i`<a href=${V(`slots/${s.slot}`)}>${u(s.slot)}</a>`}</dd>
      <dt>First assured</dt>
      <dd><${Y} value=${s.first_at} fraction /></dd>
      <dt>Assured by</dt>
      <dd>${m(s.assured,n)} nodes</dd>
      <dt>Receipts</dt>
      <dd>${m(s.receipts,s.expected_receipts)}</dd>
      <dt>Two thirds after</dt>
      <dd>${s.until_two_thirds_ms===null?"not reached":l(s.until_two_thirds_ms)}</dd>
      <dt>All after</dt>
      <dd>
        ${s.until_all_ms===null?`not reached; last receipt after ${l(s.last_receipt_ms)}`:l(s.until_all_ms)}
      </dd>
      <dt>Missing</dt>
      <dd><${D} nodes=${K(e,s.missing.filter(a=>!s.elsewhere.includes(a)))} names=${r} /></dd>
      <dt>Other branch</dt>
      <dd><${D} nodes=${K(e,s.elsewhere)} names=${r} /></dd>
      <dt>Late</dt>
      <dd><${D} nodes=${K(e,s.late)} names=${r} /></dd>
    </dl>
  `}function K({nodes:e},r){return r.map(t=>e[t])}function D({nodes:e,names:r}){if(!e.length)return i`<span class="muted">none</span>`;let t=e.slice(0,12);return i`<span class="node-list">
    ${t.map(s=>i`<${k} key=${s} node=${r.get(s)??{node_id:s}} />`)}
    ${e.length>t.length&&i`<span class="muted">and ${u(e.length-t.length)} more</span>`}
  </span>`}function Re({data:e,before:r}){let{x:t,series:s}=h(()=>Oe(e,r),[e,r]);return i`<${E} title="Time until the receipts of assurances" x=${t} series=${s} format=${l} />`}function Oe(e,r){let t=[...e.anchors].reverse(),s=t.map(({first_at:c})=>_(c)??0),n=[...r?.anchors??[]].reverse(),a=n.map(({first_at:c})=>_(c)??0),[o,d]=P();return{x:s,series:[...r?[{label:"two thirds, before",values:(c=>ae(s,a,n.map(he=>he[c]),d-o,Se))("until_two_thirds_ms"),ghost:!0}]:[],{label:"two thirds",values:t.map(c=>c.until_two_thirds_ms),colour:"--accent"},{label:"last so far",values:t.map(c=>c.last_receipt_ms),colour:"--line-strong"},{label:"all",values:t.map(c=>c.until_all_ms),colour:"--ok",points:!0}]}}function Fe({data:e,names:r}){let t=e.anchors.length,s=e.nodes.length-1,n=[{id:"node",title:"Node",rank:1,value:a=>a.node_id,cell:a=>i`<${k} node=${r.get(a.node_id)??a} state=${me(a,t)[0]} word=${me(a,t)[1]} />`},{id:"missing",title:"Missing",rank:2,end:!0,value:a=>a.missing-a.elsewhere,help:`Of ${u(t)} anchors, without those of another branch.`},{id:"elsewhere",title:"Branch",end:!0,value:a=>a.elsewhere,help:"Anchors for which it assured another branch."},{id:"late",title:"Late",rank:3,end:!0,value:a=>a.late},{id:"reached",title:"Reached",end:!0,value:a=>a.reached,cell:a=>u(a.reached,1),help:`Mean number of nodes that received it, of ${u(s)}.`},{id:"start",title:"Start p50",end:!0,value:a=>a.start_p50_ms,cell:a=>l(a.start_p50_ms),help:"After the first assurance of the anchor."},{id:"p50",title:"Delivery p50",end:!0,value:a=>a.delivery_p50_ms,cell:a=>l(a.delivery_p50_ms),help:"From its assurance to the receipts."},{id:"p95",title:"p95",end:!0,value:a=>a.delivery_p95_ms,cell:a=>l(a.delivery_p95_ms)}];return i`<${A}
    caption="Assurers"
    columns=${n}
    rows=${e.assurers}
    rowKey=${a=>a.node_id}
    sort="-missing"
    sortParameter="assurers"
    csv="assurers"
    height=${260}
  />`}function me({missing:e,elsewhere:r,late:t},s){let n=e-r;return s&&n*2>=s?["bad","misses half of the anchors or more"]:s&&(n*10>=s||t*10>=s)?["warn","misses or delays a tenth of the anchors or more"]:["ok","assures the anchors"]}export{le as a,ve as b,be as c,ce as d,ke as e,D as f};
