/* Tokens of a text: see fovea/tokens.h. */
#include <string.h>

#include "base/error.h"
#include "base/sized.h"
#include "base/utf8.h"
#include "runtime/request_run.h"
#include "wire/tokens.h"

/* A worker wrote it: what it says of sizes is checked, and bytes that are no
   UTF-8 are replaced. */
static bool
is_row(const struct fovea_tokens_row *row, uint32_t context)
{
    bool is_good = row->n <= context && row->was_cut <= 1;
    for (size_t i = 0; is_good && i < row->n; i++) {
        is_good = row->places[i].size <= FOVEA_PIECE_SIZE;
    }
    return is_good;
}

/* NUL-terminated; behind it. */
static char *
copy_piece(const struct fovea_tokens_place *place, char *to)
{
    memcpy(to, place->piece, place->size);
    to[place->size] = '\0';
    for (size_t at = 0; at < place->size;) {
        size_t n = fovea_utf8_size(to + at);
        if (n == 0) {
            to[at] = '?';
            n = 1;
        }
        at += n;
    }
    return to + place->size + 1;
}

/* Pointers, ids and texts in one block, which begins with the pointers. */
static enum fovea_status
take_row(const struct fovea_tokens_row *row, struct fovea_tokens *tokens,
        struct fovea_error *err)
{
    size_t size = 1;
    for (size_t i = 0; i < row->n; i++) {
        size += sizeof(char *) + sizeof(uint32_t) + row->places[i].size + 1;
    }
    char **pieces = malloc(size);
    if (!pieces) {
        return fovea_fail_memory(err, size, "tokens");
    }
    uint32_t *ids = (uint32_t *)(pieces + row->n);
    char *at = (char *)(ids + row->n);
    for (size_t i = 0; i < row->n; i++) {
        ids[i] = row->places[i].id;
        pieces[i] = at;
        at = copy_piece(&row->places[i], at);
    }
    tokens->n = row->n;
    tokens->ids = ids;
    tokens->pieces = pieces;
    tokens->was_cut = row->was_cut;
    return FOVEA_OK;
}

static enum fovea_status
tokenize(struct fovea_model *model, const struct fovea_item *item,
        struct fovea_tokens *tokens, struct fovea_error *err)
{
    size_t row_bytes = fovea_model_row_bytes(model, FOVEA_WORK_TOKENS);
    FOVEA_AUTO_FREE struct fovea_tokens_row *row = malloc(row_bytes);
    if (!row) {
        return fovea_fail_memory(err, row_bytes, "tokens");
    }
    enum fovea_status status =
            fovea_request_run(model, item, FOVEA_WORK_TOKENS, 0, row, err);
    if (status) {
        return status;
    }
    if (!is_row(row, model->text.tower.context)) {
        return fovea_fail(err, FOVEA_ERR_INTERNAL,
                "a worker's tokens make no sense");
    }
    return take_row(row, tokens, err);
}

enum fovea_status
fovea_tokenize(struct fovea_model *model, const char *text, size_t size,
        struct fovea_tokens *tokens_out, struct fovea_error *err)
{
    struct fovea_tokens all = { 0 };
    if (!model || !tokens_out || (size > 0 && !text)) {
        return fovea_fail(err, FOVEA_ERR_ARGUMENT, "an argument is NULL");
    }
    /* What an answer cannot do without. */
    enum fovea_status status = fovea_sized_check(tokens_out,
            offsetof(struct fovea_tokens, was_cut), "fovea_tokens",
            "FOVEA_TOKENS_INIT", err);
    if (!status) {
        status = fovea_library_check(model->library, err);
    }
    if (!status) {
        status = fovea_model_check_text(model, err);
    }
    const struct fovea_item item = { .kind = FOVEA_ITEM_TEXT,
        .data = text,
        .size = size };
    if (!status) {
        status = tokenize(model, &item, &all, err);
    }
    if (!status) {
        fovea_sized_give(&all, sizeof all, tokens_out);
    }
    return status;
}

void
fovea_tokens_finish(struct fovea_tokens *tokens)
{
    if (tokens) {
        /* Ids and texts stand behind the pointers. */
        free(tokens->pieces);
        tokens->pieces = NULL;
        tokens->ids = NULL;
        tokens->n = 0;
    }
}
