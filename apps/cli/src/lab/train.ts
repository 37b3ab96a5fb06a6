import { randomBytes } from "node:crypto";
import { readFile } from "node:fs/promises";
import { join } from "node:path";
import { InksealError, idMaker, type LedgerRow } from "@inkseal/core";
import type { TrainConfig, TrainEvent } from "@inkseal/lab";
import type { TrainingContext } from "@inkseal/pipeline";
import { type Call, defineCommand } from "../command.ts";
import { withDesk } from "../desk/desk.ts";
import { homeOf } from "../desk/find-server.ts";
import { type ExitCode, exit } from "../exit.ts";
import { energyOf, massOf, rowLine } from "../make/summary.ts";
import { words } from "../words.ts";
import { labWords as w } from "../words-lab.ts";
import { heldOut } from "./amounts.ts";
import { showTraining } from "./show-training.ts";
import { TrainingStory } from "./training-story.ts";

const now = (): number => performance.now();

export const train = defineCommand({
  summary: w.train.summary,
  usage: "CONFIG",
  takes: [1, 1],
  first: "files",
  options: {},
  examples: ["inkseal lab init gpt --data poems.txt -o poems.json", "inkseal lab train poems.json"],
  run,
});

async function run(call: Call): Promise<ExitCode> {
  const { screen, say, signal, env } = call;
  const [{ loadTrainConfig, runTraining }, { recordTraining }] = await Promise.all([
    import("@inkseal/lab/node"),
    import("@inkseal/pipeline"),
  ]);
  const config = await loadTrainConfig(call.words[0]!);
  const context = await contextOf(call);
  const story = new TrainingStory();
  for (const event of await loggedBefore(config)) story.add(event);
  const show = showTraining(screen, say, story, {
    ...{ gramsPerKwh: context.gramsPerKwh, now },
    tokens: config.model.kind === "gpt" || config.model.kind === "bert",
  });
  const secret = env.INKSEAL_LAB_SECRET;
  const events = runTraining(config, { now, signal, ...(secret !== undefined && { secret }) });
  let recorded: { readonly run: string; readonly row: LedgerRow } | undefined;
  try {
    for await (const event of recordTraining(config, heard(events, story), context)) {
      if (event.type === "recorded") {
        recorded = event;
        if (screen.json) screen.jsonLine(event);
      } else show.event(event);
    }
  } catch (error) {
    // the training is over and its model is there, but the ledger cannot take the row now: the folder remembers it
    if (story.end === undefined) throw error;
    if (screen.json) screen.jsonLine(story.end);
    screen.note(`${say(words.error.warning)}: ${say(w.train.unrecorded(InksealError.from(error).message))}`);
  } finally {
    show.done();
  }
  if (story.end?.reason === "cancelled") {
    if (story.kept !== undefined) {
      if (screen.json) screen.jsonLine({ type: "kept", step: story.kept });
      else screen.note(say(w.train.kept(story.kept)));
    }
    throw new InksealError("cancelled", "the training was interrupted");
  }
  tell(call, config, story, recorded);
  return exit.ok;
}

/** The events as they are, told to the story as they pass. */
async function* heard(events: AsyncIterable<TrainEvent>, story: TrainingStory): AsyncGenerator<TrainEvent> {
  for await (const event of events) {
    story.add(event);
    yield event;
  }
}

/** The steps and evaluations of earlier runs into the same folder: the curve goes on from there. */
async function loggedBefore({ out }: TrainConfig): Promise<TrainEvent[]> {
  const text = await readFile(join(out, "log.jsonl"), "utf8").catch(() => "");
  return text.split("\n").flatMap((line) => {
    try {
      const event = JSON.parse(line) as TrainEvent;
      return event.type === "step" || event.type === "evaluation" ? [event] : [];
    } catch {
      return []; // the last line of a killed process
    }
  });
}

/** Rows go to the ledger at the end: the database is nobody's while the training runs. */
async function contextOf(call: Call): Promise<TrainingContext & { readonly gramsPerKwh: number }> {
  const { loadConfig } = await import("@inkseal/server");
  const { gramsPerKwh } = await loadConfig(call.env, { home: homeOf(call) });
  const clock = { now: Date.now, random: (bytes: number) => new Uint8Array(randomBytes(bytes)) };
  return {
    actor: { id: "local", source: "cli" },
    clock,
    newId: idMaker(clock),
    gramsPerKwh,
    append: (record) => withDesk({ ...call, signal: new AbortController().signal }, (desk) => desk.record(record)),
  };
}

function tell(
  { screen, say }: Call,
  { out, model }: TrainConfig,
  { end, best }: TrainingStory,
  recorded: { readonly run: string; readonly row: LedgerRow } | undefined,
): void {
  if (end === undefined || screen.json) return;
  screen.pairs([
    [say(w.model), screen.paint("bold", join(out, "model"))],
    [say(w.train.steps), `${end.step} (${say(w.train.reasons[end.reason])})`],
    [say(w.train.heldLong), Number.isFinite(best) ? heldOut(best, model.kind, say) : undefined],
    [say(words.make.used), `${energyOf(end.joules)}, ${massOf(end.gramsCo2e)} CO2e`],
    [say(words.make.row), recorded && rowLine(recorded.row, say)],
    [say(words.make.run), recorded?.run],
  ]);
}
