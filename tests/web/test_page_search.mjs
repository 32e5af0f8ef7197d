// The server's page with indexes: searching, more like this, duplicates, how an
// index grows; with keys, for those who hear it, on a phone.
import assert from "node:assert/strict";
import { spawnSync } from "node:child_process";
import { copyFileSync, mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";

import { browser, format, onPage, onProxy, says, scene, text }
  from "./browsing.mjs";
import { environment, FOVEA, main, SOURCE, WHOLE } from "./serving.mjs";

const folder = mkdtempSync(join(tmpdir(), "fovea-index-"));
const FLAGS = ["--index", `photos=${folder}`, "--show-paths"];
const SCENES = ["city", "fog", "marble", "beach"];

function makeIndex() {
  SCENES.forEach((name) => copyFileSync(scene(name),
    join(folder, `${name}.jpg`)));
  copyFileSync(scene("city"), join(folder, "copy.jpg"));
  copyFileSync(format("still.heic"), join(folder, "still.heic"));
  const made = spawnSync(FOVEA, ["index", "-m", WHOLE, folder],
    { env: { ...environment(folder), FOVEA_HOME: SOURCE } });
  assert.equal(made.status, 0, String(made.stderr));
}

const hits = (page) => page.locator("#hits .hit .name").allInnerTexts();
const ready = (page) => page.waitForSelector("#find-go:not([disabled])");
const drawn = (page, n) => page.waitForFunction((count) =>
  [...document.querySelectorAll("#hits .face img")]
    .filter((i) => i.complete && i.naturalWidth).length >= count, n);

async function findsByWords(page) {
  await ready(page);
  await says(page, "#index-facts", /5 pictures in photos/);
  await page.fill("#find-words", "a city at night");
  await page.keyboard.press("Enter");
  await says(page, "#found-words", /5 pictures, .* clip/);
  assert.equal(await text(page, "#found-title"), "\u201ca city at night\u201d");
  await says(page, "#say", /5 pictures/);
  await drawn(page, 5); // the HEIC among them
}

async function findsByAPicture(page) {
  await ready(page);
  await page.setInputFiles("#find-file", scene("fog"));
  await says(page, "#found-words", /5 pictures/);
  assert.equal((await hits(page))[0], "fog.jpg");
  assert.equal(await text(page, "#found-title"), "Like fog.jpg");
  await drawn(page, 1);
  // More like one of them: itself is not found again.
  await page.locator("#hits button").first().click();
  await page.waitForFunction(() =>
    document.querySelectorAll("#hits .hit").length === 4);
  assert.ok(!(await hits(page)).includes("fog.jpg"));
  assert.equal(await page.evaluate(() => document.activeElement.id),
    "found-title");
  await page.click("#hits-back");
  await page.waitForFunction(() =>
    document.querySelectorAll("#hits .hit").length === 5);
}

async function dropsAndPastes(page) {
  await ready(page);
  for (const [kind, where] of [["drop", "#found"], ["paste", "body"]]) {
    const before = await page.locator(".tile").count();
    await page.evaluate(async ([event, selector]) => {
      const blob = await (await fetch("/favicon.svg")).blob();
      const data = new DataTransfer();
      data.items.add(new File([blob], `${event}ed.svg`, { type: blob.type }));
      const made = event === "drop"
        ? new DragEvent("drop", { bubbles: true, dataTransfer: data })
        : new ClipboardEvent("paste", { bubbles: true, clipboardData: data });
      document.querySelector(selector).dispatchEvent(made);
    }, [kind, where]);
    await says(page, "#found-title", new RegExp(`Like ${kind}ed.svg`));
    await says(page, "#found-words", /\w+ \w+/);
    assert.equal(await page.locator(".tile").count(), before);
  }
}

async function showsDuplicates(page) {
  await ready(page);
  await page.click("#find-alike");
  await says(page, "#found-words", /1 group /);
  assert.match(await text(page, ".group h4"), /1 picture like (city|copy)/);
  const notes = await page.locator(".group .note").allInnerTexts();
  assert.ok(notes.includes("2 files"), String(notes));
}

async function keysAreEnough(page) {
  await ready(page);
  await page.focus("#find-words");
  await page.keyboard.type("fog");
  await page.keyboard.press("Enter");
  await says(page, "#found-words", /5 pictures/);
  for (let i = 0; i < 8; i++) {
    await page.keyboard.press("Tab");
    if (await page.evaluate(() =>
      Boolean(document.activeElement.closest("#hits")))) {
      break;
    }
  }
  const named = () => page.evaluate(() =>
    document.activeElement.getAttribute("aria-label"));
  const first = await named();
  assert.match(first, /^More like this: /);
  await page.keyboard.press("ArrowRight");
  assert.notEqual(await named(), first);
  await page.keyboard.press("Home");
  assert.equal(await named(), first);
  await page.keyboard.press("Enter");
  await says(page, "#found-title", /^Like /);
  assert.equal(await page.evaluate(() => document.activeElement.id),
    "found-title");
}

// An index that a process is writing to, as the server tells of it.
async function showsGrowth(page, proxy) {
  await ready(page);
  let run = { going: true, phase: "embedding", done: 10, total: 40, failed: 1,
    started_s: 1, updated_s: 2, finished_s: 0 };
  proxy.rule = ({ path }) => (path === "/v1/indexes" ? (answer) => ({ ...answer,
    data: answer.data.map((index) => ({ ...index, run })) }) : undefined);
  await page.clock.runFor(11000);
  await says(page, "#run-words", /10 of 40 done, 1 failed/);
  assert.equal(await page.locator("#run-bar").getAttribute("max"), "40");
  run = { ...run, going: false, phase: "done", done: 40, finished_s: 3 };
  await page.clock.runFor(2000);
  await page.waitForSelector("#run", { state: "hidden" });
  await says(page, "#say", /complete/);
}

async function isAbsentWithoutIndexes(page) {
  await page.waitForSelector("#state[data-state=cold]");
  assert.equal(await page.locator("#library").isVisible(), false);
}

async function fitsAPhone(page) {
  await ready(page);
  await page.setInputFiles("#find-file", scene("fog"));
  await drawn(page, 2);
  const [inside, outside] = await page.evaluate(() =>
    [document.documentElement.scrollWidth, innerWidth]);
  assert.ok(inside <= outside, `${inside} is wider than ${outside}`);
}

const NOTHING = /status of (404|415)/;
const indexed = { flags: FLAGS, model: WHOLE,
  env: { FOVEA_HOME: SOURCE } };

try {
  makeIndex();
  await main([
    ["words find pictures", onPage(findsByWords, indexed)],
    ["a picture finds pictures, and each more", onPage(findsByAPicture,
      indexed)],
    ["what is dropped or pasted is searched for", onPage(dropsAndPastes,
      { ...indexed, expected: NOTHING })],
    ["duplicates are shown", onPage(showsDuplicates, indexed)],
    ["keys are enough", onPage(keysAreEnough, indexed)],
    ["an index that grows is followed", onProxy(showsGrowth,
      { ...indexed, isPaused: false })],
    ["without indexes there is no search", onPage(isAbsentWithoutIndexes)],
    ["it fits a phone", onPage(fitsAPhone, { ...indexed,
      view: { viewport: { width: 390, height: 844 } } })],
  ]);
} finally {
  await browser.close();
  rmSync(folder, { recursive: true });
}
