#!/usr/bin/python3
"""docs/SCALE.md: every command in it does what the page says."""
import glob
import importlib.util
import json
import os
import re

import command
from broker import Broker
from command import main, read, same
from documents import Reader, blocks, inline, page, small_model, user
from hub import Hub

PAGE = "docs/SCALE.md"
BROKER = "nats://127.0.0.1:4222"
# Where the page puts results of the same pictures.
OUTPUTS = ("embeddings", "four", "mapped", "queued")
PICTURES = {
    "Pictures/holiday/beach.jpg": "beach.jpg",
    "Pictures/holiday/city.jpg": "city.jpg",
    "Pictures/2020/mountain.jpg": "mountain.jpg",
    "Pictures/2020/fog.jpg": "fog.jpg",
    "Pictures/planet.jpg": "planet.jpg",
}


def is_there(module):
    return importlib.util.find_spec(module) is not None


def in_background(reader, block, broker):
    """The broker is the test's own; a node goes on until the end."""
    if block.text.startswith("nats-server "):
        assert "-js" in block.text and BROKER.split(":")[2] in block.text
    else:
        reader.start(reader.typed(block), r".")


def vectors(output):
    return {os.path.relpath(path, output): read(path)
            for path in glob.glob(os.path.join(output, "img_emb", "*"))}


def test_the_page_from_its_first_command_to_its_last(directory):
    n_shown = n_run = 0
    home = os.path.join(directory, "home")
    with Broker(os.path.join(directory, "broker")) as broker, \
            Hub(small_model()) as hub:
        os.makedirs(home)
        reader = Reader(home, user(home, hub, PICTURES),
                        [(BROKER, broker.url)])
        try:
            for block in blocks(PAGE):
                language, *needed = block.kind.split()
                if block.kind == "console":
                    n_shown += 1
                elif block.kind == "sh background":
                    in_background(reader, block, broker)
                elif language != "python" or not needed or \
                        is_there(needed[0]):
                    n_run += 1
                    reader.do(block, PAGE)
            same(reader.stop(), [0])
        finally:
            reader.stop()
    assert n_run > 6, n_run
    # What it promises: the same results whichever way they were made.
    first = vectors(os.path.join(home, OUTPUTS[0]))
    same(list(first), ["img_emb/img_emb_00000.npy"])
    for name in OUTPUTS:
        output = os.path.join(home, name)
        same(vectors(output), first)
        done = json.loads(read(os.path.join(output, "done", "00000.json")))
        same((done["inputs"], done["rows"], done["errors"], done["skipped"]),
             (len(PICTURES), len(PICTURES), 0, 0))


def test_flags_in_sentences_and_tables_are_known(_):
    known = {}
    commands = inline(PAGE, "fovea ") + inline(PAGE, "mpirun ") + \
        inline(PAGE, "seq ")
    assert len(commands) > 4, commands
    for number, text in commands:
        words = text[text.index("fovea "):].split()
        name = tuple(words[1:3] if words[1] == "job" else words[1:2])
        if name not in known:
            result = command.run(*name, "--help", model=False)
            same((number, result.returncode), (number, 0))
            known[name] = result.stdout.decode()
        for flag in re.findall(r"--[a-z][a-z-]+", text):
            if flag != "--sshloginfile":
                assert flag in known[name], (number, text, flag)


def test_errors_have_the_names_that_programs_see(_):
    table = read(page("include/fovea/status.def")).decode()
    text = read(page(PAGE)).decode()
    for name in ("job_differs", "object_store_denied"):
        assert f"`{name}`" in text and f'"{name}"' in table, name


def test_what_it_names_is_shipped(_):
    text = read(page(PAGE)).decode()
    names = set(re.findall(r"dist/[\w/-]+(?:\.\w+)?", text))
    assert len(names) > 4, names
    for name in names:
        assert os.path.exists(page(name)), name


main([value for name, value in list(globals().items())
      if name.startswith("test_")])
