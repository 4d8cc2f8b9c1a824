# mpx_enable: what a run-time library does before the first bounds check. Returns 0 in eax, or -1 if there is no MPX here.
# The bounds directory's address is left in `directory`.
	.include "asm/linux.inc"

	.text
	.globl	mpx_enable
	.type	mpx_enable, @function
mpx_enable:
	push	%rbx

	# 1. Does the processor have it? CPUID leaf 7: EBX bit 14. Without it all MPX instructions are NOPs.
	mov	$7, %eax
	xor	%ecx, %ecx
	cpuid
	bt	$14, %ebx
	jnc	no_mpx

	# 2. May programs use it? The system must have turned on XSAVE (leaf 1: ECX bit 27) with the state components
	#    3 (BND0-3) and 4 (BNDCFGU, BNDSTATUS).
	mov	$1, %eax
	cpuid
	bt	$27, %ecx
	jnc	no_mpx
	xor	%ecx, %ecx
	xgetbv
	and	$0x18, %eax
	cmp	$0x18, %eax
	jne	no_mpx

	# 3. A bounds directory: 2 GiB of zero pages, of which only those that are touched cost memory.
	xor	%edi, %edi
	mov	$DIRECTORY_BYTES, %esi	# 32 bits: the upper half of rsi becomes 0
	mov	$PROT_READ_WRITE, %edx
	mov	$MAP_PRIVATE_ANONYMOUS, %r10d
	mov	$-1, %r8
	xor	%r9d, %r9d
	mov	$SYS_mmap, %eax
	syscall
	cmp	$-4096, %rax
	ja	no_mpx
	mov	%rax, directory(%rip)

	# 4. BNDCFGU can only be loaded by XRSTOR. First everything of MPX to its initial state, then BNDCFGU:
	#    the directory's address, bit 0 on (enable), bit 1 off (BNDPRESERVE: branches without prefix reset BND0-3).
	xor	%edx, %edx
	mov	$0x18, %eax
	xrstor	area(%rip)
	movq	$0x10, area+512(%rip)	# XSTATE_BV: the area holds component 4
	mov	directory(%rip), %rcx
	or	$1, %rcx
	mov	%rcx, area+1024(%rip)
	mov	$0x10, %eax
	xrstor	area(%rip)		# BREAK: from here on MPX is enabled

	# 5. The kernel shall make bounds tables when they are missing, and free them with the memory they are for.
	#    It takes the directory's address from BNDCFGU. All further arguments must be 0.
	mov	$PR_MPX_ENABLE_MANAGEMENT, %edi
	xor	%esi, %esi
	xor	%edx, %edx
	xor	%r10d, %r10d
	xor	%r8d, %r8d
	mov	$SYS_prctl, %eax
	syscall
	test	%eax, %eax
	jnz	no_mpx
	pop	%rbx
	ret

no_mpx:	lea	message(%rip), %rdi
	call	print_text
	mov	$-1, %eax
	pop	%rbx
	ret
	.size	mpx_enable, .-mpx_enable

	.section .rodata
message:
	.string	"There is no MPX on this machine.\n"

	.bss
	.balign	64
area:	.skip	1088			# the standard XSAVE area, up to the end of component 4
	.globl	directory
directory:
	.skip	8

	.section .note.GNU-stack, "", @progbits
