import{b as Y,c as w,k as tt}from"./chunk-NXGU27RW.js";import{a as Q}from"./chunk-A5KFDUZV.js";import{c as I}from"./chunk-5T32BEGS.js";import{m as q}from"./chunk-SPHRVP5U.js";import{b as X,e as Z}from"./chunk-6F6XN5K6.js";import{a as H,b as S}from"./chunk-DXBXNIWB.js";import{A as B,G as F,K as J,P as z,a as x,d as h,h as U,i as T,k as V,l as E,u as j,v as _,w as A,x as b}from"./chunk-MVD6GQUR.js";import{g as C,j as W,k,l as i,n as L}from"./chunk-EUVXIHW5.js";var ft={guarantees_received:"guarantee received",reported_on_chain:"seen on chain",guarantees_discarded:"guarantee discarded",shards_requested:"shards requested",shards_transferred:"shards transferred",shard_requests_failed:"shard requests failed"},R={submit:"submit",receive_share:"receive",authorize:"authorize",refine:"refine",report:"report",sign:"sign",guarantee:"guarantee",distribute:"distribute",share:"share",signature:"signature",duplicate:"duplicate",included:"included",available:"available"};function K(t,{corrected:s=!0,closed:e=new Set,overlaid:n=!1,name:a=o=>o.slice(0,8)}={}){let o=[],c=n?"with-":"";t.rows.forEach((r,u)=>{let f=`${c}${u}`,$=s?0:-r.clock_offset_ms,m=e.has(r.node_id)?r.shares.length:0,y=r.marks.map(({stage:p,at_ms:g,event_id:M})=>({stage:p,at:g,eventId:M}));o.push({key:f,kind:"node",label:a(r.node_id),node:r.node_id,row:r,bars:r.bars,marks:y,shift:$,overlaid:n,shares:m}),!m&&r.shares.forEach((p,g)=>o.push({key:`${f}/${g}`,kind:"share",label:`to ${a(p.peer_id??"")}`,node:p.peer_id,bars:[p],marks:[],shift:$,overlaid:n}))}),t.groups.forEach(r=>o.push({key:`${c}${r.name}`,kind:"group",label:ft[r.name]??r.name,node:null,bars:[],group:r,marks:[],shift:0,overlaid:n}));let l=$t(t);return l.length&&o.push({key:`${c}chain`,kind:"chain",label:"chain",node:null,bars:[],marks:l,shift:0,overlaid:n}),o}function $t({chain:t,critical_path:s}){let e=n=>s.find(a=>a.stage===n&&a.node_id===null)?.event_id??null;return[{stage:"guarantee received",at:t.guarantee_received_ms,eventId:null},{stage:"included",at:t.included_ms,eventId:e("included")},{stage:"available",at:t.available_ms,eventId:e("available")}].flatMap(({stage:n,at:a,eventId:o})=>a===null?[]:[{stage:n,at:a,eventId:o}])}function G(t){let[s,e]=[1/0,-1/0],n=o=>{o!==null&&(s=Math.min(s,o),e=Math.max(e,o))};for(let{bars:o,marks:c,group:l,shift:r}of t){for(let u of o)n(u.start_ms+r),n(u.end_ms+r);for(let u of c)n(u.at+r);l&&(n(l.first_ms),n(l.last_ms))}if(s>e)return[0,1];let a=Math.max((e-s)*.02,.05);return[Math.min(s,0)-a,e+a]}function nt(t,s){let e=/^(-?\d+(?:\.\d+)?)~(-?\d+(?:\.\d+)?)$/.exec(t??"");if(!e)return s;let[n,a]=[Number(e[1]),Number(e[2])].sort((l,r)=>l-r),[o,c]=[Math.max(s[0],n),Math.min(s[1],a)];return c-o>0?[o,c]:s}function at([t,s]){return`${et(t)}~${et(s)}`}function et(t){return Math.round(t*1e3)/1e3}function ot([t,s],e,n){let a=s-t,o=(t+s)/2;if(n==="in"||n==="out"){let l=Math.min(e[1]-e[0],Math.max(.1,n==="in"?a/2:a*2))/2;return st([o-l,o+l],e)}let c=(n==="left"?-a:a)/4;return st([t+c,s+c],e)}function st([t,s],[e,n]){let a=Math.min(s-t,n-e),o=Math.min(Math.max(t,e),n-a);return[o,o+a]}function v(t,s,[e,n]){if(s<e||t>n)return null;let a=100/(n-e),o=(Math.max(t,e)-e)*a,c=Math.max((Math.min(s,n)-Math.max(t,e))*a,.3);return{left:Math.min(o,99.7),width:c}}function lt([t,s],e=6){let n=(s-t)/e,a=10**Math.floor(Math.log10(n)),o=[1,2,5,10].map(l=>l*a).find(l=>l>=n)??n,c=Math.ceil(t/o);return Array.from({length:Math.max(0,Math.floor(s/o)-c+1)},(l,r)=>(c+r)*o)}function rt(t,[s,e],n=60){let a=new Array(n).fill(0),o=c=>Math.max(0,Math.min(n-1,Math.floor((c-s)/(e-s)*n)));for(let{bars:c,marks:l,group:r,shift:u}of t){for(let f of c)for(let $=o(f.start_ms+u);$<=o(f.end_ms+u);$+=1)a[$]+=1;for(let f of l)a[o(f.at+u)]+=1;r?.histogram?.counts.forEach((f,$)=>{f&&r.histogram&&(a[o(r.histogram.start_ms+($+.5)*r.histogram.bin_ms)]+=1)})}return a}function it(t){return t.flatMap(s=>[...s.bars.map(e=>({key:`${s.key} ${e.stage} ${e.start_ms}`,line:s.label,node:s.node,step:R[e.stage]??e.stage,status:e.status,start:e.start_ms+s.shift,end:e.end_ms+s.shift,typical:e.typical?.p50_ms??null,typicalMost:e.typical?.p95_ms??null,critical:e.is_critical,reason:e.reason,event:e.end_event_id})),...s.marks.map((e,n)=>({key:`${s.key} ${e.stage} ${n}`,line:s.label,node:s.node,step:e.stage.replaceAll("_"," "),status:"completed",start:e.at+s.shift,end:e.at+s.shift,typical:null,typicalMost:null,critical:!1,reason:null,event:e.eventId})),...s.group?[{key:`${s.key} group`,line:s.label,node:null,step:`${s.group.count} events of ${s.group.nodes} nodes`,status:"completed",start:s.group.first_ms??0,end:s.group.last_ms??0,typical:null,typicalMost:null,critical:!1,reason:Object.keys(s.group.reasons)[0]??null,event:s.group.first_event_id}]:[]])}Q(tt);var N=30,ht=80,pt=["available","failed","discarded"],mt=12,ct=/^(0x)?[0-9a-f]{64}$/i;function gt({hash:t}){let s=j.value.parameters.with,e=W(0),n=q("the work-package",async c=>{let l=await z.waterfall(t,{},{signal:c});return pt.includes(l.current_stage)&&(e.current+=1),l},{every:e.current>mt?6e4:5e3,deps:[t]}),a=q("the second package",c=>z.waterfall(s,{},{signal:c}),{deps:[s],when:!!s}),o=i`Work-package <span class="mono">${U(t)}</span> <${J} text=${t} label="Copy the whole hash" />`;return n.data===null&&[400,404].includes(n.error?.status)?i`<${H} title=${o}><${_t} hash=${t} error=${n.error} /><//>`:i`<${H} title=${o} question="Where did its time go?">
    <${Z} answer=${n} lines=${10}>
      ${c=>i`<${vt} data=${c} overlay=${s?a:null} other=${s} />`}
    <//>
  <//>`}function _t({hash:t,error:s}){return i`<${X} title=${s.status===404?"No such work-package is known.":"This is no reference of a work-package."}>
    <p>
      ${ct.test(t)?"The hash may be of a package that no guarantor has received, or that was received before the data that is stored.":"A package is found by its hash, by the hash of its report or of its erasure root (64 hex digits), or by the id of the event that began it."}
    </p>
    <p>Press <kbd>/</kbd> to search, or choose from the <a href=${_("work",{show:"all"})}>newest packages</a>.</p>
  <//>`}function vt({data:t,overlay:s,other:e}){let{own:n,view:a,closed:o,table:c}=j.value.parameters,l=n!=="1",r=k(()=>new Set((o??"").split(",").filter(Boolean)),[o]),u=s?.data??null,f=k(()=>[...K(t,{corrected:l,closed:r,name:T}),...u?K(u,{corrected:l,closed:r,overlaid:!0,name:T}):[]],[t,u,l,r]),$=k(()=>G(f),[f]),m=nt(a,$),y=k(()=>G(f.filter(({kind:g})=>g==="node")),[f]),p=g=>b({view:g[0]<=$[0]&&g[1]>=$[1]?void 0:at(g)});return i`<div class="journey">
    <${yt} data=${t} />
    ${t.truncated&&i`<p class="notice" data-state="warn">There are more events than were read; counts are complete, times of single nodes are not.</p>`}
    <${S}
      title="Waterfall"
      note=${`from ${V(t.origin,{local:B.value,date:!0,fraction:!0})}${B.value?"":" UTC"}`}
      flush
      actions=${i`<${kt} corrected=${l} table=${c==="1"} zoomed=${m!==$} onWhole=${()=>p($)} onGuarantors=${()=>p(y)} />`}
    >
      ${c==="1"?i`<${At} lines=${f} />`:i`<${wt} lines=${f} view=${m} extent=${$} onView=${p} closed=${r} />`}
      <${bt} />
    <//>
    <div class="cards">
      <${S} title="Critical path" size="half" note="each step begins where the one before it ended" flush><${It} data=${t} /><//>
      <${S} title="Other nodes" size="half" note="by the server's clock" flush><${Rt} groups=${t.groups} /><//>
      <${S} title="Lay a second package over it" size="half"><${Nt} hash=${t.hash} overlay=${s} other=${e} /><//>
    </div>
  </div>`}function yt({data:t}){let s=Y(t.current_stage),{included_ms:e,available_ms:n}=t.chain;return i`<p class="journey-sentence" data-stage=${t.current_stage} data-duration=${t.duration_ms}>
    <${F} state=${s.state} word=${w(t.current_stage)} />
    ${t.core_index!==null&&i`<a href=${_(`cores/${t.core_index}`)}>core ${t.core_index}</a>`}
    <span title=${t.guarantors.join(`
`)}>${t.guarantors.length?`signed by ${E(t.guarantors.length,"guarantor")}`:"no signature"}</span>
    ${t.slot!==null&&i`<span>guaranteed for slot <a href=${_(`slots/${t.slot}`)}>${x(t.slot)}</a></span>`}
    ${e!==null&&i`<span>seen on chain after ${h(e)}</span>`}
    ${n!==null&&i`<span>available after ${h(n)}</span>`}
    <span><b>${h(t.duration_ms)}</b> in all</span>
    ${t.failed&&i`<span class="journey-reason">■ ${t.failure_reason??"discarded: it could not be reported on chain"}</span>`}
    ${t.superseded&&i`<span class="muted">an attempt was superseded by another guarantor</span>`}
  </p>`}function kt({corrected:t,table:s,zoomed:e,onWhole:n,onGuarantors:a}){return i`
    ${!s&&!e&&i`<button type="button" class="button small" title="Zoom to the steps of the guarantors" onClick=${a}>Zoom to guarantors</button>`}
    ${e&&i`<button type="button" class="button small" onClick=${n}>Show all</button>`}
    <button
      type="button"
      class="button small"
      aria-pressed=${t}
      title="Shift the clocks of nodes to the server's. Without it, each row is by the clock of its node."
      onClick=${()=>b({own:t?"1":void 0,view:void 0})}
    >
      Clocks corrected
    </button>
    <button type="button" class="button quiet small icon-only" aria-pressed=${s} aria-label="Show as a table" title="Show as a table" onClick=${()=>b({table:s?void 0:"1"})}>
      <${L} name=${s?"chart":"table"} />
    </button>
  `}function bt(){return i`<div class="journey-legend" aria-hidden="true">
    <span><i class="wf-key wf-bar"></i>step</span>
    <span><i class="wf-key wf-bar critical"></i>on the critical path</span>
    <span><i class="wf-key wf-typical"></i>typical p50–p95 of the last hour</span>
    <span><i class="wf-key wf-bar failed"></i>■ failed</span>
    <span>◆ event</span>
    <span>Drag to zoom; + − ← → by keyboard, 0 shows all.</span>
  </div>`}function wt({lines:t,view:s,extent:e,onView:n,closed:a}){let[o,c]=C({top:0,height:640}),[l,r]=C(null),u=W(null),f=t.length>ht,$=f?Math.max(0,Math.floor(o.top/N)-8):0,m=f?Math.min(t.length,Math.ceil((o.top+o.height)/N)+8):t.length,y=lt(s),p={"+":"in","=":"in","-":"out",ArrowLeft:"left",ArrowRight:"right"};function g(d){if(!(d.ctrlKey||d.metaKey||d.altKey)){if(d.key in p)n(ot(s,e,p[d.key]));else if(d.key==="0")n(e);else return;d.preventDefault(),d.stopPropagation()}}function M(d){let O=u.current.getBoundingClientRect();return s[0]+(d.clientX-O.left)/O.width*(s[1]-s[0])}function ut(d){d.button!==0||d.target.closest("a, button")||r({from:M(d),to:M(d)})}function dt(){l&&Math.abs(l.to-l.from)>(s[1]-s[0])/100&&n([Math.min(l.from,l.to),Math.max(l.from,l.to)]),r(null)}let P=l&&v(Math.min(l.from,l.to),Math.max(l.from,l.to),s);return i`<div class="wf" role="figure" aria-label=${`Waterfall of ${t.length} lines`}>
    <div class="wf-head">
      <span class="wf-label muted">${h(s[1]-s[0])} shown</span>
      <${Mt} lines=${t} view=${s} extent=${e} onView=${n} />
    </div>
    <div class="wf-head">
      <span class="wf-label"></span>
      <span class="wf-axis" ref=${u} aria-hidden="true">
        ${y.map(d=>i`<i key=${d} style=${{left:`${v(d,d,s)?.left??0}%`}}>${d===0?"0":h(d)}</i>`)}
      </span>
    </div>
    <div
      class="wf-lines"
      tabindex="0"
      role="group"
      aria-label="Steps by node. Plus and minus zoom, left and right move, Tab reaches each step."
      onKeyDown=${g}
      onPointerDown=${ut}
      onPointerMove=${d=>l&&r({...l,to:M(d)})}
      onPointerUp=${dt}
      onPointerLeave=${()=>r(null)}
      onScroll=${({currentTarget:{scrollTop:d,clientHeight:O}})=>f&&c({top:d,height:O})}
      style=${{maxHeight:f?"640px":void 0}}
    >
      <div style=${{height:`${$*N}px`}}></div>
      ${t.slice($,m).map(d=>i`<${xt} key=${d.key} line=${d} view=${s} ticks=${y} closed=${a} />`)}
      <div style=${{height:`${(t.length-m)*N}px`}}></div>
      ${P&&i`<div class="wf-cover"><span class="wf-label"></span><span class="wf-track"><i class="wf-selection" style=${{left:`${P.left}%`,width:`${P.width}%`}}></i></span></div>`}
    </div>
  </div>`}function Mt({lines:t,view:s,extent:e,onView:n}){let a=k(()=>rt(t,e),[t,e]),o=Math.max(...a,1),c=v(s[0],s[1],e);function l(r){let u=r.currentTarget.getBoundingClientRect(),f=e[0]+(r.clientX-u.left)/u.width*(e[1]-e[0]),$=(s[1]-s[0])/2;n([Math.max(e[0],f-$),Math.min(e[1],f+$)])}return i`<span class="wf-map" aria-hidden="true" onClick=${l}>
    ${a.map((r,u)=>i`<i key=${u} style=${{height:`${100*r/o}%`}}></i>`)}
    ${c&&i`<b style=${{left:`${c.left}%`,width:`${c.width}%`}}></b>`}
  </span>`}function xt({line:t,view:s,ticks:e,closed:n}){let{kind:a,overlaid:o}=t;return i`<div class=${`wf-line ${a} ${o?"overlaid":""}`} data-line=${t.key}>
    <span class="wf-label"><${St} line=${t} closed=${n} /></span>
    <span class="wf-track">
      ${e.map(c=>i`<i key=${c} class="wf-tick" style=${{left:`${v(c,c,s)?.left??0}%`}}></i>`)}
      ${t.bars.map((c,l)=>i`<${Ot} key=${l} bar=${c} line=${t} view=${s} />`)}
      ${t.marks.map((c,l)=>i`<${Tt} key=${`mark-${l}`} mark=${c} next=${t.marks[l+1]} line=${t} view=${s} />`)}
      ${t.group&&i`<${Et} group=${t.group} view=${s} />`}
    </span>
  </div>`}function St({line:t,closed:s}){let{row:e,node:n}=t;if(!e)return i`<span class=${t.kind==="share"?"muted":""} title=${n??void 0}>${t.label}</span>`;let a=!s.has(e.node_id);function o(){let l=new Set(s);a?l.add(e?.node_id??""):l.delete(e?.node_id??""),b({closed:[...l].join(",")||void 0})}let c=`clock ${e.clock_offset_ms>=0?"+":""}${h(e.clock_offset_ms)}${e.is_corrected?"":", estimated from the first arrival"}`;return i`
    ${e.shares.length>0&&i`<button type="button" class="wf-toggle" aria-expanded=${a} aria-label=${`${E(e.shares.length,"share")} of ${t.label}`} onClick=${o}>
      <${L} name=${a?"down":"right"} />
    </button>`}
    <a class="mono" href=${_(`nodes/${e.node_id}`)} title=${`${e.node_id}
${c}`}>${t.label}</a>
    <span class="muted">${e.role}${t.shares?` +${t.shares}`:""}</span>
  `}function Ot({bar:t,line:s,view:e}){let[n,a]=[t.start_ms+s.shift,t.end_ms+s.shift],o=v(n,a,e);if(!o)return null;let c=R[t.stage]??t.stage,l=t.status==="failed",{typical:r}=t,u=r&&v(n+r.p50_ms,n+Math.max(r.p95_ms,r.p50_ms),e),f=r&&a-n>r.p95_ms,$=[`${c}: ${h(a-n)}`,r?`typical ${h(r.p50_ms)} to ${h(r.p95_ms)} (${E(r.sample_count,"sample")})`:"",f?"slower than 95 % of the last hour":"",t.reason?`${t.status}: ${t.reason}`:"",t.is_critical?"on the critical path":"",t.end_event_id===null?"its event is no longer stored":`opens event ${t.end_event_id}`].filter(Boolean).join(`
`),m={left:`${o.left}%`,width:`${o.width}%`},y=`wf-bar ${l?"failed":t.status} ${t.is_critical?"critical":""} ${f?"slow":""}`,p=i`${l?"\u25A0 ":""}${t.reason&&l?t.reason:c}${t.stage==="share"&&t.status==="completed"?" \u2713":""}`;return i`
    ${u&&i`<i class="wf-typical" style=${{left:`${u.left}%`,width:`${u.width}%`}}></i>`}
    ${t.end_event_id===null?i`<span class=${y} style=${m} title=${$} data-stage=${t.stage}>${p}</span>`:i`<a class=${y} style=${m} title=${$} data-stage=${t.stage} aria-label=${$.replaceAll(`
`,", ")} href=${_(`events/${t.end_event_id}`)}>${p}</a>`}
  `}var Ct=14;function Tt({mark:t,next:s,line:e,view:n}){let a=t.at+e.shift,o=v(a,a,n);if(!o)return null;let c=`${w(t.stage)} at ${h(a)}`,l=s?100*(s.at-t.at)/(n[1]-n[0]):100-o.left,r=i`◆${e.kind==="chain"&&l>Ct?i`<small>${w(t.stage)}</small>`:""}`,u={left:`${o.left}%`};return t.eventId===null?i`<span class="wf-mark" style=${u} title=${c}>${r}</span>`:i`<a class="wf-mark" style=${u} title=${c} aria-label=${c} href=${_(`events/${t.eventId}`)}>${r}</a>`}function Et({group:t,view:s}){let{histogram:e}=t,n=`${x(t.count)} ${D(t)}: first ${h(t.first_ms)}, half ${h(t.p50_ms)}, last ${h(t.last_ms)}`,a=Math.max(...e?.counts??[],1),o=v(t.last_ms??0,t.last_ms??0,s);return i`
    ${e?.counts.map((c,l)=>{let r=e.start_ms+l*e.bin_ms,u=c?v(r,r+e.bin_ms,s):null;return u&&i`<i key=${l} class="wf-bin" style=${{left:`${u.left}%`,width:`${u.width}%`,height:`${15+75*c/a}%`}}></i>`})}
    ${o&&i`<a class=${`wf-count ${o.left>70?"before":""}`} style=${o.left>70?{right:`${100-(v(t.first_ms??0,t.first_ms??0,s)?.left??o.left)}%`}:{left:`${o.left}%`}} title=${n}
      href=${t.first_event_id===null?void 0:_(`events/${t.first_event_id}`)}>${x(t.count)}</a>`}
  `}function D(t){return Object.entries(t.reasons).map(([s,e])=>`${s} (${e})`).join(", ")}function At({lines:t}){let s=k(()=>it(t),[t]);return i`<${I}
    caption="Steps of the work-package"
    csv="waterfall"
    sort="start"
    rows=${s}
    rowKey=${n=>n.key}
    columns=${[{id:"line",title:"Node",value:n=>n.line,rank:1},{id:"step",title:"Step",value:n=>n.step,rank:2},{id:"start",title:"Start",end:!0,value:n=>n.start,cell:n=>h(n.start)},{id:"took",title:"Took",end:!0,value:n=>n.end-n.start,cell:n=>h(n.end-n.start),rank:3},{id:"p50",title:"Typical p50",end:!0,value:n=>n.typical,cell:n=>h(n.typical)},{id:"p95",title:"p95",end:!0,value:n=>n.typicalMost,cell:n=>h(n.typicalMost)},{id:"critical",title:"Critical",value:n=>n.critical?"yes":""},{id:"status",title:"Status",value:n=>n.status},{id:"reason",title:"Reason",value:n=>n.reason},{id:"event",title:"Event",end:!0,value:n=>n.event,cell:n=>n.event===null?"\u2014":i`<a href=${_(`events/${n.event}`)}>${n.event}</a>`}]}
    rowState=${n=>n.status==="failed"?"bad":void 0}
    onOpen=${n=>n.event!==null&&A(`events/${n.event}`)}
  />`}function It({data:t}){let s=t.critical_path.map((a,o)=>({...a,index:o})),e=s.length?s[s.length-1].end_ms-s[0].start_ms:0;return i`<${I} caption="Critical path" csv="critical-path" rows=${s} rowKey=${a=>a.index} columns=${[{id:"step",title:"Step",value:a=>R[a.stage]??a.stage,rank:1},{id:"node",title:"Node",value:a=>a.node_id??"network",cell:a=>a.node_id?i`<a class="mono" href=${_(`nodes/${a.node_id}`)}>${T(a.node_id)}</a>`:"network",rank:3},{id:"took",title:"Took",end:!0,value:a=>a.end_ms-a.start_ms,cell:a=>h(a.end_ms-a.start_ms),rank:2},{id:"part",title:"Of all",value:a=>e?(a.end_ms-a.start_ms)/e:0,cell:a=>i`<span class="path-track"><i style=${{marginInlineStart:`${e?100*(a.start_ms-s[0].start_ms)/e:0}%`,width:`${e?Math.max(.5,100*(a.end_ms-a.start_ms)/e):0}%`}}></i></span>`},{id:"event",title:"Event",end:!0,value:a=>a.event_id,cell:a=>a.event_id===null?"\u2014":i`<a href=${_(`events/${a.event_id}`)}>${a.event_id}</a>`}]}
    onOpen=${a=>a.event_id!==null&&A(`events/${a.event_id}`)} empty="Nothing followed its first event." />`}function Rt({groups:t}){return i`<${I} caption="Events of other nodes" csv="other-nodes" rows=${t} rowKey=${e=>e.name} columns=${[{id:"what",title:"Event",value:e=>w(e.name),cell:e=>i`<span title=${D(e)||void 0}>${w(e.name)}</span>`,rank:1},{id:"count",title:"Events",end:!0,value:e=>e.count,cell:e=>x(e.count),rank:2},{id:"nodes",title:"Nodes",end:!0,value:e=>e.nodes},{id:"first",title:"First",end:!0,value:e=>e.first_ms,cell:e=>h(e.first_ms)},{id:"p50",title:"Half",end:!0,value:e=>e.p50_ms,cell:e=>h(e.p50_ms)},{id:"last",title:"Last",end:!0,value:e=>e.last_ms,cell:e=>h(e.last_ms),rank:3},{id:"reasons",title:"Reasons",value:D,cell:e=>D(e)||i`<span class="muted">—</span>`}]}
    onOpen=${e=>e.last_event_id!==null&&A(`events/${e.last_event_id}`)} empty="No other node has reported anything of this package yet." />`}function Nt({hash:t,overlay:s,other:e}){let[n,a]=C(e??""),o=n.replace(/^0x/,"").toLowerCase()===t,c=ct.test(n.trim());function l(r){r.preventDefault(),c&&!o&&b({with:n.trim()},{push:!0})}return i`<form class="row-of" onSubmit=${l}>
      <input class="input mono journey-second" aria-label="Hash of the second package" placeholder="hash of a package" value=${n} onInput=${r=>a(r.currentTarget.value)} />
      <button class="button" disabled=${!c||o}>Compare</button>
      ${e&&i`<button type="button" class="button quiet" onClick=${()=>(a(""),b({with:void 0}))}>Remove</button>`}
    </form>
    <p class="muted" role="status">
      ${o?"This is the same package.":s?.error?`Cannot read the second package: ${s.error.message}.`:e?"Both begin at 0; the rows of the second are hatched.":n&&!c?"A hash has 64 hex digits.":"Both begin at 0."}
    </p>`}export{gt as default};
