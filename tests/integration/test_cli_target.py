#!/usr/bin/python3
"""What -o may replace: never an input, never a file of somebody else's."""
import os
import subprocess

from command import DIMENSION, TIMEOUT, lines, main, npy, picture, put, read, \
    run, said, same, start, wait_until


def album(directory, n, ending="png"):
    return [put(directory, f"{i}.{ending}", picture(i)) for i in range(n)]


def content(directory):
    found = {}
    for where, _, names in os.walk(directory):
        for name in names:
            path = os.path.join(where, name)
            if not os.path.islink(path):
                found[path] = read(path)
    return found


def refused(directory, *words, command="embed", parts=(), **options):
    """Exit status 2, a sentence, and nothing changed or made."""
    before = content(directory)
    result = run(command, *words, cwd=directory, **options)
    text = said(result, 2, *parts)
    same(result.stdout, b"")
    same(text.count("\n"), 1)
    same(content(directory), before)
    return text


def test_a_glob_does_not_cost_a_photograph(directory):
    paths = album(directory, 3, "JPG")
    for command in ("embed", "preprocess"):
        refused(directory, "-o", *paths, command=command,
                parts=(f"-o {paths[0]}: ", ".npy"))


def test_endings_say_what_is_written(directory):
    path, = album(directory, 1)
    for name in ("all.txt", "all.json", "all", "all.npy.gz", ".npy.txt",
                 "all.npz", "all.jsonlines", "a.npy/b"):
        for flags in ((), ("--overwrite",)):
            refused(directory, "-o", name, *flags, path,
                    parts=(f"-o {name}: ", ".npy", ".jsonl", ".ndjson"))
    for name in ("x.jsonl", "x.NDJSON"):
        text = refused(directory, "-o", name, path, command="preprocess",
                       parts=(".npy",))
        assert "JSON lines" not in text, text


def test_lines_go_to_a_file(directory):
    paths = album(directory, 5)
    bad = put(directory, "bad.png", b"bad")
    streamed = run("embed", *paths, bad)
    for name in ("x.jsonl", "x.ndjson", "x.JSONL"):
        for _ in range(2):
            result = run("embed", "-o", name, *paths, bad, cwd=directory)
            said(result, 3, "embedded 5 images")
            same(result.stdout, b"")
            same(read(os.path.join(directory, name)), streamed.stdout)
        same(os.path.exists(os.path.join(directory, name + ".jsonl")), False)


def test_others_files_are_kept(directory):
    path, = album(directory, 1)
    foreign = b"\x93NUMPY\x01\x00v\x00" + (
        b"{'descr': '<f4', 'fortran_order': False, 'shape': (1,), }")
    foreign += b" " * (127 - len(foreign)) + b"\n\0\0\0\0"
    for name, theirs in (("x.npy", b"notes"), ("x.npy", b""),
                         ("x.npy", foreign), ("x.npy.jsonl", b"notes\n"),
                         ("x.npy.jsonl", b'{"input":"a"}\n'),
                         ("x.npy.jsonl", b'{"input":"a')):
        put(directory, name, theirs)
        refused(directory, "-o", "x.npy", path,
                parts=(f"{name} is there", "--overwrite"))
        os.unlink(os.path.join(directory, name))
    for theirs in (b"", b"{}\n", b'{"input": "a"}\n', b'{"row":0}\n'):
        put(directory, "x.jsonl", theirs)
        refused(directory, "-o", "x.jsonl", path,
                parts=("x.jsonl is there", "--overwrite"))
    for name in ("x.jsonl", "x.npy"):
        put(directory, name, b"notes")
        same(run("embed", "-o", name, "--overwrite", path,
                 cwd=directory).returncode, 0)
    same(npy(os.path.join(directory, "x.npy"))[1], (1, DIMENSION))
    same(len(lines(read(os.path.join(directory, "x.jsonl")))), 1)


def test_results_of_ours_are_replaced(directory):
    album(directory, 3)
    odd = put(os.fsencode(directory), b'q"\\\xff.png', picture(9))
    # Lines that begin with a note: of a preview, of damage.
    samples = os.path.join(os.environ["FOVEA_SOURCE_ROOT"], "samples/formats")
    preview = os.path.join(samples, "preview.dng")
    cut = put(directory, "cut.jpg",
              read(os.path.join(samples, "baseline.jpg"))[:-4])
    for first in (odd, preview, cut, "missing.png", "0.png"):
        for command, name in (("embed", "x.npy"), ("preprocess", "x.npy"),
                              ("embed", "y.jsonl")):
            result = run(command, "-o", name, "--damaged", "accept", first,
                         "1.png", cwd=directory)
            assert result.returncode in (0, 3), result
    # The array without its list is anybody's.
    os.unlink(os.path.join(directory, "x.npy.jsonl"))
    refused(directory, "-o", "x.npy", "0.png", parts=("x.npy is there",))


def test_an_input_is_never_replaced(directory):
    photo = put(directory, "d/x.npy", picture(1))
    put(directory, "d/b.png", picture(2))
    os.link(photo, os.path.join(directory, "hard.npy"))
    os.symlink("d/x.npy", os.path.join(directory, "soft.npy"))
    os.symlink("d", os.path.join(directory, "e"))
    # Named, by other paths, by links, found by a walk, in a list.
    for out in ("d/x.npy", "hard.npy", "soft.npy", "./d/../e/x.npy"):
        for words in (("d/x.npy",), (photo,), ("e/x.npy",), ("hard.npy",),
                      ("soft.npy",), ("d/b.png", "d"), ("e/",)):
            refused(directory, "-o", out, "--overwrite", *words,
                    parts=("the input ", "leave that input out"))
        for listed in (b"d/x.npy\n", b"d/b.png\nd\n"):
            refused(directory, "-o", out, "--overwrite", "-", input=listed,
                    parts=("the input ", "leave that input out"))
    # The list beside an array likewise.
    put(directory, "z.npy.jsonl", picture(3))
    refused(directory, "-o", "z.npy", "--overwrite", "z.npy.jsonl",
            parts=("the input z.npy.jsonl",))
    # Earlier results too, where they are named; a walk passes them over.
    for _ in range(2):
        same(run("embed", "-o", "d/y.npy", "d", cwd=directory).returncode, 0)
    refused(directory, "-o", "d/y.npy", "d/y.npy", "d/b.png",
            parts=("the input d/y.npy",))


def test_links_are_replaced_not_followed(directory):
    path, = album(directory, 1)
    target = put(directory, "other/notes.npy", b"notes")
    link = os.path.join(directory, "x.npy")
    os.symlink("other/notes.npy", link)
    refused(directory, "-o", "x.npy", path, parts=("x.npy is there",))
    same(run("embed", "-o", "x.npy", "--overwrite", path,
             cwd=directory).returncode, 0)
    assert not os.path.islink(link)
    same(read(target), b"notes")


def test_nothing_is_opened_before_the_output_was_looked_at(directory):
    path, = album(directory, 1)
    put(directory, "x.npy", b"notes")
    said(run("embed", "-m", f"{directory}/no-model", "-o", "x.npy", path,
             model=False, cwd=directory), 2, "x.npy is there")


def holds(pid, directory):
    """Whether a process has something of a directory open."""
    for fd in os.listdir(f"/proc/{pid}/fd"):
        try:
            if os.readlink(f"/proc/{pid}/fd/{fd}").startswith(directory):
                return True
        except FileNotFoundError:
            pass  # closed again
    return False


def test_what_comes_meanwhile_is_kept(directory):
    """The name is free at the start, and somebody else's at the end."""
    path, = album(directory, 1)
    for flags, code in (((), 2), (("--overwrite",), 0)):
        process = start("embed", "-o", "x.npy", *flags, "-", cwd=directory,
                        stdin=subprocess.PIPE, stderr=subprocess.PIPE)
        process.stdin.write(os.fsencode(path) + b"\n")
        process.stdin.flush()
        wait_until(lambda p=process: holds(p.pid, directory), "the output")
        put(directory, "x.npy", b"theirs")
        process.stdin.close()
        same(process.wait(TIMEOUT), code)
        text = process.stderr.read().decode()
        process.stderr.close()
        if code:
            assert "x.npy: another file has come there" in text, text
            same(sorted(os.listdir(directory)), ["0.png", "x.npy"])
            same(read(os.path.join(directory, "x.npy")), b"theirs")
            os.unlink(os.path.join(directory, "x.npy"))
    same(npy(os.path.join(directory, "x.npy"))[1], (1, DIMENSION))


main([value for name, value in sorted(globals().items())
      if name.startswith("test_")])
