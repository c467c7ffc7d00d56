import{a as K}from"./chunk-HFXSJWWH.js";import{a as T,c as U,e as X,f as m,g as N,h as P,j as d,k as j}from"./chunk-NXGU27RW.js";import{a as $,b as F}from"./chunk-WQNOXECZ.js";import{a as q}from"./chunk-A5KFDUZV.js";import{a as I,b as C}from"./chunk-HZVHJNCT.js";import{a as E,b as V}from"./chunk-LSKVQWEN.js";import{a as h}from"./chunk-QCITNMUN.js";import{b as x,e as g}from"./chunk-IIW3BLOX.js";import{d as J}from"./chunk-5HTXFBE2.js";import{a as c,b as B,g as k,h as w,k as _}from"./chunk-DYZXLK2B.js";import{d as z,g as H,h as L}from"./chunk-NIKDHXBC.js";import{g as W,i as S,j as O,k as A}from"./chunk-37NB6NY5.js";import{k as y,l as a}from"./chunk-QNZ3L47H.js";q(j);var v=600,te=T.map(({label:s,colour:l,glyph:n},t)=>({value:t,label:s,colour:l,glyph:n})),[G,D]=[0,1],p=T.length-1;function se(){let s=[JSON.stringify(z.value)],l=H.value,n=E("the grid of cores",o=>h.coresGrid({...L(),slots:v},{signal:o}),{every:6e3,deps:s}),t=V("the grid of the range before",(o,i)=>h.coresGrid({...o,slots:v},{signal:i}),s),u=E("the load of the cores",o=>h.coresStatus(L(),{signal:o}),{every:15e3,deps:s});return a`<${I} title="Cores" question="Which cores work, and how far do their packages come?">
    <${g} answer=${n}>
      ${o=>a`<${re} data=${o} before=${l?t.data:null} />`}
    <//>
    <div class="cards">
      <${C} title="Cores by slots" note="the furthest stage that a package of the core and the slot reached">
        <${g} answer=${n} lines=${10} isEmpty=${o=>o.cores.length===0} empty=${a`<${oe} />`}>
          ${o=>a`<${ne} data=${o} />`}
        <//>
      <//>
      <${C} title="By core" note="in the slots of the grid" flush>
        <${g} answer=${n} lines=${8}>
          ${o=>a`<${ce} data=${o} status=${u.data} />`}
        <//>
      <//>
    </div>
  <//>`}function oe(){return a`<${x} title="No cores are known yet.">
    <span>Nodes report the number of cores when they connect. <a href=${S("nodes")}>Nodes</a></span>
  <//>`}function re({data:s,before:l}){let n=Q(s),t=l&&Q(l),u=s.cores.filter(({packages:e})=>e>0).length,o=b(n),i=n[G]+n[D];return a`<${F} large>
    <${$} id="cores" label="Cores with packages" value=${c(u)} note=${`of ${c(s.cores.length)}`} />
    <${$} id="packages" label="Packages" value=${c(o)} before=${t&&c(b(t))} note=${s.exact?void 0:"estimated from a sample"} />
    <${$} id="available" label="Available" value=${w(o?n[p]/o:null)} note=${`${c(n[p])} of ${c(o)}`}
      before=${t&&w(b(t)?t[p]/b(t):null)} />
    <${$} id="lost" label="Lost" value=${c(i)} state=${i?"bad":void 0} note="failed or discarded" before=${t&&c(t[G]+t[D])} />
  <//>`}function Q(s){return m(s,s.legend.map(({stage:l})=>s.outcomes[l]??0))}function b(s){return s.reduce((l,n)=>l+n,0)}function ne({data:s}){let{cores:l,slots:n}=W.value.parameters,t=y(()=>X(s,{cores:d(l),slots:d(n)}),[s,l,n]),u=y(()=>new Map(s.cores.map(r=>[r.core_index,r])),[s]),o=s.first_slot??0,i=r=>t.firstSlot+r,e=d(l)||d(n),Y=r=>N(m(s,u.get(t.cores[r])?.outcomes??[])),Z=r=>N(m(s,s.slots[i(r)-o]??[]));function ee(r,f){let R=t.stages[r*t.columns+f];return a`<b>${R?U(R):"no package"}</b><br />
      <span class="muted">core: ${Y(r)}</span><br />
      <span class="muted">slot: ${Z(f)}</span>`}let M=e?a`<button type="button" class="button small" onClick=${()=>A({cores:void 0,slots:void 0})}>Show all cells</button>`:null;return t.cores.length===0||t.columns===0?a`<${x} title="The part that was chosen has no cells any more.">${M}<//>`:a`<${K}
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
      onOpen=${(r,f)=>O(`cores/${t.cores[r]}`,{slot:i(f)})}
      onSelect=${r=>A({cores:`${t.cores[r.row]}-${t.cores[r.lastRow]}`,slots:`${i(r.column)}-${i(r.lastColumn)}`},{push:!0})}
      actions=${M}
    />
    <p class="muted chart-note">
      Slots ${c(i(0))} to ${c(i(t.columns-1))}, the newest at the right. Drag to zoom, click or Enter to open a core, arrow keys to read cells.
      ${le(s)&&a` The range is longer; these are its last ${c(v)} slots.`}
      ${s.outside>0&&a` ${c(s.outside)} packages of the range have a slot or a core outside the grid.`}
    </p>`}function le({window:{start:s,end:l},slot_seconds:n}){return(_(l)??0)-(_(s)??0)>(v+60)*n*1e3}function ce({data:s,status:l}){let n=new Map(l?.cores.map(e=>[e.core_index,e])),t=e=>m(s,e.outcomes),u=e=>t(e)[G]+t(e)[D],o=e=>n.get(e.core_index),i=[{id:"core",title:"Core",value:e=>e.core_index,cell:e=>a`<a href=${S(`cores/${e.core_index}`)}>core ${e.core_index}</a>`,rank:1},{id:"packages",title:"Packages",end:!0,value:e=>e.packages,cell:e=>c(e.packages),rank:2},{id:"available",title:"Available",end:!0,value:e=>e.packages?t(e)[p]/e.packages:null,cell:e=>k(t(e)[p],e.packages)},{id:"lost",title:"Lost",end:!0,value:u,cell:e=>u(e)?c(u(e)):a`<span class="muted">0</span>`,rank:3},{id:"slots",title:"Slots with packages",end:!0,value:e=>P(e.cells),cell:e=>k(P(e.cells),e.cells.length)},{id:"guarantees",title:"Guarantees",end:!0,value:e=>o(e)?.guarantees_last_hour,help:"Packages guaranteed in the range"},{id:"gas",title:"Gas",end:!0,value:e=>Number(o(e)?.gas_used??0),cell:e=>B(o(e)?Number(o(e)?.gas_used):null),help:"Of refining, in the range"},{id:"slot",title:"Last slot",end:!0,value:e=>o(e)?.last_active_slot,cell:e=>c(o(e)?.last_active_slot),help:"Of the newest guarantee"}];return a`<${J}
    caption="Cores"
    csv="cores"
    sort="core"
    rows=${s.cores}
    rowKey=${e=>e.core_index}
    columns=${i}
    rowState=${e=>u(e)?"warn":void 0}
    onOpen=${e=>O(`cores/${e.core_index}`)}
    height=${480}
    empty="No cores."
  />`}export{v as a,te as b,se as c};
