#!/usr/bin/python3
"""The server does what /openapi.json and docs/HTTP.md say, and they say all that
it does: every path and method is asked, every status that can be provoked is,
and what comes back is held against its schema."""
import atexit
import contextlib
import fcntl
import functools
import json
import os
import re
import shutil
import socket
import subprocess
import tempfile

import command
from broker import Broker
from command import Skip, picture, same
from serving import KEY, Answer, Server, b64, floats

SOURCE = os.environ["FOVEA_SOURCE_ROOT"]
METHODS = ("get", "head", "post", "put", "delete", "patch", "options")
EMBED = ("/v1/embeddings", "/embeddings", "/embeddings_image")
UPLOAD = "/v1/embeddings/image"
CLASSIFY = ("/v1/classify", "/classify")
SEARCH, THUMBNAIL = "/v1/search", "/v1/thumbnail"
ADD = "/v1/indexes/{name}/items"
ITEM = "/v1/indexes/{name}/items/{id}"
JOB = "/v1/jobs/{name}"
POSTED = (*EMBED, UPLOAD, *CLASSIFY, SEARCH, THUMBNAIL)
# They take an image as it is, those with a model.
UPLOADS = (UPLOAD, THUMBNAIL, ADD)
# It embeds texts too.
MODEL = os.path.join(os.environ["FOVEA_WHOLE_MODELS"], "clip")
NAME, DIMENSION = "clip", 24
# Faults of the server's own, which it has to have first.
NOT_PROVOKED = {"500", "507"}
# A question to an index, or to the broker, is answered too soon to wait or be late.
AT_ONCE = {"429", "504"}
JSON = {"Content-Type": "application/json"}
WRITER = "sesame-write-1"
# Where the model of every index is.
HOME = {"FOVEA_HOME": SOURCE}

DOCUMENT = json.loads(command.read(os.path.join(SOURCE,
                                                "src/server/openapi.json")))
SEEN = set()  # (path, method, status)


class Indexed(Server):
    """A server with an index of pictures, and one that may be written where it
    has the key of a writer."""

    def __init__(self, *flags, env=None):
        self.pictures = tempfile.TemporaryDirectory(prefix="fovea-pictures-")
        at = self.pictures.name
        for i, name in enumerate(("one", "two", "again")):
            command.put(at, f"{name}.png", picture(1 + i % 2))
        command.put(at, "keys", f"{KEY}\n{WRITER} writer\n".encode())
        result = command.run("index", "-m", MODEL, at, model=False,
                             env=command.environment(**HOME))
        assert result.returncode == 0, result.stderr
        self.posted = POSTED
        if KEY in flags:
            self.posted = (ADD,)
            flags = (*flags[2:], "--api-key-file",
                     os.path.join(at, "keys"), "--index-writable", "own=" + os.path.join(at, "own"))
        super().__init__(*flags, "--index", "photos=" + at, models=[MODEL],
                         env={**HOME, **(env or {})})

    def end(self):
        try:
            return super().end()
        finally:
            self.pictures.cleanup()


@functools.lru_cache
def jobs():
    """Flags with which a server knows a job, `photos`; none without a broker."""
    folder = tempfile.TemporaryDirectory(prefix="fovea-jobs-")
    atexit.register(folder.cleanup)
    try:
        broker = Broker(os.path.join(folder.name, "broker")).start()
    except Skip:
        return ()
    atexit.register(broker.kill)
    output = os.path.join(folder.name, "out")
    command.put(folder.name, "pictures/1.png", picture(1))
    result = command.run(
        "job", "create", "photos", "--model", command.MODEL, "--queue",
        broker.url, "-o", output, os.path.join(folder.name, "pictures"),
        model=False)
    assert result.returncode == 0, result.stderr
    return ("--queue", broker.url, "--jobs-output", output)


def serve(*flags, env=None):
    return Indexed(*flags, *(() if "--queue" in flags else jobs()), env=env)


def source(name):
    return command.read(os.path.join(SOURCE, name)).decode()


# -- the part of JSON Schema that the document uses

TYPES = {"object": dict, "array": list, "string": str, "boolean": bool,
         "null": type(None)}


def is_type(value, name):
    if name in ("number", "integer"):
        return type(value) is int or (name == "number" and
                                      type(value) is float)
    return isinstance(value, TYPES[name])


def resolve(node):
    """What a $ref leads to."""
    while "$ref" in node:
        at = DOCUMENT
        for word in node["$ref"].removeprefix("#/").split("/"):
            at = at[word]
        node = at
    return node


def flaws(value, schema, at="$"):
    """What is wrong with a value, as text; nothing: it is as the schema says."""
    schema = resolve(schema)
    known = {"type", "properties", "required", "items", "enum", "oneOf",
             "const", "additionalProperties", "minimum", "maximum", "minItems",
             "maxItems", "minLength", "description", "default", "format",
             "contentEncoding"}
    assert set(schema) <= known, set(schema) - known
    names = schema.get("type", [])
    names = names if isinstance(names, list) else [names]
    if names and not any(is_type(value, name) for name in names):
        return [f"{at} is no {names}: {value!r}"]
    found = []
    if "const" in schema and value != schema["const"]:
        found.append(f"{at} is not {schema['const']!r}: {value!r}")
    if "enum" in schema and value not in schema["enum"]:
        found.append(f"{at} is none of {schema['enum']}: {value!r}")
    if "oneOf" in schema:
        fits = [option for option in schema["oneOf"]
                if not flaws(value, option, at)]
        if len(fits) != 1:
            found.append(f"{at} fits {len(fits)} of the forms: {value!r}")
    if isinstance(value, dict):
        found += object_flaws(value, schema, at)
    elif isinstance(value, list):
        if not (schema.get("minItems", 0) <= len(value) <=
                schema.get("maxItems", len(value))):
            found.append(f"{at} has {len(value)} items")
        for i, item in enumerate(value):
            found += flaws(item, schema.get("items", {}), f"{at}[{i}]")
    elif isinstance(value, str):
        if len(value) < schema.get("minLength", 0):
            found.append(f"{at} is too short")
    elif value is not None and not (schema.get("minimum", value) <= value <=
                                    schema.get("maximum", value)):
        found.append(f"{at} is out of its range: {value}")
    return found


def object_flaws(value, schema, at):
    properties = schema.get("properties", {})
    found = [f"{at}.{name} is missing" for name in schema.get("required", [])
             if name not in value]
    for name, inner in value.items():
        if name in properties:
            found += flaws(inner, properties[name], f"{at}.{name}")
        elif schema.get("additionalProperties") is False:
            found.append(f"{at}.{name} is not in the document")
    return found


# -- answers

def check(answer, path, method):
    """An answer is one that the document has for the path and method."""
    method = method.lower()
    operation = DOCUMENT["paths"][path][method]
    where = f"{method} {path} {answer.status}"
    response = operation["responses"].get(str(answer.status))
    assert response, (where, answer.body[:500])
    response = resolve(response)
    SEEN.add((path, method, str(answer.status)))
    for name, header in response.get("headers", {}).items():
        value = answer.headers.get(name.lower())
        assert value, (where, name, answer.headers)
        schema = resolve(header)["schema"]
        wrong = flaws(int(value) if schema.get("type") == "integer" else value,
                      schema)
        assert not wrong, (where, wrong)
    content = response.get("content")
    if method == "head" or not content:
        same(answer.body, b"")
        return answer
    mime = answer.headers["content-type"].split(";")[0]
    assert mime in content, (where, mime)
    if mime == "image/jpeg":
        assert answer.body.startswith(b"\xff\xd8\xff"), where
        return answer
    wrong = flaws(answer.json if mime == "application/json" else
                  answer.body.decode(), content[mime]["schema"])
    assert not wrong, (where, wrong[:5])
    return answer


def inquire(server, method, path, status, query="", body=None, headers=None,
            id_=None, name="photos"):
    id_ = id_ or (NAME if "{name}" not in path else "@1")
    asked = path.replace("{id}", id_).replace("{name}", name)
    answer = check(server.ask(method, asked + query, body, **(headers or {})),
                   path, method)
    assert answer.status == status, (method, path, answer.status, answer.body)
    return answer


def embed(server, path, image, status, headers=None, **settings):
    """One image, in the form of the path."""
    if path in UPLOADS:
        if path == ADD:
            settings = {"id": "a", **settings}
            headers = {"X-API-Key": WRITER, **(headers or {})}
        query = "&".join(f"{name}={value}" for name, value in settings.items())
        return inquire(server, "POST", path, status, "?" + query, image,
                       {"Content-Type": "image/png", **(headers or {})},
                       name="own" if path == ADD else "photos")
    labels = {"labels": ["cat", "dog"]} if path in CLASSIFY else {}
    index = {"index": "photos"} if path == SEARCH else {}
    body = json.dumps({"input": {"image": b64(image)}, **labels, **index,
                       **settings}).encode()
    return inquire(server, "POST", path, status, "", body,
                   {**JSON, **(headers or {})})


def getters():
    """Paths that are looked at, with both methods."""
    return [(path, method) for path, item in DOCUMENT["paths"].items()
            if "get" in item and (path != JOB or jobs())
            for method in ("GET", "HEAD")]


# -- tests

def test_the_document_is_what_is_served(_):
    with serve() as server:
        answer = inquire(server, "GET", "/openapi.json", 200)
        assert answer.json == DOCUMENT, "another document is served"
    version = command.run("--version", model=False).stdout.decode()
    same(version.split()[1], DOCUMENT["info"]["version"])
    same(DOCUMENT["openapi"], "3.1.0")


def test_it_lists_the_routes_of_the_source(_):
    routes = {}
    for method, paths in re.findall(r'^X\("(\w+)", \(([^)]*)\)', source(
            "src/server/routes.def"), re.MULTILINE):
        for path in re.findall(r'"([^"]*)"', paths):
            assert path in DOCUMENT["paths"], f"{path} is not in openapi.json"
            routes.setdefault(path, set()).add(method.lower())
    for path, methods in routes.items():
        same((path, set(DOCUMENT["paths"][path]) - {"head"}), (path, methods))
    assets = re.search(r"^assets = \{(.*?)^\}", source(
        "src/server/meson.build"), re.MULTILINE | re.DOTALL)[1]
    # Modules of the page are its own business.
    routes = [*routes] + [path for path in re.findall(r"'(/[^']*)':", assets)
              if path == "/page.js" or not path.endswith(".js")]
    same(sorted(DOCUMENT["paths"]), sorted(routes))


def test_references_and_examples_fit(_):
    text = json.dumps(DOCUMENT)
    for name in set(re.findall(r'"\$ref": "([^"]+)"', text)):
        resolve({"$ref": name})
    for kind, parts in DOCUMENT["components"].items():
        for name in parts:
            assert kind == "securitySchemes" or \
                f'"#/components/{kind}/{name}"' in text, f"{name} is not used"
    names = [operation["operationId"] for item in DOCUMENT["paths"].values()
             for operation in item.values()]
    same(len(names), len(set(names)))
    codes = re.findall(r'^X\(\w+, \d+, "(\w+)"', source(
        "include/fovea/status.def"), re.MULTILINE)
    same(["ok"] + resolve({"$ref": "#/components/schemas/ErrorObject"})
         ["properties"]["code"]["enum"], codes)
    notes = re.findall(r'^X\(\w+, \d+, "(\w+)"', source(
        "include/fovea/note.def"), re.MULTILINE)
    item = resolve({"$ref": "#/components/schemas/Embedding"})
    same(list(item["properties"]),
         ["object", "index"] + notes + ["note", "embedding"])
    model = resolve({"$ref": "#/components/schemas/PoolModel"})
    same(model["properties"]["noted"]["required"], notes)


def test_the_schemas_refuse(_):
    error = {"message": "", "type": "server_error", "param": None,
             "code": "busy"}
    schema = {"$ref": "#/components/schemas/Error"}
    same(flaws({"error": error}, schema), [])
    for name, value in (("param", 1), ("code", "bussy"), ("more", 1),
                        ("message", None)):
        assert flaws({"error": {**error, name: value}}, schema), name
    request = {"$ref": "#/components/schemas/EmbeddingRequest"}
    same(flaws({"input": [{"content": [{"image": "x"}]}]}, request), [])
    same(flaws({"texts": ["", {"text": "a cat"}, {"content": "a cat"}],
                "truncate": "NONE"}, request), [])
    for wrong in ({}, {"input": "x", "images": "x"}, {"input": []},
                  {"input": [1]}, {"input": {"image": "x", "url": "y"}},
                  {"input": {"text": "x", "image": "y"}},
                  {"input": "x", "texts": ["y"]},
                  {"input": "x", "truncate": "START"},
                  {"input": "x", "dimensions": -1}):
        assert flaws(wrong, request), wrong
    request = {"$ref": "#/components/schemas/ClassifyRequest"}
    same(flaws({"input": "x", "labels": ["a"], "top_k": 1}, request), [])
    for wrong in ({"input": "x"}, {"labels": ["a"]},
                  {"input": "x", "labels": []}, {"input": "x", "labels": [""]},
                  {"input": "x", "labels": "a"},
                  {"input": "x", "labels": ["a"], "dimensions": 8}):
        assert flaws(wrong, request), wrong


def send_all_types(server, path, name="", **headers):
    """An image in each of the forms that a path takes."""
    content = DOCUMENT["paths"][path]["post"]["requestBody"]["content"]
    for mime in content:
        boundary = b"--xyz\r\nContent-Disposition: form-data; " \
            b"name=\"f\"; filename=\"a\"\r\n\r\n%s\r\n--xyz--\r\n"
        is_form = mime == "multipart/form-data"
        body = boundary % picture(1) if is_form else picture(1)
        if mime == "application/json":
            body = json.dumps({"input": [{"id": "json", "image":
                                          b64(picture(1))}]}).encode()
        inquire(server, "POST", path, 200, "?id=a" if name and mime.startswith(
            ("image", "application/o", "application/x")) else "", body, name=name,
                headers={"Content-Type": mime.replace("*", "png") +
                         ("; boundary=xyz" if is_form else ""),
                         **{k.replace("_", "-"): v
                            for k, v in headers.items()}})


def test_every_path_answers_as_documented(_):
    with serve() as server:
        for path in (*EMBED, *CLASSIFY, SEARCH):
            media = DOCUMENT["paths"][path]["post"]["requestBody"]["content"]
            media = media["application/json"]
            for example in media["examples"].values():
                value = example["value"]
                same(flaws(value, media["schema"]), [])
                inquire(server, "POST", path, 200,
                        body=json.dumps(value).encode(), headers=JSON)
        for path in (UPLOAD, THUMBNAIL):
            send_all_types(server, path)
        for path, method in getters():
            inquire(server, method, path, 200)
    with serve("--api-key", KEY) as server:
        send_all_types(server, ADD, name="own", X_API_Key=WRITER)
        listed = inquire(server, "GET", ADD, 200, name="own",
                         headers={"X-API-Key": KEY}).json["data"]
        same([item["ids"] for item in listed], [["a", "json"]])
        inquire(server, "DELETE", ITEM, 200, id_="a", name="own",
                headers={"X-API-Key": WRITER})


def test_settings_do_what_they_say(_):
    with serve() as server:
        whole = embed(server, UPLOAD, picture(1), 200).json
        same(len(whole["data"][0]["embedding"]), DIMENSION)
        for path in (*EMBED, UPLOAD):
            same(embed(server, path, picture(1), 200).json["data"],
                 whole["data"])
            short = embed(server, path, picture(1), 200, dimensions=8,
                          encoding_format="base64").json
            numbers = floats(short["data"][0]["embedding"])
            same(len(numbers), 8)
            first = whole["data"][0]["embedding"][:8]
            length = sum(x * x for x in first) ** 0.5
            assert all(abs(a - b / length) < 1e-6
                       for a, b in zip(numbers, first)), (numbers, first)
            failed = embed(server, path, picture(1)[:60], 200,
                           on_error="item").json["data"]
            same(failed[0]["object"], "error")


def test_what_is_not_documented_is_refused(_):
    with serve() as server:
        for path, item in DOCUMENT["paths"].items():
            for method in set(METHODS) - set(item):
                answer = server.ask(method.upper(), path)
                same(sorted(answer.headers["allow"].lower().split(", ")),
                     sorted([*item, "options"]))
                same((path, method, answer.status),
                     (path, method, 204 if method == "options" else 405))
                if method == "options":
                    continue
                if method != "head":
                    same(answer.error(), "method")
        for path in ("/v1", "/v1/", "/v1/embeddings/x", "/V1/models",
                     "/index.html", "/page", "/openapi", "/metrics/x",
                     "/./livez", "/%2e%2e/livez"):
            for method in ("GET", "POST"):
                answer = server.ask(method, path)
                same((path, answer.status), (path, 404))
                same(answer.error(), "no_route")


def provoke_callers(server):
    """Faults of the request."""
    evil = {"Origin": "http://evil.example"}
    for path in POSTED:
        same(embed(server, path, picture(1)[:60], 400).error(),
             "image_truncated")
        same(embed(server, path, picture(1), 403, evil).error(), "origin")
        if path == SEARCH:
            same(embed(server, path, picture(1), 404, index="no").error(),
                 "index_not_found")
        elif path != THUMBNAIL:
            same(embed(server, path, picture(1), 404, model="nope").error(),
                 "unknown_model")
        same(embed(server, path, picture(1), 415,
                   {"Content-Type": "text/plain"}).error(), "content_type")
        same(embed(server, path, b"no image", 415).error(), "not_an_image")
        same(embed(server, path, picture(1), 415,
                   {"Content-Encoding": "br"}).error(), "content_encoding")
    for path, method in getters():
        inquire(server, method, path, 403, headers=evil)
        if "304" in DOCUMENT["paths"][path]["get"]["responses"]:
            etag = inquire(server, method, path, 200).headers["etag"]
            inquire(server, method, path, 304,
                    headers={"If-None-Match": etag})
    for method in ("GET", "HEAD"):
        for path in ("/v1/models/{id}", "/models/{id}", ITEM,
                     ITEM + "/thumbnail"):
            inquire(server, method, path, 404, id_="no/pe")
        for path in ("/v1/indexes/{name}", ADD, JOB,
                     "/v1/indexes/{name}/duplicates"):
            inquire(server, method, path, 404, name="no")
        for path in (ADD, "/v1/indexes/{name}/duplicates"):
            inquire(server, method, path, 400, "?limit=0")
        inquire(server, method, "/readyz", 404, "?model=nope")
        inquire(server, method, "/readyz", 200, "?model=" + NAME)


def provoke_keys(server):
    for path in POSTED:
        same(embed(server, path, picture(1), 401).error(), "unauthorized")
        embed(server, path, picture(1), 401, {"Authorization": "Bearer no"})
        embed(server, path, picture(1), 200, {"X-API-Key": KEY})
    provoke_writers(server)
    for path, method in getters():
        is_open = DOCUMENT["paths"][path]["get"].get("security") == []
        inquire(server, method, path, 200 if is_open else 401)
        inquire(server, method, path, 200,
                headers={"Authorization": f"Bearer {KEY}"})


def provoke_writers(server):
    """Faults of changes to an index."""
    good, evil = {"X-API-Key": WRITER}, {"Origin": "http://evil.example"}
    for path, method in ((ADD, "POST"), (ITEM, "DELETE")):
        ask = functools.partial(inquire, server, method, path, body=picture(1),
                                query="?id=a", id_="a")
        same(ask(401, headers={"X-API-Key": "x"}).error(), "unauthorized")
        same(ask(403, headers={**good, **evil}).error(), "origin")
        same(ask(403, headers={"X-API-Key": KEY}).error(), "index_read_only")
        same(ask(403, headers=good).error(), "index_read_only")
        same(ask(404, headers=good, name="no").error(), "index_not_found")
        lock = os.path.join(server.pictures.name, "own", "lock")
        with open(lock, "r+b") as held:
            fcntl.lockf(held, fcntl.LOCK_EX)
            same(ask(409, headers=good, name="own").error(), "index_busy")
    same(inquire(server, "POST", ADD, 400, body=picture(1), headers=good,
                 name="own").error(), "argument")
    inquire(server, "DELETE", ITEM, 400, headers=good, id_="@1", name="own")
    for name, value in (("text/plain", "content_type"),
                        ("image/png", "not_an_image")):
        same(embed(server, ADD, b"no image", 415,
                   {"Content-Type": name}).error(), value)


def provoke_limits(server):
    for path in server.posted:
        same(embed(server, path, bytes(8000), 413).error(), "body_too_large")
        same(embed(server, path, bytes(2000), 429).error(), "busy")


def provoke_timeout(server):
    for path in server.posted:
        connection = server.connect()
        connection.putrequest("POST", path.replace("{name}", "own"))
        connection.putheader("X-API-Key", WRITER)
        connection.putheader("Content-Length", "100")
        connection.endheaders(b"{")
        response = connection.getresponse()
        answer = Answer(response)
        connection.close()
        same(check(answer, path, "POST").error(), "body_timeout")


def provoke_want(server):
    """Nothing can be served."""
    thumbnail = ITEM + "/thumbnail"
    for method in ("GET", "HEAD") if server.posted == POSTED else ():
        inquire(server, method, thumbnail, 503)
    for path in server.posted:
        same(embed(server, path, picture(1), 503).error(), "memory_exhausted")
    for path in ("/readyz", "/health"):
        for method in ("GET", "HEAD"):
            inquire(server, method, path, 503)


def provoke_fetch(server):
    with socket.socket() as bound:  # and nobody listens
        bound.bind(("127.0.0.1", 0))
        asked = {"input": "http://127.0.0.1:%d/x.png" %
                 bound.getsockname()[1]}
        for path in (*EMBED, *CLASSIFY, SEARCH):
            body = json.dumps({**asked, **({"labels": ["cat"]} if path in
                                           CLASSIFY else {})}).encode()
            same(inquire(server, "POST", path, 502, body=body,
                         headers=JSON).error(), "fetch")


def provoke_broker(server):
    """Nobody is there."""
    for method in ("GET", "HEAD"):
        for path in ("/v1/jobs", JOB):
            inquire(server, method, path, 503)


def provoke_deadline(server):
    """No worker ever answers."""
    for path in server.posted:
        same(embed(server, path, picture(1), 504).error(), "deadline")


def test_every_documented_status_is_provoked(directory):
    silent = command.put(directory, "silent", b"#!/bin/sh\nexec sleep 1d\n")
    os.chmod(silent, 0o755)
    cases = ((provoke_callers, ()),
             (provoke_keys, ("--api-key", KEY)),
             (provoke_limits, ("--api-key", KEY, "--max-body", "4K",
                               "--body-memory", "1K")),
             (provoke_timeout, ("--api-key", KEY, "--body-time", "200ms")),
             (provoke_want, ("--api-key", KEY, "--memory-limit", "1K")),
             (provoke_deadline, ("--api-key", KEY, "--deadline", "1ms")),
             (provoke_limits, ("--max-body", "4K", "--body-memory", "1K")),
             (provoke_timeout, ("--body-time", "200ms")),
             (provoke_want, ("--memory-limit", "1K")),
             (provoke_broker, ("--queue", "nats://127.0.0.1:1")),
             (provoke_fetch, ("--allow-private-urls",)),
             (provoke_deadline, ("--deadline", "1ms")))
    with contextlib.ExitStack() as stack:
        servers = []
        for provoke, flags in cases:
            env = {"FOVEA_WORKER": silent} if provoke == provoke_deadline \
                else None
            servers.append(stack.enter_context(serve(*flags, env=env)))
        for (provoke, _), server in zip(cases, servers):
            provoke(server)
    documented = {(path, method, status)
                  for path, item in DOCUMENT["paths"].items()
                  for method, operation in item.items()
                  for status in operation["responses"]
                  if status not in NOT_PROVOKED and not (
                      ("/indexes" in path or "/jobs" in path) and
                      method != "post" and status in AT_ONCE) and (
                      path != JOB or status != "200" or jobs())}
    same(sorted(documented - SEEN), [])


# -- docs/HTTP.md

def flags_of_help():
    """Flags, and what stands in parentheses behind each."""
    text = command.run("serve", "--help", model=False).stdout.decode()
    found = {}
    name = None
    for line in text.split("\n"):
        flag = re.match(r" {2,6}(?:-\w, )?--([a-z-]+)", line)
        if flag:
            name = flag[1]
            found[name] = line
        elif name and line.startswith(" " * 20):
            found[name] += " " + line.strip()
        else:
            name = None
    return {name: re.findall(r"\(([^)]*)\)", text)
            for name, text in found.items()}


def test_the_text_names_every_flag_and_its_default(_):
    text = source("docs/HTTP.md")
    rows = dict(re.findall(r"^\| `--([a-z-]+)` \| ([^|]+?) \|", text,
                           re.MULTILINE))
    flags = flags_of_help()
    assert len(flags) > 35, sorted(flags)
    for name, defaults in flags.items():
        assert f"--{name}" in text or name in ("help",), name
        if name in rows and rows[name] != "-":
            assert rows[name] in defaults, (name, rows[name], defaults)
    for name in rows:
        assert name in flags, name
    for name in ("host", "port", "max-body", "body-memory", "max-items",
                 "max-connections", "header-time", "body-time", "keep-alive",
                 "drain-time", "max-queue", "deadline", "workers"):
        assert name in rows, name


def test_the_manual_names_every_flag(_):
    text = source("docs/man/fovea.1").replace("\\-", "-")
    for name in flags_of_help():
        assert f"--{name}" in text, name


def test_the_text_names_every_route(_):
    text = source("docs/HTTP.md")
    for path, item in DOCUMENT["paths"].items():
        names = [f"`{method.upper()} {path}`" for method in item]
        assert any(name in text for name in names) or f"`{path}`" in text, path


def test_the_text_names_every_error(_):
    rows = re.findall(r"^\| `(\w+)` \| (\d+) \| ([^|]*?) \| (yes )?\|",
                      source("docs/HTTP.md"), re.MULTILINE)
    table = re.findall(r'^X\(\w+, \d+, "(\w+)", "([^"]*)", (\d+), \d+, (\d)\)',
                       source("include/fovea/status.def"), re.MULTILINE)
    same([(name, http, text, again == "yes ")
          for name, http, text, again in rows],
         [(name, http, text, again == "1")
          for name, text, http, again in table if name != "ok"])


def test_the_text_names_every_field(_):
    """The one table of fields, as docs/HTTP.md and the document have it."""
    table = re.search(r"fields\[\] = \{(.*?)\n\};", source(
        "src/server/fields.c"), re.DOTALL)[1]
    names = re.findall(r'\{ "(\w+)",', table)
    assert len(names) > 30, names
    text = source("docs/HTTP.md").split("## Images and texts in JSON")[1]
    text = text.split("## The answer")[0]
    request = DOCUMENT["components"]["schemas"]["EmbeddingRequest"]
    for name in names:
        assert f"`{name}`" in text, name
        assert name in request["properties"], name
    for name in request["properties"]:
        assert name in (*names, "input", "inputs", "images", "texts",
                        "messages"), name


def test_the_text_names_every_field_of_labels(_):
    table = re.search(r"label_fields\[\] = \{(.*?)\n\};", source(
        "src/server/fields.c"), re.DOTALL)[1]
    names = ["labels", *re.findall(r'\{ "(\w+)",', table)]
    same(len(names), 4)
    text = source("docs/HTTP.md").split("## Labels")[1].split("## ")[0]
    request = DOCUMENT["components"]["schemas"]["ClassifyRequest"]
    for name in names:
        assert f"`{name}`" in text, name
        assert name in request["properties"], name


def test_the_examples_of_the_text_work(directory):
    if not shutil.which("curl"):
        raise Skip("curl is missing")
    command.put(directory, "cat.jpg", picture(1))
    command.put(directory, "dog.png", picture(2))
    text = source("docs/HTTP.md").replace("\\\n", "")
    examples = re.findall(r"^    (curl .*)$", text, re.MULTILINE)
    assert len(examples) > 4, examples
    with serve() as server:
        for example in examples:
            words = example.replace("127.0.0.1:8080",
                                    f"127.0.0.1:{server.port}")
            words = words.replace("curl ", "curl -sS -f --max-time 30 ", 1)
            result = subprocess.run(["/bin/sh", "-c", words], cwd=directory,
                                    check=False, timeout=command.TIMEOUT,
                                    stdout=subprocess.PIPE,
                                    stderr=subprocess.PIPE)
            assert result.returncode == 0, (words, result)
            kind = json.loads(result.stdout)["object"]
            same(kind, "classify" if "/v1/classify" in words else "list")


command.main([
    test_the_document_is_what_is_served,
    test_it_lists_the_routes_of_the_source,
    test_references_and_examples_fit,
    test_the_schemas_refuse,
    test_every_path_answers_as_documented,
    test_settings_do_what_they_say,
    test_what_is_not_documented_is_refused,
    test_every_documented_status_is_provoked,
    test_the_text_names_every_flag_and_its_default,
    test_the_manual_names_every_flag,
    test_the_text_names_every_route,
    test_the_text_names_every_error,
    test_the_text_names_every_field,
    test_the_text_names_every_field_of_labels,
    test_the_examples_of_the_text_work,
])
