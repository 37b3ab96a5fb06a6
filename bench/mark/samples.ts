/**
 * C2PA files of other vendors, read by us and by the reference implementation (c2pa-rs) under the same trust list: does each say the same?
 * The files are no part of this repository: `C2PA_SAMPLES` names a folder of them, with the PEM of the roots to trust in `anchors.pem`.
 */
import { existsSync, readdirSync, readFileSync } from "node:fs";
import { join, relative } from "node:path";
import { Reader } from "@contentauth/c2pa-node";
import { type ManifestReading, readManifest } from "@inkseal/mark";
import type { Row } from "../run.ts";

/** What one of the two says of a file. */
interface Said {
  readonly verdict: "none" | "trusted" | "untrusted" | "invalid" | "unread";
  /** Codes of failures, sorted, each once. */
  readonly codes: readonly string[];
  readonly detail: string;
}

export async function samplesRows({ log }: { log(line: string): void }): Promise<Row[]> {
  const folder = process.env.C2PA_SAMPLES;
  if (folder === undefined || !existsSync(folder)) {
    log("skipped: C2PA_SAMPLES names no folder of sample files");
    return [];
  }
  const anchors = existsSync(join(folder, "anchors.pem")) ? readFileSync(join(folder, "anchors.pem"), "utf8") : "";
  const counts = new Map<string, { files: number; manifests: number; same: number; codes: number; unread: number }>();
  for (const file of filesIn(folder)) {
    const bytes = new Uint8Array(readFileSync(file));
    const read = await readManifest(bytes, { trust: anchors, timeStampTrust: anchors, now: () => Date.now() });
    if (read === undefined || read.mediaType.startsWith("text/")) continue;
    const type = read.mediaType;
    const [own, theirs] = [ours(read), await reference(bytes, type, anchors)];
    const count = counts.get(type) ?? { files: 0, manifests: 0, same: 0, codes: 0, unread: 0 };
    counts.set(type, count);
    if (theirs.verdict === "unread") {
      count.unread++;
      if (own.verdict !== "none")
        log(`${relative(folder, file)}: the reference cannot read it (${theirs.detail}); ours: ${words(own)}`);
      continue;
    }
    count.files++;
    if (theirs.verdict !== "none") count.manifests++;
    const same = own.verdict === theirs.verdict;
    const codes = own.codes.join() === theirs.codes.join();
    if (same) count.same++;
    if (codes) count.codes++;
    if (!same || !codes) log(`${relative(folder, file)} (${type})\n  ours:      ${words(own)}\n  reference: ${words(theirs)}`);
  }
  const sum = (key: "files" | "manifests" | "same" | "codes" | "unread") =>
    [...counts.values()].reduce((n, c) => n + c[key], 0);
  const each = [...counts]
    .map(([type, c]) => `${type.split("/")[1]} ${c.same}/${c.files} (${c.manifests} with a manifest)`)
    .join(", ");
  const anchored = anchors === "" ? "nothing trusted" : "trusting anchors.pem";
  return [
    {
      name: "samples_agree",
      value: sum("same") / sum("files"),
      unit: "",
      bound: "==1",
      note: `${sum("files")} files, ${sum("manifests")} with a manifest, ${anchored}: ${each}; ${sum("unread")} more that c2pa-rs does not read`,
    },
    {
      name: "samples_codes",
      value: sum("codes") / sum("files"),
      unit: "",
      bound: "==1",
      note: `files of which both name the same failures`,
    },
  ];
}

const words = ({ verdict, codes, detail }: Said): string =>
  `${verdict} ${codes.join(" ")}${detail === "" ? "" : ` (${detail})`}`;

function filesIn(folder: string): string[] {
  return readdirSync(folder, { recursive: true, withFileTypes: true })
    .filter((e) => e.isFile() && !e.name.endsWith(".pem"))
    .map((e) => join(e.parentPath, e.name))
    .sort();
}

/** Our reading in the standard's words: what we call untrusted is finer than its states. */
function ours({ state, failures, detail }: ManifestReading): Said {
  const verdict = state === undefined ? "none" : state === "valid" ? "untrusted" : state;
  return { verdict, codes: failures, detail: detail.slice(0, 160) };
}

interface Report {
  readonly validation_state: string;
  readonly validation_results?: {
    readonly activeManifest?: { readonly failure: readonly { readonly code: string }[] };
    readonly ingredientDeltas?: readonly {
      readonly validationDeltas: { readonly failure: readonly { readonly code: string }[] };
    }[];
  };
}

async function reference(bytes: Uint8Array, type: string, anchors: string): Promise<Said> {
  const settings = {
    trust: anchors === "" ? {} : { trust_anchors: anchors },
    verify: { verify_trust: true, remote_manifest_fetch: false, ocsp_fetch: false },
  };
  try {
    const reader = await Reader.fromAsset({ buffer: Buffer.from(bytes), mimeType: type }, settings as never);
    if (reader === null) return { verdict: "none", codes: [], detail: "" };
    const { validation_state, validation_results } = reader.json() as unknown as Report;
    const failures = [
      ...(validation_results?.activeManifest?.failure ?? []),
      ...(validation_results?.ingredientDeltas ?? []).flatMap((d) => d.validationDeltas.failure),
    ];
    const verdict = ({ Trusted: "trusted", Valid: "untrusted" } as const)[validation_state] ?? "invalid";
    return { verdict, codes: sorted(failures.map((f) => f.code)), detail: "" };
  } catch (error) {
    const detail = (error as Error).message.slice(0, 100);
    return { verdict: "unread", codes: [], detail };
  }
}

const sorted = (codes: readonly string[]): string[] => [...new Set(codes)].sort();
