import type { FastifyInstance } from "fastify";
import type { Trainings } from "../lab/trainings.ts";
import { openApiDocument } from "../openapi.ts";
import { openedRoutes } from "../resolution/index.ts";
import { type RouteSpec, registerRoute } from "../route.ts";
import type { Deps } from "../v1/run.ts";
import { v1Routes } from "../v1/table.ts";
import { artifactHandlers } from "./artifacts.ts";
import type { Handlers } from "./handlers.ts";
import { keepingHandlers } from "./keeping.ts";
import { ledgerHandlers } from "./ledger.ts";
import { runHandlers } from "./runs.ts";
import { healthOf, modelsOf, version } from "./status.ts";
import { apiRoutes } from "./table.ts";
import { trainingHandlers } from "./trainings.ts";
import { verifyHandlers } from "./verify.ts";

/** Both APIs as data: what the OpenAPI document is printed from. */
export const routes: readonly RouteSpec[] = [
  ...Object.values(apiRoutes),
  ...v1Routes.map(({ method, path, summary, scope, request, form, answer }) => ({
    method,
    path,
    summary,
    scope,
    body: request,
    accepts: form ? ["multipart/form-data"] : undefined,
    ...answer,
  })),
];

/**
 * The native API under /api. Expects, from the server: `request.actor` and `request.scopes`, @fastify/multipart, and
 * an error handler that answers with the error envelope.
 */
export function registerApi(app: FastifyInstance, deps: Deps, trainings: Trainings): void {
  const { house } = deps;
  const startedAt = house.clock.now();
  let document: Record<string, unknown> | undefined;
  const handlers: Handlers = {
    health: () => healthOf(house, startedAt),
    models: () => modelsOf(house),
    openapi: async () => (document ??= openApiDocument([...routes, ...openedRoutes(house.config)], version)),
    ...runHandlers(deps),
    ...artifactHandlers(house),
    ...verifyHandlers(house),
    ...ledgerHandlers(house),
    ...keepingHandlers(house),
    ...trainingHandlers(trainings),
  };
  const register = <K extends keyof Handlers>(scope: FastifyInstance, name: K): void =>
    registerRoute(scope, apiRoutes[name] as RouteSpec, handlers[name] as never);

  for (const name of Object.keys(apiRoutes) as (keyof Handlers)[]) if (name !== "verify") register(app, name);
  // a file to verify is bytes whatever its type: in this scope also JSON and text
  void app.register(async (scope) => {
    scope.removeContentTypeParser(["application/json", "text/plain"]);
    scope.addContentTypeParser("*", { parseAs: "buffer" }, (_request, body, done) => done(null, body));
    register(scope, "verify");
  });
}
