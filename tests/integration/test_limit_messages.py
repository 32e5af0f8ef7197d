#!/usr/bin/env python3
"""Every status of a limit says which flag would change it, and which field."""
import os
import re
import struct
import zlib

from command import SIDE, lines, main, picture, run, same
from serving import Server, b64, is_error

ROOT = os.environ["FOVEA_SOURCE_ROOT"]


def statuses_of_limits():
    """Those whose HTTP status says that something is too large."""
    table = open(os.path.join(ROOT, "include/fovea/status.def"),
                 encoding="utf-8").read()
    return {name for name, http in re.findall(
        r'^X\(\w+, \d+, "(\w+)", "[^"]*", (\d+)', table, re.M)
        if http == "413"}


def interlaced(side):
    """A PNG that must stand in memory whole; black."""
    def chunk(kind, data):
        return (struct.pack(">I", len(data)) + kind + data
                + struct.pack(">I", zlib.crc32(kind + data)))
    steps = [(0, 0, 8, 8), (4, 0, 8, 8), (0, 4, 4, 8), (2, 0, 4, 4),
             (0, 2, 2, 4), (1, 0, 2, 2), (0, 1, 1, 2)]
    rows = b"".join(bytes(1 + 3 * ((side - x + dx - 1) // dx))
                    * ((side - y + dy - 1) // dy) for x, y, dx, dy in steps)
    return (b"\x89PNG\r\n\x1a\n"
            + chunk(b"IHDR", struct.pack(">IIBBBBB", side, side, 8, 2, 0, 0, 1))
            + chunk(b"IDAT", zlib.compress(rows, 1)) + chunk(b"IEND", b""))


def failure(path, *flags):
    result = run("embed", *flags, path)
    if not result.stdout:  # no worker could be started
        return "memory_exhausted", result.stderr.decode()
    error = lines(result.stdout)[0]["error"]
    return error["code"], error["message"]


IMAGES = (
    ("image_too_many_bytes", "--max-bytes=9", "fovea_limits.max_bytes"),
    ("image_too_many_pixels", "--max-pixels=9", "fovea_limits.max_pixels"),
    ("image_side_too_long", "--max-side=9", "fovea_limits.max_side_px"),
    ("image_too_much_memory", "--max-image-memory=1M",
     "fovea_limits.max_decode_bytes"),
    ("image_too_much_memory", "--memory-limit=100M",
     "fovea_options.memory_limit_bytes"),
    ("image_too_costly", "--max-image-work=9", "fovea_limits.max_decode_work"),
    ("memory_exhausted", "--memory-limit=1M",
     "fovea_options.memory_limit_bytes"),
    ("deadline", "--deadline=1ms", "fovea_options.deadline_ns"),
)


def test_images(directory):
    path = os.path.join(directory, "large.png")
    with open(path, "wb") as file:
        file.write(interlaced(6000))
    for code, flag, field in IMAGES:
        found, message = failure(path, flag)
        same(found, code)
        name = flag.split("=")[0]
        assert f"({name}, {field})" in message, message


TEXTS = (
    ("text_too_large", "--max-text-bytes=9", "fovea_limits.max_text_bytes"),
    ("text_truncated", "--truncate=refuse", "fovea_limits.truncate"),
)


def test_texts(_):
    whole = os.path.join(os.environ["FOVEA_WHOLE_MODELS"], "clip")
    for code, flag, field in TEXTS:
        with Server(flag, models=[whole]) as server:
            answer = server.post({"input": "a " * 100})
        same(answer.error(), code)
        message = answer.json["error"]["message"]
        name = flag.split("=")[0]
        assert f"({name}, {field})" in message, message


def test_server(_):
    image = picture(1, SIDE, SIDE)
    with Server("--max-body", "1000", "--max-items", "2") as server:
        is_error(server.post({"input": "x" * 2000}), 413, "body_too_large",
                 "(--max-body)")
    with Server("--max-items", "2") as server:
        is_error(server.post({"input": [b64(image)] * 3}), 413,
                 "too_many_items", "(--max-items)")
    help_text = run("serve", "--help", model=False).stdout.decode()
    table = open(os.path.join(ROOT, "src/option/option.def"),
                 encoding="utf-8").read()
    flags = re.findall(r'^(?:SERVER|HTTP)\(\w+, \w+, \w+, "([a-z-]+)"', table,
                       re.M)
    assert "max-body-ratio" in flags, flags
    for flag in flags:
        assert f"--{flag}" in help_text, flag


def test_no_status_is_left_out(_):
    seen = {code for code, _, _ in (*IMAGES, *TEXTS)} | {
        "body_too_large", "too_many_items",
        "archive_too_costly"}  # a message that test_cli_archives reads
    same(statuses_of_limits() - seen, set())


main([test_images, test_texts, test_server, test_no_status_is_left_out])
