#!/usr/bin/python3
"""What is shipped to run fovea on many machines: flags that it has, programs and
packages that are there, and no more rights than it needs.

    test_deployment.py FOVEA MODEL_DIRECTORY WORKER...
"""
import os
import re
import shutil
import signal
import subprocess
import sys

import command
from command import Skip, not_under_sanitizers, put, read, same, wait_until
from deployment import command_line, containers, copied, dockerfile, documents, \
    flags, folder, installed, pods, subcommand

PROGRAMS = [command.FOVEA, *sys.argv[3:]]
ROOT = os.environ["FOVEA_SOURCE_ROOT"]
MANIFESTS = folder(ROOT, "kubernetes")
COMPOSE = folder(ROOT, "compose.yaml")
ACCEPT = folder(ROOT, "accept_bad_items.sh")
SLURM = folder(ROOT, "slurm/fovea.sbatch")


def manifests():
    for name in sorted(os.listdir(MANIFESTS)):
        for document in documents(os.path.join(MANIFESTS, name)):
            yield name, document


def has_flags(words, where):
    """The command knows what it is called with."""
    result = command.run(*subcommand(words), "--help", model=False)
    same(result.returncode, 0)
    known = set(re.findall(r"--[a-z][a-z0-9-]*", result.stdout.decode()))
    for flag in flags(words):
        assert flag in known, (where, words, flag)


def test_flags_are_known(_):
    n = 0
    for name, document in manifests():
        for pod in pods(document):
            for container in containers(pod):
                words = command_line(container)
                if words:
                    has_flags(words, name)
                    n += 1
    assert n >= 4, n
    for name, service in documents(COMPOSE)[0]["services"].items():
        if service["image"].startswith("fovea:") and "command" in service:
            has_flags(["fovea", *service["command"]], name)
            n += 1
    assert n >= 5, n


def test_variables_are_known(_):
    table = command.run("serve", "--help", model=False).stdout.decode()
    for name in ("work", "job"):
        table += command.run(name, "--help", model=False).stdout.decode()
    for service in documents(COMPOSE)[0]["services"].values():
        if service["image"].startswith("fovea:"):
            for name in service.get("environment", {}):
                flag = name.replace("FOVEA_", "--", 1).replace("_", "-").lower()
                assert flag in table, name


def test_pods_name_what_there_is(_):
    n = 0
    for name, document in manifests():
        for pod in pods(document):
            volumes = {volume["name"] for volume in pod.get("volumes", [])}
            claims = document["spec"].get("volumeClaimTemplates", [])
            volumes |= {claim["metadata"]["name"] for claim in claims}
            for container in containers(pod):
                n += 1
                mounts = {mount["name"] for mount in container["volumeMounts"]}
                assert mounts <= volumes, (name, mounts - volumes)
                named = {entry["name"] for entry in container.get("env", [])}
                for word in container.get("args", []):
                    for variable in re.findall(r"\$\((\w+)\)", word):
                        assert variable in named, (name, variable)
                ports = {port["name"] for port in container.get("ports", [])}
                for probe in ("livenessProbe", "readinessProbe"):
                    for how in ("httpGet", "tcpSocket"):
                        port = container.get(probe, {}).get(how, {}).get("port")
                        assert port is None or port in ports, (name, port)
    assert n >= 5, n
    for name, document in manifests():
        selector = document["spec"].get("selector", {}).get("matchLabels")
        if selector:
            labels = document["spec"]["template"]["metadata"]["labels"]
            assert selector.items() <= labels.items(), (name, selector)


def test_pods_may_do_little(_):
    for name, document in manifests():
        for pod in pods(document):
            about = pod["securityContext"]
            assert about["runAsNonRoot"] and about["runAsUser"], name
            same(about["seccompProfile"], {"type": "RuntimeDefault"})
            same(pod["automountServiceAccountToken"], False)
            for container in containers(pod):
                own = container["securityContext"]
                same(own["allowPrivilegeEscalation"], False)
                same(own["readOnlyRootFilesystem"], True)
                same(own["capabilities"], {"drop": ["ALL"]})
                assert container["resources"]["limits"]["memory"], name


def test_shards_are_as_many_as_their_pods(_):
    job, = (document for name, document in manifests() if name == "shards.yaml")
    spec = job["spec"]
    same(spec["completionMode"], "Indexed")
    words = command_line(spec["template"]["spec"]["containers"][0])
    of, = (word for word in words if word.startswith("--shard="))
    same(of, f"--shard=auto/{spec['completions']}")
    # Kubernetes waits longer than fovea.
    grace, = (word for word in words if word.startswith("--grace="))
    patience = spec["template"]["spec"]["terminationGracePeriodSeconds"]
    assert int(re.search(r"\d+", grace)[0]) < patience


def test_the_image_has_what_the_programs_need(_):
    if not shutil.which("dpkg") or not shutil.which("readelf"):
        raise Skip("dpkg or readelf is missing")
    not_under_sanitizers("a sanitizer links libraries of its own")
    stages = dockerfile(folder(ROOT, "Dockerfile"))
    needed = set()
    for program in PROGRAMS:
        text = subprocess.run(["readelf", "-d", program], check=True,
                              stdout=subprocess.PIPE).stdout.decode()
        needed |= set(re.findall(r"\(NEEDED\).*\[(.*)\]", text))
    packages = set()
    for library in needed - {"libc.so.6", "libm.so.6", "ld-linux-x86-64.so.2"}:
        text = subprocess.run(["dpkg", "-S", f"*/x86_64-linux-gnu/{library}"],
                              check=False, stdout=subprocess.PIPE,
                              stderr=subprocess.DEVNULL).stdout.decode()
        found = re.match(r"[^:]+", text)
        if not found:
            raise Skip(f"no package of Debian has {library}")
        packages.add(found[0])
    same(set(installed(stages["fovea"])), packages | {"ca-certificates"})


def test_the_image_is_made_of_what_there_is(_):
    stages = dockerfile(folder(ROOT, "Dockerfile"))
    same(sorted(stages), ["broker", "build", "fovea"])
    for stage in stages.values():
        for path in copied(stage):
            assert os.path.exists(os.path.join(ROOT, path)), path
        for keyword, text in stage:
            if keyword == "RUN":
                same(subprocess.run(["sh", "-n", "-c", text],
                                    check=False).returncode, 0)
    for name in ("broker", "fovea"):
        assert ("USER", "65532:65532") in stages[name], name
    services = documents(COMPOSE)[0]["services"]
    for service in services.values():
        same(service["build"]["dockerfile"], "dist/Dockerfile")
        assert service["build"]["target"] in stages
        same(service["cap_drop"], ["ALL"])
        same(service["read_only"], True)


def run_accepting(*words):
    return subprocess.run([ACCEPT, *words], check=False,
                          timeout=command.TIMEOUT).returncode


def test_bad_items_are_accepted_and_nothing_else(directory):
    for status, becomes in ((0, 0), (3, 0), (1, 1), (2, 2), (130, 130)):
        same(run_accepting("sh", "-c", f"exit {status}"), becomes)
    # Words pass as they are.
    result = subprocess.run([ACCEPT, "printf", "%s|", "a b", "", "*"],
                            check=False, stdout=subprocess.PIPE)
    same(result.stdout, b"a b||*|")
    assert run_accepting(os.path.join(directory, "missing")) != 0


def test_sigterm_passes_on_and_is_waited_for(directory):
    said = os.path.join(directory, "said")
    go = os.path.join(directory, "go")
    os.mkfifo(go)
    # It is told to end, and ends when the test lets it, with its own status.
    program = put(directory, "program", f"""#!{sys.executable}
import os, signal
def end(*_):
    with open("{said}", "a") as f:
        f.write("told\\n")
    open("{go}").close()
    os._exit(143)
signal.signal(signal.SIGTERM, end)
with open("{said}", "w") as f:
    f.write("up\\n")
while True:
    signal.pause()
""".encode())
    os.chmod(program, 0o755)
    process = subprocess.Popen([ACCEPT, program])
    wait_until(lambda: os.path.exists(said) and read(said) == b"up\n", "it")
    process.send_signal(signal.SIGTERM)
    wait_until(lambda: b"told" in read(said), "its signal")
    same(process.poll(), None)
    with open(go, "w", encoding="ascii"):
        pass
    same(process.wait(command.TIMEOUT), 143)


def array(directory, index, n, *words):
    """A task of the array, as Slurm runs it: srun runs what follows its flags."""
    if not shutil.which("bash"):
        raise Skip("bash is missing")
    programs = os.path.join(directory, "bin")
    if not os.path.isdir(programs):
        put(directory, "bin/srun", b"""#!/bin/sh
while case ${1-} in --*) true ;; *) false ;; esac; do shift; done
SLURM_PROCID=0 SLURM_NTASKS=1 exec "$@"
""")
        os.chmod(os.path.join(programs, "srun"), 0o755)
        os.symlink(command.FOVEA, os.path.join(programs, "fovea"))
    return subprocess.run(
        ["bash", SLURM, *words], check=False, timeout=command.TIMEOUT,
        stdin=subprocess.DEVNULL, stdout=subprocess.PIPE,
        stderr=subprocess.PIPE, env=command.environment(
            PATH=programs + os.pathsep + os.environ["PATH"],
            SLURM_ARRAY_TASK_ID=str(index), SLURM_ARRAY_TASK_MIN="0",
            SLURM_ARRAY_TASK_MAX=str(n - 1), SLURM_ARRAY_TASK_STEP="1",
            SLURM_ARRAY_TASK_COUNT=str(n), SLURM_ARRAY_JOB_ID="7",
            SLURM_JOB_ID=str(8 + index)))


def test_an_array_of_slurm_does_all_shards(directory):
    for i in range(6):
        put(directory, f"pictures/{i}.png", command.picture(i + 1))
    output = os.path.join(directory, "out")
    words = ("-m", command.MODEL, "--shard-size", "2",
             os.path.join(directory, "pictures"),
             os.path.join(directory, "missing.png"), output)
    for i in range(3):
        result = array(directory, i, 3, *words)
        same((result.returncode, result.stdout), (0, b""))
    # 7 inputs in 4 shards; the one that is missing is an error, not a failure.
    same(sorted(os.listdir(os.path.join(output, "done"))),
         [f"{i:05}.json" for i in range(4)])
    # Again: nothing is left to do.
    same(array(directory, 0, 1, *words).returncode, 0)
    same(array(directory, 0, 1, output).returncode, 2)


command.main([
    test_flags_are_known,
    test_variables_are_known,
    test_pods_name_what_there_is,
    test_pods_may_do_little,
    test_shards_are_as_many_as_their_pods,
    test_the_image_has_what_the_programs_need,
    test_the_image_is_made_of_what_there_is,
    test_bad_items_are_accepted_and_nothing_else,
    test_sigterm_passes_on_and_is_waited_for,
    test_an_array_of_slurm_does_all_shards,
])
