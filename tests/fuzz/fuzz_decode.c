/*
 * A decoder: any bytes give rows or a status, nothing else. The build makes a
 * target of it for each row of base/format.def, and says which in FORMAT.
 */
#include "decode.h"
#include "fuzz.h"

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    fuzz_decode(FORMAT, data, size);
    return 0;
}
