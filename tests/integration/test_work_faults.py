#!/usr/bin/python3
"""Nodes that are killed, held still, hung or told to stop; brokers that are killed;
full disks and shards that fail. Whatever happens, every picture has one result."""
import os
import signal
import subprocess

import command
import s3_server
from broker import Broker
from command import Skip, put, read, same, wait_until
from held_pictures import Pictures
from working import Job, Node, pictures

URLS = ("--allow-private-urls", "--deadline", "never", "--fetch-time", "never",
        "--pause", "100ms")


def held_job(directory, broker, served, n=11, **options):
    """A job whose first shard's first picture comes when the test lets it."""
    return Job(broker, os.path.join(directory, "out"), served.url("held/1"),
               pictures(directory, n - 1), **options)


def attempts(job):
    return job.files("attempts")


def test_a_killed_nodes_shard_is_done_by_another(directory):
    with Broker(os.path.join(directory, "broker")) as broker, \
            Pictures() as served:
        job = held_job(directory, broker, served, ack_wait="2s")
        with Node(directory, job, *URLS, name="first") as first:
            assert served.asked.wait(command.TIMEOUT)
            first.kill()
        with Node(directory, job, *URLS, name="second") as second:
            served.free.set()
            job.wait_decided(3)
            wait_until(lambda: second.state() == "idle", "an idle node")
            same(second.count("redeliveries_total"), 1)
            same(second.count("shards_done_total"), 3)
            second.end()
        same(attempts(job), [])  # no verdict, nothing counted
        job.finish()
        job.check(11, 3)


def test_a_node_that_is_held_still_loses_its_shard(directory):
    with Broker(os.path.join(directory, "broker")) as broker, \
            Pictures() as served:
        job = held_job(directory, broker, served, ack_wait="2s")
        with Node(directory, job, *URLS, name="first") as first:
            assert served.asked.wait(command.TIMEOUT)
            first.send(signal.SIGSTOP)
            with Node(directory, job, *URLS, name="second") as second:
                served.free.set()
                job.wait_decided(3)
                first.send(signal.SIGCONT)
                # It finds the shard done, and is as good as before.
                wait_until(lambda: first.state() == "idle", "the first node")
                same(first.count("shards_failed_total"), 0)
                same(second.count("shards_done_total"), 3)
                first.end()
                second.end()
        same(attempts(job), [])
        job.check(11, 3)


def test_a_node_whose_workers_hang_gives_its_shard_up(directory):
    """The workers are held still; nothing that it has notices, as an image may
    take for ever."""
    with Broker(os.path.join(directory, "broker")) as broker, \
            Pictures() as served:
        job = held_job(directory, broker, served, ack_wait="30s")
        with Node(directory, job, *URLS, "--image-time", "never",
                  "--stall-time", "2s", "--pause", "5s", name="sick") as sick:
            assert served.asked.wait(command.TIMEOUT)
            for pid in sick.workers():
                os.kill(pid, signal.SIGSTOP)
            served.free.set()
            sick.wait_says("--stall-time")
            wait_until(lambda: attempts(job), "the verdict")
            found = job.marker(0, "attempts")
            same(found["error"]["code"], "deadline")
            wait_until(lambda: sick.count("shards_returned_total") >= 1,
                       "the shard to be given back")
            sick.wait_says("resting for")
        with Node(directory, job, *URLS, name="well"):
            job.finish("--wait")
        job.check(11, 3)


def test_sigterm_lets_a_shard_be_finished(directory):
    with Broker(os.path.join(directory, "broker")) as broker, \
            Pictures() as served:
        job = held_job(directory, broker, served)
        with Node(directory, job, *URLS, "--grace", "never") as node:
            assert served.asked.wait(command.TIMEOUT)
            node.send(signal.SIGTERM)
            wait_until(lambda: node.state() == "stopping", "the end")
            served.free.set()
            node.wait(0)
        same(job.done(), ["00000"])


def test_sigterm_leaves_nothing_of_what_takes_too_long(directory):
    with Broker(os.path.join(directory, "broker")) as broker, \
            Pictures() as served:
        job = held_job(directory, broker, served, ack_wait="1h")
        with Node(directory, job, *URLS, "--grace", "100ms") as node:
            assert served.asked.wait(command.TIMEOUT)
            node.end(0)
        same((job.done(), attempts(job)), ([], []))
        for folder in ("img_emb", "metadata", "errors"):
            same(job.files(folder), [])
        # It was given back: nobody waits for the hour.
        with Node(directory, job, *URLS, "--until-done", name="next") as node:
            served.free.set()
            node.wait(0)
        job.check(11, 3)


def test_a_second_signal_does_not_wait(directory):
    with Broker(os.path.join(directory, "broker")) as broker, \
            Pictures() as served:
        job = held_job(directory, broker, served)
        with Node(directory, job, *URLS, "--grace", "never") as node:
            assert served.asked.wait(command.TIMEOUT)
            node.send(signal.SIGTERM)
            wait_until(lambda: node.state() == "stopping", "the end")
            node.end(128 + signal.SIGINT, signal.SIGINT)
        same(job.done(), [])


def test_a_broker_that_is_killed_is_waited_for(directory):
    """With its disk, and with an empty one: then the job is published again."""
    with Broker(os.path.join(directory, "broker")) as broker, \
            Pictures() as served:
        job = held_job(directory, broker, served, n=16, ack_wait="2s")
        with Node(directory, job, *URLS) as node:
            assert served.asked.wait(command.TIMEOUT)
            broker.restart()
            served.free.set()
            job.wait_decided(4)
            wait_until(lambda: node.state() == "idle", "an idle node")
            broker.kill()
            wait_until(lambda: node.state() == "away", "it to be missed")
            broker.restart(empty=True)
            # Two shards' markers are gone, too.
            for number in (1, 3):
                os.unlink(os.path.join(job.out, "done", f"{number:05}.json"))
            job.finish("--wait")
            wait_until(lambda: node.state() == "idle", "an idle node")
            node.end()
        job.check(16, 4)


def test_patience_with_a_broker(directory):
    with Broker(os.path.join(directory, "broker")) as broker:
        job = Job(broker, os.path.join(directory, "out"),
                  pictures(directory, 3))
        with Node(directory, job, "--queue-patience", "300ms", "--pause",
                  "50ms") as node:
            job.wait_decided(1)
            broker.kill()
            node.wait(1)
            assert "--queue-patience" in node.log()


def test_a_shard_that_cannot_be_done_fails(directory):
    """Its names are not those of the manifest: so it will be, whoever tries."""
    with Broker(os.path.join(directory, "broker")) as broker:
        job = Job(broker, os.path.join(directory, "out"),
                  pictures(directory, 15))
        names = os.path.join(job.out, "manifest", "names_00001.jsonl")
        good = read(names)
        put(job.out, "manifest/names_00001.jsonl", good[:-10])
        with Node(directory, job) as node:
            job.wait_decided(3)
            wait_until(lambda: node.state() == "idle", "an idle node")
            same((job.done(), job.failed()), (["00000", "00002"], ["00001"]))
            same(job.marker(1, "failed")["error"]["code"], "shards_differ")
            same(node.count("shards_failed_total"), 1)
            job.finish(code=3)
            put(job.out, "manifest/names_00001.jsonl", good)
            job.retry()
            job.finish("--wait")
            node.end()
        job.check(15, 3)


def test_the_fifth_verdict_is_the_last(directory):
    """A store that refuses one object and takes all others: the node's machine is
    well, the shard is not."""
    with Broker(os.path.join(directory, "broker")) as broker, \
            s3_server.S3Server() as store:
        env = s3_server.environment(f"http://127.0.0.1:{store.port}")
        job = Job(broker, "s3://bucket/photos", pictures(directory, 15),
                  env=env)
        store.fail("500", key="bucket/photos/img_emb/img_emb_00001.npy",
                   method="PUT", times=10**9)
        key = "bucket/photos/failed/00001.json"
        with Node(directory, job, "--pause", "10ms") as node:
            wait_until(lambda: store.seen("PUT", key), "the marker")
            wait_until(lambda: node.state() == "idle", "an idle node")
            same(node.count("shards_failed_total"), 1)
            same(node.count("shards_returned_total"), 4)
            same(node.count("redeliveries_total"), 4)
            same(node.count("shards_done_total"), 2)
            node.end()


def test_a_full_disk_makes_a_node_rest(directory):
    if os.geteuid() != 0:
        raise Skip("only root can mount a small disk")
    disk = os.path.join(directory, "disk")
    os.mkdir(disk)
    mounted = subprocess.run(
        ["mount", "-t", "tmpfs", "-o", "size=64k", "none", disk], check=False,
        stderr=subprocess.DEVNULL)
    if mounted.returncode:
        raise Skip("nothing can be mounted here")
    try:
        with Broker(os.path.join(directory, "broker")) as broker:
            job = Job(broker, os.path.join(disk, "out"),
                      pictures(directory, 60), size=20)
            fill(disk)
            with Node(directory, job, "--pause", "50ms") as node:
                node.wait_says("resting for")
                wait_until(lambda: node.count("shards_returned_total") >= 7,
                           "more than five tries")
                same((job.done(), job.failed(), attempts(job)), ([], [], []))
                os.unlink(os.path.join(disk, "filler"))
                job.wait_decided(3)
                wait_until(lambda: node.state() == "idle", "an idle node")
                node.end()
            job.check(60, 3)
    finally:
        subprocess.run(["umount", "-l", disk], check=False)


def fill(disk):
    """Until nothing more fits."""
    with open(os.path.join(disk, "filler"), "wb", buffering=0) as f:
        try:
            while True:
                f.write(bytes(4096))
        except OSError:
            pass


def test_a_machine_without_memory_rests(directory):
    with Broker(os.path.join(directory, "broker")) as broker:
        job = Job(broker, os.path.join(directory, "out"),
                  pictures(directory, 5))
        with Node(directory, job, "--memory-limit", "1K", "--pause",
                  "20ms") as node:
            wait_until(lambda: node.count("shards_returned_total") >= 6,
                       "more than five tries")
            same((job.done(), job.failed(), attempts(job)), ([], [], []))
            node.end()
        with Node(directory, job, "--until-done", name="next") as node:
            node.wait(0)
        job.check(5, 1)


if __name__ == "__main__":
    command.main([
        test_a_killed_nodes_shard_is_done_by_another,
        test_a_node_that_is_held_still_loses_its_shard,
        test_a_node_whose_workers_hang_gives_its_shard_up,
        test_sigterm_lets_a_shard_be_finished,
        test_sigterm_leaves_nothing_of_what_takes_too_long,
        test_a_second_signal_does_not_wait,
        test_a_broker_that_is_killed_is_waited_for,
        test_patience_with_a_broker, test_a_shard_that_cannot_be_done_fails,
        test_the_fifth_verdict_is_the_last,
        test_a_full_disk_makes_a_node_rest,
        test_a_machine_without_memory_rests])
