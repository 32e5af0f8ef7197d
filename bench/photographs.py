#!/usr/bin/python3
"""What large photographs take: milliseconds of CPU time on one core.

    bench/photographs.py BUILD [MODEL] [ROUNDS]

Photographs of 1, 6, 12 and 24 megapixels are laid out of the samples, each at
another place, so that a megapixel is as hard to decode as one of a camera's, and
stored as JPEG (quality 90), PNG and WebP; one more JPEG is a single sample made
large, which has little detail: those are the two ends between which photographs lie.

"rows" is decoding alone, all of it; "pil" and "fast" decoding and the resize to 224
in these profiles (bench_decode); "worker" is what another image takes from a file
to its vector in `fovea embed`, processes and all, with MODEL (the bundled one).
Rounds of the profiles take turns. Needs Pillow.
"""
import os
import random
import resource
import statistics
import subprocess
import sys
import tempfile

from PIL import Image

HERE = os.path.dirname(os.path.abspath(__file__))
SCENES = os.path.join(HERE, "..", "samples", "scenes")
MODEL = os.path.join(HERE, "..", "models", "fovea", "near-duplicate")
SIZES = [(1200, 900), (3000, 2000), (4000, 3000), (6000, 4000)]
PROFILES = ("pil", "fast")
MORE = 6  # images that a longer run has more


def laid_out(width, height):
    """Crops of the samples side by side."""
    choose = random.Random(1)
    names = sorted(os.listdir(SCENES))
    picture = Image.new("RGB", (width, height))
    for top in range(0, height, 240):
        for left in range(0, width, 320):
            part = Image.open(os.path.join(SCENES, choose.choice(names)))
            picture.paste(part.convert("RGB").crop((0, 0, 320, 240)), (left, top))
    return picture


def photographs(folder):
    for width, height in SIZES:
        picture = laid_out(width, height)
        size = f"{width * height // 10 ** 6} MP"
        for ending, options in (("jpg", {"quality": 90}),
                                ("webp", {"quality": 85, "method": 2}),
                                ("png", {"compress_level": 3})):
            path = os.path.join(folder, f"{width}.{ending}")
            picture.save(path, **options)
            yield f"{size} {ending.upper()}", path
    smooth = Image.open(os.path.join(SCENES, "forest.jpg")).convert("RGB")
    path = os.path.join(folder, "smooth.jpg")
    smooth.resize(SIZES[-1], Image.Resampling.BICUBIC).save(path, quality=90)
    yield "24 MP JPG, smooth", path


def decoding(build, path, profile):
    """Of one round: rows alone, and with the resize."""
    out = subprocess.run([os.path.join(build, "bench", "bench_decode"), path, "2",
                          profile], check=True, capture_output=True, text=True)
    return [float(word) for word in out.stdout.splitlines()[-1].split()]


def cpu_of_children():
    usage = resource.getrusage(resource.RUSAGE_CHILDREN)
    return usage.ru_utime + usage.ru_stime


def embedding(build, model, path, profile):
    """CPU time of another image, in milliseconds: by the difference of two runs."""
    taken = []
    for n in (1, 1 + MORE):
        start = cpu_of_children()
        subprocess.run([os.path.join(build, "src", "cli", "fovea"), "embed", "-q",
                        "-m", model, "--pixels", profile, "--workers", "1",
                        ] + [path] * n,
                       check=True, stdout=subprocess.DEVNULL)
        taken.append(cpu_of_children() - start)
    return (taken[1] - taken[0]) * 1e3 / MORE


def main():
    if not 2 <= len(sys.argv) <= 4:
        sys.exit(__doc__)
    build = sys.argv[1]
    model = sys.argv[2] if len(sys.argv) > 2 else MODEL
    rounds = int(sys.argv[3]) if len(sys.argv) > 3 else 5
    os.environ.setdefault("FOVEA_WORKER", os.path.abspath(
        os.path.join(build, "src", "worker", "fovea-worker")))
    print("ms of CPU time        bytes    rows     pil    fast  worker,pil  fast")
    with tempfile.TemporaryDirectory() as folder:
        for name, path in photographs(folder):
            found = {}
            for _ in range(rounds):
                for profile in PROFILES:
                    rows, whole = decoding(build, path, profile)
                    found.setdefault("rows", []).append(rows)
                    found.setdefault(profile, []).append(whole)
                    found.setdefault("worker " + profile, []).append(
                        embedding(build, model, path, profile))
            m = {key: statistics.median(times) for key, times in found.items()}
            print("%-18s %8d %7.1f %7.1f %7.1f  %9.1f %6.1f"
                  % (name, os.path.getsize(path), m["rows"], m["pil"], m["fast"],
                     m["worker pil"], m["worker fast"]), flush=True)


if __name__ == "__main__":
    main()
