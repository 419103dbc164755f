"""Invokes a function with boto3, and prints each event of the response as it arrives, one JSON object per line.

    invoke_with_response_stream.py ENDPOINT FUNCTION PAYLOAD [INVOCATION_TYPE]
"""

import json
import sys

import boto3
from botocore.config import Config
from botocore.exceptions import ClientError


def say(**what):
    print(json.dumps(what), flush=True)


endpoint, function, payload, *kind = sys.argv[1:]
client = boto3.client(
    "lambda",
    endpoint_url=endpoint,
    region_name="us-east-1",
    aws_access_key_id="a",
    aws_secret_access_key="b",
    config=Config(retries={"total_max_attempts": 1}, read_timeout=20),
)
kind = {"InvocationType": kind[0]} if kind else {}
try:
    response = client.invoke_with_response_stream(FunctionName=function, Payload=payload, **kind)
except ClientError as error:
    say(exception=type(error).__name__, message=str(error))
    sys.exit()
say(
    status=response["StatusCode"],
    version=response.get("ExecutedVersion"),
    content_type=response.get("ResponseStreamContentType"),
    request_id=response["ResponseMetadata"].get("RequestId"),
)
for event in response["EventStream"]:
    if "PayloadChunk" in event:
        say(chunk=event["PayloadChunk"]["Payload"].decode("latin-1"))
    else:
        say(**event)
