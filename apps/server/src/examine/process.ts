/** The process that examines files which strangers hand in: it may be ended at any moment. Speaks `ExamineAsk` and `ExamineAnswer`. */
import { InksealError } from "@inkseal/core";
import { createMarker, type Marker } from "@inkseal/mark";
import { ffmpegCoder } from "@inkseal/mark/node";
import type { ExamineAnswer, ExamineAsk, SeenApart } from "./words.ts";

const ffmpeg = ffmpegCoder();
let marker: Marker | undefined;

async function answer(ask: ExamineAsk): Promise<unknown> {
  if (ask.verb === "start") {
    marker = createMarker({ ...ask.options, now: Date.now, video: ffmpeg, sound: ffmpeg });
    return undefined;
  }
  if (marker === undefined) throw new InksealError("internal", "the examining process was not told how to start");
  if (ask.verb === "read") return await marker.read(ask.bytes);
  if (ask.verb === "words") return await marker.readWords(ask.bytes, async () => ask.tokens);
  if (ask.verb === "likelihood") return await marker.likelihood(ask.bytes);
  const seen = await marker.look(ask.bytes);
  return seen.map(({ print, probe }): SeenApart => ({ print, asks: probe.asks }));
}

process.on("message", (ask: ExamineAsk) => {
  answer(ask).then(
    (value) => process.send?.({ value } satisfies ExamineAnswer),
    (error: unknown) => {
      const { code, message } = InksealError.from(error);
      process.send?.({ error: { code, message } } satisfies ExamineAnswer);
    },
  );
});
process.on("disconnect", () => process.exit(0));
