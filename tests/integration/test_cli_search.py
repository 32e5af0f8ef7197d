#!/usr/bin/python3
"""`fovea search`: pictures of an index by pictures and by words, equal to what
comparing all vectors gives; and what is refused.

The models with both towers are in $FOVEA_WHOLE_MODELS.
"""
import html.parser
import os
import shutil
import sqlite3
import subprocess

import numpy

from command import FOVEA, TIMEOUT, environment, lines, main, picture, put, \
    read, run, said, same

HOME = {"FOVEA_HOME": os.environ["FOVEA_SOURCE_ROOT"]}
NO_WORKER = {"FOVEA_WORKER": "/nonexistent/worker"}
CLIP = os.path.join(os.environ["FOVEA_WHOLE_MODELS"], "clip")
LOOKS = "fovea/near-duplicate"
OLD = 1_600_000_000  # seconds: files that were not changed just now


def call(command, *arguments, more=None, **options):
    options.setdefault("env", environment(**HOME, **(more or {})))
    return run(command, *arguments, model=False, **options)


def search(directory, *arguments, code=0, **options):
    """Lines of JSON; nothing may be said on standard error."""
    result = call("search", "--json", "-i", os.path.join(directory, "d"),
                  *arguments, **options)
    said(result, code)
    same(result.stderr, b"")
    return lines(result.stdout)


def album(directory, n=12, words=False):
    """Pictures in d, with their index; their paths."""
    paths = [put(directory, f"d/{'deep/' * (i % 2)}p{i:02}.png", picture(i + 1))
             for i in range(n)]
    for path in paths:
        os.utime(path, (OLD, OLD))
    more = ("-m", CLIP) if words else ()
    said(call("index", "-q", *more, os.path.join(directory, "d")), 0)
    return paths


def embed(model, *arguments):
    """Vectors, as numpy has them."""
    result = run("embed", "-m", model, *arguments, model=False,
                 env=environment(**HOME))
    said(result, 0)
    return [numpy.array(line["embedding"], numpy.float32)
            for line in lines(result.stdout)]


def ranked(query, paths, vectors):
    """(cosine, path), the most alike first."""
    query = numpy.float64(query)
    query /= numpy.linalg.norm(query)
    scores = [float(numpy.float64(v) @ query / numpy.linalg.norm(
        numpy.float64(v))) for v in vectors]
    return sorted(zip(scores, paths), key=lambda pair: -pair[0])


def is_ranking(hits, wanted):
    """The same pictures with the same cosines, in an order of falling ones."""
    same(len(hits), len(wanted))
    same([hit["rank"] for hit in hits], list(range(1, len(hits) + 1)))
    cosines = dict((path, cosine) for cosine, path in wanted)
    same({hit["path"] for hit in hits}, set(cosines))
    for hit, (cosine, _) in zip(hits, wanted):
        assert abs(hit["cosine"] - cosine) < 1e-6, (hit, cosine)
        assert abs(hit["cosine"] - cosines[hit["path"]]) < 1e-6, hit


def test_hits_are_those_of_all_vectors(directory):
    paths = album(directory)
    vectors = embed(LOOKS, *paths)
    for i in (0, 7):
        hits = search(directory, "-n", "0", paths[i], more=NO_WORKER)
        is_ranking(hits, ranked(vectors[i], paths, vectors))
        same(hits[0]["path"], paths[i])
        same(hits[0]["cosine"], 1.0)
        same([hit["is_query"] for hit in hits], [True] + [False] * 11)
    same(len(search(directory, paths[0])), 10)
    same(len(search(directory, "-n3", paths[0])), 3)
    least = hits[4]["cosine"]
    same(len(search(directory, "-n0", "--min", f"{least:.17f}"[:12],
                    paths[7])), 5)


def test_queries_are_added_and_subtracted(directory):
    paths = album(directory)
    vectors = embed(LOOKS, *paths)
    a, b, c = vectors[:3]
    hits = search(directory, "-n0", paths[0], paths[1], "--minus", paths[2],
                  more=NO_WORKER)
    is_ranking(hits, ranked(numpy.float64(a) + b - c, paths, vectors))
    same(sum(hit["is_query"] for hit in hits), 3)
    said(call("search", "-i", "d", paths[0], "--minus", paths[0],
              cwd=directory), 2, "nothing is left")
    hits = search(directory, "-n0", "--no-self", paths[0], paths[1])
    same(len(hits), 10)
    assert not any(hit["is_query"] for hit in hits)


def test_pictures_of_elsewhere_are_embedded(directory):
    paths = album(directory)
    vectors = embed(LOOKS, *paths)
    other = put(directory, "other.png", picture(77))
    wanted = ranked(embed(LOOKS, other)[0], paths, vectors)
    hits = search(directory, "-n0", other)
    is_ranking(hits, wanted)
    assert not any(hit["is_query"] for hit in hits)
    is_ranking(search(directory, "-n0", "-", input=read(other)), wanted)
    said(call("search", "-i", "d", "other.png", more=NO_WORKER, cwd=directory),
         1, "worker")
    # A copy is known by its bytes, and one that was changed is embedded.
    copy = put(directory, "copy.png", read(paths[3]))
    hits = search(directory, "-n1", copy, more=NO_WORKER)
    same((hits[0]["path"], hits[0]["is_query"]), (paths[3], True))
    put(directory, os.path.relpath(paths[3], directory), picture(78))
    hits = search(directory, "-n1", paths[3])
    assert hits[0]["cosine"] < 1 and not hits[0]["is_query"], hits
    put(directory, os.path.relpath(paths[3], directory), read(paths[5]))
    same(search(directory, "-n1", paths[3], more=NO_WORKER)[0]["path"],
         paths[5])


def test_words_take_a_set_with_words(directory):
    paths = album(directory)
    text = said(call("search", "-i", "d", "a cat", cwd=directory), 2,
                "fovea index -m", "fovea pull")
    same(text.count("\n"), 1)
    said(call("index", "-q", "-m", CLIP, "d", cwd=directory), 0)
    vectors = embed(CLIP, *paths)
    a, b = embed(CLIP, "--text", "a red bicycle", "--text", "people")
    hits = search(directory, "-n0", "a red bicycle")
    is_ranking(hits, ranked(a, paths, vectors))
    same({hit["model"] for hit in hits}, {CLIP})
    is_ranking(search(directory, "-n0", "a red bicycle", "people"),
               ranked(numpy.float64(a) + b, paths, vectors))
    mixed = numpy.float64(a) + vectors[4] - b
    is_ranking(search(directory, "-n0", "a red bicycle", paths[4], "--minus",
                      "people"), ranked(mixed, paths, vectors))
    # A picture is compared by the set with words, unless told otherwise.
    same(search(directory, "-n1", paths[0])[0]["model"], CLIP)
    same(search(directory, "-n1", "--set", LOOKS, paths[0])[0]["model"], LOOKS)
    said(call("search", "-i", "d", "--set", LOOKS, "a cat", cwd=directory), 2,
         "takes no words")
    said(call("search", "-i", "d", "--set", "nobody/nothing", "a cat",
              cwd=directory), 2, "nobody/nothing", LOOKS)


def test_what_a_word_is(directory):
    album(directory, 3, words=True)
    inside = os.path.join(directory, "d")
    put(directory, "d/cat", read(os.path.join(inside, "p00.png")))
    os.mkdir(os.path.join(inside, "beach"))
    for words, code, part in (
            (("gone.jpg",), 1, "--text"),
            (("p00.png", "GONE.HEIC"), 1, "GONE.HEIC"),
            (("beach/",), 2, "folder"),
            (("-", "-"), 2, "only once"),
            ((), 2, "no QUERY"),
            (("--minus", "a"), 2, "no QUERY"),
            (("--image", "a cat"), 1, "a cat")):
        text = said(call("search", *words, cwd=inside), code, part)
        assert text.startswith("fovea: "), text
    queries = lambda *words: sum(hit["is_query"] for hit in lines(call(
        "search", "--json", *words, cwd=inside).stdout))
    same(queries("cat"), 1)  # a file, whatever its name
    same(queries("--text", "cat"), 0)
    same(queries("beach"), 0)
    same(queries("--text", "gone.jpg"), 0)
    same(queries("--image", "cat"), 1)


def test_filters(directory):
    paths = album(directory)
    names = lambda *flags: sorted(os.path.basename(hit["path"])[1:3] for hit
                                  in search(directory, "-n0", *flags, paths[0]))
    odd = [f"{i:02}" for i in range(1, 12, 2)]
    even = [f"{i:02}" for i in range(0, 12, 2)]
    same(names("--path", "deep/"), odd)
    same(names("--path", "!deep/"), even)
    same(names("--path", "P0?.PNG"), [f"{i:02}" for i in range(10)])
    same(names("--path", "p00.png", "--path", "p1*", "--path", "!*/p11.png"),
         ["00", "10"])
    same(names("--path", os.path.join(directory, "d/deep/*")), odd)
    same(names("--since", "2020-09", "--until", "2020"), names())
    same(names("--since", "2020-10"), [])
    same(names("--until", "2020-08"), [])
    os.utime(paths[2], (OLD + 86400 * 400,) * 2)
    said(call("index", "-q", "d", cwd=directory), 0)
    same(names("--since", "2021"), ["02"])
    for flags in (("--since", "soon"), ("--until", "2020-13"),
                  ("--since", "2021", "--until", "2020"), ("--path", "!"),
                  ("--min", "x"), ("--min", "1.5"), ("-n", "x")):
        said(call("search", "-i", "d", *flags, paths[0], cwd=directory), 2,
             flags[0] if flags[0] != "-n" else "--best")


def test_all_files_of_a_picture_are_told(directory):
    paths = album(directory, 3)
    copy = put(directory, "d/copies/a b.png", read(paths[1]))
    said(call("index", "-q", "d", cwd=directory), 0)
    hit, *_ = search(directory, paths[1])
    both = sorted([paths[1], copy])
    same([hit["path"], *(c["path"] for c in hit["copies"])], both)
    same((hit["width"], hit["height"]), (40, 30))
    same(hit["bytes"], len(read(copy)))
    result = call("search", "-0", "-n1", "-i", "d", paths[1], cwd=directory)
    same(result.stdout, b"".join(os.fsencode(p) + b"\0" for p in both))
    result = call("search", "-n1", paths[1], cwd=os.path.join(directory, "d"))
    rows = result.stdout.decode().splitlines()
    same(rows[0].split(), ["RANK", "COSINE", "DATE", "PIXELS", "FILE"])
    assert "40x30" in rows[1] and "(the query)" in rows[1], rows
    assert rows[1].endswith("copies/a b.png  (the query)"), rows
    same(rows[2].split(), ["=", "deep/p01.png"])
    same(len(rows), 3)
    # Only the file that is asked for.
    hit, *_ = search(directory, "--path", "copies/", paths[1])
    same((hit["path"], "copies" in hit), (copy, False))


def test_names_that_are_no_text_are_kept(directory):
    paths = album(directory, 2)
    strange = os.path.join(os.fsencode(directory), b"d/\xff \x1b[31m\n.png")
    with open(strange, "wb") as file:
        file.write(picture(9))
    said(call("index", "-q", "d", cwd=directory), 0)
    hits = search(directory, strange, more=NO_WORKER)
    same(bytes.fromhex(hits[0]["path_hex"]), strange)
    result = call("search", "-0", "-n1", "-i", "d", strange, cwd=directory)
    same(result.stdout, strange + b"\0")
    result = call("search", "-i", "d", "--html", "s.html", strange,
                  cwd=directory)
    said(result, 0)
    assert b"\x1b" not in result.stdout and b"\xff" not in result.stdout
    page = read(os.path.join(directory, "s.html"))
    assert b"\x1b" not in page and b'href="d/%FF%20%1B%5B31m%0A.png"' in page
    del paths


class Sheet(html.parser.HTMLParser):
    """What is in a contact sheet."""

    def __init__(self, page):
        super().__init__()
        self.tags, self.links, self.images, self.headings = [], [], [], []
        self.feed(page.decode("utf-8"))

    def handle_starttag(self, tag, attributes):
        attributes = dict(attributes)
        self.tags.append(tag)
        if tag == "a":
            self.links.append(attributes["href"])
        elif tag == "img":
            self.images.append((attributes["alt"], attributes["src"]))


def test_a_contact_sheet_stands_alone(directory):
    paths = album(directory)
    result = call("search", "-i", "d", "-n", "5", "--html", "out/s.html",
                  paths[0], cwd=directory)
    said(result, 1, "out/s.html")
    os.mkdir(os.path.join(directory, "out"))
    for _ in range(2):  # its own may be replaced
        said(call("search", "-q", "-i", "d", "-n", "5", "--html", "out/s.html",
                  paths[0], cwd=directory), 0)
    sheet = Sheet(read(os.path.join(directory, "out/s.html")))
    hits = search(directory, "-n5", paths[0])
    same(sheet.links, ["../" + os.path.relpath(hit["path"], directory)
                       for hit in hits])
    same([alt for alt, _ in sheet.images],
         [os.path.relpath(hit["path"], directory) for hit in hits])
    for _, source in sheet.images:
        assert source.startswith("data:image/jpeg;base64,/9j/"), source[:40]
    assert "script" not in sheet.tags and "link" not in sheet.tags
    # A picture that is gone stands there without a thumbnail.
    os.unlink(hits[1]["path"])
    said(call("search", "-q", "-i", "d", "-n", "5", "--html", "out/s.html",
              paths[0], cwd=directory), 0)
    sheet = Sheet(read(os.path.join(directory, "out/s.html")))
    same((len(sheet.links), len(sheet.images)), (5, 4))


def test_a_sheet_replaces_nothing_of_others(directory):
    paths = album(directory, 3)
    mine = put(directory, "mine.html", b"<!DOCTYPE html>\n<p>mine\n")
    for target in (mine, paths[0]):
        before = read(target)
        said(call("search", "-i", "d", "--html", target, paths[0],
                  cwd=directory), 2, target, "--html")
        same(read(target), before)
    said(call("search", "-q", "-i", "d", "--html", mine, "--overwrite",
              paths[0], cwd=directory), 0)
    assert b"contact sheet" in read(mine)[:64]
    said(call("search", "-i", "d", "--overwrite", paths[0], cwd=directory), 2,
         "--overwrite")


def test_an_output_replaces_nothing_of_an_index(directory):
    """With --overwrite as well: neither a picture nor the index itself."""
    paths = album(directory, 3)
    os.symlink("d/p02.png", os.path.join(directory, "link.html"))
    elsewhere = put(directory, "q.png", picture(9))
    base = os.path.join(directory, "d/.fovea/index.sqlite")
    kept = {path: read(path) for path in [*paths, base, elsewhere]}
    for target in ("d/p02.png", "./d/deep/../p02.png", "link.html",
                   "d/.fovea/index.sqlite", "d/.fovea/new.html"):
        for words in (("search", "-i", "d", "--html", target, paths[0]),
                      ("duplicates", "-i", "d", "--html", target),
                      ("export", "d", "--to", "jsonl", "-o", target)):
            said(call(*words, "--overwrite", cwd=directory), 2,
                 "which is never replaced")
    said(call("search", "-i", "d", "--html", "q.png", "q.png", "--overwrite",
              cwd=directory), 2, "q.png", "--html")
    for path, content in kept.items():
        same(read(path), content)
    assert not os.path.exists(os.path.join(directory, "d/.fovea/new.html"))


def test_a_sheet_is_opened(directory):
    paths = album(directory, 3)
    put(directory, "bin/xdg-open", b"#!/bin/sh\nhead -n 1 \"$1\" >" +
        os.fsencode(directory) + b"/opened\nprintf %s \"$1\" >" +
        os.fsencode(directory) + b"/name\n")
    os.chmod(os.path.join(directory, "bin/xdg-open"), 0o755)
    more = {"PATH": f"{directory}/bin:{os.environ['PATH']}",
            "TMPDIR": directory}
    said(call("search", "-q", "-i", "d", "--open", paths[0], cwd=directory,
              more=more), 0)
    assert b"contact sheet" in read(os.path.join(directory, "opened"))
    name = os.fsdecode(read(os.path.join(directory, "name")))
    same((os.path.dirname(name), name[-5:]), (directory, ".html"))
    said(call("search", "-q", "-i", "d", "--html", "x.html", "--open",
              paths[0], cwd=directory, more=more), 0)
    same(read(os.path.join(directory, "name")), b"x.html")


def test_the_nearest_index_is_searched(directory):
    paths = album(directory, 3)
    deep = os.path.join(directory, "d/deep/deeper")
    os.makedirs(deep)
    for where, flags in ((deep, ()), (directory, ("-i", "d")),
                         (directory, ("-i", "d/.fovea"))):
        result = call("search", "--json", *flags, paths[0], cwd=where)
        same(len(lines(result.stdout)), 3)
    said(call("search", paths[0], cwd=directory), 2, "fovea index DIR")
    for flag in ("nowhere", "d/deep"):
        said(call("search", "-i", flag, paths[0], cwd=directory), 2,
             f"-i {flag}", "fovea index")
    home = os.path.join(directory, "home")
    central = environment(FOVEA_HOME=home)
    os.makedirs(os.path.join(home, "models"))
    os.symlink(os.path.join(HOME["FOVEA_HOME"], "models/fovea"),
               os.path.join(home, "models/fovea"))
    said(call("index", "-q", "--central", "d", cwd=directory, env=central), 0)
    result = call("search", "--central", "--json", paths[0], cwd=directory,
                  env=central)
    same(len(lines(result.stdout)), 3)
    said(call("search", "--central", "-i", "d", paths[0], cwd=directory), 2,
         "--central")


def test_an_old_or_broken_off_index_is_said_to_be(directory):
    paths = album(directory, 3)
    database = os.path.join(directory, "d/.fovea/index.sqlite")
    seen = lambda *flags: call("search", "--json", "-i", "d", *flags, paths[0],
                               cwd=directory)
    for change, part in (
            ("finished_s = finished_s - 40 * 86400", "40 days ago"),
            ("finished_s = 0", "did not come to its end")):
        with sqlite3.connect(database) as connection:
            connection.execute(f"UPDATE runs SET {change}")
        connection.close()
        result = seen()
        said(result, 0, part, "fovea index")
        same(len(lines(result.stdout)), 3)
        same(seen("-q").stderr, b"")


def test_how_it_was_searched_is_told(directory):
    paths = album(directory)
    text = said(call("search", "-v", "-i", "d", paths[0], cwd=directory), 0,
                LOOKS, "12 pictures compared", "0 of 1 queries embedded")
    assert "by their stored values" in text, text


def test_weights_that_are_not_the_sets_are_refused(directory):
    album(directory, 3)
    other = put(directory, "other.png", picture(77))
    models = os.path.join(directory, "home/models/fovea")
    os.makedirs(models)
    shutil.copytree(os.path.join(HOME["FOVEA_HOME"],
                                 "models/fovea/near-duplicate-small"),
                    os.path.join(models, "near-duplicate"))
    said(call("search", "-i", "d", other, cwd=directory,
              env=environment(FOVEA_HOME=os.path.join(directory, "home"))), 2,
         "weights", LOOKS)


def test_a_reader_that_goes_is_no_error(directory):
    paths = album(directory, 3)
    with subprocess.Popen([FOVEA, "search", "-i", "d", paths[0]],
                          cwd=directory, env=environment(**HOME),
                          stdout=subprocess.PIPE,
                          stderr=subprocess.PIPE) as process:
        process.stdout.close()
        same(process.stderr.read(), b"")
        same(process.wait(TIMEOUT), 141)


main([value for name, value in sorted(globals().items())
      if name.startswith("test_")])
