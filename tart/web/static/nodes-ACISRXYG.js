import{a as y,b as g,c as te,d as _,e as ne,f as v,g as se}from"./chunk-2AFQ6EAQ.js";import{a as X,d as Z,e as ee}from"./chunk-ZFXL5XR5.js";import{c as V}from"./chunk-MT5OO2NG.js";import{a as Q}from"./chunk-A5KFDUZV.js";import{c as F}from"./chunk-5T32BEGS.js";import{b as G,e as U,m as J}from"./chunk-SPHRVP5U.js";import{b as B,e as D}from"./chunk-6F6XN5K6.js";import{a as K}from"./chunk-DXBXNIWB.js";import{D as x,G as p,H as W,I as j,J as M,O as S,P as Y,a as d,b as A,c as E,d as T,i as k,l as c,n as q,u as w,v as L,w as H,x as u,y as I}from"./chunk-MVD6GQUR.js";import{k as $,l as n,n as R}from"./chunk-EUVXIHW5.js";var oe=`.nodes-line {
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
`;Q(oe);var m=I("pins",[]),z=["node","state","best_lag","finalized_lag","clock","rate","peers","dropped","findings","seen"];function ue(){let{parameters:t}=w.value,s=J("the nodes",e=>Y.nodesSummary(U(),{signal:e}),{every:5e3,deps:[JSON.stringify(G.value)]});return n`<${K} title="Nodes" question="Which nodes are not well?" actions=${n`<${$e} />`}>
    <${D}
      answer=${s}
      lines=${12}
      isEmpty=${e=>e.total===0}
      empty=${n`<${B} title="No node has ever connected.">
        <p>A node sends telemetry with <code>--telemetry HOST:PORT</code> of this server.</p>
      <//>`}
    >
      ${e=>n`<${pe} data=${e} parameters=${t} />`}
    <//>
  <//>`}function pe({data:t,parameters:s}){let e=$(()=>te(t),[t]),o=y.find(i=>i.level===s.state),a=$(()=>{let i=ne(e,s.q??"");return o?i.filter(({mark:h})=>h===o.mark):i},[e,s.q,o]),r=$(()=>be(t.rules),[t.rules.length]),l=(s.columns??"").split(",").filter(i=>r.some(h=>h.id===i)),f=l.length?l:z,ie=$(()=>r.filter(({id:i})=>f.includes(i)),[r,f.join()]),C=s.view==="grid",b=s.group==="implementation",P=n`
    <${ee} label="Filter: id, implementation, address, state" value=${s.q??""} onInput=${i=>u({q:i||void 0})} />
    <${me} counts=${t.levels} selected=${o?.level} />
    <button
      type="button"
      class="button small"
      aria-pressed=${b}
      onClick=${()=>u({group:b?void 0:"implementation"})}
    >
      By implementation
    </button>
    ${!C&&n`<${fe} columns=${r} shown=${f} />`}
    <span class="muted nowrap" role="status" data-shown=${a.length}>
      ${a.length===e.length?c(e.length,"node"):`${d(a.length)} of ${c(e.length,"node")}`}
    </span>
  `;return n`
    <p class="nodes-line" data-total=${t.total} data-connected=${t.connected}>
      <b>${d(t.connected)}</b> of ${d(t.total)} connected · best slot${" "}
      <b>${d(t.network.best_slot)}</b> · finalized <b>${d(t.network.finalized_slot)}</b>
    </p>
    <section class="card" aria-label="Nodes">
      ${C?n`<div class="table-tools">${P}</div>
            <${we} rows=${a} rules=${t.rules} group=${b} />`:n`<${F}
            caption="Nodes"
            columns=${ie}
            rows=${a}
            rowKey=${he}
            sort="state"
            pinned=${ge(m.value)}
            onPin=${i=>ae(i.node_id)}
            onOpen=${i=>H(`nodes/${i.node_id}`)}
            csv="nodes"
            tools=${P}
            height="calc(100dvh - 250px)"
            steady
            groupOf=${b?v:void 0}
            groupHead=${ve}
            rowState=${i=>i.mark}
            empty=${n`<p>No node matches. <button type="button" class="button small" onClick=${()=>u({q:void 0,state:void 0})}>Show all</button></p>`}
          />`}
    </section>
    <details class="nodes-rules">
      <summary>What the states mean</summary>
      <dl class="pairs">
        ${t.rules.map(({state:i,level:h,meaning:re})=>n`
            <dt key=${i}><${p} state=${y.find(de=>de.level===h)?.mark??"idle"} word=${g(i)} /></dt>
            <dd>${re}</dd>
          `)}
      </dl>
      <p class="muted">The first that holds counts. Lags are against the slots that a third of the connected nodes have reached.</p>
    </details>
  `}function $e(){return n`<${Z}
    label="View"
    selected=${w.value.parameters.view==="grid"?"grid":"table"}
    choices=${[{id:"table",label:"Table"},{id:"grid",label:"Grid"}]}
    onSelect=${t=>u({view:t==="grid"?"grid":void 0})}
  />`}function me({counts:t,selected:s}){return n`<span class="row-of" role="group" aria-label="State">
    ${y.map(({level:e,mark:o,word:a})=>n`<button
        key=${e}
        type="button"
        class="button small"
        aria-pressed=${s===e}
        data-level=${e}
        data-count=${t[e]}
        onClick=${()=>u({state:s===e?void 0:e})}
      >
        <${p} state=${o} word=${`${d(t[e])} ${a}`} />
      </button>`)}
  </span>`}function fe({columns:t,shown:s}){let e=t.filter(({id:o})=>o!=="node").map(({id:o,title:a})=>({label:a,checked:s.includes(o),onClick:()=>{let r=s.includes(o)?s.filter(l=>l!==o):[...s,o];u({columns:r.length===z.length&&z.every(l=>r.includes(l))?void 0:r.join(",")})}}));return n`<${X} label="Columns" icon="columns" small start entries=${e} />`}function he(t){return t.node_id}function ge(t){let s=new Set(t);return s.size?e=>s.has(e.node_id):void 0}function ae(t){m.value=m.value.includes(t)?m.value.filter(s=>s!==t):[...m.value,t]}function ve(t,s){return n`${t} <span class="muted">${c(s,"node")}</span>`}function be(t){let s=Object.fromEntries(t.map(({state:e,meaning:o})=>[e,o]));return[{id:"node",title:"node",value:e=>e.node_id,cell:e=>n`<${ye} row=${e} />`,rank:1},{id:"implementation",title:"implementation",value:v,cell:e=>n`<${j} name=${e.implementation_name} version=${e.implementation_version} />`},{id:"state",title:"state",value:e=>_(e,t),cell:e=>n`<${p} state=${e.mark} word=${g(e.state)} title=${s[e.state]} />`,rank:2},{id:"best_lag",title:"best lag",help:"Slots behind the network's best block",end:!0,value:e=>e.best_lag,cell:e=>le(e.best_lag),rank:3},{id:"finalized_lag",title:"final. lag",help:"Slots behind the network's finalized block",end:!0,value:e=>e.finalized_lag,cell:e=>le(e.finalized_lag)},{id:"best_slot",title:"best slot",end:!0,value:e=>e.best_slot,cell:e=>d(e.best_slot)},{id:"finalized_slot",title:"finalized slot",end:!0,value:e=>e.finalized_slot,cell:e=>d(e.finalized_slot)},{id:"clock",title:"clock",help:"The server's clock minus the node's, the least of the newest hour; it contains the least delay",end:!0,value:e=>e.clock_offset_ms,cell:e=>T(e.clock_offset_ms)},{id:"rate",title:"events/s",help:"Over the last minute; the line is the range",end:!0,value:e=>e.events_per_second,cell:e=>n`<span class="nodes-rate"><${V} values=${e.series} /><span>${E(e.events_per_second)}</span></span>`},{id:"events",title:"events",help:"In the range",end:!0,value:e=>e.events,cell:e=>d(e.events)},{id:"peers",title:"peers",help:"Validators of all peers, as the node reports",end:!0,value:e=>e.peers,cell:e=>_e(e)},{id:"dropped",title:"dropped",help:"Events that the node reports as dropped, ever",end:!0,value:e=>e.dropped,cell:e=>N(e.dropped)},{id:"undecodable",title:"undecodable",help:"Events that could not be decoded, ever",end:!0,value:e=>e.undecodable,cell:e=>N(e.undecodable)},{id:"failures",title:"failures",help:"Events in the range that report a failure",end:!0,value:e=>e.failures,cell:e=>N(e.failures)},{id:"findings",title:"findings",help:"Rules broken in the range, by severity: errors, warnings, notes",value:e=>e.errors*1e6+e.warnings*1e3+e.infos,cell:e=>n`<${ke} row=${e} />`},{id:"seen",title:"last seen",value:e=>e.last_seen_at,cell:e=>n`<${S} value=${e.last_seen_at} />`},{id:"changed",title:"since",help:"When the connection began or ended",value:e=>e.changed_at,cell:e=>n`<${S} value=${e.changed_at} />`},{id:"address",title:"address",value:e=>e.address,cell:e=>n`<span class="mono">${e.address??"\u2014"}</span>`}]}function ye({row:t}){let s=m.value.includes(t.node_id);return n`<span class="nodes-node">
    <button
      type="button"
      class="button quiet small icon-only nodes-pin"
      aria-pressed=${s}
      aria-label=${s?"Unpin":"Pin"}
      title=${s?"Unpin (x)":"Pin (x)"}
      tabindex="-1"
      onClick=${()=>ae(t.node_id)}
    >
      <${R} name="pin" />
    </button>
    <${M} node=${t} short=${x.value} />
    ${x.value&&n`<i class="swatch" data-place=${q(t.implementation_name)} title=${v(t)}></i>`}
  </span>`}function le(t){return t===null?n`<span class="muted" title="It has reported no such block">${"\u2014"}</span>`:t===0?n`<span class="muted">0</span>`:d(t)}function _e({peers:t,validator_peers:s}){return t===null?n`<span class="muted" title="No Status in the range">${"\u2014"}</span>`:n`<span title=${`${c(s??0,"validator")} of ${c(t,"peer")}`}>${d(s)}/${d(t)}</span>`}function N(t){return Number(t)===0?n`<span class="muted">0</span>`:A(Number(t))}function ke({row:t}){let{errors:s,warnings:e,infos:o,finding:a}=t;return a?n`<span class="row-of nowrap" title=${`Newest: ${a}`}>
    ${s>0&&n`<${p} state="bad" word=${d(s)} title=${c(s,"rule of severity error","rules of severity error")} />`}
    ${e>0&&n`<${p} state="warn" word=${d(e)} title=${c(e,"rule of severity warning","rules of severity warning")} />`}
    ${o>0&&n`<${p} state="info" word=${d(o)} title=${c(o,"note")} />`}
  </span>`:n`<span class="muted">none</span>`}function we({rows:t,rules:s,group:e}){let o=$(()=>{let a=[...t].sort((r,l)=>_(r,s)-_(l,s)||(r.node_id<l.node_id?-1:1));return e?se(a):[{name:"",rows:a}]},[t,e]);return t.length?n`<div class="nodes-grid" onKeyDown=${Se}>
    ${o.map(({name:a,rows:r})=>n`<section key=${a} aria-label=${a||"Nodes"}>
        ${a&&n`<h2><${W}>${a}<//> <span class="muted">${c(r.length,"node")}</span></h2>`}
        <ul>
          ${r.map(l=>n`<li key=${l.node_id}>
              <a
                class="nodes-cell"
                data-state=${l.mark}
                href=${L(`nodes/${l.node_id}`)}
                title=${`${k(l.node_id)} \xB7 ${v(l)} \xB7 ${g(l.state)}${l.best_lag?` \xB7 ${l.best_lag} behind`:""}`}
                aria-label=${`${k(l.node_id)} ${g(l.state)}`}
              >${xe[l.mark]}</a>
            </li>`)}
        </ul>
      </section>`)}
  </div>`:n`<div class="table-empty">No node matches.</div>`}var xe={ok:"",warn:"\u25B2",bad:"\u25A0",idle:"\u25CB",info:""};function Se(t){let e=[...t.currentTarget.querySelectorAll(".nodes-cell")],o=e.indexOf(document.activeElement);if(o<0)return;let{top:a}=e[o].getBoundingClientRect(),r=e.filter(f=>f.getBoundingClientRect().top===a).length||1,l={ArrowLeft:-1,ArrowRight:1,ArrowUp:-r,ArrowDown:r};t.key in l&&(t.preventDefault(),e[Math.max(0,Math.min(e.length-1,o+l[t.key]))].focus())}export{ue as default};
