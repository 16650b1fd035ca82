import { defaultClientConditions, defaultServerConditions } from "vite";
import { defineConfig } from "vitest/config";

// Machines that test are slow and shared: only what hangs is to fail by time.
export default defineConfig({
  resolve: { conditions: ["idos-source", ...defaultClientConditions] },
  ssr: { resolve: { conditions: ["idos-source", ...defaultServerConditions] } },
  test: { testTimeout: 300_000, hookTimeout: 300_000, fileParallelism: false, environment: "node" },
});
