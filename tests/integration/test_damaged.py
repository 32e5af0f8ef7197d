#!/usr/bin/python3
"""Damaged images: what the command and the server make of them by either
policy, and where they say so."""
import json
import os

from command import lines, main, npy, put, read, run, said, same
from serving import Server, b64, floats, is_error

WIDTH, HEIGHT, STRIDE = 40, 30, 120
GREY = bytes([128])
NOTE = ("BMP: the file ends before its pixels do; {} of 30 rows could be "
        "decoded, the others are grey")


def bmp(n_rows, fill=b""):
    """A BMP from the top down; of its rows the first ones, and a fill."""
    head = (b"BM" + bytes(8) + (54).to_bytes(4, "little") +
            (40).to_bytes(4, "little") + WIDTH.to_bytes(4, "little") +
            (-HEIGHT).to_bytes(4, "little", signed=True) +
            (1).to_bytes(2, "little") + (24).to_bytes(2, "little") + bytes(24))
    rows = bytes((i * i // 7 + i) % 256 for i in range(n_rows * STRIDE))
    return head + rows + fill * ((HEIGHT - n_rows) * STRIDE)


def album(directory):
    """A whole picture, one with 20 rows of 30, one with 14; and what the second
    is as good as."""
    return [put(directory, name, content) for name, content in
            (("whole.bmp", bmp(30)), ("two_thirds.bmp", bmp(20)),
             ("less.bmp", bmp(14)), ("filled.bmp", bmp(20, GREY)))]


def test_refused_by_default(directory):
    whole, two_thirds, less, _ = album(directory)
    for flags in ((), ("--damaged=refuse",)):
        result = run("embed", *flags, whole, two_thirds, less)
        same(result.returncode, 3)
        found = lines(result.stdout)
        same(sorted(found[0]), ["embedding", "input", "pixels"])
        same([line["error"]["code"] for line in found[1:]],
             ["image_truncated"] * 2)
        said(result, 3, "20 of 30 rows could be decoded (--damaged accept "
             "takes it)", "14 of 30 rows could be decoded, less than half")


def test_accepted_with_a_word(directory):
    whole, two_thirds, less, filled = album(directory)
    result = run("embed", "--damaged", "accept", whole, two_thirds, less,
                 filled)
    same(result.returncode, 3)  # for the one with less
    first, accepted, bad, as_good = lines(result.stdout)
    same(list(accepted),
         ["input", "damaged", "note", "pixels", "embedding"])
    same(accepted["damaged"], True)
    same(accepted["note"], NOTE.format(20))
    same(accepted["embedding"], as_good["embedding"])
    same(bad["error"]["code"], "image_truncated")
    for line in first, as_good:
        same(sorted(line), ["embedding", "input", "pixels"])
    same(run("embed", "--damaged=accept", two_thirds).returncode, 0)


def test_files_and_their_lists(directory):
    whole, two_thirds, less, filled = album(directory)
    for command in ("embed", "preprocess"):
        out = os.path.join(directory, command + ".npy")
        result = run(command, "--damaged=accept", "--stats", "-o", out, whole,
                     two_thirds, less, filled)
        said(result, 3, " 3 images in ", ", 1 bad, 1 damaged\n",
             ": 3 good, 1 failed, 0 tried again, 1 damaged;")
        found = lines(read(out + ".jsonl"))
        same(found[1], {"input": two_thirds, "damaged": True,
                        "note": NOTE.format(20), "pixels": "pil",
                        "row": 1})
        same([line.get("row") for line in found], [0, 1, None, 2])
        _, shape, data = npy(out)
        size = len(data) // shape[0]
        same(data[size:2 * size], data[2 * size:])


def test_nothing_is_said_where_nothing_is_damaged(directory):
    whole, _, _, _ = album(directory)
    odd = put(directory, "odd.bmp", bmp(30) + b"and more")
    out = os.path.join(directory, "x.npy")
    result = run("embed", "--damaged=accept", "--stats", "-o", out, whole, odd)
    assert "damaged" not in said(result, 0)
    assert b"damaged" not in read(out + ".jsonl")


def test_similar_marks_them(directory):
    whole, two_thirds, less, _ = album(directory)
    result = run("similar", "--damaged=accept", whole, two_thirds, whole)
    same(result.returncode, 0)
    same([line.split(maxsplit=2)[2] for line in
          result.stdout.decode().splitlines()[1:]],
         [whole, two_thirds + " (damaged)"])
    result = run("similar", "--damaged=accept", "--json", two_thirds, less,
                 two_thirds)
    found = lines(result.stdout)
    same(found[0]["note"], NOTE.format(20))
    same(found[0]["damaged"], True)
    same(found[1]["error"]["code"], "image_truncated")
    said(result, 3, f"fovea: {two_thirds}: {NOTE.format(20)}\n")
    quiet = run("similar", "--damaged=accept", "-q", two_thirds, whole)
    said(quiet, 0)
    same(quiet.stderr, b"")


def test_flags(directory):
    whole, _, _, _ = album(directory)
    said(run("embed", "--damaged=maybe", whole), 2, "--damaged")


def test_a_server_refuses(_):
    with Server() as server:
        is_error(server.upload(bmp(20)), 400, "image_truncated",
                 "20 of 30 rows")
        same(server.metric('fovea_images_total{result="image_truncated"}'), 1)


def noted(server):
    """What is counted where, by the note of damage."""
    text = server.get("/metrics").body.decode()
    row, = [line for line in text.splitlines()
            if line.startswith("fovea_images_noted_total{") and
            'note="damaged"' in line]
    model, = server.get("/v1/pool").json["models"]
    return float(row.split(" ")[-1]), model["noted"]["damaged"]


def test_a_server_accepts(_):
    with Server("--damaged", "accept") as server:
        same(noted(server), (0, 0))
        answer = server.upload(bmp(20))
        same(answer.status, 200)
        item, = answer.json["data"]
        same(list(item), ["object", "index", "damaged", "note", "embedding"])
        same(item["damaged"], True)
        same(item["note"], NOTE.format(20))
        whole, = server.upload(bmp(30)).json["data"]
        same(sorted(whole), ["embedding", "index", "object"])
        as_good, = server.upload(bmp(20, GREY)).json["data"]
        same(item["embedding"], as_good["embedding"])
        same(noted(server), (1, 1))
        body = {"input": [b64(bmp(n)) for n in (20, 14, 25)],
                "encoding_format": "base64", "on_error": "item"}
        data = server.post(body).json["data"]
        same([found.get("damaged") for found in data], [True, None, True])
        same(data[2]["note"], NOTE.format(25))
        same(data[1]["error"]["code"], "image_truncated")
        same(len(floats(data[0]["embedding"])), len(as_good["embedding"]))
        same(noted(server), (3, 3))


def test_the_log_counts_them(_):
    with Server("--damaged=accept", "--log-format=json") as server:
        same(server.upload(bmp(20)).status, 200)
        same(server.upload(bmp(30)).status, 200)
        server.end()  # then all lines are there
        rows = [json.loads(line) for line in server.log().splitlines()]
    requests = [row for row in rows if row.get("images")]
    same([row.get("damaged") for row in requests], [1, None])


main([test_refused_by_default, test_accepted_with_a_word,
      test_files_and_their_lists,
      test_nothing_is_said_where_nothing_is_damaged,
      test_similar_marks_them, test_flags, test_a_server_refuses,
      test_a_server_accepts, test_the_log_counts_them])
