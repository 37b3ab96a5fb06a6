import type { Words } from "./locale.ts";

/** What `inkseal lab` says, in both locales side by side. */
export const labWords = {
  model: { "zh-CN": "模型", en: "model" },
  tokens: (count: number) => ({ "zh-CN": `${count} 词元`, en: `${count} tokens` }),
  speed: (count: string) => ({ "zh-CN": `${count} 词元/秒`, en: `${count} tokens/s` }),
  examples: (count: string) => ({ "zh-CN": `${count} 样本/秒`, en: `${count} examples/s` }),
  eta: (time: string) => ({ "zh-CN": `还需 ${time}`, en: `eta ${time}` }),
  threads: { "zh-CN": "用几个线程（默认全部核心）", en: "threads to use (default: all cores)" },
  init: {
    summary: { "zh-CN": "写一份训练配置的样例", en: "write a sample training configuration" },
    data: { "zh-CN": "用什么训练：文本、图片文件夹或表格", en: "what to train on: a text, a folder of pictures, a table" },
    teacher: { "zh-CN": "老师模型的文件夹（用于 student）", en: "folder of the teacher (for student)" },
    from: { "zh-CN": "起点模型的文件夹（用于 tune 和 lora）", en: "folder of the model to start from (for tune and lora)" },
    output: { "zh-CN": "写到哪个文件（默认 KIND.json）", en: "the file to write (default: KIND.json)" },
    unknown: (kind: string, of: string) => ({
      "zh-CN": `没有样例“${kind}”，可选：${of}`,
      en: `there is no sample "${kind}"; one of: ${of}`,
    }),
    exists: (file: string) => ({
      "zh-CN": `${file} 已存在，不会覆盖：用 -o 换个名字`,
      en: `${file} is there already and stays: choose another name with -o`,
    }),
    next: (file: string) => ({
      "zh-CN": `各项的含义见 docs/lab.md；改好后运行：inkseal lab train ${file}`,
      en: `docs/lab.md says what each field means; then run: inkseal lab train ${file}`,
    }),
  },
  train: {
    summary: {
      "zh-CN": "按配置文件训练模型，实时画出损失曲线；中断后可接着来",
      en: "train a model by a configuration file, with a live loss curve; goes on where it stopped",
    },
    size: (parameters: string, memory: string, tokens: string) => ({
      "zh-CN": `${parameters}个参数，约需内存 ${memory}，每步 ${tokens}个词元`,
      en: `${parameters} parameters, about ${memory} of memory, ${tokens} tokens a step`,
    }),
    sizeOfExamples: (parameters: string, memory: string, examples: string) => ({
      "zh-CN": `${parameters}个参数，约需内存 ${memory}，每步 ${examples}个样本`,
      en: `${parameters} parameters, about ${memory} of memory, ${examples} examples a step`,
    }),
    resumed: (step: number) => ({
      "zh-CN": `从第 ${step} 步的检查点接着训练`,
      en: `goes on from the checkpoint of step ${step}`,
    }),
    step: (step: number, steps: number) => ({ "zh-CN": `第 ${step}/${steps} 步`, en: `step ${step}/${steps}` }),
    loss: { "zh-CN": "损失", en: "loss" },
    held: { "zh-CN": "留出集", en: "held out" },
    heldLong: { "zh-CN": "留出集最好", en: "best held out" },
    nats: (loss: string) => ({ "zh-CN": `${loss} 纳特`, en: `${loss} nats` }),
    best: { "zh-CN": "最好", en: "best" },
    steps: { "zh-CN": "步数", en: "steps" },
    reasons: {
      finished: { "zh-CN": "完成", en: "finished" },
      "early-stop": { "zh-CN": "不再变好，提前停止", en: "stopped early: no better any more" },
      cancelled: { "zh-CN": "已中断", en: "interrupted" },
    },
    kept: (step: number) => ({
      "zh-CN": `第 ${step} 步已保存：再运行同一命令即可接着训练`,
      en: `step ${step} is kept: the same command goes on from there`,
    }),
    unrecorded: (why: string) => ({
      "zh-CN": `这次训练还没记入账本（${why}）；同一文件夹下次训练时会补记`,
      en: `this training is not in the ledger yet (${why}); the next one in its folder records it`,
    }),
  },
  info: {
    summary: { "zh-CN": "显示一个模型的种类、大小和训练能耗", en: "show a model's kind, size and what its training took" },
    kind: { "zh-CN": "种类", en: "kind" },
    parameters: { "zh-CN": "参数", en: "parameters" },
    shape: { "zh-CN": "结构", en: "shape" },
    layers: (layers: number, width: number) => ({
      "zh-CN": `${layers} 层，宽 ${width}`,
      en: `${layers} ${layers === 1 ? "layer" : "layers"} of width ${width}`,
    }),
    context: { "zh-CN": "上下文", en: "context" },
    vocabulary: { "zh-CN": "词表", en: "vocabulary" },
    size: { "zh-CN": "权重文件", en: "weights" },
    training: { "zh-CN": "训练", en: "training" },
    trained: (steps: number, energy: string, mass: string) => ({
      "zh-CN": `${steps} 步，${energy}，${mass} CO2e`,
      en: `${steps} steps, ${energy}, ${mass} CO2e`,
    }),
  },
  generate: {
    summary: {
      "zh-CN": "让训练好的模型续写（原样输出，不经检查和标识）",
      en: "let a trained model go on from words (as it is: neither checked nor labelled)",
    },
    temperature: { "zh-CN": "温度，0 取最可能的（默认 0.8）", en: "temperature, 0 takes the likeliest (default 0.8)" },
    topK: { "zh-CN": "只在最可能的 K 个里抽，0 不限", en: "draw from the K likeliest, 0 from all" },
    topP: { "zh-CN": "只在累计概率 P 以内抽", en: "draw from the likeliest that hold this mass" },
    maxTokens: { "zh-CN": "最多生成多少词元（默认 256）", en: "tokens at most (default 256)" },
    seed: { "zh-CN": "种子：同样的种子得到同样的文字", en: "seed: the same says the same words" },
    stop: { "zh-CN": "遇到这段文字就停（可多次）", en: "stop before this text (may be repeated)" },
    regex: { "zh-CN": "生成的文字必须符合这个正则", en: "what is made must match this regular expression" },
    grammar: { "zh-CN": "生成的文字必须符合这个 GBNF 文法文件", en: "what is made must match this GBNF grammar" },
    draft: {
      "zh-CN": "由这个更小的同词表模型先猜（prompt：从已有文字里猜），文字的分布不变",
      en: "guesses of a smaller model of the same tokens (prompt: of the text so far); what is drawn stays as likely",
    },
    drafted: (accepted: number, drafted: number) => ({
      "zh-CN": `猜了 ${drafted} 个词元，用上 ${accepted} 个`,
      en: `${accepted} of ${drafted} drafted tokens accepted`,
    }),
    oneEnd: {
      "zh-CN": "--regex、--grammar、--stop 只能用一个",
      en: "--regex, --grammar and --stop say where the text ends: use one of them",
    },
    used: (tokens: number, speed: string, energy: string, seed: number) => ({
      "zh-CN": `${tokens} 词元，${speed}，${energy}，种子 ${seed}`,
      en: `${tokens} tokens, ${speed}, ${energy}, seed ${seed}`,
    }),
  },
  calibrate: {
    summary: {
      "zh-CN": "量一量模型分辨自己的文字与人的文字有多准；量过之后查验才会问它",
      en: "measure how well a model tells its own words from people's; verify asks it only then",
    },
    count: { "zh-CN": "两类文字各取多少段（默认 100）", en: "texts of each kind (default 100)" },
    tokens: { "zh-CN": "每段多少词元（默认 128）", en: "tokens of each (default 128)" },
    set: { "zh-CN": "这些人写的文字是什么，随每个结论一起给出", en: "what people's text it is: said beside every verdict" },
    seed: { "zh-CN": "种子（默认 1）", en: "seed (default 1)" },
    measuring: { "zh-CN": "正在测量…", en: "measuring…" },
    auc: { "zh-CN": "ROC 曲线下面积", en: "area under the ROC curve" },
    found: { "zh-CN": "误报 1 % 时检出", en: "found where 1 % of people's are" },
    texts: { "zh-CN": "测量所用", en: "measured on" },
  },
  sample: {
    summary: {
      "zh-CN": "让训练好的模型画图或写表格行（原样输出，不经检查和标识）",
      en: "let a trained model draw pictures or write table rows (as they are: neither checked nor labelled)",
    },
    count: { "zh-CN": "多少个（默认 16）", en: "how many (default 16)" },
    seed: { "zh-CN": "种子：同样的种子得到同样的样本（默认 1）", en: "seed: the same makes the same (default 1)" },
    label: { "zh-CN": "图片的类别（默认各类轮流）", en: "class of the pictures (default: every class in turn)" },
    where: { "zh-CN": "表格行的条件，列=值（可多次）", en: "condition on rows, COLUMN=VALUE (may be repeated)" },
    steps: { "zh-CN": "扩散模型的步数", en: "steps of a diffusion model" },
    guidance: { "zh-CN": "扩散模型的引导强度", en: "guidance of a diffusion model" },
    output: { "zh-CN": "写到哪个文件：图片为 PNG，表格为 CSV", en: "the file to write: pictures as PNG, rows as CSV" },
    badWhere: (value: string) => ({
      "zh-CN": `--where 要像 列=值，不能是“${value}”`,
      en: `--where is like COLUMN=VALUE, not "${value}"`,
    }),
    needsFile: { "zh-CN": "图片要写进文件：用 -o 文件名", en: "pictures go to a file: say which with -o" },
    pictures: (count: number, size: string) => ({
      "zh-CN": `${count} 张 ${size} 的图片`,
      en: `${count} ${count === 1 ? "picture" : "pictures"} of ${size}`,
    }),
    rows: (count: number) => ({ "zh-CN": `${count} 行`, en: `${count} ${count === 1 ? "row" : "rows"}` }),
  },
  compress: {
    summary: {
      "zh-CN": "把模型变小：量化、剪枝、换成学生模型；列表比较前后的大小、速度、能耗和质量",
      en: "make a model smaller: quantised, pruned, or its student; one table of size, speed, energy and quality",
    },
    text: { "zh-CN": "模型没见过的文字，用来校准和测量", en: "text that the model has not seen, to calibrate and measure" },
    int8: { "zh-CN": "量化为 8 位", en: "quantise to 8 bits" },
    int4: { "zh-CN": "量化为 4 位", en: "quantise to 4 bits" },
    prune: { "zh-CN": "剪去这一比例的权重（可多次）", en: "prune this share of the weights (may be repeated)" },
    sparse24: { "zh-CN": "每四个权重剪去两个", en: "prune two of each four weights" },
    tune: { "zh-CN": "剪枝后再训练这么多步，零保持为零", en: "train so many steps after pruning; zeros stay zeros" },
    student: { "zh-CN": "比较这个学生模型（可多次）", en: "compare this distilled student (may be repeated)" },
    pick: { "zh-CN": "写出表中的这一个", en: "write this one of the table" },
    maxCost: {
      "zh-CN": "不用 --pick 时，写出困惑度最多升高这一比例的最小者（默认 0.05）",
      en: "without --pick: write the smallest whose perplexity rises by at most this share (default 0.05)",
    },
    output: { "zh-CN": "写到哪个文件夹", en: "the folder to write" },
    needsText: {
      "zh-CN": "用 --text 指定模型没见过的文字",
      en: "say with --text which text measures; the model must not have seen it",
    },
    notShare: (value: string) => ({
      "zh-CN": `--prune 要 0 到 1 之间的数，不能是“${value}”`,
      en: `--prune takes a share between 0 and 1, not "${value}"`,
    }),
    noneLike: (name: string, of: string) => ({
      "zh-CN": `表里没有“${name}”，有：${of}`,
      en: `the table has no "${name}"; it has: ${of}`,
    }),
    measuring: { "zh-CN": "测量中", en: "measuring" },
    columns: {
      name: { "zh-CN": "模型", en: "model" },
      size: { "zh-CN": "大小", en: "size" },
      ratio: { "zh-CN": "缩小", en: "smaller" },
      speed: { "zh-CN": "词元/秒", en: "tokens/s" },
      energy: { "zh-CN": "焦/千词元", en: "J/1000 tokens" },
      perplexity: { "zh-CN": "困惑度", en: "perplexity" },
      cost: { "zh-CN": "升高", en: "cost" },
    },
    tooDear: (share: string, best: string) => ({
      "zh-CN": `没有一个的困惑度升高在 ${share} 以内；用 --max-cost 放宽，或用 --pick 指定（最接近的是 ${best}）`,
      en: `none costs ${share} of perplexity or less: allow more with --max-cost, or name one with --pick (${best} comes nearest)`,
    }),
    written: (name: string, folder: string, before: string, after: string) => ({
      "zh-CN": `已写出 ${name} → ${folder}（${before} → ${after}）`,
      en: `wrote ${name} to ${folder} (${before} → ${after})`,
    }),
  },
  export: {
    summary: { "zh-CN": "导出为 GGUF、ONNX 或 safetensors", en: "write a model as GGUF, ONNX or safetensors" },
    to: { "zh-CN": "格式", en: "the format" },
    type: { "zh-CN": "GGUF 里矩阵的数字类型（默认 F16）", en: "number type of the matrices in GGUF (default F16)" },
    cache: { "zh-CN": "ONNX 带键值缓存的输入输出", en: "ONNX with the cache of keys and values as inputs and outputs" },
    output: { "zh-CN": "写到哪个文件", en: "the file to write" },
    needs: { "zh-CN": "用 --to 说明格式，用 -o 说明写到哪个文件", en: "say the format with --to and the file with -o" },
    onlyFor: (option: string, format: string) => ({
      "zh-CN": `${option} 只用于 --to ${format}`,
      en: `${option} belongs to --to ${format}`,
    }),
  },
} satisfies Words;
