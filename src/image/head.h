/*
 * Inside of image/: how a file begins, and what that says of it where comparing
 * some bytes does not do. The table that asks is signatures.h; its rows for what
 * is decoded are base/format.def.
 */
#ifndef FOVEA_IMAGE_HEAD_H
#define FOVEA_IMAGE_HEAD_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

enum {
    FOVEA_HEAD_BYTES = 4096 /* of a file, that are looked at */
};

/** How a file begins: all of it, if it is shorter. */
struct fovea_head {
    const uint8_t *bytes;
    size_t size;
};

typedef bool fovea_head_fn(const struct fovea_head *head);

/** Whether these bytes are at that place. */
bool fovea_head_has(const struct fovea_head *head, size_t at, const char *magic,
        size_t size);

/** A little-endian number of up to 4 bytes; 0 if it is out of reach. */
uint32_t fovea_head_number(const struct fovea_head *head, size_t at,
        size_t size);

/* Files of boxes: head_boxes.c */
fovea_head_fn fovea_head_is_heif;
fovea_head_fn fovea_head_is_cr3;
fovea_head_fn fovea_head_is_quicktime;
fovea_head_fn fovea_head_is_sound_in_mp4;
fovea_head_fn fovea_head_is_mp4;
fovea_head_fn fovea_head_is_webm;

/* Other pictures, and what begins like them: head_pictures.c */
fovea_head_fn fovea_head_is_bmp;
fovea_head_fn fovea_head_is_webp;
fovea_head_fn fovea_head_is_avi;
fovea_head_fn fovea_head_is_wave;
fovea_head_fn fovea_head_is_ani;
fovea_head_fn fovea_head_is_ilbm;
fovea_head_fn fovea_head_is_ico;
fovea_head_fn fovea_head_is_cur;
fovea_head_fn fovea_head_is_pnm;
fovea_head_fn fovea_head_is_pfm;
fovea_head_fn fovea_head_is_emf;
fovea_head_fn fovea_head_is_pcx;
fovea_head_fn fovea_head_is_tga;
fovea_head_fn fovea_head_is_mpeg_ts;

/* What is text, or nothing: head_text.c */
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
