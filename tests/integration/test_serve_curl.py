#!/usr/bin/python3
"""curl against the server, in the ways that people use it."""
import json
import os
import shutil
import subprocess

import command
from command import Skip, lines, picture, put, run, same
from serving import KEY, Server, b64, wait_until


# Behind each body a line: status, new connections, version.
OPTIONS = ("-sS", "--max-time", str(command.TIMEOUT), "-w",
           "\n%{http_code} %{num_connects} %{http_version}\n")


def curl(*words, data=None):
    """Status, body, number of new connections and version of each answer."""
    if not shutil.which("curl"):
        raise Skip("curl is missing")
    result = subprocess.run(
        ["curl", "-q", *OPTIONS, *words],
        input=data, stdout=subprocess.PIPE, stderr=subprocess.PIPE,
        check=False, timeout=command.TIMEOUT, env=command.environment())
    assert result.returncode == 0, result
    answers = []
    text = result.stdout.decode().split("\n")
    for i in range(0, len(text) - 1, 2):
        status, connects, version = text[i + 1].split()
        answers.append((int(status), json.loads(text[i]), int(connects),
                        version))
    return answers


def vectors(answer):
    return [item["embedding"] for item in answer["data"]]


def expected(*paths):
    return [line["embedding"] for line in lines(run("embed", *paths).stdout)]


def url(server, path="/v1/embeddings/image"):
    return f"http://127.0.0.1:{server.port}{path}"


def two(directory):
    return [put(directory, f"{i}.png", picture(i)) for i in (1, 2)]


def test_a_file_as_it_is(directory):
    first, _ = two(directory)
    with Server() as server:
        for words in (["--data-binary", f"@{first}"],
                      ["-H", "Content-Type: image/png", "-T", first,
                       "-X", "POST"]):
            (status, answer, _, _), = curl(*words, url(server))
            same((status, vectors(answer)), (200, expected(first)))


def test_a_file_from_a_pipe(directory):
    # Its size is not known before: chunks.
    first, _ = two(directory)
    with Server() as server:
        (status, answer, _, _), = curl(
            "-T", "-", "-X", "POST", url(server), data=command.read(first))
        same((status, vectors(answer)), (200, expected(first)))


def test_a_form(directory):
    paths = two(directory)
    with Server() as server:
        (status, answer, _, _), = curl(
            *(word for path in paths for word in ("-F", f"file=@{path}")),
            "-F", "model=" + command.NAME, url(server))
        same((status, vectors(answer)), (200, expected(*paths)))
        (status, answer, _, _), = curl(
            "-F", f"a=@{paths[0]}", "-F", "dimensions=many", url(server))
        same((status, answer["error"]["param"]), (400, "dimensions"))


def test_json_on_standard_input(directory):
    paths = two(directory)
    body = json.dumps({"input": [
        "data:image/png;base64," + b64(command.read(path))
        for path in paths]}).encode()
    with Server() as server:
        (status, answer, _, _), = curl(
            "-H", "Content-Type: application/json", "-d", "@-",
            url(server, "/v1/embeddings"), data=body)
        same((status, vectors(answer)), (200, expected(*paths)))
        # What curl calls a body where it is told nothing is no JSON.
        (status, answer, _, _), = curl("-d", "@-",
                                       url(server, "/v1/embeddings"),
                                       data=body)
        same((status, answer["error"]["code"]), (415, "content_type"))


def test_a_unix_socket(directory):
    first, _ = two(directory)
    path = os.path.join(directory, "fovea.sock")
    with Server(address=("--unix", path)):
        same(os.stat(path).st_mode & 0o777, 0o660)
        (status, answer, _, _), = curl(
            "--unix-socket", path, "--data-binary", f"@{first}",
            "http://fovea/v1/embeddings/image")
        same((status, vectors(answer)), (200, expected(first)))
    assert not os.path.exists(path)


def test_http_1_0(directory):
    first, _ = two(directory)
    with Server() as server:
        (status, answer, _, version), = curl(
            "--http1.0", "--data-binary", f"@{first}", url(server))
        same((status, vectors(answer)), (200, expected(first)))
        # A connection each, unless the client asks to keep it.
        answers = curl("--http1.0", url(server, "/livez"),
                       url(server, "/livez"))
        same([(a[0], a[2]) for a in answers], [(200, 1), (200, 1)])


def test_it_is_asked_before_a_large_body(directory):
    large = put(directory, "large.png", picture(1) + bytes(3 << 20))
    with Server("--max-body", "4M", "--api-key", KEY) as server:
        ask = ("-H", "Expect: 100-continue", "--expect100-timeout", str(command.TIMEOUT),
               "--data-binary", f"@{large}", url(server))
        key = ("-H", f"Authorization: Bearer {KEY}")
        (status, answer, _, _), = curl(*key, *ask)
        same((status, len(answer["data"])), (200, 1))
        # Refused by the head alone: the body never comes.
        (status, answer, _, _), = curl(*ask)
        same((status, answer["error"]["code"]), (401, "unauthorized"))
        refused, = wait_until(lambda: [
            line for line in server.log().split("\n")[:-1]
            if "status=401" in line], "its line in the log")
        assert " in=0 " in refused, refused


def test_a_connection_is_kept(directory):
    first, _ = two(directory)
    with Server() as server:
        # Options end at --next.
        found = curl(url(server, "/v1/models"),
                     "--next", *OPTIONS, "--data-binary", f"@{first}",
                     url(server),
                     "--next", *OPTIONS, url(server, "/v1/nothing"))
        same([(status, connects) for status, _, connects, _ in found],
             [(200, 1), (200, 0), (404, 0)])
        same(vectors(found[1][1]), expected(first))


command.main([
    test_a_file_as_it_is,
    test_a_file_from_a_pipe,
    test_a_form,
    test_json_on_standard_input,
    test_a_unix_socket,
    test_http_1_0,
    test_it_is_asked_before_a_large_body,
    test_a_connection_is_kept,
])
