#!/usr/bin/env python3
"""Tests batch functions with SQS and DynamoDB streams of moto, under AWS's Runtime Interface Emulator.

    .ci/get-rie.sh target/clients && .ci/get-moto.sh target/clients
    target/clients/moto/bin/python tests/real/batches.py

The functions are `messages` and `changes` of tests/functions.
"""

import collections
import contextlib
import json
import os
import pathlib
import subprocess
import tempfile

import event_source_mapping as esm

ROOT = pathlib.Path(__file__).resolve().parents[2]
TARGET = pathlib.Path(os.environ.get("CARGO_TARGET_DIR", ROOT / "target"))
CLIENTS = ROOT / "target/clients"


class Function:
    """One of the test functions under the emulator."""

    def __init__(self, name, folder, variables=(), file=None):
        file = file or name
        self.done, self.log = folder / f"{file}.done", folder / f"{file}.log"
        runtime_api, invoke_api = esm.free_port(), esm.free_port()
        self.url = f"http://127.0.0.1:{invoke_api}/2015-03-31/functions/function/invocations"
        command = [
            CLIENTS / "aws-lambda-rie",
            *("--runtime-api-address", f"127.0.0.1:{runtime_api}"),
            *("--runtime-interface-emulator-address", f"127.0.0.1:{invoke_api}"),
            TARGET / "debug" / name,
        ]
        own = {"DONE_FILE": str(self.done), "AWS_LAMBDA_FUNCTION_TIMEOUT": "3"}
        environment = {**os.environ, **own, **dict(variables)}
        self.process = subprocess.Popen(command, env=environment, stdout=self.log.open("w"), stderr=subprocess.STDOUT)
        esm.wait_for(invoke_api)

    def counts(self):
        return collections.Counter(self.done.read_text().splitlines())


def create_queue(sqs, name, attributes):
    url = sqs.create_queue(QueueName=name, Attributes=attributes)["QueueUrl"]
    return url, sqs.get_queue_attributes(QueueUrl=url, AttributeNames=["QueueArn"])["Attributes"]["QueueArn"]


def create_table(db, name):
    db.create_table(
        TableName=name,
        KeySchema=[{"AttributeName": "name", "KeyType": "HASH"}],
        AttributeDefinitions=[{"AttributeName": "name", "AttributeType": "S"}],
        BillingMode="PAY_PER_REQUEST",
        StreamSpecification={"StreamEnabled": True, "StreamViewType": "NEW_AND_OLD_IMAGES"},
    )


def drain(sqs, url):
    """Deletes the remaining messages of a queue, and returns their bodies."""
    bodies = []
    while messages := sqs.receive_message(QueueUrl=url, MaxNumberOfMessages=10).get("Messages"):
        bodies += [message["Body"] for message in messages]
        for message in messages:
            sqs.delete_message(QueueUrl=url, ReceiptHandle=message["ReceiptHandle"])
    return bodies


def check_messages(endpoint, function):
    """30 messages: each valid one is processed once, each invalid one reaches the dead-letter queue, none is lost."""
    sqs = esm.client("sqs", endpoint)
    dead, dead_arn = create_queue(sqs, "dead", {})
    redrive = json.dumps({"deadLetterTargetArn": dead_arn, "maxReceiveCount": "3"})
    work, _ = create_queue(sqs, "work", {"VisibilityTimeout": "1", "RedrivePolicy": redrive})
    kinds = {0: "fail", 5: "panic", 11: "fail once", 17: "fail once", 23: "hang"}
    bodies = [json.dumps({"name": f"job {n}", "does": kinds.get(n, "work")}) for n in range(28)]
    bodies += ["not json", json.dumps({"name": "job without work"})]
    for body in bodies:
        sqs.send_message(QueueUrl=work, MessageBody=body)
    print("sqs", esm.run_sqs(endpoint, "work", function.url))
    succeeded = {f"job {n}": 1 for n in range(28) if kinds.get(n, "work") in ("work", "fail once")}
    failed_once = {"job 11 failed": 1, "job 17 failed": 1}
    assert function.counts() == {**succeeded, **failed_once}, function.counts()
    assert sorted(drain(sqs, dead)) == sorted(bodies[n] for n in (0, 5, 23, 28, 29))
    assert drain(sqs, work) == []


def check_groups(endpoint, function):
    """A FIFO queue: each group is processed in order, also after a failure."""
    sqs = esm.client("sqs", endpoint)
    attributes = {"FifoQueue": "true", "ContentBasedDeduplication": "true", "VisibilityTimeout": "1"}
    work, _ = create_queue(sqs, "groups.fifo", attributes)
    for n in range(9):
        body = {"name": f"{'abc'[n % 3]}{n}", "does": "fail once" if n == 4 else "work"}
        sqs.send_message(QueueUrl=work, MessageBody=json.dumps(body), MessageGroupId="abc"[n % 3])
    function.done.write_text("")
    print("fifo", esm.run_sqs(endpoint, "groups.fifo", function.url))
    done = [line for line in function.done.read_text().splitlines() if not line.endswith("failed")]
    assert sorted(done) == sorted(f"{'abc'[n % 3]}{n}" for n in range(9)), done
    # b7 was not started after b4 had failed. moto does not keep their order in the redelivery.
    assert set(done[-2:]) == {"b4", "b7"}, done
    for group in "ac":
        in_group = [int(name[1:]) for name in done if name[0] == group]
        assert in_group == sorted(in_group), done


def check_changes(endpoint, function):
    """A stream continues at the checkpoint: records before a failure are not sent again, later ones are not started."""
    db = esm.client("dynamodb", endpoint)
    create_table(db, "items")
    amount = "12345678901234567890123456789012345678"
    does = {3: "fail once", 6: "panic"}
    for n in range(8):
        item = {"name": {"S": f"item {n}"}, "does": {"S": does.get(n, "work")}, "amount": {"N": amount}, "tags": {"SS": ["x"]}}
        db.put_item(TableName="items", Item=item)
    db.delete_item(TableName="items", Key={"name": {"S": "item 1"}})
    counts = esm.run_stream(endpoint, "items", function.url, retries=2)
    print("stream", counts)
    processed = {f'insert item {n} {amount} ["x"]': 1 for n in range(6)}
    # Record 6 panics until the mapping gives up, and drops the later records with it: the mapping does not bisect.
    assert function.counts() == {**processed, "item 3 failed": 1}, function.counts()
    assert counts["dropped"] == 3, counts


@contextlib.contextmanager
def servers():
    """Starts moto, and both functions under the emulator."""
    subprocess.run(["cargo", "build", "--quiet", "-p", "lrt-test-functions", "--bins"], cwd=ROOT, check=True)
    folder = pathlib.Path(tempfile.mkdtemp(prefix="lrt-batches-"))
    port = esm.free_port()
    command = [CLIENTS / "moto/bin/moto_server", "-H", "127.0.0.1", "-p", str(port)]
    processes = [subprocess.Popen(command, stdout=(folder / "moto.log").open("w"), stderr=subprocess.STDOUT)]
    try:
        esm.wait_for(port)
        messages, changes = Function("messages", folder), Function("changes", folder)
        processes += [messages.process, changes.process]
        yield f"http://127.0.0.1:{port}", messages, changes
        print(f"passed; the logs are in {folder}")
    finally:
        for process in processes:
            process.terminate()


def main():
    with servers() as (endpoint, messages, changes):
        check_messages(endpoint, messages)
        check_groups(endpoint, messages)
        check_changes(endpoint, changes)


if __name__ == "__main__":
    main()
