/* Threads: what they share, how they wait for each other. Prints only what does not depend on timing. */
#define _GNU_SOURCE
#include <errno.h>
#include <pthread.h>
#include <semaphore.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/syscall.h>
#include <time.h>
#include <unistd.h>

#define THREADS 4
#define ROUNDS 300

static pthread_mutex_t lock = PTHREAD_MUTEX_INITIALIZER;
static pthread_cond_t changed = PTHREAD_COND_INITIALIZER;
static pthread_barrier_t barrier;
static long counter, ready;
static __thread long own;

static void *count(void *argument)
{
    long number = (long)argument;
    for (int i = 0; i < ROUNDS; i++) {
        pthread_mutex_lock(&lock);
        long was = counter;
        if (i % 50 == 0)
            sched_yield();
        counter = was + 1;
        own++;
        pthread_mutex_unlock(&lock);
    }
    pthread_barrier_wait(&barrier);
    pthread_mutex_lock(&lock);
    ready++;
    pthread_cond_broadcast(&changed);
    while (ready < THREADS)
        pthread_cond_wait(&changed, &lock);
    pthread_mutex_unlock(&lock);
    return (void *)(number * 1000 + own);
}

static void counting(void)
{
    pthread_t threads[THREADS];
    pthread_barrier_init(&barrier, NULL, THREADS);
    for (long i = 0; i < THREADS; i++)
        if (pthread_create(&threads[i], NULL, count, (void *)i))
            perror("pthread_create");
    for (int i = 0; i < THREADS; i++) {
        void *result;
        pthread_join(threads[i], &result);
        printf("thread %d gave %ld\n", i, (long)result);
    }
    printf("counter %ld, own %ld, ready %ld\n", counter, own, ready);
}

static sem_t first, second;
static char log_[64];

static void *ping(void *unused)
{
    for (int i = 0; i < 5; i++) {
        sem_wait(&first);
        strcat(log_, "ping ");
        sem_post(&second);
    }
    return NULL;
}

static void turns(void)
{
    pthread_t other;
    sem_init(&first, 0, 0);
    sem_init(&second, 0, 0);
    pthread_create(&other, NULL, ping, NULL);
    for (int i = 0; i < 5; i++) {
        sem_post(&first);
        sem_wait(&second);
        strcat(log_, "pong ");
    }
    pthread_join(other, NULL);
    printf("%s\n", log_);
}

static void timeouts(void)
{
    struct timespec until, before, after;
    clock_gettime(CLOCK_REALTIME, &until);
    before = until;
    until.tv_nsec += 20000000;
    if (until.tv_nsec >= 1000000000) {
        until.tv_sec++;
        until.tv_nsec -= 1000000000;
    }
    pthread_mutex_lock(&lock);
    int result = pthread_cond_timedwait(&changed, &lock, &until);
    pthread_mutex_unlock(&lock);
    clock_gettime(CLOCK_REALTIME, &after);
    long ms = (after.tv_sec - before.tv_sec) * 1000 + (after.tv_nsec - before.tv_nsec) / 1000000;
    printf("timedwait: %s, late enough %d\n", strerror(result), ms >= 19);
    sem_t never;
    sem_init(&never, 0, 0);
    result = sem_timedwait(&never, &until);
    printf("sem_timedwait: %d %s\n", result, strerror(errno));
}

static void kinds_of_mutex(void)
{
    pthread_mutexattr_t attributes;
    pthread_mutex_t mutex;
    pthread_mutexattr_init(&attributes);
    pthread_mutexattr_settype(&attributes, PTHREAD_MUTEX_RECURSIVE);
    pthread_mutex_init(&mutex, &attributes);
    pthread_mutex_lock(&mutex);
    printf("recursive: %d", pthread_mutex_lock(&mutex));
    pthread_mutex_unlock(&mutex);
    pthread_mutex_unlock(&mutex);
    pthread_mutexattr_settype(&attributes, PTHREAD_MUTEX_ERRORCHECK);
    pthread_mutex_init(&mutex, &attributes);
    pthread_mutex_lock(&mutex);
    printf(", error check: %s\n", strerror(pthread_mutex_lock(&mutex)));
}

static pthread_mutex_t robust;

static void *dies_with_lock(void *unused)
{
    pthread_mutex_lock(&robust);
    return NULL;
}

static void robustness(void)
{
    pthread_mutexattr_t attributes;
    pthread_t other;
    pthread_mutexattr_init(&attributes);
    pthread_mutexattr_setrobust(&attributes, PTHREAD_MUTEX_ROBUST);
    pthread_mutex_init(&robust, &attributes);
    pthread_create(&other, NULL, dies_with_lock, NULL);
    pthread_join(other, NULL);
    int result = pthread_mutex_lock(&robust);
    printf("after its owner died: %s\n", result == EOWNERDEAD ? "EOWNERDEAD" : strerror(result));
    printf("consistent again: %d\n", pthread_mutex_consistent(&robust));
    pthread_mutex_unlock(&robust);
}

static pthread_mutex_t inherits;
static long guarded;

static void *guard(void *unused)
{
    for (int i = 0; i < 100; i++) {
        pthread_mutex_lock(&inherits);
        long was = guarded;
        if (i % 10 == 0)
            sched_yield();
        guarded = was + 1;
        pthread_mutex_unlock(&inherits);
    }
    return NULL;
}

static void priority_inheritance(void)
{
    pthread_mutexattr_t attributes;
    pthread_t threads[3];
    pthread_mutexattr_init(&attributes);
    pthread_mutexattr_setprotocol(&attributes, PTHREAD_PRIO_INHERIT);
    printf("priority inheritance: %d\n", pthread_mutex_init(&inherits, &attributes));
    for (int i = 0; i < 3; i++)
        pthread_create(&threads[i], NULL, guard, NULL);
    for (int i = 0; i < 3; i++)
        pthread_join(threads[i], NULL);
    printf("guarded %ld\n", guarded);
}

static volatile sig_atomic_t caught_by;

static void note(int signo)
{
    caught_by = syscall(SYS_gettid) == getpid() ? 1 : 2;
}

static void *unlucky(void *unused)
{
    for (;;)
        pause();
}

static void signals(void)
{
    pthread_t other;
    struct sigaction action = {.sa_handler = note};
    sigaction(SIGUSR1, &action, NULL);
    pthread_create(&other, NULL, unlucky, NULL);
    pthread_kill(other, SIGUSR1);
    while (!caught_by)
        sched_yield();
    printf("caught by %s\n", caught_by == 2 ? "the other thread" : "the first thread");
    pthread_cancel(other);
    void *result;
    pthread_join(other, &result);
    printf("cancelled: %d\n", result == PTHREAD_CANCELED);
}

static pthread_once_t once = PTHREAD_ONCE_INIT;
static int initialised;
static void initialise(void)
{
    initialised++;
}
static void *use_once(void *unused)
{
    pthread_once(&once, initialise);
    return NULL;
}

static void *lives_on(void *unused)
{
    struct timespec nap = {0, 1000000};
    nanosleep(&nap, NULL);
    printf("the last thread ends the process\n");
    fflush(stdout);
    return NULL;
}

int main(void)
{
    setvbuf(stdout, NULL, _IOLBF, 0);
    counting();
    turns();
    timeouts();
    kinds_of_mutex();
    robustness();
    priority_inheritance();
    signals();
    pthread_t a, b;
    pthread_create(&a, NULL, use_once, NULL);
    pthread_create(&b, NULL, use_once, NULL);
    pthread_join(a, NULL);
    pthread_join(b, NULL);
    printf("once: %d\n", initialised);
    pthread_create(&a, NULL, lives_on, NULL);
    pthread_exit(NULL);
}
