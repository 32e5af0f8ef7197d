#!/usr/bin/python3
"""What fovea's results have to be, worked out without fovea.

    tests/golden/reference.py            write the expected values
    tests/golden/reference.py --models   make the checkpoints again first

Needs Debian's python3-numpy and python3-pil (12, "bookworm": Pillow 9.4), and
libjxl-tools (djxl).

Preprocessing follows Hugging Face's CLIPImageProcessor on Pillow, but where
docs/PIXELS.md says that fovea differs from it on purpose; the forward pass is
vision.py's. It is done in float64, so that what separates fovea from it is
fovea's own rounding.

Written here:
    models/*         small random checkpoints, each of another make; "open" is
                     in open_clip's layout, with its names, its pictures fitted
                     into a box
    pixels.txt       SHA-256 of the uint8 crop of every sample, a model a column,
                     Pillow's and then torchvision's
    pixels.npy       one crop as it is, to see where a difference lies
    MODEL.npy        raw embeddings of EMBEDDED, float32
Pillow 9.4 reads neither HEIC nor AVIF and converts no L*a*b*: those three
samples are left out. What else it does not read is read here.
"""
import hashlib
import io
import json
import math
import os
import struct
import subprocess
import sys
import tempfile

import numpy as np
from PIL import Image, ImageOps

from torch_resize import torch_resize
from vision import COLOURS, embed, eps_of, family_of, is_dino, random_tensors

HERE = os.path.dirname(os.path.abspath(__file__))
SAMPLES = os.path.join(HERE, "..", "..", "samples")
EMBEDDED = ["scenes/forest.jpg", "scenes/city_mirror.jpg",
            "formats/orientation_6.jpg", "formats/cmyk.jpg",
            "formats/interlaced.png", "formats/animated.webp",
            "formats/rgb16.tif"]
RAW_PIXELS = "formats/orientation_6.jpg"
NOT_READ = (".heic", ".avif", "lab.tif")

# Each differs from the others in all that a checkpoint can differ in.
MODELS = {
    "quick": {"hidden": 36, "mlp": 60, "layers": 2, "heads": 3, "image": 64,
              "patch": 8, "proj": 20, "act": "quick_gelu", "dtype": "F32",
              "resample": 2},
    "full": {"hidden": 32, "mlp": 64, "layers": 2, "heads": 2, "image": 224,
             "patch": 16, "proj": 24, "act": "gelu", "dtype": "F16",
             "resample": 3, "full": True, "legacy": True},
    "sharded": {"hidden": 40, "mlp": 72, "layers": 2, "heads": 5, "image": 48,
                "patch": 12, "proj": 17, "act": "gelu_pytorch_tanh",
                "dtype": "BF16", "resample": 3, "sharded": True},
    "open": {"hidden": 48, "mlp": 80, "layers": 2, "heads": 3, "image": 40,
             "patch": 8, "proj": 22, "act": "gelu", "dtype": "F16",
             "resample": 3, "open_clip": True, "fill": 9},
    # No family's patches cover the last pixels of 62; heads of 12 and 9.
    "siglip": {"family": "siglip", "hidden": 36, "mlp": 60, "layers": 2,
               "heads": 3, "image": 62, "patch": 14, "act": "gelu_pytorch_tanh",
               "dtype": "F32", "resample": 2},
    "dino": {"family": "dinov2", "hidden": 36, "mlp": 72, "layers": 2,
             "heads": 4, "image": 56, "patch": 14, "trained": 98, "edge": 64,
             "act": "gelu", "dtype": "F32", "resample": 3},
    "registers": {"family": "dinov2_with_registers", "hidden": 32, "mlp": 128,
                  "layers": 2, "heads": 2, "image": 60, "patch": 14,
                  "trained": 98, "edge": 72, "registers": 3, "act": "gelu",
                  "dtype": "BF16", "resample": 3},
}
MEAN, STD = COLOURS["clip"]


# --- checkpoints ------------------------------------------------------------

def encode(a, dtype):
    """(dtype name, bytes) of an array; integers stay what they are."""
    if a.dtype == np.int64:
        return "I64", a.tobytes()
    a = a.astype("<f4")
    if dtype == "BF16":  # to nearest, ties to even
        bits = a.view("<u4").astype(np.uint64)
        return dtype, ((bits + 0x7FFF + (bits >> 16 & 1)) >> 16).astype(
            "<u2").tobytes()
    return dtype, a.astype({"F32": "<f4", "F16": "<f2"}[dtype]).tobytes()


def write_safetensors(path, tensors, dtype):
    header, body = {"__metadata__": {"format": "pt"}}, b""
    for name in sorted(tensors):
        kind, raw = encode(tensors[name], dtype)
        header[name] = {"dtype": kind, "shape": list(tensors[name].shape),
                        "data_offsets": [len(body), len(body) + len(raw)]}
        body += raw
    text = json.dumps(header, separators=(",", ":")).encode()
    text += b" " * (-len(text) % 8)
    with open(path, "wb") as f:
        f.write(struct.pack("<Q", len(text)) + text + body)


def write_json(path, value):
    with open(path, "w", encoding="utf-8") as f:
        json.dump(value, f, indent=1, sort_keys=True)
        f.write("\n")


def write_configs(m, folder):
    vision = {"hidden_size": m["hidden"], "num_hidden_layers": m["layers"],
              "num_attention_heads": m["heads"], "image_size": m["image"],
              "patch_size": m["patch"], "hidden_act": m["act"],
              "layer_norm_eps": eps_of(m), "num_channels": 3}
    if is_dino(m):
        config = {**vision, "model_type": family_of(m),
                  "image_size": m["trained"],
                  "mlp_ratio": m["mlp"] / m["hidden"]}
        if "registers" in m:
            config["num_register_tokens"] = m["registers"]
    elif family_of(m) == "siglip":
        vision.update(intermediate_size=m["mlp"],
                      model_type="siglip_vision_model")
        del vision["num_channels"], vision["layer_norm_eps"]
        config = {"model_type": "siglip", "vision_config": vision}
    else:
        vision.update(intermediate_size=m["mlp"], projection_dim=m["proj"],
                      model_type="clip_vision_model")
        config = {"architectures": ["CLIPVisionModelWithProjection"], **vision}
    if m.get("full"):
        config = {"architectures": ["CLIPModel"], "model_type": "clip",
                  "projection_dim": m["proj"], "vision_config": vision}
    write_json(os.path.join(folder, "config.json"), config)
    write_json(os.path.join(folder, "preprocessor_config.json"),
               processor_of(m))


def processor_of(m):
    s, (mean, std) = m["image"], COLOURS[family_of(m)]
    processor = {"resample": m["resample"], "do_resize": True,
                 "do_normalize": True, "do_rescale": True,
                 "rescale_factor": 1 / 255, "image_mean": mean,
                 "image_std": std}
    if family_of(m) == "siglip":
        return {**processor, "image_processor_type": "SiglipImageProcessor",
                "size": {"height": s, "width": s}}
    if is_dino(m):
        processor["image_processor_type"] = "BitImageProcessor"
    size, crop = {"shortest_edge": edge_of(m)}, {"height": s, "width": s}
    if m.get("legacy"):
        size, crop = s, s
    return {**processor, "size": size, "crop_size": crop,
            "do_center_crop": True, "do_convert_rgb": True}


def edge_of(m):
    return m.get("edge", m["image"])


def write_open_clip_config(m, folder):
    write_json(os.path.join(folder, "open_clip_config.json"), {
        "model_cfg": {
            "embed_dim": m["proj"], "quick_gelu": m["act"] == "quick_gelu",
            "vision_cfg": {
                "image_size": m["image"], "patch_size": m["patch"],
                "layers": m["layers"], "width": m["hidden"],
                "head_width": m["hidden"] // m["heads"],
                "mlp_ratio": m["mlp"] / m["hidden"]},
            "text_cfg": {"context_length": 77, "vocab_size": 49408,
                         "width": 512, "heads": 8, "layers": 12}},
        "preprocess_cfg": {
            "size": [m["image"]] * 2, "mode": "RGB", "mean": MEAN, "std": STD,
            "interpolation": "bicubic", "resize_mode": "longest",
            "fill_color": m["fill"]}})


OPEN_CLIP_NAMES = {
    "vision_model.embeddings.class_embedding": "visual.class_embedding",
    "vision_model.embeddings.patch_embedding.weight": "visual.conv1.weight",
    "vision_model.embeddings.position_embedding.weight":
        "visual.positional_embedding",
    "vision_model.pre_layrnorm": "visual.ln_pre",
    "vision_model.post_layernorm": "visual.ln_post",
    "vision_model.encoder.layers.": "visual.transformer.resblocks.",
    "layer_norm1": "ln_1", "layer_norm2": "ln_2", "self_attn": "attn",
    "fc1": "c_fc", "fc2": "c_proj"}


def to_open_clip(tensors):
    """The same weights under open_clip's names, query, key and value in one,
    the projection stored inputs first."""
    out = {}
    for name, a in tensors.items():
        if name == "visual_projection.weight":
            out["visual.proj"] = a.T
            continue
        if ".q_proj." in name:
            a = np.concatenate([tensors[name.replace("q_proj", part + "_proj")]
                                for part in "qkv"])
            name = name.replace("q_proj.", "in_proj_")
        elif ".k_proj." in name or ".v_proj." in name:
            continue
        for old, new in OPEN_CLIP_NAMES.items():
            name = name.replace(old, new)
        out[name] = a
    return out


def from_open_clip(tensors):
    """The other way round."""
    out = {}
    for name, a in tensors.items():
        if name == "visual.proj":
            out["visual_projection.weight"] = a.T
            continue
        for old, new in OPEN_CLIP_NAMES.items():
            name = name.replace(new, old)
        if "in_proj_" in name:
            for part, third in zip("qkv", np.split(a, 3)):
                out[name.replace("in_proj_", part + "_proj.")] = third
        else:
            out[name] = a
    return out


def make_model(name, m):
    folder = os.path.join(HERE, "models", name)
    os.makedirs(folder, exist_ok=True)
    seed = int.from_bytes(hashlib.sha256(name.encode()).digest()[:4], "big")
    tensors = random_tensors(m, np.random.RandomState(seed))
    if m.get("open_clip"):
        write_open_clip_config(m, folder)
        write_safetensors(os.path.join(folder, "open_clip_model.safetensors"),
                          to_open_clip(tensors), m["dtype"])
        return
    write_configs(m, folder)
    if not m.get("sharded"):
        write_safetensors(os.path.join(folder, "model.safetensors"), tensors,
                          m["dtype"])
        return
    where, names = {}, sorted(tensors)
    for i in range(2):
        shard = f"model-{i + 1:05d}-of-00002.safetensors"
        part = {n: tensors[n] for n in names[i::2]}
        where.update({n: shard for n in part})
        write_safetensors(os.path.join(folder, shard), part, m["dtype"])
    total = sum(t.size for t in tensors.values()) * 2
    write_json(os.path.join(folder, "model.safetensors.index.json"),
               {"metadata": {"total_size": total}, "weight_map": where})


# --- reading them -----------------------------------------------------------

def read_safetensors(path):
    with open(path, "rb") as f:
        length, = struct.unpack("<Q", f.read(8))
        header, body = json.loads(f.read(length)), f.read()
    out = {}
    for name, t in header.items():
        if name == "__metadata__" or t["dtype"] == "I64":
            continue
        raw = body[slice(*t["data_offsets"])]
        if t["dtype"] == "BF16":
            a = (np.frombuffer(raw, "<u2").astype("<u4") << 16).view("<f4")
        else:
            a = np.frombuffer(raw, {"F32": "<f4", "F16": "<f2"}[t["dtype"]])
        out[name] = a.astype(np.float64).reshape(t["shape"])
    return out


def read_model(name):
    folder = os.path.join(HERE, "models", name)
    tensors = {}
    for file in sorted(os.listdir(folder)):
        if file.endswith(".safetensors"):
            tensors.update(read_safetensors(os.path.join(folder, file)))
    return from_open_clip(tensors) if "visual.proj" in tensors else tensors


# --- preprocessing ----------------------------------------------------------

def read_bmp_4444(data):
    """scripts/encoders.py has the layout. As with 5 and 6 bits in Pillow the
    levels are spread and cut off; here that is exact."""
    offset, = struct.unpack_from("<I", data, 10)
    width, height = struct.unpack_from("<ii", data, 18)
    rows = np.frombuffer(data, "<u2", offset=offset).reshape(height, -1)
    pixels = rows[::-1, :width, None] >> [8, 4, 0] & 15
    return Image.fromarray((pixels * 17).astype(np.uint8), "RGB")


def read_dng(data):
    """The preview, which is last in the file, turned as the file says: 6."""
    preview = Image.open(io.BytesIO(data[data.rindex(b"\xff\xd8\xff"):]))
    return preview.transpose(Image.ROTATE_270)


def read_jxl(data):
    """As djxl reads it, upright."""
    with tempfile.TemporaryDirectory() as folder:
        paths = [os.path.join(folder, name) for name in ("a.jxl", "a.ppm")]
        with open(paths[0], "wb") as f:
            f.write(data)
        subprocess.run(["djxl", *paths], check=True, stderr=subprocess.DEVNULL)
        image = Image.open(paths[1])
        image.load()
        return image


READ_HERE = {"formats/4444.bmp": read_bmp_4444,
             "formats/preview.dng": read_dng,
             "formats/lossless.jxl": read_jxl,
             "formats/lossy.jxl": read_jxl,
             "formats/orientation_6.jxl": read_jxl}


def read(name):
    path = os.path.join(SAMPLES, name)
    if name in READ_HERE:
        with open(path, "rb") as f:
            return READ_HERE[name](f.read())
    return Image.open(path)


def upright(image):
    """The picture turned as its orientation says, once: Pillow turns a TIFF
    while it loads it, and exif_transpose of 9.4 would do it again."""
    if image.format == "TIFF":
        image.load()
        return image.copy()
    return ImageOps.exif_transpose(image)


def to_rgb(image):
    """convert("RGB"), but 16-bit grey gives its high byte, as 16-bit RGB does
    in Pillow; Pillow clips it to white."""
    if image.mode == "I" or image.mode.startswith("I;16"):
        deep = np.clip(np.asarray(image).astype(np.int64), 0, 65535)
        image = Image.fromarray((deep >> 8).astype(np.uint8), "L")
    return image.convert("RGB")


def boxed(image, s, resample, fill):
    """As large as it can be in s x s, the rest filled, the larger part below."""
    ratio = max(image.size) / s
    size = tuple(round(side / ratio) for side in image.size)
    canvas = Image.new("RGB", (s, s), (fill, fill, fill))
    canvas.paste(image.resize(size, resample=resample),
                 ((s - size[0]) // 2, (s - size[1]) // 2))
    return np.asarray(canvas)


def pixels(name, m, torchvision=False):
    """(S, S, 3) uint8: what the model sees of a sample."""
    image = to_rgb(upright(read(name)))
    width, height = image.size
    s = m["image"]
    if m.get("open_clip"):
        return boxed(image, s, m["resample"], m["fill"])
    if family_of(m) == "siglip":
        return np.asarray(image.resize((s, s), resample=m["resample"]))
    edge = edge_of(m)
    long = int(edge * max(width, height) / min(width, height))
    target = (edge, long) if width <= height else (long, edge)
    if torchvision:
        a = torch_resize(np.asarray(image), *target, m["resample"])
    else:
        a = np.asarray(image.resize(target, resample=m["resample"]))
    top, left = (a.shape[0] - s) // 2, (a.shape[1] - s) // 2
    return np.ascontiguousarray(a[top:top + s, left:left + s])


# --- the files --------------------------------------------------------------

def sample_names():
    return sorted(f"{folder}/{file}" for folder in ("scenes", "formats")
                  for file in os.listdir(os.path.join(SAMPLES, folder))
                  if not file.endswith(NOT_READ))


def write_pixels():
    columns = ["full", "quick"]
    with open(os.path.join(HERE, "pixels.txt"), "w", encoding="ascii") as f:
        f.write("# SHA-256 of the crop of models/full (224, bicubic) and of\n"
                "# models/quick (64, bilinear), as Pillow does it and as\n"
                "# torchvision does, then the sample.\n")
        for name in sample_names():
            sums = [hashlib.sha256(
                pixels(name, MODELS[c], torchvision).tobytes()).hexdigest()
                    for torchvision in (False, True) for c in columns]
            f.write(" ".join(sums + [name]) + "\n")
    np.save(os.path.join(HERE, "pixels.npy"),
            pixels(RAW_PIXELS, MODELS["quick"]))


def write_embeddings():
    for name, m in MODELS.items():
        t = read_model(name)
        rows = [embed(m, t, pixels(sample, m))
                for sample in EMBEDDED]
        np.save(os.path.join(HERE, name + ".npy"),
                np.array(rows).astype(np.float32))


def main():
    if sys.argv[1:] == ["--models"]:
        for name, m in MODELS.items():
            make_model(name, m)
    elif sys.argv[1:]:
        sys.exit(__doc__)
    write_pixels()
    write_embeddings()


if __name__ == "__main__":
    main()
