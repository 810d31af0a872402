// Debian builds OpenBLAS without the C face of LAPACK: its routines are called by their Fortran names, with a pointer
// for every argument. Lengths of one-character arguments may be left out.
#include <cblas.h>

#if defined(__clang__)
#pragma clang assume_nonnull begin
#endif

/// The eigenvalues, ascending, and with jobz 'V' the eigenvectors, of a symmetric matrix, by columns.
///
/// Source: LAPACK Users' Guide, 3rd ed., driver xSYEV.
void dsyev_(
    const char *jobz, const char *uplo, const int *n, double *a, const int *lda, double *w, double *work,
    const int *lwork, int *info);

#if defined(__clang__)
#pragma clang assume_nonnull end
#endif
