import { defineConfig } from "vitest/config";

// Whole programs as people run them: the CLI, the server, the Studio in a browser. `npm run e2e`.
export default defineConfig({
  test: {
    root: import.meta.dirname,
    include: ["**/*.e2e.ts"],
    globalSetup: "./build-studio.ts",
    pool: "forks",
    // one after the other: each starts a server and a browser of its own
    fileParallelism: false,
    testTimeout: 120_000,
    hookTimeout: 180_000,
  },
});
