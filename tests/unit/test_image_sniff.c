/* What a file is is told by its first bytes. */
#define ZLIB_CONST
#include <zlib.h>

#include "base/macros.h"
#include "image/image.h"
#include "support/test.h"

struct sniff_case {
    const char *bytes;
    size_t size;
    const char *name; /* what the file is said to be */
};

#define CASE(bytes, name)              \
    {                                  \
        bytes, sizeof(bytes) - 1, name \
    }

static const struct sniff_case decoded[] = {
    CASE("\xff\xd8\xff\xe0", "JPEG"),
    CASE("\x89PNG\r\n\x1a\n....", "PNG"),
    CASE("RIFF\0\0\0\0WEBPVP8 ", "WebP"),
    CASE("GIF87a", "GIF"),
    CASE("GIF89a", "GIF"),
    CASE("II*\0\x08\0\0\0", "TIFF"),
    CASE("MM\0*\0\0\0\x08", "TIFF"),
    CASE("MM\0+\0\x08\0\0", "TIFF"),
    CASE("\0\0\0\x18"
         "ftypheic\0\0\0\0mif1heic",
            "HEIF"),
    CASE("\0\0\0\x18"
         "ftypavif\0\0\0\0mif1avif",
            "HEIF"),
    CASE("\0\0\0\x18"
         "ftypisom\0\0\0\0avifmif1",
            "HEIF"),
    CASE("\0\0\0\x18"
         "ftypjpeg\0\0\0\0jpegmif1",
            "HEIF"),
    CASE("BM\0\0\0\0", "BMP"),
    CASE("II\x1a\0\0\0HEAPCCDR", "raw photograph"),
    CASE("FUJIFILMCCD-RAW 0201", "raw photograph"),
    CASE("IIRO\x08\0\0\0", "raw photograph"),
    CASE("MMOR\0\0\0\x08", "raw photograph"),
    CASE("IIU\0\x18\0\0\0", "raw photograph"),
    CASE("II*\0\x10\0\0\0"
         "CR\2\0\0\0\0\0\1\0\x0f\1\2\0\1\0\0\0\0\0\0\0\0\0\0\0",
            "raw photograph"),
    CASE("\0\0\0\x18"
         "ftypcrx \0\0\0\1crx isom",
            "raw photograph"),
    CASE("P1\n2 2\n1 0 0 1\n", "PNM"),
    CASE("P3 2 2 255\n", "PNM"),
    CASE("P5\n# c\n2 2\n255\n....", "PNM"),
    CASE("P6\n2 2\n255\n............", "PNM"),
    CASE("\0\0\1\0\1\0\x10\x10\0\0\1\0\x20\0\0\1\0\0\x16\0\0\0", "ICO"),
    CASE("\0\0\2\0\1\0\x10\x10\0\0\1\0\x20\0\0\1\0\0\x16\0\0\0", "ICO"),
    CASE("\0\0\0\x0cjP  \r\n\x87\n....", "JPEG 2000"),
    CASE("\xff\x4f\xff\x51\0\x29", "JPEG 2000"),
    CASE("\xff\x0a....", "JPEG XL"),
    CASE("\0\0\0\x0cJXL \r\n\x87\n....", "JPEG XL"),
    CASE("BM\x36\x10\x20\x30\1\1\1\1\x36\1\1\1\x28\0\0\0\x10", "BMP"),
};

static const struct sniff_case pictures[] = {
    CASE("\x89PNG\r\n\x1a\n\0\0\0\4"
         "CgBI\x50\0\x20\2",
            "CgBI, which Apple's tools make of PNG,"),
    CASE("II\xbc\1", "JPEG XR"),
    CASE("RIFF\0\0\0\0ACONanih", "ANI"),
    CASE("icns\0\0\1\0", "ICNS"),
    CASE("8BPS\0\1\0\0", "PSD"),
    CASE("8BPS\0\2\0\0", "PSB"),
    CASE("P7\nWIDTH 2\n", "PAM"),
    CASE("PF\n2 2\n-1.0\n", "PFM"),
    CASE("\x76\x2f\x31\1\2\0\0\0", "OpenEXR"),
    CASE("#?RADIANCE\n", "Radiance HDR"),
    CASE("#?RGBE\n", "Radiance HDR"),
    CASE("DDS \x7c\0\0\0", "DDS"),
    CASE("\xabKTX 11\xbb", "KTX"),
    CASE("qoif\0\0\0\2", "QOI"),
    CASE("gimp xcf file\0", "XCF"),
    CASE("AT&TFORM\0\0\0\0DJVU", "DjVu"),
    CASE("\xd7\xcd\xc6\x9a\0\0", "WMF"),
    CASE("\1\0\0\0 ................................... EMF", "EMF"),
    CASE("FLIF1\x31", "FLIF"),
    CASE("BPG\xfb\0", "BPG"),
    CASE("\x8aMNG\r\n\x1a\n", "MNG"),
    CASE("\x8bJNG\r\n\x1a\n", "JNG"),
    CASE("\x97JB2\r\n\x1a\n", "JBIG2"),
    CASE("SDPX\0\0", "DPX"),
    CASE("XPDS\0\0", "DPX"),
    CASE("SIMPLE  =                    T", "FITS"),
    CASE("\x59\xa6\x6a\x95\0\0", "Sun Raster"),
    CASE("\x01\xda\1\1\0\3", "SGI RGB"),
    CASE("FORM\0\0\0\0ILBMBMHD", "ILBM"),
    CASE("/* XPM */\nstatic", "XPM"),
    CASE("#define cat_width 16\n#define cat_height 16\n", "XBM"),
    CASE("\xff\x10\xff\x50\0", "JPEG XS"),
    CASE("\x13\xab\xa1\x5c\4\4", "ASTC"),
    CASE("farbfeld\0\0\0\1", "farbfeld"),
    CASE("Paint Shop Pro Image File\n\x1a", "Paint Shop Pro"),
    CASE("CSFCHUNK\0", "Clip Studio"),
    CASE("\xc5\xd0\xd3\xc6\x20\0", "EPS"),
    CASE("%!PS-Adobe-3.0 EPSF-3.0\n", "EPS"),
    CASE("<svg xmlns=\"http://www.w3.org/2000/svg\"/>", "SVG"),
    CASE("\xef\xbb\xbf<?xml version=\"1.0\"?>\n<!-- by hand -->\n"
         "<!DOCTYPE svg PUBLIC \"\">\n<svg/>",
            "SVG"),
    CASE("  \n<?xml version='1.0'?><!-- a --> <!-- b --><svg>", "SVG"),
    CASE("FOVb\0\0\2\0", "raw photograph (X3F)"),
    CASE("\0MRM\0\0\0\0", "raw photograph (MRW)"),
    CASE("\0\0\2\0\0\0\0\0\0\0\0\0\4\0\4\0\x18\0", "TGA"),
    CASE("\5\0\x0b\0\0\0\0\0\0\0\0\0\4\0\4\0\x08\x20", "TGA"),
};

static const struct sniff_case others[] = {
    CASE("RIFF\0\0\0\0AVI LIST", "a video (AVI)"),
    CASE("RIFF\0\0\0\0WAVEfmt ", "a sound file (WAVE)"),
    CASE("\0\0\0\x18"
         "ftypisom\0\0\0\0mp41mp42",
            "a video (MP4)"),
    CASE("\0\0\0\x10"
         "ftypisom\0\0\0\0avif",
            "a video (MP4)"),
    CASE("\0\0\0\x14"
         "ftypqt  \0\0\0\0qt  ",
            "a video (QuickTime)"),
    CASE("\0\0\1\0moov\0\0\0\x6cmvhd", "a video (QuickTime)"),
    CASE("\0\0\0\x14"
         "ftypM4A \0\0\0\0M4A ",
            "a sound file (MP4)"),
    CASE("\x1a\x45\xdf\xa3\x9f\x42\x86\x81\1\x42\x82\x84webm",
            "a video (WebM)"),
    CASE("\x1a\x45\xdf\xa3\x9f\x42\x82\x88matroska", "a video (Matroska)"),
    CASE("FLV\1\5", "a video (FLV)"),
    CASE("\0\0\1\xba\x44", "a video (MPEG)"),
    CASE("OggS\0\2", "a video or sound file (Ogg)"),
    CASE("ID3\4\0", "a sound file (MP3)"),
    CASE("\xff\xfb\x90\x64", "a sound file (MP3)"),
    CASE("\xff\xf1\x50\x80", "a sound file (AAC)"),
    CASE("fLaC\0\0", "a sound file (FLAC)"),
    CASE("\0\0\0\1Bud1\0", "a .DS_Store of macOS"),
    CASE("bplist00\xd1", "a property list"),
    CASE("L\0\0\0\1\x14\2\0", "a shortcut of Windows"),
    CASE("\xff\xfeO\0n\0c\0e\0", "text in UTF-16"),
    CASE("#define cats 16\n", "plain text"),
    CASE("%PDF-1.7\n", "a PDF document"),
    CASE("%!PS-Adobe-3.0\n%%Title", "a PostScript document"),
    CASE("{\\rtf1\\ansi", "an RTF document"),
    CASE("\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1", "Thumbs.db"),
    CASE("PK\3\4\x14\0", "a ZIP archive"),
    CASE("\x1f\x8b\x08\0....", "a gzip archive"),
    CASE("BZh91AY", "a bzip2 archive"),
    CASE("\xfd"
         "7zXZ\0",
            "an xz archive"),
    CASE("\x28\xb5\x2f\xfd\0", "a Zstandard archive"),
    CASE("7z\xbc\xaf\x27\x1c", "a 7-Zip archive"),
    CASE("Rar!\x1a\7\1\0", "a RAR archive"),
    CASE("SQLite format 3\0", "an SQLite database"),
    CASE("\x93NUMPY\1\0", "a NumPy file"),
    CASE("\0\5\x16\7\0\2\0\0Mac OS X", "AppleDouble"),
    CASE("\x7f"
         "ELF\2\1",
            "a program (ELF)"),
    CASE("version https://git-lfs.github.com/spec/v1\n", "a Git LFS pointer"),
    CASE("<!DOCTYPE html>\n<html>", "an HTML page"),
    CASE("\n\n<HTML lang=en>", "an HTML page"),
    CASE("<?xml version=\"1.0\"?>\n<html xmlns=\"\">", "an HTML page"),
    CASE("<?xml version=\"1.0\"?>\n<rss>", "XML"),
    CASE("<x:xmpmeta xmlns:x=\"adobe:ns:meta/\">", "XML"),
    CASE("{\"error\":\"no such file\"}", "JSON"),
    CASE("[1, 2, 3]\n\n", "JSON"),
    CASE("data:image/png;base64,iVBORw0KGgo", "a data URI"),
    CASE("iVBORw0KGgoAAAANSUhEUg", "base64 text of an image"),
    CASE("/9j/4AAQSkZJRgABAQ", "base64 text of an image"),
    CASE("Once upon a time\n", "plain text"),
    CASE("BMW drives\n", "plain text"),
    CASE("BMW is what these notes are about\n", "plain text"),
    CASE("Es war einmal ein M\xc3\xa4rchen\r\n", "plain text"),
    CASE("\0\0\0\0\0\0\0\0", "nothing but zero bytes"),
    /* Almost something. */
    CASE("\xff\xd8\x00", "no known format"),
    CASE("\x89PNG\1\n\x1a\n....", "no known format"),
    CASE("RIFF\0\0\0\0WEB", "no known format"),
    CASE("\1\0\0\0 .................................. EMF", "no known format"),
    CASE("\0\0\1\0\0\0\x10\x10", "no known format"),
    CASE("\0\0\2\0\0\0\0\0\0\0\0\0\0\0\4\0\x18\0", "no known format"),
    CASE("B", "no known format"),
    CASE("P8\n\1", "no known format"),
    CASE("a\1bcdefghij", "no known format"),
};

static enum fovea_status
sniff(const void *bytes, size_t size, enum fovea_format *format_out,
        struct fovea_error *err)
{
    struct fovea_input input;
    fovea_input_from_memory(bytes, size, &input);
    return fovea_image_sniff(&input, format_out, err);
}

static void
what_is_decoded_is_told(void **state)
{
    (void)state;
    for (size_t i = 0; i < FOVEA_ARRAY_LEN(decoded); i++) {
        struct fovea_error error;
        enum fovea_format format = FOVEA_FORMAT_BMP;
        assert_ok(sniff(decoded[i].bytes, decoded[i].size, &format, &error),
                &error);
        assert_string_equal(fovea_format_name(format), decoded[i].name);
    }
}

static void
other_pictures_are_named(void **state)
{
    (void)state;
    for (size_t i = 0; i < FOVEA_ARRAY_LEN(pictures); i++) {
        struct fovea_error error;
        enum fovea_format format;
        char expected[80];
        (void)snprintf(expected, sizeof expected, "%s is not supported",
                pictures[i].name);
        assert_fails(
                sniff(pictures[i].bytes, pictures[i].size, &format, &error),
                &error, FOVEA_ERR_IMAGE_UNSUPPORTED, expected);
        assert_string_equal(error.message, expected);
    }
}

static void
what_is_no_picture_is_named(void **state)
{
    (void)state;
    for (size_t i = 0; i < FOVEA_ARRAY_LEN(others); i++) {
        struct fovea_error error;
        enum fovea_format format;
        assert_fails(sniff(others[i].bytes, others[i].size, &format, &error),
                &error, FOVEA_ERR_NOT_AN_IMAGE, others[i].name);
        assert_non_null(strstr(error.message, "not an image"));
    }
}

/* Signatures that do not stand at the beginning. */
static void
what_is_told_from_further_on(void **state)
{
    (void)state;
    static const struct {
        size_t at;
        const char *magic;
        enum fovea_status status;
        const char *name;
    } cases[] = {
        { 128, "DICM", FOVEA_ERR_IMAGE_UNSUPPORTED, "DICOM" },
        { 257, "ustar", FOVEA_ERR_NOT_AN_IMAGE, "a tar archive" },
    };
    for (size_t i = 0; i < FOVEA_ARRAY_LEN(cases); i++) {
        struct fovea_error error;
        enum fovea_format format;
        uint8_t bytes[512] = { 0 };
        memcpy(bytes + cases[i].at, cases[i].magic, strlen(cases[i].magic));
        assert_fails(sniff(bytes, sizeof bytes, &format, &error), &error,
                cases[i].status, cases[i].name);
    }
    struct fovea_error error;
    enum fovea_format format;
    uint8_t bytes[512] = { [0] = 0x47, [188] = 0x47, [376] = 0x47 };
    assert_fails(sniff(bytes, sizeof bytes, &format, &error), &error,
            FOVEA_ERR_NOT_AN_IMAGE, "transport stream");
    uint8_t pcx[128] = { 10, 5, 1, 8 };
    assert_fails(sniff(pcx, sizeof pcx, &format, &error), &error,
            FOVEA_ERR_IMAGE_UNSUPPORTED, "PCX");
}

/* Looked into: most archives of gzip are no picture. */
static void
compressed_svg_is_told(void **state)
{
    (void)state;
    static const char text[] = "<?xml version=\"1.0\"?>\n<svg></svg>";
    uint8_t bytes[256];
    z_stream stream = { .next_in = (const Bytef *)text,
        .avail_in = sizeof text - 1,
        .next_out = bytes,
        .avail_out = sizeof bytes };
    assert_int_equal(deflateInit2(&stream, 9, Z_DEFLATED, 16 + 15, 8,
                             Z_DEFAULT_STRATEGY),
            Z_OK);
    assert_int_equal(deflate(&stream, Z_FINISH), Z_STREAM_END);
    size_t size = stream.total_out;
    assert_int_equal(deflateEnd(&stream), Z_OK);
    struct fovea_error error;
    enum fovea_format format;
    assert_fails(sniff(bytes, size, &format, &error), &error,
            FOVEA_ERR_IMAGE_UNSUPPORTED, "SVG is not supported");
    bytes[size / 2] ^= 0xff;
    assert_true(sniff(bytes, size, &format, &error) != FOVEA_OK);
}

/* However a head is cut nothing is read behind its end. */
static void
heads_may_be_cut_anywhere(void **state)
{
    (void)state;
    for (size_t i = 0; i < FOVEA_ARRAY_LEN(pictures); i++) {
        for (size_t n = 1; n < pictures[i].size; n++) {
            uint8_t *cut = malloc(n);
            assert_non_null(cut);
            memcpy(cut, pictures[i].bytes, n);
            struct fovea_error error;
            enum fovea_format format;
            (void)sniff(cut, n, &format, &error);
            free(cut);
        }
    }
}

static void
nothing_is_no_image(void **state)
{
    (void)state;
    struct fovea_error error;
    struct fovea_input input;
    enum fovea_format format;
    fovea_input_from_memory("", 0, &input);
    assert_fails(fovea_image_sniff(&input, &format, &error), &error,
            FOVEA_ERR_NOT_AN_IMAGE, "empty");
}

int
main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(what_is_decoded_is_told),
        cmocka_unit_test(other_pictures_are_named),
        cmocka_unit_test(what_is_no_picture_is_named),
        cmocka_unit_test(what_is_told_from_further_on),
        cmocka_unit_test(compressed_svg_is_told),
        cmocka_unit_test(heads_may_be_cut_anywhere),
        cmocka_unit_test(nothing_is_no_image),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
