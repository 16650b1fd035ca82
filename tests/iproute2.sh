#!/usr/bin/env bash
# Installs `ip`, by which a test makes hosts of its own, from Debian's packages, if there is none and the user may.
# Without it that test says that it was left out.
set -euo pipefail
if ! command -v ip >/dev/null && [ "$(id -u)" -eq 0 ] && command -v apt-get >/dev/null; then
  apt-get update
  apt-get install --yes --no-install-recommends iproute2
fi
