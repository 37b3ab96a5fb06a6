import type { JumbfBox } from "@inkseal/codec";
import { assertionUri } from "./assertions.ts";
import { ingredientsOf } from "./ingredient-assertion.ts";
import { failure, type Status } from "./status.ts";
import { type Manifest, manifestLabelled } from "./store.ts";
import { jumbfUri, labelOf } from "./uri.ts";

const mostManifests = 256;

/** Every manifest that the active one rests on, itself included, each once; what cannot be read is left to who checks it. */
export function reachable(active: Manifest, manifests: readonly JumbfBox[]): Manifest[] {
  const found = new Map([[active.label, active]]);
  for (const m of found.values()) {
    for (const { manifest } of ingredientsOf(m)) {
      const label = manifest && jumbfUri(manifest.url)?.manifest;
      if (label === undefined || found.has(label) || found.size >= mostManifests) continue;
      const next = manifestLabelled(manifests, label);
      if (next !== undefined) found.set(label, next);
    }
  }
  return [...found.values()];
}

/**
 * Assertions of earlier manifests that a later one says it took out (C2PA 2.2, 6.8), as absolute URIs; and what must not be
 * taken out: anything of one's own, actions, and what binds to the file.
 */
export function redactions(
  active: Manifest,
  manifests: readonly JumbfBox[],
): { readonly uris: ReadonlySet<string>; readonly statuses: readonly Status[] } {
  const uris = new Set<string>();
  const statuses: Status[] = [];
  for (const m of reachable(active, manifests)) {
    const list = m.claim.get("redacted_assertions");
    for (const url of Array.isArray(list) ? list : []) {
      const manifest = typeof url === "string" ? jumbfUri(url)?.manifest : undefined;
      if (typeof url !== "string" || manifest === undefined) {
        statuses.push(failure("claim.malformed", "a redaction that names nothing", assertionUri(m, "")));
        continue;
      }
      const label = labelOf(url);
      if (manifest === m.label) statuses.push(failure("assertion.selfRedacted", label, url));
      else if (label.startsWith("c2pa.actions")) statuses.push(failure("assertion.action.redacted", label, url));
      else if (label.startsWith("c2pa.hash.")) statuses.push(failure("assertion.dataHash.redacted", label, url));
      else uris.add(`self#jumbf=/c2pa/${manifest}/c2pa.assertions/${label}`);
    }
  }
  return { uris, statuses };
}
