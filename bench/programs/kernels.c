/* The kinds of work embedded benchmarks mix: a linked list that is searched and reversed, small matrices, a state machine over text, a CRC. */
#include "start.h"
struct node { struct node *next; short key, value; };
static struct node nodes[256];
static short left[12][12], right[12][12];
static int product[12][12];
static const char text[] = "5012,-1.5e+7,0x1F,+38.2,abc,.5,99999,-7,1e4,+0x7b,3..4,-.25e-2,12a,0,";

static u32 crc16(u32 data, u32 crc) {
  for (int i = 0; i < 16; i++, data >>= 1) crc = (crc ^ data) & 1 ? (crc >> 1) ^ 0xA001 : crc >> 1;
  return crc;
}
static struct node *reverse(struct node *list) {
  struct node *done = 0;
  while (list) { struct node *next = list->next; list->next = done; done = list; list = next; }
  return done;
}
static struct node *find(struct node *list, int key) {
  while (list && list->key != key) list = list->next;
  return list;
}
enum state { START, SIGN, INTEGER, FRACTION, EXPONENT, HEXADECIMAL, WRONG };
static u32 classify(u32 *counts) {
  enum state state = START;
  u32 changes = 0;
  for (const char *p = text; *p; p++) {
    enum state before = state;
    if (*p == ',') { counts[state]++; state = START; }
    else switch (state) {
      case START: state = *p == '+' || *p == '-' ? SIGN : *p == '.' ? FRACTION : *p >= '0' && *p <= '9' ? INTEGER : WRONG; break;
      case SIGN: state = *p == '.' ? FRACTION : *p >= '0' && *p <= '9' ? INTEGER : WRONG; break;
      case INTEGER: state = *p == 'x' ? HEXADECIMAL : *p == '.' ? FRACTION : *p == 'e' ? EXPONENT : *p >= '0' && *p <= '9' ? INTEGER : WRONG; break;
      case FRACTION: state = *p == 'e' ? EXPONENT : *p >= '0' && *p <= '9' ? FRACTION : WRONG; break;
      case EXPONENT: state = *p == '+' || *p == '-' || (*p >= '0' && *p <= '9') ? EXPONENT : WRONG; break;
      case HEXADECIMAL: state = (*p >= '0' && *p <= '9') || (*p >= 'A' && *p <= 'F') ? HEXADECIMAL : WRONG; break;
      default: break;
    }
    changes += state != before;
  }
  return changes;
}
static int multiply(int seed) {
  int sum = 0;
  for (int i = 0; i < 12; i++)
    for (int j = 0; j < 12; j++) {
      int cell = 0;
      for (int k = 0; k < 12; k++) cell += left[i][k] * right[k][j];
      product[i][j] = cell + seed;
      sum += product[i][j] & 0xff;
    }
  return sum;
}
static u64 run(void) {
  for (int i = 0; i < 256; i++) { nodes[i].next = i < 255 ? &nodes[i + 1] : 0; nodes[i].key = i * 7 & 255; nodes[i].value = i; }
  for (int i = 0; i < 144; i++) { left[i / 12][i % 12] = random_next() & 31; right[i / 12][i % 12] = random_next() & 31; }
  struct node *list = nodes;
  u32 crc = 0, counts[7] = { 0 };
  for (u32 i = 0; i < NITER; i++) {
    list = reverse(list);
    struct node *found = find(list, i & 255);
    if (found) found->value += i;
    crc = crc16(multiply(i), crc);
    crc = crc16(classify(counts), crc);
    crc = crc16(found ? found->value : 0, crc);
  }
  return crc + counts[INTEGER];
}
