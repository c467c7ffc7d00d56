import{a as l}from"./chunk-ODPSR6XN.js";import{c as a}from"./chunk-3B3KOKTW.js";import{l as r}from"./chunk-QNZ3L47H.js";var p=[["/","search"],["Ctrl K","search, from anywhere"],["?","this list"],["j k","next, previous row"],["Enter","open the row or cell"],["x","pin the row"],["Esc","close, or go back"],["p","pause, or follow the present"],["[ ]","half the time range earlier, later"],["c","compare with the range before"],["y","copy the address of this view"],["T","show the chart in focus as a table"]];function $({onClose:s}){let o=l.filter(({key:e})=>e);return r`<${a} title="Keys" onClose=${s}>
    <div class="row-of" style=${{alignItems:"start",gap:"32px"}}>
      <${i} rows=${p} />
      <${i} rows=${o.map(({key:e,title:t})=>[`g ${e}`,t])} />
    </div>
  <//>`}function i({rows:s}){return r`<dl class="pairs">
    ${s.map(([o,e])=>[r`<dt key=${o}>${o.split(" ").map(t=>r`<kbd key=${t}>${t}</kbd> `)}</dt>`,r`<dd key=${e}>${e}</dd>`])}
  </dl>`}export{$ as HelpDialog};
