/* See duplicate_lines.h. */
#include "cli/duplicate_lines.h"

#include <inttypes.h>
#include <string.h>

static const char *
plural(size_t n)
{
    return n == 1 ? "" : "s";
}

void
fovea_duplicate_heading(const struct fovea_duplicate_group *group,
        struct fovea_text *text)
{
    if (group->n == 1) {
        fovea_text_format(text, "%zu files of the same bytes", group->n_places);
    } else {
        fovea_text_format(text, "%zu pictures, %zu file%s", group->n,
                group->n_places, plural(group->n_places));
    }
    fovea_text_format(text, "; best: %s",
            fovea_best_reason_words(group->reason));
}

void
fovea_duplicate_mark(const struct fovea_duplicate_group *group, size_t i,
        struct fovea_text *text)
{
    const struct fovea_duplicate *duplicate = &group->pictures[i];
    bool is_several = group->n > 1;
    size_t before = text->size;
    fovea_text_format(text, i == 0 ? "best" : "");
    if (is_several && duplicate->is_largest) {
        fovea_text_format(text, "%slargest", text->size > before ? ", " : "");
    }
    if (is_several && duplicate->is_oldest) {
        fovea_text_format(text, "%soldest", text->size > before ? ", " : "");
    }
}

static void
add_row(const struct fovea_duplicate_group *group, size_t i,
        const struct fovea_picture_names *names, struct fovea_text *text)
{
    const struct fovea_duplicate *duplicate = &group->pictures[i];
    const struct fovea_picture *picture = &duplicate->picture;
    char date[FOVEA_PICTURE_DATE_SIZE];
    char sides[FOVEA_PICTURE_SIDES_SIZE];
    FOVEA_AUTO(fovea_text_finish) struct fovea_text mark = { 0 };
    fovea_duplicate_mark(group, i, &mark);
    fovea_picture_date(picture, picture->places, date);
    fovea_picture_sides(picture, sides);
    for (size_t k = 0; k < picture->n_places; k++) {
        if (k == 0) {
            fovea_text_format(text, "%7.4f  %-10s  %-11s  %9" PRIu64 "  ",
                    (double)duplicate->score, date, sides,
                    picture->content.size_bytes);
        } else {
            fovea_text_format(text, "%41s  = ", "");
        }
        fovea_text_printable(text,
                fovea_picture_name(names, &picture->places[k]));
        bool is_marked = k == 0 && mark.size > 0;
        fovea_text_format(text, is_marked ? "  (%s)\n" : "%s\n",
                is_marked ? mark.data : "");
    }
}

void
fovea_duplicate_table(const struct fovea_duplicate_group *group,
        const struct fovea_picture_names *names, struct fovea_text *text)
{
    fovea_duplicate_heading(group, text);
    fovea_text_add(text, "\n", 1);
    for (size_t i = 0; i < group->n; i++) {
        add_row(group, i, names, text);
    }
    fovea_text_add(text, "\n", 1);
}

void
fovea_duplicate_json(const struct fovea_duplicate_group *group, uint64_t number,
        struct fovea_text *text)
{
    fovea_text_format(text,
            "{\"group\":%" PRIu64 ",\"best_by\":\"%s\",\"files\":%zu,"
            "\"pictures\":[",
            number, fovea_best_reason_words(group->reason), group->n_places);
    for (size_t i = 0; i < group->n; i++) {
        const struct fovea_duplicate *duplicate = &group->pictures[i];
        fovea_text_format(text, i > 0 ? ",{\"cosine\":" : "{\"cosine\":");
        fovea_text_json_float(text, duplicate->score);
        fovea_picture_places_json(text, &duplicate->picture);
        fovea_picture_facts_json(text, &duplicate->picture);
        fovea_text_format(text,
                ",\"is_best\":%s,\"is_largest\":%s,\"is_oldest\":%s}",
                i == 0 ? "true" : "false",
                duplicate->is_largest ? "true" : "false",
                duplicate->is_oldest ? "true" : "false");
    }
    fovea_text_format(text, "]}\n");
}

void
fovea_duplicate_paths(const struct fovea_duplicate_group *group,
        struct fovea_text *text)
{
    for (size_t i = 0; i < group->n; i++) {
        fovea_picture_paths(text, &group->pictures[i].picture);
    }
    fovea_text_add(text, "", 1);
}
