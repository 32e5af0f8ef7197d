/* Tokens of a text: see fovea/tokens.h. */
#include "base/error.h"
#include "runtime/model.h"

enum fovea_status
fovea_tokenize(struct fovea_model *model, const char *text, size_t size,
        struct fovea_tokens *tokens_out, struct fovea_error *err)
{
    if (!model || !tokens_out || (size > 0 && !text)) {
        return fovea_fail(err, FOVEA_ERR_ARGUMENT, "an argument is NULL");
    }
    enum fovea_status status = fovea_library_check(model->library, err);
    return status ? status : fovea_model_check_text(model, err);
}

void
fovea_tokens_finish(struct fovea_tokens *tokens)
{
    if (tokens) {
        /* Ids and texts stand behind the pointers, in one block. */
        free(tokens->pieces);
        tokens->pieces = NULL;
        tokens->ids = NULL;
        tokens->n = 0;
    }
}
