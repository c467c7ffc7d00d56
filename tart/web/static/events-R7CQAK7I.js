import{a as q,b as ce,c as A,d as pe}from"./chunk-GXYBFWP3.js";import{a as j,b as te,c as R,d as D,e as ne,f as se,g as oe,h as T,i as ae,j as re,k as le,l as ie}from"./chunk-SGH5JVNX.js";import{a as ue,b as N}from"./chunk-QLZ46DTY.js";import{a as $e}from"./chunk-4YALDK3C.js";import{e as Z}from"./chunk-MX6SEDPD.js";import{a as ee}from"./chunk-A5KFDUZV.js";import{a as V}from"./chunk-3B3KOKTW.js";import{a as K,b as C}from"./chunk-HZVHJNCT.js";import{a as H}from"./chunk-LSKVQWEN.js";import{a as O,f as X}from"./chunk-QCITNMUN.js";import{b as Q,c as P,e as B}from"./chunk-IIW3BLOX.js";import"./chunk-ZVTLTR5U.js";import{d as de}from"./chunk-5HTXFBE2.js";import{E as G,H as W,a as m,b as _,j as F,m as w}from"./chunk-DYZXLK2B.js";import{d as Y,e as k,h as g}from"./chunk-NIKDHXBC.js";import{g as S,i as f,k as E}from"./chunk-37NB6NY5.js";import{g as p,h as M,j as b,k as h,l as o,n as v}from"./chunk-QNZ3L47H.js";var me=`.events-filter {
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
`;ee(me);var ge=200,fe=1e3,xe=250;function _e(){let e=te(S.value.parameters),r=JSON.stringify([e,Y.value]),t=H("the event types",s=>O.eventTypes({},{signal:s})),n=H("the histogram",s=>O.eventHistogram({...R(e),...g(),buckets:120},{signal:s}),{every:1e4,deps:[r]});return o`<${K}
    title="Events"
    question="What was sent, when, and by whom?"
    actions=${o`<${Ie} /><${Me} filter=${e} reference=${t.data} />`}
  >
    <${Ce} filter=${e} reference=${t.data} />
    <div class="cards">
      <${C} title="Events over time" note=${o`<${Oe} histogram=${n.data} />`}>
        <${B} answer=${n}>${s=>o`<${Ee} data=${s} />`}<//>
      <//>
      <${C} size="two-thirds" title="Events" flush><${Re} key=${r} filter=${e} reference=${t.data} /><//>
      <${C} size="third" title="Most frequent">
        <${B} answer=${n}>${s=>o`<${ke} data=${s} filter=${e} />`}<//>
      <//>
    </div>
  <//>`}function Ce({filter:e,reference:r}){let[t,n]=p(""),s=oe(e),i=(e.event_types??"")===j;function u(l){l.preventDefault();let a=ie(t);a&&x(T(e,a.name,a.value)),n("")}return o`<form class="events-filter" onSubmit=${u} aria-label="Conditions">
    <input
      class="input"
      list="event-type-names"
      value=${t}
      placeholder="Type, node, slot 12, core 3, hash …"
      aria-label="Add a condition"
      spellcheck="false"
      autocomplete="off"
      onInput=${l=>n(l.currentTarget.value)}
    />
    <datalist id="event-type-names">
      ${(r?.event_types??[]).map(({name:l})=>o`<option key=${l} value=${l}></option>`)}
      ${Object.keys(r?.groups??{}).map(l=>o`<option key=${l} value=${l}>group</option>`)}
    </datalist>
    <button type="submit" class="button" disabled=${!t.trim()}><${v} name="filter" />Add</button>
    <button
      type="button"
      class="button"
      aria-pressed=${i}
      onClick=${()=>E({event_types:i?void 0:j,exclude_types:void 0},{push:!0})}
    >
      Only failures
    </button>
    ${s.map(l=>o`<span key=${`${l.name} ${l.value}`} class="condition" data-condition=${l.name} data-excluded=${l.excluded||void 0}>
        <${ue}
          title=${l.local?"Applied by the page to the events that it has":void 0}
          removeLabel=${`Remove ${l.label} ${l.value}`}
          onRemove=${()=>x(ae(e,l))}
        >
          ${l.label} <b class="mono">${l.value.length>20?pe(`0x${l.value}`):l.value}</b>
        <//>
      </span>`)}
    ${s.length>0&&o`<button type="button" class="button quiet small" onClick=${()=>x(re())}>Clear</button>`}
    ${s.some(({local:l})=>l)&&o`<span class="muted" role="note">The page itself leaves out nodes and other implementations: counts and exports include them.</span>`}
  </form>`}function x(e){E({...Se,...e},{push:!0})}var Se={event_type:void 0};function c({filter:e,name:r,value:t,excluding:n,what:s}){return o`<span class="filter-buttons">
    <button type="button" class="button quiet small icon-only" aria-label=${`Only ${s}`} title=${`Only ${s}`} onClick=${()=>x(T(e,r,t))}>
      <${v} name="filter" />
    </button>
    ${n&&o`<button type="button" class="button quiet small icon-only" aria-label=${`Without ${s}`} title=${`Without ${s}`} onClick=${()=>x(T(e,n,t))}>
      <${v} name="close" />
    </button>`}
  </span>`}function Ee({data:e}){let r=h(()=>[...e.buckets].reverse(),[e]),t=h(()=>r.map(({timestamp:s})=>Date.parse(s)),[r]),n=h(()=>[{label:"events",values:r.map(({events:s})=>s),bars:!0},{label:"failures",values:r.map(({failures:s})=>s),colour:"--bad",bars:!0}],[r]);return o`<${$e} title="Events over time" x=${t} series=${n} height=${110} />`}function Oe({histogram:e}){if(!e)return null;let r=e.source==="aggregates"?"counted from aggregates":"counted from the event log";return o`<span data-total=${e.total}>${w(e.total,"event")} of ${w(e.nodes,"node")}; ${r}, by ${e.bucket_seconds} s; drag to zoom</span>`}function ke({data:e,filter:r}){return o`
    <h3>Nodes</h3>
    <div class="top-list" data-top="nodes">
      ${e.top_nodes.map(({node_id:t,node_name:n,node_version:s,events:i})=>o`
          <span><${N} node=${{node_id:t,implementation_name:n,implementation_version:s}} /></span>
          <span class="end" title=${m(i)}>${_(i)}</span>
          <${c} filter=${r} name="node" value=${t} excluding="exclude_nodes" what=${`node ${F(t)}`} />
        `)}
    </div>
    <h3>Types</h3>
    <div class="top-list" data-top="types">
      ${e.top_types.map(({event_type:t,event_name:n,events:s})=>o`
          <span title=${n}>${n??`type ${t}`}</span>
          <span class="end" title=${m(s)}>${_(s)}</span>
          <${c} filter=${r} name="event_types" value=${n??t} excluding="exclude_types" what=${n??`type ${t}`} />
        `)}
    </div>
    <h3>Reasons</h3>
    ${e.top_reasons===null&&o`<p class="muted">Not counted under these conditions.</p>`}
    ${e.top_reasons?.length===0&&o`<p class="muted">No failures or discards.</p>`}
    <div class="top-list" data-top="reasons">
      ${(e.top_reasons??[]).map(({event_type:t,event_name:n,reason:s,events:i})=>o`
          <span title=${`${n}: ${s}`}>${s||"no reason"} <span class="muted">${n}</span></span>
          <span class="end" title=${m(i)}>${_(i)}</span>
          <${c} filter=${r} name="event_types" value=${n??t} what=${n??`type ${t}`} />
        `)}
    </div>
  `}function Re({filter:e,reference:r}){let t=Ae(e),n=Le(e,r),[s,i]=p(null),u=h(()=>{let a=new Set(t.rows.map(({id:$})=>$));return[...n.rows.filter(({id:$})=>!a.has($)),...t.rows].filter($=>le(e,$))},[n.rows,t.rows]),l=[{id:"time",title:"Received",value:a=>a.received_at,cell:a=>o`<${W} value=${a.received_at} fraction />`,rank:1},{id:"node",title:"Node",value:a=>a.node_id,cell:a=>o`<${N} node=${{node_id:a.node_id,implementation_name:a.node_name,implementation_version:a.node_version}} short />`},{id:"event",title:"Event",value:q,cell:a=>o`<a href=${f(`events/${a.id}`)}>${q(a)}</a>`,rank:2},{id:"context",title:"Slot, core",value:a=>`${a.context.slot??""} ${a.context.core??""}`.trim(),saved:({context:{slot:a,core:$}})=>[a!==null&&`slot ${a}`,$!==null&&`core ${$}`].filter(Boolean).join(" "),cell:a=>o`<${Ne} context=${a.context} />`,rank:3},{id:"fields",title:"Fields",value:A,saved:a=>Object.values(a.data)[0]??null,cell:a=>o`<span class="event-summary" title=${A(a)}>${A(a)}</span>`}];return o`
    ${t.error&&o`<${P} name="the events" error=${t.error} onRetry=${t.more} />`}
    ${n.error&&o`<${P} name="live events" error=${n.error} />`}
    <div data-rows=${u.length}>
      <${de}
        caption="Events"
        columns=${l}
        rows=${u}
        rowKey=${a=>a.id}
        csv="events"
        height="70vh"
        onOpen=${a=>i(s===a.id?null:a.id)}
        onEnd=${t.more}
        expanded=${s===null?void 0:a=>a.id===s&&o`<${qe} event=${a} filter=${e} />`}
        tools=${o`<${Te} live=${n} count=${u.length} more=${t.hasMore} />`}
        empty=${t.loading?"Loading \u2026":o`<${Q} title="No event fulfils the conditions in this range.">Choose a longer range, or remove a condition.<//>`}
      />
    </div>
  `}function Te({live:e,count:r,more:t}){return o`<span class="muted">${w(r,"event")}${t?", older ones follow at the end":""}</span>
    ${e.active&&o`<button type="button" class="button small" aria-pressed=${e.held} onClick=${e.hold}>
        <${v} name=${e.held?"play":"pause"} />${e.held?"Continue":"Pause"}
      </button>
      ${e.waiting>0&&o`<button type="button" class="button small primary" onClick=${e.hold}>${m(e.waiting)} new</button>`}
      ${e.missed>0&&o`<span class="muted">${w(e.missed,"event")} were too many to show</span>`}`}`}function Ne({context:e}){let{slot:r,core:t}=e;return r===null&&t===null?o`<span class="muted">—</span>`:o`${r!==null&&o`<a href=${f(`slots/${r}`)}>${m(r)}</a>`}${t!==null&&o`${r!==null?" \xB7 ":""}<a href=${f(`cores/${t}`)}>core ${t}</a>`}`}function qe({event:e,filter:r}){let t=q(e);return o`<dl class="event-details">
    <dt>event</dt>
    <dd>
      ${t} (${e.event_type}) <${c} filter=${r} name="event_types" value=${t} excluding="exclude_types" what=${t} />
      <a class="button small" href=${f(`events/${e.id}`)}>Bytes and meaning</a>
      <a class="button small" href=${f("sql",{q:`SELECT * FROM events WHERE id = ${e.id}`})}>In SQL</a>
    </dd>
    <dt>node</dt>
    <dd>
      <${N} node=${{node_id:e.node_id}} />
      <${c} filter=${r} name="node" value=${e.node_id} excluding="exclude_nodes" what=${`node ${F(e.node_id)}`} />
      ${e.node_name&&o`<${G} name=${e.node_name} version=${e.node_version} />
        <${c} filter=${r} name="implementation" value=${e.node_name} what=${e.node_name} />`}
    </dd>
    <dt>node's clock</dt>
    <dd><${W} value=${e.timestamp} date fraction /></dd>
    <dt>session, event id</dt>
    <dd class="mono">${e.session}, ${String(e.event_id)}</dd>
    ${["slot","core"].map(n=>e.context[n]!==null&&o`<dt>${n}</dt>
          <dd>${m(e.context[n])} <${c} filter=${r} name=${n} value=${e.context[n]} what=${`${n} ${e.context[n]}`} /></dd>`)}
    ${e.context.hash&&o`<dt>about</dt>
      <dd class="mono">${e.context.hash} <${c} filter=${r} name="hash" value=${e.context.hash.slice(2)} what="this hash" /></dd>`}
    ${ce(e).map(({path:n,value:s,kind:i})=>o`<dt key=${n}>${n}</dt>
        <dd class=${i==="hash"?"mono":""}>
          ${typeof s=="object"?JSON.stringify(s):String(s)}
          ${i==="hash"&&o`<${c} filter=${r} name="hash" value=${s.slice(2)} what="this hash" />`}
          ${(i==="slot"||i==="core")&&o`<${c} filter=${r} name=${i} value=${s} what=${`${i} ${s}`} />`}
        </dd>`)}
  </dl>`}function Ae(e){let[r,t]=p({rows:[],cursor:void 0,hasMore:!0,loading:!0,error:null}),n=b(new AbortController),s=b(!1),i=b(r);i.current=r;async function u(){if(!(s.current||!i.current.hasMore)){s.current=!0;try{let{cursor:l}=i.current,a=await O.events({...R(e),...D(g()),limit:ge,cursor:l},{signal:n.current.signal});t($=>({rows:[...$.rows,...a.events],cursor:a.next_cursor,hasMore:a.has_more,loading:!1,error:null}))}catch(l){n.current.signal.aborted||t(a=>({...a,loading:!1,error:l}))}finally{s.current=!1}}}return M(()=>(n.current=new AbortController,u(),()=>n.current.abort()),[]),{...r,more:u}}function Le(e,r){let t=S.value.parameters.tail==="1"&&!k.value,[n,s]=p([]),[i,u]=p(!1),[l,a]=p({waiting:0,missed:0}),[$,z]=p(null),J=b({events:[],shown:[],missed:0,held:!1}),L=h(()=>ne(e,r),[JSON.stringify(e),r]);M(()=>{if(!t||L===null||e.exclude_types&&!r)return;let d=J.current;z(null);let I=!1,ve=Z(L,y=>{if(I=!0,!("id"in y)){d.missed+=y.missed??0;return}d.events.unshift(y),d.events.length>fe&&(d.events.length=fe)},z),ye=setInterval(()=>{if(I){if(I=!1,d.held){let y=d.shown[0]?.id,U=d.events.findIndex(({id:be})=>be===y);a({waiting:U<0?d.events.length:U,missed:d.missed});return}d.shown=[...d.events],s(d.shown),a({waiting:0,missed:d.missed})}},xe);return()=>{clearInterval(ye),ve()}},[t,L]);function he(){let d=J.current;d.held=!d.held,u(d.held),d.held||(d.shown=[...d.events],s(d.shown),a({waiting:0,missed:d.missed}))}return{rows:t?n:[],active:t,held:i,hold:he,error:$,...l}}function Ie(){let e=S.value.parameters.tail==="1";return o`<button
    type="button"
    class=${`button ${e?"primary":""}`}
    aria-pressed=${e}
    disabled=${k.value}
    title=${k.value?"The range does not follow the present":"Show events as they arrive"}
    onClick=${()=>E({tail:e?void 0:"1"})}
  >
    <${v} name=${e?"pause":"play"} />Tail
  </button>`}function Me({filter:e,reference:r}){let t=new URLSearchParams({...R(e),...D(g())}),n=i=>{let u=new URLSearchParams(t);return u.set("format",i),`api/events/export?${u}`};if(!X("operator"))return null;let s=se(e,g(),r??null);return o`<${V}
      label="Export"
      icon="download"
      quiet=${!1}
      entries=${[{label:"NDJSON",href:n("ndjson")},{label:"CSV",href:n("csv")},{label:"Capture, to replay",href:n("capture")}]}
    />${s&&o`<a class="button" href=${f("sql",{q:s})}>SQL</a>`}`}export{_e as default};
