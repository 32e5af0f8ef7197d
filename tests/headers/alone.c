/* Compiled with one public header in front of it, as C and as C++: what the
   header needs it has to include itself. A file may not be empty in C. */
extern int fovea_header_stands_alone;
