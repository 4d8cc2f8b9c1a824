# Call frame information in all its forms.
	.text
	.globl	outer
	.type	outer, @function
outer:	.cfi_startproc
	.cfi_personality 0x3, personality
	.cfi_lsda 0x3, .Ltable
	push	%rbp
	.cfi_def_cfa_offset 16
	.cfi_offset 6, -16
	mov	%rsp, %rbp
	.cfi_def_cfa_register 6
	push	%rbx
	.cfi_offset %rbx, -24
	.skip	100, 0x90
	.cfi_remember_state
	pop	%rbx
	.cfi_restore %rbx
	pop	%rbp
	.cfi_def_cfa 7, 8
	ret
	.cfi_restore_state
	.skip	300, 0x90
	.cfi_undefined rip
	.cfi_same_value %r12
	.cfi_register %r13, %rax
	.cfi_escape 0x10, 0x3, 0x1, 0x96
	nop
	.cfi_endproc
	.size	outer, . - outer
inner:	.cfi_startproc
	sub	$24, %rsp
	.cfi_adjust_cfa_offset 24
	mov	%r14, 8(%rsp)
	.cfi_rel_offset %r14, 8
	add	$24, %rsp
	.cfi_adjust_cfa_offset -24
	ret
	.cfi_endproc
again:	.cfi_startproc
	.cfi_signal_frame
	ret
	.cfi_endproc
last:	.cfi_startproc
	.cfi_undefined rip
	ret
	.cfi_endproc
.Ltable: .long 0
