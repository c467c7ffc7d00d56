import{c as s}from"./chunk-3B3KOKTW.js";import{k as u,m as p}from"./chunk-NIKDHXBC.js";import"./chunk-37NB6NY5.js";import{g as m,l as o}from"./chunk-QNZ3L47H.js";function w({onClose:r}){let[f,c]=u(),[a,n]=m("");function b(t){t.preventDefault();let g=new FormData(t.currentTarget),[e,l]=["from","to"].map(d=>Date.parse(`${g.get(d)}Z`));return e<l?e>Date.now()?n("The range is in the future."):(p(e,l),r()):n("The range must end after it begins.")}let i=t=>new Date(t).toISOString().slice(0,19);return o`<${s} title="Time range, in UTC" onClose=${r}>
    <form class="row-of" onSubmit=${b}>
      <label>From <input class="input" type="datetime-local" step="1" name="from" required value=${i(f)} /></label>
      <label>to <input class="input" type="datetime-local" step="1" name="to" required value=${i(c)} /></label>
      <button class="button primary">Show</button>
    </form>
    ${a&&o`<p class="notice" data-state="bad" role="alert" style=${{marginTop:"12px"}}>${a}</p>`}
  <//>`}export{w as RangeDialog};
