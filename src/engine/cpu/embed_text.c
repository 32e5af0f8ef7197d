/*
 * See embed_text.h. Texts lie one behind the other, each with as many rows as it has
 * tokens. What a pass has of rows beyond that is 0, and what becomes of it is looked
 * at by nobody.
 */
#include "engine/cpu/embed_text.h"

#include <inttypes.h>
#include <string.h>

#include "base/error.h"
#include "engine/cpu/kernels.h"
#include "engine/cpu/steps.h"
#include "engine/cpu/units.h"

static const struct fovea_text_row *
row_at(const struct fovea_plan *plan, const void *rows, size_t i)
{
    const size_t size = fovea_tower_text_row_bytes(&plan->weights->tower);
    return (const struct fovea_text_row *)(const void *)((const uint8_t *)rows +
            i * size);
}

static enum fovea_status
check(const struct fovea_tower *tower, const struct fovea_text_row *row,
        struct fovea_error *err)
{
    if (row->n < 1 || row->n > tower->context) {
        return fovea_fail(err, FOVEA_ERR_INTERNAL,
                "a text of %" PRIu32 " tokens, not of 1 to %" PRIu32, row->n,
                tower->context);
    }
    for (uint32_t i = 0; i < row->n; i++) {
        if (row->ids[i] >= tower->vocabulary) {
            return fovea_fail(err, FOVEA_ERR_INTERNAL,
                    "token %" PRIu32 " of a text is %" PRIu32
                    ", the vocabulary has %" PRIu32,
                    i, row->ids[i], tower->vocabulary);
        }
    }
    return FOVEA_OK;
}

/* Where bits depend on how many rows there are, every text goes alone. */
static enum fovea_status
choose(struct fovea_plan *plan, const void *rows, size_t n,
        struct fovea_pass *pass, struct fovea_error *err)
{
    const struct fovea_weights *weights = plan->weights;
    const bool goes_alone = weights->forms.most_images == 1;
    const size_t most_rows = plan->max_units * FOVEA_UNIT_ROWS;
    for (size_t i = 0; i < n && !(goes_alone && i > 0); i++) {
        const struct fovea_text_row *row = row_at(plan, rows, i);
        enum fovea_status status = check(&weights->tower, row, err);
        if (status) {
            return status;
        }
        if (pass->n_rows + row->n > most_rows) {
            break;
        }
        plan->sequences[i] = (struct fovea_sequence){ pass->n_rows, row->n,
            pass->n_rows + row->n - 1 };
        pass->n_rows += row->n;
        pass->n_sequences++;
    }
    return FOVEA_OK;
}

static void
embed_tokens(const struct fovea_pass *pass, const void *rows)
{
    struct fovea_plan *plan = pass->plan;
    const size_t hidden = plan->sizes.hidden;
    const struct fovea_token_table table = {
        fovea_step_piece(plan, FOVEA_ROLE_TOKEN, 0)->weight,
        fovea_step_piece(plan, FOVEA_ROLE_POSITION, 0)->weight,
        fovea_precision_table(plan->weights->precision), hidden
    };
    for (size_t i = 0; i < pass->n_sequences; i++) {
        const struct fovea_text_row *row = row_at(plan, rows, i);
        fovea_kernel_words(&table, row->ids, row->n,
                plan->x + pass->sequences[i].row * hidden);
    }
}

/* The rows of a number of units that are behind the first n. */
static void
clear(const struct fovea_plan *plan, float *rows, size_t n, size_t n_units)
{
    const size_t hidden = plan->sizes.hidden;
    memset(rows + n * hidden, 0,
            (n_units * FOVEA_UNIT_ROWS - n) * hidden * sizeof *rows);
}

enum fovea_status
fovea_embed_texts(struct fovea_plan *plan, const void *rows, size_t n,
        struct fovea_pass *pass_out, struct fovea_error *err)
{
    struct fovea_pass pass = { .plan = plan, .sequences = plan->sequences };
    enum fovea_status status = choose(plan, rows, n, &pass, err);
    if (status) {
        return status;
    }
    const size_t n_units = fovea_units_of_rows(pass.n_rows);
    const size_t n_pooled = fovea_units_of_rows(pass.n_sequences);
    pass.of_rows = plan->sets[n_units];
    pass.of_sequences = plan->sets[n_pooled];
    embed_tokens(&pass, rows);
    clear(plan, plan->x, pass.n_rows, n_units);
    clear(plan, plan->pooled, pass.n_sequences, n_pooled);
    *pass_out = pass;
    return FOVEA_OK;
}
