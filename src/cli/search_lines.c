/* See search_lines.h. */
#include "cli/search_lines.h"

bool
fovea_search_is_query(const struct fovea_search_lines *lines,
        const struct fovea_find_hit *hit)
{
    for (size_t i = 0; i < lines->n_contents; i++) {
        if (lines->contents[i] == hit->picture.content.id) {
            return true;
        }
    }
    return false;
}

static void
add_row(const struct fovea_search_lines *lines, size_t i,
        struct fovea_text *text)
{
    const struct fovea_find_hit *hit = &lines->findings->hits[i];
    const struct fovea_picture *picture = &hit->picture;
    char date[FOVEA_PICTURE_DATE_SIZE];
    char sides[FOVEA_PICTURE_SIDES_SIZE];
    fovea_picture_date(picture, picture->places, date);
    fovea_picture_sides(picture, sides);
    fovea_text_format(text, "%5zu  %7.4f  %-10s  %-11s  ", i + 1,
            (double)hit->score, date, sides);
    for (size_t k = 0; k < picture->n_places; k++) {
        if (k > 0) {
            fovea_text_format(text, "%37s  = ", "");
        }
        fovea_text_printable(text,
                fovea_picture_name(&lines->names, &picture->places[k]));
        fovea_text_format(text, "%s\n",
                k == 0 && fovea_search_is_query(lines, hit) ? "  (the query)"
                                                            : "");
    }
    if (picture->n_places == 0) {
        fovea_text_format(text, "(gone meanwhile)\n");
    }
}

void
fovea_search_table(const struct fovea_search_lines *lines,
        struct fovea_text *text)
{
    fovea_text_format(text, "%5s  %7s  %-10s  %-11s  %s\n", "RANK", "COSINE",
            "DATE", "PIXELS", "FILE");
    for (size_t i = 0; i < lines->findings->n; i++) {
        add_row(lines, i, text);
    }
}

static void
add_line(const struct fovea_search_lines *lines, size_t i,
        struct fovea_text *text)
{
    const struct fovea_find_hit *hit = &lines->findings->hits[i];
    const struct fovea_picture *picture = &hit->picture;
    fovea_text_format(text, "{\"rank\":%zu,\"cosine\":", i + 1);
    fovea_text_json_float(text, hit->score);
    fovea_picture_places_json(text, picture);
    fovea_picture_facts_json(text, picture);
    fovea_text_format(text, ",\"is_query\":%s,\"model\":",
            fovea_search_is_query(lines, hit) ? "true" : "false");
    fovea_text_json_string(text, lines->model);
    fovea_text_add(text, "}\n", 2);
}

void
fovea_search_json(const struct fovea_search_lines *lines,
        struct fovea_text *text)
{
    for (size_t i = 0; i < lines->findings->n; i++) {
        add_line(lines, i, text);
    }
}

void
fovea_search_paths(const struct fovea_search_lines *lines,
        struct fovea_text *text)
{
    for (size_t i = 0; i < lines->findings->n; i++) {
        fovea_picture_paths(text, &lines->findings->hits[i].picture);
    }
}

enum fovea_status
fovea_search_sheet(const struct fovea_search_lines *lines,
        struct fovea_sheet_file *file, struct fovea_error *err)
{
    enum fovea_status status = FOVEA_OK;
    for (size_t i = 0; i < lines->findings->n && !status; i++) {
        const struct fovea_find_hit *hit = &lines->findings->hits[i];
        const struct fovea_sheet_entry entry = {
            .mark = fovea_search_is_query(lines, hit) ? "the query" : NULL,
        };
        status = fovea_picture_sheet(file, &lines->names, &hit->picture,
                hit->score, &entry, err);
    }
    return status;
}
