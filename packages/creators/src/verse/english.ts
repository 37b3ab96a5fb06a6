/** Words of English requests and what verse calls them. The longest match goes first; several make one title. */
const dictionary: Readonly<Record<string, string>> = {
  "autumn night": "秋夜", "spring night": "春夜", "spring day": "春日", "spring rain": "春雨", "autumn moon": "秋月", "moonlit night": "月夜", "mid-autumn": "中秋", "new year": "元日",
  "parting": "送别", farewell: "送别", friend: "友人", friendship: "友人", homesick: "思乡", homesickness: "思乡", hometown: "故乡", home: "故园", nostalgia: "怀古", history: "怀古", frontier: "边塞", border: "塞下", war: "从军", soldier: "征人",
  spring: "春日", summer: "夏日", autumn: "秋日", fall: "秋日", winter: "冬日", morning: "早行", dawn: "晓", evening: "晚望", dusk: "晚望", sunset: "夕阳", night: "夜坐",
  moon: "明月", moonlight: "月夜", sun: "日出", star: "星", stars: "星", wind: "风", rain: "雨", snow: "雪", frost: "霜", cloud: "云", clouds: "云", sky: "天",
  mountain: "山中", mountains: "山居", river: "江上", "yangtze": "长江", lake: "湖上", "west lake": "西湖", sea: "海", ocean: "海", waterfall: "瀑布", stream: "溪上", spring_water: "泉",
  plum: "梅花", "plum blossom": "梅花", "plum blossoms": "梅花", peach: "桃花", "peach blossom": "桃花", lotus: "荷花", chrysanthemum: "菊", orchid: "兰", bamboo: "竹", pine: "松", willow: "柳", flower: "花", flowers: "落花", blossom: "花", blossoms: "花", "fallen flowers": "落花", grass: "草", leaf: "落叶", leaves: "落叶", tree: "树", garden: "园中", forest: "林中",
  bird: "鸟", birds: "归鸟", goose: "雁", geese: "雁", swallow: "燕", crane: "鹤", horse: "马", cat: "猫", fish: "鱼", cicada: "蝉", butterfly: "蝶",
  wine: "对酒", tea: "茶", drinking: "独酌", music: "听琴", zither: "听琴", flute: "闻笛", book: "读书", reading: "读书", painting: "题画", dream: "梦", dreams: "梦", love: "相思", longing: "相思", sorrow: "愁", loneliness: "独坐", solitude: "独坐", joy: "喜", age: "叹老", "old age": "叹老", time: "惜时", travel: "旅怀", traveller: "客中", journey: "旅怀", road: "道中", boat: "舟中", fishing: "渔父", fisherman: "渔父", farmer: "田家", village: "村居", temple: "山寺", monk: "赠僧", city: "城", bridge: "桥", tower: "登楼", window: "窗", lamp: "灯", silk: "织", mother: "慈母", child: "儿", children: "儿", study: "劝学", teacher: "师",
};
const keys = Object.keys(dictionary).sort((a, b) => b.length - a.length);

/** What an English request is about, as a Chinese title; undefined when we know none of its words. */
export function topicInChinese(text: string): string | undefined {
  let left = ` ${text.toLowerCase()} `;
  const found: { at: number; word: string }[] = [];
  for (const key of keys) {
    const at = left.search(new RegExp(`\\b${key}\\b`));
    if (at < 0) continue;
    found.push({ at, word: dictionary[key]! });
    left = left.slice(0, at) + "#".repeat(key.length) + left.slice(at + key.length);
  }
  return found.length === 0 ? undefined : found.sort((a, b) => a.at - b.at).slice(0, 2).map(({ word }) => word).join("");
}
