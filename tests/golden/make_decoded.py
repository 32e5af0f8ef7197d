#!/usr/bin/python3
"""Write decoded.inc: what Pillow makes of the pictures of the fuzz corpora.

    tests/golden/make_decoded.py > tests/golden/decoded.inc

A line a picture: name, width, height, FNV-1a of its RGB samples as they are
stored (not turned). Made with Pillow 9.4.0 of Debian 12.
"""
import os

from PIL import Image

CORPUS = os.path.join(os.path.dirname(os.path.abspath(__file__)), "..", "fuzz",
                      "corpus")
# Turned when loaded; with steps, which Pillow 9.4 misreads.
LEFT_OUT = {"tiff/turned", "bmp/rle4"}


def fnv1a(samples):
    value = 14695981039346656037
    for sample in samples:
        value = (value ^ sample) * 1099511628211 % 2**64
    return value


for kind in ("bmp", "gif", "tiff", "webp"):
    folder = os.path.join(CORPUS, "fuzz_decode_" + kind)
    for file_name in sorted(os.listdir(folder)):
        name = f"{kind}/{file_name}"
        if name in LEFT_OUT or file_name.startswith("bad_"):
            continue
        with Image.open(os.path.join(folder, file_name)) as image:
            rgb = image.convert("RGB")
        print(f'{{ "{name}", {rgb.width}, {rgb.height}, '
              f"UINT64_C({fnv1a(rgb.tobytes())}) }},")
