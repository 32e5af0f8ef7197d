/*
 * Options by their names and as texts, for bindings. Compiled for any x86-64:
 * they are set before fovea_open() says what the machine lacks.
 */
#include <string.h>

#include "fovea/options.h"

#include "base/error.h"
#include "base/nearest.h"
#include "base/sized.h"
#include "option/value.h"

/* The library's row of an index among them; NULL: past the last. */
static const struct fovea_option_row *
find_row(size_t index)
{
    size_t n = 0;
    for (size_t i = 0; i < FOVEA_N_OPTIONS; i++) {
        if (fovea_option_rows[i].scope == FOVEA_SCOPE_LIBRARY && n++ == index) {
            return &fovea_option_rows[i];
        }
    }
    return NULL;
}

const struct fovea_option *
fovea_option_describe(size_t index)
{
    const struct fovea_option_row *row = find_row(index);
    return row ? &row->option : NULL;
}

/* Where what is set ends. */
static size_t
end_of(const struct fovea_option_row *row)
{
    return row->option.kind == FOVEA_OPTION_KIND_MEMORY
            ? offsetof(struct fovea_options, memory_limit_bytes) +
                    sizeof(uint64_t)
            : row->offset + row->size;
}

static enum fovea_status
unknown_name(const char *name, struct fovea_error *err)
{
    const char *names[FOVEA_N_OPTIONS];
    size_t n = 0;
    for (const struct fovea_option_row *row; (row = find_row(n)); n++) {
        names[n] = row->option.name;
    }
    const char *nearest = fovea_nearest(name, names, n);
    return nearest
            ? fovea_fail(err, FOVEA_ERR_ARGUMENT,
                      "no option is called %.60s; did you mean %s?", name,
                      nearest)
            : fovea_fail(err, FOVEA_ERR_ARGUMENT,
                      "no option is called %.60s; fovea_option_describe() "
                      "has their names",
                      name);
}

enum fovea_status
fovea_options_set(struct fovea_options *options, const char *name,
        const char *value, struct fovea_error *err)
{
    if (!options || !name || !value) {
        return fovea_fail(err, FOVEA_ERR_ARGUMENT, "%s is NULL",
                !options        ? "options"
                        : !name ? "name"
                                : "value");
    }
    for (size_t i = 0;; i++) {
        const struct fovea_option_row *row = find_row(i);
        if (!row) {
            return unknown_name(name, err);
        }
        if (strcmp(row->option.name, name) != 0) {
            continue;
        }
        if (options->struct_size < end_of(row)) {
            return fovea_fail(err, FOVEA_ERR_ARGUMENT,
                    "%s is behind struct_size, %zu: begin with "
                    "FOVEA_OPTIONS_INIT",
                    name, options->struct_size);
        }
        if (options->struct_size > FOVEA_SIZED_MAX) {
            return fovea_fail(err, FOVEA_ERR_ARGUMENT,
                    "struct_size is %zu: begin with FOVEA_OPTIONS_INIT",
                    options->struct_size);
        }
        return fovea_value_set(row, name, value, (char *)options + row->offset,
                row->size, err);
    }
}
