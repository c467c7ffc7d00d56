import{a as J}from"./chunk-PQ33VQHV.js";import{j as V}from"./chunk-JEHTWPAY.js";import{a as L}from"./chunk-VWSFC2I6.js";import{a as x,b as X,d as Y}from"./chunk-MT5OO2NG.js";import{a as Q}from"./chunk-A5KFDUZV.js";import{c as G}from"./chunk-5T32BEGS.js";import{b as z,d as H,e as y,f as F,m as f}from"./chunk-SPHRVP5U.js";import{a as C,b as W,e as k}from"./chunk-6F6XN5K6.js";import{a as K,b as w}from"./chunk-DXBXNIWB.js";import{G as b,I as D,O as q,P as p,a as m,b as M,c as B,d as _,g as S,i as P,j as E,l as v,p as A,v as N,w as j}from"./chunk-MVD6GQUR.js";import{k as T,l as d}from"./chunk-EUVXIHW5.js";var oe=3,se=6,re=20,le=.1,U=2e3,ie=50,de=1.4,ce=3,I={bad:"bad",warning:"warn",critical:"bad",error:"bad",warn:"warn",info:"info"};function ee({nodes:n,slots:t,alerts:e,funnel:a,conformance:o,implementations:s}){let r=new Set,l=[...t?me(t):[],...n?ue(n,r):[],...e?$e(e,r):[],...a?fe(a):[],...o?pe(o):[],...s?he(s):[]],c=["bad","warn","info"];return l.sort(($,u)=>c.indexOf($.state)-c.indexOf(u.state)||u.harm-$.harm)}function me({best_slot:n,finalized_slot:t,slots:e}){let a=[];if(n!==null&&t!==null&&n-t>=se){let l=n-t;a.push({state:l>=re?"bad":"warn",text:`The finalized block is ${m(l)} slots behind the best`,path:"blocks",harm:1e3})}let o=e.filter(({state:l})=>l==="authored"||l==="missed"),s=o.filter(({state:l})=>l==="missed").length;o.length>=10&&s/o.length>=le&&a.push({state:s/o.length>=.5?"bad":"warn",text:`${m(s)} of the last ${v(o.length,"slot")} have no block (${S(s/o.length)})`,path:"blocks",harm:900});let r=e.filter(({blocks:l})=>l.length&&(l[0].until_90_ms??0)>U);if(r.length){let l=r.reduce((c,$)=>c.blocks[0].until_90_ms>=$.blocks[0].until_90_ms?c:$);a.push({state:"warn",text:`${v(r.length,"block")} took more than ${_(U)} to reach 90 % of the nodes; slot ${m(l.slot)} took ${_(l.blocks[0].until_90_ms)}`,path:`slots/${l.slot}`,harm:500})}return a}function ue({nodes:n,rules:t,implementations:e,total:a},o){let s=new Map;for(let[l,c]of n.state.entries())s.has(c)||s.set(c,[]),s.get(c)?.push(l);let r=[];for(let{state:l,level:c,meaning:$}of t){let u=s.get(l);if(!(!u||!I[c]||I[c]==="info")){for(let h of u)o.add(n.node_id[h]);if(u.length>oe){r.push({state:I[c],text:`${m(u.length)} of ${m(a)} nodes: ${Z($)}`,path:"nodes",parameters:{state:l},harm:u.length});continue}for(let h of u){let{name:g,version:i}=e[n.implementation[h]]??{};r.push({state:I[c],text:`${P(n.node_id[h])} (${A(g,i)}): ${Z($)}`,path:`nodes/${n.node_id[h]}`,harm:1})}}}return r}function $e({alerts:n},t){return n.filter(({about:e})=>!t.has(e.id)).map(({severity:e,message:a,about:o})=>({state:I[e],text:a.replace(/\.$/,""),path:o.kind==="node"?`nodes/${o.id}`:"alerts",harm:10}))}function fe({stages:n,packages:t}){return n.flatMap(({stage:a,reasons:o})=>o.map(s=>({stage:a,...s}))).sort((a,o)=>o.count-a.count).slice(0,ce).map(({stage:a,count:o,reason:s})=>({state:o/Math.max(t,1)>=.2?"bad":o/Math.max(t,1)>=.02?"warn":"info",text:`${m(o)} of ${v(t,"work-package")} lost after ${a}: ${s}`,path:"work",harm:o}))}function pe({rules:n}){return n.filter(({severity:t})=>t!=="info").map(({code:t,severity:e,count:a,nodes:o})=>({state:e==="error"?"bad":"warn",text:`${v(o,"node")}: ${v(a,"finding")} of ${t}`,path:"conformance",parameters:{rule:t},harm:o}))}function he({implementations:n}){let t=n.filter(e=>e.imports>=ie&&e.import_p95_ms!==null);return t.flatMap(e=>{let a=t.filter(s=>s!==e).map(s=>s.import_p95_ms);if(a.length<2)return[];let o=a.sort((s,r)=>s-r)[Math.floor(a.length/2)];return e.import_p95_ms>o*de?{state:"warn",text:`${A(e.name,e.version)}: 95 % of imports take up to ${_(e.import_p95_ms)}, those of the others ${_(o)}`,path:"implementations",harm:e.nodes}:[]})}function Z(n){let t=n.replace(/\.$/,"");return t.slice(0,1).toLowerCase()+t.slice(1)}var te=`.attention a {
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
`;Q(te);var ne=60,ge=6,O=12;function _e(){let n=[z.value],t={deps:[z.value],when:H.value},e=f("the nodes",i=>p.nodesSummary({...y()},{signal:i}),{every:1e4,deps:n}),a=f("the slots",i=>p.slots({count:ne},{signal:i}),{every:6e3}),o=f("the alerts",i=>p.alerts({},{signal:i}),{every:1e4}),s=f("the work-packages",i=>p.workFunnel({...y()},{signal:i}),{every:1e4,deps:n}),r=f("the work-packages before",i=>p.workFunnel(F(),{signal:i}),t),l=f("the findings",i=>p.conformance({...y()},{signal:i}),{every:3e4,deps:n}),c=f("the implementations",i=>p.implementations({...y()},{signal:i}),{every:15e3,deps:n}),$=f("the events by time",i=>p.timeseries({metric:"events",...y()},{signal:i}),{every:15e3,deps:n}),u=f("the events before",i=>p.timeseries({metric:"events",...F()},{signal:i}),t),h=f("the failures",i=>p.failureRates({...y()},{signal:i}),{every:15e3,deps:n}),g=f("the failures before",i=>p.failureRates(F(),{signal:i}),t);return d`<${K} title="Network" question="Is it well, and if not, what and since when?">
    <${we} nodes=${e.data} alerts=${o.data} failures=${h.data} earlier=${g.data} events=${$.data} />
    <div class="cards">
      <${w} title=${`Last ${ne} slots`} note="height: time until 90 % of the nodes had the block; colour: the author's implementation" actions=${d`<a class="button quiet small" href=${N("blocks")}>All blocks</a>`}>
        <${k} answer=${a} isEmpty=${i=>!i.slots.length} empty=${d`<${W} title="No slot yet">Blocks appear as soon as a node reports them.<//>`}>
          ${i=>d`<${V} answer=${i} />`}
        <//>
      <//>
      <${ke}
        answers=${{nodes:e.data,slots:a.data,alerts:o.data,funnel:s.data,conformance:l.data,implementations:c.data}}
        missing=${[e,a,o,s,l,c].filter(({error:i})=>i).map(({name:i})=>i)}
      />
      <${Se} answer=${a} />
      <${Ie} answer=${c} />
      <${Ee} answer=${s} earlier=${r.data} />
      <${Ne} answer=${$} earlier=${u.data} />
      <${Ae} answer=${a} />
    </div>
  <//>`}function we({nodes:n,alerts:t,failures:e,earlier:a,events:o}){let s=J.value,r=s?.best_block??null,l=s?.finalized_block??null,c=r!==null&&l!==null?r-l:null,[$,u]=[s?.nodes_connected??n?.connected,s?.nodes_known??n?.total],h=t?.alerts.length,g=e?.overall,i=o?.data.map(ae=>ae.events_per_second??null).slice(0,60).reverse();return d`<${X} large>
    <${x} id="best" label="Best slot" value=${m(r)} note=${s&&r===null?"no third of the nodes has reached one":void 0} />
    <${x}
      id="finalized"
      label="Finalized"
      value=${m(l)}
      note=${c===null?s&&"no block is finalized yet":`${v(c,"slot")} behind`}
      state=${c!==null&&c>=ge?"warn":void 0}
    />
    <${x}
      id="nodes"
      label="Nodes connected"
      value=${m($)}
      unit=${u==null?"":`of ${m(u)}`}
      state=${$<u?"warn":void 0}
      note=${n?be(n.levels):void 0}
    />
    <${x} id="rate" label="Events" value=${B(s?.last_10s?.events_per_second)} spark=${i} note=${s?"over the last 10 s":void 0} />
    <${x}
      id="failures"
      label="Failures"
      value=${g?M(g.failed_events):"\u2014"}
      note=${g?`${S(g.failure_rate)} of ${M(g.attempts)} attempts`:void 0}
      before=${a?`${M(a.overall.failed_events)} (${S(a.overall.failure_rate)})`:void 0}
    />
    <${x} id="alerts" label="Alerts" value=${m(h)} state=${h?"warn":void 0} note=${d`<a href=${N("alerts")}>all alerts</a>`} />
  <//>`}function be({well:n,warning:t,bad:e,no_data:a}){let o=[[e,"bad"],[t,"with a warning"],[a,"without data"]].filter(([s])=>s);return o.length?o.map(([s,r])=>`${m(s)} ${r}`).join(", "):`all ${m(n)} well`}function ke({answers:n,missing:t}){let e=T(()=>ee(n),Object.values(n)),a=Object.values(n).filter(o=>o===null).length>t.length;return d`<${w} size="half" title="Needs attention" note=${e.length?v(e.length,"item"):""}>
    ${t.length>0&&d`<div class="notice" data-state="warn">Not checked, because they cannot be read: ${t.join(", ")}.</div>`}
    ${a&&!e.length&&d`<${C} />`}
    ${!a&&!e.length&&!t.length&&d`<${xe} alerts=${n.alerts} />`}
    <ul class="attention">
      ${e.slice(0,O).map(({state:o,text:s,path:r,parameters:l})=>d`<li key=${r+s}>
          <a href=${N(r,l)}><${b} state=${o} hideWord /><span>${s}</span></a>
        </li>`)}
    </ul>
    ${e.length>O&&d`<p class="muted">and ${v(e.length-O,"more")}</p>`}
  <//>`}function xe({alerts:n}){let t=n?.ended[0]?.ended_at,e=t??n?.evaluated_since;return d`<p class="all-well">
    <${b} state="ok" word="Nothing needs attention" />
    ${e&&d`<span class="muted">${t?"the last alert ended":"no alert since the server started,"} <${q} value=${e} /></span>`}
  </p>`}function ye(n){let t=n.slots.filter(({blocks:e,time:a})=>e.length&&a);return{rows:t,x:t.map(({time:e})=>E(e))}}function Se({answer:n}){return d`<${w} size="half" title="Propagation" note="time until the nodes had the block, slot by slot">
    <${k} answer=${n}>
      ${t=>{let{rows:e,x:a}=ye(t),o=s=>e.map(({blocks:r})=>r[0][s]);return d`<${L}
          title="Propagation by slot"
          x=${a}
          format=${_}
          series=${[{label:"50 % of nodes",values:o("until_50_ms")},{label:"90 %",values:o("until_90_ms")},{label:"99 %",values:o("until_99_ms")}]}
        />`}}
    <//>
  <//>`}function Ae({answer:n}){return d`<${w} size="half" title="Block interval" note="from one block to the next; a slot has 6 s">
    <${k} answer=${n}>
      ${t=>{let e=t.slots.flatMap(({blocks:o})=>o[0]?.first_had_at?[E(o[0].first_had_at)]:[]),a=e.slice(1);return d`<${L} title="Block interval" x=${a} format=${_} series=${[{label:"interval",values:a.map((o,s)=>o-e[s])}]} />`}}
    <//>
  <//>`}function Ne({answer:n,earlier:t}){return d`<${w} size="half" title="Events per second">
    <${k} answer=${n}>
      ${({data:e})=>{let a=[...e].reverse(),o=a.map(({timestamp:r})=>E(r)),s=t?[...t.data].reverse():[];return d`<${L}
          title="Events per second"
          x=${o}
          series=${[{label:"events/s",values:a.map(({events_per_second:r})=>r??null),fill:!0},...s.length?[{label:"before",ghost:!0,values:o.map((r,l)=>s[l]?.events_per_second??null)}]:[]]}
        />`}}
    <//>
  <//>`}function Ie({answer:n}){let t=[{id:"name",title:"implementation",rank:1,value:e=>A(e.name,e.version),cell:e=>d`<${D} name=${e.name} version=${e.version} />`},{id:"nodes",title:"nodes",end:!0,rank:2,value:e=>e.nodes},{id:"state",title:"state",value:e=>e.levels.bad*1e3+e.levels.warning,cell:e=>d`<${Me} levels=${e.levels} />`},{id:"lag",title:"lag",help:"Median and most slots behind the network's best",end:!0,value:e=>e.best_lag_p50,cell:e=>e.best_lag_p50===null?"\u2014":`${m(e.best_lag_p50)} / ${m(e.best_lag_max)}`},{id:"import",title:"import p95",end:!0,rank:3,value:e=>e.import_p95_ms,cell:e=>e.imports?_(e.import_p95_ms):"\u2014"},{id:"failures",title:"failures",end:!0,value:e=>e.failures},{id:"findings",title:"findings",help:"Rules of severity error and warning that its nodes broke",end:!0,value:e=>e.errors+e.warnings}];return d`<${w} size="two-thirds" flush title="Implementations">
    <${k} answer=${n}>
      ${({implementations:e})=>d`<${G}
        caption="Implementations"
        rows=${e}
        rowKey=${a=>`${a.name} ${a.version}`}
        columns=${t}
        sort="-nodes"
        sortParameter="implementations-sort"
        onOpen=${()=>j("implementations")}
        empty="No node has connected in this range."
        height=${320}
      />`}
    <//>
  <//>`}function Me({levels:{well:n,warning:t,bad:e,no_data:a}}){return e?d`<${b} state="bad" word=${`${m(e)} bad`} />`:t?d`<${b} state="warn" word=${`${m(t)} with a warning`} />`:a?d`<${b} state="idle" word=${`${m(a)} without data`} />`:d`<${b} state="ok" word=${n===1?"well":"all well"} />`}function Ee({answer:n,earlier:t}){return d`<${w} size="third" title="Work" note="packages that reached each stage" actions=${d`<a class="button quiet small" href=${N("work")}>Details</a>`}>
    <${k} answer=${n} isEmpty=${({packages:e})=>!e} empty=${d`<${W} title="No work-package in this range">Builders submit them to guarantors.<//>`}>
      ${({stages:e,packages:a})=>d`<${Y}
        label="Work-packages by stage"
        rows=${e.map(({stage:o,reached:s,lost:r},l)=>({label:o,value:s,text:`${m(s)} (${S(s/a)})${t?`, before ${m(t.stages[l].reached)}`:""}`,state:"info",title:r?`${m(r)} lost after this stage`:void 0}))}
      />`}
    <//>
  <//>`}export{_e as default};
