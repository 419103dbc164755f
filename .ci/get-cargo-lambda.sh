#!/usr/bin/env bash
# Puts cargo-lambda into a folder, where the tests look for it:
#
#   .ci/get-cargo-lambda.sh target/clients
#
# It comes from PyPI, into a virtual environment of its own: DIR/venv/bin/cargo-lambda.
set -euo pipefail
dir=${1:?usage: get-cargo-lambda.sh DIR}
version=1.9.2
venv=$dir/venv
if [[ $("$venv/bin/cargo-lambda" lambda --version 2>/dev/null) == "cargo-lambda $version"* ]]; then
  exit
fi
python3 -m venv "$venv"
# Without its dependency, zig: that is for cross-compiling, and ten times the size.
"$venv/bin/python" -m pip install --quiet --disable-pip-version-check --no-deps "cargo-lambda==$version"
