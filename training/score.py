#!/usr/bin/python3
"""How well embeddings find the same picture again after a change.

    training/score.py make PHOTOS WORK [--distractors N]
        writes WORK/gallery, WORK/queries/CHANGE and, for the harder gallery,
        WORK/distractors: N drawn pictures
    training/score.py model WORK DIR
        scores a model directory, computed with PyTorch
    training/score.py fovea WORK DIR [--program build/fovea]
        the same, computed with fovea
    training/score.py baseline WORK
        what needs no model: a thumbnail, a hash of cosines, and PDQ
    training/score.py curve WORK DIR
        of all pairs of a changed picture and an original, how many above a
        cosine are the same picture, and how many of the same are above it
    training/score.py duplicates WORK
        what `fovea duplicates` makes of all pictures of WORK together, at some
        thresholds: see grouped()
    training/score.py arrays GALLERY.npy QUERIES [DISTRACTORS.npy]
        QUERIES/CHANGE.npy: rows in the order of the gallery's

A query is right if, by cosine, its own original is nearest of the gallery. The
table has a row for each change: the share of right ones, and beside it, where
there are distractors, the share when these are in the gallery too.
"""
import argparse
import json
import os
import subprocess
import tempfile

import numpy as np
from PIL import Image, ImageEnhance, ImageFilter, ImageOps

ORIGINAL_QUALITY, CHANGED_QUALITY = 92, 35
DISTRACTOR_SEED = 0xD157
DISTRACTOR_SIZE = (320, 240)


def cut(image, share, right=0.5, down=0.5):
    """Keep a share of each edge; the rest goes, so much of it on the left."""
    width, height = int(image.width * share), int(image.height * share)
    x = int((image.width - width) * right)
    y = int((image.height - height) * down)
    return image.crop((x, y, x + width, y + height))


def halve(image):
    return image.resize((max(1, image.width // 2), max(1, image.height // 2)),
                        Image.BILINEAR)


def warm(image):
    """A quarter more red, a quarter less blue."""
    more = [min(255, int(v * 1.25)) for v in range(256)]
    less = [int(v * 0.75) for v in range(256)]
    return image.point(more + list(range(256)) + less)


def watermark(image):
    """White dashes along the middle, half as long as their distance."""
    image = image.copy()
    w, h = image.size
    for x in range(0, w, max(8, w // 12)):
        image.paste((255, 255, 255), (x, h // 2 - h // 24,
                                      min(w, x + w // 24), h // 2 + h // 24))
    return image


def frame(image):
    return ImageOps.expand(image, max(4, image.width // 8), (20, 20, 20))


CHANGES = {
    "aspect": lambda im: im.resize((int(im.width * 1.25), im.height)),
    "blur": lambda im: im.filter(ImageFilter.GaussianBlur(max(im.size) / 120)),
    "border": frame,
    "bright": lambda im: ImageEnhance.Brightness(im).enhance(1.5),
    "contrast": lambda im: ImageEnhance.Contrast(im).enhance(0.5),
    "crop_60": lambda im: cut(im, 0.6, 0.7, 0.4),
    "crop_80": lambda im: cut(im, 0.8, 0.3, 0.7),
    "grey": lambda im: im.convert("L").convert("RGB"),
    "mirror": ImageOps.mirror,
    "resize_half": halve,
    "rotate_8": lambda im: cut(im.rotate(8, Image.BICUBIC), 0.85),
    "turn_90": lambda im: im.transpose(Image.ROTATE_90),
    "turn_180": lambda im: im.transpose(Image.ROTATE_180),
    "turn_270": lambda im: im.transpose(Image.ROTATE_270),
    "warm": warm,
    "watermark": watermark,
}


def pictures(folder):
    return sorted(os.path.join(folder, name) for name in os.listdir(folder)
                  if name.lower().endswith((".jpg", ".jpeg")))


def make(photos, work, n_distractors):
    for change in ["", *CHANGES]:
        folder = os.path.join(work, "queries", change) if change else (
            os.path.join(work, "gallery"))
        os.makedirs(folder, exist_ok=True)
        for i, path in enumerate(pictures(photos)):
            image = ImageOps.exif_transpose(Image.open(path)).convert("RGB")
            if change:
                image = CHANGES[change](image)
            image.save(os.path.join(folder, f"{i:05d}.jpg"), quality=(
                CHANGED_QUALITY if change else ORIGINAL_QUALITY))
    if n_distractors:
        make_distractors(os.path.join(work, "distractors"), n_distractors)


def make_distractors(folder, count):
    """Drawn pictures: in families, so that many are near to each other."""
    import generate
    os.makedirs(folder, exist_ok=True)
    bank = generate.Bank(DISTRACTOR_SEED)
    for i in range(0, count, generate.FAMILY):
        bank.refresh(2)
        family = generate.draw_family(bank, DISTRACTOR_SEED + i,
                                      size=DISTRACTOR_SIZE)
        for k, picture in enumerate(family[:count - i]):
            picture.save(os.path.join(folder, f"{i + k:05d}.jpg"), quality=92)


def thumbnail(image):
    """16 x 16 colours, less their mean."""
    small = image.convert("RGB").resize((16, 16), Image.BICUBIC)
    values = np.asarray(small, np.float32).ravel()
    return values - values.mean()


def cosine_hash(image):
    """64 signs: is a coarse cosine coefficient above their median?"""
    small = np.asarray(image.convert("L").resize((32, 32), Image.LANCZOS),
                       np.float64)
    n = np.arange(32)
    basis = np.cos(np.pi * n[:8, None] * (2 * n[None] + 1) / 64)
    coarse = (basis @ small @ basis.T).ravel()
    return np.where(coarse > np.median(coarse[1:]), 1.0, -1.0)


def averaged(values, axis, window):
    """The mean of a window around each place, shorter at the ends."""
    values = np.moveaxis(values, axis, 0)
    sums = np.concatenate([np.zeros_like(values[:1]), values.cumsum(0)])
    at = np.arange(len(values))
    low = np.maximum(at - (window - 1) // 2, 0)
    high = np.minimum(at + window // 2 + 1, len(values))
    means = (sums[high] - sums[low]) / (high - low)[:, None]
    return np.moveaxis(means, 0, axis)


def pdq(image):
    """256 signs: Meta's PDQ, by its description ("The TMK+PDQF Video-Hashing
    Algorithm and the PDQ Image-Hashing Algorithm", 2019): at most 512 pixels,
    two averagings along each axis, 64 x 64 samples, the 16 x 16 coarsest
    cosines without the constant ones, above their median or not."""
    image = image.convert("RGB")
    image.thumbnail((512, 512))
    light = np.asarray(image, np.float64) @ (0.299, 0.587, 0.114)
    for axis in (1, 0, 1, 0):
        light = averaged(light, axis, (light.shape[axis] + 127) // 128)
    rows, columns = (((np.arange(64) + 0.5) * n / 64).astype(int)
                     for n in light.shape)
    k, n = np.arange(1, 17), np.arange(64)
    basis = np.cos(np.pi * k[:, None] * (2 * n[None] + 1) / 128)
    coarse = (basis @ light[np.ix_(rows, columns)] @ basis.T).ravel()
    return np.where(coarse > np.median(coarse), 1.0, -1.0)


def embed_each(function):
    return lambda paths: np.stack([function(Image.open(p)) for p in paths])


def embed_with_torch(folder):
    """A function of paths; the directory is one that export.py wrote."""
    import torch
    from model import Shape, Tower
    with open(os.path.join(folder, "config.json"), encoding="utf-8") as file:
        config = json.load(file)
    tower = Tower(Shape(**{k: config[k] for k in Shape.__annotations__}))
    tower.load_state_dict(read_safetensors(
        os.path.join(folder, "model.safetensors")))
    side = config["image_size"]

    def embed(paths):
        rows = []
        for path in paths:
            image = Image.open(path).convert("RGB")
            pixels = np.array(image.resize((side, side), Image.BICUBIC))
            with torch.no_grad():
                rows.append(tower.embed(torch.from_numpy(pixels)[None])[0])
        return torch.stack(rows).numpy()
    return embed


def read_safetensors(path):
    """The float16 tensors of a file, as float32."""
    import torch
    with open(path, "rb") as file:
        header = json.loads(file.read(int.from_bytes(file.read(8), "little")))
        data = file.read()
    tensors = {}
    for name, entry in header.items():
        start, end = entry["data_offsets"]
        values = np.frombuffer(data[start:end], "<f2").astype(np.float32)
        tensors[name] = torch.from_numpy(values.reshape(entry["shape"]))
    return tensors


def embed_with_fovea(program, folder):
    def embed(paths):
        with tempfile.TemporaryDirectory() as temporary:
            out = os.path.join(temporary, "rows.npy")
            subprocess.run([program, "embed", "-m", folder, "-o", out, *paths],
                           check=True)
            return np.load(out)
    return embed


def unit(rows):
    rows = np.asarray(rows, np.float32)
    lengths = np.linalg.norm(rows, axis=1, keepdims=True)
    return rows / np.maximum(lengths, 1e-12)


def recall(gallery, queries):
    """Share of the queries whose own row of the gallery is the nearest."""
    nearest = (unit(queries) @ unit(gallery).T).argmax(1)
    return float((nearest == np.arange(len(queries))).mean())


def table(gallery, queries, distractors=None):
    """Rows of (change, recall[, recall among distractors]), the mean last."""
    galleries = [gallery]
    if distractors is not None:
        galleries.append(np.concatenate([gallery, distractors]))
    rows = [(change, *(recall(g, queries[change]) for g in galleries))
            for change in sorted(queries)]
    means = np.mean([row[1:] for row in rows], axis=0)
    return [*rows, ("mean", *means)]


def show(rows):
    for name, *scores in rows:
        print(f"{name:12s}", *(f"{score:.3f}" for score in scores))


def score(work, embed):
    at = lambda *names: pictures(os.path.join(work, *names))
    queries = {change: embed(at("queries", change)) for change in CHANGES}
    distractors = None
    if os.path.isdir(os.path.join(work, "distractors")):
        distractors = embed(at("distractors"))
    show(table(embed(at("gallery")), queries, distractors))


def score_arrays(gallery, folder, distractors):
    queries = {name[:-4]: np.load(os.path.join(folder, name))
               for name in os.listdir(folder) if name.endswith(".npy")}
    show(table(np.load(gallery), queries,
               np.load(distractors) if distractors else None))


def precision_and_recall(same, strangers, cosine):
    """Of the pairs above a cosine those that are the same picture, and of the
    pairs that are the same picture those above it."""
    right, wrong = (same >= cosine).sum(), (strangers >= cosine).sum()
    return right / max(1, right + wrong), right / len(same)


def least_cosine(same, strangers, precision):
    """The lowest cosine, in thousandths, from which on precision is held."""
    steps = np.arange(1000, -1, -1) / 1000
    good = [precision_and_recall(same, strangers, c)[0] >= precision
            or (strangers < c).all() for c in steps]
    return steps[good.index(False) - 1] if False in good else 0.0


def curve(work, embed):
    at = lambda *names: pictures(os.path.join(work, *names))
    gallery, same, strangers = unit(embed(at("gallery"))), [], []
    for change in CHANGES:
        likeness = unit(embed(at("queries", change))) @ gallery.T
        own = np.eye(len(gallery), dtype=bool)
        same.append(likeness[own])
        strangers.append(likeness[~own])
    same, strangers = np.concatenate(same), np.concatenate(strangers)
    print("cosine precision recall")
    for cosine in np.arange(50, 100, 2.5) / 100:
        print(f"{cosine:.3f}  {{:.4f}}    {{:.4f}}".format(
            *precision_and_recall(same, strangers, cosine)))
    best = least_cosine(same, strangers, 0.995)
    print(f"precision >= 0.995 from {best:.3f} on: "
          "precision {:.4f}, recall {:.4f}".format(
              *precision_and_recall(same, strangers, best)))
    originals = (gallery @ gallery.T)[~np.eye(len(gallery), dtype=bool)]
    print(f"hardest true pair {same.min():.3f}, closest strangers "
          f"{strangers.max():.3f}, closest two originals "
          f"{originals.max():.3f}")


def grouped(groups, gallery, queries):
    """What groups of paths, the best of each first, are worth: the share of
    those beside a best that are the same picture, of all pairs in one group
    that are, and of the changed pictures those that are in the group of their
    own original. A path ends in the number of its picture, as make() has it."""
    number = lambda path: os.path.basename(path)
    where = {path: i for i, group in enumerate(groups) for path in group}
    beside = [number(path) == number(group[0])
              for group in groups for path in group[1:]]
    pairs = [number(a) == number(b) for group in groups
             for i, a in enumerate(group) for b in group[:i]]
    own = {number(path): path for path in gallery}
    found = [where.get(path, -1) == where.get(own[number(path)], -2)
             for path in queries]
    return (np.mean(beside or [1]), np.mean(pairs or [1]),
            np.mean(found or [1]))


def duplicates(work, program):
    gallery = pictures(os.path.join(work, "gallery"))
    queries = [path for change in CHANGES
               for path in pictures(os.path.join(work, "queries", change))]
    folders = [os.path.join(work, name) for name in ("gallery", "queries")]
    with tempfile.TemporaryDirectory() as temporary:
        index = os.path.join(temporary, "index")
        subprocess.run([program, "index", "-q", "-i", index, *folders],
                       check=True)
        print("threshold groups beside pairs  found")
        for threshold in ("0.650", "0.700", "0.730", "0.755", "0.775", "0.800",
                          "0.825", "0.850", "0.900"):
            lines = subprocess.run(
                [program, "duplicates", "-q", "--json", "-i", index,
                 "--threshold", threshold], check=True,
                stdout=subprocess.PIPE).stdout.splitlines()
            groups = [[picture["path"] for picture in
                       json.loads(line)["pictures"]] for line in lines]
            scores = grouped(groups, [os.path.realpath(p) for p in gallery],
                             [os.path.realpath(p) for p in queries])
            print(f"{threshold}     {len(groups):5d} ",
                  *(f"{score:.4f}" for score in scores))


def parse():
    p = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawTextHelpFormatter)
    verbs = p.add_subparsers(dest="verb", required=True)
    verb = verbs.add_parser("make")
    verb.add_argument("photos")
    verb.add_argument("work")
    verb.add_argument("--distractors", type=int, default=0)
    for name in ("model", "fovea", "curve"):
        verb = verbs.add_parser(name)
        verb.add_argument("work")
        verb.add_argument("folder")
        verb.add_argument("--program", default="build/fovea")
    verbs.add_parser("baseline").add_argument("work")
    verb = verbs.add_parser("duplicates")
    verb.add_argument("work")
    verb.add_argument("--program", default="build/fovea")
    verb = verbs.add_parser("arrays")
    verb.add_argument("gallery")
    verb.add_argument("queries")
    verb.add_argument("distractors", nargs="?")
    return p.parse_args()


def main():
    options = parse()
    if options.verb == "make":
        make(options.photos, options.work, options.distractors)
    elif options.verb == "model":
        score(options.work, embed_with_torch(options.folder))
    elif options.verb == "fovea":
        score(options.work,
              embed_with_fovea(options.program, options.folder))
    elif options.verb == "curve":
        curve(options.work,
              embed_with_fovea(options.program, options.folder))
    elif options.verb == "duplicates":
        duplicates(options.work, options.program)
    elif options.verb == "baseline":
        for function in (thumbnail, cosine_hash, pdq):
            print("--", function.__name__)
            score(options.work, embed_each(function))
    else:
        score_arrays(options.gallery, options.queries, options.distractors)


if __name__ == "__main__":
    main()
