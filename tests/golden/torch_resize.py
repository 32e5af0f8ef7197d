"""PyTorch's resize of uint8 pictures in numpy: antialiased, with weights of 16 bits,
as torchvision's resize and Hugging Face's processors on it use it. Its kernel of
vectors rounds bilinear weights so, too, where the CPU has AVX2; on others
PyTorch computes bilinear resizes in float32, and they may differ by a level.
"""
import math

import numpy as np


def kernel(resample, x):
    """Triangle, or Keys' cubic with a = -1/2."""
    x = abs(x)
    if resample == 2:
        return max(1.0 - x, 0.0)
    if x < 1.0:
        return (1.5 * x - 2.5) * x * x + 1.0
    return ((2.5 - 0.5 * x) * x - 4.0) * x + 2.0 if x < 2.0 else 0.0


def torch_weights(n, resized, resample):
    """First sample and weights of every output of an axis, in double."""
    scale = n / resized
    stretch = max(scale, 1.0)
    reach = (resample - 1) * stretch
    for i in range(resized):
        centre = scale * (i + 0.5)
        first = max(math.floor(centre - reach + 0.5), 0)
        end = min(math.floor(centre + reach + 0.5), n)
        weights = [kernel(resample, (x - centre + 0.5) * (1.0 / stretch))
                   for x in range(first, end)]
        total = 0.0
        for weight in weights:
            total += weight
        yield first, [weight / total for weight in weights]


def torch_pass(samples, resized, resample):
    """Rows to `resized` rows, with weights of 16 bits."""
    rows = list(torch_weights(len(samples), resized, resample))
    largest = max(max(weights) for _, weights in rows)
    bits = 0
    while bits < 22 and int(0.5 + largest * 2 ** (bits + 1)) < 2 ** 15:
        bits += 1
    out = np.empty((resized,) + samples.shape[1:], np.uint8)
    for i, (first, weights) in enumerate(rows):
        total = np.full(samples.shape[1:], 1 << (bits - 1), np.int64)
        for t, weight in enumerate(weights):
            whole = int(weight * 2 ** bits + math.copysign(0.5, weight))
            total += whole * samples[first + t].astype(np.int64)
        out[i] = np.clip(total >> bits, 0, 255)
    return out


def torch_resize(samples, width, height, resample):
    """Along the rows first, rounded to 8 bits, then from row to row."""
    if width != samples.shape[1]:
        turned = torch_pass(samples.transpose(1, 0, 2), width, resample)
        samples = turned.transpose(1, 0, 2)
    if height != samples.shape[0]:
        samples = torch_pass(samples, height, resample)
    return samples
