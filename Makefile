# Indelible. `make help` lists what can be made.
BUILD ?= release
PREFIX ?= /usr/local
VERSION := $(shell cat VERSION)
O := build/$(BUILD)

CC ?= gcc
CLANG ?= clang
PY := /usr/bin/python3
PKG_CONFIG ?= pkg-config
.PHONY: all unit pii bench crash kill powercut fuzz-replay fuzz fuzz-run \
	storm storm-run storm-check deps-check deps-install check asan tsan \
	coverage lint format e2e interop benign attack demo install clean help

# --- dependencies -----------------------------------------------------------
MAY := $(shell $(PKG_CONFIG) --exists libseccomp && echo libseccomp) # optional
PKGS := libcurl jansson openssl sqlite3 libfyaml libutf8proc libidn2 libpsl \
	libdeflate libmicrohttpd libcares $(MAY)
DEB_BUILD := gcc make pkg-config libcurl4-openssl-dev libev-dev libfyaml-dev \
	libjansson-dev libssl-dev libsqlite3-dev libutf8proc-dev libidn2-dev \
	libpsl-dev libdeflate-dev libmicrohttpd-dev libseccomp-dev \
	libc-ares-dev ca-certificates publicsuffix
DEB_DEMO := python3 python3-aiohttp python3-cryptography python3-aiosmtpd
DEB_TEST := libcmocka-dev python3-pytest python3-pytest-xdist \
	python3-hypothesis nginx-light clang clang-format mandoc git strace \
	libclang-rt-14-dev e2fsprogs valgrind chromium chromium-driver \
	python3-jsonschema dnsmasq-base libgnutls-dane0 \
	libidn12
PC = $(shell $(PKG_CONFIG) $(1) $(2) 2>/dev/null)

# --- flavours ---------------------------------------------------------------
WARN := -Wall -Wextra -Wformat=2 -Wshadow -Wconversion -Wcast-qual -Wvla \
	-Wstrict-prototypes -Wimplicit-fallthrough -Wnull-dereference \
	-Wno-format-truncation -Wno-sign-conversion \
	-Wno-missing-field-initializers
HARDEN := -U_FORTIFY_SOURCE -D_FORTIFY_SOURCE=2 -fstack-protector-strong \
	-fstack-clash-protection -fcf-protection
# libev's watchers alias by design.
BASE := -std=c11 -D_GNU_SOURCE -I. -I$(O)/gen -g -fPIE -fno-strict-aliasing \
	-ffile-prefix-map=$(CURDIR)=. -DINDELIBLE_VERSION='"$(VERSION)"'
# Only in builds for tests: a certificate that kills its worker.
TESTING := -DINDELIBLE_POISON
FLAGS_release := -O2 $(HARDEN)
SAN := -fno-omit-frame-pointer -fsanitize=address,undefined \
	-fno-sanitize-recover=undefined
FLAGS_asan := -O1 $(SAN) $(TESTING)
FLAGS_tsan := -O1 -fno-omit-frame-pointer -fsanitize=thread $(TESTING)
FLAGS_cov := -O0 --coverage $(TESTING)
FLAGS_fuzz := -O1 $(SAN) -fsanitize=fuzzer-no-link
FLAGS_storm := -O2 $(SAN) -fsanitize-coverage=inline-8bit-counters
ifneq ($(filter fuzz storm,$(BUILD)),)
CC := $(CLANG)
endif
WARN += $(if $(findstring clang,$(CC)),-Wno-unknown-warning-option)
FLAGS := $(FLAGS_$(BUILD))
ifeq ($(FLAGS),)
$(error BUILD=$(BUILD): choose release, asan, tsan, cov, fuzz or storm)
endif
ALL_CFLAGS = $(BASE) $(FLAGS) $(WARN) $(if $(WERROR),-Werror) \
	$(call PC,--cflags,$(PKGS)) $(MAY:%=-DINDELIBLE_SECCOMP) $(CFLAGS)
ALL_LDFLAGS = $(FLAGS) -pie -Wl,-z,relro,-z,now -Wl,--as-needed $(LDFLAGS)
LIBS = $(call PC,--libs,$(PKGS)) -lev -lpthread -lm

# --- rooms, lowest first ----------------------------------------------------
objs = $(patsubst %.c,$(O)/%.o,$(sort $(wildcard $(1))))
OBJ_ctlog := $(call objs,ctlog/*/*.c)
OBJ_config := $(call objs,config/*.c)
OBJ_alerts := $(call objs,alerts/*.c)
OBJ_pii := $(call objs,monitor/pii/*.c)
OBJ_store := $(call objs,monitor/store/*.c)
OBJ_monitor := $(filter-out $(O)/monitor/main.o,$(call objs,monitor/*.c))
ROOMS := monitor store pii alerts config ctlog
ROOM_LIBS := $(ROOMS:%=$(O)/lib%.a)

all: deps-check $(O)/indelible

link = $(CC) $(ALL_LDFLAGS) -o $@ $(filter %.o,$^) -Wl,--start-group \
	$(ROOM_LIBS) -Wl,--end-group $(LIBS)
$(O)/indelible: $(O)/monitor/main.o $(ROOM_LIBS)
	$(link)

$(foreach r,$(ROOMS),$(eval $(O)/lib$(r).a: $(OBJ_$(r))))
$(ROOM_LIBS):
	@rm -f $@
	$(AR) rcsD $@ $^

$(O)/%.o: %.c Makefile VERSION
	@mkdir -p $(@D)
	$(CC) $(ALL_CFLAGS) -MMD -MP -c -o $@ $<

# Migrations, words, carriers, reports' style and so on become C strings.
embed = @mkdir -p $(@D) && tests/embed $< > $@
$(O)/gen/%.sql.h: monitor/store/migrations/%.sql tests/embed
	$(embed)
$(O)/gen/words/%.txt.h: monitor/pii/words/%.txt tests/embed
	$(embed)
$(O)/gen/%.h: % tests/embed
	$(embed)
gen = $(patsubst $(1)/%,$(O)/gen/%.h,$(sort $(wildcard $(1)/$(2))))
$(filter $(O)/monitor/store/sqlite%,$(OBJ_store)): \
	$(call gen,monitor/store/migrations,*.sql)
$(OBJ_pii): $(call gen,monitor/pii,words/*.txt) $(O)/gen/monitor/pii/carriers.tsv.h
$(OBJ_alerts): $(patsubst %,$(O)/gen/%.h,$(wildcard alerts/*.json \
	alerts/*/*.* alerts/*/*/*.*))
$(O)/monitor/api_status.o: $(O)/gen/monitor/openapi.json.h

# --- unit tests -------------------------------------------------------------
UNIT := $(patsubst tests/%.c,$(O)/tests/%,\
	$(sort $(wildcard tests/unit/*.c tests/store/*.c)))
.SECONDARY:
unit: $(UNIT:%=%.ok)
$(O)/tests/%: $(O)/tests/%.o $(ROOM_LIBS)
	$(link) -lcmocka
$(O)/tests/%.ok: $(O)/tests/%
	@CMOCKA_MESSAGE_OUTPUT=stdout tests/quiet $*-$(BUILD) $<
	@touch $@

# --- personal data: fixtures, matching, another reader ------------------------
pii: all
	INDELIBLE=$(O)/indelible $(PY) -m pytest -q tests/pii $(E2E)

# --- measuring: figures beside what is to be reached -------------------------
# make bench BENCH="index cert": parts of it; BENCH_RECORDS= says how many.
BENCHES := $(patsubst %,$(O)/tests/bench/%,micro floor stages)
$(BENCHES): %: %.o $(ROOM_LIBS)
	$(link)
bench: all $(BENCHES)
	@$(PY) -m tests.bench.run --build $(O) \
	    $(if $(BENCH_RECORDS),--records $(BENCH_RECORDS)) $(BENCH)

# --- crashes: all of them by hand, a few in `make check` ----------------------
# nth runs a command and kills it at its Nth system call; it needs no library.
$(O)/tests/crash/nth: tests/crash/nth.c Makefile
	@mkdir -p $(@D)
	$(CC) -std=c11 -D_GNU_SOURCE -O2 $(WARN) -o $@ $<
crash: all $(O)/tests/crash/nth
	INDELIBLE=$(O)/indelible $(PY) -m tests.crash.points $(CRASH)
kill: all
	INDELIBLE=$(O)/indelible $(PY) -m tests.crash.kill$(KILL:%=_%) \
	    --rounds $(or $(ROUNDS),300) --entries $(or $(ENTRIES),1000000)
powercut: all
	INDELIBLE=$(O)/indelible $(PY) -m tests.crash.powercut \
	    --images $(or $(IMAGES),200)

# --- fuzzing: every target replays its corpus in `make check` ---------------
FUZZ := $(patsubst tests/fuzz/%.c,%,$(wildcard tests/fuzz/fuzz_*.c))
# Those that read DER, whose inputs are changed as trees.
TREES := fuzz_tree fuzz_cert fuzz_chars fuzz_inspect
$(TREES:%=$(O)/fuzz/%) $(TREES:%=$(O)/storm/%): $(O)/tests/fuzz/trees.o
$(O)/tests/fuzz/storm.o $(O)/tests/fuzz/trees.o: FLAGS := -O2
$(O)/fuzz/%: $(O)/tests/fuzz/%.o $(ROOM_LIBS) $(if $(filter fuzz,$(BUILD)),,\
	$(O)/tests/fuzz/replay.o)
	@mkdir -p $(@D)
	$(link) $(if $(filter fuzz,$(BUILD)),-fsanitize=fuzzer)
$(O)/storm/%: $(O)/tests/fuzz/%.o $(O)/tests/fuzz/storm.o $(ROOM_LIBS)
	@mkdir -p $(@D)
	$(link)
fuzz-replay: $(FUZZ:%=$(O)/fuzz/%)
	@for f in $(FUZZ); do \
	    tests/quiet $$f-replay-$(BUILD) $(O)/fuzz/$$f \
	    tests/fuzz/corpus/$$f || exit 1; done
# libFuzzer for SECONDS or that many RUNS; on one: make fuzz TARGET=fuzz_tree
FUZZED := $(or $(TARGET),$(FUZZ))
fuzz storm:
	$(MAKE) BUILD=$@ $@-run
fuzz-run: $(FUZZED:%=$(O)/fuzz/%)
	@for f in $(FUZZED); do mkdir -p build/corpus/$$f; \
	    $(O)/fuzz/$$f $(if $(RUNS),-runs=$(RUNS),\
	    -max_total_time=$(or $(SECONDS),60)) -timeout=5 \
	    -rss_limit_mb=1024 build/corpus/$$f tests/fuzz/corpus/$$f || \
	    exit 1; done
# The same many times faster (tests/fuzz/storm.c), on what reads DER when no
# TARGET is named: make storm TARGET=fuzz_tree RUNS=100000000 SEED=2
STORMED := $(or $(TARGET),$(TREES))
storm-check: $(O)/storm/faults $(O)/storm/fuzz_tree
	@tests/fuzz/storm_check $(O)
storm-run: $(STORMED:%=$(O)/storm/%)
	@for f in $(STORMED); do $(O)/storm/$$f -n $(or $(RUNS),1000000) \
	    -t $(or $(SECONDS),0) -s $(or $(SEED),1) -o build \
	    tests/fuzz/corpus/$$f $(CORPUS) || exit 1; done

# --- the rest ---------------------------------------------------------------
deps-check:
	@tests/deps $(DEB_BUILD)
deps-install:
	@tests/deps --install $(DEB_BUILD) $(DEPS_MORE)
demo:
	@$(MAKE) --no-print-directory deps-install DEPS_MORE="$(DEB_DEMO)"
	@$(MAKE) --no-print-directory all
	@$(PY) tests/demo.py $(O)/indelible $(if $(ONCE),--once)
check:
	@$(MAKE) --no-print-directory deps-install \
	    DEPS_MORE="$(DEB_DEMO) $(DEB_TEST)"
	@tests/check
lint:
	@tests/lint
format:
	clang-format -i $$(git ls-files '*.c' '*.h')
e2e: all
	INDELIBLE=$(O)/indelible $(PY) -m pytest -q tests/e2e $(E2E)
# Programs of others are fetched and compiled once, into the user's cache.
interop: all
	@$(PY) -m tests.interop.programs
	INDELIBLE=$(O)/indelible $(PY) -m pytest -q -rs tests/interop $(E2E)
# Honest logs in all weathers give no false alarm.
benign: all
	INDELIBLE=$(O)/indelible $(PY) -m tests.bench.benign \
	    --polls $(or $(POLLS),2000) --logs $(or $(LOGS),40)
# What attackers cost the other logs: make attack ATTACKS="stall huge all"
attack: all
	INDELIBLE=$(O)/indelible $(PY) -m tests.bench.attack $(ATTACKS)
asan:
	$(MAKE) BUILD=asan all unit fuzz-replay
tsan:
	$(MAKE) BUILD=tsan all unit
	$(MAKE) BUILD=tsan e2e E2E="-m smoke"
coverage:
	$(MAKE) BUILD=cov all unit e2e
	gcovr -r . --object-directory build/cov -e tests/ --print-summary
# Texts say where things are installed.
put = sed 's|/usr/local|$(PREFIX)|g' $(1) | install -D -m 0644 /dev/stdin \
	    $(DESTDIR)$(PREFIX)/$(strip $(2))
install: all
	install -D -m 0755 $(O)/indelible $(DESTDIR)$(PREFIX)/bin/indelible
	$(call put,monitor/indelible.8,share/man/man8/indelible.8)
	$(call put,monitor/indelible-inspect.1,share/man/man1/indelible-inspect.1)
	$(call put,config/indelible.yaml.5,share/man/man5/indelible.yaml.5)
	$(call put,config/indelible.service,lib/systemd/system/indelible.service)
	$(call put,config/example.yaml,share/doc/indelible/indelible.yaml)
	$(call put,config/completions/indelible,\
	    share/bash-completion/completions/indelible)
clean:
	rm -rf build
help:
	@echo 'make            build/release/indelible'
	@echo 'make demo       install what is missing (as root), build, show'
	@echo '                the main job on a local log; ONCE=1 ends itself'
	@echo 'make check      install what is missing (as root), test everything'
	@echo 'make unit | e2e | pii | interop | fuzz-replay | lint  parts of it'
	@echo 'make asan | tsan | coverage              other builds of it'
	@echo 'make fuzz SECONDS=60 TARGET=fuzz_tree    search for new inputs'
	@echo 'make storm RUNS=100000000 TARGET=fuzz_tree    the same, faster'
	@echo 'make bench BENCH="index cert" BENCH_RECORDS=2000  speed and size'
	@echo 'make crash | powercut IMAGES=200 | kill ROUNDS=300  (powercut as root)'
	@echo 'make benign POLLS=100000                 look for false alarms'
	@echo 'make attack ATTACKS="stall all"          what attacks cost, in figures'
	@echo 'make install DESTDIR= PREFIX=$(PREFIX)'
	@echo 'BUILD=release|asan|tsan|cov|fuzz|storm  WERROR=1  CC=clang'

-include $(shell find $(O) -name '*.d' 2>/dev/null)
