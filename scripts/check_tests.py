#!/usr/bin/python3
"""Check that every test is run: that what is defined as one is named once more.

    scripts/check_tests.py [FOLDER]

A test of Python is a function test_...(), one in C a static function of cmocka's
state; a file that takes all of globals() runs all of them. FOLDER stands for tests.
"""
import os
import re
import sys

ROOT = os.path.join(os.path.dirname(os.path.abspath(__file__)), "..")
SAMPLE = "never_run"  # of what is found
DEFINED = {".py": re.compile(r"^def (test_\w+)\(", re.M),
           ".c": re.compile(r"^static void\n(\w+)\(void \*\*state\)", re.M)}


def main():
    folder = sys.argv[1] if len(sys.argv) > 1 else os.path.join(ROOT, "tests")
    wrong, n_tests = [], 0
    for where, folders, names in os.walk(folder):
        folders[:] = [name for name in folders if name != SAMPLE]
        for name in sorted(names):
            defined = DEFINED.get(os.path.splitext(name)[1])
            path = os.path.join(where, name)
            if not defined:
                continue
            with open(path, encoding="utf-8") as file:
                text = file.read()
            for test in defined.findall(text):
                n_tests += 1
                if "globals()" not in text and \
                        len(re.findall(rf"\b{test}\b", text)) < 2:
                    wrong.append(f"{os.path.relpath(path, ROOT)}: {test} is "
                                 "never run")
    if n_tests == 0:
        wrong.append(f"no tests below {folder}")
    for line in wrong:
        print(line)
    return 1 if wrong else 0


if __name__ == "__main__":
    sys.exit(main())
