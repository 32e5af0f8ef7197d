/* Choosing the decoder. */
#include <inttypes.h>

#include "base/error.h"
#include "image/codec/codec.h"
#include "image/codec/heif_codec.h"
#include "image/codec/raw.h"
#include "image/damage.h"
#include "image/image.h"
#include "image/text_mode.h"
#include "option/limits.h"

enum fovea_status
fovea_image_decode(struct fovea_input *input, const struct fovea_limits *limits,
        const struct fovea_row_sink *sink, struct fovea_error *err)
{
    static fovea_decode_fn *const decoders[] = {
#define FOVEA_FORMAT(name, codec, text, title, endings) \
    [FOVEA_FORMAT_##name] = fovea_decode_##codec,
#include "base/format.def"
    };
    fovea_error_clear(err);
    if (input->size > limits->max_bytes) {
        return fovea_fail(err, FOVEA_ERR_IMAGE_TOO_MANY_BYTES,
                "%" PRIu64 " bytes are more than the limit of %" PRIu64 " %s",
                input->size, limits->max_bytes,
                fovea_limit_by(FOVEA_OPTION_BYTES));
    }
    enum fovea_format format;
    enum fovea_status status = fovea_image_sniff(input, &format, err);
    if (!status) {
        status = fovea_check_no_text_mode(input, format, err);
    }
    if (status) {
        return status;
    }
    struct fovea_damage_watch watch = { .limits = limits, .sink = sink };
    struct fovea_row_sink watched = fovea_damage_watch_sink(&watch);
    status = decoders[format](input, limits, &watched, err);
    status = fovea_damage_judge(&watch, status, err);
    if (!status && watch.info.raw_kind) {
        fovea_raw_note(&watch.info, err);
    }
    return status;
}

void
fovea_image_warm_up(void)
{
    fovea_heif_warm_up();
}
