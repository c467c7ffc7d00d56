import{a as G}from"./chunk-A5KFDUZV.js";import{a as I}from"./chunk-ZVTLTR5U.js";import{d as N}from"./chunk-5HTXFBE2.js";import{e as _}from"./chunk-DYZXLK2B.js";import{g as M,h as C,j as K,k as B,l as d}from"./chunk-QNZ3L47H.js";function U(a,e){let r=a.reduce((i,o)=>Math.max(i,o),0)||1;if(!e)return{low:Math.min(0,...a.slice(0,1),a.reduce((i,o)=>Math.min(i,o),0)),high:r,log:e};let s=a.reduce((i,o)=>o>0?Math.min(i,o):i,r);return{low:Math.max(Math.min(s,r/100),r/1e5),high:Math.max(r,1.001*s),log:e}}function V(a,{low:e,high:r,log:s}){return s?Math.max(0,Math.log(Math.max(a,e)/e)/Math.log(r/e||2)):(a-e)/(r-e||1)}function X(a,{low:e,high:r,log:s}){return s?e*(r/e)**a:e+a*(r-e)}function Y({low:a,high:e,log:r},s=6){let i=[];if(r){let o=Math.log10(e/a)>3?[1]:[1,2,5];for(let p=Math.floor(Math.log10(a));p<=Math.log10(e);p+=1)for(let u of o)i.push(u*10**p)}else{let o=(e-a)/s,p=10**Math.floor(Math.log10(o)),u=p*([1,2,5,10].find(f=>f*p>=o)??10);for(let f=Math.ceil(a/u)*u;f<=e;f+=u)i.push(Number(f.toPrecision(12)))}return i.filter(o=>o>=a&&o<=e)}function mt(a){return a*.618034%1-.5}var q=`/* Points on an axis. */

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
`;G(q);var st=64,J=12,E=8,Q=22;function bt({title:a,dots:e,marks:r,log:s=!1,height:i=240,left:o=st,format:p=_,xTitle:u="ms",columns:f,step:Z=!1,selected:g=null,onSelect:y,onOpen:F,actions:S,legend:tt}){let D=K(null),[v,et]=M(0),[m,b]=M(null),[$,k]=M(null),[P,at]=M(!1),l=B(()=>[...e].sort((t,n)=>t.x-n.x),[e]),T=B(()=>U(l.map(({x:t})=>t),s),[l,s]);C(()=>{let t=D.current;if(!t)return;let n=new ResizeObserver(()=>et(t.clientWidth));return n.observe(t),()=>n.disconnect()},[P]);let[R,L]=[Math.max(1,v-o-J),i-E-Q],c=t=>o+R*V(t,T),x=t=>E+L*(1-t);function H(t){let n=D.current.getBoundingClientRect();return{x:t.clientX-n.left,y:t.clientY-n.top}}function nt(t){let{x:n,y:h}=H(t);$&&k([$[0],n]);let[O,W]=[null,400];l.forEach((j,it)=>{let z=(c(j.x)-n)**2+(x(j.y)-h)**2;z<W&&([O,W]=[it,z])}),b(O)}function ot(){if(!$)return;let[t,n]=[Math.min(...$),Math.max(...$)];if(k(null),n-t<4){m!==null?F?.(l[m]):y?.(null);return}let h=O=>X(Math.min(1,Math.max(0,(O-o)/R)),T);y?.([t<=o?Math.min(T.low,l[0]?.x??0):h(t),h(n)])}function rt(t){let n={ArrowLeft:-1,ArrowRight:1,Home:-l.length,End:l.length}[t.key];if(t.key==="Enter"&&m!==null)F?.(l[m]);else if(t.key==="Escape"&&g)y?.(null);else if(n&&l.length)b(Math.max(0,Math.min(l.length-1,(m??(n>0?-1:l.length))+n)));else return;t.preventDefault(),t.stopPropagation()}let w=m!==null&&m<l.length?l[m]:null,A=$?[Math.min(...$),Math.max(...$)]:g&&[c(g[0]),c(g[1])];return d`<${I}
    title=${a}
    dots=${e.length}
    legend=${tt}
    actions=${S}
    table=${()=>({titles:f.map(({id:t})=>t),rows:l.map(t=>f.map(({value:n})=>n(t)))})}
    asTable=${P}
    onToggle=${()=>at(!P)}
  >
    ${P?d`<${N} caption=${a} height=${Math.max(240,i)} rows=${l} rowKey=${t=>t.id} columns=${f} onOpen=${F} />`:d`<div
          class="dot-plot"
          ref=${D}
          tabindex="0"
          role="img"
          aria-label=${`${a}: ${e.length} points. Arrow keys read them; the table has all.`}
          style=${{height:`${i}px`,touchAction:y?"pan-y":"auto"}}
          onKeyDown=${rt}
          onPointerMove=${nt}
          onPointerLeave=${()=>(b(null),k(null))}
          onPointerDown=${t=>k([H(t).x,H(t).x])}
          onPointerUp=${ot}
          onBlur=${()=>b(null)}
        >
          <svg width=${v} height=${i} aria-hidden="true">
            ${r.map(({y:t,label:n},h)=>d`<g key=${h}>
                <line class="dot-line" x1=${o} x2=${v-J} y1=${x(t)} y2=${x(t)} />
                <text class="dot-label" x=${o-6} y=${x(t)+4} text-anchor="end">${n}</text>
              </g>`)}
            ${Y(T,R/110).filter((t,n,h)=>n===0||c(t)-c(h[n-1])>40||!s).map(t=>d`<g key=${t}>
                  <line class="dot-line" x1=${c(t)} x2=${c(t)} y1=${E} y2=${i-Q} />
                  <text class="dot-label" x=${c(t)} y=${i-6} text-anchor="middle">${p(t)}</text>
                </g>`)}
            ${A&&d`<rect class="dot-brush" x=${A[0]} y=${E} width=${Math.max(1,A[1]-A[0])} height=${L} />`}
            ${Z&&l.length>1&&d`<path class="dot-step" d=${ct(l,c,x)} />`}
            ${l.map((t,n)=>d`<circle
                key=${t.id}
                class="dot"
                data-place=${t.place}
                data-active=${n===m?"":void 0}
                cx=${c(t.x)}
                cy=${x(t.y)}
                r=${n===m?5:l.length>300?2:3.5}
              />`)}
          </svg>
          ${w&&d`<div class="heatmap-hover" role="status" style=${pt(c(w.x),x(w.y),v)}>${w.text}</div>`}
        </div>`}
    <span class="visually-hidden">${u}</span>
  <//>`}function ct(a,e,r){return a.map(({x:i,y:o},p)=>p?`H${e(i).toFixed(1)}V${r(o).toFixed(1)}`:`M${e(i).toFixed(1)} ${r(o).toFixed(1)}`).join("")}function pt(a,e,r){return{top:`${e+10}px`,...a<r/2?{left:`${a+10}px`}:{right:`${r-a+10}px`}}}export{mt as a,bt as b};
