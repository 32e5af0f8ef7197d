/* Inside of text/: Unicode's normal forms, by utf8proc's tables. */
#ifndef FOVEA_TEXT_NORMAL_FORM_H
#define FOVEA_TEXT_NORMAL_FORM_H

#include "text/scratch.h"

/** Characters that a text of n_other bytes that are not ASCII can be in a normal
 *  form of this kind while it is worked on. */
size_t fovea_normal_form_characters(enum fovea_op_kind form, size_t n_other);

/**
 * Write a text in a normal form. Work grows with n log n, however many marks
 * stand behind one another.
 *
 * @param form  FOVEA_OP_NFC, _NFD, _NFKC or _NFKD.
 */
void fovea_normal_form(enum fovea_op_kind form, const uint8_t *text,
        size_t size, struct fovea_scratch *scratch, struct fovea_writer *out);

#endif
