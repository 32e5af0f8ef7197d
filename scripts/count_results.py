#!/usr/bin/python3
"""Count what tests came to: count_results.py LOG.json...

LOG.json is what `meson test` leaves in meson-logs, one test a line. A program
that speaks TAP counts a test for each of its points, any other counts as one.
A program that failed without a failed point (it crashed, it ran too long, it
broke off before its plan was done) counts as one failure more.

Prints "N passed, N failed, N skipped"; a log that is missing is a failure.
"""
import json
import re
import sys

POINT = re.compile(r"^(not )?ok\b(.*)$", re.MULTILINE)
SKIP = re.compile(r"#\s*skip", re.IGNORECASE)
GOOD = {"OK", "SKIP", "EXPECTEDFAIL"}


def count_program(test):
    """(passed, failed, skipped) of one test program."""
    passed = failed = skipped = 0
    points = POINT.findall(test.get("stdout", ""))
    for bad, rest in points:
        if SKIP.search(rest):
            skipped += 1
        elif bad:
            failed += 1
        else:
            passed += 1
    good = test["result"] in GOOD
    if not good and not failed:
        failed = 1
    elif good and not points:
        if test["result"] == "SKIP":
            skipped = 1
        else:
            passed = 1
    return passed, failed, skipped


def count_log(path):
    try:
        with open(path, encoding="utf-8") as log:
            tests = [json.loads(line) for line in log if line.strip()]
    except OSError:
        return 0, 1, 0
    if not tests:
        return 0, 1, 0
    return tuple(map(sum, zip(*map(count_program, tests))))


def main():
    totals = [sum(column) for column in zip(*map(count_log, sys.argv[1:]))]
    print("{} passed, {} failed, {} skipped".format(*(totals or (0, 0, 0))))


main()
