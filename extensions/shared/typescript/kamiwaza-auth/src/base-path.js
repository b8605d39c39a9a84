/** Under which path the platform shows the app. */

export function getBasePath(env = process.env) {
  const path = `/${env.KAMIWAZA_APP_PATH ?? ""}`.replace(/\/+/g, "/");
  return path.replace(/\/$/, "");
}

export function withBasePath(path, base = getBasePath()) {
  return `${base}/${path.replace(/^\/+/, "")}`;
}
