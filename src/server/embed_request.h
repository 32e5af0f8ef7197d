/*
 * What a client asks for: images and texts, and how it wants their vectors, or
 * what labels fit the images.
 *
 * A body of JSON (embed_request_parse.c) and an upload of files (upload.c) both
 * come to this. The shapes of the field's clients (OpenAI, infinity, Jina, Voyage,
 * Cohere) are told apart in item.c. Leaf: knows no connection and no pool.
 */
#ifndef FOVEA_SERVER_EMBED_REQUEST_H
#define FOVEA_SERVER_EMBED_REQUEST_H

#include <jansson.h>

#include "fovea/fovea.h"

#include "http/complaint.h"

enum fovea_encoding {
    FOVEA_ENCODING_FLOAT,
    FOVEA_ENCODING_BASE64, /* of little-endian float32 */
};

/** What a string is that stands for itself. */
enum fovea_strings {
    FOVEA_STRINGS_BY_RULE, /* item_string.h has it */
    FOVEA_STRINGS_ARE_IMAGES,
    FOVEA_STRINGS_ARE_TEXTS,
};

/** One image or text that is asked for. */
struct fovea_request_item {
    struct fovea_item item;   /* TEXT, BYTES, BASE64 or URL; data lies in the
                                 body, in the request's tree, or in owned */
    void *owned;              /* NULL, or data's memory */
    char *id;                 /* owned; an item of an index: to search with,
                                 instead of data, or to be added; NULL */
    float weight;             /* of a search: below 0 is subtracted */
    bool is_by_rule;          /* a string that nothing said the kind of */
    struct fovea_error error; /* code FOVEA_OK, or why this is neither */
};

/** Labels, of which is asked how well they fit each image. */
struct fovea_request_labels {
    size_t n;       /* 0: vectors are asked for */
    char **names;   /* owned, [n] */
    char *template; /* owned; NULL: FOVEA_LABELS_TEMPLATE */
    bool is_raw;    /* logits, and no probabilities */
    uint32_t top;   /* so many of the best for an image; 0: all */
};

struct fovea_request_texts {
    char **all; /* owned, [n], each of them */
    size_t n;
};

/** What is asked of an index. */
struct fovea_request_search {
    bool is_asked;   /* hits are asked for, and no vectors */
    char *index;     /* owned; NULL: the only one */
    char *set;       /* owned; the key of the model whose vectors are searched,
                        once that is known */
    uint32_t n;      /* hits; 0: the default */
    float min_score; /* of a hit; -1: any */
    size_t n_minus;  /* the last of the items, which are subtracted */
    struct fovea_request_texts paths;     /* globs: one must fit, if any */
    struct fovea_request_texts not_paths; /* and none of these */
    char *since;                          /* owned; dates; NULL: open */
    char *until;
};

struct fovea_embed_request {
    char *model; /* owned; NULL: the server's first */
    enum fovea_encoding encoding;
    uint32_t dimensions; /* first numbers of each vector; 0: all */
    enum fovea_strings strings;
    bool refuses_truncated; /* a text that would be cut is an error */
    bool on_error_item;     /* bad items are answered one by one; else one bad
                              item fails the request */
    const char *list_name;  /* "input", "inputs", "images", "texts",
                              "messages", "file": static */
    bool is_list;           /* it came as a list: params are "input[0]", else
                              "input" */
    struct fovea_request_labels labels;
    struct fovea_request_search search;
    size_t n_items;
    struct fovea_request_item *items; /* owned: n_items, and behind them the
                                         texts of labels.n labels */
    json_t *tree;                     /* owned; NULL of an upload */
};

/** How many items there are, with the texts of labels. */
static inline size_t
fovea_embed_request_size(const struct fovea_embed_request *request)
{
    return request->n_items + request->labels.n;
}

/** Whether an item is the text of a label. */
static inline bool
fovea_embed_request_is_label(const struct fovea_embed_request *request,
        size_t index)
{
    return index >= request->n_items;
}

/** The name of an item for messages and "param": "input[3]", "labels[2]". */
void fovea_embed_request_param(const struct fovea_embed_request *request,
        size_t index, char param_out[FOVEA_HTTP_PARAM_SIZE]);

/** Free; fine on a zeroed one, and twice. */
void fovea_embed_request_finish(struct fovea_embed_request *request);

#endif
