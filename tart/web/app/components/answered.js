// @ts-check
/** What is not there, not yet, or only in part: skeleton, empty, error, partial, stale. */

import { useEffect, useState } from "preact/hooks";

import { counted } from "../core/format.js";
import { readableMessage } from "../core/refusal.js";
import { html } from "../html.js";
import { Ago } from "./basics.js";

const SKELETON_AFTER_MS = 200;

/** Shown only if the data takes longer than a fifth of a second. @param {{ lines?: number }} properties */
export function Skeleton({ lines = 4 }) {
  const [shown, show] = useState(false);
  useEffect(() => {
    const timer = setTimeout(() => show(true), SKELETON_AFTER_MS);
    return () => clearTimeout(timer);
  }, []);
  if (!shown) return null;
  return html`<div class="skeleton" role="status" aria-label="Loading">
    ${Array.from({ length: lines }, (_, index) => html`<i key=${index}></i>`)}
  </div>`;
}

/** What would fill this place, and how. @param {{ title: any, children?: any }} properties */
export function Empty({ title, children }) {
  return html`<div class="empty"><b>${title}</b>${children}</div>`;
}

/** @param {{ name: string, error: any, since?: number | null, onRetry?: () => void }} properties */
export function ErrorBox({ name, error, since, onRetry }) {
  return html`<div class="notice" data-state="bad" role="alert">
    <span>
      Cannot read ${name}: ${messageOf(error)}.
      ${since ? html` Shown is what was received <${Ago} value=${since} />.` : ""}
    </span>
    ${onRetry && html`<button type="button" class="button small" onClick=${onRetry}>Retry</button>`}
  </div>`;
}

/** @param {{ shards: { answered: number, total: number } }} properties */
export function PartialNote({ shards }) {
  return html`<div class="notice" data-state="warn" role="status">
    Incomplete: ${shards.answered} of ${counted(shards.total, "shard")} answered; the figures lack what the others have.
  </div>`;
}

/**
 * The data of an answer, or what stands in its place.
 *
 * @param {{ answer: any, empty?: any, isEmpty?: (data: any) => boolean, lines?: number, children: (data: any) => any }} properties
 *   `empty` is shown if `isEmpty`.
 */
export function Answered({ answer, empty, isEmpty, lines, children }) {
  const { data, error, name, since, partial, stale, reload } = answer;
  const failed = error && html`<${ErrorBox} name=${name} error=${error} since=${data && since} onRetry=${reload} />`;
  if (data === null) return failed || html`<${Skeleton} lines=${lines} />`;
  const content = empty && isEmpty?.(data) ? empty : children(data);
  return html`
    ${failed}
    ${partial && partial.answered < partial.total && html`<${PartialNote} shards=${partial} />`}
    <div class=${stale ? "stale" : ""} aria-busy=${stale && !error ? "true" : undefined}>${content}</div>
  `;
}

/** @param {any} error */
export function messageOf(error) {
  return readableMessage(error);
}
