import{a as ne,b as R}from"./chunk-CIPBZJON.js";import{a as se}from"./chunk-OIL2DMHN.js";import{a as oe}from"./chunk-HFXSJWWH.js";import"./chunk-TXAUWCT5.js";import{a as te}from"./chunk-WX3CYZ47.js";import{c as Z,d as ee}from"./chunk-QWABQPA2.js";import{b as X}from"./chunk-OYJLUT6D.js";import{b as v,c as L}from"./chunk-QLZ46DTY.js";import{d as J}from"./chunk-5MFNBTI5.js";import{a as Q}from"./chunk-G37EDIRC.js";import{a as p,b as q}from"./chunk-WQNOXECZ.js";import{a as V}from"./chunk-A5KFDUZV.js";import{a as F,b as h}from"./chunk-HZVHJNCT.js";import{a as E}from"./chunk-LSKVQWEN.js";import{a as A}from"./chunk-QCITNMUN.js";import{b as m,e as B}from"./chunk-IIW3BLOX.js";import"./chunk-ZVTLTR5U.js";import{d as H}from"./chunk-5HTXFBE2.js";import{D as I,E as W,F as Y,H as O,a as c,e as d,f as j,g as U,h as x,i as S,j as b,m as f,n as k,p as _}from"./chunk-DYZXLK2B.js";import"./chunk-NIKDHXBC.js";import{g as N,i as g,j as y,k as T}from"./chunk-37NB6NY5.js";import{i as G,k as u,l as o,n as z}from"./chunk-QNZ3L47H.js";var P=[["announced_to","announced to it"],["transferred","transferred"],["importing","importing"],["verified","verified"],["announced_by","announced by it"],["executed","executed"],["best","best"],["finalized","finalized"]],w=P.slice(0,-1),D=6e4;function M(e,t){let{stages:n}=e;return n.node.map((s,a)=>({node:t[s],had:n.had[a],stages:Object.fromEntries(P.map(([i])=>[i,n[i][a]])),verification:n.verification_ms[a],execution:n.execution_ms[a]}))}function ae(e,t){return e.filter(s=>s.had!==null&&s.had<=D).sort((s,a)=>Number(s.had)-Number(a.had)).map((s,a)=>({id:s.node.node_id,x:Number(s.had),y:(a+1)/t,place:k(s.node.implementation_name),row:s}))}function ie(e,t){return t===null?e:e.filter(({had:n})=>n!==null&&n>=t[0]&&n<=t[1])}function K(e){let t=/^(-?\d+(?:\.\d+)?)~(-?\d+(?:\.\d+)?)$/.exec(e??"");if(!t)return null;let[n,s]=[Number(t[1]),Number(t[2])];return n<s?[n,s]:null}function re(e){return e===null?void 0:`${Math.floor(e[0]*10)/10}~${Math.ceil(e[1]*10)/10}`}function le(e){let t=new Float64Array(e.length*w.length);return e.forEach(({stages:n},s)=>{w.forEach(([a],i)=>{t[s*w.length+i]=n[a]??NaN})}),t}function de(e,t){let n=new Map;for(let s of e){if(s[t]===null)continue;let a=`${s.node.implementation_name??""} ${s.node.implementation_version??""}`,i=n.get(a)??{name:s.node.implementation_name,version:s.node.implementation_version,rows:[],median:0};i.rows.push(s),n.set(a,i)}for(let s of n.values())s.median=Q(s.rows.map(a=>Number(a[t])))??0;return[...n.values()].sort((s,a)=>a.rows.length-s.rows.length||String(s.name).localeCompare(String(a.name)))}V(te);var me=2**32-1,$e=30;function fe({slot:e}){let t=/^\d{1,10}$/.test(e)&&Number(e)<=me?Number(e):null;return t===null?o`<${pe} text=${e} />`:o`<${ge} key=${t} slot=${t} />`}function pe({text:e}){let t=E("the newest slot",n=>A.slots({count:1},{signal:n}));return o`<${F} title="Slot">
    <${m} title=${`\u201C${decodeURIComponent(e)}\u201D is not a slot.`}>
      A slot is a number such as ${t.data?o`<a href=${g(`slots/${t.data.newest_slot}`)}>${c(t.data.newest_slot)}</a>, the newest`:"10039410"}.
    <//>
  <//>`}function ge({slot:e}){let t=N.value.parameters.clock==="node"?"node":"server",n=E(`slot ${e}`,i=>A.slotPropagation(e,{clock:t},{signal:i}),{every:6e3,deps:[e,t]}),s=E("the slots around it",i=>A.slots({before:Math.min(e+$e,me)+1,count:2*$e+1,clock:t},{signal:i}),{every:12e3,deps:[e,t]}),a=n.data?.newest_slot??null;return G(()=>{function i(l){let $=l.target;if(l.ctrlKey||l.metaKey||l.altKey||$.closest("input, textarea, select, [role=grid], [role=list], [role=img]"))return;let r={ArrowLeft:-1,ArrowRight:1}[l.key];r&&e+r>=0&&y(`slots/${e+r}`,{clock:t==="node"?"node":void 0})}return document.addEventListener("keydown",i),()=>document.removeEventListener("keydown",i)},[e,t]),o`<${F}
    title=${`Slot ${c(e)}`}
    question="How did its block reach the nodes, and who was late?"
    actions=${o`<${we} slot=${e} newest=${a} clock=${t} /><${Z} clock=${t} />`}
  >
    <${h} title="Around it" note="click: that slot">
      <div class="slot-around">
        <${B} answer=${s} lines=${5}>
          ${i=>o`<${J} answer=${ve(i)} selected=${e} title="Slots around it" />`}
        <//>
      </div>
    <//>
    <${B} answer=${n} lines=${12}>
      ${i=>o`<${_e} data=${i} />`}
    <//>
  <//>`}function ve(e){return{...e,slots:e.slots.filter(({slot:t})=>t<=e.newest_slot)}}function we({slot:e,newest:t,clock:n}){let s=n==="node"?{clock:n}:{};return o`<span class="row-of">
    ${e>0&&o`<a class="button small" href=${g(`slots/${e-1}`,s)} title="Previous slot ( ← )"><${z} name="left" />${c(e-1)}</a>`}
    ${(t===null||e<t)&&o`<a class="button small" href=${g(`slots/${e+1}`,s)} title="Next slot ( → )">${c(e+1)}<${z} name="right" /></a>`}
    ${t!==null&&t>0&&e!==t&&o`<a class="button small" href=${g(`slots/${t}`,s)}>Newest</a>`}
    <a class="button small" href=${g("events",{slot:e})}>Its events</a>
    <${Y} label="Copy the link" text=${()=>window.location.href}>Link<//>
  </span>`}function _e({data:e}){let{blocks:t,nodes:n,failures:s}=e,a=t.length>1;return o`
    <div class="stack" data-slot=${e.slot} data-state=${e.state} data-blocks=${t.length}>
      ${t.length===0&&o`<${ye} data=${e} />`}
      ${a&&o`<div class="notice" data-state="warn" role="status">A fork: ${f(t.length,"block")} of this slot, side by side.</div>`}
      <div class="cards">
        ${t.map(i=>o`<${xe} key=${i.hash} block=${i} size=${a?"half":void 0} />`)}
        ${t.map(i=>o`<${Se} key=${`curve-${i.hash}`} block=${i} nodes=${n} several=${a} size=${a?"half":void 0} />`)}
        ${s.length>0&&o`<${Le} data=${e} />`}
        ${t.map(i=>o`<${Ne} key=${`work-${i.hash}`} block=${i} nodes=${n} several=${a} />`)}
        ${t.map(i=>o`<${Te} key=${`nodes-${i.hash}`} block=${i} nodes=${n} several=${a} />`)}
      </div>
    </div>
  `}function ye({data:e}){let t=o`<a href=${g(`slots/${e.newest_slot}`)}>slot ${c(e.newest_slot)}</a>`;return e.newest_slot===0?o`<${m} title="No block is known yet.">Slots appear when a node that authors or imports one connects.<//>`:e.slot>e.newest_slot?o`<${m} title="This slot has not begun."> The newest is ${t}.<//>`:e.state==="pending"?o`<${m} title="No block yet."> The slot may still get one; this page follows it.<//>`:e.state==="missed"?o`<${m} title="Missed: no node had a block of this slot.">
      ${e.failures.length?"Its author failed; see below.":"Nodes were connected then; none authored or imported one."} The newest is ${t}.
    <//>`:o`<${m} title="Nothing is known of this slot.">
    No node was connected to this server then, or its events have expired. The newest is ${t}.
  <//>`}function xe({block:e,size:t}){let n=[["guarantee",e.num_guarantees],["assurance",e.num_assurances],["ticket",e.num_tickets],["preimage",e.num_preimages],["dispute verdict",e.num_dispute_verdicts]].filter(([,s])=>Number(s)>0);return o`<${h}
    size=${t}
    title=${o`Block <span class="mono">${S(e.hash)}</span>`}
    note=${o`<${ee} chain=${e.chain} />`}
    actions=${o`<${se} path=${`blocks/${e.hash}`} />`}
  >
    <${q}>
      <${p} id="nodes" label="Nodes that had it" value=${`${c(e.nodes)} of ${c(e.expected)}`} note=${x(e.share)} state=${e.never.length?"warn":void 0} />
      <${p} id="p50" label="50 %" value=${d(e.until_50_ms)} />
      <${p} id="p90" label="90 %" value=${d(e.until_90_ms)} />
      <${p} id="p99" label="99 %" value=${d(e.until_99_ms)} />
      <${p} id="size" label="Size" value=${j(e.size_bytes)} />
      <${p} id="authoring" label="Authoring took" value=${d(e.authoring_ms)} />
    <//>
    <dl class="pairs block-pairs">
      <dt>Author</dt>
      <dd>${e.author?o`<${v} node=${e.author} />`:o`<span class="muted">— it sends no telemetry to this server</span>`}</dd>
      <dt>${e.reference==="authored"?"Authored":"First had"}</dt>
      <dd><${O} value=${e.authored_at??e.first_had_at} fraction /> <span class="muted">${e.reference==="authored"?"times count from here":"times count from here: the author\u2019s is not known"}</span></dd>
      <dt>Hash</dt><dd><${L} value=${e.hash} /></dd>
      <dt>Parent</dt><dd><${L} value=${e.parent} /></dd>
      <dt>Contents</dt>
      <dd>${n.length?n.map(([s,a])=>f(Number(a),String(s))).join(", "):e.size_bytes===null?"\u2014":"no extrinsics"}</dd>
    </dl>
  <//>`}function he(){return N.value.parameters.scale==="log"}function Se({block:e,nodes:t,several:n,size:s}){let a=u(()=>M(e,t),[e]),i=u(()=>ae(a,e.expected).map(r=>({...r,text:`${b(r.id)} \xB7 ${_(r.row.node.implementation_name,r.row.node.implementation_version)} \xB7 ${d(r.x)} \xB7 ${x(r.y)}`})),[a]),l=he(),$=n?`Propagation of ${S(e.hash)}`:"Propagation";return o`<${h}
    title=${$}
    size=${s}
    note="each dot is a node; drag to select"
    actions=${o`<${X}
      label="Scale of times"
      choices=${[{id:"linear",label:"linear"},{id:"log",label:"log"}]}
      selected=${l?"log":"linear"}
      onSelect=${r=>T({scale:r==="log"?"log":void 0})}
    />`}
  >
    ${i.length?o`<${R}
          title=${`${$}: share of the nodes that had the block, by time since ${e.reference==="authored"?"authoring":"the first node had it"}`}
          dots=${i}
          step
          log=${l}
          marks=${[0,.5,.9,1].map(r=>({y:r,label:x(r)}))}
          selected=${K(N.value.parameters.part)}
          onSelect=${r=>T({part:re(r)})}
          onOpen=${r=>y(`nodes/${r.id}`)}
          legend=${o`<${ke} rows=${a} />`}
          columns=${[{id:"node",title:"node",value:r=>r.id,cell:r=>o`<${v} node=${r.row.node} />`,rank:1},{id:"ms",title:"had it after",end:!0,value:r=>r.x,cell:r=>d(r.x),rank:2},{id:"share",title:"share of nodes",end:!0,value:r=>r.y,cell:r=>x(r.y),rank:3}]}
        />`:o`<${m} title="No times.">
          ${e.without_clock?`The offsets of the clocks of ${f(e.without_clock,"node")} are not known; choose the server\u2019s clock.`:"No node reported that it had this block."}
        <//>`}
    ${e.without_clock>0&&i.length>0&&o`<p class="muted">${f(e.without_clock,"node")} left out: the offset of the clock is not known.</p>`}
  <//>`}function ke({rows:e}){return[...new Set(e.map(({node:n})=>n.implementation_name??""))].sort().map(n=>o`<span key=${n} class="legend-entry"><i class="swatch" data-place=${k(n)}></i>${n||"unknown"}</span>`)}function Ne({block:e,nodes:t,several:n}){let s=u(()=>M(e,t),[e]),a=n?` of ${S(e.hash)}`:"";return o`
    <${ue} rows=${s} name="verification" title=${`Verification${a}`} note="Importing to Block verified" />
    <${ue} rows=${s} name="execution" title=${`Execution${a}`} note="Block verified to Block executed" />
  `}function ue({rows:e,name:t,title:n,note:s}){let a=u(()=>de(e,t),[e]),i=u(()=>a.flatMap((l,$)=>l.rows.map((r,C)=>({id:r.node.node_id,x:Number(r[t]),y:1-($+.5+.6*ne(C))/a.length,place:k(l.name),row:r,text:`${b(r.node.node_id)} \xB7 ${_(l.name,l.version)} \xB7 ${d(r[t])}`}))),[a]);return o`<${h} title=${n} size="half" note=${`${s}, own clocks`}>
    ${i.length===0?o`<${m} title="Not reported." />`:o`<${R}
          title=${n}
          dots=${i}
          left=${132}
          log=${he()}
          height=${Math.max(96,34*a.length+30)}
          marks=${a.map((l,$)=>({y:1-($+.5)/a.length,label:be(_(l.name,l.version))}))}
          onOpen=${l=>y(`nodes/${l.id}`)}
          legend=${a.map(l=>o`<span key=${l.name} class="legend-entry">${_(l.name,l.version)} <b>${d(l.median)}</b> median of ${c(l.rows.length)}</span>`)}
          columns=${[{id:"node",title:"node",value:l=>l.id,cell:l=>o`<${v} node=${l.row.node} />`,rank:1},{id:"ms",title:t,end:!0,value:l=>l.x,cell:l=>d(l.x),rank:2}]}
        />`}
  <//>`}function be(e){return e.length>20?`${e.slice(0,19)}\u2026`:e}function Te({block:e,nodes:t,several:n}){let s=u(()=>M(e,t),[e]),a=K(N.value.parameters.part),i=u(()=>ie(s,a),[s,a?.[0],a?.[1]]),l=n?` of ${S(e.hash)}`:"",$=u(()=>le(i),[i]);return o`
    ${e.never.length>0&&o`<${h} title=${`Never had it${l}`} note=${U(e.never.length,e.expected)}>
      <ul class="node-list" data-never=${e.never.length}>
        ${e.never.map(r=>o`<li key=${r}><${v} node=${t[r]} state="bad" word="never had it" /></li>`)}
      </ul>
    <//>`}
    <${h}
      title=${`Stages by node${l}`}
      note=${a?o`${f(i.length,"node")} that had it after ${d(a[0])} to ${d(a[1])}`:f(i.length,"node")}
      actions=${a&&o`<button type="button" class="button small" onClick=${()=>T({part:void 0})}>Show all</button>`}
    >
      <${oe}
        title=${`Stages by node${l}`}
        rows=${i.length}
        columns=${w.length}
        values=${$}
        rowTitle="node"
        columnTitle="stage"
        rowLabel=${r=>b(i[r].node.node_id)}
        columnLabel=${r=>w[r][1]}
        domain=${[10,1e4]}
        log
        format=${d}
        cellHeight=${Math.max(4,Math.min(18,480/Math.max(1,i.length)))}
        onOpen=${r=>y(`nodes/${i[r].node.node_id}`)}
      />
      <div class="stage-titles" aria-hidden="true">${w.map(([r,C])=>o`<span key=${r}>${C}</span>`)}</div>
    <//>
    <${h} title=${a?`Selected nodes${l}`:`Nodes${l}, the latest first`} flush>
      <${Ae} rows=${i} />
    <//>
  `}function Ae({rows:e}){let t=(n,s,a)=>({id:n,title:s,end:!0,rank:a,value:i=>i.stages[n],cell:i=>d(i.stages[n])});return o`<${H}
    caption="Nodes of the block"
    csv="block-nodes"
    sort="-had"
    height=${480}
    rows=${e}
    rowKey=${n=>n.node.node_id}
    onOpen=${n=>y(`nodes/${n.node.node_id}`)}
    columns=${[{id:"node",title:"node",value:n=>n.node.node_id,cell:n=>o`<${v} node=${n.node} short />`,rank:1},{id:"implementation",title:"implementation",value:n=>_(n.node.implementation_name,n.node.implementation_version),cell:n=>o`<${W} name=${n.node.implementation_name} version=${n.node.implementation_version} />`},{id:"had",title:"had it after",help:"First Authored, Importing or Best block changed event",end:!0,value:n=>n.had??-1,cell:n=>Ee(n),rank:2},...P.map(([n,s])=>t(n,s,n==="executed"?3:void 0)),{id:"verification",title:"verification",end:!0,value:n=>n.verification,cell:n=>d(n.verification)},{id:"execution",title:"execution",end:!0,value:n=>n.execution,cell:n=>d(n.execution)}]}
  />`}function Ee({had:e}){return e===null?o`<span class="muted" title="The node was told of the block; no event shows that it had it.">${"\u2014"}</span>`:e>D?o`<${I} state="warn" word=${`late: ${d(e)}`} />`:d(e)}function Le({data:e}){return o`<${h} title="Failures" note=${f(e.failures.length,"event")} flush>
    <${H}
      caption="Failures"
      csv="failures"
      height=${280}
      rows=${e.failures.map((t,n)=>({...t,index:n}))}
      rowKey=${t=>t.index}
      columns=${[{id:"node",title:"node",value:t=>e.nodes[t.node].node_id,cell:t=>o`<${v} node=${e.nodes[t.node]} />`,rank:1},{id:"stage",title:"stage",value:t=>t.stage,cell:t=>o`<${I} state="bad" word=${`${t.stage} failed`} />`,rank:2},{id:"reason",title:"reason",value:t=>t.reason,rank:3},{id:"block",title:"block",value:t=>t.hash,cell:t=>o`<${L} value=${t.hash} />`},{id:"after",title:"after",end:!0,value:t=>t.ms,cell:t=>d(t.ms)},{id:"at",title:"received",value:t=>t.at,cell:t=>o`<${O} value=${t.at} fraction />`}]}
    />
  <//>`}export{fe as default};
