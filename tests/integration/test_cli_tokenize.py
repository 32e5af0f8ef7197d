#!/usr/bin/python3
"""`fovea tokenize`: ids and pieces, to programs and to people, and what was cut.

    test_cli_tokenize.py FOVEA MODEL_DIRECTORY

The models with a text tower are in $FOVEA_WHOLE_MODELS.
"""
import json
import os
import pty
import subprocess

from command import FOVEA, TIMEOUT, environment, lines, main, put, run, said, \
    same

WHOLE = os.environ["FOVEA_WHOLE_MODELS"]
CLIP = os.path.join(WHOLE, "clip")
SIGLIP = os.path.join(WHOLE, "siglip")
LONG = "red " * 40


def tokenize(*words, model=CLIP, **options):
    return run("tokenize", "-m", model, *words, model=False, **options)


def vocabulary(model):
    with open(os.path.join(model, "tokenizer.json"), encoding="utf-8") as f:
        vocab = json.load(f)["model"]["vocab"]
    return vocab if isinstance(vocab, dict) \
        else {piece: i for i, (piece, _) in enumerate(vocab)}


def test_ids_and_pieces_are_the_vocabularys(directory):
    del directory
    for model in (CLIP, SIGLIP):
        vocab = vocabulary(model)
        result = tokenize("a red bicycle", "Straße 42", model=model)
        said(result, 0)
        for line in lines(result.stdout):
            same(len(line["ids"]), line["n"])
            same([vocab[piece] for piece in line["pieces"]], line["ids"])
    got, = lines(tokenize("A  red\tbicycle").stdout)
    pieces = got["pieces"]
    same((pieces[0], pieces[-1]), ("<|startoftext|>", "<|endoftext|>"))
    same("".join(pieces[1:-1]), "a</w>red</w>bicycle</w>")
    got, = lines(tokenize("A  red\tbicycle", model=SIGLIP).stdout)
    pieces = got["pieces"]
    text = "".join(pieces[:pieces.index("</s>")]).replace("\u2581", " ")
    same(text.strip(), "a red bicycle")


def test_an_empty_text_is_a_text(directory):
    del directory
    got, = lines(tokenize("").stdout)
    same(got["pieces"], ["<|startoftext|>", "<|endoftext|>"])


def test_what_was_cut_is_told(directory):
    del directory
    for model in (CLIP, SIGLIP):
        got = lines(tokenize(LONG, "red", model=model).stdout)
        same((got[0]["n"], got[0]["truncated"]), (16, True))
        assert "truncated" not in got[1]
    # The end stays.
    same(lines(tokenize(LONG).stdout)[0]["pieces"][-1], "<|endoftext|>")


def test_texts_of_files_and_of_standard_input(directory):
    path = put(directory, "texts", b"one\n\ntwo\n")
    got = lines(tokenize("x", "--text-file", path, "y", "-",
                         input=b"three\r\n").stdout)
    same([line["text"] for line in got], ["x", "one", "", "two", "y", "three"])
    got = lines(tokenize("-0", input=b"one\ntwo\0three").stdout)
    same([line["text"] for line in got], ["one\ntwo", "three"])
    said(tokenize("-", "--text-file", "-", input=b""), 2, "only once")
    said(tokenize(), 2, "no TEXT")
    same(tokenize("-", input=b"").stdout, b"")


def test_bad_texts_cost_only_themselves(directory):
    path = put(directory, "texts", b"one\n\xff\n" + b"x" * 100000 + b"\ntwo")
    gone = os.path.join(directory, "gone")
    result = tokenize("--text-file", path, "--text-file", gone)
    said(result, 3)
    got = lines(result.stdout)
    same([line.get("error", {}).get("code") for line in got],
         [None, "text_encoding", "text_too_large", None, "file_not_found"])
    same(got[4]["input"], gone)
    said(tokenize("--text-file", put(directory, "utf16",
                                     "one\n".encode("utf-16"))), 2, "UTF-16")


def on_terminal(*words, code=0):
    """What a terminal is shown on standard output."""
    ours, theirs = pty.openpty()
    process = subprocess.Popen([FOVEA, "tokenize", "-m", CLIP, *words],
                               stdout=theirs, stderr=subprocess.PIPE,
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
    complaints = process.communicate(timeout=TIMEOUT)[1]
    same(process.returncode, code)
    return shown.decode().replace("\r\n", "\n"), complaints.decode()


def test_people_get_a_table(directory):
    got, = lines(tokenize("red \x1b red red").stdout)
    shown, _ = on_terminal("red \x1b red red")
    rows = shown.splitlines()
    same(rows[0], f'"red ? red red": {got["n"]} tokens')
    assert "\x1b" not in shown
    table = []
    for row in rows[1:]:
        words = row.split()
        times = int(words[2][1:]) if len(words) > 2 else 1
        table += [(int(words[0]), words[1])] * times
    same(table, list(zip(got["ids"], got["pieces"])))
    assert any(row.endswith("(2 times)") for row in rows), rows
    assert "(truncated)" in on_terminal(LONG)[0].splitlines()[0]
    path = put(directory, "texts", b"\xff\n")
    shown, complaints = on_terminal("--text-file", path, code=3)
    same(shown, "")
    assert f"{path}:1: " in complaints, complaints
    same(lines(on_terminal("--json", "red \x1b red red")[0].encode()), [got])


def test_no_weights_are_read(directory):
    # The same without them: the file is there, and its data is cut off.
    for name in os.listdir(CLIP):
        if name != "model.safetensors":
            os.symlink(os.path.join(CLIP, name), os.path.join(directory, name))
    with open(os.path.join(CLIP, "model.safetensors"), "rb") as f:
        head = f.read(8)
        head += f.read(int.from_bytes(head, "little"))
    path = put(directory, "model.safetensors", head)
    os.truncate(path, os.path.getsize(os.path.join(CLIP,
                                                   "model.safetensors")))
    result = tokenize("a cat", model=directory)
    said(result, 0)
    same(result.stdout, tokenize("a cat").stdout)


def test_a_huge_tokenizer_is_refused_by_its_size(directory):
    # Not for want of memory, and its holes are not gone through.
    for name in os.listdir(CLIP):
        if name != "tokenizer.json":
            os.symlink(os.path.join(CLIP, name), os.path.join(directory, name))
    os.truncate(put(directory, "tokenizer.json", b"{"), 1 << 42)
    result = tokenize("a cat", model=directory)
    text = (result.stdout + result.stderr).decode()
    assert "tokenizer.json: 4398046511104 bytes, at most 268435456" in text, \
        text


if __name__ == "__main__":
    main([value for name, value in list(globals().items())
          if name.startswith("test_")])
