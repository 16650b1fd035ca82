import { defineConfig } from "vite";

const here = (path: string) => new URL(path, import.meta.url).pathname;

// Nothing inline, no polyfills, no source from elsewhere: what the headers allow is what there is.
export default defineConfig({
  resolve: { conditions: ["idos-source", "module", "browser", "import", "default"] },
  build: {
    target: "es2022",
    assetsInlineLimit: 0,
    modulePreload: false,
    rollupOptions: { input: { index: here("index.html"), window: here("window.html") } },
  },
});
