/* `fovea preprocess`: images to the pixels a model sees. */
#include "cli/bulk_command.h"

/* clang-format off */
static const char about[] =
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
        "of names on standard input, one a line.\n";

static const char notes[] =
        "Exit status: as of `fovea embed`.\n"
        "\n"
        "Example:\n"
        "  fovea preprocess -m openai/clip-vit-base-patch32 -o pixels.npy photos/\n";
/* clang-format on */

static int
run(const struct fovea_command *self, int argc, char **argv)
{
    const struct fovea_run_kind kind = {
        .command = self,
        .verb = "preprocessing",
        .past = "preprocessed",
        .needs_output = true,
        .work = FOVEA_STREAM_PREPROCESS,
    };
    return fovea_bulk_command(&kind, argc, argv);
}

const struct fovea_command fovea_cmd_preprocess = {
    .id = FOVEA_COMMAND_PREPROCESS,
    .about = about,
    .notes = notes,
    .run = run,
};
