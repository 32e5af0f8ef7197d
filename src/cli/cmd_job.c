/* `fovea job`: work that many machines share. */
#include <stdio.h>
#include <string.h>

#include "base/error.h"
#include "base/nearest.h"
#include "cli/bulk_command.h"
#include "cli/job_command.h"

/* clang-format off */
static const char about[] =
        "Usage: fovea job create NAME --queue URL -o OUTPUT [FLAGS] INPUT...\n"
        "       fovea job status NAME --queue URL [-o OUTPUT] [--watch] [--json]\n"
        "       fovea job finish NAME --queue URL -o OUTPUT [--wait] [--remove]\n"
        "       fovea job retry NAME --queue URL -o OUTPUT [SHARD...]\n"
        "\n"
        "Embed images on many machines. A job is a list of shards, which is written\n"
        "below OUTPUT, and a message for each of them at a broker (NATS with JetStream),\n"
        "which hands them out to those who run fovea work NAME.\n"
        "\n"
        "create  lists the inputs, as fovea embed --shard does, and publishes the shards.\n"
        "        Again with the same inputs and settings it goes on where it stopped.\n"
        "status  tells how far it is: once, or with --watch until all is decided. Without\n"
        "        -o it knows what the broker knows, which is not how many are done.\n"
        "finish  compares the list with what is marked as done or failed below OUTPUT,\n"
        "        looks at the files of what is done, and publishes what is missing again,\n"
        "        whatever the broker has lost. With --wait it goes on until all is\n"
        "        decided.\n"
        "retry   tries shards that have failed again: all, or those that are named by\n"
        "        their numbers.\n";

static const char notes[] =
        "Exit status: 0 it was done; 1 it could not be (no broker, no permission); 2\n"
        "wrong usage, no such job, or one of that name with other inputs or settings;\n"
        "130 and 143 after Ctrl-C and SIGTERM. Of finish: 0 every shard is done; 3 all\n"
        "are decided, and some have failed; 1 some are neither, or it could not be told.\n"
        "\n"
        "Examples (FOVEA_QUEUE and FOVEA_OUTPUT stand for --queue and -o):\n"
        "  export FOVEA_QUEUE=nats://10.0.0.1:4222 FOVEA_OUTPUT=/mnt/photos.out\n"
        "  fovea job create photos /mnt/photos\n"
        "  fovea work photos\n"
        "  fovea job status photos --watch\n"
        "  fovea job finish photos --wait\n";
/* clang-format on */

static int
create(const struct fovea_command *self, int argc, char **argv)
{
    const struct fovea_run_kind kind = {
        .command = self,
        .verb = "listing",
        .past = "published",
        .makes_job = true,
        .work = FOVEA_STREAM_EMBED,
    };
    return fovea_bulk_command(&kind, argc, argv);
}

static int
about_job(const struct fovea_command *self, enum fovea_job_verb verb, int argc,
        char **argv)
{
    static int (*const run_verb[])(const struct fovea_job_request *request) = {
        [FOVEA_JOB_STATUS] = fovea_job_status,
        [FOVEA_JOB_FINISH] = fovea_job_finish,
        [FOVEA_JOB_RETRY] = fovea_job_retry_failed,
    };
    struct fovea_job_request request = { .options = FOVEA_OPTIONS_INIT };
    struct fovea_error error;
    FOVEA_AUTO_FREE const char **words = fovea_cli_words(argc);
    if (!words) {
        return FOVEA_EXIT_FAILED;
    }
    if (fovea_job_request_parse(verb, &request, argc, argv, words, &error)) {
        return fovea_cli_misused(self, &error);
    }
    return request.help ? fovea_cli_help(self) : run_verb[verb](&request);
}

static int
misused(const struct fovea_command *self, const char *verb)
{
    static const char *const verbs[] = { "create", "status", "finish",
        "retry" };
    struct fovea_error error;
    const char *nearest =
            verb ? fovea_nearest(verb, verbs, FOVEA_ARRAY_LEN(verbs)) : NULL;
    (void)fovea_fail(&error, FOVEA_ERR_ARGUMENT,
            "%s%.60s: job takes create, status, finish or retry%s%s%s",
            verb ? "" : "nothing", verb ? verb : "",
            nearest ? "; did you mean " : "", nearest ? nearest : "",
            nearest ? "?" : "");
    return fovea_cli_misused(self, &error);
}

static int
run(const struct fovea_command *self, int argc, char **argv)
{
    const char *verb = argc > 0 ? argv[0] : NULL;
    if (!verb) {
        return misused(self, verb);
    }
    /* Flags stand behind a verb; without one, only help is understood. */
    for (int i = 0; verb[0] == '-' && i < argc; i++) {
        if (strcmp(argv[i], "--help") == 0 || strcmp(argv[i], "-h") == 0) {
            return fovea_cli_help(self);
        }
    }
    if (strcmp(verb, "create") == 0) {
        return create(self, argc - 1, argv + 1);
    }
    return strcmp(verb, "status") == 0
            ? about_job(self, FOVEA_JOB_STATUS, argc - 1, argv + 1)
            : strcmp(verb, "finish") == 0
            ? about_job(self, FOVEA_JOB_FINISH, argc - 1, argv + 1)
            : strcmp(verb, "retry") == 0
            ? about_job(self, FOVEA_JOB_RETRY, argc - 1, argv + 1)
            : misused(self, verb);
}

const struct fovea_command fovea_cmd_job = {
    .id = FOVEA_COMMAND_JOB,
    .about = about,
    .notes = notes,
    .run = run,
};
