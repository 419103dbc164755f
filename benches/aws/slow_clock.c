// Slows the monotonic clock down by a factor of 100, for the process that preloads this library. Under valgrind, a TLS
// handshake takes longer than the time limits of connections allow.

#define _GNU_SOURCE
#include <sys/syscall.h>
#include <time.h>
#include <unistd.h>

int clock_gettime(clockid_t clock, struct timespec *time) {
  int result = syscall(SYS_clock_gettime, clock, time);
  if (result == 0 && clock == CLOCK_MONOTONIC) {
    long long nanoseconds = (time->tv_sec * 1000000000LL + time->tv_nsec) / 100;
    time->tv_sec = nanoseconds / 1000000000;
    time->tv_nsec = nanoseconds % 1000000000;
  }
  return result;
}
