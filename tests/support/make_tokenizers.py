#!/usr/bin/python3
"""Make the directories of tokenizers that tests read.

    make_tokenizers.py small OUT    clip, clip-files (without tokenizer.json),
                                    unigram, bytefallback
    make_tokenizers.py large OUT    256,000 pieces and some 580,000 merges in the
                                    form of Gemma's tokenizer.json, made up
"""
import gzip
import json
import os
import sys

DATA = os.path.join(os.path.dirname(os.path.abspath(__file__)), "..", "data",
                    "tokenizers")
SPLIT = (r"<\|startoftext\|>|<\|endoftext\|>|'s|'t|'re|'ve|'m|'ll|'d|[\p{L}]+|"
         r"[\p{N}]|[^\s\p{L}\p{N}]+")


def write(folder, name, content, indent=None):
    os.makedirs(folder, exist_ok=True)
    with open(os.path.join(folder, name), "w", encoding="utf-8") as f:
        if isinstance(content, str):
            f.write(content)
        else:
            json.dump(content, f, ensure_ascii=False, indent=indent,
                      separators=(",", ":") if indent is None else None)


def unpack(name):
    with gzip.open(os.path.join(DATA, name), "rt", encoding="utf-8") as f:
        return f.read()


def byte_alphabet():
    shown = [*range(33, 127), *range(161, 173), *range(174, 256)]
    hidden = [b for b in range(256) if b not in shown]
    return [chr(b) for b in shown] + [chr(256 + i) for i in range(len(hidden))]


def clip_json(vocab, merges):
    start, end = vocab["<|startoftext|>"], vocab["<|endoftext|>"]
    token = {"single_word": False, "lstrip": False, "rstrip": False,
             "special": True}
    return {
        "version": "1.0", "truncation": None, "padding": None,
        "added_tokens": [
            {"id": start, "content": "<|startoftext|>", **token,
             "normalized": True},
            {"id": end, "content": "<|endoftext|>", **token,
             "normalized": False}],
        "normalizer": {"type": "Sequence", "normalizers": [
            {"type": "NFC"},
            {"type": "Replace", "pattern": {"Regex": "\\s+"}, "content": " "},
            {"type": "Lowercase"}]},
        "pre_tokenizer": {"type": "Sequence", "pretokenizers": [
            {"type": "Split", "pattern": {"Regex": SPLIT},
             "behavior": "Removed", "invert": True},
            {"type": "ByteLevel", "add_prefix_space": False,
             "trim_offsets": True}]},
        "post_processor": {
            "type": "RobertaProcessing", "sep": ["<|endoftext|>", end],
            "cls": ["<|startoftext|>", start], "trim_offsets": False,
            "add_prefix_space": False},
        "decoder": {"type": "ByteLevel", "add_prefix_space": True,
                    "trim_offsets": True},
        "model": {"type": "BPE", "dropout": None,
                  "unk_token": "<|endoftext|>",
                  "continuing_subword_prefix": "",
                  "end_of_word_suffix": "</w>", "fuse_unk": False,
                  "vocab": vocab, "merges": merges}}


def make_small(out):
    text = unpack("clip-merges.txt.gz")
    merges = text.strip().split("\n")[1:]
    letters = byte_alphabet()
    pieces = letters + [c + "</w>" for c in letters]
    pieces += [m.replace(" ", "") for m in merges]
    pieces += ["<|startoftext|>", "<|endoftext|>"]
    vocab = {piece: i for i, piece in enumerate(pieces)}
    config = {"pad_token": "<|endoftext|>", "tokenizer_class": "CLIPTokenizer"}
    clip, files = os.path.join(out, "clip"), os.path.join(out, "clip-files")
    write(clip, "tokenizer.json", clip_json(vocab, merges))
    write(clip, "tokenizer_config.json", config)
    write(files, "vocab.json", vocab)
    write(files, "merges.txt", text)
    write(files, "tokenizer_config.json", config)
    for name, config in (
            ("unigram", {"pad_token": "</s>",
                         "tokenizer_class": "SiglipTokenizer"}),
            ("bytefallback", {"pad_token": {"content": "<pad>"},
                              "padding_side": "right",
                              "tokenizer_class": "GemmaTokenizer"})):
        folder = os.path.join(out, name)
        write(folder, "tokenizer.json", unpack(name + ".json.gz"))
        write(folder, "tokenizer_config.json", config)


def made_up_words():
    """Pieces and merges: each piece is one before it and a letter, and can be
    made in a second way or more."""
    letters = [chr(c) for c in range(0x61, 0x7b)] + ["\u2581"]
    letters += [chr(c) for c in range(0x4e00, 0x4e00 + 4000)]
    pieces, known, merges = [], set(letters), []
    level, total = letters[:27], 256000 - 261
    pieces += letters
    while len(pieces) < total:
        new = []
        for a in level:
            for b in letters[:27]:
                piece = a + b
                if piece not in known and len(pieces) < total:
                    known.add(piece)
                    pieces.append(piece)
                    new.append(piece)
        level = new
    for piece in pieces[len(letters):]:
        merges += [[piece[:i], piece[i:]] for i in range(1, len(piece))
                   if piece[:i] in known and piece[i:] in known]
    return pieces, merges[:580000]


def make_large(out):
    pieces, merges = made_up_words()
    special = ["<pad>", "<eos>", "<bos>", "<unk>", "<mask>"]
    names = special + [f"<0x{b:02X}>" for b in range(256)] + pieces
    token = {"single_word": False, "lstrip": False, "rstrip": False,
             "normalized": False, "special": True}
    write(out, "tokenizer.json", {
        "version": "1.0", "truncation": None, "padding": None,
        "added_tokens": [{"id": i, "content": s, **token}
                         for i, s in enumerate(special)],
        "normalizer": {"type": "Replace", "pattern": {"String": " "},
                       "content": "\u2581"},
        "pre_tokenizer": {"type": "Split", "pattern": {"String": " "},
                          "behavior": "MergedWithPrevious", "invert": False},
        "post_processor": {
            "type": "TemplateProcessing",
            "single": [{"Sequence": {"id": "A", "type_id": 0}},
                       {"SpecialToken": {"id": "<eos>", "type_id": 0}}],
            "pair": [],
            "special_tokens": {"<eos>": {"id": "<eos>", "ids": [1],
                                         "tokens": ["<eos>"]}}},
        "decoder": None,
        "model": {"type": "BPE", "dropout": None, "unk_token": "<unk>",
                  "fuse_unk": True, "byte_fallback": True,
                  "vocab": {s: i for i, s in enumerate(names)},
                  "merges": merges}}, indent=2)
    print(len(names), "pieces,", len(merges), "merges")


{"small": make_small, "large": make_large}[sys.argv[1]](sys.argv[2])
