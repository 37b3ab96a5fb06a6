import type { Brief, InputFile, Policy } from "@inkseal/core";
import type { BriefCheck } from "./contract.ts";
import { Judge } from "./judge.ts";
import type { MediaCheck } from "./media.ts";
import type { Scanner } from "./scanner.ts";
import { Walker } from "./walk.ts";

/** Where a brief has words: its own members and the caller's parameters, which same-dialect providers get verbatim. */
const wordy = ["messages", "text", "texts", "suffix", "controls"] as const;

/** Guards a brief: masks every word of it that the policy says, checks its files, decides. */
export async function checkBrief(
  brief: Brief,
  policy: Policy,
  scanner: Scanner,
  checkMedia: MediaCheck,
  signal?: AbortSignal,
): Promise<BriefCheck> {
  signal?.throwIfAborted();
  const judge = new Judge(policy, "in");
  if (scanner.size === 0) judge.fault("there are no text detectors");
  let next = brief;
  try {
    const walker = new Walker(scanner, judge);
    const changes: { -readonly [K in keyof Brief]?: unknown } = {};
    for (const key of wordy) {
      const value = brief[key];
      if (value === undefined) continue;
      const masked = walker.value(value, key);
      if (masked !== value) changes[key] = masked;
    }
    if (brief.wire !== undefined) {
      const params = walker.value(brief.wire.params);
      if (params !== brief.wire.params) changes.wire = { ...brief.wire, params };
    }
    const files = await checkFiles(brief.files, walker, judge, checkMedia, signal);
    if (files !== brief.files) changes.files = files;
    if (Object.keys(changes).length > 0) next = Object.freeze({ ...brief, ...changes } as Brief);
  } catch {
    signal?.throwIfAborted();
    judge.fault("the check of the brief failed");
  }
  return { brief: next, decision: judge.decision() };
}

async function checkFiles(
  files: readonly InputFile[],
  walker: Walker,
  judge: Judge,
  checkMedia: MediaCheck,
  signal?: AbortSignal,
): Promise<readonly InputFile[]> {
  let changed = false;
  const checked: InputFile[] = [];
  for (const file of files) {
    const { bytes } = await checkMedia({ mediaType: file.mediaType, bytes: file.bytes, last: true }, judge, signal);
    const name = walker.value(file.name, "name");
    if (bytes === file.bytes && name === file.name) checked.push(file);
    else {
      changed = true;
      checked.push({ ...file, name, bytes });
    }
  }
  return changed ? checked : files;
}
