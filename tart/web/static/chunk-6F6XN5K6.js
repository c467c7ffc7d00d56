import{O as m,l as f}from"./chunk-MVD6GQUR.js";import{g as $,h as d,l as e}from"./chunk-EUVXIHW5.js";var b=200;function g({lines:t=4}){let[r,a]=$(!1);return d(()=>{let n=setTimeout(()=>a(!0),b);return()=>clearTimeout(n)},[]),r?e`<div class="skeleton" role="status" aria-label="Loading">
    ${Array.from({length:t},(n,i)=>e`<i key=${i}></i>`)}
  </div>`:null}function _({title:t,children:r}){return e`<div class="empty"><b>${t}</b>${r}</div>`}function x({name:t,error:r,since:a,onRetry:n}){return e`<div class="notice" data-state="bad" role="alert">
    <span>
      Cannot read ${t}: ${E(r)}.
      ${a?e` Shown is what was received <${m} value=${a} />.`:""}
    </span>
    ${n&&e`<button type="button" class="button small" onClick=${n}>Retry</button>`}
  </div>`}function y({shards:t}){return e`<div class="notice" data-state="warn" role="status">
    Incomplete: ${t.answered} of ${f(t.total,"shard")} answered; the figures lack what the others have.
  </div>`}function C({answer:t,empty:r,isEmpty:a,lines:n,children:i}){let{data:o,error:l,name:p,since:v,partial:s,stale:u,reload:h}=t,c=l&&e`<${x} name=${p} error=${l} since=${o&&v} onRetry=${h} />`;if(o===null)return c||e`<${g} lines=${n} />`;let w=r&&a?.(o)?r:i(o);return e`
    ${c}
    ${s&&s.answered<s.total&&e`<${y} shards=${s} />`}
    <div class=${u?"stale":""} aria-busy=${u&&!l?"true":void 0}>${w}</div>
  `}function E(t){return String(t?.message??t).replace(/\.$/,"")}export{g as a,_ as b,x as c,y as d,C as e,E as f};
