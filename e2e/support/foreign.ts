// A page of somebody else, with a button that sends a form to Hallpass.

import { once } from "node:events";
import { createServer } from "node:http";
import type { AddressInfo } from "node:net";

export interface ForeignSite {
  readonly origin: string;
  close(): Promise<void>;
}

/** On another host name than Hallpass, so that a browser calls it cross-site. */
export async function openForeignSite(action: string, person: object): Promise<ForeignSite> {
  const fields = Object.entries(person).map(
    ([name, value]) => `<input type="hidden" name="${name}" value="${String(value)}">`,
  );
  const form = `<form method="post" action="${action}">${fields.join("")}<button>Win</button></form>`;
  const page = `<!doctype html><html lang="en"><title>Somebody else</title><h1>A prize!</h1>${form}`;
  const server = createServer((_, response) => {
    response.writeHead(200, { "content-type": "text/html; charset=utf-8" }).end(page);
  }).listen(0, "127.0.0.1");
  await once(server, "listening");
  return {
    origin: `http://127.0.0.1:${(server.address() as AddressInfo).port}`,
    async close() {
      const closed = once(server, "close");
      server.close();
      server.closeAllConnections();
      await closed;
    },
  };
}
