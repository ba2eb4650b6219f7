/* read_file.c: a whole file that the command line names. */
#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <unistd.h>

#include "cli/cli.h"

char *vf_cli_read_file(const char *path, size_t most, size_t *n)
{
    struct vf_buf b = {0};
    char part[8192];
    int fd = open(path, O_RDONLY | O_CLOEXEC | O_NOCTTY);
    if (fd < 0)
        return NULL;
    ssize_t got;
    while ((got = read(fd, part, sizeof part)) != 0 && b.n <= most) {
        if (got < 0 && errno == EINTR)
            continue;
        if (got < 0)
            break;
        vf_buf_put(&b, (struct vf_slice){part, (size_t)got});
    }
    int e = got < 0 ? errno : 0;
    if (!e && b.n > most)
        e = EFBIG;
    close(fd);
    vf_buf_putc(&b, '\0');
    if (e || b.failed) {
        vf_buf_release(&b);
        errno = e ? e : ENOMEM;
        return NULL;
    }
    *n = b.n - 1;
    return b.p;
}
