/* Zero-shot labels: see labels.h. */
#include "labels/labels.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "base/error.h"
#include "base/macros.h"

static const char place[] = "{}";
static const char blanks[] = " \t\r\n\v\f";

enum {
    PLACE_SIZE = sizeof place - 1,
    SHOWN = 80 /* bytes of a label in a message */
};

static const char *
find_place(const char *template)
{
    return strstr(template, place);
}

enum fovea_status
fovea_labels_check_template(const char *template, struct fovea_error *err)
{
    const char *at = find_place(template);
    if (!at) {
        return fovea_fail(err, FOVEA_ERR_ARGUMENT,
                "a template needs {} where the label is to stand, as in "
                "\"" FOVEA_LABELS_TEMPLATE "\"");
    }
    if (find_place(at + PLACE_SIZE)) {
        return fovea_fail(err, FOVEA_ERR_ARGUMENT,
                "a template has {} once, where the label is to stand, as in "
                "\"" FOVEA_LABELS_TEMPLATE "\"");
    }
    return FOVEA_OK;
}

/* The text without the blanks around it, which no tokenizer is to be relied on to
 * tell apart. */
static const char *
trim(const char *text, size_t *size_out)
{
    text += strspn(text, blanks);
    size_t size = strlen(text);
    while (size > 0 && strchr(blanks, text[size - 1])) {
        size--;
    }
    *size_out = size;
    return text;
}

static int
compare_texts(const char *left, const char *right)
{
    size_t n_left = 0;
    size_t n_right = 0;
    left = trim(left, &n_left);
    right = trim(right, &n_right);
    int order = memcmp(left, right, n_left < n_right ? n_left : n_right);
    return order ? order : (n_left > n_right) - (n_left < n_right);
}

/* Pointers to the labels' pointers, by their texts, and of the same text in the
 * order of the labels. */
static int
compare(const void *left, const void *right)
{
    const char *const *a = *(const char *const *const *)left;
    const char *const *b = *(const char *const *const *)right;
    int order = compare_texts(*a, *b);
    return order ? order : (a > b) - (a < b);
}

static enum fovea_status
check_same(const char *const *labels, size_t n, size_t *index_out,
        struct fovea_error *err)
{
    FOVEA_AUTO_FREE const char *const **sorted = calloc(n, sizeof *sorted);
    if (!sorted) {
        *index_out = 0;
        return fovea_fail_memory(err, n * sizeof *sorted, "labels");
    }
    for (size_t i = 0; i < n; i++) {
        sorted[i] = &labels[i];
    }
    qsort(sorted, n, sizeof *sorted, compare);
    for (size_t i = 1; i < n; i++) {
        if (compare_texts(*sorted[i - 1], *sorted[i]) == 0) {
            *index_out = (size_t)(sorted[i] - labels);
            return fovea_fail(err, FOVEA_ERR_ARGUMENT,
                    "the label \"%.*s\" is given twice, as number %zu and as "
                    "number %zu",
                    SHOWN, *sorted[i], (size_t)(sorted[i - 1] - labels) + 1,
                    *index_out + 1);
        }
    }
    return FOVEA_OK;
}

enum fovea_status
fovea_labels_check(const char *const *labels, size_t n, size_t *index_out,
        struct fovea_error *err)
{
    if (n == 0) {
        *index_out = 0;
        return fovea_fail(err, FOVEA_ERR_ARGUMENT, "there are no labels");
    }
    for (size_t i = 0; i < n; i++) {
        if (labels[i][strspn(labels[i], blanks)] == '\0') {
            *index_out = i;
            return fovea_fail(err, FOVEA_ERR_ARGUMENT, "label %zu is empty",
                    i + 1);
        }
    }
    return check_same(labels, n, index_out, err);
}

char *
fovea_labels_text(const char *template, const char *label)
{
    const char *at = find_place(template);
    size_t before = (size_t)(at - template);
    size_t size = strlen(label);
    size_t after = strlen(at + PLACE_SIZE);
    char *text = malloc(before + size + after + 1);
    if (text) {
        memcpy(text, template, before);
        memcpy(text + before, label, size);
        memcpy(text + before + size, at + PLACE_SIZE, after + 1);
    }
    return text;
}

/* In lanes, so that the compiler may use the CPU's; always the same bits. */
static double
product(const float *a, const float *b, size_t n)
{
    enum {
        LANES = 8
    };
    double sums[LANES] = { 0 };
    size_t i = 0;
    for (; n - i >= LANES; i += LANES) {
        for (size_t lane = 0; lane < LANES; lane++) {
            sums[lane] += (double)a[i + lane] * (double)b[i + lane];
        }
    }
    double sum = 0;
    for (size_t lane = 0; lane < LANES; lane++) {
        sum += sums[lane];
    }
    for (; i < n; i++) {
        sum += (double)a[i] * (double)b[i];
    }
    return sum;
}

/* exp() of what is not above 0 only: it never overflows. */
static double
sigmoid(double logit)
{
    double power = exp(-fabs(logit));
    return logit < 0 ? power / (1 + power) : 1 / (1 + power);
}

static void
apply_softmax(struct fovea_label_score *scores, size_t n)
{
    double most = -INFINITY;
    for (size_t i = 0; i < n; i++) {
        most = fmax(most, scores[i].score);
    }
    double sum = 0;
    for (size_t i = 0; i < n; i++) {
        scores[i].score = exp(scores[i].score - most);
        sum += scores[i].score;
    }
    for (size_t i = 0; i < n; i++) {
        scores[i].score /= sum;
    }
}

static int
compare_scores(const void *left, const void *right)
{
    const struct fovea_label_score *a = left;
    const struct fovea_label_score *b = right;
    int order = (a->score < b->score) - (a->score > b->score);
    return order ? order : (a->index > b->index) - (a->index < b->index);
}

void
fovea_labels_rank(const float *image, const float *texts, size_t n,
        size_t dimension, const struct fovea_labels_scale *scale, bool is_raw,
        struct fovea_label_score *scores_out)
{
    for (size_t i = 0; i < n; i++) {
        double logit =
                scale->scale * product(image, texts + i * dimension, dimension);
        scores_out[i] = (struct fovea_label_score){ i, logit + scale->bias };
    }
    if (!is_raw && !scale->is_sigmoid) {
        apply_softmax(scores_out, n);
    }
    for (size_t i = 0; i < n && !is_raw && scale->is_sigmoid; i++) {
        scores_out[i].score = sigmoid(scores_out[i].score);
    }
    qsort(scores_out, n, sizeof *scores_out, compare_scores);
}
