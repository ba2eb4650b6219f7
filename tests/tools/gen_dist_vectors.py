#!/usr/bin/env python3
"""Writes fixtures/packaging/*.tsv: what the `packaging` library says of versions, specifiers, markers, requirements and wheel names.

The files are replayed by tests/unit/test_packaging_python.c,
so that the tests need no Python.  Run it with a Python that has the newest
`packaging` and `tomli_w`:  gen_dist_vectors.py [--out DIR] [--count N] [--seed N].  The same seed gives the same files; larger counts are for
searching by hand.
"""
import argparse
import datetime
import hashlib
import logging
import math
import os
import random
import re
import tomllib

import tomli_w

from packaging import __version__ as packaging_version
from packaging import _manylinux, _musllinux, tags as packaging_tags
from packaging.markers import InvalidMarker, Marker, UndefinedComparison, UndefinedEnvironmentName
from packaging.pylock import Pylock, PylockSelectError, PylockUnsupportedVersionError, PylockValidationError
from packaging.requirements import InvalidRequirement, Requirement
from packaging.specifiers import InvalidSpecifier, SpecifierSet
from packaging.utils import InvalidWheelFilename, canonicalize_name, parse_wheel_filename
from packaging.version import InvalidVersion, Version

ENVIRONMENTS = {
    "linux": dict(
        os_name="posix", sys_platform="linux", platform_machine="x86_64", platform_python_implementation="CPython",
        platform_release="6.1.0-18-amd64", platform_system="Linux", platform_version="#1 SMP Debian 6.1.76-1",
        python_version="3.11", python_full_version="3.11.7", implementation_name="cpython",
        implementation_version="3.11.7"),
    "mac": dict(
        os_name="posix", sys_platform="darwin", platform_machine="arm64", platform_python_implementation="CPython",
        platform_release="23.5.0", platform_system="Darwin", platform_version="Darwin Kernel Version 23.5.0",
        python_version="3.13", python_full_version="3.13.0rc2+", implementation_name="cpython",
        implementation_version="3.13.0rc2"),
    "pypy": dict(
        os_name="nt", sys_platform="win32", platform_machine="AMD64", platform_python_implementation="PyPy",
        platform_release="10", platform_system="Windows", platform_version="10.0.19045",
        python_version="3.9", python_full_version="3.9.19", implementation_name="pypy",
        implementation_version="7.3.16"),
}
VARIABLES = list(ENVIRONMENTS["linux"])


def escape(text):
    out = []
    for byte in text.encode("utf-8", "surrogateescape"):
        char = chr(byte)
        if char in "\t\n\r\\":
            out.append({"\t": "\\t", "\n": "\\n", "\r": "\\r", "\\": "\\\\"}[char])
        elif 32 <= byte < 127:
            out.append(char)
        else:
            out.append("\\x%02x" % byte)
    return "".join(out)


def write(directory, name, header, rows):
    rows = list(dict.fromkeys("\t".join(escape(str(field)) for field in row) for row in rows))
    with open(os.path.join(directory, name), "w", encoding="ascii", newline="\n") as stream:
        stream.write("# %s (packaging %s, tests/tools/gen_dist_vectors.py)\n" % (header, packaging_version))
        stream.writelines(row + "\n" for row in rows)


class Random(random.Random):
    def maybe(self, share=0.5):
        return self.random() < share

    def number(self):
        return self.choice(["0", "1", "2", "3", "9", "10", "11", "01", "007", "2024", "20231231235959000001"])

    def release(self, most=4):
        return ".".join(self.number() for _ in range(self.randint(1, most)))

    def mixed_case(self, text):
        return "".join(self.choice([c, c, c, c.upper()]) for c in text)

    def version(self, plain=0.4, local=0.2):
        text = self.release()
        if self.maybe(0.08):
            text = self.choice(["0!", "1!", "01!", "2!"]) + text
        if self.maybe(plain):
            return text
        sep = lambda: self.choice(["", "", "", ".", "-", "_"])  # noqa: E731
        if self.maybe(0.4):
            word = self.choice("a b c rc alpha beta pre preview".split())
            text += sep() + self.mixed_case(word) + sep() + self.choice(["", "0", "1", "2", "05"])
        if self.maybe(0.3):
            word = self.choice("post rev r".split())
            text += self.choice(["-1", "-2", "-0", sep() + word + sep() + self.choice(["", "0", "1", "2"])])
        if self.maybe(0.3):
            text += sep() + self.mixed_case("dev") + sep() + self.choice(["", "0", "1", "2"])
        if self.maybe(local):
            parts = [self.choice("1 0 01 2 10 a b ubuntu Abc 1a a1 00a".split()) for _ in range(self.randint(1, 3))]
            text += "+" + parts[0] + "".join(self.choice("._-") + part for part in parts[1:])
        if self.maybe(0.1):
            text = self.choice("vV") + text
        if self.maybe(0.05):
            text = self.choice([" ", "\t", "\n", "\u00a0", "\x1c"]) + text + self.choice(["", " ", "\r\n", "\u2003"])
        return text

    def damaged(self, text, alphabet):
        if not text:
            return self.choice(alphabet)
        at = self.randrange(len(text))
        what = self.randrange(3)
        if what == 0:
            return text[:at] + text[at + 1:]
        if what == 1:
            return text[:at] + self.choice(alphabet) + text[at:]
        return text[:at] + self.choice(alphabet) + text[at + 1:]

    def specifier(self):
        op = self.choice("== == != <= >= < > ~= ===".split())
        text = self.version(local=0.1 if op in ("==", "!=") else 0)
        text = text.strip() if self.maybe(0.9) else text
        if op in ("==", "!=") and self.maybe(0.4):
            text = self.release() + ".*"
        if op == "~=" and "." not in text.split("!")[-1].split("a")[0] and self.maybe(0.9):
            text = "1." + text.lstrip("vV")
        if op == "===" and self.maybe(0.3):
            text = self.choice(["", "foobar", "1.0-weird", "1.0.*", "v1"])
        return op + self.choice(["", "", " "]) + text

    def specifiers(self):
        return self.choice([",", ", ", " , "]).join(self.specifier() for _ in range(self.choice([0, 1, 1, 2, 2, 3])))

    def comparison(self):
        variable = self.choice(VARIABLES + ["python_version"] * 8 + ["python_full_version"] * 4 + ["extra"] * 3
                               + ["os.name", "sys.platform", "platform.machine", "python_implementation",
                                  "platform.python_implementation", "extras", "dependency_groups"])
        name = variable.replace(".", "_")
        value = self.choice([env.get(name, "x") for env in ENVIRONMENTS.values()] + [
            "3.8", "3.11", "3.10.*", "3", "win32", "Linux", "", "Foo_Bar", "foo-bar", "3.9,3.11", "2.7 3.11", "6.1",
            "a\\x62c", "3.11.7", "3.13.0", "weird version", "~", "linux2"])
        op = self.choice("== == != <= >= < > ~= === in".split() + ["not in", "not  in"])
        quote = self.choice("\"'")
        literal = quote + value + quote
        blank = self.choice(["", " ", "  ", "\t"]) if op[0] not in "in" else " "
        sides = [variable, literal]
        if self.maybe(0.25):
            sides.reverse()
        if self.maybe(0.02):
            sides = [self.choice([variable, literal]), self.choice([variable, literal])]
        if op[0] in "in" and sides[0][0] in "\"'" and self.maybe(0.2):
            blank = ""
        return sides[0] + blank + op + (blank or self.choice(["", " "])) + sides[1]

    def marker(self, depth=0):
        parts = []
        for index in range(self.choice([1, 1, 2, 2, 3])):
            if index:
                parts.append(self.choice(["and", "or"]))
            if depth < 3 and self.maybe(0.25):
                parts.append("(" + self.marker(depth + 1) + ")")
            else:
                parts.append(self.comparison())
        return " ".join(parts)

    def name(self):
        return self.choice(["a", "Foo", "foo.bar", "foo-bar_baz", "A1", "x--y", "zope.interface", "foo_", "9z"])

    def requirement(self):
        text = self.choice(["", "", " "]) + self.name() + self.choice(["", "", " "])
        if self.maybe(0.3):
            text += "[" + self.choice([",", ", ", " ,"]).join(self.name() for _ in range(self.randint(0, 3))) + "]"
        if self.maybe(0.15):
            text += self.choice([" @ ", "@", " @"]) + self.choice(
                ["https://h.example/x-1.0-py3-none-any.whl", "file:///tmp/a%20b", "git+ssh://git@h.example/r@main#egg=x", "./d"])
            if self.maybe():
                text += self.choice([" ; ", ";", " ;"]) + self.marker()
            return text
        versions = self.specifiers()
        text += self.choice(["", " "]) + ("(" + versions + ")" if self.maybe(0.2) else versions)
        if self.maybe(0.1):
            text += ","
        if self.maybe(0.4):
            text += self.choice([" ; ", ";", " ;"]) + self.marker()
        return text


def version_or_none(text):
    try:
        return Version(text)
    except InvalidVersion:
        return None


def versions(rng, count):
    fixed = ["", " ", "1", "1.0.post.", "1.0a-", "1.0--1", "1.0a--1", "1.0+", "1.0+a.", "1..0", ".1", "1.", "1!", "!1", "v",
             "vv1",
             "1.0 .dev1", "1.0+1.", "1.0+-1", "1.0-", "1.0-r", "1.0-a1-1-dev", "1e5", "\u0661.0", "1_0", "1-0-0", "1.0c1.c2",
             "1.0dev1post1", "1.0post1a1", "00!01.02", "1.0+UBUNTU_01-x"]
    texts = fixed + [rng.version() for _ in range(count)]
    texts += [rng.damaged(rng.version(), "0123abcdeprv.-_+! *") for _ in range(count)]
    for text in texts:
        version = version_or_none(text)
        yield (text, "-", "-") if version is None else (text, version, int(version.is_prerelease))


def order(rng, count):
    for _ in range(count):
        a, b = rng.version(), rng.version()
        if rng.maybe():
            b = rng.damaged(a, "0123ab.-+")
        x, y = version_or_none(a), version_or_none(b)
        if x is not None and y is not None:
            yield a, b, (x > y) - (x < y)


def specifier_sets(rng, count):
    fixed = ["", ",", ">=1,", ",>=1", ">=1,,<2", "=", "===", "=== ", "==1.0 .*", "==1.*.*", "==1.0a1.*", "~=1", "~=1.0.*",
             "<1+a", ">=1.*",
             "==1.0,==1.0.0", "~=1.0,~=1.0.0", "===a,===A", ">v1,>=1", "==1;", "===1)", "== 1", "==\n1", "==1.*,==1.*", "<>1"]
    texts = fixed + [rng.specifiers() for _ in range(count)]
    texts += [rng.damaged(rng.specifiers(), "0123ab.-+!=<>~*, ;)") for _ in range(count // 2)]
    for text in texts:
        try:
            parsed = SpecifierSet(text)
        except InvalidSpecifier:
            yield text, "-", "-"
        else:
            yield text, "=" + str(parsed), int(bool(parsed.prereleases))


def near(rng, text):
    """A version near the ones that the specifiers name."""
    found = [part.lstrip("=!<>~ ").rstrip("*").rstrip(".") for part in text.split(",")]
    base = rng.choice(found) if found and rng.maybe(0.7) else rng.version()
    if version_or_none(base) is None:
        return rng.version()
    base = base.strip()
    return rng.choice([base, base + ".post1", base + ".dev1", base + "+loc", base + ".1", base + ".0", base + "a1",
             base + "rc1.dev2",
                       base + ".post1+l", base + ".post2.dev0", rng.damaged(base, "0123")])


def matches(rng, count):
    done = 0
    while done < count:
        text = rng.specifiers()
        try:
            parsed = SpecifierSet(text)
        except InvalidSpecifier:
            continue
        for _ in range(4):
            version = near(rng, text)
            yield text, version, int(parsed.contains(version, prereleases=True))
            done += 1


def filters(rng, count):
    done = 0
    while done < count:
        text = rng.specifiers()
        try:
            parsed = SpecifierSet(text)
        except InvalidSpecifier:
            continue
        items = [near(rng, text).strip() for _ in range(rng.randint(0, 6))]
        items = list(dict.fromkeys(item for item in items if item and " " not in item))
        pre = rng.maybe(0.2)
        kept = list(parsed.filter(items, prereleases=True if pre else None))
        yield text, int(pre), " ".join(items), " ".join(item for item in items if item in kept)
        done += 1


def evaluate(text, environment, extra):
    try:
        marker = Marker(text)
    except InvalidMarker:
        return "-"
    try:
        if extra is None:
            return int(marker.evaluate({**environment, "extras": {"Foo_Bar", "x"}, "dependency_groups": {"dev"}}, "lock_file"))
        return int(marker.evaluate({**environment, "extra": extra}))
    except (UndefinedComparison, UndefinedEnvironmentName):
        return "E"


def markers(rng, count):
    fixed = ["", "()", "(os_name=='posix')", "os_name", "os_name ==", "'a'=='a'", "os_name=='a'or os_name=='posix'",
             "os_name=='posix'and'x'in os_name",
             "os_name == sys_platform", "os_name == 'po\\\nsix'", "os_name == 'a\\'", "os_name == '\\x70osix'",
             "os_name == 'posix' ", " os_name == 'posix'", "os_name == 'posix')", "((os_name == 'posix')",
             "os_name == 'posix' xor 'a' == 'b'",
             "'foo.bar' in extras", "extras == 'x'", "'x' == extras", "'dev' not in dependency_groups", "'x' ~= extras",
             "extra == 'Foo.Bar'",
             "'FOO-bar' == extra", "python_version in '3.10 3.11'", "python_version ~= '3.8'", "python_version === '3.11'",
             "os_name ~= 'posix'",
             "platform_release >= '6'", "python_full_version < '3.13'", "python_full_version >= '3.13.0rc2'",
             "not os_name == 'a'", "os_name not in'posix'",
             "os_name notin 'posix'", "os_namex == 'a'", "os_name == 'a' and", "os_name == \"a'b\"", "'' in os_name",
             "os_name == 'a' AND os_name == 'b'",
             "python_version >= '3.8' and (python_version < '4' or os_name == 'nt') and extra == ''",
             "implementation_version != '3.*'",
             "os_name == 'posix' or bad_name == 'x'", "os_name == 'posix' or os_name ~= 'x'"]
    texts = fixed + [rng.marker() for _ in range(count)]
    texts += [rng.damaged(rng.marker(), "\"'()aorndi =<>~.\\") for _ in range(count // 3)]
    for text in texts:
        name = rng.choice(list(ENVIRONMENTS))
        extra = rng.choice(["", "", "foo.bar", "X", None, None])
        result = evaluate(text, ENVIRONMENTS[name], extra)
        yield text, name, "-" if extra is None else "=" + extra, result


def requirements(rng, count):
    fixed = ["", "a", "a;", "a ;os_name=='x'", "a@", "a@b", "a @ b; os_name=='x'", "a @ b ;os_name=='x'", "a()", "a(>=1)",
             "a (>=1", "a >=1)", "a[x", "a[x,]",
             "a[,x]", "a[x y]", "a[]", "a[ ]", "-a", "a-", "a_", "a.", "\u00e9", "a\u00e9", "a>=1.*", "a==1.*+x", "a ===1,>2",
             "a=== ", "a>=1 <2", "a\n", "a >=1\n",
             "a[X]>=1,<2;os_name=='y'", "a~=1.0", "a b", "a # c", "a>=1,;os_name=='y'", "a,>=1"]
    texts = fixed + [rng.requirement() for _ in range(count)]
    texts += [rng.damaged(rng.requirement(), "ab1.-_[](),;@=<>~ '\"") for _ in range(count // 2)]
    for text in texts:
        try:
            parsed = Requirement(text)
        except InvalidRequirement:
            yield text, "-"
        else:
            extras = ",".join(sorted({canonicalize_name(extra) for extra in parsed.extras}))
            yield (text, parsed.name, extras, parsed.url or "", "=" + str(parsed.specifier),
                   int(parsed.marker is not None))


def wheel_names(rng, count):
    fixed = ["a-1-py3-none-any.whl", "a-1-py3-none-any.WHL", "a-1-py3-none.whl", "a-1-2-3-py3-none-any.whl",
             "a__b-1-py3-none-any.whl", "a-x-py3-none-any.whl",
             "a-1-b1-py3-none-any.whl", "a-1-1b-py3-none-any.whl", "-1-py3-none-any.whl", "a-1--none-any.whl",
             "a-1-py2.py3-none-any.whl", "a-1-py3-none-.whl",
             "Foo.Bar-1.0+l.1-3-cp311-cp311-manylinux_2_17_x86_64.manylinux2014_x86_64.whl", "a-1-py3-none-any",
             "a b-1-py3-none-any.whl",
             "a-1-py3..py2-none-any.whl", "a-1-3py-none-any.whl", "a-1-py3-none-a y.whl", "a-1.0-PY3-None-ANY.whl",
             "\u00e9-1-py3-none-any.whl"]
    texts = list(fixed)
    for _ in range(count):
        name = rng.choice(["a", "Foo_Bar", "foo.bar", "_x", "a1"])
        build = rng.choice(["", "", "-1", "-2abc", "-007_x"])
        python = rng.choice(["py3", "py2.py3", "cp311", "cp38.cp39", "pp39"])
        abi = rng.choice(["none", "abi3", "cp311", "cp313t", "pypy39_pp73", "cp311.abi3"])
        platform = rng.choice(["any", "linux_x86_64", "manylinux_2_17_x86_64.manylinux2014_x86_64", "win_amd64",
             "macosx_11_0_arm64"])
        text = "%s-%s%s-%s-%s-%s.whl" % (name, rng.version(0.7).strip(), build, python, abi, platform)
        texts.append(text if rng.maybe(0.7) else rng.damaged(text, "a1-_.+"))
    for text in texts:
        if "/" in text:
            continue
        try:
            name, version, build, tags = parse_wheel_filename(text)
        except InvalidWheelFilename:
            yield text, "-"
        else:
            yield text, name, version, "%d,%s" % build if build else "", " ".join(sorted(map(str, tags)))


# implementation, X.Y, flags or ABI, system, architecture, its version (glibc, musl or macOS)
TARGETS = [
    ("cp", "3.11", "", "glibc", "x86_64", "2.36"), ("cp", "3.13", "t", "glibc", "x86_64", "2.41"),
    ("cp", "3.12", "d", "glibc", "aarch64", "2.31"), ("cp", "3.7", "m", "glibc", "i686", "2.12"),
    ("cp", "3.13", "td", "glibc", "riscv64", "2.39"), ("cp", "3.6", "dm", "glibc", "x86_64", "2.5"),
    ("cp", "3.10", "", "glibc", "armv8l", "2.28"), ("cp", "3.10", "", "glibc", "mips64", "2.28"),
    ("cp", "3.14", "", "musl", "x86_64", "1.2"), ("cp", "3.9", "", "musl", "armv7l", "1.1"),
    ("pp", "3.10", "pypy310_pp73", "glibc", "x86_64", "2.17"), ("graalpy", "3.11", "graalpy_241_native", "musl", "aarch64", "1.2"),
    ("cp", "3.12", "", "macos", "arm64", "14.5"), ("cp", "3.12", "", "macos", "x86_64", "11.0"),
    ("cp", "3.8", "", "macos", "x86_64", "10.15"), ("cp", "3.8", "", "macos", "i386", "10.6"),
    ("cp", "3.12", "", "other", "win_amd64", ""), ("cp", "3.1", "", "other", "win32", ""),
]


def platforms_of(system, arch, version):
    numbers = tuple(int(part) for part in version.split(".")) if version else ()
    if system == "other":
        return [arch]
    if system == "macos":
        return list(packaging_tags.mac_platforms(numbers, arch))
    archs = ["armv8l", "armv7l"] if arch == "armv8l" else [arch]
    _manylinux._get_manylinux_module = lambda: None
    _manylinux._get_glibc_version = lambda: numbers if system == "glibc" else (-1, -1)
    _manylinux._have_compatible_abi = lambda executable, names: (
        {"armv7l", "i686"} & set(names) or _manylinux._ALLOWED_ARCHS & set(names))
    _musllinux._get_musl_version = lambda executable: (
        _musllinux._MuslVersion(*numbers) if system == "musl" else None)
    native = ["linux_" + name for name in archs]
    glibc = list(_manylinux.platform_tags(archs)) if system == "glibc" else []
    return native + glibc + list(_musllinux.platform_tags(archs))


def targets(rng, count):
    for implementation, python, flags, system, arch, version in TARGETS:
        numbers = tuple(int(part) for part in python.split("."))
        nodot = python.replace(".", "")
        platforms = platforms_of(system, arch, version)
        if implementation == "cp":
            threaded = "t" if "t" in flags else ""
            abis = ["cp" + nodot + threaded + flags.replace("t", "")]
            if "d" in flags and numbers >= (3, 8):
                abis.append("cp" + nodot + threaded)
            found = list(packaging_tags.cpython_tags(numbers, abis, platforms))
        else:
            found = list(packaging_tags.generic_tags(implementation + nodot, [flags], platforms))
        interpreter = {"cp": "cp" + nodot, "pp": "pp3"}.get(implementation)
        found += packaging_tags.compatible_tags(numbers, interpreter, platforms)
        text = "".join("%s\n" % tag for tag in found)
        yield (implementation, python, flags, system, arch, version, len(found),
               hashlib.sha256(text.encode()).hexdigest(), found[0], found[len(found) // 2])


# --- TOML ---

def toml_text(value):
    """The value as the C test prints its own: members sorted, no blanks."""
    if isinstance(value, dict):
        return "{" + ",".join("%s:%s" % (toml_text(key), toml_text(value[key])) for key in sorted(value, key=str.encode)) + "}"
    if isinstance(value, list):
        return "[" + ",".join(map(toml_text, value)) + "]"
    if isinstance(value, bool):
        return "true" if value else "false"
    if isinstance(value, float):
        return "nan" if math.isnan(value) else "%s!" % ("%.17g" % value)
    if isinstance(value, str):
        return '"' + value + '"'
    if isinstance(value, (datetime.datetime, datetime.time)):
        offset = value.utcoffset() if isinstance(value, datetime.datetime) else None
        text = value.replace(tzinfo=None).isoformat()
        if "." in text:
            text = text.rstrip("0")
        if offset is None:
            return text
        minutes = int(offset.total_seconds()) // 60
        return text + ("%s%02d:%02d" % ("+-"[minutes < 0], *divmod(abs(minutes), 60)) if minutes else "Z")
    return str(value)


class TomlRandom(Random):
    def key_part(self):
        return self.choice(["a", "b", "c", "key-1", "under_score", "1", '"a b"', "'q.r'", '""', '"\\u00e9\\t"', "true", "inf"])

    def key(self):
        return self.choice([".", ".", " . "]).join(self.key_part() for _ in range(self.choice([1, 1, 1, 2, 3])))

    def scalar(self):
        return self.choice([
            "1", "-17", "+5", "0", "1_000", "0xDEAD_beef", "0o17", "0b1010", "9223372036854775807", "-9223372036854775808", "1.5",
            "-0.0", "1e5", "6.02E+2_3", "1_0.2_5", "inf", "-inf", "nan", "true", "false", '"text"', '""', "''", "'lit\\eral'",
            '"\\b\\t\\n\\f\\r\\"\\\\"', '"\\u00e9\\U0001F600"', '"""\nmulti \\\n   line ""quoted"" \n"""',
            '"""x"""""', "\'\'\'\nraw \\ \'\' text\'\'\'", "1979-05-27T07:32:00Z", "1979-05-27 07:32:00.5-08:00",
            "1979-05-27T07:32:00.999999", "1979-05-27", "07:32:00", "00:32:00.25", '"caf\u00e9"', "2000-01-01t00:00:00z"])

    def value(self, depth=0):
        kind = self.random()
        if depth > 3 or kind < 0.75:
            return self.scalar()
        if kind < 0.9:
            blank = self.choice(["", " ", "\n  ", " # note\n"])
            items = [self.value(depth + 1) for _ in range(self.randint(0, 4))]
            return "[" + blank + ("," + blank).join(items) + self.choice(["", ","] if items else [""]) + blank + "]"
        return "{" + ", ".join(self.key() + self.choice(["=", " = "]) + self.value(depth + 1) for _ in range(self.randint(0, 3))) + "}"

    def document(self):
        lines = []
        for _ in range(self.randint(1, 8)):
            kind = self.random()
            if kind < 0.15:
                lines.append("[" + self.key() + "]")
            elif kind < 0.25:
                lines.append("[[" + self.key_part() + "]]")
            elif kind < 0.3:
                lines.append(self.choice(["# comment [x", "", "\t# \u00e9"]))
            else:
                lines.append(self.key() + self.choice(["=", " = ", " =\t"]) + self.value() + self.choice(["", " # c"]))
        return self.choice(["\n", "\n", "\n", "\r\n"]).join(lines) + self.choice(["", "\n"])


def integers_fit(value):
    if isinstance(value, (dict, list)):
        return all(map(integers_fit, value.values() if isinstance(value, dict) else value))
    return not isinstance(value, int) or -2**63 <= value < 2**63


TOML_CASES = r"""
é = 1
a = é
a = ["x", é]
a = {b = 1,}
a = 1 b = 2
a = 01
a = 1__0
a = .5
a = 5.
a = 1e
a = +nan
a = 0X1
a = True
a = "\x41"
a = "\ud800"
a = "\q"
a = 24:00:00
a = 2023-02-29
a = 1979-05-27T07:32Z
a = 07:32:60
a = 1979-05-27T07:32:00+24:00
a. b . c=1
= 1
a =
a
[a]]
[[a]
[ a . b ]
[ [a] ]
[]
[a.]
a = [1,,2]
a = [,]
a = {,}
a = '''''x'''''
a = '''''''
a = 9223372036854775808
a = "\u00e9" # é
""".strip().split("\n") + [
    "", "\ufeffa = 1", "\u00a0a = 1", "a = 1\u00a0", 'a = """x \\\n \u00e9"""', 'a = """x \\ \n\n  \u00a0y"""', "[\n]", "a = {\nb = 1}",
    "a = 1\ra = 2", "[a]\n[a]", "[a.b]\n[a]", "a = []\n[[a]]", "a.b = 1\n[a]", "[[a]]\n[a]", 'a = "\x7f"', "# \x01", "a\n= 1",
    'a = "x\ny"', '"""a""" = 1', "[a]\nb.c = 1\n[a.b]\nd = 1", "a = [\n1, # x\n]", "[[a.b]]\n[a]\nc = 1\n[[a.b]]", "a = {}\na.b = 1"]


def toml_documents(rng, count):
    rng = TomlRandom(rng.random())
    texts = TOML_CASES + [rng.document() for _ in range(count)]
    texts += [rng.damaged(rng.document(), "[]{}=.,\"'#\n\\ a1-:T\x01") for _ in range(count // 2)]
    for text in texts:
        if re.search(r":[0-9]{2}\.[0-9]{7}", text):  # Python cuts microseconds
            continue
        try:
            # as bytes: load() has the line ends as they are
            value = tomllib.loads(text.encode("utf-8", "surrogatepass").decode("utf-8"))
            if not integers_fit(value):  # Python's have no end; the specification wants an error
                raise ValueError
        except (tomllib.TOMLDecodeError, UnicodeError, RecursionError, ValueError):
            yield text, "-"
        else:
            yield text, toml_text(value)


# --- lock files ---

class LockRandom(Random):
    def file(self, name, version, suffix):
        base = "%s-%s%s" % (name.replace("-", "_"), version, suffix)
        entry = {"hashes": {"sha256": "ab" * 32}}
        if self.maybe(0.1):
            entry["hashes"]["sha512"] = "cd"
        where = self.choice(["url", "path", "both", "url", "path"])
        if where != "path":
            entry["url"] = "https://files.example/x/" + base.replace("+", "%2B")
        if where != "url":
            entry["path"] = self.choice(["./wheels/", "", "/abs/"]) + base
        if self.maybe(0.2):
            entry["name"] = base
        if self.maybe(0.2):
            entry["size"] = 1234
        if self.maybe(0.2):
            entry["upload-time"] = datetime.datetime(2024, 5, 6, 7, 8, 9, tzinfo=datetime.timezone.utc)
        return entry

    def package(self):
        name, version = self.choice(["a", "b", "c", "d", "foo-bar", "zope-interface"]), self.choice(["1.0", "2!1.2rc1", "3.1+l.1"])
        package = {"name": name}
        if self.maybe(0.8):
            package["version"] = version
        if self.maybe(0.3):
            package["marker"] = self.choice(["python_version >= '3.8'", "sys_platform == 'win32'", "'dev' in dependency_groups",
                                             "'x' in extras", "os_name ~= 'x'", "extra == 'x'"])
        if self.maybe(0.2):
            package["requires-python"] = self.choice([">=3.8", "<3", "==3.11.*"])
        if self.maybe(0.1):
            package["index"] = "https://index.example/simple"
        if self.maybe(0.1):
            package["dependencies"] = [{"name": "b"}, {"name": "c", "version": "1"}]
        if self.maybe(0.1):
            package["attestation-identities"] = [{"kind": "GitHub"}]
        if self.maybe(0.1):
            package["tool"] = {"x": {"y": 1}}
        kind = self.random()
        if kind < 0.6:
            tags = ["-py3-none-any", "-cp311-cp311-manylinux_2_17_x86_64.manylinux2014_x86_64", "-cp311-cp311-win_amd64", "-cp38-abi3-linux_x86_64",
                    "-1-py2.py3-none-any"]
            package["wheels"] = [self.file(name, version, self.choice(tags) + ".whl") for _ in range(self.randint(0, 3))]
            if self.maybe(0.5) or not package["wheels"]:
                package["sdist"] = self.file(name, version, self.choice([".tar.gz", ".zip"]))
        elif kind < 0.7:
            package["vcs"] = {"type": "git", "url": "https://h.example/r.git", "commit-id": "c0ffee", "requested-revision": "main"}
        elif kind < 0.8:
            package["directory"] = {"path": "./src", "editable": self.maybe()}
        else:
            package["archive"] = self.file(name, version, ".tar.gz")
            package["archive"].pop("name", None)
        return package

    def lock(self):
        lock = {"lock-version": self.choice(["1.0"] * 8 + ["1.1", "2.0"]), "created-by": "test",
                "packages": [self.package() for _ in range(self.randint(0, 4))]}
        if self.maybe(0.3):
            lock["requires-python"] = self.choice([">=3.11", "<3.11"])
        if self.maybe(0.3):
            lock["environments"] = self.sample(["sys_platform == 'linux'", "python_version < '3'", "sys_platform == 'win32'"], 2)
        if self.maybe(0.3):
            lock.update({"extras": ["x", "y"], "dependency-groups": ["dev", "Test"], "default-groups": ["dev"]})
        return lock

    def tables(self, value):
        if isinstance(value, dict):
            yield value
            value = list(value.values())
        if isinstance(value, list):
            for item in value:
                yield from self.tables(item)

    def spoil(self, lock):
        table = self.choice([table for table in self.tables(lock) if table])
        key = self.choice(list(table))
        what = self.randrange(3)
        if what == 0:
            del table[key]
        elif what == 1:
            table[key] = self.choice(["", 1, True, [], {}, ["x"], [{}], {"a": 1}, "A_b", "1.0", 1.5, datetime.date(2024, 1, 1)])
        else:
            table[self.choice(["name", "version", "path", "url", "sdist", "wheels", "vcs", "directory", "archive", "marker", "extras"])] = (
                self.choice(["x", "1.0", {}, [], {"path": "x-1.0.tar.gz", "hashes": {"sha256": "a"}}]))


def lock_files(rng, count):
    rng = LockRandom(rng.random())
    platforms = platforms_of("glibc", "x86_64", "2.36")
    tags = list(packaging_tags.cpython_tags((3, 11), ["cp311"], platforms))
    tags += packaging_tags.compatible_tags((3, 11), "cp311", platforms)
    logging.disable()
    for number in range(count // 3):
        lock = rng.lock()
        for _ in range(rng.choice([0, 1, 2]) if number % 2 else 0):
            rng.spoil(lock)
        text = tomli_w.dumps(lock)
        try:
            parsed = Pylock.from_dict(tomllib.loads(text))
        except PylockUnsupportedVersionError:
            yield text, "V"
            continue
        except PylockValidationError:
            # another major version is said before anything else is judged
            version = version_or_none(lock["lock-version"]) if isinstance(lock.get("lock-version"), str) else None
            yield text, "V" if version is not None and not Version("1") <= version < Version("2") else "-"
            continue
        try:
            chosen = list(parsed.select(environment=ENVIRONMENTS["linux"], tags=tags, extras=["x"]))
        except (PylockSelectError, UndefinedComparison, UndefinedEnvironmentName):
            yield text, "E"
        else:
            yield text, "=" + " ".join("%s:%s" % (package.name, getattr(source, "filename", "")) for package, source in chosen)


def main():
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--out", default=os.path.join(os.path.dirname(__file__), "..", "..", "fixtures", "dist"))
    parser.add_argument("--count", type=int, default=400)
    parser.add_argument("--seed", type=int, default=1)
    args = parser.parse_args()
    os.makedirs(args.out, exist_ok=True)
    files = [
        ("versions.tsv", "text, canonical or -, is a pre-release", versions),
        ("version_order.tsv", "one, other, -1 0 1", order),
        ("specifiers.tsv", "text, = and canonical text or -, asks for pre-releases", specifier_sets),
        ("specifier_match.tsv", "specifiers, version, is in", matches),
        ("specifier_filter.tsv", "specifiers, pre-releases wanted, versions, kept", filters),
        ("markers.tsv", "marker, environment, = and extra or - for a lock file, result or - invalid or E error", markers),
        ("requirements.tsv", "text, name or -, extras, url, = and specifiers, has a marker", requirements),
        ("wheel_names.tsv", "file name, name or -, version, build, tags", wheel_names),
        ("targets.tsv", "implementation, X.Y, flags, system, architecture, version, number of tags, sha256 of them each with LF, "
         "the first, the middle one", targets),
        ("toml.tsv", "document, its value or -", toml_documents),
        ("locks.tsv", "lock, - invalid or V version or E not for linux or = what is chosen", lock_files),
    ]
    for number, (name, header, rows) in enumerate(files):
        write(args.out, name, header, rows(Random(args.seed * 100 + number), args.count))
    write(args.out, "environments.tsv", "name, the 11 values in the order of enum vf_marker_var",
          ([name] + [environment[variable] for variable in VARIABLES] for name, environment in ENVIRONMENTS.items()))


if __name__ == "__main__":
    main()
