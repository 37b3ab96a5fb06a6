import { startUpstream } from "@inkseal/testkit";
import { expect, it } from "vitest";
import { presets, providersOf, remoteEngines } from "./providers.ts";
import { undiciTransport } from "./transport.ts";

const transport = undiciTransport();

it("has well-formed presets, each switched on by a variable of its own", () => {
  const variables = Object.values(presets).flatMap((p) => [p.keyVariable, p.urlVariable].filter(Boolean));
  expect(new Set(variables).size).toBe(variables.length);
  for (const [name, preset] of Object.entries(presets)) {
    expect(name).toMatch(/^[a-z0-9][a-z0-9.-]*$/);
    expect(preset.keyVariable ?? preset.urlVariable, name).toBeDefined();
    expect(new URL(preset.baseUrl).protocol, name).toBe(preset.place === "cloud" ? "https:" : "http:");
  }
  for (const name of "openai deepseek dashscope moonshot zhipu mistral groq openrouter vllm lmstudio ollama localai llamacpp".split(
    " ",
  ))
    expect(presets).toHaveProperty(name);
});
it("takes providers from the environment, and the configuration's word for those it names", () => {
  const environment = { OPENAI_API_KEY: "a", OLLAMA_BASE_URL: "http://o:1/v1", GROQ_API_KEY: "", OTHER: "x" };
  const own = { name: "openai", kind: "openai", apiKey: "b" } as const;
  expect(providersOf(environment, [own])).toEqual([
    own,
    { name: "ollama", kind: "openai", apiKey: undefined, baseUrl: "http://o:1/v1" },
  ]);
});
it("makes an engine of each, with its preset's place and tasks", () => {
  const engines = remoteEngines(
    [
      { name: "deepseek", kind: "openai" },
      { name: "anthropic", kind: "openai" },
      { name: "claude", kind: "anthropic" },
      { name: "gemini", kind: "gemini" },
      { name: "mine", kind: "openai", baseUrl: "http://localhost:9/v1" },
      { name: "theirs", kind: "openai", baseUrl: "http://localhost.example/v1" },
    ],
    { transport },
  );
  expect(engines.map((e) => [e.name, e.place, e.tasks.length])).toEqual([
    ["deepseek", "cloud", 3],
    ["anthropic", "cloud", 1],
    ["claude", "cloud", 1],
    ["gemini", "cloud", 1],
    ["mine", "local", 9],
    ["theirs", "cloud", 9],
  ]);
  for (const baseUrl of [undefined, "nowhere"])
    expect(() => remoteEngines([{ name: "mine", kind: "openai", baseUrl }], { transport })).toThrow(/mine has no baseUrl/);
});
it("gives its settings to the engine", async () => {
  const upstream = await startUpstream();
  const [engine] = remoteEngines(
    [{ name: "mine", kind: "openai", baseUrl: upstream.url, apiKey: "k", headers: { "x-team": "7" } }],
    { transport },
  );
  expect((await engine?.models())?.length).toBe(2);
  expect(upstream.seen[0]?.headers).toMatchObject({ authorization: "Bearer k", "x-team": "7" });
  await upstream.close();
  await transport.close();
});
