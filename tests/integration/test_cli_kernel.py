#!/usr/bin/python3
"""The command, the server and real workers on a kernel that has no descriptors
of processes, or behind a filter that forbids them: test_cli_kernel.py FOVEA
MODEL WITHOUT_PIDFD ERROR."""
import os
import signal
import subprocess
import sys

import command
from command import picture, put, said, same
from serving import Server, wait_until

STARTER = [os.path.abspath(sys.argv[3]), sys.argv[4]]


def without(*arguments, **environment):
    return subprocess.run(
        [*STARTER, command.FOVEA, *arguments], stdin=subprocess.DEVNULL,
        stdout=subprocess.PIPE, stderr=subprocess.PIPE, check=False,
        timeout=command.TIMEOUT, env=command.environment(**environment))


def test_images_are_embedded(directory):
    path = put(directory, "a.png", picture(1))
    here = command.run("embed", path)
    there = without("embed", "--model", command.MODEL, path)
    said(there, 0)
    same(there.stdout, here.stdout)


def test_a_killed_worker_is_noticed_and_replaced(_):
    with Server("--workers", "1", starter=STARTER) as server:
        wanted = server.upload(picture(1)).vectors()
        worker, = server.get("/v1/pool").json["workers"]
        os.kill(worker["pid"], signal.SIGKILL)
        stops = ('fovea_worker_stops_total{model="'
                 f'{command.NAME}",work="embed",reason="killed"}}')
        wait_until(lambda: server.metric(stops) == 1, "its end")
        assert not os.path.exists(f"/proc/{worker['pid']}"), "not waited for"
        same(server.upload(picture(1)).vectors(), wanted)
        other, = server.get("/v1/pool").json["workers"]
        assert other["pid"] != worker["pid"]


def test_idle_workers_end(_):
    with Server("--idle", "100ms", starter=STARTER) as server:
        same(server.upload(picture(1)).status, 200)
        wait_until(lambda: not server.get("/v1/pool").json["workers"],
                   "the workers' ends")


def test_a_server_is_stopped(_):
    with Server(starter=STARTER) as server:
        same(server.upload(picture(1)).status, 200)
        runtime = {"XDG_RUNTIME_DIR": server.folder.name}
        said(without("stop", str(server.process.pid), **runtime), 0)
        same(server.process.wait(), 0)


command.main([test_images_are_embedded,
              test_a_killed_worker_is_noticed_and_replaced,
              test_idle_workers_end, test_a_server_is_stopped])
