#!/usr/bin/env python3
"""`fovea bench` of towers as people use them, random weights, one core.

    bench/towers.py [BUILD] [FLAGS OF BENCH...]

Prints a row a tower and dtype: milliseconds an image, the forward pass over the
bare matrix products of the same rounds and over its roofline, and how much of it
is attention. The largest
takes 2.5 GiB of memory and some minutes.
"""
import json
import os
import subprocess
import sys
import tempfile

HERE = os.path.dirname(os.path.abspath(__file__))
# What make_random_model is told, and a batch that a forward pass takes at once.
TOWERS = {
    "CLIP B/16": ("768 3072 12 12 224 16 512", 8),
    "SigLIP B/16": ("siglip_vision_model 768 3072 12 12 224 16", 8),
    "DINOv2 S/14": ("dinov2 384 1536 12 6 518 14", 8),
    "CLIP L/14-336": ("1024 4096 24 16 336 14 768", 3),
}


def main():
    build = os.path.join(HERE, "..", "build")
    flags = sys.argv[1:]
    if flags and not flags[0].startswith("-"):
        build = flags.pop(0)
    os.sched_setaffinity(0, {min(os.sched_getaffinity(0))})
    print(f"{'':14} {'':4} tokens  forward  one alone     bare   over  "
          "over roof  attention")
    for name, (shape, batch) in TOWERS.items():
        with tempfile.TemporaryDirectory() as folder:
            subprocess.run([f"{build}/tools/make_random_model", folder,
                            *shape.split()], check=True)
            for dtype in ("f32", "bf16", "int8"):
                out = subprocess.run(
                    [f"{build}/fovea", "bench", "--json", "-m", folder,
                     "--dtype", dtype, "--batch", str(batch), *flags],
                    check=True, capture_output=True, text=True).stdout
                found = json.loads(out)
                f = found["forward"]
                print(f"{name:14} {dtype:4} {f['tokens']:6}"
                      f" {f['ms_per_image']:8.1f}"
                      f" {found['single']['ms_per_image']:10.1f}"
                      f" {f['matmul_ms_per_image']:8.1f}"
                      f" {f['over_matmul']:6.3f} {f['over_roofline']:9.3f}"
                      f" {f['parts']['attention']['share']:10.3f}", flush=True)


if __name__ == "__main__":
    main()
