import{a as ve,l as U}from"./chunk-2AFQ6EAQ.js";import{a as $e,b as he,c as ge}from"./chunk-OYJLUT6D.js";import{a as K}from"./chunk-A5KFDUZV.js";import{a as de,b as y}from"./chunk-HZVHJNCT.js";import{a as C}from"./chunk-LSKVQWEN.js";import{a as O}from"./chunk-QCITNMUN.js";import{b as F,e as z}from"./chunk-IIW3BLOX.js";import{a as fe}from"./chunk-ZVTLTR5U.js";import{c as N,d as j}from"./chunk-5HTXFBE2.js";import{A as ce,D as x,E as J,a as f,e as g,f as me,g as T,h as k,l as I,m as h,o as A,p as G,x as Y}from"./chunk-DYZXLK2B.js";import{d as H,h as E}from"./chunk-NIKDHXBC.js";import{g as B,j as ue,k as M}from"./chunk-37NB6NY5.js";import{g as P,k as b,l as i}from"./chunk-QNZ3L47H.js";var Z="\u2009",be=16;function _({name:t,kind:e}){let[a,n]=t.split("_to_");if(e==="step"&&n)return U(a,n);let s=t.replaceAll("_"," ");return s.charAt(0).toUpperCase()+s.slice(1)}function W(t,e){return t==null?"\u2014":e==="ms"?g(t):e==="ns"?g(t/1e6):e==="bytes"?me(t):e==="share"?k(t):e==="factor"?S(t):e.startsWith("1/")?`${f(t,Math.abs(t)<10?2:0)}/${e.slice(2)}`:`${f(t,2)}${Z}${e}`}function S(t){if(t==null)return"\u2014";let e=t<.1?3:t<10?2:0;return`${f(t,e)}${Z}\xD7`}function ee(t,e){return t==null?"\u2014":e==="share"?`${xe(t*100)}${Z}percentage points`:e==="ms"?`${t>0?"+":""}${g(t)}`:`${xe(t)}${e.startsWith("1/")?e.slice(1):`${Z}${e}`}`}function xe(t){let e=Math.abs(t);return`${t>0?"+":""}${f(t,e<.1?3:e<10?2:0)}`}function te(t,e){let{a,b:n,ratio:s,difference:l,low:r,high:o}=t;return e==="version"?t:s!==null&&s<1&&s>0?{...t,a:n,b:a,ratio:1/s,low:o&&1/o,high:r&&1/r}:l!==null&&l<0?{...t,a:n,b:a,difference:-l,low:o===null?null:-o,high:r===null?null:-r}:t}function ne({ratio:t,low:e,high:a},{unit:n,effect:s}){return e===null||a===null?t===null?"\u2014":"no interval":s==="ratio"?`${S(e)} to ${S(a)}`:`${ee(e,n)} to ${ee(a,n)}`}function _e(t,e){let{a,b:n,ratio:s,difference:l,state:r,reason:o}=t,{unit:p,effect:u}=e;if(r==="not_enough_data")return`${a} and ${n}: not enough data${o?`: ${o}`:""}.`;let c=ne(t,e);return r==="not_different"?`${a} and ${n}: no difference shown; from ${c} is possible.`:u==="difference"?`${n} has ${ee(l,p)} against ${a} (${c}).`:p==="ms"||p==="ns"?`${n} takes ${S(s)} as long as ${a} (${c}).`:`${n} has ${S(s)} the value of ${a} (${c}).`}function Q(t,e){let a=t.flatMap(({ratio:s,difference:l,low:r,high:o})=>[s,l,r,o]).filter(s=>s!==null);if(e==="ratio"){let s=Math.max(1.25,...a.map(r=>r>0?Math.max(r,1/r):be)),l=Math.min(be,s)*1.05;return{low:1/l,high:l,log:!0}}let n=Math.max(0,...a.map(Math.abs))*1.05||1;return{low:-n,high:n,log:!1}}function q(t,{low:e,high:a,log:n}){let s=n?Math.log(Math.max(t,e)/e)/Math.log(a/e):(t-e)/(a-e);return Math.min(1,Math.max(0,s))}function ke({high:t}){let a=[1.1,1.25,1.5,2,3,4,8,16].filter(n=>n<=t).at(-1)??t;return[1/a,1,a]}function Me(t){let e=t.flatMap(({value:l,node_min:r,node_max:o,p50_ms:p,p99_ms:u})=>[l,r,o,p,u]).filter(l=>l!==null);if(!e.length)return{low:0,high:1,log:!1};let[a,n]=[Math.min(...e),Math.max(...e)];if(a>0){let[l,r]=[a/1.15,n*1.15];return{low:l,high:r,log:!0}}let s=(n-Math.min(0,a))*.05||1;return{low:Math.min(0,a)-(a<0?s:0),high:Math.max(0,n)+s,log:!1}}function Se({low:t,high:e,log:a}){if(!a)return[t,(t+e)/2,e].map(s=>Math.abs(s)<1e-12?0:s);let n=[];for(let s=Math.floor(Math.log10(t));s<=Math.ceil(Math.log10(e));s++)for(let l of e/t>30?[1]:[1,2,5])n.push(l*10**s);return n.filter(s=>s>=t&&s<=e)}function Te({measures:t,differences:e}){let a=new Map(t.map(n=>[n.name,{measure:n,different:0,tested:0,pairs:0,most:0}]));for(let n of e){let s=a.get(n.measure);s&&(s.pairs++,n.state!=="not_enough_data"&&s.tested++,n.significant&&(s.different++,n.ratio&&(s.most=Math.max(s.most,Math.abs(Math.log(n.ratio))))))}return[...a.values()].sort((n,s)=>we(s)-we(n)||s.different-n.different||s.most-n.most)}function we({different:t,tested:e}){return t?2:e?1:0}function se({different:t,tested:e,pairs:a}){return t?`${f(t)} of ${h(e,"pair")}`:e?"none shown":a?"not enough data":"nothing to compare with"}function Ie({measures:t,differences:e,by:a}){let n=new Map(t.map(s=>[s.name,s]));return e.filter(({significant:s,measure:l})=>s&&n.has(l)).map(s=>({pair:te(s,a),measure:n.get(s.measure)})).sort((s,l)=>+(s.pair.ratio===null)-+(l.pair.ratio===null)||ye(l.pair)-ye(s.pair))}function ye({ratio:t,low:e,high:a,p:n}){return t===null?-(n??1):t>=1?Math.log(Math.max(e??1,1e-9)):-Math.log(Math.max(a??1,1e-9))}function ae({nodes:t,reached:e,at_start:a,all_at:n,first_at:s}){return a===t?"on all nodes since before":n&&s?`${g(Date.parse(n)-Date.parse(s))} until all`:`${f(e)} of ${h(t,"node")}`}function Ae(t){let[e,a]=[1/0,0];for(let s of t){let l=.005*s.reduce((r,{count:o})=>r+o,0);for(let{up_to_ms:r,count:o}of s)!o||o<l||(e=Math.min(e,r),a=Math.max(a,r))}if(a===0)return[1,10];let n=10**Math.floor(Math.log10(e*.8));return[n,Math.max(n*10,10**Math.ceil(Math.log10(a)))]}function V(t,[e,a]){return Math.min(1,Math.max(0,Math.log(Math.max(t,e)/e)/Math.log(a/e)))}function ze([t,e]){let a=[];for(let n=t;n<=e*1.001;n*=10)a.push(n);return a}function Oe(t,e,a,n){let s=Math.max(...t.map(({count:o})=>o),0);if(!s)return"";let l=2**-.25,r=`M0 ${n}`;for(let{up_to_ms:o,count:p}of t){let[u,c]=[V(o*l,e)*a,V(o,e)*a],$=n-p/s*(n-1);r+=`L${R(u)} ${n}L${R(u)} ${R($)}L${R(c)} ${R($)}L${R(c)} ${n}`}return`${r}L${a} ${n}Z`}function Ee(t){let e=t[0]?.length??0,a=new Array(e).fill(0),n=Array.from({length:e},(s,l)=>t.reduce((r,o)=>r+o[l],0));return t.map(s=>s.map((l,r)=>{let o=a[r],p=n[r]?o+l/n[r]:o;return a[r]=p,{from:o,to:p}}))}function R(t){return Math.round(t*10)/10}var Ce=`.intervals {
  margin-bottom: var(--space-2);
}

.intervals-row {
  display: grid;
  grid-template-columns: minmax(0, 300px) minmax(0, 1fr) auto;
  gap: var(--space-1) var(--space-3);
  align-items: center;
  min-height: 30px;
  padding: 3px 0;
  border-top: 1px solid var(--line);
}

.intervals-sentence {
  grid-template-columns: minmax(0, 1fr) minmax(0, 1fr) auto;
}

.intervals-row[data-sentence="alone"] .intervals-label {
  grid-column: span 2;
}

.intervals:has(.intervals-sentence) .intervals-head {
  grid-template-columns: minmax(0, 1fr) minmax(0, 1fr) auto;
}

.intervals-head {
  min-height: 20px;
  padding: 0;
  border-top: 0;
  color: var(--text-3);
  font-size: var(--size-12);
}

.intervals-label {
  display: flex;
  flex-wrap: wrap;
  gap: 0 var(--space-2);
  align-items: center;
  min-width: 0;
  overflow-wrap: anywhere;
}

.intervals-numbers {
  display: flex;
  gap: var(--space-2);
  min-width: 72px;
  justify-content: flex-end;
  white-space: nowrap;
  font-size: var(--size-12);
}

.compare-groups[data-durations] .intervals-numbers > span {
  width: 58px;
  text-align: end;
}

.intervals-ticks,
.interval {
  position: relative;
  height: 18px;
  margin: 0 18px;
}

.intervals-ticks i {
  position: absolute;
  bottom: 0;
  translate: -50% 0;
  font-style: normal;
  white-space: nowrap;
}

.interval {
  background: linear-gradient(var(--line), var(--line)) center / 100% 1px no-repeat;
}

.interval-zero {
  position: absolute;
  inset-block: -8px;
  width: 1px;
  background: var(--text-3);
}

.interval-line {
  position: absolute;
  top: 7.5px;
  height: 3px;
  min-width: 1px;
  border-radius: 2px;
}

.interval-dot {
  position: absolute;
  top: 9px;
  width: 9px;
  height: 9px;
  border: 2px solid;
  border-radius: 50%;
  translate: -50% -50%;
}

.interval-dot[data-kind="value"] {
  border-radius: 1px;
  outline: 1px solid var(--surface-1);
  rotate: 45deg;
}

@media (max-width: 600px) {
  .intervals .intervals-row {
    grid-template-columns: minmax(0, 1fr) auto;
  }

  .intervals .intervals-head > :first-child {
    display: none;
  }

  .intervals .intervals-label {
    grid-column: span 2;
  }

  .intervals-numbers {
    min-width: 60px;
  }

  .compare-groups[data-durations] .intervals-numbers > span {
    width: 50px;
  }
}
`;K(Ce);function oe({label:t,numbers:e,sentence:a,children:n}){return i`<div role="listitem" class=${`intervals-row ${a?"intervals-sentence":""}`} data-sentence=${a}>
    <span class="intervals-label">${t}</span>
    ${n}
    <span class="intervals-numbers">${e.map((s,l)=>i`<span key=${l}>${s}</span>`)}</span>
  </div>`}function re({low:t,high:e,dots:a,label:n,zero:s=null,colour:l,strong:r=!1}){let o=u=>`${u*100}%`,p=l===void 0?`var(${r?"--accent":"--line-strong"})`:`var(${A(l)})`;return i`<span class="interval" role="img" aria-label=${n} title=${n}>
    ${s!==null&&i`<i class="interval-zero" style=${{insetInlineStart:o(s)}}></i>`}
    ${t!==null&&e!==null&&i`<i class="interval-line" style=${{insetInlineStart:o(t),width:o(Math.max(0,e-t)),background:p}}></i>`}
    ${a.map(({at:u,kind:c},$)=>u!==null&&i`<i key=${$} class="interval-dot" data-kind=${c} style=${{insetInlineStart:o(u),borderColor:p,background:c==="tail"?"var(--surface-1)":p}}></i>`)}
  </span>`}var ie=12,He="Importing_to_BlockVerified";function Ne(){let{by:t,measure:e}=B.value.parameters,a=t==="version"?"version":"implementation",n=[JSON.stringify(H.value),a],s=C("the comparison",l=>O.implementationsCompare({by:a,...E()},{signal:l}),{every:6e4,deps:n});return i`<div class="cards">
    <div class="row-of compare-by">
      <span class="muted">Compare</span>
      <${he}
        label="Groups"
        choices=${[{id:"implementation",label:"implementations"},{id:"version",label:"versions with the one before"}]}
        selected=${a}
        onSelect=${l=>M({by:l==="version"?l:void 0})}
      />
      <a href="api/docs#/paths/~1api~1implementations~1compare">How it is measured</a>
    </div>
    <${z}
      answer=${s}
      lines=${12}
      isEmpty=${l=>!l.measures.length}
      empty=${i`<${F} title="Nothing to compare in this range.">Nodes that send events of steps appear here by implementation.<//>`}
    >
      ${l=>i`<div class="cards"><${je} data=${l} chosen=${e} /></div>`}
    <//>
  </div>`}function je({data:t,chosen:e}){let a=b(()=>Te(t),[t]),n=t.measures.find(({name:s})=>s===e)??(a.find(({different:s})=>s)??a.find(({measure:{name:s}})=>s===He)??a[0]).measure;return i`
    <${y} title="What differs" note=${qe(t)}><${Ge} data=${t} /><//>
    <${y} size="third" title="Steps and metrics" note=${h(a.length,"measure")} flush><${Je} rows=${a} chosen=${n.name} /><//>
    <${y} size="two-thirds" title=${_(n)} note=${n.description}><${Ke} key=${n.name} measure=${n} all=${t} /><//>
  `}function qe({comparisons:t,measures:e,level:a,nodes_unknown:n,nodes_changed:s}){return[`${h(t,"comparison")} by ${h(e.length,"measure")}`,`${k(a)} sure of all together`,n&&`${h(n,"node")} of unknown implementation left out`,s&&`${h(s,"node")} changed version`].filter(Boolean).join("; ")}function Ge({data:t}){let[e,a]=P(!1),n=b(()=>Ie(t),[t]),s=b(()=>Q(n.filter(({pair:o})=>o.ratio!==null).map(({pair:o})=>o),"ratio"),[n]),l=new Set(t.groups.map(({group:o})=>o)).size;if(!t.comparisons)return i`<p class="compare-calm"><span><${x} state="idle" hideWord /> ${De(t.by,l)}</span></p>`;if(!n.length)return i`<p class="compare-calm">
      <span><${x} state="ok" hideWord /> None of ${h(t.comparisons,"comparison")} shows a difference.</span>
      <span class="muted">That is not proof of equality: choose one measure to see which differences are still possible.</span>
    </p>`;let r=e?n:n.slice(0,ie);return i`
    <div class="intervals" role="list" aria-label="Differences, the surest first">
      <${Re} axis=${s} />
      ${r.map(({pair:o,measure:p})=>i`<${Ve}
          key=${`${o.measure} ${o.a} ${o.b}`}
          pair=${o}
          measure=${p}
          axis=${o.ratio===null?Q([o],"difference"):s}
          link
        />`)}
    </div>
    <div class="row-of">
      ${n.length>ie&&i`<button type="button" class="button small" onClick=${()=>a(!e)}>${e?`Show the first ${ie}`:`Show all ${n.length} differences`}</button>`}
      <span class="muted">Differences of shares and rates have each an axis of their own. The line is at no difference.</span>
      <${N} name="implementations-differences" table=${()=>We(t)} />
    </div>
  `}function De(t,e){return t==="version"?"No implementation has two versions with enough nodes in this range; take a longer one that has the upgrade in it.":e<2?"There is one implementation only; nothing to compare it with.":"Not enough data: a comparison needs three nodes of each implementation, with enough events."}function We({differences:t}){return{titles:["measure","a","b","ratio","difference","low","high","p","significant","worse","state","reason"],rows:t.map(e=>[e.measure,e.a,e.b,e.ratio,e.difference,e.low,e.high,e.p,e.significant,e.worse,e.state,e.reason])}}function Je({rows:t,chosen:e}){let[a,n]=P(""),s=a.toLowerCase().split(/\s+/).filter(Boolean),l=t.filter(({measure:r})=>s.every(o=>`${r.name} ${_(r)}`.toLowerCase().includes(o)));return i`<${j}
    caption="Steps and metrics"
    rows=${l}
    rowKey=${r=>r.measure.name}
    rowState=${r=>r.measure.name===e?"chosen":void 0}
    onOpen=${r=>M({measure:r.measure.name})}
    height=${ce.value?240:520}
    empty="No step or metric has these words."
    tools=${i`<${ge} value=${a} onInput=${n} label="Find a step or metric" />`}
    columns=${[{id:"measure",title:"Measure",className:"compare-measure",value:r=>_(r.measure),cell:r=>i`<span title=${`${_(r.measure)}: ${r.measure.description}`}>${r.measure.name===e?i`<b>${_(r.measure)}</b>`:_(r.measure)}</span>`,rank:1},{id:"found",title:"Differs",help:"Pairs of groups with a difference that chance does not explain",value:r=>r.different,cell:r=>i`<${x} state=${r.different?"info":r.tested?"ok":"idle"} word=${se(r)} hideWord=${!r.different} />`,rank:2}]}
  />`}function Ke({measure:t,all:e}){let{name:a,kind:n}=t,{by:s}=e,l=[JSON.stringify(H.value),s,a],r=C("the comparison by this measure",o=>O.implementationsCompare({by:s,[n]:a,...E()},{signal:o}),{every:6e4,deps:l});return i`<${z} answer=${r} lines=${8}>
    ${o=>i`<${Ue} data=${o.measures.length?o:e} measure=${o.measures[0]??t} />`}
  <//>`}function Ue({data:t,measure:e}){let a=t.groups.filter(o=>o.measure===e.name),n=t.differences.filter(o=>o.measure===e.name).map(o=>te(o,t.by)),s=b(()=>Me(a),[t,e]),l=b(()=>Q(n,e.effect),[t,e]),r=a.some(({p50_ms:o})=>o!==null);return i`
    <div class="row-of"><h3>Values</h3><${N} name=${`comparison-${e.name}`} table=${()=>Ze(a)} /></div>
    <div class="intervals compare-groups" data-durations=${r?"":void 0} role="list" aria-label="Values by group">
      <div class="intervals-row intervals-head" aria-hidden="true">
        <span></span>
        <span class="intervals-ticks">
          ${Se(s).map(o=>i`<i key=${o} style=${{insetInlineStart:`${q(o,s)*100}%`}}>${W(o,e.unit)}</i>`)}
        </span>
        <span class="intervals-numbers">${(r?["p50","p95","p99"]:["value"]).map(o=>i`<span key=${o}>${o}</span>`)}</span>
      </div>
      ${a.map(o=>i`<${Qe} key=${o.group} group=${o} measure=${e} axis=${s} isDuration=${r} />`)}
    </div>
    <p class="muted compare-legend">
      ${r?"\u25C6 mean of the nodes, with the line from the lowest node to the highest; \u25CF p50, \u25CB p95 and p99 of all events, within 10 %.":"\u25C6 value, with the line from the lowest node to the highest."}
    </p>
    <div class="row-of"><h3>Differences</h3><${N} name=${`differences-${e.name}`} table=${()=>We(t)} /></div>
    ${n.length?i`<div class="intervals" role="list" aria-label="Differences by this measure">
          ${e.effect==="ratio"&&n.some(({ratio:o})=>o!==null)&&i`<${Re} axis=${l} />`}
          ${n.map(o=>i`<${Ve} key=${`${o.a} ${o.b}`} pair=${o} measure=${e} axis=${l} />`)}
        </div>`:i`<p class="muted">${De(t.by,a.length)}</p>`}
    <p class="muted compare-legend">${k(t.level)} sure of the differences of this measure together; the unit is the node, not the event.</p>
  `}function Ze(t){return{titles:["measure","group","nodes","nodes left out","events","value","p50 ms","p95 ms","p99 ms","node min","node median","node max"],rows:t.map(e=>[e.measure,e.group,e.nodes,e.nodes_left_out,e.events,e.value,e.p50_ms,e.p95_ms,e.p99_ms,e.node_min,e.node_median,e.node_max])}}function Qe({group:t,measure:e,axis:a,isDuration:n}){let{unit:s}=e,{node_min:l,node_max:r,value:o,p50_ms:p,p95_ms:u,p99_ms:c}=t,$=d=>d===null?null:q(d,a),m=t.nodes_left_out?`, ${h(t.nodes_left_out,"node")} left out`:"";return i`<${oe}
    label=${i`<${J} name=${t.name} version=${t.version} />
      <span class="muted" title=${`${h(t.nodes,"node")}${m} with at least ${f(e.least_events)} ${e.events}`}>${h(t.nodes,"node")}${m} · ${f(t.events)} ${e.events}</span>`}
    numbers=${n?[p,u,c].map(d=>g(d)):[W(o,s)]}
  >
    <${re}
      low=${$(l)}
      high=${$(r)}
      colour=${t.name}
      dots=${[...n?[{at:$(p),kind:"median"},{at:$(u),kind:"tail"},{at:$(c),kind:"tail"}]:[],{at:$(o),kind:"value"}]}
      label=${`${t.group}: ${W(o,s)}, nodes from ${W(l,s)} to ${W(r,s)}`}
    />
  <//>`}function Re({axis:t}){return i`<div class="intervals-row intervals-head" aria-hidden="true">
    <span></span>
    <span class="intervals-ticks">
      ${ke(t).map(e=>i`<i key=${e} style=${{insetInlineStart:`${q(e,t)*100}%`}}>${S(e)}</i>`)}
    </span>
    <span class="intervals-numbers"></span>
  </div>`}function Ve({pair:t,measure:e,axis:a,link:n=!1}){let{ratio:s,difference:l,low:r,high:o,significant:p,p:u,worse:c}=t,$=e.effect==="ratio"?s:l,m=w=>w===null?null:q(w,a),d=_e(t,e),v=t.state==="not_enough_data"?"idle":p?c?"warn":"info":"ok";return i`<${oe}
    sentence=${$===null?"alone":"beside"}
    label=${i`${n&&i`<button type="button" class="button quiet small compare-open" onClick=${()=>M({measure:e.name})}>${_(e)}</button>`}
      <span><${x} state=${v} hideWord word=${p?c?`${c} is worse`:"differs":se({different:0,tested:+(t.state!=="not_enough_data"),pairs:1})} /> ${d}</span>`}
    numbers=${[u===null?"":u<.001?"p < 0.001":`p ${f(u,3)}`]}
  >
    ${$!==null&&i`<${re} low=${m(r)} high=${m(o)} zero=${m(e.effect==="ratio"?1:0)} dots=${[{at:m($),kind:"value"}]} strong=${p} label=${`${t.b} against ${t.a}: ${ne(t,e)}`} />`}
  <//>`}var Le=`.versions-chart svg {
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

.compare-by {
  flex-wrap: wrap;
}

.compare-calm {
  display: flex;
  flex-wrap: wrap;
  gap: var(--space-1) var(--space-3);
}

.compare-legend {
  margin-bottom: var(--space-3);
  font-size: var(--size-12);
}

.compare-open {
  color: var(--accent);
}

tr[data-state="chosen"] td {
  background: var(--surface-3);
}

td.compare-measure {
  width: 100%;
  max-width: 0;
  overflow: hidden;
  text-overflow: ellipsis;
}
`;K(Le);var le=6,X=600,pe=22;function Ye(){let t=B.value.parameters.tab==="compare"?"compare":"";return i`<${de} title="Implementations" question="Who runs what, how does each do, and do they differ?">
    <${$e}
      label="Parts of the page"
      tabs=${[{id:"",label:"Versions and figures"},{id:"compare",label:"Comparison"}]}
      selected=${t}
      onSelect=${e=>M({tab:e||void 0},{push:!0})}
    />
    ${t===""?i`<${et} />`:i`<${Ne} />`}
  <//>`}function et(){let t=[JSON.stringify(H.value)],e=C("the implementations",n=>O.implementations(E(),{signal:n}),{every:15e3,deps:t}),a=C("the durations",n=>O.latency({group_by:"implementation",...E()},{signal:n}),{every:3e4,deps:t});return i`<${z}
      answer=${e}
      lines=${10}
      isEmpty=${n=>n.implementations.length===0}
      empty=${i`<${F} title="No node was connected in this range." />`}
    >
      ${n=>i`<div class="cards">
        <${y} title="Versions over time" note="share of the connected nodes"><${tt} data=${n} /><//>
        <${y} title="Figures" note="of the nodes that ran this version last in the range" flush><${nt} data=${n} /><//>
        <${y} title="Durations by step" note="all samples of the range, by the nodes' clocks; one axis">
          <${z}
            answer=${a}
            isEmpty=${s=>s.steps.length===0}
            empty=${i`<${F} title="No durations in this range." />`}
          >
            ${s=>i`<${rt} steps=${s.steps} />`}
          <//>
        <//>
      </div>`}
    <//>`}function tt({data:t}){let[e,a]=P(!1),n=Y.value,{buckets:s,implementations:l}=t,r=b(()=>Ee(l.map(({series:m})=>m)),[t]),o=Date.parse(s.start),p=Array.from({length:s.count},(m,d)=>o+d*s.seconds*1e3),u=l.map(({name:m,version:d})=>G(m,d)),c=()=>({titles:["time",...u,"nodes"],rows:p.map((m,d)=>[new Date(m).toISOString(),...l.map(({series:v})=>v[d]),s.total[d]])}),$=1e3/Math.max(s.count,1);return i`<${fe}
    title="Versions over time"
    legend=${i`${l.map(({name:m,version:d,series:v},w)=>i`<span key=${u[w]} class="legend-entry">
          <i class="legend-line" style=${{background:`var(${A(m)})`,opacity:Pe(l,w)}}></i>${G(m,d)}
          <b>${T(v.at(-1),s.total.at(-1))}</b>
        </span>`)}`}
    table=${c}
    asTable=${e}
    onToggle=${()=>a(!e)}
  >
    ${e?i`<${j}
          caption="Versions over time"
          height=${240}
          rowKey=${m=>m}
          rows=${p.map((m,d)=>d).reverse()}
          columns=${[{id:"time",title:"time",value:m=>p[m],cell:m=>I(p[m],{local:n,date:!0}),rank:1},...u.map((m,d)=>({id:m,title:m,end:!0,value:v=>l[d].series[v],rank:d<2?d+2:void 0}))]}
        />`:i`<div class="versions-chart">
          <svg viewBox="0 0 1000 120" preserveAspectRatio="none" role="img" aria-label=${`Versions over time: ${l.map(({series:m},d)=>`${u[d]} ${T(m.at(-1),s.total.at(-1))}`).join("; ")}`}>
            ${r.map((m,d)=>m.map(({from:v,to:w},L)=>w>v&&i`<rect
                    key=${`${d} ${L}`}
                    x=${L*$}
                    y=${120-w*120}
                    width=${$-($>6?1:0)}
                    height=${(w-v)*120}
                    style=${{fill:`var(${A(l[d].name)})`,fillOpacity:Pe(l,d)}}
                  ><title>${`${I(p[L],{local:n,date:!0})} \xB7 ${u[d]}: ${T(l[d].series[L],s.total[L])}`}</title></rect>`))}
          </svg>
          <div class="versions-axis muted"><span>${I(p[0],{local:n,date:!0})}</span><span>${I(p.at(-1),{local:n,date:!0})}</span></div>
        </div>`}
  <//>`}function Pe(t,e){let a=t.slice(0,e).filter(({name:n})=>n===t[e].name).length;return[.8,.55,.35,.2][Math.min(a,3)]}function nt({data:t}){return i`<${j}
    caption="Implementations"
    rows=${t.implementations}
    rowKey=${e=>`${e.name} ${e.version}`}
    sort="-nodes"
    csv="implementations"
    height=${420}
    onOpen=${e=>ue("nodes",{q:[e.name,e.version].filter(Boolean).join(" ")})}
    columns=${[{id:"implementation",title:"implementation",value:e=>G(e.name,e.version),cell:e=>i`<${J} name=${e.name} version=${e.version} />`,rank:1},{id:"nodes",title:"nodes",end:!0,value:e=>e.nodes,cell:e=>i`<span title=${`${h(e.connected,"node")} connected now; ${h(e.changed,"node")} had another version before`}>${f(e.connected)} of ${f(e.nodes)}${e.changed>0&&i` <span class="muted">(${f(e.changed)} changed)</span>`}</span>`,rank:2},{id:"spread",title:"spread",help:"From the first node with this version until all nodes of the implementation had it",value:e=>e.spread.reached,saved:e=>ae(e.spread),cell:e=>i`<span title=${st(e.spread,Y.value)}>${ae(e.spread)}</span>`},{id:"states",title:"states now",value:e=>e.levels.bad*1e6+e.levels.warning,cell:e=>i`<${at} levels=${e.levels} />`},{id:"best",title:"best lag",help:"Slots behind the network: median and most of its connected nodes",end:!0,value:e=>e.best_lag_max,cell:e=>Fe(e.best_lag_p50,e.best_lag_max)},{id:"finalized",title:"final. lag",help:"Slots behind the network: median and most of its connected nodes",end:!0,value:e=>e.finalized_lag_max,cell:e=>Fe(e.finalized_lag_p50,e.finalized_lag_max)},{id:"p50",title:"import p50",end:!0,value:e=>e.import_p50_ms,cell:e=>i`<span title=${h(e.imports,"import")}>${g(e.import_p50_ms)}</span>`},{id:"p95",title:"import p95",end:!0,value:e=>e.import_p95_ms,cell:e=>i`<span title=${h(e.imports,"import")}>${g(e.import_p95_ms)}</span>`,rank:3},{id:"imports",title:"imports",end:!0,value:e=>e.imports,cell:e=>f(e.imports)},{id:"failures",title:"failures",end:!0,value:e=>e.failures,cell:e=>i`<span title=${`At ${T(e.failing_nodes,e.nodes)} of its nodes`}>${f(e.failures)}</span>`},{id:"findings",title:"rules broken",help:"Errors, warnings and notes",value:e=>e.errors*1e6+e.warnings*1e3+e.infos,cell:e=>i`<${ot} row=${e} />`}]}
  />`}function st({first_at:t,half_at:e,most_at:a,all_at:n},s){return[["first node",t],["half",e],["nine tenths",a],["all",n]].map(([r,o])=>`${r}: ${o?I(o,{local:s,date:!0}):"not in this range"}`).join("; ")}function Fe(t,e){return e===null?i`<span class="muted" title="None of its connected nodes has reported a block">${"\u2014"}</span>`:i`${f(t)} <span class="muted">(most ${f(e)})</span>`}function at({levels:t}){return i`<span class="row-of nowrap">
    ${ve.filter(({level:e})=>t[e]>0).map(({level:e,mark:a,word:n})=>i`<${x} key=${e} state=${a} word=${f(t[e])} title=${`${f(t[e])} ${n}`} />`)}
  </span>`}function ot({row:t}){return!t.errors&&!t.warnings&&!t.infos?i`<span class="muted">none</span>`:i`<span class="row-of nowrap" title=${`Errors or warnings at ${T(t.deviating_nodes,t.nodes)} of its nodes`}>
    ${t.errors>0&&i`<${x} state="bad" word=${f(t.errors)} title=${h(t.errors,"error")} />`}
    ${t.warnings>0&&i`<${x} state="warn" word=${f(t.warnings)} title=${h(t.warnings,"warning")} />`}
    ${t.infos>0&&i`<${x} state="info" word=${f(t.infos)} title=${h(t.infos,"note")} />`}
  </span>`}function rt({steps:t}){let e=B.value.parameters.steps==="all",a=b(()=>it(t),[t]),n=e?a:a.slice(0,le),s=b(()=>Ae(n.flatMap(({rows:r})=>r.map(o=>o.histogram))),[a,e]),l=()=>({titles:["step","implementation","count","p50 ms","p90 ms","p95 ms","p99 ms"],rows:a.flatMap(({step:r,rows:o})=>o.map(p=>[r,p.group??"unknown",p.count,p.p50_ms,p.p90_ms,p.p95_ms,p.p99_ms]))});return i`
    <figure class="ridges" role="figure" aria-label="Durations by step and implementation">
      <div class="ridges-axis" aria-hidden="true">
        <span></span>
        <span class="ridges-ticks">
          ${ze(s).map(r=>i`<i key=${r} style=${{insetInlineStart:`${V(r,s)*100}%`}}>${g(r)}</i>`)}
        </span>
        <span class="end">p50</span><span class="end">p95</span><span class="end">count</span>
      </div>
      ${n.map(({step:r,from:o,to:p,rows:u})=>i`<section key=${r} data-step=${r}>
          <h3>${o?U(o,p):r}</h3>
          ${u.map(c=>i`<div key=${c.group} class="ridge">
              <span class="ridge-name">${c.group??"unknown"}</span>
              <svg viewBox=${`0 0 ${X} ${pe}`} preserveAspectRatio="none" role="img" aria-label=${`${c.group}: median ${g(c.p50_ms)}, 95 % up to ${g(c.p95_ms)}`}>
                <path d=${Oe(c.histogram,s,X,pe)} style=${{fill:`var(${A(String(c.group??"").replace(/ [^ ]*$/,""))})`}} />
                ${[c.p50_ms,c.p95_ms].map(($,m)=>$!==null&&i`<line key=${m} class="ridge-mark" x1=${V($,s)*X} x2=${V($,s)*X} y1="0" y2=${pe} />`)}
              </svg>
              <span class="end nowrap">${g(c.p50_ms)}</span>
              <span class="end nowrap">${g(c.p95_ms)}</span>
              <span class="end nowrap muted">${f(c.count)}</span>
            </div>`)}
        </section>`)}
    </figure>
    <div class="row-of">
      ${a.length>le&&i`<button type="button" class="button small" onClick=${()=>M({steps:e?void 0:"all"})}>
        ${e?`Show the ${le} most frequent`:`Show all ${a.length} steps`}
      </button>`}
      <span class="muted">Lines: p50 and p95. Height: share of samples, each strip by its highest. ${k(.1)} is the error of a percentile at most.</span>
      <${N} name="durations" table=${l} />
    </div>
  `}function it(t){let e=new Map;for(let a of t){let n=e.get(a.step)??{step:a.step,from:a.from,to:a.to,count:0,rows:[]};n.count+=a.count,n.rows.push(a),e.set(a.step,n)}for(let{rows:a}of e.values())a.sort((n,s)=>String(n.group).localeCompare(String(s.group)));return[...e.values()].sort((a,n)=>n.count-a.count||(a.step<n.step?-1:1))}export{Ye as default};
