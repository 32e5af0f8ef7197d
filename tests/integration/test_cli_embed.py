#!/usr/bin/python3
"""`fovea embed` and `fovea preprocess`: inputs of every kind, results in order,
vectors and pixels."""
import json
import math
import os
import struct
import subprocess

from command import DIMENSION, FOVEA, MODEL, SIDE, Skip, environment, lines, \
    main, npy, picture, png, put, read, run, said, same, start


def inputs(result):
    return [line["input"] for line in lines(result.stdout)]


def length(vector):
    return math.sqrt(sum(x * x for x in vector))


def album(directory, n):
    return [put(directory, f"{i:03}.png", picture(i)) for i in range(n)]


def test_vectors_in_the_order_of_the_inputs(directory):
    paths = album(directory, 23)
    paths.append(paths[3])  # once more
    result = run("embed", *paths)
    same(result.returncode, 0)
    same(result.stderr, b"")
    same(inputs(result), paths)
    found = lines(result.stdout)
    for line in found:
        same(sorted(line), ["embedding", "input", "pixels"])
        same(len(line["embedding"]), DIMENSION)
        assert abs(length(line["embedding"]) - 1) < 1e-5
    same(found[-1], found[3])
    assert found[0]["embedding"] != found[1]["embedding"]


def test_batches_and_threads_change_nothing(directory):
    paths = album(directory, 13)
    expected = run("embed", "--batch=1", "--threads=1", *paths).stdout
    same(len(lines(expected)), 13)
    for flags in (("--batch=3",), ("--batch", "32", "--threads", "4"),
                  ("--threads=2",), ("--batch=13", "--threads=1")):
        same(run("embed", *flags, *paths).stdout, expected)


def test_a_raw_photograph_gives_its_preview(directory):
    path = os.path.join(os.environ.get("FOVEA_SOURCE_ROOT", "."),
                        "samples/formats/preview.dng")
    line, = lines(run("embed", path).stdout)
    same(line["preview"], True)
    same(line["note"],
         "the embedded preview of a raw photograph (DNG), 120x90")
    same(len(line["embedding"]), DIMENSION)
    # Its preview, which is last in it, is turned a quarter there.
    whole = read(path)
    jpeg = put(directory, "preview.jpg", whole[whole.rindex(b"\xff\xd8\xff"):])
    other, = lines(run("embed", jpeg).stdout)
    assert "preview" not in other
    assert other["embedding"] != line["embedding"]


def test_raw_vectors_are_not_scaled(directory):
    path, = album(directory, 1)
    unit = lines(run("embed", path).stdout)[0]["embedding"]
    raw = lines(run("embed", "--raw", path).stdout)[0]["embedding"]
    size = length(raw)
    assert abs(size - 1) > 1e-3, size
    for a, b in zip(unit, raw):
        assert abs(a * size - b) < 1e-4 * size


def embedded(path, *flags, **variables):
    result = run("embed", *flags, path, env=environment(**variables))
    return lines(result.stdout)[0]["embedding"]


def test_narrower_dtypes_are_near_f32(directory):
    path, = album(directory, 1)
    exact = embedded(path, "--dtype=f32")
    for dtype, least in (("bf16", 0.999), ("int8", 0.998)):
        vector = embedded(path, f"--dtype={dtype}")
        cosine = sum(x * y for x, y in zip(exact, vector))
        assert least < cosine < 1.0001, (dtype, cosine)
        assert exact != vector
        same(embedded(path, FOVEA_DTYPE=dtype), vector)
    assert embedded(path) != embedded(path, "--dtype=int8")


def test_the_default_model_needs_no_name(directory):
    path, = album(directory, 1)
    source = os.environ["FOVEA_SOURCE_ROOT"]
    result = run("embed", path, model=False,
                 env=environment(FOVEA_HOME=source))
    same(result.stderr, b"")
    named = run("embed", path, "--model",
                f"{source}/models/fovea/near-duplicate", model=False)
    same(result.stdout, named.stdout)
    same(len(lines(result.stdout)[0]["embedding"]), 256)


def test_bad_inputs_cost_only_themselves(directory):
    good = album(directory, 2)
    text = put(directory, "text.png", b"not a picture\n")
    empty = put(directory, "empty.jpg", b"")
    cut = put(directory, "cut.png", read(good[0])[:-60])
    missing = os.path.join(directory, "missing.png")
    under = os.path.join(good[0], "x.png")
    order = [good[0], text, missing, empty, cut, under, good[1]]
    result = run("embed", *order)
    said(result, 3, "missing.png", "text.png")
    same(inputs(result), order)
    found = lines(result.stdout)
    same([line.get("error", {}).get("code", "ok") for line in found],
         ["ok", "not_an_image", "file_not_found", "not_an_image",
          "image_truncated", "file_not_found", "ok"])
    for line in found[1:-1]:
        same(sorted(line), ["error", "input"])
        assert len(line["error"]["message"]) > 5
    same([found[0], found[-1]], lines(run("embed", *good).stdout))
    result = run("embed", "-q", *order)
    said(result, 3)
    same(result.stderr, b"")


def test_only_the_first_bad_inputs_are_told(directory):
    names = [f"missing{i}" for i in range(30)]
    result = run("embed", *names, cwd=directory)
    text = said(result, 3, "missing0:", "missing9:", "more bad inputs")
    same(text.count("\n"), 11)
    same(inputs(result), names)


def test_limits_have_flags(directory):
    path = put(directory, "a.png", picture(1, 40, 30))
    for flag, code in (("--max-pixels=1199", "image_too_many_pixels"),
                       ("--max-side=39", "image_side_too_long"),
                       ("--max-bytes=100", "image_too_many_bytes"),
                       ("--deadline=1ms", "deadline")):
        result = run("embed", flag, path)
        same(result.returncode, 3)
        error = lines(result.stdout)[0]["error"]
        same(error["code"], code)
        # And it is what the message names.
        assert f"({flag.partition('=')[0]}, fovea_" in error["message"], error
    result = run("embed", "--max-pixels=1200", "--max-side", "40",
                 "--max-bytes", "1M", path)
    same(result.returncode, 0)


def test_directories_are_walked_in_order(directory):
    for name in ("d/b.png", "d/a/z.png", "d/a/y/x.png", "d/a.png", "d/a-.png",
                 "d/.hidden.png", "d/.git/c.png"):
        put(directory, name, picture(1))
    os.mkdir(os.path.join(directory, "d/empty"))
    os.symlink("..", os.path.join(directory, "d/loop"))
    os.symlink("b.png", os.path.join(directory, "d/link.png"))
    os.symlink("nothing", os.path.join(directory, "d/broken.png"))
    os.mkfifo(os.path.join(directory, "d/pipe"))
    expected = ["d/a-.png", "d/a.png", "d/a/y/x.png", "d/a/z.png", "d/b.png",
                "d/broken.png", "d/link.png"]
    result = run("embed", "d", cwd=directory)
    same(result.returncode, 3)
    same(inputs(result), expected)
    same(lines(result.stdout)[5]["error"]["code"], "file_not_found")
    os.unlink(os.path.join(directory, "d/broken.png"))
    result = run("embed", "d/a/", "d/b.png", "d/a", cwd=directory)
    same(result.returncode, 0)
    same(inputs(result), ["d/a/y/x.png", "d/a/z.png", "d/b.png",
                          "d/a/y/x.png", "d/a/z.png"])


def test_what_may_not_be_read_is_told(directory):
    put(directory, "d/a.png", picture(1))
    put(directory, "d/private/b.png", picture(1))
    os.chmod(put(directory, "d/secret.png", picture(1)), 0)
    os.chmod(os.path.join(directory, "d/private"), 0)
    options = {}
    if os.geteuid() == 0:
        options["user"] = 65534  # root may read everything
        probe = subprocess.run(["test", "-x", FOVEA, "-a", "-r",
                                os.path.join(MODEL, "config.json")],
                               user=65534, check=False)
        if probe.returncode:
            raise Skip("another user cannot run the command here")
    try:
        result = run("embed", "d", cwd=directory, **options)
    finally:
        os.chmod(os.path.join(directory, "d/private"), 0o755)
    same(result.returncode, 3)
    found = lines(result.stdout)
    same(inputs(result), ["d/a.png", "d/private", "d/secret.png"])
    same([line.get("error", {}).get("code") for line in found],
         [None, "file_denied", "file_denied"])


def test_what_is_not_a_file_does_not_hang(directory):
    pipe = os.path.join(directory, "pipe")
    os.mkfifo(pipe)
    result = run("embed", pipe, "/dev/zero")
    same(result.returncode, 3)
    same([line["error"]["code"] for line in lines(result.stdout)],
         ["not_a_file", "not_a_file"])


def test_lists(directory):
    for name in ("a.png", "b c.png", "d/e.png", "-"):
        put(directory, name, picture(1))
    listed = b"a.png\n\nb c.png\nd\n-\n--\nb c.png"
    result = run("embed", "d/e.png", "-", "a.png", cwd=directory, input=listed)
    same(result.returncode, 3)
    same(inputs(result), ["d/e.png", "a.png", "b c.png", "d/e.png", "-", "--",
                          "b c.png", "a.png"])
    listed = b"a.png\0b c.png\0\0d\0"
    for words in (("-0",), ("--null", "-"), ("-", "-0")):
        result = run("embed", *words, cwd=directory, input=listed)
        same(result.returncode, 0)
        same(inputs(result), ["a.png", "b c.png", "d/e.png"])
    result = run("embed", "-", cwd=directory, input=listed)
    same(result.returncode, 3)
    assert "-0" in lines(result.stdout)[0]["error"]["message"]


def test_nothing_to_do_is_an_error(directory):
    os.mkdir(os.path.join(directory, "empty"))
    said(run("embed", "-", input=b""), 1, "standard input is empty")
    said(run("embed", "-", input=b"\n\n"), 1, "standard input is empty")
    result = run("embed", "empty", "-o", "x.npy", cwd=directory)
    said(result, 1, "no files in empty")
    same(os.listdir(directory), ["empty"])


def test_a_slow_list_is_worked_on_as_it_comes(directory):
    paths = album(directory, 2)
    process = start("embed", "-", stdin=subprocess.PIPE,
                    stdout=subprocess.PIPE)
    for path in paths:
        process.stdin.write(path.encode() + b"\n")
        process.stdin.flush()
        same(json.loads(process.stdout.readline())["input"], path)
    process.stdin.close()
    same(process.stdout.read(), b"")
    same(process.wait(), 0)
    process.stdout.close()


def test_names_of_any_bytes(directory):
    raw = os.fsencode(directory)
    names = [b"new\nline.png", b"quote\".png", b"back\\slash.png",
             b"tab\t\x01\x7f.png", "gr\u00fc\u00df \U0001f5bc.png".encode(),
             b"bad\xff\xc3.png", b"--raw", b"-"]
    for name in names:
        put(raw, name, picture(1))
    result = run("embed", "-0", cwd=directory, input=b"\0".join(names))
    same(result.returncode, 0)
    found = lines(result.stdout)
    same(len(found), len(names))
    for line, name in zip(found, names):
        if b"\xff" in name:
            same(line["input"], "bad\ufffd\ufffd.png")
            same(bytes.fromhex(line["input_hex"]), name)
        else:
            same(line["input"].encode(), name)
            assert "input_hex" not in line
    result = run("embed", "--", "--raw", "./-", cwd=directory)
    same(inputs(result), ["--raw", "./-"])


def test_what_is_no_name_is_explained(directory):
    result = run("embed", "", "ftp://example.org/a.png", cwd=directory)
    same(result.returncode, 3)
    empty, foreign = lines(result.stdout)
    same(empty["error"], {"code": "file_not_found",
                          "message": "the name is empty"})
    same(foreign["error"]["code"], "file_not_found")
    assert "only http://, https:// and s3://" in foreign["error"]["message"], foreign


def test_messages_are_utf8_too(directory):
    result = run("embed", b"gone\xff" + b"\xc3\xa9" * 120, cwd=directory)
    same(result.returncode, 3)
    line, = lines(result.stdout)
    same(line["error"]["code"], "file_not_found")


def test_many_inputs(directory):
    put(directory, "a.png", picture(1))
    n = 20000
    result = run("embed", "-q", "-o", "x.npy", "-", cwd=directory,
                 input=b"no\n" * n + b"a.png\n")
    same(result.returncode, 3)
    same(npy(os.path.join(directory, "x.npy"))[1], (1, DIMENSION))
    found = lines(read(os.path.join(directory, "x.npy.jsonl")))
    same(len(found), n + 1)
    same(found[-1], {"input": "a.png", "pixels": "pil", "row": 0})


def test_pixels_of_every_profile(directory):
    put(directory, "a.png", picture(1, width=301, height=200))
    data = {}
    for whose in ("pil", "torchvision", "fast"):
        for command in ("embed", "preprocess"):
            out = f"{command}-{whose}.npy"
            result = run(command, "-q", f"--pixels={whose}", "-o", out, "a.png",
                         cwd=directory)
            same(result.returncode, 0)
            same(lines(read(os.path.join(directory, out + ".jsonl"))),
                 [{"input": "a.png", "pixels": whose, "row": 0}])
            data[command, whose] = npy(os.path.join(directory, out))[2]
        found = lines(run("embed", f"--pixels={whose}", "a.png",
                          cwd=directory).stdout)
        same(list(found[0]), ["input", "pixels", "embedding"])
        same(found[0]["pixels"], whose)
    for command in ("embed", "preprocess"):
        assert data[command, "pil"] != data[command, "torchvision"]
    far = [abs(a - b) for a, b in zip(data["preprocess", "pil"],
                                      data["preprocess", "torchvision"])]
    assert 1 <= max(far) <= 2, max(far)
    # No decoder makes a PNG smaller.
    same(data["preprocess", "pil"], data["preprocess", "fast"])
    same(data["embed", "pil"], data["embed", "fast"])


def test_fast_pixels_of_what_is_large(directory):
    root = os.environ.get("FOVEA_SOURCE_ROOT", ".")
    model = os.path.join(root, "tests/golden/models/quick")  # of 64 pixels
    large = os.path.join(root, "samples/scenes/forest.jpg")
    found = {}
    for whose in ("pil", "fast"):
        result = run("preprocess", "-q", "-m", model, f"--pixels={whose}",
                     "-o", "x.npy", large, cwd=directory)
        same(result.returncode, 0)
        found[whose] = npy(os.path.join(directory, "x.npy"))[2]
    far = [abs(a - b) for a, b in zip(found["pil"], found["fast"])]
    assert 0 < sum(far) < 2 * len(far), sum(far) / len(far)


def test_pixels_are_those_of_the_picture(directory):
    def pixel(x, y):
        return (x % 256, y, (x * 3 + y * 5) % 256)

    same_size = put(directory, "a.png", png(SIDE, SIDE, pixel))
    wide = put(directory, "b.png", png(SIDE + 100, SIDE, pixel))
    bad = put(directory, "c.png", b"bad")
    out = os.path.join(directory, "x.npy")
    result = run("preprocess", "-o", out, same_size, bad, wide)
    said(result, 3, "preprocessed 2 images in ", "/s), 1 bad")
    same(result.stdout, b"")
    kind, shape, data = npy(out)
    same((kind, shape), ("|u1", (2, SIDE, SIDE, 3)))
    same(data[:SIDE * SIDE * 3], bytes(s for y in range(SIDE)
                                       for x in range(SIDE)
                                       for s in pixel(x, y)))
    # The centre: 50 columns off on either side.
    same(data[SIDE * SIDE * 3:], bytes(s for y in range(SIDE)
                                       for x in range(SIDE)
                                       for s in pixel(x + 50, y)))
    same([(line.get("row"), line.get("error", {}).get("code"))
          for line in lines(read(out + ".jsonl"))],
         [(0, None), (None, "not_an_image"), (1, None)])


def test_rows_are_the_vectors(directory):
    paths = album(directory, 11)
    paths[5:5] = [put(directory, "bad.png", b"bad")]
    out = os.path.join(directory, "x.npy")
    result = run("embed", "-o", out, *paths)
    said(result, 3, "embedded 11 images in ", "/s), 1 bad")
    same(result.stdout, b"")
    kind, shape, data = npy(out)
    same((kind, shape), ("<f4", (11, DIMENSION)))
    rows = [struct.unpack_from(f"<{DIMENSION}f", data, 4 * DIMENSION * i)
            for i in range(11)]
    same(len(data), 4 * DIMENSION * 11)
    listed = lines(read(out + ".jsonl"))
    streamed = lines(run("embed", *paths).stdout)
    same([line["input"] for line in listed], paths)
    for line, other in zip(listed, streamed):
        if "error" in line:
            same(line, other)
        else:
            # A decimal that reads back is the same float32.
            packed = struct.pack(f"<{DIMENSION}f", *other["embedding"])
            same(struct.pack(f"<{DIMENSION}f", *rows[line["row"]]), packed)


main([value for name, value in sorted(globals().items())
      if name.startswith("test_")])
