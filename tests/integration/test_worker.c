/*
 * The real fovea-worker at the other end of a socket, sealed where the build
 * can: its vectors have the bits that the model's code gives in this process,
 * whoever made the packed weights, and every format decodes behind the seal.
 */
#include <dirent.h>
#include <fcntl.h>
#include <math.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/macros.h"
#include "checkpoint/preprocessor.h"
#include "checkpoint/random.h"
#include "checkpoint/safetensors.h"
#include "engine/engine.h"
#include "image/preprocess.h"
#include "support/test.h"
#include "support/tower.h"
#include "support/tree.h"
#include "support/worker_host.h"
#include "sys/memfd.h"

enum {
    N_SAMPLES = 7,
    MAX_DIMENSION = 24,
    MAX_FORMATS = 100
};

static const char *const samples[N_SAMPLES] = {
    "samples/scenes/forest.jpg",
    "samples/scenes/city_mirror.jpg",
    "samples/formats/orientation_6.jpg",
    "samples/formats/cmyk.jpg",
    "samples/formats/interlaced.png",
    "samples/formats/animated.webp",
    "samples/formats/rgb16.tif",
};

/* The same model in this process. */
struct direct {
    struct fovea_tower config;
    struct fovea_preprocess settings;
    struct fovea_limits limits;
    const struct fovea_engine_ops *ops;
    struct fovea_engine *engine;
    size_t pixels_size;
    uint8_t *pixels;
};

static struct direct
direct_open(const struct fovea_load *load)
{
    struct direct direct = { .limits = load->limits,
        .ops = fovea_engine_default() };
    struct fovea_checkpoint *checkpoint = NULL;
    struct fovea_error error;
    assert_ok(fovea_tower_read(load->directory, FOVEA_MODALITY_IMAGE,
                      &direct.config, &error),
            &error);
    assert_ok(fovea_preprocess_config_read(load->directory, &direct.config,
                      &direct.settings, &error),
            &error);
    assert_ok(fovea_checkpoint_open(load->directory, &checkpoint, &error),
            &error);
    const struct fovea_engine_options options = {
        .tower = &direct.config,
        .pixels = &direct.settings,
        .dtype = load->dtype,
        .packed_fd = -1,
        .checkpoint = checkpoint,
    };
    assert_ok(direct.ops->open(&options, &direct.engine, &error), &error);
    assert_ok(direct.ops->prepare(direct.engine, 1, 1, &error), &error);
    fovea_checkpoint_close(checkpoint);
    direct.pixels_size = 3 * (size_t)direct.settings.crop_width_px *
            direct.settings.crop_height_px;
    direct.pixels = malloc(direct.pixels_size);
    assert_non_null(direct.pixels);
    return direct;
}

static void
direct_close(struct direct *direct)
{
    direct->ops->close(direct->engine);
    free(direct->pixels);
}

/* The raw vector of a file, or why there is none. */
static enum fovea_status
direct_embed(struct direct *direct, const char *rest, float *vector,
        struct fovea_error *error)
{
    char path[WORKER_PATH_SIZE];
    FOVEA_AUTO(fovea_input_finish)
    struct fovea_input input = FOVEA_INPUT_INIT;
    worker_path(rest, path);
    assert_ok(fovea_input_open_file(path, &input, error), error);
    enum fovea_status status = fovea_preprocess_image(&direct->settings,
            &direct->limits, NULL, &input, direct->pixels, NULL, error);
    if (!status) {
        assert_ok(direct->ops->run(direct->engine, 0, direct->pixels, 1, vector,
                          error),
                error);
    }
    return status;
}

/* Embed all samples in one job, raw, and compare bits. */
static void
check_vectors(struct worker_host *host, struct direct *direct)
{
    size_t dimension = direct->config.dimension;
    float vectors[N_SAMPLES * MAX_DIMENSION];
    struct fovea_result results[N_SAMPLES];
    worker_embed(host, samples, N_SAMPLES, true, dimension, results, vectors);
    for (size_t i = 0; i < N_SAMPLES; i++) {
        float expected[MAX_DIMENSION];
        struct fovea_error error;
        if (results[i].status) {
            fail_msg("%s: %s", samples[i], results[i].message);
        }
        assert_true(results[i].decode_ns > 0 && results[i].forward_ns > 0);
        assert_ok(direct_embed(direct, samples[i], expected, &error), &error);
        assert_memory_equal(vectors + i * dimension, expected,
                dimension * sizeof(float));
    }
}

static void
check_model(const char *name, enum fovea_dtype dtype, unsigned n_threads)
{
    struct fovea_load load = worker_load_of(name);
    load.dtype = dtype;
    load.n_threads = n_threads;
    struct worker_host host = worker_start();
    int packed = -1;
    struct fovea_ready ready = worker_load(&host, &load, -1, &packed);
    struct direct direct = direct_open(&load);
    assert_int_equal(ready.dimension, direct.config.dimension);
    assert_int_equal(ready.row_bytes, 4 * ready.dimension);
    assert_int_equal(ready.shared_bytes,
            direct.ops->shared_bytes(direct.engine));
    assert_true(ready.scratch_bytes > 0);
    assert_true(fovea_memfd_is_sealed(packed));
    check_vectors(&host, &direct);
    check_vectors(&host, &direct);
    worker_end(&host, FOVEA_WORKER_EXIT_OK);
    direct_close(&direct);
    (void)close(packed);
}

static void
vectors_have_the_bits_of_the_bare_model(void **state)
{
    (void)state;
    static const char *const names[] = { "quick", "full", "sharded" };
    for (size_t i = 0; i < FOVEA_ARRAY_LEN(names); i++) {
        check_model(names[i], FOVEA_DTYPE_F32, 1);
    }
    check_model("quick", FOVEA_DTYPE_BF16, 1);
    check_model("quick", FOVEA_DTYPE_INT8, 1);
}

static void
threads_change_no_bit(void **state)
{
    (void)state;
    check_model("quick", FOVEA_DTYPE_F32, 3);
    check_model("full", FOVEA_DTYPE_F32, 8);
}

/* A tower that is wide enough for bfloat16, in a folder of its own. */
static void
make_wide_model(char *directory)
{
    static const struct fovea_tower config = TOWER(256, 512, 3, 4, 64, 16,
            MAX_DIMENSION, FOVEA_ACTIVATION_QUICK_GELU, 1e-5F);
    struct fovea_checkpoint *checkpoint = NULL;
    struct fovea_error error;
    assert_non_null(mkdtemp(directory));
    assert_ok(fovea_checkpoint_create_random(&config, 3, &checkpoint, &error),
            &error);
    assert_ok(fovea_checkpoint_save(checkpoint, &config, directory, &error),
            &error);
    fovea_checkpoint_close(checkpoint);
}

static void
check_batch_sizes(enum fovea_dtype dtype)
{
    enum {
        LARGEST = 17
    };
    char directory[] = "/tmp/fovea-worker-XXXXXX";
    const char *paths[LARGEST];
    float vectors[LARGEST * MAX_DIMENSION];
    struct fovea_result results[LARGEST];
    for (size_t i = 0; i < LARGEST; i++) {
        paths[i] = samples[i % N_SAMPLES];
    }
    make_wide_model(directory);
    struct fovea_load load = worker_load_of("quick");
    (void)snprintf(load.directory, sizeof load.directory, "%s", directory);
    load.dtype = dtype;
    load.max_batch = LARGEST;
    struct direct direct = direct_open(&load);
    struct worker_host host = worker_start();
    (void)worker_load(&host, &load, -1, NULL);
    assert_int_equal(tree_empty(directory), 0);
    assert_int_equal(rmdir(directory), 0);
    for (size_t n = LARGEST; n > 0; n--) {
        float expected[MAX_DIMENSION];
        struct fovea_error error;
        worker_embed(&host, paths, n, true, MAX_DIMENSION, results, vectors);
        for (size_t i = 0; i < n; i++) {
            if (results[i].status) {
                fail_msg("%zu images: %s", n, results[i].message);
            }
        }
        assert_ok(direct_embed(&direct, paths[n - 1], expected, &error),
                &error);
        assert_memory_equal(vectors + (n - 1) * MAX_DIMENSION, expected,
                sizeof expected);
    }
    worker_end(&host, FOVEA_WORKER_EXIT_OK);
    direct_close(&direct);
}

/* What the matrix library generates, it must have generated before. */
static void
every_batch_size_works_behind_the_seal(void **state)
{
    (void)state;
    check_batch_sizes(FOVEA_DTYPE_F32);
    check_batch_sizes(FOVEA_DTYPE_BF16);
    check_batch_sizes(FOVEA_DTYPE_INT8);
}

static void
vectors_have_length_one_unless_raw(void **state)
{
    (void)state;
    struct fovea_load load = worker_load_of("quick");
    struct worker_host host = worker_start();
    struct fovea_ready ready = worker_load(&host, &load, -1, NULL);
    float unit[N_SAMPLES * MAX_DIMENSION];
    struct fovea_result results[N_SAMPLES];
    worker_embed(&host, samples, N_SAMPLES, false, ready.dimension, results,
            unit);
    for (size_t i = 0; i < N_SAMPLES; i++) {
        double sum = 0;
        assert_int_equal(results[i].status, FOVEA_OK);
        for (size_t k = 0; k < ready.dimension; k++) {
            double value = (double)unit[i * ready.dimension + k];
            sum += value * value;
        }
        assert_true(fabs(sum - 1) < 1e-6);
    }
    worker_end(&host, FOVEA_WORKER_EXIT_OK);
}

static void
copy_to(FILE *file, int fd)
{
    struct stat facts;
    assert_int_equal(fstat(fd, &facts), 0);
    size_t size = (size_t)facts.st_size;
    void *bytes = malloc(size);
    assert_non_null(bytes);
    assert_int_equal(pread(fd, bytes, size, 0), size);
    assert_int_equal(fwrite(bytes, 1, size, file), size);
    assert_int_equal(fflush(file), 0);
    free(bytes);
}

/* A sibling's sealed memory, and a file that it was copied to. */
static void
packed_weights_travel(void **state)
{
    (void)state;
    struct fovea_load load = worker_load_of("quick");
    struct direct direct = direct_open(&load);
    struct worker_host first = worker_start();
    int packed = -1;
    int none = -1;
    (void)worker_load(&first, &load, -1, &packed);
    assert_true(packed >= 0);

    struct worker_host second = worker_start();
    assert_string_equal(second.hello.engine, first.hello.engine);
    (void)worker_load(&second, &load, packed, &none);
    assert_int_equal(none, -1);
    check_vectors(&second, &direct);
    worker_end(&first, FOVEA_WORKER_EXIT_OK);
    check_vectors(&second, &direct);
    worker_end(&second, FOVEA_WORKER_EXIT_OK);

    FILE *file = tmpfile();
    assert_non_null(file);
    copy_to(file, packed);
    load.packed_is_foreign = true;
    struct worker_host third = worker_start();
    (void)worker_load(&third, &load, fileno(file), &none);
    assert_int_equal(none, -1);
    check_vectors(&third, &direct);
    worker_end(&third, FOVEA_WORKER_EXIT_OK);
    assert_int_equal(fclose(file), 0);
    (void)close(packed);
    direct_close(&direct);
}

/* Every file of a folder, sorted or not. */
static size_t
list_formats(char names[MAX_FORMATS][64])
{
    char path[WORKER_PATH_SIZE];
    size_t n = 0;
    worker_path("samples/formats", path);
    DIR *folder = opendir(path);
    assert_non_null(folder);
    for (struct dirent *entry = readdir(folder); entry;
            entry = readdir(folder)) {
        if (entry->d_name[0] != '.') {
            assert_true(n < MAX_FORMATS);
            (void)snprintf(names[n++], 64, "samples/formats/%.40s",
                    entry->d_name);
        }
    }
    assert_int_equal(closedir(folder), 0);
    return n;
}

static void
every_format_decodes_behind_the_seal(void **state)
{
    (void)state;
    static char names[MAX_FORMATS][64];
    size_t n = list_formats(names);
    assert_true(n > 50);
    struct fovea_load load = worker_load_of("quick");
    struct direct direct = direct_open(&load);
    struct worker_host host = worker_start();
    struct fovea_ready ready = worker_load(&host, &load, -1, NULL);
    for (size_t i = 0; i < n; i++) {
        const char *path = names[i];
        float vector[MAX_DIMENSION];
        float expected[MAX_DIMENSION];
        struct fovea_result result;
        struct fovea_error error;
        worker_embed(&host, &path, 1, true, ready.dimension, &result, vector);
        enum fovea_status status =
                direct_embed(&direct, path, expected, &error);
        if (result.status != status) {
            fail_msg("%s: %s", path, result.message);
        }
        if (!status) {
            assert_memory_equal(vector, expected,
                    ready.dimension * sizeof(float));
        } else {
            assert_string_equal(result.message, error.message);
        }
    }
    worker_end(&host, FOVEA_WORKER_EXIT_OK);
    direct_close(&direct);
}

static void
a_bad_image_costs_one_item(void **state)
{
    (void)state;
    static const char *const paths[] = { "samples/scenes/fog.jpg",
        "samples/README.md", "samples/formats/rgb.png", "meson.build" };
    struct fovea_load load = worker_load_of("quick");
    load.limits.max_side_px = 100000;
    struct direct direct = direct_open(&load);
    struct worker_host host = worker_start();
    struct fovea_ready ready = worker_load(&host, &load, -1, NULL);
    float vectors[4 * MAX_DIMENSION];
    float expected[MAX_DIMENSION];
    struct fovea_result results[4];
    struct fovea_error error;
    worker_embed(&host, paths, 4, true, ready.dimension, results, vectors);
    assert_int_equal(results[0].status, FOVEA_OK);
    assert_int_equal(results[1].status, FOVEA_ERR_NOT_AN_IMAGE);
    assert_int_equal(results[2].status, FOVEA_OK);
    assert_int_equal(results[3].status, FOVEA_ERR_NOT_AN_IMAGE);
    assert_ok(direct_embed(&direct, paths[2], expected, &error), &error);
    assert_memory_equal(vectors + (size_t)2 * ready.dimension, expected,
            ready.dimension * sizeof(float));
    worker_end(&host, FOVEA_WORKER_EXIT_OK);
    direct_close(&direct);
}

static void
limits_are_kept(void **state)
{
    (void)state;
    static const char *const paths[] = { "samples/formats/rgb.png",
        "samples/formats/rgb16.tif" };
    struct fovea_load load = worker_load_of("quick");
    load.limits.max_pixels = 1000;
    load.limits.max_bytes = 60000;
    struct worker_host host = worker_start();
    struct fovea_ready ready = worker_load(&host, &load, -1, NULL);
    float vectors[2 * MAX_DIMENSION];
    struct fovea_result results[2];
    worker_embed(&host, paths, 2, true, ready.dimension, results, vectors);
    assert_int_equal(results[0].status, FOVEA_ERR_IMAGE_TOO_MANY_PIXELS);
    assert_int_equal(results[1].status, FOVEA_ERR_IMAGE_TOO_MANY_BYTES);
    worker_end(&host, FOVEA_WORKER_EXIT_OK);
}

static void
pixels_are_written_where_they_belong(void **state)
{
    (void)state;
    static const char *const paths[] = { "samples/formats/rgb.png",
        "samples/README.md", "samples/scenes/fog.jpg" };
    struct fovea_load load = worker_load_of("quick");
    struct direct direct = direct_open(&load);
    load.kind = FOVEA_WORK_PIXELS;
    struct worker_host host = worker_start();
    int output = -1;
    struct fovea_ready ready = worker_load(&host, &load, -1, &output);
    struct fovea_error error;
    assert_int_equal(output, -1);
    assert_int_equal(ready.dimension, 0);
    assert_int_equal(ready.row_bytes, direct.pixels_size);
    assert_int_equal(ready.shared_bytes, 0);
    assert_ok(fovea_memfd_create("pixels", &output, &error), &error);
    int fds[3];
    struct fovea_result results[3];
    for (size_t i = 0; i < 3; i++) {
        char path[WORKER_PATH_SIZE];
        worker_path(paths[i], path);
        fds[i] = open(path, O_RDONLY | O_CLOEXEC);
        assert_true(fds[i] >= 0);
    }
    worker_send_job(&host, 9, fds, 3, false, output);
    worker_receive_job(&host, 9, 3, 0, results, NULL);
    assert_int_equal(results[1].status, FOVEA_ERR_NOT_AN_IMAGE);
    uint8_t *row = malloc(ready.row_bytes);
    assert_non_null(row);
    for (size_t i = 0; i < 3; i += 2) {
        float vector[MAX_DIMENSION];
        assert_int_equal(results[i].status, FOVEA_OK);
        assert_ok(direct_embed(&direct, paths[i], vector, &error), &error);
        assert_int_equal(pread(output, row, ready.row_bytes,
                                 (off_t)(i * ready.row_bytes)),
                ready.row_bytes);
        assert_memory_equal(row, direct.pixels, ready.row_bytes);
    }
    free(row);
    for (size_t i = 0; i < 3; i++) {
        (void)close(fds[i]);
    }
    (void)close(output);
    worker_end(&host, FOVEA_WORKER_EXIT_OK);
    direct_close(&direct);
}

static size_t
count_fds(pid_t pid)
{
    char path[64];
    size_t n = 0;
    (void)snprintf(path, sizeof path, "/proc/%d/fd", (int)pid);
    DIR *folder = opendir(path);
    assert_non_null(folder);
    while (readdir(folder)) {
        n++;
    }
    assert_int_equal(closedir(folder), 0);
    return n;
}

static void
jobs_leave_no_file_open(void **state)
{
    (void)state;
    struct fovea_load load = worker_load_of("quick");
    struct worker_host host = worker_start();
    struct fovea_ready ready = worker_load(&host, &load, -1, NULL);
    float vectors[N_SAMPLES * MAX_DIMENSION];
    struct fovea_result results[N_SAMPLES];
    size_t before = 0;
    for (size_t i = 0; i < 3; i++) {
        worker_embed(&host, samples, N_SAMPLES, true, ready.dimension, results,
                vectors);
        size_t now = count_fds(host.pid);
        before = i == 0 ? now : before;
        assert_int_equal(now, before);
    }
    worker_end(&host, FOVEA_WORKER_EXIT_OK);
}

int
main(int argc, char **argv)
{
    worker_arguments(argc, argv);
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(vectors_have_the_bits_of_the_bare_model),
        cmocka_unit_test(threads_change_no_bit),
        cmocka_unit_test(every_batch_size_works_behind_the_seal),
        cmocka_unit_test(vectors_have_length_one_unless_raw),
        cmocka_unit_test(packed_weights_travel),
        cmocka_unit_test(every_format_decodes_behind_the_seal),
        cmocka_unit_test(a_bad_image_costs_one_item),
        cmocka_unit_test(limits_are_kept),
        cmocka_unit_test(pixels_are_written_where_they_belong),
        cmocka_unit_test(jobs_leave_no_file_open),
    };
    return cmocka_run_group_tests_name("worker", tests, NULL, NULL);
}
