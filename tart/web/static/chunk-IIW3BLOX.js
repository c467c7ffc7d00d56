import{I as m,m as f}from"./chunk-DYZXLK2B.js";import{g as d,h as $,l as e}from"./chunk-QNZ3L47H.js";function p(t){let r=String(t?.message??t);return/^\s*<(!doctype|html|head|body)\b/i.test(r)?`no answer of tart came, but a page with status ${t.status}, probably of a proxy before it`:r.replace(/\.$/,"")}var g=200;function x({lines:t=4}){let[r,o]=d(!1);return $(()=>{let a=setTimeout(()=>o(!0),g);return()=>clearTimeout(a)},[]),r?e`<div class="skeleton" role="status" aria-label="Loading">
    ${Array.from({length:t},(a,i)=>e`<i key=${i}></i>`)}
  </div>`:null}function L({title:t,children:r}){return e`<div class="empty"><b>${t}</b>${r}</div>`}function y({name:t,error:r,since:o,onRetry:a}){return e`<div class="notice" data-state="bad" role="alert">
    <span>
      Cannot read ${t}: ${S(r)}.
      ${o?e` Shown is what was received <${m} value=${o} />.`:""}
    </span>
    ${a&&e`<button type="button" class="button small" onClick=${a}>Retry</button>`}
  </div>`}function E({shards:t}){return e`<div class="notice" data-state="warn" role="status">
    Incomplete: ${t.answered} of ${f(t.total,"shard")} answered; the figures lack what the others have.
  </div>`}function N({answer:t,empty:r,isEmpty:o,lines:a,children:i}){let{data:n,error:l,name:b,since:h,partial:s,stale:u,reload:v}=t,c=l&&e`<${y} name=${b} error=${l} since=${n&&h} onRetry=${v} />`;if(n===null)return c||e`<${x} lines=${a} />`;let w=r&&o?.(n)?r:i(n);return e`
    ${c}
    ${s&&s.answered<s.total&&e`<${E} shards=${s} />`}
    <div class=${u?"stale":""} aria-busy=${u&&!l?"true":void 0}>${w}</div>
  `}function S(t){return p(t)}export{x as a,L as b,y as c,E as d,N as e,S as f};
