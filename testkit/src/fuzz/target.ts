import { InksealError } from "@inkseal/core";

/** One parser of strangers' bytes, for the fuzzer and for the replay of what it kept. */
export interface FuzzTarget {
  /** Also the name of its folder in the corpus. */
  readonly name: string;
  /** Well-formed inputs, made by our own writers. */
  seeds(): readonly Uint8Array[] | Promise<readonly Uint8Array[]>;
  /** Reads the input. May throw `InksealError` and nothing else; throws an `Error` of its own where what it read is wrong. */
  run(input: Uint8Array): unknown;
  /** Words of the format, which no chance finds. */
  readonly words?: readonly string[];
}

/** Milliseconds of processor that no input of these sizes may take. */
export const tooLong = 2000;

/** What is wrong with how a target took an input; undefined where it returned or refused. */
export async function verdictOf(target: FuzzTarget, input: Uint8Array): Promise<string | undefined> {
  try {
    await target.run(input);
    return undefined;
  } catch (error) {
    if (InksealError.is(error) && error.code !== "internal") return undefined;
    return error instanceof Error
      ? `${error.name}: ${error.message}\n${error.stack?.split("\n").slice(1, 5).join("\n")}`
      : String(error);
  }
}
