/*
 * See forms.h. Which forms are tried in which order is what is known of oneDNN
 * 2.6; that the one which is taken keeps bits is not taken from its name.
 *
 * Batch-reduce kernels ("brg", AVX-512 and later) of a matmul sum every output
 * in one order, except on AMX, where a long sum is cut by the number of rows.
 * There the hidden layer of the MLP is cut into parts instead, which is faster
 * too; an inner product does not look at the number of rows when it cuts. Older
 * CPUs' matmul is a classic GEMM, which depends on it; a 1x1 convolution over a
 * row of pixels does not there, and on AVX2 is a quarter faster than the GEMM
 * on one image at a time. A convolution is not for AMX: at some numbers of rows
 * it falls to reference code.
 */
#include "engine/cpu/forms.h"

#include <string.h>

#include "fovea/fovea.h"

#include "base/error.h"
#include "engine/cpu/form.h"
#include "engine/cpu/machine.h"
#include "engine/cpu/mlp_parts.h"
#include "engine/cpu/pass_size.h"
#include "engine/cpu/probe.h"

/* The search for one tower. */
struct search {
    const struct fovea_tower *tower;
    enum fovea_precision precision;
    size_t most_images;
    struct fovea_probe probe;
};

/* Forms of a matrix, those that are worth it first. */
struct candidates {
    enum fovea_form forms[FOVEA_N_FORMS];
    size_t n;
    bool is_amx; /* the first one's kernel */
};

static enum fovea_status
create_packing(const struct fovea_packing_shape *shape, enum fovea_form form,
        struct fovea_packing **packing_out, struct fovea_error *err)
{
    enum fovea_status status =
            fovea_packing_create(shape, form, packing_out, err);
    /* The library has no such product. */
    return status == FOVEA_ERR_INTERNAL ? FOVEA_OK : status;
}

FOVEA_DEFINE_AUTO(struct fovea_packing *, fovea_packing_destroy);

static bool
has_kernel(const struct fovea_packing *packing, const char *name)
{
    return packing && strstr(fovea_packing_implementation(packing), name);
}

/* Of the library's. */
static enum fovea_status
add_candidates(const struct fovea_packing_shape *shape,
        struct candidates *candidates, struct fovea_error *err)
{
    FOVEA_AUTO(fovea_packing_destroy_auto) struct fovea_packing *matmul = NULL;
    FOVEA_AUTO(fovea_packing_destroy_auto)
    struct fovea_packing *convolution = NULL;
    enum fovea_status status =
            create_packing(shape, FOVEA_FORM_MATMUL, &matmul, err);
    bool is_brg = has_kernel(matmul, "brg");
    if (!status && !is_brg) {
        status = create_packing(shape, FOVEA_FORM_CONVOLUTION, &convolution,
                err);
    }
    if (has_kernel(convolution, "jit_1x1")) {
        candidates->forms[candidates->n++] = FOVEA_FORM_CONVOLUTION;
    }
    candidates->forms[candidates->n++] = FOVEA_FORM_MATMUL;
    candidates->forms[candidates->n++] = FOVEA_FORM_INNER_PRODUCT;
    candidates->is_amx =
            candidates->is_amx || (is_brg && has_kernel(matmul, "amx"));
    return status;
}

/* Our own for the tile unit first. Of 8-bit operands there is one other. */
static enum fovea_status
list_candidates(const struct fovea_packing_shape *shape,
        struct candidates *candidates_out, struct fovea_error *err)
{
    FOVEA_AUTO(fovea_packing_destroy_auto) struct fovea_packing *tiles = NULL;
    struct candidates candidates = { .n = 0 };
    enum fovea_status status =
            create_packing(shape, FOVEA_FORM_TILES, &tiles, err);
    if (tiles) {
        candidates.forms[candidates.n++] = FOVEA_FORM_TILES;
        candidates.is_amx = true;
    }
    if (shape->element == FOVEA_ELEMENT_U8) {
        candidates.forms[candidates.n++] = FOVEA_FORM_VNNI;
    } else if (!status) {
        status = add_candidates(shape, &candidates, err);
    }
    *candidates_out = candidates;
    return status;
}

/* Everything that is done with a matrix. */
static enum fovea_status
look_at(const struct search *search, enum fovea_matrix matrix,
        const struct fovea_packing *packing, bool *keeps_out,
        struct fovea_error *err)
{
    bool keeps = true;
    if (fovea_packing_keeps_bits(packing)) {
        *keeps_out = true;
        return FOVEA_OK;
    }
    for (enum fovea_use i = 0; i < FOVEA_N_USES && keeps; i++) {
        struct fovea_linear_use use = fovea_linear_use(search->tower,
                search->precision, fovea_packing_element(packing), i);
        if (use.matrix != matrix || use.shape.rows == 0) {
            continue;
        }
        enum fovea_status status = fovea_probe_run(&search->probe, packing,
                &use.shape, search->most_images, &keeps, err);
        if (status) {
            return status;
        }
    }
    *keeps_out = keeps;
    return FOVEA_OK;
}

/* The first form of a matrix of an element that keeps bits; found_out is false if
   none of the first n_forms does. */
static enum fovea_status
find_form_of(const struct search *search, enum fovea_element element,
        enum fovea_matrix matrix, size_t n_forms, struct fovea_forms *forms,
        bool *found_out, struct fovea_error *err)
{
    struct fovea_packing_shape shape = fovea_linear_matrix(search->tower,
            search->precision, element, forms->mlp_parts, matrix);
    struct candidates candidates = { .n = 0 };
    bool found = shape.k == 0; /* nothing to be looked for */
    enum fovea_status status =
            found ? FOVEA_OK : list_candidates(&shape, &candidates, err);
    for (size_t i = 0; i < candidates.n && i < n_forms && !found && !status;
            i++) {
        FOVEA_AUTO(fovea_packing_destroy_auto)
        struct fovea_packing *packing = NULL;
        status = create_packing(&shape, candidates.forms[i], &packing, err);
        if (packing && !status) {
            status = look_at(search, matrix, packing, &found, err);
        }
        if (found) {
            forms->form[element][matrix] = candidates.forms[i];
        }
    }
    *found_out = found;
    return status;
}

/* Of all elements that it has. */
static enum fovea_status
find_form(const struct search *search, enum fovea_matrix matrix, size_t n_forms,
        struct fovea_forms *forms, bool *found_out, struct fovea_error *err)
{
    bool found = true;
    enum fovea_status status = FOVEA_OK;
    for (enum fovea_element i = 0; i < FOVEA_N_ELEMENTS && found && !status;
            i++) {
        status = find_form_of(search, i, matrix, n_forms, forms, &found, err);
    }
    *found_out = found;
    return status;
}

/* Whether parts are best: on AMX, and where each has scales of its own. */
static enum fovea_status
is_best_cut(const struct fovea_tower *tower, enum fovea_precision precision,
        bool *is_best_cut_out, struct fovea_error *err)
{
    const enum fovea_element element = fovea_precision_element(precision);
    if (fovea_precision_has_int8(precision)) {
        *is_best_cut_out = true;
        return FOVEA_OK;
    }
    struct fovea_packing_shape shape =
            fovea_linear_matrix(tower, precision, element, 1, FOVEA_MATRIX_FC2);
    struct candidates candidates;
    enum fovea_status status = list_candidates(&shape, &candidates, err);
    *is_best_cut_out = candidates.is_amx;
    return status;
}

/* Whole in the best form, unless parts are better; in parts; whole in any form. */
static enum fovea_status
find_mlp(const struct search *search, struct fovea_forms *forms,
        bool *found_out, struct fovea_error *err)
{
    const struct {
        uint32_t parts;
        size_t n_forms;
    } ways[] = { { 1, 1 },
        { fovea_mlp_parts(search->tower->mlp), FOVEA_N_FORMS },
        { 1, FOVEA_N_FORMS } };
    const struct fovea_forms before = *forms;
    bool skips_first = false;
    bool found = false;
    enum fovea_status status =
            is_best_cut(search->tower, search->precision, &skips_first, err);
    for (size_t i = skips_first; i < FOVEA_ARRAY_LEN(ways) && !found && !status;
            i++) {
        *forms = before;
        forms->mlp_parts = ways[i].parts;
        status = find_form(search, FOVEA_MATRIX_FC1, ways[i].n_forms, forms,
                &found, err);
        if (found && !status) {
            status = find_form(search, FOVEA_MATRIX_FC2, ways[i].n_forms, forms,
                    &found, err);
        }
    }
    if (!found) {
        *forms = before;
    }
    *found_out = found;
    return status;
}

static enum fovea_status
find_all(const struct search *search, struct fovea_forms *forms,
        bool *found_out, struct fovea_error *err)
{
    static const enum fovea_matrix others[] = { FOVEA_MATRIX_PATCH,
        FOVEA_MATRIX_QKV, FOVEA_MATRIX_KEY_VALUE, FOVEA_MATRIX_SQUARE,
        FOVEA_MATRIX_PROJECT };
    enum fovea_status status = find_mlp(search, forms, found_out, err);
    for (size_t i = 0; i < FOVEA_ARRAY_LEN(others) && *found_out && !status;
            i++) {
        status = find_form(search, others[i], FOVEA_N_FORMS, forms, found_out,
                err);
    }
    return status;
}

static bool
are_blocked(const struct search *search, const struct fovea_forms *forms,
        enum fovea_element element)
{
    for (size_t i = 0; i < FOVEA_N_LAYER_MATRICES; i++) {
        const struct fovea_packing_shape shape =
                fovea_linear_matrix(search->tower, search->precision, element,
                        forms->mlp_parts, fovea_layer_matrices[i]);
        const uint32_t form = forms->form[element][fovea_layer_matrices[i]];
        if (shape.k > 0 &&
                !fovea_form_ops((enum fovea_form)form)->takes_blocked) {
            return false;
        }
    }
    return true;
}

/* Products that take blocked rows are fast enough to wait for memory. */
static size_t
most_images(const struct search *search, const struct fovea_forms *forms)
{
    const struct fovea_tower *tower = search->tower;
    for (enum fovea_element i = 0; i < FOVEA_N_ELEMENTS; i++) {
        if (!are_blocked(search, forms, i)) {
            return search->most_images;
        }
    }
    return fovea_pass_most_in_cache(tower,
            fovea_element_size(fovea_precision_element(search->precision)),
            fovea_machine_cache_bytes());
}

/* For the neediest product of an element, with the MLP whole and in parts. */
static size_t
probe_values_of(const struct search *search, enum fovea_element element)
{
    const uint32_t parts[] = { 1, fovea_mlp_parts(search->tower->mlp) };
    size_t most = 0;
    for (enum fovea_use i = 0; i < FOVEA_N_USES; i++) {
        struct fovea_linear_use use =
                fovea_linear_use(search->tower, search->precision, element, i);
        for (size_t k = 0; k < FOVEA_ARRAY_LEN(parts); k++) {
            struct fovea_packing_shape shape =
                    fovea_linear_matrix(search->tower, search->precision,
                            element, parts[k], use.matrix);
            if (shape.k == 0 || use.shape.rows == 0) {
                continue;
            }
            size_t n = fovea_probe_values(shape.k, shape.n, &use.shape,
                    search->most_images);
            most = n > most ? n : most;
        }
    }
    return most;
}

static size_t
probe_values(const struct search *search)
{
    size_t most = 1;
    for (enum fovea_element i = 0; i < FOVEA_N_ELEMENTS; i++) {
        const size_t n = probe_values_of(search, i);
        most = n > most ? n : most;
    }
    return most;
}

static enum fovea_status
prefer(const struct fovea_tower *tower, enum fovea_precision precision,
        enum fovea_element element, struct fovea_forms *forms,
        struct fovea_error *err)
{
    enum fovea_status status = FOVEA_OK;
    for (enum fovea_matrix i = 0; i < FOVEA_N_MATRICES && !status; i++) {
        struct fovea_packing_shape shape = fovea_linear_matrix(tower, precision,
                element, forms->mlp_parts, i);
        struct candidates candidates;
        if (shape.k == 0) {
            continue;
        }
        status = list_candidates(&shape, &candidates, err);
        forms->form[element][i] = candidates.forms[0];
    }
    return status;
}

enum fovea_status
fovea_forms_prefer(const struct fovea_tower *tower,
        enum fovea_precision precision, struct fovea_forms *forms_out,
        struct fovea_error *err)
{
    struct fovea_forms forms = { .mlp_parts = 1, .most_images = 1 };
    bool cuts = false;
    enum fovea_status status = is_best_cut(tower, precision, &cuts, err);
    if (cuts) {
        forms.mlp_parts = fovea_mlp_parts(tower->mlp);
    }
    for (enum fovea_element i = 0; i < FOVEA_N_ELEMENTS && !status; i++) {
        status = prefer(tower, precision, i, &forms, err);
    }
    *forms_out = forms;
    return status;
}

enum fovea_status
fovea_forms_find(const struct fovea_tower *tower,
        enum fovea_precision precision, struct fovea_forms *forms_out,
        struct fovea_error *err)
{
    struct search search = { .tower = tower,
        .precision = precision,
        .most_images = fovea_pass_most(tower) };
    struct fovea_forms forms;
    enum fovea_status status =
            fovea_forms_prefer(tower, precision, &forms, err);
    if (!status) {
        status = fovea_probe_init(&search.probe, probe_values(&search), err);
        search.probe.modality = tower->modality;
    }
    bool found = false;
    if (!status) {
        status = find_all(&search, &forms, &found, err);
    }
    fovea_probe_finish(&search.probe);
    if (found && !status) {
        forms.most_images = (uint32_t)most_images(&search, &forms);
    }
    *forms_out = forms;
    return status;
}

bool
fovea_forms_fit(const struct fovea_forms *forms,
        const struct fovea_tower *tower)
{
    for (size_t i = 0; i < FOVEA_N_ELEMENTS; i++) {
        for (size_t k = 0; k < FOVEA_N_MATRICES; k++) {
            if (forms->form[i][k] >= FOVEA_N_FORMS) {
                return false;
            }
        }
    }
    return forms->mlp_parts >= 1 && forms->most_images >= 1 &&
            forms->most_images <= FOVEA_MAX_BATCH &&
            (forms->mlp_parts == 1 ||
                    forms->mlp_parts == fovea_mlp_parts(tower->mlp));
}
