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
    { tag: tags.keyword, class: "sql-keyword" },
    { tag: [tags.string, tags.special(tags.string)], class: "sql-string" },
    { tag: tags.number, class: "sql-number" },
    { tag: tags.comment, class: "sql-comment" },
    { tag: tags.typeName, class: "sql-type" },
  ]),
);

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
  const view = new EditorView({
    parent,
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
