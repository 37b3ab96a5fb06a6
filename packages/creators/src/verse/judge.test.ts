import { describe, expect, it } from "vitest";
import { type Asked, faults } from "./judge.ts";

const of = (form: Asked["form"], more: Partial<Asked> = {}): Asked => ({ form, book: "平水韵", ...more });

describe("the judge of verse", () => {
  it("finds nothing wrong with the Tang", () => {
    expect(faults("白日依山尽，黄河入海流。欲穷千里目，更上一层楼。", of("五言绝句"))).toEqual([]);
    expect(faults("朝辞白帝彩云间，千里江陵一日还。两岸猿声啼不住，轻舟已过万重山。", of("七言绝句"))).toEqual([]);
    expect(
      faults(
        "国破山河在，城春草木深。感时花溅泪，恨别鸟惊心。烽火连三月，家书抵万金。白头搔更短，浑欲不胜簪。",
        of("五言律诗"),
      ),
    ).toEqual([]);
    expect(
      faults(
        "风急天高猿啸哀，渚清沙白鸟飞回。无边落木萧萧下，不尽长江滚滚来。万里悲秋常作客，百年多病独登台。艰难苦恨繁霜鬓，潦倒新停浊酒杯。",
        of("七言律诗"),
      ),
    ).toEqual([]);
    // 平平仄平仄 in its first line
    expect(faults("正月今欲半，陆浑花未开。出关见青草，春色正东来。", of("五言绝句")).length).toBeGreaterThan(0); // 欲 breaks the fourth place
    expect(faults("移舟泊烟渚，日暮客愁新。野旷天低树，江清月近人。", of("五言绝句"))).toEqual([]);
  });

  it("knows the faults of regulated verse", () => {
    const moved = "更上一层楼，黄河入海流。欲穷千里目，白日依山尽。";
    expect(faults(moved, of("五言绝句")).length).toBeGreaterThan(0);
    // free verse in four lines: 静夜思 is an old 绝句
    expect(faults("床前明月光，疑是地上霜。举头望明月，低头思故乡。", of("五言绝句")).length).toBeGreaterThan(0);
    // 孤平: 醉多适不愁 (高适), the textbook's one example
    expect(faults("白日依山尽，醉多适不愁。欲穷千里目，更上一层楼。", of("五言绝句")).length).toBeGreaterThan(0);
    // another rhyme
    expect(faults("白日依山尽，黄河入海中。欲穷千里目，更上一层楼。", of("五言绝句"))).toContain(
      "the rhymes are not of one group",
    );
  });

  it("reads a 词 by its pattern", () => {
    const pattern = "中仄平平仄仄平a。中平中仄仄平平a。中平中仄仄平平a。中仄中平平仄仄，中平中仄仄平平a。中平中仄仄平平a。";
    const poem = "山下兰芽短浸溪。松间沙路净无泥。萧萧暮雨子规啼。谁道人生无再少，门前流水尚能西。休将白发唱黄鸡。";
    expect(faults(poem, of("词", { pattern }))).toEqual([]);
    expect(faults(poem.replace("泥", "楼"), of("词", { pattern }))).toEqual(["rhyme of character 14"]);
  });

  it("compares the lines of a couplet", () => {
    expect(faults("天涯若比邻", of("对联", { upper: "海内存知己" }))).toEqual([]);
    expect(faults("无边落木萧萧下\n不尽长江滚滚来", of("对联"))).toEqual([]);
    expect(faults("天涯存比邻", of("对联", { upper: "海内存知己" }))).toContain("the same character at place 3");
  });
});
