/* See option_flags.h. */
#include "cli/option_flags.h"

#include "option/members.h"
#include "sys/cpu.h"

static bool
has_flag(const struct fovea_option_row *row, enum fovea_command_id command)
{
    return row->commands >> command & 1;
}

size_t
fovea_option_flags(struct fovea_options *options, enum fovea_command_id command,
        struct fovea_flag *flags)
{
    size_t n = 0;
    for (size_t i = 0; i < FOVEA_N_OPTIONS; i++) {
        const struct fovea_option_row *row = &fovea_option_rows[i];
        if (row->scope == FOVEA_SCOPE_LIBRARY && has_flag(row, command)) {
            flags[n++] = (struct fovea_flag){
                .row = row,
                .value = (char *)options + row->offset,
                .size = row->size,
            };
        }
    }
    return n;
}

size_t
fovea_option_flags_choose(const struct fovea_flag *all, size_t n,
        enum fovea_command_id command, struct fovea_flag *flags)
{
    size_t n_chosen = 0;
    for (size_t i = 0; i < n; i++) {
        if (has_flag(all[i].row, command)) {
            flags[n_chosen++] = all[i];
        }
    }
    return n_chosen;
}

enum fovea_status
fovea_option_flags_resolve(struct fovea_options *options,
        struct fovea_error *err)
{
    /* So that all together use the CPUs. */
    if (options->max_workers == 0 && options->n_threads > 1) {
        unsigned n = fovea_cpu_count() / options->n_threads;
        options->max_workers = n > 1 ? n : 1;
    }
    return fovea_options_fill(options, err);
}
