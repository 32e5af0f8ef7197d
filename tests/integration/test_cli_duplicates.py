#!/usr/bin/python3
"""`fovea duplicates`: groups of the same picture again, as comparing all vectors
gives them, and of the same bytes."""
import os
import random
import struct
import subprocess
import zlib

import numpy

from command import FOVEA, TIMEOUT, environment, lines, main, put, read, run, \
    said, same

HOME = {"FOVEA_HOME": os.environ["FOVEA_SOURCE_ROOT"]}
LOOKS = "fovea/near-duplicate"
THRESHOLD = 0.775
OLD = 1_600_000_000  # seconds: files that were not changed just now


def call(command, *arguments, more=None, **options):
    options.setdefault("env", environment(**HOME, **(more or {})))
    return run(command, *arguments, model=False, **options)


def png(rows):
    """A PNG of rows of RGB: an array [height][width][3] of uint8."""
    def chunk(kind, data):
        return (struct.pack(">I", len(data)) + kind + data +
                struct.pack(">I", zlib.crc32(kind + data)))
    raw = b"".join(b"\0" + row.tobytes() for row in rows)
    height, width, _ = rows.shape
    return (b"\x89PNG\r\n\x1a\n" +
            chunk(b"IHDR", struct.pack(">IIBBBBB", width, height, 8, 2, 0, 0,
                                       0)) +
            chunk(b"IDAT", zlib.compress(raw)) + chunk(b"IEND", b""))


# Pictures that are strangers to each other, by more than a little.
SEEDS = (0, 1, 6, 10, 25, 29)


def scene(number, side=96):
    """A picture of waves and discs; another number, another picture."""
    seed = SEEDS[number]
    random_ = random.Random(seed)
    y, x = numpy.mgrid[:side, :side] / side
    rows = numpy.zeros((side, side, 3))
    for channel in range(3):
        for _ in range(4):
            u, v, p, a = (random_.uniform(-1, 1) for _ in range(4))
            k = random_.choice((1, 2, 3, 5, 8))
            rows[..., channel] += a * numpy.sin(6.3 * k * (u * x + v * y) +
                                                6.3 * p)
    rows = 128 + 60 * rows
    for _ in range(3 + seed % 5):
        u, v, r = (random_.random() for _ in range(3))
        rows[(x - u) ** 2 + (y - v) ** 2 < (0.05 + 0.2 * r) ** 2] = [
            random_.randrange(256) for _ in range(3)]
    return rows.clip(0, 255).astype(numpy.uint8)


CHANGES = {
    "original": lambda rows: rows,
    "mirror": lambda rows: rows[:, ::-1],
    "small": lambda rows: rows[::2, ::2],
    "dark": lambda rows: (rows * 0.7).astype(numpy.uint8),
    "turned": lambda rows: rows.transpose(1, 0, 2)[::-1],
}


def album(directory, n=6):
    """Scenes with their changes in d; their paths, old."""
    paths = []
    for i in range(n):
        for change, function in CHANGES.items():
            paths.append(put(directory, f"d/{change}/{i}.png", png(
                numpy.ascontiguousarray(function(scene(i, 96 + i))))))
    for path in paths:
        os.utime(path, (OLD, OLD))
    return paths


def duplicates(directory, *arguments, **options):
    result = call("duplicates", "--json", "-q", *arguments, cwd=directory,
                  **options)
    said(result, 0)
    same(result.stderr, b"")
    return lines(result.stdout)


def names(group):
    return [picture["path"] for picture in group["pictures"]]


def vectors_of(paths):
    result = run("embed", "-m", LOOKS, *paths, model=False,
                 env=environment(**HOME))
    said(result, 0)
    rows = numpy.array([line["embedding"] for line in lines(result.stdout)],
                       numpy.float64)
    return rows / numpy.linalg.norm(rows, axis=1, keepdims=True)


def check_groups(groups, paths, threshold):
    """What holds of groups, by all cosines."""
    rows = vectors_of(paths)
    cosines = rows @ rows.T
    at = {path: i for i, path in enumerate(paths)}
    grouped = {}
    for number, group in enumerate(groups):
        best, *others = names(group)
        assert others, group
        for picture, path in zip(group["pictures"], names(group)):
            assert path not in grouped, path
            grouped[path] = number
            cosine = cosines[at[best], at[path]]
            assert abs(picture["cosine"] - cosine) < 1e-6, (picture, cosine)
            assert cosine >= threshold - 1e-6, (best, path, cosine)
        same([p["is_best"] for p in group["pictures"]],
             [True] + [False] * len(others))
        scores = [p["cosine"] for p in group["pictures"]]
        same(scores[1:], sorted(scores[1:], reverse=True))
    # Whoever is in no group is like no best.
    for path in set(paths) - set(grouped):
        for group in groups:
            assert cosines[at[path], at[names(group)[0]]] < threshold + 1e-6
    return grouped


def test_changed_pictures_are_found(directory):
    paths = album(directory)
    groups = duplicates(directory, "d")  # indexed first
    assert os.path.isdir(os.path.join(directory, "d/.fovea"))
    grouped = check_groups(groups, paths, THRESHOLD)
    for path in paths:
        original = os.path.join(directory, "d/original",
                                os.path.basename(path))
        same(grouped.get(path), grouped[original])
    same(len(groups), 6)
    same(sorted(os.path.basename(names(g)[0]) for g in groups),
         [f"{i}.png" for i in range(6)])
    # Again, without a worker, and with other thresholds.
    for threshold in ("0.85", "0.95", "0.999", "0.3"):
        groups = duplicates(directory, "--threshold", threshold, "d",
                            more={"FOVEA_WORKER": "/nonexistent/worker"})
        check_groups(groups, paths, float(threshold))


def test_the_same_bytes(directory):
    paths = album(directory, 2)
    copy = put(directory, "d/copies/x.png", read(paths[0]))
    alone = put(directory, "d/a.png", png(scene(4)))
    again = put(directory, "d/b.png", read(alone))
    os.utime(alone, (OLD + 5, OLD + 5))
    os.utime(again, (OLD, OLD))
    groups = duplicates(directory, "--exact", "d")
    same(sorted(sorted([names(g)[0], g["pictures"][0]["copies"][0]["path"]])
                for g in groups),
         sorted([sorted([paths[0], copy]), [alone, again]]))
    group, = (g for g in groups if again in names(g))
    same((names(group)[0], group["best_by"], group["files"]),
         (again, "oldest", 2))
    groups = duplicates(directory, "d")
    same(sorted(g["files"] for g in groups), [2, 5, 6])
    same(groups[0]["files"], 6)  # those of the most files first


def test_the_best_is_the_largest(directory):
    big = scene(5, 160)
    small = png(numpy.ascontiguousarray(big[::2, ::2]))
    put(directory, "d/a.png", small)
    put(directory, "d/b.png", png(big))
    for name, time in (("a", OLD), ("b", OLD + 9)):
        os.utime(os.path.join(directory, f"d/{name}.png"), (time, time))
    group, = duplicates(directory, "d")
    same([os.path.basename(path) for path in names(group)], ["b.png", "a.png"])
    same(group["best_by"], "most pixels")
    same([(p["is_largest"], p["is_oldest"]) for p in group["pictures"]],
         [(True, False), (False, True)])
    same([p["width"] for p in group["pictures"]], [160, 80])


def test_people_get_groups_and_programs_paths(directory):
    paths = album(directory, 2)
    result = call("duplicates", "d", cwd=directory)
    text = said(result, 0, "2 groups of 10 files")
    assert "embedded" in text, text
    blocks = result.stdout.decode().split("\n\n")
    same(len(blocks), 3)
    for block in blocks[:2]:
        rows = block.splitlines()
        assert rows[0].startswith("5 pictures, 5 files; best: "), rows
        assert "(best" in rows[1] and "d/" in rows[1], rows
        same(len(rows), 6)
    groups = duplicates(directory, "d")
    result = call("duplicates", "-q", "-0", "d", cwd=directory)
    same(result.stderr, b"")
    same(result.stdout.decode().split("\0\0"),
         ["\0".join(names(group)) for group in groups] + [""])
    del paths


def test_folders_and_filters(directory):
    album(directory, 3)
    said(call("index", "-q", "d", cwd=directory), 0)
    below = duplicates(directory, "d/mirror")
    same(below, [])
    assert not os.path.exists(os.path.join(directory, "d/mirror/.fovea"))
    groups = duplicates(directory, "-i", "d", "--path", "mirror/", "--path",
                        "small/")
    same(len(groups), 3)
    same({os.path.basename(os.path.dirname(path))
          for group in groups for path in names(group)}, {"mirror", "small"})
    same(duplicates(directory, "-i", "d", "--since", "2021"), [])
    same(len(duplicates(directory, "-i", "d", "--until", "2021")), 3)
    # A folder beside those that an index above it is of has one of its own.
    put(directory, ".keep", b"")
    put(directory, "e/1.png", png(scene(5)))
    put(directory, "e/2.png", png(scene(5)[:, ::-1].copy()))
    same(len(duplicates(directory, "e")), 1)
    assert os.path.isdir(os.path.join(directory, "e/.fovea"))
    for words, code, part in ((("nowhere",), 1, "nowhere"),
                              (("d/small/0.png",), 1, "0.png"),
                              (("d", "e"), 2, "one too many"),
                              (("-i", "nowhere"), 2, "fovea index"),
                              ((), 2, "fovea index DIR"),
                              (("--threshold", "2", "d"), 2, "--threshold"),
                              (("--threshold", "", "d"), 2, "--threshold"),
                              (("--json", "-0", "d"), 2, "-0")):
        said(call("duplicates", *words, cwd=directory), code, part)


def test_nothing_is_touched(directory):
    paths = album(directory, 2)
    said(call("index", "-q", "d", cwd=directory), 0)
    state = lambda: {path: (os.stat(path).st_mtime_ns, read(path))
                     for path in paths}
    before, listing = state(), sorted(os.listdir(os.path.join(directory, "d")))
    duplicates(directory, "d")
    same(state(), before)
    same(sorted(os.listdir(os.path.join(directory, "d"))), listing)


def test_a_contact_sheet_has_all_groups(directory):
    album(directory, 2)
    said(call("duplicates", "-q", "--html", "s.html", "d", cwd=directory), 0)
    page = read(os.path.join(directory, "s.html")).decode()
    same(page.count("<h2>Group "), 2)
    same(page.count("<li>"), 10)
    same(page.count('src="data:image/jpeg;base64,'), 10)
    same(page.count('<span class="mark">best'), 2)
    assert 'href="d/mirror/0.png"' in page
    mine = put(directory, "mine.html", b"mine")
    said(call("duplicates", "-q", "--html", "mine.html", "d", cwd=directory),
         2, "mine.html")
    same(read(mine), b"mine")


def test_frames_of_one_scene_are_one_group(directory):
    base = scene(3, 24)
    for i in range(60):
        rows = base.copy()
        rows[0, 0] = i
        put(directory, f"d/{i:03}.png", png(rows))
    group, = duplicates(directory, "d")
    same(len(group["pictures"]), 60)
    result = call("duplicates", "-v", "d", cwd=directory)
    said(result, 0, "60 pictures compared, 1770 pairs within the threshold")


def test_a_reader_that_goes_is_no_error(directory):
    album(directory, 2)
    said(call("index", "-q", "d", cwd=directory), 0)
    with subprocess.Popen([FOVEA, "duplicates", "d"], cwd=directory,
                          env=environment(**HOME), stdout=subprocess.PIPE,
                          stderr=subprocess.PIPE) as process:
        process.stdout.close()
        same(process.stderr.read(), b"")
        same(process.wait(TIMEOUT), 141)


main([value for name, value in sorted(globals().items())
      if name.startswith("test_")])
