#!/usr/bin/env python3
"""Golden values of the resize, made by Pillow (9.4) and numpy alone:

    tests/golden/make_resample.py > tests/golden/resample.inc

Every line is a case of tests/unit/test_image_resample.c: whose pixels (0:
Pillow's; 1: PyTorch's, by torch_resize.py), filter, stored
width and height, EXIF orientation, resized width and height, crop width and
height (centred), and the FNV-1a hash of the window's samples. The source's
samples are the high bytes of a linear congruential sequence, drawn by the test as
well.
"""
import numpy as np
from PIL import Image

from torch_resize import torch_resize

TURN = {
    2: Image.Transpose.FLIP_LEFT_RIGHT, 3: Image.Transpose.ROTATE_180,
    4: Image.Transpose.FLIP_TOP_BOTTOM, 5: Image.Transpose.TRANSPOSE,
    6: Image.Transpose.ROTATE_270, 7: Image.Transpose.TRANSVERSE,
    8: Image.Transpose.ROTATE_90,
}

# Stored width and height, resized width and height, crop width and height.
SIZES = [
    (1, 1, 7, 7, 7, 7), (1, 9, 5, 5, 3, 5), (9, 1, 4, 6, 4, 6),
    (2, 3, 16, 24, 16, 16), (64, 48, 8, 6, 6, 6), (500, 11, 13, 9, 7, 9),
    (11, 500, 9, 13, 9, 7), (31, 17, 31, 8, 17, 8), (17, 31, 9, 31, 9, 9),
    (32, 32, 32, 32, 20, 20), (700, 300, 20, 20, 20, 20),
    (37, 41, 36, 40, 33, 35),
]


def source(width, height):
    n, state = width * height * 3, width * 65537 + height
    samples = np.empty(n, np.uint8)
    for i in range(n):
        state = (state * 1664525 + 1013904223) & 0xFFFFFFFF
        samples[i] = state >> 24
    return samples.reshape(height, width, 3)


def fnv1a(data):
    value = 0xCBF29CE484222325
    for byte in data:
        value = ((value ^ byte) * 0x100000001B3) & 0xFFFFFFFFFFFFFFFF
    return value


def main():
    for w, h, rw, rh, cw, ch in SIZES:
        stored = Image.fromarray(source(w, h))
        for orientation in range(1, 9):
            image = stored
            if orientation in TURN:
                image = stored.transpose(TURN[orientation])
            for pixels, resample in ((0, 2), (0, 3), (1, 2), (1, 3)):
                if pixels:
                    resized = torch_resize(np.asarray(image), rw, rh, resample)
                else:
                    resized = np.asarray(image.resize((rw, rh), resample))
                top, left = (rh - ch) // 2, (rw - cw) // 2
                window = resized[top:top + ch, left:left + cw]
                print("{ %d, %d, %d, %d, %d, %d, %d, %d, %d, "
                      "UINT64_C(0x%016x) },"
                      % (pixels, resample, w, h, orientation, rw, rh, cw, ch,
                         fnv1a(window.tobytes())))


if __name__ == "__main__":
    main()
