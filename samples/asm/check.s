# Bounds checks by hand, and a signal handler that sees what the kernel tells of a violation.
#
# Seventeen bytes are written into an object of sixteen. Before each write, BNDCL compares the address with the lower bound
# and BNDCU with the upper one; the last BNDCU fails. The processor raises #BR, the kernel sends SIGSEGV with the bounds,
# the handler prints them and lets the program go on after the check.
	.include "asm/linux.inc"

	.text
	.globl	_start
	.type	_start, @function
_start:
	call	mpx_enable
	test	%eax, %eax
	jnz	fail

	mov	$SIGSEGV, %edi
	lea	action(%rip), %rsi
	xor	%edx, %edx
	mov	$8, %r10d		# bytes in a signal mask
	mov	$SYS_rt_sigaction, %eax
	syscall

	lea	object(%rip), %rdi
	bndmk	15(%rdi), %bnd0		# lower bound: the base register; upper bound: the address of the last byte
	xor	%ecx, %ecx
next:	bndcl	(%rdi,%rcx), %bnd0
check:	bndcu	(%rdi,%rcx), %bnd0	# BREAK: fails when rcx is 16
check_end:
	movb	$'x', (%rdi,%rcx)	# in the seventeenth round this happens all the same: a check only reports
	inc	%rcx
	cmp	$17, %rcx
	bnd jb	next			# without the prefix the branch would set BND0 to INIT, and nothing would fail

	lea	done(%rip), %rdi
	call	print_text
	cmpl	$1, violations(%rip)
	jne	fail
	xor	%edi, %edi
	jmp	exit
fail:	mov	$1, %edi
exit:	mov	$SYS_exit_group, %eax
	syscall
	.size	_start, .-_start

# handler(rdi: signal, rsi: siginfo, rdx: ucontext). MPX is off in here, whatever BNDCFGU was.
	.type	handler, @function
handler:
	cmpl	$SEGV_BNDERR, SI_CODE(%rsi)	# BREAK: look at siginfo
	jne	fail
	incl	violations(%rip)
	lea	address(%rip), %rdi
	call	print_text
	mov	SI_ADDR(%rsi), %rdi
	call	print_hex
	lea	lower(%rip), %rdi
	call	print_text
	mov	SI_LOWER(%rsi), %rdi
	call	print_hex
	lea	upper(%rip), %rdi
	call	print_text
	mov	SI_UPPER(%rsi), %rdi
	call	print_hex
	lea	newline(%rip), %rdi
	call	print_text
	# #BR is a fault: the saved RIP is that of the check, and returning would only repeat it. So move it on.
	addq	$check_end-check, UC_RIP(%rdx)
	ret				# to `restorer`
	.size	handler, .-handler

restorer:
	mov	$SYS_rt_sigreturn, %eax
	syscall

	.section .rodata
address:
	.string	"violation: address "
lower:	.string	", lower bound "
upper:	.string	", upper bound "
newline:
	.string	"\n"
done:	.string	"done\n"

	.data
	.balign	8
action:	.quad	handler
	.quad	SA_SIGINFO | SA_RESTORER
	.quad	restorer
	.quad	0			# mask: block nothing more

	.bss
	.balign	16
object:	.skip	16
	.skip	16			# what the overflow hits
violations:
	.skip	4

	.section .note.GNU-stack, "", @progbits
