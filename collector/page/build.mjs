// Bundles src/ into dist/: node build.mjs [OUT]. The same sources and the same
// lock file make the same bytes; a test compares them with the committed ones.
import * as esbuild from "esbuild";
import { readFileSync } from "node:fs";
import { createRequire } from "node:module";
import { dirname, join } from "node:path";
import { fileURLToPath } from "node:url";

const here = dirname(fileURLToPath(import.meta.url));
const out = process.argv[2] ?? join(here, "dist");
// uPlot's licence wants to travel with it, whole.
const uplot = dirname(createRequire(import.meta.url)
    .resolve("uplot/package.json"));
const licence = "/*! inquest: the collector's page, bundled from src/.\n" +
    " * With uPlot, under the licence that follows.\n *\n" +
    readFileSync(join(uplot, "LICENSE"), "utf8").trim().split(/\r?\n/)
        .map((line) => ` * ${line}`.trimEnd()).join("\n") + "\n */";

await esbuild.build({
    absWorkingDir: here,
    entryPoints: { page: "src/main.ts" },
    outdir: out,
    bundle: true,
    minify: true,
    format: "iife",
    target: "es2022",
    charset: "utf8",
    legalComments: "none",
    banner: { js: licence, css: licence },
    logLevel: "warning",
});
