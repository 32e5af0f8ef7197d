/* See table.h. */
#include "text/table.h"

#include <math.h>
#include <string.h>

#include "base/checksum.h"
#include "base/error.h"
#include "base/utf8.h"

static const char magic[8] = "FoveaTok";

void
fovea_table_begin(struct fovea_table_header *header)
{
    memset(header, 0, sizeof *header);
    memcpy(header->magic, magic, sizeof header->magic);
    header->version = FOVEA_TABLE_VERSION;
    header->header_size = sizeof *header;
}

uint64_t
fovea_table_checksum(const struct fovea_table_header *header)
{
    struct fovea_table_header copy = *header;
    copy.checksum = 0;
    return fovea_checksum(&copy, sizeof copy);
}

static enum fovea_status
refuse(struct fovea_error *err, const char *why)
{
    return fovea_fail(err, FOVEA_ERR_TOKENIZER_INVALID, "tokenizer table: %s",
            why);
}

/* A part of whole elements, and how many there are; NULL if it is none. */
static const void *
part_at(const uint8_t *bytes, enum fovea_part part, size_t element,
        uint32_t *n_out)
{
    const struct fovea_table_header *header = (const void *)bytes;
    uint64_t size = header->parts[part].size;
    if (size % element != 0 || size / element > UINT32_MAX) {
        return NULL;
    }
    *n_out = (uint32_t)(size / element);
    return bytes + header->parts[part].offset;
}

#define TAKE(part, pointer, n) \
    ((pointer) = part_at(bytes, part, sizeof *(pointer), &(n)))

static bool
take_trie(const uint8_t *bytes, enum fovea_part first, struct fovea_trie *trie)
{
    uint32_t n_first = 0;
    uint32_t n_value = 0;
    return TAKE(first, trie->first, n_first) &&
            TAKE(first + 1, trie->value, n_value) &&
            TAKE(first + 2, trie->label, trie->n_nodes) &&
            n_value == trie->n_nodes && n_first == trie->n_nodes + 1U;
}

/* The counts that the parts' sizes say, and how they belong together. */
static bool
take_parts(const uint8_t *bytes, struct fovea_table *table)
{
    const struct fovea_table_model *model = table->model;
    uint32_t n_ops = 0;
    uint32_t n_template = 0;
    uint32_t n_ends = 0;
    uint32_t n_pieces = 0;
    uint32_t n_bytes = 0;
    if (!TAKE(FOVEA_PART_OPS, table->ops, n_ops) ||
            !TAKE(FOVEA_PART_STRINGS, table->strings, table->n_strings) ||
            !TAKE(FOVEA_PART_TEMPLATE, table->template, n_template) ||
            !TAKE(FOVEA_PART_PIECE_ENDS, table->piece_ends, n_ends) ||
            !TAKE(FOVEA_PART_PIECES, table->pieces, n_pieces) ||
            !TAKE(FOVEA_PART_ADDED, table->added, table->n_added) ||
            !TAKE(FOVEA_PART_REPLACEMENTS, table->replacements,
                    table->n_replacements) ||
            !TAKE(FOVEA_PART_BYTE_IDS, table->byte_ids, n_bytes) ||
            !take_trie(bytes, FOVEA_PART_RAW_FIRST, &table->raw) ||
            !take_trie(bytes, FOVEA_PART_NORMAL_FIRST, &table->normal) ||
            !take_trie(bytes, FOVEA_PART_CHARSMAP_FIRST, &table->charsmap)) {
        return false;
    }
    if (n_bytes == 0) {
        table->byte_ids = NULL;
    }
    table->n_splits = n_ops - model->n_ops;
    table->n_after = n_template - model->n_before;
    return n_ops <= FOVEA_MAX_OPS && model->n_ops <= n_ops &&
            n_template <= 2 * FOVEA_MAX_TEMPLATE &&
            model->n_before <= n_template && n_ends == model->n_ids &&
            n_ends > 0 && n_ends <= FOVEA_MAX_PIECES + FOVEA_MAX_ID_GAPS &&
            table->piece_ends[n_ends - 1] == n_pieces &&
            table->n_added <= FOVEA_MAX_ADDED &&
            (n_bytes == 0 || n_bytes == 256) &&
            (n_bytes == 256 || !(model->flags & FOVEA_MODEL_BYTE_FALLBACK));
}

static bool
take_model_parts(const uint8_t *bytes, struct fovea_table *table)
{
    uint32_t n_ids = table->model->n_ids;
    uint32_t n = 0;
    if (table->model->kind == FOVEA_MODEL_UNIGRAM) {
        return TAKE(FOVEA_PART_SCORES, table->scores, n) && n == n_ids &&
                take_trie(bytes, FOVEA_PART_PIECE_FIRST, &table->piece);
    }
    return TAKE(FOVEA_PART_MERGE_FIRST, table->merge_first, n) &&
            n == n_ids + 1 &&
            TAKE(FOVEA_PART_MERGES, table->merges, table->n_merges) &&
            TAKE(FOVEA_PART_LETTERS, table->letters, table->n_letters) &&
            table->merge_first[0] == 0 &&
            table->merge_first[n_ids] == table->n_merges &&
            table->n_merges <= FOVEA_MAX_MERGES;
}

static bool
is_id_or_none(uint32_t id, const struct fovea_table *table)
{
    return id < table->model->n_ids || id == FOVEA_NO_TOKEN;
}

static bool
are_model_ids_sound(const struct fovea_table *table)
{
    uint32_t n_ids = table->model->n_ids;
    bool is_sound = true;
    for (uint32_t i = 0; i < n_ids; i++) {
        if (table->model->kind == FOVEA_MODEL_UNIGRAM) {
            is_sound &= isfinite(table->scores[i]) != 0;
        } else {
            is_sound &= table->merge_first[i] <= table->merge_first[i + 1];
        }
    }
    for (uint32_t i = 0; i < table->n_merges; i++) {
        is_sound &= table->merges[i].right < n_ids &&
                table->merges[i].merged < n_ids &&
                table->merges[i].rank < FOVEA_MAX_MERGES;
    }
    for (uint32_t i = 0; i < table->n_letters; i++) {
        is_sound &= is_id_or_none(table->letters[i].id, table) &&
                is_id_or_none(table->letters[i].last_id, table);
    }
    return is_sound && isfinite(table->model->unknown_score) &&
            (table->model->kind == FOVEA_MODEL_BPE ||
                    fovea_trie_is_sound(&table->piece, n_ids));
}

static bool
are_ids_sound(const struct fovea_table *table)
{
    uint32_t n_ids = table->model->n_ids;
    bool is_sound = true;
    for (uint32_t i = 1; i < n_ids; i++) {
        is_sound &= table->piece_ends[i - 1] <= table->piece_ends[i];
    }
    for (uint32_t i = 0; i < table->n_added; i++) {
        is_sound &= table->added[i].id < n_ids;
    }
    for (uint32_t i = 0; i < table->model->n_before + table->n_after; i++) {
        is_sound &= table->template[i] < n_ids;
    }
    for (uint32_t i = 0; table->byte_ids && i < 256; i++) {
        is_sound &= is_id_or_none(table->byte_ids[i], table);
    }
    return is_sound && is_id_or_none(table->model->unknown, table) &&
            is_id_or_none(table->model->pad, table) &&
            fovea_trie_is_sound(&table->raw, table->n_added) &&
            fovea_trie_is_sound(&table->normal, table->n_added) &&
            fovea_trie_is_sound(&table->charsmap, table->n_replacements);
}

static bool
is_text(const struct fovea_table *table, uint32_t at, uint32_t size)
{
    return at <= table->n_strings && size <= table->n_strings - at &&
            fovea_utf8_find_invalid(table->strings + at, size) == size;
}

static bool
is_op_sound(const struct fovea_table *table, const struct fovea_text_op *op,
        bool is_split)
{
    if (op->kind >= FOVEA_N_OPS || op->pattern >= FOVEA_N_PATTERNS ||
            op->behavior >= FOVEA_N_SPLITS ||
            (op->kind >= FOVEA_OP_SPLIT) != is_split ||
            !is_text(table, op->text_at, op->text_size) ||
            !is_text(table, op->content_at, op->content_size)) {
        return false;
    }
    bool has_pattern =
            op->kind == FOVEA_OP_SPLIT || op->kind == FOVEA_OP_REPLACE;
    if (has_pattern && op->pattern == FOVEA_PATTERN_LITERAL) {
        return op->text_size > 0;
    }
    return (op->kind != FOVEA_OP_METASPACE && op->kind != FOVEA_OP_PREPEND) ||
            op->content_size > 0;
}

static bool
are_ops_sound(const struct fovea_table *table)
{
    uint32_t n_rewriting = 0;
    for (uint32_t i = 0; i < table->model->n_ops + table->n_splits; i++) {
        const struct fovea_text_op *op = &table->ops[i];
        if (!is_op_sound(table, op, i >= table->model->n_ops)) {
            return false;
        }
        n_rewriting += op->kind == FOVEA_OP_METASPACE;
    }
    for (uint32_t i = 0; i < table->n_replacements; i++) {
        if (!is_text(table, table->replacements[i].at,
                    table->replacements[i].size)) {
            return false;
        }
    }
    return n_rewriting <= 1;
}

/* Parts within the table, aligned, whole. */
static bool
are_parts_whole(const uint8_t *bytes, const struct fovea_table_header *header)
{
    for (size_t i = 0; i < FOVEA_N_PARTS; i++) {
        const struct fovea_table_part *part = &header->parts[i];
        if (part->offset % 8 != 0 || part->offset > header->size ||
                part->size > header->size - part->offset ||
                fovea_checksum(bytes + part->offset, (size_t)part->size) !=
                        part->checksum) {
            return false;
        }
    }
    return true;
}

enum fovea_status
fovea_table_check(const void *bytes, size_t size, struct fovea_table *table_out,
        struct fovea_error *err)
{
    struct fovea_table_header header;
    if (size < sizeof header) {
        return refuse(err, "it is shorter than a header");
    }
    memcpy(&header, bytes, sizeof header);
    if (memcmp(header.magic, magic, sizeof magic) != 0) {
        return refuse(err, "it does not begin as one");
    }
    if (header.version != FOVEA_TABLE_VERSION ||
            header.header_size != sizeof header) {
        return refuse(err, "it is of another version");
    }
    if (header.size != size ||
            header.checksum != fovea_table_checksum(&header) ||
            !are_parts_whole(bytes, &header)) {
        return refuse(err, "it is damaged");
    }
    struct fovea_table table = {
        .model = (const void *)((const uint8_t *)bytes +
                offsetof(struct fovea_table_header, model)),
    };
    if (table.model->kind > FOVEA_MODEL_UNIGRAM ||
            table.model->profile < FOVEA_TEXT_FILE ||
            table.model->profile > FOVEA_TEXT_CANONICAL ||
            !take_parts(bytes, &table) || !take_model_parts(bytes, &table)) {
        return refuse(err, "its parts do not belong together");
    }
    if (!are_ids_sound(&table) || !are_model_ids_sound(&table) ||
            !are_ops_sound(&table)) {
        return refuse(err, "an entry leads out of it");
    }
    *table_out = table;
    return FOVEA_OK;
}
