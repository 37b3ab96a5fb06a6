import { describe, expect, it } from "vitest";
import { routes } from "./api/index.ts";
import { openApiDocument } from "./openapi.ts";

const document = openApiDocument(routes, "1.2.3");
const paths = document.paths as Record<string, Record<string, { operationId: string }>>;

/** Every value of a member named `name`, anywhere. */
function* members(value: unknown, name: string): Generator<unknown> {
  if (typeof value !== "object" || value === null) return;
  for (const [key, inner] of Object.entries(value)) {
    if (key === name) yield inner;
    yield* members(inner, name);
  }
}

describe("the OpenAPI document", () => {
  it("is JSON and has every route of both tables, once", () => {
    expect(JSON.parse(JSON.stringify(document))).toEqual(document);
    const ids = Object.values(paths).flatMap((path) => Object.values(path).map((operation) => operation.operationId));
    expect(ids.length).toBe(routes.length);
    expect(new Set(ids).size).toBe(routes.length);
    expect(Object.keys(paths)).toEqual(
      expect.arrayContaining(["/api/runs/{run}", "/v1/chat/completions", "/v1/models/{model}"]),
    );
  });
  it("says of every route what a good answer looks like", () => {
    for (const [path, operations] of Object.entries(paths))
      for (const operation of Object.values(operations) as unknown as { responses: Record<string, { content?: object }> }[]) {
        const [status, good] = Object.entries(operation.responses)[0] ?? [];
        if (status !== "204") expect(Object.keys(good?.content ?? {}), path).not.toEqual([]);
      }
  });
  it("has no reference that leads nowhere", () => {
    const refs = [...members(document, "$ref")] as string[];
    expect(refs.length).toBeGreaterThan(routes.length);
    const schemas = (document.components as { schemas: Record<string, unknown> }).schemas;
    for (const ref of refs) expect(schemas).toHaveProperty([ref.replace("#/components/schemas/", "")]);
  });
  it("tells requests, where defaults may be left out, from answers, where they are there", () => {
    const { RunRequest, RunResult, PolicyBody, Policy } = (
      document.components as { schemas: Record<string, { required: string[] }> }
    ).schemas;
    expect(RunRequest?.required).toEqual(["task"]);
    expect(PolicyBody?.required ?? []).toEqual([]);
    expect(Policy?.required).toContain("marks");
    expect(RunResult?.required).toEqual(expect.arrayContaining(["run", "row", "artifacts"]));
  });
});
