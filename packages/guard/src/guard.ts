import { checkBrief } from "./check.ts";
import type { Detectors, Guard } from "./contract.ts";
import { OutputGate } from "./gate.ts";
import { mediaCheck, mediaType } from "./media.ts";
import { Scanner } from "./scanner.ts";
import { personalData } from "./text/index.ts";

/** Personal data in text; media that are what they say. */
export const defaultDetectors: Detectors = Object.freeze({ text: personalData, media: [mediaType] });

/**
 * A guard over these detectors. Fails closed: a detector that throws, one that takes more than `timeoutMs` (media;
 * 10,000), a media type that none accepts and an empty list are all `unchecked`.
 * @example
 * const gate = createGuard().open(defaultPolicy);
 * for await (const chunks of engine.generate(plan, signal)) deliver(gate.push(chunks));
 * deliver(gate.end());
 */
export function createGuard({
  detectors = defaultDetectors,
  timeoutMs = 10_000,
}: {
  readonly detectors?: Detectors;
  readonly timeoutMs?: number;
} = {}): Guard {
  const scanner = new Scanner(detectors.text);
  const checkMedia = mediaCheck(detectors.media, scanner, timeoutMs);
  return {
    check: (brief, policy, signal) => checkBrief(brief, policy, scanner, checkMedia, signal),
    open: (policy) => new OutputGate(scanner, policy, checkMedia),
  };
}
