#!/usr/bin/env python3
"""Pictures that must stand in memory whole, under a limit that has room for one
of them: both get a vector, and the workers never hold more than the limit."""
import os
import struct
import subprocess
import zlib

from command import environment, lines, main, same, start

SIDE = 8000  # 192 MB of pixels
LIMIT_MB = 320


def interlaced(side):
    """Black, three bytes a pixel."""
    def chunk(kind, data):
        return (struct.pack(">I", len(data)) + kind + data
                + struct.pack(">I", zlib.crc32(kind + data)))
    steps = [(0, 0, 8, 8), (4, 0, 8, 8), (0, 4, 4, 8), (2, 0, 4, 4),
             (0, 2, 2, 4), (1, 0, 2, 2), (0, 1, 1, 2)]
    packer = zlib.compressobj(1)
    data = b""
    for x, y, dx, dy in steps:
        row = bytes(1 + 3 * ((side - x + dx - 1) // dx))
        for _ in range((side - y + dy - 1) // dy):
            data += packer.compress(row)
    data += packer.flush()
    return (b"\x89PNG\r\n\x1a\n"
            + chunk(b"IHDR", struct.pack(">IIBBBBB", side, side, 8, 2, 0, 0, 1))
            + chunk(b"IDAT", data) + chunk(b"IEND", b""))


def children(pid):
    found = []
    for task in os.listdir(f"/proc/{pid}/task"):
        try:
            text = open(f"/proc/{pid}/task/{task}/children").read()
        except OSError:
            continue
        found += text.split()
    return found


def pss_kib(pid):
    try:
        for line in open(f"/proc/{pid}/smaps_rollup"):
            if line.startswith("Pss:"):
                return int(line.split()[1])
    except OSError:  # it has ended
        pass
    return 0


def test_one_after_the_other(directory):
    paths = []
    for name in ("one.png", "two.png"):
        paths.append(os.path.join(directory, name))
        with open(paths[-1], "wb") as file:
            file.write(interlaced(SIDE))
    made = start("embed", "--workers", "2", "--batch", "1", "--memory-limit",
                 f"{LIMIT_MB}M", *paths, stdout=subprocess.PIPE,
                 stderr=subprocess.PIPE, env=environment())
    most = 0
    while made.poll() is None:
        try:
            most = max(most, sum(pss_kib(pid) for pid in children(made.pid)))
        except FileNotFoundError:
            break
    out, err = made.communicate()
    same(made.returncode, 0)
    vectors = [line.get("embedding") for line in lines(out)]
    same(len(vectors), 2)
    same(vectors[0], vectors[1])
    assert vectors[0], err
    print(f"# at most {most // 1024} MB")
    assert most < LIMIT_MB * 1024, most


main([test_one_after_the_other])
