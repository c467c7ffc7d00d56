import{a as G}from"./chunk-YC3EU3GH.js";import{a as N,c as L,e as W}from"./chunk-T65MWWRJ.js";import{d as H}from"./chunk-6P2DGSOJ.js";import{a as V,c as j}from"./chunk-TMVVSADG.js";import{b as U,c as P,d as F,f as q,s as Q}from"./chunk-AD6F6NFS.js";import{$ as X,C as T,F as E,G as C,M as B,P as x,U as D,Z as R,_ as K,aa as Y,ba as z,c as f,d as p,ea as J,f as b,g as h,h as g,i as I,k as v,l as _,s as y,u as l}from"./chunk-KD7Q7WA5.js";var le=/^(U?(TINY|SMALL|BIG|HUGE)?INT(EGER)?|FLOAT|DOUBLE|DECIMAL.*)$/;function w({type:e}){return le.test(e)}function Z({type:e}){return/^(TIMESTAMP|DATE)/.test(e)}function ee(e){let t=e.findIndex(Z),n=t>=0?t:0,s=e.flatMap((r,a)=>a!==n&&w(r)?[a]:[]);return s.length?{x:n,y:s.slice(0,6)}:null}function te(e,t,{x:n,y:s}){let r=Z(e[n])?"time":w(e[n])?"number":"text",a=(o,c)=>r==="time"?Date.parse(String(o)):r==="number"?Number(o):c,i=t.filter(o=>o[n]!==null).map((o,c)=>({row:o,at:a(o[n],c)})).filter(({at:o})=>Number.isFinite(o)).sort((o,c)=>o.at-c.at);return{kind:r,x:i.map(({at:o})=>o),labels:i.map(({row:o})=>String(o[n])),series:s.map(o=>({label:e[o].name,values:i.map(({row:c})=>c[o]===null?null:Number(c[o]))}))}}function ne(e){if(!e)return"";let t=v(e.elapsed_ms);if(e.split)return`${t}. Every shard ran a part of it; only the results were sent.`;if(!e.read.length)return`${t}. It read no table.`;let n=e.read.map(s=>`${y(s.rows,"row")} of ${s.table} (${_(s.bytes)})`);return`${t}. It ran once, over ${n.join(", ")} from all shards.`}function se(e){return e==null?"NULL":typeof e=="object"?JSON.stringify(e):String(e)}function A(e){return/^[a-z_][a-z0-9_]*$/.test(e)&&!ie.has(e)?e:`"${e.replaceAll('"','""')}"`}var ie=new Set(["from","to","order","group","select","where","table","end","all","in","not","using"]);var ce=`SELECT event_name, count(*) AS events
FROM events
WHERE received_at > now() - INTERVAL 10 MINUTE
GROUP BY ALL
ORDER BY events DESC`,oe=20,ue=100,O=30,me=[["csv","CSV"],["ndjson","NDJSON"],["markdown","Markdown"],["parquet","Parquet"],["arrow","Arrow"]],$=C("sql.sheets",{sheets:[{id:1,text:ce}],active:1}),M=C("sql.history",[]);function $e(){let e=b(null),t=be(),n=Q("the tables",o=>X.sqlTables({},{signal:o}));de();let{sheets:s,active:r}=$.value,a=s.find(({id:o})=>o===r)??s[0];function i(o){o.trim()&&t.start(o)}return J("operator")?l`<${R}
    title="SQL"
    question="One database over all shards."
    actions=${l`<a class="button" href="api/docs/sql" target="_blank" rel="noopener">Tables and limits <${x} name="external" /></a>`}
  >
    <div class="sql">
      <${ge} tables=${n.data?.tables??[]} error=${n.error} onInsert=${o=>e.current?.insert(o)} onExample=${S} />
      <div class="sql-work">
        <section class="card">
          <${he} sheets=${s} active=${a.id} />
          <${ye} key="editor" sheet=${a} tables=${n.data?.tables} onReady=${o=>e.current=o} onRun=${i} />
          <div class="sql-bar">
            ${t.running?l`<button type="button" class="button" onClick=${t.cancel}><${x} name="close" />Cancel</button>
                  <span role="status">running for ${v(Math.max(0,B.value-t.since))}</span>`:l`<button type="button" class="button primary" onClick=${()=>i(e.current?.chosen()??a.text)}>
                    <${x} name="play" />Run
                  </button>
                  <span class="muted"><kbd>Ctrl</kbd> <kbd>Enter</kbd> runs the selection, or all</span>`}
            <span class="card-actions">
              <${D} label="Copy a link to this statement" text=${()=>pe(a.text)}>Link<//>
              <${we} onChoose=${S} />
              <${N}
                label="Save result as"
                icon="download"
                entries=${me.map(([o,c])=>({label:c,onClick:()=>t.save(e.current?.chosen()??a.text,o)}))}
              />
            </span>
          </div>
        </section>
        <${Se} run=${t} />
      </div>
    </div>
  <//>`:l`<${R} title="SQL">
      <${U} title="SQL needs the role operator">The key that you use has a lower role. Ask who runs this server for another.<//>
    <//>`}function de(){let{q:e}=T.value.parameters;p(()=>{if(!e)return;let t=$.value.sheets.find(({text:n})=>n===e);t?$.value={...$.value,active:t.id}:S(e)},[e])}function pe(e){let{origin:t,pathname:n,search:s}=window.location;return`${t}${n}${s}#/sql?q=${encodeURIComponent(e)}`}function S(e){let{sheets:t}=$.value,n=Math.max(0,...t.map(s=>s.id))+1;$.value={sheets:[...t,{id:n,text:e}].slice(-oe),active:n}}function fe(e){let t=$.value.sheets.filter(s=>s.id!==e),n=t.length?t:[{id:e+1,text:""}];$.value={sheets:n,active:n[n.length-1].id}}function re(e,t){let{sheets:n,active:s}=$.value;$.value={sheets:n.map(r=>r.id===e?{id:e,text:t}:r),active:s}}function be(){let[e,t]=f({running:!1,since:0,result:null,error:null,text:"",saved:""}),n=b(null);p(()=>()=>n.current?.abort(),[]);async function s(r,a){n.current?.abort();let i=new AbortController;n.current=i;let o=Date.now();t(c=>({...c,running:!0,since:o,error:null,saved:"",text:r}));try{let c=await a(i.signal);n.current===i&&t(u=>({...u,running:!1,...c})),ae({text:r,at:o,rows:c.result?.row_count??null,ms:Date.now()-o})}catch(c){if(n.current!==i)return;let u=i.signal.aborted;t(m=>({...m,running:!1,error:u?new Error("the statement was cancelled"):c})),ae({text:r,at:o,rows:null,ms:Date.now()-o,error:u?"cancelled":q(c)})}}return{...e,start(r){E({q:r}),s(r,async a=>({result:await Y.sql({query:r,explain:"true"},{signal:a,timeout:0})}))},save(r,a){s(r,async i=>{let{blob:o,complete:c}=await z(r,a,i);return V(`result.${a==="markdown"?"md":a}`,o,o.type),{saved:c?"":"The file is incomplete: a shard did not answer."}})},cancel:()=>n.current?.abort()}}function ae(e){let t=M.value.filter(({text:n})=>n!==e.text);M.value=[e,...t].slice(0,ue)}function he({sheets:e,active:t}){return l`<div class="sql-sheets">
    <${L}
      label="Statements"
      selected=${String(t)}
      onSelect=${n=>$.value={sheets:e,active:Number(n)}}
      tabs=${e.map(({id:n,text:s})=>({id:String(n),label:ve(s,n)}))}
    />
    <button type="button" class="button quiet small" disabled=${e.length>=oe} onClick=${()=>S("")}>New</button>
    <button type="button" class="button quiet small" onClick=${()=>fe(t)}>Close tab</button>
  </div>`}function ve(e,t){return/\bfrom\s+"?([a-z_][\w.]*)/i.exec(e)?.[1]??`Statement ${t}`}function ye({sheet:e,tables:t,onReady:n,onRun:s}){let r=b(null),[a,i]=f(null),o=b({sheet:e,onRun:s});o.current={sheet:e,onRun:s},p(()=>{let u=!1,m;return import("./sql_editor-OVUY3F2S.js").then(({createEditor:d})=>{u||!r.current||(m=d(r.current,{text:o.current.sheet.text,onChange:k=>re(o.current.sheet.id,k),onRun:k=>o.current.onRun(k)}),i(m),n(m))},()=>{}),()=>{u=!0,m?.destroy(),n(null)}},[]),p(()=>a?.setText(e.text),[a,e.id]),p(()=>{a&&t&&a.setTables(t)},[a,t]);function c(u){u.key==="Enter"&&(u.ctrlKey||u.metaKey)&&s(e.text)}return l`<div class="sql-editor">
    <div ref=${r}></div>
    ${!a&&l`<textarea
      class="mono"
      aria-label="SQL statement"
      spellcheck="false"
      value=${e.text}
      onInput=${u=>re(e.id,u.currentTarget.value)}
      onKeyDown=${c}
    ></textarea>`}
  </div>`}function we({onChoose:e}){let t=M.value.slice(0,30).map(({text:n,rows:s,ms:r,error:a})=>({label:`${n.replace(/\s+/g," ").slice(0,60)} \u2014 ${a??`${s===null?"saved":y(s,"row")}, ${v(r)}`}`,onClick:()=>e(n)}));return l`<${N} label="History" entries=${t.length?t:[{label:"No statement has run yet"}]} />`}function ge({tables:e,error:t,onInsert:n,onExample:s}){let[r,a]=f(""),i=r.toLowerCase().trim(),o=e.filter(({name:u,columns:m})=>u.includes(i)||m.some(d=>d.name.toLowerCase().includes(i))),c=[["Tables",o.filter(u=>!u.is_event_type)],["Event types",o.filter(u=>u.is_event_type)]];return l`<aside class="card sql-schema" aria-label="Tables">
    <div class="sql-filter"><${W} label="Filter tables and columns" value=${r} onInput=${a} /></div>
    ${t&&l`<${P} name="the tables" error=${t} />`}
    <div class="sql-tables">
      ${c.map(([u,m])=>m.length>0&&l`<details key=${u} open=${u==="Tables"||i!==""}>
          <summary>${u} <span class="muted">${g(m.length)}</span></summary>
          ${m.map(d=>l`<${xe} key=${d.name} table=${d} onInsert=${n} onExample=${s} />`)}
        </details>`)}
      ${e.length>0&&!o.length&&l`<p class="empty">No table or column has this in its name.</p>`}
    </div>
  </aside>`}function xe({table:e,onInsert:t,onExample:n}){let[s,r]=f(!1);return l`<details class="sql-table" onToggle=${a=>r(a.currentTarget.open)}>
    <summary title=${e.description}>
      <button type="button" class="sql-name" onClick=${a=>(a.preventDefault(),t(A(e.name)))}>
        ${e.name}
      </button>
    </summary>
    ${s&&l`<p class="muted">${e.description}</p>
      <ul>
        ${e.columns.map(a=>l`<li key=${a.name} title=${a.description}>
            <button type="button" class="sql-name" onClick=${()=>t(A(a.name))}>${a.name}</button>
            <span class="muted">${a.type.length>24?`${a.type.slice(0,22)}\u2026`:a.type}</span>
          </li>`)}
      </ul>
      ${e.example&&l`<button type="button" class="button small" onClick=${()=>n(e.example)}>Example</button>`}`}
  </details>`}function Se({run:e}){let{result:t,error:n,saved:s}=e,r=T.value.parameters.view==="chart"?"chart":"table",a=h(()=>t?ee(t.columns):null,[t]);if(!t&&!n)return null;let i=t?.shards;return l`<${K}
    title="Result"
    flush=${r==="table"}
    note=${t&&!n?`${y(t.row_count,"row")}, ${ne(t.execution)}`:""}
    actions=${a&&l`<${L}
      label="View of the result"
      selected=${r}
      onSelect=${o=>E({view:o==="table"?void 0:o})}
      tabs=${[{id:"table",label:"Table"},{id:"chart",label:"Chart"}]}
    />`}
  >
    ${n&&l`<div class="notice" data-state="bad" role="alert">${q(n)}.</div>`}
    ${s&&l`<div class="notice" data-state="warn" role="status">${s}</div>`}
    ${i&&i.answered<i.total&&l`<${F} shards=${i} />`}
    ${t&&(r==="chart"&&a?l`<${Ee} result=${t} axes=${a} />`:l`<div class=${n?"stale":""}><${ke} result=${t} /></div>`)}
  <//>`}function ke({result:e}){let t=h(()=>e.rows.map((s,r)=>({index:r,cells:s})),[e]),n=h(()=>[{id:"#",title:"#",value:s=>s.index+1,cell:s=>l`<span class="muted">${s.index+1}</span>`,end:!0,rank:1},...e.columns.map((s,r)=>({id:`${r}:${s.name}`,title:s.name,help:s.type,end:w(s),className:/^(BLOB|JSON|VARCHAR)/.test(s.type)?"mono":"",rank:r<2?r+2:void 0,value:({cells:a})=>w(s)&&a[r]!==null?Number(a[r]):a[r],cell:({cells:a})=>l`<${Te} value=${a[r]} />`}))],[e]);return l`<${j}
    caption="Result"
    csv="result"
    sort="#"
    sortParameter="order"
    rows=${t}
    rowKey=${s=>s.index}
    columns=${n}
    height=${520}
    empty="The statement has no rows as its result."
  />`}function Te({value:e}){if(e===null)return l`<span class="muted">NULL</span>`;let t=se(e);return l`<span title=${t.length>40?t:void 0}>${t.length>200?`${t.slice(0,200)}\u2026`:t}</span>`}function Ee({result:e,axes:t}){let n=h(()=>te(e.columns,e.rows,t),[e,t]),s=e.columns[t.x].name;if(n.kind==="text"){let[r]=n.series;return l`
      <p class="muted">${r.label} by ${s}${n.x.length>O?`, the first ${O} of ${g(n.x.length)}`:""}</p>
      <${H}
        label=${`${r.label} by ${s}`}
        rows=${n.labels.slice(0,O).map((a,i)=>({label:a,value:r.values[i]??0,text:g(r.values[i],2)}))}
      />
    `}return l`<${G}
    title=${`${n.series.map(({label:r})=>r).join(", ")} by ${s}`}
    x=${n.x}
    xTitle=${s}
    time=${n.kind==="time"}
    formatX=${n.kind==="number"?I:void 0}
    series=${n.series}
    height=${320}
    onZoom=${()=>{}}
  />`}export{$e as default};
