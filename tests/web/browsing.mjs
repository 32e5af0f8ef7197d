// What the tests of the page share: a browser, a page on a server of its own,
// and a proxy between the two that does what servers do on bad days.
import assert from "node:assert/strict";
import { existsSync } from "node:fs";
import { createServer, request } from "node:http";
import { join } from "node:path";

import { SOURCE, withServer } from "./serving.mjs";

const CHROMIUM = "/usr/bin/chromium";
const PATIENCE_MS = 300000;
export const MODEL = join(SOURCE, "models/fovea/near-duplicate");
export const scene = (name) => join(SOURCE, "samples/scenes", `${name}.jpg`);
export const format = (name) => join(SOURCE, "samples/formats", name);

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
export const browser = await chromium.launch({ executablePath: CHROMIUM, args: [
  "--no-sandbox", "--disable-gpu", "--disable-quic", "--no-first-run",
  "--disable-background-networking", "--disable-component-update",
  "--disable-sync"] });

async function bodyOf(stream) {
  const parts = [];
  for await (const part of stream) {
    parts.push(part);
  }
  return Buffer.concat(parts);
}

function forward(target, asked, body) {
  return new Promise((done, fail) => {
    const passed = request(new URL(asked.url, target),
      { method: asked.method, headers: asked.headers }, async (answer) =>
        done({ status: answer.statusCode, headers: answer.headers,
          body: await bodyOf(answer) }));
    passed.on("error", fail);
    passed.end(body);
  });
}

// A proxy to target. Its rule decides what becomes of a request:
// rule({path, method, body, key}) gives undefined (the server answers),
// {status, headers, json}, a function that changes what the server says,
// "hang", "drop" (no answer), or "break" (half of one). It counts.
export async function withProxy(target, use) {
  const proxy = { rule: () => undefined, asked: [], held: [], open: 0, most: 0 };
  const server = createServer(async (asked, answer) => {
    const path = asked.url.split("?")[0];
    const upload = asked.method === "POST";
    proxy.open += upload ? 1 : 0;
    proxy.most = Math.max(proxy.most, proxy.open);
    answer.on("close", () => {
      proxy.open -= upload ? 1 : 0;
    });
    const body = await bodyOf(asked).catch(() => null);
    const fact = { path, url: asked.url, method: asked.method, body,
      key: asked.headers.authorization?.slice("Bearer ".length) };
    proxy.asked.push(fact);
    const rule = await proxy.rule(fact);
    if (rule === "hang") {
      proxy.held.push(answer);
    } else if (rule === "drop") {
      asked.socket.destroy();
    } else if (rule === "break") {
      answer.writeHead(200, { "content-length": 100 });
      answer.write("{", () => asked.socket.destroy());
    } else {
      const got = rule?.status
        ? { ...rule, body: Buffer.from(JSON.stringify(rule.json)),
          headers: { ...rule.headers, "content-type": "application/json" } }
        : await forward(target, asked, body);
      if (typeof rule === "function") {
        got.body = Buffer.from(JSON.stringify(rule(JSON.parse(got.body))));
        got.headers["content-length"] = got.body.length;
      }
      fact.status = got.status;
      answer.writeHead(got.status, got.headers);
      answer.end(got.body);
    }
  });
  await new Promise((done) => server.listen(0, "127.0.0.1", done));
  try {
    return await use(`http://127.0.0.1:${server.address().port}`, proxy);
  } finally {
    server.closeAllConnections();
    await new Promise((done) => server.close(done));
  }
}

async function visit(url, use, { view, expected, before }) {
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
  page.on("request", (asked) => {
    if (!asked.url().startsWith(url) && !asked.url().startsWith("blob:")) {
      complaints.push(`it asks elsewhere: ${asked.url()}`);
    }
  });
  try {
    await before?.(page);
    await page.goto(url);
    await use(page);
    assert.deepEqual(complaints, []);
  } finally {
    await context.close();
  }
}

// A page on a server of its own; what it complains of fails the test.
export function onPage(use, { flags = [], model = MODEL, env, ...how } =
  {}) {
  return () => withServer(["--quiet", ...flags], (url, server) =>
    visit(url, (page) => use(page, url, server), how), model, env);
}

// The same through a proxy, with a clock that the test may turn; isPaused: that
// only the test turns.
export function onProxy(use, { flags = [], model = MODEL, env, rule,
  isPaused, ...how } = {}) {
  return () => withServer(["--quiet", ...flags], (target, server) =>
    withProxy(target, (url, proxy) => {
      proxy.rule = rule ?? proxy.rule;
      return visit(url, (page) => use(page, proxy, server), { ...how,
        before: async (page) => {
          await page.clock.install();
          if (isPaused) {
            await page.clock.pauseAt(new Date(Date.now() + 60000));
          }
        } });
    }), model, env);
}

export const give = (page, ...paths) => page.setInputFiles("#files", paths);
export const embedded = (page, n) => page.waitForFunction((count) =>
  document.querySelectorAll(".tile:is([data-state=good], [data-state=other])")
    .length === count, n);
export const text = (page, selector) => page.locator(selector).innerText();
export const says = (page, selector, words) => page.waitForFunction(
  ([where, source]) => new RegExp(source).test(
    document.querySelector(where)?.innerText ?? ""), [selector, words.source]);

// What the server would say of an image, without looking at it.
export function vectorOf(numbers, model = "near-duplicate") {
  const raw = Buffer.alloc(4 * numbers.length);
  const length = Math.hypot(...numbers);
  numbers.forEach((n, i) => raw.writeFloatLE(n / length, 4 * i));
  return { status: 200, json: { object: "list", model, data: [
    { object: "embedding", index: 0, embedding: raw.toString("base64") }] } };
}

export const named = (name) =>
  ({ name, mimeType: "image/png", buffer: Buffer.from(name) });
