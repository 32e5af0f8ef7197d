/*
 * An index: images kept with their vectors in a folder, to be found again.
 *
 *     struct fovea_index *index = NULL;
 *     struct fovea_index_options options = FOVEA_INDEX_OPTIONS_INIT;
 *     options.mode = FOVEA_INDEX_MODE_CREATE;
 *     fovea_index_open(library, "pictures.index", &options, &index, &error);
 *     fovea_index_add(index, "cat-1", &item, &error);
 *
 *     struct fovea_index_term term = { .item = &another };
 *     struct fovea_index_query query = FOVEA_INDEX_QUERY_INIT;
 *     query.terms = &term;
 *     query.n_terms = 1;
 *     fovea_index_search(index, &query, &hits, &error);
 *     hits->n hits, best first: hits->all[0]->score
 *     fovea_index_hits_close(hits);
 *     fovea_index_close(index);
 *
 * The folder is the one that `fovea index` makes and `fovea search` and the
 * server read. An index keeps an image once, whatever number of files and ids
 * have its bytes, and for each of its models one vector of it: a *set* of vectors
 * is what one model makes, with one arithmetic and one kind of pixels. The set of
 * FOVEA_DEFAULT_MODEL is always kept. What is added here is known by an id; what
 * `fovea index` finds is known by a path.
 *
 * One handle at a time may write, whoever has it, and any number may read
 * meanwhile, in this process and in others.
 *
 * Searches are exact: their hits are those of a comparison with every vector.
 *
 * Threads: safe, but for closing, which must come after every other call has
 * returned. Calls that embed wait for that without keeping others from the index.
 * After a fork the child's copy of a handle answers FOVEA_ERR_FORKED; closing it
 * there ends nothing of the parent's.
 */
#ifndef FOVEA_INDEX_H
#define FOVEA_INDEX_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "fovea/export.h"
#include "fovea/facts.h"
#include "fovea/fovea.h"
#include "fovea/input.h"
#include "fovea/model.h"
#include "fovea/options.h"
#include "fovea/sized.h"
#include "fovea/status.h"

#ifdef __cplusplus
extern "C" {
#endif

struct fovea_index;

/** What an index is opened for. */
enum fovea_index_mode {
    FOVEA_INDEX_MODE_READ,
    FOVEA_INDEX_MODE_WRITE,
    FOVEA_INDEX_MODE_CREATE, /* the same, and make one where there is none */
};

/** How an index is opened. A member that is zero, or a NULL pointer to all:
 *  defaults. It grows at its end (sized.h). */
struct fovea_index_options {
    size_t struct_size; /* by FOVEA_INDEX_OPTIONS_INIT, or sizeof */
    enum fovea_index_mode mode;
    uint32_t stores_f16; /* not 0: sets that are begun keep float16 instead of
                            float32: half the room, and scores of what is kept */
    /* Of models, keys or directories, which the index is to have sets of, besides
       those that it has. None in an index that is read. Images that are there
       already have no vector of a new set; `fovea index` gives files one. */
    const char *const *models;
    size_t n_models;
};

#define FOVEA_INDEX_OPTIONS_INIT FOVEA_SIZED_INIT(struct fovea_index_options)

/**
 * Open an index. Starts no worker.
 *
 * A set is computed as it was begun, whatever dtype and pixels the library has;
 * what these were with FOVEA_DTYPE_AUTO when it was begun is what they are later.
 *
 * @param library    Borrowed; closed after the index. NULL, with
 *                   FOVEA_INDEX_MODE_READ alone: nothing can be embedded.
 * @param folder     Of the index. Its last part is made where the mode says so.
 * @param options    Borrowed for the call; NULL for defaults.
 * @param index_out  Owned by the caller; end it with fovea_index_close().
 * @return FOVEA_OK; FOVEA_ERR_INDEX_NOT_FOUND; FOVEA_ERR_INDEX_BUSY with the
 *         writer's process number, at once; FOVEA_ERR_INDEX_READ_ONLY for a folder
 *         that cannot be written; FOVEA_ERR_INDEX_NEWER for one of a newer
 *         version; FOVEA_ERR_INDEX_DAMAGED; FOVEA_ERR_OUTPUT_REFUSED if something
 *         else is there; a model status (300s) for models that sets are begun
 *         for; FOVEA_ERR_DISK_FULL, FOVEA_ERR_FILE_DENIED, FOVEA_ERR_IO,
 *         FOVEA_ERR_NO_MEMORY, FOVEA_ERR_ARGUMENT, FOVEA_ERR_FORKED.
 * Threads: safe. Since: 0.1
 */
FOVEA_API FOVEA_NODISCARD enum fovea_status fovea_index_open(
        struct fovea *library, const char *folder,
        const struct fovea_index_options *options,
        struct fovea_index **index_out, struct fovea_error *err);

/** Close an index and its models. NULL is fine. Since: 0.1 */
FOVEA_API void fovea_index_close(struct fovea_index *index);

/** What is in an index. It grows at its end (sized.h). */
struct fovea_index_info {
    size_t struct_size; /* by FOVEA_INDEX_INFO_INIT, or sizeof */
    uint64_t n_images;  /* distinct ones */
    uint64_t n_ids;     /* that were added */
    uint64_t n_files;   /* that `fovea index` found */
    uint64_t n_failed;  /* of these, images that could not be embedded */
    uint64_t n_sets;
    uint64_t size_bytes; /* on the disk */
};

#define FOVEA_INDEX_INFO_INIT FOVEA_SIZED_INIT(struct fovea_index_info)

enum {
    FOVEA_INDEX_KEY_SIZE = 128 /* of a model in an index, with its NUL */
};

/** A set of vectors. It grows at its end (sized.h). */
struct fovea_index_set_info {
    size_t struct_size; /* by FOVEA_INDEX_SET_INFO_INIT, or sizeof */
    uint64_t n_vectors;
    char model[FOVEA_INDEX_KEY_SIZE];
    char weights[FOVEA_WEIGHTS_DIGEST_SIZE + 7]; /* their digest */
    enum fovea_dtype dtype;
    enum fovea_pixels pixels;
    uint32_t embedding_dimension;
    uint32_t stores_f16; /* 1 or 0 */
    uint32_t has_text;   /* 1 or 0: words can be searched for in it */
    uint32_t reserved;   /* zero */
};

#define FOVEA_INDEX_SET_INFO_INIT FOVEA_SIZED_INIT(struct fovea_index_set_info)

/**
 * Tell what is in an index.
 *
 * @param info_out  With its struct_size set.
 * @return FOVEA_OK; FOVEA_ERR_ARGUMENT; FOVEA_ERR_INDEX_DAMAGED; FOVEA_ERR_IO;
 *         FOVEA_ERR_FORKED.
 * Threads: safe. Since: 0.1
 */
FOVEA_API FOVEA_NODISCARD enum fovea_status fovea_index_describe(
        struct fovea_index *index, struct fovea_index_info *info_out,
        struct fovea_error *err);

/** Tell what its set of a number is, from 0 on in the order in which they were
 *  begun; FOVEA_ERR_INDEX_MODEL beyond the last. As fovea_index_describe().
 *  Since: 0.1 */
FOVEA_API FOVEA_NODISCARD enum fovea_status fovea_index_describe_set(
        struct fovea_index *index, size_t number,
        struct fovea_index_set_info *info_out, struct fovea_error *err);

/**
 * Put an image into an index: embed it by the model of each set, and keep that.
 * When this returns it is on the disk. An image whose bytes are in the index costs
 * no embedding.
 *
 * @param id    The caller's: UTF-8, 1 to 512 bytes. An image that has it already
 *              loses it to this one.
 * @param item  An image, in any form.
 * @param err   May be NULL. Written on success too: notes about the image.
 * @return as fovea_embed_image() and the call of the item's kind;
 *         FOVEA_ERR_INDEX_READ_ONLY in FOVEA_INDEX_MODE_READ;
 *         FOVEA_ERR_INDEX_MODEL if a set's model is here with other weights, or
 *         cannot compute as it did; FOVEA_ERR_DISK_FULL; FOVEA_ERR_INDEX_DAMAGED.
 * Threads: safe; not from a callback of the library. Since: 0.1
 */
FOVEA_API FOVEA_NODISCARD enum fovea_status fovea_index_add(
        struct fovea_index *index, const char *id,
        const struct fovea_item *item, struct fovea_error *err);

/**
 * The same of any number of images. A bad one costs itself. They are embedded some
 * at a time, and are kept some at a time: of a call that was cut off, as by a
 * kill, the first ones may be there.
 *
 * @param ids      n of them, distinct.
 * @param items    n of them, borrowed for the call.
 * @param results  n records, all written: code FOVEA_OK and notes: the image is on
 *                 the disk; or what was wrong with it.
 * @return FOVEA_OK if every image was tried, whatever came of it. Otherwise err
 *         says what kept the index from being written or a model from being
 *         opened, and so do the results of all images that are not kept.
 * Threads: safe; not from a callback of the library. Since: 0.1
 */
FOVEA_API FOVEA_NODISCARD enum fovea_status fovea_index_add_batch(
        struct fovea_index *index, const char *const *ids,
        const struct fovea_item *items, size_t n, struct fovea_error *results,
        struct fovea_error *err);

/** Remove what was added with an id; the image's own file is never touched.
 *  FOVEA_ERR_NO_ITEM if nothing was; else as fovea_index_add(). Since: 0.1 */
FOVEA_API FOVEA_NODISCARD enum fovea_status fovea_index_remove(
        struct fovea_index *index, const char *id, struct fovea_error *err);

/**
 * A part of a query: an item to be embedded, or what is in the index, or a vector;
 * one of them. They stand in the caller's arrays, so their size never changes.
 */
struct fovea_index_term {
    const struct fovea_item
            *item;        /* an image, or a text where the set has_text */
    const char *id;       /* of what was added; it is none of its own hits */
    const float *vector;  /* [embedding_dimension] of the set, of any length but
                            0 */
    double weight;        /* negative: away from it; 0: 1 */
    uint64_t reserved[4]; /* zero */
};

/** What is searched for. A member that is zero: its default. It grows at its end
 *  (sized.h). Everything is borrowed for the call. */
struct fovea_index_query {
    size_t struct_size; /* by FOVEA_INDEX_QUERY_INIT, or sizeof */
    /* Each is scaled to length 1, then by its weight; their sum is searched
       for. */
    const struct fovea_index_term *terms;
    size_t n_terms;
    const char *model; /* of the set; NULL: the first one with has_text, or the
                          first of all unless one of the terms is a text */
    size_t n_best;     /* hits at most; 0: 10 */
    double min_score;  /* and none of less; 0: any */
    /* Which images: patterns, as `*.jpg`, matched with an id, or with a path from
       the folder on that was indexed. One must match where there are any; of the
       others none may. */
    const char *const *globs;
    size_t n_globs;
    const char *const *not_globs;
    size_t n_not_globs;
    /* When they were taken, else when the file was changed or the id added: dates,
       both included, as 2024, 2024-05, 2024-05-17 or 2024-05-17T12:30; NULL:
       whenever. */
    const char *since;
    const char *until;
};

#define FOVEA_INDEX_QUERY_INIT FOVEA_SIZED_INIT(struct fovea_index_query)

/** Where an image is. Frozen. */
struct fovea_index_place {
    const char *id;   /* as it was added; NULL: it is a file */
    const char *path; /* whole, any bytes; NULL: it is an id */
};

/** An image that was found. The library's; it grows at its end (sized.h). */
struct fovea_index_hit {
    size_t struct_size;
    double score;                           /* cosine of the vectors, -1 to 1 */
    const struct fovea_index_place *places; /* files, then ids; at least one */
    size_t n_places;
    const struct fovea_image_facts *facts; /* format NULL: nothing is known */
    const char *digest; /* SHA-256 of its bytes in hexadecimal */
    uint64_t size_bytes;
};

/** What was found. The library's; it grows at its end (sized.h). */
struct fovea_index_hits {
    size_t struct_size;
    const struct fovea_index_hit *const *all; /* [n], best first */
    size_t n;
    const char *model;   /* of the set that was searched */
    uint64_t n_searched; /* images that the filter left */
    uint64_t n_reranked; /* of them, those whose kept vectors were read to tell
                            which is better */
};

/**
 * Search an index, as it was at some moment of the call.
 *
 * @param hits_out  To be ended with fovea_index_hits_close(), before or after the
 *                  index.
 * @return FOVEA_OK, also with no hits; FOVEA_ERR_INDEX_MODEL if the index has no
 *         such set; FOVEA_ERR_NO_ITEM for an id that is not there;
 *         FOVEA_ERR_TEXT_UNSUPPORTED; what embedding an item came to;
 *         FOVEA_ERR_ARGUMENT if nothing is left of the sum, or an item is to be
 *         embedded without a library; FOVEA_ERR_INDEX_DAMAGED; FOVEA_ERR_IO;
 *         FOVEA_ERR_NO_MEMORY; FOVEA_ERR_FORKED.
 * Threads: safe; not from a callback of the library. Since: 0.1
 */
FOVEA_API FOVEA_NODISCARD enum fovea_status fovea_index_search(
        struct fovea_index *index, const struct fovea_index_query *query,
        struct fovea_index_hits **hits_out, struct fovea_error *err);

/** NULL is fine. Since: 0.1 */
FOVEA_API void fovea_index_hits_close(struct fovea_index_hits *hits);

#ifdef __cplusplus
}
#endif

#endif
