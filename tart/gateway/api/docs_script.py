"""The script of the documentation page: search, and requests to the routes ("try it").

Pure. It is part of the page, and the Content-Security-Policy permits it by its hash alone, so no
other script runs. It connects to the server of the page only. The API key stays in its input
field: it is stored nowhere, and sent as a header. Without the script the page is complete.
"""

from __future__ import annotations

import base64
import hashlib

SCRIPT = """
const prefix = location.pathname.replace(/\\/api\\/docs\\/?$/, "");
const search = document.getElementById("search");
const sections = [...document.querySelectorAll("section[data-path]")];
const families = [...document.querySelectorAll("div[data-family]")];
document.getElementById("tools").hidden = false;
search.addEventListener("input", () => {
  const words = search.value.toLowerCase().split(/\\s+/).filter(Boolean);
  for (const section of sections) {
    const text = section.textContent.toLowerCase();
    section.hidden = !words.every((word) => text.includes(word));
    const link = document.querySelector(`nav a[href="#${section.id}"]`);
    if (link) link.hidden = section.hidden;
  }
  for (const family of families) {
    family.hidden = [...family.querySelectorAll("section")].every((each) => each.hidden);
  }
});
document.addEventListener("keydown", (event) => {
  if (event.key === "/" && !/INPUT|TEXTAREA/.test(document.activeElement.tagName)) {
    event.preventDefault();
    search.focus();
  }
});
function open(section) {
  const form = document.createElement("form");
  const fields = [...section.querySelectorAll("tr[data-name]")].map((row) => {
    const label = document.createElement("label");
    const field = document.createElement("input");
    field.name = row.dataset.name;
    field.placeholder = row.dataset.value;
    field.required = row.dataset.where === "path";
    label.append(`${field.name} `, field);
    form.append(label);
    return [field, row.dataset.where];
  });
  const send = document.createElement("button");
  send.textContent = "Send";
  const output = document.createElement("pre");
  output.setAttribute("aria-live", "polite");
  output.tabIndex = 0;
  form.append(send);
  form.addEventListener("submit", async (event) => {
    event.preventDefault();
    let path = section.dataset.path;
    const query = new URLSearchParams();
    for (const [field, where] of fields) {
      if (where === "path") path = path.replace(`{${field.name}}`, encodeURIComponent(field.value));
      else if (field.value) query.set(field.name, field.value);
    }
    const url = prefix + path + (query.size ? `?${query}` : "");
    const key = document.getElementById("key").value;
    const began = performance.now();
    output.textContent = `GET ${url}`;
    try {
      const answer = await fetch(url, key ? {headers: {Authorization: `Bearer ${key}`}} : {});
      let text = await answer.text();
      try { text = JSON.stringify(JSON.parse(text), null, 1); } catch { /* not JSON */ }
      const time = Math.round(performance.now() - began);
      const rest = text.length > 20000 ? `\\n… ${text.length - 20000} more characters` : "";
      const head = `GET ${url}\\n${answer.status} in ${time} ms`;
      output.textContent = `${head}\\n\\n${text.slice(0, 20000)}${rest}`;
    } catch (error) {
      output.textContent = `GET ${url}\\n${error}`;
    }
  });
  section.append(form, output);
  (fields[0]?.[0] ?? send).focus();
}
for (const section of sections) {
  if (!section.dataset.tried) continue;
  const button = document.createElement("button");
  button.textContent = "Try it";
  button.addEventListener("click", () => {
    button.remove();
    open(section);
  });
  section.append(button);
}
""".replace("\\\\", "\\")
# For the Content-Security-Policy (CSP level 3, 2.3.1).
SOURCE = f"'sha256-{base64.b64encode(hashlib.sha256(SCRIPT.encode()).digest()).decode()}'"
