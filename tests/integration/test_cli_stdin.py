#!/usr/bin/python3
"""Standard input: lists as other systems write them, what is no list, and an
image; and limits on what may be written."""
import os
import resource
import subprocess

from command import environment, lines, main, picture, put, read, run, said, \
    same


def album(directory, n):
    return [put(directory, f"{i}.png", picture(i)) for i in range(n)]


def vectors(result):
    return [line.get("embedding") for line in lines(result.stdout)]


def test_lists_of_windows(directory):
    album(directory, 3)
    expected = run("embed", "0.png", "1.png", "2.png", cwd=directory)
    for listed in (b"0.png\r\n1.png\r\n2.png\r\n",
                   b"\xef\xbb\xbf0.png\r\n\r\n1.png\r\n2.png",
                   b"\xef\xbb\xbf0.png\n1.png\n2.png\n"):
        result = run("embed", "-", cwd=directory, input=listed)
        said(result, 0)
        same(result.stdout, expected.stdout)
    # Under another system's name rules it is still a name, with -0.
    put(directory, "odd\r", picture(1))
    result = run("embed", "-0", cwd=directory, input=b"odd\r\0")
    same(vectors(result), vectors(expected)[1:2])


def test_other_encodings_are_named(directory):
    album(directory, 1)
    for encoding in ("utf-16", "utf-16-le", "utf-16-be", "utf-32"):
        result = run("embed", "-", cwd=directory,
                     input="0.png\r\n1.png\r\n".encode(encoding))
        text = said(result, 2, "standard input")
        if encoding != "utf-32":
            assert "UTF-16" in text, text
        same((result.stdout, text.count("\n")), (b"", 1))


def test_a_picture_where_a_list_is_expected(directory):
    path, = album(directory, 1)
    for words in (("embed", "-"), ("similar", path, "-"),
                  ("preprocess", "-o", "x.npy", "-"),
                  ("embed", "-o", "x.npy", path, "-")):
        result = run(*words, cwd=directory, input=picture(1))
        text = said(result, 2, "standard input is no list of names",
                    "--stdin-image")
        same((result.stdout, text.count("\n")), (b"", 1))
    same(os.listdir(directory), ["0.png"])


def test_an_image_on_standard_input(directory):
    paths = album(directory, 3)
    expected = vectors(run("embed", *paths))
    for words in (("--stdin-image",), ("--stdin-image", "-"),
                  ("-", "--stdin-image")):
        result = run("embed", *words, input=picture(1))
        said(result, 0)
        same(vectors(result), expected[1:2])
        same(lines(result.stdout)[0]["input"], "-")
    result = run("embed", "--stdin-image", paths[0], "-", paths[2],
                 input=picture(1))
    same(vectors(result), expected)
    # From a file and from a pipe that is slow alike.
    with open(paths[1], "rb") as file:
        same(vectors(run("embed", "--stdin-image", stdin=file)), expected[1:2])
    for part, whole in (("x.npy", expected[1:2]), ("y.jsonl", None)):
        result = run("embed", "--stdin-image", "-o", part, cwd=directory,
                     input=picture(1))
        said(result, 0, "embedded 1 image ")
        same(lines(read(os.path.join(
            directory, part if whole is None else part + ".jsonl")))[0]
             ["input"], "-")
    said(run("preprocess", "--stdin-image", "-o", "z.npy", cwd=directory,
             input=picture(1)), 0, "preprocessed 1 image ")


def test_it_can_be_compared(directory):
    paths = album(directory, 4)
    result = run("similar", "--json", "--stdin-image", "-", *paths,
                 input=picture(2))
    said(result, 0)
    found = lines(result.stdout)
    same(found[0]["input"], paths[2])
    assert found[0]["cosine"] > 0.99999, found[0]
    result = run("similar", "--json", "--stdin-image", paths[2], *paths[:2],
                 input=picture(2))
    same(result.returncode, 2)
    result = run("similar", "--json", "--stdin-image", paths[2], paths[0], "-",
                 input=picture(2))
    same(lines(result.stdout)[0]["input"], "-")
    said(run("similar", "--stdin-image", "-", paths[0], input=b"no picture"),
         1, "standard input: not an image")
    said(run("similar", "--stdin-image", "-", paths[0], input=b""),
         1, "standard input is empty")


def test_what_is_wrong_with_it_is_its_own(directory):
    path, = album(directory, 1)
    for data, flags, code in (
            (b"no picture", (), "not_an_image"), (b"", (), "not_an_image"),
            (picture(1)[:-60], (), "image_truncated"),
            (bytes(200000), ("--max-bytes=150000",), "image_too_many_bytes")):
        result = run("embed", "--stdin-image", *flags, "-", path, input=data)
        said(result, 3)
        bad, good = lines(result.stdout)
        same((bad["input"], bad["error"]["code"]), ("-", code))
        assert good["embedding"]
    assert "--max-bytes" in bad["error"]["message"], bad


def test_wrong_use_is_explained(directory):
    path, = album(directory, 1)
    for words, message in (
            (("embed", "--stdin-image", path), "there is no - here"),
            (("embed", "--stdin-image", "-0"), "-0 is about a list"),
            (("embed", "--stdin-image", "-", "-"), "only once"),
            (("similar", "--stdin-image", "-", "-"), "only once"),
            (("similar", "--stdin-image", "-"), "no INPUT"),
            (("similar", "-", path), "--stdin-image")):
        same(run(*words, input=picture(1)).stdout, b"")
        said(run(*words, input=picture(1)), 2, message)


def limited(size):
    """What a shell's `ulimit -f` does."""
    return lambda: resource.setrlimit(resource.RLIMIT_FSIZE, (size, size))


def test_a_limit_on_files_is_an_error(directory):
    paths = album(directory, 12)
    out = os.path.join(directory, "out")
    with open(out, "wb") as file:
        result = run("embed", *paths, stdout=file, preexec_fn=limited(8192))
    said(result, 1, "standard output cannot be written: File too large")
    # Too little for the weights, which are a file in memory.
    cache = os.path.join(directory, "cache")
    result = run("embed", "-o", "x.npy", paths[0], cwd=directory,
                 env=environment(FOVEA_CACHE=cache), preexec_fn=limited(1024))
    said(result, 3, "ulimit -f")


def test_a_closed_reader_and_an_open_list(directory):
    """`fovea embed -` in a pipeline whose end has gone ends by itself."""
    path, = album(directory, 1)
    reader, writer = os.pipe()
    os.close(reader)
    ours, theirs = os.pipe()
    os.write(theirs, os.fsencode(path) + b"\n")
    result = run("embed", "-", stdin=ours, stdout=writer,
                 stderr=subprocess.PIPE)
    for fd in (writer, ours, theirs):
        os.close(fd)
    same((result.returncode, result.stderr), (141, b""))


main([value for name, value in sorted(globals().items())
      if name.startswith("test_")])
