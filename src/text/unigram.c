/* See model.h. */
#include "text/model.h"
#include "text/unicode.h"

static void
consider(struct fovea_way *ways, size_t start, size_t end, uint32_t id,
        double score)
{
    double sum = ways[start].score + score;
    if (ways[end].start == FOVEA_NO_TOKEN || sum > ways[end].score) {
        ways[end].score = sum;
        ways[end].start = (uint32_t)start;
        ways[end].id = id;
    }
}

/* All pieces that begin at `start`, the unknown character if it is none. */
static void
try_pieces(const struct fovea_table *table, const uint8_t *word, size_t size,
        size_t start, struct fovea_scratch *scratch)
{
    const struct fovea_trie *trie = &table->piece;
    uint32_t character = 0;
    size_t character_size =
            fovea_char_next(word + start, word + size, &character);
    bool is_known = false;
    uint32_t node = 0;
    for (size_t at = start; at < size; at++) {
        node = fovea_trie_step(trie, node, word[at]);
        if (node == 0) {
            break;
        }
        scratch->n_steps++;
        uint32_t id = trie->value[node];
        if (id != FOVEA_TRIE_NONE) {
            consider(scratch->ways, start, at + 1, id, table->scores[id]);
            is_known |= at + 1 - start == character_size;
        }
    }
    if (!is_known) {
        consider(scratch->ways, start, start + character_size,
                table->model->unknown, table->model->unknown_score);
    }
}

/* Neighbours that are unknown are one: its bytes if all of them are pieces, else
   the unknown piece; or a piece, if together they are written as one. */
static void
emit_unknown(const struct fovea_table *table, const uint8_t *bytes, size_t size,
        struct fovea_id_sink *sink)
{
    size_t found_size = 0;
    uint32_t found = fovea_trie_match(&table->piece, bytes, bytes + size, false,
            &found_size);
    if (found != FOVEA_TRIE_NONE && found_size == size) {
        fovea_emit(sink, found);
        return;
    }
    bool has_bytes = (table->model->flags & FOVEA_MODEL_BYTE_FALLBACK) != 0;
    for (size_t i = 0; has_bytes && i < size; i++) {
        has_bytes = table->byte_ids[bytes[i]] != FOVEA_NO_TOKEN;
    }
    for (size_t i = 0; has_bytes && i < size; i++) {
        fovea_emit(sink, table->byte_ids[bytes[i]]);
    }
    if (!has_bytes) {
        fovea_emit(sink, table->model->unknown);
    }
}

/* From the end back to the start, turned round. False if there is no way, which
   only a table that is none can bring about. */
static bool
turn_round(struct fovea_way *ways, size_t size)
{
    size_t end = size;
    while (end > 0) {
        size_t start = ways[end].start;
        if (start >= end) {
            return false;
        }
        ways[start].next = (uint32_t)end;
        end = start;
    }
    return true;
}

enum fovea_status
fovea_unigram(const struct fovea_table *table, const uint8_t *word, size_t size,
        struct fovea_scratch *scratch, struct fovea_id_sink *sink,
        struct fovea_error *err)
{
    struct fovea_way *ways = scratch->ways;
    if (size >= scratch->n_symbols) {
        return fovea_scratch_overflow(err);
    }
    ways[0].score = 0;
    for (size_t i = 1; i <= size; i++) {
        ways[i].start = FOVEA_NO_TOKEN;
    }
    uint32_t character = 0;
    for (size_t at = 0; at < size;
            at += fovea_char_next(word + at, word + size, &character)) {
        if (at == 0 || ways[at].start != FOVEA_NO_TOKEN) {
            try_pieces(table, word, size, at, scratch);
        }
    }
    scratch->n_steps += size;
    if (!turn_round(ways, size)) {
        return fovea_scratch_overflow(err);
    }
    for (size_t at = 0; at < size;) {
        size_t end = ways[at].next;
        uint32_t id = ways[end].id;
        if (id != table->model->unknown) {
            fovea_emit(sink, id);
            at = end;
            continue;
        }
        while (end < size && ways[ways[end].next].id == id) {
            end = ways[end].next;
        }
        emit_unknown(table, word + at, end - at, sink);
        at = end;
    }
    return FOVEA_OK;
}
