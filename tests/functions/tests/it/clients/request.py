"""Sends requests to an API with the HTTP client of boto3, and prints each response as one JSON object.

    request.py URL TOKEN...

Each TOKEN is that of one request. A request with an empty one has no header `Authorization`.
"""

import json
import sys

from botocore.awsrequest import AWSRequest
from botocore.httpsession import URLLib3Session

url, *tokens = sys.argv[1:]
session = URLLib3Session(timeout=20)
for token in tokens:
    headers = {"Authorization": f"Bearer {token}"} if token else {}
    response = session.send(AWSRequest(method="GET", url=url, headers=headers).prepare())
    said = {
        "status": response.status_code,
        "error": response.headers.get("x-amzn-errortype"),
        "body": json.loads(response.content),
    }
    print(json.dumps(said), flush=True)
