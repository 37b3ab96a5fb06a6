import { mkdtemp, readFile, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { type Browser, chromium, type Page } from "playwright-core";
import sharp from "sharp";
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
const zh = looks[0] as Look;
const en = looks[1] as Look;
const sentence = "人工智能生成的内容应当可以被认出来。";

const say = {
  "zh-CN": {
    title: "想做点什么？",
    recognised: "认得：由 AI 生成",
    masked: "1 处个人信息已遮盖",
    sound: /^链条完好，共 \d+ 行$/,
    download: "下载",
  },
  en: {
    title: "What shall we make?",
    recognised: "Recognised: AI-generated",
    masked: "1 personal data span was masked",
    sound: /^The chain is sound: \d+ rows?$/,
    download: "Download",
  },
} as const;

if (chromiumPath === undefined) console.warn(`studio.e2e.ts skipped: ${noChromium}`);

describe.skipIf(chromiumPath === undefined)("the Studio", () => {
  let server: RunningServer;
  let browser: Browser;
  let downloads: string;

  beforeAll(async () => {
    server = await startServer();
    browser = await chromium.launch({ executablePath: chromiumPath, args: ["--no-sandbox"] });
    downloads = await mkdtemp(join(tmpdir(), "inkseal-downloads-"));
  });
  afterAll(async () => {
    await browser?.close();
    expect(await server?.stop()).toBe(0);
    await rm(downloads, { recursive: true, force: true });
  });

  const speak = async (page: Page, text: string) => {
    await page.locator('input[name="task"][value="speech"]').check();
    await page.locator("textarea").fill(text);
    await page.locator("textarea").press("Control+Enter");
    await page.locator(".passage .player").waitFor({ timeout: 60_000 });
  };
  const bareOf = async (page: Page) => expect(await offencesOf(page)).toEqual([]);

  for (const look of looks) {
    it(`makes, keeps, verifies and proves a piece: ${look.name}`, async () => {
      const words = say[look.locale];
      const { page, context, complaints, strangers } = await openPage(browser, server.url, look);

      // Make: a brief becomes a sealed piece
      await page.goto("/");
      await page.locator("textarea").waitFor();
      expect(await page.locator("h1").textContent()).toBe(words.title);
      expect(await page.locator("html").getAttribute("lang")).toBe(look.locale);
      await bareOf(page);
      await shoot(page, look, "make");
      await speak(page, sentence);
      expect(await page.locator(".passage .seal").count()).toBe(1);
      expect(await page.locator(".passage .chip").allTextContents()).toEqual(expect.arrayContaining(["AIGC", "C2PA"]));
      await page.waitForFunction(() => /\/ 0:0[1-9]/.test(document.querySelector(".player-time")?.textContent ?? ""));
      await bareOf(page);
      await shoot(page, look, "make-speech");
      const row = Number(/\d+/.exec((await page.locator('.passage a[href^="/ledger/"]').textContent()) ?? "")?.[0]);

      // Shelf: found again, with how it came to be
      await page.locator('.rooms a[href="/shelf"]').click();
      await page.locator(".shelf-piece").first().waitFor();
      await bareOf(page);
      await shoot(page, look, "shelf");
      await page.locator(".shelf-piece a").first().click();
      await page.locator(".player").waitFor();
      const facts = await page.locator(".facts").first().textContent();
      expect(facts).toContain("espeak");
      expect(facts).toContain(String(row));
      await bareOf(page);
      await shoot(page, look, "piece");
      const coming = page.waitForEvent("download");
      await page.getByRole("button", { name: words.download }).click();
      const download = await coming;
      const path = join(downloads, download.suggestedFilename());
      await download.saveAs(path);
      const bytes = await readFile(path);
      expect(bytes.subarray(0, 4).toString("latin1")).toBe("RIFF");

      // Verify: the very file, dropped
      await page.locator('.rooms a[href="/verify"]').click();
      await bareOf(page);
      await shoot(page, look, "verify");
      await drop(page, "hello.wav", bytes);
      await page.locator(".verdict h2").waitFor();
      expect(await page.locator(".verdict h2").textContent()).toBe(words.recognised);
      expect(await page.locator(".layer-invalid").count()).toBe(0);
      expect(await page.locator(".layer-valid").count()).toBeGreaterThanOrEqual(2);
      await bareOf(page);
      await shoot(page, look, "report");

      // Ledger: its row is there and the chain is sound
      await page.locator('.rooms a[href="/ledger"]').click();
      await page.locator(".rows tbody tr").first().waitFor();
      await page.locator(".ledger-bar button").click();
      await page.locator(".chain h2").waitFor();
      expect(await page.locator(".chain h2").textContent()).toMatch(words.sound);
      await bareOf(page);
      await shoot(page, look, "ledger");
      await page.locator(".rows a").first().click();
      await page.locator("dialog .facts").waitFor();
      expect(await page.locator("dialog").textContent()).toContain("espeak");
      await shoot(page, look, "row");
      await page.keyboard.press("Escape");
      await page.locator("dialog").waitFor({ state: "detached" });
      expect(new URL(page.url()).pathname).toBe("/ledger");

      expect(complaints).toEqual([]);
      expect(strangers).toEqual([]);
      await context.close();
    });
  }

  it("says what the guard masked, and lets nothing of it into the ledger", async () => {
    for (const look of [zh, en]) {
      const { page, context, complaints } = await openPage(browser, server.url, look);
      await page.goto("/");
      await page.locator("textarea").waitFor();
      await speak(page, look.locale === "en" ? "Write to zhang.san@example.com today." : "请写信到 zhang.san@example.com。");
      expect(await page.locator(".piece-notes").textContent()).toContain(say[look.locale].masked);
      await shoot(page, look, "masked");
      await page.locator('.passage a[href^="/ledger/"]').click();
      await page.locator("dialog .facts").waitFor();
      expect(await page.locator("dialog").textContent()).not.toContain("zhang");
      expect(complaints).toEqual([]);
      await context.close();
    }
  });

  it("never loses a draft, and remembers language and appearance", async () => {
    const { page, context } = await openPage(browser, server.url, zh);
    await page.goto("/");
    await page.locator("textarea").fill("写到一半的");
    await page.reload();
    expect(await page.locator("textarea").inputValue()).toBe("写到一半的");

    await page.locator("[popovertarget=settings]").click();
    await page.getByLabel("English").check();
    await page.getByLabel("Dark").check();
    await shoot(page, zh, "settings");
    expect(await page.locator("h1").textContent()).toBe(say.en.title);
    await page.reload();
    await page.locator("textarea").waitFor();
    expect(await page.locator("html").getAttribute("lang")).toBe("en");
    expect(await page.evaluate(() => getComputedStyle(document.documentElement).colorScheme)).toBe("dark");
    expect(await page.locator("textarea").inputValue()).toBe("写到一半的");
    await context.close();
  });

  it("verifies in the page alone, with the network off", async () => {
    const { page, context, complaints } = await openPage(browser, server.url, zh);
    const id = ((await (await fetch(`${server.url}/api/artifacts?limit=1`)).json()) as { artifacts: { id: string }[] })
      .artifacts[0]?.id;
    const sealed = Buffer.from(await (await fetch(`${server.url}/api/artifacts/${id}/bytes`)).arrayBuffer());
    await page.goto("/verify");
    await page.locator(".stay-here input").check();
    await page.getByText("已就绪").waitFor();
    await context.setOffline(true);
    const requests: string[] = [];
    page.on("request", (request) => requests.push(request.url()));
    const choose = page.locator(".drop input[type=file], .chooser input[type=file]");
    await choose.setInputFiles({ name: "sealed.wav", mimeType: "audio/wav", buffer: sealed });
    await page.locator(".verdict h2").waitFor();
    expect(await page.locator(".verdict h2").textContent()).toBe("认得：由 AI 生成");
    expect(await page.locator(".layer-valid").count()).toBeGreaterThan(2);
    await shoot(page, zh, "report-in-page");
    sealed[2000] = (sealed[2000] as number) ^ 0x40;
    await choose.setInputFiles({ name: "changed.wav", mimeType: "audio/wav", buffer: sealed });
    await page.locator(".verdict h2.bad").waitFor();
    // a JPEG's label is read from its pixels: the decoder is there
    const photo = await sharp({ create: { width: 64, height: 64, channels: 3, background: "#85a" } })
      .jpeg()
      .toBuffer();
    await choose.setInputFiles({ name: "photo.jpg", mimeType: "image/jpeg", buffer: photo });
    await page.getByText("没有找到印记").waitFor();
    expect(await page.locator(".layers").first().textContent()).toContain("没有找到标识");
    // parts of the serif for characters not seen before are asked for in vain, and the system's stands in
    expect(requests.filter((url) => !/^(blob|data):|\.woff2$/.test(url))).toEqual([]);
    expect(complaints.filter((c) => !c.includes("ERR_INTERNET_DISCONNECTED"))).toEqual([]);
    await context.close();
  });

  it("says plainly that absence proves nothing, and that a changed piece was changed", async () => {
    const { page, context, complaints } = await openPage(browser, server.url, en);
    await page.goto("/verify");
    await page
      .locator("input[type=file]")
      .setInputFiles({ name: "a.txt", mimeType: "text/plain", buffer: Buffer.from("mine") });
    await page.locator(".verdict h2").waitFor();
    expect(await page.locator(".verdict").textContent()).toContain("Absence proves nothing");
    await shoot(page, en, "report-unknown");

    const id = ((await (await fetch(`${server.url}/api/artifacts?limit=1`)).json()) as { artifacts: { id: string }[] })
      .artifacts[0]?.id;
    const bytes = Buffer.from(await (await fetch(`${server.url}/api/artifacts/${id}/bytes`)).arrayBuffer());
    bytes[2000] = (bytes[2000] as number) ^ 0x40;
    await page.locator("input[type=file]").setInputFiles({ name: "changed.wav", mimeType: "audio/wav", buffer: bytes });
    await page.locator(".verdict h2.bad").waitFor();
    expect(await page.locator(".layer-invalid").count()).toBeGreaterThan(0);
    await shoot(page, en, "report-altered");
    expect(complaints).toEqual([]);
    await context.close();
  });

  it("shows what happened, what to do next and the run, when a run fails; the draft stays", async () => {
    const { page, context } = await openPage(browser, server.url, zh);
    await page.goto("/");
    await page.locator("textarea").waitFor();
    await page.route("**/api/runs", (route) =>
      route.request().method() === "POST"
        ? route.continue({ postData: JSON.stringify({ ...route.request().postDataJSON(), model: "no-such-model" }) })
        : route.continue(),
    );
    await page.locator("textarea").fill("草稿");
    await page.locator("textarea").press("Control+Enter");
    await page.locator(".trouble").waitFor();
    expect(await page.locator(".trouble").textContent()).toContain("另选一个模型");
    expect(await page.locator("textarea").inputValue()).toBe("草稿");
    await bareOf(page);
    await shoot(page, zh, "trouble");
    await context.close();
  });

  it("deletes a piece only after asking, and keeps its row", async () => {
    const { page, context, complaints } = await openPage(browser, server.url, en);
    await page.goto("/shelf");
    await page.locator(".shelf-piece").first().waitFor();
    const before = await page.locator(".shelf-piece").count();
    await page.locator(".shelf-piece a").first().click();
    await page.getByRole("button", { name: "Delete" }).click();
    await page.getByRole("button", { name: "Keep it" }).click();
    await page.getByRole("button", { name: "Delete" }).click();
    await shoot(page, en, "delete");
    await page.getByRole("button", { name: "Delete it" }).click();
    await page.waitForURL("**/shelf");
    await page.waitForFunction((n) => document.querySelectorAll(".shelf-piece").length === n, before - 1);
    expect(complaints).toEqual([]);
    await context.close();
  });

  it("can be walked by keyboard alone, with the focus always to be seen", async () => {
    const { page, context } = await openPage(browser, server.url, en);
    await page.goto("/");
    await page.locator("textarea").waitFor();
    const seen: string[] = [];
    for (let i = 0; i < 20; i++) {
      await page.keyboard.press("Tab");
      const stop = await page.evaluate(() => {
        const at = document.activeElement as HTMLElement;
        const shown = (element: Element | null): boolean =>
          element !== null &&
          getComputedStyle(element).outlineStyle !== "none" &&
          // an outline on something transparent is no outline
          getComputedStyle(element).opacity !== "0";
        return {
          name: at.tagName.toLowerCase(),
          visible: shown(at) || shown(at.closest("label")) || shown(at.closest(".brief")),
        };
      });
      if (stop.name === "body") break;
      expect(stop).toMatchObject({ visible: true });
      seen.push(stop.name);
    }
    expect(seen).toEqual(expect.arrayContaining(["a", "button", "input", "textarea", "select"]));
    await context.close();
  });

  // last: from here on the server has a key and asks for it
  it("asks for the key when the server wants one, and goes on with it", async () => {
    const made = await fetch(`${server.url}/api/keys`, {
      method: "POST",
      headers: { "content-type": "application/json" },
      body: JSON.stringify({ name: "studio", scopes: ["create", "verify", "read"] }),
    });
    const { secret } = (await made.json()) as { secret: string };
    const { page, context } = await openPage(browser, server.url, zh);
    await page.goto("/shelf");
    await page.locator(".trouble .key-form").waitFor();
    await shoot(page, zh, "key");
    await page.locator(".trouble input[type=password]").fill(secret);
    await page.keyboard.press("Enter");
    await page.locator(".shelf-piece").first().waitFor();
    await page.reload();
    await page.locator(".shelf-piece").first().waitFor();
    expect(await page.evaluate(() => JSON.stringify(localStorage))).not.toContain(secret);
    await context.close();
  });
});

/** Drops a file on the page as a person would: the browser's own drag events with a real DataTransfer. */
async function drop(page: Page, name: string, bytes: Buffer): Promise<void> {
  const data = await page.evaluateHandle(
    ([fileName, base64]) => {
      const transfer = new DataTransfer();
      const binary = Uint8Array.from(atob(base64), (c) => c.charCodeAt(0));
      transfer.items.add(new File([binary], fileName, { type: "audio/wav" }));
      return transfer;
    },
    [name, bytes.toString("base64")] as const,
  );
  await page.dispatchEvent(".drop", "dragover", { dataTransfer: data });
  await page.dispatchEvent(".drop", "drop", { dataTransfer: data });
}
