#!/usr/bin/python3
"""Train the default model on drawn pictures:  training/train.py --out DIR

Writes DIR/checkpoint.pt now and then and at the end; started again with the
same DIR, it goes on from there. training/README.md tells how it learns.
Processes of their own draw the batches: batch i is drawn by process i modulo
their number, from the seed, so the data do not depend on who is faster.
"""
import argparse
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

USES = 6  # batches that a drawn family serves before it is replaced
VALID_SEED = 0x5EED
VALID_FAMILIES = 128


def draw_batches(queue, seed, number, batch, side):
    """Pairs of views, (batch, 2, side, side, 3), family by family."""
    torch.set_num_threads(1)
    rng = random.Random(seed * 1000003 + number)
    bank = generate.Bank(rng.getrandbits(48))
    per_batch = batch // generate.FAMILY
    draw = lambda: generate.draw_family(bank, rng.getrandbits(48))
    pool = [draw() for _ in range(per_batch * USES)]
    while True:
        for i in rng.sample(range(len(pool)), per_batch // USES):
            pool[i] = draw()
        bank.refresh(1)
        pictures = [p for family in rng.sample(pool, per_batch)
                    for p in family]
        views = [[augment.view(p, rng, side, rng.random() < 0.4),
                  augment.view(p, rng, side)] for p in pictures]
        queue.put(torch.from_numpy(np.array(views)))


def validation(side):
    """Drawn pictures that training never draws, and one change of each."""
    bank, rng = generate.Bank(VALID_SEED), random.Random(VALID_SEED)
    pictures = [p for i in range(VALID_FAMILIES)
                for p in generate.draw_family(bank, VALID_SEED + i)]
    gallery = [augment.view(p, rng, side, True) for p in pictures]
    queries = [augment.view(p, rng, side) for p in pictures]
    return [torch.from_numpy(np.array(v)) for v in (gallery, queries)]


@torch.no_grad()
def recall(tower, pictures, device):
    gallery, queries = (
        torch.cat([tower.embed(part.to(device)) for part in v.split(128)])
        for v in pictures)
    found = (queries @ gallery.T).argmax(1).cpu()
    return (found == torch.arange(len(found))).float().mean().item()


class Memory:
    """Embeddings of the last batches: more pictures that must not match."""

    def __init__(self, size, width, device):
        self.rows = torch.zeros(size, width, device=device)
        self.filled = self.at = 0

    def add(self, rows):
        if not len(self.rows):
            return
        n = len(rows)
        to = (self.at + torch.arange(n)) % len(self.rows)
        self.rows[to] = rows
        self.at = (self.at + n) % len(self.rows)
        self.filled = min(len(self.rows), self.filled + n)

    def get(self):
        return self.rows[:self.filled]


def contrastive(a, b, memory, temperature):
    """Each view must find its pair among the batch and the memory."""
    own = torch.arange(len(a), device=a.device)
    past = memory.get()
    ab = a @ b.T
    loss = 0
    for rows, first in ((a, ab), (b, ab.T)):
        logits = torch.cat([first, rows @ past.T], 1) / temperature
        loss = loss + F.cross_entropy(logits, own)
    return loss / 2


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
        self.options, self.device, self.step = options, device, 0
        shape = Shape(options.side, options.patch, options.width,
                      options.layers, options.width // 64,
                      options.width * options.mlp, options.dim)
        self.tower = Tower(shape).to(device)
        self.average = copy.deepcopy(self.tower)
        decays = [p for p in self.tower.parameters() if p.ndim > 1]
        others = [p for p in self.tower.parameters() if p.ndim <= 1]
        self.optimizer = torch.optim.AdamW(
            [{"params": decays, "weight_decay": 0.05},
             {"params": others, "weight_decay": 0}], betas=(0.9, 0.98))
        self.memory = Memory(options.memory, options.dim, device)
        self.path = os.path.join(options.out, "checkpoint.pt")

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

    def learn(self, views):
        options = self.options
        for group in self.optimizer.param_groups:
            group["lr"] = learning_rate(self.step, options)
        views = views.to(self.device)
        both = self.tower.embed(torch.cat([views[:, 0], views[:, 1]]))
        a, b = both.chunk(2)
        loss = contrastive(a, b, self.memory, options.temperature)
        self.optimizer.zero_grad()
        loss.backward()
        torch.nn.utils.clip_grad_norm_(self.tower.parameters(), 1.0)
        self.optimizer.step()
        self.memory.add(a.detach())
        self.step += 1
        with torch.no_grad():
            keep = min(0.995, self.step / (self.step + 10))
            for mean, p in zip(self.average.parameters(),
                               self.tower.parameters()):
                mean.lerp_(p, 1 - keep)
        return loss.item()


def parse():
    p = argparse.ArgumentParser(description=__doc__.split("\n")[0])
    p.add_argument("--out", required=True, help="folder of the checkpoint")
    p.add_argument("--steps", type=int, default=2800)
    p.add_argument("--batch", type=int, default=64, help="pictures a step")
    p.add_argument("--memory", type=int, default=0,
                   help="past embeddings kept as more negatives")
    p.add_argument("--rate", type=float, default=7e-4)
    p.add_argument("--warmup", type=int, default=100)
    p.add_argument("--temperature", type=float, default=0.1)
    p.add_argument("--side", type=int, default=96)
    p.add_argument("--patch", type=int, default=16)
    p.add_argument("--width", type=int, default=128)
    p.add_argument("--layers", type=int, default=4)
    p.add_argument("--mlp", type=int, default=4)
    p.add_argument("--dim", type=int, default=128)
    p.add_argument("--seed", type=int, default=1)
    p.add_argument("--workers", type=int, default=1)
    p.add_argument("--every", type=int, default=100,
                   help="steps between two lines and two checkpoints")
    return p.parse_args()


def main():
    options = parse()
    os.makedirs(options.out, exist_ok=True)
    device = "cuda" if torch.cuda.is_available() else "cpu"
    training = Training(options, device)
    training.resume()
    queues = [mp.Queue(3) for _ in range(options.workers)]
    for i, queue in enumerate(queues):
        seed = options.seed + 7919 * training.step
        mp.Process(target=draw_batches, daemon=True, args=(
            queue, seed, i, options.batch, options.side)).start()
    pictures = validation(options.side)
    print(f"step {training.step}: recall "
          f"{recall(training.average, pictures, device):.3f}", flush=True)
    start, total = time.time(), 0
    while training.step < options.steps:
        total += training.learn(queues[training.step % len(queues)].get())
        if (training.step % options.every == 0
                or training.step == options.steps):
            training.save()
            print(f"step {training.step}: loss {total / options.every:.3f} "
                  f"recall {recall(training.average, pictures, device):.3f} "
                  f"after {time.time() - start:.0f} s", flush=True)
            total = 0


if __name__ == "__main__":
    main()
