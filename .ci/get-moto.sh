#!/usr/bin/env bash
# Installs moto, fakes of AWS services, boto3 and Powertools for AWS Lambda into a folder, for the scripts in tests/real:
#
#   .ci/get-moto.sh target/clients
#
# They come from PyPI, into a virtual environment: DIR/moto/bin/moto_server.
set -euo pipefail
dir=${1:?usage: get-moto.sh DIR}
[ -x "$dir/moto/bin/python" ] || python3 -m venv "$dir/moto"
"$dir/moto/bin/python" -m pip install --quiet --disable-pip-version-check \
  'moto[dynamodb,events,s3,sqs]==5.2.5' boto3==1.44.8 flask==3.1.3 flask-cors==6.0.5 jsonpath-ng==1.16.0 werkzeug==3.1.9 \
  aws-lambda-powertools==3.37.0 jmespath==1.1.0
