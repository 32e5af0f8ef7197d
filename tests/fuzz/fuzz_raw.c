/* Raw photographs: any bytes give the rows of a preview or a status. */
#include "decode.h"
#include "fuzz.h"

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    fuzz_decode(FOVEA_FORMAT_RAW, data, size);
    return 0;
}
