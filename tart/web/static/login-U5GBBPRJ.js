import{C as v,X as k,Z as b,_ as s,c as i,ca as w,d as y,f as $,fa as x,ga as T,u as a}from"./chunk-KD7Q7WA5.js";var q=/^tart_[0-9a-f]{8}_[A-Za-z0-9_-]{43}$/;function _(e){let t=e.trim();return t?q.test(t)?"":/^bearer\s/i.test(t)?"Enter the key alone, without \u201CBearer\u201D.":t.startsWith("tart_")?`A key has 57 characters, this text has ${t.length}: part of it is missing, or too much was pasted.`:"A key begins with tart_.":"Enter a key."}function h({status:e=0,message:t=""}){if(e===401)return"This key is not known to this server, or it was revoked.";if(e===429)return"Too many attempts. Wait a moment, then try again.";if(e===0)return"The server does not answer. Try again when it does.";let r=t.replace(/\.$/,"");return`${r.charAt(0).toUpperCase()}${r.slice(1)}.`}function L(e){return e?.startsWith("#/")&&!e.startsWith("#/login")?e:"#/"}function C({inPlace:e=!1}){let t=w.value,r=v.value.parameters.back;function o(){e||(window.location.hash=L(r))}return a`<${b} title=${t?.expires_at?"Login":"Log in"} question=${t?.login_required?"This server needs a key.":void 0}>
    <div class="cards">
      ${t?.expires_at&&a`<${W} found=${t} />`}
      ${t&&!t.role&&!t.login_required?a`<${z} reason=${t.reason} />`:a`<${K} found=${t} onDone=${o} />`}
      <${I} />
    </div>
  <//>`}function K({found:e,onDone:t}){let[r,o]=i(""),[n,d]=i(!1),[p,m]=i(!1),[l,c]=i(""),u=$(null);y(()=>u.current?.focus(),[]);async function A(f){if(f.preventDefault(),p)return;let g=_(r);if(c(g),!g){m(!0);try{await x(r.trim()),t();return}catch(E){c(h(E))}finally{m(!1)}}u.current?.focus()}return a`<${s} title=${e?.key?"Use another key":"Key"} size="half">
    ${e?.login_required&&e.reason?.startsWith("this login has ended")&&a`<p class="login-ended" role="status">The login has ended: it expired, or its key was revoked.</p>`}
    ${e?.role&&!e.key&&a`<p class="login-ended">No key is needed to read. A key of an administrator also shows keys and the audit log.</p>`}
    <form class="login-form" onSubmit=${A} novalidate>
      <input class="visually-hidden" type="text" name="username" autocomplete="username" value="tart" tabindex="-1" aria-hidden="true" readonly />
      <label for="login-key">API key</label>
      <div class="login-field">
        <input
          id="login-key"
          ref=${u}
          class="input mono"
          type=${n?"text":"password"}
          name="key"
          autocomplete="current-password"
          autocapitalize="off"
          spellcheck="false"
          placeholder="tart_…"
          value=${r}
          aria-invalid=${l?"true":void 0}
          aria-describedby=${l?"login-fault":void 0}
          onInput=${f=>{o(f.currentTarget.value),c("")}}
        />
        <button type="button" class="button quiet" aria-pressed=${n} onClick=${()=>d(!n)}>Show</button>
      </div>
      ${l&&a`<p class="login-fault" id="login-fault" role="alert">${l}</p>`}
      <button type="submit" class="button primary" disabled=${p}>${p?"Logging in\u2026":"Log in"}</button>
    </form>
  <//>`}function W({found:e}){let[t,r]=i(""),o=n=>()=>T(n).catch(d=>r(h(d)));return a`<${s} title="Logged in" size="half">
    <dl class="pairs">
      <dt>Key</dt>
      <dd>${e.key?.name} <span class="mono muted">${e.key?.id}</span></dd>
      <dt>Role</dt>
      <dd data-role=${e.role}>${e.role}</dd>
      <dt>Until</dt>
      <dd><${k} value=${e.expires_at} date /></dd>
    </dl>
    <div class="login-actions">
      <button type="button" class="button" onClick=${o(!1)}>Log out</button>
      <button type="button" class="button quiet" title="In all browsers that logged in with this key" onClick=${o(!0)}>
        Log out everywhere
      </button>
    </div>
    ${t&&a`<p class="login-fault" role="alert">${t}</p>`}
  <//>`}function z({reason:e}){return a`<${s} title="No key exists yet" size="half">
    <p>Without keys tart serves its own machine alone. To read it from here, its operator creates a key:</p>
    <pre class="login-command">tart keys create --name NAME --role viewer</pre>
    <p class="muted">The server says: ${e}.</p>
  <//>`}function I(){return a`<${s} title="Keys" size="half">
    <p>The operator of this server creates a key, which is printed once:</p>
    <pre class="login-command">tart keys create --name NAME --role viewer</pre>
    <dl class="pairs">
      <dt>viewer</dt>
      <dd>reads all pages</dd>
      <dt>operator</dt>
      <dd>also SQL and exports</dd>
      <dt>admin</dt>
      <dd>also keys, the audit log and the server log</dd>
    </dl>
    <p>
      The key is sent once. This browser then has a cookie in its place, until the login ends; scripts cannot read it.
    </p>
    <p>
      Without a key: <a href="api/docs">API</a>, <a href="api/docs/events">events</a>,${" "}
      <a href="api/docs/rules">rules</a>, <a href="api/docs/sql">SQL tables</a>.
    </p>
  <//>`}export{C as default};
