import{a as U,l as X}from"./chunk-2AFQ6EAQ.js";import{a as J}from"./chunk-A5KFDUZV.js";import{a as j,b as A}from"./chunk-G6SHFORN.js";import{a as V}from"./chunk-QX2GM6OS.js";import{a as L}from"./chunk-ERBLNRK5.js";import{b as z,e as I}from"./chunk-7UEF64LJ.js";import{a as Q}from"./chunk-ETYS26P7.js";import{c as Z,d as P}from"./chunk-62QJJLV2.js";import{C as M,D as N,a as $,d as h,f as b,g as B,k as w,l as v,n as E,o as T,w as C}from"./chunk-PZHQDM36.js";import{c as G,f as D}from"./chunk-3HV7YDNC.js";import{g as q,j as K,k as R}from"./chunk-E3R5DTPI.js";import{g as W,k as S,l as a}from"./chunk-JTXPO2O4.js";function Y(t){let[e,n]=[1/0,0];for(let o of t){let c=.005*o.reduce((i,{count:l})=>i+l,0);for(let{up_to_ms:i,count:l}of o)!l||l<c||(e=Math.min(e,i),n=Math.max(n,i))}if(n===0)return[1,10];let s=10**Math.floor(Math.log10(e*.8));return[s,Math.max(s*10,10**Math.ceil(Math.log10(n)))]}function _(t,[e,n]){return Math.min(1,Math.max(0,Math.log(Math.max(t,e)/e)/Math.log(n/e)))}function ee([t,e]){let n=[];for(let s=t;s<=e*1.001;s*=10)n.push(s);return n}function te(t,e,n,s){let o=Math.max(...t.map(({count:l})=>l),0);if(!o)return"";let c=2**-.25,i=`M0 ${s}`;for(let{up_to_ms:l,count:m}of t){let[u,d]=[_(l*c,e)*n,_(l,e)*n],f=s-m/o*(s-1);i+=`L${x(u)} ${s}L${x(u)} ${x(f)}L${x(d)} ${x(f)}L${x(d)} ${s}`}return`${i}L${n} ${s}Z`}function se(t){let e=t[0]?.length??0,n=new Array(e).fill(0),s=Array.from({length:e},(o,c)=>t.reduce((i,l)=>i+l[c],0));return t.map(o=>o.map((c,i)=>{let l=n[i],m=s[i]?l+c/s[i]:l;return n[i]=m,{from:l,to:m}}))}function x(t){return Math.round(t*10)/10}var ne=`.versions-chart svg {
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
`;J(ne);var F=6,O=600,H=22;function le(){let t=[JSON.stringify(G.value)],e=V("the implementations",s=>L.implementations(D(),{signal:s}),{every:15e3,deps:t}),n=V("the durations",s=>L.latency({group_by:"implementation",...D()},{signal:s}),{every:3e4,deps:t});return a`<${j} title="Implementations" question="Who runs what, and how does each do?">
    <${I}
      answer=${e}
      lines=${10}
      isEmpty=${s=>s.implementations.length===0}
      empty=${a`<${z} title="No node was connected in this range." />`}
    >
      ${s=>a`<div class="cards">
        <${A} title="Versions over time" note="share of the connected nodes"><${pe} data=${s} /><//>
        <${A} title="Figures" note="of the nodes that ran this version last in the range" flush><${me} data=${s} /><//>
        <${A} title="Durations by step" note="all samples of the range, by the nodes' clocks; one axis">
          <${I}
            answer=${n}
            isEmpty=${o=>o.steps.length===0}
            empty=${a`<${z} title="No durations in this range." />`}
          >
            ${o=>a`<${$e} steps=${o.steps} />`}
          <//>
        <//>
      </div>`}
    <//>
  <//>`}function pe({data:t}){let[e,n]=W(!1),s=C.value,{buckets:o,implementations:c}=t,i=S(()=>se(c.map(({series:r})=>r)),[t]),l=Date.parse(o.start),m=Array.from({length:o.count},(r,p)=>l+p*o.seconds*1e3),u=c.map(({name:r,version:p})=>T(r,p)),d=()=>({titles:["time",...u,"nodes"],rows:m.map((r,p)=>[new Date(r).toISOString(),...c.map(({series:g})=>g[p]),o.total[p]])}),f=1e3/Math.max(o.count,1);return a`<${Q}
    title="Versions over time"
    legend=${a`${c.map(({name:r,version:p,series:g},y)=>a`<span key=${u[y]} class="legend-entry">
          <i class="legend-line" style=${{background:`var(${E(r)})`,opacity:ae(c,y)}}></i>${T(r,p)}
          <b>${b(g.at(-1),o.total.at(-1))}</b>
        </span>`)}`}
    table=${d}
    asTable=${e}
    onToggle=${()=>n(!e)}
  >
    ${e?a`<${P}
          caption="Versions over time"
          height=${240}
          rowKey=${r=>r}
          rows=${m.map((r,p)=>p).reverse()}
          columns=${[{id:"time",title:"time",value:r=>m[r],cell:r=>w(m[r],{local:s,date:!0}),rank:1},...u.map((r,p)=>({id:r,title:r,end:!0,value:g=>c[p].series[g],rank:p<2?p+2:void 0}))]}
        />`:a`<div class="versions-chart">
          <svg viewBox="0 0 1000 120" preserveAspectRatio="none" role="img" aria-label=${`Versions over time: ${c.map(({series:r},p)=>`${u[p]} ${b(r.at(-1),o.total.at(-1))}`).join("; ")}`}>
            ${i.map((r,p)=>r.map(({from:g,to:y},k)=>y>g&&a`<rect
                    key=${`${p} ${k}`}
                    x=${k*f}
                    y=${120-y*120}
                    width=${f-(f>6?1:0)}
                    height=${(y-g)*120}
                    style=${{fill:`var(${E(c[p].name)})`,fillOpacity:ae(c,p)}}
                  ><title>${`${w(m[k],{local:s,date:!0})} \xB7 ${u[p]}: ${b(c[p].series[k],o.total[k])}`}</title></rect>`))}
          </svg>
          <div class="versions-axis muted"><span>${w(m[0],{local:s,date:!0})}</span><span>${w(m.at(-1),{local:s,date:!0})}</span></div>
        </div>`}
  <//>`}function ae(t,e){let n=t.slice(0,e).filter(({name:s})=>s===t[e].name).length;return[.8,.55,.35,.2][Math.min(n,3)]}function me({data:t}){return a`<${P}
    caption="Implementations"
    rows=${t.implementations}
    rowKey=${e=>`${e.name} ${e.version}`}
    sort="-nodes"
    csv="implementations"
    height=${420}
    onOpen=${e=>K("nodes",{q:[e.name,e.version].filter(Boolean).join(" ")})}
    columns=${[{id:"implementation",title:"implementation",value:e=>T(e.name,e.version),cell:e=>a`<${N} name=${e.name} version=${e.version} />`,rank:1},{id:"nodes",title:"nodes",end:!0,value:e=>e.nodes,cell:e=>a`<span title=${`${v(e.connected,"node")} connected now; ${v(e.changed,"node")} had another version before`}>${$(e.connected)} of ${$(e.nodes)}${e.changed>0&&a` <span class="muted">(${$(e.changed)} changed)</span>`}</span>`,rank:2},{id:"states",title:"states now",value:e=>e.levels.bad*1e6+e.levels.warning,cell:e=>a`<${ce} levels=${e.levels} />`},{id:"best",title:"best lag",help:"Slots behind the network: median and most of its connected nodes",end:!0,value:e=>e.best_lag_max,cell:e=>oe(e.best_lag_p50,e.best_lag_max)},{id:"finalized",title:"final. lag",help:"Slots behind the network: median and most of its connected nodes",end:!0,value:e=>e.finalized_lag_max,cell:e=>oe(e.finalized_lag_p50,e.finalized_lag_max)},{id:"p50",title:"import p50",end:!0,value:e=>e.import_p50_ms,cell:e=>a`<span title=${v(e.imports,"import")}>${h(e.import_p50_ms)}</span>`},{id:"p95",title:"import p95",end:!0,value:e=>e.import_p95_ms,cell:e=>a`<span title=${v(e.imports,"import")}>${h(e.import_p95_ms)}</span>`,rank:3},{id:"imports",title:"imports",end:!0,value:e=>e.imports,cell:e=>$(e.imports)},{id:"failures",title:"failures",end:!0,value:e=>e.failures,cell:e=>a`<span title=${`At ${b(e.failing_nodes,e.nodes)} of its nodes`}>${$(e.failures)}</span>`},{id:"findings",title:"rules broken",help:"Errors, warnings and notes",value:e=>e.errors*1e6+e.warnings*1e3+e.infos,cell:e=>a`<${de} row=${e} />`}]}
  />`}function oe(t,e){return e===null?a`<span class="muted" title="None of its connected nodes has reported a block">${"\u2014"}</span>`:a`${$(t)} <span class="muted">(most ${$(e)})</span>`}function ce({levels:t}){return a`<span class="row-of nowrap">
    ${U.filter(({level:e})=>t[e]>0).map(({level:e,mark:n,word:s})=>a`<${M} key=${e} state=${n} word=${$(t[e])} title=${`${$(t[e])} ${s}`} />`)}
  </span>`}function de({row:t}){return!t.errors&&!t.warnings&&!t.infos?a`<span class="muted">none</span>`:a`<span class="row-of nowrap" title=${`Errors or warnings at ${b(t.deviating_nodes,t.nodes)} of its nodes`}>
    ${t.errors>0&&a`<${M} state="bad" word=${$(t.errors)} title=${v(t.errors,"error")} />`}
    ${t.warnings>0&&a`<${M} state="warn" word=${$(t.warnings)} title=${v(t.warnings,"warning")} />`}
    ${t.infos>0&&a`<${M} state="info" word=${$(t.infos)} title=${v(t.infos,"note")} />`}
  </span>`}function $e({steps:t}){let e=q.value.parameters.steps==="all",n=S(()=>ue(t),[t]),s=e?n:n.slice(0,F),o=S(()=>Y(s.flatMap(({rows:i})=>i.map(l=>l.histogram))),[n,e]),c=()=>({titles:["step","implementation","count","p50 ms","p90 ms","p95 ms","p99 ms"],rows:n.flatMap(({step:i,rows:l})=>l.map(m=>[i,m.group??"unknown",m.count,m.p50_ms,m.p90_ms,m.p95_ms,m.p99_ms]))});return a`
    <figure class="ridges" role="figure" aria-label="Durations by step and implementation">
      <div class="ridges-axis" aria-hidden="true">
        <span></span>
        <span class="ridges-ticks">
          ${ee(o).map(i=>a`<i key=${i} style=${{insetInlineStart:`${_(i,o)*100}%`}}>${h(i)}</i>`)}
        </span>
        <span class="end">p50</span><span class="end">p95</span><span class="end">count</span>
      </div>
      ${s.map(({step:i,from:l,to:m,rows:u})=>a`<section key=${i} data-step=${i}>
          <h3>${l?X(l,m):i}</h3>
          ${u.map(d=>a`<div key=${d.group} class="ridge">
              <span class="ridge-name">${d.group??"unknown"}</span>
              <svg viewBox=${`0 0 ${O} ${H}`} preserveAspectRatio="none" role="img" aria-label=${`${d.group}: median ${h(d.p50_ms)}, 95 % up to ${h(d.p95_ms)}`}>
                <path d=${te(d.histogram,o,O,H)} style=${{fill:`var(${E(String(d.group??"").replace(/ [^ ]*$/,""))})`}} />
                ${[d.p50_ms,d.p95_ms].map((f,r)=>f!==null&&a`<line key=${r} class="ridge-mark" x1=${_(f,o)*O} x2=${_(f,o)*O} y1="0" y2=${H} />`)}
              </svg>
              <span class="end nowrap">${h(d.p50_ms)}</span>
              <span class="end nowrap">${h(d.p95_ms)}</span>
              <span class="end nowrap muted">${$(d.count)}</span>
            </div>`)}
        </section>`)}
    </figure>
    <div class="row-of">
      ${n.length>F&&a`<button type="button" class="button small" onClick=${()=>R({steps:e?void 0:"all"})}>
        ${e?`Show the ${F} most frequent`:`Show all ${n.length} steps`}
      </button>`}
      <span class="muted">Lines: p50 and p95. Height: share of samples, each strip by its highest. ${B(.1)} is the error of a percentile at most.</span>
      <${Z} name="durations" table=${c} />
    </div>
  `}function ue(t){let e=new Map;for(let n of t){let s=e.get(n.step)??{step:n.step,from:n.from,to:n.to,count:0,rows:[]};s.count+=n.count,s.rows.push(n),e.set(n.step,s)}for(let{rows:n}of e.values())n.sort((s,o)=>String(s.group).localeCompare(String(o.group)));return[...e.values()].sort((n,s)=>s.count-n.count||(n.step<s.step?-1:1))}export{le as default};
