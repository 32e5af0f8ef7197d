#!/usr/bin/python3
"""Make a Hugging Face model directory of a checkpoint.

    training/export.py CHECKPOINT DIR
"""
import argparse
import json
import os

import torch

from model import Shape, Tower


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
    write_model(tower, options.folder)


if __name__ == "__main__":
    main()
