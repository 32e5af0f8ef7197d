/*
 * The entropy-coded data of a JPEG with less in them: for a picture that libjpeg
 * makes so small that of a component's blocks the mean alone counts.
 *
 * libjpeg goes through all codes of such a block one by one to throw them away,
 * and that takes most of its time. Here they are stepped over, several at once,
 * and what libjpeg is given says that there are none: the same picture comes of
 * it, bit for bit. What is copied is copied as it stands.
 *
 * Only data without the least irregularity are handed on. At any other nothing is
 * said but that: the picture is then decoded from the file's own data, and libjpeg
 * says what is wrong with them.
 */
#ifndef FOVEA_IMAGE_CODEC_JPEG_THIN_H
#define FOVEA_IMAGE_CODEC_JPEG_THIN_H

#include "image/codec/jpeg_data.h"

struct fovea_jpeg_thin;

/**
 * Begin, once decompressing has started, before the first row: takes over what of
 * the data is in libjpeg's hands already.
 *
 * @param data      Read from then on; must outlive it.
 * @param thin_out  NULL where nothing can be left out.
 * @return FOVEA_OK or FOVEA_ERR_NO_MEMORY.
 */
FOVEA_NODISCARD enum fovea_status fovea_jpeg_thin_create(
        struct jpeg_decompress_struct *jpeg, struct fovea_jpeg_data *data,
        struct fovea_jpeg_thin **thin_out, struct fovea_error *err);
void fovea_jpeg_thin_destroy(struct fovea_jpeg_thin *thin);

/**
 * The next bytes for libjpeg, at last the end marker.
 *
 * @param size   At least FOVEA_JPEG_THIN_ROOM.
 * @param n_out  0: the data are irregular.
 * @return FOVEA_OK or FOVEA_ERR_IO.
 */
FOVEA_NODISCARD enum fovea_status fovea_jpeg_thin_read(
        struct fovea_jpeg_thin *thin, uint8_t *bytes, size_t size,
        size_t *n_out, struct fovea_error *err);

enum {
    /* More than the blocks of a unit can take: ten, each of 64 codes with their
       bits, every byte doubled. */
    FOVEA_JPEG_THIN_ROOM = 8192,
    FOVEA_JPEG_THIN_BYTES = 256 << 10 /* of memory, at most */
};

#endif
