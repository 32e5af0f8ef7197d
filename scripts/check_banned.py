#!/usr/bin/python3
"""Find calls of functions that fovea does not use.

    scripts/check_banned.py

Comments and strings are not looked at. Some functions are banned everywhere,
some only in the product (src/ and tools/): tests may open a pipe as they like.
"""
import os
import re
import sys

ROOT = os.path.join(os.path.dirname(os.path.abspath(__file__)), "..")
EVERYWHERE = {
    **dict.fromkeys(("strcpy", "strcat", "sprintf", "vsprintf", "strncpy",
                     "gets"), "may overrun: use snprintf or memcpy"),
    "strtok": "has hidden state",
    "alloca": "grows the stack by data",
    "rand": "is not ours to seed",
    "tmpnam": "races",
}
PARSERS = ("atoi", "atol", "atof", "strtol", "strtoul", "strtoll", "strtoull",
           "strtod", "strtof")
PRODUCT = {
    "strerror": "is not safe in threads: use fovea_fail_errno",
    "signal": "use sigaction or signalfd",
    "system": "no shells",
    "popen": "no shells",
    "gmtime": "is not safe in threads",
    "localtime": "is not safe in threads",
    "abort": "only FOVEA_ASSERT ends the process",
    "exit": "only a main ends the process",
    "dup": "use fcntl F_DUPFD_CLOEXEC",
    "pipe": "use pipe2 with O_CLOEXEC",
    "fovea_pages_map_file": "files are read, not mapped",
}
# Where a rule of PRODUCT does not hold, and why not.
EXCEPTIONS = {
    ("src/base/error.c", "abort"),  # FOVEA_ASSERT itself
    ("src/cli/main.c", "open"),  # stands in for a closed standard stream
    # Weights are shared between processes by mapping, and by nothing else. A
    # file among them is the user's own and was checked.
    ("src/engine/cpu/packed.c", "fovea_pages_map_file"),
    ("src/sys/pages.h", "fovea_pages_map_file"),
    ("src/sys/pages.c", "fovea_pages_map_file"),
    ("src/sys/pages.c", "mmap"),  # there, and to move memory to huge pages
    # So are tokenizer tables, which are checked whole.
    ("src/text/tokenizer.c", "mmap"),
}
# These must carry a flag on the same statement: descriptors do not leak into
# other programs, and files are read, not mapped.
FLAGS = {"mmap": "MAP_ANONYMOUS", "open": "O_CLOEXEC",
         "openat": "O_CLOEXEC", "socket": "SOCK_CLOEXEC", "pipe2": "O_CLOEXEC",
         "memfd_create": "MFD_CLOEXEC", "eventfd": "EFD_CLOEXEC",
         "signalfd": "SFD_CLOEXEC"}
NOISE = re.compile(r'/\*.*?\*/|//[^\n]*|"(?:\\.|[^"\\\n])*"|'
                   r"'(?:\\.|[^'\\\n])*'", re.DOTALL)
CALL = re.compile(r"(?<![\w.>])(\w+)\s*\(")


def blank(match):
    return re.sub(r"[^\n]", " ", match[0])


def check_file(path):
    name = os.path.relpath(path, ROOT)
    product = name.startswith(("src/", "tools/"))
    with open(path, encoding="utf-8") as f:
        text = NOISE.sub(blank, f.read())
    for call in CALL.finditer(text):
        function, line = call[1], text.count("\n", 0, call.start()) + 1
        reason = EVERYWHERE.get(function)
        if product and not reason and (name, function) not in EXCEPTIONS:
            reason = PRODUCT.get(function)
            if function in PARSERS and not name.startswith("src/base/"):
                reason = "parse in base only"
            flag = FLAGS.get(function)
            statement = text[call.start():text.find(";", call.start())]
            if flag and flag not in statement:
                reason = f"without {flag}"
        if reason:
            yield f"{name}:{line}: {function}: {reason}"


def main():
    wrong, count = [], 0
    for top in ("src", "include", "tools", "tests", "examples", "bench"):
        for where, _, names in os.walk(os.path.join(ROOT, top)):
            for name in sorted(names):
                if name.endswith((".c", ".h")):
                    count += 1
                    wrong += check_file(os.path.join(where, name))
    print("\n".join(wrong) if wrong else f"banned: none in {count} files")
    sys.exit(bool(wrong))


main()
