#!/usr/bin/python3
"""docs/PHOTOS.md: every command in it does what the page says."""
import os
import re

from command import main, put, read, same, wait_until
from documents import Block, Reader, blocks, inline, page, scene, \
    small_model, user
from hub import Hub

PAGE = "docs/PHOTOS.md"
KEY = "openai/clip-vit-base-patch32"
INSTALLS = 1  # blocks that are not run: they install packages

# What the page speaks of, and pictures that look so.
PICTURES = {
    "Pictures/holiday/beach.jpg": "beach.jpg",
    "Pictures/holiday/beach-small.jpg": "beach_small.jpg",
    "Pictures/holiday/city.jpg": "city.jpg",
    "Pictures/2020/city-again.jpg": "city_mirror.jpg",
    "Pictures/2020/city-copy.jpg": "city.jpg",
    "Pictures/2020/mountain.jpg": "mountain.jpg",
    "Pictures/raw/fog.jpg": "fog.jpg",
    "Desktop/from-a-friend.jpg": "beach_bright.jpg",
    "Old/planet.jpg": "planet.jpg",
}

# Places that a test has no business in.
ELSEWHERE = [("/media/disk/old", "~/Old"), ("/srv/index", "~/elsewhere")]


def reader_of(home, hub):
    put(home, "Pictures/notes.txt", b"no picture")
    return Reader(home, user(home, hub, PICTURES), ELSEWHERE)


def files(reader):
    """Rows of a search: (score, path)."""
    status, said = reader.type(
        "cd ~/Pictures; fovea search --json -n 0 holiday/beach.jpg ||"
        " fovea search --json -n 0 spain/beach.jpg", "sh")
    same(status, 0)
    return re.findall(r'"path":"([^"]+)"', said)


def watch(reader, block):
    """What comes meanwhile is in the index; then the reader types Ctrl-C."""
    reader.start(reader.typed(block), "embedded")
    path = put(reader.home, "Pictures/holiday/sunset.jpg", scene("sunset.jpg"))
    wait_until(lambda: path in files(reader), "the new picture")
    same(reader.stop(), [130])


def test_the_page_from_its_first_command_to_its_last(directory):
    said, n_shown = {}, 0
    with Hub(small_model(), key=KEY) as hub:
        reader = reader_of(directory, hub)
        try:
            for block in blocks(PAGE):
                if block.kind == "sh background":
                    watch(reader, block)
                elif block.kind == "console":
                    n_shown += 1
                else:
                    said[block.text] = reader.do(block, PAGE)
        finally:
            reader.stop()
    same(n_shown, INSTALLS)
    # No picture was changed; the one that was moved is as it was.
    for name, of in PICTURES.items():
        name = name.replace("holiday", "spain").replace("Old/", "Older/")
        same(read(os.path.join(directory, name)), scene(of))
    # What the page promises of them.
    for text in (text for text in said if "from-a-friend" in text):
        best = re.findall("^ +1 .*$", said[text], re.M)[-1]
        assert "holiday/beach" in best, said[text]
    same(len(os.listdir(os.path.join(directory, "found"))) >= 5, True)
    for name in ("found.html", "duplicates.html"):
        sheet = read(os.path.join(directory, "Pictures", name))
        assert b"<img" in sheet and b"data:image/jpeg" in sheet, name
    again, = (text for text in said if text.startswith("fovea duplicates"))
    for name in ("beach-small.jpg", "city-again.jpg", "city-copy.jpg"):
        assert name in said[again], (name, said[again])
    assert "mountain.jpg" not in said[again], said[again]


def test_commands_in_sentences_and_tables(directory):
    commands = inline(PAGE, "fovea ")
    assert len(commands) > 8, commands
    for number, text in commands:
        home = os.path.join(directory, str(number) + str(len(text)))
        os.makedirs(home)
        with Hub(small_model(), key=KEY) as hub:
            reader = reader_of(home, hub)
            same(reader.type("cd ~/Pictures; fovea index -q .", "sh"), (0, ""))
            reader.do(Block("sh", number, text), PAGE)


def test_errors_have_the_names_that_programs_see(directory):
    table = read(page("include/fovea/status.def")).decode()
    names = re.findall(r"\(`(\w+)`\)", read(page(PAGE)).decode())
    assert len(names) > 8, names
    for name in names:
        assert f'"{name}"' in table, name


main([value for name, value in list(globals().items())
      if name.startswith("test_")])
