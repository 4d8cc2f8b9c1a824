/** Where a program begins whose source defines `main` only. */

/** A `_start` that does what a C library's does, as far as there is one: constructors, `main(argc, argv, envp)`, its result as exit status. */
export const START_SOURCE = `
	.globl	_start
	.type	_start, @function
_start:	xor	%ebp, %ebp
	mov	(%rsp), %r12
	lea	8(%rsp), %r13
	lea	8(%r13,%r12,8), %r14
	and	$-16, %rsp
	lea	__init_array_start(%rip), %rbx
	lea	__init_array_end(%rip), %r15
1:	cmp	%r15, %rbx
	jae	2f
	mov	%r12, %rdi
	mov	%r13, %rsi
	mov	%r14, %rdx
	call	*(%rbx)
	add	$8, %rbx
	jmp	1b
2:	mov	%r12, %rdi
	mov	%r13, %rsi
	mov	%r14, %rdx
	call	main
	mov	%eax, %edi
	mov	$231, %eax
	syscall
	.size	_start, .-_start
	.section .note.GNU-stack, "", @progbits
`;
