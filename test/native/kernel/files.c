/* What the calls on files answer: the same here and on the host. Works in the current directory, which is empty. */
#define _GNU_SOURCE
#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <poll.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/epoll.h>
#include <sys/eventfd.h>
#include <sys/file.h>
#include <sys/ioctl.h>
#include <sys/mman.h>
#include <sys/select.h>
#include <sys/sendfile.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/uio.h>
#include <sys/un.h>
#include <sys/wait.h>
#include <unistd.h>

static char buf[1 << 16];
#define TELL(call) tell(#call, (long)(call))
static long tell(const char *what, long result) {
  if (result == -1) printf("%s = %s\n", what, strerrorname_np(errno));
  else printf("%s = %ld\n", what, result);
  return result;
}

static void make(const char *name, const char *text) {
  int fd = open(name, O_CREAT | O_TRUNC | O_WRONLY, 0644);
  if (write(fd, text, strlen(text)) < 0) perror(name);
  close(fd);
}

static void show(const char *name) {
  struct stat st;
  if (lstat(name, &st) < 0) printf("%s: %s\n", name, strerrorname_np(errno));
  else printf("%s: mode %o links %ld size %ld blksize %ld\n", name, st.st_mode, (long)st.st_nlink, (long)(S_ISDIR(st.st_mode) ? 0 : st.st_size), (long)st.st_blksize);
}

static int byName(const void *a, const void *b) { return strcmp(*(char **)a, *(char **)b); }

static void list(const char *name) {
  DIR *dir = opendir(name);
  char *names[64];
  int n = 0;
  for (struct dirent *e; (e = readdir(dir)) && n < 64;) {
    snprintf(buf, sizeof buf, "%s:%d", e->d_name, e->d_type);
    names[n++] = strdup(buf);
  }
  closedir(dir);
  qsort(names, n, sizeof *names, byName);
  printf("%s holds", name);
  for (int i = 0; i < n; i++) printf(" %s", names[i]);
  printf("\n");
}

static void opening(void) {
  TELL(open("none", O_RDONLY));
  TELL(open("", O_RDONLY));
  TELL(open((char *)1, O_RDONLY));
  TELL(open("a", O_CREAT | O_RDWR, 0666));
  TELL(open("a", O_CREAT | O_EXCL | O_RDWR, 0666));
  TELL(open("a/b", O_RDONLY));
  TELL(open("a/", O_RDONLY));
  TELL(open("new/", O_CREAT | O_RDWR, 0666));
  TELL(open(".", O_RDWR));
  TELL(open(".", O_CREAT | O_RDONLY, 0666));
  TELL(open("a", O_DIRECTORY));
  TELL(close(3));
  TELL(close(3));
  TELL(close(-1));
  memset(buf, 'x', 300);
  buf[300] = 0;
  TELL(open(buf, O_RDONLY));
  TELL(mkdir(buf, 0777));
  memset(buf, '/', 5000);
  buf[5000] = 0;
  TELL(open(buf, O_RDONLY));
  TELL(open("/dev/null", O_RDWR | O_CLOEXEC));
  TELL(fcntl(3, F_GETFD));
  TELL(fcntl(3, F_SETFD, 0));
  TELL(fcntl(3, F_GETFD));
  for (int fd = 3; fd < 12; fd++) close(fd);
  TELL(open("a", O_PATH));
  TELL(read(3, buf, 1));
  TELL(fcntl(3, F_GETFL) & O_PATH);
  TELL(close(3));
  TELL(open(".", O_TMPFILE | O_RDWR, 0600));
  TELL(write(3, "abc", 3));
  TELL(lseek(3, 0, SEEK_END));
  TELL(close(3));
  TELL(open("a", 3));
  TELL(close(3));
}

static void transfers(void) {
  make("t", "0123456789");
  int fd = open("t", O_RDWR);
  TELL(read(fd, buf, 4));
  TELL(lseek(fd, 0, SEEK_CUR));
  TELL(pread(fd, buf, 100, 8));
  TELL(pread(fd, buf, 100, 80));
  TELL(pread(fd, buf, 1, -1));
  TELL(lseek(fd, -20, SEEK_CUR));
  TELL(lseek(fd, 5, 77));
  TELL(lseek(fd, 100, SEEK_SET));
  TELL(read(fd, buf, 10));
  TELL(write(fd, "end", 3));
  TELL(lseek(fd, 0, SEEK_END));
  TELL(pwrite(fd, "AB", 2, 1));
  TELL(pread(fd, buf, 103, 0));
  for (int i = 0; i < 103; i++) putchar(buf[i] ? buf[i] : '.');
  putchar('\n');
  TELL(read(fd, (void *)8, 10));
  TELL(write(fd, (void *)8, 10));
  TELL(write(fd, (void *)8, 0));
  struct iovec iov[3] = {{"one", 3}, {"", 0}, {"two!", 4}};
  TELL(pwritev(fd, iov, 3, 0));
  TELL(writev(fd, iov, 3));
  TELL(writev(fd, iov, -1));
  struct iovec in[2] = {{buf, 2}, {buf + 10, 5}};
  TELL(preadv(fd, in, 2, 1));
  printf("%.2s %.5s\n", buf, buf + 10);
  TELL(ftruncate(fd, 5));
  TELL(ftruncate(fd, -5));
  show("t");
  TELL(truncate("t", 8));
  show("t");
  TELL(truncate("none", 8));
  TELL(truncate(".", 8));
  TELL(fallocate(fd, 0, 0, 20));
  TELL(fallocate(fd, FALLOC_FL_KEEP_SIZE, 0, 200));
  TELL(fallocate(fd, 0, 0, 0));
  show("t");
  close(fd);
  fd = open("t", O_WRONLY | O_APPEND);
  TELL(read(fd, buf, 1));
  TELL(lseek(fd, 0, SEEK_SET));
  TELL(write(fd, "appended", 8));
  TELL(lseek(fd, 0, SEEK_CUR));
  TELL(ftruncate(fd, 3));
  TELL(write(fd, "!", 1));
  close(fd);
  show("t");
  fd = open("t", O_RDONLY);
  TELL(write(fd, "x", 1));
  TELL(ftruncate(fd, 0));
  TELL(fsync(fd));
  TELL(read(fd, buf, 0));
  TELL(fsync(1) == -1 && errno == EINVAL);
  int out = open("copy", O_CREAT | O_RDWR, 0600);
  off_t at = 1;
  TELL(sendfile(out, fd, &at, 2));
  TELL(at);
  TELL(sendfile(out, fd, 0, 100));
  TELL(sendfile(fd, out, 0, 100));
  show("copy");
  loff_t from = 0, to = 10;
  TELL(copy_file_range(fd, &from, out, &to, 3, 0));
  show("copy");
  TELL(lseek(1, 0, SEEK_CUR));
  TELL(pread(0, buf, 1, 0));
  close(fd);
  close(out);
}

static void names(void) {
  TELL(mkdir("d", 0777));
  TELL(mkdir("d", 0777));
  TELL(mkdir("d/e/", 0750));
  TELL(mkdir("none/e", 0777));
  TELL(mkdir("a/e", 0777));
  TELL(mkdir(".", 0777));
  TELL(mkdir("/", 0777));
  make("d/f", "f");
  list("d");
  TELL(rmdir("d"));
  TELL(rmdir("d/f"));
  TELL(rmdir("d/."));
  TELL(rmdir("d/e/.."));
  TELL(unlink("d"));
  TELL(unlink("none"));
  TELL(unlink("d/f/"));
  TELL(symlink("f", "d/link"));
  TELL(symlink("f", "d/link"));
  TELL(symlink("", "d/empty"));
  TELL(symlink("none", "d/dangling"));
  TELL(symlink("loop", "loop"));
  TELL(open("loop", O_RDONLY));
  TELL(open("d/dangling", O_RDONLY));
  TELL(open("d/link", O_RDONLY | O_NOFOLLOW));
  TELL(readlink("d/link", buf, 100));
  TELL(readlink("d/dangling", buf, 2));
  TELL(readlink("d/f", buf, 100));
  TELL(readlink("d/link", buf, 0));
  show("d/link");
  TELL(link("d/f", "hard"));
  TELL(link("d/f", "hard"));
  TELL(link("d", "hard2"));
  TELL(link("none", "hard2"));
  TELL(linkat(AT_FDCWD, "d/link", AT_FDCWD, "soft", 0));
  TELL(linkat(AT_FDCWD, "d/link", AT_FDCWD, "followed", AT_SYMLINK_FOLLOW));
  show("hard");
  show("soft");
  TELL(rename("hard", "harder"));
  TELL(rename("none", "x"));
  TELL(rename("harder", "d"));
  TELL(rename("d", "harder"));
  TELL(rename("d", "d/e/inside"));
  TELL(rename("d/e", "e2"));
  TELL(rename("e2", "d"));
  TELL(rename("harder", "followed"));
  show("d/f");
  TELL(syscall(SYS_renameat2, AT_FDCWD, "d/f", AT_FDCWD, "followed", RENAME_NOREPLACE));
  TELL(syscall(SYS_renameat2, AT_FDCWD, "e2", AT_FDCWD, "d/f", RENAME_EXCHANGE));
  show("e2");
  show("d/f");
  list("d");
  list(".");
  int dir = open("d", O_RDONLY);
  TELL(openat(dir, "link", O_RDONLY) >= 0);
  TELL(mkdirat(dir, "sub", 0700));
  TELL(unlinkat(dir, "sub", 0));
  TELL(unlinkat(dir, "sub", AT_REMOVEDIR));
  TELL(unlinkat(99, "sub", 0));
  TELL(openat(0, "x", O_RDONLY));
  TELL(read(dir, buf, 10));
  TELL(fchdir(dir));
  TELL(access("link", F_OK));
  TELL(chdir(".."));
  TELL(chdir("t"));
  TELL(chdir("none"));
  TELL(fchdir(1));
  TELL(mkfifo("fifo", 0600));
  show("fifo");
  TELL(umask(077));
  make("masked", "");
  show("masked");
  TELL(umask(022));
  TELL(mkdir("gone", 0777));
  TELL(chdir("gone"));
  TELL(rmdir("../gone"));
  TELL(getcwd(buf, 100) != 0);
  TELL(open("x", O_CREAT | O_RDWR, 0666));
  TELL(chdir("/") );
}

static void attributes(const char *home) {
  TELL(chdir(home));
  make("attr", "text");
  TELL(chmod("attr", 0640));
  TELL(chmod("none", 0640));
  show("attr");
  TELL(access("attr", R_OK | W_OK));
  TELL(access("attr", X_OK));
  TELL(access("attr", 77));
  TELL(chmod("attr", 0750));
  TELL(access("attr", X_OK));
  struct timespec times[2] = {{1000, 5}, {2000, 6}};
  TELL(utimensat(AT_FDCWD, "attr", times, 0));
  struct stat st;
  stat("attr", &st);
  printf("%ld.%09ld %ld.%09ld\n", st.st_atim.tv_sec, st.st_atim.tv_nsec, st.st_mtim.tv_sec, st.st_mtim.tv_nsec);
  times[0].tv_nsec = UTIME_OMIT;
  times[1].tv_nsec = 2000000000;
  TELL(utimensat(AT_FDCWD, "attr", times, 0));
  TELL(chown("attr", 5, 6));
  stat("attr", &st);
  printf("%d %d\n", st.st_uid, st.st_gid);
  struct statx stx;
  TELL(statx(AT_FDCWD, "attr", 0, STATX_BASIC_STATS, &stx));
  printf("%o %llu %d\n", stx.stx_mode, (unsigned long long)stx.stx_size, stx.stx_uid);
  TELL(statx(AT_FDCWD, "attr", 0, 1u << 31, &stx));
  TELL(fstatat(AT_FDCWD, "", &st, 0));
  TELL(fstatat(AT_FDCWD, "", &st, AT_EMPTY_PATH));
  TELL(fstatat(AT_FDCWD, "attr", &st, 0x10000000));
  TELL(fstat(77, &st));
  TELL(stat("attr", (void *)8));
}

static void selectOne(int fd) {
  fd_set set;
  struct timeval tv = {0, 0};
  FD_ZERO(&set);
  FD_SET(fd, &set);
  TELL(select(fd + 1, &set, 0, 0, &tv));
}

/* select looks at no descriptor beyond its process's table, which has 64 places at first and grows with the highest one opened. */
static void selectClosed(void) {
  fflush(stdout);
  /* A child's table is as large as its open descriptors need, whatever this program has inherited. */
  for (int fd = 64; fd < 1024; fd++) close(fd);
  if (fork() == 0) {
    selectOne(63);
    selectOne(77);
    TELL(dup2(0, 200));
    selectOne(77);
    selectOne(255);
    selectOne(256);
    TELL(close(200));
    selectOne(255);
    fflush(stdout);
    if (fork() == 0) {
      selectOne(255);
      exit(0);
    }
    wait(0);
    exit(0);
  }
  wait(0);
}

static void descriptors(void) {
  int p[2];
  TELL(pipe(p));
  TELL(pipe((int *)8));
  TELL(pipe2(p, 0x5));
  TELL(write(p[0], "x", 1));
  TELL(read(p[1], buf, 1));
  TELL(fcntl(p[0], F_SETFL, O_NONBLOCK));
  TELL(read(p[0], buf, 1));
  TELL(fcntl(p[1], F_SETFL, O_NONBLOCK));
  TELL(write(p[1], buf, 65536));
  TELL(write(p[1], buf, 1));
  TELL(read(p[0], buf, 100));
  TELL(write(p[1], buf, 1));
  TELL(read(p[0], buf, 4000));
  TELL(write(p[1], buf, 5000));
  int n;
  TELL(ioctl(p[0], FIONREAD, &n));
  printf("%d\n", n);
  TELL(ioctl(p[0], TCGETS, buf));
  TELL(fcntl(p[0], F_GETPIPE_SZ));
  TELL(lseek(p[0], 0, SEEK_SET));
  struct pollfd fds[4] = {{p[0], POLLIN}, {p[1], POLLOUT}, {99, POLLIN}, {-1, POLLIN}};
  TELL(poll(fds, 4, 0));
  for (int i = 0; i < 4; i++) printf("%x ", fds[i].revents);
  while (read(p[0], buf, sizeof buf) > 0) {}
  TELL(poll(fds, 2, 0));
  for (int i = 0; i < 2; i++) printf("%x ", fds[i].revents);
  TELL(poll(fds, 1, 20));
  fd_set set;
  FD_ZERO(&set);
  FD_SET(p[0], &set);
  struct timeval tv = {0, 1000};
  TELL(select(p[0] + 1, &set, 0, 0, &tv));
  selectClosed();
  close(p[1]);
  TELL(poll(fds, 1, -1));
  printf("%x\n", fds[0].revents);
  TELL(read(p[0], buf, 1));
  int d = dup(p[0]);
  TELL(dup2(d, 20));
  TELL(dup2(d, d) == d);
  TELL(dup2(77, 20));
  TELL(dup2(d, 100000));
  TELL(dup3(d, d, 0));
  TELL(dup3(d, 21, O_CLOEXEC));
  TELL(fcntl(21, F_GETFD));
  TELL(fcntl(d, F_DUPFD, 30));
  TELL(fcntl(d, F_DUPFD, 100000000));
  TELL(fcntl(77, F_GETFL));
  TELL(fcntl(d, 9999));
  int e = eventfd(3, EFD_NONBLOCK);
  unsigned long long v;
  TELL(read(e, &v, 4));
  TELL(read(e, &v, 8));
  printf("%llu\n", v);
  TELL(read(e, &v, 8));
  v = -1;
  TELL(write(e, &v, 8));
  v = 7;
  TELL(write(e, &v, 8));
  int ep = epoll_create1(0);
  struct epoll_event ev = {EPOLLIN, {.u64 = 0x1234}};
  TELL(epoll_ctl(ep, EPOLL_CTL_ADD, e, &ev));
  TELL(epoll_ctl(ep, EPOLL_CTL_ADD, e, &ev));
  TELL(epoll_ctl(ep, EPOLL_CTL_MOD, 20, &ev));
  TELL(epoll_ctl(ep, EPOLL_CTL_ADD, 99, &ev));
  TELL(epoll_ctl(ep, EPOLL_CTL_ADD, ep, &ev));
  struct epoll_event got[2];
  TELL(epoll_wait(ep, got, 2, 0));
  printf("%x %lx\n", got[0].events, (long)got[0].data.u64);
  TELL(read(e, &v, 8));
  TELL(epoll_wait(ep, got, 2, 5));
  TELL(epoll_wait(ep, got, 0, 5));
  TELL(epoll_ctl(ep, EPOLL_CTL_DEL, e, 0));
  TELL(epoll_ctl(ep, EPOLL_CTL_DEL, e, 0));
  int sv[2];
  TELL(socketpair(AF_UNIX, SOCK_STREAM, 0, sv));
  TELL(write(sv[0], "hello", 5));
  TELL(read(sv[1], buf, 100));
  TELL(shutdown(sv[0], SHUT_WR));
  TELL(read(sv[1], buf, 100));
  TELL(write(sv[1], "back", 4));
  TELL(read(sv[0], buf, 100));
  close(sv[0]);
  TELL(read(sv[1], buf, 100));
  int s = socket(AF_UNIX, SOCK_STREAM, 0);
  struct sockaddr_un to = {AF_UNIX, "/nowhere/at/all"};
  TELL(connect(s, (void *)&to, sizeof to));
  TELL(connect(p[0], (void *)&to, sizeof to));
  TELL(shutdown(s, SHUT_RD));
}

static void locks(void) {
  int fd = open("t", O_RDWR);
  struct flock lock = {F_WRLCK, SEEK_SET, 0, 10};
  TELL(fcntl(fd, F_SETLK, &lock));
  lock.l_type = F_RDLCK;
  lock.l_start = 2;
  lock.l_len = 3;
  TELL(fcntl(fd, F_SETLK, &lock));
  TELL(fcntl(fd, F_GETLK, &lock));
  printf("%d\n", lock.l_type == F_UNLCK);
  lock.l_start = -5;
  TELL(fcntl(fd, F_SETLK, &lock));
  TELL(flock(fd, LOCK_EX));
  TELL(flock(fd, 77));
  int m = memfd_create("name", 0);
  TELL(write(m, "memory", 6));
  TELL(ftruncate(m, 8192));
  char *map = mmap(0, 8192, PROT_READ, MAP_PRIVATE, m, 0);
  printf("%.6s\n", map);
  TELL(munmap(map, 8192));
  close(m);
}

int main(int argc, char **argv) {
  setvbuf(stdout, 0, _IOFBF, 1 << 16);
  getcwd(buf, 4096);
  char *home = strdup(buf);
  umask(022);
  opening();
  transfers();
  names();
  attributes(home);
  descriptors();
  locks();
  return 0;
}
