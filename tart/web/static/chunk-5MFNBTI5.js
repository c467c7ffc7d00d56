import{a as L}from"./chunk-ZVTLTR5U.js";import{d as O}from"./chunk-5HTXFBE2.js";import{a as f,e as d,m as $,n as b,p as k}from"./chunk-DYZXLK2B.js";import{i as x,j as w}from"./chunk-37NB6NY5.js";import{g,j as M,l as s}from"./chunk-QNZ3L47H.js";var y=50,P=12e3;function v(e){if(e==null)return null;let n=Math.log(Math.max(e,y)/y)/Math.log(P/y);return Math.min(1,Math.max(0,n))}function i(e){return e.blocks[0]??null}function A(e,n,t){return t.until_90_ms===null&&e.slot>=n-1}function B({slots:e,newest_slot:n}){return e.map(t=>{let a=i(t),o=a!==null&&A(t,n,a);return{slot:t.slot,state:t.state,height:v(a?.until_90_ms),spreading:o,fork:C(t),failed:t.authoring_failed+t.import_failed>0,implementation:a?.author?.implementation_name,text:D(t,n)}})}function C(e){return e.blocks.length>1||e.blocks.some(({chain:n})=>n==="fork")}function D(e,n){let t=i(e),a=[e.authoring_failed>0&&`${$(e.authoring_failed,"authoring")} failed`,e.import_failed>0&&`${$(e.import_failed,"import")} failed`].filter(Boolean),o=t===null?[F[e.state]]:I(e,t,n);return[`Slot ${f(e.slot)}`,...o,...a].join(" \xB7 ")}var F={missed:"missed: no node had a block",pending:"no block yet",unknown:"unknown: no node was connected",authored:"\u2014"};function I(e,n,t){let{author:a,nodes:o,expected:c,until_90_ms:r}=n,u=a?k(a.implementation_name,a.implementation_version):"author unknown",m=r===null?A(e,t,n)?"still spreading":"90 % not reached":`90 % after ${d(r)}`;return[u,`${f(o)} of ${$(c,"node")}`,m,...C(e)?[`fork: ${$(e.blocks.length,"block")}`]:[]]}var R=[100,1e3,6e3];function lt({answer:e,selected:n,title:t=`Last ${e.slots.length} slots`}){let a=M(null),o=B(e),[c,r]=g(null),[u,m]=g(!1),p=o.find(({slot:l})=>l===(c??n))??o[o.length-1];function _(l){if(l.ctrlKey||l.metaKey||l.altKey)return;let h=o.findIndex(({slot:E})=>E===p?.slot),S={ArrowLeft:h-1,ArrowRight:h+1,Home:0,End:o.length-1};if(!(l.key in S))return;l.preventDefault(),l.stopPropagation();let T=o[Math.max(0,Math.min(o.length-1,S[l.key]))];r(T.slot),a.current?.querySelector(`[data-slot="${T.slot}"]`)?.focus()}return s`<${L}
    title=${t}
    kind="strip"
    name="slots"
    legend=${s`<${N} slots=${e.slots} />`}
    table=${()=>W(e.slots)}
    asTable=${u}
    onToggle=${()=>m(!u)}
  >
    ${u?s`<${U} slots=${e.slots} caption=${t} />`:s`<div class="slot-strip" onPointerLeave=${()=>r(null)}>
            ${R.map(l=>s`<span key=${l} class="slot-line" style=${{bottom:`${100*Number(v(l))}%`}} aria-hidden="true">
                ${d(l)}
              </span>`)}
            <div class="slot-cells" ref=${a} role="list" aria-label=${t} onKeyDown=${_}>
              ${o.map(l=>s`<div key=${l.slot} role="listitem" class="slot-item"><${j}
                  cell=${l}
                  selected=${l.slot===n}
                  current=${l===p}
                  onActive=${()=>r(l.slot)}
                /></div>`)}
            </div>
          </div>
          <div class="slot-text" data-slot-text>${p?.text}</div>`}
  <//>`}function j({cell:e,selected:n,current:t,onActive:a}){let{slot:o,state:c,height:r,spreading:u,fork:m,failed:p,implementation:_,text:l}=e,h=r!==null;return s`<a
    class="slot-cell"
    href=${x(`slots/${o}`)}
    data-slot=${o}
    data-state=${c}
    aria-label=${l}
    aria-current=${n?"true":void 0}
    tabindex=${t?0:-1}
    onFocus=${a}
    onPointerEnter=${a}
  >
    ${c==="authored"&&s`<i
      class="slot-bar swatch"
      data-place=${b(_)}
      data-reached=${h?"yes":u?"spreading":"no"}
      style=${{height:`${Math.max(4,100*(r??(u?.3:1)))}%`}}
    ></i>`}
    <i class="slot-mark" data-mark=${q(c,m,p)}></i>
  </a>`}function q(e,n,t){return e!=="authored"?e:n?"fork":t?"failed":void 0}function N({slots:e}){let n=new Set(e.map(t=>i(t)?.author?.implementation_name).filter(Boolean));return s`
    <span class="legend-entry">Height: until 90 % of the nodes had it</span>
    ${[...n].sort().map(t=>s`<span key=${t} class="legend-entry"><i class="swatch" data-place=${b(t)}></i>${t}</span>`)}
    <span class="legend-entry"><i class="slot-mark" data-mark="missed"></i>missed</span>
    <span class="legend-entry"><i class="slot-mark" data-mark="fork"></i>fork</span>
    <span class="legend-entry"><i class="slot-mark" data-mark="failed"></i>failure</span>
    ${e.some(({state:t})=>t==="unknown")&&s`<span class="legend-entry"><i class="slot-mark" data-mark="unknown"></i>no node connected</span>`}
  `}function U({slots:e,caption:n}){return s`<${O}
    caption=${n}
    height=${240}
    rows=${[...e].reverse()}
    rowKey=${t=>t.slot}
    onOpen=${t=>w(`slots/${t.slot}`)}
    columns=${[{id:"slot",title:"slot",value:t=>t.slot,cell:t=>s`<a href=${x(`slots/${t.slot}`)}>${f(t.slot)}</a>`,rank:1},{id:"state",title:"state",value:t=>t.state,rank:2},{id:"author",title:"author",value:K},{id:"p50",title:"50 %",end:!0,value:t=>i(t)?.until_50_ms,cell:t=>d(i(t)?.until_50_ms)},{id:"p90",title:"90 %",end:!0,value:t=>i(t)?.until_90_ms,cell:t=>d(i(t)?.until_90_ms),rank:3},{id:"p99",title:"99 %",end:!0,value:t=>i(t)?.until_99_ms,cell:t=>d(i(t)?.until_99_ms)},{id:"blocks",title:"blocks",end:!0,value:t=>t.blocks.length},{id:"failed",title:"failures",end:!0,value:t=>t.authoring_failed+t.import_failed}]}
  />`}function K(e){let n=i(e)?.author;return n?k(n.implementation_name,n.implementation_version):null}function W(e){return{titles:["slot","time","state","author","implementation","until_50_ms","until_90_ms","until_99_ms","nodes","expected","blocks"],rows:e.map(n=>{let t=i(n);return[n.slot,n.time,n.state,t?.author?.node_id??null,K(n),t?.until_50_ms??null,t?.until_90_ms??null,t?.until_99_ms??null,t?.nodes??null,t?.expected??null,n.blocks.length]})}}export{i as a,A as b,C as c,lt as d};
