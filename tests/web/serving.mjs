// What the tests in JavaScript share: a server of their own, and TAP.
//
//     test_*.mjs FOVEA MODEL_DIRECTORY
import { spawn, spawnSync } from "node:child_process";
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { basename, join, resolve } from "node:path";

export const FOVEA = resolve(process.argv[2]);
export const MODEL = resolve(process.argv[3]);
export const NAME = basename(MODEL); // what a server calls it
export const SOURCE = process.env.FOVEA_SOURCE_ROOT;
// It embeds texts too.
export const WHOLE = join(process.env.FOVEA_WHOLE_MODELS, "clip");
const DEADLINE_MS = 300000;

export function environment(directory) {
  const kept = ["PATH", "ASAN_OPTIONS", "UBSAN_OPTIONS", "LSAN_OPTIONS",
    "FOVEA_WORKER", "FOVEA_CACHE", "ONEDNN_MAX_CPU_ISA"];
  const found = kept.filter((name) => name in process.env)
    .map((name) => [name, process.env[name]]);
  return { ...Object.fromEntries(found), HOME: "/nonexistent",
    XDG_RUNTIME_DIR: directory };
}

// Run `fovea serve` while use(url, process) does.
export async function withServer(flags, use, model = MODEL, env = {}) {
  const directory = mkdtempSync(join(tmpdir(), "fovea-web-"));
  const server = spawn(FOVEA, ["serve", "--port", "0", ...flags, model],
    { env: { ...environment(directory), ...env },
      stdio: ["ignore", "ignore", "pipe"] });
  const ended = new Promise((done) => server.on("exit", done));
  let log = "";
  try {
    const url = await new Promise((done, fail) => {
      const timer = setTimeout(() => fail(new Error(`no start: ${log}`)),
        DEADLINE_MS);
      server.stderr.on("data", (data) => {
        log += data;
        const found = log.match(/listening on (http:\/\/[^\s"]+)/);
        if (found) {
          clearTimeout(timer);
          done(found[1]);
        }
      });
      ended.then((code) => fail(new Error(`it ended (${code}): ${log}`)));
    });
    return await use(url, server);
  } finally {
    server.kill("SIGTERM");
    await ended;
    rmSync(directory, { recursive: true });
  }
}

// Vectors of files, as the command gives them.
export function embed(...paths) {
  const directory = mkdtempSync(join(tmpdir(), "fovea-web-"));
  const result = spawnSync(FOVEA, ["embed", "--model", MODEL, ...paths],
    { env: environment(directory), encoding: "utf-8" });
  rmSync(directory, { recursive: true });
  if (result.status !== 0) {
    throw new Error(result.stderr);
  }
  return result.stdout.trimEnd().split("\n")
    .map((line) => JSON.parse(line).embedding.map(Math.fround));
}

// Run [name, function] one after another.
export async function main(tests) {
  console.log(`1..${tests.length}`);
  for (const [i, [name, test]] of tests.entries()) {
    try {
      await test();
      console.log(`ok ${i + 1} - ${name}`);
    } catch (error) {
      process.exitCode = 1;
      console.log(`not ok ${i + 1} - ${name}`);
      for (const line of String(error.stack).split("\n")) {
        console.log(`# ${line}`);
      }
    }
  }
}
