#!/usr/bin/python3
"""Texts: `fovea embed --text` and `--text-file`, and `fovea similar --text`.

    test_cli_text.py FOVEA MODEL_DIRECTORY

MODEL_DIRECTORY has no text tower; those in $FOVEA_WHOLE_MODELS have one.
"""
import os
import struct
import subprocess

import numpy

from command import FOVEA, TIMEOUT, environment, lines, main, npy, picture, \
    put, run, said, same, wait_until

WHOLE = os.environ["FOVEA_WHOLE_MODELS"]
CLIP = os.path.join(WHOLE, "clip")
SIGLIP = os.path.join(WHOLE, "siglip")
LONG = "red " * 40  # more tokens than either model takes


def embed(*words, model=CLIP, command="embed", **options):
    return run(command, "-m", model, *words, model=False, **options)


def vector(line):
    return numpy.array(line["embedding"], numpy.float32)


def test_texts_and_pictures_keep_their_order(directory):
    path = put(directory, "a.png", picture(1))
    for model, dimension in ((CLIP, 24), (SIGLIP, 32)):
        result = embed("--text", "a red bicycle", path, "--text=", "--text",
                       "--raw", path, "--text", "a red bicycle", model=model)
        said(result, 0)
        got = lines(result.stdout)
        same([line.get("text", line.get("input")) for line in got],
             ["a red bicycle", path, "", "--raw", path, "a red bicycle"])
        same(["pixels" in line for line in got],
             [False, True, False, False, True, False])
        for line in got:
            same(len(line["embedding"]), dimension)
            assert abs(numpy.linalg.norm(vector(line)) - 1) < 1e-5
        # The same bits wherever it stands, and for other words others.
        same(got[0]["embedding"], got[5]["embedding"])
        assert vector(got[0]) @ vector(got[2]) < 0.9999
        alone = lines(embed("--text", "a red bicycle", model=model).stdout)
        same(alone, got[:1])


def test_case_and_white_space_do_not_count(directory):
    del directory
    got = lines(embed("--text", "a red bicycle", "--text",
                      "  A\tRed \n BICYCLE ").stdout)
    same(got[0]["embedding"], got[1]["embedding"])


def test_lines_of_files_and_of_standard_input(directory):
    path = put(directory, "texts.txt", b"\xef\xbb\xbfone\r\n\ntwo words\n-\n")
    result = embed("--text-file", path, "--text", "x", "--text-file", "-",
                   input="drei Wörter\nlast".encode())
    said(result, 0)
    got = lines(result.stdout)
    same([line["text"] for line in got],
         ["one", "", "two words", "-", "x", "drei Wörter", "last"])
    same(got[1]["embedding"],
         lines(embed("--text", "").stdout)[0]["embedding"])
    # With -0 a text may have lines, and there is no list of names.
    result = embed("-0", "--text-file", "-", input=b"one\ntwo\0\0three")
    said(result, 0)
    same([line["text"] for line in lines(result.stdout)],
         ["one\ntwo", "", "three"])
    # Beside a list of names it can be read once.
    said(embed("-", "--text-file", "-", input=b""), 2, "only once")
    said(embed("--text-file", os.devnull), 1, "no texts in " + os.devnull)


def test_a_slow_list_is_answered_as_it_comes(directory):
    del directory
    process = subprocess.Popen(
        [FOVEA, "embed", "-q", "-m", CLIP, "--text-file", "-"],
        stdin=subprocess.PIPE, stdout=subprocess.PIPE, env=environment())
    for text in (b"one\n", b"two\n"):
        process.stdin.write(text)
        process.stdin.flush()
        assert b'"text":"' + text.strip() in process.stdout.readline()
    process.stdin.close()
    same(process.wait(timeout=TIMEOUT), 0)
    process.stdout.close()


def test_a_pipe_is_a_file_of_texts(directory):
    path = os.path.join(directory, "pipe")
    os.mkfifo(path)
    process = subprocess.Popen([FOVEA, "embed", "-q", "-m", CLIP,
                                "--text-file", path],
                               stdout=subprocess.PIPE, env=environment())
    with open(path, "wb") as pipe:
        pipe.write(b"one\ntwo\n")
    got = lines(process.communicate(timeout=TIMEOUT)[0])
    same([line["text"] for line in got], ["one", "two"])


def test_arrays_have_a_row_a_text(directory):
    path = put(directory, "a.png", picture(1))
    target = os.path.join(directory, "x.npy")
    words = ("--text", "a cat", path, "--text", "a dog")
    said(embed("-o", target, *words), 0, "1 image and 2 texts")
    kind, shape, data = npy(target)
    same((kind, shape), ("<f4", (3, 24)))
    rows = numpy.frombuffer(data, numpy.float32).reshape(shape)
    with open(target + ".jsonl", "rb") as f:
        listed = lines(f.read())
    same(listed, [{"text": "a cat", "row": 0},
                  {"input": path, "pixels": "pil", "row": 1},
                  {"text": "a dog", "row": 2}])
    for row, line in zip(rows, lines(embed(*words).stdout)):
        same(row.tolist(), vector(line).tolist())
    # A file that begins with a text is fovea's, and may be replaced.
    said(embed("-o", target, "--text", "x" * 5000), 0, "1 text ")
    said(embed("-o", target, "--text", "a cat"), 0)
    same(npy(target)[1], (1, 24))
    target = os.path.join(directory, "x.jsonl")
    for _ in range(2):
        said(embed("-o", target, "--text", "a cat"), 0)
    raw = embed("--raw", "--text", "a cat")
    raw, = (vector(line) for line in lines(raw.stdout))
    length = numpy.linalg.norm(raw)
    assert abs(length - 1) > 1e-3, length
    assert abs(raw / length - rows[0]).max() < 1e-6


def test_statistics_tell_texts_from_images(directory):
    path = put(directory, "a.png", picture(1))
    result = embed("--stats", "--text", "a cat", "--text", "a dog", path)
    said(result, 0, f"{CLIP}, texts: 2 good", f"{CLIP}, images: 1 good",
         "texts waiting", "images waiting")


def test_bad_texts_cost_only_themselves(directory):
    huge = b"x" * 200000
    path = put(directory, "texts.txt",
               b"good\n\xff\xfe bad\nnul \0 is one\n" + huge +
               b"\nend\xe2\x82\n\x1b[2J\nlast")
    result = embed("--text-file", path)
    text = said(result, 3, f'{path}:2: "', "not UTF-8",
                f"{path}:4: ", "65536", "--max-text-bytes", f"{path}:5: ")
    assert "\x1b" not in text and text.count("\n") == 3, text
    got = lines(result.stdout)
    same([line.get("error", {}).get("code") for line in got],
         [None, "text_encoding", None, "text_too_large", "text_encoding",
          None, None])
    same([line["text"] for line in got],
         ["good", "\ufffd\ufffd bad", "nul \0 is one", "x" * 4096,
          "end\ufffd\ufffd", "\x1b[2J", "last"])
    same(got[3]["text_bytes"], len(huge))
    same([len(line.get("embedding", "")) for line in got],
         [24, 0, 24, 0, 0, 24, 24])
    # All that came is in an array with them.
    target = os.path.join(directory, "x.npy")
    same(embed("-q", "-o", target, "--text-file", path).returncode, 3)
    same(npy(target)[1], (4, 24))


def test_a_long_text_is_shown_by_its_beginning(directory):
    del directory
    result = embed("--text", "é" * 3000)
    said(result, 0)
    line, = lines(result.stdout)
    same((line["text"], line["text_bytes"]), ("é" * 2048, 6000))
    result = embed("--max-text-bytes", "10", "--text", "12345678901",
                   "--text", "1234567890")
    said(result, 3, "--max-text-bytes")
    same([line.get("error", {}).get("code") for line in lines(result.stdout)],
         ["text_too_large", None])


def test_what_was_cut_is_told_or_refused(directory):
    del directory
    for model in (CLIP, SIGLIP):
        result = embed("--text", LONG, "--text", "red", model=model)
        said(result, 0)
        got = lines(result.stdout)
        same(got[0]["truncated"], True)
        assert "note" in got[0] and "truncated" not in got[1], got
        result = embed("--truncate", "refuse", "--text", LONG, "--text",
                       "red", model=model)
        said(result, 3, "token")
        same([line.get("error", {}).get("code")
              for line in lines(result.stdout)], ["text_truncated", None])


def test_hostile_texts_are_texts(directory):
    texts = ["\u0301" * 20000, " " * 60000, "a" * 60000, "\0" * 1000,
             "\u202e\u2066 \ufeff", "<|endoftext|> <|startoftext|>",
             "\U0010ffff\ue000", "'s 't 've" * 1000]
    path = put(directory, "texts", "\0\0".join(
        text.replace("\0", "\x01") for text in texts).encode())
    for model in (CLIP, SIGLIP):
        result = embed("-q", "-0", "--text-file", path, model=model)
        said(result, 0)
        got = lines(result.stdout)
        same(len(got), 2 * len(texts) - 1)
        for line in got:
            assert abs(numpy.linalg.norm(vector(line)) - 1) < 1e-5, line


def test_files_that_cannot_be_read_are_bad_inputs(directory):
    gone = os.path.join(directory, "gone.txt")
    result = embed("--text-file", gone, "--text", "a cat", "--text-file",
                   directory)
    said(result, 3, gone)
    got = lines(result.stdout)
    same([line.get("error", {}).get("code") for line in got],
         ["file_not_found", None, "not_a_file"])
    same(got[0]["input"], gone)
    path = put(directory, "texts.txt", picture(1))
    result = embed("--text-file", path)
    said(result, 2, path, "no lines of text")
    same(result.stdout, b"")
    path = put(directory, "texts.txt", "a cat\n".encode("utf-16"))
    said(embed("--text-file", path), 2, "UTF-16")


def test_a_model_without_a_text_tower_says_so_before_any_work(directory):
    path = put(directory, "a.png", picture(1))
    for words in (("embed", "--text", "a cat", path),
                  ("embed", path, "--text-file", "/nonexistent"),
                  ("similar", "--text", "a cat", path),
                  ("classify", "--label", "cat", path),
                  ("tokenize", "a cat")):
        result = run(*words)
        said(result, 1, "has no text tower",
             "fovea pull openai/clip-vit-base-patch32")
        same(result.stdout, b"")


def test_why_a_text_tower_is_of_no_use_is_told(directory):
    for name in os.listdir(CLIP):
        if name not in ("tokenizer.json", "vocab.json", "merges.txt"):
            os.symlink(os.path.join(CLIP, name), os.path.join(directory, name))
    for words in (("embed", "--text", "a cat"), ("tokenize", "a cat")):
        result = run(words[0], "-m", directory, *words[1:], model=False)
        said(result, 1, "there is neither tokenizer.json nor vocab.json",
             "fovea pull openai/clip-vit-base-patch32")
        assert b"has no text tower" not in result.stderr, result.stderr
        same(result.stdout, b"")


def test_pictures_are_ranked_by_words(directory):
    paths = [put(directory, f"{i}.png", picture(i)) for i in range(6)]
    vectors = {line["input"]: vector(line)
               for line in lines(embed(*paths).stdout)}
    query, = (vector(line) for line in
              lines(embed("--text", "a red bicycle").stdout))
    result = embed("--json", "--text", "a red bicycle", *paths,
                   command="similar")
    said(result, 0)
    got = lines(result.stdout)
    same([line["rank"] for line in got], list(range(1, 7)))
    cosines = {path: float(row @ query) for path, row in vectors.items()}
    same([line["input"] for line in got],
         sorted(paths, key=lambda path: -cosines[path]))
    for line in got:
        assert abs(line["cosine"] - cosines[line["input"]]) < 1e-6, line
    # For people; all words are inputs, and a list may be among them.
    result = embed("-n2", "--text", "a red bicycle", "-", command="similar",
                   input="\n".join(paths).encode())
    same(result.stdout.decode().splitlines()[0].split(),
         ["RANK", "COSINE", "INPUT"])
    same(len(result.stdout.splitlines()), 3)


def test_a_query_of_words_that_is_bad_ends_it(directory):
    path = put(directory, "a.png", picture(1))
    said(embed("--text", "a cat", command="similar"), 2, "no INPUT")
    result = embed("--text", "x" * 70000, path, command="similar")
    said(result, 1, "--text", "--max-text-bytes")
    same(result.stdout, b"")
    result = embed("--truncate=refuse", "--text", LONG, path,
                   command="similar")
    said(result, 1, "--text: ", "token")
    said(embed("--text", LONG, path, command="similar"), 0, "--text: ")
    quiet = embed("-q", "--text", LONG, path, command="similar")
    same(quiet.stderr, b"")


def test_an_output_is_no_text(directory):
    # Words that are named like the output are words.
    target = os.path.join(directory, "x.npy")
    said(embed("-o", target, "--text", "a"), 0)
    said(embed("-o", target, "--text", target), 0)
    with open(target, "rb") as f:
        same(struct.unpack("<6s", f.read(6)), (b"\x93NUMPY",))


if __name__ == "__main__":
    main([value for name, value in list(globals().items())
          if name.startswith("test_")])
