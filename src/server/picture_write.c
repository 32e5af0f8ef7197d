/* See picture_write.h. */
#include "server/picture_write.h"

#include <inttypes.h>

#include "base/dates.h"
#include "base/error.h"
#include "base/number.h"
#include "index/items.h"

enum {
    DATE_SIZE = 32,
    SHOWN = 100
};

/* The names or the paths of its places, in a list. */
static size_t
write_places(const struct fovea_picture *picture, bool of_files,
        struct fovea_text *text)
{
    size_t n = 0;
    for (size_t i = 0; i < picture->n_places; i++) {
        const struct fovea_picture_place *place = &picture->places[i];
        const char *word = of_files ? place->path : place->name;
        if (word) {
            fovea_text_add(text, ",", n++ > 0);
            fovea_text_json_string(text, word);
        }
    }
    return n;
}

static const char *
first_name(const struct fovea_picture *picture)
{
    size_t i = 0;
    while (i < picture->n_places && !picture->places[i].name) {
        i++;
    }
    return i < picture->n_places ? picture->places[i].name : NULL;
}

static size_t
count_files(const struct fovea_picture *picture)
{
    size_t n = 0;
    for (size_t i = 0; i < picture->n_places; i++) {
        n += picture->places[i].path != NULL;
    }
    return n;
}

void
fovea_picture_write(const struct fovea_picture *picture, bool show_paths,
        struct fovea_text *text)
{
    const struct fovea_index_content *content = &picture->content;
    const char *name = first_name(picture);
    char date[DATE_SIZE];
    fovea_text_format(text, "\"id\":");
    if (name) {
        fovea_text_json_string(text, name);
    } else {
        fovea_text_format(text, "\"@%" PRId64 "\"", content->id);
    }
    fovea_text_format(text, ",\"ids\":[");
    (void)write_places(picture, false, text);
    fovea_text_format(text, "],\"files\":%zu", count_files(picture));
    if (show_paths) {
        fovea_text_format(text, ",\"paths\":[");
        (void)write_places(picture, true, text);
        fovea_text_format(text, "]");
    }
    fovea_text_format(text,
            ",\"width_px\":%" PRIu32 ",\"height_px\":%" PRIu32
            ",\"size_bytes\":%" PRIu64 ",\"format\":\"%s\",\"taken_s\":",
            content->width_px, content->height_px, content->size_bytes,
            content->format);
    if (content->has_taken) {
        fovea_text_format(text, "%" PRId64, content->taken_s);
    } else {
        fovea_text_format(text, "null");
    }
    fovea_date_format(content->has_taken, content->taken_s,
            picture->n_places > 0 ? picture->places[0].mtime_ns : 0, date,
            sizeof date);
    fovea_text_format(text, ",\"date\":\"%s\"", date);
}

enum fovea_status
fovea_picture_id_find(struct fovea_index_folder *folder, const char *id,
        int64_t *content_out, struct fovea_error *err)
{
    uint64_t number = 0;
    struct fovea_index_content content;
    const struct fovea_index_item *item = NULL;
    enum fovea_status status = FOVEA_ERR_NO_ITEM;
    if (id[0] != '@') {
        status = fovea_index_item_get(folder, id, &item, err);
    } else if (fovea_number_parse(id + 1, &number) && number <= INT64_MAX) {
        status =
                fovea_index_content_get(folder, (int64_t)number, &content, err);
    }
    if (status == FOVEA_ERR_NO_ITEM) {
        fovea_error_clear(err);
        return fovea_fail(err, status, "the index has no item \"%.*s\"", SHOWN,
                id);
    }
    if (!status) {
        *content_out = item ? item->content : content.id;
    }
    return status;
}
