import{a as s}from"./chunk-A5KFDUZV.js";import{l as a}from"./chunk-QNZ3L47H.js";var d=`.tabs {
  display: flex;
  gap: var(--space-1);
  border-bottom: 1px solid var(--line);
  overflow-x: auto;
}

.tab {
  padding: var(--space-2) var(--space-3);
  border: 0;
  border-bottom: 2px solid transparent;
  margin-bottom: -1px;
  background: none;
  color: var(--text-2);
  white-space: nowrap;
  cursor: pointer;
}

.tab[aria-selected="true"] {
  border-bottom-color: var(--accent);
  color: var(--text-1);
  font-weight: 600;
}

.segmented {
  display: inline-flex;
  max-width: 100%;
  border: 1px solid var(--line);
  border-radius: var(--radius);
  /* Where all choices have no place side by side. */
  overflow: auto hidden;
  scrollbar-width: none;
}

.segmented button {
  flex: none;
  white-space: nowrap;
  height: 30px;
  padding: 0 10px;
  border: 0;
  border-inline-end: 1px solid var(--line);
  background: var(--surface-1);
  color: var(--text-2);
  cursor: pointer;
}

.segmented button:last-child {
  border-inline-end: 0;
}

.segmented button[aria-pressed="true"] {
  background: var(--surface-3);
  color: var(--text-1);
  font-weight: 600;
}
`;s(d);function g({tabs:e,selected:t,onSelect:o,label:n}){function i(r){let l={ArrowRight:1,ArrowLeft:-1}[r.key];if(!l)return;let c=e.findIndex(({id:u})=>u===t);o(e[(c+l+e.length)%e.length].id);let p=r.currentTarget;requestAnimationFrame(()=>p.querySelector("[aria-selected=true]")?.focus())}return a`<div class="tabs" role="tablist" aria-label=${n} onKeyDown=${i}>
    ${e.map(({id:r,label:l})=>a`<button
        key=${r}
        type="button"
        role="tab"
        class="tab"
        aria-selected=${r===t}
        tabindex=${r===t?0:-1}
        onClick=${()=>o(r)}
      >
        ${l}
      </button>`)}
  </div>`}function h({choices:e,selected:t,onSelect:o,label:n}){return a`<div class="segmented" role="group" aria-label=${n}>
    ${e.map(({id:i,label:r})=>a`<button key=${i} type="button" aria-pressed=${i===t} onClick=${()=>o(i)}>
        ${r}
      </button>`)}
  </div>`}function $({value:e,onInput:t,label:o}){return a`<input
    class="input"
    type="search"
    value=${e}
    placeholder=${o}
    aria-label=${o}
    spellcheck="false"
    autocomplete="off"
    onInput=${n=>t(n.currentTarget.value)}
  />`}export{g as a,h as b,$ as c};
