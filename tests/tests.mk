# Tests: `make check` runs all of them. One cmocka program for each tests/unit/ROOM/test_*.c, one script
# for each behaviour area in tests/cli (no VM needed), tests/tui (the terminal interface on a terminal
# of its own) and tests/vm (a real VM), tests/check-*.sh for what is true of the sources themselves.

TEST_LIBS := -lcmocka $(PYRO_LIBS) $(filter-out $(PYRO_LIBS),$(IMAGE_LIBS)) -Wl,--as-needed $(filter-out $(PYRO_LIBS),$(HTTP_LIBS)) \
             $(filter-out $(PYRO_LIBS),$(FETCH_LIBS))
TEST_LDFLAGS := $(LDFLAGS) $(if $(FUZZ),-fsanitize=fuzzer$(,)address$(,)undefined,-pie)

# Everything but the mains, in one thin archive: a test pulls in what it names.
LIBTEST_OBJ := $(filter-out $(MAINS),$(BASE_OBJ) $(VMM_OBJ) $(ENGINE_OBJ) $(IMAGE_OBJ) $(HASH_OBJ) $(HTTP_OBJ) $(call obj,$(METRICS_SRC)) $(FETCH_OBJ) $(TUI_OBJ) \
                 $(call obj,$(GUEST_SRC))) $(BLOBS)
$(B)/libtest.a: $(LIBTEST_OBJ)
	$(Q)rm -f $@ && ar rcsTP $@ $^

UNIT_TESTS := $(patsubst %.c,$(B)/%,$(wildcard tests/unit/test_*.c tests/unit/*/test_*.c))
FUZZ_TESTS := $(patsubst %.c,$(B)/%,$(wildcard tests/fuzz/fuzz_*.c))
UNIT_HELPERS := $(call obj,$(filter-out $(wildcard tests/unit/test_*.c),$(wildcard tests/unit/*.c)))

# cmocka programs that start VMs, beside the scripts; tests/vm/vm_*.c is what they share.
VM_TESTS := $(patsubst %.c,$(B)/%,$(wildcard tests/vm/test_*.c))
$(VM_TESTS): $(call obj,$(wildcard tests/vm/vm_*.c)) $(UNIT_HELPERS)

# Tests of static functions include the .c they test.
$(UNIT_TESTS): $(UNIT_HELPERS)
$(UNIT_TESTS) $(VM_TESTS): $(B)/%: $(B)/%.o $(B)/libtest.a
	$(if $(Q),@echo "  LD    $@")
	$(Q)$(CC) $(TEST_LDFLAGS) -o $@ $(filter %.o,$^) $(B)/libtest.a $(TEST_LIBS)

# Programs that scripts in tests/vm start.
VM_PROGRAMS := $(patsubst %.c,$(B)/%,$(wildcard tests/vm/guest_*.c))
$(VM_PROGRAMS): $(B)/%: $(B)/%.o $(B)/tests/vm/vm_fixture.o $(B)/tests/unit/peer.o $(B)/libtest.a
	$(if $(Q),@echo "  LD    $@")
	$(Q)$(CC) $(TEST_LDFLAGS) -o $@ $(filter %.o,$^) $(B)/libtest.a $(TEST_LIBS)

# A server that runs in guests and on the host alike, and a QEMU that lives under the jail's limit of memory: static,
# without sanitizers.
WEB_SERVER := build/tests/web-server
BAD_QEMU := build/tests/bad-qemu
$(WEB_SERVER): tests/web/server.c
$(BAD_QEMU): tests/vm/bad_qemu.c
$(WEB_SERVER) $(BAD_QEMU):
	@mkdir -p $(@D)
	$(if $(Q),@echo "  CC    $< (static)")
	$(Q)gcc -std=gnu11 -O2 $(WARN) -D_GNU_SOURCE -static -o $@ $<

# A program on a terminal of its own, for the scripts in tests/tui and for the bench.
TUI_TERMINAL := $(call obj,$(filter-out tests/tui/driver.c,$(wildcard tests/tui/*.c)))
TUI_DRIVER := $(B)/tests/tui/driver
$(TUI_DRIVER): $(B)/tests/tui/driver.o $(TUI_TERMINAL) $(B)/libtest.a
	$(if $(Q),@echo "  LD    $@")
	$(Q)$(CC) $(TEST_LDFLAGS) -o $@ $(filter %.o,$^) $(B)/libtest.a $(filter-out -lcmocka,$(TEST_LIBS))

# Writes many records, for scripts and for the bench.
RECORDS := $(B)/tests/records/records
RECORDS_WRITE := $(B)/tests/records/write.o
$(RECORDS): $(RECORDS).o $(RECORDS_WRITE) $(B)/libtest.a
	$(if $(Q),@echo "  LD    $@")
	$(Q)$(CC) $(TEST_LDFLAGS) -o $@ $^ $(filter-out -lcmocka,$(TEST_LIBS))

$(FUZZ_TESTS): $(B)/%: $(B)/%.o $(B)/libtest.a
	$(if $(Q),@echo "  LD    $@")
	$(Q)$(CC) $(TEST_LDFLAGS) -o $@ $(filter %.o,$^) $(B)/libtest.a $(filter-out -lcmocka,$(TEST_LIBS))

# The bench: rows of every area in one program, and its peers that need one of their own.
BENCH_PEERS := $(B)/tests/bench/cold_boot
# Measures what it starts, and therefore links nothing that it does not need.
BENCH_RSS := $(B)/tests/bench/child_rss
BENCH_OBJ := $(call obj,$(filter-out tests/bench/cold_boot.c tests/bench/child_rss.c,\
    $(wildcard tests/bench/*.c)))
$(B)/tests/bench/bench: $(BENCH_OBJ) $(RECORDS_WRITE) $(TUI_TERMINAL) $(B)/libtest.a
	$(if $(Q),@echo "  LD    $@")
	$(Q)$(CC) $(TEST_LDFLAGS) -o $@ $^ $(filter-out -lcmocka,$(TEST_LIBS))
$(BENCH_PEERS): $(B)/%: $(B)/%.o $(B)/tests/unit/peer.o $(B)/libtest.a
	$(if $(Q),@echo "  LD    $@")
	$(Q)$(CC) $(TEST_LDFLAGS) -o $@ $^ $(filter-out -lcmocka,$(TEST_LIBS))
$(BENCH_RSS): $(B)/%: $(B)/%.o
	$(if $(Q),@echo "  LD    $@")
	$(Q)$(CC) $(TEST_LDFLAGS) -o $@ $^

JOBS ?= $(shell nproc)
RUN = PYRO=$(abspath $(BIN)/pyro) TEST_BUILD=$(B) tests/run.sh

.PHONY: check check-source check-unit check-cli check-tui check-vm check-kvm check-deb check-mcp check-agents check-slurm check-metrics check-oci check-debian13 check-long check-all \
        check-san fuzz fuzz-programs unit-programs bench bench-init-on-free screenshots docs format
unit-programs: $(UNIT_TESTS) $(VM_TESTS) $(VM_PROGRAMS) $(TUI_DRIVER) $(WEB_SERVER) $(BAD_QEMU) $(RECORDS)
fuzz-programs: $(FUZZ_TESTS)

check: setup
	@$(MAKE) --no-print-directory -j$(JOBS) all unit-programs
	@$(MAKE) --no-print-directory check-all

# Without set-up and build, for who has just done them.
GROUPS ?= source unit cli tui vm coverage
check-all:
	@$(RUN) $(GROUPS)
check-source: all
	@$(RUN) source
check-unit: $(UNIT_TESTS) $(WEB_SERVER)
	@$(RUN) unit
check-cli: all
	@$(RUN) cli
check-tui: all $(TUI_DRIVER)
	@$(RUN) tui
check-vm: all $(VM_TESTS) $(VM_PROGRAMS) $(WEB_SERVER) $(TUI_DRIVER)
	@$(RUN) vm

# The KVM path, for real, in a VM with emulated virtualization: minutes, whatever this machine is.
check-kvm: setup
	@$(MAKE) --no-print-directory -j$(JOBS) all $(B)/tests/unit/vmm/test_inmate
	@PYRO=$(abspath $(BIN)/pyro) TEST_BUILD=$(B) tests/kvm/check-kvm.sh

# The package, and what it is worth in bare Debian systems: minutes, and hundreds of megabytes are fetched the first time.
check-deb: setup
	@tools/setup.sh deb check-deb
	@$(MAKE) --no-print-directory deb
	@$(RUN) deb

# Clients of `pyro mcp serve` that others have written, at pinned versions: npm fetches 340 MB the first time, and 1.3 GB
# of agents. Those are driven without a model, and without a network.
check-mcp check-agents: check-%: setup
	@$(MAKE) --no-print-directory -j$(JOBS) all
	@$(MAKE) --no-print-directory build/node/$*/installed
	@$(RUN) $*
build/node/%/installed: tests/%/package-lock.json
	@tests/node-packages.sh $* build/node/$*

# Images of others' making, from a registry of others' making.
check-oci: setup
	@tools/setup.sh check-oci
	@$(MAKE) --no-print-directory -j$(JOBS) all
	@$(RUN) oci

# Workspaces as jobs of a Slurm that is started for it.
check-slurm: setup
	@tools/setup.sh check-slurm
	@$(MAKE) --no-print-directory -j$(JOBS) all
	@$(RUN) slurm

# `pyro metrics`, read by the real Prometheus and its linter.
check-metrics: setup
	@tools/setup.sh --unpack prometheus
	@$(MAKE) --no-print-directory -j$(JOBS) all
	@$(RUN) metrics

# `make check` on Debian 13, in a root of its own: GROUPS and ONLY choose, as for check itself; TARGET=check-kvm and others.
check-debian13:
	@tools/setup.sh run check
	@tests/debian13/check-debian13.sh $(if $(filter file,$(origin GROUPS)),,$(GROUPS))

# What kills at random, often: minutes.
check-long: all
	@ROUNDS=100 LIMIT_SECONDS=7200 ONLY='@(snapshots|memory|fork|suspend)_killed.sh' $(RUN) vm
	@LONG=1 ONLY='containers.sh' $(RUN) vm

# The same under AddressSanitizer and UBSan; the guest program stays as it ships.
check-san: setup
	@$(MAKE) --no-print-directory -j$(JOBS) SAN=address,undefined all unit-programs
	@$(MAKE) --no-print-directory SAN=address,undefined check-san-run
check-san-run:
	@PYRO_SANITIZED=1 $(RUN) unit cli tui vm

# Each fuzz target for TIME seconds, from its seeds; what it learns stays in build/fuzz/corpus.
TIME ?= 60
fuzz:
	@tools/setup.sh build fuzz
	@$(MAKE) --no-print-directory -j$(JOBS) FUZZ=1 fuzz-programs
	@tests/fuzz.sh $(TIME)

# What it costs that guests clear memory as they free it: gcc in guests of this build and of one without that, in
# turns, ROUNDS times each. Half an hour; to be run on a machine that does nothing else.
bench-init-on-free: all
	@rm -rf build/before && mkdir -p build/before && git archive HEAD | tar x -C build/before
	@sed -i 's/ init_on_free=1 init_on_alloc=0//' build/before/vmm/qemu.c
	@! grep -q '^[^*]*"[^"]*init_on_free' build/before/vmm/qemu.c
	@$(MAKE) --no-print-directory -C build/before -j$(JOBS) all >/dev/null
	@PYRO_TEST_CACHE=$(abspath build/test-cache) tests/bench/alternate.py build/before/build/pyro $(BIN)/pyro $(or $(ROUNDS),20)

# ROW=TEXT: only the rows whose name holds it; docs/benchmarks.md is then left alone. MISSING=1: only those that it lacks
# for this system, which are added to it.
# A row whose peer is missing says so, and is measured all the same.
bench: setup
	@tools/setup.sh bench || echo 'bench: some peers are missing'
	@$(MAKE) --no-print-directory -j$(JOBS) all $(B)/tests/bench/bench $(BENCH_PEERS) $(BENCH_RSS) $(WEB_SERVER)
	@PYRO_BIN_DIR=$(BIN) $(B)/tests/bench/bench $(if $(MISSING),--missing,$(if $(ROW),'$(ROW)'))

# Pictures of the terminal interface, from the real program against real workspaces.
screenshots: setup
	@tools/setup.sh pictures
	@$(MAKE) --no-print-directory -j$(JOBS) all $(TUI_DRIVER)
	@TEST_BUILD=$(B) PYRO=$(abspath $(BIN)/pyro) tests/screenshots.sh
	@TEST_BUILD=$(B) PYRO=$(abspath $(BIN)/pyro) tests/animation.sh

docs: all
	@mkdir -p docs
	$(Q)$(BIN)/pyro __markdown >docs/commands.md.new && mv docs/commands.md.new docs/commands.md
	$(Q)$(BIN)/pyro __keys >docs/keys.md.new && mv docs/keys.md.new docs/keys.md

format:
	$(Q)clang-format-19 -i $$(git ls-files '*.c' '*.h')
