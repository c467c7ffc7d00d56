import{a as te,b as R}from"./chunk-MFMFWH2R.js";import{a as ne}from"./chunk-TTKPQHDE.js";import"./chunk-TXAUWCT5.js";import{a as ee}from"./chunk-WX3CYZ47.js";import{a as X,b as Z}from"./chunk-AKSJZBGR.js";import{j as V}from"./chunk-KRAVIHDX.js";import{d as Q}from"./chunk-ZFXL5XR5.js";import"./chunk-64NYMZCS.js";import{a as v,b as q}from"./chunk-MT5OO2NG.js";import{d as F}from"./chunk-YOR7I55X.js";import{a as J}from"./chunk-A5KFDUZV.js";import{m as E}from"./chunk-M7IQUFDT.js";import{b as m,e as B}from"./chunk-VKJMGN7J.js";import{a as H,b as h}from"./chunk-DXBXNIWB.js";import{L as I,N as W,O as g,P as Y,R as A,S as O,U as M,a as c,d,e as j,f as U,g as x,h as S,i as b,l as f,n as k,p as _,u as N,w as p,x as y,y as T}from"./chunk-2IMSLPX3.js";import{h as G,k as u,l as o,n as z}from"./chunk-EUVXIHW5.js";var P=[["announced_to","announced to it"],["transferred","transferred"],["importing","importing"],["verified","verified"],["announced_by","announced by it"],["executed","executed"],["best","best"],["finalized","finalized"]],w=P.slice(0,-1),D=6e4;function L(e,t){let{stages:n}=e;return n.node.map((a,s)=>({node:t[a],had:n.had[s],stages:Object.fromEntries(P.map(([i])=>[i,n[i][s]])),verification:n.verification_ms[s],execution:n.execution_ms[s]}))}function oe(e,t){return e.filter(a=>a.had!==null&&a.had<=D).sort((a,s)=>Number(a.had)-Number(s.had)).map((a,s)=>({id:a.node.node_id,x:Number(a.had),y:(s+1)/t,place:k(a.node.implementation_name),row:a}))}function se(e,t){return t===null?e:e.filter(({had:n})=>n!==null&&n>=t[0]&&n<=t[1])}function K(e){let t=/^(-?\d+(?:\.\d+)?)~(-?\d+(?:\.\d+)?)$/.exec(e??"");if(!t)return null;let[n,a]=[Number(t[1]),Number(t[2])];return n<a?[n,a]:null}function ae(e){return e===null?void 0:`${Math.floor(e[0]*10)/10}~${Math.ceil(e[1]*10)/10}`}function ie(e){let t=new Float64Array(e.length*w.length);return e.forEach(({stages:n},a)=>{w.forEach(([s],i)=>{t[a*w.length+i]=n[s]??NaN})}),t}function re(e,t){let n=new Map;for(let a of e){if(a[t]===null)continue;let s=`${a.node.implementation_name??""} ${a.node.implementation_version??""}`,i=n.get(s)??{name:a.node.implementation_name,version:a.node.implementation_version,rows:[],median:0};i.rows.push(a),n.set(s,i)}for(let a of n.values()){let s=a.rows.map(i=>Number(i[t])).sort((i,l)=>i-l);a.median=s[Math.ceil(s.length/2)-1]}return[...n.values()].sort((a,s)=>s.rows.length-a.rows.length||String(a.name).localeCompare(String(s.name)))}J(ee);var ue=2**32-1,le=30;function me({slot:e}){let t=/^\d{1,10}$/.test(e)&&Number(e)<=ue?Number(e):null;return t===null?o`<${he} text=${e} />`:o`<${fe} key=${t} slot=${t} />`}function he({text:e}){let t=E("the newest slot",n=>M.slots({count:1},{signal:n}));return o`<${H} title="Slot">
    <${m} title=${`\u201C${decodeURIComponent(e)}\u201D is not a slot.`}>
      A slot is a number such as ${t.data?o`<a href=${p(`slots/${t.data.newest_slot}`)}>${c(t.data.newest_slot)}</a>, the newest`:"10039410"}.
    <//>
  <//>`}function fe({slot:e}){let t=N.value.parameters.clock==="node"?"node":"server",n=E(`slot ${e}`,i=>M.slotPropagation(e,{clock:t},{signal:i}),{every:6e3,deps:[e,t]}),a=E("the slots around it",i=>M.slots({before:Math.min(e+le,ue)+1,count:2*le+1,clock:t},{signal:i}),{every:12e3,deps:[e,t]}),s=n.data?.newest_slot??null;return G(()=>{function i(l){let $=l.target;if(l.ctrlKey||l.metaKey||l.altKey||$.closest("input, textarea, select, [role=grid], [role=list], [role=img]"))return;let r={ArrowLeft:-1,ArrowRight:1}[l.key];r&&e+r>=0&&y(`slots/${e+r}`,{clock:t==="node"?"node":void 0})}return document.addEventListener("keydown",i),()=>document.removeEventListener("keydown",i)},[e,t]),o`<${H}
    title=${`Slot ${c(e)}`}
    question="How did its block reach the nodes, and who was late?"
    actions=${o`<${ge} slot=${e} newest=${s} clock=${t} /><${X} clock=${t} />`}
  >
    <${h} title="Around it" note="click: that slot">
      <div class="slot-around">
        <${B} answer=${a} lines=${5}>
          ${i=>o`<${V} answer=${pe(i)} selected=${e} title="Slots around it" />`}
        <//>
      </div>
    <//>
    <${B} answer=${n} lines=${12}>
      ${i=>o`<${ve} data=${i} />`}
    <//>
  <//>`}function pe(e){return{...e,slots:e.slots.filter(({slot:t})=>t<=e.newest_slot)}}function ge({slot:e,newest:t,clock:n}){let a=n==="node"?{clock:n}:{};return o`<span class="row-of">
    ${e>0&&o`<a class="button small" href=${p(`slots/${e-1}`,a)} title="Previous slot ( ← )"><${z} name="left" />${c(e-1)}</a>`}
    ${(t===null||e<t)&&o`<a class="button small" href=${p(`slots/${e+1}`,a)} title="Next slot ( → )">${c(e+1)}<${z} name="right" /></a>`}
    ${t!==null&&t>0&&e!==t&&o`<a class="button small" href=${p(`slots/${t}`,a)}>Newest</a>`}
    <a class="button small" href=${p("events",{slot:e})}>Its events</a>
    <${Y} label="Copy the link" text=${()=>window.location.href}>Link<//>
  </span>`}function ve({data:e}){let{blocks:t,nodes:n,failures:a}=e,s=t.length>1;return o`
    <div class="stack" data-slot=${e.slot} data-state=${e.state} data-blocks=${t.length}>
      ${t.length===0&&o`<${we} data=${e} />`}
      ${s&&o`<div class="notice" data-state="warn" role="status">A fork: ${f(t.length,"block")} of this slot, side by side.</div>`}
      <div class="cards">
        ${t.map(i=>o`<${_e} key=${i.hash} block=${i} size=${s?"half":void 0} />`)}
        ${t.map(i=>o`<${ye} key=${`curve-${i.hash}`} block=${i} nodes=${n} several=${s} size=${s?"half":void 0} />`)}
        ${a.length>0&&o`<${Ae} data=${e} />`}
        ${t.map(i=>o`<${Se} key=${`work-${i.hash}`} block=${i} nodes=${n} several=${s} />`)}
        ${t.map(i=>o`<${Ne} key=${`nodes-${i.hash}`} block=${i} nodes=${n} several=${s} />`)}
      </div>
    </div>
  `}function we({data:e}){let t=o`<a href=${p(`slots/${e.newest_slot}`)}>slot ${c(e.newest_slot)}</a>`;return e.newest_slot===0?o`<${m} title="No block is known yet.">Slots appear when a node that authors or imports one connects.<//>`:e.slot>e.newest_slot?o`<${m} title="This slot has not begun."> The newest is ${t}.<//>`:e.state==="pending"?o`<${m} title="No block yet."> The slot may still get one; this page follows it.<//>`:e.state==="missed"?o`<${m} title="Missed: no node had a block of this slot.">
      ${e.failures.length?"Its author failed; see below.":"Nodes were connected then; none authored or imported one."} The newest is ${t}.
    <//>`:o`<${m} title="Nothing is known of this slot.">
    No node was connected to this server then, or its events have expired. The newest is ${t}.
  <//>`}function _e({block:e,size:t}){let n=[["guarantee",e.num_guarantees],["assurance",e.num_assurances],["ticket",e.num_tickets],["preimage",e.num_preimages],["dispute verdict",e.num_dispute_verdicts]].filter(([,a])=>Number(a)>0);return o`<${h}
    size=${t}
    title=${o`Block <span class="mono">${S(e.hash)}</span>`}
    note=${o`<${Z} chain=${e.chain} />`}
  >
    <${q}>
      <${v} id="nodes" label="Nodes that had it" value=${`${c(e.nodes)} of ${c(e.expected)}`} note=${x(e.share)} state=${e.never.length?"warn":void 0} />
      <${v} id="p50" label="50 %" value=${d(e.until_50_ms)} />
      <${v} id="p90" label="90 %" value=${d(e.until_90_ms)} />
      <${v} id="p99" label="99 %" value=${d(e.until_99_ms)} />
      <${v} id="size" label="Size" value=${j(e.size_bytes)} />
      <${v} id="authoring" label="Authoring took" value=${d(e.authoring_ms)} />
    <//>
    <dl class="pairs block-pairs">
      <dt>Author</dt>
      <dd>${e.author?o`<${g} node=${e.author} />`:o`<span class="muted">— it sends no telemetry to this server</span>`}</dd>
      <dt>${e.reference==="authored"?"Authored":"First had"}</dt>
      <dd><${O} value=${e.authored_at??e.first_had_at} fraction /> <span class="muted">${e.reference==="authored"?"times count from here":"times count from here: the author\u2019s is not known"}</span></dd>
      <dt>Hash</dt><dd><${A} value=${e.hash} /></dd>
      <dt>Parent</dt><dd><${A} value=${e.parent} /></dd>
      <dt>Contents</dt>
      <dd>${n.length?n.map(([a,s])=>f(Number(s),String(a))).join(", "):e.size_bytes===null?"\u2014":"no extrinsics"}</dd>
    </dl>
  <//>`}function ce(){return N.value.parameters.scale==="log"}function ye({block:e,nodes:t,several:n,size:a}){let s=u(()=>L(e,t),[e]),i=u(()=>oe(s,e.expected).map(r=>({...r,text:`${b(r.id)} \xB7 ${_(r.row.node.implementation_name,r.row.node.implementation_version)} \xB7 ${d(r.x)} \xB7 ${x(r.y)}`})),[s]),l=ce(),$=n?`Propagation of ${S(e.hash)}`:"Propagation";return o`<${h}
    title=${$}
    size=${a}
    note="each dot is a node; drag to select"
    actions=${o`<${Q}
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
          onSelect=${r=>T({part:ae(r)})}
          onOpen=${r=>y(`nodes/${r.id}`)}
          legend=${o`<${xe} rows=${s} />`}
          columns=${[{id:"node",title:"node",value:r=>r.id,cell:r=>o`<${g} node=${r.row.node} />`,rank:1},{id:"ms",title:"had it after",end:!0,value:r=>r.x,cell:r=>d(r.x),rank:2},{id:"share",title:"share of nodes",end:!0,value:r=>r.y,cell:r=>x(r.y),rank:3}]}
        />`:o`<${m} title="No times.">
          ${e.without_clock?`The offsets of the clocks of ${f(e.without_clock,"node")} are not known; choose the server\u2019s clock.`:"No node reported that it had this block."}
        <//>`}
    ${e.without_clock>0&&i.length>0&&o`<p class="muted">${f(e.without_clock,"node")} left out: the offset of the clock is not known.</p>`}
  <//>`}function xe({rows:e}){return[...new Set(e.map(({node:n})=>n.implementation_name??""))].sort().map(n=>o`<span key=${n} class="legend-entry"><i class="swatch" data-place=${k(n)}></i>${n||"unknown"}</span>`)}function Se({block:e,nodes:t,several:n}){let a=u(()=>L(e,t),[e]),s=n?` of ${S(e.hash)}`:"";return o`
    <${de} rows=${a} name="verification" title=${`Verification${s}`} note="Importing to Block verified" />
    <${de} rows=${a} name="execution" title=${`Execution${s}`} note="Block verified to Block executed" />
  `}function de({rows:e,name:t,title:n,note:a}){let s=u(()=>re(e,t),[e]),i=u(()=>s.flatMap((l,$)=>l.rows.map((r,C)=>({id:r.node.node_id,x:Number(r[t]),y:1-($+.5+.6*te(C))/s.length,place:k(l.name),row:r,text:`${b(r.node.node_id)} \xB7 ${_(l.name,l.version)} \xB7 ${d(r[t])}`}))),[s]);return o`<${h} title=${n} size="half" note=${`${a}, own clocks`}>
    ${i.length===0?o`<${m} title="Not reported." />`:o`<${R}
          title=${n}
          dots=${i}
          left=${132}
          log=${ce()}
          height=${Math.max(96,34*s.length+30)}
          marks=${s.map((l,$)=>({y:1-($+.5)/s.length,label:ke(_(l.name,l.version))}))}
          onOpen=${l=>y(`nodes/${l.id}`)}
          legend=${s.map(l=>o`<span key=${l.name} class="legend-entry">${_(l.name,l.version)} <b>${d(l.median)}</b> median of ${c(l.rows.length)}</span>`)}
          columns=${[{id:"node",title:"node",value:l=>l.id,cell:l=>o`<${g} node=${l.row.node} />`,rank:1},{id:"ms",title:t,end:!0,value:l=>l.x,cell:l=>d(l.x),rank:2}]}
        />`}
  <//>`}function ke(e){return e.length>20?`${e.slice(0,19)}\u2026`:e}function Ne({block:e,nodes:t,several:n}){let a=u(()=>L(e,t),[e]),s=K(N.value.parameters.part),i=u(()=>se(a,s),[a,s?.[0],s?.[1]]),l=n?` of ${S(e.hash)}`:"",$=u(()=>ie(i),[i]);return o`
    ${e.never.length>0&&o`<${h} title=${`Never had it${l}`} note=${U(e.never.length,e.expected)}>
      <ul class="node-list" data-never=${e.never.length}>
        ${e.never.map(r=>o`<li key=${r}><${g} node=${t[r]} state="bad" word="never had it" /></li>`)}
      </ul>
    <//>`}
    <${h}
      title=${`Stages by node${l}`}
      note=${s?o`${f(i.length,"node")} that had it after ${d(s[0])} to ${d(s[1])}`:f(i.length,"node")}
      actions=${s&&o`<button type="button" class="button small" onClick=${()=>T({part:void 0})}>Show all</button>`}
    >
      <${ne}
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
    <${h} title=${s?`Selected nodes${l}`:`Nodes${l}, the latest first`} flush>
      <${be} rows=${i} />
    <//>
  `}function be({rows:e}){let t=(n,a,s)=>({id:n,title:a,end:!0,rank:s,value:i=>i.stages[n],cell:i=>d(i.stages[n])});return o`<${F}
    caption="Nodes of the block"
    csv="block-nodes"
    sort="-had"
    height=${480}
    rows=${e}
    rowKey=${n=>n.node.node_id}
    onOpen=${n=>y(`nodes/${n.node.node_id}`)}
    columns=${[{id:"node",title:"node",value:n=>n.node.node_id,cell:n=>o`<${g} node=${n.node} short />`,rank:1},{id:"implementation",title:"implementation",value:n=>_(n.node.implementation_name,n.node.implementation_version),cell:n=>o`<${W} name=${n.node.implementation_name} version=${n.node.implementation_version} />`},{id:"had",title:"had it after",help:"First Authored, Importing or Best block changed event",end:!0,value:n=>n.had??-1,cell:n=>Te(n),rank:2},...P.map(([n,a])=>t(n,a,n==="executed"?3:void 0)),{id:"verification",title:"verification",end:!0,value:n=>n.verification,cell:n=>d(n.verification)},{id:"execution",title:"execution",end:!0,value:n=>n.execution,cell:n=>d(n.execution)}]}
  />`}function Te({had:e}){return e===null?o`<span class="muted" title="The node was told of the block; no event shows that it had it.">${"\u2014"}</span>`:e>D?o`<${I} state="warn" word=${`late: ${d(e)}`} />`:d(e)}function Ae({data:e}){return o`<${h} title="Failures" note=${f(e.failures.length,"event")} flush>
    <${F}
      caption="Failures"
      csv="failures"
      height=${280}
      rows=${e.failures.map((t,n)=>({...t,index:n}))}
      rowKey=${t=>t.index}
      columns=${[{id:"node",title:"node",value:t=>e.nodes[t.node].node_id,cell:t=>o`<${g} node=${e.nodes[t.node]} />`,rank:1},{id:"stage",title:"stage",value:t=>t.stage,cell:t=>o`<${I} state="bad" word=${`${t.stage} failed`} />`,rank:2},{id:"reason",title:"reason",value:t=>t.reason,rank:3},{id:"block",title:"block",value:t=>t.hash,cell:t=>o`<${A} value=${t.hash} />`},{id:"after",title:"after",end:!0,value:t=>t.ms,cell:t=>d(t.ms)},{id:"at",title:"received",value:t=>t.at,cell:t=>o`<${O} value=${t.at} fraction />`}]}
    />
  <//>`}export{me as default};
