#!/usr/bin/python3
"""`fovea similar`: the ranking, its two forms, and what goes wrong."""
import os

from command import MODEL, lines, main, picture, put, run, same


def album(directory, n):
    return [put(directory, f"{i:03}.png", picture(i)) for i in range(n)]


def test_the_query_comes_first_and_ranks_fall(directory):
    paths = album(directory, 12)
    ranked = lines(run("similar", "--json", "-n", "0", paths[4],
                       *paths).stdout)
    same([line["rank"] for line in ranked], list(range(1, 13)))
    same(ranked[0]["input"], paths[4])
    assert ranked[0]["cosine"] > 0.99999, ranked[0]
    cosines = [line["cosine"] for line in ranked]
    same(cosines, sorted(cosines, reverse=True))
    same(sorted(line["input"] for line in ranked), sorted(paths))


def test_cosines_are_those_of_the_vectors(directory):
    paths = album(directory, 3)
    vectors = {line["input"]: line["embedding"]
               for line in lines(run("embed", *paths).stdout)}
    for line in lines(run("similar", "--json", paths[0], *paths).stdout):
        cosine = sum(a * b for a, b in zip(vectors[paths[0]],
                                           vectors[line["input"]]))
        assert abs(cosine - line["cosine"]) < 1e-5, (cosine, line)


def test_ten_are_shown_unless_told_otherwise(directory):
    paths = album(directory, 13)
    same(len(lines(run("similar", "--json", paths[0], *paths).stdout)), 10)
    same(len(lines(run("similar", "--json", "-n3", paths[0],
                       *paths).stdout)), 3)


def test_people_get_a_table(directory):
    paths = album(directory, 3)
    result = run("similar", paths[1], *paths)
    same(result.returncode, 0)
    rows = result.stdout.decode().splitlines()
    same(rows[0].split(), ["RANK", "COSINE", "INPUT"])
    same(rows[1].split(), ["1", "1.0000", paths[1]])
    same(len(rows), 4)


def test_bad_inputs_are_told_and_cost_only_themselves(directory):
    paths = album(directory, 2)
    bad = os.path.join(directory, "bad.txt")
    with open(bad, "wb") as file:
        file.write(b"no picture")
    result = run("similar", "--json", paths[0], bad, *paths)
    same(result.returncode, 3)
    got = lines(result.stdout)
    same(len(got), 3)
    same(got[2]["error"]["code"], "not_an_image")
    same(got[2]["input"], bad)
    assert bad.encode() in result.stderr


def test_a_list_can_be_compared(directory):
    paths = album(directory, 5)
    result = run("similar", "--json", paths[0], "-",
                 input="\n".join(paths).encode())
    same(len(lines(result.stdout)), 5)


def test_a_bad_query_ends_it(directory):
    paths = album(directory, 2)
    gone = os.path.join(directory, "gone.jpg")
    for query in (gone, os.path.join(MODEL, "config.json")):
        result = run("similar", query, *paths)
        same(result.returncode, 1)
        same(result.stdout, b"")
        assert query.encode() in result.stderr, result.stderr


def test_wrong_use_is_explained(directory):
    del directory
    for words, message in (
            ((), b"no QUERY"),
            (("-", "a"), b"no QUERY"),
            (("a",), b"no INPUT"),
            (("a", "b", "-o", "x"), b"unknown flag"),
            (("a", "b", "--raw"), b"unknown flag"),
            (("a", "b", "-n", "x"), b"--best")):
        result = run("similar", *words)
        same(result.returncode, 2)
        assert message in result.stderr, (words, result.stderr)


main([value for name, value in sorted(globals().items())
      if name.startswith("test_")])
