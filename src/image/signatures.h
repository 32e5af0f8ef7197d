/*
 * Inside of image/: the one table of what a file may be, told from how it
 * begins. What is decoded here is a row of it, what is a picture of a kind that
 * is not, and what is none but has a name people know.
 */
#ifndef FOVEA_IMAGE_SIGNATURES_H
#define FOVEA_IMAGE_SIGNATURES_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "image/image.h"

enum {
    FOVEA_HEAD_BYTES = 4096 /* of a file, that are looked at */
};

/** How a file begins: all of it, if it is shorter. */
struct fovea_head {
    const uint8_t *bytes;
    size_t size;
};

enum fovea_kind {
    FOVEA_KIND_DECODED,
    FOVEA_KIND_PICTURE, /* "JPEG XL": a picture that is not decoded */
    FOVEA_KIND_OTHER,   /* "an HTML page": no picture */
    FOVEA_KIND_TEXTED,  /* "PNG": a picture that was sent or saved as text */
};

typedef bool fovea_head_fn(const struct fovea_head *head);

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

/** Whether these bytes are at that place. */
bool fovea_head_has(const struct fovea_head *head, size_t at, const char *magic,
        size_t size);

/* Formats that take more than a comparison: signature_boxes.c */
fovea_head_fn fovea_head_is_heif;
fovea_head_fn fovea_head_is_cr3;
fovea_head_fn fovea_head_is_quicktime;
fovea_head_fn fovea_head_is_sound_in_mp4;
fovea_head_fn fovea_head_is_mp4;
fovea_head_fn fovea_head_is_webm;

/* and those that are text, or nothing: signature_text.c */
fovea_head_fn fovea_head_is_svg;
fovea_head_fn fovea_head_is_svgz;
fovea_head_fn fovea_head_is_html;
fovea_head_fn fovea_head_is_xml;
fovea_head_fn fovea_head_is_json;
fovea_head_fn fovea_head_is_eps;
fovea_head_fn fovea_head_is_xbm;
fovea_head_fn fovea_head_is_data_uri;
fovea_head_fn fovea_head_is_base64;
fovea_head_fn fovea_head_is_text;
fovea_head_fn fovea_head_is_zeros;

#endif
