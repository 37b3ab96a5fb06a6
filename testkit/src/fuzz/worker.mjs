// tsx by --import would do nothing: its entry registers itself in main threads only.
import { register } from "tsx/esm/api";

register();
await import("./worker.ts");
