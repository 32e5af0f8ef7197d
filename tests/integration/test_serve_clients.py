#!/usr/bin/python3
"""fovea serve: what other projects' clients send, written down as they send it,
and what they do with the answer."""
import base64
import gzip
import json
import os
import re
import struct
import zlib

import command
from command import picture, same
from serving import KEY, Server, as_float32, b64, floats, is_error


def uri(content):
    return "data:image/png;base64," + b64(content)


def test_infinity(_):
    """Its client names no model, and knows fewer values of some fields than
    there are."""
    with Server() as server:
        wanted, = server.upload(picture(1)).vectors()
        asked = {"input": [uri(picture(1))], "model": "default/not-specified"}
        for path, more in (
                ("/embeddings", {"dimensions": 0, "modality": "image"}),
                ("/embeddings", {"encoding_format": "base64", "user": None,
                                 "dimensions": 0, "modality": "image"}),
                ("/embeddings_image", {}),
                ("/embeddings_image", {"encoding_format": "float",
                                       "user": "me"})):
            answer = server.post({**asked, **more}, path)
            same(answer.status, 200)
            item, = answer.json["data"]
            same(item["object"], "embedding")
            same(answer.json["object"], "list")
            got = item["embedding"]
            if isinstance(got, str):
                got = floats(got)
            same(as_float32(got), as_float32(wanted))
        # One image, not in a list.
        answer = server.post({**asked, "input": uri(picture(1))},
                             "/embeddings_image")
        same(answer.vectors(), [wanted])
        models = server.get("/models").json
        same(sorted(models), ["data", "object"])
        model, = models["data"]
        same((model["object"], model["owned_by"]), ("model", "infinity"))
        assert isinstance(model["stats"], dict) and model["capabilities"]
        assert isinstance(server.get("/health").json["unix"], float)


def decoded(item):
    """As OpenAI's client for Python and for Node do, of every item."""
    data = item["embedding"]
    if isinstance(data, str):
        data = base64.b64decode(data, validate=True)
        assert len(data) % 4 == 0, "no whole number of floats"
        return list(struct.unpack(f"<{len(data) // 4}f", data))
    return data


def test_items_with_errors_can_be_decoded(_):
    with Server() as server:
        for encoding, empty in (("base64", ""), ("float", [])):
            answer = server.post({
                "input": [uri(picture(1)), uri(b"no image"), uri(picture(2)),
                          "http://127.0.0.1:1/x", 7],
                "on_error": "item", "encoding_format": encoding})
            same(answer.status, 200)
            data = answer.json["data"]
            same([len(decoded(item)) for item in data],
                 [command.DIMENSION, 0, command.DIMENSION, 0, 0])
            for i in (1, 3, 4):
                same(data[i]["embedding"], empty)
                same((data[i]["object"], data[i]["index"]), ("error", i))
                same(data[i]["error"]["param"], f"input[{i}]")


def test_texts_are_refused_as_such(_):
    """By a model without a text tower."""
    with Server() as server:
        for text in ("cat", "cats", "hello world", "a cat, and a dog",
                     "cat.jpg", "Note: it is late", "x" * 1024,
                     "word " * 400, "caf\u00e9" * 999):
            for body in ({"input": text}, {"input": [text]},
                         {"inputs": text, "model": command.NAME}):
                error = is_error(server.post(body), 400, "text_unsupported",
                                 f"{command.NAME} embeds only images, and "
                                 "this is a text: neither",
                                 "openai/clip-vit-base-patch32")
                assert error["param"].startswith("input"), error
        # What says that it is an image is one, or a bad one.
        for item in ({"image": "cats"}, "data:image/png;base64,cats"):
            is_error(server.post({"input": item}), 415, "not_an_image")
        for body in ({"input": "cats", "modality": "image"},
                     {"images": ["cats"]}, {"input": "x" * 1028}):
            is_error(server.post(body), 415, "not_an_image")
        is_error(server.post({"input": "x" * 1025}), 400, "base64")
        is_error(server.post({"input": b64(picture(1))[:90]}), 400, "base64")
        for text in ("", "/my pictures/cat.jpg", "/etc/passwd"):
            is_error(server.post({"input": text}), 400, "argument")
        for tokens in ([464, 3797], [[464, 3797], [464]]):
            is_error(server.post({"input": tokens}), 400, "argument",
                     "token ids", "check_embedding_ctx_length=False")
        for body in ({"input": {"text": "a cat"}}, {"texts": ["a cat"]},
                     {"input": "a", "modality": "text"},
                     {"input": "", "modality": "text"},
                     {"messages": [{"role": "user", "content": "a cat"}]},
                     {"messages": [{"role": "user", "content": [
                         {"type": "text", "text": "a cat"}]}]}):
            is_error(server.post(body), 400, "text_unsupported",
                     "embeds only images")
        is_error(server.post({"input": "a", "modality": "audio"}), 400,
                 "argument", "audio")
        is_error(server.upload(picture(1), "?modality=text"), 400,
                 "argument", "files are images")
        # One does not fail the others.
        data = server.post({"input": ["a cat", b64(picture(1))],
                            "on_error": "item"}).json["data"]
        same([item["object"] for item in data], ["error", "embedding"])
        same(data[0]["error"]["code"], "text_unsupported")


def test_shapes_of_chats(_):
    with Server() as server:
        wanted, = server.upload(picture(1)).vectors()
        for body in (
                {"messages": [{"role": "user", "content": [
                    {"type": "image_url",
                     "image_url": {"url": uri(picture(1))}}]}]},
                {"input": [{"role": "user", "content": [
                    {"type": "input_image", "image_url": uri(picture(1)),
                     "detail": "auto"}]}]},
                {"input": {"type": "input_image",
                           "image_url": uri(picture(1))}}):
            same(server.post(body).vectors(), [wanted])


def test_fields_of_others(_):
    with Server() as server:
        whole, = server.upload(picture(1)).vectors()
        short, = server.post({"input": uri(picture(1)),
                              "dimensions": 8}).vectors()
        body = {"input": uri(picture(1))}
        same(server.post({**body, "output_dimension": 8}).vectors(), [short])
        same(server.post({**body, "embedding_types": ["float"],
                          "input_type": "image"}).vectors(), [whole])
        text, = server.post({**body, "embedding_type": "base64"}).vectors()
        same(floats(text), as_float32(whole))
        same(server.upload(picture(1), "?output_dimension=8").vectors(),
             [short])
        for field, value in (("embedding_types", ["int8"]),
                             ("output_dtype", "binary"),
                             ("normalized", False), ("prompt_name", "q"),
                             ("image", uri(picture(1)))):
            error = is_error(server.post({**body, field: value}), 400,
                             "argument", field)
            same(error["param"], field)


def test_packed_bodies(_):
    content = json.dumps({"input": uri(picture(1))}).encode()
    form = (b"--xx\r\nContent-Disposition: form-data; name=\"f\"; "
            b"filename=\"a.png\"\r\n\r\n" + picture(1) + b"\r\n--xx--\r\n")
    bare = zlib.compressobj(wbits=-15)
    packed = {"gzip": gzip.compress(content),
              "x-gzip": gzip.compress(content[:9]) +
              gzip.compress(content[9:]),
              "GZIP": gzip.compress(content),
              "deflate": zlib.compress(content),
              "Deflate": bare.compress(content) + bare.flush(),
              "identity": content}
    kind = {"Content_Type": "application/json"}
    with Server("--max-body", "8K") as server:
        wanted, = server.upload(picture(1)).vectors()
        for coding, body in packed.items():
            same(server.post(body, Content_Encoding=coding, **kind).vectors(),
                 [wanted])
        same(server.upload(gzip.compress(picture(1)),
                           Content_Encoding="gzip").vectors(), [wanted])
        same(server.upload(gzip.compress(form), Content_Encoding="gzip",
                           Content_Type="multipart/form-data; boundary=xx")
             .vectors(), [wanted])
        for coding in ("br", "zstd", "gzip, gzip", "compress", ""):
            answer = server.post(content, Content_Encoding=coding, **kind)
            is_error(answer, 415, "content_encoding", coding)
            same(answer.headers["accept-encoding"], "gzip, deflate")
        for body in (content, packed["gzip"][:-1], packed["gzip"] + b"x",
                     packed["deflate"], b""):
            is_error(server.post(body, Content_Encoding="gzip", **kind), 400,
                     "argument", "gzip", "Content-Encoding")
        # A thousand to one.
        for path in ("/v1/embeddings", "/v1/embeddings/image"):
            is_error(server.post(gzip.compress(bytes(1 << 22)), path,
                                 Content_Encoding="gzip"), 413,
                     "body_too_large", "unpacked", "--max-body")
        is_error(server.post(gzip.compress(
            form[:80] + bytes(1 << 22)), "/v1/embeddings/image",
            Content_Encoding="gzip",
            Content_Type="multipart/form-data; boundary=xx"), 413,
            "body_too_large", "unpacked")
        same(server.metric("fovea_body_bytes"), 0)
        same(server.upload(picture(1)).vectors(), [wanted])


def test_how_much_packed_bodies_become(_):
    body = gzip.compress(bytes(3 << 20))
    many = len(body) * 100
    assert many < 2 << 20, len(body)
    with Server() as server:
        is_error(server.upload(body, Content_Encoding="gzip"), 413,
                 "body_too_large", "100 times", "(--max-body-ratio)")
    with Server("--max-body-ratio", "2000") as server:
        is_error(server.upload(body, Content_Encoding="gzip"), 415,
                 "not_an_image")


def test_variables_stand_for_flags(_):
    image = b64(picture(1))
    with Server(env={"FOVEA_MAX_ITEMS": "1"}) as server:
        is_error(server.post({"input": [image] * 2}), 413, "too_many_items")
    with Server("--max-items=2", env={"FOVEA_MAX_ITEMS": "1"}) as server:
        same(len(server.post({"input": [image] * 2}).vectors()), 2)
    # A model that is named on the command line goes before the variable's.
    with Server(env={"FOVEA_MODEL": "/nowhere"}) as server:
        same([model["id"] for model in server.get("/v1/models").json["data"]],
             [command.NAME])
    with Server(models=(), env={"FOVEA_MODEL": command.MODEL}) as server:
        same([model["id"] for model in server.get("/v1/models").json["data"]],
             [command.NAME])


def test_little_does_not_become_much(_):
    """Packed bytes may become many more of them, but not without a bound."""
    width, height = 1024, 640
    rows = b"".join(os.urandom(3 * width) + bytes(31 * 3 * width)
                    for _ in range(height // 32))
    bitmap = (struct.pack("<2sIII", b"BM", 54 + len(rows), 0, 54)
              + struct.pack("<IiiHHIIiiII", 40, width, height, 1, 24, 0,
                            len(rows), 0, 0, 0, 0) + rows)
    with Server() as server:
        wanted = server.upload(bitmap).vectors()
        same(server.upload(gzip.compress(bitmap),
                           Content_Encoding="gzip").vectors(), wanted)
        for path in ("/v1/embeddings", "/v1/embeddings/image"):
            for coding, pack in (("gzip", gzip.compress),
                                 ("deflate", zlib.compress)):
                is_error(server.post(pack(bytes(16 << 20)), path,
                                     Content_Encoding=coding), 413,
                         "body_too_large", "100 times its size",
                         "Content-Encoding")
        same(server.metric("fovea_body_bytes"), 0)


def test_one_model(_):
    with Server() as server:
        listed, = server.get("/v1/models").json["data"]
        path = "/v1/models/" + command.NAME
        model = server.get(path).json
        same({**model, "created": 0}, {**listed, "created": 0})
        same(model["owned_by"], "fovea")
        for same_path in (path + "/", path.replace("/", "//"),
                          "/models/" + command.NAME,
                          path.replace("-", "%2D")):
            same(server.get(same_path).json["id"], command.NAME)
            head = server.ask("HEAD", same_path)
            same((head.status, head.body), (200, b""))
        error = is_error(server.get("/v1/models/openai/clip"), 404,
                         "unknown_model", "openai/clip")
        same(error["param"], "model")
        answer = server.ask("DELETE", path)
        same((answer.status, answer.headers["allow"]), (405, "GET, HEAD, OPTIONS"))
    with Server("--api-key", KEY) as server:
        is_error(server.get(path), 401, "unauthorized")


def test_slashes(_):
    """A slash too many changes nothing: no redirect, which clients would not
    follow with a body."""
    with Server() as server:
        wanted, = server.upload(picture(1)).vectors()
        body = {"input": uri(picture(1))}
        for path in ("/v1/embeddings/", "//v1/embeddings", "/v1//embeddings//",
                     "/embeddings/", "/embeddings_image/"):
            same(server.post(body, path).vectors(), [wanted])
        same(server.post(picture(1), "/v1/embeddings/image/").vectors(),
             [wanted])
        for path in ("/livez/", "//readyz", "/health//", "/v1/models/",
                     "/models//", "/v1/pool/", "/metrics/", "//", "/page.css/"):
            same(server.get(path).status, 200)
            same(server.ask("HEAD", path).status, 200)
        # Keys are asked for where they would be without.
    with Server("--api-key", KEY) as server:
        for path in ("/v1/pool/", "//metrics"):
            is_error(server.get(path), 401, "unauthorized")
        same(server.get("/livez/").status, 200)


def test_clients_are_told_whether_to_try_again(directory):
    table = {}
    for line in command.read(os.path.join(
            os.environ["FOVEA_SOURCE_ROOT"],
            "include/fovea/status.def")).decode().splitlines():
        found = re.match(r'X\(\w+, \d+, "(\w+)", .*, (\d)\)$', line)
        if found:
            table[found[1]] = found[2] == "1"
    seen = set()

    def told(answer):
        code = answer.json.get("code") or answer.error()
        same(answer.headers["x-should-retry"], str(table[code]).lower())
        after = answer.headers.get("retry-after")
        if after:
            same(answer.headers["retry-after-ms"], after + "000")
        seen.add((code, table[code]))

    with Server("--max-body", "4K") as server:
        for answer in (server.get("/nothing"), server.get("/v1/models/none"),
                       server.post({}), server.upload(b"no image"),
                       server.upload(bytes(5000)),
                       server.post({"input": "http://127.0.0.1/"}),
                       server.upload(picture(1), Origin="http://x.example")):
            told(answer)
        good = server.upload(picture(1))
        assert "x-should-retry" not in good.headers
    with Server("--api-key", KEY) as server:
        told(server.get("/v1/pool"))
    with Server("--memory-limit", "1K") as server:
        told(server.upload(picture(1)))
        told(server.get("/readyz"))
        told(server.get("/health"))
    with Server("--body-memory", "1K") as server:
        told(server.upload(bytes(3000)))
    # A worker that dies of its image, twice: not to be sent again.
    program = command.put(directory, "worker", b"#!/bin/sh\nexit 1\n")
    os.chmod(program, 0o755)
    with Server(env={"FOVEA_WORKER": program}) as server:
        told(server.upload(picture(1)))
    for path in ("/v1/embeddings", "/v1/embeddings/image"):
        with Server("--body-time", "200ms") as server:
            with server.raw() as made:
                made.sendall(f"POST {path} HTTP/1.1\r\nHost: localhost\r\n"
                             "Content-Length: 9\r\n\r\n{".encode())
                data = b""
                while piece := made.recv(4096):
                    data += piece
            assert b"HTTP/1.1 408" in data, data
            assert b"\r\nX-Should-Retry: true\r\n" in data, data
    assert {again for _, again in seen} == {True, False}, seen


command.main([test_infinity, test_items_with_errors_can_be_decoded,
              test_texts_are_refused_as_such, test_shapes_of_chats,
              test_fields_of_others, test_packed_bodies,
              test_how_much_packed_bodies_become,
              test_variables_stand_for_flags,
              test_little_does_not_become_much, test_one_model, test_slashes,
              test_clients_are_told_whether_to_try_again])
