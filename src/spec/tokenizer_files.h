/* What the files of a model's tokenizer are called, in every layout. */
#ifndef FOVEA_SPEC_TOKENIZER_FILES_H
#define FOVEA_SPEC_TOKENIZER_FILES_H

#define FOVEA_FILE_TOKENIZER        "tokenizer.json"
#define FOVEA_FILE_TOKENIZER_CONFIG "tokenizer_config.json"
/* In place of the first: of old CLIPs. */
#define FOVEA_FILE_VOCABULARY "vocab.json"
#define FOVEA_FILE_MERGES     "merges.txt"

/* Of a larger file nothing is read. */
#define FOVEA_TOKENIZER_MAX_BYTES (256 << 20)

/* What the layout of a table that is compiled of them is called; part of the name
   of one that is kept. */
#define FOVEA_TOKENIZER_TABLE "fovea-tokenizer-1"

#endif
