import{e as s}from"./chunk-7RMA6LCR.js";import{d as l}from"./chunk-C66HRB6O.js";import{L as r,y as n}from"./chunk-FPGP54BG.js";import{l as o}from"./chunk-EUVXIHW5.js";function f({clock:e}){return o`<span class="row-of">
    <span class="muted">By the clock of</span>
    <${l}
      label="Clock of all times"
      choices=${[{id:"server",label:"server"},{id:"node",label:"nodes, corrected"}]}
      selected=${e}
      onSelect=${t=>n({clock:t==="server"?void 0:t})}
    />
  </span>`}function p({chain:e}){if(e===void 0)return o`<${r} state="bad" word="missed" />`;let t={finalized:"ok",best:"ok",fork:"warn",unknown:"idle"}[e]??"idle";return o`<${r} state=${t} word=${s[e]} />`}export{f as a,p as b};
