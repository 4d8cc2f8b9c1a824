ljmpw *(%rax)
lcallw *(%rax)
ljmpl *(%rax)
lcall *8(%rbx)
