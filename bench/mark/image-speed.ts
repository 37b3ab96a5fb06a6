/** What the image watermark costs in time: on one core of Node, and in Chromium. */
import { existsSync } from "node:fs";
import { createServer } from "node:http";
import type { AddressInfo } from "node:net";
import { fileURLToPath } from "node:url";
import type { Raster } from "@inkseal/codec";
import { detectImage, embedImage } from "@inkseal/mark";
import { chromium } from "playwright-core";
import { build } from "vite";
import type { Row } from "../run.ts";
import { mean, timed } from "./figures.ts";
import type { ImagePage } from "./image-page.ts";
import { freshKey, freshPayload } from "./keys.ts";
import { open, type Picture, rasterOf } from "./pictures.ts";

const bounds = { embed: "<=300", detect: "<=2000", detect_direct: "<=150" };
const what = { embed: "", detect: ", nothing to find: the whole search", detect_direct: ", not turned or cropped" };
type Global = { bench: ImagePage };
type Times = Readonly<Record<keyof typeof bounds, readonly number[]>>;

/** Means a megapixel of the later half of the calls; the first are the compiler's. A browser tells its processor time in steps of 10 ms. */
function rowsOf(times: Times, { width, height }: Raster, end: string, unit: string): Row[] {
  const megapixels = (width * height) / 1e6;
  return (Object.keys(bounds) as (keyof typeof bounds)[]).map((name) => {
    return {
      name: `image_${name}_ms_mp${end}`,
      value: mean(times[name].slice(times[name].length >> 1)) / megapixels,
      unit: "ms",
      bound: bounds[name],
      note: `${unit} a megapixel, ${width}×${height}${what[name]}`,
    };
  });
}

/** Of a photo at 1.2 megapixels, and of a square of 512. */
export async function speed(photo: Picture, log: (line: string) => void): Promise<Row[]> {
  const large = await rasterOf(open(photo.raster).resize(1200, 1000, { fit: "fill" }));
  const small = await rasterOf(open(photo.raster).resize(512, 512, { fit: "cover" }));
  return [
    ...rowsOf(inNode(large, 12), large, "", "ms of processor time"),
    ...rowsOf(inNode(small, 24), small, "_small", "ms of processor time"),
    ...(await inBrowser({ "": large, _small: small }, log)),
  ];
}

function inNode(raster: Raster, count: number): Times {
  const [key, payload] = [freshKey(), freshPayload(8)];
  const each = (work: () => unknown): number[] => Array.from({ length: count }, () => 1000 * timed(work).seconds);
  const marked = embedImage(raster, key, payload)!.raster;
  return {
    embed: each(() => embedImage(raster, key, payload)),
    detect: each(() => detectImage(raster, key)),
    detect_direct: each(() => detectImage(marked, key)),
  };
}

const executablePath = ["/usr/bin/chromium", "/usr/bin/chromium-browser", "/usr/bin/google-chrome"].find(existsSync);

async function inBrowser(rasters: Readonly<Record<string, Raster>>, log: (line: string) => void): Promise<Row[]> {
  if (executablePath === undefined) {
    log("no Chromium; its rows are left out");
    return [];
  }
  const script = await scriptOf();
  const browser = await chromium.launch({ executablePath, args: ["--no-sandbox"] });
  const rows: Row[] = [];
  try {
    for (const [end, raster] of Object.entries(rasters)) {
      const { width, height, data } = raster;
      const server = createServer(({ url }, response) => {
        const type = url === "/bench.js" ? "text/javascript" : url === "/pixels" ? "application/octet-stream" : "text/html";
        response.writeHead(200, { "content-type": type });
        response.end(
          url === "/bench.js"
            ? script
            : url === "/pixels"
              ? Buffer.from(data.buffer, data.byteOffset, data.length)
              : "<!doctype html><title>bench</title><script type=module src=bench.js></script>",
        );
      });
      await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
      try {
        const page = await browser.newPage();
        await page.goto(`http://127.0.0.1:${(server.address() as AddressInfo).port}`);
        await page.waitForFunction(() => "bench" in globalThis);
        await page.evaluate(([w, h]) => (globalThis as unknown as Global).bench.take(w, h), [width, height] as const);
        const session = await page.context().newCDPSession(page);
        await session.send("Performance.enable");
        const spent = async (): Promise<number> => {
          const { metrics } = await session.send("Performance.getMetrics");
          return 1000 * metrics.find(({ name }) => name === "ProcessTime")!.value;
        };
        const each = async (name: "embed" | "search" | "direct"): Promise<number[]> => {
          const out: number[] = [];
          for (let n = 0; n < 24; n++) {
            const before = await spent();
            await page.evaluate((call) => (globalThis as unknown as Global).bench[call](), name);
            out.push((await spent()) - before);
          }
          return out;
        };
        const times = { embed: await each("embed"), detect: await each("search"), detect_direct: await each("direct") };
        await page.close();
        rows.push(
          ...rowsOf(times, raster, `_browser${end}`, `ms of the page's processor time in Chromium ${browser.version()}`),
        );
      } finally {
        server.close();
      }
    }
  } finally {
    await browser.close();
  }
  return rows;
}

async function scriptOf(): Promise<string> {
  const built = await build({
    configFile: false,
    logLevel: "error",
    build: {
      write: false,
      lib: { entry: fileURLToPath(new URL("image-page.ts", import.meta.url)), formats: ["es"], fileName: "bench" },
      rollupOptions: { output: { codeSplitting: false } },
    },
  });
  const chunk = Array.isArray(built) ? built[0]?.output[0] : undefined;
  if (chunk?.type !== "chunk") throw new Error("the page is not one script");
  return chunk.code;
}
