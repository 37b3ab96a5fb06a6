import { type Browser, chromium } from "playwright-core";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { chromiumPath, type Look, noChromium, offencesOf, openPage, shoot } from "./browser.ts";
import { type RunningServer, startServer } from "./server.ts";

const desktop = { width: 1200, height: 900 };
const phone = { width: 380, height: 800 };
const looks: readonly Look[] = [
  { name: "zh-light", locale: "zh-CN", colorScheme: "light", viewport: desktop },
  { name: "en-dark", locale: "en", colorScheme: "dark", viewport: desktop },
  { name: "zh-dark-phone", locale: "zh-CN", colorScheme: "dark", viewport: phone },
  { name: "en-light-phone", locale: "en", colorScheme: "light", viewport: phone },
];
const poem = {
  "zh-CN": "床前明月光，疑是地上霜。举头望明月，低头思故乡。\n春眠不觉晓，处处闻啼鸟。夜来风雨声，花落知多少。\n",
  en: "The brush is wet, the paper waits;\nthe seal is red beside the gates.\nThe ink will dry, the night is long;\nwe write it down and sing the song.\n",
} as const;
const say = {
  "zh-CN": { done: "完成", stopped: "已停", begin: "床前", stop: "停下", resume: "继续", download: "下载模型" },
  en: { done: "finished", stopped: "stopped", begin: "The brush", stop: "Stop", resume: "Go on", download: "Download model" },
} as const;

if (chromiumPath === undefined) console.warn(`studio-lab.e2e.ts skipped: ${noChromium}`);

/** On two cores that others use, too, a training of seconds may take minutes. */
const patient = 300_000;

describe.skipIf(chromiumPath === undefined)("the Lab in the Studio", { timeout: 2 * patient }, () => {
  let server: RunningServer;
  let browser: Browser;

  beforeAll(async () => {
    server = await startServer();
    browser = await chromium.launch({ executablePath: chromiumPath, args: ["--no-sandbox"] });
  });
  afterAll(async () => {
    await browser?.close();
    expect(await server?.stop()).toBe(0);
  });

  for (const look of looks) {
    it(`trains a model, draws its curve, and goes on from a beginning: ${look.name}`, async () => {
      const words = say[look.locale];
      const { page, context, complaints, strangers } = await openPage(browser, server.url, look);
      page.setDefaultTimeout(patient);
      await page.goto("/lab");
      await page.locator("textarea").first().waitFor();
      await page.locator("textarea").first().fill(poem[look.locale].repeat(60));
      await page.locator('input[type="number"]').fill("60");
      await page.locator("form .input").first().fill(look.name);
      expect(await offencesOf(page)).toEqual([]);
      await shoot(page, look, "lab");
      await page.locator(".button-main").click();

      await page.waitForURL(`**/lab/${look.name}`);
      await page.locator(".curve-smooth").waitFor();
      await shoot(page, look, "lab-training");
      await page.reload(); // it goes on without the page, and the curve is there from its first step
      await page.getByText(words.done, { exact: true }).waitFor();
      expect(await page.locator(".curve-held").count()).toBeGreaterThan(10);
      expect(await page.locator(".figures").textContent()).toContain("60 / 60");
      await page.locator(".try-form input").fill(words.begin);
      await page.locator(".try-form button").click();
      await page.locator('.try a[href^="/ledger/"]').waitFor();
      expect((await page.locator(".try .words").textContent())!.length).toBeGreaterThan(60);
      expect(await offencesOf(page)).toEqual([]);
      await shoot(page, look, "lab-tried");
      const coming = page.waitForEvent("download");
      await page.getByRole("button", { name: words.download }).click();
      expect((await coming).suggestedFilename()).toBe(`${look.name}.tar`);

      await page.goto("/ledger");
      await page.locator(".rows tbody tr").nth(1).waitFor();
      await page.locator(".rows tbody tr").nth(1).locator("a").click(); // the training, under its try
      await page.locator("dialog .facts").waitFor();
      expect(await page.locator("dialog").textContent()).toMatch(/CO₂e/);
      await shoot(page, look, "lab-row");

      expect(complaints).toEqual([]);
      expect(strangers).toEqual([]);
      await context.close();
    });
  }

  it("stops with a checkpoint and goes on from there", async () => {
    const look = looks[1] as Look;
    const words = say.en;
    const { page, context, complaints } = await openPage(browser, server.url, look);
    page.setDefaultTimeout(patient);
    await page.goto("/lab");
    await page.locator("textarea").first().fill(poem.en.repeat(60));
    await page.locator('input[type="number"]').fill("100000");
    await page.locator("form .input").first().fill("long");
    await page.locator(".button-main").click();
    await page.locator(".curve-smooth").waitFor();
    await page.getByRole("button", { name: words.stop, exact: true }).click();
    await page.getByText(words.stopped, { exact: true }).waitFor();
    await page.getByRole("button", { name: words.resume }).click();
    await page.getByRole("button", { name: words.stop, exact: true }).waitFor();
    await page.getByRole("button", { name: words.stop, exact: true }).click();
    await page.getByText(words.stopped, { exact: true }).waitFor();
    await shoot(page, look, "lab-stopped");
    await page.goto("/lab");
    await page.locator(".lab-row").nth(4).waitFor();
    await shoot(page, look, "lab-list");
    expect(complaints).toEqual([]);
    await context.close();
  });
});
