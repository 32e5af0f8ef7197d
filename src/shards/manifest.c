/*
 * manifest.json: see manifest.h.
 *
 * It is JSON to everybody. To us it is lines, too: what is frozen up to the line
 * that begins the list of shards, and then a line a shard, each parsed by itself, so
 * that a list of a hundred thousand never stands in memory as a tree.
 */
#include "shards/manifest.h"

#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

#include "base/error.h"
#include "base/macros.h"
#include "shards/json.h"
#include "shards/key.h"

enum {
    MAX_BYTES = 1 << 30,
    LINE_BYTES = 256 /* of a shard, at most */
};

static const char list_begin[] = "\"shards\":[\n";
static const char list_end[] = "]}\n";

void
fovea_manifest_finish(struct fovea_manifest *manifest)
{
    fovea_frozen_finish(&manifest->frozen);
    free(manifest->shards);
    *manifest = (struct fovea_manifest){ .n_shards = 0 };
}

void
fovea_manifest_write(const struct fovea_manifest *manifest,
        struct fovea_text *text)
{
    fovea_text_format(text, "{\"fovea\":\"shards\",\"format\":%d,\n",
            FOVEA_MANIFEST_FORMAT);
    fovea_frozen_write(&manifest->frozen, text);
    fovea_text_format(text,
            ",\n\"n_shards\":%" PRIu64 ",\"n_items\":%" PRIu64 ",\n%s",
            manifest->n_shards, manifest->n_items, list_begin);
    for (uint64_t i = 0; i < manifest->n_shards; i++) {
        const struct fovea_manifest_shard *shard = &manifest->shards[i];
        fovea_text_format(text,
                "{\"first\":%" PRIu64 ",\"count\":", shard->first);
        if (shard->count == FOVEA_SHARD_UNCOUNTED) {
            fovea_text_format(text, "null");
        } else {
            fovea_text_format(text, "%" PRIu64, shard->count);
        }
        fovea_text_format(text, "%s,\"names\":\"%s\"}%s\n",
                shard->is_archive ? ",\"archive\":true" : "", shard->names,
                i + 1 < manifest->n_shards ? "," : "");
    }
    fovea_text_format(text, "%s", list_end);
}

static enum fovea_status
damaged(const char *place, const char *what, struct fovea_error *err)
{
    return fovea_fail(err, FOVEA_ERR_SHARDS_DIFFER,
            "%.100s: the manifest is damaged: %s", place, what);
}

/* What stands before the list, closed as an object. */
static enum fovea_status
parse_head(const char *bytes, size_t size, const char *place,
        struct fovea_manifest *manifest, struct fovea_error *err)
{
    FOVEA_AUTO(fovea_text_finish) struct fovea_text text = { 0 };
    fovea_text_add(&text, bytes, size);
    fovea_text_format(&text, "\"shards\":[]}");
    if (fovea_text_failed(&text)) {
        return fovea_fail_memory(err, size, "a manifest");
    }
    FOVEA_AUTO(json_decref_auto)
    json_t *head = fovea_json_object(text.data, text.size);
    const char *kind = json_string_value(json_object_get(head, "fovea"));
    if (!kind || strcmp(kind, "shards") != 0) {
        return damaged(place, "it is no manifest of shards", err);
    }
    json_int_t format = json_integer_value(json_object_get(head, "format"));
    if (format > FOVEA_MANIFEST_FORMAT) {
        return fovea_fail(err, FOVEA_ERR_SHARDS_DIFFER,
                "%.100s: the manifest is of a newer version of fovea (format "
                "%lld)",
                place, (long long)format);
    }
    json_int_t n_shards = json_integer_value(json_object_get(head, "n_shards"));
    json_int_t n_items = json_integer_value(json_object_get(head, "n_items"));
    if (format != FOVEA_MANIFEST_FORMAT || n_shards <= 0 ||
            n_shards > FOVEA_MAX_SHARDS || n_items < 0) {
        return damaged(place, "its format, n_shards or n_items", err);
    }
    manifest->n_shards = (uint64_t)n_shards;
    manifest->n_items = (uint64_t)n_items;
    enum fovea_status status = fovea_frozen_read(head, &manifest->frozen);
    return status == FOVEA_ERR_NO_MEMORY
            ? fovea_fail_memory(err, size, "a manifest")
            : status ? damaged(place, "what is frozen in it", err)
                     : FOVEA_OK;
}

/* A line of the list, without what stands behind its object. */
static bool
parse_shard(const char *line, size_t size, struct fovea_manifest_shard *shard)
{
    FOVEA_AUTO(json_decref_auto)
    json_t *object = fovea_json_object(line, size);
    const json_t *first = json_object_get(object, "first");
    const json_t *count = json_object_get(object, "count");
    const json_t *archive = json_object_get(object, "archive");
    const char *names = json_string_value(json_object_get(object, "names"));
    bool is_counted = json_is_integer(count);
    if (!json_is_integer(first) || json_integer_value(first) < 0 ||
            !(is_counted ? json_integer_value(count) > 0
                         : json_is_null(count) && archive) ||
            (archive && !json_is_true(archive)) || !names ||
            !fovea_sha256_is_hex(names)) {
        return false;
    }
    shard->first = (uint64_t)json_integer_value(first);
    shard->is_archive = archive != NULL;
    shard->count = is_counted ? (uint64_t)json_integer_value(count)
                              : FOVEA_SHARD_UNCOUNTED;
    memcpy(shard->names, names, sizeof shard->names);
    return true;
}

/* Lines up to the end of the list; *at is behind them then. */
static bool
parse_list(const char **at, const char *end, struct fovea_manifest *manifest)
{
    uint64_t n_items = 0;
    for (uint64_t i = 0; i < manifest->n_shards; i++) {
        struct fovea_manifest_shard *shard = &manifest->shards[i];
        const char *newline = memchr(*at, '\n', (size_t)(end - *at));
        if (!newline || newline - *at > LINE_BYTES || newline - *at < 2) {
            return false;
        }
        size_t size = (size_t)(newline - *at);
        bool has_comma = (*at)[size - 1] == ',';
        if (has_comma != (i + 1 < manifest->n_shards) ||
                !parse_shard(*at, size - has_comma, shard) ||
                shard->first != n_items) {
            return false;
        }
        if (shard->count == FOVEA_SHARD_UNCOUNTED) {
            manifest->n_uncounted++;
        } else if (shard->count > manifest->frozen.shard_size) {
            return false;
        } else {
            n_items += shard->count;
        }
        *at = newline + 1;
    }
    return n_items == manifest->n_items;
}

static enum fovea_status
parse(const char *bytes, size_t size, const char *place,
        struct fovea_manifest *manifest, struct fovea_error *err)
{
    const char *end = bytes + size;
    const char *list = memmem(bytes, size, list_begin, sizeof list_begin - 1);
    if (!list) {
        return damaged(place, "it has no list of shards", err);
    }
    enum fovea_status status =
            parse_head(bytes, (size_t)(list - bytes), place, manifest, err);
    if (status) {
        return status;
    }
    const char *at = list + sizeof list_begin - 1;
    /* A line has more bytes than a number of its length; so what is taken for the
       list is bounded by what was read. */
    if (manifest->n_shards > (uint64_t)(end - at) / 64) {
        return damaged(place, "its list of shards is cut short", err);
    }
    manifest->shards = calloc(manifest->n_shards, sizeof *manifest->shards);
    if (!manifest->shards) {
        return fovea_fail_memory(err,
                manifest->n_shards * sizeof *manifest->shards, "a manifest");
    }
    if (!parse_list(&at, end, manifest) ||
            (size_t)(end - at) != sizeof list_end - 1 ||
            memcmp(at, list_end, sizeof list_end - 1) != 0) {
        return damaged(place, "its list of shards", err);
    }
    return FOVEA_OK;
}

enum fovea_status
fovea_manifest_parse(const char *bytes, size_t size, const char *place,
        struct fovea_manifest *manifest_out, struct fovea_error *err)
{
    struct fovea_manifest manifest = { .n_shards = 0 };
    struct fovea_sha256 hash;
    enum fovea_status status = parse(bytes, size, place, &manifest, err);
    if (!status) {
        fovea_sha256_begin(&hash);
        fovea_sha256_add(&hash, bytes, size);
        status = fovea_sha256_end(&hash, manifest.sha256, err);
    }
    if (status) {
        fovea_manifest_finish(&manifest);
        return status;
    }
    *manifest_out = manifest;
    return FOVEA_OK;
}

enum fovea_status
fovea_manifest_read(struct fovea_objects *objects,
        struct fovea_manifest *manifest_out, struct fovea_error *err)
{
    FOVEA_AUTO(fovea_text_finish) struct fovea_text bytes = { 0 };
    enum fovea_status status = fovea_objects_get(objects, FOVEA_MANIFEST_KEY,
            MAX_BYTES, &bytes, NULL, err);
    return status ? status
                  : fovea_manifest_parse(bytes.data, bytes.size,
                            fovea_objects_name(objects, FOVEA_MANIFEST_KEY),
                            manifest_out, err);
}
