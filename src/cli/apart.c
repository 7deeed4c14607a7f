#include "apart.h"

#include <errno.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/resource.h>
#include <sys/wait.h>
#include <unistd.h>
#ifdef __linux__
#include <sys/prctl.h>
#endif

/* The other process does not outlive this one. */
static void end_with_parent(pid_t parent) {
#ifdef __linux__
  (void)prctl(PR_SET_PDEATHSIG, SIGKILL);
#endif
  if (getppid() != parent) _exit(EXIT_FAILURE);
}

int apart_run(int (*work)(void* arg), void* arg, unsigned seconds) {
  const pid_t parent = getpid();
  int status;
  fflush(NULL);
  const pid_t child = fork();
  if (child < 0) return work(arg);
  if (child == 0) {
    end_with_parent(parent);
    const struct rlimit limit = {seconds, seconds};
    (void)setrlimit(RLIMIT_CPU, &limit);
    exit(work(arg));
  }
  while (waitpid(child, &status, 0) < 0)
    if (errno != EINTR) return -1;
  return WIFEXITED(status) ? WEXITSTATUS(status) : -1;
}
