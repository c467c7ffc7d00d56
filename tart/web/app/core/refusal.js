// @ts-check
/** Why a request failed, in words. Pure. */

/**
 * The message of an error, without the point at its end. Proxies answer with pages of HTML, whose
 * text is no message.
 *
 * @param {any} error
 */
export function readableMessage(error) {
  const text = String(error?.message ?? error);
  if (!/^\s*<(!doctype|html|head|body)\b/i.test(text)) return text.replace(/\.$/, "");
  return `no answer of tart came, but a page with status ${error.status}, probably of a proxy before it`;
}
