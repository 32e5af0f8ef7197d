/* See split.h. */
#include "text/split.h"

#include <string.h>

#include "text/pattern.h"

/* A word on its way through a Split. */
struct splitting {
    const struct fovea_text_op *op;
    size_t n_before; /* words when this one began */
    bool was_match;  /* the last stretch */
    struct fovea_words *out;
};

/* A stretch of a word that matches, or does not. */
static void
add_stretch(struct splitting *splitting, size_t start, size_t end, bool matches)
{
    if (start == end) {
        return;
    }
    bool is_match = matches != ((splitting->op->flags & FOVEA_OP_INVERT) != 0);
    bool was_match = splitting->was_match;
    bool joins = false;
    splitting->was_match = is_match;
    switch ((enum fovea_split_behavior)splitting->op->behavior) {
    case FOVEA_SPLIT_REMOVED:
        if (is_match) {
            return;
        }
        break;
    case FOVEA_SPLIT_MERGED_WITH_PREVIOUS:
        joins = is_match && !was_match;
        break;
    case FOVEA_SPLIT_MERGED_WITH_NEXT:
        joins = !is_match && was_match;
        break;
    case FOVEA_SPLIT_CONTIGUOUS:
        joins = is_match == was_match;
        break;
    case FOVEA_SPLIT_ISOLATED:
    case FOVEA_N_SPLITS:
        break;
    }
    if (joins && splitting->out->n > splitting->n_before) {
        splitting->out->at[splitting->out->n - 1].size +=
                (uint32_t)(end - start);
        return;
    }
    fovea_add_word(splitting->out, start, end - start);
}

static void
split_words(const struct fovea_table *table, const struct fovea_text_op *op,
        const uint8_t *text, const struct fovea_words *in,
        struct fovea_words *out)
{
    for (size_t i = 0; i < in->n; i++) {
        struct splitting splitting = { op, out->n, false, out };
        const uint8_t *word = text + in->at[i].start;
        size_t start = in->at[i].start;
        size_t size = in->at[i].size;
        size_t at = 0;
        struct fovea_span match;
        while (fovea_pattern_next(op, table->strings, word, size, at, &match)) {
            add_stretch(&splitting, start + at, start + match.at, false);
            at = (size_t)match.at + match.size;
            add_stretch(&splitting, start + match.at, start + at, true);
        }
        add_stretch(&splitting, start + at, start + size, false);
    }
}

/* Write words anew, blanks as the mark. */
static void
mark_blanks(const struct fovea_table *table, const struct fovea_text_op *op,
        const uint8_t *text, const struct fovea_words *in,
        struct fovea_words *out, struct fovea_writer *writer)
{
    const uint8_t *mark = table->strings + op->content_at;
    size_t mark_size = op->content_size;
    for (size_t i = 0; i < in->n; i++) {
        const uint8_t *word = text + in->at[i].start;
        size_t size = in->at[i].size;
        size_t start = writer->size;
        bool has_mark = word[0] == ' ' ||
                (size >= mark_size && memcmp(word, mark, mark_size) == 0);
        if ((op->flags & FOVEA_OP_AS_PREFIX) && !has_mark) {
            fovea_write(writer, mark, mark_size);
        }
        size_t at = 0;
        while (at < size) {
            const uint8_t *blank = memchr(word + at, ' ', size - at);
            size_t end = blank ? (size_t)(blank - word) : size;
            fovea_write(writer, word + at, end - at);
            at = end;
            if (blank) {
                fovea_write(writer, mark, mark_size);
                at++;
            }
        }
        fovea_add_word(out, start, writer->size - start);
    }
}

enum fovea_status
fovea_split(const struct fovea_table *table, const uint8_t *text, size_t size,
        struct fovea_scratch *scratch, const struct fovea_words **words_out,
        const uint8_t **text_out, struct fovea_error *err)
{
    struct fovea_words *in = &scratch->words[0];
    struct fovea_words *out = &scratch->words[1];
    in->n = 0;
    fovea_add_word(in, 0, size);
    scratch->rewritten.size = 0;
    for (uint32_t i = 0; i < table->n_splits; i++) {
        const struct fovea_text_op *op = &table->ops[table->model->n_ops + i];
        scratch->n_steps += size + in->n;
        out->n = 0;
        if (op->kind == FOVEA_OP_METASPACE) {
            mark_blanks(table, op, text, in, out, &scratch->rewritten);
            text = scratch->rewritten.data;
            size = scratch->rewritten.size;
        }
        if (op->kind == FOVEA_OP_METASPACE && (op->flags & FOVEA_OP_SPLITS)) {
            const struct fovea_text_op by_mark = {
                .pattern = FOVEA_PATTERN_LITERAL,
                .behavior = FOVEA_SPLIT_MERGED_WITH_NEXT,
                .text_at = op->content_at,
                .text_size = op->content_size,
            };
            in->n = 0;
            split_words(table, &by_mark, text, out, in);
            continue;
        }
        if (op->kind == FOVEA_OP_SPLIT) {
            split_words(table, op, text, in, out);
        }
        struct fovea_words *other = in;
        in = out;
        out = other;
    }
    if (in->overflowed || out->overflowed || scratch->rewritten.overflowed) {
        return fovea_scratch_overflow(err);
    }
    *words_out = in;
    *text_out = text;
    return FOVEA_OK;
}
