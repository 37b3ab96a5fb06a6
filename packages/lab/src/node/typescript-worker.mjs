// Where spawnWorker's threads begin: plain JavaScript that loads tsx, then the TypeScript module that was asked for.
// tsx by --import would do nothing: its entry registers itself in main threads only.
import { register } from "tsx/esm/api";

register();
await import(process.argv[2]);
