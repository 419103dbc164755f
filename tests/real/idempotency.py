#!/usr/bin/env python3
"""Tests idempotent functions with a DynamoDB table of moto: processes that are killed between two requests to the table, and a
table that is shared with Powertools for AWS Lambda (Python).

    .ci/get-moto.sh target/clients && cargo build -p payments
    target/clients/moto/bin/python tests/real/idempotency.py

The functions are those of examples/payments.
"""

import hashlib
import http.server
import json
import os
import pathlib
import queue
import signal
import subprocess
import sys
import threading
import time
import urllib.error
import urllib.request

import boto3
import event_source_mapping as esm

ROOT = pathlib.Path(__file__).resolve().parents[2]
TARGET = pathlib.Path(os.environ.get("CARGO_TARGET_DIR", ROOT / "target"))
TABLE = "idempotency"
# Timeout of each invocation in seconds, after which its lock expires.
TIMEOUT = 2
# The prefix of Powertools' keys is the name of the function, followed by those of the module and the Python function. The name of
# lrt's function contains all of them.
PYTHON_NAME, LRT_NAME = "payments", "payments.__main__.charge"
CREDENTIALS = {"AWS_ACCESS_KEY_ID": "test", "AWS_SECRET_ACCESS_KEY": "test", "AWS_DEFAULT_REGION": "eu-west-1", "AWS_REGION": "eu-west-1"}


class Server(http.server.ThreadingHTTPServer):
    """A server whose clients may be killed."""

    daemon_threads = True

    def handle_error(self, *_):
        if not isinstance(sys.exc_info()[1], ConnectionError):
            super().handle_error(*_)


class RuntimeApi:
    """A Runtime API with one event."""

    def __init__(self, event):
        self.replies, self.events = queue.Queue(), queue.Queue()
        self.events.put(event)
        api = self

        class Handler(http.server.BaseHTTPRequestHandler):
            protocol_version = "HTTP/1.1"

            def do_GET(self):
                event = json.dumps(api.events.get()).encode()
                self.send_response(200)
                self.send_header("Lambda-Runtime-Aws-Request-Id", "request")
                self.send_header("Lambda-Runtime-Deadline-Ms", str(int((time.time() + TIMEOUT) * 1000)))
                self.send_header("Content-Length", str(len(event)))
                self.end_headers()
                self.wfile.write(event)

            def do_POST(self):
                body = self.rfile.read(int(self.headers["Content-Length"]))
                api.replies.put((self.path.rsplit("/", 1)[1], json.loads(body)))
                self.send_response(202)
                self.send_header("Content-Length", "0")
                self.end_headers()

            def log_message(self, *_):
                pass

        self.server = Server(("127.0.0.1", 0), Handler)
        threading.Thread(target=self.server.serve_forever, daemon=True).start()

    def address(self):
        return "127.0.0.1:%d" % self.server.server_address[1]


class Proxy:
    """Forwards requests to the table, and calls `before` and `after` with the number of each and its operation. If `before` returns
    true, the request is not forwarded."""

    def __init__(self, endpoint, before, after):
        self.requests = []
        proxy = self

        class Handler(http.server.BaseHTTPRequestHandler):
            protocol_version = "HTTP/1.1"

            def do_POST(self):
                body = self.rfile.read(int(self.headers["Content-Length"]))
                operation = self.headers["X-Amz-Target"].split(".")[1]
                number = len(proxy.requests)
                proxy.requests.append(operation)
                if before(number, operation):
                    # The function was killed: the request does not reach the table.
                    self.close_connection = True
                    return
                headers = {name: value for name, value in self.headers.items() if name.lower() not in ("host", "connection", "content-length")}
                request = urllib.request.Request(endpoint, body, headers)
                try:
                    with urllib.request.urlopen(request) as response:
                        status, answer, kind = response.status, response.read(), response.headers["Content-Type"]
                except urllib.error.HTTPError as error:
                    status, answer, kind = error.code, error.read(), error.headers["Content-Type"]
                after(number, operation)
                try:
                    self.send_response(status)
                    self.send_header("Content-Type", kind or "application/x-amz-json-1.0")
                    self.send_header("Content-Length", str(len(answer)))
                    self.end_headers()
                    self.wfile.write(answer)
                except OSError:
                    pass  # The function was killed.

            def log_message(self, *_):
                pass

        self.server = Server(("127.0.0.1", 0), Handler)
        threading.Thread(target=self.server.serve_forever, daemon=True).start()

    def address(self):
        return "http://127.0.0.1:%d" % self.server.server_address[1]


class Invocation:
    """A process of the function with one event, until it has replied or was killed."""

    def __init__(self, endpoint, payment, kill_at=None, when=None):
        event = {
            "Records": [
                {
                    "messageId": "1",
                    "body": json.dumps(payment),
                    "attributes": {"ApproximateReceiveCount": "1"},
                    "eventSource": "aws:sqs",
                    "eventSourceARN": "arn:aws:sqs:eu-west-1:123456789012:payments",
                }
            ]
        }
        api, self.process = RuntimeApi(event), None

        def killed(point):
            def kill(number, _):
                if (number, point) != (kill_at, when):
                    return False
                self.kill()
                return True

            return kill

        proxy = Proxy(endpoint, killed("before"), killed("after"))
        environment = {
            **os.environ,
            **CREDENTIALS,
            "AWS_LAMBDA_RUNTIME_API": api.address(),
            "AWS_LAMBDA_FUNCTION_NAME": LRT_NAME,
            "AWS_ENDPOINT_URL_DYNAMODB": proxy.address(),
            "IDEMPOTENCY_TABLE": TABLE,
            "_HANDLER": "charge",
        }
        command = [TARGET / "debug" / "payments"]
        self.process = subprocess.Popen(command, env=environment, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True)
        self.result = None
        while self.process.poll() is None and self.result is None:
            try:
                self.result = api.replies.get(timeout=0.02)
            except queue.Empty:
                pass
        self.kill()
        self.output, self.requests = self.process.communicate()[0], proxy.requests
        self.was_killed = self.result is None

    def kill(self):
        self.process.send_signal(signal.SIGKILL)
        self.process.wait()

    def effects(self):
        return self.output.count("charged ")

    def follows_unfinished(self):
        return "an earlier execution with this idempotency key was not completed" in self.output

    def is_ok(self):
        return self.result == ("response", {"batchItemFailures": []})

    def failed_with(self, name):
        return self.result is not None and self.result[0] == "error" and name in json.dumps(self.result[1])


def payment(n, amount=350):
    """Returns a payment whose `id` is the hash that Powertools computes from its `reference`."""
    reference = f"order-{n}"
    return {"id": hashlib.md5(json.dumps(reference).encode()).hexdigest(), "reference": reference, "amount": amount}


def check(condition, *context):
    if not condition:
        sys.exit(f"failed: {context}")


def killed_between_requests(endpoint):
    """Kills the process at each point: the effect is repeated only after it was reported. Returns the number of points."""
    points = 0
    for number in range(4):
        for when in ("before", "after"):
            order = payment(f"killed-{number}-{when}")
            first = Invocation(endpoint, order, number, when)
            if not first.was_killed:
                check(first.is_ok() and first.effects() == 1, "not killed", first.output)
                continue
            points += 1
            is_locked = (number, when) != (0, "before")
            is_completed = (number, when) == (1, "after")
            # While the lock is held, the message comes back.
            second = Invocation(endpoint, order)
            if is_completed or not is_locked:
                check(second.is_ok(), number, when, second.output)
            else:
                check(second.failed_with("IdempotencyInProgress"), number, when, second.output)
                check(second.effects() == 0, number, when, second.output)
            time.sleep(TIMEOUT + 0.1)
            third = Invocation(endpoint, order)
            check(third.is_ok(), number, when, third.output)
            runs = [first, second, third]
            effects = sum(run.effects() for run in runs)
            reported = sum(run.follows_unfinished() for run in runs)
            check(1 <= effects <= 1 + reported, number, when, effects, reported)
            check(reported == int(is_locked and not is_completed), number, when, reported)
            check(all(len(run.requests) <= 2 for run in runs), number, when, [run.requests for run in runs])
            print(f"killed {when} request {number + 1}: {effects} effect(s), reported: {reported}")
    check(points == 4, points)


class LambdaContext:
    """The context that Powertools needs."""

    def get_remaining_time_in_millis(self):
        return TIMEOUT * 1000


# A function that Powertools makes idempotent. Its name is part of its keys.
CHARGED = []
IN_CHARGE = []


def define_charge():
    from aws_lambda_powertools.utilities.idempotency import DynamoDBPersistenceLayer, IdempotencyConfig, idempotent_function

    layer = DynamoDBPersistenceLayer(table_name=TABLE)
    config = IdempotencyConfig(event_key_jmespath="reference", payload_validation_jmespath="@", expires_after_seconds=3600)
    config.register_lambda_context(LambdaContext())

    def charge(order):
        CHARGED.append(order["reference"])
        for action in IN_CHARGE:
            action()
        return {"charged": order["amount"]}

    charge.__qualname__ = "charge"
    return idempotent_function(charge, data_keyword_argument="order", config=config, persistence_store=layer)


def shared_with_powertools(endpoint, db):
    from aws_lambda_powertools.utilities.idempotency import exceptions

    charge = define_charge()

    def raises(error, **arguments):
        try:
            charge(**arguments)
        except error:
            return True
        return False

    def key(order):
        return {"id": {"S": f"{LRT_NAME}#{order['id']}"}}

    def expire(order):
        names, values = {"#e": "expiration"}, {":e": {"N": str(int(time.time()) - 10)}}
        db.update_item(TableName=TABLE, Key=key(order), UpdateExpression="SET #e = :e", ExpressionAttributeNames=names, ExpressionAttributeValues=values)

    # Completed by lrt.
    order = payment("lrt")
    check(Invocation(endpoint, order).effects() == 1)
    check(charge(order=order) is None and CHARGED == [], CHARGED)
    check(raises(exceptions.IdempotencyValidationError, order={**order, "amount": 1}))
    expire(order)
    check(charge(order=order) == {"charged": 350} and CHARGED == ["order-lrt"], CHARGED)
    print("Powertools honours completed and expired items of lrt")

    # Completed by Powertools.
    CHARGED.clear()
    order = payment("python")
    check(charge(order=order) == {"charged": 350})
    run = Invocation(endpoint, order)
    check(run.is_ok() and run.effects() == 0 and run.requests == ["PutItem"], run.output, run.requests)
    other = Invocation(endpoint, {**order, "amount": 1})
    check(other.failed_with("IdempotencyMismatch") and other.effects() == 0, other.output)
    expire(order)
    run = Invocation(endpoint, order)
    check(run.is_ok() and run.effects() == 1 and not run.follows_unfinished(), run.output)
    print("lrt honours completed and expired items of Powertools")

    # In progress in lrt: killed before it could store its reply.
    CHARGED.clear()
    order = payment("lrt-in-progress")
    run = Invocation(endpoint, order, 1, "before")
    check(run.was_killed and run.effects() == 1, run.output)
    check(raises(exceptions.IdempotencyAlreadyInProgressError, order=order) and CHARGED == [], CHARGED)
    time.sleep(TIMEOUT + 0.1)
    check(charge(order=order) == {"charged": 350})
    print("Powertools honours locks of lrt")

    # In progress in Powertools.
    runs = []
    order = payment("python-in-progress")
    IN_CHARGE.append(lambda: runs.append(Invocation(endpoint, order)))
    charge(order=order)
    IN_CHARGE.clear()
    check(runs[0].failed_with("IdempotencyInProgress") and runs[0].effects() == 0, runs[0].output)
    order = payment("python-killed")

    class Killed(BaseException):
        """Not an `Exception`, so that Powertools does not remove the lock, as if the process was killed."""

    def kill():
        raise Killed

    IN_CHARGE.append(kill)
    check(raises(Killed, order=order))
    IN_CHARGE.clear()
    check(Invocation(endpoint, order).failed_with("IdempotencyInProgress"))
    time.sleep(TIMEOUT + 0.1)
    run = Invocation(endpoint, order)
    check(run.is_ok() and run.effects() == 1 and run.follows_unfinished(), run.output)
    print("lrt honours locks of Powertools")


def main():
    port = esm.free_port()
    endpoint = f"http://127.0.0.1:{port}"
    moto = pathlib.Path(sys.executable).with_name("moto_server")
    server = subprocess.Popen([moto, "-H", "127.0.0.1", "-p", str(port)], stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
    os.environ.update(CREDENTIALS, AWS_ENDPOINT_URL_DYNAMODB=endpoint, AWS_LAMBDA_FUNCTION_NAME=PYTHON_NAME, POWERTOOLS_TRACE_DISABLED="1")
    try:
        esm.wait_for(port)
        db = boto3.client("dynamodb")
        db.create_table(
            TableName=TABLE,
            KeySchema=[{"AttributeName": "id", "KeyType": "HASH"}],
            AttributeDefinitions=[{"AttributeName": "id", "AttributeType": "S"}],
            BillingMode="PAY_PER_REQUEST",
        )
        killed_between_requests(endpoint)
        shared_with_powertools(endpoint, db)
    finally:
        server.terminate()
    print("ok")


if __name__ == "__main__":
    main()
