// Debian builds OpenBLAS without the C face of LAPACK: its routines are called by their Fortran names, with a pointer
// for every argument. Lengths of one-character arguments may be left out.
#include <cblas.h>
