# BNDSTX and BNDLDX in pairs over 512 pointer slots. A bounds directory (2 GiB, reserved by mmap) is enabled first; NOPs where MPX is missing.
        .globl _start
        .text
_start: mov $9, %eax                    # mmap(0, 2 GiB, RW, PRIVATE | ANONYMOUS | NORESERVE)
        xor %edi, %edi
        mov $0x80000000, %esi
        mov $3, %edx
        mov $0x4022, %r10d
        mov $-1, %r8
        xor %r9d, %r9d
        syscall
        mov %rax, %r13
        or $1, %rax
        mov %rax, xs+512+64+64(%rip)
        mov $157, %eax                  # prctl(PR_MPX_ENABLE_MANAGEMENT) once BNDCFGU is loaded
        mov $0x18, %eax
        xor %edx, %edx
        xrstor xs(%rip)
        mov $157, %eax
        mov $43, %edi
        xor %esi, %esi
        xor %edx, %edx
        xor %r10d, %r10d
        xor %r8d, %r8d
        syscall
        lea buf(%rip), %rbx
        bndmk 4095(%rbx), %bnd0
        mov $NITER, %r12
3:      xor %ecx, %ecx
        .p2align 4
1:      lea (%rbx,%rcx,8), %rdx
        bndstx %bnd0, (%rdx,%rbx)
        bndldx (%rdx,%rbx), %bnd1
        bndcl (%rbx), %bnd1
        add $1, %rcx
        cmp $512, %rcx
        bnd jne 1b
        sub $1, %r12
        bnd jnz 3b
        mov $60, %eax
        xor %edi, %edi
        syscall
        .data
        .p2align 6
xs:     .skip 512
        .quad 0x18, 0, 0, 0, 0, 0, 0, 0
        .skip 64                        # BNDREGS would be at 960 in the standard format; see below
        .skip 3520
        .bss
        .p2align 12
buf:    .skip 4096
