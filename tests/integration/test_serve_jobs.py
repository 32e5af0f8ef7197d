#!/usr/bin/python3
"""Jobs of a broker over HTTP: what the broker, the markers and the nodes say of
them; a broker that is away, hangs or has forgotten all.

    test_serve_jobs.py FOVEA MODEL_DIRECTORY
"""
import json
import os
import re
import signal
import subprocess
import threading

import command
from broker import Broker
from command import put, same, wait_until
from nats_client import Client
from serving import KEY, Server, is_error

N_PICTURES, SHARD_SIZE = 6, 2
N_SHARDS = N_PICTURES // SHARD_SIZE


def pictures(directory):
    for i in range(N_PICTURES):
        put(directory, f"pictures/{i}.png", command.picture(i + 1))
    return os.path.join(directory, "pictures")


def make_job(broker, directory, name="photos"):
    """A job of three shards; gives its output."""
    output = os.path.join(directory, name)
    result = command.run(
        "job", "create", name, "--model", command.MODEL, "--queue", broker.url,
        "--shard-size", str(SHARD_SIZE), "-o", output, pictures(directory),
        model=False)
    assert result.returncode == 0, result.stderr
    return output


def do_shards(directory, output):
    """All of them, without a node."""
    result = command.run("embed", "--shard", "0/1", "--resume", "--shard-size",
                         str(SHARD_SIZE), "-o", output, pictures(directory))
    assert result.returncode == 0, result.stderr


def report(broker, node, text):
    """What a node says of itself, or somebody in its name."""
    with Client(broker.port) as client:
        same(client.connect(), "PONG")
        same(client.publish(f"fovea.photos.node.{node}", text), "PONG")


REPORT = {"version": "0.1.0", "state": "working", "reason": "", "uptime": 7,
          "done": 2, "failed": 0, "returned": 1, "redeliveries": 3, "refused": 0,
          "items": 4, "errors": 0, "rate": 1.5,
          "shards": [{"shard": 2, "done": 1, "items": 2}]}


def job_of(server, name="photos"):
    answer = server.get(f"/v1/jobs/{name}")
    same(answer.status, 200)
    return answer.json


def until(server, condition, name="photos"):
    """What the server says of a job, once that holds."""
    def is_so():
        job = job_of(server, name)
        return condition(job) and job
    return wait_until(is_so, name)


def metrics(server):
    """{series: value} of jobs and of the broker."""
    text = server.get("/metrics").body.decode()
    return {found[1]: float(found[2]) for found in re.finditer(
        r"^(fovea_(?:job_\w+|broker_up)(?:\{[^}]*\})?) (\S+)$", text,
        re.MULTILINE)}


def test_without_a_broker_there_are_none(_):
    with Server() as server:
        same(server.get("/v1/jobs").json, {"object": "list", "data": []})
        is_error(server.get("/v1/jobs/photos"), 404, "no_job")
        same(server.get("/v1/pool").json["jobs"], False)
        same(metrics(server), {})
    result = command.run("serve", "--port", "0", "--jobs-output", "/nowhere",
                         command.MODEL, model=False)
    command.said(result, 2, "--jobs-output", "--queue")


def test_a_job_from_its_beginning_to_its_end(directory):
    with Broker(os.path.join(directory, "broker")) as broker:
        output = make_job(broker, directory)
        with Server("--queue", broker.url, "--jobs-output", output) as server:
            same(server.get("/v1/pool").json["jobs"], True)
            listed, = server.get("/v1/jobs").json["data"]
            same(listed, {
                "object": "job", "name": "photos", "state": "going",
                "shards": {"total": N_SHARDS, "done": 0, "failed": 0,
                           "waiting": N_SHARDS, "handed_out": 0,
                           "redelivered": 0},
                "items": {"total": N_PICTURES, "done": 0}, "images_per_s": 0,
                "n_nodes": 0})
            whole = job_of(server)
            same((whole.pop("nodes"), whole.pop("failed_shards")), ([], []))
            same(whole, listed)
            do_shards(directory, output)
            report(broker, "node-1", json.dumps(REPORT))
            done = until(server, lambda job: job["state"] == "complete" and
                         job["n_nodes"] == 1)
            # Markers decide; the broker has not heard of it.
            same(done["shards"], {"total": N_SHARDS, "done": N_SHARDS,
                                  "failed": 0, "waiting": N_SHARDS,
                                  "handed_out": 0, "redelivered": 0})
            same(done["items"], {"total": N_PICTURES, "done": N_PICTURES})
            node, = done["nodes"]
            same((node["name"], node["report"], done["images_per_s"]),
                 ("node-1", REPORT, 1.5))
            wait_until(lambda: metrics(server).get(
                'fovea_job_shards{job="photos",state="done"}') == N_SHARDS,
                "metrics")
            found = metrics(server)
            same(found["fovea_broker_up"], 1)
            same(found['fovea_job_images_done{job="photos"}'], N_PICTURES)
            same(found['fovea_job_nodes{job="photos"}'], 1)
            is_error(server.get("/v1/jobs/others"), 404, "no_job")


def test_a_node_is_heard_of(directory):
    with Broker(os.path.join(directory, "broker")) as broker:
        output = make_job(broker, directory)
        with Server("--queue", broker.url, "--jobs-output", output) as server:
            node = subprocess.Popen(
                [command.FOVEA, "work", "photos", "--model", command.MODEL,
                 "--queue", broker.url, "-o", output, "--node-name", "node-1"],
                env=command.environment(), stdin=subprocess.DEVNULL,
                stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
            try:
                def is_done(job):
                    assert node.poll() is None, node.returncode
                    return job["state"] == "complete" and job["nodes"] and \
                        job["nodes"][0]["report"]["done"] == N_SHARDS
                job = until(server, is_done)
            finally:
                node.terminate()
                same(node.wait(command.TIMEOUT), 0)
            same((job["nodes"][0]["name"], job["nodes"][0]["report"]["items"]),
                 ("node-1", N_PICTURES))
            same((job["shards"]["waiting"], job["shards"]["handed_out"]), (0, 0))


def test_what_is_no_report_is_left_out(directory):
    with Broker(os.path.join(directory, "broker")) as broker:
        make_job(broker, directory)
        with Server("--queue", broker.url) as server:
            same(job_of(server)["n_nodes"], 0)
            for text in ("", "no JSON", "[]", json.dumps({**REPORT, "rate": -1}),
                         json.dumps({**REPORT, "state": "<b>"}),
                         json.dumps({**REPORT, "reason": "x" * 5000})):
                report(broker, "bad", text)
            report(broker, "good", json.dumps({**REPORT, "reason": "a\nb"}))
            job = until(server, lambda job: job["n_nodes"] > 0)
            same([node["name"] for node in job["nodes"]], ["good"])


def test_only_the_output_of_a_job_tells_of_it(directory):
    with Broker(os.path.join(directory, "broker")) as broker:
        output = make_job(broker, directory)
        # Another one's output has the same shards, but not this manifest.
        other = os.path.join(directory, "other")
        result = command.run(
            "embed", "--shard", "0/1", "--shard-size", "1", "-o", other,
            pictures(directory))
        assert result.returncode == 0, result.stderr
        with Server("--queue", broker.url, "--jobs-output", other,
                    "--jobs-output", os.path.join(directory, "none")) as server:
            job = job_of(server)
            same(job["shards"], {"total": None, "done": None, "failed": None,
                                 "waiting": N_SHARDS, "handed_out": 0,
                                 "redelivered": 0})
            same((job["state"], job["items"]),
                 ("going", {"total": None, "done": None}))
        with Server("--queue", broker.url, "--jobs-output", other,
                    "--jobs-output", output) as server:
            same(job_of(server)["shards"]["total"], N_SHARDS)


def test_shards_that_failed_say_why(directory):
    with Broker(os.path.join(directory, "broker")) as broker:
        output = make_job(broker, directory)
        put(output, "failed/00001.json", json.dumps({
            "shard": 1, "attempts": 5, "status": 508, "error": {
                "code": "object_store",
                "message": "the store answers 500"}}).encode())
        put(output, "failed/00002.json", b"no marker")
        with Server("--queue", broker.url, "--jobs-output", output) as server:
            job = until(server, lambda job: job["shards"]["failed"] == 2)
            same([(failed["shard"], failed["attempts"],
                   failed["error"]["code"], failed["error"]["message"])
                  for failed in job["failed_shards"]][0],
                 (1, 5, "object_store", "the store answers 500"))
            same(job["failed_shards"][1]["error"]["code"], "shard_failed")
            os.unlink(os.path.join(output, "failed/00001.json"))
            job = until(server, lambda job: job["shards"]["failed"] == 1)
            same([failed["shard"] for failed in job["failed_shards"]], [2])


def test_a_broker_that_is_away_is_an_answer(directory):
    with Broker(os.path.join(directory, "broker")) as broker:
        output = make_job(broker, directory)
        with Server("--queue", broker.url, "--jobs-output", output) as server:
            same(job_of(server)["state"], "going")
            broker.kill()
            wait_until(lambda: server.get("/v1/jobs").status == 503, "503")
            error = is_error(server.get("/v1/jobs"), 503, "queue")
            # Where it is nobody is told.
            assert str(broker.port) not in error["message"], error
            wait_until(lambda: metrics(server).get("fovea_broker_up") == 0,
                       "metrics")
            broker.start()
            same(until(server, lambda job: True)["shards"]["waiting"], N_SHARDS)
            # It has forgotten all.
            broker.restart(empty=True)
            wait_until(lambda: server.get("/v1/jobs").status == 200 and
                       server.get("/v1/jobs").json["data"] == [], "no job")


def test_nothing_waits_for_a_broker_that_hangs(directory):
    with Broker(os.path.join(directory, "broker")) as broker:
        make_job(broker, directory)
        with Server("--queue", broker.url) as server:
            same(job_of(server)["state"], "going")
            broker.process.send_signal(signal.SIGSTOP)
            try:
                statuses = []

                def look():
                    statuses.append(server.get("/v1/jobs").status)
                while not statuses or statuses[-1] == 200:
                    thread = threading.Thread(target=look)
                    thread.start()
                    # Whatever it waits for, others are answered.
                    same(server.upload(command.picture(1)).status, 200)
                    same(server.get("/v1/pool").status, 200)
                    same(server.get("/metrics").status, 200)
                    thread.join()
                same(statuses[-1], 503)
            finally:
                broker.process.send_signal(signal.SIGCONT)
            until(server, lambda job: job["shards"]["waiting"] == N_SHARDS)


def test_keys_are_asked_for(directory):
    with Broker(os.path.join(directory, "broker")) as broker:
        make_job(broker, directory)
        with Server("--queue", broker.url, "--api-key", KEY) as server:
            for path in ("/v1/jobs", "/v1/jobs/photos"):
                is_error(server.get(path), 401, "unauthorized")
                same(server.ask("GET", path, X_API_Key=KEY).status, 200)


command.main([
    test_without_a_broker_there_are_none,
    test_a_job_from_its_beginning_to_its_end,
    test_a_node_is_heard_of,
    test_what_is_no_report_is_left_out,
    test_only_the_output_of_a_job_tells_of_it,
    test_shards_that_failed_say_why,
    test_a_broker_that_is_away_is_an_answer,
    test_nothing_waits_for_a_broker_that_hangs,
    test_keys_are_asked_for,
])
