// A real Better Auth server on a SQLite file, as its documentation sets one up:
//
//   node server.mjs <folder for the database>
//
// It says `listening <port>` once it can be asked.

import { once } from "node:events";
import { createServer } from "node:http";
import { join } from "node:path";

import { betterAuth } from "better-auth";
import { getMigrations } from "better-auth/db/migration";
import { toNodeHandler } from "better-auth/node";
import { bearer, jwt } from "better-auth/plugins";
import { SqliteDialect } from "kysely";
import Database from "libsql";

const [folder] = process.argv.slice(2);
if (!folder) {
  throw new Error("usage: node server.mjs <folder>");
}

// Its address is part of its settings, so the port has to be known first.
const server = createServer().listen(0, "127.0.0.1");
await once(server, "listening");
const { port } = server.address();

const options = {
  baseURL: `http://localhost:${port}`,
  secret: process.env.BETTER_AUTH_SECRET,
  database: {
    dialect: new SqliteDialect({ database: new Database(join(folder, "better-auth.db")) }),
    type: "sqlite",
  },
  emailAndPassword: { enabled: true },
  rateLimit: { enabled: process.env.RATE_LIMIT === "on" },
  telemetry: { enabled: false },
  logger: { level: "error" },
  plugins: [jwt(), bearer()],
};

const { runMigrations } = await getMigrations(options);
await runMigrations();
server.on("request", toNodeHandler(betterAuth(options)));
console.log(`listening ${port}`);
