// Builds frontend/dist: plain names (Django hashes them), standalone bundles, no source maps.
// `node frontend/build.mjs` builds once; `--watch` rebuilds on change.
import { context, build } from "esbuild";
import { gzipSync } from "node:zlib";
import { mkdir, readFile, rm, writeFile, copyFile, readdir } from "node:fs/promises";
import { dirname, join } from "node:path";
import { fileURLToPath } from "node:url";

const here = dirname(fileURLToPath(import.meta.url));
const modules = join(here, "..", "node_modules");
const dist = join(here, "dist");
const watch = process.argv.includes("--watch");

// Initial script of the phone pages, gzipped: UX goal U4.
const PHONE_LIMIT = 100 * 1024;

const options = {
  absWorkingDir: here,
  entryPoints: {
    desk: "desk/index.ts",
    phone: "field/index.ts",
    map: "shared/map/index.ts",
  },
  bundle: true,
  format: "esm",
  target: ["es2022"],
  minify: !watch,
  legalComments: "none",
  outdir: dist,
  logLevel: "warning",
};

const styles = {
  absWorkingDir: here,
  entryPoints: {
    desk: "desk/styles/index.css",
    phone: "field/styles/index.css",
    map: "shared/styles/map.css",
  },
  bundle: true,
  minify: !watch,
  target: ["chrome99", "safari15.4"],
  legalComments: "none",
  outdir: dist,
  logLevel: "error",
  loader: { ".svg": "dataurl" },
};

/** One sprite of the icons named in icons.txt, from Tabler's outline set; an unknown name fails the build. */
async function sprite() {
  const names = (await readFile(join(here, "icons.txt"), "utf8")).split(/\s+/).filter(Boolean);
  const symbols = await Promise.all(
    [...new Set(names)].sort().map(async (name) => {
      const svg = await readFile(join(modules, "@tabler/icons/icons/outline", `${name}.svg`), "utf8").catch(() => {
        throw new Error(`icons.txt names "${name}", which Tabler does not have.`);
      });
      const inside = svg
        .replace(/^[\s\S]*?<svg[^>]*>/, "")
        .replace("</svg>", "")
        .replace(/<path stroke="none"[^>]*\/>/, "")
        .replace(/\s+/g, " ")
        .trim();
      return `<symbol id="${name}" viewBox="0 0 24 24" fill="none" stroke="currentColor" stroke-width="1.75" stroke-linecap="round" stroke-linejoin="round">${inside}</symbol>`;
    }),
  );
  await writeFile(join(dist, "icons.svg"), `<svg xmlns="http://www.w3.org/2000/svg">${symbols.join("")}</svg>\n`);
}

/** Files taken as they are: the map's worker (without its source map line) and our own static files. */
async function copies() {
  const worker = await readFile(join(modules, "maplibre-gl/dist/maplibre-gl-worker.mjs"), "utf8");
  await writeFile(join(dist, "maplibre-gl-worker.mjs"), worker.replace(/\/\/# sourceMappingURL=.*\n?$/, ""));
  for (const name of await readdir(join(here, "shared/static"))) {
    await copyFile(join(here, "shared/static", name), join(dist, name));
  }
}

async function sizes() {
  const rows = [];
  for (const name of (await readdir(dist)).sort()) {
    const body = await readFile(join(dist, name));
    const packed = gzipSync(body).length;
    rows.push(`${name.padEnd(26)} ${String(Math.ceil(body.length / 1024)).padStart(6)} kB  ${String(Math.ceil(packed / 1024)).padStart(5)} kB gz`);
    if (name === "phone.js" && packed > PHONE_LIMIT) {
      throw new Error(`phone.js is ${packed} bytes gzipped; the limit of the phone pages is ${PHONE_LIMIT}.`);
    }
  }
  console.log(rows.join("\n"));
}

try {
  await rm(dist, { recursive: true, force: true });
  await mkdir(dist, { recursive: true });
  if (watch) {
    for (const one of [options, styles]) await (await context(one)).watch();
    await Promise.all([sprite(), copies()]);
    console.log("watching frontend/");
  } else {
    await Promise.all([build(options), build(styles), sprite(), copies()]);
    await sizes();
  }
} catch (error) {
  console.error(error instanceof Error ? error.message : error);
  process.exit(1);
}
