import { gramsCo2e } from "@inkseal/core";
import type { TrainEvent } from "@inkseal/lab";
import type { Say } from "../locale.ts";
import { energyOf, massOf } from "../make/summary.ts";
import { clockOf } from "../models/amounts.ts";
import type { Panel } from "../screen/panel.ts";
import type { Screen } from "../screen/screen.ts";
import { labWords as w } from "../words-lab.ts";
import { bytesOf, countOf } from "./amounts.ts";
import { lossCurve } from "./loss-curve.ts";
import type { TrainingStory } from "./training-story.ts";

/** Between two lines about steps where nothing redraws itself, in milliseconds. */
const pace = 10_000;

export interface TrainingSeams {
  readonly gramsPerKwh: number;
  readonly now: () => number;
  /** Whether what is counted are tokens, or examples. */
  readonly tokens: boolean;
}
export interface TrainingShow {
  event(event: TrainEvent): void;
  /** Leaves the last picture where it is. */
  done(): void;
}

/** How a training is told: a curve that redraws itself on a terminal, plain lines in a log, the events themselves with `--json`. */
export function showTraining(screen: Screen, say: Say, story: TrainingStory, seams: TrainingSeams): TrainingShow {
  const { now } = seams;
  if (screen.json) return { event: (event) => screen.jsonLine(event), done: () => {} };
  const panel = screen.panel();
  let saidAt = Number.NEGATIVE_INFINITY;
  const line = (): string => statusLine(story, say, seams);
  return {
    event(event) {
      if (event.type === "start") {
        panel?.clear();
        for (const text of startLines(event, say, seams)) screen.note(text);
      } else if (event.type === "checkpoint" || event.type === "end") return;
      else if (panel !== undefined) panel.draw(() => picture(story, panel, line()));
      else if (event.type === "evaluation" || now() - saidAt >= pace) {
        saidAt = now();
        screen.note(line());
      }
    },
    done() {
      if (story.last !== undefined) panel?.draw(() => picture(story, panel, line()), true);
    },
  };
}

function startLines(event: Extract<TrainEvent, { type: "start" }>, say: Say, { tokens }: TrainingSeams): string[] {
  const of = tokens ? w.train.size : w.train.sizeOfExamples;
  const size = say(of(countOf(event.parameters), bytesOf(event.memoryBytes), countOf(event.tokensPerStep)));
  return event.step > 0 ? [size, say(w.train.resumed(event.step))] : [size];
}

const picture = (story: TrainingStory, panel: Panel, line: string): string[] => [
  ...lossCurve(story.train, story.held, { columns: Math.min(panel.columns, 100), rows: 10 }),
  line,
];

/** `step 250/2000  loss 2.310  held out 2.251  12.3 k tokens/s  eta 2:05  1.2 kJ  0.16 g CO2e`. */
function statusLine(story: TrainingStory, say: Say, { gramsPerKwh, tokens }: TrainingSeams): string {
  const { start, last, held, epsilon, left, tokensPerSecond } = story;
  if (start === undefined) return "";
  const newest = held.at(-1);
  const parts = [
    say(w.train.step(last?.step ?? start.step, start.steps)),
    last && `${say(w.train.loss)} ${story.loss.toFixed(3)}`,
    newest && `${say(w.train.held)} ${newest[1].toFixed(3)}${newest[1] <= story.best ? ` (${say(w.train.best)})` : ""}`,
    epsilon !== undefined && `ε ${epsilon.toFixed(2)}`,
    tokensPerSecond !== undefined && say((tokens ? w.speed : w.examples)(countOf(tokensPerSecond))),
    left !== undefined && left > 0 && say(w.eta(clockOf(left))),
    last && energyOf(last.joules),
    last && `${massOf(gramsCo2e(last.joules, gramsPerKwh))} CO2e`,
  ];
  return parts.filter(Boolean).join("  ");
}
