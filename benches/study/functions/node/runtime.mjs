// A client of the Runtime API, for machines where aws-lambda-ric cannot be compiled.

import http from "node:http";

const [module, name] = process.argv[2].split(".");
const [host, port] = process.env.AWS_LAMBDA_RUNTIME_API.split(":");
const agent = new http.Agent({ keepAlive: true, maxSockets: 1 });

const call = (method, path, body) =>
  new Promise((resolve, reject) => {
    const headers = body === undefined ? {} : { "content-length": Buffer.byteLength(body) };
    const options = { host, port, agent, method, path: `/2018-06-01/runtime/invocation/${path}`, headers };
    const request = http.request(options, (response) => {
      const parts = [];
      response.on("data", (part) => parts.push(part));
      response.on("end", () => resolve({ headers: response.headers, body: Buffer.concat(parts) }));
    });
    request.on("error", reject);
    request.end(body);
  });

const handler = (await import(`./${module}.mjs`))[name];
for (;;) {
  const event = await call("GET", "next");
  const id = event.headers["lambda-runtime-aws-request-id"];
  try {
    await call("POST", `${id}/response`, JSON.stringify(await handler(JSON.parse(event.body))));
  } catch (error) {
    await call("POST", `${id}/error`, JSON.stringify({ errorType: error.name, errorMessage: error.message }));
  }
}
