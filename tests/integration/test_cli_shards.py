#!/usr/bin/python3
"""embed --shard: what is written, by one process and by many at once, killed at any
time, refused, left."""
import hashlib
import io
import json
import os
import resource
import signal
import subprocess
import tarfile

import command
from command import DIMENSION, FOVEA, MODEL, Skip, environment, lines, main, \
    npy, picture, put, read, run, said, same, start, wait_until
from held_pictures import Pictures

KINDS = {"img_emb": "npy", "metadata": "jsonl", "errors": "jsonl"}


def album(directory, n, bad=(), other=()):
    """Pictures in a folder, some damaged, some no pictures."""
    for i in range(n):
        content = picture(i)
        if i in bad:
            content = content[:len(content) // 2]
        if i in other:
            content = b"no picture"
        put(directory, f"in/{i:03}.png", content)


def shard(directory, share, *words, out="out", size=4, **options):
    return run("embed", "--shard", share, "--shard-size", str(size), "-o", out,
               *words, cwd=directory, **options)


def files(directory, out="out"):
    """All that is below the output, by its path there."""
    top = os.path.join(directory, out)
    return {os.path.relpath(os.path.join(where, name), top):
            read(os.path.join(where, name))
            for where, _, names in os.walk(top) for name in names}


def check(directory, out="out"):
    """That all shards are done, and each is what its marker says; (inputs, rows,
    errors, skipped) of all."""
    found = files(directory, out)
    manifest = json.loads(found["manifest.json"])
    known = {"manifest.json"}
    totals = [0, 0, 0, 0]
    for number, told in enumerate(manifest["shards"]):
        names = found[f"manifest/names_{number:05}.jsonl"]
        same(hashlib.sha256(names).hexdigest(), told["names"])
        done = json.loads(found[f"done/{number:05}.json"])
        same(done["shard"], number)
        inputs = [line["input"] for line in lines(names)]
        counts = [done[key] for key in ("inputs", "rows", "errors", "skipped")]
        same(counts[0], told["count"])
        same(counts[0], len(inputs))
        same(counts[0], sum(counts[1:]))
        totals = [a + b for a, b in zip(totals, counts)]
        for path, file in done["files"].items():
            same(hashlib.sha256(found[path]).hexdigest(), file["sha256"])
            same(len(found[path]), file["bytes"])
        paths = [f"{kind}/{kind}_{number:05}.{end}"
                 for kind, end in KINDS.items()]
        same(sorted(done["files"]), sorted(paths))
        rows = lines(found[paths[1]])
        errors = lines(found[paths[2]])
        same([row["row"] for row in rows], list(range(counts[1])))
        same(npy(os.path.join(directory, out, paths[0]))[1][0], counts[1])
        same(len(errors), counts[2])
        items = [line["item"] for line in rows + errors]
        same(len(set(items)), len(items))
        for line in rows + errors:
            same(line["input"], inputs[line["item"]])
        known |= {*paths, f"done/{number:05}.json",
                  f"manifest/names_{number:05}.jsonl"}
    same(set(found), known)
    same(manifest["n_items"], totals[0])
    return tuple(totals)


def test_shards_have_the_rows_of_embed(directory):
    album(directory, 11, bad=[3], other=[6])
    said(run("embed", "-o", "all.npy", "in", cwd=directory), 3)
    said(shard(directory, "0/1", "in"), 3, "embedded 9 images", "1 bad",
         "1 skipped", "3 of 3 shards done: 3 now, 0 before, 0 failed")
    same(check(directory), (11, 9, 1, 1))
    whole = npy(os.path.join(directory, "all.npy"))[2]
    parts = [npy(os.path.join(directory, f"out/img_emb/img_emb_{i:05}.npy"))
             for i in range(3)]
    same({part[0] for part in parts}, {"<f4"})
    same(b"".join(part[2] for part in parts), whole)
    row, = [line for line in lines(read(os.path.join(
        directory, "out/errors/errors_00000.jsonl")))]
    same((row["item"], row["input"], row["error"]["code"]),
         (3, "in/003.png", "image_truncated"))


def test_numpy_reads_them(directory):
    album(directory, 5)
    said(shard(directory, "0/1", "--store", "f16", "in"), 0)
    said(shard(directory, "0/1", "in", out="wide"), 0)
    result = subprocess.run(["/usr/bin/python3", "-c", f"""
import numpy, json
for number, rows in enumerate((4, 1)):
    half = numpy.load(f"out/img_emb/img_emb_{{number:05}}.npy")
    wide = numpy.load(f"wide/img_emb/img_emb_{{number:05}}.npy")
    assert half.dtype == numpy.float16 and wide.dtype == numpy.float32
    assert half.shape == wide.shape == (rows, {DIMENSION})
    assert (wide.astype(numpy.float16) == half).all()
    assert numpy.allclose(numpy.linalg.norm(wide, axis=1), 1, atol=1e-5)
"""], cwd=directory, stderr=subprocess.PIPE, check=False)
    if b"No module named" in result.stderr:
        raise Skip("no NumPy here")
    same(result.stderr, b"")


def test_processes_share_them(directory):
    """All of them at once: one makes the manifest, each does its own."""
    n = 5
    album(directory, 27, bad=[4], other=[20])
    said(shard(directory, "0/1", "in", out="alone"), 3)
    processes = [start("embed", "--shard", f"{i}/{n}", "--shard-size", "4",
                       "-o", "out", "in", cwd=directory,
                       stderr=subprocess.PIPE) for i in range(n)]
    for process in processes:
        text = process.communicate(timeout=command.TIMEOUT)[1]
        assert process.returncode in (0, 3), text
    same(check(directory), (27, 25, 1, 1))
    same(files(directory), files(directory, "alone"))


class Held:
    """Names in a list and then standard input, which is held open: what is in the
    list is in files of names by then, as far as it fills shards."""

    def __init__(self, directory, size, names):
        put(directory, f"list-{size}", "".join(
            f"in/{name:03}.png\n" for name in names).encode())
        self.process = start(
            "embed", "--shard", "0/1", "--shard-size", str(size), "-o", "out",
            "--list", f"list-{size}", "-", cwd=directory,
            stdin=subprocess.PIPE, stderr=subprocess.PIPE)

    def end(self, names=()):
        """With more of them."""
        _, text = self.process.communicate(
            "".join(f"in/{name:03}.png\n" for name in names).encode(),
            timeout=command.TIMEOUT)
        return subprocess.CompletedProcess((), self.process.returncode, b"",
                                           text)


def names_of_first(directory):
    path = os.path.join(directory, "out/manifest/names_00000.jsonl")
    return len(lines(read(path))) if os.path.exists(path) else 0


def test_who_comes_too_late_replaces_nothing(directory):
    """Two make it with different settings; the one that ends first has it."""
    album(directory, 12)
    late = Held(directory, 4, range(6))
    wait_until(lambda: names_of_first(directory) == 4, "names")
    said(shard(directory, "0/1", "in", size=5), 0)
    said(late.end(range(6, 12)), 2, "made with shard size 5, not 4 (--shard-size)")
    same(check(directory), (12, 12, 0, 0))


def test_who_is_first_has_its_names(directory):
    """Even if another one had replaced them before there was a manifest."""
    album(directory, 12)
    first = Held(directory, 4, range(6))
    wait_until(lambda: names_of_first(directory) == 4, "names")
    other = Held(directory, 5, range(6))
    wait_until(lambda: names_of_first(directory) == 5, "others' names")
    said(first.end(), 0, "2 of 2 shards done: 2 now")
    said(other.end(), 2, "made with shard size 4, not 5 (--shard-size)")
    same(check(directory), (6, 6, 0, 0))


def test_the_same_shard_twice_at_once(directory):
    album(directory, 8)
    said(shard(directory, "0/1", "in", out="alone"), 0)
    processes = [start("embed", "--shard", "0/1", "--resume", "--shard-size",
                       "4", "-o", "out", "in", cwd=directory,
                       stderr=subprocess.PIPE) for _ in range(4)]
    for process in processes:
        text = process.communicate(timeout=command.TIMEOUT)[1]
        same((process.returncode, text[-300:])[0], 0)
    same(files(directory), files(directory, "alone"))


def n_files(directory):
    return sum(len(names) for _, _, names in
               os.walk(os.path.join(directory, "out")))


def test_killed_at_any_time_it_goes_on(directory):
    """SIGKILL once so many files are there, for every number; then --resume."""
    album(directory, 12, bad=[1])
    said(shard(directory, "0/1", "in", out="whole"), 3)
    whole = files(directory, "whole")
    for k in range(0, len(whole), 2):
        subprocess.run(["rm", "-rf", "out"], cwd=directory, check=True)
        with start("embed", "--shard", "0/1", "--shard-size", "4", "-o", "out",
                   "in", cwd=directory, stderr=subprocess.DEVNULL) as process:
            wait_until(lambda: n_files(directory) >= k or
                       process.poll() is not None, f"{k} files")
            process.kill()
        left = {path: content for path, content in files(directory).items()
                if not os.path.basename(path).startswith(".")}
        for path, content in left.items():
            same((path, content), (path, whole[path]))  # whole, or not there
        for path in left:
            if path.startswith("done/"):
                for file in json.loads(left[path])["files"]:
                    assert file in left, (file, path)
        said(shard(directory, "0/1", "--resume", "in"), 3)
        same({path: content for path, content in files(directory).items()
              if not os.path.basename(path).startswith(".")}, whole)


def test_what_is_not_its_markers_is_done_again(directory):
    album(directory, 8)
    said(shard(directory, "0/1", "in"), 0)
    whole = files(directory)
    rows = whole["img_emb/img_emb_00001.npy"]
    changed = rows[:-1] + bytes([rows[-1] ^ 1])
    for path, content in (("img_emb/img_emb_00001.npy", None),
                          ("img_emb/img_emb_00001.npy", changed),
                          ("metadata/metadata_00001.jsonl", b""),
                          ("errors/errors_00001.jsonl", None),
                          ("done/00001.json", b"{}\n"),
                          ("done/00001.json", whole["done/00000.json"]),
                          ("done/00001.json", None)):
        full = os.path.join(directory, "out", path)
        os.unlink(full)
        if content is not None:
            put(directory, f"out/{path}", content)
        words = () if path == "done/00001.json" and content is None else (
            "shard 1 is done again", os.path.basename(path))
        said(shard(directory, "0/1", "--resume", "in"), 0, *words,
             "2 of 2 shards done: 1 now, 1 before")
        same(files(directory), whole)
    said(shard(directory, "0/1", "--resume", "in"), 0, "0 now, 2 before")


def refused(directory, code, *words, parts=(), share="0/1", out="out",
            **options):
    before = files(directory)
    result = run("embed", "--shard", share, "-o", out, *words, cwd=directory,
                 **options)
    text = said(result, code, *parts)
    same(result.stdout, b"")
    same(files(directory), before)
    return text


def test_what_differs_is_refused(directory):
    album(directory, 6)
    album(os.path.join(directory, "more"), 1)
    said(shard(directory, "0/1", "in"), 0)
    refused(directory, 2, "--shard-size", "4", "in",
            parts=("out", "2 of the 2 shards", "--resume"))
    size = ("--resume", "--shard-size", "4")
    for words, parts in (
            (("--resume", "in"), ("shard size 4, not 10000", "--shard-size")),
            ((*size, "--store", "f16", "in"), ("--store", "f32, not f16")),
            ((*size, "--raw", "in"), ("--raw",)),
            ((*size, "--dtype", "bf16", "in"), ("--dtype", "f32, not bf16")),
            ((*size, "--dtype", "int8", "in"), ("--dtype", "f32, not int8")),
            ((*size, "--pixels", "torchvision", "in"),
             ("--pixels", "pil, not torchvision")),
            ((*size, "--max-pixels", "1000", "in"), ("--max-pixels",)),
            ((*size, "--damaged", "accept", "in"), ("--damaged",)),
            ((*size, "--include", "*.png", "in"), ("--include",)),
            ((*size, "in", "more"), ("INPUT",)),
            ((*size, "in/000.png"), ("INPUT",))):
        refused(directory, 2, *words, parts=("out/manifest.json", *parts))
    other = os.path.join(directory, "model")
    subprocess.run(["cp", "-r", MODEL, other], check=True)
    weights = bytearray(read(os.path.join(other, "model.safetensors")))
    weights[-1] ^= 1
    put(other, "model.safetensors", weights)
    result = subprocess.run(
        [FOVEA, "embed", "-m", other, "--shard", "0/1", *size, "-o", "out",
         "in"], cwd=directory, env=environment(), stderr=subprocess.PIPE,
        check=False)
    said(result, 2, "out/manifest.json", "weights", "-m")
    # What came later is not in the manifest, and is no difference.
    put(directory, "in/999.png", picture(9))
    said(shard(directory, "0/1", "--resume", "in"), 0, "0 now, 2 before")
    same(check(directory)[0], 6)


def test_lists_are_the_same_or_refused(directory):
    album(directory, 6)
    names = "".join(f"in/00{i}.png\n" for i in range(6)).encode()
    said(shard(directory, "0/1", "-", input=names), 0)
    said(shard(directory, "0/1", "--resume", "-", input=names), 0)
    said(shard(directory, "0/1", "--resume", "-", input=names[:-1]), 0)
    said(shard(directory, "0/1", "--resume", "-", input=names + b"in\n"), 2,
         "names in lists")
    said(shard(directory, "0/1", "--resume", "-", input=names[1:]), 2,
         "names in lists")


def test_what_is_nobody_elses_stays(directory):
    album(directory, 2)
    theirs = put(directory, "out/img_emb/img_emb_00000.npy", b"theirs")
    said(shard(directory, "0/1", "in"), 2, "img_emb", "no manifest")
    same(read(theirs), b"theirs")
    os.unlink(theirs)
    names = put(directory, "out/manifest/names_00000.jsonl", b"theirs\n")
    said(shard(directory, "0/1", "in"), 2, "names_00000.jsonl")
    same(read(names), b"theirs\n")
    os.unlink(names)
    manifest = put(directory, "out/manifest.json", b"{}")
    said(shard(directory, "0/1", "in"), 2, "manifest.json", "damaged")
    same(read(manifest), b"{}")
    os.unlink(manifest)
    said(shard(directory, "0/1", "in"), 0)
    # Names of somebody who did not come to the end are ours.
    for path in files(directory):
        if path.startswith(("done", "manifest.json", "img", "meta", "err")):
            os.unlink(os.path.join(directory, "out", path))
    said(shard(directory, "0/1", "in", size=1), 0)
    same(check(directory)[0], 2)


def test_wrong_usage(directory):
    album(directory, 1)
    for words, parts in (
            (("--shard", "0/1", "in"), ("-o",)),
            (("--shard", "1/1", "-o", "out", "in"), ("0 <= I < N",)),
            (("--shard", "x", "-o", "out", "in"), ("--shard x",)),
            (("--shard", "0/0", "-o", "out", "in"), ("0/0",)),
            (("--resume", "in"), ("--resume", "no --shard")),
            (("--grace", "1", "in"), ("--grace", "no --shard")),
            (("--shard", "0/1", "--overwrite", "-o", "out", "in"),
             ("--overwrite",)),
            (("--shard", "0/1", "-o", "out", "--text", "a cat"), ("texts",)),
            (("--shard", "0/1", "-o", "out", "--stdin-image"),
             ("standard input",)),
            (("--shard", "auto", "-o", "out", "in"), ("Slurm",))):
        said(run("embed", *words, cwd=directory), 2, *parts)
    said(run("embed", "--shard", "0/1", "-o", "out", "empty/",
             cwd=directory), 3)
    os.mkdir(os.path.join(directory, "none"))
    said(run("embed", "--shard", "0/1", "-o", "void", "none", cwd=directory),
         1, "no inputs")
    assert not os.path.exists(os.path.join(directory, "void", "manifest.json"))


def test_an_output_that_is_no_folder(directory):
    """Nothing is made of it, and it is not touched."""
    album(directory, 2)
    there = {path: read(os.path.join(directory, "in", path))
             for path in os.listdir(os.path.join(directory, "in"))}
    for out in ("in/000.png", "in/000.png/below"):
        said(shard(directory, "0/1", "in", out=out), 2, out, "is a file", "-o")
    for out in ("https://host/results", "file:///results", "gs://bucket/x"):
        said(shard(directory, "0/1", "in", out=out), 2, out,
             "s3://BUCKET/PREFIX")
    same(os.listdir(directory), ["in"])
    same({path: read(os.path.join(directory, "in", path)) for path in there},
         there)
    put(directory, "out/done", b"theirs")
    said(shard(directory, "0/1", "in"), 1, "out/done",
         "a file stands where a folder has to be")
    same(files(directory), {"done": b"theirs"})


def test_schedulers_say_which(directory):
    album(directory, 12)
    for index, variables in enumerate((
            {"SLURM_ARRAY_TASK_ID": "5", "SLURM_ARRAY_TASK_COUNT": "3",
             "SLURM_ARRAY_TASK_MIN": "5", "SLURM_ARRAY_TASK_MAX": "7",
             "SLURM_PROCID": "0", "SLURM_NTASKS": "1"},
            {"OMPI_COMM_WORLD_RANK": "1", "OMPI_COMM_WORLD_SIZE": "3",
             "PMIX_RANK": "1"},
            {"SLURM_PROCID": "2", "SLURM_NTASKS": "3", "PMI_RANK": "2",
             "PMI_SIZE": "3"})):
        said(shard(directory, "auto", "in", env=environment(**variables)), 0)
        assert f"done/0000{index}.json" in files(directory), index
    same(check(directory)[0], 12)
    said(shard(directory, "auto/3", "--resume", "in",
               env=environment(JOB_COMPLETION_INDEX="2")), 0, "1 before")
    said(shard(directory, "auto", "--resume", "in",
               env=environment(JOB_COMPLETION_INDEX="2")), 2,
         "JOB_COMPLETION_INDEX", "auto/N")
    said(shard(directory, "auto", "--resume", "in",
               env=environment(SLURM_PROCID="1", SLURM_NTASKS="3",
                               PMI_RANK="2", PMI_SIZE="3")), 2,
         "SLURM_PROCID=1", "PMI_RANK=2")


def held(directory, served, *words):
    """Begin a run whose second shard of three waits for a picture."""
    put(directory, "names", "".join(
        f"{name}\n" for name in ("in/000.png", "in/001.png", "in/002.png",
                                 served.url("held/7"), "in/003.png")).encode())
    process = start("embed", "--allow-private-urls", "--shard", "0/1",
                    "--shard-size", "2", "-o", "out", *words, "-",
                    cwd=directory, stderr=subprocess.PIPE,
                    stdin=open(os.path.join(directory, "names"), "rb"))
    assert served.asked.wait(command.TIMEOUT)
    return process


def finished(process):
    text = process.communicate(timeout=command.TIMEOUT)[1].decode()
    return process.returncode, text


def markers(directory):
    return sorted(path for path in files(directory) if path.startswith("done"))


def test_a_signal_lets_the_shard_in_hand_end(directory):
    album(directory, 4)
    with Pictures() as served:
        process = held(directory, served, "--grace", "never")
        process.send_signal(signal.SIGTERM)
        assert b"finishing the shard in hand" in process.stderr.readline()
        served.free.set()
        code, text = finished(process)
        same(code, 143)
        assert "2 of 3 shards done" in text, text
        same(markers(directory), ["done/00000.json", "done/00001.json"])
        said(run("embed", "--allow-private-urls", "--shard", "0/1", "--resume",
                 "--shard-size", "2", "-o", "out", "-", cwd=directory,
                 stdin=open(os.path.join(directory, "names"), "rb")), 0,
             "1 now, 2 before")
        same(check(directory), (5, 5, 0, 0))


def test_what_does_not_end_in_time_is_left(directory):
    album(directory, 4)
    for number, grace in ((signal.SIGTERM, "1ms"), (signal.SIGINT, "50ms")):
        subprocess.run(["rm", "-rf", "out"], cwd=directory, check=True)
        with Pictures() as served:
            process = held(directory, served, "--grace", grace)
            process.send_signal(number)
            code, text = finished(process)
            same(code, 128 + number)
            assert "1 of 3 shards done" in text, text
            same(markers(directory), ["done/00000.json"])
            assert not [path for path in files(directory)
                        if "00001" in path and "names" not in path]


def test_a_second_signal_ends_it_at_once(directory):
    album(directory, 4)
    with Pictures() as served:
        process = held(directory, served, "--grace", "never")
        process.send_signal(signal.SIGINT)
        assert b"finishing the shard in hand" in process.stderr.readline()
        process.send_signal(signal.SIGTERM)
        same(finished(process)[0], 143)
        same(markers(directory), ["done/00000.json"])


def test_a_full_disk_ends_the_run(directory):
    """A limit on the size of files, in the place of a disk."""
    album(directory, 40)

    def limit():
        resource.setrlimit(resource.RLIMIT_FSIZE, (6000, 6000))
    said(shard(directory, "0/1", "in/000.png", out="small"), 0)
    text = said(shard(directory, "0/1", "in", size=30, preexec_fn=limit), 1)
    assert "File too large" in text or "ulimit" in text, text
    same([path for path in files(directory)
          if not path.startswith("manifest")], [])
    said(shard(directory, "0/1", "--resume", "in", size=30), 0)
    same(check(directory), (40, 40, 0, 0))


def tar(directory, name, members, mode="w"):
    """An archive of (name, bytes)."""
    path = os.path.join(directory, name)
    with tarfile.open(path, mode) as archive:
        for member, content in members:
            info = tarfile.TarInfo(member)
            info.size = len(content)
            archive.addfile(info, io.BytesIO(content))
    return path


def members(directory, out="out"):
    """The inputs of all rows, in order."""
    found = files(directory, out)
    return [line["input"] for path in sorted(found)
            if path.startswith("metadata/") for line in lines(found[path])]


def test_archives_are_shards_of_their_own(directory):
    """A plain one in parts that begin at any member, a packed one whole."""
    album(directory, 3)
    pictures = [(f"{i:02}.png", picture(i)) for i in range(10)]
    pictures.insert(5, ("05.json", b"{}"))
    tar(directory, "a.tar", pictures)
    tar(directory, "b.tar.gz", pictures[:3], "w:gz")
    said(run("embed", "-o", "all.npy", "in", "a.tar", "b.tar.gz", "in/000.png",
             cwd=directory), 0)
    words = ("in", "a.tar", "b.tar.gz", "in/000.png")
    said(shard(directory, "0/2", *words), 0)
    said(shard(directory, "1/2", *words), 0)
    found = files(directory)
    manifest = json.loads(found["manifest.json"])
    same([(told["first"], told["count"], told.get("archive"))
          for told in manifest["shards"]],
         [(0, 3, None), (3, 4, True), (7, 4, True), (11, 3, True),
          (14, None, True), (14, 1, None)])
    done = [json.loads(found[f"done/{i:05}.json"]) for i in range(6)]
    same([(told["inputs"], told["rows"], told["skipped"]) for told in done],
         [(3, 3, 0), (4, 4, 0), (4, 3, 1), (3, 3, 0), (3, 3, 0), (1, 1, 0)])
    same(members(directory),
         ["in/000.png", "in/001.png", "in/002.png"] +
         [f"a.tar/{i:02}.png" for i in range(10)] +
         [f"b.tar.gz/{i:02}.png" for i in range(3)] + ["in/000.png"])
    rows = b"".join(npy(os.path.join(
        directory, f"out/img_emb/img_emb_{i:05}.npy"))[2] for i in range(6))
    same(rows, npy(os.path.join(directory, "all.npy"))[2])
    row = lines(found["metadata/metadata_00002.jsonl"])[1]
    same((row["item"], row["archive"], row["member"], row["key"]),
         (2, "a.tar", "05.png", "05"))


def test_members_go_through_filters(directory):
    tar(directory, "a.tar", [(f"{kind}/{i}.png", picture(i))
                             for i in range(4) for kind in ("raw", "good")])
    said(shard(directory, "0/1", "--exclude", "raw/*", "a.tar"), 0,
         "embedded 4 images")
    same(members(directory), [f"a.tar/good/{i}.png" for i in range(4)])
    said(shard(directory, "0/1", "--resume", "--exclude", "raw/*", "a.tar"), 0,
         "0 now, 2 before")


def test_what_is_wrong_with_an_archive_is_an_error_of_it(directory):
    album(directory, 1)
    path = tar(directory, "cut.tar", [(f"{i}.png", picture(i))
                                      for i in range(6)])
    content = read(path)
    with open(path, "wb") as f:
        f.write(content[:len(content) // 2])
    put(directory, "none.tar", b"no archive at all, however long it is" * 99)
    said(shard(directory, "0/1", "in", "cut.tar", "none.tar", "gone.tar",
               "in"), 3)
    found = files(directory)
    errors = [(line["input"], line["error"]["code"]) for path in sorted(found)
              if path.startswith("errors/") for line in lines(found[path])]
    same(sorted(code for _, code in errors),
         ["archive", "archive_unsupported", "file_not_found"])
    same({os.path.basename(name) for name, _ in errors},
         {"cut.tar", "none.tar", "gone.tar"})
    inputs = members(directory)
    same(inputs[:2], ["in/000.png", "cut.tar/0.png"])
    same(inputs[-1], "in/000.png")
    said(shard(directory, "0/1", "--resume", "in", "cut.tar", "none.tar",
               "gone.tar", "in"), 3, "0 now")


def test_inputs_that_are_all_gone_are_no_results(directory):
    """As where their folder is not mounted on this machine."""
    album(directory, 10)
    path = os.path.join(directory, "in")
    os.rename(path, path + "-away")
    put(directory, "names", "".join(f"in/{i:03}.png\n"
                                    for i in range(10)).encode())
    said(shard(directory, "0/1", "--list", "names", size=10), 1,
         "none of its 10 inputs can be opened")
    same([name for name in files(directory) if not
          name.startswith("manifest")], [])
    os.rename(path + "-away", path)
    os.remove(os.path.join(path, "007.png"))
    said(shard(directory, "0/1", "--resume", "--list", "names", size=10), 3,
         "1 bad")


def test_an_archive_that_has_changed_fails(directory):
    path = tar(directory, "a.tar", [(f"{i}.png", picture(i))
                                    for i in range(6)])
    album(directory, 2)
    said(shard(directory, "0/2", "a.tar", "in"), 0)
    tar(directory, "a.tar", [(f"{i}.png", picture(i + 1)) for i in range(6)])
    os.utime(path, ns=(1, 1))
    text = said(shard(directory, "1/2", "a.tar", "in"), 1, "shard 1 failed",
                "a.tar", "1 failed")
    assert "done/00001.json" not in files(directory), text
    said(shard(directory, "0/2", "--resume", "a.tar", "in"), 0)


main([value for name, value in list(globals().items())
      if name.startswith("test_")])
