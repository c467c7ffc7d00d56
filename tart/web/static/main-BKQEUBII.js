import{a as C}from"./chunk-BFLJO36I.js";import{a as E,b as q,c as x}from"./chunk-PQ33VQHV.js";import{a as b,b as ne}from"./chunk-ZFXL5XR5.js";import{a as X,b as Y,c as Z,d as Q,g as V,h as ee,i as te,j as g,k as T,l as P,m as oe}from"./chunk-SPHRVP5U.js";import{a as L,b as W,c as I}from"./chunk-6F6XN5K6.js";import{a as $}from"./chunk-DXBXNIWB.js";import{A as k,E as j,G as w,L as G,O as J,P as re,S as y,T as v,U as D,W as ae,a as K,h as H,k as f,l as B,m as U,u as M,v as l,w as z,z as S}from"./chunk-MVD6GQUR.js";import{e as _,f as R,g as m,h as d,j as F,l as a,n as u}from"./chunk-EUVXIHW5.js";function se(){let e=E.value?.alerts??0;return e?a`<a class="button quiet" href=${l("alerts")} title=${B(e,"alert")}>
    <${w} state="warn" word=${a`${K(e)}<span class="visually-hidden"> alerts</span>`} />
  </a>`:null}function le(){let e=y.value;if(!e||e.auth!=="key")return null;let o=l("login",{back:window.location.hash});if(!e.key)return a`<a class="button quiet bar-login" href=${o}>Log in</a>`;let{key:r,role:t}=e,n=e.expires_at?[{label:"Log out",onClick:()=>ae().catch(()=>window.location.assign(l("login")))}]:[];return a`<${b}
    label=""
    icon="user"
    title=${`Logged in: ${r.name}, ${t}`}
    entries=${[{label:`${r.name} \xB7 ${t}`,href:l("login")},...n]}
  />`}var he={s:"s",m:"min",h:"h",d:"d"};function ie(e){return`${e.slice(0,-1)} ${he[e.slice(-1)]??""}`}function ue(){let[e,o]=m(!1),r=Y.value,t=Z.value,n=r.kind==="last"?`${t?"Paused":"Last"} ${ie(r.text)}`:`${f(r.from,{date:de(r)})} \u2013 ${f(r.to)}`,c=[...X.map(s=>({label:`Last ${ie(s)}`,onClick:()=>ee(s)})),{label:"From \u2026 to \u2026",onClick:()=>o(!0)}];return a`<span class="row-of bar-range" style=${{gap:0,flexWrap:"nowrap"}}>
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
      onClick=${T}
    >
      <${u} name=${t?"play":"pause"} />
    </button>
    <button
      type="button"
      class="button quiet icon-only"
      aria-pressed=${Q.value}
      aria-label="Compare with the range before"
      title="Compare with the range before ( c )"
      onClick=${P}
    >
      <${u} name="compare" />
    </button>
    ${e&&a`<${ge} onClose=${()=>o(!1)} />`}
  </span>`}function de({from:e}){return f(e,{date:!0}).slice(0,10)!==f(Date.now(),{date:!0}).slice(0,10)}function ge({onClose:e}){let[o,r]=V(),[t,n]=m("");function c(i){i.preventDefault();let p=new FormData(i.currentTarget),[h,O]=["from","to"].map($e=>Date.parse(`${p.get($e)}Z`));return h<O?h>Date.now()?n("The range is in the future."):(te(h,O),e()):n("The range must end after it begins.")}let s=i=>new Date(i).toISOString().slice(0,19);return a`<${ne} title="Time range, in UTC" onClose=${e}>
    <form class="row-of" onSubmit=${c}>
      <label>From <input class="input" type="datetime-local" step="1" name="from" required value=${s(o)} /></label>
      <label>to <input class="input" type="datetime-local" step="1" name="to" required value=${s(r)} /></label>
      <button class="button primary">Show</button>
    </form>
    ${t&&a`<p class="notice" data-state="bad" role="alert" style=${{marginTop:"12px"}}>${t}</p>`}
  <//>`}var be={live:["ok","live"],polling:["ok","polling"],paused:["info","paused"],stale:["bad","no answer"],offline:["bad","offline"],connecting:["idle","connecting"],closed:["idle","not logged in"]};function ce(){let[e,o]=be[x.value],r=x.value==="stale"||x.value==="offline",t=E.value;return a`<footer class="status">
    <${w} state=${e} word=${o} />
    ${r&&q.value>0&&a`<span>since <${J} value=${q.value} /></span>`}
    ${t&&a`<${w}
      state=${r?"idle":t.shards_answered<t.shards_total?"warn":"ok"}
      word=${`${t.shards_answered} of ${t.shards_total} shards`}
    />`}
    <button
      type="button"
      class="button quiet small status-end"
      title="Switch between UTC and the clock of this machine"
      onClick=${()=>k.value=!k.value}
    >
      ${f(j.value,{local:k.value})} ${k.value?"local":"UTC"}
    </button>
  </footer>`}function me(){let[e,o]=m(null);Me(o),d(()=>{let t=setTimeout(()=>Object.values(pe).forEach(n=>n().catch(()=>{})),ke);return()=>clearTimeout(t)},[]);let{page:r}=fe();return d(()=>{document.title=r?`${r.title} \xB7 tart`:"tart"},[r]),a`<div class="frame">
    <a class="skip" href="#page" onClick=${ye}>Skip to the page</a>
    <${Se} current=${r?.path.split("/")[0]} />
    <header class="bar">
      ${v.value?a`<${Pe} />`:a`<span class="bar-network"></span>`}
      <button type="button" class="bar-search" aria-label="Search" onClick=${()=>o("search")}>
        <${u} name="search" /><span>Search</span><kbd>/</kbd>
      </button>
      <${ue} />
      ${v.value&&a`<${se} />`}
      <${Ee} />
      <button type="button" class="button quiet icon-only" aria-label="Keys" title="Keys ( ? )" onClick=${()=>o("help")}>
        <${u} name="help" />
      </button>
      <${le} />
    </header>
    <main class="page" id="page" tabindex="-1"><${Ce} /></main>
    <${ce} />
    ${e&&a`<${we} key=${e} name=${e} onClose=${()=>o(null)} />`}
  </div>`}var pe={help:()=>import("./help_dialog-UHR44VHD.js").then(({HelpDialog:e})=>e),search:()=>import("./search_dialog-LJUXUOI2.js").then(({SearchDialog:e})=>e)},ke=1500;function we({name:e,onClose:o}){let[r,t]=m(null);return d(()=>{pe[e]().then(n=>t(()=>n),o)},[]),r&&a`<${r} onClose=${o} />`}function ye(e){e.preventDefault(),document.getElementById("page")?.focus()}function fe(){let{path:e}=M.value;for(let o of C){let r=U(o.path,e);if(r)return{page:o,values:r}}return{page:null,values:{}}}var A=new Map;function ve(){let e=fe();return!e.page||e.page.free||v.value!==!1?e:{page:C.find(({name:o})=>o==="login")??null,values:{inPlace:!0}}}function Ce(){let{page:e,values:o}=ve(),[,r]=m(0),[t,n]=m(null);d(()=>{document.getElementById("page")?.scrollTo(0,0),e&&c()},[e?.name]);function c(){n(null),!(!e||A.has(e.name))&&e.load().then(i=>{A.set(e.name,i.default),r(p=>p+1)},n)}if(!e)return a`<${$} title="There is no such page">
      <p>The address <code>${window.location.hash}</code> names none. <a href=${l("")}>Network</a></p>
    <//>`;if(v.value===null)return a`<${$} title=${e.title}><${L} /><//>`;if(e.role&&y.value&&!D(e.role))return a`<${$} title=${e.title}>
      <${W} title=${`This page needs a key with the role ${e.role}.`}>
        Yours is ${y.value.role}. <a href=${l("login",{back:window.location.hash})}>Use another key</a>
      <//>
    <//>`;if(t)return a`<${$} title=${e.title}>
      <${I} name="the page" error=${t} onRetry=${()=>window.location.reload()} />
    <//>`;let s=A.get(e.name);return s?a`<${N} key=${e.name+JSON.stringify(o)} title=${e.title}><${s} ...${o} /><//>`:a`<${$} title=${e.title}><${L} /><//>`}var N=class extends _{componentDidCatch(o){this.setState({error:o}),console.error(o)}render(){let{children:o,title:r}=this.props,{error:t}=this.state;return t?a`<${$} title=${r}>
      <${I} name="this page" error=${t} onRetry=${()=>this.setState({error:null})} />
    <//>`:o}};function Se({current:e}){let o=C.filter(({icon:t,role:n})=>t&&(!n||D(n))),r=e==="slots"?"blocks":e;return a`<nav class="rail" aria-label="Pages">
    <a class="rail-brand" href=${l("")} aria-label="tart: Network">
      <svg viewBox="0 0 32 32" aria-hidden="true">
        <rect width="32" height="32" rx="7" fill="#b3261e" />
        <path d="M6 13h20l-3.200 11H9.200z" fill="#fff" />
        <path d="M6 13c0-5 4.500-7.500 10-7.500S26 8 26 13" fill="none" stroke="#fff" stroke-width="2.500" />
      </svg>
      <span>tart</span>
    </a>
    <ul>
      ${o.map(({name:t,path:n,title:c,icon:s,key:i,main:p})=>a`<li key=${t} class=${p?"rail-main":""}>
          <a
            class="rail-link"
            href=${l(n)}
            title=${`${c} ( g ${i} )`}
            aria-current=${n===r?"page":void 0}
          >
            <${u} name=${s} /><span>${c}</span>
          </a>
        </li>`)}
      <li class="rail-more"><${Te} entries=${o.filter(({main:t})=>!t)} /></li>
    </ul>
    <ul class="rail-end">
      <li><a class="rail-link" href="api/docs" title="API"><${u} name="external" /><span>API</span></a></li>
    </ul>
  </nav>`}function Te({entries:e}){return a`<${b}
    label="More"
    icon="more"
    title="More pages"
    entries=${e.map(({path:o,title:r})=>({label:r,href:l(o)}))}
  />`}function Pe(){let o=oe("the network",t=>re.network({},{signal:t}),{every:6e4}).data?.network,r=o?.genesis??o?.genesis_hash;return a`<span class="bar-network" title=${r}>
    <b>JAM network</b>${r&&a`<span class="mono muted">${H(r)}</span>`}
  </span>`}var De={auto:"light",light:"dark",dark:"auto"};function Ee(){let e={auto:"as the system has them",light:"light",dark:"dark"}[S.value];return a`<button
    type="button"
    class="button quiet icon-only bar-scheme"
    aria-label=${`Colours: ${e}`}
    title=${`Colours: ${e}`}
    onClick=${()=>S.value=De[S.value]}
  >
    <${u} name="contrast" />
  </button>`}var xe=1500;function Me(e){let o=F(0);d(()=>{function r(t){if((t.ctrlKey||t.metaKey)&&t.key.toLowerCase()==="k"){t.preventDefault(),e("search");return}if(t.target.closest("input, textarea, select, [contenteditable=true], dialog")||t.ctrlKey||t.metaKey||t.altKey)return;if(Date.now()-o.current<xe){o.current=0;let i=C.find(({key:p,role:h})=>p===t.key&&(!h||D(h)));i&&(t.preventDefault(),z(i.path));return}let s=Le[t.key];if(t.key==="g")o.current=Date.now();else if(t.key==="?")e("help");else if(t.key==="/")e("search");else if(s)s();else return;t.preventDefault()}return window.addEventListener("keydown",r),()=>window.removeEventListener("keydown",r)},[])}var Le={p:T,c:P,"[":()=>g(-1),"]":()=>g(1),y:()=>G(window.location.href),Escape:()=>{M.value.path.split("/").length>1&&window.history.back()}};R(a`<${me} />`,document.getElementById("app"));
