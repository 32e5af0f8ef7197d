/* See digest.h. */
#include "checkpoint/digest.h"

#include <errno.h>
#include <inttypes.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>

#include "base/error.h"
#include "base/sha256.h"
#include "checkpoint/directory.h"
#include "checkpoint/json.h"
#include "checkpoint/tensor_source.h"
#include "spec/families.h"

enum {
    BLOCK_BYTES = 1 << 20
};

_Static_assert((int)FOVEA_DIGEST_SIZE == (int)FOVEA_SHA256_SIZE,
        "both are digits");

/* The shape; what it says about weights and nothing else of the config. Facts that
   names and shapes of tensors show need no word. */
static void
add_config(struct fovea_sha256 *hash, const struct fovea_tower *tower)
{
    char text[256];
    (void)snprintf(text, sizeof text,
            "fovea weights 1: %" PRIu32 " %" PRIu32 " %" PRIu32 " %" PRIu32
            " %" PRIu32 " %" PRIu32 " %" PRIu32 " %d %a",
            tower->width, tower->mlp, tower->n_layers, tower->n_heads,
            tower->side_px, tower->patch_px, tower->dimension,
            (int)tower->activation, (double)tower->eps);
    fovea_sha256_add_text(hash, text);
    if (tower->antialiases_positions) {
        fovea_sha256_add_text(hash, "antialiased positions");
    }
}

static enum fovea_status
add_tensor(struct fovea_sha256 *hash, const struct fovea_checkpoint *checkpoint,
        const struct fovea_tensor *tensor, uint8_t *block,
        struct fovea_error *err)
{
    fovea_sha256_add_text(hash, tensor->name);
    fovea_sha256_add_text(hash, fovea_tensor_type_name(tensor->type));
    fovea_sha256_add(hash, &tensor->n_dims, sizeof tensor->n_dims);
    fovea_sha256_add(hash, tensor->shape,
            tensor->n_dims * sizeof *tensor->shape);
    size_t size = fovea_tensor_size(tensor);
    for (size_t at = 0; at < size;) {
        size_t n = size - at < BLOCK_BYTES ? size - at : BLOCK_BYTES;
        enum fovea_status status = fovea_checkpoint_read_raw(checkpoint, tensor,
                at, block, n, err);
        if (status) {
            return status;
        }
        fovea_sha256_add(hash, block, n);
        at += n;
    }
    return FOVEA_OK;
}

static int
compare_names(const void *a, const void *b)
{
    const struct fovea_tensor *const *left = a;
    const struct fovea_tensor *const *right = b;
    return strcmp((*left)->name, (*right)->name);
}

/* The tower's tensors in the order of their names. */
static enum fovea_status
add_tower(struct fovea_sha256 *hash, const struct fovea_tower *tower,
        const struct fovea_checkpoint *checkpoint, struct fovea_error *err)
{
    size_t n = fovea_tensor_count(tower);
    FOVEA_AUTO_FREE const struct fovea_tensor **tensors =
            calloc(n, sizeof *tensors);
    FOVEA_AUTO_FREE uint8_t *block = malloc(BLOCK_BYTES);
    if (!tensors || !block) {
        return fovea_fail_memory(err, BLOCK_BYTES + n * sizeof *tensors,
                "a digest");
    }
    enum fovea_status status = FOVEA_OK;
    struct fovea_tensor_walk walk = { 0 };
    struct fovea_tensor_spec wanted;
    for (size_t i = 0; !status && fovea_tensor_next(tower, &walk, &wanted);
            i++) {
        status = fovea_checkpoint_require(checkpoint, wanted.name,
                wanted.n_dims, wanted.shape, &tensors[i], err);
    }
    if (!status) {
        qsort(tensors, n, sizeof *tensors, compare_names);
    }
    for (size_t i = 0; !status && i < n; i++) {
        if (i == 0 || tensors[i] != tensors[i - 1]) {
            status = add_tensor(hash, checkpoint, tensors[i], block, err);
        }
    }
    return status;
}

enum fovea_status
fovea_digest_weights(const struct fovea_tower *tower,
        const struct fovea_checkpoint *checkpoint,
        char digest_out[FOVEA_DIGEST_SIZE], struct fovea_error *err)
{
    struct fovea_sha256 hash;
    char digest[FOVEA_DIGEST_SIZE];
    fovea_sha256_begin(&hash);
    add_config(&hash, tower);
    enum fovea_status status = add_tower(&hash, tower, checkpoint, err);
    enum fovea_status end =
            fovea_sha256_end(&hash, digest, status ? NULL : err);
    if (status || end) {
        return status ? status : end;
    }
    memcpy(digest_out, digest, sizeof digest);
    return FOVEA_OK;
}

/* Which files, and when the last of them changed. */
struct identity {
    struct fovea_sha256 hash;
    int64_t changed_ns;
};

static void
add_file(struct identity *identity, const struct stat *info)
{
    char text[256];
    (void)snprintf(text, sizeof text,
            "%" PRIuMAX " %" PRIuMAX " %" PRIdMAX " %" PRIdMAX ".%09ld"
            " %" PRIdMAX ".%09ld",
            (uintmax_t)info->st_dev, (uintmax_t)info->st_ino,
            (intmax_t)info->st_size, (intmax_t)info->st_mtim.tv_sec,
            info->st_mtim.tv_nsec, (intmax_t)info->st_ctim.tv_sec,
            info->st_ctim.tv_nsec);
    fovea_sha256_add_text(&identity->hash, text);
    int64_t changed_ns =
            info->st_ctim.tv_sec * INT64_C(1000000000) + info->st_ctim.tv_nsec;
    if (changed_ns > identity->changed_ns) {
        identity->changed_ns = changed_ns;
    }
}

/* Of sharded weights there is an index. */
static enum fovea_status
add_path(struct identity *identity, const char *directory, const char *name,
        bool may_be_missing, struct fovea_error *err)
{
    FOVEA_AUTO_FREE char *path = NULL;
    enum fovea_status status = fovea_join_path(directory, name, &path, err);
    if (status) {
        return status;
    }
    struct stat info;
    if (stat(path, &info) == 0) {
        add_file(identity, &info);
    } else if (errno != ENOENT || !may_be_missing) {
        return fovea_fail_errno(err, FOVEA_ERR_IO, errno, "%s", path);
    }
    return FOVEA_OK;
}

static enum fovea_status
add_shards(struct identity *identity, const struct fovea_checkpoint *checkpoint,
        struct fovea_error *err)
{
    for (size_t i = 0; i < checkpoint->n_shards; i++) {
        struct stat info;
        if (fstat(checkpoint->shards[i].input.fd, &info)) {
            return fovea_fail_errno(err, FOVEA_ERR_IO, errno, "%s",
                    checkpoint->shards[i].name);
        }
        add_file(identity, &info);
    }
    return FOVEA_OK;
}

enum fovea_status
fovea_digest_identity(const char *directory,
        const struct fovea_checkpoint *checkpoint,
        char identity_out[FOVEA_DIGEST_SIZE], int64_t *changed_ns_out,
        struct fovea_error *err)
{
    const struct fovea_file_layout *layout =
            fovea_directory_layout(directory, NULL);
    struct identity identity = { .changed_ns = 0 };
    char digits[FOVEA_DIGEST_SIZE];
    fovea_sha256_begin(&identity.hash);
    fovea_sha256_add_text(&identity.hash, "fovea files 1");
    enum fovea_status status =
            add_path(&identity, directory, layout->config, false, err);
    /* Of some families it says the size of images. */
    if (!status && layout->processor) {
        status = add_path(&identity, directory, layout->processor, true, err);
    }
    if (!status && layout->index) {
        status = add_path(&identity, directory, layout->index, true, err);
    }
    if (!status) {
        status = add_shards(&identity, checkpoint, err);
    }
    enum fovea_status end =
            fovea_sha256_end(&identity.hash, digits, status ? NULL : err);
    if (status || end) {
        return status ? status : end;
    }
    memcpy(identity_out, digits, sizeof digits);
    *changed_ns_out = identity.changed_ns;
    return FOVEA_OK;
}
