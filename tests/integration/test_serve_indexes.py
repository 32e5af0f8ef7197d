#!/usr/bin/python3
"""fovea serve: searching indexes, adding to them, and what nobody is told."""
import contextlib
import json
import math
import os
import shutil
import signal
import urllib.parse

import command
from command import picture, put, same, wait_until
from serving import Server, b64, is_error

SOURCE = os.environ["FOVEA_SOURCE_ROOT"]
HOME = {"FOVEA_HOME": SOURCE}
# It embeds texts too.
CLIP = os.path.join(os.environ["FOVEA_WHOLE_MODELS"], "clip")
NEAR = "fovea/near-duplicate"
KEYS = b"reader\nboss writer\n"
READER, WRITER = {"X_API_Key": "reader"}, {"X_API_Key": "boss"}
JSON = {"Content_Type": "application/json"}
N = 6


def index(folder, *flags):
    result = command.run("index", *flags, folder, model=False,
                         env=command.environment(**HOME))
    assert result.returncode == 0, result.stderr


def pictures(directory, words=False):
    """A folder of N pictures, indexed."""
    folder = os.path.join(directory, "secret-place")
    for i in range(N):
        put(folder, f"p{i}.png", picture(i))
    index(folder, *(["-m", CLIP] if words else []))
    return folder


def serve(*flags, models=(CLIP,)):
    return Server(*flags, models=models, env=HOME)


def search(server, request, **headers):
    return server.ask("POST", "/v1/search", json.dumps(request), **JSON,
                      **headers)


def found(answer):
    assert answer.status == 200, answer.body
    return answer.json["data"]


def vectors(server, items, model):
    answer = server.post({"input": items, "model": model})
    assert answer.status == 200, answer.body
    return answer.vectors()


def dot(a, b):
    return sum(x * y for x, y in zip(a, b))


def unit(a):
    length = math.sqrt(dot(a, a))
    return [x / length for x in a]


def check_ranking(hits, query, known):
    """Hits are all of {name: vector} in the order of their cosines to query."""
    expected = sorted(((dot(unit(query), v), name)
                       for name, v in known.items()), reverse=True)
    same([os.path.basename(hit["paths"][0]) for hit in hits],
         [name for _, name in expected])
    for hit, (score, _) in zip(hits, expected):
        assert abs(hit["score"] - score) < 2e-5, (hit, score)


def test_hits_are_those_of_all_vectors(directory):
    folder = pictures(directory, words=True)
    with serve("--index", "photos=" + folder, "--show-paths",
               models=(CLIP, NEAR)) as server:
        names = [f"p{i}.png" for i in range(N)]
        own = [{"image": b64(picture(i))} for i in range(N)]
        strange = {"image": b64(picture(17))}
        for model, name in (("clip", "clip"), (NEAR, NEAR)):
            known = dict(zip(names, vectors(server, own, name)))
            query = vectors(server, [strange], name)[0]
            hits = found(search(server, {"input": strange, "model": model}))
            check_ranking(hits, query, known)
        # The set with words is the one that is taken.
        known = dict(zip(names, vectors(server, own, "clip")))
        words, more = vectors(server, ["a red car", "snow"], "clip")
        answer = search(server, {"input": "a red car"})
        same(answer.json["model"], "clip")
        same((answer.json["index"], answer.json["searched"]), ("photos", N))
        check_ranking(found(answer), words, known)
        mixed = [2 * a - 0.5 * b for a, b in zip(words, more)]
        check_ranking(found(search(server, {
            "input": [{"text": "a red car", "weight": 2}],
            "minus": {"text": "snow", "weight": 0.5}})), mixed, known)
        # One of the index is not found itself.
        first = found(search(server, {"input": own[2]}))[0]
        same(os.path.basename(first["paths"][0]), "p2.png")
        assert first["score"] > 0.999
        alike = found(search(server, {"input": {"id": first["id"]}}))
        rest = {k: v for k, v in known.items() if k != "p2.png"}
        check_ranking(alike, known["p2.png"], rest)
        # Fewer.
        all_ = found(search(server, {"input": "a red car"}))
        same(found(search(server, {"input": "a red car", "n": 2})), all_[:2])
        least = (all_[2]["score"] + all_[3]["score"]) / 2
        same(found(search(server, {"input": "a red car",
                                   "min_score": least})), all_[:3])


def test_filters(directory):
    folder = pictures(directory)
    os.utime(os.path.join(folder, "p1.png"), (0, 86400 * 365 * 35))  # 2004
    index(folder)
    with serve("--index", "a=" + folder, "--show-paths") as server:
        def names(**filter_):
            hits = found(search(server, {
                "input": {"image": b64(picture(0))}, "filter": filter_}))
            return sorted(os.path.basename(hit["paths"][0]) for hit in hits)
        same(names(paths=["p1.png", "p2*"]), ["p1.png", "p2.png"])
        same(names(not_paths=["p[0-3].png"]), ["p4.png", "p5.png"])
        same(names(until="2005"), ["p1.png"])
        same(len(names(since="2005")), N - 1)
        bad = search(server, {"input": "x", "filter": {"since": "2005-13"}})
        same(bad.status, 400)
    bad = {"input": {"image": b64(picture(0))}, "filter": {"since": "2005-13"}}
    with serve("--index", "a=" + folder) as server:
        is_error(search(server, bad), 400, "argument", "filter.since")


def test_paths_are_nobodys_business(directory):
    folder = pictures(directory)
    with serve("--index", "photos=" + folder) as server:
        answers = [search(server, {"input": {"image": b64(picture(0))}})]
        for path in ("/v1/indexes", "/v1/indexes/photos",
                     "/v1/indexes/photos/items", "/v1/indexes/photos/items/@1",
                     "/v1/indexes/photos/duplicates?threshold=-1", "/v1/pool",
                     "/metrics", "/v1/indexes/photos/items/@1/thumbnail"):
            answers.append(server.get(path))
        for answer in answers:
            same(answer.status, 200)
            for secret in (b"secret-place", b".png", directory.encode()):
                assert secret not in answer.body, answer.body
        for name in ("paths", "not_paths"):
            is_error(search(server, {"input": {"id": "@1"}, "filter":
                                     {name: "*secret*"}}), 400, "argument",
                     "--show-paths")
        # Nor where the index is, when it is not there any more.
        shutil.rmtree(os.path.join(folder, ".fovea"))
        answer = server.get("/v1/indexes/photos")
        is_error(answer, 404, "index_not_found")
        assert b"secret-place" not in answer.body, answer.body
        shown = server.get("/v1/indexes").json["data"][0]
        same(shown["error"]["code"], "index_not_found")
    with serve("--index", "a=" + pictures(directory),
               "--show-paths") as server:
        assert b"secret-place" in server.get("/v1/indexes/a/items").body


def test_pages_have_every_picture_once(directory):
    folder = pictures(directory)
    with serve("--index", "photos=" + folder) as server:
        for limit in (1, 4, N, 100):
            seen, after = [], ""
            for _ in range(N + 1):
                page = server.get(f"/v1/indexes/photos/items?limit={limit}"
                                  f"&after={after}").json
                assert len(page["data"]) <= limit
                seen += [item["id"] for item in page["data"]]
                after = page["next"]
                if after is None:
                    break
            same(len(set(seen)), N)
            same(len(seen), N)
        for query in ("limit=0", "limit=1001", "limit=x", "after=-1"):
            is_error(server.get("/v1/indexes/photos/items?" + query), 400,
                     "argument")


def test_what_another_process_writes_is_seen(directory):
    folder = pictures(directory)
    with serve("--index", "photos=" + folder) as server:
        def count():
            return server.get("/v1/indexes/photos").json["pictures"]
        same(count(), N)
        put(folder, "new.png", picture(40))
        index(folder)
        same(count(), N + 1)
        run = server.get("/v1/indexes/photos").json["run"]
        same((run["going"], run["failed"]), (False, 0))
        first = found(search(server, {"input": {"image": b64(picture(40))}}))[0]
        assert first["score"] > 0.999, first
        # Another index in its place.
        shutil.rmtree(os.path.join(folder, ".fovea"))
        for i in range(N):
            os.unlink(os.path.join(folder, f"p{i}.png"))
        index(folder)
        same(count(), 1)


def test_duplicates(directory):
    folder = pictures(directory)
    shutil.copy(os.path.join(folder, "p0.png"), os.path.join(folder, "q.png"))
    index(folder)
    with serve("--index", "photos=" + folder) as server:
        path = "/v1/indexes/photos/duplicates?threshold=0.9999"
        page = server.get(path).json
        same((page["groups"], page["compared"]), (1, N))
        group, = page["data"]
        same([(item["files"], item["best"]) for item in group["items"]],
             [(2, True)])
        # Everything is alike: one group, and page by page of single ones.
        shutil.copy(os.path.join(folder, "p1.png"),
                    os.path.join(folder, "r.png"))
        index(folder)
        one = server.get(path + "&limit=1").json
        same((one["groups"], len(one["data"])), (2, 1))
        two = server.get(path + "&limit=1&after=" + one["next"]).json
        same((two["groups"], len(two["data"]), two["next"]), (2, 1, None))
        assert one["data"] != two["data"]
        for query in ("threshold=2", "threshold=x", "after=x", "after=1"):
            is_error(server.get("/v1/indexes/photos/duplicates?" + query),
                     400, "argument")


def writable(directory, *flags):
    keys = put(directory, "keys", KEYS)
    return serve("--api-key-file", keys, "--index-writable",
                 "own=" + os.path.join(directory, "own"), *flags)


def test_items_come_and_go(directory):
    with writable(directory) as server:
        def add(body, query="", **headers):
            return server.ask("POST", "/v1/indexes/own/items" + query, body,
                              **{**WRITER, **headers})

        def ids():
            page = server.get("/v1/indexes/own/items", **READER).json
            return sorted(i for item in page["data"] for i in item["ids"])

        same(add(picture(0), "?id=raw", Content_Type="image/png").status, 200)
        form = b"".join(
            b"--xyz\r\nContent-Disposition: form-data; name=\"f\"; "
            b"filename=\"f%d/a b\"\r\n\r\n%s\r\n" % (i, picture(i))
            for i in (1, 2)) + b"--xyz--\r\n"
        same(add(form, Content_Type="multipart/form-data; boundary=xyz").json,
             {"object": "list", "data": [
                 {"object": "item", "index": i, "id": f"f{i + 1}/a b"}
                 for i in (0, 1)]})
        good = {"id": "json", "image": b64(picture(3))}
        bad = {"id": "bad", "image": b64(b"no picture")}
        is_error(add(json.dumps({"input": [good, bad]}), **JSON), 415,
                 "not_an_image", "input[1]")
        same(ids(), ["f1/a b", "f2/a b", "raw"])
        mixed = add(json.dumps({"input": [good, bad], "on_error": "item"}),
                    **JSON).json["data"]
        same([item["object"] for item in mixed], ["item", "error"])
        same(ids(), ["f1/a b", "f2/a b", "json", "raw"])
        # Both of its models know them.
        for model, name in ((NEAR, NEAR), ("clip", "clip")):
            hits = found(search(server, {"input": {"image": b64(picture(1))},
                                         "model": model}, **READER))
            same(hits[0]["id"], "f1/a b")
            assert hits[0]["score"] > 0.999, (name, hits[0])
        # An id leads to another image then.
        same(add(picture(9), "?id=raw", Content_Type="image/png").status, 200)
        hits = found(search(server, {"input": {"image": b64(picture(9))}},
                            **READER))
        same(hits[0]["id"], "raw")
        same(len(hits), 4)
        path = "/v1/indexes/own/items/" + urllib.parse.quote("f1/a b")
        same(server.get(path, **READER).json["id"], "f1/a b")
        is_error(server.get(path + "/thumbnail", **READER), 404, "no_item",
                 "not kept")
        is_error(server.ask("DELETE", path, **READER), 403, "index_read_only")
        same(server.ask("DELETE", path, **WRITER).json,
             {"object": "item", "id": "f1/a b", "deleted": True})
        is_error(server.ask("DELETE", path, **WRITER), 404, "no_item")
        same(ids(), ["f2/a b", "json", "raw"])
        for wrong in ("", "@1", "a//b", "x" * 129, "a/thumbnail"):
            is_error(add(picture(0), "?id=" + wrong,
                         Content_Type="image/png"), 400, "argument", "id")
        for wrong, part in (
                ({"id": "u", "image": "http://127.0.0.1/x"}, "no URL"),
                ({"id": "u", "text": "words"}, "items are images"),
                ({"image": good["image"]}, '"id"')):
            is_error(add(json.dumps({"input": wrong}), **JSON), 400,
                     "argument", part)
        is_error(add(json.dumps({"input": [good, good]}), **JSON), 400,
                 "argument", "twice")
    # It is there after the server's end.
    with writable(directory) as server:
        shown = server.get("/v1/indexes/own", **READER).json
        same((shown["items"], shown["writable"]), (3, True))


def test_files_are_never_touched(directory):
    folder = pictures(directory)
    before = {name: command.read(os.path.join(folder, name))
              for name in os.listdir(folder) if name != ".fovea"}
    keys = put(directory, "keys", KEYS)
    with serve("--api-key-file", keys, "--index-writable",
               "photos=" + folder) as server:
        page = server.get("/v1/indexes/photos/items", **READER).json["data"]
        for item in page:
            is_error(server.ask("DELETE", "/v1/indexes/photos/items/" +
                                item["id"], **WRITER), 400, "argument",
                     "--remove")
        same(server.get("/v1/indexes/photos", **READER).json["pictures"], N)
    same({name: command.read(os.path.join(folder, name))
          for name in os.listdir(folder) if name != ".fovea"}, before)


def test_only_writers_write(directory):
    folder = pictures(directory)
    keys = put(directory, "keys", KEYS)
    with serve("--api-key-file", keys, "--index", "read=" + folder,
               "--index-writable", "own=" + os.path.join(directory, "own")) \
            as server:
        path = "/v1/indexes/own/items?id=a"
        kind = {"Content_Type": "image/png"}
        is_error(server.ask("POST", path, picture(1), **kind), 401,
                 "unauthorized")
        is_error(server.ask("POST", path, picture(1), **kind, **READER), 403,
                 "index_read_only", "writer")
        is_error(server.ask("POST", "/v1/indexes/read/items?id=a", picture(1),
                            **kind, **WRITER), 403, "index_read_only",
                 "--index-writable")
        same(server.ask("POST", path, picture(1), **kind, **WRITER).status,
             200)
        put(directory, "keys", b"boss\nreader writer\n")
        server.process.send_signal(signal.SIGHUP)
        wait_until(lambda: server.ask("POST", path, picture(1), **kind,
                                      **WRITER).status == 403, "the new keys")
        same(server.ask("POST", path, picture(1), **kind, **READER).status,
             200)


def refused(*flags):
    result = command.run("serve", "--port", "0", *flags, CLIP, model=False,
                         env=command.environment(XDG_RUNTIME_DIR="/nonexistent",
                                                 **HOME))
    assert result.returncode in (1, 2), result
    return result.stderr.decode()


def test_starts_that_are_refused(directory):
    folder = pictures(directory)
    keys = put(directory, "keys", b"one\n")
    for flags, part in (
            (["--index", "a=" + directory], "no index"),
            (["--index", folder], "NAME=DIR"),
            (["--index", "a b=" + folder], "NAME=DIR"),
            (["--index", "a=" + folder, "--index", "a=" + folder], "two"),
            (["--index-writable", "a=" + folder], "KEY writer"),
            (["--api-key-file", keys, "--index-writable", "a=" + folder],
             "KEY writer")):
        text = refused(*flags)
        assert part in text, (flags, text)
    bad = put(directory, "bad", b"key other\n")
    assert '"writer" may stand' in refused("--api-key-file", bad)


def test_thumbnails(directory):
    folder = os.path.join(directory, "photos")
    os.mkdir(folder)
    for name in ("fog.jpg", "city.jpg"):
        shutil.copy(os.path.join(SOURCE, "samples/scenes", name), folder)
    index(folder)
    with serve("--index", "photos=" + folder, "--show-paths") as server:
        items = server.get("/v1/indexes/photos/items").json["data"]
        by_name = {os.path.basename(i["paths"][0]): i["id"] for i in items}
        path = f"/v1/indexes/photos/items/{by_name['fog.jpg']}/thumbnail"
        answer = server.get(path)
        same((answer.status, answer.headers["content-type"]),
             (200, "image/jpeg"))
        same(answer.headers["x-content-type-options"], "nosniff")
        assert "private" in answer.headers["cache-control"]
        assert answer.body.startswith(b"\xff\xd8\xff")
        shown = server.upload(answer.body)  # an image like any other
        same(shown.status, 200)
        etag = answer.headers["etag"]
        again = server.get(path, If_None_Match=etag)
        same((again.status, again.body), (304, b""))
        other = server.get(path.replace(by_name["fog.jpg"],
                                        by_name["city.jpg"]))
        assert other.headers["etag"] != etag
        # Another file in its place is not shown as what was indexed.
        shutil.copy(os.path.join(folder, "city.jpg"),
                    os.path.join(folder, "fog.jpg"))
        is_error(server.get(path), 404, "no_item", "changed")
        os.unlink(os.path.join(folder, "fog.jpg"))
        is_error(server.get(path), 404, "no_item", "gone")
        heic = command.read(os.path.join(SOURCE, "samples/formats/still.heic"))
        answer = server.ask("POST", "/v1/thumbnail", heic,
                            Content_Type="image/heic")
        same((answer.status, answer.headers["cache-control"]),
             (200, "no-store"))
        assert answer.body.startswith(b"\xff\xd8\xff")
        is_error(server.ask("POST", "/v1/thumbnail", b"x",
                            Content_Type="image/png"), 415, "not_an_image")
        assert b'fovea_thumbnails_total{result="ok"} ' in \
            server.get("/metrics").body


def test_vectors_without_their_model(directory):
    """An index whose model is not here: its items can be searched with."""
    gone = os.path.join(directory, "gone")
    shutil.copytree(CLIP, gone)
    folder = os.path.join(directory, "photos")
    for i in range(3):
        put(folder, f"{i}.png", picture(i))
    index(folder, "-m", gone)
    shutil.rmtree(gone)
    # The server's own model has vectors of another size.
    with serve("--index", "photos=" + folder,
               models=(command.MODEL,)) as server:
        assert "no words or pictures can be searched for" in server.log()
        sets = server.get("/v1/indexes/photos").json["sets"]
        same([(s["words"], s["served"]) for s in sets],
             [(False, True), (True, False)])
        same(sets[1]["model"], "gone")
        is_error(search(server, {"input": "words"}), 400, "index_model",
                 "not served")
        same(len(found(search(server, {"input": {"id": "@1"}}))), 2)
        hits = found(search(server, {"input": {"image": b64(picture(0))},
                                     "model": NEAR}))
        same(len(hits), 3)


def test_errors_of_searches(directory):
    folder = pictures(directory)
    with contextlib.ExitStack() as stack:
        none = stack.enter_context(serve())
        one = stack.enter_context(serve("--index", "a=" + folder,
                                        "--max-hits", "5"))
        two = stack.enter_context(serve("--index", "a=" + folder,
                                        "--index", "b=" + folder))
        is_error(search(none, {"input": "x"}), 404, "index_not_found",
                 "--index")
        same(none.get("/v1/indexes").json, {"object": "list", "data": []})
        is_error(search(one, {"input": "x", "index": "c"}), 404,
                 "index_not_found")
        is_error(search(one, {"input": "x"}), 400, "index_model", "words")
        is_error(search(one, {"input": {"id": "@1"}, "n": 6}), 400,
                 "argument", "--max-hits")
        error = is_error(search(one, {"input": [{"id": "@1"},
                                                {"id": "@99"}]}),
                         404, "no_item", "@99")
        same(error["param"], "input[1]")
        is_error(search(one, {"input": {"id": "@1"},
                              "minus": {"id": "@1"}}), 400, "argument")
        is_error(search(one, {"input": {"id": "@1"}, "model": "clip"}), 400,
                 "index_model", "clip")
        is_error(search(two, {"input": {"id": "@1"}}), 400, "argument",
                 "index")
        same(len(found(search(two, {"input": {"id": "@1"},
                                    "index": "b"}))), N - 1)
        is_error(one.get("/v1/indexes/a/items/@0"), 404, "no_item")


command.main([
    test_hits_are_those_of_all_vectors,
    test_filters,
    test_paths_are_nobodys_business,
    test_pages_have_every_picture_once,
    test_what_another_process_writes_is_seen,
    test_duplicates,
    test_items_come_and_go,
    test_files_are_never_touched,
    test_only_writers_write,
    test_starts_that_are_refused,
    test_thumbnails,
    test_vectors_without_their_model,
    test_errors_of_searches,
])
