import{l as n}from"./chunk-EUVXIHW5.js";function $(a,s,e){let t=Math.max(...a.map(l=>l??0),0)||1,r=s/Math.max(a.length-1,1),o="",i=!1;for(let[l,p]of a.entries()){if(p==null){i=!1;continue}let u=e-1-Math.max(p,0)/t*(e-2);o+=`${i?"L":"M"}${d(l*r)} ${d(u)}`,i=!0}return o}function d(a){return Math.round(a*10)/10}function v({label:a,value:s,unit:e,note:t,before:r,state:o,spark:i,title:l,id:p}){return n`<div class="figure" data-state=${o} data-figure=${p}>
    <dt>
      <span>${a}</span>
      ${t&&n`<span class="figure-note">${t}</span>`}
      ${r!=null&&n`<span class="figure-note">before: ${r}</span>`}
    </dt>
    <dd title=${l}>
      <span>${s}</span>
      ${e&&n`<span class="figure-unit">${e}</span>`}
      ${i&&n`<${c} values=${i} />`}
    </dd>
  </div>`}function x({children:a,large:s=!1}){return n`<dl class=${`figures ${s?"large":""}`}>${a}</dl>`}function c({values:a,label:s}){return n`<svg
    class="spark"
    viewBox="0 0 72 18"
    preserveAspectRatio="none"
    role=${s?"img":void 0}
    aria-label=${s}
    aria-hidden=${s?void 0:"true"}
  >
    <path d=${$(a,72,18)} vector-effect="non-scaling-stroke" />
  </svg>`}function h({rows:a,label:s}){let e=Math.max(...a.map(({value:t})=>t),0)||1;return n`<div class="bars" role="list" aria-label=${s}>
    ${a.map((t,r)=>n`<div key=${r} role="listitem" class="bars-row" style=${{display:"contents"}}>
        <span class="nowrap">${t.label}</span>
        <span class="bar-track" title=${t.title}>
          <span
            class="bar-fill"
            data-state=${t.state}
            style=${{display:"block",width:`${100*t.value/e}%`}}
          ></span>
        </span>
        <span class="end nowrap">${t.text??t.value}</span>
      </div>`)}
  </div>`}export{v as a,x as b,c,h as d};
