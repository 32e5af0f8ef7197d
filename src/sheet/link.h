/* Links from one file to another. */
#ifndef FOVEA_SHEET_LINK_H
#define FOVEA_SHEET_LINK_H

#include "base/text.h"

/**
 * Write a URL of a file for a page in a folder: relative ("../b/c%20d.jpg") if
 * the two share a folder other than the root, else file:///...
 *
 * Bytes that are not letters, digits, '-', '_', '.', '~' and '/' are written as
 * %XX, so that it needs no further escape in HTML.
 *
 * @param folder  Of the page; absolute.
 * @param path    Absolute; any bytes.
 */
void fovea_link_add(struct fovea_text *text, const char *folder,
        const char *path);

#endif
