#!/usr/bin/python3
"""Write src/text/unicode_later.inc: characters that are newer than utf8proc's.

    for v in 15.0.0 16.0.0 17.0.0; do
        python3 -m pip install --target pip/$v unicodedata2==$v
    done
    scripts/write_unicode_table.py pip/15.0.0 pip/16.0.0 pip/17.0.0

The facts are those of Unicode's UnicodeData.txt, as the package unicodedata2
has them for each version. Debian 12's utf8proc 2.8.0 has Unicode 15.0. The
library that ids are measured by (Hugging Face's tokenizers 0.23) takes letters,
numbers and marks from 16.0, lower case from 17.0, and normal forms from 9.0; so
does the table. A capital's small letter is the one of the same name. Which
characters Unicode 9.0 had says perl, by DerivedAge.txt.

Only a new version of those needs this script again; a build does not.
"""
import json
import os
import subprocess
import sys

OUT = os.path.join(os.path.dirname(os.path.abspath(__file__)), "..", "src",
                   "text", "unicode_later.inc")
ASK = """
import json, sys, unicodedata2 as u
names = {}
lower = {}
for c in range(0x110000):
    n = u.name(chr(c), "")
    if " SMALL LETTER " in n:
        names[n] = c
for c in range(0x110000):
    if u.category(chr(c)) == "Lu":
        n = u.name(chr(c), "").replace(" CAPITAL LETTER ", " SMALL LETTER ")
        if n in names:
            lower[c] = names[n]
print(json.dumps([u.unidata_version,
                  "".join(u.category(chr(c)) for c in range(0x110000)),
                  [[c, u.decomposition(chr(c))] for c in range(0x110000)
                   if u.combining(chr(c)) or u.decomposition(chr(c))],
                  sorted(lower.items())]))
"""


def ask(folder):
    answer = subprocess.run([sys.executable, "-c", ASK], check=True,
                            env={**os.environ, "PYTHONPATH": folder},
                            stdout=subprocess.PIPE)
    version, text, changed, lower = json.loads(answer.stdout)
    return (version, [text[i:i + 2] for i in range(0, len(text), 2)], changed,
            lower)


def present_in_9():
    answer = subprocess.run(
        ["perl", "-e", r"for (0..0x10ffff) { next if $_ >= 0xd800 && "
         r"$_ <= 0xdfff; print qq($_\n) if chr($_) =~ /\p{In=9.0}/ }"],
        check=True, stdout=subprocess.PIPE)
    return {int(line) for line in answer.stdout.split()}


def ranges(characters):
    out = []
    for c in characters:
        if out and out[-1][1] == c - 1:
            out[-1][1] = c
        else:
            out.append([c, c])
    return out


def main():
    (v15, old, changed, _), (v16, new, _, _), (v17, latest, _, lower) = map(
        ask, sys.argv[1:])
    if [v15, v16, v17] != ["15.0.0", "16.0.0", "17.0.0"]:
        sys.exit(f"these are {v15}, {v16} and {v17}")
    lines = ["/* Made by scripts/write_unicode_table.py from Unicode 15.0, 16.0",
             "   and 17.0; see there. */", ""]
    for name, kind in ("letters", "L"), ("numbers", "N"), ("marks", "M"):
        later = [c for c in range(0x110000)
                 if new[c][0] == kind and old[c][0] != kind]
        # What had another category before is not looked for in the table.
        later = [c for c in later if old[c] == "Cn"]
        lines.append(f"static const struct range later_{name}[] = {{")
        lines += [f"    {{ {a:#x}, {b:#x} }}," for a, b in ranges(later)]
        lines += ["};", ""]
        print(f"{name}: {len(later)}")
    known = present_in_9()
    opaque = {c for c, _ in changed if c not in known}
    for c, parts in changed:
        if c in opaque:  # nor are its parts put together
            opaque |= {int(p, 16) for p in parts.split() if p[0] != "<" and
                       int(p, 16) not in known}
    lines.append("static const struct range unnormalised[] = {")
    lines += [f"    {{ {a:#x}, {b:#x} }}," for a, b in ranges(sorted(opaque))]
    lines += ["};", ""]
    print(f"not in normal forms: {len(opaque)}")
    capitals = [(a, b) for a, b in lower if old[a] == "Cn"]
    runs = []
    for a, b in capitals:
        if runs and runs[-1][1] == a - 1 and runs[-1][2] == b - a:
            runs[-1][1] = a
        else:
            runs.append([a, a, b - a])
    lines.append("static const struct shift later_capitals[] = {")
    lines += [f"    {{ {a:#x}, {b:#x}, {d} }}," for a, b, d in runs]
    lines.append("};")
    print(f"capitals: {len(capitals)}")
    moved = [c for c in range(0x110000)
             if old[c] != "Cn" and old[c][0] != new[c][0] and
             (old[c][0] in "LN" or new[c][0] in "LN")]
    print("of another category before:", [hex(c) for c in moved])
    print("assigned in 17.0 and not in 15.0:",
          sum(a != "Cn" and b == "Cn" for a, b in zip(latest, old)))
    with open(OUT, "w", encoding="utf-8") as f:
        f.write("\n".join(lines) + "\n")


main()
