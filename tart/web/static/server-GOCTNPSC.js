import{b as D}from"./chunk-OQ3FQVRG.js";import{a as G}from"./chunk-YYG32EGV.js";import{a as c,b as O,d as T}from"./chunk-PXUPOJGM.js";import{a as W}from"./chunk-A5KFDUZV.js";import{a as H,b as p}from"./chunk-G6SHFORN.js";import{a as k}from"./chunk-QX2GM6OS.js";import{a as w,f as U}from"./chunk-ERBLNRK5.js";import{b as M,e as g}from"./chunk-7UEF64LJ.js";import"./chunk-ETYS26P7.js";import{d as y}from"./chunk-62QJJLV2.js";import{C as $,G as F,H as C,a as l,b as x,c as q,d as u,e as d,g as _,l as h}from"./chunk-PZHQDM36.js";import"./chunk-3HV7YDNC.js";import{g as A,k as N}from"./chunk-E3R5DTPI.js";import{l as a}from"./chunk-JTXPO2O4.js";var J=1e15,Q=.8,z=.95;function B({usage:e,memory_total_bytes:t,processes:s}){return e?[R("Memory of the machine",e.memory_used_bytes,t,d),R("Memory of the service",e.memory_budget_used_bytes,e.memory_budget_bytes,d),R("Open files of the machine",e.descriptors_open,e.descriptors_limit,l),...s.map(({name:r,descriptors_open:o,descriptors_limit:i})=>R(`Descriptors of ${r}`,o,i,l))].flatMap(r=>r??[]).sort((r,o)=>o.share-r.share):[]}function R(e,t,s,n){if(t===null||!s||s>J)return null;let r=t/s,o=r>=z?"bad":r>=Q?"warn":"ok";return{name:e,share:r,text:`${n(t)} of ${n(s)} (${_(r)})`,state:o}}var X=[["Processors","share",[["cpu_share","busy"],["cpu_wait_share","wait for disks"]]],["Memory","bytes",[["memory_used_bytes","in use"],["memory_budget_used_bytes","of the service"]]],["Disks","bytes/s",[["disk_written_bytes_per_second","written"],["disk_read_bytes_per_second","read"]]],["Network","bytes/s",[["network_received_bytes_per_second","received"],["network_sent_bytes_per_second","sent"]]]];function K({host:e,processes:t}){let s=X.map(([r,o,i])=>({title:r,unit:o,series:i.map(([f,v])=>({label:v,values:e[f]??[]}))})),n=r=>Object.entries(t).map(([o,i])=>({label:o,values:i[r]??[]}));return s.push({title:"Processors by process",unit:"cores",series:n("cpu_cores")}),s.push({title:"Memory by process",unit:"bytes",series:n("resident_bytes")}),s.map(r=>({...r,series:r.series.filter(({values:o})=>o.some(i=>i!==null))})).filter(({series:r})=>r.length)}var I=`.host-title {
  margin-top: var(--space-4);
}

.host-charts {
  display: grid;
  grid-template-columns: repeat(auto-fit, minmax(min(420px, 100%), 1fr));
  gap: var(--space-3) var(--space-6);
}
`;W(I);var ee=[{id:"",label:"1 h"},{id:"6h",label:"6 h"},{id:"24h",label:"24 h"}];function j({host:e}){let{usage:t}=e;return t?a`<${p} title="Machine" note=${e.name??"of the last ten seconds"}>
    <${O}>
      <${c} id="cpu" label="Processors" value=${_(t.cpu_share)} note=${`of ${l(e.cpus)}; ${_(t.cpu_wait_share)} waited for disks${t.cpu_steal_share?`, ${_(t.cpu_steal_share)} went to other machines`:""}`} />
      <${c} id="load" label="Load" value=${l(t.load_1m,2)} note=${`${l(t.load_5m,2)} over 5 min, ${l(t.load_15m,2)} over 15 min`} />
      <${c} id="memory-used" label="Memory in use" value=${d(t.memory_used_bytes)} note=${`of ${d(e.memory_total_bytes)}; swap ${d(t.swap_used_bytes)}`} />
      <${c} id="disk-write" label="Written to disks" value=${S(t.disk_written_bytes_per_second)} note=${`read ${S(t.disk_read_bytes_per_second)}`} />
      <${c} id="network-in" label="Received" value=${S(t.network_received_bytes_per_second)} note=${`sent ${S(t.network_sent_bytes_per_second)}`} />
    <//>
    <h3 class="host-title">Limits, and how near they are</h3>
    <${T}
      label="Limits"
      rows=${B(e).map(({name:s,share:n,text:r,state:o})=>({label:a`<${$} state=${o} word=${s} />`,value:n,text:r,state:o}))}
      most=${1}
    />
    <h3 class="host-title">Processes</h3>
    <${y} caption="Processes" columns=${te} rows=${e.processes} rowKey=${s=>s.pid} csv="processes" height=${260} />
    <${re} />
  <//>`:a`<${p} title="Machine"><p class="muted">Not measured yet: it is looked at every ten seconds.</p><//>`}function S(e){return e===null?"\u2014":`${d(e)}/s`}var te=[{id:"name",title:"Process",rank:1,value:e=>e.name},{id:"cpu",title:"Processors",end:!0,rank:2,help:"1 is one processor kept busy",value:e=>e.cpu_cores,cell:e=>l(e.cpu_cores,2)},{id:"memory",title:"Memory",end:!0,rank:3,value:e=>e.resident_bytes,cell:e=>d(e.resident_bytes)},{id:"descriptors",title:"Descriptors",end:!0,value:e=>e.descriptors_open,cell:e=>`${l(e.descriptors_open)} of ${l(e.descriptors_limit)}`},{id:"threads",title:"Threads",end:!0,value:e=>e.threads,cell:e=>l(e.threads)},{id:"time",title:"Time used",end:!0,value:e=>e.cpu_seconds,cell:e=>u(e.cpu_seconds*1e3)},{id:"pid",title:"PID",end:!0,value:e=>e.pid,cell:e=>String(e.pid)}],se={share:_,cores:e=>l(e,2),bytes:d,"bytes/s":e=>S(e??null),count:x};function re(){let e=A.value.parameters.machine??"",t=k("the machine over time",s=>w.serverHistory(e?{duration:e}:{},{signal:s}),{every:3e4,deps:[e]});return a`
    <p class="row-of host-title"><b>Over time</b><${D} label="Time shown" choices=${ee} selected=${e} onSelect=${s=>N({machine:s})} /></p>
    <${g} answer=${t}>
      ${s=>{let n=s.times.map(r=>Date.parse(r));return n.length<2?a`<p class="muted">One value a minute: lines appear after two minutes.</p>`:a`<div class="host-charts">
          ${K(s).map(({title:r,unit:o,series:i})=>a`<div key=${r}><h4>${r}</h4><${G} title=${r} x=${n} series=${i} format=${se[o]} least=${0} height=${130} /></div>`)}
        </div>`}}
    <//>
  `}var V=36e5,ne=24*V;function E({forecast:e,free_bytes:t,reserve_bytes:s}){if(t<s)return{state:"bad",short:"full",text:`Less than the reserve of ${d(s)} is free: no telemetry is read.`};if(e.bytes_per_day===null||e.retention_hours===null)return{state:"idle",short:"\u2014",text:`No forecast yet: ${e.reason}.`};let n=u(e.retention_hours*V),r=`At the mean rate since the start, ${d(e.bytes_per_day)} come in a day (${l(e.bytes_per_event,1)} B an event).`;if(e.full_in_days===null)return{state:"ok",short:`keeps ${n}`,text:`${r} Events of ${n} take ${d(e.needed_bytes)} of at most ${d(e.limit_bytes)}.`};let o=u(e.full_in_days*ne);return{state:"warn",short:e.full_in_days>0?`full in ${o}`:"full",text:`${r} The limit of ${d(e.limit_bytes)} is reached in ${o}; from then on only the last ${n} are kept.`}}function Y(e){let t=[...e.shard_list.flatMap(ie),...oe(e)],s=E(e.disk);(s.state==="bad"||s.state==="warn")&&t.push(s);let n=["bad","warn","info"];return t.sort((r,o)=>n.indexOf(r.state)-n.indexOf(o.state))}function oe({gateway:e,requests:t}){let s=[],n=L(e.background_failures);n&&s.push({state:"warn",text:`Tasks of the gateway failed: ${n}. Their next turn was not affected.`});let r=t.reduce((o,i)=>o+i.failed,0);return r&&s.push({state:"info",text:`${h(r,"request")} ended with a status from 500 on.`}),e.missed_events&&s.push({state:"info",text:`Slow clients missed ${h(e.missed_events,"live event")}; they were told.`}),s}function ie({shard:e,state:t,message:s,restarts:n,figures:r}){let o=`Shard ${e}`;if(t==="starting")return[{state:"warn",text:`${o} is starting: ${s}.`}];if(!r)return[{state:"bad",text:`${o} does not answer. Nodes connect to the others.`}];let i=[];r.is_paused&&i.push({state:"bad",text:`${o} reads no telemetry (${r.paused_for}). Nothing is lost: nodes wait.`}),n&&i.push({state:"warn",text:`${o} was started again ${h(n,"time")}; the log says why.`}),r.damaged_files&&i.push({state:"bad",text:`${o} has ${h(r.damaged_files,"file")} that cannot be read in full.`});let f=L(r.derived_failures);f&&i.push({state:"warn",text:`${o}: derived work failed (${f}); the events themselves are stored.`});let v=L(r.pauses);v&&i.push({state:"info",text:`${o} paused reading: ${v}.`});let P=L(r.background_failures);return P&&i.push({state:"warn",text:`${o}: background tasks failed: ${P}.`}),r.loop_lag_seconds>1&&i.push({state:"warn",text:`${o} lags by ${u(r.loop_lag_seconds*1e3)}.`}),i}function L(e){return Object.entries(e).filter(([,t])=>t>0).sort(([,t],[,s])=>s-t).map(([t,s])=>`${t} ${l(s)}`).join(", ")}function ae(){let e=k("the state of the server",t=>w.server({},{signal:t}),{every:5e3});return a`<${H} title="Server" question="Does it keep up, and for how long does the disk suffice?">
    <${g} answer=${e} lines=${8}>${t=>a`<${le} data=${t} />`}<//>
    <${ve} />
  <//>`}function le({data:e}){let t=e.shard_list.flatMap(i=>i.figures?[i.figures]:[]),s=i=>t.length?t.reduce((f,v)=>f+i(v),0):null,n=t.map(i=>i.events_per_second),r=E(e.disk),o=e.shard_list.length;return a`<div class="cards">
    <${O} large>
      <${c} id="shards" label="Shards up" value=${`${e.shards_up} of ${o}`} state=${e.shards_up<o?"bad":"ok"} />
      <${c} id="connections" label="Connections" value=${l(s(i=>i.connections))} />
      <${c}
        id="rate"
        label="Events"
        value=${q(n.includes(null)||!n.length?null:n.reduce((i,f)=>(i??0)+(f??0),0))}
        note="mean of 10 s"
      />
      <${c}
        id="memory"
        label="Memory"
        value=${d((s(i=>i.resident_bytes)??0)+e.gateway.resident_bytes)}
        note=${`${d(e.host.memory_available_bytes)} of the host available`}
      />
      <${c} id="disk" label="Disk" value=${r.short} state=${r.state==="ok"?void 0:r.state} note=${`${d(e.disk.free_bytes)} free`} />
      <${c} id="uptime" label="Gateway up for" value=${u(e.gateway.uptime_seconds*1e3)} note=${e.gateway.restarted?"after it ended":void 0} />
      <${c} id="version" label="tart" value=${e.version} note=${`Python ${e.python}, DuckDB ${e.duckdb??"\u2014"}`} />
    <//>
    <${de} data=${e} />
    <${p} title="Shards" note="counts since each started" flush><${me} rows=${e.shard_list} /><//>
    <${pe} data=${e} />
    <${j} host=${e.host} />
    <${p} title="Requests" note="since the gateway started; most time in sum first" flush><${fe} rows=${e.requests} /><//>
    <${he} data=${e} />
    <${ye} rows=${e.settings} />
  </div>`}function de({data:e}){let t=Y(e);return a`<${p} title="Needs attention" note=${t.length?h(t.length,"finding"):void 0}>
    ${t.length?a`<ul class="plain">
          ${t.map(({state:s,text:n})=>a`<li key=${n}><${$} state=${s} hideWord /> ${n}</li>`)}
        </ul>`:a`<p><${$} state="ok" hideWord /> Nothing: no pauses, failures, damaged files or restarts since the shards started.</p>`}
  <//>`}var ue={up:"ok",starting:"warn",down:"bad"};function m(e,t,s,n,r){let o=i=>i.figures?s(i.figures):null;return{id:e,title:t,help:r,value:o,cell:i=>n(o(i)),end:!0}}var ce=[{id:"shard",title:"Shard",value:e=>e.shard,cell:e=>a`<${$} state=${e.figures?.is_paused?"bad":ue[e.state]} word=${`${e.shard} ${e.figures?.is_paused?"paused":e.state}`} />`,rank:1},{...m("connections","Connections",e=>e.connections,l),rank:2},{...m("rate","Events",e=>e.events_per_second,e=>q(e)),rank:3},m("write50","Write p50",e=>e.write_ms.p50,u,"Duration of a commit"),m("write99","Write p99",e=>e.write_ms.p99,u,"Duration of a commit"),m("commit99","Stored p99",e=>e.commit_ms.p99,u,"From receipt until an event is stored"),m("pending","Waiting",e=>e.pending_bytes,d,"Received and not yet stored"),m("lag","Lag",e=>e.loop_lag_seconds*1e3,u,"By which its event loop is late"),m("queries","Queries waiting",e=>e.queries_waiting,l),m("files","Files",e=>e.files,l),m("disk","On disk",e=>e.bytes_on_disk,d),m("rows","Events stored",e=>e.rows,x),m("memory","Memory",e=>e.resident_bytes,d),m("descriptors","Descriptors",e=>e.descriptors.open,l,"Open files and connections"),m("uptime","Up for",e=>e.uptime_seconds*1e3,u),{id:"restarts",title:"Restarts",value:e=>e.restarts,end:!0}];function me({rows:e}){return a`<${y} columns=${ce} rows=${e} rowKey=${t=>t.shard} caption="Shards side by side" csv="shards" />`}function pe({data:{disk:e}}){let{state:t,text:s}=E(e),n=Math.max(0,e.total_bytes-e.free_bytes-e.used_bytes);return a`<${p} title="Disk" note=${e.path}>
    <p><${$} state=${t} hideWord /> ${s}</p>
    <${T}
      label="The disk"
      rows=${[{label:"The disk",value:e.total_bytes,text:d(e.total_bytes),state:"idle"},{label:"Events and aggregates",value:e.used_bytes,text:d(e.used_bytes)},{label:"Most for events",value:e.forecast.limit_bytes,text:d(e.forecast.limit_bytes),state:"idle"},{label:"Free",value:e.free_bytes,text:d(e.free_bytes),state:e.free_bytes<2*e.reserve_bytes?"warn":"ok"},{label:"Reserve",value:e.reserve_bytes,text:d(e.reserve_bytes),state:"idle"},{label:"Other files",value:n,text:d(n),state:"idle"}]}
    />
  <//>`}var $e=[{id:"route",title:"Route",value:e=>e.route,rank:1,className:"mono"},{id:"requests",title:"Requests",value:e=>e.requests,cell:e=>l(e.requests),end:!0,rank:2},{id:"p50",title:"p50",value:e=>e.duration_ms.p50,cell:e=>u(e.duration_ms.p50),end:!0},{id:"p99",title:"p99",value:e=>e.duration_ms.p99,cell:e=>u(e.duration_ms.p99),end:!0,rank:3},{id:"total",title:"Time in sum",value:e=>e.seconds_total,cell:e=>u(e.seconds_total*1e3),end:!0},{id:"refused",title:"Refused",help:"Status 400 to 499",value:e=>e.refused,cell:e=>l(e.refused),end:!0},{id:"failed",title:"Failed",help:"Status from 500 on",value:e=>e.failed,cell:e=>e.failed?a`<${$} state="warn" word=${l(e.failed)} />`:"0",end:!0}];function fe({rows:e}){return a`<${y} columns=${$e} rows=${e} rowKey=${t=>t.route} caption="Requests by route" csv="requests" sortParameter="requests" sort="-total" height=${320} />`}function he({data:{gateway:e}}){return a`<${p} title="Gateway">
    <dl class="pairs">
      <dt>Memory of the gateway</dt><dd>${d(e.resident_bytes)}</dd>
      <dt>Descriptors</dt><dd>${l(e.descriptors.open)} of ${l(e.descriptors.limit)}</dd>
      <dt>Live clients</dt><dd>${l(e.subscribers)} follow events, ${l(e.queued_events)} events queued for them</dd>
      <dt>Nodes known</dt><dd>${l(e.nodes_known)}</dd>
    </dl>
  <//>`}var _e=[{id:"name",title:"Setting",value:e=>e.name,rank:1,className:"mono"},{id:"value",title:"Value",value:e=>e.value,cell:e=>e.value===null?a`<span title="Shown to admins">${"\u2014"} (for admins)</span>`:a`<code>${JSON.stringify(e.value)}</code>`,rank:2},{id:"default",title:"Set",value:e=>!e.is_default,cell:e=>e.is_default?"default":a`<b>changed</b>`,rank:3},{id:"description",title:"Meaning",value:e=>e.description,unsorted:!0}];function ye({rows:e}){let t=A.value.parameters.settings==="all",s=t?e:e.filter(({is_default:r})=>!r),n=a`<${D}
    label="Which settings"
    choices=${[{id:"",label:"Changed"},{id:"all",label:"All"}]}
    selected=${t?"all":""}
    onSelect=${r=>N({settings:r||void 0})}
  />`;return a`<${p} title="Settings in force" note=${`${h(s.length,"setting")} of ${e.length}`} actions=${n} flush>
    ${s.length?a`<${y} columns=${_e} rows=${s} rowKey=${r=>r.name} caption="Settings" csv="settings" height=${360} />`:a`<${M} title="All settings have their defaults"><span>“All” lists them with their meaning.</span><//>`}
  <//>`}function ve(){let e=U("admin"),t=k("the server log",s=>w.serverLog({},{signal:s}),{every:5e3,when:e,deps:[e]});return a`<${p} title="Log" note="warnings and errors of all processes, newest first" flush>
    ${e?a`<${g}
          answer=${t}
          isEmpty=${s=>!s.lines.length}
          empty=${a`<${M} title="No warnings"><span>Since the gateway started${t.data?a` (<${C} value=${t.data.since} />)`:""} no process logged a warning or an error.</span><//>`}
        >
          ${s=>a`<${y} columns=${be} rows=${s.lines} rowKey=${n=>`${n.time} ${n.process} ${n.message}`} caption="Server log" csv="server-log" />`}
        <//>`:a`<${M} title="The log is shown to admins"><span>Log in with a key of the role admin: tart keys create --name NAME --role admin.</span><//>`}
  <//>`}var be=[{id:"time",title:"Time",value:e=>e.time,cell:e=>a`<${F} value=${e.time} date />`,rank:2},{id:"level",title:"Level",value:e=>e.level,cell:e=>a`<${$} state=${e.level==="warning"?"warn":"bad"} word=${e.level} />`,rank:3},{id:"process",title:"Process",value:e=>e.process},{id:"message",title:"Message",value:e=>e.message,rank:1}];export{ae as default};
