// Prints doubles and long doubles in every way printf has, and reads them back: both directions are long double arithmetic in musl.
#include <float.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>

static const char *const numbers[] = {
    "0", "-0", "1", "-1.5", "3.14159265358979323846264338327950288", "1e-5", "123456789.987654321", "1e22", "1e23", "4.9e-324",
    "2.2250738585072011e-308", "2.2250738585072014e-308", "1.7976931348623157e308", "3.6e-4951", "1.18973149535723176502e4932",
    "0.1", "0.5", "0.49999999999999999999", "2.5", "1e400", "9007199254740993", "0x1.fffffffffffff8p0", "0x1.8p-1074", "inf", "nan",
};

int main(void) {
  for (unsigned i = 0; i < sizeof numbers / sizeof *numbers; i++) {
    double d = strtod(numbers[i], 0);
    long double l = strtold(numbers[i], 0);
    float f = strtof(numbers[i], 0);
    printf("%s: %f %e %g %a\n", numbers[i], d, d, d, d);
    printf("  %.0f %.3f %+.17g % .20e %#g %015.4f %-12.2e|\n", d, d, d, d, d, d, d);
    printf("  %Lf %Le %Lg %La %.21Lg\n", l, l, l, l, l);
    printf("  %g %.9g %a\n", f, f, f);
  }
  printf("%.40f %.60Le\n", 0.1, 1.0L / 3);
  printf("%Lg %Lg %Lg %d\n", LDBL_MAX, LDBL_MIN, LDBL_EPSILON, LDBL_MANT_DIG);
  double x;
  long double y;
  printf("%d", sscanf("6.02214076e23 1.602176634e-19", "%lf %Lf", &x, &y));
  printf(" %.17g %.21Lg\n", x, y);
  return 0;
}
