/* See pass.h. */
#include "bench/pass.h"

#include "base/clock.h"
#include "base/macros.h"
#include "bench/rounds.h"

/* How many of those that are left the next pass takes. Of texts all: passes of those
   are by rows, and seldom more than one. */
static size_t
next_step(const struct fovea_bench_runner *runner, size_t n_left)
{
    const struct fovea_plan *plan = runner->rows.plan;
    return plan->sizes.is_text ? n_left : fovea_plan_step(plan, n_left);
}

/* Of a pass of so many; where there is none yet, the place for it. */
static struct fovea_bare **
bare_of(struct fovea_bench_runner *runner, size_t step)
{
    for (size_t i = 0; i < FOVEA_BENCH_MAX_STEPS; i++) {
        struct fovea_bare **bare = &runner->bares[i];
        if (!*bare || fovea_bare_rows(*bare) == step * runner->n_tokens) {
            return bare;
        }
    }
    FOVEA_ASSERT(false);
    return NULL;
}

enum fovea_status
fovea_bench_runner_init(struct fovea_bench_runner *runner,
        const struct fovea_bench_rows *rows, size_t n_tokens,
        struct fovea_error *err)
{
    const struct fovea_weights *weights = rows->plan->weights;
    enum fovea_status status = FOVEA_OK;
    *runner =
            (struct fovea_bench_runner){ .rows = *rows, .n_tokens = n_tokens };
    fovea_work_count(weights, rows->n, n_tokens, runner->work);
    size_t step = 0;
    for (size_t done = 0; done < rows->n && !status; done += step) {
        step = next_step(runner, rows->n - done);
        struct fovea_bare **bare = bare_of(runner, step);
        if (!*bare) {
            status = fovea_bare_create(rows->plan, step * n_tokens, bare, err);
        }
    }
    return status;
}

void
fovea_bench_runner_finish(struct fovea_bench_runner *runner)
{
    for (size_t i = 0; i < FOVEA_BENCH_MAX_STEPS; i++) {
        fovea_bare_destroy(runner->bares[i]);
    }
    *runner = (struct fovea_bench_runner){ .n_tokens = 0 };
}

/* As many passes as forward takes. */
static enum fovea_status
run_bare(struct fovea_bench_runner *runner, double *ms_out,
        struct fovea_error *err)
{
    const int64_t start = fovea_clock_thread_ns();
    enum fovea_status status = FOVEA_OK;
    size_t step = 0;
    for (size_t done = 0; done < runner->rows.n && !status; done += step) {
        step = next_step(runner, runner->rows.n - done);
        status = fovea_bare_run(*bare_of(runner, step), err);
    }
    *ms_out = fovea_bench_ms_since(start);
    return status;
}

static enum fovea_status
run_forward(const struct fovea_bench_rows *rows,
        struct fovea_part_clock *clock_out, double *ms_out,
        struct fovea_error *err)
{
    struct fovea_part_clock clock = { .now_ns = fovea_clock_thread_ns };
    rows->plan->clock = &clock;
    const int64_t start = fovea_clock_thread_ns();
    enum fovea_status status = fovea_forward_run(rows->plan, rows->pixels,
            rows->rows, rows->n, rows->embeds, err);
    *ms_out = fovea_bench_ms_since(start);
    rows->plan->clock = NULL;
    *clock_out = clock;
    return status;
}

/* All times are of all rows, and become those of one. */
static void
fill_parts(const struct fovea_bench_runner *runner,
        const struct fovea_part_clock *clock, const struct fovea_peaks *peaks,
        enum fovea_peak_level level, struct fovea_bench_pass *pass)
{
    const double n = (double)runner->rows.n;
    double arithmetic_ms = 0.0;
    double memory_ms = 0.0;
    for (size_t i = 0; i < FOVEA_N_PARTS; i++) {
        const struct fovea_part_bound bound =
                fovea_work_bound(&runner->work[i], peaks, level);
        const double ms = (double)clock->ns[i] * 1e-6;
        pass->parts[i] =
                (struct fovea_bench_part){ ms / n, ms / pass->forward_ms,
                    bound.arithmetic_ms / n, bound.memory_ms / n };
        arithmetic_ms += bound.arithmetic_ms;
        memory_ms += bound.memory_ms;
    }
    pass->roofline_ms = arithmetic_ms > memory_ms ? arithmetic_ms : memory_ms;
}

enum fovea_status
fovea_bench_runner_run(struct fovea_bench_runner *runner,
        const struct fovea_peaks *peaks, enum fovea_peak_level level,
        struct fovea_bench_pass *pass_out, struct fovea_error *err)
{
    const double n = (double)runner->rows.n;
    struct fovea_part_clock clock;
    struct fovea_bench_pass pass;
    enum fovea_status status =
            run_forward(&runner->rows, &clock, &pass.forward_ms, err);
    if (!status) {
        status = run_bare(runner, &pass.matmul_ms, err);
    }
    if (status) {
        return status;
    }
    fill_parts(runner, &clock, peaks, level, &pass);
    pass.over_matmul = pass.forward_ms / pass.matmul_ms;
    pass.over_roofline = pass.forward_ms / pass.roofline_ms;
    pass.forward_ms /= n;
    pass.matmul_ms /= n;
    pass.roofline_ms /= n;
    *pass_out = pass;
    return FOVEA_OK;
}
