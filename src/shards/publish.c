/* See publish.h. */
#include "shards/publish.h"

#include <stdio.h>
#include <string.h>

#include "base/error.h"
#include "base/macros.h"
#include "sys/cpu.h"

static const char *const isa_words[] = {
    [FOVEA_CPU_AVX2] = "avx2",
    [FOVEA_CPU_AVX512] = "avx512",
    [FOVEA_CPU_AVX512_BF16] = "avx512_bf16",
};

static void
fill_in(const struct fovea_shard_output *output, struct fovea_shard_done *done)
{
    const struct fovea_frozen *frozen = output->frozen;
    done->number = output->number;
    memcpy(done->weights, frozen->weights, sizeof done->weights);
    memcpy(done->dtype, frozen->dtype, sizeof done->dtype);
    memcpy(done->pixels, frozen->pixels, sizeof done->pixels);
    memcpy(done->version, frozen->version, sizeof done->version);
    (void)snprintf(done->isa, sizeof done->isa, "%s",
            isa_words[fovea_cpu_level()]);
    for (size_t i = 0; i < FOVEA_N_SHARD_FILES; i++) {
        done->files[i].size = output->drafts[i].size;
        memcpy(done->files[i].sha256, output->drafts[i].sha256,
                sizeof done->files[i].sha256);
    }
}

static enum fovea_status
fail_changed(struct fovea_objects *objects, const char *key,
        struct fovea_error *err)
{
    return fovea_fail(err, FOVEA_ERR_OBJECT_CHANGED,
            "%.140s: somebody else does the same shard at the same time",
            fovea_objects_name(objects, key));
}

/* Whether the shard is done, by whomever. */
static enum fovea_status
look_for_theirs(const struct fovea_shard_output *output,
        const struct fovea_manifest *manifest, bool *is_done_out,
        struct fovea_shard_done *done, struct fovea_error *err)
{
    enum fovea_shard_state state = FOVEA_SHARD_STATE_OPEN;
    enum fovea_status status = fovea_shard_look(output->objects, manifest,
            output->number, FOVEA_SHARD_LOOK_READ, &state, done, err);
    *is_done_out = !status && state == FOVEA_SHARD_STATE_DONE;
    return status;
}

/* Put a file, or find its bytes there; others' are replaced if no marker tells of
   them. */
static enum fovea_status
put_file(struct fovea_shard_output *output,
        const struct fovea_manifest *manifest, size_t index,
        struct fovea_shard_done *theirs, bool *is_theirs_out,
        struct fovea_error *err)
{
    struct fovea_draft *draft = &output->drafts[index];
    struct fovea_object_info info = { 0 };
    char key[FOVEA_SHARD_KEY_SIZE];
    char digest[FOVEA_SHA256_SIZE];
    bool was_there = false;
    fovea_shard_key(fovea_shard_file_object(index), output->number, key);
    memcpy(digest, draft->sha256, sizeof digest);
    enum fovea_status status =
            fovea_objects_put_new(output->objects, draft, &was_there, err);
    if (!status && was_there) {
        status = fovea_objects_digest(output->objects, key, &info, err);
    }
    if (status || !was_there || strcmp(info.sha256, digest) == 0) {
        return status == FOVEA_ERR_FILE_NOT_FOUND
                ? fail_changed(output->objects, key, err)
                : status;
    }
    status = look_for_theirs(output, manifest, is_theirs_out, theirs, err);
    return status || *is_theirs_out
            ? status
            : fovea_objects_replace(output->objects, draft, info.version, err);
}

/* That all three are ours now. */
static enum fovea_status
check_files(struct fovea_shard_output *output,
        const struct fovea_shard_done *done, struct fovea_error *err)
{
    for (size_t i = 0; i < FOVEA_N_SHARD_FILES; i++) {
        struct fovea_object_info info = { 0 };
        char key[FOVEA_SHARD_KEY_SIZE];
        fovea_shard_key(fovea_shard_file_object(i), output->number, key);
        enum fovea_status status =
                fovea_objects_digest(output->objects, key, &info, err);
        if (status == FOVEA_ERR_FILE_NOT_FOUND ||
                (!status && strcmp(info.sha256, done->files[i].sha256) != 0)) {
            return fail_changed(output->objects, key, err);
        }
        if (status) {
            return status;
        }
    }
    return FOVEA_OK;
}

/* Whether two tell of the same files. */
static bool
is_same(const struct fovea_shard_done *ours,
        const struct fovea_shard_done *theirs)
{
    bool same = true;
    for (size_t i = 0; i < FOVEA_N_SHARD_FILES; i++) {
        same = same &&
                strcmp(ours->files[i].sha256, theirs->files[i].sha256) == 0;
    }
    return same;
}

static enum fovea_status
put_marker(struct fovea_shard_output *output,
        const struct fovea_manifest *manifest, struct fovea_shard_done *done,
        bool *is_theirs_out, struct fovea_error *err)
{
    struct fovea_shard_done theirs;
    struct fovea_object_info info;
    bool was_there = false;
    char key[FOVEA_SHARD_KEY_SIZE];
    FOVEA_AUTO(fovea_text_finish) struct fovea_text text = { 0 };
    fovea_shard_key(FOVEA_SHARD_DONE, output->number, key);
    fovea_shard_done_write(done, &text);
    if (fovea_text_failed(&text)) {
        return fovea_fail_memory(err, text.capacity, "a marker");
    }
    enum fovea_status status = fovea_objects_put_new_bytes(output->objects, key,
            text.data, text.size, &was_there, err);
    if (status || !was_there) {
        return status;
    }
    status = fovea_objects_stat(output->objects, key, &info, err);
    if (status == FOVEA_ERR_FILE_NOT_FOUND) {
        return fail_changed(output->objects, key, err);
    }
    if (!status) {
        status = look_for_theirs(output, manifest, is_theirs_out, &theirs, err);
    }
    if (!status && *is_theirs_out) {
        *is_theirs_out = !is_same(done, &theirs);
        *done = theirs;
        return FOVEA_OK;
    }
    /* It tells of files that are not there; ours are. */
    return status ? status
                  : fovea_objects_replace_bytes(output->objects, key,
                            info.version, text.data, text.size, err);
}

enum fovea_status
fovea_shard_publish(struct fovea_shard_output *output,
        const struct fovea_manifest *manifest, struct fovea_shard_done *done,
        bool *is_theirs_out, struct fovea_error *err)
{
    enum fovea_status status = FOVEA_OK;
    struct fovea_shard_done theirs;
    *is_theirs_out = false;
    fill_in(output, done);
    for (size_t i = 0; !status && !*is_theirs_out && i < FOVEA_N_SHARD_FILES;
            i++) {
        status = put_file(output, manifest, i, &theirs, is_theirs_out, err);
    }
    if (!status && *is_theirs_out) {
        *done = theirs;
        return FOVEA_OK;
    }
    if (!status) {
        status = check_files(output, done, err);
    }
    return status ? status
                  : put_marker(output, manifest, done, is_theirs_out, err);
}
