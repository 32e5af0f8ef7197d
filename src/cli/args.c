/* Flags and words: see args.h. */
#include "cli/args.h"

#include <stdio.h>
#include <string.h>

#include "fovea/fovea.h"

#include "base/clock.h"
#include "base/error.h"
#include "base/macros.h"
#include "base/nearest.h"
#include "base/number.h"

enum {
    MAX_NAME = 32, /* no flag is longer */
    MAX_FLAGS = 64
};

static enum fovea_status
unknown_flag(const struct fovea_flag *flags, size_t n_flags, const char *word,
        struct fovea_error *err)
{
    const char *names[MAX_FLAGS];
    FOVEA_ASSERT(n_flags <= MAX_FLAGS);
    for (size_t i = 0; i < n_flags; i++) {
        names[i] = flags[i].name;
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

static const struct fovea_flag *
find_long(const struct fovea_flag *flags, size_t n_flags, const char *word,
        const char **value_out)
{
    size_t size = strcspn(word, "=");
    for (size_t i = 0; i < n_flags; i++) {
        if (strlen(flags[i].name) == size &&
                memcmp(flags[i].name, word, size) == 0) {
            *value_out = word[size] ? word + size + 1 : NULL;
            return &flags[i];
        }
    }
    return NULL;
}

static const struct fovea_flag *
find_short(const struct fovea_flag *flags, size_t n_flags, const char *word,
        const char **value_out)
{
    for (size_t i = 0; i < n_flags; i++) {
        if (flags[i].letter && flags[i].letter == word[0]) {
            *value_out = word[1] ? word + 1 : NULL;
            return &flags[i];
        }
    }
    return NULL;
}

/* 1 for no suffix, 0 for an unknown one. */
static uint64_t
suffix_factor(const char *suffix, uint64_t kilo)
{
    if (!*suffix) {
        return 1;
    }
    if (!kilo || suffix[1]) {
        return 0;
    }
    switch (*suffix) {
    case 'k':
    case 'K':
        return kilo;
    case 'm':
    case 'M':
        return kilo * kilo;
    case 'g':
    case 'G':
        return kilo * kilo * kilo;
    default:
        return 0;
    }
}

enum fovea_status
fovea_args_number(const struct fovea_flag *flag, const char *value,
        struct fovea_error *err)
{
    uint64_t number = 0;
    const char *at = value;
    bool fits = fovea_number_scan(&at, &number);
    uint64_t factor = suffix_factor(at, flag->kilo);
    fits = fits && factor && !__builtin_mul_overflow(number, factor, &number);
    if (!fits || number < flag->min || number > flag->max) {
        return fovea_fail(err, FOVEA_ERR_ARGUMENT,
                "--%s: \"%s\" is not a whole number from %llu to %llu%s",
                flag->name, value, (unsigned long long)flag->min,
                (unsigned long long)flag->max,
                flag->kilo ? " (K, M and G may follow it)" : "");
    }
    *flag->number = number;
    return FOVEA_OK;
}

static enum fovea_status
set_choice(const struct fovea_flag *flag, const char *value,
        struct fovea_error *err)
{
    char all[120] = "";
    size_t used = 0;
    for (uint64_t i = 0; flag->choices[i]; i++) {
        if (strcmp(flag->choices[i], value) == 0) {
            *flag->number = i;
            return FOVEA_OK;
        }
        int n = snprintf(all + used, sizeof all - used, "%s%s", i ? ", " : "",
                flag->choices[i]);
        FOVEA_ASSERT(n >= 0 && (size_t)n < sizeof all - used);
        used += (size_t)n;
    }
    return fovea_fail(err, FOVEA_ERR_ARGUMENT, "--%s: \"%s\" is none of %s",
            flag->name, value, all);
}

/* Nanoseconds of a time's unit; 0 for an unknown one. */
static int64_t
unit_ns(const char *unit)
{
    static const struct {
        const char *name;
        int64_t ns;
    } units[] = {
        { "", FOVEA_NS_PER_S },
        { "ms", FOVEA_NS_PER_MS },
        { "s", FOVEA_NS_PER_S },
        { "m", 60 * FOVEA_NS_PER_S },
        { "h", 3600 * FOVEA_NS_PER_S },
    };
    for (size_t i = 0; i < FOVEA_ARRAY_LEN(units); i++) {
        if (strcmp(units[i].name, unit) == 0) {
            return units[i].ns;
        }
    }
    return 0;
}

/* "1.5" units to nanoseconds; false if it is no number or does not fit. */
static bool
parse_time(const char *text, int64_t *time_ns_out)
{
    const char *unit = text + strspn(text, "0123456789.");
    int64_t scale = unit_ns(unit);
    int64_t time_ns = 0;
    bool fits = scale > 0 && *text >= '0' && *text <= '9';
    const char *at = text;
    for (; *at >= '0' && *at <= '9'; at++) {
        int64_t digit_ns = 0;
        fits = fits && !__builtin_mul_overflow(time_ns, 10, &time_ns) &&
                !__builtin_mul_overflow(*at - '0', scale, &digit_ns) &&
                !__builtin_add_overflow(time_ns, digit_ns, &time_ns);
    }
    if (*at == '.') {
        for (at++; *at >= '0' && *at <= '9'; at++) {
            scale /= 10;
            fits = fits &&
                    !__builtin_add_overflow(time_ns, (*at - '0') * scale,
                            &time_ns);
        }
    }
    *time_ns_out = time_ns;
    return fits && at == unit && time_ns > 0;
}

static enum fovea_status
set_time(const struct fovea_flag *flag, const char *value,
        struct fovea_error *err)
{
    int64_t time_ns = FOVEA_NEVER;
    if (strcmp(value, "never") != 0 && !parse_time(value, &time_ns)) {
        return fovea_fail(err, FOVEA_ERR_ARGUMENT,
                "--%s: \"%s\" is not a time: seconds above 0, or a number "
                "with ms, s, m or h behind it, or never",
                flag->name, value);
    }
    *flag->time_ns = time_ns;
    return FOVEA_OK;
}

static enum fovea_status
add_text(struct fovea_words *texts, const char *value, struct fovea_error *err)
{
    const char **all = reallocarray(texts->all, texts->n + 1, sizeof *all);
    if (!all) {
        return fovea_fail_memory(err, texts->n, "the flags");
    }
    all[texts->n++] = value;
    texts->all = all;
    return FOVEA_OK;
}

static enum fovea_status
set_value(const struct fovea_flag *flag, const char *value,
        struct fovea_error *err)
{
    if (flag->choices) {
        return set_choice(flag, value, err);
    }
    if (flag->number) {
        return fovea_args_number(flag, value, err);
    }
    if (flag->time_ns) {
        return set_time(flag, value, err);
    }
    if (!*value) {
        return fovea_fail(err, FOVEA_ERR_ARGUMENT, "--%s needs a value",
                flag->name);
    }
    if (flag->texts) {
        return add_text(flag->texts, value, err);
    }
    *flag->text = value;
    return FOVEA_OK;
}

/* Handle the flag at argv[*i]; moves *i over a value that stands alone. */
static enum fovea_status
take_flag(const struct fovea_flag *flags, size_t n_flags, int argc, char **argv,
        int *i, struct fovea_error *err)
{
    const char *word = argv[*i];
    bool is_long = word[1] == '-';
    const char *value = NULL;
    const struct fovea_flag *flag = is_long
            ? find_long(flags, n_flags, word + 2, &value)
            : find_short(flags, n_flags, word + 1, &value);
    if (!flag || (flag->on && value && !is_long)) {
        return unknown_flag(flags, n_flags, word, err);
    }
    if (flag->on) {
        if (value) {
            return fovea_fail(err, FOVEA_ERR_ARGUMENT, "--%s takes no value",
                    flag->name);
        }
        *flag->on = true;
        return FOVEA_OK;
    }
    if (!value) {
        if (*i + 1 >= argc) {
            return fovea_fail(err, FOVEA_ERR_ARGUMENT, "--%s needs a value",
                    flag->name);
        }
        value = argv[++*i];
    }
    return set_value(flag, value, err);
}

enum fovea_status
fovea_args_parse(const struct fovea_flag *flags, size_t n_flags, int argc,
        char **argv, const char **words, size_t *n_words_out,
        struct fovea_error *err)
{
    size_t n_words = 0;
    bool flags_end = false;
    for (int i = 0; i < argc; i++) {
        if (flags_end || argv[i][0] != '-' || argv[i][1] == '\0') {
            words[n_words++] = argv[i];
        } else if (strcmp(argv[i], "--") == 0) {
            flags_end = true;
        } else {
            enum fovea_status status =
                    take_flag(flags, n_flags, argc, argv, &i, err);
            if (status) {
                return status;
            }
        }
    }
    *n_words_out = n_words;
    return FOVEA_OK;
}
