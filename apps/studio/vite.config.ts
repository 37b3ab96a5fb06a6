import react from "@vitejs/plugin-react";
import { defineConfig } from "vite";

const server = process.env.INKSEAL_URL ?? "http://127.0.0.1:8787";

// Everything the page needs is in `dist`: fonts are files of our own, nothing is inlined (a strict
// Content-Security-Policy without data: fonts or inline scripts suffices), and no request leaves the house.
export default defineConfig({
  plugins: [react()],
  build: {
    outDir: "dist",
    emptyOutDir: true,
    assetsInlineLimit: 0,
    // light-dark() and native popovers: one statement of each colour, no polyfill
    target: ["chrome123", "firefox128", "safari17.5"],
    modulePreload: { polyfill: false },
  },
  server: { port: 5173, proxy: { "/api": server, "/v1": server } },
});
