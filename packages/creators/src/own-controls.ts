import { InksealError, type Plan } from "@inkseal/core";
import { z } from "zod";

/** The brief's own controls by the model's schema, which is strict. Throws `bad-request` with the control at fault and those there are. */
export function ownControls<S extends z.ZodObject>(schema: S, { brief, model }: Pick<Plan, "brief" | "model">): z.output<S> {
  const parsed = schema.safeParse(brief.controls.own ?? {});
  if (parsed.success) return parsed.data;
  const issue = parsed.error.issues[0]!;
  if (issue.code === "unrecognized_keys") {
    const known = Object.keys(schema.shape).join(", ");
    throw new InksealError("bad-request", `${model} has no control ${issue.keys.join(", ")}; its own are ${known}`, {
      param: `controls.own.${issue.keys[0]}`,
    });
  }
  const name = issue.path.join(".");
  throw new InksealError("bad-request", `${name}: ${issue.message}`, { param: `controls.own.${name}` });
}

/** A model's own controls as JSON Schema, for `ModelInfo.controls`. */
export const controlsSchema = (schema: z.ZodObject): Readonly<Record<string, unknown>> => {
  const { $schema: _, ...json } = z.toJSONSchema(schema, { io: "input" });
  return json;
};
