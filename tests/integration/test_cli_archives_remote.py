#!/usr/bin/env python3
"""Archives that are elsewhere: https:// (here without TLS) and s3://."""
import http.server
import os
import threading

from archives import gz, header, padded, tar
from command import environment, lines, main, picture, put, run, said, same
from s3_server import S3Server

PICTURES = [picture(seed, 200, 150) for seed in range(20)]
NAMES = [f"{seed:04}.png" for seed in range(20)]
ARCHIVE = tar(list(zip(NAMES, PICTURES)))
assert len(ARCHIVE) > 1 << 18


class Site:
    """Serves one thing at any path; breaks the first answers off."""

    def __init__(self, content, breaks=0, ranges=True, etag='"1"', status=200):
        site = self
        self.content, self.breaks, self.etag = content, breaks, etag
        self.asked = []

        class Handler(http.server.BaseHTTPRequestHandler):
            def do_GET(self):
                wanted = self.headers.get("Range")
                site.asked.append(wanted)
                if status != 200:
                    self.send_error(status)
                    return
                begin = 0
                if ranges and wanted:
                    begin = int(wanted.removeprefix("bytes=").split("-")[0])
                body = site.content[begin:]
                self.send_response(206 if begin else 200)
                if begin:
                    self.send_header("Content-Range", "bytes %d-%d/%d" % (
                        begin, len(site.content) - 1, len(site.content)))
                self.send_header("Content-Length", str(len(body)))
                self.send_header("ETag", site.etag)
                self.end_headers()
                if site.breaks > 0:
                    site.breaks -= 1
                    body = body[:len(body) // 2]
                    self.close_connection = True
                try:
                    self.wfile.write(body)
                except OSError:
                    pass  # it has enough

            def log_message(self, *_):
                pass

        self.server = http.server.ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        self.thread = threading.Thread(target=self.server.serve_forever)

    def __enter__(self):
        self.thread.start()
        self.url = "http://127.0.0.1:%d/a.tar?secret=1" % \
            self.server.server_address[1]
        return self

    def __exit__(self, *_):
        self.server.shutdown()
        self.thread.join()
        self.server.server_close()


def expected(directory):
    path = put(directory, "local.tar", ARCHIVE)
    return [line["embedding"] for line in lines(run("embed", path).stdout)]


def embed(url, *flags, **options):
    result = run("embed", "--allow-private-urls", *flags, url, **options)
    return lines(result.stdout), result


def test_a_url_is_what_a_file_is(directory):
    rows = expected(directory)
    for content in (ARCHIVE, gz(ARCHIVE)):
        with Site(content) as site:
            found, result = embed(site.url)
            said(result, 0)
            same([line["embedding"] for line in found], rows)
            same([line["input"] for line in found],
                 [f"{site.url}/{name}" for name in NAMES])
            same([line["archive"] for line in found], [site.url] * 20)


def test_a_download_that_breaks_off_goes_on(directory):
    rows = expected(directory)
    for ranges in (True, False):
        with Site(ARCHIVE, breaks=2, ranges=ranges) as site:
            found, result = embed(site.url)
            said(result, 0)
            same([line["embedding"] for line in found], rows)
            same(len(site.asked), 3)
            assert site.asked[1].startswith("bytes="), site.asked


def test_another_version_is_not_mixed_in(directory):
    with Site(ARCHIVE, breaks=1) as site:
        class Changing(str):
            def __str__(self):
                return self
        original = site.server.RequestHandlerClass.do_GET

        def do_get(handler):
            original(handler)
            site.etag = '"2"'
        site.server.RequestHandlerClass.do_GET = do_get
        found, result = embed(site.url)
        said(result, 3)
        same(found[-1]["error"]["code"], "archive_changed")
        assert "embedding" in found[0]


def test_what_is_not_there_says_so(directory):
    other = put(directory, "b.png", PICTURES[0])
    with Site(b"", status=404) as site:
        result = run("embed", "--allow-private-urls", site.url, other)
        said(result, 3, "404")
        found = lines(result.stdout)
        same(found[0]["error"]["code"], "fetch_status")
        assert "embedding" in found[1]
        url = site.url
    found, result = embed(url)
    said(result, 3)
    same(found[0]["error"]["code"], "fetch")


def test_addresses_of_this_machine_are_refused(directory):
    with Site(ARCHIVE) as site:
        result = run("embed", site.url)
        said(result, 3, "--allow-private-urls")
        same(lines(result.stdout)[0]["error"]["code"], "url_refused")
        same(site.asked, [])


def test_damage_is_the_archives(directory):
    cut = padded(ARCHIVE[:100000])
    with Site(cut) as site:
        found, result = embed(site.url)
        said(result, 3)
        same(found[-1]["error"]["code"], "archive")
        same([line["member"] for line in found[:-1]], NAMES[:len(found) - 1])
        assert len(found) > 1


def test_members_that_are_no_pictures_pass_by(directory):
    zeros = header("zeros.bin", 50 << 20) + bytes(50 << 20)
    with Site(zeros + ARCHIVE) as site:
        found, result = embed(site.url)
        said(result, 0, "1 skipped")
        same(len(found), 20)


def test_objects(directory):
    rows = expected(directory)
    with S3Server() as server:
        server.put("t/a b=1?.tar", ARCHIVE)
        server.fail("503", "bucket/t/*", times=1)
        server.fail("half", "bucket/t/*", times=2)
        env = environment(**server.environment())
        found, result = embed("s3://bucket/t/a b=1?.tar", env=env)
        said(result, 0)
        same([line["embedding"] for line in found], rows)
        same(found[0]["input"], f"s3://bucket/t/a b=1?.tar/{NAMES[0]}")
        found, result = embed("s3://bucket/none.tar", env=env)
        said(result, 3)
        same(found[0]["error"]["code"], "file_not_found")
        server.fail("403", "bucket/t/*", times=99)
        found, result = embed("s3://bucket/t/a b=1?.tar", env=env)
        same(found[0]["error"]["code"], "object_store_denied")


if __name__ == "__main__":
    main([
        test_a_url_is_what_a_file_is,
        test_a_download_that_breaks_off_goes_on,
        test_another_version_is_not_mixed_in,
        test_what_is_not_there_says_so,
        test_addresses_of_this_machine_are_refused,
        test_damage_is_the_archives,
        test_members_that_are_no_pictures_pass_by,
        test_objects,
    ])
