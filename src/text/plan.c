/* See plan.h. */
#include "text/plan.h"

#include <stdlib.h>

#include "base/error.h"
#include "base/size.h"
#include "text/normal_form.h"

/* Sizes of the parts of a scratch. */
struct plan {
    uint64_t text;      /* bytes, at most, of a normalised text */
    uint64_t rewritten; /* and after that, where the pre-tokenizer writes */
    uint64_t words;
    uint64_t characters;
    uint64_t symbols;
};

enum {
    WORKING_LISTS = 2, /* of words, of characters: from one to the other */
    HEAP_PER_SYMBOL = 2
};

static uint64_t
largest(uint64_t a, uint64_t b)
{
    return a > b ? a : b;
}

/* A text of `size` bytes, of which `other` are not ASCII, behind a step. */
static void
grow(const struct fovea_text_op *op, uint64_t *size, uint64_t *other)
{
    uint64_t ascii = fovea_product_bytes(*size - *other, op->growth_ascii);
    uint64_t rest = fovea_product_bytes(*other, op->growth_other);
    *size = fovea_sum_bytes(fovea_sum_bytes(ascii, rest), op->content_size);
    bool keeps_ascii = op->kind <= FOVEA_OP_LOWERCASE ||
            op->kind == FOVEA_OP_STRIP || (op->flags & FOVEA_OP_ASCII);
    *other = keeps_ascii ? rest : *size;
}

static struct plan
make_plan(const struct fovea_table *table, const uint8_t *text, size_t size)
{
    uint64_t n_other = 0;
    for (size_t i = 0; i < size; i++) {
        n_other += text[i] >> 7;
    }
    uint64_t n = size;
    struct plan plan = { 0 };
    for (uint32_t i = 0; i < table->model->n_ops; i++) {
        const struct fovea_text_op *op = &table->ops[i];
        if (op->kind <= FOVEA_OP_NFKD) {
            size_t n_characters =
                    fovea_normal_form_characters((enum fovea_op_kind)op->kind,
                            (size_t)fovea_least_bytes(n_other, UINT32_MAX));
            plan.characters = largest(plan.characters, n_characters);
        }
        grow(op, &n, &n_other);
        plan.text = largest(plan.text, n);
    }
    for (uint32_t i = 0; i < table->n_splits; i++) {
        const struct fovea_text_op *op = &table->ops[table->model->n_ops + i];
        if (op->kind == FOVEA_OP_METASPACE) {
            grow(op, &n, &n_other);
            plan.rewritten = n;
        }
    }
    plan.words = table->n_splits > 0 ? fovea_sum_bytes(n, 1) : 1;
    plan.symbols = fovea_sum_bytes(n, 1);
    return plan;
}

static uint64_t
symbol_bytes(const struct fovea_table *table)
{
    return table->model->kind == FOVEA_MODEL_UNIGRAM
            ? sizeof(struct fovea_way)
            : sizeof(struct fovea_symbol) + HEAP_PER_SYMBOL * sizeof(uint64_t);
}

/* Each part is rounded up to whole words of eight bytes. */
static uint64_t
part_bytes(uint64_t n, uint64_t element)
{
    uint64_t bytes = fovea_sum_bytes(fovea_product_bytes(n, element), 7);
    return bytes & ~(uint64_t)7;
}

/* The model begins when a text is normalised: one part serves both. */
static uint64_t
work_bytes(const struct fovea_table *table, const struct plan *plan)
{
    uint64_t characters =
            part_bytes(plan->characters, WORKING_LISTS * sizeof(int32_t));
    return largest(characters,
            part_bytes(plan->symbols, symbol_bytes(table)) + sizeof(uint64_t));
}

static uint64_t
all_bytes(const struct fovea_table *table, const struct plan *plan)
{
    /* A step may say that it makes a text shorter, so that neither is always the
       larger one. */
    if (largest(plan->symbols, plan->text) > UINT32_MAX / 2) {
        return UINT64_MAX;
    }
    return work_bytes(table, plan) +
            part_bytes(plan->words, WORKING_LISTS * sizeof(struct fovea_word)) +
            2 * part_bytes(plan->text, 1) + part_bytes(plan->rewritten, 1);
}

uint64_t
fovea_scratch_bytes(const struct fovea_table *table, const uint8_t *text,
        size_t size)
{
    struct plan plan = make_plan(table, text, size);
    return all_bytes(table, &plan);
}

enum fovea_status
fovea_scratch_take(const struct fovea_table *table, const uint8_t *text,
        size_t size, struct fovea_scratch *scratch_out, struct fovea_error *err)
{
    struct plan plan = make_plan(table, text, size);
    uint64_t bytes = all_bytes(table, &plan);
    uint8_t *at = bytes > SIZE_MAX / 2 ? NULL : malloc((size_t)bytes);
    if (!at) {
        return fovea_fail_memory(err, (size_t)bytes, "tokenizing a text");
    }
    struct fovea_scratch scratch = { .block = at };
    scratch.characters = (void *)at;
    scratch.n_characters = (size_t)plan.characters;
    scratch.ways = (void *)at;
    scratch.heap = (void *)at;
    scratch.n_symbols = (size_t)plan.symbols;
    scratch.symbols =
            (void *)(scratch.heap + HEAP_PER_SYMBOL * (size_t)plan.symbols);
    at += work_bytes(table, &plan);
    for (size_t i = 0; i < WORKING_LISTS; i++) {
        scratch.words[i].at = (struct fovea_word *)(void *)at + i * plan.words;
        scratch.words[i].capacity = (size_t)plan.words;
    }
    at += part_bytes(plan.words, WORKING_LISTS * sizeof(struct fovea_word));
    for (size_t i = 0; i < 2; i++) {
        scratch.texts[i].data = at;
        scratch.texts[i].capacity = (size_t)plan.text;
        at += part_bytes(plan.text, 1);
    }
    scratch.rewritten.data = at;
    scratch.rewritten.capacity = (size_t)plan.rewritten;
    *scratch_out = scratch;
    return FOVEA_OK;
}

void
fovea_scratch_free(struct fovea_scratch *scratch)
{
    free(scratch->block);
    scratch->block = NULL;
}

enum fovea_status
fovea_scratch_overflow(struct fovea_error *err)
{
    return fovea_fail(err, FOVEA_ERR_TOKENIZER_INVALID,
            "tokenizer table: a text grows more than the table says");
}
