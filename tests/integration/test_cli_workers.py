#!/usr/bin/python3
"""What the command says of its workers, URLs as inputs, and that no worker is
left behind, however the command ends."""
import http.server
import os
import resource
import signal
import subprocess
import threading

import command
from command import TIMEOUT, lines, picture, put, run, said, same, start, \
    wait_until


class Server:
    """Serves one picture on a free port of this machine."""

    def __init__(self, content):
        class Handler(http.server.BaseHTTPRequestHandler):
            def do_GET(self):
                good = self.path.endswith("/picture")
                self.send_response(200 if good else 404)
                self.end_headers()
                self.wfile.write(content if good else b"none here")

            def log_message(self, *_):
                pass

        self.server = http.server.ThreadingHTTPServer(("127.0.0.1", 0),
                                                      Handler)
        self.url = f"http://127.0.0.1:{self.server.server_port}"
        self.thread = threading.Thread(target=self.server.serve_forever)

    def __enter__(self):
        self.thread.start()
        return self

    def __exit__(self, *_):
        self.server.shutdown()
        self.thread.join()
        self.server.server_close()


def state_and_parent(pid):
    """Of a process; Z where it has ended, reaped or not."""
    try:
        with open(f"/proc/{pid}/stat", encoding="ascii") as f:
            state, parent = f.read().rsplit(")", 1)[1].split()[:2]
            return state, int(parent)
    except OSError:
        return "Z", 0


def children(parent):
    return [pid for pid in filter(str.isdigit, os.listdir("/proc"))
            if state_and_parent(pid)[1] == parent]


def test_urls_are_inputs_like_others(directory):
    path = put(directory, "a.png", picture(1))
    with Server(command.read(path)) as server:
        good, bad = server.url + "/picture", server.url + "/nothing"
        allow = "--allow-private-urls"
        result = run("embed", allow, path, good, bad)
        listed = run("embed", allow, "-", input=f"{good}\n".encode())
        compared = run("similar", "--json", allow, good, good)
        refused = run("embed", good)
        not_compared = run("similar", good, path)
        # Nor where a proxy is for other URLs than this one.
        proxies = [{"https_proxy": server.url},
                   {"all_proxy": server.url, "no_proxy": "localhost,127.0.0.1"}]
        direct = [run("embed", good, env=command.environment(**names))
                  for names in proxies]
        # A proxy that is asked decides itself.
        proxied = run("embed", "http://nowhere.invalid/picture",
                      env=command.environment(http_proxy=server.url))
    said(result, 3)
    here, fetched, missing = lines(result.stdout)
    same(fetched["embedding"], here["embedding"])
    same(fetched["input"], good)
    same(missing["error"]["code"], "fetch_status")
    same(lines(listed.stdout)[0]["embedding"], here["embedding"])
    same(lines(compared.stdout)[0]["input"], good)
    # Without the flag nothing on this machine is asked.
    said(refused, 3)
    error = lines(refused.stdout)[0]["error"]
    same(error["code"], "url_refused")
    assert "--allow-private-urls" in error["message"], error
    said(not_compared, 1, "--allow-private-urls")
    for result in direct:
        said(result, 3)
        same(lines(result.stdout)[0]["error"]["code"], "url_refused")
    same(lines(proxied.stdout)[0].get("embedding"), here["embedding"])


def test_stats_and_events_are_told(directory):
    path = put(directory, "a.png", picture(2))
    result = run("embed", "--stats", "--verbose", "--workers", "1", path)
    text = said(result, 0, "ready", "memory", "1 good", "breaker closed",
                "90% under")
    assert text.count(" started") == 1, text
    same(len(lines(result.stdout)), 1)
    assert "ready" not in run("embed", path).stderr.decode()


def test_memory_that_is_not_there_is_said(directory):
    path = put(directory, "a.png", picture(3))
    result = run("embed", "--memory-limit", "1K", path)
    said(result, 1, "Cannot spawn workers for ", " MB available")
    same(result.stdout, b"")


def test_a_worker_program_that_is_not_there_is_said(directory):
    path = put(directory, "a.png", picture(4))
    environment = command.environment(FOVEA_WORKER="/nowhere/fovea-worker")
    said(run("embed", path, env=environment), 1, "/nowhere/fovea-worker",
         "a worker did not start: ")


def test_a_limited_address_space_is_said(directory):
    """What crashes at its start may lack memory that a limit forbids."""
    path = put(directory, "a.png", picture(4))
    environment = command.environment(FOVEA_WORKER="/bin/true")

    def limit():  # wide enough for sanitizers
        resource.setrlimit(resource.RLIMIT_AS, (1 << 50, 1 << 50))

    said(run("embed", path, env=environment, preexec_fn=limit), 1,
         "ended while it was loading", "limited to 1073741824 MB (RLIMIT_AS)")
    text = said(run("embed", path, env=environment), 1,
                "ended while it was loading")
    assert "RLIMIT_AS" not in text, text


def test_wrong_limits_are_refused(directory):
    path = put(directory, "a.png", picture(5))
    for flag, value in (("--memory-limit", "101%"), ("--memory-limit", "x"),
                        ("--workers", "0"), ("--idle", "soon"),
                        ("--max-queue", "0"), ("--sandbox", "maybe")):
        said(run("embed", flag, value, path), 2, flag)


def test_a_queue_of_one_loses_nothing(directory):
    for i in range(12):
        put(directory, f"{i:02}.png", picture(i))
    result = run("embed", "--max-queue", "1", "--workers", "2", directory)
    said(result, 0)
    same(len(lines(result.stdout)), 12)


def test_no_worker_outlives_the_command(directory):
    path = put(directory, "a.png", picture(6))
    for number in (signal.SIGINT, signal.SIGTERM, signal.SIGKILL):
        process = start("embed", "-", stdin=subprocess.PIPE,
                        stdout=subprocess.PIPE, stderr=subprocess.DEVNULL)
        process.stdin.write(path.encode() + b"\n")
        process.stdin.flush()
        process.stdout.readline()
        workers = children(process.pid)
        assert workers, "there is no worker"
        process.send_signal(number)
        process.wait(TIMEOUT)
        process.stdin.close()
        process.stdout.close()
        wait_until(lambda: all(state_and_parent(pid)[0] == "Z"
                               for pid in workers), "the workers' ends")


command.main([
    test_urls_are_inputs_like_others,
    test_stats_and_events_are_told,
    test_memory_that_is_not_there_is_said,
    test_a_worker_program_that_is_not_there_is_said,
    test_a_limited_address_space_is_said,
    test_wrong_limits_are_refused,
    test_a_queue_of_one_loses_nothing,
    test_no_worker_outlives_the_command,
])
