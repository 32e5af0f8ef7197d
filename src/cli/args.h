/*
 * Flags and the words between them, and variables of the environment beside
 * them.
 *
 * `--name value`, `--name=value`, `-n value` and `-nvalue` all work, before and
 * behind the other words; `--` ends the flags; `-` alone is a word. A flag
 * given twice takes the later value, but for those that collect all. What no flag
 * gives is taken from the row's variable, unless that is empty.
 */
#ifndef FOVEA_CLI_ARGS_H
#define FOVEA_CLI_ARGS_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "option/value.h"

enum fovea_given {
    FOVEA_GIVEN_NOT,
    FOVEA_GIVEN_BY_VARIABLE,
    FOVEA_GIVEN_BY_FLAG,
};

/** A flag of a command, and where its value goes. */
struct fovea_flag {
    const struct fovea_option_row *row;
    void *value; /* as fovea_value_set() has it; NULL: it is a word */
    size_t size;
    enum fovea_given given; /* after parsing */
};

/** A word in its place: one between the flags, or the value of a flag whose
 *  value stands among them (no variable to go to). */
struct fovea_arg_word {
    const char *word;
    const struct fovea_option_row *row; /* of the flag; NULL: of none */
};

/** The flag of a row whose values stand among the words. */
#define FOVEA_FLAG_WORD(id)                          \
    {                                                \
        .row = &fovea_option_rows[FOVEA_OPTION_##id] \
    }

/** The flag of a row whose value goes to a variable. */
#define FOVEA_FLAG(id, variable)                                            \
    {                                                                       \
        .row = &fovea_option_rows[FOVEA_OPTION_##id], .value = &(variable), \
        .size = sizeof((variable))                                          \
    }

/**
 * Parse argv, then the environment, and put the table's defaults in for what is
 * left, but for the library's, which has them itself. Where --help is given argv
 * alone is parsed.
 *
 * @param words  Room for argc pointers; what is not a flag, in order.
 * @return FOVEA_OK, or FOVEA_ERR_ARGUMENT with a message for the user, who may
 *         be told the flag that was probably meant; FOVEA_ERR_NO_MEMORY.
 */
FOVEA_NODISCARD enum fovea_status fovea_args_parse(struct fovea_flag *flags,
        size_t n_flags, int argc, char **argv, const char **words,
        size_t *n_words_out, struct fovea_error *err);

/** The same, with values of flags among the words in the order of argv. */
FOVEA_NODISCARD enum fovea_status fovea_args_parse_ordered(
        struct fovea_flag *flags, size_t n_flags, int argc, char **argv,
        struct fovea_arg_word *words, size_t *n_words_out,
        struct fovea_error *err);

/** How a row's flag was given, after parsing; NOT if it is not among them. */
enum fovea_given fovea_args_given(const struct fovea_flag *flags,
        size_t n_flags, enum fovea_option_id id);

#endif
