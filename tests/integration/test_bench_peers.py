#!/usr/bin/python3
"""What other programs are given to be measured with (bench/peers): the ONNX files are
read back here, their operators carried out with NumPy, and compared with fovea.

    test_bench_peers.py FOVEA MODEL_DIRECTORY
"""
import os
import struct
import subprocess

import numpy as np
from command import MODEL, environment, main, picture, put, run, same

EXPORT = os.path.join(os.environ["FOVEA_SOURCE_ROOT"], "bench", "peers",
                      "export_onnx.py")
MEAN = np.array([0.48145466, 0.4578275, 0.40821073], "float32")
STD = np.array([0.26862954, 0.26130258, 0.27577711], "float32")


def fields(content):
    """(number, value) of a message: numbers, bytes, or floats."""
    at = 0

    def varint():
        nonlocal at
        value = shift = 0
        while True:
            byte = content[at]
            at += 1
            value |= (byte & 0x7f) << shift
            shift += 7
            if byte < 0x80:
                return value

    while at < len(content):
        field, kind = divmod(varint(), 8)
        if kind == 0:
            value = varint()
            yield field, value - (value >> 63 << 64)
        elif kind == 2:
            size = varint()
            yield field, content[at:at + size]
            at += size
        else:
            same(kind, 5)
            yield field, struct.unpack_from("<f", content, at)[0]
            at += 4


def every(message, field):
    return [value for number, value in fields(message) if number == field]


def read_tensor(message):
    kind = {1: "<f4", 3: "i1", 7: "<i8"}[every(message, 2)[0]]
    return (every(message, 8)[0].decode(),
            np.frombuffer(every(message, 9)[0], kind).reshape(
                every(message, 1)))


def read_attribute(message):
    value = {1: 2, 2: 3, 7: 8}[every(message, 20)[0]]
    found = every(message, value)
    return every(message, 1)[0].decode(), found if value == 8 else found[0]


def quantise(x):
    low, high = min(x.min(), 0), max(x.max(), 0)
    scale = np.float32((high - low) / 255)
    zero = np.clip(np.rint(-low / scale), 0, 255)
    return (np.clip(np.rint(x / scale) + zero, 0, 255).astype("uint8"), scale,
            np.uint8(zero))


def softmax(x, axis):
    e = np.exp(x - x.max(axis, keepdims=True))
    return e / e.sum(axis, keepdims=True)


def norm(x, weight, bias, axis, epsilon):
    same(axis, -1)
    x = x - x.mean(-1, keepdims=True)
    return x / np.sqrt((x * x).mean(-1, keepdims=True) + epsilon) * weight + bias


def convolve(x, weight, kernel_shape, strides):
    same((kernel_shape, strides), (list(weight.shape[2:]),) * 2)
    n, channels, side, _ = x.shape
    patch = strides[0]
    x = x.reshape(n, channels, side // patch, patch, side // patch, patch)
    return np.einsum("ncyaxb,ocab->noyx", x, weight)


OPERATORS = {
    "Add": np.add,
    "Cast": lambda x, to: x.astype({1: "float32"}[to]),
    "Concat": lambda *parts, axis: np.concatenate(parts, axis),
    "Conv": convolve,
    "DynamicQuantizeLinear": quantise,
    "Expand": lambda x, shape: np.broadcast_to(x, np.broadcast_shapes(
        x.shape, tuple(shape))),
    "Gather": lambda x, at, axis: np.take(x, at, axis),
    "LayerNormalization": norm,
    "MatMul": np.matmul,
    "MatMulInteger": lambda a, b, zero: np.matmul(
        a.astype("int32") - zero, b.astype("int32")),
    "Mul": np.multiply,
    "Reshape": lambda x, shape: x.reshape(
        [size or x.shape[i] for i, size in enumerate(shape)]),
    "Shape": lambda x: np.array(x.shape),
    "Sigmoid": lambda x: 1 / (1 + np.exp(-x)),
    "Slice": lambda x, first, end: x[first[0]:end[0]],
    "Softmax": softmax,
    "Split": lambda x, sizes, axis: np.split(x, np.cumsum(sizes)[:-1], axis),
    "Transpose": lambda x, perm: x.transpose(perm),
}


def run_model(path, pixels):
    with open(path, "rb") as f:
        graph = every(f.read(), 7)[0]
    values = dict(map(read_tensor, every(graph, 5)))
    same([every(value, 1)[0] for value in every(graph, 11)], [b"pixel_values"])
    values["pixel_values"] = pixels
    for node in every(graph, 1):
        found = OPERATORS[every(node, 4)[0].decode()](
            *(values[name.decode()] for name in every(node, 1)),
            **dict(map(read_attribute, every(node, 5))))
        names = [name.decode() for name in every(node, 2)]
        values.update(zip(names, found) if len(names) > 1
                      else [(names[0], found)])
    return values["image_embeds"]


def test_onnx_files_are_the_model(directory):
    paths = [put(directory, f"{i}.png", picture(i)) for i in range(3)]
    for command, name in (("preprocess", "pixels"), ("embed", "embeds")):
        result = run(command, "--quiet", "-o", f"{directory}/{name}.npy", *paths,
                     env=environment())
        same(result.returncode, 0)
    pixels = (np.load(f"{directory}/pixels.npy").astype("float32") / 255 -
              MEAN) / STD
    right = np.load(f"{directory}/embeds.npy")
    for words, least in (([], 0.999999), (["--int8"], 0.99)):
        path = f"{directory}/tower.onnx"
        subprocess.run(["/usr/bin/python3", EXPORT, MODEL, path, *words],
                       check=True)
        found = run_model(path, pixels.transpose(0, 3, 1, 2))
        same(found.shape, right.shape)
        cosines = (found * right).sum(1) / np.linalg.norm(found, axis=1) / (
            np.linalg.norm(right, axis=1))
        assert cosines.min() > least, (words, cosines)
        # It is quantised, and not the same once more.
        assert (cosines.min() < 0.999999) == bool(words), cosines


def test_other_models_are_refused(directory):
    siglip = os.path.join(os.environ["FOVEA_WHOLE_MODELS"], "siglip")
    result = subprocess.run(
        ["/usr/bin/python3", EXPORT, siglip, f"{directory}/x.onnx"],
        capture_output=True, check=False)
    assert result.returncode != 0 and b"no tower of CLIP's" in result.stderr, (
        result.stderr)
    same(os.listdir(directory), [])


main([value for name, value in sorted(globals().items())
      if name.startswith("test_")])
