import { svelte } from "@sveltejs/vite-plugin-svelte";
import { defineConfig } from "vite";

// The money-flow picture for notebooks: one module beside the page, with its styles inside.
export default defineConfig({
  plugins: [svelte({ emitCss: false })],
  publicDir: false,
  define: { "process.env.NODE_ENV": JSON.stringify("production") },
  build: {
    outDir: `${process.env.CARDHOUSE_STATIC ?? "../src/cardhouse/web/static"}/notebook`,
    emptyOutDir: true,
    target: "es2022",
    lib: { entry: "src/notebook/main.ts", formats: ["es"], fileName: () => "money-flow.js" },
    rollupOptions: { output: { inlineDynamicImports: true } },
  },
});
