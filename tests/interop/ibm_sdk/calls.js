// SPDX-License-Identifier: BSD-3-Clause
// Makes the calls of IBM's Key Protect SDK that it is told to make: one JSON object a line in, one
// a line out. {"make": NAME, "url": …, "iam": …, "apikey": …, "retries": N} makes a client;
// {"client": NAME, "method": …, "params": {…}} calls one of its methods.
'use strict';

const readline = require('readline');
const KeyProtect = require('@ibm-cloud/ibm-key-protect/ibm-key-protect-api/v2');
const { IamAuthenticator } = require('@ibm-cloud/ibm-key-protect/auth');

const clients = new Map();

function make(wish) {
  const authenticator = new IamAuthenticator({ apikey: wish.apikey, url: wish.iam });
  const client = new KeyProtect({ serviceUrl: wish.url, authenticator });
  if (wish.retries) {
    client.enableRetries({ maxRetries: wish.retries, maxRetryInterval: 30 });
  }
  clients.set(wish.make, client);
  return {};
}

// Some methods answer with a stream or a buffer of JSON instead of an object.
async function toObject(result) {
  if (result && typeof result.pipe === 'function') {
    const parts = [];
    for await (const part of result) {
      parts.push(part);
    }
    return JSON.parse(Buffer.concat(parts).toString());
  }
  if (Buffer.isBuffer(result) || typeof result === 'string') {
    return result.length ? JSON.parse(result.toString()) : null;
  }
  return result === undefined ? null : result;
}

async function call(wish) {
  try {
    const answer = await clients.get(wish.client)[wish.method](wish.params);
    return {
      status: answer.status, headers: answer.headers, result: await toObject(answer.result),
    };
  } catch (error) {
    // An error of a call whose answer is a stream has a stream for a body.
    const body = error.body && typeof error.body === 'object' ? '(a stream)' : error.body;
    return { message: error.message, status: error.status || null, body: body || null };
  }
}

async function main() {
  for await (const line of readline.createInterface({ input: process.stdin })) {
    const wish = JSON.parse(line);
    console.log(JSON.stringify(wish.make ? make(wish) : await call(wish)));
  }
}

main().then(() => process.exit(0));
