#!/usr/bin/python3
"""Towers for texts, worked out without fovea.

    tests/golden/make_texts.py

Needs python3-numpy. Writes a small random checkpoint of each kind in open_clip's layout
(models/open_*_text), the same in Hugging Face's (models/*_text), and texts.inc: token
ids and the embeddings that they make, by numpy in float64. "clip": tokens see what is
before them, the largest id's place is pooled. "siglip": tokens see all, the last place
is pooled, the projection has a bias. open_clip stores CLIP's projection inputs first,
and SigLIP's names begin with "text.".
"""
import json
import math
import os
import struct

import numpy as np

from vision import gelu, gelu_tanh

HERE = os.path.dirname(os.path.abspath(__file__))
WIDTH, HEADS, LAYERS, MLP, CONTEXT, VOCABULARY, DIMENSION = 24, 3, 2, 60, 9, 40, 10
N_TEXTS = 4


def model_cfg(kind):
    text = {"context_length": CONTEXT, "vocab_size": VOCABULARY, "width": WIDTH,
            "heads": HEADS, "layers": LAYERS, "mlp_ratio": MLP / WIDTH}
    if kind == "clip":
        return {"embed_dim": DIMENSION, "vision_cfg": {}, "text_cfg": text}
    return {"embed_dim": DIMENSION, "custom_text": True,
            "vision_cfg": {"timm_model_name": "vit_base_patch16_siglip_224"},
            "text_cfg": {**text, "no_causal_mask": True, "proj_bias": True,
                         "pool_type": "last", "norm_kwargs": {"eps": 1e-6},
                         "act_kwargs": {"approximate": "tanh"}}}


def tensors_of(kind, rng):
    normal = lambda scale, *shape: rng.standard_normal(shape) * scale
    before = "" if kind == "clip" else "text."
    t = {"token_embedding.weight": normal(1, VOCABULARY, WIDTH),
         "positional_embedding": normal(0.3, CONTEXT, WIDTH)}

    def linear(name, rows, columns, dot="."):
        t[name + dot + "weight"] = normal(1.5 / columns ** 0.5, rows, columns)
        t[name + dot + "bias"] = normal(0.1, rows)

    for name in ["ln_final"] + [f"transformer.resblocks.{i}.ln_{k}"
                                for i in range(LAYERS) for k in (1, 2)]:
        t[name + ".weight"] = 1 + normal(0.2, WIDTH)
        t[name + ".bias"] = normal(0.1, WIDTH)
    for i in range(LAYERS):
        layer = f"transformer.resblocks.{i}."
        linear(layer + "attn.in_proj", 3 * WIDTH, WIDTH, "_")
        linear(layer + "attn.out_proj", WIDTH, WIDTH)
        linear(layer + "mlp.c_fc", MLP, WIDTH)
        linear(layer + "mlp.c_proj", WIDTH, MLP)
    if kind == "clip":
        t["text_projection"] = normal(0.3, WIDTH, DIMENSION)
    else:
        linear("text_projection", DIMENSION, WIDTH)
    return {before + n: a.astype(np.float32) for n, a in t.items()}


def embed(kind, tensors, ids):
    before = "" if kind == "clip" else "text."
    t = {n[len(before):]: a.astype(np.float64) for n, a in tensors.items()}
    act = gelu if kind == "clip" else gelu_tanh
    eps = 1e-5 if kind == "clip" else 1e-6

    def norm(x, name):
        x = x - x.mean(-1, keepdims=True)
        x = x / np.sqrt((x * x).mean(-1, keepdims=True) + eps)
        return x * t[name + ".weight"] + t[name + ".bias"]

    x = t["token_embedding.weight"][ids] + t["positional_embedding"]
    mask = np.triu(np.full((CONTEXT, CONTEXT), -np.inf), 1)
    for i in range(LAYERS):
        layer = f"transformer.resblocks.{i}."
        y = norm(x, layer + "ln_1")
        y = y @ t[layer + "attn.in_proj_weight"].T + t[layer + "attn.in_proj_bias"]
        q, k, v = (a.reshape(CONTEXT, HEADS, -1).transpose(1, 0, 2)
                   for a in np.split(y, 3, 1))
        scores = q @ k.transpose(0, 2, 1) / math.sqrt(WIDTH // HEADS)
        if kind == "clip":
            scores = scores + mask
        scores = np.exp(scores - scores.max(-1, keepdims=True))
        scores /= scores.sum(-1, keepdims=True)
        mixed = (scores @ v).transpose(1, 0, 2).reshape(CONTEXT, WIDTH)
        x = x + mixed @ t[layer + "attn.out_proj.weight"].T + \
            t[layer + "attn.out_proj.bias"]
        y = norm(x, layer + "ln_2")
        y = act(y @ t[layer + "mlp.c_fc.weight"].T + t[layer + "mlp.c_fc.bias"])
        x = x + y @ t[layer + "mlp.c_proj.weight"].T + t[layer + "mlp.c_proj.bias"]
    x = norm(x, "ln_final")
    if kind == "clip":
        return x[int(np.argmax(ids))] @ t["text_projection"]
    return t["text_projection.weight"] @ x[-1] + t["text_projection.bias"]


def hugging_face_config(kind):
    """A whole model's; CLIP's as old files have it, where the ids are old too."""
    text = {"hidden_size": WIDTH, "intermediate_size": MLP, "vocab_size": VOCABULARY,
            "num_hidden_layers": LAYERS, "num_attention_heads": HEADS,
            "max_position_embeddings": CONTEXT, "model_type": f"{kind}_text_model"}
    if kind == "siglip":
        text["projection_size"] = DIMENSION
        return {"model_type": kind, "text_config": text, "vision_config": {}}
    text.update({"eos_token_id": 2, "hidden_act": "gelu"})
    return {"model_type": kind, "text_config": text, "text_config_dict": None,
            "projection_dim": DIMENSION, "vision_config": {}}


def to_hugging_face(kind, tensors):
    fixed = {"token_embedding.weight": "embeddings.token_embedding.weight",
             "positional_embedding": "embeddings.position_embedding.weight"}
    parts = {"ln_final": "final_layer_norm", "transformer.resblocks":
             "encoder.layers", "ln_1": "layer_norm1", "ln_2": "layer_norm2",
             "attn.out_proj": "self_attn.out_proj", "mlp.c_fc": "mlp.fc1",
             "mlp.c_proj": "mlp.fc2"}
    out = {}
    for name, a in tensors.items():
        name = name[5:] if kind == "siglip" else name
        if name == "text_projection":
            out["text_projection.weight"] = a.T
            continue
        for old, new in (*fixed.items(), *parts.items()):
            name = name.replace(old, new)
        name = "text_model." + name.replace("text_projection", "head")
        if "in_proj_" in name:
            for letter, part in zip("qkv", np.split(a, 3)):
                out[name.replace("attn.in_proj_", f"self_attn.{letter}_proj.")] = part
        else:
            out[name] = a
    out["logit_scale"] = np.array(4.6052)
    return out


def write_model(name, config_name, config, weights_name, tensors):
    folder = os.path.join(HERE, "models", name)
    os.makedirs(folder, exist_ok=True)
    with open(os.path.join(folder, config_name), "w", encoding="utf-8") as f:
        json.dump(config, f, indent=1, sort_keys=True)
        f.write("\n")
    header, body = {}, b""
    for name in sorted(tensors):
        raw = np.ascontiguousarray(tensors[name], "<f4").tobytes()
        header[name] = {"dtype": "F32", "shape": list(tensors[name].shape),
                        "data_offsets": [len(body), len(body) + len(raw)]}
        body += raw
    text = json.dumps(header, separators=(",", ":")).encode()
    text += b" " * (-len(text) % 8)
    with open(os.path.join(folder, weights_name), "wb") as f:
        f.write(struct.pack("<Q", len(text)) + text + body)


def make_ids(rng):
    """Of other lengths, each with the end token, the largest, somewhere."""
    ids = rng.randint(1, VOCABULARY - 1, (N_TEXTS, CONTEXT))
    for row, end in zip(ids, (1, 4, 6, CONTEXT - 1)):
        row[end] = VOCABULARY - 1
        row[end + 1:] = 0
    return ids


def rows_text(values, form):
    return "".join("    { " + ", ".join(form % v for v in row) + " },\n"
                   for row in values)


def main():
    rng = np.random.RandomState(20)
    ids = make_ids(rng)
    out = ("/* By tests/golden/make_texts.py. clang-format off */\n"
           f"static const uint32_t ids[{N_TEXTS}][{CONTEXT}] = {{\n"
           f"{rows_text(ids, '%d')}}};\n")
    for kind in ("clip", "siglip"):
        tensors = tensors_of(kind, rng)
        write_model(f"open_{kind}_text", "open_clip_config.json",
                    {"model_cfg": model_cfg(kind)}, "open_clip_model.safetensors",
                    tensors)
        write_model(f"{kind}_text", "config.json", hugging_face_config(kind),
                    "model.safetensors", to_hugging_face(kind, tensors))
        rows = [embed(kind, tensors, row) for row in ids]
        out += (f"static const double {kind}[{N_TEXTS}][{DIMENSION}] = {{\n"
                f"{rows_text(rows, '%.9e')}}};\n")
    with open(os.path.join(HERE, "texts.inc"), "w",
              encoding="ascii") as f:
        f.write(out)


main()
