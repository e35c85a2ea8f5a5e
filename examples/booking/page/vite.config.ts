import { defineConfig } from "vite";

export default defineConfig({
  // The page works below any path: its server need not know where it was built for.
  base: "./",
  oxc: { jsx: { runtime: "automatic", importSource: "preact" } },
  build: { outDir: "dist", assetsInlineLimit: 0 },
  server: { proxy: { "/api": "http://localhost:3000" } },
});
