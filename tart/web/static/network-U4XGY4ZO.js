import{d as ae}from"./chunk-5MFNBTI5.js";import{a as S,b as Q,d as U}from"./chunk-WQNOXECZ.js";import{b as z}from"./chunk-LYGKLHIB.js";import{a as R,d as W}from"./chunk-MX6SEDPD.js";import{a as ne}from"./chunk-A5KFDUZV.js";import"./chunk-3B3KOKTW.js";import{a as Z,b as w}from"./chunk-HZVHJNCT.js";import{a as p}from"./chunk-D2RCVQFS.js";import{a as h}from"./chunk-QCITNMUN.js";import{a as J,b as A,e as x}from"./chunk-IIW3BLOX.js";import"./chunk-ZVTLTR5U.js";import{d as oe}from"./chunk-5HTXFBE2.js";import{D as y,E as K,I as V,a as u,b as F,c as Y,e as b,h as N,j as G,k as L,m as v,p as M}from"./chunk-DYZXLK2B.js";import{d as O,g as te,h as k,i as T}from"./chunk-NIKDHXBC.js";import{i as I,j as ee}from"./chunk-37NB6NY5.js";import{g as H,k as X,l as i}from"./chunk-QNZ3L47H.js";var le=3,me=6,fe=20,he=.1,se=2e3,pe=50,ve=1.4,B=3,E={bad:"bad",warning:"warn",critical:"bad",error:"bad",warn:"warn",info:"info"};function ie({nodes:t,slots:a,alerts:e,failures:n,funnel:o,conformance:s,implementations:r,shards:l}){let c=new Set,m=[...l?ge(l):[],...a?_e(a):[],...t?be(t,c):[],...e?we(e,c):[],...n?ke(n):[],...o?ye(o):[],...s?xe(s):[],...r?Se(r):[]],$=["bad","warn","info"];return m.sort((f,g)=>$.indexOf(f.state)-$.indexOf(g.state)||g.harm-f.harm)}function ge({shards_answered:t,shards_total:a}){if(t>=a)return[];let e=a-t;return[{state:"bad",text:`${u(e)} of ${v(a,"shard")} of this server ${e===1?"does":"do"} not answer: all figures lack what ${e===1?"it has":"they have"}`,path:"server",harm:1e4}]}function _e({best_slot:t,finalized_slot:a,slots:e}){let n=[];if(t!==null&&a!==null&&t-a>=me){let l=t-a;n.push({state:l>=fe?"bad":"warn",text:`The finalized block is ${u(l)} slots behind the best`,path:"blocks",harm:1e3})}let o=e.filter(({state:l})=>l==="authored"||l==="missed"),s=o.filter(({state:l})=>l==="missed").length;o.length>=10&&s/o.length>=he&&n.push({state:s/o.length>=.5?"bad":"warn",text:`${u(s)} of the last ${v(o.length,"slot")} have no block (${N(s/o.length)})`,path:"blocks",harm:900});let r=e.filter(({blocks:l})=>l.length&&(l[0].until_90_ms??0)>se);if(r.length){let l=r.reduce((c,m)=>c.blocks[0].until_90_ms>=m.blocks[0].until_90_ms?c:m);n.push({state:"warn",text:`${v(r.length,"block")} took more than ${b(se)} to reach 90 % of the nodes; slot ${u(l.slot)} took ${b(l.blocks[0].until_90_ms)}`,path:`slots/${l.slot}`,harm:500})}return n}function be({nodes:t,rules:a,implementations:e,total:n},o){let s=new Map;for(let[l,c]of t.state.entries())s.has(c)||s.set(c,[]),s.get(c)?.push(l);let r=[];for(let{state:l,level:c,meaning:m}of a){let $=s.get(l);if(!(!$||!E[c]||E[c]==="info")){for(let f of $)o.add(t.node_id[f]);if($.length>le){r.push({state:E[c],text:`${u($.length)} of ${u(n)} nodes: ${re(m)}`,path:"nodes",parameters:{state:l},harm:$.length});continue}for(let f of $){let{name:g,version:_}=e[t.implementation[f]]??{};r.push({state:E[c],text:`${G(t.node_id[f])} (${M(g,_)}): ${re(m)}`,path:`nodes/${t.node_id[f]}`,harm:1})}}}return r}function we({alerts:t},a){let e=new Map;for(let n of t)n.state!=="firing"||n.silenced_by.length||n.inhibited_by!==null||a.has(n.about.id)||e.set(n.alert,[...e.get(n.alert)??[],n]);return[...e].flatMap(([n,o])=>{let s=o.length>le;return(s?[o[0]]:o).map(({severity:r,summary:l,fingerprint:c})=>({state:E[r],text:s?`${v(o.length,"alert")} of ${n}, such as: ${P(l)}`:P(l),path:"alerts",parameters:s?{rule:n}:{alert:c},harm:9+o.length}))})}function ke({failures:t}){let a=t.filter(({state:o,is_new:s})=>o==="regressed"||s&&o==="open"),e=a.length-B,n=e>0?[{state:"warn",text:`${v(e,"further kind")} of failure ${e===1?"is":"are"} new or back`,path:"failures",harm:0}]:[];return a.slice(0,B).map(({state:o,fingerprint:s,event_name:r,template:l,count:c,nodes:m,regressed_version:$})=>({state:"warn",text:`${o==="regressed"?`Back after it was resolved${$?`, in ${$}`:""}`:"New kind of failure"}: ${r}${l&&`, ${l}`} (${u(c)} times on ${v(m,"node")})`,path:`failures/${s}`,harm:m})).concat(n)}function ye({stages:t,packages:a}){return t.flatMap(({stage:n,reasons:o})=>o.map(s=>({stage:n,...s}))).sort((n,o)=>o.count-n.count).slice(0,B).map(({stage:n,count:o,reason:s})=>({state:o/Math.max(a,1)>=.2?"bad":o/Math.max(a,1)>=.02?"warn":"info",text:`${u(o)} of ${v(a,"work-package")} lost after ${n}: ${s}`,path:"work",harm:o}))}function xe({rules:t}){return t.filter(({severity:a})=>a!=="info").map(({code:a,severity:e,count:n,nodes:o})=>({state:e==="error"?"bad":"warn",text:`${v(o,"node")}: ${v(n,"finding")} of ${a}`,path:"conformance",parameters:{rule:a},harm:o}))}function Se({implementations:t}){let a=t.filter(e=>e.imports>=pe&&e.import_p95_ms!==null);return a.flatMap(e=>{let n=a.filter(s=>s!==e).map(s=>s.import_p95_ms);if(n.length<2)return[];let o=n.sort((s,r)=>s-r)[Math.floor(n.length/2)];return e.import_p95_ms>o*ve?{state:"warn",text:`${M(e.name,e.version)}: 95 % of imports take up to ${b(e.import_p95_ms)}, those of the others ${b(o)}`,path:"implementations",harm:e.nodes}:[]})}function P(t){return t.replace(/\.$/,"")}function re(t){return t.slice(0,1).toLowerCase()+P(t).slice(1)}var ce=`
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
`;ne(ce);var de=60,Ae=6,C=12,Me=()=>import("./network_anomalies-TU7DN7YD.js").then(({NetworkAnomalies:t})=>t),ue=()=>import("./line_chart-PQ4YQZ3T.js").then(({LineChart:t})=>t);ue().catch(()=>{});function q(t){return i`<div class="network-chart"><${z} load=${ue} ...${t} /></div>`}function Ie(){let t=[O.value],a={deps:[O.value],when:te.value},e=p("the nodes",d=>h.nodesSummary({...k()},{signal:d}),{every:1e4,deps:t}),n=p("the slots",d=>h.slots({count:de},{signal:d}),{every:6e3}),o=p("the alerts",d=>h.alerts({},{signal:d}),{every:1e4}),s=p("the work-packages",d=>h.workFunnel({...k()},{signal:d}),{every:1e4,deps:t}),r=p("the work-packages before",d=>h.workFunnel(T(),{signal:d}),a),l=p("the findings",d=>h.conformance({...k()},{signal:d}),{every:3e4,deps:t}),c=p("the implementations",d=>h.implementations({...k()},{signal:d}),{every:15e3,deps:t}),m=p("the events by time",d=>h.timeseries({metric:"events",...k()},{signal:d}),{every:15e3,deps:t}),$=p("the events before",d=>h.timeseries({metric:"events",...T()},{signal:d}),a),f=p("the failures",d=>h.failureRates({...k()},{signal:d}),{every:15e3,deps:t}),g=p("the failure groups",d=>h.failures({...k(),sort:"first_seen"},{signal:d}),{every:3e4,deps:t}),_=p("the failures before",d=>h.failureRates(T(),{signal:d}),a);return i`<${Z} title="Network" question="Is it well, and if not, what and since when?">
    <div class=${W.value==="stale"||W.value==="offline"?"stale":""}>
      <${Ee} nodes=${e.data} alerts=${o.data} failures=${f.data} earlier=${_.data} events=${m.data} />
    </div>
    <div class="cards">
      <${w} title=${`Last ${de} slots`} note="height: time until 90 % of the nodes had the block; colour: the author's implementation" actions=${i`<a class="button quiet small" href=${I("blocks")}>All blocks</a>`}>
        <${x} answer=${n} isEmpty=${D} empty=${i`<${A} title="No slot yet">Blocks appear as soon as a node reports them.<//>`}>
          ${d=>i`<${ae} answer=${d} />`}
        <//>
      <//>
      <${Le}
        answers=${{nodes:e.data,slots:n.data,alerts:o.data,failures:g.data,funnel:s.data,conformance:l.data,implementations:c.data}}
        missing=${[e,n,o,g,s,l,c].filter(({error:d})=>d).map(({name:d})=>d)}
      />
      <${We} answer=${n} />
      <${Pe} answer=${c} />
      <${je} answer=${s} earlier=${r.data} />
      <${z} load=${Me} />
      <${Be} answer=${m} earlier=${$.data} />
      <${ze} answer=${n} />
    </div>
  <//>`}function Ee({nodes:t,alerts:a,failures:e,earlier:n,events:o}){let s=R.value,r=s?.best_block??null,l=s?.finalized_block??null,c=r!==null&&l!==null?r-l:null,[m,$]=[s?.nodes_connected??t?.connected,s?.nodes_known??t?.total],f=m===0?$?"no node is connected":"no node has ever connected":void 0,g=a?.counts.firing,_=e?.overall,d=o?.data.map($e=>$e.events_per_second??null).slice(0,60).reverse();return i`<${Q} large>
    <${S} id="best" label="Best slot" value=${u(r)} note=${s&&r===null?f??"no third of the nodes has reached one":void 0} />
    <${S}
      id="finalized"
      label="Finalized"
      value=${u(l)}
      note=${c===null?s&&(f??"no block is finalized yet"):`${v(c,"slot")} behind`}
      state=${c!==null&&c>=Ae?"warn":void 0}
    />
    <${S}
      id="nodes"
      label="Nodes connected"
      value=${u(m)}
      unit=${$==null?"":`of ${u($)}`}
      state=${m<$?m===0?"bad":"warn":void 0}
      note=${t?Fe(t.levels):void 0}
    />
    <${S} id="rate" label="Events" value=${Y(s?.last_10s?.events_per_second)} spark=${d} note=${s?"over the last 10 s":void 0} />
    <${S}
      id="failures"
      label="Failures"
      value=${_?F(_.failed_events):"\u2014"}
      note=${_?`${N(_.failure_rate)} of ${F(_.attempts)} attempts`:void 0}
      before=${n?`${F(n.overall.failed_events)} (${N(n.overall.failure_rate)})`:void 0}
    />
    <${S} id="alerts" label="Alerts" value=${u(g)} state=${a?.counts.by_severity.critical?"bad":g?"warn":void 0} note=${i`<a href=${I("alerts")}>all alerts</a>`} />
  <//>`}function Fe({well:t,warning:a,bad:e,no_data:n}){let o=[[e,"bad"],[a,"with a warning"],[n,"without data"]].filter(([s])=>s);return!o.length&&!t?"none has ever connected":o.length?o.map(([s,r])=>`${u(s)} ${r}`).join(", "):`all ${u(t)} well`}function Le({answers:t,missing:a}){let[e,n]=H(!1),{shards_answered:o=0,shards_total:s=0}=R.value??{},r=X(()=>ie({...t,shards:{shards_answered:o,shards_total:s}}),[...Object.values(t),o,s]),l=Object.values(t).filter(c=>c===null).length>a.length;return i`<${w} size="half first" title="Needs attention" note=${r.length?v(r.length,"item"):""}>
    ${a.length>0&&i`<div class="notice" data-state="warn">Not checked, because they cannot be read: ${a.join(", ")}.</div>`}
    ${l&&!r.length&&i`<${J} />`}
    ${!l&&!r.length&&!a.length&&(t.nodes.total?i`<${Oe} alerts=${t.alerts} />`:i`<${Te} />`)}
    <ul class="attention">
      ${r.slice(0,e?void 0:C).map(({state:c,text:m,path:$,parameters:f})=>i`<li key=${$+m}>
          <a href=${I($,f)}><${y} state=${c} hideWord /><span>${m}</span></a>
        </li>`)}
    </ul>
    ${r.length>C&&i`<button type="button" class="button quiet small" aria-expanded=${e} onClick=${()=>n(!e)}>
      ${e?"Show fewer":`Show ${u(r.length-C)} more`}
    </button>`}
  <//>`}function Te(){return i`<${A} title="No node has ever connected.">A node sends telemetry with <code>--telemetry HOST:PORT</code> of this server.<//>`}function Oe({alerts:t}){let e=p("the last change of an alert",o=>h.alertHistory({limit:1},{signal:o}),{deps:[t?.counts.firing]}).data?.history[0]?.at,n=e??t?.evaluated_since;return i`<p class="all-well">
    <${y} state="ok" word="Nothing needs attention" />
    ${n&&i`<span class="muted">${e?"the last alert changed":"no alert since the watch began,"} <${V} value=${n} /></span>`}
  </p>`}function D({slots:t,newest_slot:a}){return!t.length||a===0}function Re(t){let a=t.slots.filter(({blocks:e,time:n})=>e.length&&n);return{rows:a,x:a.map(({time:e})=>L(e))}}function We({answer:t}){return i`<${w} size="half" title="Propagation" note="time until the nodes had the block, slot by slot">
    <${x} answer=${t} isEmpty=${D} empty=${i`<${A} title="No block yet" />`}>
      ${a=>{let{rows:e,x:n}=Re(a),o=s=>e.map(({blocks:r})=>r[0][s]);return i`<${q}
          title="Propagation by slot"
          x=${n}
          format=${b}
          series=${[{label:"50 % of nodes",values:o("until_50_ms")},{label:"90 %",values:o("until_90_ms")},{label:"99 %",values:o("until_99_ms")}]}
        />`}}
    <//>
  <//>`}function ze({answer:t}){return i`<${w} size="half" title="Block interval" note="from one block to the next; a slot has 6 s">
    <${x} answer=${t} isEmpty=${D} empty=${i`<${A} title="No block yet" />`}>
      ${a=>{let e=a.slots.flatMap(({blocks:o})=>o[0]?.first_had_at?[L(o[0].first_had_at)]:[]),n=e.slice(1);return i`<${q} title="Block interval" x=${n} format=${b} series=${[{label:"interval",values:n.map((o,s)=>o-e[s])}]} />`}}
    <//>
  <//>`}function Be({answer:t,earlier:a}){return i`<${w} size="half" title="Events per second">
    <${x} answer=${t}>
      ${({data:e})=>{let n=[...e].reverse(),o=n.map(({timestamp:r})=>L(r)),s=a?[...a.data].reverse():[];return i`<${q}
          title="Events per second"
          x=${o}
          series=${[{label:"events/s",values:n.map(({events_per_second:r})=>r??null),fill:!0},...s.length?[{label:"before",ghost:!0,values:o.map((r,l)=>s[l]?.events_per_second??null)}]:[]]}
        />`}}
    <//>
  <//>`}function Pe({answer:t}){let a=[{id:"name",title:"implementation",rank:1,value:e=>M(e.name,e.version),cell:e=>i`<${K} name=${e.name} version=${e.version} />`},{id:"nodes",title:"nodes",end:!0,rank:2,value:e=>e.nodes},{id:"state",title:"state",value:e=>e.levels.bad*1e3+e.levels.warning,cell:e=>i`<${Ce} levels=${e.levels} />`},{id:"lag",title:"lag",help:"Median and most slots behind the network's best",end:!0,value:e=>e.best_lag_p50,cell:e=>e.best_lag_p50===null?"\u2014":`${u(e.best_lag_p50)} / ${u(e.best_lag_max)}`},{id:"import",title:"import p95",end:!0,rank:3,value:e=>e.import_p95_ms,cell:e=>e.imports?b(e.import_p95_ms):"\u2014"},{id:"failures",title:"failures",end:!0,value:e=>e.failures},{id:"findings",title:"findings",help:"Rules of severity error and warning that its nodes broke",end:!0,value:e=>e.errors+e.warnings}];return i`<${w} size="two-thirds" flush title="Implementations">
    <${x} answer=${t}>
      ${({implementations:e})=>i`<${oe}
        caption="Implementations"
        rows=${e}
        rowKey=${n=>`${n.name} ${n.version}`}
        columns=${a}
        sort="-nodes"
        sortParameter="implementations-sort"
        onOpen=${()=>ee("implementations")}
        empty="No node has connected in this range."
        height=${320}
      />`}
    <//>
  <//>`}function Ce({levels:{well:t,warning:a,bad:e,no_data:n}}){return e?i`<${y} state="bad" word=${`${u(e)} bad`} />`:a?i`<${y} state="warn" word=${`${u(a)} with a warning`} />`:n?i`<${y} state="idle" word=${`${u(n)} without data`} />`:i`<${y} state="ok" word=${t===1?"well":"all well"} />`}function je({answer:t,earlier:a}){return i`<${w} size="third" title="Work" note="packages that reached each stage" actions=${i`<a class="button quiet small" href=${I("work")}>Details</a>`}>
    <${x} answer=${t} isEmpty=${({packages:e})=>!e} empty=${i`<${A} title="No work-package in this range">Builders submit them to guarantors.<//>`}>
      ${({stages:e,packages:n})=>i`<${U}
        label="Work-packages by stage"
        rows=${e.map(({stage:o,reached:s,lost:r},l)=>({label:o,value:s,text:`${u(s)} (${N(s/n)})${a?`, before ${u(a.stages[l].reached)}`:""}`,state:"info",title:r?`${u(r)} lost after this stage`:void 0}))}
      />`}
    <//>
  <//>`}export{Ie as default};
