#!/usr/bin/env node
// The sources run as they are: tsx reads the TypeScript (its cache keeps later starts quick), main does the rest.
import { register } from "tsx/esm/api";

register();
await import("../src/main.ts");
