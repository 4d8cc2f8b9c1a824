# Four ways to lose bounds without any fault: checks then pass that should not. INIT bounds, which allow everything, print as
# [0x0, 0xffffffffffffffff].
	.include "asm/linux.inc"

.macro	report text
	lea	\text(%rip), %rdi
	call	show
.endm

	.text
	.globl	_start
	.type	_start, @function
_start:
	call	mpx_enable
	test	%eax, %eax
	jnz	fail
	lea	object(%rip), %rbx

	# 0. A call with BND prefix to a function that returns with it: bounds stay.
	bndmk	15(%rbx), %bnd0
	bnd call careful
	bndmov	%bnd0, bounds(%rip)
	report	kept

	# 1. A call without: the callee may be code that knows nothing of MPX and would leave stale bounds, so the processor
	#    sets BND0-3 to INIT.
	bndmk	15(%rbx), %bnd0
	call	careful			# BREAK: bounds lost by a call without prefix
	bndmov	%bnd0, bounds(%rip)
	report	lost_call

	# 2. A return without prefix does the same.
	bndmk	15(%rbx), %bnd0
	bnd call careless		# BREAK: bounds lost by a return without prefix
	bndmov	%bnd0, bounds(%rip)
	report	lost_return

	# 3. So does a conditional jump, taken or not; but no short unconditional jump.
	bndmk	15(%rbx), %bnd0
	cmp	%eax, %eax
	jne	fail			# BREAK: bounds lost by a jump that is not even taken
	bndmov	%bnd0, bounds(%rip)
	report	lost_jump

	# 4. Bounds in memory: the entry is for the pointer that was stored. Code without MPX changes the pointer in `slot`;
	#    for the new one BNDLDX finds no bounds, and says nothing.
	bndmk	15(%rbx), %bnd0
	mov	%rbx, slot(%rip)
	lea	slot(%rip), %rdi
	bndstx	%bnd0, (%rdi,%rbx)
	incq	slot(%rip)		# an old library moves the pointer on
	mov	slot(%rip), %rdx
	bndldx	(%rdi,%rdx), %bnd0	# BREAK: bounds lost by a pointer that differs
	bndmov	%bnd0, bounds(%rip)
	report	lost_load

	# The entry itself is still there, for the old pointer.
	lea	slot(%rip), %rdi
	bndldx	(%rdi,%rbx), %bnd0
	bndmov	%bnd0, bounds(%rip)
	report	old

	xor	%edi, %edi
	jmp	exit
fail:	mov	$1, %edi
exit:	mov	$SYS_exit_group, %eax
	syscall
	.size	_start, .-_start

	.type	careful, @function
careful:
	bnd ret
	.size	careful, .-careful

	.type	careless, @function
careless:
	ret
	.size	careless, .-careless

# show: the text at rdi, then `bounds`.
	.type	show, @function
show:	call	print_text
	lea	bounds(%rip), %rdi
	call	print_bounds
	lea	newline(%rip), %rdi
	call	print_text
	ret
	.size	show, .-show

	.section .rodata
kept:	.string	"bnd call, bnd ret:        "
lost_call:
	.string	"call, bnd ret:            "
lost_return:
	.string	"bnd call, ret:            "
lost_jump:
	.string	"conditional jump:         "
lost_load:
	.string	"bndldx, pointer changed:  "
old:	.string	"bndldx, the old pointer:  "
newline:
	.string	"\n"

	.bss
	.balign	16
bounds:	.skip	16
object:	.skip	16
slot:	.skip	8

	.section .note.GNU-stack, "", @progbits
