"""Pillow's resize of uint8 pictures in numpy, of a box that need not lie on whole
samples, nor wholly inside of the picture, where Pillow wants it.
"""
import math

import numpy as np

BITS = 22


def kernel(resample, x):
    """Triangle, or Keys' cubic with a = -1/2, in Pillow's order of operations."""
    x = abs(x)
    if resample == 2:
        return max(1.0 - x, 0.0)
    if x < 1.0:
        return ((-0.5 + 2.0) * x - (-0.5 + 3.0)) * x * x + 1.0
    return (((x - 5.0) * x + 8.0) * x - 4.0) * -0.5 if x < 2.0 else 0.0


def box_weights(n, start, extent, resized, resample):
    """First sample and weights of every output of an axis, whole numbers."""
    scale = extent / resized
    stretch = max(scale, 1.0)
    reach = (resample - 1) * stretch
    for i in range(resized):
        centre = start + (i + 0.5) * scale
        first = int(max(centre - reach + 0.5, 0.0))
        end = int(min(centre + reach + 0.5, n))
        weights = [kernel(resample, (x - centre + 0.5) * (1.0 / stretch))
                   for x in range(first, end)]
        total = 0.0
        for weight in weights:
            total += weight
        yield first, [int(weight / total * 2 ** BITS + math.copysign(0.5, weight))
                      for weight in weights]


def box_pass(samples, start, extent, resized, resample):
    """Rows to `resized` rows."""
    out = np.empty((resized,) + samples.shape[1:], np.uint8)
    rows = box_weights(len(samples), start, extent, resized, resample)
    for i, (first, weights) in enumerate(rows):
        total = np.full(samples.shape[1:], 1 << (BITS - 1), np.int64)
        for t, weight in enumerate(weights):
            total += weight * samples[first + t].astype(np.int64)
        out[i] = np.clip(total >> BITS, 0, 255)
    return out


def box_resize(samples, box, width, height, resample):
    """box: left, top, across, down. Along the rows first, rounded to 8 bits, then
    from row to row."""
    left, top, across, down = box
    turned = box_pass(samples.transpose(1, 0, 2), left, across, width, resample)
    return box_pass(turned.transpose(1, 0, 2), top, down, height, resample)
