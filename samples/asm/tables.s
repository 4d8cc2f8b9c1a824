# Where bounds of pointers in memory are kept: the directory, its tables, and how the kernel makes and frees them.
#
# Eight areas of 1 MiB each get one pointer and, by BNDSTX, its bounds. The first BNDSTX in an area finds no table: #BR with
# BNDSTATUS 2, the kernel maps a table of 4 MiB, enters it in the directory and lets the instruction run again; the program
# notices nothing. Then every second area is unmapped, and half of area 1.
	.include "asm/linux.inc"
	.set	AREAS, 8

	.text
	.globl	_start
	.type	_start, @function
_start:
	call	mpx_enable
	test	%eax, %eax
	jnz	fail

	# One area more than needed, so that the start can be moved up to a border of areas.
	xor	%edi, %edi
	mov	$(AREAS+1)*AREA, %esi
	mov	$PROT_READ_WRITE, %edx
	mov	$MAP_PRIVATE_ANONYMOUS, %r10d
	mov	$-1, %r8
	xor	%r9d, %r9d
	mov	$SYS_mmap, %eax
	syscall
	cmp	$-4096, %rax
	ja	fail
	lea	AREA-1(%rax), %r12
	and	$-AREA, %r12		# r12: first area

	# Store a pointer and its bounds at the start of each area. A table entry is found by the address of the slot that
	# holds the pointer (the base of BNDSTX's operand) and keeps the pointer itself too (its index register).
	lea	object(%rip), %rbx
	bndmk	63(%rbx), %bnd0
	mov	%r12, %rdi
	mov	$AREAS, %ecx
store:	mov	%rbx, (%rdi)
	bndstx	%bnd0, (%rdi,%rbx)	# BREAK: the kernel makes a table here, eight times
	add	$AREA, %rdi
	dec	%ecx
	bnd jnz	store
	lea	stored(%rip), %rdi
	call	show

	# Read them back. BNDLDX gives the bounds only if the entry was made for the same pointer.
	mov	%r12, %rdi
	mov	$AREAS, %ecx
load:	mov	(%rdi), %rdx
	bndldx	(%rdi,%rdx), %bnd1
	bndmov	%bnd1, bounds(%rip)
	cmp	%rbx, bounds(%rip)
	jne	fail
	add	$AREA, %rdi
	dec	%ecx
	jnz	load

	# Unmap areas 0, 2, 4 and 6: nothing is left that their tables describe, so the kernel unmaps these as well.
	mov	%r12, %r13
	mov	$AREAS/2, %r14d
unmap:	mov	%r13, %rdi
	mov	$AREA, %esi
	mov	$SYS_munmap, %eax
	syscall				# BREAK: the table goes with the memory
	test	%eax, %eax
	jnz	fail
	add	$2*AREA, %r13
	dec	%r14d
	jnz	unmap

	# Unmap the first half of area 1: the table must stay for the second half, but the entries of the first are cleared.
	lea	AREA(%r12), %rdi
	mov	$AREA/2, %esi
	mov	$SYS_munmap, %eax
	syscall				# BREAK: entries are cleared, the table stays
	lea	unmapped(%rip), %rdi
	call	show
	bndldx	AREA(%r12,%rbx), %bnd1	# the slot's memory is gone, but BNDLDX does not touch it
	bndmov	%bnd1, bounds(%rip)
	lea	cleared(%rip), %rdi
	call	print_text
	lea	bounds(%rip), %rdi
	call	print_bounds
	lea	newline(%rip), %rdi
	call	print_text

	xor	%edi, %edi
	jmp	exit
fail:	mov	$1, %edi
exit:	mov	$SYS_exit_group, %eax
	syscall
	.size	_start, .-_start

# show: the text at rdi, then for each area `1` if the directory has a table for it, else `0`. The directory is ordinary
# memory: entry number = address >> 20, 8 bytes each, bit 0 = valid, the rest = address of the table.
	.type	show, @function
show:	call	print_text
	mov	directory(%rip), %r8
	mov	%r12, %rax
	shr	$20, %rax
	lea	(%r8,%rax,8), %r8
	xor	%ecx, %ecx
	lea	flags(%rip), %rdi
entry:	mov	(%r8,%rcx,8), %al
	and	$1, %al
	add	$'0', %al
	mov	%al, (%rdi,%rcx)
	inc	%ecx
	cmp	$AREAS, %ecx
	jb	entry
	call	print_text
	lea	newline(%rip), %rdi
	call	print_text
	ret
	.size	show, .-show

	.section .rodata
stored:	.string	"areas with a table after BNDSTX: "
unmapped:
	.string	"areas with a table after munmap: "
cleared:
	.string	"bounds in the unmapped half of area 1: "
newline:
	.string	"\n"

	.bss
	.balign	16
bounds:	.skip	16
object:	.skip	64
flags:	.skip	AREAS+1

	.section .note.GNU-stack, "", @progbits
