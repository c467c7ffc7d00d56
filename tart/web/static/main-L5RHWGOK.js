import{a as C}from"./chunk-N2FD3JAG.js";import{a as M,b as N,c as I}from"./chunk-H7VZZLRP.js";import{a as g,b as q}from"./chunk-C66HRB6O.js";import{a as V,b as ee,c as te,d as oe,g as re,h as ae,i as ne,j as h,k as D,l as x,m as se}from"./chunk-BCM654JP.js";import{a as A,b as Q,c as P}from"./chunk-IGJKNZOW.js";import{a as $}from"./chunk-DXBXNIWB.js";import{$ as ie,E,F as y,J as X,L as w,Q as Y,T as Z,U as le,X as k,Y as v,Z as L,a as B,h as U,k as f,l as j,m as z,u as G,v as J,w as i,x as W}from"./chunk-FPGP54BG.js";import{e as K,f as F,g as m,h as b,i as H,j as O,l as a,n as u}from"./chunk-EUVXIHW5.js";function ce(){let e=M.value?.alerts??0;return e?a`<a class="button quiet" href=${i("alerts")} title=${j(e,"alert")}>
    <${w} state="warn" word=${a`${B(e)}<span class="visually-hidden"> alerts</span>`} />
  </a>`:null}function ue(){let e=k.value;if(!e||e.auth!=="key")return null;let t=i("login",{back:window.location.hash});if(!e.key)return a`<a class="button quiet bar-login" href=${t}>Log in</a>`;let{key:o,role:r}=e,s=e.expires_at?[{label:"Log out",onClick:()=>ie().catch(()=>window.location.assign(i("login")))}]:[];return a`<${g}
    label=""
    icon="user"
    title=${`Logged in: ${o.name}, ${r}`}
    entries=${[{label:`${o.name} \xB7 ${r}`,href:i("login")},...s]}
  />`}var be={s:"s",m:"min",h:"h",d:"d"};function me(e){return`${e.slice(0,-1)} ${be[e.slice(-1)]??""}`}function pe(){let[e,t]=m(!1),o=ee.value,r=te.value,s=o.kind==="last"?`${r?"Paused":"Last"} ${me(o.text)}`:`${f(o.from,{date:ye(o)})} \u2013 ${f(o.to)}`,n=[...V.map(l=>({label:`Last ${me(l)}`,onClick:()=>ae(l)})),{label:"From \u2026 to \u2026",onClick:()=>t(!0)}];return a`<span class="row-of bar-range" style=${{gap:0,flexWrap:"nowrap"}}>
    <${g} label=${s} title="Time range" entries=${n} start />
    <button type="button" class="button quiet icon-only bar-move" aria-label="Half the range earlier" title="Earlier ( [ )" onClick=${()=>h(-1)}>
      <${u} name="left" />
    </button>
    <button type="button" class="button quiet icon-only bar-move" aria-label="Half the range later" title="Later ( ] )" disabled=${!r} onClick=${()=>h(1)}>
      <${u} name="right" />
    </button>
    <button
      type="button"
      class="button quiet icon-only"
      aria-pressed=${r}
      aria-label=${r?"Follow the present":"Pause"}
      title=${r?"Follow the present ( p )":"Pause everything ( p )"}
      onClick=${D}
    >
      <${u} name=${r?"play":"pause"} />
    </button>
    <button
      type="button"
      class="button quiet icon-only"
      aria-pressed=${oe.value}
      aria-label="Compare with the range before"
      title="Compare with the range before ( c )"
      onClick=${x}
    >
      <${u} name="compare" />
    </button>
    ${e&&a`<${we} onClose=${()=>t(!1)} />`}
  </span>`}function ye({from:e}){return f(e,{date:!0}).slice(0,10)!==f(Date.now(),{date:!0}).slice(0,10)}function we({onClose:e}){let[t,o]=re(),[r,s]=m("");function n(c){c.preventDefault();let p=new FormData(c.currentTarget),[d,S]=["from","to"].map(T=>Date.parse(`${p.get(T)}Z`));return d<S?d>Date.now()?s("The range is in the future."):(ne(d,S),e()):s("The range must end after it begins.")}let l=c=>new Date(c).toISOString().slice(0,19);return a`<${q} title="Time range, in UTC" onClose=${e}>
    <form class="row-of" onSubmit=${n}>
      <label>From <input class="input" type="datetime-local" step="1" name="from" required value=${l(t)} /></label>
      <label>to <input class="input" type="datetime-local" step="1" name="to" required value=${l(o)} /></label>
      <button class="button primary">Show</button>
    </form>
    ${r&&a`<p class="notice" data-state="bad" role="alert" style=${{marginTop:"12px"}}>${r}</p>`}
  <//>`}var ke={live:["ok","live"],polling:["ok","polling"],paused:["info","paused"],stale:["bad","no answer"],offline:["bad","offline"],connecting:["idle","connecting"],closed:["idle","not logged in"]};function fe(){let[e,t]=ke[I.value],o=I.value==="stale"||I.value==="offline",r=M.value;return a`<footer class="status">
    <${w} state=${e} word=${t} />
    ${o&&N.value>0&&a`<span>since <${Z} value=${N.value} /></span>`}
    ${r&&a`<${w}
      state=${o?"idle":r.shards_answered<r.shards_total?"warn":"ok"}
      word=${`${r.shards_answered} of ${r.shards_total} shards`}
    />`}
    <button
      type="button"
      class="button quiet small status-end"
      title="Switch between UTC and the clock of this machine"
      onClick=${()=>y.value=!y.value}
    >
      ${f(X.value,{local:y.value})} ${y.value?"local":"UTC"}
    </button>
  </footer>`}function $e(){let[e,t]=m(null);qe(e,t),b(()=>{let r=setTimeout(()=>Object.values(de).forEach(s=>s().catch(()=>{})),ve);return()=>clearTimeout(r)},[]);let{page:o}=ge();return b(()=>{document.title=o?`${o.title} \xB7 tart`:"tart"},[o]),a`<div class="frame">
    <a class="skip" href="#page" onClick=${Se}>Skip to the page</a>
    <${Pe} current=${o?.path.split("/")[0]} />
    <header class="bar">
      ${v.value?a`<${xe} />`:a`<span class="bar-network"></span>`}
      <button type="button" class="bar-search" aria-label="Search" onClick=${()=>t("search")}>
        <${u} name="search" /><span>Search</span><kbd>/</kbd>
      </button>
      <${pe} />
      ${v.value&&a`<${ce} />`}
      <${Me} />
      <button type="button" class="button quiet icon-only" aria-label="Keys" title="Keys ( ? )" onClick=${()=>t("help")}>
        <${u} name="help" />
      </button>
      <${ue} />
    </header>
    <main class="page" id="page" tabindex="-1"><${Ee} /></main>
    <${fe} />
    ${e&&a`<${Ce} key=${e} name=${e} onClose=${()=>t(null)} />`}
  </div>`}var de={help:()=>import("./help_dialog-73FT675O.js").then(({HelpDialog:e})=>e),search:()=>import("./search_dialog-JJSTO5KN.js").then(({SearchDialog:e})=>e)},ve=1500,he=new Error("the server does not answer, or it has a newer page, which Retry loads");function Ce({name:e,onClose:t}){let[o,r]=m(null),[s,n]=m(!1);return b(()=>{de[e]().then(l=>r(()=>l),()=>n(!0))},[]),s?a`<${q} title=${e==="help"?"Keys":"Search"} onClose=${t}>
      <${P} name="this part of the page" error=${he} onRetry=${()=>window.location.reload()} />
    <//>`:o&&a`<${o} onClose=${t} />`}function Se(e){e.preventDefault(),document.getElementById("page")?.focus()}function ge(){let{path:e}=G.value;for(let t of C){let o=z(t.path,e);if(o)return{page:t,values:o}}return{page:null,values:{}}}var R=new Map;function Te(){let e=ge();return!e.page||e.page.free||v.value!==!1?e:{page:C.find(({name:t})=>t==="login")??null,values:{inPlace:!0}}}function Ee(){let{page:e,values:t}=Te(),[,o]=m(0),[r,s]=m(null);b(()=>{document.getElementById("page")?.scrollTo(0,0),e&&n()},[e?.name]);function n(){s(null),!(!e||R.has(e.name))&&e.load().then(c=>{R.set(e.name,c.default),o(p=>p+1)},c=>{console.warn(c),s(he)})}if(!e)return a`<${$} title="There is no such page">
      <p>The address <code>${window.location.hash}</code> names none. <a href=${i("")}>Network</a></p>
    <//>`;if(v.value===null)return a`<${$} title=${e.title}><${A} /><//>`;if(e.role&&k.value&&!L(e.role))return a`<${$} title=${e.title}>
      <${Q} title=${`This page needs a key with the role ${e.role}.`}>
        Yours is ${k.value.role}. <a href=${i("login",{back:window.location.hash})}>Use another key</a>
      <//>
    <//>`;if(r)return a`<${$} title=${e.title}>
      <${P} name="the page" error=${r} onRetry=${()=>window.location.reload()} />
    <//>`;let l=R.get(e.name);return l?a`<${_} key=${e.name+JSON.stringify(t)} title=${e.title}><${l} ...${t} /><//>`:a`<${$} title=${e.title}><${A} /><//>`}var _=class extends K{componentDidCatch(t){this.setState({error:t}),console.error(t)}render(){let{children:t,title:o}=this.props,{error:r}=this.state;return r?a`<${$} title=${o}>
      <${P} name="this page" error=${r} onRetry=${()=>this.setState({error:null})} />
    <//>`:t}};function Pe({current:e}){let t=C.filter(({icon:r,role:s})=>r&&(!s||L(s))),o=e==="slots"?"blocks":e;return a`<nav class="rail" aria-label="Pages">
    <a class="rail-brand" href=${i("")} aria-label="tart: Network">
      <svg viewBox="0 0 32 32" aria-hidden="true">
        <rect width="32" height="32" rx="7" fill="#b3261e" />
        <path d="M6 13h20l-3.200 11H9.200z" fill="#fff" />
        <path d="M6 13c0-5 4.500-7.500 10-7.500S26 8 26 13" fill="none" stroke="#fff" stroke-width="2.500" />
      </svg>
      <span>tart</span>
    </a>
    <ul>
      ${t.map(({name:r,path:s,title:n,icon:l,key:c,main:p})=>a`<li key=${r} class=${p?"rail-main":""}>
          <a
            class="rail-link"
            href=${i(s)}
            title=${`${n} ( g ${c} )`}
            aria-current=${s===o?"page":void 0}
          >
            <${u} name=${l} /><span>${n}</span>
          </a>
        </li>`)}
      <li class="rail-more"><${De} entries=${t.filter(({main:r})=>!r)} /></li>
    </ul>
    <ul class="rail-end">
      <li><a class="rail-link" href="api/docs" title="API"><${u} name="external" /><span>API</span></a></li>
    </ul>
  </nav>`}function De({entries:e}){return a`<${g}
    label="More"
    icon="more"
    title="More pages"
    entries=${e.map(({path:t,title:o})=>({label:o,href:i(t)}))}
  />`}function xe(){let t=se("the network",r=>le.network({},{signal:r}),{every:6e4}).data?.network,o=t?.genesis??t?.genesis_hash;return a`<span class="bar-network" title=${o}>
    <b>JAM network</b>${o&&a`<span class="mono muted">${U(o)}</span>`}
  </span>`}var Le={auto:"light",light:"dark",dark:"auto"};function Me(){let e={auto:"as the system has them",light:"light",dark:"dark"}[E.value];return a`<button
    type="button"
    class="button quiet icon-only bar-scheme"
    aria-label=${`Colours: ${e}`}
    title=${`Colours: ${e}`}
    onClick=${()=>E.value=Le[E.value]}
  >
    <${u} name="contrast" />
  </button>`}var Ie=3e3;function qe(e,t){let o=O(-1/0),r=O(e);r.current=e,H(()=>{function s(n){if((n.ctrlKey||n.metaKey)&&n.key.toLowerCase()==="k"){n.preventDefault(),t("search");return}if(r.current&&!document.querySelector("dialog")||n.composedPath()[0].closest("input, textarea, select, [contenteditable=true], dialog")||n.ctrlKey||n.metaKey||n.altKey)return;if(n.timeStamp-o.current<Ie){o.current=-1/0;let d=C.find(({key:S,role:T})=>S===n.key&&(!T||L(T)));d&&(n.preventDefault(),W(d.path));return}let p=Ae[n.key];if(n.key==="g")o.current=n.timeStamp;else if(n.key==="?")t("help");else if(n.key==="/")t("search");else if(n.key==="j"||n.key==="k")Oe(n.key);else if(p)p();else return;n.preventDefault()}return window.addEventListener("keydown",s),()=>window.removeEventListener("keydown",s)},[])}function Oe(e){let t=document.querySelector("#page table[role=grid]");t?.focus(),t?.dispatchEvent(new KeyboardEvent("keydown",{key:e,bubbles:!0,cancelable:!0}))}var Ae={p:D,c:x,"[":()=>h(-1),"]":()=>h(1),y:()=>Y(window.location.href),Escape:J};F(a`<${$e} />`,document.getElementById("app"));
