/* read_file.c: a whole file that the command line names. */
#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <unistd.h>

#include "cli/cli.h"

/* Up to and including one byte more than `most`; 0 or an errno. */
static int read_all(int fd, size_t most, struct vf_buf *b)
{
    char part[8192];
    ssize_t got;
    while ((got = read(fd, part, sizeof part)) != 0 && b->n <= most) {
        if (got < 0 && errno == EINTR)
            continue;
        if (got < 0)
            break;
        vf_buf_put(b, (struct vf_slice){part, (size_t)got});
    }
    int e = got < 0 ? errno : 0;
    return !e && b->n > most ? EFBIG : e;
}

bool vf_cli_read_input(struct vf_buf *out, size_t most)
{
    if (read_all(STDIN_FILENO, most, out) != 0)
        return false;
    vf_buf_putc(out, '\0');
    if (out->failed)
        return false;
    out->n--;
    return true;
}

char *vf_cli_read_file(const char *path, size_t most, size_t *n)
{
    struct vf_buf b = {0};
    int fd = open(path, O_RDONLY | O_CLOEXEC | O_NOCTTY);
    if (fd < 0)
        return NULL;
    int e = read_all(fd, most, &b);
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
