"""What the small object store does wrong: to requests for some keys, or to some of
all by chance. Standard library only."""
import fnmatch
import hashlib

# What answers what: without doing what was asked.
ERRORS = {"403": "AccessDenied", "404": "NoSuchKey",
          "409": "ConditionalRequestConflict", "412": "PreconditionFailed",
          "429": "TooManyRequests", "500": "InternalError", "503": "SlowDown"}
# And the other kinds of trouble.
TROUBLES = {
    "closed": "closes the connection, and does nothing",
    "lost": "does it, and closes the connection without an answer",
    "half": "breaks the answer off in the middle of its body, or of its first line",
    "spoiled": "changes the last byte of the body",
    "unconditional": "does not look at conditions",
    "held": "answers when it is told to (release())",
    "stalled": "sends half of the body, and the rest when it is told to",
}


class Fault:
    """What happens to requests for keys ("bucket/key") like a pattern."""

    def __init__(self, kind, key="*", method="*", times=1, after=0, **headers):
        assert kind in ERRORS or kind in TROUBLES, kind
        self.kind, self.key, self.method = kind, key, method
        self.times, self.after = times, after
        self.headers = {name.replace("_", "-"): str(value)
                        for name, value in headers.items()}

    def strikes(self, request):
        if self.times <= 0 or not fnmatch.fnmatchcase(
                f"{request.bucket}/{request.key}", self.key) or \
                not fnmatch.fnmatchcase(request.method, self.method):
            return False
        if self.after > 0:
            self.after -= 1
            return False
        self.times -= 1
        return True


class Chance:
    """Trouble of some kinds for one request in so many. What happens to the n-th
    request of a kind for a key depends on the seed alone."""

    def __init__(self, seed, share, kinds):
        self.seed, self.share, self.kinds = seed, share, list(kinds)
        self.seen = {}

    def pick(self, request):
        what = (request.method, request.bucket, request.key)
        nth = self.seen[what] = self.seen.get(what, -1) + 1
        draw = hashlib.sha256(f"{self.seed} {what} {nth}".encode()).digest()
        if int.from_bytes(draw[:4], "big") >= self.share * 2 ** 32:
            return None
        return Fault(self.kinds[draw[4] % len(self.kinds)])
