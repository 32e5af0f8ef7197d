/* `fovea search`: pictures of an index, by words or pictures. */
#include <inttypes.h>

#include "base/error.h"
#include "cli/index_state.h"
#include "cli/index_target.h"
#include "cli/nearest_index.h"
#include "cli/query_vectors.h"
#include "cli/search_lines.h"
#include "cli/search_request.h"
#include "cli/sheet_file.h"
#include "find/combine.h"

FOVEA_DEFINE_AUTO(struct fovea_index_folder *, fovea_index_folder_close);

FOVEA_DEFINE_AUTO(struct fovea_sheet_file *, fovea_sheet_file_close);

/* clang-format off */
static const char about[] =
        "Usage: fovea search [FLAGS] QUERY...\n"
        "\n"
        "Find the pictures of an index that are most like a query. Where there is no\n"
        "index yet, fovea index DIR makes one.\n"
        "\n"
        "QUERY is a picture if it is the name of a file, a URL, or - for one on\n"
        "standard input; anything else is words, which take an index with a model that\n"
        "has a text tower (fovea index -m KEY). Words that belong together are one\n"
        "argument, in quotes. Several are added: what is like all of them comes first;\n"
        "--minus takes away.\n"
        "\n"
        "A picture that is in the index is found as itself, first, and marked; no worker\n"
        "is started for it. The order is exact: the same as if every stored vector had\n"
        "been compared.\n"
        "\n"
        "Prints a table, files with the same bytes below each other, or with --json a\n"
        "line of JSON for each picture, the most alike first:\n"
        "  {\"rank\":1,\"cosine\":0.98,\"path\":\"/a/cat.jpg\",\"copies\":[{\"path\":\"/b/cat.jpg\"}],\n"
        "   \"width\":4000,\"height\":3000,\"bytes\":2345678,\"format\":\"JPEG\",\n"
        "   \"taken\":\"2024-05-17T12:30:00\",\"digest\":\"...\",\"is_query\":false,\n"
        "   \"model\":\"fovea/near-duplicate\"}\n";

static const char notes[] =
        "Exit status: 0, also if nothing is found; 1 if the query is bad or the index\n"
        "cannot be read; 2 for wrong usage, and without an index, or one with vectors\n"
        "for the query.\n"
        "\n"
        "Examples:\n"
        "  fovea search \"a red bicycle\"\n"
        "  fovea search -n 50 --since 2023 --path 'holiday/' \"a beach\" --minus people\n"
        "  fovea search -0 cat.jpg | xargs -0 ls -l\n";
/* clang-format on */

/* The query as one vector; [dimension] owned by the caller. */
static enum fovea_status
make_query(const struct fovea_query_vectors *vectors, size_t dimension,
        float **query_out, struct fovea_error *err)
{
    FOVEA_AUTO_FREE float *query = calloc(dimension, sizeof *query);
    if (!query) {
        return fovea_fail_memory(err, dimension * sizeof *query, "the query");
    }
    enum fovea_status status = fovea_query_combine(vectors->vectors,
            vectors->weights, vectors->n, dimension, query, err);
    *query_out = status ? NULL : FOVEA_TAKE(query);
    return status;
}

/* The exit code. */
static int
write_sheet(const struct fovea_search_request *request,
        const struct fovea_search_lines *lines)
{
    struct fovea_error error;
    FOVEA_AUTO(fovea_text_finish) struct fovea_text title = { 0 };
    FOVEA_AUTO(fovea_text_finish) struct fovea_text summary = { 0 };
    FOVEA_AUTO(fovea_sheet_file_close_auto)
    struct fovea_sheet_file *file = NULL;
    fovea_query_words_say(&request->query, &title);
    fovea_text_format(&summary, "%zu of %" PRIu64 " pictures, compared by %s",
            lines->findings->n, lines->findings->n_scanned, lines->model);
    enum fovea_status status =
            fovea_text_failed(&title) || fovea_text_failed(&summary)
            ? fovea_fail_memory(&error, title.capacity, "the contact sheet")
            : fovea_sheet_file_open(&request->target, &request->options,
                      title.data, summary.data, &file, &error);
    if (!status) {
        status = fovea_search_sheet(lines, file, &error);
    }
    if (!status) {
        status = fovea_sheet_file_commit(file, &error);
    }
    if (status) {
        return fovea_cli_fail(&error);
    }
    if (request->open) {
        fovea_sheet_file_show(request->html);
    }
    return FOVEA_EXIT_OK;
}

static int
print_findings(const struct fovea_search_request *request,
        const struct fovea_search_lines *lines)
{
    FOVEA_AUTO(fovea_text_finish) struct fovea_text text = { 0 };
    if (request->null_separated) {
        fovea_search_paths(lines, &text);
    } else if (request->json) {
        fovea_search_json(lines, &text);
    } else {
        fovea_search_table(lines, &text);
    }
    return fovea_cli_print_text(&text);
}

static void
report_scan(const struct fovea_search_request *request,
        const struct fovea_index_set *set,
        const struct fovea_query_vectors *vectors,
        const struct fovea_findings *findings)
{
    FOVEA_AUTO(fovea_text_finish) struct fovea_text query = { 0 };
    fovea_query_words_say(&request->query, &query);
    if (fovea_text_failed(&query)) {
        return;
    }
    fovea_cli_report("searched for %s with %s: %" PRIu64
                     " pictures compared, %" PRIu64
                     " of them by their stored values; %zu of %zu queries "
                     "embedded, the others are in the index",
            query.data, set->key.model, findings->n_scanned,
            findings->n_reranked, vectors->n_embedded, vectors->n);
}

/* With the set and the vectors of the query. The exit code. */
static int
find(const struct fovea_search_request *request,
        struct fovea_index_folder *folder, const struct fovea_index_set *set,
        const struct fovea_query_vectors *vectors)
{
    struct fovea_error error;
    FOVEA_AUTO_FREE float *query = NULL;
    FOVEA_AUTO(fovea_findings_finish)
    struct fovea_findings findings = { .n = 0 };
    enum fovea_status status =
            make_query(vectors, set->key.dimension, &query, &error);
    const struct fovea_find_request wanted = {
        .query = query,
        .n_best = (size_t)request->n_best,
        .min_score = (float)request->min_score,
        .filter = request->is_filtered ? &request->filter : NULL,
        .without = vectors->contents,
        .n_without = request->no_self ? vectors->n : 0,
    };
    if (!status) {
        status = fovea_find(folder, set, &wanted, &findings, &error);
    }
    if (status) {
        return fovea_cli_fail(&error);
    }
    if (request->verbose || request->stats) {
        report_scan(request, set, vectors, &findings);
    }
    struct fovea_search_lines lines = {
        .findings = &findings,
        .contents = vectors->contents,
        .n_contents = vectors->n,
        .model = set->key.model,
    };
    fovea_picture_names_init(&lines.names);
    int exit_code = print_findings(request, &lines);
    if (!exit_code && request->html) {
        exit_code = write_sheet(request, &lines);
    }
    fovea_picture_names_finish(&lines.names);
    return exit_code;
}

/* With an open index, in a snapshot. The exit code. */
static int
search(const struct fovea_search_request *request,
        struct fovea_index_folder *folder)
{
    struct fovea_error error;
    const struct fovea_index_set *set = NULL;
    FOVEA_AUTO(fovea_query_vectors_finish)
    struct fovea_query_vectors vectors = { .n = 0 };
    if (!request->quiet) {
        fovea_index_state_report(folder);
    }
    enum fovea_status status = fovea_find_set(folder, request->model,
            request->query.has_text, &set, &error);
    if (!status) {
        status =
                fovea_query_vectors_get(request, folder, set, &vectors, &error);
    }
    return status ? fovea_cli_fail(&error)
                  : find(request, folder, set, &vectors);
}

static int
open_and_search(struct fovea_search_request *request)
{
    struct fovea_error error;
    FOVEA_AUTO(fovea_index_folder_close_auto)
    struct fovea_index_folder *folder = NULL;
    enum fovea_status status = fovea_nearest_index_open(request->is_central,
            request->index, &folder, &error);
    if (!status) {
        status = fovea_index_snapshot_begin(folder, &error);
    }
    if (!status) {
        status = fovea_index_target_check(folder, &request->target, &error);
    }
    if (status) {
        return fovea_cli_fail(&error);
    }
    int exit_code = search(request, folder);
    fovea_index_snapshot_end(folder);
    return exit_code;
}

static int
run(const struct fovea_command *self, int argc, char **argv)
{
    return fovea_search_request_run(self, argc, argv, open_and_search);
}

const struct fovea_command fovea_cmd_search = {
    .id = FOVEA_COMMAND_SEARCH,
    .about = about,
    .notes = notes,
    .run = run,
};
