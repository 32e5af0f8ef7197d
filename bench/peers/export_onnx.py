#!/usr/bin/env python3
"""Write CLIP's tower for images as an ONNX file, to measure others with.

    bench/peers/export_onnx.py MODEL FILE.onnx [--int8]

MODEL is a folder with config.json and model.safetensors in float32. The graph is what
exporters make of such a model: pixel_values, [n][3][side][side] float32, to
image_embeds, [n][dimension], in operators of opset 17, the three products of queries,
keys and values in one. With --int8 the matrices of the layers are int8 with a scale a
column, and what they multiply is quantised while it runs (DynamicQuantizeLinear,
MatMulInteger): what ONNX Runtime calls dynamic quantisation.

Needs NumPy alone.
"""
import json
import mmap
import os
import struct
import sys

import numpy as np

FLOAT, UINT8, INT8, INT64 = 1, 2, 3, 7
TYPES = {np.dtype("float32"): FLOAT, np.dtype("int8"): INT8,
         np.dtype("int64"): INT64}


# Protocol buffers: a number of a field, and what it holds.

def varint(value):
    out = bytearray()
    while value > 0x7f:
        out.append(value & 0x7f | 0x80)
        value >>= 7
    out.append(value)
    return bytes(out)


def number(field, value):
    return varint(field << 3) + varint(value & (1 << 64) - 1)


def block(field, *parts):
    return varint(field << 3 | 2) + varint(sum(map(len, parts))) + b"".join(
        parts)


def text(field, string):
    return block(field, string.encode())


def attribute(name, value):
    if isinstance(value, float):
        return block(5, text(1, name), varint(2 << 3 | 5),
                     struct.pack("<f", value), number(20, 1))
    if isinstance(value, int):
        return block(5, text(1, name), number(3, value), number(20, 2))
    return block(5, text(1, name), *(number(8, v) for v in value),
                 number(20, 7))


def tensor(name, array):
    return block(5, *(number(1, side) for side in array.shape),
                 number(2, TYPES[array.dtype]), text(8, name),
                 block(9, np.ascontiguousarray(array).tobytes()))


def value_info(field, name, shape):
    sides = (block(1, text(2, side) if isinstance(side, str)
                   else number(1, side)) for side in shape)
    return block(field, text(1, name), block(2, block(
        1, number(1, FLOAT), block(2, *sides))))


class Graph:
    """Nodes in the order in which they are added; names are made up."""

    def __init__(self, is_int8):
        self.is_int8 = is_int8
        self.nodes = []
        self.tensors = []

    def add(self, kind, *inputs, n_outputs=1, outputs=None, **attributes):
        names = outputs or [f"{kind}_{len(self.nodes)}_{i}"
                            for i in range(n_outputs)]
        self.nodes.append(block(
            1, *(text(1, name) for name in inputs),
            *(text(2, name) for name in names), text(4, kind),
            *(attribute(*item) for item in attributes.items())))
        return names[0] if len(names) == 1 else names

    def constant(self, array):
        name = f"constant_{len(self.tensors)}"
        self.tensors.append(tensor(name, array))
        return name

    def scalar(self, value):
        return self.constant(np.array(value, "float32"))

    def shape(self, *sides):
        return self.constant(np.array(sides, "int64"))

    def norm(self, x, weight, bias, eps):
        return self.add("LayerNormalization", x, self.constant(weight),
                        self.constant(bias), axis=-1, epsilon=eps)

    def linear(self, x, weight, bias):
        """weight as checkpoints have it, [outputs][inputs]."""
        if self.is_int8:
            scale = np.maximum(abs(weight).max(axis=1), 1e-30) / 127
            rounded = np.rint(weight / scale[:, None]).astype("int8")
            source, source_scale, zero = self.add("DynamicQuantizeLinear", x,
                                                  n_outputs=3)
            sums = self.add("MatMulInteger", source,
                            self.constant(rounded.T), zero)
            sums = self.add("Cast", sums, to=FLOAT)
            factor = self.add("Mul", source_scale,
                              self.constant(scale.astype("float32")))
            product = self.add("Mul", sums, factor)
        else:
            product = self.add("MatMul", x, self.constant(weight.T))
        return self.add("Add", product, self.constant(bias))

    def bytes(self, inputs, outputs):
        """Of a model with this graph."""
        graph = block(7, *self.nodes, text(2, "tower"), *self.tensors,
                      *(value_info(11, *item) for item in inputs),
                      *(value_info(12, *item) for item in outputs))
        return (number(1, 8) + text(2, "fovea") + graph +
                block(8, text(1, ""), number(2, 17)))


def read_model(folder):
    """The configuration, and tensors by their names, of a checkpoint."""
    with open(os.path.join(folder, "config.json"), encoding="utf-8") as f:
        config = json.load(f)
    config.update(config.get("vision_config", {}))
    with open(os.path.join(folder, "model.safetensors"), "rb") as f:
        content = mmap.mmap(f.fileno(), 0, access=mmap.ACCESS_READ)
    size = struct.unpack_from("<Q", content)[0]
    tensors = {}
    for name, facts in json.loads(content[8:8 + size]).items():
        if name != "__metadata__" and facts["dtype"] == "F32":
            begin, end = facts["data_offsets"]
            tensors[name] = np.frombuffer(
                content, "<f4", (end - begin) // 4,
                8 + size + begin).reshape(facts["shape"])
    return config, tensors


def layer_names(i):
    return f"vision_model.encoder.layers.{i}."


def add_layer(graph, x, config, tensors, i):
    hidden, heads = config["hidden_size"], config["num_attention_heads"]
    at = layer_names(i)
    qkv = [tensors[f"{at}self_attn.{part}_proj.{kind}"]
           for kind in ("weight", "bias") for part in "qkv"]

    def norm(x, name):
        return graph.norm(x, tensors[f"{at}{name}.weight"],
                          tensors[f"{at}{name}.bias"],
                          config["layer_norm_eps"])

    def linear(x, name):
        return graph.linear(x, tensors[f"{at}{name}.weight"],
                            tensors[f"{at}{name}.bias"])

    def split(part, order):
        part = graph.add("Reshape", part,
                         graph.shape(0, 0, heads, hidden // heads))
        return graph.add("Transpose", part, perm=order)

    y = graph.linear(norm(x, "layer_norm1"), np.concatenate(qkv[:3]),
                     np.concatenate(qkv[3:]))
    query, key, value = graph.add("Split", y, graph.shape(*[hidden] * 3),
                                  n_outputs=3, axis=2)
    query = graph.add("Mul", query, graph.scalar((hidden // heads) ** -0.5))
    scores = graph.add("MatMul", split(query, [0, 2, 1, 3]),
                       split(key, [0, 2, 3, 1]))
    y = graph.add("MatMul", graph.add("Softmax", scores, axis=-1),
                  split(value, [0, 2, 1, 3]))
    y = graph.add("Reshape", graph.add("Transpose", y, perm=[0, 2, 1, 3]),
                  graph.shape(0, 0, hidden))
    x = graph.add("Add", x, linear(y, "self_attn.out_proj"))
    y = linear(norm(x, "layer_norm2"), "mlp.fc1")
    gate = graph.add("Sigmoid", graph.add("Mul", y, graph.scalar(1.702)))
    return graph.add("Add", x, linear(graph.add("Mul", y, gate), "mlp.fc2"))


def export(folder, is_int8):
    config, tensors = read_model(folder)
    if (not config["model_type"].startswith("clip") or
            config.get("hidden_act") != "quick_gelu"):
        sys.exit(f"export_onnx: {folder} is no tower of CLIP's")
    graph = Graph(is_int8)
    hidden, patch = config["hidden_size"], config["patch_size"]
    side = config["image_size"]
    at = "vision_model."
    x = graph.add("Conv", "pixel_values",
                  graph.constant(tensors[at +
                                         "embeddings.patch_embedding.weight"]),
                  kernel_shape=[patch] * 2, strides=[patch] * 2)
    x = graph.add("Transpose",
                  graph.add("Reshape", x, graph.shape(0, hidden, -1)),
                  perm=[0, 2, 1])
    token = graph.constant(tensors[at + "embeddings.class_embedding"]
                           .reshape(1, 1, hidden))
    n = graph.add("Slice", graph.add("Shape", "pixel_values"), graph.shape(0),
                  graph.shape(1))
    token = graph.add("Expand", token, graph.add("Concat", n,
                                                 graph.shape(1, 1), axis=0))
    x = graph.add("Concat", token, x, axis=1)
    x = graph.add("Add", x, graph.constant(
        tensors[at + "embeddings.position_embedding.weight"]))

    def norm(x, name):
        return graph.norm(x, tensors[f"{at}{name}.weight"],
                          tensors[f"{at}{name}.bias"],
                          config["layer_norm_eps"])

    x = norm(x, "pre_layrnorm")
    for i in range(config["num_hidden_layers"]):
        x = add_layer(graph, x, config, tensors, i)
    x = graph.add("Gather", x, graph.constant(np.array(0, "int64")), axis=1)
    graph.add("MatMul", norm(x, "post_layernorm"),
              graph.constant(tensors["visual_projection.weight"].T),
              outputs=["image_embeds"])
    return graph.bytes([("pixel_values", ("n", 3, side, side))],
                       [("image_embeds", ("n", config["projection_dim"]))])


def main():
    words = [word for word in sys.argv[1:] if word != "--int8"]
    if len(words) != 2:
        sys.exit(__doc__)
    content = export(words[0], "--int8" in sys.argv)
    with open(words[1], "wb") as f:
        f.write(content)


if __name__ == "__main__":
    main()
