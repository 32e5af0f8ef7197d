#!/usr/bin/python3
"""Vision towers in 8 bits, worked out without fovea.

    tests/golden/make_int8.py

Needs python3-numpy and python3-pil. Writes int8.inc: embeddings of pictures of noise by
the models of reference.py, by numpy in float64 on weights
that are rounded to bfloat16, but for the layers behind the first: there weights have 8 bits and a scale for each output channel, sources 8 bits and a scale
for each row, and norms were balanced with the matrices behind them. The pictures are
those of picture() in tests/unit/test_engine_int8_golden.c.
"""
import os

import numpy as np

from reference import MODELS, read_model
from vision import HEAD, Network, embed, names_of

HERE = os.path.dirname(os.path.abspath(__file__))
N_PICTURES = 3


def quantise(x):
    """The nearest of 255 multiples of a scale, a row; and the scales. In float32:
    half the largest weight is half a step between two of them."""
    x = x.astype(np.float32)
    scale = np.abs(x).max(-1, keepdims=True) / np.float32(127)
    return np.rint(x / scale).astype(np.float64), scale.astype(np.float64)


def to_bf16(x):
    """To nearest, ties to even."""
    bits = x.astype(np.float32).view(np.uint32)
    bits = bits + 0x7fff + (bits >> 16 & 1) & 0xffff0000
    return bits.astype(np.uint32).view(np.float32).astype(np.float64)


def with_others_rounded(m, t):
    """The tensors with all matrices rounded that are not of 8 bits, as they are packed:
    layer scale is part of them, queries and keys of attention pooling are part of
    what it asks."""
    t, names = dict(t), names_of(m)
    prefix = names["layer"] + "0."
    scales = {names["out"]: f"{prefix}layer_scale1.lambda1",
              names["fc2"]: f"{prefix}layer_scale2.lambda1"}
    for part in ("q", "k", "v", "out", "fc1", "fc2"):
        name = prefix + names[part] + ".weight"
        scale = t.get(scales.get(names[part]), np.ones(1))[:, None]
        t[name] = to_bf16(t[name] * scale) / scale
    for name in (names["patch"] + ".weight", "visual_projection.weight",
                 HEAD + "attention.out_proj.weight", HEAD + "mlp.fc1.weight",
                 HEAD + "mlp.fc2.weight"):
        if name in t:
            t[name] = to_bf16(t[name])
    name = HEAD + "attention.in_proj_weight"
    if name in t:
        of_values = t[name].shape[0] // 3 * 2
        t[name] = np.vstack([t[name][:of_values], to_bf16(t[name][of_values:])])
    return t


class Int8Network(Network):
    def norm(self, x, name):
        y = super().norm(x, name)
        return y / self.factors[name] if name in self.factors else y

    def linear(self, x, name):
        if name not in self.matrices:
            return super().linear(x, name)
        w, w_scale = self.matrices[name]
        q, scale = quantise(x)
        return q @ w.T * scale * w_scale.T + self.t[name + ".bias"]

    def __init__(self, m, t):
        super().__init__(m, t)
        self.factors, self.matrices = {}, {}
        for i in range(1, m["layers"]):
            self.convert_layer({key: f"{names_of(m)['layer']}{i}.{name}"
                                for key, name in names_of(m).items()},
                               i + 1 == m["layers"])

    def convert_layer(self, names, is_last):
        # Of the last layer keys and values are packed apart, behind the queries.
        pools_token = self.m.get("family") != "siglip"
        first = "q" if is_last and pools_token else "qkv"
        self.balance(names["norm1"], [names[p] for p in first],
                     [names[p] for p in "qkv"])
        self.balance(names["norm2"], [names["fc1"]], [names["fc1"]])
        for part in ("out", "fc2"):
            self.matrices[names[part]] = quantise(self.t[names[part] +
                                                         ".weight"])

    def balance(self, norm, looked_at, matrices):
        w = [self.t[name + ".weight"] for name in looked_at]
        most = np.abs(np.vstack(w)).max(0)
        of_norm = 3 * np.abs(self.t[norm + ".weight"]) + \
            np.abs(self.t[norm + ".bias"])
        self.factors[norm] = 2.0 ** np.rint(0.5 * np.log2(of_norm / most))
        for name in matrices:
            self.matrices[name] = quantise(self.t[name + ".weight"] *
                                           self.factors[norm])


def pictures(side):
    noise, out = 7, np.empty(N_PICTURES * 3 * side * side, np.uint8)
    for i in range(out.size):
        noise = (noise * 1664525 + 1013904223) % 2 ** 32
        base = 50 * (i // (3 * side * side))
        out[i] = (base + (noise >> 25)) % 256
    return out.reshape(N_PICTURES, side, side, 3)


def main():
    with open(os.path.join(HERE, "int8.inc"), "w", encoding="ascii") as f:
        f.write("/* Written by tests/golden/make_int8.py: embeddings of each "
                "model's pictures. */\n")
        for name, m in MODELS.items():
            t = with_others_rounded(m, read_model(name))
            f.write(f'{{ "{name}",\n    {{\n')
            for picture in pictures(m["image"]):
                row = embed(m, t, picture, Int8Network)
                text = ", ".join(f"{v:.9e}" for v in row)
                f.write(f"        {{ {text} }},\n")
            f.write("    } },\n")


main()
