import{a as H,b as I,c as K,d as j,f as c}from"./chunk-MOF47CB3.js";import"./chunk-O6EUET62.js";import"./chunk-TXAUWCT5.js";import"./chunk-G37EDIRC.js";import{a as O}from"./chunk-36C4WHAR.js";import"./chunk-C66HRB6O.js";import"./chunk-SHTKVFCG.js";import{a as l,b as D}from"./chunk-MT5OO2NG.js";import{d as b}from"./chunk-6UV674H3.js";import{a as T}from"./chunk-A5KFDUZV.js";import{b as L,d as g,e as z,f as E,m as _}from"./chunk-BCM654JP.js";import{b as k,e as x}from"./chunk-IGJKNZOW.js";import{a as R,b as m}from"./chunk-DXBXNIWB.js";import{L as v,O as P,R as A,T as S,U as y,a as d,d as u,e as $,f as h,j as w,l as N,u as q,w as p,y as F}from"./chunk-FPGP54BG.js";import{k as f,l as i}from"./chunk-EUVXIHW5.js";T(j);var C=200;function M(){let r=H(),n=[JSON.stringify(L.value)],s=_("the preimages",o=>y.preimages({...z(),limit:C},{signal:o}),{every:1e4,deps:n}),t=_("the preimages of the range before",o=>y.preimages({...E(),limit:1},{signal:o}),{deps:n,when:g.value}),e=g.value?t.data:null;return i`<${R} title="Preimages" question="Do the nodes that need a preimage get it, from whom, and how soon?">
    <${x} answer=${s} isEmpty=${W} empty=${i`<${J} />`}>
      ${o=>i`<div class="cards">
        <${m} title="Distribution"><${G} data=${o} before=${e} /><//>
        <${m} title="Announcements over time"><${Q} data=${o} before=${e} /><//>
        <${m} title="Preimages" note=${B(o)} flush><${U} rows=${o.preimages} names=${r} /><//>
        <${m} title="Requests" note="times by the clock of the node that reports them, of transfers">
          <${I} row=${o.requests} times=${o.times} before=${e?.requests??null} names=${r} />
        <//>
        <${m} size="half" title="Nodes" flush><${X} rows=${o.nodes} names=${r} /><//>
        <${m} size="half" title="Announcements that failed, and losses" flush><${K} rows=${o.failures} /><//>
      </div>`}
    <//>
  <//>`}function W({totals:r,preimages:n}){return!n.length&&!r.announced&&!r.transferred&&!r.stored}function J(){return i`<${k} title="No preimages in this range.">
    They appear here when nodes report Preimage announced (191), requests (193 to 198), or preimages in their Status.
  <//>`}function B({preimages:r,read:n}){let s=n.complete?"":`, from the newest ${d(n.events)} events`;return`${r.length>=C?"the newest ":""}${N(r.length,"preimage")}${s}`}function G({data:{totals:r,requests:n},before:s}){let t=s?.totals,e=n.requester.transferred+n.requester.failed,o=e>=20&&n.requester.failed*20>e,a=s?.requests.requester;return i`<${D} large>
    <${l} id="announced" label="Announcements" value=${d(r.announced)} note="events of either side" before=${t&&d(t.announced)} />
    <${l} id="transferred" label="Fetched" value=${d(n.requester.transferred)} before=${a&&d(a.transferred)} />
    <${l}
      id="failed"
      label="Requests failed"
      value=${h(n.requester.failed,e)}
      state=${o?"warn":void 0}
      note=${o&&i`<${v} state="warn" word="more than 5 %" />`}
      before=${a&&h(a.failed,a.transferred+a.failed)}
    />
    <${l}
      id="p95"
      label="Fetch p95"
      value=${u(n.requester.p95_ms)}
      note=${`p50 ${u(n.requester.p50_ms)}`}
      before=${a&&u(a.p95_ms)}
    />
    <${l} id="stored" label="In all pools" value=${d(r.stored)} note=${$(Number(r.stored_bytes))} before=${t&&d(t.stored)} />
    <${l} id="forgotten" label="Forgotten" value=${d(r.forgotten)} before=${t&&d(t.forgotten)} />
    <${l} id="discarded" label="Discarded" value=${d(r.discarded)} note="also those provided on chain" before=${t&&d(t.discarded)} />
  <//>`}function Q({data:r,before:n}){let s=f(()=>r.times.map(e=>w(e)??0),[r]),t=f(()=>{let e=n?.series.announced;return[...e?[{label:"announced, before",values:s.map((o,a)=>e[e.length-s.length+a]??null),ghost:!0}]:[],{label:"announced",values:r.series.announced,bars:!0,colour:"--accent"},{label:"discarded",values:r.series.discarded,colour:"--implementation-3"},{label:"forgotten",values:r.series.forgotten,colour:"--warn"}]},[r,n,s]);return i`<${O} title="Announcements of preimages over time" x=${s} series=${t} format=${d} height=${150} />`}function U({rows:r,names:n}){let s=q.value.parameters.preimage;return i`<${b}
    caption="Preimages"
    columns=${[{id:"hash",title:"Preimage",rank:1,value:e=>e.hash,cell:e=>i`<${A} value=${e.hash} />`},{id:"service",title:"Service",end:!0,value:e=>e.service,cell:e=>d(e.service)},{id:"length",title:"Size",rank:2,end:!0,value:e=>e.length,cell:e=>$(e.length)},{id:"first",title:"First seen",rank:3,end:!0,value:e=>e.first_at,cell:e=>i`<${S} value=${e.first_at} />`},{id:"announcers",title:"Announced by",end:!0,value:e=>e.announcers.length,help:"Nodes that announced it to others."},{id:"requests",title:"Requests",end:!0,value:e=>e.requests},{id:"transfers",title:"Fetched",end:!0,value:e=>e.transfers},{id:"failures",title:"Failed",end:!0,value:e=>e.failures,cell:e=>e.failures?i`<${v} state="warn" word=${d(e.failures)} />`:d(0)},{id:"holders",title:"Held by",end:!0,value:e=>e.holders.length,help:"Nodes that announced, fetched or served it and did not discard it since."},{id:"spread",title:"Spread in",end:!0,value:e=>e.spread_ms,cell:e=>u(e.spread_ms),help:"From the first event to the last fetch, by the server's clock."}]}
    rows=${r}
    rowKey=${e=>e.hash}
    sort="-first"
    csv="preimages"
    height=${400}
    empty="No event about a preimage in this range."
    onOpen=${e=>F({preimage:e.hash===s?void 0:e.hash})}
    expanded=${e=>e.hash===s&&i`<${V} row=${e} names=${n} />`}
  />`}function V({row:r,names:n}){let s=t=>Object.entries(t).map(([e,o])=>`${e} ${d(o)}`).join(", ")||"none";return i`<dl class="pairs preimage-details">
    <dt>Announced by</dt>
    <dd><${c} nodes=${r.announcers} names=${n} /></dd>
    <dt>Announced to</dt>
    <dd><${c} nodes=${r.hearers} names=${n} /></dd>
    <dt>Fetched by</dt>
    <dd><${c} nodes=${r.fetchers} names=${n} /></dd>
    <dt>Held by</dt>
    <dd><${c} nodes=${r.holders} names=${n} /></dd>
    <dt>Forgotten</dt>
    <dd>${s(r.forgotten)}</dd>
    <dt>Discarded</dt>
    <dd>${s(r.discarded)}</dd>
    <dt>Events</dt>
    <dd><a href=${p(`events/${r.first_event}`)}>first event</a> · <a href=${p("events",{hash:r.hash})}>all that name it</a></dd>
  </dl>`}function X({rows:r,names:n}){return i`<${b}
    caption="Nodes and their preimages"
    columns=${[{id:"node",title:"Node",rank:1,value:t=>t.node_id,cell:t=>i`<${P} node=${n.get(t.node_id)??t} />`},{id:"stored",title:"Pool",rank:2,end:!0,value:t=>t.stored,cell:t=>d(t.stored),help:"Preimages in its pool, by its newest Status."},{id:"bytes",title:"Size",end:!0,value:t=>t.stored_bytes,cell:t=>$(t.stored_bytes)},{id:"fetched",title:"Fetched",rank:3,end:!0,value:t=>t.fetched},{id:"fetch_failed",title:"failed",end:!0,value:t=>t.fetch_failed},{id:"fetch_p95",title:"p95",end:!0,value:t=>t.fetch_p95_ms,cell:t=>u(t.fetch_p95_ms)},{id:"served",title:"Served",end:!0,value:t=>t.served},{id:"serve_failed",title:"failed",end:!0,value:t=>t.serve_failed},{id:"serve_p95",title:"p95",end:!0,value:t=>t.serve_p95_ms,cell:t=>u(t.serve_p95_ms)}]}
    rows=${r}
    rowKey=${t=>t.node_id}
    sort="-fetched"
    sortParameter="nodes"
    csv="preimages-by-node"
    height=${360}
  />`}export{M as default};
