var d=[{id:"failed",label:"failed",colour:"--bad",glyph:"\xD7",state:"bad",stages:["failed"]},{id:"discarded",label:"discarded",colour:"--warn",glyph:"!",state:"warn",stages:["discarded"]},{id:"received",label:"received",colour:"--line-strong",glyph:"\xB7",state:"info",stages:["submitted","received","authorized"]},{id:"refined",label:"refined",colour:"--heat-5",glyph:"\u2013",state:"info",stages:["refined","report_built"]},{id:"guaranteed",label:"guaranteed",colour:"--heat-4",glyph:"=",state:"info",stages:["guarantee_built","distributed","guarantee_received"]},{id:"included",label:"included",colour:"--heat-3",glyph:"+",state:"info",stages:["included"]},{id:"available",label:"available",colour:"--heat-2",glyph:"\u2713",state:"ok",stages:["available"]}],f=new Map(d.flatMap(({stages:a},n)=>a.map(e=>[e,n])));function y(a){return d[f.get(a)??2]}function z(a){return a.replaceAll("_"," ")}var _={submitted_to_received:"submit",received_to_authorized:"authorize",authorized_to_refined:"refine",refined_to_report_built:"build the report",report_built_to_guarantee_built:"guarantee",guarantee_built_to_distributed:"distribute",submitted_to_distributed:"submission to distributed",received_to_distributed:"received to distributed"};function O(a,{cores:n=null,slots:e=null}={}){let t=new Map(a.legend.map(({symbol:r,stage:p})=>[r,p])),i=a.first_slot??0,g=a.last_slot??i-1,[c,h]=e?[Math.max(i,e[0]),Math.min(g,e[1])]:[i,g],o=Math.max(0,h-c+1),l=a.cores.filter(({core_index:r})=>!n||r>=n[0]&&r<=n[1]),x=new Float64Array(l.length*o).fill(NaN),b=new Array(l.length*o).fill(null);return l.forEach(({cells:r},p)=>{for(let s=0;s<o;s+=1){let u=t.get(r[c-i+s]);u!==void 0&&(x[p*o+s]=f.get(u),b[p*o+s]=u)}}),{cores:l.map(({core_index:r})=>r),firstSlot:c,columns:o,values:x,stages:b}}function j({legend:a},n){let e=d.map(()=>0);return a.forEach(({stage:t},i)=>e[f.get(t)??2]+=n[i]??0),e}function M(a){let n=d.map(({label:e},t)=>({label:e,count:a[t]})).filter(({count:e})=>e>0);return n.length?n.reverse().map(({label:e,count:t})=>`${t} ${e}`).join(", "):"no packages"}function S(a){return a.length-a.split(".").length+1}var v=["submitted","authorized","refined","guarantee_built","included","available"],w={guarantee_built:"guaranteed"};function N({stages:a}){let n=[];for(let e of a){if(v.includes(e.stage)){let i=w[e.stage]??e.stage;n.push({stage:e.stage,label:i,reached:e.reached,lost:0,waiting:0,stopped:0,reasons:[]})}let t=n.at(-1);t&&(t.lost+=e.lost,t.waiting+=e.waiting,t.stopped+=e.stopped,t.reasons=m(t.reasons,e.reasons))}return n}function m(a,n){let e=new Map(a.map(({reason:t,count:i})=>[t,i]));for(let{reason:t,count:i}of n)e.set(t,(e.get(t)??0)+i);return[...e].map(([t,i])=>({reason:t,count:i})).sort((t,i)=>i.count-t.count)}function R(a){let n=/^(\d{1,10})-(\d{1,10})$/.exec(a??"");if(!n)return null;let[e,t]=[Number(n[1]),Number(n[2])];return e<=t?[e,t]:[t,e]}var E=`/* The funnel, the waterfall, and a core's strip. */

.funnel > li {
  display: grid;
  grid-template-columns: 84px minmax(60px, 1fr) 170px;
  gap: 2px var(--space-3);
  align-items: center;
  padding: 3px 0;
}

.funnel-stage {
  color: var(--text-2);
}

.funnel-track {
  position: relative;
  height: 18px;
  background: var(--surface-2);
}

.funnel-fill,
.funnel-before {
  position: absolute;
  inset: 0 auto 0 0;
}

.funnel-fill {
  background: var(--heat-3);
}

.funnel-before {
  inset-block: -2px;
  border-inline-end: 2px dashed var(--text-3);
}

.funnel-count {
  text-align: end;
  white-space: nowrap;
}

.funnel-losses {
  grid-column: 2 / -1;
  display: flex;
  flex-wrap: wrap;
  gap: 2px var(--space-4);
  padding-bottom: var(--space-1);
  font-size: var(--size-12);
  color: var(--text-2);
}

.work-choices .segmented button {
  white-space: nowrap;
}

@media (max-width: 600px) {
  .work-choices .segmented button {
    padding-inline: 6px;
    font-size: var(--size-12);
  }

  .funnel > li {
    grid-template-columns: 74px minmax(40px, 1fr) 134px;
  }
}

/* Waterfall */

.journey {
  display: grid;
  gap: var(--space-4);
}

.journey-sentence {
  display: flex;
  flex-wrap: wrap;
  gap: var(--space-1) var(--space-4);
  align-items: baseline;
  font-size: var(--size-14);
}

.journey-reason {
  color: var(--bad);
}

.journey-legend {
  display: flex;
  flex-wrap: wrap;
  gap: var(--space-1) var(--space-4);
  padding: var(--space-2) var(--space-3);
  color: var(--text-2);
  font-size: var(--size-12);
}

.journey-second {
  flex: 1;
  min-width: 0;
}

.wf-key {
  display: inline-block;
  position: static !important;
  width: 22px !important;
  height: 10px !important;
  margin-inline-end: 6px;
  vertical-align: -1px;
}

.wf-key.wf-typical {
  height: 4px !important;
  vertical-align: 2px;
}

.wf-head,
.wf-line,
.wf-cover {
  display: grid;
  grid-template-columns: 176px minmax(0, 1fr);
  padding-inline-end: var(--space-3);
}

.wf-label {
  display: flex;
  align-items: center;
  gap: 6px;
  min-width: 0;
  padding-inline-start: var(--space-3);
  overflow: hidden;
  white-space: nowrap;
}

.wf-line.share .wf-label {
  padding-inline-start: 38px;
  font-size: var(--size-12);
}

.wf-toggle {
  display: inline-flex;
  padding: 0;
  border: 0;
  background: none;
  color: var(--text-2);
  cursor: pointer;
}

.wf-map {
  position: relative;
  display: flex;
  align-items: flex-end;
  height: 30px;
  border-bottom: 1px solid var(--line);
  cursor: pointer;
}

.wf-map i {
  flex: 1;
  margin-inline-end: 1px;
  background: var(--line-strong);
  opacity: 0.5;
}

.wf-map b {
  position: absolute;
  inset-block: 0;
  border: 1px solid var(--accent);
  background: color-mix(in srgb, var(--accent) 10%, transparent);
}

.wf-axis {
  position: relative;
  height: 22px;
}

.wf-axis i {
  position: absolute;
  top: 3px;
  font-style: normal;
  font-size: var(--size-12);
  color: var(--text-2);
  white-space: nowrap;
  transform: translateX(-50%);
}

.wf-lines {
  position: relative;
  overflow: hidden auto;
  touch-action: pan-y;
}

.wf-line {
  height: 30px;
  border-top: 1px solid var(--line);
}

.wf-line.share {
  border-top-color: transparent;
}

.wf-track {
  position: relative;
  cursor: crosshair;
}

.wf-tick {
  position: absolute;
  inset-block: 0;
  width: 1px;
  background: var(--line);
}

.wf-bar {
  position: absolute;
  top: 4px;
  height: 17px;
  padding-inline: 4px;
  overflow: hidden;
  border-inline-end: 1px solid var(--surface-1);
  background: var(--heat-2);
  color: var(--text-1);
  font-size: var(--size-12);
  line-height: 17px;
  white-space: nowrap;
}

.wf-bar:hover,
.wf-bar:focus-visible {
  text-decoration: none;
  outline: 2px solid var(--accent);
  z-index: 2;
}

.wf-bar.critical {
  border-bottom: 3px solid var(--text-1);
  line-height: 15px;
}

.wf-bar.slow {
  background: var(--warn-surface);
  box-shadow: inset 0 0 0 1px var(--warn);
}

.wf-bar.failed {
  background: var(--bad-surface);
  box-shadow: inset 0 0 0 1px var(--bad);
  color: var(--bad);
}

.wf-bar.superseded {
  background: var(--surface-3);
  color: var(--text-2);
}

.wf-line.share .wf-bar {
  top: 9px;
  height: 12px;
  line-height: 12px;
  background: var(--surface-3);
}

.wf-line.overlaid {
  background: repeating-linear-gradient(135deg, transparent 0 6px, var(--surface-2) 6px 9px);
}

.wf-typical {
  position: absolute;
  top: 23px;
  height: 4px;
  background: repeating-linear-gradient(90deg, var(--line-strong) 0 3px, transparent 3px 5px);
}

.wf-mark {
  position: absolute;
  z-index: 1;
  top: -3px;
  color: var(--text-1);
  font-size: 8px;
  line-height: 12px;
  white-space: nowrap;
  transform: translateX(-4px);
}

.wf-line.chain .wf-mark {
  top: 6px;
  color: var(--accent);
  font-size: var(--size-13);
  line-height: 18px;
}

.wf-mark small {
  margin-inline-start: 3px;
  font-size: var(--size-12);
}

.wf-bin {
  position: absolute;
  bottom: 3px;
  background: var(--heat-3);
}

.wf-count {
  position: absolute;
  top: 6px;
  padding-inline: 8px;
  font-size: var(--size-12);
}

.wf-cover {
  position: absolute;
  inset: 0;
  pointer-events: none;
}

.wf-selection {
  position: absolute;
  inset-block: 0;
  border-inline: 1px solid var(--accent);
  background: color-mix(in srgb, var(--accent) 14%, transparent);
}

.path-track {
  display: block;
  width: 160px;
  height: 10px;
  background: var(--surface-2);
}

.path-track i {
  display: block;
  height: 100%;
  background: var(--heat-4);
}

@media (max-width: 600px) {
  .wf-head,
  .wf-line,
  .wf-cover {
    grid-template-columns: 104px minmax(0, 1fr);
  }

  .wf-label > .muted {
    display: none;
  }
}

.chart-note {
  padding-top: var(--space-2);
  font-size: var(--size-12);
}

.chart-note.padded {
  padding: var(--space-2) var(--space-3);
}

.journey-sentence a {
  text-decoration: underline;
}

/* Inside a sentence colour alone does not tell a link. */
.journey-sentence a {
  text-decoration: underline;
}
`;export{d as a,y as b,z as c,_ as d,O as e,j as f,M as g,S as h,N as i,R as j,E as k};
