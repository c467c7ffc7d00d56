import{l as de}from"./chunk-5L6W7WRO.js";import{a as I,b as R,c as q}from"./chunk-HUQPP6DO.js";import{a as S,b as x}from"./chunk-T65MWWRJ.js";import{a as O,b as re,c as H,f as ae,g as ne,h as se,i as ie,j as le,m as ce,n as pe,o as me,p as v,q as N,r as M,s as ue}from"./chunk-AD6F6NFS.js";import{$ as A,C as _,D as m,E as T,H as L,I as E,M as ee,P as f,Q as D,V as te,Y as oe,Z as k,a as z,b as j,c as u,ca as P,d as g,da as y,ea as C,f as J,g as Y,ga as fe,h as Q,o as X,r as b,s as Z,t as V,u as a}from"./chunk-KD7Q7WA5.js";var $=[{name:"network",path:"",title:"Network",icon:"network",key:"n",main:!0,load:()=>import("./network-3HS5CSVT.js")},{name:"nodes",path:"nodes",title:"Nodes",icon:"nodes",key:"d",main:!0,load:()=>import("./nodes-KSWNV5VZ.js")},{name:"node",path:"nodes/{id}",title:"Node",load:()=>import("./node-AMZDLTIQ.js")},{name:"blocks",path:"blocks",title:"Blocks",icon:"blocks",key:"b",main:!0,load:()=>import("./blocks-LOVN42NH.js")},{name:"slot",path:"slots/{slot}",title:"Slot",load:()=>import("./slot-OELZ72DB.js")},{name:"work",path:"work",title:"Work",icon:"work",key:"w",load:()=>import("./work-I36OYTKB.js")},{name:"journey",path:"work/{hash}",title:"Work-package",load:()=>import("./journey-HGSP3QZJ.js")},{name:"cores",path:"cores",title:"Cores",icon:"cores",key:"c",load:()=>import("./cores-PN4W24Q4.js")},{name:"core",path:"cores/{index}",title:"Core",load:()=>import("./core-LKMX27Y6.js")},{name:"availability",path:"availability",title:"Availability",icon:"availability",key:"a",load:()=>import("./availability-CIWKPDO7.js")},{name:"preimages",path:"preimages",title:"Preimages",icon:"preimages",key:"p",load:()=>import("./preimages-HXLZKEKT.js")},{name:"events",path:"events",title:"Events",icon:"events",key:"e",main:!0,load:()=>import("./events-U4HD7HJ4.js")},{name:"inspector",path:"events/{id}",title:"Event",load:()=>import("./inspector-MQAUBC7Z.js")},{name:"first_message",path:"sessions/{session}",title:"First message",load:()=>import("./inspector-MQAUBC7Z.js")},{name:"conformance",path:"conformance",title:"Conformance",icon:"conformance",key:"f",load:()=>import("./conformance-VMEUWKAK.js")},{name:"implementations",path:"implementations",title:"Implementations",icon:"implementations",key:"i",load:()=>import("./implementations-GEFXYUUF.js")},{name:"topology",path:"topology",title:"Topology",icon:"topology",key:"t",load:()=>import("./topology-4DHIGX4U.js")},{name:"sql",path:"sql",title:"SQL",icon:"sql",key:"s",role:"operator",load:()=>import("./sql-ZFPW4J3Z.js")},{name:"alerts",path:"alerts",title:"Alerts",icon:"alerts",key:"l",load:()=>import("./alerts-ZQTGCZJH.js")},{name:"server",path:"server",title:"Server",icon:"server",key:"v",load:()=>import("./server-KSEXAEAJ.js")},{name:"login",path:"login",title:"Log in",free:!0,load:()=>import("./login-U5GBBPRJ.js")},{name:"design",path:"design",title:"Design",free:!0,load:()=>import("./design-4FGAWCB3.js")}];function he(){let e=I.value?.alerts??0;return e?a`<a class="button quiet" href=${m("alerts")} title=${Z(e,"alert")}>
    <${D} state="warn" word=${a`${Q(e)}<span class="visually-hidden"> alerts</span>`} />
  </a>`:null}var De=[["/","search"],["Ctrl K","search, from anywhere"],["?","this list"],["j k","next, previous row"],["Enter","open the row or cell"],["x","pin the row"],["Esc","close, or go back"],["p","pause, or follow the present"],["[ ]","half the time range earlier, later"],["c","compare with the range before"],["y","copy the address of this view"],["T","show the chart in focus as a table"]];function ge({onClose:e}){let o=$.filter(({key:r})=>r);return a`<${x} title="Keys" onClose=${e}>
    <div class="row-of" style=${{alignItems:"start",gap:"32px"}}>
      <${$e} rows=${De} />
      <${$e} rows=${o.map(({key:r,title:t})=>[`g ${r}`,t])} />
    </div>
  <//>`}function $e({rows:e}){return a`<dl class="pairs">
    ${e.map(([o,r])=>[a`<dt key=${o}>${o.split(" ").map(t=>a`<kbd key=${t}>${t}</kbd> `)}</dt>`,a`<dd key=${r}>${r}</dd>`])}
  </dl>`}function be(){let e=P.value;if(!e||e.auth!=="key")return null;let o=m("login",{back:window.location.hash});if(!e.key)return a`<a class="button quiet bar-login" href=${o}>Log in</a>`;let{key:r,role:t}=e,n=e.expires_at?[{label:"Log out",onClick:()=>fe().catch(()=>window.location.assign(m("login")))}]:[];return a`<${S}
    label=""
    icon="user"
    title=${`Logged in: ${r.name}, ${t}`}
    entries=${[{label:`${r.name} \xB7 ${t}`,href:m("login")},...n]}
  />`}var Pe={s:"s",m:"min",h:"h",d:"d"};function ke(e){return`${e.slice(0,-1)} ${Pe[e.slice(-1)]??""}`}function ye(){let[e,o]=u(!1),r=se.value,t=ie.value,n=r.kind==="last"?`${t?"Paused":"Last"} ${ke(r.text)}`:`${b(r.from,{date:Te(r)})} \u2013 ${b(r.to)}`,l=[...ne.map(s=>({label:`Last ${ke(s)}`,onClick:()=>pe(s)})),{label:"From \u2026 to \u2026",onClick:()=>o(!0)}];return a`<span class="row-of bar-range" style=${{gap:0,flexWrap:"nowrap"}}>
    <${S} label=${n} title="Time range" entries=${l} start />
    <button type="button" class="button quiet icon-only bar-move" aria-label="Half the range earlier" title="Earlier ( [ )" onClick=${()=>v(-1)}>
      <${f} name="left" />
    </button>
    <button type="button" class="button quiet icon-only bar-move" aria-label="Half the range later" title="Later ( ] )" disabled=${!t} onClick=${()=>v(1)}>
      <${f} name="right" />
    </button>
    <button
      type="button"
      class="button quiet icon-only"
      aria-pressed=${t}
      aria-label=${t?"Follow the present":"Pause"}
      title=${t?"Follow the present ( p )":"Pause everything ( p )"}
      onClick=${N}
    >
      <${f} name=${t?"play":"pause"} />
    </button>
    <button
      type="button"
      class="button quiet icon-only"
      aria-pressed=${le.value}
      aria-label="Compare with the range before"
      title="Compare with the range before ( c )"
      onClick=${M}
    >
      <${f} name="compare" />
    </button>
    ${e&&a`<${Le} onClose=${()=>o(!1)} />`}
  </span>`}function Te({from:e}){return b(e,{date:!0}).slice(0,10)!==b(Date.now(),{date:!0}).slice(0,10)}function Le({onClose:e}){let[o,r]=ce(),[t,n]=u("");function l(c){c.preventDefault();let p=new FormData(c.currentTarget),[d,w]=["from","to"].map(K=>Date.parse(`${p.get(K)}Z`));return d<w?d>Date.now()?n("The range is in the future."):(me(d,w),e()):n("The range must end after it begins.")}let s=c=>new Date(c).toISOString().slice(0,19);return a`<${x} title="Time range, in UTC" onClose=${e}>
    <form class="row-of" onSubmit=${l}>
      <label>From <input class="input" type="datetime-local" step="1" name="from" required value=${s(o)} /></label>
      <label>to <input class="input" type="datetime-local" step="1" name="to" required value=${s(r)} /></label>
      <button class="button primary">Show</button>
    </form>
    ${t&&a`<p class="notice" data-state="bad" role="alert" style=${{marginTop:"12px"}}>${t}</p>`}
  <//>`}var Ne={page:"Page",node:"Node",implementation:"Implementation",block:"Block",package:"Work-package",report:"Work-report",erasure_root:"Erasure root",segments_root:"Segments root",anchor:"Anchor",hash:"Hash",slot:"Slot",core:"Core",event:"Event",event_type:"Event type",event_group:"Event group",rule:"Rule"};function F(e){return Ne[e]??e}function W(e){return/^(0x)?[0-9a-f]{64}$/i.test(e.trim())}function Me(e,o){let r=e.trim().toLowerCase(),t=o.filter(({icon:s})=>s),n=t.filter(({title:s})=>s.toLowerCase().startsWith(r)),l=t.filter(s=>!n.includes(s)&&s.title.toLowerCase().includes(r));return[...n,...l].map(({path:s,title:c,key:p})=>({kind:"page",label:c,sentence:p?`Page. Key: g ${p}`:"Page.",page:s}))}function we(e,o,r){let t=Me(e,o),n=e.trim().toLowerCase();if(!n)return t;let l=t.filter(({label:s})=>s.toLowerCase().startsWith(n));return[...l,...r,...t.filter(s=>!l.includes(s))]}var Ae=120,Ie=10,B={text:"",candidates:[],hint:null,suggestion:null,error:null};function Ce({onClose:e}){let[o,r]=u(""),[t,n]=u(0),l=Ke(o.trim()),s=$.filter(({role:i})=>!i||C(i)),c=Y(()=>we(o,s,l.candidates),[o,l]),p=Math.min(t,c.length-1),d=o.trim()!==""&&l.text!==o.trim();function w(i){i&&(T(...de(i.page)),e())}g(()=>{let i=l.candidates.filter(({kind:h})=>h!=="hash");ve.current===l.text&&W(l.text)&&i.length===1&&w(i[0])},[l]);function K(i){let h={ArrowDown:1,ArrowUp:-1}[i.key];h&&c.length?(i.preventDefault(),n((p+h+c.length)%c.length)):i.key==="Enter"&&(i.preventDefault(),d||w(c[p]))}return a`<${x} title="Search" bare onClose=${e}>
    <form class="search" role="search" onSubmit=${i=>i.preventDefault()}>
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
        aria-activedescendant=${c.length?`search-${p}`:void 0}
        onInput=${i=>(r(i.currentTarget.value),n(0))}
        onPaste=${i=>ve.current=i.clipboardData?.getData("text").trim()??""}
        onKeyDown=${K}
      />
    </form>
    <ul class="search-results" id="search-results" role="listbox" aria-label="Results" aria-busy=${d}>
      ${c.map((i,h)=>a`<li
          key=${`${i.kind} ${i.page}`}
          id=${`search-${h}`}
          role="option"
          aria-selected=${h===p}
          class="search-result"
          data-page=${i.page}
          onPointerMove=${()=>h!==p&&n(h)}
          onClick=${()=>w(i)}
        >
          <span class="search-kind">${F(i.kind)}</span>
          <span class="search-label">${i.label}</span>
          <span class="search-sentence">${i.sentence}</span>
        </li>`)}
    </ul>
    <p class="search-foot" role="status">${qe({found:l,waiting:d,result:c[p],text:o,suggest:i=>r(i)})}</p>
  <//>`}var ve={current:""};function qe({found:e,waiting:o,result:r,text:t,suggest:n}){return e.error?`Only pages are searched: ${ae(e.error)}.`:o?"Searching \u2026":r?a`<kbd>Enter</kbd> opens ${F(r.kind).toLowerCase()} ${r.label}`:t.trim()?a`${e.suggestion&&a`Did you mean <button type="button" class="button small" onClick=${()=>n(e.suggestion??"")}>${e.suggestion}</button>? `}${e.hint}`:""}function Ke(e){let[o,r]=u(B);return g(()=>{if(!e||!y.value){r({...B,text:e});return}let t=new AbortController,n=setTimeout(async()=>{try{let{candidates:l,hint:s,suggestion:c}=await A.lookup({q:e,limit:Ie},{signal:t.signal});r({text:e,candidates:l,hint:s,suggestion:c,error:null})}catch(l){t.signal.aborted||r({...B,text:e,error:l})}},W(e)?0:Ae);return()=>{clearTimeout(n),t.abort()}},[e]),o}var _e={live:["ok","live"],polling:["ok","polling"],paused:["info","paused"],stale:["bad","no answer"],offline:["bad","offline"],connecting:["idle","connecting"],closed:["idle","not logged in"]};function Se(){let[e,o]=_e[q.value],r=q.value==="stale"||q.value==="offline",t=I.value;return a`<footer class="status">
    <${D} state=${e} word=${o} />
    ${r&&R.value>0&&a`<span>since <${oe} value=${R.value} /></span>`}
    ${t&&a`<${D}
      state=${r?"idle":t.shards_answered<t.shards_total?"warn":"ok"}
      word=${`${t.shards_answered} of ${t.shards_total} shards`}
    />`}
    <button
      type="button"
      class="button quiet small status-end"
      title="Switch between UTC and the clock of this machine"
      onClick=${()=>E.value=!E.value}
    >
      ${b(ee.value,{local:E.value})} ${E.value?"local":"UTC"}
    </button>
  </footer>`}function xe(){let[e,o]=u(null);je(o);let{page:r}=Ee();return g(()=>{document.title=r?`${r.title} \xB7 tart`:"tart"},[r]),a`<div class="frame">
    <a class="skip" href="#page" onClick=${Oe}>Skip to the page</a>
    <${Fe} current=${r?.path.split("/")[0]} />
    <header class="bar">
      ${y.value?a`<${Be} />`:a`<span class="bar-network"></span>`}
      <button type="button" class="bar-search" aria-label="Search" onClick=${()=>o("search")}>
        <${f} name="search" /><span>Search</span><kbd>/</kbd>
      </button>
      <${ye} />
      ${y.value&&a`<${he} />`}
      <${Ge} />
      <button type="button" class="button quiet icon-only" aria-label="Keys" title="Keys ( ? )" onClick=${()=>o("help")}>
        <${f} name="help" />
      </button>
      <${be} />
    </header>
    <main class="page" id="page" tabindex="-1"><${Re} /></main>
    <${Se} />
    ${e==="help"&&a`<${ge} onClose=${()=>o(null)} />`}
    ${e==="search"&&a`<${Ce} onClose=${()=>o(null)} />`}
  </div>`}function Oe(e){e.preventDefault(),document.getElementById("page")?.focus()}function Ee(){let{path:e}=_.value;for(let o of $){let r=V(o.path,e);if(r)return{page:o,values:r}}return{page:null,values:{}}}var U=new Map;function He(){let e=Ee();return!e.page||e.page.free||y.value!==!1?e:{page:$.find(({name:o})=>o==="login")??null,values:{inPlace:!0}}}function Re(){let{page:e,values:o}=He(),[,r]=u(0),[t,n]=u(null);g(()=>{document.getElementById("page")?.scrollTo(0,0),e&&l()},[e?.name]);function l(){n(null),!(!e||U.has(e.name))&&e.load().then(c=>{U.set(e.name,c.default),r(p=>p+1)},n)}if(!e)return a`<${k} title="There is no such page">
      <p>The address <code>${window.location.hash}</code> names none. <a href=${m("")}>Network</a></p>
    <//>`;if(y.value===null)return a`<${k} title=${e.title}><${O} /><//>`;if(e.role&&P.value&&!C(e.role))return a`<${k} title=${e.title}>
      <${re} title=${`This page needs a key with the role ${e.role}.`}>
        Yours is ${P.value.role}. <a href=${m("login",{back:window.location.hash})}>Use another key</a>
      <//>
    <//>`;if(t)return a`<${k} title=${e.title}>
      <${H} name="the page" error=${t} onRetry=${()=>window.location.reload()} />
    <//>`;let s=U.get(e.name);return s?a`<${G} key=${e.name+JSON.stringify(o)} title=${e.title}><${s} ...${o} /><//>`:a`<${k} title=${e.title}><${O} /><//>`}var G=class extends z{componentDidCatch(o){this.setState({error:o}),console.error(o)}render(){let{children:o,title:r}=this.props,{error:t}=this.state;return t?a`<${k} title=${r}>
      <${H} name="this page" error=${t} onRetry=${()=>this.setState({error:null})} />
    <//>`:o}};function Fe({current:e}){let o=$.filter(({icon:t,role:n})=>t&&(!n||C(n))),r=e==="slots"?"blocks":e;return a`<nav class="rail" aria-label="Pages">
    <a class="rail-brand" href=${m("")} aria-label="tart: Network">
      <svg viewBox="0 0 32 32" aria-hidden="true">
        <rect width="32" height="32" rx="7" fill="#b3261e" />
        <path d="M6 13h20l-3.200 11H9.200z" fill="#fff" />
        <path d="M6 13c0-5 4.500-7.500 10-7.500S26 8 26 13" fill="none" stroke="#fff" stroke-width="2.500" />
      </svg>
      <span>tart</span>
    </a>
    <ul>
      ${o.map(({name:t,path:n,title:l,icon:s,key:c,main:p})=>a`<li key=${t} class=${p?"rail-main":""}>
          <a
            class="rail-link"
            href=${m(n)}
            title=${`${l} ( g ${c} )`}
            aria-current=${n===r?"page":void 0}
          >
            <${f} name=${s} /><span>${l}</span>
          </a>
        </li>`)}
      <li class="rail-more"><${We} entries=${o.filter(({main:t})=>!t)} /></li>
    </ul>
    <ul class="rail-end">
      <li><a class="rail-link" href="api/docs" title="API"><${f} name="external" /><span>API</span></a></li>
    </ul>
  </nav>`}function We({entries:e}){return a`<${S}
    label="More"
    icon="more"
    title="More pages"
    entries=${e.map(({path:o,title:r})=>({label:r,href:m(o)}))}
  />`}function Be(){let o=ue("the network",t=>A.network({},{signal:t}),{every:6e4}).data?.network,r=o?.genesis??o?.genesis_hash;return a`<span class="bar-network" title=${r}>
    <b>JAM network</b>${r&&a`<span class="mono muted">${X(r)}</span>`}
  </span>`}var Ue={auto:"light",light:"dark",dark:"auto"};function Ge(){let e={auto:"as the system has them",light:"light",dark:"dark"}[L.value];return a`<button
    type="button"
    class="button quiet icon-only bar-scheme"
    aria-label=${`Colours: ${e}`}
    title=${`Colours: ${e}`}
    onClick=${()=>L.value=Ue[L.value]}
  >
    <${f} name="contrast" />
  </button>`}var ze=1500;function je(e){let o=J(0);g(()=>{function r(t){if((t.ctrlKey||t.metaKey)&&t.key.toLowerCase()==="k"){t.preventDefault(),e("search");return}if(t.target.closest("input, textarea, select, [contenteditable=true], dialog")||t.ctrlKey||t.metaKey||t.altKey)return;if(Date.now()-o.current<ze){o.current=0;let c=$.find(({key:p,role:d})=>p===t.key&&(!d||C(d)));c&&(t.preventDefault(),T(c.path));return}let s=Je[t.key];if(t.key==="g")o.current=Date.now();else if(t.key==="?")e("help");else if(t.key==="/")e("search");else if(s)s();else return;t.preventDefault()}return window.addEventListener("keydown",r),()=>window.removeEventListener("keydown",r)},[])}var Je={p:N,c:M,"[":()=>v(-1),"]":()=>v(1),y:()=>te(window.location.href),Escape:()=>{_.value.path.split("/").length>1&&window.history.back()}};j(a`<${xe} />`,document.getElementById("app"));
