// The server's page on bad days: many pictures, silent servers, wrong keys,
// other models, and what a screen reader hears of it all.
import assert from "node:assert/strict";
import { copyFileSync, mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";

import { browser, embedded, give, MODEL, named, onPage, onProxy, says, scene,
  text, vectorOf } from "./browsing.mjs";
import { main, withServer } from "./serving.mjs";

const EMBED = "/v1/embeddings/image";
const POOL = "/v1/pool";
const POLL_MS = 5000; // what the page waits for the pool
const PICTURE_MS = 330000; // and for a picture
const HARD_DAYS = /ERR_|status of (401|429|503)/;

// Vectors that differ, and no work of the server's.
const drawn = ({ path, body }) => (path === EMBED
  ? vectorOf([1, body[0] / 256, body.at(-1) / 256]) : undefined);

const until = async (isSo) => {
  const end = Date.now() + 300000;
  while (!isSo()) {
    assert.ok(Date.now() < end, "it does not come");
    await new Promise((done) => setTimeout(done, 10));
  }
};

const many = (n) => Array.from({ length: n }, (_, i) => named(`${i}.png`));

// How many nodes come into the page while n pictures are embedded.
async function nodesFor(page, n) {
  await page.evaluate(() => {
    globalThis.nodes = 0;
    globalThis.watcher = new MutationObserver((records) => {
      for (const record of records) {
        globalThis.nodes += record.addedNodes.length;
      }
    });
    globalThis.watcher.observe(document.querySelector("main"),
      { childList: true, subtree: true });
  });
  await page.setInputFiles("#files", many(n));
  await embedded(page, n);
  const nodes = await page.evaluate(() => {
    globalThis.watcher.disconnect();
    return globalThis.nodes;
  });
  await page.getByRole("button", { name: "Clear" }).click();
  await embedded(page, 0);
  return nodes;
}

// All are taken, few are under way, and nothing is done anew for each.
async function allAreTaken(page, proxy) {
  await page.waitForSelector("#state[data-state=cold]");
  // The first ones wait for each other, so that several come at once.
  let meet;
  const met = new Promise((resolve) => {
    meet = resolve;
  });
  proxy.rule = async (asked) => {
    if (proxy.open === 5) {
      meet();
    }
    await (asked.path === EMBED && met);
    return drawn(asked);
  };
  const few = await nodesFor(page, 100);
  proxy.asked.length = 0;
  const all = await nodesFor(page, 600);
  assert.equal(proxy.asked.filter(({ path }) => path === EMBED).length, 600);
  assert.equal(proxy.most, 5);
  assert.ok(all / 600 < 2 * few / 100, `${few} nodes for 100, ${all} for 600`);
}

// Is every colour of a part a grey? The theme's greys have a touch of blue.
const coloursOf = (page) => page.locator("#pool .cell").evaluateAll((all) =>
  all.flatMap((cell) => ["color", "backgroundColor", "borderTopColor"]
    .map((name) => getComputedStyle(cell)[name].match(/[\d.]+/g).map(Number)
      .slice(0, 3)).map((c) => Math.max(...c) - Math.min(...c))));

async function isStale(page, word) {
  await page.waitForSelector("#pool[data-stale]");
  assert.match(await text(page, "#state"), new RegExp(`^${word} since .*\\d`));
  assert.match(await text(page, "#pool-since"), /^as of .*\d/);
  const since = (await text(page, "#pool-since")).replace("as of ", "");
  assert.ok((await text(page, "#state")).endsWith(since));
  assert.equal(await page.locator("#rate-chart .end").textContent(), since);
}

async function deathIsSeen(page, proxy, server) {
  await give(page, scene("city"));
  await embedded(page, 1);
  await page.waitForSelector(".cell:is([data-state=ready], [data-state=idle])");
  assert.ok((await coloursOf(page)).some((spread) => spread > 60));
  assert.equal(await page.locator("[data-stale]").count(), 0);
  let isDead = true;
  proxy.rule = () => (isDead ? "drop" : undefined);
  await says(page, "#facts", /cannot be reached, or broke off/);
  await isStale(page, "no answer");
  const colours = await coloursOf(page);
  assert.ok(colours.length > 0 && colours.every((spread) => spread < 40),
    String(colours));
  // Pictures wait for it, and are not lost.
  await give(page, scene("fog"), scene("fruit"));
  await says(page, "#progress", /1 of 3 .*; waiting for the server/);
  isDead = false;
  await page.waitForSelector("#state[data-state=ready]");
  await embedded(page, 3);
  assert.equal(await page.locator("[data-stale]").count(), 0);
  assert.equal(await text(page, "#pool-since"), "");
  assert.equal(server.exitCode, null);
}

// The process itself, killed, and another one in its place.
async function restartIsSeen(page, url, server) {
  await give(page, scene("city"));
  await embedded(page, 1);
  await page.waitForSelector(".cell");
  server.kill("SIGKILL");
  await says(page, "#facts", /cannot be reached, or broke off/);
  await isStale(page, "no answer");
  const { port } = new URL(url);
  await withServer(["--quiet", "--port", port], async () => {
    await page.waitForSelector("#state[data-state=cold]");
    assert.equal(await page.locator("[data-stale], .cell").count(), 0);
  }, MODEL);
}

async function hangingIsSeen(page, proxy) {
  await page.waitForSelector("#state[data-state=cold]");
  proxy.rule = () => "hang";
  await give(page, named("one.png"));
  await until(() => proxy.held.length === 2);
  await page.clock.fastForward(POLL_MS);
  await says(page, "#facts", /did not answer within 5 s/);
  await isStale(page, "no answer");
  // The picture has longer, but not for ever.
  assert.equal(await page.locator(".tile[data-state=waiting]").count(), 1);
  await page.clock.fastForward(PICTURE_MS);
  await says(page, "#progress", /waiting for the server/);
  proxy.rule = drawn;
  await embedded(page, 1);
  await page.waitForSelector("#state[data-state=cold]");
}

// A picture at which the server breaks off again and again has failed.
async function triesEnd(page, proxy) {
  await page.waitForSelector("#state[data-state=cold]");
  proxy.rule = (asked) => (asked.path !== EMBED ? undefined
    : asked.body.equals(named("bad.png").buffer) ? "break" : drawn(asked));
  await page.setInputFiles("#files", [named("bad.png"), named("good.png")]);
  await embedded(page, 1);
  await says(page, ".tile[data-state=bad]", /cannot be reached, or broke off/);
  assert.equal(proxy.asked.filter(({ path }) => path === EMBED).length, 5);
  proxy.rule = drawn;
  await page.getByRole("button", { name: "Try errors again" }).click();
  await embedded(page, 2);
}

// A file that changes while it waits is no reason to ask for ever.
async function changedFilesAreTold(page, proxy) {
  await page.waitForSelector("#state[data-state=cold]");
  const directory = mkdtempSync(join(tmpdir(), "fovea-page-"));
  const path = join(directory, "changing.jpg");
  copyFileSync(scene("fog"), path);
  proxy.rule = () => "drop";
  await give(page, path);
  await says(page, "#progress", /waiting for the server/);
  rmSync(directory, { recursive: true });
  proxy.rule = drawn;
  await says(page, ".tile[data-state=bad]", /cannot be read any more/);
}

// A full server is asked again when it says, and not before.
async function fullnessIsWaitedFor(page, proxy) {
  await page.waitForSelector("#state[data-state=cold]");
  let isFull = true;
  proxy.rule = (asked) => (isFull && asked.path === EMBED ? { status: 429,
    headers: { "Retry-After": "600", "X-Should-Retry": "true" },
    json: { error: { message: "the queue is full" } } } : drawn(asked));
  await page.setInputFiles("#files", many(20));
  const uploads = () => proxy.asked.filter(({ path }) => path === EMBED).length;
  await until(() => uploads() === 5 && proxy.asked.at(-1).path === POOL);
  await until(() => proxy.asked.filter((a) => a.path === POOL).length >= 4);
  assert.equal(uploads(), 5);
  isFull = false;
  await page.clock.fastForward(600000);
  await embedded(page, 20);
  assert.equal(uploads(), 25);
}

async function wrongKeysAreSentOnce(page, proxy) {
  const refused = () => proxy.asked.filter(({ status }) => status === 401);
  await page.waitForSelector("#key-dialog[open]");
  assert.equal(await text(page, "#state"), "needs a key");
  await until(() => refused().length === 1);
  // Time goes by, and pictures come: nothing is asked.
  const quiet = async (n) => {
    await page.clock.fastForward(600000);
    await page.evaluate(() => fetch("/livez"));
    assert.deepEqual(refused().map(({ key }) => key),
      [undefined, "wrong"].slice(0, n));
    assert.equal(proxy.asked.filter(({ path }) => path === EMBED).length, 0);
  };
  await quiet(1);
  await give(page, scene("fog"), scene("city"));
  await says(page, "#progress", /0 of 2 .*; waiting for a key/);
  await page.fill("#key", "wrong");
  await page.press("#key", "Enter");
  await says(page, "#key-error", /not one of the server's/);
  await quiet(2);
  // It can be put off, and asked for again.
  await page.keyboard.press("Escape");
  assert.equal(await page.locator("#key-dialog").isVisible(), false);
  await page.getByRole("button", { name: "Give a key" }).click();
  await page.fill("#key", "schlüssel");
  await page.press("#key", "Enter");
  await says(page, "#key-error", /ASCII/);
  await page.fill("#key", "right");
  await page.press("#key", "Enter");
  await embedded(page, 2);
  assert.equal(refused().length, 2);
  assert.equal(await page.locator("#key-dialog").isVisible(), false);
  assert.equal(await page.locator("#key-open").isVisible(), false);
}

// A key that is taken back while all is well: what is shown is old from then.
async function takenBackKeysAreSeen(page, proxy) {
  await page.waitForSelector("#key-dialog[open]");
  await page.fill("#key", "right");
  await page.press("#key", "Enter");
  await page.waitForSelector("#state[data-state=cold]");
  proxy.rule = () => ({ status: 401, json: { error: { message: "no" } } });
  await page.waitForSelector("#key-dialog[open]");
  await isStale(page, "needs a key");
  const n = proxy.asked.filter(({ path }) => path === POOL).length;
  await page.clock.fastForward(600000);
  await page.evaluate(() => fetch("/livez"));
  assert.equal(proxy.asked.filter(({ path }) => path === POOL).length, n);
}

// Two models of one dimension, whose vectors mean nothing to each other.
const models = (...ids) => (asked) => {
  if (asked.path === POOL) {
    return (pool) => ({ ...pool, models: ids.map((id) =>
      ({ ...pool.models[0], id })) });
  }
  const { searchParams } = new URL(asked.url, "http://localhost");
  return asked.path === EMBED
    ? vectorOf([1, asked.body[0] / 256, 0], searchParams.get("model"))
    : undefined;
};

async function modelsAreKeptApart(page, proxy) {
  await page.waitForSelector("#model-choice[data-single=false]");
  await page.setInputFiles("#files", [named("a1.png"), named("a2.png")]);
  await embedded(page, 2);
  await page.selectOption("#model", "second");
  assert.match(await text(page, "#others"), /2 of another model/);
  assert.equal(await page.locator(".tile[data-state=other]").count(), 2);
  await says(page, ".tile:first-child", /of first/);
  await page.setInputFiles("#files", [named("b1.png"), named("b2.png")]);
  await embedded(page, 4);
  for (const [place, name, like] of [[1, "a1", "a2"], [4, "b2", "b1"]]) {
    await page.click(`.tile:nth-child(${place}) button`);
    await says(page, "#near-title", new RegExp(`Like ${name}`));
    assert.equal(await page.locator("#near li").count(), 1);
    assert.match(await text(page, "#near"), new RegExp(`\\b${like}\\.png`));
  }
  await page.getByRole("button", { name: "Embed them again" }).click();
  await page.waitForFunction(() =>
    document.querySelectorAll(".tile[data-state=good]").length === 4);
  await page.waitForFunction(() =>
    document.querySelectorAll("#near li").length === 3);
  assert.equal(await text(page, "#others"), "");
  // The server comes back with another one.
  proxy.rule = models("third");
  await says(page, "#others", /4 of another model/);
  assert.equal(await page.locator(".tile[data-state=other]").count(), 4);
}

// What is announced: the beginning, the end, and what went wrong.
async function littleIsAnnounced(page, proxy) {
  await give(page, scene("city"), scene("fog"));
  await embedded(page, 2);
  await page.clock.fastForward(1000);
  await page.waitForSelector("#near li");
  await page.getByRole("button", { name: "Clear" }).click();
  const live = page.locator(
    "[aria-live], [role=status], [role=alert], [role=log], output");
  assert.deepEqual(await live.evaluateAll((all) =>
    all.map((e) => e.id)), ["say"]);
  await page.evaluate(() => {
    globalThis.heard = [];
    const region = document.getElementById("say");
    new MutationObserver(() => globalThis.heard.push(region.textContent))
      .observe(region, { childList: true, characterData: true, subtree: true });
  });
  let free;
  const freed = new Promise((resolve) => {
    free = resolve;
  });
  proxy.rule = async (asked) => {
    if (asked.path === EMBED && asked.body.equals(named("199.png").buffer)) {
      await freed;
    }
    return drawn(asked);
  };
  await page.setInputFiles("#files", many(200));
  await embedded(page, 199);
  const heard = () => page.evaluate(() => globalThis.heard);
  assert.deepEqual(await heard(), ["0 of 200 pictures embedded."]);
  await page.clock.fastForward(15000);
  assert.deepEqual((await heard()).slice(1), ["199 of 200 pictures embedded."]);
  free();
  await embedded(page, 200);
  proxy.rule = () => "drop";
  await page.clock.fastForward(15000);
  await page.waitForSelector("#pool[data-stale]");
  const n = proxy.asked.length;
  await page.clock.fastForward(15000);
  await until(() => proxy.asked.length > n);
  const [end, trouble, ...more] = (await heard()).slice(2);
  assert.equal(end, "200 of 200 pictures embedded.");
  // The clock that was turned may end a request before its connection drops.
  assert.match(trouble, /^The server (cannot be reached, or broke off|did not answer within 5 s)\. Trying again\.$/);
  assert.deepEqual(more, []);
}

try {
  const key = { flags: ["--api-key", "right"], expected: HARD_DAYS };
  await main([
    ["all are taken", onProxy(allAreTaken, { isPaused: true })],
    ["a server's death is seen", onProxy(deathIsSeen,
      { expected: HARD_DAYS })],
    ["a server's restart is seen", onPage(restartIsSeen,
      { expected: HARD_DAYS })],
    ["a server that hangs is seen", onProxy(hangingIsSeen,
      { expected: HARD_DAYS })],
    ["tries end", onProxy(triesEnd, { expected: HARD_DAYS })],
    ["files that change are told", onProxy(changedFilesAreTold,
      { expected: HARD_DAYS })],
    ["a full server is waited for", onProxy(fullnessIsWaitedFor,
      { expected: HARD_DAYS })],
    ["wrong keys are sent once", onProxy(wrongKeysAreSentOnce, key)],
    ["keys that are taken back are seen", onProxy(takenBackKeysAreSeen, key)],
    ["models are kept apart", onProxy(modelsAreKeptApart,
      { rule: models("first", "second") })],
    ["little is announced", onProxy(littleIsAnnounced,
      { isPaused: true, expected: HARD_DAYS })],
  ]);
} finally {
  await browser.close();
}
