/* See catalogue.h. Dimensions are those of the published config.json files. */
#include "runtime/catalogue.h"

#include <stdio.h>
#include <string.h>
#include <sys/stat.h>

#include "base/error.h"
#include "base/nearest.h"
#include "runtime/places.h"

/* Mean and std of the pictures that CLIP was trained on. */
#define CLIP_MEAN                            \
    {                                        \
        0.48145466F, 0.4578275F, 0.40821073F \
    }
#define CLIP_STD                              \
    {                                         \
        0.26862954F, 0.26130258F, 0.27577711F \
    }

static const struct fovea_catalogue_entry entries[] = {
    { FOVEA_DEFAULT_MODEL, 64, 224, 32, 4, 4, 128, 512, CLIP_MEAN, CLIP_STD,
            0 },
    { "openai/clip-vit-base-patch32", 512, 224, 32, 12, 12, 768, 3072,
            CLIP_MEAN, CLIP_STD, 0 },
    { "openai/clip-vit-base-patch16", 512, 224, 16, 12, 12, 768, 3072,
            CLIP_MEAN, CLIP_STD, 0 },
    { "openai/clip-vit-large-patch14", 768, 224, 14, 24, 16, 1024, 4096,
            CLIP_MEAN, CLIP_STD, 0 },
    { "openai/clip-vit-large-patch14-336", 768, 336, 14, 24, 16, 1024, 4096,
            CLIP_MEAN, CLIP_STD, 0 },
    { "laion/CLIP-ViT-B-32-laion2B-s34B-b79K", 512, 224, 32, 12, 12, 768, 3072,
            CLIP_MEAN, CLIP_STD, 0 },
    { "laion/CLIP-ViT-L-14-laion2B-s32B-b82K", 768, 224, 14, 24, 16, 1024, 4096,
            CLIP_MEAN, CLIP_STD, 0 },
    { "laion/CLIP-ViT-H-14-laion2B-s32B-b79K", 1024, 224, 14, 32, 16, 1280,
            5120, CLIP_MEAN, CLIP_STD, 0 },
};

const struct fovea_catalogue_entry *
fovea_catalogue(size_t index)
{
    return index < FOVEA_ARRAY_LEN(entries) ? &entries[index] : NULL;
}

static bool
is_directory(const char *path)
{
    struct stat info;
    return stat(path, &info) == 0 && S_ISDIR(info.st_mode);
}

static bool
is_in_catalogue(const char *key)
{
    for (size_t i = 0; i < FOVEA_ARRAY_LEN(entries); i++) {
        if (strcmp(entries[i].key, key) == 0) {
            return true;
        }
    }
    return false;
}

/* Beside the program, as built, or as installed. */
static char *
beside_program(const char *below, const char *key)
{
    char program[4096];
    ssize_t n = readlink("/proc/self/exe", program, sizeof program - 1);
    if (n <= 0) {
        return NULL;
    }
    program[n] = 0;
    char *slash = strrchr(program, '/');
    if (!slash) {
        return NULL;
    }
    *slash = 0;
    return fovea_place_join(program, below, key);
}

static bool
accept(char *candidate, char **directory_out)
{
    if (candidate && is_directory(candidate)) {
        *directory_out = candidate;
        return true;
    }
    free(candidate);
    return false;
}

/* Known by name: where it was looked for, and what would bring it. */
static enum fovea_status
refuse_known(const char *key, struct fovea_error *err)
{
    FOVEA_AUTO_FREE char *home = fovea_place_in_home(key);
    FOVEA_AUTO_FREE char *cache = fovea_place_hub_cache();
    bool is_own = strcmp(key, FOVEA_DEFAULT_MODEL) == 0;
    return fovea_fail(err, FOVEA_ERR_MODEL_NOT_FOUND,
            "not on this machine: %s%s%s (no config.json in %s, no snapshot "
            "in %s)",
            is_own ? "" : "fovea pull ", key,
            is_own ? ", which is installed with fovea" : "",
            home ? home : "$FOVEA_HOME/models",
            cache ? cache : "the Hugging Face cache");
}

static enum fovea_status
refuse(const char *key, struct fovea_error *err)
{
    if (is_in_catalogue(key)) {
        return refuse_known(key, err);
    }
    if (key[0] == '/' || key[0] == '.') {
        return fovea_fail(err, FOVEA_ERR_MODEL_NOT_FOUND,
                "no model directory %s", key);
    }
    const char *names[FOVEA_ARRAY_LEN(entries)];
    for (size_t i = 0; i < FOVEA_ARRAY_LEN(entries); i++) {
        names[i] = entries[i].key;
    }
    const char *near = fovea_nearest(key, names, FOVEA_ARRAY_LEN(names));
    return fovea_fail(err, FOVEA_ERR_UNKNOWN_MODEL,
            "unknown model %s: not a directory, not in the catalogue and not "
            "in a cache here%s%s%s",
            key, near ? "; did you mean " : "", near ? near : "",
            near                           ? "?"
                    : fovea_is_hub_id(key) ? "; fovea pull fetches it from the "
                                             "Hugging Face hub if it is there"
                                           : "");
}

enum fovea_status
fovea_catalogue_locate(const char *key, char **directory_out,
        struct fovea_error *err)
{
    if (is_directory(key)) {
        char *directory = strdup(key);
        if (!directory) {
            return fovea_fail_memory(err, strlen(key) + 1, "a path");
        }
        *directory_out = directory;
        return FOVEA_OK;
    }
    if (fovea_is_hub_id(key) &&
            (accept(fovea_place_in_home(key), directory_out) ||
                    accept(fovea_place_snapshot(key), directory_out) ||
                    accept(beside_program("/models/", key), directory_out) ||
                    accept(beside_program("/../share/fovea/models/", key),
                            directory_out))) {
        return FOVEA_OK;
    }
    return refuse(key, err);
}
