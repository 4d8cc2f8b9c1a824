# a loop of four instructions, NITER times; `watched` is never written
        .globl _start, here, watched
        .text
_start: mov $NITER,%rcx
        lea other(%rip),%rdi
here:   add %rcx,%rax
        mov %rax,(%rdi)
        sub $1,%rcx
        jnz here
        mov $60,%eax
        xor %edi,%edi
        syscall
        .bss
        .p2align 12
other:  .skip 4096
watched: .skip 8
