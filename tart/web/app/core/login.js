// @ts-check
/** Texts of the login, and where it leads. Pure. */

/** tart_, eight hex digits of the id, an underscore, 43 characters of the secret. */
const KEY = /^tart_[0-9a-f]{8}_[A-Za-z0-9_-]{43}$/;

/**
 * Return why a text cannot be a key, or an empty text if it can.
 *
 * @param {string} text
 */
export function faultOfKey(text) {
  const key = text.trim();
  if (!key) return "Enter a key.";
  if (KEY.test(key)) return "";
  if (/^bearer\s/i.test(key)) return "Enter the key alone, without “Bearer”.";
  if (!key.startsWith("tart_")) return "A key begins with tart_.";
  return `A key has 57 characters, this text has ${key.length}: part of it is missing, or too much was pasted.`;
}

/**
 * Return why a login failed, in words for who tried.
 *
 * @param {{ status?: number, message?: string }} error
 */
export function reasonOf({ status = 0, message = "" }) {
  if (status === 401) return "This key is not known to this server, or it was revoked.";
  if (status === 429) return "Too many attempts. Wait a moment, then try again.";
  if (status === 0) return "The server does not answer. Try again when it does.";
  const text = message.replace(/\.$/, "");
  return `${text.charAt(0).toUpperCase()}${text.slice(1)}.`;
}

/**
 * Return the hash to go to after a login: where the user came from, or the first page.
 *
 * Only an address of this page is accepted, so that no link leads elsewhere after a login.
 *
 * @param {string | undefined} back
 */
export function destination(back) {
  return back?.startsWith("#/") && !back.startsWith("#/login") ? back : "#/";
}
