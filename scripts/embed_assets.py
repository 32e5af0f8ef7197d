#!/usr/bin/python3
"""Make a C table of files, for programs that carry them inside.

    scripts/embed_assets.py OUT.h PATH=FILE...

PATH is what the file is asked for by ("/page.css"); its type goes by FILE's
ending.
"""
import hashlib
import os
import sys

TYPES = {".html": "text/html; charset=utf-8",
         ".css": "text/css; charset=utf-8",
         ".js": "text/javascript; charset=utf-8",
         ".svg": "image/svg+xml",
         ".json": "application/json"}


def rows_of(content):
    for at in range(0, len(content), 20):
        yield "    " + " ".join(f"{byte}," for byte in content[at:at + 20])


def main():
    out = ["/* Made by scripts/embed_assets.py. */"]
    table = []
    for i, word in enumerate(sys.argv[2:]):
        path, name = word.split("=", 1)
        with open(name, "rb") as f:
            content = f.read()
        out += [f"static unsigned char asset_{i}[] = {{",
                *rows_of(content), "};"]
        etag = hashlib.sha256(content).hexdigest()[:20]
        kind = TYPES[os.path.splitext(name)[1]]
        table.append(f'    {{ "{path}", {{ "{kind}", "\\"{etag}\\"", '
                     f"asset_{i}, sizeof asset_{i} }} }},")
    out += ["static const struct asset assets[] = {", *table, "};"]
    with open(sys.argv[1], "w", encoding="ascii") as f:
        f.write("\n".join(out) + "\n")


main()
