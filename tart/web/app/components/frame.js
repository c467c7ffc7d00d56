// @ts-check
/** What surrounds every page: rail, top bar, status line, keys. */

import { Component } from "preact";
import { useEffect, useLayoutEffect, useRef, useState } from "preact/hooks";

import { shortHash } from "../core/format.js";
import { matchPath } from "../core/hash_route.js";
import { html } from "../html.js";
import { PAGES } from "../pages/index.js";
import { go, href, leave, location } from "../state/location.js";
import { firing } from "../state/live.js";
import { scheme } from "../state/preferences.js";
import { move, toggleComparison, togglePause } from "../state/range.js";
import { useAnswer } from "../state/requests.js";
import { can, client, permitted, session } from "../state/session.js";
import { AlertsBell } from "./alerts_bell.js";
import { copyText } from "./basics.js";
import { Empty, ErrorBox, Skeleton } from "./answered.js";
import { Icon } from "./icons.js";
import { Menu } from "./menu.js";
import { Page } from "./page.js";
import { NOT_LOADED, Part, preloadParts } from "./parts.js";
import { LoginMenu } from "./login_menu.js";
import { RangePicker } from "./range_picker.js";
import { StatusLine } from "./status_line.js";

export function Frame() {
  const [dialog, setDialog] = useState(/** @type {"Keys" | "Search" | null} */ (null));
  useKeys(dialog, setDialog);
  useEffect(() => {
    const timer = setTimeout(preloadParts, PRELOAD_MS);
    return () => clearTimeout(timer);
  }, []);
  const { page } = currentPage();
  const alerts = Object.values(firing.value).reduce((sum, count) => sum + count, 0);
  useEffect(() => {
    document.title = (alerts ? `(${alerts}) ` : "") + (page ? `${page.title} · tart` : "tart");
  }, [page, alerts]);
  return html`<div class="frame">
    <a class="skip" href="#page" onClick=${skip}>Skip to the page</a>
    <${Rail} current=${page?.path.split("/")[0]} />
    <header class="bar">
      ${permitted.value ? html`<${NetworkName} />` : html`<span class="bar-network"></span>`}
      <button type="button" class="bar-search" aria-label="Search" onClick=${() => setDialog("Search")}>
        <${Icon} name="search" /><span>Search</span><kbd>/</kbd>
      </button>
      <${RangePicker} />
      ${permitted.value && html`<${AlertsBell} />`}
      <${SchemeButton} />
      <button type="button" class="button quiet icon-only bar-keys" aria-label="Keys" title="Keys ( ? )" onClick=${() => setDialog("Keys")}>
        <${Icon} name="help" />
      </button>
      <${LoginMenu} />
    </header>
    <main class="page" id="page" tabindex="-1"><${CurrentPage} /></main>
    <${StatusLine} />
    ${dialog && html`<${Part} key=${dialog} name=${dialog} onClose=${() => setDialog(null)} />`}
  </div>`;
}

const PRELOAD_MS = 1500;

/** @param {Event} event */
function skip(event) {
  event.preventDefault();
  document.getElementById("page")?.focus();
}

/** The page of the address, and the values of its parts. */
function currentPage() {
  const { path } = location.value;
  for (const page of PAGES) {
    const values = matchPath(page.path, path);
    if (values) return { page, values };
  }
  return { page: null, values: {} };
}

/** @type {Map<string, any>} */
const loaded = new Map();

/** The page of the address, or the login at its address: after it the page itself follows. */
function shownPage() {
  const current = currentPage();
  if (!current.page || current.page.free || permitted.value !== false) return current;
  return { page: PAGES.find(({ name }) => name === "login") ?? null, values: { inPlace: true } };
}

function CurrentPage() {
  const { page, values } = shownPage();
  const [, setLoads] = useState(0);
  const [error, setError] = useState(/** @type {any} */ (null));
  useEffect(() => {
    document.getElementById("page")?.scrollTo(0, 0);
    if (page) load();
  }, [page?.name]);

  function load() {
    setError(null);
    if (!page || loaded.has(page.name)) return;
    page.load().then(
      (module) => {
        loaded.set(page.name, module.default);
        setLoads((count) => count + 1);
      },
      (failure) => {
        console.warn(failure);
        setError(NOT_LOADED);
      },
    );
  }

  if (!page) {
    return html`<${Page} title="There is no such page">
      <p>The address <code>${window.location.hash}</code> names none. <a href=${href("")}>Network</a></p>
    <//>`;
  }
  if (permitted.value === null) return html`<${Page} title=${page.title}><${Skeleton} /><//>`;
  if (page.role && session.value && !can(page.role)) {
    return html`<${Page} title=${page.title}>
      <${Empty} title=${`This page needs a key with the role ${page.role}.`}>
        Yours is ${session.value.role}. <a href=${href("login", { back: window.location.hash })}>Use another key</a>
      <//>
    <//>`;
  }
  if (error) {
    return html`<${Page} title=${page.title}>
      <${ErrorBox} name="the page" error=${error} onRetry=${() => window.location.reload()} />
    <//>`;
  }
  const content = loaded.get(page.name);
  if (!content) return html`<${Page} title=${page.title}><${Skeleton} /><//>`;
  return html`<${Boundary} key=${page.name + JSON.stringify(values)} title=${page.title}><${content} ...${values} /><//>`;
}

/** A page that fails costs only itself. */
class Boundary extends Component {
  /** @param {any} error */
  componentDidCatch(error) {
    this.setState({ error });
    console.error(error);
  }

  render() {
    const { children, title } = /** @type {any} */ (this.props);
    const { error } = /** @type {any} */ (this.state);
    if (!error) return children;
    return html`<${Page} title=${title}>
      <${ErrorBox} name="this page" error=${error} onRetry=${() => this.setState({ error: null })} />
    <//>`;
  }
}

/** @param {{ current: string | undefined }} properties */
function Rail({ current }) {
  const entries = PAGES.filter(({ icon, role }) => icon && (!role || can(role)));
  const aliases = current === "slots" ? "blocks" : current;
  return html`<nav class="rail" aria-label="Pages">
    <a class="rail-brand" href=${href("")} aria-label="tart: Network">
      <svg viewBox="0 0 32 32" aria-hidden="true">
        <rect width="32" height="32" rx="7" fill="#b3261e" />
        <path d="M6 13h20l-3.200 11H9.200z" fill="#fff" />
        <path d="M6 13c0-5 4.500-7.500 10-7.500S26 8 26 13" fill="none" stroke="#fff" stroke-width="2.500" />
      </svg>
      <span>tart</span>
    </a>
    <ul>
      ${entries.map(
        ({ name, path, title, icon, key, main }) => html`<li key=${name} class=${main ? "rail-main" : ""}>
          <a
            class="rail-link"
            href=${href(path)}
            title=${`${title} ( g ${key} )`}
            aria-current=${path === aliases ? "page" : undefined}
          >
            <${Icon} name=${icon} /><span>${title}</span>
          </a>
        </li>`,
      )}
      <li class="rail-more"><${MorePages} entries=${entries.filter(({ main }) => !main)} /></li>
    </ul>
    <ul class="rail-end">
      <li><a class="rail-link" href="api/docs" title="API"><${Icon} name="external" /><span>API</span></a></li>
    </ul>
  </nav>`;
}

/** The pages that have no place in the bar of a phone. @param {{ entries: any[] }} properties */
function MorePages({ entries }) {
  return html`<${Menu}
    label="More"
    icon="more"
    title="More pages"
    entries=${entries.map(({ path, title }) => ({ label: title, href: href(path) }))}
  />`;
}

function NetworkName() {
  const answer = useAnswer("the network", (signal) => client.network({}, { signal }), { every: 60_000 });
  const network = /** @type {any} */ (answer.data)?.network;
  const genesis = network?.genesis ?? network?.genesis_hash;
  return html`<span class="bar-network" title=${genesis}>
    <b>JAM network</b>${genesis && html`<span class="mono muted">${shortHash(genesis)}</span>`}
  </span>`;
}

/** @type {Record<string, "auto" | "light" | "dark">} */
const NEXT_SCHEME = { auto: "light", light: "dark", dark: "auto" };

function SchemeButton() {
  const name = { auto: "as the system has them", light: "light", dark: "dark" }[scheme.value];
  return html`<button
    type="button"
    class="button quiet icon-only bar-scheme"
    aria-label=${`Colours: ${name}`}
    title=${`Colours: ${name}`}
    onClick=${() => (scheme.value = NEXT_SCHEME[scheme.value])}
  >
    <${Icon} name="contrast" />
  </button>`;
}

/** The second key of a chord comes within this time, by the clock of the keyboard: a page may be busy in between. */
const CHORD_MS = 3000;

/**
 * Keys that work on every page, from its first picture on.
 *
 * @param {"Keys" | "Search" | null} dialog
 * @param {(dialog: "Keys" | "Search" | null) => void} setDialog
 */
function useKeys(dialog, setDialog) {
  const chord = useRef(-Infinity);
  const wanted = useRef(dialog);
  wanted.current = dialog;
  useLayoutEffect(() => {
    function pressed(/** @type {KeyboardEvent} */ event) {
      if ((event.ctrlKey || event.metaKey) && event.key.toLowerCase() === "k") {
        event.preventDefault();
        setDialog("Search");
        return;
      }
      // Not for the page: they come too early for a dialog that is still loaded.
      if (wanted.current && !document.querySelector("dialog")) return;
      // The editor of SQL is in a shadow root, outside of which the event's target is its host.
      const target = /** @type {HTMLElement} */ (event.composedPath()[0]);
      const typing = target.closest("input, textarea, select, [contenteditable=true], dialog");
      if (typing || event.ctrlKey || event.metaKey || event.altKey) return;
      if (event.timeStamp - chord.current < CHORD_MS) {
        chord.current = -Infinity;
        const page = PAGES.find(({ key, role }) => key === event.key && (!role || can(role)));
        if (page) {
          event.preventDefault();
          go(page.path);
        }
        return;
      }
      const act = ACTIONS[event.key];
      if (event.key === "g") chord.current = event.timeStamp;
      else if (event.key === "?") setDialog("Keys");
      else if (event.key === "/") setDialog("Search");
      else if (event.key === "j" || event.key === "k") enterTable(event.key);
      else if (act) act();
      else return;
      event.preventDefault();
    }
    window.addEventListener("keydown", pressed);
    return () => window.removeEventListener("keydown", pressed);
  }, []);
}

/** Give the focus, and the key, to the first table of the page, which has the other keys of rows. @param {string} key */
function enterTable(key) {
  const table = /** @type {HTMLElement | null} */ (document.querySelector("#page table[role=grid]"));
  table?.focus();
  table?.dispatchEvent(new KeyboardEvent("keydown", { key, bubbles: true, cancelable: true }));
}

/** @type {Record<string, () => void>} */
const ACTIONS = {
  p: togglePause,
  c: toggleComparison,
  "[": () => move(-1),
  "]": () => move(1),
  y: () => copyText(window.location.href),
  Escape: leave,
};
