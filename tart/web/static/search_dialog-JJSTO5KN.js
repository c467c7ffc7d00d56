import{m as C}from"./chunk-SGH5JVNX.js";import{a as E}from"./chunk-N2FD3JAG.js";import{b as x}from"./chunk-C66HRB6O.js";import{f as y}from"./chunk-IGJKNZOW.js";import{U as v,Y as S,Z as D,x as w}from"./chunk-FPGP54BG.js";import{g as f,h,k,l as p}from"./chunk-EUVXIHW5.js";var A={page:"Page",node:"Node",implementation:"Implementation",block:"Block",package:"Work-package",report:"Work-report",erasure_root:"Erasure root",segments_root:"Segments root",anchor:"Anchor",hash:"Hash",slot:"Slot",core:"Core",event:"Event",event_type:"Event type",event_group:"Event group",rule:"Rule"};function d(t){return A[t]??t}function $(t){return/^(0x)?[0-9a-f]{64}$/i.test(t.trim())}function I(t,o){let s=t.trim().toLowerCase(),a=o.filter(({icon:n})=>n),i=a.filter(({title:n})=>n.toLowerCase().startsWith(s)),r=a.filter(n=>!i.includes(n)&&n.title.toLowerCase().includes(s));return[...i,...r].map(({path:n,title:c,key:l})=>({kind:"page",label:c,sentence:l?`Page. Key: g ${l}`:"Page.",page:n}))}function L(t,o,s){let a=I(t,o),i=t.trim().toLowerCase();if(!i)return a;let r=a.filter(({label:n})=>n.toLowerCase().startsWith(i));return[...r,...s,...a.filter(n=>!r.includes(n))]}var O=120,T=10,b={text:"",candidates:[],hint:null,suggestion:null,error:null};function z({onClose:t}){let[o,s]=f(""),[a,i]=f(0),r=M(o.trim()),n=E.filter(({role:e})=>!e||D(e)),c=k(()=>L(o,n,r.candidates),[o,r]),l=Math.min(a,c.length-1),m=o.trim()!==""&&r.text!==o.trim();function g(e){e&&(w(...C(e.page)),t())}h(()=>{let e=r.candidates.filter(({kind:u})=>u!=="hash");N.current===r.text&&$(r.text)&&e.length===1&&g(e[0])},[r]);function P(e){let u={ArrowDown:1,ArrowUp:-1}[e.key];u&&c.length?(e.preventDefault(),i((l+u+c.length)%c.length)):e.key==="Enter"&&(e.preventDefault(),m||g(c[l]))}return p`<${x} title="Search" bare onClose=${t}>
    <form class="search" role="search" onSubmit=${e=>e.preventDefault()}>
      <input
        class="input search-input"
        type="search"
        value=${o}
        autofocus
        spellcheck="false"
        autocomplete="off"
        placeholder="Node, hash, slot, core, event, type, rule or page"
        aria-label="Search"
        role="combobox"
        aria-expanded=${c.length>0}
        aria-controls="search-results"
        aria-activedescendant=${c.length?`search-${l}`:void 0}
        onInput=${e=>(s(e.currentTarget.value),i(0))}
        onPaste=${e=>N.current=e.clipboardData?.getData("text").trim()??""}
        onKeyDown=${P}
      />
    </form>
    <ul class="search-results" id="search-results" role="listbox" aria-label="Results" aria-busy=${m}>
      ${c.map((e,u)=>p`<li
          key=${`${e.kind} ${e.page}`}
          id=${`search-${u}`}
          role="option"
          aria-selected=${u===l}
          class="search-result"
          data-page=${e.page}
          onPointerMove=${()=>u!==l&&i(u)}
          onClick=${()=>g(e)}
        >
          <span class="search-kind">${d(e.kind)}</span>
          <span class="search-label">${e.label}</span>
          <span class="search-sentence">${e.sentence}</span>
        </li>`)}
    </ul>
    <p class="search-foot" role="status">${W({found:r,waiting:m,result:c[l],text:o,suggest:e=>s(e)})}</p>
  <//>`}var N={current:""};function W({found:t,waiting:o,result:s,text:a,suggest:i}){return t.error?`Only pages are searched: ${y(t.error)}.`:o?"Searching \u2026":s?p`<kbd>Enter</kbd> opens ${d(s.kind).toLowerCase()} ${s.label}`:a.trim()?p`${t.suggestion&&p`Did you mean <button type="button" class="button small" onClick=${()=>i(t.suggestion??"")}>${t.suggestion}</button>? `}${t.hint}`:""}function M(t){let[o,s]=f(b);return h(()=>{if(!t||!S.value){s({...b,text:t});return}let a=new AbortController,i=setTimeout(async()=>{try{let{candidates:r,hint:n,suggestion:c}=await v.lookup({q:t,limit:T},{signal:a.signal});s({text:t,candidates:r,hint:n,suggestion:c,error:null})}catch(r){a.signal.aborted||s({...b,text:t,error:r})}},$(t)?0:O);return()=>{clearTimeout(i),a.abort()}},[t]),o}export{z as SearchDialog};
