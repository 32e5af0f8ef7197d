/* `fovea export`: the vectors of an index, for other programs. */
#include <errno.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/clock.h"
#include "base/error.h"
#include "cli/cli.h"
#include "cli/index_target.h"
#include "cli/nearest_index.h"
#include "cli/option_flags.h"
#include "cli/progress.h"
#include "cli/signals.h"
#include "export/export.h"
#include "find/find.h"

FOVEA_DEFINE_AUTO(struct fovea_index_folder *, fovea_index_folder_close);

/* clang-format off */
static const char about[] =
        "Usage: fovea export [FLAGS] [INDEX] --to FORMAT -o OUTPUT\n"
        "       fovea export [FLAGS] [INDEX] --to qdrant --url URL\n"
        "\n"
        "Write the vectors of an index, and what it knows of the pictures, for another\n"
        "program. INDEX is an index or a folder with one in it; without it, the nearest\n"
        "one of this folder and those above it.\n"
        "\n"
        "There is one row for each picture, whatever number of files has its bytes;\n"
        "\"id\" is its number in the index, which it keeps. What is written is what the\n"
        "index had when the export began.\n"
        "\n"
        "FORMAT is one of\n"
        "  npy             OUTPUT, an array of float32, and OUTPUT.jsonl beside it, a\n"
        "                  line for each row\n"
        "  jsonl           lines of JSON, vectors in them; - is standard output\n"
        "  clip-retrieval  a folder: img_emb/img_emb_0.npy, metadata/metadata_0.parquet\n"
        "  pgvector        a script for psql that fills a table with a column vector(N);\n"
        "                  - is standard output\n"
        "  postgres        the same with a column real[], which takes no extension\n"
        "  sqlite          a database: table pictures, vectors as float32 in blobs\n"
        "  qdrant          points of a collection, over REST; what is there already\n"
        "                  stays, so the same command goes on where it was stopped. The\n"
        "                  key of the server is taken from FOVEA_QDRANT_API_KEY\n"
        "\n"
        "A file that is there is replaced if fovea export wrote it, others only with\n"
        "--overwrite.\n";

static const char notes[] =
        "Exit status: 0 all was exported; 1 it could not be; 2 wrong usage, or there is\n"
        "no index, or none with such vectors.\n"
        "\n"
        "Examples:\n"
        "  fovea export ~/Pictures --to npy -o pictures.npy\n"
        "  fovea export --to pgvector -o - | psql photos\n"
        "  fovea export --to qdrant --url http://localhost:6333 --collection photos\n";
/* clang-format on */

struct flags {
    bool help;
    bool is_central;
    bool quiet;
    bool no_progress;
    bool overwrite;
    const char *index;
    const char *model;
    const char *to;
    const char *output;
    const char *given_url;
    char *url; /* owned */
    const char *collection;
    const struct fovea_export_format *format;
    struct fovea_target target;
};

/* What the run is told, and tells. */
struct watch {
    int signal_fd;
    int signal;
    int64_t begin_ns;
    struct fovea_progress progress;
};

static void
flags_finish(struct flags *flags)
{
    fovea_target_finish(&flags->target);
    free(flags->url);
}

/* Without the slashes at its end. */
static enum fovea_status
trim_url(struct flags *flags, struct fovea_error *err)
{
    if (!flags->given_url) {
        return FOVEA_OK;
    }
    size_t size = strlen(flags->given_url);
    while (size > 0 && flags->given_url[size - 1] == '/') {
        size--;
    }
    flags->url = strndup(flags->given_url, size);
    return flags->url ? FOVEA_OK : fovea_fail_memory(err, size, "a URL");
}

static enum fovea_status
check_format(struct flags *flags, struct fovea_error *err)
{
    FOVEA_AUTO(fovea_text_finish) struct fovea_text names = { 0 };
    flags->format = flags->to ? fovea_export_find(flags->to) : NULL;
    if (!flags->format) {
        fovea_export_names(&names);
        return fovea_fail(err, FOVEA_ERR_ARGUMENT, "%s%s: --to takes one of %s",
                flags->to ? "--to " : "no format", flags->to ? flags->to : "",
                fovea_text_failed(&names) ? "" : names.data);
    }
    if (!flags->format->form != !flags->given_url) {
        return trim_url(flags, err);
    }
    return fovea_fail(err, FOVEA_ERR_ARGUMENT, "--to %s %s", flags->to,
            flags->given_url ? "writes a file: --url is not for it"
                             : "takes a server, by --url");
}

static enum fovea_status
check_output(const struct flags *flags, struct fovea_error *err)
{
    bool is_stdout = flags->output && strcmp(flags->output, "-") == 0;
    if (!flags->format->form) {
        return flags->output ? fovea_fail(err, FOVEA_ERR_ARGUMENT,
                                       "--to %s sends to a server: -o is not "
                                       "for it",
                                       flags->to)
                             : FOVEA_OK;
    }
    if (!flags->output) {
        return fovea_fail(err, FOVEA_ERR_ARGUMENT,
                "no output: give -o, a name%s",
                flags->format->is_text ? ", or - for standard output" : "");
    }
    if (is_stdout && !flags->format->is_text) {
        return fovea_fail(err, FOVEA_ERR_ARGUMENT,
                "-o -: %s does not go to standard output; give a name",
                flags->to);
    }
    return FOVEA_OK;
}

static enum fovea_status
parse(struct flags *flags, int argc, char **argv, struct fovea_error *err)
{
    struct fovea_flag table[] = {
        FOVEA_FLAG(HELP, flags->help),
        FOVEA_FLAG(CENTRAL, flags->is_central),
        FOVEA_FLAG(INDEX_PLACE, flags->index),
        FOVEA_FLAG(SET, flags->model),
        FOVEA_FLAG(EXPORT_FORMAT, flags->to),
        FOVEA_FLAG(EXPORT_OUTPUT, flags->output),
        FOVEA_FLAG(OVERWRITE, flags->overwrite),
        FOVEA_FLAG(EXPORT_URL, flags->given_url),
        FOVEA_FLAG(COLLECTION, flags->collection),
        FOVEA_FLAG(QUIET, flags->quiet),
        FOVEA_FLAG(NO_PROGRESS, flags->no_progress),
    };
    size_t n_words = 0;
    FOVEA_AUTO_FREE const char **words = fovea_cli_words(argc);
    if (!words) {
        return fovea_fail_memory(err, (size_t)argc, "the arguments");
    }
    enum fovea_status status = fovea_args_parse(table, FOVEA_ARRAY_LEN(table),
            argc, argv, words, &n_words, err);
    if (status || flags->help) {
        return status;
    }
    if (n_words > 1 || (n_words == 1 && flags->index)) {
        return fovea_fail(err, FOVEA_ERR_ARGUMENT,
                "more than one INDEX: an export is of one");
    }
    flags->index = n_words ? words[0] : flags->index;
    status = check_format(flags, err);
    return status ? status : check_output(flags, err);
}

static bool
is_cancelled(void *context)
{
    struct watch *watch = context;
    if (!watch->signal) {
        watch->signal = fovea_signals_take(watch->signal_fd);
    }
    return watch->signal != 0;
}

static void
show_progress(void *context, uint64_t n_done, uint64_t n_rows)
{
    struct watch *watch = context;
    int64_t elapsed_ns = fovea_clock_ns() - watch->begin_ns;
    const struct fovea_progress_state state = {
        .verb = "exporting",
        .n_done = n_done,
        .n_total = n_rows,
        .elapsed_ns = elapsed_ns,
        .first_ns = 1,
    };
    fovea_progress_draw(&watch->progress, &state);
}

/* Folders that the files of a format lie in. */
static enum fovea_status
make_folders(const struct flags *flags, struct fovea_error *err)
{
    const char *const *folders = flags->format->folders;
    for (size_t i = 0; folders && folders[i]; i++) {
        FOVEA_AUTO_FREE char *path = NULL;
        if (asprintf(&path, "%s%s", flags->output, folders[i]) < 0) {
            path = NULL;
            return fovea_fail_memory(err, strlen(flags->output), "a path");
        }
        if (mkdir(path, 0777) && errno != EEXIST) {
            return fovea_fail_errno(err, FOVEA_ERR_IO, errno,
                    "%s: cannot be made", path);
        }
    }
    return FOVEA_OK;
}

static void
summarise(const struct flags *flags, const struct fovea_index_set *set,
        const struct fovea_export_counts *counts)
{
    if (flags->quiet) {
        return;
    }
    if (flags->url) {
        fovea_cli_report("%" PRIu64 " pictures sent, %" PRIu64
                         " were there; vectors of %s",
                counts->n_written, counts->n_there, set->key.model);
    } else {
        fovea_cli_report("%" PRIu64 " pictures exported; vectors of %s",
                counts->n_written, set->key.model);
    }
}

/* With an index in a snapshot. The exit code. */
static int
export_set(const struct flags *flags, struct fovea_index_folder *folder)
{
    struct fovea_error error;
    const struct fovea_index_set *set = NULL;
    struct fovea_export_counts counts = { 0 };
    struct watch watch = {
        .signal_fd = -1,
        .begin_ns = fovea_clock_ns(),
        .progress = FOVEA_PROGRESS_INIT,
    };
    enum fovea_status status =
            fovea_index_target_check(folder, &flags->target, &error);
    if (!status) {
        status = fovea_find_set(folder, flags->model, false, &set, &error);
    }
    if (!status) {
        status = fovea_signals_open(&watch.signal_fd, &error);
    }
    if (!status) {
        status = make_folders(flags, &error);
    }
    if (status) {
        return fovea_cli_fail(&error);
    }
    if (!flags->quiet && !flags->no_progress) {
        fovea_progress_begin(&watch.progress);
    }
    const struct fovea_export export = {
        .folder = folder,
        .set = set,
        .format = flags->format,
        .settings = {
            .target = flags->target.form ? &flags->target : NULL,
            .url = flags->url,
            .collection = flags->collection,
            .is_cancelled = is_cancelled,
            .context = &watch,
        },
        .on_progress = show_progress,
    };
    status = fovea_export_run(&export, &counts, &error);
    fovea_progress_clear(&watch.progress);
    (void)close(watch.signal_fd);
    if (watch.signal) {
        return FOVEA_EXIT_SIGNAL + watch.signal;
    }
    if (status) {
        return fovea_cli_fail(&error);
    }
    summarise(flags, set, &counts);
    return FOVEA_EXIT_OK;
}

static int
open_and_export(const struct flags *flags)
{
    struct fovea_error error;
    FOVEA_AUTO(fovea_index_folder_close_auto)
    struct fovea_index_folder *folder = NULL;
    enum fovea_status status = fovea_nearest_index_open(flags->is_central,
            flags->index, &folder, &error);
    if (!status) {
        status = fovea_index_snapshot_begin(folder, &error);
    }
    if (status) {
        return fovea_cli_fail(&error);
    }
    int code = export_set(flags, folder);
    fovea_index_snapshot_end(folder);
    return code;
}

static int
run(const struct fovea_command *self, int argc, char **argv)
{
    FOVEA_AUTO(flags_finish) struct flags flags = { .to = NULL };
    struct fovea_error error;
    if (parse(&flags, argc, argv, &error)) {
        return fovea_cli_misused(self, &error);
    }
    if (flags.help) {
        return fovea_cli_help(self);
    }
    if (flags.format->form && strcmp(flags.output, "-") != 0 &&
            fovea_target_look(flags.output, flags.format->form, flags.overwrite,
                    &flags.target, &error)) {
        return fovea_cli_fail(&error);
    }
    return open_and_export(&flags);
}

const struct fovea_command fovea_cmd_export = {
    .id = FOVEA_COMMAND_EXPORT,
    .about = about,
    .notes = notes,
    .run = run,
};
