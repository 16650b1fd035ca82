import react from "@vitejs/plugin-react";
import { defaultClientConditions, defineConfig } from "vite";

// Nothing inline, nothing from elsewhere: the page works under a policy that allows its own files only.
export default defineConfig({
  plugins: [react()],
  // Packages of the workspace from their sources, so that no build of theirs has to come first.
  resolve: { conditions: ["idos-source", ...defaultClientConditions] },
  build: {
    target: "es2022",
    assetsInlineLimit: 0,
    modulePreload: { polyfill: false },
    cssCodeSplit: false,
    chunkSizeWarningLimit: 600,
  },
});
