import type { ModelEntry } from "@inkseal/client";
import { parseBrief } from "@inkseal/core";
import { describe, expect, it } from "vitest";
import { briefOf, makeTasks, offeredTasks } from "./tasks.ts";

const model = (engine: string, tasks: ModelEntry["tasks"]): ModelEntry => ({
  name: `${engine}/m`,
  engine,
  place: "local",
  id: "m",
  tasks,
});

describe("offeredTasks", () => {
  it("offers what some model does, in the room's order, and nothing else", () => {
    const models = [model("b", ["speech", "embedding"]), model("a", ["moderation", "chat"])];
    expect(offeredTasks(models)).toEqual(["chat", "speech"]);
    expect(offeredTasks([])).toEqual([]);
  });
});

describe("briefOf", () => {
  it("makes a brief that core accepts, for every task", () => {
    for (const task of makeTasks) {
      const { files: _, ...brief } = briefOf(task, { text: "雨后", model: "", controls: { seed: 1 } });
      const parsed = parseBrief(brief);
      expect(parsed.task).toBe(task);
      expect(parsed.keep).toBe(true);
      expect(parsed.model).toBeUndefined();
    }
  });
  it("puts chat in a message and other words in text", () => {
    expect(briefOf("chat", { text: "hi", model: "a/m", controls: {} })).toMatchObject({
      messages: [{ role: "user", content: "hi" }],
      model: "a/m",
    });
    expect(briefOf("speech", { text: "hi", model: "", controls: {} })).toMatchObject({ text: "hi" });
  });
  it("leaves behind controls that the task does not show", () => {
    const { controls } = briefOf("speech", { text: "hi", model: "", controls: { speed: 1.2, temperature: 1 } });
    expect(controls).toEqual({ speed: 1.2 });
  });
});

it("sends files along, makes drawing from a picture an edit, and keeps the controls that the chosen model has", () => {
  const draft = { text: "雨", model: "a/m", controls: { own: { form: "七绝", key: "D" } } };
  const picture = new File(["x"], "a.png", { type: "image/png" });
  expect(briefOf("image", draft, [picture], ["form"])).toMatchObject({
    task: "image-edit",
    files: [{ name: "a.png", role: "image" }],
    controls: { own: { form: "七绝" } },
  });
  const table = new File(["a,b"], "a.csv", { type: "text/csv" });
  expect(briefOf("chat", draft, [table])).toMatchObject({ task: "chat", files: [{ name: "a.csv" }], controls: {} });
});
