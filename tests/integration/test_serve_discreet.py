#!/usr/bin/python3
"""fovea serve: where its files lie is never said. Everything of the server's is
below a directory with a word in its path; every route is asked, every failure
of the machine provoked, and no answer may have the word."""
import json
import os
import shutil

import command
from command import picture, put, same
from serving import KEY, Server, b64, is_error

WORD = "canary7f3a"
NAME = "model of mine"


def home(directory):
    """A directory that gives itself away, with a model and a program."""
    place = os.path.join(directory, WORD, "in here")
    shutil.copytree(command.MODEL, os.path.join(place, NAME))
    worker = os.environ.get("FOVEA_WORKER")
    os.symlink(worker, os.path.join(place, "fovea-worker"))
    os.mkdir(os.path.join(place, "cache"))
    return place


def serve(place, *flags, worker=None, word=None, address=("--port", "0")):
    return Server(
        *flags, address=address, models=[word or os.path.join(place, NAME)],
        env={"FOVEA_WORKER": worker or os.path.join(place, "fovea-worker"),
             "FOVEA_CACHE": os.path.join(place, "cache")})


def silent(answer):
    """No word of it, in headers or body."""
    text = repr(answer.headers) + answer.body.decode("utf-8", "replace")
    for part in (WORD, "in here", "/fovea-worker"):
        assert part not in text, (part, text[:2000])
    return answer


DOCUMENT = json.loads(command.read(os.path.join(
    os.environ["FOVEA_SOURCE_ROOT"], "src/server/openapi.json")))


def ask_everything(server, **headers):
    """Every path with every method, and requests of every kind."""
    for path in DOCUMENT["paths"]:
        for ident in (NAME, "no such"):
            asked = path.replace("{id}", ident.replace(" ", "%20"))
            for method in ("GET", "HEAD", "POST", "DELETE", "OPTIONS"):
                silent(server.ask(method, asked, **headers))
    for body in ({"input": b64(picture(1))}, {"input": [b64(picture(2))],
                                              "on_error": "item"},
                 {"input": b64(picture(3)), "model": NAME},
                 {"input": b64(picture(3)), "model": "no"}, {},
                 {"input": "/etc/passwd"}, {"input": "http://127.0.0.1:1/"},
                 {"input": {"image": "AAAA"}}):
        silent(server.post(body, **headers))
    for path in ("/readyz?model=no", "/nothing", "/%00",
                 "/readyz?model=" + NAME.replace(" ", "%20")):
        silent(server.get(path, **headers))
    silent(server.upload(picture(1), **headers))
    silent(server.upload(b"no", **headers))


def test_while_all_is_well(directory):
    place = home(directory)
    keys = put(place, "keys", KEY.encode() + b"\n")
    with serve(place, "--api-key-file", keys, address=(
            "--port", "0", "--unix", os.path.join(place, "s"))) as server:
        ask_everything(server)
        ask_everything(server, X_API_Key=KEY)
        pool = silent(server.get("/v1/pool", X_API_Key=KEY)).json
        same([model["id"] for model in pool["models"]], [NAME])
        assert {worker["model"] for worker in pool["workers"]} == {NAME}
        same(sorted(pool["listen"])[-1], "unix")
        assert f'model="{NAME}"' in silent(server.get(
            "/metrics", X_API_Key=KEY)).body.decode()
        answer = server.upload(picture(1), X_API_Key=KEY)
        same((answer.status, answer.json["model"]), (200, NAME))


def test_programs_that_do_not_start(directory):
    place = home(directory)
    programs = [os.path.join(place, "missing"),
                put(place, "plain", b"no program"),
                put(place, "ends", b"#!/bin/sh\necho $0 >&2\nexit 1\n")]
    os.chmod(programs[2], 0o755)
    for program in programs:
        with serve(place, worker=program) as server:
            for _ in range(3):
                answer = silent(server.upload(picture(1)))
                assert answer.status >= 500, answer.body
            ask_everything(server)
            # Whoever runs it learns all.
            assert WORD in server.log(), server.log()


def test_models_that_go_bad(directory):
    def gone(place):
        shutil.rmtree(os.path.join(place, NAME))

    def denied(place):
        path = os.path.join(place, NAME, "model.safetensors")
        os.unlink(path)
        os.mkdir(path)

    def cut(place):
        path = os.path.join(place, NAME, "model.safetensors")
        with open(path, "r+b") as f:
            f.truncate(os.path.getsize(path) // 2)

    def other(place):
        put(os.path.join(place, NAME), "config.json", b"{")

    for i, spoil in enumerate((gone, denied, cut, other)):
        place = home(os.path.join(directory, str(i)))
        with serve(place) as server:
            spoil(place)
            answer = silent(server.upload(picture(1)))
            assert answer.status >= 400, (spoil, answer.body)
            ask_everything(server)


def test_want_of_memory(directory):
    place = home(directory)
    for word, name in ((None, NAME), ("its name=" + os.path.join(place, NAME),
                                      "its name")):
        with serve(place, "--memory-limit", "1K", word=word) as server:
            is_error(silent(server.upload(picture(1))), 503,
                     "memory_exhausted")
            reason = silent(server.get("/readyz")).json["reason"]
            assert reason and "log" not in reason, reason
            same(server.get("/v1/models").json["data"][0]["id"], name)
            ask_everything(server)


command.main([test_while_all_is_well, test_programs_that_do_not_start,
              test_models_that_go_bad, test_want_of_memory])
