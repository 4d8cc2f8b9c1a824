/* The environment variables, as GCC's own runtime had them. */
#define _GNU_SOURCE
#include "mpxrt.h"

#include <stdlib.h>
#include <string.h>
#include <unistd.h>

struct options mpxrt_options = { .verbose = LEVEL_VIOLATION };

#if MPXRT_OUTPUT_FD == 1
#define DEFAULT_OUTPUT "stdout"
#else
#define DEFAULT_OUTPUT "stderr"
#endif

static const char help[] =
    "CHKP_RT_MODE=count|stop         report violations and go on (count), or end at the first one (stop)\n"
    "CHKP_RT_STOP_HANDLER=abort|exit how stop mode ends the program: abort(), or exit with status 255\n"
    "CHKP_RT_VERBOSE=0|1|2|3         write errors only, also the summary, also violations (default), everything\n"
    "CHKP_RT_PRINT_SUMMARY=yes|no    at exit, print the number of violations and the size of the directory\n"
    "CHKP_RT_BNDPRESERVE=0|1         1: calls, jumps and returns without BND prefix keep the bounds registers\n"
    "CHKP_RT_OUT_FILE=FILE           violations and summary go there (" DEFAULT_OUTPUT "; stdout and stderr are known names)\n"
    "CHKP_RT_ERR_FILE=FILE           errors and debug messages go there (stderr)\n"
    "CHKP_RT_ADDPID=yes|no           append .PID to the names of these files\n"
    "CHKP_RT_HELP=yes                print this and exit\n";

static int is_yes(const char *name)
{
    const char *value = secure_getenv(name);
    return value && (strcmp(value, "yes") == 0 || strcmp(value, "1") == 0);
}

/* Index of the variable's value in `words`; `otherwise` if unset, and with a message if it is none of them. */
static int choice(const char *name, const char *const words[], int otherwise)
{
    const char *value = secure_getenv(name);

    if (!value)
        return otherwise;
    for (int i = 0; words[i]; i++)
        if (strcmp(value, words[i]) == 0)
            return i;
    mpxrt_say(LEVEL_ERROR, STREAM_ERRORS, "%s: unknown value \"%s\"; \"%s\" is used\n", name, value, words[otherwise]);
    return otherwise;
}

static void open_named(enum stream stream, const char *variable, int add_pid)
{
    const char *name = secure_getenv(variable);

    if (name && *name && mpxrt_open_stream(stream, name, add_pid) != 0)
        mpxrt_say(LEVEL_ERROR, STREAM_ERRORS, "%s: cannot open \"%s\"; the default is used\n", variable, name);
}

void mpxrt_read_options(void)
{
    static const char *const levels[] = { "0", "1", "2", "3", NULL };
    static const char *const modes[] = { "count", "stop", NULL };
    static const char *const stops[] = { "abort", "exit", NULL };
    static const char *const bits[] = { "0", "1", NULL };
    int add_pid = is_yes("CHKP_RT_ADDPID");

    open_named(STREAM_ERRORS, "CHKP_RT_ERR_FILE", add_pid);
    open_named(STREAM_OUTPUT, "CHKP_RT_OUT_FILE", add_pid);
    mpxrt_options.verbose = (enum level)choice("CHKP_RT_VERBOSE", levels, LEVEL_VIOLATION);
    mpxrt_options.stop = choice("CHKP_RT_MODE", modes, 0);
    mpxrt_options.stop_by_exit = choice("CHKP_RT_STOP_HANDLER", stops, 0);
    mpxrt_options.preserve = choice("CHKP_RT_BNDPRESERVE", bits, 0);
    mpxrt_options.print_summary = is_yes("CHKP_RT_PRINT_SUMMARY");
    if (is_yes("CHKP_RT_HELP")) {
        mpxrt_say(LEVEL_ERROR, STREAM_OUTPUT, "%s", help);
        _exit(0);
    }
}
