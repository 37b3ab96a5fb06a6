import { jumbfBox, parseJumbf } from "@inkseal/codec";
import { InksealError } from "@inkseal/core";
import { methods } from "@inkseal/mark";
import { resembling, verify } from "@inkseal/pipeline";
import type { FastifyRequest } from "fastify";
import type { z } from "zod";
import type { House } from "../house.ts";
import type { Handler } from "../route.ts";
import { type detectionRoute, type Matches, PublicReport, type resolutionRoutes } from "./table.ts";

type Routes = ReturnType<typeof resolutionRoutes>;
type Found = z.input<typeof Matches>;

export function resolutionHandlers(house: House): { readonly [K in keyof Routes]: Handler<Routes[K]> } {
  const { traces } = house.ledger;

  async function byBinding(alg: string, value: string, most: number): Promise<Found> {
    const method = Object.hasOwn(methods, alg) ? methods[alg] : undefined;
    if (method === undefined)
      throw new InksealError("bad-request", "alg: not an algorithm that is resolved here", { param: "alg" });
    const probe = method.probe(new Uint8Array(Buffer.from(value, "base64")));
    if (probe === undefined) throw new InksealError("bad-request", "value: not a value of that algorithm", { param: "value" });
    return { matches: await alike([probe], most) };
  }

  async function alike(probes: Parameters<typeof resembling>[0], most: number): Promise<Found["matches"]> {
    const near = await resembling(probes, house.ledger, most);
    const ids = await Promise.all(near.map(({ run, artifact }) => traces.manifestOf(run, artifact)));
    return near.flatMap(({ distance }, i) =>
      ids[i] === undefined ? [] : [{ manifestId: ids[i], similarityScore: Math.round(100 * (1 - distance)) }],
    );
  }

  return {
    supportedAlgorithms: async () => ({ watermarks: [], fingerprints: Object.keys(methods).map((alg) => ({ alg })) }),
    byBinding: ({ query: { alg, value, maxResults } }) => byBinding(alg, value, maxResults),
    byBindingBody: ({ query: { maxResults }, body: { alg, value } }) => byBinding(alg, value, maxResults),
    byContent: async ({ query: { alg, hintAlg, hintValue, maxResults }, request }) => {
      const bytes = bytesOf(request);
      const { storedManifest, rowBy } = await verify(bytes, { ...house, marker: house.reader });
      const seen = await house.reader.look(bytes);
      const asked = seen.filter(({ print }) => alg === undefined || alg === print.alg).map(({ probe }) => probe);
      const lists = [
        // bytes, metadata and watermarks name one piece for certain
        storedManifest !== undefined && rowBy !== "fingerprint" && alg === undefined
          ? [{ manifestId: storedManifest, similarityScore: 100 }]
          : [],
        await alike(asked, maxResults),
        hintAlg === undefined || hintValue === undefined ? [] : (await byBinding(hintAlg, hintValue, maxResults)).matches,
      ];
      const first = new Map(
        lists
          .flat()
          .map((m) => [m.manifestId, m] as const)
          .reverse(),
      );
      return { matches: [...first.values()].sort((a, b) => b.similarityScore - a.similarityScore).slice(0, maxResults) };
    },
    manifest: async ({ params, query, reply }) => {
      const store = await traces.manifest(params.id);
      if (store === undefined) throw new InksealError("not-found", "no manifest has that id", { param: "id" });
      const bytes = query.returnActiveManifest === "true" ? activeAlone(store) : store;
      return await reply.header("content-type", "application/c2pa").send(Buffer.from(bytes));
    },
  };
}

export const detectionHandler =
  (house: House): Handler<typeof detectionRoute> =>
  async ({ request }) =>
    // parsed, so that nothing but what the schema names goes out
    PublicReport.parse(await verify(bytesOf(request), { ...house, marker: house.reader }));

function bytesOf({ body }: FastifyRequest): Uint8Array {
  if (!(body instanceof Uint8Array) || body.length === 0)
    throw new InksealError("bad-request", "the request has no bytes", { param: "file" });
  return body;
}

/** A store with nothing but its last manifest, which is the active one. */
function activeAlone(store: Uint8Array): Uint8Array {
  const box = parseJumbf(store);
  const last = box.children.at(-1);
  return last?.kind === "superbox" ? jumbfBox(box.uuid, box.label ?? "", [last.bytes]) : store;
}
