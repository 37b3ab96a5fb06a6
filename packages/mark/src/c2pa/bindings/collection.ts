import { type Cbor, concat, crc32, equalBytes, parseZip, type Zip, type ZipEntry } from "@inkseal/codec";
import type { Binding } from "../binding.ts";
import { digest, type HashName, isHashName } from "../hashes.ts";
import { failure, success } from "../status.ts";

const label = "c2pa.hash.collection.data";
/** Where a zip-based document has its manifest store (C2PA 2.2, A.6). */
export const zipManifest = "META-INF/content_credential.c2pa";

const members = (zip: Zip): ZipEntry[] => zip.entries.filter((e) => e.name !== zipManifest);
const valueFor = (zip: Zip, hashes: readonly Uint8Array[], directory: Uint8Array): Cbor => ({
  uris: members(zip).map((e, i) => ({ uri: e.name, hash: hashes[i] })),
  alg: "sha256",
  zip_central_directory_hash: directory,
});

/** A member's local header and packed bytes (A.6.2.1); a data descriptor behind them is left out. */
const memberHash = (file: Uint8Array, e: ZipEntry, alg: HashName): Promise<Uint8Array> =>
  digest(file.subarray(e.start, e.dataEnd), alg);

/** Every header of the directory and its end, less the checksum of the manifest (A.6.2.2). */
function directoryHash(file: Uint8Array, zip: Zip, alg: HashName): Promise<Uint8Array> {
  const own = zip.entries.find((e) => e.name === zipManifest);
  const at = own === undefined ? file.length : own.centralOffset + 16;
  return digest(concat([file.subarray(zip.directory, at), file.subarray(Math.min(at + 4, file.length))]), alg);
}

/** Whether the manifest's own headers, which no hash covers whole, say the same of it, and its checksum is right. */
function headersAgree(file: Uint8Array, { start, dataStart, dataEnd, central }: ZipEntry): boolean {
  const described = (central[8]! & 8) !== 0; // checksum and sizes then stand behind the data
  const [here, there] = [file.subarray(start + 4, start + 28), central.subarray(6, 30)];
  const same = (from: number, to: number): boolean => equalBytes(here.subarray(from, to), there.subarray(from, to));
  const { buffer, byteOffset } = central;
  const checksum = new DataView(buffer, byteOffset).getUint32(16, true);
  return same(0, 10) && (described || same(10, 24)) && checksum === crc32(file.subarray(dataStart, dataEnd));
}

/** One hash for every member of a zip, and one for its directory (C2PA 2.2, 18.8). */
export const collectionHash: Binding = {
  label,
  reads: (name) => name === label,
  blank(file) {
    const zip = parseZip(file);
    const none = new Uint8Array(32);
    return valueFor(
      zip,
      members(zip).map(() => none),
      none,
    );
  },
  async bind(file) {
    const zip = parseZip(file);
    const hashes = await Promise.all(members(zip).map((e) => memberHash(file, e, "sha256")));
    return valueFor(zip, hashes, await directoryHash(file, zip, "sha256"));
  },
  async check(file, _place, value, claimed) {
    const uris = value.get("uris");
    const directory = value.get("zip_central_directory_hash");
    const alg = value.get("alg") ?? claimed;
    if (!Array.isArray(uris) || !(directory instanceof Uint8Array))
      return [failure("assertion.collectionHash.malformed", label)];
    if (!isHashName(alg)) return [failure("algorithm.unsupported", String(alg))];
    const zip = parseZip(file);
    const own = zip.entries.find((e) => e.name === zipManifest);
    if (own !== undefined && !headersAgree(file, own))
      return [failure("assertion.collectionHash.mismatch", "the manifest's headers contradict each other")];
    const listed = new Map<Cbor, Cbor>(
      uris.map((u: Cbor) => (u instanceof Map ? [u.get("uri"), u.get("hash")] : [undefined, undefined])),
    );
    if (listed.size !== members(zip).length || members(zip).some((e) => !listed.has(e.name)))
      return [failure("assertion.collectionHash.incorrectFileCount", "members were added or taken out")];
    for (const e of members(zip)) {
      const hash = listed.get(e.name);
      if (!(hash instanceof Uint8Array) || !equalBytes(await memberHash(file, e, alg), hash))
        return [failure("assertion.collectionHash.mismatch", `${e.name.slice(0, 200)} was changed after it was signed`)];
    }
    return equalBytes(await directoryHash(file, zip, alg), directory)
      ? [success("assertion.collectionHash.match", "every member and the directory")]
      : [failure("assertion.collectionHash.mismatch", "the directory was changed after it was signed")];
  },
};
