#!/usr/bin/python3
"""The client of object stores against the store of the tests, which checks every
signature by itself: names, conditions, what breaks off, what is refused.

    test_s3_client.py S3_TOOL
"""
import hashlib
import http.server
import json
import os
import subprocess
import sys
import threading

sys.argv.insert(2, os.devnull)  # command.py wants a model; none is used here
sys.path.insert(0, os.path.join(os.path.dirname(os.path.abspath(__file__)), "..",
                                "support"))
from command import TIMEOUT, environment, main, put, same  # noqa: E402
from s3_server import KEY, S3Server, SECRET  # noqa: E402

TOOL = os.path.abspath(sys.argv[1])


def call(server, *words, **more):
    """The last line of a run, and those before it."""
    env = environment(**{**(server.environment() if server else {}), **more})
    env = {name: value for name, value in env.items() if value is not None}
    result = subprocess.run([TOOL, *words], env=env, stdout=subprocess.PIPE,
                            stderr=subprocess.PIPE, timeout=TIMEOUT, check=True)
    same(result.stderr, b"")
    found = [json.loads(line) for line in result.stdout.decode().split("\n")[:-1]]
    assert SECRET not in result.stdout.decode()
    return found[-1], found[:-1]


def good(server, *words, **more):
    last, _ = call(server, *words, **more)
    same((last["status"], last["message"]), ("ok", ""))
    return last


def bad(server, status, part, *words, **more):
    last, _ = call(server, *words, **more)
    same(last["status"], status)
    assert part in last["message"], (part, last["message"])
    return last


def digest(body):
    return hashlib.sha256(body).hexdigest()


NAMES = ["plain", "a/b/c", "with space", "plus+and=equals", "a,b;c:d@e&f$g!h",
         "(paren)*'quote'", "per%cent%2F", "~tilde-._", "quest?ion#hash", "ünï/日本",
         "a//b", "./dot/../dots", "tr/", "back\\slash", "\"<>^`{|}"]


def test_every_name_is_signed_as_the_store_reads_it(directory):
    with S3Server() as server:
        for style in ([], ["--path-style"]):
            for name in NAMES:
                url = f"s3://bucket/{name}"
                body = f"of {name}"
                same(good(server, *style, "put", url, body)["done"], True)
                same(server.get(name), body.encode())
                found = good(server, *style, "get", url)
                same((found["sha256"], found["meta_sha256"]),
                     (digest(body.encode()),) * 2)
                same(good(server, *style, "head", url)["size"], len(body.encode()))
        last, keys = call(server, "list", "s3://bucket/")
        same(last["status"], "ok")
        same([line["key"] for line in keys],
             sorted(NAMES, key=lambda name: name.encode()))
        for name in NAMES:
            good(server, "delete", f"s3://bucket/{name}")
        same(server.keys(), [])


def test_the_bucket_stands_in_the_host_where_it_can(directory):
    with S3Server() as server:
        server.put("k", b"body")
        # A name without a dot has no names below it.
        good(server, "get", "s3://bucket/k",
             AWS_ENDPOINT_URL=f"http://localhost:{server.port}")
        same(server.seen("GET")[-1][4]["host"], f"localhost:{server.port}")
    # libcurl itself knows that everything below localhost is this machine.
    with S3Server(domains=("s3.localhost",), buckets=("bucket", "Old_Bucket")) \
            as server:
        server.put("k", b"body")
        server.put("k", b"body", bucket="Old_Bucket")
        there = f"s3.localhost:{server.port}"
        address = dict(AWS_ENDPOINT_URL=f"http://{there}")
        good(server, "get", "s3://bucket/k", **address)
        same(server.seen("GET")[-1][4]["host"], f"bucket.{there}")
        same([line["key"] for line in
              call(server, "list", "s3://bucket/", **address)[1]], ["k"])
        good(server, "--path-style", "get", "s3://bucket/k", **address)
        same(server.seen("GET")[-1][4]["host"], there)
        # No host can be called so.
        good(server, "get", "s3://Old_Bucket/k", **address)
        same(server.seen("GET")[-1][4]["host"], there)


def test_credentials_come_from_variables_profiles_and_nowhere_else(directory):
    url = "s3://bucket/k"
    none = dict(AWS_ACCESS_KEY_ID=None, AWS_SECRET_ACCESS_KEY=None)
    with S3Server(secrets={KEY: SECRET}) as server:
        server.put("k", b"body")
        bad(server, "object_store_credentials", "AWS_ACCESS_KEY_ID", "get", url,
            **none)
        same(server.requests, [])  # nothing is asked without a signature
        bad(server, "object_store_credentials", "AWS_SECRET_ACCESS_KEY is not set",
            "get", url, AWS_SECRET_ACCESS_KEY=None)
        bad(server, "object_store_credentials", "AWS_ACCESS_KEY_ID is no such",
            "get", url, AWS_ACCESS_KEY_ID="two\r\nlines")
        bad(server, "object_store_denied", "403", "get", url,
            AWS_SECRET_ACCESS_KEY="another")
        bad(server, "object_store_denied", "403", "get", url,
            AWS_ACCESS_KEY_ID="NOBODY")
        home = dict(none, HOME=directory)
        put(directory, ".aws/credentials", f"""
# mine
[default]
aws_access_key_id = {KEY}
aws_secret_access_key = {SECRET}
[other]
aws_access_key_id=NOBODY
aws_secret_access_key=nothing
[half]
aws_access_key_id = {KEY}
""".encode())
        put(directory, ".aws/config", b"""[profile by-role]
role_arn = arn:aws:iam::1:role/x
s3 =
  addressing_style = path
""")
        good(server, "get", url, **home)
        bad(server, "object_store_denied", "403", "--profile", "other", "get", url,
            **home)
        bad(server, "object_store_denied", "403", "get", url, AWS_PROFILE="other",
            **home)
        # A profile that is named goes before the variables, AWS_PROFILE does not.
        bad(server, "object_store_denied", "403", "--profile", "other", "get", url,
            HOME=directory)
        good(server, "get", url, HOME=directory, AWS_PROFILE="other")
        bad(server, "object_store_credentials", "half", "--profile", "half", "get",
            url, **home)
        bad(server, "object_store_credentials", "role_arn", "--profile", "by-role",
            "get", url, **home)
        bad(server, "object_store_credentials", "there is no profile nobody",
            "--profile", "nobody", "get", url, **home)
        broken = put(directory, "broken", b"[default\nx\n")
        last = bad(server, "object_store_credentials", "line 1", "get", url,
                   AWS_SHARED_CREDENTIALS_FILE=broken, **none)
        assert broken in last["message"]
        put(directory, "odd", f"[default]\naws_secret_access_key = {SECRET} x\n"
            .encode())
        bad(server, "object_store_credentials", "line 2", "get", url,
            AWS_SHARED_CREDENTIALS_FILE=os.path.join(directory, "odd"), **none)


def test_a_session_token_is_signed(directory):
    with S3Server(secrets={KEY: (SECRET, "of/this+session==")}) as server:
        server.put("k", b"body")
        good(server, "get", "s3://bucket/k")
        bad(server, "object_store_denied", "403", "get", "s3://bucket/k",
            AWS_SESSION_TOKEN="another")
        bad(server, "object_store_denied", "403", "get", "s3://bucket/k",
            AWS_SESSION_TOKEN=None)


def test_conditions_are_kept(directory):
    url = "s3://bucket/k"
    with S3Server() as server:
        same(good(server, "put", url, "one", "new")["done"], True)
        same(good(server, "put", url, "two", "new")["done"], False)
        same(server.get("k"), b"one")
        etag = good(server, "head", url)["etag"]
        same(good(server, "put", url, "two", '"another"')["done"], False)
        same(server.get("k"), b"one")
        last = good(server, "put", url, "two", etag)
        same((last["done"], server.get("k")), (True, b"two"))
        same(good(server, "head", url)["etag"], last["etag"])
        same(good(server, "put", "s3://bucket/none", "x", etag)["done"], False)
        same(server.get("none"), None)
        bad(server, "object_changed", "s3://bucket/k", "get", url, "0", "0", etag)
        # The answer is lost: the next try finds its own object.
        server.fail("lost", "bucket/mine", "PUT")
        same(good(server, "put", "s3://bucket/mine", "x", "new")["done"], False)
        same(server.get("mine"), b"x")


def test_what_passes_is_tried_again(directory):
    url = "s3://bucket/k"
    with S3Server() as server:
        server.put("k", b"body")
        for kind in ("500", "503", "429", "closed", "half"):
            server.fail(kind, times=2)
            n = len(server.requests)
            same(good(server, "get", url)["n"], 4)
            same(len(server.requests) - n, 3)
        for kind in ("500", "503", "429"):
            server.fail(kind, times=3)
            bad(server, "object_store", kind, "get", url)
        server.fail("503", times=1, Retry_After=1000)
        n = len(server.requests)
        bad(server, "object_store", "503", "get", url)
        same(len(server.requests) - n, 1)  # nobody waits that long
        server.fail("409", method="PUT", times=2)
        same(good(server, "put", url, "text")["done"], True)
        for words in (["put", url, "new"], ["list", url], ["head", url],
                      ["delete", url]):
            server.fail("500")
            server.fail("closed")
            good(server, *words)


def test_what_does_not_pass_is_not(directory):
    with S3Server() as server:
        server.put("k", b"body")
        for kind, status in (("403", "object_store_denied"),
                             ("404", "file_not_found"),
                             ("412", "object_changed")):
            server.fail(kind, method="GET")
            n = len(server.requests)
            last = bad(server, status, "s3://bucket/k", "get", "s3://bucket/k")
            same((last["n"], len(server.requests) - n), (0, 1))
        bad(server, "file_not_found", "no such object", "get", "s3://bucket/none")
        bad(server, "file_not_found", "no such object", "head", "s3://bucket/none")
        bad(server, "file_not_found", "no such bucket", "list", "s3://nobucket/")
    bad(None, "object_store", "127.0.0.1:9", "get", "s3://bucket/k",
        AWS_ENDPOINT_URL="http://127.0.0.1:9", AWS_ACCESS_KEY_ID=KEY,
        AWS_SECRET_ACCESS_KEY=SECRET)


def test_half_a_body_goes_on_where_it_ended(directory):
    body = bytes(i * i % 251 for i in range(1_000_000))
    url = "s3://bucket/large"
    with S3Server() as server:
        server.put("large", body)
        # Each answer gives half of what is left: more often than it may fail.
        server.fail("half", times=9)
        last = good(server, "get", url)
        same((last["n"], last["sha256"], last["size"]),
             (len(body), digest(body), len(body)))
        asked = server.seen("GET", "bucket/large")
        same(len(asked), 10)
        same(asked[0][4].get("range"), None)
        same(asked[1][4]["range"], "bytes=500000-")
        same({request[4].get("if-match") for request in asked[1:]},
             {last["etag"]})
        # A part of it.
        server.fail("half", times=2)
        last = good(server, "get", url, "1000", "5000")
        same((last["n"], last["sha256"], last["size"]),
             (5000, digest(body[1000:6000]), len(body)))
        same(good(server, "get", url, "999990", "100")["n"], 10)
        bad(server, "object_changed", "large", "get", url, "2000000", "1")


def test_an_object_that_changes_meanwhile_is_not_mixed(directory):
    body = bytes(100_000)
    for unconditional in (False, True):
        with S3Server() as server:
            server.unconditional = unconditional  # then the ETag tells
            server.put("k", body)
            server.fail("half")
            note = server.note

            def replace(request, status):
                """Between the first request and the second."""
                note(request, status)
                server.put("k", body[1:] + b"x")
            server.note = replace
            last = bad(server, "object_changed", "s3://bucket/k", "get",
                       "s3://bucket/k")
            same(last["n"], 50_000)


def test_a_body_that_stands_still_is_left(directory):
    body = bytes(range(250)) * 1000
    with S3Server() as server:
        server.put("k", body)
        server.fail("stalled")
        last = good(server, "--stall-ms", "300", "get", "s3://bucket/k")
        same(last["sha256"], digest(body))
        server.release()


def test_lists_go_through_pages(directory):
    with S3Server(page=7) as server:
        keys = [f"p/{i:03}" for i in range(40)] + ["p/x y&z", "p/é"]
        for key in [*keys, "other", "p", "q/1"]:
            server.put(key, b"x" * 3)
        last, found = call(server, "list", "s3://bucket/p/")
        same(last["status"], "ok")
        same([line["key"] for line in found], sorted(keys, key=str.encode))
        same({line["size"] for line in found}, {3})
        same(call(server, "list", "s3://bucket/none/")[1], [])
        server.put("p/new\nline", b"")
        found = call(server, "list", "s3://bucket/p/new")[1]
        same([line["odd"] for line in found], [True])


class Odd(http.server.BaseHTTPRequestHandler):
    """Answers as a hostile store might."""
    protocol_version = "HTTP/1.1"
    answer = staticmethod(lambda handler: (200, {}, b""))
    asked = []

    def do_GET(self):
        code, headers, body = self.answer(self)
        self.asked.append(self.path)
        self.send_response(code)
        for name, value in headers.items():
            self.send_header(name, value)
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)

    do_PUT = do_GET

    def log_message(self, *_):
        pass


class Quiet(http.server.ThreadingHTTPServer):
    def handle_error(self, *_):
        """Clients that have seen enough hang up."""


class Hostile:
    def __init__(self, answer):
        kind = type("Kind", (Odd,), {"answer": staticmethod(answer), "asked": []})
        self.server = Quiet(("127.0.0.1", 0), kind)
        self.asked = kind.asked
        self.thread = threading.Thread(target=self.server.serve_forever)
        self.port = self.server.server_address[1]
        self.endpoint = f"http://127.0.0.1:{self.port}"

    def environment(self):
        return {"AWS_ENDPOINT_URL": self.endpoint, "AWS_ACCESS_KEY_ID": KEY,
                "AWS_SECRET_ACCESS_KEY": SECRET}

    def __enter__(self):
        self.thread.start()
        return self

    def __exit__(self, *_):
        self.server.shutdown()
        self.thread.join()
        self.server.server_close()


def page(keys, more=""):
    contents = "".join(f"<Contents><Key>{key}</Key><Size>1</Size></Contents>"
                       for key in keys)
    return f"<ListBucketResult>{more}{contents}</ListBucketResult>".encode()


ON = "<IsTruncated>true</IsTruncated><NextContinuationToken>{}" \
    "</NextContinuationToken>"
BAD_PAGES = {
    b"": "no XML",
    b"<html>": "another document",
    b"<!DOCTYPE x [<!ENTITY e 'eeee'>]><ListBucketResult>&e;</ListBucketResult>":
        "document type",
    b"<ListBucketResult>" + b"<a>" * 50: "nested",
    b"<ListBucketResult><Contents><Key>" + b"k" * 20000: "too long",
    page(["q/1"]): "outside",
    page(["p/2", "p/1"]): "order",
    page(["p/1", "p/1"]): "order",
    page(["p/" + "k" * 1030]): "too long",
    page([f"p/{i:05}" for i in range(1001)]): "more objects",
    page([], "<IsTruncated>true</IsTruncated>"): "where",
    page(["p/1"], "<EncodingType>url</EncodingType>"
         "<Contents><Key>p/%0</Key><Size>1</Size></Contents>"): "encoded",
    b"<ListBucketResult><Contents><Size>1</Size></Contents></ListBucketResult>":
        "without a key",
    b"<ListBucketResult><Contents><Key>p/a<b>c</b></Key></Contents>": "text",
    page(["p/1"]) + b"<x/>": "no XML",
}


def test_hostile_lists_are_refused(directory):
    for body, part in BAD_PAGES.items():
        with Hostile(lambda _, body=body: (200, {}, body)) as server:
            last = bad(server, "object_store", part, "list", "s3://bucket/p/")
            assert "s3://bucket/p/" in last["message"]
    # Pages without end.
    with Hostile(lambda _: (200, {}, page([], ON.format("same")))) as server:
        bad(server, "object_store", "without an end", "list", "s3://bucket/p/")
        assert len(server.asked) < 5
    with Hostile(lambda h: (200, {}, page([], ON.format(len(h.asked))))) as server:
        bad(server, "object_store", "without an end", "list", "s3://bucket/p/")
        assert len(server.asked) < 200
    with Hostile(lambda h: (200, {}, page(["p/1"], ON.format(len(h.asked))))) \
            as server:
        bad(server, "object_store", "order", "list", "s3://bucket/p/")
    with Hostile(lambda _: (200, {}, b" " * (5 << 20))) as server:
        bad(server, "object_store", "more than", "list", "s3://bucket/p/")


def test_a_signed_request_follows_no_redirect(directory):
    with S3Server() as target:
        target.put("k", b"body")
        to = {"Location": f"{target.endpoint}/bucket/k"}
        for code in (301, 302, 307, 308):
            with Hostile(lambda _, c=code: (c, to, b"")) as server:
                bad(server, "object_store_denied", "elsewhere", "get",
                    "s3://bucket/k")
                same(target.requests, [])
        there = {"x-amz-bucket-region": "eu-west-3"}
        with Hostile(lambda _: (301, there, b"")) as server:
            bad(server, "argument", "eu-west-3", "get", "s3://bucket/k")
            bad(server, "argument", "--s3-region", "list", "s3://bucket/")


def test_only_the_chosen_endpoint_may_be_a_private_address(directory):
    with S3Server() as server:
        server.put("k", b"body")
        url = f"{server.endpoint}/bucket/k"
        last = bad(server, "url_refused", "loopback", "read", url)
        same(last["n"], 0)
        same(server.requests, [])
        same(good(server, "read", "s3://bucket/k")["n"], 4)
        # AWS's own endpoint, by a name that leads inside: nobody has chosen that.
        with Hostile(lambda h: (302, {"Location": url}, b"")) as redirecting:
            bad(server, "url_refused", "loopback", "read", redirecting.endpoint)


def test_https_and_http_are_read_too(directory):
    body = bytes(range(256)) * 4000
    seen = []

    def answer(handler):
        seen.append(dict(handler.headers.items()))
        ranged = handler.headers.get("Range")
        first = int(ranged[6:-1]) if ranged else 0
        head = {"ETag": '"v1"'}
        if ranged:
            head["Content-Range"] = f"bytes {first}-{len(body) - 1}/{len(body)}"
        return (206 if ranged else 200, head, body[first:])
    with Hostile(answer) as server:
        same(good(server, "--private", "read", server.endpoint + "/x.tar")["sha256"],
             digest(body))
        assert all("Authorization" not in head for head in seen)
    with Hostile(lambda _: (404, {}, b"no")) as server:
        bad(server, "fetch_status", "404 Not Found", "--private", "read",
            server.endpoint)


def test_odd_settings_are_named(directory):
    with S3Server() as server:
        for endpoint in ("ftp://x", "http://", "http://h/path", "http://h?q",
                         "http://user:secret@h", "nonsense", "http://" + "h" * 600):
            last = bad(server, "argument", "--s3-endpoint", "get", "s3://bucket/k",
                       AWS_ENDPOINT_URL=endpoint)
            assert "secret" not in last["message"]
        bad(server, "argument", "--s3-region", "get", "s3://bucket/k",
            AWS_REGION="eu west\n")
        for url in ("s3://", "s3:///k", "s3://b/k", "s3://b_/k", "s3://a..b/k",
                    "s3://" + "b" * 64 + "/k", "s3://bucket/" + "k" * 1025,
                    "s3://bu:cket/k", "s3://bu@ket/k", "s3://bucket/a\nb",
                    "http://bucket/k"):
            bad(server, "url", "s3://", "get", url)
        same(server.requests, [])


def test_an_instance_is_asked_only_if_that_is_wanted(directory):
    asked = []
    role = {"AccessKeyId": KEY, "SecretAccessKey": SECRET, "Token": "tok",
            "Expiration": "2099-01-01T00:00:00Z"}
    answers = {"/latest/api/token": "TOKEN",
               "/latest/meta-data/iam/security-credentials/": "a-role",
               "/latest/meta-data/iam/security-credentials/a-role":
               json.dumps(role)}

    def answer(handler):
        asked.append((handler.command, handler.path,
                      handler.headers.get("X-aws-ec2-metadata-token")))
        body = answers.get(handler.path)
        return (200, {}, body.encode()) if body else (404, {}, b"")
    none = dict(AWS_ACCESS_KEY_ID=None, AWS_SECRET_ACCESS_KEY=None)
    with S3Server(secrets={KEY: (SECRET, "tok")}) as server, \
            Hostile(answer) as service:
        server.put("k", b"body")
        none["AWS_EC2_METADATA_SERVICE_ENDPOINT"] = service.endpoint
        bad(server, "object_store_credentials", "--s3-instance-credentials", "get",
            "s3://bucket/k", **dict(none, AWS_SESSION_TOKEN=None))
        same(asked, [])
        good(server, "--instance", "get", "s3://bucket/k", **none)
        same(asked, [("PUT", "/latest/api/token", None),
                     ("GET", "/latest/meta-data/iam/security-credentials/", "TOKEN"),
                     ("GET", "/latest/meta-data/iam/security-credentials/a-role",
                      "TOKEN")])
        for odd in ("", "{}", "[]", "x" * 70000, json.dumps({**role, "Token": 5}),
                    json.dumps({**role, "SecretAccessKey": "a b"}),
                    json.dumps({**role, "Expiration": "soon"})):
            answers["/latest/meta-data/iam/security-credentials/a-role"] = odd or " "
            bad(server, "object_store_credentials", "metadata service",
                "--instance", "get", "s3://bucket/k", **none)
        answers["/latest/meta-data/iam/security-credentials/"] = "../../x"
        bad(server, "object_store_credentials", "no role", "--instance", "get",
            "s3://bucket/k", **none)
        answers["/latest/api/token"] = "a b\n"
        bad(server, "object_store_credentials", "token", "--instance", "get",
            "s3://bucket/k", **none)


main([test for name, test in list(globals().items()) if
      name.startswith("test_")])
