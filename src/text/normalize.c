/* See normalize.h. */
#include "text/normalize.h"

#include "text/normal_form.h"
#include "text/pattern.h"
#include "text/unicode.h"

enum {
    SHORT_CLUSTER = 6 /* bytes: shorter ones are replaced as a whole */
};

/* A text on its way. */
struct passage {
    const uint8_t *text;
    size_t size;
    struct fovea_writer *out;
};

static void
lower(const struct passage *passage)
{
    size_t at = 0;
    while (at < passage->size) {
        uint32_t character = 0;
        uint32_t lowered[2];
        uint8_t bytes[4];
        at += fovea_char_next(passage->text + at, passage->text + passage->size,
                &character);
        size_t n = fovea_char_lower(character, lowered);
        for (size_t i = 0; i < n; i++) {
            fovea_write(passage->out, bytes, fovea_char_put(lowered[i], bytes));
        }
    }
}

static void
replace(const struct fovea_table *table, const struct fovea_text_op *op,
        const struct passage *passage)
{
    size_t at = 0;
    struct fovea_span match;
    while (fovea_pattern_next(op, table->strings, passage->text, passage->size,
            at, &match)) {
        fovea_write(passage->out, passage->text + at, match.at - at);
        fovea_write(passage->out, table->strings + op->content_at,
                op->content_size);
        at = (size_t)match.at + match.size;
    }
    fovea_write(passage->out, passage->text + at, passage->size - at);
}

static void
strip(const struct fovea_text_op *op, const struct passage *passage)
{
    const uint8_t *begin = passage->text;
    const uint8_t *end = passage->text + passage->size;
    uint32_t character = 0;
    while ((op->flags & FOVEA_OP_LEFT) && begin < end) {
        size_t n = fovea_char_next(begin, end, &character);
        if (!fovea_char_is_space(character)) {
            break;
        }
        begin += n;
    }
    while ((op->flags & FOVEA_OP_RIGHT) && begin < end) {
        size_t n = fovea_char_before(begin, end, &character);
        if (!fovea_char_is_space(character)) {
            break;
        }
        end -= n;
    }
    fovea_write(passage->out, begin, (size_t)(end - begin));
}

/* What stands for the start of [at, end), written; false if nothing does. */
static bool
write_replacement(const struct fovea_table *table, const uint8_t *at,
        const uint8_t *end, struct fovea_writer *out)
{
    size_t size = 0;
    uint32_t value = fovea_trie_match(&table->charsmap, at, end, true, &size);
    if (value == FOVEA_TRIE_NONE) {
        return false;
    }
    fovea_write(out, table->strings + table->replacements[value].at,
            table->replacements[value].size);
    return true;
}

static void
map_cluster(const struct fovea_table *table, const uint8_t *at,
        const uint8_t *end, struct fovea_writer *out)
{
    if (end - at < SHORT_CLUSTER && write_replacement(table, at, end, out)) {
        return;
    }
    while (at < end) {
        uint32_t character = 0;
        size_t n = fovea_char_next(at, end, &character);
        if (!write_replacement(table, at, at + n, out)) {
            fovea_write(out, at, n);
        }
        at += n;
    }
}

/* By grapheme cluster: what the shortest key at its start says replaces a short
   one, whatever else is in it; so does the library that ids are measured by. */
static void
map_characters(const struct fovea_table *table, const struct passage *passage)
{
    const uint8_t *at = passage->text;
    const uint8_t *end = passage->text + passage->size;
    while (at < end) {
        uint32_t left = 0;
        uint32_t right = 0;
        int32_t state = 0;
        const uint8_t *next = at + fovea_char_next(at, end, &left);
        while (next < end) {
            size_t n = fovea_char_next(next, end, &right);
            /* CR LF is the one cluster of ASCII. */
            bool is_plain = left < 0x80 && right < 0x80 && left != '\r';
            if (is_plain || fovea_char_breaks(left, right, &state)) {
                break;
            }
            next += n;
            left = right;
        }
        map_cluster(table, at, next, passage->out);
        at = next;
    }
}

static void
take_step(const struct fovea_table *table, const struct fovea_text_op *op,
        const struct passage *passage, struct fovea_scratch *scratch)
{
    scratch->n_steps += passage->size;
    switch ((enum fovea_op_kind)op->kind) {
    case FOVEA_OP_NFC:
    case FOVEA_OP_NFD:
    case FOVEA_OP_NFKC:
    case FOVEA_OP_NFKD:
        fovea_normal_form((enum fovea_op_kind)op->kind, passage->text,
                passage->size, scratch, passage->out);
        break;
    case FOVEA_OP_LOWERCASE:
        lower(passage);
        break;
    case FOVEA_OP_REPLACE:
        replace(table, op, passage);
        break;
    case FOVEA_OP_STRIP:
        strip(op, passage);
        break;
    case FOVEA_OP_PREPEND:
        fovea_write(passage->out, table->strings + op->content_at,
                op->content_size);
        fovea_write(passage->out, passage->text, passage->size);
        break;
    case FOVEA_OP_CHARSMAP:
        map_characters(table, passage);
        break;
    case FOVEA_OP_SPLIT:
    case FOVEA_OP_METASPACE:
    case FOVEA_N_OPS:
        break; /* not a normalizer's */
    }
}

enum fovea_status
fovea_normalize(const struct fovea_table *table, const uint8_t *text,
        size_t size, struct fovea_scratch *scratch, const uint8_t **text_out,
        size_t *size_out, struct fovea_error *err)
{
    struct passage passage = { text, size, NULL };
    for (uint32_t i = 0; i < table->model->n_ops && passage.size > 0; i++) {
        passage.out = &scratch->texts[i % 2];
        passage.out->size = 0;
        take_step(table, &table->ops[i], &passage, scratch);
        if (passage.out->overflowed) {
            return fovea_scratch_overflow(err);
        }
        passage.text = passage.out->data;
        passage.size = passage.out->size;
    }
    *text_out = passage.text;
    *size_out = passage.size;
    return FOVEA_OK;
}
