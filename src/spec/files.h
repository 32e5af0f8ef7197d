/* What the files of a model's directory are called, by Hugging Face. */
#ifndef FOVEA_SPEC_FILES_H
#define FOVEA_SPEC_FILES_H

#define FOVEA_FILE_CONFIG       "config.json"
#define FOVEA_FILE_PREPROCESSOR "preprocessor_config.json"
#define FOVEA_FILE_WEIGHTS      "model.safetensors"
/* In place of the weights: which of several files holds which tensor. */
#define FOVEA_FILE_WEIGHTS_INDEX "model.safetensors.index.json"
/* Weights as a program to run; looked for to say so, never read. */
#define FOVEA_FILE_PICKLE "pytorch_model.bin"

#endif
