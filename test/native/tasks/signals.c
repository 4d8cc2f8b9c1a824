/* Signals between processes and threads, and timers. Prints only what does not depend on timing. */
#define _GNU_SOURCE
#include <errno.h>
#include <pthread.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/time.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

static volatile sig_atomic_t count;
static volatile int values[16];

static void note_value(int signo, siginfo_t *info, void *context)
{
    (void)signo;
    (void)context;
    if (count < 16)
        values[count] = info->si_value.sival_int;
    count++;
}

static void note(int signo)
{
    (void)signo;
    count++;
}

static void handle(int signo, void (*handler)(int, siginfo_t *, void *), int flags)
{
    struct sigaction action = {.sa_sigaction = handler, .sa_flags = SA_SIGINFO | flags};
    sigaction(signo, &action, NULL);
}

static void plain(int signo, int flags)
{
    struct sigaction action = {.sa_handler = note, .sa_flags = flags};
    sigaction(signo, &action, NULL);
}

static void queueing(void)
{
    sigset_t set, old;
    handle(SIGRTMIN + 1, note_value, 0);
    handle(SIGUSR1, note_value, 0);
    sigemptyset(&set);
    sigaddset(&set, SIGRTMIN + 1);
    sigaddset(&set, SIGUSR1);
    sigprocmask(SIG_BLOCK, &set, &old);
    for (int i = 1; i <= 3; i++) {
        sigqueue(getpid(), SIGRTMIN + 1, (union sigval){.sival_int = i});
        sigqueue(getpid(), SIGUSR1, (union sigval){.sival_int = 10 * i});
    }
    count = 0;
    sigprocmask(SIG_SETMASK, &old, NULL);
    printf("queued: %d signals:", count);
    for (int i = 0; i < count; i++)
        printf(" %d", values[i]);
    printf("\n");
}

static void waiting(void)
{
    sigset_t set;
    siginfo_t info;
    struct timespec soon = {0, 5000000}, none = {0, 0};
    sigemptyset(&set);
    sigaddset(&set, SIGUSR2);
    sigprocmask(SIG_BLOCK, &set, NULL);
    errno = 0;
    int result = sigtimedwait(&set, &info, &soon);
    printf("nothing came: %d %d\n", result, errno == EAGAIN);
    sigqueue(getpid(), SIGUSR2, (union sigval){.sival_int = 42});
    result = sigtimedwait(&set, &info, &none);
    printf("waited for: %d code %d value %d\n", result == SIGUSR2, info.si_code, info.si_value.sival_int);
    pid_t child = fork();
    if (child == 0) {
        struct timespec nap = {0, 2000000};
        nanosleep(&nap, NULL);
        kill(getppid(), SIGUSR2);
        _exit(0);
    }
    result = sigwaitinfo(&set, &info);
    printf("from the child: %d code %d pid %d\n", result == SIGUSR2, info.si_code, info.si_pid == child);
    wait(NULL);
    sigprocmask(SIG_UNBLOCK, &set, NULL);
}

static void sleeping(void)
{
    plain(SIGALRM, 0);
    count = 0;
    struct itimerval soon = {.it_value = {0, 5000}};
    struct timespec second = {1, 0}, rest = {0, 0};
    setitimer(ITIMER_REAL, &soon, NULL);
    int result = nanosleep(&second, &rest);
    printf("sleep cut short: %d %d, rest sensible %d\n", result, errno == EINTR, rest.tv_sec == 0 && rest.tv_nsec > 500000000);
    struct itimerval every = {{0, 2000}, {0, 2000}}, off = {{0, 0}, {0, 0}}, left;
    count = 0;
    setitimer(ITIMER_REAL, &every, NULL);
    while (count < 3)
        pause();
    getitimer(ITIMER_REAL, &left);
    setitimer(ITIMER_REAL, &off, NULL);
    printf("interval timer: %d, interval %ld\n", count >= 3, (long)left.it_interval.tv_usec);
    printf("alarm: %u", alarm(100));
    printf(" %u", alarm(0));
    printf(" %u\n", alarm(0));
    count = 0;
    plain(SIGVTALRM, 0);
    setitimer(ITIMER_VIRTUAL, &soon, NULL);
    while (!count)
        ;
    printf("virtual timer: %d\n", count);
}

static void posix_timers(void)
{
    timer_t timer;
    struct sigevent event = {.sigev_notify = SIGEV_SIGNAL, .sigev_signo = SIGRTMIN + 2, .sigev_value.sival_int = 77};
    struct itimerspec spec = {{0, 1000000}, {0, 1000000}}, left;
    sigset_t set;
    siginfo_t info;
    sigemptyset(&set);
    sigaddset(&set, SIGRTMIN + 2);
    sigprocmask(SIG_BLOCK, &set, NULL);
    printf("timer_create: %d\n", timer_create(CLOCK_MONOTONIC, &event, &timer));
    timer_settime(timer, 0, &spec, NULL);
    struct timespec nap = {0, 20500000};
    nanosleep(&nap, NULL);
    int result = sigwaitinfo(&set, &info);
    printf("expired: %d code %d value %d, overrun %d\n", result == SIGRTMIN + 2, info.si_code, info.si_value.sival_int,
           timer_getoverrun(timer) >= 10);
    timer_gettime(timer, &left);
    printf("interval %ld, running %d\n", left.it_interval.tv_nsec, left.it_value.tv_nsec > 0);
    printf("timer_delete: %d %d\n", timer_delete(timer), timer_delete(timer));
}

static volatile sig_atomic_t depth, deepest, raised;
static void nested(int signo)
{
    if (++depth > deepest)
        deepest = depth;
    if (++raised < 3)
        raise(signo);
    depth--;
}

static char stack[65536];
static void on_stack(int signo)
{
    char here;
    (void)signo;
    printf("on the alternate stack: %d\n", &here >= stack && &here < stack + sizeof stack);
}

static void flags(void)
{
    struct sigaction action = {.sa_handler = nested, .sa_flags = SA_NODEFER}, now;
    sigaction(SIGUSR1, &action, NULL);
    raise(SIGUSR1);
    printf("SA_NODEFER: %d deep\n", deepest);
    action.sa_flags = 0;
    sigaction(SIGUSR1, &action, NULL);
    deepest = raised = 0;
    raise(SIGUSR1);
    printf("deferred: %d deep\n", deepest);
    action.sa_handler = note;
    action.sa_flags = SA_RESETHAND;
    sigaction(SIGUSR1, &action, NULL);
    raise(SIGUSR1);
    sigaction(SIGUSR1, NULL, &now);
    printf("SA_RESETHAND: default again %d\n", now.sa_handler == SIG_DFL);
    stack_t alternate = {.ss_sp = stack, .ss_size = sizeof stack};
    sigaltstack(&alternate, NULL);
    action.sa_handler = on_stack;
    action.sa_flags = SA_ONSTACK;
    sigaction(SIGUSR1, &action, NULL);
    raise(SIGUSR1);
}

static void *blocks_all(void *unused)
{
    sigset_t set;
    sigfillset(&set);
    pthread_sigmask(SIG_SETMASK, &set, NULL);
    int signo;
    sigemptyset(&set);
    sigaddset(&set, SIGUSR2);
    sigwait(&set, &signo);
    return (void *)(long)(signo == SIGUSR2);
}

static void threads(void)
{
    pthread_t other;
    sigset_t set;
    void *result;
    sigemptyset(&set);
    sigaddset(&set, SIGUSR2);
    pthread_sigmask(SIG_BLOCK, &set, NULL);
    pthread_create(&other, NULL, blocks_all, NULL);
    kill(getpid(), SIGUSR2);
    pthread_join(other, &result);
    printf("a thread took the process's signal: %ld\n", (long)result);
}

int main(void)
{
    setvbuf(stdout, NULL, _IOLBF, 0);
    queueing();
    waiting();
    sleeping();
    posix_timers();
    flags();
    threads();
    return 0;
}
