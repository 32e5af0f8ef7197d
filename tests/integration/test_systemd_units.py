#!/usr/bin/python3
"""The units that are shipped: systemd understands them, they expose little, and
the server and its workers can do their work within their system calls.

    test_systemd_units.py FOVEA MODEL_DIRECTORY UNIT_DIRECTORY
"""
import ctypes
import errno
import json
import os
import re
import shutil
import socket
import subprocess
import sys
import tarfile

import command
from broker import Broker
from command import Skip, picture, put, same
from serving import Server, is_error

UNITS = sys.argv[3]
MOST_EXPOSED = 15  # in tenths, of 100: what systemd-analyze calls OK ends at 41
SERVER, NODE = "fovea.service", "fovea-work@.service"
FAMILIES = (socket.AF_UNIX, socket.AF_INET, socket.AF_INET6)
MAX_FAMILY = 64  # of sockets; Linux has some 45


def analyze(*words):
    if not shutil.which("systemd-analyze"):
        raise Skip("systemd-analyze is missing")
    return subprocess.run(["systemd-analyze", *words], check=False,
                          stdin=subprocess.DEVNULL, stdout=subprocess.PIPE,
                          stderr=subprocess.STDOUT, timeout=command.TIMEOUT,
                          env={**os.environ, "LC_ALL": "C.UTF-8"})


def service(unit=SERVER):
    return command.read(os.path.join(UNITS, unit)).decode()


def settings(name, unit=SERVER):
    """Values of a setting, in order."""
    return re.findall(rf"^{name}=(.*)$", service(unit), re.MULTILINE)


def put_units(directory):
    """The units, services first, of the program that was built; gives their paths."""
    paths = []
    for unit in (SERVER, NODE):
        text = re.sub(r"^ExecStart=\S+/fovea ", f"ExecStart={command.FOVEA} ",
                      service(unit), flags=re.MULTILINE)
        assert command.FOVEA in text
        paths.append(put(directory, unit, text.encode()))
    return [*paths, put(directory, "fovea.socket", command.read(
        os.path.join(UNITS, "fovea.socket")))]


def test_systemd_understands_them(directory):
    result = analyze("verify", "--man=no", "--recursive-errors=no",
                     *put_units(directory))
    same((result.returncode, result.stdout), (0, b""))


def test_little_is_exposed(directory):
    for unit in put_units(directory)[:2]:
        result = analyze("security", "--offline=true",
                         f"--threshold={MOST_EXPOSED}", unit)
        text = result.stdout.decode("utf-8", "replace")
        assert result.returncode == 0, "\n".join(
            line for line in text.split("\n") if not line.startswith("\u2713"))
        assert "Overall exposure level" in text, text


def test_flags_of_the_unit_are_known(_):
    start, = settings("ExecStart")
    same(start.split()[1:], ["serve", "$FOVEA_FLAGS"])
    # What the comments tell people to write.
    result = command.run("serve", "--workers", "4", "--max-body", "32M",
                         "--no-url", "--api-key-file", "/x", "--help",
                         model=False)
    same(result.returncode, 0)
    for flag in re.findall(r"--[a-z]+(?:-[a-z]+)*", service()):
        assert flag.encode() in result.stdout, flag


def test_flags_of_the_unit_of_nodes_are_known(_):
    start, = settings("ExecStart", NODE)
    same(start.split()[1:], ["work", "%i", "$FOVEA_WORK_FLAGS"])
    said = command.run("work", "--help", model=False).stdout.decode()
    flags = re.findall(r"(?<![\w-])--[a-z]+(?:-[a-z]+)*", service(NODE))
    assert "--queue-nkey" in flags, flags
    for flag in flags:
        # Those of systemctl are none of fovea's.
        assert flag == "--now" or flag in said, flag
    # systemd waits longer than the node does.
    grace, = re.findall(r"--grace \((\d+)s\)", service(NODE))
    stop, = settings("TimeoutStopSec", NODE)
    assert int(grace) < int(stop.rstrip("s")), (grace, stop)


def groups():
    """Names in each of systemd's groups of system calls."""
    result = analyze("syscall-filter")
    found = {}
    for line in result.stdout.decode().split("\n"):
        word = line.strip()
        if line.startswith("@"):
            names = found.setdefault(word, [])
        elif word and not word.startswith("#"):
            names.append(word)
    return found


def expand(known, word):
    if not word.startswith("@"):
        return {word}
    return {name for entry in known[word] for name in expand(known, entry)}


def allowed_calls(unit=SERVER):
    """What SystemCallFilter= comes to; the first line allows."""
    known = groups()
    calls = expand(known, "@default")
    for value in settings("SystemCallFilter", unit):
        named = set()
        for word in value.lstrip("~").split():
            named |= expand(known, word)
        calls = calls - named if value.startswith("~") else calls | named
    return calls


def load_filter(calls, families):
    """Of this process: any other call ends it, another family of sockets is
    refused as systemd refuses it."""
    class Compare(ctypes.Structure):
        _fields_ = [("arg", ctypes.c_uint), ("op", ctypes.c_int),
                    ("a", ctypes.c_uint64), ("b", ctypes.c_uint64)]

    kill, allow, equal = 0x80000000, 0x7fff0000, 4
    refuse = 0x00050000 | errno.EAFNOSUPPORT
    library = ctypes.CDLL("libseccomp.so.2")
    library.seccomp_init.restype = ctypes.c_void_p
    library.seccomp_init.argtypes = [ctypes.c_uint32]
    context = ctypes.c_void_p(library.seccomp_init(kill))
    resolve = library.seccomp_syscall_resolve_name
    add = library.seccomp_rule_add_array
    add.argtypes = [ctypes.c_void_p, ctypes.c_uint32, ctypes.c_int,
                    ctypes.c_uint, ctypes.POINTER(Compare)]
    for name in sorted(calls - {"socket"}):
        number = resolve(name.encode())
        if number >= 0:
            add(context, allow, number, 0, None)
    for family in range(MAX_FAMILY):
        add(context, allow if family in families else refuse,
            resolve(b"socket"), 1,
            ctypes.byref(Compare(0, equal, family, 0)))
    if library.seccomp_load(context):
        os._exit(3)


def test_the_server_and_its_workers_need_no_other_call(_):
    calls = allowed_calls()
    assert {"seccomp", "openat", "execve"} <= calls
    assert not {"mount", "ptrace", "setuid", "bpf", "keyctl",
                "io_uring_setup"} & calls
    same(settings("RestrictAddressFamilies"), ["AF_UNIX AF_INET AF_INET6"])
    with Server() as server:
        server.upload(picture(1))
        # Another worker may be starting, which is not sealed yet.
        pool = server.get("/v1/pool").json
        if not any(worker["sandboxed"] for worker in pool["workers"]):
            raise Skip("workers of this build are not sealed")
    with Server("--allow-private-urls",
                preexec_fn=lambda: load_filter(calls, FAMILIES)) as server:
        same(server.upload(picture(1)).status, 200)
        pool = server.get("/v1/pool").json
        assert any(worker["sandboxed"] for worker in pool["workers"]), pool
        assert pool["memory"]["measured_bytes"] > 0, pool
        # A URL that is reached, by name, and has no image.
        url = f"http://localhost:{server.port}/livez"
        is_error(server.post({"input": url}), 415, "not_an_image")
        same(server.end(), 0)


def test_a_node_and_its_workers_need_no_other_call(directory):
    command.not_under_sanitizers("a sanitizer makes calls of its own")
    calls = allowed_calls(NODE)
    same(settings("RestrictAddressFamilies", NODE),
         ["AF_UNIX AF_INET AF_INET6"])
    put(directory, "pictures/1.png", picture(1))
    with tarfile.open(os.path.join(directory, "pictures.tar.gz"), "w:gz") as tar:
        tar.add(os.path.join(directory, "pictures/1.png"), "1.png")
    output = os.path.join(directory, "out")
    with Broker(os.path.join(directory, "broker")) as broker:
        queue = ("--queue", broker.url, "-o", output)
        result = command.run(
            "job", "create", "photos", "--model", command.MODEL, *queue,
            os.path.join(directory, "pictures"),
            os.path.join(directory, "pictures.tar.gz"), model=False)
        assert result.returncode == 0, result.stderr
        result = command.run(
            "work", "photos", "--model", command.MODEL, *queue, "--until-done",
            "--metrics", "127.0.0.1:0", model=False,
            preexec_fn=lambda: load_filter(calls, FAMILIES))
        assert result.returncode == 0, result.stderr
    rows = 0
    for name in os.listdir(os.path.join(output, "done")):
        done = json.loads(command.read(os.path.join(output, "done", name)))
        rows += done["rows"]
    same(rows, 2)


command.main([
    test_systemd_understands_them,
    test_little_is_exposed,
    test_flags_of_the_unit_are_known,
    test_flags_of_the_unit_of_nodes_are_known,
    test_the_server_and_its_workers_need_no_other_call,
    test_a_node_and_its_workers_need_no_other_call,
])
