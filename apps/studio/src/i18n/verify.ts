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
  here: { "zh-CN": "只在这个网页里查验", en: "Verify in this page only" },
  hereState: {
    off: {
      "zh-CN": "文件不离开浏览器，断网也能用；不问账本，也不查水印。",
      en: "The file never leaves the browser and no network is needed; the ledger and watermarks are not asked.",
    },
    loading: { "zh-CN": "正在装入…", en: "Loading…" },
    on: {
      "zh-CN": "已就绪，可以断网：文件不离开浏览器，不问账本，也不查水印。",
      en: "Ready, also without a network: the file never leaves the browser; the ledger and watermarks are not asked.",
    },
  },
  checking: (name: string) => ({ "zh-CN": `正在查验 ${name}…`, en: `Checking ${name}…` }),
  verdict: {
    recognised: { "zh-CN": "认得：由 AI 生成", en: "Recognised: AI-generated" },
    altered: { "zh-CN": "被改动过", en: "Altered" },
    similar: { "zh-CN": "疑似：像账本里的一件作品", en: "Suspected: like a piece in the ledger" },
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
    similar: {
      "zh-CN": "没有印记；只是看起来（听起来、读起来）像账本里的一件作品。相像不是证明。",
      en: "No mark; it only looks, sounds or reads like a piece in the ledger. Likeness is not proof.",
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
  timeStamp: {
    valid: { "zh-CN": "时间戳有效：", en: "Time-stamp valid:" },
    untrusted: { "zh-CN": "时间戳机构未获信任，不作数：", en: "Time-stamp does not count, its authority is not trusted:" },
    invalid: { "zh-CN": "时间戳不成立，不作数。", en: "Time-stamp does not hold, so it does not count." },
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
    watermark: { "zh-CN": "凭水印找到", en: "found by its watermark" },
    fingerprint: { "zh-CN": "凭相像找到，不是证明", en: "found by its likeness, which is no proof" },
  },
  noRow: { "zh-CN": "这本账里没有它。", en: "This ledger has no row for it." },
  likelihood: { "zh-CN": "像不像机器所作", en: "Like what machines make" },
  likelihoodIs: {
    "zh-CN": "只是猜测，不是证明；结论与类别都不因它而变。",
    en: "A guess, no proof: it changes neither the verdict nor the class.",
  },
  likelihoodMeans: {
    words: (people: string, auc: string, found: string, set: string) => ({
      "zh-CN": `人写的文字有 ${people} % 得分也这么高。AUC ${auc}，误报 1 % 时检出 ${found} %，测于：${set}`,
      en: `${people} % of people's texts score as high. AUC ${auc}, finds ${found} % at 1 % false alarms, measured on: ${set}`,
    }),
    picture: (people: string, auc: string, found: string, set: string) => ({
      "zh-CN": `真实照片有 ${people} % 得分也这么高；绘画与渲染图未曾校准。AUC ${auc}，误报 1 % 时检出 ${found} %，测于：${set}`,
      en: `${people} % of real photographs score as high; of paintings and renderings nothing was measured. AUC ${auc}, finds ${found} % at 1 % false alarms, measured on: ${set}`,
    }),
  },
  resembles: { "zh-CN": "相像的作品", en: "Pieces that it resembles" },
  resemblance: (distance: string, limit: string, found: number, of: string) => ({
    "zh-CN": `距离 ${distance}，上限 ${limit}；实测 ${of} 对无关内容中误连 ${found} 对`,
    en: `distance ${distance}, limit ${limit}; ${found} false links in ${of} foreign pairs measured`,
  }),
  history: { "zh-CN": "来历", en: "History" },
  historyFrom: {
    file: { "zh-CN": "据文件内的 C2PA 凭据，新的在前。", en: "From the C2PA manifest in the file, newest first." },
    stored: {
      "zh-CN": "文件里没有凭据；这是盖印时存档的那一份，新的在前。",
      en: "The file has no manifest; this is the one kept at sealing, newest first.",
    },
  },
  proven: { "zh-CN": "签名与哈希相符", en: "signature and hashes hold" },
  unproven: { "zh-CN": "未能证实", en: "not proven" },
  unknowns: { "zh-CN": "无从得知", en: "What could not be known" },
  unknown: {
    examination: {
      "zh-CN": "文件未能查验：用时或内存超出了这里给一个文件的限度。",
      en: "The file could not be examined within the time and memory that a file gets here.",
    },
    absence: {
      "zh-CN": "什么也没查到：可能是人做的，也可能印记被去掉了。",
      en: "Nothing was found: a person may have made it, or its marks were removed.",
    },
    ledger: {
      "zh-CN": "没有问账本：是不是账本里的作品，不知道。",
      en: "The ledger was not asked, so whether it has this piece is open.",
    },
    content: {
      "zh-CN": "内容未能与账本比对：此类型不解码，或内容太少。",
      en: "The content was not compared with the ledger: a type that is not decoded here, or too little in it.",
    },
    watermark: {
      "zh-CN": "未查水印：此类文件没有，或此处没有密钥。",
      en: "No watermark was looked for: none of this kind of file, or no key here.",
    },
    time: {
      "zh-CN": "何时所作：只有签名者自己说，没有可信时间戳。",
      en: "When it was made: only the signer says so; there is no trusted time-stamp.",
    },
    changes: { "zh-CN": "后来改了什么、谁改的。", en: "What was changed since, and by whom." },
    earlier: {
      "zh-CN": "更早的版本：来历提到了，凭据却不在。",
      en: "Earlier versions: the history names them, and their manifests are not there.",
    },
  },
  details: { "zh-CN": "数据", en: "Data" },
} satisfies Words;
