/* Inside of text/: the small parts of a file as jansson's values. */
#ifndef FOVEA_TEXT_JSON_TREE_H
#define FOVEA_TEXT_JSON_TREE_H

#include <jansson.h>

#include "text/json_events.h"
#include "text/json_guard.h"

enum {
    FOVEA_TREE_MAX_VALUES = 1 << 17,
    FOVEA_TREE_MAX_KEY = 256,
    FOVEA_TREE_MAX_BYTES = 8 << 20 /* of strings */
};

/** A value under construction; all zero but for the name at first. */
struct fovea_json_tree {
    const char *name;                       /* of the file */
    json_t *root;                           /* owned: json_decref() */
    json_t *open[FOVEA_JSON_MAX_DEPTH + 1]; /* borrowed */
    size_t n_open;
    char key[FOVEA_TREE_MAX_KEY];
    size_t key_size;
    size_t n_values;
    size_t n_bytes;
};

/** Take an event into the tree. FOVEA_ERR_TOKENIZER_INVALID: too many values, or
 *  a key twice in one object; FOVEA_ERR_NO_MEMORY. */
FOVEA_NODISCARD enum fovea_status fovea_json_tree_take(
        struct fovea_json_tree *tree, const struct fovea_json_event *event,
        struct fovea_error *err);

/** Read a small file whole. It must hold an object, the caller's then. As
 *  fovea_json_events() otherwise. */
FOVEA_NODISCARD enum fovea_status fovea_json_tree_read(const char *path,
        const char *name, uint64_t max_bytes, json_t **object_out,
        struct fovea_error *err);

#endif
