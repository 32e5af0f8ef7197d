#!/usr/bin/python3
"""Write what shells complete of fovea from the table of options.

    scripts/write_completions.py build/tools/print_options BASH ZSH FISH

Commands, flags, the words that flags take, and what stands between them: files,
keys of models, processes of servers.
"""
import json
import subprocess
import sys

KEYS = "fovea models 2>/dev/null | sed '1d;s/ .*//'"
PIDS = "fovea ps 2>/dev/null | sed '1d;s/^ *//;s/ .*//'"
# Arguments of flags that are names of files and of folders.
FILES = ("FILE", "PATH", "INDEX", "OLD", "PATH|ID|GLOB")
MODELS = ("KEY|DIR", "[NAME=]MODEL")


def flags_of(table, command):
    return [option for option in table["options"]
            if command["name"] in option["commands"]]


def forms(option):
    """All ways to write a flag."""
    short = [f"-{option['letter']}"] if option["letter"] else []
    return short + [f"--{option['flag']}"]


def bash_value(option):
    """What completes the value of a flag; nothing for numbers and texts."""
    if option["words"]:
        return f"_fovea_words '{' '.join(option['words'])}'"
    if option["argument"] in FILES:
        return "_fovea_files"
    if option["argument"] in MODELS:
        return "_fovea_keys"
    return "COMPREPLY=()"


BASH_WORDS = {
    "FILES": "_fovea_files",
    "KEYS": "_fovea_keys",
    "SHOW": """\
if [[ " ${COMP_WORDS[*]:2:COMP_CWORD-2} " == *' show '* ]]; then
                _fovea_keys
            else
                _fovea_words show
            fi""",
    "PIDS": f'_fovea_words "$({PIDS})"',
    "NONE": "COMPREPLY=()",
}


def bash(table):
    names = " ".join(command["name"] for command in table["commands"])
    lines = [f"""\
# bash completion for fovea; made from the table of options.

_fovea_words() {{
    mapfile -t COMPREPLY < <(compgen -W "$1" -- "$word")
}}

_fovea_files() {{
    mapfile -t COMPREPLY < <(compgen -f -- "$word")
    compopt -o filenames 2>/dev/null
}}

# Keys of models, and directories.
_fovea_keys() {{
    mapfile -t COMPREPLY < <(
        compgen -W "$({KEYS})" -- "$word"
        compgen -d -- "$word"
    )
    compopt -o filenames 2>/dev/null
}}

_fovea() {{
    local word=${{COMP_WORDS[COMP_CWORD]}}
    local before=${{COMP_WORDS[COMP_CWORD - 1]}}
    COMPREPLY=()
    # --flag=value comes as three words.
    if [[ $word == = ]]; then
        word=
    elif [[ $before == = ]]; then
        before=${{COMP_WORDS[COMP_CWORD - 2]}}
    fi
    # Behind -- stand no flags.
    local flags=yes
    if [[ " ${{COMP_WORDS[*]:1:COMP_CWORD-1}} " == *' -- '* ]]; then
        flags=no
        before=
    fi
    if ((COMP_CWORD == 1)); then
        _fovea_words '{names} help --help --version'
        return
    fi
    case ${{COMP_WORDS[1]}} in
    help)
        _fovea_words '{names}'
        ;;"""]
    for command in table["commands"]:
        options = flags_of(table, command)
        lines.append(f"    {command['name']})\n        case $before in")
        for option in options:
            if option["kind"] != "switch":
                lines.append(f"        {' | '.join(forms(option))})\n"
                             f"            {bash_value(option)}\n"
                             "            return\n            ;;")
        flags = " ".join(form for option in options for form in forms(option))
        lines.append(f"""\
        esac
        if [[ $flags == yes && $word == -* ]]; then
            _fovea_words '{flags}'
        else
            {BASH_WORDS[command['words']]}
        fi
        ;;""")
    lines.append("    esac\n}\n\ncomplete -F _fovea fovea\n")
    return "\n".join(lines)


def zsh_quote(text):
    for letter in "\\[]:":
        text = text.replace(letter, "\\" + letter)
    return text.replace("'", "'\\''").replace("`", "\\`")


def zsh_value(option):
    if option["words"]:
        action = f"({' '.join(option['words'])})"
    elif option["argument"] in FILES:
        action = "_files"
    elif option["argument"] in MODELS:
        action = "_fovea_keys"
    else:
        action = " "
    return f":{zsh_quote(option['argument'])}:{action}"


def zsh_flag(option):
    """An argument of _arguments."""
    help_text = f"[{zsh_quote(option['help'])}]"
    value = "" if option["kind"] == "switch" else zsh_value(option)
    many = "*" if option["kind"] == "texts" else ""
    long = f"--{option['flag']}" + ("=" if value else "")
    if not option["letter"]:
        return f"'{many}{long}{help_text}{value}'"
    short = f"-{option['letter']}" + ("+" if value else "")
    return (f"'({' '.join(forms(option))})'{{{short},{long}}}"
            f"'{help_text}{value}'")


ZSH_WORDS = {
    "FILES": "'*:input:_files'",
    "KEYS": "'*:model:_fovea_keys'",
    "SHOW": "'1:what:(show)' '2:model:_fovea_keys'",
    "PIDS": "'1:server:_fovea_pids'",
    "NONE": "",
}


def zsh(table):
    lines = ["#compdef fovea", "# Made from the table of options.", "",
             "_fovea_keys() {", "    local -a keys",
             f"    keys=(${{(f)\"$({KEYS})\"}})",
             "    _alternative 'keys:key:compadd -a keys' "
             "'directories:directory:_files -/'", "}", "",
             "_fovea_pids() {", "    local -a pids",
             f"    pids=(${{(f)\"$({PIDS})\"}})", "    compadd -a pids", "}",
             ""]
    for command in table["commands"]:
        lines.append(f"_fovea_{command['name']}() {{\n    _arguments -s -S \\")
        lines += [f"        {zsh_flag(option)} \\"
                  for option in flags_of(table, command)]
        lines.append(f"        {ZSH_WORDS[command['words']]}\n}}\n")
    lines += ["_fovea() {", "    local -a commands", "    commands=("]
    lines += [f"        '{command['name']}:{zsh_quote(command['summary'])}'"
              for command in table["commands"]]
    lines += ["        'help:how to use a command'", "    )",
              "    if ((CURRENT == 2)); then",
              "        _describe command commands",
              "        return", "    fi",
              "    local command=${words[2]}", "    shift words",
              "    ((CURRENT--))", "    if [[ $command == help ]]; then",
              "        _describe command commands",
              "    elif (($+functions[_fovea_$command])); then",
              "        _fovea_$command", "    fi", "}", "", '_fovea "$@"', ""]
    return "\n".join(lines)


def fish_quote(text):
    return "'" + text.replace("\\", "\\\\").replace("'", "\\'") + "'"


# Keys of models, and directories.
FISH_KEYS = fish_quote(f"({KEYS}; __fovea_directories)")
FISH_WORDS = {
    "FILES": "-F",
    "KEYS": f"-a {FISH_KEYS}",
    "PIDS": f"-a {fish_quote('(' + PIDS + ')')}",
}
FISH_START = """\
# fish completion for fovea; made from the table of options.

# Whether the first word is this command, or there is none yet if none is given.
function __fovea_in
    set -l words (commandline -opc)
    test "$words[2]" = "$argv[1]"
end

# Directories for a word, or for what stands behind --flag= of it.
function __fovea_directories
    set -l value (commandline -ct | string replace -r '^--[^=]*=' '')
    __fish_complete_directories "$value"
end

function __fovea_shows
    contains -- show (commandline -opc)
end

complete -c fovea -f
complete -c fovea -n __fovea_in -l version -d 'print the version'
complete -c fovea -n __fovea_in -l help -s h -d 'what there is'
complete -c fovea -n __fovea_in -a help -d 'how to use a command'"""


def fish_value(option):
    if option["kind"] == "switch":
        return ""
    if option["words"]:
        return f" -x -a {fish_quote(' '.join(option['words']))}"
    if option["argument"] in FILES:
        return " -r -F"
    if option["argument"] in MODELS:
        return f" -x -a {FISH_KEYS}"
    return " -x"


def fish(table):
    lines = [FISH_START]
    for command in table["commands"]:
        name = command["name"]
        on = f"complete -c fovea -n '__fovea_in {name}'"
        for place in ("__fovea_in", "'__fovea_in help'"):
            lines.append(f"complete -c fovea -n {place} -a {name} "
                         f"-d {fish_quote(command['summary'])}")
        if command["words"] == "SHOW":
            lines += [f"complete -c fovea -n '__fovea_in {name}; and {when}' "
                      f"-a {what}"
                      for when, what in (("not __fovea_shows", "show"),
                                         ("__fovea_shows", FISH_KEYS))]
        elif command["words"] in FISH_WORDS:
            lines.append(f"{on} {FISH_WORDS[command['words']]}")
        for option in flags_of(table, command):
            short = f" -s {option['letter']}" if option["letter"] else ""
            lines.append(f"{on}{short} -l {option['flag']}"
                         f"{fish_value(option)} "
                         f"-d {fish_quote(option['help'])}")
    return "\n".join(lines) + "\n"


def main():
    tool, *paths = sys.argv[1:]
    table = json.loads(subprocess.run([tool], check=True,
                                      stdout=subprocess.PIPE).stdout)
    for path, write in zip(paths, (bash, zsh, fish)):
        with open(path, "w", encoding="utf-8") as file:
            file.write(write(table))


if __name__ == "__main__":
    main()
