#!/usr/bin/python3
"""Nodes of a job: what they do, what they say, and what they refuse to begin."""
import json
import os
import signal
import socket
import time

import command
import nats_client
import working
from broker import Broker
from command import MODEL, picture, put, read, same, wait_until
from working import JOB, Job, Node, call, pictures


def test_nodes_share_a_job(directory):
    folder = pictures(directory, 52)
    put(directory, "pictures/00013.png", b"no picture")
    out = os.path.join(directory, "out")
    single = os.path.join(directory, "single.npy")
    same(command.run("embed", "-o", single, folder).returncode, 0)
    inputs = [line for line in command.lines(read(single + ".jsonl"))]
    with Broker(os.path.join(directory, "broker")) as broker:
        job = Job(broker, out, *(line["input"] for line in inputs))
        nodes = [Node(directory, job, name=f"node-{i}") for i in range(3)]
        job.wait_decided(11)
        for node in nodes:
            wait_until(lambda n=node: n.state() == "idle", "an idle node")
        same(sum(n.count("shards_done_total") for n in nodes), 11)
        same(sum(n.count("redeliveries_total") for n in nodes), 0)
        same(sum(n.count("items_total") for n in nodes), len(inputs))
        for node in nodes:
            node.end()
        job.finish()
    job.check(len(inputs), 11)
    # The same bits as of one process.
    rows = b"".join(command.npy(os.path.join(
        out, "img_emb", f"img_emb_{i:05}.npy"))[2] for i in range(11))
    same(rows, command.npy(single)[2])


def test_a_node_ends_when_nothing_is_left(directory):
    with Broker(os.path.join(directory, "broker")) as broker:
        job = Job(broker, os.path.join(directory, "out"),
                  pictures(directory, 12))
        with Node(directory, job, "--until-done", name="a") as a, \
                Node(directory, job, "--until-done", name="b") as b:
            a.wait()
            b.wait()
        same(len(job.done()), 3)
        job.finish()


def test_a_node_takes_the_jobs_dtype(directory):
    folder = pictures(directory, 6)
    single = os.path.join(directory, "single.npy")
    same(command.run("embed", "--dtype", "int8", "-o", single,
                     folder).returncode, 0)
    inputs = [line["input"] for line in command.lines(read(single + ".jsonl"))]
    with Broker(os.path.join(directory, "broker")) as broker:
        job = Job(broker, os.path.join(directory, "out"), *inputs,
                  more=("--dtype", "int8"))
        with Node(directory, job, "--until-done") as node:
            node.wait()
        job.finish()
    rows = b"".join(command.npy(os.path.join(
        job.out, "img_emb", f"img_emb_{i:05}.npy"))[2] for i in range(2))
    same(rows, command.npy(single)[2])


def test_it_tells_at_the_end_what_has_failed(directory):
    """As fovea job finish does; whoever of the nodes it was that saw a shard fail."""
    with Broker(os.path.join(directory, "broker")) as broker:
        job = Job(broker, os.path.join(directory, "out"),
                  pictures(directory, 12))
        put(directory, "out/manifest/names_00001.jsonl", b"{}\n")
        with Node(directory, job, "--until-done", name="a") as node:
            node.wait(3)
            assert "1 of 3 shards have failed" in node.log(), node.log()
        same((job.done(), job.failed()), (["00000", "00002"], ["00001"]))
        with Node(directory, job, "--until-done", name="b") as node:
            node.wait(3)
        job.finish(code=3)


def test_metrics_and_health(directory):
    with Broker(os.path.join(directory, "broker")) as broker:
        job = Job(broker, os.path.join(directory, "out"),
                  pictures(directory, 9), put(directory, "bad.png", b"bad"))
        with Node(directory, job) as node:
            job.wait_decided(2)
            wait_until(lambda: node.state() == "idle", "an idle node")
            found = node.metrics()
            for name, value in (("shards_done_total", 2), ("items_total", 10),
                                ("item_errors_total", 1), ("shards", 0),
                                ("shards_failed_total", 0),
                                ("messages_refused_total", 0)):
                same((name, found.get("fovea_node_" + name, job=JOB)),
                     (name, value))
            assert found.get("fovea_node_items_per_second", job=JOB) > 0
            # The manual names all of them.
            manual = read(os.path.join(os.environ["FOVEA_SOURCE_ROOT"],
                                       "docs/man/fovea.1")).decode()
            for name in found.types:
                assert name in manual, name
            status, _, body = node.get("/healthz")
            same(status, 200)
            health = json.loads(body)
            same((health["status"], health["node"]["state"]), ("well", "idle"))
            same(node.get("/v1/pool")[0], 404)
            node.end()


def test_what_differs_is_refused(directory):
    folder = pictures(directory, 3)
    other = os.path.join(directory, "other")
    os.mkdir(other)
    for name in os.listdir(MODEL):
        data = read(os.path.join(MODEL, name))
        if name.endswith(".safetensors"):
            data = data[:-1] + bytes([data[-1] ^ 1])
        put(other, name, data)
    with Broker(os.path.join(directory, "broker")) as broker:
        job = Job(broker, os.path.join(directory, "out"), folder,
                  more=("--dtype", "f32"))
        for words, part in (
                (("--dtype", "bf16"), "--dtype"),
                (("--dtype", "int8"), "--dtype"),
                (("--pixels", "torchvision"), "--pixels"),
                (("--max-pixels", "1000"), "limit"),
                (("-m", other), "weights")):
            text = call("work", JOB, *job.place(), *words, code=2)
            assert part in text, (words, text)
        # Another output's manifest, none, and no such job.
        text = call("work", JOB, "--queue", broker.url, "-o",
                    os.path.join(directory, "none"), code=2)
        assert "job create" in text, text
        elsewhere = Job(broker, os.path.join(directory, "elsewhere"), folder,
                        name="another", size=2)
        text = call("work", JOB, "--queue", broker.url, "-o", elsewhere.out,
                    code=2)
        assert "another -o" in text, text
        text = call("work", "nobody", *job.place(), code=2)
        same(job.done(), [])
        # Of another version of fovea: as the manifest says.
        path = os.path.join(job.out, "manifest.json")
        text = read(path).decode()
        version = json.loads(text)["version"]
        with open(path, "w", encoding="utf-8") as f:
            f.write(text.replace(f'"version":"{version}"', '"version":"0.0.1"'))
        text = call("work", JOB, *job.place(), code=2)
        assert "0.0.1" in text, text


def test_wrong_usage(directory):
    out = os.path.join(directory, "out")
    place = ("--queue", "nats://127.0.0.1:1", "-o", out)
    for words, part in (
            ((), "no job"), ((JOB, "b", *place), "more than one job"),
            (("a b", *place), "no name"), ((JOB, "-o", out), "--queue"),
            ((JOB, *place[:2]), "-o"),
            ((JOB, *place, "--node-name", "a.b"), "--node-name"),
            ((JOB, *place, "--stall-time", "0"), "--stall-time")):
        text = call("work", *words, code=2)
        assert part in text, (words, text)


def test_messages_that_are_not_the_jobs(directory):
    with Broker(os.path.join(directory, "broker")) as broker:
        job = Job(broker, os.path.join(directory, "out"),
                  pictures(directory, 12))
        with nats_client.Client(broker.port) as client:
            client.send('CONNECT {"verbose":false}\r\n')
            for shard, text in ((77, '{"shard":77}'), (78, "x" * 1000),
                                (79, '{"shard":0,"output":"/etc"}'), (80, "")):
                client.send(f"PUB fovea.{JOB}.shard.{shard} {len(text)}\r\n"
                            f"{text}\r\n")
            client.send("PING\r\n")
            while client.line() != "PONG\r\n":
                pass
        with Node(directory, job) as node:
            job.wait_decided(3)
            wait_until(lambda: node.count("messages_refused_total") >= 4,
                       "the messages")
            wait_until(lambda: node.state() == "idle", "an idle node")
            same(node.count("shards_done_total"), 3)
            # Dropped for good.
            (_, consumers), = broker.streams().values()
            state, = consumers.values()
            same((state["num_pending"], state["num_ack_pending"]), (0, 0))
            node.end()
        job.check(12, 3)


def test_an_idle_node_asks_less_than_once_a_second(directory):
    seconds = 20
    with Broker(os.path.join(directory, "broker")) as broker:
        job = Job(broker, os.path.join(directory, "out"),
                  pictures(directory, 2))
        with Node(directory, job) as node:
            job.wait_decided(1)
            wait_until(lambda: node.state() == "idle", "an idle node")
            begin, asked = time.monotonic(), broker.asked("varz")["in_msgs"]
            wait_until(lambda: time.monotonic() > begin + seconds, "the time")
            asked = broker.asked("varz")["in_msgs"] - asked
            passed = time.monotonic() - begin
            print(f"# {asked} messages of an idle node in {passed:.0f} s")
            assert asked < passed, (asked, passed)
            node.end()


def test_systemd_is_told(directory):
    """READY once the broker is reached, and the end."""
    path = os.path.join(directory, "notify")
    with socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM) as told, \
            Broker(os.path.join(directory, "broker")) as broker:
        told.bind(path)
        told.settimeout(command.TIMEOUT)
        job = Job(broker, os.path.join(directory, "out"),
                  pictures(directory, 2))
        broker.kill()
        with Node(directory, job, "--pause", "20ms",
                  env={"NOTIFY_SOCKET": path, "WATCHDOG_USEC": "200000"}) as node:
            node.wait_says("trying again")
            broker.start()
            seen = [told.recv(4096)]
            while b"READY=1" not in seen[-1]:
                assert seen[-1] == b"WATCHDOG=1", seen
                seen.append(told.recv(4096))
            while told.recv(4096) != b"WATCHDOG=1":
                pass
            node.send(signal.SIGTERM)
            while told.recv(4096) != b"STOPPING=1":
                pass
            node.wait(0)


def private_bytes(pid):
    total = 0
    for line in read(f"/proc/{pid}/smaps_rollup").decode().splitlines():
        if line.startswith(("Private_", "Swap:")):
            total += int(line.split()[1]) * 1024
    return total


def test_memory_does_not_grow_with_the_job(directory):
    command.not_under_sanitizers("a sanitizer takes memory")
    with Broker(os.path.join(directory, "broker")) as broker:
        job = Job(broker, os.path.join(directory, "out"),
                  pictures(directory, 1200), size=4)
        with Node(directory, job) as node:
            job.wait_decided(100)
            early = private_bytes(node.process.pid)
            job.wait_decided(300)
            wait_until(lambda: node.state() == "idle", "an idle node")
            late = private_bytes(node.process.pid)
            print(f"# {early} bytes after 100 shards, {late} after 300")
            assert late < early + (4 << 20), (early, late)
            node.end()


if __name__ == "__main__":
    command.main([test_nodes_share_a_job, test_a_node_ends_when_nothing_is_left,
                  test_a_node_takes_the_jobs_dtype,
                  test_it_tells_at_the_end_what_has_failed,
                  test_metrics_and_health, test_what_differs_is_refused,
                  test_wrong_usage, test_messages_that_are_not_the_jobs,
                  test_systemd_is_told,
                  test_an_idle_node_asks_less_than_once_a_second,
                  test_memory_does_not_grow_with_the_job])
