#!/usr/bin/env bash
# Installs the AWS Lambda Runtime Interface Emulator into a folder, where the tests look for it:
#
#   .ci/get-rie.sh target/clients
#
# It is part of the PyPI package aws-sam-cli; nothing else of that package is installed.
set -euo pipefail
dir=${1:?usage: get-rie.sh DIR}
version=1.170.0
case $(uname -sm) in
  "Linux x86_64")
    name=aws-lambda-rie-x86_64
    sum=6b1e686e62ab2baf5759c412c4864276ef2a88b094fca53ec070637ccba9b9a5
    ;;
  "Linux aarch64")
    name=aws-lambda-rie-arm64
    sum=ec2e5d09633d853834c008b1ef264bf834b258a94d551d2b2074966494b39a21
    ;;
  *)
    echo "ERROR no Runtime Interface Emulator for $(uname -sm)" >&2
    exit 1
    ;;
esac
rie=$dir/aws-lambda-rie
if echo "$sum  $rie" | sha256sum --check --status 2>/dev/null; then
  exit
fi
mkdir -p "$dir"
# In the same folder, so that the final move is atomic and tests never see an incomplete file.
tmp=$(mktemp -d "$dir/.get-rie.XXXXXX")
trap 'rm -rf "$tmp"' EXIT
python3 -m pip download --quiet --disable-pip-version-check --no-deps --only-binary=:all: --dest "$tmp" \
  "aws-sam-cli==$version"
python3 -m zipfile -e "$tmp"/aws_sam_cli-*.whl "$tmp/wheel"
echo "$sum  $tmp/wheel/samcli/local/rapid/$name" | sha256sum --check --quiet
chmod 755 "$tmp/wheel/samcli/local/rapid/$name"
mv "$tmp/wheel/samcli/local/rapid/$name" "$rie"
