// Bundles the web page: app/ into static/. `make web` runs it; the result is committed.
//
// The same sources give the same bytes: names carry a hash of the content, and nothing depends on
// the time or the folder.

import { mkdir, readFile, readdir, rm, writeFile } from "node:fs/promises";
import { createHash } from "node:crypto";
import { dirname, join, relative, resolve } from "node:path";
import { fileURLToPath } from "node:url";

import { build } from "esbuild";

const here = dirname(fileURLToPath(import.meta.url));
const output = resolve(process.argv[2] ?? join(here, "static"));

const { metafile } = await build({
  absWorkingDir: here,
  // The names have a hash of the inputs' paths, too: those below node_modules here, wherever it is.
  preserveSymlinks: true,
  entryPoints: { main: "app/main.js" },
  outdir: output,
  entryNames: "[name]-[hash]",
  chunkNames: "[name]-[hash]",
  assetNames: "[name]-[hash]",
  bundle: true,
  splitting: true,
  format: "esm",
  target: ["es2022"],
  minify: true,
  legalComments: "none",
  // The client's parts for Node are left out.
  define: { "globalThis.process": "undefined" },
  metafile: true,
  write: false,
  logLevel: "warning",
}).then(async (result) => {
  // A brace that is missing in a style is a warning, and the loss of all that follows it.
  if (result.warnings.length) throw new Error(`esbuild has ${result.warnings.length} warnings`);
  await rm(output, { recursive: true, force: true });
  await mkdir(output, { recursive: true });
  for (const { path, contents } of result.outputFiles) await writeFile(path, contents);
  return result;
});

const named = Object.fromEntries(
  Object.entries(metafile.outputs).map(([path, info]) => [
    relative(output, resolve(here, path)),
    info,
  ]),
);
const main = Object.keys(named).find((name) => named[name].entryPoint === "app/main.js");
const icon = await readFile(join(here, "app/favicon.svg"));
const iconName = `favicon-${hash(icon)}.svg`;
await writeFile(join(output, iconName), icon);

const template = await readFile(join(here, "app/index.html"), "utf8");
const page = template
  .replace("{main}", main)
  .replace("{style}", named[main].cssBundle.split("/").pop())
  .replace("{icon}", iconName);
await writeFile(join(output, "index.html"), page);
await writeFile(join(output, "THIRD_PARTY.txt"), await licences());

// What the size budget is measured on, and what is preloaded: files by the module that they start
// from.
const chunks = Object.entries(named)
  .filter(([, info]) => info.entryPoint)
  .map(([name, info]) => [info.entryPoint, [name, ...imported(name), info.cssBundle?.split("/").pop()].filter(Boolean)])
  .sort();
await writeFile(join(output, "manifest.json"), JSON.stringify(Object.fromEntries(chunks), null, 1) + "\n");

for (const name of (await readdir(output)).sort()) {
  const size = (await readFile(join(output, name))).length;
  console.log(`${String(size).padStart(8)}  ${name}`);
}

function hash(bytes) {
  return createHash("sha256").update(bytes).digest("hex").slice(0, 8).toUpperCase();
}

/** Files that a file imports statically, in order. */
function imported(name, seen = new Set()) {
  for (const { path, kind } of named[name].imports) {
    const inner = relative(output, resolve(here, path));
    if (kind !== "import-statement" || seen.has(inner)) continue;
    seen.add(inner);
    imported(inner, seen);
  }
  return [...seen];
}

/** The licences of all packages in the bundle. */
async function licences() {
  const packages = new Set();
  for (const path of Object.keys(metafile.inputs)) {
    const match = path.match(/node_modules\/((?:@[^/]+\/)?[^/]+)\/(?!.*node_modules)/);
    if (match) packages.add(match[1]);
  }
  const texts = ["The web page contains these packages.\n"];
  for (const name of [...packages].sort()) {
    const folder = join(here, "node_modules", name);
    const { version, license } = JSON.parse(await readFile(join(folder, "package.json"), "utf8"));
    const file = (await readdir(folder)).find((each) => /^licen[cs]e/i.test(each));
    if (!file) throw new Error(`${name} has no licence file`);
    const text = (await readFile(join(folder, file), "utf8")).replaceAll("\r\n", "\n").trim();
    texts.push(`${"-".repeat(80)}\n${name} ${version} (${license})\n\n${text}\n`);
  }
  return texts.join("\n");
}
