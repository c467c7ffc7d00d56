import{b as A}from"./chunk-OYJLUT6D.js";import{a as I}from"./chunk-4YALDK3C.js";import{a as p,b as N,d as M}from"./chunk-WQNOXECZ.js";import{a as W}from"./chunk-A5KFDUZV.js";import{a as H,b as m}from"./chunk-HZVHJNCT.js";import{a as S}from"./chunk-LSKVQWEN.js";import{a as k,f as U}from"./chunk-QCITNMUN.js";import{b as g,e as w}from"./chunk-IIW3BLOX.js";import"./chunk-ZVTLTR5U.js";import{d as b}from"./chunk-5HTXFBE2.js";import{D as h,H as F,I as C,a as l,b as T,c as L,e as u,f as d,h as v,m as c}from"./chunk-DYZXLK2B.js";import"./chunk-NIKDHXBC.js";import{g as O,k as R}from"./chunk-37NB6NY5.js";import{l as a}from"./chunk-QNZ3L47H.js";var J=1e15,Q=.8,X=.95;function G({usage:e,memory_total_bytes:t,processes:s}){return e?[D("Memory of the machine",e.memory_used_bytes,t,d),D("Memory of the service",e.memory_budget_used_bytes,e.memory_budget_bytes,d),D("Open files of the machine",e.descriptors_open,e.descriptors_limit,l),...s.map(({name:n,descriptors_open:i,descriptors_limit:o})=>D(`Descriptors of ${n}`,i,o,l))].flatMap(n=>n??[]).sort((n,i)=>i.share-n.share):[]}function D(e,t,s,r){if(t===null||!s||s>J)return null;let n=t/s,i=n>=X?"bad":n>=Q?"warn":"ok";return{name:e,share:n,text:`${r(t)} of ${r(s)} (${v(n)})`,state:i}}var Z=[["Processors","share",[["cpu_share","busy"],["cpu_wait_share","wait for disks"]]],["Memory","bytes",[["memory_used_bytes","in use"],["memory_budget_used_bytes","of the service"]]],["Disks","bytes/s",[["disk_written_bytes_per_second","written"],["disk_read_bytes_per_second","read"]]],["Network","bytes/s",[["network_received_bytes_per_second","received"],["network_sent_bytes_per_second","sent"]]]];function B({host:e,processes:t}){let s=Z.map(([n,i,o])=>({title:n,unit:i,series:o.map(([_,y])=>({label:y,values:e[_]??[]}))})),r=n=>Object.entries(t).map(([i,o])=>({label:i,values:o[n]??[]}));return s.push({title:"Processors by process",unit:"cores",series:r("cpu_cores")}),s.push({title:"Memory by process",unit:"bytes",series:r("resident_bytes")}),s.map(n=>({...n,series:n.series.filter(({values:i})=>i.some(o=>o!==null))})).filter(({series:n})=>n.length)}var K=`.host-title {
  margin-top: var(--space-4);
}

.host-charts {
  display: grid;
  grid-template-columns: repeat(auto-fit, minmax(min(420px, 100%), 1fr));
  gap: var(--space-3) var(--space-6);
}
`;W(K);var te=[{id:"",label:"1 h"},{id:"6h",label:"6 h"},{id:"24h",label:"24 h"}];function z({host:e}){let{usage:t}=e;return t?a`<${m} title="Machine" note=${e.name??"of the last ten seconds"}>
    <${N}>
      <${p} id="cpu" label="Processors" value=${v(t.cpu_share)} note=${`of ${l(e.cpus)}; ${v(t.cpu_wait_share)} waited for disks${t.cpu_steal_share?`, ${v(t.cpu_steal_share)} went to other machines`:""}`} />
      <${p} id="load" label="Load" value=${l(t.load_1m,2)} note=${`${l(t.load_5m,2)} over 5 min, ${l(t.load_15m,2)} over 15 min`} />
      <${p} id="memory-used" label="Memory in use" value=${d(t.memory_used_bytes)} note=${`of ${d(e.memory_total_bytes)}; swap ${d(t.swap_used_bytes)}`} />
      <${p} id="disk-write" label="Written to disks" value=${x(t.disk_written_bytes_per_second)} note=${`read ${x(t.disk_read_bytes_per_second)}`} />
      <${p} id="network-in" label="Received" value=${x(t.network_received_bytes_per_second)} note=${`sent ${x(t.network_sent_bytes_per_second)}`} />
    <//>
    <h3 class="host-title">Limits, and how near they are</h3>
    <${M}
      label="Limits"
      rows=${G(e).map(({name:s,share:r,text:n,state:i})=>({label:a`<${h} state=${i} word=${s} />`,value:r,text:n,state:i}))}
      most=${1}
    />
    <h3 class="host-title">Processes</h3>
    <${b} caption="Processes" columns=${se} rows=${e.processes} rowKey=${s=>s.pid} csv="processes" height=${260} />
    <${re} />
  <//>`:a`<${m} title="Machine"><p class="muted">Not measured yet: it is looked at every ten seconds.</p><//>`}function x(e){return e===null?"\u2014":`${d(e)}/s`}var se=[{id:"name",title:"Process",rank:1,value:e=>e.name},{id:"cpu",title:"Processors",end:!0,rank:2,help:"1 is one processor kept busy",value:e=>e.cpu_cores,cell:e=>l(e.cpu_cores,2)},{id:"memory",title:"Memory",end:!0,rank:3,value:e=>e.resident_bytes,cell:e=>d(e.resident_bytes)},{id:"descriptors",title:"Descriptors",end:!0,value:e=>e.descriptors_open,cell:e=>`${l(e.descriptors_open)} of ${l(e.descriptors_limit)}`},{id:"threads",title:"Threads",end:!0,value:e=>e.threads,cell:e=>l(e.threads)},{id:"time",title:"Time used",end:!0,value:e=>e.cpu_seconds,cell:e=>u(e.cpu_seconds*1e3)},{id:"pid",title:"PID",end:!0,value:e=>e.pid,cell:e=>String(e.pid)}],ne={share:v,cores:e=>l(e,2),bytes:d,"bytes/s":e=>x(e??null),count:T};function re(){let e=O.value.parameters.machine??"",t=S("the machine over time",s=>k.serverHistory(e?{duration:e}:{},{signal:s}),{every:3e4,deps:[e]});return a`
    <p class="row-of host-title"><b>Over time</b><${A} label="Time shown" choices=${te} selected=${e} onSelect=${s=>R({machine:s})} /></p>
    <${w} answer=${t}>
      ${s=>{let r=s.times.map(n=>Date.parse(n));return r.length<2?a`<p class="muted">One value a minute: lines appear after two minutes.</p>`:a`<div class="host-charts">
          ${B(s).map(({title:n,unit:i,series:o})=>a`<div key=${n}><h4>${n}</h4><${I} title=${n} x=${r} series=${o} format=${ne[i]} least=${0} height=${130} /></div>`)}
        </div>`}}
    <//>
  `}var j=36e5,ie=24*j;function E({forecast:e,free_bytes:t,reserve_bytes:s}){if(t<s)return{state:"bad",short:"full",text:`Less than the reserve of ${d(s)} is free: no telemetry is read.`};if(e.bytes_per_day===null||e.retention_hours===null)return{state:"idle",short:"\u2014",text:`No forecast yet: ${e.reason}.`};let r=u(e.retention_hours*j),n=`At the mean rate since the start, ${d(e.bytes_per_day)} come in a day (${l(e.bytes_per_event,1)} B an event).`;if(e.full_in_days===null)return{state:"ok",short:`keeps ${r}`,text:`${n} Events of ${r} take ${d(e.needed_bytes)} of at most ${d(e.limit_bytes)}.`};let i=u(e.full_in_days*ie);return{state:"warn",short:e.full_in_days>0?`full in ${i}`:"full",text:`${n} The limit of ${d(e.limit_bytes)} is reached in ${i}; from then on only the last ${r} are kept.`}}function V(e){let t=[...e.shard_list.flatMap(ae),...oe(e),...de(e.chain)],s=E(e.disk);(s.state==="bad"||s.state==="warn")&&t.push(s);let r=["bad","warn","info"];return t.sort((n,i)=>r.indexOf(n.state)-r.indexOf(i.state))}function oe({gateway:e,requests:t}){let s=[],r=q(e.background_failures);r&&s.push({state:"warn",text:`Tasks of the gateway failed: ${r}. Their next turn was not affected.`});let n=t.reduce((i,o)=>i+o.failed,0);return n&&s.push({state:"info",text:`${c(n,"request")} ended with a status from 500 on.`}),e.missed_events&&s.push({state:"info",text:`Slow clients missed ${c(e.missed_events,"live event")}; they were told.`}),s}function ae({shard:e,state:t,message:s,restarts:r,figures:n}){let i=`Shard ${e}`;if(t==="starting")return[{state:"warn",text:`${i} is starting: ${s}.`}];if(!n)return[{state:"bad",text:`${i} does not answer. Nodes connect to the others.`}];let o=[];n.is_paused&&o.push({state:"bad",text:`${i} reads no telemetry (${n.paused_for}). Nothing is lost: nodes wait.`}),r&&o.push({state:"warn",text:`${i} was started again ${c(r,"time")}; the log says why.`}),n.damaged_files&&o.push({state:"bad",text:`${i} has ${c(n.damaged_files,"file")} that cannot be read in full.`});let _=q(n.derived_failures);_&&o.push({state:"warn",text:`${i}: derived work failed (${_}); the events themselves are stored.`});let y=q(n.pauses);y&&o.push({state:"info",text:`${i} paused reading: ${y}.`});let P=q(n.background_failures);return P&&o.push({state:"warn",text:`${i}: background tasks failed: ${P}.`}),n.loop_lag_seconds>1&&o.push({state:"warn",text:`${i} lags by ${u(n.loop_lag_seconds*1e3)}.`}),o}var le=64;function de(e){if(!e)return[];let{figures:t,restarts:s}=e,r=[];if(t||r.push({state:"bad",text:"The chain process does not answer. Telemetry is not affected."}),s&&r.push({state:"warn",text:`The chain process was started again ${c(s,"time")}; the log says why.`}),!t)return r;let n=t.endpoints.length,i=t.endpoints.filter(o=>o.connected).length;return i?i<n&&r.push({state:"warn",text:`${i} of ${c(n,"endpoint")} of rpc.urls are connected.`}):r.push({state:"bad",text:"No endpoint of rpc.urls is connected: the chain is not followed."}),t.waiting_writes>le&&r.push({state:"warn",text:`The disk does not keep up with the chain: ${c(t.waiting_writes,"transaction")} wait.`}),t.missing_statistics&&r.push({state:"info",text:`No endpoint had the statistics of ${c(t.missing_statistics,"block")}; sums of the chain lack them.`}),r}function Y({connected:e,since:t}){return e?{state:"ok",text:"connected"}:t?{state:"bad",text:"lost"}:{state:"idle",text:"not tried yet"}}function q(e){return Object.entries(e).filter(([,t])=>t>0).sort(([,t],[,s])=>s-t).map(([t,s])=>`${t} ${l(s)}`).join(", ")}function ue(){let e=S("the state of the server",t=>k.server({},{signal:t}),{every:5e3});return a`<${H} title="Server" question="Does it keep up, and for how long does the disk suffice?">
    <${w} answer=${e} lines=${8}>${t=>a`<${ce} data=${t} />`}<//>
    <${Se} />
  <//>`}function ce({data:e}){let t=e.shard_list.flatMap(o=>o.figures?[o.figures]:[]),s=o=>t.length?t.reduce((_,y)=>_+o(y),0):null,r=t.map(o=>o.events_per_second),n=E(e.disk),i=e.shard_list.length;return a`<div class="cards">
    <${N} large>
      <${p} id="shards" label="Shards up" value=${`${e.shards_up} of ${i}`} state=${e.shards_up<i?"bad":"ok"} />
      <${p} id="connections" label="Connections" value=${l(s(o=>o.connections))} />
      <${p}
        id="rate"
        label="Events"
        value=${L(r.includes(null)||!r.length?null:r.reduce((o,_)=>(o??0)+(_??0),0))}
        note="mean of 10 s"
      />
      <${p}
        id="memory"
        label="Memory"
        value=${d((s(o=>o.resident_bytes)??0)+e.gateway.resident_bytes)}
        note=${`${d(e.host.memory_available_bytes)} of the host available`}
      />
      <${p} id="disk" label="Disk" value=${n.short} state=${n.state==="ok"?void 0:n.state} note=${`${d(e.disk.free_bytes)} free`} />
      <${p} id="uptime" label="Gateway up for" value=${u(e.gateway.uptime_seconds*1e3)} note=${e.gateway.restarted?"after it ended":void 0} />
      <${p} id="version" label="tart" value=${e.version} note=${`Python ${e.python}, DuckDB ${e.duckdb??"\u2014"}`} />
    <//>
    <${pe} data=${e} />
    <${m} title="Shards" note="counts since each started" flush><${fe} rows=${e.shard_list} /><//>
    <${_e} chain=${e.chain} />
    <${be} data=${e} />
    <${z} host=${e.host} />
    <${m} title="Requests" note="since the gateway started; most time in sum first" flush><${ye} rows=${e.requests} /><//>
    <${ge} data=${e} />
    <${ke} rows=${e.settings} />
  </div>`}function pe({data:e}){let t=V(e);return a`<${m} title="Needs attention" note=${t.length?c(t.length,"finding"):void 0}>
    ${t.length?a`<ul class="plain">
          ${t.map(({state:s,text:r})=>a`<li key=${r}><${h} state=${s} hideWord /> ${r}</li>`)}
        </ul>`:a`<p><${h} state="ok" hideWord /> Nothing: no pauses, failures, damaged files or restarts since the shards started.</p>`}
  <//>`}var $e={up:"ok",starting:"warn",down:"bad"};function $(e,t,s,r,n){let i=o=>o.figures?s(o.figures):null;return{id:e,title:t,help:n,value:i,cell:o=>r(i(o)),end:!0}}var me=[{id:"shard",title:"Shard",value:e=>e.shard,cell:e=>a`<${h} state=${e.figures?.is_paused?"bad":$e[e.state]} word=${`${e.shard} ${e.figures?.is_paused?"paused":e.state}`} />`,rank:1},{...$("connections","Connections",e=>e.connections,l),rank:2},{...$("rate","Events",e=>e.events_per_second,e=>L(e)),rank:3},$("write50","Write p50",e=>e.write_ms.p50,u,"Duration of a commit"),$("write99","Write p99",e=>e.write_ms.p99,u,"Duration of a commit"),$("commit99","Stored p99",e=>e.commit_ms.p99,u,"From receipt until an event is stored"),$("pending","Waiting",e=>e.pending_bytes,d,"Received and not yet stored"),$("lag","Lag",e=>e.loop_lag_seconds*1e3,u,"By which its event loop is late"),$("queries","Queries waiting",e=>e.queries_waiting,l),$("files","Files",e=>e.files,l),$("disk","On disk",e=>e.bytes_on_disk,d),$("rows","Events stored",e=>e.rows,T),$("memory","Memory",e=>e.resident_bytes,d),$("descriptors","Descriptors",e=>e.descriptors.open,l,"Open files and connections"),$("uptime","Up for",e=>e.uptime_seconds*1e3,u),{id:"restarts",title:"Restarts",value:e=>e.restarts,end:!0}];function fe({rows:e}){return a`<${b} columns=${me} rows=${e} rowKey=${t=>t.shard} caption="Shards side by side" csv="shards" />`}var he=[{id:"endpoint",title:"Endpoint",value:e=>e.url??`${"\u2014"} (for admins)`,rank:1,className:"mono"},{id:"state",title:"State",value:e=>e.connected,cell:e=>{let{state:t,text:s}=Y(e);return a`<${h} state=${t} word=${s} />${e.since?a` (<${C} value=${e.since} />)`:""}`},rank:2},{id:"best",title:"Best slot",value:e=>e.best_slot,cell:e=>e.best_slot??"\u2014",end:!0,rank:3},{id:"final",title:"Finalized slot",value:e=>e.finalized_slot,cell:e=>e.finalized_slot??"\u2014",end:!0},{id:"requests",title:"Requests",value:e=>e.requests,cell:e=>l(e.requests),end:!0},{id:"failures",title:"Failed",help:"Refused, or not answered in time or readably",value:e=>e.failures,cell:e=>l(e.failures),end:!0},{id:"reconnects",title:"Reconnects",value:e=>e.reconnects,end:!0},{id:"error",title:"Last error",value:e=>e.error??"\u2014",unsorted:!0}];function _e({chain:e}){if(!e)return null;let{figures:t}=e;if(!t)return a`<${m} title="Chain process"><${g} title="It does not answer"><span>The supervisor starts it again; telemetry is not affected.</span><//><//>`;let s=i=>i??"\u2014",r=`best slot ${s(t.best_slot)}, finalized ${s(t.finalized_slot)}; ${c(t.blocks,"block")} since slot ${s(t.first_slot)}, ${l(t.forks)} of them forks, ${l(t.missing_statistics)} without statistics; ${c(t.reorganisations,"reorganisation")}`,n=t.endpoints.map((i,o)=>({...i,index:o}));return a`<${m} title="Chain process" note=${r} flush>
    <${b} columns=${he} rows=${n} rowKey=${i=>i.index} caption="RPC endpoints" csv="rpc-endpoints" />
  <//>`}function be({data:{disk:e}}){let{state:t,text:s}=E(e),r=Math.max(0,e.total_bytes-e.free_bytes-e.used_bytes);return a`<${m} title="Disk" note=${e.path}>
    <p><${h} state=${t} hideWord /> ${s}</p>
    <${M}
      label="The disk"
      rows=${[{label:"The disk",value:e.total_bytes,text:d(e.total_bytes),state:"idle"},{label:"Events and aggregates",value:e.used_bytes,text:d(e.used_bytes)},{label:"Most for events",value:e.forecast.limit_bytes,text:d(e.forecast.limit_bytes),state:"idle"},{label:"Free",value:e.free_bytes,text:d(e.free_bytes),state:e.free_bytes<2*e.reserve_bytes?"warn":"ok"},{label:"Reserve",value:e.reserve_bytes,text:d(e.reserve_bytes),state:"idle"},{label:"Other files",value:r,text:d(r),state:"idle"}]}
    />
  <//>`}var ve=[{id:"route",title:"Route",value:e=>e.route,rank:1,className:"mono"},{id:"requests",title:"Requests",value:e=>e.requests,cell:e=>l(e.requests),end:!0,rank:2},{id:"p50",title:"p50",value:e=>e.duration_ms.p50,cell:e=>u(e.duration_ms.p50),end:!0},{id:"p99",title:"p99",value:e=>e.duration_ms.p99,cell:e=>u(e.duration_ms.p99),end:!0,rank:3},{id:"total",title:"Time in sum",value:e=>e.seconds_total,cell:e=>u(e.seconds_total*1e3),end:!0},{id:"refused",title:"Refused",help:"Status 400 to 499",value:e=>e.refused,cell:e=>l(e.refused),end:!0},{id:"failed",title:"Failed",help:"Status from 500 on",value:e=>e.failed,cell:e=>e.failed?a`<${h} state="warn" word=${l(e.failed)} />`:"0",end:!0}];function ye({rows:e}){return a`<${b} columns=${ve} rows=${e} rowKey=${t=>t.route} caption="Requests by route" csv="requests" sortParameter="requests" sort="-total" height=${320} />`}function ge({data:{gateway:e}}){return a`<${m} title="Gateway">
    <dl class="pairs">
      <dt>Memory of the gateway</dt><dd>${d(e.resident_bytes)}</dd>
      <dt>Descriptors</dt><dd>${l(e.descriptors.open)} of ${l(e.descriptors.limit)}</dd>
      <dt>Live clients</dt><dd>${l(e.subscribers)} follow events, ${l(e.queued_events)} events queued for them</dd>
      <dt>Nodes known</dt><dd>${l(e.nodes_known)}</dd>
    </dl>
  <//>`}var we=[{id:"name",title:"Setting",value:e=>e.name,rank:1,className:"mono"},{id:"value",title:"Value",value:e=>e.value,cell:e=>e.value===null?a`<span title="Shown to admins">${"\u2014"} (for admins)</span>`:a`<code>${JSON.stringify(e.value)}</code>`,rank:2},{id:"default",title:"Set",value:e=>!e.is_default,cell:e=>e.is_default?"default":a`<b>changed</b>`,rank:3},{id:"description",title:"Meaning",value:e=>e.description,unsorted:!0}];function ke({rows:e}){let t=O.value.parameters.settings==="all",s=t?e:e.filter(({is_default:n})=>!n),r=a`<${A}
    label="Which settings"
    choices=${[{id:"",label:"Changed"},{id:"all",label:"All"}]}
    selected=${t?"all":""}
    onSelect=${n=>R({settings:n||void 0})}
  />`;return a`<${m} title="Settings in force" note=${`${c(s.length,"setting")} of ${e.length}`} actions=${r} flush>
    ${s.length?a`<${b} columns=${we} rows=${s} rowKey=${n=>n.name} caption="Settings" csv="settings" height=${360} />`:a`<${g} title="All settings have their defaults"><span>“All” lists them with their meaning.</span><//>`}
  <//>`}function Se(){let e=U("admin"),t=S("the server log",s=>k.serverLog({},{signal:s}),{every:5e3,when:e,deps:[e]});return a`<${m} title="Log" note="warnings and errors of all processes, newest first" flush>
    ${e?a`<${w}
          answer=${t}
          isEmpty=${s=>!s.lines.length}
          empty=${a`<${g} title="No warnings"><span>Since the gateway started${t.data?a` (<${C} value=${t.data.since} />)`:""} no process logged a warning or an error.</span><//>`}
        >
          ${s=>a`<${b} columns=${xe} rows=${s.lines} rowKey=${r=>`${r.time} ${r.process} ${r.message}`} caption="Server log" csv="server-log" />`}
        <//>`:a`<${g} title="The log is shown to admins"><span>Log in with a key of the role admin: tart keys create --name NAME --role admin.</span><//>`}
  <//>`}var xe=[{id:"time",title:"Time",value:e=>e.time,cell:e=>a`<${F} value=${e.time} date />`,rank:2},{id:"level",title:"Level",value:e=>e.level,cell:e=>a`<${h} state=${e.level==="warning"?"warn":"bad"} word=${e.level} />`,rank:3},{id:"process",title:"Process",value:e=>e.process},{id:"message",title:"Message",value:e=>e.message,rank:1}];export{ue as default};
