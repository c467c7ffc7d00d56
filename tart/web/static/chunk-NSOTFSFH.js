import{a as K}from"./chunk-HFXSJWWH.js";import{a as E,c as U,e as X,f as m,g as N,h as P,j as d,k as j}from"./chunk-NXGU27RW.js";import{a as $,b as B}from"./chunk-WQNOXECZ.js";import{a as q}from"./chunk-A5KFDUZV.js";import{a as F,b as S}from"./chunk-HZVHJNCT.js";import{a as b}from"./chunk-D2RCVQFS.js";import{a as h}from"./chunk-QCITNMUN.js";import{b as C,e as g}from"./chunk-IIW3BLOX.js";import{d as J}from"./chunk-5HTXFBE2.js";import{a as c,b as W,g as k,h as _,k as x}from"./chunk-DYZXLK2B.js";import{d as z,g as H,h as T,i as V}from"./chunk-NIKDHXBC.js";import{g as I,i as O,j as A,k as L}from"./chunk-37NB6NY5.js";import{k as y,l as a}from"./chunk-QNZ3L47H.js";q(j);var w=600,te=E.map(({label:o,colour:l,glyph:n},t)=>({value:t,label:o,colour:l,glyph:n})),[G,D]=[0,1],p=E.length-1;function oe(){let o=[JSON.stringify(z.value)],l=H.value,n=b("the grid of cores",s=>h.coresGrid({...T(),slots:w},{signal:s}),{every:6e3,deps:o}),t=b("the grid of the range before",s=>h.coresGrid({...V(),slots:w},{signal:s}),{deps:[...o,l],when:l}),u=b("the load of the cores",s=>h.coresStatus(T(),{signal:s}),{every:15e3,deps:o});return a`<${F} title="Cores" question="Which cores work, and how far do their packages come?">
    <${g} answer=${n}>
      ${s=>a`<${re} data=${s} before=${l?t.data:null} />`}
    <//>
    <div class="cards">
      <${S} title="Cores by slots" note="the furthest stage that a package of the core and the slot reached">
        <${g} answer=${n} lines=${10} isEmpty=${s=>s.cores.length===0} empty=${a`<${se} />`}>
          ${s=>a`<${ne} data=${s} />`}
        <//>
      <//>
      <${S} title="By core" note="in the slots of the grid" flush>
        <${g} answer=${n} lines=${8}>
          ${s=>a`<${ce} data=${s} status=${u.data} />`}
        <//>
      <//>
    </div>
  <//>`}function se(){return a`<${C} title="No cores are known yet.">
    <span>Nodes report the number of cores when they connect. <a href=${O("nodes")}>Nodes</a></span>
  <//>`}function re({data:o,before:l}){let n=Q(o),t=l&&Q(l),u=o.cores.filter(({packages:e})=>e>0).length,s=v(n),i=n[G]+n[D];return a`<${B} large>
    <${$} id="cores" label="Cores with packages" value=${c(u)} note=${`of ${c(o.cores.length)}`} />
    <${$} id="packages" label="Packages" value=${c(s)} before=${t&&c(v(t))} note=${o.exact?void 0:"estimated from a sample"} />
    <${$} id="available" label="Available" value=${_(s?n[p]/s:null)} note=${`${c(n[p])} of ${c(s)}`}
      before=${t&&_(v(t)?t[p]/v(t):null)} />
    <${$} id="lost" label="Lost" value=${c(i)} state=${i?"bad":void 0} note="failed or discarded" before=${t&&c(t[G]+t[D])} />
  <//>`}function Q(o){return m(o,o.legend.map(({stage:l})=>o.outcomes[l]??0))}function v(o){return o.reduce((l,n)=>l+n,0)}function ne({data:o}){let{cores:l,slots:n}=I.value.parameters,t=y(()=>X(o,{cores:d(l),slots:d(n)}),[o,l,n]),u=y(()=>new Map(o.cores.map(r=>[r.core_index,r])),[o]),s=o.first_slot??0,i=r=>t.firstSlot+r,e=d(l)||d(n),Y=r=>N(m(o,u.get(t.cores[r])?.outcomes??[])),Z=r=>N(m(o,o.slots[i(r)-s]??[]));function ee(r,f){let R=t.stages[r*t.columns+f];return a`<b>${R?U(R):"no package"}</b><br />
      <span class="muted">core: ${Y(r)}</span><br />
      <span class="muted">slot: ${Z(f)}</span>`}let M=e?a`<button type="button" class="button small" onClick=${()=>L({cores:void 0,slots:void 0})}>Show all cells</button>`:null;return t.cores.length===0||t.columns===0?a`<${C} title="The part that was chosen has no cells any more.">${M}<//>`:a`<${K}
      title="Cores by slots"
      rows=${t.cores.length}
      columns=${t.columns}
      values=${t.values}
      levels=${te}
      rowTitle="core"
      columnTitle="slot"
      rowLabel=${r=>`core ${t.cores[r]}`}
      columnLabel=${r=>`slot ${c(i(r))}`}
      cellHeight=${t.cores.length<=16?24:void 0}
      height=${t.cores.length>100?Math.min(720,t.cores.length*2):void 0}
      describe=${ee}
      onOpen=${(r,f)=>A(`cores/${t.cores[r]}`,{slot:i(f)})}
      onSelect=${r=>L({cores:`${t.cores[r.row]}-${t.cores[r.lastRow]}`,slots:`${i(r.column)}-${i(r.lastColumn)}`},{push:!0})}
      actions=${M}
    />
    <p class="muted chart-note">
      Slots ${c(i(0))} to ${c(i(t.columns-1))}, the newest at the right. Drag to zoom, click or Enter to open a core, arrow keys to read cells.
      ${le(o)&&a` The range is longer; these are its last ${c(w)} slots.`}
      ${o.outside>0&&a` ${c(o.outside)} packages of the range have a slot or a core outside the grid.`}
    </p>`}function le({window:{start:o,end:l},slot_seconds:n}){return(x(l)??0)-(x(o)??0)>(w+60)*n*1e3}function ce({data:o,status:l}){let n=new Map(l?.cores.map(e=>[e.core_index,e])),t=e=>m(o,e.outcomes),u=e=>t(e)[G]+t(e)[D],s=e=>n.get(e.core_index),i=[{id:"core",title:"Core",value:e=>e.core_index,cell:e=>a`<a href=${O(`cores/${e.core_index}`)}>core ${e.core_index}</a>`,rank:1},{id:"packages",title:"Packages",end:!0,value:e=>e.packages,cell:e=>c(e.packages),rank:2},{id:"available",title:"Available",end:!0,value:e=>e.packages?t(e)[p]/e.packages:null,cell:e=>k(t(e)[p],e.packages)},{id:"lost",title:"Lost",end:!0,value:u,cell:e=>u(e)?c(u(e)):a`<span class="muted">0</span>`,rank:3},{id:"slots",title:"Slots with packages",end:!0,value:e=>P(e.cells),cell:e=>k(P(e.cells),e.cells.length)},{id:"guarantees",title:"Guarantees",end:!0,value:e=>s(e)?.guarantees_last_hour,help:"Packages guaranteed in the range"},{id:"gas",title:"Gas",end:!0,value:e=>Number(s(e)?.gas_used??0),cell:e=>W(s(e)?Number(s(e)?.gas_used):null),help:"Of refining, in the range"},{id:"slot",title:"Last slot",end:!0,value:e=>s(e)?.last_active_slot,cell:e=>c(s(e)?.last_active_slot),help:"Of the newest guarantee"}];return a`<${J}
    caption="Cores"
    csv="cores"
    sort="core"
    rows=${o.cores}
    rowKey=${e=>e.core_index}
    columns=${i}
    rowState=${e=>u(e)?"warn":void 0}
    onOpen=${e=>A(`cores/${e.core_index}`)}
    height=${480}
    empty="No cores."
  />`}export{w as a,te as b,oe as c};
