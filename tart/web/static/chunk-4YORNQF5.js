import{e as L,f as _}from"./chunk-JEHTWPAY.js";import{a as m,d as v,h as w,n as y,p as x,v as C}from"./chunk-MVD6GQUR.js";import{i as g,j as p,l as c}from"./chunk-EUVXIHW5.js";var $=26,W=30,r=14,M=12;function T({slots:a,selected:t}){let n=p(null),{nodes:l,edges:d,lanes:O}=_(a),S=$*a.length+12,k=M+W*O+14,s=e=>$*e+$/2,h=e=>M+W*e+r/2,E=a[a.length-1]?.slot;return g(()=>{let e=n.current;e&&e.scrollWidth-e.scrollLeft-e.clientWidth<4*$+e.scrollWidth*+(e.scrollLeft===0)&&(e.scrollLeft=e.scrollWidth)},[E]),c`<figure class="chart" role="figure" aria-label="Chain with forks" data-figure-chart="Chain">
    <div class="chain-graph" ref=${n} tabindex="0" role="group" aria-label="Blocks, oldest first; scrolls sideways">
      <svg width=${S} height=${k}>
        ${d.map(({from:e,to:i})=>c`<path
            key=${`${e.hash}-${i.hash}`}
            class="chain-edge"
            data-fork=${i.lane>0?"":void 0}
            d=${H(s(e.column),h(e.lane),s(i.column),h(i.lane))}
          />`)}
        ${a.map((e,i)=>e.blocks.length===0&&c`<circle key=${e.slot} class="chain-missed" data-state=${e.state} cx=${s(i)} cy=${h(0)} r="4">
              <title>Slot ${m(e.slot)}: ${e.state}</title>
            </circle>`)}
        ${l.map(({hash:e,slot:i,column:u,lane:f,block:o})=>c`<a key=${e} href=${C(`slots/${i}`)} aria-label=${N(i,o)} aria-current=${i===t?"true":void 0}>
            <rect
              class="chain-block"
              data-hash=${e}
              data-chain=${o.chain}
              data-place=${y(o.author?.implementation_name)}
              x=${s(u)-r/2}
              y=${h(f)-r/2}
              width=${r}
              height=${r}
              rx="3"
            >
              <title>${N(i,o)}</title>
            </rect>
            ${o.chain==="finalized"&&c`<line class="chain-final" x1=${s(u)-r/2+1} x2=${s(u)+r/2-1} y1=${h(f)+r/2+4} y2=${h(f)+r/2+4} />`}
          </a>`)}
      </svg>
    </div>
    <div class="chart-legend">
      <span class="legend-entry"><svg width="14" height="6" aria-hidden="true"><line class="chain-final" x1="0" x2="14" y1="3" y2="3" /></svg>finalized</span>
      <span class="legend-entry"><svg width="14" height="12" aria-hidden="true"><rect class="chain-block" data-chain="fork" x="1" y="1" width="10" height="10" rx="2" /></svg>fork, on a lane of its own</span>
      <span class="legend-entry"><svg width="12" height="12" aria-hidden="true"><circle class="chain-missed" cx="6" cy="6" r="4" /></svg>missed</span>
    </div>
  </figure>`}function N(a,t){let n=t.author?x(t.author.implementation_name,t.author.implementation_version):"author unknown";return`Slot ${m(a)}, ${w(t.hash)}, ${n}, ${L[t.chain]}, 90 % after ${v(t.until_90_ms)}`}function H(a,t,n,l){if(t===l)return`M${a} ${t}H${n}`;let d=Math.min($,(n-a)/2);return`M${a} ${t}C${a+d} ${t} ${n-d} ${l} ${n} ${l}`}export{T as a};
