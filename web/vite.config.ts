import { fileURLToPath } from "node:url";
import tailwindcss from "@tailwindcss/vite";
import react from "@vitejs/plugin-react";
import { defineConfig } from "vitest/config";

/** Where the centre listens while the console is being developed. */
const centre = process.env["QORGAN_CENTRE"] ?? "http://127.0.0.1:8000";
const proxied = { target: centre, changeOrigin: false };

export default defineConfig({
  plugins: [react(), tailwindcss()],
  resolve: { alias: { "@": fileURLToPath(new URL("./src", import.meta.url)) } },
  build: { target: "es2023", chunkSizeWarningLimit: 1200 },
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
