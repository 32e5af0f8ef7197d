/* Where models' files are: see places.h. */
#include "runtime/places.h"

#include <stdio.h>
#include <string.h>

#include "base/macros.h"
#include "checkpoint/directory.h"

bool
fovea_is_hub_id(const char *key)
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

bool
fovea_is_commit(const char *text)
{
    return strspn(text, "0123456789abcdef") == FOVEA_COMMIT_SIZE - 1 &&
            !text[FOVEA_COMMIT_SIZE - 1];
}

const char *
fovea_place_variable(const char *name)
{
    const char *value = getenv(name); /* NOLINT(concurrency-mt-unsafe) */
    return value && value[0] ? value : NULL;
}

char *
fovea_place_join(const char *a, const char *b, const char *c)
{
    char *path = NULL;
    return asprintf(&path, "%s%s%s", a, b, c) < 0 ? NULL : path;
}

struct place {
    const char *variable;
    const char *below;
};

/* The first variable that is set decides. */
static char *
choose(const struct place *places, size_t n, const char *last)
{
    for (size_t i = 0; i < n; i++) {
        const char *value = fovea_place_variable(places[i].variable);
        if (value) {
            return fovea_place_join(value, places[i].below, last);
        }
    }
    return NULL;
}

char *
fovea_place_in_home(const char *key)
{
    static const struct place places[] = {
        { "FOVEA_HOME", "/models/" },
        { "XDG_DATA_HOME", "/fovea/models/" },
        { "HOME", "/.local/share/fovea/models/" },
    };
    return choose(places, FOVEA_ARRAY_LEN(places), key);
}

char *
fovea_place_in_hub_home(const char *below)
{
    static const struct place places[] = {
        { "HF_HOME", "/" },
        { "XDG_CACHE_HOME", "/huggingface/" },
        { "HOME", "/.cache/huggingface/" },
    };
    return choose(places, FOVEA_ARRAY_LEN(places), below);
}

char *
fovea_place_hub_cache(void)
{
    static const struct place places[] = {
        { "HF_HUB_CACHE", "" },
        { "HUGGINGFACE_HUB_CACHE", "" }, /* its older name */
    };
    char *chosen = choose(places, FOVEA_ARRAY_LEN(places), "");
    return chosen ? chosen : fovea_place_in_hub_home("hub");
}

bool
fovea_place_has_hub_cache(void)
{
    return fovea_place_variable("HF_HUB_CACHE") ||
            fovea_place_variable("HUGGINGFACE_HUB_CACHE") ||
            fovea_place_variable("HF_HOME") ||
            fovea_place_variable("XDG_CACHE_HOME") ||
            fovea_place_variable("HOME");
}

char *
fovea_place_repository(const char *key)
{
    const char *slash = strchr(key, '/');
    FOVEA_AUTO_FREE char *owner =
            slash ? strndup(key, (size_t)(slash - key)) : NULL;
    FOVEA_AUTO_FREE char *start =
            owner ? fovea_place_join("models--", owner, "--") : NULL;
    return start ? fovea_place_join(start, slash + 1, "") : NULL;
}

static bool
read_commit(const char *repository, const char *ref,
        char commit_out[FOVEA_COMMIT_SIZE])
{
    FOVEA_AUTO_FREE char *path = fovea_place_join(repository, "/refs/", ref);
    FILE *file = path ? fopen(path, "re") : NULL;
    if (!file) {
        return false;
    }
    size_t n = fread(commit_out, 1, FOVEA_COMMIT_SIZE - 1, file);
    (void)fclose(file);
    commit_out[n] = 0;
    return fovea_is_commit(commit_out);
}

static char *
snapshot_of(const char *repository, const char *ref)
{
    char commit[FOVEA_COMMIT_SIZE];
    return read_commit(repository, ref, commit)
            ? fovea_place_join(repository, "/snapshots/", commit)
            : NULL;
}

const char *
fovea_place_missing(const char *directory)
{
    const char *missing = NULL;
    (void)fovea_directory_layout(directory, &missing);
    return missing;
}

char *
fovea_place_snapshot(const char *key)
{
    FOVEA_AUTO_FREE char *cache = fovea_place_hub_cache();
    FOVEA_AUTO_FREE char *name = fovea_place_repository(key);
    FOVEA_AUTO_FREE char *repository =
            cache && name ? fovea_place_join(cache, "/", name) : NULL;
    if (!repository) {
        return NULL;
    }
    char *main_one = snapshot_of(repository, "main");
    if (main_one && !fovea_place_missing(main_one)) {
        return main_one;
    }
    FOVEA_AUTO_FREE char *converted =
            snapshot_of(repository, FOVEA_CONVERTED_REF);
    if (!converted || fovea_place_missing(converted)) {
        return main_one;
    }
    free(main_one);
    return FOVEA_TAKE(converted);
}
