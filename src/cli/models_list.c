/* See models_list.h. */
#include "cli/models_list.h"

#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/error.h"
#include "base/text.h"
#include "cli/cli.h"
#include "cli/columns.h"

enum {
    KEY,
    FAMILY,
    WORDS,
    DIMENSION,
    IMAGE,
    FILE_SIZE,
    LICENCE,
    FILES,
    N_COLUMNS
};

#define NOT_HERE "not here"

static const struct fovea_column columns[N_COLUMNS] = {
    [KEY] = { .header = "KEY" },
    [FAMILY] = { .header = "FAMILY", .left_out = 3 },
    [WORDS] = { .header = "WORDS", .left_out = 5 },
    [DIMENSION] = { .header = "DIMENSION", .is_right = true, .left_out = 4 },
    [IMAGE] = { .header = "IMAGE", .is_right = true, .left_out = 2 },
    [FILE_SIZE] = { .header = "SIZE", .is_right = true, .left_out = 1 },
    [LICENCE] = { .header = "LICENCE", .left_out = 6 },
    /* Where files are matters less than words and licence do. */
    [FILES] = { .header = "FILES",
            .can_be_cut = true,
            .cut_first = 5,
            .cut_to = sizeof NOT_HERE - 1 },
};

/* Whether a model's files are here, and where. */
struct place {
    struct fovea_model *model;
    const char *directory; /* NULL: not here, or not to be used */
    bool is_here;
    struct fovea_error error;
};

static void
place_find(struct place *place, struct fovea *library, const char *key)
{
    enum fovea_status status =
            fovea_model_open(library, key, &place->model, &place->error);
    place->is_here = status != FOVEA_ERR_MODEL_NOT_FOUND;
    place->directory =
            status ? NULL : fovea_model_describe(place->model)->directory;
}

static void
place_finish(struct place *place)
{
    fovea_model_close(place->model);
}

/* As people know a licence: without what SPDX puts before the names that are
   not on its list. */
static const char *
short_licence(const char *licence)
{
    static const char prefix[] = "LicenseRef-";
    size_t size = sizeof prefix - 1;
    return strncmp(licence, prefix, size) == 0 ? licence + size : licence;
}

static char *
cell(const char *text)
{
    return strdup(text);
}

static char *
number_cell(double value, const char *unit)
{
    char text[32];
    (void)snprintf(text, sizeof text, "%.0f%s", value, unit);
    return strdup(text);
}

static bool
add_row(struct fovea_table *table, const struct fovea_catalogue_entry *entry,
        const struct place *place)
{
    struct fovea_table_row *row = fovea_table_add(table);
    if (!row) {
        return false;
    }
    row->cells[KEY] = cell(entry->key);
    row->cells[FAMILY] = cell(entry->family);
    row->cells[WORDS] = cell(entry->has_text ? "yes" : "no");
    row->cells[DIMENSION] = number_cell((double)entry->embedding_dimension, "");
    row->cells[IMAGE] = number_cell((double)entry->image_size_px, "");
    row->cells[FILE_SIZE] =
            number_cell((double)entry->weights_bytes / 1e6, " MB");
    row->cells[LICENCE] = cell(short_licence(entry->licence));
    row->cells[FILES] = cell(place->directory ? place->directory
                    : place->is_here          ? place->error.message
                                              : NOT_HERE);
    for (size_t i = 0; i < N_COLUMNS; i++) {
        if (!row->cells[i]) {
            return false;
        }
    }
    return true;
}

/* Whether an entry before this one has its licence. */
static bool
is_said(size_t index, const char *licence)
{
    for (size_t i = 0; i < index; i++) {
        if (strcmp(fovea_catalogue(i)->licence, licence) == 0) {
            return true;
        }
    }
    return false;
}

static void
add_notes(struct fovea_text *text)
{
    const struct fovea_catalogue_entry *entry = NULL;
    for (size_t i = 0; (entry = fovea_catalogue(i)); i++) {
        if (entry->licence_note && !is_said(i, entry->licence)) {
            fovea_text_format(text, "%s: %s\n", short_licence(entry->licence),
                    entry->licence_note);
        }
    }
}

/* As wide as it gets where nobody said how wide that may be. */
static size_t
width_of_output(void)
{
    /* No other thread runs yet. NOLINTNEXTLINE(concurrency-mt-unsafe) */
    return isatty(STDOUT_FILENO) || getenv("COLUMNS") ? fovea_terminal_width()
                                                      : 0;
}

int
fovea_models_list(struct fovea *library)
{
    FOVEA_AUTO(fovea_text_finish) struct fovea_text text = { 0 };
    FOVEA_AUTO(fovea_table_finish)
    struct fovea_table table = { .columns = columns, .n_columns = N_COLUMNS };
    const struct fovea_catalogue_entry *entry = NULL;
    bool is_whole = true;
    for (size_t i = 0; is_whole && (entry = fovea_catalogue(i)); i++) {
        FOVEA_AUTO(place_finish) struct place place = { .model = NULL };
        place_find(&place, library, entry->key);
        is_whole = add_row(&table, entry, &place);
    }
    if (!is_whole) {
        struct fovea_error error;
        (void)fovea_fail_memory(&error, sizeof table, "a table");
        return fovea_cli_fail(&error);
    }
    fovea_table_format(&table, width_of_output(), &text);
    add_notes(&text);
    return fovea_cli_print_text(&text);
}

static void
add_object(struct fovea_text *text, const struct fovea_catalogue_entry *entry,
        const struct place *place)
{
    fovea_text_format(text, "{\"key\":");
    fovea_text_json_string(text, entry->key);
    fovea_text_format(text,
            ",\"family\":\"%s\",\"has_text\":%s,\"embedding_dimension\":%" PRIu32
            ",\"image_size_px\":%" PRIu32 ",\"weights_bytes\":%" PRIu64
            ",\"licence\":\"%s\",\"licence_note\":",
            entry->family, entry->has_text ? "true" : "false",
            entry->embedding_dimension, entry->image_size_px,
            entry->weights_bytes, entry->licence);
    if (entry->licence_note) {
        fovea_text_json_string(text, entry->licence_note);
    } else {
        fovea_text_format(text, "null");
    }
    fovea_text_format(text, ",\"here\":%s", place->is_here ? "true" : "false");
    if (place->directory) {
        fovea_text_format(text, ",\"directory\":");
        fovea_text_json_string(text, place->directory);
    } else if (place->is_here) {
        fovea_text_format(text, ",\"error\":{\"code\":\"%s\",\"message\":",
                fovea_status_name(place->error.code));
        fovea_text_json_string(text, place->error.message);
        fovea_text_add(text, "}", 1);
    }
    fovea_text_add(text, "}", 1);
}

int
fovea_models_list_json(struct fovea *library)
{
    FOVEA_AUTO(fovea_text_finish) struct fovea_text text = { 0 };
    const struct fovea_catalogue_entry *entry = NULL;
    fovea_text_add(&text, "[", 1);
    for (size_t i = 0; (entry = fovea_catalogue(i)); i++) {
        FOVEA_AUTO(place_finish) struct place place = { .model = NULL };
        place_find(&place, library, entry->key);
        if (i > 0) {
            fovea_text_add(&text, ",\n ", 3);
        }
        add_object(&text, entry, &place);
    }
    fovea_text_add(&text, "]\n", 2);
    return fovea_cli_print_text(&text);
}

const struct fovea_catalogue_entry *
fovea_models_entry(const char *key)
{
    const struct fovea_catalogue_entry *entry = NULL;
    for (size_t i = 0; (entry = fovea_catalogue(i)); i++) {
        if (strcmp(entry->key, key) == 0) {
            return entry;
        }
    }
    return NULL;
}
