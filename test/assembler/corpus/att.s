xchg %eax,%eax
xchg %rax,%rax
xchg %ecx,%edx
xchg %rax,%rbx
xchg %rbx,%rax
vaddps %xmm8,%xmm1,%xmm0
vmovaps %xmm8,%xmm0
vpand %ymm9,%ymm2,%ymm1
fsub %st,%st(3)
fsubr %st,%st(3)
fsubp %st,%st(3)
fsubrp %st,%st(3)
fsub %st(3),%st
fdivp
fsubp
fadd
faddp %st(2)
int $3
in (%dx),%al
outb %al,%dx
mov %ds,%eax
mov %ds,(%rax)
mov $5,%rax
mov $sym,%rax
movabs $5,%rax
movabs 0x1234,%eax
mov $0x80000000,%rax
mov $0xffffffff80000000,%rax
test %eax,(%rax)
test (%rax),%eax
xchg (%rax),%eax
bnd jmp foo
foo:
bnd jb foo
bnd call foo
bnd ret
push $sym
pushw $5
shl %eax
shl $1,%eax
imul $3,%eax
imul $300,%eax,%ecx
movsbl %al,%eax
movsb %al,%eax
movzb %al,%eax
movslq %eax,%rax
movsx %al,%eax
movzx %al,%eax
cvtsi2sd (%rax),%xmm0
cvtsi2sd %rax,%xmm0
flds (%rax)
fildll (%rax)
bndldx (%rdi,%rbx),%bnd0
bndldx (,%rbx),%bnd0
bndldx (,%rbx,1),%bnd0
bndmk (,%rbx,1),%bnd0
bndmk 5,%bnd0
lock addl $1,(%rax)
rep stosq
rep movsb
repz cmpsb
repne scasb
data16 lea (%rax),%eax
lea 8(%rax,%rbx),%eax
mov %fs:0x28,%rax
mov %fs:0x28(%eax),%ax
call *%rax
call *8(%rax)
jmp *foo(,%rax,8)
jmp *foo(%rip)
call ext
jmp ext
jne ext
call ext@PLT
mov ext@GOTPCREL(%rip),%rax
add ext@GOTPCREL(%rip),%eax
lea ext(%rip),%rax
movl $5,ext(%rip)
mov ext,%eax
mov %eax,ext
pushf
popf
iretq
enter $16,$2
xlat
nopw 0(%rax,%rax,1)
pblendvb %xmm0,%xmm1,%xmm2
pblendvb %xmm1,%xmm2
cmpeqsd %xmm1,%xmm2
vcmpeq_oqps %ymm1,%ymm2,%ymm3
fstsw %ax
fstcw (%rax)
fnstcw (%rax)
lretl
ljmp *(%rax)
crc32b %al,%eax
crc32q %rax,%rbx
movq %xmm0,%xmm1
movq (%rax),%xmm1
movq %rax,%xmm1
movd %rax,%xmm1
pinsrw $1,%eax,%xmm1
pextrw $1,%xmm1,%eax
movmskpd %xmm1,%eax
push %fs
pushq %fs
cmp $-1,%ax
cmp $0xffff,%ax
add $0xffffffff,%eax
mov $-1,%eax
mov $0xffffffff,%eax
and $0xf0,%al
in $5,%eax
9: loop 9b
jrcxz 9b
jecxz 9b
add $sym,%al
mov 0x12345678,%eax
mov (%rsp),%rax
mov (%r12),%rax
mov (%rbp),%rax
mov (%r13,%rbp),%rax
mov %cr0,%rax
movapd %xmm1,%xmm2
ret $8
ud2
int3
pause
