import type { Clock } from '../clock';
import type { Caller } from '../core';
import type { PolicyDocument } from './evaluator';

/** Keys as an SDK wants them. */
export interface Keys {
  readonly accessKeyId: string;
  readonly secretAccessKey: string;
  readonly sessionToken?: string;
  readonly expiration?: Date;
}

/** What a session of a role is given. */
export interface SessionRequest {
  readonly accountId: string;
  readonly roleName: string;
  readonly sessionName: string;
  /** Default one hour. */
  readonly durationSeconds?: number;
  /** Policies that narrow the session. */
  readonly policies?: readonly PolicyDocument[];
}

interface Session {
  readonly caller: Caller;
  readonly token: string;
  readonly expiresAt: number;
  readonly policies: readonly PolicyDocument[];
}

/** Who stands behind an access key. */
export type Identification =
  | { readonly kind: 'caller'; readonly caller: Caller }
  | { readonly kind: 'unknown' }
  | { readonly kind: 'expired' };

const BASE32 = 'ABCDEFGHIJKLMNOPQRSTUVWXYZ234567';
const LONG_TERM_PREFIX = 'AKIALOCALAWS';
const SESSION_PREFIX = 'ASIALOCALAWS';

/** Signatures are not checked, so one secret serves all. */
const SECRET = 'local-aws-signatures-are-not-checked';

/**
 * Access keys. A long-term key belongs to the administrator user of the account whose id it encodes, so every account has one
 * without being set up; a bare account id works as a key too. Keys of role sessions are handed out and remembered.
 */
export class Credentials {
  private readonly sessions = new Map<string, Session>();

  constructor(private readonly clock: Clock, private readonly partition: string = 'aws') {}

  /** The keys of an account's administrator user, the same every time. */
  public admin(accountId: string): Keys {
    return { accessKeyId: LONG_TERM_PREFIX + base32(Number(accountId), 8), secretAccessKey: SECRET };
  }

  /** New keys of a role, as AssumeRole and the Lambda service hand them out. */
  public issue(request: SessionRequest): Keys {
    const { accountId, roleName, sessionName } = request;
    const accessKeyId = SESSION_PREFIX + base32(this.sessions.size, 8);
    const expiresAt = this.clock.now() + (request.durationSeconds ?? 3600) * 1000;
    const token = `session-token-of-${accessKeyId}`;
    const arn = `arn:${this.partition}:sts::${accountId}:assumed-role/${roleName}/${sessionName}`;
    const caller: Caller = { accountId, accessKeyId, roleName, sessionName, arn };
    this.sessions.set(accessKeyId, { caller, token, expiresAt, policies: request.policies ?? [] });
    return { accessKeyId, secretAccessKey: SECRET, sessionToken: token, expiration: new Date(expiresAt) };
  }

  /** Who signs with these keys. */
  public identify(accessKeyId: string, sessionToken?: string): Identification {
    const session = this.sessions.get(accessKeyId);
    if (session !== undefined) {
      if (sessionToken !== session.token) return { kind: 'unknown' };
      return this.clock.now() >= session.expiresAt ? { kind: 'expired' } : { kind: 'caller', caller: session.caller };
    }
    const accountId = accountOf(accessKeyId);
    if (accountId === undefined) return { kind: 'unknown' };
    return {
      kind: 'caller',
      caller: { accountId, accessKeyId, arn: `arn:${this.partition}:iam::${accountId}:user/admin` },
    };
  }

  /** The policies that narrow a session; none for anyone else. */
  public sessionPolicies(accessKeyId: string): readonly PolicyDocument[] {
    return this.sessions.get(accessKeyId)?.policies ?? [];
  }
}

/** The account whose administrator uses this key. */
function accountOf(accessKeyId: string): string | undefined {
  if (/^\d{12}$/.test(accessKeyId)) return accessKeyId;
  if (!accessKeyId.startsWith(LONG_TERM_PREFIX) || !/^[A-Z2-7]{20}$/.test(accessKeyId)) return undefined;
  const digits = [...accessKeyId.slice(LONG_TERM_PREFIX.length)];
  const number = digits.reduce((sum, digit) => sum * 32 + BASE32.indexOf(digit), 0);
  return number < 1e12 ? String(number).padStart(12, '0') : undefined;
}

function base32(value: number, length: number): string {
  let text = '';
  for (let rest = value; text.length < length; rest = Math.floor(rest / 32)) text = BASE32[rest % 32] + text;
  return text;
}
