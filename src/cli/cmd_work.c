/* `fovea work`: one of the machines that work on a job. */
#include "base/error.h"
#include "cli/cli.h"
#include "cli/job_request.h"
#include "cli/option_flags.h"
#include "cli/watch.h"
#include "cli/work_node.h"
#include "option/value.h"

/* clang-format off */
static const char about[] =
        "Usage: fovea work NAME --queue URL -o OUTPUT [FLAGS]\n"
        "\n"
        "Work on the job NAME, which fovea job create has made: take its shards from the\n"
        "broker, one after the other, embed their images, and write what comes of them\n"
        "below OUTPUT, as fovea embed --shard does. Any number of machines may do this at\n"
        "once, and each may be ended at any time: what it had in hand goes to others.\n"
        "\n"
        "A shard's files and its marker are written before the broker is told. One that\n"
        "fails is tried again while that can help, five times in all; then failed/N.json\n"
        "says why. A node whose disk is full, or whose memory is short, gives its shard\n"
        "back and rests. One without the job's weights, dtype, pixels, limits or version\n"
        "of fovea refuses to begin.\n"
        "\n"
        "Without -m, --dtype and --pixels they are the job's own.\n";

static const char notes[] =
        "SIGTERM and Ctrl-C: no new shard; the one in hand is finished if that takes no\n"
        "longer than --grace, else nothing of it is left and others get it; exit 0. A\n"
        "second one: at once.\n"
        "\n"
        "Exit status: 0 told to stop, or, with --until-done, all shards are done; 3 with\n"
        "--until-done: none is left, and some have failed; 2 wrong usage, no such job, or\n"
        "one of another model or version; 1 it cannot work here; 130 and 143 stopped at\n"
        "once.\n"
        "\n"
        "Examples:\n"
        "  fovea work photos --queue nats://10.0.0.1:4222 -o /mnt/photos.out\n"
        "  fovea work photos --queue tls://broker:4222 --queue-creds node.creds \\\n"
        "      -o s3://bucket/photos --metrics 0.0.0.0:9464 --until-done\n";
/* clang-format on */

/* Of the job, where nothing else was said. */
static enum fovea_status
take_over(struct fovea_work_request *request, const struct fovea_frozen *frozen,
        struct fovea_error *err)
{
    struct fovea_options *options = &request->options;
    enum fovea_status status = FOVEA_OK;
    if (!request->has_dtype) {
        status = fovea_value_set(&fovea_option_rows[FOVEA_OPTION_DTYPE],
                "the manifest's dtype", frozen->dtype, &options->dtype,
                sizeof options->dtype, err);
    }
    if (!status && !request->has_pixels) {
        status = fovea_value_set(&fovea_option_rows[FOVEA_OPTION_PIXEL_PROFILE],
                "the manifest's pixels", frozen->pixels, &options->pixels,
                sizeof options->pixels, err);
    }
    if (!request->model) {
        request->model = frozen->model;
    }
    return status;
}

/* Before anything is fetched: the model is the job's, and it can be loaded here. */
static enum fovea_status
open_model(const struct fovea_work_request *request,
        const struct fovea_frozen *frozen, struct fovea *library,
        struct fovea_model **model_out, struct fovea_error *err)
{
    struct fovea_frozen ours = { .model = NULL };
    enum fovea_status status =
            fovea_model_open(library, request->model, model_out, err);
    if (!status) {
        status = fovea_frozen_of_model(*model_out, &request->options.limits,
                frozen->is_half, frozen->is_raw, &ours, err);
    }
    if (!status) {
        status = fovea_frozen_check_model(frozen, &ours, FOVEA_ERR_JOB_DIFFERS,
                request->output, err);
    }
    fovea_frozen_finish(&ours);
    if (!status) {
        status = fovea_pool_spawn_worker(*model_out, err);
        /* What passes is for the node to wait for. */
        status = status && fovea_status_retryable(status) ? FOVEA_OK : status;
    }
    return status;
}

static enum fovea_status
read_manifest(const struct fovea_work_request *request,
        struct fovea_manifest *manifest_out, struct fovea_error *err)
{
    struct fovea_objects *objects = NULL;
    const struct fovea_objects_settings settings = {
        .s3 = &request->options.s3,
        .url = &request->options.url,
    };
    enum fovea_status status =
            fovea_objects_open(request->output, &settings, &objects, err);
    if (!status) {
        status = fovea_job_manifest(objects, manifest_out, err);
    }
    fovea_objects_close(objects);
    return status;
}

static int
work_on(struct fovea_work_request *request,
        const struct fovea_manifest *manifest)
{
    struct fovea_error error;
    struct fovea_work_events events = {
        .watch = {
            .is_verbose = request->verbose,
            .is_quiet = request->quiet,
        },
    };
    FOVEA_AUTO(fovea_close_auto) struct fovea *library = NULL;
    FOVEA_AUTO(fovea_model_close_auto) struct fovea_model *model = NULL;
    request->options.on_event = fovea_work_event;
    request->options.event_context = &events;
    request->options.url.use_proxies = true; /* the user's own */
    request->options.s3.on = true;           /* with the user's credentials */
    if (take_over(request, &manifest->frozen, &error) ||
            fovea_option_flags_resolve(&request->options, &error) ||
            fovea_open(&request->options, &library, &error) ||
            open_model(request, &manifest->frozen, library, &model, &error)) {
        return fovea_cli_fail(&error);
    }
    return fovea_work_node(request, manifest, model, &events);
}

static int
run(const struct fovea_command *self, int argc, char **argv)
{
    struct fovea_work_request request = { .options = FOVEA_OPTIONS_INIT };
    struct fovea_error error;
    FOVEA_AUTO_FREE const char **words = fovea_cli_words(argc);
    if (!words) {
        return FOVEA_EXIT_FAILED;
    }
    if (fovea_work_request_parse(&request, argc, argv, words, &error)) {
        return fovea_cli_misused(self, &error);
    }
    if (request.help) {
        return fovea_cli_help(self);
    }
    struct fovea_manifest manifest;
    if (read_manifest(&request, &manifest, &error)) {
        return fovea_cli_fail(&error);
    }
    int code = work_on(&request, &manifest);
    fovea_manifest_finish(&manifest);
    return code;
}

const struct fovea_command fovea_cmd_work = {
    .id = FOVEA_COMMAND_WORK,
    .about = about,
    .notes = notes,
    .run = run,
};
