#!/usr/bin/python3
"""Golden values of the pixels of `--pixels fast`, made without fovea:

    tests/golden/make_fast.py > tests/golden/fast.inc

Every line is a case of tests/unit/test_image_fast.c: a sample, the edge of its
crop, the filter, how many times smaller its rows are than the stored ones, and the
FNV-1a hash of the crop.

JPEG is made smaller by Pillow's draft(), and resized by Pillow where it takes the
box; WebP by dwebp, JPEG 2000 by opj_decompress, and resized by box_resize.py. Needs
Debian 12's python3-pil, python3-numpy, webp and libopenjp2-tools.
"""
import os
import subprocess
import tempfile

import numpy as np
from PIL import Image

from box_resize import box_resize
from make_resample import TURN, fnv1a

HERE = os.path.dirname(os.path.abspath(__file__))
SAMPLES = os.path.join(HERE, "..", "..", "samples")
SCENES = ["forest.jpg", "city_mirror.jpg", "fruit_crop.jpg"]
ENDINGS = (".jpg", ".webp", ".jp2", ".j2k")
# Their levels stand in the codestream; OpenJPEG's encoder makes five.
LEVELS = 5
EDGES = (5, 10, 21, 50)
EXIF_ORIENTATION = 274


def names():
    folder = os.path.join(SAMPLES, "formats")
    found = sorted(os.listdir(folder))
    return (["scenes/" + name for name in SCENES] +
            ["formats/" + name for name in found if name.endswith(ENDINGS)])


def resized_sides(width, height, edge):
    """Of the upright picture: the shortest edge, the other follows."""
    long = int(edge * max(width, height) / min(width, height))
    return (edge, long) if width <= height else (long, edge)


def shrink_of(sides, least, most):
    """The largest power of two that leaves at least these sides."""
    shrink = 1
    while shrink < most and all(
            side // (2 * shrink) >= small for side, small in zip(sides, least)):
        shrink *= 2
    return shrink


def run(*command):
    subprocess.run(command, check=True, stdout=subprocess.DEVNULL,
                   stderr=subprocess.DEVNULL)


def read_jpeg(path, least):
    image = Image.open(path)
    sides = image.size
    shrink = shrink_of(sides, least, 8)
    image.draft("RGB", (sides[0] // shrink, sides[1] // shrink))
    assert image.size == tuple(-(-side // shrink) for side in sides)
    return (np.asarray(image.convert("RGB")), shrink,
            (0.0, 0.0, sides[0] / shrink, sides[1] / shrink))


def read_webp(path, least):
    image = Image.open(path)
    samples = np.asarray(image.convert("RGB"))
    animated = getattr(image, "is_animated", False)
    shrink = shrink_of(image.size, least, 1 if animated else 8)
    sides = tuple(-(-side // shrink) for side in image.size)
    if shrink > 1:
        with tempfile.TemporaryDirectory() as folder:
            out = os.path.join(folder, "a.ppm")
            run("dwebp", "-scale", *map(str, sides), "-ppm", path, "-o", out)
            samples = np.asarray(Image.open(out).convert("RGB"))
    return samples, shrink, (0.0, 0.0) + tuple(map(float, sides))


def read_jpeg2000(path, least):
    sides = Image.open(path).size
    shrink = shrink_of(sides, least, 1 << LEVELS)
    with tempfile.TemporaryDirectory() as folder:
        out = os.path.join(folder, "a.png")
        run("opj_decompress", "-i", path, "-o", out,
            "-r", str(shrink.bit_length() - 1))
        samples = np.asarray(Image.open(out).convert("RGB"))
    start = 0.5 - 0.5 / shrink
    return samples, shrink, (start, start, sides[0] / shrink, sides[1] / shrink)


def turned(samples, box, orientation):
    """Upright, and the box with it."""
    left, top, across, down = box
    height, width = samples.shape[:2]
    if orientation in (2, 3, 7, 8):
        left = width - across - left
    if orientation in (3, 4, 6, 7):
        top = height - down - top
    if orientation in TURN:
        image = Image.fromarray(samples).transpose(TURN[orientation])
        samples = np.asarray(image)
    box = (left, top, across, down)
    if orientation >= 5:
        box = (top, left, down, across)
    return samples, box


def resize(samples, box, size, resample):
    resized = box_resize(samples, box, *size, resample)
    left, top, across, down = box
    if left + across <= samples.shape[1] and top + down <= samples.shape[0]:
        theirs = Image.fromarray(samples).resize(
            size, resample, box=(left, top, left + across, top + down))
        assert np.array_equal(np.asarray(theirs), resized)
    return resized


def crop_of(name, edge, resample):
    path = os.path.join(SAMPLES, name)
    image = Image.open(path)
    orientation = image.getexif().get(EXIF_ORIENTATION, 1)
    upright = image.size[::-1] if orientation >= 5 else image.size
    size = resized_sides(*upright, edge)
    least = tuple(2 * side for side in size)
    if orientation >= 5:
        least = least[::-1]
    read = {"jpg": read_jpeg, "webp": read_webp}.get(
        name.rsplit(".", 1)[1], read_jpeg2000)
    samples, shrink, box = read(path, least)
    samples, box = turned(samples, box, orientation)
    resized = resize(samples, box, size, resample)
    top, left = (size[1] - edge) // 2, (size[0] - edge) // 2
    return shrink, resized[top:top + edge, left:left + edge]


def main():
    for name in names():
        for edge in EDGES:
            for resample in (2, 3):
                shrink, crop = crop_of(name, edge, resample)
                print('{ "%s", %d, %d, %d, UINT64_C(0x%016x) },'
                      % (name, edge, resample, shrink, fnv1a(crop.tobytes())))


if __name__ == "__main__":
    main()
