"""gdb shows slices and buffers as text, bytes that are none escaped:   gdb -x tests/tools/gdb_printers.py build/debug/venvfix"""
import gdb
import gdb.printing

LIMIT = 200  # bytes that are shown


class Bytes:
    """A struct with a pointer `p` and a length `n` (struct vf_slice, struct vf_buf)."""

    def __init__(self, value):
        self.value = value

    def to_string(self):
        start, length = self.value["p"], int(self.value["n"])
        if int(start) == 0:
            return "NULL" if length == 0 else "NULL, %d bytes" % length
        try:
            data = bytes(gdb.selected_inferior().read_memory(int(start), min(length, LIMIT)))
        except gdb.MemoryError:
            return "%d bytes at 0x%x, not readable" % (length, int(start))
        text = data.decode("utf-8", "backslashreplace").encode("unicode_escape").decode("ascii").replace('"', '\\"')
        return '"%s"%s' % (text, "... %d bytes" % length if length > LIMIT else "")


class Error:
    """struct vf_err: nothing, or what happened to what."""

    def __init__(self, value):
        self.value = value

    def to_string(self):
        if int(self.value["code"]) == 0:
            return "no error"
        path = self.value["path"].string("utf-8", "backslashreplace") if int(self.value["path"]) else "-"
        return "%s: %s: errno %d: %s" % (self.value["code"], path, int(self.value["sys"]), self.value["detail"].string("utf-8", "backslashreplace"))


printers = gdb.printing.RegexpCollectionPrettyPrinter("venvfix")
printers.add_printer("bytes", "^vf_(slice|buf)$", Bytes)
printers.add_printer("error", "^vf_err$", Error)
gdb.printing.register_pretty_printer(gdb.current_objfile(), printers, replace=True)
