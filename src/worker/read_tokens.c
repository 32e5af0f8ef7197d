/* Texts to tokens with their pieces, for people: see wire/tokens.h. */
#include <string.h>

#include "wire/tokens.h"
#include "worker/read_text.h"

static size_t
row_bytes(const struct fovea_read_options *options)
{
    return fovea_tokens_row_bytes(options->tower.context);
}

/* A text is cut and said to be, whatever the flags. */
static enum fovea_status
read_tokens(const struct fovea_read_options *options,
        const struct fovea_allowance *allowance,
        const struct fovea_work_flags *flags, struct fovea_input *input,
        void *row_out, struct fovea_facts *facts_out, struct fovea_error *err)
{
    (void)facts_out;
    (void)flags;
    uint32_t ids[FOVEA_MAX_CONTEXT];
    struct fovea_encoding encoding;
    enum fovea_status status = fovea_read_text_ids(options, allowance, false,
            input, ids, &encoding, err);
    if (status) {
        return status;
    }
    struct fovea_tokens_row *row = row_out;
    memset(row, 0, row_bytes(options));
    row->n = (uint32_t)encoding.n_ids;
    row->was_cut = encoding.n_total > encoding.n_ids;
    for (size_t i = 0; i < encoding.n_ids; i++) {
        size_t size = 0;
        const char *piece =
                fovea_tokenizer_piece(options->tokenizer, ids[i], &size);
        fovea_tokens_row_put(row, i, ids[i], piece, piece ? size : 0);
    }
    return FOVEA_OK;
}

const struct fovea_item_reader fovea_read_tokens = {
    .load = fovea_read_text_load,
    .finish = fovea_read_text_finish,
    .row_bytes = row_bytes,
    .read = read_tokens,
};
