// @ts-check
/**
 * The part of the address after "#": a path and parameters. Pure.
 *
 * "#/nodes/ab?sort=-lag" is the path "nodes/ab" with the parameter sort.
 *
 * @typedef {Record<string, string>} Parameters
 * @typedef {{ path: string, parameters: Parameters }} Location
 */

/**
 * Return the path and the parameters of a hash; of a name that is given twice, the last value.
 *
 * @param {string} hash
 * @returns {Location}
 */
export function parseHash(hash) {
  const text = hash.replace(/^#/, "");
  const [path, query] = split(text, "?");
  return {
    path: decode(path).replace(/^\/+|\/+$/g, ""),
    parameters: Object.fromEntries(new URLSearchParams(query)),
  };
}

/**
 * Return the hash of a path and parameters; parameters that are empty or undefined are omitted.
 *
 * @param {string} path
 * @param {Record<string, string | number | boolean | undefined | null>} [parameters]
 */
export function formatHash(path, parameters = {}) {
  const query = new URLSearchParams();
  for (const [name, value] of Object.entries(parameters)) {
    if (value !== undefined && value !== null && value !== "" && value !== false) {
      query.set(name, value === true ? "1" : String(value));
    }
  }
  const encoded = path.split("/").map(encodeURIComponent).join("/");
  // Readable in an address that is passed on.
  const text = query.toString().replaceAll("%3A", ":").replaceAll("%2C", ",");
  return `#/${encoded}${text && `?${text}`}`;
}

/**
 * Return the values of a pattern's parts in a path, or null if the path is another.
 *
 * @param {string} pattern Like "nodes/{id}".
 * @param {string} path
 * @returns {Record<string, string> | null}
 */
export function matchPath(pattern, path) {
  const names = pattern.split("/");
  const parts = path.split("/");
  if (names.length !== parts.length) return null;
  /** @type {Record<string, string>} */
  const values = {};
  for (const [index, name] of names.entries()) {
    if (name.startsWith("{")) values[name.slice(1, -1)] = parts[index];
    else if (name !== parts[index]) return null;
  }
  return values;
}

/** @param {string} text @param {string} mark @returns {[string, string]} */
function split(text, mark) {
  const index = text.indexOf(mark);
  return index < 0 ? [text, ""] : [text.slice(0, index), text.slice(index + 1)];
}

/** @param {string} text */
function decode(text) {
  try {
    return decodeURIComponent(text);
  } catch {
    return text;
  }
}
