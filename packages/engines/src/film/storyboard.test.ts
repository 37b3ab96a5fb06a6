import { describe, expect, it } from "vitest";
import { columns } from "../captions/lines.ts";
import { storyboardOf } from "./storyboard.ts";

describe("storyboards", () => {
  it("shows a poem couplet by couplet, under its title", () => {
    expect(storyboardOf("静夜思\n\n[唐] 李白\n\n床前明月光，\n疑是地上霜。\n举头望明月，\n低头思故乡。")).toEqual({
      kind: "poem",
      title: "静夜思",
      author: "[唐] 李白",
      scenes: [
        { words: "床前明月光，\n疑是地上霜。", shows: "床前明月光， 疑是地上霜。" },
        { words: "举头望明月，\n低头思故乡。", shows: "举头望明月， 低头思故乡。" },
      ],
    });
    expect(
      storyboardOf("《登鹳雀楼》\n作者：王之涣\n白日依山尽，黄河入海流。\n欲穷千里目，更上一层楼。").scenes.map((s) => s.words),
    ).toEqual(["白日依山尽，黄河入海流。", "欲穷千里目，更上一层楼。"]);
    const sonnet = storyboardOf(
      "Fog\nby Carl Sandburg\n\nThe fog comes\non little cat feet.\n\nIt sits looking\nover harbor and city\non silent haunches\nand then moves on.",
    );
    expect(sonnet).toMatchObject({ kind: "poem", title: "Fog", author: "Carl Sandburg" });
    expect(sonnet.scenes).toHaveLength(3);
  });
  it("follows a script: headings, directions, pictures, speakers", () => {
    const board = storyboardOf(
      "标题：港口\n\n场景一：清晨的港口\n（海鸥飞过）\n旁白：船慢慢靠岸。\n\nSCENE 2: A lighthouse at night\nIMAGE: 2\nKEEPER: Who goes there?\n\n第三幕\n画面：空荡的码头\n",
    );
    expect(board).toEqual({
      kind: "script",
      title: "港口",
      scenes: [
        { words: "船慢慢靠岸。", shows: "清晨的港口 海鸥飞过" },
        { words: "Who goes there?", shows: "A lighthouse at night", picture: 2 },
        { words: "", shows: "空荡的码头" },
      ],
    });
  });
  it("tells prose paragraph by paragraph, long ones by their sentences", () => {
    const long = "The rain had stopped before dawn, and the whole valley smelled of wet stone. ".repeat(6);
    const board = storyboardOf(`${long}\n\n${"山谷里下了一夜的雨，到了清晨才停下来。".repeat(8)}`);
    expect(board.kind).toBe("prose");
    expect(board.title).toBeUndefined();
    for (const { words } of board.scenes) expect(columns(words)).toBeLessThanOrEqual(96);
    const [first, again] = [board.scenes.map((s) => s.words).join(" "), storyboardOf(long).scenes];
    expect(first.replace(/\s/g, "")).toBe((long + "山谷里下了一夜的雨，到了清晨才停下来。".repeat(8)).replace(/\s/g, ""));
    expect(again.length).toBe(6);
  });
  it("takes a title for what it is, and never eats the words", () => {
    expect(
      storyboardOf("# The harbour\n\nOnce upon a time there was a harbour with no ships at all in it, far away."),
    ).toMatchObject({
      kind: "prose",
      title: "The harbour",
    });
    expect(storyboardOf("只有一句话。").scenes).toEqual([{ words: "只有一句话。", shows: "只有一句话。" }]);
    expect(storyboardOf("Hello").scenes).toEqual([{ words: "Hello", shows: "Hello" }]);
    expect(storyboardOf("").scenes).toEqual([]);
  });
});
