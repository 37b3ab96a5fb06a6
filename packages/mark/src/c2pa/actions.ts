import type { Cbor, JumbfBox } from "@inkseal/codec";
import { assertionUri, isVersion2, listed } from "./assertions.ts";
import { ingredientsOf } from "./ingredient-assertion.ts";
import { failure, type Status } from "./status.ts";
import { assertionMap, hashedUri, isUpdate, type Manifest, manifestLabelled } from "./store.ts";
import { jumbfUri, labelOf } from "./uri.ts";

type Fields = ReadonlyMap<Cbor, Cbor>;
interface Actions {
  readonly label: string;
  readonly actions: readonly Fields[];
}

const isActions = (label: string): boolean => /^c2pa\.actions(?:\.v\d)?(?:__\d+)?$/.test(label);
const begins = ["c2pa.created", "c2pa.opened"];
/** What an update manifest may say was done: nothing to the content (C2PA 2.2, 11.2). */
const editorial = ["c2pa.edited.metadata", "c2pa.opened", "c2pa.published", "c2pa.redacted"];

/** The rules that actions keep (C2PA 2.2, 15.10.3.2.3): how a history begins, and that what it speaks of is there. */
export function checkActions(m: Manifest, manifests: readonly JumbfBox[]): Status[] {
  const lists = m.assertions
    .map((b) => b.label ?? "")
    .filter(isActions)
    .map((label) => actionsIn(m, label));
  const malformed = (detail: string, label: string): Status =>
    failure("assertion.action.malformed", detail, assertionUri(m, label));
  if (!isVersion2(m)) return lists.length > 1 ? [malformed("more than one list of actions", lists[1]?.label ?? "")] : [];
  const statuses = lists.filter((l) => l.actions.length === 0).map((l) => malformed("a list without actions", l.label));
  if (statuses.length > 0) return statuses;
  const firstOf = (list: "created_assertions" | "gathered_assertions") => {
    const label = listed(m, list).find(isActions);
    const found = lists.find((l) => l.label === label);
    return found !== undefined && isBegin(found.actions[0]) ? found : undefined;
  };
  const first = firstOf("gathered_assertions") ?? firstOf("created_assertions");
  if (first === undefined && !isUpdate(m))
    statuses.push(malformed("the first action is neither created nor opened", lists[0]?.label ?? ""));
  for (const [index, list] of lists.entries()) {
    for (const action of list.actions) {
      const name = action.get("action");
      if (typeof name !== "string" || name === "") statuses.push(malformed("an action without a name", list.label));
      else if (isBegin(action) && (index !== 0 || (first !== undefined && first !== list)))
        statuses.push(malformed(`${name} is not the first`, list.label));
      else
        statuses.push(
          ...ingredientFaults(m, action, name, list.label),
          ...redactionFaults(m, manifests, action, name, list.label),
        );
      if (isUpdate(m) && !editorial.includes(String(name)))
        statuses.push(
          failure(
            "manifest.update.invalid",
            `an update manifest that says ${String(name).slice(0, 100)}`,
            assertionUri(m, list.label),
          ),
        );
    }
  }
  return statuses;
}

function actionsIn(m: Manifest, label: string): Actions {
  const box = m.assertions.find((b) => b.label === label);
  const list = box && assertionMap(box)?.get("actions");
  return { label, actions: Array.isArray(list) ? list.filter((a): a is Fields => a instanceof Map) : [] };
}

const isBegin = (action: Fields | undefined): boolean => begins.includes(String(action?.get("action")));

/** Opened names the parent; placed and removed a component; transcoded and repackaged the parent where they name anything. */
function ingredientFaults(m: Manifest, action: Fields, name: string, label: string): Status[] {
  const [needs, relationship] =
    (
      {
        "c2pa.opened": [true, "parentOf"],
        "c2pa.placed": [true, "componentOf"],
        "c2pa.removed": [true, "componentOf"],
        "c2pa.transcoded": [false, "parentOf"],
        "c2pa.repackaged": [false, "parentOf"],
      } as const
    )[name] ?? [];
  if (relationship === undefined) return [];
  const fault = (detail: string): Status[] => [
    failure("assertion.action.ingredientMismatch", `${name}: ${detail}`, assertionUri(m, label)),
  ];
  const parameters = action.get("parameters");
  const fields = parameters instanceof Map ? parameters : undefined;
  const [one, many] = [fields?.get("ingredient"), fields?.get("ingredients")];
  if (one === undefined && many === undefined) return needs ? fault("it names no ingredient") : [];
  const named = (one !== undefined ? [one] : Array.isArray(many) ? (many as Cbor[]) : []).map(hashedUri);
  const found = ingredientsOf(m).some(
    (i) => i.relationship === relationship && named.some((u) => u !== undefined && labelOf(u.url) === i.label),
  );
  return found ? [] : fault(`it names no ingredient that is ${relationship}`);
}

function redactionFaults(m: Manifest, manifests: readonly JumbfBox[], action: Fields, name: string, label: string): Status[] {
  const parameters = action.get("parameters");
  if (name !== "c2pa.redacted" || !(parameters instanceof Map)) return [];
  const redacted = parameters.get("redacted");
  const manifest = typeof redacted === "string" ? jumbfUri(redacted)?.manifest : undefined;
  const target = manifest === undefined ? undefined : manifestLabelled(manifests, manifest);
  const url = assertionUri(m, label);
  if (target === undefined) return [failure("assertion.action.redactionMismatch", "it names no manifest that is here", url)];
  const claimed = (["created_assertions", "gathered_assertions", "assertions"] as const).flatMap((l) => listed(target, l));
  return claimed.includes(labelOf(String(redacted)))
    ? []
    : [failure("assertion.notRedacted", String(redacted).slice(0, 200), url)];
}
