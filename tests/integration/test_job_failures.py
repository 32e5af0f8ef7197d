#!/usr/bin/python3
"""What goes wrong around a job, one thing at a time: each ends as docs/SCALE.md says.

    test_job_failures.py FOVEA MODEL_DIRECTORY POISONED_WORKER WHOLE_MODELS
"""
import ctypes
import json
import os
import signal
import subprocess
import sys

import command
import s3_server
from command import MODEL, Skip, main, put, read, run, same, wait_until
from jobs import PREFIX, STREAM, Job
from many_pictures import DEADLY, picture
from networks import Networks

WORKER = os.path.abspath(sys.argv[3])
N_PICTURES = 60
SHARD_SIZE = 10
N_SHARDS = N_PICTURES // SHARD_SIZE
CLONE_NEWNS = 0x20000
MS_REC, MS_PRIVATE = 0x4000, 1 << 18


def pictures(directory, count=None):
    folder = os.path.join(directory, "in")
    for number in range(count or N_PICTURES):
        put(folder, f"{number:04d}.png", picture(number))
    return folder


class Trial(Job):
    """A small job: its pictures are there, and it is created. A store in this
    process, or a folder."""

    def __init__(self, directory, folder=False, **more):
        super().__init__(directory, Networks(4, apart=False),
                         store=s3_server.S3Server(),
                         output=folder and os.path.join(directory, "out"), **more)
        self.inputs = pictures(directory)

    def __enter__(self):
        super().__enter__()
        self.create("--shard-size", str(SHARD_SIZE), self.inputs)
        return self

    def start(self, *flags, **more):
        return self.node("--workers", "1", *flags, **more).start()

    def start_and_hold(self):
        """A node that has a shard in hand until store.release()."""
        self.fail("held", "done/*", method="PUT")
        node = self.start()
        self.store.wait_held()
        return node

    def is_whole(self):
        """Rows of all pictures, and those that one process makes of them."""
        result = self.result()
        same((len(result.rows), result.errors, result.failed),
             (N_PICTURES, {}, []))
        path = os.path.join(self.directory, "whole.npy")
        same(run("embed", "-q", "--overwrite", "-o", path, self.inputs).returncode, 0)
        names = sorted(result.rows)
        same(b"".join(result.rows[name] for name in names), command.npy(path)[2])

    def consumer(self):
        return self.broker.streams()[STREAM][1]["nodes"]

    def fail(self, kind, key, **more):
        self.store.fail(kind, f"bucket/{PREFIX}{key}", **more)


def test_nothing_goes_wrong(directory):
    """Twice: what is done is not published again."""
    for folder in (False, True):
        with Trial(put_folder(directory, str(folder)), folder=folder) as job:
            same(job.command("finish").returncode, 1)  # shards are missing
            job.start()
            job.finish()
            job.is_whole()
            before = job.broker.streams()[STREAM][0]["last_seq"]
            same(before, N_SHARDS)
            job.finish()
            same(job.broker.streams()[STREAM][0]["last_seq"], before)


def put_folder(directory, name):
    path = os.path.join(directory, name)
    os.makedirs(path)
    return path


def test_a_node_that_is_held_still_loses_its_shard(directory):
    with Trial(directory) as job:
        held = job.start_and_hold()
        os.kill(held.process.pid, signal.SIGSTOP)
        job.store.release()
        job.start()
        job.finish()
        job.is_whole()
        os.kill(held.process.pid, signal.SIGCONT)
        # It finds others' markers, and goes on as if nothing had been.
        same(held.kill(signal.SIGTERM) in (0, 143), True)
        job.finish()
        job.is_whole()


def test_a_node_whose_work_hangs_gives_it_up(directory):
    """A worker that gets nowhere and whose time nobody bounds."""
    put(directory, "in/9999.png", DEADLY["holds"][0](9999))
    with Trial(directory, worker=WORKER) as job:
        hung = job.start("--image-time", "never", "--deadline", "never",
                         "--stall-time", "1s")
        hung.says("nothing went on")
        hung.kill()
        job.start("--image-time", "1s")
        job.finish()
        result = job.result()
        same((len(result.rows), list(result.errors.values())),
             (N_PICTURES, ["worker_timeout"]))


def tmpfs(path, size):
    """A small disk that only this process and its children see."""
    libc = ctypes.CDLL(None, use_errno=True)
    if libc.unshare(CLONE_NEWNS) != 0 or libc.mount(
            None, b"/", None, MS_REC | MS_PRIVATE, None) != 0:
        raise Skip("no mounts of one's own here")
    os.makedirs(path)
    mount("-t", "tmpfs", "-o", f"size={size}", "fovea-test", path)


def mount(*words):
    if subprocess.run(["mount", *words], check=False).returncode != 0:
        raise Skip("no tmpfs here")


def fill(path):
    """What is left of a disk."""
    fd = os.open(path, os.O_WRONLY | os.O_CREAT, 0o600)
    for size in (4096, 1):
        try:
            while True:
                os.write(fd, b"x" * size)
        except OSError:
            pass
    os.close(fd)


def test_a_full_disk(directory):
    """The node rests, nothing of the shard is lost, and it goes on."""
    out = os.path.join(directory, "out")
    tmpfs(out, "256k")
    try:
        with Trial(directory, folder=True) as job:
            fill(os.path.join(out, "filling"))
            node = job.start("--pause", "100ms")
            node.says("No space left")
            same(job.look(), 0)
            assert not node.has_ended()
            same(os.path.exists(os.path.join(out, "failed")), False)
            os.unlink(os.path.join(out, "filling"))
            mount("-o", "remount,size=16m", out)
            job.finish()
            job.is_whole()
    finally:
        subprocess.run(["umount", "-l", out], check=False)


def test_another_model_takes_no_shard(directory):
    other = os.path.join(os.path.abspath(sys.argv[4]), "clip")
    with Trial(directory) as job:
        for flags in ({"model": other}, {"flags": ("--pixels", "torchvision")}):
            node = job.node(*flags.pop("flags", ()), **flags).start()
            same(node.wait(), 2)
            assert "made with" in node.log(), node.log()
        same(job.consumer()["delivered"]["consumer_seq"], 0)
        job.start()
        job.finish()
        job.is_whole()


def test_another_version_takes_no_shard(directory):
    with Trial(directory) as job:
        manifest = job.store.get(f"{PREFIX}manifest.json")
        version = json.loads(manifest)["version"]
        job.store.put(f"{PREFIX}manifest.json", manifest.replace(
            f'"{version}"'.encode(), b'"99.0.0"'))
        node = job.start()
        same(node.wait(), 2)
        assert "99.0.0" in node.log(), node.log()
        same(job.consumer()["delivered"]["consumer_seq"], 0)


def trouble_of_store(kind, key, times, **more):
    def test(directory):
        with Trial(directory) as job:
            job.fail(kind, key, times=times, **more)
            job.start()
            job.finish()
            job.is_whole()
            same(job.store.faults[0].times, 0)  # it has happened
    what = key.rstrip("/*") or "anything"
    test.__name__ = f"test_a_store_that_answers_{kind}_to_" \
        f"{more.get('method', 'all')}_of_{what}"
    return test


# Each happens to what is written and what is read; none loses a shard.
TROUBLES = [trouble_of_store(*words, **more) for words, more in [
    (("500", "*", 6), {"method": "PUT"}),
    (("500", "*", 2), {"method": "GET"}),
    (("503", "*", 6), {"method": "PUT", "Retry_After": 1}),
    (("503", "*", 6), {"method": "HEAD"}),
    (("429", "*", 4), {"method": "PUT"}),
    (("412", "img_emb/*", 1), {"method": "PUT"}),
    (("412", "done/*", 1), {"method": "PUT"}),
    (("409", "done/*", 1), {"method": "PUT"}),
    (("half", "manifest*", 2), {"method": "GET"}),
    (("half", "*", 4), {"method": "PUT"}),
    (("lost", "img_emb/*", 3), {"method": "PUT"}),
    (("lost", "done/*", 3), {"method": "PUT"}),
    (("closed", "*", 2), {}),
]]


def test_a_store_that_ignores_conditions(directory):
    with Trial(directory) as job:
        job.store.unconditional = True
        job.start()
        job.start()
        job.finish()
        job.is_whole()


def test_a_store_that_denies_a_node_everything(directory):
    """Nothing is the shards' fault: who runs the node is told, and others go on."""
    with Trial(directory) as job:
        node = job.start(env={"AWS_SECRET_ACCESS_KEY": "wrong"})
        assert node.wait() in (1, 2), node.log()
        assert "403" in node.log() or "denied" in node.log(), node.log()
        job.start()
        job.finish()
        job.is_whole()


def test_a_store_that_denies_writing(directory):
    """The node ends, rather than going from shard to shard; none has failed."""
    with Trial(directory) as job:
        job.fail("403", "*", method="PUT", times=10 ** 6)
        node = job.start()
        same(node.wait(), 1)
        assert "denied" in node.log() or "403" in node.log(), node.log()
        job.store.faults.clear()
        job.start()
        job.finish()
        job.is_whole()


def test_a_broker_with_an_empty_disk(directory):
    with Trial(directory) as job:
        job.start()
        job.wait_done(1)
        job.broker.restart(empty=True)
        job.finish()
        job.is_whole()
        job.broker.restart(empty=True)
        job.finish()  # all is done: nobody is needed
        job.is_whole()


def test_a_broker_that_is_away(directory):
    """Nodes wait for it; so does the end."""
    with Trial(directory) as job:
        node = job.start_and_hold()
        job.broker.kill()
        job.store.release()
        node.says("unconfirmed")
        assert not node.has_ended()
        job.broker.start()
        job.finish()
        job.is_whole()


def test_what_is_lost_after_the_end_is_done_again(directory):
    """A marker, or the file that it stands for; the shard is published again though
    it was acknowledged."""
    with Trial(directory) as job:
        job.start()
        job.finish()
        for key in ("done/00002.json", "img_emb/img_emb_00003.npy",
                    "metadata/metadata_00004.jsonl"):
            before = job.store.get(PREFIX + key)
            job.store.store.remove("bucket", PREFIX + key)
            job.finish()
            same(job.store.get(PREFIX + key), before)
        job.is_whole()


def test_a_shard_that_fails(directory):
    """It says so, the others are done, and it may be tried again."""
    with Trial(directory) as job:
        names = f"{PREFIX}manifest/names_00003.jsonl"
        before = job.store.get(names)
        job.store.put(names, before[:-20])
        job.start()
        job.finish(status=3)
        same(job.look(), N_SHARDS - 1)
        same(job.store.keys(f"{PREFIX}failed/"), [f"{PREFIX}failed/00003.json"])
        job.store.put(names, before)
        same(job.command("retry").returncode, 0)
        job.finish()
        job.is_whole()


def test_done_wins(directory):
    """Where both markers are there."""
    with Trial(directory) as job:
        job.start()
        job.finish()
        job.store.put(f"{PREFIX}failed/00001.json", b'{"shard":1,"attempts":5}\n')
        job.finish()


if __name__ == "__main__":
    main([
        test_nothing_goes_wrong,
        test_a_node_that_is_held_still_loses_its_shard,
        test_a_node_whose_work_hangs_gives_it_up,
        test_another_model_takes_no_shard,
        test_another_version_takes_no_shard,
        *TROUBLES,
        test_a_store_that_ignores_conditions,
        test_a_store_that_denies_a_node_everything,
        test_a_store_that_denies_writing,
        test_a_broker_with_an_empty_disk,
        test_a_broker_that_is_away,
        test_what_is_lost_after_the_end_is_done_again,
        test_a_shard_that_fails,
        test_done_wins,
        test_a_full_disk,
    ])
