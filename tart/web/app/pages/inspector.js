// @ts-check
/** Inspector: the bytes of a message and what they mean. */

import { useMemo, useState } from "preact/hooks";

import { Answered } from "../components/answered.js";
import { CopyButton, Implementation, State, Time } from "../components/basics.js";
import { Icon } from "../components/icons.js";
import { NodeLabel } from "../components/identifiers.js";
import { Card, Page } from "../components/page.js";
import { nameOf } from "../core/event_fields.js";
import { splitPage } from "../core/event_filter.js";
import { bytes as sizeText, counted, duration } from "../core/format.js";
import { bytesOf, COLOURS, curlOf, differentBytes, differentFields, hexRows, leafAt, leavesOf, offsetText, unfolded } from "../core/message.js";
import { html } from "../html.js";
import { href, location, setParameters } from "../state/location.js";
import { useAnswer } from "../state/requests.js";
import { client, exactClient } from "../state/session.js";
import { adoptStyles } from "../components/styles.js";
import styles from "./inspector.css" with { type: "text" };

adoptStyles(styles);

/** Rows of hex that are shown at first: 4 KiB. */
const FIRST_ROWS = 256;
/** Around an event, others about the same hash are searched. */
const AROUND_MS = 60_000;
const OTHERS = 20;

/** @typedef {import("../core/message.js").Field} Field */

/** @param {{ id?: string, session?: string }} properties Of an event, or of a session's first message. */
export default function InspectorPage({ id, session }) {
  const { with: other } = location.value.parameters;
  const answer = useAnswer(
    session ? `the first message of session ${session}` : `event ${id}`,
    (signal) => (session ? exactClient.sessionFields(Number(session), {}, { signal }) : exactClient.eventFields(Number(id), {}, { signal })),
    { deps: [id, session] },
  );
  const compared = useAnswer(`event ${other}`, (signal) => exactClient.eventFields(Number(other), {}, { signal }), { when: Boolean(other), deps: [other] });
  const title = answer.data ? html`${answer.data.title} ${answer.data.event_type !== null && html`<span class="muted">(${answer.data.event_type})</span>`}` : "Event";
  return html`<${Page} title=${title} question=${answer.data?.section} actions=${answer.data && html`<${Steps} message=${answer.data} />`}>
    <${Answered} answer=${answer} lines=${8}>
      ${(/** @type {any} */ message) => html`<${Message} message=${message} other=${other ? compared.data : null} compared=${other ? compared : null} path=${session ? `api/sessions/${session}/fields` : `api/events/${id}`} />`}
    <//>
  <//>`;
}

/** @param {{ message: any }} properties */
function Steps({ message }) {
  const link = (/** @type {number | null} */ id, /** @type {string} */ label, /** @type {string} */ icon) =>
    id === null
      ? html`<button type="button" class="button" disabled title="No message of the session is near"><${Icon} name=${icon} />${label}</button>`
      : html`<a class="button" href=${href(`events/${id}`)} title=${`${label} message of the session`}><${Icon} name=${icon} />${label}</a>`;
  return html`${link(message.previous, "Previous", "left")}${link(message.next, "Next", "right")}`;
}

/** @param {{ message: any, other: any, compared: any, path: string }} properties */
function Message({ message, other, compared, path }) {
  const { offset, field } = location.value.parameters;
  const leaves = useMemo(() => leavesOf(message.fields), [message]);
  const content = useMemo(() => bytesOf(message.content), [message]);
  const first = field !== undefined ? leaves.findIndex((leaf) => leaf.path === field) : leafAt(leaves, Number(offset ?? -1));
  const [hovered, setHovered] = useState(-1);
  const active = hovered >= 0 ? hovered : first;
  const otherBytes = useMemo(() => (other ? bytesOf(other.content) : []), [other]);
  const differing = useMemo(() => (other ? differentBytes(content, otherBytes) : new Set()), [other, content]);
  const fieldsDiffering = useMemo(() => (other ? differentFields(message.fields, other.fields) : new Set()), [other, message]);
  const shared = { leaves, active, onActive: setHovered };
  return html`
    <${Head} message=${message} path=${path} />
    ${message.deviations.length > 0 && html`<${Deviations} message=${message} />`}
    <div class="cards">
      <${Card} title="Bytes" note=${`${sizeText(message.size)} after the length prefix`} size="half">
        <${Hex} ...${shared} content=${content} deviations=${message.deviations} different=${differing} />
      <//>
      <${Card} title="Fields" note="hover or focus a field to see its bytes" size="half" flush>
        <${Fields} ...${shared} fields=${message.fields} deviations=${message.deviations} different=${fieldsDiffering} />
      <//>
      <${Card} title="References" size="half"><${References} message=${message} /><//>
      <${Card} title="Compare" note="with another message" size="half"><${Compare} message=${message} other=${other} compared=${compared} different=${fieldsDiffering} /><//>
    </div>
  `;
}

/** @param {{ message: any, path: string }} properties */
function Head({ message, path }) {
  const delay = message.delay_us === null ? null : message.delay_us / 1000;
  return html`<div class="inspector-head" data-kind=${message.kind}>
    ${message.node_id ? html`<${NodeLabel} node=${{ node_id: message.node_id }} />` : html`<span>node unknown</span>`}
    ${message.node_name && html`<${Implementation} name=${message.node_name} version=${message.node_version} />`}
    <a href=${href(`sessions/${message.session}`)} title="First message of the session">session ${message.session}</a>
    ${message.event_id !== null && html`<span>event <span class="mono">${message.event_id}</span></span>`}
    ${message.timestamp && html`<span title="By the node's clock"><${Time} value=${message.timestamp} date fraction /></span>`}
    <span title="By the server's clock; the difference is of two clocks">received ${delay === null ? html`<${Time} value=${message.received_at} date fraction />` : `${delay < 0 ? "" : "+"}${duration(delay)}`}</span>
    <span>version ${message.protocol_version}${message.cores !== null ? ` · ${counted(message.cores, "core")}` : ""}</span>
    <${State} state=${message.deviations.length ? "bad" : "ok"} word=${message.kind === "undecodable" ? "could not be decoded" : message.deviations.length ? counted(message.deviations.length, "deviation") : "as specified"} />
    <span class="row-of end">
      Copy
      <${CopyButton} label="Copy the bytes as hex" text=${() => message.content.slice(2)}>hex<//>
      <${CopyButton} label="Copy as JSON" text=${async () => JSON.stringify(message.id === null ? message : await client.event(message.id), null, 2)}>JSON<//>
      <${CopyButton} label="Copy a command that reads it" text=${() => curlOf(document.baseURI, path)}>curl<//>
      ${message.vector && html`<${CopyButton} label="Copy as a test vector (vectors/README.md)" text=${() => JSON.stringify(message.vector)}>test vector<//>`}
    </span>
  </div>`;
}

/** @param {{ message: any }} properties */
function Deviations({ message }) {
  return html`<ul class="deviations">
    ${message.deviations.map(
      (/** @type {any} */ deviation, /** @type {number} */ index) => html`<li key=${index} class="notice" data-state=${deviation.severity === "error" ? "bad" : "warn"} data-rule=${deviation.rule}>
        <span>
          <b>${deviation.docs ? html`<a href=${deviation.docs.slice(1)}>${deviation.rule}</a>` : deviation.rule}</b>
          ${" "}at <button type="button" class="button small" onClick=${() => setParameters({ offset: deviation.offset, field: undefined })}>byte ${deviation.offset}</button>
          ${deviation.field && html` of <span class="mono">${deviation.field}</span>`}:
          expected ${deviation.expectation}; found <span class="mono">${deviation.found}</span>.
          ${" "}<span class="muted">${deviation.explanation}</span>
        </span>
      </li>`,
    )}
  </ul>`;
}

/** @param {{ leaves: Field[], active: number, onActive: (leaf: number) => void, content: number[], deviations: any[], different: ReadonlySet<any> }} properties */
function Hex({ leaves, active, onActive, content, deviations, different }) {
  const [whole, setWhole] = useState(false);
  const rows = useMemo(() => hexRows(content, leaves, deviations, different), [content, leaves, different]);
  const shown = whole ? rows : rows.slice(0, FIRST_ROWS);
  function over(/** @type {any} */ event) {
    const leaf = event.target.closest("[data-leaf]")?.dataset.leaf;
    if (leaf !== undefined) onActive(Number(leaf));
  }
  return html`<div class="hex" role="img" tabindex="0" aria-label=${`Hex of ${content.length} bytes; the fields beside it have their values.`} onPointerOver=${over} onPointerLeave=${() => onActive(-1)}>
      ${shown.map(
        ({ offset, segments, text }) => html`<div key=${offset} class="hex-row">
          <span class="hex-offset">${offsetText(offset)}</span>
          <span class="hex-bytes">
            ${segments.map(
              (segment, index) => html`${index > 0 ? " " : ""}<span
                  class="hex-segment"
                  data-leaf=${segment.leaf}
                  data-colour=${segment.leaf % COLOURS}
                  data-bad=${segment.bad || undefined}
                  data-differs=${segment.differs || undefined}
                  data-active=${segment.leaf === active || undefined}
                >${segment.text}</span>`,
            )}
          </span>
          <span class="hex-text">${text}</span>
        </div>`,
      )}
    </div>
    ${shown.length < rows.length && html`<button type="button" class="button" onClick=${() => setWhole(true)}>Show all ${sizeText(content.length)}</button>`}`;
}

/** @param {{ leaves: Field[], active: number, onActive: (leaf: number) => void, fields: Field[], deviations: any[], different: ReadonlySet<any> }} properties */
function Fields({ leaves, active, onActive, fields, deviations, different }) {
  const folded = new Set((location.value.parameters.fold ?? "").split("|").filter(Boolean));
  const shown = unfolded(fields, folded);
  const places = useMemo(() => new Map(leaves.map((leaf, index) => [leaf, index])), [leaves]);

  function fold(/** @type {string} */ path) {
    if (!folded.delete(path)) folded.add(path);
    setParameters({ fold: [...folded].join("|") || undefined });
  }

  function pressed(/** @type {KeyboardEvent} */ event) {
    const step = { j: 1, ArrowDown: 1, k: -1, ArrowUp: -1 }[event.key];
    const row = /** @type {HTMLElement} */ (event.target).closest("tr");
    if (!step || !row) return;
    event.preventDefault();
    event.stopPropagation();
    const next = step > 0 ? row.nextElementSibling : row.previousElementSibling;
    /** @type {HTMLElement | null | undefined} */ (next?.querySelector("[data-focus]"))?.focus();
  }

  return html`<div class="table-scroll"><table class="fields" aria-label="Fields" onKeyDown=${pressed} onPointerLeave=${() => onActive(-1)}>
    <thead>
      <tr><th scope="col">Field</th><th scope="col" class="type">Type</th><th scope="col">Value</th></tr>
    </thead>
    <tbody>
      ${shown.map((field) => {
        const leaf = places.get(field) ?? -1;
        const bad = field.role !== "group" && deviations.some((each) => each.offset < field.offset + field.length && each.offset + Math.max(each.length, 1) > field.offset);
        return html`<tr
          key=${field.path}
          data-path=${field.path}
          data-active=${(leaf >= 0 && leaf === active) || undefined}
          data-bad=${bad || undefined}
          data-differs=${different.has(field.path) || undefined}
          onPointerEnter=${() => onActive(leaf)}
        >
          <td>
            <span class="field-name" style=${{ paddingInlineStart: `${14 * field.depth}px` }}>
              ${field.role === "group"
                ? html`<button type="button" class="fold" data-focus aria-expanded=${!folded.has(field.path)} aria-label=${`Fields of ${field.path}`} onClick=${() => fold(field.path)}>
                    <${Icon} name=${folded.has(field.path) ? "right" : "down"} />
                  </button>`
                : html`<i class="field-mark" data-colour=${leaf % COLOURS}></i>`}
              ${field.role === "group"
                ? html`<b>${field.name}</b>`
                : html`<button
                    type="button"
                    class="button quiet small mono"
                    data-focus
                    aria-pressed=${leaf === active}
                    title=${`${counted(field.length, "byte")} at ${field.offset}`}
                    onFocus=${() => onActive(leaf)}
                    onClick=${() => setParameters({ field: field.path, offset: undefined })}
                  >
                    ${field.name}
                  </button>`}
              ${bad && html`<${State} state="bad" word="deviation" hideWord />`}
            </span>
          </td>
          <td class="type muted mono">${field.type}</td>
          <td class="value">
            ${field.value !== null && html`<span class="mono" data-value=${field.value}>${field.value}</span>`}
            ${field.unit && !field.meaning && html` <span class="muted">${field.unit}</span>`}
            ${field.meaning && html` <span class="muted">${field.meaning}</span>`}
            ${field.opens && html` <a href=${href(...splitPage(field.opens))}>open</a>`}
          </td>
        </tr>`;
      })}
    </tbody>
  </table></div>`;
}

/** @param {{ message: any }} properties */
function References({ message }) {
  const { context } = message;
  const neighbours = (/** @type {any[]} */ events) =>
    html`<ul>
      ${events.map(
        (each) => html`<li key=${each.id}>
          <a href=${href(`events/${each.id}`)}>${each.event_name}</a> <span class="muted">event ${each.event_id}, by ${each.field},</span> <${Time} value=${each.received_at} fraction />
        </li>`,
      )}
    </ul>`;
  return html`<dl class="pairs">
    <dt>Refers to</dt>
    <dd data-references="to">
      ${message.refers_to.length ? neighbours(message.refers_to) : message.missing_ref !== null ? `event ${message.missing_ref} of this session, which is not stored` : "—"}
    </dd>
    <dt>Referred to by</dt>
    <dd data-references="by">
      ${message.referred_to_by.length ? neighbours(message.referred_to_by) : message.searched_until ? "no event so far" : "— no event refers to this type"}
      ${message.more_referring && html`<p class="muted">There are more. <a href=${`api/events/${message.id}/trace`}>All as JSON</a></p>`}
    </dd>
    <dt>Slot</dt>
    <dd>${context.slot === null ? "—" : html`<a href=${href(`slots/${context.slot}`)}>${context.slot}</a>`}</dd>
    <dt>Core</dt>
    <dd>${context.core === null ? "—" : html`<a href=${href(`cores/${context.core}`)}>${context.core}</a>`}</dd>
    <dt>About</dt>
    <dd class="mono">${context.hash ? html`<a href=${href("events", { hash: context.hash.slice(2) })}>${context.hash}</a>` : "—"}</dd>
    ${context.hash && html`<dt>Others about it</dt><dd><${Others} message=${message} /></dd>`}
  </dl>`;
}

/** Events of all nodes that name the same hash about the same time, on demand: the event log is searched. @param {{ message: any }} properties */
function Others({ message }) {
  const [wanted, want] = useState(false);
  const [from, to] = [-1, 1].map((sign) => new Date(Date.parse(message.received_at) + sign * AROUND_MS).toISOString());
  const answer = useAnswer(
    "events about the same hash",
    (signal) => client.events({ wp_hash: message.context.hash.slice(2), start_time: from, end_time: to, limit: OTHERS }, { signal }),
    { when: wanted, deps: [message.id] },
  );
  if (!wanted) return html`<button type="button" class="button small" onClick=${() => want(true)}>Search one minute around it</button>`;
  return html`<${Answered} answer=${answer} lines=${2}>
    ${(/** @type {any} */ { events }) => {
      const others = events.filter((/** @type {any} */ { id }) => id !== message.id);
      if (!others.length) return "none within a minute";
      return html`<ul data-references="hash">
        ${others.map(
          (/** @type {any} */ event) => html`<li key=${event.id}>
            <a href=${href(`events/${event.id}`)}>${nameOf(event)}</a> <${NodeLabel} node=${event} short /> <${Time} value=${event.received_at} fraction />
          </li>`,
        )}
      </ul>`;
    }}
  <//>`;
}

/** @param {{ message: any, other: any, compared: any, different: ReadonlySet<any> }} properties */
function Compare({ message, other, compared, different }) {
  const [text, setText] = useState("");
  function compare(/** @type {Event} */ event) {
    event.preventDefault();
    if (/^\d+$/.test(text.trim())) setParameters({ with: text.trim() }, { push: true });
  }
  return html`<form class="row-of" onSubmit=${compare}>
      <input class="input" value=${text} inputmode="numeric" placeholder="Id of an event" aria-label="Id of the event to compare with" onInput=${(/** @type {any} */ event) => setText(event.currentTarget.value)} />
      <button type="submit" class="button">Compare</button>
      ${message.previous !== null && html`<button type="button" class="button quiet" onClick=${() => setParameters({ with: message.previous }, { push: true })}>with the previous</button>`}
      ${location.value.parameters.with && html`<button type="button" class="button quiet" onClick=${() => setParameters({ with: undefined })}>End</button>`}
    </form>
    ${compared &&
    html`<${Answered} answer=${compared}>
      ${() =>
        html`<p data-different=${different.size}>
            ${counted(different.size, "field")} of this ${message.title} differ from <a href=${href(`events/${other.id}`)}>${other.title} ${other.id}</a>.
          </p>
          <table class="fields" aria-label="Fields that differ">
            <thead><tr><th scope="col">Field</th><th scope="col">Here</th><th scope="col">There</th></tr></thead>
            <tbody>
              ${leavesOf(message.fields)
                .filter(({ path }) => different.has(path))
                .map(
                  ({ path, value }) => html`<tr key=${path}>
                    <td class="mono">${path}</td>
                    <td class="value mono">${value ?? "—"}</td>
                    <td class="value mono">${other.fields.find((/** @type {Field} */ each) => each.path === path)?.value ?? "—"}</td>
                  </tr>`,
                )}
            </tbody>
          </table>`}
    <//>`}`;
}
