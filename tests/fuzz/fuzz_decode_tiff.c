/* The TIFF decoder: any bytes give rows or a status, nothing else. */
#include "decode.h"
#include "fuzz.h"

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    fuzz_decode(FOVEA_FORMAT_TIFF, data, size);
    return 0;
}
