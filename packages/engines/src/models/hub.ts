import { InksealError } from "@inkseal/core";
import { refusal } from "../remote/upstream-error.ts";
import type { Answer } from "../transport.ts";
import { type Download, longestWait, wait } from "./download.ts";
import { follow } from "./follow.ts";
import { isSafe } from "./loopback.ts";
import type { HubSource } from "./source.ts";

export interface Hub {
  /** `https://huggingface.co`, or a mirror that speaks as it does. */
  readonly endpoint: string;
  readonly token?: string | undefined;
}
export interface HubFile {
  /** In the repository. */
  readonly path: string;
  readonly bytes: number;
  /** Of large files. */
  readonly sha256: string | undefined;
}
export const publicHub = "https://huggingface.co";
/** Listings longer than this are no models. */
const mostPages = 20;

/** The endpoint without its last slash. Throws `bad-request` when it is neither `https:` nor on this machine. */
export function endpointOf(text: string): string {
  const url = URL.canParse(text) ? new URL(text) : undefined;
  if (url === undefined || !isSafe(url) || url.username !== "" || url.password !== "" || url.search !== "" || url.hash !== "")
    throw new InksealError(
      "bad-request",
      "HF_ENDPOINT has to be an address that begins with https: (http: only on this machine)",
      {
        param: "HF_ENDPOINT",
      },
    );
  return url.href.replace(/\/+$/, "");
}

/**
 * Every file of a repository.
 * Throws `not-found`, `upstream-auth`, `upstream-*`.
 * @see https://huggingface.co/docs/hub/api (`/api/models/{repo}/tree/{revision}`; more pages by the Link header)
 */
export async function hubFiles(hub: Hub, source: HubSource, io: Download): Promise<HubFile[]> {
  const files: HubFile[] = [];
  const origin = new URL(hub.endpoint).origin;
  let url: string | undefined =
    `${hub.endpoint}/api/models/${source.repo}/tree/${encodeURIComponent(source.revision)}?recursive=true`;
  for (let page = 0; url !== undefined; page++) {
    const answer = await listing(url, hub, source, io);
    files.push(...filesOf(await answer.text()));
    const next = /<([^>]*)>\s*;[^,]*\brel="?next\b/.exec(String(answer.headers.link ?? ""))?.[1];
    url = next !== undefined && URL.canParse(next, url) ? new URL(next, url).href : undefined;
    // the token goes with each page: no other origin is asked for one
    if (url !== undefined && (new URL(url).origin !== origin || page >= mostPages))
      throw new InksealError("upstream-invalid", "the hub's listing does not end, or leads elsewhere");
  }
  return files;
}

/** One page; a busy hub is asked three times, one that cannot be reached once. */
async function listing(
  url: string,
  hub: Hub,
  source: HubSource,
  { transport, signal, pause = wait }: Download,
): Promise<Answer> {
  for (let tries = 1; ; tries++) {
    try {
      const answer = await follow(transport, { url, token: hub.token, signal });
      if (answer.status === 200) return answer;
      answer.release?.();
      throw refused(hub, source, answer.status, answer.headers);
    } catch (error) {
      if (!InksealError.is(error)) throw error;
      const unreachable = error.code === "upstream-error" && error.details.upstream === undefined;
      if (unreachable && hub.endpoint === publicHub)
        throw new InksealError(error.code, `${error.message}; the address of a mirror goes into HF_ENDPOINT`, error.details);
      const waitMs = Math.max((error.details.retryAfter ?? 0) * 1000, 500 * 2 ** tries);
      if (unreachable || !error.retryable || tries === 3 || waitMs > longestWait) throw error;
      await pause(waitMs, signal);
    }
  }
}

/** The file's address. */
export const hubUrl = ({ endpoint }: Hub, { repo, revision }: HubSource, path: string): string =>
  `${endpoint}/${repo}/resolve/${encodeURIComponent(revision)}/${path.split("/").map(encodeURIComponent).join("/")}`;

function filesOf(text: string): HubFile[] {
  let list: unknown;
  try {
    list = JSON.parse(text);
  } catch {
    list = undefined;
  }
  if (!Array.isArray(list)) throw new InksealError("upstream-invalid", "the hub's listing is no JSON array");
  return list.flatMap((entry: { type?: unknown; path?: unknown; size?: unknown; lfs?: { oid?: unknown; size?: unknown } }) => {
    if (entry?.type !== "file" || typeof entry.path !== "string") return [];
    const bytes = entry.lfs?.size ?? entry.size;
    if (typeof bytes !== "number" || !Number.isSafeInteger(bytes) || bytes < 0)
      throw new InksealError("upstream-invalid", "the hub's listing has a file without a size");
    const oid = entry.lfs?.oid;
    const sha256 = typeof oid === "string" ? /^(?:sha256:)?([0-9a-f]{64})$/i.exec(oid)?.[1]?.toLowerCase() : undefined;
    return [{ path: entry.path, bytes, sha256 }];
  });
}

function refused(
  hub: Hub,
  { repo, revision }: HubSource,
  status: number,
  headers: Parameters<typeof refusal>[3],
): InksealError {
  const { host } = new URL(hub.endpoint);
  const what = `${repo}${revision === "main" ? "" : `@${revision}`}`;
  if (status === 404) return new InksealError("not-found", `${host} has no ${what}`);
  // the hub answers 401 for what does not exist, too
  if (status === 401 && !hub.token)
    return new InksealError("not-found", `${host} has no public ${what}; if it is private, set HF_TOKEN`);
  if (status === 401 || status === 403)
    return new InksealError(
      "upstream-auth",
      `${host} does not give ${what} to this token (${status}); its terms may have to be accepted at ${hub.endpoint}/${repo}`,
    );
  return refusal(host, status, undefined, headers);
}
