#!/usr/bin/python3
"""fovea serve on bare sockets: heads that could be read in two ways are refused,
and what is only odd is served."""
import json

import command
from command import picture, same
from serving import KEY, Server, b64

HOST = b"Host: localhost\r\n"
GET = b"GET /livez HTTP/1.1\r\n"
POST = b"POST /embeddings HTTP/1.1\r\n" + HOST
CHUNKED = b"Transfer-Encoding: chunked\r\n"
BODY = b"\r\n2\r\n{}\r\n0\r\n\r\n"
ALIVE = b'{"status":"alive"}'


def talk(server, *pieces):
    """What comes back until the server hangs up, or has answered the last
    request, which asks it to."""
    with server.raw() as made:
        for piece in pieces:
            try:
                made.sendall(piece)
            except (BrokenPipeError, ConnectionResetError):
                break
        data = b""
        try:
            while piece := made.recv(65536):
                data += piece
        except ConnectionResetError:
            pass
    return data


def last(head):
    """A request after which the connection ends."""
    return head + b"Connection: close\r\n\r\n"


def is_refused(server, request, part, status=400):
    """And whatever comes behind it on the connection is not looked at."""
    data = talk(server, request + GET + HOST + b"\r\n")
    assert data.startswith(b"HTTP/1.1 %d " % status), (request[:200], data)
    assert ALIVE not in data, (request[:200], data)
    if part:  # else libmicrohttpd says so, which repeats itself
        same(data.count(b"HTTP/1.1 "), 1)
        head, body = data.split(b"\r\n\r\n", 1)
        assert b"\r\nconnection: close" in head.lower(), head
        error = json.loads(body)["error"]
        same(error["code"], "argument")
        assert part in error["message"], (request[:200], error)


def test_targets(_):
    more = HOST + b"\r\n"
    with Server() as server:
        for target, part in (
                (b"/metrics%00.png", "NUL byte (%00)"),
                (b"/%00", "NUL byte (%00)"),
                (b"/readyz?model=a%00b", "NUL byte (%00)"),
                (b"/livez%", "without two hexadecimal digits"),
                (b"/livez%2", "without two hexadecimal digits"),
                (b"/livez%zz", "without two hexadecimal digits"),
                (b"/livez?a=%4", "without two hexadecimal digits"),
                (b"/metrics\0.png", "NUL byte"),
                (b"/metrics\0HTTP/1.1\0", "NUL byte"),
                (b"/livez?a=b\0c", "NUL byte"),
                (b"/livez x", "a blank or a control character"),
                (b"/livez\x01", "a blank or a control character"),
                (b"/livez\x7f", "a blank or a control character")):
            for method in (b"GET ", b"POST ", b"HEAD "):
                if method != b"HEAD ":
                    is_refused(server, method + target + b" HTTP/1.1\r\n" +
                               more, part)
                else:
                    data = talk(server, method + target + b" HTTP/1.1\r\n" +
                                more)
                    assert data.startswith(b"HTTP/1.1 400 "), data
        # The host before the path is the one that is asked.
        for target in (b"http://localhost/livez", b"HTTP://LOCALHOST/livez",
                       b"https://localhost//livez/"):
            data = talk(server, last(b"GET " + target + b" HTTP/1.1\r\n" +
                                     HOST))
            assert data.endswith(ALIVE), data
        data = talk(server, last(b"GET http://localhost HTTP/1.1\r\n" + HOST))
        assert b"<!doctype html>" in data, data[:300]
        for target in (b"http://evil.example/livez", b"http:///livez",
                       b"http://localhost:1/livez", b"http://x@localhost/"):
            is_refused(server, b"GET " + target + b" HTTP/1.1\r\n" + more,
                       "different hosts")


def test_hosts(_):
    with Server() as server:
        for fields, part in (
                (HOST + HOST, "Host is given more than once"),
                (HOST + b"Host: evil.example\r\n", "Host is given"),
                (HOST + b"HOST:x\r\n", "Host is given more than once"),
                (b"", "it has no Host"),
                (b"X-Host: localhost\r\n", "it has no Host"),
                (b"Host: localhost:80@evil.example\r\n", "Host is no host"),
                (b"Host: localhost, evil.example\r\n", "Host is no host"),
                (b"Host: localhost:8x\r\n", "Host is no host"),
                (b"Host: localhost/x\r\n", "Host is no host"),
                (b"Host: localhost\0.evil.example\r\n", "NUL byte")):
            is_refused(server, GET + fields + b"\r\n", part)
        # The version that knew none.
        data = talk(server, b"GET /livez HTTP/1.0\r\n\r\n")
        assert data.endswith(ALIVE), data


def test_fields(_):
    with Server("--api-key", KEY) as server:
        for fields, part in (
                (b"X-A: b\r\n c\r\n", "folded line"),
                (b"X-A: b\r\n\tc\r\nX-B: d\r\n", "folded line"),
                (b" X-A: b\r\n", ""),
                (b"X-A: b\0c\r\n", "NUL byte"),
                (b"X-A: b\0\r\n", "NUL byte"),
                (b"X-A:\0b\r\nX-B: c\r\n", "NUL byte"),
                (b"X-A: b\nX-C: d\r\n", "without CR LF"),
                (b"X-A: b\rX-C: d\r\n", "control character"),
                (b"X-A: b\x08\r\n", "control character"),
                (b": b\r\n", "nameless"),
                (b"X A: b\r\n", "name"),
                (b"X-A : b\r\n", "name"),
                (b"Content-Length : 3\r\n", "name"),
                (b"Authorization: Bearer a\r\nAuthorization: Bearer " +
                 KEY.encode() + b"\r\n", "Authorization is given more"),
                (b"X-API-Key: a\r\nx-api-key: b\r\n", "X-API-Key is given"),
                (b"Origin: http://localhost\r\nOrigin: null\r\n",
                 "Origin is given"),
                (b"X-A\0: b\r\n", ""), (b"nonsense\r\n", "")):
            is_refused(server, GET + HOST + fields + b"\r\n", part)
        is_refused(server, b"GET /livez HTTP/1.1\nHost: localhost\n\n",
                   "without CR LF")


def test_bodies_end_in_one_place(_):
    """What two could read differently is not read at all."""
    with Server() as server:
        for fields, part in (
                (b"Content-Length: 3\r\nContent-Length: 4\r\n",
                 "Content-Length is given more than once"),
                (b"Content-Length: 3\r\nContent-Length: 3\r\n",
                 "Content-Length is given more than once"),
                (b"Content-Length: 3\r\n" + CHUNKED, "both given"),
                (CHUNKED + b"Content-Length: 3\r\n", "both given"),
                (CHUNKED + CHUNKED, "Transfer-Encoding is given more"),
                (b"Transfer-Encoding: gzip\r\n", 'not "chunked"'),
                (b"Transfer-Encoding: gzip, chunked\r\n", 'not "chunked"'),
                (b"Transfer-Encoding: xchunked\r\n", 'not "chunked"'),
                (b"Transfer-Encoding: identity\r\n", 'not "chunked"'),
                (b"Content-Length: -3\r\n", ""),
                (b"Content-Length: +3\r\n", ""),
                (b"Content-Length: 3, 3\r\n", ""),
                (b"Content-Length: 0x3\r\n", ""),
                (b"Content-Length: x\r\n", ""),
                (b"Content-Length: \r\n", ""),
                (b"Content-Length: 3\r\n 3\r\n", "folded")):
            is_refused(server, POST + fields + b"\r\n", part)
        is_refused(server, b"POST /embeddings HTTP/1.0\r\n" + HOST + CHUNKED +
                   BODY, "HTTP/1.0 has no Transfer-Encoding")
        for body in (b"zz\r\n{}\r\n", b"-2\r\n{}\r\n", b"0x2\r\n{}\r\n",
                     b"2\r\n{}xx"):
            is_refused(server, POST + CHUNKED + b"\r\n" + body +
                       b"0\r\n\r\n", "")
        is_refused(server, POST + CHUNKED + b"\r\nfffffffffffffffff\r\n", "",
                   413)


def test_what_is_only_odd_is_served(_):
    with Server() as server:
        for fields in (b"", b"X-A:b\r\n", b"X-A:   b \t \r\n", b"X-A:\r\n",
                       b"X-A: \r\nX-B:\t\r\n", b"x-a: b\r\nx-a: b\r\n",
                       b"Cookie: a=b; c=\"d\"\r\n", b"X-A: \xc3\xa9\r\n",
                       b"X-A: " + b"a" * 60000 + b"\r\n",
                       b"".join(b"X-%d: %s\r\n" % (i, b"v" * i)
                                for i in range(300)),
                       b"!#$%&'*+-.^_`|~1: b\r\n"):
            for head in (GET + HOST + fields, GET + fields + HOST):
                data = talk(server, last(head))
                assert data.startswith(b"HTTP/1.1 200 "), (head[:200], data)
        # An empty line or two before a request.
        for before in (b"\r\n", b"\r\n\r\n"):
            data = talk(server, before + last(GET + HOST))
            assert data.endswith(ALIVE), data
        # However it is cut into pieces.
        request = last(GET + b"X-A: b\r\n" + HOST)
        for step in (1, 2, 7, 30):
            data = talk(server, *(request[i:i + step]
                                  for i in range(0, len(request), step)))
            assert data.endswith(ALIVE), data


def test_many_on_one_connection(_):
    body = json.dumps({"input": b64(picture(1))}).encode()
    post = POST + b"Content-Type: application/json\r\n" + \
        b"Content-Length: %d\r\n\r\n" % len(body) + body
    upload = b"POST /v1/embeddings/image HTTP/1.1\r\n" + HOST + \
        b"X-Long: " + b"a" * 3000 + b"\r\n" + CHUNKED + \
        b"\r\n%x;ext=1\r\n" % len(picture(2)) + picture(2) + \
        b"\r\n0\r\nX-Trailer: y\r\nHost: other\r\n\r\n"
    with Server() as server:
        for requests in ([GET + HOST + b"\r\n"] * 50, [post, upload] * 10,
                         [upload, GET + HOST + b"\r\n", post]):
            data = talk(server, b"".join(requests), last(GET + HOST))
            same(data.count(b"HTTP/1.1 200 OK\r\n"), len(requests) + 1)
            same(data.count(b"HTTP/1.1 "), len(requests) + 1)
            assert data.endswith(ALIVE), data[-300:]


command.main([test_targets, test_hosts, test_fields,
              test_bodies_end_in_one_place, test_what_is_only_odd_is_served,
              test_many_on_one_connection])
