#!/usr/bin/python3
"""`fovea classify`: scores against NumPy's, labels of files and flags, and what
goes wrong.

    test_cli_classify.py FOVEA MODEL_DIRECTORY

The models with both towers are in $FOVEA_WHOLE_MODELS.
"""
import json
import os
import pty
import struct
import subprocess

import numpy

from command import FOVEA, TIMEOUT, environment, lines, main, picture, put, \
    read, run, said, same

WHOLE = os.environ["FOVEA_WHOLE_MODELS"]
CLIP = os.path.join(WHOLE, "clip")
SIGLIP = os.path.join(WHOLE, "siglip")
LABELS = ["cat", "dog", "a red bicycle", "Straße", "tree"]


def classify(*words, model=CLIP, **options):
    return run("classify", "-m", model, *words, model=False, **options)


def embeddings(model, *words):
    result = run("embed", "-m", model, *words, model=False)
    said(result, 0)
    return numpy.array([line["embedding"] for line in lines(result.stdout)],
                       numpy.float64)


def scalar(model, name):
    """A tensor of one number of a checkpoint, or None."""
    content = read(os.path.join(model, "model.safetensors"))
    size, = struct.unpack("<Q", content[:8])
    entry = json.loads(content[8:8 + size]).get(name)
    if not entry:
        return None
    at = 8 + size + entry["data_offsets"][0]
    return struct.unpack("<f", content[at:at + 4])[0]


def album(directory, n=3):
    return [put(directory, f"{i}.png", picture(i)) for i in range(n)]


def expected_scores(model, paths, texts):
    images = embeddings(model, *paths)
    rows = embeddings(model, *(word for text in texts
                               for word in ("--text", text)))
    logits = images @ rows.T * numpy.exp(scalar(model, "logit_scale"))
    bias = scalar(model, "logit_bias")
    if bias is not None:
        return 1 / (1 + numpy.exp(-(logits + bias)))
    powers = numpy.exp(logits - logits.max(axis=1, keepdims=True))
    return powers / powers.sum(axis=1, keepdims=True)


def check(model, directory, template, *flags):
    paths = album(directory)
    path = put(directory, "labels.txt", "\n".join(LABELS).encode())
    result = classify(*flags, "-l", path, "--top", "0", *paths, model=model)
    said(result, 0)
    got = lines(result.stdout)
    same([line["input"] for line in got], paths)
    scores = expected_scores(model, paths, [template.replace("{}", label)
                                            for label in LABELS])
    for line, row in zip(got, scores):
        order = numpy.argsort(-row, kind="stable")
        same([one["label"] for one in line["labels"]],
             [LABELS[i] for i in order])
        for one, i in zip(line["labels"], order):
            assert abs(one["score"] - row[i]) < 1e-5 * max(row[i], 0.01), \
                (one, row[i])
    return got


def test_clip_gives_shares(directory):
    for line in check(CLIP, directory, "a photo of a {}"):
        assert abs(sum(one["score"] for one in line["labels"]) - 1) < 1e-6


def test_siglip_gives_each_label_a_probability(directory):
    sums = [sum(one["score"] for one in line["labels"])
            for line in check(SIGLIP, directory, "a photo of a {}")]
    assert all(abs(total - 1) > 1e-3 for total in sums), sums


def test_a_template_makes_the_texts(directory):
    plain = check(CLIP, directory, "{}", "--template", "{}")
    other = check(CLIP, directory, "{}, drawn badly", "--template",
                  "{}, drawn badly")
    assert plain != other
    path = album(directory, 1)[0]
    for template in ("no place", "{} and {}", ""):
        said(classify("--label", "a", "--template", template, path), 2,
             "template" if template else "template")


def test_only_the_best_are_shown(directory):
    paths = album(directory)
    words = [word for i in range(8) for word in ("--label", f"number {i}")]
    full = lines(classify("--top=0", *words, *paths).stdout)
    same([len(line["labels"]) for line in full], [8] * 3)
    for flags, n in (((), 5), (("--top", "1"), 1), (("--top", "99"), 8)):
        got = lines(classify(*flags, *words, *paths).stdout)
        same([line["labels"] for line in got],
             [line["labels"][:n] for line in full])


def test_labels_of_a_file_and_of_flags(directory):
    path = put(directory, "labels.txt",
               b"\xef\xbb\xbfcat\r\n\r\n  dog \n\n# no comment\n")
    paths = album(directory, 1)
    got, = lines(classify("-l", path, "--label", "bird", *paths).stdout)
    same(sorted(one["label"] for one in got["labels"]),
         ["# no comment", "bird", "cat", "dog"])
    result = classify("-l", "-", *paths, input=b"cat\ndog\n")
    said(result, 0)
    same(len(lines(result.stdout)[0]["labels"]), 2)
    said(classify("-l", "-", "-", input=b"cat\n"), 2, "only once")


def test_what_is_wrong_with_labels_is_told_with_its_line(directory):
    path = os.path.join(directory, "labels.txt")
    image = album(directory, 1)[0]
    for content, message in (
            (b"cat\n\ndog\ncat \n", f'{path}:4: the label "cat" is given by '
                                    f"{path}:1 already"),
            (b"cat\n\xff\n", f"{path}:2: the label is not valid UTF-8"),
            (b"a nice label\nc\0t\n", f"{path}:2: the label has a NUL"),
            (b"\n \n", f"{path}: there are no labels"),
            (picture(1), "no lines of text")):
        put(directory, "labels.txt", content)
        result = classify("-l", path, image)
        text = result.stderr.decode()
        assert message in text and result.returncode in (1, 2), text
        same(result.stdout, b"")
    said(classify("-l", path + ".gone", image), 1, path + ".gone")
    said(classify("--label", "a", "--label", "a", image), 2,
         '--label 2: the label "a" is given by --label 1 already')
    said(classify(image), 2, "no labels")
    said(classify("--label", "a"), 2, "no INPUT")


def test_long_labels_are_told_or_refused(directory):
    image = album(directory, 1)[0]
    words = ("--label", "red " * 40, "--label", "red", "--label", "blue " * 40)
    said(classify(*words, image), 0, "--label 1: ", "1 more label")
    same(classify("-q", *words, image).stderr, b"")
    result = classify("--truncate", "refuse", *words, image)
    said(result, 1, "--label 1: ", "token")
    same(result.stdout, b"")
    said(classify("--max-text-bytes=12", *words, image), 1, "--label 1: ",
         "--max-text-bytes")


def test_bad_pictures_cost_only_themselves(directory):
    paths = album(directory, 2)
    paths.insert(1, put(directory, "bad.txt", b"no picture"))
    result = classify("--label", "a", "--label", "b", *paths)
    said(result, 3, "bad.txt")
    got = lines(result.stdout)
    same([line["input"] for line in got], paths)
    same(["labels" in line for line in got], [True, False, True])
    same(got[1]["error"]["code"], "not_an_image")
    # In a folder it is no input.
    result = classify("--label", "a", directory)
    said(result, 0, "1 skipped")
    same(len(lines(result.stdout)), 2)
    # A list, and the picture itself, on standard input.
    result = classify("--label", "a", "-", input=paths[0].encode())
    same(lines(result.stdout)[0]["input"], paths[0])
    result = classify("--label", "a", "--stdin-image", input=read(paths[0]))
    same(lines(result.stdout)[0]["labels"], [{"label": "a", "score": 1.0}])


def on_terminal(*words):
    """What a terminal is shown on standard output."""
    ours, theirs = pty.openpty()
    process = subprocess.Popen([FOVEA, "classify", "-m", CLIP, *words],
                               stdout=theirs, stderr=subprocess.DEVNULL,
                               env=environment())
    os.close(theirs)
    shown = b""
    while True:
        try:
            more = os.read(ours, 65536)
        except OSError:  # the other end is closed
            more = b""
        if not more:
            break
        shown += more
    os.close(ours)
    same(process.wait(timeout=TIMEOUT), 0)
    return shown.decode().replace("\r\n", "\n")


def test_people_get_paragraphs(directory):
    paths = album(directory, 2)
    words = ("--label", "cat", "--label", "dog", *paths)
    got = lines(classify(*words).stdout)
    text = "".join(f"{line['input']}\n" + "".join(
        f"  {one['score']:7.4f}  {one['label']}\n" for one in line["labels"])
        for line in got)
    same(on_terminal(*words), text)
    same(lines(on_terminal("--json", *words).encode()), got)


if __name__ == "__main__":
    main([value for name, value in list(globals().items())
          if name.startswith("test_")])
