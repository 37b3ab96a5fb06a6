import { InksealError } from "@inkseal/core";
import { randomBytes } from "@noble/hashes/utils.js";
import { normal } from "../data/gaussian.ts";
import type { Random, Weights } from "../weights.ts";
import type { Channel } from "./channel.ts";
import { decodeMessage, encodeMessage, type Message, type MessageOf } from "./federated-message.ts";
import { fromFixed } from "./fixed-point.ts";
import { flatten, moved } from "./flat-weights.ts";
import { unmask } from "./secure-sum.ts";
import type { Entropy } from "./shamir.ts";

export interface CoordinatorOptions {
  /** Chooses participants and draws the noise. With `privacy` it must be unpredictable: a seed that is known undoes the noise. */
  readonly random: Random;
  /** Share of those present that is asked each round, in (0, 1]; by default all. */
  readonly rate?: number;
  /** A round with fewer survivors is given up; at least 2, by default 2. */
  readonly smallest?: number;
  /** Largest absolute value of an update, beyond which participants cut; by default 1. Steps are range · addends / 2³¹. */
  readonly range?: number;
  /** Examples from which on a participant weighs no more, so that nobody rules; by default 1000. */
  readonly largestWeight?: number;
  /** Differential privacy for each participant's whole data: updates are cut to L2 norm `clip`, noise of deviation `noise · clip` is added. */
  readonly privacy?: { readonly noise: number; readonly clip: number };
  /** Longest wait for local training, ms; by default ten minutes. */
  readonly trainingTimeout?: number;
  /** Longest wait for the other answers, ms; by default 30 s. */
  readonly answerTimeout?: number;
  readonly entropy?: Entropy;
}

export interface RoundResult {
  readonly weights: Weights;
  /** Whose updates are in the sum. */
  readonly participants: readonly string[];
  /** Who was asked and is not in it. */
  readonly lost: readonly string[];
  /** Total weight: examples (each participant's up to `largestWeight`), with `privacy` the number of participants. */
  readonly examples: number;
  /** L2 norm of what was added to the weights. */
  readonly updateNorm: number;
}

/** A round ended because fewer were left than it takes to read the sum. Nothing was learned; code `unreachable`: try again. */
export class TooFewParticipants extends InksealError {
  readonly left: number;
  readonly threshold: number;
  constructor(left: number, threshold: number, phase: string) {
    super("unreachable", `${left} participants were left ${phase}; ${threshold} are needed`);
    this.left = left;
    this.threshold = threshold;
  }
}

interface Guest {
  readonly channel: Channel;
  /** The answer that is waited for. */
  waiting?: { session: string; type: Message["type"]; resolve: (answer: Message | undefined) => void } | undefined;
}

/**
 * Federated averaging (McMahan et al. 2017, algorithm 1) by secure aggregation: each round asks some participants to train,
 * and learns the weighted sum of their updates and nothing else. With `privacy`: DP-FedAvg (McMahan et al. 2018), Poisson
 * sampling, a fixed divisor, noise from here; its promise is to all who see the models, not against this coordinator.
 */
export class Coordinator {
  readonly #guests = new Map<string, Guest>();
  readonly #options: Required<Omit<CoordinatorOptions, "privacy">> & Pick<CoordinatorOptions, "privacy">;

  /** Throws `bad-request` for options out of range. */
  constructor(options: CoordinatorOptions) {
    this.#options = {
      rate: 1,
      smallest: 2,
      range: 1,
      largestWeight: 1000,
      trainingTimeout: 600_000,
      answerTimeout: 30_000,
      entropy: randomBytes,
      ...options,
    };
    const { rate, smallest, range, largestWeight, privacy } = this.#options;
    const must = (holds: boolean, param: string, what: string) => {
      if (!holds) throw new InksealError("bad-request", `${param} must be ${what}`, { param });
    };
    must(rate > 0 && rate <= 1, "rate", "above 0 and at most 1");
    must(Number.isInteger(smallest) && smallest >= 2 && smallest <= 255, "smallest", "a whole number from 2 to 255");
    must(range > 0 && Number.isFinite(range), "range", "above 0");
    must(
      Number.isInteger(largestWeight) && largestWeight >= 1 && largestWeight < 2 ** 23,
      "largestWeight",
      "from 1 to 2^23 - 1",
    );
    must(privacy === undefined || privacy.noise > 0, "privacy.noise", "above 0");
    must(privacy === undefined || privacy.clip > 0, "privacy.clip", "above 0");
  }

  get rate(): number {
    return this.#options.rate;
  }
  get privacy(): CoordinatorOptions["privacy"] {
    return this.#options.privacy;
  }
  /** Who is present. */
  get participants(): string[] {
    return [...this.#guests.keys()];
  }

  /** Lets a participant in until its channel closes. Throws `conflict` when the name is taken. */
  join(id: string, channel: Channel): void {
    if (this.#guests.has(id)) throw new InksealError("conflict", "a participant of this name is there already");
    const guest: Guest = { channel };
    this.#guests.set(id, guest);
    const settle = (answer: Message | undefined) => {
      guest.waiting?.resolve(answer);
      guest.waiting = undefined;
    };
    channel.listen({
      message: (bytes) => {
        let message: Message;
        try {
          message = decodeMessage(bytes);
        } catch {
          return channel.close(); // who does not speak the protocol is not spoken to
        }
        // Late answers to earlier questions are dropped.
        if (message.session.join() !== guest.waiting?.session) return;
        if (message.type === guest.waiting.type) settle(message);
        else if (message.type === "declined") settle(undefined);
      },
      closed: () => {
        this.#guests.delete(id);
        settle(undefined);
      },
    });
  }

  /** Says good-bye to all. */
  close(): void {
    for (const { channel } of this.#guests.values()) channel.close();
  }

  /** One round. Rejects with `TooFewParticipants` when too many left, `upstream-invalid` when shares were forged. */
  async round(weights: Weights, round: number): Promise<RoundResult> {
    const { smallest, range, largestWeight, privacy, rate, random, trainingTimeout, entropy } = this.#options;
    const session = entropy(16);
    const present = this.#guests.size;
    const asked = this.#choose();
    if (asked.length < smallest) throw new TooFewParticipants(asked.length, smallest, "to be asked");

    const invite: Message = {
      type: "invite",
      session,
      round,
      weights: [...weights].map(([name, { shape, data }]) => ({ name, shape: [...shape], data })),
      terms: { range, largestWeight, clip: privacy?.clip },
    };
    const joined = [...(await this.#ask(asked, () => invite, "member", trainingTimeout))];
    const threshold = Math.max(smallest, Math.floor((joined.length * 2) / 3) + 1);
    const enough = (left: number, phase: string) => {
      if (left < threshold) throw new TooFewParticipants(left, threshold, phase);
    };
    enough(joined.length, "after training");
    const names = joined.map(([id]) => id); // by position in the roster
    const members = joined.map(([, answer]) => answer.member);

    const sealed = await this.#ask(names, () => ({ type: "roster", session, members, threshold }), "sealed");
    enough(sealed.size, "after sharing keys");
    const sharers = [...sealed.keys()].map((id) => names.indexOf(id)).toSorted((a, b) => a - b);

    const sharesFor = (id: string): Message => {
      const to = names.indexOf(id);
      const shares = sharers.flatMap((from) =>
        sealed
          .get(names[from]!)!
          .shares.filter((s) => s.peer === to)
          .map((s) => ({ peer: from, sealed: s.sealed })),
      );
      return { type: "shares", session, shares };
    };
    const length = flatten(weights).length + 1;
    const answers = await this.#ask([...sealed.keys()], sharesFor, "masked");
    const masked = new Map([...answers].map(([id, { values }]) => [names.indexOf(id), values]));
    for (const [position, values] of masked) if (values.length !== length) masked.delete(position);
    enough(masked.size, "after masking");

    const survivors = [...masked.keys()];
    const question: Message = { type: "survivors", session, members: survivors };
    const revealed = await this.#ask(
      survivors.map((s) => names[s]!),
      () => question,
      "revealed",
    );
    enough(revealed.size, "to read the sum");
    const sum = unmask({
      session,
      roster: members,
      threshold,
      sharers,
      masked,
      revealed: new Map([...revealed].map(([id, { shares }]) => [names.indexOf(id), shares])),
    });

    const examples = sum[length - 1]!;
    const update = fromFixed(sum.subarray(0, -1), { range: privacy?.clip ?? range, addends: names.length });
    if (privacy === undefined) {
      for (let i = 0; i < update.length; i++) update[i]! *= largestWeight / examples;
    } else {
      const deviation = privacy.noise * privacy.clip;
      for (let i = 0; i < update.length; i++) update[i] = (update[i]! + deviation * normal(random)) / (rate * present);
    }
    const participants = survivors.map((s) => names[s]!);
    return {
      weights: moved(weights, update),
      participants,
      lost: asked.filter((id) => !participants.includes(id)),
      examples,
      updateNorm: Math.sqrt(update.reduce((total, x) => total + x * x, 0)),
    };
  }

  /** Without privacy max(rate · present, smallest) of them, McMahan's m; with privacy each by an own coin, as the accountant assumes. */
  #choose(): string[] {
    const { random, rate, smallest, privacy } = this.#options;
    const pool = this.participants;
    if (privacy !== undefined) return pool.filter(() => random() < rate).slice(0, 255);
    const count = Math.min(pool.length, 255, Math.max(Math.round(rate * pool.length), smallest));
    for (let i = 0; i < count; i++) {
      const j = i + Math.floor(random() * (pool.length - i));
      [pool[i], pool[j]] = [pool[j]!, pool[i]!];
    }
    const chosen = new Set(pool.slice(0, count));
    return this.participants.filter((id) => chosen.has(id)); // in the order of joining
  }

  /** Asks all at once; the answers of those who gave one in time, in the order of `ids`. */
  async #ask<T extends Message["type"]>(
    ids: readonly string[],
    question: (id: string) => Message,
    type: T,
    timeout = this.#options.answerTimeout,
  ): Promise<Map<string, MessageOf<T>>> {
    const answers = await Promise.all(
      ids.map((id) => {
        const guest = this.#guests.get(id);
        if (guest === undefined) return undefined;
        const message = question(id);
        return new Promise<Message | undefined>((resolve) => {
          const timer = setTimeout(() => {
            guest.waiting = undefined;
            resolve(undefined);
          }, timeout);
          const settle = (answer: Message | undefined) => {
            clearTimeout(timer);
            resolve(answer);
          };
          guest.waiting = { session: message.session.join(), type, resolve: settle };
          guest.channel.send(encodeMessage(message));
        });
      }),
    );
    return new Map(ids.flatMap((id, i) => (answers[i] === undefined ? [] : [[id, answers[i] as MessageOf<T>]])));
  }
}
