// Requests as they are written, and answers as they come: no cookie, header or
// path is added, corrected or hidden, as `fetch` would.

import { once } from "node:events";
import { type IncomingMessage, request as open } from "node:http";
import { text } from "node:stream/consumers";

export type Headers = [name: string, value: string][];

export interface Request {
  method: string;
  /** From the base path on; it is sent as it stands. */
  path: string;
  headers: Headers;
  body?: string | undefined;
}

export interface Answer {
  status: number;
  statusText: string;
  /** In lower case, in the order in which they came. */
  headers: Headers;
  body: string;
}

export const BASE_PATH = "/api/auth";

export async function send(origin: string, asked: Request): Promise<Answer> {
  const { host, port } = new URL(origin);
  const lengths: Headers =
    asked.body === undefined ? [] : [["content-length", `${Buffer.byteLength(asked.body)}`]];
  const request = open({
    host: "127.0.0.1",
    port,
    method: asked.method,
    path: BASE_PATH + asked.path,
    headers: [["host", host], ...asked.headers, ...lengths].flat(),
  });
  request.end(asked.body);
  const [response] = (await once(request, "response")) as [IncomingMessage];
  return {
    status: response.statusCode ?? 0,
    statusText: response.statusMessage ?? "",
    headers: pairs(response.rawHeaders),
    body: await text(response),
  };
}

export function header(answer: Answer, name: string): string | undefined {
  return answer.headers.find(([at]) => at === name)?.[1];
}

function pairs(raw: string[]): Headers {
  const result: Headers = [];
  for (let at = 0; at + 1 < raw.length; at += 2) {
    result.push([raw[at]?.toLowerCase() ?? "", raw[at + 1] ?? ""]);
  }
  return result;
}
