#!/usr/bin/python3
"""Folders as people have them: what is no image in them, and what is chosen."""
import os

from command import DIMENSION, lines, main, npy, picture, put, read, run, \
    said, same

# What lies beside photographs and is none.
OTHERS = {
    "README": b"My holidays\n",
    "BMW notes.txt": b"BMW drives\n",
    "a.xmp": b"<?xpacket begin='\xef\xbb\xbf'?><x:xmpmeta/>",
    "Thumbs.db": b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1" + bytes(500),
    "clip.mov": b"\0\0\0\x14ftypqt  \0\0\0\0qt  " + bytes(500),
    "clip.avi": b"RIFF\x10\0\0\0AVI LIST" + bytes(500),
    "song.mp3": b"ID3\x03\0\0\0" + bytes(500),
    "doc.pdf": b"%PDF-1.7\n",
    "all.zip": b"PK\x03\x04" + bytes(100),
    "empty": b"",
}


def inputs(result):
    return [line["input"] for line in lines(result.stdout)]


def folder(directory):
    """Two pictures among everything else."""
    for name, content in OTHERS.items():
        put(directory, f"d/{name}", content)
    put(directory, "d/a.png", picture(1))
    put(directory, "d/deep/b.png", picture(2))
    return len(OTHERS)


def test_what_is_no_image_is_skipped(directory):
    n = folder(directory)
    result = run("embed", "d", cwd=directory)
    text = said(result, 0, f"fovea: {n} skipped: not images")
    same(text.count("\n"), 1)
    same(inputs(result), ["d/a.png", "d/deep/b.png"])
    result = run("embed", "-q", "d", cwd=directory)
    same((result.returncode, result.stderr), (0, b""))
    for command in ("embed", "preprocess"):
        result = run(command, "-o", "x.npy", "d", cwd=directory)
        said(result, 0, f"ed 2 images in ", f", {n} skipped: not images\n")
        same(npy(os.path.join(directory, "x.npy"))[1][0], 2)
        same([line["input"] for line in
              lines(read(os.path.join(directory, "x.npy.jsonl")))],
             ["d/a.png", "d/deep/b.png"])
        os.unlink(os.path.join(directory, "x.npy"))
        os.unlink(os.path.join(directory, "x.npy.jsonl"))
    result = run("similar", "--json", "d/a.png", "d", cwd=directory)
    said(result, 0, f"{n} skipped")
    same(inputs(result), ["d/a.png", "d/deep/b.png"])


def test_verbose_lists_what_was_skipped(directory):
    folder(directory)
    text = said(run("embed", "-v", "d", cwd=directory), 0)
    for name in OTHERS:
        assert f"fovea: skipped: d/{name}: " in text, (name, text)
    assert "skipped: d/a.png" not in text


def test_what_was_named_is_an_error(directory):
    folder(directory)
    for words, listed in ((("d/README", "d/a.png"), None),
                          (("-",), b"d/README\nd/a.png\n")):
        result = run("embed", *words, cwd=directory, input=listed or b"")
        said(result, 3, "d/README")
        same([line.get("error", {}).get("code")
              for line in lines(result.stdout)], ["not_an_image", None])
    # Also where a folder in a list is walked.
    result = run("embed", "-", cwd=directory, input=b"d/README\nd\n")
    same(result.returncode, 3)
    same(inputs(result), ["d/README", "d/a.png", "d/deep/b.png"])


def test_a_damaged_image_is_an_error(directory):
    folder(directory)
    put(directory, "d/cut.png", picture(3)[:-60])
    put(directory, "d/lost.jpg", bytes(1000))
    result = run("embed", "d", cwd=directory)
    text = said(result, 3, "d/cut.png: ", f"{len(OTHERS) + 1} skipped")
    same([line["error"]["code"] for line in lines(result.stdout)
          if "error" in line], ["image_truncated"])
    # What only its name says to be an image is not passed over in silence.
    assert "skipped: d/lost.jpg: not an image" in text, text


def test_no_image_at_all_is_nothing_to_do(directory):
    put(directory, "d/README", b"Nothing here\n")
    result = run("embed", "-o", "x.npy", "d", cwd=directory)
    said(result, 1, "no images in d", "1 skipped")
    same(os.listdir(directory), ["d"])


def test_include_and_exclude(directory):
    for name in ("a.PNG", "b.jpg", "raw/c.png", "raw/deep/d.png", "x/e.png"):
        put(directory, f"d/{name}", picture(1))
    for flags, expected in (
            (("--include", "*.png"), ["a.PNG", "raw/c.png", "raw/deep/d.png",
                                      "x/e.png"]),
            (("--include=*.jpg", "--include=?.PNG", "--exclude=raw"),
             ["a.PNG", "b.jpg", "x/e.png"]),
            (("--exclude", "deep/", "--exclude", "*.jpg"),
             ["a.PNG", "raw/c.png", "x/e.png"]),
            (("--include", "raw/*"), ["raw/c.png", "raw/deep/d.png"]),
            (("--exclude", "raw/*"), ["a.PNG", "b.jpg", "x/e.png"])):
        for top in ("d", "d/"):
            result = run("embed", *flags, top, cwd=directory)
            same((result.returncode, result.stderr), (0, b""))
            same(inputs(result), [f"d/{name}" for name in expected])
    # What was named counts.
    result = run("embed", "--include=*.jpg", "--exclude=x", "d/a.PNG", "d/x",
                 cwd=directory)
    same(inputs(result), ["d/a.PNG"])
    result = run("embed", "--include", "*.gif", "d", cwd=directory)
    said(result, 1, "no files in d that --include and --exclude leave")


def test_the_results_are_no_inputs_of_the_next_run(directory):
    put(directory, "d/a.png", picture(1))
    for _ in range(2):
        said(run("embed", "-o", "d/x.npy", "d", cwd=directory), 0,
             "embedded 1 image")
        same(npy(os.path.join(directory, "d/x.npy"))[1], (1, DIMENSION))
    same([line["input"] for line in
          lines(read(os.path.join(directory, "d/x.npy.jsonl")))], ["d/a.png"])


main([value for name, value in sorted(globals().items())
      if name.startswith("test_")])
