#!/usr/bin/python3
"""Texts through both towers of tests/support/make_whole_models.py, worked out without
fovea, from words to embeddings.

    tests/golden/make_whole_texts.py build/tests/whole-models

Needs python3-numpy. Writes whole_texts.inc: of each text, lower-case words and blanks
alone, the ids that its tokenizer gives (merges by rank for CLIP, the best pieces by
Viterbi for SigLIP) and its embedding, by numpy in float64.
"""
import json
import math
import os
import struct
import sys

import numpy as np

from vision import gelu_tanh

HERE = os.path.dirname(os.path.abspath(__file__))
HEADS, LAYERS = 4, 2
TEXTS = ["a red bicycle", "", "words that find pictures",
         "one two three four five six seven eight nine ten eleven twelve thirteen "
         "fourteen fifteen sixteen seventeen eighteen"]


def quick_gelu(x):
    return x / (1 + np.exp(-1.702 * x))


def read_json(*path):
    with open(os.path.join(*path), encoding="utf-8") as f:
        return json.load(f)


def read_tensors(path):
    with open(path, "rb") as f:
        raw = f.read()
    size = struct.unpack("<Q", raw[:8])[0]
    data = raw[8 + size:]
    return {name: np.frombuffer(data[slice(*t["data_offsets"])], "<f4")
            .reshape(t["shape"]).astype(np.float64)
            for name, t in json.loads(raw[8:8 + size]).items()}


def merge_word(word, ranks):
    parts = list(word[:-1]) + [word[-1] + "</w>"]
    while len(parts) > 1:
        pairs = [ranks.get(pair, math.inf) for pair in zip(parts, parts[1:])]
        best = min(range(len(pairs)), key=pairs.__getitem__)
        if pairs[best] == math.inf:
            break
        parts[best:best + 2] = [parts[best] + parts[best + 1]]
    return parts


def clip_ids(tokenizer, text, context):
    model = tokenizer["model"]
    merges = [tuple(m.split(" ")) if isinstance(m, str) else tuple(m)
              for m in model["merges"]]
    ranks = {pair: i for i, pair in enumerate(merges)}
    ids = [model["vocab"][part] for word in text.split()
           for part in merge_word(word, ranks)]
    start, end = (model["vocab"][s] for s in ("<|startoftext|>", "<|endoftext|>"))
    return [start] + ids[:context - 2] + [end]


def siglip_ids(tokenizer, text, context):
    scores = {piece: (score, i) for i, (piece, score)
              in enumerate(tokenizer["model"]["vocab"])}
    text = "\u2581" + text.replace(" ", "\u2581") if text else ""
    best = [(0.0, [])] + [(-math.inf, [])] * len(text)
    for end in range(1, len(text) + 1):
        for begin in range(end):
            if text[begin:end] in scores:
                score, i = scores[text[begin:end]]
                if best[begin][0] + score > best[end][0]:
                    best[end] = (best[begin][0] + score, best[begin][1] + [i])
    return best[-1][1][:context - 1] + [1]


def embed(kind, t, ids, context):
    at = "text_model."
    act = quick_gelu if kind == "clip" else gelu_tanh
    eps = 1e-5 if kind == "clip" else 1e-6
    ids = ids + [1] * (context - len(ids)) if kind == "siglip" else ids
    n = len(ids)

    def norm(x, name):
        x = x - x.mean(-1, keepdims=True)
        x = x / np.sqrt((x * x).mean(-1, keepdims=True) + eps)
        return x * t[name + ".weight"] + t[name + ".bias"]

    def linear(x, name):
        return x @ t[name + ".weight"].T + t[name + ".bias"]

    x = t[at + "embeddings.token_embedding.weight"][ids] + \
        t[at + "embeddings.position_embedding.weight"][:n]
    for i in range(LAYERS):
        layer = f"{at}encoder.layers.{i}."
        y = norm(x, layer + "layer_norm1")
        q, k, v = (linear(y, f"{layer}self_attn.{c}_proj").reshape(n, HEADS, -1)
                   .transpose(1, 0, 2) for c in "qkv")
        scores = q @ k.transpose(0, 2, 1) / math.sqrt(q.shape[-1])
        if kind == "clip":
            scores = scores + np.triu(np.full((n, n), -np.inf), 1)
        scores = np.exp(scores - scores.max(-1, keepdims=True))
        scores /= scores.sum(-1, keepdims=True)
        mixed = (scores @ v).transpose(1, 0, 2).reshape(n, -1)
        x = x + linear(mixed, layer + "self_attn.out_proj")
        y = act(linear(norm(x, layer + "layer_norm2"), layer + "mlp.fc1"))
        x = x + linear(y, layer + "mlp.fc2")
    x = norm(x, at + "final_layer_norm")[-1]
    return t["text_projection.weight"] @ x if kind == "clip" else \
        linear(x, at + "head")


def write_model(f, folder, kind):
    tokenizer = read_json(folder, kind, "tokenizer.json")
    config = read_json(folder, kind, "config.json")["text_config"]
    context = config["max_position_embeddings"]
    tensors = read_tensors(os.path.join(folder, kind, "model.safetensors"))
    for text in TEXTS:
        to_ids = clip_ids if kind == "clip" else siglip_ids
        ids = to_ids(tokenizer, text, context)
        vector = embed(kind, tensors, ids, context)
        f.write(f'    {{ "{kind}",\n        "{text}", {len(ids)},\n        {{ ' +
                ", ".join(map(str, ids)) + " },\n        { " +
                ", ".join(f"{v:.9e}" for v in vector) + " } },\n")


def main():
    with open(os.path.join(HERE, "whole_texts.inc"), "w", encoding="utf-8") as f:
        f.write("/* By tests/golden/make_whole_texts.py. clang-format off */\n")
        for kind in ("clip", "siglip"):
            write_model(f, sys.argv[1], kind)


if __name__ == "__main__":
    main()
