#!/usr/bin/python3
"""Check that no folder includes what docs/ARCHITECTURE.md does not let it.

    scripts/check_layers.py

The table there is the rule: a row's folder may include itself, the public
headers, the C library, the folders and single headers of the third column and
the libraries' headers of the fourth.
"""
import os
import re
import sys

ROOT = os.path.join(os.path.dirname(os.path.abspath(__file__)), "..")
ROW = re.compile(r"^\| `([a-z0-9/]+)` \|[^|]*\|([^|]*)\|([^|]*)\|$")
INCLUDE = re.compile(r'^\s*#\s*include\s*([<"])([^>"]+)[>"]')
TICKED = re.compile(r"`([^`]+)`")
# Headers of other libraries; what is not here and in <> is the C library's.
LIBRARIES = {"jpeglib.h", "jerror.h", "turbojpeg.h", "png.h", "zlib.h",
             "tiffio.h", "tiff.h", "gif_lib.h", "dnnl.h", "omp.h", "jansson.h",
             "microhttpd.h", "cmocka.h", "openjpeg.h", "seccomp.h",
             "utf8proc.h", "sqlite3.h", "expat.h", "archive.h",
             "archive_entry.h"}
LIBRARY_FOLDERS = {"jxl", "webp", "libheif", "libde265", "dav1d", "curl",
                   "openssl", "yajl", "nats"}


def read_table():
    rules = {}
    with open(os.path.join(ROOT, "docs", "ARCHITECTURE.md"),
              encoding="utf-8") as f:
        for line in f:
            row = ROW.match(line)
            if row:
                rules[row[1]] = (set(TICKED.findall(row[2])),
                                 set(TICKED.findall(row[3])))
    return rules


def source_files(folder):
    for where, _, names in os.walk(os.path.join(ROOT, folder)):
        for name in sorted(names):
            if name.endswith((".c", ".h")):
                yield os.path.join(where, name)


def is_allowed(folder, quoted, header, rule):
    folders, libraries = rule
    top = header.split("/")[0]
    if not quoted:
        known = header in LIBRARIES or top in LIBRARY_FOLDERS
        return not known or header in libraries or top in libraries
    if top == "fovea" or "/" not in header:
        return True
    return (top == os.path.basename(folder) or top in folders or
            header in folders)


def check_folder(folder, rule):
    wrong = []
    for path in source_files(folder):
        with open(path, encoding="utf-8") as f:
            for number, line in enumerate(f, 1):
                found = INCLUDE.match(line)
                if found and not is_allowed(folder, found[1] == '"', found[2],
                                            rule):
                    wrong.append(f"{os.path.relpath(path, ROOT)}:{number}: "
                                 f"{folder} may not include {found[2]}")
    return wrong


def main():
    rules = read_table()
    if len(rules) < 8:
        sys.exit("check_layers: no table of folders in docs/ARCHITECTURE.md")
    wrong = []
    here = sorted("src/" + name for name in os.listdir(os.path.join(ROOT,
                                                                    "src"))
                  if os.path.isdir(os.path.join(ROOT, "src", name)))
    for folder in here:
        if folder not in rules:
            wrong.append(f"{folder}: not in the table of docs/ARCHITECTURE.md")
    for folder, rule in rules.items():
        wrong += check_folder(folder, rule)
    print("\n".join(wrong) if wrong else
          f"layers: {len(rules)} folders include what they may")
    sys.exit(bool(wrong))


main()
