// toml.cpp: toml++ behind a C function. The only C++ of the project; no exception leaves it.
//
// The library is used as headers only, whatever the distribution's flags say, so that nothing more is linked.
// Its assertions can be broken by malformed text (a key that begins with neither letter nor quote), and where
// they are compiled out they are promises to the optimiser: so they stay, and throw.
namespace
{
struct broken_assertion {
};
[[noreturn]] void broken()
{
    throw broken_assertion{};
}
} // namespace
#undef NDEBUG
#define TOML_ASSERT(expr)                                                                                    \
    do {                                                                                                     \
        if (!(expr))                                                                                         \
            broken();                                                                                        \
    } while (false)
#undef TOML_HEADER_ONLY
#undef TOML_SHARED_LIB
#define TOML_HEADER_ONLY           1
#define TOML_EXCEPTIONS            0
#define TOML_UNRELEASED_FEATURES   0
#define TOML_ENABLE_FORMATTERS     0
#define TOML_ENABLE_WINDOWS_COMPAT 0
#include <toml++/toml.h>

#include <algorithm>
#include <cstdio>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

extern "C" {
#include "base/arena.h"
#include "dist/text.h"
#include "dist/toml.h"
}

namespace
{

// A node of toml++ and the place that it is copied to.
struct job {
    const toml::node *from;
    vf_toml_value *to;
};

struct no_memory {
};

vf_slice copy(vf_arena *a, std::string_view s)
{
    vf_slice out = vf_arena_dup(a, vf_slice{s.data(), s.size()});
    if (!out.p)
        throw no_memory{};
    return out;
}

void put_date(char *b, size_t size, const toml::date &d)
{
    std::snprintf(b, size, "%04u-%02u-%02u", unsigned{d.year}, unsigned{d.month}, unsigned{d.day});
}

void put_time(char *b, size_t size, const toml::time &t)
{
    int n =
        std::snprintf(b, size, "%02u:%02u:%02u", unsigned{t.hour}, unsigned{t.minute}, unsigned{t.second});
    if (t.nanosecond != 0) {
        size_t used = static_cast<size_t>(n);
        n += std::snprintf(b + used, size - used, ".%09u", unsigned{t.nanosecond});
        while (b[n - 1] == '0')
            b[--n] = '\0';
    }
}

std::string time_text(const toml::node &node)
{
    char date[24] = "", time[32] = "", offset[16] = "";
    if (const auto *d = node.as_date()) {
        put_date(date, sizeof date, d->get());
    } else if (const auto *t = node.as_time()) {
        put_time(time, sizeof time, t->get());
    } else if (const auto *both = node.as_date_time()) {
        put_date(date, sizeof date, both->get().date);
        put_time(time, sizeof time, both->get().time);
        if (both->get().offset) {
            int minutes = both->get().offset->minutes;
            int size = minutes < 0 ? -minutes : minutes;
            if (minutes == 0)
                std::snprintf(offset, sizeof offset, "Z");
            else
                std::snprintf(offset, sizeof offset, "%c%02d:%02d", minutes < 0 ? '-' : '+', size / 60 % 100,
                              size % 60);
        }
    }
    return std::string(date) + (date[0] && time[0] ? "T" : "") + time + offset;
}

void copy_scalar(vf_arena *a, const toml::node &from, vf_toml_value *to)
{
    if (const auto *s = from.as_string()) {
        to->type = VF_TOML_STRING;
        to->text = copy(a, s->get());
    } else if (const auto *i = from.as_integer()) {
        to->type = VF_TOML_INTEGER;
        to->integer = i->get();
    } else if (const auto *f = from.as_floating_point()) {
        to->type = VF_TOML_FLOAT;
        to->real = f->get();
    } else if (const auto *b = from.as_boolean()) {
        to->type = VF_TOML_BOOLEAN;
        to->boolean = b->get();
    } else {
        to->type = VF_TOML_TIME;
        to->text = copy(a, time_text(from));
    }
}

void copy_array(vf_arena *a, const toml::array &from, vf_toml_value *to, std::vector<job> &jobs)
{
    to->type = VF_TOML_ARRAY;
    to->n = from.size();
    to->items = static_cast<vf_toml_value *>(vf_arena_array(a, to->n, sizeof *to->items));
    if (!to->items)
        throw no_memory{};
    size_t i = 0;
    for (const toml::node &item : from)
        jobs.push_back({&item, &to->items[i++]});
}

// toml++ keeps members sorted by key; the places of the keys give the order of the file back.
void copy_table(vf_arena *a, const toml::table &from, vf_toml_value *to, std::vector<job> &jobs)
{
    std::vector<std::pair<const toml::key *, const toml::node *>> members;
    for (auto &&[key, node] : from)
        members.emplace_back(&key, &node);
    std::stable_sort(members.begin(), members.end(), [](const auto &x, const auto &y) {
        const toml::source_position &p = x.first->source().begin, &q = y.first->source().begin;
        return p.line != q.line ? p.line < q.line : p.column < q.column;
    });
    to->type = VF_TOML_TABLE;
    to->n = members.size();
    to->members = static_cast<vf_toml_member *>(vf_arena_array(a, to->n, sizeof *to->members));
    if (!to->members)
        throw no_memory{};
    for (size_t i = 0; i < members.size(); i++) {
        to->members[i].key = copy(a, members[i].first->str());
        jobs.push_back({members[i].second, &to->members[i].value});
    }
}

void copy_tree(vf_arena *a, const toml::table &from, vf_toml_value *root)
{
    std::vector<job> jobs{{&from, root}};
    while (!jobs.empty()) {
        job j = jobs.back();
        jobs.pop_back();
        j.to->line = static_cast<uint32_t>(j.from->source().begin.line);
        if (const toml::table *table = j.from->as_table())
            copy_table(a, *table, j.to, jobs);
        else if (const toml::array *array = j.from->as_array())
            copy_array(a, *array, j.to, jobs);
        else
            copy_scalar(a, *j.from, j.to);
    }
}

vf_status malformed(const toml::parse_error &e, vf_err *err)
{
    std::string_view what = e.description();
    return vf_err_set(err, VF_MALFORMED, 0, "parse", vf_slice{nullptr, 0}, "TOML, line %u: %s",
                      static_cast<unsigned>(e.source().begin.line),
                      vf_quote(vf_slice{what.data(), what.size()}).s);
}

} // namespace

extern "C" vf_status vf_toml_read(vf_arena *a, vf_slice text, vf_toml_value *root, vf_err *err)
{
    try {
        toml::parse_result result = toml::parse(std::string_view(text.p ? text.p : "", text.n));
        if (!result)
            return malformed(result.error(), err);
        copy_tree(a, result.table(), root);
        return VF_OK;
    } catch (const std::bad_alloc &) {
        return vf_err_nomem(err);
    } catch (const no_memory &) {
        return vf_err_nomem(err);
    } catch (...) {
        return vf_err_set(err, VF_MALFORMED, 0, "parse", vf_slice{nullptr, 0},
                          "TOML that the parser cannot read");
    }
}
