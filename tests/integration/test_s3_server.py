#!/usr/bin/python3
"""The small object store that tests use: its signatures are those that Amazon
publishes and that curl makes, and it does right and wrong what it is told.

    test_s3_server.py FOVEA MODEL_DIRECTORY
"""
import contextlib
import hashlib
import http.client
import os
import re
import shutil
import socket
import subprocess
import time
import urllib.parse

import command
import s3_signature
from broker import ObjectStore
from command import Skip, main, put, read, same
from s3_server import KEY, REGION, SECRET, Chance, S3Server, environment
from s3_signature import EMPTY, Refusal, canonical_request, encode, sign

# Of "Signature Calculations for the Authorization Header" in Amazon's reference
# of S3: one key, one time, four requests and what their signatures are.
VECTOR_SECRET = "wJalrXUtnFEMI/K7MDENG/bPxRfiCYEXAMPLEKEY"
VECTOR_KEY = "AKIAIOSFODNN7EXAMPLE"
VECTOR_TIME = "20130524T000000Z"
VECTOR_HOST = "examplebucket.s3.amazonaws.com"
VECTORS = [
    ("GET", "/test.txt", "", {"range": "bytes=0-9"}, EMPTY,
     "f0e8bdb87c964420e857bd35b5d6ed310bd44f0170aba48dd91039c6036bdb41"),
    ("PUT", "/test%24file.text", "",
     {"date": "Fri, 24 May 2013 00:00:00 GMT",
      "x-amz-storage-class": "REDUCED_REDUNDANCY"},
     hashlib.sha256(b"Welcome to Amazon S3.").hexdigest(),
     "98ad721746da40c64f1a55b78f14c238d841ea1380cd77a1b5971af0ece108bd"),
    ("GET", "/", "lifecycle", {}, EMPTY,
     "fea454ca298b7da1c68078a5d1bdbfbbe0d65c699e0f91ac7a200a0136783543"),
    ("GET", "/", "max-keys=2&prefix=J", {}, EMPTY,
     "34b48302e7b5fa45bde8084f4b7868a86f0a534bc59db6670ed5711ef69dc6f7"),
]


def vector(number):
    method, path, query, headers, payload, signature = VECTORS[number]
    headers = {"host": VECTOR_HOST, "x-amz-date": VECTOR_TIME,
               "x-amz-content-sha256": payload, **headers}
    headers["authorization"] = (
        f"AWS4-HMAC-SHA256 Credential={VECTOR_KEY}/20130524/us-east-1/s3/"
        f"aws4_request,SignedHeaders={';'.join(sorted(headers))},"
        f"Signature={signature}")
    return method, path, query, headers


def code_of(call, *arguments):
    try:
        call(*arguments)
    except Refusal as refusal:
        return refusal.code
    return None


def check(method, path, query, headers, now=None):
    return code_of(s3_signature.check, method, path, query, headers,
                   {VECTOR_KEY: VECTOR_SECRET}, REGION, now)


def test_amazons_examples(_):
    for number in range(len(VECTORS)):
        same(check(*vector(number)), None)


def test_anything_else_is_refused(_):
    for number in range(len(VECTORS)):
        method, path, query, headers = vector(number)
        wrong = "SignatureDoesNotMatch"
        same(check("DELETE", path, query, headers), wrong)
        same(check(method, path + "x", query, headers), wrong)
        same(check(method, path, query + "&x=", headers), wrong)
        for name in headers:
            if name != "authorization":
                changed = {**headers, name: "1" + headers[name]}
                assert check(method, path, query, changed), name
        same(check(method, path, query, {**headers, "x-amz-acl": "private"}),
             "AccessDenied")
        same(check(method, path, query,
                   {k: v for k, v in headers.items() if k != "authorization"}),
             "AccessDenied")
        same(check(method, path, query, headers, now=time.time()),
             "RequestTimeTooSkewed")


def test_what_is_signed(_):
    """Paths are encoded once, queries sorted and each with its `=`."""
    text = canonical_request("GET", "/a%20b/c%3dd=e,~%C3%A4", "b=%2F&uploads&a=x%20y",
                             {"host": "h", "x-amz-meta-a": "  b   c "},
                             ["host", "x-amz-meta-a"], EMPTY)
    same(text, "GET\n/a%20b/c%3Dd%3De%2C~%C3%A4\na=x%20y&b=%2F&uploads=\nhost:h\n"
         f"x-amz-meta-a:b c\n\nhost;x-amz-meta-a\n{EMPTY}")


class Client:
    """A connection, and requests that are signed by what the tests sign with."""

    def __init__(self, server, key=KEY, secret=SECRET):
        self.server, self.key, self.secret = server, key, secret
        self.connection = http.client.HTTPConnection(
            server.host, server.port, timeout=command.TIMEOUT)

    def ask(self, method, key="", body=b"", query="", bucket="/bucket", host=None,
            **headers):
        """Status, headers and body."""
        host = host or f"{self.server.host}:{self.server.port}"
        path = f"{bucket}/{encode(key, '/')}"
        signed = sign(method, host, path, query, self.key, self.secret,
                      time=time.strftime("%Y%m%dT%H%M%SZ", time.gmtime()),
                      body=body, **headers)
        self.connection.request(method, path + ("?" + query if query else ""),
                                body if method == "PUT" else None, signed)
        answer = self.connection.getresponse()
        return answer.status, answer.headers, answer.read()

    def __enter__(self):
        return self

    def __exit__(self, *_):
        self.connection.close()


@contextlib.contextmanager
def serving(**settings):
    with S3Server(**settings) as server, Client(server) as client:
        yield server, client


def is_refused(found, status, code):
    same(found[0], status)
    assert f"<Code>{code}</Code>".encode() in found[2], found[2]


def test_objects_come_back(_):
    with serving() as (server, client):
        for key in ("a", "a b/ä=,+&?#~.png", "x" * 900):
            is_refused(client.ask("GET", key), 404, "NoSuchKey")
            body = key.encode() * 3
            status, headers, _ = client.ask("PUT", key, body,
                                            x_amz_meta_sha256="abc")
            same((status, headers["ETag"]),
                 (200, f'"{hashlib.md5(body).hexdigest()}"'))
            status, headers, found = client.ask("GET", key)
            same((status, found, headers["x-amz-meta-sha256"]),
                 (200, body, "abc"))
            status, headers, found = client.ask("HEAD", key)
            same((status, found, headers["Content-Length"]),
                 (200, b"", str(len(body))))
            same(client.ask("DELETE", key)[0], 204)
            is_refused(client.ask("GET", key), 404, "NoSuchKey")
        is_refused(client.ask("GET", "a", bucket="/none"), 404, "NoSuchBucket")
        is_refused(client.ask("POST", "a"), 405, "MethodNotAllowed")
        is_refused(client.ask("GET", "a", query="acl="), 501, "NotImplemented")
        same(len(server.seen("PUT")), 3)


def test_ranges(_):
    with serving() as (server, client):
        server.put("a", b"0123456789")
        for asked, begin, end in (("0-3", 0, 4), ("4-", 4, 10), ("-3", 7, 10),
                                  ("8-99", 8, 10)):
            status, headers, body = client.ask("GET", "a",
                                               Range=f"bytes={asked}")
            same((status, body, headers["Content-Range"]),
                 (206, b"0123456789"[begin:end], f"bytes {begin}-{end - 1}/10"))
        is_refused(client.ask("GET", "a", Range="bytes=10-"), 416,
                   "InvalidRange")


def test_conditions(_):
    with serving() as (server, client):
        is_refused(client.ask("PUT", "a", b"1", If_Match='"x"'), 404,
                   "NoSuchKey")
        etag = client.ask("PUT", "a", b"1", If_None_Match="*")[1]["ETag"]
        is_refused(client.ask("PUT", "a", b"2", If_None_Match="*"), 412,
                   "PreconditionFailed")
        is_refused(client.ask("PUT", "a", b"2", If_Match='"x"'), 412,
                   "PreconditionFailed")
        is_refused(client.ask("DELETE", "a", If_Match='"x"'), 412,
                   "PreconditionFailed")
        is_refused(client.ask("GET", "a", If_Match='"x"'), 412,
                   "PreconditionFailed")
        same(client.ask("GET", "a", If_None_Match=etag)[0], 304)
        same(server.get("a"), b"1")
        same(client.ask("PUT", "a", b"2", If_Match=etag)[0], 200)
        same(server.get("a"), b"2")
        server.unconditional = True
        same(client.ask("PUT", "a", b"3", If_None_Match="*")[0], 200)
        same(server.get("a"), b"3")


def test_lists(_):
    with serving(page=7) as (server, client):
        keys = sorted([f"p/{i:02d} ä" for i in range(20)] + ["p", "q/1", "p/n/1"],
                      key=str.encode)
        for key in keys:
            server.put(key, b"x")

        def listed(query):
            token, found = "", []
            while True:
                status, _, body = client.ask("GET", query="&".join(sorted([
                    "list-type=2", *query, *([
                        f"continuation-token={encode(token)}"] * bool(token))])))
                same(status, 200)
                text = body.decode()
                part = re.findall(r"<Contents><Key>(.*?)</Key>", text)
                part += re.findall(r"<Prefix>([^<]*)</Prefix></CommonP", text)
                assert len(part) <= 7
                found += part
                more = re.search(r"<NextContinuationToken>(.*?)<", text)
                if not more:
                    assert "<IsTruncated>false" in text
                    return found
                token = more[1]
        same(listed([]), keys)
        same(listed(["prefix=p%2F"]), [k for k in keys if k.startswith("p/")])
        same([urllib.parse.unquote(k) for k in listed(
            ["prefix=p%2F", "encoding-type=url"])],
            [k for k in keys if k.startswith("p/")])
        same(listed(["delimiter=%2F"]), ["p", "p/", "q/"])
        same(listed(["start-after=p%2Fn"]), ["p/n/1", "q/1"])
        is_refused(client.ask("GET"), 501, "NotImplemented")


def test_who_may_not(_):
    token = "session/token+="
    with serving(secrets={KEY: SECRET, "OTHER": ("s", token)}) as (server, client):
        same(client.ask("PUT", "a", b"1")[0], 200)
        for key, secret, code in ((KEY, "no", "SignatureDoesNotMatch"),
                                  ("NOBODY", SECRET, "InvalidAccessKeyId"),
                                  ("OTHER", "s", "InvalidToken")):
            with Client(server, key, secret) as other:
                is_refused(other.ask("GET", "a"), 403, code)
        with Client(server, "OTHER", "s") as other:
            same(other.ask("GET", "a", x_amz_security_token=token)[2], b"1")
        client.connection.request("GET", "/bucket/a")
        answer = client.connection.getresponse()
        assert answer.status == 400 and b"x-amz-content-sha256" in answer.read()
    same(environment("e", "r", "OTHER", ("s", token))["AWS_SESSION_TOKEN"], token)


def test_bodies_must_be_what_is_signed(_):
    with serving() as (server, client):
        for header in ("Content_MD5", "x_amz_checksum_sha256"):
            is_refused(client.ask("PUT", "a", b"1", **{header: "AAAA"}), 400,
                       "BadDigest")
        host = f"{server.host}:{server.port}"
        now = time.strftime("%Y%m%dT%H%M%SZ", time.gmtime())
        signed = sign("PUT", host, "/bucket/a", "", KEY, SECRET, time=now,
                      body=b"1")
        client.connection.request("PUT", "/bucket/a", b"2", signed)
        answer = client.connection.getresponse()
        is_refused((answer.status, None, answer.read()), 400,
                   "XAmzContentSHA256Mismatch")
        same(server.get("a"), None)


def broken(client, *words):
    """What a request gives that is not answered: the error's name, bytes."""
    try:
        client.ask(*words)
    except http.client.IncompleteRead as error:
        return "half", error.partial
    except (http.client.HTTPException, OSError) as error:
        client.connection.close()
        return type(error).__name__, b""
    raise AssertionError("it was answered")


def test_trouble_on_demand(_):
    with serving() as (server, client):
        server.put("a", b"0123456789")
        for kind in ("403", "404", "409", "412", "429", "500", "503"):
            server.fail(kind, "bucket/a", Retry_After=7)
            server.fail(kind, "bucket/b")
            status, headers, _ = client.ask("GET", "a")
            same((status, headers["Retry-After"]), (int(kind), "7"))
            same(client.ask("GET", "a")[0], 200)
            same(client.ask("PUT", "b", b"")[0], int(kind))
            same(server.get("b"), None)
        server.fail("half", "bucket/a", method="GET")
        same(broken(client, "GET", "a"), ("half", b"01234"))
        client.connection.close()
        server.fail("half", "bucket/b", method="PUT")
        assert broken(client, "PUT", "b", b"1")
        same(server.get("b"), b"1")
        server.fail("lost", "bucket/c")
        assert broken(client, "PUT", "c", b"1")
        same(server.get("c"), b"1")
        server.fail("closed", "bucket/d")
        assert broken(client, "PUT", "d", b"1")
        same(server.get("d"), None)
        server.fail("spoiled", "bucket/a")
        same(client.ask("GET", "a")[2], b"0123456788")
        server.fail("unconditional", "bucket/a")
        same(client.ask("PUT", "a", b"2", If_None_Match="*")[0], 200)
        same(client.ask("PUT", "a", b"2", If_None_Match="*")[0], 412)
        server.fail("500", after=2, times=2)
        same([client.ask("GET", "a")[0] for _ in range(5)],
             [200, 200, 500, 500, 200])


def test_waiting(_):
    with serving() as (server, client):
        server.put("a", b"0123456789")
        for kind, count in (("held", 0), ("stalled", 5)):
            server.fail(kind)
            host = f"{server.host}:{server.port}"
            signed = sign("GET", host, "/bucket/a", "", KEY, SECRET,
                          time=time.strftime("%Y%m%dT%H%M%SZ", time.gmtime()))
            with socket.create_connection((server.host, server.port),
                                          command.TIMEOUT) as other:
                other.sendall("".join(["GET /bucket/a HTTP/1.1\r\n", *[
                    f"{k}: {v}\r\n" for k, v in signed.items()],
                    "\r\n"]).encode())
                server.wait_held()
                found = b""
                while not found.endswith(b"0123456789"[:count]) or \
                        (count and not found):
                    found += other.recv(65536)
                same(client.ask("GET", "a")[2], b"0123456789")  # not in its way
                server.release()
                while not found.endswith(b"0123456789"):
                    part = other.recv(65536)
                    assert part, found
                    found += part


def test_trouble_by_chance(_):
    """The same seed, the same trouble, in whatever order requests come."""
    def fates(seed, keys):
        chance = Chance(seed, 0.5, ["500", "503"])
        with serving(chance=chance) as (server, client):
            for key in keys:
                server.put(key, b"x")
            found = {}
            for key in keys:
                for nth in range(4):
                    found[key, nth] = client.ask("GET", key)[0]
            return found
    keys = [str(i) for i in range(40)]
    first = fates(1, keys)
    same(first, fates(1, keys[::-1]))
    assert first != fates(2, keys)
    same(sorted(set(first.values())), [200, 500, 503])


def test_large_objects(directory):
    """Files of any size, a piece at a time; bodies of many pieces."""
    path = os.path.join(directory, "large")
    with open(path, "wb") as f:
        f.truncate(5 << 20)
        f.seek(3 << 20)
        f.write(b"here")
    with serving() as (server, client):
        server.put_file("large", path)
        body = client.ask("GET", "large")[2]
        same(hashlib.sha256(body).digest(), hashlib.sha256(read(path)).digest())
        same(client.ask("GET", "large", Range=f"bytes={3 << 20}-{(3 << 20) + 3}")[2],
             b"here")
        same(client.ask("PUT", "copy", body)[0], 200)
        same(server.get("copy"), body)
        server.fail("half")
        same(len(broken(client, "GET", "copy")[1]), len(body) // 2)


def test_what_is_answered_outlives_it(directory):
    with ObjectStore(directory, words=["--bucket", "b"]) as store:
        with Client(store) as client:
            etag = client.ask("PUT", "a/ä", b"1", bucket="/b",
                              x_amz_meta_x="y")[1]["ETag"]
        port = store.port
        store.restart()
        same(store.port, port)
        with Client(store) as client:
            status, headers, body = client.ask("GET", "a/ä", bucket="/b")
            same((status, body, headers["x-amz-meta-x"], headers["ETag"]),
                 (200, b"1", "y", etag))
            same(client.ask("DELETE", "a/ä", bucket="/b")[0], 204)
        store.restart()
        with Client(store) as client:
            same(client.ask("GET", "a/ä", bucket="/b")[0], 404)
            client.ask("PUT", "c", b"1", bucket="/b")
        store.restart(empty=True)
        with Client(store) as client:
            same(client.ask("GET", "c", bucket="/b")[0], 404)


def curl(server, *words, path="/bucket/a", payload=EMPTY):
    """What curl gets with its own signature: status and body."""
    if not shutil.which("curl"):
        raise Skip("curl is missing")
    result = subprocess.run(
        ["curl", "-sS", "--noproxy", "*", "--aws-sigv4", f"aws:amz:{REGION}:s3", "--user",
         f"{KEY}:{SECRET}", "-H", f"x-amz-content-sha256: {payload}", "-w",
         "\n%{http_code}", *words, f"{server.endpoint}{path}"],
        check=True, timeout=command.TIMEOUT, stdin=subprocess.DEVNULL,
        stdout=subprocess.PIPE, env=command.environment())
    body, _, status = result.stdout.rpartition(b"\n")
    return int(status), body


def test_curl_signs_what_is_checked(directory):
    """Somebody else's signatures of everything that fovea sends."""
    body = os.urandom(2 << 20)  # large enough for Expect: 100-continue
    path = put(directory, "body", body)
    payload = hashlib.sha256(body).hexdigest()
    with S3Server() as server:
        key = "/bucket/" + encode("a b/ä=,+&?#~.png", "/")
        same(curl(server, "-T", path, "-H", "If-None-Match: *", path=key,
                  payload=payload)[0], 200)
        same(curl(server, "-T", path, "-H", "If-None-Match: *", path=key,
                  payload=payload)[0], 412)
        same(server.get("a b/ä=,+&?#~.png"), body)
        same(curl(server, path=key), (200, body))
        same(curl(server, "-r", "5-9", path=key), (206, body[5:10]))
        same(curl(server, "-H", "x-amz-meta-a: b", path=key)[0], 200)
        status, text = curl(server, path="/bucket/?list-type=2&prefix=a%20b%2F")
        assert status == 200 and b"<KeyCount>1<" in text, text
        same(curl(server, "-X", "DELETE", path=key)[0], 204)
        # What curl signs and S3 does not take.
        same(curl(server, path="/bucket/a=b")[0], 403)
        same(curl(server, path="/bucket/?prefix=a&list-type=2")[0], 403)
        same(curl(server, "-T", path, payload="0" * 64)[0], 400)


def test_a_bucket_in_the_name_of_the_host(_):
    with serving() as (server, client):
        same(client.ask("PUT", "a", b"1", bucket="",
                        host=f"bucket.localhost:{server.port}")[0], 200)
        same(client.ask("GET", "a", bucket="",
                        host=f"bucket.s3.{REGION}.amazonaws.com")[2], b"1")
        same(client.ask("GET", "a")[2], b"1")


main([
    test_amazons_examples,
    test_anything_else_is_refused,
    test_what_is_signed,
    test_objects_come_back,
    test_ranges,
    test_conditions,
    test_lists,
    test_who_may_not,
    test_bodies_must_be_what_is_signed,
    test_trouble_on_demand,
    test_waiting,
    test_trouble_by_chance,
    test_large_objects,
    test_what_is_answered_outlives_it,
    test_curl_signs_what_is_checked,
    test_a_bucket_in_the_name_of_the_host,
])
