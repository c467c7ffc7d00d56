// @ts-check
/** Search: what a text names, and where it leads. */

import { useEffect, useMemo, useState } from "preact/hooks";

import { splitPage } from "../core/event_filter.js";
import { isWholeHash, kindName, resultsOf } from "../core/search.js";
import { html } from "../html.js";
import { PAGES } from "../pages/index.js";
import { go } from "../state/location.js";
import { can, client, permitted } from "../state/session.js";
import { messageOf } from "./answered.js";
import { Dialog } from "./menu.js";
import { adoptStyles } from "./styles.js";
import styles from "./search_dialog.css" with { type: "text" };

adoptStyles(styles);

/** The server is asked when nothing was typed for this time. */
const PAUSE_MS = 120;
const LIMIT = 10;

/** @typedef {{ text: string, candidates: import("../core/search.js").Result[], hint: string | null, suggestion: string | null, error: any }} Found */
/** @type {Found} */
const NOTHING = { text: "", candidates: [], hint: null, suggestion: null, error: null };

/** @param {{ onClose: () => void }} properties */
export function SearchDialog({ onClose }) {
  const [text, setText] = useState("");
  const [chosen, choose] = useState(0);
  const found = useLookup(text.trim());
  const pages = PAGES.filter(({ role }) => !role || can(role));
  const results = useMemo(() => resultsOf(text, pages, found.candidates), [text, found]);
  const index = Math.min(chosen, results.length - 1);
  const waiting = text.trim() !== "" && found.text !== text.trim();

  function open(/** @type {import("../core/search.js").Result | undefined} */ result) {
    if (!result) return;
    go(...splitPage(result.page));
    onClose();
  }

  // A pasted hash opens what it names, if the server knows one meaning before the events that name it.
  useEffect(() => {
    const known = found.candidates.filter(({ kind }) => kind !== "hash");
    if (pasted.current === found.text && isWholeHash(found.text) && known.length === 1) open(known[0]);
  }, [found]);

  function pressed(/** @type {KeyboardEvent} */ event) {
    const step = { ArrowDown: 1, ArrowUp: -1 }[event.key];
    if (step && results.length) {
      event.preventDefault();
      choose((index + step + results.length) % results.length);
    } else if (event.key === "Enter") {
      event.preventDefault();
      if (!waiting) open(results[index]);
    }
  }

  return html`<${Dialog} title="Search" bare onClose=${onClose}>
    <form class="search" role="search" onSubmit=${(/** @type {Event} */ event) => event.preventDefault()}>
      <input
        class="input search-input"
        type="search"
        value=${text}
        autofocus
        spellcheck="false"
        autocomplete="off"
        placeholder="Node, hash, slot, core, event, type, rule or page"
        aria-label="Search"
        role="combobox"
        aria-expanded=${results.length > 0}
        aria-controls="search-results"
        aria-activedescendant=${results.length ? `search-${index}` : undefined}
        onInput=${(/** @type {any} */ event) => (setText(event.currentTarget.value), choose(0))}
        onPaste=${(/** @type {ClipboardEvent} */ event) => (pasted.current = event.clipboardData?.getData("text").trim() ?? "")}
        onKeyDown=${pressed}
      />
    </form>
    <ul class="search-results" id="search-results" role="listbox" aria-label="Results" aria-busy=${waiting}>
      ${results.map(
        (result, place) => html`<li
          key=${`${result.kind} ${result.page}`}
          id=${`search-${place}`}
          role="option"
          aria-selected=${place === index}
          class="search-result"
          data-page=${result.page}
          onPointerMove=${() => place !== index && choose(place)}
          onClick=${() => open(result)}
        >
          <span class="search-kind">${kindName(result.kind)}</span>
          <span class="search-label">${result.label}</span>
          <span class="search-sentence">${result.sentence}</span>
        </li>`,
      )}
    </ul>
    <p class="search-foot" role="status">${footOf({ found, waiting, result: results[index], text, suggest: (/** @type {string} */ word) => setText(word) })}</p>
  <//>`;
}

/** The text that was pasted last. */
const pasted = { current: "" };

/** What Enter opens, or what else to type. @param {{ found: Found, waiting: boolean, result: any, text: string, suggest: (word: string) => void }} properties */
function footOf({ found, waiting, result, text, suggest }) {
  if (found.error) return `Only pages are searched: ${messageOf(found.error)}.`;
  if (waiting) return "Searching …";
  if (result) return html`<kbd>Enter</kbd> opens ${kindName(result.kind).toLowerCase()} ${result.label}`;
  if (!text.trim()) return "";
  return html`${found.suggestion && html`Did you mean <button type="button" class="button small" onClick=${() => suggest(found.suggestion ?? "")}>${found.suggestion}</button>? `}${found.hint}`;
}

/** What the server knows of a text; the last answer until there is another. @param {string} text */
function useLookup(text) {
  const [found, setFound] = useState(NOTHING);
  useEffect(() => {
    if (!text || !permitted.value) {
      setFound({ ...NOTHING, text });
      return undefined;
    }
    const control = new AbortController();
    const timer = setTimeout(async () => {
      try {
        const { candidates, hint, suggestion } = await client.lookup({ q: text, limit: LIMIT }, { signal: control.signal });
        setFound({ text, candidates, hint, suggestion, error: null });
      } catch (error) {
        if (!control.signal.aborted) setFound({ ...NOTHING, text, error });
      }
    }, isWholeHash(text) ? 0 : PAUSE_MS);
    return () => {
      clearTimeout(timer);
      control.abort();
    };
  }, [text]);
  return found;
}
