/*
 * Loaded before the C library (LD_PRELOAD), this makes a process's writes and syncs of its journal fail, come out short or torn, and
 * its wall clock wrong. What goes wrong when is said by a file that the test and the process both map; what was hit is counted there.
 *
 * Only files below a folder named "journal" are touched; everything else the process does is as it was.
 */
#define _GNU_SOURCE
#include <dlfcn.h>
#include <errno.h>
#include <fcntl.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/time.h>
#include <sys/types.h>
#include <time.h>
#include <unistd.h>

enum { WRITES_WHOLE = 0, WRITES_SHORT = 1, WRITES_FAIL = 2, WRITES_TORN = 3 };

/* As FaultyCalls.java writes it: little-endian, at these offsets. */
struct control {
    volatile int32_t writes;
    volatile int32_t syncs_fail;
    volatile int64_t wall_offset_seconds;
    volatile int64_t writes_hit;
    volatile int64_t syncs_hit;
    volatile int64_t clocks_hit;
};

static struct control nothing;
static struct control *control = &nothing;

static ssize_t (*real_pwrite)(int, const void *, size_t, off64_t);
static int (*real_fsync)(int);
static int (*real_fdatasync)(int);
static int (*real_clock_gettime)(clockid_t, struct timespec *);
static int (*real_gettimeofday)(struct timeval *, void *);

__attribute__((constructor)) static void begin(void) {
    real_pwrite = dlsym(RTLD_NEXT, "pwrite64");
    real_fsync = dlsym(RTLD_NEXT, "fsync");
    real_fdatasync = dlsym(RTLD_NEXT, "fdatasync");
    real_clock_gettime = dlsym(RTLD_NEXT, "clock_gettime");
    real_gettimeofday = dlsym(RTLD_NEXT, "gettimeofday");
    const char *path = getenv("PLINTH_FAULTY_CALLS");
    int file = path ? open(path, O_RDWR | O_CLOEXEC) : -1;
    if (file < 0) {
        return;
    }
    void *mapped = mmap(NULL, sizeof(struct control), PROT_READ | PROT_WRITE, MAP_SHARED, file, 0);
    close(file);
    if (mapped != MAP_FAILED) {
        control = mapped;
    }
}

static int of_journal(int file) {
    char link[64], path[4096];
    snprintf(link, sizeof link, "/proc/self/fd/%d", file);
    ssize_t length = readlink(link, path, sizeof path - 1);
    if (length < 0) {
        return 0;
    }
    path[length] = 0;
    return strstr(path, "/journal/") != NULL;
}

static void hit(volatile int64_t *counter) { __atomic_fetch_add(counter, 1, __ATOMIC_RELAXED); }

static ssize_t faulty_pwrite(int file, const void *bytes, size_t count, off64_t offset) {
    int mode = control->writes;
    if (mode == WRITES_WHOLE || !of_journal(file)) {
        return real_pwrite(file, bytes, count, offset);
    }
    if (mode == WRITES_SHORT) {
        /* In blocks, as a file that is written past the page cache demands. */
        size_t part = count / 2 & ~(size_t)4095;
        if (part > 0) {
            hit(&control->writes_hit);
            count = part;
        }
        return real_pwrite(file, bytes, count, offset);
    }
    hit(&control->writes_hit);
    if (mode == WRITES_TORN) {
        /* Some sectors of it reach the disk, and nothing after them does. */
        size_t part = count / 2 & ~(size_t)511;
        control->writes = WRITES_FAIL;
        control->syncs_fail = 1;
        if (part > 0 && real_pwrite(file, bytes, part, offset) < 0) {
            return -1;
        }
    }
    errno = EIO;
    return -1;
}

ssize_t pwrite64(int file, const void *bytes, size_t count, off64_t offset) {
    return faulty_pwrite(file, bytes, count, offset);
}

ssize_t pwrite(int file, const void *bytes, size_t count, off_t offset) { return faulty_pwrite(file, bytes, count, offset); }

static int sync_fails(int file) {
    if (!control->syncs_fail || !of_journal(file)) {
        return 0;
    }
    hit(&control->syncs_hit);
    errno = EIO;
    return 1;
}

int fsync(int file) { return sync_fails(file) ? -1 : real_fsync(file); }

int fdatasync(int file) { return sync_fails(file) ? -1 : real_fdatasync(file); }

int clock_gettime(clockid_t clock, struct timespec *time) {
    int result = real_clock_gettime(clock, time);
    int64_t offset = control->wall_offset_seconds;
    if (result == 0 && offset != 0 && (clock == CLOCK_REALTIME || clock == CLOCK_REALTIME_COARSE)) {
        hit(&control->clocks_hit);
        time->tv_sec += offset;
    }
    return result;
}

int gettimeofday(struct timeval *restrict time, void *restrict zone) {
    int result = real_gettimeofday(time, zone);
    int64_t offset = control->wall_offset_seconds;
    if (result == 0 && offset != 0) {
        hit(&control->clocks_hit);
        time->tv_sec += offset;
    }
    return result;
}
