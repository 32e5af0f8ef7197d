/*
 * Texts: see read.h and text/tokenizer.h. The tokenizer's files are read before
 * the worker is sealed, as weights are, and once for all workers of a model; the
 * texts come after.
 */
#include "worker/read_text.h"

#include <errno.h>
#include <inttypes.h>
#include <string.h>
#include <sys/stat.h>

#include "base/error.h"
#include "base/size.h"
#include "option/limits.h"
#include "worker/read.h"

static enum fovea_status
open_table(int fd, struct fovea_read_options *options, struct fovea_error *err)
{
    struct stat facts;
    if (fstat(fd, &facts)) {
        return fovea_fail_errno(err, FOVEA_ERR_IO, errno,
                "the table of the tokenizer");
    }
    options->table_bytes = (uint64_t)facts.st_size;
    return fovea_tokenizer_open(fd, &options->tokenizer, err);
}

/* What the tokenizer puts around a text against what the tower looks for. Where
   it looks for an end that no text has, all texts would be pooled at their first
   token, and have one embedding. */
static enum fovea_status
check_special(const struct fovea_tokenizer_facts *facts,
        const struct fovea_tower *tower, struct fovea_error *err)
{
    uint64_t n_special = (uint64_t)facts->n_before + facts->n_after;
    if (n_special > tower->context) {
        return fovea_fail(err, FOVEA_ERR_TOKENIZER_UNSUPPORTED,
                "the tokenizer puts %" PRIu64
                " tokens around a text, and the model takes %" PRIu32 " in all",
                n_special, tower->context);
    }
    if (!tower->is_causal) {
        return FOVEA_OK;
    }
    if (facts->n_after == 0) {
        return fovea_fail(err, FOVEA_ERR_TOKENIZER_UNSUPPORTED,
                "the tokenizer puts no token behind a text, and the model "
                "embeds texts by the token that ends them");
    }
    if (!tower->ends_at_largest && facts->end_id != tower->end_id) {
        return fovea_fail(err, FOVEA_ERR_TOKENIZER_UNSUPPORTED,
                "the tokenizer ends a text with token %" PRIu32
                ", and to the model token %" PRIu32 " is the end",
                facts->end_id, tower->end_id);
    }
    return FOVEA_OK;
}

enum fovea_status
fovea_read_text_load(const struct fovea_read_origin *origin,
        struct fovea_read_options *options, int *table_fd_out,
        struct fovea_error *err)
{
    FOVEA_AUTO_FD int made = -1;
    enum fovea_status status = FOVEA_OK;
    if (origin->table_fd < 0) {
        status = fovea_tokenizer_compile(origin->directory,
                origin->tower->is_canonical ? FOVEA_TEXT_CANONICAL
                                            : FOVEA_TEXT_AUTO,
                &made, err);
    }
    if (!status) {
        status = open_table(origin->table_fd < 0 ? made : origin->table_fd,
                options, err);
    }
    if (status) {
        return status;
    }
    options->tower = *origin->tower;
    status = check_special(fovea_tokenizer_facts(options->tokenizer),
            &options->tower, err);
    if (status) {
        return status;
    }
    if (made >= 0) {
        *table_fd_out = made;
        made = -1;
    }
    return FOVEA_OK;
}

void
fovea_read_text_finish(struct fovea_read_options *options)
{
    fovea_tokenizer_close(options->tokenizer);
    options->tokenizer = NULL;
}

/* Before memory is taken that grows with the text. */
static enum fovea_status
ask(const struct fovea_read_options *options,
        const struct fovea_allowance *allowance, const uint8_t *text,
        size_t size, struct fovea_error *err)
{
    uint64_t bytes =
            fovea_sum_bytes(fovea_tokenizer_encode_bytes(options->tokenizer,
                                    (const char *)text, size),
                    size);
    if (bytes > options->limits.max_decode_bytes) {
        return fovea_fail(err, FOVEA_ERR_TEXT_TOO_LARGE,
                "tokenising the text takes %" PRIu64
                " bytes of memory, more than the limit of %" PRIu64 " %s",
                bytes, options->limits.max_decode_bytes,
                fovea_limit_by(FOVEA_OPTION_DECODE_BYTES));
    }
    return allowance ? allowance->ask(allowance->context, bytes, err)
                     : FOVEA_OK;
}

/* What the tokenizer says against what the model can take. */
static enum fovea_status
check_ids(const struct fovea_tower *tower, const uint32_t *ids, size_t n,
        struct fovea_error *err)
{
    for (size_t i = 0; i < n; i++) {
        if (ids[i] >= tower->vocabulary) {
            return fovea_fail(err, FOVEA_ERR_TOKENIZER_INVALID,
                    "the tokenizer gives the text a token %" PRIu32
                    ", and the model has %" PRIu32,
                    ids[i], tower->vocabulary);
        }
    }
    return FOVEA_OK;
}

static enum fovea_status
check_cut(const struct fovea_encoding *encoding, uint32_t context,
        bool refuses_truncated, struct fovea_error *err)
{
    if (encoding->n_total <= encoding->n_ids) {
        fovea_error_clear(err);
        return FOVEA_OK;
    }
    if (refuses_truncated) {
        return fovea_fail(err, FOVEA_ERR_TEXT_TRUNCATED,
                "the text has %zu tokens, and the model takes %" PRIu32 " %s",
                encoding->n_total, context,
                fovea_limit_by(FOVEA_OPTION_TRUNCATE));
    }
    fovea_error_clear(err);
    fovea_note(err, FOVEA_NOTE_TRUNCATED,
            "the text has %zu tokens, of which the model takes %" PRIu32,
            encoding->n_total, context);
    return FOVEA_OK;
}

enum fovea_status
fovea_read_text_ids(const struct fovea_read_options *options,
        const struct fovea_allowance *allowance, bool refuses_truncated,
        struct fovea_input *input, uint32_t *ids_out,
        struct fovea_encoding *encoding_out, struct fovea_error *err)
{
    const struct fovea_tower *tower = &options->tower;
    const uint8_t *text = NULL;
    size_t size = 0;
    if (input->size > options->limits.max_text_bytes) {
        return fovea_fail(err, FOVEA_ERR_TEXT_TOO_LARGE,
                "the text has %" PRIu64 " bytes, more than the limit of "
                "%" PRIu32 " %s",
                input->size, options->limits.max_text_bytes,
                fovea_limit_by(FOVEA_OPTION_TEXT_BYTES));
    }
    enum fovea_status status = fovea_input_load(input, &text, &size, err);
    if (!status) {
        status = ask(options, allowance, text, size, err);
    }
    if (!status) {
        status = fovea_tokenizer_encode(options->tokenizer, (const char *)text,
                size, tower->context, ids_out, encoding_out, err);
    }
    if (!status) {
        status = check_ids(tower, ids_out, encoding_out->n_ids, err);
    }
    return status
            ? status
            : check_cut(encoding_out, tower->context, refuses_truncated, err);
}

static size_t
row_bytes(const struct fovea_read_options *options)
{
    return fovea_tower_text_row_bytes(&options->tower);
}

/* Up to the context. The tokenizer knows best what with, and on which side:
   SigLIP 2 says it nowhere else. Of a causal tower nothing behind the end
   counts. */
static void
fill_up(const struct fovea_read_options *options, uint32_t *ids, size_t n)
{
    const struct fovea_tower *tower = &options->tower;
    const struct fovea_tokenizer_facts *facts =
            fovea_tokenizer_facts(options->tokenizer);
    size_t n_pads = tower->context - n;
    bool is_left = facts->pads_left && !tower->is_causal;
    uint32_t *pads = is_left ? ids : ids + n;
    if (is_left) {
        memmove(ids + n_pads, ids, n * sizeof *ids);
    }
    for (size_t i = 0; i < n_pads; i++) {
        pads[i] = facts->pad_id < tower->vocabulary ? facts->pad_id
                                                    : tower->pad_id;
    }
}

static enum fovea_status
read_text(const struct fovea_read_options *options,
        const struct fovea_allowance *allowance,
        const struct fovea_work_flags *flags, struct fovea_input *input,
        void *row_out, struct fovea_facts *facts_out, struct fovea_error *err)
{
    (void)facts_out;
    const struct fovea_tower *tower = &options->tower;
    struct fovea_text_row *row = row_out;
    struct fovea_encoding encoding;
    enum fovea_status status = fovea_read_text_ids(options, allowance,
            flags->refuses_truncated, input, row->ids, &encoding, err);
    if (status) {
        return status;
    }
    fill_up(options, row->ids, encoding.n_ids);
    row->n = (uint32_t)fovea_tower_text_length(tower, row->ids,
            tower->is_causal ? encoding.n_ids : tower->context);
    return FOVEA_OK;
}

const struct fovea_item_reader fovea_read_text = {
    .load = fovea_read_text_load,
    .finish = fovea_read_text_finish,
    .row_bytes = row_bytes,
    .read = read_text,
};
