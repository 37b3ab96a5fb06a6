import type { Blobs } from "@inkseal/store";
import { beforeAll, describe, expect, it } from "vitest";

/**
 * What every `Blobs` must do. `open` gives an empty store; `skip` is the written reason for not testing.
 * @example testBlobs("memory", () => openBlobs());
 */
export function testBlobs(name: string, open: () => Promise<Blobs>, skip?: string): void {
  describe.skipIf(skip !== undefined)(`blobs: ${name}${skip ? ` (${skip})` : ""}`, () => {
    let blobs: Blobs;
    beforeAll(async () => {
      blobs = await open();
    });

    it("gives back exactly what was put, whatever its size", async () => {
      for (const size of [0, 1, 65_537, 3_000_000]) {
        const bytes = Uint8Array.from({ length: size }, (_, i) => (i * 131) >> 3);
        await blobs.put(`sizes/n${size}`, bytes);
        expect(Buffer.compare((await blobs.get(`sizes/n${size}`)) ?? Buffer.from("none"), bytes)).toBe(0);
      }
    });

    it("replaces, finds and deletes", async () => {
      expect(await blobs.has("a/b")).toBe(false);
      expect(await blobs.get("a/b")).toBeUndefined();
      await blobs.put("a/b", new Uint8Array([1]));
      await blobs.put("a/b", new Uint8Array([2, 3]));
      expect(await blobs.has("a/b")).toBe(true);
      expect([...((await blobs.get("a/b")) ?? [])]).toEqual([2, 3]);
      await blobs.delete("a/b");
      await blobs.delete("a/b");
      expect(await blobs.has("a/b")).toBe(false);
    });

    it("keeps like-looking keys apart", async () => {
      const keys = ["p", "p/q", "p/Q", "p/q/r", "p-q", "p_q", "p.q"];
      await Promise.all(keys.map((k, i) => blobs.put(k, new Uint8Array([i]))));
      const got = await Promise.all(keys.map((k) => blobs.get(k)));
      expect(got.map((b) => b?.[0])).toEqual(keys.map((_, i) => i));
    });

    it("keeps its own copy of the bytes", async () => {
      const bytes = new Uint8Array([1, 2, 3]);
      await blobs.put("own", bytes);
      bytes[0] = 9;
      expect([...((await blobs.get("own")) ?? [])]).toEqual([1, 2, 3]);
    });

    it.each([
      "",
      "/a",
      "a/",
      "a//b",
      "../a",
      "a/../b",
      ".",
      "a/.b",
      "a b",
      "a\\b",
      "a\0",
      "a\n",
      "ä",
      "C:/a",
      "a%2fb",
      "x".repeat(201),
    ])("refuses the key %j", async (key) => {
      await expect(blobs.put(key, new Uint8Array())).rejects.toThrow(RangeError);
      await expect(blobs.get(key)).rejects.toThrow(RangeError);
      await expect(blobs.has(key)).rejects.toThrow(RangeError);
      await expect(blobs.delete(key)).rejects.toThrow(RangeError);
    });
  });
}
