import{a as C,b as L}from"./chunk-QWABQPA2.js";import{a as x}from"./chunk-A5KFDUZV.js";import{a as $,e as k,i as v,n as w,p as y}from"./chunk-DYZXLK2B.js";import{i as b}from"./chunk-37NB6NY5.js";import{i as u,j as g,l as s}from"./chunk-QNZ3L47H.js";var _=`/* The chain with its forks. */

.chain-graph {
  overflow-x: auto;
}

.chain-graph svg {
  display: block;
}

.chain-edge {
  fill: none;
  stroke: var(--line-strong);
  stroke-width: 1.500;
}

.chain-edge[data-fork] {
  stroke: var(--warn);
}

.chain-block {
  fill: var(--idle);
  stroke: var(--surface-1);
}

.chain-block[data-chain="fork"] {
  stroke: var(--warn);
  stroke-width: 2;
}

.chain-block[data-chain="unknown"] {
  opacity: 0.55;
}

.chain-block[data-place="0"] { fill: var(--implementation-0); }
.chain-block[data-place="1"] { fill: var(--implementation-1); }
.chain-block[data-place="2"] { fill: var(--implementation-2); }
.chain-block[data-place="3"] { fill: var(--implementation-3); }
.chain-block[data-place="4"] { fill: var(--implementation-4); }
.chain-block[data-place="5"] { fill: var(--implementation-5); }
.chain-block[data-place="6"] { fill: var(--implementation-6); }
.chain-block[data-place="7"] { fill: var(--implementation-7); }

.chain-missed {
  fill: none;
  stroke: var(--bad);
  stroke-width: 1.500;
}

.chain-missed[data-state="unknown"],
.chain-missed[data-state="pending"] {
  stroke: var(--idle);
  stroke-dasharray: 2 2;
}

.chain-graph a:focus-visible rect,
.chain-graph a:hover rect {
  stroke: var(--text-1);
  stroke-width: 2;
}

.chain-final {
  stroke: var(--ok);
  stroke-width: 3;
}
`;x(_);var d=26,S=30,r=14,W=12;function j({slots:e,selected:t}){let n=g(null),{nodes:h,edges:f,lanes:N}=L(e),O=d*e.length+12,E=W+S*N+14,l=a=>d*a+d/2,c=a=>W+S*a+r/2,H=e[e.length-1]?.slot;return u(()=>{let a=n.current;a&&a.scrollWidth-a.scrollLeft-a.clientWidth<4*d+a.scrollWidth*+(a.scrollLeft===0)&&(a.scrollLeft=a.scrollWidth)},[H]),s`<figure class="chart" role="figure" aria-label="Chain with forks" data-figure-chart="Chain">
    <div class="chain-graph" ref=${n} tabindex="0" role="group" aria-label="Blocks, oldest first; scrolls sideways">
      <svg width=${O} height=${E}>
        ${f.map(({from:a,to:i})=>s`<path
            key=${`${a.hash}-${i.hash}`}
            class="chain-edge"
            data-fork=${i.lane>0?"":void 0}
            d=${z(l(a.column),c(a.lane),l(i.column),c(i.lane))}
          />`)}
        ${e.map((a,i)=>a.blocks.length===0&&s`<circle key=${a.slot} class="chain-missed" data-state=${a.state} cx=${l(i)} cy=${c(0)} r="4">
              <title>Slot ${$(a.slot)}: ${a.state}</title>
            </circle>`)}
        ${h.map(({hash:a,slot:i,column:m,lane:p,block:o})=>s`<a key=${a} href=${b(`slots/${i}`)} aria-label=${M(i,o)} aria-current=${i===t?"true":void 0}>
            <rect
              class="chain-block"
              data-hash=${a}
              data-chain=${o.chain}
              data-place=${w(o.author?.implementation_name)}
              x=${l(m)-r/2}
              y=${c(p)-r/2}
              width=${r}
              height=${r}
              rx="3"
            >
              <title>${M(i,o)}</title>
            </rect>
            ${o.chain==="finalized"&&s`<line class="chain-final" x1=${l(m)-r/2+1} x2=${l(m)+r/2-1} y1=${c(p)+r/2+4} y2=${c(p)+r/2+4} />`}
          </a>`)}
      </svg>
    </div>
    <div class="chart-legend">
      <span class="legend-entry"><svg width="14" height="6" aria-hidden="true"><line class="chain-final" x1="0" x2="14" y1="3" y2="3" /></svg>finalized</span>
      <span class="legend-entry"><svg width="14" height="12" aria-hidden="true"><rect class="chain-block" data-chain="fork" x="1" y="1" width="10" height="10" rx="2" /></svg>fork, on a lane of its own</span>
      <span class="legend-entry"><svg width="12" height="12" aria-hidden="true"><circle class="chain-missed" cx="6" cy="6" r="4" /></svg>missed</span>
    </div>
  </figure>`}function M(e,t){let n=t.author?y(t.author.implementation_name,t.author.implementation_version):"author unknown";return`Slot ${$(e)}, ${v(t.hash)}, ${n}, ${C[t.chain]}, 90 % after ${k(t.until_90_ms)}`}function z(e,t,n,h){if(t===h)return`M${e} ${t}H${n}`;let f=Math.min(d,(n-e)/2);return`M${e} ${t}C${e+f} ${t} ${n-f} ${h} ${n} ${h}`}export{j as a};
