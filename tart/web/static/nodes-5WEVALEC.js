import{a as y,b as f,c as se,d as _,e as oe,f as g,g as le}from"./chunk-2AFQ6EAQ.js";import{b as te,c as ne}from"./chunk-OYJLUT6D.js";import{a as Z,b as ee}from"./chunk-QLZ46DTY.js";import{c as B}from"./chunk-WQNOXECZ.js";import{a as Q}from"./chunk-A5KFDUZV.js";import{a as V}from"./chunk-3B3KOKTW.js";import{a as D}from"./chunk-HZVHJNCT.js";import{a as Y}from"./chunk-LSKVQWEN.js";import{a as F}from"./chunk-QCITNMUN.js";import{b as j,e as M}from"./chunk-IIW3BLOX.js";import{d as X}from"./chunk-5HTXFBE2.js";import{A as S,D as m,E as W,I as N,a as d,b as T,c as E,e as q,j as x,m as c,n as L,r as H,v as I}from"./chunk-DYZXLK2B.js";import{d as K,h as J}from"./chunk-NIKDHXBC.js";import{g as z,i as G,j as U,k as u}from"./chunk-37NB6NY5.js";import{k as $,l as n,n as R}from"./chunk-QNZ3L47H.js";var ae=`.nodes-line {
  margin-bottom: var(--space-3);
  color: var(--text-2);
}

.nodes-line b {
  color: var(--text-1);
  font-weight: 600;
}

.nodes-node {
  display: inline-flex;
  align-items: center;
  gap: 2px;
}

.nodes-pin {
  opacity: 0;
}

.nodes-pin[aria-pressed="true"],
.nodes-pin:focus-visible,
tr:hover .nodes-pin {
  opacity: 1;
}

@media (hover: none) {
  .nodes-pin {
    display: none;
  }

  .nodes-pin[aria-pressed="true"] {
    display: inline-flex;
  }
}

.nodes-rate {
  display: inline-flex;
  align-items: center;
  justify-content: flex-end;
  gap: var(--space-2);
}

.nodes-rate > span {
  min-width: 52px;
}

.nodes-rules {
  margin-top: var(--space-3);
  color: var(--text-2);
}

.nodes-rules summary {
  cursor: pointer;
}

.nodes-rules dl {
  margin: var(--space-2) 0;
}

.nodes-grid {
  padding: 0 var(--space-3) var(--space-3);
}

.nodes-grid h2 {
  margin: var(--space-3) 0 var(--space-1);
}

.nodes-grid ul {
  display: grid;
  grid-template-columns: repeat(auto-fill, minmax(22px, 1fr));
  gap: 3px;
}

.nodes-cell {
  display: flex;
  align-items: center;
  justify-content: center;
  height: 22px;
  border-radius: 3px;
  border: 1px solid transparent;
  font-size: 10px;
  color: var(--surface-1);
  background: var(--surface-3);
}

.nodes-cell:hover {
  text-decoration: none;
  border-color: var(--text-1);
}

.nodes-cell[data-state="ok"] {
  background: color-mix(in srgb, var(--ok) 32%, var(--surface-1));
}

.nodes-cell[data-state="warn"] {
  background: var(--warn);
}

.nodes-cell[data-state="bad"] {
  background: var(--bad);
}

.nodes-cell[data-state="idle"] {
  color: var(--text-3);
  border: 1px dashed var(--line-strong);
  background: none;
}

.nodes-rate .spark {
  flex: none;
  vertical-align: middle;
}

.nodes-rate > span {
  line-height: 1;
}

.table-tools > .input[type="search"] {
  flex: 0 1 260px;
  min-width: 160px;
}
`;Q(ae);var h=I("pins",[],H),O=["node","state","best_lag","finalized_lag","clock","rate","peers","dropped","findings","seen"];function me(){let{parameters:t}=z.value,s=Y("the nodes",e=>F.nodesSummary(J(),{signal:e}),{every:5e3,deps:[JSON.stringify(K.value)]});return n`<${D} title="Nodes" question="Which nodes are not well?" actions=${n`<${fe} />`}>
    <${M}
      answer=${s}
      lines=${12}
      isEmpty=${e=>e.total===0}
      empty=${n`<${j} title="No node has ever connected.">
        <p>A node sends telemetry with <code>--telemetry HOST:PORT</code> of this server.</p>
      <//>`}
    >
      ${e=>n`<${$e} data=${e} parameters=${t} />`}
    <//>
  <//>`}function $e({data:t,parameters:s}){let e=$(()=>se(t),[t]),o=y.find(i=>i.level===s.state),a=o?void 0:t.rules.find(({state:i})=>i===s.state)?.state,r=$(()=>{let i=oe(e,s.q??"");return o?i.filter(({mark:p})=>p===o.mark):a?i.filter(({state:p})=>p===a):i},[e,s.q,o,a]),l=$(()=>_e(t.rules),[t.rules.length]),v=(s.columns??"").split(",").filter(i=>l.some(p=>p.id===i)),w=v.length?v:O,de=$(()=>l.filter(({id:i})=>w.includes(i)),[l,w.join()]),P=s.view==="grid",b=s.group==="implementation",A=n`
    <${ne} label="Filter: id, implementation, address, state" value=${s.q??""} onInput=${i=>u({q:i||void 0})} />
    <${he} counts=${t.levels} selected=${o?.level} />
    ${a&&n`<button type="button" class="button small" aria-pressed="true" title="Show all states" onClick=${()=>u({state:void 0})}>
      ${f(a)}
    </button>`}
    <button
      type="button"
      class="button small"
      aria-pressed=${b}
      onClick=${()=>u({group:b?void 0:"implementation"})}
    >
      By implementation
    </button>
    ${!P&&n`<${ge} columns=${l} shown=${w} />`}
    <span class="muted nowrap" role="status" data-shown=${r.length}>
      ${r.length===e.length?c(e.length,"node"):`${d(r.length)} of ${c(e.length,"node")}`}
    </span>
  `;return n`
    <p class="nodes-line" data-total=${t.total} data-connected=${t.connected}>
      <b>${d(t.connected)}</b> of ${d(t.total)} connected · best slot${" "}
      <b>${d(t.network.best_slot)}</b> · finalized <b>${d(t.network.finalized_slot)}</b>
    </p>
    <section class="card" aria-label="Nodes">
      ${P?n`<div class="table-tools">${A}</div>
            <${Se} rows=${r} rules=${t.rules} group=${b} />`:n`<${X}
            caption="Nodes"
            columns=${de}
            rows=${r}
            rowKey=${ve}
            sort="state"
            pinned=${be(h.value)}
            onPin=${i=>re(i.node_id)}
            onOpen=${i=>U(`nodes/${i.node_id}`)}
            csv="nodes"
            tools=${A}
            height="calc(100dvh - 250px)"
            steady
            groupOf=${b?g:void 0}
            groupHead=${ye}
            rowState=${i=>i.mark}
            empty=${n`<p>No node matches. <button type="button" class="button small" onClick=${()=>u({q:void 0,state:void 0})}>Show all</button></p>`}
          />`}
    </section>
    <details class="nodes-rules">
      <summary>What the states mean</summary>
      <dl class="pairs">
        ${t.rules.map(({state:i,level:p,meaning:ce})=>n`
            <dt key=${i}><${m} state=${y.find(ue=>ue.level===p)?.mark??"idle"} word=${f(i)} /></dt>
            <dd>${ce}</dd>
          `)}
      </dl>
      <p class="muted">The first that holds counts. Lags are against the slots that a third of the connected nodes have reached.</p>
    </details>
  `}function fe(){return n`<${te}
    label="View"
    selected=${z.value.parameters.view==="grid"?"grid":"table"}
    choices=${[{id:"table",label:"Table"},{id:"grid",label:"Grid"}]}
    onSelect=${t=>u({view:t==="grid"?"grid":void 0})}
  />`}function he({counts:t,selected:s}){return n`<span class="row-of" role="group" aria-label="State">
    ${y.map(({level:e,mark:o,word:a})=>n`<button
        key=${e}
        type="button"
        class="button small"
        aria-pressed=${s===e}
        data-level=${e}
        data-count=${t[e]}
        onClick=${()=>u({state:s===e?void 0:e})}
      >
        <${m} state=${o} word=${`${d(t[e])} ${a}`} />
      </button>`)}
  </span>`}function ge({columns:t,shown:s}){let e=t.filter(({id:o})=>o!=="node").map(({id:o,title:a})=>({label:a,checked:s.includes(o),onClick:()=>{let r=s.includes(o)?s.filter(l=>l!==o):[...s,o];u({columns:r.length===O.length&&O.every(l=>r.includes(l))?void 0:r.join(",")})}}));return n`<${V} label="Columns" icon="columns" small start entries=${e} />`}function ve(t){return t.node_id}function be(t){let s=new Set(t);return s.size?e=>s.has(e.node_id):void 0}function re(t){h.value=h.value.includes(t)?h.value.filter(s=>s!==t):[...h.value,t]}function ye(t,s){return n`${t} <span class="muted">${c(s,"node")}</span>`}function _e(t){let s=Object.fromEntries(t.map(({state:e,meaning:o})=>[e,o]));return[{id:"node",title:"node",value:e=>e.node_id,cell:e=>n`<${ke} row=${e} />`,rank:1},{id:"implementation",title:"implementation",value:g,cell:e=>n`<${W} name=${e.implementation_name} version=${e.implementation_version} />`},{id:"state",title:"state",value:e=>_(e,t),cell:e=>n`<${m} state=${e.mark} word=${f(e.state)} title=${s[e.state]} />`,rank:2},{id:"best_lag",title:"best lag",help:"Slots behind the network's best block",end:!0,value:e=>e.best_lag,cell:e=>ie(e.best_lag),rank:3},{id:"finalized_lag",title:"final. lag",help:"Slots behind the network's finalized block",end:!0,value:e=>e.finalized_lag,cell:e=>ie(e.finalized_lag)},{id:"best_slot",title:"best slot",end:!0,value:e=>e.best_slot,cell:e=>d(e.best_slot)},{id:"finalized_slot",title:"finalized slot",end:!0,value:e=>e.finalized_slot,cell:e=>d(e.finalized_slot)},{id:"clock",title:"clock",help:"The server's clock minus the node's, the least of the newest hour; it contains the least delay",end:!0,value:e=>e.clock_offset_ms,cell:e=>q(e.clock_offset_ms)},{id:"rate",title:"events/s",help:"Over the last minute; the line is the range",end:!0,value:e=>e.events_per_second,cell:e=>n`<span class="nodes-rate"><${B} values=${e.series} /><span>${E(e.events_per_second)}</span></span>`},{id:"events",title:"events",help:"In the range",end:!0,value:e=>e.events,cell:e=>d(e.events)},{id:"peers",title:"peers",help:"Validators of all peers, as the node reports",end:!0,value:e=>e.is_connected?e.peers:null,cell:we},{id:"dropped",title:"dropped",help:"Events that the node reports as dropped, ever",end:!0,value:e=>e.dropped,cell:e=>C(e.dropped)},{id:"undecodable",title:"undecodable",help:"Events that could not be decoded, ever",end:!0,value:e=>e.undecodable,cell:e=>C(e.undecodable)},{id:"failures",title:"failures",help:"Events in the range that report a failure",end:!0,value:e=>e.failures,cell:e=>C(e.failures)},{id:"findings",title:"findings",help:"Rules broken in the range, by severity: errors, warnings, notes",value:e=>e.errors*1e6+e.warnings*1e3+e.infos,cell:e=>n`<${xe} row=${e} />`},{id:"seen",title:"last seen",value:e=>e.last_seen_at,cell:e=>n`<${N} value=${e.last_seen_at} />`},{id:"changed",title:"since",help:"When the connection began or ended",value:e=>e.changed_at,cell:e=>n`<${N} value=${e.changed_at} />`},{id:"address",title:"address",value:e=>e.address,cell:e=>n`<span class="mono">${e.address??"\u2014"}</span>`}]}function ke({row:t}){let s=h.value.includes(t.node_id);return n`<span class="nodes-node">
    <button
      type="button"
      class="button quiet small icon-only nodes-pin"
      aria-pressed=${s}
      aria-label=${s?"Unpin":"Pin"}
      title=${s?"Unpin (x)":"Pin (x)"}
      tabindex="-1"
      onClick=${()=>re(t.node_id)}
    >
      <${R} name="pin" />
    </button>
    <${ee} node=${t} short=${S.value} />
    ${S.value&&n`<i class="swatch" data-place=${L(t.implementation_name)} title=${g(t)}></i>`}
  </span>`}function ie(t){return t===null?n`<span class="muted" title="It has reported no such block">${"\u2014"}</span>`:t===0?n`<span class="muted">0</span>`:d(t)}function we({peers:t,validator_peers:s,is_connected:e}){return e?t===null?n`<span class="muted" title="No Status in the range">${"\u2014"}</span>`:n`<span title=${`${c(s??0,"validator")} of ${c(t,"peer")}`}>${d(s)}/${d(t)}</span>`:n`<span class="muted" title="Not connected">${"\u2014"}</span>`}function C(t){return Number(t)===0?n`<span class="muted">0</span>`:T(Number(t))}function xe({row:t}){let{errors:s,warnings:e,infos:o,finding:a}=t;return a?n`<span class="row-of nowrap" title=${`Newest: ${a}`}>
    ${s>0&&n`<${m} state="bad" word=${d(s)} title=${c(s,"rule of severity error","rules of severity error")} />`}
    ${e>0&&n`<${m} state="warn" word=${d(e)} title=${c(e,"rule of severity warning","rules of severity warning")} />`}
    ${o>0&&n`<${m} state="info" word=${d(o)} title=${c(o,"note")} />`}
  </span>`:n`<span class="muted">none</span>`}function Se({rows:t,rules:s,group:e}){let o=$(()=>{let a=[...t].sort((r,l)=>_(r,s)-_(l,s)||(r.node_id<l.node_id?-1:1));return e?le(a):[{name:"",rows:a}]},[t,e]);return t.length?n`<div class="nodes-grid" onKeyDown=${ze}>
    ${o.map(({name:a,rows:r})=>n`<section key=${a} aria-label=${a||"Nodes"}>
        ${a&&n`<h2><${Z}>${a}<//> <span class="muted">${c(r.length,"node")}</span></h2>`}
        <ul>
          ${r.map(l=>n`<li key=${l.node_id}>
              <a
                class="nodes-cell"
                data-state=${l.mark}
                href=${G(`nodes/${l.node_id}`)}
                title=${`${x(l.node_id)} \xB7 ${g(l)} \xB7 ${f(l.state)}${l.best_lag?` \xB7 ${l.best_lag} behind`:""}`}
                aria-label=${`${x(l.node_id)} ${f(l.state)}`}
              >${Ne[l.mark]}</a>
            </li>`)}
        </ul>
      </section>`)}
  </div>`:n`<div class="table-empty">No node matches.</div>`}var Ne={ok:"",warn:"\u25B2",bad:"\u25A0",idle:"\u25CB",info:""};function ze(t){let e=[...t.currentTarget.querySelectorAll(".nodes-cell")],o=e.indexOf(document.activeElement);if(o<0)return;let{top:a}=e[o].getBoundingClientRect(),r=e.filter(v=>v.getBoundingClientRect().top===a).length||1,l={ArrowLeft:-1,ArrowRight:1,ArrowUp:-r,ArrowDown:r};t.key in l&&(t.preventDefault(),e[Math.max(0,Math.min(e.length-1,o+l[t.key]))].focus())}export{me as default};
