#!/usr/bin/env python3
"""Records runs on moto's SQS and DynamoDB streams, which the retry simulator has to reproduce.

    target/clients/moto/bin/python tests/real/record_outcomes.py      (see batches.py for the set-up)

Each run uses an event source mapping, the Runtime Interface Emulator and a function of tests/functions. The records, the number
of deliveries and the outcome of each are written to tests/it/simulate/moto.json. The test `recorded` plays the same records
in the simulator and compares the outcomes.
"""

import collections
import json
import subprocess

import batches
import event_source_mapping as esm

# Actions of the handler by the index of the record. All other records succeed.
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


class Recorder:
    """Invokes a function for the mapping, and records deliveries and failed records."""

    def __init__(self, id_of, has_checkpoint):
        self.records, self.deliveries, self.failed = {}, collections.Counter(), set()
        self.id_of, self.has_checkpoint = id_of, has_checkpoint

    def invoke(self, url, event):
        ids = [self.id_of(record) for record in event["Records"]]
        for id, record in zip(ids, event["Records"]):
            self.records.setdefault(id, record)
            self.deliveries[id] += 1
        ok, reply = esm.invoke(url, event)
        failed = esm.failed_records(ok, reply, ids)
        if self.has_checkpoint and failed:
            failed = set(ids[min(map(ids.index, failed)) :])
        self.failed = (self.failed - set(ids)) | failed
        return ok, reply

    def outcomes(self, order, end):
        return [[id, self.deliveries[id], end if id in self.failed else "done"] for id in order]


def job(name, n, run):
    return {"name": f"{name} {n}", "does": run["does"].get(n, "work")}


def play_queue(endpoint, function, name, run):
    sqs = esm.client("sqs", endpoint)
    fifo = name.endswith(".fifo")
    kind = {"FifoQueue": "true", "ContentBasedDeduplication": "true"} if fifo else {}
    dead, dead_arn = batches.create_queue(sqs, f"dead-{name}", kind)
    redrive = json.dumps({"deadLetterTargetArn": dead_arn, "maxReceiveCount": str(run["max_receive"])})
    work, _ = batches.create_queue(sqs, name, {"VisibilityTimeout": "1", "RedrivePolicy": redrive, **kind})
    sent = []
    for n in range(run["count"]):
        group = {"MessageGroupId": "abc"[n % 3]} if fifo else {}
        sent.append(sqs.send_message(QueueUrl=work, MessageBody=json.dumps(job(name, n, run)), **group)["MessageId"])
    recorder = Recorder(lambda record: record["messageId"], has_checkpoint=False)
    esm.run_sqs(endpoint, name, function.url, batch=run.get("batch", 10), invoke=recorder.invoke)
    bodies = sorted(recorder.records[id]["body"] for id in recorder.failed)
    assert sorted(batches.drain(sqs, dead)) == bodies and batches.drain(sqs, work) == []
    for record in recorder.records.values():
        del record["receiptHandle"]
    return recorder, sent, "dead-letter queue"


def play_stream(endpoint, function, name, run):
    db = esm.client("dynamodb", endpoint)
    batches.create_table(db, name)
    for n in range(run["count"]):
        item = {field: {"S": text} for field, text in job(name, n, run).items()}
        db.put_item(TableName=name, Item={**item, "amount": {"N": "1"}})
    recorder = Recorder(lambda record: record["dynamodb"]["SequenceNumber"], has_checkpoint=True)
    options = {"batch": run.get("batch", 100), "retries": run["retries"]}
    esm.run_stream(endpoint, name, function.url, invoke=recorder.invoke, **options)
    return recorder, list(recorder.records), "discarded"


def record(source, name, run, played):
    recorder, order, end = played
    outcomes = recorder.outcomes(order, end)
    print(source, name, json.dumps([outcome[1:] for outcome in outcomes]))
    settings = {"batch": run.get("batch"), "max_receive": run.get("max_receive"), "retries": run.get("retries")}
    event = {"Records": [recorder.records[id] for id in order]}
    return {"name": name, "source": source, **settings, "event": event, "outcomes": outcomes}


def main():
    with batches.servers() as (endpoint, messages, changes):
        runs = [record("sqs", name, run, play_queue(endpoint, messages, name, run)) for name, run in QUEUES.items()]
        runs += [record("dynamodb", name, run, play_stream(endpoint, changes, name, run)) for name, run in STREAMS.items()]
    file = batches.ROOT / "tests/it/simulate/moto.json"
    file.write_text("[\n" + ",\n".join(json.dumps(run, sort_keys=True) for run in runs) + "\n]\n")
    subprocess.run(["cargo", "test", "--quiet", "-p", "lrt", "--test", "it", "simulate::recorded"], cwd=batches.ROOT, check=True)


if __name__ == "__main__":
    main()
