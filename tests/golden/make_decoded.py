#!/usr/bin/python3
"""Write decoded.inc: what Pillow makes of the pictures of the fuzz corpora.

    tests/golden/make_decoded.py > tests/golden/decoded.inc

A line a picture: name, width, height, FNV-1a of its RGB samples as they are
stored (not turned). Made with Pillow 9.4.0 of Debian 12. What Pillow does not
read, or misreads, is left out here and checked by the tests themselves.
"""
import os
import subprocess
import tempfile

import numpy as np
from PIL import Image

CORPUS = os.path.join(os.path.dirname(os.path.abspath(__file__)), "..", "fuzz",
                      "corpus")
# Turned when loaded; with steps, which Pillow 9.4 misreads; not read by it; grey
# of more than 8 bits of any largest value, which it clips; grey of fewer than 8
# bits, which it leaves dark; its index in place of a palette's colour; the colour
# space that the boxes state, which it does not look at; 16 bits of white, which
# wrap around to black. Of djxl: turned, in the colours of its own profile, and by
# way of 16 bits.
LEFT_OUT = {"tiff/turned", "bmp/rle4", "bmp/4444", "tiff/lab", "pnm/p5_deep",
            "pnm/p2_deep", "jpeg2000/grey1", "jpeg2000/grey4",
            "jpeg2000/palette", "jpeg2000/sycc", "jpeg2000/white16",
            "jpegxl/turned", "jpegxl/wide_lossy",
            "jpegxl/deep", "jpegxl/deep_lossy"}


def to_rgb(image):
    """convert("RGB"), but 16-bit grey gives its high byte (docs/PIXELS.md)."""
    if image.mode.startswith("I;16"):
        high = np.asarray(image).astype(np.uint16) >> 8
        image = Image.fromarray(high.astype(np.uint8), "L")
    return image.convert("RGB")


def read(kind, path):
    """Of JPEG XL, which Pillow does not read, what djxl (libjxl-tools) makes."""
    if kind != "jpegxl":
        return Image.open(path)
    with tempfile.NamedTemporaryFile(suffix=".png") as png:
        subprocess.run(["djxl", path, png.name, "--bits_per_sample=8"],
                       check=True, stderr=subprocess.DEVNULL)
        image = Image.open(png.name)
        image.load()
        return image


def fnv1a(samples):
    value = 14695981039346656037
    for sample in samples:
        value = (value ^ sample) * 1099511628211 % 2**64
    return value


for kind in ("bmp", "gif", "ico", "jpeg2000", "jpegxl", "pnm", "tiff", "webp"):
    folder = os.path.join(CORPUS, "fuzz_decode_" + kind)
    for file_name in sorted(os.listdir(folder)):
        name = f"{kind}/{file_name}"
        if name in LEFT_OUT or file_name.startswith("bad_"):
            continue
        with read(kind, os.path.join(folder, file_name)) as image:
            rgb = to_rgb(image)
        print(f'{{ "{name}", {rgb.width}, {rgb.height}, '
              f"UINT64_C({fnv1a(rgb.tobytes())}) }},")
