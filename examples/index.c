/*
 * Keeping pictures in an index, and finding the ones that look like another.
 *
 *     index INDEX QUERY [IMAGE...]
 *
 * Each IMAGE is put into the index in the folder INDEX, which is made where there
 * is none, under its name; its bytes are read here, as those that come from
 * somewhere else than a file would be. Then the three pictures that look most like
 * QUERY are printed. Pictures that are in the index already cost nothing again.
 *
 * To build it against an installed fovea:
 *
 *     cc index.c $(pkg-config --cflags --libs fovea) -o index
 */
#include <fovea/index.h>
#include <stdio.h>
#include <stdlib.h>

enum {
    N_BEST = 3,
};

/* All bytes of a file; to be freed. */
static void *
read_file(const char *path, size_t *size_out)
{
    char *bytes = NULL;
    size_t size = 0;
    size_t n = 0;
    FILE *file = fopen(path, "rbe");
    do {
        char *more = file ? realloc(bytes, size + (1 << 16)) : NULL;
        if (!more) {
            free(bytes);
            bytes = NULL;
            break;
        }
        bytes = more;
        n = fread(bytes + size, 1, 1 << 16, file);
        size += n;
    } while (n > 0);
    if (file) {
        (void)fclose(file);
    }
    *size_out = size;
    return bytes;
}

/* A picture that is none is reported and left out. */
static void
add(struct fovea_index *index, const char *path)
{
    struct fovea_error error;
    size_t size = 0;
    void *bytes = read_file(path, &size);
    const struct fovea_item item = { .kind = FOVEA_ITEM_IMAGE_BYTES,
        .data = bytes,
        .size = size };
    if (!bytes) {
        (void)fprintf(stderr, "%s: cannot be read\n", path);
    } else if (fovea_index_add(index, path, &item, &error)) {
        (void)fprintf(stderr, "%s: %s\n", path, error.message);
    }
    free(bytes);
}

static enum fovea_status
print_nearest(struct fovea_index *index, const char *path,
        struct fovea_error *error)
{
    const struct fovea_item item = { .kind = FOVEA_ITEM_IMAGE_PATH,
        .data = path };
    const struct fovea_index_term term = { .item = &item };
    struct fovea_index_query query = FOVEA_INDEX_QUERY_INIT;
    struct fovea_index_hits *hits = NULL;
    query.terms = &term;
    query.n_terms = 1;
    query.n_best = N_BEST;
    enum fovea_status status = fovea_index_search(index, &query, &hits, error);
    for (size_t i = 0; !status && i < hits->n; i++) {
        const struct fovea_index_hit *hit = hits->all[i];
        const struct fovea_index_place *place = &hit->places[0];
        printf("%.4f  %s  %ux%u\n", hit->score,
                place->id ? place->id : place->path,
                (unsigned)hit->facts->width_px,
                (unsigned)hit->facts->height_px);
    }
    fovea_index_hits_close(hits);
    return status;
}

int
main(int argc, char **argv)
{
    struct fovea_error error;
    struct fovea *library = NULL;
    struct fovea_index *index = NULL;
    struct fovea_index_options options = FOVEA_INDEX_OPTIONS_INIT;
    if (argc < 3) {
        (void)fprintf(stderr, "usage: index INDEX QUERY [IMAGE...]\n");
        return 2;
    }
    options.mode = FOVEA_INDEX_MODE_CREATE;
    enum fovea_status status = fovea_open(NULL, &library, &error);
    if (!status) {
        status = fovea_index_open(library, argv[1], &options, &index, &error);
    }
    for (int i = 3; !status && i < argc; i++) {
        add(index, argv[i]);
    }
    if (!status) {
        status = print_nearest(index, argv[2], &error);
    }
    if (status) {
        (void)fprintf(stderr, "index: %s\n", error.message);
    }
    fovea_index_close(index);
    fovea_close(library);
    return status ? 1 : 0;
}
