import{a as E}from"./chunk-ODPSR6XN.js";import{a as pe,c as fe,d as k}from"./chunk-QFIUXA6J.js";import{a as ue,b as L,c as _,d as M}from"./chunk-MX6SEDPD.js";import{a as h,b as Z}from"./chunk-3B3KOKTW.js";import{a as d}from"./chunk-HZVHJNCT.js";import{a as me}from"./chunk-LSKVQWEN.js";import{a as ne,d as C,e as S,f as T,h as re}from"./chunk-QCITNMUN.js";import{a as N,b as Q,c as R}from"./chunk-IIW3BLOX.js";import{B as W,D as v,G as X,I as Y,a as O,i as G,l as $,w as P,x as w}from"./chunk-DYZXLK2B.js";import{a as ae,b as se,d as le,e as ie,f as q,g as D,l as ce,n as b,o as x,p as I,q as K}from"./chunk-NIKDHXBC.js";import{b as V,g as ee,h as te,i as u,j as oe}from"./chunk-37NB6NY5.js";import{e as U,f as z,g as f,h as g,i as J,j as y,l as r,n as c}from"./chunk-QNZ3L47H.js";var we=[["critical","bad"],["warning","warn"],["info","info"]];function $e(){let[e,t]=f(!1),n=y(null),o=()=>t(!1);Z(n,e,o);let s=L.value,a=we.filter(([l])=>s[l]),m=a.map(([l])=>`${O(s[l])} ${l}`).join(", ")||"none fires",i=a[0]?.[0]??"";g(()=>{import("./favicon-65CIS3TE.js").then(({markFavicon:l})=>l(i)).catch(()=>{})},[i]);function p(l){l.key==="Escape"&&(l.stopPropagation(),o(),n.current?.querySelector("button")?.focus())}return r`<span class="menu bell" ref=${n} onKeyDown=${e?p:void 0}>
    <button type="button" class="button quiet" aria-haspopup="dialog" aria-expanded=${e} title=${`Alerts: ${m}`} onClick=${()=>t(!e)}>
      <${c} name="alerts" /><span class="visually-hidden">Alerts:${a.length?"":" none fires"} </span>
      ${a.map(([l,A])=>r`<${v} key=${l} state=${A} word=${r`${O(s[l])}<span class="visually-hidden"> ${l} </span>`} />`)}
    </button>
    ${e&&r`<${k} name="Alerts" onClose=${o} />`}
  </span>`}function de(){let e=C.value;if(!e||e.auth!=="key")return null;let t=u("login",{back:window.location.hash});if(!e.key)return r`<a class="button quiet bar-login" href=${t}>Log in</a>`;let{key:n,role:o}=e,s=e.expires_at?[{label:"Log out",onClick:()=>re().catch(()=>window.location.assign(u("login")))}]:[];return r`<${h}
    label=""
    icon="user"
    title=${`Logged in: ${n.name}, ${o}`}
    entries=${[{label:`${n.name} \xB7 ${o}`,href:u("login")},...s]}
  />`}var ve={s:"s",m:"min",h:"h",d:"d"};function B(e){return`${e.slice(0,-1)} ${ve[e.slice(-1)]??""}`}function he(e){return e==="1"?"Range before":`${B(e)} ago`}function ge(){let[e,t]=f(!1),n=le.value,o=ie.value,s=n.kind==="last"?`${o?"Paused":"Last"} ${B(n.text)}`:`${$(n.from,{date:Ce(n)})} \u2013 ${$(n.to)}`,a=[...ae.map(i=>({label:`Last ${B(i)}`,onClick:()=>ce(i)})),{label:"From \u2026 to \u2026",onClick:()=>t(!0)}],m=[...se.map(i=>({label:he(i),onClick:()=>K(i)})),{label:"Nothing",onClick:()=>K(void 0)}];return r`<span class="row-of bar-range" style=${{gap:0,flexWrap:"nowrap"}}>
    <${h} label=${s} title="Time range" entries=${a} start />
    <button type="button" class="button quiet icon-only bar-move" aria-label="Half the range earlier" title="Earlier ( [ )" onClick=${()=>b(-1)}>
      <${c} name="left" />
    </button>
    <button type="button" class="button quiet icon-only bar-move" aria-label="Half the range later" title="Later ( ] )" disabled=${!o} onClick=${()=>b(1)}>
      <${c} name="right" />
    </button>
    <button
      type="button"
      class="button quiet icon-only"
      aria-pressed=${o}
      aria-label=${o?"Follow the present":"Pause"}
      title=${o?"Follow the present ( p )":"Pause everything ( p )"}
      onClick=${x}
    >
      <${c} name=${o?"play":"pause"} />
    </button>
    <button
      type="button"
      class="button quiet icon-only bar-compare"
      aria-pressed=${D.value}
      aria-label="Compare with the range before"
      title="Compare with the range before ( c )"
      onClick=${I}
    >
      <${c} name="compare" />
    </button>
    ${D.value&&r`<${h} label=${q.value==="1"?r`<span><span class="bar-word">Range </span>before</span>`:he(q.value??"")} title="Compare with" entries=${m} />`}
    ${e&&r`<${k} name="Time range" onClose=${()=>t(!1)} />`}
  </span>`}function Ce({from:e}){return $(e,{date:!0}).slice(0,10)!==$(Date.now(),{date:!0}).slice(0,10)}var Se={live:["ok","live"],polling:["ok","polling"],paused:["info","paused"],stale:["bad","no answer"],offline:["bad","offline"],connecting:["idle","connecting"],closed:["idle","not logged in"]};function be(){let[e,t]=Se[M.value],n=M.value==="stale"||M.value==="offline",o=ue.value;return r`<footer class="status">
    <${v} state=${e} word=${t} />
    ${n&&_.value>0&&r`<span>since <${Y} value=${_.value} /></span>`}
    ${o&&r`<${v}
      state=${n?"idle":o.shards_answered<o.shards_total?"warn":"ok"}
      word=${`${o.shards_answered} of ${o.shards_total} shards`}
    />`}
    <button
      type="button"
      class="button quiet small status-end"
      title="Switch between UTC and the clock of this machine"
      onClick=${()=>w.value=!w.value}
    >
      ${$(W.value,{local:w.value})} ${w.value?"local":"UTC"}
    </button>
  </footer>`}function ke(){let[e,t]=f(null);Re(e,t),g(()=>{let s=setTimeout(fe,Ee);return()=>clearTimeout(s)},[]);let{page:n}=ye(),o=Object.values(L.value).reduce((s,a)=>s+a,0);return g(()=>{document.title=(o?`(${o}) `:"")+(n?`${n.title} \xB7 tart`:"tart")},[n,o]),r`<div class="frame">
    <a class="skip" href="#page" onClick=${Pe}>Skip to the page</a>
    <${Ie} current=${n?.path.split("/")[0]} />
    <header class="bar">
      ${S.value?r`<${Me} />`:r`<span class="bar-network"></span>`}
      <button type="button" class="bar-search" aria-label="Search" onClick=${()=>t("Search")}>
        <${c} name="search" /><span>Search</span><kbd>/</kbd>
      </button>
      <${ge} />
      ${S.value&&r`<${$e} />`}
      <${Oe} />
      <button type="button" class="button quiet icon-only bar-keys" aria-label="Keys" title="Keys ( ? )" onClick=${()=>t("Keys")}>
        <${c} name="help" />
      </button>
      <${de} />
    </header>
    <main class="page" id="page" tabindex="-1"><${xe} /></main>
    <${be} />
    ${e&&r`<${k} key=${e} name=${e} onClose=${()=>t(null)} />`}
  </div>`}var Ee=1500;function Pe(e){e.preventDefault(),document.getElementById("page")?.focus()}function ye(){let{path:e}=ee.value;for(let t of E){let n=V(t.path,e);if(n)return{page:t,values:n}}return{page:null,values:{}}}var H=new Map;function Te(){let e=ye();return!e.page||e.page.free||S.value!==!1?e:{page:E.find(({name:t})=>t==="login")??null,values:{inPlace:!0}}}function xe(){let{page:e,values:t}=Te(),[,n]=f(0),[o,s]=f(null);g(()=>{document.getElementById("page")?.scrollTo(0,0),e&&a()},[e?.name]);function a(){s(null),!(!e||H.has(e.name))&&e.load().then(i=>{H.set(e.name,i.default),n(p=>p+1)},i=>{console.warn(i),s(pe)})}if(!e)return r`<${d} title="There is no such page">
      <p>The address <code>${window.location.hash}</code> names none. <a href=${u("")}>Network</a></p>
    <//>`;if(S.value===null)return r`<${d} title=${e.title}><${N} /><//>`;if(e.role&&C.value&&!T(e.role))return r`<${d} title=${e.title}>
      <${Q} title=${`This page needs a key with the role ${e.role}.`}>
        Yours is ${C.value.role}. <a href=${u("login",{back:window.location.hash})}>Use another key</a>
      <//>
    <//>`;if(o)return r`<${d} title=${e.title}>
      <${R} name="the page" error=${o} onRetry=${()=>window.location.reload()} />
    <//>`;let m=H.get(e.name);return m?r`<${F} key=${e.name+JSON.stringify(t)} title=${e.title}><${m} ...${t} /><//>`:r`<${d} title=${e.title}><${N} /><//>`}var F=class extends U{componentDidCatch(t){this.setState({error:t}),console.error(t)}render(){let{children:t,title:n}=this.props,{error:o}=this.state;return o?r`<${d} title=${n}>
      <${R} name="this page" error=${o} onRetry=${()=>this.setState({error:null})} />
    <//>`:t}};function Ie({current:e}){let t=E.filter(({icon:o,role:s})=>o&&(!s||T(s))),n=e==="slots"?"blocks":e;return r`<nav class="rail" aria-label="Pages">
    <a class="rail-brand" href=${u("")} aria-label="tart: Network">
      <svg viewBox="0 0 32 32" aria-hidden="true">
        <rect width="32" height="32" rx="7" fill="#b3261e" />
        <path d="M6 13h20l-3.200 11H9.200z" fill="#fff" />
        <path d="M6 13c0-5 4.500-7.500 10-7.500S26 8 26 13" fill="none" stroke="#fff" stroke-width="2.500" />
      </svg>
      <span>tart</span>
    </a>
    <ul>
      ${t.map(({name:o,path:s,title:a,icon:m,key:i,main:p})=>r`<li key=${o} class=${p?"rail-main":""}>
          <a
            class="rail-link"
            href=${u(s)}
            title=${`${a} ( g ${i} )`}
            aria-current=${s===n?"page":void 0}
          >
            <${c} name=${m} /><span>${a}</span>
          </a>
        </li>`)}
      <li class="rail-more"><${Le} entries=${t.filter(({main:o})=>!o)} /></li>
    </ul>
    <ul class="rail-end">
      <li><a class="rail-link" href="api/docs" title="API"><${c} name="external" /><span>API</span></a></li>
    </ul>
  </nav>`}function Le({entries:e}){return r`<${h}
    label="More"
    icon="more"
    title="More pages"
    entries=${e.map(({path:t,title:n})=>({label:n,href:u(t)}))}
  />`}function Me(){let t=me("the network",o=>ne.network({},{signal:o}),{every:6e4}).data?.network,n=t?.genesis??t?.genesis_hash;return r`<span class="bar-network" title=${n}>
    <b>JAM network</b>${n&&r`<span class="mono muted">${G(n)}</span>`}
  </span>`}var Ae={auto:"light",light:"dark",dark:"auto"};function Oe(){let e={auto:"as the system has them",light:"light",dark:"dark"}[P.value];return r`<button
    type="button"
    class="button quiet icon-only bar-scheme"
    aria-label=${`Colours: ${e}`}
    title=${`Colours: ${e}`}
    onClick=${()=>P.value=Ae[P.value]}
  >
    <${c} name="contrast" />
  </button>`}var Ne=3e3;function Re(e,t){let n=y(-1/0),o=y(e);o.current=e,J(()=>{function s(a){if((a.ctrlKey||a.metaKey)&&a.key.toLowerCase()==="k"){a.preventDefault(),t("Search");return}if(o.current&&!document.querySelector("dialog")||a.composedPath()[0].closest("input, textarea, select, [contenteditable=true], dialog")||a.ctrlKey||a.metaKey||a.altKey)return;if(a.timeStamp-n.current<Ne){n.current=-1/0;let l=E.find(({key:A,role:j})=>A===a.key&&(!j||T(j)));l&&(a.preventDefault(),oe(l.path));return}let p=De[a.key];if(a.key==="g")n.current=a.timeStamp;else if(a.key==="?")t("Keys");else if(a.key==="/")t("Search");else if(a.key==="j"||a.key==="k")qe(a.key);else if(p)p();else return;a.preventDefault()}return window.addEventListener("keydown",s),()=>window.removeEventListener("keydown",s)},[])}function qe(e){let t=document.querySelector("#page table[role=grid]");t?.focus(),t?.dispatchEvent(new KeyboardEvent("keydown",{key:e,bubbles:!0,cancelable:!0}))}var De={p:x,c:I,"[":()=>b(-1),"]":()=>b(1),y:()=>X(window.location.href),Escape:te};z(r`<${ke} />`,document.getElementById("app"));
