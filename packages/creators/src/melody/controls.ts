import * as z from "zod";

/** The wishes that only this model knows. */
export const MelodyControls = z
  .strictObject({
    form: z.enum(["tune", "chorale"]).describe("A melody, or a chorale in four voices. 单旋律，或四部众赞歌。"),
    genre: z
      .enum(["tune", "reel", "jig", "slip jig", "hornpipe", "strathspey", "march", "air", "waltz", "minuet", "polka"])
      .describe(
        "Kind of tune; reel to air are learnt from tunebooks, waltz, minuet and polka are tunes in their metre. 曲式；圆舞曲、小步舞曲、波尔卡只是相应拍号的曲调。",
      ),
    key: z.string().max(40).describe("Key: D, F#m, Ador, Bb major, 降B大调. 调。"),
    mode: z.enum(["major", "minor", "dorian", "mixolydian"]).describe("Mode, where the key does not say it. 调式。"),
    metre: z
      .string()
      .regex(/^\d{1,2}\/\d{1,2}$/)
      .describe("Time signature: 4/4, 6/8. 拍号。"),
    tempo: z.coerce.number().min(30).max(300).describe("Felt beats in a minute. 每分钟拍数。"),
    bars: z.coerce.number().int().min(2).max(64).describe("Bars, each written once. 小节数。"),
    repeats: z.stringbool().or(z.boolean()).describe("Each strain is played twice. 每段反复。"),
    upbeat: z.stringbool().or(z.boolean()).describe("Strains begin with an upbeat. 弱起。"),
    accidentals: z.stringbool().or(z.boolean()).describe("Allow notes outside the key; false by default. 允许调外音。"),
    range: z
      .string()
      .regex(/^[A-Ga-g][#b]?\d\s*[-–~]\s*[A-Ga-g][#b]?\d$/)
      .describe("Lowest and highest note: G3-B5. 音域。"),
    mood: z
      .enum(["happy", "sad", "calm", "lively", "solemn", "tender", "heroic", "mysterious"])
      .describe("Maps to mode, tempo and how busy it is. 情绪。"),
    density: z.enum(["calm", "even", "busy"]).describe("How many notes, among tunes of its metre. 音符疏密。"),
    instrument: z
      .union([z.string().max(40), z.int().min(0).max(127)])
      .describe("Name or General MIDI program from 0. 乐器名或 GM 音色号。"),
    motif: z.string().max(4000).describe("ABC that the tune begins with. 开头动机（ABC）。"),
    continue: z.string().max(20_000).describe("ABC of a tune to go on with. 要续写的 ABC。"),
    harmonise: z.string().max(20_000).describe("ABC of a melody to be harmonised in four voices. 要配四部和声的 ABC。"),
    candidates: z.coerce
      .number()
      .int()
      .min(1)
      .max(8)
      .describe("Harmonies made side by side, of which the best is kept. 候选数。"),
    title: z.string().max(200).describe("Title. 标题。"),
  })
  .partial();
export type MelodyControls = z.infer<typeof MelodyControls>;
