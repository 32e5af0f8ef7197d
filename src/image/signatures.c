/*
 * The table of signatures: see signatures.h. The first row that matches counts,
 * so that what is certain comes first and what is guessed last. Sources: each
 * format's specification, and the magic files of file(1) for those without one.
 */
#include "image/signatures.h"

#include "base/macros.h"

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
    PICTURE("CgBI, which Apple's tools make of PNG,", 12, "CgBI"),

#define FOVEA_FORMAT_MAGIC(format, at, magic)                     \
    { NULL, FOVEA_KIND_DECODED, FOVEA_FORMAT_##format, at, magic, \
        sizeof(magic) - 1, NULL },
#define FOVEA_FORMAT_HEAD(format, matches) \
    { NULL, FOVEA_KIND_DECODED, FOVEA_FORMAT_##format, 0, NULL, 0, matches },
#include "base/format.def"

    PICTURE("JPEG XR", 0, "II\xbc\1"),
    PICTURE_IF("ANI", fovea_head_is_ani),
    PICTURE("ICNS", 0, "icns"),
    PICTURE("PSD", 0, "8BPS\0\1"),
    PICTURE("PSB", 0, "8BPS\0\2"),
    PICTURE("PAM", 0, "P7\n"),
    PICTURE_IF("PFM", fovea_head_is_pfm),
    PICTURE("OpenEXR", 0, "\x76\x2f\x31\1"),
    PICTURE("Radiance HDR", 0, "#?RADIANCE"),
    PICTURE("Radiance HDR", 0, "#?RGBE"),
    PICTURE("DDS", 0, "DDS \x7c\0\0\0"),
    PICTURE("KTX", 0, "\xabKTX "),
    PICTURE("QOI", 0, "qoif"),
    PICTURE("XCF", 0, "gimp xcf "),
    PICTURE("DjVu", 0, "AT&TFORM"),
    PICTURE("WMF", 0, "\xd7\xcd\xc6\x9a"),
    PICTURE_IF("EMF", fovea_head_is_emf),
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
    PICTURE_IF("ILBM", fovea_head_is_ilbm),
    PICTURE_IF("PCX", fovea_head_is_pcx),
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

    OTHER_IF("a video (AVI)", fovea_head_is_avi),
    OTHER_IF("a sound file (WAVE)", fovea_head_is_wave),
    OTHER_IF("a video (QuickTime)", fovea_head_is_quicktime),
    OTHER_IF("a sound file (MP4)", fovea_head_is_sound_in_mp4),
    OTHER_IF("a video (MP4)", fovea_head_is_mp4),
    OTHER_IF("a video (WebM)", fovea_head_is_webm),
    OTHER("a video (Matroska)", 0, "\x1a\x45\xdf\xa3"),
    OTHER("a video (FLV)", 0, "FLV\1"),
    OTHER("a video (MPEG)", 0, "\0\0\1\xba"),
    OTHER("a video (MPEG)", 0, "\0\0\1\xb3"),
    OTHER_IF("a video (MPEG transport stream)", fovea_head_is_mpeg_ts),
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

    PICTURE_IF("TGA", fovea_head_is_tga),
    OTHER_IF("nothing but zero bytes", fovea_head_is_zeros),
    OTHER("text in UTF-16", 0, "\xff\xfe"),
    OTHER("text in UTF-16", 0, "\xfe\xff"),
    OTHER_IF("plain text", fovea_head_is_text),
};

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
