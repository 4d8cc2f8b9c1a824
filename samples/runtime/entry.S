/*
 * The functions that GCC calls instead of the C library's. The caller passes the bounds of the k-th pointer argument in
 * BNDk and expects those of the result in BND0. Any branch without BND prefix sets the registers to INIT, also those of
 * the functions called from here: so bounds wait on the stack, and branches here carry the prefix.
 */

	.section .rodata
	.balign	16
	/* Bounds of a null pointer: lower all ones, upper 0 (kept as its complement), so that no access passes. */
none:	.quad	-1, -1

	.text

/* Checks `size` bytes from `start` against `bounds`: first byte, last byte, as compiled code does. Uses r10 and r11. */
.macro	check_range start, size, bounds
	test	\size, \size
	bnd je	1f
	lea	-1(\size), %r11
	add	\start, %r11
	sbb	%r10, %r10		/* past the end of the address space: all ones, which only INIT allows */
	or	%r10, %r11
	bndcl	(\start), \bounds
	bndcu	(%r11), \bounds
1:
.endm

.macro	entry name
	.globl	\name
	.type	\name, @function
	.p2align 4
\name:	.cfi_startproc
.endm

.macro	end name
	.cfi_endproc
	.size	\name, .-\name
.endm

/*
 * A function whose first, and perhaps second, argument is memory it touches: `extent` tells how much of each (in rax and
 * rdx), `action` does the work. The result, if it is a pointer, points into the first one's object.
 */
.macro	checked name, extent, action
entry \name
	sub	$72, %rsp
	.cfi_adjust_cfa_offset 72
	bndmov	%bnd0, (%rsp)
	bndmov	%bnd1, 16(%rsp)
	mov	%rdi, 32(%rsp)
	mov	%rsi, 40(%rsp)
	mov	%rdx, 48(%rsp)
	call	\extent@PLT
	mov	32(%rsp), %rdi
	mov	40(%rsp), %rsi
	bndmov	(%rsp), %bnd0
	bndmov	16(%rsp), %bnd1
	check_range %rdi, %rax, %bnd0
	check_range %rsi, %rdx, %bnd1
	mov	48(%rsp), %rdx
	call	\action@PLT
	bndmov	(%rsp), %bnd0
	add	$72, %rsp
	.cfi_adjust_cfa_offset -72
	bnd ret
end \name
.endm

checked	__mpx_wrapper_memcpy,  mpxrt_extent_copy, mpxrt_memmove
checked	__mpx_wrapper_memmove, mpxrt_extent_copy, mpxrt_memmove
checked	__mpx_wrapper_mempcpy, mpxrt_extent_copy, mpxrt_mempcpy
checked	__mpx_wrapper_memset,  mpxrt_extent_set, memset
checked	__mpx_wrapper_bzero,   mpxrt_extent_zero, bzero
checked	__mpx_wrapper_strlen,  mpxrt_extent_length, strlen
checked	__mpx_wrapper_strcpy,  mpxrt_extent_string, strcpy
checked	__mpx_wrapper_stpcpy,  mpxrt_extent_string, stpcpy
checked	__mpx_wrapper_strncpy, mpxrt_extent_padded, strncpy
checked	__mpx_wrapper_stpncpy, mpxrt_extent_padded, stpncpy
checked	__mpx_wrapper_strcat,  mpxrt_extent_append, strcat
checked	__mpx_wrapper_strncat, mpxrt_extent_append_some, strncat

/* The end of a function that allocates: rax is the block, rbx its size, `failed` (if given) what it is on failure. */
.macro	return_block failed=0
	cmp	$\failed, %rax
	bnd je	1f
	sub	$1, %rbx
	bndmk	(%rax,%rbx), %bnd0	/* a block of 0 bytes: its upper bound is below its lower, nothing passes */
	pop	%rbx
	.cfi_remember_state
	.cfi_adjust_cfa_offset -8
	.cfi_restore %rbx
	bnd ret
1:	.cfi_restore_state
	bndmov	none(%rip), %bnd0
	pop	%rbx
	.cfi_adjust_cfa_offset -8
	.cfi_restore %rbx
	bnd ret
.endm

.macro	save_rbx
	push	%rbx
	.cfi_adjust_cfa_offset 8
	.cfi_rel_offset %rbx, 0
.endm

/* void *malloc(size_t size) */
entry __mpx_wrapper_malloc
	save_rbx
	mov	%rdi, %rbx
	call	mpxrt_malloc@PLT
	return_block
end __mpx_wrapper_malloc

/* void *calloc(size_t count, size_t size): an overflow of the product makes calloc fail. */
entry __mpx_wrapper_calloc
	save_rbx
	mov	%rdi, %rbx
	imul	%rsi, %rbx
	call	mpxrt_calloc@PLT
	return_block
end __mpx_wrapper_calloc

/* void *realloc(void *block, size_t size): the block must be one's own; how long it is only the allocator knows. */
entry __mpx_wrapper_realloc
	save_rbx
	mov	%rsi, %rbx
	test	%rdi, %rdi
	bnd je	2f
	bndcl	(%rdi), %bnd0
2:	call	mpxrt_realloc@PLT
	return_block
end __mpx_wrapper_realloc

/* void *mmap(void *hint, size_t length, int protection, int flags, int fd, off_t offset); MAP_FAILED is -1 */
entry __mpx_wrapper_mmap
	save_rbx
	mov	%rsi, %rbx
	call	mmap@PLT
	return_block -1
end __mpx_wrapper_mmap

	.section .note.GNU-stack, "", @progbits
