import{d as $}from"./chunk-DYZXLK2B.js";import{l as n}from"./chunk-QNZ3L47H.js";function u(a,s,r){let t=Math.max(...a.map(l=>l??0),0)||1,e=s/Math.max(a.length-1,1),d="",i=!1;for(let[l,p]of a.entries()){if(p==null){i=!1;continue}let o=r-1-Math.max(p,0)/t*(r-2);d+=`${i?"L":"M"}${c(l*e)} ${c(o)}`,i=!0}return d}function c(a){return Math.round(a*10)/10}function x({label:a,value:s,unit:r,note:t,before:e,state:d,spark:i,title:l,id:p}){let o=$(s,e);return n`<div class="figure" data-state=${d} data-figure=${p}>
    <dt>
      <span>${a}</span>
      ${t&&n`<span class="figure-note">${t}</span>`}
      ${e!=null&&n`<span class="figure-note">before: ${e}${o&&n` <b>(${o})</b>`}</span>`}
    </dt>
    <dd title=${l}>
      <span>${s}</span>
      ${r&&n`<span class="figure-unit">${r}</span>`}
      ${i&&n`<${f} values=${i} />`}
    </dd>
  </div>`}function k({children:a,large:s=!1}){return n`<dl class=${`figures ${s?"large":""}`}>${a}</dl>`}function f({values:a,label:s}){return n`<svg
    class="spark"
    viewBox="0 0 72 18"
    preserveAspectRatio="none"
    role=${s?"img":void 0}
    aria-label=${s}
    aria-hidden=${s?void 0:"true"}
  >
    <path d=${u(a,72,18)} vector-effect="non-scaling-stroke" />
  </svg>`}function b({rows:a,label:s,most:r=Math.max(...a.map(({value:t})=>t),0)||1}){return n`<div class="bars" role="list" aria-label=${s}>
    ${a.map((t,e)=>n`<div key=${e} role="listitem" class="bars-row" style=${{display:"contents"}}>
        <span class="nowrap">${t.label}</span>
        <span class="bar-track" title=${t.title}>
          <span
            class="bar-fill"
            data-state=${t.state}
            style=${{display:"block",width:`${100*t.value/r}%`}}
          ></span>
        </span>
        <span class="end nowrap">${t.text??t.value}</span>
      </div>`)}
  </div>`}export{x as a,k as b,f as c,b as d};
