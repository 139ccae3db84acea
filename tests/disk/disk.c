/*
 * A layer between a program and its disk, loaded with LD_PRELOAD: it counts what changes files below
 * some folders, lets one of these calls fail, and writes down all of them in order, with their data.
 *
 *   LIGHTBAR_DISK_FOLDERS  folders, separated by colons; without links in their paths. Nothing else is looked at
 *   LIGHTBAR_DISK_COUNT    a file of 8 bytes outside of them: the number of calls so far, as uint64
 *   LIGHTBAR_DISK_FAIL     n:how[:on]  the n-th call fails, from 1; `on`: and all after it
 *                          how: ENOSPC, EDQUOT, EIO, EROFS, or short: a write takes half, what follows it has ENOSPC
 *   LIGHTBAR_DISK_WITHOUT  what the file system cannot do: `nameless`, files without a name; `names`, giving them one
 *   LIGHTBAR_DISK_LOG      a file outside of them, to which the record is appended
 *   LIGHTBAR_DISK_MARKS    a file whose writes are marks in the record and otherwise let alone
 *   LIGHTBAR_DISK_HOLD     words:fifo  the first removal of a name whose path has these words waits until somebody who
 *                          had opened the fifo for writing closes it
 *
 * Counted are calls that could fail on a full or dying disk: opening for writing, all writes, changes of length,
 * syncs, new, other and removed names. Closing, locking and reading are not. A file that is mapped
 * for writing is written down as such, but not what is written through the map.
 *
 * The record is read by tests/suite/support/disk/record.rs, where its form is described.
 */
#define _GNU_SOURCE
#include <dlfcn.h>
#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <pthread.h>
#include <stdarg.h>
#include <stdatomic.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <sys/uio.h>
#include <time.h>
#include <unistd.h>

#define REAL(name) ((__typeof__(&name))real(&real_##name, #name))
#define DECLARE(name) static void *_Atomic real_##name

enum kind { OPENED = 1, WROTE, LENGTH, SYNC_BEGINS, SYNC_ENDS, RENAMED, LINKED, UNLINKED, FOLDER_MADE, FOLDER_GONE, MAPPED, MARK, NAMELESS };
enum how { FULL, QUOTA, BROKEN, SHORT, READ_ONLY };

struct entry { /* before the paths and the data, all little endian as the machine is */
  uint32_t kind;
  int32_t error;  /* 0, or errno */
  uint64_t nanos; /* CLOCK_MONOTONIC */
  uint64_t file;  /* inode, or 0 */
  int64_t at;     /* offset, new length, or whether an opened file is new */
  uint32_t path_len, other_len;
  uint64_t data_len;
};

static char *folders[8];
static int folder_count;
static const char *marks;
static int log_fd = -1;
static _Atomic uint64_t own_count, *count = &own_count;
static uint64_t fail_at;
static enum how fail_how;
static int fail_on;
static int without_nameless, without_names;
static _Atomic int full_next;
static char *held, *gate;
static _Atomic int passed;
/* What is done and what is written down of it must be in the same order. */
static pthread_mutex_t order = PTHREAD_MUTEX_INITIALIZER;

static void *real(void *_Atomic *place, const char *name) {
  void *found = atomic_load(place);
  if (!found) {
    found = dlsym(RTLD_NEXT, name);
    if (!found) abort();
    atomic_store(place, found);
  }
  return found;
}

DECLARE(open); DECLARE(openat); DECLARE(writev); DECLARE(pwritev64); DECLARE(ftruncate64);
DECLARE(fallocate64); DECLARE(posix_fallocate64); DECLARE(fsync); DECLARE(fdatasync); DECLARE(renameat2); DECLARE(linkat);
DECLARE(unlinkat); DECLARE(mkdirat); DECLARE(mmap64); DECLARE(copy_file_range); DECLARE(fchmod); DECLARE(fchown);

ssize_t sendfile(int, int, off_t *, size_t);
ssize_t sendfile64(int, int, off64_t *, size_t);
DECLARE(sendfile64);

__attribute__((constructor)) static void begin(void) {
  const char *text = getenv("LIGHTBAR_DISK_FOLDERS");
  if (!text) return;
  char *copy = strdup(text), *rest = NULL;
  for (char *one = strtok_r(copy, ":", &rest); one && folder_count < 8; one = strtok_r(NULL, ":", &rest))
    folders[folder_count++] = one;
  marks = getenv("LIGHTBAR_DISK_MARKS");
  if ((text = getenv("LIGHTBAR_DISK_WITHOUT"))) {
    without_nameless = !strcmp(text, "nameless");
    without_names = !strcmp(text, "names");
    if (!without_nameless && !without_names) abort();
  }
  if ((text = getenv("LIGHTBAR_DISK_COUNT"))) {
    int fd = REAL(open)(text, O_RDWR | O_CREAT | O_CLOEXEC, 0600);
    if (fd < 0 || REAL(ftruncate64)(fd, 8)) abort();
    void *map = REAL(mmap64)(NULL, 8, PROT_READ | PROT_WRITE, MAP_SHARED, fd, 0);
    if (map == MAP_FAILED) abort();
    count = map;
    close(fd);
  }
  if ((text = getenv("LIGHTBAR_DISK_FAIL"))) {
    char how[16] = "", on[4] = "";
    unsigned long long at = 0;
    if (sscanf(text, "%llu:%15[^:]:%3s", &at, how, on) < 2) abort();
    fail_at = at;
    fail_on = !strcmp(on, "on");
    if (!strcmp(how, "ENOSPC")) fail_how = FULL;
    else if (!strcmp(how, "EDQUOT")) fail_how = QUOTA;
    else if (!strcmp(how, "EIO")) fail_how = BROKEN;
    else if (!strcmp(how, "short")) fail_how = SHORT;
    else if (!strcmp(how, "EROFS")) fail_how = READ_ONLY;
    else abort();
  }
  if ((text = getenv("LIGHTBAR_DISK_HOLD"))) {
    held = strdup(text);
    gate = strchr(held, ':');
    if (!gate) abort();
    *gate++ = 0;
  }
  if ((text = getenv("LIGHTBAR_DISK_LOG"))) {
    log_fd = REAL(open)(text, O_WRONLY | O_CREAT | O_APPEND | O_CLOEXEC, 0600);
    if (log_fd < 0) abort();
  }
}

static int is_below(const char *path) {
  for (int i = 0; i < folder_count; i++) {
    size_t length = strlen(folders[i]);
    if (!strncmp(path, folders[i], length) && (path[length] == '/' || !path[length])) return 1;
  }
  return 0;
}

/* The path of an open file; false when it has none. A removed one's ends with " (deleted)". */
static int path_of(int fd, char out[PATH_MAX]) {
  char link[32];
  snprintf(link, sizeof link, "/proc/self/fd/%d", fd);
  ssize_t length = readlink(link, out, PATH_MAX - 1);
  if (length <= 0) return 0;
  out[length] = 0;
  return out[0] == '/';
}

/* The path of a name, with the links of its folder followed; false when it is nobody's business. */
static int path_at(int folder, const char *path, char out[PATH_MAX]) {
  char whole[PATH_MAX], parent[PATH_MAX];
  if (!folder_count || !path || !*path) return 0;
  if (path[0] == '/') {
    if (snprintf(whole, sizeof whole, "%s", path) >= (int)sizeof whole) return 0;
  } else {
    if (folder == AT_FDCWD ? !getcwd(parent, sizeof parent) : !path_of(folder, parent)) return 0;
    if (snprintf(whole, sizeof whole, "%s/%s", parent, path) >= (int)sizeof whole) return 0;
  }
  size_t length = strlen(whole);
  while (length > 1 && whole[length - 1] == '/') whole[--length] = 0;
  char *name = strrchr(whole, '/');
  if (!name) return 0;
  *name++ = 0;
  if (!realpath(*whole ? whole : "/", parent)) return 0;
  if (snprintf(out, PATH_MAX, "%s/%s", parent, name) >= PATH_MAX) return 0;
  return is_below(out);
}

/* Whether an open file is one of ours: 1, or 2 for the marks. */
static int is_ours(int fd, char path[PATH_MAX]) {
  if (!folder_count || fd == log_fd || !path_of(fd, path)) return 0;
  if (marks && !strcmp(path, marks)) return 2;
  return is_below(path);
}

static uint64_t file_of(int fd) {
  struct stat64 stat;
  return fstat64(fd, &stat) ? 0 : stat.st_ino;
}

static void put_down(enum kind kind, int error, uint64_t file, int64_t at, const char *path, const char *other,
                     const struct iovec *data, int pieces, size_t length) {
  if (log_fd < 0) return;
  struct timespec now;
  clock_gettime(CLOCK_MONOTONIC, &now);
  struct entry entry = {kind, error, (uint64_t)now.tv_sec * 1000000000u + (uint64_t)now.tv_nsec, file, at,
                        path ? (uint32_t)strlen(path) : 0, other ? (uint32_t)strlen(other) : 0, length};
  struct iovec out[32] = {{&entry, sizeof entry}, {(void *)path, entry.path_len}, {(void *)other, entry.other_len}};
  int used = 3;
  size_t whole = sizeof entry + entry.path_len + entry.other_len + length;
  for (int i = 0; i < pieces && length; i++) {
    if (used == 32) abort();
    size_t part = data[i].iov_len < length ? data[i].iov_len : length;
    out[used++] = (struct iovec){data[i].iov_base, part};
    length -= part;
  }
  if (REAL(writev)(log_fd, out, used) != (ssize_t)whole) abort();
}

/* Counts a call; the error it is to fail with, or 0; SHORT_WRITE for a write that takes half. */
#define SHORT_WRITE (-1)
static int verdict(int is_write) {
  uint64_t number = atomic_fetch_add(count, 1) + 1;
  if (atomic_exchange(&full_next, 0)) return ENOSPC;
  if (!fail_at || !(number == fail_at || (fail_on && number > fail_at))) return 0;
  switch (fail_how) {
    case QUOTA: return EDQUOT;
    case BROKEN: return EIO;
    case READ_ONLY: return EROFS;
    case SHORT:
      if (is_write && number == fail_at) return SHORT_WRITE;
      return ENOSPC;
    default: return ENOSPC;
  }
}

static void lock(void) { pthread_mutex_lock(&order); }
static void unlock(void) {
  int kept = errno;
  pthread_mutex_unlock(&order);
  errno = kept;
}

/* The result of a call that a file has taken, with its entry. */
#define DONE(kind, file, at, path, other, call)                                         \
  do {                                                                                  \
    int error_ = verdict(0), result_ = -1;                                              \
    if (error_) errno = error_;                                                         \
    else { result_ = (call); error_ = result_ ? errno : 0; }                            \
    put_down(kind, error_, file, at, path, other, NULL, 0, 0);                          \
    errno = error_;                                                                     \
    unlock();                                                                           \
    return result_;                                                                     \
  } while (0)

/* Opening */

static int open_at(int folder, const char *name, int flags, mode_t mode) {
  char path[PATH_MAX];
  int writes = (flags & O_ACCMODE) != O_RDONLY || (flags & (O_CREAT | O_TRUNC));
  if (!writes || !path_at(folder, name, path) || (marks && !strcmp(path, marks)))
    return REAL(openat)(folder, name, flags, mode);
  int nameless = (flags & O_TMPFILE) == O_TMPFILE;
  if (nameless && without_nameless) {
    errno = EOPNOTSUPP;
    return -1;
  }
  lock();
  struct stat64 stat;
  int is_new = (flags & O_CREAT) && fstatat64(folder, name, &stat, 0);
  int error = verdict(0), fd = -1;
  if (error) errno = error == SHORT_WRITE ? ENOSPC : error;
  else if ((fd = REAL(openat)(folder, name, flags, mode)) < 0) error = errno;
  /* One that is there already and was asked for as a new one is an answer, not a change. */
  if (fd >= 0) {
    char followed[PATH_MAX];
    uint64_t file = file_of(fd);
    put_down(nameless ? NAMELESS : OPENED, 0, file, is_new, path_of(fd, followed) ? followed : path, NULL, NULL, 0, 0);
    if ((flags & O_TRUNC) && !is_new) put_down(LENGTH, 0, file, 0, NULL, NULL, NULL, 0, 0);
  } else {
    put_down(nameless ? NAMELESS : OPENED, errno, 0, 0, path, NULL, NULL, 0, 0);
  }
  unlock();
  return fd;
}

static mode_t mode_of(int flags, va_list *more) {
  return flags & (O_CREAT | __O_TMPFILE) ? va_arg(*more, mode_t) : 0;
}

#define OPEN(name)                                \
  int name(const char *path, int flags, ...) {    \
    va_list more;                                 \
    va_start(more, flags);                        \
    mode_t mode = mode_of(flags, &more);          \
    va_end(more);                                 \
    return open_at(AT_FDCWD, path, flags, mode);  \
  }
#define OPENAT(name)                                        \
  int name(int folder, const char *path, int flags, ...) {  \
    va_list more;                                           \
    va_start(more, flags);                                  \
    mode_t mode = mode_of(flags, &more);                    \
    va_end(more);                                           \
    return open_at(folder, path, flags, mode);              \
  }
OPEN(open)
OPEN(open64)
OPENAT(openat)
OPENAT(openat64)
int creat(const char *path, mode_t mode) { return open_at(AT_FDCWD, path, O_CREAT | O_WRONLY | O_TRUNC, mode); }
int creat64(const char *path, mode_t mode) { return creat(path, mode); }

/* Writing */

/* at < 0: where the file stands. */
static ssize_t write_at(int fd, const struct iovec *data, int pieces, off64_t at) {
  char path[PATH_MAX];
  int ours = is_ours(fd, path);
  if (!ours) return at < 0 ? REAL(writev)(fd, data, pieces) : REAL(pwritev64)(fd, data, pieces, at);
  lock();
  size_t length = 0;
  for (int i = 0; i < pieces; i++) length += data[i].iov_len;
  if (ours == 2) {
    /* Written down first: who reads the marks finds all that was before them in the record. */
    put_down(MARK, 0, 0, 0, NULL, NULL, data, pieces, length);
    ssize_t result = REAL(writev)(fd, data, pieces);
    unlock();
    return result;
  }
  int error = verdict(length > 1);
  ssize_t result = -1;
  struct stat64 stat;
  off64_t place = at;
  if (place < 0) {
    int flags = fcntl(fd, F_GETFL);
    place = flags & O_APPEND && !fstat64(fd, &stat) ? stat.st_size : lseek64(fd, 0, SEEK_CUR);
  }
  if (error == SHORT_WRITE) {
    atomic_store(&full_next, 1);
    struct iovec half = {data[0].iov_base, data[0].iov_len > 1 ? data[0].iov_len / 2 : data[0].iov_len};
    result = at < 0 ? REAL(writev)(fd, &half, 1) : REAL(pwritev64)(fd, &half, 1, at);
  } else if (error) {
    errno = error;
  } else {
    result = at < 0 ? REAL(writev)(fd, data, pieces) : REAL(pwritev64)(fd, data, pieces, at);
  }
  int kept = errno;
  put_down(WROTE, result < 0 ? kept : 0, file_of(fd), place, NULL, NULL, data, pieces, result < 0 ? 0 : (size_t)result);
  errno = kept;
  unlock();
  return result;
}

ssize_t write(int fd, const void *bytes, size_t length) {
  struct iovec one = {(void *)bytes, length};
  return write_at(fd, &one, 1, -1);
}
ssize_t pwrite64(int fd, const void *bytes, size_t length, off64_t at) {
  struct iovec one = {(void *)bytes, length};
  return write_at(fd, &one, 1, at);
}
ssize_t pwrite(int fd, const void *bytes, size_t length, off_t at) { return pwrite64(fd, bytes, length, at); }
ssize_t writev(int fd, const struct iovec *data, int pieces) { return write_at(fd, data, pieces, -1); }
ssize_t pwritev64(int fd, const struct iovec *data, int pieces, off64_t at) { return write_at(fd, data, pieces, at); }
ssize_t pwritev(int fd, const struct iovec *data, int pieces, off_t at) { return write_at(fd, data, pieces, at); }

/* Whoever copies within the kernel is told to read and write instead, as on file systems that cannot. */
ssize_t copy_file_range(int in, off64_t *in_at, int out, off64_t *out_at, size_t length, unsigned flags) {
  char path[PATH_MAX];
  if (!is_ours(out, path)) return REAL(copy_file_range)(in, in_at, out, out_at, length, flags);
  errno = ENOSYS;
  return -1;
}
ssize_t sendfile64(int out, int in, off64_t *at, size_t length) {
  char path[PATH_MAX];
  if (!is_ours(out, path)) return REAL(sendfile64)(out, in, at, length);
  errno = EINVAL;
  return -1;
}
ssize_t sendfile(int out, int in, off_t *at, size_t length) { return sendfile64(out, in, at, length); }

int ftruncate64(int fd, off64_t length) {
  char path[PATH_MAX];
  if (is_ours(fd, path) != 1) return REAL(ftruncate64)(fd, length);
  lock();
  DONE(LENGTH, file_of(fd), length, NULL, NULL, REAL(ftruncate64)(fd, length));
}
int ftruncate(int fd, off_t length) { return ftruncate64(fd, length); }

static int allocated(int fd, int made, int error, off64_t end) {
  struct stat64 stat;
  if (made && !fstat64(fd, &stat) && stat.st_size == end) put_down(LENGTH, error, stat.st_ino, end, NULL, NULL, NULL, 0, 0);
  return error;
}
int fallocate64(int fd, int mode, off64_t at, off64_t length) {
  char path[PATH_MAX];
  if (is_ours(fd, path) != 1) return REAL(fallocate64)(fd, mode, at, length);
  lock();
  int error = verdict(0), result = -1;
  if (error) errno = error == SHORT_WRITE ? ENOSPC : error;
  else if (!(result = REAL(fallocate64)(fd, mode, at, length))) allocated(fd, 1, 0, at + length);
  unlock();
  return result;
}
int fallocate(int fd, int mode, off_t at, off_t length) { return fallocate64(fd, mode, at, length); }
int posix_fallocate64(int fd, off64_t at, off64_t length) {
  char path[PATH_MAX];
  if (is_ours(fd, path) != 1) return REAL(posix_fallocate64)(fd, at, length);
  lock();
  int error = verdict(0);
  if (!error) error = REAL(posix_fallocate64)(fd, at, length);
  allocated(fd, !error, error, at + length);
  unlock();
  return error;
}
int posix_fallocate(int fd, off_t at, off_t length) { return posix_fallocate64(fd, at, length); }

/* Bringing to the disk: what was written before it began is there when it has ended. */
static int sync_with(int fd, int whole) {
  char path[PATH_MAX];
  if (is_ours(fd, path) != 1) return whole ? REAL(fsync)(fd) : REAL(fdatasync)(fd);
  uint64_t file = file_of(fd);
  lock();
  int error = verdict(0), result = -1;
  if (!error) put_down(SYNC_BEGINS, 0, file, 0, path, NULL, NULL, 0, 0);
  unlock();
  if (error) errno = error;
  else { result = whole ? REAL(fsync)(fd) : REAL(fdatasync)(fd); error = result ? errno : 0; }
  lock();
  put_down(SYNC_ENDS, error, file, 0, path, NULL, NULL, 0, 0);
  errno = error;
  unlock();
  return result;
}
int fsync(int fd) { return sync_with(fd, 1); }
int fdatasync(int fd) { return sync_with(fd, 0); }

/* Rights: they can fail, and are not written down. */
int fchmod(int fd, mode_t mode) {
  char path[PATH_MAX];
  int error = is_ours(fd, path) == 1 ? verdict(0) : 0;
  if (!error) return REAL(fchmod)(fd, mode);
  errno = error;
  return -1;
}
int fchown(int fd, uid_t user, gid_t group) {
  char path[PATH_MAX];
  int error = is_ours(fd, path) == 1 ? verdict(0) : 0;
  if (!error) return REAL(fchown)(fd, user, group);
  errno = error;
  return -1;
}

/* Names */

int renameat2(int from_folder, const char *from, int to_folder, const char *to, unsigned flags) {
  char old[PATH_MAX], new[PATH_MAX];
  int ours = path_at(from_folder, from, old) | path_at(to_folder, to, new);
  if (!ours) return REAL(renameat2)(from_folder, from, to_folder, to, flags);
  lock();
  DONE(RENAMED, 0, flags, old, new, REAL(renameat2)(from_folder, from, to_folder, to, flags));
}
int renameat(int from_folder, const char *from, int to_folder, const char *to) {
  return renameat2(from_folder, from, to_folder, to, 0);
}
int rename(const char *from, const char *to) { return renameat2(AT_FDCWD, from, AT_FDCWD, to, 0); }

int linkat(int from_folder, const char *from, int to_folder, const char *to, int flags) {
  char old[PATH_MAX], new[PATH_MAX];
  int ours = path_at(from_folder, from, old) | path_at(to_folder, to, new);
  if (!ours) return REAL(linkat)(from_folder, from, to_folder, to, flags);
  /* A file without a name is named through the list of open files: its path says nothing, its inode does. */
  struct stat64 stat;
  uint64_t file = flags & AT_SYMLINK_FOLLOW && !fstatat64(from_folder, from, &stat, 0) ? stat.st_ino : 0;
  if (file && without_names) {
    errno = EPERM;
    return -1;
  }
  lock();
  DONE(LINKED, file, 0, old, new, REAL(linkat)(from_folder, from, to_folder, to, flags));
}
int link(const char *from, const char *to) { return linkat(AT_FDCWD, from, AT_FDCWD, to, 0); }

static void wait_at_the_gate(const char *path) {
  if (!held || !strstr(path, held) || atomic_exchange(&passed, 1)) return;
  char byte;
  int fd = REAL(open)(gate, O_RDONLY | O_CLOEXEC);
  if (fd < 0 || read(fd, &byte, 1)) abort();
  close(fd);
}

int unlinkat(int folder, const char *name, int flags) {
  char path[PATH_MAX];
  if (!path_at(folder, name, path)) return REAL(unlinkat)(folder, name, flags);
  wait_at_the_gate(path);
  lock();
  DONE(flags & AT_REMOVEDIR ? FOLDER_GONE : UNLINKED, 0, 0, path, NULL, REAL(unlinkat)(folder, name, flags));
}
int unlink(const char *name) { return unlinkat(AT_FDCWD, name, 0); }
int rmdir(const char *name) { return unlinkat(AT_FDCWD, name, AT_REMOVEDIR); }

int mkdirat(int folder, const char *name, mode_t mode) {
  char path[PATH_MAX];
  if (!path_at(folder, name, path)) return REAL(mkdirat)(folder, name, mode);
  lock();
  DONE(FOLDER_MADE, 0, 0, path, NULL, REAL(mkdirat)(folder, name, mode));
}
int mkdir(const char *name, mode_t mode) { return mkdirat(AT_FDCWD, name, mode); }

/* Maps */

void *mmap64(void *where, size_t length, int may, int flags, int fd, off64_t at) {
  char path[PATH_MAX];
  if (fd >= 0 && flags & MAP_SHARED && may & PROT_WRITE && is_ours(fd, path) == 1) {
    lock();
    put_down(MAPPED, 0, file_of(fd), at, path, NULL, NULL, 0, 0);
    unlock();
  }
  return REAL(mmap64)(where, length, may, flags, fd, at);
}
void *mmap(void *where, size_t length, int may, int flags, int fd, off_t at) {
  return mmap64(where, length, may, flags, fd, at);
}
