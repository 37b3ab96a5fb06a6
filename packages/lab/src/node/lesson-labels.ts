import { InksealError } from "@inkseal/core";
import type { ModelConfig } from "../models/config.ts";

export type Labelled = Extract<ModelConfig, { labels?: string[] | undefined }>;
/** The model with the names of its classes. Throws `bad-request` when it has fewer than the data. */
export function withLabels(model: Labelled, found: readonly string[]) {
  const names = model.labels ?? [...found].sort();
  const classes = model.classes ?? names.length;
  if (names.length > classes)
    throw new InksealError("bad-request", `the data has ${names.length} classes, the model only ${classes}`, {
      param: "model.classes",
    });
  return {
    model: { ...model, classes, labels: names } as Labelled,
    numberOf(name: string, path: string): number {
      const number = names.indexOf(name);
      if (number < 0)
        throw new InksealError("bad-file", `${path} has a class that the model does not know: ${JSON.stringify(name)}`);
      return number;
    },
  };
}
