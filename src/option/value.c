/* Texts to values: see value.h. Compiled for any x86-64: fovea_options_set() is
   called before fovea_open(), which says what the machine lacks. */
#include "option/value.h"

#include <stdio.h>
#include <string.h>

#include "base/clock.h"
#include "base/error.h"
#include "base/macros.h"
#include "base/number.h"

static void
store(uint64_t number, void *at, size_t size)
{
    FOVEA_ASSERT(size == sizeof number || number >> (8 * size) == 0);
    memcpy(at, &number, size); /* little-endian */
}

static uint64_t
load(const void *at, size_t size)
{
    uint64_t number = 0;
    FOVEA_ASSERT(size <= sizeof number);
    memcpy(&number, at, size);
    return number;
}

/* What a suffix K multiplies by; 0: none may follow. */
static uint64_t
kilo_of(enum fovea_option_kind kind)
{
    enum {
        KIBI = 1024,
        KILO = 1000
    };
    bool is_bytes =
            kind == FOVEA_OPTION_KIND_BYTES || kind == FOVEA_OPTION_KIND_MEMORY;
    return is_bytes ? KIBI : kind == FOVEA_OPTION_KIND_PIXELS ? KILO : 0;
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

static enum fovea_status
parse_number(const char *who, const char *text, uint64_t kilo, uint64_t min,
        uint64_t max, uint64_t *number_out, struct fovea_error *err)
{
    uint64_t number = 0;
    const char *at = text;
    bool fits = fovea_number_scan(&at, &number);
    uint64_t factor = suffix_factor(at, kilo);
    fits = fits && factor && !__builtin_mul_overflow(number, factor, &number);
    if (!fits || number < min || number > max) {
        return fovea_fail(err, FOVEA_ERR_ARGUMENT,
                "%s: \"%.60s\" is not a whole number from %llu to %llu%s", who,
                text, (unsigned long long)min, (unsigned long long)max,
                kilo ? " (K, M and G may follow it)" : "");
    }
    *number_out = number;
    return FOVEA_OK;
}

static enum fovea_status
find_word(const char *who, const char *text, const char *const *words,
        uint64_t *number_out, struct fovea_error *err)
{
    char all[120] = "";
    size_t used = 0;
    for (uint64_t i = 0; words[i]; i++) {
        if (strcmp(words[i], text) == 0) {
            *number_out = i;
            return FOVEA_OK;
        }
        int n = snprintf(all + used, sizeof all - used, "%s%s", i ? ", " : "",
                words[i]);
        FOVEA_ASSERT(n >= 0 && (size_t)n < sizeof all - used);
        used += (size_t)n;
    }
    return fovea_fail(err, FOVEA_ERR_ARGUMENT, "%s: \"%.60s\" is none of %s",
            who, text, all);
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
set_time(const char *who, const char *text, void *at, struct fovea_error *err)
{
    int64_t time_ns = FOVEA_NEVER;
    if (strcmp(text, "never") != 0 && !parse_time(text, &time_ns)) {
        return fovea_fail(err, FOVEA_ERR_ARGUMENT,
                "%s: \"%.60s\" is not a time: seconds above 0, or a number with "
                "ms, s, m or h behind it, or never",
                who, text);
    }
    memcpy(at, &time_ns, sizeof time_ns);
    return FOVEA_OK;
}

static enum fovea_status
set_switch(const char *who, const char *text, void *at, struct fovea_error *err)
{
    static const char *const words[] = { "no", "yes", "false", "true", "off",
        "on", "0", "1", NULL };
    uint64_t number = 0;
    enum fovea_status status = find_word(who, text, words, &number, err);
    if (!status) {
        *(bool *)at = number % 2 == 1;
    }
    return status;
}

static enum fovea_status
set_text(const struct fovea_option_row *row, const char *who, const char *text,
        void *at, struct fovea_error *err)
{
    /* A folder for the cache may be "": none. */
    if (!*text && row != &fovea_option_rows[FOVEA_OPTION_CACHE_DIRECTORY]) {
        return fovea_fail(err, FOVEA_ERR_ARGUMENT, "%s needs a value", who);
    }
    if (row->option.kind == FOVEA_OPTION_KIND_TEXT) {
        *(const char **)at = text;
        return FOVEA_OK;
    }
    struct fovea_words *words = at;
    const char **all = reallocarray(words->all, words->n + 1, sizeof *all);
    if (!all) {
        return fovea_fail_memory(err, words->n, "the flags");
    }
    all[words->n++] = text;
    words->all = all;
    return FOVEA_OK;
}

/* "80%", or bytes; each takes the other's place. */
static enum fovea_status
set_memory(const char *who, const char *text, void *at, struct fovea_error *err)
{
    enum {
        ALL_PCT = 100,
    };
    void *begin = (char *)at - offsetof(struct fovea_options, memory_limit_pct);
    struct fovea_options *options = begin;
    uint64_t bytes = 0;
    size_t size = strlen(text);
    if (size == 0 || text[size - 1] != '%') {
        enum fovea_status status = parse_number(who, text,
                kilo_of(FOVEA_OPTION_KIND_MEMORY), 1, UINT64_MAX, &bytes, err);
        if (!status) {
            options->memory_limit_pct = ALL_PCT;
            options->memory_limit_bytes = bytes;
        }
        return status;
    }
    uint64_t pct = 0;
    const char *end = text;
    if (!fovea_number_scan(&end, &pct) || end + 1 != text + size || pct < 1 ||
            pct > ALL_PCT) {
        return fovea_fail(err, FOVEA_ERR_ARGUMENT,
                "%s: \"%.60s\" is not from 1%% to 100%%", who, text);
    }
    options->memory_limit_pct = (unsigned)pct;
    options->memory_limit_bytes = 0;
    return FOVEA_OK;
}

enum fovea_status
fovea_value_set(const struct fovea_option_row *row, const char *who,
        const char *text, void *at, size_t size, struct fovea_error *err)
{
    const struct fovea_option *option = &row->option;
    uint64_t number = 0;
    enum fovea_status status = FOVEA_OK;
    switch (option->kind) {
    case FOVEA_OPTION_KIND_NUMBER:
    case FOVEA_OPTION_KIND_BYTES:
    case FOVEA_OPTION_KIND_PIXELS:
        status = parse_number(who, text, kilo_of(option->kind), option->min,
                option->max, &number, err);
        break;
    case FOVEA_OPTION_KIND_CHOICE:
        status = find_word(who, text, option->words, &number, err);
        break;
    case FOVEA_OPTION_KIND_TIME:
        return set_time(who, text, at, err);
    case FOVEA_OPTION_KIND_TEXT:
    case FOVEA_OPTION_KIND_TEXTS:
        return set_text(row, who, text, at, err);
    case FOVEA_OPTION_KIND_SWITCH:
        return set_switch(who, text, at, err);
    case FOVEA_OPTION_KIND_MEMORY:
        return set_memory(who, text, at, err);
    }
    if (!status) {
        store(number, at, size);
    }
    return status;
}

void
fovea_value_default(const struct fovea_option_row *row, void *at, size_t size)
{
    const struct fovea_option *option = &row->option;
    if (option->initial) {
        FOVEA_ASSERT(!fovea_value_set(row, option->flag, option->initial, at,
                size, NULL));
    }
}

static enum fovea_status
resolve_time(const struct fovea_option_row *row, void *at, size_t size,
        struct fovea_error *err)
{
    int64_t time_ns = 0;
    memcpy(&time_ns, at, sizeof time_ns);
    if (time_ns < 0) {
        return fovea_fail(err, FOVEA_ERR_ARGUMENT, "%s is less than no time",
                row->option.name);
    }
    if (time_ns == 0) {
        fovea_value_default(row, at, size);
    }
    return FOVEA_OK;
}

static enum fovea_status
resolve_number(const struct fovea_option_row *row, void *at, size_t size,
        struct fovea_error *err)
{
    uint64_t number = load(at, size);
    if (number > row->option.max) {
        return fovea_fail(err, FOVEA_ERR_ARGUMENT,
                "%s is %llu, more than the limit of %llu", row->option.name,
                (unsigned long long)number,
                (unsigned long long)row->option.max);
    }
    if (number > 0 && number < row->option.min) {
        return fovea_fail(err, FOVEA_ERR_ARGUMENT,
                "%s is %llu, less than the least of %llu", row->option.name,
                (unsigned long long)number,
                (unsigned long long)row->option.min);
    }
    if (number == 0) {
        fovea_value_default(row, at, size);
    }
    return FOVEA_OK;
}

/* The share has a default, and a limit in bytes stands beside it. */
static enum fovea_status
resolve_memory(const struct fovea_option_row *row, void *at, size_t size,
        struct fovea_error *err)
{
    void *begin = (char *)at - offsetof(struct fovea_options, memory_limit_pct);
    struct fovea_options *options = begin;
    uint64_t bytes = options->memory_limit_bytes;
    enum fovea_status status = resolve_number(row, at, size, err);
    options->memory_limit_bytes = bytes;
    return status;
}

static enum fovea_status
check_choice(const struct fovea_option_row *row, const void *at, size_t size,
        struct fovea_error *err)
{
    uint64_t number = load(at, size);
    uint64_t n = 0;
    while (row->option.words[n]) {
        n++;
    }
    return number < n
            ? FOVEA_OK
            : fovea_fail(err, FOVEA_ERR_ARGUMENT, "%s %lld is not known",
                      row->option.name, (long long)number);
}

enum fovea_status
fovea_value_resolve(const struct fovea_option_row *row, void *at, size_t size,
        struct fovea_error *err)
{
    switch (row->option.kind) {
    case FOVEA_OPTION_KIND_NUMBER:
    case FOVEA_OPTION_KIND_BYTES:
    case FOVEA_OPTION_KIND_PIXELS:
        return resolve_number(row, at, size, err);
    case FOVEA_OPTION_KIND_MEMORY:
        return resolve_memory(row, at, size, err);
    case FOVEA_OPTION_KIND_TIME:
        return resolve_time(row, at, size, err);
    case FOVEA_OPTION_KIND_CHOICE:
        return check_choice(row, at, size, err);
    case FOVEA_OPTION_KIND_TEXT:
    case FOVEA_OPTION_KIND_TEXTS:
    case FOVEA_OPTION_KIND_SWITCH:
        break;
    }
    return FOVEA_OK;
}
