import{a as H}from"./chunk-KWO2HYYR.js";import{a as j,b as B,c as h,d,j as G}from"./chunk-5W7RQNGS.js";import{b as L,c as M}from"./chunk-OYJLUT6D.js";import{a as i,b as F,c as S}from"./chunk-WQNOXECZ.js";import{a as W}from"./chunk-A5KFDUZV.js";import{a as N,b as x}from"./chunk-HZVHJNCT.js";import{a as P}from"./chunk-LSKVQWEN.js";import{a as I}from"./chunk-QCITNMUN.js";import{e as k}from"./chunk-IIW3BLOX.js";import{d as A}from"./chunk-5HTXFBE2.js";import{D as y,E as _,I as c,a,b as $,m}from"./chunk-DYZXLK2B.js";import{d as q,h as C}from"./chunk-NIKDHXBC.js";import{g as f,i as O,j as T,k as p}from"./chunk-37NB6NY5.js";import{k as b,l as t}from"./chunk-QNZ3L47H.js";W(H);var R=1e3;function U(){let{node_id:e,implementation:r,event_types:s}=f.value.parameters,u=P("the failures",l=>I.failures({...C(),node_id:e,implementation:r,event_types:s,limit:R},{signal:l}),{every:1e4,deps:[q.value,e,r,s]});return t`<${N} title="Failures" question="What fails, on which nodes and versions, and is it new?">
    <${k} answer=${u} lines=${8}>${l=>t`<${V} data=${l} />`}<//>
  <//>`}function V({data:e}){let{parameters:r}=f.value,{shown:s="",q:u=""}=r,l=b(()=>B(e.failures,{shown:s,q:u}),[e,s,u]),{totals:n,watch:g}=e,v=G(r),w=n.by_state.regressed??0,K=t`
    <${L} label="State" choices=${j} selected=${s} onSelect=${o=>p({shown:o})} />
    <${M} label="Type, reason, version" value=${u} onInput=${o=>p({q:o})} />
    ${v.map(o=>t`<span key=${o} class="chip">${o}</span>`)}
    ${v.length>0&&t`<button type="button" class="button quiet small" onClick=${()=>p({node_id:"",implementation:"",event_types:""})}>Of all nodes</button>`}
  `;return t`<div class="cards">
    <${F} large>
      <${i} id="groups" label="Groups" value=${a(n.groups)} note="of one event type and reason each" />
      <${i} id="failures" label="Failures" value=${$(n.failures)} title=${a(n.failures)} note="in the range" />
      <${i} id="new" label="New" value=${a(n.new)} state=${n.new?"warn":void 0} note="first seen in the range" />
      <${i} id="regressed" label="Back again" value=${a(w)} state=${w?"bad":void 0} note="after they were resolved" />
      ${n.other_reasons+n.ungrouped>0&&t`<${i} id="others" label="Not grouped" value=${$(n.other_reasons+n.ungrouped)} note="too many different reasons" />`}
    <//>
    ${g.problem&&t`<div class="notice" data-state="warn" role="status">New and returning groups are not noticed: ${g.problem}.</div>`}
    <${x} title="Groups" note=${l.length===e.failures.length?m(l.length,"group"):`${a(l.length)} of ${m(e.failures.length,"group")}`} flush>
      <${A}
        caption="Failure groups"
        columns=${z}
        rows=${l}
        rowKey=${o=>o.fingerprint}
        sort="-count"
        csv="failures"
        steady
        tools=${K}
        height="max(420px, calc(100dvh - 380px))"
        onOpen=${o=>T(`failures/${o.fingerprint}`)}
        empty=${e.failures.length?"No group passes the filter.":"Nothing failed in this range. Failures that nodes report, such as WorkPackageFailed, and discards for a fault are grouped here by their reason."}
      />
      ${e.has_more&&t`<p class="muted failures-more">Only the ${a(e.failures.length)} groups with the most failures are listed.</p>`}
    <//>
  </div>`}var z=[{id:"state",title:"State",rank:2,value:e=>h(e)[1],cell:e=>{let[r,s]=h(e);return t`<${y} state=${r} word=${s} />`}},{id:"event",title:"Type",value:e=>e.event_name},{id:"template",title:"Reason",rank:1,className:"failures-template",value:e=>d(e),cell:e=>t`<a href=${O(`failures/${e.fingerprint}`)} title=${d(e)}>${d(e)}</a>`},{id:"count",title:"Failures",end:!0,rank:3,value:e=>e.count,cell:e=>a(e.count)},{id:"trend",title:"In the range",unsorted:!0,value:e=>e.series.join(" "),cell:e=>t`<${S} values=${e.series} />`},{id:"nodes",title:"Nodes",end:!0,value:e=>e.nodes,cell:e=>a(e.nodes)},{id:"versions",title:"Versions",value:e=>e.versions.length,saved:e=>e.versions.map(({name:r,version:s})=>`${r} ${s}`).join(", "),cell:e=>t`<span class="nowrap">${e.versions.slice(0,1).map(({name:r,version:s})=>t`<${_} name=${r} version=${s} />`)}${e.versions.length>1?` +${e.versions.length-1}`:""}</span>`},{id:"first",title:"First seen",end:!0,value:e=>e.first_seen,cell:e=>t`<${c} value=${e.first_seen} />`},{id:"last",title:"Last seen",end:!0,value:e=>e.last_seen,cell:e=>t`<${c} value=${e.last_seen} />`}];export{U as default};
