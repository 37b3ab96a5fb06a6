import type { Words } from "./table.ts";

export const ledgerWords = {
  title: { "zh-CN": "账本", en: "Ledger" },
  lead: {
    "zh-CN": "每次运行一行，前后相扣；改一行，整条链都会知道。",
    en: "One row per run, each chained to the one before. Change a row and the chain shows it.",
  },
  check: { "zh-CN": "核对整条链", en: "Check the chain" },
  checking: { "zh-CN": "正在核对…", en: "Checking…" },
  sound: (rows: number) => ({
    "zh-CN": `链条完好，共 ${rows} 行`,
    en: `The chain is sound: ${rows} ${rows === 1 ? "row" : "rows"}`,
  }),
  broken: (n: number) => ({ "zh-CN": `链条有 ${n} 处问题`, en: `The chain has ${n} ${n === 1 ? "fault" : "faults"}` }),
  head: { "zh-CN": "链头", en: "Head" },
  fault: {
    changed: { "zh-CN": "被改动", en: "changed" },
    removed: { "zh-CN": "被删除", en: "removed" },
    reordered: { "zh-CN": "被调换", en: "reordered" },
    "foreign-head": { "zh-CN": "链头不符", en: "foreign head" },
  },
  filter: { "zh-CN": "状态", en: "Status" },
  all: { "zh-CN": "全部", en: "All" },
  empty: { "zh-CN": "还没有记录", en: "No rows yet" },
  emptyNext: { "zh-CN": "每次创作都会在这里留下一行。", en: "Every run leaves a row here." },
  emptyFilter: { "zh-CN": "没有这种状态的记录。", en: "No row has this status." },
  columns: {
    seq: { "zh-CN": "行", en: "Row" },
    at: { "zh-CN": "时间", en: "Time" },
    task: { "zh-CN": "任务", en: "Task" },
    by: { "zh-CN": "引擎 / 模型", en: "Engine / model" },
    decision: { "zh-CN": "决定", en: "Decision" },
    status: { "zh-CN": "状态", en: "Status" },
    ms: { "zh-CN": "毫秒", en: "ms" },
  },
  row: (seq: number) => ({ "zh-CN": `第 ${seq} 行`, en: `Row ${seq}` }),
  open: (seq: number) => ({ "zh-CN": `查看第 ${seq} 行`, en: `Open row ${seq}` }),
  detail: {
    briefDigest: { "zh-CN": "想法摘要", en: "Brief digest" },
    outputDigest: { "zh-CN": "成品摘要", en: "Output digest" },
    prev: { "zh-CN": "前一行", en: "Previous hash" },
    hash: { "zh-CN": "本行", en: "This row's hash" },
    actor: { "zh-CN": "操作者", en: "Actor" },
    source: { "zh-CN": "来源", en: "Source" },
    error: { "zh-CN": "错误", en: "Error" },
    attempts: { "zh-CN": "先前尝试", en: "Tried before" },
    first: { "zh-CN": "首个内容", en: "First content" },
  },
  onlyDigests: {
    "zh-CN": "账本只存摘要，不存原文，除非规则另有规定。",
    en: "The ledger keeps digests, not words, unless the policy says otherwise.",
  },
} satisfies Words;
