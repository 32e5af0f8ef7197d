/*
 * A prefix of a store, s3://bucket/prefix/: all objects below it, in the order of their
 * keys' bytes, archives as names. A listing that fails is a bad input, behind what came
 * before.
 */
#include <stdio.h>
#include <string.h>

#include "base/error.h"
#include "base/macros.h"
#include "bulk/list.h"
#include "bulk/remote.h"
#include "bulk/source.h"

struct prefix {
    struct fovea_remote remote;
    struct fovea_list list;
    const struct fovea_options *options;
    const struct fovea_filter *filter;
    bool only_names; /* archives are not opened */
    bool is_open;
    bool has_ended;
    size_t n_bucket; /* bytes of "s3://bucket/" */
    size_t n_key;    /* bytes of the prefix's own key */
};

static bool
takes(const struct fovea_source_settings *settings,
        const struct fovea_input_word *word)
{
    (void)settings;
    bool is_name =
            word->kind == FOVEA_WORD_NAME || word->kind == FOVEA_WORD_LISTED;
    return is_name && fovea_is_prefix(word->word);
}

/* It is not asked for again only to be counted. */
static bool
repeats(const struct fovea_input_word *word)
{
    (void)word;
    return false;
}

static enum fovea_status
open_prefix(const struct fovea_source_settings *settings,
        const struct fovea_input_word *word, void *state,
        struct fovea_error *err)
{
    struct prefix *prefix = state;
    const char *bucket = word->word + strlen("s3://");
    const char *slash = strchr(bucket, '/');
    prefix->options = settings->options;
    prefix->filter = settings->filter;
    prefix->only_names = settings->purpose == FOVEA_PURPOSE_NAMES;
    prefix->n_bucket =
            slash ? (size_t)(slash - word->word) + 1 : strlen(word->word);
    prefix->n_key = strlen(word->word) - prefix->n_bucket;
    prefix->list = (struct fovea_list){ .fd = -1, .separator = '\0' };
    return fovea_remote_init(&prefix->remote, word->word, err);
}

/* A bad input that stands for the listing. */
static enum fovea_status
report(struct prefix *prefix, const struct fovea_error *problem,
        enum fovea_source_step *step_out, struct fovea_entry *entry_out,
        struct fovea_error *err)
{
    prefix->has_ended = true;
    *step_out = FOVEA_SOURCE_ENTRY;
    return fovea_entry_of_list(prefix->remote.url, problem, entry_out, err);
}

static enum fovea_status
take_key(const struct prefix *prefix, const char *record,
        enum fovea_source_step *step_out, struct fovea_entry *entry_out,
        struct fovea_error *err)
{
    const char *key = record + 1;
    size_t size = strlen(key);
    bool has_slash = prefix->remote.url[prefix->n_bucket - 1] == '/';
    char *path = NULL;
    if (asprintf(&path, "%.*s%s%s", (int)prefix->n_bucket, prefix->remote.url,
                has_slash ? "" : "/", key) < 0) {
        return fovea_fail_memory(err, size, "a name");
    }
    bool is_archive = !prefix->only_names && *record == FOVEA_REMOTE_KEY &&
            fovea_archive_is_named(path);
    *step_out = is_archive ? FOVEA_SOURCE_NAME : FOVEA_SOURCE_ENTRY;
    *entry_out = (struct fovea_entry){ .path = path, .found = true };
    if (*record == FOVEA_REMOTE_ODD) {
        (void)fovea_fail(&entry_out->problem, FOVEA_ERR_URL,
                "an object whose key is not UTF-8 or has control characters is "
                "no input: copy it to another key");
    }
    return FOVEA_OK;
}

static bool
is_left_out(const struct prefix *prefix, const char *record)
{
    return prefix->filter &&
            !fovea_filter_takes(prefix->filter, record + 1 + prefix->n_key);
}

static enum fovea_status
next(void *state, enum fovea_source_step *step_out,
        struct fovea_entry *entry_out, struct fovea_error *err)
{
    struct prefix *prefix = state;
    struct fovea_error problem = { .code = FOVEA_OK };
    enum fovea_list_step step = FOVEA_LIST_NAME;
    char *record = NULL;
    size_t size = 0;
    *step_out = FOVEA_SOURCE_END;
    if (prefix->has_ended) {
        return FOVEA_OK;
    }
    if (!prefix->is_open &&
            fovea_remote_open(&prefix->remote, prefix->options, &problem)) {
        return report(prefix, &problem, step_out, entry_out, err);
    }
    prefix->is_open = true;
    prefix->list.fd = prefix->remote.fd;
    do {
        enum fovea_status status =
                fovea_list_next(&prefix->list, &step, &record, &size, err);
        if (status) {
            return status;
        }
    } while (step == FOVEA_LIST_NAME && is_left_out(prefix, record));
    if (step == FOVEA_LIST_NAME) {
        return take_key(prefix, record, step_out, entry_out, err);
    }
    if (step == FOVEA_LIST_WAIT) {
        *step_out = FOVEA_SOURCE_WAIT;
        return FOVEA_OK;
    }
    return fovea_remote_failure(&prefix->remote, &problem)
            ? report(prefix, &problem, step_out, entry_out, err)
            : FOVEA_OK;
}

static int
wait_fd(const void *state)
{
    const struct prefix *prefix = state;
    return prefix->remote.fd;
}

static void
finish(void *state)
{
    struct prefix *prefix = state;
    fovea_list_finish(&prefix->list);
    fovea_remote_finish(&prefix->remote);
}

const struct fovea_source_kind fovea_source_prefix = {
    .takes = takes,
    .repeats = repeats,
    .state_size = sizeof(struct prefix),
    .open = open_prefix,
    .next = next,
    .wait_fd = wait_fd,
    .finish = finish,
};
