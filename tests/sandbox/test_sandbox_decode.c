/*
 * A sealed process decodes every sample, and refuses every damaged one of the
 * fuzzers' corpora, as one that is not sealed does. It has decoded nothing
 * before: whatever a codec sets up for its first image happens inside.
 */
#include <dirent.h>
#include <fcntl.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

#include "image/thumbnail.h"
#include "option/limits.h"
#include "sandbox/sandbox.h"
#include "support/test.h"

enum {
    MAX_INPUTS = 1000,
    SIDE_PX = 64,
    NAME_SIZE = 300,
};

static const char *const folders[] = {
    "samples/formats",
#define FOVEA_FORMAT(name, codec, text, title, endings) \
    "tests/fuzz/corpus/fuzz_decode_" #codec,
#include "base/format.def"
};

static struct {
    struct fovea_input input;
    char name[NAME_SIZE];
} inputs[MAX_INPUTS];
static size_t n_inputs;

/* What came of an image. */
struct outcome {
    uint32_t status;
    uint32_t digest; /* of the pixels, FNV-1a */
    uint32_t thumbnail_status;
    uint32_t thumbnail; /* digest of its JPEG */
};

static uint32_t
digest_of(const uint8_t *bytes, size_t size)
{
    uint32_t digest = 2166136261U;
    for (size_t i = 0; i < size; i++) {
        digest = (digest ^ bytes[i]) * 16777619U;
    }
    return digest;
}

static void
make_thumbnail(const struct fovea_limits *limits,
        const struct fovea_input *input, struct outcome *outcome)
{
    static uint8_t pixels[SIDE_PX * SIDE_PX * 3];
    static uint8_t jpeg[SIDE_PX * SIDE_PX + 1024];
    struct fovea_thumbnail thumbnail = {
        .side_px = SIDE_PX,
        .pixels = pixels,
        .jpeg = jpeg,
        .capacity = sizeof jpeg,
    };
    struct fovea_input copy = *input;
    struct fovea_image_info info;
    outcome->thumbnail_status = (uint32_t)fovea_thumbnail_make(&thumbnail,
            limits, NULL, &copy, &info, NULL);
    copy.fd = -1;
    fovea_input_finish(&copy);
    outcome->thumbnail =
            outcome->thumbnail_status ? 0 : digest_of(jpeg, thumbnail.size);
}

static struct outcome
decode(const struct fovea_input *input)
{
    static uint8_t pixels[SIDE_PX * SIDE_PX * 3];
    static const struct fovea_preprocess settings = {
        .filter = FOVEA_FILTER_BICUBIC,
        .resize = FOVEA_RESIZE_SHORTEST,
        .resize_height_px = SIDE_PX,
        .resize_width_px = SIDE_PX,
        .crop_height_px = SIDE_PX,
        .crop_width_px = SIDE_PX,
        .rescale = 1,
        .std = { 1, 1, 1 },
    };
    struct fovea_limits limits = { .max_pixels = 1 << 22 };
    limits = fovea_limits_resolve(&limits);
    /* The descriptor stays open; what is loaded is freed. */
    struct fovea_input copy = *input;
    struct outcome outcome = { 0 };
    outcome.status = (uint32_t)fovea_preprocess_image(&settings, &limits, NULL,
            &copy, pixels, NULL, NULL);
    copy.fd = -1;
    fovea_input_finish(&copy);
    outcome.digest = outcome.status ? 0 : digest_of(pixels, sizeof pixels);
    make_thumbnail(&limits, input, &outcome);
    return outcome;
}

static void
open_folder(const char *folder)
{
    const char *root = getenv("FOVEA_SOURCE_ROOT");
    assert_non_null(root);
    char path[512];
    (void)snprintf(path, sizeof path, "%s/%s", root, folder);
    DIR *directory = opendir(path);
    assert_non_null(directory);
    for (const struct dirent *entry; (entry = readdir(directory));) {
        struct fovea_error error;
        if (entry->d_name[0] == '.') {
            continue;
        }
        assert_true(n_inputs < MAX_INPUTS);
        (void)snprintf(path, sizeof path, "%s/%s/%s", root, folder,
                entry->d_name);
        (void)snprintf(inputs[n_inputs].name, NAME_SIZE, "%s", entry->d_name);
        assert_ok(fovea_input_open_file(path, &inputs[n_inputs].input, &error),
                &error);
        n_inputs++;
    }
    closedir(directory);
}

static int
open_inputs(void **state)
{
    (void)state;
    for (size_t i = 0; i < sizeof folders / sizeof folders[0]; i++) {
        open_folder(folders[i]);
    }
    return n_inputs > 100 ? 0 : -1;
}

static int
close_inputs(void **state)
{
    (void)state;
    while (n_inputs > 0) {
        fovea_input_finish(&inputs[--n_inputs].input);
    }
    return 0;
}

/* Decode all inputs, sealed, and write what came of each. */
static void
decode_sealed(int output)
{
    const struct fovea_sandbox_profile profile = {
        .channel_fd = output,
        .log_fd = output,
        .memory_bytes = UINT64_C(2) << 30,
        .max_files = MAX_INPUTS + 10,
    };
    struct fovea_error error;
    if (fovea_sandbox_seal(&profile, &error)) {
        (void)fprintf(stderr, "# %s\n", error.message);
        _exit(1);
    }
    for (size_t i = 0; i < n_inputs; i++) {
        struct outcome outcome = decode(&inputs[i].input);
        if (write(output, &outcome, sizeof outcome) !=
                (ssize_t)sizeof outcome) {
            _exit(2);
        }
    }
    _exit(0);
}

static void
decodes_as_if_it_were_not_sealed(void **state)
{
    (void)state;
    int ends[2];
    assert_int_equal(pipe2(ends, O_CLOEXEC), 0);
    (void)fflush(NULL);
    pid_t pid = fork();
    assert_true(pid >= 0);
    if (pid == 0) {
        decode_sealed(ends[1]);
    }
    close(ends[1]);
    size_t n_good = 0;
    for (size_t i = 0; i < n_inputs; i++) {
        struct outcome sealed;
        if (read(ends[0], &sealed, sizeof sealed) != (ssize_t)sizeof sealed) {
            int status = 0;
            waitpid(pid, &status, 0);
            fail_msg("%s: wait status 0x%x", inputs[i].name, status);
        }
        struct outcome open = decode(&inputs[i].input);
        if (memcmp(&open, &sealed, sizeof open) != 0) {
            fail_msg("%s: %s, sealed: %s", inputs[i].name,
                    fovea_status_name((enum fovea_status)open.status),
                    fovea_status_name((enum fovea_status)sealed.status));
        }
        n_good += open.status == FOVEA_OK;
    }
    close(ends[0]);
    int status = 0;
    assert_int_equal(waitpid(pid, &status, 0), pid);
    assert_int_equal(status, 0);
    assert_true(n_good >= 60);
}

int
main(void)
{
    if (!FOVEA_HAS_SANDBOX) {
        (void)puts("1..0 # SKIP built without the sandbox");
        return 0;
    }
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(decodes_as_if_it_were_not_sealed),
    };
    return cmocka_run_group_tests_name("sandbox_decode", tests, open_inputs,
            close_inputs);
}
