// @ts-check
/**
 * A message byte by byte: rows of hex, folded fields, differences of two messages. Pure.
 *
 * @typedef {{ path: string, name: string, depth: number, type: string, role: string, offset: number, length: number, value: string | null, unit: string | null, meaning: string | null, opens: string | null }} Field
 * @typedef {{ offset: number, length: number }} Span
 * @typedef {{ leaf: number, text: string, bad: boolean, differs: boolean }} Segment Bytes of one leaf.
 * @typedef {{ offset: number, segments: Segment[], text: string }} HexRow
 */

export const ROW_BYTES = 16;
/** Colours of leaves repeat. */
export const COLOURS = 6;

/** The leaves, which together are the message. @param {readonly Field[]} fields */
export function leavesOf(fields) {
  return fields.filter(({ role }) => role !== "group");
}

/** Bytes as numbers. @param {string} hex With 0x before it. */
export function bytesOf(hex) {
  const digits = hex.replace(/^0x/, "");
  return Array.from({ length: digits.length >> 1 }, (_, index) => parseInt(digits.slice(2 * index, 2 * index + 2), 16));
}

/**
 * Rows of 16 bytes, cut where a leaf, a deviation or a difference begins or ends.
 *
 * @param {readonly number[]} bytes
 * @param {readonly Field[]} leaves
 * @param {readonly Span[]} [deviations]
 * @param {ReadonlySet<number>} [different] Offsets of bytes that another message has otherwise.
 * @returns {HexRow[]}
 */
export function hexRows(bytes, leaves, deviations = [], different = new Set()) {
  /** @type {HexRow[]} */
  const rows = [];
  let leaf = 0;
  for (let offset = 0; offset < bytes.length; offset += ROW_BYTES) {
    /** @type {Segment[]} */
    const segments = [];
    let text = "";
    for (let index = offset; index < Math.min(offset + ROW_BYTES, bytes.length); index += 1) {
      while (leaf + 1 < leaves.length && index >= leaves[leaf].offset + leaves[leaf].length) leaf += 1;
      const bad = deviations.some((each) => index >= each.offset && index < each.offset + each.length);
      const differs = different.has(index);
      const last = segments.at(-1);
      const digits = bytes[index].toString(16).padStart(2, "0");
      if (last && last.leaf === leaf && last.bad === bad && last.differs === differs) last.text += ` ${digits}`;
      else segments.push({ leaf, text: digits, bad, differs });
      text += bytes[index] >= 0x20 && bytes[index] < 0x7f ? String.fromCharCode(bytes[index]) : "·";
    }
    rows.push({ offset, segments, text });
  }
  return rows;
}

/** The fields that are not inside a folded group. @param {readonly Field[]} fields @param {ReadonlySet<string>} folded */
export function unfolded(fields, folded) {
  /** @type {Field[]} */
  const shown = [];
  let hidden = Infinity;
  for (const field of fields) {
    if (field.depth > hidden) continue;
    hidden = field.role === "group" && folded.has(field.path) ? field.depth : Infinity;
    shown.push(field);
  }
  return shown;
}

/** Place of the leaf with a byte; -1 without. @param {readonly Field[]} leaves @param {number} offset */
export function leafAt(leaves, offset) {
  return leaves.findIndex((leaf) => offset >= leaf.offset && offset < leaf.offset + leaf.length);
}

/** Offsets of bytes that differ, or that only one message has. @param {readonly number[]} one @param {readonly number[]} other */
export function differentBytes(one, other) {
  const offsets = new Set();
  for (let index = 0; index < one.length; index += 1) if (one[index] !== other[index]) offsets.add(index);
  return offsets;
}

/** Paths of leaves whose values differ. @param {readonly Field[]} one @param {readonly Field[]} other */
export function differentFields(one, other) {
  const values = new Map(leavesOf(other).map(({ path, value }) => [path, value]));
  return new Set(leavesOf(one).filter(({ path, value }) => values.get(path) !== value).map(({ path }) => path));
}

/** An offset as hex digits. @param {number} offset */
export function offsetText(offset) {
  return offset.toString(16).padStart(4, "0");
}

/** Command that reads a message. @param {string} base Address of the page, with what it shows. @param {string} path */
export function curlOf(base, path) {
  return `curl '${new URL(path, base)}'`;
}
