/* The format of an image from its first bytes: see signatures.h for the table.
 */
#include "base/error.h"
#include "image/codec/raw.h"
#include "image/image.h"
#include "image/signatures.h"

enum fovea_status
fovea_image_sniff(const struct fovea_input *input,
        enum fovea_format *format_out, struct fovea_error *err)
{
    uint8_t bytes[FOVEA_HEAD_BYTES];
    struct fovea_head head = { .bytes = bytes };
    enum fovea_status status =
            fovea_input_read(input, 0, bytes, sizeof bytes, &head.size, err);
    const struct fovea_signature *found = NULL;
    if (!status) {
        status = fovea_signature_judge(&head, &found, err);
    }
    if (status) {
        return status;
    }
    if (found->kind == FOVEA_KIND_PICTURE) {
        return fovea_fail(err, FOVEA_ERR_IMAGE_UNSUPPORTED,
                "%s is not supported", found->name);
    }
    if (found->kind == FOVEA_KIND_TEXTED) {
        return fovea_fail(err, FOVEA_ERR_IMAGE_CORRUPT,
                "%s: the file was sent or saved as text, which has changed its "
                "bytes",
                found->name);
    }
    bool is_raw = false;
    if (found->format == FOVEA_FORMAT_TIFF) {
        status = fovea_raw_is_tiff(input, &is_raw, err);
    }
    *format_out = is_raw ? FOVEA_FORMAT_RAW : found->format;
    return status;
}
