"""A handle of a queue in a process of its own (queue_tool.c), and its calls."""
import os
import subprocess
import sys

import command

TOOL = os.path.abspath(sys.argv[3])
TAG = "ab" * 32


class Tool:
    """A handle of a queue in a process of its own (queue_tool.c)."""

    def __init__(self, url, job="j", *flags):
        self.process = subprocess.Popen(
            [TOOL, url, job, *flags], stdin=subprocess.PIPE,
            stdout=subprocess.PIPE, env=command.environment(), text=True)
        self.opened = self.process.stdout.readline().rstrip("\n")

    def __enter__(self):
        return self

    def __exit__(self, *_):
        self.end()

    def say(self, line):
        self.process.stdin.write(line + "\n")
        self.process.stdin.flush()
        return self.process.stdout.readline().rstrip("\n")

    def ok(self, line):
        answer = self.say(line)
        assert answer.split(" ")[0] == "ok", (line, answer)
        return answer.split(" ")[1:]

    def refused(self, line, status):
        answer = self.say(line)
        assert answer.split(" ")[0] == status, (line, answer)
        return answer

    def fetch(self):
        """Number of the delivery, shard, how often it was handed out, text."""
        answer = self.ok(f"fetch {command.TIMEOUT * 1000}")
        return int(answer[0]), int(answer[1]), int(answer[2]), answer[4]

    def publish(self, shards):
        for shard in shards:
            self.ok(f"publish {shard} message-{shard}")
        return [int(n) for n in self.ok("end")]

    def counts(self):
        return [int(n) for n in self.ok("count")]

    def end(self):
        self.process.stdin.close()
        self.process.wait(command.TIMEOUT)
        self.process.stdout.close()

    def kill(self):
        self.process.kill()
        self.end()
