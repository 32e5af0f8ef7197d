/* What every format says of a picture, and of the set: names are the same
   everywhere. */
#ifndef FOVEA_EXPORT_FIELDS_H
#define FOVEA_EXPORT_FIELDS_H

#include "base/text.h"
#include "export/format.h"

enum {
    FOVEA_EXPORT_TIME_SIZE = 24 /* "2024-05-17T12:30:00" and a NUL */
};

/** The path of a file or the name of an item; any bytes. */
const char *fovea_export_place(const struct fovea_picture_place *place);

/** Of a picture's first place; "" without any. */
const char *fovea_export_path(const struct fovea_picture *picture);

/** A JSON array of all places. */
void fovea_export_paths_json(struct fovea_text *text,
        const struct fovea_picture *picture);

/** When it was taken, by the camera's clock, in ISO 8601 without a zone. False,
 *  and "", if that is not known or no year of four digits. */
bool fovea_export_taken(const struct fovea_picture *picture,
        char taken_out[FOVEA_EXPORT_TIME_SIZE]);

/**
 * Members of a JSON object, without braces: "id", "input" (the first place),
 * "paths", "bytes", "sha256", and, as far as they are known, "width", "height",
 * "format", "taken".
 */
void fovea_export_picture_json(struct fovea_text *text,
        const struct fovea_picture *picture);

/** Members "model", "weights" (the digest of its files), "dtype", "pixels",
 *  "dimension". */
void fovea_export_set_json(struct fovea_text *text,
        const struct fovea_index_set_key *set);

/** Whether a file begins with a line of such members. */
bool fovea_export_is_line(const char *path);

/** [0.1,-0.2], each the shortest decimal that reads back as the same float32. */
void fovea_export_vector_json(struct fovea_text *text, const float *vector,
        size_t n);

#endif
