 .intel_syntax noprefix
mov eax, 5
mov rax, qword ptr fs:[0x28]
mov eax, dword ptr [rax+rbx*4-8]
mov eax, [rbx]
add dword ptr [rbx], 5
lea rax, [rip+foo]
lea rax, foo[rip]
mov eax, offset foo
mov rax, offset foo
mov eax, foo
mov foo, eax
call rax
call qword ptr [rax]
jmp [rax]
call [rax+8]
push qword ptr [rax]
push 5
push rax
bndmk bnd0, [rdi+15]
bndcl bnd0, [rdi]
bndcu bnd0, [rdi+rax]
bndcn bnd1, rax
bndmov bnd0, bnd1
bndmov bnd0, [rsp]
bndmov [rsp+16], bnd0
bndldx bnd0, [rdi+rbx*1]
bndldx bnd0, [rbx*1]
bndstx [rdi+rbx], bnd0
fld st(1)
fadd st, st(3)
fsub st(3), st
fsubp st(3), st
fld dword ptr [rax]
fild qword ptr [rax]
movzx eax, byte ptr [rax]
movsx rax, word ptr [rax]
movsxd rax, dword ptr [rax]
movsx rax, eax
rep movsb
rep stosq
rep movsd
movsd xmm0, qword ptr [rax]
movss xmm0, dword ptr [rax]
movaps xmm0, xmmword ptr [rax]
vaddps ymm0, ymm1, ymmword ptr [rax]
cvtsi2sd xmm0, rax
cvtsi2sd xmm0, dword ptr [rax]
imul eax, ebx, 5
imul eax, 5
shl eax
shl eax, 3
shld eax, ebx, cl
test [rax], eax
xchg eax, [rax]
jne foo
xlatb
in al, dx
out dx, al
movabs rax, 0x123456789abcdef
mov rax, 0x123456789abcdef
enter 16, 0
cmp byte ptr [rbp-1], 0
mov byte ptr foo[rip], 5
mov word ptr [rsp], ax
mov eax, [ebx]
jmp fword ptr [rax]
pinsrw xmm1, word ptr [rax], 3
pextrb byte ptr [rax], xmm1, 3
cmpltps xmm1, xmm2
vgatherdps xmm1, [rax+xmm2*4], xmm3
cmpxchg16b xmmword ptr [rax]
fxsave [rax]
xrstor [rax]
lock cmpxchg [rax], ecx
mov eax, [rax*8]
mov eax, [rsp+rax]
mov eax, [rax+rsp]
mov al, ah
mov ds, eax
not byte ptr [rax]
mov rax, cr3
nop
nop dword ptr [rax+rax*1]
ret 8
int 3
int 0x80
fstp tbyte ptr [rax]
fxch st(2)
fcomi st, st(2)
mov [rdx+rax*8+8], rcx
foo: ret
	pushfw
	popfw
	pushf
	popfq
