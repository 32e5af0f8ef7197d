/* See catalogue.h. Dimensions are those of the published config.json files. */
#include "runtime/catalogue.h"

#include <stdio.h>
#include <string.h>
#include <sys/stat.h>

#include "base/error.h"
#include "base/nearest.h"

/* Mean and std of the pictures that CLIP was trained on. */
#define CLIP_MEAN { 0.48145466F, 0.4578275F, 0.40821073F }
#define CLIP_STD  { 0.26862954F, 0.26130258F, 0.27577711F }

/* clang-format off: a table */
static const struct fovea_catalogue_entry entries[] = {
    { FOVEA_DEFAULT_MODEL,
        64, 224, 32, 4, 4, 128, 512, CLIP_MEAN, CLIP_STD, 0 },
    { "openai/clip-vit-base-patch32",
        512, 224, 32, 12, 12, 768, 3072, CLIP_MEAN, CLIP_STD, 0 },
    { "openai/clip-vit-base-patch16",
        512, 224, 16, 12, 12, 768, 3072, CLIP_MEAN, CLIP_STD, 0 },
    { "openai/clip-vit-large-patch14",
        768, 224, 14, 24, 16, 1024, 4096, CLIP_MEAN, CLIP_STD, 0 },
    { "openai/clip-vit-large-patch14-336",
        768, 336, 14, 24, 16, 1024, 4096, CLIP_MEAN, CLIP_STD, 0 },
    { "laion/CLIP-ViT-B-32-laion2B-s34B-b79K",
        512, 224, 32, 12, 12, 768, 3072, CLIP_MEAN, CLIP_STD, 0 },
    { "laion/CLIP-ViT-L-14-laion2B-s32B-b82K",
        768, 224, 14, 24, 16, 1024, 4096, CLIP_MEAN, CLIP_STD, 0 },
    { "laion/CLIP-ViT-H-14-laion2B-s32B-b79K",
        1024, 224, 14, 32, 16, 1280, 5120, CLIP_MEAN, CLIP_STD, 0 },
};
/* clang-format on */

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

/* "owner/name" of letters, digits, '-', '_' and '.'; nothing that climbs. */
static bool
is_hub_id(const char *key)
{
    static const char allowed[] =
            "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789-_.";
    size_t owner = strspn(key, allowed);
    if (owner == 0 || key[owner] != '/' || key[0] == '.') {
        return false;
    }
    const char *name = key + owner + 1;
    size_t length = strspn(name, allowed);
    return length > 0 && name[length] == 0 && name[0] != '.';
}

static const char *
environment(const char *name)
{
    const char *value = getenv(name); /* NOLINT(concurrency-mt-unsafe) */
    return value && value[0] ? value : NULL;
}

/* A place that may hold the model: allocates, NULL without memory. */
static char *
join(const char *a, const char *b, const char *c)
{
    char *path = NULL;
    return asprintf(&path, "%s%s%s", a, b, c) < 0 ? NULL : path;
}

static char *
in_fovea_home(const char *key)
{
    const char *home = environment("FOVEA_HOME");
    if (home) {
        return join(home, "/models/", key);
    }
    const char *data = environment("XDG_DATA_HOME");
    if (data) {
        return join(data, "/fovea/models/", key);
    }
    const char *user = environment("HOME");
    return user ? join(user, "/.local/share/fovea/models/", key) : NULL;
}

static char *
hub_cache(void)
{
    static const struct {
        const char *variable;
        const char *below;
    } places[] = {
        { "HF_HUB_CACHE", "" },
        { "HF_HOME", "/hub" },
        { "XDG_CACHE_HOME", "/huggingface/hub" },
        { "HOME", "/.cache/huggingface/hub" },
    };
    for (size_t i = 0; i < FOVEA_ARRAY_LEN(places); i++) {
        const char *value = environment(places[i].variable);
        if (value) {
            return join(value, places[i].below, "");
        }
    }
    return NULL;
}

/* The commit that refs/main names: 40 hexadecimal digits. */
static bool
read_commit(const char *repository, char commit_out[41])
{
    FOVEA_AUTO_FREE char *path = join(repository, "/refs/main", "");
    FILE *file = path ? fopen(path, "re") : NULL;
    if (!file) {
        return false;
    }
    size_t n = fread(commit_out, 1, 40, file);
    (void)fclose(file);
    commit_out[n] = 0;
    return n == 40 && strspn(commit_out, "0123456789abcdef") == 40;
}

/* <cache>/models--owner--name/snapshots/<commit> */
static char *
in_hub_cache(const char *key)
{
    FOVEA_AUTO_FREE char *cache = hub_cache();
    if (!cache) {
        return NULL;
    }
    const char *slash = strchr(key, '/');
    FOVEA_AUTO_FREE char *owner = strndup(key, (size_t)(slash - key));
    if (!owner) {
        return NULL;
    }
    FOVEA_AUTO_FREE char *parent = join(cache, "/models--", owner);
    FOVEA_AUTO_FREE char *repository =
            parent ? join(parent, "--", slash + 1) : NULL;
    char commit[41];
    if (!repository || !read_commit(repository, commit)) {
        return NULL;
    }
    return join(repository, "/snapshots/", commit);
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
    return join(program, below, key);
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

static enum fovea_status
refuse(const char *key, struct fovea_error *err)
{
    if (is_in_catalogue(key)) {
        FOVEA_AUTO_FREE char *home = in_fovea_home(key);
        FOVEA_AUTO_FREE char *cache = hub_cache();
        return fovea_fail(err, FOVEA_ERR_MODEL_NOT_FOUND,
                "no files of %s: looked for the directory %s, and for a "
                "snapshot of it in %s",
                key, home ? home : "$FOVEA_HOME/models",
                cache ? cache : "the Hugging Face cache");
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
            near ? "?" : "");
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
    if (is_hub_id(key) &&
            (accept(in_fovea_home(key), directory_out) ||
                    accept(in_hub_cache(key), directory_out) ||
                    accept(beside_program("/models/", key), directory_out) ||
                    accept(beside_program("/../share/fovea/models/", key),
                            directory_out))) {
        return FOVEA_OK;
    }
    return refuse(key, err);
}
