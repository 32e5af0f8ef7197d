/* What a model's tokenizer makes of a text. */
#ifndef FOVEA_TOKENS_H
#define FOVEA_TOKENS_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "fovea/export.h"
#include "fovea/model.h"
#include "fovea/sized.h"
#include "fovea/status.h"

#ifdef __cplusplus
extern "C" {
#endif

/** The tokens of a text, as the model's tokenizer gives them: special ones
 *  included, padding not, at most context_length of struct fovea_model_info. It
 *  grows at its end (sized.h). */
struct fovea_tokens {
    size_t struct_size; /* by FOVEA_TOKENS_INIT */
    size_t n;
    uint32_t *ids;  /* [n] */
    char **pieces;  /* [n], NUL-terminated UTF-8: what stands in the vocabulary
                       for each, as "bicycle</w>"; the first 251 bytes of a
                       longer one */
    size_t was_cut; /* 1: of a text that has more; else 0 */
};

#define FOVEA_TOKENS_INIT FOVEA_SIZED_INIT(struct fovea_tokens)

/**
 * Tokenise a text. For looking at what a model sees of it; embedding does it by
 * itself.
 *
 * @param text        size bytes of UTF-8; need not be NUL-terminated. NULL with
 *                    size 0 is the empty text.
 * @param tokens_out  Initialised by FOVEA_TOKENS_INIT; to be ended with
 *                    fovea_tokens_finish(), before which it is not written
 *                    again. Written only on success.
 * @param err         May be NULL. Written on success too: of a text that was
 *                    cut FOVEA_NOTE_TRUNCATED.
 * @return FOVEA_OK; otherwise as fovea_embed_text(), but for
 *         FOVEA_ERR_TEXT_TRUNCATED: a text is cut here whatever the options
 *         say. The workers that do it load no weights.
 * Threads: safe; not from a callback of the library. Since: 0.1
 */
FOVEA_API FOVEA_NODISCARD enum fovea_status fovea_tokenize(
        struct fovea_model *model, const char *text, size_t size,
        struct fovea_tokens *tokens_out, struct fovea_error *err);

/** Free the arrays; it may be written again. NULL is fine. Since: 0.1 */
FOVEA_API void fovea_tokens_finish(struct fovea_tokens *tokens);

#ifdef __cplusplus
}
#endif

#endif
