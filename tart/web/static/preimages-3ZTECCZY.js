import{a as I,b as K,c as j,e as c}from"./chunk-TFGVD7WG.js";import"./chunk-HFXSJWWH.js";import"./chunk-TXAUWCT5.js";import{a as H}from"./chunk-7KWKPRJ3.js";import"./chunk-OYJLUT6D.js";import{b as O,c as R}from"./chunk-QLZ46DTY.js";import{a as T}from"./chunk-4YALDK3C.js";import"./chunk-BUXFXNHN.js";import"./chunk-G37EDIRC.js";import{a as l,b as F}from"./chunk-WQNOXECZ.js";import{a as z}from"./chunk-A5KFDUZV.js";import{a as P,b as m}from"./chunk-HZVHJNCT.js";import{a as E,b as L}from"./chunk-LSKVQWEN.js";import{a as g}from"./chunk-QCITNMUN.js";import{b as N,e as q}from"./chunk-IIW3BLOX.js";import"./chunk-ZVTLTR5U.js";import{d as b}from"./chunk-5HTXFBE2.js";import{D as p,I as w,a as i,e as u,f as $,g as h,k as _,m as y}from"./chunk-DYZXLK2B.js";import{d as k,g as x,h as D}from"./chunk-NIKDHXBC.js";import{g as A,i as v,k as S}from"./chunk-37NB6NY5.js";import{k as f,l as d}from"./chunk-QNZ3L47H.js";z(j);var C=200;function M(){let r=H(),n=[JSON.stringify(k.value)],s=E("the preimages",o=>g.preimages({...D(),limit:C},{signal:o}),{every:1e4,deps:n}),t=L("the preimages of the range before",(o,a)=>g.preimages({...o,limit:1},{signal:a}),n),e=x.value?t.data:null;return d`<${P} title="Preimages" question="Do the nodes that need a preimage get it, from whom, and how soon?">
    <${q} answer=${s} isEmpty=${J} empty=${d`<${W} />`}>
      ${o=>d`<div class="cards">
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
  <//>`}function J({totals:r,preimages:n}){return!n.length&&!r.announced&&!r.transferred&&!r.stored}function W(){return d`<${N} title="No preimages in this range.">
    They appear here when nodes report Preimage announced (191), requests (193 to 198), or preimages in their Status.
  <//>`}function B({preimages:r,read:n}){let s=n.complete?"":`, from the newest ${i(n.events)} events`;return`${r.length>=C?"the newest ":""}${y(r.length,"preimage")}${s}`}function G({data:{totals:r,requests:n},before:s}){let t=s?.totals,e=n.requester.transferred+n.requester.failed,o=e>=20&&n.requester.failed*20>e,a=s?.requests.requester;return d`<${F} large>
    <${l} id="announced" label="Announcements" value=${i(r.announced)} note="events of either side" before=${t&&i(t.announced)} />
    <${l} id="transferred" label="Fetched" value=${i(n.requester.transferred)} before=${a&&i(a.transferred)} />
    <${l}
      id="failed"
      label="Requests failed"
      value=${h(n.requester.failed,e)}
      state=${o?"warn":void 0}
      note=${o&&d`<${p} state="warn" word="more than 5 %" />`}
      before=${a&&h(a.failed,a.transferred+a.failed)}
    />
    <${l}
      id="p95"
      label="Fetch p95"
      value=${u(n.requester.p95_ms)}
      note=${`p50 ${u(n.requester.p50_ms)}`}
      before=${a&&u(a.p95_ms)}
    />
    <${l} id="stored" label="In all pools" value=${i(r.stored)} note=${$(Number(r.stored_bytes))} before=${t&&i(t.stored)} />
    <${l} id="forgotten" label="Forgotten" value=${i(r.forgotten)} before=${t&&i(t.forgotten)} />
    <${l} id="discarded" label="Discarded" value=${i(r.discarded)} note="also those provided on chain" before=${t&&i(t.discarded)} />
  <//>`}function Q({data:r,before:n}){let s=f(()=>r.times.map(e=>_(e)??0),[r]),t=f(()=>{let e=n?.series.announced;return[...e?[{label:"announced, before",values:s.map((o,a)=>e[e.length-s.length+a]??null),ghost:!0}]:[],{label:"announced",values:r.series.announced,bars:!0,colour:"--accent"},{label:"discarded",values:r.series.discarded,colour:"--implementation-3"},{label:"forgotten",values:r.series.forgotten,colour:"--warn"}]},[r,n,s]);return d`<${T} title="Announcements of preimages over time" x=${s} series=${t} format=${i} height=${150} />`}function U({rows:r,names:n}){let s=A.value.parameters.preimage;return d`<${b}
    caption="Preimages"
    columns=${[{id:"hash",title:"Preimage",rank:1,value:e=>e.hash,cell:e=>d`<${R} value=${e.hash} />`},{id:"service",title:"Service",end:!0,value:e=>e.service,cell:e=>i(e.service)},{id:"length",title:"Size",rank:2,end:!0,value:e=>e.length,cell:e=>$(e.length)},{id:"first",title:"First seen",rank:3,end:!0,value:e=>e.first_at,cell:e=>d`<${w} value=${e.first_at} />`},{id:"announcers",title:"Announced by",end:!0,value:e=>e.announcers.length,help:"Nodes that announced it to others."},{id:"requests",title:"Requests",end:!0,value:e=>e.requests},{id:"transfers",title:"Fetched",end:!0,value:e=>e.transfers},{id:"failures",title:"Failed",end:!0,value:e=>e.failures,cell:e=>e.failures?d`<${p} state="warn" word=${i(e.failures)} />`:i(0)},{id:"holders",title:"Held by",end:!0,value:e=>e.holders.length,help:"Nodes that announced, fetched or served it and did not discard it since."},{id:"spread",title:"Spread in",end:!0,value:e=>e.spread_ms,cell:e=>u(e.spread_ms),help:"From the first event to the last fetch, by the server's clock."}]}
    rows=${r}
    rowKey=${e=>e.hash}
    sort="-first"
    csv="preimages"
    height=${400}
    empty="No event about a preimage in this range."
    onOpen=${e=>S({preimage:e.hash===s?void 0:e.hash})}
    expanded=${e=>e.hash===s&&d`<${V} row=${e} names=${n} />`}
  />`}function V({row:r,names:n}){let s=t=>Object.entries(t).map(([e,o])=>`${e} ${i(o)}`).join(", ")||"none";return d`<dl class="pairs preimage-details">
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
    <dd><a href=${v(`events/${r.first_event}`)}>first event</a> · <a href=${v("events",{hash:r.hash})}>all that name it</a></dd>
  </dl>`}function X({rows:r,names:n}){return d`<${b}
    caption="Nodes and their preimages"
    columns=${[{id:"node",title:"Node",rank:1,value:t=>t.node_id,cell:t=>d`<${O} node=${n.get(t.node_id)??t} />`},{id:"stored",title:"Pool",rank:2,end:!0,value:t=>t.stored,cell:t=>i(t.stored),help:"Preimages in its pool, by its newest Status."},{id:"bytes",title:"Size",end:!0,value:t=>t.stored_bytes,cell:t=>$(t.stored_bytes)},{id:"fetched",title:"Fetched",rank:3,end:!0,value:t=>t.fetched},{id:"fetch_failed",title:"failed",end:!0,value:t=>t.fetch_failed},{id:"fetch_p95",title:"p95",end:!0,value:t=>t.fetch_p95_ms,cell:t=>u(t.fetch_p95_ms)},{id:"served",title:"Served",end:!0,value:t=>t.served},{id:"serve_failed",title:"failed",end:!0,value:t=>t.serve_failed},{id:"serve_p95",title:"p95",end:!0,value:t=>t.serve_p95_ms,cell:t=>u(t.serve_p95_ms)}]}
    rows=${r}
    rowKey=${t=>t.node_id}
    sort="-fetched"
    sortParameter="nodes"
    csv="preimages-by-node"
    height=${360}
  />`}export{M as default};
