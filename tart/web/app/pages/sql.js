// @ts-check
/** SQL over all shards: editor, schema, result as table or chart. */

import { useEffect, useLayoutEffect, useMemo, useRef, useState } from "preact/hooks";

import { Empty, ErrorBox, messageOf, PartialNote } from "../components/answered.js";
import { CopyButton } from "../components/basics.js";
import { download } from "../components/downloads.js";
import { Bars } from "../components/figure.js";
import { Icon } from "../components/icons.js";
import { LineChart } from "../components/line_chart.js";
import { SearchBox, Tabs } from "../components/choices.js";
import { Menu } from "../components/menu.js";
import { Card, Page } from "../components/page.js";
import { Table } from "../components/table.js";
import { compact, counted, duration, number } from "../core/format.js";
import { axesOf, cellText, chartOf, exactNumber, executionText, isNumeric, quoted } from "../core/sql_result.js";
import { isHistory, isWorkspace, withSheetsOf } from "../core/stored.js";
import { html } from "../html.js";
import { location, setParameters } from "../state/location.js";
import { remembered } from "../state/preferences.js";
import { useAnswer } from "../state/requests.js";
import { can, client, exactClient, runSql, session } from "../state/session.js";
import { now } from "../state/time.js";
import { adoptStyles } from "../components/styles.js";
import styles from "./sql.css" with { type: "text" };

adoptStyles(styles);

const FIRST = `SELECT event_name, count(*) AS events
FROM events
WHERE received_at > now() - INTERVAL 10 MINUTE
GROUP BY ALL
ORDER BY events DESC`;
const MAX_TABS = 20;
const MAX_HISTORY = 100;
const MAX_BARS = 30;
const FORMATS = [
  ["csv", "CSV"],
  ["ndjson", "NDJSON"],
  ["markdown", "Markdown"],
  ["parquet", "Parquet"],
  ["arrow", "Arrow"],
];

/** @typedef {import("../core/stored.js").Sheet} Sheet */
/** @typedef {import("../core/stored.js").Past} Past */

const workspace = remembered("sql.sheets", { sheets: [{ id: 1, text: FIRST }], active: 1 }, isWorkspace, withSheetsOf);
const past = remembered("sql.history", /** @type {Past[]} */ ([]), isHistory);

export default function SqlPage() {
  const editor = useRef(/** @type {any} */ (null));
  const run = useRun();
  const tables = useAnswer("the tables", (signal) => client.sqlTables({}, { signal }));
  useSharedStatement();
  const { sheets, active } = workspace.value;
  const sheet = sheets.find(({ id }) => id === active) ?? sheets[0];

  function start(/** @type {string} */ text) {
    // The address has the whole statement, also if a part of it runs.
    if (text.trim()) run.start(text, sheet.text);
  }

  if (!session.value) {
    return html`<${Page} title="SQL">
      <${Empty} title="It is not known yet whether you may run SQL">The server has not answered that; the page asks again.<//>
    <//>`;
  }
  if (!can("operator")) {
    return html`<${Page} title="SQL">
      <${Empty} title="SQL needs the role operator">The key that you use has a lower role. Ask who runs this server for another.<//>
    <//>`;
  }
  return html`<${Page}
    title="SQL"
    question="One database over all shards."
    actions=${html`<a class="button" href="api/docs/sql" target="_blank" rel="noopener">Tables and limits <${Icon} name="external" /></a>`}
  >
    <div class="sql">
      <${Schema} tables=${tables.data?.tables ?? []} error=${tables.error} onInsert=${(/** @type {string} */ word) => editor.current?.insert(word)} onExample=${addSheet} />
      <div class="sql-work">
        <section class="card">
          <${Sheets} sheets=${sheets} active=${sheet.id} />
          <${Editor} key="editor" sheet=${sheet} tables=${tables.data?.tables} onReady=${(/** @type {any} */ made) => (editor.current = made)} onRun=${start} />
          <div class="sql-bar">
            ${run.running
              ? html`<button type="button" class="button" onClick=${run.cancel}><${Icon} name="close" />Cancel</button>
                  <span role="status">running for ${duration(Math.max(0, now.value - run.since))}</span>`
              : html`<button type="button" class="button primary" onClick=${() => start(editor.current?.chosen() ?? sheet.text)}>
                    <${Icon} name="play" />Run
                  </button>
                  <span class="muted"><kbd>Ctrl</kbd> <kbd>Enter</kbd> runs the selection, or all</span>`}
            <span class="card-actions">
              <${CopyButton} label="Copy a link to this statement" text=${() => linkTo(sheet.text)}>Link<//>
              <${History} onChoose=${addSheet} />
              <${Menu}
                label="Save result as"
                icon="download"
                entries=${FORMATS.map(([format, label]) => ({ label, onClick: () => run.save(editor.current?.chosen() ?? sheet.text, format) }))}
              />
            </span>
          </div>
        </section>
        <${Result} run=${run} />
      </div>
    </div>
  <//>`;
}

/** A statement in the address gets a tab of its own, unless one has it. */
function useSharedStatement() {
  const { q } = location.value.parameters;
  useEffect(() => {
    if (!q) return;
    const same = workspace.value.sheets.find(({ text }) => text === q);
    if (same) workspace.value = { ...workspace.value, active: same.id };
    else addSheet(q);
  }, [q]);
}

/** @param {string} text */
function linkTo(text) {
  const { origin, pathname, search } = window.location;
  return `${origin}${pathname}${search}#/sql?q=${encodeURIComponent(text)}`;
}

/** @param {string} text */
function addSheet(text) {
  const { sheets } = workspace.value;
  const id = Math.max(0, ...sheets.map((sheet) => sheet.id)) + 1;
  workspace.value = { sheets: [...sheets, { id, text }].slice(-MAX_TABS), active: id };
}

/** @param {number} id */
function removeSheet(id) {
  const rest = workspace.value.sheets.filter((sheet) => sheet.id !== id);
  const sheets = rest.length ? rest : [{ id: id + 1, text: "" }];
  workspace.value = { sheets, active: sheets[sheets.length - 1].id };
}

/** @param {number} id @param {string} text */
function changeSheet(id, text) {
  const { sheets, active } = workspace.value;
  workspace.value = { sheets: sheets.map((sheet) => (sheet.id === id ? { id, text } : sheet)), active };
}

/** The statement that runs, and the last result. */
function useRun() {
  const [state, setState] = useState(
    /** @type {{ running: boolean, since: number, result: any, error: any, text: string, saved: string }} */ ({
      running: false, since: 0, result: null, error: null, text: "", saved: "",
    }),
  );
  const control = useRef(/** @type {AbortController | null} */ (null));
  useEffect(() => () => control.current?.abort(), []);

  async function execute(/** @type {string} */ text, /** @type {(signal: AbortSignal) => Promise<any>} */ work) {
    control.current?.abort();
    const own = new AbortController();
    control.current = own;
    const since = Date.now();
    setState((old) => ({ ...old, running: true, since, error: null, saved: "", text }));
    try {
      const done = await work(own.signal);
      if (control.current === own) setState((old) => ({ ...old, running: false, ...done }));
      remember({ text, at: since, rows: done.result?.row_count ?? null, ms: Date.now() - since });
    } catch (error) {
      if (control.current !== own) return;
      const cancelled = own.signal.aborted;
      setState((old) => ({ ...old, running: false, error: cancelled ? new Error("the statement was cancelled") : error }));
      remember({ text, at: since, rows: null, ms: Date.now() - since, error: cancelled ? "cancelled" : messageOf(error) });
    }
  }

  return {
    ...state,
    start(/** @type {string} */ text, /** @type {string} */ whole) {
      setParameters({ q: whole });
      execute(text, async (signal) => ({
        result: await exactClient.sql({ query: text, explain: "true" }, { signal, timeout: 0 }),
      }));
    },
    save(/** @type {string} */ text, /** @type {string} */ format) {
      execute(text, async (signal) => {
        const { blob, complete } = await runSql(text, format, signal);
        download(`result.${format === "markdown" ? "md" : format}`, blob, blob.type);
        return { saved: complete ? "" : "The file is incomplete: a shard did not answer." };
      });
    },
    cancel: () => control.current?.abort(),
  };
}

/** @param {Past} entry */
function remember(entry) {
  const others = past.value.filter(({ text }) => text !== entry.text);
  past.value = [entry, ...others].slice(0, MAX_HISTORY);
}

/** @param {{ sheets: Sheet[], active: number }} properties */
function Sheets({ sheets, active }) {
  return html`<div class="sql-sheets">
    <${Tabs}
      label="Statements"
      selected=${String(active)}
      onSelect=${(/** @type {string} */ id) => (workspace.value = { sheets, active: Number(id) })}
      tabs=${sheets.map(({ id, text }) => ({ id: String(id), label: titleOf(text, id) }))}
    />
    <button type="button" class="button quiet small" disabled=${sheets.length >= MAX_TABS} onClick=${() => addSheet("")}>New</button>
    <button type="button" class="button quiet small" onClick=${() => removeSheet(active)}>Close tab</button>
  </div>`;
}

/** @param {string} text @param {number} id */
function titleOf(text, id) {
  const table = /\bfrom\s+"?([a-z_][\w.]*)/i.exec(text)?.[1];
  return table ?? `Statement ${id}`;
}

/**
 * A plain field until the editor has been loaded.
 *
 * @param {{ sheet: Sheet, tables: any, onReady: (editor: any) => void, onRun: (text: string) => void }} properties
 */
function Editor({ sheet, tables, onReady, onRun }) {
  const root = useRef(/** @type {HTMLElement | null} */ (null));
  const [made, setMade] = useState(/** @type {any} */ (null));
  const current = useRef({ sheet, onRun });
  current.current = { sheet, onRun };

  useEffect(() => {
    let gone = false;
    /** @type {any} */
    let editor;
    import("../components/sql_editor.js").then(
      ({ createEditor }) => {
        if (gone || !root.current) return;
        editor = createEditor(root.current, {
          text: current.current.sheet.text,
          onChange: (text) => changeSheet(current.current.sheet.id, text),
          onRun: (text) => current.current.onRun(text),
        });
        setMade(editor);
        onReady(editor);
      },
      // Without the editor the plain field stays.
      () => {},
    );
    return () => {
      gone = true;
      editor?.destroy();
      onReady(null);
    };
  }, []);
  // Another window may change it, too. What was typed since the page was drawn is in the workspace.
  // At once: what is typed meanwhile would be added to the statement of the tab before.
  useLayoutEffect(() => {
    const newest = workspace.peek().sheets.find(({ id }) => id === sheet.id);
    if (newest) made?.setText(newest.text);
  }, [made, sheet.id, sheet.text]);
  useEffect(() => {
    if (made && tables) made.setTables(tables);
  }, [made, tables]);

  function pressed(/** @type {KeyboardEvent} */ event) {
    if (event.key === "Enter" && (event.ctrlKey || event.metaKey)) onRun(sheet.text);
  }

  return html`<div class="sql-editor">
    <div ref=${root}></div>
    ${!made &&
    html`<textarea
      class="mono"
      aria-label="SQL statement"
      spellcheck="false"
      value=${sheet.text}
      onInput=${(/** @type {any} */ event) => changeSheet(sheet.id, event.currentTarget.value)}
      onKeyDown=${pressed}
    ></textarea>`}
  </div>`;
}

/** @param {{ onChoose: (text: string) => void }} properties */
function History({ onChoose }) {
  const entries = past.value.slice(0, 30).map(({ text, rows, ms, error }) => ({
    label: `${text.replace(/\s+/g, " ").slice(0, 60)} — ${error ?? `${rows === null ? "saved" : counted(rows, "row")}, ${duration(ms)}`}`,
    onClick: () => onChoose(text),
  }));
  return html`<${Menu} label="History" entries=${entries.length ? entries : [{ label: "No statement has run yet" }]} />`;
}

/** @param {{ tables: any[], error: any, onInsert: (word: string) => void, onExample: (text: string) => void }} properties */
function Schema({ tables, error, onInsert, onExample }) {
  const [filter, setFilter] = useState("");
  const words = filter.toLowerCase().trim();
  const shown = tables.filter(
    ({ name, columns }) => name.includes(words) || columns.some((/** @type {any} */ column) => column.name.toLowerCase().includes(words)),
  );
  /** @type {[string, any[]][]} */
  const groups = [
    ["Tables", shown.filter((table) => !table.is_event_type)],
    ["Event types", shown.filter((table) => table.is_event_type)],
  ];
  return html`<aside class="card sql-schema" aria-label="Tables">
    <div class="sql-filter"><${SearchBox} label="Filter tables and columns" value=${filter} onInput=${setFilter} /></div>
    ${error && html`<${ErrorBox} name="the tables" error=${error} />`}
    <div class="sql-tables">
      ${groups.map(
        ([title, entries]) => entries.length > 0 && html`<details key=${title} open=${title === "Tables" || words !== ""}>
          <summary>${title} <span class="muted">${number(entries.length)}</span></summary>
          ${entries.map((/** @type {any} */ table) => html`<${TableEntry} key=${table.name} table=${table} onInsert=${onInsert} onExample=${onExample} />`)}
        </details>`,
      )}
      ${tables.length > 0 && !shown.length && html`<p class="empty">No table or column has this in its name.</p>`}
    </div>
  </aside>`;
}

/** @param {{ table: any, onInsert: (word: string) => void, onExample: (text: string) => void }} properties */
function TableEntry({ table, onInsert, onExample }) {
  const [open, setOpen] = useState(false);
  return html`<div class="sql-table">
    <div class="sql-entry" title=${table.description}>
      <button
        type="button"
        class="sql-toggle"
        aria-expanded=${open}
        aria-label=${`Columns of ${table.name}`}
        onClick=${() => setOpen(!open)}
      >
        <${Icon} name=${open ? "down" : "right"} />
      </button>
      <button type="button" class="sql-name" onClick=${() => onInsert(quoted(table.name))}>${table.name}</button>
    </div>
    ${open &&
    html`<p class="muted">${table.description}</p>
      <ul>
        ${table.columns.map(
          (/** @type {any} */ column) => html`<li key=${column.name} title=${column.description}>
            <button type="button" class="sql-name" onClick=${() => onInsert(quoted(column.name))}>${column.name}</button>
            <span class="muted">${column.type.length > 24 ? `${column.type.slice(0, 22)}…` : column.type}</span>
          </li>`,
        )}
      </ul>
      ${table.example && html`<button type="button" class="button small" onClick=${() => onExample(table.example)}>Example</button>`}`}
  </div>`;
}

/** @param {{ run: any }} properties */
function Result({ run }) {
  const { result, error, saved } = run;
  const view = location.value.parameters.view === "chart" ? "chart" : "table";
  const axes = useMemo(() => (result ? axesOf(result.columns) : null), [result]);
  if (!result && !error) return null;
  const partial = result?.shards;
  return html`<${Card}
    title="Result"
    flush=${view === "table"}
    note=${result && !error ? `${counted(result.row_count, "row")}, ${executionText(result.execution)}` : ""}
    actions=${axes &&
    html`<${Tabs}
      label="View of the result"
      selected=${view}
      onSelect=${(/** @type {string} */ id) => setParameters({ view: id === "table" ? undefined : id })}
      tabs=${[{ id: "table", label: "Table" }, { id: "chart", label: "Chart" }]}
    />`}
  >
    ${error && html`<div class="notice" data-state="bad" role="alert">${messageOf(error)}.</div>`}
    ${saved && html`<div class="notice" data-state="warn" role="status">${saved}</div>`}
    ${partial && partial.answered < partial.total && html`<${PartialNote} shards=${partial} />`}
    ${result && (view === "chart" && axes
      ? html`<${Chart} result=${result} axes=${axes} />`
      : html`<div class=${error ? "stale" : ""}><${Rows} result=${result} /></div>`)}
  <//>`;
}

/** @param {{ result: any }} properties */
function Rows({ result }) {
  const rows = useMemo(() => result.rows.map((/** @type {unknown[]} */ cells, /** @type {number} */ index) => ({ index, cells })), [result]);
  const columns = useMemo(
    () => [
      { id: "#", title: "#", value: (/** @type {any} */ row) => row.index + 1, cell: (/** @type {any} */ row) => html`<span class="muted">${row.index + 1}</span>`, end: true, rank: 1 },
      ...result.columns.map((/** @type {any} */ column, /** @type {number} */ place) => ({
        id: `${place}:${column.name}`,
        title: column.name,
        help: column.type,
        end: isNumeric(column),
        className: /^(BLOB|JSON|VARCHAR)/.test(column.type) ? "mono" : "",
        rank: place < 2 ? place + 2 : undefined,
        value: (/** @type {any} */ { cells }) => (isNumeric(column) ? exactNumber(cells[place]) : cells[place]),
        cell: (/** @type {any} */ { cells }) => html`<${Cell} value=${cells[place]} />`,
      })),
    ],
    [result],
  );
  return html`<${Table}
    caption="Result"
    csv="result"
    sort="#"
    sortParameter="order"
    rows=${rows}
    rowKey=${(/** @type {any} */ row) => row.index}
    columns=${columns}
    height=${520}
    empty="The statement has no rows as its result."
  />`;
}

/** @param {{ value: unknown }} properties */
function Cell({ value }) {
  if (value === null) return html`<span class="muted">NULL</span>`;
  const text = cellText(value);
  return html`<span title=${text.length > 40 ? text : undefined}>${text.length > 200 ? `${text.slice(0, 200)}…` : text}</span>`;
}

/** @param {{ result: any, axes: { x: number, y: number[] } }} properties */
function Chart({ result, axes }) {
  const chart = useMemo(() => chartOf(result.columns, result.rows, axes), [result, axes]);
  const name = result.columns[axes.x].name;
  if (chart.kind === "text") {
    const [series] = chart.series;
    return html`
      <p class="muted">${series.label} by ${name}${chart.x.length > MAX_BARS ? `, the first ${MAX_BARS} of ${number(chart.x.length)}` : ""}</p>
      <${Bars}
        label=${`${series.label} by ${name}`}
        rows=${chart.labels.slice(0, MAX_BARS).map((label, index) => ({ label, value: series.values[index] ?? 0, text: number(series.values[index], 2) }))}
      />
    `;
  }
  return html`<${LineChart}
    title=${`${chart.series.map(({ label }) => label).join(", ")} by ${name}`}
    x=${chart.x}
    xTitle=${name}
    time=${chart.kind === "time"}
    formatX=${chart.kind === "number" ? compact : undefined}
    series=${chart.series}
    height=${320}
    onZoom=${() => {}}
  />`;
}
