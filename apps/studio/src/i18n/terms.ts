import type { Words } from "./table.ts";

/** Words of the vocabulary (packages/core) as people read them. */
export const termWords = {
  task: {
    chat: { "zh-CN": "写作", en: "Writing" },
    completion: { "zh-CN": "续写", en: "Completion" },
    infill: { "zh-CN": "填空", en: "Infill" },
    embedding: { "zh-CN": "向量", en: "Embedding" },
    image: { "zh-CN": "图画", en: "Image" },
    "image-edit": { "zh-CN": "改图", en: "Image edit" },
    speech: { "zh-CN": "语音", en: "Speech" },
    transcription: { "zh-CN": "听写", en: "Transcription" },
    moderation: { "zh-CN": "审核", en: "Moderation" },
    music: { "zh-CN": "音乐", en: "Music" },
    video: { "zh-CN": "视频", en: "Video" },
    training: { "zh-CN": "训练", en: "Training" },
  },
  medium: {
    text: { "zh-CN": "文字", en: "Text" },
    image: { "zh-CN": "图画", en: "Picture" },
    audio: { "zh-CN": "声音", en: "Sound" },
    video: { "zh-CN": "视频", en: "Film" },
    other: { "zh-CN": "文件", en: "File" },
  },
  place: {
    embedded: { "zh-CN": "内置", en: "built in" },
    local: { "zh-CN": "本机", en: "this machine" },
    cloud: { "zh-CN": "云端", en: "cloud" },
  },
  status: {
    done: { "zh-CN": "完成", en: "done" },
    failed: { "zh-CN": "失败", en: "failed" },
    cancelled: { "zh-CN": "取消", en: "cancelled" },
    blocked: { "zh-CN": "拦下", en: "blocked" },
    interrupted: { "zh-CN": "中断", en: "interrupted" },
  },
  action: {
    allow: { "zh-CN": "放行", en: "allow" },
    mask: { "zh-CN": "遮盖", en: "mask" },
    rewrite: { "zh-CN": "改写", en: "rewrite" },
    hold: { "zh-CN": "待人审核", en: "hold" },
    block: { "zh-CN": "拦下", en: "block" },
    unchecked: { "zh-CN": "未能检查", en: "unchecked" },
  },
  layer: {
    label: { "zh-CN": "显式标识", en: "Visible or audible label" },
    aigc: { "zh-CN": "隐式标识（GB 45438 AIGC）", en: "Metadata label (GB 45438 AIGC)" },
    c2pa: { "zh-CN": "C2PA 内容凭证", en: "C2PA content credentials" },
    iptc: { "zh-CN": "IPTC 元数据", en: "IPTC metadata" },
    watermark: { "zh-CN": "隐形水印", en: "Invisible watermark" },
  },
  /** The same, as short as a chip. */
  mark: {
    label: { "zh-CN": "标识", en: "Label" },
    aigc: { "zh-CN": "AIGC", en: "AIGC" },
    c2pa: { "zh-CN": "C2PA", en: "C2PA" },
    iptc: { "zh-CN": "IPTC", en: "IPTC" },
    watermark: { "zh-CN": "水印", en: "Watermark" },
  },
  stage: {
    in: { "zh-CN": "想法中", en: "in the brief" },
    out: { "zh-CN": "成品中", en: "in the result" },
  },
  where: (what: string, stage: string) => ({ "zh-CN": `${what}（${stage}）`, en: `${what} (${stage})` }),
  usage: {
    inputTokens: { "zh-CN": "输入词元", en: "input tokens" },
    outputTokens: { "zh-CN": "输出词元", en: "output tokens" },
    cachedTokens: { "zh-CN": "缓存词元", en: "cached tokens" },
    reasoningTokens: { "zh-CN": "推理词元", en: "reasoning tokens" },
    characters: { "zh-CN": "字符", en: "characters" },
    seconds: { "zh-CN": "秒", en: "seconds" },
    images: { "zh-CN": "张图", en: "images" },
    cost: { "zh-CN": "美元", en: "US dollars" },
    energy: { "zh-CN": "焦耳", en: "joules" },
    steps: { "zh-CN": "步", en: "steps" },
  },
  hazard: {
    "pii.email": { "zh-CN": "邮箱", en: "mail address" },
    "pii.phone": { "zh-CN": "电话", en: "phone number" },
    "pii.id": { "zh-CN": "身份证号", en: "identity number" },
    "pii.card": { "zh-CN": "银行卡号", en: "card number" },
    "pii.ip": { "zh-CN": "IP 地址", en: "IP address" },
    "security.media-mismatch": { "zh-CN": "内容与文件类型不符", en: "content of another type than said" },
  },
  family: {
    pii: (n: number) => ({ "zh-CN": `${n} 处个人信息`, en: n === 1 ? "1 personal data span" : `${n} personal data spans` }),
    safety: (n: number) => ({ "zh-CN": `${n} 处安全风险`, en: n === 1 ? "1 safety risk" : `${n} safety risks` }),
    security: (n: number) => ({ "zh-CN": `${n} 处攻击迹象`, en: n === 1 ? "1 sign of an attack" : `${n} signs of an attack` }),
    bias: (n: number) => ({ "zh-CN": `${n} 处偏见`, en: n === 1 ? "1 sign of bias" : `${n} signs of bias` }),
    fact: (n: number) => ({ "zh-CN": `${n} 处存疑`, en: n === 1 ? "1 doubtful claim" : `${n} doubtful claims` }),
    copyright: (n: number) => ({ "zh-CN": `${n} 处版权风险`, en: n === 1 ? "1 copyright risk" : `${n} copyright risks` }),
    other: (n: number) => ({ "zh-CN": `${n} 处发现`, en: n === 1 ? "1 finding" : `${n} findings` }),
  },
  /** What became of findings, by the decision. The `en` verb agrees with a plural or singular subject. */
  outcome: {
    found: (what: string, _many: boolean) => ({ "zh-CN": `发现${spaced(what)}`, en: `${what} found` }),
    allow: (what: string, many: boolean) => ({
      "zh-CN": `${what}，仅作记录`,
      en: `${what} ${many ? "were" : "was"} noted and let through`,
    }),
    mask: (what: string, many: boolean) => ({ "zh-CN": `${what}已遮盖`, en: `${what} ${many ? "were" : "was"} masked` }),
    rewrite: (what: string, many: boolean) => ({ "zh-CN": `${what}已改写`, en: `${what} ${many ? "were" : "was"} rewritten` }),
    hold: (what: string, _many: boolean) => ({ "zh-CN": `${what}，待人审核`, en: `${what}: held for a person` }),
    block: (what: string, many: boolean) => ({ "zh-CN": `${what}被拦下`, en: `${what} ${many ? "were" : "was"} blocked` }),
    unchecked: (what: string, _many: boolean) => ({
      "zh-CN": `${what}，检查未能完成`,
      en: `${what}: the check could not finish`,
    }),
  },
} satisfies Words;

function spaced(what: string): string {
  return /^\d/.test(what) ? ` ${what}` : what;
}
