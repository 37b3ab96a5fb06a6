import { createReadStream } from "node:fs";
import { Readable } from "node:stream";
import { InksealError } from "@inkseal/core";

export interface TarEntry {
  /** At most 100 bytes. */
  readonly name: string;
  readonly path: string;
  readonly size: number;
}

/** Files as a POSIX ustar archive (IEEE 1003.1), read as they are sent. Throws `internal` when a file changes its size on the way. */
export function tarOf(entries: readonly TarEntry[], mtimeMs: number): Readable {
  async function* bytes(): AsyncGenerator<Buffer> {
    for (const { name, path, size } of entries) {
      yield header(name, size, mtimeMs);
      let sent = 0;
      if (size > 0)
        for await (const chunk of createReadStream(path, { end: size - 1 })) {
          sent += (chunk as Buffer).length;
          yield chunk as Buffer;
        }
      if (sent !== size) throw new InksealError("internal", `${name} changed while it was read`);
      yield Buffer.alloc((512 - (size % 512)) % 512);
    }
    yield Buffer.alloc(1024);
  }
  return Readable.from(bytes(), { objectMode: false });
}

/** Bytes of the whole archive. */
export const tarSize = (entries: readonly TarEntry[]): number =>
  entries.reduce((sum, { size }) => sum + 512 + Math.ceil(size / 512) * 512, 1024);

function header(name: string, size: number, mtimeMs: number): Buffer {
  const block = Buffer.alloc(512);
  const octal = (value: number, at: number, digits: number): void => {
    block.write(`${value.toString(8).padStart(digits, "0")}\0`, at, "latin1");
  };
  block.write(name, 0, 100, "utf8");
  octal(0o644, 100, 7);
  octal(0, 108, 7);
  octal(0, 116, 7);
  if (size < 8 ** 11) octal(size, 124, 11);
  else {
    block.writeUInt8(0x80, 124); // beyond 8 GiB: base 256, as GNU tar
    block.writeBigUInt64BE(BigInt(size), 128);
  }
  octal(Math.floor(mtimeMs / 1000), 136, 11);
  block.write("        ", 148, "latin1");
  block.write("0", 156, "latin1");
  block.write("ustar\x0000", 257, "latin1");
  octal(
    block.reduce((sum, byte) => sum + byte, 0),
    148,
    6,
  );
  block.write(" ", 155, "latin1");
  return block;
}
