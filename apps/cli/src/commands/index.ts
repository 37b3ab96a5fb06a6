import type { Localised } from "@inkseal/core";
import type { Command, Group } from "../command.ts";
import { words } from "../words.ts";

export const version = "0.1.0";

/** Every command; its file loads when it is named. */
export const commands = {
  make: async () => (await import("./make.ts")).make,
  verify: async () => (await import("./verify.ts")).verify,
  serve: async () => (await import("./serve.ts")).serve,
  models: async () => (await import("./models.ts")).models,
  lab: async () => (await import("./lab.ts")).lab,
  ledger: async () => (await import("./ledger.ts")).ledger,
  keys: async () => (await import("./keys.ts")).keys,
  policy: async () => (await import("./policy.ts")).policy,
  doctor: async () => (await import("./doctor.ts")).doctor,
  completion: async () => (await import("./completion.ts")).completion,
} satisfies Record<string, () => Promise<Command | Group>>;

/** One line each for the root's help, so that it need not load the commands. */
export const summaries: Readonly<Record<keyof typeof commands, Localised>> = words.command;
