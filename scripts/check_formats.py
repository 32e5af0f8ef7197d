#!/usr/bin/python3
"""Check that every format of src/base/format.def stands wherever formats do.

    scripts/check_formats.py

What is C is made from the table. What is not, documents, help, the page, the
samples and the fuzzers' corpora, is looked at here.
"""
import os
import re
import sys

ROOT = os.path.join(os.path.dirname(os.path.abspath(__file__)), "..")
TABLE = "src/base/format.def"
ROW = re.compile(r"^FOVEA_FORMAT\((\w+), (\w+),\s*\"([^\"]+)\",\s*\"([^\"]+)\","
                 r"\s*\"([^\"]+)\"\)", re.M)
# Where each title has to stand, and where in it.
NAMED = {
    "README.md": r"^## Images\n(.*?)^\|",
    "src/cli/cmd_embed.c": r"is is found from its bytes, (.*?)Without -o",
    "docs/man/fovea.1": r"What it is is found from its bytes, (.*?)^\.TP",
    "docs/DAMAGE.md": r"^## Format by format\n(.*)",
    "docs/PIXELS.md": r"^## Which way up\n(.*?)^##",
}


# What every browser takes for image/*.
USUAL = {"jpg", "jpeg", "jpe", "jfif", "png", "webp", "gif", "bmp", "dib"}


def read(path):
    with open(os.path.join(ROOT, path), encoding="utf-8") as f:
        return f.read()


def part(path, pattern):
    """The part of a file, its line ends and C's being blanks."""
    found = re.search(pattern, read(path), re.M | re.S)
    if not found:
        sys.exit(f"check_formats: {path} has no part {pattern!r}")
    text = re.sub(r'\\n"\s*"', " ", found[1])
    return " ".join(re.sub(r"[*|\\]", " ", text).split())


def page_takes():
    """name of a file -> whether the page takes it for a picture by its name"""
    script = read("src/server/page/format.js")
    strings = re.search(r"PICTURE = new RegExp\((.*?), \"i\"\)", script, re.S)
    picture = "".join(re.findall(r'"([^"]*)"', strings[1])).replace("\\\\", "\\")
    raw = re.search(r"RAW = /(.*)/i;", script)[1]
    both = re.compile(f"{picture}|{raw}", re.I)
    return lambda name: both.search(name) is not None


def check(rows):
    texts = {path: part(path, pattern) for path, pattern in NAMED.items()}
    offered = re.search(r'accept="([^"]*)"', read("src/server/page/index.html"))
    offered = offered[1].split(",")
    takes = page_takes()
    samples = os.listdir(os.path.join(ROOT, "samples", "formats"))
    for _, codec, _, title, endings in rows:
        for word in title.split(", "):
            yield from (f"{path}: says nothing of {word}"
                        for path, text in texts.items()
                        if not re.search(rf"\b{word.removesuffix('s')}s?\b",
                                         text, re.I))
        for ending in endings.split():
            if ending not in USUAL and "." + ending not in offered:
                yield f"src/server/page/index.html: does not accept .{ending}"
            if not takes("x." + ending):
                yield f"src/server/page/format.js: x.{ending} is no picture"
        if not any(name.endswith(tuple("." + e for e in endings.split()))
                   for name in samples):
            yield f"samples/formats: has no sample of {title}"
        corpus = f"tests/fuzz/corpus/fuzz_decode_{codec}"
        if not os.path.isdir(os.path.join(ROOT, corpus)):
            yield f"{corpus}: is not there"


def main():
    rows = ROW.findall(read(TABLE))
    if len(rows) < 8 or len(rows) != read(TABLE).count("\nFOVEA_FORMAT("):
        sys.exit(f"check_formats: a row of {TABLE} does not read as one")
    wrong = list(check(rows))
    for line in wrong:
        print(line)
    if not wrong:
        print(f"formats: {len(rows)} stand in all places")
    sys.exit(bool(wrong))


main()
