import { existsSync, readdirSync, readFileSync } from "node:fs";
import { dirname, join } from "node:path";
import { fileURLToPath } from "node:url";
import { expect, it } from "vitest";

const root = join(dirname(fileURLToPath(import.meta.url)), "..");
const json = (path: string) => JSON.parse(readFileSync(join(root, path), "utf8"));

/** What creators are trained on, too large for everybody's install; its lock knows the licences. */
const corpora = "packages/creators/train";

/** Every package.json of the repository: the root's and the workspaces'. */
function manifests(): string[] {
  const folders = (json("package.json").workspaces as string[]).flatMap((pattern) =>
    pattern.endsWith("/*")
      ? readdirSync(join(root, pattern.slice(0, -2))).map((name) => join(pattern.slice(0, -2), name))
      : [pattern],
  );
  return ["", ...folders].map((folder) => join(folder, "package.json")).filter((path) => existsSync(join(root, path)));
}

it("every dependency has its reason and its licence in docs/dependencies.md, and nothing else is there", () => {
  const page = readFileSync(join(root, "docs/dependencies.md"), "utf8");
  const told = new Map(
    [...page.matchAll(/^\| `([^`]+)` +\|.*\|([^|]+)\|$/gm)].map(([, name, licence]) => [name!, licence!.trim()]),
  );
  const used = new Map<string, string>();
  for (const path of manifests()) {
    const { dependencies = {}, devDependencies = {} } = json(path);
    for (const name of Object.keys({ ...dependencies, ...devDependencies })) {
      if (name.startsWith("@inkseal/")) continue;
      const home = [join("node_modules", name), join(dirname(path), "node_modules", name)].find((p) =>
        existsSync(join(root, p)),
      );
      used.set(name, home === undefined ? "not installed" : (json(join(home, "package.json")).license as string));
    }
  }
  const { packages } = json(`${corpora}/package-lock.json`);
  for (const name of Object.keys(json(`${corpora}/package.json`).dependencies))
    used.set(name, packages[`node_modules/${name}`].license);
  expect(Object.fromEntries([...told].sort())).toEqual(Object.fromEntries([...used].sort()));
});
