#!/usr/bin/env python3
"""Archives as inputs: their pictures, their damage, and what is hostile in them."""
import os
import signal
import subprocess
import tarfile

from archives import END, gz, header, padded, tar, zst
from command import (environment, lines, main, npy, picture, png, put, read, run,
                     said, same, start, wait_until)

PICTURES = [picture(seed) for seed in range(6)]
NAMES = [f"d{seed % 2}/{seed:04}.png" for seed in range(6)]
MEMBERS = list(zip(NAMES, PICTURES))


def vectors(directory):
    """What the pictures have as files."""
    paths = [put(directory, f"files/{name}", content)
             for name, content in MEMBERS]
    return [line["embedding"] for line in lines(run("embed", *paths).stdout)]


def embedded(directory, name, content, *flags, **options):
    """Lines of an archive, and the result of the run."""
    path = put(directory, name, content)
    result = run("embed", *flags, path, **options)
    return lines(result.stdout), result


def test_members_are_what_files_are(directory):
    expected = vectors(directory)
    plain = tar(MEMBERS)
    for name, content in (("a.tar", plain), ("b.tar.gz", gz(plain)),
                          ("b.TGZ", gz(plain)), ("c.tar.zst", zst(plain)),
                          ("c.tzst", zst(plain)),
                          ("gnu.tar", tar(MEMBERS, tarfile.GNU_FORMAT)),
                          ("pax.tar", tar(MEMBERS, tarfile.PAX_FORMAT,
                                          pax_headers={"comment": "x"})),
                          ("late.tar.gz", gz(plain[:5000]) + gz(plain[5000:]))):
        found, result = embedded(directory, name, content)
        said(result, 0)
        same([line["embedding"] for line in found], expected)
        same([line["input"] for line in found],
             [f"{directory}/{name}/{member}" for member in NAMES])


def test_a_line_says_where_it_stands(directory):
    long = "n" * 90 + "/" + "m" * 200 + ".seg.png"
    found, result = embedded(directory, "a.tar", tar(
        [("v1.0/0001.tar.jpg", PICTURES[0]), (long, PICTURES[1])],
        tarfile.PAX_FORMAT))
    said(result, 0)
    path = os.path.join(directory, "a.tar")
    same([(line["archive"], line["member"], line["key"]) for line in found],
         [(path, "v1.0/0001.tar.jpg", "v1.0/0001"), (path, long, long[:-8])])


def test_names_keep_their_bytes(directory):
    names = ["\u00fc.png", "u\u0308.png", "\udcff\udcfe.png"]
    for make in (tarfile.USTAR_FORMAT, tarfile.GNU_FORMAT, tarfile.PAX_FORMAT):
        found, result = embedded(directory, f"{make}.tar", tar(
            [(name, PICTURES[0]) for name in names], make,
            encoding="utf-8", errors="surrogateescape"))
        said(result, 0)
        if make == tarfile.PAX_FORMAT:  # UTF-8, and libarchive composes it
            same([line["member"] for line in found[:2]], names[:1] * 2)
            continue
        same([line["member"] for line in found[:2]], names[:2])
        same(found[2]["member_hex"], "fffe2e706e67")
        same(found[2]["key_hex"], "fffe")


def test_a_name_leads_nowhere(directory):
    found, result = embedded(directory, "a.tar", tar(
        [("/etc/0.png", PICTURES[0]), ("../../1.png", PICTURES[1]),
         ("./a/./2.png", PICTURES[2]), ("b\n\x1b[31m.png", PICTURES[3])]))
    said(result, 0)
    same([line["member"] for line in found],
         ["etc/0.png", "1.png", "a/2.png", "b\n\x1b[31m.png"])


def test_a_name_too_long_costs_itself(directory):
    found, result = embedded(directory, "a.tar", tar(
        [("x" * 5000 + ".png", PICTURES[0]), MEMBERS[1]], tarfile.GNU_FORMAT))
    said(result, 3)
    same(found[0]["error"], {"code": "archive_unsupported", "message":
                             "its name has more than 4096 bytes"})
    same(found[0]["member"], "x" * 4096)
    assert "embedding" in found[1]


def test_what_is_no_picture_is_skipped(directory):
    found, result = embedded(directory, "a.tar", tar([
        ("d", {"type": tarfile.DIRTYPE}),
        ("d/a.json", b"{}"), ("d/empty.png", b""), MEMBERS[0],
        ("link.png", {"type": tarfile.SYMTYPE, "linkname": NAMES[0]}),
        ("hard.png", {"type": tarfile.LNKTYPE, "linkname": NAMES[0]}),
        ("tty", {"type": tarfile.CHRTYPE, "devmajor": 5}),
        ("pipe", {"type": tarfile.FIFOTYPE}), ("x.npy", b"\x93NUMPY\1\0" * 999),
    ]), "-v")
    same([line["member"] for line in found], [NAMES[0]])
    said(result, 0, "7 skipped", "link.png: not an image but a link",
         "hard.png: not an image but a link", "pipe: not an image but no file",
         "empty.png: the input is empty", "d/a.json")


def test_files_with_holes_are_skipped(directory):
    sparse = tar([("s.png", PICTURES[0])], tarfile.PAX_FORMAT)
    info = tarfile.TarInfo("s.png")
    info.pax_headers = {"GNU.sparse.major": "0", "GNU.sparse.minor": "1",
                        "GNU.sparse.size": "9000", "GNU.sparse.numblocks": "1",
                        "GNU.sparse.map": "4000,512"}
    info.size = 512
    sparse = info.tobuf(tarfile.PAX_FORMAT) + padded(PICTURES[0][:512])
    found, result = embedded(directory, "a.tar", sparse + tar(MEMBERS[:1]), "-v")
    said(result, 0, "a file with holes", "1 skipped")
    same(len(found), 1)


def test_filters_are_about_members(directory):
    found, result = embedded(directory, "a.tar", tar(
        MEMBERS + [("d0/a.txt", b"words")]), "--include=000[1-4].*",
        "--exclude=d1/*")
    said(result, 0)
    same([line["member"] for line in found], [NAMES[2], NAMES[4]])


def test_archives_are_found_and_listed(directory):
    put(directory, "in/a/x.tar", tar(MEMBERS[:2]))
    put(directory, "in/a/y.png", PICTURES[2])
    put(directory, "in/b.tgz", gz(tar(MEMBERS[3:])))
    folder = os.path.join(directory, "in")
    expected = ([f"{folder}/a/x.tar/{name}" for name in NAMES[:2]]
                + [f"{folder}/a/y.png"]
                + [f"{folder}/b.tgz/{name}" for name in NAMES[3:]])
    result = run("embed", folder)
    said(result, 0)
    same([line["input"] for line in lines(result.stdout)], expected)
    result = run("embed", "-", input=f"{folder}\n{folder}/b.tgz\n".encode())
    said(result, 0)
    same([line["input"] for line in lines(result.stdout)],
         expected + expected[3:])


def test_every_command_takes_them(directory):
    path = put(directory, "a.tar", tar(MEMBERS))
    one = put(directory, "one.png", PICTURES[4])
    said(run("embed", "-o", os.path.join(directory, "e.npy"), path), 0)
    kind, shape, rows = npy(os.path.join(directory, "e.npy"))
    same(shape[0], 6)
    result = run("similar", "--json", "-n1", one, path)
    said(result, 0)
    same(lines(result.stdout)[0]["input"], f"{path}/{NAMES[4]}")
    said(run("preprocess", "-o", os.path.join(directory, "p.npy"), path), 0)
    same(npy(os.path.join(directory, "p.npy"))[1][0], 6)
    # What was written is known again as fovea's.
    said(run("embed", "-o", os.path.join(directory, "e.npy"), path), 0)
    same(npy(os.path.join(directory, "e.npy")), (kind, shape, rows))


def test_results_never_replace_an_archive(directory):
    path = put(directory, "a.tar", tar(MEMBERS))
    os.symlink("a.tar", os.path.join(directory, "e.jsonl"))
    os.link(path, os.path.join(directory, "f.jsonl"))
    for name in ("e.jsonl", "f.jsonl"):
        result = run("embed", "--overwrite", "-o",
                     os.path.join(directory, name), path)
        said(result, 2, "which the results would replace")
    same(read(path), tar(MEMBERS))


def broken(directory, content, code, part, good=2, name="a.tar", flags=(),
           env=None):
    """An archive with damage behind some pictures, and another input."""
    other = put(directory, "other.png", PICTURES[5])
    path = put(directory, name, content)
    options = {"env": env} if env else {}
    result = run("embed", *flags, path, other, **options)
    said(result, 3)
    found = lines(result.stdout)
    same([line.get("member") for line in found],
         NAMES[:good] + [None] * (len(found) - good))
    same(len(found), good + 2)
    same(found[good]["input"], path)
    same(found[good]["archive"], path)
    same(found[good]["error"]["code"], code)
    message = found[good]["error"]["message"]
    assert part in message, (part, message)
    assert "embedding" in found[good + 1], found[good + 1]
    return message


def test_what_comes_before_damage_stays(directory):
    two = padded(tar(MEMBERS[:2]).rstrip(b"\0"))
    at = len(two)
    three = padded(tar(MEMBERS[:3]).rstrip(b"\0"))
    broken(directory, three[:at + 900], "archive", "behind 2 members")
    broken(directory, three[:at + 100], "archive", "behind 2 members")
    message = broken(directory, two, "archive", "cut short")
    assert f"behind 2 members, at byte {at}: " in message, message
    broken(directory, two + b"\x01" * 512 + three, "archive", "Damaged")
    broken(directory, two + header("x", 1 << 62) + b"x", "archive", "")
    packed = gz(three)
    broken(directory, packed[:-30], "archive", "truncated gzip", 0, "a.tgz")
    broken(directory, zst(three)[:-30], "archive", "", 0, "a.tar.zst")


def test_what_is_none_says_so(directory):
    for name, content in (("a.tar", b"words " * 999), ("b.tar", b""),
                          ("c.tar", b"PK\3\4" + bytes(999)),
                          ("d.tar.gz", gz(b"words " * 999)),
                          ("e.tar", b"\xfd7zXZ\0" + bytes(99)),
                          ("f.tar", b"BZh9" + bytes(99)),
                          ("g.tar", PICTURES[0])):
        broken(directory, content, "archive_unsupported", "no tar archive", 0,
               name)


def test_files_that_are_not_there(directory):
    path = os.path.join(directory, "a.tar")
    result = run("embed", path, put(directory, "b.png", PICTURES[0]))
    said(result, 3)
    same(lines(result.stdout)[0]["error"]["code"], "file_not_found")
    os.mkfifo(path)
    result = run("embed", path, os.path.join(directory, "b.png"))
    same(lines(result.stdout)[0]["error"]["code"], "not_a_file")


def test_bombs(directory):
    zeros = gz(header("zeros.bin", 1 << 30) + bytes(1 << 30) + END)
    assert len(zeros) < 1 << 23
    broken(directory, zeros, "archive_too_costly", "(--max-archive-expansion)",
           0, "a.tar.gz")
    empties = gz(header("e", 0) * 3000 + END)
    broken(directory, padded(tar(MEMBERS[:2]).rstrip(b"\0"))
           + header("e", 0) * 300 + END, "archive_too_costly",
           "(--max-archive-members)", flags=["--max-archive-members=2"])
    found, result = embedded(directory, "e.tar.gz", empties)
    said(result, 1, "3000 skipped")
    same(found, [])


def test_pax_headers_of_megabytes(directory):
    for size in (1 << 20, 64 << 20):
        record = b"comment=" + b"x" * size + b"\n"
        record = b"%d " % (len(record) + 9) + record
        content = (header("h", len(record), b"x") + padded(record)
                   + tar(MEMBERS[:1]))
        found, result = embedded(directory, "a.tar", content)
        assert result.returncode in (0, 3), result.stderr
        same(len(found), 1)
        assert "embedding" in found[0] or found[0]["error"]["code"] == "archive"


def test_a_member_larger_than_the_limit(directory):
    large = png(200, 200, lambda x, y: (x * y % 251, x % 256, y * 7 % 256))
    limit = len(PICTURES[0]) + 2000
    assert len(large) > limit
    found, result = embedded(directory, "a.tar", tar(
        MEMBERS[:1] + [("large.png", large), ("large.txt", b"w" * 99999)]
        + MEMBERS[1:2]), f"--max-bytes={limit}")
    said(result, 3, "1 skipped")
    same([line["member"] for line in found], [NAMES[0], "large.png", NAMES[1]])
    same(found[1]["error"]["code"], "image_too_many_bytes")
    assert "(--max-bytes, fovea_limits.max_bytes)" in found[1]["error"]["message"]


def test_what_is_passed_over_is_not_read(directory):
    """A member of many gigabytes, which the file system knows as a hole."""
    path = os.path.join(directory, "a.tar")
    with open(path, "wb") as file:
        file.write(header("zeros.bin", 200 << 30))
        file.seek(200 << 30, os.SEEK_CUR)
        file.write(tar(MEMBERS[:2]))
    result = run("embed", path)
    said(result, 0, "1 skipped")
    same([line["member"] for line in lines(result.stdout)], NAMES[:2])


def test_millions_of_members(directory):
    """Empty ones, in a file that the file system knows as a few blocks."""
    n = 200000
    content = gz(header("e", 0) * n + tar(MEMBERS[:1]))
    found, result = embedded(directory, "a.tgz", content,
                             "--max-archive-expansion=1000")
    said(result, 0, f"{n} skipped")
    same(len(found), 1)


def children(pid):
    found = []
    for task in os.listdir(f"/proc/{pid}/task"):
        with open(f"/proc/{pid}/task/{task}/children", encoding="ascii") as file:
            found += map(int, file.read().split())
    return found


def is_unpacker(pid):
    try:
        with open(f"/proc/{pid}/comm", encoding="ascii") as file:
            return file.read() == "fovea-unpacker\n"
    except OSError:
        return False


def test_it_ends_with_its_host(directory):
    """Whose list is held: the archive is open, and nobody reads it on."""
    path = put(directory, "a.tar", tar(MEMBERS * 2000))
    process = start("embed", path, stdout=subprocess.PIPE,
                    stderr=subprocess.DEVNULL)
    process.stdout.readline()
    process.send_signal(signal.SIGSTOP)
    found = [pid for pid in children(process.pid) if is_unpacker(pid)]
    same(len(found), 1)
    process.kill()
    process.wait()
    wait_until(lambda: not is_unpacker(found[0]), "the unpacker's end")


def fake(directory, name, *commands):
    """A program in the place of the one that reads archives."""
    path = put(directory, name, "\n".join(("#!/bin/sh", *commands)).encode())
    os.chmod(path, 0o755)
    return environment(FOVEA_UNPACKER=path)


def test_the_process_that_reads_may_end_as_it_likes(directory):
    plain = tar(MEMBERS)
    for commands, code, part in (
            (["kill -SEGV $$"], "archive", "signal 11"),
            (["kill -SYS $$"], "archive", "system call"),
            (["kill -KILL $$"], "worker_killed", "from outside"),
            (["exit 1"], "archive", "exit status 1"),
            (["exit 0"], "archive", "exit status 0"),
            (["exec >&-", "exec sleep 999"], "archive", "said no more"),
            (["echo this is nonsense", "exec sleep 999"], "archive",
             "makes no sense"),
            (["cat"], "archive", "makes no sense")):
        env = fake(directory, "fake", *commands)
        broken(directory, plain, code, part, 0, env=env)


def test_a_process_that_hangs_is_killed(directory):
    ready = "printf 'FVUP\\1\\0\\0\\0\\1\\0\\0\\0\\1'"
    for commands in ([ready, "exec sleep 999"], ["exec sleep 999"]):
        env = fake(directory, "fake", *commands)
        broken(directory, tar(MEMBERS), "archive_too_costly",
               "(--archive-time)", 0, env=env,
               flags=["--archive-time=300ms"])


def test_a_program_that_is_not_there(directory):
    env = environment(FOVEA_UNPACKER=os.path.join(directory, "none"))
    broken(directory, tar(MEMBERS), "worker_start", "program for archives", 0,
           env=env)


if __name__ == "__main__":
    main([
        test_members_are_what_files_are,
        test_a_line_says_where_it_stands,
        test_names_keep_their_bytes,
        test_a_name_leads_nowhere,
        test_a_name_too_long_costs_itself,
        test_what_is_no_picture_is_skipped,
        test_files_with_holes_are_skipped,
        test_filters_are_about_members,
        test_archives_are_found_and_listed,
        test_every_command_takes_them,
        test_results_never_replace_an_archive,
        test_what_comes_before_damage_stays,
        test_what_is_none_says_so,
        test_files_that_are_not_there,
        test_bombs,
        test_pax_headers_of_megabytes,
        test_a_member_larger_than_the_limit,
        test_what_is_passed_over_is_not_read,
        test_millions_of_members,
        test_it_ends_with_its_host,
        test_the_process_that_reads_may_end_as_it_likes,
        test_a_process_that_hangs_is_killed,
        test_a_program_that_is_not_there,
    ])
