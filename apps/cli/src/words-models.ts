import type { Words } from "./locale.ts";

const files = (count: number): string => `${count} ${count === 1 ? "file" : "files"}`;

/** What `inkseal models` says, in both locales side by side. */
export const modelWords = {
  list: { "zh-CN": "列出可用的模型", en: "list the models that can be used" },
  pull: { "zh-CN": "下载模型到这台机器：可续传，核对校验和", en: "bring a model to this machine, resumed and checked" },
  remove: { "zh-CN": "从这台机器删除一个模型", en: "delete a model from this machine" },
  name: { "zh-CN": "模型", en: "model" },
  place: { "zh-CN": "位置", en: "runs" },
  tasks: { "zh-CN": "能做", en: "does" },
  size: { "zh-CN": "大小", en: "size" },
  none: { "zh-CN": "没有模型", en: "no models" },
  unavailable: (engine: string, why: string) => ({
    "zh-CN": `${engine} 暂不可用：${why}`,
    en: `${engine} is not available: ${why}`,
  }),
  places: {
    embedded: { "zh-CN": "内置", en: "built in" },
    local: { "zh-CN": "本机", en: "here" },
    cloud: { "zh-CN": "云端", en: "cloud" },
  },
  beside: {
    adapter: { "zh-CN": "LoRA 适配器", en: "LoRA adapter" },
    mmproj: { "zh-CN": "视觉投影", en: "vision projector" },
    model: { "zh-CN": "没有引擎能用", en: "no engine takes it" },
  },
  broken: (id: string, why: string) => ({ "zh-CN": `${id} 用不了：${why}`, en: `${id} cannot be used: ${why}` }),
  unfinished: (file: string, size: string) => ({
    "zh-CN": `未下载完：${file}（${size}）；再次 pull 即可续传，或 inkseal models remove`,
    en: `unfinished: ${file} (${size}); the same pull goes on, or: inkseal models remove`,
  }),
  pulling: { "zh-CN": "下载中", en: "pulling" },
  looking: { "zh-CN": "查询中", en: "looking" },
  into: (id: string, size: string, folder: string) => ({
    "zh-CN": `${id}${size && `（${size}）`} → 本机 ${folder}`,
    en: `${id}${size && ` (${size})`} to ${folder} on this machine`,
  }),
  eta: (time: string) => ({ "zh-CN": `还需 ${time}`, en: `eta ${time}` }),
  retry: (why: string, seconds: number) => ({
    "zh-CN": `${why}；${seconds} 秒后重试`,
    en: `${why}; trying again in ${seconds} s`,
  }),
  kept: (size: string) => ({
    "zh-CN": `已下载的 ${size} 保留着：再运行同一命令即可续传`,
    en: `the ${size} that came are kept: the same command goes on from there`,
  }),
  how: {
    downloaded: { "zh-CN": "已下载", en: "downloaded" },
    present: { "zh-CN": "原已存在", en: "was there already" },
    linked: { "zh-CN": "已链接", en: "linked" },
    copied: { "zh-CN": "已复制", en: "copied" },
  },
  file: { "zh-CN": "文件", en: "file" },
  architecture: { "zh-CN": "结构", en: "architecture" },
  context: { "zh-CN": "上下文", en: "context" },
  tokens: (count: number) => ({ "zh-CN": `${count} 词元`, en: `${count} tokens` }),
  licence: { "zh-CN": "许可", en: "licence" },
  unstated: { "zh-CN": "文件里没有写明", en: "the file does not say" },
  yes: { "zh-CN": "不再询问", en: "do not ask" },
  question: (id: string, size: string, count: number, folder: string) => ({
    "zh-CN": `从本机 ${folder} 删除 ${id}（${size}，${count} 个文件）？[y/N] `,
    en: `Delete ${id} (${size}, ${files(count)}) from ${folder} on this machine? [y/N] `,
  }),
  needsYes: {
    "zh-CN": "没有终端可以询问：加上 --yes 才会删除",
    en: "there is no terminal to ask at: say --yes to delete",
  },
  removed: (id: string, size: string) => ({ "zh-CN": `已删除 ${id}，腾出 ${size}`, en: `deleted ${id}, ${size}` }),
  stays: { "zh-CN": "没有删除任何东西", en: "nothing was deleted" },
} satisfies Words;
