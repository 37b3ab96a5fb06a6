import { readTrainConfig } from "@inkseal/lab/node";
import { expect, it } from "vitest";
import { type Sample, samples } from "./samples.ts";

it("every sample is a training configuration", () => {
  for (const [kind, sample] of Object.entries(samples) as [string, Sample][]) {
    const config = readTrainConfig({ ...sample({ data: "mine.txt", from: "base", teacher: "master" }), out: kind });
    expect(config.data).toMatchObject([{ path: "mine.txt" }]);
    if (config.distil !== undefined) expect(config.distil.teacher).toBe("master");
    if (config.from !== undefined) expect(config.from).toBe("base");
  }
});
