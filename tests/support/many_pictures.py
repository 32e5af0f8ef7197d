"""Many small pictures, made fast, and bad ones among them, each with what it must
come to. Standard library only."""
import hashlib
import struct
import zlib

SIDE = 16
ENDS_WORKERS = b"fovea-ends-workers"  # tests/support/poisoned_worker.c
HOLDS_WORKERS_UP = b"fovea-holds-workers-up"
MAGIC = b"\x89PNG\r\n\x1a\n"


def chunk(kind, data):
    return (struct.pack(">I", len(data)) + kind + data +
            struct.pack(">I", zlib.crc32(kind + data)))


def header(side):
    return MAGIC + chunk(b"IHDR", struct.pack(">IIBBBBB", side, side, 8, 2, 0, 0, 0))


def picture(number, comment=b""):
    """Another number, another picture."""
    drawn = hashlib.shake_128(b"%d" % number).digest(SIDE * 3)
    rows = b"".join(b"\0" + drawn[i:] + drawn[:i] for i in range(SIDE))
    return (header(SIDE) + chunk(b"tEXt", b"Comment\0" + comment) +
            chunk(b"IDAT", zlib.compress(rows, 1)) + chunk(b"IEND", b""))


# What is wrong with a picture, and the code of its error.
POISON = {
    "cut": (lambda n: picture(n)[:-30], "image_truncated"),
    "wrong": (lambda n: picture(n).replace(b"IDAT", b"JDAT"), "image_corrupt"),
    "huge": (lambda n: header(60000) + chunk(b"IDAT", b"%d" % n), "image_too_many_pixels"),
}
# And of those that only a worker of the tests knows.
DEADLY = {
    "ends": (lambda n: picture(n, ENDS_WORKERS), "worker_crashed"),
    "holds": (lambda n: picture(n, HOLDS_WORKERS_UP), "worker_timeout"),
}
