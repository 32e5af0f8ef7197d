/* What embed, similar, classify and preprocess do alike: see bulk_command.h. */
#include "cli/bulk_command.h"

#include "base/error.h"
#include "bulk/labelling.h"
#include "bulk/ranking.h"
#include "bulk/sinks.h"
#include "bulk/work_layout.h"
#include "cli/job_create.h"
#include "cli/label_texts.h"
#include "cli/query.h"
#include "cli/shard_command.h"
#include "cli/stats_report.h"
#include "cli/summary.h"
#include "cli/watch.h"

enum {
    N_COMPLAINTS = 10
};

/* All that was asked for. */
struct command {
    const struct fovea_run_kind *kind;
    const struct fovea_run_request *request;
    struct fovea_inputs_settings inputs;
    size_t n_batch;
};

/* What the library is opened with; watch lives as long as the library. */
static enum fovea_status
choose_options(struct fovea_options *options, struct fovea_watch *watch,
        struct fovea_error *err)
{
    options->on_event = fovea_watch_event;
    options->event_context = watch;
    options->url.use_proxies = true; /* the user's own */
    options->s3.on = true;           /* with the user's credentials */
    return fovea_option_flags_resolve(options, err);
}

/* Whether labels are shown to somebody who reads them. */
static bool
is_for_people(const struct command *command)
{
    return command->kind->classifies && !command->request->json &&
            isatty(STDOUT_FILENO);
}

/* Run with everything open; the sink is committed or still to be finished. */
static enum fovea_status
run_inputs(const struct command *command, const struct fovea_sink *sink,
        struct fovea_model *model, struct fovea_run_totals *totals,
        struct fovea_error *err)
{
    const struct fovea_run_kind *kind = command->kind;
    const struct fovea_run_request *request = command->request;
    bool on_screen = sink->kind->is_live && isatty(STDOUT_FILENO);
    const struct fovea_run_settings settings = {
        .model = model,
        .inputs = command->inputs,
        .sink = *sink,
        .work = kind->work,
        .flags = request->raw ? (unsigned)FOVEA_EMBED_RAW : 0,
        .verb = kind->verb,
        .read_ahead = request->read_ahead,
        .n_batch = command->n_batch,
        .show_progress = !request->quiet && !request->no_progress,
        .complaints = {
            .limit = request->quiet ? 0 : N_COMPLAINTS,
            /* On the screen lines of JSON say it themselves. */
            .skips_bad = on_screen && !is_for_people(command),
            .list_skipped = request->verbose,
        },
    };
    enum fovea_status status = fovea_run(&settings, totals, err);
    if (!status && totals->n_done == totals->counts.n_skipped) {
        status = fovea_nothing_found(&command->inputs, totals, err);
    }
    return status ? status : fovea_sink_commit(sink, err);
}

static const struct fovea_sink_kind *
choose_sink(const struct command *command)
{
    return command->kind->ranks         ? &fovea_sink_ranking
            : command->kind->classifies ? &fovea_sink_labels
            : command->request->sink    ? command->request->sink
                                        : &fovea_sink_stdout;
}

static int
print_ranking(const struct fovea_run_request *request,
        struct fovea_ranking *ranking)
{
    FOVEA_AUTO(fovea_text_finish) struct fovea_text text = { 0 };
    if (request->json) {
        fovea_ranking_json(ranking, &text);
    } else {
        fovea_ranking_table(ranking, &text);
    }
    return fovea_cli_print_text(&text);
}

/* With a library, a model, and what the kind's sink works with: a ranking with
   its query, or labels. The exit code. */
static int
embed_all(const struct command *command, struct fovea_model *model,
        struct fovea_ranking *ranking, const struct fovea_labelling *labelling)
{
    struct fovea_error error;
    struct fovea_run_totals totals = { 0 };
    const struct fovea_model_info *info = fovea_model_describe(model);
    const struct fovea_sink_settings settings = {
        .layout = fovea_work_layout(command->kind->work, info),
        .pixels = info->pixels,
        .target = &command->request->target,
        .ranking = ranking,
        .labelling = labelling,
    };
    struct fovea_sink sink;
    if (fovea_sink_open(choose_sink(command), &settings, &sink, &error)) {
        return fovea_cli_fail(&error);
    }
    enum fovea_status status =
            run_inputs(command, &sink, model, &totals, &error);
    fovea_sink_finish(&sink);
    if (status) {
        return fovea_cli_fail(&error);
    }
    if (!command->request->quiet) {
        fovea_summarise(command->request->output ? command->kind->past : NULL,
                &totals);
    }
    int exit_code = command->kind->ranks
            ? print_ranking(command->request, ranking)
            : FOVEA_EXIT_OK;
    return exit_code || !totals.counts.n_bad ? exit_code : FOVEA_EXIT_SOME_BAD;
}

/* With a library and a model, as the next two. The exit code. */
static int
rank(const struct command *command, struct fovea_model *model)
{
    struct fovea_error error;
    size_t n = fovea_embedding_dimension(model);
    FOVEA_AUTO_FREE float *query = calloc(n, sizeof *query);
    if (!query) {
        (void)fovea_fail_memory(&error, n * sizeof *query, "the query");
        return fovea_cli_fail(&error);
    }
    if (fovea_query_embed(command->request, model, query, &error)) {
        return fovea_cli_fail(&error);
    }
    FOVEA_AUTO(fovea_ranking_finish)
    struct fovea_ranking ranking;
    fovea_ranking_init(&ranking, query, n, command->request->n_best);
    return embed_all(command, model, &ranking, NULL);
}

static int
classify(const struct command *command, struct fovea_model *model)
{
    struct fovea_error error;
    const struct fovea_run_request *request = command->request;
    const struct fovea_label_list *list = &request->label_list;
    const struct fovea_model_info *info = fovea_model_describe(model);
    size_t dimension = fovea_embedding_dimension(model);
    FOVEA_AUTO_FREE float *texts = calloc(list->n, dimension * sizeof *texts);
    if (!texts) {
        (void)fovea_fail_memory(&error, list->n, "the labels");
        return fovea_cli_fail(&error);
    }
    if (fovea_label_texts_embed(request, list, model, texts, &error)) {
        return fovea_cli_fail(&error);
    }
    const struct fovea_labelling labelling = {
        .labels = list->labels,
        .texts = texts,
        .n = list->n,
        .dimension = dimension,
        .scale = {
            .scale = (double)info->logit_scale,
            .bias = (double)info->logit_bias,
            .is_sigmoid = info->is_sigmoid,
        },
        .n_best = request->n_best,
        .for_people = is_for_people(command),
    };
    return embed_all(command, model, NULL, &labelling);
}

static int
carry_out(const struct command *command, struct fovea_model *model)
{
    return command->kind->ranks         ? rank(command, model)
            : command->kind->classifies ? classify(command, model)
                                        : embed_all(command, model, NULL, NULL);
}

/* Before any work: a model without a text tower is no model for texts. */
static enum fovea_status
check_texts(const struct fovea_run_request *request, struct fovea_model *model,
        struct fovea_error *err)
{
    if (fovea_model_describe(model)->has_text ||
            !fovea_run_request_has_texts(request)) {
        return FOVEA_OK;
    }
    return fovea_cli_refuse_texts(model, err);
}

static int
do_task(const struct command *command, const struct fovea_options *options)
{
    struct fovea_error error;
    FOVEA_AUTO(fovea_close_auto) struct fovea *library = NULL;
    FOVEA_AUTO(fovea_model_close_auto) struct fovea_model *model = NULL;
    enum fovea_status status = fovea_open(options, &library, &error);
    if (!status) {
        status = fovea_model_open(library, command->request->model, &model,
                &error);
    }
    if (status) {
        return fovea_cli_fail(&error);
    }
    if (check_texts(command->request, model, &error)) {
        return fovea_cli_fail(&error);
    }
    if (!command->request->quiet) {
        fovea_cli_warn_of_model(fovea_model_describe(model));
    }
    int exit_code = carry_out(command, model);
    if (command->request->stats) {
        fovea_stats_report_of(library);
    }
    return exit_code;
}

/* Before any work: whether the output may be written, and what cannot be read
   later. */
static enum fovea_status
prepare(const struct fovea_run_kind *kind, struct fovea_run_request *request,
        const struct fovea_inputs_settings *inputs, struct fovea_error *err)
{
    enum fovea_status status = FOVEA_OK;
    if (request->output) {
        status = fovea_sinks_find(request->output, kind->work,
                request->overwrite, &request->sink, &request->target, err);
    }
    if (!status && request->output) {
        status = fovea_inputs_check(inputs, err);
    }
    if (!status && kind->classifies) {
        status = fovea_label_list_read(&request->label_list,
                request->labels_file, &request->labels, err);
    }
    if (!status && request->stdin_image) {
        status = fovea_stdin_image_read(request->options.limits.max_bytes,
                &request->image, err);
    }
    return status;
}

int
fovea_bulk_command(const struct fovea_run_kind *kind, int argc, char **argv)
{
    FOVEA_AUTO(fovea_run_request_finish)
    struct fovea_run_request request = { .options = FOVEA_OPTIONS_INIT };
    struct fovea_error error;
    enum fovea_status status =
            fovea_run_request_parse(kind, &request, argc, argv, &error);
    if (!status && request.help) {
        return fovea_cli_help(kind->command);
    }
    struct fovea_watch watch = {
        .is_verbose = request.verbose,
        .is_quiet = request.quiet,
    };
    if (!status) {
        status = choose_options(&request.options, &watch, &error);
    }
    if (status) {
        return fovea_cli_misused(kind->command, &error);
    }
    const struct fovea_filter filter = {
        .include = { request.include.all, request.include.n },
        .exclude = { request.exclude.all, request.exclude.n },
    };
    const struct command command = {
        .kind = kind,
        .request = &request,
        .inputs = {
            .words = request.words,
            .n_words = request.n_words,
            .source = {
                .separator = request.null_separated ? '\0' : '\n',
                .filter = &filter,
                .image = request.stdin_image ? &request.image : NULL,
                .max_text_bytes = request.options.limits.max_text_bytes,
                .archive = request.archive,
                .options = &request.options,
            },
            .target = &request.target,
        },
        .n_batch = request.options.max_batch,
    };
    if (kind->makes_job) {
        return fovea_job_create(&request, &command.inputs);
    }
    if (request.shard) {
        return fovea_shard_command(&request, &command.inputs);
    }
    if (kind->work == FOVEA_STREAM_PREPROCESS) {
        request.options.dtype = FOVEA_DTYPE_F32; /* nothing is measured */
    }
    return prepare(kind, &request, &command.inputs, &error)
            ? fovea_cli_fail(&error)
            : do_task(&command, &request.options);
}
