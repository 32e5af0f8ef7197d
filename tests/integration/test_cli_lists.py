#!/usr/bin/python3
"""Lists that are read from files and URLs, and prefixes of stores as inputs."""
import http.server
import os
import threading

from archives import tar
from command import environment, lines, main, picture, put, read, run, said, same
from s3_server import S3Server


def names(result):
    return [line["input"] for line in lines(result.stdout)]


def codes(result):
    return [line.get("error", {}).get("code", "good")
            for line in lines(result.stdout)]


def embed(server, *words, **options):
    return run("embed", *words, env=environment(
        **(server.environment() if server else {})), **options)


def test_lists_are_files(directory):
    put(directory, "a.png", picture(1))
    put(directory, "d/b.png", picture(2))
    put(directory, "one", b"a.png\n\nd\r\n")
    put(directory, "two", b"a.png\0d/b.png\0")
    result = embed(None, "--list", "one", "d/b.png", "--list", "one", cwd=directory)
    said(result, 0)
    same(names(result), ["a.png", "d/b.png", "d/b.png", "a.png", "d/b.png"])
    result = embed(None, "-0", "--list", "two", cwd=directory)
    said(result, 0)
    same(names(result), ["a.png", "d/b.png"])
    result = embed(None, "--list", "-", cwd=directory, input=b"a.png\n")
    said(result, 0)
    same(names(result), ["a.png"])
    # A list that is not there is a bad input like others.
    result = embed(None, "--list", "none", "--list", "one", "--list", "d",
                   cwd=directory)
    said(result, 3)
    same(list(zip(names(result), codes(result))),
         [("none", "file_not_found"), ("a.png", "good"), ("d/b.png", "good"),
          ("d", "not_a_file")])
    said(embed(None, "--list", "a.png", cwd=directory), 2, "a.png is no list")
    said(embed(None, "-", "--list", "-", cwd=directory, input=b""), 2, "once")
    said(embed(None, "-0", "a.png", cwd=directory), 2, "--list")
    result = run("similar", "--json", "a.png", "--list", "one", cwd=directory)
    said(result, 0)
    same(names(result), ["a.png", "d/b.png"])


def test_lists_are_objects(directory):
    path = put(directory, "a.png", picture(1))
    with S3Server() as server:
        server.put("b.png", picture(2))
        server.put("a.png", picture(1))
        body = b"s3://bucket/b.png\ns3://bucket/a.png\n" * 20
        server.put("list", body)
        server.fail("half", "bucket/list", times=3)
        result = embed(server, "--list", "s3://bucket/list", path)
        said(result, 0)
        same(names(result), 
             ["s3://bucket/b.png", "s3://bucket/a.png"] * 20 + [path])
        # What fails behind the names that came is a bad input of the list's name.
        result = embed(server, "--list", "s3://bucket/none", path)
        said(result, 3)
        same(codes(result), ["file_not_found", "good"])
        note = server.note

        def replace(request, status):
            note(request, status)
            if request.key == "list":
                server.put("list", body + b"x\n")
        server.note = replace
        server.fail("half", "bucket/list")
        result = embed(server, "--list", "s3://bucket/list")
        said(result, 3)
        same(codes(result)[-1], "object_changed")
        same(set(codes(result)[:-1]), {"good"})
        result = embed(server, "--list", f"{server.endpoint}/bucket/list")
        said(result, 3)
        same(codes(result), ["url_refused"])


class Lists(http.server.BaseHTTPRequestHandler):
    body = b""
    pictures = {}
    missing = 0  # bytes that the list says it has, and does not send

    def do_GET(self):
        body = self.body if self.path == "/list" else self.pictures.get(self.path)
        self.send_response(404 if body is None else 200)
        if self.path == "/list":
            self.send_header("Content-Length", str(len(self.body) + self.missing))
        self.end_headers()
        self.wfile.write(body or b"")

    def log_message(self, *_):
        pass


def test_lists_are_urls(directory):
    path = put(directory, "a.png", picture(1))
    Lists.pictures = {"/a.png": picture(1), "/x.tar": tar([("b.png", picture(2))])}
    server = http.server.ThreadingHTTPServer(("127.0.0.1", 0), Lists)
    thread = threading.Thread(target=server.serve_forever)
    thread.start()
    try:
        base = f"http://127.0.0.1:{server.server_address[1]}"
        Lists.body = f"{base}/a.png\n{base}/x.tar".encode()
        words = ["--allow-private-urls", "--list", f"{base}/list"]
        result = embed(None, *words, "--list", f"{base}/none")
        said(result, 3)
        same(names(result), [f"{base}/a.png", f"{base}/x.tar/b.png", f"{base}/none"])
        same(codes(result)[-1], "fetch_status")
        # Half of a name, where the list breaks off, is none: it may be a prefix.
        Lists.missing = 1
        result = embed(None, *words[:-1], f"{base}/list")
        said(result, 3)
        same(list(zip(names(result), codes(result))),
             [(f"{base}/a.png", "good"), (f"{base}/list", "fetch")])
        Lists.missing = 0
        # Whoever writes it opens no files, folders and archives of this machine, and
        # reads no objects with this user's credentials.
        put(directory, "d/b.png", picture(2))
        put(directory, "y.tar", tar([("c.png", picture(3))]))
        own = [path, f"{directory}/d", f"{directory}/y.tar", "a.png", "-",
               f"file://{path}"]
        objects = ["s3://bucket/a.png", "S3://bucket/", "s3://bucket/y.tar"]
        Lists.body = "\n".join(own + objects + [f"{base}/a.png"]).encode()
        with S3Server() as store:
            for key in ("a.png", "list"):
                store.put(key, picture(1))
            result = embed(store, *words, path, cwd=directory)
            said(result, 3, "--list")
            same(names(result), own + objects + [f"{base}/a.png", path])
            same(codes(result), ["file_denied"] * len(own) +
                 ["url_refused"] * len(objects) + ["good"] * 2)
            # Of a list that needs those credentials it may be objects.
            store.put("list", "\n".join(own + ["s3://bucket/a.png"]).encode())
            for _ in range(2):
                result = embed(store, "--list", "s3://bucket/list", cwd=directory)
                same(codes(result), ["file_denied"] * len(own) + ["good"])
                # In shards they are bad inputs, too, when they are run again as well.
                said(embed(store, "--shard", "0/1", "--resume", "-o", "out", "--list",
                           "s3://bucket/list", cwd=directory), 3, "1 of 1 shards done")
            errors = lines(read(os.path.join(directory, "out/errors/errors_00000.jsonl")))
            same([line["input"] for line in errors], own)
    finally:
        server.shutdown()
        thread.join()
        server.server_close()


def test_a_prefix_is_all_below_it(directory):
    with S3Server(page=3) as server:
        for i in range(8):
            server.put(f"p/{i}.png", picture(i + 1))
        server.put("p/", b"")
        server.put("p/folder/", b"")
        server.put("p/deep/x.png", picture(1))
        server.put("p/notes.txt", b"words")
        server.put("other.png", picture(1))
        server.put("p.png", picture(1))
        pictures = [f"s3://bucket/p/{i}.png" for i in range(8)] + \
            ["s3://bucket/p/deep/x.png"]
        result = embed(server, "s3://bucket/p/")
        said(result, 0, "1 skipped: not an image")
        same(names(result), pictures)
        for words, expected in (
                (["--include", "[2-4].png"], pictures[2:5]),
                (["--exclude", "deep/*", "--include", "*.png"], pictures[:8]),
                (["--include", "deep/*"], pictures[8:])):
            result = embed(server, *words, "s3://bucket/p/")
            said(result, 0)
            same(names(result), expected)
        for bucket in ("s3://bucket", "s3://bucket/"):
            result = embed(server, bucket, "--exclude", "p/*")
            said(result, 0)
            same(names(result), ["s3://bucket/other.png", "s3://bucket/p.png"])
        result = embed(server, "-", input=b"s3://bucket/p/deep/\n")
        same(names(result), pictures[8:])
        # Archives below it are opened, as below a folder.
        same(codes(embed(server, "s3://bucket/nothing/")), [])


def test_a_prefix_that_fails_costs_itself(directory):
    path = put(directory, "a.png", picture(1))
    with S3Server(page=2) as server:
        for i in range(6):
            server.put(f"p/{i}.png", picture(i + 1))
        server.put("p/\n.png", picture(1))
        result = embed(server, "s3://bucket/p/", path)
        said(result, 3)
        same(codes(result), ["url"] + ["good"] * 7)
        # A page in the middle.
        server.fail("403", "bucket/", after=1)
        result = embed(server, "s3://bucket/p/", path)
        said(result, 3)
        same(codes(result), ["url", "good", "object_store_denied", "good"])
        same(names(result)[2], "s3://bucket/p/")
        server.fail("503", "bucket/", after=1, times=2)
        same(len(codes(embed(server, "s3://bucket/p/"))), 7)
        same(codes(embed(server, "s3://nobucket/p/", path)),
             ["file_not_found", "good"])
        same(codes(embed(None, "s3://bucket/p/", path)),
             ["object_store_credentials", "good"])


def test_no_shards_are_made_of_a_list_that_broke_off(directory):
    with S3Server(page=2) as server:
        for i in range(6):
            server.put(f"p/{i}.png", picture(i + 1))
        server.put("list", b"s3://bucket/p/0.png\n" * 1000)
        shard = ("--shard", "0/1", "-o", os.path.join(directory, "out"))
        server.fail("403", "bucket/", after=1)
        said(embed(server, *shard, "s3://bucket/p/"), 1, "403")
        note = server.note

        def replace(request, status):
            note(request, status)
            server.put("list", b"x\n")
        server.note = replace
        server.fail("half", "bucket/list")
        said(embed(server, *shard, "--list", "s3://bucket/list"), 1, "the same")
        server.note = note
        said(embed(server, *shard, "--list", "s3://bucket/none"), 1, "no such")
        assert not os.path.exists(os.path.join(directory, "out/manifest.json"))
        said(embed(server, *shard, "s3://bucket/p/"), 0)


def test_a_bad_name_of_a_list_is_a_bad_input_of_its_shard(directory):
    put(directory, "a.png", picture(1))
    put(directory, "list", b"a.png\nb\0c\na.png\n")
    for _ in range(2):  # who makes the manifest, and who compares
        said(embed(None, "--shard", "0/1", "--resume", "-o", "out", "--list", "list",
                   cwd=directory), 3, "1 of 1 shards done")
    error, = lines(read(os.path.join(directory, "out/errors/errors_00000.jsonl")))
    same((error["input"], error["error"]["code"]), ("b", "argument"))


main([test for name, test in list(globals().items()) if
      name.startswith("test_")])
