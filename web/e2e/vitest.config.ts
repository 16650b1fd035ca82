import { defineConfig } from "vitest/config";

// Machines that test are slow and shared: only what hangs is to fail by time. A chapter builds on those before it, so
// nothing runs beside another, and the first failure ends the run.
export default defineConfig({
  test: { testTimeout: 90_000, hookTimeout: 120_000, fileParallelism: false, bail: 1 },
});
