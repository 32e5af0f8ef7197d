#!/usr/bin/env python3
"""Compose the HEIF pictures of the fuzz corpus that are made of others.

    make_heif_grids.py tests/fuzz/corpus/fuzz_decode_heif

Their tiles are the coded pictures of `heic` and `avif`, which are there: one,
however often it is used. Standard library only.
"""
import struct
import sys
from pathlib import Path


def boxes(data, at, end):
    while at + 8 <= end:
        size, kind = struct.unpack(">I4s", data[at:at + 8])
        yield kind, at, at + 8, at + size
        at += size


def find(data, at, end, kind):
    return next(box for box in boxes(data, at, end) if box[0] == kind)


def box(kind, data):
    return struct.pack(">I4s", 8 + len(data), kind) + data


def full(kind, data, version=0):
    return box(kind, struct.pack(">I", version << 24) + data)


def number(data, at, size):
    return int.from_bytes(data[at:at + size], "big")


def read_properties(data, start, end, item):
    """The property boxes of an item."""
    _, _, at, stop = find(data, start, end, b"iprp")
    ipco = find(data, at, stop, b"ipco")
    every = [data[a:z] for _, a, _, z in boxes(data, ipco[2], ipco[3])]
    at = find(data, at, stop, b"ipma")[2] + 8
    while number(data, at, 2) != item:
        at += 3 + data[at + 2]
    return [every[(n & 127) - 1] for n in data[at + 3:at + 3 + data[at + 2]]]


def read_coded(data, start, end, item):
    """The bytes of an item that lies in one piece."""
    at = find(data, start, end, b"iloc")[2]
    version, sizes = data[at], number(data, at + 4, 2)
    offset, length, base = sizes >> 12, sizes >> 8 & 15, sizes >> 4 & 15
    index = sizes & 15 if version else 0
    count, at = number(data, at + 6, 2), at + 8
    for _ in range(count):
        here = number(data, at, 2)
        at += 4 + (2 if version else 0)
        first = number(data, at, base)
        extents, at = number(data, at + base, 2), at + base + 2
        assert extents == 1
        first += number(data, at + index, offset)
        size = number(data, at + index + offset, length)
        at += index + offset + length
        if here == item:
            return data[first:first + size]
    raise ValueError(f"no item {item}")


class Tile:
    def __init__(self, path):
        data = path.read_bytes()
        _, _, at, end = find(data, 0, len(data), b"meta")
        at += 4
        iinf = find(data, at, end, b"iinf")
        self.file = data
        self.head = data[:number(data, 0, 4)]
        self.kind = b"hvc1" if path.name.endswith("heic") else b"av01"
        item = next(number(data, body + 4, 2)
                    for _, _, body, stop in boxes(data, iinf[2] + 6, iinf[3])
                    if data[body + 8:body + 12] == self.kind)
        self.coded = read_coded(data, at, end, item)
        self.properties = [
            p for p in read_properties(data, at, end, item)
            if p[4:8] in (b"hvcC", b"av1C", b"pixi", b"ispe")]
        ispe = next(p for p in self.properties if p[4:8] == b"ispe")
        self.sides = struct.unpack(">II", ispe[12:20])


def link(kind, item, parts, count=None):
    """A reference; count: what it says of how many, where that is a lie."""
    return box(kind, struct.pack(f">HH{len(parts)}H", item,
                                 len(parts) if count is None else count, *parts))


def compose(head, items, primary, links):
    """items: [(id, type, properties, data)], ids may be there twice; links: what
    is in iref."""
    every = []
    uses = b""
    for item, _, properties, _ in items:
        uses += struct.pack(">HB", item, len(properties)) + bytes(
            range(len(every) + 1, len(every) + len(properties) + 1))
        every += properties
    infes = b"".join(full(b"infe", struct.pack(">HH4s", item, 0, kind) + b"\0", 2)
                     for item, kind, _, _ in items)

    def meta(at):
        places = b""
        for item, _, _, piece in items:
            places += struct.pack(">HHHII", item, 0, 1, at, len(piece))
            at += len(piece)
        return full(b"meta", full(b"hdlr", struct.pack(">I4s12xx", 0, b"pict"))
                    + full(b"pitm", struct.pack(">H", primary))
                    + full(b"iloc", struct.pack(">HH", 0x4400, len(items)) + places)
                    + full(b"iinf", struct.pack(">H", len(items)) + infes)
                    + full(b"iref", links)
                    + box(b"iprp", box(b"ipco", b"".join(every)) + full(
                        b"ipma", struct.pack(">I", len(items)) + uses)))

    start = len(head) + len(meta(0)) + 8
    return head + meta(start) + box(
        b"mdat", b"".join(piece for _, _, _, piece in items))


def extent(sides):
    return full(b"ispe", struct.pack(">II", *sides))


def coded(tile, item, *more, sides=None):
    """The tile as an item of compose(), with more properties."""
    told = [p if p[4:8] != b"ispe" or not sides else extent(sides)
            for p in tile.properties]
    return (item, tile.kind, told + list(more), tile.coded)


def picture(tile, items, primary, sides=None):
    """items: {id: (type, sides, data, ids of its parts)}; tile: item 1."""
    return compose(
        tile.head,
        [coded(tile, 1, sides=sides)] + [
            (item, kind, [extent(canvas)], data)
            for item, (kind, canvas, data, _) in items.items()],
        primary,
        b"".join(link(b"dimg", item, parts)
                 for item, (_, _, _, parts) in items.items()))


def grid(tile, columns, rows, part=1, sides=None):
    width, height = sides or tile.sides
    canvas = (width * columns, height * rows)
    data = struct.pack(">BBBBII", 0, 1, rows - 1, columns - 1, *canvas)
    return (b"grid", canvas, data, [part] * (columns * rows))


def two_indexes(first, second):
    """The meta of one file before that of another, whose data stays in place."""
    _, _, at, end = find(first, 0, len(first), b"meta")
    head = number(second, 0, 4)
    size = end - at + 8
    # What follows has moved.
    moved = bytearray(second)
    _, _, body, stop = find(second, 0, len(second), b"meta")
    places = find(second, body + 4, stop, b"iloc")[2]
    for n in range(number(second, places + 6, 2)):
        place = places + 8 + 14 * n + 6
        moved[place:place + 4] = struct.pack(">I", number(second, place, 4) + size)
    return bytes(moved[:head]) + first[at - 8:end] + bytes(moved[head:])


def hostile(heic, large):
    """Each ended the process, or made libheif 1.15 read what is not its own."""
    alpha = full(b"auxC", b"urn:mpeg:hevc:2015:auxid:1\0")
    identity = (2, b"iden", [extent((16, 16))], b"")
    overlay = struct.pack(">BB4HII", 0, 1, 0, 0, 0, 65535, 200, 200)
    canvas = (2, b"iovl", [extent((200, 200))], overlay)
    stranger = picture(heic, {2: (b"iden", (16, 16), b"", [9])}, 2)
    three = [(2, b"grid", [extent((256, 64))],
              struct.pack(">BBBBII", 0, 1, 0, 2, 256, 64))]
    crop = box(b"clap", struct.pack(">8I", 0x7fffffff, 1, 64, 1, 0, 1, 0, 1))
    return {
        # Which of two items of one number is meant.
        "same_number": compose(
            heic.head, [coded(heic, 1), identity, (3, b"g1id", [], b"")] +
            [coded(heic, 3)] * 3, 2, link(b"dimg", 2, [3])),
        # Which of two indexes.
        "two_indexes": two_indexes(heic.file, stranger),
        # References that are more than their box, and less.
        "long_reference": compose(
            heic.head, [coded(heic, 1), (*canvas[:3], overlay + bytes(24))],
            2, link(b"dimg", 2, [1], 3) + bytes(4)),
        "hidden_reference": compose(
            heic.head, [coded(heic, 1), identity], 2,
            box(b"free", struct.pack(">HH", 1, 0) + link(b"dimg", 2, [9]))),
        "endless_reference": compose(
            heic.head, [coded(heic, 1), identity], 2,
            b"\x7f" + link(b"dimg", 2, [9])[1:]),
        # Each is the transparency of the other, and costs a decoder each time.
        "each_others_alpha": compose(
            heic.head, [coded(heic, 1, alpha), coded(heic, 4, alpha)], 1,
            link(b"auxl", 1, [4]) + link(b"auxl", 4, [1])),
        "many_alpha": compose(
            heic.head, [coded(heic, 1), coded(heic, 3), (
                4, b"grid", [extent(heic.sides), alpha],
                grid(heic, 96, 96)[2])], 1,
            link(b"dimg", 4, [3] * 9216) + link(b"auxl", 4, [1])),
        # A picture that begins left of and above the canvas.
        "overlay_outside": compose(
            heic.head, [coded(heic, 1), (*canvas[:3], overlay + struct.pack(
                ">ii", -3, -3))], 2, link(b"dimg", 2, [1])),
        # Tiles of a width that no sum has room for.
        "wide_crop": compose(
            heic.head, [coded(heic, 1), coded(heic, 4, crop)] + three, 2,
            link(b"dimg", 2, [1, 4, 1])),
        # Tiles with transparency of another size than the index says.
        "small_alpha": compose(
            heic.head, [coded(large, 1), coded(heic, 4, alpha, sides=large.sides),
                        (2, b"grid", [extent(large.sides)],
                         struct.pack(">BBBBII", 0, 1, 0, 0, *large.sides))], 2,
            link(b"dimg", 2, [1]) + link(b"auxl", 4, [1])),
    }


def main(folder):
    heic, avif = Tile(folder / "heic"), Tile(folder / "avif")
    samples = Path(__file__).parents[2] / "samples/formats"
    large, large_avif = Tile(samples / "still.heic"), Tile(samples / "still.avif")
    overlay = struct.pack(">BB4HII", 0, 1, 0, 0, 0, 65535, 16, 16)
    files = {
        "grid": picture(heic, {2: grid(heic, 3, 2)}, 2),
        "grid_avif": picture(avif, {2: grid(avif, 3, 2)}, 2),
        # One coded picture, 9,216 times.
        "many_tiles": picture(heic, {2: grid(heic, 96, 96)}, 2),
        "many_tiles_avif": picture(avif, {2: grid(avif, 96, 96)}, 2),
        # As often, by way of a grid of grids, and of an overlay of grids.
        "many_grids": picture(heic, {2: grid(heic, 32, 32, 3),
                                     3: grid(heic, 3, 3)}, 2),
        "many_overlays": picture(
            heic, {2: (b"iovl", (16, 16), overlay + bytes(8 * 1024), [3] * 1024),
                   3: grid(heic, 3, 3)}, 2),
        # A picture that is made of itself, by way of another.
        "made_of_itself": picture(heic, {2: (b"iden", (16, 16), b"", [3]),
                                         3: (b"iden", (16, 16), b"", [2])}, 2),
        # Made of something that is no picture, and of nothing.
        "made_of_a_stranger": picture(
            heic, {2: (b"iovl", (16, 16), overlay + bytes(8), [3]),
                   3: (b"g1id", (16, 16), b"", [])}, 2),
        "made_of_nothing": picture(heic, {2: (b"iden", (16, 16), b"", [9])}, 2),
        # A tile that is larger than the index says.
        "large_tile": picture(large, {2: grid(large, 4, 4, sides=(1, 1))}, 2, (1, 1)),
        "large_tile_avif": picture(
            large_avif, {2: grid(large_avif, 4, 4, sides=(1, 1))}, 2, (1, 1)),
        # A grid whose own description is larger than the index says.
        "large_canvas": picture(heic, {2: (
            b"grid", (16, 16), struct.pack(">BBBBII", 0, 1, 0, 0, 65000, 65000),
            [1])}, 2),
    }
    files.update(hostile(heic, large))
    for name, data in files.items():
        (folder / name).write_bytes(data)


main(Path(sys.argv[1]))
