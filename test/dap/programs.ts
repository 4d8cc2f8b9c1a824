/** Small assembly programs for tests; lines are found by their markers. */
import { linkProgram } from '../debugger/assemble.ts';

const EXIT = `
	mov $60, %eax
	syscall
`;

/** Calls, recursion, a loop on one line, data. */
export const steps = () =>
  linkProgram(
    'steps',
    `	.data
	.globl counter
counter: .quad 5
text:	.ascii "hello\\n"
	.text
	.globl _start
	.type _start, @function
_start:	mov $3, %rdi			# ENTRY
	call factorial			# CALL
	mov %rax, counter(%rip)		# STORE
	xor %ecx, %ecx
loop:	inc %ecx; cmp $5, %ecx; jb loop	# LOOP
	mov $1, %edi			# WRITE
	lea text(%rip), %rsi
	mov $6, %edx
	mov $1, %eax
	syscall				# SYSCALL
	mov $7, %edi			# LAST${EXIT}
	.size _start, . - _start

	.type factorial, @function
factorial:
	push %rbp			# FACTORIAL
	mov %rsp, %rbp
	push %rdi
	cmp $1, %rdi
	jbe base			# COMPARE
	dec %rdi
	call factorial			# RECURSE
	mov -8(%rbp), %rdi		# BACK
	imul %rdi, %rax
	jmp done
base:	mov $1, %eax			# BASE
done:	leave
	ret				# RETURN
	.size factorial, . - factorial
`,
  );

/** Handles SIGSEGV by skipping the faulting instruction (3 bytes), then reads standard input and echoes it. */
export const signals = () =>
  linkProgram(
    'signals',
    `	.data
action:	.quad handler, 0x04000004, restorer, 0
buffer:	.space 64
	.text
	.globl _start
	.type _start, @function
_start:	mov $11, %edi
	lea action(%rip), %rsi
	xor %edx, %edx
	mov $8, %r10d
	mov $13, %eax
	syscall
	xor %ebx, %ebx
	movb $1, (%rbx,%rbx)		# FAULT
	nop				# BEHIND
	xor %edi, %edi
	lea buffer(%rip), %rsi
	mov $64, %edx
	xor %eax, %eax
	syscall				# READ
	mov %rax, %rdx
	mov $1, %edi
	mov $1, %eax
	syscall
	ud2				# ILLEGAL
	.size _start, . - _start

	.type handler, @function
handler: movq 168(%rdx), %rax		# HANDLER
	add $4, %rax
	movq %rax, 168(%rdx)
	ret
	.size handler, . - handler
restorer: mov $15, %eax
	syscall
`,
  );

/** A long loop, then the end. */
export const busy = () =>
  linkProgram(
    'busy',
    `	.text
	.globl _start
	.type _start, @function
_start:	mov $100000000, %rcx
again:	dec %rcx			# AGAIN
	jnz again
	xor %edi, %edi${EXIT}
	.size _start, . - _start
`,
  );

/** With MPX enabled by the launch: bounds in registers and tables, lost, mismatched and violated. */
export const bounds = () =>
  linkProgram(
    'bounds',
    `	.data
	.globl object, slot
object:	.space 16
slot:	.quad object
	.text
	.globl _start
	.type _start, @function
_start:	lea object(%rip), %rdi
	bndmk 15(%rdi), %bnd0		# MAKE
	lea slot(%rip), %rax
	bndstx %bnd0, (%rax,%rdi)	# STORE
	lea 8(%rdi), %rcx
	bndldx (%rax,%rcx), %bnd1	# MISMATCH
	bndldx (%rax,%rdi), %bnd2	# LOAD
	call legacy			# LOSE
	bndmk 15(%rdi), %bnd0
	bndcl 12(%rdi), %bnd0
	bndcu 19(%rdi), %bnd0		# VIOLATION
	mov 12(%rdi), %rdx		# ACCESS
	xor %edi, %edi			# END${EXIT}
	.size _start, . - _start
	.type legacy, @function
legacy:	ret				# LEGACY
	.size legacy, . - legacy
`,
  );

/** Two threads, each of which unmaps a page of its own. */
export const unmapping = () =>
  linkProgram(
    'unmapping',
    `	.bss
	.balign 4096
pages:	.space 8192
	.space 4096
stack:
	.text
	.globl _start
_start:	mov $56, %eax
	mov $0x10f00, %edi
	lea stack(%rip), %rsi
	syscall
	test %eax, %eax
	jz other
	lea pages(%rip), %rdi
	mov $4096, %esi
	mov $11, %eax			# FIRST
	syscall
wait:	mov $24, %eax
	syscall
	cmpl $0, done(%rip)
	je wait
	xor %edi, %edi
	mov $231, %eax
	syscall
other:	lea pages+4096(%rip), %rdi
	mov $4096, %esi
	mov $11, %eax			# SECOND
	syscall
	incl done(%rip)
	xor %edi, %edi${EXIT}
	.data
done:	.long 0
`,
  );

/** A child that counts for a while and writes to a pipe, a parent that reads from it, waits, and reads a file. `path` is the file. */
export const family = (path: string) =>
  linkProgram(
    'family',
    `	.data
name:	.asciz "${path}"
	.bss
	.globl ends, word, content, status
ends:	.space 8
word:	.space 8
status:	.space 8
content: .space 32
	.text
	.globl _start
	.type _start, @function
_start:	lea ends(%rip), %rdi
	mov $22, %eax
	syscall				# PIPE
	mov $57, %eax
	syscall				# FORK
	test %eax, %eax
	jz child
	mov ends(%rip), %edi
	lea word(%rip), %rsi
	mov $8, %edx
	xor %eax, %eax
	syscall				# READ
	mov $-1, %rdi			# GOT
	lea status(%rip), %rsi
	xor %edx, %edx
	xor %r10d, %r10d
	mov $61, %eax
	syscall				# WAIT
	lea name(%rip), %rdi
	xor %esi, %esi
	mov $2, %eax
	syscall				# OPEN
	mov %eax, %edi
	lea content(%rip), %rsi
	mov $32, %edx
	xor %eax, %eax
	syscall				# CONTENT
	mov $200000, %ecx
rest:	dec %ecx
	jnz rest
	xor %edi, %edi			# END${EXIT}
child:	mov $3000000, %rcx
count:	dec %rcx
	jnz count
	mov ends+4(%rip), %edi
	lea ends(%rip), %rsi
	mov $8, %edx
	mov $1, %eax
	syscall
	mov $9, %edi${EXIT}
	.size _start, . - _start
`,
  );

/** With MPX enabled by the launch: bounds moved between registers and memory, a pointer stored by code that knows nothing of bounds, a violation. */
export const provenance = () =>
  linkProgram(
    'provenance',
    `	.data
	.globl object, slot, spill
object:	.space 16
slot:	.quad 0
spill:	.space 16
	.text
	.globl _start
	.type _start, @function
_start:	lea object(%rip), %rdi
	bndmk 7(%rdi), %bnd3		# MAKE
	bndmov %bnd3, spill		# SPILL
	lea slot(%rip), %rax
	mov %rdi, (%rax)		# STORE
	bndstx %bnd3, (%rax,%rdi)
	bnd call legacy
	mov (%rax), %rsi
	bndldx (%rax,%rsi), %bnd2	# LOAD
	bndmov spill, %bnd1
	bndmov %bnd1, %bnd0
	bndcu 8(%rdi), %bnd0		# CHECK
	xor %edi, %edi${EXIT}
	.size _start, . - _start
	.type legacy, @function
legacy:	lea 8(%rdi), %rsi
	mov %rsi, slot(%rip)		# LEGACY
	bnd ret
	.size legacy, . - legacy
`,
  );
