import{c as P,d as p}from"./chunk-4TQ6SP2H.js";import{d as L}from"./chunk-ZFXL5XR5.js";import{a as o,b as E}from"./chunk-MT5OO2NG.js";import{c as k}from"./chunk-5T32BEGS.js";import{m as O}from"./chunk-SPHRVP5U.js";import{b as v,e as S}from"./chunk-6F6XN5K6.js";import{a as T,b as m}from"./chunk-DXBXNIWB.js";import{G as A,J as _,N,O as c,P as C,a as s,d as h,j as f,l as $,u as g,v as b,w,x as y}from"./chunk-MVD6GQUR.js";import{l}from"./chunk-EUVXIHW5.js";var x=["critical","warning","info"];function F(){let t=O("the alerts",n=>C.alerts({},{signal:n}),{every:5e3});return l`<${T} title="Alerts" question="What is wrong, and since when?">
    <${S} answer=${t}>${n=>l`<${I} data=${n} />`}<//>
  <//>`}function I({data:t}){let n=g.value.parameters.severity??"",i=e=>e.filter(({severity:u})=>!n||u===n),a=e=>t.alerts.filter(({severity:u})=>u===e).length,r=i(t.alerts),d=i(t.ended);return l`<div class="cards">
    <${E} large>
      <${o} id="alerts" label="Alerts now" value=${s(t.alerts.length)} state=${t.alerts.length?"warn":"ok"} />
      <${o} id="warnings" label="Warnings" value=${s(a("warning")+a("critical"))} />
      <${o} id="notes" label="Notes" value=${s(a("info"))} />
      <${o}
        id="evaluated"
        label="Last evaluated"
        value=${t.evaluated_at?l`<${c} value=${t.evaluated_at} />`:"not yet"}
        note=${`every ${h(t.interval_seconds*1e3)}, over ${t.shards_answered} of ${$(t.shards_total,"shard")}`}
        state=${t.shards_answered<t.shards_total?"warn":void 0}
      />
    <//>
    <${L}
      label="Severity"
      choices=${[{id:"",label:"All"},...x.map(e=>({id:e,label:e[0].toUpperCase()+e.slice(1)}))]}
      selected=${n}
      onSelect=${e=>y({severity:e||void 0})}
    />
    <${m} title="Now" note=${$(r.length,"alert")} flush>
      ${r.length?l`<${W} rows=${r} caption="Alerts that hold now" csv="alerts" />`:l`<${v} title=${n?`No alert of severity ${n}`:"Nothing is wrong"}>
            <span>
              ${t.evaluated_since?l`Nodes that drop events, send what cannot be read, fall behind or fall silent, and steps that often fail,
                  appear here. Evaluated since <${N} value=${t.evaluated_since} date />.`:"No shard has answered yet, so nothing could be evaluated."}
            </span>
          <//>`}
    <//>
    <${m} title="Ended" note=${j(t)} flush>
      ${d.length?l`<${W} rows=${d} caption="Alerts that ended" csv="alerts-ended" isEnded />`:l`<${v} title="None has ended"><span>The last 200 that end while the gateway runs are listed here.</span><//>`}
    <//>
  </div>`}function j({ended:t,ended_forgotten:n}){return n?`the last ${s(t.length)}; ${s(n)} before`:$(t.length,"alert")}function W({rows:t,caption:n,csv:i,isEnded:a=!1}){let r=e=>(f(e.ended_at)??0)-(f(e.since)??0),d=[{id:"severity",title:"Severity",value:e=>x.indexOf(e.severity),cell:e=>l`<${A} state=${a?"idle":P(e)} word=${e.severity} />`,rank:2},{id:"message",title:"What",value:e=>e.message,rank:1},{id:"about",title:"About",value:e=>e.about.id,cell:e=>l`<${K} alert=${e} />`},{id:"since",title:"Since",value:e=>e.since,cell:e=>l`<${c} value=${e.since} />`,rank:3,end:!0},...a?[{id:"lasted",title:"Lasted",value:r,cell:e=>h(r(e)),end:!0},{id:"ended",title:"Ended",value:e=>e.ended_at,cell:e=>l`<${c} value=${e.ended_at} />`,end:!0}]:[]];return l`<${k}
    columns=${d}
    rows=${t}
    rowKey=${e=>`${e.id} ${e.since}`}
    caption=${n}
    csv=${i}
    onOpen=${q}
  />`}function q(t){let n=p(t);n&&w(...n)}function K({alert:t}){let n=p(t);return t.about.kind==="node"?l`<${_} node=${{node_id:t.about.id}} short />`:n?l`<a href=${b(...n)}>${t.about.id}</a>`:t.about.id}export{F as default};
