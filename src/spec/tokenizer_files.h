/* What the files of a model's tokenizer are called, in every layout. */
#ifndef FOVEA_SPEC_TOKENIZER_FILES_H
#define FOVEA_SPEC_TOKENIZER_FILES_H

#define FOVEA_FILE_TOKENIZER        "tokenizer.json"
#define FOVEA_FILE_TOKENIZER_CONFIG "tokenizer_config.json"
/* In place of the first: of old CLIPs. */
#define FOVEA_FILE_VOCABULARY "vocab.json"
#define FOVEA_FILE_MERGES     "merges.txt"

#endif
