/* `fovea classify`: which of some labels images have. */
#include "cli/bulk_command.h"

/* clang-format off */
static const char about[] =
        "Usage: fovea classify [FLAGS] -l FILE INPUT...\n"
        "       fovea classify [FLAGS] --label LABEL [--label LABEL]... INPUT...\n"
        "\n"
        "Tell which of some labels images have, with a model that was trained on\n"
        "images and their captions: labels are made texts by a template, and scores\n"
        "come of how like an image's embedding theirs are. Labels may be any words;\n"
        "nothing is trained. It takes a model with a text tower (CLIP, SigLIP), which\n"
        "the one that comes with fovea is not.\n"
        "\n"
        "Scores are what the model was trained to give: of CLIP they are shares that\n"
        "add up to 1 over all labels; of SigLIP each label's is a probability of its\n"
        "own, and all may be small.\n"
        "\n"
        "INPUT is as of `fovea embed`: a file, a directory, a URL, or - for a list of\n"
        "names on standard input, one a line.\n"
        "\n"
        "Prints a line of JSON an input, its best labels first; on a terminal, and\n"
        "without --json, paragraphs that are easier to read:\n"
        "  {\"input\":\"cat.jpg\",\"labels\":[{\"label\":\"cat\",\"score\":0.98},...]}\n"
        "  {\"input\":\"cat.txt\",\"error\":{\"code\":\"not_an_image\",\"message\":\"...\"}}\n";

static const char notes[] =
        "Exit status: as of `fovea embed`; 2 for labels that cannot be told apart.\n"
        "\n"
        "Examples:\n"
        "  fovea pull openai/clip-vit-base-patch32\n"
        "  fovea classify -m openai/clip-vit-base-patch32 --label cat --label dog photos/\n"
        "  fovea classify -m openai/clip-vit-base-patch32 -l labels.txt --top 1 photos/\n";
/* clang-format on */

static int
run(const struct fovea_command *self, int argc, char **argv)
{
    const struct fovea_run_kind kind = {
        .command = self,
        .verb = "classifying",
        .past = "classified",
        .classifies = true,
        .work = FOVEA_STREAM_EMBED,
    };
    return fovea_bulk_command(&kind, argc, argv);
}

const struct fovea_command fovea_cmd_classify = {
    .id = FOVEA_COMMAND_CLASSIFY,
    .about = about,
    .notes = notes,
    .run = run,
};
