/* Values of options: from texts to members, and what a member may be. */
#ifndef FOVEA_OPTION_VALUE_H
#define FOVEA_OPTION_VALUE_H

#include "option/option.h"

/** Values of an option that may be given many times, in order; borrowed. The
 *  array is the owner's to free. */
struct fovea_words {
    const char **all;
    size_t n;
};

/**
 * Set a member from a text.
 *
 * @param who    Whom a message is to name: a flag, a variable, a member.
 * @param at     size bytes: an integer of the type that the member has, int64_t
 *               of a TIME, const char * of a TEXT (borrowed), bool of a SWITCH,
 *               struct fovea_words of TEXTS; of MEMORY, memory_limit_pct of a
 *               struct fovea_options.
 * @return FOVEA_OK, or FOVEA_ERR_ARGUMENT, and the member as it was.
 */
FOVEA_NODISCARD enum fovea_status fovea_value_set(
        const struct fovea_option_row *row, const char *who, const char *text,
        void *at, size_t size, struct fovea_error *err);

/** Set a member to its default, if the table has one. */
void fovea_value_default(const struct fovea_option_row *row, void *at,
        size_t size);

/**
 * Replace a member of a struct that stands for its default by that, and check
 * it: an integer, a TIME or a CHOICE; others are left alone.
 *
 * @return FOVEA_OK; FOVEA_ERR_ARGUMENT, naming the option and its range.
 */
FOVEA_NODISCARD enum fovea_status fovea_value_resolve(
        const struct fovea_option_row *row, void *at, size_t size,
        struct fovea_error *err);

#endif
