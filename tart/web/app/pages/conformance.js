// @ts-check
/** Conformance to JIP-3: which node breaks which rule, with examples, and reports for implementers. */

import { useMemo } from "preact/hooks";

import { Answered, Empty } from "../components/answered.js";
import { Ago, CopyButton, Implementation, State, Time } from "../components/basics.js";
import { download } from "../components/downloads.js";
import { Figure, Figures } from "../components/figure.js";
import { Icon } from "../components/icons.js";
import { NodeLabel } from "../components/identifiers.js";
import { Card, Page } from "../components/page.js";
import { Table } from "../components/table.js";
import {
  commandsOf,
  countText,
  excerptOf,
  keyOf,
  markdownOf,
  matrixRows,
  reportOf,
  shadeOf,
  stateOf,
  UNFOLDED_NODES,
} from "../core/conformance.js";
import { counted, number, share, shortNode } from "../core/format.js";
import { implementationText } from "../core/implementations.js";
import { html } from "../html.js";
import { href, location, setParameters } from "../state/location.js";
import { currentWindow, range } from "../state/range.js";
import { useAnswer } from "../state/requests.js";
import { client } from "../state/session.js";
import { adoptStyles } from "../components/styles.js";
import styles from "./conformance.css" with { type: "text" };

adoptStyles(styles);

/** @typedef {import("../core/conformance.js").Matrix} Matrix */
/** @typedef {import("../core/conformance.js").Row} Row */
/** @typedef {import("../core/conformance.js").Rule} Rule */
/** @typedef {import("../core/conformance.js").Example} Example */
/** @typedef {import("../core/conformance.js").Report} Report */

const EXAMPLES = 20;
const REPORTED_EXAMPLES = 200;

export default function ConformancePage() {
  const { implementation, version } = location.value.parameters;
  const matrix = useAnswer("the findings", (signal) => client.conformanceMatrix(currentWindow(), { signal }), {
    every: 10_000,
    deps: [JSON.stringify(range.value)],
  });
  const alone = implementation !== undefined || version !== undefined;
  return html`<${Page}
    title="Conformance"
    question=${alone ? html`What <b>${implementationText(implementation, version)}</b> does otherwise than JIP-3 has it.` : "Who deviates from JIP-3, where, and how?"}
    actions=${alone && html`<a class="button" href=${href("conformance")}><${Icon} name="left" />All implementations</a>`}
  >
    <${Answered} answer=${matrix}>
      ${(/** @type {Matrix} */ data) =>
        alone ? html`<${ReportPage} matrix=${data} name=${implementation} version=${version} />` : html`<${Whole} matrix=${data} />`}
    <//>
  <//>`;
}

// --- All implementations ---------------------------------------------------------------------

/** @param {{ matrix: Matrix }} properties */
function Whole({ matrix }) {
  const { rule, node, of } = location.value.parameters;
  const chosen = rule !== undefined || node !== undefined || of !== undefined;
  if (!matrix.rules.length) return html`<${NoFindings} events=${matrix.event_count} nodes=${matrix.nodes.length} />`;
  return html`<div class="cards">
    <${Card} title="Findings" note="counted by the hour"><${Summary} matrix=${matrix} /><//>
    <${Card} size=${chosen ? "two-thirds" : undefined} title="Rules and nodes" note="choose a cell for its examples" flush>
      <${MatrixTable} matrix=${matrix} />
    <//>
    ${chosen && html`<${Card} size="third" title="Examples" actions=${html`<${CloseButton} />`}><${Examples} matrix=${matrix} /><//>`}
    <${Card} title="Rules that were broken" flush><${Rules} rules=${matrix.rules} nodes=${matrix.nodes.length} /><//>
  </div>`;
}

/** @param {{ events: number, nodes: number, what?: string }} properties */
function NoFindings({ events, nodes, what = "" }) {
  if (!nodes) {
    return html`<${Empty} title="No node was connected in this range.">
      Each node that sends telemetry here is checked. <a href="api/docs/rules">The rules</a>
    <//>`;
  }
  return html`<${Empty} title="No findings in this range.">
    <span data-checked>Checked: ${counted(events, "event")} of ${counted(nodes, "node")}${what}.</span>
    ${" "}<a href="api/docs/rules">The rules</a>
  <//>`;
}

function CloseButton() {
  return html`<button type="button" class="button quiet icon-only" aria-label="Close the examples" onClick=${() => setParameters({ rule: undefined, node: undefined, of: undefined })}>
    <${Icon} name="close" />
  </button>`;
}

/** @param {{ matrix: Matrix }} properties */
function Summary({ matrix }) {
  const wrong = new Set(matrix.cells.filter(({ rule }) => matrix.rules[rule].severity !== "info").map(({ node }) => node));
  const errors = matrix.rules.filter(({ severity }) => severity === "error").length;
  return html`<${Figures} large>
    <${Figure}
      id="verdict"
      label="Verdict"
      value=${html`<${State} state=${stateOf(matrix.verdict)} word=${matrix.verdict} />`}
      note="the worst severity other than info"
    />
    <${Figure} id="nodes" label="Nodes with findings" value=${share(wrong.size, matrix.nodes.length)} note="other than info" />
    <${Figure} id="rules" label="Rules broken" value=${number(matrix.rules.length)} note=${`${number(errors)} of them errors`} />
    <${Figure} id="events" label="Events checked" value=${number(matrix.event_count)} />
    ${matrix.unidentified > 0 &&
    html`<${Figure} id="unidentified" label="Findings without a node" value=${number(matrix.unidentified)} note="connections that never named theirs" />`}
  <//>`;
}

/** @param {{ matrix: Matrix }} properties */
function MatrixTable({ matrix }) {
  const toggled = location.value.parameters.open ?? "";
  const turned = useMemo(() => new Set(toggled.split("|").filter(Boolean)), [toggled]);
  const unfolded = matrix.nodes.length <= UNFOLDED_NODES;
  const isOpen = (/** @type {string} */ key) => unfolded !== turned.has(key);
  const rows = useMemo(() => matrixRows(matrix, isOpen), [matrix, toggled]);

  function toggle(/** @type {string} */ key) {
    const next = new Set(turned);
    if (!next.delete(key)) next.add(key);
    setParameters({ open: [...next].join("|") || undefined });
  }

  /** @type {import("../components/table.js").Column<Row>[]} */
  const columns = [
    {
      id: "node",
      title: "Implementation, node",
      rank: 1,
      className: "matrix-node",
      value: (row) => row.node?.node_id ?? implementationText(row.name, row.version),
      cell: (row) => html`<${RowName} row=${row} open=${isOpen(row.key)} onToggle=${() => toggle(row.key)} />`,
    },
    { id: "events", title: "Events", end: true, value: (row) => row.events },
    { id: "findings", title: "Findings", end: true, rank: 2, value: (row) => row.findings },
    ...matrix.rules.map((rule, place) => ({
      id: rule.code,
      title: html`<${RuleName} rule=${rule} />`,
      end: true,
      className: "matrix-cell",
      help: `${rule.severity}: ${rule.explanation}`,
      rank: place === 0 ? /** @type {3} */ (3) : undefined,
      value: (/** @type {Row} */ row) => row.cells[place].count,
      cell: (/** @type {Row} */ row) => html`<${CellButton} row=${row} rule=${rule} cell=${row.cells[place]} />`,
    })),
  ];
  return html`<div class="matrix"><${Table}
    caption="Rules and nodes"
    columns=${columns}
    rows=${rows}
    rowKey=${(/** @type {Row} */ row) => row.key}
    rowState=${(/** @type {Row} */ row) => row.kind}
    csv="conformance"
    height=${560}
  /></div>`;
}

/** @param {{ row: Row, open: boolean, onToggle: () => void }} properties */
function RowName({ row, open, onToggle }) {
  const state = stateOf(row.verdict);
  if (row.node) return html`<span class="matrix-member"><${NodeLabel} node=${row.node} state=${state} word=${row.verdict} /></span>`;
  return html`<span class="node-label">
    <button type="button" class="button quiet small icon-only" aria-expanded=${open} aria-label=${`${open ? "Fold" : "Unfold"} the nodes of ${implementationText(row.name, row.version)}`} onClick=${onToggle}>
      <${Icon} name=${open ? "down" : "right"} />
    </button>
    <${State} state=${state} word=${row.verdict} hideWord />
    ${row.name
      ? html`<a href=${href("conformance", { implementation: row.name, version: row.version })} title="Report of this implementation"><${Implementation} name=${row.name} version=${row.version} /></a>`
      : html`<${Implementation} name=${row.name} version=${row.version} />`}
    <span class="muted">${counted(row.nodes, "node")}</span>
  </span>`;
}

/** @param {{ rule: Rule }} properties */
function RuleName({ rule }) {
  return html`<a class="rule-name" href=${docsOf(rule.docs)} title=${rule.explanation}>
    <${State} state=${stateOf(rule.severity)} word=${rule.severity} hideWord />${rule.code}
  </a>`;
}

/** Address of a rule's page, which is beside this one. @param {string | null} docs */
function docsOf(docs) {
  return docs?.replace(/^\//, "") ?? "api/docs/rules";
}

/** @param {{ row: Row, rule: Rule, cell: import("../core/conformance.js").Cell }} properties */
function CellButton({ row, rule, cell }) {
  if (!cell.count) return html`<span class="muted" aria-label="none">·</span>`;
  const { parameters } = location.value;
  const where = row.node ? { node: row.node.node_id, of: undefined } : { node: undefined, of: row.key };
  const selected = parameters.rule === rule.code && parameters.node === where.node && parameters.of === where.of;
  const subject = row.node ? `node ${shortNode(row.node.node_id)}` : `${share(cell.broken, cell.of)} nodes of ${implementationText(row.name, row.version)}`;
  const colour = `var(--${stateOf(rule.severity)})`;
  return html`<button
    type="button"
    class="cell"
    aria-pressed=${selected}
    title=${`${countText(cell.count, rule.counted)} of ${subject}`}
    data-rule=${rule.code}
    style=${{ background: `color-mix(in srgb, ${colour} ${shadeOf(cell)}%, transparent)` }}
    onClick=${() => setParameters({ rule: rule.code, ...where })}
  >
    ${number(cell.count)}
  </button>`;
}

/** @param {{ rules: Rule[], nodes: number }} properties */
function Rules({ rules, nodes }) {
  /** @type {import("../components/table.js").Column<Rule>[]} */
  const columns = [
    { id: "rule", title: "Rule", rank: 1, value: (row) => row.code, cell: (row) => html`<${RuleName} rule=${row} />` },
    { id: "severity", title: "Severity", value: (row) => ["error", "warning", "info"].indexOf(row.severity), saved: (row) => row.severity, cell: (row) => row.severity },
    { id: "scope", title: "Scope", value: (row) => row.scope },
    { id: "count", title: "Count", rank: 2, end: true, value: (row) => row.count, cell: (row) => countText(row.count, row.counted) },
    { id: "nodes", title: "Nodes", rank: 3, end: true, value: (row) => row.nodes, cell: (row) => share(row.nodes, nodes) },
    { id: "last", title: "Last", end: true, value: (row) => row.last_at, cell: (row) => html`<${Ago} value=${row.last_at} />` },
    { id: "explanation", title: "Explanation", unsorted: true, value: (row) => row.explanation, cell: (row) => html`<span title=${row.explanation}>${row.explanation}</span>` },
  ];
  return html`<${Table}
    caption="Rules that were broken"
    columns=${columns}
    rows=${rules}
    rowKey=${(/** @type {Rule} */ row) => row.code}
    sort="severity"
    sortParameter="rules"
    csv="rules"
    height=${360}
    onOpen=${(/** @type {Rule} */ row) => setParameters({ rule: row.code, node: undefined, of: undefined })}
  />`;
}

// --- Examples --------------------------------------------------------------------------------

/** @param {{ matrix: Matrix }} properties */
function Examples({ matrix }) {
  const { rule: code, node, of } = location.value.parameters;
  const group = of === undefined ? undefined : matrix.implementations.find(({ name, version }) => keyOf(name, version) === of);
  const wanted = {
    rule: /** @type {any} */ (code),
    node_id: node,
    implementation: group?.name ?? undefined,
    version: group?.version ?? undefined,
  };
  const answer = useAnswer("the examples", (signal) => client.conformanceExamples({ ...currentWindow(), ...wanted, limit: EXAMPLES }, { signal }), {
    every: 10_000,
    deps: [JSON.stringify(range.value), JSON.stringify(wanted)],
  });
  const rule = matrix.rules.find((each) => each.code === code);
  return html`
    ${rule && html`<p><${RuleName} rule=${rule} /> <span class="muted">${rule.severity}, ${rule.scope}</span></p><p>${rule.explanation}</p>`}
    ${node && html`<p>Node <${NodeLabel} node=${{ node_id: node }} /></p>`}
    ${group && html`<p><${Implementation} name=${group.name} version=${group.version} /></p>`}
    <${Answered}
      answer=${answer}
      isEmpty=${(/** @type {any} */ data) => !data.examples.length}
      empty=${html`<${Empty} title="No example is stored.">
        Rules about clocks, missing Status and shed events are broken by no single message. Of others three a day are stored.
      <//>`}
    >
      ${(/** @type {any} */ data) => html`
        <ol class="examples">
          ${data.examples.map((/** @type {Example} */ example) => html`<${ExampleItem} key=${`${example.session}-${example.event_id}-${example.code}`} example=${example} scope=${rule?.scope ?? null} withRule=${!rule} />`)}
        </ol>
        ${data.has_more && html`<p class="card-note">The newest ${number(EXAMPLES)}; the report of the implementation has more.</p>`}
      `}
    <//>
  `;
}

/** One message that broke a rule. @param {{ example: Example, scope: string | null, withRule?: boolean }} properties */
function ExampleItem({ example, scope, withRule = false }) {
  const bytes = excerptOf(example);
  const commands = commandsOf(example, new URL(".", document.baseURI).href, scope);
  return html`<li class="example" data-example=${example.id ?? "handshake"}>
    <p class="example-head">
      ${example.id === null
        ? html`<b>${example.event_name ?? "First message"}</b> of connection ${example.session}`
        : html`<a href=${href(`events/${example.id}`, { offset: example.offset })}><b>${example.event_name ?? "Message"}</b> at byte ${number(example.offset)}</a>`}
      ${withRule && html` <span class="mono">${example.code}</span>`}
      <span class="muted"><${Time} value=${example.at} date /></span>
    </p>
    ${example.node_id && html`<p><${NodeLabel} node=${example} /></p>`}
    <dl class="pairs">
      <dt>Field</dt>
      <dd class="mono">${example.field || "—"}</dd>
      <dt>Expected</dt>
      <dd>${example.expectation}</dd>
      <dt>Found</dt>
      <dd class="mono">
        ${example.hex === null
          ? "—"
          : html`<span class="muted">${bytes.start ? "… " : ""}${bytes.before}</span> <mark>${bytes.found || "end of the message"}</mark> <span class="muted">${bytes.after}${bytes.more ? " …" : ""}</span>`}
      </dd>
    </dl>
    <p class="row-of">
      ${example.hex && html`<${CopyButton} text=${example.hex} label="Copy the message as hex">hex<//>`}
      ${commands && html`<${CopyButton} text=${commands.join("\n")} label="Copy commands that fetch the message and check it">commands to reproduce<//>`}
    </p>
  </li>`;
}

// --- The report of one implementation --------------------------------------------------------

/** @param {{ matrix: Matrix, name?: string, version?: string }} properties */
function ReportPage({ matrix, name, version }) {
  const answer = useAnswer(
    "the examples",
    (signal) => client.conformanceExamples({ ...currentWindow(), implementation: name, version, limit: REPORTED_EXAMPLES }, { signal }),
    { every: 30_000, deps: [JSON.stringify(range.value), name, version] },
  );
  return html`<${Answered} answer=${answer}>
    ${(/** @type {any} */ data) => {
      const report = reportOf(matrix, data.examples, { name, version });
      if (!report.known) return html`<${Unknown} matrix=${matrix} name=${name} version=${version} />`;
      return html`<div class="cards">
        <${Card} title="Report" actions=${html`<${ReportActions} report=${report} />`}><${ReportHead} report=${report} /><//>
        ${!report.rules.length && html`<${NoFindings} events=${report.events} nodes=${report.nodes} what=${` of ${implementationText(name, version)}`} />`}
        ${report.rules.map((rule) => html`<${BrokenRule} key=${rule.code} rule=${rule} nodes=${report.nodes} />`)}
      </div>`;
    }}
  <//>`;
}

/** @param {{ matrix: Matrix, name?: string, version?: string }} properties */
function Unknown({ matrix, name, version }) {
  return html`<${Empty} title=${`No node of ${implementationText(name, version)} in this range.`}>
    <p>Connected were:</p>
    <ul class="plain-list">
      ${matrix.implementations.map(
        (each) => html`<li key=${keyOf(each.name, each.version)}>
          <a href=${href("conformance", { implementation: each.name, version: each.version })}><${Implementation} name=${each.name} version=${each.version} /></a>
        </li>`,
      )}
    </ul>
  <//>`;
}

/** @param {{ report: Report }} properties */
function ReportActions({ report }) {
  const base = new URL(".", document.baseURI).href;
  // With both ends of the range, so that it shows the same tomorrow.
  const { start, end } = report.window ?? {};
  const fixed = href("conformance", { implementation: report.name, version: report.version, range: undefined, pause: undefined, from: start, to: end });
  const link = `${base}${fixed}`;
  const file = `conformance-${[report.name, report.version].filter(Boolean).join("-").replace(/[^\w.-]+/g, "-") || "all"}`;
  const text = () => markdownOf(report, { base, link });
  return html`
    <${CopyButton} text=${link} label="Copy the address of this report, with the range as it is now">link<//>
    <${CopyButton} text=${text} label="Copy the report as Markdown">Markdown<//>
    <button type="button" class="button quiet small" title="Save the report as Markdown" onClick=${() => download(`${file}.md`, text(), "text/markdown")}>
      <${Icon} name="download" />.md
    </button>
    <button type="button" class="button quiet small" title="Save the report as JSON" onClick=${() => download(`${file}.json`, JSON.stringify(report, null, 2), "application/json")}>
      <${Icon} name="download" />.json
    </button>
  `;
}

/** @param {{ report: Report }} properties */
function ReportHead({ report }) {
  return html`
    <${Figures} large>
      <${Figure} id="verdict" label="Verdict" value=${html`<${State} state=${stateOf(report.verdict)} word=${report.verdict} />`} />
      <${Figure} id="rules" label="Rules broken" value=${number(report.rules.length)} />
      <${Figure} id="nodes" label="Nodes" value=${number(report.nodes)} />
      <${Figure} id="events" label="Events checked" value=${number(report.events)} />
    <//>
    <p class="card-note">
      The link is for the team concerned: it shows the same for as long as the data is stored. To check a node before it joins a network, run
      ${" "}<code>tart check --listen 9000 --for 5m</code> and send its telemetry there.
    </p>
  `;
}

/** @param {{ rule: Report["rules"][number], nodes: number }} properties */
function BrokenRule({ rule, nodes }) {
  return html`<${Card}
    title=${html`<${State} state=${stateOf(rule.severity)} word=${rule.severity} hideWord /> <span class="mono">${rule.code}</span>`}
    note=${`${countText(rule.count, rule.counted)} of ${share(rule.nodes, nodes)} nodes`}
    actions=${html`<a href=${docsOf(rule.docs)}>About this rule</a>`}
  >
    <p>${rule.explanation}</p>
    ${rule.examples.length
      ? html`<ol class="examples wide">
          ${rule.examples.map((example) => html`<${ExampleItem} key=${`${example.session}-${example.event_id}`} example=${example} scope=${rule.scope} />`)}
        </ol>`
      : html`<p class="card-note">No single message breaks this rule, or none is stored.</p>`}
  <//>`;
}
