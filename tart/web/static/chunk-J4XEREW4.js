import{b as z,c as G}from"./chunk-5T32BEGS.js";import{d as _}from"./chunk-MVD6GQUR.js";import{g,h as I,j as S,k as L,l as h,n as q}from"./chunk-EUVXIHW5.js";function N(e,n){let r=e.reduce((s,o)=>Math.max(s,o),0)||1;if(!n)return{low:Math.min(0,...e.slice(0,1),e.reduce((s,o)=>Math.min(s,o),0)),high:r,log:n};let l=e.reduce((s,o)=>o>0?Math.min(s,o):s,r);return{low:Math.max(Math.min(l,r/100),r/1e5),high:Math.max(r,1.001*l),log:n}}function U(e,{low:n,high:r,log:l}){return l?Math.max(0,Math.log(Math.max(e,n)/n)/Math.log(r/n||2)):(e-n)/(r-n||1)}function V(e,{low:n,high:r,log:l}){return l?n*(r/n)**e:n+e*(r-n)}function X({low:e,high:n,log:r},l=6){let s=[];if(r){let o=Math.log10(n/e)>3?[1]:[1,2,5];for(let $=Math.floor(Math.log10(e));$<=Math.log10(n);$+=1)for(let d of o)s.push(d*10**$)}else{let o=(n-e)/l,$=10**Math.floor(Math.log10(o)),d=$*([1,2,5,10].find(f=>f*$>=o)??10);for(let f=Math.ceil(e/d)*d;f<=n;f+=d)s.push(Number(f.toPrecision(12)))}return s.filter(o=>o>=e&&o<=n)}function ct(e){return e*.618034%1-.5}var st=64,Y=12,E=8,J=22;function Mt({title:e,dots:n,marks:r,log:l=!1,height:s=240,left:o=st,format:$=_,xTitle:d="ms",columns:f,step:Q=!1,selected:y=null,onSelect:b,onOpen:D,actions:Z,legend:tt}){let F=S(null),[w,et]=g(0),[u,T]=g(null),[m,k]=g(null),[p,W]=g(!1),i=L(()=>[...n].sort((t,a)=>t.x-a.x),[n]),v=L(()=>N(i.map(({x:t})=>t),l),[i,l]);I(()=>{let t=F.current;if(!t)return;let a=new ResizeObserver(()=>et(t.clientWidth));return a.observe(t),()=>a.disconnect()},[p]);let[R,B]=[Math.max(1,w-o-Y),s-E-J],c=t=>o+R*U(t,v),M=t=>E+B*(1-t);function H(t){let a=F.current.getBoundingClientRect();return{x:t.clientX-a.left,y:t.clientY-a.top}}function nt(t){let{x:a,y:x}=H(t);m&&k([m[0],a]);let[P,C]=[null,400];i.forEach((K,rt)=>{let j=(c(K.x)-a)**2+(M(K.y)-x)**2;j<C&&([P,C]=[rt,j])}),T(P)}function at(){if(!m)return;let[t,a]=[Math.min(...m),Math.max(...m)];if(k(null),a-t<4){u!==null?D?.(i[u]):b?.(null);return}let x=P=>V(Math.min(1,Math.max(0,(P-o)/R)),v);b?.([t<=o?Math.min(v.low,i[0]?.x??0):x(t),x(a)])}function ot(t){let a={ArrowLeft:-1,ArrowRight:1,Home:-i.length,End:i.length}[t.key];if(t.key==="Enter"&&u!==null)D?.(i[u]);else if(t.key==="Escape"&&y)b?.(null);else if(a&&i.length)T(Math.max(0,Math.min(i.length-1,(u??(a>0?-1:i.length))+a)));else return;t.preventDefault(),t.stopPropagation()}let A=u!==null&&u<i.length?i[u]:null,O=m?[Math.min(...m),Math.max(...m)]:y&&[c(y[0]),c(y[1])];return h`<figure
    class="chart"
    role="figure"
    aria-label=${e}
    data-figure-chart=${e}
    data-dots=${n.length}
    onKeyDown=${t=>t.key==="T"&&W(!p)}
  >
    <div class="chart-legend">
      ${tt}
      <span class="card-actions">
        ${Z}
        <button
          type="button"
          class="button quiet small icon-only"
          aria-pressed=${p}
          aria-label=${p?"Show as a chart":"Show as a table"}
          title=${p?"Show as a chart (T)":"Show as a table (T)"}
          onClick=${()=>W(!p)}
        >
          <${q} name=${p?"chart":"table"} />
        </button>
        <${z}
          name=${e.replace(/\W+/g,"-").toLowerCase()}
          table=${()=>({titles:f.map(({id:t})=>t),rows:i.map(t=>f.map(({value:a})=>a(t)))})}
        />
      </span>
    </div>
    ${p?h`<${G} caption=${e} height=${Math.max(240,s)} rows=${i} rowKey=${t=>t.id} columns=${f} onOpen=${D} />`:h`<div
          class="dot-plot"
          ref=${F}
          tabindex="0"
          role="img"
          aria-label=${`${e}: ${n.length} points. Arrow keys read them; the table has all.`}
          style=${{height:`${s}px`,touchAction:b?"pan-y":"auto"}}
          onKeyDown=${ot}
          onPointerMove=${nt}
          onPointerLeave=${()=>(T(null),k(null))}
          onPointerDown=${t=>k([H(t).x,H(t).x])}
          onPointerUp=${at}
          onBlur=${()=>T(null)}
        >
          <svg width=${w} height=${s} aria-hidden="true">
            ${r.map(({y:t,label:a},x)=>h`<g key=${x}>
                <line class="dot-line" x1=${o} x2=${w-Y} y1=${M(t)} y2=${M(t)} />
                <text class="dot-label" x=${o-6} y=${M(t)+4} text-anchor="end">${a}</text>
              </g>`)}
            ${X(v,R/110).filter((t,a,x)=>a===0||c(t)-c(x[a-1])>40||!l).map(t=>h`<g key=${t}>
                  <line class="dot-line" x1=${c(t)} x2=${c(t)} y1=${E} y2=${s-J} />
                  <text class="dot-label" x=${c(t)} y=${s-6} text-anchor="middle">${$(t)}</text>
                </g>`)}
            ${O&&h`<rect class="dot-brush" x=${O[0]} y=${E} width=${Math.max(1,O[1]-O[0])} height=${B} />`}
            ${Q&&i.length>1&&h`<path class="dot-step" d=${it(i,c,M)} />`}
            ${i.map((t,a)=>h`<circle
                key=${t.id}
                class="dot"
                data-place=${t.place}
                data-active=${a===u?"":void 0}
                cx=${c(t.x)}
                cy=${M(t.y)}
                r=${a===u?5:i.length>300?2:3.5}
              />`)}
          </svg>
          ${A&&h`<div class="heatmap-hover" role="status" style=${lt(c(A.x),M(A.y),w)}>${A.text}</div>`}
        </div>`}
    <span class="visually-hidden">${d}</span>
  </figure>`}function it(e,n,r){return e.map(({x:s,y:o},$)=>$?`H${n(s).toFixed(1)}V${r(o).toFixed(1)}`:`M${n(s).toFixed(1)} ${r(o).toFixed(1)}`).join("")}function lt(e,n,r){return{top:`${n+10}px`,...e<r/2?{left:`${e+10}px`}:{right:`${r-e+10}px`}}}export{ct as a,Mt as b};
