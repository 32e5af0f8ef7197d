/*
 * What a client asks for: images and how it wants their vectors.
 *
 * A body of JSON (request.c) and an upload of files (upload.c) both come to
 * this. The shapes of the field's clients (OpenAI, infinity, Jina, Voyage,
 * Cohere) are told apart in item.c. Leaf: knows no connection and no pool.
 */
#ifndef FOVEA_SERVER_REQUEST_H
#define FOVEA_SERVER_REQUEST_H

#include <stdarg.h>

#include <jansson.h>

#include "fovea/fovea.h"

#include "base/macros.h"

enum {
    FOVEA_DEFAULT_MAX_ITEMS = 2048, /* images of a request */
    FOVEA_PARAM_SIZE = 64
};

enum fovea_encoding {
    FOVEA_ENCODING_FLOAT,
    FOVEA_ENCODING_BASE64, /* of little-endian float32 */
};

/** A failure and the part of the request that it is about ("input[3]"). */
struct fovea_complaint {
    struct fovea_error error;
    char param[FOVEA_PARAM_SIZE]; /* "": of none */
};

/** Fill a complaint; param "": of none. The rest as for printf. Gives the
 *  code. */
enum fovea_status fovea_complain(struct fovea_complaint *complaint,
        enum fovea_status code, const char *param, const char *format, ...)
        FOVEA_PRINTF(4, 5);
enum fovea_status fovea_complain_with(struct fovea_complaint *complaint,
        enum fovea_status code, const char *param, const char *format,
        va_list arguments) FOVEA_PRINTF(4, 0);

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

/**
 * Parse a body of JSON.
 *
 * Strict: UTF-8, no duplicate keys, bounded depth. Long strings are neither
 * copied nor given to the parser: body is changed in place and items point into
 * it, so it must live as long as the request. With the default max_items a
 * request takes at most 20 MB beside its body, whatever is in it; of base64,
 * less than 1 KB an image.
 *
 * @param body         size bytes, writable, no NUL needed. Changed on failure
 *                     too.
 * @param max_items    more: FOVEA_ERR_TOO_MANY_ITEMS.
 * @param request_out  Owned by the caller; end it with
 *                     fovea_embed_request_finish().
 * @param complaint    written on failure only.
 * @return FOVEA_OK, also where single items are no images (item.error);
 *         FOVEA_ERR_JSON; FOVEA_ERR_ARGUMENT; FOVEA_ERR_TEXT_UNSUPPORTED;
 *         FOVEA_ERR_TOO_MANY_ITEMS, also of other values than images;
 *         FOVEA_ERR_BODY_TOO_LARGE if too much of it
 *         is no image; FOVEA_ERR_NO_MEMORY.
 */
FOVEA_NODISCARD enum fovea_status fovea_embed_request_parse(char *body,
        size_t size, size_t max_items, struct fovea_embed_request *request_out,
        struct fovea_complaint *complaint);

/**
 * Set a field by name (fields.h has them). Used for the fields of a form and the
 * query of a URL, where all values are text. Other names are ignored, and empty
 * values: a form sends those of fields that were left alone.
 *
 * @return FOVEA_OK; FOVEA_ERR_ARGUMENT; FOVEA_ERR_TEXT_UNSUPPORTED;
 *         FOVEA_ERR_NO_MEMORY.
 */
FOVEA_NODISCARD enum fovea_status fovea_embed_request_set(
        struct fovea_embed_request *request, const char *name,
        const char *value, struct fovea_complaint *complaint);

/** What is said of an image that failed: of a string that could only be base64
 *  of one, and is not, that it is a text. */
void fovea_request_item_explain(const struct fovea_request_item *item,
        struct fovea_error *error);

/** The name of an item for messages and "param": "input[3]". */
void fovea_embed_request_param(const struct fovea_embed_request *request,
        size_t index, char param_out[FOVEA_PARAM_SIZE]);

/** Free; fine on a zeroed one, and twice. */
void fovea_embed_request_finish(struct fovea_embed_request *request);

#endif
