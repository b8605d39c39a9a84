/** A user as the platform knows them. */
export interface Identity {
  userId: string;
  name: string;
  email: string | null;
  roles: string[];
}

/** Header names in lower case, as Node gives them. */
export type Headers = Record<string, string | string[] | undefined>;
export type Environment = Record<string, string | undefined>;

/** Nobody is logged in; `status` is what a server answers. */
export class AuthenticationError extends Error {
  readonly status: 401;
}

/** Who asks; null when nobody is logged in and the platform wants a login. */
export function getIdentity(headers: Headers, env?: Environment): Identity | null;

/** Who asks; throws AuthenticationError when nobody is logged in. */
export function requireAuth(headers: Headers, env?: Environment): Identity;
