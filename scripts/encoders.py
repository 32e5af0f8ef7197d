"""Writers for what Pillow does not write: 16-bit and interlaced PNG, 16-bit
TIFF, run-length and masked BMP, GIF with long codes, PGM as text, raw
photographs. Each follows its format's specification and no more of it than the
samples need."""
import struct
import zlib

import numpy as np

ADAM7 = ((0, 0, 8, 8), (4, 0, 8, 8), (0, 4, 4, 8), (2, 0, 4, 4), (0, 2, 2, 4),
         (1, 0, 2, 2), (0, 1, 1, 2))  # x, y, step x, step y
PNG_COLOUR = {1: 0, 2: 4, 3: 2, 4: 6}  # samples a pixel -> colour type


def chunk(kind, data):
    return struct.pack(">I", len(data)) + kind + data + \
        struct.pack(">I", zlib.crc32(kind + data))


def png_rows(a, bits):
    """Rows with filter 0, samples big-endian or packed into bytes."""
    if a.size == 0:
        return b""
    if bits == 16:
        body = a.astype(">u2").view(np.uint8).reshape(a.shape[0], -1)
    elif bits == 8:
        body = a.astype(np.uint8).reshape(a.shape[0], -1)
    else:
        flat = a.reshape(a.shape[0], -1).astype(np.uint8)
        planes = [(flat >> b) & 1 for b in range(bits - 1, -1, -1)]
        body = np.packbits(np.stack(planes, -1).reshape(a.shape[0], -1), 1)
    zero = np.zeros((a.shape[0], 1), np.uint8)
    return np.hstack([zero, body]).tobytes()


def write_png(path, a, bits=8, interlaced=False, extra=()):
    """a: (H, W, samples) of values below 2 ** bits; extra: (kind, data)
    chunks that go before the pixels."""
    height, width, samples = a.shape
    head = struct.pack(">IIBBBBB", width, height, bits, PNG_COLOUR[samples], 0,
                       0, int(interlaced))
    if interlaced:
        rows = b"".join(png_rows(a[y::dy, x::dx], bits)
                        for x, y, dx, dy in ADAM7)
    else:
        rows = png_rows(a, bits)
    with open(path, "wb") as f:
        f.write(b"\x89PNG\r\n\x1a\n" + chunk(b"IHDR", head))
        for kind, data in extra:
            f.write(chunk(kind, data))
        f.write(chunk(b"IDAT", zlib.compress(rows, 9)) + chunk(b"IEND", b""))


def write_tiff16(path, a):
    """a: (H, W, 3) uint16; one uncompressed little-endian strip."""
    height, width, samples = a.shape
    pixels = a.astype("<u2").tobytes()
    bits_at = 8 + len(pixels)
    short, long = 3, 4
    tags = [(256, long, 1, width), (257, long, 1, height),
            (258, short, samples, bits_at), (259, short, 1, 1),
            (262, short, 1, 2), (273, long, 1, 8), (277, short, 1, samples),
            (278, long, 1, height), (279, long, 1, len(pixels)),
            (284, short, 1, 1)]
    with open(path, "wb") as f:
        f.write(struct.pack("<2sHI", b"II", 42, bits_at + 2 * samples) + pixels)
        f.write(struct.pack("<%dH" % samples, *[16] * samples))
        f.write(struct.pack("<H", len(tags)))
        for tag in tags:
            f.write(struct.pack("<HHII", *tag))
        f.write(struct.pack("<I", 0))


def write_pgm_text(path, a, maxval):
    """a: (H, W) of values up to maxval; a row a line."""
    with open(path, "w", encoding="ascii") as f:
        f.write(f"P2\n# drawn\n{a.shape[1]} {a.shape[0]}\n{maxval}\n")
        for row in a:
            f.write(" ".join(map(str, row)) + "\n")


def rle8(row):
    """One BMP row: runs of at least three as runs, the rest as literals."""
    out, at, n = bytearray(), 0, len(row)
    while at < n:
        run = 1
        while at + run < n and run < 255 and row[at + run] == row[at]:
            run += 1
        if run >= 3:
            out += bytes((run, row[at]))
            at += run
            continue
        end = at
        while end < n and end - at < 255 and not (
                end + 2 < n and row[end] == row[end + 1] == row[end + 2]):
            end += 1
        literal = row[at:end]
        if len(literal) < 3:
            for value in literal:
                out += bytes((1, value))
        else:
            out += bytes((0, len(literal))) + bytes(literal)
            out += b"\0" * (len(literal) % 2)
        at = end
    return out + b"\0\0"


def write_bmp_rle8(path, palette_image):
    """A Pillow picture of mode P as a BMP with BI_RLE8."""
    a = np.asarray(palette_image)
    height, width = a.shape
    data = bytearray()
    for row in a[::-1]:
        data += rle8(row.tobytes())
    data += b"\0\1"
    table = bytearray()
    colours = palette_image.getpalette()
    colours += [0] * (768 - len(colours))
    for i in range(256):
        red, green, blue = colours[3 * i:3 * i + 3]
        table += bytes((blue, green, red, 0))
    offset = 14 + 40 + len(table)
    with open(path, "wb") as f:
        f.write(struct.pack("<2sIHHI", b"BM", offset + len(data), 0, 0, offset))
        f.write(struct.pack("<IiiHHIIiiII", 40, width, height, 1, 8, 1,
                            len(data), 2835, 2835, 256, 0))
        f.write(table + data)


def write_bmp_4444(path, image):
    """An RGB picture as a BMP of 16 bits, 4 for each of alpha, R, G and B, in
    a header of version 4."""
    a = np.asarray(image).astype("<u2") >> 4
    pixels = 0xf000 | a[..., 0] << 8 | a[..., 1] << 4 | a[..., 2]
    height, width = pixels.shape
    rows = b"".join(row.tobytes() + b"\0" * (width % 2 * 2)
                    for row in pixels[::-1].astype("<u2"))
    offset = 14 + 108
    with open(path, "wb") as f:
        f.write(struct.pack("<2sIHHI", b"BM", offset + len(rows), 0, 0, offset))
        f.write(struct.pack("<IiiHHIIiiII", 108, width, height, 1, 16, 3,
                            len(rows), 2835, 2835, 0, 0))
        f.write(struct.pack("<4I", 0xf00, 0xf0, 0xf, 0xf000) + b"\0" * 52)
        f.write(rows)


def write_gif_long_codes(path, palette_image):
    """A Pillow picture of mode P as a GIF whose pixels have 11 bits: codes of
    12, each a pixel, and the table cleared before it is full."""
    a = np.asarray(palette_image)
    height, width = a.shape
    clear, end = 1 << 11, (1 << 11) + 1
    bits, n_bits, data = 0, 0, bytearray()
    codes = []
    for i, pixel in enumerate(a.ravel().tolist()):
        codes += ([clear] if i % 2000 == 0 else []) + [pixel]
    for code in codes + [end]:
        bits |= code << n_bits
        n_bits += 12
        while n_bits >= 8:
            data.append(bits & 255)
            bits >>= 8
            n_bits -= 8
    data.append(bits)
    colours = palette_image.getpalette()
    colours += [0] * (768 - len(colours))
    with open(path, "wb") as f:
        f.write(struct.pack("<6sHHBBB", b"GIF89a", width, height, 0xf7, 0, 0))
        f.write(bytes(colours))
        f.write(struct.pack("<BHHHHBB", 0x2c, 0, 0, width, height, 0, 11))
        for at in range(0, len(data), 255):
            block = data[at:at + 255]
            f.write(bytes((len(block),)) + block)
        f.write(b"\0;")


def write_dng(path, sensor, preview, orientation):
    """A raw photograph without its raw data: an 8x6 thumbnail, the directory of
    a sensor of (width, height), and a JPEG as it is, last in the file."""
    short, long = 3, 4
    maker = b"Nobody\0\0"

    def directory(tags):
        return struct.pack("<H", len(tags)) + \
            b"".join(struct.pack("<HHII", *tag) for tag in tags) + bytes(4)

    raw = directory([(254, long, 1, 0), (256, long, 1, sensor[0]),
                     (257, long, 1, sensor[1]), (259, short, 1, 7),
                     (262, short, 1, 32803)])
    first_size, preview_size = 2 + 13 * 12 + 4, 2 + 5 * 12 + 4
    maker_at = 8 + first_size
    thumbnail_at = maker_at + len(maker)
    children_at = thumbnail_at + 8 * 6
    raw_at = children_at + 8
    preview_at = raw_at + len(raw)
    jpeg_at = preview_at + preview_size
    first = directory([
        (254, long, 1, 1), (256, long, 1, 8), (257, long, 1, 6),
        (258, short, 1, 8), (259, short, 1, 1), (262, short, 1, 1),
        (271, 2, len(maker), maker_at), (273, long, 1, thumbnail_at),
        (274, short, 1, orientation), (278, long, 1, 6), (279, long, 1, 48),
        (330, long, 2, children_at), (50706, 1, 4, 0x401)])
    with open(path, "wb") as f:
        f.write(struct.pack("<2sHI", b"II", 42, 8) + first + maker)
        f.write(bytes(range(48)) + struct.pack("<II", raw_at, preview_at) + raw)
        f.write(directory([
            (254, long, 1, 1), (259, short, 1, 7), (262, short, 1, 6),
            (273, long, 1, jpeg_at), (279, long, 1, len(preview))]) + preview)
