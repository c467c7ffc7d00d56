import{a as J,b as Q,c as O}from"./chunk-TXAUWCT5.js";import{b as X,c as Y,d as j}from"./chunk-YOR7I55X.js";import{G as _,H as R,b as F}from"./chunk-2IMSLPX3.js";import{g as C,h as P,j as W,k as q,l as M,n as G}from"./chunk-EUVXIHW5.js";var it=["--heat-0","--heat-1","--heat-2","--heat-3","--heat-4","--heat-5"];function xt({title:a,rows:n,columns:e,values:r,rowLabel:h,columnLabel:i,rowTitle:l="row",columnTitle:c="column",domain:d,log:m=!1,levels:g,format:p=F,cellHeight:f,height:s,describe:$,onOpen:w,onSelect:b,onHover:A,actions:N}){let B=W(null),[u,Z]=C(null),[v,E]=C(null),[y,z]=C(!1),[D,tt]=C(0),et=W({key:[],canvas:null}),at=_.value,S=s??Math.max(40,Math.min(640,n*(f??Math.max(4,Math.min(20,400/Math.max(n,1)))))),H=q(()=>d??ut(r),[d,r]);P(()=>{let t=B.current;if(!t)return;let o=new ResizeObserver(()=>tt(t.clientWidth));return o.observe(t),()=>o.disconnect()},[y]),P(()=>{let t=B.current;if(!t||!D||!n||!e)return;let o=window.devicePixelRatio||1;t.width=Math.round(D*o),t.height=Math.round(S*o),V(t,{rows:n,columns:e,values:r,limits:H,log:m,levels:g,small:et.current}),u&&ft(t,u,n,e)},[r,n,e,D,S,H,g,at,u,y]);function I(t){let o=t.currentTarget.getBoundingClientRect(),k=Math.floor((t.clientX-o.left)/o.width*e),x=Math.floor((t.clientY-o.top)/o.height*n);return x>=0&&x<n&&k>=0&&k<e?{row:x,column:k}:null}function T(t){Z(t),A?.(t)}function nt(t){let o=I(t);o&&v&&(Math.abs(o.row-v.row)+Math.abs(o.column-v.column)>1?b?.({row:Math.min(v.row,o.row),column:Math.min(v.column,o.column),lastRow:Math.max(v.row,o.row),lastColumn:Math.max(v.column,o.column)}):w?.(o.row,o.column)),E(null)}function ot(t){let o={ArrowUp:[-1,0],ArrowDown:[1,0],ArrowLeft:[0,-1],ArrowRight:[0,1]};if(t.key==="Enter"&&u)w?.(u.row,u.column);else if(t.key in o){let[k,x]=o[t.key],L=u??{row:0,column:e-1};T({row:Math.max(0,Math.min(n-1,L.row+k)),column:Math.max(0,Math.min(e-1,L.column+x))})}else return;t.preventDefault()}let K=t=>Number.isNaN(t)?"\u2014":g?.find(o=>o.value===t)?.label??p(t),U=(t,o)=>r[t*e+o],rt=()=>({titles:[l,...Array.from({length:e},(t,o)=>i(o))],rows:Array.from({length:n},(t,o)=>[h(o),...Array.from({length:e},(k,x)=>Number.isNaN(U(o,x))?null:K(U(o,x)))])});return M`<figure
    class="chart"
    role="figure"
    aria-label=${a}
    data-figure-chart=${a}
    onKeyDown=${t=>X(t,()=>z(!y))}
  >
    <div class="chart-legend">
      ${g?M`<${ct} levels=${g} />`:M`<${lt} limits=${H} format=${p} />`}
      <span class="card-actions">
        ${N}
        <button
          type="button"
          class="button quiet small icon-only as-table"
          aria-pressed=${y}
          aria-label=${y?"Show as a grid":"Show as a table"}
          title=${y?"Show as a grid (T)":"Show as a table (T)"}
          onClick=${()=>z(!y)}
        >
          <${G} name=${y?"cores":"table"} />
        </button>
        <${Y} name=${a.replace(/\W+/g,"-").toLowerCase()} table=${rt} />
      </span>
    </div>
    ${y?M`<${j}
          caption=${a}
          height=${Math.max(S,240)}
          rowKey=${t=>t}
          rows=${Array.from({length:n*e},(t,o)=>o).filter(t=>!Number.isNaN(r[t]))}
          columns=${[{id:"row",title:l,value:t=>h(Math.floor(t/e)),rank:1},{id:"column",title:c,value:t=>i(t%e),rank:2},{id:"value",title:"value",value:t=>K(r[t]),end:!0,rank:3}]}
        />`:M`<div class="heatmap">
          <canvas
            ref=${B}
            tabindex="0"
            role="img"
            aria-label=${`${a}: ${n} rows by ${e} columns. Arrow keys read the cells; the table has all.`}
            style=${{height:`${S}px`,cursor:w||b?"crosshair":"default",touchAction:b?"none":"auto"}}
            onPointerMove=${t=>T(I(t))}
            onPointerLeave=${()=>(T(null),E(null))}
            onPointerDown=${t=>E(I(t))}
            onPointerUp=${nt}
            onKeyDown=${ot}
            onBlur=${()=>T(null)}
          ></canvas>
          ${u&&M`<div class="heatmap-hover" role="status" style=${dt(u,n,e,D,S)}>
            <b>${h(u.row)}</b> · ${i(u.column)}<br />
            ${$?$(u.row,u.column):K(U(u.row,u.column))}
          </div>`}
        </div>`}
  </figure>`}function ct({levels:a}){return a.map(({label:n,colour:e,glyph:r})=>M`<span key=${n} class="legend-entry">
      <i class="swatch" style=${{background:`var(${e})`}}></i>${r?`${r} `:""}${n}
    </span>`)}function lt({limits:a,format:n}){let e=W(null),r=_.value;return P(()=>{let h=e.current;[h.width,h.height]=[256,1],V(h,{rows:1,columns:256,values:Float64Array.from({length:256},(i,l)=>l),limits:[0,255]})},[r]),M`<span class="scale">${n(a[0])}<canvas ref=${e} aria-hidden="true"></canvas>${n(a[1])}</span>`}function V(a,{rows:n,columns:e,values:r,limits:h,log:i=!1,levels:l,small:c={key:[],canvas:null}}){let d=a.getContext("2d"),m=new Map(l?.map(({value:s,colour:$})=>[s,O(R($))])),g=[r,n,e,h,i,l,_.value];(!c.canvas||g.some((s,$)=>s!==c.key[$]))&&(c.key=g,c.canvas=st({rows:n,columns:e,values:r,limits:h,log:i,levels:l,byLevel:m})),d.imageSmoothingEnabled=!1,d.clearRect(0,0,a.width,a.height),d.drawImage(c.canvas,0,0,a.width,a.height),l&&ht(d,{rows:n,columns:e,values:r,levels:l,byLevel:m});let[p,f]=[a.width/e,a.height/n];if(d.fillStyle=R("--surface-1"),p>=6)for(let s=1;s<e;s+=1)d.fillRect(Math.round(s*p),0,1,a.height);if(f>=6)for(let s=1;s<n;s+=1)d.fillRect(0,Math.round(s*f),a.width,1)}function st({rows:a,columns:n,values:e,limits:r,log:h,levels:i,byLevel:l}){let c=new ImageData(n,a),d=O(R("--surface-2")),m=i?new Uint8Array:Q(it.map(f=>O(R(f)))),g=J(r,h);for(let f=0;f<a*n;f+=1){let s=e[f],[$,w,b]=d;if(i)[$,w,b]=l.get(s)??d;else if(!Number.isNaN(s)&&s!==void 0){let N=Math.round(g(s)*255)*3;[$,w,b]=[m[N],m[N+1],m[N+2]]}let A=f*4;c.data[A]=$,c.data[A+1]=w,c.data[A+2]=b,c.data[A+3]=255}let p=new OffscreenCanvas(n,a);return p.getContext("2d").putImageData(c,0,0),p}function ht(a,{rows:n,columns:e,values:r,levels:h,byLevel:i}){let{width:l,height:c}=a.canvas,[d,m]=[l/e,c/n],g=Math.min(d,m,18*(window.devicePixelRatio||1))*.8;if(g<9)return;let p=new Map(h.map(({value:f,glyph:s})=>[f,s]));a.font=`${Math.round(g)}px sans-serif`,a.textAlign="center",a.textBaseline="middle";for(let f=0;f<n*e;f+=1){let s=p.get(r[f]);if(!s)continue;let[$,w,b]=i.get(r[f])??[0,0,0];a.fillStyle=$*.3+w*.59+b*.11>140?"#000":"#fff",a.fillText(s,(f%e+.5)*d,(Math.floor(f/e)+.5)*m)}}function ft(a,{row:n,column:e},r,h){let i=a.getContext("2d"),[l,c]=[a.width/h,a.height/r];i.strokeStyle=R("--text-1"),i.lineWidth=1,i.globalAlpha=.35,i.strokeRect(e*l,-1,l,a.height+2),i.strokeRect(-1,n*c,a.width+2,c),i.globalAlpha=1,i.strokeRect(e*l,n*c,l,c)}function dt({row:a,column:n},e,r,h,i){let[l,c]=[(n+.5)/r*h,(a+1)/e*i];return{...l<h/2?{left:`${l+8}px`}:{right:`${h-l+8}px`},...c<i*.7?{top:`${c+8}px`}:{bottom:`${i-c+24}px`}}}function ut(a){let n=0;for(let e=0;e<a.length;e+=1)a[e]>n&&(n=a[e]);return[0,n||1]}export{xt as a};
