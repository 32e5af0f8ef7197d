#!/usr/bin/python3
"""A dtype that was asked for is said and kept everywhere: in lines, shards, indexes,
exports, of the server and in copies of packed weights. `auto` is never int8."""
import json
import os
import struct

from command import environment, lines, main, picture, put, read, run, same
from serving import Server, b64, is_error

HOME = {"FOVEA_HOME": os.environ["FOVEA_SOURCE_ROOT"]}
NEAR = "fovea/near-duplicate"
# What people ask for, and auto.
NARROW = "int8"
OTHERS = ("f32", "bf16", "auto")


def pictures(directory, n=3):
    for i in range(n):
        put(directory, f"d/p{i}.png", picture(i + 1))


def ok(*words, **more):
    result = run(*words, **{"model": False, "env": environment(**HOME), **more})
    assert result.returncode == 0, result.stderr
    return result


def vectors(*words, **more):
    return [line["embedding"] for line in lines(ok("embed", *words, **more).stdout)]


def refused(part, *words, cwd):
    result = run(*words, model=False, cwd=cwd, env=environment(**HOME))
    same(result.returncode, 2)
    assert part in result.stderr.decode(), result.stderr


def test_it_can_be_a_variable(directory):
    pictures(directory, 1)
    path = os.path.join(directory, "d/p0.png")
    exact, narrow = (vectors("--dtype", dtype, path)[0]
                     for dtype in ("f32", NARROW))
    assert exact != narrow
    same(vectors(path, env=environment(**HOME, FOVEA_DTYPE=NARROW))[0], narrow)
    # A flag goes before it.
    same(vectors("--dtype", "f32", path,
                 env=environment(**HOME, FOVEA_DTYPE=NARROW))[0], exact)


def test_auto_is_another(directory):
    said = {}
    for dtype in ("auto", NARROW):
        said[dtype] = json.loads(ok("models", "show", "--json", "--dtype", dtype,
                                    NEAR).stdout)["dtype"]
    same(said[NARROW], NARROW)
    assert said["auto"] in ("f32", "bf16"), said


def test_auto_is_measured_for_vectors_alone(directory):
    pictures(directory, 1)
    cache = os.path.join(directory, "cache")
    for words in (("models",), ("models", "--json"),
                  ("preprocess", "-o", "x.npy", "d")):
        ok(*words, cwd=directory, env=environment(**HOME, FOVEA_CACHE=cache))
        assert not os.path.exists(os.path.join(cache, "dtypes")), words


def test_shards_freeze_it(directory):
    pictures(directory)
    words = ("embed", "--shard", "0/1", "-o", "out", "d")
    ok(*words, "--dtype", NARROW, cwd=directory)
    manifest = json.loads(read(os.path.join(directory, "out/manifest.json")))
    same(manifest["dtype"], NARROW)
    for other in ("f32", "bf16"):
        refused(f"{NARROW}, not {other}", *words, "--resume", "--dtype", other,
                cwd=directory)
    # Unasked it is the manifest's, whatever auto would come to here.
    for words_of_auto in ((), ("--dtype", "auto")):
        ok(*words, "--resume", *words_of_auto, cwd=directory)
    data = read(os.path.join(directory, "out/img_emb/img_emb_00000.npy"))
    want = vectors("--dtype", NARROW, "d", cwd=directory)
    at = 10 + struct.unpack("<H", data[8:10])[0]
    same(data[at:], b"".join(struct.pack(f"<{len(v)}f", *v) for v in want))


def test_an_index_keeps_it(directory):
    pictures(directory)
    ok("index", "--dtype", NARROW, "d", cwd=directory)
    put(directory, "d/p9.png", picture(9))
    ok("index", "d", cwd=directory)  # unasked, the same
    for other in ("f32", "bf16"):
        refused(f"--dtype {NARROW}", "index", "--dtype", other, "d",
                cwd=directory)
    ok("export", "-i", "d", "--to", "jsonl", "-o", "x.jsonl", cwd=directory)
    same({line["dtype"] for line in
          lines(read(os.path.join(directory, "x.jsonl")))}, {NARROW})
    hits = lines(ok("search", "-i", "d", "--json", "d/p9.png",
                    cwd=directory).stdout)
    assert hits[0]["cosine"] > 0.999999, hits


def test_the_server_says_it(directory):
    pictures(directory, 2)
    ok("index", "--dtype", "f32", "d", cwd=directory)
    folder = os.path.join(directory, "d")
    keys = put(directory, "keys", b"boss writer\n")
    with Server("--dtype", NARROW, "--index-writable", "a=" + folder,
                "--api-key-file", keys, models=(NEAR,), env=HOME) as server:
        def ask(method, path, body=None, kind="application/json"):
            return server.ask(method, path, body, X_API_Key="boss",
                              Content_Type=kind)
        answer = ask("GET", "/v1/models")
        same([model["dtype"] for model in answer.json["data"]], [NARROW])
        image = {"image": b64(picture(1))}
        answer = ask("POST", "/v1/embeddings", json.dumps({"input": [image]}))
        same(answer.status, 200)
        got = answer.vectors()[0]
        want = vectors("--dtype", NARROW, os.path.join(folder, "p0.png"))[0]
        assert max(abs(a - b) for a, b in zip(got, want)) < 1e-7
        # An index of another one can be searched, and nothing is added to it.
        answer = ask("POST", "/v1/search", json.dumps({"input": image}))
        same(answer.status, 200)
        assert answer.json["data"][0]["score"] > 0.99, answer.json
        same(ask("GET", "/v1/indexes/a").json["sets"][0]["dtype"], "f32")
        answer = ask("POST", "/v1/indexes/a/items?id=x", picture(5), "image/png")
        is_error(answer, 400, "index_model", "--dtype")


def test_packed_copies_lie_side_by_side(directory):
    pictures(directory, 1)
    cache = os.path.join(directory, "cache")
    env = environment(**HOME, FOVEA_CACHE=cache)
    said = {}
    for dtype in ("f32", "bf16", NARROW) * 2:
        vector, = vectors("--dtype", dtype, "d/p0.png", cwd=directory, env=env)
        same(said.setdefault(dtype, vector), vector)
    same(len({str(vector) for vector in said.values()}), 3)


main([value for name, value in sorted(globals().items())
      if name.startswith("test_")])
