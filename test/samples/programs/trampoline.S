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

/*
 * void pass_eight(char *p, long over): eight pointers p, p + 1 … p + 7, each with bounds of its one byte, go to a function as GCC's
 * convention has it: the first four with bounds in BND0-3, two more in registers with bounds below the return address, two
 * on the stack. The function checks the byte `over` after each.
 */
	.globl	pass_eight
	.type	pass_eight, @function
pass_eight:
	push	%rbp
	mov	%rsp, %rbp
	push	%rbx
	mov	%rsi, %rbx
	sub	$24, %rsp
	.macro	pass_stacked at, pointer
	lea	\pointer(%rdi), %rax
	mov	%rax, \at(%rsp)
	bndmk	(%rax), %bnd0
	bndstx	%bnd0, \at(%rsp,%rax)
	.endm
	pass_stacked 0, 6
	pass_stacked 8, 7
	lea	4(%rdi), %r8
	bndmk	(%r8), %bnd0
	bndstx	%bnd0, -8(%rsp,%r8)
	lea	5(%rdi), %r9
	bndmk	(%r9), %bnd0
	bndstx	%bnd0, -16(%rsp,%r9)
	lea	1(%rdi), %rsi
	lea	2(%rdi), %rdx
	lea	3(%rdi), %rcx
	bndmk	(%rdi), %bnd0
	bndmk	(%rsi), %bnd1
	bndmk	(%rdx), %bnd2
	bndmk	(%rcx), %bnd3
	bnd call take_eight
	add	$24, %rsp
	pop	%rbx
	pop	%rbp
	bnd ret
take_eight:
	lea	8(%rsp), %r10			/* where the arguments on the stack begin */
	.macro	take pointer, bounds
	bndcl	(\pointer,%rbx), \bounds
	bndcu	(\pointer,%rbx), \bounds
	.endm
	take	%rdi, %bnd0
	take	%rsi, %bnd1
	take	%rdx, %bnd2
	take	%rcx, %bnd3
	bndldx	-8(%r10,%r8), %bnd0
	take	%r8, %bnd0
	bndldx	-16(%r10,%r9), %bnd1
	take	%r9, %bnd1
	mov	(%r10), %rax
	bndldx	(%r10,%rax), %bnd2
	take	%rax, %bnd2
	mov	8(%r10), %rax
	bndldx	8(%r10,%rax), %bnd3
	take	%rax, %bnd3
	bnd ret
	.size	pass_eight, .-pass_eight

/* void call_old_code(const void *p): a check that fails if bounds survive a call without BND prefix. */
	.globl	call_old_code
	.type	call_old_code, @function
call_old_code:
	bndmk	(%rdi), %bnd0
	call	old_code
	bndcu	1(%rdi), %bnd0
	bnd ret
old_code:
	ret
	.size	call_old_code, .-call_old_code

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
