import type { Match, TextDetector } from "./contract.ts";

/** A match and who found it. */
export interface Hit extends Match {
  readonly detector: string;
}

/** Characters before an offset on which a detector may depend; the streams keep that much of what is gone. */
export const LOOK_BEHIND = 32;

/** All text detectors as one. A detector that throws is reported to `onFault` and finds nothing. */
export class Scanner {
  readonly size: number;
  readonly #groups: readonly { readonly needs: RegExp | undefined; readonly detectors: readonly TextDetector[] }[];

  constructor(detectors: readonly TextDetector[]) {
    this.size = detectors.length;
    const groups = new Map<RegExp | undefined, TextDetector[]>();
    for (const detector of detectors) {
      const group = groups.get(detector.needs);
      if (group === undefined) groups.set(detector.needs, [detector]);
      else group.push(detector);
    }
    this.#groups = [...groups].map(([needs, members]) => ({ needs, detectors: members }));
  }

  /** False when no detector can find anything in `text`. */
  stirs(text: string): boolean {
    for (const { needs } of this.#groups) if (needs === undefined || needs.test(text)) return true;
    return false;
  }

  /** Every match, by start, then the longest, then the surest. */
  scan(text: string, onFault: (detector: string) => void): Hit[] {
    const hits: Hit[] = [];
    for (const { needs, detectors } of this.#groups) {
      if (needs !== undefined && !needs.test(text)) continue;
      for (const detector of detectors) {
        try {
          for (const match of detector.scan(text))
            if (match.end > match.start) hits.push({ ...match, detector: detector.name });
        } catch {
          onFault(detector.name);
        }
      }
    }
    return hits.length < 2 ? hits : hits.sort((a, b) => a.start - b.start || b.end - a.end || b.score - a.score);
  }

  /** Offset from which nothing may be released yet. */
  holdFrom(text: string, onFault: (detector: string) => void): number {
    let hold = text.length;
    for (const { detectors } of this.#groups) {
      for (const detector of detectors) {
        try {
          hold = Math.min(hold, detector.holdFrom(text));
        } catch {
          onFault(detector.name);
        }
      }
    }
    return Math.max(0, hold);
  }
}
