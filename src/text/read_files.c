/* See read_files.h. */
#include "text/read_files.h"

#include <limits.h>
#include <stdio.h>
#include <string.h>

#include "base/error.h"
#include "base/utf8.h"
#include "spec/tokenizer_files.h"
#include "sys/input.h"
#include "text/json_tree.h"
#include "text/read_bulk.h"

enum {
    MAX_MERGES_BYTES = 32 << 20,
    /* CLIP's slow tokenizer reads so many of the lines of merges.txt. */
    N_CLIP_MERGES = 49152 - 256 - 2
};

/* A tokenizer.json on its way. */
struct document {
    struct fovea_draft *draft;
    struct fovea_json_tree tree;
    struct fovea_bulk bulk;
    enum {
        IN_TREE,
        IN_VOCABULARY,
        IN_MERGES
    } place;
    bool is_model;     /* in the object "model" */
    bool is_again;     /* the second time, for merges that came too early */
    bool has_early;    /* merges came before the vocabulary */
    size_t skip_depth; /* 0: nothing is left out */
};

static bool
is_key(const struct fovea_json_event *event, const char *word)
{
    return event->size == strlen(word) &&
            memcmp(event->text, word, event->size) == 0;
}

/* The key of a list of which there may be too much for a tree. */
static void
take_model_key(struct document *document, const struct fovea_json_event *event)
{
    if (is_key(event, "vocab")) {
        document->place = IN_VOCABULARY;
    } else if (is_key(event, "merges")) {
        document->place = IN_MERGES;
    }
}

static enum fovea_status
take_bulk(struct document *document, const struct fovea_json_event *event,
        struct fovea_error *err)
{
    struct fovea_draft *draft = document->draft;
    bool is_vocabulary = document->place == IN_VOCABULARY;
    bool is_left_out =
            is_vocabulary ? document->is_again : !draft->has_vocabulary;
    enum fovea_status status = FOVEA_OK;
    if (is_left_out) {
        document->has_early |= !is_vocabulary;
        document->bulk.is_open = event->depth > 2 ||
                event->kind == FOVEA_JSON_ARRAY ||
                event->kind == FOVEA_JSON_OBJECT;
    } else if (is_vocabulary) {
        status = fovea_bulk_take_vocabulary(draft, &document->bulk, event, err);
    } else {
        status = fovea_bulk_take_merges(draft, &document->bulk, event, err);
    }
    if (!document->bulk.is_open) {
        document->place = IN_TREE;
    }
    return status;
}

static enum fovea_status
take(void *context, const struct fovea_json_event *event,
        struct fovea_error *err)
{
    struct document *document = context;
    if (document->place != IN_TREE) {
        return take_bulk(document, event, err);
    }
    if (event->kind == FOVEA_JSON_KEY && event->depth == 1) {
        document->is_model = is_key(event, "model");
    }
    if (event->kind == FOVEA_JSON_KEY && event->depth == 2 &&
            document->is_model) {
        take_model_key(document, event);
    }
    if (document->place != IN_TREE || document->is_again) {
        return FOVEA_OK;
    }
    return fovea_json_tree_take(&document->tree, event, err);
}

enum fovea_status
fovea_read_tokenizer_json(const char *directory, struct fovea_draft *draft,
        struct fovea_error *err)
{
    char path[PATH_MAX];
    int n = snprintf(path, sizeof path, "%s/" FOVEA_FILE_TOKENIZER, directory);
    if (n < 0 || (size_t)n >= sizeof path) {
        return fovea_fail(err, FOVEA_ERR_FILE_NOT_FOUND, "a path is too long");
    }
    draft->name = FOVEA_FILE_TOKENIZER;
    struct document document = { .draft = draft };
    document.tree.name = draft->name;
    enum fovea_status status = fovea_json_events(path, draft->name,
            FOVEA_TOKENIZER_MAX_BYTES, take, &document, err);
    if (!status && document.has_early && draft->has_vocabulary) {
        document.is_again = true;
        document.is_model = false;
        status = fovea_json_events(path, draft->name, FOVEA_TOKENIZER_MAX_BYTES,
                take, &document, err);
    }
    fovea_bulk_finish(&document.bulk);
    draft->parts = document.tree.root;
    if (!status && !json_is_object(draft->parts)) {
        status = fovea_draft_fail(draft, FOVEA_ERR_TOKENIZER_INVALID, err,
                "it is not an object");
    }
    return status;
}

/* What CLIP's tokenizer.json says beside the lists, without its added tokens. */
static const char clip_parts[] =
        "{\"normalizer\": {\"type\": \"Sequence\", \"normalizers\": ["
        "{\"type\": \"NFC\"}, {\"type\": \"Replace\", \"pattern\": "
        "{\"Regex\": \"\\\\s+\"}, \"content\": \" \"}, "
        "{\"type\": \"Lowercase\"}]},"
        "\"pre_tokenizer\": {\"type\": \"Sequence\", \"pretokenizers\": ["
        "{\"type\": \"Split\", \"pattern\": {\"Regex\": "
        "\"<\\\\|startoftext\\\\|>|<\\\\|endoftext\\\\|>|'s|'t|'re|'ve|'m|'ll|"
        "'d|[\\\\p{L}]+|[\\\\p{N}]|[^\\\\s\\\\p{L}\\\\p{N}]+\"}, "
        "\"behavior\": \"Removed\", \"invert\": true}, "
        "{\"type\": \"ByteLevel\", \"add_prefix_space\": false}]},"
        "\"model\": {\"type\": \"BPE\", \"unk_token\": \"<|endoftext|>\", "
        "\"end_of_word_suffix\": \"</w>\"},"
        "\"added_tokens\": [{\"id\": %u, \"content\": \"<|startoftext|>\", "
        "\"normalized\": true, \"special\": true}, {\"id\": %u, \"content\": "
        "\"<|endoftext|>\", \"normalized\": false, \"special\": true}],"
        "\"post_processor\": {\"type\": \"RobertaProcessing\", "
        "\"sep\": [\"<|endoftext|>\", %u], "
        "\"cls\": [\"<|startoftext|>\", %u]}}";

static enum fovea_status
make_clip_parts(struct fovea_draft *draft, struct fovea_error *err)
{
    static const char start[] = "<|startoftext|>";
    static const char end[] = "<|endoftext|>";
    uint32_t start_id =
            fovea_vocabulary_find(&draft->vocabulary, start, sizeof start - 1);
    uint32_t end_id =
            fovea_vocabulary_find(&draft->vocabulary, end, sizeof end - 1);
    if (start_id == FOVEA_NO_TOKEN || end_id == FOVEA_NO_TOKEN) {
        return fovea_draft_fail(draft, FOVEA_ERR_TOKENIZER_UNSUPPORTED, err,
                "it has no %s; without tokenizer.json only CLIP's vocabulary "
                "is understood",
                start_id == FOVEA_NO_TOKEN ? start : end);
    }
    char text[2 * sizeof clip_parts];
    (void)snprintf(text, sizeof text, clip_parts, start_id, end_id, end_id,
            start_id);
    draft->parts = json_loads(text, 0, NULL);
    return draft->parts ? FOVEA_OK
                        : fovea_fail_memory(err, sizeof text, "a tokenizer");
}

static enum fovea_status
take_vocab(void *context, const struct fovea_json_event *event,
        struct fovea_error *err)
{
    struct document *document = context;
    return fovea_bulk_take_vocabulary(document->draft, &document->bulk, event,
            err);
}

static enum fovea_status
read_vocab(const char *directory, struct fovea_draft *draft,
        struct fovea_error *err)
{
    char path[PATH_MAX];
    (void)snprintf(path, sizeof path, "%s/" FOVEA_FILE_VOCABULARY, directory);
    draft->name = FOVEA_FILE_VOCABULARY;
    struct document document = { .draft = draft };
    enum fovea_status status = fovea_json_events(path, draft->name,
            FOVEA_TOKENIZER_MAX_BYTES, take_vocab, &document, err);
    fovea_bulk_finish(&document.bulk);
    if (!status && draft->is_list) {
        status = fovea_draft_fail(draft, FOVEA_ERR_TOKENIZER_INVALID, err,
                "it is not an object");
    }
    return status;
}

/* A first line "#version", then a merge a line; an empty one ends them. */
static enum fovea_status
add_merge_lines(struct fovea_draft *draft, const char *text, size_t size,
        struct fovea_error *err)
{
    static const char version[] = "#version";
    size_t at = 0;
    enum fovea_status status = FOVEA_OK;
    while (!status && at < size && draft->n_merges < N_CLIP_MERGES) {
        const char *line = text + at;
        const char *feed = memchr(line, '\n', size - at);
        size_t len = feed ? (size_t)(feed - line) : size - at;
        bool is_version = at == 0 && len >= sizeof version - 1 &&
                memcmp(line, version, sizeof version - 1) == 0;
        at += len + 1;
        if (len > 0 && line[len - 1] == '\r') {
            len--;
        }
        if (len == 0) {
            break;
        }
        if (!is_version) {
            status = fovea_bulk_add_merge(draft, line, len, err);
        }
    }
    return status;
}

static enum fovea_status
read_merges(const char *directory, struct fovea_draft *draft,
        struct fovea_error *err)
{
    char path[PATH_MAX];
    (void)snprintf(path, sizeof path, "%s/" FOVEA_FILE_MERGES, directory);
    draft->name = FOVEA_FILE_MERGES;
    FOVEA_AUTO(fovea_input_finish)
    struct fovea_input input = FOVEA_INPUT_INIT;
    enum fovea_status status = fovea_input_open_file(path, &input, err);
    if (status) {
        return status;
    }
    if (input.size > MAX_MERGES_BYTES) {
        return fovea_draft_fail(draft, FOVEA_ERR_TOKENIZER_INVALID, err,
                "%llu bytes, at most %d are read",
                (unsigned long long)input.size, MAX_MERGES_BYTES);
    }
    const uint8_t *text = NULL;
    size_t size = 0;
    status = fovea_input_load(&input, &text, &size, err);
    if (status == FOVEA_ERR_IMAGE_TRUNCATED) {
        return fovea_draft_fail(draft, FOVEA_ERR_TOKENIZER_INVALID, err,
                "became shorter while it was read");
    }
    if (status) {
        return status;
    }
    size_t invalid = fovea_utf8_find_invalid(text, size);
    if (invalid < size) {
        return fovea_draft_fail(draft, FOVEA_ERR_TOKENIZER_INVALID, err,
                "not UTF-8 at byte %zu", invalid);
    }
    return add_merge_lines(draft, (const char *)text, size, err);
}

enum fovea_status
fovea_read_vocab_and_merges(const char *directory, struct fovea_draft *draft,
        struct fovea_error *err)
{
    enum fovea_status status = read_vocab(directory, draft, err);
    if (!status) {
        status = make_clip_parts(draft, err);
    }
    if (!status) {
        status = read_merges(directory, draft, err);
    }
    if (!status) {
        draft->has_merges = true;
    }
    return status;
}
