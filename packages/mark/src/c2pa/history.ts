import { equalBytes, type JumbfBox } from "@inkseal/codec";
import type { HistoryStep } from "@inkseal/core";
import { checkAssertions } from "./assertions.ts";
import { checkSignature, type ValidationOptions } from "./claim-signature.ts";
import { describe } from "./describe.ts";
import { hashPayload, isHashName } from "./hashes.ts";
import { labels } from "./names.ts";
import { assertionMap, type HashedUri, hashedUri, type Manifest, parseManifest, parseStore } from "./store.ts";

/** No real chain is this long. */
const mostSteps = 64;

export interface History {
  /** The newest first. */
  readonly steps: readonly HistoryStep[];
  /** Whether a step names an earlier version whose manifest is not in the store. */
  readonly gap: boolean;
}

/**
 * What a manifest store says was done, from the active manifest back along the `parentOf` ingredients (C2PA 2.2, 18.16). A step is proven when
 * its own signature and assertions hold and every step after it is proven and names it by its hash. Whether the active manifest fits a file is
 * another question, which `validate` answers. Throws `bad-file`.
 */
export async function historyOf(store: Uint8Array, options: ValidationOptions): Promise<History> {
  const { manifests, active } = parseStore(store);
  const steps: HistoryStep[] = [];
  const seen = new Set<string>();
  let linked = true;
  let at: Manifest | undefined = active;
  while (at !== undefined && !seen.has(at.label) && steps.length < mostSteps) {
    seen.add(at.label);
    linked &&= await holds(at, options);
    steps.push(stepOf(at, linked));
    const parent = parentReference(at);
    if (parent === undefined) return { steps, gap: false };
    const box = manifests.find((m) => `self#jumbf=/c2pa/${m.label}` === parent.url);
    linked &&= box !== undefined && fits(box, parent);
    at = box && readable(box);
  }
  return { steps, gap: true };
}

async function holds(m: Manifest, options: ValidationOptions): Promise<boolean> {
  const statuses = [...checkAssertions(m), ...(await checkSignature(m, options))];
  return !statuses.some((s) => s.kind === "failure");
}

function stepOf(m: Manifest, proven: boolean): HistoryStep {
  const { manifest, when, generator, softwareAgent, digitalSourceType, signer, run } = describe(m) as Record<string, string>;
  return {
    manifest: manifest ?? "",
    actions: actionsOf(m),
    ...Object.fromEntries(
      Object.entries({ when, generator, softwareAgent, digitalSourceType, signer, run }).filter(([, v]) => v !== undefined),
    ),
    proven,
  };
}

const actionsOf = (m: Manifest): string[] =>
  m.assertions
    .filter((b) => b.label?.startsWith("c2pa.actions"))
    .flatMap((b) => assertionMap(b)?.get("actions") ?? [])
    .flatMap((action) => (action instanceof Map ? [String(action.get("action")).slice(0, 100)] : []))
    .slice(0, 100);

/** The manifest of what the asset was made from. */
function parentReference(m: Manifest): HashedUri | undefined {
  for (const box of m.assertions.filter((b) => b.label?.startsWith(labels.ingredient.slice(0, -3)))) {
    const value = assertionMap(box);
    if (value?.get("relationship") !== "parentOf") continue;
    return hashedUri(value.get("activeManifest") ?? value.get("c2pa_manifest"));
  }
  return undefined;
}

function fits(box: JumbfBox, { hash, alg = "sha256" }: HashedUri): boolean {
  return isHashName(alg) && equalBytes(hashPayload(box.payload, alg), hash);
}

function readable(box: JumbfBox): Manifest | undefined {
  try {
    return parseManifest(box);
  } catch {
    return undefined;
  }
}
