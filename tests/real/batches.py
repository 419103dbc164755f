#!/usr/bin/env python3
"""SQS and DynamoDB streams, as real as they get on one machine: moto's services, an event source mapping, the real
Runtime Interface Emulator, and the functions `messages` and `changes` of tests/functions.

  tests/real/batches.py CLIENTS          (a folder with aws-lambda-rie and venv/bin/moto_server; see below)

To make that folder:  $LRT_SHARED/real/get-clients.sh CLIENTS rie moto
The event source mapping is $LRT_SHARED/real/esm.py (../shared unless set). Run it with CLIENTS/venv/bin/python.
"""

import collections
import contextlib
import json
import os
import pathlib
import subprocess
import sys
import tempfile

root = pathlib.Path(__file__).resolve().parents[2]
shared = pathlib.Path(os.environ.get("LRT_SHARED", root.parent / "shared"))
if not (shared / "real/esm.py").exists():
    sys.exit(f"skipped: there is no {shared}/real/esm.py")
sys.path.insert(0, str(shared / "real"))
import esm  # noqa: E402

clients = pathlib.Path(sys.argv[1]).resolve()
target = pathlib.Path(os.environ.get("CARGO_TARGET_DIR", root / "target"))


class Function:
    """One of the test functions under the emulator."""

    def __init__(self, name, folder):
        self.done, self.log = folder / f"{name}.done", folder / f"{name}.log"
        api, front = esm.free(), esm.free()
        self.url = f"http://127.0.0.1:{front}/2015-03-31/functions/function/invocations"
        addresses = ["--runtime-api-address", f"127.0.0.1:{api}", "--runtime-interface-emulator-address", f"127.0.0.1:{front}"]
        environment = {**os.environ, "DONE_FILE": str(self.done), "AWS_LAMBDA_FUNCTION_TIMEOUT": "3"}
        command = [clients / "aws-lambda-rie", *addresses, target / "debug" / name]
        self.process = subprocess.Popen(command, env=environment, stdout=self.log.open("w"), stderr=subprocess.STDOUT)
        esm.wait(front)

    def counts(self):
        return collections.Counter(self.done.read_text().splitlines())


def queue(sqs, name, attributes):
    url = sqs.create_queue(QueueName=name, Attributes=attributes)["QueueUrl"]
    return url, sqs.get_queue_attributes(QueueUrl=url, AttributeNames=["QueueArn"])["Attributes"]["QueueArn"]


def messages_left(sqs, url):
    left = []
    while got := sqs.receive_message(QueueUrl=url, MaxNumberOfMessages=10).get("Messages"):
        left += [message["Body"] for message in got]
        for message in got:
            sqs.delete_message(QueueUrl=url, ReceiptHandle=message["ReceiptHandle"])
    return left


def check_messages(endpoint, function):
    """30 messages: each good one is done once, each bad one in the dead-letter queue, none is lost."""
    sqs = esm.client("sqs", endpoint)
    dead, dead_arn = queue(sqs, "dead", {})
    redrive = json.dumps({"deadLetterTargetArn": dead_arn, "maxReceiveCount": "3"})
    work, _ = queue(sqs, "work", {"VisibilityTimeout": "1", "RedrivePolicy": redrive})
    kinds = {0: "fail", 5: "panic", 11: "fail once", 17: "fail once", 23: "hang"}
    bodies = [json.dumps({"name": f"job {n}", "does": kinds.get(n, "work")}) for n in range(28)]
    bodies += ["not json", json.dumps({"name": "job without work"})]
    for body in bodies:
        sqs.send_message(QueueUrl=work, MessageBody=body)
    print("sqs", esm.run_sqs(endpoint, "work", function.url, report=True, idle=4))
    good = {f"job {n}": 1 for n in range(28) if kinds.get(n, "work") in ("work", "fail once")}
    failed_once = {"job 11 failed": 1, "job 17 failed": 1}
    assert function.counts() == {**good, **failed_once}, function.counts()
    bad = [bodies[n] for n in (0, 5, 23, 28, 29)]
    assert sorted(messages_left(sqs, dead)) == sorted(bad)
    assert messages_left(sqs, work) == []


def check_groups(endpoint, function):
    """A FIFO queue: each group in order, even where a message had to come back."""
    sqs = esm.client("sqs", endpoint)
    attributes = {"FifoQueue": "true", "ContentBasedDeduplication": "true", "VisibilityTimeout": "1"}
    work, _ = queue(sqs, "groups.fifo", attributes)
    for n in range(9):
        body = {"name": f"{'abc'[n % 3]}{n}", "does": "fail once" if n == 4 else "work"}
        sqs.send_message(QueueUrl=work, MessageBody=json.dumps(body), MessageGroupId="abc"[n % 3])
    function.done.write_text("")
    print("fifo", esm.run_sqs(endpoint, "groups.fifo", function.url, report=True, idle=4))
    done = [line for line in function.done.read_text().splitlines() if not line.endswith("failed")]
    assert sorted(done) == sorted(f"{'abc'[n % 3]}{n}" for n in range(9)), done
    # b7 was not started once b4 had failed. (Which of the two comes back first is moto's choice: it keeps no order there.)
    assert set(done[-2:]) == {"b4", "b7"}, done
    for group in "ac":
        in_group = [int(name[1:]) for name in done if name[0] == group]
        assert in_group == sorted(in_group), done


def check_changes(endpoint, function):
    """A stream goes on from the checkpoint: what is before a failure is not sent again, what is behind it waits."""
    db = esm.client("dynamodb", endpoint)
    key = {"KeySchema": [{"AttributeName": "name", "KeyType": "HASH"}]}
    types = {"AttributeDefinitions": [{"AttributeName": "name", "AttributeType": "S"}], "BillingMode": "PAY_PER_REQUEST"}
    stream = {"StreamSpecification": {"StreamEnabled": True, "StreamViewType": "NEW_AND_OLD_IMAGES"}}
    db.create_table(TableName="items", **key, **types, **stream)
    amount = "12345678901234567890123456789012345678"
    does = {3: "fail once", 6: "panic"}
    for n in range(8):
        item = {"name": {"S": f"item {n}"}, "does": {"S": does.get(n, "work")}, "amount": {"N": amount}, "tags": {"SS": ["x"]}}
        db.put_item(TableName="items", Item=item)
    db.delete_item(TableName="items", Key={"name": {"S": "item 1"}})
    counts = esm.run_stream(endpoint, "items", function.url, report=True, retries=2)
    print("stream", counts)
    line = lambda event, n: f'{event} item {n} {amount} ["x"]'  # noqa: E731
    done = {line("insert", n): 1 for n in range(6)}
    # Record 6 panics until the mapping gives up, and with it what it had held up: what a stream does without bisecting.
    assert function.counts() == {**done, "item 3 failed": 1}, function.counts()
    assert counts["dropped"] == 3, counts


@contextlib.contextmanager
def servers():
    """moto, and the two functions under the emulator."""
    subprocess.run(["cargo", "build", "--quiet", "-p", "lrt-test-functions", "--bins"], cwd=root, check=True)
    folder = pathlib.Path(tempfile.mkdtemp(prefix="batches"))
    port = esm.free()
    moto = subprocess.Popen(
        [clients / "venv/bin/moto_server", "-H", "127.0.0.1", "-p", str(port)],
        stdout=(folder / "moto.log").open("w"),
        stderr=subprocess.STDOUT,
    )
    processes = [moto]
    try:
        esm.wait(port)
        messages, changes = Function("messages", folder), Function("changes", folder)
        processes += [messages.process, changes.process]
        yield f"http://127.0.0.1:{port}", messages, changes
        print(f"all is well; the logs are in {folder}")
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
