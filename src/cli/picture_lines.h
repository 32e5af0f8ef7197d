/* Pictures of an index, as search and duplicates tell of them. */
#ifndef FOVEA_CLI_PICTURE_LINES_H
#define FOVEA_CLI_PICTURE_LINES_H

#include "base/text.h"
#include "cli/sheet_file.h"
#include "find/picture.h"

/** Where the command was started, to name files below it as people do. */
struct fovea_picture_names {
    char *folder; /* whole; NULL: not known */
};

void fovea_picture_names_init(struct fovea_picture_names *names);

void fovea_picture_names_finish(struct fovea_picture_names *names);

/** A place's name for people, any bytes: a path below the folder relative to it,
 *  others whole; an item's name. Borrowed from the place. */
const char *fovea_picture_name(const struct fovea_picture_names *names,
        const struct fovea_picture_place *place);

/** "2024-05-17" of when a picture was taken, else of its file. */
enum {
    FOVEA_PICTURE_DATE_SIZE = 32
};
void fovea_picture_date(const struct fovea_picture *picture,
        const struct fovea_picture_place *place,
        char text[FOVEA_PICTURE_DATE_SIZE]);

/** "4000x3000"; "-" where it is not known. */
enum {
    FOVEA_PICTURE_SIDES_SIZE = 32
};
void fovea_picture_sides(const struct fovea_picture *picture,
        char text[FOVEA_PICTURE_SIDES_SIZE]);

/** Where a picture is, with a comma before it: "path":"/a/b.jpg", or "item" of what
 *  is no file, and "copies":[{"path":...},...] of others with the same bytes. */
void fovea_picture_places_json(struct fovea_text *text,
        const struct fovea_picture *picture);

/** The whole path of each file, with a NUL byte behind it; items have none. */
void fovea_picture_paths(struct fovea_text *text,
        const struct fovea_picture *picture);

/** The facts of a picture, each with a comma before it: "width", "height",
 *  "bytes", "format", "taken", "digest". */
void fovea_picture_facts_json(struct fovea_text *text,
        const struct fovea_picture *picture);

/**
 * Add a picture to a contact sheet, with its score, date, sides and copies.
 *
 * @param more  Its heading and mark.
 * @return As fovea_sheet_file_add().
 */
FOVEA_NODISCARD enum fovea_status fovea_picture_sheet(
        struct fovea_sheet_file *file, const struct fovea_picture_names *names,
        const struct fovea_picture *picture, float score,
        const struct fovea_sheet_entry *more, struct fovea_error *err);

#endif
