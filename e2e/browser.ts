import { existsSync } from "node:fs";
import { mkdir } from "node:fs/promises";
import { join } from "node:path";
import type { Browser, BrowserContextOptions, Page } from "playwright-core";

const places = [process.env.CHROMIUM_PATH, "/usr/bin/chromium", "/usr/bin/chromium-browser", "/usr/bin/google-chrome"];
/** The browser on this machine, or undefined. */
export const chromiumPath = places.find((path) => path !== undefined && existsSync(path));
export const noChromium = `no Chromium (looked at ${places.filter(Boolean).join(", ")}); on Debian: apt-get install -y chromium fonts-noto-cjk`;

const shots = join(import.meta.dirname, "shots");

/** How somebody looks at the Studio. */
export interface Look {
  readonly name: string;
  readonly locale: "zh-CN" | "en";
  readonly colorScheme: "light" | "dark";
  readonly viewport: { readonly width: number; readonly height: number };
}

/** A page that keeps account of what must not happen: errors in the console, requests that leave the house. */
export async function openPage(browser: Browser, url: string, look: Look, options: BrowserContextOptions = {}) {
  const { locale, colorScheme, viewport } = look;
  const context = await browser.newContext({ locale, colorScheme, viewport, baseURL: url, acceptDownloads: true, ...options });
  const page = await context.newPage();
  const complaints: string[] = [];
  const strangers: string[] = [];
  page.on("console", (message) => {
    if (message.type() === "error" || message.type() === "warning") complaints.push(`${message.type()}: ${message.text()}`);
  });
  page.on("pageerror", (error) => complaints.push(`thrown: ${error.stack ?? error.message}`));
  page.on("request", (request) => {
    if (!request.url().startsWith(url) && !/^(blob|data):/.test(request.url())) strangers.push(request.url());
  });
  return { page, context, complaints, strangers };
}

/** A screenshot into e2e/shots (not in git), for people to look at. */
export async function shoot(page: Page, look: Look, name: string): Promise<void> {
  await mkdir(shots, { recursive: true });
  await page.waitForTimeout(500); // fonts and the short animations
  await page.screenshot({ path: join(shots, `${look.name}-${name}.png`), fullPage: look.viewport.width > 500 });
}

/** Basics of accessibility and layout that a page must meet; each offence in words. */
export function offencesOf(page: Page): Promise<string[]> {
  return page.evaluate(() => {
    const found: string[] = [];
    const say = (element: Element, what: string) => found.push(`${what}: ${element.outerHTML.slice(0, 120)}`);
    const named = (element: Element) =>
      Boolean(
        element.getAttribute("aria-label")?.trim() || element.getAttribute("aria-labelledby") || element.textContent?.trim(),
      );
    for (const field of document.querySelectorAll<HTMLInputElement>("input, select, textarea")) {
      const labels = [...(field.labels ?? [])];
      if (!labels.some((label) => label.textContent?.trim()) && !field.getAttribute("aria-label")) say(field, "no label");
    }
    for (const control of document.querySelectorAll("button, a[href]"))
      if (!named(control) && control.querySelector("[aria-label]") === null) say(control, "no name");
    for (const image of document.querySelectorAll("img")) if (!image.hasAttribute("alt")) say(image, "no alt");
    for (const svg of document.querySelectorAll("svg"))
      if (svg.getAttribute("aria-hidden") !== "true" && svg.getAttribute("role") !== "img")
        say(svg, "svg neither hidden nor named");
    const ids = [...document.querySelectorAll("[id]")].map((element) => element.id);
    for (const id of new Set(ids)) if (ids.filter((other) => other === id).length > 1) found.push(`id twice: ${id}`);
    if (document.querySelectorAll("h1").length !== 1) found.push(`${document.querySelectorAll("h1").length} h1`);
    if (document.querySelector("main") === null) found.push("no main");
    if (document.documentElement.lang === "") found.push("no lang");
    const over = document.documentElement.scrollWidth - window.innerWidth;
    if (over > 0) found.push(`${over} px wider than the window`);
    return found;
  });
}
