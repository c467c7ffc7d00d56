import{b as I}from"./chunk-QLZ46DTY.js";import{a as p,b as U}from"./chunk-WQNOXECZ.js";import{a as Q}from"./chunk-A5KFDUZV.js";import{a as G,b as h}from"./chunk-HZVHJNCT.js";import{a as F}from"./chunk-LSKVQWEN.js";import{a as M}from"./chunk-QCITNMUN.js";import{b as E,e as T}from"./chunk-IIW3BLOX.js";import{a as L,d as W}from"./chunk-5HTXFBE2.js";import{D as w,E as N,F as R,H as X,I as H,a as $,g as O,j as K,l as J,m,p as f}from"./chunk-DYZXLK2B.js";import{d as A,h as j}from"./chunk-NIKDHXBC.js";import{g as x,i as _,k as S}from"./chunk-37NB6NY5.js";import{k as D,l as s,n as k}from"./chunk-QNZ3L47H.js";var Y=24,ue=["error","warning","info"];function g(e){return{error:"bad",warning:"warn",info:"info",conformant:"ok"}[e]??"warn"}function C(e,t){return`${$(e)} ${e===1?t.replace(/s$/,""):t}`}function B(e,t){return`${e??""}@${t??""}`}function q(e,t){let o=$e(e),n=e.implementations.map(()=>[]);return e.nodes.forEach(({implementation:i},d)=>n[i].push(d)),e.implementations.flatMap(({name:i,version:d,nodes:c,verdict:r},a)=>{let l=n[a].map(y=>pe(e,y,o,i,d)),u=B(i,d),b={key:u,kind:"group",name:i,version:d,node:null,nodes:c,verdict:r,events:v(l.map(({events:y})=>y)),findings:v(l.map(({findings:y})=>y)),cells:e.rules.map((y,le)=>Z(l.map(({cells:ce})=>ce[le])))};return t(u)?[b,...l]:[b]})}function $e({cells:e}){let t=new Map;for(let o of e)t.has(o.node)||t.set(o.node,new Map),t.get(o.node).set(o.rule,o);return t}function pe({rules:e,nodes:t},o,n,i,d){let c=t[o],r=n.get(o),a=e.map((l,u)=>{let b=r?.get(u);return{count:b?.count??0,broken:b?1:0,of:1,lastAt:b?.last_at??null}});return{key:c.node_id,kind:"node",name:i,version:d,node:c,nodes:1,verdict:c.verdict,events:c.event_count,findings:v(a.map(({count:l})=>l)),cells:a}}function Z(e){let t=e.map(({lastAt:o})=>o).filter(Boolean).sort();return{count:v(e.map(({count:o})=>o)),broken:v(e.map(({broken:o})=>o)),of:e.length,lastAt:t.at(-1)??null}}function v(e){return e.reduce((t,o)=>t+o,0)}function ee({count:e,broken:t,of:o}){return e?o>1?8+Math.round(22*t/o):Math.min(30,8+Math.round(6*Math.log10(e))):0}function ne({hex:e,offset:t,found:o},n=12){let i=(e??"").replace(/^0x/,""),d=Math.min((o??"0x").length/2-1,8),[c,r]=[Math.max(0,t-n),t+d],a=(l,u)=>fe(i.slice(l*2,u*2));return{start:c,before:a(c,t),found:a(t,r),after:a(r,r+n),more:i.length/2>r+n}}function fe(e){return e.replace(/../g,"$& ").trim()}function z({node_id:e,at:t},o,n){if(!e)return null;let i=n==="conversation"?new Date(Date.parse(t)-6e5).toISOString():t,d=`format=capture&node_id=${e}&start=${i}&end=${t}`;return[`curl -o example.capture "${o}api/events/export?${d}"`,"tart check --partial example.capture"]}function te(e,t,{name:o,version:n}){let i=q(e,()=>!0).filter(r=>r.kind==="group"&&(!o||r.name===o)&&(!n||r.version===n)),d=e.rules.map((r,a)=>Z(i.map(({cells:l})=>l[a]))),c=e.rules.map((r,a)=>({rule:r,place:a,count:d[a].count})).filter(({count:r})=>r).map(({rule:r,place:a,count:l})=>({code:r.code,severity:r.severity,scope:r.scope,explanation:r.explanation,counted:r.counted,docs:r.docs,count:l,nodes:d[a].broken,lastAt:d[a].lastAt,examples:t.filter(({code:u})=>u===r.code).slice(0,3)}));return{name:o??null,version:n??null,verdict:ue.find(r=>r!=="info"&&c.some(a=>a.severity===r))??"conformant",nodes:v(i.map(({nodes:r})=>r)),events:v(i.map(({events:r})=>r)),known:i.length>0,window:e.window,rules:c}}function oe(e,{base:t,link:o}){let n=e.name?f(e.name,e.version):"all implementations",{window:i}=e;return`${[`# Conformance to JIP-3: ${n}`,`${P(m(e.events,"event"))} of ${P(m(e.nodes,"node"))} were checked${i?.start?` from ${J(i.start,{date:!0})} to ${J(i.end,{date:!0})} UTC`:""}. Verdict: ${e.verdict}.`,`This report: <${o}>`,...e.rules.length?e.rules.map(d=>me(d,t)):["No findings."]].join(`

`)}
`}function me(e,t){return[`## \`${e.code}\` (${e.severity})`,e.explanation,`${P(C(e.count,e.counted))} of ${P(m(e.nodes,"node"))}.${e.docs?` [About this rule](${t}${e.docs.replace(/^\//,"")})`:""}`,...e.examples.map(o=>he(o,t,e.scope))].join(`

`)}function he(e,t,o){let n=z(e,t,o),i=[`- ${e.event_name??"first message"} at ${e.at}, node ${e.node_id??"unknown"}`+(e.id===null?"":` ([bytes and meaning](${t}#/events/${e.id}?offset=${e.offset}))`),`  - field \`${e.field||"none"}\`, byte ${e.offset}${e.size?` of ${e.size}`:""}`,`  - expected: ${e.expectation}`,`  - found: \`${e.found??"nothing"}\``,`  - message: \`${e.hex??"not stored"}\``];return n&&i.push("  - to reproduce:","","    ```sh",...n.map(d=>`    ${d}`),"    ```"),i.join(`
`)}function P(e){return e.replaceAll("\u2009"," ")}var se=`/* Conformance. */

.matrix .table td.matrix-cell {
  padding: 2px;
}

.matrix .table th:first-child,
.matrix .table td.matrix-node {
  position: sticky;
  left: 0;
  background: var(--surface-1);
}

.matrix .table th:first-child {
  z-index: 2;
  background: var(--surface-2);
}

.matrix .table tr[data-state="group"] td {
  font-weight: 600;
}

.matrix-member {
  padding-inline-start: 34px;
}

.rule-name {
  display: inline-flex;
  align-items: center;
  gap: 6px;
  font-family: var(--mono);
}

.cell {
  width: 100%;
  min-width: 56px;
  height: 28px;
  padding: 0 var(--space-2);
  border: 1px solid transparent;
  border-radius: 4px;
  background: none;
  color: var(--text-1);
  font: inherit;
  text-align: end;
  cursor: pointer;
}

.cell:hover {
  border-color: var(--line-strong);
}

.cell[aria-pressed="true"] {
  border-color: var(--accent);
  box-shadow: inset 0 0 0 1px var(--accent);
}

.matrix-cell > .muted {
  padding-inline-end: var(--space-2);
}

.examples {
  display: grid;
  gap: var(--space-3);
  margin: var(--space-3) 0 0;
  padding: 0;
  list-style: none;
}

/* Beside the matrix it scrolls, so that what is below stays near. */
.examples:not(.wide) {
  max-height: 560px;
  overflow: auto;
}

.examples.wide {
  grid-template-columns: repeat(auto-fill, minmax(min(100%, 380px), 1fr));
}

.example {
  display: grid;
  gap: var(--space-2);
  min-width: 0;
  padding: var(--space-3);
  border: 1px solid var(--line);
  border-radius: var(--radius);
}

.example-head {
  display: flex;
  flex-wrap: wrap;
  gap: var(--space-1) var(--space-2);
}

.example mark {
  padding-inline: 2px;
  border-radius: 2px;
  background: var(--bad-surface);
  color: var(--bad);
  font-weight: 600;
}

.plain-list {
  display: grid;
  gap: var(--space-1);
  margin: 0;
  padding: 0;
  list-style: none;
}
`;Q(se);var ae=20,ge=200;function be(){let{implementation:e,version:t}=x.value.parameters,o=F("the findings",i=>M.conformanceMatrix(j(),{signal:i}),{every:1e4,deps:[JSON.stringify(A.value)]}),n=e!==void 0||t!==void 0;return s`<${G}
    title="Conformance"
    question=${n?s`What <b>${f(e,t)}</b> does otherwise than JIP-3 has it.`:"Who deviates from JIP-3, where, and how?"}
    actions=${n&&s`<a class="button" href=${_("conformance")}><${k} name="left" />All implementations</a>`}
  >
    <${T} answer=${o}>
      ${i=>n?s`<${Ee} matrix=${i} name=${e} version=${t} />`:s`<${ye} matrix=${i} />`}
    <//>
  <//>`}function ye({matrix:e}){let{rule:t,node:o,of:n}=x.value.parameters,i=t!==void 0||o!==void 0||n!==void 0;return e.rules.length?s`<div class="cards">
    <${h} title="Findings" note="counted by the hour"><${we} matrix=${e} /><//>
    <${h} size=${i?"two-thirds":void 0} title="Rules and nodes" note="choose a cell for its examples" flush>
      <${xe} matrix=${e} />
    <//>
    ${i&&s`<${h} size="third" title="Examples" actions=${s`<${ke} />`}><${Re} matrix=${e} /><//>`}
    <${h} title="Rules that were broken" flush><${Ne} rules=${e.rules} nodes=${e.nodes.length} /><//>
  </div>`:s`<${ie} events=${e.event_count} nodes=${e.nodes.length} />`}function ie({events:e,nodes:t,what:o=""}){return t?s`<${E} title="No findings in this range.">
    <span data-checked>Checked: ${m(e,"event")} of ${m(t,"node")}${o}.</span>
    ${" "}<a href="api/docs/rules">The rules</a>
  <//>`:s`<${E} title="No node was connected in this range.">
      Each node that sends telemetry here is checked. <a href="api/docs/rules">The rules</a>
    <//>`}function ke(){return s`<button type="button" class="button quiet icon-only" aria-label="Close the examples" onClick=${()=>S({rule:void 0,node:void 0,of:void 0})}>
    <${k} name="close" />
  </button>`}function we({matrix:e}){let t=new Set(e.cells.filter(({rule:n})=>e.rules[n].severity!=="info").map(({node:n})=>n)),o=e.rules.filter(({severity:n})=>n==="error").length;return s`<${U} large>
    <${p}
      id="verdict"
      label="Verdict"
      value=${s`<${w} state=${g(e.verdict)} word=${e.verdict} />`}
      note="the worst severity other than info"
    />
    <${p} id="nodes" label="Nodes with findings" value=${O(t.size,e.nodes.length)} note="other than info" />
    <${p} id="rules" label="Rules broken" value=${$(e.rules.length)} note=${`${$(o)} of them errors`} />
    <${p} id="events" label="Events checked" value=${$(e.event_count)} />
    ${e.unidentified>0&&s`<${p} id="unidentified" label="Findings without a node" value=${$(e.unidentified)} note="connections that never named theirs" />`}
  <//>`}function xe({matrix:e}){let t=x.value.parameters.open??"",o=D(()=>new Set(t.split("|").filter(Boolean)),[t]),n=e.nodes.length<=Y,i=a=>n!==o.has(a),d=D(()=>q(e,i),[e,t]);function c(a){let l=new Set(o);l.delete(a)||l.add(a),S({open:[...l].join("|")||void 0})}let r=[{id:"node",title:"Implementation, node",rank:1,className:"matrix-node",value:a=>a.node?.node_id??f(a.name,a.version),cell:a=>s`<${_e} row=${a} open=${i(a.key)} onToggle=${()=>c(a.key)} />`},{id:"events",title:"Events",end:!0,value:a=>a.events},{id:"findings",title:"Findings",end:!0,rank:2,value:a=>a.findings},...e.rules.map((a,l)=>({id:a.code,title:s`<${V} rule=${a} />`,end:!0,className:"matrix-cell",help:`${a.severity}: ${a.explanation}`,rank:l===0?3:void 0,value:u=>u.cells[l].count,cell:u=>s`<${Oe} row=${u} rule=${a} cell=${u.cells[l]} />`}))];return s`<div class="matrix"><${W}
    caption="Rules and nodes"
    columns=${r}
    rows=${d}
    rowKey=${a=>a.key}
    rowState=${a=>a.kind}
    csv="conformance"
    height=${560}
  /></div>`}function _e({row:e,open:t,onToggle:o}){let n=g(e.verdict);return e.node?s`<span class="matrix-member"><${I} node=${e.node} state=${n} word=${e.verdict} /></span>`:s`<span class="node-label">
    <button type="button" class="button quiet small icon-only" aria-expanded=${t} aria-label=${`${t?"Fold":"Unfold"} the nodes of ${f(e.name,e.version)}`} onClick=${o}>
      <${k} name=${t?"down":"right"} />
    </button>
    <${w} state=${n} word=${e.verdict} hideWord />
    ${e.name?s`<a href=${_("conformance",{implementation:e.name,version:e.version})} title="Report of this implementation"><${N} name=${e.name} version=${e.version} /></a>`:s`<${N} name=${e.name} version=${e.version} />`}
    <span class="muted">${m(e.nodes,"node")}</span>
  </span>`}function V({rule:e}){return s`<a class="rule-name" href=${re(e.docs)} title=${e.explanation}>
    <${w} state=${g(e.severity)} word=${e.severity} hideWord />${e.code}
  </a>`}function re(e){return e?.replace(/^\//,"")??"api/docs/rules"}function Oe({row:e,rule:t,cell:o}){if(!o.count)return s`<span class="muted" aria-label="none">·</span>`;let{parameters:n}=x.value,i=e.node?{node:e.node.node_id,of:void 0}:{node:void 0,of:e.key},d=n.rule===t.code&&n.node===i.node&&n.of===i.of,c=e.node?`node ${K(e.node.node_id)}`:`${O(o.broken,o.of)} nodes of ${f(e.name,e.version)}`,r=`var(--${g(t.severity)})`;return s`<button
    type="button"
    class="cell"
    aria-pressed=${d}
    title=${`${C(o.count,t.counted)} of ${c}`}
    data-rule=${t.code}
    style=${{background:`color-mix(in srgb, ${r} ${ee(o)}%, transparent)`}}
    onClick=${()=>S({rule:t.code,...i})}
  >
    ${$(o.count)}
  </button>`}function Ne({rules:e,nodes:t}){return s`<${W}
    caption="Rules that were broken"
    columns=${[{id:"rule",title:"Rule",rank:1,value:n=>n.code,cell:n=>s`<${V} rule=${n} />`},{id:"severity",title:"Severity",value:n=>["error","warning","info"].indexOf(n.severity),saved:n=>n.severity,cell:n=>n.severity},{id:"scope",title:"Scope",value:n=>n.scope},{id:"count",title:"Count",rank:2,end:!0,value:n=>n.count,cell:n=>C(n.count,n.counted)},{id:"nodes",title:"Nodes",rank:3,end:!0,value:n=>n.nodes,cell:n=>O(n.nodes,t)},{id:"last",title:"Last",end:!0,value:n=>n.last_at,cell:n=>s`<${H} value=${n.last_at} />`},{id:"explanation",title:"Explanation",unsorted:!0,value:n=>n.explanation,cell:n=>s`<span title=${n.explanation}>${n.explanation}</span>`}]}
    rows=${e}
    rowKey=${n=>n.code}
    sort="severity"
    sortParameter="rules"
    csv="rules"
    height=${360}
    onOpen=${n=>S({rule:n.code,node:void 0,of:void 0})}
  />`}function Re({matrix:e}){let{rule:t,node:o,of:n}=x.value.parameters,i=n===void 0?void 0:e.implementations.find(({name:a,version:l})=>B(a,l)===n),d={rule:t,node_id:o,implementation:i?.name??void 0,version:i?.version??void 0},c=F("the examples",a=>M.conformanceExamples({...j(),...d,limit:ae},{signal:a}),{every:1e4,deps:[JSON.stringify(A.value),JSON.stringify(d)]}),r=e.rules.find(a=>a.code===t);return s`
    ${r&&s`<p><${V} rule=${r} /> <span class="muted">${r.severity}, ${r.scope}</span></p><p>${r.explanation}</p>`}
    ${o&&s`<p>Node <${I} node=${{node_id:o}} /></p>`}
    ${i&&s`<p><${N} name=${i.name} version=${i.version} /></p>`}
    <${T}
      answer=${c}
      isEmpty=${a=>!a.examples.length}
      empty=${s`<${E} title="No example is stored.">
        Rules about clocks, missing Status and shed events are broken by no single message. Of others three a day are stored.
      <//>`}
    >
      ${a=>s`
        <ol class="examples">
          ${a.examples.map(l=>s`<${de} key=${`${l.session}-${l.event_id}-${l.code}`} example=${l} scope=${r?.scope??null} withRule=${!r} />`)}
        </ol>
        ${a.has_more&&s`<p class="card-note">The newest ${$(ae)}; the report of the implementation has more.</p>`}
      `}
    <//>
  `}function de({example:e,scope:t,withRule:o=!1}){let n=ne(e),i=z(e,new URL(".",document.baseURI).href,t);return s`<li class="example" data-example=${e.id??"handshake"}>
    <p class="example-head">
      ${e.id===null?s`<b>${e.event_name??"First message"}</b> of connection ${e.session}`:s`<a href=${_(`events/${e.id}`,{offset:e.offset})}><b>${e.event_name??"Message"}</b> at byte ${$(e.offset)}</a>`}
      ${o&&s` <span class="mono">${e.code}</span>`}
      <span class="muted"><${X} value=${e.at} date /></span>
    </p>
    ${e.node_id&&s`<p><${I} node=${e} /></p>`}
    <dl class="pairs">
      <dt>Field</dt>
      <dd class="mono">${e.field||"\u2014"}</dd>
      <dt>Expected</dt>
      <dd>${e.expectation}</dd>
      <dt>Found</dt>
      <dd class="mono">
        ${e.hex===null?"\u2014":s`<span class="muted">${n.start?"\u2026 ":""}${n.before}</span> <mark>${n.found||"end of the message"}</mark> <span class="muted">${n.after}${n.more?" \u2026":""}</span>`}
      </dd>
    </dl>
    <p class="row-of">
      ${e.hex&&s`<${R} text=${e.hex} label="Copy the message as hex">hex<//>`}
      ${i&&s`<${R} text=${i.join(`
`)} label="Copy commands that fetch the message and check it">commands to reproduce<//>`}
    </p>
  </li>`}function Ee({matrix:e,name:t,version:o}){let n=F("the examples",i=>M.conformanceExamples({...j(),implementation:t,version:o,limit:ge},{signal:i}),{every:3e4,deps:[JSON.stringify(A.value),t,o]});return s`<${T} answer=${n}>
    ${i=>{let d=te(e,i.examples,{name:t,version:o});return d.known?s`<div class="cards">
        <${h} title="Report" actions=${s`<${Ce} report=${d} />`}><${Te} report=${d} /><//>
        ${!d.rules.length&&s`<${ie} events=${d.events} nodes=${d.nodes} what=${` of ${f(t,o)}`} />`}
        ${d.rules.map(c=>s`<${Me} key=${c.code} rule=${c} nodes=${d.nodes} />`)}
      </div>`:s`<${Se} matrix=${e} name=${t} version=${o} />`}}
  <//>`}function Se({matrix:e,name:t,version:o}){return s`<${E} title=${`No node of ${f(t,o)} in this range.`}>
    <p>Connected were:</p>
    <ul class="plain-list">
      ${e.implementations.map(n=>s`<li key=${B(n.name,n.version)}>
          <a href=${_("conformance",{implementation:n.name,version:n.version})}><${N} name=${n.name} version=${n.version} /></a>
        </li>`)}
    </ul>
  <//>`}function Ce({report:e}){let t=new URL(".",document.baseURI).href,{start:o,end:n}=e.window??{},i=_("conformance",{implementation:e.name,version:e.version,range:void 0,pause:void 0,from:o,to:n}),d=`${t}${i}`,c=`conformance-${[e.name,e.version].filter(Boolean).join("-").replace(/[^\w.-]+/g,"-")||"all"}`,r=()=>oe(e,{base:t,link:d});return s`
    <${R} text=${d} label="Copy the address of this report, with the range as it is now">link<//>
    <${R} text=${r} label="Copy the report as Markdown">Markdown<//>
    <button type="button" class="button quiet small" title="Save the report as Markdown" onClick=${()=>L(`${c}.md`,r(),"text/markdown")}>
      <${k} name="download" />.md
    </button>
    <button type="button" class="button quiet small" title="Save the report as JSON" onClick=${()=>L(`${c}.json`,JSON.stringify(e,null,2),"application/json")}>
      <${k} name="download" />.json
    </button>
  `}function Te({report:e}){return s`
    <${U} large>
      <${p} id="verdict" label="Verdict" value=${s`<${w} state=${g(e.verdict)} word=${e.verdict} />`} />
      <${p} id="rules" label="Rules broken" value=${$(e.rules.length)} />
      <${p} id="nodes" label="Nodes" value=${$(e.nodes)} />
      <${p} id="events" label="Events checked" value=${$(e.events)} />
    <//>
    <p class="card-note">
      The link is for the team concerned: it shows the same for as long as the data is stored. To check a node before it joins a network, run
      ${" "}<code>tart check --listen 9000 --for 5m</code> and send its telemetry there.
    </p>
  `}function Me({rule:e,nodes:t}){return s`<${h}
    title=${s`<${w} state=${g(e.severity)} word=${e.severity} hideWord /> <span class="mono">${e.code}</span>`}
    note=${`${C(e.count,e.counted)} of ${O(e.nodes,t)} nodes`}
    actions=${s`<a href=${re(e.docs)}>About this rule</a>`}
  >
    <p>${e.explanation}</p>
    ${e.examples.length?s`<ol class="examples wide">
          ${e.examples.map(o=>s`<${de} key=${`${o.session}-${o.event_id}`} example=${o} scope=${e.scope} />`)}
        </ol>`:s`<p class="card-note">No single message breaks this rule, or none is stored.</p>`}
  <//>`}export{be as default};
