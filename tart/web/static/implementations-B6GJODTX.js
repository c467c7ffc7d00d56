import{a as ee,l as te}from"./chunk-2AFQ6EAQ.js";import{a as Q,b as z,c as U,d as X,e as Y}from"./chunk-WQ326EDJ.js";import{a as G}from"./chunk-64NYMZCS.js";import{c as R,d as V}from"./chunk-YOR7I55X.js";import{a as Z}from"./chunk-A5KFDUZV.js";import{b as K,e as O,m as M}from"./chunk-M7IQUFDT.js";import{b as I,e as D}from"./chunk-VKJMGN7J.js";import{a as J,b as E}from"./chunk-DXBXNIWB.js";import{F,L as k,N as W,U as H,a as m,d as g,f as y,g as L,k as _,l as f,o as S,p as T,u as N,x as j,y as q}from"./chunk-2IMSLPX3.js";import{g as C,k as w,l as s}from"./chunk-EUVXIHW5.js";var se=`.versions-chart svg {
  display: block;
  width: 100%;
  height: 140px;
  background: var(--surface-2);
}

.versions-axis {
  display: flex;
  justify-content: space-between;
  font-size: var(--size-12);
}

.ridges section {
  padding: var(--space-2) 0;
  border-top: 1px solid var(--line);
}

.ridges h3 {
  margin-bottom: 2px;
}

.ridge,
.ridges-axis {
  display: grid;
  grid-template-columns: minmax(90px, 180px) minmax(0, 1fr) 72px 72px 64px;
  gap: var(--space-2);
  align-items: end;
  font-size: var(--size-12);
}

.ridge-name {
  overflow: hidden;
  text-overflow: ellipsis;
  white-space: nowrap;
  color: var(--text-2);
}

.ridge svg {
  display: block;
  width: 100%;
  height: 22px;
  border-bottom: 1px solid var(--line);
}

.ridge path {
  fill-opacity: 0.55;
}

.ridge-mark {
  stroke: var(--text-1);
  stroke-width: 1;
  vector-effect: non-scaling-stroke;
}

.ridges-axis {
  color: var(--text-3);
}

.ridges-ticks {
  position: relative;
  height: 18px;
}

.ridges-ticks i {
  position: absolute;
  bottom: 0;
  translate: -50% 0;
  font-style: normal;
  white-space: nowrap;
}

@media (max-width: 600px) {
  .ridge,
  .ridges-axis {
    grid-template-columns: 84px minmax(0, 1fr) 56px 56px;
  }

  .ridge > :last-child,
  .ridges-axis > :last-child {
    display: none;
  }
}
`;Z(se);var P=6,A=600,B=22;function re(){let t=[JSON.stringify(K.value)],e=M("the implementations",n=>H.implementations(O(),{signal:n}),{every:15e3,deps:t}),a=M("the durations",n=>H.latency({group_by:"implementation",...O()},{signal:n}),{every:3e4,deps:t});return s`<${J} title="Implementations" question="Who runs what, and how does each do?">
    <${D}
      answer=${e}
      lines=${10}
      isEmpty=${n=>n.implementations.length===0}
      empty=${s`<${I} title="No node was connected in this range." />`}
    >
      ${n=>s`<div class="cards">
        <${E} title="Versions over time" note="share of the connected nodes"><${le} data=${n} /><//>
        <${E} title="Figures" note="of the nodes that ran this version last in the range" flush><${pe} data=${n} /><//>
        <${E} title="Durations by step" note="all samples of the range, by the nodes' clocks; one axis">
          <${D}
            answer=${a}
            isEmpty=${r=>r.steps.length===0}
            empty=${s`<${I} title="No durations in this range." />`}
          >
            ${r=>s`<${ce} steps=${r.steps} />`}
          <//>
        <//>
      </div>`}
    <//>
  <//>`}function le({data:t}){let[e,a]=C(!1),n=F.value,{buckets:r,implementations:c}=t,d=w(()=>Y(c.map(({series:i})=>i)),[t]),$=Date.parse(r.start),l=Array.from({length:r.count},(i,o)=>$+o*r.seconds*1e3),h=c.map(({name:i,version:o})=>T(i,o)),p=()=>({titles:["time",...h,"nodes"],rows:l.map((i,o)=>[new Date(i).toISOString(),...c.map(({series:u})=>u[o]),r.total[o]])}),v=1e3/Math.max(r.count,1);return s`<${G}
    title="Versions over time"
    legend=${s`${c.map(({name:i,version:o,series:u},b)=>s`<span key=${h[b]} class="legend-entry">
          <i class="legend-line" style=${{background:`var(${S(i)})`,opacity:ne(c,b)}}></i>${T(i,o)}
          <b>${y(u.at(-1),r.total.at(-1))}</b>
        </span>`)}`}
    table=${p}
    asTable=${e}
    onToggle=${()=>a(!e)}
  >
    ${e?s`<${V}
          caption="Versions over time"
          height=${240}
          rowKey=${i=>i}
          rows=${l.map((i,o)=>o).reverse()}
          columns=${[{id:"time",title:"time",value:i=>l[i],cell:i=>_(l[i],{local:n,date:!0}),rank:1},...h.map((i,o)=>({id:i,title:i,end:!0,value:u=>c[o].series[u],rank:o<2?o+2:void 0}))]}
        />`:s`<div class="versions-chart">
          <svg viewBox="0 0 1000 120" preserveAspectRatio="none" role="img" aria-label=${`Versions over time: ${c.map(({series:i},o)=>`${h[o]} ${y(i.at(-1),r.total.at(-1))}`).join("; ")}`}>
            ${d.map((i,o)=>i.map(({from:u,to:b},x)=>b>u&&s`<rect
                    key=${`${o} ${x}`}
                    x=${x*v}
                    y=${120-b*120}
                    width=${v-(v>6?1:0)}
                    height=${(b-u)*120}
                    style=${{fill:`var(${S(c[o].name)})`,fillOpacity:ne(c,o)}}
                  ><title>${`${_(l[x],{local:n,date:!0})} \xB7 ${h[o]}: ${y(c[o].series[x],r.total[x])}`}</title></rect>`))}
          </svg>
          <div class="versions-axis muted"><span>${_(l[0],{local:n,date:!0})}</span><span>${_(l.at(-1),{local:n,date:!0})}</span></div>
        </div>`}
  <//>`}function ne(t,e){let a=t.slice(0,e).filter(({name:n})=>n===t[e].name).length;return[.8,.55,.35,.2][Math.min(a,3)]}function pe({data:t}){return s`<${V}
    caption="Implementations"
    rows=${t.implementations}
    rowKey=${e=>`${e.name} ${e.version}`}
    sort="-nodes"
    csv="implementations"
    height=${420}
    onOpen=${e=>j("nodes",{q:[e.name,e.version].filter(Boolean).join(" ")})}
    columns=${[{id:"implementation",title:"implementation",value:e=>T(e.name,e.version),cell:e=>s`<${W} name=${e.name} version=${e.version} />`,rank:1},{id:"nodes",title:"nodes",end:!0,value:e=>e.nodes,cell:e=>s`<span title=${`${f(e.connected,"node")} connected now; ${f(e.changed,"node")} had another version before`}>${m(e.connected)} of ${m(e.nodes)}${e.changed>0&&s` <span class="muted">(${m(e.changed)} changed)</span>`}</span>`,rank:2},{id:"states",title:"states now",value:e=>e.levels.bad*1e6+e.levels.warning,cell:e=>s`<${me} levels=${e.levels} />`},{id:"best",title:"best lag",help:"Slots behind the network: median and most of its connected nodes",end:!0,value:e=>e.best_lag_max,cell:e=>ae(e.best_lag_p50,e.best_lag_max)},{id:"finalized",title:"final. lag",help:"Slots behind the network: median and most of its connected nodes",end:!0,value:e=>e.finalized_lag_max,cell:e=>ae(e.finalized_lag_p50,e.finalized_lag_max)},{id:"p50",title:"import p50",end:!0,value:e=>e.import_p50_ms,cell:e=>s`<span title=${f(e.imports,"import")}>${g(e.import_p50_ms)}</span>`},{id:"p95",title:"import p95",end:!0,value:e=>e.import_p95_ms,cell:e=>s`<span title=${f(e.imports,"import")}>${g(e.import_p95_ms)}</span>`,rank:3},{id:"imports",title:"imports",end:!0,value:e=>e.imports,cell:e=>m(e.imports)},{id:"failures",title:"failures",end:!0,value:e=>e.failures,cell:e=>s`<span title=${`At ${y(e.failing_nodes,e.nodes)} of its nodes`}>${m(e.failures)}</span>`},{id:"findings",title:"rules broken",help:"Errors, warnings and notes",value:e=>e.errors*1e6+e.warnings*1e3+e.infos,cell:e=>s`<${de} row=${e} />`}]}
  />`}function ae(t,e){return e===null?s`<span class="muted" title="None of its connected nodes has reported a block">${"\u2014"}</span>`:s`${m(t)} <span class="muted">(most ${m(e)})</span>`}function me({levels:t}){return s`<span class="row-of nowrap">
    ${ee.filter(({level:e})=>t[e]>0).map(({level:e,mark:a,word:n})=>s`<${k} key=${e} state=${a} word=${m(t[e])} title=${`${m(t[e])} ${n}`} />`)}
  </span>`}function de({row:t}){return!t.errors&&!t.warnings&&!t.infos?s`<span class="muted">none</span>`:s`<span class="row-of nowrap" title=${`Errors or warnings at ${y(t.deviating_nodes,t.nodes)} of its nodes`}>
    ${t.errors>0&&s`<${k} state="bad" word=${m(t.errors)} title=${f(t.errors,"error")} />`}
    ${t.warnings>0&&s`<${k} state="warn" word=${m(t.warnings)} title=${f(t.warnings,"warning")} />`}
    ${t.infos>0&&s`<${k} state="info" word=${m(t.infos)} title=${f(t.infos,"note")} />`}
  </span>`}function ce({steps:t}){let e=N.value.parameters.steps==="all",a=w(()=>$e(t),[t]),n=e?a:a.slice(0,P),r=w(()=>Q(n.flatMap(({rows:d})=>d.map($=>$.histogram))),[a,e]),c=()=>({titles:["step","implementation","count","p50 ms","p90 ms","p95 ms","p99 ms"],rows:a.flatMap(({step:d,rows:$})=>$.map(l=>[d,l.group??"unknown",l.count,l.p50_ms,l.p90_ms,l.p95_ms,l.p99_ms]))});return s`
    <figure class="ridges" role="figure" aria-label="Durations by step and implementation">
      <div class="ridges-axis" aria-hidden="true">
        <span></span>
        <span class="ridges-ticks">
          ${U(r).map(d=>s`<i key=${d} style=${{insetInlineStart:`${z(d,r)*100}%`}}>${g(d)}</i>`)}
        </span>
        <span class="end">p50</span><span class="end">p95</span><span class="end">count</span>
      </div>
      ${n.map(({step:d,from:$,to:l,rows:h})=>s`<section key=${d} data-step=${d}>
          <h3>${$?te($,l):d}</h3>
          ${h.map(p=>s`<div key=${p.group} class="ridge">
              <span class="ridge-name">${p.group??"unknown"}</span>
              <svg viewBox=${`0 0 ${A} ${B}`} preserveAspectRatio="none" role="img" aria-label=${`${p.group}: median ${g(p.p50_ms)}, 95 % up to ${g(p.p95_ms)}`}>
                <path d=${X(p.histogram,r,A,B)} style=${{fill:`var(${S(String(p.group??"").replace(/ [^ ]*$/,""))})`}} />
                ${[p.p50_ms,p.p95_ms].map((v,i)=>v!==null&&s`<line key=${i} class="ridge-mark" x1=${z(v,r)*A} x2=${z(v,r)*A} y1="0" y2=${B} />`)}
              </svg>
              <span class="end nowrap">${g(p.p50_ms)}</span>
              <span class="end nowrap">${g(p.p95_ms)}</span>
              <span class="end nowrap muted">${m(p.count)}</span>
            </div>`)}
        </section>`)}
    </figure>
    <div class="row-of">
      ${a.length>P&&s`<button type="button" class="button small" onClick=${()=>q({steps:e?void 0:"all"})}>
        ${e?`Show the ${P} most frequent`:`Show all ${a.length} steps`}
      </button>`}
      <span class="muted">Lines: p50 and p95. Height: share of samples, each strip by its highest. ${L(.1)} is the error of a percentile at most.</span>
      <${R} name="durations" table=${c} />
    </div>
  `}function $e(t){let e=new Map;for(let a of t){let n=e.get(a.step)??{step:a.step,from:a.from,to:a.to,count:0,rows:[]};n.count+=a.count,n.rows.push(a),e.set(a.step,n)}for(let{rows:a}of e.values())a.sort((n,r)=>String(n.group).localeCompare(String(r.group)));return[...e.values()].sort((a,n)=>n.count-a.count||(a.step<n.step?-1:1))}export{re as default};
