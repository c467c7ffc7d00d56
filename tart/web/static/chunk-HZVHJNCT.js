import{l as a}from"./chunk-QNZ3L47H.js";function n({title:d,question:s,actions:e,children:r}){return a`<div class="page-inner">
    <header class="page-head">
      <h1>${d}</h1>
      ${s&&a`<p class="page-question">${s}</p>`}
      ${e&&a`<div class="page-actions">${e}</div>`}
    </header>
    ${r}
  </div>`}function l({title:d,note:s,actions:e,flush:r=!1,size:c,level:$=2,children:h}){return a`<section class=${`card ${c??""}`}>
    <header class="card-head">
      ${$===2?a`<h2>${d}</h2>`:a`<h3>${d}</h3>`}
      ${s&&a`<span class="card-note">${s}</span>`}
      ${e&&a`<div class="card-actions">${e}</div>`}
    </header>
    <div class=${`card-body ${r?"flush":""}`}>${h}</div>
  </section>`}export{n as a,l as b};
