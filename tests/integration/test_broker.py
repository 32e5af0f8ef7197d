#!/usr/bin/python3
"""The broker that tests kill: it is there again on its port, with what it had or
with nothing.

    test_broker.py FOVEA MODEL_DIRECTORY
"""
import json
import os
import shutil
import subprocess

import command
from broker import Broker
from command import main, same, wait_until
from nats_client import Asker, Client

SUBJECT = "$JS.API.STREAM."


class JetStream(Asker):
    """Requests of JetStream's, and their answers."""

    def __init__(self, broker):
        super().__init__(broker.port)

    def create(self, name):
        return self.ask(f"{SUBJECT}CREATE.{name}", json.dumps({
            "name": name, "subjects": [f"{name}.>"], "storage": "file",
            "retention": "limits", "num_replicas": 1}))

    def count(self, name):
        return self.ask(f"{SUBJECT}INFO.{name}")


def test_what_is_confirmed_outlives_it(directory):
    with Broker(directory) as broker:
        port = broker.port
        with JetStream(broker) as client:
            same(client.create("S")["config"]["name"], "S")
            for number in range(20):
                same(client.ask(f"S.{number}", "x")["seq"], number + 1)
        same(broker.streams()["S"][0]["messages"], 20)
        for _ in range(3):
            broker.restart()
            same(broker.port, port)
            with JetStream(broker) as client:
                same(client.count("S")["state"]["messages"], 20)
        same(broker.n_starts, 4)
        assert broker.asked("varz")["in_msgs"] > 0


def test_an_empty_disk(directory):
    with Broker(directory) as broker:
        with JetStream(broker) as client:
            client.create("S")
        broker.restart(empty=True)
        with JetStream(broker) as client:
            same(client.count("S")["error"]["code"], 404)
        same(broker.streams(), {})


def test_a_client_sees_its_end(directory):
    with Broker(directory) as broker:
        with JetStream(broker) as client:
            broker.kill()
            same(client.line(), "")
        try:
            Client(broker.port)
            raise AssertionError("somebody listens")
        except OSError:
            pass
        broker.start()
        with JetStream(broker) as client:
            same(client.create("S")["config"]["name"], "S")


def test_nothing_is_left(directory):
    with Broker(directory) as broker:
        pid = broker.process.pid
        broker.stop()
        assert not os.path.exists(f"/proc/{pid}")
        broker.start()
        pid = broker.process.pid
    assert not os.path.exists(f"/proc/{pid}")


def test_in_a_namespace(directory):
    """Nobody but who is there reaches it."""
    if not shutil.which("unshare") or subprocess.run(
            ["unshare", "-n", "true"], check=False,
            stderr=subprocess.DEVNULL).returncode != 0:
        raise command.Skip("no namespaces here")
    starter = ["unshare", "-n", "sh", "-c",
               'ip link set lo up && exec "$@"', "sh"]
    with Broker(directory, starter=starter) as broker:
        try:
            Client(broker.port)
            raise AssertionError("it is reached from outside")
        except OSError:
            pass
        broker.restart()
        wait_until(lambda: "Server is ready" in broker.log(), "its log")


main([
    test_what_is_confirmed_outlives_it,
    test_an_empty_disk,
    test_a_client_sees_its_end,
    test_nothing_is_left,
    test_in_a_namespace,
])
