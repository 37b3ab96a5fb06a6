/** Things that a landscape can hold. */
export const things = ["moon", "sun", "water", "boat", "birds", "bamboo", "willow", "blossom", "pine", "pavilion", "snow", "rain", "leaves", "stars", "city"] as const; // biome-ignore format: one idea
export type Thing = (typeof things)[number];
export type Hour = "dawn" | "day" | "dusk" | "night";
export type Season = "spring" | "summer" | "autumn" | "winter";

export interface Mood {
  readonly hour: Hour;
  readonly season: Season;
  readonly things: ReadonlySet<Thing>;
}

const signs: Readonly<Record<Thing, RegExp>> = {
  moon: /月|moon/i,
  sun: /日(?!记|子|志|常)|太阳|阳光|朝阳|夕阳|sun(?!day)/i,
  water: /水|江|河|湖|海|溪|池|潭|波|浪|泉|渡|洲|river|lake|sea|water|wave|stream|harbou?r|shore|ocean|pond/i,
  boat: /船|舟|帆|渔|棹|桨|boat|ship|sail|ferry|fisher/i,
  birds: /鸟|雁|鹤|鹭|燕|鸦|莺|鸥|鹊|bird|geese|gull|swallow|crane|heron/i,
  bamboo: /竹|bamboo/i,
  willow: /柳|willow/i,
  blossom: /花|梅|桃|杏|樱|兰|荷|莲|菊|blossom|flower|petal|cherry|plum/i,
  pine: /松|柏|树|林|木|pine|tree|forest|wood/i,
  pavilion: /楼|亭|阁|寺|庙|塔|宫|门|家|屋|村|窗|house|home|tower|temple|village|inn|lighthouse|cottage/i,
  snow: /雪|冰|snow|ice\b|frost/i,
  rain: /雨|rain|storm/i,
  leaves: /叶|落木|枫|leaf|leaves|maple/i,
  stars: /星|银河|star/i,
  city: /城|市|街|京|city|street|town/i,
};
const hours: readonly (readonly [Hour, RegExp])[] = [
  ["night", /夜|月|星|梦|灯|眠|night|moon|dark|star|dream|lamp/i],
  ["dusk", /暮|夕|晚|黄昏|残阳|落日|归|dusk|evening|sunset|twilight/i],
  ["dawn", /晨|晓|朝|旦|黎明|dawn|morning|sunrise/i],
];
const seasons: readonly (readonly [Season, RegExp])[] = [
  ["winter", /冬|雪|冰|寒|梅|winter|snow|cold|frost|ice/i],
  ["autumn", /秋|霜|枫|雁|菊|落木|autumn|fall\b|harvest|maple/i],
  ["spring", /春|桃|柳|燕|莺|杏|樱|spring|blossom|swallow/i],
  ["summer", /夏|荷|莲|蝉|summer|cicada|lotus/i],
];

/** What words tell of a landscape; what they leave open is `random`'s, or the film's own (`usual`). */
export function moodOf(words: string, random: () => number, usual?: Mood): Mood {
  const hour = hours.find(([, sign]) => sign.test(words))?.[0] ?? usual?.hour ?? "day";
  const season =
    seasons.find(([, sign]) => sign.test(words))?.[0] ??
    usual?.season ??
    (["spring", "summer", "autumn"] as const)[Math.floor(random() * 3)]!;
  const found = new Set<Thing>(things.filter((thing) => signs[thing].test(words)));
  if (hour === "night" && !found.has("rain")) found.add(found.has("stars") ? "stars" : "moon");
  if (hour === "dusk" || hour === "dawn") found.add("sun");
  if (found.has("boat")) found.add("water");
  if (season === "autumn" && random() < 0.5) found.add("leaves");
  if (![...found].some((t) => /water|pine|bamboo|willow|blossom|pavilion|city/.test(t)))
    found.add(random() < 0.5 ? "pine" : "water");
  return { hour, season, things: found };
}

export interface Palette {
  /** Sky from the top down, CSS colours. */
  readonly sky: readonly [string, string, string];
  /** Of ink, as `r, g, b`, far and near. */
  readonly far: string;
  readonly near: string;
  /** Mist and paper. */
  readonly mist: string;
  readonly light: string;
  readonly accent: string;
}

const palettes: Readonly<Record<Hour, Palette>> = {
  dawn: { sky: ["#d9d3cf", "#ecd9c6", "#f3e6d3"], far: "122, 118, 132", near: "52, 54, 66", mist: "244, 232, 216", light: "#e8836a", accent: "#c8553d" },
  day: { sky: ["#d5dcd9", "#e6e7dd", "#f2ede0"], far: "112, 128, 128", near: "44, 54, 54", mist: "242, 238, 226", light: "#f7f1dc", accent: "#b8402f" },
  dusk: { sky: ["#8d7f93", "#d59c84", "#efcf9f"], far: "120, 90, 98", near: "46, 36, 46", mist: "240, 206, 164", light: "#f2a65a", accent: "#b03a2e" },
  night: { sky: ["#141d2b", "#25344a", "#4a5c70"], far: "52, 68, 88", near: "10, 14, 22", mist: "104, 124, 146", light: "#f3ecd2", accent: "#d8a657" },
}; // biome-ignore format: a table
const winter = {
  sky: ["#c3ccd3", "#d9dfe3", "#eef0f0"],
  far: "128, 142, 154",
  near: "48, 56, 66",
  mist: "240, 243, 245",
} as const;

export function paletteOf({ hour, season }: Mood): Palette {
  const base = palettes[hour];
  return season === "winter" && hour === "day" ? { ...base, ...winter } : base;
}
