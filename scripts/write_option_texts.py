#!/usr/bin/python3
"""Write what the documents say of options from the table of options.

    scripts/write_option_texts.py build/tools/print_options [--check]

Between marks in README.md, docs/HTTP.md and docs/man/fovea.1 stand tables and
paragraphs that are made of src/option/option.def; a number and the dtypes in
src/server/openapi.json too. With --check nothing is written: it fails and says
which file disagrees. What comments in the public headers say of defaults ("0: 30 s")
is checked in any case, and written by people.

    <!-- begin options COMMAND GROUP,... COLUMN... -->   ... <!-- end options -->
    .\\" begin options COMMAND,... GROUP                  ... .\\" end options
    .\\" begin variables                                 ... .\\" end variables
"""
import json
import os
import re
import subprocess
import sys
import textwrap

ROOT = os.path.join(os.path.dirname(os.path.abspath(__file__)), "..")
MARKDOWN = ("README.md", "docs/HTTP.md")
MANUAL = "docs/man/fovea.1"
OPENAPI = "src/server/openapi.json"
HEADERS = ("include/fovea/options.h", "include/fovea/limits.h")
WIDE = 2**32 - 1  # a number that goes so far has no limit to speak of


def what(option):
    """Its help, its words, and its range."""
    text = option["help"]
    if text.endswith(":"):
        text += " " + ", ".join(option["words"])
    if option["kind"] == "number" and option["min"] and option["max"] < WIDE:
        text += f", {option['min']} to {option['max']}"
    return text


CELLS = {
    "what": what,
    "flag": lambda option: f"`--{option['flag']}`",
    "variable": lambda option: f"`{option['variable']}`",
    "default": lambda option: option["initial"] or "-",
    "status": lambda option: f"`{option['status']}`" if option["status"]
    else "",
}


def chosen(options, commands, groups):
    """Those of some commands in some groups, in the order of the groups."""
    return [option for group in groups for option in options
            if option["group"] == group and set(option["commands"]) & commands]


def table(options, words):
    """A table of Markdown."""
    command, groups, *columns = words.split()
    lines = ["| " + " | ".join(columns) + " |",
             "|" + " --- |" * len(columns)]
    for option in chosen(options, {command}, groups.split(",")):
        cells = [CELLS[column](option).replace("|", "\\|")
                 for column in columns]
        lines.append("| " + " | ".join(cells) + " |")
    return "\n".join(lines) + "\n"


def roff(text):
    """Plain text, with `code`, as roff."""
    text = text.replace("\\", "\\e").replace("-", "\\-")
    text = re.sub(r"`([^`]+)`", r"\\fB\1\\fR", text)
    return re.sub(r"^([.'])", r"\\&\1", text)


def sentence(text):
    return text[0].upper() + text[1:] + ("" if text.endswith(".") else ".")


def entry(option, commands):
    """A paragraph of the manual."""
    names = [f"\\fB\\-{option['letter']}\\fR"] if option["letter"] else []
    names.append("\\fB" + roff("--" + option["flag"]) + "\\fR")
    head = ", ".join(names)
    if option["argument"]:
        head += " \\fI" + roff(option["argument"]) + "\\fR"
    text = sentence(what(option))
    if set(option["commands"]) & commands != commands:
        own = sorted(set(option["commands"]) & commands)
        text = "Of " + " and ".join(f"`{name}`" for name in own) + ": " + \
            text[0].lower() + text[1:]
    if option["status"]:
        text += f" Code: `{option['status']}`."
    if option["initial"]:
        text += f" Default {option['initial']}."
    text += " " + option["more"] if option["more"] else ""
    lines = textwrap.wrap(roff(text), 80, break_long_words=False,
                          break_on_hyphens=False)
    lines = [re.sub(r"^([.'])", r"\\&\1", line) for line in lines]
    return ".TP\n" + head + "\n" + "\n".join(lines) + "\n"


def entries(options, words):
    commands, group = words.split()
    commands = set(commands.split(","))
    return "".join(entry(option, commands)
                   for option in chosen(options, commands, [group])
                   if option["flag"] != "help" or group != "FLAGS" or
                   "embed" in commands)


def variables(options):
    names = sorted({option["variable"] for option in options
                    if option["flag"] and option["variable"]})
    text = ", ".join(names[:-1]) + " and " + names[-1] + "."
    return "\n".join(textwrap.wrap(text, 80)) + "\n"


def between(text, begin, end, make):
    """Replace what stands between marks; make gets the words of the first."""
    pattern = re.compile(f"(^{begin}\n).*?(^{end}$)", re.M | re.S)
    changed, n = pattern.subn(
        lambda found: found[1] + make(found[2] if found.lastindex > 2 else "")
        + found[found.lastindex], text)
    marks = len(re.findall(begin, text))
    if n == 0 or n != marks:
        sys.exit(f"write_option_texts: {n} of {marks} marks {begin} stand on "
                 "lines of their own with an end")
    return changed


def rewrite(name, text, options):
    if name in MARKDOWN:
        return between(text, r"<!-- begin options ([^>]+) -->",
                       r"<!-- end options -->",
                       lambda words: table(options, words))
    if name == MANUAL:
        text = between(text, r'\.\\" begin options ([^\n]+)',
                       r'\.\\" end options',
                       lambda words: entries(options, words))
        return between(text, r'\.\\" begin variables',
                       r'\.\\" end variables',
                       lambda _: variables(options))
    initial = {option["flag"]: option["initial"] for option in options
               if "serve" in option["commands"]}
    for flag in re.findall(r"--([a-z-]+)", text):
        if flag not in initial and flag != "data-binary":
            sys.exit(f"{name}: fovea serve has no --{flag}")
    dtypes = next(option["words"] for option in options
                  if option["flag"] == "dtype")
    known = json.dumps([word for word in dtypes if word != "auto"])
    text = re.sub(r'("dtype": \{"enum": )\[[^\]]*\]',
                  lambda found: found[1] + known, text)
    return re.sub(r"--([a-z-]+), (\S+) where nothing else is said",
                  lambda found: f"--{found[1]}, {initial[found[1]]} where "
                  "nothing else is said", text)


def in_words(initial):
    """A default as comments have it: 5m is "5 minutes", 8G "8 GiB"."""
    units = {"s": " s", "m": " minutes", "K": " KiB", "M": " MiB",
             "G": " GiB", "%": ""}
    return initial[:-1] + units[initial[-1]] if initial[-1] in units \
        else initial


def comments_that_differ(options):
    """Members whose comment has another default than their row."""
    text = "".join(read(name) for name in HEADERS)
    for option in options:
        if option["scope"] != "library" or not option["initial"] \
                or option["kind"] == "choice":
            continue
        member = option["name"].split(".")[-1]
        member += "_pct" if option["kind"] == "memory" else ""
        found = re.search(rf"\b{member};\s*/\*(.*?)\*/", text, re.S)
        said = re.search(r"\b0: (FOVEA_DEFAULT_\w+|[\w%. ]+)",
                         re.sub(r"\s+", " ", found[1]) if found else "")
        # Constants are held to the table by the test option_table.
        if said and not said[1].startswith("FOVEA_DEFAULT_") \
                and said[1].strip() != in_words(option["initial"]):
            yield f"{member} (\"0: {said[1].strip()}\")"


def read(name):
    with open(os.path.join(ROOT, name), encoding="utf-8") as file:
        return file.read()


def main():
    tool, *more = sys.argv[1:]
    options = json.loads(subprocess.run([tool], check=True,
                                        stdout=subprocess.PIPE).stdout)
    wrong = []
    for name in MARKDOWN + (MANUAL, OPENAPI):
        text = read(name)
        changed = rewrite(name, text, options["options"])
        if changed == text:
            continue
        if more == ["--check"]:
            wrong.append(name)
        else:
            with open(os.path.join(ROOT, name), "w",
                      encoding="utf-8") as file:
                file.write(changed)
    differing = list(comments_that_differ(options["options"]))
    if differing:
        sys.exit("comments of the public headers have another default than the "
                 "table: " + ", ".join(differing))
    if wrong:
        sys.exit("the table of options says something else than "
                 + ", ".join(wrong) + ": run scripts/write_option_texts.py "
                 + tool)


if __name__ == "__main__":
    main()
