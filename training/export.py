#!/usr/bin/python3
"""Make a Hugging Face model directory of a checkpoint.

    training/export.py CHECKPOINT DIR

Before it is written, the embedding is centred and stretched: directions in
which a changed picture moves count less. Both fold into weights that are there
already (post_layernorm's bias, visual_projection), so that they cost nothing.
How far to stretch is chosen on drawn pictures of a seed of their own.
"""
import argparse
import copy
import json
import os
import random

import numpy as np
import torch

import augment
import generate
from model import Shape, Tower
from train import recall, validation

FIT_SEED = 0xF17
FIT_FAMILIES = 300


def fit_pictures(side):
    """Drawn pictures, hardly changed, and two changed views of each."""
    bank, rng = generate.Bank(FIT_SEED), random.Random(FIT_SEED)
    views = []
    for i in range(FIT_FAMILIES):
        if i % 20 == 0:
            bank.refresh(40)
        for picture in generate.draw_family(bank, FIT_SEED + i):
            views.append([augment.view(picture, rng, side, True),
                          augment.view(picture, rng, side),
                          augment.view(picture, rng, side)])
    return torch.from_numpy(np.array(views))


@torch.no_grad()
def pooled(tower, pictures):
    """What visual_projection is given: (N, hidden)."""
    parts = []
    for part in pictures.split(128):
        pixels = part.permute(0, 3, 1, 2).float() / 127.5 - 1
        parts.append(tower.vision_model(pixels))
    return torch.cat(parts)


def power(matrix, exponent, floor):
    values, vectors = torch.linalg.eigh(matrix)
    values = values.clamp_min(0) + floor * values.mean()
    return vectors @ torch.diag(values ** exponent) @ vectors.T


@torch.no_grad()
def stretched(tower, mean, moved, exponent):
    """The tower, centred, its embedding times moved^-exponent."""
    out = copy.deepcopy(tower)
    out.vision_model.post_layernorm.bias -= mean
    weight = out.visual_projection.weight
    change = power(moved, -exponent, 0.05)
    scaled = change @ weight
    weight.copy_(scaled * weight.norm() / scaled.norm())
    return out


def best_stretch(tower):
    """The best of some on validation pictures, and what was tried."""
    side = tower.shape.image_size
    views = fit_pictures(side)
    states = [pooled(tower, views[:, i]) for i in range(3)]
    mean = torch.cat(states).mean(0)
    weight = tower.visual_projection.weight.detach()
    moved = torch.cat([(s - states[0]) @ weight.T for s in states[1:]])
    covariance = moved.T @ moved / len(moved)
    pictures = validation(side)
    tried = {"as trained": (recall(tower, pictures, "cpu"), tower)}
    for exponent in (0, 0.125, 0.25, 0.375, 0.5):
        other = stretched(tower, mean, covariance, exponent)
        tried[f"stretched by {exponent}"] = (
            recall(other, pictures, "cpu"), other)
    for name, (score, _) in tried.items():
        print(f"{name}: recall {score:.4f}")
    return max(tried.values(), key=lambda pair: pair[0])[1]


def write_safetensors(path, tensors):
    """Float16, in the order of the names, header padded to 8 bytes."""
    header, data, at = {}, [], 0
    for name in sorted(tensors):
        array = tensors[name].detach().numpy().astype("<f2")
        header[name] = {"dtype": "F16", "shape": list(array.shape),
                        "data_offsets": [at, at + array.nbytes]}
        data.append(array.tobytes())
        at += array.nbytes
    text = json.dumps(header, separators=(",", ":")).encode()
    text += b" " * (-len(text) % 8)
    with open(path, "wb") as out:
        out.write(len(text).to_bytes(8, "little") + text + b"".join(data))


def write_json(path, value):
    with open(path, "w", encoding="utf-8") as out:
        json.dump(value, out, indent=2)
        out.write("\n")


def write_model(tower, folder):
    os.makedirs(folder, exist_ok=True)
    side = tower.shape.image_size
    write_safetensors(os.path.join(folder, "model.safetensors"),
                      tower.state_dict())
    write_json(os.path.join(folder, "config.json"), tower.shape.config())
    write_json(os.path.join(folder, "preprocessor_config.json"), {
        "image_processor_type": "CLIPImageProcessor",
        "do_resize": True, "size": {"height": side, "width": side},
        "resample": 3, "do_center_crop": False, "do_convert_rgb": True,
        "do_rescale": True, "rescale_factor": 1 / 255, "do_normalize": True,
        "image_mean": [0.5] * 3, "image_std": [0.5] * 3})


def main():
    p = argparse.ArgumentParser(description=__doc__.split("\n")[0])
    p.add_argument("checkpoint")
    p.add_argument("folder")
    options = p.parse_args()
    state = torch.load(options.checkpoint, map_location="cpu")
    tower = Tower(Shape(**state["shape"]))
    tower.load_state_dict(state["average"])
    write_model(best_stretch(tower.eval()), options.folder)


if __name__ == "__main__":
    main()
