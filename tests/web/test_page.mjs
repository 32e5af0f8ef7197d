// The server's page in a real browser.
import assert from "node:assert/strict";
import { copyFileSync, mkdirSync, mkdtempSync, readFileSync, rmSync,
  writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";

import { browser, embedded, format, give, named, onPage, onProxy, says, scene,
  text, vectorOf } from "./browsing.mjs";
import { main, WHOLE } from "./serving.mjs";

const scratch = mkdtempSync(join(tmpdir(), "fovea-page-"));
const broken = join(scratch, "broken.jpg");
writeFileSync(broken, "this is no picture");

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
    /Images and texts a second over the last minutes: now [\d.]+, at most [\d.]+/);
}

// Of all: what is out of sight has no inner text.
const names = (page, selector) =>
  page.locator(`${selector} .name`).allTextContents();

async function looksAlikeIsNear(page) {
  await give(page, scene("city"), scene("fog"), scene("marble"),
    scene("city_mirror"), scene("fruit"));
  await embedded(page, 5);
  // Without asking: the most alike of all stand first.
  await says(page, "#near li:first-child", /^city\.jpg\s+city_mirror\.jpg/);
  await page.click(".thumb >> nth=0");
  await says(page, "#near-title", /Like city\.jpg/);
  assert.equal(await page.locator("#near li").count(), 4);
  assert.match(await text(page, "#near li:first-child"),
    /^city_mirror\.jpg\s+0\.\d{3}$/);
  await says(page, ".tile:first-child",
    /^city\.jpg\s+0\.\d{3} city_mirror\.jpg$/);
  // More like that one.
  await page.click("#near li:first-child button");
  await says(page, "#near-title", /Like city_mirror\.jpg/);
  await says(page, "#near li:first-child", /^city\.jpg/);
  // Side by side, where that is wanted.
  await page.selectOption("#order", "alike");
  assert.deepEqual((await names(page, "#tiles")).slice(0, 2),
    ["city.jpg", "city_mirror.jpg"]);
  await page.getByRole("button", { name: "Remove" }).click();
  await embedded(page, 4);
  assert.ok(!(await names(page, "#tiles")).includes("city_mirror.jpg"));
  assert.doesNotMatch(await page.locator("#tiles").textContent(),
    /city_mirror/);
  await page.getByRole("button", { name: "Clear" }).click();
  await embedded(page, 0);
  await page.waitForSelector("#invitation", { state: "visible" });
}

async function dropsAreTaken(page) {
  const dropped = await page.evaluateHandle(async () => {
    const canvas = new OffscreenCanvas(40, 30);
    canvas.getContext("2d").fillRect(5, 5, 20, 10);
    const transfer = new DataTransfer();
    transfer.items.add(new File([await canvas.convertToBlob()], "drawn.png"));
    return transfer;
  });
  await page.dispatchEvent("#stage", "drop", { dataTransfer: dropped });
  await embedded(page, 1);
  await says(page, ".tile", /^drawn\.png/);
}

// A real drop, with what is no picture, and folders in it.
async function foldersAreWalked(page) {
  const folder = join(scratch, "holiday");
  mkdirSync(join(folder, "day two"), { recursive: true });
  copyFileSync(scene("city"), join(folder, "first.jpg"));
  copyFileSync(format("still.heic"), join(folder, "day two", "second.heic"));
  writeFileSync(join(folder, "notes.txt"), "It rained.");
  const devtools = await page.context().newCDPSession(page);
  const box = await page.locator("#stage").boundingBox();
  for (const type of ["dragEnter", "dragOver", "drop"]) {
    await devtools.send("Input.dispatchDragEvent", { type, x: box.x + 50,
      y: box.y + 50, data: { items: [], files: [folder, scene("fog")],
        dragOperationsMask: 1 } });
  }
  await embedded(page, 3);
  assert.deepEqual((await names(page, "#tiles")).sort(),
    ["first.jpg", "fog.jpg", "second.heic"]);
  assert.match(await text(page, "#progress"),
    /3 of 3 pictures embedded, 1 left out, which are no pictures/);
  assert.doesNotMatch(await page.content(), /holiday|day two|fovea-page-/);
}

async function badOnesCostThemselves(page) {
  await give(page, scene("fog"), broken, scene("fruit"));
  await embedded(page, 2);
  await says(page, "#progress", /2 of 3 pictures embedded, 1 with an error/);
  const tile = ".tile[data-state=bad]";
  await says(page, tile, /not an image.*\s+broken\.jpg\s+error/);
  await page.selectOption("#order", "trouble");
  assert.equal((await names(page, "#tiles"))[0], "broken.jpg");
  await page.click(`${tile} button`);
  await says(page, "#about", /not an image/);
}

// What the browser cannot show the server draws, once it has decoded it.
async function drawsWhatTheBrowserCannot(page) {
  const shown = ["still.heic", "none.tif", "preview.dng", "lossy.j2k",
    "lossless.jp2", "grey_text.pgm", "bilevel.pbm"];
  await give(page, ...shown.map(format), scene("fog"));
  await embedded(page, shown.length + 1);
  for (const name of shown) {
    const tile = page.locator(".tile", { has: page.getByText(name,
      { exact: true }) });
    await tile.locator("img").waitFor();
    assert.equal(await tile.locator(".format").count(), 0);
  }
  const pictures = await page.locator("img").evaluateAll((all) =>
    Promise.all(all.map((i) => i.decode().then(() => i.naturalWidth))));
  assert.ok(pictures.every((width) => width > 0), String(pictures));
}

// Where it does not, the format's name stands in its place.
async function hasPlaceholders(page) {
  await give(page, format("still.heic"), format("none.tif"), scene("fog"));
  await embedded(page, 3);
  for (const [name, kind] of [["still.heic", "HEIC"], ["none.tif", "TIFF"]]) {
    const tile = page.locator(".tile", { has: page.getByText(name,
      { exact: true }) });
    await tile.locator(".format").waitFor();
    assert.equal(await tile.locator(".format").textContent(), kind);
    assert.equal(await tile.locator("img").count(), 0);
  }
}

const noThumbnails = ({ path }) => (path === "/v1/thumbnail"
  ? { status: 415, json: { error: { message: "not drawn" } } } : undefined);

async function showsNotes(page) {
  const bytes = readFileSync(scene("city"));
  const cut = join(scratch, "cut.jpg");
  writeFileSync(cut, bytes.subarray(0, bytes.length * 0.9));
  await give(page, format("preview.dng"), cut, scene("fog"));
  await embedded(page, 3);
  const notes = await page.locator(".tile").evaluateAll((all) => all.map((t) =>
    [...t.querySelectorAll(".note")].map((note) => note.textContent)));
  assert.deepEqual(notes, [["preview"], ["damaged"], []]);
  await page.click(".tile:nth-child(2) button");
  await says(page, "#about", /\w+ .*\w+/);
  const title = await page.getAttribute(".tile:nth-child(2) button", "title");
  assert.ok(title.includes(await text(page, "#about")), title);
}

async function keysAreEnough(page) {
  await page.waitForSelector("#state[data-state=cold]");
  await give(page, scene("city"), scene("fog"), scene("marble"), broken);
  await embedded(page, 3);
  await says(page, "#progress", /1 with an error/);
  await page.waitForSelector("#near li");
  await page.evaluate(() => document.activeElement.blur());
  const reached = [];
  for (let i = 0; i < 9; i++) {
    await page.keyboard.press("Tab");
    reached.push(await page.evaluate(() => document.activeElement.id ||
      document.activeElement.className || document.activeElement.tagName));
    const outline = await page.evaluate(() => getComputedStyle(
      document.activeElement.id === "files" ? document.activeElement
        .previousElementSibling : document.activeElement).outlineStyle);
    assert.equal(outline, "solid", reached.at(-1));
  }
  for (const stop of ["skip", "files", "order", "again", "clear", "thumb"]) {
    assert.ok(reached.includes(stop), `${stop} is not in ${reached}`);
  }
  assert.equal(reached.filter((stop) => stop === "thumb").length, 1);
  // From picture to picture with the arrows; chosen, and left again.
  await page.focus(".thumb");
  const at = () => page.evaluate(() =>
    document.activeElement.querySelector(".name").textContent);
  const seen = [await at()];
  for (const key of ["ArrowRight", "ArrowRight", "Home", "End", "ArrowLeft"]) {
    await page.keyboard.press(key);
    seen.push(await at());
  }
  assert.deepEqual(seen, ["city.jpg", "fog.jpg", "marble.jpg", "city.jpg",
    "broken.jpg", "marble.jpg"]);
  await page.keyboard.press("Enter");
  await says(page, "#near-title", /Like marble\.jpg/);
  await page.keyboard.press("Escape");
  await says(page, "#near-title", /Most alike/);
  assert.equal(await at(), "marble.jpg");
  await page.keyboard.press("Delete");
  await embedded(page, 2);
  assert.ok(["fog.jpg", "broken.jpg"].includes(await at()));
}

// Pictures that are red, green or blue, and words for them; of the first model,
// which embeds texts, and of another one, which does not.
const colours = { red: [1, 0.2, 0], green: [0, 1, 0.1], blue: [0.1, 0, 1] };
const wordsAre = ({ path, body }) => {
  if (path === "/v1/pool") {
    return (pool) => ({ ...pool, models: [["first", "embed"],
      ["first", "embed_text"], ["second", "embed"]].map(([id, work]) =>
      ({ ...pool.models[0], id, work })) });
  }
  if (path === "/v1/embeddings") {
    const asked = JSON.parse(body);
    assert.equal(asked.modality, "text");
    assert.equal(asked.model, "first");
    const [text] = asked.input;
    return text === "nothing" ? { status: 400, json: { error: {
      message: "It is a text of nothing." } } }
      : vectorOf(text.split(" ").map((word) => colours[word] ?? [0, 0, 0])
        .reduce((sum, c) => sum.map((n, i) => n + c[i])), "first");
  }
  return path === "/v1/embeddings/image"
    ? vectorOf(colours[String(body).split(".")[0]], "first") : undefined;
};

async function wordsFindPictures(page) {
  await page.waitForSelector("#state[data-state=cold]");
  // The model is offered once, and is a row for each of its towers.
  assert.deepEqual(await page.locator("#model option").allTextContents(),
    ["first", "second"]);
  assert.deepEqual(await page.locator("#models tbody th").allTextContents(),
    ["first", "first (texts)", "second"]);
  await give(page, ...Object.keys(colours).map((c) => named(`${c}.png`)));
  await embedded(page, 3);
  const words = page.getByLabel("Find by words");
  await words.fill("something blue");
  await words.press("Enter");
  await says(page, "#near-title", /Nearest to .something blue./);
  await says(page, "#near li:first-child", /blue\.png\s+1\.000$/);
  assert.equal(await page.locator("#near li").count(), 3);
  assert.ok(await page.locator("#remove").isHidden());
  await page.waitForFunction(() => /Nearest to .something blue.: blue\.png/
    .test(document.getElementById("say").textContent));
  // Others take their place, and a picture that is chosen does.
  await words.fill("red green");
  await page.getByRole("button", { name: "Find" }).click();
  await says(page, "#near-title", /Nearest to .red green./);
  await says(page, "#near li:last-child", /blue\.png/);
  await page.click("#near li:first-child button");
  await says(page, "#near-title", /Like (red|green)\.png/);
  assert.ok(await page.locator("#remove").isVisible());
  // What is wrong with them is said.
  await words.fill("nothing");
  await words.press("Enter");
  await says(page, "#about", /It is a text of nothing/);
  await words.press("Escape");
  await says(page, "#near-title", /Most alike/);
  // Another model knows no words.
  await words.fill("red");
  await words.press("Enter");
  await says(page, "#near-title", /Nearest to .red./);
  await page.selectOption("#model", "second");
  await page.waitForSelector("#words-form", { state: "hidden" });
  await says(page, "#near-title", /Most alike/);
}

// With a model that has no meaning, and a server that has it whole.
async function wordsAreEmbedded(page) {
  await page.waitForSelector("#state[data-state=cold]");
  await give(page, scene("city"), scene("fog"));
  await embedded(page, 2);
  await page.getByLabel("Find by words").fill("caf\u00e9 in fog");
  await page.getByRole("button", { name: "Find" }).click();
  await says(page, "#near li:last-child", /(city|fog)\.jpg\s+-?0\.\d{3}$/);
  assert.equal(await page.locator("#near li").count(), 2);
  await page.getByLabel("Find by words").fill("a ".repeat(100));
  await page.keyboard.press("Enter");
  await says(page, "#about", /tokens/);
}

async function wordsAreNotAsked(page) {
  await page.waitForSelector("#state[data-state=cold]");
  assert.ok(await page.locator("#words-form").isHidden());
}

// What people come for is seen first, and the pool below it.
async function tryingComesFirst(page) {
  await page.waitForSelector("#state[data-state=cold]");
  const trying = await page.locator("#try").boundingBox();
  const pool = await page.locator("#pool").boundingBox();
  assert.ok(trying.y < 250 && trying.y + trying.height <= pool.y);
  const choose = await page.locator("#tools .button").boundingBox();
  assert.ok(choose.y + choose.height < page.viewportSize().height);
}

// One point of a time that has nothing before and after it is seen.
async function drawsSinglePoints(page) {
  await page.waitForSelector("#time-chart .dot");
  const dots = await page.locator("#time-chart .dot").evaluateAll((all) =>
    all.map((dot) => [dot.getBoundingClientRect().width > 0,
      dot.getAttribute("class")]));
  assert.deepEqual(dots, [[true, "dot "], [true, "dot second"]]);
  const line = await page.getAttribute("#time-chart .line", "d");
  assert.equal(line.match(/M/g).length, 1);
  assert.equal(line.match(/L/g).length, 1);
  assert.doesNotMatch(await page.locator("#time-chart").innerHTML(), /NaN/);
}

const lonely = ({ path }) => (path === "/v1/pool" ? (pool) => {
  const times = [null, 40, null, null, 50, 60];
  pool.history = { interval_s: 2, images_per_s: times.map(() => 0),
    failed_per_s: times.map(() => 0), queued: times.map(() => 0),
    p50_ms: times, p99_ms: times };
  return pool;
} : undefined);

const NO_IMAGE = /status of 415/;
const PHONE = { viewport: { width: 360, height: 740 } };

try {
  await main([
    ["the pool is live", onPage(poolIsLive)],
    ["trying comes first", onPage(tryingComesFirst)],
    ["trying comes first on a phone", onPage(tryingComesFirst,
      { view: PHONE })],
    ["what looks alike is near", onPage(looksAlikeIsNear)],
    ["drops are taken", onPage(dropsAreTaken)],
    ["folders are walked", onPage(foldersAreWalked)],
    ["bad pictures cost themselves", onPage(badOnesCostThemselves,
      { expected: NO_IMAGE })],
    ["the server draws what the browser cannot show",
      onPage(drawsWhatTheBrowserCannot)],
    ["what nobody draws has a name", onProxy(hasPlaceholders,
      { rule: noThumbnails, expected: NO_IMAGE })],
    ["notes are shown", onPage(showsNotes,
      { flags: ["--damaged", "accept"] })],
    ["keys are enough", onPage(keysAreEnough, { expected: NO_IMAGE })],
    ["words find pictures", onProxy(wordsFindPictures,
      { rule: wordsAre, expected: /status of 400/ })],
    ["words find pictures on a phone", onProxy(wordsFindPictures,
      { rule: wordsAre, expected: /status of 400/, view: PHONE })],
    ["words are embedded", onPage(wordsAreEmbedded, { model: WHOLE })],
    ["a model without words is asked for none", onPage(wordsAreNotAsked)],
    ["single points are drawn", onProxy(drawsSinglePoints,
      { rule: lonely })],
  ]);
} finally {
  await browser.close();
  rmSync(scratch, { recursive: true });
}
