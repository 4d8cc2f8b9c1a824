/**
 * Which handlers share the one hot function. A jump table inside a function is twice as fast as a call through a table, but with more than about
 * 250 handlers the engine's register allocation gets worse for all of them (docs/ARCHITECTURE.md, measurements).
 */
const HOT: readonly RegExp[] = [
  /^mov[48]:(r,s|r,[mx]|[mx],s)$/,
  /^mov1:(r,m|m,s|r,x|x,s)$/,
  /^movzx[48]\.[12]:(r,s|r,m|r,x)$/,
  /^movsx8\.4:(r,s|r,m|r,x)$/,
  /^movsx[48]\.1:(r,s|r,m)$/,
  /^lea[48]:r,[mx]$/,
  /^(add|sub|and|or|xor)[48]:(r,s|r,m|m,s)$/,
  /^(add|xor)[48]:r,x$/,
  /^(cmp|test)[48]:r,s$/,
  /^cmp[48]:(r,m|m,s)$/,
  /^zero4:r$/,
  /^(inc|dec|neg|not)[48]:r$/,
  /^(shl|shr|sar)[48]:r,n$/,
  /^(rol|ror)[48]:r,n$/,
  /^imul[48]:r,[sm]$/,
  /^imul3[48]:r,s,i$/,
  /^push8:[sm]$/,
  /^pop8:r$/,
  /^(leave|ret|call|jmp|cbw)8\^?:$/,
  /^cbw8:$/,
  /^jcc8\.c(2|3|4|5|6|7|8|9|12|13|14|15):$/,
  /^jcc8\.c(4|5)\^:$/,
  /^(cmp[48]:r,s)\+jcc8\.c(2|3|4|5|6|7|12|13|14|15):$/,
  /^(cmp1:r,s)\+jcc8\.c(4|5|6|7):$/,
  /^(cmp[18]:m,s)\+jcc8\.c(4|5):$/,
  /^(cmp4:m,s)\+jcc8\.c(4|5|6|7|14|15):$/,
  /^(cmp8:r,m)\+jcc8\.c(4|5|2|3):$/,
  /^(test[148]:r,s)\+jcc8\.c(4|5|8|9|14|15):$/,
  /^(add|sub|dec)[48]:(r,s|r)\+jcc8\.c(4|5):$/,
  /^(cmp[48]:r,s)\+jcc8\.c(4|5)\^:$/,
  /^(sub[48]:r,s)\+jcc8\.c5\^:$/,
  /^bnd(cl|cu)8:b,[mxs]$/,
  /^bndmov8:(b,[cm]|m,c)$/,
  /^(bndldx8:b,g|bndstx8:g,c)$/,
  /^cmov[48]\.c(4|5):r,s$/,
  /^(movaps|movups)16:(x,y|x,m|m,y)$/,
];

export function isHot(key: string): boolean {
  return HOT.some((pattern) => pattern.test(key));
}
