import{a as Y,b as j,c as W}from"./chunk-TXAUWCT5.js";import{a as L}from"./chunk-SHTKVFCG.js";import{d as X}from"./chunk-6UV674H3.js";import{G as O,H as A,b as G}from"./chunk-FPGP54BG.js";import{g as D,h as S,j as _,k as K,l as M}from"./chunk-EUVXIHW5.js";var ot=["--heat-0","--heat-1","--heat-2","--heat-3","--heat-4","--heat-5"];function yt({title:n,rows:a,columns:e,values:r,rowLabel:s,columnLabel:i,rowTitle:l="row",columnTitle:c="column",domain:d,log:m=!1,levels:g,format:p=G,cellHeight:f,height:h,describe:$,onOpen:w,onSelect:y,onHover:v,actions:R}){let H=_(null),[u,J]=D(null),[b,B]=D(null),[N,Q]=D(!1),[P,V]=D(0),Z=_({key:[],canvas:null}),tt=O.value,C=h??Math.max(40,Math.min(640,a*(f??Math.max(4,Math.min(20,400/Math.max(a,1)))))),E=K(()=>d??ft(r),[d,r]);S(()=>{let t=H.current;if(!t)return;let o=new ResizeObserver(()=>V(t.clientWidth));return o.observe(t),()=>o.disconnect()},[N]),S(()=>{let t=H.current;if(!t||!P||!a||!e)return;let o=window.devicePixelRatio||1;t.width=Math.round(P*o),t.height=Math.round(C*o),q(t,{rows:a,columns:e,values:r,limits:E,log:m,levels:g,small:Z.current}),u&&ht(t,u,a,e)},[r,a,e,P,C,E,g,tt,u,N]);function I(t){let o=t.currentTarget.getBoundingClientRect(),k=Math.floor((t.clientX-o.left)/o.width*e),x=Math.floor((t.clientY-o.top)/o.height*a);return x>=0&&x<a&&k>=0&&k<e?{row:x,column:k}:null}function T(t){J(t),v?.(t)}function et(t){let o=I(t);o&&b&&(Math.abs(o.row-b.row)+Math.abs(o.column-b.column)>1?y?.({row:Math.min(b.row,o.row),column:Math.min(b.column,o.column),lastRow:Math.max(b.row,o.row),lastColumn:Math.max(b.column,o.column)}):w?.(o.row,o.column)),B(null)}function nt(t){let o={ArrowUp:[-1,0],ArrowDown:[1,0],ArrowLeft:[0,-1],ArrowRight:[0,1]};if(t.key==="Enter"&&u)w?.(u.row,u.column);else if(t.key in o){let[k,x]=o[t.key],F=u??{row:0,column:e-1};T({row:Math.max(0,Math.min(a-1,F.row+k)),column:Math.max(0,Math.min(e-1,F.column+x))})}else return;t.preventDefault()}let U=t=>Number.isNaN(t)?"\u2014":g?.find(o=>o.value===t)?.label??p(t),z=(t,o)=>r[t*e+o],at=()=>({titles:[l,...Array.from({length:e},(t,o)=>i(o))],rows:Array.from({length:a},(t,o)=>[s(o),...Array.from({length:e},(k,x)=>Number.isNaN(z(o,x))?null:U(z(o,x)))])});return M`<${L}
    title=${n}
    kind="grid"
    legend=${g?M`<${rt} levels=${g} />`:M`<${it} limits=${E} format=${p} />`}
    actions=${R}
    table=${at}
    asTable=${N}
    onToggle=${()=>Q(!N)}
  >
    ${N?M`<${X}
          caption=${n}
          height=${Math.max(C,240)}
          rowKey=${t=>t}
          rows=${Array.from({length:a*e},(t,o)=>o).filter(t=>!Number.isNaN(r[t]))}
          columns=${[{id:"row",title:l,value:t=>s(Math.floor(t/e)),rank:1},{id:"column",title:c,value:t=>i(t%e),rank:2},{id:"value",title:"value",value:t=>U(r[t]),end:!0,rank:3}]}
        />`:M`<div class="heatmap">
          <canvas
            ref=${H}
            tabindex="0"
            role="img"
            aria-label=${`${n}: ${a} rows by ${e} columns. Arrow keys read the cells; the table has all.`}
            style=${{height:`${C}px`,cursor:w||y?"crosshair":"default",touchAction:y?"none":"auto"}}
            onPointerMove=${t=>T(I(t))}
            onPointerLeave=${()=>(T(null),B(null))}
            onPointerDown=${t=>B(I(t))}
            onPointerUp=${et}
            onKeyDown=${nt}
            onBlur=${()=>T(null)}
          ></canvas>
          ${u&&M`<div class="heatmap-hover" role="status" style=${st(u,a,e,P,C)}>
            <b>${s(u.row)}</b> · ${i(u.column)}<br />
            ${$?$(u.row,u.column):U(z(u.row,u.column))}
          </div>`}
        </div>`}
  <//>`}function rt({levels:n}){return n.map(({label:a,colour:e,glyph:r})=>M`<span key=${a} class="legend-entry">
      <i class="swatch" style=${{background:`var(${e})`}}></i>${r?`${r} `:""}${a}
    </span>`)}function it({limits:n,format:a}){let e=_(null),r=O.value;return S(()=>{let s=e.current;[s.width,s.height]=[256,1],q(s,{rows:1,columns:256,values:Float64Array.from({length:256},(i,l)=>l),limits:[0,255]})},[r]),M`<span class="scale">${a(n[0])}<canvas ref=${e} aria-hidden="true"></canvas>${a(n[1])}</span>`}function q(n,{rows:a,columns:e,values:r,limits:s,log:i=!1,levels:l,small:c={key:[],canvas:null}}){let d=n.getContext("2d"),m=new Map(l?.map(({value:h,colour:$})=>[h,W(A($))])),g=[r,a,e,s,i,l,O.value];(!c.canvas||g.some((h,$)=>h!==c.key[$]))&&(c.key=g,c.canvas=ct({rows:a,columns:e,values:r,limits:s,log:i,levels:l,byLevel:m})),d.imageSmoothingEnabled=!1,d.clearRect(0,0,n.width,n.height),d.drawImage(c.canvas,0,0,n.width,n.height),l&&lt(d,{rows:a,columns:e,values:r,levels:l,byLevel:m});let[p,f]=[n.width/e,n.height/a];if(d.fillStyle=A("--surface-1"),p>=6)for(let h=1;h<e;h+=1)d.fillRect(Math.round(h*p),0,1,n.height);if(f>=6)for(let h=1;h<a;h+=1)d.fillRect(0,Math.round(h*f),n.width,1)}function ct({rows:n,columns:a,values:e,limits:r,log:s,levels:i,byLevel:l}){let c=new ImageData(a,n),d=W(A("--surface-2")),m=i?new Uint8Array:j(ot.map(f=>W(A(f)))),g=Y(r,s);for(let f=0;f<n*a;f+=1){let h=e[f],[$,w,y]=d;if(i)[$,w,y]=l.get(h)??d;else if(!Number.isNaN(h)&&h!==void 0){let R=Math.round(g(h)*255)*3;[$,w,y]=[m[R],m[R+1],m[R+2]]}let v=f*4;c.data[v]=$,c.data[v+1]=w,c.data[v+2]=y,c.data[v+3]=255}let p=new OffscreenCanvas(a,n);return p.getContext("2d").putImageData(c,0,0),p}function lt(n,{rows:a,columns:e,values:r,levels:s,byLevel:i}){let{width:l,height:c}=n.canvas,[d,m]=[l/e,c/a],g=Math.min(d,m,18*(window.devicePixelRatio||1))*.8;if(g<9)return;let p=new Map(s.map(({value:f,glyph:h})=>[f,h]));n.font=`${Math.round(g)}px sans-serif`,n.textAlign="center",n.textBaseline="middle";for(let f=0;f<a*e;f+=1){let h=p.get(r[f]);if(!h)continue;let[$,w,y]=i.get(r[f])??[0,0,0];n.fillStyle=$*.3+w*.59+y*.11>140?"#000":"#fff",n.fillText(h,(f%e+.5)*d,(Math.floor(f/e)+.5)*m)}}function ht(n,{row:a,column:e},r,s){let i=n.getContext("2d"),[l,c]=[n.width/s,n.height/r];i.strokeStyle=A("--text-1"),i.lineWidth=1,i.globalAlpha=.35,i.strokeRect(e*l,-1,l,n.height+2),i.strokeRect(-1,a*c,n.width+2,c),i.globalAlpha=1,i.strokeRect(e*l,a*c,l,c)}function st({row:n,column:a},e,r,s,i){let[l,c]=[(a+.5)/r*s,(n+1)/e*i];return{...l<s/2?{left:`${l+8}px`}:{right:`${s-l+8}px`},...c<i*.7?{top:`${c+8}px`}:{bottom:`${i-c+24}px`}}}function ft(n){let a=0;for(let e=0;e<n.length;e+=1)n[e]>a&&(a=n[e]);return[0,a||1]}export{yt as a};
