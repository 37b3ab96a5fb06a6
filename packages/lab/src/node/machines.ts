import { InksealError } from "@inkseal/core";
import type { TrainConfig } from "../train/config.ts";
import { type SocketReduce, socketReduce } from "./socket-reduce.ts";

/** This machine's place among those that train one model together. */
export interface Machines {
  /** From 0, which listens, reports and keeps the checkpoints. */
  readonly rank: number;
  readonly size: number;
  /** Where rank 0 is reached, host:port. */
  readonly address: string;
  /** The same on all machines, at least 16 characters; from the environment or a vault, never from a configuration file. */
  readonly secret: string;
  /** Longest wait for another machine, ms; 60,000. Above the time that evaluating and keeping a checkpoint take. */
  readonly timeout?: number;
}

/** What a configuration says of machines, with the secret that it must not say. Throws `bad-request` when that is missing. */
export function machinesOf(config: TrainConfig, secret: string | undefined): Machines | undefined {
  if (config.machines === undefined) return undefined;
  if (secret === undefined || secret.length < 16)
    throw new InksealError("bad-request", "training over machines needs a shared secret of at least 16 characters", {
      param: "secret",
    });
  return { ...config.machines, secret };
}

/** Joins the other machines; resolves when all are there. Throws as `socketReduce`. */
export function joinMachines({ rank, size, address, secret, timeout }: Machines): Promise<SocketReduce> {
  const colon = address.lastIndexOf(":");
  const host = address.slice(0, colon).replace(/^\[(.*)\]$/, "$1"); // [::1]:4000
  return socketReduce({
    rank,
    size,
    secret,
    host,
    port: Number(address.slice(colon + 1)),
    ...(timeout !== undefined && { timeout }),
  });
}
