#!/usr/bin/python3
"""docs/CLIENTS.md: every command and program in it does what the page says."""
import json
import os
import re
import shutil
import subprocess

from command import Skip, main, read, same
from documents import Reader, blocks, page, small_model, user
from hub import Hub

PAGE = "docs/CLIENTS.md"
KEY = "openai/clip-vit-base-patch32"

# "cat.jpg" and pictures of the index, among them the same one changed.
PICTURES = {
    "cat.jpg": "flower.jpg",
    "Pictures/flower-crop.jpg": "flower_crop.jpg",
    "Pictures/flower-bright.jpg": "flower_bright.jpg",
    "Pictures/city.jpg": "city.jpg",
    "Pictures/fog.jpg": "fog.jpg",
    "Pictures/planet.jpg": "planet.jpg",
}


def check_programs():
    if not shutil.which("curl") or not shutil.which("node"):
        raise Skip("curl or node is missing")
    if subprocess.run(["/usr/bin/python3", "-c", "import requests"],
                      stderr=subprocess.DEVNULL, check=False).returncode:
        raise Skip("python3-requests is missing")


def answers(said):
    """The objects of JSON in what was printed, one after the other."""
    decoder, found, at = json.JSONDecoder(), [], said.find("{")
    while at >= 0:
        value, end = decoder.raw_decode(said, at)
        found.append(value)
        at = said.find("{", end)
    return found


def serve(reader, block):
    """Start a server on a free port; the page's port is that from then on."""
    text = re.sub(r" --port \d+", "", reader.typed(block))
    port = re.search(r"--port (\d+)", block.text)
    found = reader.start(text.replace("fovea serve", "fovea serve --port 0"),
                         r'listening on http://127\.0\.0\.1:(\d+)')
    reader.replaced.append((f"127.0.0.1:{port[1] if port else 8080}",
                            f"127.0.0.1:{found[1]}"))


def run_page(directory):
    """All of it; what each block printed, by its text."""
    said = {}
    with Hub(small_model(), key=KEY) as hub:
        reader = Reader(directory, user(directory, hub, PICTURES))
        try:
            for block in blocks(PAGE):
                if block.kind == "sh background":
                    serve(reader, block)
                elif block.kind != "json":
                    said[block.text] = reader.do(block, PAGE)
        finally:
            statuses = reader.stop()
    same(statuses, [0, 0])
    return said


def said_of(said, words):
    found, = (said[text] for text in said if words in text)
    return found


def test_the_page_from_its_first_command_to_its_last(directory):
    check_programs()
    said = run_page(directory)
    indexes, = answers(said_of(said, "/v1/indexes\n"))
    same([(index["name"], index["pictures"]) for index in indexes["data"]],
         [("photos", 5)])
    words, = answers(said_of(said, "a red bicycle"))
    same((len(words["data"]), words["model"]), (3, KEY))
    groups, = answers(said_of(said, "/duplicates"))
    same([len(group["items"]) for group in groups["data"]], [2])
    assert read(os.path.join(directory, "first.jpg"))[:2] == b"\xff\xd8"
    added, found, removed = answers(said_of(said, "id=sku-1"))
    same(added["data"][0]["id"], "sku-1")
    same((found["id"], found["width_px"]), ("sku-1", 640))
    same(removed["deleted"], True)
    many = said_of(said, "sku-2").splitlines()
    same(many[0], "sku-3 added")
    assert many[1].startswith("sku-4 ") and "added" not in many[1], many
    error, = answers(said_of(said, "no-such"))
    same(error["error"]["code"], "no_item")


def shape(value):
    """Names and kinds of what an answer has."""
    if isinstance(value, dict):
        return {name: shape(of) for name, of in value.items()}
    if isinstance(value, list):
        return [shape(of) for of in value[:1]]
    return "number" if isinstance(value, (int, float)) else type(value).__name__


def test_answers_look_as_the_page_shows_them(directory):
    check_programs()
    said = run_page(directory)
    shown = [json.loads(block.text) for block in blocks(PAGE)
             if block.kind == "json"]
    same(len(shown), 2)
    for example, words in zip(shown, ("a red bicycle", "no-such")):
        real, = answers(said_of(said, words))
        for value in (example, real):
            for hit in value.get("data", []):
                hit["taken_s"] = 0  # null where a picture does not say
        same(shape(real), shape(example))
        if "error" in example:
            same(real, example)


def test_errors_have_the_names_that_programs_see(directory):
    rows = read(page("include/fovea/status.def")).decode()
    status_of = {name: status for name, status in re.findall(
        r'"(\w+)", "[^"]*", (\d+),', rows)}
    n = 0
    for line in read(page(PAGE)).decode().splitlines():
        row = re.match(r"\| ([\d, ]+) \| (.*?) \|", line)
        for name in re.findall(r"`(\w+)`", row[2]) if row else ():
            assert status_of[name] in row[1], (name, status_of[name])
            n += 1
    assert n > 10, n


main([value for name, value in list(globals().items())
      if name.startswith("test_")])
