import{a as E}from"./chunk-653ZJANZ.js";import{a as ie,c as ce,d as k}from"./chunk-W4P5SHGB.js";import{a as se,b as I,c as K,d as M}from"./chunk-XD2MOSJB.js";import{a as g,b as W}from"./chunk-JAXYIJYQ.js";import{a as d}from"./chunk-G6SHFORN.js";import{a as le}from"./chunk-QX2GM6OS.js";import{a as Z,d as C,e as S,f as T,h as ee}from"./chunk-ERBLNRK5.js";import{a as q,b as V,c as D}from"./chunk-7UEF64LJ.js";import{A as z,C as v,F as J,H as G,a as O,h as j,k as $,v as P,w}from"./chunk-PZHQDM36.js";import{a as te,c as oe,d as ne,e as re,i as ae,k as b,l as x,m as L}from"./chunk-3HV7YDNC.js";import{b as U,g as X,h as Y,i as u,j as Q}from"./chunk-E3R5DTPI.js";import{e as B,f as H,g as f,h,i as F,j as y,l as r,n as i}from"./chunk-JTXPO2O4.js";var ge=[["critical","bad"],["warning","warn"],["info","info"]];function ue(){let[e,t]=f(!1),n=y(null),o=()=>t(!1);W(n,e,o);let s=I.value,a=ge.filter(([l])=>s[l]),c=a.map(([l])=>`${O(s[l])} ${l}`).join(", ")||"none fires",m=a[0]?.[0]??"";h(()=>{import("./favicon-65CIS3TE.js").then(({markFavicon:l})=>l(m)).catch(()=>{})},[m]);function p(l){l.key==="Escape"&&(l.stopPropagation(),o(),n.current?.querySelector("button")?.focus())}return r`<span class="menu bell" ref=${n} onKeyDown=${e?p:void 0}>
    <button type="button" class="button quiet" aria-haspopup="dialog" aria-expanded=${e} title=${`Alerts: ${c}`} onClick=${()=>t(!e)}>
      <${i} name="alerts" /><span class="visually-hidden">Alerts:${a.length?"":" none fires"} </span>
      ${a.map(([l,A])=>r`<${v} key=${l} state=${A} word=${r`${O(s[l])}<span class="visually-hidden"> ${l} </span>`} />`)}
    </button>
    ${e&&r`<${k} name="Alerts" onClose=${o} />`}
  </span>`}function me(){let e=C.value;if(!e||e.auth!=="key")return null;let t=u("login",{back:window.location.hash});if(!e.key)return r`<a class="button quiet bar-login" href=${t}>Log in</a>`;let{key:n,role:o}=e,s=e.expires_at?[{label:"Log out",onClick:()=>ee().catch(()=>window.location.assign(u("login")))}]:[];return r`<${g}
    label=""
    icon="user"
    title=${`Logged in: ${n.name}, ${o}`}
    entries=${[{label:`${n.name} \xB7 ${o}`,href:u("login")},...s]}
  />`}var be={s:"s",m:"min",h:"h",d:"d"};function pe(e){return`${e.slice(0,-1)} ${be[e.slice(-1)]??""}`}function fe(){let[e,t]=f(!1),n=oe.value,o=ne.value,s=n.kind==="last"?`${o?"Paused":"Last"} ${pe(n.text)}`:`${$(n.from,{date:ke(n)})} \u2013 ${$(n.to)}`,a=[...te.map(c=>({label:`Last ${pe(c)}`,onClick:()=>ae(c)})),{label:"From \u2026 to \u2026",onClick:()=>t(!0)}];return r`<span class="row-of bar-range" style=${{gap:0,flexWrap:"nowrap"}}>
    <${g} label=${s} title="Time range" entries=${a} start />
    <button type="button" class="button quiet icon-only bar-move" aria-label="Half the range earlier" title="Earlier ( [ )" onClick=${()=>b(-1)}>
      <${i} name="left" />
    </button>
    <button type="button" class="button quiet icon-only bar-move" aria-label="Half the range later" title="Later ( ] )" disabled=${!o} onClick=${()=>b(1)}>
      <${i} name="right" />
    </button>
    <button
      type="button"
      class="button quiet icon-only"
      aria-pressed=${o}
      aria-label=${o?"Follow the present":"Pause"}
      title=${o?"Follow the present ( p )":"Pause everything ( p )"}
      onClick=${x}
    >
      <${i} name=${o?"play":"pause"} />
    </button>
    <button
      type="button"
      class="button quiet icon-only"
      aria-pressed=${re.value}
      aria-label="Compare with the range before"
      title="Compare with the range before ( c )"
      onClick=${L}
    >
      <${i} name="compare" />
    </button>
    ${e&&r`<${k} name="Time range" onClose=${()=>t(!1)} />`}
  </span>`}function ke({from:e}){return $(e,{date:!0}).slice(0,10)!==$(Date.now(),{date:!0}).slice(0,10)}var ye={live:["ok","live"],polling:["ok","polling"],paused:["info","paused"],stale:["bad","no answer"],offline:["bad","offline"],connecting:["idle","connecting"],closed:["idle","not logged in"]};function $e(){let[e,t]=ye[M.value],n=M.value==="stale"||M.value==="offline",o=se.value;return r`<footer class="status">
    <${v} state=${e} word=${t} />
    ${n&&K.value>0&&r`<span>since <${G} value=${K.value} /></span>`}
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
      ${$(z.value,{local:w.value})} ${w.value?"local":"UTC"}
    </button>
  </footer>`}function de(){let[e,t]=f(null);Me(e,t),h(()=>{let s=setTimeout(ce,we);return()=>clearTimeout(s)},[]);let{page:n}=he(),o=Object.values(I.value).reduce((s,a)=>s+a,0);return h(()=>{document.title=(o?`(${o}) `:"")+(n?`${n.title} \xB7 tart`:"tart")},[n,o]),r`<div class="frame">
    <a class="skip" href="#page" onClick=${ve}>Skip to the page</a>
    <${Ee} current=${n?.path.split("/")[0]} />
    <header class="bar">
      ${S.value?r`<${Te} />`:r`<span class="bar-network"></span>`}
      <button type="button" class="bar-search" aria-label="Search" onClick=${()=>t("Search")}>
        <${i} name="search" /><span>Search</span><kbd>/</kbd>
      </button>
      <${fe} />
      ${S.value&&r`<${ue} />`}
      <${Le} />
      <button type="button" class="button quiet icon-only bar-keys" aria-label="Keys" title="Keys ( ? )" onClick=${()=>t("Keys")}>
        <${i} name="help" />
      </button>
      <${me} />
    </header>
    <main class="page" id="page" tabindex="-1"><${Se} /></main>
    <${$e} />
    ${e&&r`<${k} key=${e} name=${e} onClose=${()=>t(null)} />`}
  </div>`}var we=1500;function ve(e){e.preventDefault(),document.getElementById("page")?.focus()}function he(){let{path:e}=X.value;for(let t of E){let n=U(t.path,e);if(n)return{page:t,values:n}}return{page:null,values:{}}}var N=new Map;function Ce(){let e=he();return!e.page||e.page.free||S.value!==!1?e:{page:E.find(({name:t})=>t==="login")??null,values:{inPlace:!0}}}function Se(){let{page:e,values:t}=Ce(),[,n]=f(0),[o,s]=f(null);h(()=>{document.getElementById("page")?.scrollTo(0,0),e&&a()},[e?.name]);function a(){s(null),!(!e||N.has(e.name))&&e.load().then(m=>{N.set(e.name,m.default),n(p=>p+1)},m=>{console.warn(m),s(ie)})}if(!e)return r`<${d} title="There is no such page">
      <p>The address <code>${window.location.hash}</code> names none. <a href=${u("")}>Network</a></p>
    <//>`;if(S.value===null)return r`<${d} title=${e.title}><${q} /><//>`;if(e.role&&C.value&&!T(e.role))return r`<${d} title=${e.title}>
      <${V} title=${`This page needs a key with the role ${e.role}.`}>
        Yours is ${C.value.role}. <a href=${u("login",{back:window.location.hash})}>Use another key</a>
      <//>
    <//>`;if(o)return r`<${d} title=${e.title}>
      <${D} name="the page" error=${o} onRetry=${()=>window.location.reload()} />
    <//>`;let c=N.get(e.name);return c?r`<${_} key=${e.name+JSON.stringify(t)} title=${e.title}><${c} ...${t} /><//>`:r`<${d} title=${e.title}><${q} /><//>`}var _=class extends B{componentDidCatch(t){this.setState({error:t}),console.error(t)}render(){let{children:t,title:n}=this.props,{error:o}=this.state;return o?r`<${d} title=${n}>
      <${D} name="this page" error=${o} onRetry=${()=>this.setState({error:null})} />
    <//>`:t}};function Ee({current:e}){let t=E.filter(({icon:o,role:s})=>o&&(!s||T(s))),n=e==="slots"?"blocks":e;return r`<nav class="rail" aria-label="Pages">
    <a class="rail-brand" href=${u("")} aria-label="tart: Network">
      <svg viewBox="0 0 32 32" aria-hidden="true">
        <rect width="32" height="32" rx="7" fill="#b3261e" />
        <path d="M6 13h20l-3.200 11H9.200z" fill="#fff" />
        <path d="M6 13c0-5 4.500-7.500 10-7.500S26 8 26 13" fill="none" stroke="#fff" stroke-width="2.500" />
      </svg>
      <span>tart</span>
    </a>
    <ul>
      ${t.map(({name:o,path:s,title:a,icon:c,key:m,main:p})=>r`<li key=${o} class=${p?"rail-main":""}>
          <a
            class="rail-link"
            href=${u(s)}
            title=${`${a} ( g ${m} )`}
            aria-current=${s===n?"page":void 0}
          >
            <${i} name=${c} /><span>${a}</span>
          </a>
        </li>`)}
      <li class="rail-more"><${Pe} entries=${t.filter(({main:o})=>!o)} /></li>
    </ul>
    <ul class="rail-end">
      <li><a class="rail-link" href="api/docs" title="API"><${i} name="external" /><span>API</span></a></li>
    </ul>
  </nav>`}function Pe({entries:e}){return r`<${g}
    label="More"
    icon="more"
    title="More pages"
    entries=${e.map(({path:t,title:n})=>({label:n,href:u(t)}))}
  />`}function Te(){let t=le("the network",o=>Z.network({},{signal:o}),{every:6e4}).data?.network,n=t?.genesis??t?.genesis_hash;return r`<span class="bar-network" title=${n}>
    <b>JAM network</b>${n&&r`<span class="mono muted">${j(n)}</span>`}
  </span>`}var xe={auto:"light",light:"dark",dark:"auto"};function Le(){let e={auto:"as the system has them",light:"light",dark:"dark"}[P.value];return r`<button
    type="button"
    class="button quiet icon-only bar-scheme"
    aria-label=${`Colours: ${e}`}
    title=${`Colours: ${e}`}
    onClick=${()=>P.value=xe[P.value]}
  >
    <${i} name="contrast" />
  </button>`}var Ie=3e3;function Me(e,t){let n=y(-1/0),o=y(e);o.current=e,F(()=>{function s(a){if((a.ctrlKey||a.metaKey)&&a.key.toLowerCase()==="k"){a.preventDefault(),t("Search");return}if(o.current&&!document.querySelector("dialog")||a.composedPath()[0].closest("input, textarea, select, [contenteditable=true], dialog")||a.ctrlKey||a.metaKey||a.altKey)return;if(a.timeStamp-n.current<Ie){n.current=-1/0;let l=E.find(({key:A,role:R})=>A===a.key&&(!R||T(R)));l&&(a.preventDefault(),Q(l.path));return}let p=Oe[a.key];if(a.key==="g")n.current=a.timeStamp;else if(a.key==="?")t("Keys");else if(a.key==="/")t("Search");else if(a.key==="j"||a.key==="k")Ae(a.key);else if(p)p();else return;a.preventDefault()}return window.addEventListener("keydown",s),()=>window.removeEventListener("keydown",s)},[])}function Ae(e){let t=document.querySelector("#page table[role=grid]");t?.focus(),t?.dispatchEvent(new KeyboardEvent("keydown",{key:e,bubbles:!0,cancelable:!0}))}var Oe={p:x,c:L,"[":()=>b(-1),"]":()=>b(1),y:()=>J(window.location.href),Escape:Y};H(r`<${de} />`,document.getElementById("app"));
