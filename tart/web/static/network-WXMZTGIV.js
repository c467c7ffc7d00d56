import{a as W,c as R}from"./chunk-H7VZZLRP.js";import{j as Z}from"./chunk-7RMA6LCR.js";import"./chunk-G37EDIRC.js";import{a as O}from"./chunk-36C4WHAR.js";import"./chunk-SHTKVFCG.js";import{a as k,b as K,d as V}from"./chunk-MT5OO2NG.js";import{d as Q}from"./chunk-6UV674H3.js";import{a as ee}from"./chunk-A5KFDUZV.js";import{b as T,d as J,e as y,f as L,m as p}from"./chunk-BCM654JP.js";import{a as G,b as N,e as b}from"./chunk-IGJKNZOW.js";import{a as U,b as g}from"./chunk-DXBXNIWB.js";import{L as w,N as X,T as Y,U as h,a as u,b as M,c as C,d as _,g as S,i as D,j as F,l as v,p as A,w as I,x as H}from"./chunk-FPGP54BG.js";import{g as j,k as q,l}from"./chunk-EUVXIHW5.js";var ie=3,de=6,ce=20,ue=.1,te=2e3,$e=50,me=1.4,fe=3,E={bad:"bad",warning:"warn",critical:"bad",error:"bad",warn:"warn",info:"info"};function ae({nodes:t,slots:n,alerts:e,funnel:o,conformance:a,implementations:s,shards:r}){let i=new Set,c=[...r?pe(r):[],...n?he(n):[],...t?ve(t,i):[],...e?_e(e,i):[],...o?ge(o):[],...a?we(a):[],...s?be(s):[]],m=["bad","warn","info"];return c.sort(($,f)=>m.indexOf($.state)-m.indexOf(f.state)||f.harm-$.harm)}function pe({shards_answered:t,shards_total:n}){if(t>=n)return[];let e=n-t;return[{state:"bad",text:`${u(e)} of ${v(n,"shard")} of this server ${e===1?"does":"do"} not answer: all figures lack what ${e===1?"it has":"they have"}`,path:"server",harm:1e4}]}function he({best_slot:t,finalized_slot:n,slots:e}){let o=[];if(t!==null&&n!==null&&t-n>=de){let i=t-n;o.push({state:i>=ce?"bad":"warn",text:`The finalized block is ${u(i)} slots behind the best`,path:"blocks",harm:1e3})}let a=e.filter(({state:i})=>i==="authored"||i==="missed"),s=a.filter(({state:i})=>i==="missed").length;a.length>=10&&s/a.length>=ue&&o.push({state:s/a.length>=.5?"bad":"warn",text:`${u(s)} of the last ${v(a.length,"slot")} have no block (${S(s/a.length)})`,path:"blocks",harm:900});let r=e.filter(({blocks:i})=>i.length&&(i[0].until_90_ms??0)>te);if(r.length){let i=r.reduce((c,m)=>c.blocks[0].until_90_ms>=m.blocks[0].until_90_ms?c:m);o.push({state:"warn",text:`${v(r.length,"block")} took more than ${_(te)} to reach 90 % of the nodes; slot ${u(i.slot)} took ${_(i.blocks[0].until_90_ms)}`,path:`slots/${i.slot}`,harm:500})}return o}function ve({nodes:t,rules:n,implementations:e,total:o},a){let s=new Map;for(let[i,c]of t.state.entries())s.has(c)||s.set(c,[]),s.get(c)?.push(i);let r=[];for(let{state:i,level:c,meaning:m}of n){let $=s.get(i);if(!(!$||!E[c]||E[c]==="info")){for(let f of $)a.add(t.node_id[f]);if($.length>ie){r.push({state:E[c],text:`${u($.length)} of ${u(o)} nodes: ${ne(m)}`,path:"nodes",parameters:{state:i},harm:$.length});continue}for(let f of $){let{name:x,version:d}=e[t.implementation[f]]??{};r.push({state:E[c],text:`${D(t.node_id[f])} (${A(x,d)}): ${ne(m)}`,path:`nodes/${t.node_id[f]}`,harm:1})}}}return r}function _e({alerts:t},n){return t.filter(({about:e})=>!n.has(e.id)).map(({severity:e,message:o,about:a})=>({state:E[e],text:o.replace(/\.$/,""),path:a.kind==="node"?`nodes/${a.id}`:"alerts",harm:10}))}function ge({stages:t,packages:n}){return t.flatMap(({stage:o,reasons:a})=>a.map(s=>({stage:o,...s}))).sort((o,a)=>a.count-o.count).slice(0,fe).map(({stage:o,count:a,reason:s})=>({state:a/Math.max(n,1)>=.2?"bad":a/Math.max(n,1)>=.02?"warn":"info",text:`${u(a)} of ${v(n,"work-package")} lost after ${o}: ${s}`,path:"work",harm:a}))}function we({rules:t}){return t.filter(({severity:n})=>n!=="info").map(({code:n,severity:e,count:o,nodes:a})=>({state:e==="error"?"bad":"warn",text:`${v(a,"node")}: ${v(o,"finding")} of ${n}`,path:"conformance",parameters:{rule:n},harm:a}))}function be({implementations:t}){let n=t.filter(e=>e.imports>=$e&&e.import_p95_ms!==null);return n.flatMap(e=>{let o=n.filter(s=>s!==e).map(s=>s.import_p95_ms);if(o.length<2)return[];let a=o.sort((s,r)=>s-r)[Math.floor(o.length/2)];return e.import_p95_ms>a*me?{state:"warn",text:`${A(e.name,e.version)}: 95 % of imports take up to ${_(e.import_p95_ms)}, those of the others ${_(a)}`,path:"implementations",harm:e.nodes}:[]})}function ne(t){let n=t.replace(/\.$/,"");return n.slice(0,1).toLowerCase()+n.slice(1)}var oe=`.attention a {
  display: flex;
  gap: var(--space-2);
  min-height: 30px;
  align-items: center;
  padding: 2px var(--space-2);
  margin: 0 calc(-1 * var(--space-2));
  border-radius: var(--radius);
  color: var(--text-1);
}

.attention a:hover {
  background: var(--surface-2);
  text-decoration: none;
}

.all-well {
  display: flex;
  flex-wrap: wrap;
  gap: var(--space-2) var(--space-3);
  padding: var(--space-4) 0;
}
`;ee(oe);var se=60,ye=6,z=12;function xe(){let t=[T.value],n={deps:[T.value],when:J.value},e=p("the nodes",d=>h.nodesSummary({...y()},{signal:d}),{every:1e4,deps:t}),o=p("the slots",d=>h.slots({count:se},{signal:d}),{every:6e3}),a=p("the alerts",d=>h.alerts({},{signal:d}),{every:1e4}),s=p("the work-packages",d=>h.workFunnel({...y()},{signal:d}),{every:1e4,deps:t}),r=p("the work-packages before",d=>h.workFunnel(L(),{signal:d}),n),i=p("the findings",d=>h.conformance({...y()},{signal:d}),{every:3e4,deps:t}),c=p("the implementations",d=>h.implementations({...y()},{signal:d}),{every:15e3,deps:t}),m=p("the events by time",d=>h.timeseries({metric:"events",...y()},{signal:d}),{every:15e3,deps:t}),$=p("the events before",d=>h.timeseries({metric:"events",...L()},{signal:d}),n),f=p("the failures",d=>h.failureRates({...y()},{signal:d}),{every:15e3,deps:t}),x=p("the failures before",d=>h.failureRates(L(),{signal:d}),n);return l`<${U} title="Network" question="Is it well, and if not, what and since when?">
    <div class=${R.value==="stale"||R.value==="offline"?"stale":""}>
      <${Se} nodes=${e.data} alerts=${a.data} failures=${f.data} earlier=${x.data} events=${m.data} />
    </div>
    <div class="cards">
      <${g} title=${`Last ${se} slots`} note="height: time until 90 % of the nodes had the block; colour: the author's implementation" actions=${l`<a class="button quiet small" href=${I("blocks")}>All blocks</a>`}>
        <${b} answer=${o} isEmpty=${P} empty=${l`<${N} title="No slot yet">Blocks appear as soon as a node reports them.<//>`}>
          ${d=>l`<${Z} answer=${d} />`}
        <//>
      <//>
      <${Ae}
        answers=${{nodes:e.data,slots:o.data,alerts:a.data,funnel:s.data,conformance:i.data,implementations:c.data}}
        missing=${[e,o,a,s,i,c].filter(({error:d})=>d).map(({name:d})=>d)}
      />
      <${Fe} answer=${o} />
      <${Te} answer=${c} />
      <${Re} answer=${s} earlier=${r.data} />
      <${Oe} answer=${m} earlier=${$.data} />
      <${Le} answer=${o} />
    </div>
  <//>`}function Se({nodes:t,alerts:n,failures:e,earlier:o,events:a}){let s=W.value,r=s?.best_block??null,i=s?.finalized_block??null,c=r!==null&&i!==null?r-i:null,[m,$]=[s?.nodes_connected??t?.connected,s?.nodes_known??t?.total],f=m===0?$?"no node is connected":"no node has ever connected":void 0,x=n?.alerts.length,d=e?.overall,re=a?.data.map(le=>le.events_per_second??null).slice(0,60).reverse();return l`<${K} large>
    <${k} id="best" label="Best slot" value=${u(r)} note=${s&&r===null?f??"no third of the nodes has reached one":void 0} />
    <${k}
      id="finalized"
      label="Finalized"
      value=${u(i)}
      note=${c===null?s&&(f??"no block is finalized yet"):`${v(c,"slot")} behind`}
      state=${c!==null&&c>=ye?"warn":void 0}
    />
    <${k}
      id="nodes"
      label="Nodes connected"
      value=${u(m)}
      unit=${$==null?"":`of ${u($)}`}
      state=${m<$?m===0?"bad":"warn":void 0}
      note=${t?Ne(t.levels):void 0}
    />
    <${k} id="rate" label="Events" value=${C(s?.last_10s?.events_per_second)} spark=${re} note=${s?"over the last 10 s":void 0} />
    <${k}
      id="failures"
      label="Failures"
      value=${d?M(d.failed_events):"\u2014"}
      note=${d?`${S(d.failure_rate)} of ${M(d.attempts)} attempts`:void 0}
      before=${o?`${M(o.overall.failed_events)} (${S(o.overall.failure_rate)})`:void 0}
    />
    <${k} id="alerts" label="Alerts" value=${u(x)} state=${x?"warn":void 0} note=${l`<a href=${I("alerts")}>all alerts</a>`} />
  <//>`}function Ne({well:t,warning:n,bad:e,no_data:o}){let a=[[e,"bad"],[n,"with a warning"],[o,"without data"]].filter(([s])=>s);return!a.length&&!t?"none has ever connected":a.length?a.map(([s,r])=>`${u(s)} ${r}`).join(", "):`all ${u(t)} well`}function Ae({answers:t,missing:n}){let[e,o]=j(!1),{shards_answered:a=0,shards_total:s=0}=W.value??{},r=q(()=>ae({...t,shards:{shards_answered:a,shards_total:s}}),[...Object.values(t),a,s]),i=Object.values(t).filter(c=>c===null).length>n.length;return l`<${g} size="half first" title="Needs attention" note=${r.length?v(r.length,"item"):""}>
    ${n.length>0&&l`<div class="notice" data-state="warn">Not checked, because they cannot be read: ${n.join(", ")}.</div>`}
    ${i&&!r.length&&l`<${G} />`}
    ${!i&&!r.length&&!n.length&&(t.nodes.total?l`<${Ee} alerts=${t.alerts} />`:l`<${Ie} />`)}
    <ul class="attention">
      ${r.slice(0,e?void 0:z).map(({state:c,text:m,path:$,parameters:f})=>l`<li key=${$+m}>
          <a href=${I($,f)}><${w} state=${c} hideWord /><span>${m}</span></a>
        </li>`)}
    </ul>
    ${r.length>z&&l`<button type="button" class="button quiet small" aria-expanded=${e} onClick=${()=>o(!e)}>
      ${e?"Show fewer":`Show ${u(r.length-z)} more`}
    </button>`}
  <//>`}function Ie(){return l`<${N} title="No node has ever connected.">A node sends telemetry with <code>--telemetry HOST:PORT</code> of this server.<//>`}function Ee({alerts:t}){let n=t?.ended[0]?.ended_at,e=n??t?.evaluated_since;return l`<p class="all-well">
    <${w} state="ok" word="Nothing needs attention" />
    ${e&&l`<span class="muted">${n?"the last alert ended":"no alert since the server started,"} <${Y} value=${e} /></span>`}
  </p>`}function P({slots:t,newest_slot:n}){return!t.length||n===0}function Me(t){let n=t.slots.filter(({blocks:e,time:o})=>e.length&&o);return{rows:n,x:n.map(({time:e})=>F(e))}}function Fe({answer:t}){return l`<${g} size="half" title="Propagation" note="time until the nodes had the block, slot by slot">
    <${b} answer=${t} isEmpty=${P} empty=${l`<${N} title="No block yet" />`}>
      ${n=>{let{rows:e,x:o}=Me(n),a=s=>e.map(({blocks:r})=>r[0][s]);return l`<${O}
          title="Propagation by slot"
          x=${o}
          format=${_}
          series=${[{label:"50 % of nodes",values:a("until_50_ms")},{label:"90 %",values:a("until_90_ms")},{label:"99 %",values:a("until_99_ms")}]}
        />`}}
    <//>
  <//>`}function Le({answer:t}){return l`<${g} size="half" title="Block interval" note="from one block to the next; a slot has 6 s">
    <${b} answer=${t} isEmpty=${P} empty=${l`<${N} title="No block yet" />`}>
      ${n=>{let e=n.slots.flatMap(({blocks:a})=>a[0]?.first_had_at?[F(a[0].first_had_at)]:[]),o=e.slice(1);return l`<${O} title="Block interval" x=${o} format=${_} series=${[{label:"interval",values:o.map((a,s)=>a-e[s])}]} />`}}
    <//>
  <//>`}function Oe({answer:t,earlier:n}){return l`<${g} size="half" title="Events per second">
    <${b} answer=${t}>
      ${({data:e})=>{let o=[...e].reverse(),a=o.map(({timestamp:r})=>F(r)),s=n?[...n.data].reverse():[];return l`<${O}
          title="Events per second"
          x=${a}
          series=${[{label:"events/s",values:o.map(({events_per_second:r})=>r??null),fill:!0},...s.length?[{label:"before",ghost:!0,values:a.map((r,i)=>s[i]?.events_per_second??null)}]:[]]}
        />`}}
    <//>
  <//>`}function Te({answer:t}){let n=[{id:"name",title:"implementation",rank:1,value:e=>A(e.name,e.version),cell:e=>l`<${X} name=${e.name} version=${e.version} />`},{id:"nodes",title:"nodes",end:!0,rank:2,value:e=>e.nodes},{id:"state",title:"state",value:e=>e.levels.bad*1e3+e.levels.warning,cell:e=>l`<${We} levels=${e.levels} />`},{id:"lag",title:"lag",help:"Median and most slots behind the network's best",end:!0,value:e=>e.best_lag_p50,cell:e=>e.best_lag_p50===null?"\u2014":`${u(e.best_lag_p50)} / ${u(e.best_lag_max)}`},{id:"import",title:"import p95",end:!0,rank:3,value:e=>e.import_p95_ms,cell:e=>e.imports?_(e.import_p95_ms):"\u2014"},{id:"failures",title:"failures",end:!0,value:e=>e.failures},{id:"findings",title:"findings",help:"Rules of severity error and warning that its nodes broke",end:!0,value:e=>e.errors+e.warnings}];return l`<${g} size="two-thirds" flush title="Implementations">
    <${b} answer=${t}>
      ${({implementations:e})=>l`<${Q}
        caption="Implementations"
        rows=${e}
        rowKey=${o=>`${o.name} ${o.version}`}
        columns=${n}
        sort="-nodes"
        sortParameter="implementations-sort"
        onOpen=${()=>H("implementations")}
        empty="No node has connected in this range."
        height=${320}
      />`}
    <//>
  <//>`}function We({levels:{well:t,warning:n,bad:e,no_data:o}}){return e?l`<${w} state="bad" word=${`${u(e)} bad`} />`:n?l`<${w} state="warn" word=${`${u(n)} with a warning`} />`:o?l`<${w} state="idle" word=${`${u(o)} without data`} />`:l`<${w} state="ok" word=${t===1?"well":"all well"} />`}function Re({answer:t,earlier:n}){return l`<${g} size="third" title="Work" note="packages that reached each stage" actions=${l`<a class="button quiet small" href=${I("work")}>Details</a>`}>
    <${b} answer=${t} isEmpty=${({packages:e})=>!e} empty=${l`<${N} title="No work-package in this range">Builders submit them to guarantors.<//>`}>
      ${({stages:e,packages:o})=>l`<${V}
        label="Work-packages by stage"
        rows=${e.map(({stage:a,reached:s,lost:r},i)=>({label:a,value:s,text:`${u(s)} (${S(s/o)})${n?`, before ${u(n.stages[i].reached)}`:""}`,state:"info",title:r?`${u(r)} lost after this stage`:void 0}))}
      />`}
    <//>
  <//>`}export{xe as default};
