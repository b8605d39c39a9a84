/** Who asks: the headers that the platform's login sets, as a value. */

const NO_LOGIN = new Set(["false", "0", "no"]);

export class AuthenticationError extends Error {
  constructor() {
    super("Log in first.");
    this.name = "AuthenticationError";
    this.status = 401;
  }
}

export function getIdentity(headers, env = process.env) {
  const read = (name) => (headers[name] ?? "").toString().trim();
  const userId = read("x-user-id");
  if (userId) {
    const email = read("x-user-email") || null;
    const roles = read("x-user-roles").split(",").map((role) => role.trim()).filter(Boolean);
    return { userId, name: read("x-user-name") || email || userId, email, roles };
  }
  const isWanted = !NO_LOGIN.has((env.KAMIWAZA_USE_AUTH ?? "true").trim().toLowerCase());
  return isWanted ? null : { userId: "developer", name: "Developer", email: null, roles: [] };
}

export function requireAuth(headers, env = process.env) {
  const found = getIdentity(headers, env);
  if (!found) throw new AuthenticationError();
  return found;
}
