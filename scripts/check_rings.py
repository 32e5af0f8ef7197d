#!/usr/bin/python3
"""Check that the files of a folder do not stand in a ring.

    scripts/check_rings.py [--all] [FOLDER]

A file leads to another of its top folder when it calls a function that the
other defines, or includes the other's header; a header and the source of the
same name are one. A file that can be reached from itself stands in a ring.
Files that are in a ring are named with the calls that close it. --all prints
the arrows too. FOLDER stands for src.
"""
import os
import re
import sys

ROOT = os.path.join(os.path.dirname(os.path.abspath(__file__)), "..")
SOURCE = os.path.join(ROOT, "src")
INCLUDE = re.compile(r'^\s*#\s*include\s*"([^"]+)"', re.M)
COMMENT = re.compile(r"/\*.*?\*/|//[^\n]*", re.S)
STRING = re.compile(r'"(?:[^"\\\n]|\\.)*"|\'(?:[^\'\\\n]|\\.)+\'')
# In definitions the name stands at the start of a line (.clang-format), and
# names that other files see start like this.
DEFINED = re.compile(r"^(fovea_\w+)\(", re.M)
WORD = re.compile(r"\bfovea_\w+\b")


def read_files(source):
    """path below source -> its text, without comments and strings"""
    texts, includes = {}, {}
    for where, _, names in os.walk(source):
        for name in sorted(names):
            if not name.endswith((".c", ".h")):
                continue
            path = os.path.relpath(os.path.join(where, name), source)
            with open(os.path.join(where, name), encoding="utf-8") as f:
                text = COMMENT.sub(" ", f.read())
            includes[path] = INCLUDE.findall(text)
            texts[path] = STRING.sub('""', text)
    return texts, includes


def unit_of(path):
    return path.rsplit(".", 1)[0]


def find_definitions(texts):
    """function -> units that define it; macros and inline functions of headers
    need no row: they are reached by their include. A file whose functions are
    all defined elsewhere too stands in for those in another build: it is left
    out."""
    where, own = {}, {}
    for path, text in texts.items():
        if path.endswith(".c"):
            names = DEFINED.findall(text)
            own[unit_of(path)] = names
            for name in names:
                where.setdefault(name, set()).add(unit_of(path))
    for unit, names in own.items():
        if names and all(len(where[name]) > 1 for name in names):
            for name in names:
                where[name].discard(unit)
    return where


def find_arrows(texts, includes):
    """unit -> {unit of the same top folder: why}"""
    where = find_definitions(texts)
    arrows = {unit_of(path): {} for path in texts}
    for path, text in texts.items():
        unit = unit_of(path)
        for header in includes[path]:
            other = header if "/" in header else os.path.join(
                os.path.dirname(path), header)
            if other in texts and unit_of(other) != unit:
                arrows[unit].setdefault(unit_of(other), "includes it")
        for name in sorted(set(WORD.findall(text))):
            # A header declares what a source of any name may define.
            if path.endswith(".c"):
                for other in where.get(name, {unit}) - {unit}:
                    arrows[unit][other] = name
    return {unit: {other: why for other, why in others.items()
                   if other.split("/")[0] == unit.split("/")[0]}
            for unit, others in arrows.items()}


def find_rings(arrows):
    """The strongly connected parts of more than one unit (Tarjan)."""
    order, low, stack, rings = {}, {}, [], []

    def visit(unit):
        order[unit] = low[unit] = len(order)
        stack.append(unit)
        for other in arrows[unit]:
            if other not in order:
                visit(other)
                low[unit] = min(low[unit], low[other])
            elif other in stack:
                low[unit] = min(low[unit], order[other])
        if low[unit] == order[unit]:
            at = stack.index(unit)
            ring = stack[at:]
            del stack[at:]
            if len(ring) > 1:
                rings.append(sorted(ring))

    for unit in arrows:
        if unit not in order:
            visit(unit)
    return rings


def main():
    words = [word for word in sys.argv[1:] if word != "--all"]
    texts, includes = read_files(words[0] if words else SOURCE)
    if not texts:
        sys.exit("check_rings: no source there")
    arrows = find_arrows(texts, includes)
    if "--all" in sys.argv[1:]:
        for unit, others in sorted(arrows.items()):
            for other, why in sorted(others.items()):
                print(f"{unit} -> {other}: {why}")
    rings = find_rings(arrows)
    for ring in rings:
        print(f"a ring of {len(ring)} files: {', '.join(ring)}")
        for unit in ring:
            for other in sorted(set(arrows[unit]) & set(ring)):
                print(f"    {unit} -> {other}: {arrows[unit][other]}")
    if not rings:
        print(f"rings: none among {len(arrows)} files")
    sys.exit(bool(rings))


main()
