/* Which language a text is in: by the program in line 1, by the name of the file, by its contents. */
#include "syntax/text.h"

#include <string.h>

#include "base/path.h"
#include "syntax/header.h"

enum { HEAD = 64 * 1024 }; /* bytes that are looked at for marks of a language */

struct suffix {
    const char *end;
    enum vf_text_lang lang;
};

/* Names that are known as a whole. */
static const struct suffix file_names[] = {
    {"Makefile", VF_LANG_MAKE},
    {"makefile", VF_LANG_MAKE},
    {"GNUmakefile", VF_LANG_MAKE},
    {"crontab", VF_LANG_CRON},
    {"Pipfile", VF_LANG_TOML},
    {"poetry.lock", VF_LANG_TOML},
    {"setup.cfg", VF_LANG_INI},
    {"tox.ini", VF_LANG_INI},
    {"pytest.ini", VF_LANG_INI},
    {"pip.conf", VF_LANG_INI},
    {"pip.ini", VF_LANG_INI},
    {"mypy.ini", VF_LANG_INI},
    {".mypy.ini", VF_LANG_INI},
    {".flake8", VF_LANG_INI},
    {".coveragerc", VF_LANG_INI},
    {".pypirc", VF_LANG_INI},
    {"pyvenv.cfg", VF_LANG_LINES}, /* of an environment inside of this one, as the next line */
    {"activate", VF_LANG_SHELL},
    {"alembic.ini", VF_LANG_INI_PERCENT},
    {"uwsgi.ini", VF_LANG_INI_PERCENT},
    {"airflow.cfg", VF_LANG_INI_PERCENT},
    {"supervisord.conf", VF_LANG_INI_PERCENT},
};

static const struct suffix ends[] = {
    {".py", VF_LANG_PYTHON},       {".pyw", VF_LANG_PYTHON},
    {".pyi", VF_LANG_PYTHON},      {".tac", VF_LANG_PYTHON},
    {".xsh", VF_LANG_PYTHON},      {".pth", VF_LANG_PYTHON},
    {".sh", VF_LANG_SHELL},        {".bash", VF_LANG_SHELL},
    {".zsh", VF_LANG_SHELL},       {".ksh", VF_LANG_SHELL},
    {".envrc", VF_LANG_SHELL},     {".bashrc", VF_LANG_SHELL},
    {".profile", VF_LANG_SHELL},   {".bash_profile", VF_LANG_SHELL},
    {".zshrc", VF_LANG_SHELL},     {".csh", VF_LANG_CSH},
    {".tcsh", VF_LANG_CSH},        {".cshrc", VF_LANG_CSH},
    {".fish", VF_LANG_FISH},       {".json", VF_LANG_JSON},
    {".ipynb", VF_LANG_JSON},      {".jsonl", VF_LANG_JSON},
    {".pc", VF_LANG_PC},           {".xml", VF_LANG_XML},
    {".html", VF_LANG_XML},        {".htm", VF_LANG_XML},
    {".xhtml", VF_LANG_XML},       {".svg", VF_LANG_XML},
    {".iml", VF_LANG_XML},         {".plist", VF_LANG_XML},
    {".service", VF_LANG_SYSTEMD}, {".socket", VF_LANG_SYSTEMD},
    {".timer", VF_LANG_SYSTEMD},   {".path", VF_LANG_SYSTEMD},
    {".mount", VF_LANG_SYSTEMD},   {".target", VF_LANG_SYSTEMD},
    {".mk", VF_LANG_MAKE},         {".mak", VF_LANG_MAKE},
    {".make", VF_LANG_MAKE},       {".cron", VF_LANG_CRON},
    {".crontab", VF_LANG_CRON},    {".desktop", VF_LANG_DESKTOP},
    {".yaml", VF_LANG_YAML},       {".yml", VF_LANG_YAML},
    {".toml", VF_LANG_TOML},       {".properties", VF_LANG_PROPERTIES},
    {".sed", VF_LANG_SED},         {".md", VF_LANG_PROSE},
    {".rst", VF_LANG_PROSE},       {".log", VF_LANG_PROSE},
    {".ini", VF_LANG_INI_PERCENT}, {".cfg", VF_LANG_INI_PERCENT},
    {".nu", VF_LANG_CODE},         {".ps1", VF_LANG_CODE},
    {".bat", VF_LANG_CODE},        {".cmd", VF_LANG_CODE},
    {".js", VF_LANG_CODE},         {".mjs", VF_LANG_CODE},
    {".cjs", VF_LANG_CODE},        {".ts", VF_LANG_CODE},
    {".pl", VF_LANG_CODE},         {".pm", VF_LANG_CODE},
    {".rb", VF_LANG_CODE},         {".lua", VF_LANG_CODE},
    {".c", VF_LANG_CODE},          {".h", VF_LANG_CODE},
    {".cpp", VF_LANG_CODE},        {".hpp", VF_LANG_CODE},
    {".cc", VF_LANG_CODE},         {".pyx", VF_LANG_CODE},
    {".cmake", VF_LANG_CODE},      {".R", VF_LANG_CODE},
    {".jl", VF_LANG_CODE},         {".css", VF_LANG_CODE},
};

static const struct suffix programs[] = {
    {"sh", VF_LANG_SHELL},  {"bash", VF_LANG_SHELL}, {"dash", VF_LANG_SHELL}, {"ash", VF_LANG_SHELL},
    {"zsh", VF_LANG_SHELL}, {"ksh", VF_LANG_SHELL},  {"csh", VF_LANG_CSH},    {"tcsh", VF_LANG_CSH},
    {"fish", VF_LANG_FISH}, {"make", VF_LANG_MAKE},  {"gmake", VF_LANG_MAKE}, {"sed", VF_LANG_SED},
};

static enum vf_text_lang lang_of_name(struct vf_slice path)
{
    struct vf_slice name = vf_path_base(path), dir = vf_path_base(vf_path_dir(path));
    for (size_t i = 0; i < VF_COUNT(file_names); i++)
        if (vf_slice_eq(name, vf_slice_of(file_names[i].end)))
            return file_names[i].lang;
    for (size_t i = 0; i < VF_COUNT(ends); i++)
        if (vf_slice_ends(name, vf_slice_of(ends[i].end)))
            return ends[i].lang;
    if (vf_slice_eq(dir, VF_S("cron.d")))
        return VF_LANG_CRON;
    bool unit = vf_slice_ends(dir, VF_S(".service.d")) || vf_slice_ends(dir, VF_S(".socket.d"));
    return unit && vf_slice_ends(name, VF_S(".conf")) ? VF_LANG_SYSTEMD : VF_LANG_RAW;
}

static enum vf_text_lang lang_of_program(struct vf_slice name)
{
    for (size_t i = 0; i < VF_COUNT(programs); i++)
        if (vf_slice_eq(name, vf_slice_of(programs[i].end)))
            return programs[i].lang;
    return vf_name_is_python(name) ? VF_LANG_PYTHON : VF_LANG_CODE;
}

/* A line that begins with `export NAME=`: sourced files (hooks, activate) have no other mark. */
static bool has_export(struct vf_slice s)
{
    static const struct vf_slice word = VF_S_INIT("export ");
    s = vf_slice_sub(s, 0, VF_HEADER_HEAD);
    for (size_t i = vf_slice_find(s, word, 0); i != VF_NPOS; i = vf_slice_find(s, word, i + 1)) {
        if (i > 0 && s.p[i - 1] != '\n')
            continue;
        size_t k = i + word.n;
        while (k < s.n && (s.p[k] == '_' || (s.p[k] >= '0' && s.p[k] <= '9') ||
                           ((s.p[k] | 0x20) >= 'a' && (s.p[k] | 0x20) <= 'z')))
            k++;
        if (k > i + word.n && k < s.n && s.p[k] == '=')
            return true;
    }
    return false;
}

/* What an INI file shows of how `%` is read in it. */
struct percents {
    bool sections; /* a line `[NAME]` */
    bool doubled;  /* `%%` or `%(NAME)s` */
    bool single;   /* a `%` that an interpolating reader refuses */
};

static void note_percents(struct vf_slice line, struct percents *p)
{
    struct vf_slice text = vf_slice_trim(line);
    if (!text.n || text.p[0] == '#' || text.p[0] == ';')
        return;
    p->sections = p->sections || (text.p[0] == '[' && text.p[text.n - 1] == ']');
    for (size_t i = 0; (i = vf_slice_find_byte(text, '%', i)) != VF_NPOS; i++) {
        char next = i + 1 < text.n ? text.p[i + 1] : '\0';
        if (next == '%' || next == '(') {
            p->doubled = true;
            i++;
        } else {
            p->single = true;
        }
    }
}

/* configparser interpolates unless it was asked not to, which only its caller knows. A file with a single `%`
 * or without a section is not read by it that way; a *.conf is one of its files when it doubles. */
static enum vf_text_lang refine_ini(struct vf_slice bytes, enum vf_text_lang lang, bool conf)
{
    struct percents p = {false, false, false};
    struct vf_slice rest = vf_slice_sub(bytes, 0, HEAD), line;
    while (vf_slice_next_line(&rest, &line))
        note_percents(line, &p);
    if (conf)
        return p.sections && p.doubled && !p.single ? VF_LANG_INI_PERCENT : VF_LANG_RAW;
    return p.sections && !p.single ? lang : VF_LANG_INI_UNSURE;
}

static bool ends_conf(struct vf_slice path)
{
    return vf_slice_ends(path, VF_S(".conf")) || vf_slice_ends(path, VF_S(".cnf"));
}

static enum vf_text_lang lang_of_contents(const struct vf_source *src, enum vf_text_lang lang)
{
    if (lang == VF_LANG_INI_PERCENT)
        return refine_ini(src->bytes, lang, false);
    if (lang == VF_LANG_RAW && has_export(src->bytes))
        return VF_LANG_SHELL;
    return lang == VF_LANG_RAW && ends_conf(src->path) ? refine_ini(src->bytes, lang, true) : lang;
}

enum vf_status vf_text_lang_of(const struct vf_source *src, enum vf_text_lang *lang, struct vf_err *err)
{
    struct vf_header h;
    struct vf_arena a;
    vf_arena_init(&a);
    enum vf_status st = vf_header_parse(src->bytes, &a, &h, err);
    if (st == VF_OK && h.form != VF_HEADER_NONE)
        *lang = h.form == VF_HEADER_M ? lang_of_program(vf_path_base(h.value)) : VF_LANG_PYTHON;
    else
        *lang = lang_of_contents(src, lang_of_name(src->path));
    vf_arena_release(&a);
    return st;
}
