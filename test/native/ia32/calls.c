// Calls whose structures depend on the width of words: what they tell must not. Judged by the same program built for 64 bits.
#define _GNU_SOURCE
#define _FILE_OFFSET_BITS 64
#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/file.h>
#include <sys/mman.h>
#include <sys/resource.h>
#include <sys/select.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/statfs.h>
#include <sys/syscall.h>
#include <sys/sysinfo.h>
#include <sys/time.h>
#include <sys/times.h>
#include <sys/uio.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#define SHOW(what)                                                                                                             \
  do {                                                                                                                         \
    errno = 0;                                                                                                                 \
    long long value = (long long)(what);                                                                                      \
    printf("%s = %lld, %d\n", #what, value, errno);                                                                            \
  } while (0)

static volatile int alarms, usr, value, code;
static void onAlarm(int s) { alarms++; }
static void onQueued(int s, siginfo_t *info, void *context) {
  usr++;
  value = info->si_value.sival_int;
  code = info->si_code;
}

static void files(void) {
  struct stat s;
  SHOW(stat("/proc/self/exe", &s) | (s.st_size < 10000) | !S_ISREG(s.st_mode));
  SHOW(stat("/", &s) | !S_ISDIR(s.st_mode));
  SHOW(lstat("/proc/self/exe", &s) | !S_ISLNK(s.st_mode));
  SHOW(fstat(1, &s));
  SHOW(stat("/nowhere", &s));
  struct statfs f;
  SHOW(statfs("/proc", &f) | f.f_type);
  SHOW(f.f_namelen);
  char name[] = "/tmp/ia32-XXXXXX";
  int fd = mkstemp(name);
  unlink(name);
  SHOW(write(fd, "0123456789", 10));
  SHOW(lseek(fd, 5000000000ll, SEEK_SET));
  SHOW(lseek(fd, -3, SEEK_END));
  char buffer[100] = "";
  SHOW(read(fd, buffer, 100));
  SHOW(strcmp(buffer, "789"));
  SHOW(pread(fd, buffer, 4, 2));
  SHOW(memcmp(buffer, "2345", 4));
  SHOW(pread(fd, buffer, 4, 5000000000ll));
  SHOW(pwrite(fd, "xy", 2, 3));
  SHOW(ftruncate(fd, 6));
  SHOW(fstat(fd, &s) | s.st_size);
  SHOW(ftruncate(fd, -1));
  SHOW(posix_fadvise(fd, 0, 5000000000ll, POSIX_FADV_RANDOM));
  SHOW(posix_fallocate(fd, 100, 20));
  SHOW(fstat(fd, &s) | s.st_size);
  struct iovec in[2] = {{buffer, 2}, {buffer + 10, 3}};
  SHOW(lseek(fd, 0, SEEK_SET));
  SHOW(readv(fd, in, 2));
  SHOW(memcmp(buffer, "01", 2) | memcmp(buffer + 10, "2xy", 3));
  SHOW(preadv(fd, in, 2, 1));
  SHOW(memcmp(buffer, "12", 2));
  struct flock lock = {.l_type = F_WRLCK, .l_whence = SEEK_SET, .l_start = 4000000000ll, .l_len = 3000000000ll};
  SHOW(fcntl(fd, F_SETLK, &lock));
  lock.l_type = F_RDLCK;
  SHOW(fcntl(fd, F_GETLK, &lock) | lock.l_type);
  struct timespec times[2] = {{1000, 5}, {2000, 7}};
  SHOW(futimens(fd, times));
  SHOW(fstat(fd, &s) | (s.st_atime != 1000) | (s.st_mtime != 2000) | (s.st_mtim.tv_nsec != 7));
  DIR *dir = opendir("/proc/self");
  int found = 0;
  for (struct dirent *entry; (entry = readdir(dir));)
    if (!strcmp(entry->d_name, "maps") || !strcmp(entry->d_name, "exe")) found += entry->d_type;
  SHOW(found);
  closedir(dir);
}

static void waiting(void) {
  int ends[2], pair[2];
  SHOW(pipe(ends));
  SHOW(socketpair(AF_UNIX, SOCK_STREAM, 0, pair));
  SHOW(write(pair[0], "abc", 3));
  fd_set set;
  FD_ZERO(&set);
  FD_SET(ends[0], &set);
  FD_SET(pair[1], &set);
  struct timeval tv = {0, 1000};
  SHOW(select(pair[1] + 1, &set, 0, 0, &tv));
  SHOW(FD_ISSET(ends[0], &set) * 2 + FD_ISSET(pair[1], &set));
  FD_ZERO(&set);
  FD_SET(ends[0], &set);
  struct timespec ts = {0, 1000000};
  sigset_t none;
  sigemptyset(&none);
  SHOW(pselect(ends[0] + 1, &set, 0, 0, &ts, &none));
  struct pollfd polls[2] = {{ends[0], POLLIN}, {ends[1], POLLOUT}};
  SHOW(ppoll(polls, 2, &ts, &none));
  SHOW(polls[0].revents * 100 + polls[1].revents);
  ts.tv_nsec = 1000000000;
  SHOW(nanosleep(&ts, 0));
  ts.tv_nsec = 10;
  SHOW(nanosleep(&ts, 0));
  SHOW(clock_nanosleep(CLOCK_MONOTONIC, 0, &ts, 0));
  SHOW(clock_gettime(CLOCK_MONOTONIC, &ts) | (ts.tv_nsec >= 1000000000));
  SHOW(clock_getres(CLOCK_REALTIME, &ts) | (ts.tv_nsec != 1));
  SHOW(gettimeofday(&tv, 0) | (tv.tv_usec >= 1000000));
  struct itimerval timer = {{0, 0}, {0, 2000}}, old;
  signal(SIGALRM, onAlarm);
  SHOW(setitimer(ITIMER_REAL, &timer, 0));
  SHOW(getitimer(ITIMER_REAL, &old) | (old.it_value.tv_usec > 2000));
  SHOW(pause());
  SHOW(alarms);
  timer_t id;
  struct sigevent event = {.sigev_notify = SIGEV_SIGNAL, .sigev_signo = SIGUSR2, .sigev_value.sival_int = 77};
  struct sigaction action = {.sa_flags = SA_SIGINFO, .sa_sigaction = onQueued};
  SHOW(sigaction(SIGUSR2, &action, 0));
  SHOW(timer_create(CLOCK_MONOTONIC, &event, &id));
  struct itimerspec spec = {{0, 0}, {0, 1000000}}, left;
  SHOW(timer_settime(id, 0, &spec, 0));
  SHOW(timer_gettime(id, &left) | (left.it_value.tv_nsec > 1000000));
  SHOW(pause());
  printf("%d %d %d\n", usr, value, code);
  SHOW(timer_delete(id));
}

static void signals(void) {
  sigset_t set, pending;
  sigemptyset(&set);
  sigaddset(&set, SIGUSR2);
  sigaddset(&set, SIGRTMIN + 3);
  SHOW(sigprocmask(SIG_BLOCK, &set, 0));
  SHOW(sigqueue(getpid(), SIGRTMIN + 3, (union sigval){.sival_int = 123456}));
  SHOW(sigpending(&pending) | !sigismember(&pending, SIGRTMIN + 3));
  siginfo_t info;
  struct timespec ts = {0, 1000000};
  SHOW(sigtimedwait(&set, &info, &ts) - SIGRTMIN);
  SHOW(info.si_value.sival_int);
  SHOW(info.si_code);
  SHOW(sigtimedwait(&set, &info, &ts));
  SHOW(kill(getpid(), SIGUSR2));
  sigemptyset(&set);
  SHOW(sigsuspend(&set));
  SHOW(usr);
  stack_t stack = {.ss_sp = malloc(65536), .ss_size = 65536}, old;
  SHOW(sigaltstack(&stack, 0));
  SHOW(sigaltstack(0, &old) | (old.ss_sp != stack.ss_sp) | (old.ss_size != 65536));
  struct sigaction before;
  SHOW(sigaction(SIGUSR2, 0, &before) | !(before.sa_flags & SA_SIGINFO) | (before.sa_sigaction != onQueued));
}

static void processes(void) {
  pid_t child = fork();
  if (child == 0) _exit(9);
  int status;
  siginfo_t info;
  SHOW(waitid(P_PID, child, &info, WEXITED | WNOWAIT));
  SHOW(info.si_status * 100 + info.si_code);
  SHOW(info.si_pid == child);
  struct rusage usage;
  SHOW(wait4(child, &status, 0, &usage) == child);
  SHOW(WEXITSTATUS(status));
  child = fork();
  if (child == 0) abort();
  SHOW(waitpid(child, &status, 0) == child);
  SHOW(WTERMSIG(status));
  struct rlimit limit, before;
  SHOW(getrlimit(RLIMIT_STACK, &before));
  SHOW(before.rlim_cur == 8 << 20);
  SHOW(getrlimit(RLIMIT_CPU, &limit) | (limit.rlim_cur != RLIM_INFINITY));
  SHOW(getrusage(RUSAGE_SELF, &usage) | (usage.ru_maxrss <= 0));
  struct sysinfo si;
  SHOW(sysinfo(&si) | (si.mem_unit == 0) | (si.totalram == 0) | (si.freeram > si.totalram));
  struct tms tms;
  SHOW(times(&tms) == -1);
}

static void memory(void) {
  char *page = mmap(0, 8192, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
  page[0] = 1;
  char *moved = mremap(page, 8192, 65536, MREMAP_MAYMOVE);
  SHOW(moved[0]);
  SHOW(mprotect(moved, 4096, PROT_READ));
  SHOW(munmap(moved, 65536));
  int fd = open("/proc/self/exe", O_RDONLY);
  unsigned char *elf = mmap(0, 4096, PROT_READ, MAP_PRIVATE, fd, 0);
  SHOW(elf[1] * 10000 + elf[2] * 100 + elf[3]);
  SHOW(mmap(0, 4096, PROT_READ, MAP_PRIVATE, 99, 0) == MAP_FAILED);
  SHOW(sbrk(100) == (void *)-1);
}

int main(void) {
  setvbuf(stdout, 0, _IOLBF, 0);
  files();
  waiting();
  signals();
  processes();
  memory();
  return 0;
}
