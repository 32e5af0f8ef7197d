/* Inside of text/: the alphabet in which byte-level BPE writes bytes: a printable
   character for each of the 256. */
#ifndef FOVEA_TEXT_BYTE_ALPHABET_H
#define FOVEA_TEXT_BYTE_ALPHABET_H

#include <stdint.h>

/** The characters, by byte. */
void fovea_byte_alphabet(uint32_t characters_out[256]);

#endif
