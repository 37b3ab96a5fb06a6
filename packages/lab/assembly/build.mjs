// `npm run kernels -w @inkseal/lab`: compiles the kernels twice (with and without relaxed SIMD) into src/kernels/wasm.gen.ts.
import { createHash } from "node:crypto";
import { readdirSync, readFileSync, writeFileSync } from "node:fs";
import asc from "assemblyscript/asc";

const folder = new URL(".", import.meta.url);
const names = readdirSync(folder)
  .filter((f) => f.endsWith(".ts"))
  .sort();
const source = new Map(names.map((f) => [f, readFileSync(new URL(f, folder), "utf8")]));

/** What the generated file was made of; a test compares it with the sources. */
export const digest = createHash("sha256")
  .update(JSON.stringify([...source]))
  .digest("hex");

async function compile(relaxed) {
  let wasm;
  const options =
    "kernels.ts -o kernels.wasm -O3 --noAssert --runtime stub --enable simd --enable threads --importMemory --sharedMemory --initialMemory 32 --maximumMemory 65536 --noExportMemory";
  const { error, stderr } = await asc.main(
    [...options.split(" "), ...(relaxed ? ["--enable", "relaxed-simd", "--use", "FMA=1"] : [])],
    {
      readFile: (name) => source.get(name) ?? null,
      writeFile: (name, data) => {
        if (name.endsWith(".wasm")) wasm = data;
      },
      listFiles: () => [],
    },
  );
  if (error) throw new Error(`${error.message}\n${stderr}`);
  return Buffer.from(wasm).toString("base64");
}

if (process.argv[1] === new URL(import.meta.url).pathname) {
  const [simd, relaxed] = [await compile(false), await compile(true)];
  writeFileSync(
    new URL("../src/kernels/wasm.gen.ts", import.meta.url),
    `// Made by assembly/build.mjs from assembly/*.ts; do not edit.\nexport const digest = "${digest}";\nexport const simd =\n  "${simd}";\nexport const relaxed =\n  "${relaxed}";\n`,
  );
  console.log(`simd ${simd.length}, relaxed ${relaxed.length} characters`);
}
