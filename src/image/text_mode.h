/*
 * Inside of image/: files that were sent or saved as text, which puts a carriage
 * return before each line feed (FTP's ASCII mode, git's autocrlf, a file that
 * was opened as text on Windows).
 *
 * Where a format has checksums or codes that can be wrong its decoder finds
 * that. WebP, BMP and HEIF decode the shifted bytes to another picture without
 * a word, so that they are looked at here.
 */
#ifndef FOVEA_IMAGE_TEXT_MODE_H
#define FOVEA_IMAGE_TEXT_MODE_H

#include "image/image.h"

/**
 * Check that a file was not sent as text: that it is not longer than it says
 * itself by exactly its line feeds, each of which has a carriage return before
 * it. Of a good file nothing is read but its head, of one that is longer for
 * another reason some hundred bytes as a rule.
 *
 * @return FOVEA_OK, also of formats that say no length; FOVEA_ERR_IMAGE_CORRUPT;
 *         FOVEA_ERR_IO.
 */
FOVEA_NODISCARD enum fovea_status fovea_check_no_text_mode(
        const struct fovea_input *input, enum fovea_format format,
        struct fovea_error *err);

#endif
