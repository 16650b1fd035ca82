#!/usr/bin/env bash
# Installs Chromium, which the tests of web pages drive, from Debian's packages, if there is none and the user may.
set -euo pipefail
browser="${CHROMIUM:-/usr/bin/chromium}"
if [ -x "$browser" ]; then
  exit 0
fi
if [ "$(id -u)" -eq 0 ] && command -v apt-get >/dev/null; then
  apt-get update
  apt-get install --yes --no-install-recommends chromium
else
  echo "there is no Chromium at $browser: install it as root (apt-get install chromium)," >&2
  echo "or name another one in the environment as CHROMIUM" >&2
  exit 1
fi
