import { defineConfig } from "vitest/config";

// Machines that test are slow and shared: only what hangs is to fail by time.
export default defineConfig({
  resolve: { conditions: ["idos-source"] },
  ssr: { resolve: { conditions: ["idos-source", "node", "import", "default"] } },
  test: { testTimeout: 120_000, hookTimeout: 120_000, fileParallelism: false },
});
