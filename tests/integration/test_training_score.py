#!/usr/bin/python3
"""The scorer of training/, on rows whose score is known. Prints TAP.

Needs NumPy and Pillow, as the scorer does; skipped without them.
"""
import os
import sys
import traceback

try:
    import numpy as np
    from PIL import Image
except ImportError:
    print("1..0 # SKIP python3-numpy or python3-pil is not installed")
    sys.exit(0)

sys.path.insert(0, os.path.join(os.path.dirname(os.path.abspath(__file__)),
                                "..", "..", "training"))
sys.dont_write_bytecode = True
import score


def ramp(width, height):
    """Red grows to the right, green downwards, blue is 200."""
    y, x = np.mgrid[:height, :width]
    return Image.fromarray(np.stack(
        [x, y, np.full_like(x, 200)], 2).astype(np.uint8))


def test_a_query_is_right_only_if_its_own_row_is_nearest():
    gallery = np.eye(4)
    assert score.recall(gallery, gallery) == 1
    assert score.recall(gallery, gallery[[0, 2, 1, 3]]) == 0.5


def test_length_does_not_count():
    gallery = np.array([[100, 0], [1, 1]])
    assert score.recall(gallery, np.array([[2, 0.1], [0.2, 0.3]])) == 1


def test_distractors_take_queries_away():
    gallery, query = np.eye(2), np.array([[1, 0.5], [0, 1]])
    rows = score.table(gallery, {"b": query, "a": np.eye(2)},
                       np.array([[1, 0.6]]))
    assert rows == [("a", 1, 1), ("b", 1, 0.5), ("mean", 1, 0.75)], rows


def test_changes_do_what_they_are_named_for():
    image = ramp(120, 90)
    change = lambda name: np.asarray(score.CHANGES[name](image))
    assert change("aspect").shape == (90, 150, 3)
    assert change("resize_half").shape == (45, 60, 3)
    assert change("border").shape == (120, 150, 3)
    assert tuple(change("border")[0, 0]) == (20, 20, 20)
    assert change("crop_80").shape == (72, 96, 3)
    assert tuple(change("crop_80")[0, 0]) == (7, 12, 200)
    assert tuple(change("mirror")[5, 0]) == (119, 5, 200)
    assert tuple(change("warm")[5, 100]) == (125, 5, 150)
    assert tuple(change("watermark")[45, 0]) == (255, 255, 255)
    assert tuple(change("watermark")[45, 6]) == (6, 45, 200)
    assert len(set(change("grey")[7, 9])) == 1


def main():
    tests = [value for name, value in sorted(globals().items())
             if name.startswith("test_")]
    print(f"1..{len(tests)}")
    failed = 0
    for i, test in enumerate(tests, 1):
        try:
            test()
            print("ok", i, test.__name__)
        except AssertionError:
            failed += 1
            traceback.print_exc()
            print("not ok", i, test.__name__)
    return failed > 0


sys.exit(main())
