"""A network for the nodes of a test: each in a namespace of its own, linked to the
one of the test by a bridge, where the kernel allows that to this process; else all
have the loopback device, and an address of it each. Nothing is left of it when
the test ends, however it ends: namespaces go with the processes that hold them."""
import ctypes
import os
import shutil
import subprocess

import command
from command import wait_until

CLONE_NEWNET = 0x40000000
PREFIX = "10.77.0"
BRIDGE = "fovea0"


def ip(*words, starter=()):
    subprocess.run([*starter, "ip", *words], check=True,
                   timeout=command.TIMEOUT, stdin=subprocess.DEVNULL)


def enter():
    """This process, from here on, in a network of its own with a bridge; False: the
    kernel does not allow it, or a program is missing."""
    if not all(shutil.which(name) for name in ("ip", "unshare", "nsenter")):
        return False
    if ctypes.CDLL(None, use_errno=True).unshare(CLONE_NEWNET) != 0:
        return False
    try:
        ip("link", "set", "lo", "up")
        ip("link", "add", BRIDGE, "type", "bridge")
        ip("addr", "add", f"{PREFIX}.1/24", "dev", BRIDGE)
        ip("link", "set", BRIDGE, "up")
    except subprocess.CalledProcessError:
        ip("link", "set", "lo", "up")
        return False
    return True


class Place:
    """Where a node runs: the words that start a program there, and its address."""

    def __init__(self, number, has_namespaces):
        self.number = number
        self.holder = None
        self.starter = []
        self.address = f"127.0.0.{10 + number}"
        self.link = f"fovea-n{number}"
        if has_namespaces:
            self.make()

    def make(self):
        self.address = f"{PREFIX}.{10 + self.number}"
        # Ends when its input does, which is when this process has ended.
        self.holder = subprocess.Popen(["unshare", "-n", "cat"],
                                       stdin=subprocess.PIPE,
                                       stdout=subprocess.DEVNULL)
        pid = str(self.holder.pid)
        own = os.readlink("/proc/self/ns/net")
        wait_until(lambda: os.readlink(f"/proc/{pid}/ns/net") != own,
                   "a namespace")
        self.starter = ["nsenter", "-t", pid, "-n", "--"]
        ip("link", "add", self.link, "type", "veth", "peer", "name", "eth0",
           "netns", pid)
        ip("link", "set", self.link, "master", BRIDGE, "up")
        for words in (("addr", "add", f"{self.address}/24", "dev", "eth0"),
                      ("link", "set", "eth0", "up"), ("link", "set", "lo", "up")):
            ip(*words, starter=self.starter)

    def cut(self):
        """Nothing goes through from here on; False: that is not for us to do."""
        if self.holder:
            ip("link", "set", self.link, "down")
        return self.holder is not None

    def mend(self):
        if self.holder:
            ip("link", "set", self.link, "up")

    def close(self):
        if self.holder:
            self.holder.stdin.close()
            self.holder.wait(command.TIMEOUT)
            self.holder = None


class Networks:
    """So many places, and the address of what they all reach."""

    def __init__(self, count, apart=True):
        self.has_namespaces = apart and enter()
        self.address = f"{PREFIX}.1" if self.has_namespaces else "127.0.0.1"
        self.places = [Place(i, self.has_namespaces) for i in range(count)]

    def __enter__(self):
        return self

    def __exit__(self, *_):
        for place in self.places:
            place.close()
