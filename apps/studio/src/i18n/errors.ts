import type { ErrorCode, Localised } from "@inkseal/core";

/** What happened and what to do next, for every error code: the server's own table, said to people in both locales. */
export const errors = {
  "bad-json": say("请求不是有效的 JSON", "The request is not valid JSON", "刷新页面再试。", "Reload the page and try again."),
  "bad-request": say(
    "请求里有一项不对",
    "Something in the request is not right",
    "改正提到的那一项再试。",
    "Correct what is named and try again.",
  ),
  "bad-file": say(
    "这个文件打不开",
    "This file cannot be opened",
    "换一个能在别处打开的文件。",
    "Use a file that opens elsewhere.",
  ),
  unauthenticated: say("需要有效的密钥", "A valid key is needed", "在下面填入密钥。", "Enter a key below."),
  forbidden: say("这把密钥没有此权限", "This key may not do that", "换一把有权限的密钥。", "Use a key that has this scope."),
  blocked: say(
    "规则拦下了这次请求",
    "The policy blocked this",
    "改一改内容，或找规则的管理者。",
    "Change the brief, or ask whoever keeps the policy.",
  ),
  unchecked: say(
    "检查没能完成，所以没有放行",
    "A check could not run, so nothing was let through",
    "再试一次；仍不行就检查规则。",
    "Try again, or have the policy looked at.",
  ),
  "not-found": say("没有找到", "Not found", "检查地址或编号。", "Check the address or id."),
  "unknown-model": say("没有这个模型", "There is no such model", "另选一个模型。", "Choose another model."),
  conflict: say("内容已被别处改动", "It was changed elsewhere", "刷新后再试。", "Reload and try again."),
  "too-large": say(
    "内容太大",
    "This is too large",
    "减少一些，或在配置里提高上限。",
    "Send less, or raise the limit in the configuration.",
  ),
  "unsupported-media": say(
    "不支持这种文件",
    "This kind of file is not supported",
    "换一种支持的格式。",
    "Use one of the supported kinds.",
  ),
  "cannot-do": say("这个模型做不了", "This model cannot do that", "另选一个模型。", "Choose another model."),
  held: say("需要有人先审核", "A person has to release this first", "等待审核放行。", "Wait for it to be released."),
  "rate-limited": say("请求太频繁", "Too many requests", "稍等片刻再试。", "Wait a moment and try again."),
  "over-budget": say(
    "这把密钥的额度用完了",
    "This key's budget is spent",
    "提高额度，或等下一周期。",
    "Raise the budget or wait for the next period.",
  ),
  cancelled: say("已取消", "Cancelled", "需要的话再来一次。", "Start again if you still want it."),
  internal: say(
    "Inkseal 内部出错了",
    "Something broke inside Inkseal",
    "请带上运行编号报告这个问题。",
    "Please report it with the run id.",
  ),
  "engine-missing": say(
    "引擎还没装好",
    "The engine is not installed",
    "运行 `inkseal doctor` 查看怎么装。",
    "Run `inkseal doctor` to see how to install it.",
  ),
  "upstream-error": say(
    "模型服务出错",
    "The provider failed",
    "再试一次，或换一个模型。",
    "Try again, or choose another model.",
  ),
  "upstream-invalid": say(
    "模型服务的回答不合协议",
    "The provider's answer made no sense",
    "再试一次，或换一个模型。",
    "Try again, or choose another model.",
  ),
  "upstream-rejected": say(
    "模型服务拒绝了请求",
    "The provider refused",
    "按它的说明修改。",
    "Its own words are below; change what they name.",
  ),
  "upstream-auth": say(
    "模型服务不认配置里的密钥",
    "The provider does not accept its key",
    "检查配置里的密钥。",
    "Check the provider's key in the configuration.",
  ),
  "upstream-rate-limited": say(
    "模型服务限制了频率",
    "The provider limits the rate",
    "稍等，或换一个模型。",
    "Wait, or choose another model.",
  ),
  overloaded: say("服务器正忙", "The server is busy", "稍等片刻再试。", "Wait a moment and try again."),
  "ledger-unavailable": say(
    "账本写不进去，所以没有放行",
    "The ledger cannot be written, so nothing is let out",
    "检查磁盘空间和数据库。",
    "Check disk space and the database.",
  ),
  "shutting-down": say("服务器正在停止", "The server is stopping", "稍后再试。", "Try again in a moment."),
  "upstream-timeout": say(
    "模型服务太久没有回应",
    "The provider took too long",
    "再试一次，或放宽期限。",
    "Try again, or raise the deadline.",
  ),
  "deadline-exceeded": say(
    "超过了期限",
    "The deadline passed",
    "放宽期限，或少要一点。",
    "Raise the deadline or ask for less.",
  ),
  "disk-full": say(
    "磁盘满了",
    "The disk is full",
    "腾出空间，或把数据目录放到另一块盘。",
    "Make room, or choose a data folder on another disk.",
  ),

  unreachable: say(
    "连不上 Inkseal 服务器",
    "The Inkseal server cannot be reached",
    "确认它在运行（`inkseal serve`），再试一次。",
    "Make sure it runs (`inkseal serve`), then try again.",
  ),
} satisfies Record<ErrorCode, Happening>;

export interface Happening {
  readonly what: Localised;
  readonly next: Localised;
}

function say(zhWhat: string, enWhat: string, zhNext: string, enNext: string): Happening {
  return { what: { "zh-CN": zhWhat, en: enWhat }, next: { "zh-CN": zhNext, en: enNext } };
}
