/* See byte_alphabet.h. */
#include "text/byte_alphabet.h"

/* What Latin-1 can show stands for itself; the rest is counted from U+0100. */
void
fovea_byte_alphabet(uint32_t characters_out[256])
{
    uint32_t next = 0x100;
    for (uint32_t byte = 0; byte < 256; byte++) {
        if ((byte >= 0x21 && byte <= 0x7e) || (byte >= 0xa1 && byte != 0xad)) {
            characters_out[byte] = byte;
        } else {
            characters_out[byte] = next++;
        }
    }
}
