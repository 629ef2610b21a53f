/** Directories in the container of a gateway. The drydock command imports this file without the rest of the library. */

/** The routes, on a volume. */
export const ROUTES_DIRECTORY = "/config/drydock";

/** Socket of Caddy's admin API on a Swarm. */
export const ADMIN_SOCKET = `${ROUTES_DIRECTORY}/admin.sock`;

/** The pages of applications in maintenance, named after the host names of their processes. */
export const MAINTENANCE_DIRECTORY = `${ROUTES_DIRECTORY}/maintenance`;

/** The assets of applications, on a volume. */
export const ASSETS_DIRECTORY = "/assets";
