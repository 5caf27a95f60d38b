import { defineConfig } from "vitest/config";

export default defineConfig({
  test: {
    root: new URL(".", import.meta.url).pathname,
    include: ["**/*.test.ts"],
    environment: "jsdom",
    setupFiles: ["shared/testing.setup.ts"],
    pool: "threads",
    restoreMocks: true,
    maxWorkers: 2,
  },
});
