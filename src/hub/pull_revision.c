/*
 * Which commit is fetched.
 *
 * Of some models main has PyTorch's pickles only; openai/clip-vit-base-patch32
 * is one. Hugging Face's converter has opened a pull request with safetensors
 * for many of them, which transformers takes too. Title and author are looked
 * at: anybody may open one.
 */
#include <inttypes.h>
#include <stdio.h>
#include <string.h>

#include "base/error.h"
#include "checkpoint/json.h"
#include "hub/pull_state.h"

static const char converter[] = "SFconvertbot";
static const char converter_title[] =
        "Adding `safetensors` variant of this model";

enum {
    MAX_INFO_BYTES = 32 << 20,
    MAX_PAGES = 10 /* of pull requests; there is one as a rule */
};

bool
fovea_pull_has(const struct fovea_pull_state *pull, const char *name)
{
    const json_t *files = json_object_get(pull->info, "siblings");
    for (size_t i = 0; i < json_array_size(files); i++) {
        const char *other = json_string_value(
                json_object_get(json_array_get(files, i), "rfilename"));
        if (other && strcmp(other, name) == 0) {
            return true;
        }
    }
    return false;
}

static bool
has_file(const void *context, const char *name)
{
    const struct fovea_pull_state *pull = context;
    return !(pull->hidden && strcmp(pull->hidden, name) == 0) &&
            fovea_pull_has(pull, name);
}

void
fovea_pull_find_layout(struct fovea_pull_state *pull)
{
    pull->layout = fovea_file_layout_find(has_file, pull, &pull->missing);
}

/* "refs/pr/1" is one piece of a path: its slashes are written as %2F. */
static char *
make_info_path(const struct fovea_hub *hub)
{
    char escaped[3 * FOVEA_MAX_REVISION + 1];
    size_t n = 0;
    for (const char *at = hub->revision; *at; at++) {
        if (*at == '/') {
            memcpy(escaped + n, "%2F", 3);
            n += 3;
        } else {
            escaped[n++] = *at;
        }
    }
    escaped[n] = 0;
    FOVEA_AUTO_FREE char *start =
            fovea_place_join("/api/models/", hub->key, "/revision/");
    return start ? fovea_place_join(start, escaped, "") : NULL;
}

static enum fovea_status
ask_for_commit(struct fovea_pull_state *pull, struct fovea_error *err)
{
    FOVEA_AUTO_FREE char *path = make_info_path(&pull->hub);
    FOVEA_AUTO_FREE char *text = NULL;
    size_t size = 0;
    if (!path) {
        return fovea_fail_memory(err, FOVEA_MAX_URL_BYTES, "a URL");
    }
    enum fovea_status status =
            fovea_hub_get(&pull->hub, path, MAX_INFO_BYTES, &text, &size, err);
    json_decref(FOVEA_TAKE(pull->info));
    if (!status) {
        status = fovea_json_parse("the hub's answer", text, size,
                FOVEA_ERR_FETCH_STATUS, &pull->info, err);
    }
    if (status) {
        return status;
    }
    const char *commit = json_string_value(json_object_get(pull->info, "sha"));
    if (!commit || !fovea_is_commit(commit)) {
        return fovea_fail(err, FOVEA_ERR_FETCH_STATUS,
                "%.100s names no commit of %.100s: is it a hub?",
                pull->hub.url.host, pull->hub.key);
    }
    memcpy(pull->commit, commit, FOVEA_COMMIT_SIZE);
    fovea_pull_find_layout(pull);
    return FOVEA_OK;
}

static bool
is_text(const json_t *object, const char *key, const char *expected)
{
    const char *text = json_string_value(json_object_get(object, key));
    return text && strcmp(text, expected) == 0;
}

/* The number of an open request of the converter; 0: this is none. */
static int64_t
conversion_number(const json_t *discussion)
{
    const json_t *number = json_object_get(discussion, "num");
    return is_text(discussion, "title", converter_title) &&
                    is_text(discussion, "status", "open") &&
                    json_is_true(
                            json_object_get(discussion, "isPullRequest")) &&
                    is_text(json_object_get(discussion, "author"), "name",
                            converter) &&
                    json_integer_value(number) > 0
            ? json_integer_value(number)
            : 0;
}

/* A page of the open pull requests; *n_out of them. */
static enum fovea_status
look_at_page(struct fovea_pull_state *pull, int page, int64_t *number_out,
        size_t *n_out, struct fovea_error *err)
{
    char query[128];
    (void)snprintf(query, sizeof query,
            "/discussions?p=%d&type=pull_request&status=open&author=%s", page,
            converter);
    FOVEA_AUTO_FREE char *path =
            fovea_place_join("/api/models/", pull->hub.key, query);
    FOVEA_AUTO_FREE char *text = NULL;
    FOVEA_AUTO(json_decref_auto) json_t *answer = NULL;
    size_t size = 0;
    if (!path) {
        return fovea_fail_memory(err, FOVEA_MAX_URL_BYTES, "a URL");
    }
    enum fovea_status status =
            fovea_hub_get(&pull->hub, path, MAX_INFO_BYTES, &text, &size, err);
    if (!status) {
        status = fovea_json_parse("the hub's answer", text, size,
                FOVEA_ERR_FETCH_STATUS, &answer, err);
    }
    if (status) {
        return status;
    }
    const json_t *discussions = json_object_get(answer, "discussions");
    *n_out = json_array_size(discussions);
    for (size_t i = 0; i < *n_out && !*number_out; i++) {
        *number_out = conversion_number(json_array_get(discussions, i));
    }
    return FOVEA_OK;
}

/* A hub that knows no discussions has no conversion. */
static enum fovea_status
find_conversion(struct fovea_pull_state *pull, struct fovea_error *err)
{
    int64_t number = 0;
    size_t n = 1;
    for (int page = 0; page < MAX_PAGES && n > 0 && !number; page++) {
        n = 0;
        enum fovea_status status = look_at_page(pull, page, &number, &n, err);
        if (status == FOVEA_ERR_UNKNOWN_MODEL ||
                status == FOVEA_ERR_FETCH_STATUS) {
            return FOVEA_OK;
        }
        if (status) {
            return status;
        }
    }
    if (number) {
        (void)snprintf(pull->converted, sizeof pull->converted,
                "refs/pr/%" PRId64, number);
    }
    return FOVEA_OK;
}

enum fovea_status
fovea_pull_find_revision(struct fovea_pull_state *pull, struct fovea_error *err)
{
    enum fovea_status status = ask_for_commit(pull, err);
    bool is_main = strcmp(pull->hub.revision, "main") == 0;
    if (status || !is_main || !pull->missing ||
            !fovea_pull_has(pull, pull->layout->pickle)) {
        return status;
    }
    status = find_conversion(pull, err);
    if (status || !pull->converted[0]) {
        return status;
    }
    pull->hub.revision = pull->converted;
    return ask_for_commit(pull, err);
}
