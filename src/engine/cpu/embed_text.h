/* Texts to rows: the token of each id and its position. */
#ifndef FOVEA_ENGINE_CPU_EMBED_TEXT_H
#define FOVEA_ENGINE_CPU_EMBED_TEXT_H

#include "engine/cpu/layers.h"

/**
 * Begin a pass with as many of the texts as it has room for, at least one.
 *
 * @param rows      n texts, fovea_tower_text_row_bytes() each.
 * @param pass_out  Written on success.
 * @return FOVEA_OK; FOVEA_ERR_INTERNAL if a text has no ids, more than the context
 *         or one that is not below the vocabulary: nothing is read by it.
 */
FOVEA_NODISCARD enum fovea_status fovea_embed_texts(struct fovea_plan *plan,
        const void *rows, size_t n, struct fovea_pass *pass_out,
        struct fovea_error *err);

#endif
