#!/usr/bin/python3
"""Lists that are read from files and URLs, and prefixes of stores as inputs."""
import http.server
import os
import threading

from command import environment, lines, main, picture, put, run, said, same
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
        body = f"s3://bucket/b.png\n{path}\n".encode() * 20
        server.put("list", body)
        server.fail("half", "bucket/list", times=3)
        result = embed(server, "--list", "s3://bucket/list", path)
        said(result, 0)
        same(names(result), ["s3://bucket/b.png", path] * 20 + [path])
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

    def do_GET(self):
        self.send_response(200 if self.path == "/list" else 404)
        self.end_headers()
        if self.path == "/list":
            self.wfile.write(self.body)

    def log_message(self, *_):
        pass


def test_lists_are_urls(directory):
    path = put(directory, "a.png", picture(1))
    Lists.body = path.encode() + b"\n" + path.encode()
    server = http.server.ThreadingHTTPServer(("127.0.0.1", 0), Lists)
    thread = threading.Thread(target=server.serve_forever)
    thread.start()
    try:
        base = f"http://127.0.0.1:{server.server_address[1]}"
        result = embed(None, "--allow-private-urls", "--list", f"{base}/list",
                       "--list", f"{base}/none")
        said(result, 3)
        same(names(result), [path, path, f"{base}/none"])
        same(codes(result)[-1], "fetch_status")
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


main([test for name, test in list(globals().items()) if
      name.startswith("test_")])
