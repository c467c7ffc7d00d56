import{a as Je}from"./chunk-7KWKPRJ3.js";import{a as Xe,b as V,c as ie}from"./chunk-OYJLUT6D.js";import{a as F,b as P,c as qe,d as me,e as pe,f as ae,g as K,h as Me,i as Ie,j as ne,k as Fe,l as We,m as Pe,n as $e,o as fe,p as Be,q as ze,r as je,s as re,t as he,u as He,v as ge,w as H,x as Ge}from"./chunk-PIVQMX7W.js";import{b as Ke}from"./chunk-QLZ46DTY.js";import{a as Qe}from"./chunk-4YALDK3C.js";import{a as Y,b as De}from"./chunk-WQNOXECZ.js";import{b as Ve}from"./chunk-MX6SEDPD.js";import{a as le}from"./chunk-A5KFDUZV.js";import{c as Le}from"./chunk-3B3KOKTW.js";import{a as Re,b as k}from"./chunk-HZVHJNCT.js";import{a as N}from"./chunk-LSKVQWEN.js";import{a as h,d as j,f as L}from"./chunk-QCITNMUN.js";import{b as C,c as Ee,e as T,f as I}from"./chunk-IIW3BLOX.js";import{a as Ue}from"./chunk-ZVTLTR5U.js";import{d as E}from"./chunk-5HTXFBE2.js";import{A as W,B as Ce,D as _,E as Ne,H as O,I as x,a as f,b as se,e as A,f as Ae,j as U,k as X,l as J,m as w,q as Te,v as Oe,x as ue}from"./chunk-DYZXLK2B.js";import{c as ve,d as B,h as Z,k as ee}from"./chunk-NIKDHXBC.js";import{g as D,i as q,k as S}from"./chunk-37NB6NY5.js";import{g as b,h as G,j as xe,k as z,l as s}from"./chunk-QNZ3L47H.js";function Ze(e,t,[a,n]){let r=new Map;for(let o of yt(e,t,[a,n])){let d=r.get(o.alert);d?d.push(o):r.set(o.alert,[o])}let i=[...r].map(([o,d])=>{let m=d.flatMap(y=>y.spans),c=m.filter(({state:y})=>y==="firing"),p=m.filter(({state:y})=>y==="pending"),$=y=>Math.min(1,Math.max(0,(y-a)/(n-a))),g=[...Ye(p,"pending"),...Ye(c,"firing")].filter(({from:y,to:v})=>v>=a&&y<=n).map(y=>({...y,from:$(y.from),to:$(y.to)})),M=F.find(y=>d.some(v=>v.severity===y))??"warning";return{alert:o,severity:M,firing:c.length,parts:g}}),l=o=>Math.max(...o.parts.map(({to:d})=>d));return i.filter(({parts:o})=>o.length).sort((o,d)=>F.indexOf(o.severity)-F.indexOf(d.severity)||l(d)-l(o))}function yt(e,t,[a,n]){let r=new Map,i=[...e].map(l=>({...l,at:X(l.at)??0})).sort((l,o)=>l.at-o.at||l.id-o.id);for(let{alert_id:l,alert:o,severity:d,at:m,from:c,to:p}of i){let $=r.get(l)??{alert:o,severity:d,changes:[]};$.changes.push({at:m,from:c,to:p}),r.set(l,$)}for(let l of t){if(r.has(l.id))continue;let o=[{at:X(l.since)??a,from:"inactive",to:"pending"}];l.fired_at&&o.push({at:X(l.fired_at)??a,from:"pending",to:"firing"}),l.resolved_at&&o.push({at:X(l.resolved_at)??n,from:"firing",to:"resolved"}),r.set(l.id,{alert:l.alert,severity:l.severity,changes:o})}return[...r.values()].map(({alert:l,severity:o,changes:d})=>({alert:l,severity:o,spans:wt(d,[a,n])}))}function wt(e,[t,a]){let n=[],r=(i,l,o)=>{(i==="pending"||i==="firing")&&n.push({state:i,from:l,to:o})};return r(e[0].from,Math.min(t,e[0].at),e[0].at),e.forEach(({at:i,to:l},o)=>r(l,i,e[o+1]?.at??a)),n}function Ye(e,t){let a=e.flatMap(({from:i,to:l})=>[{at:i,step:1},{at:l,step:-1}]);a.sort((i,l)=>i.at-l.at||l.step-i.step);let n=[],r=0;for(let{at:i,step:l}of a){r===0&&n.push({from:i,to:i,state:t,count:0}),r+=l;let o=n[n.length-1];o.count=Math.max(o.count,r),o.to=i}return n}function et([e,t],a){return Array.from({length:a},(n,r)=>e+(t-e)*r/(a-1))}var tt=`.lanes {
  display: grid;
  gap: 2px;
  padding-top: var(--space-2);
}

.lane {
  display: grid;
  grid-template-columns: 240px minmax(0, 1fr);
  align-items: center;
  gap: var(--space-3);
}

.lane-name {
  overflow: hidden;
  text-overflow: ellipsis;
}

.lane-track {
  width: 100%;
  height: 16px;
  background: var(--surface-2);
}

.lane-part {
  fill: var(--warn);
}

.lane-part[data-severity="critical"] {
  fill: var(--bad);
}

.lane-part[data-severity="info"] {
  fill: var(--info);
}

.lane-part[data-state="pending"] {
  fill: var(--line-strong);
}

.lane-ticks {
  display: flex;
  justify-content: space-between;
  color: var(--text-3);
  font-size: var(--size-12);
}

.lane-key {
  width: 16px;
  height: 10px;
  background: var(--bad);
}

.lane-key[data-state="pending"] {
  height: 4px;
  background: var(--line-strong);
}

@media (max-width: 600px) {
  .lane {
    grid-template-columns: minmax(0, 1fr);
    gap: 0;
  }
}
`;le(tt);var kt=1e3,be=12;function te({alerts:e,node:t,rule:a}){let n=N("the history of the alerts",r=>{let[i,l]=ee();return h.alertHistory({start:new Date(i),end:new Date(l),limit:kt,node:t,alert:a},{signal:r})},{every:15e3,deps:[B.value,t,a]});return s`<${k} title="Time line" note="when the alerts of each rule were pending and fired">
    <${T} answer=${n}>
      ${r=>s`<${St} data=${r} alerts=${e} />`}
    <//>
  <//>`}function St({data:e,alerts:t}){let a=z(()=>ee(),[e,t,B.value]),n=z(()=>Ze(e.history,t,a),[e,t,a]),[r,i]=b(!1);if(!n.length)return s`<${C} title="No alert was pending or fired in this range." />`;let l=c=>a[0]+c*(a[1]-a[0]),o=n.flatMap(({alert:c,severity:p,parts:$})=>$.map(g=>({alert:c,severity:p,...g}))),d=()=>({titles:["alert","severity","state","from","to","alerts"],rows:o.map(c=>[c.alert,c.severity,c.state,new Date(l(c.from)).toISOString(),new Date(l(c.to)).toISOString(),c.count])}),m=s`<span class="row-of muted"><i class="lane-key" data-state="firing"></i>fires <i class="lane-key" data-state="pending"></i>pending</span>`;return s`
    ${e.has_more&&s`<div class="notice" data-state="warn">Only the last ${f(e.history.length)} changes of this range are drawn.</div>`}
    <${Ue} title="Time line of alerts" kind="strip" legend=${m} table=${d} asTable=${r} onToggle=${()=>i(!r)}>
      ${r?s`<${Tt} rows=${o} time=${l} />`:s`<${xt} lanes=${n} limits=${a} time=${l} />`}
    <//>
  `}function xt({lanes:e,limits:t,time:a}){let n=ue.value,r=t[1]-t[0]>864e5,i=l=>J(l,{local:n,date:r}).slice(r?5:0,r?16:8);return s`<div class="lanes">
    ${e.slice(0,be).map(({alert:l,severity:o,firing:d,parts:m})=>s`<div key=${l} class="lane" data-lane=${l}>
        <a class="lane-name" href=${q("alerts",{tab:"history",rule:l})} title=${`${l}: ${w(d,"alert")} fired`}>
          <${_} state=${P(o)} word=${l} />
        </a>
        <svg class="lane-track" viewBox="0 0 1000 16" preserveAspectRatio="none" role="img" aria-label=${At(l,m,a,i)}>
          ${m.map(({from:c,to:p,state:$,count:g})=>s`<rect
              key=${`${$} ${c}`}
              class="lane-part"
              data-state=${$}
              data-severity=${o}
              x=${c*1e3}
              y=${$==="pending"?6:2}
              width=${Math.max(2,(p-c)*1e3)}
              height=${$==="pending"?4:12}
            ><title>${st($,g,a(c),a(p),i)}</title></rect>`)}
        </svg>
      </div>`)}
    <div class="lane lane-axis" aria-hidden="true">
      <span></span>
      <span class="lane-ticks">${et(t,W.value?3:6).map(l=>s`<span key=${l}>${i(l)}</span>`)}</span>
    </div>
    ${e.length>be&&s`<p class="muted">and ${w(e.length-be,"rule")} more, in the table</p>`}
  </div>`}function At(e,t,a,n){return`${e}: ${t.map(({state:r,count:i,from:l,to:o})=>st(r,i,a(l),a(o),n)).join("; ")}`}function st(e,t,a,n,r){return`${e==="firing"?"fires":"pending"} ${r(a)} to ${r(n)}${t>1?`, up to ${f(t)} at a time`:""}`}function Tt({rows:e,time:t}){let a=n=>J(t(n),{local:ue.value,date:!0});return s`<${E}
    caption="Time line of alerts"
    rows=${e}
    rowKey=${n=>`${n.alert} ${n.state} ${n.from}`}
    height=${300}
    columns=${[{id:"alert",title:"Alert",value:n=>n.alert,rank:1},{id:"severity",title:"Severity",value:n=>n.severity},{id:"state",title:"State",value:n=>n.state,rank:2},{id:"from",title:"From",value:n=>a(n.from),rank:3},{id:"to",title:"To",value:n=>a(n.to)},{id:"count",title:"At a time",end:!0,value:n=>n.count}]}
  />`}var Ot=200;function at(e,t){let[a,n]=ee(),{rule:r,node:i}=D.value.parameters;return h.alertHistory({start:new Date(a),end:new Date(n),limit:Ot,before:t,alert:r,node:i},{signal:e})}function nt({alerts:e}){let{rule:t,node:a}=D.value.parameters,n=N("the history of the alerts",i=>at(i),{every:15e3,deps:[B.value,t,a]}),r=(e?.alerts??[]).filter(i=>(!t||i.alert===t)&&(!a||i.labels.node?.startsWith(a)));return s`<div class="cards">
    ${(t||a)&&s`<div class="row-of alerts-filters">
      ${t&&s`<span class="chip">rule ${t}</span>`} ${a&&s`<span class="chip">node ${U(a)}</span>`}
      <button type="button" class="button quiet small" onClick=${()=>S({rule:"",node:""})}>Show all</button>
    </div>`}
    <${te} alerts=${r} node=${a} rule=${t} />
    <${k} title="Changes" note="newest first" flush>
      <${T} answer=${n} isEmpty=${i=>!i.history.length} empty=${s`<${C} title="No alert changed in this range." />`}>
        ${i=>s`<${Ct} data=${i} />`}
      <//>
    <//>
  </div>`}function Ct({data:e}){let[t,a]=b(null),[n,r]=b(null),[i,l]=b(!1),{rule:o,node:d}=D.value.parameters;G(()=>a(null),[B.value,o,d]);let m=e.history[e.history.length-1].id,c=[...e.history,...(t?.rows??[]).filter(({id:g})=>g<m)],p=t?t.more:e.has_more;async function $(){if(!(!p||i)){l(!0);try{let g=await at(new AbortController().signal,c[c.length-1].id);a({rows:[...t?.rows??c.slice(e.history.length),...g.history],more:g.has_more}),r(null)}catch(g){r(g)}l(!1)}}return s`
    ${n&&s`<${Ee} name="older changes" error=${n} onRetry=${$} />`}
    <${E}
      caption="Changes of alerts"
      columns=${Nt}
      rows=${c}
      rowKey=${g=>g.id}
      csv="alert-history"
      onEnd=${n?void 0:$}
      tools=${s`<span class="muted">${w(c.length,"change")}${p?", and older ones":""}</span>`}
    />
  `}var Nt=[{id:"at",title:"When",rank:1,value:e=>e.at,cell:e=>s`<${O} value=${e.at} date />`},{id:"to",title:"Change",rank:2,value:e=>`${e.from} \u2192 ${e.to}`,cell:e=>s`<${_} state=${e.to==="firing"?P(e.severity):e.to==="resolved"?"ok":"idle"} word=${`${e.from} \u2192 ${e.to}`} />`},{id:"summary",title:"What",rank:3,className:"alerts-what",value:e=>e.summary,cell:e=>s`<span title=${e.summary}>${e.summary}</span>`},{id:"alert",title:"Rule",value:e=>e.alert},{id:"severity",title:"Severity",value:e=>e.severity},{id:"labels",title:"Labels",value:e=>JSON.stringify(e.labels),cell:e=>s`<${H} labels=${e.labels} />`},{id:"value",title:"Value",end:!0,value:e=>e.value,cell:e=>se(e.value)}];var Et=500,lt=s`<span class="visually-hidden">Action</span>`;function it({channels:e,onChange:t}){let{delivery:a="",channel:n}=D.value.parameters,r=N("the messages",c=>h.deliveries({limit:Et,...a?{state:a}:{},...n?{channel:n}:{}},{signal:c}),{every:5e3,deps:[a,n]}),[i,l]=b(""),o=()=>{r.reload(),t()};async function d({id:c}){l("");try{await h.retryDelivery(c,{}),o()}catch(p){l(I(p))}}let m=s`
    <${V}
      label="State of the messages"
      choices=${[{id:"",label:"All"},{id:"queued",label:"Waiting"},{id:"delivered",label:"Delivered"},{id:"dead",label:"Given up"},{id:"superseded",label:"Replaced"}]}
      selected=${a}
      onSelect=${c=>S({delivery:c})}
    />
    ${n&&s`<span class="chip">channel ${n}</span><button type="button" class="button quiet small" onClick=${()=>S({channel:""})}>Of all channels</button>`}
  `;return s`<div class="cards">
    <${k} title="Channels" note=${w(e.length,"channel")} flush>
      ${e.length?s`<${E} caption="Channels" columns=${Dt(o)} rows=${e} rowKey=${c=>c.name} csv="alert-channels" />`:s`<${C} title="No channel is declared: alerts are shown here, and nobody is told.">
            <span>A <code>[[channel]]</code> of the rule file (setting <code>alerts.file</code>) sends them to a webhook, Alertmanager, Slack, Discord, Telegram, PagerDuty, by e-mail or to a command.</span>
          <//>`}
    <//>
    <${k} title="Messages" note="newest first" flush>
      ${i&&s`<p class="notice" data-state="bad" role="alert">Not sent again: ${i}.</p>`}
      <${T} answer=${r}>
        ${c=>s`<${E}
          caption="Messages"
          columns=${Lt(d)}
          rows=${c.deliveries}
          rowKey=${p=>p.id}
          csv="alert-messages"
          steady
          tools=${s`${m}${c.has_more&&s`<span class="muted">the last ${f(c.deliveries.length)}</span>`}`}
          empty="No such message. Those of the last days are listed: when an alert fires, changes and ends."
        />`}
      <//>
    <//>
  </div>`}var Dt=e=>[{id:"state",title:"State",rank:2,value:t=>t.dead,saved:t=>ye(t)[1],cell:t=>s`<${_} state=${ye(t)[0]} word=${ye(t)[1]} title=${t.last_error??void 0} />`},{id:"name",title:"Channel",rank:1,value:t=>t.name,cell:t=>s`<a href="#" onClick=${a=>(a.preventDefault(),S({channel:t.name}))}>${t.name}</a>`},{id:"type",title:"Kind",value:t=>t.type},{id:"severity",title:"From",help:"Less severe alerts are not sent",value:t=>t.min_severity},{id:"queued",title:"Waiting",end:!0,value:t=>t.queued,cell:t=>f(t.queued)},{id:"delivered",title:"Delivered",end:!0,value:t=>t.delivered,cell:t=>f(t.delivered)},{id:"failed",title:"Failed attempts",end:!0,value:t=>t.failed,cell:t=>f(t.failed)},{id:"dead",title:"Given up",end:!0,value:t=>t.dead,cell:t=>f(t.dead)},{id:"last",title:"Last delivered",end:!0,value:t=>t.last_delivered_at,cell:t=>t.last_delivered_at?s`<${x} value=${t.last_delivered_at} />`:s`<span class="muted">never</span>`},{id:"error",title:"Last error",className:"alerts-error",value:t=>t.last_error,cell:t=>s`<span title=${t.last_error??void 0}>${t.last_error??""}</span>`},{id:"test",title:lt,rank:3,unsorted:!0,value:()=>null,cell:t=>s`<${Rt} channel=${t.name} onDone=${e} />`}];function ye({dead:e,queued:t,last_error:a,delivered:n}){return e?["bad","has given up messages"]:a?["warn",t?"fails, tries again":"failed last"]:n?["ok","delivers"]:["idle","nothing sent yet"]}function Rt({channel:e,onDone:t}){let[a,n]=b(null),[r,i]=b(!1);async function l(){i(!0),n(null);try{let{delivered:o,error:d,elapsed_ms:m}=await h.sendTest({channel:e});n(o?{state:"ok",text:`arrived after ${A(m)}`}:{state:"bad",text:d??"not delivered"}),t()}catch(o){n({state:"bad",text:I(o)})}i(!1)}return s`<span class="row-of test-button">
    <button type="button" class="button small" disabled=${r} onClick=${l}>${r?"Sending \u2026":"Send a test"}</button>
    <span role="status">${a&&s`<${_} state=${a.state} word=${a.text} title=${a.text} />`}</span>
  </span>`}var rt={queued:["info","waiting"],delivered:["ok","delivered"],dead:["bad","given up"],superseded:["idle","replaced"]},Lt=e=>[{id:"state",title:"State",rank:2,value:t=>t.state,cell:t=>s`<${_} state=${rt[t.state][0]} word=${rt[t.state][1]} />`},{id:"created",title:"When",value:t=>t.created_at,cell:t=>s`<${O} value=${t.created_at} date />`},{id:"channel",title:"Channel",value:t=>t.channel},{id:"about",title:"About",rank:1,className:"alerts-what",value:t=>t.summary,cell:t=>s`<span title=${t.summary}>${t.status==="resolved"?"ended: ":""}${t.summary}</span>`},{id:"alerts",title:"Alerts",end:!0,value:t=>t.alerts,cell:t=>f(t.alerts)},{id:"reason",title:"Why",value:t=>t.reason},{id:"attempts",title:"Attempts",end:!0,value:t=>t.attempts,cell:t=>f(t.attempts)},{id:"next",title:"Next",end:!0,value:t=>t.next_attempt_at,cell:t=>t.next_attempt_at?s`<${x} value=${t.next_attempt_at} />`:""},{id:"error",title:"Last error",className:"alerts-error",value:t=>t.last_error,cell:t=>s`<span title=${t.last_error??void 0}>${t.last_error??""}</span>`},{id:"retry",title:lt,rank:3,unsorted:!0,value:()=>null,cell:t=>t.state==="dead"&&s`<button type="button" class="button small" onClick=${()=>e(t)}>Send again</button>`}];var qt={nodes_connected:{source:"connections",title:"Connected nodes"},nodes_disconnected_share:{source:"connections",title:"Connected nodes"},best_block_age_seconds:{source:"blocks",title:"New best blocks"},finalized_block_age_seconds:{source:"blocks",title:"New finalized blocks"},finality_lag_slots:{source:"blocks",title:"New finalized blocks"},missed_slots_share:{source:"blocks",title:"New best blocks"},memory_free_share:{source:"server",title:"Memory in use"},descriptors_used_share:{source:"server",title:"Open files of the machine"}};function ot({figure:e,labels:t}){return e==="step_failure_share"&&t.pipeline&&!t.node?{source:"failures",title:`Failures of ${t.pipeline}`}:t.node?{source:"node",title:`Events of ${U(t.node)}`}:qt[e??""]??null}function dt(e,t,a){return Mt[e](t,a)}var Mt={node({buckets:e,nodes:t}){let a=t.series?.[0]??[],n=Date.parse(e.start);return{x:a.map((r,i)=>n+1e3*e.seconds*i),label:"events",values:a,limit:null}},connections({timeline:e},t){let a=[...e].reverse(),n=t.figure==="nodes_connected"?t.above??t.below:null;return{...we(a,r=>r.open),label:"connected",limit:n}},blocks({data:e},{figure:t}){let a=t?.startsWith("final")?"finalized":"blocks",n=[...e].reverse().filter(({partial:r})=>!r);return{...we(n,r=>r[a]??null),label:"blocks",limit:null}},failures({data:e},{labels:t}){let a=[...e].reverse().filter(({category:n})=>n===t.pipeline);return{...we(a,n=>n.failures??0),label:"failures",limit:null}},server({times:e,host:t},{figure:a}){let n=a==="memory_free_share"?"memory_used_bytes":"descriptors_open";return{x:e.map(i=>Date.parse(i)),label:a==="memory_free_share"?"bytes":"open",values:t[n]??[],limit:null}}};function we(e,t){return{x:e.map(({timestamp:a})=>Date.parse(a)),values:e.map(t)}}var It={node:({labels:e},t)=>h.nodesSummary({node_id:e.node,...Z()},{signal:t}),connections:(e,t)=>h.connectionTimeline(Z(),{signal:t}),blocks:(e,t)=>h.timeseries({metric:"blocks",interval:1,...Z()},{signal:t}),failures:(e,t)=>h.groupedTimeseries({metric:"failures",group_by:"category",...Z()},{signal:t}),server:(e,t)=>h.serverHistory({duration:"24h"},{signal:t})};function ct({alert:e}){let t=ot(e),a=N("the figure of the alert",n=>It[t?.source??"node"](e,n),{every:3e4,deps:[e.fingerprint,B.value],when:t!==null});return t===null?null:s`<${T} answer=${a} lines=${3}>
    ${n=>{let{x:r,label:i,values:l,limit:o}=dt(t.source,n,e);if(!r.length)return s`<p class="muted">Nothing of it in this range.</p>`;let d=[{label:i,values:l,fill:o===null}];return o!==null&&d.push({label:"threshold",values:r.map(()=>o),fill:!1,colour:"--bad"}),s`<${Qe} title=${t.title} x=${r} series=${d} format=${i==="bytes"?Ae:se} least=${0} height=${140} />`}}
  <//>`}var _e=Oe("silenceAuthor","",Te);var Ft=["1h","4h","24h","7d"],Wt="It is being looked into";function oe({alerts:e,onClose:t,onDone:a}){let n=e.length?Be(e):[],[r,i]=b(n[0]?.id??""),[l,o]=b("4h"),[d,m]=b(!1),[c,p]=b(""),$=j.value?.key?.name,g=n.find(({id:v})=>v===r),M=ve(l);async function y(v){v.preventDefault();let de=new FormData(v.currentTarget),Q=R=>String(de.get(R)??"").trim(),ce=g?.matchers??Q("matchers").split(`
`).map(R=>R.trim()).filter(Boolean),u=Q("author");m(!0),p("");try{await h.createSilence({matchers:ce,duration:l,reason:Q("reason"),...u?{author:u}:{}}),_e.value=u===$?"":u,a(),t()}catch(R){p(I(R)),m(!1)}}return s`<${Le} title=${Pt(e)} onClose=${t}>
    <form class="silence-form" onSubmit=${y}>
      ${n.length>1&&s`<${V} label="What is silenced" choices=${n} selected=${r} onSelect=${i} />`}
      ${g?s`<p class="silence-matchers">${g.matchers.map(v=>s`<code key=${v}>${v}</code> `)}</p>`:s`<label>Matchers, one a line; all must match
            <textarea class="input" name="matchers" rows="3" required spellcheck="false" placeholder=${`alertname="NodeSilent"
node=~"ab.*"`}></textarea>
          </label>`}
      <div class="row-of">
        <${V} label="For" choices=${Ft.map(v=>({id:v,label:A(ve(v))}))} selected=${l} onSelect=${o} />
        <span class="muted">${M&&s`until ${J(Ce.value+M,{date:!0}).slice(0,16)} UTC`}</span>
      </div>
      <label>Reason <input class="input" name="reason" required maxlength="500" value=${Wt} onFocus=${v=>v.currentTarget.select()} /></label>
      <label>Author <input class="input" name="author" maxlength="100" autocomplete="name" value=${_e.value||$||""} placeholder="who decides it" /></label>
      ${c&&s`<p class="notice" data-state="bad" role="alert">Not silenced: ${c}.</p>`}
      <p class="row-of">
        <button class="button primary" disabled=${d}>Silence for ${A(M)}</button>
        <span class="muted">Alerts keep their state; no message about them is sent.</span>
      </p>
    </form>
  <//>`}function Pt(e){return e.length?e.length===1?`Silence ${e[0].alert}`:`Silence ${e.length} alerts of ${e[0].alert}`:"New silence"}function ut({data:e,rules:t,onChange:a}){let{severity:n="",state:r="",q:i="",node:l="",rule:o="",open:d="",alert:m}=D.value.parameters,[c,p]=b(null),$=z(()=>We(e.alerts,{severity:n,state:r,q:i,node:l,rule:o}),[e,n,r,i,l,o]),g=z(()=>new Set(d.split(",").filter(Boolean)),[d]),M=z(()=>Pe($,g),[$,g]),y=!!(n||r||i||l||o),v=M.find(u=>ke(u)===m)??Bt($,m)??(W.value?void 0:M[0]);function de(u){let R=new Set(g);u.kind==="group"&&!R.delete(u.key)&&R.add(u.key),S({alert:ke(u),open:[...R].join(",")})}if(!e.alerts.length)return s`<div class="cards"><${Ut} data=${e} rules=${t} /><${te} alerts=${e.alerts} /></div>`;let Q=()=>S({severity:"",state:"",q:"",node:"",rule:""}),ce=s`
    <${V}
      label="Severity"
      choices=${[{id:"",label:"All"},...F.map(u=>({id:u,label:u[0].toUpperCase()+u.slice(1)}))]}
      selected=${n}
      onSelect=${u=>S({severity:u})}
    />
    <select class="input" aria-label="State" value=${r} onChange=${u=>S({state:u.currentTarget.value})}>
      <option value="">Any state</option>
      ${Object.entries(qe).map(([u,R])=>s`<option key=${u} value=${u}>${R}</option>`)}
    </select>
    <${ie} label="Rule, sentence, label" value=${i} onInput=${u=>S({q:u})} />
    ${(l||o)&&s`<span class="chip">${l?`node ${U(l)}`:`rule ${o}`}</span>`}
    ${y&&s`<button type="button" class="button quiet small" onClick=${Q}>Show all ${f(e.alerts.length)}</button>`}
  `;return s`<div class="cards">
    <${k} title="Alerts" note=${y?`${f($.length)} of ${w(e.alerts.length,"alert")}`:w($.length,"alert")} size=${v?"two-thirds":void 0} flush>
      <${E}
        caption="Alerts that hold now"
        columns=${zt}
        rows=${M}
        rowKey=${u=>u.key}
        rowState=${u=>v&&u.key===v.key?"chosen":u.kind==="alert"&&u.inside?"inside":void 0}
        onOpen=${de}
        csv="alerts"
        tools=${ce}
        height="min(560px, 62dvh)"
        empty="No alert passes the filter."
      />
    <//>
    ${v&&s`<${jt} key=${v.key} row=${v} chosen=${!!m} onSilence=${p} />`}
    <${te} alerts=${e.alerts} />
    ${c&&s`<${oe} alerts=${c} onClose=${()=>p(null)} onDone=${a} />`}
  </div>`}function ke(e){return e.kind==="group"?e.key:e.alert.fingerprint}function Bt(e,t){let a=e.find(n=>n.fingerprint===t);return a&&{kind:"alert",key:a.id,alert:a,inside:!0}}var zt=[{id:"state",title:"State",rank:2,value:e=>e.kind==="group"?e.standing:me(e.alert),cell:e=>s`<${Ge} alert=${e.kind==="group"?e.alerts[0]:e.alert} />`},{id:"what",title:"What",rank:1,className:"alerts-what",value:e=>e.kind==="group"?e.alert:e.alert.summary,cell:e=>e.kind==="group"?s`<span aria-expanded=${e.open} role="button" title=${e.open?"Close the group":"Show each of them"}><span aria-hidden="true">${e.open?"\u25BE":"\u25B8"}</span> <b>${$e(e.alerts)}</b>: ${e.alert}</span>`:s`<span title=${e.alert.summary}>${e.alert.summary}</span>`},{id:"value",title:"Value",end:!0,value:e=>e.kind==="group"?null:e.alert.value,cell:e=>{if(e.kind==="group")return fe(e.alerts);let[t,a]=Me(e.alert);return s`${t} <span class="muted">${a}</span>`}},{id:"since",title:"Since",end:!0,rank:3,value:e=>e.kind==="group"?e.alerts[0].since:e.alert.since,cell:e=>s`<${x} value=${e.kind==="group"?e.alerts[0].since:e.alert.since} />`}];function jt({row:e,chosen:t,onSilence:a}){let n=xe(null);G(()=>{t&&W.value&&n.current?.scrollIntoView({block:"start"})},[]);let r=e.kind==="group"?e.alerts:[e.alert],[{alert:i,labels:l}]=r,o=s`
    <a class="button small quiet" href=${q("alerts",{tab:"history",rule:i,node:e.kind==="alert"?l.node:void 0})}>History</a>
    ${L("operator")&&s`<button type="button" class="button small primary" onClick=${()=>a(r)}>${e.kind==="group"?"Silence all":"Silence"}</button>`}
  `;return s`<${k} title=${i} size="third" actions=${o}>
    <div class="alert-detail" ref=${n} data-alert=${ke(e)}>
      ${e.kind==="group"?s`<${Ht} row=${e} />`:s`<${Vt} alert=${e.alert} />`}
      ${!L("operator")&&j.value&&s`<p class="muted">Silencing needs a key with the role operator.</p>`}
    </div>
  <//>`}function Ht({row:{alerts:e}}){let[t]=e,a=e.reduce((n,r)=>Date.parse(r.since)<Date.parse(n.since)?r:n);return s`
    <p class="alert-sentence"><${_} state=${pe(t)} hideWord word=${t.severity} /> ${$e(e)}: ${t.summary}</p>
    ${t.annotations.description&&s`<p>${t.annotations.description}</p>`}
    <dl class="pairs">
      <dt>State</dt><dd>${pt(t)}</dd>
      <dt>Values</dt><dd>${fe(e)}${K(t)&&s`, each alerts when <b>${K(t)}</b>`}</dd>
      <dt>Since</dt><dd>the first <${O} value=${a.since} date /> (<${x} value=${a.since} />)</dd>
      <dt>Rule</dt><dd><${mt} alert=${t} /></dd>
    </dl>
    <p class="muted">One message tells of all of them.</p>
  `}function mt({alert:e}){return s`<a href=${q("alerts",{tab:"rules",rule:e.alert})}>${e.alert}</a>${e.figure&&s`, on <a href="api/docs/figures" class="mono">${e.figure}</a>`}`}function Vt({alert:e}){let t=Je(),a=e.labels.node?t.get(e.labels.node)??{node_id:e.labels.node}:null,n=K(e),{implementation:r,version:i}=e.labels;return s`
    <p class="alert-sentence"><${_} state=${pe(e)} hideWord word=${e.severity} /> ${e.summary}</p>
    ${e.annotations.description&&s`<p>${e.annotations.description}</p>`}
    <dl class="pairs">
      <dt>State</dt><dd>${pt(e)}</dd>
      <dt>Value</dt>
      <dd>${ae(e.value,e.unit)}${n&&s`, alerts when <b>${n}</b>`}${e.missing_since&&s`; no newer value since <${O} value=${e.missing_since} />`}</dd>
      <dt>Since</dt><dd><${O} value=${e.since} date /> (<${x} value=${e.since} />)</dd>
      <dt>About</dt><dd>${a?s`<${Ke} node=${a} />`:r?s`<${Ne} name=${r} version=${i} />`:s`<${ge} alert=${e} />`}</dd>
      ${ne(e.labels).length>0&&s`<dt>Labels</dt><dd><${H} labels=${e.labels} /></dd>`}
      <dt>Rule</dt><dd><${mt} alert=${e} /></dd>
    </dl>
    ${Fe(e)&&s`<p><${ge} alert=${e} button word=${`Open ${Gt[e.about.kind]??"the page"}`} /></p>`}
    <${ct} alert=${e} />
  `}var Gt={node:"the node",core:"the core",server:"the page of the server"};function pt(e){let t=me(e);return t==="silenced"?s`fires (${e.severity}) and is <a href=${q("alerts",{tab:"silences"})}>silenced</a>: it sends no message`:t==="explained"?`fires (${e.severity}) and is explained by ${e.inhibited_by}: it sends no message`:t==="pending"?"pending: it fires once the condition has held for long enough":t==="resolved"?s`has ended <${x} value=${e.resolved_at} />`:s`<${_} state=${P(e.severity)} word=${`fires, ${e.severity}`} />`}function Ut({data:e,rules:t}){if(!e.evaluated_since)return s`<${k} title="Alerts"><${C} title="Nothing has been evaluated yet.">
      <span>The rules are evaluated every ${A(e.interval_seconds*1e3)}; no shard has answered yet.</span>
    <//><//>`;let a=Kt(t);return s`<${k} title="Alerts">
    <${C}
      title=${a?s`Nothing fires. The last alert, ${a.alert}, began <${x} value=${a.last_fired_at} />.`:s`Nothing fires since <${O} value=${e.evaluated_since} date />, when the watch began.`}
    >
      <span>
        ${t?s`Watched: ${re(t.rules)}. `:""}<a href=${q("alerts",{tab:"rules"})}>All rules with their last values</a>
      </span>
    <//>
  <//>`}function Kt(e){return(e?.rules??[]).filter(({last_fired_at:a})=>a!==null).sort((a,n)=>Date.parse(n.last_fired_at??"")-Date.parse(a.last_fired_at??""))[0]??null}function ft({data:e,onChange:t}){let{q:a="",rule:n}=D.value.parameters,r=a.toLowerCase().split(/\s+/).filter(Boolean),l=e.rules.filter(d=>r.every(m=>`${d.alert} ${d.figure??d.sql??""} ${d.severity}`.toLowerCase().includes(m))).sort((d,m)=>Se(d)-Se(m)),o=l.find(({alert:d})=>d===n)??(W.value?void 0:l[0]);return s`<div class="cards">
    <${Xt} data=${e} onChange=${t} />
    <${k} title="Rules" note=${re(e.rules)} size=${o?"two-thirds":void 0} flush>
      <${E}
        caption="Rules"
        columns=${Jt}
        rows=${l}
        rowKey=${d=>d.alert}
        rowState=${d=>d===o?"chosen":void 0}
        onOpen=${d=>S({rule:d.alert},{push:W.value})}
        sort="state"
        csv="alert-rules"
        steady
        height="min(640px, 66dvh)"
        empty="No rule has these words."
        tools=${s`<${ie} label="Name, figure, severity" value=${a} onInput=${d=>S({q:d})} />`}
      />
    <//>
    ${o&&s`<${Yt} key=${o.alert} rule=${o} />`}
  </div>`}function Xt({data:e,onChange:t}){let[a,n]=b(null),r=e.rules.filter(({is_builtin:l})=>!l).length;async function i(){try{let{reloaded:l,rules:o,errors:d}=await h.reloadAlertRules({});n(l?{state:"info",text:`Read again: ${w(o,"rule")} in force.`}:{state:"bad",text:`Not taken over, the rules before stay in force: ${d.join("; ")}`}),t()}catch(l){n({state:"bad",text:`Not read again: ${I(l)}.`})}}return s`<div class="alerts-source">
    <p class="row-of">
      <span>
        ${w(e.rules.length-r,"built-in rule")} and ${f(r)} of the rule file${e.file?s` <code>${e.file}</code>`:""}${e.loaded_at?s`, read <${x} value=${e.loaded_at} />`:""}.${" "}
        <a href="api/docs/figures">All figures</a>
      </span>
      ${L("admin")&&s`<button type="button" class="button small" onClick=${i}>Read the file again</button>`}
    </p>
    ${a&&s`<p class="notice" data-state=${a.state} role="status">${a.text}</p>`}
  </div>`}var $t=["failing","firing","pending","unknown","inactive"];function Se(e){let t=e.enabled?$t.indexOf(e.state):$t.length;return F.length*t+F.indexOf(e.severity)}var Jt=[{id:"state",title:"State",rank:2,value:Se,saved:e=>e.enabled?e.state:"off",cell:e=>{let[t,a]=he(e);return s`<${_} state=${t} word=${a} title=${e.last_error??void 0} />`}},{id:"alert",title:"Rule",rank:1,value:e=>e.alert},{id:"severity",title:"Severity",value:e=>e.severity},{id:"value",title:"Last value",end:!0,rank:3,value:e=>e.values[0]?.value??null,cell:He},{id:"limit",title:"Fires at",end:!0,unsorted:!0,value:e=>e.above??e.below,cell:e=>K(e.against_seconds===null?e:{...e,unit:"times"})||(e.sql===null&&e.figure!==null?"\u2014":"each row")},{id:"for",title:"For",end:!0,value:e=>e.for_seconds,cell:e=>e.for_seconds?A(e.for_seconds*1e3):"at once"},{id:"fired",title:"Last fired",end:!0,value:e=>e.last_fired_at,cell:e=>e.last_fired_at?s`<${x} value=${e.last_fired_at} />`:s`<span class="muted">never</span>`},{id:"took",title:"Took",help:"Duration of its last evaluation",end:!0,value:e=>e.evaluation_ms,cell:e=>A(e.evaluation_ms)},{id:"source",title:"From",value:e=>e.is_builtin?"built in":"the file"}];function Yt({rule:e}){let[t,a]=he(e),n=e.against_seconds===null?e.unit:"times";return s`<${k} title=${e.alert} size="third" actions=${s`<a class="button small quiet" href=${q("alerts",{tab:"history",rule:e.alert})}>History</a>`}>
    <div class="alert-detail" data-rule=${e.alert}>
      ${e.last_error&&s`<p class="notice" data-state="bad" role="status">It could not be evaluated: ${e.last_error}. Its alerts keep their states.</p>`}
      <dl class="pairs">
        <dt>State</dt>
        <dd><${_} state=${t} word=${a} />${e.firing+e.pending>0&&s` · <a href=${q("alerts",{rule:e.alert})}>its alerts</a>`}</dd>
        <dt>Fires when</dt><dd>${Ie(e)}${e.for_seconds?s` for ${A(e.for_seconds*1e3)}`:""}</dd>
        ${e.keep_firing_for_seconds>0&&s`<dt>Goes on for</dt><dd>${A(e.keep_firing_for_seconds*1e3)} after it held last</dd>`}
        <dt>Severity</dt><dd>${e.severity}</dd>
        <dt>Without a value</dt><dd>${Zt[e.on_missing]??e.on_missing}</dd>
        <dt>Messages to</dt><dd>${e.channels.length?e.channels.join(", "):"no channel"}</dd>
        <dt>Last fired</dt><dd>${e.last_fired_at?s`<${O} value=${e.last_fired_at} date />`:"never"}</dd>
        ${Object.keys(e.labels).length>0&&s`<dt>Labels</dt><dd><${H} labels=${e.labels} /></dd>`}
      </dl>
      ${e.annotations.description&&s`<p>${e.annotations.description}</p>`}
      ${e.sql&&s`<pre class="alert-sql">${e.sql}</pre>`}
      <h3>Last values</h3>
      ${e.values.length?s`<ul class="alert-values">
            ${e.values.map((r,i)=>s`<li key=${i}>${ne(r.labels).length?s`<${H} labels=${r.labels} />`:s`<span>${e.figure??""}</span>`}<span class="end">${ae(r.value,n)}</span></li>`)}
          </ul>`:s`<${C} title="No value yet."><span>${e.enabled?"What it compares has not been reported.":"The rule file switches it off."}</span><//>`}
      ${e.values.length>=10&&s`<p class="muted">The worst ten.</p>`}
    </div>
  <//>`}var Zt={keep:"its alerts keep their states",resolve:"its alerts end",alert:"it fires"};var es=s`<span class="visually-hidden">Action</span>`;function gt({onChange:e}){let t=N("the silences",c=>h.silences({},{signal:c}),{every:1e4}),[a,n]=b(!1),[r,i]=b(""),l=()=>{t.reload(),e()};async function o({id:c}){i("");try{await h.endSilence(c),l()}catch(p){i(I(p))}}let d=L("operator")&&s`<button type="button" class="button small primary" onClick=${()=>n(!0)}>New silence</button>`,m=ss(L("operator")?o:null);return s`<div class="cards">
    <${k} title="Silences" note="alerts keep their state, and send no message" actions=${d} flush>
      ${r&&s`<p class="notice" data-state="bad" role="alert">Not ended: ${r}.</p>`}
      ${!L("operator")&&j.value&&s`<p class="notice" data-state="info">Silencing needs a key with the role operator; yours is ${j.value.role??"none"}.</p>`}
      <${T}
        answer=${t}
        isEmpty=${c=>!c.silences.length}
        empty=${s`<${C} title="Nothing is silenced."><span>A silence ends by itself; those that have ended are listed for a day.</span><//>`}
      >
        ${c=>s`<${E}
          caption="Silences"
          columns=${m}
          rows=${ts(c.silences)}
          rowKey=${p=>p.id}
          csv="silences"
          tools=${s`<span class="muted">${w(c.silences.filter(({state:p})=>p==="active").length,"silence")} in force</span>`}
        />`}
      <//>
    <//>
    ${a&&s`<${oe} alerts=${[]} onClose=${()=>n(!1)} onDone=${l} />`}
  </div>`}var ht=["active","pending","expired"];function ts(e){return[...e].sort((t,a)=>ht.indexOf(t.state)-ht.indexOf(a.state))}var vt={active:["info","in force"],pending:["idle","not yet"],expired:["idle","ended"]},ss=e=>[{id:"state",title:"State",value:t=>t.state,cell:t=>s`<${_} state=${vt[t.state][0]} word=${vt[t.state][1]} />`},{id:"matchers",title:"Alerts",rank:1,value:t=>t.matchers.join(" "),cell:t=>s`<span class="silence-line mono" title=${t.matchers.join(`
`)}>${t.matchers.map(a=>s`<span key=${a} class="chip">${a}</span> `)}</span>`},{id:"alerts",title:"Silenced now",end:!0,value:t=>t.alerts,cell:t=>f(t.alerts)},{id:"ends",title:"Ends",rank:2,value:t=>t.ends_at,cell:t=>s`<${x} value=${t.ends_at} />`},{id:"starts",title:"Began",value:t=>t.starts_at,cell:t=>s`<${O} value=${t.starts_at} date />`},{id:"author",title:"Author",value:t=>t.author||(t.source==="file"?"rule file":null)},{id:"reason",title:"Reason",value:t=>t.reason,className:"alerts-what",cell:t=>s`<span title=${t.reason}>${t.reason}</span>`},{id:"end",title:es,rank:3,value:()=>null,cell:t=>t.state==="expired"?"":t.source==="file"?s`<span class="muted" title="A maintenance window of the rule file ends there">in the file</span>`:e&&s`<button type="button" class="button small" onClick=${()=>e(t)}>End now</button>`}];var bt=`.alerts-filters {
  gap: var(--space-2) var(--space-3);
}

.alerts-problems {
  align-items: start;
}

.alerts-problems li {
  overflow-wrap: anywhere;
}

.alerts-source {
  display: grid;
  gap: var(--space-2);
}

/* The sentence gives way to the other columns. */
td.alerts-what {
  width: 100%;
  max-width: 1px;
  overflow: hidden;
  text-overflow: ellipsis;
}

td.alerts-error {
  max-width: 260px;
  overflow: hidden;
  text-overflow: ellipsis;
}

.table tr[data-state="chosen"] td {
  background: var(--info-surface);
}

.table tr[data-state="inside"] td:first-child {
  padding-inline-start: var(--space-6);
}

.alert-detail {
  display: grid;
  grid-template-columns: minmax(0, 1fr);
  gap: var(--space-3);
  align-content: start;
}

.alert-sentence {
  font-size: var(--size-16);
  font-weight: 600;
  line-height: 1.35;
  overflow-wrap: anywhere;
}

.alert-sql {
  margin: 0;
  padding: var(--space-2);
  overflow: auto;
  background: var(--surface-2);
  border-radius: var(--radius);
  white-space: pre-wrap;
}

.alert-values li {
  display: flex;
  justify-content: space-between;
  gap: var(--space-2);
  padding: 2px 0;
  border-bottom: 1px solid var(--line);
}

.silence-form {
  display: grid;
  gap: var(--space-3);
  max-width: 100%;
}

.silence-form label {
  display: grid;
  gap: var(--space-1);
}

.silence-form textarea {
  height: auto;
  padding: var(--space-2);
  font-family: var(--mono);
}

.silence-matchers code {
  display: inline-block;
  max-width: 100%;
  overflow-wrap: anywhere;
}

.test-button {
  flex-wrap: nowrap;
}

.test-button .state {
  max-width: 240px;
  overflow: hidden;
  text-overflow: ellipsis;
}

.silence-line {
  display: block;
  max-width: min(420px, 40vw);
  overflow: hidden;
  text-overflow: ellipsis;
  white-space: nowrap;
}

/* A link within a text is told from it without colour. */
.alerts-source a,
.alert-detail dd a,
.alert-detail p a:not(.button) {
  text-decoration: underline;
}
`;le(bt);function ns(){let e=N("the alerts",i=>h.alerts({},{signal:i}),{every:1e4});G(()=>e.reload(),[Ve.value]);let t=N("the rules",i=>h.alertRules({},{signal:i}),{every:1e4}),a=[{id:"",label:"Now"},{id:"history",label:"History"},{id:"silences",label:"Silences"},{id:"rules",label:"Rules"},...L("operator")?[{id:"messages",label:"Messages"}]:[]],n=D.value.parameters.tab??"",r=a.some(({id:i})=>i===n)?n:"";return s`<${Re} title="Alerts" question="What is wrong, and since when?">
    ${e.data&&s`<${rs} data=${e.data} />`}
    ${e.data&&s`<${is} alerts=${e.data} rules=${t.data} />`}
    <${Xe} label="Parts of the page" tabs=${a} selected=${r} onSelect=${i=>S({tab:i||void 0},{push:!0})} />
    ${r===""&&s`<${T} answer=${e} lines=${8}>
      ${i=>s`<${ut} data=${i} rules=${t.data} onChange=${e.reload} />`}
    <//>`}
    ${r==="history"&&s`<${nt} alerts=${e.data} />`}
    ${r==="silences"&&s`<${gt} onChange=${e.reload} />`}
    ${r==="rules"&&s`<${T} answer=${t} lines=${8}>
      ${i=>s`<${ft} data=${i} onChange=${t.reload} />`}
    <//>`}
    ${r==="messages"&&s`<${T} answer=${t}>
      ${i=>s`<${it} channels=${i.channels} onChange=${t.reload} />`}
    <//>`}
  <//>`}function rs({data:{counts:e,...t}}){let a=je(e.by_severity),n=e.silenced+e.inhibited;return s`<${De} large>
    <${Y} id="alerts" label="Firing" value=${f(e.firing)} state=${a?P(a):void 0} note=${ze(e.by_severity)||"nothing demands attention"} />
    <${Y} id="pending" label="Pending" value=${f(e.pending)} note="not for long enough yet" />
    <${Y}
      id="quiet"
      label="Without a message"
      value=${f(n)}
      note=${ls(e)}
    />
    <${Y}
      id="evaluated"
      label="Evaluated"
      value=${t.evaluated_at?s`<${x} value=${t.evaluated_at} />`:"not yet"}
      note=${`every ${A(t.interval_seconds*1e3)}, over ${t.shards_answered} of ${w(t.shards_total,"shard")}`}
      state=${t.shards_answered<t.shards_total?"warn":void 0}
    />
  <//>`}function ls({silenced:e,inhibited:t}){return[e&&`${f(e)} silenced`,t&&`${f(t)} explained by another`].filter(Boolean).join(", ")||"none silenced or explained by another"}function is({alerts:e,rules:t}){let a=[...new Set([...e.problems,...t?.errors??[]])];return a.length?s`<div class="notice alerts-problems" data-state="warn" role="status">
    <div>
      <b>${w(a.length,"problem")} of the watch itself</b>
      <ul class="plain">${a.map(n=>s`<li key=${n}>${n}</li>`)}</ul>
    </div>
  </div>`:null}export{ns as default};
