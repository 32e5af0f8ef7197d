// The server's page with jobs: how far they are, their nodes, shards that failed, a
// broker that is away; on a phone, in light and dark, for those who hear it.
import assert from "node:assert/strict";
import { spawn, spawnSync } from "node:child_process";
import { copyFileSync, existsSync, mkdirSync, mkdtempSync, readFileSync, rmSync }
  from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { setTimeout as pause } from "node:timers/promises";

import { contrasts } from "./looks.mjs";
import { browser, onPage, onProxy, says, scene, text } from "./browsing.mjs";
import { environment, FOVEA, main, MODEL } from "./serving.mjs";

const BROKER = "/usr/sbin/nats-server";

const report = (more = {}) => ({ version: "0.1.0", state: "working", reason: "",
  uptime: 4000, done: 41, failed: 0, returned: 1, redeliveries: 2, refused: 0,
  items: 412345, errors: 17, rate: 23.4,
  shards: [{ shard: 73, done: 4210, items: 10000 }], ...more });
const node = (name, more) => ({ name, heard_s: 1.5, report: report(more) });

const photos = { object: "job", name: "photos", state: "going",
  shards: { total: 120, done: 82, failed: 1, waiting: 33, handed_out: 4,
    redelivered: 1 },
  items: { total: 1200000, done: 820000 }, images_per_s: 70.2, n_nodes: 3 };
const photosInFull = { ...photos,
  nodes: [node("alpha-1"), node("beta-2", { state: "resting",
    reason: "there is no room on the disk", shards: [], rate: 0 }),
  node("gamma-3")],
  failed_shards: [{ shard: 17, error: { message: "the archive is damaged",
    type: "invalid_request_error", param: null, code: "archive" } }] };
const unknown = { object: "job", name: "scans", state: "going",
  shards: { total: null, done: null, failed: null, waiting: 1200,
    handed_out: 0, redelivered: 0 },
  items: { total: null, done: null }, images_per_s: 0, n_nodes: 0 };
const unread = { object: "job", name: "old", error: {
  message: "the job old is of another version", type: "server_error",
  param: null, code: "job_differs" } };

// What the server says of a broker that has these.
const having = (...jobs) => ({ path }) => {
  if (path === "/v1/pool") {
    return (pool) => ({ ...pool, jobs: true });
  }
  if (path === "/v1/jobs") {
    return { status: 200, json: { object: "list", data: jobs } };
  }
  return path === "/v1/jobs/photos" ? { status: 200, json: photosInFull }
    : undefined;
};

const card = (name) => `.job[data-name=${name}]`;
const width = (page, name, part) => page.locator(`${card(name)} .bar .${part}`)
  .evaluate((e) => e.style.width);

async function showsProgress(page) {
  await says(page, `${card("photos")} .words`, /82 of 120 shards done/);
  const words = await text(page, `${card("photos")} .words`);
  assert.match(words, /1 failed, 4 handed out, 70.2 images a second/);
  assert.match(words, /1 h 30 min left/);
  assert.equal(await text(page, `${card("photos")} .badge`), "going on");
  assert.equal(Math.round(parseFloat(await width(page, "photos", "done"))), 68);
  assert.equal(Math.round(parseFloat(await width(page, "photos", "bad"))), 69);
  // Of an output that the server does not know.
  assert.match(await text(page, `${card("scans")} .words`),
    /^1,200 shards to be begun, 0 handed out$/);
  assert.ok(!await page.isVisible(`${card("scans")} .bar`));
  assert.match(await text(page, card("old")), /unknown.*another version/s);
}

async function showsNodes(page) {
  await says(page, `${card("photos")} button`, /3 nodes, failed shards/);
  await page.click(`${card("photos")} button`);
  await says(page, `${card("photos")} .lost`, /Shard 17: the archive is damaged/);
  const rows = page.locator(`${card("photos")} tbody tr`);
  assert.equal(await rows.count(), 3);
  const first = await rows.first().innerText();
  assert.match(first, /alpha-1\s+working, shard 73: 4210 of 10000\s+41\s+412,345/);
  assert.match(await rows.nth(1).innerText(), /resting: there is no room/);
  await page.click(`${card("photos")} button`);
  assert.equal(await rows.count(), 0);
}

async function keysAreEnough(page) {
  await says(page, `${card("photos")} button`, /3 nodes/);
  await page.focus(`${card("photos")} button`);
  await page.keyboard.press("Enter");
  await page.waitForSelector(`${card("photos")} tbody tr`);
  assert.equal(await page.getAttribute(`${card("photos")} button`,
    "aria-expanded"), "true");
  await page.keyboard.press("Tab");
  const label = () => page.evaluate(() =>
    document.activeElement.getAttribute("aria-label"));
  assert.equal(await label(), "Nodes of photos");
  // What is newer does not take the focus away.
  await page.clock.runFor(5000);
  assert.equal(await label(), "Nodes of photos");
}

// All that a screen reader is told from now on.
const listen = (page) => page.evaluate(() => {
  globalThis.told = [];
  new MutationObserver(() => globalThis.told.push(
    document.getElementById("say").textContent)).observe(
    document.getElementById("say"), { childList: true, characterData: true,
      subtree: true });
});
const isTold = (page, words) => page.waitForFunction((source) =>
  globalThis.told.some((told) => new RegExp(source).test(told)), words.source);

async function saysWhenTheBrokerIsAway(page, proxy) {
  await listen(page);
  await says(page, `${card("photos")} .words`, /82 of 120/);
  const before = proxy.rule;
  const words = "the broker at nats://broker:4222 cannot be reached";
  proxy.rule = (asked) => asked.path.startsWith("/v1/jobs")
    ? { status: 503, json: { error: { message: words, type: "server_error",
      param: null, code: "queue" } } } : before(asked);
  await page.clock.runFor(5000);
  await says(page, "#jobs-trouble", /cannot be reached/);
  await says(page, "#jobs-since", /as of/);
  await isTold(page, /cannot be reached/);
  // What was known is there still.
  assert.match(await text(page, `${card("photos")} .words`), /82 of 120/);
  proxy.rule = having({ ...photos, state: "complete",
    shards: { ...photos.shards, done: 120, failed: 0, waiting: 0,
      handed_out: 0 } });
  await page.clock.runFor(60000);
  await says(page, `${card("photos")} .badge`, /complete/);
  assert.ok(!await page.isVisible("#jobs-trouble"));
  await isTold(page, /photos: complete/);
}

async function isNotThereWithoutABroker(page) {
  await page.waitForSelector("#state[data-state=cold]");
  assert.ok(!await page.isVisible("#jobs"));
}

async function saysThatThereIsNone(page) {
  await page.waitForSelector("#no-jobs:not([hidden])");
}

async function fitsAPhone(page) {
  await says(page, `${card("photos")} button`, /3 nodes/);
  await page.click(`${card("photos")} button`);
  await page.waitForSelector(`${card("photos")} tbody tr`);
  const [inside, outside] = await page.evaluate(() =>
    [document.documentElement.scrollWidth, innerWidth]);
  assert.ok(inside <= outside, `${inside} is wider than ${outside}`);
}

// Run a broker with a job of three shards while use(url, output) does.
async function withJob(use) {
  const folder = mkdtempSync(join(tmpdir(), "fovea-jobs-"));
  const broker = spawn(BROKER, ["-a", "127.0.0.1", "-p", "-1", "-js", "-sd",
    join(folder, "store"), "--ports_file_dir", folder], { stdio: "ignore" });
  const ended = new Promise((done) => broker.on("exit", done));
  try {
    const ports = join(folder, `nats-server_${broker.pid}.ports`);
    while (!existsSync(ports) || !readFileSync(ports, "utf-8").endsWith("}")) {
      assert.equal(broker.exitCode, null);
      await pause(5);
    }
    const [url] = JSON.parse(readFileSync(ports, "utf-8")).nats;
    const output = join(folder, "out");
    mkdirSync(join(folder, "pictures"));
    for (const name of ["city", "fog", "beach"]) {
      copyFileSync(scene(name), join(folder, "pictures", `${name}.jpg`));
    }
    const made = spawnSync(FOVEA, ["job", "create", "photos", "--model", MODEL,
      "--queue", url, "--shard-size", "1", "-o", output,
      join(folder, "pictures")], { env: environment(folder) });
    assert.equal(made.status, 0, String(made.stderr));
    await use(url, output, folder);
  } finally {
    broker.kill("SIGKILL");
    await ended;
    rmSync(folder, { recursive: true });
  }
}

// Broker, job and markers as they really are.
const showsAJob = () => withJob((queue, output, folder) => onPage(
  async (page) => {
    await says(page, `${card("photos")} .words`, /0 of 3 shards done/);
    const done = spawnSync(FOVEA, ["embed", "--model", MODEL, "--shard", "0/1",
      "--resume", "--shard-size", "1", "-o", output, join(folder, "pictures")],
    { env: environment(folder) });
    assert.equal(done.status, 0, String(done.stderr));
    await says(page, `${card("photos")} .words`, /3 of 3 shards done/);
    await says(page, `${card("photos")} .badge`, /complete/);
  }, { flags: ["--queue", queue, "--jobs-output", output] })());

async function isReadable(page) {
  await fitsAPhone(page);
  assert.deepEqual(await page.evaluate(contrasts), []);
}

const all = { rule: having(photos, unknown, unread) };
await main([
  ...existsSync(BROKER) ? [["it shows a job as it comes to its end", showsAJob]]
    : [],
  ["it shows how far jobs are", onProxy(showsProgress, all)],
  ["it shows nodes and shards that failed", onProxy(showsNodes, all)],
  ["keys are enough", onProxy(keysAreEnough, all)],
  ["a broker that is away is said, and what is known stays",
    onProxy(saysWhenTheBrokerIsAway, { ...all, expected: /503/ })],
  ["without a broker there is no such part",
    onProxy(isNotThereWithoutABroker)],
  ["a broker without jobs", onProxy(saysThatThereIsNone, { rule: having() })],
  ["it fits a phone", onProxy(fitsAPhone,
    { ...all, view: { viewport: { width: 360, height: 740 } } })],
  ["it is readable in light",
    onProxy(isReadable, { ...all, view: { colorScheme: "light" } })],
  ["it is readable in dark",
    onProxy(isReadable, { ...all, view: { colorScheme: "dark" } })],
]);
await browser.close();
