import{b as p}from"./chunk-OYJLUT6D.js";import{D as l}from"./chunk-DYZXLK2B.js";import{k as m}from"./chunk-37NB6NY5.js";import{l as s}from"./chunk-QNZ3L47H.js";var u={finalized:"finalized",best:"best chain",fork:"fork",unknown:"not best yet"};function w(n){let t=new Map,d=[],f=[],a=1;return n.forEach((h,k)=>{let r=new Set;for(let e of h.blocks){let i=e.parent===null?void 0:t.get(e.parent),o=e.chain==="finalized"||e.chain==="best"||e.chain==="unknown"&&!r.has(0)?0:Math.max(1,i?.lane??1);for(;r.has(o);)o+=1;r.add(o),a=Math.max(a,o+1);let c={hash:e.hash,slot:h.slot,column:k,lane:o,block:e};t.set(e.hash,c),d.push(c),i&&f.push({from:i,to:c})}}),{nodes:d,edges:f,lanes:a}}function v({clock:n}){return s`<span class="row-of">
    <span class="muted">By the clock of</span>
    <${p}
      label="Clock of all times"
      choices=${[{id:"server",label:"server"},{id:"node",label:"nodes, corrected"}]}
      selected=${n}
      onSelect=${t=>m({clock:t==="server"?void 0:t})}
    />
  </span>`}function y({chain:n}){if(n===void 0)return s`<${l} state="bad" word="missed" />`;let t={finalized:"ok",best:"ok",fork:"warn",unknown:"idle"}[n]??"idle";return s`<${l} state=${t} word=${u[n]} />`}export{u as a,w as b,v as c,y as d};
