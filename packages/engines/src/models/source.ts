import { InksealError } from "@inkseal/core";
import { isSafe } from "./loopback.ts";
import { safeName } from "./safe-name.ts";
import { isGguf } from "./split-name.ts";

export interface HubSource {
  readonly kind: "hub";
  /** `publisher/repository`. */
  readonly repo: string;
  /** Branch, tag or commit. */
  readonly revision: string;
  /** One file, its path in the repository. */
  readonly file?: string;
  /** Which of the files: a quantisation such as `Q4_K_M` (GGUF) or `q8` (ONNX). */
  readonly word?: string;
}
export interface UrlSource {
  readonly kind: "url";
  /** Without fragment. */
  readonly url: string;
  /** Below the models folder. */
  readonly name: string;
  /** Lower case. */
  readonly sha256?: string;
}
export interface PathSource {
  readonly kind: "path";
  readonly path: string;
}
export type Source = HubSource | UrlSource | PathSource;

const repository = /^([\w.-]+\/[\w.-]+?)(?:@([\w.-]+))?(?:\/(.+)|:([\w.-]+))?$/;

/**
 * Where a model shall come from: `hf:publisher/repo`, `hf:publisher/repo:Q4_K_M`, `hf:publisher/repo/file.gguf` (each with
 * `@revision` after the repository), a page of the hub, `https://…/x.gguf#sha256=…`, `file:…` or a path. Throws `bad-request`.
 */
export function parseSource(text: string, endpoint: string): Source {
  if (/^hf:/i.test(text)) return hubSource(text.slice(3).replace(/^\/\//, ""), text);
  if (/^file:/i.test(text)) return { kind: "path", path: pathOf(text) };
  if (!/^[a-z][a-z0-9+.-]+:\/\//i.test(text)) return { kind: "path", path: text };
  const url = URL.canParse(text) ? new URL(text) : bad(text, "is no address");
  const page = hubPage(url, endpoint);
  if (page !== undefined) return page;
  if (!isSafe(url)) throw bad(text, "has to begin with https: (http: only on this machine)");
  if (url.username !== "" || url.password !== "") throw bad(text, "must not carry a password");
  const file = safeName(decode(url.pathname.slice(url.pathname.lastIndexOf("/") + 1), text));
  if (!isGguf(file)) throw bad(text, "is not the address of a .gguf file");
  const sha256 = /^#(?:sha256=([0-9a-f]{64}))?$/i.exec(url.hash || "#");
  if (sha256 === null) throw bad(text, "has something after # that is not sha256= and 64 hexadecimal digits");
  url.hash = "";
  const name = safeName(`${url.hostname.replace(/[^\w.-]+/g, "-").replace(/^[.-]+|[.-]+$/g, "")}/${file}`);
  return { kind: "url", url: url.href, name, ...(sha256[1] && { sha256: sha256[1].toLowerCase() }) };
}

function hubSource(address: string, text: string): HubSource {
  const [, repo = "", revision = "main", file, word] = repository.exec(address) ?? [];
  if (repo === "") throw bad(text, "is not of the form hf:publisher/repository, :QUANTISATION or /file.gguf after it");
  safeName(repo);
  if (file !== undefined && !/\.(gguf|onnx)$/i.test(safeName(file)))
    throw bad(text, "names a file that is neither .gguf nor .onnx");
  return { kind: "hub", repo, revision, ...(file !== undefined && { file }), ...(word !== undefined && { word }) };
}

/** The address of a repository or of a file in it, as copied from the browser. One with a checksum is an address like others. */
function hubPage(url: URL, endpoint: string): HubSource | undefined {
  const hosts = ["huggingface.co", "hf.co", new URL(endpoint).host];
  if (!hosts.includes(url.host) || url.hash !== "") return undefined;
  const [, repo, revision, file] =
    /^\/([\w.-]+\/[\w.-]+?)(?:\/(?:resolve|blob|tree)\/([\w.-]+)(?:\/(.+))?)?\/?$/.exec(url.pathname) ?? [];
  if (repo === undefined) return undefined;
  return hubSource(`${repo}${revision ? `@${revision}` : ""}${file ? `/${decode(file, url.href)}` : ""}`, url.href);
}

function pathOf(text: string): string {
  const path = text.slice(5).replace(/^\/\/(localhost)?(?=\/)/i, "");
  return decode(path, text);
}

function decode(text: string, whole: string): string {
  try {
    return decodeURIComponent(text);
  } catch {
    throw bad(whole, "holds a % that is no escape");
  }
}

/** The address without what may be secret in it. */
const shown = (text: string): string =>
  text
    .replace(/[?#].*$/s, "")
    .replace(/\/\/[^/@]*@/, "//")
    .slice(0, 200);
function bad(text: string, why: string): never {
  throw new InksealError("bad-request", `${JSON.stringify(shown(text))} ${why}`, { param: "model" });
}
