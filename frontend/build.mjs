// Builds frontend/dist: plain names (Django hashes them), standalone bundles, no source maps.
// `node frontend/build.mjs` builds once; `--watch` rebuilds on change.
import { context, build } from "esbuild";
import { deflateSync, gzipSync } from "node:zlib";
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
    app: "field/app.ts",
    qr: "field/qr.ts",
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

// Not modules: a service worker of older browsers knows none, and the early script runs before the page is drawn.
const plain = {
  ...options,
  entryPoints: { sw: "field/worker/sw.ts", early: "field/early.js" },
  format: "iife",
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

/** The sign of favicon.svg as a PNG for home screens; `size` pixels, within the safe zone of a mask. */
async function signs() {
  for (const size of [192, 512]) await writeFile(join(dist, `icon-${size}.png`), png(size, sign));
}

/** Colour [r, g, b] at (x, y) of the sign, 0…1 each: a blue ground, four cells, one lit. */
function sign(x, y) {
  const blue = [26, 95, 180];
  for (const [left, top, share] of [[0.28, 0.28, 0.55], [0.52, 0.28, 0.55], [0.28, 0.52, 0.55], [0.52, 0.52, 1]]) {
    if (x >= left && x < left + 0.2 && y >= top && y < top + 0.2) return blue.map((c) => Math.round(c + (255 - c) * share));
  }
  return blue;
}

function png(size, colour) {
  const rows = Buffer.alloc(size * (size * 3 + 1));
  for (let y = 0; y < size; y++) {
    for (let x = 0; x < size; x++) rows.set(colour((x + 0.5) / size, (y + 0.5) / size), y * (size * 3 + 1) + 1 + x * 3);
  }
  const head = Buffer.alloc(13);
  head.writeUInt32BE(size, 0);
  head.writeUInt32BE(size, 4);
  head.set([8, 2, 0, 0, 0], 8);
  const chunk = (name, body) => {
    const held = Buffer.concat([Buffer.from(name, "latin1"), body]);
    const [length, sum] = [Buffer.alloc(4), Buffer.alloc(4)];
    length.writeUInt32BE(body.length);
    sum.writeUInt32BE(crc32(held));
    return Buffer.concat([length, held, sum]);
  };
  const begin = Buffer.from([0x89, 0x50, 0x4e, 0x47, 0x0d, 0x0a, 0x1a, 0x0a]);
  return Buffer.concat([begin, chunk("IHDR", head), chunk("IDAT", deflateSync(rows, { level: 9 })), chunk("IEND", Buffer.alloc(0))]);
}

/** CRC-32 (zlib.crc32 is not in Node 20). */
function crc32(bytes) {
  let sum = 0xffffffff;
  for (const byte of bytes) {
    sum ^= byte;
    for (let i = 0; i < 8; i++) sum = (sum >>> 1) ^ (sum & 1 ? 0xedb88320 : 0);
  }
  return (sum ^ 0xffffffff) >>> 0;
}

async function sizes() {
  const rows = [];
  for (const name of (await readdir(dist)).sort()) {
    const body = await readFile(join(dist, name));
    const packed = gzipSync(body).length;
    rows.push(`${name.padEnd(26)} ${String(Math.ceil(body.length / 1024)).padStart(6)} kB  ${String(Math.ceil(packed / 1024)).padStart(5)} kB gz`);
    if (["phone.js", "app.js"].includes(name) && packed > PHONE_LIMIT) {
      throw new Error(`${name} is ${packed} bytes gzipped; the limit of the phone pages is ${PHONE_LIMIT}.`);
    }
  }
  console.log(rows.join("\n"));
}

try {
  await rm(dist, { recursive: true, force: true });
  await mkdir(dist, { recursive: true });
  if (watch) {
    for (const one of [options, plain, styles]) await (await context(one)).watch();
    await Promise.all([sprite(), copies(), signs()]);
    console.log("watching frontend/");
  } else {
    await Promise.all([build(options), build(plain), build(styles), sprite(), copies(), signs()]);
    await sizes();
  }
} catch (error) {
  console.error(error instanceof Error ? error.message : error);
  process.exit(1);
}
