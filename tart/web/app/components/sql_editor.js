// @ts-check
/** The editor of SQL: colours, completion from the schema, Ctrl-Enter. Loaded on the SQL page only. */

import { autocompletion, closeBrackets, closeBracketsKeymap, completionKeymap } from "@codemirror/autocomplete";
import { defaultKeymap, history, historyKeymap } from "@codemirror/commands";
import { PostgreSQL, sql } from "@codemirror/lang-sql";
import { bracketMatching, HighlightStyle, syntaxHighlighting } from "@codemirror/language";
import { Compartment, EditorState, Prec } from "@codemirror/state";
import { drawSelection, EditorView, keymap, lineNumbers, placeholder } from "@codemirror/view";
import { tags } from "@lezer/highlight";

const COLOURS = syntaxHighlighting(
  HighlightStyle.define([
    { tag: tags.keyword, color: "var(--accent)" },
    { tag: [tags.string, tags.special(tags.string)], color: "var(--ok)" },
    { tag: tags.number, color: "var(--warn)" },
    { tag: tags.comment, color: "var(--text-3)" },
  ]),
);

const THEME = EditorView.theme({
  "&": { minHeight: "140px", maxHeight: "360px", color: "var(--text-1)", fontSize: "var(--size-13)" },
  "&.cm-focused": { outline: "none" },
  ".cm-scroller": { fontFamily: "var(--mono)", lineHeight: "1.5", overflow: "auto" },
  ".cm-content": { caretColor: "var(--text-1)", minHeight: "140px", padding: "8px 0" },
  ".cm-gutters": { border: "0", background: "none", color: "var(--text-3)" },
  ".cm-cursor": { borderLeftColor: "var(--text-1)" },
  ".cm-placeholder": { color: "var(--text-3)" },
  "&.cm-focused > .cm-scroller > .cm-selectionLayer .cm-selectionBackground, .cm-selectionBackground": {
    background: "var(--info-surface)",
  },
  ".cm-matchingBracket": { background: "var(--surface-3) !important" },
  ".cm-tooltip": {
    border: "1px solid var(--line)",
    borderRadius: "6px",
    background: "var(--surface-1)",
    color: "var(--text-1)",
    boxShadow: "var(--shadow)",
  },
  ".cm-tooltip.cm-tooltip-autocomplete > ul": { fontFamily: "var(--mono)" },
  ".cm-tooltip-autocomplete ul li[aria-selected]": { background: "var(--accent)", color: "var(--on-accent)" },
  ".cm-completionDetail": { color: "inherit", opacity: "0.8" },
  ".cm-completionInfo": { maxWidth: "320px", padding: "8px" },
});

/**
 * Make an editor.
 *
 * @param {HTMLElement} parent
 * @param {{ text: string, onChange: (text: string) => void, onRun: (text: string) => void }} properties
 *   `onRun` gets the selection, or all if nothing is selected.
 */
export function createEditor(parent, { text, onChange, onRun }) {
  const schema = new Compartment();
  const language = (/** @type {Record<string, any>} */ tables) => sql({ dialect: PostgreSQL, schema: tables, upperCaseKeywords: true });
  // In a shadow root the editor's styles are constructed style sheets, which the
  // Content-Security-Policy permits; in the document they would be <style> elements.
  const root = parent.shadowRoot ?? parent.attachShadow({ mode: "open" });
  const view = new EditorView({
    parent: root,
    root,
    state: EditorState.create({
      doc: text,
      extensions: [
        Prec.highest(keymap.of([{ key: "Mod-Enter", run: (editor) => (onRun(chosenText(editor)), true) }])),
        lineNumbers(),
        history(),
        drawSelection(),
        bracketMatching(),
        closeBrackets(),
        autocompletion(),
        COLOURS,
        THEME,
        EditorView.lineWrapping,
        EditorView.contentAttributes.of({ "aria-label": "SQL statement" }),
        placeholder("SELECT …"),
        keymap.of([...closeBracketsKeymap, ...defaultKeymap, ...historyKeymap, ...completionKeymap]),
        schema.of(language({})),
        EditorView.updateListener.of((update) => {
          if (update.docChanged) onChange(update.state.doc.toString());
        }),
      ],
    }),
  });
  return {
    /** @param {string} next */
    setText(next) {
      if (next !== view.state.doc.toString()) view.dispatch({ changes: { from: 0, to: view.state.doc.length, insert: next } });
    },
    /** @param {string} word Goes where the cursor is. */
    insert(word) {
      view.dispatch(view.state.replaceSelection(word));
      view.focus();
    },
    /** @param {{ name: string, description: string, columns: { name: string, type: string, description: string }[] }[]} tables */
    setTables(tables) {
      view.dispatch({ effects: schema.reconfigure(language(completions(tables))) });
    },
    focus: () => view.focus(),
    chosen: () => chosenText(view),
    destroy: () => view.destroy(),
  };
}

/** @param {EditorView} view */
function chosenText({ state }) {
  const { from, to } = state.selection.main;
  return from === to ? state.doc.toString() : state.sliceDoc(from, to);
}

/** @param {{ name: string, description: string, columns: { name: string, type: string, description: string }[] }[]} tables */
function completions(tables) {
  return Object.fromEntries(
    tables.map(({ name, description, columns }) => [
      name,
      {
        self: { label: name, type: "type", info: description },
        children: columns.map((column) => ({
          label: column.name,
          type: "property",
          detail: column.type,
          info: column.description || undefined,
        })),
      },
    ]),
  );
}
