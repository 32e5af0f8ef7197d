/* `fovea similar`: inputs ranked by likeness to a query. */
#include "cli/bulk_command.h"

/* clang-format off */
static const char about[] =
        "Usage: fovea similar [FLAGS] QUERY INPUT...\n"
        "       fovea similar [FLAGS] --text TEXT INPUT...\n"
        "\n"
        "Rank images by how like the query they are: by the cosine of their\n"
        "embeddings and the query's, 1 for the same picture. Words that fit a picture\n"
        "have lower ones than pictures like it: the order counts, not the number.\n"
        "\n"
        "QUERY is a file, a URL, or, with --stdin-image, -. TEXT takes a model with a\n"
        "text tower (CLIP, SigLIP), which the one that comes with fovea is not. INPUT\n"
        "is as of `fovea embed`: a file, a directory, a URL, or - for a list on\n"
        "standard input.\n"
        "\n"
        "Prints a table, or with --json a line of JSON each, the most alike first:\n"
        "  {\"rank\":1,\"cosine\":0.98,\"input\":\"cat.jpg\"}\n"
        "and behind them the bad inputs:\n"
        "  {\"input\":\"cat.txt\",\"error\":{\"code\":\"not_an_image\",\"message\":\"...\"}}\n";

static const char notes[] =
        "Exit status: as of `fovea embed`; 1 if the query is bad.\n"
        "\n"
        "Examples:\n"
        "  fovea similar -n 5 holiday.jpg photos/\n"
        "  fovea pull openai/clip-vit-base-patch32\n"
        "  fovea similar -m openai/clip-vit-base-patch32 --text \"a red bicycle\" photos/\n";
/* clang-format on */

static int
run(const struct fovea_command *self, int argc, char **argv)
{
    const struct fovea_run_kind kind = {
        .command = self,
        .verb = "comparing",
        .past = "compared",
        .ranks = true,
        .work = FOVEA_STREAM_EMBED,
    };
    return fovea_bulk_command(&kind, argc, argv);
}

const struct fovea_command fovea_cmd_similar = {
    .id = FOVEA_COMMAND_SIMILAR,
    .about = about,
    .notes = notes,
    .run = run,
};
