/*
 * A contact sheet (sheet/sheet.h) in a file that appears whole or not at all. The
 * thumbnails in it are made by sealed workers, some at a time; what stands in
 * memory is what is under way.
 */
#ifndef FOVEA_CLI_SHEET_FILE_H
#define FOVEA_CLI_SHEET_FILE_H

#include "fovea/fovea.h"

#include "bulk/target.h"
#include "bulk/text_file.h"
#include "sheet/sheet.h"

/** A picture of a sheet; strings are any bytes and copied. NULL: none. */
struct fovea_sheet_entry {
    const char *heading; /* begins a group with this picture */
    const char *heading_details;
    const char *path; /* whole; NULL of what is no file */
    const char *name;
    const char *score;
    const char *details;
    const char *mark;
};

struct fovea_sheet_file;

/** Look at what stands where a sheet is to be written. As fovea_target_look(). */
FOVEA_NODISCARD enum fovea_status fovea_sheet_file_look(const char *path,
        bool overwrite, struct fovea_target *target_out,
        struct fovea_error *err);

/** A name for a sheet that is shown once; its file is there, and empty. Owned by
 *  the caller. */
FOVEA_NODISCARD enum fovea_status fovea_sheet_file_temporary(char **path_out,
        struct fovea_error *err);

/**
 * Begin a sheet.
 *
 * @param target   Looked at; borrowed until the end.
 * @param options  Of the library that makes thumbnails.
 * @return FOVEA_OK; as fovea_target_open() and fovea_open().
 */
FOVEA_NODISCARD enum fovea_status fovea_sheet_file_open(
        const struct fovea_target *target, const struct fovea_options *options,
        const char *title, const char *summary,
        struct fovea_sheet_file **file_out, struct fovea_error *err);

/** Add a picture. One that there can be no thumbnail of stands there without it,
 *  and says why. FOVEA_OK; what ends the whole sheet. */
FOVEA_NODISCARD enum fovea_status fovea_sheet_file_add(
        struct fovea_sheet_file *file, const struct fovea_sheet_entry *entry,
        struct fovea_error *err);

/** Wait for all thumbnails and let the file appear. */
FOVEA_NODISCARD enum fovea_status fovea_sheet_file_commit(
        struct fovea_sheet_file *file, struct fovea_error *err);

/** Drop what was not committed. NULL is fine. */
void fovea_sheet_file_close(struct fovea_sheet_file *file);

/** Show a file with xdg-open; its failure is reported and is none of ours. */
void fovea_sheet_file_show(const char *path);

#endif
