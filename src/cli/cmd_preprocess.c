/* `fovea preprocess`: images to the pixels a model sees. */
#include "cli/bulk_command.h"

/* clang-format off */
static const char help[] =
        "Usage: fovea preprocess [FLAGS] -o x.npy INPUT...\n"
        "\n"
        "Write the pixels that a model sees of each image: decoded, turned upright,\n"
        "RGB, resized and cropped, before they are normalised. For checking fovea\n"
        "against another implementation.\n"
        "\n"
        "x.npy gets the good ones, in order (NumPy, uint8, N x height x width x 3),\n"
        "and x.npy.jsonl a line of JSON an input: its row, or its error. Both appear\n"
        "at the end, complete, or not at all. No weights are read.\n"
        "\n"
        "INPUT is as of `fovea embed`: a file, a directory, a URL, or - for a list\n"
        "of names on standard input, one a line.\n"
        "\n"
        "Flags:\n"
        "  -o, --output x.npy    the file to write (needed)\n"
        "      --overwrite       replace files there that are not known to be fovea's\n"
        "  -m, --model KEY|DIR   whose preprocessing; without it, the default model\n"
        "  -0, --null            names in the list end with a NUL byte, not with a\n"
        "                        newline; alone it means -\n"
        FOVEA_REQUEST_STDIN_HELP FOVEA_REQUEST_FILTER_HELP
        "  -q, --quiet           no progress, no summary, no word about bad inputs\n"
        "  -v, --verbose         tell what happens to workers, and what was skipped,\n"
        "                        on standard error\n"
        "      --no-progress     no progress line (it is shown on terminals only)\n"
        "      --stats           at the end, on standard error: workers, memory,\n"
        "                        times, failures\n"
        "  -h, --help            this text\n"
        "\n" FOVEA_SETTINGS_HELP "\n"
        "Exit status: as of `fovea embed`.\n"
        "\n"
        "Example:\n"
        "  fovea preprocess -m openai/clip-vit-base-patch32 -o pixels.npy photos/\n";
/* clang-format on */

static size_t
add_flags(struct fovea_request *request, struct fovea_flag flags[])
{
    return fovea_request_output_flags(request, flags);
}

static int
run(const struct fovea_command *self, int argc, char **argv)
{
    const struct fovea_run_kind kind = {
        .command = self,
        .verb = "preprocessing",
        .past = "preprocessed",
        .needs_output = true,
        .add_flags = add_flags,
        .work = FOVEA_STREAM_PREPROCESS,
    };
    return fovea_bulk_command(&kind, argc, argv);
}

const struct fovea_command fovea_cmd_preprocess = {
    .name = "preprocess",
    .summary = "write the pixels a model sees, for checking",
    .help = help,
    .run = run,
};
