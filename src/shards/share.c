/* See share.h. */
#include "shards/share.h"

#include <inttypes.h>
#include <stddef.h>
#include <string.h>

#include "base/error.h"
#include "base/macros.h"
#include "base/number.h"
#include "base/text.h"

/* Who tells a process which it is, and of how many. */
static const struct {
    const char *index;
    const char *count; /* NULL: nobody says how many */
    bool is_array;     /* Slurm's: it may begin anywhere and have steps */
} sources[] = {
    { "SLURM_ARRAY_TASK_ID", "SLURM_ARRAY_TASK_COUNT", true },
    { "SLURM_PROCID", "SLURM_NTASKS", false },
    { "JOB_COMPLETION_INDEX", NULL, false },
    { "OMPI_COMM_WORLD_RANK", "OMPI_COMM_WORLD_SIZE", false },
    { "PMI_RANK", "PMI_SIZE", false },
    { "PMIX_RANK", NULL, false },
};

/* What one of them tells. */
struct told {
    const char *variable;
    uint64_t index;
    uint64_t count; /* 0: not known */
};

static enum fovea_status
read_variable(fovea_variable_fn *variable, const char *name, bool *is_set_out,
        uint64_t *number_out, struct fovea_error *err)
{
    const char *value = variable(name);
    *is_set_out = value && *value;
    if (*is_set_out && !fovea_number_parse(value, number_out)) {
        return fovea_fail(err, FOVEA_ERR_ARGUMENT,
                "--shard auto: %s is \"%.40s\", which is no number", name,
                value);
    }
    return FOVEA_OK;
}

/* The place of a task in an array that may begin anywhere and have steps. */
static enum fovea_status
place_in_array(fovea_variable_fn *variable, struct told *told,
        struct fovea_error *err)
{
    uint64_t first = 0;
    uint64_t last = 0;
    uint64_t step = 1;
    bool has_first = false;
    bool has_last = false;
    bool has_step = false;
    enum fovea_status status = read_variable(variable, "SLURM_ARRAY_TASK_MIN",
            &has_first, &first, err);
    if (!status) {
        status = read_variable(variable, "SLURM_ARRAY_TASK_MAX", &has_last,
                &last, err);
    }
    if (!status) {
        status = read_variable(variable, "SLURM_ARRAY_TASK_STEP", &has_step,
                &step, err);
    }
    if (status) {
        return status;
    }
    step = step ? step : 1;
    bool is_whole = has_first && has_last && told->count > 0 &&
            told->index >= first && told->index <= last &&
            (told->index - first) % step == 0 &&
            (last - first) / step == told->count - 1;
    if (!is_whole) {
        return fovea_fail(err, FOVEA_ERR_ARGUMENT,
                "--shard auto: SLURM_ARRAY_TASK_ID %" PRIu64
                ", _MIN, _MAX, _STEP and _COUNT are no array without gaps; "
                "--shard auto/N takes the ID as it is, 0 to N - 1",
                told->index);
    }
    told->index = (told->index - first) / step;
    return FOVEA_OK;
}

/* Ask one of the sources; count: what was given as N, or 0. */
static enum fovea_status
ask(size_t which, uint64_t count, fovea_variable_fn *variable,
        struct told *told_out, bool *is_told_out, struct fovea_error *err)
{
    struct told told = { .variable = sources[which].index };
    bool has_count = false;
    enum fovea_status status = read_variable(variable, told.variable,
            is_told_out, &told.index, err);
    if (!status && *is_told_out && sources[which].count) {
        status = read_variable(variable, sources[which].count, &has_count,
                &told.count, err);
    }
    if (!status && *is_told_out && sources[which].is_array && count == 0) {
        status = place_in_array(variable, &told, err);
    }
    if (!status) {
        *told_out = told;
    }
    return status;
}

/* One process of one: what a job without tasks has everywhere. */
static bool
is_single(const struct told *told)
{
    return told->index == 0 && told->count == 1;
}

static enum fovea_status
refuse(const struct told *all, size_t n, const char *why,
        struct fovea_error *err)
{
    FOVEA_AUTO(fovea_text_finish) struct fovea_text names = { 0 };
    for (size_t i = 0; i < n; i++) {
        fovea_text_format(&names, "%s%s=%" PRIu64, i ? ", " : "",
                all[i].variable, all[i].index);
        if (all[i].count) {
            fovea_text_format(&names, " of %" PRIu64, all[i].count);
        }
    }
    return fovea_text_failed(&names)
            ? fovea_fail_memory(err, names.capacity, "a message")
            : fovea_fail(err, FOVEA_ERR_ARGUMENT, "--shard auto: %s %s",
                      names.data, why);
}

/* What all that tell something say; count: as above. */
static enum fovea_status
agree(struct told *all, size_t n, uint64_t count, struct fovea_share *share_out,
        struct fovea_error *err)
{
    size_t n_left = 0;
    for (size_t i = 0; i < n; i++) {
        if (!is_single(&all[i])) {
            all[n_left++] = all[i];
        }
    }
    n = n_left > 0 ? n_left : n > 0 ? 1 : 0;
    if (n == 0) {
        return fovea_fail(err, FOVEA_ERR_ARGUMENT,
                "--shard auto: none of the variables of Slurm, Kubernetes and "
                "MPI is set; give I/N");
    }
    uint64_t known = count;
    for (size_t i = 0; i < n && known == 0; i++) {
        known = all[i].count;
    }
    for (size_t i = 1; i < n; i++) {
        if (all[i].index != all[0].index ||
                (count == 0 && all[i].count && all[i].count != known)) {
            return refuse(all, n, "do not agree; give I/N", err);
        }
    }
    if (known == 0) {
        return refuse(all, n,
                "says which process, and nothing how many there "
                "are; give auto/N",
                err);
    }
    if (all[0].index >= known) {
        return refuse(all, n, "is not below the number of processes", err);
    }
    *share_out = (struct fovea_share){ all[0].index, known };
    return FOVEA_OK;
}

static enum fovea_status
look_around(uint64_t count, fovea_variable_fn *variable,
        struct fovea_share *share_out, struct fovea_error *err)
{
    struct told all[FOVEA_ARRAY_LEN(sources)];
    size_t n = 0;
    for (size_t i = 0; i < FOVEA_ARRAY_LEN(sources); i++) {
        bool is_told = false;
        enum fovea_status status =
                ask(i, count, variable, &all[n], &is_told, err);
        if (status) {
            return status;
        }
        n += is_told;
    }
    return agree(all, n, count, share_out, err);
}

enum fovea_status
fovea_share_parse(const char *text, fovea_variable_fn *variable,
        struct fovea_share *share_out, struct fovea_error *err)
{
    const char *slash = strchr(text, '/');
    const char *at = text;
    uint64_t count = 0;
    uint64_t index = 0;
    bool is_good = !slash || (fovea_number_parse(slash + 1, &count) && count);
    if (is_good && strncmp(text, "auto", 4) == 0 &&
            (text[4] == '\0' || text + 4 == slash)) {
        return look_around(count, variable, share_out, err);
    }
    if (!is_good || !slash || !fovea_number_scan(&at, &index) || at != slash ||
            index >= count) {
        return fovea_fail(err, FOVEA_ERR_ARGUMENT,
                "--shard %.60s: it is I/N with 0 <= I < N, auto or auto/N",
                text);
    }
    *share_out = (struct fovea_share){ index, count };
    return FOVEA_OK;
}
