#!/usr/bin/python3
"""Train the default model on drawn pictures:  training/train.py --out DIR

Writes DIR/checkpoint.pt now and then and at the end; started again with the
same DIR, it goes on from there. training/README.md tells how it learns.
Processes of their own draw the batches: batch i is drawn by process i modulo
their number, from the seed, so the data do not depend on who is faster.
"""
import argparse
import concurrent.futures
import copy
import math
import os
import random
import time

import numpy as np
import torch
import torch.multiprocessing as mp
from torch.nn import functional as F

import augment
import generate
from model import Shape, Tower

POOL = 384  # drawn families at hand
USES = 32  # batches that a family serves, on average, before it is replaced
GENTLE = 0.6  # how many of the first views are hardly changed
VALID_SEED = 0x5EED
VALID_FAMILIES = 128


def draw_batches(queue, seed, number, batch, side):
    """Pairs of views, (2 * batch, side, side, 3): the first of each pair,
    then the seconds."""
    torch.set_num_threads(1)
    rng = random.Random(seed * 1000003 + number)
    bank = generate.Bank(rng.getrandbits(48))
    per_batch = batch // generate.FAMILY
    draw = lambda: generate.draw_family(bank, rng.getrandbits(48))
    pool = [draw() for _ in range(POOL)]
    while True:
        for i in rng.sample(range(POOL), max(1, per_batch // USES)):
            pool[i] = draw()
        bank.refresh(1)
        pictures = [p for family in rng.sample(pool, per_batch)
                    for p in family]
        views = [augment.view(p, rng, side, rng.random() < GENTLE)
                 for p in pictures]
        views += [augment.view(p, rng, side) for p in pictures]
        queue.put(torch.from_numpy(np.array(views)))


def validation(side):
    """Drawn pictures that training never draws, and two changes of each."""
    bank, rng = generate.Bank(VALID_SEED), random.Random(VALID_SEED)
    pictures = [p for i in range(VALID_FAMILIES)
                for p in generate.draw_family(bank, VALID_SEED + i)]
    gallery = [augment.view(p, rng, side, True) for p in pictures]
    queries = [augment.view(p, rng, side) for p in pictures + pictures]
    return [torch.from_numpy(np.array(v)) for v in (gallery, queries)]


@torch.no_grad()
def recall(tower, pictures, device, arithmetic=torch.float32):
    gallery, queries = (
        torch.cat([tower.embed(part.to(device), None, arithmetic)
                   for part in v.split(32)])
        for v in pictures)
    found = (queries @ gallery.T).argmax(1).cpu()
    own = torch.arange(len(queries)) % len(gallery)
    return (found == own).float().mean().item()


def contrastive(rows, temperature):
    """Each view must find its pair, half the rows away, among all others."""
    n = len(rows)
    itself = torch.eye(n, dtype=torch.bool, device=rows.device)
    like = (rows @ rows.T / temperature).masked_fill(itself, -math.inf)
    pair = torch.arange(n, device=rows.device).roll(n // 2)
    return F.cross_entropy(like, pair)


def learning_rate(step, options):
    """Up linearly, then down along a cosine."""
    if step < options.warmup:
        return options.rate * (step + 1) / options.warmup
    share = (step - options.warmup) / max(1, options.steps - options.warmup)
    return options.rate * (0.02 + 0.49 * (1 + math.cos(math.pi * share)))


def save(path, state):
    torch.save(state, path + ".part")
    os.replace(path + ".part", path)


class Training:
    """The model, its moving average and its optimizer; what is saved."""

    def __init__(self, options, device):
        torch.manual_seed(options.seed)
        torch.set_num_threads(1)
        self.options, self.device, self.step = options, device, 0
        self.arithmetic = getattr(torch, options.arithmetic)
        shape = Shape(options.side, options.patch, options.width,
                      options.layers, options.width // options.head,
                      options.width * options.mlp, options.dim)
        self.tower = Tower(shape).to(device)
        self.average = copy.deepcopy(self.tower)
        decays = [p for p in self.tower.parameters() if p.ndim > 1]
        others = [p for p in self.tower.parameters() if p.ndim <= 1]
        self.optimizer = torch.optim.AdamW(
            [{"params": decays, "weight_decay": 0.05},
             {"params": others, "weight_decay": 0}], betas=(0.9, 0.98))
        self.path = os.path.join(options.out, "checkpoint.pt")
        self.threads = concurrent.futures.ThreadPoolExecutor(
            options.threads, initializer=torch.set_num_threads, initargs=(1,))

    def save(self):
        save(self.path, {"shape": self.tower.shape.__dict__,
                         "tower": self.tower.state_dict(),
                         "average": self.average.state_dict(),
                         "optimizer": self.optimizer.state_dict(),
                         "step": self.step})

    def resume(self):
        if not os.path.exists(self.path):
            return
        state = torch.load(self.path, map_location=self.device)
        self.tower.load_state_dict(state["tower"])
        self.average.load_state_dict(state["average"])
        self.optimizer.load_state_dict(state["optimizer"])
        self.step = state["step"]

    def choose_patches(self, count):
        """The patches to look at in each view; None: all."""
        options = self.options
        if self.step >= options.steps * (1 - options.full):
            return None
        patches = (options.side // options.patch) ** 2
        return torch.rand(count, patches, device=self.device).topk(
            round(patches * options.keep)).indices

    def differentiate(self, views, kept):
        """The loss; its gradients go to the parameters.

        Chunks stay in the cache, and threads share them. Their gradients are
        added up in order, so that the sum does not depend on who is faster.
        """
        size, parameters = self.options.chunk, list(self.tower.parameters())
        views = views.split(size)
        kept = [None] * len(views) if kept is None else kept.split(size)
        rows = list(self.threads.map(
            lambda part, some: self.tower.embed(part, some, self.arithmetic),
            views, kept))
        leaf = torch.cat([r.detach() for r in rows]).requires_grad_()
        loss = contrastive(leaf, self.options.temperature)
        loss.backward()
        parts = self.threads.map(
            lambda row, gradient: torch.autograd.grad(
                row, parameters, gradient),
            rows, leaf.grad.split(size))
        for parameter, *gradients in zip(parameters, *parts):
            parameter.grad = sum(gradients)
        return loss.item()

    def learn(self, views):
        for group in self.optimizer.param_groups:
            group["lr"] = learning_rate(self.step, self.options)
        loss = self.differentiate(views.to(self.device),
                                  self.choose_patches(len(views)))
        torch.nn.utils.clip_grad_norm_(self.tower.parameters(), 1.0)
        self.optimizer.step()
        self.step += 1
        self.update_average()
        return loss

    @torch.no_grad()
    def update_average(self):
        keep = min(0.998, self.step / (self.step + 10))
        for mean, p in zip(self.average.parameters(),
                           self.tower.parameters()):
            mean.lerp_(p, 1 - keep)

    def recall(self, pictures):
        return recall(self.average, pictures, self.device, self.arithmetic)


def parse():
    p = argparse.ArgumentParser(description=__doc__.split("\n")[0])
    p.add_argument("--out", required=True, help="folder of the checkpoint")
    p.add_argument("--steps", type=int, default=6500)
    p.add_argument("--batch", type=int, default=128, help="pictures a step")
    p.add_argument("--keep", type=float, default=0.25,
                   help="share of a view's patches that is looked at")
    p.add_argument("--full", type=float, default=0.12,
                   help="share of the steps, the last ones, with all patches")
    p.add_argument("--rate", type=float, default=1e-3)
    p.add_argument("--warmup", type=int, default=200)
    p.add_argument("--temperature", type=float, default=0.05)
    p.add_argument("--side", type=int, default=96)
    p.add_argument("--patch", type=int, default=8)
    p.add_argument("--width", type=int, default=128)
    p.add_argument("--head", type=int, default=64, help="width of a head")
    p.add_argument("--layers", type=int, default=4)
    p.add_argument("--mlp", type=int, default=2)
    p.add_argument("--dim", type=int, default=256)
    p.add_argument("--seed", type=int, default=1)
    p.add_argument("--workers", type=int, default=2,
                   help="processes that draw")
    p.add_argument("--threads", type=int, default=2)
    p.add_argument("--chunk", type=int, default=32,
                   help="views that a thread takes at a time")
    p.add_argument("--arithmetic", default="bfloat16",
                   choices=["bfloat16", "float32"])
    p.add_argument("--every", type=int, default=200,
                   help="steps between two lines and two checkpoints")
    return p.parse_args()


def start_drawing(options, step):
    """A queue of batches for each process that draws."""
    queues = [mp.Queue(3) for _ in range(options.workers)]
    for i, queue in enumerate(queues):
        seed = options.seed + 7919 * step
        mp.Process(target=draw_batches, daemon=True, args=(
            queue, seed, i, options.batch, options.side)).start()
    return queues


def main():
    options = parse()
    os.makedirs(options.out, exist_ok=True)
    device = "cuda" if torch.cuda.is_available() else "cpu"
    training = Training(options, device)
    training.resume()
    queues = start_drawing(options, training.step)
    pictures = validation(options.side)
    print(f"step {training.step}: recall "
          f"{training.recall(pictures):.3f}", flush=True)
    start, losses = time.time(), []
    while training.step < options.steps:
        views = queues[training.step % len(queues)].get()
        losses.append(training.learn(views))
        if (training.step % options.every == 0
                or training.step == options.steps):
            training.save()
            print(f"step {training.step}: loss {np.mean(losses):.3f} "
                  f"recall {training.recall(pictures):.3f} "
                  f"after {time.time() - start:.0f} s", flush=True)
            losses = []


if __name__ == "__main__":
    main()
