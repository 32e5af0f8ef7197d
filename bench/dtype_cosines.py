#!/usr/bin/env python3
"""How near vectors of bf16 and int8 are to those of f32, for every shape of tower
that the catalogue names.

    bench/dtype_cosines.py [--build BUILD] [--gflop N] [--photos N] [--only WORD]
                           [PICTURE...]

For each shape a checkpoint of random weights is made and pictures are embedded in
all dtypes; then once more with planted outliers, as trained towers have them: five
channels of every layer's two norms are 20 to 60 times as large, and the columns of
the weights behind them so much smaller that twice their share is left.

A row has the cosine to float32 of bf16, then of int8: mean and worst of the pictures,
then the same of vectors less the mean vector of float32's. Random towers give all
pictures much the same vector; what is centred is what tells them apart.

Layers are left out where a picture would take more than N GFLOP (40), down to four,
and pictures where all would take more than four times that, down to three: the row
says how many there are. Without pictures those of samples/scenes are taken, one of a
scene, at most N of them (12).
"""
import argparse
import array
import json
import math
import mmap
import operator
import os
import random
import re
import struct
import subprocess
import sys
import tempfile

ROOT = os.path.join(os.path.dirname(os.path.abspath(__file__)), "..")
DTYPES = ("f32", "bf16", "int8")
FEWEST_LAYERS = 4
FEWEST_PICTURES = 3
PICTURES_SHARE = 4
# What make_random_model is told. Of DINOv2 the positions are of larger pictures.
TYPES = {"CLIP": "clip_vision_model", "SigLIP": "siglip_vision_model",
         "DINOv2": "dinov2", "DINOv2 registers": "dinov2_with_registers"}
DINOV2_PX = 518
# The norm before a matrix, by what a name ends with.
BEHIND = {"layer_norm1": ("q_proj", "k_proj", "v_proj"),
          "norm1": ("query", "key", "value"),
          "layer_norm2": ("fc1",), "norm2": ("fc1",)}
N_OUTLIERS = 5


def shapes():
    """(family, dimension, side, patch, layers, heads, width, MLP): [keys]."""
    with open(os.path.join(ROOT, "src/runtime/catalogue.def"),
              encoding="utf-8") as f:
        text = re.sub(r"/\*.*?\*/", "", f.read(), flags=re.S)
    found = {}
    for row in re.findall(r"X\(([^)]*)\)", text):
        key, family, _, _, *numbers = (w.strip().strip('"')
                                       for w in row.split(","))
        if "registers" in key:
            family += " registers"
        shape = (family, *(int(n) for n in numbers[:7]))
        found.setdefault(shape[:1] + shape[2:], (shape, []))[1].append(key)
    return [shape for shape, _ in found.values()]


def within(shape, gflop, n_pictures):
    """Layers, and pictures."""
    _, _, side, patch, layers, _, width, mlp = shape
    tokens = (side // patch) ** 2 + 1
    each = 2 * tokens * (4 * width * width + 2 * width * mlp
                         + 2 * tokens * width) / 1e9
    kept = min(layers, max(FEWEST_LAYERS, int(gflop / each)))
    most = int(PICTURES_SHARE * gflop / (kept * each))
    return kept, min(n_pictures, max(FEWEST_PICTURES, most))


def make(build, folder, shape, layers):
    family, dimension, side, patch, _, heads, width, mlp = shape
    words = [TYPES[family], width, mlp, layers, heads,
             DINOV2_PX if family.startswith("DINOv2") else side, patch]
    if family == "CLIP":
        words = [*words[1:], dimension]
    subprocess.run([f"{build}/tools/make_random_model", folder,
                    *map(str, words)], check=True)


class Weights:
    """A checkpoint's tensors, changed in place."""

    def __init__(self, folder):
        with open(os.path.join(folder, "model.safetensors"), "r+b") as f:
            self.memory = mmap.mmap(f.fileno(), 0)
        size = struct.unpack("<Q", self.memory[:8])[0]
        self.tensors = json.loads(self.memory[8:8 + size])
        self.tensors.pop("__metadata__", None)
        self.start = 8 + size

    def scale(self, name, channel, factor):
        """A vector's value, or a column of a matrix."""
        tensor = self.tensors[name]
        begin, end = (self.start + at for at in tensor["data_offsets"])
        # Tensors need not begin at a multiple of a float's size.
        values = array.array("f", self.memory[begin:end])
        step = tensor["shape"][-1]
        values[channel::step] = array.array(
            "f", (value * factor for value in values[channel::step]))
        self.memory[begin:end] = values.tobytes()


def plant(folder, width):
    """Outliers."""
    weights = Weights(folder)
    draw = random.Random(1)
    channels = draw.sample(range(width), N_OUTLIERS)
    for name in sorted(weights.tensors):
        found = re.search(r"(.*layers?\.\d+\.)(layer_norm[12]|norm[12])\.weight$",
                          name)
        if not found:
            continue
        behind = [other for other in weights.tensors
                  if other.startswith(found[1]) and
                  re.search(r"\.(%s)\.weight$" % "|".join(BEHIND[found[2]]),
                            other)]
        assert behind, name
        for channel in channels:
            factor = draw.uniform(20, 60)
            weights.scale(name, channel, factor)
            weights.scale(name[:-len("weight")] + "bias", channel, factor)
            for matrix in behind:
                weights.scale(matrix, channel, 2 / factor)


def embed(build, folder, dtype, pictures):
    """The vectors as lists."""
    with tempfile.TemporaryDirectory() as cache:
        out = os.path.join(cache, "vectors.jsonl")
        env = {**os.environ, "FOVEA_CACHE": os.path.join(cache, "cache"),
               "FOVEA_WORKER": f"{build}/fovea-worker"}
        subprocess.run([f"{build}/fovea", "embed", "--quiet", "--raw", "-m",
                        folder, "--dtype", dtype, "--image-time", "1h",
                        "--deadline", "2h", "-o", out, *pictures],
                       check=True, env=env)
        with open(out, encoding="utf-8") as f:
            return [json.loads(line)["embedding"] for line in f]


def dot(a, b):
    return sum(map(operator.mul, a, b))


def cosine(a, b):
    return dot(a, b) / math.sqrt(dot(a, a) * dot(b, b))


def mean_and_worst(vectors, exact, middle):
    found = [cosine([x - m for x, m in zip(a, middle)],
                    [x - m for x, m in zip(b, middle)])
             for a, b in zip(vectors, exact)]
    return f"{sum(found) / len(found):.5f} / {min(found):.5f}"


def compare(build, folder, pictures):
    """Of bf16 and int8: as they are, and centred."""
    vectors = {dtype: embed(build, folder, dtype, pictures) for dtype in DTYPES}
    exact = vectors["f32"]
    zero = [0.0] * len(exact[0])
    middle = [sum(column) / len(exact) for column in zip(*exact)]
    return [mean_and_worst(vectors[dtype], exact, taken_off)
            for dtype in DTYPES[1:] for taken_off in (zero, middle)]


def samples(most):
    folder = os.path.join(ROOT, "samples/scenes")
    return [os.path.join(folder, name) for name in sorted(os.listdir(folder))
            if "_" not in name][:most]


def main():
    arguments = argparse.ArgumentParser(
        description=__doc__,
        formatter_class=argparse.RawDescriptionHelpFormatter)
    arguments.add_argument("--build", default=os.path.join(ROOT, "build"))
    arguments.add_argument("--gflop", type=float, default=40)
    arguments.add_argument("--photos", type=int, default=12)
    arguments.add_argument("--only", default="")
    arguments.add_argument("pictures", nargs="*")
    given = arguments.parse_args()
    pictures = given.pictures or samples(given.photos)
    print("| | tokens | width | layers | pictures | outliers | bf16 | centred |"
          " int8 | centred |\n" + "| --- " * 10 + "|", flush=True)
    for shape in shapes():
        family, _, side, patch, layers, _, width, _ = shape
        name = f"{family} {patch} x {patch} of {side}"
        if given.only not in name:
            continue
        tokens = (side // patch) ** 2
        kept, n = within(shape, given.gflop, len(pictures))
        with tempfile.TemporaryDirectory() as folder:
            make(given.build, folder, shape, kept)
            for outliers in ("-", "planted"):
                if outliers != "-":
                    plant(folder, width)
                print("|", " | ".join(
                    [name, str(tokens), str(width), f"{kept} of {layers}",
                     str(n), outliers,
                     *compare(given.build, folder, pictures[:n])]), "|",
                    flush=True)


if __name__ == "__main__":
    sys.exit(main())
