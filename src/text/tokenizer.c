/* See tokenizer.h: a table that is open, and texts through it. */
#include "text/tokenizer.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/stat.h>

#include "base/error.h"
#include "base/utf8.h"
#include "text/added.h"
#include "text/model.h"
#include "text/normalize.h"
#include "text/plan.h"
#include "text/split.h"

struct fovea_tokenizer {
    struct fovea_table table;
    struct fovea_symbols symbols;
    struct fovea_tokenizer_facts facts;
    void *mapping; /* or NULL */
    size_t mapping_size;
};

static void
find_facts(const struct fovea_table *table, struct fovea_tokenizer_facts *facts)
{
    static const char *const profiles[] = {
        [FOVEA_TEXT_FILE] = "file",
        [FOVEA_TEXT_LOWER] = "lower",
        [FOVEA_TEXT_CANONICAL] = "canonical",
    };
    const struct fovea_table_model *model = table->model;
    facts->kind = model->kind == FOVEA_MODEL_UNIGRAM ? "Unigram"
            : model->flags & FOVEA_MODEL_BYTE_LEVEL  ? "byte-level BPE"
                                                     : "BPE";
    facts->profile = profiles[model->profile];
    facts->n_ids = model->n_ids;
    facts->n_before = model->n_before;
    facts->n_after = table->n_after;
    facts->end_id = table->n_after > 0
            ? table->template[model->n_before + table->n_after - 1]
            : FOVEA_NO_TOKEN;
    facts->pad_id = model->pad;
    facts->pads_left = (model->flags & FOVEA_MODEL_PADS_LEFT) != 0;
}

enum fovea_status
fovea_tokenizer_open_memory(const void *table, size_t size,
        struct fovea_tokenizer **tokenizer_out, struct fovea_error *err)
{
    struct fovea_tokenizer *tokenizer = calloc(1, sizeof *tokenizer);
    if (!tokenizer) {
        return fovea_fail_memory(err, sizeof *tokenizer, "a tokenizer");
    }
    enum fovea_status status =
            fovea_table_check(table, size, &tokenizer->table, err);
    if (status) {
        fovea_tokenizer_close(tokenizer);
        return status;
    }
    if (tokenizer->table.model->kind == FOVEA_MODEL_BPE) {
        fovea_symbols_prepare(&tokenizer->table, &tokenizer->symbols);
    }
    find_facts(&tokenizer->table, &tokenizer->facts);
    *tokenizer_out = tokenizer;
    return FOVEA_OK;
}

enum fovea_status
fovea_tokenizer_open(int fd, struct fovea_tokenizer **tokenizer_out,
        struct fovea_error *err)
{
    struct stat file;
    if (fstat(fd, &file)) {
        return fovea_fail_errno(err, FOVEA_ERR_IO, errno,
                "cannot look at a tokenizer table");
    }
    if (file.st_size <= 0) {
        return fovea_fail(err, FOVEA_ERR_TOKENIZER_INVALID,
                "tokenizer table: it is empty");
    }
    size_t size = (size_t)file.st_size;
    void *mapping =
            mmap(NULL, size, PROT_READ, MAP_SHARED | MAP_POPULATE, fd, 0);
    if (mapping == MAP_FAILED) {
        return fovea_fail_errno(err, FOVEA_ERR_NO_MEMORY, errno,
                "cannot map %zu bytes of a tokenizer table", size);
    }
    enum fovea_status status =
            fovea_tokenizer_open_memory(mapping, size, tokenizer_out, err);
    if (status) {
        (void)munmap(mapping, size);
        return status;
    }
    (*tokenizer_out)->mapping = mapping;
    (*tokenizer_out)->mapping_size = size;
    return FOVEA_OK;
}

void
fovea_tokenizer_close(struct fovea_tokenizer *tokenizer)
{
    if (tokenizer && tokenizer->mapping) {
        (void)munmap(tokenizer->mapping, tokenizer->mapping_size);
    }
    free(tokenizer);
}

const struct fovea_tokenizer_facts *
fovea_tokenizer_facts(const struct fovea_tokenizer *tokenizer)
{
    return &tokenizer->facts;
}

const char *
fovea_tokenizer_piece(const struct fovea_tokenizer *tokenizer, uint32_t id,
        size_t *size_out)
{
    const struct fovea_table *table = &tokenizer->table;
    if (id >= table->model->n_ids) {
        return NULL;
    }
    uint32_t start = id > 0 ? table->piece_ends[id - 1] : 0;
    *size_out = table->piece_ends[id] - start;
    return *size_out > 0 ? (const char *)table->pieces + start : NULL;
}

uint64_t
fovea_tokenizer_encode_bytes(const struct fovea_tokenizer *tokenizer,
        const char *text, size_t size)
{
    return fovea_scratch_bytes(&tokenizer->table, (const uint8_t *)text, size);
}

/* A stretch of normalised text without added tokens, to ids. */
static enum fovea_status
encode_words(const struct fovea_tokenizer *tokenizer, const uint8_t *text,
        size_t size, struct fovea_scratch *scratch, struct fovea_id_sink *sink,
        struct fovea_error *err)
{
    const struct fovea_table *table = &tokenizer->table;
    const struct fovea_words *words = NULL;
    if (size == 0) {
        return FOVEA_OK;
    }
    enum fovea_status status =
            fovea_split(table, text, size, scratch, &words, &text, err);
    for (size_t i = 0; !status && i < words->n; i++) {
        const uint8_t *word = text + words->at[i].start;
        if (table->model->kind == FOVEA_MODEL_BPE) {
            status = fovea_bpe(table, &tokenizer->symbols, word,
                    words->at[i].size, scratch, sink, err);
        } else {
            status = fovea_unigram(table, word, words->at[i].size, scratch,
                    sink, err);
        }
    }
    return status;
}

/* A stretch of raw text without added tokens: normalised, and the tokens cut out
   that are looked for then. */
static enum fovea_status
encode_stretch(const struct fovea_tokenizer *tokenizer, const uint8_t *text,
        size_t size, struct fovea_scratch *scratch, struct fovea_id_sink *sink,
        struct fovea_error *err)
{
    struct fovea_added_search search = { 0 };
    enum fovea_status status = fovea_normalize(&tokenizer->table, text, size,
            scratch, &search.text, &search.size, err);
    while (!status) {
        struct fovea_added_part part = fovea_added_next(&tokenizer->table,
                &tokenizer->table.normal, &search);
        status = encode_words(tokenizer, search.text + part.start,
                part.end - part.start, scratch, sink, err);
        if (part.id == FOVEA_NO_TOKEN) {
            break;
        }
        fovea_emit(sink, part.id);
    }
    return status;
}

static enum fovea_status
encode_text(const struct fovea_tokenizer *tokenizer, const uint8_t *text,
        size_t size, struct fovea_scratch *scratch, struct fovea_id_sink *sink,
        struct fovea_error *err)
{
    struct fovea_added_search search = { .text = text, .size = size };
    for (;;) {
        struct fovea_added_part part = fovea_added_next(&tokenizer->table,
                &tokenizer->table.raw, &search);
        enum fovea_status status = encode_stretch(tokenizer, text + part.start,
                part.end - part.start, scratch, sink, err);
        if (status || part.id == FOVEA_NO_TOKEN) {
            return status;
        }
        fovea_emit(sink, part.id);
    }
}

enum fovea_status
fovea_tokenizer_encode(const struct fovea_tokenizer *tokenizer,
        const char *text, size_t size, size_t max_ids, uint32_t *ids_out,
        struct fovea_encoding *encoding_out, struct fovea_error *err)
{
    const struct fovea_table *table = &tokenizer->table;
    size_t n_before = table->model->n_before;
    size_t n_after = table->n_after;
    const uint8_t *bytes = text ? (const uint8_t *)text : (const uint8_t *)"";
    if (max_ids < n_before + n_after) {
        return fovea_fail(err, FOVEA_ERR_ARGUMENT,
                "room for %zu tokens; every text has %zu of its tokenizer's",
                max_ids, n_before + n_after);
    }
    size_t invalid = fovea_utf8_find_invalid(bytes, size);
    if (invalid < size) {
        return fovea_fail(err, FOVEA_ERR_TEXT_ENCODING,
                "the text is not UTF-8: byte 0x%02x at offset %zu",
                bytes[invalid], invalid);
    }
    FOVEA_AUTO(fovea_scratch_free) struct fovea_scratch scratch = { 0 };
    enum fovea_status status =
            fovea_scratch_take(table, bytes, size, &scratch, err);
    struct fovea_id_sink sink = { ids_out + n_before,
        max_ids - n_before - n_after, 0 };
    if (!status) {
        status = encode_text(tokenizer, bytes, size, &scratch, &sink, err);
    }
    if (status) {
        return status;
    }
    size_t n = sink.n_total < sink.room ? sink.n_total : sink.room;
    memcpy(ids_out, table->template, n_before * sizeof *ids_out);
    memcpy(ids_out + n_before + n, table->template + n_before,
            n_after * sizeof *ids_out);
    *encoding_out = (struct fovea_encoding){
        .n_ids = n_before + n + n_after,
        .n_total = n_before + sink.n_total + n_after,
        .n_steps = scratch.n_steps,
    };
    return FOVEA_OK;
}
