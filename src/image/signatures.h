/*
 * The one table of what a file may be, told from how it begins. What is decoded
 * here is a row of it (base/format.def), what is a picture of a kind that is not,
 * and what is none but has a name people know (signature.def).
 *
 * Bytes are compared and nothing is decoded, so that a process that does not look
 * into images may still ask whether there is one.
 */
#ifndef FOVEA_IMAGE_SIGNATURES_H
#define FOVEA_IMAGE_SIGNATURES_H

#include <stdbool.h>
#include <stddef.h>

#include "fovea/export.h"
#include "fovea/status.h"

#include "base/format.h"
#include "image/head.h"

enum fovea_kind {
    FOVEA_KIND_DECODED,
    FOVEA_KIND_PICTURE, /* "PSD": a picture that is not decoded */
    FOVEA_KIND_OTHER,   /* "an HTML page": no picture */
    FOVEA_KIND_TEXTED,  /* "PNG": a picture that was sent or saved as text */
};

struct fovea_signature {
    const char *name;
    enum fovea_kind kind;
    enum fovea_format format; /* of what is decoded */
    /* Either these bytes at this place, */
    size_t at;
    const char *magic;
    size_t size;
    /* or, where there are none, what this says. */
    fovea_head_fn *matches;
};

/** The first row that matches, or NULL. Static. */
const struct fovea_signature *fovea_signature_find(
        const struct fovea_head *head);

/**
 * Whether a file is an image as far as its beginning tells: bytes of no known
 * format, and of a known one that is no picture, are FOVEA_ERR_NOT_AN_IMAGE.
 *
 * @param found_out  The row that matches, on success. Static.
 */
FOVEA_NODISCARD enum fovea_status fovea_signature_judge(
        const struct fovea_head *head, const struct fovea_signature **found_out,
        struct fovea_error *err);

/** Whether a picture begins so: one that is decoded, or that is of a kind that
 *  is not. */
bool fovea_signature_is_picture(const struct fovea_head *head);

#endif
