import type { Words } from "./table.ts";

export const verifyWords = {
  title: { "zh-CN": "验印", en: "Verify" },
  lead: {
    "zh-CN": "把文件放进来，看看它的印记和账本怎么说。",
    en: "Give it a file and see what its marks and the ledger say.",
  },
  drop: { "zh-CN": "把文件拖到这里", en: "Drop a file here" },
  or: { "zh-CN": "或", en: "or" },
  choose: { "zh-CN": "选择文件", en: "Choose a file" },
  another: { "zh-CN": "再验一个", en: "Verify another" },
  stays: {
    "zh-CN": "文件只交给你自己的 Inkseal 服务器，不会保存。",
    en: "The file goes to your own Inkseal server only and is not kept.",
  },
  checking: (name: string) => ({ "zh-CN": `正在查验 ${name}…`, en: `Checking ${name}…` }),
  verdict: {
    recognised: { "zh-CN": "认得：由 AI 生成", en: "Recognised: AI-generated" },
    altered: { "zh-CN": "被改动过", en: "Altered" },
    unknown: { "zh-CN": "没有找到印记", en: "No mark found" },
    unreadable: { "zh-CN": "无法读取", en: "Cannot be read" },
  },
  meaning: {
    recognised: {
      "zh-CN": "文件带有有效印记，或账本记录了它。",
      en: "It carries a valid mark, or the ledger has it on record.",
    },
    altered: {
      "zh-CN": "文件里的印记与内容不符：盖印之后有人改动过。",
      en: "Its marks contradict its content: it was changed after sealing.",
    },
    unknown: {
      "zh-CN": "没有印记证明不了任何事：它可能是人做的，也可能是印记被去掉的 AI 作品。",
      en: "Absence proves nothing: a person may have made it, or its marks may have been removed.",
    },
    unreadable: { "zh-CN": "文件为空、损坏，或格式不受支持。", en: "It is empty, broken, or of a kind not supported." },
  },
  absence: {
    "zh-CN": "没有印记的文件也可能是 AI 做的：查不到，什么也证明不了。",
    en: "A file without marks may still be AI-generated: absence proves nothing.",
  },
  layers: { "zh-CN": "逐层查验", en: "Layer by layer" },
  status: {
    valid: { "zh-CN": "有效", en: "valid" },
    invalid: { "zh-CN": "无效", en: "invalid" },
    untrusted: { "zh-CN": "未获信任", en: "untrusted" },
    absent: { "zh-CN": "没有", en: "absent" },
  },
  labelClass: { "zh-CN": "标识办法第六条", en: "Labelling Measures, Article 6" },
  labelClasses: {
    "0": { "zh-CN": "无：未发现标识", en: "None: no label found" },
    "1": { "zh-CN": "一类：确认为生成合成内容", en: "Class 1: confirmed as AI-generated" },
    "2": { "zh-CN": "二类：可能为生成合成内容", en: "Class 2: possibly AI-generated" },
    "3": { "zh-CN": "三类：疑似生成合成内容", en: "Class 3: suspected AI-generated" },
  },
  row: { "zh-CN": "账本记录", en: "Ledger row" },
  rowBy: {
    sha256: { "zh-CN": "凭文件内容找到，一字节不差", en: "found by its exact bytes" },
    mark: { "zh-CN": "凭印记里的编号找到", en: "found by the id in its mark" },
  },
  noRow: { "zh-CN": "这本账里没有它。", en: "This ledger has no row for it." },
  details: { "zh-CN": "数据", en: "Data" },
} satisfies Words;
