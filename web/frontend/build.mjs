// Builds the front end into web/static/dist: hashed files, and manifest.json, which says what each is called now.
import { createHash } from "node:crypto";
import { existsSync } from "node:fs";
import { mkdir, readFile, readdir, rm, writeFile } from "node:fs/promises";
import path from "node:path";
import { fileURLToPath } from "node:url";
import { gzipSync } from "node:zlib";
import * as esbuild from "esbuild";
import { iconNames } from "./icons.ts";

const here = path.dirname(fileURLToPath(import.meta.url));
const root = path.resolve(here, "../..");
const target = path.join(root, "web/static/dist");
const ownIcons = path.join(here, "icons");
const bootstrapIcons = path.join(root, "node_modules/bootstrap-icons/icons");

/** What a page's address in the manifest is built from, relative to this folder. */
const entries = {
  app: { overview: "pages/overview.tsx", models: "pages/models.tsx", sessions: "pages/sessions.tsx", session: "pages/session.tsx", templates: "pages/templates.tsx", settings: "pages/settings.tsx", site: "pages/site.ts" },
  style: { app: "styles/app.css" },
  /** Runs before the first paint, so it is a plain script of its own. */
  theme: { theme: "theme_first.ts" },
};

/**
 * Where a style sheet has a selector like `legend + *`, an element that comes or goes has all of its siblings styled anew,
 * with whatever is in them, in any list of any page. Bootstrap has one; this says the same otherwise.
 */
const legends = {
  name: "legends",
  setup: ({ onLoad }) =>
    onLoad({ filter: /bootstrap\.css$/ }, async ({ path: file }) => {
      const css = await readFile(file, "utf8");
      return { contents: css.replace("legend + *", "fieldset > :not(legend)"), loader: "css" };
    }),
};

const shared = {
  absWorkingDir: here,
  outdir: target,
  bundle: true,
  minify: true,
  sourcemap: "linked",
  target: ["es2022"],
  entryNames: "[name]-[hash]",
  chunkNames: "chunk-[hash]",
  assetNames: "[name]-[hash]",
  metafile: true,
  jsx: "automatic",
  jsxImportSource: "preact",
  loader: { ".woff2": "file", ".svg": "file" },
  logLevel: "warning",
};

const addHash = (name, content) => {
  const { base, ext } = { base: path.parse(name).name, ext: path.extname(name) };
  return `${base}-${createHash("sha256").update(content).digest("hex").slice(0, 8).toUpperCase()}${ext}`;
};

/** One file that holds each icon as a symbol, so that a page asks for all icons once. */
async function makeSprite() {
  const symbols = [];
  for (const name of iconNames) {
    const own = path.join(ownIcons, `${name}.svg`);
    const svg = await readFile(existsSync(own) ? own : path.join(bootstrapIcons, `${name}.svg`), "utf8");
    const [, box, content] = /viewBox="([^"]+)"[^>]*>([\s\S]*)<\/svg>/.exec(svg);
    symbols.push(`<symbol id="${name}" viewBox="${box}">${content.replace(/\s*\n\s*/g, "")}</symbol>`);
  }
  return `<svg xmlns="http://www.w3.org/2000/svg">${symbols.join("\n")}</svg>\n`;
}

async function writeOwn(manifest, name, content) {
  manifest[name] = addHash(name, content);
  await writeFile(path.join(target, manifest[name]), content);
}

async function build() {
  await mkdir(target, { recursive: true });
  const results = await Promise.all([
    esbuild.build({ ...shared, entryPoints: entries.app, format: "esm", splitting: true }),
    esbuild.build({ ...shared, entryPoints: entries.style, plugins: [legends] }),
    esbuild.build({ ...shared, entryPoints: entries.theme, format: "iife" }),
  ]);
  const manifest = {};
  const made = new Set(["manifest.json"]);
  for (const { metafile } of results) {
    for (const [file, output] of Object.entries(metafile.outputs)) {
      const name = path.basename(file);
      made.add(name);
      // What is imported when needed counts as an entry there; no page asks for it by its name.
      if (output.entryPoint && !name.startsWith("chunk-")) manifest[name.replace(/-[0-9A-Z]{8}(?=\.)/, "")] = name;
    }
  }
  await writeOwn(manifest, "icons.svg", await makeSprite());
  await writeOwn(manifest, "favicon.svg", await readFile(path.join(ownIcons, "favicon.svg")));
  Object.values(manifest).forEach((name) => made.add(name));
  for (const name of [...made].filter((each) => /\.(?:js|css|svg)$/.test(each))) {
    made.add(`${name}.gz`);
    await writeFile(path.join(target, `${name}.gz`), gzipSync(await readFile(path.join(target, name)), { level: 9 }));
  }
  // The manifest comes before old files go, so that a running server always names files that are there.
  await writeFile(path.join(target, "manifest.json"), `${JSON.stringify(manifest, null, 2)}\n`);
  for (const name of await readdir(target)) if (!made.has(name)) await rm(path.join(target, name), { recursive: true });
}

await build();
