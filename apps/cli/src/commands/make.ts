import { existsSync } from "node:fs";
import { extname } from "node:path";
import { extensionOf, mediaTypeOf } from "@inkseal/core";
import { writeWhole } from "../atomic.ts";
import { type Call, defineCommand } from "../command.ts";
import { type DeskEvent, openDesk } from "../desk/desk.ts";
import { type ExitCode, exit } from "../exit.ts";
import { briefOf } from "../make/brief.ts";
import { makeOptions } from "../make/options.ts";
import { readWords } from "../make/read-words.ts";
import { decisionLine, marksLine, rowLine, sizeOf, usageLine } from "../make/summary.ts";
import { ofFile, type TaskName, tasks } from "../make/tasks.ts";
import { nearest } from "../suggest.ts";
import { UsageError } from "../usage-error.ts";
import { words } from "../words.ts";

type MakeCall = Call<typeof makeOptions>;
type Made = Extract<DeskEvent, { type: "artifact" }>["artifact"];
type Started = Extract<DeskEvent, { type: "started" }>;
type Finished = Extract<DeskEvent, { type: "finished" }>;

export const make = defineCommand({
  summary: words.command.make,
  usage: 'TASK ["words" | -] [-o FILE]',
  takes: [1, 2],
  first: Object.keys(tasks),
  options: makeOptions,
  examples: [
    'inkseal make speech "人工智能生成的内容应当可以被认出来。" -o hello.wav',
    "inkseal make speech --file lesson.txt --language en --speed 0.9 -o lesson.wav",
    'inkseal make text "Three haiku about ink" --model openai/gpt-5-mini',
    "inkseal make verse '秋夜' --set form=七言绝句 --set acrostic=春江花月",
    "inkseal make table customers.csv --set rows=1000 -o synthetic.csv",
    "inkseal make molecule --set qed=0.8 --set scaffold=c1ccncc1 'six molecules' -o six.sdf",
    "inkseal make code --file src/cart.ts --set line=42 --project .",
    "inkseal make film poem.txt --size 1280x720 -o poem.mp4",
    "echo 'A red seal on white paper' | inkseal make image - --size 1024x1024 -o seal.png",
  ],
  run,
});

async function run(call: MakeCall): Promise<ExitCode> {
  const { options, screen, say, signal } = call;
  const name = call.words[0]!;
  if (!Object.hasOwn(tasks, name))
    throw new UsageError(words.usage.unknownCommand(`make ${name}`), nearest(name, Object.keys(tasks)));
  const task = name as TaskName;
  const makes = tasks[task][1];
  const silent = task === "transcribe" && call.words[1] === undefined && options.file === undefined;
  const asFile = ofFile.has(task) ? (call.words[1] ?? options.file) : undefined;
  if (ofFile.has(task) && asFile === undefined && options.input.length === 0) throw new UsageError(words.make.noFile);
  const text =
    silent || ofFile.has(task) ? undefined : await readWords(...wordsOrFile(task, call.words[1], options.file), process.stdin);
  if (makes === "file" && options.output === undefined && !screen.json) {
    throw new UsageError(process.stdout.isTTY ? words.make.noTerminal : words.make.where);
  }
  const input = asFile === undefined ? options.input : [asFile, ...options.input];
  const brief = await briefOf(task, text, { ...options, input });
  const echo = makes === "words" && !screen.json && (options.output === undefined || options.output === "-" || options.stream);

  const progress = screen.progress(say(words.make.making));
  const desk = await openDesk(call).catch((error) => {
    progress.done();
    throw error;
  });
  const story = new Story();
  let lastChar = "";
  try {
    for await (const event of desk.create(brief, signal)) {
      story.add(event);
      if (screen.json && options.stream && event.type !== "failed") screen.jsonLine(withoutBytes(event));
      if (event.type === "progress") progress.update(event.fraction, event.note);
      if (event.type === "delta" && echo) {
        for (const { index, text: piece } of event.chunks) {
          if (index !== 0 || !piece) continue;
          progress.done();
          screen.raw(piece);
          lastChar = piece.at(-1)!;
        }
      }
      if (event.type === "failed") throw event.error.details.run ? event.error : event.error.withRun(event.run);
    }
  } finally {
    progress.done();
    if (lastChar !== "" && lastChar !== "\n") screen.raw("\n");
    await desk.close();
  }
  const written = await deliver(call, story, makes);
  tell(call, story, written, makes, echo);
  return exit.ok;
}

/** Long texts lie in files: `make film poem.txt` reads the poem, where there is such a file. */
function wordsOrFile(
  task: TaskName,
  words: string | undefined,
  file: string | undefined,
): [string | undefined, string | undefined] {
  const named = task === "film" && file === undefined && words !== undefined && /\.(txt|md)$/i.test(words) && existsSync(words);
  return named ? [undefined, words] : [words, file];
}

/** What came of a run, gathered from its events. */
class Story {
  started: Started | undefined;
  finished: Finished | undefined;
  readonly artifacts: Made[] = [];
  readonly vectors: (readonly number[])[] = [];
  data: unknown;
  text = "";

  add(event: DeskEvent): void {
    if (event.type === "started") this.started = event;
    else if (event.type === "finished") this.finished = event;
    else if (event.type === "artifact") this.artifacts.push(event.artifact);
    else if (event.type === "delta") {
      for (const chunk of event.chunks) {
        if (chunk.index === 0) this.text += chunk.text ?? "";
        if (chunk.vector !== undefined) this.vectors.push(chunk.vector);
        if (chunk.json !== undefined) this.data = chunk.json;
      }
    }
  }
}

/** Puts what was made where it was asked for; says which files were written. */
async function deliver({ options, screen, say }: MakeCall, story: Story, makes: "words" | "file" | "data"): Promise<string[]> {
  const { output } = options;
  if (makes === "data") {
    const value = story.vectors.length === 1 ? story.vectors[0] : story.vectors.length > 1 ? story.vectors : story.data;
    const json = `${JSON.stringify(value ?? null)}\n`;
    if (output !== undefined && output !== "-") {
      await writeWhole(output, Buffer.from(json));
      return [output];
    }
    if (!screen.json) screen.raw(json);
    return [];
  }
  if (output === "-") {
    if (makes === "file" && !screen.json) for (const { bytes } of story.artifacts) screen.raw(bytes);
    return [];
  }
  if (output === undefined) return [];
  if (story.artifacts.length === 0) {
    screen.note(`${say(words.error.warning)}: ${say(words.make.nothing)}`);
    return [];
  }
  const files: string[] = [];
  for (const [i, artifact] of story.artifacts.entries()) {
    const file = i === 0 ? output : besides(output, artifact.mediaType, files, i + 1);
    await writeWhole(file, artifact.bytes);
    files.push(file);
    const claimed = mediaTypeOf(file);
    if (
      claimed !== undefined &&
      extensionOf(claimed) !== extensionOf(artifact.mediaType) &&
      !bothText(claimed, artifact.mediaType)
    ) {
      screen.note(`${say(words.error.warning)}: ${say(words.make.otherKind(file, artifact.mediaType))}`);
    }
  }
  return files;
}

const bothText = (a: string, b: string): boolean => /^text\/|json$/.test(a) && /^text\/|json$/.test(b);
/** A further file: of another kind (captions) under the same name, else numbered. */
function besides(output: string, mediaType: string, taken: readonly string[], n: number): string {
  const base = output.slice(0, output.length - extname(output).length);
  const named = `${base}.${extensionOf(mediaType)}`;
  if (extname(output) !== extname(named) && !taken.includes(named)) return named;
  return `${base}-${n}${extname(output)}`;
}

/** The summary: beside the result when standard output holds it, else there. */
function tell(
  { screen, say, options }: MakeCall,
  story: Story,
  files: readonly string[],
  makes: "words" | "file" | "data",
  echo: boolean,
): void {
  const { started, finished } = story;
  if (started === undefined || finished === undefined) return;
  const marks = story.artifacts.flatMap((a) => a.marks);
  const warnings = [...started.warnings, ...(finished.warnings ?? [])];
  if (screen.json) {
    if (options.stream) return;
    screen.value({
      run: finished.run,
      engine: started.engine,
      model: started.model,
      warnings,
      ...(makes === "words" && { text: story.text }),
      ...(story.vectors.length > 0 && { vectors: story.vectors }),
      ...(story.data !== undefined && { data: story.data }),
      artifacts: story.artifacts.map(({ bytes, ...a }, i) => ({ ...a, size: bytes.length, file: files[i] ?? null })),
      decision: finished.decision,
      usage: finished.usage,
      row: finished.row,
    });
    return;
  }
  const on = echo || options.output === "-" || (makes === "data" && files.length === 0) ? "err" : "out";
  for (const warning of warnings) screen.note(`${screen.paint("yellow", say(words.error.warning), "err")}: ${warning}`);
  if (makes === "file" && story.text.trim() !== "") screen.note(story.text.trimEnd()); // what an engine says of its file
  const kinds = story.artifacts.map((a) => `${a.mediaType}, ${sizeOf(a.bytes.length)}`);
  screen.pairs(
    [
      ...files.map((f, i): [string, string] => [
        say(words.make.file),
        kinds[i] ? `${screen.paint("bold", f, on)} (${kinds[i]})` : f,
      ]),
      [say(words.make.by), `${started.engine}/${started.model}`],
      [
        say(words.make.marks),
        makes === "words" && story.artifacts.length === 0 ? say(words.make.streamed) : marksLine(marks, say),
      ],
      [say(words.make.decision), decisionLine({ action: finished.row.decision, findings: finished.row.findings }, say)],
      [say(words.make.used), usageLine(finished.usage)],
      [say(words.make.row), rowLine(finished.row, say)],
      [say(words.make.run), finished.run],
    ],
    on,
  );
}

/** An event as JSON: a file's bytes stay out of it. */
function withoutBytes(event: DeskEvent): unknown {
  if (event.type === "artifact") {
    const { bytes, ...artifact } = event.artifact;
    return { type: "artifact", artifact: { ...artifact, size: bytes.length } };
  }
  return event;
}
