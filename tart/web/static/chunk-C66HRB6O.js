import{g as k,h as f,i as g,j as m,l as a,n as p}from"./chunk-EUVXIHW5.js";function q({label:e,title:t,icon:u,quiet:o=!0,small:l=!1,start:r=!1,entries:c}){let[i,d]=k(!1),s=m(null);x(s,i,()=>d(!1));function v(n){let $=[...s.current?.querySelectorAll("[role^=menuitem]")??[]],y=$.indexOf(document.activeElement),h={ArrowDown:1,ArrowUp:-1}[n.key];h?(n.preventDefault(),$[(y+h+$.length)%$.length]?.focus()):n.key==="Escape"&&(n.stopPropagation(),d(!1),s.current?.querySelector("button")?.focus())}f(()=>{i&&s.current?.querySelector("[role^=menuitem]")?.focus()},[i]);let b=n=>()=>{n.onClick?.(),n.checked===void 0&&d(!1)};return a`<div class="menu" ref=${s} onKeyDown=${i?v:void 0}>
    <button
      type="button"
      class=${`button ${o?"quiet":""} ${l?"small":""} ${e?"":"icon-only"}`}
      aria-haspopup="menu"
      aria-expanded=${i}
      aria-label=${e?void 0:t}
      title=${t}
      onClick=${()=>d(!i)}
    >
      ${u&&a`<${p} name=${u} />`}${e}
    </button>
    ${i&&a`<div class=${`menu-list ${r?"start":""}`} role="menu">
      ${c.map((n,$)=>n.href?a`<a key=${$} role="menuitem" class="menu-entry" href=${n.href} onClick=${b(n)}>${n.label}</a>`:a`<button
              key=${$}
              type="button"
              role=${n.checked===void 0?"menuitem":"menuitemcheckbox"}
              aria-checked=${n.checked}
              class="menu-entry"
              onClick=${b(n)}
            >
              ${n.label}
            </button>`)}
    </div>`}
  </div>`}function x(e,t,u){f(()=>{if(!t)return;let o=l=>{e.current?.contains(l.target)||u()};return document.addEventListener("pointerdown",o),document.addEventListener("focusin",o),()=>{document.removeEventListener("pointerdown",o),document.removeEventListener("focusin",o)}},[t])}function A({title:e,onClose:t,children:u,bare:o=!1,label:l}){let r=m(null);return g(()=>{r.current?.showModal()},[]),a`<dialog
    class="dialog"
    ref=${r}
    aria-label=${l??e}
    onClose=${t}
    onClick=${c=>c.target===r.current&&t()}
  >
    ${!o&&a`<div class="dialog-head">
      <h2>${e}</h2>
      <button type="button" class="button quiet icon-only" aria-label="Close" onClick=${t}>
        <${p} name="close" />
      </button>
    </div>`}
    <div class=${o?"":"dialog-body"}>${u}</div>
  </dialog>`}function L({tabs:e,selected:t,onSelect:u,label:o}){function l(r){let c={ArrowRight:1,ArrowLeft:-1}[r.key];if(!c)return;let i=e.findIndex(({id:s})=>s===t);u(e[(i+c+e.length)%e.length].id);let d=r.currentTarget;requestAnimationFrame(()=>d.querySelector("[aria-selected=true]")?.focus())}return a`<div class="tabs" role="tablist" aria-label=${o} onKeyDown=${l}>
    ${e.map(({id:r,label:c})=>a`<button
        key=${r}
        type="button"
        role="tab"
        class="tab"
        aria-selected=${r===t}
        tabindex=${r===t?0:-1}
        onClick=${()=>u(r)}
      >
        ${c}
      </button>`)}
  </div>`}function S({choices:e,selected:t,onSelect:u,label:o}){return a`<div class="segmented" role="group" aria-label=${o}>
    ${e.map(({id:l,label:r})=>a`<button key=${l} type="button" aria-pressed=${l===t} onClick=${()=>u(l)}>
        ${r}
      </button>`)}
  </div>`}function D({value:e,onInput:t,label:u}){return a`<input
    class="input"
    type="search"
    value=${e}
    placeholder=${u}
    aria-label=${u}
    spellcheck="false"
    autocomplete="off"
    onInput=${o=>t(o.currentTarget.value)}
  />`}export{q as a,A as b,L as c,S as d,D as e};
