#include <stdio.h>
int main(int c,char**v){printf("hello %d\n",c);return 3;}
