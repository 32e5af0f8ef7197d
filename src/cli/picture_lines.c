/* See picture_lines.h. */
#include "cli/picture_lines.h"

#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/dates.h"
#include "base/error.h"
#include "bulk/input_name.h"

void
fovea_picture_names_init(struct fovea_picture_names *names)
{
    names->folder = realpath(".", NULL);
}

void
fovea_picture_names_finish(struct fovea_picture_names *names)
{
    free(names->folder);
}

const char *
fovea_picture_name(const struct fovea_picture_names *names,
        const struct fovea_picture_place *place)
{
    if (!place->path) {
        return place->name;
    }
    size_t size = names->folder ? strlen(names->folder) : 0;
    bool is_below = size > 1 &&
            strncmp(place->path, names->folder, size) == 0 &&
            place->path[size] == '/';
    return place->path + (is_below ? size + 1 : 0);
}

void
fovea_picture_date(const struct fovea_picture *picture,
        const struct fovea_picture_place *place,
        char text[FOVEA_PICTURE_DATE_SIZE])
{
    enum {
        DAY_SIZE = 10 /* of the day alone */
    };
    fovea_date_format(picture->content.has_taken, picture->content.taken_s,
            place ? place->mtime_ns : 0, text, FOVEA_PICTURE_DATE_SIZE);
    if (strlen(text) > DAY_SIZE) {
        text[DAY_SIZE] = '\0';
    }
}

void
fovea_picture_sides(const struct fovea_picture *picture,
        char text[FOVEA_PICTURE_SIDES_SIZE])
{
    const struct fovea_index_content *content = &picture->content;
    if (content->width_px == 0) {
        (void)snprintf(text, FOVEA_PICTURE_SIDES_SIZE, "-");
        return;
    }
    (void)snprintf(text, FOVEA_PICTURE_SIDES_SIZE, "%" PRIu32 "x%" PRIu32,
            content->width_px, content->height_px);
}

static void
add_place(struct fovea_text *text, const struct fovea_picture_place *place)
{
    fovea_name_json(text, place->path ? "path" : "item",
            place->path ? place->path : place->name);
}

void
fovea_picture_places_json(struct fovea_text *text,
        const struct fovea_picture *picture)
{
    for (size_t i = 0; i < picture->n_places; i++) {
        fovea_text_format(text, i == 1 ? ",\"copies\":[{" : i > 1 ? ",{" : ",");
        add_place(text, &picture->places[i]);
        fovea_text_format(text, i > 0 ? "}" : "");
    }
    fovea_text_format(text, picture->n_places > 1 ? "]" : "");
}

void
fovea_picture_paths(struct fovea_text *text,
        const struct fovea_picture *picture)
{
    for (size_t i = 0; i < picture->n_places; i++) {
        const char *path = picture->places[i].path;
        if (path) {
            fovea_text_add(text, path, strlen(path) + 1);
        }
    }
}

void
fovea_picture_facts_json(struct fovea_text *text,
        const struct fovea_picture *picture)
{
    const struct fovea_index_content *content = &picture->content;
    if (content->width_px > 0) {
        fovea_text_format(text, ",\"width\":%" PRIu32 ",\"height\":%" PRIu32,
                content->width_px, content->height_px);
    }
    fovea_text_format(text, ",\"bytes\":%" PRIu64, content->size_bytes);
    if (content->format[0]) {
        fovea_text_format(text, ",\"format\":");
        fovea_text_json_string(text, content->format);
    }
    char date[FOVEA_PICTURE_DATE_SIZE];
    if (content->has_taken &&
            fovea_date_format_iso(content->taken_s, date, sizeof date)) {
        fovea_text_format(text, ",\"taken\":\"%s\"", date);
    }
    fovea_text_format(text, ",\"digest\":\"%s\"", content->digest);
}

enum fovea_status
fovea_picture_sheet(struct fovea_sheet_file *file,
        const struct fovea_picture_names *names,
        const struct fovea_picture *picture, float score,
        const struct fovea_sheet_entry *more, struct fovea_error *err)
{
    char date[FOVEA_PICTURE_DATE_SIZE];
    char sides[FOVEA_PICTURE_SIDES_SIZE];
    char cosine[16];
    FOVEA_AUTO(fovea_text_finish) struct fovea_text details = { 0 };
    if (picture->n_places == 0) {
        return FOVEA_OK;
    }
    fovea_picture_date(picture, picture->places, date);
    fovea_picture_sides(picture, sides);
    (void)snprintf(cosine, sizeof cosine, "%.4f", (double)score);
    fovea_text_format(&details, "%s, %s", date, sides);
    for (size_t i = 1; i < picture->n_places; i++) {
        fovea_text_format(&details, i == 1 ? "; also " : ", ");
        fovea_text_printable(&details,
                fovea_picture_name(names, &picture->places[i]));
    }
    if (fovea_text_failed(&details)) {
        return fovea_fail_memory(err, details.capacity, "the contact sheet");
    }
    struct fovea_sheet_entry entry = *more;
    entry.path = picture->places[0].path;
    entry.name = fovea_picture_name(names, picture->places);
    entry.score = cosine;
    entry.details = details.data;
    return fovea_sheet_file_add(file, &entry, err);
}
