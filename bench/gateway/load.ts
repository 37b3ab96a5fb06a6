/**
 * A closed-loop load generator on raw sockets, light enough to share two cores with what it measures: each connection
 * sends a request, reads the whole response (Content-Length or chunked), notes microseconds, sends the next.
 */
import { connect, type Socket } from "node:net";

export interface Load {
  readonly port: number;
  readonly path: string;
  readonly headers: Readonly<Record<string, string>>;
  readonly body: string;
  readonly connections: number;
  /** Seconds of measurement, after `warmup` seconds that do not count; or `requests` in all. */
  readonly seconds?: number;
  readonly warmup?: number;
  readonly requests?: number;
  /** Called with the head of every whole response. */
  readonly onWhole?: (head: string) => void;
}
export interface Measured {
  readonly rps: number;
  /** Milliseconds. */
  readonly p50: number;
  readonly p99: number;
  /** Milliseconds to the first byte of the body, median. */
  readonly first: number;
  readonly count: number;
  readonly errors: number;
}

export async function load(spec: Load): Promise<Measured> {
  const request = Buffer.from(
    `POST ${spec.path} HTTP/1.1\r\nhost: 127.0.0.1:${spec.port}\r\n${Object.entries({
      "content-type": "application/json",
      ...spec.headers,
    })
      .map(([k, v]) => `${k}: ${v}\r\n`)
      .join("")}content-length: ${Buffer.byteLength(spec.body)}\r\n\r\n${spec.body}`,
  );
  const latencies: number[] = [];
  const firsts: number[] = [];
  let errors = 0;
  let count = 0;
  const start = performance.now();
  const from = start + (spec.warmup ?? 0) * 1000;
  const until = spec.requests === undefined ? from + (spec.seconds ?? 1) * 1000 : Number.POSITIVE_INFINITY;
  let sent = 0;
  const more = (): boolean => performance.now() < until && (spec.requests === undefined || sent++ < spec.requests);

  const one = (): Promise<void> =>
    new Promise((resolve) => {
      let socket: Socket;
      let sentAt = 0;
      let firstAt = 0;
      let reader = new ResponseReader();
      const send = (): void => {
        if (!more()) {
          socket.destroy();
          resolve();
          return;
        }
        reader = new ResponseReader();
        firstAt = 0;
        sentAt = performance.now();
        socket.write(request);
      };
      const open = (): void => {
        socket = connect(spec.port, "127.0.0.1", send);
        socket.setNoDelay(true);
        socket.on("data", (data) => {
          const whole = reader.push(data);
          if (firstAt === 0 && reader.bodyBegun) firstAt = performance.now();
          if (!whole) return;
          const now = performance.now();
          if (reader.status !== 200) errors++;
          else spec.onWhole?.(reader.head);
          if (now >= from) {
            count++;
            latencies.push(now - sentAt);
            firsts.push(firstAt - sentAt);
          }
          send();
        });
        socket.on("error", () => undefined);
        socket.on("close", () => {
          if (performance.now() < until && spec.requests === undefined && !reader.whole) errors++;
          resolve();
        });
      };
      open();
    });
  await Promise.all(Array.from({ length: spec.connections }, one));
  const elapsed = (Math.min(performance.now(), until) - from) / 1000;
  latencies.sort((a, b) => a - b);
  firsts.sort((a, b) => a - b);
  const at = (list: number[], q: number): number => list[Math.min(list.length - 1, Math.floor(list.length * q))] ?? Number.NaN;
  return { rps: count / elapsed, p50: at(latencies, 0.5), p99: at(latencies, 0.99), first: at(firsts, 0.5), count, errors };
}

/** Knows when one HTTP/1.1 response is whole. */
class ResponseReader {
  head = "";
  status = 0;
  whole = false;
  bodyBegun = false;
  #left = -1;
  #tail = "";
  #chunked = false;

  push(data: Buffer): boolean {
    let text = data.toString("latin1");
    if (this.status === 0) {
      this.head += text;
      const end = this.head.indexOf("\r\n\r\n");
      if (end < 0) return false;
      text = this.head.slice(end + 4);
      this.head = this.head.slice(0, end);
      this.status = Number(this.head.slice(9, 12));
      const length = /content-length: (\d+)/i.exec(this.head)?.[1];
      this.#chunked = length === undefined;
      this.#left = Number(length ?? -1);
    }
    if (text.length > 0) this.bodyBegun = true;
    if (this.#chunked) {
      this.#tail = (this.#tail + text).slice(-7);
      this.whole = this.#tail.endsWith("\r\n0\r\n\r\n");
    } else {
      this.#left -= text.length;
      this.whole = this.#left <= 0;
    }
    return this.whole;
  }
}
