import { exit } from "./exit.ts";
import { runCli } from "./run-cli.ts";

const stop = new AbortController();
const onSignal = (): void => {
  if (stop.signal.aborted) process.exit(exit.interrupted); // asked twice: at once
  stop.abort();
};
process.on("SIGINT", onSignal);
process.on("SIGTERM", onSignal);
// `inkseal … | head` is no failure
process.stdout.on("error", (error: NodeJS.ErrnoException) => process.exit(error.code === "EPIPE" ? exit.ok : exit.failure));

const { env, stdout, stderr } = process;
process.exitCode = await runCli(process.argv.slice(2), { env, stdout, stderr, signal: stop.signal });
// Everything is closed by now; what an engine's runtime left open (threads, sockets) must not keep the shell waiting.
stdout.write("", () => stderr.write("", () => process.exit()));
