/* probe.c: one small program, run by the interpreter; names and values between NULs come back. */
#include "wheel/interpreter_query.h"

#include "fs/spawn.h"
#include "packaging/text.h"

static const char program[] =
    "import os,sys,platform,sysconfig,struct\n"
    "from importlib import util\n"
    "out=[]\n"
    "def put(k,v):\n"
    "    out.append(os.fsencode(k)+b'\\0'+os.fsencode(str(v))+b'\\0')\n"
    "i=sys.implementation\n"
    "def full(v):\n"
    "    s='%d.%d.%d'%tuple(v[:3])\n"
    "    return s if v[3]=='final' else s+v[3][0]+str(v[4])\n"
    "put('os_name',os.name)\n"
    "put('sys_platform',sys.platform)\n"
    "put('platform_machine',platform.machine())\n"
    "put('platform_python_implementation',platform.python_implementation())\n"
    "put('platform_release',platform.release())\n"
    "put('platform_system',platform.system())\n"
    "put('platform_version',platform.version())\n"
    "put('python_version','.'.join(platform.python_version_tuple()[:2]))\n"
    "put('python_full_version',platform.python_version())\n"
    "put('implementation_name',i.name)\n"
    "put('implementation_version',full(i.version))\n"
    "put('major',sys.version_info[0])\n"
    "put('minor',sys.version_info[1])\n"
    "put('executable',sys.executable or '')\n"
    "base=getattr(sys,'_base_executable',None) or sys.executable\n"
    "inside=sys.prefix!=sys.base_prefix\n"
    /* with -S the prefix is the base's before 3.14: so the file itself is asked */
    "try:\n"
    "    "
    "f=open(os.path.join(os.path.dirname(os.path.dirname(sys.executable)),'pyvenv.cfg'),encoding='utf-8')\n"
    "    inside=True\n"
    "    for line in f:\n"
    "        k,e,v=line.partition('=')\n"
    "        if k.strip().lower()!='home' or not e or base!=sys.executable: continue\n"
    "        for n in ('python%d.%d'%sys.version_info[:2],'python3','python',os.path.basename(base)):\n"
    "            p=os.path.join(v.strip(),n)\n"
    "            if os.access(p,os.X_OK): base=p; break\n"
    "except (OSError,ValueError): pass\n"
    "put('base',base)\n"
    "put('inside',int(inside))\n"
    "put('debug',int(hasattr(sys,'gettotalrefcount')))\n"
    "put('threaded',int(bool(sysconfig.get_config_var('Py_GIL_DISABLED'))))\n"
    "put('pymalloc',int(sysconfig.get_config_var('WITH_PYMALLOC') is None or "
    "bool(sysconfig.get_config_var('WITH_PYMALLOC'))))\n"
    "put('suffix',sysconfig.get_config_var('EXT_SUFFIX') or '')\n"
    "put('platform',sysconfig.get_platform())\n"
    "put('bits',struct.calcsize('P')*8)\n"
    "try: put('glibc',(os.confstr('CS_GNU_LIBC_VERSION') or '').split()[1])\n"
    "except Exception: pass\n"
    "def musl():\n"
    "    import subprocess\n"
    "    f=open(sys.executable,'rb')\n"
    "    e=f.read(64)\n"
    "    b='<' if e[5]==1 else '>'\n"
    "    if e[4]==2: at,=struct.unpack_from(b+'Q',e,32); size,n=struct.unpack_from(b+'HH',e,54)\n"
    "    else: at,=struct.unpack_from(b+'I',e,28); size,n=struct.unpack_from(b+'HH',e,42)\n"
    "    for k in range(n):\n"
    "        f.seek(at+k*size)\n"
    "        p=f.read(size)\n"
    "        if struct.unpack_from(b+'I',p)[0]!=3: continue\n"
    "        o,l=struct.unpack_from(b+'8xQ16xQ' if e[4]==2 else b+'4xI8xI',p)\n"
    "        f.seek(o)\n"
    "        ld=os.fsdecode(f.read(l).rstrip(b'\\0'))\n"
    "        if 'musl' in ld:\n"
    "            s=subprocess.Popen([ld],stderr=subprocess.PIPE).communicate()[1].decode()\n"
    "            return s.splitlines()[1].split()[1]\n"
    "try:\n"
    "    if sys.platform=='linux': put('musl',musl() or '')\n"
    "except Exception: pass\n"
    "if sys.platform=='darwin': put('macos',platform.mac_ver()[0])\n"
    "s='venv' if 'venv' in sysconfig.get_scheme_names() else 'posix_prefix'\n"
    "for k in ('purelib','platlib'):\n"
    "    "
    "put(k,sysconfig.get_path(k,s,{'base':'','platbase':'','installed_base':'','installed_platbase':''}))\n"
    "put('magic',util.MAGIC_NUMBER.hex())\n"
    "put('venv',int(util.find_spec('venv') is not None))\n"
    "import site\n"
    "for d in "
    "site.getsitepackages([sys.base_prefix,sys.base_exec_prefix])+['/usr/lib/python3/dist-packages']:\n"
    "    if d not in sys.path: sys.path.append(d)\n"
    "put('pip',int(not inside and util.find_spec('pip') is not None))\n"
    "found=[]\n"
    "e=util.find_spec('ensurepip')\n"
    "for d in ([os.path.join(os.path.dirname(e.origin),'_bundled')] if e and e.origin else [])+"
    "[sysconfig.get_config_var('WHEEL_PKG_DIR') or '','/usr/share/python-wheels']:\n"
    "    try: found+=[os.path.join(d,n) for n in sorted(os.listdir(d)) if n.startswith('pip-') and "
    "n.endswith('.whl')] if d else []\n"
    "    except OSError: pass\n"
    "put('pip_wheel',found[0] if found else '')\n"
    "sys.stdout.buffer.write(b''.join(out))\n";

struct reported {
    struct vf_map by_name;
    struct vf_vec values; /* struct vf_slice */
};

static struct vf_slice value(const struct reported *s, const char *name)
{
    size_t i;
    if (!vf_map_get(&s->by_name, vf_slice_of(name), &i))
        return VF_S("");
    return *VF_VEC_AT(const struct vf_slice, &s->values, i);
}

static unsigned number(struct vf_slice s)
{
    uint64_t n;
    return vf_slice_to_u64(s, &n) && n < 100000 ? (unsigned)n : 0;
}

/* "2.36" and longer. */
static void two_numbers(struct vf_slice s, unsigned *major, unsigned *minor)
{
    size_t dot = vf_slice_find_byte(s, '.', 0);
    *major = number(vf_slice_sub(s, 0, dot));
    struct vf_slice rest = dot == VF_NPOS ? VF_S("") : vf_slice_from(s, dot + 1);
    *minor = number(vf_slice_sub(rest, 0, vf_slice_find_byte(rest, '.', 0)));
}

static enum vf_status split(struct vf_slice text, struct vf_arena *a, struct reported *s, struct vf_err *err)
{
    vf_map_init(&s->by_name, a);
    for (size_t at = 0; at < text.n;) {
        size_t name_end = vf_slice_find_byte(text, '\0', at);
        size_t end = name_end == VF_NPOS ? VF_NPOS : vf_slice_find_byte(text, '\0', name_end + 1);
        if (end == VF_NPOS)
            return vf_err_set(err, VF_TOOL_FAILED, 0, "run", VF_S(""),
                              "it says what no Python from 3.6 on says");
        struct vf_slice *v = vf_vec_push(a, &s->values, sizeof *v);
        if (!v || !vf_map_put(&s->by_name, vf_slice_sub(text, at, name_end), s->values.n - 1))
            return vf_err_nomem(err);
        *v = vf_slice_sub(text, name_end + 1, end);
        at = end + 1;
    }
    return VF_OK;
}

/* Dots and dashes of platforms become underscores in tags. */
static struct vf_slice tag_form(struct vf_arena *a, struct vf_slice s)
{
    struct vf_slice d = vf_arena_dup(a, s);
    for (size_t i = 0; d.p && i < d.n; i++)
        if (d.p[i] == '.' || d.p[i] == '-' || d.p[i] == ' ')
            ((char *)d.p)[i] = '_';
    return d;
}

/* packaging.tags._generic_abi: ".pypy310-pp73-x86_64-linux-gnu.so" -> "pypy310_pp73". */
static struct vf_slice generic_abi(struct vf_arena *a, struct vf_slice suffix)
{
    struct vf_slice s = vf_slice_from(suffix, vf_slice_starts(suffix, VF_S(".")) ? 1 : 0);
    s = vf_slice_sub(s, 0, vf_slice_find_byte(s, '.', 0));
    size_t keep = vf_slice_starts(s, VF_S("pypy")) ? 2 : vf_slice_starts(s, VF_S("graalpy")) ? 3 : 99, at = 0;
    for (size_t i = 0; i < keep && at != VF_NPOS; i++)
        at = vf_slice_find_byte(s, '-', at + (i > 0));
    return tag_form(a, vf_slice_sub(s, 0, at));
}

static struct vf_slice linux_arch(struct vf_arena *a, const struct reported *s)
{
    struct vf_slice platform = value(s, "platform");
    struct vf_slice arch = vf_slice_from(platform, vf_slice_find_byte(platform, '-', 0) + 1);
    if (number(value(s, "bits")) == 32 && vf_slice_eq(arch, VF_S("x86_64")))
        return VF_S("i686");
    if (number(value(s, "bits")) == 32 && vf_slice_eq(arch, VF_S("aarch64")))
        return VF_S("armv8l");
    return tag_form(a, arch);
}

static void set_platform(struct vf_arena *a, const struct reported *s, struct vf_wheel_target *t)
{
    struct vf_slice platform = value(s, "platform");
    t->os = VF_TARGET_OTHER;
    t->platform = tag_form(a, platform);
    if (vf_slice_starts(platform, VF_S("linux-"))) {
        t->os = VF_TARGET_LINUX;
        t->arch = linux_arch(a, s);
        two_numbers(value(s, "glibc"), &t->glibc_major, &t->glibc_minor);
        two_numbers(value(s, "musl"), &t->musl_major, &t->musl_minor);
    } else if (vf_slice_eq(value(s, "sys_platform"), VF_S("darwin"))) {
        t->os = VF_TARGET_MACOS;
        t->arch = value(s, "platform_machine");
        two_numbers(value(s, "macos"), &t->macos_major, &t->macos_minor);
    }
}

static void set_target(struct vf_arena *a, const struct reported *s, struct vf_interpreter_query *p)
{
    struct vf_slice name = value(s, "implementation_name");
    struct vf_wheel_target *t = &p->target;
    t->python = vf_slice_eq(name, VF_S("cpython")) ? VF_TARGET_CPYTHON
                : vf_slice_eq(name, VF_S("pypy"))  ? VF_TARGET_PYPY
                                                   : VF_TARGET_OTHER_PYTHON;
    t->implementation = name;
    t->major = number(value(s, "major"));
    t->minor = number(value(s, "minor"));
    t->debug = number(value(s, "debug")) == 1;
    t->threaded = number(value(s, "threaded")) == 1;
    t->pymalloc = number(value(s, "pymalloc")) == 1;
    if (t->python != VF_TARGET_CPYTHON)
        t->abi = generic_abi(a, value(s, "suffix"));
    set_platform(a, s, t);
}

static struct vf_slice relative(struct vf_slice s)
{
    while (s.n && s.p[0] == '/')
        s = vf_slice_from(s, 1);
    return s;
}

static void set_rest(struct vf_arena *a, const struct reported *s, struct vf_interpreter_query *p)
{
    for (int i = 0; i < VF_MARKER_ENV_VARS; i++)
        p->markers.value[i] = value(s, vf_marker_var_name((enum vf_marker_var)i));
    p->python = p->markers.value[VF_MARKER_PYTHON_FULL_VERSION];
    p->short_version = p->markers.value[VF_MARKER_PYTHON_VERSION];
    p->base = value(s, "base");
    p->started = value(s, "executable");
    p->purelib = relative(value(s, "purelib"));
    p->platlib = relative(value(s, "platlib"));
    p->headers = vf_arena_concat(a, VF_S("include/site/python"), p->short_version, VF_S(""));
    p->magic = value(s, "magic");
    p->pip_wheel = value(s, "pip_wheel");
    p->inside = number(value(s, "inside")) == 1;
    p->has_venv = number(value(s, "venv")) == 1;
    p->has_pip = number(value(s, "pip")) == 1;
}

enum vf_status vf_interpreter_query_read(struct vf_slice text, struct vf_arena *a,
                                         struct vf_interpreter_query *out, struct vf_err *err)
{
    struct reported s = {0};
    *out = (struct vf_interpreter_query){0};
    enum vf_status st = split(text, a, &s, err);
    if (st != VF_OK)
        return st;
    set_target(a, &s, out);
    set_rest(a, &s, out);
    if (a->failed)
        return vf_err_nomem(err);
    if (out->target.major != 3 || !out->purelib.n || !out->platlib.n || !out->python.n)
        return vf_err_set(err, VF_TOOL_FAILED, 0, "run", VF_S(""), "it says what no Python from 3.6 on says");
    return vf_tags_make(a, &out->target, &out->tags, err);
}

static enum vf_status ask(struct vf_slice path, const char *const *env, const struct vf_hooks *hooks,
                          struct vf_arena *a, struct vf_interpreter_query *out, struct vf_err *err)
{
    const char *exe = vf_arena_cstr(a, path);
    if (!exe)
        return vf_err_nomem(err);
    const char *const argv[] = {exe, "-I", "-S", "-B", "-c", program, NULL};
    struct vf_spawn s = {.argv = argv, .env = env};
    struct vf_spawn_result r;
    enum vf_status st = vf_spawn_run(&s, hooks, a, &r, err);
    if (st != VF_OK)
        return st;
    struct vf_slice rest = r.err, first = VF_S("");
    (void)vf_slice_next_line(&rest, &first);
    if (r.exec_errno)
        return vf_err_set(err, VF_TOOL_FAILED, r.exec_errno, "start", path,
                          "this is no interpreter that starts");
    if (r.exit_code != 0 || !r.out.n)
        return vf_err_set(err, VF_TOOL_FAILED, 0, "start", path, "it does not answer as a Python does: %.*s",
                          (int)(first.n < 300 ? first.n : 300), first.p ? first.p : "");
    st = vf_interpreter_query_read(r.out, a, out, err);
    if (!vf_slice_starts(out->started, VF_S("/")))
        out->started = path;
    return st;
}

enum vf_status vf_interpreter_query_run(struct vf_slice path, const char *const *env,
                                        const struct vf_hooks *hooks, struct vf_arena *a,
                                        struct vf_interpreter_query *out, struct vf_err *err)
{
    enum vf_status st = ask(path, env, hooks, a, out, err);
    if (st == VF_OK && out->inside && out->base.n && out->base.p[0] == '/' && !vf_slice_eq(out->base, path)) {
        struct vf_slice base = out->base;
        st = ask(base, env, hooks, a, out, err);
    }
    return st;
}
