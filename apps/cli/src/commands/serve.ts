import { InksealError } from "@inkseal/core";
import { defineCommand } from "../command.ts";
import { findServer, homeOf } from "../desk/find-server.ts";
import { exit } from "../exit.ts";
import { words } from "../words.ts";

export const serve = defineCommand({
  summary: words.command.serve,
  usage: "",
  takes: [0, 0],
  options: {
    host: {
      kind: "text",
      value: "ADDRESS",
      help: {
        "zh-CN": "监听地址（默认 127.0.0.1；对外开放先要有密钥）",
        en: "address to listen on (default 127.0.0.1; others need a key first)",
      },
    },
    port: {
      kind: "number",
      short: "p",
      min: 0,
      max: 65_535,
      whole: true,
      help: { "zh-CN": "端口（默认 8787；0 为任选）", en: "port (default 8787; 0 for any)" },
    },
  },
  examples: ["inkseal serve", "inkseal keys create phone && inkseal serve --host 0.0.0.0"],
  run: async (call) => {
    const { screen, say, options, env, signal } = call;
    const home = homeOf(call);
    const other = await findServer(home);
    if (other !== undefined) {
      throw new InksealError("conflict", `${say(words.serve.already(other.url, other.pid))} ${say(words.serve.alreadyNext)}`);
    }
    const { loadConfig, openHouse, startServer } = await import("@inkseal/server");
    const opening = openHouse(await loadConfig(env, { home, host: options.host, port: options.port }));
    try {
      const server = await startServer(opening);
      const house = await opening;
      const keys = house.ledger.keys.any();
      screen.value({ url: server.url, pid: process.pid, home, keys });
      screen.line(`${screen.paint("bold", "Inkseal")}  ${server.url}`);
      screen.pairs(
        [
          [say(words.serve.api), `${server.url}/v1`],
          [say(words.serve.home), home],
        ],
        "out",
        "  ",
      );
      screen.note(screen.paint(keys ? "dim" : "yellow", say(keys ? words.serve.open : words.serve.loopback), "err"));
      screen.note(screen.paint("dim", say(words.serve.stop), "err"));
      if (!signal.aborted)
        await new Promise<void>((resolve) => signal.addEventListener("abort", () => resolve(), { once: true }));
      screen.note(say(words.serve.stopping));
      await server.close();
    } finally {
      await (await opening.catch(() => undefined))?.close();
    }
    screen.note(say(words.serve.stopped));
    return exit.ok;
  },
});
