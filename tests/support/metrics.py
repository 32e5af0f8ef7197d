"""Text that Prometheus reads: families and samples, checked to the last character."""
import re

from command import same

SAMPLE = re.compile(r'([a-zA-Z_:][a-zA-Z0-9_:]*)(?:\{(.*)\})? (\S+)')
LABEL = re.compile(r'([a-zA-Z_][a-zA-Z0-9_]*)="((?:[^"\\\n]|\\["\\n])*)"(?:,|$)')
PARTS = ("_bucket", "_sum", "_count")


def labels_of(text):
    """Pairs of a sample, whose form must be right to the last character."""
    found = []
    while text:
        match = LABEL.match(text)
        assert match, text
        found.append((match[1], re.sub(r"\\(.)", lambda m: {
            "n": "\n"}.get(m[1], m[1]), match[2])))
        text = text[match.end():]
    names = [name for name, _ in found]
    same(len(names), len(set(names)))
    return tuple(sorted(found))


class Metrics:
    """Families and samples of a text; asserts that it is well-formed."""

    def __init__(self, body):
        text = body.decode("utf-8")
        assert text.endswith("\n")
        self.types = {}
        self.samples = {}
        helped = set()
        family = None
        for line in text.split("\n")[:-1]:
            kind = re.fullmatch(r"# (HELP|TYPE) (\S+) (.+)", line)
            if kind and kind[1] == "HELP":
                assert kind[2] not in helped, line
                helped.add(kind[2])
                family = kind[2]
            elif kind:
                same(kind[2], family)  # behind its HELP
                assert kind[2] not in self.types, line
                assert kind[3] in ("counter", "gauge", "histogram"), line
                self.types[kind[2]] = kind[3]
            else:
                self.add(line, family)
        same(helped, set(self.types))
        for name, kind in self.types.items():
            assert name.startswith("fovea_"), name
            same((name, name.endswith("_total")), (name, kind == "counter"))
            if kind == "histogram":
                self.check_histogram(name)

    def add(self, line, family):
        match = SAMPLE.fullmatch(line)
        assert match, line
        name = match[1]
        base = name
        if self.types[family] == "histogram":
            ending, = (part for part in PARTS if name == family + part)
            base = name.removesuffix(ending)
        same(base, family)  # all of a family stand together
        key = (name, labels_of(match[2] or ""))
        assert key not in self.samples, line
        self.samples[key] = float(match[3])
        assert self.samples[key] >= 0, line

    def check_histogram(self, name):
        series = {}
        for (sample, labels), value in self.samples.items():
            if sample == name + "_bucket":
                le = dict(labels)["le"]
                rest = tuple(pair for pair in labels if pair[0] != "le")
                series.setdefault(rest, []).append((float(le), value))
        for rest, buckets in series.items():
            bounds = [bound for bound, _ in buckets]
            counts = [count for _, count in buckets]
            same(bounds, sorted(set(bounds)))
            same(bounds[-1], float("inf"))
            same(counts, sorted(counts))
            same(self.samples[(name + "_count", rest)], counts[-1])
            assert (name + "_sum", rest) in self.samples, name

    def get(self, name, **labels):
        return self.samples.get((name, tuple(sorted(labels.items()))), 0)
