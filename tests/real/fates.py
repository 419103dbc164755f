#!/usr/bin/env python3
"""What the retry simulator is held to: runs on moto's SQS and DynamoDB streams, recorded.

  tests/real/fates.py CLIENTS            (as batches.py, which says how to get that folder)

Each run is played through esm.py and the Runtime Interface Emulator, with the functions `messages` and `changes` of
tests/functions. The records as they were sent, how often each was delivered and where it ended go to
tests/simulate/moto.json; tests/simulate/recorded.rs plays the same records in the simulator and compares the fates.
"""

import collections
import json
import subprocess

import batches
from batches import esm

# What a record's handler does, by the place of the record; all others work.
QUEUES = {
    "all-work": dict(count=12, does={}, max_receive=3),
    "each-kind": dict(count=25, does={0: "fail", 5: "panic", 11: "fail once", 17: "fail once", 23: "hang"}, max_receive=3),
    "once-is-all": dict(count=6, does={1: "fail once", 4: "fail"}, max_receive=1),
    "one-by-one": dict(count=4, does={0: "panic", 2: "fail once"}, max_receive=2, batch=1),
    "none-is-done": dict(count=3, does={0: "fail", 1: "fail", 2: "panic"}, max_receive=2),
    "groups.fifo": dict(count=9, does={4: "fail once"}, max_receive=5),
}
STREAMS = {
    "goes-on": dict(count=8, does={3: "fail once"}, retries=2),
    "gives-up": dict(count=9, does={2: "fail once", 6: "panic"}, retries=2),
    "fails-first": dict(count=4, does={0: "fail"}, retries=3),
    "small-batches": dict(count=10, does={1: "fail once", 4: "fail", 8: "fail once"}, retries=1, batch=3),
}


class Watched:
    """Notes what the mapping sends, and what it takes for done."""

    def __init__(self, id_of, checkpoint):
        self.records, self.deliveries, self.waiting = {}, collections.Counter(), set()
        self.id_of, self.checkpoint, self.invoke = id_of, checkpoint, esm.invoke

    def __enter__(self):
        esm.invoke = self.watch
        return self

    def __exit__(self, *_):
        esm.invoke = self.invoke

    def watch(self, url, event):
        ids = [self.id_of(record) for record in event["Records"]]
        for id, record in zip(ids, event["Records"]):
            self.records.setdefault(id, record)
            self.deliveries[id] += 1
        ok, reply = self.invoke(url, event)
        failed = esm.failures(reply, set(ids)) if ok else None
        failed = set(ids) if failed is None else failed
        if self.checkpoint and failed:
            failed = set(ids[min(map(ids.index, failed)) :])
        self.waiting = (self.waiting - set(ids)) | failed
        return ok, reply

    def fates(self, order, end):
        return [[id, self.deliveries[id], end if id in self.waiting else "done"] for id in order]


def job(name, n, run):
    return {"name": f"{name} {n}", "does": run["does"].get(n, "work")}


def play_queue(endpoint, function, name, run):
    sqs = esm.client("sqs", endpoint)
    fifo = name.endswith(".fifo")
    kind = {"FifoQueue": "true", "ContentBasedDeduplication": "true"} if fifo else {}
    dead, dead_arn = batches.queue(sqs, f"dead-{name}", kind)
    redrive = json.dumps({"deadLetterTargetArn": dead_arn, "maxReceiveCount": str(run["max_receive"])})
    work, _ = batches.queue(sqs, name, {"VisibilityTimeout": "1", "RedrivePolicy": redrive, **kind})
    sent = []
    for n in range(run["count"]):
        group = {"MessageGroupId": "abc"[n % 3]} if fifo else {}
        sent.append(sqs.send_message(QueueUrl=work, MessageBody=json.dumps(job(name, n, run)), **group)["MessageId"])
    with Watched(lambda record: record["messageId"], checkpoint=False) as watched:
        esm.run_sqs(endpoint, name, function.url, batch=run.get("batch", 10), report=True, idle=4)
    bodies = sorted(watched.records[id]["body"] for id in watched.waiting)
    assert sorted(batches.messages_left(sqs, dead)) == bodies and batches.messages_left(sqs, work) == []
    for record in watched.records.values():
        del record["receiptHandle"]
    return watched, sent, "dead-letter queue"


def play_stream(endpoint, function, name, run):
    db = esm.client("dynamodb", endpoint)
    key = {"KeySchema": [{"AttributeName": "name", "KeyType": "HASH"}]}
    types = {"AttributeDefinitions": [{"AttributeName": "name", "AttributeType": "S"}], "BillingMode": "PAY_PER_REQUEST"}
    stream = {"StreamSpecification": {"StreamEnabled": True, "StreamViewType": "NEW_AND_OLD_IMAGES"}}
    db.create_table(TableName=name, **key, **types, **stream)
    for n in range(run["count"]):
        item = {field: {"S": text} for field, text in job(name, n, run).items()}
        db.put_item(TableName=name, Item={**item, "amount": {"N": "1"}})
    with Watched(lambda record: record["dynamodb"]["SequenceNumber"], checkpoint=True) as watched:
        esm.run_stream(endpoint, name, function.url, batch=run.get("batch", 100), report=True, retries=run["retries"])
    return watched, list(watched.records), "discarded"


def play(source, name, run, played):
    watched, order, end = played
    fates = watched.fates(order, end)
    print(source, name, json.dumps([fate[1:] for fate in fates]))
    settings = {"batch": run.get("batch"), "max_receive": run.get("max_receive"), "retries": run.get("retries")}
    event = {"Records": [watched.records[id] for id in order]}
    return {"name": name, "source": source, **settings, "event": event, "fates": fates}


def main():
    with batches.servers() as (endpoint, messages, changes):
        runs = [play("sqs", name, run, play_queue(endpoint, messages, name, run)) for name, run in QUEUES.items()]
        runs += [play("dynamodb", name, run, play_stream(endpoint, changes, name, run)) for name, run in STREAMS.items()]
    file = batches.root / "tests/simulate/moto.json"
    file.write_text("[\n" + ",\n".join(json.dumps(run, sort_keys=True) for run in runs) + "\n]\n")
    subprocess.run(["cargo", "test", "--quiet", "-p", "lrt", "--test", "simulate", "recorded"], cwd=batches.root, check=True)


if __name__ == "__main__":
    main()
