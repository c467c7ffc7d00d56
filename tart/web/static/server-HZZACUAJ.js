import{a as S,b as C}from"./chunk-BX3NTUUI.js";import{d as O}from"./chunk-C66HRB6O.js";import{a as c,b as A,d as L}from"./chunk-MT5OO2NG.js";import{d as p}from"./chunk-6UV674H3.js";import{m as y}from"./chunk-BCM654JP.js";import{b as v,e as b}from"./chunk-IGJKNZOW.js";import{a as R,b as $}from"./chunk-DXBXNIWB.js";import{L as m,S as D,T as N,U as w,Z as T,a as l,b as k,c as g,d as u,e as a,l as _,u as q,y as M}from"./chunk-FPGP54BG.js";import{l as s}from"./chunk-EUVXIHW5.js";function F(){let e=y("the state of the server",t=>w.server({},{signal:t}),{every:5e3});return s`<${R} title="Server" question="Does it keep up, and for how long does the disk suffice?">
    <${b} answer=${e} lines=${8}>${t=>s`<${P} data=${t} />`}<//>
    <${j} />
  <//>`}function P({data:e}){let t=e.shard_list.flatMap(i=>i.figures?[i.figures]:[]),n=i=>t.length?t.reduce((h,x)=>h+i(x),0):null,r=t.map(i=>i.events_per_second),d=S(e.disk),f=e.shard_list.length;return s`<div class="cards">
    <${A} large>
      <${c} id="shards" label="Shards up" value=${`${e.shards_up} of ${f}`} state=${e.shards_up<f?"bad":"ok"} />
      <${c} id="connections" label="Connections" value=${l(n(i=>i.connections))} />
      <${c}
        id="rate"
        label="Events"
        value=${g(r.includes(null)||!r.length?null:r.reduce((i,h)=>(i??0)+(h??0),0))}
        note="mean of 10 s"
      />
      <${c}
        id="memory"
        label="Memory"
        value=${a((n(i=>i.resident_bytes)??0)+e.gateway.resident_bytes)}
        note=${`${a(e.host.memory_available_bytes)} of the host available`}
      />
      <${c} id="disk" label="Disk" value=${d.short} state=${d.state==="ok"?void 0:d.state} note=${`${a(e.disk.free_bytes)} free`} />
      <${c} id="uptime" label="Gateway up for" value=${u(e.gateway.uptime_seconds*1e3)} note=${e.gateway.restarted?"after it ended":void 0} />
      <${c} id="version" label="tart" value=${e.version} note=${`Python ${e.python}, DuckDB ${e.duckdb??"\u2014"}`} />
    <//>
    <${W} data=${e} />
    <${$} title="Shards" note="counts since each started" flush><${H} rows=${e.shard_list} /><//>
    <${K} data=${e} />
    <${$} title="Requests" note="since the gateway started; most time in sum first" flush><${I} rows=${e.requests} /><//>
    <${J} data=${e} />
    <${V} rows=${e.settings} />
  </div>`}function W({data:e}){let t=C(e);return s`<${$} title="Needs attention" note=${t.length?_(t.length,"finding"):void 0}>
    ${t.length?s`<ul class="plain">
          ${t.map(({state:n,text:r})=>s`<li key=${r}><${m} state=${n} hideWord /> ${r}</li>`)}
        </ul>`:s`<p><${m} state="ok" hideWord /> Nothing: no pauses, failures, damaged files or restarts since the shards started.</p>`}
  <//>`}var U={up:"ok",starting:"warn",down:"bad"};function o(e,t,n,r,d){let f=i=>i.figures?n(i.figures):null;return{id:e,title:t,help:d,value:f,cell:i=>r(f(i)),end:!0}}var G=[{id:"shard",title:"Shard",value:e=>e.shard,cell:e=>s`<${m} state=${e.figures?.is_paused?"bad":U[e.state]} word=${`${e.shard} ${e.figures?.is_paused?"paused":e.state}`} />`,rank:1},{...o("connections","Connections",e=>e.connections,l),rank:2},{...o("rate","Events",e=>e.events_per_second,e=>g(e)),rank:3},o("write50","Write p50",e=>e.write_ms.p50,u,"Duration of a commit"),o("write99","Write p99",e=>e.write_ms.p99,u,"Duration of a commit"),o("commit99","Stored p99",e=>e.commit_ms.p99,u,"From receipt until an event is stored"),o("pending","Waiting",e=>e.pending_bytes,a,"Received and not yet stored"),o("lag","Lag",e=>e.loop_lag_seconds*1e3,u,"By which its event loop is late"),o("queries","Queries waiting",e=>e.queries_waiting,l),o("files","Files",e=>e.files,l),o("disk","On disk",e=>e.bytes_on_disk,a),o("rows","Events stored",e=>e.rows,k),o("memory","Memory",e=>e.resident_bytes,a),o("descriptors","Descriptors",e=>e.descriptors.open,l,"Open files and connections"),o("uptime","Up for",e=>e.uptime_seconds*1e3,u),{id:"restarts",title:"Restarts",value:e=>e.restarts,end:!0}];function H({rows:e}){return s`<${p} columns=${G} rows=${e} rowKey=${t=>t.shard} caption="Shards side by side" csv="shards" />`}function K({data:{disk:e}}){let{state:t,text:n}=S(e),r=Math.max(0,e.total_bytes-e.free_bytes-e.used_bytes);return s`<${$} title="Disk" note=${e.path}>
    <p><${m} state=${t} hideWord /> ${n}</p>
    <${L}
      label="The disk"
      rows=${[{label:"The disk",value:e.total_bytes,text:a(e.total_bytes),state:"idle"},{label:"Events and aggregates",value:e.used_bytes,text:a(e.used_bytes)},{label:"Most for events",value:e.forecast.limit_bytes,text:a(e.forecast.limit_bytes),state:"idle"},{label:"Free",value:e.free_bytes,text:a(e.free_bytes),state:e.free_bytes<2*e.reserve_bytes?"warn":"ok"},{label:"Reserve",value:e.reserve_bytes,text:a(e.reserve_bytes),state:"idle"},{label:"Other files",value:r,text:a(r),state:"idle"}]}
    />
  <//>`}var B=[{id:"route",title:"Route",value:e=>e.route,rank:1,className:"mono"},{id:"requests",title:"Requests",value:e=>e.requests,cell:e=>l(e.requests),end:!0,rank:2},{id:"p50",title:"p50",value:e=>e.duration_ms.p50,cell:e=>u(e.duration_ms.p50),end:!0},{id:"p99",title:"p99",value:e=>e.duration_ms.p99,cell:e=>u(e.duration_ms.p99),end:!0,rank:3},{id:"total",title:"Time in sum",value:e=>e.seconds_total,cell:e=>u(e.seconds_total*1e3),end:!0},{id:"refused",title:"Refused",help:"Status 400 to 499",value:e=>e.refused,cell:e=>l(e.refused),end:!0},{id:"failed",title:"Failed",help:"Status from 500 on",value:e=>e.failed,cell:e=>e.failed?s`<${m} state="warn" word=${l(e.failed)} />`:"0",end:!0}];function I({rows:e}){return s`<${p} columns=${B} rows=${e} rowKey=${t=>t.route} caption="Requests by route" csv="requests" sortParameter="requests" sort="-total" height=${320} />`}function J({data:{gateway:e,host:t}}){return s`<${$} title="Gateway and host">
    <dl class="pairs">
      ${t.name&&s`<dt>Host</dt><dd>${t.name}</dd>`}
      <dt>Processors</dt><dd>${l(t.cpus)}</dd>
      <dt>Memory of the host</dt><dd>${a(t.memory_available_bytes)} of ${a(t.memory_total_bytes)} available</dd>
      <dt>Memory of the gateway</dt><dd>${a(e.resident_bytes)}</dd>
      <dt>Descriptors</dt><dd>${l(e.descriptors.open)} of ${l(e.descriptors.limit)}</dd>
      <dt>Live clients</dt><dd>${l(e.subscribers)} follow events, ${l(e.queued_events)} events queued for them</dd>
      <dt>Nodes known</dt><dd>${l(e.nodes_known)}</dd>
    </dl>
  <//>`}var Q=[{id:"name",title:"Setting",value:e=>e.name,rank:1,className:"mono"},{id:"value",title:"Value",value:e=>e.value,cell:e=>e.value===null?s`<span title="Shown to admins">${"\u2014"} (for admins)</span>`:s`<code>${JSON.stringify(e.value)}</code>`,rank:2},{id:"default",title:"Set",value:e=>!e.is_default,cell:e=>e.is_default?"default":s`<b>changed</b>`,rank:3},{id:"description",title:"Meaning",value:e=>e.description,unsorted:!0}];function V({rows:e}){let t=q.value.parameters.settings==="all",n=t?e:e.filter(({is_default:d})=>!d),r=s`<${O}
    label="Which settings"
    choices=${[{id:"",label:"Changed"},{id:"all",label:"All"}]}
    selected=${t?"all":""}
    onSelect=${d=>M({settings:d||void 0})}
  />`;return s`<${$} title="Settings in force" note=${`${_(n.length,"setting")} of ${e.length}`} actions=${r} flush>
    ${n.length?s`<${p} columns=${Q} rows=${n} rowKey=${d=>d.name} caption="Settings" csv="settings" height=${360} />`:s`<${v} title="All settings have their defaults"><span>“All” lists them with their meaning.</span><//>`}
  <//>`}function j(){let e=T("admin"),t=y("the server log",n=>w.serverLog({},{signal:n}),{every:5e3,when:e,deps:[e]});return s`<${$} title="Log" note="warnings and errors of all processes, newest first" flush>
    ${e?s`<${b}
          answer=${t}
          isEmpty=${n=>!n.lines.length}
          empty=${s`<${v} title="No warnings"><span>Since the gateway started${t.data?s` (<${N} value=${t.data.since} />)`:""} no process logged a warning or an error.</span><//>`}
        >
          ${n=>s`<${p} columns=${z} rows=${n.lines} rowKey=${r=>`${r.time} ${r.process} ${r.message}`} caption="Server log" csv="server-log" />`}
        <//>`:s`<${v} title="The log is shown to admins"><span>Log in with a key of the role admin: tart keys create --name NAME --role admin.</span><//>`}
  <//>`}var z=[{id:"time",title:"Time",value:e=>e.time,cell:e=>s`<${D} value=${e.time} date />`,rank:2},{id:"level",title:"Level",value:e=>e.level,cell:e=>s`<${m} state=${e.level==="warning"?"warn":"bad"} word=${e.level} />`,rank:3},{id:"process",title:"Process",value:e=>e.process},{id:"message",title:"Message",value:e=>e.message,rank:1}];export{F as default};
