/** Directories in the container of a gateway. The command reads them too, without the rest of the library. */

/** The routes, on a volume. */
export const ROUTES_DIRECTORY = "/config/drydock";

/** Where Caddy can be configured, on a Swarm. */
export const ADMIN_SOCKET = `${ROUTES_DIRECTORY}/admin.sock`;

/** The page of each application in maintenance, named after the host names of its processes. */
export const MAINTENANCE_DIRECTORY = `${ROUTES_DIRECTORY}/maintenance`;

/** The assets of applications, on a volume. */
export const ASSETS_DIRECTORY = "/assets";
