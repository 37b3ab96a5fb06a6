import * as client from "@inkseal/client";
import { ArtifactInfo, Controls, Finding, LedgerRow, Mark, PolicySchema } from "@inkseal/core";
import { z } from "zod";
import type { RouteSpec } from "./route.ts";
import * as v1 from "./v1/answers.ts";

type Json = Record<string, unknown>;

/** Shapes of answers that have a name of their own in the document. */
const answers = {
  ArtifactInfo,
  ChainReport: client.ChainReport,
  ChatCompletion: v1.ChatCompletion,
  ChatCompletionChunk: v1.ChatCompletionChunk,
  Completion: v1.Completion,
  FileObject: v1.FileObject,
  Images: v1.Images,
  ModelObject: v1.ModelObject,
  ErrorBody: client.ErrorBody,
  Finding,
  Key: client.KeyJson,
  LedgerRow,
  Mark,
  Model: client.ModelEntry,
  Policy: PolicySchema,
  RunEvent: client.RunEventJson,
  RunResult: client.RunResult,
  Training: client.TrainingJson,
  TrainEvent: client.TrainEventJson,
  VerifyReport: client.VerifyReport,
} as const;
/** Shapes of requests: what may be left out differs from the answers' shapes. */
const requests = {
  Controls,
  NewKey: client.NewKeyBody,
  PolicyBody: client.PolicyBody,
  RunRequest: client.RunRequest,
  NewTraining: client.NewTraining,
} as const;

/** OpenAPI 3.1 of a table of routes. The schemas are JSON Schema 2020-12, printed from the Zod schemas that check the traffic. */
export function openApiDocument(routes: readonly RouteSpec[], version: string): Json {
  const input = z.registry<{ id: string }>();
  const output = z.registry<{ id: string }>();
  for (const [id, schema] of Object.entries(requests)) input.add(schema, { id });
  for (const [id, schema] of Object.entries(answers)) output.add(schema, { id });
  // every body goes through the registry, so that all of them can point at the named ones
  const place = (registry: typeof input, schema: z.ZodType, id: string): Json => {
    if (!registry.has(schema)) registry.add(schema, { id });
    return { $ref: refOf(registry.get(schema)?.id as string) };
  };
  const paths: Record<string, Json> = {};
  for (const route of routes) {
    const path = route.path.replace(/:(\w+)/g, "{$1}").replace(/\*$/, "{model}");
    const id = nameOf(route);
    (paths[path] ??= {})[route.method.toLowerCase()] = {
      operationId: id,
      summary: route.summary,
      tags: [path.startsWith("/v1/") ? "OpenAI-compatible" : "Inkseal"],
      ...(route.scope === "none" ? { security: [] } : {}),
      ...(route.scope === "none" || route.scope === "any" ? {} : { "x-inkseal-scope": route.scope }),
      ...parametersOf(route, path),
      ...bodyOf(route, (schema) => place(input, schema, `${id}Request`)),
      responses: responsesOf(route, (schema, suffix) => place(output, schema, `${id}${suffix}`)),
    };
  }
  return {
    openapi: "3.1.0",
    info: {
      title: "Inkseal",
      version,
      description: "Create, check, label and prove AI-generated content. `/api` is Inkseal's own, `/v1` is OpenAI's.",
      license: { name: "Apache-2.0", identifier: "Apache-2.0" },
    },
    security: [{ key: [] }],
    paths,
    components: {
      securitySchemes: {
        key: { type: "http", scheme: "bearer", description: "`ink_…`; not needed on loopback while no key exists" },
      },
      schemas: { ...printed(input, "input"), ...printed(output, "output") },
    },
  };
}

const refOf = (id: string): string => `#/components/schemas/${id}`;

/** `GET /api/artifacts/:id/bytes` → `getApiArtifactsIdBytes`. */
const nameOf = ({ method, path }: RouteSpec): string =>
  method.toLowerCase() +
  path
    .replace(/\*$/, "model")
    .split(/[^A-Za-z0-9]+/)
    .map((word) => word.charAt(0).toUpperCase() + word.slice(1))
    .join("");

function printed(registry: z.core.$ZodRegistry<{ id: string }>, io: "input" | "output"): Record<string, Json> {
  const { schemas } = z.toJSONSchema(registry, { ...printing, io, uri: refOf });
  for (const schema of Object.values(schemas)) {
    delete schema.$id; // the address in the document says it
    delete schema.$schema;
  }
  return schemas as Record<string, Json>;
}

const printing = {
  unrepresentable: "any" as const,
  override: ({ zodSchema, jsonSchema }: { zodSchema: z.core.$ZodTypes; jsonSchema: z.core.JSONSchema.BaseSchema }) => {
    if (zodSchema._zod.def.type === "custom") jsonSchema.type = "string"; // a Hazard: `pii.email`
  },
};

function parametersOf(route: RouteSpec, path: string): Json {
  const list: Json[] = [];
  for (const name of [...path.matchAll(/\{(\w+)\}/g)].map((m) => m[1] as string)) {
    const schema = route.params?.shape[name] as z.ZodType | undefined;
    list.push({ name, in: "path", required: true, schema: schema ? inline(schema) : { type: "string" } });
  }
  for (const [name, schema] of Object.entries(route.query?.shape ?? {})) {
    list.push({ name, in: "query", required: false, schema: inline(schema as z.ZodType) });
  }
  return list.length > 0 ? { parameters: list } : {};
}

/** A small schema where it stands. */
function inline(schema: z.ZodType): Json {
  const { $schema: _, ...json } = z.toJSONSchema(schema, { ...printing, io: "output" });
  return json;
}

const binary = { type: "string", contentMediaType: "application/octet-stream" };

function bodyOf(route: RouteSpec, place: (schema: z.ZodType) => Json): Json {
  const content: Record<string, Json> = {};
  const own = route.path.startsWith("/api/");
  if (route.body !== undefined && (own || !route.accepts)) content["application/json"] = { schema: place(route.body) };
  for (const type of route.accepts ?? []) {
    if (type !== "multipart/form-data") content[type] = {};
    else if (own) {
      const brief = route.body === undefined ? {} : { brief: { type: "string", contentMediaType: "application/json" } };
      content[type] = { schema: { type: "object", properties: { ...brief, file: binary }, additionalProperties: true } };
    } else if (route.body !== undefined) content[type] = { schema: place(route.body) };
  }
  return Object.keys(content).length > 0 ? { requestBody: { required: true, content } } : {};
}

function responsesOf(route: RouteSpec, place: (schema: z.ZodType, suffix: string) => Json): Json {
  const content: Record<string, Json> = {};
  if (route.response !== undefined) content["application/json"] = { schema: place(route.response, "Response") };
  if (route.events !== undefined) content["text/event-stream"] = { schema: place(route.events, "Event") };
  if (route.produces !== undefined) content[route.produces] = {};
  const status = route.status ?? (Object.keys(content).length > 0 ? 200 : 204);
  return {
    [status]: { description: "Done", ...(Object.keys(content).length > 0 && { content }) },
    default: { description: "What went wrong", content: { "application/json": { schema: { $ref: refOf("ErrorBody") } } } },
  };
}
