import{a as re}from"./chunk-Z7XTB7YS.js";import{a as x}from"./chunk-G37EDIRC.js";import{a as te}from"./chunk-OQ3FQVRG.js";import{a as se}from"./chunk-DEF2QCXQ.js";import{b as A,c as ee}from"./chunk-BZ4G3EYK.js";import{a as E}from"./chunk-YYG32EGV.js";import{a as h,b as M}from"./chunk-PXUPOJGM.js";import{a as X}from"./chunk-A5KFDUZV.js";import{a as Y,b as f}from"./chunk-G6SHFORN.js";import{a as w}from"./chunk-QX2GM6OS.js";import{a as _}from"./chunk-ERBLNRK5.js";import{b as N,e as q}from"./chunk-7UEF64LJ.js";import{d as k}from"./chunk-62QJJLV2.js";import{A as z,C as L,G as V,H as J,a as u,d as i,f as m,h as C,i as Q,j as v,k as j,l as T,o as B}from"./chunk-PZHQDM36.js";import{c as O,e as b,f as F,g as W,h as P}from"./chunk-3HV7YDNC.js";import{g as S,i as Z,k as R}from"./chunk-E3R5DTPI.js";import{k as p,l}from"./chunk-JTXPO2O4.js";var $=Object.freeze({ALL:4,MOST:3,FEW:2,ELSEWHERE:1,MISSING:0}),$e=6e3;function G(e,r){return e.filter(({first_at:t})=>r-(v(t)??0)>=$e)}function ne(e,r){let t=e.map(s=>{let n=r.get(s),a=n?.implementation_name;return`${a?0:1}${a??""}\0${n?.implementation_version??""}\0${s}`});return t.map((s,n)=>n).sort((s,n)=>t[s]<t[n]?-1:1)}function ae({anchors:e,nodes:r},t){let s=[...e].reverse(),n=new Float64Array(t.length*s.length);return s.forEach((a,o)=>{let d=new Set(a.elsewhere);t.forEach((g,c)=>{n[c*s.length+o]=pe(a.reached[g],r.length-1,d.has(g))})}),{values:n,anchors:s}}function pe(e,r,t){return e===null?t?$.ELSEWHERE:$.MISSING:e>=r?$.ALL:e*3>=r*2?$.MOST:$.FEW}function U(e,r){let t=G(e.anchors,r),s=n=>fe(t.map(a=>a[n]));return{anchors:t.length,assured:x(t.map(({assured:n})=>n)),twoThirds:x(s("until_two_thirds_ms")),twoThirdsReached:s("until_two_thirds_ms").length,all:x(s("until_all_ms")),allReached:s("until_all_ms").length,late:t.reduce((n,{late:a})=>n+a.length,0),missing:t.reduce((n,{missing:a,elsewhere:o})=>n+a.length-o.length,0),possible:t.length*e.nodes.length}}function fe(e){return e.filter(r=>r!=null)}function oe(e,r,t,s,n){let a=0;return e.map(o=>{let d=o-s;for(;a+1<r.length&&Math.abs(r[a+1]-d)<=Math.abs(r[a]-d);)a+=1;return r.length&&Math.abs(r[a]-d)<=n?t[a]:null})}function le(e){return Math.max(20,Math.min(120,Math.floor(2e4/Math.max(1,e))))}var y={shard:"Shards for assurers",bundle_shard:"Bundle shards",bundle:"Whole bundles",segment_shard:"Segment shards",segment:"Whole segments",preimage:"Preimages"},H={shard:"An assurer asks a guarantor for its shards of a work-report (120 to 125).",bundle_shard:"An auditor asks assurers for shards to reconstruct a bundle (140 to 145).",bundle:"An auditor asks a guarantor for the whole bundle (148 to 153).",segment_shard:"A guarantor asks assurers for shards of imported segments (162 to 167).",segment:"A guarantor asks another guarantor for imported segments (173 to 178)."};function ie(e,r=10){let t=e.filter(({transferred:n,p95_ms:a})=>n>=r&&a!==null),s=x(t.map(({p95_ms:n})=>Number(n)));return new Set(t.filter(({p95_ms:n})=>t.length>=3&&s!==null&&Number(n)>=2*s).map(({node_id:n})=>n))}var I=Object.keys(H);function ue({names:e}){let r=I.includes(S.value.parameters.kind)?S.value.parameters.kind:I[0],t=[JSON.stringify(O.value)],s=w("the requests",o=>_.availabilityRequests(F(),{signal:o}),{every:1e4,deps:t}),n=w("the requests of the range before",o=>_.availabilityRequests(W(),{signal:o}),{deps:t,when:b.value}),a=b.value?n.data?.kinds.find(o=>o.kind===r)??null:null;return l`<${f} title="Requests" note="times by the clock of the node that reports them, of transfers">
    <${te}
      label="Kinds of requests"
      selected=${r}
      onSelect=${o=>R({kind:o===I[0]?void 0:o})}
      tabs=${I.map(o=>({id:o,label:y[o]}))}
    />
    <${q} answer=${s}>
      ${o=>{let d=o.kinds.find(g=>g.kind===r);return d&&l`<div role="tabpanel" aria-label=${y[r]} data-kind=${r}>
          <p class="card-note">${H[r]}</p>
          <${ve} row=${d} times=${o.times} before=${a} names=${e} />
        </div>`}}
    <//>
  <//>`}function ve({row:e,times:r,before:t,names:s}){return!e.requester.started&&!e.server.started?l`<${N} title="No such requests in this range.">They appear here when nodes ask each other for this data.<//>`:l`<div class="request-kind">
    <div class="sides">
      <section aria-label="Requesters"><h3>Requesters: from the request sent to its transfer</h3><${de} side=${e.requester} before=${t?.requester} id="requester" /></section>
      <section aria-label="Servers"><h3>Servers: from the request received to its transfer</h3><${de} side=${e.server} before=${t?.server} id="server" /></section>
    </div>
    <${ge} row=${e} times=${r} before=${t} />
    <div class="sides">
      <section aria-label="Slowest servers"><h3>Slowest servers</h3><${_e} row=${e} names=${s} /></section>
      <section aria-label="Reasons of failures"><h3>Failures by reason</h3><${be} rows=${e.failures} /></section>
    </div>
  </div>`}function de({side:e,before:r,id:t}){let s=e.transferred+e.failed,n=s>=20&&e.failed*20>s;return l`<${M}>
    <${h} id=${`${t}-started`} label="Started" value=${u(e.started)} before=${r&&u(r.started)} />
    <${h}
      id=${`${t}-failed`}
      label="Failed"
      value=${m(e.failed,s)}
      state=${n?"warn":void 0}
      note=${n&&l`<${L} state="warn" word="more than 5 %" />`}
      before=${r&&m(r.failed,r.transferred+r.failed)}
    />
    <${h} id=${`${t}-p50`} label="p50" value=${i(e.p50_ms)} before=${r&&i(r.p50_ms)} />
    <${h} id=${`${t}-p95`} label="p95" value=${i(e.p95_ms)} before=${r&&i(r.p95_ms)} />
  <//>`}function ge({row:e,times:r,before:t}){let s=p(()=>r.map(d=>v(d)??0),[r]),n=d=>s.map((g,c)=>d[d.length-s.length+c]??null),a=p(()=>[...t?[{label:"requesters p95, before",values:n(t.series.requester_p95_ms),ghost:!0}]:[],{label:"requesters p50",values:e.series.requester_p50_ms,colour:"--accent"},{label:"requesters p95",values:e.series.requester_p95_ms,colour:"--implementation-1"},{label:"servers p50",values:e.series.server_p50_ms,colour:"--implementation-2"},{label:"servers p95",values:e.series.server_p95_ms,colour:"--implementation-3"}],[e,t,s]),o=p(()=>[{label:"requested",values:e.series.requested,colour:"--accent",bars:!0},{label:"failed",values:e.series.failed,colour:"--bad",bars:!0}],[e]);return l`<div class="sides">
    <${E} title=${`Times of ${y[e.kind].toLowerCase()}`} x=${s} series=${a} format=${i} height=${150} />
    <${E} title=${`Numbers of ${y[e.kind].toLowerCase()}`} x=${s} series=${o} format=${u} height=${150} />
  </div>`}function _e({row:e,names:r}){let t=p(()=>ie(e.servers),[e]),s=[{id:"node",title:"Node",rank:1,value:n=>n.node_id,cell:n=>l`<${A}
        node=${r.get(n.node_id)??n}
        state=${t.has(n.node_id)?"warn":"ok"}
        word=${t.has(n.node_id)?"twice the typical p95 or more":"as others"}
      />`},{id:"p95",title:"p95",rank:2,end:!0,value:n=>n.p95_ms,cell:n=>i(n.p95_ms)},{id:"p50",title:"p50",end:!0,value:n=>n.p50_ms,cell:n=>i(n.p50_ms)},{id:"transferred",title:"Transfers",rank:3,end:!0,value:n=>n.transferred},{id:"failed",title:"Failed",end:!0,value:n=>n.failed}];return l`<${k}
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
    ${e.servers_total>e.servers.length&&l`<p class="card-note">The slowest ${u(e.servers.length)} of ${u(e.servers_total)} servers.</p>`}`}function be({rows:e}){return l`<${k}
    caption="Failures by reason"
    columns=${[{id:"reason",title:"Reason",rank:1,value:t=>t.reason,cell:t=>l`<span title=${t.reason}>${t.reason}</span>`},{id:"count",title:"Events",rank:2,end:!0,value:t=>t.count},{id:"nodes",title:"Nodes",end:!0,value:t=>t.nodes},{id:"last",title:"Last",rank:3,end:!0,value:t=>t.last_at,cell:t=>l`<${J} value=${t.last_at} />`}]}
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
`;X(ce);var ye=[{value:$.ALL,label:"all others received it",colour:"--heat-4"},{value:$.MOST,label:"two thirds or more",colour:"--heat-2"},{value:$.FEW,label:"fewer",colour:"--warn",glyph:"\u25B2"},{value:$.ELSEWHERE,label:"assured another branch",colour:"--line-strong",glyph:"\u25CB"},{value:$.MISSING,label:"did not assure it",colour:"--bad",glyph:"\u25A0"}],Se=3e4;function ke(){let e=re(),r=le(e.size),t=[JSON.stringify(O.value),r],s=w("the anchors",o=>_.availabilityAnchors({...F(),limit:r},{signal:o}),{every:6e3,deps:t}),n=w("the anchors of the range before",o=>_.availabilityAnchors({...W(),limit:r},{signal:o}),{deps:t,when:b.value}),a=b.value?n.data:null;return l`<${Y} title="Availability" question="Does every validator hold its shards, say so in time, and hand them out?">
    <div class="cards">
      <${q}
        answer=${s}
        isEmpty=${o=>!o.anchors.length}
        empty=${l`<${f} title="Assurances"><${Ae} /><//>`}
      >
        ${o=>l`<div class="cards"><${Ee} data=${o} before=${a} names=${e} /></div>`}
      <//>
      <${ue} names=${e} />
    </div>
  <//>`}function Ae(){return l`<${N} title="No assurances in this range.">
    They appear here when nodes report Distributing assurance (126) and Assurance received (131).
  <//>`}function Ee({data:e,before:r,names:t}){return l`
    <${f} title="Assurances" note=${xe(e)}><${Te} data=${e} before=${r} /><//>
    <${f} size="two-thirds" title="Coverage" note="a row for each assurer, a column for each anchor; choose a column">
      <${Le} data=${e} names=${t} />
    <//>
    <${f} size="third" title="Anchor"><${Me} data=${e} names=${t} /><//>
    <${f} size="two-thirds" title="Assurers" flush><${Fe} data=${e} names=${t} /><//>
    <${f} size="third" title="Time until the receipts" note="from the first assurance">
      <${Re} data=${e} before=${r} />
    <//>
  `}function xe({anchors:e,total_anchors:r,nodes:t,nodes_left_out:s}){return`${e.length<r?`newest ${u(e.length)} of ${T(r,"anchor")}`:T(r,"anchor")}, ${T(t.length,"assurer")}${s?`, ${u(s)} more left out`:""}`}function Te({data:e,before:r}){let t=P()[1],s=U(e,Math.min(t,z.value)),n=r&&U(r,t),a=e.nodes.length,o=s.assured===null||s.assured*3>a*2;return l`<${M} large>
    <${h}
      id="assured"
      label="Assurers of an anchor, median"
      value=${s.assured===null?"\u2014":m(s.assured,a)}
      state=${o?void 0:"bad"}
      note=${o?void 0:l`<${L} state="bad" word="two thirds or fewer" />`}
      before=${n&&m(n.assured,r?.nodes.length)}
    />
    <${h}
      id="two-thirds"
      label="Until two thirds of the receipts, median"
      value=${i(s.twoThirds)}
      note=${`reached for ${m(s.twoThirdsReached,s.anchors)} anchors`}
      before=${n&&i(n.twoThirds)}
    />
    <${h}
      id="all"
      label="Until all receipts, median"
      value=${i(s.all)}
      note=${`reached for ${m(s.allReached,s.anchors)} anchors`}
      before=${n&&i(n.all)}
    />
    <${h}
      id="missing"
      label="Assurances missing"
      value=${m(s.missing,s.possible)}
      note="without those of another branch"
      before=${n&&m(n.missing,n.possible)}
    />
    <${h}
      id="late"
      label="Assurances late"
      value=${u(s.late)}
      note=${`${i(e.late_after_ms)} or more after the first`}
      before=${n&&u(n.late)}
    />
  <//>`}function Le({data:e,names:r}){let t=p(()=>ne(e.nodes,r),[e,r]),s=p(()=>ae(e,t),[e,t]),n=a=>{let o=e.nodes[t[a]],d=r.get(o);return`${Q(o)}${d?.implementation_name?` \xB7 ${B(d.implementation_name,d.implementation_version)}`:""}`};return l`<${se}
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
    onOpen=${(a,o)=>R({anchor:s.anchors[o].anchor})}
  />`}function Ne({slot:e,anchor:r,first_at:t}){return`${e===null?C(r):`slot ${u(e)}`} \xB7 ${j(t)}`}function qe({nodes:e},{reached:r,started_ms:t,elsewhere:s},n){let a=e.length-1,o=r[n];return o===null?s.includes(n)?"assured another branch":"did not assure it":`received by ${m(o,a)}, sent ${i(t[n])} after the first`}function Me({data:e,names:r}){let t=S.value.parameters.anchor,s=e.anchors.find(({anchor:a})=>a===t)??G(e.anchors,z.value)[0]??e.anchors[0],n=e.nodes.length;return l`
    ${t&&s.anchor!==t&&l`<p class="card-note" role="status">
      Anchor ${C(t)} is not among the newest ${u(e.anchors.length)} of this range; shown is the newest.
    </p>`}
    <dl class="pairs" data-anchor=${s.anchor}>
      <dt>Block</dt>
      <dd><${ee} value=${s.anchor} /></dd>
      <dt>Slot</dt>
      <dd>${s.slot===null?"\u2014":l`<a href=${Z(`slots/${s.slot}`)}>${u(s.slot)}</a>`}</dd>
      <dt>First assured</dt>
      <dd><${V} value=${s.first_at} fraction /></dd>
      <dt>Assured by</dt>
      <dd>${m(s.assured,n)} nodes</dd>
      <dt>Receipts</dt>
      <dd>${m(s.receipts,s.expected_receipts)}</dd>
      <dt>Two thirds after</dt>
      <dd>${s.until_two_thirds_ms===null?"not reached":i(s.until_two_thirds_ms)}</dd>
      <dt>All after</dt>
      <dd>
        ${s.until_all_ms===null?`not reached; last receipt after ${i(s.last_receipt_ms)}`:i(s.until_all_ms)}
      </dd>
      <dt>Missing</dt>
      <dd><${D} nodes=${K(e,s.missing.filter(a=>!s.elsewhere.includes(a)))} names=${r} /></dd>
      <dt>Other branch</dt>
      <dd><${D} nodes=${K(e,s.elsewhere)} names=${r} /></dd>
      <dt>Late</dt>
      <dd><${D} nodes=${K(e,s.late)} names=${r} /></dd>
    </dl>
  `}function K({nodes:e},r){return r.map(t=>e[t])}function D({nodes:e,names:r}){if(!e.length)return l`<span class="muted">none</span>`;let t=e.slice(0,12);return l`<span class="node-list">
    ${t.map(s=>l`<${A} key=${s} node=${r.get(s)??{node_id:s}} />`)}
    ${e.length>t.length&&l`<span class="muted">and ${u(e.length-t.length)} more</span>`}
  </span>`}function Re({data:e,before:r}){let{x:t,series:s}=p(()=>Oe(e,r),[e,r]);return l`<${E} title="Time until the receipts of assurances" x=${t} series=${s} format=${i} />`}function Oe(e,r){let t=[...e.anchors].reverse(),s=t.map(({first_at:c})=>v(c)??0),n=[...r?.anchors??[]].reverse(),a=n.map(({first_at:c})=>v(c)??0),[o,d]=P();return{x:s,series:[...r?[{label:"two thirds, before",values:(c=>oe(s,a,n.map(he=>he[c]),d-o,Se))("until_two_thirds_ms"),ghost:!0}]:[],{label:"two thirds",values:t.map(c=>c.until_two_thirds_ms),colour:"--accent"},{label:"last so far",values:t.map(c=>c.last_receipt_ms),colour:"--line-strong"},{label:"all",values:t.map(c=>c.until_all_ms),colour:"--ok",points:!0}]}}function Fe({data:e,names:r}){let t=e.anchors.length,s=e.nodes.length-1,n=[{id:"node",title:"Node",rank:1,value:a=>a.node_id,cell:a=>l`<${A} node=${r.get(a.node_id)??a} state=${me(a,t)[0]} word=${me(a,t)[1]} />`},{id:"missing",title:"Missing",rank:2,end:!0,value:a=>a.missing-a.elsewhere,help:`Of ${u(t)} anchors, without those of another branch.`},{id:"elsewhere",title:"Branch",end:!0,value:a=>a.elsewhere,help:"Anchors for which it assured another branch."},{id:"late",title:"Late",rank:3,end:!0,value:a=>a.late},{id:"reached",title:"Reached",end:!0,value:a=>a.reached,cell:a=>u(a.reached,1),help:`Mean number of nodes that received it, of ${u(s)}.`},{id:"start",title:"Start p50",end:!0,value:a=>a.start_p50_ms,cell:a=>i(a.start_p50_ms),help:"After the first assurance of the anchor."},{id:"p50",title:"Delivery p50",end:!0,value:a=>a.delivery_p50_ms,cell:a=>i(a.delivery_p50_ms),help:"From its assurance to the receipts."},{id:"p95",title:"p95",end:!0,value:a=>a.delivery_p95_ms,cell:a=>i(a.delivery_p95_ms)}];return l`<${k}
    caption="Assurers"
    columns=${n}
    rows=${e.assurers}
    rowKey=${a=>a.node_id}
    sort="-missing"
    sortParameter="assurers"
    csv="assurers"
    height=${260}
  />`}function me({missing:e,elsewhere:r,late:t},s){let n=e-r;return s&&n*2>=s?["bad","misses half of the anchors or more"]:s&&(n*10>=s||t*10>=s)?["warn","misses or delays a tenth of the anchors or more"]:["ok","assures the anchors"]}export{ve as a,be as b,ce as c,ke as d,D as e};
