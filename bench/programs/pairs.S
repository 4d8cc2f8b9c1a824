# a BNDSTX and a BNDLDX of the same pointer in each iteration, or (PLAIN) the same loop without them; MPX is on from the start
        .globl _start
        .text
_start: lea slot(%rip),%rbx
        lea buf(%rip),%rdx
        bndmk 63(%rdx),%bnd0
        mov $NITER,%rcx
        .p2align 4
1:
#ifndef PLAIN
        bndstx %bnd0,(%rbx,%rdx)
        bndldx (%rbx,%rdx),%bnd1
#endif
        sub $1,%rcx
        bnd jnz 1b
        mov $60,%eax
        xor %edi,%edi
        syscall
        .bss
        .p2align 12
slot:   .skip 64
buf:    .skip 64
