import { InksealError } from "@inkseal/core";
import type { Weights } from "../weights.ts";
import type { Channel } from "./channel.ts";
import { decodeMessage, encodeMessage, type Message, type MessageOf, type Terms } from "./federated-message.ts";
import { stepOf, toFixed } from "./fixed-point.ts";
import { flatten } from "./flat-weights.ts";
import { SecureParticipant } from "./secure-sum.ts";
import type { Entropy } from "./shamir.ts";

/** What training on a participant's own data gave: new weights minus those it was given, and from how many examples. */
export interface LocalUpdate {
  readonly update: Weights;
  readonly examples: number;
}
/** Trains on from `weights` on the data that never leaves. `round` counts from 0; a round may come again. */
export type TrainLocally = (weights: Weights, round: number) => Promise<LocalUpdate>;

export interface ParticipantOptions {
  readonly trainLocally: TrainLocally;
  /** Takes part only when at least so many others have to be there for the sum to be read; by default 2. */
  readonly smallest?: number;
  /** Bytes for keys; by default the system's. */
  readonly entropy?: Entropy;
  /** Hears why a round was declined: its own failures and what the coordinator did wrong. */
  readonly onDeclined?: (error: unknown) => void;
}

/** One session: an invitation, the update that it led to, the keys of its secure sum. */
interface Session {
  readonly id: Uint8Array;
  readonly terms: Terms;
  readonly sum: SecureParticipant;
  readonly update: Float32Array;
  readonly examples: number;
  addends: number;
}

/** Trains where the data is, and shows the coordinator only masked updates. Serves round after round until the channel closes. */
export class Participant {
  /** Resolves when the channel has closed. */
  readonly finished: Promise<void>;
  readonly #options: ParticipantOptions;
  readonly #channel: Channel;
  #session: Session | undefined;
  /** The session of the last invitation that came. */
  #newest = "";
  #work: Promise<void> = Promise.resolve();

  constructor(channel: Channel, options: ParticipantOptions) {
    this.#channel = channel;
    this.#options = options;
    this.finished = new Promise((resolve) =>
      channel.listen({
        message: (bytes) => this.#take(bytes),
        closed: resolve,
      }),
    );
  }

  leave(): void {
    this.#channel.close();
  }

  #take(bytes: Uint8Array): void {
    let message: Message;
    try {
      message = decodeMessage(bytes);
    } catch (error) {
      this.#options.onDeclined?.(error);
      return;
    }
    if (message.type === "invite") this.#newest = message.session.join();
    this.#work = this.#work.then(() => this.#respond(message));
  }

  async #respond(message: Message): Promise<void> {
    // While this one was training the coordinator may have gone on without it: no work for sessions that are over.
    if (message.session.join() !== this.#newest) return;
    try {
      this.#channel.send(encodeMessage(await this.#answer(message)));
    } catch (error) {
      this.#session = undefined; // no second try with the same keys
      this.#channel.send(encodeMessage({ type: "declined", session: message.session }));
      this.#options.onDeclined?.(error);
    }
  }

  async #answer(message: Message): Promise<Message> {
    if (message.type === "invite") return this.#train(message);
    const { session } = message;
    const open = this.#session;
    if (open === undefined || open.id.join() !== session.join())
      throw new InksealError("upstream-invalid", "a message came for a session that is not open");
    switch (message.type) {
      case "roster":
        open.addends = message.members.length;
        return { type: "sealed", session, shares: open.sum.share(message.members, message.threshold) };
      case "shares":
        return { type: "masked", session, values: open.sum.mask(message.shares, encodeUpdate(open)) };
      case "survivors":
        return { type: "revealed", session, shares: open.sum.reveal(message.members) };
      default:
        throw new InksealError("upstream-invalid", `a coordinator never says "${message.type}"`);
    }
  }

  async #train({ session, round, weights, terms }: MessageOf<"invite">): Promise<Message> {
    const model: Weights = new Map(weights.map(({ name, shape, data }) => [name, { shape, data }]));
    const { update, examples } = await this.#options.trainLocally(model, round);
    if (!Number.isSafeInteger(examples) || examples < 1)
      throw new InksealError("bad-request", `examples must be a whole number above 0, not ${examples}`);
    const { smallest, entropy } = this.#options;
    const sum = new SecureParticipant(session, { smallest, entropy });
    this.#session = { id: session, terms, sum, update: flatten(update, model), examples, addends: 0 };
    return { type: "member", session, member: sum.member };
  }
}

/** The update in fixed point, weighted, and in a last word the weight itself. */
function encodeUpdate({ terms, update, examples, addends }: Session): Uint32Array {
  const words = new Uint32Array(update.length + 1);
  if (terms.clip === undefined) {
    const weight = Math.min(examples, terms.largestWeight);
    toFixed(update, { range: terms.range, addends }, words, weight / terms.largestWeight);
    words[update.length] = weight;
  } else {
    const point = { range: terms.clip, addends };
    toFixed(clipped(update, terms.clip, stepOf(point)), point, words);
    words[update.length] = 1;
  }
  return words;
}

/** `update`, shortened so that its L2 norm is at most `clip` even after rounding each value by half a `step`. */
function clipped(update: Float32Array, clip: number, step: number): Float32Array {
  const most = clip - (Math.sqrt(update.length) * step) / 2;
  if (most <= 0)
    throw new InksealError("cannot-do", `${update.length} values are too many for the steps of a fixed point at clip ${clip}`);
  const norm = Math.sqrt(update.reduce((sum, x) => sum + x * x, 0));
  if (!Number.isFinite(norm)) throw new InksealError("bad-request", "the update holds values that are not finite");
  return norm <= most ? update : update.map((x) => x * (most / norm));
}
