/* See naive_vit.h. Clarity over everything; small models only. */
#include "naive_vit.h"

#include <math.h>

#include "test.h"

struct naive {
    const struct fovea_tower *config;
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

static float *
weights(const struct naive *naive, const char *prefix, size_t layer,
        const char *part)
{
    char name[128];
    if (strstr(prefix, "%zu")) {
        (void)snprintf(name, sizeof name, "vision_model.encoder.layers.%zu.%s",
                layer, part);
    } else {
        (void)snprintf(name, sizeof name, "%s%s", prefix, part);
    }
    const struct fovea_tensor *tensor =
            fovea_checkpoint_find(naive->checkpoint, name);
    assert_non_null(tensor);
    float *values = malloc(tensor->n_elements * sizeof *values);
    struct fovea_error error;
    assert_non_null(values);
    assert_ok(fovea_checkpoint_read(naive->checkpoint, tensor, values, &error),
            &error);
    return values;
}

static const char layer_prefix[] = "%zu";

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

/* A Linear of a layer applied to each of n rows. */
static void
linear(const struct naive *naive, size_t layer, const char *part, size_t n_rows,
        size_t n_in, size_t n_out, const double *in, double *out)
{
    char name[64];
    (void)snprintf(name, sizeof name, "%s.weight", part);
    float *w = weights(naive, layer_prefix, layer, name);
    (void)snprintf(name, sizeof name, "%s.bias", part);
    float *b = weights(naive, layer_prefix, layer, name);
    for (size_t r = 0; r < n_rows; r++) {
        matrix(w, b, n_out, n_in, in + r * n_in, out + r * n_out);
    }
    free(w);
    free(b);
}

static void
norm(const struct naive *naive, const char *prefix, size_t layer,
        const char *part, size_t n_rows, const double *in, double *out)
{
    char name[64];
    (void)snprintf(name, sizeof name, "%s.weight", part);
    float *w = weights(naive, prefix, layer, name);
    (void)snprintf(name, sizeof name, "%s.bias", part);
    float *b = weights(naive, prefix, layer, name);
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

/* One head of one query: out += softmax(q k) v */
static void
attend(const struct naive *naive, const double *q, const double *k,
        const double *v, double *out)
{
    size_t dim = naive->hidden / naive->config->n_heads;
    double *score = doubles(naive->tokens);
    double most = -(double)INFINITY;
    for (size_t t = 0; t < naive->tokens; t++) {
        for (size_t i = 0; i < dim; i++) {
            score[t] += q[i] * k[t * naive->hidden + i];
        }
        score[t] /= sqrt((double)dim);
        most = fmax(most, score[t]);
    }
    double sum = 0.0;
    for (size_t t = 0; t < naive->tokens; t++) {
        score[t] = exp(score[t] - most);
        sum += score[t];
    }
    for (size_t t = 0; t < naive->tokens; t++) {
        for (size_t i = 0; i < dim; i++) {
            out[i] += score[t] / sum * v[t * naive->hidden + i];
        }
    }
    free(score);
}

static void
run_layer(const struct naive *naive, size_t layer, double *x)
{
    size_t n = naive->tokens;
    size_t hidden = naive->hidden;
    size_t mlp = naive->config->mlp;
    size_t dim = hidden / naive->config->n_heads;
    double *y = doubles(n * hidden);
    double *q = doubles(n * hidden);
    double *k = doubles(n * hidden);
    double *v = doubles(n * hidden);
    double *gathered = doubles(n * hidden);
    double *wide = doubles(n * mlp);
    norm(naive, layer_prefix, layer, "layer_norm1", n, x, y);
    linear(naive, layer, "self_attn.q_proj", n, hidden, hidden, y, q);
    linear(naive, layer, "self_attn.k_proj", n, hidden, hidden, y, k);
    linear(naive, layer, "self_attn.v_proj", n, hidden, hidden, y, v);
    for (size_t t = 0; t < n; t++) {
        for (size_t at = 0; at < hidden; at += dim) {
            attend(naive, q + t * hidden + at, k + at, v + at,
                    gathered + t * hidden + at);
        }
    }
    linear(naive, layer, "self_attn.out_proj", n, hidden, hidden, gathered, y);
    for (size_t i = 0; i < n * hidden; i++) {
        x[i] += y[i];
    }
    norm(naive, layer_prefix, layer, "layer_norm2", n, x, y);
    linear(naive, layer, "mlp.fc1", n, hidden, mlp, y, wide);
    for (size_t i = 0; i < n * mlp; i++) {
        wide[i] = activate(naive->config->activation, wide[i]);
    }
    linear(naive, layer, "mlp.fc2", n, mlp, hidden, wide, y);
    for (size_t i = 0; i < n * hidden; i++) {
        x[i] += y[i];
    }
    free(y);
    free(q);
    free(k);
    free(v);
    free(gathered);
    free(wide);
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

static void
embed_patches(const struct naive *naive,
        const struct fovea_preprocess *settings, const uint8_t *pixels,
        double *x)
{
    static const char prefix[] = "vision_model.embeddings.";
    size_t hidden = naive->hidden;
    size_t width =
            3 * (size_t)naive->config->patch_px * naive->config->patch_px;
    float *w = weights(naive, prefix, 0, "patch_embedding.weight");
    float *cls = weights(naive, prefix, 0, "class_embedding");
    float *position = weights(naive, prefix, 0, "position_embedding.weight");
    double *patch = doubles(width);
    for (size_t i = 0; i < hidden; i++) {
        x[i] = (double)cls[i];
    }
    for (size_t p = 0; p + 1 < naive->tokens; p++) {
        cut_patch(naive, settings, pixels, p, patch);
        matrix(w, NULL, hidden, width, patch, x + (p + 1) * hidden);
    }
    for (size_t i = 0; i < naive->tokens * hidden; i++) {
        x[i] += (double)position[i];
    }
    free(w);
    free(cls);
    free(position);
    free(patch);
}

void
naive_vit(const struct fovea_tower *config,
        const struct fovea_preprocess *settings,
        const struct fovea_checkpoint *checkpoint, const uint8_t *pixels,
        double *embeds)
{
    size_t side = config->side_px / config->patch_px;
    const struct naive naive = { config, checkpoint, config->width,
        side * side + 1 };
    double *x = doubles(naive.tokens * naive.hidden);
    double *pooled = doubles(naive.hidden);
    embed_patches(&naive, settings, pixels, x);
    norm(&naive, "vision_model.", 0, "pre_layrnorm", naive.tokens, x, x);
    for (size_t i = 0; i < config->n_layers; i++) {
        run_layer(&naive, i, x);
    }
    norm(&naive, "vision_model.", 0, "post_layernorm", 1, x, pooled);
    float *w = weights(&naive, "", 0, "visual_projection.weight");
    matrix(w, NULL, config->dimension, naive.hidden, pooled, embeds);
    free(w);
    free(x);
    free(pooled);
}
