#!/usr/bin/env bash
# Installs boto3, AWS's SDK for Python, into a folder, where the tests look for it:
#
#   .ci/get-boto3.sh target/clients
#
# It comes from PyPI, into its own virtual environment: DIR/boto3/bin/python.
set -euo pipefail
dir=${1:?usage: get-boto3.sh DIR}
version=1.43.11
venv=$dir/boto3
if [[ $("$venv/bin/python" -c 'import boto3; print(boto3.__version__)' 2>/dev/null) == "$version" ]]; then
  exit
fi
python3 -m venv "$venv"
"$venv/bin/python" -m pip install --quiet --disable-pip-version-check "boto3==$version"
