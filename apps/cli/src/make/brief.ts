import { readFile } from "node:fs/promises";
import { basename } from "node:path";
import { type BriefInput, Controls, type InputFile, type Message, mediaTypeOf, sniff, type Task } from "@inkseal/core";
import type { Values } from "../command.ts";
import { UsageError } from "../usage-error.ts";
import { words } from "../words.ts";
import type { makeOptions } from "./options.ts";
import { projectFiles } from "./project.ts";
import { type TaskName, tasks } from "./tasks.ts";

/** The brief that a command line asks for. Reads `--input` and `--schema`. */
export async function briefOf(
  name: TaskName,
  text: string | undefined,
  options: Values<typeof makeOptions>,
): Promise<BriefInput> {
  const [task, makes, usual] = tasks[name] as readonly [Task, "words" | "file" | "data", string?];
  if (options.size !== undefined && !Controls.shape.size.safeParse(options.size).success)
    throw new UsageError(words.make.badSize(options.size));
  const files = await Promise.all(options.input.map(readInput));
  if (options.project !== undefined) files.push(...(await projectFiles(options.project)));
  const toFile = options.output !== undefined && options.output !== "-";
  return {
    task,
    model: options.model ?? usual,
    ...(task === "chat"
      ? { messages: messagesOf(text ?? "", files.filter(isPicture), options.system), files: files.filter((f) => !isPicture(f)) }
      : { text, files }),
    controls: defined({
      voice: options.voice,
      speed: options.speed,
      pitch: options.pitch,
      language: options.language,
      style: options.style,
      size: options.size,
      negative: options.negative,
      steps: options.steps,
      seed: options.seed,
      temperature: options.temperature,
      maxTokens: options["max-tokens"],
      schema: options.schema === undefined ? undefined : await readSchema(options.schema),
      format: options.format ?? formatOf(options.output, makes, usual !== undefined),
      own: ownOf(name, options),
    }),
    fallbacks: [...options.fallback],
    policy: options.policy,
    stream: makes === "words" && (!toFile || options.stream),
    // words that go into a file become a labelled artifact, as any other file
    keep: toFile && makes === "words" ? true : undefined,
  };
}

/**
 * `form=七绝` and the like; a value that is JSON (a number, a list, true) is that, everything else words. Code has its file's name, which tells the
 * language, unless another model is asked that may not know it.
 */
function ownOf(name: TaskName, { set, file, model }: Values<typeof makeOptions>): Record<string, unknown> | undefined {
  const own: Record<string, unknown> = {};
  if (name === "code" && model === undefined && file !== undefined && file !== "-") own.name = basename(file);
  for (const setting of set) {
    const equals = setting.indexOf("=");
    if (equals < 1) throw new UsageError(words.make.badSetting(setting));
    const value = setting.slice(equals + 1);
    try {
      own[setting.slice(0, equals)] = JSON.parse(value);
    } catch {
      own[setting.slice(0, equals)] = value;
    }
  }
  return Object.keys(own).length === 0 ? undefined : own;
}

/** Pictures go into the message, as OpenAI's content parts. */
function messagesOf(text: string, files: readonly InputFile[], system: string | undefined): Message[] {
  const parts = files.map((f) => ({
    type: "image_url",
    image_url: { url: `data:${f.mediaType};base64,${Buffer.from(f.bytes).toString("base64")}` },
  }));
  const user: Message = { role: "user", content: parts.length === 0 ? text : [{ type: "text", text }, ...parts] };
  return system === undefined ? [user] : [{ role: "system", content: system }, user];
}

const isPicture = ({ role }: InputFile): boolean => role === "image";

async function readInput(path: string): Promise<InputFile> {
  const bytes = new Uint8Array(await readFile(path));
  const sniffed = sniff(bytes);
  const named = mediaTypeOf(path);
  const mediaType = sniffed === "text/plain" && named !== undefined && /^text\/|json$|xml$/.test(named) ? named : sniffed;
  const role = /^(audio|image)\//.exec(mediaType)?.[1];
  return { name: basename(path), mediaType, bytes, ...(role !== undefined && { role }) };
}

async function readSchema(path: string): Promise<Record<string, unknown>> {
  const text = await readFile(path, "utf8");
  try {
    const value: unknown = JSON.parse(text);
    if (typeof value === "object" && value !== null && !Array.isArray(value)) return value as Record<string, unknown>;
  } catch {
    // told below
  }
  throw new UsageError(words.make.badSchema(path));
}

/** The format that the output's name asks for: of words plain text, which is not what they are by default, and what a model of its own task may write. */
function formatOf(output: string | undefined, makes: "words" | "file" | "data", own: boolean): string | undefined {
  const type = output === undefined ? undefined : mediaTypeOf(output);
  if (makes === "words")
    return type === "text/plain" || (own && !/^text\/(markdown|html)$/.test(type ?? "")) ? type : undefined;
  return makes === "file" ? type : undefined;
}

const defined = <T extends object>(values: T): Partial<T> =>
  Object.fromEntries(Object.entries(values).filter(([, v]) => v !== undefined)) as Partial<T>;
