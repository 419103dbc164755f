#!/usr/bin/env python3
"""Tests functions for S3, EventBridge and Firehose with events of moto, under AWS's Runtime Interface Emulator.

    .ci/get-rie.sh target/clients && .ci/get-moto.sh target/clients
    target/clients/moto/bin/python tests/real/triggers.py

The function is `triggers` of tests/functions. moto delivers notifications and events to queues; the notifications are also sent to a
function directly, as S3 would send them.
"""

import base64
import contextlib
import json
import pathlib
import subprocess
import tempfile

import batches
import event_source_mapping as esm

KEYS = ["plain.txt", "red flower (1).jpg", "a+b&c=d.txt", "über/€ 100%.txt"]


class Function(batches.Function):
    def __init__(self, trigger, folder):
        super().__init__("triggers", folder, {"TRIGGER": trigger}, trigger.replace(" ", "-"))
        self.done.write_text("")

    def lines(self):
        return sorted(self.done.read_text().splitlines())


def create_queue(sqs, name):
    return batches.create_queue(sqs, name, {})


def check_notifications(endpoint, queued, direct):
    """Objects with keys that S3 encodes, through a queue and directly."""
    s3, sqs = esm.client("s3", endpoint), esm.client("sqs", endpoint)
    url, arn = create_queue(sqs, "uploads")
    s3.create_bucket(Bucket="photos")
    queue = {"QueueArn": arn, "Events": ["s3:ObjectCreated:*", "s3:ObjectRemoved:*"]}
    s3.put_bucket_notification_configuration(
        Bucket="photos", NotificationConfiguration={"QueueConfigurations": [queue]}
    )
    for key in KEYS:
        s3.put_object(Bucket="photos", Key=key, Body=b"12345")
    bodies = []

    def record(endpoint, event):
        bodies.extend(json.loads(message["body"]) for message in event["Records"])
        return esm.invoke(endpoint, event)

    print("s3 to sqs", esm.run_sqs(endpoint, "uploads", queued.url, invoke=record))
    expected = sorted(f"ObjectCreated:Put {key} Some(5)" for key in KEYS)
    assert [line for line in queued.lines() if line != "test event"] == expected, queued.lines()
    assert batches.drain(sqs, url) == []
    for body in bodies:
        ok, reply = esm.invoke(direct.url, body)
        assert ok and reply is None, (ok, reply)
    assert direct.lines() == expected, direct.lines()
    test_events = [body for body in bodies if body.get("Event") == "s3:TestEvent"]
    print("s3 directly", len(bodies), "events, test events:", len(test_events))


def check_bridged_notifications(endpoint, queued):
    """The same objects through EventBridge, which does not encode keys."""
    s3, sqs, events = (esm.client(service, endpoint) for service in ("s3", "sqs", "events"))
    _, arn = create_queue(sqs, "bridged")
    pattern = {"source": ["aws.s3"], "detail-type": ["Object Created"], "detail": {"bucket": {"name": ["bridged"]}}}
    events.put_rule(Name="bridged", EventPattern=json.dumps(pattern))
    events.put_targets(Rule="bridged", Targets=[{"Id": "queue", "Arn": arn}])
    s3.create_bucket(Bucket="bridged")
    s3.put_bucket_notification_configuration(
        Bucket="bridged", NotificationConfiguration={"EventBridgeConfiguration": {}}
    )
    for key in KEYS:
        s3.put_object(Bucket="bridged", Key=key, Body=b"12345")
    queued.done.write_text("")
    print("s3 to eventbridge to sqs", esm.run_sqs(endpoint, "bridged", queued.url))
    assert queued.lines() == sorted(f"Object Created {key} Some(5)" for key in KEYS), queued.lines()


def check_rules(endpoint, queued, direct):
    """Events of a rule, through a queue and directly."""
    events, sqs = esm.client("events", endpoint), esm.client("sqs", endpoint)
    _, arn = create_queue(sqs, "placed")
    pattern = {"source": ["shop"], "detail-type": ["OrderPlaced"]}
    events.put_rule(Name="placed", EventPattern=json.dumps(pattern))
    events.put_targets(Rule="placed", Targets=[{"Id": "queue", "Arn": arn}])
    for source, amount in [("shop", 1), ("other", 2), ("shop", 3)]:
        entry = {"Source": source, "DetailType": "OrderPlaced", "Detail": json.dumps({"amount": amount})}
        events.put_events(Entries=[entry])
    bodies = []

    def record(endpoint, event):
        bodies.extend(json.loads(message["body"]) for message in event["Records"])
        return esm.invoke(endpoint, event)

    print("rule to sqs", esm.run_sqs(endpoint, "placed", queued.url, invoke=record))
    expected = ['OrderPlaced {"amount":1}', 'OrderPlaced {"amount":3}']
    assert queued.lines() == expected, queued.lines()
    for body in bodies:
        ok, reply = esm.invoke(direct.url, body)
        assert ok and reply is None, (ok, reply)
    assert direct.lines() == expected, direct.lines()


def check_transformation(function):
    """Each record of a Firehose event is answered with its id."""
    clicks = [{"page": "a"}, {"page": "b", "bot": True}, "not json"]
    records = [
        {
            "recordId": f"record-{n}",
            "approximateArrivalTimestamp": 1495072949453,
            "data": base64.b64encode(click.encode() if isinstance(click, str) else json.dumps(click).encode()).decode(),
        }
        for n, click in enumerate(clicks)
    ]
    arn = "arn:aws:firehose:us-east-1:123456789012:deliverystream/clicks"
    event = {"invocationId": "1", "deliveryStreamArn": arn, "region": "us-east-1", "records": records}
    ok, reply = esm.invoke(function.url, event)
    results = [(record["recordId"], record["result"]) for record in reply["records"]]
    assert ok and results == [("record-0", "Ok"), ("record-1", "Dropped"), ("record-2", "ProcessingFailed")], reply
    assert reply["records"][2]["data"] == records[2]["data"]
    print("firehose", results)


@contextlib.contextmanager
def servers():
    """Starts moto, and the function under one emulator for each trigger."""
    command = ["cargo", "build", "--quiet", "-p", "lrt-test-functions", "--bin", "triggers"]
    subprocess.run(command, cwd=batches.ROOT, check=True)
    folder = pathlib.Path(tempfile.mkdtemp(prefix="lrt-triggers-"))
    port = esm.free_port()
    command = [batches.CLIENTS / "moto/bin/moto_server", "-H", "127.0.0.1", "-p", str(port)]
    processes = [subprocess.Popen(command, stdout=(folder / "moto.log").open("w"), stderr=subprocess.STDOUT)]
    try:
        esm.wait_for(port)
        functions = {}
        for trigger in ["s3", "queued s3", "eventbridge", "queued event", "firehose"]:
            functions[trigger] = Function(trigger, folder)
            processes.append(functions[trigger].process)
        yield f"http://127.0.0.1:{port}", functions
        print(f"passed; the logs are in {folder}")
    finally:
        for process in processes:
            process.terminate()


def main():
    with servers() as (endpoint, functions):
        check_notifications(endpoint, functions["queued s3"], functions["s3"])
        check_bridged_notifications(endpoint, functions["queued s3"])
        check_rules(endpoint, functions["queued event"], functions["eventbridge"])
        check_transformation(functions["firehose"])


if __name__ == "__main__":
    main()
