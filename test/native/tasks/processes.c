/* Processes: fork, exec, wait, what is copied and what is shared. Prints only what does not depend on process numbers. */
#define _GNU_SOURCE
#include <errno.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/wait.h>
#include <unistd.h>

static int variable = 1;
static volatile sig_atomic_t children;

static void show(const char *what, int status)
{
    if (WIFEXITED(status))
        printf("%s: exit %d\n", what, WEXITSTATUS(status));
    else if (WIFSIGNALED(status))
        printf("%s: signal %d\n", what, WTERMSIG(status));
    else if (WIFSTOPPED(status))
        printf("%s: stopped by %d\n", what, WSTOPSIG(status));
    else if (WIFCONTINUED(status))
        printf("%s: continued\n", what);
    fflush(stdout);
}

static void child_has_news(int signo, siginfo_t *info, void *context)
{
    children++;
    (void)context;
    printf("signal %d: code %d, status %d\n", signo, info->si_code, info->si_status);
    fflush(stdout);
}

static void none_left(const char *what)
{
    int result = wait(NULL);
    printf("%s: %d, no child %d\n", what, result, errno == ECHILD);
    fflush(stdout);
}

static void copies(void)
{
    int *shared = mmap(NULL, 4096, PROT_READ | PROT_WRITE, MAP_SHARED | MAP_ANONYMOUS, -1, 0);
    int *private = mmap(NULL, 4096, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
    int status;
    *shared = 1;
    *private = 1;
    pid_t parent = getpid();
    pid_t child = fork();
    if (child == 0) {
        variable++;
        *shared += 10;
        *private += 10;
        printf("child: variable %d, shared %d, private %d, parent is right: %d\n", variable, *shared, *private,
               getppid() == parent);
        fflush(stdout);
        _exit(7);
    }
    printf("waited for it: %d\n", waitpid(child, &status, 0) == child);
    show("child", status);
    *shared += 100;
    printf("parent: variable %d, shared %d, private %d\n", variable, *shared, *private);
    none_left("none left");
}

static void killed(void)
{
    int status;
    pid_t child = fork();
    if (child == 0)
        for (;;)
            pause();
    kill(child, SIGTERM);
    waitpid(child, &status, 0);
    show("killed", status);
    child = fork();
    if (child == 0) {
        *(volatile int *)8 = 1;
        _exit(0);
    }
    waitpid(child, &status, 0);
    show("crashed", status);
}

static void notified(void)
{
    struct sigaction action = {.sa_sigaction = child_has_news, .sa_flags = SA_SIGINFO | SA_RESTART}, old;
    sigaction(SIGCHLD, &action, &old);
    int status;
    pid_t child = fork();
    if (child == 0)
        _exit(3);
    waitpid(child, &status, 0);
    show("notified", status);
    printf("SIGCHLD came %d times\n", children);
    fflush(stdout);
    sigaction(SIGCHLD, &old, NULL);
}

static void stopped(void)
{
    int status;
    pid_t child = fork();
    if (child == 0) {
        raise(SIGSTOP);
        _exit(5);
    }
    waitpid(child, &status, WUNTRACED);
    show("stop", status);
    printf("nothing new: %d\n", waitpid(child, &status, WUNTRACED | WNOHANG));
    fflush(stdout);
    kill(child, SIGCONT);
    siginfo_t info = {0};
    waitid(P_PID, child, &info, WEXITED | WNOWAIT);
    printf("waitid: signal %d code %d status %d\n", info.si_signo, info.si_code, info.si_status);
    fflush(stdout);
    waitpid(child, &status, 0);
    show("after it", status);
}

static void ignored(void)
{
    signal(SIGCHLD, SIG_IGN);
    if (fork() == 0)
        _exit(1);
    none_left("reaped unseen");
    signal(SIGCHLD, SIG_DFL);
}

static void executed(const char *self)
{
    int status;
    char *arguments[] = {(char *)self, "executed", "two words", NULL};
    char *environment[] = {"COLOUR=green", NULL};
    pid_t child = fork();
    if (child == 0) {
        signal(SIGUSR1, SIG_IGN);
        signal(SIGUSR2, child_has_news == NULL ? SIG_DFL : (void (*)(int))child_has_news);
        execve("/nonexistent/program", arguments, environment);
        printf("no such program: %s\n", strerror(errno));
        fflush(stdout);
        execve(self, arguments, environment);
        perror("execve");
        _exit(1);
    }
    waitpid(child, &status, 0);
    show("executed", status);
    child = vfork();
    if (child == 0) {
        variable = 50;
        execve(self, arguments, environment);
        _exit(1);
    }
    waitpid(child, &status, 0);
    show("executed by vfork", status);
    printf("vfork shared the variable: %d\n", variable);
    fflush(stdout);
}

static int after_exec(int count, char **arguments)
{
    struct sigaction action;
    printf("executed with %d arguments, last %s, COLOUR %s, variable %d", count, arguments[count - 1], getenv("COLOUR"),
           variable);
    sigaction(SIGUSR1, NULL, &action);
    printf(", USR1 ignored %d", action.sa_handler == SIG_IGN);
    sigaction(SIGUSR2, NULL, &action);
    printf(", USR2 default %d\n", action.sa_handler == SIG_DFL);
    return 9;
}

static void groups(void)
{
    int status;
    pid_t child = fork();
    if (child == 0) {
        setpgid(0, 0);
        printf("own group: %d\n", getpgrp() == getpid());
        fflush(stdout);
        kill(0, SIGUSR1);
        _exit(0);
    }
    waitpid(child, &status, 0);
    show("group", status);
    child = fork();
    if (child == 0) {
        pid_t session = setsid();
        printf("session: %d %d\n", session == getpid(), getsid(0) == getpid());
        fflush(stdout);
        _exit(0);
    }
    waitpid(child, &status, 0);
}

int main(int count, char **arguments)
{
    if (count > 1)
        return after_exec(count, arguments);
    copies();
    killed();
    notified();
    stopped();
    ignored();
    executed(arguments[0]);
    groups();
    return 0;
}
