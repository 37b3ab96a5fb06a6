import type { JumbfBox } from "@inkseal/codec";
import { assertionUri, claimHash } from "../assertions.ts";
import type { Container, Place } from "../container.ts";
import { ingredientsOf } from "../ingredient-assertion.ts";
import { failure, type Status, untrusted } from "../status.ts";
import { assertionMap, isUpdate, type Manifest, manifestLabelled } from "../store.ts";
import { jumbfUri, manifestUri } from "../uri.ts";
import { boxHash } from "./box.ts";
import { dataHash } from "./data.ts";

const mostUpdates = 64;
const isBinding = (label: string | undefined): boolean =>
  /^c2pa\.hash\./.test(label ?? "") && !/\.part(?:__\d+)?$/.test(label ?? "");

/**
 * The hard binding: one assertion that ties the claim to the file (15.12). An update manifest has none and speaks of the file as the manifest
 * that it updates bound it (11.2), whose place in the file has grown since.
 */
export async function checkHardBinding(
  file: Uint8Array,
  container: Container,
  active: Manifest,
  manifests: readonly JumbfBox[],
  place: Place,
): Promise<Status[]> {
  let m = active;
  const statuses: Status[] = [];
  for (let n = 0; isUpdate(m); n++) {
    if (m.assertions.some((b) => isBinding(b.label)))
      statuses.push(failure("manifest.update.invalid", "an update manifest with a hard binding", manifestUri(m.label)));
    const parents = ingredientsOf(m).filter((i) => i.relationship === "parentOf");
    const label = parents[0]?.manifest && jumbfUri(parents[0].manifest.url)?.manifest;
    const next = label === undefined ? undefined : manifestLabelled(manifests, label);
    if (parents.length !== 1 || n > mostUpdates)
      return [
        ...statuses,
        failure("manifest.update.wrongParents", `an update manifest with ${parents.length} parents`, manifestUri(m.label)),
      ];
    if (next === undefined) return statuses; // said by who checks ingredients
    m = next;
  }
  const boxes = m.assertions.filter((b) => isBinding(b.label));
  const [box] = boxes;
  const whole = manifestUri(m.label);
  if (box === undefined)
    return [...statuses, failure("claim.hardBindings.missing", "nothing binds the manifest to the file", whole)];
  if (boxes.length > 1) return [...statuses, failure("assertion.multipleHardBindings", `${boxes.length} hard bindings`, whole)];
  const label = box.label ?? "";
  const url = assertionUri(m, label);
  const binding = [container.binding, dataHash(), boxHash(container)].find((b) => b?.reads(label));
  if (binding === undefined)
    return [
      ...statuses,
      untrusted("algorithm.unsupported", `${label} is not read here, so changes to the file would go unseen`, url),
    ];
  const found = await binding.check(file, place, assertionMap(box) ?? new Map(), claimHash(m), m !== active);
  return [...statuses, ...found.map((s) => ({ ...s, url }))];
}
