#!/usr/bin/python3
"""What an index costs beside embedding: a first run against `fovea embed` of the
same pictures, interleaved, and a run over many files of which none has changed.

    bench/index_updates.py BUILD PICTURES [ROUNDS] [FILES]

PICTURES are copied, each changed by some bytes behind its end, so that there are a
thousand or more with contents of their own.
"""
import os
import shutil
import statistics
import subprocess
import sys
import tempfile
import time

BUILD = os.path.abspath(sys.argv[1])
PICTURES = sys.argv[2]
ROUNDS = int(sys.argv[3]) if len(sys.argv) > 3 else 5
FILES = int(sys.argv[4]) if len(sys.argv) > 4 else 100_000
N = 1000
FOVEA = os.path.join(BUILD, "src/cli/fovea")
ENV = dict(os.environ, FOVEA_HOME=BUILD,
           FOVEA_WORKER=os.path.join(BUILD, "src/worker/fovea-worker"))
OLD = 1_600_000_000


def contents():
    """The pictures that there are, again and again."""
    paths = [os.path.join(where, name) for where, _, names in
             os.walk(PICTURES) for name in sorted(names)
             if name.endswith((".jpg", ".jpeg"))]
    if not paths:
        sys.exit(f"no JPEGs in {PICTURES}")
    while True:
        for path in paths:
            with open(path, "rb") as f:
                yield f.read()


def write(folder, n, distinct):
    """n files of so many distinct contents."""
    source = contents()
    kept = [next(source) + b"%d" % i for i in range(distinct)]
    for i in range(n):
        where = os.path.join(folder, f"{i // 1000:03d}")
        os.makedirs(where, exist_ok=True)
        path = os.path.join(where, f"{i:06d}.jpg")
        with open(path, "wb") as f:
            f.write(kept[i % distinct])
        os.utime(path, (OLD, OLD))


def timed(*words):
    begun = time.monotonic()
    before = os.times()
    subprocess.run([FOVEA, *words], env=ENV, check=True,
                   stdout=subprocess.DEVNULL)
    after = os.times()
    return (time.monotonic() - begun, after.children_user +
            after.children_system - before.children_user -
            before.children_system)


def main():
    with tempfile.TemporaryDirectory() as folder:
        some = os.path.join(folder, "some")
        write(some, N, N)
        rows = os.path.join(folder, "x.npy")
        timed("embed", "-q", "-o", rows, some)  # caches are warm
        ratios = []
        for _ in range(ROUNDS):
            embed = timed("embed", "-q", "--overwrite", "-o", rows, some)
            shutil.rmtree(os.path.join(some, ".fovea"), ignore_errors=True)
            index = timed("index", "-q", some)
            ratios.append(tuple(b / a for a, b in zip(embed, index)))
            print(f"{N} pictures: embed {embed[0]:.2f} s (CPU {embed[1]:.2f}), "
                  f"index {index[0]:.2f} s (CPU {index[1]:.2f})")
        wall, cpu = (statistics.median(r) for r in zip(*ratios))
        print(f"index / embed, median of {ROUNDS}: {wall:.3f}, CPU {cpu:.3f}")
        many = os.path.join(folder, "many")
        write(many, FILES, 100)
        timed("index", "-q", many)
        again = [timed("index", "-q", many) for _ in range(ROUNDS)]
        wall, cpu = (statistics.median(r) for r in zip(*again))
        print(f"{FILES} files, none changed: {wall:.2f} s, CPU {cpu:.2f} s")


main()
