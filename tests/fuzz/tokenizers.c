#include "tokenizers.h"

#include <fcntl.h>
#include <stdio.h>
#include <unistd.h>

#include "base/macros.h"

/* A darts-clone trie of U+FB01, "A", tab, U+00E9, U+FDFA and U+0001. */
#define CHARSMAP                                                       \
    "AAQAAAAIAAAAAAAAAAAAAAE9AAAAAACAAAAAAAsAAIADAACABQAAgAAAAAAHAACA" \
    "CQ0AAC0AAIAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA" \
    "AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA" \
    "AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA" \
    "AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA" \
    "AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAABBEQEAAAAAAAAAAAAAAAAA" \
    "AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA" \
    "AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA" \
    "AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA" \
    "AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA" \
    "AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAACBGQIA" \
    "AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA" \
    "AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA" \
    "AAAAAAAAAAAAAAAAAAAAAAAAAACpqQIAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA" \
    "AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAArLgCAAAAAAAAAAAAAAAAAAAAAAAAAAAA" \
    "AAAAAAAAAAAAAAAAt8wCAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA" \
    "uuUCAAAAAADDIAMAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA" \
    "AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA" \
    "AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA" \
    "AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAO+wAwAAAAAA" \
    "AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA" \
    "AAAAAAAAAAAAAAAAAAAAAAAAAABmaQBhACAAZcyBAHh4eHh4eHh4eHh4eHh4eHh4" \
    "eHh4eHh4eHh4eHh4eHh4eAAA"

/* clang-format off */
const char *const fuzz_tokenizers[FUZZ_N_TOKENIZERS] = {
    /* As CLIP's. */
    "{\"added_tokens\": [{\"id\": 9, \"content\": \"<|startoftext|>\", "
    "\"normalized\": true, \"special\": true}, {\"id\": 10, \"content\": "
    "\"<|endoftext|>\", \"special\": true}], \"normalizer\": {\"type\": "
    "\"Sequence\", \"normalizers\": [{\"type\": \"NFC\"}, {\"type\": "
    "\"Replace\", \"pattern\": {\"Regex\": \"\\\\s+\"}, \"content\": \" \"}, "
    "{\"type\": \"Lowercase\"}]}, \"pre_tokenizer\": {\"type\": "
    "\"Sequence\", \"pretokenizers\": [{\"type\": \"Split\", \"pattern\": "
    "{\"Regex\": \"'s|'t|'re|'ve|'m|'ll|'d|[\\\\p{L}]+|[\\\\p{N}]|"
    "[^\\\\s\\\\p{L}\\\\p{N}]+\"}, \"behavior\": \"Removed\", \"invert\": "
    "true}, {\"type\": \"ByteLevel\", \"add_prefix_space\": false}]}, "
    "\"post_processor\": {\"type\": \"RobertaProcessing\", \"cls\": "
    "[\"<|startoftext|>\", 9], \"sep\": [\"<|endoftext|>\", 10]}, \"model\": "
    "{\"unk_token\": \"<|endoftext|>\", \"end_of_word_suffix\": \"</w>\", "
    "\"vocab\": {\"a\": 0, \"b\": 1, \"a</w>\": 2, \"b</w>\": 3, \"ab\": 4, "
    "\"ab</w>\": 5, \"aba</w>\": 6, \"\u00c3\": 7, \"\u00a9</w>\": 8, "
    "\"<|startoftext|>\": 9, \"<|endoftext|>\": 10, \"\u00c3\u00a9</w>\": 11}, "
    "\"merges\": [\"a b\", \"a b</w>\", \"ab a</w>\", \"\u00c3 \u00a9</w>\"]}}",
    /* As SigLIP's. */
    "{\"added_tokens\": [{\"id\": 1, \"content\": \"</s>\", \"lstrip\": "
    "true, \"rstrip\": true, \"special\": true}, {\"id\": 8, \"content\": "
    "\"Z\", \"single_word\": true, \"normalized\": true}], \"normalizer\": "
    "{\"type\": \"Sequence\", \"normalizers\": [{\"type\": \"Lowercase\"}, "
    "{\"type\": \"Replace\", \"pattern\": {\"Regex\": \"[!-/:-@]\"}, "
    "\"content\": \"\"}, {\"type\": \"Strip\", \"strip_left\": true, "
    "\"strip_right\": true}, {\"type\": \"Precompiled\", "
    "\"precompiled_charsmap\": \"" CHARSMAP "\"}]}, \"pre_tokenizer\": "
    "{\"type\": \"Metaspace\", \"replacement\": \"\u2581\", "
    "\"prepend_scheme\": \"always\"}, \"post_processor\": {\"type\": "
    "\"TemplateProcessing\", \"single\": [{\"Sequence\": {\"id\": \"A\"}}, "
    "{\"SpecialToken\": {\"id\": \"</s>\"}}], \"special_tokens\": "
    "{\"</s>\": {\"ids\": [1]}}}, \"model\": {\"type\": \"Unigram\", "
    "\"unk_id\": 2, \"vocab\": [[\"<pad>\", 0], [\"</s>\", 0], [\"<unk>\", "
    "0], [\"\u2581\", -2.5], [\"a\", -3], [\"\u2581a\", -4], [\"ab\", -5], "
    "[\"aba\", -5.5]]}}",
    /* As Gemma's. */
    "{\"added_tokens\": [{\"id\": 0, \"content\": \"<eos>\", \"special\": "
    "true}], \"normalizer\": {\"type\": \"Sequence\", \"normalizers\": "
    "[{\"type\": \"NFKC\"}, {\"type\": \"Replace\", \"pattern\": "
    "{\"String\": \" \"}, \"content\": \"\u2581\"}]}, \"pre_tokenizer\": "
    "{\"type\": \"Split\", \"pattern\": {\"String\": \" \"}, "
    "\"behavior\": \"MergedWithPrevious\"}, \"model\": {\"type\": \"BPE\", "
    "\"unk_token\": \"<unk>\", \"fuse_unk\": true, \"byte_fallback\": true, "
    "\"vocab\": {\"<eos>\": 0, \"<unk>\": 1, \"<0xC3>\": 2, \"<0xA9>\": 3, "
    "\"a\": 4, \"\u2581\": 5, \"\u2581a\": 6, \"aa\": 7, \"aaaa\": 8}, "
    "\"merges\": [[\"\u2581\", \"a\"], [\"a\", \"a\"], [\"aa\", \"aa\"]]}}",
};
/* clang-format on */

static void
write_file(const char *directory, const char *name, const void *bytes,
        size_t size)
{
    char path[128];
    (void)snprintf(path, sizeof path, "%s/%s", directory, name);
    int fd = open(path, O_WRONLY | O_CREAT | O_CLOEXEC, 0600);
    FOVEA_ASSERT(fd >= 0);
    FOVEA_ASSERT(write(fd, bytes, size) == (ssize_t)size);
    (void)close(fd);
}

enum fovea_status
fuzz_compile(const struct fuzz_file *files, size_t n, int *fd_out,
        struct fovea_error *err)
{
    char directory[] = "/tmp/fovea-fuzz-XXXXXX";
    FOVEA_ASSERT(mkdtemp(directory) != NULL);
    for (size_t i = 0; i < n; i++) {
        write_file(directory, files[i].name, files[i].bytes, files[i].size);
    }
    enum fovea_status status =
            fovea_tokenizer_compile(directory, FOVEA_TEXT_AUTO, fd_out, err);
    for (size_t i = 0; i < n; i++) {
        char path[128];
        (void)snprintf(path, sizeof path, "%s/%s", directory, files[i].name);
        (void)unlink(path);
    }
    (void)rmdir(directory);
    return status;
}

void
fuzz_encode(const struct fovea_tokenizer *tokenizer, const char *text,
        size_t size)
{
    enum {
        MAX_IDS = 64
    };
    const struct fovea_tokenizer_facts *facts =
            fovea_tokenizer_facts(tokenizer);
    uint32_t ids[MAX_IDS];
    struct fovea_encoding encoding;
    struct fovea_error error;
    enum fovea_status status = fovea_tokenizer_encode(tokenizer, text, size,
            MAX_IDS, ids, &encoding, &error);
    if (status) {
        FOVEA_ASSERT(status == FOVEA_ERR_TEXT_ENCODING ||
                status == FOVEA_ERR_TOKENIZER_INVALID ||
                status == FOVEA_ERR_NO_MEMORY);
        FOVEA_ASSERT(error.code == status && error.message[0]);
        return;
    }
    FOVEA_ASSERT(encoding.n_ids <= MAX_IDS);
    FOVEA_ASSERT(encoding.n_ids <= encoding.n_total);
    for (size_t i = 0; i < encoding.n_ids; i++) {
        size_t piece_size = 0;
        FOVEA_ASSERT(ids[i] < facts->n_ids);
        const char *piece =
                fovea_tokenizer_piece(tokenizer, ids[i], &piece_size);
        FOVEA_ASSERT(!piece || piece_size > 0);
    }
}
