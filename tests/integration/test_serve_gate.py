#!/usr/bin/python3
"""fovea serve: who may ask, and what."""
import json
import os
import signal
import socket
import subprocess
import urllib.parse

import command
from command import picture, put, same
from serving import DEADLINE_S, KEY, Server, b64, is_error, wait_until


def paths(method):
    """Those of all routes that have it, as openapi.json lists them."""
    document = json.loads(command.read(os.path.join(
        os.environ["FOVEA_SOURCE_ROOT"], "src/server/openapi.json")))
    return [path for path, item in document["paths"].items()
            if method in item and "{" not in path]


def test_routes_and_methods(_):
    with Server() as server:
        is_error(server.get("/v1/nothing"), 404, "no_route", "/v1/nothing")
        for path in paths("post"):
            for method in ("GET", "PUT", "DELETE", "HEAD"):
                answer = server.ask(method, path)
                same((answer.status, answer.headers["allow"]),
                     (405, "POST, OPTIONS"))
            answer = server.ask("OPTIONS", path)
            same((answer.status, answer.headers["allow"], answer.body),
                 (204, "POST, OPTIONS", b""))
        for path in paths("get"):
            same(server.get(path).status, 200)
            head = server.ask("HEAD", path)
            same((head.status, head.body), (200, b""))
            answer = server.post({}, path)
            same((answer.status, answer.headers["allow"]),
                 (405, "GET, HEAD, OPTIONS"))
            answer = server.ask("OPTIONS", path)
            same((answer.status, answer.headers["allow"], answer.body),
                 (204, "GET, HEAD, OPTIONS", b""))
            assert "allow" not in server.get(path).headers
        is_error(server.ask("OPTIONS", "/v1/nothing"), 404, "no_route")


def test_types(_):
    with Server() as server:
        for kind in ("text/plain", "application/jsonx",
                     "application/x-www-form-urlencoded", "image/png"):
            is_error(server.post(b"{}", Content_Type=kind), 415,
                     "content_type", kind)
        is_error(server.upload(picture(1), Content_Type="text/html"), 415,
                 "content_type", "text/html")
        for kind in ("application/json", "Application/JSON;charset=utf-8"):
            same(server.post(b"{}", Content_Type=kind).json["error"]["code"],
                 "argument")


def test_keys(directory):
    path = put(directory, "keys", b"\xef\xbb\xbf# ours\n\n  " +
               KEY.encode() + b" \nk2\r\n")
    routes = ("/v1/pool", "/v1/models", "/metrics")
    with Server("--api-key-file", path) as server:
        for route in routes:
            answer = server.get(route)
            is_error(answer, 401, "unauthorized", "asks for a key")
            same(answer.headers["www-authenticate"], "Bearer")
            for wrong in ("x", KEY[:-1], KEY + "x", KEY.upper(), "# ours", ""):
                is_error(server.get(route, Authorization="Bearer " + wrong),
                         401, "unauthorized", "not one of the server's")
            same(server.get(route, Authorization="Bearer " + KEY).status, 200)
            same(server.get(route, Authorization="bearer k2").status, 200)
            same(server.get(route, X_API_Key=KEY).status, 200)
        is_error(server.post({"input": b64(picture(1))}), 401, "unauthorized")
        same(server.post({"input": b64(picture(1))},
                         Authorization="Bearer " + KEY).status, 200)
        # What a load balancer and a browser need first.
        for route in ("/livez", "/readyz", "/health", "/", "/page.js"):
            same(server.get(route).status, 200)
        assert KEY not in server.log()

        # Read again, and kept where the new file is none.
        put(directory, "keys", b"fresh\n")
        server.process.send_signal(signal.SIGHUP)
        wait_until(lambda: server.get("/v1/pool",
                                      X_API_Key="fresh").status == 200,
                   "the new key")
        same(server.get("/v1/pool", X_API_Key=KEY).status, 401)
        put(directory, "keys", b"# none\n")
        server.process.send_signal(signal.SIGHUP)
        wait_until(lambda: "the keys stay as they were" in server.log(),
                   "the refusal")
        same(server.get("/v1/pool", X_API_Key="fresh").status, 200)


def test_key_of_the_environment(_):
    with Server(env={"FOVEA_API_KEY": KEY}) as server:
        same(server.get("/v1/pool").status, 401)
        same(server.get("/v1/pool", X_API_Key=KEY).status, 200)


def refused(*words, env=None):
    """A server that does not start; gives what it said."""
    result = command.run("serve", *words, env=command.environment(
        XDG_RUNTIME_DIR="/nonexistent", **(env or {})))
    assert result.returncode in (1, 2), result.returncode
    return result.returncode, result.stderr.decode()


def test_a_model_has_one_name(directory):
    link = os.path.join(directory, "link")
    os.symlink(command.MODEL, link)
    for again in (link, os.path.join(command.MODEL, ".")):
        code, text = refused("--port", "0", again)
        same(code, 2)
        assert "are the same model" in text and again in text, text


def test_names_of_models(directory):
    """What a model is called: its key, its directory's name, or NAME."""
    here = os.path.join(directory, "a=b")
    os.mkdir(here)
    for name in ("clip", "a=b/x"):
        os.symlink(command.MODEL, os.path.join(directory, name))
    home = {"FOVEA_HOME": os.environ["FOVEA_SOURCE_ROOT"]}
    for word, name in (
            (os.path.join(directory, "clip"), "clip"),
            (os.path.join(directory, "clip///"), "clip"),
            (os.path.join(directory, "clip/."), command.NAME),
            (os.path.join(here, "x"), "x"),
            (f"mine={command.MODEL}", "mine"),
            (f"my/own model={command.MODEL}", "my/own model"),
            ("fovea/near-duplicate-small", "fovea/near-duplicate-small"),
            ("small=fovea/near-duplicate-small", "small")):
        with Server(models=[word], env=home) as server:
            listed, = server.get("/v1/models").json["data"]
            same(listed["id"], name)
            quoted = urllib.parse.quote(name, safe="")
            for path in (f"/v1/models/{quoted}", f"/models//{quoted}/",
                         "/v1/models/" + urllib.parse.quote(name)):
                answer = server.get(path)
                same(answer.status, 200)
                same(answer.json["id"], name)
                same(sorted(answer.json), sorted(listed))
            same(server.get("/readyz?model=" + quoted).status, 200)
            answer = server.post({"input": b64(picture(1)), "model": name})
            same(answer.json["model"], name)
            # Where it lies is not among its names.
            for path in (command.MODEL, os.path.join(directory, "clip")):
                is_error(server.post({"input": "", "model": path}), 404,
                         "unknown_model")
            is_error(server.get("/v1/models/no/such%20one"), 404,
                     "unknown_model", "no/such one")
    for word, part in ((f"={command.MODEL}", 'served as ""'),
                       (f"a//b={command.MODEL}", 'served as "a//b"'),
                       (f"a\nb={command.MODEL}", "control char"),
                       ("x" * 201 + "=" + command.MODEL, "1 to 200 bytes")):
        code, text = refused("--port", "0", word)
        same(code, 2)
        assert part in text, text
    code, text = refused("--port", "0", command.NAME +
                         "=fovea/near-duplicate-small", env=home)
    same(code, 2)
    assert f"would both be served as {command.NAME}" in text, text


def test_public_addresses_take_a_key(directory):
    code, text = refused("--host", "0.0.0.0", "--port", "0")
    same(code, 2)
    assert "http://0.0.0.0:" in text and "--api-key-file" in text, text
    for flags in (["--no-auth"], ["--api-key", "k"]):
        with Server("--host", "0.0.0.0", *flags) as server:
            same(server.get("/livez").status, 200)
    for content, part in ((b"", "no API key"),
                          (b"\na b\n", "bad, line 2: an API key has a blank"),
                          (b"k" * 600, "600 characters")):
        path = put(directory, "bad", content)
        code, text = refused("--port", "0", "--api-key-file", path)
        same(code, 2)
        assert part in text, text
    code, text = refused("--port", "0", "--api-key-file", "/nonexistent")
    assert "/nonexistent" in text, text


def test_hosts(_):
    """Names that could lead here by somebody's wish, without a key."""
    with Server("--allow-host", "pictures.example") as server:
        for good in ("localhost", "localhost:80", "127.0.0.1:99", "[::1]:8",
                     "a.localhost", "LOCALHOST", "10.1.2.3",
                     "pictures.example:80"):
            same(server.get("/v1/pool", Host=good).status, 200)
        for bad in ("evil.example", "localhost.evil.example", "xlocalhost",
                    "127.0.0.1.evil.example", ""):
            is_error(server.get("/v1/pool", Host=bad), 403, "origin")
    with Server("--api-key", KEY) as server:
        same(server.get("/v1/pool", Host="any.example", X_API_Key=KEY).status,
             200)


def test_origins(_):
    with Server() as server:
        own = f"127.0.0.1:{server.port}"
        for good in ("http://" + own, "https://" + own):
            answer = server.get("/v1/pool", Origin=good, Host=own)
            same(answer.status, 200)
            assert "access-control-allow-origin" not in answer.headers
        for bad in ("http://evil.example", "null", "http://127.0.0.1:1"):
            is_error(server.get("/v1/pool", Origin=bad, Host=own), 403,
                     "origin")
            is_error(server.upload(picture(1), Origin=bad), 403, "origin")
        asked = server.ask("OPTIONS", "/v1/embeddings",
                           Origin="http://" + own, Host=own)
        same(asked.status, 204)
        assert not any(name.startswith("access-control")
                       for name in asked.headers), asked.headers
    page = "https://page.example"
    with Server("--cors-origin", page) as server:
        answer = server.upload(picture(1), Origin=page)
        same(answer.status, 200)
        same(answer.headers["access-control-allow-origin"], page)
        same(answer.headers["vary"], "Origin")
        asked = server.ask("OPTIONS", "/v1/embeddings", Origin=page)
        same(asked.status, 204)
        assert "POST" in asked.headers["access-control-allow-methods"]
        is_error(server.get("/v1/pool", Origin="https://other.example"), 403,
                 "origin")


def test_the_page_is_safe(_):
    with Server() as server:
        answer = server.get("/")
        policy = answer.headers["content-security-policy"]
        assert "default-src 'none'" in policy and "unsafe" not in policy
        same(answer.headers["x-content-type-options"], "nosniff")
        same(answer.headers["x-frame-options"], "DENY")
        same(server.get("/", If_None_Match=answer.headers["etag"]).status, 304)
        assert b"http://" not in answer.body.replace(
            b"http://www.w3.org/2000/svg", b""), "an outside asset"
        json.loads(server.get("/openapi.json").body)


def test_request_ids(_):
    with Server() as server:
        answer = server.get("/livez", X_Request_Id="mine-1.2:3_4")
        same(answer.headers["x-request-id"], "mine-1.2:3_4")
        first = server.get("/v1/models").headers["x-request-id"]
        for bad in ("a b", "a\"b", "x" * 65, "\u00e9"):
            answer = server.get("/v1/models", X_Request_Id=bad)
            assert answer.headers["x-request-id"].startswith("fovea-")
            assert answer.headers["x-request-id"] != first
        wait_until(lambda: f"id={first} " in server.log(), "the id in the log")


def test_unix_socket(directory):
    path = os.path.join(directory, "s")
    request = (b"GET /v1/models HTTP/1.1\r\nHost: any.example\r\n"
               b"Connection: close\r\n\r\n")
    with Server(address=("--unix", path)) as server:
        with server.raw() as made:
            made.sendall(request)
            head = made.recv(100)
            assert head.startswith(b"HTTP/1.1 200"), head
        same(os.stat(path).st_mode & 0o777, 0o660)
        code, text = refused("--unix", path)
        same(code, 2)
        assert f"a server listens on {path} already" in text, text
        server.process.kill()
        server.process.wait()
    # What a server that died left behind is no obstacle.
    assert os.path.exists(path)
    with Server(address=("--unix", path)):
        pass
    assert not os.path.exists(path)


def test_a_socket_replaces_nothing(directory):
    notes = put(directory, "notes.txt", b"notes")
    link = os.path.join(directory, "link")
    os.symlink("notes.txt", link)
    for path in (notes, link, directory):
        code, text = refused("--unix", path)
        same(code, 2)
        assert f"{path} is there and is no socket" in text, text
    same(command.read(notes), b"notes")
    assert os.path.islink(link)
    # Nor does the end remove what has taken the socket's place.
    path = os.path.join(directory, "s")
    with Server(address=("--unix", path)):
        os.unlink(path)
        put(directory, "s", b"notes")
    same(command.read(path), b"notes")


def test_servers_at_one_path_at_once(directory):
    """However they come to it, at most one has the path, and it is served."""
    path = os.path.join(directory, "s")
    with socket.socket(socket.AF_UNIX) as dead:
        dead.bind(path)
    words = [command.FOVEA, "serve", "--unix", path, command.MODEL]
    processes = [subprocess.Popen(
        words, env=command.environment(XDG_RUNTIME_DIR=directory),
        stderr=subprocess.PIPE) for _ in range(6)]
    wait_until(lambda: sum(process.poll() is None
                           for process in processes) <= 1, "the others' ends")
    alive = [process for process in processes if process.poll() is None]
    same(len(alive), 1)
    for process in processes:
        if process is not alive[0]:
            same(process.returncode, 2)
            assert b"listens on" in process.stderr.read()
    with socket.socket(socket.AF_UNIX) as made:
        made.connect(path)
        made.sendall(b"GET /livez HTTP/1.1\r\nHost: x\r\n\r\n")
        assert made.recv(100).startswith(b"HTTP/1.1 200")
    same(sorted(os.listdir(directory)), ["fovea", "s"])
    alive[0].send_signal(signal.SIGTERM)
    same(alive[0].wait(DEADLINE_S), 0)
    same(os.listdir(directory), ["fovea"])
    for process in processes:
        process.stderr.close()


def test_a_log_is_added_to_logs_only(directory):
    photo = put(directory, "photo.png", picture(1))
    notes = put(directory, "notes.txt", b"2026\n")
    for path, content in ((photo, picture(1)), (notes, b"2026\n")):
        code, text = refused("--log-file", path)
        same(code, 2)
        assert f"--log-file: {path} is there and is no log" in text, text
        same(command.read(path), content)
    log = put(directory, "log", b"")
    for n, form in enumerate(("text", "json", "text"), 1):
        process = subprocess.Popen(
            [command.FOVEA, "serve", "--unix", os.path.join(directory, "s"),
             "--log-file", log, "--log-format", form, command.MODEL],
            env=command.environment(XDG_RUNTIME_DIR=directory))
        try:
            wait_until(lambda n=n: command.read(log).count(b"listening") == n,
                       "the log")
        finally:
            process.send_signal(signal.SIGTERM)
            same(process.wait(DEADLINE_S), 0)


command.main([test_routes_and_methods,
              test_types, test_keys,
              test_key_of_the_environment,
              test_a_model_has_one_name, test_names_of_models,
              test_public_addresses_take_a_key,
              test_hosts, test_origins, test_the_page_is_safe,
              test_request_ids, test_unix_socket,
              test_a_socket_replaces_nothing,
              test_servers_at_one_path_at_once,
              test_a_log_is_added_to_logs_only])
