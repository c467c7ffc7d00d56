import{a as Z}from"./chunk-BSAJQESO.js";import{b as X}from"./chunk-CIPBZJON.js";import{a as k}from"./chunk-HFXSJWWH.js";import"./chunk-TXAUWCT5.js";import{d as V}from"./chunk-QWABQPA2.js";import{a as K,b as W,c as Q}from"./chunk-OYJLUT6D.js";import{a as G,b as U,c as H}from"./chunk-QLZ46DTY.js";import{a as _}from"./chunk-4YALDK3C.js";import{d as q}from"./chunk-5MFNBTI5.js";import{a as b,b as M,c as F,d as J}from"./chunk-WQNOXECZ.js";import{a as j}from"./chunk-A5KFDUZV.js";import{a as B,c as R}from"./chunk-3B3KOKTW.js";import{a as O,b as s}from"./chunk-HZVHJNCT.js";import{a as z,b as I,e as h}from"./chunk-IIW3BLOX.js";import"./chunk-ZVTLTR5U.js";import{d as w}from"./chunk-5HTXFBE2.js";import{D as N,E as v,H as D,I as L,a as f,c as S,e as d,f as x,g as A,h as C,n as T}from"./chunk-DYZXLK2B.js";import"./chunk-NIKDHXBC.js";import"./chunk-37NB6NY5.js";import{g as p,k as c,l as a,m as P,n as E}from"./chunk-QNZ3L47H.js";var g=["PolkaJam","Jamixir","PyJAMaz","Tessera"],n=10031900;function i(e,t={}){let o=g[e%g.length];return{hash:e.toString(16).padStart(64,"0"),parent:(e-1).toString(16).padStart(64,"0"),author:{node_id:e.toString(16).padStart(64,"a"),implementation_name:o,implementation_version:"0.1.0"},chain:e>n+20?"best":"finalized",authored_at:null,first_had_at:null,size_bytes:4080,num_tickets:1,num_preimages:0,num_guarantees:2,num_assurances:5,num_dispute_verdicts:0,nodes:1023,expected:1023,late:0,until_50_ms:180,until_90_ms:240+90*(e*7%5),until_99_ms:900,...t}}function ae(e,t={}){return{slot:e,time:null,state:"authored",blocks:[i(e)],authoring_failed:0,import_failed:0,...t}}var oe={3:{state:"missed",blocks:[]},7:{blocks:[i(n+7),i(n+7,{hash:"f".repeat(64),parent:i(n+6).hash,chain:"fork",nodes:40,until_90_ms:null})]},10:{blocks:[i(n+10,{until_90_ms:7400,until_99_ms:null})]},12:{blocks:[i(n+12,{until_90_ms:null,until_99_ms:null,nodes:700})],import_failed:3},15:{state:"unknown",blocks:[]},18:{blocks:[i(n+18,{author:null,parent:null})]},23:{blocks:[i(n+23,{until_90_ms:null,until_99_ms:null,chain:"unknown"})]},24:{state:"pending",blocks:[]}},Y=Array.from({length:25},(e,t)=>ae(n+t,oe[t])),se={timestamp:"",clock:"server",slot_seconds:6,follows_calendar:!0,newest_slot:n+24,best_slot:n+22,finalized_slot:n+20,slots:Y},ne=Array.from({length:60},(e,t)=>({id:String(t),x:t<57?12*t+40*(t*13%3):300*(t-50),y:(t+1)/64,place:T(g[t%g.length]),text:`node ${t}`}));function ee(){return a`
    <${s} title="Strip of slots" note="missed, fork, slow, not reached, no node connected, author unknown, spreading, pending">
      <${q} answer=${se} selected=${n+10} title="Strip of slots, sample" />
    <//>
    <${s} title="Chain" size="half" note="the best chain on top, forks below">
      <${Z} slots=${Y} />
      <p class="row-of">${["finalized","best","fork","unknown",void 0].map(e=>a`<${V} key=${e} chain=${e} />`)}</p>
    <//>
    <${s} title="Points" size="half" note="one for each node; drag to select">
      <${X}
        title="Points, sample"
        dots=${ne}
        step
        marks=${[0,.5,.9,1].map(e=>({y:e,label:C(e)}))}
        selected=${[1500,2700]}
        columns=${[{id:"node",title:"node",value:e=>e.id},{id:"ms",title:"after",end:!0,value:e=>e.x,cell:e=>d(e.x)}]}
      />
    <//>
  `}var te=`.design-row {
  display: flex;
  flex-wrap: wrap;
  align-items: center;
  gap: var(--space-3) var(--space-4);
  padding: var(--space-2) 0;
}

.design-swatch {
  display: inline-flex;
  align-items: center;
  gap: var(--space-2);
}

.design-swatch i {
  width: 24px;
  height: 24px;
  border: 1px solid var(--line);
  border-radius: 4px;
}
`;j(te);function re(){return a`<${O} title="Design" question="The parts of which all pages are made, in each state.">
    <div class="cards">
      <${ce} />
      <${de} />
      <${me} />
      <${pe} />
      <${$e} />
      <${fe} />
      <${he} />
      <${ge} />
      <${ee} />
      <${ve} />
      <${we} />
    </div>
  <//>`}var ie=[["--text-1","text 1","what is read"],["--text-2","text 2","labels"],["--text-3","text 3","notes"],["--accent","accent","links, the chosen one"],["--ok","ok","well"],["--warn","warn","look at it"],["--bad","bad","act"],["--idle","idle","no data"],["--info","info","a note"],["--line-strong","strong line","edges of fields, ghosts"]],ue=["--surface-1","--surface-2","--surface-3","--warn-surface","--bad-surface","--info-surface"];function ce(){return a`<${s} title="Colour" note="Only for state and for implementations. A well network is grey.">
    <ul class="design-row">
      ${ie.map(([e,t,o])=>a`<li key=${e} class="design-swatch">
        <i style=${{background:`var(${e})`}}></i>${t}<span class="muted">${o}</span>
      </li>`)}
      ${ue.map(e=>a`<li key=${e} class="design-swatch">
        <i style=${{background:`var(${e})`}}></i>${e.slice(2)}
      </li>`)}
    </ul>
    <p class="design-row">
      ${["PolkaJam","jam-duna","Jamixir","PyJAMaz","Tessera","romio","PBNJ","New-JAMneration"].map(e=>a`<${v} key=${e} name=${e} version="0.1.0" />`)}
      <${v} name=${null} />
    </p>
  <//>`}function de(){return a`<${s} title="Type" size="half" note="The system's fonts; figures of one width.">
    ${[28,20,16,14,13,12].map(e=>a`<p key=${e} style=${{fontSize:`var(--size-${e})`}}>${e} — slot 10 031 944 took 230 ms</p>`)}
    <p class="mono">mono — 0x4273fe7c8e411008951fc602</p>
  <//>`}function me(){let e=[["count",f(10031944)],["rate",S(98214)],["duration",[.25,230,1400,2e5].map(d).join(", ")],["size",x(124e5)],["share",A(12,341)],["not known",f(null)],["hash",a`<${H} value=${"0xb5af".padEnd(66,"42")} />`],["time",a`<${D} value="2026-11-20T12:03:05.348748Z" />`],["age",a`<${L} value=${Date.now()-2e5} />`]];return a`<${s} title="Numbers" size="half" note="A unit always; exact on hover and copy.">
    <dl class="pairs">${e.map(([t,o])=>[a`<dt key=${t}>${t}</dt>`,a`<dd key=${`${t}-value`}>${o}</dd>`])}</dl>
  <//>`}function pe(){let e={node_id:"a1b2c3d4".padEnd(64,"0"),implementation_name:"PolkaJam",implementation_version:"0.1.27"};return a`<${s} title="State" note="A mark and a word, never colour alone.">
    <p class="design-row">
      ${["ok","warn","bad","idle","info"].map(t=>a`<${N} key=${t} state=${t} />`)}
      <${U} node=${e} state="warn" word="silent for 3 min" />
      <${G} onRemove=${()=>{}} removeLabel="Remove the condition">type: Authored<//>
      <span class="changed">just changed</span>
    </p>
    <${M} large>
      <${b} label="Best slot" value=${f(10031944)} spark=${[1,2,3,2,4,5]} />
      <${b} label="Finality lag" value="14" unit="slots" state="bad" note="since 12:03" before="3 slots" />
      <${b} label="Clock offset" value="—" note="no estimate: the node has sent nothing" />
    <//>
  <//>`}function $e(){let[e,t]=p("one"),[o,m]=p(""),[u,l]=p(!1),[r,$]=p("server");return a`<${s} title="Controls">
    <p class="design-row">
      <button type="button" class="button primary">Primary</button>
      <button type="button" class="button">Button</button>
      <button type="button" class="button quiet">Quiet</button>
      <button type="button" class="button" aria-pressed="true">Pressed</button>
      <button type="button" class="button" disabled>Disabled</button>
      <button type="button" class="button small">Small</button>
      <${B} label="Menu" quiet=${!1} start entries=${[{label:"Open",onClick(){}},{label:"Shown",checked:!0,onClick(){}}]} />
      <button type="button" class="button" onClick=${()=>l(!0)}>Dialog</button>
      <${Q} label="Filter" value=${o} onInput=${m} />
      <${W}
        label="Clock"
        selected=${r}
        onSelect=${$}
        choices=${[{id:"server",label:"server's clock"},{id:"node",label:"nodes' clocks"}]}
      />
    </p>
    <${K} label="Tabs" selected=${e} onSelect=${t} tabs=${[{id:"one",label:"One"},{id:"two",label:"Two"}]} />
    ${u&&a`<${R} title="Dialog" onClose=${()=>l(!1)}><p>Escape closes it.</p><//>`}
  <//>`}function y(e){return{name:"the example",data:null,error:null,loading:!1,stale:!1,since:Date.now()-9e4,partial:null,reload(){},...e}}function fe(){let e=new Error("the server does not answer");return a`<${s} title="What is not there" note="Loading, empty, failed, incomplete, old.">
    <div class="cards">
      <div class="third"><h3>Loading</h3><${z} /></div>
      <div class="third"><h3>Empty</h3><${I} title="No work-packages in this range">Builders submit them to guarantors.<//></div>
      <div class="third"><h3>Failed</h3><${h} answer=${y({error:e})}>${()=>""}<//></div>
      <div class="half"><h3>Incomplete</h3>
        <${h} answer=${y({data:1,partial:{answered:2,total:3}})}>${()=>a`<p>981 nodes</p>`}<//>
      </div>
      <div class="half"><h3>Old</h3><${h} answer=${y({data:1,error:e,stale:!0})}>${()=>a`<p>1 019 nodes</p>`}<//></div>
    </div>
  <//>`}function he(){let e=c(()=>Array.from({length:120},(u,l)=>Date.UTC(2026,10,20,12)+l*3e4),[]),t=(u,l)=>e.map((r,$)=>$===40?null:u*(2+Math.sin($/9+l))),o=c(()=>[{label:"p50",values:t(100,0)},{label:"p90",values:t(180,.4)},{label:"p50 before",values:t(95,2),ghost:!0}],[]),m=c(()=>[{label:"events",values:t(40,1),bars:!0}],[]);return a`<${s} title="Lines and bars" note="Drag to zoom all charts; T shows the chart in focus as a table.">
    <div class="cards">
      <div class="half"><${_} title="Propagation (example)" x=${e} series=${o} format=${d} /></div>
      <div class="half"><${_} title="Events per bucket (example)" x=${e} series=${m} /></div>
    </div>
    <${J} label="Failures by reason (example)" rows=${[{label:"timed out",value:12,text:"12",state:"bad"},{label:"refused",value:3,text:"3",state:"warn"}]} />
    <p><${F} label="A trend" values=${[3,4,3,5,null,6,9]} /></p>
  <//>`}var be=[{value:0,label:"nothing",colour:"--surface-3"},{value:1,label:"guaranteed",colour:"--implementation-5",glyph:"\u25D0"},{value:2,label:"available",colour:"--ok",glyph:"\u25CF"},{value:3,label:"failed",colour:"--bad",glyph:"\u25A0"}];function ge(){let[e,t]=[12,60],o=c(()=>Float64Array.from({length:e*t},(l,r)=>r%97===0?NaN:r*37%400),[]),m=c(()=>Uint8Array.from({length:e*t},(l,r)=>r%53===0?3:r*7%3),[]),u={rowLabel:l=>`core ${l}`,columnLabel:l=>`slot ${l}`};return a`<${s} title="Grids" note="One scale with its unit, or one colour for each stage.">
    <div class="cards">
      <div class="half"><${k} title="Import time (example)" rows=${e} columns=${t} values=${o} format=${d} ...${u} /></div>
      <div class="half"><${k} title="Stages (example)" rows=${e} columns=${t} values=${m} levels=${be} ...${u} /></div>
    </div>
  <//>`}function ve(){let e=c(()=>Array.from({length:1023},(t,o)=>({index:o,rate:o*7919%1e3,lag:o%50===3?null:o%7})),[]);return a`<${s} title="Tables" note="1,023 rows; j and k move, Enter opens." flush>
    <${w}
      caption="Nodes (example)"
      csv="nodes"
      sort="index"
      sortParameter="example-sort"
      height=${240}
      rows=${e}
      rowKey=${t=>t.index}
      columns=${[{id:"index",title:"node",value:t=>t.index,rank:1},{id:"lag",title:"lag",end:!0,value:t=>t.lag,rank:2},{id:"rate",title:"events/s",end:!0,value:t=>t.rate,rank:3}]}
    />
    <${w} caption="Nothing (example)" rows=${[]} rowKey=${()=>0} columns=${[{id:"a",title:"a",value:()=>0}]} empty="No node has sent anything yet." />
  <//>`}function we(){return a`<${s} title="Icons" note="A label stands beside each.">
    <ul class="design-row">${P.map(e=>a`<li key=${e} class="design-swatch"><${E} name=${e} />${e}</li>`)}</ul>
  <//>`}export{re as default};
