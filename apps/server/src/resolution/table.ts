import { HistoryStep, LayerVerdict, VerifyReport } from "@inkseal/core";
import { z } from "zod";
import type { RouteScope, RouteSpec } from "../route.ts";

/** Longest soft binding that is taken: ten minutes of sound in base64. */
const BindingValue = z.string().min(1).max(65_536);
const maxResults = z.coerce.number().int().min(1).max(100).default(10);
const Alg = z.string().min(1).max(200);

export const Matches = z.object({
  matches: z.array(z.object({ manifestId: z.string(), similarityScore: z.int().min(0).max(100) })),
});
const Algorithms = z.array(z.object({ alg: z.string() }));

/** What the public is told of a file: what its marks say, never what the ledger keeps of the run. */
export const PublicReport = VerifyReport.pick({
  mediaType: true,
  size: true,
  sha256: true,
  verdict: true,
  labelClass: true,
  unknown: true,
}).extend({
  layers: z.array(LayerVerdict.pick({ layer: true, method: true, status: true, detail: true })),
  history: z.array(HistoryStep.pick({ manifest: true, actions: true, digitalSourceType: true, proven: true })),
});

/**
 * The Soft Binding Resolution API of C2PA (OpenAPI 1.0.0, github.com/c2pa-org/softbinding-algorithm-list and Adobe's cai-soft-binding-api):
 * from a fingerprint, or from content, to the manifests that were stripped from it.
 */
export const resolutionRoutes = (scope: RouteScope) =>
  ({
    supportedAlgorithms: {
      method: "GET",
      path: "/c2pa/services/supportedAlgorithms",
      summary: "Soft-binding algorithms that are resolved here",
      scope,
      response: z.object({ watermarks: Algorithms, fingerprints: Algorithms }),
    },
    byBinding: {
      method: "GET",
      path: "/c2pa/matches/byBinding",
      summary: "Manifests whose content has this soft binding, or one like it; `value` is base64",
      scope,
      query: z.object({ alg: Alg, value: BindingValue, maxResults }),
      response: Matches,
    },
    byBindingBody: {
      method: "POST",
      path: "/c2pa/matches/byBinding",
      summary: "The same, for values that are too long for an address",
      scope,
      query: z.object({ maxResults }),
      body: z.object({ alg: Alg, value: BindingValue }),
      response: Matches,
    },
    byContent: {
      method: "POST",
      path: "/c2pa/matches/byContent",
      summary: "Manifests of content that is this, or is like it; the body is the file",
      scope,
      query: z.object({ alg: Alg.optional(), hintAlg: Alg.optional(), hintValue: BindingValue.optional(), maxResults }),
      accepts: ["*/*"],
      response: Matches,
    },
    manifest: {
      method: "GET",
      path: "/c2pa/manifests/:id",
      summary: "A manifest store by its active manifest's label, or that manifest alone",
      scope,
      params: z.object({ id: z.string().min(1).max(200) }),
      query: z.object({ returnActiveManifest: z.enum(["true", "false"]).default("false") }),
      produces: "application/c2pa",
    },
  }) as const satisfies Record<string, RouteSpec>;

/** The free detector that the EU's Code of Practice asks of providers, for anybody, where the house opens it. */
export const detectionRoute = {
  method: "POST",
  path: "/public/verify",
  summary: "Whether a file carries this house's marks; open to anybody, nothing is kept. The body is the file",
  scope: "none",
  accepts: ["*/*"],
  response: PublicReport,
} as const satisfies RouteSpec;
