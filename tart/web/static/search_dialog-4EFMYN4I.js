import{m as E}from"./chunk-SGH5JVNX.js";import{a as z}from"./chunk-ODPSR6XN.js";import{a as C}from"./chunk-A5KFDUZV.js";import{c as w}from"./chunk-3B3KOKTW.js";import{a as y,e as S,f as D}from"./chunk-QCITNMUN.js";import{f as k}from"./chunk-IIW3BLOX.js";import"./chunk-DYZXLK2B.js";import{j as x}from"./chunk-37NB6NY5.js";import{g as d,h as f,k as b,l as u}from"./chunk-QNZ3L47H.js";var I={page:"Page",node:"Node",implementation:"Implementation",block:"Block",package:"Work-package",report:"Work-report",erasure_root:"Erasure root",segments_root:"Segments root",anchor:"Anchor",hash:"Hash",slot:"Slot",core:"Core",event:"Event",event_type:"Event type",event_group:"Event group",rule:"Rule"};function g(t){return I[t]??t}function $(t){return/^(0x)?[0-9a-f]{64}$/i.test(t.trim())}function O(t,a){let n=t.trim().toLowerCase(),s=a.filter(({icon:o})=>o),i=s.filter(({title:o})=>o.toLowerCase().startsWith(n)),r=s.filter(o=>!i.includes(o)&&o.title.toLowerCase().includes(n));return[...i,...r].map(({path:o,title:c,key:l})=>({kind:"page",label:c,sentence:l?`Page. Key: g ${l}`:"Page.",page:o}))}function L(t,a,n){let s=O(t,a),i=t.trim().toLowerCase();if(!i)return s;let r=s.filter(({label:o})=>o.toLowerCase().startsWith(i));return[...r,...n,...s.filter(o=>!r.includes(o))]}var N=`.search-input {
  width: 100%;
  height: 44px;
  padding: 0 var(--space-4);
  border: 0;
  border-bottom: 1px solid var(--line);
  border-radius: 0;
  font-size: var(--size-16);
}

.search-results {
  max-height: min(480px, 60dvh);
  overflow: auto;
  padding: var(--space-1);
}

.search-result {
  display: grid;
  grid-template-columns: 104px minmax(0, 1fr);
  column-gap: var(--space-3);
  padding: var(--space-2) var(--space-3);
  border-radius: 4px;
  cursor: pointer;
}

.search-result[aria-selected="true"] {
  background: var(--surface-3);
}

.search-kind {
  grid-row: span 2;
  color: var(--text-2);
  font-size: var(--size-12);
}

.search-label {
  font-weight: 600;
  overflow-wrap: anywhere;
}

.search-sentence {
  color: var(--text-2);
  font-size: var(--size-12);
}

.search-foot {
  min-height: 34px;
  padding: var(--space-2) var(--space-4);
  border-top: 1px solid var(--line);
  color: var(--text-2);
  font-size: var(--size-12);
}
`;C(N);var W=120,M=10,v={text:"",candidates:[],hint:null,suggestion:null,error:null};function Z({onClose:t}){let[a,n]=d(""),[s,i]=d(0),r=H(a.trim()),o=z.filter(({role:e})=>!e||D(e)),c=b(()=>L(a,o,r.candidates),[a,r]),l=Math.min(s,c.length-1),h=a.trim()!==""&&r.text!==a.trim();function m(e){e&&(x(...E(e.page)),t())}f(()=>{let e=r.candidates.filter(({kind:p})=>p!=="hash");P.current===r.text&&$(r.text)&&e.length===1&&m(e[0])},[r]);function A(e){let p={ArrowDown:1,ArrowUp:-1}[e.key];p&&c.length?(e.preventDefault(),i((l+p+c.length)%c.length)):e.key==="Enter"&&(e.preventDefault(),h||m(c[l]))}return u`<${w} title="Search" bare onClose=${t}>
    <form class="search" role="search" onSubmit=${e=>e.preventDefault()}>
      <input
        class="input search-input"
        type="search"
        value=${a}
        autofocus
        spellcheck="false"
        autocomplete="off"
        placeholder="Node, hash, slot, core, event, type, rule or page"
        aria-label="Search"
        role="combobox"
        aria-expanded=${c.length>0}
        aria-controls="search-results"
        aria-activedescendant=${c.length?`search-${l}`:void 0}
        onInput=${e=>(n(e.currentTarget.value),i(0))}
        onPaste=${e=>P.current=e.clipboardData?.getData("text").trim()??""}
        onKeyDown=${A}
      />
    </form>
    <ul class="search-results" id="search-results" role="listbox" aria-label="Results" aria-busy=${h}>
      ${c.map((e,p)=>u`<li
          key=${`${e.kind} ${e.page}`}
          id=${`search-${p}`}
          role="option"
          aria-selected=${p===l}
          class="search-result"
          data-page=${e.page}
          onPointerMove=${()=>p!==l&&i(p)}
          onClick=${()=>m(e)}
        >
          <span class="search-kind">${g(e.kind)}</span>
          <span class="search-label">${e.label}</span>
          <span class="search-sentence">${e.sentence}</span>
        </li>`)}
    </ul>
    <p class="search-foot" role="status">${_({found:r,waiting:h,result:c[l],text:a,suggest:e=>n(e)})}</p>
  <//>`}var P={current:""};function _({found:t,waiting:a,result:n,text:s,suggest:i}){return t.error?`Only pages are searched: ${k(t.error)}.`:a?"Searching \u2026":n?u`<kbd>Enter</kbd> opens ${g(n.kind).toLowerCase()} ${n.label}`:s.trim()?u`${t.suggestion&&u`Did you mean <button type="button" class="button small" onClick=${()=>i(t.suggestion??"")}>${t.suggestion}</button>? `}${t.hint}`:""}function H(t){let[a,n]=d(v);return f(()=>{if(!t||!S.value){n({...v,text:t});return}let s=new AbortController,i=setTimeout(async()=>{try{let{candidates:r,hint:o,suggestion:c}=await y.lookup({q:t,limit:M},{signal:s.signal});n({text:t,candidates:r,hint:o,suggestion:c,error:null})}catch(r){s.signal.aborted||n({...v,text:t,error:r})}},$(t)?0:W);return()=>{clearTimeout(i),s.abort()}},[t]),a}export{Z as SearchDialog};
