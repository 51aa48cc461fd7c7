/* The kernel's side of a GPIO chip, for machines whose kernel has none: preloaded, it answers the system calls with
 * which libgpiod speaks to /dev/gpiochip0. Structures and numbers are those of linux/gpio.h, version 2; what the kernel
 * refuses is refused here. The levels of the wires lie in a file that the test maps, too (GPIO_KERNEL_LEVELS):
 * a byte a line, 1 where nothing pulls the wire to ground; then GONE, 1 while the chip is unplugged; then BUSY, 1 while
 * another program holds its lines. */
#define _GNU_SOURCE
#include <dlfcn.h>
#include <errno.h>
#include <fcntl.h>
#include <linux/gpio.h>
#include <pthread.h>
#include <stdarg.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/mman.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/sysmacros.h>
#include <time.h>
#include <unistd.h>

#define CHIP "/dev/gpiochip0"
#define SYSFS "/sys/dev/char/254:0/subsystem"
#define EDGES (GPIO_V2_LINE_FLAG_EDGE_RISING | GPIO_V2_LINE_FLAG_EDGE_FALLING)
enum { LINES = 32, GONE = LINES, BUSY, BYTES };

static volatile unsigned char *levels;
static int chip_fd = -1, line_fd = -1, far_fd = -1;
static struct gpio_v2_line_request held;
static uint64_t flags_of[GPIO_V2_LINES_MAX];
static unsigned char seen[GPIO_V2_LINES_MAX];
static uint32_t seqno, line_seqno[GPIO_V2_LINES_MAX];
static pthread_mutex_t mutex = PTHREAD_MUTEX_INITIALIZER;

static int fail(int error) { errno = error; return -1; }

/* What the program reads: nothing pulls up where no bias was asked for, so that a floating wire reads as ground. */
static int physical(unsigned index)
{
	unsigned char level = levels[held.offsets[index]];
	if (flags_of[index] & GPIO_V2_LINE_FLAG_INPUT && !(flags_of[index] & GPIO_V2_LINE_FLAG_BIAS_PULL_UP))
		return 0;
	return level;
}

static int logical(unsigned index)
{
	return physical(index) ^ !!(flags_of[index] & GPIO_V2_LINE_FLAG_ACTIVE_LOW);
}

/* Queue an event for each input that has changed. With the mutex held; before a level is told, too: what was told to be
 * high has risen, and its fall is an edge of its own. */
static void look(void)
{
	struct timespec now;
	for (unsigned i = 0; line_fd >= 0 && !levels[GONE] && i < held.num_lines; i++) {
		if (!(flags_of[i] & EDGES))
			continue;
		int value = logical(i);
		if (value == seen[i])
			continue;
		seen[i] = value;
		clock_gettime(CLOCK_MONOTONIC, &now);
		struct gpio_v2_line_event event = {
			.timestamp_ns = now.tv_sec * 1000000000ull + now.tv_nsec,
			.id = value ? GPIO_V2_LINE_EVENT_RISING_EDGE : GPIO_V2_LINE_EVENT_FALLING_EDGE,
			.offset = held.offsets[i],
			.seqno = ++seqno,
			.line_seqno = ++line_seqno[i],
		};
		if (send(far_fd, &event, sizeof event, MSG_DONTWAIT | MSG_NOSIGNAL) < 0)
			break; /* as the kernel: the buffer is full, the event is lost */
	}
}

static void *watch(void *unused)
{
	(void)unused;
	for (;;) {
		struct timespec pause = {0, 1000000};
		nanosleep(&pause, NULL);
		pthread_mutex_lock(&mutex);
		if (line_fd >= 0 && levels[GONE])
			shutdown(far_fd, SHUT_RDWR);
		look();
		pthread_mutex_unlock(&mutex);
	}
	return NULL;
}

__attribute__((constructor)) static void begin(void)
{
	const char *file = getenv("GPIO_KERNEL_LEVELS");
	int (*real_open)(const char *, int, ...) = dlsym(RTLD_NEXT, "open");
	int fd = file ? real_open(file, O_RDWR | O_CLOEXEC) : -1;
	pthread_t thread;
	if (fd < 0)
		return;
	levels = mmap(NULL, BYTES, PROT_READ | PROT_WRITE, MAP_SHARED, fd, 0);
	close(fd);
	if (levels == MAP_FAILED)
		abort();
	pthread_create(&thread, NULL, watch, NULL);
}

static int is_chip(const char *path) { return levels && path && !strcmp(path, CHIP); }

static int stat_of(struct stat *found)
{
	if (levels[GONE])
		return fail(ENOENT);
	memset(found, 0, sizeof *found);
	found->st_mode = S_IFCHR | 0600;
	found->st_rdev = makedev(254, 0);
	return 0;
}

int __lxstat(int version, const char *path, struct stat *found)
{
	int (*real)(int, const char *, struct stat *) = dlvsym(RTLD_NEXT, "__lxstat", "GLIBC_2.2.5");
	return is_chip(path) ? stat_of(found) : real(version, path, found);
}

int __xstat(int version, const char *path, struct stat *found)
{
	int (*real)(int, const char *, struct stat *) = dlvsym(RTLD_NEXT, "__xstat", "GLIBC_2.2.5");
	return is_chip(path) ? stat_of(found) : real(version, path, found);
}

char *realpath(const char *path, char *into)
{
	char *(*real)(const char *, char *) = dlvsym(RTLD_NEXT, "realpath", "GLIBC_2.3");
	if (!levels || strcmp(path, SYSFS))
		return real(path, into);
	return into ? strcpy(into, "/sys/bus/gpio") : strdup("/sys/bus/gpio");
}

int open(const char *path, int how, ...)
{
	int (*real)(const char *, int, ...) = dlsym(RTLD_NEXT, "open");
	va_list rest;
	va_start(rest, how);
	mode_t mode = how & (O_CREAT | O_TMPFILE) ? va_arg(rest, mode_t) : 0;
	va_end(rest);
	if (!is_chip(path))
		return real(path, how, mode);
	return levels[GONE] ? fail(ENOENT) : (chip_fd = real("/dev/null", how, mode));
}

/* As gpio_v2_line_flags_validate() does. */
static int allowed(uint64_t flags)
{
	uint64_t directions = GPIO_V2_LINE_FLAG_INPUT | GPIO_V2_LINE_FLAG_OUTPUT;
	uint64_t biases = GPIO_V2_LINE_FLAG_BIAS_PULL_UP | GPIO_V2_LINE_FLAG_BIAS_PULL_DOWN |
			  GPIO_V2_LINE_FLAG_BIAS_DISABLED;
	if ((flags & directions) == directions || (flags & EDGES && !(flags & GPIO_V2_LINE_FLAG_INPUT)))
		return 0;
	return !(flags & biases) || flags & directions;
}

static int take_lines(struct gpio_v2_line_request *wish)
{
	int ends[2];
	if (levels[GONE])
		return fail(ENODEV);
	if (levels[BUSY] || line_fd >= 0)
		return fail(EBUSY);
	if (!wish->num_lines || wish->num_lines > GPIO_V2_LINES_MAX || wish->config.num_attrs > GPIO_V2_LINE_NUM_ATTRS_MAX)
		return fail(EINVAL);
	for (unsigned i = 0; i < 5; i++)
		if (wish->padding[i] || wish->config.padding[i])
			return fail(EINVAL);
	for (unsigned i = 0; i < wish->num_lines; i++) {
		if (wish->offsets[i] >= LINES)
			return fail(EINVAL);
		flags_of[i] = wish->config.flags;
		for (unsigned a = wish->config.num_attrs; a-- > 0;) /* the first that fits decides */
			if (wish->config.attrs[a].attr.id == GPIO_V2_LINE_ATTR_ID_FLAGS && wish->config.attrs[a].mask >> i & 1)
				flags_of[i] = wish->config.attrs[a].attr.flags;
		if (!allowed(flags_of[i]))
			return fail(EINVAL);
	}
	held = *wish;
	for (unsigned i = 0; i < held.num_lines; i++) {
		uint64_t value = 0;
		for (unsigned a = held.config.num_attrs; a-- > 0;)
			if (held.config.attrs[a].attr.id == GPIO_V2_LINE_ATTR_ID_OUTPUT_VALUES && held.config.attrs[a].mask >> i & 1)
				value = held.config.attrs[a].attr.values >> i & 1;
		if (flags_of[i] & GPIO_V2_LINE_FLAG_OUTPUT)
			levels[held.offsets[i]] = value ^ !!(flags_of[i] & GPIO_V2_LINE_FLAG_ACTIVE_LOW);
		seen[i] = logical(i);
	}
	if (socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0, ends))
		return -1;
	wish->fd = line_fd = ends[0];
	far_fd = ends[1];
	return 0;
}

static int get_values(struct gpio_v2_line_values *values)
{
	if (!values->mask)
		return fail(EINVAL);
	look();
	values->bits = 0;
	for (unsigned i = 0; i < held.num_lines; i++)
		if (values->mask >> i & 1)
			values->bits |= (uint64_t)(flags_of[i] & EDGES ? seen[i] : logical(i)) << i;
	return 0;
}

static int set_values(const struct gpio_v2_line_values *values)
{
	for (unsigned i = 0; i < held.num_lines; i++)
		if (values->mask >> i & 1 && !(flags_of[i] & GPIO_V2_LINE_FLAG_OUTPUT))
			return fail(EPERM);
	for (unsigned i = 0; i < held.num_lines; i++)
		if (values->mask >> i & 1)
			levels[held.offsets[i]] = (values->bits >> i & 1) ^ !!(flags_of[i] & GPIO_V2_LINE_FLAG_ACTIVE_LOW);
	return 0;
}

static int answer(int fd, unsigned int request, void *about)
{
	if (levels[GONE])
		return fail(ENODEV);
	if (fd == chip_fd && request == GPIO_GET_CHIPINFO_IOCTL) {
		struct gpiochip_info info = {.name = "gpiochip0", .label = "emulated", .lines = LINES};
		memcpy(about, &info, sizeof info);
		return 0;
	}
	if (fd == chip_fd && request == GPIO_V2_GET_LINEINFO_IOCTL) {
		unsigned offset = ((struct gpio_v2_line_info *)about)->offset;
		struct gpio_v2_line_info info = {.offset = offset, .flags = GPIO_V2_LINE_FLAG_INPUT};
		if (offset >= LINES)
			return fail(EINVAL);
		if (levels[BUSY])
			info.flags |= GPIO_V2_LINE_FLAG_USED;
		memcpy(about, &info, sizeof info);
		return 0;
	}
	if (fd == chip_fd && request == GPIO_V2_GET_LINE_IOCTL)
		return take_lines(about);
	if (fd == line_fd && request == GPIO_V2_LINE_GET_VALUES_IOCTL)
		return get_values(about);
	if (fd == line_fd && request == GPIO_V2_LINE_SET_VALUES_IOCTL)
		return set_values(about);
	return fail(ENOTTY);
}

int ioctl(int fd, unsigned long request, ...)
{
	int (*real)(int, unsigned long, ...) = dlsym(RTLD_NEXT, "ioctl");
	va_list rest;
	va_start(rest, request);
	void *about = va_arg(rest, void *);
	va_end(rest);
	if (!levels || fd < 0 || (fd != chip_fd && fd != line_fd))
		return real(fd, request, about);
	pthread_mutex_lock(&mutex);
	int result = answer(fd, request, about);
	pthread_mutex_unlock(&mutex);
	return result;
}

ssize_t read(int fd, void *into, size_t size)
{
	ssize_t (*real)(int, void *, size_t) = dlsym(RTLD_NEXT, "read");
	return levels && fd >= 0 && fd == line_fd && levels[GONE] ? fail(ENODEV) : real(fd, into, size);
}

int close(int fd)
{
	int (*real)(int) = dlsym(RTLD_NEXT, "close");
	pthread_mutex_lock(&mutex);
	if (levels && fd >= 0 && fd == line_fd) {
		real(far_fd);
		line_fd = far_fd = -1;
	} else if (levels && fd >= 0 && fd == chip_fd) {
		chip_fd = -1;
	}
	pthread_mutex_unlock(&mutex);
	return real(fd);
}
