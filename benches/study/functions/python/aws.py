"""The functions that call DynamoDB. The client is created when the module is loaded, as AWS recommends."""

import json
import os
from concurrent.futures import ThreadPoolExecutor

import boto3

from geohash import CELL_LENGTH, cells_around, encode

client = boto3.client("dynamodb")
table = os.environ["TABLE"]
threads = ThreadPoolExecutor(9)


def save(event, context):
    latitude, longitude = event["latitude"], event["longitude"]
    geohash = encode(latitude, longitude, 9)
    item = {
        "cell": {"S": geohash[:CELL_LENGTH]},
        "id": {"S": event["id"]},
        "name": {"S": event["name"]},
        "geohash": {"S": geohash},
        "latitude": {"N": str(latitude)},
        "longitude": {"N": str(longitude)},
    }
    client.put_item(TableName=table, Item=item)
    return {"id": event["id"], "geohash": geohash}


def query(cell):
    found = client.query(
        TableName=table,
        KeyConditionExpression="cell = :cell",
        ExpressionAttributeValues={":cell": {"S": cell}},
    )
    return [item["id"]["S"] for item in found["Items"]]


def search_in_turn(event, context):
    cells = cells_around(event["latitude"], event["longitude"])
    return {"ids": [id for cell in cells for id in query(cell)]}


def search_at_once(event, context):
    found = threads.map(query, cells_around(event["latitude"], event["longitude"]))
    return {"ids": [id for ids in found for id in ids]}


def api(event, context):
    id = event["pathParameters"]["id"]
    if event["requestContext"]["http"]["method"] == "PUT":
        text = json.loads(event["body"])["text"]
        client.put_item(TableName=table, Item={"id": {"S": id}, "text": {"S": text}})
        return {"statusCode": 204}
    item = client.get_item(TableName=table, Key={"id": {"S": id}}).get("Item")
    if item is None:
        return {"statusCode": 404}
    body = json.dumps({"text": item["text"]["S"]})
    return {"statusCode": 200, "headers": {"content-type": "application/json"}, "body": body}
