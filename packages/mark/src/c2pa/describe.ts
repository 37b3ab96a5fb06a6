import { type Cbor, Tagged } from "@inkseal/codec";
import { parseChain } from "./certificates.ts";
import { parseSign1 } from "./cose.ts";
import { labels } from "./names.ts";
import { assertionMap, type Manifest } from "./store.ts";

/** What people want to know of a manifest: who, with what, how it was made; run and artifact when it is ours. */
export function describe(m: Manifest): Record<string, unknown> {
  const text = (v: Cbor): string | undefined => (typeof v === "string" ? v.slice(0, 512) : undefined);
  const find = (prefix: string) => m.assertions.filter((b) => b.label?.startsWith(prefix)).map(assertionMap);
  const info = m.claim.get("claim_generator_info");
  const first = Array.isArray(info) ? (info[0] as Cbor) : info;
  const generator =
    first instanceof Map
      ? [text(first.get("name")), text(first.get("version"))].filter(Boolean).join(" ")
      : text(m.claim.get("claim_generator"));
  const actions = find("c2pa.actions")
    .flatMap((a) => a?.get("actions") ?? [])
    .filter((a): a is Map<Cbor, Cbor> => a instanceof Map);
  const created = actions.find((a) => a.get("digitalSourceType") !== undefined) ?? actions[0];
  const agent = created?.get("softwareAgent");
  const when = created?.get("when");
  const run = find(labels.run)[0];
  const chain = parseChain(parseSign1(m.signature).chain);
  const data = {
    manifest: m.label.slice(0, 200),
    generator,
    signer: chain?.leaf.subject.slice(0, 512),
    action: text(created?.get("action")),
    digitalSourceType: text(created?.get("digitalSourceType")),
    softwareAgent: agent instanceof Map ? text(agent.get("name")) : text(agent),
    when: text(when instanceof Tagged ? when.value : when),
    run: text(run?.get("run")),
    artifact: text(run?.get("artifact")),
  };
  return Object.fromEntries(Object.entries(data).filter(([, v]) => v !== undefined));
}
