/*
 * What a client asks for: images and how it wants their vectors.
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

/** One image that is asked for. */
struct fovea_request_item {
    struct fovea_item image;  /* BYTES, BASE64 or URL; data lies in the body, in
                                 the request's tree, or in owned */
    void *owned;              /* NULL, or data's memory */
    bool may_be_text;         /* it is no image but by being base64 of one */
    bool has_words;           /* and hardly that: it is short, with blanks */
    struct fovea_error error; /* code FOVEA_OK, or why this is no image */
};

struct fovea_embed_request {
    char *model; /* owned; NULL: the server's first */
    enum fovea_encoding encoding;
    uint32_t dimensions;   /* first numbers of each vector; 0: all */
    bool is_image_only;    /* modality says so: no string is a text */
    bool on_error_item;    /* bad items are answered one by one; else one bad
                              item fails the request */
    const char *list_name; /* "input", "inputs", "images", "messages",
                              "file": static */
    bool is_list;          /* it came as a list: params are "input[0]", else
                              "input" */
    size_t n_items;
    struct fovea_request_item *items; /* owned */
    json_t *tree;                     /* owned; NULL of an upload */
};

/** The name of an item for messages and "param": "input[3]". */
void fovea_embed_request_param(const struct fovea_embed_request *request,
        size_t index, char param_out[FOVEA_HTTP_PARAM_SIZE]);

/** Free; fine on a zeroed one, and twice. */
void fovea_embed_request_finish(struct fovea_embed_request *request);

#endif
