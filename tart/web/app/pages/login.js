// @ts-check
/** Log in with a key; who is logged in, and log out. */


import { useEffect, useRef, useState } from "preact/hooks";

import { Time } from "../components/basics.js";
import { Card, Page } from "../components/page.js";
import { destination, faultOfKey, reasonOf } from "../core/login.js";
import { html } from "../html.js";
import { location } from "../state/location.js";
import { logIn, logOut, session } from "../state/session.js";
import { adoptStyles } from "../components/styles.js";
import styles from "./login.css" with { type: "text" };

adoptStyles(styles);

/**
 * The page of `#/login`; also what stands in the place of any page while a login is required, and
 * then the page itself follows.
 *
 * @param {{ inPlace?: boolean }} properties
 */
export default function LoginPage({ inPlace = false }) {
  const found = session.value;
  const back = location.value.parameters.back;
  function proceed() {
    if (!inPlace) window.location.hash = destination(back);
  }
  return html`<${Page} title=${found?.expires_at ? "Login" : "Log in"} question=${found?.login_required ? "This server needs a key." : undefined}>
    <div class="cards">
      ${found?.expires_at && html`<${Current} found=${found} />`}
      ${found && !found.role && !found.login_required
        ? html`<${Closed} reason=${found.reason} />`
        : html`<${KeyForm} found=${found} onDone=${proceed} />`}
      <${Explanation} />
    </div>
  <//>`;
}

/** @param {{ found: import("../state/session.js").LoginSession | null, onDone: () => void }} properties */
function KeyForm({ found, onDone }) {
  const [text, setText] = useState("");
  const [shown, show] = useState(false);
  const [busy, setBusy] = useState(false);
  const [fault, setFault] = useState("");
  const field = useRef(/** @type {HTMLInputElement | null} */ (null));
  useEffect(() => field.current?.focus(), []);

  async function submit(/** @type {Event} */ event) {
    event.preventDefault();
    if (busy) return;
    const wrong = faultOfKey(text);
    setFault(wrong);
    if (!wrong) {
      setBusy(true);
      try {
        await logIn(text.trim());
        onDone();
        return;
      } catch (error) {
        setFault(reasonOf(/** @type {any} */ (error)));
      } finally {
        setBusy(false);
      }
    }
    field.current?.focus();
  }

  return html`<${Card} title=${found?.key ? "Use another key" : "Key"} size="half">
    ${found?.login_required &&
    found.reason?.startsWith("this login has ended") &&
    html`<p class="login-ended" role="status">The login has ended: it expired, or its key was revoked.</p>`}
    ${found?.role && !found.key && html`<p class="login-ended">No key is needed to read. A key of an administrator also shows keys and the audit log.</p>`}
    <form class="login-form" onSubmit=${submit} novalidate>
      <input class="visually-hidden" type="text" name="username" autocomplete="username" value="tart" tabindex="-1" aria-hidden="true" readonly />
      <label for="login-key">API key</label>
      <div class="login-field">
        <input
          id="login-key"
          ref=${field}
          class="input mono"
          type=${shown ? "text" : "password"}
          name="key"
          autocomplete="current-password"
          autocapitalize="off"
          spellcheck="false"
          placeholder="tart_…"
          value=${text}
          aria-invalid=${fault ? "true" : undefined}
          aria-describedby=${fault ? "login-fault" : undefined}
          onInput=${(/** @type {any} */ event) => {
            setText(event.currentTarget.value);
            setFault("");
          }}
        />
        <button type="button" class="button quiet" aria-pressed=${shown} onClick=${() => show(!shown)}>Show</button>
      </div>
      ${fault && html`<p class="login-fault" id="login-fault" role="alert">${fault}</p>`}
      <button type="submit" class="button primary" disabled=${busy}>${busy ? "Logging in…" : "Log in"}</button>
    </form>
  <//>`;
}

/** @param {{ found: import("../state/session.js").LoginSession }} properties */
function Current({ found }) {
  const [error, setError] = useState("");
  const end = (/** @type {boolean} */ everywhere) => () =>
    logOut(everywhere).catch((failure) => setError(reasonOf(failure)));
  return html`<${Card} title="Logged in" size="half">
    <dl class="pairs">
      <dt>Key</dt>
      <dd>${found.key?.name} <span class="mono muted">${found.key?.id}</span></dd>
      <dt>Role</dt>
      <dd data-role=${found.role}>${found.role}</dd>
      <dt>Until</dt>
      <dd><${Time} value=${found.expires_at} date /></dd>
    </dl>
    <div class="login-actions">
      <button type="button" class="button" onClick=${end(false)}>Log out</button>
      <button type="button" class="button quiet" title="In all browsers that logged in with this key" onClick=${end(true)}>
        Log out everywhere
      </button>
    </div>
    ${error && html`<p class="login-fault" role="alert">${error}</p>`}
  <//>`;
}

/** @param {{ reason: string | null }} properties */
function Closed({ reason }) {
  return html`<${Card} title="No key exists yet" size="half">
    <p>Without keys tart serves its own machine alone. To read it from here, its operator creates a key:</p>
    <pre class="login-command">tart keys create --name NAME --role viewer</pre>
    <p class="muted">The server says: ${reason}.</p>
  <//>`;
}

function Explanation() {
  return html`<${Card} title="Keys" size="half">
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
  <//>`;
}
