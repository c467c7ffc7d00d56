import{f as le}from"./chunk-BUXFXNHN.js";import{d as re}from"./chunk-5MFNBTI5.js";import"./chunk-G37EDIRC.js";import{a as N,b as J,d as Q}from"./chunk-WQNOXECZ.js";import{b as z}from"./chunk-QFIUXA6J.js";import{a as R,d as W}from"./chunk-MX6SEDPD.js";import{a as se}from"./chunk-A5KFDUZV.js";import"./chunk-3B3KOKTW.js";import{a as Z,b as w}from"./chunk-HZVHJNCT.js";import{a as v,b as O}from"./chunk-LSKVQWEN.js";import{a as p}from"./chunk-QCITNMUN.js";import{a as V,b as M,e as S}from"./chunk-IIW3BLOX.js";import"./chunk-ZVTLTR5U.js";import{d as ae}from"./chunk-5HTXFBE2.js";import{D as x,E as K,I as U,a as u,b as L,c as Y,e as b,h as A,j as G,k as I,m as h,p as E}from"./chunk-DYZXLK2B.js";import{d as te,h as k,j as ne,k as oe}from"./chunk-NIKDHXBC.js";import{i as F,j as ee}from"./chunk-37NB6NY5.js";import{g as H,k as X,l as c}from"./chunk-QNZ3L47H.js";var de=3,ve=6,ge=20,_e=.1,ie=2e3,be=50,we=1.4,B=3,T={bad:"bad",warning:"warn",critical:"bad",error:"bad",warn:"warn",info:"info"};function ue({nodes:t,slots:s,alerts:e,failures:n,funnel:o,conformance:a,implementations:i,shards:r}){let l=new Set,m=[...r?ke(r):[],...s?ye(s):[],...t?xe(t,l):[],...e?Se(e,l):[],...n?Ne(n):[],...o?Ae(o):[],...a?Me(a):[],...i?Ie(i):[]],$=["bad","warn","info"];return m.sort((f,g)=>$.indexOf(f.state)-$.indexOf(g.state)||g.harm-f.harm)}function ke({shards_answered:t,shards_total:s}){if(t>=s)return[];let e=s-t;return[{state:"bad",text:`${u(e)} of ${h(s,"shard")} of this server ${e===1?"does":"do"} not answer: all figures lack what ${e===1?"it has":"they have"}`,path:"server",harm:1e4}]}function ye({best_slot:t,finalized_slot:s,slots:e}){let n=[];if(t!==null&&s!==null&&t-s>=ve){let r=t-s;n.push({state:r>=ge?"bad":"warn",text:`The finalized block is ${u(r)} slots behind the best`,path:"blocks",harm:1e3})}let o=e.filter(({state:r})=>r==="authored"||r==="missed"),a=o.filter(({state:r})=>r==="missed").length;o.length>=10&&a/o.length>=_e&&n.push({state:a/o.length>=.5?"bad":"warn",text:`${u(a)} of the last ${h(o.length,"slot")} have no block (${A(a/o.length)})`,path:"blocks",harm:900});let i=e.filter(({blocks:r})=>r.length&&(r[0].until_90_ms??0)>ie);if(i.length){let r=i.reduce((l,m)=>l.blocks[0].until_90_ms>=m.blocks[0].until_90_ms?l:m);n.push({state:"warn",text:`${h(i.length,"block")} took more than ${b(ie)} to reach 90 % of the nodes; slot ${u(r.slot)} took ${b(r.blocks[0].until_90_ms)}`,path:`slots/${r.slot}`,harm:500})}return n}function xe({nodes:t,rules:s,implementations:e,total:n},o){let a=new Map;for(let[r,l]of t.state.entries())a.has(l)||a.set(l,[]),a.get(l)?.push(r);let i=[];for(let{state:r,level:l,meaning:m}of s){let $=a.get(r);if(!(!$||!T[l]||T[l]==="info")){for(let f of $)o.add(t.node_id[f]);if($.length>de){i.push({state:T[l],text:`${u($.length)} of ${u(n)} nodes: ${ce(m)}`,path:"nodes",parameters:{state:r},harm:$.length});continue}for(let f of $){let{name:g,version:_}=e[t.implementation[f]]??{};i.push({state:T[l],text:`${G(t.node_id[f])} (${E(g,_)}): ${ce(m)}`,path:`nodes/${t.node_id[f]}`,harm:1})}}}return i}function Se({alerts:t},s){let e=new Map;for(let n of t)n.state!=="firing"||n.silenced_by.length||n.inhibited_by!==null||s.has(n.about.id)||e.set(n.alert,[...e.get(n.alert)??[],n]);return[...e].flatMap(([n,o])=>{let a=o.length>de;return(a?[o[0]]:o).map(({severity:i,summary:r,fingerprint:l})=>({state:T[i],text:a?`${h(o.length,"alert")} of ${n}, such as: ${P(r)}`:P(r),path:"alerts",parameters:a?{rule:n}:{alert:l},harm:9+o.length}))})}function Ne({failures:t}){let s=t.filter(({state:o,is_new:a})=>o==="regressed"||a&&o==="open"),e=s.length-B,n=e>0?[{state:"warn",text:`${h(e,"further kind")} of failure ${e===1?"is":"are"} new or back`,path:"failures",harm:0}]:[];return s.slice(0,B).map(({state:o,fingerprint:a,event_name:i,template:r,count:l,nodes:m,regressed_version:$})=>({state:"warn",text:`${o==="regressed"?`Back after it was resolved${$?`, in ${$}`:""}`:"New kind of failure"}: ${i}${r&&`, ${r}`} (${h(l,"time")} on ${h(m,"node")})`,path:`failures/${a}`,harm:m})).concat(n)}function Ae({stages:t,packages:s}){return t.flatMap(({stage:n,reasons:o})=>o.map(a=>({stage:n,...a}))).sort((n,o)=>o.count-n.count).slice(0,B).map(({stage:n,count:o,reason:a})=>({state:o/Math.max(s,1)>=.2?"bad":o/Math.max(s,1)>=.02?"warn":"info",text:`${u(o)} of ${h(s,"work-package")} lost after ${n}: ${a}`,path:"work",harm:o}))}function Me({rules:t}){return t.filter(({severity:s})=>s!=="info").map(({code:s,severity:e,count:n,nodes:o})=>({state:e==="error"?"bad":"warn",text:`${h(o,"node")}: ${h(n,"finding")} of ${s}`,path:"conformance",parameters:{rule:s},harm:o}))}function Ie({implementations:t}){let s=t.filter(e=>e.imports>=be&&e.import_p95_ms!==null);return s.flatMap(e=>{let n=s.filter(a=>a!==e).map(a=>a.import_p95_ms);if(n.length<2)return[];let o=n.sort((a,i)=>a-i)[Math.floor(n.length/2)];return e.import_p95_ms>o*we?{state:"warn",text:`${E(e.name,e.version)}: 95 % of imports take up to ${b(e.import_p95_ms)}, those of the others ${b(o)}`,path:"implementations",harm:e.nodes}:[]})}function P(t){return t.replace(/\.$/,"")}function ce(t){return t.slice(0,1).toLowerCase()+P(t).slice(1)}var $e=`
/* The place of a chart until it comes. */
.network-chart {
  min-height: 212px;
}

.anomalies li {
  display: flex;
  gap: var(--space-3);
  align-items: baseline;
  padding: 3px 0;
}

.anomalies .state {
  min-width: 64px;
}
`;se($e);var me=60,Fe=6,C=12,fe=6e4,Te=120*fe,Le=()=>import("./network_anomalies-O5E3JFQF.js").then(({NetworkAnomalies:t})=>t),he=()=>import("./line_chart-PQ4YQZ3T.js").then(({LineChart:t})=>t);he().catch(()=>{});function q(t){return c`<div class="network-chart"><${z} load=${he} ...${t} /></div>`}function Oe(){let t=[te.value],s=pe(),e=v("the nodes",d=>p.nodesSummary({...k()},{signal:d}),{every:1e4,deps:t}),n=v("the slots",d=>p.slots({count:me},{signal:d}),{every:6e3}),o=v("the alerts",d=>p.alerts({},{signal:d}),{every:1e4}),a=v("the work-packages",d=>p.workFunnel({...k()},{signal:d}),{every:1e4,deps:t}),i=O("the work-packages before",(d,y)=>p.workFunnel(d,{signal:y}),t),r=v("the findings",d=>p.conformance({...k()},{signal:d}),{every:3e4,deps:t}),l=v("the implementations",d=>p.implementations({...k()},{signal:d}),{every:15e3,deps:t}),m=v("the events by time",d=>p.timeseries({metric:"events",interval:s,...k()},{signal:d}),{every:15e3,deps:t}),$=O("the events before",(d,y)=>p.timeseries({metric:"events",interval:s,...d},{signal:y}),t),f=v("the failures",d=>p.failureRates({...k()},{signal:d}),{every:15e3,deps:t}),g=v("the failure groups",d=>p.failures({...k(),sort:"first_seen"},{signal:d}),{every:3e4,deps:t}),_=O("the failures before",(d,y)=>p.failureRates(d,{signal:y}),t);return c`<${Z} title="Network" question="Is it well, and if not, what and since when?">
    <div class=${W.value==="stale"||W.value==="offline"?"stale":""}>
      <${Re} nodes=${e.data} alerts=${o.data} failures=${f.data} earlier=${_.data} events=${m.data} />
    </div>
    <div class="cards">
      <${w} title=${`Last ${me} slots`} note="height: time until 90 % of the nodes had the block; colour: the author's implementation" actions=${c`<a class="button quiet small" href=${F("blocks")}>All blocks</a>`}>
        <${S} answer=${n} isEmpty=${D} empty=${c`<${M} title="No slot yet">Blocks appear as soon as a node reports them.<//>`}>
          ${d=>c`<${re} answer=${d} />`}
        <//>
      <//>
      <${ze}
        answers=${{nodes:e.data,slots:n.data,alerts:o.data,failures:g.data,funnel:a.data,conformance:r.data,implementations:l.data}}
        missing=${[e,n,o,g,a,r,l].filter(({error:d})=>d).map(({name:d})=>d)}
      />
      <${je} answer=${n} />
      <${He} answer=${l} />
      <${Ye} answer=${a} earlier=${i.data} />
      <${z} load=${Le} />
      <${De} answer=${m} earlier=${$.data} />
      <${qe} answer=${n} />
    </div>
  <//>`}function Re({nodes:t,alerts:s,failures:e,earlier:n,events:o}){let a=R.value,i=a?.best_block??null,r=a?.finalized_block??null,l=i!==null&&r!==null?i-r:null,[m,$]=[a?.nodes_connected??t?.connected,a?.nodes_known??t?.total],f=m===0?$?"no node is connected":"no node has ever connected":void 0,g=s?.counts.firing,_=e?.overall,d=o?.data.map(y=>y.events_per_second??null).slice(0,60).reverse();return c`<${J} large>
    <${N} id="best" label="Best slot" value=${u(i)} note=${a&&i===null?f??"no third of the nodes has reached one":void 0} />
    <${N}
      id="finalized"
      label="Finalized"
      value=${u(r)}
      note=${l===null?a&&(f??"no block is finalized yet"):`${h(l,"slot")} behind`}
      state=${l!==null&&l>=Fe?"warn":void 0}
    />
    <${N}
      id="nodes"
      label="Nodes connected"
      value=${u(m)}
      unit=${$==null?"":`of ${u($)}`}
      state=${m<$?m===0?"bad":"warn":void 0}
      note=${t?We(t.levels):void 0}
    />
    <${N} id="rate" label="Events" value=${Y(a?.last_10s?.events_per_second)} spark=${d} note=${a?"over the last 10 s":void 0} />
    <${N}
      id="failures"
      label="Failures"
      value=${_?L(_.failed_events):"\u2014"}
      note=${_?`${A(_.failure_rate)} of ${L(_.attempts)} attempts${n?.overall.attempts?`, before ${A(n.overall.failure_rate)}`:""}`:void 0}
      before=${n?n.overall.total_events?L(n.overall.failed_events):"no events":void 0}
    />
    <${N} id="alerts" label="Alerts" value=${u(g)} state=${s?.counts.by_severity.critical?"bad":g?"warn":void 0} note=${c`<a href=${F("alerts")}>all alerts</a>`} />
  <//>`}function We({well:t,warning:s,bad:e,no_data:n}){let o=[[e,"bad"],[s,"with a warning"],[n,"without data"]].filter(([a])=>a);return!o.length&&!t?"none has ever connected":o.length?o.map(([a,i])=>`${u(a)} ${i}`).join(", "):`all ${u(t)} well`}function ze({answers:t,missing:s}){let[e,n]=H(!1),{shards_answered:o=0,shards_total:a=0}=R.value??{},i=X(()=>ue({...t,shards:{shards_answered:o,shards_total:a}}),[...Object.values(t),o,a]),r=Object.values(t).filter(l=>l===null).length>s.length;return c`<${w} size="half first" title="Needs attention" note=${i.length?h(i.length,"item"):""}>
    ${s.length>0&&c`<div class="notice" data-state="warn">Not checked, because they cannot be read: ${s.join(", ")}.</div>`}
    ${r&&!i.length&&c`<${V} />`}
    ${!r&&!i.length&&!s.length&&(t.nodes.total?c`<${Pe} alerts=${t.alerts} />`:c`<${Be} />`)}
    <ul class="attention">
      ${i.slice(0,e?void 0:C).map(({state:l,text:m,path:$,parameters:f})=>c`<li key=${$+m}>
          <a href=${F($,f)}><${x} state=${l} hideWord /><span>${m}</span></a>
        </li>`)}
    </ul>
    ${i.length>C&&c`<button type="button" class="button quiet small" aria-expanded=${e} onClick=${()=>n(!e)}>
      ${e?"Show fewer":`Show ${u(i.length-C)} more`}
    </button>`}
  <//>`}function Be(){return c`<${M} title="No node has ever connected.">A node sends telemetry with <code>--telemetry HOST:PORT</code> of this server.<//>`}function Pe({alerts:t}){let e=v("the last change of an alert",o=>p.alertHistory({limit:1},{signal:o}),{deps:[t?.counts.firing]}).data?.history[0]?.at,n=e??t?.evaluated_since;return c`<p class="all-well">
    <${x} state="ok" word="Nothing needs attention" />
    ${n&&c`<span class="muted">${e?"the last alert changed":"no alert since the watch began,"} <${U} value=${n} /></span>`}
  </p>`}function D({slots:t,newest_slot:s}){return!t.length||s===0}function Ce(t){let s=t.slots.filter(({blocks:e,time:n})=>e.length&&n);return{rows:s,x:s.map(({time:e})=>I(e))}}function je({answer:t}){return c`<${w} size="half" title="Propagation" note="time until the nodes had the block, slot by slot">
    <${S} answer=${t} isEmpty=${D} empty=${c`<${M} title="No block yet" />`}>
      ${s=>{let{rows:e,x:n}=Ce(s),o=a=>e.map(({blocks:i})=>i[0][a]);return c`<${q}
          title="Propagation by slot"
          x=${n}
          format=${b}
          series=${[{label:"50 % of nodes",values:o("until_50_ms")},{label:"90 %",values:o("until_90_ms")},{label:"99 %",values:o("until_99_ms")}]}
        />`}}
    <//>
  <//>`}function qe({answer:t}){return c`<${w} size="half" title="Block interval" note="from one block to the next; a slot has 6 s">
    <${S} answer=${t} isEmpty=${D} empty=${c`<${M} title="No block yet" />`}>
      ${s=>{let e=s.slots.flatMap(({blocks:o})=>o[0]?.first_had_at?[I(o[0].first_had_at)]:[]),n=e.slice(1);return c`<${q} title="Block interval" x=${n} format=${b} series=${[{label:"interval",values:n.map((o,a)=>o-e[a])}]} />`}}
    <//>
  <//>`}function pe(){let[t,s]=oe();return s-t<=Te?1:5}function De({answer:t,earlier:s}){return c`<${w} size="half" title="Events per second">
    <${S} answer=${t}>
      ${({data:e})=>{let n=[...e].reverse(),o=n.map(({timestamp:l})=>I(l)),a=s?[...s.data].reverse():[],i=a.map(({timestamp:l})=>I(l)??0),r=a.map(({events_per_second:l})=>l??null);return c`<${q}
          title="Events per second"
          x=${o}
          series=${[{label:"events/s",values:n.map(({events_per_second:l})=>l??null),fill:!0},...a.length?[{label:"before",ghost:!0,values:le(o.map(l=>l??0),i,r,ne(),pe()*fe/2)}]:[]]}
        />`}}
    <//>
  <//>`}function He({answer:t}){let s=[{id:"name",title:"implementation",rank:1,value:e=>E(e.name,e.version),cell:e=>c`<${K} name=${e.name} version=${e.version} />`},{id:"nodes",title:"nodes",end:!0,rank:2,value:e=>e.nodes},{id:"state",title:"state",value:e=>e.levels.bad*1e3+e.levels.warning,cell:e=>c`<${Xe} levels=${e.levels} />`},{id:"lag",title:"lag",help:"Median and most slots behind the network's best",end:!0,value:e=>e.best_lag_p50,cell:e=>e.best_lag_p50===null?"\u2014":`${u(e.best_lag_p50)} / ${u(e.best_lag_max)}`},{id:"import",title:"import p95",end:!0,rank:3,value:e=>e.import_p95_ms,cell:e=>e.imports?b(e.import_p95_ms):"\u2014"},{id:"failures",title:"failures",end:!0,value:e=>e.failures},{id:"findings",title:"findings",help:"Rules of severity error and warning that its nodes broke",end:!0,value:e=>e.errors+e.warnings}];return c`<${w} size="two-thirds" flush title="Implementations">
    <${S} answer=${t}>
      ${({implementations:e})=>c`<${ae}
        caption="Implementations"
        rows=${e}
        rowKey=${n=>`${n.name} ${n.version}`}
        columns=${s}
        sort="-nodes"
        sortParameter="implementations-sort"
        onOpen=${()=>ee("implementations")}
        empty="No node has connected in this range."
        height=${320}
      />`}
    <//>
  <//>`}function Xe({levels:{well:t,warning:s,bad:e,no_data:n}}){return e?c`<${x} state="bad" word=${`${u(e)} bad`} />`:s?c`<${x} state="warn" word=${`${u(s)} with a warning`} />`:n?c`<${x} state="idle" word=${`${u(n)} without data`} />`:c`<${x} state="ok" word=${t===1?"well":"all well"} />`}function Ye({answer:t,earlier:s}){return c`<${w} size="third" title="Work" note="packages that reached each stage" actions=${c`<a class="button quiet small" href=${F("work")}>Details</a>`}>
    <${S} answer=${t} isEmpty=${({packages:e})=>!e} empty=${c`<${M} title="No work-package in this range">Builders submit them to guarantors.<//>`}>
      ${({stages:e,packages:n})=>c`<${Q}
        label="Work-packages by stage"
        rows=${e.map(({stage:o,reached:a,lost:i},r)=>({label:o,value:a,text:`${u(a)} (${A(a/n)})${s?`, before ${u(s.stages[r].reached)}`:""}`,state:"info",title:i?`${u(i)} lost after this stage`:void 0}))}
      />`}
    <//>
  <//>`}export{Oe as default};
