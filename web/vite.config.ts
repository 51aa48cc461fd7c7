import { createHash } from "node:crypto";
import { readFileSync } from "node:fs";
import { fileURLToPath } from "node:url";
import tailwindcss from "@tailwindcss/vite";
import react from "@vitejs/plugin-react";
import type { Plugin, Rollup } from "vite";
import { defineConfig } from "vitest/config";

const here = (path: string) => fileURLToPath(new URL(path, import.meta.url));
const INSPECT = "inspect/index.html";
/** Beside what the build makes of the entry: the page itself, its icon and its manifest. */
const INSPECT_SHELL = ["/inspect/", "/favicon.svg", "/inspect/manifest.webmanifest"];

/** Every script, style and font that the inspection's page may load, however deep. */
function filesOf(bundle: Rollup.OutputBundle): string[] {
  const found = new Set<string>();
  const follow = (name: string) => {
    if (found.has(name)) return;
    found.add(name);
    const output = bundle[name];
    if (output?.type === "chunk") {
      const { importedCss = [], importedAssets = [] } = output.viteMetadata ?? {};
      for (const next of [...output.imports, ...output.dynamicImports, ...importedCss, ...importedAssets])
        follow(next);
    } else if (output?.type === "asset" && name.endsWith(".css")) {
      for (const [, font] of String(output.source).matchAll(/url\(\/?([^)]+\.woff2)\)/g))
        if (font !== undefined) follow(font);
    }
  };
  for (const output of Object.values(bundle))
    if (output.type === "chunk" && output.isEntry && output.facadeModuleId === here(INSPECT))
      follow(output.fileName);
  return [...found].sort();
}

/** Writes `inspect/worker.js` with the names of those files and a version made of them and of itself. */
function inspectWorker(): Plugin {
  return {
    name: "qorgan-inspect-worker",
    apply: "build",
    generateBundle: {
      order: "post",
      handler(_options, bundle) {
        const source = readFileSync(here("inspect/worker.js"), "utf8");
        const page = bundle[INSPECT];
        const files = [...INSPECT_SHELL, ...filesOf(bundle).map((name) => `/${name}`)];
        const version = createHash("sha256")
          .update(source)
          .update(JSON.stringify(files))
          .update(page?.type === "asset" ? page.source : "")
          .digest("hex")
          .slice(0, 16);
        this.emitFile({
          type: "asset",
          fileName: "inspect/worker.js",
          source: source
            .replace("self.__FILES__", JSON.stringify(files))
            .replace("self.__VERSION__", JSON.stringify(version)),
        });
      },
    },
  };
}

/** Where the centre listens while the console is being developed. */
const centre = process.env["QORGAN_CENTRE"] ?? "http://127.0.0.1:8000";
const proxied = { target: centre, changeOrigin: false };

export default defineConfig({
  plugins: [react(), tailwindcss(), inspectWorker()],
  resolve: { alias: { "@": here("./src") } },
  build: {
    target: "es2023",
    chunkSizeWarningLimit: 1200,
    rollupOptions: { input: { main: here("index.html"), inspect: here(INSPECT) } },
  },
  worker: { format: "es" },
  server: {
    host: "127.0.0.1",
    proxy: {
      "/api": proxied,
      "/_allauth": proxied,
      "/ws": { ...proxied, ws: true },
    },
  },
  test: { environment: "happy-dom", include: ["tests/**/*.test.{ts,tsx}"] },
});
