import { InksealError } from "@inkseal/core";
import { installedModels, type PullEvent, pullModel, undiciTransport } from "@inkseal/engines";
import { type Call, defineCommand } from "../command.ts";
import { exit } from "../exit.ts";
import { sizeOf } from "../make/summary.ts";
import { modelWords as w } from "../words-models.ts";
import { amountOf, clockOf } from "./amounts.ts";
import { modelsFolder } from "./folder.ts";
import { engineName } from "./list.ts";

/** Between two lines of progress with `--json`, in milliseconds. */
const pace = 500;
type Started = Extract<PullEvent, { type: "started" }>;

export const pull = defineCommand({
  summary: w.pull,
  usage: "hf:PUBLISHER/REPO | URL | FILE",
  takes: [1, 1],
  first: "files",
  options: {},
  examples: [
    "inkseal models pull hf:Qwen/Qwen3-0.6B-GGUF:Q8_0",
    "HF_ENDPOINT=https://hf-mirror.com inkseal models pull hf:Qwen/Qwen3-0.6B-GGUF",
    "inkseal models pull hf:onnx-community/whisper-tiny:q8",
    "inkseal models pull hf:ggml-org/models@main/tinyllamas/stories15M-q4_0.gguf",
    "inkseal models pull https://models.school.example/x.gguf#sha256=DIGEST",
    "inkseal models pull ./my-model.gguf",
  ],
  run: async (call) => {
    const { screen, env, signal } = call;
    const folder = modelsFolder(call);
    const transport = undiciTransport();
    const shown = show(call, folder);
    let started: Started | undefined;
    try {
      const events = pullModel(call.words[0]!, {
        folder,
        transport,
        signal,
        endpoint: env.HF_ENDPOINT || undefined,
        token: env.HF_TOKEN?.trim() || undefined,
      });
      for await (const event of events) {
        if (event.type === "started") started = event;
        await shown.event(event);
      }
    } catch (error) {
      shown.done();
      await tellKept(call, folder, started);
      // a stopped file read says AbortError where a stopped request says cancelled
      throw signal.aborted ? new InksealError("cancelled", "the pull was stopped", { cause: error }) : error;
    } finally {
      shown.done();
      await transport.close();
    }
    if (!screen.json && started !== undefined) await tell(call, folder, started.id);
    return exit.ok;
  },
});

interface Shown {
  event(event: PullEvent): Promise<void>;
  done(): void;
}

/** Shows events: a bar on a terminal, plain lines in a log, JSON lines with `--json`. */
function show({ screen, say }: Call, folder: string): Shown {
  if (screen.json) return { event: jsonLines((value) => screen.jsonLine(value), folder), done: () => {} };
  const progress = screen.progress(say(w.pulling));
  progress.update(undefined, say(w.looking));
  return {
    done: () => progress.done(),
    event: async (event) => {
      if (event.type !== "progress") progress.clear();
      if (event.type === "started")
        screen.note(say(w.into(event.id, event.total === undefined ? "" : sizeOf(event.total), folder)));
      else if (event.type === "retry") screen.note(say(w.retry(event.why, Math.ceil(event.waitMs / 1000))));
      else if (event.type === "progress") {
        const { bytes, total, rate } = event;
        const left = rate && total !== undefined ? say(w.eta(clockOf((total - bytes) / rate))) : "";
        const parts = [amountOf(bytes, total), rate === undefined ? "" : `${sizeOf(rate)}/s`, left];
        progress.update(total ? bytes / total : undefined, parts.filter(Boolean).join(", "));
      } else if (event.type === "file") screen.line(`${event.file}  ${sizeOf(event.bytes)}  ${say(w.how[event.how])}`);
    },
  };
}

function jsonLines(line: (value: unknown) => void, folder: string): Shown["event"] {
  let at = Number.NEGATIVE_INFINITY;
  return async (event) => {
    const now = performance.now();
    if (event.type === "progress" && now - at < pace && event.bytes !== event.total) return;
    if (event.type === "progress") at = now;
    if (event.type === "started") return line({ ...event, folder });
    if (event.type !== "finished") return line(event);
    const model = (await installedModels(folder)).models.find((m) => m.id === event.id);
    line({ ...event, ...(model && { name: engineName(model), model }) });
  };
}

async function tell({ screen, say }: Call, folder: string, id: string): Promise<void> {
  const model = (await installedModels(folder)).models.find((m) => m.id === id);
  if (model === undefined) return;
  screen.pairs([
    [say(w.name), screen.paint("bold", engineName(model))],
    [say(w.architecture), model.architecture],
    [say(w.context), model.context === undefined ? undefined : say(w.tokens(model.context))],
    [say(w.licence), model.licence ?? (model.kind === "gguf" ? say(w.unstated) : undefined)],
  ]);
}

/** Says that what has come of the files is still there. */
async function tellKept({ screen, say }: Call, folder: string, started: Started | undefined): Promise<void> {
  const kept = (await installedModels(folder)).unfinished.filter((u) => started?.files.includes(u.file) && u.bytes > 0);
  if (kept.length === 0) return;
  if (screen.json) for (const { file, bytes, total } of kept) screen.jsonLine({ type: "kept", file, bytes, total });
  else screen.note(say(w.kept(sizeOf(kept.reduce((sum, u) => sum + u.bytes, 0)))));
}
