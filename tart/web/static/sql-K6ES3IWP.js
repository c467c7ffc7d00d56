import{a as A,c as re}from"./chunk-OYJLUT6D.js";import{a as se}from"./chunk-4YALDK3C.js";import{d as V}from"./chunk-WQNOXECZ.js";import{a as ee}from"./chunk-A5KFDUZV.js";import{a as N}from"./chunk-3B3KOKTW.js";import{a as q,b as G}from"./chunk-HZVHJNCT.js";import{a as Z}from"./chunk-LSKVQWEN.js";import{a as K,b as X,c as Y,d as J,f as W}from"./chunk-QCITNMUN.js";import{b as C,c as Q,d as j,f as E}from"./chunk-IIW3BLOX.js";import"./chunk-ZVTLTR5U.js";import{a as te,d as ne}from"./chunk-5HTXFBE2.js";import{B as P,F as H,a as w,b as B,e as v,f as D,m as g,s as F,t as U,u as z,v as T}from"./chunk-DYZXLK2B.js";import"./chunk-NIKDHXBC.js";import{g as L,k as R}from"./chunk-37NB6NY5.js";import{g as $,h as f,i as _,j as b,k as h,l,n as x}from"./chunk-QNZ3L47H.js";var fe=/^(U?(TINY|SMALL|BIG|HUGE)?INT(EGER)?|FLOAT|DOUBLE|DECIMAL.*)$/;function y({type:e}){return fe.test(e)}function ae({type:e}){return/^(TIMESTAMP|DATE)/.test(e)}function oe(e){let t=e.findIndex(ae),n=t>=0?t:0,s=e.flatMap((a,o)=>o!==n&&y(a)?[o]:[]);return s.length?{x:n,y:s.slice(0,6)}:null}function le(e,t,{x:n,y:s}){let a=ae(e[n])?"time":y(e[n])?"number":"text",o=(r,u)=>a==="time"?Date.parse(String(r)):a==="number"?Number(r):u,i=t.filter(r=>r[n]!==null).map((r,u)=>({row:r,at:o(r[n],u)})).filter(({at:r})=>Number.isFinite(r)).sort((r,u)=>r.at-u.at);return{kind:a,x:i.map(({at:r})=>r),labels:i.map(({row:r})=>String(r[n])),series:s.map(r=>({label:e[r].name,values:i.map(({row:u})=>be(u[r]))}))}}function be(e){let t=e===null?NaN:Number(e);return Number.isFinite(t)?t:null}function ie(e){if(typeof e!="string")return e;let t=Number(e);return/^-?\d+$/.test(e)?Number.isSafeInteger(t)?t:BigInt(e):e.length>15&&Number.isFinite(t)?e:t}function ce(e){if(!e)return"";let t=v(e.elapsed_ms);if(e.split)return`${t}. Every shard ran a part of it; only the results were sent.`;if(!e.read.length)return`${t}. It read no table.`;let n=e.read.map(s=>`${g(s.rows,"row")} of ${s.table} (${D(s.bytes)})`);return`${t}. It ran once, over ${n.join(", ")} from all shards.`}function ue(e){return e==null?"NULL":typeof e=="object"?JSON.stringify(e):String(e)}function I(e){return/^[a-z_][a-z0-9_]*$/.test(e)&&!he.has(e)?e:`"${e.replaceAll('"','""')}"`}var he=new Set(["from","to","order","group","select","where","table","end","all","in","not","using"]);var de=`.sql {
  display: grid;
  grid-template-columns: 260px minmax(0, 1fr);
  gap: var(--space-4);
  align-items: start;
}

.sql-work {
  display: flex;
  flex-direction: column;
  gap: var(--space-4);
  min-width: 0;
}

.sql-schema {
  position: sticky;
  top: 0;
  max-height: calc(100dvh - 150px);
}

.sql-filter {
  padding: var(--space-2);
}

.sql-filter .input {
  width: 100%;
}

.sql-tables {
  overflow: auto;
  padding: 0 var(--space-2) var(--space-2);
}

.sql-tables summary {
  display: flex;
  align-items: center;
  gap: var(--space-2);
  min-height: 26px;
  cursor: pointer;
  font-weight: 600;
}

.sql-tables summary::before {
  content: "\u25B8";
  color: var(--text-3);
}

.sql-tables details[open] > summary::before {
  content: "\u25BE";
}

.sql-table {
  padding-inline-start: var(--space-2);
}

.sql-entry {
  display: flex;
  align-items: center;
  min-height: 26px;
}

.sql-toggle {
  display: inline-flex;
  padding: 4px;
  border: 0;
  background: none;
  color: var(--text-3);
  cursor: pointer;
}

.sql-table > p,
.sql-table > ul,
.sql-table > .button {
  margin: 0 0 var(--space-1) var(--space-4);
  font-size: var(--size-12);
}

.sql-table li {
  display: flex;
  justify-content: space-between;
  gap: var(--space-2);
  min-height: 24px;
  align-items: center;
}

.sql-name {
  padding: 2px;
  border: 0;
  background: none;
  font-family: var(--mono);
  font-size: var(--size-12);
  color: var(--text-1);
  text-align: start;
  cursor: pointer;
  overflow-wrap: anywhere;
}

.sql-name:hover {
  color: var(--accent);
}

.sql-sheets {
  display: flex;
  align-items: center;
  gap: var(--space-1);
  padding: 0 var(--space-2);
  border-bottom: 1px solid var(--line);
}

.sql-sheets .tabs {
  flex: 1;
  border-bottom: 0;
}

.sql-editor {
  min-height: 140px;
}

.sql-editor textarea {
  display: block;
  width: 100%;
  min-height: 140px;
  padding: var(--space-2) var(--space-3);
  border: 0;
  background: none;
  resize: vertical;
}

.sql-bar {
  display: flex;
  align-items: center;
  gap: var(--space-2);
  flex-wrap: wrap;
  padding: var(--space-2) var(--space-3);
  border-top: 1px solid var(--line);
}

@media (max-width: 900px) {
  .sql {
    grid-template-columns: minmax(0, 1fr);
  }

  .sql-schema {
    position: static;
    max-height: 220px;
  }

  .sql-work {
    order: -1;
  }
}
`;ee(de);var ge=`SELECT event_name, count(*) AS events
FROM events
WHERE received_at > now() - INTERVAL 10 MINUTE
GROUP BY ALL
ORDER BY events DESC`,$e=20,xe=100,O=30,ye=[["csv","CSV"],["ndjson","NDJSON"],["markdown","Markdown"],["parquet","Parquet"],["arrow","Arrow"]],m=T("sql.sheets",{sheets:[{id:1,text:ge}],active:1},F,z),M=T("sql.history",[],U);function we(){let e=b(null),t=Te(),n=Z("the tables",r=>K.sqlTables({},{signal:r}));qe();let{sheets:s,active:a}=m.value,o=s.find(({id:r})=>r===a)??s[0];function i(r){r.trim()&&t.start(r,o.text)}return J.value?W("operator")?l`<${q}
    title="SQL"
    question="One database over all shards."
    actions=${l`<a class="button" href="api/docs/sql" target="_blank" rel="noopener">Tables and limits <${x} name="external" /></a>`}
  >
    <div class="sql">
      <${Re} tables=${n.data?.tables??[]} error=${n.error} onInsert=${r=>e.current?.insert(r)} onExample=${k} />
      <div class="sql-work">
        <section class="card">
          <${Ce} sheets=${s} active=${o.id} />
          <${Ne} key="editor" sheet=${o} tables=${n.data?.tables} onReady=${r=>e.current=r} onRun=${i} />
          <div class="sql-bar">
            ${t.running?l`<button type="button" class="button" onClick=${t.cancel}><${x} name="close" />Cancel</button>
                  <span role="status">running for ${v(Math.max(0,P.value-t.since))}</span>`:l`<button type="button" class="button primary" onClick=${()=>i(e.current?.chosen()??o.text)}>
                    <${x} name="play" />Run
                  </button>
                  <span class="muted"><kbd>Ctrl</kbd> <kbd>Enter</kbd> runs the selection, or all</span>`}
            <span class="card-actions">
              <${H} label="Copy a link to this statement" text=${()=>ke(o.text)}>Link<//>
              <${Le} onChoose=${k} />
              <${N}
                label="Save result as"
                icon="download"
                entries=${ye.map(([r,u])=>({label:u,onClick:()=>t.save(e.current?.chosen()??o.text,r)}))}
              />
            </span>
          </div>
        </section>
        <${Ie} run=${t} />
      </div>
    </div>
  <//>`:l`<${q} title="SQL">
      <${C} title="SQL needs the role operator">The key that you use has a lower role. Ask who runs this server for another.<//>
    <//>`:l`<${q} title="SQL">
      <${C} title="It is not known yet whether you may run SQL">The server has not answered that; the page asks again.<//>
    <//>`}function qe(){let{q:e}=L.value.parameters;f(()=>{if(!e)return;let t=m.value.sheets.find(({text:n})=>n===e);t?m.value={...m.value,active:t.id}:k(e)},[e])}function ke(e){let{origin:t,pathname:n,search:s}=window.location;return`${t}${n}${s}#/sql?q=${encodeURIComponent(e)}`}function k(e){let{sheets:t}=m.value,n=Math.max(0,...t.map(s=>s.id))+1;m.value={sheets:[...t,{id:n,text:e}].slice(-$e),active:n}}function Se(e){let t=m.value.sheets.filter(s=>s.id!==e),n=t.length?t:[{id:e+1,text:""}];m.value={sheets:n,active:n[n.length-1].id}}function me(e,t){let{sheets:n,active:s}=m.value;m.value={sheets:n.map(a=>a.id===e?{id:e,text:t}:a),active:s}}function Te(){let[e,t]=$({running:!1,since:0,result:null,error:null,text:"",saved:""}),n=b(null);f(()=>()=>n.current?.abort(),[]);async function s(a,o){n.current?.abort();let i=new AbortController;n.current=i;let r=Date.now();t(u=>({...u,running:!0,since:r,error:null,saved:"",text:a}));try{let u=await o(i.signal);n.current===i&&t(c=>({...c,running:!1,...u})),pe({text:a,at:r,rows:u.result?.row_count??null,ms:Date.now()-r})}catch(u){if(n.current!==i)return;let c=i.signal.aborted;t(d=>({...d,running:!1,error:c?new Error("the statement was cancelled"):u})),pe({text:a,at:r,rows:null,ms:Date.now()-r,error:c?"cancelled":E(u)})}}return{...e,start(a,o){R({q:o}),s(a,async i=>({result:await X.sql({query:a,explain:"true"},{signal:i,timeout:0})}))},save(a,o){s(a,async i=>{let{blob:r,complete:u}=await Y(a,o,i);return te(`result.${o==="markdown"?"md":o}`,r,r.type),{saved:u?"":"The file is incomplete: a shard did not answer."}})},cancel:()=>n.current?.abort()}}function pe(e){let t=M.value.filter(({text:n})=>n!==e.text);M.value=[e,...t].slice(0,xe)}function Ce({sheets:e,active:t}){return l`<div class="sql-sheets">
    <${A}
      label="Statements"
      selected=${String(t)}
      onSelect=${n=>m.value={sheets:e,active:Number(n)}}
      tabs=${e.map(({id:n,text:s})=>({id:String(n),label:Ee(s,n)}))}
    />
    <button type="button" class="button quiet small" disabled=${e.length>=$e} onClick=${()=>k("")}>New</button>
    <button type="button" class="button quiet small" onClick=${()=>Se(t)}>Close tab</button>
  </div>`}function Ee(e,t){return/\bfrom\s+"?([a-z_][\w.]*)/i.exec(e)?.[1]??`Statement ${t}`}function Ne({sheet:e,tables:t,onReady:n,onRun:s}){let a=b(null),[o,i]=$(null),r=b({sheet:e,onRun:s});r.current={sheet:e,onRun:s},f(()=>{let c=!1,d;return import("./sql_editor-OVUY3F2S.js").then(({createEditor:p})=>{c||!a.current||(d=p(a.current,{text:r.current.sheet.text,onChange:S=>me(r.current.sheet.id,S),onRun:S=>r.current.onRun(S)}),i(d),n(d))},()=>{}),()=>{c=!0,d?.destroy(),n(null)}},[]),_(()=>{let c=m.peek().sheets.find(({id:d})=>d===e.id);c&&o?.setText(c.text)},[o,e.id,e.text]),f(()=>{o&&t&&o.setTables(t)},[o,t]);function u(c){c.key==="Enter"&&(c.ctrlKey||c.metaKey)&&s(e.text)}return l`<div class="sql-editor">
    <div ref=${a}></div>
    ${!o&&l`<textarea
      class="mono"
      aria-label="SQL statement"
      spellcheck="false"
      value=${e.text}
      onInput=${c=>me(e.id,c.currentTarget.value)}
      onKeyDown=${u}
    ></textarea>`}
  </div>`}function Le({onChoose:e}){let t=M.value.slice(0,30).map(({text:n,rows:s,ms:a,error:o})=>({label:`${n.replace(/\s+/g," ").slice(0,60)} \u2014 ${o??`${s===null?"saved":g(s,"row")}, ${v(a)}`}`,onClick:()=>e(n)}));return l`<${N} label="History" entries=${t.length?t:[{label:"No statement has run yet"}]} />`}function Re({tables:e,error:t,onInsert:n,onExample:s}){let[a,o]=$(""),i=a.toLowerCase().trim(),r=e.filter(({name:c,columns:d})=>c.includes(i)||d.some(p=>p.name.toLowerCase().includes(i))),u=[["Tables",r.filter(c=>!c.is_event_type)],["Event types",r.filter(c=>c.is_event_type)]];return l`<aside class="card sql-schema" aria-label="Tables">
    <div class="sql-filter"><${re} label="Filter tables and columns" value=${a} onInput=${o} /></div>
    ${t&&l`<${Q} name="the tables" error=${t} />`}
    <div class="sql-tables">
      ${u.map(([c,d])=>d.length>0&&l`<details key=${c} open=${c==="Tables"||i!==""}>
          <summary>${c} <span class="muted">${w(d.length)}</span></summary>
          ${d.map(p=>l`<${Ae} key=${p.name} table=${p} onInsert=${n} onExample=${s} />`)}
        </details>`)}
      ${e.length>0&&!r.length&&l`<p class="empty">No table or column has this in its name.</p>`}
    </div>
  </aside>`}function Ae({table:e,onInsert:t,onExample:n}){let[s,a]=$(!1);return l`<div class="sql-table">
    <div class="sql-entry" title=${e.description}>
      <button
        type="button"
        class="sql-toggle"
        aria-expanded=${s}
        aria-label=${`Columns of ${e.name}`}
        onClick=${()=>a(!s)}
      >
        <${x} name=${s?"down":"right"} />
      </button>
      <button type="button" class="sql-name" onClick=${()=>t(I(e.name))}>${e.name}</button>
    </div>
    ${s&&l`<p class="muted">${e.description}</p>
      <ul>
        ${e.columns.map(o=>l`<li key=${o.name} title=${o.description}>
            <button type="button" class="sql-name" onClick=${()=>t(I(o.name))}>${o.name}</button>
            <span class="muted">${o.type.length>24?`${o.type.slice(0,22)}\u2026`:o.type}</span>
          </li>`)}
      </ul>
      ${e.example&&l`<button type="button" class="button small" onClick=${()=>n(e.example)}>Example</button>`}`}
  </div>`}function Ie({run:e}){let{result:t,error:n,saved:s}=e,a=L.value.parameters.view==="chart"?"chart":"table",o=h(()=>t?oe(t.columns):null,[t]);if(!t&&!n)return null;let i=t?.shards;return l`<${G}
    title="Result"
    flush=${a==="table"}
    note=${t&&!n?`${g(t.row_count,"row")}, ${ce(t.execution)}`:""}
    actions=${o&&l`<${A}
      label="View of the result"
      selected=${a}
      onSelect=${r=>R({view:r==="table"?void 0:r})}
      tabs=${[{id:"table",label:"Table"},{id:"chart",label:"Chart"}]}
    />`}
  >
    ${n&&l`<div class="notice" data-state="bad" role="alert">${E(n)}.</div>`}
    ${s&&l`<div class="notice" data-state="warn" role="status">${s}</div>`}
    ${i&&i.answered<i.total&&l`<${j} shards=${i} />`}
    ${t&&(a==="chart"&&o?l`<${_e} result=${t} axes=${o} />`:l`<div class=${n?"stale":""}><${Oe} result=${t} /></div>`)}
  <//>`}function Oe({result:e}){let t=h(()=>e.rows.map((s,a)=>({index:a,cells:s})),[e]),n=h(()=>[{id:"#",title:"#",value:s=>s.index+1,cell:s=>l`<span class="muted">${s.index+1}</span>`,end:!0,rank:1},...e.columns.map((s,a)=>({id:`${a}:${s.name}`,title:s.name,help:s.type,end:y(s),className:/^(BLOB|JSON|VARCHAR)/.test(s.type)?"mono":"",rank:a<2?a+2:void 0,value:({cells:o})=>y(s)?ie(o[a]):o[a],cell:({cells:o})=>l`<${Me} value=${o[a]} />`}))],[e]);return l`<${ne}
    caption="Result"
    csv="result"
    sort="#"
    sortParameter="order"
    rows=${t}
    rowKey=${s=>s.index}
    columns=${n}
    height=${520}
    empty="The statement has no rows as its result."
  />`}function Me({value:e}){if(e===null)return l`<span class="muted">NULL</span>`;let t=ue(e);return l`<span title=${t.length>40?t:void 0}>${t.length>200?`${t.slice(0,200)}\u2026`:t}</span>`}function _e({result:e,axes:t}){let n=h(()=>le(e.columns,e.rows,t),[e,t]),s=e.columns[t.x].name;if(n.kind==="text"){let[a]=n.series;return l`
      <p class="muted">${a.label} by ${s}${n.x.length>O?`, the first ${O} of ${w(n.x.length)}`:""}</p>
      <${V}
        label=${`${a.label} by ${s}`}
        rows=${n.labels.slice(0,O).map((o,i)=>({label:o,value:a.values[i]??0,text:w(a.values[i],2)}))}
      />
    `}return l`<${se}
    title=${`${n.series.map(({label:a})=>a).join(", ")} by ${s}`}
    x=${n.x}
    xTitle=${s}
    time=${n.kind==="time"}
    formatX=${n.kind==="number"?B:void 0}
    series=${n.series}
    height=${320}
    onZoom=${()=>{}}
  />`}export{we as default};
