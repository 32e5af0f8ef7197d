#!/usr/bin/python3
"""fovea pull, against a small hub which also does things wrong."""
import fcntl
import json
import os
import pty
import resource
import signal
import subprocess

from command import FOVEA, MODEL, TIMEOUT, environment, main, put, read, \
    run, said, same, wait_until
from hub import COMMIT, Hub, discussion, git_name, lfs_name

KEY = "someone/model"
KNOWN = "openai/clip-vit-base-patch32"
OTHER = "f" * 40
BIG = bytes(range(256)) * 8192  # 2 MiB: several sends


def model_files():
    return {name: read(os.path.join(MODEL, name))
            for name in ("config.json", "preprocessor_config.json",
                         "model.safetensors")}


def files_of(weights=BIG, **more):
    return {"config.json": b"{}", "preprocessor_config.json": b"{ }",
            "model.safetensors": weights, "README.md": b"words", **more}


def settings(directory, hub, **more):
    return environment(HF_HOME=os.path.join(directory, "hf"),
                       HF_ENDPOINT=hub.endpoint + "/", **more)


def pull(directory, hub, *words, key=KEY, **more):
    return run("pull", *words, key, model=False,
               env=settings(directory, hub, **more))


def repository(directory, key=KEY):
    return os.path.join(directory, "hf", "hub",
                        "models--" + key.replace("/", "--"))


def below(path):
    """All files and links below a path, relative, sorted."""
    return sorted(os.path.relpath(os.path.join(where, name), path)
                  for where, _, names in os.walk(path) for name in names)


def check_whole(directory, files, key=KEY, commit=COMMIT,
                names=("config.json", "preprocessor_config.json",
                       "model.safetensors"), revision="main"):
    """The cache holds these files in huggingface_hub's layout, no others."""
    root = repository(directory, key)
    expected = [f"refs/{revision}"] if revision else []
    for name in names:
        content = files[name]
        etag = lfs_name(content) if name.endswith(".safetensors") else \
            git_name(content)
        same(os.readlink(f"{root}/snapshots/{commit}/{name}"),
             f"../../blobs/{etag}")
        same(read(f"{root}/snapshots/{commit}/{name}"), content)
        expected += [f"blobs/{etag}", f"snapshots/{commit}/{name}"]
    same(below(root), sorted(set(expected)))
    if revision:
        same(read(f"{root}/refs/{revision}"), commit.encode())


def test_the_layout_of_the_cache(directory):
    files = model_files()
    with Hub(files, key=KNOWN) as hub:
        result = pull(directory, hub, key=KNOWN)
    text = said(result, 0, f"{KNOWN}: licence MIT\n", "config.json",
                "model.safetensors")
    assert "\x1b" not in text, text
    root = repository(directory, KNOWN)
    same(result.stdout.decode(), f"{root}/snapshots/{COMMIT}\n")
    check_whole(directory, files, KNOWN)
    umask = os.umask(0o22)
    os.umask(umask)
    same(os.stat(f"{root}/snapshots/{COMMIT}/config.json").st_mode & 0o777,
         0o666 & ~umask)


def test_what_a_licence_does_not_allow_is_said_first(directory):
    key = "facebook/metaclip-b32-400m"
    with Hub(model_files(), key=key) as hub:
        text = said(pull(directory, hub, key=key), 0)
        assert text.startswith(f"{key}: licence CC-BY-NC-4.0, for "
                               "non-commercial use only\n"), text
        same(said(pull(directory, hub, "--quiet", key=key), 0), "")


def test_the_model_is_then_here(directory):
    with Hub(model_files(), key=KNOWN) as hub:
        env = settings(directory, hub)
        before = run("models", "show", KNOWN, model=False, env=env)
        said(before, 1, f"fovea pull {KNOWN}")
        said(pull(directory, hub, key=KNOWN), 0)
        listed = run("models", "--json", model=False, env=env)
        entry = [e for e in json.loads(listed.stdout) if e["key"] == KNOWN][0]
        same(entry["here"], True)
        shown = run("models", "show", "--json", KNOWN, model=False, env=env)
        said(shown, 0)
        same(json.loads(shown.stdout)["directory"],
             f"{repository(directory, KNOWN)}/snapshots/{COMMIT}")


def test_a_second_pull_fetches_nothing(directory):
    with Hub(files_of()) as hub:
        said(pull(directory, hub), 0)
        hub.requests.clear()
        result = pull(directory, hub)
        same(said(result, 0), "")
        same(len(hub.requests), 1)
        assert "/api/models/" in hub.requests[0][2]
        # A blob that is here is linked, not fetched.
        os.unlink(f"{repository(directory)}/snapshots/{COMMIT}/"
                  "model.safetensors")
        hub.requests.clear()
        said(pull(directory, hub), 0)
        same(hub.seen("cdn"), [])
        same(len(hub.seen(method="HEAD")), 1)
        check_whole(directory, hub.files)


def test_a_model_without_preprocessor_config(directory):
    files = files_of()
    del files["preprocessor_config.json"]
    with Hub(files) as hub:
        said(pull(directory, hub), 0)
    check_whole(directory, files, names=("config.json", "model.safetensors"))


def open_clip_files():
    return {"open_clip_config.json": b"{}",
            "open_clip_model.safetensors": BIG,
            "open_clip_pytorch_model.bin": b"pickle", "README.md": b"words"}


OPEN_CLIP = ("open_clip_config.json", "open_clip_model.safetensors")


def test_open_clips_layout(directory):
    files = open_clip_files()
    with Hub(files) as hub:
        said(pull(directory, hub), 0)
        check_whole(directory, files, names=OPEN_CLIP)
        # Half of the other layout is none; all of it is taken.
        home = os.path.join(directory, "half")
        hub.files.update({"config.json": b"{}", "pytorch_model.bin": b"p"})
        said(pull(home, hub), 0)
        check_whole(home, files, names=OPEN_CLIP)
        home = os.path.join(directory, "both")
        hub.files.update(files_of())
        said(pull(home, hub), 0)
        check_whole(home, hub.files)
    files = open_clip_files()
    del files["open_clip_model.safetensors"]
    with Hub(files) as hub:
        said(pull(os.path.join(directory, "pickle"), hub), 1,
             "has no open_clip_model.safetensors",
             "only open_clip_pytorch_model.bin")


TIMM = json.dumps({"architecture": "vit_base_patch32_clip_224",
                   "num_classes": 512, "pretrained_cfg": {"tag": "x"}}).encode()


def test_timms_config_is_not_the_models(directory):
    """Repositories that timm and open_clip share have both, and timm's weights
    under the name of transformers'."""
    files = {**open_clip_files(), "config.json": TIMM,
             "model.safetensors": b"timm's"}
    with Hub(files) as hub:
        said(pull(directory, hub), 0)
        check_whole(directory, files, names=("config.json", *OPEN_CLIP))
        for name in OPEN_CLIP:
            del hub.files[name]
        said(pull(os.path.join(directory, "alone"), hub), 1,
             "a model of timm by itself")
    # Here all of it was fetched by somebody else.
    model = os.path.join(directory, "all")
    golden = os.path.join(os.environ["FOVEA_SOURCE_ROOT"], "tests", "golden",
                          "models", "open")
    for name in OPEN_CLIP:
        put(model, name, read(os.path.join(golden, name)))
    put(model, "config.json", TIMM)
    put(model, "model.safetensors", b"timm's")
    shown = run("models", "show", "--json", model, model=False)
    said(shown, 0)
    same(json.loads(shown.stdout)["embedding_dimension"], 22)
    for name in OPEN_CLIP:
        os.unlink(os.path.join(model, name))
    said(run("models", "show", model, model=False), 1, "pretrained_cfg",
         "a model of timm by itself")


def words(**more):
    """A model that knows words, with a tokenizer of each kind of files."""
    return files_of(**{
        "config.json": b'{"model_type": "clip", "text_config": {}}',
        "vocab.json": b"{}", "merges.txt": b"", "tokenizer.json": b"{ }",
        "tokenizer_config.json": b"{  }", **more})


def test_a_tokenizer_comes_along_where_there_are_words(directory):
    usual = ("config.json", "preprocessor_config.json", "model.safetensors")
    with Hub(words()) as hub:
        said(pull(directory, hub), 0)
        check_whole(directory, hub.files, names=(
            *usual, "tokenizer.json", "tokenizer_config.json"))
        home = os.path.join(directory, "parts")
        del hub.files["tokenizer.json"]
        said(pull(home, hub), 0)
        check_whole(home, hub.files, names=(
            *usual, "vocab.json", "merges.txt", "tokenizer_config.json"))
    files = words(**{"config.json": b'{"model_type": "clip_vision_model"}'})
    with Hub(files) as hub:
        home = os.path.join(directory, "pictures")
        said(pull(home, hub), 0)
        check_whole(home, files, names=usual)


def test_shards(directory):
    names = [f"model-0000{i}-of-00003.safetensors" for i in (1, 2, 3)]
    index = json.dumps({"weight_map": {
        f"tensor{i}": names[i % 3] for i in range(30)}}).encode()
    files = files_of(**{name: name.encode() * 100 for name in names},
                     **{"model.safetensors.index.json": index})
    del files["model.safetensors"]
    with Hub(files) as hub:
        said(pull(directory, hub), 0)
        same(len(hub.seen("cdn")), 3)
    check_whole(directory, files, names=(
        "config.json", "preprocessor_config.json",
        "model.safetensors.index.json", *names))


def test_shards_do_not_climb(directory):
    for name in ("../../../evil.safetensors", "/tmp/evil.safetensors",
                 ".evil.safetensors", "a/b.safetensors", "evil.bin",
                 "missing.safetensors", 7):
        index = json.dumps({"weight_map": {"a": name}}).encode()
        files = {"config.json": b"{}", str(name): b"evil",
                 "model.safetensors.index.json": index}
        if name == "missing.safetensors":
            del files[name]
        with Hub(files) as hub:
            said(pull(directory, hub), 1, "names a shard")
        same([p for p in below(directory) if "evil" in p], [])
        same(run("models", "show", KEY, model=False,
                 env=settings(directory, hub)).returncode, 2)


def test_broken_connections_go_on(directory):
    with Hub(files_of(), cut=300000) as hub:
        said(pull(directory, hub), 0)
        ranges = [r[3].get("Range") for r in hub.seen("cdn", "GET")]
        assert len(ranges) > 5, ranges
        same(ranges[0], None)
        starts = [int(r[len("bytes="):-1]) for r in ranges[1:]]
        assert starts == sorted(set(starts)) and starts[0] > 0, starts
    check_whole(directory, hub.files)


def test_a_connection_that_never_gets_on_is_given_up(directory):
    with Hub(files_of(weights=BIG + b"x"), cut=1, n_cuts=1 << 30) as hub:
        hub.no_ranges = True
        said(pull(directory, hub, "--tries=2"), 1, "127.0.0.1")
        same(len(hub.seen("cdn")), 3)
    root = repository(directory)
    assert not os.path.exists(f"{root}/refs/main")
    same([p for p in below(f"{root}/blobs") if p.startswith(
        lfs_name(hub.files["model.safetensors"]))],
         [lfs_name(hub.files["model.safetensors"]) + ".incomplete"])


def test_ctrl_c_leaves_what_came_for_the_next_time(directory):
    with Hub(files_of(), stall=500000) as hub:
        process = subprocess.Popen(
            [FOVEA, "pull", KEY], env=settings(directory, hub),
            stdout=subprocess.PIPE, stderr=subprocess.PIPE)
        assert hub.stalled.wait(TIMEOUT)
        process.send_signal(signal.SIGINT)
        out, _ = process.communicate(timeout=TIMEOUT)
        same((process.returncode, out), (130, b""))
        root = repository(directory)
        blob = f"{root}/blobs/{lfs_name(BIG)}"
        assert not os.path.exists(blob)
        size = os.path.getsize(blob + ".incomplete")
        assert 0 < size <= 500000, size
        assert not os.path.lexists(f"{root}/snapshots/{COMMIT}/"
                                   "model.safetensors")
        assert not os.path.exists(f"{root}/refs/main")
        hub.requests.clear()
        said(pull(directory, hub), 0)
        same([r[3].get("Range") for r in hub.seen("cdn")], [f"bytes={size}-"])
        check_whole(directory, hub.files)


def test_a_server_without_ranges(directory):
    with Hub(files_of(), cut=700000, n_cuts=1, no_ranges=True) as hub:
        said(pull(directory, hub), 0)
        same(len(hub.seen("cdn")), 2)
    check_whole(directory, hub.files)


def test_a_server_with_wrong_ranges(directory):
    with Hub(files_of(), cut=700000, n_cuts=1, wrong_range=True) as hub:
        said(pull(directory, hub), 0)
        same([r[3].get("Range") is None for r in hub.seen("cdn")],
             [True, False, True])
    check_whole(directory, hub.files)


def test_what_an_earlier_try_left_is_not_trusted(directory):
    etag = lfs_name(BIG)
    # Of the right length, too long, and another beginning.
    for left, status in ((bytes(len(BIG)), 1), (BIG + b"more", 0),
                         (b"other" * 100, 1)):
        home = os.path.join(directory, str(len(left)))
        put(repository(home), f"blobs/{etag}.incomplete", left)
        with Hub(files_of()) as hub:
            result = pull(home, hub)
            same(result.returncode, status)
            if status:
                said(result, 1, "SHA-256", "try again")
                said(pull(home, hub), 0)
        check_whole(home, hub.files)


def test_damaged_files_are_refused(directory):
    for name, word in (("model.safetensors", "SHA-256"),
                       ("config.json", "git SHA-1")):
        home = os.path.join(directory, word[:3])
        with Hub(files_of(), spoil=(name,)) as hub:
            said(pull(home, hub), 1, name, word, "thrown away")
            root = repository(home)
            assert not os.path.lexists(f"{root}/snapshots/{COMMIT}/{name}")
            same([p for p in below(root) if p.endswith(".incomplete")], [])
            assert not os.path.exists(f"{root}/refs/main")
            hub.spoil = ()
            said(pull(home, hub), 0)
        check_whole(home, hub.files)


def test_more_bytes_than_announced(directory):
    with Hub(files_of(), longer=1) as hub:
        said(pull(directory, hub), 1, "more bytes came than the 2097152")
    same([p for p in below(repository(directory)) if "incomplete" in p], [])


def test_tokens(directory):
    with Hub(files_of(), token="hf_abc123") as hub:
        said(pull(directory, hub), 1, "needs a token", "HF_TOKEN")
        said(pull(directory, hub, HF_TOKEN="hf_wrong"), 1,
             "does not accept the token")
        said(pull(directory, hub, HF_TOKEN="not a token\n"), 2, "HF_TOKEN")
        said(pull(directory, hub, HF_TOKEN="a\r\nX-Evil: 1"), 2, "HF_TOKEN")
        said(pull(directory, hub, HF_TOKEN=" hf_abc123\n"), 0)
        for place, _, path, headers in hub.requests:
            assert place == "hub" or "Authorization" not in headers, path
        assert hub.seen("cdn")
        # From the file that huggingface_hub's login writes.
        home = os.path.join(directory, "second")
        put(home, "hf/token", b"hf_abc123\n")
        said(pull(home, hub), 0)
        path = put(directory, "elsewhere", b"hf_abc123")
        said(pull(os.path.join(directory, "third"), hub, HF_TOKEN_PATH=path),
             0)
        hub.gated = True
        said(pull(directory, hub), 1, "is gated", "HF_TOKEN",
             f"{hub.endpoint}/{KEY}")


def test_revisions(directory):
    with Hub(files_of(), commits={"v1.0": OTHER, "refs/pr/3": OTHER}) as hub:
        result = pull(directory, hub, "--revision", "v1.0")
        said(result, 0)
        root = repository(directory)
        same(result.stdout.decode(), f"{root}/snapshots/{OTHER}\n")
        check_whole(directory, hub.files, commit=OTHER, revision="v1.0")
        said(pull(directory, hub, "--revision=refs/pr/3"), 0)
        same(read(f"{root}/refs/refs/pr/3"), OTHER.encode())
        home = os.path.join(directory, "second")
        said(pull(home, hub, "--revision", OTHER), 0)
        check_whole(home, hub.files, commit=OTHER, revision=None)
        said(pull(directory, hub, "--revision", "v2"), 2,
             "has no revision v2")
        for wrong in ("../x", "/x", "a//b", "a/../b", "a b", ".git"):
            said(pull(directory, hub, "--revision", wrong), 2,
                 "is no branch, tag or commit")


def test_main_without_safetensors_is_taken_converted(directory):
    files = {**model_files(), "pytorch_model.bin": b"pickle"}
    strangers = [discussion(3, author={"name": "somebody"}),
                 discussion(4, title="Adding `safetensors` variant"),
                 discussion(5, status="closed"),
                 discussion(6, isPullRequest=False), discussion("../7")]
    with Hub(files, key=KNOWN, commits={"refs/pr/15": OTHER},
             not_in_main=("model.safetensors",),
             discussions=strangers) as hub:
        env = settings(directory, hub)
        said(pull(directory, hub, key=KNOWN), 1, "only pytorch_model.bin")
        hub.discussions.append(discussion(15))
        # What huggingface_hub has brought of main is no model for us.
        put(repository(directory, KNOWN), "refs/main", COMMIT.encode())
        put(repository(directory, KNOWN), f"snapshots/{COMMIT}/config.json",
            b"{}")
        result = pull(directory, hub, key=KNOWN)
        said(result, 0)
        snapshot = f"{repository(directory, KNOWN)}/snapshots/{OTHER}"
        same(result.stdout.decode(), snapshot + "\n")
        assert not [r for r in hub.requests if "pytorch" in r[2]]
        root = repository(directory, KNOWN)
        same(read(f"{root}/refs/main"), COMMIT.encode())
        same(read(f"{root}/refs/refs/pr/15"), OTHER.encode())
        shown = run("models", "show", "--json", KNOWN, model=False, env=env)
        said(shown, 0)
        same(json.loads(shown.stdout)["directory"], snapshot)
        # Asked for main by name it is the same; another revision is itself.
        same(pull(directory, hub, "--revision=main", key=KNOWN).stdout,
             result.stdout)
        said(pull(directory, hub, "--revision", COMMIT, key=KNOWN), 1,
             "only pytorch_model.bin")


def test_a_model_that_was_renamed(directory):
    with Hub(files_of(), key="new/name", old_key=KEY) as hub:
        said(pull(directory, hub), 0)
    check_whole(directory, hub.files)


def test_a_hub_that_is_unwell_for_a_while(directory):
    with Hub(files_of(), n_unwell=1) as hub:
        said(pull(directory, hub), 0)
        hub.n_unwell = 1000
        hub.requests.clear()
        said(pull(directory, hub, "--tries", "1"), 1, "answered 503")
        same(len(hub.requests), 1)


def test_no_hub_is_there(directory):
    with Hub(files_of()) as hub:
        pass
    said(pull(directory, hub), 1, "127.0.0.1", "connect")
    assert not os.path.exists(os.path.join(directory, "hf"))


def test_what_cannot_be_pulled(directory):
    files = files_of(**{"pytorch_model.bin": b"pickle"})
    del files["model.safetensors"]
    with Hub(files) as hub:
        said(pull(directory, hub), 1, "only pytorch_model.bin")
        said(pull(directory, hub, key="someone/else"), 2,
             "has no model someone/else")
        for key in ("model", "a/b/c", "../x", "a/..", "/a/b", "a/b?c", "a/b#"):
            said(pull(directory, hub, key=key), 2, "OWNER/NAME")
        said(pull(directory, hub, HF_HUB_OFFLINE="1"), 1, "HF_HUB_OFFLINE")
        del hub.files["pytorch_model.bin"]
        said(pull(directory, hub), 1, "has no model.safetensors")
        del hub.files["config.json"]
        said(pull(directory, hub), 1, "has no config.json", "open_clip_config.json")
    with Hub(files_of()) as hub:
        env = settings(directory, hub)
        del env["HF_HOME"], env["HOME"]
        said(run("pull", KEY, model=False, env=env), 2, "set HF_HOME or HOME")
    said(run("pull", KEY, model=False,
             env=environment(HF_HOME=directory, HF_ENDPOINT="ftp://x")), 1,
         "HF_ENDPOINT")
    assert not os.path.exists(os.path.join(directory, "hf"))


def test_the_cache_cannot_be_written(directory):
    with Hub(files_of()) as hub:
        put(directory, "hf", b"a file")
        said(pull(directory, hub), 1, "hf")
        # Room for the small files only.
        env = settings(os.path.join(directory, "small"), hub)
        result = run("pull", KEY, model=False, env=env,
                     preexec_fn=lambda: resource.setrlimit(
                         resource.RLIMIT_FSIZE, (100000, 100000)))
        said(result, 1, "model.safetensors: cannot write", "File too large")
        said(pull(os.path.join(directory, "small"), hub), 0)


def test_two_at_once_fetch_it_once(directory):
    with Hub(files_of(), stall=1000) as hub:
        env = settings(directory, hub)
        first = subprocess.Popen([FOVEA, "pull", "-q", KEY], env=env,
                                 stdout=subprocess.PIPE)
        assert hub.stalled.wait(TIMEOUT)
        # It holds the lock now; a second one waits, and both get there.
        path = os.path.join(directory, "hf/hub/.locks",
                            "models--someone--model", lfs_name(BIG) + ".lock")
        with open(path, "rb") as lock:
            try:
                fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
                raise AssertionError("the lock is free")
            except BlockingIOError:
                pass
        second = subprocess.Popen([FOVEA, "pull", "-q", KEY], env=env,
                                  stdout=subprocess.PIPE)
        wait_until(lambda: len(hub.seen(method="HEAD")) >= 4 or
                   second.poll() is not None, "the second one's questions")
        same(second.poll(), None)
        hub.done.set()  # the first one's connection ends; it goes on
        for process in (first, second):
            process.communicate(timeout=TIMEOUT)
            same(process.returncode, 0)
        same([r[3].get("Range") for r in hub.seen("cdn")],
             [None, "bytes=1000-"])
    check_whole(directory, hub.files)


def test_quiet(directory):
    with Hub(files_of()) as hub:
        same(said(pull(directory, hub, "--quiet"), 0), "")


def test_progress_on_a_terminal(directory):
    with Hub(files_of(), stall=500000) as hub:
        ours, theirs = pty.openpty()
        process = subprocess.Popen([FOVEA, "pull", KEY], stderr=theirs,
                                   stdout=subprocess.DEVNULL,
                                   env=settings(directory, hub))
        os.close(theirs)
        text = b""
        while b"0.5/2.1 MB" not in text:
            text += os.read(ours, 4096)
        hub.done.set()
        try:
            while True:
                text += os.read(ours, 4096) or b""
        except OSError:
            pass  # the terminal's end: the command is done
        os.close(ours)
        same(process.wait(TIMEOUT), 0)
    assert b"\r\x1b[K" in text and b"model.safetensors  2.1 MB\r\n" in text, \
        text


def test_several_keys(directory):
    with Hub(files_of()) as hub:
        result = run("pull", "someone/else", KEY, model=False,
                     env=settings(directory, hub))
        said(result, 2, "someone/else")
        same(result.stdout.count(b"\n"), 1)
    check_whole(directory, hub.files)


main([value for name, value in list(globals().items())
      if name.startswith("test_")])
