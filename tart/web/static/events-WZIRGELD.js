import{a as k,b as se,c as N,d as oe}from"./chunk-GXYBFWP3.js";import{a as H,b as ae,c as L,d as z,e as re,f as le,g as q,h as ie,i as de,j as ue,k as $e}from"./chunk-5L6W7WRO.js";import{d as ee}from"./chunk-PQ33VQHV.js";import{a as Y}from"./chunk-VWSFC2I6.js";import{a as ne}from"./chunk-ZFXL5XR5.js";import{a as te}from"./chunk-A5KFDUZV.js";import{c as V}from"./chunk-5T32BEGS.js";import{b as K,c as S,e as O,m as B}from"./chunk-SPHRVP5U.js";import{b as Q,c as D,e as P}from"./chunk-6F6XN5K6.js";import{a as X,b as R}from"./chunk-DXBXNIWB.js";import{H as U,I as G,J as E,N as W,P as T,U as Z,a as m,b as x,i as F,l as w,u as _,v as f,x as C}from"./chunk-MVD6GQUR.js";import{g as p,h as M,j as b,k as h,l as s,n as v}from"./chunk-EUVXIHW5.js";var ce=`.events-filter {
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
`;te(ce);var we=200,pe=1e3,ge=250;function xe(){let e=ae(_.value.parameters),a=JSON.stringify([e,K.value]),t=B("the event types",n=>T.eventTypes({},{signal:n})),o=B("the histogram",n=>T.eventHistogram({...L(e),...O(),buckets:120},{signal:n}),{every:1e4,deps:[a]});return s`<${X}
    title="Events"
    question="What was sent, when, and by whom?"
    actions=${s`<${Ae} /><${Ie} filter=${e} />`}
  >
    <${_e} filter=${e} reference=${t.data} />
    <div class="cards">
      <${R} title="Events over time" note=${s`<${Se} histogram=${o.data} />`}>
        <${P} answer=${o}>${n=>s`<${Ee} data=${n} />`}<//>
      <//>
      <${R} size="two-thirds" title="Events" flush><${Re} key=${a} filter=${e} reference=${t.data} /><//>
      <${R} size="third" title="Most frequent">
        <${P} answer=${o}>${n=>s`<${Oe} data=${n} filter=${e} />`}<//>
      <//>
    </div>
  <//>`}function _e({filter:e,reference:a}){let[t,o]=p(""),n=le(e),i=(e.event_types??"")===H;function u(l){l.preventDefault();let r=$e(t);r&&g(q(e,r.name,r.value)),o("")}return s`<form class="events-filter" onSubmit=${u} aria-label="Conditions">
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
      ${(a?.event_types??[]).map(({name:l})=>s`<option key=${l} value=${l}></option>`)}
      ${Object.keys(a?.groups??{}).map(l=>s`<option key=${l} value=${l}>group</option>`)}
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
        <${U}
          title=${l.local?"Applied by the page to the events that it has":void 0}
          removeLabel=${`Remove ${l.label} ${l.value}`}
          onRemove=${()=>g(ie(e,l))}
        >
          ${l.label} <b class="mono">${l.value.length>20?oe(`0x${l.value}`):l.value}</b>
        <//>
      </span>`)}
    ${n.length>0&&s`<button type="button" class="button quiet small" onClick=${()=>g(de())}>Clear</button>`}
    ${n.some(({local:l})=>l)&&s`<span class="muted" role="note">The page itself leaves out nodes and other implementations: counts include them.</span>`}
  </form>`}function g(e){C({...Ce,...e},{push:!0})}var Ce={event_type:void 0};function $({filter:e,name:a,value:t,excluding:o,what:n}){return s`<span class="filter-buttons">
    <button type="button" class="button quiet small icon-only" aria-label=${`Only ${n}`} title=${`Only ${n}`} onClick=${()=>g(q(e,a,t))}>
      <${v} name="filter" />
    </button>
    ${o&&s`<button type="button" class="button quiet small icon-only" aria-label=${`Without ${n}`} title=${`Without ${n}`} onClick=${()=>g(q(e,o,t))}>
      <${v} name="close" />
    </button>`}
  </span>`}function Ee({data:e}){let a=h(()=>[...e.buckets].reverse(),[e]),t=h(()=>a.map(({timestamp:n})=>Date.parse(n)),[a]),o=h(()=>[{label:"events",values:a.map(({events:n})=>n),bars:!0},{label:"failures",values:a.map(({failures:n})=>n),colour:"--bad",bars:!0}],[a]);return s`<${Y} title="Events over time" x=${t} series=${o} height=${110} />`}function Se({histogram:e}){if(!e)return null;let a=e.source==="aggregates"?"counted from aggregates":"counted from the event log";return s`<span data-total=${e.total}>${w(e.total,"event")} of ${w(e.nodes,"node")}; ${a}, by ${e.bucket_seconds} s; drag to zoom</span>`}function Oe({data:e,filter:a}){return s`
    <h3>Nodes</h3>
    <div class="top-list" data-top="nodes">
      ${e.top_nodes.map(({node_id:t,node_name:o,node_version:n,events:i})=>s`
          <span><${E} node=${{node_id:t,implementation_name:o,implementation_version:n}} /></span>
          <span class="end" title=${m(i)}>${x(i)}</span>
          <${$} filter=${a} name="node" value=${t} excluding="exclude_nodes" what=${`node ${F(t)}`} />
        `)}
    </div>
    <h3>Types</h3>
    <div class="top-list" data-top="types">
      ${e.top_types.map(({event_type:t,event_name:o,events:n})=>s`
          <span title=${o}>${o??`type ${t}`}</span>
          <span class="end" title=${m(n)}>${x(n)}</span>
          <${$} filter=${a} name="event_types" value=${o??t} excluding="exclude_types" what=${o??`type ${t}`} />
        `)}
    </div>
    <h3>Reasons</h3>
    ${e.top_reasons===null&&s`<p class="muted">Not counted under these conditions.</p>`}
    ${e.top_reasons?.length===0&&s`<p class="muted">No failures or discards.</p>`}
    <div class="top-list" data-top="reasons">
      ${(e.top_reasons??[]).map(({event_type:t,event_name:o,reason:n,events:i})=>s`
          <span title=${`${o}: ${n}`}>${n||"no reason"} <span class="muted">${o}</span></span>
          <span class="end" title=${m(i)}>${x(i)}</span>
          <${$} filter=${a} name="event_types" value=${o??t} what=${o??`type ${t}`} />
        `)}
    </div>
  `}function Re({filter:e,reference:a}){let t=Le(e),o=qe(e,a),[n,i]=p(null),u=h(()=>{let r=new Set(t.rows.map(({id:c})=>c));return[...o.rows.filter(({id:c})=>!r.has(c)),...t.rows].filter(c=>ue(e,c))},[o.rows,t.rows]),l=[{id:"time",title:"Received",value:r=>r.received_at,cell:r=>s`<${W} value=${r.received_at} fraction />`,rank:1},{id:"node",title:"Node",value:r=>r.node_id,cell:r=>s`<${E} node=${{node_id:r.node_id,implementation_name:r.node_name,implementation_version:r.node_version}} short />`},{id:"event",title:"Event",value:k,cell:r=>s`<a href=${f(`events/${r.id}`)}>${k(r)}</a>`,rank:2},{id:"context",title:"Slot, core",value:r=>`${r.context.slot??""} ${r.context.core??""}`.trim(),cell:r=>s`<${ke} context=${r.context} />`,rank:3},{id:"fields",title:"Fields",value:N,cell:r=>s`<span class="event-summary" title=${N(r)}>${N(r)}</span>`}];return s`
    ${t.error&&s`<${D} name="the events" error=${t.error} onRetry=${t.more} />`}
    ${o.error&&s`<${D} name="live events" error=${o.error} />`}
    <div data-rows=${u.length}>
      <${V}
        caption="Events"
        columns=${l}
        rows=${u}
        rowKey=${r=>r.id}
        csv="events"
        height="70vh"
        onOpen=${r=>i(n===r.id?null:r.id)}
        onEnd=${t.more}
        expanded=${n===null?void 0:r=>r.id===n&&s`<${Ne} event=${r} filter=${e} />`}
        tools=${s`<${Te} live=${o} count=${u.length} more=${t.hasMore} />`}
        empty=${t.loading?"Loading \u2026":s`<${Q} title="No event fulfils the conditions in this range.">Choose a longer range, or remove a condition.<//>`}
      />
    </div>
  `}function Te({live:e,count:a,more:t}){return s`<span class="muted">${w(a,"event")}${t?", older ones follow at the end":""}</span>
    ${e.active&&s`<button type="button" class="button small" aria-pressed=${e.held} onClick=${e.hold}>
        <${v} name=${e.held?"play":"pause"} />${e.held?"Continue":"Pause"}
      </button>
      ${e.waiting>0&&s`<button type="button" class="button small primary" onClick=${e.hold}>${m(e.waiting)} new</button>`}
      ${e.missed>0&&s`<span class="muted">${w(e.missed,"event")} were too many to show</span>`}`}`}function ke({context:e}){let{slot:a,core:t}=e;return a===null&&t===null?s`<span class="muted">—</span>`:s`${a!==null&&s`<a href=${f(`slots/${a}`)}>${m(a)}</a>`}${t!==null&&s`${a!==null?" \xB7 ":""}<a href=${f(`cores/${t}`)}>core ${t}</a>`}`}function Ne({event:e,filter:a}){let t=k(e);return s`<dl class="event-details">
    <dt>event</dt>
    <dd>
      ${t} (${e.event_type}) <${$} filter=${a} name="event_types" value=${t} excluding="exclude_types" what=${t} />
      <a class="button small" href=${f(`events/${e.id}`)}>Bytes and meaning</a>
      <a class="button small" href=${f("sql",{q:`SELECT * FROM events WHERE id = ${e.id}`})}>In SQL</a>
    </dd>
    <dt>node</dt>
    <dd>
      <${E} node=${{node_id:e.node_id}} />
      <${$} filter=${a} name="node" value=${e.node_id} excluding="exclude_nodes" what=${`node ${F(e.node_id)}`} />
      ${e.node_name&&s`<${G} name=${e.node_name} version=${e.node_version} />
        <${$} filter=${a} name="implementation" value=${e.node_name} what=${e.node_name} />`}
    </dd>
    <dt>node's clock</dt>
    <dd><${W} value=${e.timestamp} date fraction /></dd>
    <dt>session, event id</dt>
    <dd class="mono">${e.session}, ${String(e.event_id)}</dd>
    ${["slot","core"].map(o=>e.context[o]!==null&&s`<dt>${o}</dt>
          <dd>${m(e.context[o])} <${$} filter=${a} name=${o} value=${e.context[o]} what=${`${o} ${e.context[o]}`} /></dd>`)}
    ${e.context.hash&&s`<dt>about</dt>
      <dd class="mono">${e.context.hash} <${$} filter=${a} name="hash" value=${e.context.hash.slice(2)} what="this hash" /></dd>`}
    ${se(e).map(({path:o,value:n,kind:i})=>s`<dt key=${o}>${o}</dt>
        <dd class=${i==="hash"?"mono":""}>
          ${typeof n=="object"?JSON.stringify(n):String(n)}
          ${i==="hash"&&s`<${$} filter=${a} name="hash" value=${n.slice(2)} what="this hash" />`}
          ${(i==="slot"||i==="core")&&s`<${$} filter=${a} name=${i} value=${n} what=${`${i} ${n}`} />`}
        </dd>`)}
  </dl>`}function Le(e){let[a,t]=p({rows:[],cursor:void 0,hasMore:!0,loading:!0,error:null}),o=b(new AbortController),n=b(!1),i=b(a);i.current=a;async function u(){if(!(n.current||!i.current.hasMore)){n.current=!0;try{let{cursor:l}=i.current,r=await T.events({...L(e),...z(O()),limit:we,cursor:l},{signal:o.current.signal});t(c=>({rows:[...c.rows,...r.events],cursor:r.next_cursor,hasMore:r.has_more,loading:!1,error:null}))}catch(l){o.current.signal.aborted||t(r=>({...r,loading:!1,error:l}))}finally{n.current=!1}}}return M(()=>(o.current=new AbortController,u(),()=>o.current.abort()),[]),{...a,more:u}}function qe(e,a){let t=_.value.parameters.tail==="1"&&!S.value,[o,n]=p([]),[i,u]=p(!1),[l,r]=p({waiting:0,missed:0}),[c,me]=p(null),J=b({events:[],shown:[],missed:0,held:!1}),A=h(()=>re(e,a),[JSON.stringify(e),a]);M(()=>{if(!t||A===null||e.exclude_types&&!a)return;let d=J.current;me(null);let I=!1,he=ee(A,y=>{if(I=!0,!("id"in y)){d.missed+=y.missed??0;return}d.events.unshift(y),d.events.length>pe&&(d.events.length=pe)}),ve=setInterval(()=>{if(I){if(I=!1,d.held){let y=d.shown[0]?.id,j=d.events.findIndex(({id:ye})=>ye===y);r({waiting:j<0?d.events.length:j,missed:d.missed});return}d.shown=[...d.events],n(d.shown),r({waiting:0,missed:d.missed})}},ge);return()=>{clearInterval(ve),he()}},[t,A]);function fe(){let d=J.current;d.held=!d.held,u(d.held),d.held||(d.shown=[...d.events],n(d.shown),r({waiting:0,missed:d.missed}))}return{rows:t?o:[],active:t,held:i,hold:fe,error:c,...l}}function Ae(){let e=_.value.parameters.tail==="1";return s`<button
    type="button"
    class=${`button ${e?"primary":""}`}
    aria-pressed=${e}
    disabled=${S.value}
    title=${S.value?"The range does not follow the present":"Show events as they arrive"}
    onClick=${()=>C({tail:e?void 0:"1"})}
  >
    <${v} name=${e?"pause":"play"} />Tail
  </button>`}function Ie({filter:e}){let a=new URLSearchParams({...L(e),...z(O())}),t=o=>{let n=new URLSearchParams(a);return n.set("format",o),`api/events/export?${n}`};return Z("operator")?s`<${ne}
      label="Export"
      icon="download"
      quiet=${!1}
      entries=${[{label:"NDJSON",href:t("ndjson")},{label:"CSV",href:t("csv")},{label:"Capture, to replay",href:t("capture")}]}
    /><a class="button" href=${f("sql",{q:"SELECT * FROM events ORDER BY received_at DESC LIMIT 100"})}>SQL</a>`:null}export{xe as default};
