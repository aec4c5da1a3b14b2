// The AWS SDK for JavaScript, driven line by line: a request on standard input, its answer on standard
// output. One process serves a whole run of tests, as one process serves a whole application.
"use strict";

const readline = require("node:readline");
const sdk = require("@aws-sdk/client-rekognition");

const clients = new Map();

function clientOf({ account, endpoint }) {
  const key = `${account} ${endpoint}`;
  if (!clients.has(key)) {
    const credentials = { accessKeyId: account, secretAccessKey: "local" };
    // Where no endpoint is named, the SDK takes it and the region from the environment.
    clients.set(key, new sdk.RekognitionClient(endpoint ? { credentials, endpoint } : { credentials }));
  }
  return clients.get(key);
}

const verbs = {
  async call({ operation, params }, client) {
    return client.send(new sdk[`${operation}Command`](params));
  },
  async pages({ operation, params, size }, client) {
    const pages = [];
    for await (const page of sdk[`paginate${operation}`]({ client, pageSize: size }, params)) {
      pages.push(page);
    }
    return pages;
  },
  async wait({ waiter, params, bounds }, client) {
    return sdk[`waitUntil${waiter}`]({ client, ...bounds }, params);
  },
};

// JSON has no bytes and no dates: both travel as objects of one member.
function toBytes(_name, value) {
  return value !== null && typeof value === "object" && "$bytes" in value
    ? Buffer.from(value.$bytes, "base64")
    : value;
}

function plain(value) {
  if (value instanceof Date) return { $date: value.getTime() };
  if (Array.isArray(value)) return value.map(plain);
  if (value === null || typeof value !== "object") return value;
  const members = Object.entries(value).filter(([name]) => name !== "$metadata");
  return Object.fromEntries(members.map(([name, member]) => [name, plain(member)]));
}

// The most special class that a program can catch the error by.
function classOf(error) {
  for (const name of [error.name, "RekognitionServiceException"]) {
    if (typeof sdk[name] === "function" && error instanceof sdk[name]) return name;
  }
  return error.constructor.name;
}

function about(error) {
  return {
    kind: classOf(error),
    code: error.name,
    status: error.$metadata?.httpStatusCode,
    message: error.message,
    request_id: error.$metadata?.requestId,
    fault: error.$fault,
  };
}

async function answer(line) {
  try {
    const request = JSON.parse(line, toBytes);
    return { output: plain(await verbs[request.verb](request, clientOf(request))) };
  } catch (error) {
    return { error: about(error) };
  }
}

(async () => {
  for await (const line of readline.createInterface({ input: process.stdin })) {
    process.stdout.write(`${JSON.stringify(await answer(line))}\n`);
  }
})();
