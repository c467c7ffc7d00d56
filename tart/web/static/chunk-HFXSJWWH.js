import{a as j,b as q,c as O}from"./chunk-TXAUWCT5.js";import{a as L}from"./chunk-A5KFDUZV.js";import{a as X}from"./chunk-ZVTLTR5U.js";import{d as Y}from"./chunk-5HTXFBE2.js";import{b as G,y as z,z as A}from"./chunk-DYZXLK2B.js";import{g as D,h as T,j as _,k as K,l as x}from"./chunk-QNZ3L47H.js";var J=`.heatmap {
  position: relative;
}

.heatmap canvas {
  display: block;
  width: 100%;
}

.heatmap-hover {
  position: absolute;
  z-index: 5;
  pointer-events: none;
  padding: var(--space-1) var(--space-2);
  border: 1px solid var(--line);
  border-radius: var(--radius);
  background: var(--surface-1);
  box-shadow: var(--shadow);
  font-size: var(--size-12);
  white-space: nowrap;
}
`;L(J);var ct=["--heat-0","--heat-1","--heat-2","--heat-3","--heat-4","--heat-5"];function At({title:a,rows:n,columns:e,values:r,rowLabel:h,columnLabel:i,rowTitle:l="row",columnTitle:c="column",domain:d,log:g=!1,levels:p,format:$=G,cellHeight:f,height:s,describe:m,onOpen:w,onSelect:y,onHover:k,actions:R}){let W=_(null),[u,V]=D(null),[M,H]=D(null),[N,Z]=D(!1),[P,tt]=D(0),et=_({key:[],canvas:null}),at=z.value,C=s??Math.max(40,Math.min(640,n*(f??Math.max(4,Math.min(20,400/Math.max(n,1)))))),B=K(()=>d??pt(r),[d,r]);T(()=>{let t=W.current;if(!t)return;let o=new ResizeObserver(()=>tt(t.clientWidth));return o.observe(t),()=>o.disconnect()},[N]),T(()=>{let t=W.current;if(!t||!P||!n||!e)return;let o=window.devicePixelRatio||1;t.width=Math.round(P*o),t.height=Math.round(C*o),Q(t,{rows:n,columns:e,values:r,limits:B,log:g,levels:p,small:et.current}),u&&dt(t,u,n,e)},[r,n,e,P,C,B,p,at,u,N]);function E(t){let o=t.currentTarget.getBoundingClientRect(),v=Math.floor((t.clientX-o.left)/o.width*e),b=Math.floor((t.clientY-o.top)/o.height*n);return b>=0&&b<n&&v>=0&&v<e?{row:b,column:v}:null}function S(t){V(t),k?.(t)}function nt(t){let o=E(t);o&&M&&(Math.abs(o.row-M.row)+Math.abs(o.column-M.column)>1?y?.({row:Math.min(M.row,o.row),column:Math.min(M.column,o.column),lastRow:Math.max(M.row,o.row),lastColumn:Math.max(M.column,o.column)}):w?.(o.row,o.column)),H(null)}function ot(t){let o={ArrowUp:[-1,0],ArrowDown:[1,0],ArrowLeft:[0,-1],ArrowRight:[0,1]};if(t.key==="Enter"&&u)w?.(u.row,u.column);else if(t.key in o){let[v,b]=o[t.key],F=u??{row:0,column:e-1};S({row:Math.max(0,Math.min(n-1,F.row+v)),column:Math.max(0,Math.min(e-1,F.column+b))})}else return;t.preventDefault()}let I=t=>Number.isNaN(t)?"\u2014":p?.find(o=>o.value===t)?.label??$(t),U=(t,o)=>r[t*e+o],rt=()=>({titles:[l,...Array.from({length:e},(t,o)=>i(o))],rows:Array.from({length:n},(t,o)=>[h(o),...Array.from({length:e},(v,b)=>Number.isNaN(U(o,b))?null:I(U(o,b)))])});return x`<${X}
    title=${a}
    kind="grid"
    legend=${p?x`<${lt} levels=${p} />`:x`<${st} limits=${B} format=${$} />`}
    actions=${R}
    table=${rt}
    asTable=${N}
    onToggle=${()=>Z(!N)}
  >
    ${N?x`<${Y}
          caption=${a}
          height=${Math.max(C,240)}
          rowKey=${t=>t}
          rows=${Array.from({length:n*e},(t,o)=>o).filter(t=>!Number.isNaN(r[t]))}
          columns=${[{id:"row",title:l,value:t=>h(Math.floor(t/e)),rank:1},{id:"column",title:c,value:t=>i(t%e),rank:2},{id:"value",title:"value",value:t=>I(r[t]),end:!0,rank:3}]}
        />`:x`<div class="heatmap">
          <canvas
            ref=${W}
            tabindex="0"
            role="img"
            aria-label=${`${a}: ${n} rows by ${e} columns. Arrow keys read the cells; the table has all.`}
            style=${{height:`${C}px`,cursor:w||y?"crosshair":"default",touchAction:y?"none":"auto"}}
            onPointerMove=${t=>S(E(t))}
            onPointerLeave=${()=>(S(null),H(null))}
            onPointerDown=${t=>H(E(t))}
            onPointerUp=${nt}
            onKeyDown=${ot}
            onBlur=${()=>S(null)}
          ></canvas>
          ${u&&x`<div class="heatmap-hover" role="status" style=${ut(u,n,e,P,C)}>
            <b>${h(u.row)}</b> · ${i(u.column)}<br />
            ${m?m(u.row,u.column):I(U(u.row,u.column))}
          </div>`}
        </div>`}
  <//>`}function lt({levels:a}){return a.map(({label:n,colour:e,glyph:r})=>x`<span key=${n} class="legend-entry">
      <i class="swatch" style=${{background:`var(${e})`}}></i>${r?`${r} `:""}${n}
    </span>`)}function st({limits:a,format:n}){let e=_(null),r=z.value;return T(()=>{let h=e.current;[h.width,h.height]=[256,1],Q(h,{rows:1,columns:256,values:Float64Array.from({length:256},(i,l)=>l),limits:[0,255]})},[r]),x`<span class="scale">${n(a[0])}<canvas ref=${e} aria-hidden="true"></canvas>${n(a[1])}</span>`}function Q(a,{rows:n,columns:e,values:r,limits:h,log:i=!1,levels:l,small:c={key:[],canvas:null}}){let d=a.getContext("2d"),g=new Map(l?.map(({value:s,colour:m})=>[s,O(A(m))])),p=[r,n,e,h,i,l,z.value];(!c.canvas||p.some((s,m)=>s!==c.key[m]))&&(c.key=p,c.canvas=ht({rows:n,columns:e,values:r,limits:h,log:i,levels:l,byLevel:g})),d.imageSmoothingEnabled=!1,d.clearRect(0,0,a.width,a.height),d.drawImage(c.canvas,0,0,a.width,a.height),l&&ft(d,{rows:n,columns:e,values:r,levels:l,byLevel:g});let[$,f]=[a.width/e,a.height/n];if(d.fillStyle=A("--surface-1"),$>=6)for(let s=1;s<e;s+=1)d.fillRect(Math.round(s*$),0,1,a.height);if(f>=6)for(let s=1;s<n;s+=1)d.fillRect(0,Math.round(s*f),a.width,1)}function ht({rows:a,columns:n,values:e,limits:r,log:h,levels:i,byLevel:l}){let c=new ImageData(n,a),d=O(A("--surface-2")),g=i?new Uint8Array:q(ct.map(f=>O(A(f)))),p=j(r,h);for(let f=0;f<a*n;f+=1){let s=e[f],[m,w,y]=d;if(i)[m,w,y]=l.get(s)??d;else if(!Number.isNaN(s)&&s!==void 0){let R=Math.round(p(s)*255)*3;[m,w,y]=[g[R],g[R+1],g[R+2]]}let k=f*4;c.data[k]=m,c.data[k+1]=w,c.data[k+2]=y,c.data[k+3]=255}let $=new OffscreenCanvas(n,a);return $.getContext("2d").putImageData(c,0,0),$}function ft(a,{rows:n,columns:e,values:r,levels:h,byLevel:i}){let{width:l,height:c}=a.canvas,[d,g]=[l/e,c/n],p=Math.min(d,g,18*(window.devicePixelRatio||1))*.8;if(p<9)return;let $=new Map(h.map(({value:f,glyph:s})=>[f,s]));a.font=`${Math.round(p)}px sans-serif`,a.textAlign="center",a.textBaseline="middle";for(let f=0;f<n*e;f+=1){let s=$.get(r[f]);if(!s)continue;let[m,w,y]=i.get(r[f])??[0,0,0];a.fillStyle=m*.3+w*.59+y*.11>140?"#000":"#fff",a.fillText(s,(f%e+.5)*d,(Math.floor(f/e)+.5)*g)}}function dt(a,{row:n,column:e},r,h){let i=a.getContext("2d"),[l,c]=[a.width/h,a.height/r];i.strokeStyle=A("--text-1"),i.lineWidth=1,i.globalAlpha=.35,i.strokeRect(e*l,-1,l,a.height+2),i.strokeRect(-1,n*c,a.width+2,c),i.globalAlpha=1,i.strokeRect(e*l,n*c,l,c)}function ut({row:a,column:n},e,r,h,i){let[l,c]=[(n+.5)/r*h,(a+1)/e*i];return{...l<h/2?{left:`${l+8}px`}:{right:`${h-l+8}px`},...c<i*.7?{top:`${c+8}px`}:{bottom:`${i-c+24}px`}}}function pt(a){let n=0;for(let e=0;e<a.length;e+=1)a[e]>n&&(n=a[e]);return[0,n||1]}export{At as a};
