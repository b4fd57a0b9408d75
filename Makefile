# What a person types. Every target first sees to it that what it needs is installed.
SHELL := /bin/sh
.DEFAULT_GOAL := help

# Another Python's settings must not reach ours; text is UTF-8 whatever the locale says; Debian
# keeps gpsd where only root's PATH looks.
unexport PYTHONPATH PYTHONHOME VIRTUAL_ENV
export PYTHONUTF8 = 1
export PYTHONNOUSERSITE = 1
export PATH := $(PATH):/usr/sbin:/sbin
# QGIS, Kivy and pip each want a home and a place for sockets; a bare machine may have neither.
ifeq ($(and $(HOME),$(wildcard $(HOME)/.)),)
  export HOME := $(CURDIR)/.cache/home
endif
ifeq ($(XDG_RUNTIME_DIR),)
  export XDG_RUNTIME_DIR := $(CURDIR)/.cache/runtime
endif

PYTHON := .venv/bin/python
OFFSCREEN := QT_QPA_PLATFORM=offscreen

.PHONY: help
help:  ## this list
	@sed -n 's/^\([a-z0-9-]*\):.*##  *\(.*\)/\1|\2/p' $(MAKEFILE_LIST) | \
	  awk -F'|' '{ printf "  make %-9s %s\n", $$1, $$2 }'

.PHONY: setup
setup:  ## install what is needed, where it is missing (every other target does this first)
	@mkdir -p .cache/home .cache/runtime && chmod 700 .cache/runtime
	@.ci/setup

.PHONY: demo
demo: setup  ## the whole journey on a made-up county; see demo_output/index.html
	@$(OFFSCREEN) $(PYTHON) -m demo

.PHONY: app
app: setup  ## the tablet's app at work for the made-up county, its receiver replayed
	@test -f demo_output/county.sqlite || $(MAKE) --no-print-directory demo
	@$(PYTHON) -m demo.tablet

.PHONY: screens
screens: setup  ## a picture of every screen of the app, driven by touch: docs/images/app
	@test -f demo_output/county.sqlite || $(MAKE) --no-print-directory demo
	@PYTHONPATH=.:tests:tests/field_app $(PYTHON) tests/field_app/screens/take_pictures.py

.PHONY: plugin
plugin: setup  ## the plugin for QGIS as a zip that QGIS installs: build/xiangtu_qgis.zip
	@$(PYTHON) -m qgis_plugin.zip_file build/xiangtu_qgis.zip

.PHONY: qgis
qgis: plugin  ## QGIS with the plugin and the made-up county
	@test -f demo_output/county.sqlite || $(MAKE) --no-print-directory demo
	@$(PYTHON) -m demo.qgis_desk

.PHONY: apk
apk: setup  ## the Android package, where an SDK is or may be fetched (build/android/bin)
	@$(PYTHON) -m field_app.android.stage build/android
	@test -x build/android-venv/bin/buildozer || { python3 -m venv build/android-venv && \
	  build/android-venv/bin/pip install --quiet buildozer==1.6.0 python-for-android==2026.5.9; }
	@cd build/android && PATH="$(CURDIR)/build/android-venv/bin:$$PATH" buildozer android debug

.PHONY: lint
lint: setup  ## ruff (lint and format) and mypy
	@.venv/bin/ruff check .
	@.venv/bin/ruff format --check .
	@$(PYTHON) -m mypy

.PHONY: test
test: setup  ## lint, then all tests; pytest's summary is the last line
	@status=0; $(MAKE) --no-print-directory lint || status=1; \
	$(OFFSCREEN) $(PYTHON) -m pytest -n 2 --dist loadfile --no-loadscope-reorder || status=1; exit $$status

# How many random histories `make soak` plays, and how often it kills a process or fills a disk.
HISTORIES ?= 5000
FAULTS ?= 500
.PHONY: soak
soak: setup  ## long random histories of the merge, kills and full disks, also of recordings and days of survey; hours (HISTORIES=n FAULTS=n)
	@$(OFFSCREEN) $(PYTHON) tests/soak.py $(HISTORIES) $(FAULTS)

.PHONY: bench
bench: setup  ## measured comparisons, printed side by side
	@$(OFFSCREEN) $(PYTHON) -m bench

.PHONY: translations
translations: setup  ## bring the new sentences of command line and plugin into i18n, to be translated there
	@xgettext --from-code=UTF-8 -L Python --omit-header --no-location --sort-output --no-wrap -k -k_ \
	  -ktranslate -kadd:3 -kadd_action:4 -o .cache/xiangtu.pot shared/xiangtu/cli/*.py
	@msgmerge --quiet --no-wrap --no-fuzzy-matching --no-location --update --backup=none \
	  i18n/zh_CN/LC_MESSAGES/xiangtu.po .cache/xiangtu.pot
	@pylupdate5 -noobsolete $$(find qgis_plugin -name '*.py' | sort) -ts i18n/xiangtu_zh_CN.ts
	@sed -i '/<location /d' i18n/xiangtu_zh_CN.ts

.PHONY: clean
clean:  ## remove what was made here, demo_output too (but not .venv)
	rm -rf .cache build dist demo_output .pytest_cache .mypy_cache .ruff_cache .hypothesis
	find . -name __pycache__ -type d -prune -exec rm -rf {} +
	find i18n \( -name '*.mo' -o -name '*.qm' \) -delete
