"""A small event source mapping: reads records from SQS or a DynamoDB stream on moto, and invokes a function.

It follows AWS's rules. For SQS, it deletes the messages of a batch that the reply does not report as failed. For a stream, it
continues at the first failed sequence number, and drops the rest of a batch after too many retries.
"""

import base64
import json
import socket
import time
import urllib.error
import urllib.request

import boto3

MESSAGE_ATTRIBUTE = {"StringValue": "stringValue", "BinaryValue": "binaryValue", "DataType": "dataType"}
STREAMS_AUTHORIZATION = (
    "AWS4-HMAC-SHA256 Credential=x/20260101/us-east-1/dynamodb/aws4_request, SignedHeaders=host, Signature=0"
)


def client(service, endpoint):
    credentials = {"region_name": "us-east-1", "aws_access_key_id": "x", "aws_secret_access_key": "y"}
    return boto3.client(service, endpoint_url=endpoint, **credentials)


def free_port():
    with socket.create_server(("127.0.0.1", 0)) as server:
        return server.getsockname()[1]


def wait_for(port):
    for _ in range(200):
        try:
            return socket.create_connection(("127.0.0.1", port), 0.2).close()
        except OSError:
            time.sleep(0.05)
    raise SystemExit(f"no server listens on port {port}")


def invoke(url, event):
    """Returns if the invocation succeeded, and the decoded reply."""
    request = urllib.request.Request(url, json.dumps(event).encode(), {"Content-Type": "application/json"})
    try:
        response = urllib.request.urlopen(request, timeout=30)
    except urllib.error.HTTPError as error:
        error.read()
        return False, None
    body = response.read()
    try:
        reply = json.loads(body) if body.strip() else None
    except ValueError:
        reply = "not json"
    is_error = isinstance(reply, dict) and "errorType" in reply and "errorMessage" in reply
    return not (is_error or body.startswith(b"Task timed out")), reply


def failed_records(ok, reply, ids):
    """Returns the failed identifiers of a reply; all of them if the reply is an error or invalid."""
    if not ok:
        return set(ids)
    if reply is None:
        return set()
    if not isinstance(reply, dict):
        return set(ids)
    items = reply.get("batchItemFailures") or []
    failed = [item.get("itemIdentifier") if isinstance(item, dict) else None for item in items]
    return set(failed) if all(item in ids for item in failed) else set(ids)


def sqs_record(message, arn):
    attributes = {}
    for name, attribute in message.get("MessageAttributes", {}).items():
        attributes[name] = {"stringListValues": [], "binaryListValues": []}
        for member, value in attribute.items():
            value = base64.b64encode(value).decode() if isinstance(value, bytes) else value
            attributes[name][MESSAGE_ATTRIBUTE[member]] = value
    return {
        "messageId": message["MessageId"],
        "receiptHandle": message["ReceiptHandle"],
        "body": message["Body"],
        "attributes": message.get("Attributes", {}),
        "messageAttributes": attributes,
        "md5OfBody": message["MD5OfBody"],
        "eventSource": "aws:sqs",
        "eventSourceARN": arn,
        "awsRegion": "us-east-1",
    }


def run_sqs(endpoint, queue, url, batch=10, idle=4, limit=60, invoke=invoke):
    """Delivers the messages of a queue until it has been empty for `idle` seconds."""
    sqs = client("sqs", endpoint)
    queue_url = sqs.get_queue_url(QueueName=queue)["QueueUrl"]
    arn = sqs.get_queue_attributes(QueueUrl=queue_url, AttributeNames=["QueueArn"])["Attributes"]["QueueArn"]
    counts = {"batches": 0, "received": 0, "deleted": 0, "returned": 0, "failed_batches": 0}
    end, last = time.time() + limit, time.time()
    while time.time() < end and time.time() - last < idle:
        options = {"MaxNumberOfMessages": batch, "AttributeNames": ["All"], "MessageAttributeNames": ["All"]}
        messages = sqs.receive_message(QueueUrl=queue_url, WaitTimeSeconds=0, **options).get("Messages", [])
        if not messages:
            time.sleep(0.1)
            continue
        last = time.time()
        event = {"Records": [sqs_record(message, arn) for message in messages]}
        ok, reply = invoke(url, event)
        failed = failed_records(ok, reply, [message["MessageId"] for message in messages])
        succeeded = [message["ReceiptHandle"] for message in messages if message["MessageId"] not in failed]
        if succeeded:
            entries = [{"Id": str(n), "ReceiptHandle": handle} for n, handle in enumerate(succeeded)]
            sqs.delete_message_batch(QueueUrl=queue_url, Entries=entries)
        counts["batches"] += 1
        counts["received"] += len(messages)
        counts["deleted"] += len(succeeded)
        counts["returned"] += len(failed)
        counts["failed_batches"] += not ok
    return counts


def call_streams(endpoint, operation, **parameters):
    """Calls the DynamoDB Streams API. Records of its raw JSON have the form of Lambda's events."""
    headers = {
        "X-Amz-Target": f"DynamoDBStreams_20120810.{operation}",
        "Content-Type": "application/x-amz-json-1.0",
        "Authorization": STREAMS_AUTHORIZATION,
    }
    request = urllib.request.Request(endpoint, json.dumps(parameters).encode(), headers)
    return json.loads(urllib.request.urlopen(request).read())


def run_stream(endpoint, table, url, batch=100, retries=3, invoke=invoke):
    """Delivers all records of a table's stream. Returns counts, with `dropped` for records that exhausted the retries."""
    arn = client("dynamodb", endpoint).describe_table(TableName=table)["Table"]["LatestStreamArn"]
    counts = {"batches": 0, "sent": 0, "records": 0, "retries": 0, "dropped": 0}
    for shard in call_streams(endpoint, "DescribeStream", StreamArn=arn)["StreamDescription"]["Shards"]:
        start = {"StreamArn": arn, "ShardId": shard["ShardId"], "ShardIteratorType": "TRIM_HORIZON"}
        iterator = call_streams(endpoint, "GetShardIterator", **start)["ShardIterator"]
        while iterator:
            page = call_streams(endpoint, "GetRecords", ShardIterator=iterator, Limit=batch)
            records = [{**record, "eventSourceARN": arn} for record in page["Records"]]
            if not records:
                break
            iterator = page.get("NextShardIterator")
            counts["records"] += len(records)
            attempts = 0
            while records:
                counts["batches"] += 1
                counts["sent"] += len(records)
                ids = [record["dynamodb"]["SequenceNumber"] for record in records]
                failed = failed_records(*invoke(url, {"Records": records}), ids)
                if not failed:
                    break
                rest = records[min(map(ids.index, failed)) :]
                attempts = attempts + 1 if len(rest) == len(records) else 1  # progress resets the attempts
                records = rest
                if attempts > retries:
                    counts["dropped"] += len(records)
                    break
                counts["retries"] += 1
    return counts
