import{d as $,y as x}from"./chunk-PIVQMX7W.js";import{b as g}from"./chunk-MX6SEDPD.js";import{a as v}from"./chunk-A5KFDUZV.js";import{a as w}from"./chunk-LSKVQWEN.js";import{a as h}from"./chunk-QCITNMUN.js";import{e as f}from"./chunk-IIW3BLOX.js";import{D as i,H as c,m as r}from"./chunk-DYZXLK2B.js";import"./chunk-NIKDHXBC.js";import{i as u}from"./chunk-37NB6NY5.js";import{h as o,j as d,l as e}from"./chunk-QNZ3L47H.js";var b=`.alerts-panel {
  display: grid;
  grid-template-columns: minmax(0, 1fr);
  gap: var(--space-3);
  width: min(440px, calc(100vw - 16px));
  max-height: min(560px, 76dvh);
  overflow: auto;
  padding: var(--space-3);
}

.alerts-panel:focus {
  outline: none;
}

.alerts-panel .all-well {
  padding: 0;
}

@media (max-width: 600px) {
  .alerts-panel {
    position: fixed;
    inset-inline: 8px;
    top: 48px;
    width: auto;
  }
}
`;v(b);var O=6;function D({onClose:t}){let s=d(null),l=w("the alerts",n=>h.alerts({},{signal:n}),{every:1e4});return o(()=>l.reload(),[g.value]),o(()=>s.current?.focus(),[]),e`<div class="menu-list alerts-panel" role="dialog" aria-label="Alerts" tabindex="-1" ref=${s}>
    <${f} answer=${l} lines=${3}>
      ${n=>e`<${S} data=${n} onClose=${t} />`}
    <//>
    <a class="button small" href=${u("alerts")} onClick=${t}>All alerts</a>
  </div>`}function S({data:t,onClose:s}){let l=t.alerts.filter(y=>$(y)==="firing"),{pending:n,silenced:a,inhibited:p}=t.counts,m=[n&&`${r(n,"pending","pending")}`,a&&`${r(a,"silenced","silenced")}`,p&&`${r(p,"explained","explained")} by another`].filter(Boolean);return e`
    ${l.length?e`<${x} alerts=${l} most=${O} onOpen=${s} />`:e`<p class="all-well"><${i} state="ok" word="Nothing fires" />${t.evaluated_since?e`<span class="muted">watched since <${c} value=${t.evaluated_since} date /></span>`:e`<span class="muted">not evaluated yet</span>`}</p>`}
    ${m.length>0&&e`<p class="muted">${m.join(", ")}</p>`}
    ${t.problems.length>0&&e`<p><${i} state="warn" word=${`${r(t.problems.length,"problem")} of the watch itself`} /></p>`}
  `}export{D as AlertsPanel};
