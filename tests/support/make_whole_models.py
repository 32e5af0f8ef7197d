#!/usr/bin/python3
"""Make small checkpoints of random weights that have both towers and a
tokenizer, as they are published: OUT/clip and OUT/siglip.

    make_whole_models.py TOKENIZERS OUT

TOKENIZERS is what make_tokenizers.py small has made. Of CLIP's tokenizer only
the first merges are taken. The same in every build. Standard library only.
"""
import array
import json
import os
import random
import sys

MERGES = 1000
CONTEXT = 16  # tokens of a text, so that one of some words is too long
WIDTH, MLP, LAYERS, HEADS = 32, 64, 2, 4
SIDE, PATCH, DIMENSION = 32, 16, 24
TOWER = {"hidden_size": WIDTH, "intermediate_size": MLP,
         "num_hidden_layers": LAYERS, "num_attention_heads": HEADS}


def read_json(*path):
    with open(os.path.join(*path), encoding="utf-8") as f:
        return json.load(f)


def write_json(value, *path):
    with open(os.path.join(*path), "w", encoding="utf-8") as f:
        json.dump(value, f, ensure_ascii=False)


def norm(name, width=WIDTH):
    return {name + ".weight": [width], name + ".bias": [width]}


def linear(name, inputs, outputs, has_bias=True):
    return {name + ".weight": [outputs, inputs],
            **({name + ".bias": [outputs]} if has_bias else {})}


def layers(tower):
    shapes = {}
    for i in range(LAYERS):
        at = f"{tower}.encoder.layers.{i}."
        for part in ("q_proj", "k_proj", "v_proj", "out_proj"):
            shapes |= linear(at + "self_attn." + part, WIDTH, WIDTH)
        shapes |= norm(at + "layer_norm1") | norm(at + "layer_norm2")
        shapes |= linear(at + "mlp.fc1", WIDTH, MLP)
        shapes |= linear(at + "mlp.fc2", MLP, WIDTH)
    return shapes


def texts(vocabulary):
    at = "text_model.embeddings."
    return {at + "token_embedding.weight": [vocabulary, WIDTH],
            at + "position_embedding.weight": [CONTEXT, WIDTH],
            **layers("text_model"), **norm("text_model.final_layer_norm")}


def images(n_positions, has_patch_bias):
    at = "vision_model.embeddings."
    shapes = {at + "patch_embedding.weight": [WIDTH, 3, PATCH, PATCH],
              at + "position_embedding.weight": [n_positions, WIDTH],
              **layers("vision_model"), **norm("vision_model.post_layernorm")}
    if has_patch_bias:
        shapes[at + "patch_embedding.bias"] = [WIDTH]
    return shapes


def clip_shapes(vocabulary):
    return {**images((SIDE // PATCH) ** 2 + 1, False),
            "vision_model.embeddings.class_embedding": [WIDTH],
            **norm("vision_model.pre_layrnorm"), **texts(vocabulary),
            **linear("visual_projection", WIDTH, DIMENSION, False),
            **linear("text_projection", WIDTH, DIMENSION, False)}


def siglip_shapes(vocabulary):
    head = "vision_model.head."
    return {**images((SIDE // PATCH) ** 2, True), **texts(vocabulary),
            **linear("text_model.head", WIDTH, WIDTH),
            head + "probe": [1, 1, WIDTH],
            head + "attention.in_proj_weight": [3 * WIDTH, WIDTH],
            head + "attention.in_proj_bias": [3 * WIDTH],
            **linear(head + "attention.out_proj", WIDTH, WIDTH),
            **norm(head + "layernorm"), **linear(head + "mlp.fc1", WIDTH, MLP),
            **linear(head + "mlp.fc2", MLP, WIDTH)}


def numbers(name, shape, draw):
    """Those of norms are near 1, biases near 0, all others spread out."""
    n = 1
    for size in shape:
        n *= size
    around = 1 if "norm" in name and name.endswith("weight") else 0
    spread = 0.1 if around or name.endswith("bias") else 0.3
    values = array.array("f", (around + spread * (2 * draw.random() - 1)
                               for _ in range(n)))
    if sys.byteorder == "big":
        values.byteswap()
    return values.tobytes()


def save(folder, shapes, scalars, seed):
    """In the form of safetensors."""
    draw, data, header = random.Random(seed), b"", {}
    tensors = [(name, shape, numbers(name, shape, draw))
               for name, shape in sorted(shapes.items())]
    tensors += [(name, [], array.array("f", [value]).tobytes())
                for name, value in scalars.items()]
    for name, shape, content in tensors:
        header[name] = {"dtype": "F32", "shape": shape,
                        "data_offsets": [len(data), len(data) + len(content)]}
        data += content
    text = json.dumps(header).encode()
    text += b" " * (-len(text) % 8)
    with open(os.path.join(folder, "model.safetensors"), "wb") as f:
        f.write(len(text).to_bytes(8, "little") + text + data)


def processor(kind, size, mean, std):
    return {"image_processor_type": kind, "do_resize": True, "size": size,
            "resample": 3, "do_rescale": True, "rescale_factor": 1 / 255,
            "do_normalize": True, "image_mean": mean, "image_std": std}


def make_clip(tokenizers, out):
    os.makedirs(out, exist_ok=True)
    tokenizer = read_json(tokenizers, "clip", "tokenizer.json")
    model = tokenizer["model"]
    ends = ["<|startoftext|>", "<|endoftext|>"]
    pieces = sorted(model["vocab"], key=model["vocab"].get)
    kept = pieces[:512 + MERGES] + ends
    vocab = {piece: i for i, piece in enumerate(kept)}
    model["vocab"], model["merges"] = vocab, model["merges"][:MERGES]
    for token in tokenizer["added_tokens"]:
        token["id"] = vocab[token["content"]]
    tokenizer["post_processor"]["cls"] = [ends[0], vocab[ends[0]]]
    tokenizer["post_processor"]["sep"] = [ends[1], vocab[ends[1]]]
    write_json(tokenizer, out, "tokenizer.json")
    write_json({"pad_token": ends[1], "tokenizer_class": "CLIPTokenizer"}, out,
               "tokenizer_config.json")
    write_json({
        "model_type": "clip", "projection_dim": DIMENSION,
        "vision_config": {"model_type": "clip_vision_model", **TOWER,
                          "image_size": SIDE, "patch_size": PATCH},
        "text_config": {"model_type": "clip_text_model", **TOWER,
                        "vocab_size": len(vocab),
                        "max_position_embeddings": CONTEXT,
                        "bos_token_id": vocab[ends[0]],
                        "eos_token_id": vocab[ends[1]]}}, out, "config.json")
    write_json({**processor("CLIPImageProcessor", {"shortest_edge": SIDE},
                            [0.48145466, 0.4578275, 0.40821073],
                            [0.26862954, 0.26130258, 0.27577711]),
                "do_center_crop": True,
                "crop_size": {"height": SIDE, "width": SIDE}}, out,
               "preprocessor_config.json")
    save(out, clip_shapes(len(vocab)), {"logit_scale": 2.75}, 1)


def make_siglip(tokenizers, out):
    os.makedirs(out, exist_ok=True)
    tokenizer = read_json(tokenizers, "unigram", "tokenizer.json")
    vocabulary = len(tokenizer["model"]["vocab"])
    write_json(tokenizer, out, "tokenizer.json")
    write_json(read_json(tokenizers, "unigram", "tokenizer_config.json"), out,
               "tokenizer_config.json")
    write_json({
        "model_type": "siglip",
        "vision_config": {"model_type": "siglip_vision_model", **TOWER,
                          "image_size": SIDE, "patch_size": PATCH},
        "text_config": {"model_type": "siglip_text_model", **TOWER,
                        "vocab_size": vocabulary, "projection_size": WIDTH,
                        "max_position_embeddings": CONTEXT}}, out,
               "config.json")
    write_json(processor("SiglipImageProcessor",
                         {"height": SIDE, "width": SIDE}, [0.5] * 3,
                         [0.5] * 3), out, "preprocessor_config.json")
    save(out, siglip_shapes(vocabulary), {"logit_scale": 2, "logit_bias": -3},
         2)


make_clip(sys.argv[1], os.path.join(sys.argv[2], "clip"))
make_siglip(sys.argv[1], os.path.join(sys.argv[2], "siglip"))
