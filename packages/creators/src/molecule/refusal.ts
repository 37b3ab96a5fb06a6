import { InksealError } from "@inkseal/core";

/** Words of wishes that are refused, by what they are about. A word after "non-", "low", 无, 低 and the like is no wish for it. */
const refused: readonly (readonly [about: string, zh: string, words: RegExp])[] = [
  [
    "chemical weapons",
    "化学武器",
    /chemical (weapon|warfare|agent)|nerve (agent|gas)|blister agent|war gas|\b(cyclo)?sarin\b|\bsoman\b|\btabun\b|novichok|\bVX\b|mustard gas|(sulfur|nitrogen) mustard|lewisite|phosgene|神经(性)?毒剂|毒气|化学武器|化武|沙林|梭曼|塔崩|诺维乔克|芥子气|光气|路易氏剂/i,
  ],
  [
    "poisons",
    "毒物",
    /(?<!non-?|not |low |less |without |no |anti)\b(poison(s|ous|ing)?|toxins?|toxicants?|lethal|kill(s|ing)?|ricin|botulinum)\b|(?<!non-?|not |low |less )\b(highly )?toxic (agent|compound|molecule|substance|chemical)|(?<!无|低|抗|解|去)(剧毒|毒药|毒素|毒物|毒剂)|杀人|致死|有毒(分子|化合物|物质)/i,
  ],
  [
    "explosives",
    "爆炸物",
    /explosive|detonat|\bbombs?\b|\bTNT\b|\bRDX\b|\bPETN\b|\bHMX\b|nitroglycerin|炸药|爆炸物|炸弹|雷管|三硝基甲苯|黑索金|奥克托今|硝化甘油/i,
  ],
  [
    "drugs of abuse",
    "毒品",
    /fentanyl|nitazene|meth(amphetamine)?\b|heroin|cocaine|\bMDMA\b|ecstasy|\bLSD\b|narcotic|designer drug|drugs? of abuse|street drug|recreational drug|psychoactive|hallucinogen|芬太尼|毒品|冰毒|甲基苯丙胺|海洛因|可卡因|摇头丸|致幻|制毒|麻醉品/i,
  ],
  [
    "how to make a substance",
    "物质的制备方法",
    /synthes(is|ise|ize|ising|izing) (route|steps?|of|procedure|path)|(route|recipe|procedure|instructions?|steps?) (to|for) (make|making|synthes|prepar|produc)|how (do i|to|can i) (make|synthes|prepar|produc|cook)|retrosynthe|合成路线|合成步骤|合成方法|逆合成|(怎么|如何|怎样)(合成|制造|制备|提炼)/i,
  ],
];

/** Throws `blocked` for a wish about something dangerous; the message says about what, in both languages. */
export function refuseDanger(words: string): void {
  const found = refused.find(([, , pattern]) => pattern.test(words));
  if (found === undefined) return;
  const [about, zh] = found;
  throw new InksealError(
    "blocked",
    `this model is for research and teaching and does not answer wishes about ${about}; ask for properties or a harmless scaffold / 本模型仅供研究与教学，不回应有关${zh}的请求`,
  );
}
