#!/usr/bin/env python3
"""How much memory reading archives takes: in the host, and in fovea-unpacker. Not for
sanitizers, which take some themselves."""
import os
import re
import struct
import subprocess

from archives import header, tar, zst
from command import lines, main, picture, put, run, said, same, start


def bmp(side):
    """The head of a black picture, and how many bytes it has in all."""
    size = 54 + side * side * 3
    return struct.pack("<2sIIIIiiHHIIiiII", b"BM", size, 0, 54, 40, side, side, 1,
                       24, 0, size - 54, 0, 0, 0, 0), size


def in_flight(pid):
    """Bytes of pictures that a process has given to the library: files in memory."""
    total = 0
    for name in os.listdir(f"/proc/{pid}/fd"):
        path = f"/proc/{pid}/fd/{name}"
        try:
            if os.readlink(path).startswith("/memfd:fovea-image"):
                total += os.stat(path).st_size
        except OSError:
            pass  # closed meanwhile
    return total


def test_memory_does_not_grow(directory):
    """A gigabyte of large pictures, which are holes in the file: all of them pass
    through a host with little memory, some at a time."""
    path = os.path.join(directory, "a.tar")
    head, size = bmp(2000)
    n = 90
    with open(path, "wb") as file:
        for number in range(n):
            file.write(header(f"{number:04}.bmp", size) + head)
            file.seek(-size % 512 + size - len(head), os.SEEK_CUR)
        file.seek(1023, os.SEEK_CUR)
        file.write(b"\0")
    ahead = 3 * size
    process = start("embed", f"--read-ahead={ahead}", path,
                    stdout=subprocess.PIPE, stderr=subprocess.DEVNULL)
    most = most_ahead = 0
    n_lines = 0
    for _ in process.stdout:
        n_lines += 1
        with open(f"/proc/{process.pid}/smaps_rollup", encoding="ascii") as file:
            private = sum(map(int, re.findall(r"Private_\w+: +(\d+)",
                                              file.read())))
        most = max(most, private)
        most_ahead = max(most_ahead, in_flight(process.pid))
    same(process.wait(), 0)
    same(n_lines, n)
    assert most < 64 << 10, f"{most} kB"
    assert 0 < most_ahead <= ahead + size, f"{most_ahead} bytes"


def test_a_window_larger_than_memory(directory):
    members = [("a.png", picture(1)), ("b.png", picture(2))]
    huge = zst(tar(members), window=(27 - 10) << 3)  # 128 MiB
    path = put(directory, "a.tar.zst", huge)
    other = put(directory, "other.png", picture(3))
    for sandbox in ("on", "off"):
        result = run("embed", f"--sandbox={sandbox}", path, other)
        said(result, 3, "(--max-archive-memory)", "memory")
        found = lines(result.stdout)
        same(found[0]["error"]["code"], "archive_too_costly")
        assert "embedding" in found[1]
    result = run("embed", "--max-archive-memory=200M", path)
    said(result, 0)
    same(len(lines(result.stdout)), 2)


if __name__ == "__main__":
    main([
        test_memory_does_not_grow,
        test_a_window_larger_than_memory,
    ])
