#!/usr/bin/python3
"""Golden scores of zero-shot labels, made by numpy alone:

    tests/golden/make_labels.py > tests/golden/labels.inc

Every line is a case of tests/unit/test_labels.c: the seed of its vectors, how
many labels and dimensions, the logits' scale and bias, whether by a sigmoid and
whether raw, and then, best first, labels and scores (all of them). The vectors
are drawn by the test as well: high bits of a linear congruential sequence,
scaled to length 1 in float32. Scales are those of trained models (CLIP's 100,
SigLIP's 117.33 with -12.93), and some whose exponentials overflow unless they
are computed with care.
"""
import numpy as np

CASES = [
    # seed, labels, dimension, scale, bias, sigmoid, raw
    (1, 1, 4, 100.0, 0.0, 0, 0),
    (2, 2, 8, 100.0, 0.0, 0, 0),
    (3, 8, 64, 100.0, 0.0, 0, 0),
    (4, 8, 64, 117.33, -12.93, 1, 0),
    (5, 8, 64, 117.33, -12.93, 0, 0),
    (6, 8, 64, 117.33, -12.93, 1, 1),
    (7, 8, 512, 1.0, 0.0, 0, 0),
    (8, 5, 3, 1e6, 0.0, 0, 0),
    (9, 5, 3, 1e6, -5e5, 1, 0),
    (10, 5, 3, -1e6, 5e5, 1, 0),
    (11, 5, 3, 1e300, 0.0, 0, 0),
    (12, 5, 3, 0.0, 0.0, 0, 0),
]


def in_order(terms):
    """Sums of rows as a loop makes them."""
    return np.cumsum(terms, axis=1)[:, -1]


def vectors(seed, n, dimension):
    state, rows = seed, np.empty((n, dimension), np.float32)
    for row in rows:
        for i in range(dimension):
            state = (state * 1664525 + 1013904223) & 0xFFFFFFFF
            row[i] = (state >> 16) / 32768 - 1
    length = np.sqrt(in_order(rows.astype(np.float64) ** 2))[:, None]
    return (rows.astype(np.float64) * (1 / length)).astype(np.float32)


def scores(logits, sigmoid, raw):
    if raw:
        return logits
    wide = logits.astype(np.longdouble)
    if sigmoid:
        return np.where(wide < 0, np.exp(np.minimum(wide, 0)) /
                        (1 + np.exp(np.minimum(wide, 0))),
                        1 / (1 + np.exp(-np.maximum(wide, 0))))
    powers = np.exp(wide - wide.max())
    return powers / powers.sum()


def main():
    for seed, n, dimension, scale, bias, sigmoid, raw in CASES:
        rows = vectors(seed, n + 1, dimension).astype(np.float64)
        logits = scale * in_order(rows[1:] * rows[0]) + bias
        got = scores(logits, sigmoid, raw).astype(np.float64)
        order = sorted(range(n), key=lambda i: (-got[i], i))
        print("{ %d, %d, %d, %r, %r, %s, %s,\n    { %s } }," % (
            seed, n, dimension, scale, bias, "true" if sigmoid else "false",
            "true" if raw else "false",
            ",\n        ".join("{ %d, %.17g }" % (i, got[i])
                               for i in order)))


if __name__ == "__main__":
    main()
