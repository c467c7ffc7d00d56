import{b as tt,c as w,k as et}from"./chunk-NXGU27RW.js";import{a as Q}from"./chunk-A5KFDUZV.js";import{a as L,b as S}from"./chunk-G6SHFORN.js";import{a as q}from"./chunk-QX2GM6OS.js";import{a as K}from"./chunk-ERBLNRK5.js";import{b as X,e as Z}from"./chunk-7UEF64LJ.js";import{b as Y,d as I}from"./chunk-62QJJLV2.js";import{C as F,E as J,a as x,d as h,h as U,i as C,k as V,l as E,w as B}from"./chunk-PZHQDM36.js";import"./chunk-3HV7YDNC.js";import{g as H,i as _,j as A,k}from"./chunk-E3R5DTPI.js";import{g as T,j as W,k as b,l as c,n as j}from"./chunk-JTXPO2O4.js";var $t={guarantees_received:"guarantee received",reported_on_chain:"seen on chain",guarantees_discarded:"guarantee discarded",shards_requested:"shards requested",shards_transferred:"shards transferred",shard_requests_failed:"shard requests failed"},R={submit:"submit",receive_share:"receive",authorize:"authorize",refine:"refine",report:"report",sign:"sign",guarantee:"guarantee",distribute:"distribute",share:"share",signature:"signature",duplicate:"duplicate",included:"included",available:"available"};function z(t,{corrected:s=!0,closed:e=new Set,overlaid:n=!1,name:a=o=>o.slice(0,8)}={}){let o=[],i=n?"with-":"";t.rows.forEach((r,d)=>{let f=`${i}${d}`,$=s?0:-r.clock_offset_ms,g=e.has(r.node_id)?r.shares.length:0,y=r.marks.map(({stage:p,at_ms:m,event_id:M})=>({stage:p,at:m,eventId:M}));o.push({key:f,kind:"node",label:a(r.node_id),node:r.node_id,row:r,bars:r.bars,marks:y,shift:$,overlaid:n,shares:g}),!g&&r.shares.forEach((p,m)=>o.push({key:`${f}/${m}`,kind:"share",label:`to ${a(p.peer_id??"")}`,node:p.peer_id,bars:[p],marks:[],shift:$,overlaid:n}))}),t.groups.forEach(r=>o.push({key:`${i}${r.name}`,kind:"group",label:$t[r.name]??r.name,node:null,bars:[],group:r,marks:[],shift:0,overlaid:n}));let l=ht(t);return l.length&&o.push({key:`${i}chain`,kind:"chain",label:"chain",node:null,bars:[],marks:l,shift:0,overlaid:n}),o}function ht({chain:t,critical_path:s}){let e=n=>s.find(a=>a.stage===n&&a.node_id===null)?.event_id??null;return[{stage:"guarantee received",at:t.guarantee_received_ms,eventId:null},{stage:"included",at:t.included_ms,eventId:e("included")},{stage:"available",at:t.available_ms,eventId:e("available")}].flatMap(({stage:n,at:a,eventId:o})=>a===null?[]:[{stage:n,at:a,eventId:o}])}function G(t){let[s,e]=[1/0,-1/0],n=o=>{o!==null&&(s=Math.min(s,o),e=Math.max(e,o))};for(let{bars:o,marks:i,group:l,shift:r}of t){for(let d of o)n(d.start_ms+r),n(d.end_ms+r);for(let d of i)n(d.at+r);l&&(n(l.first_ms),n(l.last_ms))}if(s>e)return[0,1];let a=Math.max((e-s)*.02,.05);return[Math.min(s,0)-a,e+a]}function at(t,s){let e=/^(-?\d+(?:\.\d+)?)~(-?\d+(?:\.\d+)?)$/.exec(t??"");if(!e)return s;let[n,a]=[Number(e[1]),Number(e[2])].sort((l,r)=>l-r),[o,i]=[Math.max(s[0],n),Math.min(s[1],a)];return i-o>0?[o,i]:s}function ot([t,s]){return`${st(t)}~${st(s)}`}function st(t){return Math.round(t*1e3)/1e3}function lt([t,s],e,n){let a=s-t,o=(t+s)/2;if(n==="in"||n==="out"){let l=Math.min(e[1]-e[0],Math.max(.1,n==="in"?a/2:a*2))/2;return nt([o-l,o+l],e)}let i=(n==="left"?-a:a)/4;return nt([t+i,s+i],e)}function nt([t,s],[e,n]){let a=Math.min(s-t,n-e),o=Math.min(Math.max(t,e),n-a);return[o,o+a]}function v(t,s,[e,n]){if(s<e||t>n)return null;let a=100/(n-e),o=(Math.max(t,e)-e)*a,i=Math.max((Math.min(s,n)-Math.max(t,e))*a,.3);return{left:Math.min(o,99.7),width:i}}function rt([t,s],e=6){let n=(s-t)/e,a=10**Math.floor(Math.log10(n)),o=[1,2,5,10].map(l=>l*a).find(l=>l>=n)??n,i=Math.ceil(t/o);return Array.from({length:Math.max(0,Math.floor(s/o)-i+1)},(l,r)=>(i+r)*o)}function it(t,[s,e],n=60){let a=new Array(n).fill(0),o=i=>Math.max(0,Math.min(n-1,Math.floor((i-s)/(e-s)*n)));for(let{bars:i,marks:l,group:r,shift:d}of t){for(let f of i)for(let $=o(f.start_ms+d);$<=o(f.end_ms+d);$+=1)a[$]+=1;for(let f of l)a[o(f.at+d)]+=1;r?.histogram?.counts.forEach((f,$)=>{f&&r.histogram&&(a[o(r.histogram.start_ms+($+.5)*r.histogram.bin_ms)]+=1)})}return a}function ct(t){return t.flatMap(s=>[...s.bars.map(e=>({key:`${s.key} ${e.stage} ${e.start_ms}`,line:s.label,node:s.node,step:R[e.stage]??e.stage,status:e.status,start:e.start_ms+s.shift,end:e.end_ms+s.shift,typical:e.typical?.p50_ms??null,typicalMost:e.typical?.p95_ms??null,critical:e.is_critical,reason:e.reason,event:e.end_event_id})),...s.marks.map((e,n)=>({key:`${s.key} ${e.stage} ${n}`,line:s.label,node:s.node,step:e.stage.replaceAll("_"," "),status:"completed",start:e.at+s.shift,end:e.at+s.shift,typical:null,typicalMost:null,critical:!1,reason:null,event:e.eventId})),...s.group?[{key:`${s.key} group`,line:s.label,node:null,step:`${s.group.count} events of ${s.group.nodes} nodes`,status:"completed",start:s.group.first_ms??0,end:s.group.last_ms??0,typical:null,typicalMost:null,critical:!1,reason:Object.keys(s.group.reasons)[0]??null,event:s.group.first_event_id}]:[]])}Q(et);var D=30,pt=80,mt=["available","failed","discarded"],gt=12,dt=/^(0x)?[0-9a-f]{64}$/i;function _t({hash:t}){let s=H.value.parameters.with,e=W(0),n=q("the work-package",async i=>{let l=await K.waterfall(t,{},{signal:i});return mt.includes(l.current_stage)&&(e.current+=1),l},{every:e.current>gt?6e4:5e3,deps:[t]}),a=q("the second package",i=>K.waterfall(s,{},{signal:i}),{deps:[s],when:!!s}),o=c`Work-package <span class="mono">${U(t)}</span> <${J} text=${t} label="Copy the whole hash" />`;return n.data===null&&[400,404].includes(n.error?.status)?c`<${L} title=${o}><${vt} hash=${t} error=${n.error} /><//>`:c`<${L} title=${o} question="Where did its time go?">
    <${Z} answer=${n} lines=${10}>
      ${i=>c`<${yt} data=${i} overlay=${s?a:null} other=${s} />`}
    <//>
  <//>`}function vt({hash:t,error:s}){return c`<${X} title=${s.status===404?"No such work-package is known.":"This is no reference of a work-package."}>
    <p>
      ${dt.test(t)?"The hash may be of a package that no guarantor has received, or that was received before the data that is stored.":"A package is found by its hash, by the hash of its report or of its erasure root (64 hex digits), or by the id of the event that began it."}
    </p>
    <p>Press <kbd>/</kbd> to search, or choose from the <a href=${_("work",{show:"all"})}>newest packages</a>.</p>
  <//>`}function yt({data:t,overlay:s,other:e}){let{own:n,view:a,closed:o,table:i}=H.value.parameters,l=n!=="1",r=b(()=>new Set((o??"").split(",").filter(Boolean)),[o]),d=s?.data??null,f=b(()=>[...z(t,{corrected:l,closed:r,name:C}),...d?z(d,{corrected:l,closed:r,overlaid:!0,name:C}):[]],[t,d,l,r]),$=b(()=>G(f),[f]),g=at(a,$),y=b(()=>G(f.filter(({kind:m})=>m==="node")),[f]),p=m=>k({view:m[0]<=$[0]&&m[1]>=$[1]?void 0:ot(m)});return c`<div class="journey" onKeyDown=${m=>Y(m,()=>k({table:i?void 0:"1"}))}>
    <${kt} data=${t} />
    ${t.truncated&&c`<p class="notice" data-state="warn">There are more events than were read; counts are complete, times of single nodes are not.</p>`}
    <${S}
      title="Waterfall"
      note=${`from ${V(t.origin,{local:B.value,date:!0,fraction:!0})}${B.value?"":" UTC"}`}
      flush
      actions=${c`<${bt} corrected=${l} table=${i==="1"} zoomed=${g!==$} onWhole=${()=>p($)} onGuarantors=${()=>p(y)} />`}
    >
      ${i==="1"?c`<${It} lines=${f} />`:c`<${Mt} lines=${f} view=${g} extent=${$} onView=${p} closed=${r} />`}
      <${wt} />
    <//>
    <div class="cards">
      <${S} title="Critical path" size="half" note="each step begins where the one before it ended" flush><${Rt} data=${t} /><//>
      <${S} title="Other nodes" size="half" note="by the server's clock" flush><${Dt} groups=${t.groups} /><//>
      <${S} title="Lay a second package over it" size="half"><${Nt} hash=${t.hash} overlay=${s} other=${e} /><//>
    </div>
  </div>`}function kt({data:t}){let s=tt(t.current_stage),{included_ms:e,available_ms:n}=t.chain;return c`<p class="journey-sentence" data-stage=${t.current_stage} data-duration=${t.duration_ms}>
    <${F} state=${s.state} word=${w(t.current_stage)} />
    ${t.core_index!==null&&c`<a href=${_(`cores/${t.core_index}`)}>core ${t.core_index}</a>`}
    <span title=${t.guarantors.join(`
`)}>${t.guarantors.length?`signed by ${E(t.guarantors.length,"guarantor")}`:"no signature"}</span>
    ${t.slot!==null&&c`<span>guaranteed for slot <a href=${_(`slots/${t.slot}`)}>${x(t.slot)}</a></span>`}
    ${e!==null&&c`<span>seen on chain after ${h(e)}</span>`}
    ${n!==null&&c`<span>available after ${h(n)}</span>`}
    <span><b>${h(t.duration_ms)}</b> in all</span>
    ${t.failed&&c`<span class="journey-reason">■ ${t.failure_reason??"discarded: it could not be reported on chain"}</span>`}
    ${t.superseded&&c`<span class="muted">an attempt was superseded by another guarantor</span>`}
  </p>`}function bt({corrected:t,table:s,zoomed:e,onWhole:n,onGuarantors:a}){return c`
    ${!s&&!e&&c`<button type="button" class="button small" title="Zoom to the steps of the guarantors" onClick=${a}>Zoom to guarantors</button>`}
    ${e&&c`<button type="button" class="button small" onClick=${n}>Show all</button>`}
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
      <${j} name=${s?"chart":"table"} />
    </button>
  `}function wt(){return c`<div class="journey-legend" aria-hidden="true">
    <span><i class="wf-key wf-bar"></i>step</span>
    <span><i class="wf-key wf-bar critical"></i>on the critical path</span>
    <span><i class="wf-key wf-typical"></i>typical p50–p95 of the last hour</span>
    <span><i class="wf-key wf-bar failed"></i>■ failed</span>
    <span>◆ event</span>
    <span>Drag to zoom; + − ← → by keyboard, 0 shows all.</span>
  </div>`}function Mt({lines:t,view:s,extent:e,onView:n,closed:a}){let[o,i]=T({top:0,height:640}),[l,r]=T(null),d=W(null),f=t.length>pt,$=f?Math.max(0,Math.floor(o.top/D)-8):0,g=f?Math.min(t.length,Math.ceil((o.top+o.height)/D)+8):t.length,y=rt(s),p={"+":"in","=":"in","-":"out",ArrowLeft:"left",ArrowRight:"right"};function m(u){if(!(u.ctrlKey||u.metaKey||u.altKey)){if(u.key in p)n(lt(s,e,p[u.key]));else if(u.key==="0")n(e);else return;u.preventDefault(),u.stopPropagation()}}function M(u){let O=d.current.getBoundingClientRect();return s[0]+(u.clientX-O.left)/O.width*(s[1]-s[0])}function ut(u){u.button!==0||u.target.closest("a, button")||r({from:M(u),to:M(u)})}function ft(){l&&Math.abs(l.to-l.from)>(s[1]-s[0])/100&&n([Math.min(l.from,l.to),Math.max(l.from,l.to)]),r(null)}let P=l&&v(Math.min(l.from,l.to),Math.max(l.from,l.to),s);return c`<div class="wf" role="figure" aria-label=${`Waterfall of ${t.length} lines`}>
    <div class="wf-head">
      <span class="wf-label muted">${h(s[1]-s[0])} shown</span>
      <${xt} lines=${t} view=${s} extent=${e} onView=${n} />
    </div>
    <div class="wf-head">
      <span class="wf-label"></span>
      <span class="wf-axis" ref=${d} aria-hidden="true">
        ${y.map(u=>c`<i key=${u} style=${{left:`${v(u,u,s)?.left??0}%`}}>${u===0?"0":h(u)}</i>`)}
      </span>
    </div>
    <div
      class="wf-lines"
      tabindex="0"
      role="group"
      aria-label="Steps by node. Plus and minus zoom, left and right move, Tab reaches each step."
      onKeyDown=${m}
      onPointerDown=${ut}
      onPointerMove=${u=>l&&r({...l,to:M(u)})}
      onPointerUp=${ft}
      onPointerLeave=${()=>r(null)}
      onScroll=${({currentTarget:{scrollTop:u,clientHeight:O}})=>f&&i({top:u,height:O})}
      style=${{maxHeight:f?"640px":void 0}}
    >
      <div style=${{height:`${$*D}px`}}></div>
      ${t.slice($,g).map(u=>c`<${St} key=${u.key} line=${u} view=${s} ticks=${y} closed=${a} />`)}
      <div style=${{height:`${(t.length-g)*D}px`}}></div>
      ${P&&c`<div class="wf-cover"><span class="wf-label"></span><span class="wf-track"><i class="wf-selection" style=${{left:`${P.left}%`,width:`${P.width}%`}}></i></span></div>`}
    </div>
  </div>`}function xt({lines:t,view:s,extent:e,onView:n}){let a=b(()=>it(t,e),[t,e]),o=Math.max(...a,1),i=v(s[0],s[1],e);function l(r){let d=r.currentTarget.getBoundingClientRect(),f=e[0]+(r.clientX-d.left)/d.width*(e[1]-e[0]),$=(s[1]-s[0])/2;n([Math.max(e[0],f-$),Math.min(e[1],f+$)])}return c`<span class="wf-map" aria-hidden="true" onClick=${l}>
    ${a.map((r,d)=>c`<i key=${d} style=${{height:`${100*r/o}%`}}></i>`)}
    ${i&&c`<b style=${{left:`${i.left}%`,width:`${i.width}%`}}></b>`}
  </span>`}function St({line:t,view:s,ticks:e,closed:n}){let{kind:a,overlaid:o}=t;return c`<div class=${`wf-line ${a} ${o?"overlaid":""}`} data-line=${t.key}>
    <span class="wf-label"><${Ot} line=${t} closed=${n} /></span>
    <span class="wf-track">
      ${e.map(i=>c`<i key=${i} class="wf-tick" style=${{left:`${v(i,i,s)?.left??0}%`}}></i>`)}
      ${t.bars.map((i,l)=>c`<${Tt} key=${l} bar=${i} line=${t} view=${s} />`)}
      ${t.marks.map((i,l)=>c`<${Et} key=${`mark-${l}`} mark=${i} next=${t.marks[l+1]} line=${t} view=${s} />`)}
      ${t.group&&c`<${At} group=${t.group} view=${s} />`}
    </span>
  </div>`}function Ot({line:t,closed:s}){let{row:e,node:n}=t;if(!e)return c`<span class=${t.kind==="share"?"muted":""} title=${n??void 0}>${t.label}</span>`;let a=!s.has(e.node_id);function o(){let l=new Set(s);a?l.add(e?.node_id??""):l.delete(e?.node_id??""),k({closed:[...l].join(",")||void 0})}let i=`clock ${e.clock_offset_ms>=0?"+":""}${h(e.clock_offset_ms)}${e.is_corrected?"":", estimated from the first arrival"}`;return c`
    ${e.shares.length>0&&c`<button type="button" class="wf-toggle" aria-expanded=${a} aria-label=${`${E(e.shares.length,"share")} of ${t.label}`} onClick=${o}>
      <${j} name=${a?"down":"right"} />
    </button>`}
    <a class="mono" href=${_(`nodes/${e.node_id}`)} title=${`${e.node_id}
${i}`}>${t.label}</a>
    <span class="muted">${e.role}${t.shares?` +${t.shares}`:""}</span>
  `}function Tt({bar:t,line:s,view:e}){let[n,a]=[t.start_ms+s.shift,t.end_ms+s.shift],o=v(n,a,e);if(!o)return null;let i=R[t.stage]??t.stage,l=t.status==="failed",{typical:r}=t,d=r&&v(n+r.p50_ms,n+Math.max(r.p95_ms,r.p50_ms),e),f=r&&a-n>r.p95_ms,$=[`${i}: ${h(a-n)}`,r?`typical ${h(r.p50_ms)} to ${h(r.p95_ms)} (${E(r.sample_count,"sample")})`:"",f?"slower than 95 % of the last hour":"",t.reason?`${t.status}: ${t.reason}`:"",t.is_critical?"on the critical path":"",t.end_event_id===null?"its event is no longer stored":`opens event ${t.end_event_id}`].filter(Boolean).join(`
`),g={left:`${o.left}%`,width:`${o.width}%`},y=`wf-bar ${l?"failed":t.status} ${t.is_critical?"critical":""} ${f?"slow":""}`,p=c`${l?"\u25A0 ":""}${t.reason&&l?t.reason:i}${t.stage==="share"&&t.status==="completed"?" \u2713":""}`;return c`
    ${d&&c`<i class="wf-typical" style=${{left:`${d.left}%`,width:`${d.width}%`}}></i>`}
    ${t.end_event_id===null?c`<span class=${y} style=${g} title=${$} data-stage=${t.stage}>${p}</span>`:c`<a class=${y} style=${g} title=${$} data-stage=${t.stage} aria-label=${$.replaceAll(`
`,", ")} href=${_(`events/${t.end_event_id}`)}>${p}</a>`}
  `}var Ct=14;function Et({mark:t,next:s,line:e,view:n}){let a=t.at+e.shift,o=v(a,a,n);if(!o)return null;let i=`${w(t.stage)} at ${h(a)}`,l=s?100*(s.at-t.at)/(n[1]-n[0]):100-o.left,r=c`◆${e.kind==="chain"&&l>Ct?c`<small>${w(t.stage)}</small>`:""}`,d={left:`${o.left}%`};return t.eventId===null?c`<span class="wf-mark" style=${d} title=${i}>${r}</span>`:c`<a class="wf-mark" style=${d} title=${i} aria-label=${i} href=${_(`events/${t.eventId}`)}>${r}</a>`}function At({group:t,view:s}){let{histogram:e}=t,n=`${x(t.count)} ${N(t)}: first ${h(t.first_ms)}, half ${h(t.p50_ms)}, last ${h(t.last_ms)}`,a=Math.max(...e?.counts??[],1),o=v(t.last_ms??0,t.last_ms??0,s);return c`
    ${e?.counts.map((i,l)=>{let r=e.start_ms+l*e.bin_ms,d=i?v(r,r+e.bin_ms,s):null;return d&&c`<i key=${l} class="wf-bin" style=${{left:`${d.left}%`,width:`${d.width}%`,height:`${15+75*i/a}%`}}></i>`})}
    ${o&&c`<a class=${`wf-count ${o.left>70?"before":""}`} style=${o.left>70?{right:`${100-(v(t.first_ms??0,t.first_ms??0,s)?.left??o.left)}%`}:{left:`${o.left}%`}} title=${n}
      href=${t.first_event_id===null?void 0:_(`events/${t.first_event_id}`)}>${x(t.count)}</a>`}
  `}function N(t){return Object.entries(t.reasons).map(([s,e])=>`${s} (${e})`).join(", ")}function It({lines:t}){let s=b(()=>ct(t),[t]);return c`<${I}
    caption="Steps of the work-package"
    csv="waterfall"
    sort="start"
    rows=${s}
    rowKey=${n=>n.key}
    columns=${[{id:"line",title:"Node",value:n=>n.line,rank:1},{id:"step",title:"Step",value:n=>n.step,rank:2},{id:"start",title:"Start",end:!0,value:n=>n.start,cell:n=>h(n.start)},{id:"took",title:"Took",end:!0,value:n=>n.end-n.start,cell:n=>h(n.end-n.start),rank:3},{id:"p50",title:"Typical p50",end:!0,value:n=>n.typical,cell:n=>h(n.typical)},{id:"p95",title:"p95",end:!0,value:n=>n.typicalMost,cell:n=>h(n.typicalMost)},{id:"critical",title:"Critical",value:n=>n.critical?"yes":""},{id:"status",title:"Status",value:n=>n.status},{id:"reason",title:"Reason",value:n=>n.reason},{id:"event",title:"Event",end:!0,value:n=>n.event,cell:n=>n.event===null?"\u2014":c`<a href=${_(`events/${n.event}`)}>${n.event}</a>`}]}
    rowState=${n=>n.status==="failed"?"bad":void 0}
    onOpen=${n=>n.event!==null&&A(`events/${n.event}`)}
  />`}function Rt({data:t}){let s=t.critical_path.map((a,o)=>({...a,index:o})),e=s.length?s[s.length-1].end_ms-s[0].start_ms:0;return c`<${I} caption="Critical path" csv="critical-path" rows=${s} rowKey=${a=>a.index} columns=${[{id:"step",title:"Step",value:a=>R[a.stage]??a.stage,rank:1},{id:"node",title:"Node",value:a=>a.node_id??"network",cell:a=>a.node_id?c`<a class="mono" href=${_(`nodes/${a.node_id}`)}>${C(a.node_id)}</a>`:"network",rank:3},{id:"took",title:"Took",end:!0,value:a=>a.end_ms-a.start_ms,cell:a=>h(a.end_ms-a.start_ms),rank:2},{id:"part",title:"Of all",value:a=>e?(a.end_ms-a.start_ms)/e:0,cell:a=>c`<span class="path-track"><i style=${{marginInlineStart:`${e?100*(a.start_ms-s[0].start_ms)/e:0}%`,width:`${e?Math.max(.5,100*(a.end_ms-a.start_ms)/e):0}%`}}></i></span>`},{id:"event",title:"Event",end:!0,value:a=>a.event_id,cell:a=>a.event_id===null?"\u2014":c`<a href=${_(`events/${a.event_id}`)}>${a.event_id}</a>`}]}
    onOpen=${a=>a.event_id!==null&&A(`events/${a.event_id}`)} empty="Nothing followed its first event." />`}function Dt({groups:t}){return c`<${I} caption="Events of other nodes" csv="other-nodes" rows=${t} rowKey=${e=>e.name} columns=${[{id:"what",title:"Event",value:e=>w(e.name),cell:e=>c`<span title=${N(e)||void 0}>${w(e.name)}</span>`,rank:1},{id:"count",title:"Events",end:!0,value:e=>e.count,cell:e=>x(e.count),rank:2},{id:"nodes",title:"Nodes",end:!0,value:e=>e.nodes},{id:"first",title:"First",end:!0,value:e=>e.first_ms,cell:e=>h(e.first_ms)},{id:"p50",title:"Half",end:!0,value:e=>e.p50_ms,cell:e=>h(e.p50_ms)},{id:"last",title:"Last",end:!0,value:e=>e.last_ms,cell:e=>h(e.last_ms),rank:3},{id:"reasons",title:"Reasons",value:N,cell:e=>N(e)||c`<span class="muted">—</span>`}]}
    onOpen=${e=>e.last_event_id!==null&&A(`events/${e.last_event_id}`)} empty="No other node has reported anything of this package yet." />`}function Nt({hash:t,overlay:s,other:e}){let[n,a]=T(e??""),o=n.replace(/^0x/,"").toLowerCase()===t,i=dt.test(n.trim());function l(r){r.preventDefault(),i&&!o&&k({with:n.trim()},{push:!0})}return c`<form class="row-of" onSubmit=${l}>
      <input class="input mono journey-second" aria-label="Hash of the second package" placeholder="hash of a package" value=${n} onInput=${r=>a(r.currentTarget.value)} />
      <button class="button" disabled=${!i||o}>Compare</button>
      ${e&&c`<button type="button" class="button quiet" onClick=${()=>(a(""),k({with:void 0}))}>Remove</button>`}
    </form>
    <p class="muted" role="status">
      ${o?"This is the same package.":s?.error?`Cannot read the second package: ${s.error.message}.`:e?"Both begin at 0; the rows of the second are hatched.":n&&!i?"A hash has 64 hex digits.":"Both begin at 0."}
    </p>`}export{_t as default};
