# No set-up at all: MPX is off, so every MPX instruction is a NOP, and the program runs to its end on any x86-64 machine.
# Let the debugger set MPX up before the first instruction (`"mpx": { "autoEnable": true }`, or mpxdbg run --auto-enable):
# then the second check is a violation, and as there is no handler the kernel ends the program with SIGSEGV.
	.include "asm/linux.inc"

	.text
	.globl	_start
	.type	_start, @function
_start:
	lea	object(%rip), %rdi
	mov	$15, %ecx
	bndmk	(%rdi,%rcx), %bnd0	# 16 bytes
	bndcl	(%rdi), %bnd0
	bndcu	15(%rdi), %bnd0		# the last byte: allowed
	movb	$'x', 15(%rdi)
	bndcl	16(%rdi), %bnd0
	bndcu	16(%rdi), %bnd0		# BREAK: one byte too far
	movb	$'y', 16(%rdi)

	lea	unnoticed(%rip), %rdi
	call	print_text
	xor	%edi, %edi
	mov	$SYS_exit_group, %eax
	syscall
	.size	_start, .-_start

	.section .rodata
unnoticed:
	.string	"unnoticed: MPX is off\n"

	.bss
	.balign	16
object:	.skip	32

	.section .note.GNU-stack, "", @progbits
