 .text
 nop
 .p2align 5
 nop
 .skip 3
 .p2align 4
 nop
 .p2align 4,,10
a: jmp b
 .p2align 4,,15
b: ret
 .rept 60
 nop
 .endr
 .p2align 6
 ret
 .skip 17
 .balign 64, 0xcc
 .data
 .byte 1
 .balign 8
 .long 5
 .p2alignw 4, 0x1234
 .fill 3, 2, 0x1234
 .fill 3
 .org 100
 .ascii "a\n\x41\101" "b"
 .string16 "ab"
 .octa 0x123
 .float 1.5, 0f2.5
 .double 1e3
 .tfloat 1.5
 .uleb128 300, a1-a0
a0: .sleb128 -5
a1:
