import{l as e}from"./chunk-JTXPO2O4.js";function $(a,s,n){let t=Math.max(...a.map(l=>l??0),0)||1,r=s/Math.max(a.length-1,1),d="",i=!1;for(let[l,p]of a.entries()){if(p==null){i=!1;continue}let u=n-1-Math.max(p,0)/t*(n-2);d+=`${i?"L":"M"}${o(l*r)} ${o(u)}`,i=!0}return d}function o(a){return Math.round(a*10)/10}function v({label:a,value:s,unit:n,note:t,before:r,state:d,spark:i,title:l,id:p}){return e`<div class="figure" data-state=${d} data-figure=${p}>
    <dt>
      <span>${a}</span>
      ${t&&e`<span class="figure-note">${t}</span>`}
      ${r!=null&&e`<span class="figure-note">before: ${r}</span>`}
    </dt>
    <dd title=${l}>
      <span>${s}</span>
      ${n&&e`<span class="figure-unit">${n}</span>`}
      ${i&&e`<${c} values=${i} />`}
    </dd>
  </div>`}function x({children:a,large:s=!1}){return e`<dl class=${`figures ${s?"large":""}`}>${a}</dl>`}function c({values:a,label:s}){return e`<svg
    class="spark"
    viewBox="0 0 72 18"
    preserveAspectRatio="none"
    role=${s?"img":void 0}
    aria-label=${s}
    aria-hidden=${s?void 0:"true"}
  >
    <path d=${$(a,72,18)} vector-effect="non-scaling-stroke" />
  </svg>`}function h({rows:a,label:s,most:n=Math.max(...a.map(({value:t})=>t),0)||1}){return e`<div class="bars" role="list" aria-label=${s}>
    ${a.map((t,r)=>e`<div key=${r} role="listitem" class="bars-row" style=${{display:"contents"}}>
        <span class="nowrap">${t.label}</span>
        <span class="bar-track" title=${t.title}>
          <span
            class="bar-fill"
            data-state=${t.state}
            style=${{display:"block",width:`${100*t.value/n}%`}}
          ></span>
        </span>
        <span class="end nowrap">${t.text??t.value}</span>
      </div>`)}
  </div>`}export{v as a,x as b,c,h as d};
