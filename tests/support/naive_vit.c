/* See naive_vit.h. Clarity over everything; small models only. */
#include "naive_vit.h"

#include <math.h>

#include "test.h"

/* What the tensors of a family are called. Of parts, ".weight" and ".bias" follow. */
struct names {
    const char *patch;
    const char *cls; /* NULL: there is none */
    const char *registers;
    const char *position;
    const char *pre_norm;
    const char *layer; /* before those of a layer, "%zu" being its number */
    const char *norm1;
    const char *q;
    const char *k;
    const char *v;
    const char *out;
    const char *scale1;
    const char *norm2;
    const char *fc1;
    const char *fc2;
    const char *scale2;
    const char *post_norm;
    const char *projection;
    const char *head; /* before those of attention pooling */
};

#define LAYERS(model)                                                          \
    .layer = model ".encoder.layers.%zu.", .norm1 = "layer_norm1",             \
    .q = "self_attn.q_proj", .k = "self_attn.k_proj", .v = "self_attn.v_proj", \
    .out = "self_attn.out_proj", .norm2 = "layer_norm2", .fc1 = "mlp.fc1",     \
    .fc2 = "mlp.fc2",                                                          \
    .position = model ".embeddings.position_embedding.weight"

#define TRANSFORMERS                                            \
    LAYERS("vision_model"),                                     \
            .patch = "vision_model.embeddings.patch_embedding", \
            .post_norm = "vision_model.post_layernorm"

#define OF_TEXTS \
    LAYERS("text_model"), .post_norm = "text_model.final_layer_norm"

static const struct names names_of[FOVEA_N_FAMILIES] = {
    [FOVEA_FAMILY_CLIP] = { TRANSFORMERS,
            .cls = "vision_model.embeddings.class_embedding",
            .pre_norm = "vision_model.pre_layrnorm",
            .projection = "visual_projection.weight" },
    [FOVEA_FAMILY_DINOV2] = { .patch = "embeddings.patch_embeddings.projection",
            .cls = "embeddings.cls_token",
            .registers = "embeddings.register_tokens",
            .position = "embeddings.position_embeddings",
            .layer = "encoder.layer.%zu.",
            .norm1 = "norm1",
            .q = "attention.attention.query",
            .k = "attention.attention.key",
            .v = "attention.attention.value",
            .out = "attention.output.dense",
            .scale1 = "layer_scale1",
            .norm2 = "norm2",
            .fc1 = "mlp.fc1",
            .fc2 = "mlp.fc2",
            .scale2 = "layer_scale2",
            .post_norm = "layernorm" },
    [FOVEA_FAMILY_SIGLIP] = { TRANSFORMERS, .head = "vision_model.head." },
};

/* Of towers for texts. */
static const struct names names_of_text[FOVEA_N_FAMILIES] = {
    [FOVEA_FAMILY_CLIP] = { OF_TEXTS, .projection = "text_projection" },
    [FOVEA_FAMILY_SIGLIP] = { OF_TEXTS, .projection = "text_model.head" },
};

struct naive {
    const struct fovea_tower *config;
    const struct names *names;
    const struct fovea_checkpoint *checkpoint;
    size_t hidden;
    size_t tokens;
};

static double *
doubles(size_t n)
{
    double *values = calloc(n, sizeof *values);
    assert_non_null(values);
    return values;
}

/* Of a tensor by its whole name. */
static float *
tensor(const struct naive *naive, const char *name)
{
    const struct fovea_tensor *found =
            fovea_checkpoint_find(naive->checkpoint, name);
    assert_non_null(found);
    float *values = malloc(found->n_elements * sizeof *values);
    struct fovea_error error;
    assert_non_null(values);
    assert_ok(fovea_checkpoint_read(naive->checkpoint, found, values, &error),
            &error);
    return values;
}

/* Of "<prefix><part><kind>". */
static float *
weights(const struct naive *naive, const char *prefix, const char *part,
        const char *kind)
{
    char name[160];
    (void)snprintf(name, sizeof name, "%s%s%s", prefix, part, kind);
    return tensor(naive, name);
}

/* What stands before the names of a layer. */
static void
prefix_of(const struct naive *naive, size_t layer, char prefix_out[80])
{
    const char *mark = strstr(naive->names->layer, "%zu");
    (void)snprintf(prefix_out, 80, "%.*s%zu%s",
            (int)(mark - naive->names->layer), naive->names->layer, layer,
            mark + 3);
}

/* out[o] = sum over i of w[o][i] in[i], plus bias[o] */
static void
matrix(const float *w, const float *bias, size_t n_out, size_t n_in,
        const double *in, double *out)
{
    for (size_t o = 0; o < n_out; o++) {
        double sum = bias ? (double)bias[o] : 0.0;
        for (size_t i = 0; i < n_in; i++) {
            sum += (double)w[o * n_in + i] * in[i];
        }
        out[o] = sum;
    }
}

/* A Linear applied to each of n rows. */
static void
linear(const struct naive *naive, const char *prefix, const char *part,
        size_t n_rows, size_t n_in, size_t n_out, const double *in, double *out)
{
    float *w = weights(naive, prefix, part, ".weight");
    float *b = weights(naive, prefix, part, ".bias");
    for (size_t r = 0; r < n_rows; r++) {
        matrix(w, b, n_out, n_in, in + r * n_in, out + r * n_out);
    }
    free(w);
    free(b);
}

static void
norm(const struct naive *naive, const char *prefix, const char *part,
        size_t n_rows, const double *in, double *out)
{
    float *w = weights(naive, prefix, part, ".weight");
    float *b = weights(naive, prefix, part, ".bias");
    size_t n = naive->hidden;
    for (size_t r = 0; r < n_rows; r++) {
        const double *x = in + r * n;
        double mean = 0.0;
        double variance = 0.0;
        for (size_t i = 0; i < n; i++) {
            mean += x[i] / (double)n;
        }
        for (size_t i = 0; i < n; i++) {
            variance += (x[i] - mean) * (x[i] - mean) / (double)n;
        }
        double scale = 1.0 / sqrt(variance + (double)naive->config->eps);
        for (size_t i = 0; i < n; i++) {
            out[r * n + i] =
                    (x[i] - mean) * scale * (double)w[i] + (double)b[i];
        }
    }
    free(w);
    free(b);
}

static double
activate(enum fovea_activation activation, double x)
{
    switch (activation) {
    case FOVEA_ACTIVATION_GELU:
        return 0.5 * x * (1.0 + erf(x / sqrt(2.0)));
    case FOVEA_ACTIVATION_GELU_TANH:
        return 0.5 * x *
                (1.0 + tanh(0.7978845608028654 * (x + 0.044715 * x * x * x)));
    case FOVEA_ACTIVATION_QUICK_GELU:
    default:
        return x / (1.0 + exp(-1.702 * x));
    }
}

/* One head of one query, which sees n tokens: out += softmax(q k) v */
static void
attend(const struct naive *naive, size_t n, const double *q, const double *k,
        const double *v, double *out)
{
    size_t dim = naive->hidden / naive->config->n_heads;
    double *score = doubles(n);
    double most = -(double)INFINITY;
    for (size_t t = 0; t < n; t++) {
        for (size_t i = 0; i < dim; i++) {
            score[t] += q[i] * k[t * naive->hidden + i];
        }
        score[t] /= sqrt((double)dim);
        most = fmax(most, score[t]);
    }
    double sum = 0.0;
    for (size_t t = 0; t < n; t++) {
        score[t] = exp(score[t] - most);
        sum += score[t];
    }
    for (size_t t = 0; t < n; t++) {
        for (size_t i = 0; i < dim; i++) {
            out[i] += score[t] / sum * v[t * naive->hidden + i];
        }
    }
    free(score);
}

/* x += branch, by channel as much as a scale says where there is one */
static void
add_branch(const struct naive *naive, const char *prefix, const char *scale,
        const double *branch, double *x)
{
    float *by = scale ? weights(naive, prefix, scale, ".lambda1") : NULL;
    for (size_t i = 0; i < naive->tokens * naive->hidden; i++) {
        x[i] += branch[i] * (by ? (double)by[i % naive->hidden] : 1.0);
    }
    free(by);
}

/* out = MLP(in) of n rows. */
static void
mlp(const struct naive *naive, const char *prefix, size_t n, const char *fc1,
        const char *fc2, const double *in, double *out)
{
    size_t n_wide = naive->config->mlp;
    double *wide = doubles(n * n_wide);
    linear(naive, prefix, fc1, n, naive->hidden, n_wide, in, wide);
    for (size_t i = 0; i < n * n_wide; i++) {
        wide[i] = activate(naive->config->activation, wide[i]);
    }
    linear(naive, prefix, fc2, n, n_wide, naive->hidden, wide, out);
    free(wide);
}

static void
run_layer(const struct naive *naive, size_t layer, double *x)
{
    const struct names *names = naive->names;
    size_t n = naive->tokens;
    size_t hidden = naive->hidden;
    size_t dim = hidden / naive->config->n_heads;
    char prefix[80];
    prefix_of(naive, layer, prefix);
    double *y = doubles(n * hidden);
    double *q = doubles(n * hidden);
    double *k = doubles(n * hidden);
    double *v = doubles(n * hidden);
    double *gathered = doubles(n * hidden);
    norm(naive, prefix, names->norm1, n, x, y);
    linear(naive, prefix, names->q, n, hidden, hidden, y, q);
    linear(naive, prefix, names->k, n, hidden, hidden, y, k);
    linear(naive, prefix, names->v, n, hidden, hidden, y, v);
    for (size_t t = 0; t < n; t++) {
        for (size_t at = 0; at < hidden; at += dim) {
            attend(naive, naive->config->is_causal ? t + 1 : n,
                    q + t * hidden + at, k + at, v + at,
                    gathered + t * hidden + at);
        }
    }
    linear(naive, prefix, names->out, n, hidden, hidden, gathered, y);
    add_branch(naive, prefix, names->scale1, y, x);
    norm(naive, prefix, names->norm2, n, x, y);
    mlp(naive, prefix, n, names->fc1, names->fc2, y, gathered);
    add_branch(naive, prefix, names->scale2, gathered, x);
    free(y);
    free(q);
    free(k);
    free(v);
    free(gathered);
}

/* Patch p of the image, normalised, channel-planar. */
static void
cut_patch(const struct naive *naive, const struct fovea_preprocess *settings,
        const uint8_t *pixels, size_t p, double *out)
{
    size_t patch = naive->config->patch_px;
    size_t image = naive->config->side_px;
    size_t top = p / (image / patch) * patch;
    size_t left = p % (image / patch) * patch;
    for (size_t c = 0; c < 3; c++) {
        for (size_t y = 0; y < patch; y++) {
            for (size_t x = 0; x < patch; x++) {
                double sample =
                        (double)pixels[((top + y) * image + left + x) * 3 + c];
                *out++ = (sample * (double)settings->rescale -
                                 (double)settings->mean[c]) /
                        (double)settings->std[c];
            }
        }
    }
}

/* Keys' cubic kernel. */
static double
cubic(double x, double a)
{
    x = fabs(x);
    if (x >= 2.0) {
        return 0.0;
    }
    return x < 1.0 ? (a + 2.0) * x * x * x - (a + 3.0) * x * x + 1.0
                   : a * x * x * x - 5.0 * a * x * x + 8.0 * a * x - 4.0 * a;
}

/* How much the i-th of `from` counts at the t-th of `to`: of four neighbours, those
   past the edge being the edge's, or of all that a wider kernel covers. */
static double
share_of(const struct fovea_tower *config, size_t from, size_t to, size_t t,
        size_t i)
{
    double scale = (double)from / (double)to;
    double place = scale * ((double)t + 0.5) - 0.5;
    double own = 0.0;
    double all = 0.0;
    double wide = config->antialiases_positions ? fmax(scale, 1.0) : 1.0;
    double a = config->antialiases_positions ? -0.5 : -0.75;
    for (int j = -2 * (int)from; j <= 3 * (int)from; j++) {
        int inside = j < 0 ? 0 : j < (int)from ? j : (int)from - 1;
        double weight = cubic(((double)j - place) / wide, a);
        if (config->antialiases_positions && inside != j) {
            continue;
        }
        all += weight;
        own += inside == (int)i ? weight : 0.0;
    }
    return own / all;
}

/* What is added to a token: the class token's as it is stored, patches' from the
   stored grid. */
static void
position_of(const struct naive *naive, const float *stored, size_t token,
        double *out)
{
    const struct fovea_tower *config = naive->config;
    size_t n_cls = naive->names->cls != NULL;
    size_t to = config->side_px / config->patch_px;
    size_t from =
            config->position_px ? config->position_px / config->patch_px : to;
    memset(out, 0, naive->hidden * sizeof *out);
    for (size_t i = 0; i < from * from && token >= n_cls; i++) {
        size_t t = token - n_cls;
        double share = from == to
                ? (double)(i == t)
                : share_of(config, from, to, t / to, i / from) *
                        share_of(config, from, to, t % to, i % from);
        for (size_t k = 0; k < naive->hidden; k++) {
            out[k] += share * (double)stored[(n_cls + i) * naive->hidden + k];
        }
    }
    for (size_t k = 0; k < naive->hidden && token < n_cls; k++) {
        out[k] = (double)stored[k];
    }
}

/* x = class token, registers and patches, with positions but for registers. */
static void
embed_patches(const struct naive *naive,
        const struct fovea_preprocess *settings, const uint8_t *pixels,
        double *x)
{
    const struct names *names = naive->names;
    const struct fovea_tower *config = naive->config;
    size_t hidden = naive->hidden;
    size_t n_registers = config->n_registers;
    size_t n_others = n_registers + (names->cls != NULL);
    size_t width = 3 * (size_t)config->patch_px * config->patch_px;
    float *w = weights(naive, names->patch, "", ".weight");
    float *b = config->has_patch_bias
            ? weights(naive, names->patch, "", ".bias")
            : NULL;
    float *cls = names->cls ? tensor(naive, names->cls) : NULL;
    float *registers = n_registers ? tensor(naive, names->registers) : NULL;
    float *position = tensor(naive, names->position);
    double *patch = doubles(width);
    for (size_t p = 0; p + n_others < naive->tokens; p++) {
        cut_patch(naive, settings, pixels, p, patch);
        matrix(w, b, hidden, width, patch, x + (n_others + p) * hidden);
    }
    double *add = doubles(hidden);
    for (size_t t = 0; t < naive->tokens; t++) {
        bool is_register = t < n_others && !(t == 0 && cls);
        size_t place = t < n_others ? 0 : t - n_registers;
        position_of(naive, position, place, add);
        for (size_t i = 0; i < hidden; i++) {
            double *value = &x[t * hidden + i];
            if (is_register) {
                *value = (double)registers[(t - (cls != NULL)) * hidden + i];
            } else {
                *value = (t < n_others ? (double)cls[i] : *value) + add[i];
            }
        }
    }
    free(add);
    free(w);
    free(b);
    free(cls);
    free(registers);
    free(position);
    free(patch);
}

/* out = row + MLP(LayerNorm(row)), where the row is what a learned query gathers of
   LayerNorm(x) */
static void
pool_by_attention(const struct naive *naive, double *x, double *out)
{
    const char *head = naive->names->head;
    size_t n = naive->tokens;
    size_t hidden = naive->hidden;
    size_t dim = hidden / naive->config->n_heads;
    float *probe = weights(naive, head, "probe", "");
    float *w = weights(naive, head, "attention.in_proj", "_weight");
    float *b = weights(naive, head, "attention.in_proj", "_bias");
    double *row = doubles(hidden);
    double *q = doubles(hidden);
    double *k = doubles(n * hidden);
    double *v = doubles(n * hidden);
    norm(naive, "", naive->names->post_norm, n, x, x);
    for (size_t i = 0; i < hidden; i++) {
        row[i] = (double)probe[i];
    }
    matrix(w, b, hidden, hidden, row, q);
    for (size_t t = 0; t < n; t++) {
        matrix(w + hidden * hidden, b + hidden, hidden, hidden, x + t * hidden,
                k + t * hidden);
        matrix(w + 2 * hidden * hidden, b + 2 * hidden, hidden, hidden,
                x + t * hidden, v + t * hidden);
    }
    memset(row, 0, hidden * sizeof *row);
    for (size_t at = 0; at < hidden; at += dim) {
        attend(naive, n, q + at, k + at, v + at, row + at);
    }
    linear(naive, head, "attention.out_proj", 1, hidden, hidden, row, q);
    norm(naive, head, "layernorm", 1, q, row);
    mlp(naive, head, 1, "mlp.fc1", "mlp.fc2", row, out);
    for (size_t i = 0; i < hidden; i++) {
        out[i] += q[i];
    }
    free(probe);
    free(w);
    free(b);
    free(row);
    free(q);
    free(k);
    free(v);
}

void
naive_vit(const struct fovea_tower *config,
        const struct fovea_preprocess *settings,
        const struct fovea_checkpoint *checkpoint, const uint8_t *pixels,
        double *embeds)
{
    const struct names *names = &names_of[config->family];
    size_t side = config->side_px / config->patch_px;
    const struct naive naive = { config, names, checkpoint, config->width,
        side * side + (names->cls != NULL) + config->n_registers };
    double *x = doubles(naive.tokens * naive.hidden);
    double *pooled = doubles(naive.hidden);
    embed_patches(&naive, settings, pixels, x);
    if (names->pre_norm) {
        norm(&naive, "", names->pre_norm, naive.tokens, x, x);
    }
    for (size_t i = 0; i < config->n_layers; i++) {
        run_layer(&naive, i, x);
    }
    if (names->head) {
        pool_by_attention(&naive, x, embeds);
    } else {
        norm(&naive, "", names->post_norm, 1, x,
                names->projection ? pooled : embeds);
    }
    if (names->projection) {
        float *w = tensor(&naive, names->projection);
        matrix(w, NULL, config->dimension, naive.hidden, pooled, embeds);
        free(w);
    }
    free(x);
    free(pooled);
}

void
naive_text(const struct fovea_tower *config,
        const struct fovea_checkpoint *checkpoint, const uint32_t *ids,
        size_t pooled, double *embeds)
{
    const struct naive naive = { config, &names_of_text[config->family],
        checkpoint, config->width, config->context };
    size_t hidden = naive.hidden;
    double *x = doubles(naive.tokens * hidden);
    double *row = doubles(hidden);
    float *token =
            tensor(&naive, "text_model.embeddings.token_embedding.weight");
    float *position = tensor(&naive, naive.names->position);
    for (size_t t = 0; t < naive.tokens; t++) {
        for (size_t i = 0; i < hidden; i++) {
            x[t * hidden + i] = (double)token[ids[t] * hidden + i] +
                    (double)position[t * hidden + i];
        }
    }
    for (size_t i = 0; i < config->n_layers; i++) {
        run_layer(&naive, i, x);
    }
    norm(&naive, "", naive.names->post_norm, 1, x + pooled * hidden, row);
    float *w = weights(&naive, naive.names->projection, "", ".weight");
    float *b = config->has_projection_bias
            ? weights(&naive, naive.names->projection, "", ".bias")
            : NULL;
    matrix(w, b, config->dimension, hidden, row, embeds);
    free(token);
    free(position);
    free(w);
    free(b);
    free(x);
    free(row);
}
