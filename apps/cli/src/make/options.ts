import type { Options } from "../command.ts";

/** Options of `make`: where to, which model, and the controls. Ranges are core's `Controls`. */
export const makeOptions = {
  output: {
    kind: "file",
    short: "o",
    value: "FILE",
    help: {
      "zh-CN": "写到文件（- 为标准输出）；写完才替换旧文件",
      en: "write to FILE (- for standard output); replaces it only when whole",
    },
  },
  file: { kind: "file", short: "f", value: "FILE", help: { "zh-CN": "从文件读文字", en: "read the words from FILE" } },
  input: {
    kind: "list",
    short: "i",
    value: "FILE",
    file: true,
    help: { "zh-CN": "附上图片或录音（可多次）", en: "a picture or recording to work from (repeatable)" },
  },
  project: {
    kind: "file",
    value: "DIR",
    help: {
      "zh-CN": "make code：参考这个文件夹里的代码",
      en: "make code: the folder whose code it learns from",
    },
  },
  model: {
    kind: "text",
    short: "m",
    value: "ENGINE/MODEL",
    help: { "zh-CN": "用哪个模型（见 inkseal models list）", en: "which model (see inkseal models list)" },
  },
  fallback: {
    kind: "list",
    value: "MODEL",
    help: { "zh-CN": "失败时依次改用（可多次）", en: "try this one when the first fails (repeatable)" },
  },
  policy: { kind: "text", value: "NAME", help: { "zh-CN": "按哪条规则检查和标识", en: "policy that checks and labels" } },
  voice: { kind: "text", value: "NAME", help: { "zh-CN": "嗓音", en: "voice" } },
  speed: { kind: "number", min: 0.25, max: 4, help: { "zh-CN": "语速，1 为原速", en: "pace of the voice; 1 is its own" } },
  pitch: { kind: "number", min: 0.5, max: 2, help: { "zh-CN": "音高，1 为原高", en: "pitch of the voice; 1 is its own" } },
  language: {
    kind: "text",
    value: "TAG",
    help: { "zh-CN": "输出的语言，如 zh-CN、en", en: "language of the output, such as zh-CN or en" },
  },
  style: { kind: "text", value: "WORDS", help: { "zh-CN": "风格", en: "style" } },
  size: { kind: "text", value: "WIDTHxHEIGHT", help: { "zh-CN": "图画大小（像素）", en: "pixels of a picture" } },
  negative: { kind: "text", value: "WORDS", help: { "zh-CN": "图画里不要的东西", en: "what a picture should not show" } },
  steps: { kind: "number", min: 1, max: 500, whole: true, help: { "zh-CN": "扩散步数", en: "diffusion steps" } },
  seed: {
    kind: "number",
    min: -Number.MAX_SAFE_INTEGER,
    max: Number.MAX_SAFE_INTEGER,
    whole: true,
    help: { "zh-CN": "随机种子：同样的种子同样的结果", en: "same seed, same result" },
  },
  temperature: { kind: "number", min: 0, max: 2, help: { "zh-CN": "随机程度", en: "randomness" } },
  "max-tokens": {
    kind: "number",
    min: 1,
    max: 10_000_000,
    whole: true,
    help: { "zh-CN": "最多写多少词元", en: "most tokens to write" },
  },
  set: {
    kind: "list",
    value: "NAME=VALUE",
    help: {
      "zh-CN": "模型自己的控制项，如 form=七绝（可多次；见 inkseal models show）",
      en: "a control of the model's own, such as form=七绝 (repeatable)",
    },
  },
  system: { kind: "text", value: "WORDS", help: { "zh-CN": "系统提示", en: "system message" } },
  schema: {
    kind: "file",
    value: "FILE",
    help: { "zh-CN": "输出必须符合的 JSON Schema", en: "JSON Schema that the output must satisfy" },
  },
  format: {
    kind: "text",
    value: "TYPE",
    help: { "zh-CN": "文件格式，如 wav、png（默认看文件名）", en: "file type, such as wav or png (default: FILE's name)" },
  },
  stream: {
    kind: "flag",
    help: {
      "zh-CN": "也把文字边生成边输出；配合 --json 时每个事件一行",
      en: "words also to standard output as they come; with --json one event a line",
    },
  },
} as const satisfies Options;
