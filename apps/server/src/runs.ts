import { InksealError } from "@inkseal/core";

/** One run that a request waits for. */
export interface Flight {
  readonly signal: AbortSignal;
  /** Whose run it is: an actor's id. */
  readonly owner: string;
  /** Tells the run's id once it is known, so that it can be cancelled by id. */
  named(run: string): void;
  abort(reason?: InksealError): void;
  /** Always call, in `finally`. */
  end(): void;
}

/** The runs in flight: bounded in number, cancellable by id, waited for when the server stops. */
export class RunsInFlight {
  readonly #flights = new Set<Flight>();
  readonly #byRun = new Map<string, Flight>();
  readonly #limit: number;
  readonly #deadlineMs: number;
  #stopping = false;
  #onIdle: (() => void) | undefined;

  /** At most `limit` runs at once, `deadlineMs` milliseconds each. */
  constructor(limit: number, deadlineMs = 600_000) {
    this.#limit = limit;
    this.#deadlineMs = deadlineMs;
  }

  get size(): number {
    return this.#flights.size;
  }

  /** Throws `overloaded` at the limit and `shutting-down` while stopping. */
  start(owner: string): Flight {
    if (this.#stopping) throw new InksealError("shutting-down", "the server is stopping", { retryAfter: 2 });
    if (this.#flights.size >= this.#limit)
      throw new InksealError("overloaded", `${this.#limit} runs are in flight already`, { retryAfter: 1 });
    const controller = new AbortController();
    let name: string | undefined;
    const timer = setTimeout(
      () => flight.abort(new InksealError("deadline-exceeded", `the run took longer than ${this.#deadlineMs} ms`)),
      this.#deadlineMs,
    );
    const flight: Flight = {
      signal: controller.signal,
      owner,
      named: (run) => {
        name = run;
        this.#byRun.set(run, flight);
      },
      abort: (reason) => controller.abort(reason ?? new InksealError("cancelled", "the caller cancelled the run")),
      end: () => {
        clearTimeout(timer);
        this.#flights.delete(flight);
        if (name !== undefined) this.#byRun.delete(name);
        if (this.#flights.size === 0) this.#onIdle?.();
      },
    };
    this.#flights.add(flight);
    return flight;
  }

  /** Whether a run of that id was in flight, and `owner`'s own when one is given. */
  cancel(run: string, owner?: string): boolean {
    const flight = this.#byRun.get(run);
    if (flight === undefined || (owner !== undefined && owner !== flight.owner)) return false;
    flight.abort();
    return true;
  }

  /** Takes no new runs and waits for those in flight; after `ms` milliseconds the rest are aborted, and recorded so. */
  async drain(ms: number): Promise<void> {
    this.#stopping = true;
    if (await this.#idleWithin(ms)) return;
    for (const flight of this.#flights)
      flight.abort(new InksealError("shutting-down", "the server stopped before the run ended"));
    await this.#idleWithin(5_000);
  }

  async #idleWithin(ms: number): Promise<boolean> {
    if (this.#flights.size === 0) return true;
    return await new Promise((resolve) => {
      const timer = setTimeout(() => resolve(false), ms);
      this.#onIdle = () => {
        clearTimeout(timer);
        resolve(true);
      };
    });
  }
}
