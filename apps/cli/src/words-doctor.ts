import type { Words } from "./locale.ts";

/** What `inkseal doctor` says, in both locales side by side. */
export const doctorWords = {
  status: {
    ok: { "zh-CN": "好", en: "ok" },
    note: { "zh-CN": "提示", en: "note" },
    missing: { "zh-CN": "缺", en: "missing" },
    broken: { "zh-CN": "坏", en: "broken" },
  },
  fix: { "zh-CN": "办法", en: "fix" },
  checking: { "zh-CN": "检查中", en: "checking" },
  allWell: { "zh-CN": "主要功能可用。", en: "The main job runs here." },
  notWell: {
    "zh-CN": "主要功能还用不了：先解决标为“坏”的项目。",
    en: "The main job does not run yet: fix what is broken first.",
  },
  name: {
    node: { "zh-CN": "Node.js", en: "Node.js" },
    folder: { "zh-CN": "数据目录", en: "data folder" },
    disk: { "zh-CN": "磁盘空间", en: "disk space" },
    permissions: { "zh-CN": "密钥文件权限", en: "secret files" },
    config: { "zh-CN": "配置", en: "configuration" },
    database: { "zh-CN": "数据库", en: "database" },
    port: { "zh-CN": "端口", en: "port" },
    keys: { "zh-CN": "API 密钥", en: "API keys" },
    speech: { "zh-CN": "内置语音", en: "built-in speech" },
    llama: { "zh-CN": "llama.cpp", en: "llama.cpp" },
    onnx: { "zh-CN": "ONNX", en: "ONNX" },
    lab: { "zh-CN": "实验室", en: "Lab" },
    film: { "zh-CN": "视频", en: "film" },
    studio: { "zh-CN": "工作台网页", en: "Studio page" },
    provider: (name: string) => ({ "zh-CN": `服务 ${name}`, en: `provider ${name}` }),
    providers: { "zh-CN": "模型服务", en: "providers" },
  },
  node: {
    old: (version: string) => ({ "zh-CN": `${version}，需要 20.19 或更新`, en: `${version}; 20.19 or newer is needed` }),
    fix: {
      "zh-CN": "从 https://nodejs.org 安装 Node.js 20.19 或更新",
      en: "install Node.js 20.19 or newer from https://nodejs.org",
    },
  },
  folder: {
    ok: (path: string) => ({ "zh-CN": `${path} 可写`, en: `${path} can be written` }),
    fresh: (path: string) => ({
      "zh-CN": `${path} 还没有，第一次运行时创建`,
      en: `${path} does not exist yet; the first run makes it`,
    }),
    cannot: (path: string, why: string) => ({ "zh-CN": `${path} 不能写（${why}）`, en: `${path} cannot be written (${why})` }),
    fix: {
      "zh-CN": "改正权限，或用 --home / INKSEAL_HOME 另选目录",
      en: "correct its permissions, or choose another with --home or INKSEAL_HOME",
    },
    loose: (files: string) => ({ "zh-CN": `别的用户能读：${files}`, en: `other users can read ${files}` }),
    tight: { "zh-CN": "只有你能读", en: "only you can read them" },
    none: { "zh-CN": "还没有", en: "none yet" },
    freeSpace: (size: string) => ({ "zh-CN": `剩余 ${size}`, en: `${size} free` }),
    freeFix: {
      "zh-CN": "腾出空间，或换一块盘（--home）；账本写不进去时一律不放行",
      en: "make room or use another disk (--home); nothing is let out while the ledger cannot be written",
    },
  },
  config: {
    ok: (host: string, port: number) => ({ "zh-CN": `地址 ${host}:${port}`, en: `address ${host}:${port}` }),
    fix: {
      "zh-CN": "改正数据目录里的 inkseal.json 或环境变量",
      en: "correct inkseal.json in the data folder, or the environment",
    },
  },
  database: {
    ok: (dialect: string, rows: number) => ({
      "zh-CN": `${dialect}，账本 ${rows} 行`,
      en: `${dialect}, ${rows} ledger ${rows === 1 ? "row" : "rows"}`,
    }),
    served: (url: string, pid: number) => ({
      "zh-CN": `由 ${url} 的服务器（进程 ${pid}）使用`,
      en: `in use by the server at ${url} (process ${pid})`,
    }),
    fix: {
      "zh-CN": "停掉占用它的进程；外部数据库请检查 INKSEAL_DATABASE_URL",
      en: "stop the process that holds it; for a server check INKSEAL_DATABASE_URL",
    },
  },
  port: {
    free: (port: number) => ({ "zh-CN": `${port} 空闲`, en: `${port} is free` }),
    ours: (port: number) => ({ "zh-CN": `${port} 上是 Inkseal 自己`, en: `Inkseal itself serves ${port}` }),
    taken: (port: number) => ({ "zh-CN": `${port} 被别的程序占用`, en: `another program has ${port}` }),
    fix: { "zh-CN": "inkseal serve --port 8788，或停掉那个程序", en: "inkseal serve --port 8788, or stop that program" },
  },
  keys: {
    none: { "zh-CN": "没有：只对本机开放", en: "none: only this machine is served" },
    some: (count: number) => ({ "zh-CN": `${count} 把有效`, en: `${count} live` }),
  },
  speech: {
    ok: (bytes: string) => ({ "zh-CN": `说出了一句话（${bytes} WAV）`, en: `spoke a sentence (${bytes} WAV)` }),
    fix: { "zh-CN": "在仓库目录运行 npm ci", en: "run npm ci in the repository" },
  },
  llama: {
    pull: {
      "zh-CN": "要在本机写作：inkseal models pull，或把 GGUF 文件放进数据目录的 models",
      en: "to write on this machine: inkseal models pull, or put GGUF files into models in the data folder",
    },
    fix: {
      "zh-CN": "npm ci（x64 与 arm64 的 Linux、macOS、Windows 自带二进制）",
      en: "npm ci (binaries come with npm for Linux, macOS and Windows on x64 and arm64)",
    },
  },
  onnx: {
    ok: (backends: string) => ({ "zh-CN": `可用（${backends}）`, en: `runs on ${backends}` }),
    fix: { "zh-CN": "npm ci", en: "npm ci" },
  },
  lab: {
    ok: (fused: boolean, threads: number, gpu: string | undefined, models: number) => ({
      "zh-CN": `WebAssembly SIMD 内核${fused ? "，融合乘加" : "，没有融合乘加"}，${threads} 个线程；GPU：${gpu ?? "无"}；${models} 个语言模型`,
      en: `kernels of WebAssembly SIMD ${fused ? "with" : "without"} fused multiply-add, ${threads} ${threads === 1 ? "thread" : "threads"}; GPU: ${gpu ?? "none"}; ${models} language ${models === 1 ? "model" : "models"}`,
    }),
    noPackage: {
      "zh-CN": "要在 GPU 上训练：npm install webgpu；没有它就用 CPU",
      en: "to train on a GPU: npm install webgpu; without it the CPU does all",
    },
    noGpu: {
      "zh-CN": "要在 GPU 上训练：装好显卡的 Vulkan（Linux）、Metal（macOS）或 Direct3D 12（Windows）驱动；没有就用 CPU",
      en: "to train on a GPU: install its driver for Vulkan (Linux), Metal (macOS) or Direct3D 12 (Windows); without one the CPU does all",
    },
    fix: {
      "zh-CN": "需要带 WebAssembly SIMD 和共享内存的 Node.js：装 20.19 或更新",
      en: "it needs Node.js with WebAssembly SIMD and shared memory: install 20.19 or newer",
    },
  },
  film: {
    ok: (ffmpeg: string, font: string, inside: boolean) => ({
      "zh-CN": `${ffmpeg}；字幕用 ${font}${inside ? "（随包自带）" : ""}`,
      en: `${ffmpeg}; captions in ${font}${inside ? " (from its package)" : ""}`,
    }),
    none: {
      "zh-CN": "没有 ffmpeg：不能生成视频，视频画面也不带水印和可见标识",
      en: "no ffmpeg: no films, and neither watermark nor visible label on the frames of videos",
    },
    lacks: (ffmpeg: string, encoders: string) => ({
      "zh-CN": `${ffmpeg} 缺少编码器 ${encoders}`,
      en: `${ffmpeg} has no encoder ${encoders}`,
    }),
    fix: {
      "zh-CN":
        "安装 ffmpeg：Debian/Ubuntu 用 apt install ffmpeg，macOS 用 brew install ffmpeg，Windows 用 winget install ffmpeg",
      en: "install ffmpeg: apt install ffmpeg (Debian, Ubuntu), brew install ffmpeg (macOS), winget install ffmpeg (Windows)",
    },
    noFont: { "zh-CN": "没有含汉字的字体，字幕画不出来", en: "no font with Han characters for captions" },
    fontFix: { "zh-CN": "npm ci（字体在其中一个包里）", en: "npm ci (a font is in one of the packages)" },
  },
  studio: {
    ok: { "zh-CN": "已构建", en: "built" },
    none: { "zh-CN": "未构建", en: "not built" },
    fix: { "zh-CN": "npm start（会自动构建）", en: "npm start (builds it)" },
  },
  provider: {
    none: { "zh-CN": "未配置；离线功能不需要", en: "none configured; offline work needs none" },
    noneFix: {
      "zh-CN": "如 export OPENAI_API_KEY=…，或写进 inkseal.json",
      en: "for example export OPENAI_API_KEY=…, or put it into inkseal.json",
    },
    ok: (models: number) => ({
      "zh-CN": `可达，${models} 个模型`,
      en: `answers, ${models} ${models === 1 ? "model" : "models"}`,
    }),
    fix: { "zh-CN": "检查它的密钥、地址和网络", en: "check its key, its address and the network" },
  },
} satisfies Words;
