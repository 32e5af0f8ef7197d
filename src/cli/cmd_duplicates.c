/* `fovea duplicates`: the same picture again, in an index. */
#include <inttypes.h>
#include <stdio.h>

#include "base/clock.h"
#include "base/error.h"
#include "cli/duplicate_lines.h"
#include "cli/folder_index.h"
#include "cli/index_place.h"
#include "cli/index_state.h"
#include "cli/index_target.h"
#include "cli/nearest_index.h"
#include "cli/progress.h"
#include "cli/search_request.h"
#include "index/sets.h"
#include "indexing/root.h"
#include "sys/cpu.h"

FOVEA_DEFINE_AUTO(struct fovea_index_folder *, fovea_index_folder_close);

FOVEA_DEFINE_AUTO(struct fovea_sheet_file *, fovea_sheet_file_close);

enum {
    FLUSH_BYTES = 1 << 16, /* are printed at a time */
    REDRAW_MS = 100,
};

/* clang-format off */
static const char about[] =
        "Usage: fovea duplicates [FLAGS] [DIR]\n"
        "\n"
        "Find the same picture again: resized, recompressed, recoloured, turned, cropped\n"
        "or with a caption, and files with the same bytes. In DIR, which is indexed first\n"
        "if it has no index; without DIR in the nearest index (see -i).\n"
        "\n"
        "A group is a best picture and those that are within the threshold of it; one\n"
        "that is only like another of them is not in it. The best is, of those that all\n"
        "others are within the threshold of, the one with the most pixels, then the most\n"
        "bytes, then the oldest, then the first by name. Nothing is ever deleted.\n"
        "\n"
        "Prints the groups, those of the most files first; or with --json a line of JSON\n"
        "for each, the best picture first:\n"
        "  {\"group\":1,\"best_by\":\"most pixels\",\"files\":3,\"pictures\":[\n"
        "   {\"cosine\":1,\"path\":\"/a/cat.jpg\",\"copies\":[{\"path\":\"/b/cat.jpg\"}],\n"
        "    \"width\":4000,\"height\":3000,\"bytes\":2345678,\"format\":\"JPEG\",\n"
        "    \"digest\":\"...\",\"is_best\":true,\"is_largest\":true,\"is_oldest\":true},\n"
        "   {\"cosine\":0.93,\"path\":\"/a/small.jpg\",...}]}\n"
        "or with -0 whole paths, each with a NUL byte behind it, and one more behind each\n"
        "group.\n";

static const char notes[] =
        "Exit status: 0, also if nothing is found; 1 if the index cannot be read or made;\n"
        "2 for wrong usage, and without an index.\n"
        "\n"
        "Examples:\n"
        "  fovea duplicates photos/\n"
        "  fovea duplicates --threshold 0.85 --json photos/\n"
        "  fovea duplicates --exact\n";
/* clang-format on */

/* A run, as its callbacks see it. */
struct run {
    const struct fovea_search_request *request;
    struct fovea_picture_names names;
    struct fovea_progress progress;
    int64_t drawn_ns;
    struct fovea_text text;         /* that is to be printed */
    struct fovea_sheet_file *sheet; /* NULL: none */
    uint64_t n_groups;
    int exit_code; /* of what was printed */
};

static void
draw_progress(void *context, uint64_t done, uint64_t total)
{
    struct run *run = context;
    int64_t now = fovea_clock_ns();
    char line[64];
    if (now - run->drawn_ns < REDRAW_MS * FOVEA_NS_PER_MS && done < total) {
        return;
    }
    run->drawn_ns = now;
    (void)snprintf(line, sizeof line, "comparing pictures: %.0f %%",
            total > 0 ? 100 * (double)done / (double)total : 100.0);
    fovea_progress_draw_line(&run->progress, line);
}

static enum fovea_status
flush(struct run *run, struct fovea_error *err)
{
    fovea_progress_clear(&run->progress);
    run->exit_code = fovea_cli_print_text(&run->text);
    fovea_text_clear(&run->text);
    return run->exit_code ? fovea_fail(err, FOVEA_ERR_OUTPUT_CLOSED,
                                    "the output was not taken")
                          : FOVEA_OK;
}

static enum fovea_status
add_to_sheet(const struct run *run, const struct fovea_duplicate_group *group,
        struct fovea_error *err)
{
    FOVEA_AUTO(fovea_text_finish) struct fovea_text heading = { 0 };
    enum fovea_status status = FOVEA_OK;
    fovea_text_format(&heading, "Group %" PRIu64 ": ", run->n_groups);
    fovea_duplicate_heading(group, &heading);
    for (size_t i = 0; i < group->n && !status; i++) {
        FOVEA_AUTO(fovea_text_finish) struct fovea_text mark = { 0 };
        fovea_duplicate_mark(group, i, &mark);
        if (fovea_text_failed(&heading) || fovea_text_failed(&mark)) {
            return fovea_fail_memory(err, heading.capacity,
                    "the contact sheet");
        }
        const struct fovea_sheet_entry entry = {
            .heading = i == 0 ? heading.data : NULL,
            .mark = mark.data,
        };
        status = fovea_picture_sheet(run->sheet, &run->names,
                &group->pictures[i].picture, group->pictures[i].score, &entry,
                err);
    }
    return status;
}

static enum fovea_status
print_group(void *context, const struct fovea_duplicate_group *group,
        struct fovea_error *err)
{
    struct run *run = context;
    run->n_groups++;
    if (run->request->null_separated) {
        fovea_duplicate_paths(group, &run->text);
    } else if (run->request->json) {
        fovea_duplicate_json(group, run->n_groups, &run->text);
    } else {
        fovea_duplicate_table(group, &run->names, &run->text);
    }
    if (run->text.size >= FLUSH_BYTES || fovea_text_failed(&run->text)) {
        enum fovea_status status = flush(run, err);
        if (status) {
            return status;
        }
    }
    return run->sheet ? add_to_sheet(run, group, err) : FOVEA_OK;
}

static void
summarise(const struct fovea_search_request *request,
        const struct fovea_duplicates_totals *totals)
{
    const double mega = 1e6;
    fovea_cli_report("%" PRIu64 " group%s of %" PRIu64
                     " files; all but the best of each: %.1f MB",
            totals->n_groups, totals->n_groups == 1 ? "" : "s",
            totals->n_places, (double)totals->spare_bytes / mega);
    if (request->verbose || request->stats) {
        fovea_cli_report("%" PRIu64 " pictures compared, %" PRIu64
                         " pairs within the threshold, %" PRIu64
                         " pairs compared by their stored values",
                totals->n_compared, totals->n_pairs, totals->n_reranked);
    }
}

static const char *
temporary_folder(void)
{
    /* No other thread runs yet. NOLINTNEXTLINE(concurrency-mt-unsafe) */
    const char *folder = getenv("TMPDIR");
    return folder && *folder ? folder : "/var/tmp";
}

/* Find them, in a snapshot of an open index. */
static enum fovea_status
find(struct run *run, struct fovea_index_folder *folder,
        struct fovea_duplicates_totals *totals, struct fovea_error *err)
{
    const struct fovea_search_request *request = run->request;
    const struct fovea_index_set *set = NULL;
    enum fovea_status status = request->exact
            ? FOVEA_OK
            : fovea_index_set_find(folder, FOVEA_DEFAULT_MODEL, &set, err);
    if (!status && request->html) {
        status = fovea_sheet_file_open(&request->target, &request->options,
                "Duplicates", fovea_index_folder_path(folder), &run->sheet,
                err);
    }
    const struct fovea_duplicates_request wanted = {
        .set = set,
        .threshold = (float)request->threshold,
        .filter = request->is_filtered ? &request->filter : NULL,
        .n_threads = fovea_cpu_count(),
        .temporary_folder = temporary_folder(),
        .progress = draw_progress,
        .see = print_group,
        .context = run,
    };
    if (!status) {
        status = fovea_duplicates(folder, &wanted, totals, err);
    }
    if (!status) {
        status = flush(run, err);
    }
    if (!status && run->sheet) {
        status = fovea_sheet_file_commit(run->sheet, err);
    }
    return status;
}

/* With an open index. The exit code. */
static int
find_and_tell(const struct fovea_search_request *request,
        struct fovea_index_folder *folder)
{
    struct fovea_error error;
    struct fovea_duplicates_totals totals = { .n_groups = 0 };
    struct run run = {
        .request = request,
        .progress = FOVEA_PROGRESS_INIT,
    };
    fovea_picture_names_init(&run.names);
    if (!request->quiet && !request->no_progress) {
        fovea_progress_begin(&run.progress);
    }
    if (!request->quiet) {
        fovea_index_state_report(folder);
    }
    enum fovea_status status = fovea_index_snapshot_begin(folder, &error);
    if (!status) {
        status = fovea_index_target_check(folder, &request->target, &error);
        status = status ? status : find(&run, folder, &totals, &error);
        fovea_index_snapshot_end(folder);
    }
    fovea_progress_clear(&run.progress);
    fovea_sheet_file_close(run.sheet);
    fovea_picture_names_finish(&run.names);
    fovea_text_finish(&run.text);
    if (status) {
        return run.exit_code ? run.exit_code : fovea_cli_fail(&error);
    }
    if (!request->quiet) {
        summarise(request, &totals);
    }
    if (request->open) {
        fovea_sheet_file_show(request->html);
    }
    return FOVEA_EXIT_OK;
}

static int
open_index(const struct fovea_search_request *request, const char *path,
        struct fovea_index_folder **folder_out)
{
    struct fovea_error error;
    bool is_named = request->index || request->is_central;
    if (path && !is_named) {
        return fovea_folder_index_open(request, path, folder_out);
    }
    return fovea_nearest_index_open(request->is_central, request->index,
                   folder_out, &error)
            ? fovea_cli_fail(&error)
            : FOVEA_EXIT_OK;
}

static int
carry_out(struct fovea_search_request *request)
{
    struct fovea_error error;
    FOVEA_AUTO_FREE char *path = NULL;
    FOVEA_AUTO(fovea_index_folder_close_auto)
    struct fovea_index_folder *folder = NULL;
    struct fovea_root root = FOVEA_ROOT_INIT;
    enum fovea_status status = FOVEA_OK;
    if (request->folder) {
        status = fovea_root_open(request->folder, &root, &error);
        fovea_root_finish(&root);
    }
    if (!status && request->folder) {
        status = fovea_whole_path(request->folder, &path, &error);
    }
    if (status) {
        return fovea_cli_fail(&error);
    }
    int exit_code = open_index(request, path, &folder);
    if (exit_code) {
        return exit_code;
    }
    request->filter.below = path;
    request->is_filtered = request->is_filtered || path;
    return find_and_tell(request, folder);
}

static int
run(const struct fovea_command *self, int argc, char **argv)
{
    return fovea_search_request_run(self, argc, argv, carry_out);
}

const struct fovea_command fovea_cmd_duplicates = {
    .id = FOVEA_COMMAND_DUPLICATES,
    .about = about,
    .notes = notes,
    .run = run,
};
