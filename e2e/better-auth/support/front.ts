// A front end on an origin of its own, that passes /api/auth on to the server, as
// the rewrites of Next.js do: for the browser there is one origin.

import { once } from "node:events";
import { type IncomingMessage, type ServerResponse, createServer, request } from "node:http";
import type { AddressInfo } from "node:net";
import { join } from "node:path";
import { pipeline } from "node:stream/promises";

import { build } from "esbuild";

import { VERSIONS, type Version } from "./client";
import { BASE_PATH } from "./wire";

const PAGE = `<!doctype html><html lang="en"><meta charset="utf-8"><title>Front end</title>
<link rel="icon" href="data:,"><div id="root"></div><script src="/app.js"></script></html>`;

export interface Front {
  origin: string;
  forwardTo: (origin: string) => void;
  close: () => Promise<void>;
}

/** The page with the client of this version in it. */
export async function bundle(version: Version): Promise<string> {
  const name = VERSIONS[version];
  const { outputFiles } = await build({
    // Aliases are looked up from here.
    absWorkingDir: join(__dirname, ".."),
    entryPoints: ["react/app.tsx"],
    bundle: true,
    write: false,
    jsx: "automatic",
    target: "es2022",
    define: { "process.env.NODE_ENV": '"production"' },
    alias: {
      "better-auth/react": `${name}/react`,
      "better-auth/client/plugins": `${name}/client/plugins`,
    },
  });
  return outputFiles[0]?.text ?? "";
}

export async function openFront(script: string): Promise<Front> {
  let target = "";
  const server = createServer((asked, response) => {
    if (asked.url?.startsWith(BASE_PATH)) {
      forward(target, asked, response);
    } else if (asked.url === "/app.js") {
      response.writeHead(200, { "content-type": "text/javascript; charset=utf-8" }).end(script);
    } else {
      response.writeHead(200, { "content-type": "text/html; charset=utf-8" }).end(PAGE);
    }
  }).listen(0, "127.0.0.1");
  await once(server, "listening");
  return {
    origin: `http://localhost:${(server.address() as AddressInfo).port}`,
    forwardTo: (origin) => {
      target = origin;
    },
    close: async () => {
      const closed = once(server, "close");
      server.close();
      server.closeAllConnections();
      await closed;
    },
  };
}

/** The request as it came, but for `Host`, which is the server's. */
function forward(target: string, asked: IncomingMessage, response: ServerResponse): void {
  const { host, port } = new URL(target);
  const { url = "/", method = "GET", headers } = asked;
  const onwards = request(
    { host: "127.0.0.1", port, path: url, method, headers: { ...headers, host } },
    (answer) => {
      response.writeHead(answer.statusCode ?? 502, answer.rawHeaders);
      pipeline(answer, response).catch((error: unknown) => response.destroy(error as Error));
    },
  );
  onwards.once("error", (error) => response.destroy(error));
  pipeline(asked, onwards).catch((error: unknown) => response.destroy(error as Error));
}
