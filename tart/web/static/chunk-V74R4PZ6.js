import{a as h}from"./chunk-OYJLUT6D.js";import{a as s}from"./chunk-HZVHJNCT.js";import{a as m}from"./chunk-LSKVQWEN.js";import{a as c}from"./chunk-QCITNMUN.js";import{b as n,e as a}from"./chunk-IIW3BLOX.js";import{j as l}from"./chunk-37NB6NY5.js";import{l as o}from"./chunk-QNZ3L47H.js";function C({tab:t,title:r,question:e,needsChain:$=!0,children:i}){return o`<${s} title=${r} question=${e}>
    <${h}
      label="Pages about the chain"
      tabs=${[{id:"chain",label:"Chain"},{id:"chain/reconcile",label:"Reconcile"},{id:"chain/finality",label:"Finality and audits"}]}
      selected=${t}
      onSelect=${d=>l(d)}
    />
    ${$?o`<${f}>${i}<//>`:i()}
  <//>`}function f({children:t}){let r=m("the server",e=>c.server({},{signal:e}));return o`<${a} answer=${r}>
    ${e=>e.chain?t():o`<${n} title="This server does not follow the chain.">Set <code>rpc.urls</code> in its settings to the RPC of one or more nodes, such as <code>["ws://127.0.0.1:19800"]</code>.<//>`}
  <//>`}export{C as a};
