import { speaksOfVerse } from "./asked-in-words.ts";
import { topicInChinese } from "./english.ts";

const other =
  /散文|小说|作文|文章|现代[文汉]|一篇|短文|日记|新闻|歌曲|故事|剧本|论文|报告|邮件|书信|代码|程序|翻译|总结|摘要|解释|现代诗|新诗|自由诗|歌词|白话|口号|广告|文案|计划|菜谱|\b(?:prose|essay|story|novel|code|program|function|translate|translation|summari[sz]e|explain|e-?mail|letter|report|article|lyrics|free verse|haiku|sonnet|limerick|rap|slogan)\b/i;
const question =
  /[?？]|什么|怎么|怎样|为什么|如何|请问|多少|哪[个里些]|是谁|吗$|^(?:what|why|how|who|when|where|which|is|are|can|do|does)\b/i;

/** Whether the words ask for something that is not classical verse. A bare subject (秋夜) asks for a poem about it. */
export function asksForAnother(text: string): boolean {
  const verse = speaksOfVerse(text);
  if (/现代诗|新诗|自由诗|白话诗|free verse|haiku|sonnet|limerick/i.test(text)) return true;
  if (other.test(text)) return !/绝句|律诗|[五七][绝律言]|词牌|对联|藏头|上联|quatrain|jueju|lushi|couplet/i.test(text);
  if (verse || text === "") return false;
  if (question.test(text)) return true;
  const han = [...text].filter((c) => /\p{Script=Han}/u.test(c)).length;
  if (han === 0) return topicInChinese(text) === undefined;
  return han > 24;
}
