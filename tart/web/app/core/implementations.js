// @ts-check
/**
 * Colours of implementations: the same on every page. Pure.
 *
 * The palette is that of Okabe and Ito (https://jfly.uni-koeln.de/color/), whose colours people
 * with any colour vision can tell apart. Known implementations have a place of their own; an
 * unknown one gets a place by its name, so that it keeps it.
 */

export const PLACES = 8;
export const UNKNOWN = -1;

/** By lower-case name, without spaces and hyphens. @type {Record<string, number>} */
const KNOWN = {
  polkajam: 0,
  jamduna: 1,
  jamixir: 2,
  pyjamaz: 3,
  tessera: 4,
  romio: 5,
  pbnj: 6,
  newjamneration: 7,
  // Of simulated networks.
  simalpha: 0,
  simbeta: 1,
  simgamma: 2,
  simdelta: 4,
};

/** The place of an implementation's colour, 0 to 7; -1 without a name. @param {string | null | undefined} name */
export function colourPlace(name) {
  const plain = (name ?? "").toLowerCase().replace(/[\s_-]+/g, "");
  if (!plain) return UNKNOWN;
  if (Object.hasOwn(KNOWN, plain)) return KNOWN[plain];
  let sum = 0;
  for (const character of plain) sum = (sum * 31 + (character.codePointAt(0) ?? 0)) >>> 0;
  return sum % PLACES;
}

/** The CSS variable of the colour. @param {string | null | undefined} name */
export function colourVariable(name) {
  const place = colourPlace(name);
  return place === UNKNOWN ? "--idle" : `--implementation-${place}`;
}

/** Name and version as one text. @param {string | null | undefined} name @param {string | null | undefined} version */
export function implementationText(name, version) {
  if (!name) return "unknown";
  return version ? `${name} ${version}` : name;
}
