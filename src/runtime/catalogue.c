/* See catalogue.h, and catalogue.def for the models. */
#include "runtime/catalogue.h"

#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/error.h"
#include "base/nearest.h"
#include "runtime/places.h"
#include "sys/folders.h"

/* FOVEA_DATA_DIRECTORY comes from the build: <datadir>/fovea. */

/* Licences: an SPDX expression, and what is to be said aloud. */
#define LICENCE_MIT          "MIT", NULL
#define LICENCE_APACHE_2_0   "Apache-2.0", NULL
#define LICENCE_CC_BY_NC_4_0 "CC-BY-NC-4.0", "for non-commercial use only"
#define LICENCE_APPLE_AMLR \
    "LicenseRef-apple-amlr", "for research only, not for commercial use"

/* Mean and std: of the pictures that CLIP was trained on, of ImageNet's, or what
   takes samples to -1..1. */
#define MEAN_CLIP                            \
    {                                        \
        0.48145466F, 0.4578275F, 0.40821073F \
    }
#define STD_CLIP                              \
    {                                         \
        0.26862954F, 0.26130258F, 0.27577711F \
    }
#define MEAN_IMAGENET          \
    {                          \
        0.485F, 0.456F, 0.406F \
    }
#define STD_IMAGENET           \
    {                          \
        0.229F, 0.224F, 0.225F \
    }
#define MEAN_HALF        \
    {                    \
        0.5F, 0.5F, 0.5F \
    }
#define STD_HALF MEAN_HALF

static const struct fovea_catalogue_entry entries[] = {
#define X(key, family, has_text, licence, dimension, side, patch, layers,     \
        heads, width, mlp, colours, memory, weights)                          \
    { key, dimension, side, patch, layers, heads, width, mlp, MEAN_##colours, \
        STD_##colours, memory, weights, family, LICENCE_##licence, has_text },
#include "runtime/catalogue.def"
#undef X
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

/* Where a key was looked for. */
struct search {
    char *found;      /* a whole model; owned */
    char *incomplete; /* the first directory that lacks a file; owned */
    const char *missing;
};

static void
search_finish(struct search *search)
{
    free(search->found);
    free(search->incomplete);
}

/* True ends the search. */
static bool
try_place(struct search *search, char *candidate)
{
    FOVEA_AUTO_FREE char *place = candidate;
    if (!place || !is_directory(place)) {
        return false;
    }
    const char *missing = fovea_place_missing(place);
    if (!missing) {
        search->found = FOVEA_TAKE(place);
        return true;
    }
    if (!search->incomplete) {
        search->incomplete = FOVEA_TAKE(place);
        search->missing = missing;
    }
    return false;
}

/* Below a folder of ours: as built, as installed, and as installed where
   libraries stand in a folder of their architecture. */
static bool
try_beside(struct search *search, char *folder, const char *key)
{
    static const char *const belows[] = { "/models/", "/../share/fovea/models/",
        "/../../share/fovea/models/" };
    FOVEA_AUTO_FREE char *owned = folder;
    for (size_t i = 0; owned && i < FOVEA_ARRAY_LEN(belows); i++) {
        if (try_place(search, fovea_place_join(owned, belows[i], key))) {
            return true;
        }
    }
    return false;
}

/* Everywhere, in the order that the header gives. */
static bool
try_all(struct search *search, const char *key)
{
    return try_place(search, fovea_place_in_home(key)) ||
            try_place(search, fovea_place_snapshot(key)) ||
            try_beside(search, fovea_folder_of_program(), key) ||
            try_beside(search, fovea_folder_of_library(), key) ||
            try_place(search,
                    fovea_place_join(FOVEA_DATA_DIRECTORY, "/models/", key));
}

/* What would bring a model. */
static const char *
remedy(const char *key)
{
    static const char ours[] = "fovea/";
    return strncmp(key, ours, strlen(ours)) == 0
            ? "it is installed with fovea: "
            : "fovea pull ";
}

/* Known by name: which file was looked for, and where. */
static enum fovea_status
refuse_known(const char *key, struct fovea_error *err)
{
    FOVEA_AUTO_FREE char *home = fovea_place_in_home(key);
    FOVEA_AUTO_FREE char *cache = fovea_place_hub_cache();
    return fovea_fail(err, FOVEA_ERR_MODEL_NOT_FOUND,
            "not on this machine: %s%s (no config.json in %s, no snapshot in "
            "%s)",
            remedy(key), key, home ? home : "$FOVEA_HOME/models",
            cache ? cache : "the Hugging Face cache");
}

/* "; did you mean a, b or c?" */
static void
say_near(const char *key, char *text, size_t size)
{
    enum {
        MAX_NEAR = 3
    };
    const char *names[FOVEA_ARRAY_LEN(entries)];
    const char *near[MAX_NEAR];
    for (size_t i = 0; i < FOVEA_ARRAY_LEN(entries); i++) {
        names[i] = entries[i].key;
    }
    size_t n = fovea_nearest_few(key, names, FOVEA_ARRAY_LEN(names), near,
            MAX_NEAR);
    text[0] = '\0';
    for (size_t i = 0; i < n; i++) {
        const char *before = i == 0 ? "; did you mean "
                : i + 1 < n         ? ", "
                                    : " or ";
        size_t used = strlen(text);
        (void)snprintf(text + used, size - used, "%s%s%s", before, near[i],
                i + 1 == n ? "?" : "");
    }
}

static enum fovea_status
refuse(const char *key, const struct search *search, struct fovea_error *err)
{
    if (search->incomplete) {
        return fovea_fail(err, FOVEA_ERR_MODEL_NOT_FOUND,
                "not whole on this machine: %s%s (no %s in %s)", remedy(key),
                key, search->missing, search->incomplete);
    }
    if (is_in_catalogue(key)) {
        return refuse_known(key, err);
    }
    if (access(key, F_OK) == 0) {
        return fovea_fail(err, FOVEA_ERR_MODEL_NOT_FOUND,
                "%s is a file: a model is named by the directory that its "
                "files are in",
                key);
    }
    if (key[0] == '/' || key[0] == '.') {
        return fovea_fail(err, FOVEA_ERR_MODEL_NOT_FOUND,
                "no model directory %s", key);
    }
    char near[160];
    say_near(key, near, sizeof near);
    return fovea_fail(err, FOVEA_ERR_UNKNOWN_MODEL,
            "unknown model %.60s: no directory, not in the catalogue%s%s", key,
            near,
            near[0]                        ? ""
                    : fovea_is_hub_id(key) ? " or a cache; fovea pull fetches "
                                             "it from the Hugging Face hub if "
                                             "it is there"
                                           : " or a cache");
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
    FOVEA_AUTO(search_finish) struct search search = { .found = NULL };
    if (fovea_is_hub_id(key) && try_all(&search, key)) {
        *directory_out = FOVEA_TAKE(search.found);
        return FOVEA_OK;
    }
    return refuse(key, &search, err);
}
