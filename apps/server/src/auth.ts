import { timingSafeEqual } from "node:crypto";
import { InksealError } from "@inkseal/core";
import type { Ledger, Scope } from "@inkseal/ledger";
import type { Actor } from "@inkseal/pipeline";
import type { FastifyRequest } from "fastify";

declare module "fastify" {
  interface FastifyRequest {
    actor: Actor;
    scopes: readonly Scope[];
  }
}

const everything: readonly Scope[] = ["create", "verify", "read", "admin"];
/** Addresses that only this machine reaches. */
export const isLoopback = (host: string): boolean => /^(127\.\d+\.\d+\.\d+|::1|localhost)$/.test(host);
const loopbackHosts = /^(localhost|127\.\d+\.\d+\.\d+|\[::1\])(:\d+)?$/i;

export interface Doorkeeper {
  readonly keys: Ledger["keys"];
  /** Whether the server listens on loopback only: elsewhere a key is wanted, also when the last one is gone. */
  readonly loopback: boolean;
  /** Secret of this server's own CLI, from `serve.json` (0600). */
  readonly localToken: string;
}

/**
 * Who is this? A key's bearer; the CLI of the same user, by the local token; or, while no key exists and the server
 * is on loopback, anybody on this machine. The last only under a loopback Host and a same-origin Origin, so that a
 * web page elsewhere cannot reach it (DNS rebinding, CSRF).
 */
export function admit(request: FastifyRequest, door: Doorkeeper): void {
  const secret = bearer(request);
  const source =
    request.headers["x-inkseal-source"] === "studio" ? "studio" : request.headers["x-inkseal-source"] === "cli" ? "cli" : "api";
  if (secret !== undefined && sameSecret(secret, door.localToken)) {
    request.actor = { id: "local", source };
    request.scopes = everything;
    return;
  }
  if (door.keys.any() || !door.loopback) {
    if (secret === undefined) throw new InksealError("unauthenticated", "this server wants a key and the request has none");
    const key = door.keys.admit(secret);
    request.actor = { id: key.id, source, policy: key.policy, models: key.models };
    request.scopes = key.scopes;
    return;
  }
  if (!loopbackHosts.test(request.headers.host ?? "")) {
    throw new InksealError("forbidden", "without a key this server answers only to a loopback Host");
  }
  const origin = request.headers.origin;
  if (origin !== undefined && !loopbackHosts.test(origin.replace(/^https?:\/\//, ""))) {
    throw new InksealError("forbidden", "without a key this server answers no page of another origin");
  }
  request.actor = { id: "local", source };
  request.scopes = everything;
}

/** Throws `forbidden` unless the request's key has the scope. `admin` includes all. */
export function requireScope(request: FastifyRequest, scope: Scope): void {
  if (!request.scopes.includes(scope) && !request.scopes.includes("admin")) {
    throw new InksealError("forbidden", `this key lacks the scope ${JSON.stringify(scope)}`);
  }
}

function bearer(request: FastifyRequest): string | undefined {
  const header = request.headers.authorization;
  if (header?.startsWith("Bearer ")) return header.slice(7);
  const other = request.headers["x-api-key"];
  return typeof other === "string" ? other : undefined;
}

function sameSecret(a: string, b: string): boolean {
  return a.length === b.length && timingSafeEqual(Buffer.from(a), Buffer.from(b));
}
