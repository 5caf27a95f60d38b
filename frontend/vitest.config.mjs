import { defineConfig } from "vitest/config";

export default defineConfig({
  test: {
    root: new URL(".", import.meta.url).pathname,
    include: ["**/*.test.ts"],
    environment: "jsdom",
    restoreMocks: true,
    maxWorkers: 2,
  },
});
