// What differs from run to run, replaced by words that say what it was: which
// token, whose id, how much later. Two servers then answer with the same words.

import type { Json } from "./json";
import type { Peer } from "./peer";

const UUID = /^[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}$/;
/** Upstream takes letters and digits alone. */
const RANDOM_ID = /^[\w-]{32}$/;
const SIGNED = /^([A-Za-z0-9]{32})\.[A-Za-z0-9+/]{43}=$/;
const JWT = /^eyJ[\w-]+\.[\w-]+\.[\w-]+$/;
const TIME = /^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{3}Z$/;
/** The entries of Hallpass's device cookie. */
const DEVICE = /^[\w-]{75}(?:\.[\w-]{75})*$/;
/** The public half of an Ed25519 key. */
const KEY = /^[\w-]{43}$/;

type Fields = Record<string, unknown>;

export class Mask {
  /** Whose an id is, by the ids that were seen beside an address. */
  private readonly people = new Map<string, string>();

  constructor(private readonly peer: Peer) {}

  /** `session` is the token that the asker held when this came. */
  json(value: unknown, session: string): Json {
    this.meet(value);
    return this.walk(value, token(session));
  }

  text(value: string, session: string): string {
    return this.string(value, token(session));
  }

  private walk(value: unknown, session: string): Json {
    if (value instanceof Date) {
      return "<Date>";
    }
    if (Array.isArray(value)) {
      return value.map((item) => this.walk(item, session));
    }
    if (typeof value === "object" && value !== null) {
      const fields = Object.entries(value).filter(([, field]) => field !== undefined);
      const masked = fields.map(([name, field]) => [name, this.walk(field, session)]);
      return { ...(Object.fromEntries(masked) as Record<string, Json>), ...times(value as Fields) };
    }
    return typeof value === "string" ? this.string(value, session) : (value as Json);
  }

  private string(value: string, session: string): string {
    const ofSession = session !== "" && token(value) === session;
    if (ofSession) {
      return "<the session's token>";
    }
    if (JWT.test(value)) {
      return "<a JWT>";
    }
    if (UUID.test(value) || RANDOM_ID.test(value)) {
      return this.people.get(value) ?? "<id>";
    }
    if (SIGNED.test(value)) {
      return "<another session's token>";
    }
    if (DEVICE.test(value)) {
      return "<the device>";
    }
    if (KEY.test(value)) {
      return "<key>";
    }
    return TIME.test(value) ? "<time>" : this.address(value);
  }

  /** Ours, also where it is written otherwise: in capitals, or as 127.0.0.1. */
  private address(value: string): string {
    const { origin } = this.peer;
    const { port } = new URL(origin);
    return value.replaceAll(origin, "<origin>").replaceAll(`:${port}`, ":<port>");
  }

  /** Learns the ids of people, wherever they stand beside their addresses. */
  private meet(value: unknown): void {
    if (typeof value !== "object" || value === null) {
      return;
    }
    const { id, email } = value as Fields;
    if (typeof id === "string" && typeof email === "string") {
      this.people.set(id, `<id of ${email.split(/[.@]/)[0]?.toLowerCase()}>`);
    }
    Object.values(value).forEach((field) => this.meet(field));
  }
}

/** Upstream writes a token with its signature, encoded, or without either. */
export function token(value: string): string {
  const plain = value.replace(/%(2B|2F|3D)/g, (encoded) => decodeURIComponent(encoded));
  return SIGNED.exec(plain)?.[1] ?? plain;
}

/** Times by what lies between them. */
function times(fields: Fields): Record<string, string> {
  const created = moment(fields["createdAt"]);
  const result: Record<string, string> = {};
  const updated = moment(fields["updatedAt"]);
  if (created !== undefined && updated !== undefined && updated < created) {
    result["updatedAt"] = "<before createdAt>";
  }
  const expires = moment(fields["expiresAt"]);
  if (created !== undefined && expires !== undefined) {
    result["expiresAt"] = `<${Math.round((expires - created) / 1000)} s after createdAt>`;
  }
  return result;
}

function moment(value: unknown): number | undefined {
  if (value instanceof Date) {
    return value.getTime();
  }
  return typeof value === "string" && TIME.test(value) ? Date.parse(value) : undefined;
}
