# venvfix: one program, one static library, one Makefile.  `make help` lists the targets and variables.

BUILD      ?= build
PREFIX     ?= /usr/local
PYTHON     ?= /usr/bin/python3
PKG_CONFIG ?= pkg-config
CLANG      ?= clang
CFLAGS     ?= -O2 -g
CXXFLAGS   ?= -O2 -g

# Libraries from the distribution. A new one is added here and in the table of tests/tools/deps.sh.
PKGS      := libpcre2-8 libarchive libcrypto jansson zlib libdeflate libzstd libelf

SRC       := $(sort $(wildcard src/*/*.c src/*/*/*.c))
SRCXX     := $(sort $(wildcard src/*/*.cpp))
MAIN      := src/cli/main.c
UNIT      := $(sort $(wildcard tests/unit/test_*.c))
RUN       := $(if $(T),$(foreach u,$(UNIT),$(if $(findstring $(T),$u),$u)),$(UNIT))
# Tests that start shells or kill at each step: a sanitizer adds nothing but time. The plain build runs these, and only these.
PLAIN     := $(patsubst %,tests/unit/test_%.c,syntax_header_run syntax_activate_run fs_txn_killed fs_staging)
# A program of its own: these, and what compiles modules in with hooks. The other tests are one program that takes names.
OWN       := $(PLAIN) $(shell grep -lE '^.include "((fs_hooked|txn_world|retire_world).h|[a-z/_]*[.]c)"|^int main.int' $(UNIT))
UNITHELP  := $(filter-out $(UNIT),$(sort $(wildcard tests/unit/*.c)))
FUZZ      := $(sort $(wildcard tests/fuzz/fuzz_*.c))
CFILES    := $(SRC) $(SRCXX) $(UNIT) $(UNITHELP) $(sort $(wildcard tests/fuzz/*.c tests/tools/*.c))
HEADERS   := $(sort $(wildcard src/*.h src/*/*.h src/*/*/*.h tests/*/*.h))
PKGS_HDR  := $(if $(SRCXX),tomlplusplus)
LINK       = $(if $(SRCXX),$(CXX),$(CC))

# pkg-config is asked at the first use, not at the start: `make deps` may run in between.
PC_CFLAGS  = $(eval PC_CFLAGS := $(shell $(PKG_CONFIG) --cflags $(PKGS) $(PKGS_HDR)))$(PC_CFLAGS)
PC_LIBS    = $(eval PC_LIBS := $(shell $(PKG_CONFIG) --libs $(PKGS)))$(PC_LIBS)
PC_CMOCKA  = $(eval PC_CMOCKA := $(shell $(PKG_CONFIG) --libs cmocka))$(PC_CMOCKA)

WERROR    ?= $(CI)
ERROR     := $(if $(filter-out 0 false no,$(WERROR)),-Werror)
WARN_CXX  := -Wall -Wextra -Wpedantic -Wconversion -Wshadow -Wvla -Wformat=2 -Wunused-result
WARN      := $(WARN_CXX) -Wswitch-enum -Wstrict-prototypes -Wmissing-prototypes
CPP_ALL    = -Isrc -D_GNU_SOURCE $(PC_CFLAGS) $(CPPFLAGS)
SANITIZE  := -fsanitize=address,undefined -fno-sanitize-recover=all -fno-omit-frame-pointer

# What differs between the flavours: the compiler, its flags, the flags of the link, an object of its own.
CC_release  = $(CC)
CXX_release = $(CXX)
CF_release  = -fstack-protector-strong -U_FORTIFY_SOURCE -D_FORTIFY_SOURCE=2 -fPIC $(CFLAGS)
ifeq ($(shell uname -s),Linux)
# libstdc++ within, where it can be: loading it takes longer than all that is used of it (TOML).
STATIC_CXX = $(if $(SRCXX),$(if $(wildcard $(shell $(CXX) -print-file-name=libstdc++.a)),-static-libstdc++ -static-libgcc))
LF_release = -pie -Wl,-z,relro -Wl,-z,now -Wl,--as-needed $(STATIC_CXX)
endif
CC_asan     = $(CC)
CXX_asan    = $(CXX)
# -Og: half the time of -O1. C++ without: TOML's headers take a minute of optimizing under the sanitizers.
CF_asan    := -Og -g1 -DVF_TEST_HOOKS $(SANITIZE)
CXXF_asan  := -O0
LF_asan    := $(SANITIZE)
OBJ_asan   := $(BUILD)/asan/tests/tools/sanitize.o
FUZZFLAGS  ?= -O1 -g $(SANITIZE)
CC_debug    = $(CC)
CXX_debug   = $(CXX)
CF_debug   := -O0 -g3 -fno-omit-frame-pointer
CC_fuzz     = $(CLANG)
CXX_fuzz    = $(CLANG)++
CF_fuzz    := $(FUZZFLAGS) -fsanitize=fuzzer-no-link
LF_fuzz    := $(filter -fsanitize=%,$(FUZZFLAGS)) -fsanitize=fuzzer
CC_analyze := gcc
CXX_analyze = $(CXX)
CF_analyze := -O1 -fanalyzer -Werror -Wno-maybe-uninitialized

NPROC     := $(shell nproc 2>/dev/null || sysctl -n hw.ncpu 2>/dev/null || echo 2)
SUBMAKE    = $(MAKE) --no-print-directory $(if $(filter -j% --jobserver%,$(MAKEFLAGS)),,-j$(NPROC))
RESULTS   ?= $(BUILD)/results
TALLY      = $(PYTHON) -B tests/tools/tally.py
DEPS_SH    = PYTHON='$(PYTHON)' PKG_CONFIG='$(PKG_CONFIG)' tests/tools/deps.sh $(if $(DRY),--print)
E2E_ENV    = VENVFIX_BUILD='$(abspath $(BUILD))' VENVFIX_ALL='$(ALL)'
PYTEST     = $(PYTHON) -B -m pytest -q -p no:cacheprovider $(if $(T),-k '$(T)') $(PYTESTFLAGS)
Q         := $(if $(V),,@)
SAY        = @$(if $(V),:,printf '  %-7s %s\n' $1 '$@')
# Writes its argument to the target if that would change it.
KEEP       = @mkdir -p $(@D); printf '%s\n' '$(subst ','\'',$1)' | cmp -s - $@ || printf '%s\n' '$(subst ','\'',$1)' > $@

all: $(BUILD)/venvfix $(BUILD)/libvenvfix.a

$(BUILD)/venvfix $(BUILD)/libvenvfix.a: $(BUILD)/%: $(BUILD)/release/%
	$(Q)cp -f $< $@.new && mv -f $@.new $@

# $1: flavour. Objects, the library, the program, unit tests. They follow the flags and the list of sources.
define flavour
$1_OBJ := $$(patsubst %.c,$(BUILD)/$1/%.o,$$(filter-out $$(MAIN),$$(SRC))) $$(SRCXX:%=$(BUILD)/$1/%.o)
$1_JOINT := $$(patsubst tests/unit/%.c,$(BUILD)/$1/joint/%.o,$$(filter-out $$(OWN),$$(UNIT)))
ALLOBJ += $$($1_OBJ) $$(patsubst %.c,$(BUILD)/$1/%.o,$$(MAIN) $$(UNIT) $$(UNITHELP) $$(FUZZ)) $$($1_JOINT)
$(BUILD)/$1/flags: force | $(BUILD)/libs-found
	$$(call KEEP,$$(CC_$1) $$(CXX_$1) $$(CPP_ALL) $$(WARN) $$(ERROR) $$(CF_$1))
$(BUILD)/$1/sources: force
	$$(call KEEP,$$(SRC) $$(SRCXX) $$(UNITHELP))
$(BUILD)/$1/%.o: %.c $(BUILD)/$1/flags
	$$(call SAY,CC)
	@mkdir -p $$(@D)
	$$(Q)$$(CC_$1) -std=c17 $$(CPP_ALL) $$(WARN) $$(ERROR) $$(CF_$1) $$(CF_FILE) -pthread -MMD -MP -c -o $$@ $$<
$(BUILD)/$1/%.cpp.o: %.cpp $(BUILD)/$1/flags
	$$(call SAY,CXX)
	@mkdir -p $$(@D)
	$$(Q)$$(CXX_$1) -std=c++17 $$(CPP_ALL) $$(WARN_CXX) $$(ERROR) $$(CF_$1) $$(CXXF_$1) \
		-pthread -MMD -MP -c -o $$@ $$<
$(BUILD)/$1/libvenvfix.a: $$($1_OBJ) $(BUILD)/$1/sources
	$$(call SAY,AR)
	$$(Q)rm -f $$@ && $$(AR) rcs $$@ $$($1_OBJ) && tests/tools/check-symbols.sh $$@
$(BUILD)/$1/venvfix: $(BUILD)/$1/$$(MAIN:.c=.o) $$(OBJ_$1) $(BUILD)/$1/libvenvfix.a
	$$(call SAY,LINK)
	$$(Q)$$(LINK) $$(LF_$1) $$(LDFLAGS) -o $$@ $$^ $$(PC_LIBS) -pthread
$(BUILD)/$1/tests/unit/libhelp.a: $$(patsubst %.c,$(BUILD)/$1/%.o,$$(UNITHELP)) $(BUILD)/$1/sources
	$$(Q)rm -f $$@ && $$(AR) rcs $$@ $$(filter %.o,$$^)
$(BUILD)/$1/tests/unit/%: $(BUILD)/$1/tests/unit/%.o $$(OBJ_$1) $(BUILD)/$1/tests/unit/libhelp.a $(BUILD)/$1/libvenvfix.a
	$$(call SAY,LINK)
	$$(Q)$$(LINK) $$(LF_$1) $$(LDFLAGS) -o $$@ $$^ $$(PC_CMOCKA) $$(PC_LIBS) -pthread
$(BUILD)/$1/joint/table.h: force
	$$(call KEEP,$$(patsubst tests/unit/test_%.c,TEST(%),$$(filter-out $$(OWN),$$(UNIT))))
$(BUILD)/$1/joint/joint.o: tests/tools/joint.c $(BUILD)/$1/joint/table.h $(BUILD)/$1/flags
	$$(Q)$$(CC_$1) -std=c17 -I$$(@D) $$(WARN) $$(ERROR) $$(CF_$1) -c -o $$@ $$<
$(BUILD)/$1/joint/%.o: tests/unit/%.c $(BUILD)/$1/flags
	$$(call SAY,CC)
	@mkdir -p $$(@D)
	$$(Q)$$(CC_$1) -std=c17 $$(CPP_ALL) -I$$(@D) $$(WARN) $$(ERROR) $$(CF_$1) \
		$$(if $$(filter test_%,$$*),-Dmain=$$* -Wno-missing-prototypes) -pthread -MMD -MP -c -o $$@ $$<
$(BUILD)/$1/tests/unit/joint: $$($1_JOINT) $(BUILD)/$1/joint/joint.o $$(OBJ_$1) $(BUILD)/$1/tests/unit/libhelp.a $(BUILD)/$1/libvenvfix.a
	$$(call SAY,LINK)
	$$(Q)$$(LINK) $$(LF_$1) $$(LDFLAGS) -o $$@ $$^ $$(PC_CMOCKA) $$(PC_LIBS) -pthread
endef
$(foreach f,release asan fuzz analyze debug,$(eval $(call flavour,$f)))

# A harness defines LLVMFuzzerTestOneInput, which no header declares.
$(BUILD)/asan/tests/fuzz/%.o $(BUILD)/fuzz/tests/fuzz/%.o $(BUILD)/analyze/tests/%.o: CF_FILE := -Wno-missing-prototypes
$(OBJ_asan): CF_FILE := -Wno-missing-prototypes
$(BUILD)/asan/tests/fuzz/fuzz_%: $(BUILD)/asan/tests/fuzz/fuzz_%.o $(BUILD)/asan/tests/fuzz/replay_main.o \
		$(OBJ_asan) $(BUILD)/asan/libvenvfix.a
	$(call SAY,LINK)
	$(Q)$(LINK) $(LF_asan) $(LDFLAGS) -o $@ $^ $(PC_LIBS) -pthread
$(BUILD)/fuzz/fuzz_%: $(BUILD)/fuzz/tests/fuzz/fuzz_%.o $(BUILD)/fuzz/libvenvfix.a
	$(call SAY,LINK)
	$(Q)$(if $(SRCXX),$(CXX_fuzz),$(CC_fuzz)) $(LF_fuzz) $(LDFLAGS) -o $@ $^ $(PC_LIBS) -pthread

# Preloaded by end-to-end tests: it stops the program at a chosen call.
$(BUILD)/stop_at.so: tests/tools/stop_at.c
	$(call SAY,CC)
	@mkdir -p $(@D)
	$(Q)$(CC) -std=c17 -D_GNU_SOURCE $(WARN_CXX) -Wmissing-prototypes -O1 -g -fPIC -shared -o $@ $< -ldl

$(BUILD)/libs-found: Makefile
	@mkdir -p $(@D)
	@command -v $(CC) >/dev/null && $(PKG_CONFIG) --exists $(PKGS) $(PKGS_HDR) || \
		{ echo 'venvfix: build dependencies are missing, run: make deps' >&2; exit 1; }
	@touch $@

deps: ; @$(DEPS_SH) build $(PKGS) $(PKGS_HDR)
deps-demo: ; @$(DEPS_SH) build $(if $(ENV),,demo) $(PKGS) $(PKGS_HDR)
deps-test: ; @$(DEPS_SH) build test $(PKGS) $(PKGS_HDR)
deps-lint: ; @$(DEPS_SH) build test lint $(PKGS) $(PKGS_HDR)
deps-package: ; @$(DEPS_SH) build test package $(PKGS) $(PKGS_HDR)
deps-bench: ; @$(DEPS_SH) build test bench $(PKGS) $(PKGS_HDR)

demo: deps-demo
	@$(SUBMAKE) all
	@BUILD='$(abspath $(BUILD))' PYTHON='$(PYTHON)' tests/tools/demo.sh $(if $(ENV),"$(ENV)")

# $1: directory of the results, $2: the steps, each a target. All run, whatever fails; the last line has the sums.
STEPS = rm -rf $1; for step in $2; do $(SUBMAKE) $$step RESULTS=$1 || $(TALLY) broke $1 $$step; done; $(TALLY) sum $1
# $1: programs, $2: how they are run. Those that can be built run, also when others cannot; one not built has failed.
UNITS = $(patsubst %.c,$(BUILD)/$1/%,$(if $(T),$2,$(filter $(OWN),$2) $(if $(filter-out $(OWN),$2),tests/unit/joint.c)))
PROGRAMS = $(if $1,$(SUBMAKE) -k $1,:); built=$$?; $(TALLY) $2 $1 && exit $$built

# Everything, in both builds: `make check` leaves out what check-all runs twice or in every combination.
check-all: export ALL := 1
check check-all: deps-test
	+@$(call STEPS,$(RESULTS),check-layers check-unit check-e2e check-asan-unit check-asan-e2e check-fuzz-corpus $(ALL:1=check-bare check-packaging))
check-asan: deps-test
	+@$(call STEPS,$(RESULTS)-asan,check-asan-unit check-asan-e2e)
lint: deps-lint
	+@$(call STEPS,$(RESULTS)-lint,lint-format lint-citations lint-tidy lint-cppcheck lint-analyzer lint-scripts lint-fuzz)

check-layers:
	@$(TALLY) one $(RESULTS) layers-self-test $(PYTHON) -B tests/tools/check-layers.py --self-test
	@$(TALLY) one $(RESULTS) layers $(PYTHON) -B tests/tools/check-layers.py src
check-unit: ; +@$(call PROGRAMS,$(call UNITS,release,$(if $(T)$(ALL),$(RUN),$(PLAIN))),unit $(RESULTS) unit)
check-asan-unit: ; +@$(call PROGRAMS,$(call UNITS,asan,$(if $(T)$(ALL),$(RUN),$(filter-out $(PLAIN),$(UNIT)))),unit $(RESULTS) unit-asan)
check-bare: ; @$(TALLY) one $(RESULTS) bare tests/tools/bare.sh
check-fuzz-corpus: ; +@$(call PROGRAMS,$(FUZZ:%.c=$(BUILD)/asan/%),replay $(RESULTS) fuzz-corpus fixtures/fuzz)
check-e2e check-matrix: all pytools $(BUILD)/stop_at.so
	@$(E2E_ENV) VENVFIX='$(abspath $(BUILD))/venvfix' $(if $(filter check-matrix,$@),VENVFIX_MATRIX=full) \
		$(TALLY) pytest $(RESULTS) $(@:check-%=%) tests/e2e $(PYTEST)
check-asan-e2e: $(BUILD)/asan/venvfix pytools $(BUILD)/stop_at.so
	@$(E2E_ENV) VENVFIX='$(abspath $(BUILD))/asan/venvfix' VENVFIX_SANITIZED=1 \
		$(TALLY) pytest $(RESULTS) e2e-asan tests/e2e $(PYTEST)
check-roots: all
	@$(PYTHON) -B tests/roots/check_roots.py '$(BUILD)/venvfix' '$(BUILD)/roots'
fuzz: $(patsubst tests/fuzz/%.c,$(BUILD)/fuzz/%,$(FUZZ))
pytools: ; @$(PYTHON) -B tests/tools/pytools.py '$(BUILD)'
bench: deps-bench all pytools
	@$(E2E_ENV) VENVFIX='$(abspath $(BUILD))/venvfix' $(PYTHON) -B tests/bench/run.py $(BENCHFLAGS)

TIDY := $(patsubst %,$(BUILD)/lint/%.tidy,$(SRC) $(FUZZ))
$(BUILD)/lint/%.c.tidy: %.c $(HEADERS) .clang-tidy $(BUILD)/release/flags
	$(call SAY,TIDY)
	@mkdir -p $(@D)
	$(Q)clang-tidy --quiet $< -- -std=c17 $(CPP_ALL) 2>$@.err || { cat $@.err; exit 1; }; touch $@
lint-format: ; @$(TALLY) one $(RESULTS) $@ clang-format --dry-run -Werror $(CFILES) $(HEADERS)
format: ; clang-format -i $(CFILES) $(HEADERS)
lint-tidy: ; +@$(TALLY) one $(RESULTS) $@ $(SUBMAKE) -k $(TIDY)
lint-cppcheck:
	@mkdir -p $(BUILD)/lint/cppcheck
	@$(TALLY) one $(RESULTS) $@ cppcheck -q -j $(NPROC) --std=c11 --enable=warning,performance,portability \
		--inline-suppr --suppress=missingIncludeSystem --suppress=ctuuninitvar --cppcheck-build-dir=$(BUILD)/lint/cppcheck \
		--error-exitcode=1 -Isrc -D_GNU_SOURCE $(SRC)
lint-analyzer: ; +@$(TALLY) one $(RESULTS) $@ $(SUBMAKE) -k $(filter %.o,$(patsubst %.cpp.o,,$(analyze_OBJ)))
lint-citations:
	@$(TALLY) one $(RESULTS) citations-self-test $(PYTHON) -B tests/tools/check-citations.py --self-test
	@$(TALLY) one $(RESULTS) citations $(PYTHON) -B tests/tools/check-citations.py
lint-scripts: ; @$(TALLY) one $(RESULTS) $@ tests/tools/lint-scripts.sh $(PYTHON)
# The harnesses build with clang, warnings as everywhere; `make fuzz` builds them to be run.
lint-fuzz: ; +@$(TALLY) one $(RESULTS) $@ $(SUBMAKE) fuzz BUILD=$(BUILD)/lint FUZZFLAGS=-O0

# ARCH=aarch64 cross-compiles, where that is possible. docs/packaging/README.md has more.
PACKAGING = BUILD='$(BUILD)' PYTHON='$(PYTHON)' MAKE='$(MAKE)' CC='$(CC)' CXX='$(CXX)'
static wheel deb rpm dist: ; @$(PACKAGING) docs/packaging/package.sh $@ $(ARCH)
check-packaging: deps-package all deb rpm dist pytools
	@test "$$(uname -m)" != x86_64 || $(PACKAGING) docs/packaging/package.sh static aarch64
	@$(E2E_ENV) $(TALLY) pytest $(RESULTS) packaging tests/packaging $(PYTEST)

VERSION   = $(shell sed -n 's/^.define VENVFIX_VERSION  *"\(.*\)"/\1/p' src/venvfix.h)
install uninstall: $(if $(filter install,$(MAKECMDGOALS)),all)
	@tests/tools/install.sh $@ '$(BUILD)' '$(DESTDIR)' '$(PREFIX)' '$(VERSION)' '$(PKGS)'
debug: $(BUILD)/debug/venvfix
clean: ; rm -rf "$(BUILD)"

help: ; @sed -n 's/^#: //p' $(firstword $(MAKEFILE_LIST))
#: make                   build/venvfix and build/libvenvfix.a      BUILD=DIR elsewhere, V=1 shows commands, WERROR=1
#: make deps              install what the build needs and is missing, with the package manager; DRY=1 only prints it
#:                        (deps-demo, deps-test, deps-lint, deps-package, deps-bench: the same for those)
#: make demo [ENV=DIR]    show the program on an environment made for it, or check the environment DIR
#: make check             all tests (every push); make check-all: in both builds, every pair, a bare Debian (long)
#: make check-unit T=fs_txn     one unit test; check-asan-unit: sanitized
#: make check-e2e T=moved       end-to-end tests with this word in their name; check-asan-e2e: sanitized
#: make check-layers check-fuzz-corpus check-matrix check-bare       other parts, and every combination
#: make check-roots        check --root against chroots of three Debian releases (as root, with debootstrap; long)
#: make lint              formatting, static analysis, citations; make format: formats
#: make fuzz              then e.g. build/fuzz/fuzz_record -max_total_time=60 fixtures/fuzz/record
#: make debug             build/debug/venvfix, for gdb -x tests/tools/gdb_printers.py
#: make bench             measure, as ratios to reference programs
#: make static wheel deb rpm dist     release artifacts in build/dist (docs/packaging); check-packaging: their tests
#: make install           to DESTDIR and PREFIX, with venvfix.pc; make uninstall removes it again
#: make clean             remove the build directory

force:
.PHONY: all debug deps deps-demo deps-test deps-lint deps-bench deps-package static wheel deb rpm dist check-packaging demo check check-all check-bare check-asan check-layers check-unit \
	check-asan-unit check-e2e check-roots \
	check-matrix check-asan-e2e check-fuzz-corpus fuzz pytools bench format lint lint-format lint-tidy lint-cppcheck \
	lint-analyzer lint-citations lint-scripts lint-fuzz install uninstall clean help force
.SECONDARY:
.DELETE_ON_ERROR:
-include $(ALLOBJ:.o=.d) $(OBJ_asan:.o=.d)
