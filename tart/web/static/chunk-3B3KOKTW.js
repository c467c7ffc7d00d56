import{g as k,h as m,i as v,j as $,l as u,n as p}from"./chunk-QNZ3L47H.js";function q({label:o,title:n,icon:r,quiet:t=!0,small:s=!1,start:l=!1,entries:f}){let[i,d]=k(!1),a=$(null);E(a,i,()=>d(!1));function g(e){let c=[...a.current?.querySelectorAll("[role^=menuitem]")??[]],y=c.indexOf(document.activeElement),b={ArrowDown:1,ArrowUp:-1}[e.key];b?(e.preventDefault(),c[(y+b+c.length)%c.length]?.focus()):e.key==="Escape"&&(e.stopPropagation(),d(!1),a.current?.querySelector("button")?.focus())}m(()=>{i&&a.current?.querySelector("[role^=menuitem]")?.focus()},[i]);let h=e=>()=>{e.onClick?.(),e.checked===void 0&&d(!1)};return u`<div class="menu" ref=${a} onKeyDown=${i?g:void 0}>
    <button
      type="button"
      class=${`button ${t?"quiet":""} ${s?"small":""} ${o?"":"icon-only"}`}
      aria-haspopup="menu"
      aria-expanded=${i}
      aria-label=${o?void 0:n}
      title=${n}
      onClick=${()=>d(!i)}
    >
      ${r&&u`<${p} name=${r} />`}${o}
    </button>
    ${i&&u`<div class=${`menu-list ${l?"start":""}`} role="menu">
      ${f.map((e,c)=>e.href?u`<a key=${c} role="menuitem" class="menu-entry" href=${e.href} onClick=${h(e)}>${e.label}</a>`:u`<button
              key=${c}
              type="button"
              role=${e.checked===void 0?"menuitem":"menuitemcheckbox"}
              aria-checked=${e.checked}
              class="menu-entry"
              onClick=${h(e)}
            >
              ${e.label}
            </button>`)}
    </div>`}
  </div>`}function E(o,n,r){m(()=>{if(!n)return;let t=s=>{o.current?.contains(s.target)||r()};return document.addEventListener("pointerdown",t),document.addEventListener("focusin",t),()=>{document.removeEventListener("pointerdown",t),document.removeEventListener("focusin",t)}},[n])}function L({title:o,onClose:n,children:r,bare:t=!1,label:s}){let l=$(null);return v(()=>{l.current?.showModal()},[]),u`<dialog
    class="dialog"
    ref=${l}
    aria-label=${s??o}
    onClose=${n}
    onClick=${f=>f.target===l.current&&n()}
  >
    ${!t&&u`<div class="dialog-head">
      <h2>${o}</h2>
      <button type="button" class="button quiet icon-only" aria-label="Close" onClick=${n}>
        <${p} name="close" />
      </button>
    </div>`}
    <div class=${t?"":"dialog-body"}>${r}</div>
  </dialog>`}export{q as a,E as b,L as c};
