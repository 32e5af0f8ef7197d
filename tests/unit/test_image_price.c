/*
 * Prices against facts: large pictures of each format that must stand in memory
 * are decoded in a process of their own, which may have no more data than they
 * asked for and a worker's slack. What it took is not more than the price, and
 * the price not absurdly more than that.
 */
#include <fcntl.h>
#include <malloc.h>
#include <sys/mman.h>
#include <sys/resource.h>
#include <sys/wait.h>
#include <unistd.h>

#include <gif_lib.h>
#include <openjpeg.h>
#include <tiffio.h>
#include <webp/encode.h>

#include "base/macros.h"
#include "image/preprocess.h"
#include "option/limits.h"
#include "support/image_jpegxl.h"
#include "support/pictures.h"
#include "support/test.h"

enum {
    WIDTH = 3000,
    HEIGHT = 2000,
    SIDE = 64,
    MIB = 1 << 20,
    SLACK = 24 * MIB, /* as a worker has it */
};

static struct fovea_preprocess settings = {
    .resize = FOVEA_RESIZE_SHORTEST,
    .resize_height_px = SIDE,
    .resize_width_px = SIDE,
    .crop_width_px = SIDE,
    .crop_height_px = SIDE,
    .filter = FOVEA_FILTER_BICUBIC,
    .rescale = 1.0F / 255.0F,
    .std = { 1.0F, 1.0F, 1.0F },
};

struct facts {
    uint64_t price;
    uint64_t peak;
    int status;
    char message[FOVEA_ERROR_MESSAGE_SIZE];
};

static uint64_t
read_status(const char *name)
{
    char line[128];
    uint64_t kib = 0;
    FILE *file = fopen("/proc/self/status", "re");
    while (file && fgets(line, sizeof line, file)) {
        if (strncmp(line, name, strlen(name)) == 0) {
            kib = strtoull(line + strlen(name) + 1, NULL, 10);
        }
    }
    if (file) {
        (void)fclose(file);
    }
    return kib * 1024;
}

static enum fovea_status
ask(void *context, uint64_t bytes, struct fovea_error *err)
{
    (void)err;
    struct facts *facts = context;
    facts->price = bytes;
    const struct rlimit limit = {
        .rlim_cur = read_status("VmData:") + bytes + SLACK,
        .rlim_max = RLIM_INFINITY,
    };
    (void)setrlimit(RLIMIT_DATA, &limit);
    return FOVEA_OK;
}

static void
decode_here(int fd, size_t size, struct facts *facts)
{
    static uint8_t pixels[SIDE * SIDE * 3];
    static const struct fovea_limits none;
    struct fovea_limits limits = fovea_limits_resolve(&none);
    struct fovea_allowance allowance = { .context = facts, .ask = ask };
    struct fovea_input input = FOVEA_INPUT_INIT;
    struct fovea_error error = { .code = FOVEA_OK };
    input.fd = fd;
    input.size = size;
    (void)mallopt(M_MMAP_THRESHOLD, 1 << 18);
    int refs = open("/proc/self/clear_refs", O_WRONLY | O_CLOEXEC);
    (void)!write(refs, "5", 1); /* the peak begins anew */
    (void)close(refs);
    uint64_t before = read_status("VmRSS:");
    facts->status = (int)fovea_preprocess_image(&settings, &limits, &allowance,
            &input, pixels, NULL, &error);
    uint64_t peak = read_status("VmHWM:");
    facts->peak = peak > before ? peak - before : 0;
    memcpy(facts->message, error.message, sizeof facts->message);
}

enum {
    FACTS_FD = 3,
    PICTURE_FD = 4
};

static struct facts *
map_facts(int fd)
{
    struct facts *facts = mmap(NULL, sizeof *facts, PROT_READ | PROT_WRITE,
            MAP_SHARED, fd, 0);
    assert_true(facts != MAP_FAILED);
    return facts;
}

/* This program once more, for one picture: of the profile, and so many bytes. A
   child that has no more than a fork would have the holes in its parent's heap. */
static int
decode_alone(char **argv)
{
    settings.pixels = (enum fovea_pixels)strtol(argv[2], NULL, 10);
    decode_here(PICTURE_FD, strtoul(argv[3], NULL, 10), map_facts(FACTS_FD));
    return 0;
}

static _Noreturn void
start_alone(int facts_fd, int picture_fd, size_t size)
{
    char profile[16];
    char bytes[32];
    (void)snprintf(profile, sizeof profile, "%d", (int)settings.pixels);
    (void)snprintf(bytes, sizeof bytes, "%zu", size);
    /* First out of the way of the numbers that they get. */
    int facts = fcntl(facts_fd, F_DUPFD, PICTURE_FD + 1);
    int picture = fcntl(picture_fd, F_DUPFD, PICTURE_FD + 1);
    if (dup2(facts, FACTS_FD) == FACTS_FD &&
            dup2(picture, PICTURE_FD) == PICTURE_FD) {
        (void)execl("/proc/self/exe", "test_image_price", "--decode", profile,
                bytes, (char *)NULL);
    }
    _exit(1);
}

static void
check(const char *name, const void *bytes, size_t size)
{
    int facts_fd = memfd_create("facts", MFD_CLOEXEC);
    int fd = memfd_create("picture", MFD_CLOEXEC);
    assert_true(facts_fd >= 0 && fd >= 0);
    assert_int_equal(ftruncate(facts_fd, sizeof(struct facts)), 0);
    struct facts *facts = map_facts(facts_fd);
    assert_int_equal(write(fd, bytes, size), size);
    pid_t pid = fork();
    assert_true(pid >= 0);
    if (pid == 0) {
        start_alone(facts_fd, fd, size);
    }
    int status = -1;
    assert_int_equal(waitpid(pid, &status, 0), pid);
    (void)close(fd);
    (void)close(facts_fd);
    struct facts found = *facts;
    (void)munmap(facts, sizeof *facts);
    print_message("# %s: asked for %llu KiB, took %llu KiB\n", name,
            (unsigned long long)found.price >> 10,
            (unsigned long long)found.peak >> 10);
    if (status || found.status) {
        fail_msg("%s: %s: %s", name,
                fovea_status_name((enum fovea_status)found.status),
                found.message);
    }
    assert_true(found.peak <= found.price + MIB);
    assert_true(found.price <= 4 * found.peak + 8 * (uint64_t)MIB);
}

static void
check_picture(const char *name, struct picture picture)
{
    check(name, picture.bytes, picture.size);
    free(picture.bytes);
}

static uint8_t *
make_rows(void)
{
    uint8_t *rows = malloc((size_t)WIDTH * HEIGHT * 3);
    assert_non_null(rows);
    for (uint32_t y = 0; y < HEIGHT; y++) {
        picture_row(WIDTH, y, rows + (size_t)y * WIDTH * 3);
    }
    return rows;
}

static void
jpeg_takes_what_it_states(void **state)
{
    (void)state;
    check_picture("JPEG", picture_jpeg(WIDTH, HEIGHT, false, true));
    check_picture("progressive JPEG, 4:2:0",
            picture_jpeg(WIDTH, HEIGHT, true, true));
    check_picture("progressive JPEG, 4:4:4",
            picture_jpeg(WIDTH, HEIGHT, true, false));
}

static void
png_takes_what_it_states(void **state)
{
    (void)state;
    check_picture("PNG", picture_png(WIDTH, HEIGHT, false));
    check_picture("interlaced PNG", picture_png(WIDTH, HEIGHT, true));
}

static void
webp_takes_what_it_states(void **state)
{
    (void)state;
    uint8_t *rows = make_rows();
    uint8_t *bytes = NULL;
    size_t size = WebPEncodeRGB(rows, WIDTH, HEIGHT, WIDTH * 3, 50, &bytes);
    assert_true(size > 0);
    check("lossy WebP", bytes, size);
    WebPFree(bytes);
    WebPConfig config;
    WebPPicture picture;
    WebPMemoryWriter writer;
    assert_true(WebPConfigInit(&config) && WebPPictureInit(&picture) &&
            WebPConfigLosslessPreset(&config, 0));
    WebPMemoryWriterInit(&writer);
    picture.use_argb = 1;
    picture.width = WIDTH;
    picture.height = HEIGHT;
    picture.writer = WebPMemoryWrite;
    picture.custom_ptr = &writer;
    assert_true(WebPPictureImportRGB(&picture, rows, WIDTH * 3) &&
            WebPEncode(&config, &picture));
    check("lossless WebP", writer.mem, writer.size);
    WebPMemoryWriterClear(&writer);
    WebPPictureFree(&picture);
    free(rows);
}

static void
check_file(const char *name, const char *path)
{
    struct fovea_input input = FOVEA_INPUT_INIT;
    struct fovea_error error;
    const uint8_t *file = NULL;
    size_t size = 0;
    assert_ok(fovea_input_open_file(path, &input, &error), &error);
    assert_ok(fovea_input_load(&input, &file, &size, &error), &error);
    check(name, file, size);
    fovea_input_finish(&input);
}

static void
check_tiff(const char *name, uint16_t compression, uint16_t planes,
        uint32_t tile)
{
    char path[] = "/tmp/fovea-price-XXXXXX";
    int fd = mkstemp(path);
    assert_true(fd >= 0);
    TIFF *tiff = TIFFOpen(path, "w");
    assert_non_null(tiff);
    TIFFSetField(tiff, TIFFTAG_IMAGEWIDTH, WIDTH);
    TIFFSetField(tiff, TIFFTAG_IMAGELENGTH, HEIGHT);
    TIFFSetField(tiff, TIFFTAG_BITSPERSAMPLE, 8);
    TIFFSetField(tiff, TIFFTAG_SAMPLESPERPIXEL, 3);
    TIFFSetField(tiff, TIFFTAG_PHOTOMETRIC, PHOTOMETRIC_RGB);
    TIFFSetField(tiff, TIFFTAG_PLANARCONFIG, planes);
    TIFFSetField(tiff, TIFFTAG_COMPRESSION, compression);
    size_t block = (size_t)WIDTH * HEIGHT * 3;
    if (tile > 0) {
        TIFFSetField(tiff, TIFFTAG_TILEWIDTH, tile);
        TIFFSetField(tiff, TIFFTAG_TILELENGTH, tile);
        block = (size_t)TIFFTileSize(tiff);
    } else {
        TIFFSetField(tiff, TIFFTAG_ROWSPERSTRIP, HEIGHT);
        block = (size_t)TIFFStripSize(tiff);
    }
    uint8_t *bytes = make_rows();
    uint32_t n = tile > 0 ? TIFFNumberOfTiles(tiff) : TIFFNumberOfStrips(tiff);
    for (uint32_t i = 0; i < n; i++) {
        tmsize_t done = tile > 0
                ? TIFFWriteEncodedTile(tiff, i, bytes, (tmsize_t)block)
                : TIFFWriteEncodedStrip(tiff, i, bytes, (tmsize_t)block);
        assert_true(done > 0);
    }
    TIFFClose(tiff);
    free(bytes);
    check_file(name, path);
    (void)close(fd);
    (void)unlink(path);
}

static void
tiff_takes_what_it_states(void **state)
{
    (void)state;
    check_tiff("TIFF, one strip of LZW", COMPRESSION_LZW, PLANARCONFIG_CONTIG,
            0);
    check_tiff("TIFF, one strip of PackBits", COMPRESSION_PACKBITS,
            PLANARCONFIG_CONTIG, 0);
    check_tiff("TIFF, one strip a plane", COMPRESSION_ADOBE_DEFLATE,
            PLANARCONFIG_SEPARATE, 0);
    check_tiff("TIFF, tiles", COMPRESSION_ADOBE_DEFLATE, PLANARCONFIG_CONTIG,
            512);
    check_tiff("TIFF, one strip of ZSTD", COMPRESSION_ZSTD, PLANARCONFIG_CONTIG,
            0);
}

static int
write_gif(GifFileType *gif, const GifByteType *bytes, int n)
{
    struct picture *picture = gif->UserData;
    picture->bytes = realloc(picture->bytes, picture->size + (size_t)n);
    assert_non_null(picture->bytes);
    memcpy(picture->bytes + picture->size, bytes, (size_t)n);
    picture->size += (size_t)n;
    return n;
}

static void
gif_takes_what_it_states(void **state)
{
    (void)state;
    struct picture picture = { NULL, 0 };
    GifByteType row[WIDTH];
    int error = 0;
    GifFileType *gif = EGifOpen(&picture, write_gif, &error);
    ColorMapObject *map = GifMakeMapObject(256, NULL);
    assert_true(gif && map);
    for (size_t x = 0; x < WIDTH; x++) {
        row[x] = (GifByteType)(x / 16);
    }
    assert_int_equal(EGifPutScreenDesc(gif, WIDTH, HEIGHT, 8, 0, map), GIF_OK);
    assert_int_equal(EGifPutImageDesc(gif, 0, 0, WIDTH, HEIGHT, true, NULL),
            GIF_OK);
    for (size_t y = 0; y < HEIGHT; y++) {
        assert_int_equal(EGifPutLine(gif, row, WIDTH), GIF_OK);
    }
    assert_int_equal(EGifCloseFile(gif, &error), GIF_OK);
    GifFreeMapObject(map);
    check_picture("interlaced GIF", picture);
}

static opj_image_t *
make_components(void)
{
    opj_image_cmptparm_t components[3];
    memset(components, 0, sizeof components);
    for (size_t i = 0; i < 3; i++) {
        components[i].dx = 1;
        components[i].dy = 1;
        components[i].w = WIDTH;
        components[i].h = HEIGHT;
        components[i].prec = 8;
    }
    opj_image_t *image = opj_image_create(3, components, OPJ_CLRSPC_SRGB);
    assert_non_null(image);
    image->x1 = WIDTH;
    image->y1 = HEIGHT;
    uint8_t *rows = make_rows();
    for (size_t i = 0; i < (size_t)WIDTH * HEIGHT * 3; i++) {
        image->comps[i % 3].data[i / 3] = rows[i];
    }
    free(rows);
    return image;
}

static void
check_jpeg2000(const char *name, int tile, int block, int irreversible)
{
    char path[] = "/tmp/fovea-price-XXXXXX";
    int fd = mkstemp(path);
    static opj_cparameters_t parameters; /* 18 KB */
    opj_set_default_encoder_parameters(&parameters);
    parameters.tcp_numlayers = 1;
    parameters.cp_disto_alloc = 1;
    parameters.cblockw_init = block;
    parameters.cblockh_init = block;
    parameters.irreversible = irreversible;
    parameters.tcp_mct = 1;
    parameters.tile_size_on = tile > 0;
    parameters.cp_tdx = tile;
    parameters.cp_tdy = tile;
    opj_image_t *image = make_components();
    opj_codec_t *codec = opj_create_compress(OPJ_CODEC_JP2);
    opj_stream_t *stream =
            opj_stream_create_default_file_stream(path, OPJ_FALSE);
    assert_true(fd >= 0 && codec && stream);
    assert_true(opj_setup_encoder(codec, &parameters, image));
    assert_true(opj_start_compress(codec, image, stream));
    assert_true(opj_encode(codec, stream));
    assert_true(opj_end_compress(codec, stream));
    opj_stream_destroy(stream);
    opj_destroy_codec(codec);
    opj_image_destroy(image);
    check_file(name, path);
    (void)close(fd);
    (void)unlink(path);
}

static void
jpeg2000_takes_what_it_states(void **state)
{
    (void)state;
    check_jpeg2000("JPEG 2000", 0, 64, 0);
    check_jpeg2000("JPEG 2000, irreversible", 0, 64, 1);
    check_jpeg2000("JPEG 2000, tiles", 256, 64, 0);
    check_jpeg2000("JPEG 2000, blocks of 4x4", 0, 4, 0);
    check_jpeg2000("JPEG 2000, tiles of blocks of 8x8", 1000, 8, 1);
}

static void
check_jpegxl(const char *name, const struct jpegxl *how)
{
    uint8_t *rows = make_rows();
    uint8_t *pixels = malloc((size_t)WIDTH * HEIGHT * 4);
    assert_non_null(pixels);
    for (size_t i = 0; i < (size_t)WIDTH * HEIGHT; i++) {
        memcpy(pixels + i * how->n_channels, rows + 3 * i, 3);
        if (how->n_channels == 4) {
            pixels[4 * i + 3] = (uint8_t)i;
        }
    }
    check_picture(name, picture_jpegxl(how, pixels));
    free(pixels);
    free(rows);
}

static void
jpegxl_takes_what_it_states(void **state)
{
    (void)state;
    struct jpegxl how = { .width = WIDTH, .height = HEIGHT, .n_channels = 3 };
    check_jpegxl("lossy JPEG XL", &how);
    how.is_modular = true;
    check_jpegxl("lossy JPEG XL, modular", &how);
    how.is_lossless = true;
    check_jpegxl("lossless JPEG XL", &how);
    how.is_squeezed = true;
    check_jpegxl("lossless JPEG XL, squeezed", &how);
    how = (struct jpegxl){ WIDTH, HEIGHT, .n_channels = 4,
        .is_squeezed = true };
    check_jpegxl("JPEG XL with alpha", &how);
    how.n_frames = 2;
    how.is_animated = true;
    check_jpegxl("animated JPEG XL", &how);
    how.is_animated = false;
    how.n_frames = 3;
    check_jpegxl("JPEG XL of three layers", &how);
}

/* Decoded at an eighth of their size. */
static void
small_pictures_take_what_they_state(void **state)
{
    settings.pixels = FOVEA_PIXELS_FAST;
    jpeg_takes_what_it_states(state);
    webp_takes_what_it_states(state);
    jpeg2000_takes_what_it_states(state);
    settings.pixels = FOVEA_PIXELS_PIL;
}

int
main(int argc, char **argv)
{
    if (argc > 1) {
        return argc == 4 ? decode_alone(argv) : 2;
    }
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(jpeg_takes_what_it_states),
        cmocka_unit_test(png_takes_what_it_states),
        cmocka_unit_test(webp_takes_what_it_states),
        cmocka_unit_test(tiff_takes_what_it_states),
        cmocka_unit_test(gif_takes_what_it_states),
        cmocka_unit_test(jpeg2000_takes_what_it_states),
        cmocka_unit_test(jpegxl_takes_what_it_states),
        cmocka_unit_test(small_pictures_take_what_they_state),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
