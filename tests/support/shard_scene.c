/* See shard_scene.h. */
#include "support/shard_scene.h"

#include <stdlib.h>
#include <string.h>

#include "base/error.h"
#include "base/macros.h"
#include "support/fake_stream.h"
#include "support/test.h"

/* What the library would say. */

static const struct fovea_model_info info = {
    .key = "tests/one",
    .embedding_dimension = 1,
    .pixels = "pil",
};

const struct fovea_model_info *
fovea_model_describe(const struct fovea_model *model)
{
    (void)model;
    return &info;
}

size_t
fovea_embedding_dimension(const struct fovea_model *model)
{
    (void)model;
    return 1;
}

const char *
fovea_version(void)
{
    return "0.1.0";
}

enum fovea_status
fovea_model_weights_digest(const struct fovea_model *model,
        char digest_out[FOVEA_WEIGHTS_DIGEST_SIZE], struct fovea_error *err)
{
    (void)model;
    (void)err;
    memset(digest_out, 'a', FOVEA_WEIGHTS_DIGEST_SIZE - 1);
    digest_out[FOVEA_WEIGHTS_DIGEST_SIZE - 1] = '\0';
    return FOVEA_OK;
}

static bool
begins(const char *name, const char *word)
{
    const char *slash = strrchr(name, '/');
    return strncmp(slash ? slash + 1 : name, word, strlen(word)) == 0;
}

/* Names are tried in passes: what is here was tried once. */
static char tried[64][64];
static size_t n_tried;

static bool
is_first_try(const char *name)
{
    for (size_t i = 0; i < n_tried; i++) {
        if (strcmp(tried[i], name) == 0) {
            return false;
        }
    }
    assert_in_range(n_tried, 0, FOVEA_ARRAY_LEN(tried) - 1);
    (void)snprintf(tried[n_tried++], sizeof tried[0], "%s", name);
    return true;
}

static void
work(const struct fovea_item *item, struct fovea_error *result, float *row)
{
    const char *name = item->data;
    size_t digits = strcspn(name, "0123456789");
    *row = strtof(name + digits, NULL);
    if (begins(name, "bad")) {
        (void)fovea_fail(result, FOVEA_ERR_IMAGE_CORRUPT, "%s: damaged", name);
    } else if (begins(name, "other")) {
        (void)fovea_fail(result, FOVEA_ERR_NOT_AN_IMAGE, "%s: text", name);
    } else if (begins(name, "never") ||
            (begins(name, "later") && is_first_try(name))) {
        (void)fovea_fail(result, FOVEA_ERR_FETCH, "%s: nobody there", name);
    } else if (begins(name, "memory")) {
        (void)fovea_fail(result, FOVEA_ERR_MEMORY_EXHAUSTED, "no memory");
    } else if (begins(name, "store")) {
        (void)fovea_fail(result, FOVEA_ERR_OBJECT_STORE, "no store");
    } else if (begins(name, "note")) {
        fovea_note(result, FOVEA_NOTE_DAMAGED, "some rows are grey");
    }
}

void
shard_scene_pretend(void)
{
    fake_stream_reset(3, work);
    n_tried = 0;
}

struct fovea_frozen
shard_scene_frozen(void)
{
    static const struct fovea_limits limits;
    struct fovea_frozen frozen = { .model = NULL };
    struct fovea_error error;
    assert_ok(
            fovea_frozen_of_model(NULL, &limits, false, false, &frozen, &error),
            &error);
    frozen.shard_size = SCENE_SHARD_SIZE;
    return frozen;
}

enum fovea_status
shard_scene_make(struct fovea_objects *objects,
        const struct fovea_frozen *frozen, const char *const *words, size_t n,
        bool *was_made_out, struct fovea_manifest *manifest_out,
        struct fovea_error *err)
{
    struct fovea_input_word all[16] = { { .word = NULL } };
    assert_in_range(n, 0, FOVEA_ARRAY_LEN(all));
    for (size_t i = 0; i < n; i++) {
        all[i].word = words[i];
    }
    const struct fovea_inputs_settings inputs = {
        .words = all,
        .n_words = n,
        .source = { .separator = '\n' },
    };
    const struct fovea_manifest_order order = {
        .objects = objects,
        .frozen = frozen,
        .inputs = &inputs,
        .stop_fd = -1,
    };
    return fovea_manifest_make(&order, was_made_out, manifest_out, err);
}

void
shard_scene_begin(struct shard_scene *scene, const char *place,
        const char *const *words, size_t n)
{
    struct fovea_error error;
    shard_scene_pretend();
    *scene = (struct shard_scene){ .frozen = shard_scene_frozen() };
    assert_ok(fovea_objects_open(place, NULL, &scene->objects, &error), &error);
    assert_ok(shard_scene_make(scene->objects, &scene->frozen, words, n, NULL,
                      &scene->manifest, &error),
            &error);
}

void
shard_scene_end(struct shard_scene *scene)
{
    fovea_manifest_finish(&scene->manifest);
    fovea_frozen_finish(&scene->frozen);
    fovea_objects_close(scene->objects);
}

struct fovea_shard_run
shard_scene_run(struct shard_scene *scene, uint64_t number)
{
    return (struct fovea_shard_run){
        .manifest = &scene->manifest,
        .number = number,
        .objects = scene->objects,
        .look = FOVEA_SHARD_LOOK_READ,
        .n_batch = 2,
        .pause_ns = 1000000,
        .stop_fd = -1,
    };
}
