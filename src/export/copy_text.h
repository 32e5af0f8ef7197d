/*
 * PostgreSQL's COPY in its text format, and a script for psql around it: a table
 * is made where there is none, and filled in one transaction.
 *
 * https://www.postgresql.org/docs/current/sql-copy.html
 */
#ifndef FOVEA_EXPORT_COPY_TEXT_H
#define FOVEA_EXPORT_COPY_TEXT_H

#include "export/text_output.h"

struct fovea_copy_state {
    const struct fovea_index_set_key *set;
    const char *vector_begin; /* of a vector: "[" or "{" */
    const char *vector_end;
    struct fovea_export_text output;
};

/** A value: valid UTF-8 whatever the bytes are (what is none becomes U+FFFD), with
 *  the escapes of COPY. */
void fovea_copy_add_value(struct fovea_text *text, const char *string);

/** A name in double quotes. */
void fovea_copy_add_name(struct fovea_text *text, const char *name);

/** Whether a file begins as one of these scripts. */
bool fovea_copy_is_ours(const char *const *paths, size_t index);

/** Begin a script.
 *
 *  @param before  SQL before the table: an extension; or "".
 *  @param type    Of the column of vectors. */
FOVEA_NODISCARD enum fovea_status fovea_copy_open(
        struct fovea_copy_state *state,
        const struct fovea_export_settings *settings, const char *before,
        const char *type, struct fovea_error *err);

/** The members of struct fovea_export_format, of a state that is open. */
enum fovea_status fovea_copy_write(void *state,
        const struct fovea_export_row *rows, size_t n,
        struct fovea_export_counts *counts, struct fovea_error *err);
enum fovea_status fovea_copy_commit(void *state, struct fovea_error *err);
void fovea_copy_finish(void *state);

/** Of both formats. */
extern const struct fovea_target_form fovea_copy_form;

#endif
