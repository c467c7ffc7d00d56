import{a as K}from"./chunk-MTCB43A5.js";import{a as L,c as A,e as se}from"./chunk-ZFXL5XR5.js";import{d as j}from"./chunk-MT5OO2NG.js";import{a as V,d as G}from"./chunk-NKZ3OLC6.js";import{a as ne}from"./chunk-A5KFDUZV.js";import{m as Y}from"./chunk-3KWDGLYV.js";import{b as N,c as H,d as Q,f as R}from"./chunk-NCL2YCRX.js";import{a as q,b as X}from"./chunk-DXBXNIWB.js";import{A as F,B as U,C as E,I as z,O as P,T as J,U as W,V as Z,W as ee,Y as te,a as w,b as _,d as v,e as B,l as g,u as T,x as C,z as D}from"./chunk-TQV5SDUB.js";import{g as f,h as $,j as b,k as h,l,n as x}from"./chunk-EUVXIHW5.js";var $e=/^(U?(TINY|SMALL|BIG|HUGE)?INT(EGER)?|FLOAT|DOUBLE|DECIMAL.*)$/;function y({type:e}){return $e.test(e)}function re({type:e}){return/^(TIMESTAMP|DATE)/.test(e)}function ae(e){let t=e.findIndex(re),n=t>=0?t:0,s=e.flatMap((r,o)=>o!==n&&y(r)?[o]:[]);return s.length?{x:n,y:s.slice(0,6)}:null}function oe(e,t,{x:n,y:s}){let r=re(e[n])?"time":y(e[n])?"number":"text",o=(a,u)=>r==="time"?Date.parse(String(a)):r==="number"?Number(a):u,i=t.filter(a=>a[n]!==null).map((a,u)=>({row:a,at:o(a[n],u)})).filter(({at:a})=>Number.isFinite(a)).sort((a,u)=>a.at-u.at);return{kind:r,x:i.map(({at:a})=>a),labels:i.map(({row:a})=>String(a[n])),series:s.map(a=>({label:e[a].name,values:i.map(({row:u})=>fe(u[a]))}))}}function fe(e){let t=e===null?NaN:Number(e);return Number.isFinite(t)?t:null}function le(e){if(typeof e!="string")return e;let t=Number(e);return/^-?\d+$/.test(e)?Number.isSafeInteger(t)?t:BigInt(e):e.length>15&&Number.isFinite(t)?e:t}function ie(e){if(!e)return"";let t=v(e.elapsed_ms);if(e.split)return`${t}. Every shard ran a part of it; only the results were sent.`;if(!e.read.length)return`${t}. It read no table.`;let n=e.read.map(s=>`${g(s.rows,"row")} of ${s.table} (${B(s.bytes)})`);return`${t}. It ran once, over ${n.join(", ")} from all shards.`}function ce(e){return e==null?"NULL":typeof e=="object"?JSON.stringify(e):String(e)}function I(e){return/^[a-z_][a-z0-9_]*$/.test(e)&&!be.has(e)?e:`"${e.replaceAll('"','""')}"`}var be=new Set(["from","to","order","group","select","where","table","end","all","in","not","using"]);var ue=`.sql {
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
`;ne(ue);var ve=`SELECT event_name, count(*) AS events
FROM events
WHERE received_at > now() - INTERVAL 10 MINUTE
GROUP BY ALL
ORDER BY events DESC`,pe=20,ge=100,O=30,xe=[["csv","CSV"],["ndjson","NDJSON"],["markdown","Markdown"],["parquet","Parquet"],["arrow","Arrow"]],m=E("sql.sheets",{sheets:[{id:1,text:ve}],active:1},D,U),M=E("sql.history",[],F);function ye(){let e=b(null),t=Se(),n=Y("the tables",a=>J.sqlTables({},{signal:a}));we();let{sheets:s,active:r}=m.value,o=s.find(({id:a})=>a===r)??s[0];function i(a){a.trim()&&t.start(a)}return ee.value?te("operator")?l`<${q}
    title="SQL"
    question="One database over all shards."
    actions=${l`<a class="button" href="api/docs/sql" target="_blank" rel="noopener">Tables and limits <${x} name="external" /></a>`}
  >
    <div class="sql">
      <${Re} tables=${n.data?.tables??[]} error=${n.error} onInsert=${a=>e.current?.insert(a)} onExample=${k} />
      <div class="sql-work">
        <section class="card">
          <${Te} sheets=${s} active=${o.id} />
          <${Ee} key="editor" sheet=${o} tables=${n.data?.tables} onReady=${a=>e.current=a} onRun=${i} />
          <div class="sql-bar">
            ${t.running?l`<button type="button" class="button" onClick=${t.cancel}><${x} name="close" />Cancel</button>
                  <span role="status">running for ${v(Math.max(0,z.value-t.since))}</span>`:l`<button type="button" class="button primary" onClick=${()=>i(e.current?.chosen()??o.text)}>
                    <${x} name="play" />Run
                  </button>
                  <span class="muted"><kbd>Ctrl</kbd> <kbd>Enter</kbd> runs the selection, or all</span>`}
            <span class="card-actions">
              <${P} label="Copy a link to this statement" text=${()=>qe(o.text)}>Link<//>
              <${Ne} onChoose=${k} />
              <${L}
                label="Save result as"
                icon="download"
                entries=${xe.map(([a,u])=>({label:u,onClick:()=>t.save(e.current?.chosen()??o.text,a)}))}
              />
            </span>
          </div>
        </section>
        <${Ae} run=${t} />
      </div>
    </div>
  <//>`:l`<${q} title="SQL">
      <${N} title="SQL needs the role operator">The key that you use has a lower role. Ask who runs this server for another.<//>
    <//>`:l`<${q} title="SQL">
      <${N} title="It is not known yet whether you may run SQL">The server has not answered that; the page asks again.<//>
    <//>`}function we(){let{q:e}=T.value.parameters;$(()=>{if(!e)return;let t=m.value.sheets.find(({text:n})=>n===e);t?m.value={...m.value,active:t.id}:k(e)},[e])}function qe(e){let{origin:t,pathname:n,search:s}=window.location;return`${t}${n}${s}#/sql?q=${encodeURIComponent(e)}`}function k(e){let{sheets:t}=m.value,n=Math.max(0,...t.map(s=>s.id))+1;m.value={sheets:[...t,{id:n,text:e}].slice(-pe),active:n}}function ke(e){let t=m.value.sheets.filter(s=>s.id!==e),n=t.length?t:[{id:e+1,text:""}];m.value={sheets:n,active:n[n.length-1].id}}function de(e,t){let{sheets:n,active:s}=m.value;m.value={sheets:n.map(r=>r.id===e?{id:e,text:t}:r),active:s}}function Se(){let[e,t]=f({running:!1,since:0,result:null,error:null,text:"",saved:""}),n=b(null);$(()=>()=>n.current?.abort(),[]);async function s(r,o){n.current?.abort();let i=new AbortController;n.current=i;let a=Date.now();t(u=>({...u,running:!0,since:a,error:null,saved:"",text:r}));try{let u=await o(i.signal);n.current===i&&t(c=>({...c,running:!1,...u})),me({text:r,at:a,rows:u.result?.row_count??null,ms:Date.now()-a})}catch(u){if(n.current!==i)return;let c=i.signal.aborted;t(d=>({...d,running:!1,error:c?new Error("the statement was cancelled"):u})),me({text:r,at:a,rows:null,ms:Date.now()-a,error:c?"cancelled":R(u)})}}return{...e,start(r){C({q:r}),s(r,async o=>({result:await W.sql({query:r,explain:"true"},{signal:o,timeout:0})}))},save(r,o){s(r,async i=>{let{blob:a,complete:u}=await Z(r,o,i);return V(`result.${o==="markdown"?"md":o}`,a,a.type),{saved:u?"":"The file is incomplete: a shard did not answer."}})},cancel:()=>n.current?.abort()}}function me(e){let t=M.value.filter(({text:n})=>n!==e.text);M.value=[e,...t].slice(0,ge)}function Te({sheets:e,active:t}){return l`<div class="sql-sheets">
    <${A}
      label="Statements"
      selected=${String(t)}
      onSelect=${n=>m.value={sheets:e,active:Number(n)}}
      tabs=${e.map(({id:n,text:s})=>({id:String(n),label:Ce(s,n)}))}
    />
    <button type="button" class="button quiet small" disabled=${e.length>=pe} onClick=${()=>k("")}>New</button>
    <button type="button" class="button quiet small" onClick=${()=>ke(t)}>Close tab</button>
  </div>`}function Ce(e,t){return/\bfrom\s+"?([a-z_][\w.]*)/i.exec(e)?.[1]??`Statement ${t}`}function Ee({sheet:e,tables:t,onReady:n,onRun:s}){let r=b(null),[o,i]=f(null),a=b({sheet:e,onRun:s});a.current={sheet:e,onRun:s},$(()=>{let c=!1,d;return import("./sql_editor-OVUY3F2S.js").then(({createEditor:p})=>{c||!r.current||(d=p(r.current,{text:a.current.sheet.text,onChange:S=>de(a.current.sheet.id,S),onRun:S=>a.current.onRun(S)}),i(d),n(d))},()=>{}),()=>{c=!0,d?.destroy(),n(null)}},[]),$(()=>{let c=m.peek().sheets.find(({id:d})=>d===e.id);c&&o?.setText(c.text)},[o,e.id,e.text]),$(()=>{o&&t&&o.setTables(t)},[o,t]);function u(c){c.key==="Enter"&&(c.ctrlKey||c.metaKey)&&s(e.text)}return l`<div class="sql-editor">
    <div ref=${r}></div>
    ${!o&&l`<textarea
      class="mono"
      aria-label="SQL statement"
      spellcheck="false"
      value=${e.text}
      onInput=${c=>de(e.id,c.currentTarget.value)}
      onKeyDown=${u}
    ></textarea>`}
  </div>`}function Ne({onChoose:e}){let t=M.value.slice(0,30).map(({text:n,rows:s,ms:r,error:o})=>({label:`${n.replace(/\s+/g," ").slice(0,60)} \u2014 ${o??`${s===null?"saved":g(s,"row")}, ${v(r)}`}`,onClick:()=>e(n)}));return l`<${L} label="History" entries=${t.length?t:[{label:"No statement has run yet"}]} />`}function Re({tables:e,error:t,onInsert:n,onExample:s}){let[r,o]=f(""),i=r.toLowerCase().trim(),a=e.filter(({name:c,columns:d})=>c.includes(i)||d.some(p=>p.name.toLowerCase().includes(i))),u=[["Tables",a.filter(c=>!c.is_event_type)],["Event types",a.filter(c=>c.is_event_type)]];return l`<aside class="card sql-schema" aria-label="Tables">
    <div class="sql-filter"><${se} label="Filter tables and columns" value=${r} onInput=${o} /></div>
    ${t&&l`<${H} name="the tables" error=${t} />`}
    <div class="sql-tables">
      ${u.map(([c,d])=>d.length>0&&l`<details key=${c} open=${c==="Tables"||i!==""}>
          <summary>${c} <span class="muted">${w(d.length)}</span></summary>
          ${d.map(p=>l`<${Le} key=${p.name} table=${p} onInsert=${n} onExample=${s} />`)}
        </details>`)}
      ${e.length>0&&!a.length&&l`<p class="empty">No table or column has this in its name.</p>`}
    </div>
  </aside>`}function Le({table:e,onInsert:t,onExample:n}){let[s,r]=f(!1);return l`<div class="sql-table">
    <div class="sql-entry" title=${e.description}>
      <button
        type="button"
        class="sql-toggle"
        aria-expanded=${s}
        aria-label=${`Columns of ${e.name}`}
        onClick=${()=>r(!s)}
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
  </div>`}function Ae({run:e}){let{result:t,error:n,saved:s}=e,r=T.value.parameters.view==="chart"?"chart":"table",o=h(()=>t?ae(t.columns):null,[t]);if(!t&&!n)return null;let i=t?.shards;return l`<${X}
    title="Result"
    flush=${r==="table"}
    note=${t&&!n?`${g(t.row_count,"row")}, ${ie(t.execution)}`:""}
    actions=${o&&l`<${A}
      label="View of the result"
      selected=${r}
      onSelect=${a=>C({view:a==="table"?void 0:a})}
      tabs=${[{id:"table",label:"Table"},{id:"chart",label:"Chart"}]}
    />`}
  >
    ${n&&l`<div class="notice" data-state="bad" role="alert">${R(n)}.</div>`}
    ${s&&l`<div class="notice" data-state="warn" role="status">${s}</div>`}
    ${i&&i.answered<i.total&&l`<${Q} shards=${i} />`}
    ${t&&(r==="chart"&&o?l`<${Me} result=${t} axes=${o} />`:l`<div class=${n?"stale":""}><${Ie} result=${t} /></div>`)}
  <//>`}function Ie({result:e}){let t=h(()=>e.rows.map((s,r)=>({index:r,cells:s})),[e]),n=h(()=>[{id:"#",title:"#",value:s=>s.index+1,cell:s=>l`<span class="muted">${s.index+1}</span>`,end:!0,rank:1},...e.columns.map((s,r)=>({id:`${r}:${s.name}`,title:s.name,help:s.type,end:y(s),className:/^(BLOB|JSON|VARCHAR)/.test(s.type)?"mono":"",rank:r<2?r+2:void 0,value:({cells:o})=>y(s)?le(o[r]):o[r],cell:({cells:o})=>l`<${Oe} value=${o[r]} />`}))],[e]);return l`<${G}
    caption="Result"
    csv="result"
    sort="#"
    sortParameter="order"
    rows=${t}
    rowKey=${s=>s.index}
    columns=${n}
    height=${520}
    empty="The statement has no rows as its result."
  />`}function Oe({value:e}){if(e===null)return l`<span class="muted">NULL</span>`;let t=ce(e);return l`<span title=${t.length>40?t:void 0}>${t.length>200?`${t.slice(0,200)}\u2026`:t}</span>`}function Me({result:e,axes:t}){let n=h(()=>oe(e.columns,e.rows,t),[e,t]),s=e.columns[t.x].name;if(n.kind==="text"){let[r]=n.series;return l`
      <p class="muted">${r.label} by ${s}${n.x.length>O?`, the first ${O} of ${w(n.x.length)}`:""}</p>
      <${j}
        label=${`${r.label} by ${s}`}
        rows=${n.labels.slice(0,O).map((o,i)=>({label:o,value:r.values[i]??0,text:w(r.values[i],2)}))}
      />
    `}return l`<${K}
    title=${`${n.series.map(({label:r})=>r).join(", ")} by ${s}`}
    x=${n.x}
    xTitle=${s}
    time=${n.kind==="time"}
    formatX=${n.kind==="number"?_:void 0}
    series=${n.series}
    height=${320}
    onZoom=${()=>{}}
  />`}export{ye as default};
