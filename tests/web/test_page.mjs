// The server's page in a real browser.
import assert from "node:assert/strict";
import { existsSync, mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";

import { main, SOURCE, withServer } from "./serving.mjs";

const CHROMIUM = "/usr/bin/chromium";
const PATIENCE_MS = 300000;
const MODEL = join(SOURCE, "models/fovea/near-duplicate");
const scene = (name) => join(SOURCE, "samples/scenes", `${name}.jpg`);

let chromium;
try {
  ({ chromium } = await import("playwright-core"));
} catch {
  console.log("1..0 # SKIP npm's package playwright-core is not installed");
  process.exit(0);
}
if (!existsSync(CHROMIUM)) {
  console.log("1..0 # SKIP there is no Chromium");
  process.exit(0);
}

// Other services of a browser than showing a page would only look for a network.
const browser = await chromium.launch({ executablePath: CHROMIUM, args: [
  "--no-sandbox", "--disable-gpu", "--disable-quic", "--no-first-run",
  "--disable-background-networking", "--disable-component-update",
  "--disable-sync"] });
const scratch = mkdtempSync(join(tmpdir(), "fovea-page-"));
const broken = join(scratch, "broken.jpg");
writeFileSync(broken, "this is no picture");

// A page on a server of its own; what it complains of fails the test.
function onPage(use, { flags = [], view = {}, expected = null } = {}) {
  return () => withServer(["--quiet", ...flags], async (url, server) => {
    const context = await browser.newContext(view);
    const page = await context.newPage();
    page.setDefaultTimeout(PATIENCE_MS);
    const complaints = [];
    page.on("pageerror", (error) => complaints.push(String(error)));
    page.on("console", (message) => {
      if (message.type() === "error" && !expected?.test(message.text())) {
        complaints.push(message.text());
      }
    });
    try {
      await page.goto(url);
      await use(page, url, server);
      assert.deepEqual(complaints, []);
    } finally {
      await context.close();
    }
  }, MODEL);
}

const give = (page, ...paths) => page.setInputFiles("#files", paths);
const embedded = (page, n) => page.waitForFunction((count) =>
  document.querySelectorAll(".thumb").length === count, n);
const text = (page, selector) => page.locator(selector).innerText();

async function poolIsLive(page) {
  await page.waitForSelector("#state[data-state=cold]");
  assert.equal(await page.locator(".cell").count(), 0);
  assert.match(await text(page, "#models"), /near-duplicate/);
  await give(page, scene("city"));
  await embedded(page, 1);
  await page.waitForSelector("#state[data-state=ready]");
  await page.waitForSelector(".cell");
  assert.match(await text(page, ".cell:last-child"),
    /(ready|idle|loading|processing)[^]*process \d+, \d+ images/);
  await page.waitForFunction(() =>
    /[1-9]/.test(document.querySelector("#models td:nth-child(6)").innerText));
  assert.match(await page.getAttribute("#memory-bar", "aria-label"),
    /Memory: [\d.]+ \wB reserved, [\d.]+ \wB measured, of [\d.]+ \wB/);
  // The last interval with an image ends, and the charts say so.
  await page.waitForFunction(() => /half are done in/.test(
    document.getElementById("time-chart").getAttribute("aria-label")));
  assert.match(await page.getAttribute("#rate-chart", "aria-label"),
    /Images a second over the last minutes: now [\d.]+, at most [\d.]+/);
}

async function looksAlikeIsNear(page) {
  await give(page, scene("city"), scene("fog"), scene("marble"),
    scene("city_mirror"), scene("fruit"));
  await embedded(page, 5);
  await page.getByRole("button", { name: "city.jpg" }).click();
  await page.waitForFunction(() =>
    document.querySelectorAll("#near li").length === 4);
  assert.match(await text(page, "#near-title"), /city\.jpg/);
  assert.match(await text(page, "#near li:first-child"), /city_mirror\.jpg/);
  const rows = await page.locator("#table tbody tr").allTextContents();
  assert.equal(rows.length, 5);
  assert.ok(rows.some((row) => /^city\.jpgcity_mirror\.jpg0\.\d{3}$/.test(row)),
    rows.join("\n"));
  // On the map too, and nothing lies on something else or outside.
  const boxes = await page.locator(".thumb").evaluateAll((all) => Promise.all(
    all.flatMap((t) => t.getAnimations().map((a) => a.finished))).then(() =>
    all.map((t) => ({ name: t.firstChild.alt,
      ...t.getBoundingClientRect().toJSON() }))));
  const map = await page.locator("#map").boundingBox();
  for (const [i, a] of boxes.entries()) {
    assert.ok(a.left >= map.x && a.right <= map.x + map.width + 1 &&
      a.top >= map.y && a.bottom <= map.y + map.height + 1, a.name);
    for (const b of boxes.slice(0, i)) {
      assert.ok(a.right <= b.left + 2 || b.right <= a.left + 2 ||
        a.bottom <= b.top + 2 || b.bottom <= a.top + 2,
      `${a.name} lies on ${b.name}`);
    }
  }
  await page.getByRole("button", { name: "Remove this one" }).click();
  await embedded(page, 4);
  await page.getByRole("button", { name: "Clear" }).click();
  await embedded(page, 0);
  assert.equal(await page.locator("#results").isVisible(), false);
}

async function dropsAreTaken(page) {
  const dropped = await page.evaluateHandle(async () => {
    const canvas = new OffscreenCanvas(40, 30);
    canvas.getContext("2d").fillRect(5, 5, 20, 10);
    const transfer = new DataTransfer();
    transfer.items.add(new File([await canvas.convertToBlob()], "drawn.png"));
    return transfer;
  });
  await page.dispatchEvent("#drop", "drop", { dataTransfer: dropped });
  await embedded(page, 1);
  assert.equal(await page.locator(".thumb img").getAttribute("alt"),
    "drawn.png");
}

async function badOnesCostThemselves(page) {
  await give(page, scene("fog"), broken, scene("fruit"));
  await embedded(page, 2);
  await page.waitForFunction(() => /2 embedded, 1 with an error/.test(
    document.getElementById("progress").innerText));
  assert.match(await text(page, "#failures"), /broken\.jpg: .*not an image/);
}

async function asksForTheKey(page) {
  await page.waitForSelector("#key-form:not([hidden])");
  await page.fill("#key", "wrong");
  await page.press("#key", "Enter");
  await page.waitForFunction(() => /not one of the server's/.test(
    document.getElementById("key-error").innerText));
  await page.fill("#key", "right");
  await page.press("#key", "Enter");
  await page.waitForSelector("#state[data-state=cold]");
  assert.equal(await page.locator("#key-form").isVisible(), false);
  await give(page, scene("fog"));
  await embedded(page, 1);
}

async function keysAreEnough(page) {
  await page.waitForSelector("#state[data-state=cold]");
  await give(page, scene("city"), scene("fog"), scene("marble"));
  await embedded(page, 3);
  await page.evaluate(() => document.activeElement.blur());
  const reached = [];
  for (let i = 0; i < 12; i++) {
    await page.keyboard.press("Tab");
    reached.push(await page.evaluate(() => document.activeElement.id ||
      document.activeElement.className || document.activeElement.tagName));
  }
  for (const stop of ["skip", "files", "clear", "thumb", "remove"]) {
    assert.ok(reached.includes(stop), `${stop} is not in ${reached}`);
  }
  assert.equal(reached.filter((stop) => stop === "thumb").length, 1);
  // From picture to picture with the arrows, in every direction back again.
  await page.focus(".thumb[aria-pressed=true]");
  const seen = new Set();
  for (const key of ["Left", "Up", "Right", "Down", "Right", "Up", "Left"]) {
    await page.keyboard.press(`Arrow${key}`);
    seen.add(await page.evaluate(() =>
      document.activeElement.firstChild.alt));
  }
  assert.equal(seen.size > 1, true, [...seen].join());
  const focused = await page.evaluate(() =>
    getComputedStyle(document.activeElement).outlineStyle);
  assert.equal(focused, "solid");
}

async function fitsAPhone(page) {
  await give(page, scene("city"), scene("fog"));
  await embedded(page, 2);
  await page.waitForSelector(".cell");
  const [inside, outside] = await page.evaluate(() =>
    [document.documentElement.scrollWidth, innerWidth]);
  assert.ok(inside <= outside, `${inside} is wider than ${outside}`);
}

// Contrast of every text that is shown, as WCAG 2 has it.
function contrasts() {
  const level = (c) => {
    const [r, g, b] = c.map((v) => (v / 255 <= 0.03928 ? v / 255 / 12.92
      : ((v / 255 + 0.055) / 1.055) ** 2.4));
    return 0.2126 * r + 0.7152 * g + 0.0722 * b;
  };
  const parse = (c) => c.match(/[\d.]+/g).map(Number);
  const behind = (element) => {
    for (let at = element; at; at = at.parentElement) {
      const colour = parse(getComputedStyle(at).backgroundColor);
      if (colour.length < 4 || colour[3] === 1) {
        return colour.slice(0, 3);
      }
    }
    return [255, 255, 255];
  };
  const bad = [];
  for (const element of document.querySelectorAll("body *")) {
    const own = [...element.childNodes].some((n) =>
      n.nodeType === Node.TEXT_NODE && n.data.trim());
    if (!own || !element.getClientRects().length) {
      continue;
    }
    const style = getComputedStyle(element);
    const svg = element.namespaceURI.endsWith("svg");
    const a = level(parse(svg ? style.fill : style.color).slice(0, 3));
    const b = level(behind(element));
    const ratio = (Math.max(a, b) + 0.05) / (Math.min(a, b) + 0.05);
    if (ratio < 4.5) {
      bad.push(`${element.tagName} "${element.textContent}": ${ratio}`);
    }
  }
  return bad;
}

async function isReadable(page) {
  await give(page, scene("city"), broken);
  await embedded(page, 1);
  await page.waitForSelector(".cell");
  await page.waitForSelector("#failures li");
  assert.deepEqual(await page.evaluate(contrasts), []);
  return page.evaluate(() => getComputedStyle(document.body).backgroundColor);
}

let lightBack;

async function isReadableInLight(page) {
  lightBack = await isReadable(page);
}

async function isReadableInDark(page) {
  assert.notEqual(await isReadable(page), lightBack);
}

// What a screen reader needs: names for all that can be used or seen.
async function hasNames(page) {
  await give(page, scene("city"), scene("fog"));
  await embedded(page, 2);
  const nameless = await page.evaluate(() => {
    const bad = [];
    for (const e of document.querySelectorAll(
      "input, select, button, a, img, [role=img], svg")) {
      const name = e.labels?.[0]?.innerText || e.getAttribute("aria-label") ||
        e.innerText || e.getAttribute("alt") ||
        e.querySelector?.("img")?.alt;
      if (!name && !(e.tagName === "IMG" && e.alt === "")) {
        bad.push(e.outerHTML.slice(0, 80));
      }
    }
    return bad;
  });
  assert.deepEqual(nameless, []);
  assert.equal(await page.locator("h1").count(), 1);
  assert.equal(await page.locator("main").count(), 1);
  assert.equal(await page.getAttribute("html", "lang"), "en");
  assert.ok(await page.locator("[role=status], [aria-live]").count() >= 3);
}

async function tellsWhenTheServerIsGone(page, url, server) {
  await page.waitForSelector("#state[data-state=cold]");
  const port = new URL(url).port;
  server.kill("SIGTERM");
  await page.waitForFunction(() => /does not answer/.test(
    document.getElementById("connection").innerText));
  assert.equal(await text(page, "#state"), "no answer");
  await withServer(["--quiet", "--port", port], async () => {
    await page.waitForSelector("#state[data-state=cold]");
    assert.equal(await page.locator("#connection").isVisible(), false);
  }, MODEL);
}

try {
  await main([
    ["the pool is live", onPage(poolIsLive)],
    ["what looks alike is near", onPage(looksAlikeIsNear)],
    ["drops are taken", onPage(dropsAreTaken)],
    ["bad pictures cost themselves", onPage(badOnesCostThemselves,
      { expected: /status of 415/ })],
    ["it asks for the key", onPage(asksForTheKey,
      { flags: ["--api-key", "right"], expected: /status of 401/ })],
    ["keys are enough", onPage(keysAreEnough)],
    ["it fits a phone", onPage(fitsAPhone,
      { view: { viewport: { width: 360, height: 740 } } })],
    ["it is readable in light", onPage(isReadableInLight,
      { view: { colorScheme: "light" }, expected: /status of 415/ })],
    ["it is readable in dark", onPage(isReadableInDark,
      { view: { colorScheme: "dark" }, expected: /status of 415/ })],
    ["everything has a name", onPage(hasNames)],
    ["it tells when the server is gone", onPage(tellsWhenTheServerIsGone,
      { expected: /ERR_CONNECTION_REFUSED|ERR_EMPTY|ERR_CONNECTION_RESET/ })],
  ]);
} finally {
  await browser.close();
  rmSync(scratch, { recursive: true });
}
