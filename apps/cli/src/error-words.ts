import { type ErrorCode, errorTable, type Localised } from "@inkseal/core";

/** What to do next, by error code. English is core's own table; a code without Chinese is a type error. */
const chinese: Readonly<Record<ErrorCode, string>> = {
  "bad-json": "请提供有效的 JSON。",
  "bad-request": "改正提到的那一项再试。",
  "bad-file": "检查文件名和权限，或换一个能打开的文件。",
  unauthenticated: "带上有效的密钥（`inkseal keys create` 可创建）。",
  forbidden: "换一把有此权限的密钥。",
  blocked: "改一改内容，或找规则的管理者。",
  unchecked: "检查没能完成，所以没有放行。再试一次，或检查规则。",
  "not-found": "检查地址或编号。",
  "unknown-model": "用 `inkseal models list` 看看有哪些模型。",
  conflict: "稍后再试，或先停掉另一个进程。",
  "too-large": "减少一些，或在配置里提高上限。",
  "unsupported-media": "换一种支持的文件。",
  "cannot-do": "换一个能做的模型；`inkseal models list` 会列出。",
  held: "等待有人审核放行。",
  "rate-limited": "稍等片刻再试。",
  "over-budget": "提高密钥的额度，或等下一周期。",
  cancelled: "需要的话再来一次。",
  internal: "这是 Inkseal 的缺陷：请带上运行编号报告（设 INKSEAL_DEBUG=1 可看详情）。",
  "engine-missing": "运行 `inkseal doctor` 看缺什么、怎么装。",
  "upstream-error": "模型服务出错：再试一次，或用 --fallback 指定备用模型。",
  "upstream-invalid": "模型服务的回答不合协议：再试一次，或换一个。",
  "upstream-rejected": "模型服务拒绝了请求：按它的说明修改。",
  "upstream-auth": "检查配置里该服务的密钥。",
  "upstream-rate-limited": "模型服务限制了频率：稍等，或用 --fallback 指定备用模型。",
  overloaded: "进行中的运行太多：稍等再试。",
  "ledger-unavailable": "账本写不进去，所以没有放行。检查磁盘空间和数据库。",
  unreachable: "用 `inkseal serve` 启动服务器，或检查地址。",
  "shutting-down": "服务器正在停止，稍后再试。",
  "disk-full": "腾出磁盘空间，或用 --home 把数据目录放到另一块盘。",
  "upstream-timeout": "模型服务太久没有回应：再试一次，或放宽期限。",
  "deadline-exceeded": "放宽期限，或少要一点。",
};

const cliEnglish: Partial<Record<ErrorCode, string>> = {
  "bad-file": "Check the file's name and permissions, or use one that opens elsewhere.",
  "bad-request": "Correct what is named and try again.",
  cancelled: "Start again if you still want it.",
  conflict: "Try again in a moment, or stop the other process.",
  "disk-full": "Make room on the disk, or choose a data folder on another one with --home.",
};

export const nextSteps = Object.fromEntries(
  (Object.keys(errorTable) as ErrorCode[]).map((code) => [
    code,
    { "zh-CN": chinese[code], en: cliEnglish[code] ?? errorTable[code][2] },
  ]),
) as Readonly<Record<ErrorCode, Localised>>;
