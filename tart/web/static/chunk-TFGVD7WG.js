import{a as oe}from"./chunk-HFXSJWWH.js";import{a as ie}from"./chunk-7KWKPRJ3.js";import{a as ae}from"./chunk-OYJLUT6D.js";import{b as w,c as ne}from"./chunk-QLZ46DTY.js";import{a as y}from"./chunk-4YALDK3C.js";import{a as f,b as Y,c as Z,d as ee,e as P,f as se,g as te,h as v,i as K,j as re}from"./chunk-BUXFXNHN.js";import{a as m,b as x}from"./chunk-WQNOXECZ.js";import{a as X}from"./chunk-A5KFDUZV.js";import{a as J,b as $}from"./chunk-HZVHJNCT.js";import{a as M,b as F}from"./chunk-LSKVQWEN.js";import{a as p}from"./chunk-QCITNMUN.js";import{b as S,e as T}from"./chunk-IIW3BLOX.js";import{d as _}from"./chunk-5HTXFBE2.js";import{B as z,D as q,H as G,I as B,a as u,e as d,g as c,i as C,j as H,k as g,l as U,m as A,p as W}from"./chunk-DYZXLK2B.js";import{d as E,g as L,h as R,j as V,k as j}from"./chunk-NIKDHXBC.js";import{g as b,i as Q,k as N}from"./chunk-37NB6NY5.js";import{k as h,l as i}from"./chunk-QNZ3L47H.js";var O=Object.keys(K);function de({names:e}){let r=O.includes(b.value.parameters.kind)?b.value.parameters.kind:O[0],s=[JSON.stringify(E.value)],t=M("the requests",o=>p.availabilityRequests(R(),{signal:o}),{every:1e4,deps:s}),n=F("the requests of the range before",(o,l)=>p.availabilityRequests(o,{signal:l}),s),a=L.value?n.data?.kinds.find(o=>o.kind===r)??null:null;return i`<${$} title="Requests" note="times by the clock of the node that reports them, of transfers">
    <${ae}
      label="Kinds of requests"
      selected=${r}
      onSelect=${o=>N({kind:o===O[0]?void 0:o})}
      tabs=${O.map(o=>({id:o,label:v[o]}))}
    />
    <${T} answer=${t}>
      ${o=>{let l=o.kinds.find(k=>k.kind===r);return l&&i`<div role="tabpanel" aria-label=${v[r]} data-kind=${r}>
          <p class="card-note">${K[r]}</p>
          <${he} row=${l} times=${o.times} before=${a} names=${e} />
        </div>`}}
    <//>
  <//>`}function he({row:e,times:r,before:s,names:t}){return!e.requester.started&&!e.server.started?i`<${S} title="No such requests in this range.">They appear here when nodes ask each other for this data.<//>`:i`<div class="request-kind">
    <div class="sides">
      <section aria-label="Requesters"><h3>Requesters: from the request sent to its transfer</h3><${le} side=${e.requester} before=${s?.requester} id="requester" /></section>
      <section aria-label="Servers"><h3>Servers: from the request received to its transfer</h3><${le} side=${e.server} before=${s?.server} id="server" /></section>
    </div>
    <${$e} row=${e} times=${r} before=${s} />
    <div class="sides">
      <section aria-label="Slowest servers"><h3>Slowest servers</h3><${pe} row=${e} names=${t} /></section>
      <section aria-label="Reasons of failures"><h3>Failures by reason</h3><${fe} rows=${e.failures} /></section>
    </div>
  </div>`}function le({side:e,before:r,id:s}){let t=e.transferred+e.failed,n=t>=20&&e.failed*20>t;return i`<${x}>
    <${m} id=${`${s}-started`} label="Started" value=${u(e.started)} before=${r&&u(r.started)} />
    <${m}
      id=${`${s}-failed`}
      label="Failed"
      value=${c(e.failed,t)}
      state=${n?"warn":void 0}
      note=${n&&i`<${q} state="warn" word="more than 5 %" />`}
      before=${r&&c(r.failed,r.transferred+r.failed)}
    />
    <${m} id=${`${s}-p50`} label="p50" value=${d(e.p50_ms)} before=${r&&d(r.p50_ms)} />
    <${m} id=${`${s}-p95`} label="p95" value=${d(e.p95_ms)} before=${r&&d(r.p95_ms)} />
  <//>`}function $e({row:e,times:r,before:s}){let t=h(()=>r.map(l=>g(l)??0),[r]),n=l=>t.map((k,me)=>l[l.length-t.length+me]??null),a=h(()=>[...s?[{label:"requesters p95, before",values:n(s.series.requester_p95_ms),ghost:!0}]:[],{label:"requesters p50",values:e.series.requester_p50_ms,colour:"--accent"},{label:"requesters p95",values:e.series.requester_p95_ms,colour:"--implementation-1"},{label:"servers p50",values:e.series.server_p50_ms,colour:"--implementation-2"},{label:"servers p95",values:e.series.server_p95_ms,colour:"--implementation-3"}],[e,s,t]),o=h(()=>[{label:"requested",values:e.series.requested,colour:"--accent",bars:!0},{label:"failed",values:e.series.failed,colour:"--bad",bars:!0}],[e]);return i`<div class="sides">
    <${y} title=${`Times of ${v[e.kind].toLowerCase()}`} x=${t} series=${a} format=${d} height=${150} />
    <${y} title=${`Numbers of ${v[e.kind].toLowerCase()}`} x=${t} series=${o} format=${u} height=${150} />
  </div>`}function pe({row:e,names:r}){let s=h(()=>re(e.servers),[e]),t=[{id:"node",title:"Node",rank:1,value:n=>n.node_id,cell:n=>i`<${w}
        node=${r.get(n.node_id)??n}
        state=${s.has(n.node_id)?"warn":"ok"}
        word=${s.has(n.node_id)?"twice the typical p95 or more":"as others"}
      />`},{id:"p95",title:"p95",rank:2,end:!0,value:n=>n.p95_ms,cell:n=>d(n.p95_ms)},{id:"p50",title:"p50",end:!0,value:n=>n.p50_ms,cell:n=>d(n.p50_ms)},{id:"transferred",title:"Transfers",rank:3,end:!0,value:n=>n.transferred},{id:"failed",title:"Failed",end:!0,value:n=>n.failed}];return i`<${_}
      caption=${`Servers of ${v[e.kind].toLowerCase()}`}
      columns=${t}
      rows=${e.servers}
      rowKey=${n=>n.node_id}
      sort="-p95"
      sortParameter="servers"
      csv=${`servers-${e.kind}`}
      height=${240}
      empty="No node received such a request."
    />
    ${e.servers_total>e.servers.length&&i`<p class="card-note">The slowest ${u(e.servers.length)} of ${u(e.servers_total)} servers.</p>`}`}function fe({rows:e}){return i`<${_}
    caption="Failures by reason"
    columns=${[{id:"reason",title:"Reason",rank:1,value:s=>s.reason,cell:s=>i`<span title=${s.reason}>${s.reason}</span>`},{id:"count",title:"Events",rank:2,end:!0,value:s=>s.count},{id:"nodes",title:"Nodes",end:!0,value:s=>s.nodes},{id:"last",title:"Last",rank:3,end:!0,value:s=>s.last_at,cell:s=>i`<${B} value=${s.last_at} />`}]}
    rows=${e}
    rowKey=${s=>s.reason}
    sort="-count"
    sortParameter="failures"
    height=${240}
    empty="No failures in this range."
  />`}var ue=`/* Availability, preimages. */

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
`;X(ue);var ge=[{value:f.ALL,label:"all others received it",colour:"--heat-4"},{value:f.MOST,label:"two thirds or more",colour:"--heat-2"},{value:f.FEW,label:"fewer",colour:"--warn",glyph:"\u25B2"},{value:f.ELSEWHERE,label:"assured another branch",colour:"--line-strong",glyph:"\u25CB"},{value:f.MISSING,label:"did not assure it",colour:"--bad",glyph:"\u25A0"}],be=3e4;function _e(){let e=ie(),r=te(e.size),s=[JSON.stringify(E.value),r],t=M("the anchors",o=>p.availabilityAnchors({...R(),limit:r},{signal:o}),{every:6e3,deps:s}),n=F("the anchors of the range before",(o,l)=>p.availabilityAnchors({...o,limit:r},{signal:l}),s),a=L.value?n.data:null;return i`<${J} title="Availability" question="Does every validator hold its shards, say so in time, and hand them out?">
    <div class="cards">
      <${T}
        answer=${t}
        isEmpty=${o=>!o.anchors.length}
        empty=${i`<${$} title="Assurances"><${we} /><//>`}
      >
        ${o=>i`<div class="cards"><${ye} data=${o} before=${a} names=${e} /></div>`}
      <//>
      <${de} names=${e} />
    </div>
  <//>`}function we(){return i`<${S} title="No assurances in this range.">
    They appear here when nodes report Distributing assurance (126) and Assurance received (131).
  <//>`}function ye({data:e,before:r,names:s}){return i`
    <${$} title="Assurances" note=${ke(e)}><${Ae} data=${e} before=${r} /><//>
    <${$} size="two-thirds" title="Coverage" note="a row for each assurer, a column for each anchor; choose a column">
      <${qe} data=${e} names=${s} />
    <//>
    <${$} size="third" title="Anchor"><${xe} data=${e} names=${s} /><//>
    <${$} size="two-thirds" title="Assurers" flush><${Le} data=${e} names=${s} /><//>
    <${$} size="third" title="Time until the receipts" note="from the first assurance">
      <${Ne} data=${e} before=${r} />
    <//>
  `}function ke({anchors:e,total_anchors:r,nodes:s,nodes_left_out:t}){return`${e.length<r?`newest ${u(e.length)} of ${A(r,"anchor")}`:A(r,"anchor")}, ${A(s.length,"assurer")}${t?`, ${u(t)} more left out`:""}`}function Ae({data:e,before:r}){let s=j()[1],t=P(e,Math.min(s,z.value)),n=r&&P(r,s),a=e.nodes.length,o=t.assured===null||t.assured*3>a*2;return i`<${x} large>
    <${m}
      id="assured"
      label="Assurers of an anchor, median"
      value=${t.assured===null?"\u2014":c(t.assured,a)}
      state=${o?void 0:"bad"}
      note=${o?void 0:i`<${q} state="bad" word="two thirds or fewer" />`}
      before=${n&&c(n.assured,r?.nodes.length)}
    />
    <${m}
      id="two-thirds"
      label="Until two thirds of the receipts, median"
      value=${d(t.twoThirds)}
      note=${`reached for ${c(t.twoThirdsReached,t.anchors)} anchors`}
      before=${n&&d(n.twoThirds)}
    />
    <${m}
      id="all"
      label="Until all receipts, median"
      value=${d(t.all)}
      note=${`reached for ${c(t.allReached,t.anchors)} anchors`}
      before=${n&&d(n.all)}
    />
    <${m}
      id="missing"
      label="Assurances missing"
      value=${c(t.missing,t.possible)}
      note="without those of another branch"
      before=${n&&c(n.missing,n.possible)}
    />
    <${m}
      id="late"
      label="Assurances late"
      value=${u(t.late)}
      note=${`${d(e.late_after_ms)} or more after the first`}
      before=${n&&u(n.late)}
    />
  <//>`}function qe({data:e,names:r}){let s=h(()=>Z(e.nodes,r),[e,r]),t=h(()=>ee(e,s),[e,s]),n=a=>{let o=e.nodes[s[a]],l=r.get(o);return`${H(o)}${l?.implementation_name?` \xB7 ${W(l.implementation_name,l.implementation_version)}`:""}`};return i`<${oe}
    title="Coverage of anchors by assurances"
    rows=${s.length}
    columns=${t.anchors.length}
    values=${t.values}
    levels=${ge}
    height=${Math.max(200,Math.min(640,s.length*12))}
    rowTitle="assurer"
    columnTitle="anchor"
    rowLabel=${n}
    columnLabel=${a=>Se(t.anchors[a])}
    describe=${(a,o)=>Te(e,t.anchors[o],s[a])}
    onOpen=${(a,o)=>N({anchor:t.anchors[o].anchor})}
  />`}function Se({slot:e,anchor:r,first_at:s}){return`${e===null?C(r):`slot ${u(e)}`} \xB7 ${U(s)}`}function Te({nodes:e},{reached:r,started_ms:s,elsewhere:t},n){let a=e.length-1,o=r[n];return o===null?t.includes(n)?"assured another branch":"did not assure it":`received by ${c(o,a)}, sent ${d(s[n])} after the first`}function xe({data:e,names:r}){let s=b.value.parameters.anchor,t=e.anchors.find(({anchor:a})=>a===s)??Y(e.anchors,z.value)[0]??e.anchors[0],n=e.nodes.length;return i`
    ${s&&t.anchor!==s&&i`<p class="card-note" role="status">
      Anchor ${C(s)} is not among the newest ${u(e.anchors.length)} of this range; shown is the newest.
    </p>`}
    <dl class="pairs" data-anchor=${t.anchor}>
      <dt>Block</dt>
      <dd><${ne} value=${t.anchor} /></dd>
      <dt>Slot</dt>
      <dd>${t.slot===null?"\u2014":i`<a href=${Q(`slots/${t.slot}`)}>${u(t.slot)}</a>`}</dd>
      <dt>First assured</dt>
      <dd><${G} value=${t.first_at} fraction /></dd>
      <dt>Assured by</dt>
      <dd>${c(t.assured,n)} nodes</dd>
      <dt>Receipts</dt>
      <dd>${c(t.receipts,t.expected_receipts)}</dd>
      <dt>Two thirds after</dt>
      <dd>${t.until_two_thirds_ms===null?"not reached":d(t.until_two_thirds_ms)}</dd>
      <dt>All after</dt>
      <dd>
        ${t.until_all_ms===null?`not reached; last receipt after ${d(t.last_receipt_ms)}`:d(t.until_all_ms)}
      </dd>
      <dt>Missing</dt>
      <dd><${D} nodes=${I(e,t.missing.filter(a=>!t.elsewhere.includes(a)))} names=${r} /></dd>
      <dt>Other branch</dt>
      <dd><${D} nodes=${I(e,t.elsewhere)} names=${r} /></dd>
      <dt>Late</dt>
      <dd><${D} nodes=${I(e,t.late)} names=${r} /></dd>
    </dl>
  `}function I({nodes:e},r){return r.map(s=>e[s])}function D({nodes:e,names:r}){if(!e.length)return i`<span class="muted">none</span>`;let s=e.slice(0,12);return i`<span class="node-list">
    ${s.map(t=>i`<${w} key=${t} node=${r.get(t)??{node_id:t}} />`)}
    ${e.length>s.length&&i`<span class="muted">and ${u(e.length-s.length)} more</span>`}
  </span>`}function Ne({data:e,before:r}){let{x:s,series:t}=h(()=>Ee(e,r),[e,r]);return i`<${y} title="Time until the receipts of assurances" x=${s} series=${t} format=${d} />`}function Ee(e,r){let s=[...e.anchors].reverse(),t=s.map(({first_at:l})=>g(l)??0),n=[...r?.anchors??[]].reverse(),a=n.map(({first_at:l})=>g(l)??0);return{x:t,series:[...r?[{label:"two thirds, before",values:(l=>se(t,a,n.map(k=>k[l]),V(),be))("until_two_thirds_ms"),ghost:!0}]:[],{label:"two thirds",values:s.map(l=>l.until_two_thirds_ms),colour:"--accent"},{label:"last so far",values:s.map(l=>l.last_receipt_ms),colour:"--line-strong"},{label:"all",values:s.map(l=>l.until_all_ms),colour:"--ok",points:!0}]}}function Le({data:e,names:r}){let s=e.anchors.length,t=e.nodes.length-1,n=[{id:"node",title:"Node",rank:1,value:a=>a.node_id,cell:a=>i`<${w} node=${r.get(a.node_id)??a} state=${ce(a,s)[0]} word=${ce(a,s)[1]} />`},{id:"missing",title:"Missing",rank:2,end:!0,value:a=>a.missing-a.elsewhere,help:`Of ${u(s)} anchors, without those of another branch.`},{id:"elsewhere",title:"Branch",end:!0,value:a=>a.elsewhere,help:"Anchors for which it assured another branch."},{id:"late",title:"Late",rank:3,end:!0,value:a=>a.late},{id:"reached",title:"Reached",end:!0,value:a=>a.reached,cell:a=>u(a.reached,1),help:`Mean number of nodes that received it, of ${u(t)}.`},{id:"start",title:"Start p50",end:!0,value:a=>a.start_p50_ms,cell:a=>d(a.start_p50_ms),help:"After the first assurance of the anchor."},{id:"p50",title:"Delivery p50",end:!0,value:a=>a.delivery_p50_ms,cell:a=>d(a.delivery_p50_ms),help:"From its assurance to the receipts."},{id:"p95",title:"p95",end:!0,value:a=>a.delivery_p95_ms,cell:a=>d(a.delivery_p95_ms)}];return i`<${_}
    caption="Assurers"
    columns=${n}
    rows=${e.assurers}
    rowKey=${a=>a.node_id}
    sort="-missing"
    sortParameter="assurers"
    csv="assurers"
    height=${260}
  />`}function ce({missing:e,elsewhere:r,late:s},t){let n=e-r;return t&&n*2>=t?["bad","misses half of the anchors or more"]:t&&(n*10>=t||s*10>=t)?["warn","misses or delays a tenth of the anchors or more"]:["ok","assures the anchors"]}export{he as a,fe as b,ue as c,_e as d,D as e};
