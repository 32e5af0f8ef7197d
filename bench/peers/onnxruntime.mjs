// What bench/peers/peers.py asks of onnxruntime-node: a model and pixels, then passes of
// so many images, whose time of the CPU is taken here.
//
//     node bench/peers/onnxruntime.mjs FOLDER MODEL.onnx PIXELS.f32
//
// FOLDER has node_modules with onnxruntime-node in it; PIXELS.f32 is an image
// [3][224][224] after the other. A line {"ready": VERSION} comes first. Then each line
// of standard input is a number of images, and is answered by a line
// {"ms": of all of them, "embeds": [[...], ...]}.
import { readFileSync } from "node:fs";
import { createRequire } from "node:module";
import { join, resolve } from "node:path";
import { createInterface } from "node:readline";

const SIDE = 224;
const [folder, model, pixels] = process.argv.slice(2);
const require = createRequire(join(resolve(folder), "index.js"));
const ort = require("onnxruntime-node");
const { version } = require("onnxruntime-node/package.json");

const bytes = readFileSync(pixels);
const values = new Float32Array(bytes.buffer, bytes.byteOffset,
  bytes.byteLength / 4);
const session = await ort.InferenceSession.create(model, {
  intraOpNumThreads: 1,
  interOpNumThreads: 1,
  executionMode: "sequential",
  graphOptimizationLevel: "all",
});
console.log(JSON.stringify({ ready: version }));
for await (const line of createInterface({ input: process.stdin })) {
  const n = Number(line);
  const images = values.subarray(0, n * 3 * SIDE * SIDE);
  const input = new ort.Tensor("float32", images, [n, 3, SIDE, SIDE]);
  const start = process.cpuUsage();
  const { image_embeds } = await session.run({ pixel_values: input });
  const { user, system } = process.cpuUsage(start);
  const ms = (user + system) / 1000;
  const dimension = image_embeds.dims[1];
  const embeds = Array.from({ length: n }, (_, i) =>
    Array.from(image_embeds.data.subarray(i * dimension, (i + 1) * dimension)));
  console.log(JSON.stringify({ ms, embeds }));
}
