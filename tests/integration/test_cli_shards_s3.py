#!/usr/bin/python3
"""embed --shard to an object store: the same bytes as in a folder, whatever the store
does; what it refuses ends the run."""
import json
import os
import subprocess

import command
from command import environment, lines, main, picture, put, run, said, same, \
    start
from s3_server import S3Server
from s3_trouble import Chance

OUT = "s3://bucket/deep/out"


def album(directory, n):
    for i in range(n):
        content = picture(i)
        put(directory, f"in/{i:02}.png", content[:60] if i == 2 else content)


def shard(directory, server, share, *words, out=OUT, **options):
    return run("embed", "--shard", share, "--shard-size", "4", "-o", out,
               *words, cwd=directory, env=environment(
                   **(server.environment() if server else {})), **options)


def expected(directory):
    """What a folder has, by the keys of the store."""
    said(shard(directory, None, "0/1", "in", out="folder"), 3)
    top = os.path.join(directory, "folder")
    return {"deep/out/" + os.path.relpath(os.path.join(where, name), top):
            command.read(os.path.join(where, name))
            for where, _, names in os.walk(top) for name in names}


def objects(server):
    return {key: server.get(key) for key in server.keys("deep/")}


def test_a_store_has_what_a_folder_has(directory):
    album(directory, 10)
    whole = expected(directory)
    with S3Server() as server:
        said(shard(directory, server, "0/2", "in"), 3, "2 of 2 shards")
        said(shard(directory, server, "1/2", "in"), 0, "1 of 1 shards")
        same(objects(server), whole)
        said(shard(directory, server, "0/2", "in"), 2, "--resume")
        n = server.n_requests
        said(shard(directory, server, "0/1", "--resume", "in"), 3, "3 before")
        # Digests are told by the store: no file is read for them.
        assert not [r for r in server.requests[n:] if r[0] == "GET" and
                    ("img_emb" in r[2] or "metadata_" in r[2])]
        same(objects(server), whole)


def test_whatever_the_store_does(directory):
    """A third of all requests go wrong."""
    album(directory, 10)
    whole = expected(directory)
    for seed in ("1", "2"):
        with S3Server(chance=Chance(seed, 0.3, (
                "500", "503", "429", "half", "closed", "lost"))) as server:
            for _ in range(8):
                result = shard(directory, server, "0/1", "--resume", "in")
                if result.returncode == 3:
                    break
                said(result, 1)
            said(result, 3)
            same(objects(server), whole)


def test_many_at_once_where_conditions_are_ignored(directory):
    album(directory, 10)
    whole = expected(directory)
    for ignored in (False, True):
        with S3Server() as server:
            server.unconditional = ignored
            processes = [start(
                "embed", "--shard", "0/1", "--resume", "--shard-size", "4",
                "-o", OUT, "in", cwd=directory, stderr=subprocess.PIPE,
                env=environment(**server.environment())) for _ in range(3)]
            for process in processes:
                text = process.communicate(timeout=command.TIMEOUT)[1]
                same((process.returncode, text)[0], 3)
            same(objects(server), whole)


def test_killed_while_the_store_is_asked(directory):
    album(directory, 10)
    whole = expected(directory)
    for key in ("manifest/names_00001.jsonl", "manifest.json",
                "img_emb/img_emb_00000.npy", "metadata/metadata_00001.jsonl",
                "errors/errors_00001.jsonl", "done/00000.json",
                "done/00002.json"):
        for kind in ("held", "lost"):
            with S3Server() as server:
                server.fail(kind if kind == "held" else "lost",
                            f"bucket/deep/out/{key}", "PUT", times=1)
                if kind == "lost":
                    said(shard(directory, server, "0/1", "in"), 3)
                    same(objects(server), whole)
                    continue
                with start("embed", "--shard", "0/1", "--shard-size", "4",
                           "-o", OUT, "in", cwd=directory,
                           stderr=subprocess.DEVNULL,
                           env=environment(**server.environment())) as process:
                    server.wait_held()
                    process.kill()
                assert f"deep/out/{key}" not in server.keys("deep/")
                said(shard(directory, server, "0/1", "--resume", "in"), 3)
                same(objects(server), whole)


def test_what_a_store_refuses_ends_the_run(directory):
    album(directory, 6)
    with S3Server() as server:
        server.fail("403", "bucket/deep/out/img_emb/*", "PUT", times=99)
        text = said(shard(directory, server, "0/1", "in"), 1, "shard 0 failed",
                    "img_emb_00000.npy", "2 failed")
        assert "done" not in "".join(objects(server)), text
        server.faults.clear()
        said(shard(directory, server, "0/1", "--resume", "in"), 3)
        said(run("embed", "--shard", "0/1", "-o", OUT, "in", cwd=directory,
                 env=environment(AWS_ENDPOINT_URL=server.endpoint)), 1)


def test_what_is_in_a_store_is_frozen(directory):
    with S3Server() as server:
        for i in range(5):
            server.put(f"photos/{i}.png", picture(i))
        server.put("photos/readme.txt", b"no picture")
        server.put("list", b"s3://bucket/photos/1.png\ns3://bucket/none.png\n")
        words = ("s3://bucket/photos/", "--list", "s3://bucket/list")
        said(shard(directory, server, "0/1", *words), 3, "1 skipped")
        done = [json.loads(server.get(f"deep/out/done/{i:05}.json"))
                for i in range(2)]
        same([(told["inputs"], told["rows"], told["errors"], told["skipped"])
              for told in done], [(4, 4, 0, 0), (4, 2, 1, 1)])
        same([line["input"] for line in lines(server.get(
            "deep/out/metadata/metadata_00001.jsonl"))],
             ["s3://bucket/photos/4.png", "s3://bucket/photos/1.png"])
        server.put("photos/9.png", picture(9))
        said(shard(directory, server, "0/1", "--resume", *words), 3,
             "2 before")
        server.put("list", b"s3://bucket/photos/2.png\n")
        said(shard(directory, server, "0/1", "--resume", *words), 2,
             "names in lists")


main([value for name, value in list(globals().items())
      if name.startswith("test_")])
