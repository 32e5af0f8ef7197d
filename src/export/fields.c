/* See fields.h. */
#include "export/fields.h"

#include <inttypes.h>
#include <string.h>

#include "base/dates.h"
#include "bulk/file_head.h"
#include "spec/dtype.h"
#include "spec/pixels.h"

const char *
fovea_export_place(const struct fovea_picture_place *place)
{
    return place->path ? place->path : place->name;
}

const char *
fovea_export_path(const struct fovea_picture *picture)
{
    return picture->n_places ? fovea_export_place(&picture->places[0]) : "";
}

void
fovea_export_paths_json(struct fovea_text *text,
        const struct fovea_picture *picture)
{
    fovea_text_add(text, "[", 1);
    for (size_t i = 0; i < picture->n_places; i++) {
        fovea_text_add(text, ",", i > 0);
        fovea_text_json_string(text, fovea_export_place(&picture->places[i]));
    }
    fovea_text_add(text, "]", 1);
}

bool
fovea_export_taken(const struct fovea_picture *picture,
        char taken_out[FOVEA_EXPORT_TIME_SIZE])
{
    static const char pattern[] = "2024-05-17T12:30:00";
    bool is_known = picture->content.has_taken &&
            fovea_date_format_iso(picture->content.taken_s, taken_out,
                    FOVEA_EXPORT_TIME_SIZE) &&
            strlen(taken_out) == sizeof pattern - 1;
    if (!is_known) {
        taken_out[0] = '\0';
    }
    return is_known;
}

void
fovea_export_picture_json(struct fovea_text *text,
        const struct fovea_picture *picture)
{
    const struct fovea_index_content *content = &picture->content;
    char taken[FOVEA_EXPORT_TIME_SIZE];
    fovea_text_format(text, "\"id\":%" PRId64 ",\"input\":", content->id);
    fovea_text_json_string(text, fovea_export_path(picture));
    fovea_text_format(text, ",\"paths\":");
    fovea_export_paths_json(text, picture);
    fovea_text_format(text, ",\"bytes\":%" PRIu64 ",\"sha256\":\"%s\"",
            content->size_bytes, content->digest);
    if (content->width_px && content->height_px) {
        fovea_text_format(text, ",\"width\":%u,\"height\":%u",
                content->width_px, content->height_px);
    }
    if (content->format[0]) {
        fovea_text_format(text, ",\"format\":");
        fovea_text_json_string(text, content->format);
    }
    if (fovea_export_taken(picture, taken)) {
        fovea_text_format(text, ",\"taken\":\"%s\"", taken);
    }
}

void
fovea_export_set_json(struct fovea_text *text,
        const struct fovea_index_set_key *set)
{
    fovea_text_format(text, "\"model\":");
    fovea_text_json_string(text, set->model);
    fovea_text_format(text,
            ",\"weights\":\"%s\",\"dtype\":\"%s\",\"pixels\":\"%s\","
            "\"dimension\":%u",
            set->weights, fovea_dtype_word(set->dtype),
            fovea_pixels_words[set->pixels], set->dimension);
}

void
fovea_export_vector_json(struct fovea_text *text, const float *vector, size_t n)
{
    fovea_text_add(text, "[", 1);
    for (size_t i = 0; i < n; i++) {
        fovea_text_add(text, ",", i > 0);
        fovea_text_json_float(text, vector[i]);
    }
    fovea_text_add(text, "]", 1);
}

bool
fovea_export_is_line(const char *path)
{
    char head[64];
    size_t n = fovea_file_head(path, head, sizeof head - 1);
    head[n] = '\0';
    static const char begin[] = "{\"id\":";
    static const char next[] = ",\"input\":\"";
    if (strncmp(head, begin, sizeof begin - 1) != 0) {
        return false;
    }
    const char *at = head + sizeof begin - 1;
    size_t digits = strspn(at, "0123456789");
    return digits > 0 && strncmp(at + digits, next, sizeof next - 1) == 0;
}
