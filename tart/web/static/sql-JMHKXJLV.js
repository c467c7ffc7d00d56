import{a as V}from"./chunk-VWSFC2I6.js";import{a as N,c as L,e as Z}from"./chunk-ZFXL5XR5.js";import{d as F}from"./chunk-MT5OO2NG.js";import{a as W}from"./chunk-A5KFDUZV.js";import{a as H,c as j}from"./chunk-5T32BEGS.js";import{m as K}from"./chunk-SPHRVP5U.js";import{b as U,c as z,d as P,f as E}from"./chunk-6F6XN5K6.js";import{a as R,b as G}from"./chunk-DXBXNIWB.js";import{E as B,K as D,P as Q,Q as X,R as Y,U as J,a as w,b as I,d as v,e as _,l as g,u as S,x as T,y as C}from"./chunk-MVD6GQUR.js";import{g as f,h as $,j as b,k as h,l,n as x}from"./chunk-EUVXIHW5.js";var ce=/^(U?(TINY|SMALL|BIG|HUGE)?INT(EGER)?|FLOAT|DOUBLE|DECIMAL.*)$/;function y({type:e}){return ce.test(e)}function ee({type:e}){return/^(TIMESTAMP|DATE)/.test(e)}function te(e){let t=e.findIndex(ee),n=t>=0?t:0,s=e.flatMap((a,o)=>o!==n&&y(a)?[o]:[]);return s.length?{x:n,y:s.slice(0,6)}:null}function ne(e,t,{x:n,y:s}){let a=ee(e[n])?"time":y(e[n])?"number":"text",o=(r,c)=>a==="time"?Date.parse(String(r)):a==="number"?Number(r):c,i=t.filter(r=>r[n]!==null).map((r,c)=>({row:r,at:o(r[n],c)})).filter(({at:r})=>Number.isFinite(r)).sort((r,c)=>r.at-c.at);return{kind:a,x:i.map(({at:r})=>r),labels:i.map(({row:r})=>String(r[n])),series:s.map(r=>({label:e[r].name,values:i.map(({row:c})=>c[r]===null?null:Number(c[r]))}))}}function se(e){if(!e)return"";let t=v(e.elapsed_ms);if(e.split)return`${t}. Every shard ran a part of it; only the results were sent.`;if(!e.read.length)return`${t}. It read no table.`;let n=e.read.map(s=>`${g(s.rows,"row")} of ${s.table} (${_(s.bytes)})`);return`${t}. It ran once, over ${n.join(", ")} from all shards.`}function ae(e){return e==null?"NULL":typeof e=="object"?JSON.stringify(e):String(e)}function A(e){return/^[a-z_][a-z0-9_]*$/.test(e)&&!ue.has(e)?e:`"${e.replaceAll('"','""')}"`}var ue=new Set(["from","to","order","group","select","where","table","end","all","in","not","using"]);var re=`.sql {
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
`;W(re);var pe=`SELECT event_name, count(*) AS events
FROM events
WHERE received_at > now() - INTERVAL 10 MINUTE
GROUP BY ALL
ORDER BY events DESC`,ie=20,me=100,O=30,$e=[["csv","CSV"],["ndjson","NDJSON"],["markdown","Markdown"],["parquet","Parquet"],["arrow","Arrow"]],p=C("sql.sheets",{sheets:[{id:1,text:pe}],active:1}),M=C("sql.history",[]);function fe(){let e=b(null),t=ge(),n=K("the tables",r=>Q.sqlTables({},{signal:r}));be();let{sheets:s,active:a}=p.value,o=s.find(({id:r})=>r===a)??s[0];function i(r){r.trim()&&t.start(r)}return J("operator")?l`<${R}
    title="SQL"
    question="One database over all shards."
    actions=${l`<a class="button" href="api/docs/sql" target="_blank" rel="noopener">Tables and limits <${x} name="external" /></a>`}
  >
    <div class="sql">
      <${ke} tables=${n.data?.tables??[]} error=${n.error} onInsert=${r=>e.current?.insert(r)} onExample=${q} />
      <div class="sql-work">
        <section class="card">
          <${xe} sheets=${s} active=${o.id} />
          <${we} key="editor" sheet=${o} tables=${n.data?.tables} onReady=${r=>e.current=r} onRun=${i} />
          <div class="sql-bar">
            ${t.running?l`<button type="button" class="button" onClick=${t.cancel}><${x} name="close" />Cancel</button>
                  <span role="status">running for ${v(Math.max(0,B.value-t.since))}</span>`:l`<button type="button" class="button primary" onClick=${()=>i(e.current?.chosen()??o.text)}>
                    <${x} name="play" />Run
                  </button>
                  <span class="muted"><kbd>Ctrl</kbd> <kbd>Enter</kbd> runs the selection, or all</span>`}
            <span class="card-actions">
              <${D} label="Copy a link to this statement" text=${()=>he(o.text)}>Link<//>
              <${qe} onChoose=${q} />
              <${N}
                label="Save result as"
                icon="download"
                entries=${$e.map(([r,c])=>({label:c,onClick:()=>t.save(e.current?.chosen()??o.text,r)}))}
              />
            </span>
          </div>
        </section>
        <${Te} run=${t} />
      </div>
    </div>
  <//>`:l`<${R} title="SQL">
      <${U} title="SQL needs the role operator">The key that you use has a lower role. Ask who runs this server for another.<//>
    <//>`}function be(){let{q:e}=S.value.parameters;$(()=>{if(!e)return;let t=p.value.sheets.find(({text:n})=>n===e);t?p.value={...p.value,active:t.id}:q(e)},[e])}function he(e){let{origin:t,pathname:n,search:s}=window.location;return`${t}${n}${s}#/sql?q=${encodeURIComponent(e)}`}function q(e){let{sheets:t}=p.value,n=Math.max(0,...t.map(s=>s.id))+1;p.value={sheets:[...t,{id:n,text:e}].slice(-ie),active:n}}function ve(e){let t=p.value.sheets.filter(s=>s.id!==e),n=t.length?t:[{id:e+1,text:""}];p.value={sheets:n,active:n[n.length-1].id}}function oe(e,t){let{sheets:n,active:s}=p.value;p.value={sheets:n.map(a=>a.id===e?{id:e,text:t}:a),active:s}}function ge(){let[e,t]=f({running:!1,since:0,result:null,error:null,text:"",saved:""}),n=b(null);$(()=>()=>n.current?.abort(),[]);async function s(a,o){n.current?.abort();let i=new AbortController;n.current=i;let r=Date.now();t(c=>({...c,running:!0,since:r,error:null,saved:"",text:a}));try{let c=await o(i.signal);n.current===i&&t(u=>({...u,running:!1,...c})),le({text:a,at:r,rows:c.result?.row_count??null,ms:Date.now()-r})}catch(c){if(n.current!==i)return;let u=i.signal.aborted;t(d=>({...d,running:!1,error:u?new Error("the statement was cancelled"):c})),le({text:a,at:r,rows:null,ms:Date.now()-r,error:u?"cancelled":E(c)})}}return{...e,start(a){T({q:a}),s(a,async o=>({result:await X.sql({query:a,explain:"true"},{signal:o,timeout:0})}))},save(a,o){s(a,async i=>{let{blob:r,complete:c}=await Y(a,o,i);return H(`result.${o==="markdown"?"md":o}`,r,r.type),{saved:c?"":"The file is incomplete: a shard did not answer."}})},cancel:()=>n.current?.abort()}}function le(e){let t=M.value.filter(({text:n})=>n!==e.text);M.value=[e,...t].slice(0,me)}function xe({sheets:e,active:t}){return l`<div class="sql-sheets">
    <${L}
      label="Statements"
      selected=${String(t)}
      onSelect=${n=>p.value={sheets:e,active:Number(n)}}
      tabs=${e.map(({id:n,text:s})=>({id:String(n),label:ye(s,n)}))}
    />
    <button type="button" class="button quiet small" disabled=${e.length>=ie} onClick=${()=>q("")}>New</button>
    <button type="button" class="button quiet small" onClick=${()=>ve(t)}>Close tab</button>
  </div>`}function ye(e,t){return/\bfrom\s+"?([a-z_][\w.]*)/i.exec(e)?.[1]??`Statement ${t}`}function we({sheet:e,tables:t,onReady:n,onRun:s}){let a=b(null),[o,i]=f(null),r=b({sheet:e,onRun:s});r.current={sheet:e,onRun:s},$(()=>{let u=!1,d;return import("./sql_editor-OVUY3F2S.js").then(({createEditor:m})=>{u||!a.current||(d=m(a.current,{text:r.current.sheet.text,onChange:k=>oe(r.current.sheet.id,k),onRun:k=>r.current.onRun(k)}),i(d),n(d))},()=>{}),()=>{u=!0,d?.destroy(),n(null)}},[]),$(()=>o?.setText(e.text),[o,e.id]),$(()=>{o&&t&&o.setTables(t)},[o,t]);function c(u){u.key==="Enter"&&(u.ctrlKey||u.metaKey)&&s(e.text)}return l`<div class="sql-editor">
    <div ref=${a}></div>
    ${!o&&l`<textarea
      class="mono"
      aria-label="SQL statement"
      spellcheck="false"
      value=${e.text}
      onInput=${u=>oe(e.id,u.currentTarget.value)}
      onKeyDown=${c}
    ></textarea>`}
  </div>`}function qe({onChoose:e}){let t=M.value.slice(0,30).map(({text:n,rows:s,ms:a,error:o})=>({label:`${n.replace(/\s+/g," ").slice(0,60)} \u2014 ${o??`${s===null?"saved":g(s,"row")}, ${v(a)}`}`,onClick:()=>e(n)}));return l`<${N} label="History" entries=${t.length?t:[{label:"No statement has run yet"}]} />`}function ke({tables:e,error:t,onInsert:n,onExample:s}){let[a,o]=f(""),i=a.toLowerCase().trim(),r=e.filter(({name:u,columns:d})=>u.includes(i)||d.some(m=>m.name.toLowerCase().includes(i))),c=[["Tables",r.filter(u=>!u.is_event_type)],["Event types",r.filter(u=>u.is_event_type)]];return l`<aside class="card sql-schema" aria-label="Tables">
    <div class="sql-filter"><${Z} label="Filter tables and columns" value=${a} onInput=${o} /></div>
    ${t&&l`<${z} name="the tables" error=${t} />`}
    <div class="sql-tables">
      ${c.map(([u,d])=>d.length>0&&l`<details key=${u} open=${u==="Tables"||i!==""}>
          <summary>${u} <span class="muted">${w(d.length)}</span></summary>
          ${d.map(m=>l`<${Se} key=${m.name} table=${m} onInsert=${n} onExample=${s} />`)}
        </details>`)}
      ${e.length>0&&!r.length&&l`<p class="empty">No table or column has this in its name.</p>`}
    </div>
  </aside>`}function Se({table:e,onInsert:t,onExample:n}){let[s,a]=f(!1);return l`<div class="sql-table">
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
      <button type="button" class="sql-name" onClick=${()=>t(A(e.name))}>${e.name}</button>
    </div>
    ${s&&l`<p class="muted">${e.description}</p>
      <ul>
        ${e.columns.map(o=>l`<li key=${o.name} title=${o.description}>
            <button type="button" class="sql-name" onClick=${()=>t(A(o.name))}>${o.name}</button>
            <span class="muted">${o.type.length>24?`${o.type.slice(0,22)}\u2026`:o.type}</span>
          </li>`)}
      </ul>
      ${e.example&&l`<button type="button" class="button small" onClick=${()=>n(e.example)}>Example</button>`}`}
  </div>`}function Te({run:e}){let{result:t,error:n,saved:s}=e,a=S.value.parameters.view==="chart"?"chart":"table",o=h(()=>t?te(t.columns):null,[t]);if(!t&&!n)return null;let i=t?.shards;return l`<${G}
    title="Result"
    flush=${a==="table"}
    note=${t&&!n?`${g(t.row_count,"row")}, ${se(t.execution)}`:""}
    actions=${o&&l`<${L}
      label="View of the result"
      selected=${a}
      onSelect=${r=>T({view:r==="table"?void 0:r})}
      tabs=${[{id:"table",label:"Table"},{id:"chart",label:"Chart"}]}
    />`}
  >
    ${n&&l`<div class="notice" data-state="bad" role="alert">${E(n)}.</div>`}
    ${s&&l`<div class="notice" data-state="warn" role="status">${s}</div>`}
    ${i&&i.answered<i.total&&l`<${P} shards=${i} />`}
    ${t&&(a==="chart"&&o?l`<${Re} result=${t} axes=${o} />`:l`<div class=${n?"stale":""}><${Ce} result=${t} /></div>`)}
  <//>`}function Ce({result:e}){let t=h(()=>e.rows.map((s,a)=>({index:a,cells:s})),[e]),n=h(()=>[{id:"#",title:"#",value:s=>s.index+1,cell:s=>l`<span class="muted">${s.index+1}</span>`,end:!0,rank:1},...e.columns.map((s,a)=>({id:`${a}:${s.name}`,title:s.name,help:s.type,end:y(s),className:/^(BLOB|JSON|VARCHAR)/.test(s.type)?"mono":"",rank:a<2?a+2:void 0,value:({cells:o})=>y(s)&&o[a]!==null?Number(o[a]):o[a],cell:({cells:o})=>l`<${Ee} value=${o[a]} />`}))],[e]);return l`<${j}
    caption="Result"
    csv="result"
    sort="#"
    sortParameter="order"
    rows=${t}
    rowKey=${s=>s.index}
    columns=${n}
    height=${520}
    empty="The statement has no rows as its result."
  />`}function Ee({value:e}){if(e===null)return l`<span class="muted">NULL</span>`;let t=ae(e);return l`<span title=${t.length>40?t:void 0}>${t.length>200?`${t.slice(0,200)}\u2026`:t}</span>`}function Re({result:e,axes:t}){let n=h(()=>ne(e.columns,e.rows,t),[e,t]),s=e.columns[t.x].name;if(n.kind==="text"){let[a]=n.series;return l`
      <p class="muted">${a.label} by ${s}${n.x.length>O?`, the first ${O} of ${w(n.x.length)}`:""}</p>
      <${F}
        label=${`${a.label} by ${s}`}
        rows=${n.labels.slice(0,O).map((o,i)=>({label:o,value:a.values[i]??0,text:w(a.values[i],2)}))}
      />
    `}return l`<${V}
    title=${`${n.series.map(({label:a})=>a).join(", ")} by ${s}`}
    x=${n.x}
    xTitle=${s}
    time=${n.kind==="time"}
    formatX=${n.kind==="number"?I:void 0}
    series=${n.series}
    height=${320}
    onZoom=${()=>{}}
  />`}export{fe as default};
