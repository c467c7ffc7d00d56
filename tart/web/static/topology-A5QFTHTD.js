import{b as fe,c as X}from"./chunk-TXAUWCT5.js";import{a as $e,b as J}from"./chunk-OYJLUT6D.js";import{b as B}from"./chunk-QLZ46DTY.js";import{a as he}from"./chunk-G37EDIRC.js";import{a as L,b as re}from"./chunk-WQNOXECZ.js";import{a as ue}from"./chunk-A5KFDUZV.js";import{a as ie,b as I}from"./chunk-HZVHJNCT.js";import{a as me}from"./chunk-LSKVQWEN.js";import{a as ae}from"./chunk-QCITNMUN.js";import{b as V,e as se}from"./chunk-IIW3BLOX.js";import{d as q}from"./chunk-5HTXFBE2.js";import{D as G,a as $,g as ne,j as _,m as S,o as O,y as oe,z as R}from"./chunk-DYZXLK2B.js";import{d as ce,h as de}from"./chunk-NIKDHXBC.js";import{g as W,i as j,j as le,k as A}from"./chunk-37NB6NY5.js";import{g as K,h as F,j as te,k as v,l}from"./chunk-QNZ3L47H.js";function pe({nodes:n,implementations:o}){return n.node_id.map((e,s)=>{let t=n.implementation[s],r=t===null?{name:null,version:null}:o[t];return{index:s,node_id:e,implementation_name:r.name,implementation_version:r.version,known:t!==null,is_connected:n.is_connected[s],sent:n.sent[s],received:n.received[s],targets:n.targets[s],sources:n.sources[s],degree:Math.max(n.targets[s],n.sources[s]),peers:n.peers[s]}})}var Q=["implementation","links","id"];function Z(n,o){let e=(t,r)=>t.node_id<r.node_id?-1:1,s=(t,r)=>r.degree-t.degree||r.sent-t.sent||e(t,r);return o==="id"?[...n].sort(e):o==="links"?[...n].sort(s):[...n].sort((t,r)=>Ne(Y(t),Y(r))||s(t,r))}function Y({implementation_name:n,implementation_version:o,known:e}){return e?n?`${n} ${o??""}`.trim():"unknown":"\uFFFFno telemetry"}function Ne(n,o){return n<o?-1:n>o?1:0}function ge(n,o){let e=o.length,s=new Int32Array(e);o.forEach(({index:a},m)=>s[a]=m);let t=1;for(let a of n.messages)a>t&&(t=a);let r=254/(Math.log(t+1)||1),i=new Uint8Array(e*e);for(let a=0;a<n.messages.length;a+=1){let m=s[n.source[a]]*e+s[n.target[a]];i[m]=1+Math.round(Math.log(n.messages[a]+1)*r)}return{cells:i,size:e,most:t}}function we(n,o,e){let[s,t]=[0,n.source.length];for(;s<t;){let r=s+t>>1;n.source[r]<o||n.source[r]===o&&n.target[r]<e?s=r+1:t=r}return n.source[s]===o&&n.target[s]===e?n.messages[s]:0}function z(n){let o=[];return n.forEach((e,s)=>{let t=Y(e),r=o.at(-1);r?.label===t?r.to=s+1:o.push({name:e.implementation_name??"",label:t,from:s,to:s+1})}),o}function be(n,o){let e=new Map;for(let s=0;s<n.messages.length;s+=1){let[t,r]=[n.source[s],n.target[s]];if(t!==o&&r!==o)continue;let i=t===o?r:t,a=e.get(i)??{index:i,sent:0,received:0};a[t===o?"sent":"received"]+=n.messages[s],e.set(i,a)}return[...e.values()].sort((s,t)=>t.sent+t.received-s.sent-s.received||s.index-t.index)}function ke(n){let o=n.filter(({known:s})=>s),e=he(o.map(({degree:s})=>s))??0;return{median:e,nodes:o.filter(({targets:s,sources:t})=>Math.min(s,t)<e/3).sort((s,t)=>Math.min(s.targets,s.sources)-Math.min(t.targets,t.sources)||s.index-t.index)}}function xe(n,o){return Array.from({length:n},(e,s)=>{let t=s/Math.max(n,1)*2*Math.PI-Math.PI/2;return{x:o*Math.cos(t),y:o*Math.sin(t)}})}var Se=["--heat-1","--heat-2","--heat-3","--heat-4","--heat-5"],U=8;function ye({links:n,nodes:o,selected:e,onSelect:s,what:t}){let r=te(null),[i,a]=K(null),[m,g]=K(0),x=oe.value,c=v(()=>ge(n,o),[n,o]),d=v(()=>z(o),[o]),y=v(()=>Re(c),[c,x]),{size:w}=c;F(()=>{let u=r.current,h=new ResizeObserver(()=>g(u.clientWidth));return h.observe(u),()=>h.disconnect()},[]),F(()=>{let u=r.current;if(!u||!m||!w)return;let h=window.devicePixelRatio||1;u.width=u.height=Math.round(m*h);let k=u.getContext("2d"),f=U*h,p=u.width-f;k.imageSmoothingEnabled=p<w,k.drawImage(y,f,f,p,p);for(let{name:b,from:E,to:H}of d){k.fillStyle=R(O(b));let[D,M]=[f+E/w*p,(H-E)/w*p];k.fillRect(D,0,M-h,f-2*h),k.fillRect(0,D,f-2*h,M-h)}let C=o.findIndex(({index:b})=>b===e);for(let b of[C])b>=0&&T(k,b,b,.9);i&&T(k,i.row,i.column,.4);function T(b,E,H,D){let M=p/w;b.strokeStyle=R("--text-1"),b.globalAlpha=D,b.strokeRect(f+H*M,f,Math.max(M,1),p),b.strokeRect(f,f+E*M,p,Math.max(M,1)),b.globalAlpha=1}},[y,m,d,i,e,o]);function P(u){let h=u.currentTarget.getBoundingClientRect(),k=h.width-U,f=Math.floor((u.clientX-h.left-U)/k*w),p=Math.floor((u.clientY-h.top-U)/k*w);return p>=0&&p<w&&f>=0&&f<w?{row:p,column:f}:null}function Ae(u){let h={ArrowUp:[-1,0],ArrowDown:[1,0],ArrowLeft:[0,-1],ArrowRight:[0,1]};if(u.key==="Enter"&&i)s(o[i.row].index);else if(u.key in h){let[k,f]=h[u.key],p=i??{row:0,column:0},C=T=>Math.max(0,Math.min(w-1,T));a({row:C(p.row+k),column:C(p.column+f)})}else return;u.preventDefault()}let ee=i?we(n,o[i.row].index,o[i.column].index):0;return l`<div class="link-matrix">
    <canvas
      ref=${r}
      tabindex="0"
      role="img"
      aria-label=${`${t} between ${w} nodes, senders in rows. Arrow keys read the cells; the table has all links.`}
      onPointerMove=${u=>a(P(u))}
      onPointerLeave=${()=>a(null)}
      onClick=${u=>{let h=P(u);h&&s(o[h.row].index)}}
      onKeyDown=${Ae}
      onBlur=${()=>a(null)}
    ></canvas>
    <p class="link-matrix-cell muted" role="status">
      ${i?l`<span class="mono">${_(o[i.row].node_id)}</span> → <span class="mono">${_(o[i.column].node_id)}</span>: ${ee?`${$(ee)} ${t}`:"none"}`:"Rows send, columns receive. Click a row for its neighbours."}
    </p>
  </div>`}function Re({cells:n,size:o}){let e=new OffscreenCanvas(Math.max(o,1),Math.max(o,1)),s=e.getContext("2d"),t=fe(Se.map(c=>X(R(c)))),[r,i,a]=X(R("--surface-2")),m=new Uint32Array(256);m[0]=ve(r,i,a);for(let c=1;c<256;c+=1)m[c]=ve(t[c*3],t[c*3+1],t[c*3+2]);let g=new ImageData(e.width,e.height),x=new Uint32Array(g.data.buffer);for(let c=0;c<n.length;c+=1)x[c]=m[n[c]];return s.putImageData(g,0,0),e}function ve(n,o,e){return(255<<24|e<<16|o<<8|n)>>>0}var _e=`.link-matrix canvas {
  display: block;
  width: 100%;
  max-width: 720px;
  aspect-ratio: 1;
  cursor: crosshair;
}

.link-matrix-cell {
  min-height: 20px;
  margin: var(--space-1) 0;
}

.neighbourhood {
  display: block;
  width: 100%;
  max-height: 380px;
}

.neighbourhood line {
  stroke: var(--line-strong);
  stroke-opacity: 0.5;
}

.neighbourhood circle {
  stroke: var(--surface-1);
  stroke-width: 1.5;
}

.neighbourhood circle.own {
  stroke: var(--text-1);
}

.neighbourhood a:focus-visible circle,
.neighbourhood a:hover circle {
  stroke: var(--text-1);
}

.neighbourhood text {
  fill: var(--text-2);
  font: 8px var(--mono);
  text-anchor: middle;
}
`;ue(_e);var N={announcements:"block announcements",tickets:"tickets",streams:"announcement streams opened"},Me=40;function Ce(){let{parameters:n}=W.value,o=n.kind in N?n.kind:"announcements",e=me("the links",r=>ae.links({kind:o,...de()},{signal:r}),{every:3e4,deps:[o,JSON.stringify(ce.value)]}),s=Object.entries(N).map(([r])=>({id:r,label:r})),t=l`<${J} label="Messages" choices=${s} selected=${o} onSelect=${r=>A({kind:r==="announcements"?void 0:r})} />`;return l`<${ie} title="Topology" question="Who sends to whom, and who is poorly connected?" actions=${t}>
    <${se}
      answer=${e}
      lines=${12}
      isEmpty=${r=>r.total_links===0}
      empty=${l`<${V} title=${`No ${N[o]} in this range.`}>Links appear when two nodes exchange messages; counts are stored in buckets of ten minutes.<//>`}
    >
      ${r=>l`<${Te} data=${r} kind=${o} parameters=${n} />`}
    <//>
  <//>`}function Te({data:n,kind:o,parameters:e}){let s=Q.includes(e.order)?e.order:"implementation",t=v(()=>pe(n),[n]),r=v(()=>Z(t,s),[t,s]),i=v(()=>ke(t),[t]),a=(e.node??"").toLowerCase().replace(/^0x/,""),m=a?t.find(({node_id:d})=>d.startsWith(a)):void 0,g=t.filter(({known:d})=>!d).length,x=e.tab??"poor",c=d=>A({node:t[d].node_id});return l`<div class="cards">
    <${I} title="Links">
      <${re}>
        <${L} id="nodes" label="Nodes" value=${$(t.length)} note=${g?`${S(g,"peer")} without telemetry`:void 0} />
        <${L} id="links" label="Links" value=${$(n.total_links)} note=${`${ne(n.total_links,t.length*(t.length-1))} of all pairs`} />
        <${L} id="median" label="Links of a node" value=${$(i.median)} note="median" />
        <${L} id="poor" label="Poorly connected" value=${$(i.nodes.length)} state=${i.nodes.length?"warn":void 0} note="below a third of the median" />
      <//>
      ${!n.complete&&l`<p class="muted">The matrix has the ${$(n.links.messages.length)} links with the most messages.</p>`}
    <//>
    <${I}
      title="Matrix"
      note=${N[o]}
      size="two-thirds"
      actions=${l`<${J}
        label="Order"
        choices=${Q.map(d=>({id:d,label:`by ${d}`}))}
        selected=${s}
        onSelect=${d=>A({order:d==="implementation"?void 0:d})}
      />`}
    >
      <${ye} links=${n.links} nodes=${r} selected=${m?.index} onSelect=${c} what=${N[o]} />
      <div class="chart-legend">
        ${z(Z(t,"implementation")).map(({name:d,label:y,from:w,to:P})=>l`<span key=${y} class="legend-entry">
            <i class="swatch" style=${{background:`var(${O(d)})`}}></i>${y.replace("\uFFFF","")} (${$(P-w)})
          </span>`)}
        <span class="muted">darker: more messages, by their logarithm</span>
      </div>
    <//>
    <${I}
      title=${m?l`Neighbours of <span class="mono">${_(m.node_id)}</span>`:"Neighbours"}
      size="third"
      actions=${m&&l`<a class="button small" href=${j(`nodes/${m.node_id}`)}>Open</a>`}
    >
      ${m?l`<${Ee} data=${n} nodes=${t} own=${m.index} what=${N[o]} />`:l`<${V} title=${a?`No link names a node that begins with ${a.slice(0,12)}.`:"No node selected."}>Click a row of the matrix, or a node below.<//>`}
    <//>
    <section class="card">
      <${$e}
        label="Lists"
        selected=${x}
        onSelect=${d=>A({tab:d==="poor"?void 0:d})}
        tabs=${[{id:"poor",label:`Poorly connected (${$(i.nodes.length)})`},{id:"nodes",label:"All nodes"},{id:"links",label:"All links"}]}
      />
      ${x==="links"?l`<${Ie} data=${n} nodes=${t} />`:l`<${De} rows=${x==="nodes"?t:i.nodes} poor=${i} />`}
    </section>
  </div>`}function Ee({data:n,nodes:o,own:e,what:s}){let t=v(()=>be(n.links,e),[n,e]),r=t.slice(0,Me),i=xe(r.length,118),a=Math.max(...r.map(({sent:m,received:g})=>m+g),1);return l`
    <svg class="neighbourhood" viewBox="-150 -150 300 300" role="group" aria-label=${`${_(o[e].node_id)} has ${S(t.length,"neighbour")}`}>
      ${r.map(({index:m,sent:g,received:x},c)=>{let d=.5+3.5*(g+x)/a;return l`<line key=${`line ${m}`} x1="0" y1="0" x2=${i[c].x} y2=${i[c].y} style=${{strokeWidth:`${d}px`}} />`})}
      <circle class="own" r="9" style=${{fill:`var(${O(o[e].implementation_name)})`}} />
      ${r.map(({index:m,sent:g,received:x},c)=>{let d=o[m],y=`${_(d.node_id)} ${d.implementation_name??"no telemetry"}: ${$(g)} to it, ${$(x)} from it`;return l`<a key=${m} href=${j("topology",{...W.value.parameters,node:d.node_id})} aria-label=${y}>
          <circle cx=${i[c].x} cy=${i[c].y} r="7" style=${{fill:`var(${O(d.implementation_name)})`}}>
            <title>${y}</title>
          </circle>
          ${r.length<=20&&l`<text x=${i[c].x*1.16} y=${i[c].y*1.12+3}>${_(d.node_id)}</text>`}
        </a>`})}
    </svg>
    <p class="muted">
      ${S(t.length,"neighbour")}${t.length>r.length?`; the ${Me} with the most ${s} are shown`:""}.
      Width: ${s} in both directions.
    </p>
  `}function De({rows:n,poor:o}){return l`<${q}
    caption="Nodes by links"
    rows=${n}
    rowKey=${e=>e.node_id}
    sort="links"
    csv="nodes-by-links"
    height=${360}
    onOpen=${e=>A({node:e.node_id})}
    empty=${`Every node has at least a third of the median, ${S(o.median,"link")}.`}
    columns=${[{id:"node",title:"node",value:e=>e.node_id,cell:e=>l`<${B} node=${e} />`,rank:1},{id:"links",title:"sends to",end:!0,value:e=>e.targets,cell:e=>Oe(e.targets,o.median),rank:2},{id:"sources",title:"receives from",end:!0,value:e=>e.sources,cell:e=>Oe(e.sources,o.median),rank:3},{id:"sent",title:"sent",end:!0,value:e=>e.sent,cell:e=>$(e.sent)},{id:"received",title:"received",end:!0,value:e=>e.received,cell:e=>$(e.received)},{id:"peers",title:"peers",help:"As its newest Status has it",end:!0,value:e=>e.peers,cell:e=>$(e.peers)},{id:"telemetry",title:"telemetry",value:e=>e.known?e.is_connected?"connected":"disconnected":"none",cell:e=>e.known?l`<${G} state=${e.is_connected?"ok":"bad"} word=${e.is_connected?"connected":"disconnected"} />`:l`<span class="muted">${"\u2014"} none</span>`}]}
  />`}function Oe(n,o){return n<o/3?l`<${G} state="warn" word=${$(n)} title="Below a third of the median" />`:$(n)}function Ie({data:n,nodes:o}){let{links:e}=n,s=v(()=>e.messages.map((t,r)=>r),[e]);return l`<${q}
    caption="Links"
    rows=${s}
    rowKey=${t=>t}
    sort="-messages"
    sortParameter="links"
    csv="links"
    height=${360}
    onOpen=${t=>le("topology",{...W.value.parameters,node:o[e.source[t]].node_id})}
    columns=${[{id:"from",title:"from",value:t=>o[e.source[t]].node_id,cell:t=>l`<${B} node=${o[e.source[t]]} />`,rank:1},{id:"to",title:"to",value:t=>o[e.target[t]].node_id,cell:t=>l`<${B} node=${o[e.target[t]]} />`,rank:2},{id:"messages",title:"messages",end:!0,value:t=>e.messages[t],cell:t=>$(e.messages[t]),rank:3}]}
  />`}export{Ce as default};
