/* Inside of text/: normalizer and pre-tokenizer of tokenizer.json to steps. */
#ifndef FOVEA_TEXT_READ_STEPS_H
#define FOVEA_TEXT_READ_STEPS_H

#include "text/draft.h"

/** A kind of component: its name, and what reads one. */
struct fovea_component {
    const char *type;
    enum fovea_status (*read)(struct fovea_draft *draft, const char *where,
            const json_t *object, struct fovea_error *err);
};

/**
 * Read a component, or each of a Sequence; none if it is null.
 *
 * @param where  "normalizer": the field, in messages.
 * @param list   What a Sequence calls its list.
 * @param kinds  [n]
 * @return FOVEA_OK; FOVEA_ERR_TOKENIZER_UNSUPPORTED with the name of one that is
 *         not among the kinds; FOVEA_ERR_TOKENIZER_INVALID; as they do.
 */
FOVEA_NODISCARD enum fovea_status fovea_read_components(
        struct fovea_draft *draft, const char *where, const char *list,
        const struct fovea_component *kinds, size_t n, struct fovea_error *err);

/** A step more; FOVEA_ERR_TOKENIZER_UNSUPPORTED: too many. */
FOVEA_NODISCARD enum fovea_status fovea_draft_add_op(struct fovea_draft *draft,
        const struct fovea_text_op *op, struct fovea_error *err);

/** A flag of an object; `fallback` where it is missing. */
FOVEA_NODISCARD enum fovea_status fovea_read_flag(
        const struct fovea_draft *draft, const char *where,
        const json_t *object, const char *key, bool fallback, bool *flag_out,
        struct fovea_error *err);

/** The steps of a profile, and behind them the normalizer's. */
FOVEA_NODISCARD enum fovea_status fovea_read_normalizer(
        struct fovea_draft *draft, struct fovea_error *err);

FOVEA_NODISCARD enum fovea_status fovea_read_pre_tokenizer(
        struct fovea_draft *draft, struct fovea_error *err);

#endif
