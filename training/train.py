#!/usr/bin/python3
"""Train the default model:  training/train.py PICTURES --out DIR [SHAPE...]

PICTURES is a folder that draw.py fills, before or meanwhile. Of each SHAPE,
PATCH-WIDTH-HEADS-LAYERS-INNER, a tower is trained; several see the same views
and are compared so. Writes DIR/SHAPE.pt now and then and at the end.
training/README.md tells how a tower learns.
"""
import argparse
import copy
import math
import os
import time

import numpy as np
import torch
from torch.nn import functional as F

import augment
import draw
from model import Shape, Tower

GENTLE = 0.6  # how many of the first views are hardly changed
CHUNK = 1024  # pictures that are changed at a time


class Pictures:
    """Families on the device, more of them from step to step.

    Which are there at a step depends on its number alone: a shard that is not
    drawn yet is waited for.
    """

    def __init__(self, options, device):
        self.options, self.n_shards, self.waited = options, 0, 0.0
        shape = (options.shards * draw.FAMILIES, draw.generate.FAMILY,
                 draw.SIDE_PX, draw.SIDE_PX, 3)
        self.families = torch.empty(shape, dtype=torch.uint8, device=device)
        self.generator = torch.Generator(device).manual_seed(options.seed)
        self.change = augment.change
        if options.compile:
            self.change = torch.compile(self.change, dynamic=False)

    def load(self, step):
        o = self.options
        share = step / max(1, o.steps * o.drawn)
        wanted = o.ready + share * (o.shards - o.ready)
        while self.n_shards < min(o.shards, math.ceil(wanted)):
            name = draw.path(o.pictures, self.n_shards)
            start = time.time()
            while not os.path.exists(name):
                time.sleep(0.05)
            self.waited += time.time() - start
            at = self.n_shards * draw.FAMILIES
            self.families[at:at + draw.FAMILIES] = torch.from_numpy(
                np.load(name))
            self.n_shards += 1

    def pairs(self, step):
        """(2 * batch, side, side, 3): first views, then the seconds."""
        self.load(step)
        o, generator = self.options, self.generator
        chosen = torch.randperm(self.n_shards * draw.FAMILIES,
                                generator=generator,
                                device=self.families.device)
        chosen = chosen[:o.batch // draw.generate.FAMILY]
        pictures = self.families[chosen].flatten(0, 1)
        return torch.cat([
            augment.views(part, generator, o.side, share, self.change)
            for share in (GENTLE, 0.0) for part in pictures.split(CHUNK)])


def validation(folder, side, device):
    """Drawn pictures that training never draws, and four changes of each."""
    pictures = torch.from_numpy(draw.validation(folder))
    pictures = pictures.flatten(0, 1).to(device)
    generator = torch.Generator(device).manual_seed(draw.VALID_SEED)
    views = lambda share: torch.cat([
        augment.views(part, generator, side, share)
        for part in pictures.split(CHUNK)])
    return views(1.0), torch.cat([views(0.0) for _ in range(4)])


@torch.no_grad()
def recall(tower, pictures, arithmetic=torch.float32):
    """Of the changed pictures, how many find their original first."""
    gallery, queries = (
        torch.cat([tower.embed(part, None, arithmetic)
                   for part in v.split(512)]) for v in pictures)
    found = (queries @ gallery.T).argmax(1)
    own = torch.arange(len(queries), device=found.device) % len(gallery)
    return (found == own).float().mean().item()


def contrastive(rows, temperature):
    """Each view must find its pair, half the rows away, among all others."""
    n = len(rows)
    like = (rows @ rows.T / temperature).fill_diagonal_(-math.inf)
    pair = torch.arange(n, device=rows.device).roll(n // 2)
    return F.cross_entropy(like, pair)


def learning_rate(step, options):
    """Up linearly, then down along a cosine."""
    if step < options.warmup:
        return options.rate * (step + 1) / options.warmup
    share = (step - options.warmup) / max(1, options.steps - options.warmup)
    return options.rate * (0.01 + 0.495 * (1 + math.cos(math.pi * share)))


class Training:
    """A tower, its moving average and its optimizer."""

    def __init__(self, name, options, device):
        torch.manual_seed(options.seed)
        self.name, self.options, self.device = name, options, device
        self.arithmetic = getattr(torch, options.arithmetic)
        patch, width, heads, layers, inner = map(int, name.split("-"))
        shape = Shape(options.side, patch, width, layers, heads, inner,
                      options.dim)
        self.tower = Tower(shape).to(device)
        self.average = copy.deepcopy(self.tower)
        self.embed = self.tower.embed
        if options.compile:
            self.embed = torch.compile(self.embed, dynamic=False)
        decays = [p for p in self.tower.parameters() if p.ndim > 1]
        others = [p for p in self.tower.parameters() if p.ndim <= 1]
        one_kernel = {"fused": True} if device == "cuda" else {}
        self.optimizer = torch.optim.AdamW(
            [{"params": decays, "weight_decay": 0.05},
             {"params": others, "weight_decay": 0}], betas=(0.9, 0.98),
            **one_kernel)
        self.losses = []

    def choose_patches(self, step, count):
        """The patches to look at in each view; None: all."""
        o = self.options
        if step >= o.steps * (1 - o.full):
            return None
        patches = (o.side // self.tower.shape.patch_size) ** 2
        return torch.rand(count, patches, device=self.device).topk(
            round(patches * o.keep)).indices

    def learn(self, step, views):
        for group in self.optimizer.param_groups:
            group["lr"] = learning_rate(step, self.options)
        rows = self.embed(views, self.choose_patches(step, len(views)),
                          self.arithmetic)
        loss = contrastive(rows.float(), self.options.temperature)
        self.optimizer.zero_grad()
        loss.backward()
        torch.nn.utils.clip_grad_norm_(self.tower.parameters(), 1.0)
        self.optimizer.step()
        self.update_average(step)
        self.losses.append(loss.detach())  # read later: the GPU runs on

    @torch.no_grad()
    def update_average(self, step):
        keep = min(0.998, (step + 1) / (step + 11))
        means = list(self.average.parameters())
        torch._foreach_mul_(means, keep)
        torch._foreach_add_(means, list(self.tower.parameters()),
                            alpha=1 - keep)

    def report(self, step, pictures):
        found = recall(self.average, pictures, self.arithmetic)
        loss = torch.stack(self.losses).mean().item()
        line = f"step {step} {self.name}: loss {loss:.3f} recall {found:.4f}"
        self.losses = []
        path = os.path.join(self.options.out, self.name + ".pt")
        torch.save({"shape": self.tower.shape.__dict__, "step": step,
                    "average": {k: v.cpu() for k, v in
                                self.average.state_dict().items()}},
                   path + ".part")
        os.replace(path + ".part", path)
        return line


def parse():
    p = argparse.ArgumentParser(description=__doc__.split("\n")[0])
    p.add_argument("pictures", help="folder that draw.py fills")
    p.add_argument("shapes", nargs="*", default=["8-128-2-5-384"])
    p.add_argument("--out", required=True, help="folder of the checkpoints")
    p.add_argument("--steps", type=int, default=21300)
    p.add_argument("--stop", type=int,
                   help="end after so many of them")
    p.add_argument("--batch", type=int, default=1024, help="pictures a step")
    p.add_argument("--shards", type=int, default=444,
                   help="of pictures, in the end")
    p.add_argument("--ready", type=int, default=60,
                   help="of them, before the first step")
    p.add_argument("--drawn", type=float, default=0.9,
                   help="share of the steps after which all are there")
    p.add_argument("--keep", type=float, default=0.5,
                   help="share of a view's patches that is looked at")
    p.add_argument("--full", type=float, default=0.5,
                   help="share of the steps, the last ones, with all patches")
    p.add_argument("--rate", type=float, default=2e-3)
    p.add_argument("--warmup", type=int, default=300)
    p.add_argument("--temperature", type=float, default=0.05)
    p.add_argument("--side", type=int, default=96)
    p.add_argument("--dim", type=int, default=256)
    p.add_argument("--seed", type=int, default=1)
    p.add_argument("--compile", action="store_true",
                   help="twice as fast; needs PyTorch 2 and Triton")
    p.add_argument("--arithmetic", default="bfloat16",
                   choices=["bfloat16", "float32"])
    p.add_argument("--every", type=int, default=500,
                   help="steps between two lines and two checkpoints")
    return p.parse_args()


def main():
    options = parse()
    os.makedirs(options.out, exist_ok=True)
    device = "cuda" if torch.cuda.is_available() else "cpu"
    start = time.time()
    pictures = Pictures(options, device)
    held_out = validation(options.pictures, options.side, device)
    trainings = [Training(s, options, device) for s in options.shapes]
    print(f"ready after {time.time() - start:.0f} s", flush=True)
    start = time.time()
    end = options.stop or options.steps
    for step in range(end):
        views = pictures.pairs(step)
        for training in trainings:
            training.learn(step, views)
        if (step + 1) % options.every == 0 or step + 1 == end:
            for training in trainings:
                print(training.report(step + 1, held_out), flush=True)
            print(f"{time.time() - start:.0f} s, {pictures.waited:.0f} s of "
                  f"them waiting, {pictures.n_shards} shards", flush=True)


if __name__ == "__main__":
    main()
