/*
 * The table of signatures: see signatures.h. The first row that matches counts,
 * so that what is certain comes first and what is guessed last. Sources: each
 * format's specification, and the magic files of file(1) for those without one.
 */
#include "image/signatures.h"

#include <string.h>

#include "base/macros.h"
#include "image/bytes.h"

/* Fields of a file's head that are out of reach are 0. */
static uint32_t
number_at(const struct fovea_head *head, size_t at, size_t size)
{
    if (at + size > head->size) {
        return 0;
    }
    return (uint32_t)fovea_little_endian(head->bytes + at, size);
}

/* Two letters are few: text may begin with them. The second header's size has a
   small number's three bytes of zero. */
static bool
is_bmp(const struct fovea_head *head)
{
    enum {
        HEADER_SIZE_AT = 14
    };
    if (!fovea_head_has(head, 0, "BM", 2)) {
        return false;
    }
    return head->size < HEADER_SIZE_AT + 4
            ? memchr(head->bytes, 0, head->size) != NULL
            : fovea_head_has(head, HEADER_SIZE_AT + 1, "\0\0\0", 3);
}

static bool
is_webp(const struct fovea_head *head)
{
    return fovea_head_has(head, 0, "RIFF", 4) &&
            fovea_head_has(head, 8, "WEBP", 4);
}

static bool
is_avi(const struct fovea_head *head)
{
    return fovea_head_has(head, 0, "RIFF", 4) &&
            fovea_head_has(head, 8, "AVI ", 4);
}

static bool
is_wave(const struct fovea_head *head)
{
    return fovea_head_has(head, 0, "RIFF", 4) &&
            fovea_head_has(head, 8, "WAVE", 4);
}

static bool
is_ani(const struct fovea_head *head)
{
    return fovea_head_has(head, 0, "RIFF", 4) &&
            fovea_head_has(head, 8, "ACON", 4);
}

static bool
is_ilbm(const struct fovea_head *head)
{
    return fovea_head_has(head, 0, "FORM", 4) &&
            (fovea_head_has(head, 8, "ILBM", 4) ||
                    fovea_head_has(head, 8, "PBM ", 4));
}

/* A directory of at least one picture, whose fourth byte is always 0. */
static bool
is_icon_of(const struct fovea_head *head, const char *type)
{
    return fovea_head_has(head, 0, type, 4) && head->size >= 22 &&
            number_at(head, 4, 2) > 0 && head->bytes[9] == 0 &&
            number_at(head, 18, 4) >= 22;
}

static bool
is_ico(const struct fovea_head *head)
{
    return is_icon_of(head, "\0\0\1\0");
}

static bool
is_cur(const struct fovea_head *head)
{
    return is_icon_of(head, "\0\0\2\0");
}

/* P1 to P6 and a blank, a comment or a line's end. */
static bool
is_pnm(const struct fovea_head *head)
{
    return head->size >= 3 && head->bytes[0] == 'P' && head->bytes[1] >= '1' &&
            head->bytes[1] <= '6' && head->bytes[2] &&
            strchr(" \t\r\n#", head->bytes[2]);
}

static bool
is_pfm(const struct fovea_head *head)
{
    return fovea_head_has(head, 0, "PF\n", 3) ||
            fovea_head_has(head, 0, "Pf\n", 3);
}

static bool
is_emf(const struct fovea_head *head)
{
    return fovea_head_has(head, 0, "\1\0\0\0", 4) &&
            fovea_head_has(head, 40, " EMF", 4);
}

static bool
is_pcx(const struct fovea_head *head)
{
    return head->size >= 128 && head->bytes[0] == 10 && head->bytes[1] <= 5 &&
            head->bytes[1] != 1 && head->bytes[2] == 1 && head->bytes[3] &&
            strchr("\1\2\4\10", head->bytes[3]) && head->bytes[64] == 0;
}

/* The format has no signature; this is a head without a palette and with its
   picture at 0, 0, as nearly all are. */
static bool
is_tga(const struct fovea_head *head)
{
    static const char nothing[9];
    if (head->size < 18 || head->bytes[1] != 0 || !head->bytes[2] ||
            !strchr("\2\3\12\13", head->bytes[2]) ||
            memcmp(head->bytes + 3, nothing, sizeof nothing) != 0) {
        return false;
    }
    uint8_t bits = head->bytes[16];
    bool grey = head->bytes[2] == 3 || head->bytes[2] == 11;
    bool known = grey ? bits == 8 : bits == 16 || bits == 24 || bits == 32;
    return known && number_at(head, 12, 2) > 0 && number_at(head, 14, 2) > 0 &&
            head->bytes[17] <= 0x2f;
}

static bool
is_mpeg_ts(const struct fovea_head *head)
{
    return head->size > 376 && head->bytes[0] == 0x47 &&
            head->bytes[188] == 0x47 && head->bytes[376] == 0x47;
}

#define DECODED(format, at, magic)                                  \
    {                                                               \
        NULL, FOVEA_KIND_DECODED, FOVEA_FORMAT_##format, at, magic, \
                sizeof(magic) - 1, NULL                             \
    }
#define DECODED_IF(format, matches)                                          \
    {                                                                        \
        NULL, FOVEA_KIND_DECODED, FOVEA_FORMAT_##format, 0, NULL, 0, matches \
    }
#define PICTURE(name, at, magic)                                        \
    {                                                                   \
        name, FOVEA_KIND_PICTURE, 0, at, magic, sizeof(magic) - 1, NULL \
    }
#define PICTURE_IF(name, matches)                        \
    {                                                    \
        name, FOVEA_KIND_PICTURE, 0, 0, NULL, 0, matches \
    }
#define OTHER(name, at, magic)                                        \
    {                                                                 \
        name, FOVEA_KIND_OTHER, 0, at, magic, sizeof(magic) - 1, NULL \
    }
#define TEXTED(name, magic)                                           \
    {                                                                 \
        name, FOVEA_KIND_TEXTED, 0, 0, magic, sizeof(magic) - 1, NULL \
    }
#define OTHER_IF(name, matches)                        \
    {                                                  \
        name, FOVEA_KIND_OTHER, 0, 0, NULL, 0, matches \
    }

/* UTF-8 of the character that stands for one that cannot be read. */
#define FFFD "\xef\xbf\xbd"

static const struct fovea_signature signatures[] = {
    DECODED(JPEG, 0, "\xff\xd8\xff"),
    PICTURE("CgBI, which Apple's tools make of PNG,", 12, "CgBI"),
    DECODED(PNG, 0, "\x89PNG\r\n\x1a\n"),
    DECODED_IF(WEBP, is_webp),
    DECODED(GIF, 0, "GIF87a"),
    DECODED(GIF, 0, "GIF89a"),
    DECODED(TIFF, 0, "II*\0"),
    DECODED(TIFF, 0, "MM\0*"),
    DECODED(TIFF, 0, "II+\0"),
    DECODED(TIFF, 0, "MM\0+"),
    DECODED_IF(HEIF, fovea_head_is_heif),
    DECODED_IF(BMP, is_bmp),
    /* What else is raw is found among the TIFFs: raw.h. */
    DECODED_IF(RAW, fovea_head_is_cr3),
    DECODED(RAW, 0, "FUJIFILMCCD-RAW "),
    DECODED(RAW, 6, "HEAPCCDR"),
    DECODED(RAW, 0, "IIRO"),
    DECODED(RAW, 0, "IIRS"),
    DECODED(RAW, 0, "MMOR"),
    DECODED(RAW, 0, "IIU\0"),

    PICTURE("JPEG XL", 0, "\xff\x0a"),
    PICTURE("JPEG XL", 0, "\0\0\0\x0cJXL \r\n\x87\n"),
    PICTURE("JPEG 2000", 0, "\0\0\0\x0cjP  \r\n\x87\n"),
    PICTURE("JPEG 2000", 0, "\xff\x4f\xff\x51"),
    PICTURE("JPEG XR", 0, "II\xbc\1"),
    PICTURE_IF("ICO", is_ico),
    PICTURE_IF("CUR", is_cur),
    PICTURE_IF("ANI", is_ani),
    PICTURE("ICNS", 0, "icns"),
    PICTURE("PSD", 0, "8BPS\0\1"),
    PICTURE("PSB", 0, "8BPS\0\2"),
    PICTURE_IF("PNM", is_pnm),
    PICTURE("PAM", 0, "P7\n"),
    PICTURE_IF("PFM", is_pfm),
    PICTURE("OpenEXR", 0, "\x76\x2f\x31\1"),
    PICTURE("Radiance HDR", 0, "#?RADIANCE"),
    PICTURE("Radiance HDR", 0, "#?RGBE"),
    PICTURE("DDS", 0, "DDS \x7c\0\0\0"),
    PICTURE("KTX", 0, "\xabKTX "),
    PICTURE("QOI", 0, "qoif"),
    PICTURE("XCF", 0, "gimp xcf "),
    PICTURE("DjVu", 0, "AT&TFORM"),
    PICTURE("WMF", 0, "\xd7\xcd\xc6\x9a"),
    PICTURE_IF("EMF", is_emf),
    PICTURE("FLIF", 0, "FLIF"),
    PICTURE("BPG", 0, "BPG\xfb"),
    PICTURE("MNG", 0, "\x8aMNG\r\n\x1a\n"),
    PICTURE("JNG", 0, "\x8bJNG\r\n\x1a\n"),
    PICTURE("JBIG2", 0, "\x97JB2\r\n\x1a\n"),
    PICTURE("DPX", 0, "SDPX"),
    PICTURE("DPX", 0, "XPDS"),
    PICTURE("FITS", 0, "SIMPLE  ="),
    PICTURE("DICOM", 128, "DICM"),
    PICTURE("Sun Raster", 0, "\x59\xa6\x6a\x95"),
    PICTURE("SGI RGB", 0, "\x01\xda\0\1\0"),
    PICTURE("SGI RGB", 0, "\x01\xda\1\1\0"),
    PICTURE_IF("ILBM", is_ilbm),
    PICTURE_IF("PCX", is_pcx),
    PICTURE("XPM", 0, "/* XPM */"),
    PICTURE_IF("XBM", fovea_head_is_xbm),
    PICTURE("JPEG XS", 0, "\xff\x10\xff\x50"),
    PICTURE("ASTC", 0, "\x13\xab\xa1\x5c"),
    PICTURE("farbfeld", 0, "farbfeld"),
    PICTURE("Paint Shop Pro", 0, "Paint Shop Pro Image File"),
    PICTURE("Clip Studio", 0, "CSFCHUNK"),
    PICTURE("EPS", 0, "\xc5\xd0\xd3\xc6"),
    PICTURE_IF("EPS", fovea_head_is_eps),
    PICTURE_IF("SVG", fovea_head_is_svg),
    PICTURE_IF("SVG", fovea_head_is_svgz),
    PICTURE("raw photograph (X3F)", 0, "FOVb"),
    PICTURE("raw photograph (MRW)", 0, "\0MRM"),

    OTHER_IF("a video (AVI)", is_avi),
    OTHER_IF("a sound file (WAVE)", is_wave),
    OTHER_IF("a video (QuickTime)", fovea_head_is_quicktime),
    OTHER_IF("a sound file (MP4)", fovea_head_is_sound_in_mp4),
    OTHER_IF("a video (MP4)", fovea_head_is_mp4),
    OTHER_IF("a video (WebM)", fovea_head_is_webm),
    OTHER("a video (Matroska)", 0, "\x1a\x45\xdf\xa3"),
    OTHER("a video (FLV)", 0, "FLV\1"),
    OTHER("a video (MPEG)", 0, "\0\0\1\xba"),
    OTHER("a video (MPEG)", 0, "\0\0\1\xb3"),
    OTHER_IF("a video (MPEG transport stream)", is_mpeg_ts),
    OTHER("a video or sound file (ASF)", 0, "\x30\x26\xb2\x75\x8e\x66\xcf\x11"),
    OTHER("a video or sound file (Ogg)", 0, "OggS"),
    OTHER("a sound file (MP3)", 0, "ID3"),
    OTHER("a sound file (MP3)", 0, "\xff\xfb"),
    OTHER("a sound file (AAC)", 0, "\xff\xf1"),
    OTHER("a sound file (FLAC)", 0, "fLaC"),
    OTHER("a PDF document", 0, "%PDF-"),
    OTHER("a PostScript document", 0, "%!PS"),
    OTHER("an RTF document", 0, "{\\rtf"),
    OTHER("an OLE document, as older Office and Thumbs.db are", 0,
            "\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1"),
    OTHER("a ZIP archive", 0, "PK\3\4"),
    OTHER("a ZIP archive", 0, "PK\5\6"),
    OTHER("a gzip archive", 0, "\x1f\x8b"),
    OTHER("a bzip2 archive", 0, "BZh"),
    OTHER("an xz archive", 0,
            "\xfd"
            "7zXZ\0"),
    OTHER("a Zstandard archive", 0, "\x28\xb5\x2f\xfd"),
    OTHER("a 7-Zip archive", 0, "7z\xbc\xaf\x27\x1c"),
    OTHER("a RAR archive", 0, "Rar!\x1a\7"),
    OTHER("a tar archive", 257, "ustar"),
    OTHER("an SQLite database", 0, "SQLite format 3\0"),
    OTHER("a NumPy file", 0, "\x93NUMPY"),
    OTHER("an AppleDouble file of macOS", 0, "\0\5\x16\7"),
    OTHER("a .DS_Store of macOS", 0, "\0\0\0\1Bud1"),
    OTHER("a property list of macOS", 0, "bplist0"),
    OTHER("a shortcut of Windows", 0, "L\0\0\0\1\x14\2\0"),
    OTHER("a program (ELF)", 0,
            "\x7f"
            "ELF"),
    OTHER("a program (Windows)", 0, "MZ\x90\0"),
    OTHER("a Git LFS pointer, and not the file itself", 0,
            "version https://git-lfs"),
    OTHER_IF("an HTML page", fovea_head_is_html),
    OTHER_IF("XML", fovea_head_is_xml),
    OTHER_IF("JSON", fovea_head_is_json),
    OTHER_IF("a data URI, and not the bytes in it", fovea_head_is_data_uri),
    OTHER_IF("base64 text of an image, and not its bytes",
            fovea_head_is_base64),

    /* Line ends of another system, seven bits, UTF-8 of each byte, and U+FFFD
       for what is no UTF-8. PNG's signature was made to show it. */
    TEXTED("PNG", "\x89PNG\r\r\n\x1a\r\n"),
    TEXTED("PNG", "\x89PNG\n\x1a\n"),
    TEXTED("PNG", "\x89PNG\r\r\x1a\r"),
    TEXTED("PNG", "\x09PNG\r\n\x1a\n"),
    TEXTED("PNG", "\xc2\x89PNG\r\n\x1a\n"),
    TEXTED("PNG", FFFD "PNG\r\n\x1a\n"),
    TEXTED("JPEG", "\xc3\xbf\xc3\x98\xc3\xbf"),
    TEXTED("JPEG", FFFD FFFD FFFD FFFD "\0\x10JFIF"),

    PICTURE_IF("TGA", is_tga),
    OTHER_IF("nothing but zero bytes", fovea_head_is_zeros),
    OTHER("text in UTF-16", 0, "\xff\xfe"),
    OTHER("text in UTF-16", 0, "\xfe\xff"),
    OTHER_IF("plain text", fovea_head_is_text),
};

bool
fovea_head_has(const struct fovea_head *head, size_t at, const char *magic,
        size_t size)
{
    return head->size >= at + size &&
            memcmp(head->bytes + at, magic, size) == 0;
}

const struct fovea_signature *
fovea_signature_find(const struct fovea_head *head)
{
    for (size_t i = 0; i < FOVEA_ARRAY_LEN(signatures); i++) {
        const struct fovea_signature *row = &signatures[i];
        bool matches = row->matches
                ? row->matches(head)
                : fovea_head_has(head, row->at, row->magic, row->size);
        if (matches) {
            return row;
        }
    }
    return NULL;
}
