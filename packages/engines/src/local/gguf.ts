import { type FileHandle, open } from "node:fs/promises";
import { InksealError } from "@inkseal/core";

/** What a GGUF file says of itself, read without loading it. */
export interface GgufInfo {
  readonly architecture: string;
  /** `model`, `adapter` (LoRA), `mmproj` (vision projector). */
  readonly type: string;
  readonly name: string | undefined;
  readonly licence: string | undefined;
  /** Tokens it was trained for. */
  readonly context: number | undefined;
  /** Only good for embeddings: an encoder, or one with a pooling layer. */
  readonly embedder: boolean;
  readonly chatTemplate: boolean;
  /** Has fill-in-the-middle tokens. */
  readonly infill: boolean;
}

const window = 1024 * 1024;
/** A header is never longer: the largest vocabularies take some 20 MiB. */
const longestHeader = 512 * 1024 * 1024;
const scalarBytes: Readonly<Record<number, number>> = { 0: 1, 1: 1, 2: 2, 3: 2, 4: 4, 5: 4, 6: 4, 7: 1, 10: 8, 11: 8, 12: 8 };
/** ggml type → [values a block, bytes a block]. @see https://github.com/ggml-org/ggml/blob/master/include/ggml.h */
const blocks: Readonly<Record<number, readonly [number, number]>> = {
  0: [1, 4],
  1: [1, 2],
  2: [32, 18],
  3: [32, 20],
  6: [32, 22],
  7: [32, 24],
  8: [32, 34],
  9: [32, 36],
  10: [256, 84],
  11: [256, 110],
  12: [256, 144],
  13: [256, 176],
  14: [256, 210],
  15: [256, 292],
  24: [1, 1],
  25: [1, 2],
  26: [1, 4],
  27: [1, 8],
  28: [1, 8],
  30: [1, 2],
};
/** The names by which llama.cpp knows fill-in-the-middle tokens (llama-vocab.cpp). */
const prefixTokens = new Set(
  "<|fim_prefix|> <fim-prefix> <fim_prefix> <｜fim▁begin｜> <PRE> ▁<PRE> <|code_prefix|> <|prefix|>".split(" "),
);
const suffixTokens = new Set(
  "<|fim_suffix|> <fim-suffix> <fim_suffix> <｜fim▁hole｜> <SUF> ▁<SUF> <|code_suffix|> <|suffix|>".split(" "),
);
const encoders = /bert|t5encoder|^jina|^nomic|gemma-embedding|^clip$/;

/**
 * Reads a GGUF header and checks that every tensor lies inside the file, because llama.cpp, which runs in our process,
 * may end it on a broken one. Throws `bad-file`.
 * @see https://github.com/ggml-org/ggml/blob/master/docs/gguf.md
 */
export async function readGguf(path: string): Promise<GgufInfo> {
  let file: FileHandle;
  try {
    file = await open(path);
  } catch (cause) {
    throw new InksealError("bad-file", "the model file cannot be opened", { cause });
  }
  try {
    return await readHeader(new Reader(file, (await file.stat()).size));
  } catch (cause) {
    if (InksealError.is(cause)) throw cause;
    throw new InksealError("bad-file", "the model file cannot be read", { cause });
  } finally {
    await file.close();
  }
}

async function readHeader(r: Reader): Promise<GgufInfo> {
  if ((await r.bytes(4)).toString("latin1") !== "GGUF") throw bad("it does not begin with GGUF");
  const version = await r.u32();
  if (version < 2 || version > 3) throw bad(`it is of version ${version}; 2 and 3 are known`);
  const tensors = await r.count();
  const pairs = await r.count();
  const known = new Map<string, string | number | boolean>();
  let prefix = false;
  let suffix = false;
  for (let i = 0; i < pairs; i++) {
    const key = await r.text();
    const type = await r.u32();
    if (type !== 9) {
      known.set(key, await r.value(type));
      continue;
    }
    const of = await r.u32();
    const length = await r.count();
    if (of !== 8) {
      r.skip((scalarBytes[of] ?? fail(`${key} is an array of the unknown type ${of}`)) * length);
      continue;
    }
    for (let n = 0; n < length; n++) {
      const text = await r.text();
      if (key !== "tokenizer.ggml.tokens") continue;
      prefix ||= prefixTokens.has(text);
      suffix ||= suffixTokens.has(text);
    }
  }
  await checkTensors(r, tensors, Number(known.get("general.alignment") ?? 32));
  const text = (key: string): string | undefined => {
    const value = known.get(key);
    return typeof value === "string" && value !== "" ? value : undefined;
  };
  const architecture = text("general.architecture") ?? fail("it names no architecture");
  const context = known.get(`${architecture}.context_length`);
  return {
    architecture,
    type: text("general.type") ?? (architecture === "clip" ? "mmproj" : "model"),
    name: text("general.name"),
    licence: text("general.license"),
    context: typeof context === "number" ? context : undefined,
    embedder: encoders.test(architecture) || Number(known.get(`${architecture}.pooling_type`) ?? 0) > 0,
    chatTemplate: text("tokenizer.chat_template") !== undefined,
    infill:
      (prefix || known.has("tokenizer.ggml.fim_pre_token_id") || known.has("tokenizer.ggml.prefix_token_id")) &&
      (suffix || known.has("tokenizer.ggml.fim_suf_token_id") || known.has("tokenizer.ggml.suffix_token_id")),
  };
}

async function checkTensors(r: Reader, count: number, alignment: number): Promise<void> {
  let end = 0;
  for (let i = 0; i < count; i++) {
    await r.text();
    const dimensions = await r.u32();
    if (dimensions > 8) throw bad(`a tensor has ${dimensions} dimensions`);
    let values = 1;
    for (let d = 0; d < dimensions; d++) values *= await r.count();
    const [per, bytes] = blocks[await r.u32()] ?? [values, 0]; // a newer type: only its beginning is checked
    end = Math.max(end, (await r.count()) + Math.ceil(values / per) * bytes);
  }
  const start = Math.ceil(r.at / alignment) * alignment;
  if (!Number.isFinite(end) || start + end > r.size)
    throw bad(`its tensors need ${start + end} bytes and it has ${r.size}; the download may be unfinished`);
}

/** Little-endian reads from a window that moves over the file. */
class Reader {
  at = 0;
  readonly size: number;
  readonly #file: FileHandle;
  #window = Buffer.alloc(0);
  #start = 0;

  constructor(file: FileHandle, size: number) {
    this.#file = file;
    this.size = size;
  }

  async bytes(length: number): Promise<Buffer> {
    if (this.at + length > this.size || this.at + length > longestHeader) throw bad("its header ends too early");
    if (this.at < this.#start || this.at + length > this.#start + this.#window.length) {
      const size = Math.min(Math.max(window, length), this.size - this.at);
      const { buffer, bytesRead } = await this.#file.read(Buffer.alloc(size), 0, size, this.at);
      if (bytesRead < length) throw bad("its header ends too early");
      this.#window = buffer.subarray(0, bytesRead);
      this.#start = this.at;
    }
    const from = this.at - this.#start;
    this.at += length;
    return this.#window.subarray(from, from + length);
  }

  skip(length: number): void {
    this.at += length;
    if (this.at > this.size) throw bad("its header ends too early");
  }

  async u32(): Promise<number> {
    return (await this.bytes(4)).readUInt32LE();
  }

  /** An unsigned 64-bit length or offset that a file can have. */
  async count(): Promise<number> {
    const n = (await this.bytes(8)).readBigUInt64LE();
    if (n > BigInt(this.size) * 8n) throw bad(`it counts ${n} where it has ${this.size} bytes`);
    return Number(n);
  }

  async text(): Promise<string> {
    return (await this.bytes(await this.count())).toString("utf8");
  }

  async value(type: number): Promise<string | number | boolean> {
    if (type === 8) return await this.text();
    const bytes = await this.bytes(scalarBytes[type] ?? fail(`a value has the unknown type ${type}`));
    if (type === 7) return bytes[0] !== 0;
    if (type === 6) return bytes.readFloatLE();
    if (type === 12) return bytes.readDoubleLE();
    if (type === 10) return Number(bytes.readBigUInt64LE());
    if (type === 11) return Number(bytes.readBigInt64LE());
    return type === 1 || type === 3 || type === 5 ? bytes.readIntLE(0, bytes.length) : bytes.readUIntLE(0, bytes.length);
  }
}

const bad = (why: string): InksealError => new InksealError("bad-file", `the file is not a whole GGUF model: ${why}`);
function fail(why: string): never {
  throw bad(why);
}
