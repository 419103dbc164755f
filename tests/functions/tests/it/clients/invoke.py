"""Invokes a function with boto3, and prints the outcome as one JSON object.

    invoke.py ENDPOINT FUNCTION PAYLOAD PARAMETERS

PARAMETERS are the parameters of `invoke` other than the function and the payload, as JSON. A PAYLOAD that is a number
followed by `x` is a string of that many bytes.
"""

import base64
import json
import re
import sys

import boto3
from botocore.config import Config
from botocore.exceptions import ClientError

endpoint, function, payload, parameters = sys.argv[1:]
if re.fullmatch(r"\d+x", payload):
    payload = '"' + "x" * (int(payload[:-1]) - 2) + '"'
client = boto3.client(
    "lambda",
    endpoint_url=endpoint,
    region_name="us-east-1",
    aws_access_key_id="a",
    aws_secret_access_key="b",
    config=Config(retries={"total_max_attempts": 1}, read_timeout=20),
)
try:
    response = client.invoke(FunctionName=function, Payload=payload, **json.loads(parameters))
    said = {name: response[name] for name in ("StatusCode", "FunctionError", "ExecutedVersion") if name in response}
    said["RequestId"] = response["ResponseMetadata"].get("RequestId")
    said["Payload"] = response["Payload"].read().decode()
    if "LogResult" in response:
        said["Log"] = base64.b64decode(response["LogResult"]).decode()
except ClientError as error:
    said = {"exception": type(error).__name__, "message": str(error)}
print(json.dumps(said))
