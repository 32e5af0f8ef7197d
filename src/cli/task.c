/* What embed and preprocess have in common: see task.h. */
#include "cli/task.h"

#include <stdio.h>
#include <string.h>

#include "base/error.h"
#include "bulk/chunk.h"
#include "bulk/ranking.h"
#include "cli/stats_report.h"
#include "cli/summary.h"
#include "cli/watch.h"

enum {
    N_COMPLAINTS = 10
};

const char *const fovea_dtype_names[] = { "auto", "f32", "bf16", NULL };

struct fovea_flag
fovea_task_dtype_flag(struct fovea_task *task)
{
    return (struct fovea_flag){ .name = "dtype",
        .number = &task->dtype,
        .choices = fovea_dtype_names };
}

size_t
fovea_task_output_flags(struct fovea_task *task, struct fovea_flag flags[])
{
    flags[0] = (struct fovea_flag){ .name = "output",
        .letter = 'o',
        .text = &task->output };
    flags[1] =
            (struct fovea_flag){ .name = "overwrite", .on = &task->overwrite };
    return 2;
}

void
fovea_task_close_library(struct fovea **library)
{
    fovea_close(*library);
}

void
fovea_task_close_model(struct fovea_model **model)
{
    fovea_model_close(*model);
}

enum fovea_status
fovea_task_embed_images(void *context, const struct fovea_item *images,
        size_t n, void *rows, struct fovea_error *results,
        struct fovea_error *err)
{
    const struct fovea_task_work *work = context;
    return fovea_embed_batch(work->model, images, n, work->flags, rows, results,
            err);
}

/* Fill the task and the words between the flags; room for argc and one more. */
static enum fovea_status
parse(const struct fovea_task_kind *kind, struct fovea_task *task, int argc,
        char **argv, const char **words, size_t *n_words_out,
        struct fovea_error *err)
{
    const struct fovea_flag own[] = {
        { .name = "help", .letter = 'h', .on = &task->help },
        { .name = "model", .letter = 'm', .text = &task->model },
        { .name = "include", .texts = &task->include },
        { .name = "exclude", .texts = &task->exclude },
        { .name = "stdin-image", .on = &task->stdin_image },
        { .name = "null", .letter = '0', .on = &task->null_separated },
        { .name = "quiet", .letter = 'q', .on = &task->quiet },
        { .name = "verbose", .letter = 'v', .on = &task->verbose },
        { .name = "no-progress", .on = &task->no_progress },
        { .name = "stats", .on = &task->stats },
    };
    struct fovea_flag flags[FOVEA_SETTINGS_N_FLAGS + FOVEA_ARRAY_LEN(own) +
            FOVEA_TASK_MAX_FLAGS];
    size_t n = FOVEA_SETTINGS_N_FLAGS;
    fovea_settings_flags(&task->settings, flags);
    memcpy(flags + n, own, sizeof own);
    n += FOVEA_ARRAY_LEN(own);
    n += kind->add_flags(task, flags + n);
    return fovea_args_parse(flags, n, argc, argv, words, n_words_out, err);
}

/* How many images are on their way, and in how many threads' hands. */
struct flow {
    size_t n_feeders;
    size_t n_batch;
};

/* All that was asked for. */
struct order {
    const struct fovea_task_kind *kind;
    const struct fovea_task *task;
    struct fovea_entries_source source;
    struct flow flow;
};

/* Every worker has a batch, and another one waits for it; one more is being
   read or written. Never more than the queue takes: a full one refuses. */
static struct flow
plan_flow(const struct fovea_options *options)
{
    size_t n_queue = options->max_queue;
    struct flow flow = {
        .n_feeders = 2 * (size_t)options->max_workers + 1,
        .n_batch = options->max_batch,
    };
    if (flow.n_feeders > n_queue) {
        flow.n_feeders = n_queue;
    }
    if (flow.n_batch > n_queue / flow.n_feeders) {
        flow.n_batch = n_queue / flow.n_feeders;
    }
    return flow;
}

/* What the library is opened with; watch lives as long as the library. */
static enum fovea_status
choose_options(const struct fovea_task *task, struct fovea_watch *watch,
        struct fovea_options *options, struct fovea_error *err)
{
    options->dtype = (enum fovea_dtype)task->dtype;
    options->on_event = fovea_watch_event;
    options->event_context = watch;
    enum fovea_status status =
            fovea_settings_apply(&task->settings, options, err);
    if (!status) {
        fovea_settings_resolve(options);
    }
    return status;
}

/* Run with everything open; the output is committed or still to be finished. */
static enum fovea_status
run_task(const struct order *order, struct fovea_output *output,
        struct fovea_task_work *work, struct fovea_run_totals *totals,
        struct fovea_error *err)
{
    const struct fovea_task_kind *kind = order->kind;
    const struct fovea_task *task = order->task;
    bool on_screen = !task->output && !kind->ranks && isatty(STDOUT_FILENO);
    const struct fovea_run_settings settings = {
        .source = order->source,
        .output = output,
        .work = kind->work,
        .context = work,
        .verb = kind->verb,
        .n_batch = order->flow.n_batch,
        .n_feeders = order->flow.n_feeders,
        .show_progress = !task->quiet && !task->no_progress,
        .complaints = {
            .limit = task->quiet ? 0 : N_COMPLAINTS,
            /* On the screen the results themselves say it. */
            .skips_bad = on_screen,
            .list_skipped = task->verbose,
        },
    };
    enum fovea_status status = fovea_run(&settings, totals, err);
    if (!status && totals->n_done == totals->counts.n_skipped) {
        status = fovea_nothing_found(&order->source, totals, err);
    }
    return status ? status : fovea_output_commit(output, err);
}

static enum fovea_status
open_output(const struct order *order, const struct fovea_model *model,
        struct fovea_ranking *ranking, struct fovea_output *output_out,
        struct fovea_error *err)
{
    struct fovea_model_info info;
    struct fovea_npy array = { 0 };
    fovea_model_describe(model, &info);
    size_t row_size = order->kind->layout(&info, &array);
    if (order->kind->ranks) {
        fovea_output_open_collector(row_size, fovea_ranking_add, ranking,
                output_out);
        return FOVEA_OK;
    }
    if (order->task->output) {
        return fovea_output_open_files(&order->task->target, &array, row_size,
                output_out, err);
    }
    fovea_output_open_stream(info.embedding_dimension, output_out);
    return FOVEA_OK;
}

static void
report_stats(struct fovea *library)
{
    FOVEA_AUTO(fovea_text_finish) struct fovea_text text = { 0 };
    struct fovea_pool_stats stats;
    struct fovea_error error;
    if (fovea_pool_stats(library, &stats, &error)) {
        fovea_cli_report("%s", error.message);
        return;
    }
    fovea_stats_report(&stats, &text);
    fovea_pool_stats_finish(&stats);
    (void)fputs(fovea_text_failed(&text) ? "" : text.data, stderr);
}

static enum fovea_status
embed_one(const struct fovea_task *task, struct fovea_model *model,
        float *vector, struct fovea_error *err)
{
    if (strcmp(task->query, "-") == 0) {
        if (task->image.problem.code) {
            *err = task->image.problem;
            return err->code;
        }
        return fovea_embed_image_bytes(model, task->image.bytes,
                task->image.size, 0, vector, err);
    }
    return fovea_is_url(task->query)
            ? fovea_embed_image_url(model, task->query, 0, vector, err)
            : fovea_embed_image(model, task->query, 0, vector, err);
}

/* What all inputs are compared with. */
static enum fovea_status
embed_query(const struct fovea_task *task, struct fovea_model *model,
        float *query, struct fovea_error *err)
{
    enum fovea_status status = embed_one(task, model, query, err);
    bool is_said = status || (err->notes && !task->quiet);
    const char *name =
            strcmp(task->query, "-") == 0 ? "standard input" : task->query;
    if (is_said && !strstr(err->message, name)) {
        fovea_error_prefix(err, "%s", name);
    }
    if (!status && is_said) {
        fovea_cli_report("%s", err->message);
    }
    return status;
}

static int
print_ranking(const struct fovea_task *task, struct fovea_ranking *ranking)
{
    FOVEA_AUTO(fovea_text_finish) struct fovea_text text = { 0 };
    fovea_ranking_settle(ranking);
    if (task->json) {
        fovea_ranking_json(ranking, &text);
    } else {
        fovea_ranking_table(ranking, &text);
    }
    return text.size > 0 || text.failed ? fovea_cli_print_text(&text)
                                        : FOVEA_EXIT_OK;
}

/* With a library, a model and, if the kind ranks, a ranking with its query. The
   exit code. */
static int
embed_all(const struct order *order, struct fovea_model *model,
        struct fovea_ranking *ranking)
{
    struct fovea_error error;
    struct fovea_run_totals totals = { 0 };
    struct fovea_output output;
    if (open_output(order, model, ranking, &output, &error)) {
        return fovea_cli_fail(&error);
    }
    struct fovea_task_work work = {
        .model = model,
        .flags = order->task->raw ? (unsigned)FOVEA_EMBED_RAW : 0,
    };
    enum fovea_status status = run_task(order, &output, &work, &totals, &error);
    fovea_output_finish(&output);
    if (status) {
        return fovea_cli_fail(&error);
    }
    if (!order->task->quiet) {
        fovea_summarise(order->task->output ? order->kind->past : NULL,
                &totals);
    }
    int exit_code = order->kind->ranks ? print_ranking(order->task, ranking)
                                       : FOVEA_EXIT_OK;
    return exit_code || !totals.counts.n_bad ? exit_code : FOVEA_EXIT_SOME_BAD;
}

/* With a library and a model. The exit code. */
static int
carry_out(const struct order *order, struct fovea_model *model)
{
    if (!order->kind->ranks) {
        return embed_all(order, model, NULL);
    }
    struct fovea_error error;
    size_t n = fovea_embedding_dimension(model);
    FOVEA_AUTO_FREE float *query = calloc(n, sizeof *query);
    if (!query) {
        (void)fovea_fail_memory(&error, n * sizeof *query, "the query");
        return fovea_cli_fail(&error);
    }
    if (embed_query(order->task, model, query, &error)) {
        return fovea_cli_fail(&error);
    }
    FOVEA_AUTO(fovea_ranking_finish)
    struct fovea_ranking ranking = {
        .query = query,
        .dimension = n,
        .n_best = order->task->n_best,
    };
    return embed_all(order, model, &ranking);
}

static int
do_task(const struct order *order, const struct fovea_options *options)
{
    struct fovea_error error;
    FOVEA_AUTO(fovea_task_close_library) struct fovea *library = NULL;
    FOVEA_AUTO(fovea_task_close_model) struct fovea_model *model = NULL;
    enum fovea_status status = fovea_open(options, &library, &error);
    if (!status) {
        status = fovea_model_open(library, order->task->model, &model, &error);
    }
    if (status) {
        return fovea_cli_fail(&error);
    }
    struct fovea_model_info info;
    fovea_model_describe(model, &info);
    if (!order->task->quiet) {
        fovea_cli_warn_of_model(&info);
    }
    int exit_code = carry_out(order, model);
    if (order->task->stats) {
        report_stats(library);
    }
    return exit_code;
}

/* Before any work: whether the output may be written, and the image that cannot
   be read later. */
static enum fovea_status
prepare(const struct fovea_task_kind *kind, struct fovea_task *task,
        const struct fovea_entries_source *source, struct fovea_error *err)
{
    enum fovea_status status = FOVEA_OK;
    if (task->output) {
        status = fovea_target_look(task->output, kind->arrays_only,
                task->overwrite, &task->target, err);
    }
    if (!status && task->output) {
        status = fovea_entries_check(source, err);
    }
    uint64_t max_bytes = task->settings.max_bytes;
    if (!status && task->stdin_image) {
        status = fovea_stdin_image_read(max_bytes ? max_bytes
                                                  : FOVEA_DEFAULT_MAX_BYTES,
                &task->image, err);
    }
    return status;
}

static void
finish_task(struct fovea_task *task)
{
    free(task->include.all);
    free(task->exclude.all);
    fovea_target_finish(&task->target);
    fovea_stdin_image_finish(&task->image);
}

int
fovea_task_main(const struct fovea_task_kind *kind, int argc, char **argv)
{
    FOVEA_AUTO(finish_task) struct fovea_task task = { 0 };
    struct fovea_error error;
    size_t n_words = 0;
    FOVEA_AUTO_FREE const char **words = fovea_cli_words(argc);
    if (!words) {
        return FOVEA_EXIT_FAILED;
    }
    enum fovea_status status =
            parse(kind, &task, argc, argv, words, &n_words, &error);
    if (!status && task.help) {
        return fovea_cli_print(kind->command->help);
    }
    if (!status) {
        status = fovea_task_take_words(kind, &task, words, &n_words, &error);
    }
    struct fovea_watch watch = {
        .is_verbose = task.verbose,
        .is_quiet = task.quiet,
    };
    struct fovea_options options = { .max_batch = 0 };
    if (!status) {
        status = choose_options(&task, &watch, &options, &error);
    }
    if (status) {
        return fovea_cli_misused(kind->command, &error);
    }
    const struct fovea_filter filter = {
        .include = { task.include.all, task.include.n },
        .exclude = { task.exclude.all, task.exclude.n },
    };
    const struct order order = {
        .kind = kind,
        .task = &task,
        .source = {
            .words = words,
            .n_words = n_words,
            .separator = task.null_separated ? '\0' : '\n',
            .filter = &filter,
            .target = &task.target,
            .image = task.stdin_image ? &task.image : NULL,
        },
        .flow = plan_flow(&options),
    };
    return prepare(kind, &task, &order.source, &error)
            ? fovea_cli_fail(&error)
            : do_task(&order, &options);
}
