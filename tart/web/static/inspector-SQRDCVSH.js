import{a as L}from"./chunk-GXYBFWP3.js";import{m as H}from"./chunk-SGH5JVNX.js";import{b as B}from"./chunk-QLZ46DTY.js";import{a as M}from"./chunk-A5KFDUZV.js";import{a as A,b as k}from"./chunk-HZVHJNCT.js";import{a as I}from"./chunk-LSKVQWEN.js";import{a as z,b as F}from"./chunk-QCITNMUN.js";import{e as R}from"./chunk-IIW3BLOX.js";import{D as T,E as P,F as y,H as g,e as D,f as N,m as w}from"./chunk-DYZXLK2B.js";import"./chunk-NIKDHXBC.js";import{g as S,i as h,k as v}from"./chunk-37NB6NY5.js";import{g as x,k as b,l as n,n as C}from"./chunk-QNZ3L47H.js";function _(t){return t.filter(({role:e})=>e!=="group")}function E(t){let e=t.replace(/^0x/,"");return Array.from({length:e.length>>1},(r,a)=>parseInt(e.slice(2*a,2*a+2),16))}function U(t,e,r=[],a=new Set){let s=[],c=0;for(let i=0;i<t.length;i+=16){let l=[],f="";for(let u=i;u<Math.min(i+16,t.length);u+=1){for(;c+1<e.length&&u>=e[c].offset+e[c].length;)c+=1;let m=r.some(p=>u>=p.offset&&u<p.offset+p.length),o=a.has(u),d=l.at(-1),$=t[u].toString(16).padStart(2,"0");d&&d.leaf===c&&d.bad===m&&d.differs===o?d.text+=` ${$}`:l.push({leaf:c,text:$,bad:m,differs:o}),f+=t[u]>=32&&t[u]<127?String.fromCharCode(t[u]):"\xB7"}s.push({offset:i,segments:l,text:f})}return s}function W(t,e){let r=[],a=1/0;for(let s of t)s.depth>a||(a=s.role==="group"&&e.has(s.path)?s.depth:1/0,r.push(s));return r}function q(t,e){return t.findIndex(r=>e>=r.offset&&e<r.offset+r.length)}function J(t,e){let r=new Set;for(let a=0;a<t.length;a+=1)t[a]!==e[a]&&r.add(a);return r}function Y(t,e){let r=new Map(_(e).map(({path:a,value:s})=>[a,s]));return new Set(_(t).filter(({path:a,value:s})=>r.get(a)!==s).map(({path:a})=>a))}function j(t){return t.toString(16).padStart(4,"0")}function K(t,e){return`curl '${new URL(e,t)}'`}var V=`.inspector-head {
  display: flex;
  flex-wrap: wrap;
  gap: var(--space-2) var(--space-4);
  align-items: center;
  margin-bottom: var(--space-3);
  color: var(--text-2);
}

.inspector-head .end {
  margin-inline-start: auto;
}

.inspector {
  display: grid;
  grid-template-columns: minmax(0, 520px) minmax(0, 1fr);
  gap: var(--space-4);
  align-items: start;
}

.hex {
  overflow-x: auto;
  font-family: var(--mono);
  font-size: var(--size-12);
  line-height: 1.75;
  white-space: pre;
}

.hex-row {
  display: flex;
  gap: var(--space-3);
}

.hex-offset,
.hex-text {
  color: var(--text-3);
}

.hex-bytes {
  flex: none;
  width: 47ch;
}

.hex-segment {
  padding: 2px 0;
  border-bottom: 2px solid var(--line);
  cursor: default;
}

.hex-segment[data-colour="0"] { border-bottom-color: var(--implementation-0); }
.hex-segment[data-colour="1"] { border-bottom-color: var(--implementation-1); }
.hex-segment[data-colour="2"] { border-bottom-color: var(--implementation-2); }
.hex-segment[data-colour="3"] { border-bottom-color: var(--implementation-3); }
.hex-segment[data-colour="4"] { border-bottom-color: var(--implementation-4); }
.hex-segment[data-colour="5"] { border-bottom-color: var(--implementation-5); }

.hex-segment[data-bad] {
  background: var(--bad-surface);
  color: var(--bad);
  font-weight: 700;
}

.hex-segment[data-differs] {
  background: var(--warn-surface);
}

.hex-segment[data-active] {
  background: var(--fade);
}

.fields {
  width: 100%;
}

.fields th,
.fields td {
  padding: 4px var(--space-2);
  border-bottom: 1px solid var(--line);
  text-align: start;
  vertical-align: top;
}

.fields th {
  font-weight: 500;
  color: var(--text-2);
  font-size: var(--size-12);
}

.fields td.value {
  overflow-wrap: anywhere;
  max-width: 460px;
}

.fields td.value a,
.deviations a {
  text-decoration: underline;
}

.fields tbody tr[data-active] td {
  background: var(--fade);
}

.fields tbody tr[data-bad] td:first-child {
  box-shadow: inset 3px 0 var(--bad);
}

.fields tbody tr[data-differs] td.value {
  background: var(--warn-surface);
}

.field-name {
  display: inline-flex;
  align-items: center;
  gap: 6px;
}

.field-name .fold {
  width: 18px;
  padding: 0;
  border: 0;
  background: none;
  color: var(--text-3);
  cursor: pointer;
}

.field-mark {
  width: 8px;
  height: 8px;
  flex: none;
  border-radius: 2px;
}

.field-mark[data-colour="0"] { background: var(--implementation-0); }
.field-mark[data-colour="1"] { background: var(--implementation-1); }
.field-mark[data-colour="2"] { background: var(--implementation-2); }
.field-mark[data-colour="3"] { background: var(--implementation-3); }
.field-mark[data-colour="4"] { background: var(--implementation-4); }
.field-mark[data-colour="5"] { background: var(--implementation-5); }

@media (max-width: 1000px) {
  .inspector {
    grid-template-columns: minmax(0, 1fr);
  }

  .fields .type {
    display: none;
  }
}
`;M(V);var Z=256,tt=6e4,et=20;function nt({id:t,session:e}){let{with:r}=S.value.parameters,a=I(e?`the first message of session ${e}`:`event ${t}`,i=>e?F.sessionFields(Number(e),{},{signal:i}):F.eventFields(Number(t),{},{signal:i}),{deps:[t,e]}),s=I(`event ${r}`,i=>F.eventFields(Number(r),{},{signal:i}),{when:!!r,deps:[r]}),c=a.data?n`${a.data.title} ${a.data.event_type!==null&&n`<span class="muted">(${a.data.event_type})</span>`}`:"Event";return n`<${A} title=${c} question=${a.data?.section} actions=${a.data&&n`<${ot} message=${a.data} />`}>
    <${R} answer=${a} lines=${8}>
      ${i=>n`<${at} message=${i} other=${r?s.data:null} compared=${r?s:null} path=${e?`api/sessions/${e}/fields`:`api/events/${t}`} />`}
    <//>
  <//>`}function ot({message:t}){let e=(r,a,s)=>r===null?n`<button type="button" class="button" disabled title="No message of the session is near"><${C} name=${s} />${a}</button>`:n`<a class="button" href=${h(`events/${r}`)} title=${`${a} message of the session`}><${C} name=${s} />${a}</a>`;return n`${e(t.previous,"Previous","left")}${e(t.next,"Next","right")}`}function at({message:t,other:e,compared:r,path:a}){let{offset:s,field:c}=S.value.parameters,i=b(()=>_(t.fields),[t]),l=b(()=>E(t.content),[t]),f=c!==void 0?i.findIndex(Q=>Q.path===c):q(i,Number(s??-1)),[u,m]=x(-1),o=u>=0?u:f,d=b(()=>e?E(e.content):[],[e]),$=b(()=>e?J(l,d):new Set,[e,l]),p=b(()=>e?Y(t.fields,e.fields):new Set,[e,t]),O={leaves:i,active:o,onActive:m};return n`
    <${rt} message=${t} path=${a} />
    ${t.deviations.length>0&&n`<${st} message=${t} />`}
    <div class="cards">
      <${k} title="Bytes" note=${`${N(t.size)} after the length prefix`} size="half">
        <${it} ...${O} content=${l} deviations=${t.deviations} different=${$} />
      <//>
      <${k} title="Fields" note="hover or focus a field to see its bytes" size="half" flush>
        <${lt} ...${O} fields=${t.fields} deviations=${t.deviations} different=${p} />
      <//>
      <${k} title="References" size="half"><${dt} message=${t} /><//>
      <${k} title="Compare" note="with another message" size="half"><${ft} message=${t} other=${e} compared=${r} different=${p} /><//>
    </div>
  `}function rt({message:t,path:e}){let r=t.delay_us===null?null:t.delay_us/1e3;return n`<div class="inspector-head" data-kind=${t.kind}>
    ${t.node_id?n`<${B} node=${{node_id:t.node_id}} />`:n`<span>node unknown</span>`}
    ${t.node_name&&n`<${P} name=${t.node_name} version=${t.node_version} />`}
    <a href=${h(`sessions/${t.session}`)} title="First message of the session">session ${t.session}</a>
    ${t.event_id!==null&&n`<span>event <span class="mono">${t.event_id}</span></span>`}
    ${t.timestamp&&n`<span title="By the node's clock"><${g} value=${t.timestamp} date fraction /></span>`}
    <span title="By the server's clock; the difference is of two clocks">received ${r===null?n`<${g} value=${t.received_at} date fraction />`:`${r<0?"":"+"}${D(r)}`}</span>
    <span>version ${t.protocol_version}${t.cores!==null?` \xB7 ${w(t.cores,"core")}`:""}</span>
    <${T} state=${t.deviations.length?"bad":"ok"} word=${t.kind==="undecodable"?"could not be decoded":t.deviations.length?w(t.deviations.length,"deviation"):"as specified"} />
    <span class="row-of end">
      Copy
      <${y} label="Copy the bytes as hex" text=${()=>t.content.slice(2)}>hex<//>
      <${y} label="Copy as JSON" text=${async()=>JSON.stringify(t.id===null?t:await z.event(t.id),null,2)}>JSON<//>
      <${y} label="Copy a command that reads it" text=${()=>K(document.baseURI,e)}>curl<//>
      ${t.vector&&n`<${y} label="Copy as a test vector (vectors/README.md)" text=${()=>JSON.stringify(t.vector)}>test vector<//>`}
    </span>
  </div>`}function st({message:t}){return n`<ul class="deviations">
    ${t.deviations.map((e,r)=>n`<li key=${r} class="notice" data-state=${e.severity==="error"?"bad":"warn"} data-rule=${e.rule}>
        <span>
          <b>${e.docs?n`<a href=${e.docs.slice(1)}>${e.rule}</a>`:e.rule}</b>
          ${" "}at <button type="button" class="button small" onClick=${()=>v({offset:e.offset,field:void 0})}>byte ${e.offset}</button>
          ${e.field&&n` of <span class="mono">${e.field}</span>`}:
          expected ${e.expectation}; found <span class="mono">${e.found}</span>.
          ${" "}<span class="muted">${e.explanation}</span>
        </span>
      </li>`)}
  </ul>`}function it({leaves:t,active:e,onActive:r,content:a,deviations:s,different:c}){let[i,l]=x(!1),f=b(()=>U(a,t,s,c),[a,t,c]),u=i?f:f.slice(0,Z);function m(o){let d=o.target.closest("[data-leaf]")?.dataset.leaf;d!==void 0&&r(Number(d))}return n`<div class="hex" role="img" tabindex="0" aria-label=${`Hex of ${a.length} bytes; the fields beside it have their values.`} onPointerOver=${m} onPointerLeave=${()=>r(-1)}>
      ${u.map(({offset:o,segments:d,text:$})=>n`<div key=${o} class="hex-row">
          <span class="hex-offset">${j(o)}</span>
          <span class="hex-bytes">
            ${d.map((p,O)=>n`${O>0?" ":""}<span
                  class="hex-segment"
                  data-leaf=${p.leaf}
                  data-colour=${p.leaf%6}
                  data-bad=${p.bad||void 0}
                  data-differs=${p.differs||void 0}
                  data-active=${p.leaf===e||void 0}
                >${p.text}</span>`)}
          </span>
          <span class="hex-text">${$}</span>
        </div>`)}
    </div>
    ${u.length<f.length&&n`<button type="button" class="button" onClick=${()=>l(!0)}>Show all ${N(a.length)}</button>`}`}function lt({leaves:t,active:e,onActive:r,fields:a,deviations:s,different:c}){let i=new Set((S.value.parameters.fold??"").split("|").filter(Boolean)),l=W(a,i),f=b(()=>new Map(t.map((o,d)=>[o,d])),[t]);function u(o){i.delete(o)||i.add(o),v({fold:[...i].join("|")||void 0})}function m(o){let d={j:1,ArrowDown:1,k:-1,ArrowUp:-1}[o.key],$=o.target.closest("tr");if(!d||!$)return;o.preventDefault(),o.stopPropagation(),(d>0?$.nextElementSibling:$.previousElementSibling)?.querySelector("[data-focus]")?.focus()}return n`<div class="table-scroll"><table class="fields" aria-label="Fields" onKeyDown=${m} onPointerLeave=${()=>r(-1)}>
    <thead>
      <tr><th scope="col">Field</th><th scope="col" class="type">Type</th><th scope="col">Value</th></tr>
    </thead>
    <tbody>
      ${l.map(o=>{let d=f.get(o)??-1,$=o.role!=="group"&&s.some(p=>p.offset<o.offset+o.length&&p.offset+Math.max(p.length,1)>o.offset);return n`<tr
          key=${o.path}
          data-path=${o.path}
          data-active=${d>=0&&d===e||void 0}
          data-bad=${$||void 0}
          data-differs=${c.has(o.path)||void 0}
          onPointerEnter=${()=>r(d)}
        >
          <td>
            <span class="field-name" style=${{paddingInlineStart:`${14*o.depth}px`}}>
              ${o.role==="group"?n`<button type="button" class="fold" data-focus aria-expanded=${!i.has(o.path)} aria-label=${`Fields of ${o.path}`} onClick=${()=>u(o.path)}>
                    <${C} name=${i.has(o.path)?"right":"down"} />
                  </button>`:n`<i class="field-mark" data-colour=${d%6}></i>`}
              ${o.role==="group"?n`<b>${o.name}</b>`:n`<button
                    type="button"
                    class="button quiet small mono"
                    data-focus
                    aria-pressed=${d===e}
                    title=${`${w(o.length,"byte")} at ${o.offset}`}
                    onFocus=${()=>r(d)}
                    onClick=${()=>v({field:o.path,offset:void 0})}
                  >
                    ${o.name}
                  </button>`}
              ${$&&n`<${T} state="bad" word="deviation" hideWord />`}
            </span>
          </td>
          <td class="type muted mono">${o.type}</td>
          <td class="value">
            ${o.value!==null&&n`<span class="mono" data-value=${o.value}>${o.value}</span>`}
            ${o.unit&&!o.meaning&&n` <span class="muted">${o.unit}</span>`}
            ${o.meaning&&n` <span class="muted">${o.meaning}</span>`}
            ${o.opens&&n` <a href=${h(...H(o.opens))}>open</a>`}
          </td>
        </tr>`})}
    </tbody>
  </table></div>`}function dt({message:t}){let{context:e}=t,r=a=>n`<ul>
      ${a.map(s=>n`<li key=${s.id}>
          <a href=${h(`events/${s.id}`)}>${s.event_name}</a> <span class="muted">event ${s.event_id}, by ${s.field},</span> <${g} value=${s.received_at} fraction />
        </li>`)}
    </ul>`;return n`<dl class="pairs">
    <dt>Refers to</dt>
    <dd data-references="to">
      ${t.refers_to.length?r(t.refers_to):t.missing_ref!==null?`event ${t.missing_ref} of this session, which is not stored`:"\u2014"}
    </dd>
    <dt>Referred to by</dt>
    <dd data-references="by">
      ${t.referred_to_by.length?r(t.referred_to_by):t.searched_until?"no event so far":"\u2014 no event refers to this type"}
      ${t.more_referring&&n`<p class="muted">There are more. <a href=${`api/events/${t.id}/trace`}>All as JSON</a></p>`}
    </dd>
    <dt>Slot</dt>
    <dd>${e.slot===null?"\u2014":n`<a href=${h(`slots/${e.slot}`)}>${e.slot}</a>`}</dd>
    <dt>Core</dt>
    <dd>${e.core===null?"\u2014":n`<a href=${h(`cores/${e.core}`)}>${e.core}</a>`}</dd>
    <dt>About</dt>
    <dd class="mono">${e.hash?n`<a href=${h("events",{hash:e.hash.slice(2)})}>${e.hash}</a>`:"\u2014"}</dd>
    ${e.hash&&n`<dt>Others about it</dt><dd><${ct} message=${t} /></dd>`}
  </dl>`}function ct({message:t}){let[e,r]=x(!1),[a,s]=[-1,1].map(i=>new Date(Date.parse(t.received_at)+i*tt).toISOString()),c=I("events about the same hash",i=>z.events({wp_hash:t.context.hash.slice(2),start_time:a,end_time:s,limit:et},{signal:i}),{when:e,deps:[t.id]});return e?n`<${R} answer=${c} lines=${2}>
    ${({events:i})=>{let l=i.filter(({id:f})=>f!==t.id);return l.length?n`<ul data-references="hash">
        ${l.map(f=>n`<li key=${f.id}>
            <a href=${h(`events/${f.id}`)}>${L(f)}</a> <${B} node=${f} short /> <${g} value=${f.received_at} fraction />
          </li>`)}
      </ul>`:"none within a minute"}}
  <//>`:n`<button type="button" class="button small" onClick=${()=>r(!0)}>Search one minute around it</button>`}function ft({message:t,other:e,compared:r,different:a}){let[s,c]=x("");function i(l){l.preventDefault(),/^\d+$/.test(s.trim())&&v({with:s.trim()},{push:!0})}return n`<form class="row-of" onSubmit=${i}>
      <input class="input" value=${s} inputmode="numeric" placeholder="Id of an event" aria-label="Id of the event to compare with" onInput=${l=>c(l.currentTarget.value)} />
      <button type="submit" class="button">Compare</button>
      ${t.previous!==null&&n`<button type="button" class="button quiet" onClick=${()=>v({with:t.previous},{push:!0})}>with the previous</button>`}
      ${S.value.parameters.with&&n`<button type="button" class="button quiet" onClick=${()=>v({with:void 0})}>End</button>`}
    </form>
    ${r&&n`<${R} answer=${r}>
      ${()=>n`<p data-different=${a.size}>
            ${w(a.size,"field")} of this ${t.title} differ from <a href=${h(`events/${e.id}`)}>${e.title} ${e.id}</a>.
          </p>
          <table class="fields" aria-label="Fields that differ">
            <thead><tr><th scope="col">Field</th><th scope="col">Here</th><th scope="col">There</th></tr></thead>
            <tbody>
              ${_(t.fields).filter(({path:l})=>a.has(l)).map(({path:l,value:f})=>n`<tr key=${l}>
                    <td class="mono">${l}</td>
                    <td class="value mono">${f??"\u2014"}</td>
                    <td class="value mono">${e.fields.find(u=>u.path===l)?.value??"\u2014"}</td>
                  </tr>`)}
            </tbody>
          </table>`}
    <//>`}`}export{nt as default};
