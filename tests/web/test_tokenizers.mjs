// Token ids against Hugging Face's own code (npm's package tokenizers), on random
// texts: the tokenizers of tests/data, and one for each component by itself.
//
//     test_tokenizers.mjs TOKENIZE_LINES TOKENIZERS [TEXTS_EACH [SEED]]
import assert from "node:assert/strict";
import { spawnSync } from "node:child_process";
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join, resolve } from "node:path";

const LINES = resolve(process.argv[2]);
const TOKENIZERS = resolve(process.argv[3]);
const TEXTS_EACH = Number(process.argv[4] ?? 400);
const SEED = Number(process.argv[5] ?? 1);

let Tokenizer;
try {
  ({ Tokenizer } = (await import("tokenizers")).default);
} catch {
  console.log("1..0 # SKIP npm's package tokenizers is not installed");
  process.exit(0);
}

const json = (name) =>
  JSON.parse(readFileSync(join(TOKENIZERS, name, "tokenizer.json"), "utf8"));
const clip = json("clip");
const unigram = json("unigram");
const bytes = json("bytefallback");

// mulberry32
let state = SEED;
function random(n) {
  state = (state + 0x6d2b79f5) | 0;
  let t = Math.imul(state ^ (state >>> 15), 1 | state);
  t = (t + Math.imul(t ^ (t >>> 7), 61 | t)) ^ t;
  return ((t ^ (t >>> 14)) >>> 0) % n;
}
const choose = (list) => list[random(list.length)];

const assigned = { any: [], mark: [], latin: [] };
for (let c = 0; c < 0x30000; c++) {
  const character = String.fromCodePoint(c);
  if (/\p{Cn}|\p{Cs}|\p{Co}/u.test(character)) {
    continue;
  }
  assigned.any.push(character);
  if (/\p{M}/u.test(character)) {
    assigned.mark.push(character);
  }
  if (c >= 0xa0 && c < 0x800) {
    assigned.latin.push(character);
  }
}
const words = unigram.model.vocab.map(([piece]) => piece.replace("\u2581", " "));
const special = ["<|startoftext|>", "<|endoftext|>", "<|EndOfText|>", "</s>",
  "<unk>", "<pad>", "<eos>", "[MASK]", "Cat", "'s", "'LL", "  ", "\n", "\t",
  "\r\n", "\u0130", "\u0130\u0130", "\ufb01", "\u00a0", "\u3000", "\u200d", "\u0345", "\u03a3",
  "\u2581", "_", "\0", "a  b "];

function text() {
  let out = "";
  for (let n = random(choose([4, 10, 25])); n >= 0; n--) {
    const kind = random(20);
    out += kind < 5 ? String.fromCharCode(0x20 + random(0x5f))
      : kind < 9 ? choose(words)
      : kind < 11 ? choose(assigned.mark)
      : kind < 13 ? choose(special)
      : kind < 15 ? choose(assigned.latin)
      : kind < 16 ? " "
      : choose(assigned.any);
  }
  return out;
}

const sequence = (...normalizers) => ({ type: "Sequence", normalizers });
const split = (behavior, pattern, invert = false) =>
  ({ type: "Split", pattern, behavior, invert });
const token = (id, content, more) => ({ id, content, single_word: false,
  lstrip: false, rstrip: false, normalized: false, special: true, ...more });

// name: [tokenizer.json, profile]
const cases = {
  clip: [clip, "file"],
  unigram: [unigram, "file"],
  bytefallback: [bytes, "file"],
  bytefallback_lower: [bytes, "lower"],
};
for (const type of ["NFC", "NFD", "NFKC", "NFKD", "Lowercase"]) {
  cases[type] = [{ ...bytes, normalizer: { type } }, "file"];
}
cases.strip = [{ ...bytes, normalizer: sequence(
  { type: "Strip", strip_left: true, strip_right: false },
  { type: "Prepend", prepend: "\u2581" },
  { type: "Replace", pattern: { Regex: " {2,}" }, content: "--" },
  { type: "Replace", pattern: { String: "a" }, content: "" },
  { type: "Strip", strip_left: false, strip_right: true }) }, "file"];
for (const behavior of ["Removed", "Isolated", "MergedWithPrevious",
  "MergedWithNext", "Contiguous"]) {
  for (const invert of [false, true]) {
    cases[`split ${behavior} ${invert}`] = [{ ...bytes, normalizer: null,
      pre_tokenizer: { type: "Sequence", pretokenizers: [
        split(behavior, { Regex: "[a-e\\s]+" }, invert),
        split(behavior, { String: "\u2581" }, invert)] } }, "file"];
  }
}
cases.metaspace = [{ ...unigram, pre_tokenizer: { type: "Sequence",
  pretokenizers: [{ type: "WhitespaceSplit" }, { type: "Metaspace",
    replacement: "\u2581", prepend_scheme: "always", split: false }] } }, "file"];
cases["metaspace never"] = [{ ...unigram, normalizer: null, pre_tokenizer: {
  type: "Metaspace", replacement: "\u2581", prepend_scheme: "never",
  split: true } }, "file"];
cases["byte level alone"] = [{ ...clip, normalizer: { type: "NFKC" },
  pre_tokenizer: { type: "ByteLevel", add_prefix_space: false,
    trim_offsets: true, use_regex: true } }, "file"];
cases["byte level whole"] = [{ ...clip, pre_tokenizer: { type: "ByteLevel",
  add_prefix_space: false, trim_offsets: true, use_regex: false } }, "file"];
// A capital and digits that have no byte pieces; unknown ones fused or not.
for (const fuse_unk of [true, false]) {
  const vocab = Object.fromEntries(Object.entries(bytes.model.vocab)
    .filter(([piece]) => !/^<0x[D-F]/.test(piece)));
  cases[`unknown ${fuse_unk}`] = [{ ...bytes,
    model: { ...bytes.model, fuse_unk, vocab } }, "file"];
}
cases["unigram bytes"] = [{ ...unigram, model: { ...unigram.model,
  byte_fallback: true, vocab: [...unigram.model.vocab.slice(0, 3700),
    ...[...Array(256).keys()].map((b) =>
      [`<0x${b.toString(16).toUpperCase().padStart(2, "0")}>`, -9])] } }, "file"];
cases["added tokens"] = [{ ...bytes, normalizer: { type: "Lowercase" },
  added_tokens: [...bytes.added_tokens,
    token(4000, "[MASK]", { lstrip: true, normalized: true }),
    token(4001, "Cat", { single_word: true, normalized: true, special: false }),
    token(4002, "'s", { single_word: true, rstrip: true }),
    token(4003, "\u0130\u0130", { lstrip: true, rstrip: true, special: false })] },
  "file"];
cases["template of Roberta"] = [{ ...bytes, post_processor: { type: "Sequence",
  processors: [{ type: "ByteLevel", add_prefix_space: true, trim_offsets: true },
    { type: "BertProcessing", sep: ["<eos>", 1], cls: ["<bos>", 2] }] } }, "file"];

async function truth(tokenizer, profile, texts) {
  const lower = profile === "lower" ? { type: "Lowercase" } : null;
  const whole = lower
    ? { ...tokenizer, normalizer: sequence(lower, tokenizer.normalizer) }
    : tokenizer;
  const theirs = Tokenizer.fromString(JSON.stringify(whole));
  const out = [];
  for (const one of texts) {
    out.push((await theirs.encode(one)).getIds().join(" "));
  }
  return out;
}

function ours(tokenizer, profile, texts) {
  const directory = mkdtempSync(join(tmpdir(), "fovea-tokenizers-"));
  try {
    writeFileSync(join(directory, "tokenizer.json"), JSON.stringify(tokenizer));
    const lines = texts.map((one) => `${Buffer.from(one).toString("hex")}\n`);
    const run = spawnSync(LINES, [directory, profile],
      { input: lines.join(""), encoding: "utf8", maxBuffer: 1 << 30 });
    assert.equal(run.status, 0, run.stdout + run.stderr);
    return run.stdout.split("\n").slice(1, -1);
  } finally {
    rmSync(directory, { recursive: true });
  }
}

console.log(`1..${Object.keys(cases).length}`);
let number = 0;
for (const [name, [tokenizer, profile]] of Object.entries(cases)) {
  const texts = Array.from({ length: TEXTS_EACH }, text);
  let problem = null;
  try {
    const expected = await truth(tokenizer, profile, texts);
    const found = ours(tokenizer, profile, texts);
    assert.equal(found.length, texts.length);
    texts.forEach((one, i) =>
      assert.equal(found[i], expected[i], JSON.stringify(one)));
  } catch (error) {
    problem = error;
    process.exitCode = 1;
  }
  console.log(`${problem ? "not ok" : "ok"} ${++number} - ${name}`);
  if (problem) {
    console.log(String(problem.message).replace(/^/gm, "# "));
  }
}
