// Builds what the pages load: one script and one style sheet.
import { build } from "esbuild";

await build({
  entryPoints: { explorer: "src/main.ts" },
  outdir: "dist",
  bundle: true,
  minify: true,
  format: "esm",
  platform: "browser",
  target: "es2022",
  conditions: ["idos-source"],
  legalComments: "none",
});
await build({
  entryPoints: { explorer: "src/explorer.css" },
  outdir: "dist",
  bundle: true,
  minify: true,
  target: "es2022",
  conditions: ["idos-source"],
});
