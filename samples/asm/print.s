# Output without a C library. All keep every general register; the calls to them have no BND prefix, so with MPX on and
# BNDPRESERVE off they lose BND0-3, as any old library function would.
	.include "asm/linux.inc"

	.text

# print_text: the text at rdi, up to its zero byte.
	.globl	print_text
	.type	print_text, @function
print_text:
	push	%rax
	push	%rcx
	push	%rdx
	push	%rsi
	push	%rdi
	push	%r11
	mov	%rdi, %rsi
	xor	%edx, %edx
1:	cmpb	$0, (%rsi,%rdx)
	je	2f
	inc	%rdx
	jmp	1b
2:	mov	$1, %edi
	mov	$SYS_write, %eax
	syscall				# destroys rcx and r11
	pop	%r11
	pop	%rdi
	pop	%rsi
	pop	%rdx
	pop	%rcx
	pop	%rax
	ret
	.size	print_text, .-print_text

# print_hex: rdi as 0x and its hexadecimal digits.
	.globl	print_hex
	.type	print_hex, @function
print_hex:
	push	%rax
	push	%rdx
	push	%rdi
	push	%rsi
	sub	$24, %rsp
	lea	23(%rsp), %rsi
	movb	$0, (%rsi)
	mov	%rdi, %rax
3:	mov	%eax, %edx
	and	$15, %edx
	lea	digits(%rip), %rdi
	mov	(%rdi,%rdx), %dl
	dec	%rsi
	mov	%dl, (%rsi)
	shr	$4, %rax
	jnz	3b
	sub	$2, %rsi
	movw	$0x7830, (%rsi)		# "0x"
	mov	%rsi, %rdi
	call	print_text
	add	$24, %rsp
	pop	%rsi
	pop	%rdi
	pop	%rdx
	pop	%rax
	ret
	.size	print_hex, .-print_hex

# print_bounds: the two words at rdi, as BNDMOV stores them, as [lower, upper].
	.globl	print_bounds
	.type	print_bounds, @function
print_bounds:
	push	%rdi
	push	%rax
	mov	%rdi, %rax
	lea	open(%rip), %rdi
	call	print_text
	mov	(%rax), %rdi
	call	print_hex
	lea	comma(%rip), %rdi
	call	print_text
	mov	8(%rax), %rdi
	not	%rdi			# the upper bound is kept as its complement
	call	print_hex
	lea	close(%rip), %rdi
	call	print_text
	pop	%rax
	pop	%rdi
	ret
	.size	print_bounds, .-print_bounds

	.section .rodata
digits:	.ascii	"0123456789abcdef"
open:	.string	"["
comma:	.string	", "
close:	.string	"]"

	.section .note.GNU-stack, "", @progbits
