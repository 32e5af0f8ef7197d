/* Telling what a file is: any bytes are a format or a status with a message. */
#include "base/macros.h"
#include "fuzz.h"
#include "image/image.h"

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct fovea_error error = { 0 };
    struct fovea_input input = FOVEA_INPUT_INIT;
    enum fovea_format format;
    fovea_input_from_memory(data, size, &input);
    enum fovea_status status = fovea_image_sniff(&input, &format, &error);
    if (status) {
        FOVEA_ASSERT(error.code == status && error.message[0] != '\0');
    } else {
        FOVEA_ASSERT(fovea_format_name(format) != NULL);
    }
    fovea_input_finish(&input);
    return 0;
}
