// A reverse proxy that gives Hallpass one path of a host, as nginx does.

import { once } from "node:events";
import http from "node:http";
import type { AddressInfo } from "node:net";

export interface Proxy {
  readonly origin: string;
  /** From now on requests below the path go to this address. */
  forwardTo(backend: string): void;
  close(): Promise<void>;
}

interface ProxyOptions {
  path: string;
  /** Whether Hallpass gets requests without the path. */
  takesAway: boolean;
}

export async function openProxy({ path, takesAway }: ProxyOptions): Promise<Proxy> {
  let backend = "";
  const server = http.createServer((request, response) => {
    const url = request.url ?? "/";
    if (url !== path && !url.startsWith(`${path}/`)) {
      response.writeHead(418).end("another application");
      return;
    }
    const within = url.slice(path.length);
    const target = new URL(backend);
    const options = {
      host: target.hostname,
      port: target.port,
      method: request.method,
      path: takesAway ? within || "/" : url,
      headers: request.headers,
    };
    const onward = http.request(options, (answer) => {
      response.writeHead(answer.statusCode ?? 502, answer.rawHeaders);
      answer.pipe(response);
    });
    onward.on("error", (error) => {
      response.destroy(error);
    });
    request.pipe(onward);
  });
  server.listen(0, "127.0.0.1");
  await once(server, "listening");
  return {
    origin: `http://localhost:${(server.address() as AddressInfo).port}`,
    forwardTo(address) {
      backend = address;
    },
    async close() {
      const closed = once(server, "close");
      server.close();
      server.closeAllConnections();
      await closed;
    },
  };
}
