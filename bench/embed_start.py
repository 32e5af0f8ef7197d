#!/usr/bin/python3
"""How long `fovea embed one.jpg` takes from start to end.

    bench/embed_start.py PROGRAM IMAGE [FLAG...]

The first run fills the cache of packed weights and is not counted.
"""

import statistics
import subprocess
import sys
import time

ROUNDS = 15


def run(command):
    start = time.monotonic()
    subprocess.run(command, check=True, stdout=subprocess.DEVNULL)
    return 1000 * (time.monotonic() - start)


def main():
    program, image, *flags = sys.argv[1:]
    command = [program, "embed", "--quiet", *flags, image]
    first = run(command)
    times = sorted(run(command) for _ in range(ROUNDS))
    print(f"embed_first {first:.0f} ms")
    print(f"embed_warm {statistics.median(times):.0f} ms, "
          f"least {times[0]:.0f}, most {times[-1]:.0f}")


main()
