/*
 * Contact sheets: a page of HTML with pictures, which are in it as data: URIs.
 *
 * A sheet is one file that needs nothing else: no script, no style sheet, no
 * server; it forbids itself to load anything. It follows the reader's light or
 * dark, fits a phone, and is read and gone through by keyboard: each picture is a
 * link with a name. Names of files are any bytes; what is no text, and what would
 * turn the direction of a line, is shown as '?'.
 *
 * The pieces are written one after the other, so that what stands in memory is a
 * picture and not the sheet.
 */
#ifndef FOVEA_SHEET_SHEET_H
#define FOVEA_SHEET_SHEET_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/text.h"

/** A picture. Strings are any bytes, borrowed, and are escaped here. */
struct fovea_sheet_picture {
    const char *path;  /* absolute: what the picture links to; NULL: nothing */
    const char *name;  /* shown below it, and what is read aloud */
    const char *score; /* "0.8123"; NULL: none */
    const char *details; /* "2024-05-17, 4000 x 3000"; NULL: none */
    const char *mark;    /* "best", "the query"; NULL: none */
    const uint8_t *jpeg; /* NULL: none, and problem says why */
    size_t jpeg_bytes;
    const char *problem;
};

/** A sheet that is being written. */
struct fovea_sheet {
    struct fovea_text *text; /* what is added; its owner may take it away */
    const char *folder;      /* absolute: where the sheet will stand */
    bool is_in_list;
};

/** Begin: all up to the first picture or group. text and folder are borrowed
 *  until the end. */
void fovea_sheet_begin(struct fovea_sheet *sheet, struct fovea_text *text,
        const char *folder, const char *title, const char *summary);

/** Begin a group, which ends the one before. Pictures may do without. */
void fovea_sheet_group(struct fovea_sheet *sheet, const char *heading,
        const char *details);

/** Add a picture. It is linked to as link.h has it, so that the sheet and a
 *  folder near it may move together. */
void fovea_sheet_add(struct fovea_sheet *sheet,
        const struct fovea_sheet_picture *picture);

/** End. */
void fovea_sheet_end(struct fovea_sheet *sheet);

/** Whether a file that begins so is a sheet of ours, which may be replaced. */
bool fovea_sheet_is_ours(const char *head, size_t size);

/** Bytes of a beginning that tell that. */
enum {
    FOVEA_SHEET_HEAD_BYTES = 64
};

#endif
