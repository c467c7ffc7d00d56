import{a as C}from"./chunk-ZXAQ4WK5.js";import{a as x,b as O,c as L}from"./chunk-KHJM3A2B.js";import{a as b,b as M}from"./chunk-ZFXL5XR5.js";import{a as Z,b as Q,c as V,d as ee,g as te,h as oe,i as re,j as g,k as E,l as D,m as ae}from"./chunk-M7IQUFDT.js";import{a as I,b as Y,c as T}from"./chunk-VKJMGN7J.js";import{a as $}from"./chunk-DXBXNIWB.js";import{$ as se,E as S,F as w,J,L as k,Q as W,T as X,U as ne,X as y,Y as v,Z as P,a as F,h as H,k as f,l as B,m as U,u as j,v as z,w as i,x as G}from"./chunk-2IMSLPX3.js";import{e as R,f as _,g as m,h as d,j as K,l as a,n as u}from"./chunk-EUVXIHW5.js";function le(){let e=x.value?.alerts??0;return e?a`<a class="button quiet" href=${i("alerts")} title=${B(e,"alert")}>
    <${k} state="warn" word=${a`${F(e)}<span class="visually-hidden"> alerts</span>`} />
  </a>`:null}function ie(){let e=y.value;if(!e||e.auth!=="key")return null;let o=i("login",{back:window.location.hash});if(!e.key)return a`<a class="button quiet bar-login" href=${o}>Log in</a>`;let{key:r,role:t}=e,n=e.expires_at?[{label:"Log out",onClick:()=>se().catch(()=>window.location.assign(i("login")))}]:[];return a`<${b}
    label=""
    icon="user"
    title=${`Logged in: ${r.name}, ${t}`}
    entries=${[{label:`${r.name} \xB7 ${t}`,href:i("login")},...n]}
  />`}var ge={s:"s",m:"min",h:"h",d:"d"};function ce(e){return`${e.slice(0,-1)} ${ge[e.slice(-1)]??""}`}function ue(){let[e,o]=m(!1),r=Q.value,t=V.value,n=r.kind==="last"?`${t?"Paused":"Last"} ${ce(r.text)}`:`${f(r.from,{date:be(r)})} \u2013 ${f(r.to)}`,c=[...Z.map(s=>({label:`Last ${ce(s)}`,onClick:()=>oe(s)})),{label:"From \u2026 to \u2026",onClick:()=>o(!0)}];return a`<span class="row-of bar-range" style=${{gap:0,flexWrap:"nowrap"}}>
    <${b} label=${n} title="Time range" entries=${c} start />
    <button type="button" class="button quiet icon-only bar-move" aria-label="Half the range earlier" title="Earlier ( [ )" onClick=${()=>g(-1)}>
      <${u} name="left" />
    </button>
    <button type="button" class="button quiet icon-only bar-move" aria-label="Half the range later" title="Later ( ] )" disabled=${!t} onClick=${()=>g(1)}>
      <${u} name="right" />
    </button>
    <button
      type="button"
      class="button quiet icon-only"
      aria-pressed=${t}
      aria-label=${t?"Follow the present":"Pause"}
      title=${t?"Follow the present ( p )":"Pause everything ( p )"}
      onClick=${E}
    >
      <${u} name=${t?"play":"pause"} />
    </button>
    <button
      type="button"
      class="button quiet icon-only"
      aria-pressed=${ee.value}
      aria-label="Compare with the range before"
      title="Compare with the range before ( c )"
      onClick=${D}
    >
      <${u} name="compare" />
    </button>
    ${e&&a`<${we} onClose=${()=>o(!1)} />`}
  </span>`}function be({from:e}){return f(e,{date:!0}).slice(0,10)!==f(Date.now(),{date:!0}).slice(0,10)}function we({onClose:e}){let[o,r]=te(),[t,n]=m("");function c(l){l.preventDefault();let p=new FormData(l.currentTarget),[h,N]=["from","to"].map(de=>Date.parse(`${p.get(de)}Z`));return h<N?h>Date.now()?n("The range is in the future."):(re(h,N),e()):n("The range must end after it begins.")}let s=l=>new Date(l).toISOString().slice(0,19);return a`<${M} title="Time range, in UTC" onClose=${e}>
    <form class="row-of" onSubmit=${c}>
      <label>From <input class="input" type="datetime-local" step="1" name="from" required value=${s(o)} /></label>
      <label>to <input class="input" type="datetime-local" step="1" name="to" required value=${s(r)} /></label>
      <button class="button primary">Show</button>
    </form>
    ${t&&a`<p class="notice" data-state="bad" role="alert" style=${{marginTop:"12px"}}>${t}</p>`}
  <//>`}var ke={live:["ok","live"],polling:["ok","polling"],paused:["info","paused"],stale:["bad","no answer"],offline:["bad","offline"],connecting:["idle","connecting"],closed:["idle","not logged in"]};function me(){let[e,o]=ke[L.value],r=L.value==="stale"||L.value==="offline",t=x.value;return a`<footer class="status">
    <${k} state=${e} word=${o} />
    ${r&&O.value>0&&a`<span>since <${X} value=${O.value} /></span>`}
    ${t&&a`<${k}
      state=${r?"idle":t.shards_answered<t.shards_total?"warn":"ok"}
      word=${`${t.shards_answered} of ${t.shards_total} shards`}
    />`}
    <button
      type="button"
      class="button quiet small status-end"
      title="Switch between UTC and the clock of this machine"
      onClick=${()=>w.value=!w.value}
    >
      ${f(J.value,{local:w.value})} ${w.value?"local":"UTC"}
    </button>
  </footer>`}function pe(){let[e,o]=m(null);Ie(o),d(()=>{let t=setTimeout(()=>Object.values(fe).forEach(n=>n().catch(()=>{})),ye);return()=>clearTimeout(t)},[]);let{page:r}=he();return d(()=>{document.title=r?`${r.title} \xB7 tart`:"tart"},[r]),a`<div class="frame">
    <a class="skip" href="#page" onClick=${Ce}>Skip to the page</a>
    <${Ee} current=${r?.path.split("/")[0]} />
    <header class="bar">
      ${v.value?a`<${Pe} />`:a`<span class="bar-network"></span>`}
      <button type="button" class="bar-search" aria-label="Search" onClick=${()=>o("search")}>
        <${u} name="search" /><span>Search</span><kbd>/</kbd>
      </button>
      <${ue} />
      ${v.value&&a`<${le} />`}
      <${Le} />
      <button type="button" class="button quiet icon-only" aria-label="Keys" title="Keys ( ? )" onClick=${()=>o("help")}>
        <${u} name="help" />
      </button>
      <${ie} />
    </header>
    <main class="page" id="page" tabindex="-1"><${Te} /></main>
    <${me} />
    ${e&&a`<${ve} key=${e} name=${e} onClose=${()=>o(null)} />`}
  </div>`}var fe={help:()=>import("./help_dialog-GNGSJ54E.js").then(({HelpDialog:e})=>e),search:()=>import("./search_dialog-GIANWJZ4.js").then(({SearchDialog:e})=>e)},ye=1500,$e=new Error("the server does not answer, or it has a newer page, which Retry loads");function ve({name:e,onClose:o}){let[r,t]=m(null),[n,c]=m(!1);return d(()=>{fe[e]().then(s=>t(()=>s),()=>c(!0))},[]),n?a`<${M} title=${e==="help"?"Keys":"Search"} onClose=${o}>
      <${T} name="this part of the page" error=${$e} onRetry=${()=>window.location.reload()} />
    <//>`:r&&a`<${r} onClose=${o} />`}function Ce(e){e.preventDefault(),document.getElementById("page")?.focus()}function he(){let{path:e}=j.value;for(let o of C){let r=U(o.path,e);if(r)return{page:o,values:r}}return{page:null,values:{}}}var q=new Map;function Se(){let e=he();return!e.page||e.page.free||v.value!==!1?e:{page:C.find(({name:o})=>o==="login")??null,values:{inPlace:!0}}}function Te(){let{page:e,values:o}=Se(),[,r]=m(0),[t,n]=m(null);d(()=>{document.getElementById("page")?.scrollTo(0,0),e&&c()},[e?.name]);function c(){n(null),!(!e||q.has(e.name))&&e.load().then(l=>{q.set(e.name,l.default),r(p=>p+1)},l=>{console.warn(l),n($e)})}if(!e)return a`<${$} title="There is no such page">
      <p>The address <code>${window.location.hash}</code> names none. <a href=${i("")}>Network</a></p>
    <//>`;if(v.value===null)return a`<${$} title=${e.title}><${I} /><//>`;if(e.role&&y.value&&!P(e.role))return a`<${$} title=${e.title}>
      <${Y} title=${`This page needs a key with the role ${e.role}.`}>
        Yours is ${y.value.role}. <a href=${i("login",{back:window.location.hash})}>Use another key</a>
      <//>
    <//>`;if(t)return a`<${$} title=${e.title}>
      <${T} name="the page" error=${t} onRetry=${()=>window.location.reload()} />
    <//>`;let s=q.get(e.name);return s?a`<${A} key=${e.name+JSON.stringify(o)} title=${e.title}><${s} ...${o} /><//>`:a`<${$} title=${e.title}><${I} /><//>`}var A=class extends R{componentDidCatch(o){this.setState({error:o}),console.error(o)}render(){let{children:o,title:r}=this.props,{error:t}=this.state;return t?a`<${$} title=${r}>
      <${T} name="this page" error=${t} onRetry=${()=>this.setState({error:null})} />
    <//>`:o}};function Ee({current:e}){let o=C.filter(({icon:t,role:n})=>t&&(!n||P(n))),r=e==="slots"?"blocks":e;return a`<nav class="rail" aria-label="Pages">
    <a class="rail-brand" href=${i("")} aria-label="tart: Network">
      <svg viewBox="0 0 32 32" aria-hidden="true">
        <rect width="32" height="32" rx="7" fill="#b3261e" />
        <path d="M6 13h20l-3.200 11H9.200z" fill="#fff" />
        <path d="M6 13c0-5 4.500-7.500 10-7.500S26 8 26 13" fill="none" stroke="#fff" stroke-width="2.500" />
      </svg>
      <span>tart</span>
    </a>
    <ul>
      ${o.map(({name:t,path:n,title:c,icon:s,key:l,main:p})=>a`<li key=${t} class=${p?"rail-main":""}>
          <a
            class="rail-link"
            href=${i(n)}
            title=${`${c} ( g ${l} )`}
            aria-current=${n===r?"page":void 0}
          >
            <${u} name=${s} /><span>${c}</span>
          </a>
        </li>`)}
      <li class="rail-more"><${De} entries=${o.filter(({main:t})=>!t)} /></li>
    </ul>
    <ul class="rail-end">
      <li><a class="rail-link" href="api/docs" title="API"><${u} name="external" /><span>API</span></a></li>
    </ul>
  </nav>`}function De({entries:e}){return a`<${b}
    label="More"
    icon="more"
    title="More pages"
    entries=${e.map(({path:o,title:r})=>({label:r,href:i(o)}))}
  />`}function Pe(){let o=ae("the network",t=>ne.network({},{signal:t}),{every:6e4}).data?.network,r=o?.genesis??o?.genesis_hash;return a`<span class="bar-network" title=${r}>
    <b>JAM network</b>${r&&a`<span class="mono muted">${H(r)}</span>`}
  </span>`}var xe={auto:"light",light:"dark",dark:"auto"};function Le(){let e={auto:"as the system has them",light:"light",dark:"dark"}[S.value];return a`<button
    type="button"
    class="button quiet icon-only bar-scheme"
    aria-label=${`Colours: ${e}`}
    title=${`Colours: ${e}`}
    onClick=${()=>S.value=xe[S.value]}
  >
    <${u} name="contrast" />
  </button>`}var Me=1500;function Ie(e){let o=K(0);d(()=>{function r(t){if((t.ctrlKey||t.metaKey)&&t.key.toLowerCase()==="k"){t.preventDefault(),e("search");return}if(t.composedPath()[0].closest("input, textarea, select, [contenteditable=true], dialog")||t.ctrlKey||t.metaKey||t.altKey)return;if(Date.now()-o.current<Me){o.current=0;let l=C.find(({key:p,role:h})=>p===t.key&&(!h||P(h)));l&&(t.preventDefault(),G(l.path));return}let s=qe[t.key];if(t.key==="g")o.current=Date.now();else if(t.key==="?")e("help");else if(t.key==="/")e("search");else if(t.key==="j"||t.key==="k")Oe(t.key);else if(s)s();else return;t.preventDefault()}return window.addEventListener("keydown",r),()=>window.removeEventListener("keydown",r)},[])}function Oe(e){let o=document.querySelector("#page table[role=grid]");o?.focus(),o?.dispatchEvent(new KeyboardEvent("keydown",{key:e,bubbles:!0,cancelable:!0}))}var qe={p:E,c:D,"[":()=>g(-1),"]":()=>g(1),y:()=>W(window.location.href),Escape:z};_(a`<${pe} />`,document.getElementById("app"));
