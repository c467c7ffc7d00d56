import{a as J}from"./chunk-HUQPP6DO.js";import{j as V}from"./chunk-2MTNHYMP.js";import{a as L}from"./chunk-YC3EU3GH.js";import{a as x,b as X,d as Y}from"./chunk-6P2DGSOJ.js";import{c as G}from"./chunk-TMVVSADG.js";import{a as C,b as W,e as k,h as z,j as H,k as y,l as F,s as f}from"./chunk-AD6F6NFS.js";import{$ as p,D as N,E as j,Q as w,S as D,Y as q,Z as K,_ as b,g as T,h as u,i as M,j as B,k as g,n as S,p as P,q as E,s as v,u as d,x as A}from"./chunk-KD7Q7WA5.js";var ne=3,oe=6,se=20,ae=.1,Q=2e3,le=50,re=1.4,ie=3,I={bad:"bad",warning:"warn",critical:"bad",error:"bad",warn:"warn",info:"info"};function Z({nodes:n,slots:t,alerts:e,funnel:o,conformance:s,implementations:a}){let l=new Set,r=[...t?de(t):[],...n?$e(n,l):[],...e?ue(e,l):[],...o?me(o):[],...s?ce(s):[],...a?fe(a):[]],$=["bad","warn","info"];return r.sort((c,m)=>$.indexOf(c.state)-$.indexOf(m.state)||m.harm-c.harm)}function de({best_slot:n,finalized_slot:t,slots:e}){let o=[];if(n!==null&&t!==null&&n-t>=oe){let r=n-t;o.push({state:r>=se?"bad":"warn",text:`The finalized block is ${u(r)} slots behind the best`,path:"blocks",harm:1e3})}let s=e.filter(({state:r})=>r==="authored"||r==="missed"),a=s.filter(({state:r})=>r==="missed").length;s.length>=10&&a/s.length>=ae&&o.push({state:a/s.length>=.5?"bad":"warn",text:`${u(a)} of the last ${v(s.length,"slot")} have no block (${S(a/s.length)})`,path:"blocks",harm:900});let l=e.filter(({blocks:r})=>r.length&&(r[0].until_90_ms??0)>Q);if(l.length){let r=l.reduce(($,c)=>$.blocks[0].until_90_ms>=c.blocks[0].until_90_ms?$:c);o.push({state:"warn",text:`${v(l.length,"block")} took more than ${g(Q)} to reach 90 % of the nodes; slot ${u(r.slot)} took ${g(r.blocks[0].until_90_ms)}`,path:`slots/${r.slot}`,harm:500})}return o}function $e({nodes:n,rules:t,implementations:e,total:o},s){let a=new Map;for(let[r,$]of n.state.entries())a.has($)||a.set($,[]),a.get($)?.push(r);let l=[];for(let{state:r,level:$,meaning:c}of t){let m=a.get(r);if(!(!m||!I[$]||I[$]==="info")){for(let h of m)s.add(n.node_id[h]);if(m.length>ne){l.push({state:I[$],text:`${u(m.length)} of ${u(o)} nodes: ${U(c)}`,path:"nodes",parameters:{state:r},harm:m.length});continue}for(let h of m){let{name:_,version:i}=e[n.implementation[h]]??{};l.push({state:I[$],text:`${P(n.node_id[h])} (${A(_,i)}): ${U(c)}`,path:`nodes/${n.node_id[h]}`,harm:1})}}}return l}function ue({alerts:n},t){return n.filter(({about:e})=>!t.has(e.id)).map(({severity:e,message:o,about:s})=>({state:I[e],text:o.replace(/\.$/,""),path:s.kind==="node"?`nodes/${s.id}`:"alerts",harm:10}))}function me({stages:n,packages:t}){return n.flatMap(({stage:o,reasons:s})=>s.map(a=>({stage:o,...a}))).sort((o,s)=>s.count-o.count).slice(0,ie).map(({stage:o,count:s,reason:a})=>({state:s/Math.max(t,1)>=.2?"bad":s/Math.max(t,1)>=.02?"warn":"info",text:`${u(s)} of ${v(t,"work-package")} lost after ${o}: ${a}`,path:"work",harm:s}))}function ce({rules:n}){return n.filter(({severity:t})=>t!=="info").map(({code:t,severity:e,count:o,nodes:s})=>({state:e==="error"?"bad":"warn",text:`${v(s,"node")}: ${v(o,"finding")} of ${t}`,path:"conformance",parameters:{rule:t},harm:s}))}function fe({implementations:n}){let t=n.filter(e=>e.imports>=le&&e.import_p95_ms!==null);return t.flatMap(e=>{let o=t.filter(a=>a!==e).map(a=>a.import_p95_ms);if(o.length<2)return[];let s=o.sort((a,l)=>a-l)[Math.floor(o.length/2)];return e.import_p95_ms>s*re?{state:"warn",text:`${A(e.name,e.version)}: 95 % of imports take up to ${g(e.import_p95_ms)}, those of the others ${g(s)}`,path:"implementations",harm:e.nodes}:[]})}function U(n){let t=n.replace(/\.$/,"");return t.slice(0,1).toLowerCase()+t.slice(1)}var ee=60,pe=6,O=12;function he(){let n=[z.value],t={deps:[z.value],when:H.value},e=f("the nodes",i=>p.nodesSummary({...y()},{signal:i}),{every:1e4,deps:n}),o=f("the slots",i=>p.slots({count:ee},{signal:i}),{every:6e3}),s=f("the alerts",i=>p.alerts({},{signal:i}),{every:1e4}),a=f("the work-packages",i=>p.workFunnel({...y()},{signal:i}),{every:1e4,deps:n}),l=f("the work-packages before",i=>p.workFunnel(F(),{signal:i}),t),r=f("the findings",i=>p.conformance({...y()},{signal:i}),{every:3e4,deps:n}),$=f("the implementations",i=>p.implementations({...y()},{signal:i}),{every:15e3,deps:n}),c=f("the events by time",i=>p.timeseries({metric:"events",...y()},{signal:i}),{every:15e3,deps:n}),m=f("the events before",i=>p.timeseries({metric:"events",...F()},{signal:i}),t),h=f("the failures",i=>p.failureRates({...y()},{signal:i}),{every:15e3,deps:n}),_=f("the failures before",i=>p.failureRates(F(),{signal:i}),t);return d`<${K} title="Network" question="Is it well, and if not, what and since when?">
    <${ve} nodes=${e.data} alerts=${s.data} failures=${h.data} earlier=${_.data} events=${c.data} />
    <div class="cards">
      <${b} title=${`Last ${ee} slots`} note="height: time until 90 % of the nodes had the block; colour: the author's implementation" actions=${d`<a class="button quiet small" href=${N("blocks")}>All blocks</a>`}>
        <${k} answer=${o} isEmpty=${i=>!i.slots.length} empty=${d`<${W} title="No slot yet">Blocks appear as soon as a node reports them.<//>`}>
          ${i=>d`<${V} answer=${i} />`}
        <//>
      <//>
      <${ge}
        answers=${{nodes:e.data,slots:o.data,alerts:s.data,funnel:a.data,conformance:r.data,implementations:$.data}}
        missing=${[e,o,s,a,r,$].filter(({error:i})=>i).map(({name:i})=>i)}
      />
      <${ke} answer=${o} />
      <${Se} answer=${$} />
      <${Ne} answer=${a} earlier=${l.data} />
      <${ye} answer=${c} earlier=${m.data} />
      <${xe} answer=${o} />
    </div>
  <//>`}function ve({nodes:n,alerts:t,failures:e,earlier:o,events:s}){let a=J.value,l=a?.best_block??null,r=a?.finalized_block??null,$=l!==null&&r!==null?l-r:null,[c,m]=[a?.nodes_connected??n?.connected,a?.nodes_known??n?.total],h=t?.alerts.length,_=e?.overall,i=s?.data.map(te=>te.events_per_second??null).slice(0,60).reverse();return d`<${X} large>
    <${x} id="best" label="Best slot" value=${u(l)} note=${a&&l===null?"no third of the nodes has reached one":void 0} />
    <${x}
      id="finalized"
      label="Finalized"
      value=${u(r)}
      note=${$===null?a&&"no block is finalized yet":`${v($,"slot")} behind`}
      state=${$!==null&&$>=pe?"warn":void 0}
    />
    <${x}
      id="nodes"
      label="Nodes connected"
      value=${u(c)}
      unit=${m==null?"":`of ${u(m)}`}
      state=${c<m?"warn":void 0}
      note=${n?_e(n.levels):void 0}
    />
    <${x} id="rate" label="Events" value=${B(a?.last_10s?.events_per_second)} spark=${i} note=${a?"over the last 10 s":void 0} />
    <${x}
      id="failures"
      label="Failures"
      value=${_?M(_.failed_events):"\u2014"}
      note=${_?`${S(_.failure_rate)} of ${M(_.attempts)} attempts`:void 0}
      before=${o?`${M(o.overall.failed_events)} (${S(o.overall.failure_rate)})`:void 0}
    />
    <${x} id="alerts" label="Alerts" value=${u(h)} state=${h?"warn":void 0} note=${d`<a href=${N("alerts")}>all alerts</a>`} />
  <//>`}function _e({well:n,warning:t,bad:e,no_data:o}){let s=[[e,"bad"],[t,"with a warning"],[o,"without data"]].filter(([a])=>a);return s.length?s.map(([a,l])=>`${u(a)} ${l}`).join(", "):`all ${u(n)} well`}function ge({answers:n,missing:t}){let e=T(()=>Z(n),Object.values(n)),o=Object.values(n).filter(s=>s===null).length>t.length;return d`<${b} size="half" title="Needs attention" note=${e.length?v(e.length,"item"):""}>
    ${t.length>0&&d`<div class="notice" data-state="warn">Not checked, because they cannot be read: ${t.join(", ")}.</div>`}
    ${o&&!e.length&&d`<${C} />`}
    ${!o&&!e.length&&!t.length&&d`<${be} alerts=${n.alerts} />`}
    <ul class="attention">
      ${e.slice(0,O).map(({state:s,text:a,path:l,parameters:r})=>d`<li key=${l+a}>
          <a href=${N(l,r)}><${w} state=${s} hideWord /><span>${a}</span></a>
        </li>`)}
    </ul>
    ${e.length>O&&d`<p class="muted">and ${v(e.length-O,"more")}</p>`}
  <//>`}function be({alerts:n}){let t=n?.ended[0]?.ended_at,e=t??n?.evaluated_since;return d`<p class="all-well">
    <${w} state="ok" word="Nothing needs attention" />
    ${e&&d`<span class="muted">${t?"the last alert ended":"no alert since the server started,"} <${q} value=${e} /></span>`}
  </p>`}function we(n){let t=n.slots.filter(({blocks:e,time:o})=>e.length&&o);return{rows:t,x:t.map(({time:e})=>E(e))}}function ke({answer:n}){return d`<${b} size="half" title="Propagation" note="time until the nodes had the block, slot by slot">
    <${k} answer=${n}>
      ${t=>{let{rows:e,x:o}=we(t),s=a=>e.map(({blocks:l})=>l[0][a]);return d`<${L}
          title="Propagation by slot"
          x=${o}
          format=${g}
          series=${[{label:"50 % of nodes",values:s("until_50_ms")},{label:"90 %",values:s("until_90_ms")},{label:"99 %",values:s("until_99_ms")}]}
        />`}}
    <//>
  <//>`}function xe({answer:n}){return d`<${b} size="half" title="Block interval" note="from one block to the next; a slot has 6 s">
    <${k} answer=${n}>
      ${t=>{let e=t.slots.flatMap(({blocks:s})=>s[0]?.first_had_at?[E(s[0].first_had_at)]:[]),o=e.slice(1);return d`<${L} title="Block interval" x=${o} format=${g} series=${[{label:"interval",values:o.map((s,a)=>s-e[a])}]} />`}}
    <//>
  <//>`}function ye({answer:n,earlier:t}){return d`<${b} size="half" title="Events per second">
    <${k} answer=${n}>
      ${({data:e})=>{let o=[...e].reverse(),s=o.map(({timestamp:l})=>E(l)),a=t?[...t.data].reverse():[];return d`<${L}
          title="Events per second"
          x=${s}
          series=${[{label:"events/s",values:o.map(({events_per_second:l})=>l??null),fill:!0},...a.length?[{label:"before",ghost:!0,values:s.map((l,r)=>a[r]?.events_per_second??null)}]:[]]}
        />`}}
    <//>
  <//>`}function Se({answer:n}){let t=[{id:"name",title:"implementation",rank:1,value:e=>A(e.name,e.version),cell:e=>d`<${D} name=${e.name} version=${e.version} />`},{id:"nodes",title:"nodes",end:!0,rank:2,value:e=>e.nodes},{id:"state",title:"state",value:e=>e.levels.bad*1e3+e.levels.warning,cell:e=>d`<${Ae} levels=${e.levels} />`},{id:"lag",title:"lag",help:"Median and most slots behind the network's best",end:!0,value:e=>e.best_lag_p50,cell:e=>e.best_lag_p50===null?"\u2014":`${u(e.best_lag_p50)} / ${u(e.best_lag_max)}`},{id:"import",title:"import p95",end:!0,rank:3,value:e=>e.import_p95_ms,cell:e=>e.imports?g(e.import_p95_ms):"\u2014"},{id:"failures",title:"failures",end:!0,value:e=>e.failures},{id:"findings",title:"findings",help:"Rules of severity error and warning that its nodes broke",end:!0,value:e=>e.errors+e.warnings}];return d`<${b} size="two-thirds" flush title="Implementations">
    <${k} answer=${n}>
      ${({implementations:e})=>d`<${G}
        caption="Implementations"
        rows=${e}
        rowKey=${o=>`${o.name} ${o.version}`}
        columns=${t}
        sort="-nodes"
        sortParameter="implementations-sort"
        onOpen=${()=>j("implementations")}
        empty="No node has connected in this range."
        height=${320}
      />`}
    <//>
  <//>`}function Ae({levels:{well:n,warning:t,bad:e,no_data:o}}){return e?d`<${w} state="bad" word=${`${u(e)} bad`} />`:t?d`<${w} state="warn" word=${`${u(t)} with a warning`} />`:o?d`<${w} state="idle" word=${`${u(o)} without data`} />`:d`<${w} state="ok" word=${n===1?"well":"all well"} />`}function Ne({answer:n,earlier:t}){return d`<${b} size="third" title="Work" note="packages that reached each stage" actions=${d`<a class="button quiet small" href=${N("work")}>Details</a>`}>
    <${k} answer=${n} isEmpty=${({packages:e})=>!e} empty=${d`<${W} title="No work-package in this range">Builders submit them to guarantors.<//>`}>
      ${({stages:e,packages:o})=>d`<${Y}
        label="Work-packages by stage"
        rows=${e.map(({stage:s,reached:a,lost:l},r)=>({label:s,value:a,text:`${u(a)} (${S(a/o)})${t?`, before ${u(t.stages[r].reached)}`:""}`,state:"info",title:l?`${u(l)} lost after this stage`:void 0}))}
      />`}
    <//>
  <//>`}export{he as default};
