#!/usr/bin/env python3
"""The resize against Pillow's, in turns, on one core.

    bench/resize_vs_pillow.py [build/bench/bench_resize]

Both scale random samples to a shortest edge of 224 with the bicubic filter; ours
crops as well, and has torchvision's weights in turn. Prints the medians in
milliseconds and the ratio to Pillow's. Needs Pillow
and numpy; nothing else does.
"""
import os
import statistics
import subprocess
import sys
import time

import numpy as np
from PIL import Image

HERE = os.path.dirname(os.path.abspath(__file__))
PROGRAM = os.path.join(HERE, "..", "build", "bench", "bench_resize")
EDGE = 224
SIZES = [(4000, 3000, 3), (500, 375, 40)]
TURNS = 7


def pillow_ms(image, size, rounds):
    taken = []
    for _ in range(rounds):
        start = time.perf_counter()
        image.resize(size, resample=Image.Resampling.BICUBIC)
        taken.append((time.perf_counter() - start) * 1e3)
    return taken


def our_ms(program, width, height, rounds, pixels):
    out = subprocess.run([program, str(width), str(height), str(rounds), pixels],
                         check=True, capture_output=True, text=True).stdout
    return [float(line) for line in out.split()]


def main():
    if len(sys.argv) > 2:
        sys.exit(__doc__)
    program = sys.argv[1] if len(sys.argv) == 2 else PROGRAM
    os.sched_setaffinity(0, {min(os.sched_getaffinity(0))})
    for width, height, rounds in SIZES:
        samples = np.random.default_rng(1).integers(
            0, 256, (height, width, 3), dtype=np.uint8)
        image = Image.fromarray(samples)
        size = (int(EDGE * width / height), EDGE)
        pillow, ours = [], {"pil": [], "torchvision": []}
        for _ in range(TURNS):
            pillow += pillow_ms(image, size, rounds)
            for pixels, times in ours.items():
                times += our_ms(program, width, height, rounds, pixels)
        theirs = statistics.median(pillow)
        for pixels, times in ours.items():
            mine = statistics.median(times)
            print("%dx%d, %s: Pillow %.2f ms, fovea %.2f ms, %.1f times as fast"
                  % (width, height, pixels, theirs, mine, theirs / mine))


if __name__ == "__main__":
    main()
