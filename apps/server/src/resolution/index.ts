import { InksealError } from "@inkseal/core";
import { TokenBucket } from "@inkseal/ledger";
import type { FastifyInstance } from "fastify";
import type { Config } from "../config.ts";
import type { House } from "../house.ts";
import { type RouteSpec, registerRoute } from "../route.ts";
import { detectionHandler, resolutionHandlers } from "./handlers.ts";
import { detectionRoute, resolutionRoutes } from "./table.ts";

/** Routes that the configuration opens, as data for the OpenAPI document. */
export function openedRoutes({ open }: Config): readonly RouteSpec[] {
  return [
    ...(open.resolution === "off" ? [] : Object.values(resolutionRoutes(scopeOf(open.resolution)))),
    ...(open.detection ? [detectionRoute] : []),
  ];
}

const scopeOf = (resolution: "keys" | "public") => (resolution === "public" ? "none" : "verify");

/**
 * What a house opens to others: the soft-binding resolution API and the public detector, each off until the configuration says otherwise. Files
 * are bounded by `open.bodyBytes`, taken as bytes whatever their declared type, and not kept; callers are counted by address.
 */
export function registerOpened(app: FastifyInstance, house: House): void {
  const { open } = house.config;
  if (openedRoutes(house.config).length === 0) return;
  const admitted = perAddress(open.perMinute, house.clock.now);
  void app.register(async (scope) => {
    scope.addHook("onRequest", async (request) => admitted(request.ip));
    const handlers = resolutionHandlers(house);
    if (open.resolution !== "off") {
      const routes = resolutionRoutes(scopeOf(open.resolution));
      for (const name of Object.keys(routes) as (keyof typeof routes)[])
        if (name !== "byContent") registerRoute(scope, routes[name] as RouteSpec, handlers[name] as never);
    }
    await scope.register(async (files) => {
      files.removeContentTypeParser(["application/json", "text/plain"]);
      const options = { parseAs: "buffer", bodyLimit: open.bodyBytes } as const;
      files.addContentTypeParser("*", options, (_request, body, done) => done(null, body));
      if (open.resolution !== "off")
        registerRoute(files, resolutionRoutes(scopeOf(open.resolution)).byContent, handlers.byContent);
      if (open.detection) registerRoute(files, detectionRoute, detectionHandler(house));
    });
  });
}

/** Addresses that are remembered; beyond them the oldest is forgotten. */
const mostAddresses = 10_000;

/** Throws `rate-limited` for an address that asks more than `rate` times a minute. IPv6 counts by its /64. */
function perAddress(rate: number, now: () => number): (address: string) => void {
  const buckets = new Map<string, TokenBucket>();
  return (address) => {
    const key = address.includes(":") && !address.includes(".") ? address.split(":").slice(0, 4).join(":") : address;
    const bucket = buckets.get(key) ?? new TokenBucket(rate);
    buckets.delete(key);
    buckets.set(key, bucket);
    if (buckets.size > mostAddresses) buckets.delete(buckets.keys().next().value as string);
    const wait = bucket.take(now());
    if (wait > 0)
      throw new InksealError("rate-limited", `this address may ask ${rate} times a minute`, {
        retryAfter: Math.ceil(wait / 1000),
      });
  };
}
