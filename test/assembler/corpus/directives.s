# Macros, conditions, repetitions, equates.
	.set	FIRST, 3
SECOND = FIRST * 2 + 1
	.equ	THIRD, SECOND << 4 | 1
	.equiv	FOURTH, ~THIRD & 0xff

	.macro	store value, size=4, more:vararg
	.if	\size == 4
	.long	\value
	.elseif	\size == 2
	.short	\value
	.else
	.byte	\value
	.endif
	.ifnb	\more
	store	\more
	.endif
	.endm

	.macro	label name
\name\()_\@:
	.quad	\name\()_\@
	.endm

	.macro	sum from, to
	.long	\from
	.if	\to-\from
	sum	"(\from+1)", \to
	.endif
	.endm

	.macro	early
	.byte	1
	.exitm
	.byte	2
	.endm

	.data
	store	FIRST
	store	SECOND, 2
	store	value=THIRD, size=1
	store	1, 2, 3, 4, 5
	label	here
	label	here
	sum	1, 5
	early
	.rept	3
	.byte	FOURTH
	.rept	2
	.short	7
	.endr
	.endr
	.irp	n, 1, 2, 3
	.byte	\n, \n * 2
	.endr
	.irpc	c, 0123
	.byte	0x\c
	.endr
	.ifdef	FIRST
	.ascii	"defined"
	.else
	.error	"not reached"
	.endif
	.ifndef	NOTHING
	.ascii	"undefined"
	.endif
	.ifc	abc, abc
	.ascii	"equal"; .ascii "; in a string"
	.endif
	.if	FIRST > 2 && SECOND < 10
	.byte	FIRST > 2, FIRST == 4, !FIRST, -FIRST, FIRST <> 4, FIRST || 0
	.endif
	.set	COUNT, 0
	.rept	4
	.byte	COUNT
	.set	COUNT, COUNT + 1
	.endr
	.byte	'a', '\n', ' ', '"', 0b101, 017, 0x1F	# characters
	.long	1 + 2 * 3, (1 + 2) * 3, 7 / 2, 7 % 4, -7 / 2, 1 << 4 - 1, 6 | 1 + 8, 0xff ^ 0x0f, 5 & 3
text:	.asciz	"a\tb\\c\"d\101\x42" /* over
	several lines */
	.size	text, . - text
length = . - text
	.long	length
	.balign	8, 0xaa
	.comm	common, 24, 16
	.lcomm	reserved, 12
	.local	mine
	.comm	mine, 8, 8
	.text
	mov	common(%rip), %rax
	mov	reserved(%rip), %eax
	mov	mine(%rip), %rcx
	add	$length, %eax
	add	$later, %eax
	.set	later, 5
	lea	alias(%rip), %rdx
	.set	alias, text + 4
	movl	$FIRST * 2, COUNT * 8(%rsp)
	.pushsection .rodata, "a", @progbits
	.string	"pushed"
	.popsection
	.section .mergeable, "aMS", @progbits, 1
	.string	"merged"
	.previous
	ret
	.ident	"as"
