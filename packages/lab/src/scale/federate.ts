import { InksealError } from "@inkseal/core";
import { epsilon } from "../train/privacy.ts";
import type { Weights } from "../weights.ts";
import { type Coordinator, type RoundResult, TooFewParticipants } from "./coordinator.ts";

/** What happened in one round. */
export interface RoundReport extends Omit<RoundResult, "weights"> {
  /** From 0. */
  readonly round: number;
  /** 1 when it went well at once. */
  readonly tries: number;
  /** With privacy: the ε that is spent after this round at `delta`, for each participant's whole data. */
  readonly epsilon?: number;
}

export interface FederateOptions {
  readonly rounds: number;
  /** How often a round is tried before `TooFewParticipants` is thrown on; by default 3. */
  readonly tries?: number;
  /** For the ε in the reports; by default 10⁻⁵. Choose it below 1 / participants. */
  readonly delta?: number;
  /** Called after each round, for evaluation and checkpoints. */
  readonly onRound?: (report: RoundReport, weights: Weights) => void | Promise<void>;
  readonly signal?: AbortSignal;
}

/**
 * Runs rounds of federated averaging from `weights` and returns the last weights and what happened in each round. A round that
 * loses too many participants is tried again with a new choice. Tries count as spent privacy too: whom a try asked may show.
 * Throws what `Coordinator.round` throws after the last try, `cancelled` on abort.
 * @example
 * const [here, there] = channelPair(); // or a WebSocket
 * coordinator.join("hospital-1", here);
 * new Participant(there, { trainLocally });
 * const { weights, history } = await federate(coordinator, initial, { rounds: 20 });
 */
export async function federate(
  coordinator: Coordinator,
  weights: Weights,
  { rounds, tries = 3, delta = 1e-5, onRound, signal }: FederateOptions,
): Promise<{ weights: Weights; history: RoundReport[] }> {
  const history: RoundReport[] = [];
  let spent = 0;
  let current = weights;
  for (let round = 0; round < rounds; round++) {
    for (let attempt = 1; ; attempt++) {
      if (signal?.aborted) throw new InksealError("cancelled", `the training was cancelled in round ${round}`);
      spent++;
      try {
        const { weights: next, ...result } = await coordinator.round(current, round);
        current = next;
        const { privacy, rate } = coordinator;
        const report: RoundReport = {
          round,
          tries: attempt,
          ...result,
          ...(privacy && { epsilon: epsilon({ noise: privacy.noise, rate, steps: spent, delta }) }),
        };
        history.push(report);
        await onRound?.(report, current);
        break;
      } catch (error) {
        if (!(error instanceof TooFewParticipants) || attempt >= tries) throw error;
      }
    }
  }
  return { weights: current, history };
}
