#!/usr/bin/env bash
# Installs cargo-lambda into a folder, where the tests look for it:
#
#   .ci/get-cargo-lambda.sh target/clients
#
# It comes from PyPI, into its own virtual environment: DIR/venv/bin/cargo-lambda.
set -euo pipefail
dir=${1:?usage: get-cargo-lambda.sh DIR}
version=1.9.2
venv=$dir/venv
if [[ $("$venv/bin/cargo-lambda" lambda --version 2>/dev/null) == "cargo-lambda $version"* ]]; then
  exit
fi
python3 -m venv "$venv"
# Without its dependency zig, which is only needed for cross-compiling and ten times as large.
"$venv/bin/python" -m pip install --quiet --disable-pip-version-check --no-deps "cargo-lambda==$version"
