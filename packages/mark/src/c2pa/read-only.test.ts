import { concat, isoBox, latin1, writeRiff } from "@inkseal/codec";
import { sniff } from "@inkseal/core";
import { beforeAll, expect, test } from "vitest";
import { identity, now, pdf, png } from "../../test/fixtures.ts";
import { manifest, reference, store } from "../../test/manifests.ts";
import { trustRoots } from "./certificates.ts";
import { containers } from "./container.ts";
import { digest } from "./hashes.ts";
import { validate } from "./validate.ts";

let id: Awaited<ReturnType<typeof identity>>;
beforeAll(async () => {
  id = await identity();
});

const created = {
  action: "c2pa.created",
  digitalSourceType: "http://cv.iptc.org/newscodes/digitalsourcetype/algorithmicMedia",
};
/** A store over the bytes of `around(store)` but for the store itself, which stands at `at`. */
async function signed(around: (store: Uint8Array) => Uint8Array, at: number): Promise<Uint8Array> {
  const make = async (hash: Uint8Array, length: number) =>
    store(
      await manifest(id.signer, "urn:c2pa:00000000-0000-4000-8000-000000000001", [
        ["c2pa.actions.v2", { actions: [created] }],
        [
          "c2pa.hash.data",
          { exclusions: [{ start: at, length }], alg: "sha256", hash, name: "jumbf manifest", pad: new Uint8Array(0) },
        ],
      ]),
    );
  const blank = await make(new Uint8Array(32), 1000);
  const whole = around(blank);
  const rest = concat([whole.subarray(0, at), whole.subarray(at + blank.length)]);
  return around(await make(await digest(rest), blank.length));
}

const field = (view: DataView, at: number, tag: number, type: number, count: number, value: number) => {
  view.setUint16(at, tag, true);
  view.setUint16(at + 2, type, true);
  view.setUint32(at + 4, count, true);
  view.setUint32(at + 8, value, true);
};
/** One grey pixel. */
const tiff = (made: Uint8Array): Uint8Array => {
  const head = new Uint8Array(130);
  const view = new DataView(head.buffer);
  head.set(latin1("II*\0"));
  view.setUint32(4, 8, true);
  view.setUint16(8, 9, true);
  const fields = [
    [256, 3, 1, 1],
    [257, 3, 1, 1],
    [258, 3, 1, 8],
    [259, 3, 1, 1],
    [262, 3, 1, 1],
    [273, 4, 1, 128],
    [278, 3, 1, 1],
    [279, 4, 1, 1],
    [52_545, 7, made.length, 130],
  ];
  for (const [i, [tag, type, count, value]] of fields.entries()) field(view, 10 + i * 12, tag!, type!, count!, value!);
  return concat([head, made]);
};
const avi = (made: Uint8Array): Uint8Array =>
  writeRiff({
    form: "AVI ",
    chunks: [
      { id: "LIST", data: latin1("movi"), offset: 0 },
      { id: "C2PA", data: made, offset: 0 },
    ],
    trailing: new Uint8Array(0),
  });
const jxl = (made: Uint8Array): Uint8Array =>
  concat([
    latin1("\0\0\0\x0cJXL \r\n\x87\n"),
    isoBox("ftyp", latin1("jxl \0\0\0\0jxl ")),
    made,
    isoBox("jxlc", latin1("\xff\x0a")),
  ]);

test.each([
  ["image/tiff", tiff, 130],
  ["video/x-msvideo", avi, 12 + 12 + 8],
  ["image/jxl", jxl, 32],
] as const)("%s is read, and nothing is written into it", async (type, around, at) => {
  const file = await signed(around, at);
  const judge = (bytes: Uint8Array) => validate(bytes, containers[type]!, { roots: trustRoots(id.rootPem), now: () => now });
  expect(sniff(file)).toBe(type);
  expect(await judge(file)).toMatchObject({ status: "valid", state: "trusted" });
  if (type !== "image/jxl") expect(await reference(type, file, id.rootPem)).toEqual({ state: "trusted", codes: [] });
  const changed = file.slice();
  changed[type === "image/jxl" ? changed.length - 1 : 20]! ^= 1;
  expect((await judge(changed)).status).toBe("invalid");
  expect(containers[type]!.fits?.(file)).toBe(false);
});

test("a password is no reason to call a PDF altered", async () => {
  const text = Buffer.from(pdf()).toString("latin1").replace("trailer\n<<", "trailer\n<</Encrypt 99 0 R ");
  expect(await validate(latin1(text), containers["application/pdf"]!, { roots: [] })).toMatchObject({ status: "absent" });
});

test("bytes between the segments of a JPEG are no reason either", async () => {
  const { default: sharp } = await import("sharp");
  const bytes = new Uint8Array(
    await sharp(await png(16, 16))
      .jpeg()
      .toBuffer(),
  );
  const jfif = 4 + ((bytes[4]! << 8) | bytes[5]!);
  const padded = concat([bytes.subarray(0, jfif), new Uint8Array(2), bytes.subarray(jfif)]);
  expect(await validate(padded, containers["image/jpeg"]!, { roots: [] })).toMatchObject({ status: "absent" });
});
