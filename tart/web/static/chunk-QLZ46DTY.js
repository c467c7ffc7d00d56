import{D as p,E as $,F as l,i as s,j as i}from"./chunk-DYZXLK2B.js";import{i as r}from"./chunk-37NB6NY5.js";import{l as o,n as m}from"./chunk-QNZ3L47H.js";function _({children:t,onRemove:e,title:n,removeLabel:a="Remove"}){return o`<span class="chip" title=${n}>
    ${t}
    ${e&&o`<button type="button" class="chip-remove" aria-label=${a} onClick=${e}>
      <${m} name="close" />
    </button>`}
  </span>`}function x({node:t,state:e,word:n,short:a=!1}){return o`<span class="node-label">
    ${e&&o`<${p} state=${e} word=${n} hideWord />`}
    <a class="mono" href=${r(`nodes/${t.node_id}`)} title=${t.node_id}>${i(t.node_id)}</a>
    ${!a&&t.implementation_name&&o`<${$} name=${t.implementation_name} version=${t.implementation_version} />`}
  </span>`}function y({value:t,path:e}){if(!t)return o`<span class="muted">${"\u2014"}</span>`;let n=s(t);return o`<span class="copyable mono" title=${t}>
    ${e?o`<a href=${r(e)}>${n}</a>`:n}
    <${l} text=${t} label="Copy the whole hash" />
  </span>`}export{_ as a,x as b,y as c};
