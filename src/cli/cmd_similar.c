/* `fovea similar`: inputs ranked by likeness to a query. */
#include "cli/bulk_command.h"

/* clang-format off */
static const char help[] =
        "Usage: fovea similar [FLAGS] QUERY INPUT...\n"
        "\n"
        "Rank images by how like the query they are: by the cosine of their\n"
        "embeddings and the query's, 1 for the same picture.\n"
        "\n"
        "QUERY is a file, a URL, or, with --stdin-image, -. INPUT is as of `fovea\n"
        "embed`: a file, a directory, a URL, or - for a list on standard input.\n"
        "\n"
        "Prints a table, or with --json a line of JSON each, the most alike first:\n"
        "  {\"rank\":1,\"cosine\":0.98,\"input\":\"cat.jpg\"}\n"
        "and behind them the bad inputs:\n"
        "  {\"input\":\"cat.txt\",\"error\":{\"code\":\"not_an_image\",\"message\":\"...\"}}\n"
        "\n"
        "Flags:\n"
        "  -n, --best N          only the N most alike (10); 0: all\n"
        "      --json            lines of JSON\n"
        "  -m, --model KEY|DIR   as of `fovea embed`\n"
        "      --dtype TYPE      arithmetic: auto, f32, bf16 (auto)\n"
        "  -0, --null            names in the list end with a NUL byte, not with a\n"
        "                        newline; alone it means -\n"
        FOVEA_REQUEST_STDIN_HELP FOVEA_REQUEST_FILTER_HELP
        "  -q, --quiet           no progress, no word about bad inputs\n"
        "  -v, --verbose         tell what happens to workers, and what was skipped,\n"
        "                        on standard error\n"
        "      --no-progress     no progress line (it is shown on terminals only)\n"
        "      --stats           at the end, on standard error: workers, memory,\n"
        "                        times, failures\n"
        "  -h, --help            this text\n"
        "\n" FOVEA_SETTINGS_HELP "\n"
        "Exit status: as of `fovea embed`; 1 if the query is bad.\n"
        "\n"
        "Example:\n"
        "  fovea similar -n 5 holiday.jpg photos/\n";
/* clang-format on */

static size_t
add_flags(struct fovea_request *request, struct fovea_flag flags[])
{
    enum {
        N_BEST = 10,
    };
    request->n_best = N_BEST;
    flags[0] = (struct fovea_flag){ .name = "best",
        .letter = 'n',
        .number = &request->n_best,
        .max = UINT32_MAX };
    flags[1] = (struct fovea_flag){ .name = "json", .on = &request->json };
    flags[2] = fovea_request_dtype_flag(request);
    return 3;
}

static int
run(const struct fovea_command *self, int argc, char **argv)
{
    const struct fovea_run_kind kind = {
        .command = self,
        .verb = "comparing",
        .past = "compared",
        .ranks = true,
        .add_flags = add_flags,
        .work = FOVEA_STREAM_EMBED,
    };
    return fovea_bulk_command(&kind, argc, argv);
}

const struct fovea_command fovea_cmd_similar = {
    .name = "similar",
    .summary = "rank images by likeness to one",
    .help = help,
    .run = run,
};
