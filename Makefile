# pyro: build, test, install. `make help` lists the targets.

VERSION := $(shell tools/version.sh)
$(if $(VERSION),,$(error CHANGELOG.md: the first heading is not '## VERSION (DATE)'))
PREFIX ?= /usr/local
DESTDIR ?=
# Where zsh looks for completions; Debian's packages have another directory for that.
ZSH_COMPLETIONS ?= $(PREFIX)/share/zsh/site-functions
CC = gcc
V ?= 0
Q := $(if $(filter 1,$(V)),,@)

, := ,
# Objects of one kind of build are in a folder of their own: SAN=address,undefined  COV=1  FUZZ=1
VARIANT := $(if $(FUZZ),fuzz,$(if $(SAN),san-$(subst $(,),-,$(SAN)),$(if $(COV),cov,plain)))
B := build/$(VARIANT)

WARN := -Wall -Wextra -Wshadow -Wstrict-prototypes -Wmissing-prototypes -Wvla -Wwrite-strings -Wformat=2 \
        -Wundef -Wcast-qual -Wnull-dereference $(if $(FUZZ),,-Wduplicated-cond -Wlogical-op) $(if $(DEV),-Werror)
HARDEN := -fstack-protector-strong -fstack-clash-protection -fcf-protection $(if $(SAN)$(FUZZ),,-D_FORTIFY_SOURCE=2)
OPT ?= $(if $(SAN)$(FUZZ),-O1 -g,-O2 -g)
# "override": what is given as CFLAGS=… or LDFLAGS=… comes on top; GUEST_CFLAGS and GUEST_LDFLAGS for the guest.
override CFLAGS += -std=gnu11 $(OPT) $(WARN) $(HARDEN) -fvisibility=hidden -fPIE -MMD -MP -I. -D_GNU_SOURCE \
          -include vmm/base/banned.h \
          $(if $(SAN),-fsanitize=$(SAN) -fno-omit-frame-pointer -fno-sanitize-recover=all) $(if $(COV),--coverage)
override LDFLAGS += -Wl,-z,relro,-z,now $(if $(SAN),-fsanitize=$(SAN)) $(if $(COV),--coverage)
ifdef FUZZ
CC := clang
override CFLAGS += -fsanitize=fuzzer-no-link,address,undefined -fno-sanitize-recover=all
endif

find = $(sort $(foreach d,$(1),$(wildcard $(d)/*.c) $(wildcard $(d)/*/*.c)))
BASE_SRC  := $(call find,vmm/base)
IMAGE_SRC := $(call find,engine/image)
GUEST_SRC := $(call find,guest)
VMM_SRC   := $(filter-out vmm/base/% vmm/preload/%,$(call find,vmm))
METRICS_SRC := $(call find,engine/http/metrics)
HTTP_SRC  := $(filter-out $(METRICS_SRC),$(call find,engine/http))
OCI_SRC   := $(call find,engine/oci)
HASH_SRC  := $(call find,engine/hash)
FETCH_SRC := $(call find,engine/fetch)
ENGINE_SRC := $(filter-out engine/image/% engine/http/% engine/hash/% engine/fetch/%,$(call find,engine))
TUI_SRC   := $(call find,tui)

obj = $(patsubst %.c,$(B)/%.o,$(1))
BASE_OBJ := $(call obj,$(BASE_SRC))
IMAGE_OBJ := $(call obj,$(IMAGE_SRC))
OCI_OBJ := $(call obj,$(OCI_SRC))
HASH_OBJ := $(call obj,$(HASH_SRC))
HTTP_OBJ := $(call obj,$(HTTP_SRC))
FETCH_OBJ := $(call obj,$(FETCH_SRC))
# What pyro-http has of the engine: lines, and what a message is.
HTTP_ENGINE_OBJ := $(call obj,engine/api/lines.c engine/api/outgoing.c engine/cmd/output.c engine/cmd/text.c engine/mcp/message.c)
# What pyro-metrics has of pyro-http: who may ask, and the jail.
METRICS_OBJ := $(call obj,$(METRICS_SRC) engine/http/head.c engine/http/jail.c engine/cmd/text.c engine/mcp/message.c)
VMM_OBJ := $(call obj,$(VMM_SRC)) $(B)/holes_blob.o
ENGINE_OBJ := $(call obj,$(ENGINE_SRC))
TUI_OBJ := $(call obj,$(TUI_SRC))
# The guest is linked statically, without sanitizers, from objects of its own.
GUEST_OBJ := $(patsubst %.c,build/guest/%.o,$(GUEST_SRC) $(BASE_SRC))
# main functions stay out of what the tests link.
MAINS := %/main.o

PYRO_LIBS := -lncursesw -ltinfo -lvterm -ljansson -lxxhash
IMAGE_LIBS := -larchive -lext2fs -lcom_err -lcrypto -ljansson -lisal
# It brings GnuTLS: pyro itself must not have to load that at every start.
HTTP_LIBS := -lmicrohttpd -ljansson
FETCH_LIBS := -lcurl -lcrypto -ljansson

ifeq ($(VARIANT),plain)
BIN := build
else
BIN := $(B)
endif

all: $(BIN)/pyro $(BIN)/pyro-image $(BIN)/pyro-http $(BIN)/pyro-metrics $(BIN)/pyro-fetch build/pyro-guest
.DEFAULT_GOAL := all
.DELETE_ON_ERROR:

override GUEST_CFLAGS += -std=gnu11 -Os -g $(WARN) $(HARDEN) -ffunction-sections -fdata-sections -MMD -MP -I. -D_GNU_SOURCE \
                -include vmm/base/banned.h
GUEST_LDFLAGS ?=

# The flags that objects were made with are in files that are written only when they change: other flags or another
# VERSION rebuild what they go into, and nothing else. PREFIX goes into nothing: what is in libexec is found from
# where pyro is. The only files that get VERSION:
VERSION_SRC := engine/environment/environment.c engine/environment/install.c engine/cmd/cmd.c engine/commands/man.c \
               engine/cmd/schema.c engine/api/api.c engine/api/describe.c engine/host/probe.c engine/mcp/mcp.c guest/identity.c tests/vm/guest_vm.c tests/bench/report.c
quoted = '$(subst ','\'',$(1))'
stamp = $(shell mkdir -p $(dir $(1)); printf '%s\n' $(call quoted,$(2)) | cmp -s - $(1) || \
          printf '%s\n' $(call quoted,$(2)) >$(1))
_ := $(call stamp,$(B)/flags.stamp,$(CC) $(filter-out -Werror,$(CPPFLAGS) $(CFLAGS)) $(LDFLAGS)) \
     $(call stamp,build/guest/flags.stamp,$(filter-out -Werror,$(CPPFLAGS) $(GUEST_CFLAGS)) $(GUEST_LDFLAGS)) \
     $(call stamp,$(B)/version.stamp,$(VERSION))
$(call obj,$(VERSION_SRC)) build/guest/guest/identity.o: DEFINES := -DPYRO_VERSION='"$(VERSION)"'
$(call obj,$(VERSION_SRC)) build/guest/guest/identity.o: $(B)/version.stamp

# The warnings of an object are kept beside it: under DEV=1 it is made again.
compile = $(Q)$(1) $(DEFINES) -c -o $@ $< 2>$@.warnings; status=$$?; cat $@.warnings >&2; \
          test -s $@.warnings || rm -f $@.warnings; exit $$status
ifdef DEV
$(patsubst %.warnings,%,$(shell find $(B) build/guest -name '*.o.warnings' 2>/dev/null)): FORCE
endif
FORCE:

$(B)/%.o: %.c $(B)/flags.stamp
	@mkdir -p $(@D)
	$(if $(Q),@echo "  CC    $<")
	$(call compile,$(CC) $(CPPFLAGS) $(CFLAGS))

build/guest/%.o: %.c build/guest/flags.stamp
	@mkdir -p $(@D)
	$(if $(Q),@echo "  CC    $< (guest)")
	$(call compile,gcc $(CPPFLAGS) $(GUEST_CFLAGS))

build/pyro-guest: $(GUEST_OBJ)
	$(if $(Q),@echo "  LD    $@")
	$(Q)gcc -static $(GUEST_LDFLAGS) -Wl,--gc-sections -o $@.debug $^ -ljansson
	$(Q)strip -o $@ $@.debug

# What is loaded into QEMU (vmm/holes.h): without sanitizers too.
build/holes.so: vmm/preload/holes.c build/guest/flags.stamp
	$(if $(Q),@echo "  LD    $@")
	$(Q)gcc $(CPPFLAGS) $(filter-out -MMD -MP,$(GUEST_CFLAGS)) -fvisibility=hidden -fPIC -shared -Wl,-z,relro,-z,now -s -o $@ $<

# pyro carries both inside: host and guest are never of different versions.
$(B)/guest_blob.o: build/pyro-guest
$(B)/holes_blob.o: build/holes.so
$(B)/%_blob.o:
	@mkdir -p $(@D)
	$(Q)cd build && ld -r -b binary -z noexecstack -o $(abspath $@) $(<F)
	$(Q)objcopy --rename-section .data=.rodata,alloc,load,readonly,data,contents $@

# And the text of `pyro help agents`, and the player of recordings.
$(B)/skill_blob.o: share/pyro/SKILL.md
$(B)/player_blob.o: engine/shell/player.html
$(B)/skill_blob.o $(B)/player_blob.o:
	@mkdir -p $(@D)
	$(Q)cd $(<D) && ld -r -b binary -z noexecstack -o $(abspath $@) $(<F)
	$(Q)objcopy --rename-section .data=.rodata,alloc,load,readonly,data,contents $@
BLOBS := $(B)/guest_blob.o $(B)/skill_blob.o $(B)/player_blob.o

$(BIN)/pyro: $(BASE_OBJ) $(VMM_OBJ) $(ENGINE_OBJ) $(TUI_OBJ) $(BLOBS)
	$(if $(Q),@echo "  LD    $@")
	$(Q)$(CC) $(LDFLAGS) -pie -o $@ $^ $(PYRO_LIBS)

$(BIN)/pyro-image: $(BASE_OBJ) $(OCI_OBJ) $(HASH_OBJ) $(IMAGE_OBJ)
	$(if $(Q),@echo "  LD    $@")
	$(Q)$(CC) $(LDFLAGS) -pie -o $@ $^ $(IMAGE_LIBS)

$(BIN)/pyro-http: $(BASE_OBJ) $(HTTP_OBJ) $(HTTP_ENGINE_OBJ)
	$(if $(Q),@echo "  LD    $@")
	$(Q)$(CC) $(LDFLAGS) -pie -o $@ $^ $(HTTP_LIBS)

$(BIN)/pyro-metrics: $(BASE_OBJ) $(METRICS_OBJ)
	$(if $(Q),@echo "  LD    $@")
	$(Q)$(CC) $(LDFLAGS) -pie -o $@ $^ $(HTTP_LIBS)

$(BIN)/pyro-fetch: $(BASE_OBJ) $(OCI_OBJ) $(HASH_OBJ) $(FETCH_OBJ)
	$(if $(Q),@echo "  LD    $@")
	$(Q)$(CC) $(LDFLAGS) -pie -o $@ $^ $(FETCH_LIBS)

# The root of check-debian13 belongs to ids that are subordinate to an ordinary user's.
clean:
	rm -rf build 2>/dev/null || unshare --user --map-auto --map-root-user rm -rf build

# Installs the Debian packages that are missing; does nothing, quickly, when none is.
setup:
	@tools/setup.sh build run check

# A Debian package for the release that this machine has, out of a clean copy of the tree.
deb:
	@tools/setup.sh build deb
	@tools/deb.sh

# From a fresh clone to a command in a microVM.
demo:
	@tools/setup.sh build run
	@$(MAKE) --no-print-directory -j$(JOBS) all
	build/pyro env pull debian:12
	build/pyro demo
	@tools/next-steps.sh

INSTALL_BIN := $(DESTDIR)$(PREFIX)/bin
INSTALL_LIBEXEC := $(DESTDIR)$(PREFIX)/libexec/pyro
INSTALL_SHARE := $(DESTDIR)$(PREFIX)/share
INSTALL_ZSH := $(DESTDIR)$(ZSH_COMPLETIONS)

# pyro finds what is in libexec from where it stands itself (../libexec/pyro): any PREFIX fits this build.
install: all
	install -d $(INSTALL_BIN) $(INSTALL_LIBEXEC) $(INSTALL_SHARE)/pyro $(INSTALL_SHARE)/doc/pyro \
	    $(INSTALL_SHARE)/bash-completion/completions $(INSTALL_ZSH) \
	    $(INSTALL_SHARE)/fish/vendor_completions.d $(INSTALL_SHARE)/man/man1 \
	    $(INSTALL_SHARE)/doc/pyro/docs $(INSTALL_SHARE)/doc/pyro/screenshots
	install -m 755 build/pyro $(INSTALL_BIN)/pyro
	install -m 755 build/pyro-image build/pyro-http build/pyro-metrics build/pyro-fetch $(INSTALL_LIBEXEC)
	install -m 644 README.md CHANGELOG.md CONTRIBUTING.md LICENSE $(INSTALL_SHARE)/doc/pyro
	install -m 644 docs/*.md $(INSTALL_SHARE)/doc/pyro/docs
	install -m 644 screenshots/*.png screenshots/demo.svg $(INSTALL_SHARE)/doc/pyro/screenshots
	install -m 644 share/pyro/SKILL.md $(INSTALL_SHARE)/pyro
	build/pyro __man >$(INSTALL_SHARE)/man/man1/pyro.1
	build/pyro completion bash >$(INSTALL_SHARE)/bash-completion/completions/pyro
	build/pyro completion zsh >$(INSTALL_ZSH)/_pyro
	build/pyro completion fish >$(INSTALL_SHARE)/fish/vendor_completions.d/pyro.fish
	@$(MAKE) --no-print-directory install-sdk

uninstall: uninstall-sdk
	rm -f $(INSTALL_BIN)/pyro $(INSTALL_SHARE)/bash-completion/completions/pyro \
	    $(INSTALL_ZSH)/_pyro $(INSTALL_SHARE)/fish/vendor_completions.d/pyro.fish \
	    $(INSTALL_SHARE)/man/man1/pyro.1
	rm -rf $(INSTALL_LIBEXEC) $(INSTALL_SHARE)/pyro $(INSTALL_SHARE)/doc/pyro

help:
	@echo 'make                 build pyro, its helpers and pyro-guest in build/'
	@echo 'make setup           install the Debian packages that are missing'
	@echo 'make demo            setup, build, pull debian:12, run a command in a microVM'
	@echo 'make check           setup, build, all tests; GROUPS="unit cli" and ONLY=PATTERN for some, JOBS=1 for one at a time'
	@echo 'make check-unit      only the unit tests; also check-cli, check-tui, check-vm, check-source'
	@echo 'make check-kvm       the KVM path, in a VM that emulates virtualization'
	@echo 'make check-deb       the package, installed in bare roots of Debian 12 and 13'
	@echo 'make check-mcp       pyro mcp serve with clients from npm'
	@echo 'make check-agents    pyro mcp serve with agents from npm (1.3 GB), without a model'
	@echo 'make check-oci       images made by umoci and skopeo, from a docker-registry of its own'
	@echo 'make check-slurm     the jobs of docs/scale.md under a Slurm of its own'
	@echo 'make check-metrics   pyro metrics, scraped by Prometheus'
	@echo 'make check-debian13  make check in a root of Debian 13 (kept in build/debian13)'
	@echo 'make check-long      many kills in the middle of snapshots, resets, forks and suspending, with memory and without'
	@echo 'make check-san       the tests under AddressSanitizer and UBSan'
	@echo 'make fuzz TIME=60    each fuzz target for TIME seconds'
	@echo 'make bench           measure, and write docs/benchmarks.md'
	@echo 'make bench-init-on-free  what clearing freed memory costs builds in guests: half an hour'
	@echo 'make screenshots     draw screenshots/ again'
	@echo 'make docs            write docs/commands.md from the command table'
	@echo 'make sdk             write what is generated in sdk/'
	@echo 'make format          clang-format on every source'
	@echo 'make install         PREFIX=/usr/local DESTDIR=; uninstall takes it away again'
	@echo 'make deb             a Debian package, in build/deb'
	@echo 'make clean           remove build/'
	@echo 'Variables: V=1 (show commands), DEV=1 (warnings are errors), SAN=address,undefined, COV=1'

-include $(shell find $(B) build/guest -type f -name '*.d' 2>/dev/null)
include sdk/sdk.mk
-include tests/tests.mk
.PHONY: FORCE all clean setup deb demo install uninstall help
