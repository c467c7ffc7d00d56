import{b as c,c as n}from"./chunk-5HTXFBE2.js";import{l,n as s}from"./chunk-QNZ3L47H.js";function y({title:a,legend:$,actions:i,kind:r="chart",name:u=a.replace(/\W+/g,"-").toLowerCase(),table:b,asTable:t,onToggle:e,dots:m,children:p}){let o=t?`Show as a ${r}`:"Show as a table";return l`<figure
    class="chart"
    role="figure"
    aria-label=${a}
    data-figure-chart=${a}
    data-dots=${m}
    onKeyDown=${d=>c(d,e)}
  >
    <div class="chart-legend">
      ${$}
      <span class="card-actions">
        ${i}
        <button
          type="button"
          class="button quiet small icon-only as-table"
          aria-pressed=${t}
          aria-label=${o}
          title=${`${o} (T)`}
          onClick=${e}
        >
          <${s} name=${t?r==="grid"?"cores":"chart":"table"} />
        </button>
        <${n} name=${u} table=${b} />
      </span>
    </div>
    ${p}
  </figure>`}export{y as a};
