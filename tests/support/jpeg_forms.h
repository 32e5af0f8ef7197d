/*
 * JPEG files of all kinds, of pictures in which no sample is like the one beside it,
 * and damage to them: for tests that hold two ways of decoding against each other.
 */
#ifndef FOVEA_SUPPORT_JPEG_FORMS_H
#define FOVEA_SUPPORT_JPEG_FORMS_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

enum {
    JPEG_FORM_MAX_SIDE = 600,
    JPEG_FORM_N_DAMAGES = 16 /* kinds and places */
};

struct jpeg_form {
    const char *name;
    int n_components;
    int h[3]; /* sampling of each component, of CMYK of the first three */
    int v[3];
    bool progressive;
    bool arithmetic;
    bool planes; /* a scan for each component */
    unsigned restart_interval;
};

extern const struct jpeg_form jpeg_forms[];
extern const size_t n_jpeg_forms;

/** The file; to be freed. */
uint8_t *jpeg_form_encode(const struct jpeg_form *form, unsigned width,
        unsigned height, size_t *size_out);

/**
 * A file of two scans, the first of one component, the second of all: a picture of
 * `form`, the first of whose components comes twice. To be freed.
 *
 * @param form  Of three components in one scan.
 */
uint8_t *jpeg_form_encode_again(const struct jpeg_form *form, unsigned width,
        unsigned height, size_t *size_out);

/**
 * Put other Huffman tables into a file, of as many codes each, which its data then
 * follow by chance alone: codes of all lengths, with as many bits behind them as
 * there can be, of runs that lead beyond a block, and often without an end.
 */
void jpeg_form_set_tables(uint8_t *bytes, size_t size, uint32_t *state);

/**
 * Damage a file behind the head of its first scan: cut it, turn a bit over, put a
 * marker into it, or end it by the end marker after some of its scans.
 *
 * @param number  Which of the damages; others come of the same number and another
 *                state.
 * @return the new size, not larger.
 */
size_t jpeg_form_damage(uint8_t *bytes, size_t size, unsigned number,
        uint32_t *state);

#endif
