/*
 * Zero-shot labels: what a picture shows, told by how near its vector is to
 * those of texts.
 *
 * The labels of a request become texts by a template ("a photo of a {}"), the
 * texts vectors, and the products of these with a picture's vector scores, as
 * the model was trained to read them: a softmax over all labels (CLIP), or each
 * label for itself by a sigmoid (SigLIP). Numbers and texts alone: knows no
 * model, no process and no request.
 */
#ifndef FOVEA_LABELS_LABELS_H
#define FOVEA_LABELS_LABELS_H

#include <stdbool.h>
#include <stddef.h>

#include "fovea/export.h"
#include "fovea/status.h"

/** The template where none is given; "{}" is where the label stands. */
#define FOVEA_LABELS_TEMPLATE "a photo of a {}"

/** How a model reads the product of a picture's vector and a text's. */
struct fovea_labels_scale {
    double scale; /* the factor itself, not its logarithm */
    double bias;
    bool is_sigmoid; /* each label for itself; else a softmax over all */
};

/** A label and what it got. */
struct fovea_label_score {
    size_t index; /* of the label, as it was given */
    double score;
};

/**
 * Whether texts can be made by a template: it must have "{}" once.
 *
 * @return FOVEA_OK; FOVEA_ERR_ARGUMENT.
 */
FOVEA_NODISCARD enum fovea_status fovea_labels_check_template(
        const char *template, struct fovea_error *err);

/**
 * Whether labels can be told apart: there is one at least, each has more than
 * blanks, and no two are the same but for blanks around them.
 *
 * @param labels     n of them.
 * @param index_out  the label at fault, 0 where there is none. Written on
 *                   failure only.
 * @return FOVEA_OK; FOVEA_ERR_ARGUMENT; FOVEA_ERR_NO_MEMORY.
 */
FOVEA_NODISCARD enum fovea_status fovea_labels_check(const char *const *labels,
        size_t n, size_t *index_out, struct fovea_error *err);

/** The text of a label; free() it. NULL if memory ran out. The template has
 *  passed the check. */
char *fovea_labels_text(const char *template, const char *label);

/**
 * What a picture's labels get, the best first; of equal ones in the order in
 * which they were given.
 *
 * Sums run in double precision, and no scale overflows them: a softmax subtracts
 * its largest logit first. Scores of a softmax add up to 1;
 * those of a sigmoid each are from 0 to 1.
 *
 * @param image       dimension numbers, finite, of length 1.
 * @param texts       [n][dimension], row-major, the same.
 * @param is_raw      logits, and no softmax or sigmoid.
 * @param scores_out  n, all written.
 */
void fovea_labels_rank(const float *image, const float *texts, size_t n,
        size_t dimension, const struct fovea_labels_scale *scale, bool is_raw,
        struct fovea_label_score *scores_out);

#endif
