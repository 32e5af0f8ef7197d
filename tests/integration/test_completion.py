#!/usr/bin/python3
"""What shells complete: bash is asked as it asks itself; what is made for zsh and
fish is read by them where they are installed. And every row of the table is a
flag that its command takes.

    test_completion.py FOVEA MODEL_DIRECTORY PRINT_OPTIONS COMPLETIONS
"""
import json
import os
import shutil
import subprocess
import sys

from command import FOVEA, Skip, environment, main, put, run, same

TOOL, FOLDER = (os.path.abspath(path) for path in sys.argv[3:5])
TABLE = json.loads(subprocess.run([TOOL], check=True,
                                  stdout=subprocess.PIPE).stdout)
BUNDLED = {"fovea/near-duplicate", "fovea/near-duplicate-small"}
SAMPLES = {"number": "8", "bytes": "8", "pixels": "8", "time": "8",
           "text": "a", "texts": "a", "memory": "8%"}


def complete(directory, *words):
    """The words that bash offers for the last one."""
    quoted = " ".join(f"'{word}'" for word in words)
    script = (f"source {FOLDER}/fovea\n"
              f"COMP_WORDS=(fovea {quoted})\n"
              f"COMP_CWORD={len(words)}\n"
              "_fovea\n"
              'printf "%s\\n" "${COMPREPLY[@]}"\n')
    path = os.path.dirname(FOVEA) + ":" + os.environ["PATH"]
    result = subprocess.run(["bash", "--norc", "-c", script], cwd=directory,
                            env=environment(PATH=path),
                            stdout=subprocess.PIPE, stderr=subprocess.PIPE,
                            check=True)
    same(result.stderr, b"")
    return set(result.stdout.decode().split("\n")) - {""}


def test_every_row_is_a_flag_of_its_commands(_):
    n = 0
    for option in TABLE["options"]:
        for command in option["commands"]:
            words = [f"--{option['flag']}"]
            if option["kind"] == "choice":
                words.append(option["words"][-1])
            elif option["kind"] != "switch":
                words.append(option["initial"] or SAMPLES[option["kind"]])
            result = run(command, *words, "--help", model=False)
            assert result.returncode == 0, (command, words, result.stderr)
            short = f"-{option['letter']}, " if option["letter"] else ""
            assert f"{short}{words[0]}".encode() in result.stdout, words
            n += 1
    assert n > 150, n


def test_bash_completes_commands(directory):
    names = {command["name"] for command in TABLE["commands"]}
    same(complete(directory, ""), names | {"help", "--help", "--version"})
    same(complete(directory, "p"), {"ps", "pull", "preprocess"})
    same(complete(directory, "help", "em"), {"embed"})
    same(complete(directory, "nonsense", ""), set())


def test_bash_completes_flags(directory):
    for command in TABLE["commands"]:
        flags = {f"--{option['flag']}" for option in TABLE["options"]
                 if command["name"] in option["commands"]}
        same(complete(directory, command["name"], "--"), flags)
    same(complete(directory, "embed", "--max-im"),
         {"--max-image-memory", "--max-image-work"})


def test_bash_completes_values(directory):
    dtypes, = (option["words"] for option in TABLE["options"]
               if option["flag"] == "dtype" and "embed" in option["commands"])
    assert "bf16" in dtypes, dtypes
    same(complete(directory, "embed", "--dtype", ""), set(dtypes))
    same(complete(directory, "embed", "--damaged", "a"), {"accept"})
    same(complete(directory, "serve", "--log-format", "=", "j"), {"json"})
    same(complete(directory, "serve", "--log-format", "="), {"text", "json"})
    same(complete(directory, "embed", "--batch", ""), set())


def test_bash_completes_files_and_models(directory):
    put(directory, "a cat.jpg", b"x")
    os.mkdir(os.path.join(directory, "album"))
    same(complete(directory, "embed", "a"), {"a cat.jpg", "album"})
    same(complete(directory, "embed", "-o", "a c"), {"a cat.jpg"})
    same(complete(directory, "embed", "-m", "al"), {"album"})
    same(complete(directory, "serve", "openai/clip-vit-b"),
         {"openai/clip-vit-base-patch16", "openai/clip-vit-base-patch32"})
    same(complete(directory, "models", ""), {"show"})
    same(complete(directory, "models", "show", "fovea/"), BUNDLED)
    same(complete(directory, "models", "--json", "show", "fovea/"), BUNDLED)
    same(complete(directory, "bench", ""), set())
    pids = complete(directory, "stop", "")  # of servers that run here
    assert all(pid.isdigit() for pid in pids), pids


def test_bash_completes_no_flags_behind_two_dashes(directory):
    put(directory, "--deadline.jpg", b"x")
    same(complete(directory, "embed", "--", "--d"), {"--deadline.jpg"})
    same(complete(directory, "embed", "--", "--dtype", ""), {"--deadline.jpg"})


def read_by(shell, name):
    if not shutil.which(shell):
        raise Skip(f"there is no {shell}")
    result = subprocess.run([shell, "-n", os.path.join(FOLDER, name)],
                            stdout=subprocess.PIPE, stderr=subprocess.STDOUT,
                            check=False)
    same((result.returncode, result.stdout), (0, b""))


def test_bash_registers(directory):
    read_by("bash", "fovea")
    script = f"source {FOLDER}/fovea; complete -p fovea"
    result = subprocess.run(["bash", "--norc", "-c", script], check=True,
                            stdout=subprocess.PIPE, cwd=directory)
    same(result.stdout, b"complete -F _fovea fovea\n")


def test_zsh_reads_it(_):
    read_by("zsh", "_fovea")


def test_fish_reads_it(_):
    read_by("fish", "fovea.fish")


def fish(directory, line):
    """The words that fish offers at the end of a line."""
    if not shutil.which("fish"):
        raise Skip("there is no fish")
    script = f"source {FOLDER}/fovea.fish; complete -C '{line}'"
    path = os.path.dirname(FOVEA) + ":" + os.environ["PATH"]
    result = subprocess.run(["fish", "--no-config", "-c", script],
                            cwd=directory, env=environment(PATH=path),
                            stdout=subprocess.PIPE, stderr=subprocess.PIPE,
                            check=True)
    same(result.stderr, b"")
    return {line.split("\t")[0]
            for line in result.stdout.decode().splitlines()}


def test_fish_completes(directory):
    put(directory, "a cat.jpg", b"x")
    os.mkdir(os.path.join(directory, "album"))
    names = {command["name"] for command in TABLE["commands"]}
    same(fish(directory, "fovea "), names | {"help"})
    same(fish(directory, "fovea help "), names)
    same(fish(directory, "fovea help em"), {"embed"})
    same(fish(directory, "fovea embed --dty"), {"--dtype"})
    same(fish(directory, "fovea embed --dtype=b"), {"--dtype=bf16"})
    same(fish(directory, "fovea embed a"), {"a cat.jpg", "album/"})
    same(fish(directory, "fovea embed -o a"), {"a cat.jpg", "album/"})
    same(fish(directory, "fovea embed -- --d"), set())
    same(fish(directory, "fovea embed -m al"), {"album/"})
    same(fish(directory, "fovea embed --model=al"), {"--model=album/"})
    same(fish(directory, "fovea embed -m fovea/"), BUNDLED)
    same(fish(directory, "fovea serve embed --mod"), {"--model"})
    same(fish(directory, "fovea models "), {"show"})
    same(fish(directory, "fovea models show "), fish(directory, "fovea pull "))
    same(fish(directory, "fovea bench "), set())


main([value for name, value in sorted(globals().items())
      if name.startswith("test_")])
