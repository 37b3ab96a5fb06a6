import type { Chunk } from "@inkseal/core";
import { InksealError } from "@inkseal/core";
import { type Decoder, gptDecoder, readModel, type WasmBackend } from "@inkseal/lab";
import type { Maker, Place } from "../creator.ts";
import { writeAbc } from "./abc/write.ts";
import { type Composed, compose, type Models } from "./compose.ts";
import { isSound } from "./formats.ts";
import type { MelodyJob } from "./job.ts";
import type { Piece } from "./score/piece.ts";
import type { Forms } from "./tune/form.ts";
import type { TuneModel } from "./tune/sing.ts";

/** The maker; a model is read when a job first needs it. */
export async function openMelody(place: Place): Promise<Maker<MelodyJob>> {
  let backend: WasmBackend | undefined;
  const loaded = new Map<string, Promise<Decoder>>();
  const model = (name: string): Promise<Decoder> => {
    const there = loaded.get(name) ?? load(name);
    loaded.set(name, there);
    return there;
  };
  const load = async (name: string): Promise<Decoder> => {
    const { config, weights } = await readModel((file) => place.read(`${name}/${file}`), `melody/${name}`);
    if (config.kind !== "gpt") throw new InksealError("bad-file", `melody/${name} is a ${config.kind}, not a gpt`);
    backend ??= place.backend({ threads: 1 }); // so small a model is not faster on more
    return gptDecoder(backend, config, weights);
  };
  const tunes = async (): Promise<TuneModel> => {
    const [decoder, forms] = await Promise.all([model("tunes"), place.read("tunes/forms.json")]);
    return { decoder, ...(forms && { forms: JSON.parse(new TextDecoder().decode(forms)) as Forms }) };
  };
  const models: Models = { tunes, chorales: () => model("chorales") };
  return { make: (job, signal) => make(models, job, signal) };
}

async function* make(models: Models, job: MelodyJob, signal: AbortSignal): AsyncGenerator<readonly Chunk[]> {
  let tokens = 0;
  let seconds = 0;
  for (let index = 0; index < job.choices; index++) {
    let made: Composed | undefined;
    let said = 0;
    const writing = isSound(job.output) ? 0.4 : 1;
    for await (const now of compose(models, job, job.seed + index, signal)) {
      made = now;
      if (now.done) break;
      const fraction = (index + writing * now.fraction) / job.choices;
      const chunks: Chunk[] = [{ index, progress: { fraction, note: now.note } }];
      if (job.output === "text" && job.stream && now.piece.voices.length === 1) {
        const text = finished(abcOf(now.piece, job));
        if (text.length > said) chunks.push({ index, text: text.slice(said) });
        said = Math.max(said, text.length);
      }
      yield chunks;
    }
    tokens += made!.tokens;
    const { piece } = made!;
    const last = index === job.choices - 1;
    if (job.output === "text") {
      yield [{ index, text: abcOf(piece, job).slice(said) }];
    } else {
      const sound = isSound(job.output) ? await import("./synth/render.ts") : undefined;
      if (sound) {
        const length = sound.secondsOf(piece);
        if (length > sound.longest)
          throw new InksealError(
            "too-large",
            `the music would sound ${Math.round(length)} s; sound files are at most ${sound.longest} s here, MIDI and scores are not limited`,
          );
        seconds += length;
      }
      for await (const step of fileOf(piece, job, signal)) {
        if (typeof step === "number")
          yield [{ index, progress: { fraction: (index + writing + 0.6 * step) / job.choices, note: "sound" } }];
        else yield [{ index, media: { mediaType: step.mediaType, bytes: step.bytes, last: true } }];
      }
    }
    yield [{ index, finish: "stop", ...(last && { usage: { outputTokens: tokens, ...(seconds > 0 && { seconds }) } }) }];
  }
}

const abcOf = (piece: Piece, { credit }: MelodyJob): string => writeAbc(piece, { lines: [`Z:${credit}`] });
/** Of a text that grows the lines that will not change: all but the last two. */
function finished(text: string): string {
  const lines = text.split("\n");
  return lines
    .slice(0, -3)
    .map((line) => `${line}\n`)
    .join("");
}

async function* fileOf(
  piece: Piece,
  job: MelodyJob,
  signal: AbortSignal,
): AsyncGenerator<number | { mediaType: string; bytes: Uint8Array }> {
  const utf8 = (text: string): Uint8Array => new TextEncoder().encode(text);
  const { output } = job;
  if (output === "audio/midi") yield { mediaType: output, bytes: (await import("./midi/write.ts")).writeMidi(piece) };
  else if (output === "text/vnd.abc") yield { mediaType: output, bytes: utf8(abcOf(piece, job)) };
  else if (output === "image/svg+xml")
    yield { mediaType: output, bytes: utf8((await import("./engrave/engrave.ts")).engrave(piece, job)) };
  else if (output === "application/vnd.recordare.musicxml+xml")
    yield {
      mediaType: output,
      bytes: utf8((await import("./musicxml/write.ts")).writeMusicXml(piece, { software: job.credit })),
    };
  else {
    const { render } = await import("./synth/render.ts");
    const { encodeAudio, fileTypeOf } = await import("@inkseal/codec");
    for await (const step of render(piece, signal)) {
      if (typeof step === "number") yield step;
      else yield { mediaType: fileTypeOf(output), bytes: await encodeAudio(step, output) };
    }
  }
}
