/* See embed_image.h. */
#include "engine/cpu/embed_image.h"

#include "engine/cpu/kernels.h"
#include "engine/cpu/steps.h"

/* As their product wants them. */
static struct fovea_rows
patch_rows(const struct fovea_pass *pass)
{
    const struct fovea_plan *plan = pass->plan;
    const struct fovea_sizes *s = &plan->sizes;
    const struct fovea_packing *packing =
            plan->weights->packings[plan->element][FOVEA_MATRIX_PATCH];
    return fovea_packing_takes_blocked(packing) &&
                    fovea_rows_fill_lines(s->patch_width, plan->element)
            ? fovea_rows_blocked(plan->wide, pass->n_sequences * s->n_patches,
                      plan->element)
            : fovea_rows_dense(plan->wide, s->patch_width, plan->element);
}

static enum fovea_status
embed_patches(const struct fovea_pass *pass,
        const struct fovea_pixel_table *table, const uint8_t *pixels,
        struct fovea_error *err)
{
    struct fovea_plan *plan = pass->plan;
    const struct fovea_sizes *s = &plan->sizes;
    const size_t side = plan->weights->tower.side_px;
    const size_t patch = plan->weights->tower.patch_px;
    const struct fovea_rows patches = patch_rows(pass);
    const struct fovea_rows x = fovea_pass_residual(pass, plan->x);
    for (size_t i = 0; i < pass->n_sequences; i++) {
        const struct fovea_rows image =
                fovea_rows_from(&patches, i * s->n_patches);
        fovea_pixels_cut(table, pixels + i * 3 * side * side, side, patch,
                &image);
    }
    return fovea_step_linear(plan,
            pass->of_sequences->products[plan->element][FOVEA_USE_PATCH],
            &patches, fovea_step_piece(plan, FOVEA_ROLE_PATCH, 0), &x, err);
}

enum fovea_status
fovea_embed_images(const struct fovea_pass *pass,
        const struct fovea_pixel_table *table, const uint8_t *pixels,
        struct fovea_error *err)
{
    struct fovea_plan *plan = pass->plan;
    const struct fovea_sizes *s = &plan->sizes;
    enum fovea_status status = embed_patches(pass, table, pixels, err);
    if (status) {
        return status;
    }
    const struct fovea_tower *tower = &plan->weights->tower;
    const struct fovea_token_parts parts = { s->n_patches,
        s->n_tokens - s->n_patches, s->hidden,
        fovea_step_piece(plan, FOVEA_ROLE_CLASS, 0)->weight,
        fovea_step_piece(plan, FOVEA_ROLE_POSITION, 0)->weight };
    fovea_kernel_tokens(plan->x, pass->n_sequences, &parts);
    fovea_part_end(plan->clock, FOVEA_PART_EMBED);
    if (tower->has_pre_norm) {
        const struct fovea_rows x = fovea_pass_residual(pass, plan->x);
        fovea_step_norm(plan, plan->x, pass->n_rows,
                fovea_step_piece(plan, FOVEA_ROLE_PRE_NORM, 0), &x);
    }
    return FOVEA_OK;
}
