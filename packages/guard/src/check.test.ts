import { type BriefInput, defaultPolicy, type Policy, PolicySchema, parseBrief } from "@inkseal/core";
import { describe, expect, test } from "vitest";
import type { MediaDetector } from "./contract.ts";
import { createGuard, defaultDetectors } from "./guard.ts";
import { actionFor } from "./judge.ts";
import { mediaType } from "./media.ts";
import { personalData } from "./text/index.ts";

const guard = createGuard();
const bytes = (text: string): Uint8Array => new TextEncoder().encode(text);
const png = Uint8Array.from([0x89, 0x50, 0x4e, 0x47, 0x0d, 0x0a, 0x1a, 0x0a, 0, 0, 0, 0]);
const policyOf = (rules: Partial<Policy["rules"][number]>[], unchecked: Policy["unchecked"] = "block"): Policy =>
  PolicySchema.parse({ name: "test", rules, unchecked });
const check = (input: BriefInput, policy = defaultPolicy) => guard.check(parseBrief(input), policy);

describe("words of a brief", () => {
  test("a clean brief is the same object", async () => {
    const brief = parseBrief({ task: "chat", messages: [{ role: "user", content: "今天天气如何？ It is 2026." }] });
    const { brief: next, decision } = await guard.check(brief, defaultPolicy);
    expect(next).toBe(brief);
    expect(decision).toEqual({ kind: "decision", version: 1, action: "allow", findings: [], policy: "default" });
  });

  test("every place is masked, in the brief and in the caller's own parameters", async () => {
    const messages = [
      { role: "system" as const, content: "Mail a@b.com" },
      { role: "user" as const, content: [{ type: "text", text: "我的手机13800138000" }] },
      {
        role: "assistant" as const,
        content: null,
        tool_calls: [{ id: "call_1", function: { name: "f", arguments: '{"phone":13800138000,"note":"\\n13912345678"}' } }],
      },
      { role: "tool" as const, tool_call_id: "call_1", content: "110105194912310021 or 11010519491231002X" },
    ];
    const { brief, decision } = await check({
      task: "chat",
      model: "m",
      messages,
      text: "a@b.com",
      texts: ["x", "203.0.113.7"],
      suffix: "4111111111111111",
      controls: { stop: ["a@b.com"], tools: [{ type: "function", function: { description: "call 415-555-2671" } }] },
      wire: {
        dialect: "openai.chat",
        params: {
          model: "a@b.com",
          messages,
          input: [{ content: [{ type: "input_text", text: "c@d.com" }] }],
          prompt: ["e@f.com"],
          instructions: "g@h.com",
          metadata: { "i@j.com": "k@l.com", phone: 13800138000, id: "13800138000", status: "call 13800138000" },
          user: "m@n.com",
          seed: 13800138000,
        },
      },
    });
    expect(Object.isFrozen(brief)).toBe(true);
    const masked = [
      { role: "system", content: "Mail [EMAIL]" },
      { role: "user", content: [{ type: "text", text: "我的手机[PHONE]" }] },
      {
        role: "assistant",
        content: null,
        tool_calls: [{ id: "call_1", function: { name: "f", arguments: '{"phone":"[PHONE]","note":"\\n[PHONE]"}' } }],
      },
      { role: "tool", tool_call_id: "call_1", content: "110105194912310021 or [ID]" },
    ];
    expect(brief).toMatchObject({
      model: "m",
      messages: masked,
      text: "[EMAIL]",
      texts: ["x", "[IP]"],
      suffix: "[CARD]",
      controls: { stop: ["[EMAIL]"], tools: [{ type: "function", function: { description: "call [PHONE]" } }] },
      wire: {
        params: {
          model: "a@b.com",
          messages: masked,
          input: [{ content: [{ type: "input_text", text: "[EMAIL]" }] }],
          prompt: ["[EMAIL]"],
          instructions: "[EMAIL]",
          metadata: { "[EMAIL]": "[EMAIL]", phone: "[PHONE]", id: "13800138000", status: "call [PHONE]" },
          user: "[EMAIL]",
          seed: 13800138000,
        },
      },
    });
    expect(decision.action).toBe("mask");
    // the messages stand in the brief and in its parameters, and are reported once
    expect(decision.findings.filter((f) => f.hazard === "pii.id")).toHaveLength(1);
    expect(JSON.stringify(decision)).not.toMatch(/@|13800138000|4111/);
  });

  test("encoded data and the path of an address stay; its query does not", async () => {
    const image = `data:image/png;base64,${"4111111111111111".repeat(40)}`;
    const { brief } = await check({
      task: "chat",
      messages: [
        {
          role: "user",
          content: [
            { type: "image_url", image_url: { url: image } },
            { type: "image_url", image_url: { url: "http://10.0.0.5/13800138000.png?for=a@b.com" } },
            { type: "input_audio", input_audio: { data: "A1b2".repeat(200), format: "wav" } },
          ],
        },
      ],
    });
    const parts = brief.messages?.[0]?.content as { image_url?: { url: string }; input_audio?: { data: string } }[];
    expect(parts[0]?.image_url?.url).toBe(image);
    expect(parts[1]?.image_url?.url).toBe("http://10.0.0.5/13800138000.png?for=[EMAIL]");
    expect(parts[2]?.input_audio?.data).toBe("A1b2".repeat(200));
  });

  test("nesting too deep to walk is unchecked, not let through", async () => {
    let params: Record<string, unknown> = { text: "a@b.com" };
    for (let i = 0; i < 100_000; i++) params = { a: params };
    const brief = Object.freeze({
      ...parseBrief({ task: "chat", text: "x" }),
      wire: { dialect: "openai.chat" as const, params },
    });
    expect((await guard.check(brief, defaultPolicy)).decision.action).toBe("unchecked");
  });

  test("an aborted check rejects", async () => {
    const brief = parseBrief({ task: "chat", text: "x" });
    await expect(guard.check(brief, defaultPolicy, AbortSignal.abort())).rejects.toThrow(/abort/i);
  });
});

describe("policy", () => {
  test("the longest rule that speaks for the stage wins", () => {
    const policy = policyOf([
      { hazard: "*", in: "allow", out: "allow" },
      { hazard: "pii", in: "mask", out: "hold" },
      { hazard: "pii.card", in: "block", minScore: 0.9 },
    ]);
    expect(actionFor(policy, "pii.card", "in", 0.9)).toBe("block");
    expect(actionFor(policy, "pii.card", "in", 0.8)).toBe("allow"); // below minScore: recorded, not acted on
    expect(actionFor(policy, "pii.card", "out", 0.9)).toBe("hold"); // the longer rule says nothing of out
    expect(actionFor(policy, "pii.cardiology", "in", 0.9)).toBe("mask");
    expect(actionFor(policy, "bias.gender", "in", 0.9)).toBe("allow");
    expect(actionFor(policyOf([]), "security.media-mismatch", "out", 1)).toBe("block");
    expect(actionFor(policyOf([{ hazard: "security", out: "allow" }]), "security.media-mismatch", "out", 1)).toBe("allow");
  });

  test.each([
    ["allow", ["allow"]],
    ["mask", ["mask"]],
    ["rewrite", ["mask", "rewrite"]],
    ["hold", ["hold", "rewrite"]],
    ["block", ["mask", "block", "hold"]],
  ] as const)("the strictest action decides: %s", async (expected, actions) => {
    const hazards = ["pii.email", "pii.phone", "pii.card"];
    const rules = actions.map((action, i) => ({ hazard: hazards[i] as string, in: action }));
    const { decision, brief } = await check({ task: "chat", text: "a@b.com 13800138000 4111111111111111" }, policyOf(rules));
    expect(decision.action).toBe(expected);
    expect(decision.findings).toHaveLength(3);
    expect(decision.reason !== undefined).toBe(["hold", "block"].includes(expected));
    if (expected === "rewrite") expect(brief.text).toBe("[EMAIL] [PHONE] 4111111111111111");
  });

  test("a stricter match inside of a masked one still decides", async () => {
    const { decision } = await check(
      { task: "chat", text: "+8613800138000@b.com" },
      policyOf([
        { hazard: "pii.email", in: "mask" },
        { hazard: "pii.phone", in: "block" },
      ]),
    );
    expect(decision.action).toBe("block");
  });
});

describe("files and media", () => {
  const part = (mediaTypeName: string, data: Uint8Array) => ({ mediaType: mediaTypeName, bytes: data, last: true });

  test("bytes that are what they say pass as they are", async () => {
    const gate = guard.open(defaultPolicy);
    const file = part("image/png", png);
    expect(await gate.media(file)).toBe(file);
    expect(gate.decision().action).toBe("allow");
  });

  test("bytes that are something else are blocked", async () => {
    const gate = guard.open(defaultPolicy);
    expect(await gate.media(part("audio/wav", png))).toBeUndefined();
    expect(gate.decision()).toMatchObject({ action: "block", findings: [{ hazard: "security.media-mismatch", stage: "out" }] });
    expect(gate.decision().reason).toContain("declared audio/wav, but the bytes are image/png");
  });

  test("other names of a type are that type", async () => {
    const wav = bytes("RIFF\0\0\0\0WAVEfmt ");
    for (const name of ["audio/x-wav", "audio/wave", "audio/wav; codecs=1"])
      expect(await guard.open(defaultPolicy).media(part(name, wav)), name).toBeDefined();
    expect(await guard.open(defaultPolicy).media(part("audio/pcm", Uint8Array.from([0, 1, 2, 3])))).toBeDefined();
    expect(await guard.open(defaultPolicy).media(part("audio/pcm", png))).toBeUndefined();
  });

  test("text is masked, JSON stays JSON, what is not UTF-8 is unchecked", async () => {
    const text = await guard.open(defaultPolicy).media(part("text/plain; charset=utf-8", bytes("\ufeff手机13800138000")));
    expect(text?.bytes).toEqual(bytes("\ufeff手机[PHONE]"));
    const json = await guard.open(defaultPolicy).media(part("application/json", bytes('{"n":13800138000}')));
    expect(new TextDecoder().decode(json?.bytes)).toBe('{"n":"[PHONE]"}');
    const gate = guard.open(defaultPolicy);
    expect(await gate.media(part("text/plain", Uint8Array.from([0x61, 0xff, 0xfe])))).toBeUndefined();
  });

  test("of a drawing only the words are masked, not the numbers it is drawn with", async () => {
    const svg = '<svg xmlns="x"><path d="M415 555-2671"/><text x="4">13800138000</text></svg>';
    const out = await guard.open(defaultPolicy).media(part("image/svg+xml", bytes(svg)));
    expect(new TextDecoder().decode(out?.bytes)).toBe(svg.replace("13800138000", "[PHONE]"));
  });

  test("a brief's files are checked and masked", async () => {
    const { brief, decision } = await check({
      task: "transcription",
      files: [
        { name: "a@b.com.txt", mediaType: "text/plain", bytes: bytes("call 13800138000") },
        { name: "x.png", mediaType: "image/png", bytes: png },
      ],
    });
    expect(brief.files[0]?.name).not.toContain("@");
    expect(new TextDecoder().decode(brief.files[0]?.bytes)).toBe("call [PHONE]");
    expect(brief.files[1]?.bytes).toBe(png);
    expect(decision.action).toBe("mask");
  });

  test("masking asked of a picture is blocking", async () => {
    const faces: MediaDetector = {
      name: "faces",
      accepts: () => true,
      scan: async () => [{ hazard: "pii.face", start: 0, end: 0, score: 0.9 }],
    };
    const gate = createGuard({ detectors: { ...defaultDetectors, media: [mediaType, faces] } }).open(defaultPolicy);
    expect(await gate.media(part("image/png", png))).toBeUndefined();
    expect(gate.decision().action).toBe("block");
  });
});

describe("fails closed: each is unchecked, and passes only where the policy says so in writing", () => {
  const media = (scan: MediaDetector["scan"]): MediaDetector => ({ name: "slow", accepts: () => true, scan });
  const open = policyOf([{ hazard: "pii", in: "mask", out: "mask" }], "allow");
  const image = { mediaType: "image/png", bytes: png, last: true };
  const cases = [
    [
      "a detector that throws",
      createGuard({ detectors: { text: personalData, media: [media(() => Promise.reject(new Error()))] } }),
      image,
    ],
    [
      "a detector that takes too long",
      createGuard({ detectors: { text: personalData, media: [media(() => new Promise(() => {}))] }, timeoutMs: 5 }),
      image,
    ],
    ["an unknown media type", guard, { ...image, mediaType: "application/x-unknown" }],
    ["an empty list of checks", createGuard({ detectors: { text: [], media: [] } }), image],
  ] as const;

  test.each(cases)("%s", async (_name, which, medium) => {
    const closed = which.open(defaultPolicy);
    expect(await closed.media(medium)).toBeUndefined();
    expect(closed.decision().action).toBe("unchecked");
    expect(closed.decision().reason).toBeTruthy();
    const lax = which.open(open);
    expect(await lax.media(medium)).toBe(medium);
    expect(lax.decision().action).toBe("unchecked");

    const brief = parseBrief({
      task: "image-edit",
      text: "x",
      files: [{ name: "f", mediaType: medium.mediaType, bytes: png }],
    });
    expect((await which.check(brief, defaultPolicy)).decision.action).toBe("unchecked");
  });
});
