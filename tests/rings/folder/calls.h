/* Two files that reach each other by calls alone: see check_rings.py. */
void fovea_first(void);
void fovea_second(void);
