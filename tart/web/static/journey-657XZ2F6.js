import{a as tt}from"./chunk-OIL2DMHN.js";import{b as et,c as w,k as st}from"./chunk-NXGU27RW.js";import{a as Q}from"./chunk-A5KFDUZV.js";import{a as j,b as S}from"./chunk-HZVHJNCT.js";import{a as q}from"./chunk-LSKVQWEN.js";import{a as K}from"./chunk-QCITNMUN.js";import{b as X,e as Z}from"./chunk-IIW3BLOX.js";import{b as Y,d as I}from"./chunk-5HTXFBE2.js";import{D as F,F as J,a as x,e as p,i as U,j as C,l as V,m as E,x as B}from"./chunk-DYZXLK2B.js";import"./chunk-NIKDHXBC.js";import{g as H,i as _,j as A,k}from"./chunk-37NB6NY5.js";import{g as T,j as W,k as b,l as i,n as L}from"./chunk-QNZ3L47H.js";var pt={guarantees_received:"guarantee received",reported_on_chain:"seen on chain",guarantees_discarded:"guarantee discarded",shards_requested:"shards requested",shards_transferred:"shards transferred",shard_requests_failed:"shard requests failed"},R={submit:"submit",receive_share:"receive",authorize:"authorize",refine:"refine",report:"report",sign:"sign",guarantee:"guarantee",distribute:"distribute",share:"share",signature:"signature",duplicate:"duplicate",included:"included",available:"available"};function z(t,{corrected:s=!0,closed:e=new Set,overlaid:n=!1,name:a=o=>o.slice(0,8)}={}){let o=[],c=n?"with-":"";t.rows.forEach((r,d)=>{let $=`${c}${d}`,f=s?0:-r.clock_offset_ms,g=e.has(r.node_id)?r.shares.length:0,y=r.marks.map(({stage:h,at_ms:m,event_id:M})=>({stage:h,at:m,eventId:M}));o.push({key:$,kind:"node",label:a(r.node_id),node:r.node_id,row:r,bars:r.bars,marks:y,shift:f,overlaid:n,shares:g}),!g&&r.shares.forEach((h,m)=>o.push({key:`${$}/${m}`,kind:"share",label:`to ${a(h.peer_id??"")}`,node:h.peer_id,bars:[h],marks:[],shift:f,overlaid:n}))}),t.groups.forEach(r=>o.push({key:`${c}${r.name}`,kind:"group",label:pt[r.name]??r.name,node:null,bars:[],group:r,marks:[],shift:0,overlaid:n}));let l=ht(t);return l.length&&o.push({key:`${c}chain`,kind:"chain",label:"chain",node:null,bars:[],marks:l,shift:0,overlaid:n}),o}function ht({chain:t,critical_path:s}){let e=n=>s.find(a=>a.stage===n&&a.node_id===null)?.event_id??null;return[{stage:"guarantee received",at:t.guarantee_received_ms,eventId:null},{stage:"included",at:t.included_ms,eventId:e("included")},{stage:"available",at:t.available_ms,eventId:e("available")}].flatMap(({stage:n,at:a,eventId:o})=>a===null?[]:[{stage:n,at:a,eventId:o}])}function G(t){let[s,e]=[1/0,-1/0],n=o=>{o!==null&&(s=Math.min(s,o),e=Math.max(e,o))};for(let{bars:o,marks:c,group:l,shift:r}of t){for(let d of o)n(d.start_ms+r),n(d.end_ms+r);for(let d of c)n(d.at+r);l&&(n(l.first_ms),n(l.last_ms))}if(s>e)return[0,1];let a=Math.max((e-s)*.02,.05);return[Math.min(s,0)-a,e+a]}function ot(t,s){let e=/^(-?\d+(?:\.\d+)?)~(-?\d+(?:\.\d+)?)$/.exec(t??"");if(!e)return s;let[n,a]=[Number(e[1]),Number(e[2])].sort((l,r)=>l-r),[o,c]=[Math.max(s[0],n),Math.min(s[1],a)];return c-o>0?[o,c]:s}function lt([t,s]){return`${nt(t)}~${nt(s)}`}function nt(t){return Math.round(t*1e3)/1e3}function rt([t,s],e,n){let a=s-t,o=(t+s)/2;if(n==="in"||n==="out"){let l=Math.min(e[1]-e[0],Math.max(.1,n==="in"?a/2:a*2))/2;return at([o-l,o+l],e)}let c=(n==="left"?-a:a)/4;return at([t+c,s+c],e)}function at([t,s],[e,n]){let a=Math.min(s-t,n-e),o=Math.min(Math.max(t,e),n-a);return[o,o+a]}function v(t,s,[e,n]){if(s<e||t>n)return null;let a=100/(n-e),o=(Math.max(t,e)-e)*a,c=Math.max((Math.min(s,n)-Math.max(t,e))*a,.3);return{left:Math.min(o,99.7),width:c}}function it([t,s],e=6){let n=(s-t)/e,a=10**Math.floor(Math.log10(n)),o=[1,2,5,10].map(l=>l*a).find(l=>l>=n)??n,c=Math.ceil(t/o);return Array.from({length:Math.max(0,Math.floor(s/o)-c+1)},(l,r)=>(c+r)*o)}function ct(t,[s,e],n=60){let a=new Array(n).fill(0),o=c=>Math.max(0,Math.min(n-1,Math.floor((c-s)/(e-s)*n)));for(let{bars:c,marks:l,group:r,shift:d}of t){for(let $ of c)for(let f=o($.start_ms+d);f<=o($.end_ms+d);f+=1)a[f]+=1;for(let $ of l)a[o($.at+d)]+=1;r?.histogram?.counts.forEach(($,f)=>{$&&r.histogram&&(a[o(r.histogram.start_ms+(f+.5)*r.histogram.bin_ms)]+=1)})}return a}function dt(t){return t.flatMap(s=>[...s.bars.map(e=>({key:`${s.key} ${e.stage} ${e.start_ms}`,line:s.label,node:s.node,step:R[e.stage]??e.stage,status:e.status,start:e.start_ms+s.shift,end:e.end_ms+s.shift,typical:e.typical?.p50_ms??null,typicalMost:e.typical?.p95_ms??null,critical:e.is_critical,reason:e.reason,event:e.end_event_id})),...s.marks.map((e,n)=>({key:`${s.key} ${e.stage} ${n}`,line:s.label,node:s.node,step:e.stage.replaceAll("_"," "),status:"completed",start:e.at+s.shift,end:e.at+s.shift,typical:null,typicalMost:null,critical:!1,reason:null,event:e.eventId})),...s.group?[{key:`${s.key} group`,line:s.label,node:null,step:`${s.group.count} events of ${s.group.nodes} nodes`,status:"completed",start:s.group.first_ms??0,end:s.group.last_ms??0,typical:null,typicalMost:null,critical:!1,reason:Object.keys(s.group.reasons)[0]??null,event:s.group.first_event_id}]:[]])}Q(st);var D=30,mt=80,gt=["available","failed","discarded"],_t=12,ut=/^(0x)?[0-9a-f]{64}$/i;function vt({hash:t}){let s=H.value.parameters.with,e=W(0),n=q("the work-package",async c=>{let l=await K.waterfall(t,{},{signal:c});return gt.includes(l.current_stage)&&(e.current+=1),l},{every:e.current>_t?6e4:5e3,deps:[t]}),a=q("the second package",c=>K.waterfall(s,{},{signal:c}),{deps:[s],when:!!s}),o=i`Work-package <span class="mono">${U(t)}</span> <${J} text=${t} label="Copy the whole hash" />`;return n.data===null&&[400,404].includes(n.error?.status)?i`<${j} title=${o}><${yt} hash=${t} error=${n.error} /><//>`:i`<${j}
    title=${o}
    question="Where did its time go?"
    actions=${i`<${tt} path=${`workpackages/${t}`} />`}
  >
    <${Z} answer=${n} lines=${10}>
      ${c=>i`<${kt} data=${c} overlay=${s?a:null} other=${s} />`}
    <//>
  <//>`}function yt({hash:t,error:s}){return i`<${X} title=${s.status===404?"No such work-package is known.":"This is no reference of a work-package."}>
    <p>
      ${ut.test(t)?"The hash may be of a package that no guarantor has received, or that was received before the data that is stored.":"A package is found by its hash, by the hash of its report or of its erasure root (64 hex digits), or by the id of the event that began it."}
    </p>
    <p>Press <kbd>/</kbd> to search, or choose from the <a href=${_("work",{show:"all"})}>newest packages</a>.</p>
  <//>`}function kt({data:t,overlay:s,other:e}){let{own:n,view:a,closed:o,table:c}=H.value.parameters,l=n!=="1",r=b(()=>new Set((o??"").split(",").filter(Boolean)),[o]),d=s?.data??null,$=b(()=>[...z(t,{corrected:l,closed:r,name:C}),...d?z(d,{corrected:l,closed:r,overlaid:!0,name:C}):[]],[t,d,l,r]),f=b(()=>G($),[$]),g=ot(a,f),y=b(()=>G($.filter(({kind:m})=>m==="node")),[$]),h=m=>k({view:m[0]<=f[0]&&m[1]>=f[1]?void 0:lt(m)});return i`<div class="journey" onKeyDown=${m=>Y(m,()=>k({table:c?void 0:"1"}))}>
    <${bt} data=${t} />
    ${t.truncated&&i`<p class="notice" data-state="warn">There are more events than were read; counts are complete, times of single nodes are not.</p>`}
    <${S}
      title="Waterfall"
      note=${`from ${V(t.origin,{local:B.value,date:!0,fraction:!0})}${B.value?"":" UTC"}`}
      flush
      actions=${i`<${wt} corrected=${l} table=${c==="1"} zoomed=${g!==f} onWhole=${()=>h(f)} onGuarantors=${()=>h(y)} />`}
    >
      ${c==="1"?i`<${Rt} lines=${$} />`:i`<${xt} lines=${$} view=${g} extent=${f} onView=${h} closed=${r} />`}
      <${Mt} />
    <//>
    <div class="cards">
      <${S} title="Critical path" size="half" note="each step begins where the one before it ended" flush><${Dt} data=${t} /><//>
      <${S} title="Other nodes" size="half" note="by the server's clock" flush><${Nt} groups=${t.groups} /><//>
      <${S} title="Lay a second package over it" size="half"><${Pt} hash=${t.hash} overlay=${s} other=${e} /><//>
    </div>
  </div>`}function bt({data:t}){let s=et(t.current_stage),{included_ms:e,available_ms:n}=t.chain;return i`<p class="journey-sentence" data-stage=${t.current_stage} data-duration=${t.duration_ms}>
    <${F} state=${s.state} word=${w(t.current_stage)} />
    ${t.core_index!==null&&i`<a href=${_(`cores/${t.core_index}`)}>core ${t.core_index}</a>`}
    <span title=${t.guarantors.join(`
`)}>${t.guarantors.length?`signed by ${E(t.guarantors.length,"guarantor")}`:"no signature"}</span>
    ${t.slot!==null&&i`<span>guaranteed for slot <a href=${_(`slots/${t.slot}`)}>${x(t.slot)}</a></span>`}
    ${e!==null&&i`<span>seen on chain after ${p(e)}</span>`}
    ${n!==null&&i`<span>available after ${p(n)}</span>`}
    <span><b>${p(t.duration_ms)}</b> in all</span>
    ${t.failed&&i`<span class="journey-reason">■ ${t.failure_reason??"discarded: it could not be reported on chain"}</span>`}
    ${t.superseded&&i`<span class="muted">an attempt was superseded by another guarantor</span>`}
  </p>`}function wt({corrected:t,table:s,zoomed:e,onWhole:n,onGuarantors:a}){return i`
    ${!s&&!e&&i`<button type="button" class="button small" title="Zoom to the steps of the guarantors" onClick=${a}>Zoom to guarantors</button>`}
    ${e&&i`<button type="button" class="button small" onClick=${n}>Show all</button>`}
    <button
      type="button"
      class="button small"
      aria-pressed=${t}
      title="Shift the clocks of nodes to the server's. Without it, each row is by the clock of its node."
      onClick=${()=>k({own:t?"1":void 0,view:void 0})}
    >
      Clocks corrected
    </button>
    <button type="button" class="button quiet small icon-only as-table" aria-pressed=${s} aria-label="Show as a table" title="Show as a table (T)" onClick=${()=>k({table:s?void 0:"1"})}>
      <${L} name=${s?"chart":"table"} />
    </button>
  `}function Mt(){return i`<div class="journey-legend" aria-hidden="true">
    <span><i class="wf-key wf-bar"></i>step</span>
    <span><i class="wf-key wf-bar critical"></i>on the critical path</span>
    <span><i class="wf-key wf-typical"></i>typical p50–p95 of the last hour</span>
    <span><i class="wf-key wf-bar failed"></i>■ failed</span>
    <span>◆ event</span>
    <span>Drag to zoom; + − ← → by keyboard, 0 shows all.</span>
  </div>`}function xt({lines:t,view:s,extent:e,onView:n,closed:a}){let[o,c]=T({top:0,height:640}),[l,r]=T(null),d=W(null),$=t.length>mt,f=$?Math.max(0,Math.floor(o.top/D)-8):0,g=$?Math.min(t.length,Math.ceil((o.top+o.height)/D)+8):t.length,y=it(s),h={"+":"in","=":"in","-":"out",ArrowLeft:"left",ArrowRight:"right"};function m(u){if(!(u.ctrlKey||u.metaKey||u.altKey)){if(u.key in h)n(rt(s,e,h[u.key]));else if(u.key==="0")n(e);else return;u.preventDefault(),u.stopPropagation()}}function M(u){let O=d.current.getBoundingClientRect();return s[0]+(u.clientX-O.left)/O.width*(s[1]-s[0])}function $t(u){u.button!==0||u.target.closest("a, button")||r({from:M(u),to:M(u)})}function ft(){l&&Math.abs(l.to-l.from)>(s[1]-s[0])/100&&n([Math.min(l.from,l.to),Math.max(l.from,l.to)]),r(null)}let P=l&&v(Math.min(l.from,l.to),Math.max(l.from,l.to),s);return i`<div class="wf" role="figure" aria-label=${`Waterfall of ${t.length} lines`}>
    <div class="wf-head">
      <span class="wf-label muted">${p(s[1]-s[0])} shown</span>
      <${St} lines=${t} view=${s} extent=${e} onView=${n} />
    </div>
    <div class="wf-head">
      <span class="wf-label"></span>
      <span class="wf-axis" ref=${d} aria-hidden="true">
        ${y.map(u=>i`<i key=${u} style=${{left:`${v(u,u,s)?.left??0}%`}}>${u===0?"0":p(u)}</i>`)}
      </span>
    </div>
    <div
      class="wf-lines"
      tabindex="0"
      role="group"
      aria-label="Steps by node. Plus and minus zoom, left and right move, Tab reaches each step."
      onKeyDown=${m}
      onPointerDown=${$t}
      onPointerMove=${u=>l&&r({...l,to:M(u)})}
      onPointerUp=${ft}
      onPointerLeave=${()=>r(null)}
      onScroll=${({currentTarget:{scrollTop:u,clientHeight:O}})=>$&&c({top:u,height:O})}
      style=${{maxHeight:$?"640px":void 0}}
    >
      <div style=${{height:`${f*D}px`}}></div>
      ${t.slice(f,g).map(u=>i`<${Ot} key=${u.key} line=${u} view=${s} ticks=${y} closed=${a} />`)}
      <div style=${{height:`${(t.length-g)*D}px`}}></div>
      ${P&&i`<div class="wf-cover"><span class="wf-label"></span><span class="wf-track"><i class="wf-selection" style=${{left:`${P.left}%`,width:`${P.width}%`}}></i></span></div>`}
    </div>
  </div>`}function St({lines:t,view:s,extent:e,onView:n}){let a=b(()=>ct(t,e),[t,e]),o=Math.max(...a,1),c=v(s[0],s[1],e);function l(r){let d=r.currentTarget.getBoundingClientRect(),$=e[0]+(r.clientX-d.left)/d.width*(e[1]-e[0]),f=(s[1]-s[0])/2;n([Math.max(e[0],$-f),Math.min(e[1],$+f)])}return i`<span class="wf-map" aria-hidden="true" onClick=${l}>
    ${a.map((r,d)=>i`<i key=${d} style=${{height:`${100*r/o}%`}}></i>`)}
    ${c&&i`<b style=${{left:`${c.left}%`,width:`${c.width}%`}}></b>`}
  </span>`}function Ot({line:t,view:s,ticks:e,closed:n}){let{kind:a,overlaid:o}=t;return i`<div class=${`wf-line ${a} ${o?"overlaid":""}`} data-line=${t.key}>
    <span class="wf-label"><${Tt} line=${t} closed=${n} /></span>
    <span class="wf-track">
      ${e.map(c=>i`<i key=${c} class="wf-tick" style=${{left:`${v(c,c,s)?.left??0}%`}}></i>`)}
      ${t.bars.map((c,l)=>i`<${Ct} key=${l} bar=${c} line=${t} view=${s} />`)}
      ${t.marks.map((c,l)=>i`<${At} key=${`mark-${l}`} mark=${c} next=${t.marks[l+1]} line=${t} view=${s} />`)}
      ${t.group&&i`<${It} group=${t.group} view=${s} />`}
    </span>
  </div>`}function Tt({line:t,closed:s}){let{row:e,node:n}=t;if(!e)return i`<span class=${t.kind==="share"?"muted":""} title=${n??void 0}>${t.label}</span>`;let a=!s.has(e.node_id);function o(){let l=new Set(s);a?l.add(e?.node_id??""):l.delete(e?.node_id??""),k({closed:[...l].join(",")||void 0})}let c=`clock ${e.clock_offset_ms>=0?"+":""}${p(e.clock_offset_ms)}${e.is_corrected?"":", estimated from the first arrival"}`;return i`
    ${e.shares.length>0&&i`<button type="button" class="wf-toggle" aria-expanded=${a} aria-label=${`${E(e.shares.length,"share")} of ${t.label}`} onClick=${o}>
      <${L} name=${a?"down":"right"} />
    </button>`}
    <a class="mono" href=${_(`nodes/${e.node_id}`)} title=${`${e.node_id}
${c}`}>${t.label}</a>
    <span class="muted">${e.role}${t.shares?` +${t.shares}`:""}</span>
  `}function Ct({bar:t,line:s,view:e}){let[n,a]=[t.start_ms+s.shift,t.end_ms+s.shift],o=v(n,a,e);if(!o)return null;let c=R[t.stage]??t.stage,l=t.status==="failed",{typical:r}=t,d=r&&v(n+r.p50_ms,n+Math.max(r.p95_ms,r.p50_ms),e),$=r&&a-n>r.p95_ms,f=[`${c}: ${p(a-n)}`,r?`typical ${p(r.p50_ms)} to ${p(r.p95_ms)} (${E(r.sample_count,"sample")})`:"",$?"slower than 95 % of the last hour":"",t.reason?`${t.status}: ${t.reason}`:"",t.is_critical?"on the critical path":"",t.end_event_id===null?"its event is no longer stored":`opens event ${t.end_event_id}`].filter(Boolean).join(`
`),g={left:`${o.left}%`,width:`${o.width}%`},y=`wf-bar ${l?"failed":t.status} ${t.is_critical?"critical":""} ${$?"slow":""}`,h=i`${l?"\u25A0 ":""}${t.reason&&l?t.reason:c}${t.stage==="share"&&t.status==="completed"?" \u2713":""}`;return i`
    ${d&&i`<i class="wf-typical" style=${{left:`${d.left}%`,width:`${d.width}%`}}></i>`}
    ${t.end_event_id===null?i`<span class=${y} style=${g} title=${f} data-stage=${t.stage}>${h}</span>`:i`<a class=${y} style=${g} title=${f} data-stage=${t.stage} aria-label=${f.replaceAll(`
`,", ")} href=${_(`events/${t.end_event_id}`)}>${h}</a>`}
  `}var Et=14;function At({mark:t,next:s,line:e,view:n}){let a=t.at+e.shift,o=v(a,a,n);if(!o)return null;let c=`${w(t.stage)} at ${p(a)}`,l=s?100*(s.at-t.at)/(n[1]-n[0]):100-o.left,r=i`◆${e.kind==="chain"&&l>Et?i`<small>${w(t.stage)}</small>`:""}`,d={left:`${o.left}%`};return t.eventId===null?i`<span class="wf-mark" style=${d} title=${c}>${r}</span>`:i`<a class="wf-mark" style=${d} title=${c} aria-label=${c} href=${_(`events/${t.eventId}`)}>${r}</a>`}function It({group:t,view:s}){let{histogram:e}=t,n=`${x(t.count)} ${N(t)}: first ${p(t.first_ms)}, half ${p(t.p50_ms)}, last ${p(t.last_ms)}`,a=Math.max(...e?.counts??[],1),o=v(t.last_ms??0,t.last_ms??0,s);return i`
    ${e?.counts.map((c,l)=>{let r=e.start_ms+l*e.bin_ms,d=c?v(r,r+e.bin_ms,s):null;return d&&i`<i key=${l} class="wf-bin" style=${{left:`${d.left}%`,width:`${d.width}%`,height:`${15+75*c/a}%`}}></i>`})}
    ${o&&i`<a class=${`wf-count ${o.left>70?"before":""}`} style=${o.left>70?{right:`${100-(v(t.first_ms??0,t.first_ms??0,s)?.left??o.left)}%`}:{left:`${o.left}%`}} title=${n}
      href=${t.first_event_id===null?void 0:_(`events/${t.first_event_id}`)}>${x(t.count)}</a>`}
  `}function N(t){return Object.entries(t.reasons).map(([s,e])=>`${s} (${e})`).join(", ")}function Rt({lines:t}){let s=b(()=>dt(t),[t]);return i`<${I}
    caption="Steps of the work-package"
    csv="waterfall"
    sort="start"
    rows=${s}
    rowKey=${n=>n.key}
    columns=${[{id:"line",title:"Node",value:n=>n.line,rank:1},{id:"step",title:"Step",value:n=>n.step,rank:2},{id:"start",title:"Start",end:!0,value:n=>n.start,cell:n=>p(n.start)},{id:"took",title:"Took",end:!0,value:n=>n.end-n.start,cell:n=>p(n.end-n.start),rank:3},{id:"p50",title:"Typical p50",end:!0,value:n=>n.typical,cell:n=>p(n.typical)},{id:"p95",title:"p95",end:!0,value:n=>n.typicalMost,cell:n=>p(n.typicalMost)},{id:"critical",title:"Critical",value:n=>n.critical?"yes":""},{id:"status",title:"Status",value:n=>n.status},{id:"reason",title:"Reason",value:n=>n.reason},{id:"event",title:"Event",end:!0,value:n=>n.event,cell:n=>n.event===null?"\u2014":i`<a href=${_(`events/${n.event}`)}>${n.event}</a>`}]}
    rowState=${n=>n.status==="failed"?"bad":void 0}
    onOpen=${n=>n.event!==null&&A(`events/${n.event}`)}
  />`}function Dt({data:t}){let s=t.critical_path.map((a,o)=>({...a,index:o})),e=s.length?s[s.length-1].end_ms-s[0].start_ms:0;return i`<${I} caption="Critical path" csv="critical-path" rows=${s} rowKey=${a=>a.index} columns=${[{id:"step",title:"Step",value:a=>R[a.stage]??a.stage,rank:1},{id:"node",title:"Node",value:a=>a.node_id??"network",cell:a=>a.node_id?i`<a class="mono" href=${_(`nodes/${a.node_id}`)}>${C(a.node_id)}</a>`:"network",rank:3},{id:"took",title:"Took",end:!0,value:a=>a.end_ms-a.start_ms,cell:a=>p(a.end_ms-a.start_ms),rank:2},{id:"part",title:"Of all",value:a=>e?(a.end_ms-a.start_ms)/e:0,cell:a=>i`<span class="path-track"><i style=${{marginInlineStart:`${e?100*(a.start_ms-s[0].start_ms)/e:0}%`,width:`${e?Math.max(.5,100*(a.end_ms-a.start_ms)/e):0}%`}}></i></span>`},{id:"event",title:"Event",end:!0,value:a=>a.event_id,cell:a=>a.event_id===null?"\u2014":i`<a href=${_(`events/${a.event_id}`)}>${a.event_id}</a>`}]}
    onOpen=${a=>a.event_id!==null&&A(`events/${a.event_id}`)} empty="Nothing followed its first event." />`}function Nt({groups:t}){return i`<${I} caption="Events of other nodes" csv="other-nodes" rows=${t} rowKey=${e=>e.name} columns=${[{id:"what",title:"Event",value:e=>w(e.name),cell:e=>i`<span title=${N(e)||void 0}>${w(e.name)}</span>`,rank:1},{id:"count",title:"Events",end:!0,value:e=>e.count,cell:e=>x(e.count),rank:2},{id:"nodes",title:"Nodes",end:!0,value:e=>e.nodes},{id:"first",title:"First",end:!0,value:e=>e.first_ms,cell:e=>p(e.first_ms)},{id:"p50",title:"Half",end:!0,value:e=>e.p50_ms,cell:e=>p(e.p50_ms)},{id:"last",title:"Last",end:!0,value:e=>e.last_ms,cell:e=>p(e.last_ms),rank:3},{id:"reasons",title:"Reasons",value:N,cell:e=>N(e)||i`<span class="muted">—</span>`}]}
    onOpen=${e=>e.last_event_id!==null&&A(`events/${e.last_event_id}`)} empty="No other node has reported anything of this package yet." />`}function Pt({hash:t,overlay:s,other:e}){let[n,a]=T(e??""),o=n.replace(/^0x/,"").toLowerCase()===t,c=ut.test(n.trim());function l(r){r.preventDefault(),c&&!o&&k({with:n.trim()},{push:!0})}return i`<form class="row-of" onSubmit=${l}>
      <input class="input mono journey-second" aria-label="Hash of the second package" placeholder="hash of a package" value=${n} onInput=${r=>a(r.currentTarget.value)} />
      <button class="button" disabled=${!c||o}>Compare</button>
      ${e&&i`<button type="button" class="button quiet" onClick=${()=>(a(""),k({with:void 0}))}>Remove</button>`}
    </form>
    <p class="muted" role="status">
      ${o?"This is the same package.":s?.error?`Cannot read the second package: ${s.error.message}.`:e?"Both begin at 0; the rows of the second are hatched.":n&&!c?"A hash has 64 hex digits.":"Both begin at 0."}
    </p>`}export{vt as default};
