import { InksealError } from "@inkseal/core";
import type { Scope } from "@inkseal/ledger";
import type { FastifyInstance, FastifyReply, FastifyRequest } from "fastify";
import type { z } from "zod";
import { requireScope } from "./auth.ts";

/** What a key must have: a scope, `any` valid key, or `none` at all. */
export type RouteScope = Scope | "any" | "none";

declare module "fastify" {
  interface FastifyContextConfig {
    scope?: RouteScope;
  }
}

/** One route as data: it registers the route, checks what comes in, and is printed in the OpenAPI document. */
export interface RouteSpec {
  readonly method: "GET" | "POST" | "PUT" | "DELETE";
  /** Fastify's form: `/api/runs/:run`. */
  readonly path: string;
  readonly summary: string;
  readonly scope: RouteScope;
  readonly params?: z.ZodObject;
  readonly query?: z.ZodObject;
  /** JSON body. */
  readonly body?: z.ZodType;
  /** The body is optional, or may come as one of these media types instead: the handler reads it. */
  readonly accepts?: readonly string[];
  /** Of a good answer; 200, or 204 without `response` and `produces`. */
  readonly status?: number;
  /** JSON answer. */
  readonly response?: z.ZodType;
  /** Data of each event when the answer streams. */
  readonly events?: z.ZodType;
  /** Media type of an answer that is not JSON. */
  readonly produces?: string;
}

type Part<T> = T extends z.ZodType ? z.output<T> : undefined;
type Get<R, K extends string> = R extends { readonly [P in K]: infer T } ? T : undefined;

export interface Call<R> {
  readonly params: Part<Get<R, "params">>;
  readonly query: Part<Get<R, "query">>;
  /** Undefined when the route `accepts` other bodies: see `request`. */
  readonly body: R extends { readonly accepts: readonly string[] } ? undefined : Part<Get<R, "body">>;
  readonly request: FastifyRequest;
  readonly reply: FastifyReply;
}

/** Answers with the `response` schema's input, or by `reply` itself. */
export type Handler<R> = (
  call: Call<R>,
) => Promise<(R extends { readonly response: infer T extends z.ZodType } ? z.input<T> : undefined) | FastifyReply>;

/** Registers one route of a table. The scope is asked for before the body is read. */
export function registerRoute<R extends RouteSpec>(app: FastifyInstance, spec: R, handler: Handler<R>): void {
  const { scope } = spec;
  app.route({
    method: spec.method,
    url: spec.path,
    config: { scope },
    onRequest: async (request) => {
      if (scope === "none") return;
      // the server's own hook has let the caller in, or nobody has
      if (request.actor === undefined) throw new InksealError("unauthenticated", "nobody asked who this is");
      if (scope !== "any") requireScope(request, scope);
    },
    handler: async (request, reply) => {
      const params = spec.params && parsePart(spec.params, request.params);
      const query = spec.query && parsePart(spec.query, request.query);
      const body = spec.body && !spec.accepts ? parsePart(spec.body, request.body) : undefined;
      const answer = await handler({ params, query, body, request, reply } as Call<R>);
      if (answer === reply) return reply;
      reply.code(spec.status ?? (spec.response === undefined ? 204 : 200));
      return reply.send(answer);
    },
  });
}

/** `value` by `schema`. Throws `bad-request` that names the first field at fault, and never the value. */
export function parsePart<T extends z.ZodType>(schema: T, value: unknown): z.output<T> {
  if (value === undefined || value === null) throw new InksealError("bad-request", "body: the request has none");
  const result = schema.safeParse(value);
  if (result.success) return result.data;
  const issue = result.error.issues[0];
  const param = issue?.path.join(".") || undefined;
  throw new InksealError("bad-request", `${param ?? "body"}: ${issue?.message ?? "not valid"}`, { param });
}
