/*
 * Embedding a folder without threads or callbacks: put files into a stream
 * until it takes no more, wait, take what is done.
 *
 *     stream MODEL FOLDER
 *
 * A bounded number of files is under way, however many there are. The results
 * come in the order of the names; the tag of each says whose it is.
 *
 * To build it against an installed fovea:
 *
 *     cc stream.c $(pkg-config --cflags --libs fovea) -o stream
 */
#include <dirent.h>
#include <fovea/fovea.h>
#include <poll.h>
#include <stdio.h>
#include <stdlib.h>

/* A program with more to do would poll its other descriptors here too. */
static void
wait_for_result(const struct fovea_stream *stream)
{
    struct pollfd ready = { .fd = fovea_stream_fd(stream), .events = POLLIN };
    (void)poll(&ready, 1, -1);
}

/* Print what is done. False once nothing is left. */
static bool
print_results(struct fovea_stream *stream, struct dirent *const *entries)
{
    const struct fovea_stream_result *result = NULL;
    while (!fovea_stream_take(stream, &result, NULL) &&
            result->state == FOVEA_STREAM_RESULT) {
        const char *name = entries[result->tag]->d_name;
        if (result->error.code) {
            (void)fprintf(stderr, "%s: %s\n", name, result->error.message);
        } else {
            printf("%s: %+.6f ... after %.1f ms\n", name,
                    (double)result->embedding[0],
                    (double)result->timings->total_ns / 1e6);
        }
    }
    return result && result->state == FOVEA_STREAM_NONE_YET;
}

static bool
embed_folder(struct fovea_stream *stream, const char *folder,
        struct dirent *const *entries, size_t n)
{
    char path[4096];
    struct fovea_error error = { .code = FOVEA_OK };
    const struct fovea_item item = { .kind = FOVEA_ITEM_IMAGE_PATH,
        .data = path };
    for (size_t i = 0; i < n && !error.code; i++) {
        (void)snprintf(path, sizeof path, "%s/%s", folder, entries[i]->d_name);
        while (fovea_stream_put(stream, &item, i, &error) == FOVEA_ERR_BUSY) {
            error.code = FOVEA_OK;
            wait_for_result(stream);
            (void)print_results(stream, entries);
        }
    }
    while (print_results(stream, entries)) {
        wait_for_result(stream);
    }
    if (error.code) {
        (void)fprintf(stderr, "%s\n", error.message);
    }
    return !error.code;
}

static int
is_seen(const struct dirent *entry)
{
    return entry->d_name[0] != '.';
}

int
main(int argc, char **argv)
{
    struct fovea *library = NULL;
    struct fovea_model *model = NULL;
    struct fovea_stream *stream = NULL;
    struct fovea_error error;
    struct fovea_stream_options options = FOVEA_STREAM_OPTIONS_INIT;
    struct dirent **entries = NULL;
    options.ordered = true;
    if (argc != 3) {
        (void)fputs("usage: stream MODEL FOLDER\n", stderr);
        return 2;
    }
    int n = scandir(argv[2], &entries, is_seen, alphasort);
    if (n < 0) {
        perror(argv[2]);
        return 1;
    }
    bool done = false;
    if (fovea_open(NULL, &library, &error) ||
            fovea_model_open(library, argv[1], &model, &error) ||
            fovea_stream_open(model, &options, &stream, &error)) {
        (void)fprintf(stderr, "%s\n", error.message);
    } else {
        done = embed_folder(stream, argv[2], entries, (size_t)n);
    }
    fovea_stream_close(stream);
    fovea_model_close(model);
    fovea_close(library);
    for (int i = 0; i < n; i++) {
        free(entries[i]);
    }
    free(entries);
    return done ? 0 : 1;
}
