#!/usr/bin/env python3
"""fovea beside other programs that run the same tower: one core, the same weights.

    bench/peers/peers.py BUILD [--python PYTHON] [--node FOLDER] [--rounds N]
        [--shape "768 3072 12 12 224 32 512"] [--batch N] [--json] [IMAGE...]

What is measured beside `fovea bench`, each where it is to be had, and said where not:

- onnxruntime, openvino, torch of the interpreter PYTHON (default: this one);
- onnxruntime-node of FOLDER/node_modules (default: what
  scripts/install_node_packages.sh bench/peers installs here).

Weights are random, in the shape of CLIP ViT-B/32, or of --shape as
tools/make_random_model takes it. ONNX files of them are made by export_onnx.py.
Pixels are those of `fovea preprocess`, the same for all. Everything runs pinned to
one core with one thread, in rounds in which each comes once; times are of the CPU,
and every figure is a median. "cosine" is the least cosine between what a
program makes of the images and what fovea makes of them in float32: that all
compute the same.

Needs NumPy.
"""
import argparse
import contextlib
import io
import json
import os
import statistics
import subprocess
import sys
import tempfile
import time

import numpy as np

HERE = os.path.dirname(os.path.abspath(__file__))
SAMPLES = os.path.join(HERE, "..", "..", "samples", "scenes")
MEAN = np.array([0.48145466, 0.4578275, 0.40821073], "float32")
STD = np.array([0.26862954, 0.26130258, 0.27577711], "float32")


# Programs that run in a process of this script (--engine NAME), which says what it
# can do, then answers numbers of images with times and vectors.

def onnx_session(path):
    import onnxruntime
    options = onnxruntime.SessionOptions()
    options.intra_op_num_threads = options.inter_op_num_threads = 1
    session = onnxruntime.InferenceSession(
        path, options, providers=["CPUExecutionProvider"])
    return (onnxruntime.__version__,
            lambda pixels: session.run(None, {"pixel_values": pixels})[0])


def openvino_model(path, precision):
    import openvino
    core = openvino.Core()
    if precision == "bf16" and "BF16" not in core.get_property(
            "CPU", "OPTIMIZATION_CAPABILITIES"):
        raise RuntimeError("it has no bf16 on this CPU")
    model = core.compile_model(path, "CPU", {
        "INFERENCE_NUM_THREADS": 1, "NUM_STREAMS": 1,
        "PERFORMANCE_HINT": "LATENCY", "INFERENCE_PRECISION_HINT": precision})
    return (openvino.__version__.split("-")[0],
            lambda pixels: model(pixels)[0])


def torch_tower(folder, dtype):
    """The tower in the functions that torch is fastest with."""
    import torch
    from torch.nn import functional
    from export_onnx import layer_names, read_model
    torch.set_num_threads(1)
    torch.set_grad_enabled(False)
    kind = {"f32": torch.float32, "bf16": torch.bfloat16}[dtype]
    config, arrays = read_model(folder)
    tensors = {name: torch.from_numpy(np.array(array)).to(kind)
               for name, array in arrays.items()}
    hidden, heads = config["hidden_size"], config["num_attention_heads"]
    eps, patch = config["layer_norm_eps"], config["patch_size"]
    qkv = {}
    for i in range(config["num_hidden_layers"]):
        at = f"{layer_names(i)}self_attn."
        qkv[i] = [torch.cat([tensors[f"{at}{part}_proj.{kind}"]
                             for part in "qkv"]) for kind in ("weight", "bias")]

    def norm(x, name):
        return functional.layer_norm(x, (hidden,), tensors[f"{name}.weight"],
                                     tensors[f"{name}.bias"], eps)

    def linear(x, name):
        return functional.linear(x, tensors[f"{name}.weight"],
                                 tensors[f"{name}.bias"])

    def layer(x, i):
        at = layer_names(i)
        n, tokens, _ = x.shape
        parts = functional.linear(norm(x, f"{at}layer_norm1"), *qkv[i]).view(
            n, tokens, 3, heads, hidden // heads).permute(2, 0, 3, 1, 4)
        y = functional.scaled_dot_product_attention(*parts)
        y = y.transpose(1, 2).reshape(n, tokens, hidden)
        x = x + linear(y, f"{at}self_attn.out_proj")
        y = linear(norm(x, f"{at}layer_norm2"), f"{at}mlp.fc1")
        return x + linear(y * torch.sigmoid(1.702 * y), f"{at}mlp.fc2")

    def run(pixels):
        at = "vision_model."
        x = functional.conv2d(
            torch.from_numpy(pixels).to(kind),
            tensors[f"{at}embeddings.patch_embedding.weight"], stride=patch)
        x = x.flatten(2).transpose(1, 2)
        token = tensors[f"{at}embeddings.class_embedding"].expand(
            len(pixels), 1, hidden)
        x = torch.cat([token, x], dim=1)
        x = norm(x + tensors[f"{at}embeddings.position_embedding.weight"],
                 f"{at}pre_layrnorm")
        for i in range(config["num_hidden_layers"]):
            x = layer(x, i)
        x = norm(x[:, 0], f"{at}post_layernorm")
        return (x @ tensors["visual_projection.weight"].T).float().numpy()

    return torch.__version__, run


ENGINES = {
    "onnxruntime f32": lambda at: onnx_session(f"{at}/f32.onnx"),
    "onnxruntime int8": lambda at: onnx_session(f"{at}/int8.onnx"),
    "openvino f32": lambda at: openvino_model(f"{at}/f32.onnx", "f32"),
    "openvino bf16": lambda at: openvino_model(f"{at}/f32.onnx", "bf16"),
    "torch f32": lambda at: torch_tower(f"{at}/model", "f32"),
    "torch bf16": lambda at: torch_tower(f"{at}/model", "bf16"),
}


def serve_engine(name, folder):
    """What is asked of onnxruntime.mjs, too."""
    out = sys.stdout
    with contextlib.redirect_stdout(io.StringIO()):
        try:
            version, run = ENGINES[name](folder)
        except (ImportError, RuntimeError, OSError) as error:
            out.write(json.dumps({"missing": str(error).split("\n")[0]}) + "\n")
            return
    out.write(json.dumps({"ready": version}) + "\n")
    out.flush()
    pixels = np.load(f"{folder}/pixels.npy")
    for line in sys.stdin:
        images = pixels[:int(line)]
        start = time.process_time()
        embeds = run(images)
        ms = 1000 * (time.process_time() - start)
        out.write(json.dumps({"ms": ms, "embeds": embeds.tolist()}) + "\n")
        out.flush()


# The other side.

class Peer:
    """A process that answers numbers of images."""

    def __init__(self, name, command):
        self.name = name
        self.times = {}
        self.embeds = None
        self.process = None
        try:
            self.process = subprocess.Popen(
                command, stdin=subprocess.PIPE, stdout=subprocess.PIPE,
                stderr=subprocess.DEVNULL, text=True)
            said = json.loads(self.process.stdout.readline() or "{}")
        except OSError as error:
            said = {"missing": error.strerror}
        self.version = said.get("ready")
        self.missing = None if self.version else said.get(
            "missing", "it cannot be started")

    def run(self, n):
        print(n, file=self.process.stdin, flush=True)
        answer = json.loads(self.process.stdout.readline())
        self.times.setdefault(n, []).append(answer["ms"] / n)
        if self.embeds is None or n > len(self.embeds):
            self.embeds = np.array(answer["embeds"])

    def close(self):
        if self.process:
            self.process.stdin.close()
            self.process.wait()


class Fovea:
    """`fovea bench`, which times its forward passes itself."""

    missing = None

    def __init__(self, build, folder, dtype, images):
        self.name = f"fovea {dtype}"
        self.command = [f"{build}/fovea", "bench", "--json", "--rounds", "3",
                        "-m", f"{folder}/model", "--dtype", dtype]
        self.times = {}
        out = f"{folder}/{dtype}.npy"
        subprocess.run([f"{build}/fovea", "embed", "--quiet", "-m",
                        f"{folder}/model", "--dtype", dtype, "-o", out,
                        *images], check=True)
        self.embeds = np.load(out)
        self.version = subprocess.run(
            [f"{build}/fovea", "--version"], check=True, capture_output=True,
            text=True).stdout.split()[1]

    def run_all(self, batch):
        found = json.loads(subprocess.run(
            [*self.command, "--batch", str(batch)], check=True,
            capture_output=True, text=True).stdout)
        for n, name in ((batch, "forward"), (1, "single")):
            self.times.setdefault(n, []).append(found[name]["ms_per_image"])

    def close(self):
        pass


def prepare(flags, folder):
    """The model, its pixels as others take them, and ONNX files."""
    model = f"{folder}/model"
    subprocess.run([f"{flags.build}/tools/make_random_model", model,
                    *flags.shape.split()], check=True)
    subprocess.run([f"{flags.build}/fovea", "preprocess", "--quiet", "-m",
                    model, "-o", f"{folder}/bytes.npy", *flags.images],
                   check=True)
    pixels = (np.load(f"{folder}/bytes.npy").astype("float32") / 255 -
              MEAN) / STD
    pixels = np.ascontiguousarray(pixels.transpose(0, 3, 1, 2))
    np.save(f"{folder}/pixels.npy", pixels)
    pixels.tofile(f"{folder}/pixels.f32")
    for name, more in (("f32", []), ("int8", ["--int8"])):
        subprocess.run([sys.executable, f"{HERE}/export_onnx.py", model,
                        f"{folder}/{name}.onnx", *more], check=True)


def start_peers(flags, folder):
    peers = [Fovea(flags.build, folder, dtype, flags.images)
             for dtype in flags.dtypes]
    for name in ENGINES:
        peers.append(Peer(name, [flags.python, __file__, "--engine", name,
                                 folder]))
    for name in ("f32", "int8"):
        peers.append(Peer(f"onnxruntime-node {name}", [
            "node", f"{HERE}/onnxruntime.mjs", flags.node, f"{folder}/{name}.onnx",
            f"{folder}/pixels.f32"]))
    return peers


def run_rounds(peers, n_rounds, batch):
    """The first round warms up and is not counted."""
    for i in range(n_rounds + 1):
        for peer in peers:
            if isinstance(peer, Fovea):
                peer.run_all(batch)
                continue
            for n in (batch, 1):
                peer.run(n)
                peer.run(n)
                peer.times[n].pop()
        if i == 0:
            for peer in peers:
                peer.times.clear()


def least_cosine(embeds, right):
    n = min(len(embeds), len(right))
    a, b = embeds[:n].astype(float), right[:n].astype(float)
    return ((a * b).sum(1) / np.linalg.norm(a, axis=1) /
            np.linalg.norm(b, axis=1)).min()


def report(peers, missing, flags):
    right = peers[0].embeds
    base = {n: statistics.median(times)
            for n, times in peers[0].times.items()}
    rows = [{"name": peer.name, "version": peer.version,
             "batch_ms": statistics.median(peer.times[flags.batch]),
             "single_ms": statistics.median(peer.times[1]),
             "cosine": least_cosine(peer.embeds, right)} for peer in peers]
    if flags.json:
        print(json.dumps({"batch": flags.batch, "rounds": flags.rounds,
                          "peers": rows, "missing": {
                              peer.name: peer.missing for peer in missing}}))
        return
    print(f"{'ms an image, one core':34} {f'batch {flags.batch}':>9}"
          f" {'of fovea':>8} {'batch 1':>9} {'of fovea':>8} {'cosine':>9}")
    for row in rows:
        print(f"{row['name'] + ' ' + row['version']:34} {row['batch_ms']:9.1f}"
              f" {row['batch_ms'] / base[flags.batch]:8.2f}"
              f" {row['single_ms']:9.1f} {row['single_ms'] / base[1]:8.2f}"
              f" {row['cosine']:9.6f}")
    for peer in missing:
        print(f"missing: {peer.name}: {peer.missing}")


def parse():
    parser = argparse.ArgumentParser(usage=__doc__)
    parser.add_argument("build")
    parser.add_argument("images", nargs="*")
    parser.add_argument("--python", default=sys.executable)
    parser.add_argument("--node", default=HERE)
    parser.add_argument("--rounds", type=int, default=7)
    parser.add_argument("--batch", type=int, default=8)
    parser.add_argument("--dtypes", nargs="+", default=["f32", "bf16", "int8"])
    parser.add_argument("--shape", default="768 3072 12 12 224 32 512")
    parser.add_argument("--json", action="store_true")
    flags = parser.parse_args()
    if not flags.images:
        flags.images = [os.path.join(SAMPLES, name)
                        for name in sorted(os.listdir(SAMPLES))[:flags.batch]]
    if len(flags.images) != flags.batch:
        parser.error(f"as many images as a batch has: {flags.batch}")
    return flags


def main():
    if sys.argv[1:2] == ["--engine"]:
        serve_engine(*sys.argv[2:])
        return
    flags = parse()
    os.sched_setaffinity(0, {max(os.sched_getaffinity(0))})
    with tempfile.TemporaryDirectory() as folder:
        prepare(flags, folder)
        peers = start_peers(flags, folder)
        there = [peer for peer in peers if not peer.missing]
        run_rounds(there, flags.rounds, flags.batch)
        for peer in peers:
            peer.close()
        report(there, [peer for peer in peers if peer.missing], flags)


if __name__ == "__main__":
    main()
