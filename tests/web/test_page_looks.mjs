// How the server's page looks: on a phone, in light and dark, to those who need
// it still or hear it.
import assert from "node:assert/strict";

import { browser, embedded, format, give, named, onPage, says, scene }
  from "./browsing.mjs";
import { contrasts } from "./looks.mjs";
import { main } from "./serving.mjs";

const broken = named("broken.jpg");

async function fitsAPhone(page) {
  await give(page, scene("city"), scene("fog"), format("still.heic"));
  await give(page, broken);
  await embedded(page, 3);
  await page.waitForSelector(".cell");
  await page.click(".thumb");
  const [inside, outside] = await page.evaluate(() =>
    [document.documentElement.scrollWidth, innerWidth]);
  assert.ok(inside <= outside, `${inside} is wider than ${outside}`);
  // What is chosen and what is like it are seen at once.
  for (const selector of [".thumb[aria-pressed=true]", "#near li >> nth=0"]) {
    const box = await page.locator(selector).boundingBox();
    assert.ok(box.height > 0 && box.x >= 0 && box.x + box.width <= outside,
      selector);
  }
}

// Rooms are kept for what comes: the list of the most alike is an order that
// changes, all else stays.
async function nothingMoves(page) {
  await page.evaluate(() => {
    globalThis.moved = [];
    new PerformanceObserver((list) => list.getEntries().forEach((entry) =>
      entry.sources.forEach(({ node }) => {
        if (node && !node.parentElement?.closest("#near")) {
          globalThis.moved.push(`${node.id ?? ""} ${node.className ?? ""} ` +
            node.textContent.trim().slice(0, 40));
        }
      }))).observe({ type: "layout-shift", buffered: true });
  });
  await page.waitForSelector("#state[data-state=cold]");
  await give(page, scene("city"), scene("fog"), format("still.heic"));
  await give(page, broken);
  await embedded(page, 3);
  await page.waitForSelector(".cell");
  await says(page, "#near li", /city|fog/);
  await page.click(".thumb");
  await says(page, "#near-title", /Like/);
  // Two frames: what moved is known by then.
  await page.evaluate(() => new Promise((done) =>
    requestAnimationFrame(() => requestAnimationFrame(done))));
  assert.deepEqual(await page.evaluate(() => globalThis.moved), []);
}

async function isStill(page) {
  await give(page, scene("city"), scene("fog"));
  await embedded(page, 2);
  await page.click(".thumb");
  const moving = await page.evaluate(() => [...document.querySelectorAll("*")]
    .filter((e) => {
      const style = getComputedStyle(e);
      return style.scrollBehavior !== "auto" ||
        parseFloat(style.transitionDuration) > 0 ||
        style.animationName !== "none";
    }).map((e) => e.tagName));
  assert.deepEqual(moving, []);
}

async function isReadable(page) {
  await give(page, scene("city"));
  await give(page, broken);
  await embedded(page, 1);
  await page.waitForSelector(".cell");
  await page.waitForSelector(".tile[data-state=bad]");
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
}

// Nothing of the page is from elsewhere or inline, and nothing may be.
async function isSealed(page, url) {
  const answer = await page.request.get(url);
  const policy = answer.headers()["content-security-policy"];
  assert.match(policy, /^default-src 'none'; script-src 'self'; style-src 'self';/);
  assert.doesNotMatch(policy, /unsafe|http/);
  const inline = await page.evaluate(() => [...document.querySelectorAll(
    "script:not([src]), style, [style], [onclick]")].map((e) => e.outerHTML)
    .filter((html) => !/^<span class="(strong)?" style="width/.test(html)));
  assert.deepEqual(inline, []);
}

const NO_IMAGE = /status of 415/;
const PHONE = { viewport: { width: 360, height: 740 } };

try {
  await main([
    ["it fits a phone", onPage(fitsAPhone,
      { view: PHONE, expected: NO_IMAGE })],
    ["nothing moves", onPage(nothingMoves, { expected: NO_IMAGE })],
    ["nothing moves on a phone", onPage(nothingMoves,
      { view: PHONE, expected: NO_IMAGE })],
    ["it is still where that is wanted", onPage(isStill,
      { view: { reducedMotion: "reduce" } })],
    ["it is readable in light", onPage(isReadableInLight,
      { view: { colorScheme: "light" }, expected: NO_IMAGE })],
    ["it is readable in dark", onPage(isReadableInDark,
      { view: { colorScheme: "dark" }, expected: NO_IMAGE })],
    ["nothing is from elsewhere or inline", onPage(isSealed)],
    ["everything has a name", onPage(hasNames)],
  ]);
} finally {
  await browser.close();
}
