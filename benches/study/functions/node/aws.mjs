// The functions that call DynamoDB. The client is created when the module is loaded, as AWS recommends.

import { DynamoDBClient, GetItemCommand, PutItemCommand, QueryCommand } from "@aws-sdk/client-dynamodb";
import { CELL_LENGTH, cellsAround, encode } from "./geohash.mjs";

const client = new DynamoDBClient({});
const TableName = process.env.TABLE;

export const save = async ({ id, name, latitude, longitude }) => {
  const geohash = encode(latitude, longitude, 9);
  const Item = {
    cell: { S: geohash.slice(0, CELL_LENGTH) },
    id: { S: id },
    name: { S: name },
    geohash: { S: geohash },
    latitude: { N: String(latitude) },
    longitude: { N: String(longitude) },
  };
  await client.send(new PutItemCommand({ TableName, Item }));
  return { id, geohash };
};

const query = async (cell) => {
  const found = await client.send(
    new QueryCommand({
      TableName,
      KeyConditionExpression: "cell = :cell",
      ExpressionAttributeValues: { ":cell": { S: cell } },
    }),
  );
  return found.Items.map((item) => item.id.S);
};

export const search_in_turn = async ({ latitude, longitude }) => {
  const ids = [];
  for (const cell of cellsAround(latitude, longitude)) ids.push(...(await query(cell)));
  return { ids };
};

export const search_at_once = async ({ latitude, longitude }) => {
  const found = await Promise.all(cellsAround(latitude, longitude).map(query));
  return { ids: found.flat() };
};

export const api = async (event) => {
  const { id } = event.pathParameters;
  if (event.requestContext.http.method === "PUT") {
    const { text } = JSON.parse(event.body);
    await client.send(new PutItemCommand({ TableName, Item: { id: { S: id }, text: { S: text } } }));
    return { statusCode: 204 };
  }
  const { Item } = await client.send(new GetItemCommand({ TableName, Key: { id: { S: id } } }));
  if (!Item) return { statusCode: 404 };
  return {
    statusCode: 200,
    headers: { "content-type": "application/json" },
    body: JSON.stringify({ text: Item.text.S }),
  };
};
