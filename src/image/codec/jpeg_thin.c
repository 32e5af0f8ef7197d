/* See jpeg_thin.h. Source of the coding: ITU-T T.81, annex F. */
#include "image/codec/jpeg_thin.h"

#include <string.h>

#include "base/error.h"
#include "image/byte_order.h"

enum {
    WINDOW_BYTES = 64 << 10,
    LOOK = 13, /* bits that are looked up at once */
    N_LOOKS = 1 << LOOK,
    MAX_LENGTH = 16, /* of a code */
    ZERO_RUN = 0xf0,
    RST0 = 0xd0,
    N_RESTARTS = 8
};

/* Some codes with the bits behind them, that fit into what is looked at. */
struct step {
    uint8_t n_bits;   /* 0: not a single one does */
    uint8_t n_coeffs; /* that they go on by; the end of a block counts as one */
};

enum {
    /* Is added to the coefficients where the block ends. */
    STEP_ENDS = 128
};

struct table {
    struct step steps[N_LOOKS];
    /* Of codes of each length: the first behind them, left in 16 bits, and where
       their symbols stand. */
    uint32_t ends[MAX_LENGTH + 1];
    int32_t offsets[MAX_LENGTH + 1];
    uint8_t symbols[256];
    bool is_dc;
    /* That there are no more in the block. */
    uint32_t end_code;
    unsigned end_length; /* 0: there is no such code */
};

/* A block of a unit. */
struct block {
    const struct table *dc;
    const struct table *ac;
    bool is_thin; /* the mean alone counts */
};

/* What is read: bits, the very next on top, with zeros behind them. */
struct reader {
    uint64_t bits;
    int n_bits;        /* that are the file's; below 0: more were taken */
    const uint8_t *at; /* bytes behind them, in the window */
    const uint8_t *end;
};

/* What is written: bits that make no whole byte yet, the last at the bottom. */
struct writer {
    uint64_t bits;
    unsigned n_bits;
    uint8_t *at;
};

struct fovea_jpeg_thin {
    struct fovea_jpeg_data *data;
    struct block blocks[D_MAX_BLOCKS_IN_MCU];
    size_t n_blocks;
    uint64_t n_units; /* that are left */
    unsigned restart_interval;
    unsigned to_restart; /* units */
    unsigned n_restarts;
    bool is_bad;
    bool is_done;
    bool is_read; /* to its end */
    struct reader reader;
    struct writer writer;
    uint8_t window[WINDOW_BYTES];
    struct table tables[2 * NUM_HUFF_TBLS]; /* for means; for the others */
    struct step singles[N_LOOKS];
};

_Static_assert(sizeof(struct fovea_jpeg_thin) <= FOVEA_JPEG_THIN_BYTES,
        "more memory than is asked for");

/* Reading. */

/* At least `n` bytes behind the bits, if there are as many. */
static enum fovea_status
fill_window(struct fovea_jpeg_thin *thin, size_t n, struct fovea_error *err)
{
    struct reader *reader = &thin->reader;
    size_t left = (size_t)(reader->end - reader->at);
    if (left >= n || thin->is_read) {
        return FOVEA_OK;
    }
    memmove(thin->window, reader->at, left);
    while (left < n && !thin->is_read) {
        size_t n_read = 0;
        enum fovea_status status = fovea_jpeg_data_read(thin->data,
                thin->window + left, WINDOW_BYTES - left, &n_read, err);
        if (status) {
            return status;
        }
        left += n_read;
        thin->is_read = n_read == 0;
    }
    reader->at = thin->window;
    reader->end = thin->window + left;
    return FOVEA_OK;
}

/* Bytes one by one, up to a marker or the window's end. */
static void
fill_slowly(struct reader *reader)
{
    if (reader->n_bits < 0) {
        return;
    }
    while (reader->n_bits <= 56 && reader->at < reader->end) {
        uint8_t byte = *reader->at;
        if (byte == 0xff) {
            if (reader->end - reader->at < 2 || reader->at[1] != 0) {
                return;
            }
            reader->at++;
        }
        reader->at++;
        reader->bits |= (uint64_t)byte << (56 - reader->n_bits);
        reader->n_bits += 8;
    }
}

/* More than 55 bits, unless a marker or the end of the data comes before. */
static inline void
fill_bits(struct reader *reader)
{
    if (reader->end - reader->at >= 8 && reader->n_bits >= 0) {
        uint64_t bytes;
        memcpy(&bytes, reader->at, sizeof bytes);
        /* Whether one of them is ff: then its complement is 0. */
        uint64_t no = ~bytes;
        uint64_t ones = UINT64_C(0x0101010101010101);
        if (((no - ones) & bytes & ones << 7) == 0) {
            /* All that fits, and a part of a byte that is taken once more. */
            reader->bits |= __builtin_bswap64(bytes) >> reader->n_bits;
            reader->at += (63 - reader->n_bits) >> 3;
            reader->n_bits |= 56;
            return;
        }
    }
    struct reader slow = *reader; /* so that this one needs no address */
    fill_slowly(&slow);
    *reader = slow;
}

static inline void
drop(struct reader *reader, unsigned n)
{
    reader->bits <<= n;
    reader->n_bits -= (int)n;
}

/* Writing. */

/* At most 32. */
static inline void
put(struct writer *writer, uint32_t bits, unsigned n)
{
    writer->bits = writer->bits << n | bits;
    writer->n_bits += n;
    while (writer->n_bits >= 8) {
        writer->n_bits -= 8;
        uint8_t byte = (uint8_t)(writer->bits >> writer->n_bits);
        *writer->at++ = byte;
        if (byte == 0xff) {
            *writer->at++ = 0;
        }
    }
}

/* As it was. */
static inline void
copy(struct reader *reader, struct writer *writer, unsigned n)
{
    put(writer, (uint32_t)(reader->bits >> 32 >> (32 - n)), n);
    drop(reader, n);
}

/* To the next whole byte, with ones, and the marker. */
static void
put_marker(struct writer *writer, uint8_t marker)
{
    unsigned n = (8 - writer->n_bits) % 8;
    put(writer, (1U << n) - 1, n);
    *writer->at++ = 0xff;
    *writer->at++ = marker;
}

/* Codes. */

static struct step
make_step(bool is_dc, uint8_t symbol, unsigned length)
{
    unsigned extra = is_dc ? symbol : symbol & 15U;
    bool is_end = is_dc || (extra == 0 && symbol != ZERO_RUN);
    return (struct step){
        .n_bits = (uint8_t)(length + extra),
        .n_coeffs = (uint8_t)(is_end ? STEP_ENDS + 1 : (symbol >> 4) + 1),
    };
}

/* The one code that the bits begin with, and the bits behind it; none: 0 bits. */
static __attribute__((noinline)) struct step
step_once(const struct table *table, uint64_t bits)
{
    uint32_t top = (uint32_t)(bits >> (64 - MAX_LENGTH));
    for (unsigned n = 1; n <= MAX_LENGTH; n++) {
        if (top < table->ends[n]) {
            int32_t at = table->offsets[n] + (int32_t)(top >> (MAX_LENGTH - n));
            return make_step(table->is_dc, table->symbols[at & 255], n);
        }
    }
    return (struct step){ .n_bits = 0 };
}

/* One code each, where it fits with the bits behind it. */
static void
make_single_steps(struct table *table, uint32_t code, unsigned length,
        uint8_t symbol)
{
    struct step step = make_step(table->is_dc, symbol, length);
    if (step.n_bits > LOOK) {
        return;
    }
    unsigned shift = LOOK - length;
    for (uint32_t i = code << shift; i < (code + 1) << shift && i < N_LOOKS;
            i++) {
        table->steps[i] = step;
    }
}

/* As many more as fit: of the zeros that are shifted in nothing is taken. */
static void
join_steps(struct table *table, struct step singles[N_LOOKS])
{
    memcpy(singles, table->steps, sizeof table->steps);
    for (uint32_t i = 0; i < N_LOOKS; i++) {
        struct step all = singles[i];
        while (all.n_bits > 0 && all.n_coeffs < STEP_ENDS) {
            struct step next = singles[i << all.n_bits & (N_LOOKS - 1)];
            unsigned n = all.n_coeffs + (next.n_coeffs & (STEP_ENDS - 1U));
            if (next.n_bits == 0 || all.n_bits + next.n_bits > LOOK ||
                    n > DCTSIZE2) {
                break;
            }
            all.n_bits += next.n_bits;
            all.n_coeffs += next.n_coeffs;
        }
        table->steps[i] = all;
    }
}

/* libjpeg has checked it. singles: to work in. */
static void
make_table(struct table *table, const JHUFF_TBL *from, bool is_dc,
        struct step singles[N_LOOKS])
{
    uint32_t code = 0;
    int32_t n = 0;
    table->is_dc = is_dc;
    memcpy(table->symbols, from->huffval, sizeof table->symbols);
    for (unsigned length = 1; length <= MAX_LENGTH; length++) {
        table->offsets[length] = n - (int32_t)code;
        for (unsigned i = 0; i < from->bits[length] && n < 256; i++, n++) {
            uint8_t symbol = from->huffval[n];
            if (!is_dc && symbol == 0) {
                table->end_code = code;
                table->end_length = length;
            }
            if (length <= LOOK) {
                make_single_steps(table, code, length, symbol);
            }
            code++;
        }
        table->ends[length] = code << (MAX_LENGTH - length);
        code <<= 1;
    }
    if (!is_dc) {
        join_steps(table, singles);
    }
}

/* Blocks. */

static inline bool
goes_beyond(struct step step, unsigned k)
{
    return k + (step.n_coeffs & (STEP_ENDS - 1U)) > DCTSIZE2;
}

/* The next codes of a block from coefficient k on; 0 bits if there are none. */
static inline struct step
next_step(const struct table *table, uint64_t bits, unsigned k)
{
    struct step step = table->steps[bits >> (64 - LOOK)];
    bool is_good = step.n_bits > 0 && !goes_beyond(step, k);
    return is_good ? step : step_once(table, bits);
}

/* The codes of a block behind its mean; whether there are as many as it takes. */
static inline bool
skip_coeffs(struct reader *reader, const struct table *table)
{
    unsigned k = 1;
    while (k < DCTSIZE2) {
        fill_bits(reader);
        struct step step = next_step(table, reader->bits, k);
        if (step.n_bits == 0) {
            return false;
        }
        drop(reader, step.n_bits);
        k += step.n_coeffs; /* beyond all where it ends */
        /* For what a look shows there are bits enough. */
        step = table->steps[reader->bits >> (64 - LOOK)];
        if (!goes_beyond(step, k)) {
            drop(reader, step.n_bits);
            k += step.n_coeffs;
        }
    }
    return true;
}

static inline bool
copy_coeffs(struct reader *reader, struct writer *writer,
        const struct table *table)
{
    unsigned k = 1;
    while (k < DCTSIZE2) {
        fill_bits(reader);
        struct step step = next_step(table, reader->bits, k);
        if (step.n_bits == 0) {
            return false;
        }
        copy(reader, writer, step.n_bits);
        k += step.n_coeffs;
    }
    return true;
}

/* Whether it is a good one. */
static bool
pass_unit(struct fovea_jpeg_thin *thin)
{
    /* Of its own, which nothing else points to: they stay in registers. */
    struct reader reader = thin->reader;
    struct writer writer = thin->writer;
    bool is_good = true;
    for (size_t i = 0; i < thin->n_blocks && is_good; i++) {
        const struct block *block = &thin->blocks[i];
        fill_bits(&reader);
        struct step step = next_step(block->dc, reader.bits, 0);
        if (step.n_bits == 0) {
            return false;
        }
        copy(&reader, &writer, step.n_bits);
        if (block->is_thin) {
            is_good = skip_coeffs(&reader, block->ac);
            put(&writer, block->ac->end_code, block->ac->end_length);
        } else {
            is_good = copy_coeffs(&reader, &writer, block->ac);
        }
    }
    thin->reader = reader;
    thin->writer = writer;
    return is_good && reader.n_bits >= 0;
}

/* Behind the last bits stands this marker, and nothing between. */
static bool
take_marker(struct fovea_jpeg_thin *thin, uint8_t marker)
{
    struct reader *reader = &thin->reader;
    if (reader->n_bits >= 8 || reader->end - reader->at < 2 ||
            reader->at[0] != 0xff || reader->at[1] != marker) {
        return false;
    }
    reader->at += 2;
    reader->bits = 0;
    reader->n_bits = 0;
    put_marker(&thin->writer, marker);
    return true;
}

static bool
pass_marker(struct fovea_jpeg_thin *thin)
{
    if (thin->n_units == 0) {
        thin->is_done = take_marker(thin, JPEG_EOI);
        return thin->is_done;
    }
    if (thin->restart_interval == 0 || --thin->to_restart > 0) {
        return true;
    }
    thin->to_restart = thin->restart_interval;
    return take_marker(thin, (uint8_t)(RST0 + thin->n_restarts++ % N_RESTARTS));
}

enum fovea_status
fovea_jpeg_thin_read(struct fovea_jpeg_thin *thin, uint8_t *bytes, size_t size,
        size_t *n_out, struct fovea_error *err)
{
    thin->writer.at = bytes;
    *n_out = 0;
    while (!thin->is_bad && !thin->is_done &&
            size - (size_t)(thin->writer.at - bytes) >= FOVEA_JPEG_THIN_ROOM) {
        /* A unit takes no more from the window than it may give. */
        enum fovea_status status = fill_window(thin, FOVEA_JPEG_THIN_ROOM, err);
        if (status) {
            return status;
        }
        thin->is_bad = !pass_unit(thin);
        thin->n_units--;
        thin->is_bad = thin->is_bad || !pass_marker(thin);
    }
    *n_out = thin->is_bad ? 0 : (size_t)(thin->writer.at - bytes);
    return FOVEA_OK;
}

/* Making. */

/* Of several scans libjpeg has read the data already, and the last of them may well
   look like one that is alone. */
static bool
can_be_thin(struct jpeg_decompress_struct *jpeg)
{
    if (jpeg->arith_code || jpeg_has_multiple_scans(jpeg)) {
        return false;
    }
    for (int i = 0; i < jpeg->comps_in_scan; i++) {
        if (jpeg->cur_comp_info[i]->DCT_scaled_size == 1) {
            return true;
        }
    }
    return false;
}

/* A table that means, or the others, are coded by: made when first asked for. */
static const struct table *
table_of(struct fovea_jpeg_thin *thin,
        const struct jpeg_decompress_struct *jpeg, int number, bool is_dc)
{
    if (number < 0 || number >= NUM_HUFF_TBLS) {
        return NULL;
    }
    const JHUFF_TBL *from = is_dc ? jpeg->dc_huff_tbl_ptrs[number]
                                  : jpeg->ac_huff_tbl_ptrs[number];
    struct table *table = &thin->tables[2 * number + is_dc];
    if (from && table->ends[MAX_LENGTH] == 0) {
        make_table(table, from, is_dc, thin->singles);
    }
    return from ? table : NULL;
}

/* Whether all that is wanted of the tables is there. */
static bool
set_blocks(struct fovea_jpeg_thin *thin,
        const struct jpeg_decompress_struct *jpeg)
{
    thin->n_blocks = (size_t)jpeg->blocks_in_MCU;
    for (size_t i = 0; i < thin->n_blocks; i++) {
        const jpeg_component_info *component =
                jpeg->cur_comp_info[jpeg->MCU_membership[i]];
        struct block *block = &thin->blocks[i];
        block->is_thin = component->DCT_scaled_size == 1;
        block->dc = table_of(thin, jpeg, component->dc_tbl_no, true);
        block->ac = table_of(thin, jpeg, component->ac_tbl_no, false);
        if (!block->dc || !block->ac ||
                (block->is_thin && block->ac->end_length == 0)) {
            return false;
        }
    }
    return true;
}

enum fovea_status
fovea_jpeg_thin_create(struct jpeg_decompress_struct *jpeg,
        struct fovea_jpeg_data *data, struct fovea_jpeg_thin **thin_out,
        struct fovea_error *err)
{
    struct jpeg_source_mgr *source = jpeg->src;
    *thin_out = NULL;
    if (!can_be_thin(jpeg) || source->bytes_in_buffer > WINDOW_BYTES) {
        return FOVEA_OK;
    }
    struct fovea_jpeg_thin *thin = calloc(1, sizeof *thin);
    if (!thin) {
        return fovea_fail_memory(err, sizeof *thin, "the data of a JPEG");
    }
    if (!set_blocks(thin, jpeg)) {
        free(thin);
        return FOVEA_OK;
    }
    thin->data = data;
    thin->n_units = (uint64_t)jpeg->MCUs_per_row * jpeg->MCU_rows_in_scan;
    thin->restart_interval = jpeg->restart_interval;
    thin->to_restart = jpeg->restart_interval;
    memcpy(thin->window, source->next_input_byte, source->bytes_in_buffer);
    thin->reader.at = thin->window;
    thin->reader.end = thin->window + source->bytes_in_buffer;
    source->bytes_in_buffer = 0;
    *thin_out = thin;
    return FOVEA_OK;
}

void
fovea_jpeg_thin_destroy(struct fovea_jpeg_thin *thin)
{
    free(thin);
}
