#!/usr/bin/env python3
"""Writes the seeds of the fuzz targets: seeds.py FOLDER

They are made from the sample events in tests/, which are not stored a second time. A target adds the inputs that it finds to
the same folder.
"""
import json
import pathlib
import sys

ROOT = pathlib.Path(__file__).resolve().parent.parent
MAX_BYTES = 4096

out = pathlib.Path(sys.argv[1])


def add(target, name, content):
    """Writes a seed, unless it is larger than the inputs that targets get."""
    content = content if isinstance(content, bytes) else content.encode()
    folder = out / target
    folder.mkdir(parents=True, exist_ok=True)
    if len(content) <= MAX_BYTES:
        (folder / f"seed-{name}").write_bytes(content)


def events():
    """Returns the name, the value and the compact JSON of each sample event."""
    for folder in ["samples", "events"]:
        for path in sorted((ROOT / "tests" / folder).rglob("*.json")):
            try:
                event = json.loads(path.read_text())
            except ValueError:
                continue
            name = "-".join(path.relative_to(ROOT / "tests").with_suffix("").parts)
            yield name, event, json.dumps(event, separators=(",", ":"), ensure_ascii=False)


def response_heads():
    """The forms in which the Runtime API and its emulators send the head of an event."""
    headers = {
        "Content-Type": "application/json",
        "Lambda-Runtime-Aws-Request-Id": "8476a536-e9f4-11e8-9739-2dfe598c3fcd",
        "Lambda-Runtime-Deadline-Ms": "1542409706888",
        "Lambda-Runtime-Invoked-Function-Arn": "arn:aws:lambda:us-east-2:123456789012:function:custom-runtime",
        "Lambda-Runtime-Trace-Id": "Root=1-5bef4de7-ad49b0e87f6ef6c87fc2e700;Parent=9a9197af755a6419;Sampled=1",
        "Lambda-Runtime-Client-Context": '{"client":{"app_title":"é"}}',
        "Lambda-Runtime-Cognito-Identity": "{}",
        "Lambda-Runtime-Aws-Tenant-Id": "blue",
        "Lambda-Runtime-Invocation-Id": "a1",
        "Lambda-Extension-Identifier": "b2",
    }
    lines = [f"{name}: {value}" for name, value in headers.items()]
    for name, status, more in [
        ("length", "200 OK", ["Content-Length: 2"]),
        ("chunked", "200 OK", ["Transfer-Encoding: chunked"]),
        ("both", "200 OK", ["Transfer-Encoding: Chunked", "Content-Length: 2"]),
        ("lengths", "200 OK", ["Content-Length: 2", "Content-Length: 2"]),
        ("different-lengths", "200 OK", ["Content-Length: 2", "Content-Length: 1"]),
        ("close", "200 OK", ["Connection: close"]),
        ("no-content", "204 No Content", ["Connection: keep-alive"]),
        ("accepted", "202 Accepted", ["Content-Length: 16"]),
    ]:
        add("response_head", name, "\r\n".join([f"HTTP/1.1 {status}", *lines, *more, "", "{}"]))
        lower = [line.lower() for line in lines + more]
        add("response_head", f"{name}-lf", "\n".join([f"HTTP/1.0 {status}", *lower, "", "{}"]))
    add("response_head", "interim", "HTTP/1.1 100 Continue\r\n\r\nHTTP/1.1 200\r\nContent-Length: 0\r\n\r\n")


def chunked(body, size, extension="", trailers=""):
    chunks = [body[at : at + size] for at in range(0, len(body), size)]
    encoded = b"".join(b"%x%s\r\n%s\r\n" % (len(chunk), extension.encode(), chunk) for chunk in chunks)
    return encoded + b"0\r\n" + trailers.encode() + b"\r\n"


def split_batch(event):
    """Returns the event with one record at a time, in addition to the entire event: most samples are larger than an input."""
    yield event
    for field in ["Records", "records"]:
        records = event.get(field)
        if isinstance(records, list):
            yield from ({**event, field: records[:count]} for count in (1, 2) if count < len(records))
            yield records


def images(event):
    """The items of a DynamoDB stream."""
    for record in event.get("Records", []):
        change = record.get("dynamodb", {}) if isinstance(record, dict) else {}
        yield from (change[name] for name in ("Keys", "NewImage", "OldImage") if name in change)


def strings(value):
    if isinstance(value, str):
        yield value
    elif isinstance(value, (dict, list)):
        for inner in value.values() if isinstance(value, dict) else value:
            yield from strings(inner)


def response(event):
    headers = event.get("headers") or {}
    lines = [f"{name}: {value}" for name, value in headers.items() if isinstance(value, str)]
    return "\n".join([str(event.get("statusCode", 200)), *lines, "", event.get("body") or ""])


response_heads()
for name, event, text in events():
    add("json_cursor", name, text)
    add("json_cursor", f"{name}-indented", json.dumps(event, indent=1))
    for size in [7, 1000]:
        add("chunked_body", f"{name}-{size}", chunked(text.encode()[:2000], size))
    for at, string in enumerate(sorted(set(strings(event)))[:20]):
        add("query_and_path", f"{name}-{at}", string)
    if not isinstance(event, dict):
        continue
    for at, part in enumerate(split_batch(event)):
        add("batch_events", f"{name}-{at}", json.dumps(part, separators=(",", ":"), ensure_ascii=False))
    for at, item in enumerate(images(event)):
        add("dynamodb_item", f"{name}-{at}", json.dumps(item, separators=(",", ":"), ensure_ascii=False))
    if event.keys() & {"requestContext", "httpMethod", "raw_path"}:
        add("http_event", name, text)
        add("redaction", name, text)
    if event.keys() & {"headers", "statusCode"}:
        add("response", name, response(event))
    add("template_yaml", name, text)
add("chunked_body", "no-size", ";x\r\n\r\n")
add("chunked_body", "sign", "+1\r\na\r\n0\r\n\r\n")
add("chunked_body", "lf", "1\na\r\n0\n\n")
add("chunked_body", "extension", chunked(b"hello world", 5, ';name="value"', "X-Trailer: a\r\nY: b\r\n"))
for depth in [64, 65, 127, 128]:
    add("json_cursor", f"nested-{depth}", "[" * depth + "]" * depth)
    add("json_cursor", f"nested-objects-{depth}", '{"a":' * depth + "0" + "}" * depth)
escapes = [r"\ud83d\ude00", r"\ud83d", r"\ud83d\u0041", r"\ud83d\ue000", r"\ude00", r"\u00e9\/\b\f\n\r\t\"\\"]
for at, text in enumerate(escapes):
    add("json_cursor", f"escapes-{at}", f'"{text}"')
    add("json_cursor", f"escapes-in-name-{at}", f'{{"{text}":"a{text}"}}')
# A pipe whose second record fails, since its payload has an uneven length.
pipe = [
    {"eventSource": "aws:kinesis", "eventID": f"a:{at}", "partitionKey": "a", "sequenceNumber": str(at), "data": data}
    for at, data in enumerate(["YWI=", "YQ==", "YWI="])
]
add("batch_events", "pipe", json.dumps(pipe))
del pipe[1]["data"]
add("batch_events", "no-data", json.dumps(pipe))
event = '{"version":"2.0","rawPath":"/","headers":{"x-count":7,"x-flag":true},"requestContext":{"http":{"method":"GET"}}}'
add("http_event", "scalars", event)
add("http_event", "text-after-event", event + "{}")
for at, query in enumerate(["a=1&b=2&a=3", "q=caf%C3%A9+au+lait&empty=&bare", "a%26b=%zz&%E9=1", "/a/7/b%2Fc/d", "GET /orders/{id}/{rest+}"]):
    add("query_and_path", f"text-{at}", query)
for at, item in enumerate(
    [
        {"type": {"S": "Reading"}, "celsius": {"N": "21.333333333333333333"}, "small": {"N": "0.1"}},
        {"type": {"S": "Count"}, "count": {"N": "5"}},
        {"id": {"S": "a"}, "tags": {"SS": ["b", "c"]}, "numbers": {"NS": ["1", "-2"]}, "paid": {"BOOL": True}},
        {"parent": {"M": {"id": {"NULL": True}, "total": {"N": "1.5"}}}, "list": {"L": [{"N": "18446744073709551615"}, {"S": ""}]}},
        {"name": {"S": "x"}, "extra": {"M": {}}, "B": {"B": "AAEC"}},
    ]
):
    add("dynamodb_item", f"typed-{at}", json.dumps(item))
add("response", "hop-by-hop", "200\nconnection: keep-alive, x-a\nkeep-alive: timeout=5\nte: trailers\nx-a: 1\nx-b: 2\n\nbody")
add("response", "empty", "302\nlocation: /\n\n")
add("log_lines", "text", "a\n\"b\"\\c\u0085\u2028" * 8)
add("redaction", "prefix", 'invalid type: string "\n", expected `x`')
add("redaction", "variant", "`, expected `a\nb`, there are no variants")
add("redaction", "url", "https://a.example/?token=1&code=2#access_token=3")
add("template_yaml", "names", "get-order|GET /orders/{id}\nput_order|PUT /orders/{id}\na: b|ANY /{proxy+}\n#x\n- y\n'z'\ntrue\n1e3\n!Ref\n.5")
add("template_yaml", "values", '{"a":["b: c","# d",""," e","f\\n","~","no","0x1f","1_000","2001-01-01","@g","`h`",true,7,{"k l":{}}]}')
