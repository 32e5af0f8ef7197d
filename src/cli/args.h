/*
 * Flags and the words between them.
 *
 * `--name value`, `--name=value`, `-n value` and `-nvalue` all work, before and
 * behind the other words; `--` ends the flags; `-` alone is a word. A flag
 * given twice takes the later value, but for those that collect all.
 */
#ifndef FOVEA_CLI_ARGS_H
#define FOVEA_CLI_ARGS_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "fovea/export.h"
#include "fovea/status.h"

/** Values of a flag that may be given many times, in order; borrowed. The array
 *  is the owner's to free. */
struct fovea_words {
    const char **all;
    size_t n;
};

/** One flag. Exactly one of on, text, texts, number and time_ns is set: its
 *  kind. */
struct fovea_flag {
    const char *name; /* without the dashes */
    char letter;      /* short form, or 0 */
    bool *on;
    const char **text;
    struct fovea_words *texts;
    uint64_t *number;
    /* Above 0: seconds, with a fraction or not, or with ms, s, m, h behind the
       number; "never" is FOVEA_NEVER. */
    int64_t *time_ns;
    /* Of a number: its range, and what a suffix K multiplies by (M, G: twice
       and three times); 0 for no suffixes. */
    uint64_t min;
    uint64_t max;
    uint64_t kilo;
    /* Words for the numbers 0, 1, ...; NULL-terminated; instead of a range. */
    const char *const *choices;
};

/** Set a number's flag from its text, range and suffixes checked. */
FOVEA_NODISCARD enum fovea_status fovea_args_number(
        const struct fovea_flag *flag, const char *value,
        struct fovea_error *err);

/**
 * Parse argv.
 *
 * @param words  Room for argc pointers; what is not a flag, in order.
 * @return FOVEA_OK, or FOVEA_ERR_ARGUMENT with a message for the user, who may
 *         be told the flag that was probably meant.
 */
FOVEA_NODISCARD enum fovea_status fovea_args_parse(
        const struct fovea_flag *flags, size_t n_flags, int argc, char **argv,
        const char **words, size_t *n_words_out, struct fovea_error *err);

#endif
