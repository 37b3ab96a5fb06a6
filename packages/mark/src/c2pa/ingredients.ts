import { type Cbor, equalBytes, type JumbfBox } from "@inkseal/codec";
import { checkActions } from "./actions.ts";
import { assertionUri, checkAssertions, claimHash, isVersion2 } from "./assertions.ts";
import { checkSignature, readStamp, type ValidationOptions } from "./claim-signature.ts";
import { hashOnce, isHashName } from "./hashes.ts";
import { checkIdentities } from "./identity-assertion.ts";
import { signatureBox } from "./ingredient.ts";
import { type IngredientAssertion, ingredientsOf } from "./ingredient-assertion.ts";
import { failure, type Status, success } from "./status.ts";
import { type HashedUri, type Manifest, manifestLabelled } from "./store.ts";
import { jumbfUri, manifestUri } from "./uri.ts";

const deepest = 64;
const mostChecks = 256;

/**
 * Whether the manifests that the active one builds on are still those it names, and hold by themselves (15.11.3): signature, assertions and
 * actions, down to the first. Their hard bindings are not judged: those files are not here. What a signer already said of an
 * ingredient, in the ingredient's own assertion, is known and no failure of the whole.
 */
export async function checkIngredients(
  active: Manifest,
  manifests: readonly JumbfBox[],
  redacted: ReadonlySet<string>,
  options: ValidationOptions,
): Promise<Status[]> {
  const statuses: Status[] = [];
  const known = new Set<string>();
  const checked = new Set<string>();
  const walk = async (m: Manifest, path: readonly string[]): Promise<void> => {
    for (const ingredient of ingredientsOf(m)) {
      for (const key of recorded(ingredient)) known.add(key);
      if (ingredient.relationship === "inputTo" || ingredient.manifest === undefined) continue;
      const label = jumbfUri(ingredient.manifest.url)?.manifest;
      const own = assertionUri(m, ingredient.label);
      if (ingredient.label.startsWith("c2pa.ingredient.v3") && !ingredient.value.has("validationResults"))
        statuses.push(failure("assertion.ingredient.malformed", "it does not say how its manifest was judged", own));
      const next = label === undefined ? undefined : manifestLabelled(manifests, label);
      if (label === undefined || next === undefined) {
        statuses.push(failure("ingredient.manifest.missing", ingredient.manifest.url, own));
        continue;
      }
      if (path.includes(label) || path.length > deepest) {
        statuses.push(failure("assertion.ingredient.malformed", "ingredients that go round", own));
        continue;
      }
      statuses.push(...compare(ingredient, ingredient.manifest, next, isRedacted(label, redacted)));
      if (checked.has(label) || checked.size >= mostChecks) continue;
      checked.add(label);
      statuses.push(...(await judged(next, manifests, redacted, options)));
      await walk(next, [...path, label]);
    }
  };
  await walk(active, [active.label]);
  return statuses.filter(
    (s) => s.url === undefined || s.url.startsWith(`${manifestUri(active.label)}/`) || !known.has(`${s.code} ${s.url}`),
  );
}

/** What a manifest is worth without its file. */
async function judged(
  m: Manifest,
  manifests: readonly JumbfBox[],
  redacted: ReadonlySet<string>,
  options: ValidationOptions,
): Promise<Status[]> {
  const statuses = [
    ...checkAssertions(m, redacted),
    ...(await checkSignature(m, options, await readStamp(m, options))),
    ...checkActions(m, manifests),
    ...(await checkIdentities(m, options)),
  ];
  // what holds is no news
  return statuses.filter((s) => s.kind !== "success");
}

const isRedacted = (label: string, redacted: ReadonlySet<string>): boolean =>
  [...redacted].some((url) => url.startsWith(`${manifestUri(label)}/`));

/** Where assertions were taken out the manifest's own hash differs, and that of its signature decides (15.11.3.2). */
function compare(ingredient: IngredientAssertion, uri: HashedUri, found: Manifest, redacted: boolean): Status[] {
  const { url } = uri;
  const fits = (bytes: Uint8Array | undefined, named: HashedUri | undefined): boolean => {
    const alg = named?.alg ?? claimHash(found);
    return bytes !== undefined && named !== undefined && isHashName(alg) && equalBytes(hashOnce(bytes, alg), named.hash);
  };
  if (fits(found.box.payload, uri)) return [success("ingredient.manifest.validated", url, url)];
  // before 1.3 the hash was over the claim, whose own hashes cover the rest
  if (fits(found.claimBytes, uri))
    return redacted || !isVersion2(found)
      ? [success("ingredient.manifest.validated", url, url)]
      : [failure("ingredient.manifest.mismatch", url, url)];
  if (!redacted) return [failure("ingredient.manifest.mismatch", url, url)];
  if (!isVersion2(found)) return [];
  if (ingredient.signature === undefined) return [failure("ingredient.claimSignature.missing", url, url)];
  return fits(signatureBox(found.box)?.payload, ingredient.signature)
    ? [success("ingredient.claimSignature.validated", url, url)]
    : [failure("ingredient.claimSignature.mismatch", url, url)];
}

/** What an ingredient's assertion says its manifest was judged as: `code url`, of all versions of the assertion. */
function recorded({ value, manifest }: IngredientAssertion): string[] {
  const label = manifest && jumbfUri(manifest.url)?.manifest;
  const absolute = (url: string): string => {
    const place = jumbfUri(url);
    const inside = place?.manifest ?? label;
    return place === undefined || inside === undefined ? url : [manifestUri(inside), ...place.path].join("/");
  };
  const found: string[] = [];
  const collect = (v: Cbor, depth: number): void => {
    if (depth > 6) return;
    if (Array.isArray(v)) for (const x of v as readonly Cbor[]) collect(x, depth + 1);
    else if (v instanceof Map) {
      const [code, url] = [v.get("code"), v.get("url")];
      if (typeof code === "string" && typeof url === "string") found.push(`${code} ${absolute(url)}`);
      else for (const x of v.values()) collect(x as Cbor, depth + 1);
    }
  };
  collect(value.get("validationResults") ?? value.get("validationStatus"), 0);
  return found;
}
