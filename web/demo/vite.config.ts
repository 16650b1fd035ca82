import react from "@vitejs/plugin-react";
import { defineConfig } from "vite";

export default defineConfig({
  plugins: [react()],
  resolve: { conditions: ["idos-source", "module", "browser", "import", "default"] },
  build: {
    target: "es2022",
    // Nothing inline: the page's policy forbids it. No polyfill, browsers that have the rest have preloading.
    assetsInlineLimit: 0,
    modulePreload: { polyfill: false },
  },
});
