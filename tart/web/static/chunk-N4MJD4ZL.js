import{b as q,c as G,d as N}from"./chunk-YOR7I55X.js";import{a as U}from"./chunk-A5KFDUZV.js";import{d as I}from"./chunk-2IMSLPX3.js";import{g as M,h as j,j as z,k as H,l as m,n as _}from"./chunk-EUVXIHW5.js";function V(a,e){let r=a.reduce((i,n)=>Math.max(i,n),0)||1;if(!e)return{low:Math.min(0,...a.slice(0,1),a.reduce((i,n)=>Math.min(i,n),0)),high:r,log:e};let s=a.reduce((i,n)=>n>0?Math.min(i,n):i,r);return{low:Math.max(Math.min(s,r/100),r/1e5),high:Math.max(r,1.001*s),log:e}}function X(a,{low:e,high:r,log:s}){return s?Math.max(0,Math.log(Math.max(a,e)/e)/Math.log(r/e||2)):(a-e)/(r-e||1)}function Y(a,{low:e,high:r,log:s}){return s?e*(r/e)**a:e+a*(r-e)}function J({low:a,high:e,log:r},s=6){let i=[];if(r){let n=Math.log10(e/a)>3?[1]:[1,2,5];for(let p=Math.floor(Math.log10(a));p<=Math.log10(e);p+=1)for(let x of n)i.push(x*10**p)}else{let n=(e-a)/s,p=10**Math.floor(Math.log10(n)),x=p*([1,2,5,10].find($=>$*p>=n)??10);for(let $=Math.ceil(a/x)*x;$<=e;$+=x)i.push(Number($.toPrecision(12)))}return i.filter(n=>n>=a&&n<=e)}function $t(a){return a*.618034%1-.5}var Q=`/* Points on an axis. */

.dot-plot {
  position: relative;
  cursor: crosshair;
}

.dot-plot svg {
  display: block;
}

.dot-line {
  stroke: var(--line);
}

.dot-label {
  fill: var(--text-3);
  font-size: 11px;
}

.dot-brush {
  fill: var(--accent);
  opacity: 0.14;
}

.dot-step {
  fill: none;
  stroke: var(--line-strong);
}

.dot {
  fill: var(--idle);
  stroke: var(--surface-1);
  stroke-width: 0.5;
}

.dot[data-active] {
  stroke: var(--text-1);
  stroke-width: 1.500;
}

.dot[data-place="0"] { fill: var(--implementation-0); }
.dot[data-place="1"] { fill: var(--implementation-1); }
.dot[data-place="2"] { fill: var(--implementation-2); }
.dot[data-place="3"] { fill: var(--implementation-3); }
.dot[data-place="4"] { fill: var(--implementation-4); }
.dot[data-place="5"] { fill: var(--implementation-5); }
.dot[data-place="6"] { fill: var(--implementation-6); }
.dot[data-place="7"] { fill: var(--implementation-7); }
`;U(Q);var pt=64,Z=12,E=8,tt=22;function Tt({title:a,dots:e,marks:r,log:s=!1,height:i=240,left:n=pt,format:p=I,xTitle:x="ms",columns:$,step:at=!1,selected:g=null,onSelect:b,onOpen:D,actions:et,legend:ot}){let F=z(null),[v,nt]=M(0),[d,k]=M(null),[f,w]=M(null),[h,K]=M(!1),l=H(()=>[...e].sort((t,o)=>t.x-o.x),[e]),T=H(()=>V(l.map(({x:t})=>t),s),[l,s]);j(()=>{let t=F.current;if(!t)return;let o=new ResizeObserver(()=>nt(t.clientWidth));return o.observe(t),()=>o.disconnect()},[h]);let[R,L]=[Math.max(1,v-n-Z),i-E-tt],c=t=>n+R*X(t,T),y=t=>E+L*(1-t);function B(t){let o=F.current.getBoundingClientRect();return{x:t.clientX-o.left,y:t.clientY-o.top}}function rt(t){let{x:o,y:u}=B(t);f&&w([f[0],o]);let[O,W]=[null,400];l.forEach((C,st)=>{let S=(c(C.x)-o)**2+(y(C.y)-u)**2;S<W&&([O,W]=[st,S])}),k(O)}function it(){if(!f)return;let[t,o]=[Math.min(...f),Math.max(...f)];if(w(null),o-t<4){d!==null?D?.(l[d]):b?.(null);return}let u=O=>Y(Math.min(1,Math.max(0,(O-n)/R)),T);b?.([t<=n?Math.min(T.low,l[0]?.x??0):u(t),u(o)])}function lt(t){let o={ArrowLeft:-1,ArrowRight:1,Home:-l.length,End:l.length}[t.key];if(t.key==="Enter"&&d!==null)D?.(l[d]);else if(t.key==="Escape"&&g)b?.(null);else if(o&&l.length)k(Math.max(0,Math.min(l.length-1,(d??(o>0?-1:l.length))+o)));else return;t.preventDefault(),t.stopPropagation()}let P=d!==null&&d<l.length?l[d]:null,A=f?[Math.min(...f),Math.max(...f)]:g&&[c(g[0]),c(g[1])];return m`<figure
    class="chart"
    role="figure"
    aria-label=${a}
    data-figure-chart=${a}
    data-dots=${e.length}
    onKeyDown=${t=>q(t,()=>K(!h))}
  >
    <div class="chart-legend">
      ${ot}
      <span class="card-actions">
        ${et}
        <button
          type="button"
          class="button quiet small icon-only as-table"
          aria-pressed=${h}
          aria-label=${h?"Show as a chart":"Show as a table"}
          title=${h?"Show as a chart (T)":"Show as a table (T)"}
          onClick=${()=>K(!h)}
        >
          <${_} name=${h?"chart":"table"} />
        </button>
        <${G}
          name=${a.replace(/\W+/g,"-").toLowerCase()}
          table=${()=>({titles:$.map(({id:t})=>t),rows:l.map(t=>$.map(({value:o})=>o(t)))})}
        />
      </span>
    </div>
    ${h?m`<${N} caption=${a} height=${Math.max(240,i)} rows=${l} rowKey=${t=>t.id} columns=${$} onOpen=${D} />`:m`<div
          class="dot-plot"
          ref=${F}
          tabindex="0"
          role="img"
          aria-label=${`${a}: ${e.length} points. Arrow keys read them; the table has all.`}
          style=${{height:`${i}px`,touchAction:b?"pan-y":"auto"}}
          onKeyDown=${lt}
          onPointerMove=${rt}
          onPointerLeave=${()=>(k(null),w(null))}
          onPointerDown=${t=>w([B(t).x,B(t).x])}
          onPointerUp=${it}
          onBlur=${()=>k(null)}
        >
          <svg width=${v} height=${i} aria-hidden="true">
            ${r.map(({y:t,label:o},u)=>m`<g key=${u}>
                <line class="dot-line" x1=${n} x2=${v-Z} y1=${y(t)} y2=${y(t)} />
                <text class="dot-label" x=${n-6} y=${y(t)+4} text-anchor="end">${o}</text>
              </g>`)}
            ${J(T,R/110).filter((t,o,u)=>o===0||c(t)-c(u[o-1])>40||!s).map(t=>m`<g key=${t}>
                  <line class="dot-line" x1=${c(t)} x2=${c(t)} y1=${E} y2=${i-tt} />
                  <text class="dot-label" x=${c(t)} y=${i-6} text-anchor="middle">${p(t)}</text>
                </g>`)}
            ${A&&m`<rect class="dot-brush" x=${A[0]} y=${E} width=${Math.max(1,A[1]-A[0])} height=${L} />`}
            ${at&&l.length>1&&m`<path class="dot-step" d=${dt(l,c,y)} />`}
            ${l.map((t,o)=>m`<circle
                key=${t.id}
                class="dot"
                data-place=${t.place}
                data-active=${o===d?"":void 0}
                cx=${c(t.x)}
                cy=${y(t.y)}
                r=${o===d?5:l.length>300?2:3.5}
              />`)}
          </svg>
          ${P&&m`<div class="heatmap-hover" role="status" style=${mt(c(P.x),y(P.y),v)}>${P.text}</div>`}
        </div>`}
    <span class="visually-hidden">${x}</span>
  </figure>`}function dt(a,e,r){return a.map(({x:i,y:n},p)=>p?`H${e(i).toFixed(1)}V${r(n).toFixed(1)}`:`M${e(i).toFixed(1)} ${r(n).toFixed(1)}`).join("")}function mt(a,e,r){return{top:`${e+10}px`,...a<r/2?{left:`${a+10}px`}:{right:`${r-a+10}px`}}}export{$t as a,Tt as b};
