#!/usr/bin/python3
"""An object store as a place for outputs, and that it is as good a one as a folder.

    test_objects_s3.py OBJECTS_TOOL
"""
import hashlib
import json
import os
import subprocess
import sys

sys.argv.insert(2, os.devnull)  # command.py wants a model; none is used here
sys.path.insert(0, os.path.join(os.path.dirname(os.path.abspath(__file__)), "..",
                                "support"))
from command import TIMEOUT, environment, main, same  # noqa: E402
from s3_server import S3Server  # noqa: E402

TOOL = os.path.abspath(sys.argv[1])
PLACE = "s3://bucket/a/prefix"


def call(server, place, *words, status="ok", part="", **more):
    env = environment(**(server.environment() if server else {}), **more)
    result = subprocess.run([TOOL, place, *words], env=env,
                            stdout=subprocess.PIPE, stderr=subprocess.PIPE,
                            timeout=TIMEOUT, check=True)
    same(result.stderr, b"")
    last = json.loads(result.stdout)
    assert last["status"] == status and part in last["message"], last
    return last


def walk(server, place):
    """What any place owes."""
    def do(*words, **more):
        return call(server, place, *words, **more)
    same(do("list", "done")["found"], [])
    do("get", "done/1", status="file_not_found")
    do("stat", "done/1", status="file_not_found")
    same(do("put", "done/1", "one")["was_there"], False)
    same(do("put", "done/1", "two")["was_there"], True)
    got = do("get", "done/1")
    same((got["text"], got["size"], got["sha256"]),
         ("one", 3, hashlib.sha256(b"one").hexdigest()))
    same({name: do("digest", "done/1")[name] for name in
          ("size", "sha256", "version")},
         {name: got[name] for name in ("size", "sha256", "version")})
    same(do("stat", "done/1")["version"], got["version"])
    do("replace", "done/1", "another", "x", status="object_changed")
    do("replace", "done/2", got["version"], "x", status="object_changed")
    do("replace", "done/1", got["version"], "two!")
    do("replace", "done/1", got["version"], "three", status="object_changed")
    same(do("get", "done/1")["text"], "two!")
    do("put", "done/10", "")
    do("put", "done/deep/3", "x")
    do("put", "manifest.json", "{}")
    same(sorted(do("list", "done")["found"]), [["1", 4], ["10", 0]])
    do("put", "big", "b" * 1001)
    do("get", "big", status="argument", part="1000")
    for key in ("", "/a", "../a", "a//b", "a/", "a/../b", ".a", "a b"):
        do("put", key, "x", status="argument")
        do("get", key, status="argument")
    do("remove", "done/1")
    do("remove", "done/1")
    same(sorted(do("list", "done")["found"]), [["10", 0]])


def test_a_folder_and_stores_are_the_same(directory):
    walk(None, os.path.join(directory, "out"))
    with S3Server() as server:
        for place in (PLACE, "s3://bucket/slash/", "s3://bucket"):
            walk(server, place)
        same(server.keys("a/prefix/"), ["a/prefix/big", "a/prefix/done/10",
                                        "a/prefix/done/deep/3",
                                        "a/prefix/manifest.json"])
        same(server.keys("slash/")[0], "slash/big")
        server.put("a/prefix/done/.odd", b"")
        server.put("a/prefix/done/\n", b"")
        same(call(server, PLACE, "list", "done")["found"], [["10", 0]])


def test_a_store_that_ignores_conditions_is_looked_at_first(directory):
    with S3Server() as server:
        server.unconditional = True
        walk(server, PLACE)


def test_who_was_first_stays(directory):
    """Somebody puts between the look and the write."""
    with S3Server() as server:
        note = server.note

        def put_first(request, status):
            note(request, status)
            if request.method == "HEAD":
                server.put("a/prefix/k", b"theirs")
        server.note = put_first
        same(call(server, PLACE, "put", "k", "mine")["was_there"], True)
        same(server.get("a/prefix/k"), b"theirs")
        server.note = note
        version = call(server, PLACE, "stat", "k")["version"]

        def replace_first(request, status):
            note(request, status)
            if request.method == "HEAD":
                server.put("a/prefix/k", b"theirs again")
        server.note = replace_first
        call(server, PLACE, "replace", "k", version, "mine",
             status="object_changed")
        same(server.get("a/prefix/k"), b"theirs again")


def test_a_lost_answer_is_no_change_of_somebody_else(directory):
    with S3Server() as server:
        call(server, PLACE, "put", "k", "one")
        version = call(server, PLACE, "stat", "k")["version"]
        server.fail("lost", method="PUT")
        call(server, PLACE, "replace", "k", version, "two")
        same(call(server, PLACE, "get", "k")["text"], "two")


def test_bytes_of_another_make_have_their_digest_read(directory):
    with S3Server() as server:
        server.put("a/prefix/k", b"foreign")
        same(call(server, PLACE, "stat", "k")["sha256"], "")
        same(call(server, PLACE, "digest", "k")["sha256"],
             hashlib.sha256(b"foreign").hexdigest())


def test_trouble_is_told(directory):
    with S3Server() as server:
        server.fail("503", times=2)
        server.fail("half", times=1, method="GET")
        same(call(server, PLACE, "put", "k", "text")["was_there"], False)
        same(call(server, PLACE, "get", "k")["text"], "text")
        server.fail("403", method="PUT")
        call(server, PLACE, "put", "other", "x", status="object_store_denied",
             part="s3://bucket/a/prefix/other")
        server.fail("500", times=3)
        call(server, PLACE, "stat", "k", status="object_store",
             part="s3://bucket/a/prefix/k")
        call(server, PLACE, "put", "k2", "x", status="file_not_found",
             part="no-such", TMPDIR="/no-such")
    call(None, "s3://b", "stat", "k", status="url")
    call(None, "s3://bucket/" + "p" * 600, "stat", "k", status="argument",
         part="prefix")


main([test for name, test in list(globals().items()) if
      name.startswith("test_")])
