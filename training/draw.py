#!/usr/bin/python3
"""Draw the pictures to train on, ahead of the training or beside it.

    training/draw.py FOLDER [--shards N] [--first N] [--processes N] [--seed N]
    training/draw.py FOLDER --validation

Writes FOLDER/00000.npy and on: (FAMILIES, FAMILY, S, S, 3) bytes each. A shard
is drawn from the seed and its number alone, so that it does not matter how many
many processes draw, nor which of them is faster. A shard that is there is left.
The validation pictures are of a seed of their own, never trained on.
"""
import argparse
import multiprocessing
import os
import random

import numpy as np

import generate

FAMILIES = 128  # of a shard
SIDE_PX = 224
VALID_SEED = 0x5EED
VALID_FAMILIES = 256


def path(folder, shard):
    return os.path.join(folder, f"{shard:05d}.npy")


def families(seed, count):
    """(count, FAMILY, S, S, 3) bytes."""
    bank, rng = generate.Bank(seed), random.Random(seed)
    out = np.empty((count, generate.FAMILY, SIDE_PX, SIDE_PX, 3), np.uint8)
    for family in out:
        bank.refresh(1)
        family[:] = np.stack([np.asarray(p) for p in generate.draw_family(
            bank, rng.getrandbits(48), size=(SIDE_PX, SIDE_PX))])
    return out


def save(name, seed, count):
    """Draws the families of a file that is not there; it appears whole."""
    if not os.path.exists(name):
        with open(name + ".part", "wb") as out:
            np.save(out, families(seed, count))
        os.replace(name + ".part", name)


def draw(task):
    folder, seed, shard = task
    save(path(folder, shard), seed * 1000003 + shard, FAMILIES)


def validation(folder):
    """(VALID_FAMILIES, FAMILY, S, S, 3) bytes, drawn if they are not there."""
    name = os.path.join(folder, "validation.npy")
    save(name, VALID_SEED, VALID_FAMILIES)
    return np.load(name)


def main():
    p = argparse.ArgumentParser(description=__doc__.split("\n")[0])
    p.add_argument("folder")
    p.add_argument("--first", type=int, default=0)
    p.add_argument("--shards", type=int, default=444)
    p.add_argument("--processes", type=int, default=os.cpu_count())
    p.add_argument("--seed", type=int, default=1)
    p.add_argument("--validation", action="store_true",
                   help="draw the validation pictures and nothing else")
    o = p.parse_args()
    os.makedirs(o.folder, exist_ok=True)
    if o.validation:
        validation(o.folder)
        return
    with multiprocessing.Pool(o.processes) as pool:
        for _ in pool.imap(draw, [(o.folder, o.seed, i) for i in
                                  range(o.first, o.first + o.shards)], 1):
            pass


if __name__ == "__main__":
    main()
