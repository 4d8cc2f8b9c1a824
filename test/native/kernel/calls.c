// Results and errors of ordinary system calls.
#define _GNU_SOURCE
#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/uio.h>
#include <sys/utsname.h>
#include <time.h>
#include <unistd.h>

#define SHOW(call)                                             \
  do {                                                         \
    errno = 0;                                                 \
    long r = (long)(call);                                     \
    printf("%s = %ld, %d\n", #call, r, r == -1 ? errno : 0);   \
  } while (0)

int main(int argc, char **argv) {
  char buffer[64];
  void *bad = (void *)16;
  char *two = mmap(0, 8192, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
  munmap(two + 4096, 4096);
  struct iovec pieces[3] = {{"[one]", 5}, {0, 0}, {"[two]\n", 6}};
  setvbuf(stdout, 0, _IONBF, 0);
  SHOW(write(1, "text\n", 5));
  SHOW(write(1, bad, 5));
  SHOW(write(99, "x", 1));
  SHOW(write(-1, "x", 1));
  SHOW(writev(1, pieces, 3));
  SHOW(writev(1, pieces, -1));
  SHOW(writev(1, bad, 1));
  SHOW(read(0, buffer, 8));
  SHOW(read(0, bad, 0));
  int fd = open(argv[0], O_RDONLY);
  SHOW(fd);
  SHOW(read(fd, buffer, 4));
  SHOW(memcmp(buffer, "\177ELF", 4));
  SHOW(lseek(fd, 0, SEEK_CUR));
  SHOW(lseek(fd, -100, SEEK_SET));
  SHOW(lseek(fd, 0, 9));
  SHOW(pread(fd, buffer, 3, 1));
  SHOW(memcmp(buffer, "ELF", 3));
  SHOW(pread(fd, buffer, 3, -1));
  SHOW(lseek(fd, 0, SEEK_CUR));
  SHOW(read(fd, two + 4090, 100));
  SHOW(read(fd, bad, 100));
  char *map = mmap(0, 4096, PROT_READ, MAP_PRIVATE, fd, 0);
  SHOW(memcmp(map, "\177ELF", 4));
  SHOW(mmap(0, 4096, PROT_READ | PROT_WRITE, MAP_SHARED, fd, 0) == MAP_FAILED);
  SHOW(mmap(0, 4096, PROT_READ, MAP_PRIVATE, fd, 5) == MAP_FAILED);
  SHOW(mmap(0, 4096, PROT_READ, 0, fd, 0) == MAP_FAILED);
  SHOW(mmap(0, 0, PROT_READ, MAP_PRIVATE, fd, 0));
  SHOW(munmap(map + 1, 4096));
  SHOW(mprotect(map, 4096, 99));
  SHOW(mprotect(map + 1, 4096, 1));
  SHOW(mprotect(two, 8192, 1));
  SHOW(madvise(two, 8192, MADV_DONTNEED));
  SHOW(madvise(two, 4096, 99));
  SHOW(mremap(two, 8192, 4096 * 4, MREMAP_MAYMOVE));
  SHOW(mremap(two + 1, 4096, 8192, MREMAP_MAYMOVE));
  SHOW(mremap(two, 4096, 0, MREMAP_MAYMOVE));
  SHOW(mremap(two, 4096, 8192, 99));
  SHOW(fcntl(fd, F_GETFD));
  SHOW(fcntl(fd, F_SETFD, 1));
  SHOW(fcntl(fd, F_GETFD));
  SHOW(fcntl(fd, F_DUPFD, 20));
  SHOW(fcntl(99, F_GETFD));
  SHOW(dup(fd));
  SHOW(dup2(fd, 30));
  SHOW(dup2(fd, fd));
  SHOW(dup2(99, 5));
  SHOW(syscall(SYS_dup3, fd, fd, 0));
  SHOW(close(30));
  SHOW(close(30));
  SHOW(open("/nonexistent/file", O_RDONLY));
  SHOW(syscall(SYS_open, bad, 0));
  SHOW(open("", O_RDONLY));
  SHOW(access(argv[0], R_OK));
  SHOW(access("/nonexistent", R_OK));
  struct stat st;
  SHOW(fstat(fd, &st));
  SHOW(S_ISREG(st.st_mode));
  SHOW(fstat(99, &st));
  SHOW(stat("/nonexistent", &st));
  SHOW(lseek(1, 0, SEEK_CUR) == -1);
  SHOW(getcwd(buffer, 1));
  SHOW(syscall(SYS_getcwd, bad, 100));
  struct timespec ts = {0, 1000}, wrong = {0, 1000000000};
  SHOW(nanosleep(&ts, 0));
  SHOW(nanosleep(&wrong, 0));
  SHOW(nanosleep(bad, 0));
  SHOW(clock_gettime(CLOCK_MONOTONIC, &ts));
  SHOW(syscall(SYS_clock_gettime, 77, &ts));
  SHOW(syscall(SYS_clock_gettime, 1, bad));
  struct rlimit limit;
  SHOW(getrlimit(RLIMIT_STACK, &limit));
  SHOW(getrlimit(77, &limit));
  SHOW(syscall(SYS_prlimit64, 0, RLIMIT_STACK, 0, bad));
  struct utsname name;
  SHOW(uname(&name));
  SHOW(strcmp(name.sysname, "Linux") | strcmp(name.machine, "x86_64"));
  SHOW(syscall(SYS_uname, bad));
  struct pollfd polls[3] = {{2, POLLOUT, 9}, {99, POLLIN, 9}, {-1, POLLIN, 9}};
  SHOW(poll(polls, 3, 0));
  SHOW(polls[0].revents * 10000 + polls[1].revents * 10 + polls[2].revents);
  SHOW(syscall(SYS_getrandom, buffer, 16, 0));
  SHOW(syscall(SYS_getrandom, buffer, 16, 99));
  SHOW(syscall(SYS_getrandom, bad, 16, 0));
  SHOW(syscall(SYS_arch_prctl, 0x1002, 1ul << 47));
  SHOW(syscall(SYS_arch_prctl, 0x9999, 0));
  SHOW(syscall(SYS_set_robust_list, bad, 1));
  SHOW(syscall(SYS_prctl, 15, "name", 0, 0, 0));
  SHOW(syscall(SYS_prctl, 16, buffer, 0, 0, 0));
  SHOW(strcmp(buffer, "name"));
  SHOW(syscall(SYS_prctl, 43, 0, 0, 0, 1));
  SHOW(syscall(SYS_futex, &limit, 0, ~(int)limit.rlim_cur, 0));
  SHOW(syscall(SYS_futex, bad, 0, 0, 0));
  SHOW(syscall(SYS_futex, &limit, 1, 1, 0));
  void *brk = sbrk(0);
  SHOW(sbrk(8192) == brk);
  SHOW(brk == sbrk(-8192) - 8192);
  SHOW(syscall(5000));
  return 7;
}
