# The SDKs: what is generated in them, and where they are installed.

.PHONY: sdk install-sdk uninstall-sdk
sdk: all
	$(Q)python3 sdk/python/generate.py $(BIN)/pyro
	$(Q)python3 sdk/typescript/generate.py $(BIN)/pyro

# Where Debian's python3 looks, below PREFIX; a machine without python3 gets only the other.
PYTHON_DIR = $(shell python3 sdk/python/install_dir.py $(PREFIX) 2>/dev/null)
INSTALL_PYTHON = $(DESTDIR)$(PYTHON_DIR)/pyro_mcp
# Where Debian's node looks.
INSTALL_NODE = $(INSTALL_SHARE)/nodejs/pyro-sandbox

install-sdk:
	install -d $(INSTALL_NODE)/src
	install -m 644 sdk/typescript/package.json sdk/typescript/README.md $(INSTALL_NODE)
	install -m 644 sdk/typescript/src/* $(INSTALL_NODE)/src
	@if [ -z "$(PYTHON_DIR)" ]; then echo "pyro_mcp is not installed: there is no python3"; else set -ex; \
	    install -d $(INSTALL_PYTHON); install -m 644 sdk/python/src/pyro_mcp/*.* $(INSTALL_PYTHON); fi
	@[ -z "$(PYTHON_DIR)" ] || python3 sdk/python/install_dir.py --told $(PREFIX)

uninstall-sdk:
	rm -rf $(INSTALL_NODE) $(if $(PYTHON_DIR),$(INSTALL_PYTHON))
