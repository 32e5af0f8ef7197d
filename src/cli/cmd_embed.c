/* `fovea embed`: images and texts to embeddings. */
#include "cli/bulk_command.h"

/* clang-format off */
static const char about[] =
        "Usage: fovea embed [FLAGS] INPUT...\n"
        "\n"
        "Turn images and texts into embeddings: vectors that lie close together where\n"
        "images look alike and where words fit an image.\n"
        "\n"
        "INPUT is a file, a directory (every file under it, in sorted order), an\n"
        "http://, https:// or s3://BUCKET/KEY URL, or - for a list of such names on\n"
        "standard input, one a line (--list for one elsewhere). Under a directory,\n"
        "names that begin with a dot and links to directories are left out, and files\n"
        "that are no images are skipped: they are counted, and are no errors, as what\n"
        "was named itself would be. An archive (.tar, .tar.gz, .tgz, .tar.zst, .tzst)\n"
        "stands for the files in it, likewise, and s3://BUCKET/PREFIX/, with its\n"
        "slash, for all objects below it.\n"
        "What a file is is found from its bytes, never from its name: JPEG, PNG, WebP,\n"
        "GIF, TIFF, HEIC, AVIF, BMP, PNM, ICO, CUR, JPEG 2000, JPEG XL, and of raw\n"
        "photographs the preview in them.\n"
        "\n"
        "Texts (--text, --text-file) take a model with a text tower (CLIP, SigLIP), which\n"
        "the one that comes with fovea is not. They keep their places among the others.\n"
        "\n"
        "Without -o, a line of JSON an input goes to standard output, in order:\n"
        "  {\"input\":\"cat.jpg\",\"pixels\":\"pil\",\"embedding\":[0.0123,...]}\n"
        "  {\"text\":\"a red bicycle\",\"embedding\":[0.0123,...]}\n"
        "  {\"input\":\"cat.txt\",\"error\":{\"code\":\"not_an_image\",\"message\":\"...\"}}\n"
        "A name that is not UTF-8 has its bad bytes replaced there, and all of its\n"
        "bytes beside it: \"input_hex\":\"...\".\n"
        "\n"
        "With -o x.npy, the vectors of the good ones go to x.npy (NumPy, float32,\n"
        "one row each, in order), and x.npy.jsonl gets a line an input that says\n"
        "which row is its own (\"row\":0), or the error. With -o x.jsonl (or .ndjson)\n"
        "the lines that would go to standard output go there. Files appear at the\n"
        "end, complete, or not at all. Another ending is refused, and so is a file\n"
        "that fovea has not written, without --overwrite, and one that is an input.\n"
        "\n"
        "With --shard I/N -o DIR many processes share the work: the list of inputs is\n"
        "frozen in DIR/manifest.json by the first one, and each does every N-th shard\n"
        "of --shard-size inputs: img_emb/img_emb_00007.npy, its rows; metadata/ and\n"
        "errors/ with a line a row and a bad input; done/00007.json when all is there.\n"
        "Killed at any time, the same command with --resume goes on. All processes\n"
        "have the same inputs and settings; what differs is refused.\n";

static const char notes[] =
        "Flags may stand anywhere before --. --flag=VALUE works as well.\n"
        "\n"
        "Exit status: 0 all inputs are good; 3 all were tried and some, or all, are\n"
        "bad; 2 wrong usage, an unknown model, or an output that is refused; 1 nothing\n"
        "could be done (the model cannot be loaded, the output cannot be written, there\n"
        "are no inputs); 130 and 143 after Ctrl-C and SIGTERM, nothing of -o left\n"
        "behind, the last line whole; 141 nobody reads standard output any more.\n"
        "Of shards: 0 and 3 if all of this process are done, now or before; 2 if some\n"
        "were done and --resume is missing, or the shards there are of other inputs or\n"
        "settings; 130 and 143 with whole shards left behind.\n"
        "\n"
        "Examples:\n"
        "  fovea embed cat.jpg dog.png\n"
        "  fovea pull openai/clip-vit-base-patch32\n"
        "  fovea embed -m openai/clip-vit-base-patch32 -o photos.npy photos/\n"
        "  fovea embed -m openai/clip-vit-base-patch32 --text \"a red bicycle\"\n"
        "  find . -name '*.jpg' -print0 | fovea embed -0 -o found.npy\n"
        "  curl -s https://example.org/cat.jpg | fovea embed --stdin-image\n"
        "  fovea embed --shard 0/1 --resume -o photos.out photos/\n"
        "  sbatch --array=0-63 --wrap 'fovea embed --shard auto --resume -o out in/'\n";
/* clang-format on */

static int
run(const struct fovea_command *self, int argc, char **argv)
{
    const struct fovea_run_kind kind = {
        .command = self,
        .verb = "embedding",
        .past = "embedded",
        .work = FOVEA_STREAM_EMBED,
    };
    return fovea_bulk_command(&kind, argc, argv);
}

const struct fovea_command fovea_cmd_embed = {
    .id = FOVEA_COMMAND_EMBED,
    .about = about,
    .notes = notes,
    .run = run,
};
