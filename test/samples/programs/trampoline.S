/*
 * What a C test cannot say for itself: calls with bounds, as code compiled for MPX makes them.
 *
 * long call_with_bounds(void *function, const long arguments[6], const bounds in[2], bounds *out)
 * Calls function with the arguments, in[0] and in[1] in BND0 and BND1, and stores the BND0 it returns in *out.
 */
	.text
	.globl	call_with_bounds
	.type	call_with_bounds, @function
call_with_bounds:
	push	%rbx
	mov	%rcx, %rbx
	mov	%rdi, %rax
	mov	%rsi, %r10
	bndmov	(%rdx), %bnd0
	bndmov	16(%rdx), %bnd1
	mov	(%r10), %rdi
	mov	8(%r10), %rsi
	mov	16(%r10), %rdx
	mov	24(%r10), %rcx
	mov	32(%r10), %r8
	mov	40(%r10), %r9
	bnd call *%rax
	bndmov	%bnd0, (%rbx)
	pop	%rbx
	ret
	.size	call_with_bounds, .-call_with_bounds

/* void odd_checks(const void *p, const bounds *b): eight failing checks, each in another encoding, if *p is outside. */
	.globl	odd_checks
	.type	odd_checks, @function
odd_checks:
	bndmov	(%rsi), %bnd0
	xor	%ecx, %ecx
	bndcu	(%rdi), %bnd0
	bndcu	%rdi, %bnd0
	bndcu	8(%rdi,%rcx,8), %bnd0
	.byte	0x64, 0xf2, 0x0f, 0x1a, 0x07		/* fs before the mandatory prefix: bndcu %fs:(%rdi), %bnd0 */
	.byte	0xf2, 0x65, 0x0f, 0x1a, 0x07		/* gs after it */
	.byte	0x67, 0xf2, 0x48, 0x0f, 0x1a, 0xc7	/* 67H and REX.W, without effect: bndcu %rdi, %bnd0 */
	.byte	0xf2, 0xf2, 0x0f, 0x1a, 0x07		/* doubled */
	push	%r13
	mov	%rdi, %r13
	bndcu	0x1000(%r13), %bnd0
	pop	%r13
	bnd ret
	.size	odd_checks, .-odd_checks

/* A compiler's constructor for an initialised pointer: stores its bounds before main. */
	.globl	early_pointer
	.data
	.balign	8
early_pointer:
	.quad	early_target
early_target:
	.skip	24
	.text
	.type	early, @function
early:	mov	early_pointer(%rip), %rdx
	bndmk	23(%rdx), %bnd0
	lea	early_pointer(%rip), %rax
	bndstx	%bnd0, (%rax,%rdx)
	bnd ret
	.size	early, .-early
	.section .init_array.00103, "aw"
	.balign	8
	.quad	early

	.section .note.GNU-stack, "", @progbits
