import { type Cbor, equalBytes } from "@inkseal/codec";
import type { Binding } from "../binding.ts";
import type { Container } from "../container.ts";
import { digest, isHashName } from "../hashes.ts";
import { failure, type Status, success, untrusted } from "../status.ts";

const label = "c2pa.hash.boxes";
/** The box that holds the manifest store, whatever its own name is. */
export const manifestBox = "C2PA";

/** One box of a file by the name that C2PA 2.2, 18.7 gives it. */
export interface NamedBox {
  readonly name: string;
  readonly start: number;
  readonly length: number;
}

/**
 * `c2pa.hash.boxes` (C2PA 2.2, 18.7): one hash for each run of boxes, all boxes of the file in order. Read, not written. What stands behind the
 * last box named, or between two, would go unseen and is a mismatch.
 */
export const boxHash = (container: Container): Binding | undefined =>
  container.boxes && {
    label,
    reads: (name) => name === label,
    blank: () => null,
    bind: () => Promise.reject(new TypeError(`${label} is not written`)),
    check: (file, _place, value, claimed) =>
      check(file, (container.boxes as NonNullable<Container["boxes"]>)(file), value, claimed),
  };

async function check(
  file: Uint8Array,
  boxes: readonly NamedBox[],
  value: ReadonlyMap<Cbor, Cbor>,
  claimed: Cbor,
): Promise<Status[]> {
  const mismatch = (detail: string): Status[] => [failure("assertion.boxesHash.mismatch", detail)];
  const list = value.get("boxes");
  if (!Array.isArray(list) || list.length === 0) return [failure("assertion.boxesHash.malformed", label)];
  // writers before 1.4 left the signature of a PNG out
  let at = boxes[0]?.name === "PNGh" && firstName(list[0]) !== "PNGh" ? 1 : 0;
  const left: string[] = [];
  for (const entry of list as Cbor[]) {
    const names = entry instanceof Map ? entry.get("names") : undefined;
    if (!(entry instanceof Map) || !Array.isArray(names) || names.length === 0)
      return [failure("assertion.boxesHash.malformed", label)];
    const run = boxes.slice(at, at + names.length);
    if (run.length !== names.length || run.some((b, i) => b.name !== names[i]))
      return mismatch(`${String(names[0]).slice(0, 40)} is not where it was`);
    at += names.length;
    if (names.includes(manifestBox)) {
      if (names.length > 1) return [failure("assertion.boxesHash.malformed", "the manifest's box in a run")];
      continue;
    }
    if (entry.get("excluded") === true) {
      left.push(...(names as string[]));
      continue;
    }
    const alg = entry.get("alg") ?? value.get("alg") ?? claimed;
    if (!isHashName(alg)) return [failure("algorithm.unsupported", String(alg))];
    const [first, last] = [run[0] as NamedBox, run.at(-1) as NamedBox];
    const hash = entry.get("hash");
    const actual = await digest(file.subarray(first.start, last.start + last.length), alg);
    if (!(hash instanceof Uint8Array) || !equalBytes(actual, hash))
      return mismatch(`${names.join(" ").slice(0, 80)} was changed after it was signed`);
  }
  const covered = boxes[at - 1] as NamedBox;
  if (at < boxes.length || covered.start + covered.length !== file.length)
    return mismatch("bytes behind the last box that was signed");
  const match = success("assertion.boxesHash.match", "every box");
  if (left.length === 0) return [match];
  return [match, untrusted("assertion.boxesHash.additionalExclusionsPresent", `${left.join(" ").slice(0, 80)} is not covered`)];
}

function firstName(entry: Cbor): Cbor {
  const names = entry instanceof Map ? entry.get("names") : undefined;
  return Array.isArray(names) ? names[0] : undefined;
}
