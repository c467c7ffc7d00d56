import{a as V}from"./chunk-GUTA2YZ6.js";import{b as Z}from"./chunk-PGXVQDNW.js";import{a as w}from"./chunk-MO4G4V74.js";import"./chunk-TXAUWCT5.js";import{b as Q}from"./chunk-L22BEPSF.js";import{j as q}from"./chunk-2MTNHYMP.js";import{a as k}from"./chunk-YC3EU3GH.js";import{a as G,b as U,c as H,d as K,e as W}from"./chunk-T65MWWRJ.js";import{a as b,b as O,c as B,d as R}from"./chunk-6P2DGSOJ.js";import{c as _}from"./chunk-TMVVSADG.js";import{a as F,b as J,e as h}from"./chunk-AD6F6NFS.js";import{O as P,P as E,Q as N,R as D,S as v,T as L,W as z,X as I,Y as M,Z as j,_ as n,c as $,g as c,h as f,j as S,k as d,l as x,m as A,n as C,u as a,v as T}from"./chunk-KD7Q7WA5.js";var g=["PolkaJam","Jamixir","PyJAMaz","Tessera"],l=10031900;function i(e,t={}){let o=g[e%g.length];return{hash:e.toString(16).padStart(64,"0"),parent:(e-1).toString(16).padStart(64,"0"),author:{node_id:e.toString(16).padStart(64,"a"),implementation_name:o,implementation_version:"0.1.0"},chain:e>l+20?"best":"finalized",authored_at:null,first_had_at:null,size_bytes:4080,num_tickets:1,num_preimages:0,num_guarantees:2,num_assurances:5,num_dispute_verdicts:0,nodes:1023,expected:1023,late:0,until_50_ms:180,until_90_ms:240+90*(e*7%5),until_99_ms:900,...t}}function ee(e,t={}){return{slot:e,time:null,state:"authored",blocks:[i(e)],authoring_failed:0,import_failed:0,...t}}var te={3:{state:"missed",blocks:[]},7:{blocks:[i(l+7),i(l+7,{hash:"f".repeat(64),parent:i(l+6).hash,chain:"fork",nodes:40,until_90_ms:null})]},10:{blocks:[i(l+10,{until_90_ms:7400,until_99_ms:null})]},12:{blocks:[i(l+12,{until_90_ms:null,until_99_ms:null,nodes:700})],import_failed:3},15:{state:"unknown",blocks:[]},18:{blocks:[i(l+18,{author:null,parent:null})]},23:{blocks:[i(l+23,{until_90_ms:null,until_99_ms:null,chain:"unknown"})]},24:{state:"pending",blocks:[]}},X=Array.from({length:25},(e,t)=>ee(l+t,te[t])),ae={timestamp:"",clock:"server",slot_seconds:6,follows_calendar:!0,newest_slot:l+24,best_slot:l+22,finalized_slot:l+20,slots:X},oe=Array.from({length:60},(e,t)=>({id:String(t),x:t<57?12*t+40*(t*13%3):300*(t-50),y:(t+1)/64,place:T(g[t%g.length]),text:`node ${t}`}));function Y(){return a`
    <${n} title="Strip of slots" note="missed, fork, slow, not reached, no node connected, author unknown, spreading, pending">
      <${q} answer=${ae} selected=${l+10} title="Strip of slots, sample" />
    <//>
    <${n} title="Chain" size="half" note="the best chain on top, forks below">
      <${V} slots=${X} />
      <p class="row-of">${["finalized","best","fork","unknown",void 0].map(e=>a`<${Q} key=${e} chain=${e} />`)}</p>
    <//>
    <${n} title="Points" size="half" note="one for each node; drag to select">
      <${Z}
        title="Points, sample"
        dots=${oe}
        step
        marks=${[0,.5,.9,1].map(e=>({y:e,label:C(e)}))}
        selected=${[1500,2700]}
        columns=${[{id:"node",title:"node",value:e=>e.id},{id:"ms",title:"after",end:!0,value:e=>e.x,cell:e=>d(e.x)}]}
      />
    <//>
  `}function ne(){return a`<${j} title="Design" question="The parts of which all pages are made, in each state.">
    <div class="cards">
      <${re} />
      <${ie} />
      <${ue} />
      <${ce} />
      <${de} />
      <${me} />
      <${$e} />
      <${fe} />
      <${Y} />
      <${he} />
      <${be} />
    </div>
  <//>`}var le=[["--text-1","text 1","what is read"],["--text-2","text 2","labels"],["--text-3","text 3","notes"],["--accent","accent","links, the chosen one"],["--ok","ok","well"],["--warn","warn","look at it"],["--bad","bad","act"],["--idle","idle","no data"],["--info","info","a note"],["--line-strong","strong line","edges of fields, ghosts"]],se=["--surface-1","--surface-2","--surface-3","--warn-surface","--bad-surface","--info-surface"];function re(){return a`<${n} title="Colour" note="Only for state and for implementations. A well network is grey.">
    <ul class="design-row">
      ${le.map(([e,t,o])=>a`<li key=${e} class="design-swatch">
        <i style=${{background:`var(${e})`}}></i>${t}<span class="muted">${o}</span>
      </li>`)}
      ${se.map(e=>a`<li key=${e} class="design-swatch">
        <i style=${{background:`var(${e})`}}></i>${e.slice(2)}
      </li>`)}
    </ul>
    <p class="design-row">
      ${["PolkaJam","jam-duna","Jamixir","PyJAMaz","Tessera","romio","PBNJ","New-JAMneration"].map(e=>a`<${v} key=${e} name=${e} version="0.1.0" />`)}
      <${v} name=${null} />
    </p>
  <//>`}function ie(){return a`<${n} title="Type" size="half" note="The system's fonts; figures of one width.">
    ${[28,20,16,14,13,12].map(e=>a`<p key=${e} style=${{fontSize:`var(--size-${e})`}}>${e} — slot 10 031 944 took 230 ms</p>`)}
    <p class="mono">mono — 0x4273fe7c8e411008951fc602</p>
  <//>`}function ue(){let e=[["count",f(10031944)],["rate",S(98214)],["duration",[.25,230,1400,2e5].map(d).join(", ")],["size",x(124e5)],["share",A(12,341)],["not known",f(null)],["hash",a`<${z} value=${"0xb5af".padEnd(66,"42")} />`],["time",a`<${I} value="2026-11-20T12:03:05.348748Z" />`],["age",a`<${M} value=${Date.now()-2e5} />`]];return a`<${n} title="Numbers" size="half" note="A unit always; exact on hover and copy.">
    <dl class="pairs">${e.map(([t,o])=>[a`<dt key=${t}>${t}</dt>`,a`<dd key=${`${t}-value`}>${o}</dd>`])}</dl>
  <//>`}function ce(){let e={node_id:"a1b2c3d4".padEnd(64,"0"),implementation_name:"PolkaJam",implementation_version:"0.1.27"};return a`<${n} title="State" note="A mark and a word, never colour alone.">
    <p class="design-row">
      ${["ok","warn","bad","idle","info"].map(t=>a`<${N} key=${t} state=${t} />`)}
      <${L} node=${e} state="warn" word="silent for 3 min" />
      <${D} onRemove=${()=>{}} removeLabel="Remove the condition">type: Authored<//>
      <span class="changed">just changed</span>
    </p>
    <${O} large>
      <${b} label="Best slot" value=${f(10031944)} spark=${[1,2,3,2,4,5]} />
      <${b} label="Finality lag" value="14" unit="slots" state="bad" note="since 12:03" before="3 slots" />
      <${b} label="Clock offset" value="—" note="no estimate: the node has sent nothing" />
    <//>
  <//>`}function de(){let[e,t]=$("one"),[o,m]=$(""),[u,s]=$(!1),[r,p]=$("server");return a`<${n} title="Controls">
    <p class="design-row">
      <button type="button" class="button primary">Primary</button>
      <button type="button" class="button">Button</button>
      <button type="button" class="button quiet">Quiet</button>
      <button type="button" class="button" aria-pressed="true">Pressed</button>
      <button type="button" class="button" disabled>Disabled</button>
      <button type="button" class="button small">Small</button>
      <${G} label="Menu" quiet=${!1} start entries=${[{label:"Open",onClick(){}},{label:"Shown",checked:!0,onClick(){}}]} />
      <button type="button" class="button" onClick=${()=>s(!0)}>Dialog</button>
      <${W} label="Filter" value=${o} onInput=${m} />
      <${K}
        label="Clock"
        selected=${r}
        onSelect=${p}
        choices=${[{id:"server",label:"server's clock"},{id:"node",label:"nodes' clocks"}]}
      />
    </p>
    <${H} label="Tabs" selected=${e} onSelect=${t} tabs=${[{id:"one",label:"One"},{id:"two",label:"Two"}]} />
    ${u&&a`<${U} title="Dialog" onClose=${()=>s(!1)}><p>Escape closes it.</p><//>`}
  <//>`}function y(e){return{name:"the example",data:null,error:null,loading:!1,stale:!1,since:Date.now()-9e4,partial:null,reload(){},...e}}function me(){let e=new Error("the server does not answer");return a`<${n} title="What is not there" note="Loading, empty, failed, incomplete, old.">
    <div class="cards">
      <div class="third"><h3>Loading</h3><${F} /></div>
      <div class="third"><h3>Empty</h3><${J} title="No work-packages in this range">Builders submit them to guarantors.<//></div>
      <div class="third"><h3>Failed</h3><${h} answer=${y({error:e})}>${()=>""}<//></div>
      <div class="half"><h3>Incomplete</h3>
        <${h} answer=${y({data:1,partial:{answered:2,total:3}})}>${()=>a`<p>981 nodes</p>`}<//>
      </div>
      <div class="half"><h3>Old</h3><${h} answer=${y({data:1,error:e,stale:!0})}>${()=>a`<p>1 019 nodes</p>`}<//></div>
    </div>
  <//>`}function $e(){let e=c(()=>Array.from({length:120},(u,s)=>Date.UTC(2026,10,20,12)+s*3e4),[]),t=(u,s)=>e.map((r,p)=>p===40?null:u*(2+Math.sin(p/9+s))),o=c(()=>[{label:"p50",values:t(100,0)},{label:"p90",values:t(180,.4)},{label:"p50 before",values:t(95,2),ghost:!0}],[]),m=c(()=>[{label:"events",values:t(40,1),bars:!0}],[]);return a`<${n} title="Lines and bars" note="Drag to zoom all charts; T shows the chart in focus as a table.">
    <div class="cards">
      <div class="half"><${k} title="Propagation (example)" x=${e} series=${o} format=${d} /></div>
      <div class="half"><${k} title="Events per bucket (example)" x=${e} series=${m} /></div>
    </div>
    <${R} label="Failures by reason (example)" rows=${[{label:"timed out",value:12,text:"12",state:"bad"},{label:"refused",value:3,text:"3",state:"warn"}]} />
    <p><${B} label="A trend" values=${[3,4,3,5,null,6,9]} /></p>
  <//>`}var pe=[{value:0,label:"nothing",colour:"--surface-3"},{value:1,label:"guaranteed",colour:"--implementation-5",glyph:"\u25D0"},{value:2,label:"available",colour:"--ok",glyph:"\u25CF"},{value:3,label:"failed",colour:"--bad",glyph:"\u25A0"}];function fe(){let[e,t]=[12,60],o=c(()=>Float64Array.from({length:e*t},(s,r)=>r%97===0?NaN:r*37%400),[]),m=c(()=>Uint8Array.from({length:e*t},(s,r)=>r%53===0?3:r*7%3),[]),u={rowLabel:s=>`core ${s}`,columnLabel:s=>`slot ${s}`};return a`<${n} title="Grids" note="One scale with its unit, or one colour for each stage.">
    <div class="cards">
      <div class="half"><${w} title="Import time (example)" rows=${e} columns=${t} values=${o} format=${d} ...${u} /></div>
      <div class="half"><${w} title="Stages (example)" rows=${e} columns=${t} values=${m} levels=${pe} ...${u} /></div>
    </div>
  <//>`}function he(){let e=c(()=>Array.from({length:1023},(t,o)=>({index:o,rate:o*7919%1e3,lag:o%50===3?null:o%7})),[]);return a`<${n} title="Tables" note="1,023 rows; j and k move, Enter opens." flush>
    <${_}
      caption="Nodes (example)"
      csv="nodes"
      sort="index"
      sortParameter="example-sort"
      height=${240}
      rows=${e}
      rowKey=${t=>t.index}
      columns=${[{id:"index",title:"node",value:t=>t.index,rank:1},{id:"lag",title:"lag",end:!0,value:t=>t.lag,rank:2},{id:"rate",title:"events/s",end:!0,value:t=>t.rate,rank:3}]}
    />
    <${_} caption="Nothing (example)" rows=${[]} rowKey=${()=>0} columns=${[{id:"a",title:"a",value:()=>0}]} empty="No node has sent anything yet." />
  <//>`}function be(){return a`<${n} title="Icons" note="A label stands beside each.">
    <ul class="design-row">${P.map(e=>a`<li key=${e} class="design-swatch"><${E} name=${e} />${e}</li>`)}</ul>
  <//>`}export{ne as default};
