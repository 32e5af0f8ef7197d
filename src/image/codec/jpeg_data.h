/*
 * The data of a JPEG on their way to libjpeg, and what is wrong with them.
 *
 * A picture of one scan ends at its first damage: the rows before it were
 * given. One of several scans is read through to its end, because each of its
 * rows is made of all scans; rows count up to the first that some scan has
 * damaged.
 */
#ifndef FOVEA_IMAGE_CODEC_JPEG_DATA_H
#define FOVEA_IMAGE_CODEC_JPEG_DATA_H

#include <stdio.h>

#include <jpeglib.h>

#include "image/codec/jpeg_end.h"

struct fovea_jpeg_data {
    const struct fovea_input *input;
    uint64_t offset; /* of the end of what was read */
    bool ended;      /* more was asked for than there is */
    uint32_t n_good_rows;
    /* Of several scans only: */
    bool has_scans;
    struct fovea_jpeg_marker end; /* of the picture's data */
    struct fovea_error damage;    /* the first */
};

/** Read the next bytes, none behind the picture's end. FOVEA_OK or
 *  FOVEA_ERR_IO. */
FOVEA_NODISCARD enum fovea_status fovea_jpeg_data_read(
        struct fovea_jpeg_data *data, uint8_t *bytes, size_t size,
        size_t *n_out, struct fovea_error *err);

/** The header was read: where do the data end? FOVEA_OK or FOVEA_ERR_IO. */
FOVEA_NODISCARD enum fovea_status fovea_jpeg_data_begin(
        struct jpeg_decompress_struct *jpeg, struct fovea_jpeg_data *data,
        struct fovea_error *err);

/** Whether the warning that libjpeg is about to give is about the data of
 *  pixels. FOVEA_OK or FOVEA_ERR_IO. */
FOVEA_NODISCARD enum fovea_status fovea_jpeg_is_damage(
        const struct jpeg_decompress_struct *jpeg,
        const struct fovea_jpeg_data *data, bool *is_out,
        struct fovea_error *err);

/** That warning as a failure. */
enum fovea_status fovea_jpeg_fail_damaged(struct jpeg_decompress_struct *jpeg,
        const struct fovea_jpeg_data *data, struct fovea_error *err);

enum fovea_status fovea_jpeg_fail_truncated(struct fovea_error *err);

/** That warning as damage of one of several scans. */
void fovea_jpeg_take_damage(struct jpeg_decompress_struct *jpeg,
        struct fovea_jpeg_data *data);

/** All scans were read, if there are several. */
void fovea_jpeg_check_scans(const struct jpeg_decompress_struct *jpeg,
        struct fovea_jpeg_data *data);

/** Whether its scans have brought all bits of all coefficients; of one scan they
 *  always have. */
bool fovea_jpeg_is_refined(const struct jpeg_decompress_struct *jpeg);

/** All good rows were given: whether they are all, and right.
 *  FOVEA_OK, FOVEA_ERR_IO, or what the damage is. */
FOVEA_NODISCARD enum fovea_status fovea_jpeg_check_rest(
        const struct jpeg_decompress_struct *jpeg,
        const struct fovea_jpeg_data *data, struct fovea_error *err);

#endif
