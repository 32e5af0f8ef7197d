/* What workers claim: see claims.h. */
#include "pool/claims.h"

#include "wire/thumbnail.h"

static bool
is_near(uint64_t bytes, uint64_t estimate)
{
    uint64_t most = estimate / 100 * (100 + FOVEA_CLAIMS_TOLERANCE_PCT) +
            FOVEA_CLAIMS_TOLERANCE_BYTES;
    return bytes <= most;
}

const char *
fovea_claims_ready(const struct fovea_group_settings *settings,
        const struct fovea_ready *ready, int64_t lived_ns)
{
    if (ready->dimension != settings->dimension ||
            ready->row_bytes != settings->row_bytes) {
        return "loaded a model of another dimension";
    }
    if (!is_near(ready->shared_bytes, settings->shared_bytes)) {
        return "more weights than its model can have";
    }
    if (fovea_work_n_shared(settings->kind) == 0 && ready->shared_bytes > 0) {
        return "weights where there are none";
    }
    if (!is_near(ready->scratch_bytes, settings->worker_bytes)) {
        return "more memory than its work can take";
    }
    if (!fovea_claims_times(ready->load_ns, ready->warm_up_ns, lived_ns)) {
        return "it took longer to load than it lives";
    }
    return NULL;
}

bool
fovea_claims_facts(const struct fovea_group_settings *settings,
        const struct fovea_facts *facts)
{
    const struct fovea_limits *limits = &settings->limits;
    if (fovea_work_facts(settings->kind)->modality == FOVEA_MODALITY_TEXT) {
        return facts->width_px == 0;
    }
    return facts->width_px > 0 && facts->width_px <= limits->max_side_px &&
            facts->height_px <= limits->max_side_px &&
            (uint64_t)facts->width_px * facts->height_px <= limits->max_pixels;
}

/* What others' rows hold is for who reads them to check. */
bool
fovea_claims_row(const struct fovea_group_settings *settings, const void *row)
{
    return settings->kind != FOVEA_WORK_THUMBNAIL ||
            fovea_thumbnail_is_row(row, settings->row_bytes,
                    settings->thumbnail_px);
}

bool
fovea_claims_times(uint64_t decode_ns, uint64_t forward_ns, int64_t elapsed_ns)
{
    /* Each is bounded (messages.c), so the sum does not wrap. */
    return elapsed_ns >= 0 && decode_ns + forward_ns <= (uint64_t)elapsed_ns;
}
