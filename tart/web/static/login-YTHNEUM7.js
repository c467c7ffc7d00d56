import{a as _}from"./chunk-A5KFDUZV.js";import{a as k,b as n}from"./chunk-HZVHJNCT.js";import{d as w,g as x,h as T}from"./chunk-QCITNMUN.js";import{H as v}from"./chunk-DYZXLK2B.js";import{g as b}from"./chunk-37NB6NY5.js";import{g as s,h as y,j as $,l as a}from"./chunk-QNZ3L47H.js";var K=/^tart_[0-9a-f]{8}_[A-Za-z0-9_-]{43}$/;function L(e){let t=e.trim();return t?K.test(t)?"":/^bearer\s/i.test(t)?"Enter the key alone, without \u201CBearer\u201D.":t.startsWith("tart_")?`A key has 57 characters, this text has ${t.length}: part of it is missing, or too much was pasted.`:"A key begins with tart_.":"Enter a key."}function h({status:e=0,message:t=""}){if(e===401)return"This key is not known to this server, or it was revoked.";if(e===429)return"Too many attempts. Wait a moment, then try again.";if(e===0)return"The server does not answer. Try again when it does.";let r=t.replace(/\.$/,"");return`${r.charAt(0).toUpperCase()}${r.slice(1)}.`}function A(e){return e?.startsWith("#/")&&!e.startsWith("#/login")?e:"#/"}var E=`.login-form {
  display: flex;
  flex-direction: column;
  align-items: start;
  gap: var(--space-2);
}

.login-form label {
  font-weight: 600;
}

.login-field {
  display: flex;
  gap: var(--space-2);
  width: 100%;
}

.login-field .input {
  flex: 1;
  min-width: 0;
}

.login-form .button.primary {
  margin-top: var(--space-2);
}

.login-fault {
  color: var(--bad);
}

.login-ended {
  margin-bottom: var(--space-3);
}

.login-actions {
  display: flex;
  flex-wrap: wrap;
  gap: var(--space-2);
  margin-top: var(--space-4);
}

.login-command {
  margin: var(--space-2) 0 var(--space-3);
  padding: var(--space-2);
  border-radius: var(--radius);
  background: var(--surface-2);
  white-space: pre-wrap;
  overflow-wrap: anywhere;
}

.card-body > .pairs + p,
.card-body > p + p {
  margin-top: var(--space-3);
}
`;_(E);function z({inPlace:e=!1}){let t=w.value,r=b.value.parameters.back;function o(){e||(window.location.hash=A(r))}return a`<${k} title=${t?.expires_at?"Login":"Log in"} question=${t?.login_required?"This server needs a key.":void 0}>
    <div class="cards">
      ${t?.expires_at&&a`<${I} found=${t} />`}
      ${t&&!t.role&&!t.login_required?a`<${O} reason=${t.reason} />`:a`<${S} found=${t} onDone=${o} />`}
      <${N} />
    </div>
  <//>`}function S({found:e,onDone:t}){let[r,o]=s(""),[i,d]=s(!1),[p,m]=s(!1),[l,c]=s(""),u=$(null);y(()=>u.current?.focus(),[]);async function q(f){if(f.preventDefault(),p)return;let g=L(r);if(c(g),!g){m(!0);try{await x(r.trim()),t();return}catch(C){c(h(C))}finally{m(!1)}}u.current?.focus()}return a`<${n} title=${e?.key?"Use another key":"Key"} size="half">
    ${e?.login_required&&e.reason?.startsWith("this login has ended")&&a`<p class="login-ended" role="status">The login has ended: it expired, or its key was revoked.</p>`}
    ${e?.role&&!e.key&&a`<p class="login-ended">No key is needed to read. A key of an administrator also shows keys and the audit log.</p>`}
    <form class="login-form" onSubmit=${q} novalidate>
      <input class="visually-hidden" type="text" name="username" autocomplete="username" value="tart" tabindex="-1" aria-hidden="true" readonly />
      <label for="login-key">API key</label>
      <div class="login-field">
        <input
          id="login-key"
          ref=${u}
          class="input mono"
          type=${i?"text":"password"}
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
        <button type="button" class="button quiet" aria-pressed=${i} onClick=${()=>d(!i)}>Show</button>
      </div>
      ${l&&a`<p class="login-fault" id="login-fault" role="alert">${l}</p>`}
      <button type="submit" class="button primary" disabled=${p}>${p?"Logging in\u2026":"Log in"}</button>
    </form>
  <//>`}function I({found:e}){let[t,r]=s(""),o=i=>()=>T(i).catch(d=>r(h(d)));return a`<${n} title="Logged in" size="half">
    <dl class="pairs">
      <dt>Key</dt>
      <dd>${e.key?.name} <span class="mono muted">${e.key?.id}</span></dd>
      <dt>Role</dt>
      <dd data-role=${e.role}>${e.role}</dd>
      <dt>Until</dt>
      <dd><${v} value=${e.expires_at} date /></dd>
    </dl>
    <div class="login-actions">
      <button type="button" class="button" onClick=${o(!1)}>Log out</button>
      <button type="button" class="button quiet" title="In all browsers that logged in with this key" onClick=${o(!0)}>
        Log out everywhere
      </button>
    </div>
    ${t&&a`<p class="login-fault" role="alert">${t}</p>`}
  <//>`}function O({reason:e}){return a`<${n} title="No key exists yet" size="half">
    <p>Without keys tart serves its own machine alone. To read it from here, its operator creates a key:</p>
    <pre class="login-command">tart keys create --name NAME --role viewer</pre>
    <p class="muted">The server says: ${e}.</p>
  <//>`}function N(){return a`<${n} title="Keys" size="half">
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
  <//>`}export{z as default};
