import{a as k,b as oe,c as N,d as ae}from"./chunk-GXYBFWP3.js";import{a as H,b as re,c as L,d as j,e as le,f as ie,g as q,h as de,i as ue,j as $e,k as ce}from"./chunk-3RR3252F.js";import{d as te}from"./chunk-KHJM3A2B.js";import{a as X}from"./chunk-JO6M46PD.js";import{a as se}from"./chunk-ZFXL5XR5.js";import"./chunk-64NYMZCS.js";import{d as Y}from"./chunk-YOR7I55X.js";import{a as ne}from"./chunk-A5KFDUZV.js";import{b as V,c as S,e as O,m as P}from"./chunk-M7IQUFDT.js";import{b as K,c as B,e as D}from"./chunk-VKJMGN7J.js";import{a as Z,b as R}from"./chunk-DXBXNIWB.js";import{M as G,N as Q,O as E,S as W,U as T,Z as ee,a as m,b as x,i as F,l as w,u as _,w as f,y as C}from"./chunk-2IMSLPX3.js";import{g as p,h as M,j as b,k as h,l as s,n as v}from"./chunk-EUVXIHW5.js";var pe=`.events-filter {
  display: flex;
  flex-wrap: wrap;
  align-items: center;
  gap: var(--space-2);
  margin-bottom: var(--space-3);
}

.events-filter .input {
  width: min(320px, 100%);
}

.condition[data-excluded] {
  text-decoration: line-through;
}

.event-summary {
  display: block;
  max-width: clamp(120px, 22vw, 420px);
  overflow: hidden;
  text-overflow: ellipsis;
  color: var(--text-2);
}

.event-details {
  display: grid;
  grid-template-columns: max-content minmax(0, 1fr);
  gap: 2px var(--space-4);
  padding: var(--space-2) 0;
  white-space: normal;
}

.event-details dt {
  color: var(--text-2);
}

.event-details dd {
  display: flex;
  flex-wrap: wrap;
  align-items: center;
  gap: var(--space-1);
  overflow-wrap: anywhere;
}

.filter-buttons {
  display: inline-flex;
}

.filter-buttons .button {
  opacity: 0.75;
}

.top-list {
  display: grid;
  grid-template-columns: minmax(0, 1fr) max-content max-content;
  gap: 2px var(--space-2);
  align-items: center;
}

.top-list + h3 {
  margin-top: var(--space-4);
}

.top-list > span {
  min-width: 0;
  overflow: hidden;
  text-overflow: ellipsis;
  white-space: nowrap;
}
`;ne(pe);var we=200,me=1e3,ge=250;function xe(){let e=re(_.value.parameters),r=JSON.stringify([e,V.value]),t=P("the event types",n=>T.eventTypes({},{signal:n})),o=P("the histogram",n=>T.eventHistogram({...L(e),...O(),buckets:120},{signal:n}),{every:1e4,deps:[r]});return s`<${Z}
    title="Events"
    question="What was sent, when, and by whom?"
    actions=${s`<${Ae} /><${Ie} filter=${e} />`}
  >
    <${_e} filter=${e} reference=${t.data} />
    <div class="cards">
      <${R} title="Events over time" note=${s`<${Se} histogram=${o.data} />`}>
        <${D} answer=${o}>${n=>s`<${Ee} data=${n} />`}<//>
      <//>
      <${R} size="two-thirds" title="Events" flush><${Re} key=${r} filter=${e} reference=${t.data} /><//>
      <${R} size="third" title="Most frequent">
        <${D} answer=${o}>${n=>s`<${Oe} data=${n} filter=${e} />`}<//>
      <//>
    </div>
  <//>`}function _e({filter:e,reference:r}){let[t,o]=p(""),n=ie(e),i=(e.event_types??"")===H;function $(l){l.preventDefault();let a=ce(t);a&&g(q(e,a.name,a.value)),o("")}return s`<form class="events-filter" onSubmit=${$} aria-label="Conditions">
    <input
      class="input"
      list="event-type-names"
      value=${t}
      placeholder="Type, node, slot 12, core 3, hash …"
      aria-label="Add a condition"
      spellcheck="false"
      autocomplete="off"
      onInput=${l=>o(l.currentTarget.value)}
    />
    <datalist id="event-type-names">
      ${(r?.event_types??[]).map(({name:l})=>s`<option key=${l} value=${l}></option>`)}
      ${Object.keys(r?.groups??{}).map(l=>s`<option key=${l} value=${l}>group</option>`)}
    </datalist>
    <button type="submit" class="button" disabled=${!t.trim()}><${v} name="filter" />Add</button>
    <button
      type="button"
      class="button"
      aria-pressed=${i}
      onClick=${()=>C({event_types:i?void 0:H,exclude_types:void 0},{push:!0})}
    >
      Only failures
    </button>
    ${n.map(l=>s`<span key=${`${l.name} ${l.value}`} class="condition" data-condition=${l.name} data-excluded=${l.excluded||void 0}>
        <${G}
          title=${l.local?"Applied by the page to the events that it has":void 0}
          removeLabel=${`Remove ${l.label} ${l.value}`}
          onRemove=${()=>g(de(e,l))}
        >
          ${l.label} <b class="mono">${l.value.length>20?ae(`0x${l.value}`):l.value}</b>
        <//>
      </span>`)}
    ${n.length>0&&s`<button type="button" class="button quiet small" onClick=${()=>g(ue())}>Clear</button>`}
    ${n.some(({local:l})=>l)&&s`<span class="muted" role="note">The page itself leaves out nodes and other implementations: counts and exports include them.</span>`}
  </form>`}function g(e){C({...Ce,...e},{push:!0})}var Ce={event_type:void 0};function c({filter:e,name:r,value:t,excluding:o,what:n}){return s`<span class="filter-buttons">
    <button type="button" class="button quiet small icon-only" aria-label=${`Only ${n}`} title=${`Only ${n}`} onClick=${()=>g(q(e,r,t))}>
      <${v} name="filter" />
    </button>
    ${o&&s`<button type="button" class="button quiet small icon-only" aria-label=${`Without ${n}`} title=${`Without ${n}`} onClick=${()=>g(q(e,o,t))}>
      <${v} name="close" />
    </button>`}
  </span>`}function Ee({data:e}){let r=h(()=>[...e.buckets].reverse(),[e]),t=h(()=>r.map(({timestamp:n})=>Date.parse(n)),[r]),o=h(()=>[{label:"events",values:r.map(({events:n})=>n),bars:!0},{label:"failures",values:r.map(({failures:n})=>n),colour:"--bad",bars:!0}],[r]);return s`<${X} title="Events over time" x=${t} series=${o} height=${110} />`}function Se({histogram:e}){if(!e)return null;let r=e.source==="aggregates"?"counted from aggregates":"counted from the event log";return s`<span data-total=${e.total}>${w(e.total,"event")} of ${w(e.nodes,"node")}; ${r}, by ${e.bucket_seconds} s; drag to zoom</span>`}function Oe({data:e,filter:r}){return s`
    <h3>Nodes</h3>
    <div class="top-list" data-top="nodes">
      ${e.top_nodes.map(({node_id:t,node_name:o,node_version:n,events:i})=>s`
          <span><${E} node=${{node_id:t,implementation_name:o,implementation_version:n}} /></span>
          <span class="end" title=${m(i)}>${x(i)}</span>
          <${c} filter=${r} name="node" value=${t} excluding="exclude_nodes" what=${`node ${F(t)}`} />
        `)}
    </div>
    <h3>Types</h3>
    <div class="top-list" data-top="types">
      ${e.top_types.map(({event_type:t,event_name:o,events:n})=>s`
          <span title=${o}>${o??`type ${t}`}</span>
          <span class="end" title=${m(n)}>${x(n)}</span>
          <${c} filter=${r} name="event_types" value=${o??t} excluding="exclude_types" what=${o??`type ${t}`} />
        `)}
    </div>
    <h3>Reasons</h3>
    ${e.top_reasons===null&&s`<p class="muted">Not counted under these conditions.</p>`}
    ${e.top_reasons?.length===0&&s`<p class="muted">No failures or discards.</p>`}
    <div class="top-list" data-top="reasons">
      ${(e.top_reasons??[]).map(({event_type:t,event_name:o,reason:n,events:i})=>s`
          <span title=${`${o}: ${n}`}>${n||"no reason"} <span class="muted">${o}</span></span>
          <span class="end" title=${m(i)}>${x(i)}</span>
          <${c} filter=${r} name="event_types" value=${o??t} what=${o??`type ${t}`} />
        `)}
    </div>
  `}function Re({filter:e,reference:r}){let t=Le(e),o=qe(e,r),[n,i]=p(null),$=h(()=>{let a=new Set(t.rows.map(({id:u})=>u));return[...o.rows.filter(({id:u})=>!a.has(u)),...t.rows].filter(u=>$e(e,u))},[o.rows,t.rows]),l=[{id:"time",title:"Received",value:a=>a.received_at,cell:a=>s`<${W} value=${a.received_at} fraction />`,rank:1},{id:"node",title:"Node",value:a=>a.node_id,cell:a=>s`<${E} node=${{node_id:a.node_id,implementation_name:a.node_name,implementation_version:a.node_version}} short />`},{id:"event",title:"Event",value:k,cell:a=>s`<a href=${f(`events/${a.id}`)}>${k(a)}</a>`,rank:2},{id:"context",title:"Slot, core",value:a=>`${a.context.slot??""} ${a.context.core??""}`.trim(),saved:({context:{slot:a,core:u}})=>[a!==null&&`slot ${a}`,u!==null&&`core ${u}`].filter(Boolean).join(" "),cell:a=>s`<${ke} context=${a.context} />`,rank:3},{id:"fields",title:"Fields",value:N,saved:a=>Object.values(a.data)[0]??null,cell:a=>s`<span class="event-summary" title=${N(a)}>${N(a)}</span>`}];return s`
    ${t.error&&s`<${B} name="the events" error=${t.error} onRetry=${t.more} />`}
    ${o.error&&s`<${B} name="live events" error=${o.error} />`}
    <div data-rows=${$.length}>
      <${Y}
        caption="Events"
        columns=${l}
        rows=${$}
        rowKey=${a=>a.id}
        csv="events"
        height="70vh"
        onOpen=${a=>i(n===a.id?null:a.id)}
        onEnd=${t.more}
        expanded=${n===null?void 0:a=>a.id===n&&s`<${Ne} event=${a} filter=${e} />`}
        tools=${s`<${Te} live=${o} count=${$.length} more=${t.hasMore} />`}
        empty=${t.loading?"Loading \u2026":s`<${K} title="No event fulfils the conditions in this range.">Choose a longer range, or remove a condition.<//>`}
      />
    </div>
  `}function Te({live:e,count:r,more:t}){return s`<span class="muted">${w(r,"event")}${t?", older ones follow at the end":""}</span>
    ${e.active&&s`<button type="button" class="button small" aria-pressed=${e.held} onClick=${e.hold}>
        <${v} name=${e.held?"play":"pause"} />${e.held?"Continue":"Pause"}
      </button>
      ${e.waiting>0&&s`<button type="button" class="button small primary" onClick=${e.hold}>${m(e.waiting)} new</button>`}
      ${e.missed>0&&s`<span class="muted">${w(e.missed,"event")} were too many to show</span>`}`}`}function ke({context:e}){let{slot:r,core:t}=e;return r===null&&t===null?s`<span class="muted">—</span>`:s`${r!==null&&s`<a href=${f(`slots/${r}`)}>${m(r)}</a>`}${t!==null&&s`${r!==null?" \xB7 ":""}<a href=${f(`cores/${t}`)}>core ${t}</a>`}`}function Ne({event:e,filter:r}){let t=k(e);return s`<dl class="event-details">
    <dt>event</dt>
    <dd>
      ${t} (${e.event_type}) <${c} filter=${r} name="event_types" value=${t} excluding="exclude_types" what=${t} />
      <a class="button small" href=${f(`events/${e.id}`)}>Bytes and meaning</a>
      <a class="button small" href=${f("sql",{q:`SELECT * FROM events WHERE id = ${e.id}`})}>In SQL</a>
    </dd>
    <dt>node</dt>
    <dd>
      <${E} node=${{node_id:e.node_id}} />
      <${c} filter=${r} name="node" value=${e.node_id} excluding="exclude_nodes" what=${`node ${F(e.node_id)}`} />
      ${e.node_name&&s`<${Q} name=${e.node_name} version=${e.node_version} />
        <${c} filter=${r} name="implementation" value=${e.node_name} what=${e.node_name} />`}
    </dd>
    <dt>node's clock</dt>
    <dd><${W} value=${e.timestamp} date fraction /></dd>
    <dt>session, event id</dt>
    <dd class="mono">${e.session}, ${String(e.event_id)}</dd>
    ${["slot","core"].map(o=>e.context[o]!==null&&s`<dt>${o}</dt>
          <dd>${m(e.context[o])} <${c} filter=${r} name=${o} value=${e.context[o]} what=${`${o} ${e.context[o]}`} /></dd>`)}
    ${e.context.hash&&s`<dt>about</dt>
      <dd class="mono">${e.context.hash} <${c} filter=${r} name="hash" value=${e.context.hash.slice(2)} what="this hash" /></dd>`}
    ${oe(e).map(({path:o,value:n,kind:i})=>s`<dt key=${o}>${o}</dt>
        <dd class=${i==="hash"?"mono":""}>
          ${typeof n=="object"?JSON.stringify(n):String(n)}
          ${i==="hash"&&s`<${c} filter=${r} name="hash" value=${n.slice(2)} what="this hash" />`}
          ${(i==="slot"||i==="core")&&s`<${c} filter=${r} name=${i} value=${n} what=${`${i} ${n}`} />`}
        </dd>`)}
  </dl>`}function Le(e){let[r,t]=p({rows:[],cursor:void 0,hasMore:!0,loading:!0,error:null}),o=b(new AbortController),n=b(!1),i=b(r);i.current=r;async function $(){if(!(n.current||!i.current.hasMore)){n.current=!0;try{let{cursor:l}=i.current,a=await T.events({...L(e),...j(O()),limit:we,cursor:l},{signal:o.current.signal});t(u=>({rows:[...u.rows,...a.events],cursor:a.next_cursor,hasMore:a.has_more,loading:!1,error:null}))}catch(l){o.current.signal.aborted||t(a=>({...a,loading:!1,error:l}))}finally{n.current=!1}}}return M(()=>(o.current=new AbortController,$(),()=>o.current.abort()),[]),{...r,more:$}}function qe(e,r){let t=_.value.parameters.tail==="1"&&!S.value,[o,n]=p([]),[i,$]=p(!1),[l,a]=p({waiting:0,missed:0}),[u,z]=p(null),J=b({events:[],shown:[],missed:0,held:!1}),A=h(()=>le(e,r),[JSON.stringify(e),r]);M(()=>{if(!t||A===null||e.exclude_types&&!r)return;let d=J.current;z(null);let I=!1,he=te(A,y=>{if(I=!0,!("id"in y)){d.missed+=y.missed??0;return}d.events.unshift(y),d.events.length>me&&(d.events.length=me)},z),ve=setInterval(()=>{if(I){if(I=!1,d.held){let y=d.shown[0]?.id,U=d.events.findIndex(({id:ye})=>ye===y);a({waiting:U<0?d.events.length:U,missed:d.missed});return}d.shown=[...d.events],n(d.shown),a({waiting:0,missed:d.missed})}},ge);return()=>{clearInterval(ve),he()}},[t,A]);function fe(){let d=J.current;d.held=!d.held,$(d.held),d.held||(d.shown=[...d.events],n(d.shown),a({waiting:0,missed:d.missed}))}return{rows:t?o:[],active:t,held:i,hold:fe,error:u,...l}}function Ae(){let e=_.value.parameters.tail==="1";return s`<button
    type="button"
    class=${`button ${e?"primary":""}`}
    aria-pressed=${e}
    disabled=${S.value}
    title=${S.value?"The range does not follow the present":"Show events as they arrive"}
    onClick=${()=>C({tail:e?void 0:"1"})}
  >
    <${v} name=${e?"pause":"play"} />Tail
  </button>`}function Ie({filter:e}){let r=new URLSearchParams({...L(e),...j(O())}),t=o=>{let n=new URLSearchParams(r);return n.set("format",o),`api/events/export?${n}`};return ee("operator")?s`<${se}
      label="Export"
      icon="download"
      quiet=${!1}
      entries=${[{label:"NDJSON",href:t("ndjson")},{label:"CSV",href:t("csv")},{label:"Capture, to replay",href:t("capture")}]}
    /><a class="button" href=${f("sql",{q:"SELECT * FROM events ORDER BY received_at DESC LIMIT 100"})}>SQL</a>`:null}export{xe as default};
