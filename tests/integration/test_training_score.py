#!/usr/bin/python3
"""The scorer of training/, on rows whose score is known, and its generator of
pictures. Prints TAP.

Needs NumPy and Pillow, as these do; skipped without them.
"""
import os
import random
import sys
import traceback

try:
    import numpy as np
    from PIL import Image, ImageDraw
except ImportError:
    print("1..0 # SKIP python3-numpy or python3-pil is not installed")
    sys.exit(0)

sys.path.insert(0, os.path.join(os.path.dirname(os.path.abspath(__file__)),
                                "..", "..", "training"))
sys.dont_write_bytecode = True
import generate
import score

generate.FIELDS = 6  # of a bank: enough here, and soon drawn


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


def test_groups_are_scored():
    gallery = ["g/0.jpg", "g/1.jpg", "g/2.jpg"]
    queries = ["q/0.jpg", "q/1.jpg", "q/2.jpg"]
    assert score.grouped([], gallery, queries) == (1, 1, 0)
    assert score.grouped([["g/0.jpg", "q/0.jpg"], ["q/1.jpg", "g/1.jpg"],
                          ["g/2.jpg", "q/2.jpg"]], gallery,
                         queries) == (1, 1, 1)
    beside, pairs, found = score.grouped(
        [["g/0.jpg", "q/0.jpg", "q/1.jpg"]], gallery, queries)
    assert beside == 1 / 2, beside
    assert abs(pairs - 1 / 3) < 1e-9, pairs
    assert abs(found - 1 / 3) < 1e-9, found


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


def drawn(seeds):
    bank = generate.Bank(1)
    return bank, [picture for seed in seeds
                  for picture in generate.draw_family(bank, seed)]


def test_the_same_seed_draws_the_same_family():
    first, second = ([p.tobytes() for p in drawn([5, 6])[1]]
                     for _ in range(2))
    assert first == second
    assert len(set(first)) == 2 * generate.FAMILY


def test_a_collage_is_made_of_older_pictures():
    bank, _ = drawn([])
    bank.pictures.extend(Image.new("RGB", (9, 9), (fill, 7, 7))
                         for fill in (50, 90))
    picture = np.asarray(generate.collage(bank, random.Random(2), (60, 60)))
    assert {tuple(p) for p in picture.reshape(-1, 3)} <= {
        (50, 7, 7), (90, 7, 7), (0,) * 3, (128,) * 3, (255,) * 3}


def test_solids_are_lit_where_they_are():
    for seed in range(20):
        mask, lit = generate.solid(random.Random(seed), (64, 64), 32, 32, 15)
        mask, lit = np.asarray(mask), np.asarray(lit)
        assert 50 < (mask > 0).sum() < 64 * 64, seed
        assert lit[mask > 0].min() >= 0.09 * 255, seed


def test_writing_repeats_its_glyphs_inside_its_lines():
    image = Image.new("L", (200, 200))
    generate.draw_writing(ImageDraw.Draw(image), random.Random(3), 100, 100,
                          80)
    ink = np.asarray(image) > 0
    assert 0.01 < ink.mean() < 0.5
    assert not ink[:, :15].any() and not ink[:50].any()


def test_turns_are_quarters_against_the_clock():
    picture = ramp(120, 90)
    for name, shape, first in (("turn_90", (120, 90, 3), (119, 0, 200)),
                               ("turn_180", (90, 120, 3), (119, 89, 200)),
                               ("turn_270", (120, 90, 3), (0, 89, 200))):
        turned = np.asarray(score.CHANGES[name](picture))
        assert turned.shape == shape, name
        assert tuple(turned[0, 0]) == first, name


def test_precision_and_recall_of_a_cosine():
    same, strangers = np.array([0.9, 0.8, 0.4]), np.array([0.5, 0.1, 0.85])
    assert score.precision_and_recall(same, strangers, 0.8) == (2 / 3, 2 / 3)
    assert score.precision_and_recall(same, strangers, 0.3) == (3 / 5, 1)
    assert score.least_cosine(same, strangers, 0.995) == 0.851
    assert score.least_cosine(same, strangers, 0.5) == 0.0
    assert score.least_cosine(same, np.array([0.5, 0.45]), 0.6) == 0.451


def test_pdq_hears_structure_and_not_brightness():
    rng = np.random.default_rng(5)
    rough = Image.fromarray(rng.integers(0, 180, (9, 9, 3), np.uint8))
    picture = rough.resize((300, 200), Image.BICUBIC)
    brighter = picture.point(lambda v: v + 40)
    other = Image.fromarray(rng.integers(0, 180, (9, 9, 3), np.uint8)).resize(
        (300, 200), Image.BICUBIC)
    first = score.pdq(picture)
    assert first.shape == (256,) and abs(first.sum()) <= 2
    assert (first != score.pdq(brighter)).sum() < 12
    assert (first != score.pdq(other)).sum() > 80


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
