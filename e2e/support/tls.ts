// What stands before Hallpass on the internet: a proxy that speaks https.

import { execFile } from "node:child_process";
import { once } from "node:events";
import { readFile } from "node:fs/promises";
import http from "node:http";
import https from "node:https";
import type { AddressInfo } from "node:net";
import { join } from "node:path";
import { promisify } from "node:util";

export interface TlsFront {
  readonly port: number;
  /** From now on requests go to this port of 127.0.0.1. */
  forwardTo(port: number): void;
  close(): Promise<void>;
}

/** Listens on a port of its own, with a certificate made in `folder`. */
export async function openTlsFront(folder: string): Promise<TlsFront> {
  let target = 0;
  const front = https.createServer(await certificate(folder), (request, response) => {
    forward(request, response, target);
  });
  front.listen(0, "127.0.0.1");
  await once(front, "listening");
  return {
    port: (front.address() as AddressInfo).port,
    forwardTo(port) {
      target = port;
    },
    async close() {
      const closed = once(front, "close");
      front.close();
      front.closeAllConnections();
      await closed;
    },
  };
}

function forward(request: http.IncomingMessage, response: http.ServerResponse, port: number): void {
  const hops = [request.headers["x-forwarded-for"], request.socket.remoteAddress];
  const headers = { ...request.headers, "x-forwarded-for": hops.filter(Boolean).join(", ") };
  const options = { host: "127.0.0.1", port, method: request.method, path: request.url, headers };
  const onward = http.request(options, (answer) => {
    response.writeHead(answer.statusCode ?? 502, answer.rawHeaders);
    answer.pipe(response);
  });
  onward.on("error", (error) => {
    response.destroy(error);
  });
  request.pipe(onward);
}

async function certificate(folder: string): Promise<{ key: Buffer; cert: Buffer }> {
  const [key, cert] = [join(folder, "key.pem"), join(folder, "certificate.pem")];
  const subject = ["-subj", "/CN=localhost", "-addext", "subjectAltName=DNS:localhost"];
  const kind = ["-x509", "-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:prime256v1", "-nodes"];
  const files = ["-keyout", key, "-out", cert, "-days", "2"];
  await promisify(execFile)("openssl", ["req", ...kind, ...files, ...subject]);
  return { key: await readFile(key), cert: await readFile(cert) };
}
