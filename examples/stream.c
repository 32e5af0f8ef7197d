/*
 * Embedding a folder, however large: put files into a stream until it is full,
 * take a result for each one more, then take the rest.
 *
 *     stream MODEL FOLDER
 *
 * There is neither a thread nor a callback. A program that waits for other
 * things too polls fovea_stream_fd() with them in place of fovea_stream_wait().
 *
 * To build it against an installed fovea:
 *
 *     cc stream.c $(pkg-config --cflags --libs fovea) -o stream
 */
#include <fovea/fovea.h>
#include <glob.h>
#include <stdio.h>

/* Print one result, as soon as there is one. False once nothing is left. */
static bool
print_next(struct fovea_stream *stream, char *const *paths)
{
    const struct fovea_stream_result *result;
    if (fovea_stream_wait(stream, FOVEA_NEVER, NULL) ||
            fovea_stream_take(stream, &result, NULL) ||
            result->state != FOVEA_STREAM_RESULT) {
        return false;
    }
    if (result->error.code) {
        (void)fprintf(stderr, "%s: %s\n", paths[result->tag],
                result->error.message);
    } else {
        printf("%s: %+.6f ... after %.1f ms\n", paths[result->tag],
                (double)result->embedding[0],
                (double)result->timings->total_ns / 1e6);
    }
    return true;
}

int
main(int argc, char **argv)
{
    struct fovea *library = NULL;
    struct fovea_model *model = NULL;
    struct fovea_stream *stream = NULL;
    struct fovea_error error = {
        .message = "usage: stream MODEL FOLDER, with files in it"
    };
    struct fovea_stream_options options = FOVEA_STREAM_OPTIONS_INIT;
    options.ordered = true; /* the results come as the files were put */
    char pattern[4096];
    glob_t files = { .gl_pathc = 0 };
    (void)snprintf(pattern, sizeof pattern, "%s/*", argc == 3 ? argv[2] : "");
    /* No other thread runs yet. NOLINTNEXTLINE(concurrency-mt-unsafe) */
    bool failed = argc != 3 || glob(pattern, 0, NULL, &files) ||
            fovea_open(NULL, &library, &error) ||
            fovea_model_open(library, argv[1], &model, &error) ||
            fovea_stream_open(model, &options, &stream, &error);
    for (size_t i = 0; !failed && i < files.gl_pathc;) {
        struct fovea_item item = { .kind = FOVEA_ITEM_IMAGE_PATH,
            .data = files.gl_pathv[i] };
        enum fovea_status status = fovea_stream_put(stream, &item, i, &error);
        i += status == FOVEA_OK;
        failed = status == FOVEA_ERR_BUSY ? !print_next(stream, files.gl_pathv)
                                          : status != FOVEA_OK;
    }
    while (stream && print_next(stream, files.gl_pathv)) {
    }
    if (failed) {
        (void)fprintf(stderr, "%s\n", error.message);
    }
    fovea_stream_close(stream);
    fovea_model_close(model);
    fovea_close(library);
    globfree(&files);
    return failed;
}
