// @ts-check
/** The menu of the bar about the login; none where no key is needed or exists. */

import { html } from "../html.js";
import { href } from "../state/location.js";
import { logOut, session } from "../state/session.js";
import { Menu } from "./menu.js";

export function LoginMenu() {
  const found = session.value;
  if (!found || found.auth !== "key") return null;
  const page = href("login", { back: window.location.hash });
  if (!found.key) return html`<a class="button quiet bar-login" href=${page}>Log in</a>`;
  const { key, role } = found;
  // A key in a header, as a proxy may add one, is no login that could end.
  const ends = found.expires_at
    ? [{ label: "Log out", onClick: () => logOut().catch(() => window.location.assign(href("login"))) }]
    : [];
  return html`<${Menu}
    label=""
    icon="user"
    title=${`Logged in: ${key.name}, ${role}`}
    entries=${[{ label: `${key.name} · ${role}`, href: href("login") }, ...ends]}
  />`;
}
