/* See json_tree.h. */
#include "text/json_tree.h"

#include <string.h>

#include "base/error.h"
#include "base/macros.h"
#include "spec/field.h"

static json_t *
make_value(const struct fovea_json_event *event)
{
    switch (event->kind) {
    case FOVEA_JSON_BOOL:
        return json_boolean(event->boolean);
    case FOVEA_JSON_INTEGER:
        return json_integer(event->integer);
    case FOVEA_JSON_REAL:
        return json_real(event->real);
    case FOVEA_JSON_STRING:
        return json_stringn(event->text, event->size);
    case FOVEA_JSON_OBJECT:
        return json_object();
    case FOVEA_JSON_ARRAY:
        return json_array();
    case FOVEA_JSON_NULL:
    case FOVEA_JSON_KEY:
    case FOVEA_JSON_OBJECT_END:
    case FOVEA_JSON_ARRAY_END:
        break;
    }
    return json_null();
}

static enum fovea_status
fail(const struct fovea_json_tree *tree, const char *what,
        struct fovea_error *err)
{
    return fovea_fail(err, FOVEA_ERR_TOKENIZER_INVALID, "%s: %s", tree->name,
            what);
}

/* The value goes into what is open, or is the root. It is the tree's then. */
static int
put_value(struct fovea_json_tree *tree, json_t *value)
{
    if (tree->n_open == 0) {
        tree->root = value;
        return 0;
    }
    json_t *parent = tree->open[tree->n_open - 1];
    return json_is_array(parent)
            ? json_array_append_new(parent, value)
            : json_object_setn_new(parent, tree->key, tree->key_size, value);
}

static enum fovea_status
take_key(struct fovea_json_tree *tree, const struct fovea_json_event *event,
        struct fovea_error *err)
{
    if (event->size >= sizeof tree->key) {
        return fail(tree, "a name in it is too long", err);
    }
    memcpy(tree->key, event->text, event->size);
    tree->key[event->size] = '\0';
    tree->key_size = event->size;
    if (json_object_getn(tree->open[tree->n_open - 1], tree->key,
                tree->key_size)) {
        return fovea_fail(err, FOVEA_ERR_TOKENIZER_INVALID,
                "%s: \"%s\" stands twice in one object", tree->name,
                fovea_show(tree->key).text);
    }
    return FOVEA_OK;
}

enum fovea_status
fovea_json_tree_take(struct fovea_json_tree *tree,
        const struct fovea_json_event *event, struct fovea_error *err)
{
    if (event->kind == FOVEA_JSON_KEY) {
        return take_key(tree, event, err);
    }
    if (event->kind == FOVEA_JSON_OBJECT_END ||
            event->kind == FOVEA_JSON_ARRAY_END) {
        tree->n_open--;
        return FOVEA_OK;
    }
    tree->n_bytes += event->size;
    if (tree->n_values++ == FOVEA_TREE_MAX_VALUES ||
            tree->n_bytes > FOVEA_TREE_MAX_BYTES) {
        return fail(tree, "too many values beside the vocabulary", err);
    }
    json_t *value = make_value(event);
    if (!value || put_value(tree, value)) {
        return fovea_fail_memory(err, event->size + sizeof(json_t), tree->name);
    }
    if (event->kind == FOVEA_JSON_OBJECT || event->kind == FOVEA_JSON_ARRAY) {
        tree->open[tree->n_open++] = value;
    }
    return FOVEA_OK;
}

static enum fovea_status
take(void *context, const struct fovea_json_event *event,
        struct fovea_error *err)
{
    return fovea_json_tree_take(context, event, err);
}

enum fovea_status
fovea_json_tree_read(const char *path, const char *name, uint64_t max_bytes,
        json_t **object_out, struct fovea_error *err)
{
    struct fovea_json_tree tree = { .name = name };
    enum fovea_status status =
            fovea_json_events(path, name, max_bytes, take, &tree, err);
    if (!status && !json_is_object(tree.root)) {
        status = fail(&tree, "it is not an object", err);
    }
    if (status) {
        json_decref(tree.root);
        return status;
    }
    *object_out = tree.root;
    return FOVEA_OK;
}
