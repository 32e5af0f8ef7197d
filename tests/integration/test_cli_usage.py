#!/usr/bin/python3
"""The command's help, flags, mistakes, and what it says about models."""
import json
import os
import re

from command import DIMENSION, MODEL, environment, lines, main, picture, put, \
    read, run, said, same

COMMANDS = ("embed", "similar", "classify", "index", "search", "duplicates",
            "export", "job", "work", "serve", "preprocess", "tokenize", "models", "pull",
            "bench")


def test_every_command_has_help(directory):
    for name in COMMANDS:
        result = run(name, "--help", model=False)
        same(result.returncode, 0)
        text = result.stdout.decode("ascii")
        assert text.startswith(f"Usage: fovea {name} "), text
        assert "Flags:" in text and "Exit status:" in text
        assert max(map(len, text.split("\n"))) < 81
        for line in text.split("\n"):
            # A flag, and what it is for: two spaces between them, or below.
            assert re.match("  +(-[a-zA-Z], )?--[^ ]+( [^ ]+)?(  |$)", line) \
                or not re.match("  +(-[a-zA-Z], )?--", line), line
        same(run(name, "-h", model=False).stdout, result.stdout)
        same(run("help", name, model=False).stdout, result.stdout)


def test_help_lists_every_command(directory):
    result = run("help", model=False)
    same(result.returncode, 0)
    for name in COMMANDS:
        assert f"  {name} ".encode() in result.stdout
    same(run("--help", model=False).stdout, result.stdout)
    same(run("help", "help", model=False).stdout, result.stdout)


def test_version(directory):
    result = run("--version", model=False)
    same(result.returncode, 0)
    assert result.stdout.startswith(b"fovea 0."), result.stdout
    same(result.stdout.count(b"\n"), 1)


def test_mistakes_are_explained(directory):
    cases = (
        ((), "no command"),
        (("emebd",), "did you mean embed?"),
        (("help", "emebd"), "did you mean embed?"),
        (("--versoin",), "unknown flag"),
        (("-V",), "unknown flag -V\n"),
        ((os.devnull,), f"did you mean fovea embed {os.devnull}?"),
        (("embed",), "no INPUT"),
        (("embed", "--bacth", "2", "a"), "did you mean --batch?"),
        (("embed", "-x", "a"), "unknown flag -x"),
        (("embed", "a", "--batch"), "--batch needs a value"),
        (("embed", "a", "--batch", "0"), "1 to 128"),
        (("embed", "a", "--batch=many"), "\"many\""),
        (("embed", "a", "--dtype", "f64"), "none of auto, f32, "),
        (("embed", "a", "--raw=yes"), "takes no value"),
        (("embed", "a", "--max-bytes", "1X"), "K, M and G"),
        (("embed", "-", "-"), "only once"),
        (("embed", "-0", "a"), "there is none here"),
        (("embed", "a", "-o", "-"), "needs a file"),
        (("preprocess", "a"), "-o FILE is needed"),
        (("preprocess", "--raw", "-o", "x.npy", "a"), "unknown flag --raw"),
        (("bench", "vit"), "behind --model"),
        (("bench", "--rounds=0"), "1 to 99"),
        (("similar", "--text", "a"), "no INPUT"),
        (("similar", "a", "--text"), "--text needs a value"),
        (("similar", "a", "b", "--text-file", "c"), "unknown flag"),
        (("preprocess", "--text", "a", "-o", "x.npy"), "unknown flag"),
        (("classify", "a"), "no labels"),
        (("classify", "a", "-l", "x", "--template", "a"), "needs {}"),
        (("classify", "a", "--label", "b", "--top", "-1"), "--top"),
        (("classify", "-", "-l", "-"), "only once"),
        (("tokenize",), "no TEXT"),
        (("tokenize", "-", "--text-file", "-"), "only once"),
        (("pull",), "no KEY"),
        (("pull", "--revison", "x", "a/b"), "did you mean --revision?"),
        # Of the command that has the most flags.
        (("serve", "--hots", "::1"), "did you mean --host?"),
        (("models", "list"), "did you mean"),
        (("models", "show"), "needs one model"),
        (("models", "show", "a", "b"), "needs one model"),
    )
    for words, message in cases:
        result = run(*words, model=False, cwd=directory)
        text = said(result, 2, message)
        same(result.stdout, b"")
        assert text.startswith("fovea: ") and "\nTry: fovea " in text, text
    same(os.listdir(directory), [])


def test_variables_stand_for_flags(directory):
    path = put(directory, "a.png", picture(1))

    def embed(*flags, **variables):
        return run("embed", *flags, path, env=environment(**variables))

    def code(result):
        return lines(result.stdout)[0].get("error", {}).get("code")

    same(code(embed(FOVEA_MAX_SIDE="10")), "image_side_too_long")
    same(code(embed(FOVEA_MAX_SIDE="")), None)
    same(code(embed("--max-side=1000", FOVEA_MAX_SIDE="10")), None)
    # One that a flag goes before is not looked at, nor one for help.
    same(code(embed("--max-side=1000", FOVEA_MAX_SIDE="wide")), None)
    same(embed("--help", FOVEA_MAX_SIDE="wide").returncode, 0)
    for variable, value, message in (
            ("FOVEA_MAX_SIDE", "wide", "\"wide\" is not a whole number"),
            ("FOVEA_WORKERS", "0", "from 1 to 256"),
            ("FOVEA_DEADLINE", "soon", "is not a time"),
            ("FOVEA_MEMORY_LIMIT", "0%", "from 1% to 100%"),
            ("FOVEA_DAMAGED", "maybe", "none of refuse, accept"),
            ("FOVEA_STATS", "maybe", "none of no, yes")):
        result = embed(**{variable: value})
        said(result, 2, f"{variable}: ", message)
        same(result.stdout, b"")
    said(embed(FOVEA_STATS="1"), 0, "workers")
    result = run("embed", path, model=False,
                 env=environment(FOVEA_MODEL=MODEL))
    same(len(lines(result.stdout)[0]["embedding"]), DIMENSION)
    # What a run writes, and where, is not the environment's.
    result = embed(FOVEA_OUTPUT=os.path.join(directory, "x.npy"),
                   FOVEA_RAW="1")
    same(result.stdout, embed().stdout)
    same(os.listdir(directory), ["a.png"])


def test_every_variable_that_is_wrong_is_named(directory):
    with open(os.path.join(os.environ["FOVEA_SOURCE_ROOT"],
                           "src/option/option.def"), encoding="utf-8") as file:
        rows = re.findall(
            r'\b(NUMBER|BYTES|PIXELS|TIME|CHOICE|SWITCH|MEMORY),\s*"([\w-]+)", '
            r'[^,]+, "(FOVEA_\w+)",.*\n\s*\w+, ([A-Z_ |]+), ',
            file.read())
    n_tried = 0
    for _, flag, variable, commands in rows:
        same(variable, "FOVEA_" + flag.upper().replace("-", "_"))
        for command, words in (("RUNS", ("embed", "a")), ("FETCHES", ("embed", "a")),
                               ("EMBEDS", ("embed", "a")),
                               ("EMBEDS", ("index", "a")), ("SERVE", ("serve",)),
                               ("READS_TEXTS", ("similar", "a", "b")),
                               ("PULL", ("pull", "a/b"))):
            if command in commands.split(" | "):
                result = run(*words, model=False, cwd=directory,
                             env=environment(**{variable: "?"}))
                said(result, 2, f'{variable}: "?" ')
                same(result.stdout, b"")
                n_tried += 1
    assert n_tried > 70, n_tried
    same(os.listdir(directory), [])


def test_the_library_reads_none_of_them(directory):
    # `fovea models` has no flag for the queue, and the library's is the default.
    result = run("models", model=False,
                 env=environment(FOVEA_MAX_QUEUE="nonsense"))
    same(result.returncode, 0)


def test_messages_have_no_terminal_commands(directory):
    result = run("embed", "--\x1b[2J\n", model=False)
    same(result.returncode, 2)
    assert b"\x1b" not in result.stderr
    same(result.stderr.count(b"\n"), 2)


def check_pass(found, unit, embed):
    """A forward pass part by part, and what stands beside it."""
    for name in ("ms", "matmul_ms", "roofline_ms"):
        assert found[name + unit] > 0, found
    for name in ("over_matmul", "over_roofline"):
        assert found[name] > 0, found
    same(set(found["parts"]), {embed, "norms", "qkv", "attention", "out", "mlp",
                               "head"})
    for name, part in found["parts"].items():
        same(set(part), {"share", "ms" + unit, "arithmetic_ms" + unit,
                         "memory_ms" + unit})
        assert 0 < part["share"] < 1 and part["ms" + unit] > 0, (name, part)
        for bound in ("arithmetic_ms", "memory_ms"):
            # Of words there is nothing that is multiplied, of attention and
            # norms nothing that is large enough to be counted as read.
            free = name in ("norms", "words") or (name, bound) == (
                "attention", "memory_ms")
            assert (part[bound + unit] > 0) != free, (name, part)


def check_machine(found):
    same(set(found), {"cpu", "gop_per_s", "read_gb_per_s", "weights_in"})
    rates = found["gop_per_s"]
    assert rates["f32_avx2"] > 0 and all(rate > 0 for rate in rates.values())
    read = found["read_gb_per_s"]
    assert read["memory"] > 0 and found["weights_in"] in read, found


def check_report(report):
    assert b"nan" not in report, report
    # The first line has the model's name.
    for line in report.decode("ascii").split("\n")[1:]:
        assert len(line) <= 80 and line == line.rstrip(), report


def test_the_bench_measures(directory):
    words = ("bench", "-m", MODEL, "--rounds=2", "--batch=2", "--width=64",
             "--height", "48")
    for dtype in ("f32", "bf16", "int8"):
        result = run(*words, "--json", f"--dtype={dtype}", model=False)
        same(result.returncode, 0)
        found = json.loads(result.stdout)
        same((found["dtype"], found["batch"]), (dtype, 2))
        for stage in ("decode", "resize", "forward", "end_to_end"):
            assert found[stage]["ms_per_image"] > 0, found
        # 7 x 7 patches and the class token.
        same(found["forward"]["tokens"], 50)
        for name in ("forward", "single"):
            check_pass(found[name], "_per_image", "patches")
        check_machine(found["machine"])
    result = run(*words, model=False)
    same(result.returncode, 0)
    for word in (b"decode", b"resize", b"forward", b"end to end",
                 b"images/s", b"matrix products", b", 50 tokens\n",
                 b"patches ", b"attention ", b"roofline ", b"Gop/s: f32"):
        assert word in result.stdout, word
    check_report(result.stdout)
    said(run("bench", "-m", f"{directory}/none", model=False), 1, "none")
    nowhere = environment(FOVEA_BENCH_ENGINE="/nowhere/bench")
    said(run(*words, model=False, env=nowhere), 1,
         "no benchmark program that can be run: looked for /nowhere/bench")
    silent = environment(FOVEA_BENCH_ENGINE="/bin/true")
    said(run(*words, model=False, env=silent), 1,
         "ended before it had measured everything")
    # It has more to say than anybody reads.
    noisy = environment(FOVEA_BENCH_ENGINE="/usr/bin/yes")
    said(run(*words, model=False, env=noisy), 1, "says what makes no sense")


def test_the_bench_measures_texts(directory):
    # CLIP's texts are as long as they are, SigLIP's as long as they may be.
    for name, tokens in (("clip", 10), ("siglip", 16)):
        words = ("bench", "--text", "--rounds=2", "-m",
                 os.path.join(os.environ["FOVEA_WHOLE_MODELS"], name))
        result = run(*words, "--json", model=False)
        same(result.returncode, 0)
        found = json.loads(result.stdout)
        same((found["tokens"], found["texts"]), (tokens, 32))
        assert found["read"]["ms"] > 0 and found["read"]["bytes"] > 0
        for part in ("text", "batch"):
            check_pass(found[part], "", "words")
        assert found["text"]["over"] > 0
        check_machine(found["machine"])
        result = run(*words, model=False)
        same(result.returncode, 0)
        for word in (f" {tokens} tokens".encode(), b"a text ", b"32 texts ",
                     b"words ", b"products: "):
            assert word in result.stdout, word
        check_report(result.stdout)
    said(run("bench", "--text", "-m", MODEL, model=False), 1, "no text tower")


def test_models_that_are_not_here(directory):
    path = put(directory, "a.png", picture(1))
    said(run("embed", "-m", "openai/clip-vit-bsae-patch32", path, model=False),
         2, "did you mean openai/clip-vit-base-patch32")
    said(run("embed", "-m", "openai/clip-vit-base-patch32", path, model=False),
         1, "openai/clip-vit-base-patch32")
    said(run("embed", "-m", f"{directory}/none", path, model=False), 1, "none")
    for key in (path, "a.png"):
        said(run("embed", "-m", key, path, model=False, cwd=directory), 1,
             f"{key} is a file")
    empty = os.path.join(directory, "empty")
    os.mkdir(empty)
    result = run("embed", "-m", empty, "-o", f"{directory}/x.npy", path,
                 model=False)
    said(result, 1, empty)
    same(sorted(os.listdir(directory)), ["a.png", "empty"])


def test_damaged_weights_are_found(directory):
    model = os.path.join(directory, "model")
    os.mkdir(model)
    for name in os.listdir(MODEL):
        with open(os.path.join(MODEL, name), "rb") as f:
            content = f.read()
        if name.endswith(".safetensors"):
            content = content[:-1000]
        put(model, name, content)
    path = put(directory, "a.png", picture(1))
    said(run("embed", "-m", model, path, model=False), 1, "safetensors")


def test_models_are_listed(directory):
    result = run("models", model=False)
    same(result.returncode, 0)
    text = result.stdout.decode("utf-8")
    for word in ("KEY", "DIMENSION", "openai/clip-vit-base-patch32",
                 "fovea/near-duplicate-small", "not here",
                 "CC-BY-NC-4.0: for non-commercial use only"):
        assert word in text, text
    for width in (40, 60, 80, 120):
        narrow = run("models", model=False, env=environment(
            COLUMNS=str(width))).stdout.decode().splitlines()
        rows = [line for line in narrow if "/" in line]
        assert len(rows) > 60
        assert max(map(len, rows)) <= max(width, 60), narrow
        same(any("CC-BY-NC-4.0  " in line for line in rows), width > 60)
        same("WORDS" in narrow[0].split(), width > 60)
    # Nor are they lost where files are.
    key = "openai/clip-vit-base-patch32"
    home = os.path.join(directory, "a/folder/with/a/name/longer/than/a/line/is")
    os.makedirs(os.path.join(home, "models", "openai"))
    os.symlink(MODEL, os.path.join(home, "models", key))
    head, *rows = run("models", model=False, env=environment(
        COLUMNS="80", FOVEA_HOME=home)).stdout.decode().splitlines()
    row, = (row for row in rows if row.startswith(f"{key} "))
    same(head.split(), ["KEY", "WORDS", "LICENCE", "FILES"])
    same(row.split()[1:3], ["yes", "MIT"])
    assert row.endswith("+"), row
    result = run("models", "--json", model=False)
    models = {model["key"]: model for model in json.loads(result.stdout)}
    same(models["openai/clip-vit-large-patch14-336"]["embedding_dimension"],
         768)
    same(models["openai/clip-vit-large-patch14-336"]["image_size_px"], 336)
    same(models["openai/clip-vit-base-patch16"]["here"], False)
    same(models["openai/clip-vit-base-patch16"]["licence"], "MIT")
    same(models["openai/clip-vit-base-patch16"]["licence_note"], None)
    same(models["openai/clip-vit-base-patch16"]["has_text"], True)
    meta = models["facebook/metaclip-h14-fullcc2.5b"]
    same((meta["licence"], meta["licence_note"]),
         ("CC-BY-NC-4.0", "for non-commercial use only"))
    same(models["facebook/dinov2-small"]["family"], "DINOv2")
    here = "fovea/near-duplicate"
    config = json.loads(read(os.path.join(
        os.environ["FOVEA_SOURCE_ROOT"], "models", here, "config.json")))
    same(models[here]["embedding_dimension"], config["projection_dim"])
    same(models[here]["image_size_px"], config["image_size"])


def test_pixels_by_default_are_said(directory):
    model = os.path.join(directory, "model")
    os.mkdir(model)
    for name in ("config.json", "model.safetensors"):
        os.symlink(os.path.join(MODEL, name), os.path.join(model, name))
    path = put(directory, "a.png", picture(1))
    result = run("models", "show", "--json", model, model=False)
    same(json.loads(result.stdout)["preprocessor"], "default")
    said(result, 0, "no preprocessor_config.json", "no preprocess_cfg")
    result = run("models", "show", model, model=False)
    assert b"family's, by default" in result.stdout, result.stdout
    for command in ("embed", "preprocess"):
        words = ["-o", f"{directory}/{command}.npy", path]
        result = run(command, "-m", model, *words, model=False)
        same(result.returncode, 0)
        same(result.stderr.count(b"no preprocessor_config.json"), 1)
        result = run(command, "-m", model, "-q", "--overwrite", *words,
                     model=False)
        same(result.stderr, b"")
    # They are what this model was made for; it is only not known.
    vectors = [lines(run("embed", "-q", "-m", one, path, model=False).stdout)
               for one in (model, MODEL)]
    same(vectors[0], vectors[1])


def test_models_in_the_home_are_here(directory):
    home = os.path.join(directory, "models", "openai")
    os.makedirs(home)
    os.symlink(MODEL, os.path.join(home, "clip-vit-base-patch16"))
    result = run("models", "--json", model=False,
                 env=environment(FOVEA_HOME=directory))
    models = {model["key"]: model for model in json.loads(result.stdout)}
    same(models["openai/clip-vit-base-patch16"]["here"], True)
    assert models["openai/clip-vit-base-patch16"]["directory"].startswith(
        directory)
    same(models["openai/clip-vit-base-patch32"]["here"], False)


def test_a_model_is_shown(directory):
    result = run("models", "show", MODEL, "--json", "--dtype=f32", model=False)
    same(result.returncode, 0)
    model = json.loads(result.stdout)
    same(model["embedding_dimension"], DIMENSION)
    same((model["image_width_px"], model["image_height_px"]), (224, 224))
    same([round(x, 5) for x in model["mean"]], [0.48145, 0.45783, 0.40821])
    same([round(x, 5) for x in model["std"]], [0.26863, 0.2613, 0.27578])
    same(model["dtype"], "f32")
    same(model["preprocessor"], "file")
    same(result.stderr, b"")
    same(model["directory"], MODEL)
    assert model["est_memory_allocation_mb"] > 0
    for dtype in ("bf16", "int8"):
        result = run("models", "show", MODEL, f"--dtype={dtype}", model=False)
        same(result.returncode, 0)
        for word in (b"dimension", b"64", b"224 x 224", b"mean", b"std",
                     dtype.encode(), b"memory", MODEL.encode()):
            assert word in result.stdout, word
    said(run("models", "show", "nonsense", model=False), 2, "nonsense")


main([value for name, value in sorted(globals().items())
      if name.startswith("test_")])
