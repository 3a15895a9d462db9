// Bundles src/ into dist/: node build.mjs [OUT]. The same sources and the same
// lock file make the same bytes; a test compares them with the committed ones.
import * as esbuild from "esbuild";
import { dirname, join } from "node:path";
import { fileURLToPath } from "node:url";

const here = dirname(fileURLToPath(import.meta.url));
const out = process.argv[2] ?? join(here, "dist");
const licence =
    "/*! inquest: the collector's page, bundled from collector/page/src.\n" +
    " * Holds uPlot 1.6.32, Copyright (c) 2022 Leon Sorokin, MIT License:\n" +
    " * the copyright notice and this permission notice shall be included in\n" +
    " * all copies; the software is provided \"as is\", without warranty of\n" +
    " * any kind. https://github.com/leeoniya/uPlot/blob/master/LICENSE */";

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
