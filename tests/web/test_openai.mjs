// The official OpenAI client, unchanged, against the server.
import assert from "node:assert/strict";
import { readFileSync } from "node:fs";
import { connect } from "node:net";
import { join } from "node:path";

import { embed, main, NAME, SOURCE, WHOLE, withServer } from "./serving.mjs";

const KEY = "sk-fovea-test";
const KILO = 1024;

const paths = ["fog.jpg", "planet.jpg", "fog_small.jpg"]
  .map((name) => join(SOURCE, "samples/scenes", name));
const images = paths.map((path) => readFileSync(path));
const uri = (bytes) => `data:image/jpeg;base64,${bytes.toString("base64")}`;

let openai;
try {
  openai = await import("openai");
} catch {
  console.log("1..0 # SKIP npm's package openai is not installed");
  process.exit(0);
}
const { OpenAI } = openai;

function client(url, more = {}) {
  return new OpenAI({ baseURL: `${url}/v1`, apiKey: KEY, maxRetries: 0,
    ...more });
}

function served(use, ...flags) {
  return () => withServer(["--api-key", KEY, ...flags],
    (url) => use(client(url), url));
}

function servedWhole(use) {
  return () => withServer(["--api-key", KEY], (url) => use(client(url)), WHOLE);
}

const floats = (vector) => vector.map(Math.fround);

async function encodings(ai) {
  const [first] = embed(paths[0]);
  // Said nothing: the client asks for base64 and decodes it.
  const plain = await ai.embeddings.create({ model: NAME,
    input: uri(images[0]) });
  assert.equal(plain.object, "list");
  assert.equal(plain.model, NAME);
  assert.equal(plain.data.length, 1);
  assert.equal(plain.data[0].index, 0);
  assert.deepEqual(plain.usage, { prompt_tokens: 0, total_tokens: 0 });
  assert.deepEqual(Array.from(plain.data[0].embedding), first);
  const asFloat = await ai.embeddings.create({ model: NAME,
    input: uri(images[0]), encoding_format: "float" });
  assert.deepEqual(floats(asFloat.data[0].embedding), first);
  const asBase64 = await ai.embeddings.create({ model: NAME,
    input: uri(images[0]), encoding_format: "base64" });
  const bytes = Buffer.from(asBase64.data[0].embedding, "base64");
  assert.deepEqual(first.map((_, i) => bytes.readFloatLE(4 * i)), first);
}

async function lists(ai) {
  const expected = embed(...paths);
  const answer = await ai.embeddings.create({ model: NAME,
    input: images.map(uri) });
  assert.deepEqual(answer.data.map((item) => item.index), [0, 1, 2]);
  assert.deepEqual(answer.data.map((item) => Array.from(item.embedding)),
    expected);
  // Bare base64 is an image too.
  const bare = await ai.embeddings.create({ model: NAME,
    input: [images[1].toString("base64")] });
  assert.deepEqual(Array.from(bare.data[0].embedding), expected[1]);
}

// Plain texts, as the client's users send them, and pictures among them.
async function texts(ai) {
  const ask = async (input, fields = {}) => (await ai.embeddings.create({
    model: "clip", input, ...fields })).data
    .map((item) => Array.from(item.embedding));
  const [cat] = await ask("a cat");
  assert.equal(cat.length, 24);
  assert.ok(Math.abs(Math.hypot(...cat) - 1) < 1e-5);
  const [asFloat] = await ask("a cat", { encoding_format: "float" });
  assert.deepEqual(floats(asFloat), cat);
  const [image] = await ask(uri(images[0]));
  const [words, coffee, seen, empty] =
    await ask(["a cat", "caf\u00e9", uri(images[0]), ""]);
  assert.deepEqual([words, seen], [cat, image]);
  assert.notDeepEqual(coffee, cat);
  assert.equal(empty.length, 24);
  const [short] = await ask("a cat", { dimensions: 8 });
  assert.equal(short.length, 8);
  await refused(openai.BadRequestError, { status: 400, code: "argument",
    param: "input" }, ask([1, 2, 3]));
  await refused(openai.BadRequestError, { status: 400, code: "text_truncated",
    param: "input" }, ask("a ".repeat(100), { truncate: false }));
}

async function dimensions(ai) {
  const [whole] = embed(paths[0]);
  const answer = await ai.embeddings.create({ model: NAME,
    input: uri(images[0]), dimensions: 16 });
  const vector = Array.from(answer.data[0].embedding);
  const length = Math.hypot(...whole.slice(0, 16));
  assert.equal(vector.length, 16);
  vector.forEach((number, i) =>
    assert.ok(Math.abs(number - whole[i] / length) < 1e-6));
}

async function refused(kind, facts, request) {
  await assert.rejects(request, (error) => {
    assert.equal(error.constructor, kind);
    for (const [name, value] of Object.entries(facts)) {
      assert.equal(error[name], value, name);
    }
    assert.match(error.requestID, /^fovea-/);
    return true;
  });
}

async function errors(ai, url) {
  const good = uri(images[0]);
  const ask = (fields, by = ai) => by.embeddings.create({ model: NAME,
    input: good, ...fields });
  await refused(openai.BadRequestError,
    { status: 400, code: "image_truncated", param: "input[1]",
      type: "invalid_request_error" },
    ask({ input: [good, uri(images[0].subarray(0, 3000))] }));
  await refused(openai.BadRequestError,
    { status: 400, code: "argument", param: "encoding_format" },
    ask({ encoding_format: "hex" }));
  await refused(openai.BadRequestError,
    { status: 400, code: "argument", param: "dimensions" },
    ask({ dimensions: 65 }));
  await refused(openai.NotFoundError,
    { status: 404, code: "unknown_model", param: "model" },
    ask({ model: "text-embedding-3-small" }));
  await refused(openai.APIError, { status: 415, code: "not_an_image" },
    ask({ input: uri(Buffer.from("no image at all")) }));
  // Texts, of which this model knows nothing, and the ids of tokens.
  for (const input of ["cats", "hello world", ["a cat, and a dog"]]) {
    await refused(openai.BadRequestError,
      { status: 400, code: "text_unsupported" }, ask({ input }));
  }
  for (const input of [[1, 2, 3], [[1, 2], [3]]]) {
    await refused(openai.BadRequestError,
      { status: 400, code: "argument" }, ask({ input }));
  }
  await refused(openai.AuthenticationError,
    { status: 401, code: "unauthorized", type: "authentication_error" },
    ask({}, client(url, { apiKey: "sk-wrong" })));
  await refused(openai.NotFoundError, { status: 404, code: "no_route" },
    ai.chat.completions.create({ model: NAME, messages: [] }));
}

// The client decodes the vector of every item, with an error or not.
async function itemsWithErrors(ai) {
  const [first] = embed(paths[0]);
  for (const encoding of [undefined, "float", "base64"]) {
    const answer = await ai.embeddings.create({ model: NAME,
      input: [uri(images[0]), uri(Buffer.from("no image")), uri(images[0])],
      on_error: "item",
      ...(encoding && { encoding_format: encoding }) });
    const [good, bad, last] = answer.data;
    assert.equal(bad.object, "error");
    assert.equal(bad.error.code, "not_an_image");
    assert.equal(bad.error.param, "input[1]");
    assert.equal(bad.embedding.length, 0);
    if (encoding !== "base64") {
      assert.deepEqual(floats(Array.from(good.embedding)), first);
      assert.deepEqual(floats(Array.from(last.embedding)), first);
    }
  }
}

async function oneModel(ai, url) {
  const model = await ai.models.retrieve(NAME);
  assert.equal(model.id, NAME);
  assert.equal(model.object, "model");
  await refused(openai.NotFoundError, { status: 404, code: "unknown_model" },
    ai.models.retrieve("openai/clip-vit-base-patch32"));
  // A base URL with a slash at its end.
  const slash = new OpenAI({ baseURL: `${url}/v1/`, apiKey: KEY });
  assert.equal((await slash.models.retrieve(NAME)).id, NAME);
}

// What cannot succeed is asked for once, whatever its status is.
async function noneInVain(_ai, url) {
  const codes = [];
  const eager = client(url, { maxRetries: 30, fetch: async (...words) => {
    const answer = await fetch(...words);
    codes.push([answer.status, answer.headers.get("x-should-retry")]);
    return answer;
  } });
  await refused(openai.InternalServerError, { status: 502, code: "fetch_status" },
    eager.embeddings.create({ model: NAME, input: `${url}/nothing.jpg` }));
  assert.deepEqual(codes, [[502, "false"]]);
}

async function models(ai) {
  const ids = [];
  for await (const model of ai.models.list()) {
    assert.equal(model.object, "model");
    ids.push(model.id);
  }
  assert.deepEqual(ids, [NAME]);
}

// The body's memory is held by a request that does not end; the client is told
// to wait, and has its turn when that one is gone.
async function retries(ai, url) {
  const { hostname, port } = new URL(url);
  const held = connect({ host: hostname, port });
  held.on("error", () => {});
  held.write("POST /v1/embeddings HTTP/1.1\r\nHost: localhost\r\n" +
    `Authorization: Bearer ${KEY}\r\nContent-Length: ${63 * KILO}\r\n\r\n`);
  held.write(Buffer.alloc(60 * KILO, " "));
  const heldBytes = async () => (await (await fetch(`${url}/v1/pool`,
    { headers: { "X-API-Key": KEY } })).json()).requests.body_bytes;
  const until = Date.now() + 300000;
  while (await heldBytes() < 60 * KILO) {
    assert.ok(Date.now() < until, "the held body does not come");
  }
  await refused(openai.RateLimitError,
    { status: 429, code: "busy", type: "rate_limit_error" },
    ai.embeddings.create({ model: NAME, input: uri(images[2]) }));
  const seen = [];
  const patient = client(url, { maxRetries: 30, fetch: async (...words) => {
    const answer = await fetch(...words);
    seen.push([answer.status, answer.headers.get("retry-after"), Date.now()]);
    if (answer.status === 429) {
      held.destroy();
    }
    return answer;
  } });
  const answer = await patient.embeddings.create({ model: NAME,
    input: uri(images[2]) });
  assert.deepEqual(Array.from(answer.data[0].embedding), embed(paths[2])[0]);
  // Once, or more often where the server sees that it is gone late.
  assert.equal(seen.at(-1)[0], 200);
  assert.ok(seen.length > 1 &&
    seen.slice(0, -1).every(([status]) => status === 429), String(seen));
  assert.equal(seen[0][1], "1");
  assert.ok(seen[1][2] - seen[0][2] >= 950, "it did not wait as it was told");
}

await main([
  ["both encodings, and the client's own choice", served(encodings)],
  ["lists", served(lists)],
  ["texts", servedWhole(texts)],
  ["dimensions", served(dimensions)],
  ["errors are those of the client", served(errors)],
  ["items with errors", served(itemsWithErrors)],
  ["models are listed", served(models)],
  ["one model", served(oneModel)],
  ["nothing is asked again in vain", served(noneInVain,
    "--allow-private-urls")],
  ["a full server is asked again when it says", served(retries,
    "--body-memory", "64K")],
]);
