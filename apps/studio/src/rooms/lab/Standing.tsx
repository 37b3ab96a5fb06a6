import type { TrainingJson } from "@inkseal/client";
import { words } from "../../i18n/words.ts";
import { useT } from "../../state/settings.ts";
import { standingOf } from "../../state/trainings.ts";

/** How a training stands, in a word. */
export function Standing({ training }: { training: TrainingJson }) {
  const t = useT();
  const standing = standingOf(training);
  const word = "outcome" in standing ? words.lab.outcome[standing.outcome] : words.lab.state[standing.state];
  const red = training.state === "running" || training.outcome === "failed";
  return <span className={red ? "chip chip-red" : "chip"}>{t(word)}</span>;
}
