import { columns } from "../captions/lines.ts";
import { sentencesOf } from "../speech/sentences.ts";

/** What one shot tells and shows. */
export interface Scene {
  /** Said and captioned; empty for one that is only looked at. */
  readonly words: string;
  /** What the picture should show: the script's own direction, else the words. */
  readonly shows: string;
  /** The user's own picture, from 1, where the script names one. */
  readonly picture?: number;
}
export interface Storyboard {
  readonly kind: "poem" | "script" | "prose";
  readonly title?: string;
  readonly author?: string;
  readonly scenes: readonly Scene[];
}

/** Columns (a Han character is two) of one scene's words: about ten seconds of speech. */
const longestScene = 96;
const heading =
  /^\s*(?:#{2,}\s+|SCENE\b|INT\.|EXT\.|场景|場景|镜头|鏡頭|第[一二三四五六七八九十百\d]+[场幕場])\s*([^:：]*?)(?:\s*[:：]\s*(.*))?$/i;
const picture =
  /^\s*(?:IMAGE|PICTURE|SHOT|画面|畫面|图片|圖片)\s*[:：]?\s*(?:#|第)?\s*(\d{1,3})?\s*(?:张|張)?\s*[:：]?\s*(.*)$/i;
const direction = /^\s*(?:\((.*)\)|（(.*)）|\[(.*)\]|【(.*)】)\s*$/;
const speaker = /^\s*(?:[A-Z][A-Z .'-]{0,30}|\p{Script=Han}{1,6})\s*[:：]\s*(?=\S)/u;

/**
 * A text as scenes. A script has headings (`SCENE 2: The harbour`, `场景二：港口`), directions in brackets, `画面：…` or `IMAGE: 2`; a poem
 * has short lines and is shown couplet by couplet; anything else is told paragraph by paragraph, long ones by their sentences.
 */
export function storyboardOf(text: string): Storyboard {
  const lines = text
    .replace(/\r\n?/g, "\n")
    .split("\n")
    .map((l) => l.trim());
  const { title, author, body } = heads(lines);
  const named = { ...(title !== undefined && { title }), ...(author !== undefined && { author }) };
  if (body.some((l) => heading.test(l))) return { kind: "script", ...named, scenes: scriptScenes(body) };
  const spoken = body.filter((l) => l !== "");
  const poem =
    spoken.length >= 2 &&
    spoken.every((l) => columns(l) <= 44) &&
    (spoken.length >= 4 || spoken.every((l) => columns(l) <= 34));
  return poem ? { kind: "poem", ...named, scenes: poemScenes(body) } : { kind: "prose", ...named, scenes: proseScenes(body) };
}

/** A title (`# …`, `《…》`, or a short first line with a blank one below) and an author line under it. */
function heads(lines: readonly string[]): { title?: string; author?: string; body: readonly string[] } {
  let at = lines.findIndex((l) => l !== "");
  if (at < 0) return { body: [] };
  const first = lines[at]!;
  const marked = /^#\s+(.+)$|^《(.+)》$|^(?:TITLE|标题|標題)\s*[:：]\s*(.+)$/i.exec(first);
  let title = marked?.slice(1).find((t) => t !== undefined);
  const rest = lines.slice(at + 1);
  const bare =
    title === undefined &&
    columns(first) <= 40 &&
    !/[。！？.!?，,；;：:]$/.test(first) &&
    !heading.test(first) &&
    !picture.test(first);
  const authorAt = lines.findIndex((l, i) => i > at && l !== "");
  const author = authorAt < 0 ? undefined : authorOf(lines[authorAt]!);
  // an unmarked first line is a title only when something sets it apart
  if (bare && rest.some((l) => l !== "") && (rest[0] === "" || author !== undefined)) title = first;
  if (title === undefined) return { body: lines };
  if (author !== undefined) at = authorAt;
  return { title, ...(author !== undefined && { author }), body: lines.slice(at + 1) };
}

function authorOf(line: string): string | undefined {
  const found =
    /^(?:by\s+|作者[:：]\s*|—+\s*)(.{1,40})$|^([[〔（(【](?:唐|宋|元|明|清|汉|晋|魏|隋|先秦|近现代|五代|南北朝)[\]〕）)】]\s*.{1,12})$|^((?:唐|宋|元|明|清|汉|晋)[·・]\s*.{1,8})$/iu.exec(
      line,
    );
  return found
    ?.slice(1)
    .find((a) => a !== undefined)
    ?.trim();
}

function poemScenes(lines: readonly string[]): Scene[] {
  const scenes: Scene[] = [];
  for (const stanza of groupsOf(lines)) {
    // a line that is a couplet already (two halves with a comma) stands alone
    const size = stanza.every((l) => /[，,；;].+/.test(l) && columns(l) >= 20) ? 1 : 2;
    for (let i = 0; i < stanza.length; i += size) {
      const words = stanza.slice(i, i + size).join("\n");
      scenes.push({ words, shows: words.replaceAll("\n", " ") });
    }
  }
  return scenes;
}

function proseScenes(lines: readonly string[]): Scene[] {
  return groupsOf(lines).flatMap((paragraph) => {
    let next: { picture?: number } = {};
    const kept = paragraph.filter((line) => {
      const found = picture.exec(line);
      if (found?.[1] !== undefined) next = { picture: Number(found[1]) };
      return found === null;
    });
    return partsOf(kept.join(" ")).map((words, i) => ({ words, shows: words, ...(i === 0 && next) }));
  });
}

function scriptScenes(lines: readonly string[]): Scene[] {
  const scenes: { words: string[]; shows: string; picture?: number }[] = [];
  const current = (): { words: string[]; shows: string; picture?: number } => {
    if (scenes.length === 0) scenes.push({ words: [], shows: "" });
    return scenes.at(-1)!;
  };
  for (const line of lines) {
    const head = heading.exec(line);
    const shown = head === null ? picture.exec(line) : null;
    const aside = direction
      .exec(line)
      ?.slice(1)
      .find((d) => d !== undefined);
    if (head !== null)
      scenes.push({ words: [], shows: (head[2] ?? head[1] ?? "").replace(/^[\d\s.一二三四五六七八九十]+/, "").trim() });
    else if (shown !== null && (shown[1] !== undefined || shown[2] !== "")) {
      const scene = current();
      if (shown[1] !== undefined) scene.picture = Number(shown[1]);
      if (shown[2] !== "") scene.shows = shown[2]!;
    } else if (aside !== undefined) current().shows = `${current().shows} ${aside}`.trim();
    else if (line !== "") current().words.push(line.replace(speaker, ""));
  }
  return scenes.flatMap(({ words, shows, picture: number }) => {
    const parts = partsOf(words.join("\n"));
    const own = number === undefined ? {} : { picture: number };
    if (parts.length === 0) return shows === "" && number === undefined ? [] : [{ words: "", shows, ...own }];
    return parts.map((part) => ({ words: part, shows: shows || part, ...own }));
  });
}

/** Runs of lines between blank ones. */
function groupsOf(lines: readonly string[]): string[][] {
  const groups: string[][] = [[]];
  for (const line of lines) {
    if (line !== "") groups.at(-1)!.push(line);
    else if (groups.at(-1)!.length > 0) groups.push([]);
  }
  return groups.filter((g) => g.length > 0);
}

/** Sentences put together while they fit into one scene, evenly. */
function partsOf(text: string): string[] {
  const sentences = sentencesOf(text);
  const total = sentences.reduce((n, s) => n + columns(s), 0);
  const aim = total / Math.max(1, Math.ceil(total / longestScene));
  const parts: string[] = [];
  let size = 0;
  for (const sentence of sentences) {
    const width = columns(sentence);
    if (parts.length > 0 && size + width <= longestScene && size + width / 2 <= aim) {
      parts[parts.length - 1] += `${/[\p{Script=Han}。！？”]$/u.test(parts.at(-1)!) ? "" : " "}${sentence}`;
      size += width;
    } else {
      parts.push(sentence);
      size = width;
    }
  }
  return parts;
}
