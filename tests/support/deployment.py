"""What is shipped to run fovea elsewhere, read as its readers read it."""
import os
import re
import shlex

from command import Skip, read

try:
    import yaml
except ImportError:
    yaml = None

FLAG = re.compile(r"^--[a-z][a-z0-9-]*")


def documents(path):
    """Of a file of YAML."""
    if yaml is None:
        raise Skip("python3-yaml is missing")
    return list(yaml.safe_load_all(read(path)))


def pods(document):
    """Of one of Kubernetes' objects: its templates of pods."""
    if isinstance(document, dict):
        if "containers" in document:
            yield document
        for value in document.values():
            yield from pods(value)
    elif isinstance(document, list):
        for value in document:
            yield from pods(value)


def containers(pod):
    return pod.get("initContainers", []) + pod["containers"]


def command_line(container):
    """What is run in it, from `fovea` on; None: another program."""
    words = container.get("command", []) + container.get("args", [])
    if container["image"].startswith("fovea:"):
        return ["fovea"] + words if "command" not in container \
            else words[words.index("fovea"):]
    return None


def flags(words):
    return [FLAG.match(word)[0] for word in words if FLAG.match(word)]


def subcommand(words):
    """Words that say which help is meant: `job`, `create`."""
    assert words[0] == "fovea", words
    return words[1:3] if words[1] == "job" else words[1:2]


def dockerfile(path):
    """Of each stage, its instructions: {stage: [(KEYWORD, text)]}."""
    text = re.sub(r"^#.*\n", "", read(path).decode(), flags=re.MULTILINE)
    stages, current = {}, None
    for line in text.replace("\\\n", " ").split("\n"):
        if line.strip():
            keyword, rest = line.split(None, 1)
            if keyword == "FROM":
                current = stages.setdefault(rest.split()[-1], [])
            current.append((keyword, rest))
    return stages


def installed(stage):
    """Packages that a stage's apt-get install names."""
    found = []
    for keyword, text in stage:
        if keyword == "RUN" and "apt-get install" in text:
            words = shlex.split(text.split("apt-get install", 1)[1]
                                .split("&&")[0])
            found += [word for word in words if not word.startswith("-")]
    return found


def copied(stage):
    """Paths of the repository that a stage copies."""
    return [word for keyword, text in stage if keyword == "COPY"
            if "--from" not in text for word in text.split()[:-1]]


def folder(root, name):
    return os.path.join(root, "dist", name)
