import{a as J}from"./chunk-MO4G4V74.js";import{a as $,b as F}from"./chunk-6P2DGSOJ.js";import{a as E,c as K,e as U,f as d,g as N,h as P,j as m}from"./chunk-Q7TKQ4UL.js";import{c as V}from"./chunk-TMVVSADG.js";import{b as A,e as f,h as I,j as z,k as L,l as H,s as h}from"./chunk-AD6F6NFS.js";import{$ as b,C as B,D as C,E as S,F as O,Z as q,_ as T,g as w,h as c,i as W,m as y,n as _,q as x,u as a}from"./chunk-KD7Q7WA5.js";var k=600,Z=E.map(({label:s,colour:l,glyph:n},t)=>({value:t,label:s,colour:l,glyph:n})),[G,D]=[0,1],p=E.length-1;function ee(){let s=[JSON.stringify(I.value)],l=z.value,n=h("the grid of cores",o=>b.coresGrid({...L(),slots:k},{signal:o}),{every:6e3,deps:s}),t=h("the grid of the range before",o=>b.coresGrid({...H(),slots:k},{signal:o}),{deps:[...s,l],when:l}),u=h("the load of the cores",o=>b.coresStatus(L(),{signal:o}),{every:15e3,deps:s});return a`<${q} title="Cores" question="Which cores work, and how far do their packages come?">
    <${f} answer=${n}>
      ${o=>a`<${se} data=${o} before=${l?t.data:null} />`}
    <//>
    <div class="cards">
      <${T} title="Cores by slots" note="the furthest stage that a package of the core and the slot reached">
        <${f} answer=${n} lines=${10} isEmpty=${o=>o.cores.length===0} empty=${a`<${te} />`}>
          ${o=>a`<${oe} data=${o} />`}
        <//>
      <//>
      <${T} title="By core" note="in the slots of the grid" flush>
        <${f} answer=${n} lines=${8}>
          ${o=>a`<${ne} data=${o} status=${u.data} />`}
        <//>
      <//>
    </div>
  <//>`}function te(){return a`<${A} title="No cores are known yet.">
    <span>Nodes report the number of cores when they connect. <a href=${C("nodes")}>Nodes</a></span>
  <//>`}function se({data:s,before:l}){let n=X(s),t=l&&X(l),u=s.cores.filter(({packages:e})=>e>0).length,o=v(n),i=n[G]+n[D];return a`<${F} large>
    <${$} id="cores" label="Cores with packages" value=${c(u)} note=${`of ${c(s.cores.length)}`} />
    <${$} id="packages" label="Packages" value=${c(o)} before=${t&&c(v(t))} note=${s.exact?void 0:"estimated from a sample"} />
    <${$} id="available" label="Available" value=${_(o?n[p]/o:null)} note=${`${c(n[p])} of ${c(o)}`}
      before=${t&&_(v(t)?t[p]/v(t):null)} />
    <${$} id="lost" label="Lost" value=${c(i)} state=${i?"bad":void 0} note="failed or discarded" before=${t&&c(t[G]+t[D])} />
  <//>`}function X(s){return d(s,s.legend.map(({stage:l})=>s.outcomes[l]??0))}function v(s){return s.reduce((l,n)=>l+n,0)}function oe({data:s}){let{cores:l,slots:n}=B.value.parameters,t=w(()=>U(s,{cores:m(l),slots:m(n)}),[s,l,n]),u=w(()=>new Map(s.cores.map(r=>[r.core_index,r])),[s]),o=s.first_slot??0,i=r=>t.firstSlot+r,e=m(l)||m(n),j=r=>N(d(s,u.get(t.cores[r])?.outcomes??[])),Q=r=>N(d(s,s.slots[i(r)-o]??[]));function Y(r,g){let R=t.stages[r*t.columns+g];return a`<b>${R?K(R):"no package"}</b><br />
      <span class="muted">core: ${j(r)}</span><br />
      <span class="muted">slot: ${Q(g)}</span>`}let M=e?a`<button type="button" class="button small" onClick=${()=>O({cores:void 0,slots:void 0})}>Show all cells</button>`:null;return t.cores.length===0||t.columns===0?a`<${A} title="The part that was chosen has no cells any more.">${M}<//>`:a`<${J}
      title="Cores by slots"
      rows=${t.cores.length}
      columns=${t.columns}
      values=${t.values}
      levels=${Z}
      rowTitle="core"
      columnTitle="slot"
      rowLabel=${r=>`core ${t.cores[r]}`}
      columnLabel=${r=>`slot ${c(i(r))}`}
      cellHeight=${t.cores.length<=16?24:void 0}
      height=${t.cores.length>100?Math.min(720,t.cores.length*2):void 0}
      describe=${Y}
      onOpen=${(r,g)=>S(`cores/${t.cores[r]}`,{slot:i(g)})}
      onSelect=${r=>O({cores:`${t.cores[r.row]}-${t.cores[r.lastRow]}`,slots:`${i(r.column)}-${i(r.lastColumn)}`},{push:!0})}
      actions=${M}
    />
    <p class="muted chart-note">
      Slots ${c(i(0))} to ${c(i(t.columns-1))}, the newest at the right. Drag to zoom, click or Enter to open a core, arrow keys to read cells.
      ${re(s)&&a` The range is longer; these are its last ${c(k)} slots.`}
      ${s.outside>0&&a` ${c(s.outside)} packages of the range have a slot or a core outside the grid.`}
    </p>`}function re({window:{start:s,end:l},slot_seconds:n}){return(x(l)??0)-(x(s)??0)>(k+60)*n*1e3}function ne({data:s,status:l}){let n=new Map(l?.cores.map(e=>[e.core_index,e])),t=e=>d(s,e.outcomes),u=e=>t(e)[G]+t(e)[D],o=e=>n.get(e.core_index),i=[{id:"core",title:"Core",value:e=>e.core_index,cell:e=>a`<a href=${C(`cores/${e.core_index}`)}>core ${e.core_index}</a>`,rank:1},{id:"packages",title:"Packages",end:!0,value:e=>e.packages,cell:e=>c(e.packages),rank:2},{id:"available",title:"Available",end:!0,value:e=>e.packages?t(e)[p]/e.packages:null,cell:e=>y(t(e)[p],e.packages)},{id:"lost",title:"Lost",end:!0,value:u,cell:e=>u(e)?c(u(e)):a`<span class="muted">0</span>`,rank:3},{id:"slots",title:"Slots with packages",end:!0,value:e=>P(e.cells),cell:e=>y(P(e.cells),e.cells.length)},{id:"guarantees",title:"Guarantees",end:!0,value:e=>o(e)?.guarantees_last_hour,help:"Packages guaranteed in the range"},{id:"gas",title:"Gas",end:!0,value:e=>Number(o(e)?.gas_used??0),cell:e=>W(o(e)?Number(o(e)?.gas_used):null),help:"Of refining, in the range"},{id:"slot",title:"Last slot",end:!0,value:e=>o(e)?.last_active_slot,cell:e=>c(o(e)?.last_active_slot),help:"Of the newest guarantee"}];return a`<${V}
    caption="Cores"
    csv="cores"
    sort="core"
    rows=${s.cores}
    rowKey=${e=>e.core_index}
    columns=${i}
    rowState=${e=>u(e)?"warn":void 0}
    onOpen=${e=>S(`cores/${e.core_index}`)}
    height=${480}
    empty="No cores."
  />`}export{k as a,Z as b,ee as c};
