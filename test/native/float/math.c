// Functions of the C library that use the x87 unit, and long double arithmetic in every rounding mode.
#include <fenv.h>
#include <math.h>
#include <stdio.h>

static volatile long double values[] = {0.0L, -0.0L, 1.0L, -2.5L, 3.75L, 1e-10L, 1e10L, 12345.678L, 0x1p63L, 0x1.fp-16400L, INFINITY, NAN};
static const int modes[] = {FE_TONEAREST, FE_DOWNWARD, FE_UPWARD, FE_TOWARDZERO};
enum { COUNT = sizeof values / sizeof *values };

static unsigned flags(void) {
  return (fetestexcept(FE_ALL_EXCEPT) & (FE_INVALID | FE_DIVBYZERO | FE_OVERFLOW | FE_UNDERFLOW | FE_INEXACT));
}

int main(void) {
  for (int m = 0; m < 4; m++) {
    fesetround(modes[m]);
    for (int i = 0; i < COUNT; i++) {
      long double a = values[i];
      feclearexcept(FE_ALL_EXCEPT);
      long double whole = rintl(a), root = sqrtl(a);
      printf("%d %La: rint %La sqrt %La", m, a, whole, root);
      printf(" floor %La ceil %La trunc %La long %lld [%x]\n", floorl(a), ceill(a), truncl(a), llrintl(a), flags());
      for (int j = 0; j < COUNT; j++) {
        long double b = values[j];
        feclearexcept(FE_ALL_EXCEPT);
        printf("  %La %La %La %La", a + b, a - b, a * b, a / b);
        printf(" %La %La %d%d%d %a %a [%x]\n", fmodl(a, b), remainderl(a, b), a < b, a == b, isunordered(a, b), (double)(a * b),
               (float)(a + b), flags());
      }
    }
  }
  fesetround(FE_TONEAREST);
  for (double d = -20; d < 20; d += 1.37) {
    printf("%.15g %.15g %.15g %.15g", sin(d), cos(d), tan(d), atan2(d, 3));
    printf(" %.15g %.15g %.15g %.15g", exp(d), fmod(d, 0.7), cbrt(d), hypot(d, 2));
    // To 17 digits: the last bits of the unit's own functions are each vendor's choice.
    printf(" %.17Lg %.17Lg %.17Lg %.17Lg", logl(fabs(d)), log2l(fabs(d)), log1pl(fabs(d) / 50), atanl(d));
    printf(" %.17Lg %.17Lg %.17Lg %.17Lg\n", expl(d), expm1l(d / 50), powl(fabs(d), 1.25L), atan2l(d, -1));
    int exponent;
    long double part = frexpl(d, &exponent);
    printf("  %Lg %d %Lg %Lg %d %ld\n", part, exponent, scalbnl(d, 7), logbl(d), ilogbl(d), lround(d));
  }
  return 0;
}
