#!/usr/bin/python3
"""fovea serve: health, draining, reloading, logs, metrics, workers that die, and
the commands that find and end a server."""
import json
import os
import re
import signal
import subprocess
import threading
import time

import command
from command import picture, put, same
from serving import DEADLINE_S, Server, b64, is_error, wait_until


def state(server, path="/readyz"):
    answer = server.get(path)
    return answer.status, answer.json["state"]


def pool(server):
    return server.get("/v1/pool").json


def start_slow(server):
    """One request, under way while all workers are held still; gives them, its
    thread, and the list that its answer comes to."""
    same(server.upload(picture(1)).status, 200)
    pids = server.hold_workers()
    answers = []
    slow = threading.Thread(
        target=lambda: answers.append(server.upload(picture(2))))
    slow.start()
    wait_until(lambda: server.metric("fovea_images_in_flight") == 1,
               "the slow one")
    return pids, slow, answers


def test_health(_):
    with Server() as server:
        same(server.get("/livez").json, {"status": "alive"})
        same(state(server), (200, "cold"))
        same(server.upload(picture(1)).status, 200)
        same(state(server), (200, "ready"))
        health = server.get("/health").json
        assert abs(health["unix"] - time.time()) < 60, health
        same((health["state"], health["reason"]), ("ready", None))
        same(state(server, "/readyz?model=" + command.NAME), (200, "ready"))
        is_error(server.get("/readyz?model=x"), 404, "unknown_model")


def test_health_without_memory(_):
    with Server("--memory-limit", "1M") as server:
        answer = server.get("/readyz")
        same(answer.status, 503)
        same(answer.json["state"], "unavailable")
        same(answer.json["code"], "memory_exhausted")
        assert "Cannot spawn workers" in answer.json["reason"]
        assert int(answer.headers["retry-after"]) > 0
        same(server.get("/livez").status, 200)
        same(pool(server)["state"], "unavailable")
        same(server.metric("fovea_ready"), 0)
        answer = server.upload(picture(1))
        is_error(answer, 503, "memory_exhausted", "Cannot spawn workers")
        assert int(answer.headers["retry-after"]) > 0
        is_error(server.post({"input": [b64(picture(1))] * 3,
                              "on_error": "item"}), 503, "memory_exhausted")


def test_drain(_):
    with Server("--workers", "1") as server:
        pids, slow, answers = start_slow(server)
        server.process.send_signal(signal.SIGTERM)
        wait_until(lambda: state(server) == (503, "draining"), "the flip")
        same(server.get("/livez").status, 200)
        refused = server.upload(picture(1))
        is_error(refused, 503, "shutting_down")
        same(refused.headers["connection"].lower(), "close")
        assert int(refused.headers["retry-after"]) > 0
        for pid in pids:
            os.kill(pid, signal.SIGCONT)
        slow.join()
        same(answers[0].status, 200)
        same(server.process.wait(DEADLINE_S), 0)


def test_drain_has_an_end(_):
    with Server("--workers", "1", "--drain-time", "0.3") as server:
        _, slow, answers = start_slow(server)
        same(server.end(), 0)
        slow.join()
        is_error(answers[0], 503, "shutting_down")


def children(pid):
    found = []
    for task in os.listdir(f"/proc/{pid}/task"):
        with open(f"/proc/{pid}/task/{task}/children", encoding="ascii") as f:
            found += map(int, f.read().split())
    return found


def test_nothing_is_left(_):
    with Server("--warm") as server:
        workers = [worker["pid"] for worker in pool(server)["workers"]]
        assert workers
        folder = os.path.join(server.folder.name, "fovea")
        same(os.listdir(folder), [f"{server.process.pid}.sock"])
        same(server.end(), 0)
        same(os.listdir(folder), [])
        for pid in workers:
            assert not os.path.exists(f"/proc/{pid}")


def test_killed_workers_lose_nothing(_):
    """Each request gets its vector, or a 5xx that says so."""
    n_threads, n_each, n_kills = 8, 60, 4
    images = [picture(i) for i in range(1, 9)]
    answers = []
    kills = []
    over = threading.Event()
    with Server("--workers", "2") as server:
        wanted = [server.upload(image).vectors()[0] for image in images]

        def ask(seed):
            """So many, and on until enough workers have been killed."""
            i = 0
            while i < n_each or len(kills) < n_kills:
                which = (seed + i) % len(images)
                answers.append((which, server.upload(images[which])))
                i += 1

        def kill():
            """All of them, again and again, once one has served: workers that
            die in a row without serving open the breaker, as they should."""
            while not over.is_set():
                n = len(answers)
                wait_until(lambda: len(answers) >= n + 30 or over.is_set(),
                           "answers")
                if not any(worker["served"] for worker in
                           pool(server)["workers"]):
                    continue
                for pid in children(server.process.pid):
                    try:
                        os.kill(pid, signal.SIGKILL)
                        kills.append(pid)
                    except ProcessLookupError:
                        pass

        threads = [threading.Thread(target=ask, args=(i,))
                   for i in range(n_threads)]
        killer = threading.Thread(target=kill)
        for thread in threads:
            thread.start()
        killer.start()
        for thread in threads:
            thread.join()
        over.set()
        killer.join()
        assert len(answers) >= n_threads * n_each
        n_good = 0
        for which, answer in answers:
            if answer.status == 200:
                same(answer.vectors(), [wanted[which]])
                n_good += 1
            else:
                assert answer.status >= 500, answer.status
                assert answer.json["error"]["message"]
        assert n_good > 0
        assert server.process.poll() is None
        assert server.metric('fovea_worker_stops_total{model="'
                             f'{command.NAME}",work="embed",'
                             'reason="killed"}') > 0
        # Not one of those that are known by now to have ended two workers.
        wait_until(lambda: server.upload(picture(99)).status == 200,
                   "a worker again")


def test_reload_opens_the_log_anew(directory):
    path = os.path.join(directory, "log")
    words = [command.FOVEA, "serve", "--unix", os.path.join(directory, "s"),
             "--log-file", path, "--log-format", "json", command.MODEL]
    process = subprocess.Popen(words, env=command.environment(
        XDG_RUNTIME_DIR=directory))
    try:
        wait_until(lambda: os.path.exists(path) and
                   b"listening" in command.read(path), "the log")
        os.rename(path, path + ".1")
        process.send_signal(signal.SIGHUP)
        wait_until(lambda: os.path.exists(path) and
                   b"log opened anew" in command.read(path), "the new log")
        for line in (command.read(path + ".1") +
                     command.read(path)).splitlines():
            entry = json.loads(line)
            assert re.fullmatch(r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{3}Z",
                                entry["time"]), entry
            assert entry["level"] in ("info", "warning", "error"), entry
    finally:
        process.send_signal(signal.SIGTERM)
        same(process.wait(DEADLINE_S), 0)


def test_log_lines(_):
    secret = b64(picture(1))
    for form in ("text", "json"):
        with Server("--log-format", form) as server:
            server.get("/livez")
            answer = server.post({"input": [secret, "data:;base64,bm8="]})
            same(answer.status, 415)
            wait_until(lambda: "/v1/embeddings" in server.log(), "its line")
            line, = [line for line in server.log().splitlines()
                     if "/v1/embeddings" in line]
            if form == "json":
                entry = json.loads(line)
                same((entry["event"], entry["status"], entry["code"],
                      entry["images"], entry["bad"], entry["id"]),
                     ("request", 415, "not_an_image", 2, 1,
                      answer.headers["x-request-id"]))
            else:
                for part in (" info request ", " status=415 ",
                             " code=not_an_image ", " images=2 bad=1 ",
                             "peer=127.0.0.1 ", "method=POST "):
                    assert part in line, (part, line)
            assert secret[:40] not in server.log()
            assert "/livez" not in server.log(), "probes fill the log"


def test_metrics(_):
    with Server() as server:
        for _ in range(3):
            same(server.upload(picture(1)).status, 200)
        same(server.upload(b"no").status, 415)
        same(server.get("/nothing").status, 404)
        same(server.metric('fovea_images_total{result="ok"}'), 3)
        same(server.metric('fovea_images_total{result="not_an_image"}'), 1)
        route = 'route="/v1/embeddings/image"'
        same(server.metric(
            f'fovea_requests_total{{{route},code="200"}}'), 3)
        same(server.metric(f'fovea_request_seconds_count{{{route}}}'), 4)
        same(server.metric('fovea_requests_total{route="other",code="404"}'),
             1)
        model = f'model="{command.NAME}",work="embed"'
        same(server.metric(f"fovea_cold_starts_total{{{model}}}"), 1)
        same(server.metric(f"fovea_embedded_total{{{model}}}"), 3)
        for part in ("queue", "decode", "forward", "image"):
            assert server.metric(
                f"fovea_{part}_seconds_count{{{model}}}") >= 3, part
        assert server.metric("fovea_memory_reserved_bytes") > 0
        assert server.metric("fovea_memory_measured_bytes") > 0
        same(server.metric(f'fovea_breaker{{{model},state="closed"}}'), 1)
        same(server.get("/metrics").headers["content-type"],
             "text/plain; version=0.0.4; charset=utf-8")


def test_history(_):
    with Server() as server:
        same(server.upload(picture(1)).status, 200)
        history = wait_until(lambda: sum(
            pool(server)["history"]["images_per_s"]) > 0 and
            pool(server)["history"], "an interval's end")
        same(len({len(column) for name, column in history.items()
                  if name != "interval_s"}), 1)
        at = next(i for i, n in enumerate(history["images_per_s"]) if n > 0)
        same(history["images_per_s"][at] * history["interval_s"], 1)
        assert history["p99_ms"][at] >= history["p50_ms"][at] > 0


def fovea(server, *words):
    return command.run(*words, model=False, env=server.env)


def is_listed(server):
    listed = fovea(server, "ps")
    same(listed.returncode, 0)
    return str(server.process.pid) in listed.stdout.decode().split()


def test_ps_and_stop(_):
    with Server() as server:
        same(server.upload(picture(1)).status, 200)
        listed = fovea(server, "ps", "--workers", "--wide")
        same(listed.returncode, 0)
        text = listed.stdout.decode()
        for part in (str(server.process.pid), "ready", command.NAME,
                     f" 127.0.0.1:{server.port} ", "worker "):
            assert part in text, (part, text)
        # This user's other servers may run here too.
        pids = [json.loads(line)["pid"] for line in
                fovea(server, "ps", "--json").stdout.splitlines()]
        assert server.process.pid in pids
        is_none = fovea(server, "stop", "1")
        same(is_none.returncode, 1)
        whose = "" if os.geteuid() == 0 else "of yours "
        assert f"no server {whose}has the pid 1".encode() in is_none.stderr
        pid = str(server.process.pid)
        same(fovea(server, "stop", pid).returncode, 0)
        same(server.process.wait(DEADLINE_S), 0)
        assert not is_listed(server)
        same(fovea(server, "stop", pid).returncode, 1)


def test_ps_removes_what_is_left_over(_):
    with Server() as server:
        folder = os.path.join(server.folder.name, "fovea")
        server.process.kill()
        server.process.wait()
        same(len(os.listdir(folder)), 1)
        assert not is_listed(server)
        same(os.listdir(folder), [])


def test_keys_are_not_for_ps(directory):
    path = put(directory, "keys", b"secret\n")
    with Server("--api-key-file", path) as server:
        assert is_listed(server)


command.main([test_health, test_health_without_memory, test_drain,
              test_drain_has_an_end, test_nothing_is_left,
              test_killed_workers_lose_nothing,
              test_reload_opens_the_log_anew, test_log_lines, test_metrics,
              test_history, test_ps_and_stop,
              test_ps_removes_what_is_left_over, test_keys_are_not_for_ps])
