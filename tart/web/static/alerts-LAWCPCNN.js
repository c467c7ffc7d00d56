import{c as x,d as y}from"./chunk-BX3NTUUI.js";import{a as g}from"./chunk-H7VZZLRP.js";import{d as W}from"./chunk-C66HRB6O.js";import{a as o,b as C}from"./chunk-MT5OO2NG.js";import{d as O}from"./chunk-6UV674H3.js";import{m as L}from"./chunk-BCM654JP.js";import{b,e as T}from"./chunk-IGJKNZOW.js";import{a as I,b as w}from"./chunk-DXBXNIWB.js";import{L as S,O as E,S as k,T as f,U as P,a as r,d as h,j as m,l as u,u as _,w as p,x as A,y as N}from"./chunk-FPGP54BG.js";import{l as a}from"./chunk-EUVXIHW5.js";var j=["critical","warning","info"];function q(){let t=L("the alerts",n=>P.alerts({},{signal:n}),{every:5e3});return a`<${I} title="Alerts" question="What is wrong, and since when?">
    <${T} answer=${t}>${n=>a`<${K} data=${n} />`}<//>
  <//>`}function K({data:t}){let n=_.value.parameters.severity??"",d=l=>l.filter(({severity:v})=>!n||v===n),s=l=>t.alerts.filter(({severity:v})=>v===l).length,i=d(t.alerts),$=d(t.ended),[e,c]=[g.value?.nodes_connected,g.value?.nodes_known];return a`<div class="cards">
    <${C} large>
      <${o} id="alerts" label="Alerts now" value=${r(t.alerts.length)} state=${s("critical")?"bad":t.alerts.length?"warn":void 0} />
      <${o} id="critical" label="Critical" value=${r(s("critical"))} />
      <${o} id="warnings" label="Warning" value=${r(s("warning"))} />
      <${o} id="notes" label="Info" value=${r(s("info"))} />
      <${o}
        id="nodes"
        label="Nodes connected"
        value=${r(e)}
        unit=${c===void 0?"":`of ${r(c)}`}
        state=${e!==void 0&&c!==void 0&&e<c?e?"warn":"bad":void 0}
        note=${a`no alert is raised for a node that leaves: <a href=${p("nodes")}>all nodes</a>`}
      />
      <${o}
        id="evaluated"
        label="Last evaluated"
        value=${t.evaluated_at?a`<${f} value=${t.evaluated_at} />`:"not yet"}
        note=${`every ${h(t.interval_seconds*1e3)}, over ${t.shards_answered} of ${u(t.shards_total,"shard")}`}
        state=${t.shards_answered<t.shards_total?"warn":void 0}
      />
    <//>
    <${W}
      label="Severity"
      choices=${[{id:"",label:"All"},...j.map(l=>({id:l,label:l[0].toUpperCase()+l.slice(1)}))]}
      selected=${n}
      onSelect=${l=>N({severity:l||void 0})}
    />
    <${w} title="Now" note=${u(i.length,"alert")} flush>
      ${i.length?a`<${F} rows=${i} caption="Alerts that hold now" csv="alerts" />`:a`<${b} title=${n?`No alert of severity ${n}`:"No alert"}>
            <span>
              ${t.evaluated_since?a`Nodes that drop events, send what cannot be read, fall behind or fall silent, and steps that often fail,
                  appear here. Evaluated since <${k} value=${t.evaluated_since} date />.`:"No shard has answered yet, so nothing could be evaluated."}
            </span>
          <//>`}
    <//>
    <${w} title="Ended" note=${R(t)} flush>
      ${$.length?a`<${F} rows=${$} caption="Alerts that ended" csv="alerts-ended" isEnded />`:a`<${b} title="None has ended"><span>The last 200 that end while the gateway runs are listed here.</span><//>`}
    <//>
  </div>`}function R({ended:t,ended_forgotten:n}){return n?`the last ${r(t.length)}; ${r(n)} before`:u(t.length,"alert")}function F({rows:t,caption:n,csv:d,isEnded:s=!1}){let i=e=>(m(e.ended_at)??0)-(m(e.since)??0),$=[{id:"severity",title:"Severity",value:e=>j.indexOf(e.severity),saved:e=>e.severity,cell:e=>a`<${S} state=${s?"idle":x(e)} word=${e.severity} />`,rank:2},{id:"message",title:"What",value:e=>e.message,rank:1},{id:"about",title:"About",value:e=>e.about.id,cell:e=>a`<${V} alert=${e} />`},{id:"since",title:"Since",value:e=>e.since,cell:e=>a`<${f} value=${e.since} />`,rank:3,end:!0},...s?[{id:"lasted",title:"Lasted",value:i,cell:e=>h(i(e)),end:!0},{id:"ended",title:"Ended",value:e=>e.ended_at,cell:e=>a`<${f} value=${e.ended_at} />`,end:!0}]:[]];return a`<${O}
    columns=${$}
    rows=${t}
    rowKey=${e=>`${e.id} ${e.since}`}
    caption=${n}
    csv=${d}
    onOpen=${U}
  />`}function U(t){let n=y(t);n&&A(...n)}function V({alert:t}){let n=y(t);return t.about.kind==="node"?a`<${E} node=${{node_id:t.about.id}} short />`:n?a`<a href=${p(...n)}>${t.about.id}</a>`:t.about.id}export{q as default};
