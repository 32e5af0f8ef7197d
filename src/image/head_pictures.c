/*
 * Pictures that take more than a comparison to tell. See head.h. Sources: each
 * format's specification, and the magic files of file(1) for those without one.
 */
#include <string.h>

#include "image/head.h"

/* Two letters are few: text may begin with them. The second header's size has a
   small number's three bytes of zero. */
bool
fovea_head_is_bmp(const struct fovea_head *head)
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

bool
fovea_head_is_webp(const struct fovea_head *head)
{
    return fovea_head_has(head, 0, "RIFF", 4) &&
            fovea_head_has(head, 8, "WEBP", 4);
}

bool
fovea_head_is_avi(const struct fovea_head *head)
{
    return fovea_head_has(head, 0, "RIFF", 4) &&
            fovea_head_has(head, 8, "AVI ", 4);
}

bool
fovea_head_is_wave(const struct fovea_head *head)
{
    return fovea_head_has(head, 0, "RIFF", 4) &&
            fovea_head_has(head, 8, "WAVE", 4);
}

bool
fovea_head_is_ani(const struct fovea_head *head)
{
    return fovea_head_has(head, 0, "RIFF", 4) &&
            fovea_head_has(head, 8, "ACON", 4);
}

bool
fovea_head_is_ilbm(const struct fovea_head *head)
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
            fovea_head_number(head, 4, 2) > 0 && head->bytes[9] == 0 &&
            fovea_head_number(head, 18, 4) >= 22;
}

bool
fovea_head_is_ico(const struct fovea_head *head)
{
    return is_icon_of(head, "\0\0\1\0");
}

bool
fovea_head_is_cur(const struct fovea_head *head)
{
    return is_icon_of(head, "\0\0\2\0");
}

/* P1 to P6 and a blank, a comment or a line's end. */
bool
fovea_head_is_pnm(const struct fovea_head *head)
{
    return head->size >= 3 && head->bytes[0] == 'P' && head->bytes[1] >= '1' &&
            head->bytes[1] <= '6' && head->bytes[2] &&
            strchr(" \t\r\n#", head->bytes[2]);
}

bool
fovea_head_is_pfm(const struct fovea_head *head)
{
    return fovea_head_has(head, 0, "PF\n", 3) ||
            fovea_head_has(head, 0, "Pf\n", 3);
}

bool
fovea_head_is_emf(const struct fovea_head *head)
{
    return fovea_head_has(head, 0, "\1\0\0\0", 4) &&
            fovea_head_has(head, 40, " EMF", 4);
}

bool
fovea_head_is_pcx(const struct fovea_head *head)
{
    return head->size >= 128 && head->bytes[0] == 10 && head->bytes[1] <= 5 &&
            head->bytes[1] != 1 && head->bytes[2] == 1 && head->bytes[3] &&
            strchr("\1\2\4\10", head->bytes[3]) && head->bytes[64] == 0;
}

/* The format has no signature; this is a head without a palette and with its
   picture at 0, 0, as nearly all are. */
bool
fovea_head_is_tga(const struct fovea_head *head)
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
    return known && fovea_head_number(head, 12, 2) > 0 &&
            fovea_head_number(head, 14, 2) > 0 && head->bytes[17] <= 0x2f;
}

bool
fovea_head_is_mpeg_ts(const struct fovea_head *head)
{
    return head->size > 376 && head->bytes[0] == 0x47 &&
            head->bytes[188] == 0x47 && head->bytes[376] == 0x47;
}
