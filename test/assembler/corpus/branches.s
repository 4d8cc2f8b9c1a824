# Sizes of branches depend on each other, on alignments and on what may be replaced by another file.
	.text
	.globl	visible
	.weak	replaceable
start:	jmp	near
	.skip	120, 0x90
near:	jmp	far
	.skip	127, 0x90
	jne	start
	bnd jne	near
	bnd jmp	start
	.p2align 4
	.rept	40
	jne	far
	.endr
	bnd call start
far:	call	visible
	jmp	visible
	jmp	replaceable
	jne	outside
	call	outside@PLT
	loop	1f
	jrcxz	1f
1:	jmp	1b
	jmp	2f
2:	jmp	.
	jmp	.+5
	jmp	start+3
	call	other
	jmp	other
visible:
	ret
replaceable:
	bnd ret
	.section .text.unlikely, "ax", @progbits
other:	jmp	far
	.p2align 3
	lea	start(%rip), %rax
	mov	$start, %eax
	mov	$other, %rdi
	movabs	$start, %rax
	push	$start
	.data
	.quad	start, other, visible, outside
	.long	start - ., far - start
	.long	outside - .
	.quad	far - near
	.uleb128 far - start
	.sleb128 start - far
	.byte	near - start - 100
