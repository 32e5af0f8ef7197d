/* Flags and words: see args.h. */
#include "cli/args.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/error.h"
#include "base/macros.h"
#include "base/nearest.h"
#include "base/number.h"
#include "option/option.h"

enum {
    MAX_NAME = 32,              /* no flag is longer */
    MAX_FLAGS = FOVEA_N_OPTIONS /* each of them once */
};

static enum fovea_status
unknown_flag(const struct fovea_flag *flags, size_t n_flags, const char *word,
        struct fovea_error *err)
{
    const char *names[MAX_FLAGS];
    FOVEA_ASSERT(n_flags <= MAX_FLAGS);
    for (size_t i = 0; i < n_flags; i++) {
        names[i] = flags[i].row->option.flag;
    }
    int size = (int)strcspn(word, "=");
    char name[MAX_NAME + 1] = "";
    const char *bare = word + strspn(word, "-");
    (void)snprintf(name, sizeof name, "%.*s", (int)strcspn(bare, "="), bare);
    const char *nearest = fovea_nearest(name, names, n_flags);
    if (nearest) {
        return fovea_fail(err, FOVEA_ERR_ARGUMENT,
                "unknown flag %.*s; did you mean --%s?", size, word, nearest);
    }
    return fovea_fail(err, FOVEA_ERR_ARGUMENT,
            "unknown flag %.*s (an input of this name goes behind --)", size,
            word);
}

static struct fovea_flag *
find_long(struct fovea_flag *flags, size_t n_flags, const char *word,
        const char **value_out)
{
    size_t size = strcspn(word, "=");
    for (size_t i = 0; i < n_flags; i++) {
        const char *name = flags[i].row->option.flag;
        if (strlen(name) == size && memcmp(name, word, size) == 0) {
            *value_out = word[size] ? word + size + 1 : NULL;
            return &flags[i];
        }
    }
    return NULL;
}

static struct fovea_flag *
find_short(struct fovea_flag *flags, size_t n_flags, const char *word,
        const char **value_out)
{
    for (size_t i = 0; i < n_flags; i++) {
        if (flags[i].row->letter && flags[i].row->letter == word[0]) {
            *value_out = word[1] ? word + 1 : NULL;
            return &flags[i];
        }
    }
    return NULL;
}

static enum fovea_status
set_value(struct fovea_flag *flag, const char *value, struct fovea_error *err)
{
    char who[MAX_NAME + 3];
    (void)snprintf(who, sizeof who, "--%s", flag->row->option.flag);
    flag->given = FOVEA_GIVEN_BY_FLAG;
    return fovea_value_set(flag->row, who, value, flag->value, flag->size, err);
}

/* What is parsed, and how far that is. */
struct parser {
    struct fovea_flag *flags;
    size_t n_flags;
    int argc;
    char **argv;
    int at;
    struct fovea_arg_word *words;
    size_t n_words;
};

/* Handle the flag that it is at, and a value behind it that stands alone. */
static enum fovea_status
take_flag(struct parser *parser, struct fovea_error *err)
{
    struct fovea_flag *flags = parser->flags;
    size_t n_flags = parser->n_flags;
    const char *word = parser->argv[parser->at];
    bool is_long = word[1] == '-';
    const char *value = NULL;
    struct fovea_flag *flag = is_long
            ? find_long(flags, n_flags, word + 2, &value)
            : find_short(flags, n_flags, word + 1, &value);
    bool is_switch = flag && flag->row->option.kind == FOVEA_OPTION_KIND_SWITCH;
    if (!flag || (is_switch && value && !is_long)) {
        return unknown_flag(flags, n_flags, word, err);
    }
    const char *name = flag->row->option.flag;
    if (is_switch) {
        return value ? fovea_fail(err, FOVEA_ERR_ARGUMENT,
                               "--%s takes no value", name)
                     : set_value(flag, "yes", err);
    }
    if (!value) {
        if (parser->at + 1 >= parser->argc) {
            return fovea_fail(err, FOVEA_ERR_ARGUMENT, "--%s needs a value",
                    name);
        }
        value = parser->argv[++parser->at];
    }
    if (!flag->value) {
        flag->given = FOVEA_GIVEN_BY_FLAG;
        parser->words[parser->n_words++] =
                (struct fovea_arg_word){ value, flag->row };
        return FOVEA_OK;
    }
    return set_value(flag, value, err);
}

/* What was given by nothing; the library has its own. */
static void
take_defaults(struct fovea_flag *flags, size_t n_flags)
{
    for (size_t i = 0; i < n_flags; i++) {
        if (flags[i].value && flags[i].given == FOVEA_GIVEN_NOT &&
                flags[i].row->scope != FOVEA_SCOPE_LIBRARY) {
            fovea_value_default(flags[i].row, flags[i].value, flags[i].size);
        }
    }
}

/* What no flag gave. No other thread runs yet. */
static enum fovea_status
take_variables(struct fovea_flag *flags, size_t n_flags,
        struct fovea_error *err)
{
    enum fovea_status status = FOVEA_OK;
    for (size_t i = 0; i < n_flags && !status; i++) {
        const char *name = flags[i].row->option.environment;
        const char *value =
                name ? getenv(name) : NULL; /* NOLINT(concurrency-*) */
        if (value && *value && flags[i].given == FOVEA_GIVEN_NOT) {
            flags[i].given = FOVEA_GIVEN_BY_VARIABLE;
            status = fovea_value_set(flags[i].row, name, value, flags[i].value,
                    flags[i].size, err);
        }
    }
    return status;
}

enum fovea_given
fovea_args_given(const struct fovea_flag *flags, size_t n_flags,
        enum fovea_option_id id)
{
    for (size_t i = 0; i < n_flags; i++) {
        if (flags[i].row == &fovea_option_rows[id]) {
            return flags[i].given;
        }
    }
    return FOVEA_GIVEN_NOT;
}

enum fovea_status
fovea_args_parse_ordered(struct fovea_flag *flags, size_t n_flags, int argc,
        char **argv, struct fovea_arg_word *words, size_t *n_words_out,
        struct fovea_error *err)
{
    struct parser parser = {
        .flags = flags,
        .n_flags = n_flags,
        .argc = argc,
        .argv = argv,
        .words = words,
    };
    bool flags_end = false;
    for (; parser.at < argc; parser.at++) {
        const char *word = argv[parser.at];
        if (flags_end || word[0] != '-' || word[1] == '\0') {
            words[parser.n_words++] = (struct fovea_arg_word){ word, NULL };
        } else if (strcmp(word, "--") == 0) {
            flags_end = true;
        } else {
            enum fovea_status status = take_flag(&parser, err);
            if (status) {
                return status;
            }
        }
    }
    *n_words_out = parser.n_words;
    if (fovea_args_given(flags, n_flags, FOVEA_OPTION_HELP)) {
        return FOVEA_OK;
    }
    enum fovea_status status = take_variables(flags, n_flags, err);
    if (!status) {
        take_defaults(flags, n_flags);
    }
    return status;
}

enum fovea_status
fovea_args_parse(struct fovea_flag *flags, size_t n_flags, int argc,
        char **argv, const char **words, size_t *n_words_out,
        struct fovea_error *err)
{
    FOVEA_AUTO_FREE struct fovea_arg_word *ordered =
            calloc((size_t)argc + 1, sizeof *ordered);
    if (!ordered) {
        return fovea_fail_memory(err, (size_t)argc, "the arguments");
    }
    enum fovea_status status = fovea_args_parse_ordered(flags, n_flags, argc,
            argv, ordered, n_words_out, err);
    for (size_t i = 0; !status && i < *n_words_out; i++) {
        words[i] = ordered[i].word;
    }
    return status;
}
